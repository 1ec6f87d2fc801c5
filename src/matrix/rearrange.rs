//! Values in another order: the transpose, rows and columns picked by their indices, matrices joined.

use super::elementwise::check;
use super::error::{fail, or_fail};
use super::{Matrix, MatrixView, ShapeError, build, try_collect};
use crate::simd::{Transpose, dispatch};

impl_for! { [Matrix, MatrixView<'_>] {
    /// The rows with these indices, in this order, copied; an index may come more than once.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where there is no such row, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0], [2.0], [3.0]];
    /// assert_eq!(m.select_rows(&[2, 0, 2])?, rowmajor::matrix![[3.0], [1.0], [3.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "take")]
    pub fn select_rows(&self, indices: &[usize]) -> Result<Matrix, ShapeError> {
        check_indices("select_rows", indices, self.nrows())?;
        let shape = (indices.len(), self.ncols());
        build(shape, indices.iter(), |data, &row| data.extend_from_slice(self.row(row)))
    }

    /// The columns with these indices, in this order, copied; an index may come more than once.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where there is no such column, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(m.select_cols(&[2, 0])?, rowmajor::matrix![[3.0, 1.0], [6.0, 4.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "take")]
    pub fn select_cols(&self, indices: &[usize]) -> Result<Matrix, ShapeError> {
        check_indices("select_cols", indices, self.ncols())?;
        let (shape, rows) = ((self.nrows(), indices.len()), self.view().filled_rows());
        build(shape, rows, |data, row| data.extend(indices.iter().map(|&col| row[col])))
    }

    /// Column `col`, copied. Without a copy, [`view_cols`](Self::view_cols) gives it as a view of one column.
    ///
    /// # Panics
    /// Where there is no such column, at the caller's line, or allocation fails.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(m.col(1), [2.0, 4.0]);
    /// ```
    #[doc(alias = "column")]
    #[track_caller]
    pub fn col(&self, col: usize) -> Vec<f64> {
        if let Err(error) = check_indices("col", &[col], self.ncols()) {
            fail(&error);
        }
        or_fail(try_collect(self.nrows(), self.view().rows().map(|row| row[col])))
    }

    methods! {
        /// The transpose, copied: rows × cols becomes cols × rows.
        ///
        /// A product with a transposed operand needs no copy: [`matmul_tn`](Self::matmul_tn),
        /// [`matmul_nt`](Self::matmul_nt).
        transpose(self) -> Matrix { or_fail(self.view().try_transpose()) }
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] => rowmajor::matrix![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]];
        /// The values on the diagonal, from (0, 0) on, copied.
        #[doc(alias = "diagonal")]
        diag(self) -> Vec<f64> {
            let values = self.view().rows().enumerate().map(|(i, row)| row[i]);
            or_fail(try_collect(self.nrows().min(self.ncols()), values))
        }
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] => [1.0, 5.0];
    }
} }

fn check_indices(op: &'static str, indices: &[usize], len: usize) -> Result<(), ShapeError> {
    match indices.iter().find(|&&index| index >= len) {
        Some(&index) => Err(ShapeError::OutOfRange { op, index, len }),
        None => Ok(()),
    }
}

impl MatrixView<'_> {
    pub(crate) fn try_transpose(&self) -> Result<Matrix, ShapeError> {
        let (rows, cols) = self.shape();
        let mut out = Matrix::try_filled(cols, rows, 0.0)?;
        if out.is_empty() {
            return Ok(out);
        }
        dispatch(Transpose {
            from: self.data,
            shape: (rows, cols),
            row_stride: self.row_stride(),
            to: out.as_mut_slice(),
            to_stride: rows,
        });
        Ok(out)
    }
}

impl Matrix {
    /// The matrices below each other, as NumPy's `vstack`; none gives 0×0.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where one has not as many columns as the first, [`ShapeError::TooLarge`],
    /// [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{Matrix, matrix};
    ///
    /// let m = matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(Matrix::vstack([m.view(), m.view_rows(..1)?])?, matrix![[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "concatenate")]
    pub fn vstack<'a, V: Into<MatrixView<'a>>>(
        parts: impl IntoIterator<Item = V>,
    ) -> Result<Matrix, ShapeError> {
        let size = |part: &MatrixView<'a>| (part.ncols(), part.nrows());
        let (parts, cols, rows) = fitting("vstack", parts, size, |cols, rows| (rows, cols))?;
        let all = parts.iter().flat_map(MatrixView::filled_rows);
        build((rows, cols), all, |data, row| data.extend_from_slice(row))
    }

    /// The matrices beside each other, as NumPy's `hstack`; none gives 0×0.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where one has not as many rows as the first, [`ShapeError::TooLarge`],
    /// [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{Matrix, matrix};
    ///
    /// let (x, y) = (matrix![[1.0, 2.0], [3.0, 4.0]], matrix![[5.0], [6.0]]);
    /// assert_eq!(Matrix::hstack([&x, &y])?, matrix![[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "concatenate")]
    #[doc(alias = "column_stack")]
    pub fn hstack<'a, V: Into<MatrixView<'a>>>(
        parts: impl IntoIterator<Item = V>,
    ) -> Result<Matrix, ShapeError> {
        let (parts, rows, cols) = fitting("hstack", parts, MatrixView::shape, |rows, cols| {
            (rows, cols)
        })?;
        // Rows of nothing can be too many to be counted through.
        let filled = 0..if cols == 0 { 0 } else { rows };
        build((rows, cols), filled, |data, row| {
            let of_row = parts.iter().map(|part| part.row(row));
            of_row.for_each(|values| data.extend_from_slice(values));
        })
    }
}

/// The parts, the size that all of them have in common, and the sum of the other one.
fn fitting<'a, V: Into<MatrixView<'a>>>(
    op: &'static str,
    parts: impl IntoIterator<Item = V>,
    sizes: impl Fn(&MatrixView<'a>) -> (usize, usize),
    shape: fn(usize, usize) -> (usize, usize),
) -> Result<(Vec<MatrixView<'a>>, usize, usize), ShapeError> {
    let (mut views, mut common, mut total): (Vec<MatrixView<'a>>, _, usize) = (Vec::new(), 0, 0);
    for part in parts {
        let part = part.into();
        let (same, other) = sizes(&part);
        let first = views.first().unwrap_or(&part);
        common = sizes(first).0;
        check(same == common, op, first.shape(), part.shape())?;
        let sum = total.checked_add(other);
        total = sum.ok_or(ShapeError::TooLarge {
            shape: shape(common, usize::MAX),
        })?;
        let list = (views.len() + 1, 1);
        let reserved = views.try_reserve(1);
        reserved.map_err(|_| ShapeError::OutOfMemory { shape: list })?;
        views.push(part);
    }
    Ok((views, common, total))
}
