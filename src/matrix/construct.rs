//! How a [`Matrix`] is made: from sizes, from a closure, from buffers, from rows.

use super::{Matrix, MatrixView, ShapeError, error::or_fail, try_with_capacity, view::check_data};

/// Matrices of one kind: documentation, name, sizes and values; and an example, arguments and result.
macro_rules! filled {
    ($($(#[$attribute:meta])* $name:ident($($arg:ident: $type:ty),+) $body:block ($($value:expr),+) => $result:tt;)+) => { $(
        $(#[$attribute])*
        ///
        /// # Panics
        /// Where the size overflows or allocation fails; [`try_filled`](Matrix::try_filled) returns an error instead.
        ///
        /// ```
        #[doc = concat!("let m = rowmajor::Matrix::", stringify!($name), stringify!(($($value),+)), ";")]
        #[doc = concat!("assert_eq!(m, rowmajor::matrix!", stringify!($result), ");")]
        /// ```
        #[track_caller]
        pub fn $name($($arg: $type),+) -> Matrix $body
    )+ };
}

impl Matrix {
    filled! {
        /// `rows` × `cols` of 0.
        zeros(rows: usize, cols: usize) { Self::filled(rows, cols, 0.0) }
            (1, 2) => [[0.0, 0.0]];
        /// `rows` × `cols` of 1.
        ones(rows: usize, cols: usize) { Self::filled(rows, cols, 1.0) }
            (2, 1) => [[1.0], [1.0]];
        /// `rows` × `cols` of `value`.
        filled(rows: usize, cols: usize, value: f64) { or_fail(Self::try_filled(rows, cols, value)) }
            (1, 3, 7.5) => [[7.5, 7.5, 7.5]];
        /// [`filled`](Matrix::filled) under NumPy's name.
        full(rows: usize, cols: usize, value: f64) { Self::filled(rows, cols, value) }
            (1, 2, 7.5) => [[7.5, 7.5]];
        /// The `size` × `size` identity: 1 on the diagonal, 0 elsewhere.
        identity(size: usize) {
            let mut m = Self::zeros(size, size);
            let diagonal = m.data.iter_mut().step_by(size.saturating_add(1));
            diagonal.for_each(|x| *x = 1.0);
            m
        }
            (2) => [[1.0, 0.0], [0.0, 1.0]];
        /// [`identity`](Matrix::identity) under NumPy's other name.
        eye(size: usize) { Self::identity(size) }
            (2) => [[1.0, 0.0], [0.0, 1.0]];
    }

    /// `rows` × `cols` of `value`, for sizes that come from outside.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`] where the size overflows, [`ShapeError::OutOfMemory`] where allocation fails.
    ///
    /// ```
    /// use rowmajor::{Matrix, ShapeError};
    ///
    /// assert_eq!(Matrix::try_filled(2, 2, 0.0), Ok(Matrix::zeros(2, 2)));
    /// let error = Matrix::try_filled(usize::MAX, 2, 0.0).unwrap_err();
    /// assert_eq!(error, ShapeError::TooLarge { shape: (usize::MAX, 2) });
    /// ```
    pub fn try_filled(rows: usize, cols: usize, value: f64) -> Result<Matrix, ShapeError> {
        let mut data = try_with_capacity(rows, cols)?;
        data.resize(rows * cols, value);
        Ok(Matrix { rows, cols, data })
    }

    /// `rows` × `cols` of `value(row, col)`, called in row-major order.
    ///
    /// # Panics
    /// As [`filled`](Matrix::filled), or where the closure does.
    ///
    /// ```
    /// let m = rowmajor::Matrix::from_fn(2, 3, |row, col| (10 * row + col) as f64);
    /// assert_eq!(m, rowmajor::matrix![[0.0, 1.0, 2.0], [10.0, 11.0, 12.0]]);
    /// ```
    #[track_caller]
    pub fn from_fn(rows: usize, cols: usize, mut value: impl FnMut(usize, usize) -> f64) -> Matrix {
        let mut data = or_fail(try_with_capacity(rows, cols));
        // Rows of nothing can be too many to be counted through.
        for row in 0..if cols == 0 { 0 } else { rows } {
            data.extend((0..cols).map(|col| value(row, col)));
        }
        Matrix { rows, cols, data }
    }

    /// A matrix around a row-major buffer, without a copy.
    ///
    /// # Errors
    /// [`ShapeError::Data`] where `data` does not hold exactly `rows * cols` values, [`ShapeError::TooLarge`] where
    /// that overflows.
    ///
    /// ```
    /// use rowmajor::Matrix;
    ///
    /// let m = Matrix::from_vec(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// assert_eq!(m.row(1), [4.0, 5.0, 6.0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn from_vec(rows: usize, cols: usize, data: Vec<f64>) -> Result<Matrix, ShapeError> {
        Self::from_data("from_vec", rows, cols, data)
    }

    pub(super) fn from_data(
        op: &'static str,
        rows: usize,
        cols: usize,
        data: Vec<f64>,
    ) -> Result<Matrix, ShapeError> {
        check_data(op, rows, cols, data.len())?;
        Ok(Matrix { rows, cols, data })
    }

    /// A matrix of the given rows: slices, arrays, `Vec`s, or an iterator of them.
    ///
    /// No row gives 0×0.
    ///
    /// # Errors
    /// [`ShapeError::Ragged`] names the first row whose length differs from that of row 0;
    /// [`ShapeError::OutOfMemory`] where allocation fails.
    ///
    /// ```
    /// use rowmajor::{Matrix, ShapeError};
    ///
    /// let m = Matrix::from_rows([[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(m, rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
    /// let error = Matrix::from_rows([vec![1.0, 2.0], vec![3.0]]).unwrap_err();
    /// assert_eq!(error, ShapeError::Ragged { row: 1, expected: 2, found: 1 });
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn from_rows<R: AsRef<[f64]>>(
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Matrix, ShapeError> {
        let rows = rows.into_iter();
        let expected_rows = rows.size_hint().0;
        let (mut count, mut cols, mut data) = (0, 0, Vec::new());
        for row in rows {
            let row = row.as_ref();
            if count == 0 {
                cols = row.len();
                // Only a hint: an iterator that promises too much costs an error later, not memory now.
                let _ = data.try_reserve(expected_rows.saturating_mul(cols));
            }
            let (expected, found) = (cols, row.len());
            if found != expected {
                let row = count;
                return Err(ShapeError::Ragged {
                    row,
                    expected,
                    found,
                });
            }
            count += 1;
            let shape = (count, cols);
            let more = data.try_reserve(found);
            more.map_err(|_| ShapeError::OutOfMemory { shape })?;
            data.extend_from_slice(row);
        }
        let rows = count;
        Ok(Matrix { rows, cols, data })
    }
}

/// A matrix literal: a list of rows of equal length, checked by the compiler.
///
/// ```
/// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
/// assert_eq!(m.shape(), (3, 2));
/// assert_eq!(rowmajor::matrix![].shape(), (0, 0));
/// ```
///
/// ```compile_fail
/// let ragged = rowmajor::matrix![[1.0, 2.0], [3.0]];
/// ```
#[macro_export]
macro_rules! matrix {
    () => { $crate::Matrix::default() };
    ($($row:expr),+ $(,)?) => { $crate::Matrix::from([$($row),+]) };
}

impl<const ROWS: usize, const COLS: usize> From<[[f64; COLS]; ROWS]> for Matrix {
    fn from(rows: [[f64; COLS]; ROWS]) -> Matrix {
        MatrixView::from(&rows).to_matrix()
    }
}

impl From<Vec<f64>> for Matrix {
    /// One row (1×n), without a copy.
    fn from(data: Vec<f64>) -> Matrix {
        let (rows, cols) = (1, data.len());
        Matrix { rows, cols, data }
    }
}

impl TryFrom<Vec<Vec<f64>>> for Matrix {
    type Error = ShapeError;

    /// The rows of a nested list; ragged input is an error that names the row.
    fn try_from(rows: Vec<Vec<f64>>) -> Result<Matrix, ShapeError> {
        Matrix::from_rows(rows)
    }
}

impl From<MatrixView<'_>> for Matrix {
    fn from(view: MatrixView<'_>) -> Matrix {
        view.to_matrix()
    }
}

impl From<Matrix> for Vec<f64> {
    fn from(matrix: Matrix) -> Vec<f64> {
        matrix.into_vec()
    }
}

impl From<Matrix> for Vec<Vec<f64>> {
    /// The rows as a nested list.
    fn from(matrix: Matrix) -> Vec<Vec<f64>> {
        matrix.rows().map(<[f64]>::to_vec).collect()
    }
}
