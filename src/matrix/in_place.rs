//! Parts to write to, and what is done in place.

use super::elementwise::check;
use super::view::checked_range;
use super::{Matrix, MatrixView, MatrixViewMut, ShapeError, error::fail};
use std::ops::RangeBounds;

/// Methods that change each value x given the value y of `rhs` at the same place: documentation, name and other
/// arguments, the change; and an example.
macro_rules! changes {
    ($($(#[$attribute:meta])* $name:ident($($arg:ident: $type:ty)?) |$x:ident, $y:ident| $change:expr,
       $matrix:tt $values:tt => $result:tt;)+) => { $(
        $(#[$attribute])*
        ///
        /// # Errors
        /// [`ShapeError::Mismatch`] where the shapes differ.
        ///
        /// ```
        #[doc = concat!("let mut m = rowmajor::matrix!", stringify!($matrix), ";")]
        #[doc = concat!("m.", stringify!($name), stringify!($values), "?;")]
        #[doc = concat!("assert_eq!(m, rowmajor::matrix!", stringify!($result), ");")]
        /// # Ok::<(), rowmajor::ShapeError>(())
        /// ```
        pub fn $name<'b>(&mut self, $($arg: $type,)? rhs: impl Into<MatrixView<'b>>) -> Result<(), ShapeError> {
            update(stringify!($name), self.view_mut(), rhs.into(), |$x, $y| $change)
        }
    )+ };
}

impl_for! { [Matrix, MatrixViewMut<'_>] {
    /// Row `row` as a slice to write to.
    ///
    /// # Panics
    /// Where there is no such row, at the caller's line.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(2, 2);
    /// m.row_mut(0).fill(1.0);
    /// assert_eq!(m, rowmajor::matrix![[1.0, 1.0], [0.0, 0.0]]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        let MatrixViewMut { data, rows: len, cols, row_stride } = self.view_mut();
        if row >= len {
            fail(&ShapeError::OutOfRange { op: "row", index: row, len });
        }
        &mut data[row * row_stride..][..cols]
    }

    /// The rows, first to last, as slices to write to.
    ///
    /// ```
    /// let mut m = rowmajor::matrix![[3.0, 1.0], [2.0, 4.0]];
    /// m.rows_mut().for_each(|row| row.sort_by(f64::total_cmp));
    /// assert_eq!(m, rowmajor::matrix![[1.0, 3.0], [2.0, 4.0]]);
    /// ```
    pub fn rows_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [f64]> {
        self.view_mut().into_rows()
    }

    /// The rows in `range`, to write to.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where the range ends after the last row or before it starts.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(3, 1);
    /// m.view_rows_mut(1..)?.fill(2.0);
    /// assert_eq!(m, rowmajor::matrix![[0.0], [2.0], [2.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn view_rows_mut(&mut self, range: impl RangeBounds<usize>) -> Result<MatrixViewMut<'_>, ShapeError> {
        let rows = checked_range("view_rows_mut", range, self.rows)?;
        let cols = 0..self.cols;
        Ok(self.view_mut().part(rows, cols))
    }

    /// The columns in `range`, to write to.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where the range ends after the last column or before it starts.
    ///
    /// ```
    /// let mut m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// m.view_cols_mut(..1)?.map_in_place(|x| -x);
    /// assert_eq!(m, rowmajor::matrix![[-1.0, 2.0], [-3.0, 4.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn view_cols_mut(&mut self, range: impl RangeBounds<usize>) -> Result<MatrixViewMut<'_>, ShapeError> {
        let cols = checked_range("view_cols_mut", range, self.cols)?;
        let rows = 0..self.rows;
        Ok(self.view_mut().part(rows, cols))
    }

    /// Views of `size` rows each to write to, in order, as [`Matrix::batches`] cuts: the last may be short.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(5, 1);
    /// for (i, mut batch) in m.batches_mut(2).enumerate() {
    ///     batch.fill(i as f64);
    /// }
    /// assert_eq!(m.as_slice(), [0.0, 0.0, 1.0, 1.0, 2.0]);
    /// ```
    pub fn batches_mut(&mut self, size: usize) -> impl ExactSizeIterator<Item = MatrixViewMut<'_>> {
        self.view_mut().into_batches(size.max(1))
    }

    /// Sets each value to `value`.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(1, 2);
    /// m.fill(7.5);
    /// assert_eq!(m, rowmajor::matrix![[7.5, 7.5]]);
    /// ```
    pub fn fill(&mut self, value: f64) {
        self.view_mut().flattened().into_rows().for_each(|row| row.fill(value));
    }

    /// Replaces each value x by `f(x)`, in row-major order; [`map`](Matrix::map) says what to keep in mind.
    ///
    /// ```
    /// let mut m = rowmajor::matrix![[1.0, 4.0]];
    /// m.map_in_place(f64::sqrt);
    /// assert_eq!(m, rowmajor::matrix![[1.0, 2.0]]);
    /// ```
    pub fn map_in_place(&mut self, mut f: impl FnMut(f64) -> f64) {
        let rows = self.view_mut().flattened().into_rows();
        rows.for_each(|row| row.iter_mut().for_each(|x| *x = f(*x)));
    }

    /// Replaces each value x by `f(x, y)`, y the value of `rhs` at the same place, in row-major order.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ.
    ///
    /// ```
    /// let mut gradients = rowmajor::matrix![[1.0, 2.0]];
    /// let activations = rowmajor::matrix![[0.5, 0.0]];
    /// gradients.zip_map_in_place(&activations, |dy, y| dy * y * (1.0 - y))?;
    /// assert_eq!(gradients, rowmajor::matrix![[0.25, 0.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn zip_map_in_place<'b>(
        &mut self,
        rhs: impl Into<MatrixView<'b>>,
        mut f: impl FnMut(f64, f64) -> f64,
    ) -> Result<(), ShapeError> {
        update("zip_map_in_place", self.view_mut(), rhs.into(), |x, y| *x = f(*x, y))
    }

    changes! {
        /// Sets each value to the value of `rhs` at the same place: NumPy's `m[...] = rhs`.
        #[doc(alias = "assign")]
        copy_from() |x, y| *x = y, [[0.0, 0.0]] (&[1.0, 2.0]) => [[1.0, 2.0]];
        /// Multiplies each value by the value of `rhs` at the same place.
        hadamard_in_place() |x, y| *x *= y, [[1.0, 2.0]] (&[3.0, 4.0]) => [[3.0, 8.0]];
        /// Adds `factor` times `rhs`: a multiplication, then an addition, the bits of `self + factor * rhs`.
        #[doc(alias = "axpy")]
        add_scaled(factor: f64) |x, y| *x += factor * y, [[1.0, 2.0]] (-0.5, &[4.0, 2.0]) => [[-1.0, 1.0]];
    }

    /// Adds `row` to each row.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `row` does not hold one value per column.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(2, 2);
    /// m.add_row_in_place(&[1.0, 2.0])?;
    /// assert_eq!(m, rowmajor::matrix![[1.0, 2.0], [1.0, 2.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn add_row_in_place(&mut self, row: &[f64]) -> Result<(), ShapeError> {
        check(row.len() == self.cols, "add_row", self.shape(), (1, row.len()))?;
        // Rows of nothing can be too many to be counted through.
        if self.cols > 0 {
            let rows = self.view_mut().into_rows();
            rows.for_each(|values| values.iter_mut().zip(row).for_each(|(x, y)| *x += y));
        }
        Ok(())
    }
} }

/// Lets `f` change each value of `lhs`, given the value of `rhs` at the same place.
pub(super) fn update(
    op: &'static str,
    mut lhs: MatrixViewMut<'_>,
    mut rhs: MatrixView<'_>,
    mut f: impl FnMut(&mut f64, f64),
) -> Result<(), ShapeError> {
    check(lhs.shape() == rhs.shape(), op, lhs.shape(), rhs.shape())?;
    if lhs.is_contiguous() && rhs.is_contiguous() {
        (lhs, rhs) = (lhs.flattened(), rhs.flattened());
    }
    for (x, y) in lhs.into_rows().zip(rhs.filled_rows()) {
        x.iter_mut().zip(y).for_each(|(x, &y)| f(x, y));
    }
    Ok(())
}
