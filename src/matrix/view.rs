//! [`MatrixView`]: rows of a matrix, or of a caller's own slice, borrowed.

use super::{Batches, Matrix, Rows, ShapeError};
use std::fmt;
use std::ops::{Bound, Index, RangeBounds};

/// A borrowed matrix: `nrows` rows of `ncols` values, each row `row_stride` values after the one before.
///
/// A view costs nothing to make and to copy, and stands wherever a `&Matrix` is taken as an operand, so a batch is a
/// view and never a copy. There, too, stand `&[f64]`, `&Vec<f64>` and `&[f64; N]`, which are one row, and
/// `&[[f64; C]; R]`.
///
/// ```
/// use rowmajor::{Matrix, MatrixView};
///
/// let m = Matrix::from_fn(4, 3, |row, col| (10 * row + col) as f64);
/// let middle = m.view_rows(1..3)?;
/// assert_eq!(middle.shape(), (2, 3));
/// assert_eq!(middle.row(0), [10.0, 11.0, 12.0]);
///
/// // The first two columns of the same buffer, without a copy:
/// let left = MatrixView::with_row_stride(4, 2, 3, m.as_slice())?;
/// assert_eq!(left.row(3), [30.0, 31.0]);
///
/// // One row, straight from an array:
/// assert_eq!(MatrixView::from(&[1.0, 2.0]).matmul(&[[3.0], [4.0]])?.into_vec(), [11.0]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct MatrixView<'a> {
    // Invariant: rows·cols·8 fits isize; row_stride >= cols; where rows and cols are not 0, data reaches to the end of
    // the last row, that is (rows - 1)·row_stride + cols <= data.len(). Where either is 0, row_stride is 0.
    data: &'a [f64],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

impl<'a> MatrixView<'a> {
    /// A view of a row-major slice of exactly `rows * cols` values.
    ///
    /// # Errors
    /// [`ShapeError::Data`] where the length is another, [`ShapeError::TooLarge`] where the product overflows.
    ///
    /// ```
    /// let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let view = rowmajor::MatrixView::from_slice(2, 3, &data)?;
    /// assert_eq!(view[(1, 2)], 6.0);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn from_slice(rows: usize, cols: usize, data: &'a [f64]) -> Result<Self, ShapeError> {
        let expected = super::checked_len(rows, cols)?;
        if data.len() != expected {
            return Err(ShapeError::Data {
                op: "from_slice",
                shape: (rows, cols),
                expected,
                found: data.len(),
            });
        }
        Ok(Self::trusted(data, rows, cols))
    }

    /// A view of a slice in which row `i` starts at `i * row_stride`; values between the rows are left alone.
    ///
    /// # Errors
    /// [`ShapeError::Data`] where the slice ends before the last row does, [`ShapeError::OutOfRange`] where rows would
    /// overlap (`row_stride < cols`), [`ShapeError::TooLarge`] where a size overflows.
    ///
    /// ```
    /// let data = [1.0, 2.0, -1.0, 3.0, 4.0];
    /// let view = rowmajor::MatrixView::with_row_stride(2, 2, 3, &data)?;
    /// assert_eq!(view.to_matrix(), rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn with_row_stride(
        rows: usize,
        cols: usize,
        row_stride: usize,
        data: &'a [f64],
    ) -> Result<Self, ShapeError> {
        let len = super::checked_len(rows, cols)?;
        if len == 0 {
            return Ok(Self::trusted(&[], rows, cols));
        }
        if row_stride < cols {
            return Err(ShapeError::OutOfRange {
                op: "with_row_stride",
                index: cols,
                len: row_stride,
            });
        }
        let expected = (rows - 1)
            .checked_mul(row_stride)
            .and_then(|start| start.checked_add(cols))
            .ok_or(ShapeError::TooLarge {
                shape: (rows, row_stride),
            })?;
        if data.len() < expected {
            return Err(ShapeError::Data {
                op: "with_row_stride",
                shape: (rows, cols),
                expected,
                found: data.len(),
            });
        }
        Ok(Self {
            data,
            rows,
            cols,
            row_stride,
        })
    }

    /// A view whose length the caller has checked: `data` holds the rows without gaps.
    #[inline]
    pub(crate) fn trusted(data: &'a [f64], rows: usize, cols: usize) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        Self {
            data,
            rows,
            cols,
            row_stride: if rows == 0 { 0 } else { cols },
        }
    }

    /// The number of rows.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().nrows(), 2);
    /// ```
    #[inline]
    pub fn nrows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().ncols(), 3);
    /// ```
    #[inline]
    pub fn ncols(&self) -> usize {
        self.cols
    }

    /// Rows and columns.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().shape(), (2, 3));
    /// ```
    #[inline]
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// The number of values, rows times columns.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().len(), 6);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether there is no value.
    ///
    /// ```
    /// assert!(rowmajor::Matrix::zeros(0, 3).view().is_empty());
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values lie between the starts of two neighbouring rows.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().row_stride(), 3);
    /// ```
    #[inline]
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// The value at (`row`, `col`), or `None` outside.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0]];
    /// assert_eq!(m.view().get(0, 1), Some(2.0));
    /// assert_eq!(m.view().get(1, 0), None);
    /// ```
    #[inline]
    pub fn get(&self, row: usize, col: usize) -> Option<f64> {
        (row < self.rows && col < self.cols).then(|| self.data[row * self.row_stride + col])
    }

    /// Row `row` as a slice.
    ///
    /// # Panics
    /// Where there is no such row, at the caller's line.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(m.view().row(1), [3.0, 4.0]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn row(&self, row: usize) -> &'a [f64] {
        if row >= self.rows {
            super::error::fail(&ShapeError::OutOfRange {
                op: "row",
                index: row,
                len: self.rows,
            });
        }
        &self.data[row * self.row_stride..][..self.cols]
    }

    /// The rows, first to last, as slices.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// let sums: Vec<f64> = m.view().rows().map(|row| row[0] + row[1]).collect();
    /// assert_eq!(sums, [3.0, 7.0]);
    /// ```
    pub fn rows(&self) -> Rows<'a> {
        Rows::new(*self)
    }

    /// A view of the rows in `range`.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where the range ends after the last row or before it starts.
    ///
    /// ```
    /// let m = rowmajor::Matrix::zeros(10, 2);
    /// assert_eq!(m.view().view_rows(7..)?.nrows(), 3);
    /// assert!(m.view().view_rows(7..11).is_err());
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn view_rows(&self, range: impl RangeBounds<usize>) -> Result<MatrixView<'a>, ShapeError> {
        let start = match range.start_bound() {
            Bound::Included(&i) => i,
            Bound::Excluded(&i) => i.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&i) => i.saturating_add(1),
            Bound::Excluded(&i) => i,
            Bound::Unbounded => self.rows,
        };
        if end > self.rows {
            return Err(ShapeError::OutOfRange {
                op: "view_rows",
                index: end,
                len: self.rows,
            });
        }
        if start > end {
            return Err(ShapeError::OutOfRange {
                op: "view_rows",
                index: start,
                len: end,
            });
        }
        Ok(self.split_rows(end).0.split_rows(start).1)
    }

    /// Views of `size` rows each, in order; the last may be short (a `size` of 0 is read as 1).
    ///
    /// ```
    /// let m = rowmajor::Matrix::zeros(250, 2);
    /// assert_eq!(m.view().batches(100).map(|batch| batch.nrows()).collect::<Vec<_>>(), [100, 100, 50]);
    /// ```
    pub fn batches(&self, size: usize) -> Batches<'a> {
        Batches::new(*self, size)
    }

    /// A copy of its own, without gaps between the rows.
    ///
    /// # Panics
    /// Where the memory cannot be had.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0], [2.0], [3.0]];
    /// assert_eq!(m.view_rows(1..)?.to_matrix(), rowmajor::matrix![[2.0], [3.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[track_caller]
    pub fn to_matrix(&self) -> Matrix {
        super::error::or_fail(self.try_to_matrix())
    }

    pub(crate) fn try_to_matrix(self) -> Result<Matrix, ShapeError> {
        let mut data = super::try_with_capacity(self.rows, self.cols)?;
        match self.contiguous() {
            Some(slice) => data.extend_from_slice(slice),
            None => self.rows().for_each(|row| data.extend_from_slice(row)),
        }
        Ok(Matrix {
            rows: self.rows,
            cols: self.cols,
            data,
        })
    }

    /// The values as one slice, where no gap lies between the rows.
    #[inline]
    pub(crate) fn contiguous(&self) -> Option<&'a [f64]> {
        (self.row_stride == self.cols || self.rows <= 1).then(|| &self.data[..self.len()])
    }

    /// The rows, but none where they have no columns: rows of nothing can be too many to be counted through.
    pub(crate) fn filled_rows(&self) -> Rows<'a> {
        match self.cols {
            0 => Rows::new(Self::trusted(&[], 0, 0)),
            _ => self.rows(),
        }
    }

    /// What the product reads: the slice that starts with element (0, 0).
    #[inline]
    pub(crate) fn data(&self) -> &'a [f64] {
        self.data
    }

    /// Itself: what [`Matrix::view`] is for a matrix.
    #[inline]
    pub(super) fn view(&self) -> MatrixView<'a> {
        *self
    }

    /// The first `mid` rows and the others; `mid` is at most `nrows`.
    pub(super) fn split_rows(&self, mid: usize) -> (MatrixView<'a>, MatrixView<'a>) {
        let part = |start: usize, end: usize| {
            if start == end || self.cols == 0 {
                return Self::trusted(&[], end - start, self.cols);
            }
            let data = &self.data[start * self.row_stride..(end - 1) * self.row_stride + self.cols];
            Self {
                data,
                rows: end - start,
                ..*self
            }
        };
        (part(0, mid), part(mid, self.rows))
    }
}

impl Index<(usize, usize)> for MatrixView<'_> {
    type Output = f64;

    /// The value at (row, column); panics outside, at the caller's line.
    #[inline]
    #[track_caller]
    fn index(&self, (row, col): (usize, usize)) -> &f64 {
        if row >= self.rows || col >= self.cols {
            super::index_failed((row, col), self.shape());
        }
        &self.data[row * self.row_stride + col]
    }
}

impl PartialEq for MatrixView<'_> {
    /// Equal shapes and equal values, as `==` compares `f64` (NaN equals nothing).
    fn eq(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.filled_rows().eq(other.filled_rows())
    }
}

impl PartialEq<Matrix> for MatrixView<'_> {
    fn eq(&self, other: &Matrix) -> bool {
        *self == other.view()
    }
}

impl fmt::Debug for MatrixView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::display::debug("MatrixView", *self, f)
    }
}

impl<'a> From<&'a Matrix> for MatrixView<'a> {
    #[inline]
    fn from(matrix: &'a Matrix) -> Self {
        matrix.view()
    }
}

impl<'a> From<&MatrixView<'a>> for MatrixView<'a> {
    #[inline]
    fn from(view: &MatrixView<'a>) -> Self {
        *view
    }
}

impl<'a> From<&'a [f64]> for MatrixView<'a> {
    /// One row (1×n): a sample as it came, without a copy.
    #[inline]
    fn from(row: &'a [f64]) -> Self {
        Self::trusted(row, 1, row.len())
    }
}

impl<'a> From<&'a Vec<f64>> for MatrixView<'a> {
    /// One row (1×n).
    #[inline]
    fn from(row: &'a Vec<f64>) -> Self {
        Self::from(row.as_slice())
    }
}

impl<'a, const COLS: usize> From<&'a [f64; COLS]> for MatrixView<'a> {
    /// One row (1×`COLS`).
    #[inline]
    fn from(row: &'a [f64; COLS]) -> Self {
        Self::from(row.as_slice())
    }
}

impl<'a, const ROWS: usize, const COLS: usize> From<&'a [[f64; COLS]; ROWS]> for MatrixView<'a> {
    /// The rows of an array of arrays.
    #[inline]
    fn from(rows: &'a [[f64; COLS]; ROWS]) -> Self {
        Self::trusted(rows.as_flattened(), ROWS, COLS)
    }
}

impl<'a> IntoIterator for MatrixView<'a> {
    type Item = &'a [f64];
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.rows()
    }
}

impl<'a> IntoIterator for &MatrixView<'a> {
    type Item = &'a [f64];
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.rows()
    }
}
