//! Rows and parts, borrowed: one row, all of them, batches, ranges.

use super::view::checked_range;
use super::{Matrix, MatrixView, ShapeError, error::fail};
use std::iter::FusedIterator;
use std::ops::{Range, RangeBounds};

/// Methods whose results borrow the values themselves: from a matrix as long as that is borrowed, from a view as long as
/// the view's values are.
macro_rules! borrowing {
    ([$($generics:tt)*] $type:ty, $life:lifetime) => { impl $($generics)* $type {
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
        pub fn row(&self, row: usize) -> &$life [f64] {
            let MatrixView { data, rows: len, cols, row_stride } = self.view();
            if row >= len {
                fail(&ShapeError::OutOfRange { op: "row", index: row, len });
            }
            &data[row * row_stride..][..cols]
        }

        /// The rows, first to last, as slices.
        ///
        /// ```
        /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
        /// let firsts: Vec<f64> = m.rows().map(|row| row[0]).collect();
        /// assert_eq!(firsts, [1.0, 3.0]);
        /// ```
        pub fn rows(&self) -> Rows<$life> {
            Rows { view: self.view(), left: 0..self.nrows() }
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
        pub fn view_rows(&self, range: impl RangeBounds<usize>) -> Result<MatrixView<$life>, ShapeError> {
            let rows = checked_range("view_rows", range, self.nrows())?;
            Ok(self.view().part(rows, 0..self.ncols()))
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
        pub fn view_cols(&self, range: impl RangeBounds<usize>) -> Result<MatrixView<$life>, ShapeError> {
            let cols = checked_range("view_cols", range, self.ncols())?;
            Ok(self.view().part(0..self.nrows(), cols))
        }

        /// Views of `size` rows each, in order; the last may be short (a `size` of 0 is read as 1).
        ///
        /// ```
        /// let images = rowmajor::Matrix::zeros(250, 784);
        /// assert_eq!(images.batches(100).map(|batch| batch.nrows()).collect::<Vec<_>>(), [100, 100, 50]);
        /// ```
        pub fn batches(&self, size: usize) -> Batches<$life> {
            let (view, size) = (self.view(), size.max(1));
            Batches { view, size, left: 0..self.nrows().div_ceil(size) }
        }
    } };
}

borrowing!([] Matrix, '_);
borrowing!([<'a>] MatrixView<'a>, 'a);

/// The rows of a matrix, first to last, each as a slice; made by [`Matrix::rows`].
///
/// ```
/// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
/// let mut rows = m.rows();
/// assert_eq!(rows.len(), 3);
/// assert_eq!(rows.next(), Some(&[1.0, 2.0][..]));
/// assert_eq!(rows.next_back(), Some(&[5.0, 6.0][..]));
/// ```
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless consumed"]
pub struct Rows<'a> {
    view: MatrixView<'a>,
    left: Range<usize>,
}

impl<'a> Rows<'a> {
    #[inline]
    fn at(&self, row: usize) -> &'a [f64] {
        self.view.row(row)
    }
}

/// Views of at most `size` rows each, in order; the last may be short. Made by
/// [`Matrix::batches`].
///
/// ```
/// let m = rowmajor::Matrix::from_fn(5, 2, |row, _| row as f64);
/// let sizes: Vec<usize> = m.batches(2).map(|batch| batch.nrows()).collect();
/// assert_eq!(sizes, [2, 2, 1]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless consumed"]
pub struct Batches<'a> {
    view: MatrixView<'a>,
    size: usize,
    left: Range<usize>,
}

impl<'a> Batches<'a> {
    fn at(&self, batch: usize) -> MatrixView<'a> {
        let start = batch * self.size;
        let rows = start..self.view.rows.min(start.saturating_add(self.size));
        self.view.part(rows, 0..self.view.cols)
    }
}

/// Items at the places that are left.
macro_rules! iterate {
    ($iterator:ident, $item:ty) => {
        impl<'a> Iterator for $iterator<'a> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.left.next().map(|i| self.at(i))
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.left.size_hint()
            }

            #[inline]
            fn nth(&mut self, n: usize) -> Option<$item> {
                self.left.nth(n).map(|i| self.at(i))
            }
        }

        impl DoubleEndedIterator for $iterator<'_> {
            #[inline]
            fn next_back(&mut self) -> Option<Self::Item> {
                self.left.next_back().map(|i| self.at(i))
            }
        }

        impl ExactSizeIterator for $iterator<'_> {}
        impl FusedIterator for $iterator<'_> {}
    };
}

iterate!(Rows, &'a [f64]);
iterate!(Batches, MatrixView<'a>);

/// `for row in ...`, over a matrix or a view.
macro_rules! into_rows {
    ($($type:ty),+) => { $(
        impl<'a> IntoIterator for $type {
            type Item = &'a [f64];
            type IntoIter = Rows<'a>;

            fn into_iter(self) -> Rows<'a> {
                self.rows()
            }
        }
    )+ };
}

into_rows!(&'a Matrix, MatrixView<'a>, &MatrixView<'a>);
