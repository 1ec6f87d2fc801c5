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
pub(crate) use impl_for;

/// Methods without arguments: each with its documentation, what it gives, and an example of a matrix and its result.
macro_rules! methods {
    ($($(#[$attribute:meta])* $name:ident($self:ident) -> $type:ty $body:block $matrix:tt => $result:expr;)+) => { $(
        $(#[$attribute])*
        ///
        /// ```
        #[doc = concat!("let m = rowmajor::matrix!", stringify!($matrix), ";")]
        #[doc = concat!("assert_eq!(m.", stringify!($name), "(), ", stringify!($result), ");")]
        /// ```
        #[track_caller]
        pub fn $name(&$self) -> $type $body
    )+ };
}

mod construct;
mod display;
mod elementwise;
mod error;
mod in_place;
mod operators;
mod packed;
mod product;
mod range;
mod rearrange;
mod reduce;
mod rows;
mod shape;
mod view;
mod view_mut;

pub use error::ShapeError;
pub(crate) use error::{messages, or_fail};
pub use packed::PackedMatrix;
pub(crate) use product::operand;
pub use range::{arange, linspace};
pub use reduce::dot;
pub(crate) use reduce::rounding_share;
pub use rows::{Batches, Rows};
pub use view::MatrixView;
pub use view_mut::MatrixViewMut;

use std::cmp::Ordering;
use std::ops::{Index, IndexMut};

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
    methods! {
        /// All values, row by row.
        #[inline]
        as_slice(self) -> &[f64] { &self.data }
            [[1.0, 2.0], [3.0, 4.0]] => [1.0, 2.0, 3.0, 4.0];
        /// The whole matrix, borrowed.
        #[inline]
        view(self) -> MatrixView<'_> { MatrixView::trusted(&self.data, self.rows, self.cols) }
            [[1.0, 2.0]] => rowmajor::matrix![[1.0, 2.0]];
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
}

/// Indexing by (row, column), which panics outside, at the caller's line.
macro_rules! index {
    ($trait:ident, $index:ident, $type:ty, $stride:ident, {$($output:tt)*} $($mut:tt)?) => {
        impl $trait<(usize, usize)> for $type {
            $($output)*
            /// The value at (row, column); panics outside, at the caller's line.
            #[inline]
            #[track_caller]
            fn $index(&$($mut)? self, (row, col): (usize, usize)) -> &$($mut)? f64 {
                if row >= self.rows || col >= self.cols {
                    index_failed((row, col), self.shape());
                }
                &$($mut)? self.data[row * self.$stride + col]
            }
        }
    };
}

index!(Index, index, Matrix, cols, {
    type Output = f64;
});
index!(Index, index, MatrixView<'_>, row_stride, {
    type Output = f64;
});
index!(Index, index, MatrixViewMut<'_>, row_stride, {
    type Output = f64;
});
index!(IndexMut, index_mut, Matrix, cols, {} mut);
index!(IndexMut, index_mut, MatrixViewMut<'_>, row_stride, {} mut);

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
#[inline]
pub(crate) fn try_with_capacity<T>(rows: usize, cols: usize) -> Result<Vec<T>, ShapeError> {
    let mut data = Vec::new();
    data.try_reserve_exact(checked_len(rows, cols)?)
        .map_err(|_| ShapeError::OutOfMemory {
            shape: (rows, cols),
        })?;
    crate::simd::memory::advise_huge_pages(data.as_ptr(), data.capacity());
    Ok(data)
}

/// `len` times `value`.
pub(crate) fn try_vec<T: Clone>(len: usize, value: T) -> Result<Vec<T>, ShapeError> {
    try_collect(len, std::iter::repeat_n(value, len))
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

/// Sorts indices by `compare`, equal ones by themselves. Not generic: one sort is as much to compile as a small module.
pub(crate) fn sort_indices(indices: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    indices.sort_unstable_by(|&i, &j| compare(i, j).then(i.cmp(&j)));
}

/// A matrix of the values that `add` takes from each part in turn.
#[inline]
fn build<T>(
    (rows, cols): (usize, usize),
    parts: impl Iterator<Item = T>,
    mut add: impl FnMut(&mut Vec<f64>, T),
) -> Result<Matrix, ShapeError> {
    let mut data = try_with_capacity(rows, cols)?;
    parts.for_each(|part| add(&mut data, part));
    Ok(Matrix { rows, cols, data })
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
