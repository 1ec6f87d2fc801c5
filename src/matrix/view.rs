//! [`MatrixView`]: rows of a matrix, or of a caller's own slice, borrowed; and what it has in common with
//! [`MatrixViewMut`].

use super::{Matrix, MatrixViewMut, Rows, ShapeError};
use std::ops::{Bound, Range, RangeBounds};

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
/// assert_eq!(middle.row(0), [10.0, 11.0, 12.0]);
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

/// What both views are made of and made from, and how they are cut.
macro_rules! views {
    ($($view:ident $of:ident $flat:ident [$($mut:tt)?];)+) => { $(
        impl<'a> $view<'a> {
            /// A view of a row-major slice of exactly `rows * cols` values.
            ///
            /// # Errors
            /// [`ShapeError::Data`] where the length is another, [`ShapeError::TooLarge`] where the product overflows.
            ///
            /// ```
            /// use rowmajor::{MatrixView, MatrixViewMut};
            ///
            /// let mut data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
            /// MatrixViewMut::from_slice(2, 3, &mut data)?.row_mut(1).fill(7.0);
            /// assert_eq!(MatrixView::from_slice(2, 3, &data)?.row(1), [7.0, 7.0, 7.0]);
            /// # Ok::<(), rowmajor::ShapeError>(())
            /// ```
            pub fn from_slice(rows: usize, cols: usize, data: &'a $($mut)? [f64]) -> Result<Self, ShapeError> {
                check_data("from_slice", rows, cols, data.len())?;
                Ok(Self::trusted(data, rows, cols))
            }

            /// A view of a slice in which row `i` starts at `i * row_stride`; values between the rows are left alone.
            ///
            /// # Errors
            /// [`ShapeError::Data`] where the slice ends before the last row does, [`ShapeError::OutOfRange`] where
            /// rows would overlap (`row_stride < cols`), [`ShapeError::TooLarge`] where a size overflows.
            ///
            /// ```
            /// use rowmajor::{MatrixView, MatrixViewMut, matrix};
            ///
            /// let mut data = [1.0, 2.0, -1.0, 3.0, 4.0];
            /// assert_eq!(MatrixView::with_row_stride(2, 2, 3, &data)?, matrix![[1.0, 2.0], [3.0, 4.0]]);
            /// MatrixViewMut::with_row_stride(2, 2, 3, &mut data)?.fill(7.0);
            /// assert_eq!(data, [7.0, 7.0, -1.0, 7.0, 7.0]);
            /// # Ok::<(), rowmajor::ShapeError>(())
            /// ```
            pub fn with_row_stride(
                rows: usize,
                cols: usize,
                row_stride: usize,
                data: &'a $($mut)? [f64],
            ) -> Result<Self, ShapeError> {
                let (len, row_stride) = check_strided(rows, cols, row_stride, data.len())?;
                Ok(Self { data: &$($mut)? data[..len], rows, cols, row_stride })
            }

            /// A view whose length the caller has checked: `data` holds the rows without gaps.
            #[inline]
            pub(crate) fn trusted(data: &'a $($mut)? [f64], rows: usize, cols: usize) -> Self {
                debug_assert_eq!(data.len(), rows * cols);
                Self { data, rows, cols, row_stride: cols }
            }

            /// The rows and columns in these ranges, which lie inside.
            pub(super) fn part(self, rows: Range<usize>, cols: Range<usize>) -> Self {
                let (place, row_stride) = place(&rows, &cols, self.row_stride);
                Self { data: &$($mut)? self.data[place], rows: rows.len(), cols: cols.len(), row_stride }
            }

            /// Whether no gap lies between the rows.
            #[inline]
            pub(super) fn is_contiguous(&self) -> bool {
                self.row_stride == self.cols || self.rows <= 1
            }

            /// As one row where no gap lies between the rows, otherwise as it is: the fewest slices that hold all values.
            pub(super) fn flattened(self) -> Self {
                let len = self.data.len();
                if self.is_contiguous() { Self::trusted(self.data, 1, len) } else { self }
            }
        }

        impl<'a> From<&'a $($mut)? Matrix> for $view<'a> {
            #[inline]
            fn from(matrix: &'a $($mut)? Matrix) -> Self {
                matrix.$of()
            }
        }

        impl<'a> From<&'a $($mut)? [f64]> for $view<'a> {
            /// One row (1×n), without a copy.
            #[inline]
            fn from(row: &'a $($mut)? [f64]) -> Self {
                let len = row.len();
                Self::trusted(row, 1, len)
            }
        }

        impl<'a> From<&'a $($mut)? Vec<f64>> for $view<'a> {
            /// One row (1×n), without a copy.
            #[inline]
            fn from(row: &'a $($mut)? Vec<f64>) -> Self {
                Self::from(&$($mut)? row[..])
            }
        }

        impl<'a, const COLS: usize> From<&'a $($mut)? [f64; COLS]> for $view<'a> {
            /// One row (1×`COLS`), without a copy.
            #[inline]
            fn from(row: &'a $($mut)? [f64; COLS]) -> Self {
                Self::from(&$($mut)? row[..])
            }
        }

        impl<'a, const ROWS: usize, const COLS: usize> From<&'a $($mut)? [[f64; COLS]; ROWS]> for $view<'a> {
            /// The rows of an array of arrays, without a copy.
            #[inline]
            fn from(rows: &'a $($mut)? [[f64; COLS]; ROWS]) -> Self {
                Self::trusted(rows.$flat(), ROWS, COLS)
            }
        }
    )+ };
}

views! {
    MatrixView view as_flattened [];
    MatrixViewMut view_mut as_flattened_mut [mut];
}

impl<'a> MatrixView<'a> {
    /// How many values lie between the starts of two neighbouring rows.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).view().row_stride(), 3);
    /// ```
    #[inline]
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// A copy of its own, without gaps between the rows.
    ///
    /// ```
    /// assert_eq!(rowmajor::MatrixView::from(&[1.0, 2.0]).to_matrix(), rowmajor::matrix![[1.0, 2.0]]);
    /// ```
    #[track_caller]
    pub fn to_matrix(&self) -> Matrix {
        super::or_fail(self.try_to_matrix())
    }

    pub(crate) fn try_to_matrix(self) -> Result<Matrix, ShapeError> {
        let slices = self.flattened().filled_rows();
        super::build(self.shape(), slices, |data, x| data.extend_from_slice(x))
    }

    /// The values as one slice, where no gap lies between the rows.
    #[inline]
    pub(crate) fn contiguous(&self) -> Option<&'a [f64]> {
        self.is_contiguous().then_some(self.data)
    }

    /// The rows, but none where they have no columns: rows of nothing can be too many to be counted through.
    pub(crate) fn filled_rows(&self) -> Rows<'a> {
        match self.cols {
            0 => Self::trusted(&[], 0, 0).rows(),
            _ => self.rows(),
        }
    }

    /// Itself: what [`Matrix::view`] is for a matrix.
    #[inline]
    pub(crate) fn view(&self) -> MatrixView<'a> {
        *self
    }
}

impl<'a> From<&MatrixView<'a>> for MatrixView<'a> {
    #[inline]
    fn from(view: &MatrixView<'a>) -> Self {
        *view
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

/// A slice of `found` values holds exactly `rows * cols`.
pub(super) fn check_data(
    op: &'static str,
    rows: usize,
    cols: usize,
    found: usize,
) -> Result<(), ShapeError> {
    let expected = super::checked_len(rows, cols)?;
    check_len(found == expected, op, (rows, cols), expected, found)
}

/// An error with both lengths, where they do not fit.
fn check_len(
    fit: bool,
    op: &'static str,
    shape: (usize, usize),
    expected: usize,
    found: usize,
) -> Result<(), ShapeError> {
    fit.then_some(()).ok_or(ShapeError::Data {
        op,
        shape,
        expected,
        found,
    })
}

/// What a view with gaps needs of a slice of `found` values, and the row stride to keep: both 0 where it has no values.
fn check_strided(
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
    check_len(found >= expected, op, (rows, cols), expected, found)?;
    // Of one row, any stride is allowed: none is kept whose multiples could overflow.
    Ok((expected, row_stride.min(expected)))
}

/// The range with both its ends, where it lies in `0..len`.
pub(super) fn checked_range(
    op: &'static str,
    range: impl RangeBounds<usize>,
    len: usize,
) -> Result<Range<usize>, ShapeError> {
    let after = |i: &usize| i.saturating_add(1);
    let start = match range.start_bound() {
        Bound::Included(&i) => i,
        Bound::Excluded(i) => after(i),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(i) => after(i),
        Bound::Excluded(&i) => i,
        Bound::Unbounded => len,
    };
    let (index, len) = if end > len { (end, len) } else { (start, end) };
    if index > len {
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
