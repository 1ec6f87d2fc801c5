//! [`MatrixView`]: rows of a matrix, or of a caller's own slice, borrowed.

use super::{Batches, Matrix, Rows, ShapeError};
use std::fmt;
use std::ops::{Bound, Index, Range, RangeBounds};

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
    // Invariant: rows·cols·8 fits isize; row_stride >= cols; where rows and cols are not 0, data ends with the last row,
    // that is (rows - 1)·row_stride + cols == data.len(). Where either is 0, data is empty and row_stride at most cols.
    pub(super) data: &'a [f64],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
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
        check_data("from_slice", rows, cols, data.len())?;
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
        let (len, row_stride) = check_strided(rows, cols, row_stride, data.len())?;
        Ok(Self {
            data: &data[..len],
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

    /// How many values lie between the starts of two neighbouring rows.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().row_stride(), 3);
    /// ```
    #[inline]
    pub fn row_stride(&self) -> usize {
        self.row_stride
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
        let rows = checked_range("view_rows", range, self.rows)?;
        Ok(self.part(rows, 0..self.cols))
    }

    /// A view of the columns in `range`.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where the range ends after the last column or before it starts.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(m.view_rows(1..)?.view_cols(..2)?, rowmajor::matrix![[4.0, 5.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn view_cols(&self, range: impl RangeBounds<usize>) -> Result<MatrixView<'a>, ShapeError> {
        let cols = checked_range("view_cols", range, self.cols)?;
        Ok(self.part(0..self.rows, cols))
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
        (self.row_stride == self.cols || self.rows <= 1).then_some(self.data)
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

    /// As one row where no gap lies between the rows, otherwise as it is: the fewest slices that hold all values.
    pub(super) fn flattened(&self) -> MatrixView<'a> {
        match self.contiguous() {
            Some(values) => Self::trusted(values, 1, values.len()),
            None => *self,
        }
    }

    /// Itself: what [`Matrix::view`] is for a matrix.
    #[inline]
    pub(super) fn view(&self) -> MatrixView<'a> {
        *self
    }

    /// The rows and columns in these ranges, which lie inside.
    pub(super) fn part(&self, rows: Range<usize>, cols: Range<usize>) -> MatrixView<'a> {
        let (place, row_stride) = place(&rows, &cols, self.row_stride);
        Self {
            data: &self.data[place],
            rows: rows.len(),
            cols: cols.len(),
            row_stride,
        }
    }

    /// The first `mid` rows and the others; `mid` is at most `nrows`.
    pub(super) fn split_rows(&self, mid: usize) -> (MatrixView<'a>, MatrixView<'a>) {
        let part = |rows| self.part(rows, 0..self.cols);
        (part(0..mid), part(mid..self.rows))
    }
}

/// A slice of `found` values holds exactly `rows * cols`.
pub(super) fn check_data(
    op: &'static str,
    rows: usize,
    cols: usize,
    found: usize,
) -> Result<(), ShapeError> {
    let expected = super::checked_len(rows, cols)?;
    if found != expected {
        let shape = (rows, cols);
        return Err(ShapeError::Data {
            op,
            shape,
            expected,
            found,
        });
    }
    Ok(())
}

/// What a view with gaps needs of a slice of `found` values, and the row stride to keep: both 0 where it has no values.
pub(super) fn check_strided(
    rows: usize,
    cols: usize,
    row_stride: usize,
    found: usize,
) -> Result<(usize, usize), ShapeError> {
    let op = "with_row_stride";
    if super::checked_len(rows, cols)? == 0 {
        return Ok((0, 0));
    }
    if row_stride < cols {
        let (index, len) = (cols, row_stride);
        return Err(ShapeError::OutOfRange { op, index, len });
    }
    let start_of_last = (rows - 1).checked_mul(row_stride);
    let shape = (rows, row_stride);
    let expected = start_of_last.and_then(|start| start.checked_add(cols));
    let expected = expected.ok_or(ShapeError::TooLarge { shape })?;
    if found < expected {
        let shape = (rows, cols);
        return Err(ShapeError::Data {
            op,
            shape,
            expected,
            found,
        });
    }
    Ok((expected, row_stride))
}

/// The range with both its ends, where it lies in `0..len`.
pub(super) fn checked_range(
    op: &'static str,
    range: impl RangeBounds<usize>,
    len: usize,
) -> Result<Range<usize>, ShapeError> {
    let start = match range.start_bound() {
        Bound::Included(&i) => i,
        Bound::Excluded(&i) => i.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&i) => i.saturating_add(1),
        Bound::Excluded(&i) => i,
        Bound::Unbounded => len,
    };
    if end > len {
        return Err(ShapeError::OutOfRange {
            op,
            index: end,
            len,
        });
    }
    if start > end {
        let (index, len) = (start, end);
        return Err(ShapeError::OutOfRange { op, index, len });
    }
    Ok(start..end)
}

/// Where in the slice of a view these rows and columns stand, and their row stride; nowhere if there are no values.
pub(super) fn place(
    rows: &Range<usize>,
    cols: &Range<usize>,
    row_stride: usize,
) -> (Range<usize>, usize) {
    if rows.is_empty() || cols.is_empty() {
        return (0..0, 0);
    }
    let first = rows.start * row_stride + cols.start;
    let end = (rows.end - 1) * row_stride + cols.end;
    (first..end, row_stride)
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
