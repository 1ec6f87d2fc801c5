//! Iterators over rows and over batches of rows.

use super::MatrixView;
use std::iter::FusedIterator;

/// The rows of a matrix, first to last, each as a slice; made by [`Matrix::rows`](crate::Matrix::rows).
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
    next: usize,
    end: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(view: MatrixView<'a>) -> Self {
        Self {
            view,
            next: 0,
            end: view.nrows(),
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [f64];

    #[inline]
    fn next(&mut self) -> Option<&'a [f64]> {
        self.nth(0)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<&'a [f64]> {
        let row = self.next.saturating_add(n);
        if row >= self.end {
            self.next = self.end;
            return None;
        }
        self.next = row + 1;
        Some(self.view.row(row))
    }
}

impl DoubleEndedIterator for Rows<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        self.end -= 1;
        Some(self.view.row(self.end))
    }
}

impl ExactSizeIterator for Rows<'_> {}
impl FusedIterator for Rows<'_> {}

/// Views of at most `size` rows each, in order; the last may be short. Made by
/// [`Matrix::batches`](crate::Matrix::batches).
///
/// ```
/// let m = rowmajor::Matrix::from_fn(5, 2, |row, _| row as f64);
/// let sizes: Vec<usize> = m.batches(2).map(|batch| batch.nrows()).collect();
/// assert_eq!(sizes, [2, 2, 1]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless consumed"]
pub struct Batches<'a> {
    rest: MatrixView<'a>,
    size: usize,
}

impl<'a> Batches<'a> {
    /// `size` 0 is read as 1: there is no batch without a row.
    pub(super) fn new(view: MatrixView<'a>, size: usize) -> Self {
        Self {
            rest: view,
            size: size.max(1),
        }
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = MatrixView<'a>;

    fn next(&mut self) -> Option<MatrixView<'a>> {
        if self.rest.nrows() == 0 {
            return None;
        }
        let (batch, rest) = self.rest.split_rows(self.size.min(self.rest.nrows()));
        self.rest = rest;
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rest.nrows().div_ceil(self.size);
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Batches<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let batches = self.len();
        if batches == 0 {
            return None;
        }
        let (rest, batch) = self.rest.split_rows((batches - 1) * self.size);
        self.rest = rest;
        Some(batch)
    }
}

impl ExactSizeIterator for Batches<'_> {}
impl FusedIterator for Batches<'_> {}
