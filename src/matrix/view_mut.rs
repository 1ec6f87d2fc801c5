//! [`MatrixViewMut`]: rows of a matrix, or of a caller's own slice, borrowed to write to.

use super::view::{check_data, check_strided, place};
use super::{Matrix, MatrixView, ShapeError};
use std::fmt;
use std::mem::take;
use std::ops::{Index, IndexMut, Range};

/// A matrix borrowed to write to: `nrows` rows of `ncols` values, each row `row_stride` values after the one before.
///
/// It stands wherever an output is taken, and so do `&mut Matrix`, `&mut [f64]`, `&mut Vec<f64>` and `&mut [f64; N]`,
/// which are one row, and `&mut [[f64; C]; R]`: a result goes where it is wanted, without a copy. What it holds is read
/// through [`view`](MatrixViewMut::view).
///
/// ```
/// use rowmajor::{Matrix, matrix};
///
/// let (x, w) = (Matrix::ones(5, 2), matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let mut out = Matrix::zeros(5, 3);
/// // Two rows at a time, the last batch of one row, each into its place of one matrix:
/// for (batch, out) in x.batches(2).zip(out.batches_mut(2)) {
///     batch.matmul_into(&w, out)?;
/// }
/// assert_eq!(out, x.matmul(&w)?);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[must_use]
pub struct MatrixViewMut<'a> {
    // Invariant: as MatrixView's.
    pub(super) data: &'a mut [f64],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
}

impl<'a> MatrixViewMut<'a> {
    /// A view of a row-major slice of exactly `rows * cols` values.
    ///
    /// # Errors
    /// As [`MatrixView::from_slice`].
    ///
    /// ```
    /// let mut buffer = [0.0; 6];
    /// rowmajor::MatrixViewMut::from_slice(2, 3, &mut buffer)?.row_mut(1).fill(1.0);
    /// assert_eq!(buffer, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn from_slice(rows: usize, cols: usize, data: &'a mut [f64]) -> Result<Self, ShapeError> {
        check_data("from_slice", rows, cols, data.len())?;
        Ok(Self::trusted(data, rows, cols))
    }

    /// A view of a slice in which row `i` starts at `i * row_stride`; values between the rows are left alone.
    ///
    /// # Errors
    /// As [`MatrixView::with_row_stride`].
    ///
    /// ```
    /// let mut buffer = [0.0; 5];
    /// rowmajor::MatrixViewMut::with_row_stride(2, 2, 3, &mut buffer)?.fill(1.0);
    /// assert_eq!(buffer, [1.0, 1.0, 0.0, 1.0, 1.0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn with_row_stride(
        rows: usize,
        cols: usize,
        row_stride: usize,
        data: &'a mut [f64],
    ) -> Result<Self, ShapeError> {
        let (len, row_stride) = check_strided(rows, cols, row_stride, data.len())?;
        Ok(Self {
            data: &mut data[..len],
            rows,
            cols,
            row_stride,
        })
    }

    /// A view whose length the caller has checked: `data` holds the rows without gaps.
    #[inline]
    pub(super) fn trusted(data: &'a mut [f64], rows: usize, cols: usize) -> Self {
        debug_assert_eq!(data.len(), rows * cols);
        Self {
            data,
            rows,
            cols,
            row_stride: if rows == 0 { 0 } else { cols },
        }
    }

    /// The same values, to read.
    ///
    /// ```
    /// let mut m = rowmajor::matrix![[1.0, 2.0]];
    /// assert_eq!(m.view_mut().view().sum(), 3.0);
    /// ```
    #[inline]
    pub fn view(&self) -> MatrixView<'_> {
        MatrixView {
            data: self.data,
            rows: self.rows,
            cols: self.cols,
            row_stride: self.row_stride,
        }
    }

    /// The same values, borrowed for a shorter time: this view can be used again afterwards.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(1, 2);
    /// let mut out = m.view_mut();
    /// rowmajor::matrix![[1.0]].matmul_into(&[3.0, 4.0], out.view_mut())?;
    /// out *= 2.0;
    /// assert_eq!(m, rowmajor::matrix![[6.0, 8.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[inline]
    pub fn view_mut(&mut self) -> MatrixViewMut<'_> {
        MatrixViewMut {
            data: self.data,
            rows: self.rows,
            cols: self.cols,
            row_stride: self.row_stride,
        }
    }

    /// The values as one slice where no gap lies between the rows, otherwise itself.
    #[inline]
    pub(crate) fn into_contiguous(self) -> Result<&'a mut [f64], Self> {
        match self.view().contiguous() {
            Some(_) => Ok(self.data),
            None => Err(self),
        }
    }

    /// As one row where no gap lies between the rows, otherwise as it is: the fewest slices that hold all values.
    pub(super) fn flattened(self) -> MatrixViewMut<'a> {
        match self.into_contiguous() {
            Ok(values) => {
                let len = values.len();
                Self::trusted(values, 1, len)
            }
            Err(view) => view,
        }
    }

    /// The rows and columns in these ranges, which lie inside.
    pub(super) fn into_part(self, rows: Range<usize>, cols: Range<usize>) -> MatrixViewMut<'a> {
        let (place, row_stride) = place(&rows, &cols, self.row_stride);
        Self {
            data: &mut self.data[place],
            rows: rows.len(),
            cols: cols.len(),
            row_stride,
        }
    }

    /// The rows.
    pub(super) fn into_rows(self) -> impl ExactSizeIterator<Item = &'a mut [f64]> {
        let (mut rest, stride, cols) = (self.data, self.row_stride, self.cols);
        (0..self.rows).map(move |_| {
            let end = stride.min(rest.len());
            let (row, after) = take(&mut rest).split_at_mut(end);
            rest = after;
            &mut row[..cols]
        })
    }

    /// The rows in batches of `size`, which is not 0.
    pub(super) fn into_batches(
        mut self,
        size: usize,
    ) -> impl ExactSizeIterator<Item = MatrixViewMut<'a>> {
        (0..self.rows.div_ceil(size)).map(move |_| {
            let (rows, cols) = (size.min(self.rows), self.cols);
            let values = take(&mut self.data);
            let (batch, rest) = values.split_at_mut(values.len().min(rows * self.row_stride));
            self.data = rest;
            self.rows -= rows;
            let (place, row_stride) = place(&(0..rows), &(0..cols), self.row_stride);
            let data = &mut batch[place];
            Self {
                data,
                rows,
                cols,
                row_stride,
            }
        })
    }
}

impl Index<(usize, usize)> for MatrixViewMut<'_> {
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

impl IndexMut<(usize, usize)> for MatrixViewMut<'_> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, (row, col): (usize, usize)) -> &mut f64 {
        if row >= self.rows || col >= self.cols {
            super::index_failed((row, col), self.shape());
        }
        &mut self.data[row * self.row_stride + col]
    }
}

impl fmt::Debug for MatrixViewMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::display::debug("MatrixViewMut", self.view(), f)
    }
}

impl<'a> From<&'a mut Matrix> for MatrixViewMut<'a> {
    #[inline]
    fn from(matrix: &'a mut Matrix) -> Self {
        matrix.view_mut()
    }
}

impl<'a> From<&'a mut MatrixViewMut<'_>> for MatrixViewMut<'a> {
    #[inline]
    fn from(view: &'a mut MatrixViewMut<'_>) -> Self {
        view.view_mut()
    }
}

impl<'a> From<&'a mut [f64]> for MatrixViewMut<'a> {
    /// One row (1×n).
    #[inline]
    fn from(row: &'a mut [f64]) -> Self {
        let len = row.len();
        Self::trusted(row, 1, len)
    }
}

impl<'a> From<&'a mut Vec<f64>> for MatrixViewMut<'a> {
    /// One row (1×n).
    #[inline]
    fn from(row: &'a mut Vec<f64>) -> Self {
        Self::from(row.as_mut_slice())
    }
}

impl<'a, const COLS: usize> From<&'a mut [f64; COLS]> for MatrixViewMut<'a> {
    /// One row (1×`COLS`).
    #[inline]
    fn from(row: &'a mut [f64; COLS]) -> Self {
        Self::from(row.as_mut_slice())
    }
}

impl<'a, const ROWS: usize, const COLS: usize> From<&'a mut [[f64; COLS]; ROWS]>
    for MatrixViewMut<'a>
{
    /// The rows of an array of arrays.
    #[inline]
    fn from(rows: &'a mut [[f64; COLS]; ROWS]) -> Self {
        Self::trusted(rows.as_flattened_mut(), ROWS, COLS)
    }
}
