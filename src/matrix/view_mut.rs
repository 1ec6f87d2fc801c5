//! [`MatrixViewMut`]: rows of a matrix, or of a caller's own slice, borrowed to write to.

use super::MatrixView;
use std::mem::take;

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
        match self.is_contiguous() {
            true => Ok(self.data),
            false => Err(self),
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
            let (data, rest) = values.split_at_mut(values.len().min(rows * self.row_stride));
            self.data = rest;
            self.rows -= rows;
            let row_stride = self.row_stride;
            Self {
                data,
                rows,
                cols,
                row_stride,
            }
            .part(0..rows, 0..cols)
        })
    }
}

impl<'a> From<&'a mut MatrixViewMut<'_>> for MatrixViewMut<'a> {
    #[inline]
    fn from(view: &'a mut MatrixViewMut<'_>) -> Self {
        view.view_mut()
    }
}
