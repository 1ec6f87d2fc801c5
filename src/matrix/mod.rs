//! [`Matrix`], and what it holds. [`MatrixView`] and [`MatrixViewMut`] stand in files of their own, and so does what is
//! done with the three, a concept each.
//!
//! What two or three of the types can do is written once, in an `impl_for!` block: each type gets methods of its own,
//! with their documentation, and no trait must be imported. Their bodies start from `self.view()` or `self.view_mut()`.
#![forbid(unsafe_code)]

/// The same `impl` block for each of the types in brackets.
macro_rules! impl_for {
    ([$($type:ty),+] $methods:tt) => { $(impl $type $methods)+ };
}

mod construct;
mod display;
mod eigh;
mod elementwise;
mod error;
mod functions;
mod in_place;
mod operators;
mod packed;
mod product;
mod range;
mod reduce;
mod rows;
mod select;
mod shape;
mod stack;
mod transpose;
mod view;
mod view_mut;

pub use eigh::{Eigh, EighError};
pub use error::ShapeError;
pub(crate) use error::or_fail;
pub use packed::PackedMatrix;
pub use range::{arange, linspace};
pub use reduce::dot;
pub use rows::{Batches, Rows};
pub use view::MatrixView;
pub use view_mut::MatrixViewMut;

use std::ops::{Index, IndexMut, RangeBounds};

/// A matrix of `f64`, row by row in one `Vec`.
///
/// Element (row, column) stands at `row * ncols + col`. Rows and columns may be 0. What only reads can be done with a
/// [`MatrixView`], too, with the same bits, and what changes values in place with a [`MatrixViewMut`].
///
/// # Panics
/// A method that returns a matrix or a list, but no `Result`, panics where allocation fails, at the caller's line.
///
/// ```
/// use rowmajor::matrix;
///
/// let x = matrix![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
/// let y = matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [10.0, 11.0, 12.0]];
/// assert_eq!(x.matmul(&y)?, matrix![[70.0, 80.0, 90.0], [158.0, 184.0, 210.0]]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, PartialEq, Default)]
#[must_use]
pub struct Matrix {
    // Invariant: data.len() == rows * cols, and that many bytes times 8 fit isize.
    rows: usize,
    cols: usize,
    data: Vec<f64>,
}

impl Matrix {
    /// Row `row` as a slice.
    ///
    /// # Panics
    /// Where there is no such row, at the caller's line.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(m.row(1), [3.0, 4.0]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn row(&self, row: usize) -> &[f64] {
        self.view().row(row)
    }

    /// The rows, first to last, as slices.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// let firsts: Vec<f64> = m.rows().map(|row| row[0]).collect();
    /// assert_eq!(firsts, [1.0, 3.0]);
    /// ```
    pub fn rows(&self) -> Rows<'_> {
        self.view().rows()
    }

    /// All values, row by row.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].as_slice(), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    #[inline]
    pub fn as_slice(&self) -> &[f64] {
        &self.data
    }

    /// All values, row by row, to write to.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(1, 3);
    /// m.as_mut_slice()[2] = 5.0;
    /// assert_eq!(m, rowmajor::matrix![[0.0, 0.0, 5.0]]);
    /// ```
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// The buffer, row by row, without a copy.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0], [2.0]].into_vec(), vec![1.0, 2.0]);
    /// ```
    pub fn into_vec(self) -> Vec<f64> {
        self.data
    }

    /// The same values in the same order as `rows` × `cols`, without a copy.
    ///
    /// # Errors
    /// [`ShapeError::Data`] where the number of values is another; the matrix is lost with it.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0, 4.0]].reshape(2, 2)?;
    /// assert_eq!(m, rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn reshape(self, rows: usize, cols: usize) -> Result<Matrix, ShapeError> {
        Self::from_data("reshape", rows, cols, self.data)
    }

    /// The whole matrix, borrowed.
    ///
    /// ```
    /// let m = rowmajor::Matrix::identity(2);
    /// assert_eq!(m.view().to_matrix(), m);
    /// ```
    #[inline]
    pub fn view(&self) -> MatrixView<'_> {
        MatrixView::trusted(&self.data, self.rows, self.cols)
    }

    /// The whole matrix, borrowed to write to.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(1, 2);
    /// m.view_mut()[(0, 1)] = 5.0;
    /// assert_eq!(m, rowmajor::matrix![[0.0, 5.0]]);
    /// ```
    #[inline]
    pub fn view_mut(&mut self) -> MatrixViewMut<'_> {
        MatrixViewMut::trusted(&mut self.data, self.rows, self.cols)
    }

    /// The rows in `range`, borrowed.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where the range ends after the last row or before it starts.
    ///
    /// ```
    /// let m = rowmajor::Matrix::from_fn(4, 2, |row, _| row as f64);
    /// assert_eq!(m.view_rows(1..=2)?.to_matrix(), rowmajor::matrix![[1.0, 1.0], [2.0, 2.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn view_rows(&self, range: impl RangeBounds<usize>) -> Result<MatrixView<'_>, ShapeError> {
        self.view().view_rows(range)
    }

    /// The columns in `range`, borrowed.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where the range ends after the last column or before it starts.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(m.view_cols(1..)?, rowmajor::matrix![[2.0, 3.0], [5.0, 6.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn view_cols(&self, range: impl RangeBounds<usize>) -> Result<MatrixView<'_>, ShapeError> {
        self.view().view_cols(range)
    }

    /// Views of `size` rows each, in order; the last may be short (a `size` of 0 is read as 1).
    ///
    /// ```
    /// let images = rowmajor::Matrix::zeros(250, 784);
    /// assert_eq!(images.batches(100).map(|batch| batch.nrows()).collect::<Vec<_>>(), [100, 100, 50]);
    /// ```
    pub fn batches(&self, size: usize) -> Batches<'_> {
        self.view().batches(size)
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    /// The value at (row, column); panics outside, at the caller's line.
    #[inline]
    #[track_caller]
    fn index(&self, (row, col): (usize, usize)) -> &f64 {
        if row >= self.rows || col >= self.cols {
            index_failed((row, col), self.shape());
        }
        &self.data[row * self.cols + col]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, (row, col): (usize, usize)) -> &mut f64 {
        if row >= self.rows || col >= self.cols {
            index_failed((row, col), self.shape());
        }
        &mut self.data[row * self.cols + col]
    }
}

impl<'a> IntoIterator for &'a Matrix {
    type Item = &'a [f64];
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.rows()
    }
}

impl AsRef<[f64]> for Matrix {
    fn as_ref(&self) -> &[f64] {
        &self.data
    }
}

impl AsMut<[f64]> for Matrix {
    fn as_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }
}

impl PartialEq<MatrixView<'_>> for Matrix {
    fn eq(&self, other: &MatrixView<'_>) -> bool {
        self.view() == *other
    }
}

/// `rows * cols`, where the bytes of that many values fit the address space.
#[inline(always)]
pub(crate) fn checked_len(rows: usize, cols: usize) -> Result<usize, ShapeError> {
    rows.checked_mul(cols)
        .filter(|&len| len <= isize::MAX as usize / size_of::<f64>())
        .ok_or(ShapeError::TooLarge {
            shape: (rows, cols),
        })
}

/// An empty buffer with room for exactly `rows * cols` values.
pub(crate) fn try_with_capacity<T>(rows: usize, cols: usize) -> Result<Vec<T>, ShapeError> {
    let mut data = Vec::new();
    data.try_reserve_exact(checked_len(rows, cols)?)
        .map_err(|_| ShapeError::OutOfMemory {
            shape: (rows, cols),
        })?;
    Ok(data)
}

/// `len` times `value`.
pub(crate) fn try_vec<T: Clone>(len: usize, value: T) -> Result<Vec<T>, ShapeError> {
    let mut data = try_with_capacity(1, len)?;
    data.resize(len, value);
    Ok(data)
}

/// What an iterator gives, at most `len` values.
pub(crate) fn try_collect<T>(
    len: usize,
    values: impl Iterator<Item = T>,
) -> Result<Vec<T>, ShapeError> {
    let mut data = try_with_capacity(1, len)?;
    data.extend(values.take(len));
    Ok(data)
}

#[allow(clippy::panic, reason = "the documented panic of indexing")]
#[cold]
#[inline(never)]
#[track_caller]
fn index_failed(index: (usize, usize), shape: (usize, usize)) -> ! {
    panic!(
        "index ({}, {}) is out of range for {}x{}",
        index.0, index.1, shape.0, shape.1
    )
}
