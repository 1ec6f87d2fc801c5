//! Sums, means, variances, norms, minima, maxima, over everything, over rows and over columns; and where extremes stand.
//!
//! **Order.** A row is summed as [`vecmath::sum`] says; the whole matrix is the sum, in that
//! order, of its row sums; a column is summed row by row from +0.0. **NaN**: any NaN makes a sum, a mean, a minimum or
//! a maximum NaN, and counts as the largest value for [`Matrix::argmax_rows`] and the smallest for
//! [`Matrix::argmin_rows`], as in NumPy. Which of +0 and -0 is a minimum or a maximum is not promised.

use super::{Matrix, MatrixView, ShapeError, or_fail, try_collect, try_vec};
use crate::vecmath::{self, argmax, argmax_rows, argmin, max, min, sum};
use std::ops::Add;

impl_for! { [Matrix, MatrixView<'_>] {
    methods! {
        /// The sum of all values; +0.0 where there is none.
        sum(self) -> f64 { if self.is_empty() { 0.0 } else { sum(&self.row_sums()) } }
            [[1.0, 2.0], [3.0, 4.0]] => 10.0;
        /// The mean of all values, or `None` where there is none.
        mean(self) -> Option<f64> { (!self.is_empty()).then(|| self.sum() / self.len() as f64) }
            [[1.0, 2.0], [3.0, 4.0]] => Some(2.5);
        /// The smallest value, or `None` where there is none.
        min(self) -> Option<f64> { self.view().fold_all(f64::INFINITY, min, lesser) }
            [[1.0, -2.0]] => Some(-2.0);
        /// The largest value, or `None` where there is none.
        max(self) -> Option<f64> { self.view().fold_all(f64::NEG_INFINITY, max, greater) }
            [[1.0, -2.0]] => Some(1.0);
        /// Row and column of the smallest value, the first of equals in row-major order, or of the first NaN where there
        /// is one; `None` where there is no value.
        argmin(self) -> Option<(usize, usize)> { self.view().find(self.min()?) }
            [[1.0, 3.0], [-2.0, 5.0]] => Some((1, 0));
        /// Row and column of the largest value, the first of equals in row-major order, or of the first NaN where there
        /// is one; `None` where there is no value.
        argmax(self) -> Option<(usize, usize)> { self.view().find(self.max()?) }
            [[1.0, 3.0], [-2.0, 5.0]] => Some((1, 1));
        /// The length of all values as one vector, √Σ x²: the 2-norm of a row, the Frobenius norm of a matrix.
        ///
        /// Each row's squares are summed as [`dot`] sums, the rows' sums as [`vecmath::sum`] does; then the square root.
        /// Where that sum overflows, or is below 2^-900, all values are first multiplied by 2^-600 or by 2^600, and the
        /// root by the inverse: a length that an `f64` holds is found.
        norm(self) -> f64 { norm_of(self.view()) }
            [[1e200, 2e200], [4e200, 1e201]] => 1.1e201;
        /// The length of each row, as [`norm`](Self::norm) of the row alone; 0 for an empty row.
        row_norms(self) -> Vec<f64> { self.view().each_row(|row| norm_of(row.into())) }
            [[3.0, 4.0], [0.0, -2.0]] => [5.0, 2.0];
        /// The sum of each row; +0.0 for an empty row.
        row_sums(self) -> Vec<f64> { self.view().each_row(sum) }
            [[1.0, 2.0], [3.0, 4.0]] => [3.0, 7.0];
        /// The mean of each row; NaN for an empty row.
        row_means(self) -> Vec<f64> { self.view().each_row(|row| sum(row) / row.len() as f64) }
            [[1.0, 2.0], [3.0, 4.0]] => [1.5, 3.5];
        /// The smallest value of each row; +infinity for an empty row.
        row_mins(self) -> Vec<f64> { self.view().each_row(min) }
            [[1.0, 2.0], [4.0, 3.0]] => [1.0, 3.0];
        /// The largest value of each row; -infinity for an empty row.
        row_maxes(self) -> Vec<f64> { self.view().each_row(max) }
            [[1.0, 2.0], [4.0, 3.0]] => [2.0, 4.0];
        /// The sum of each column; +0.0 where there is no row.
        col_sums(self) -> Vec<f64> { self.view().fold_rows(0.0, Add::add) }
            [[1.0, 2.0], [3.0, 4.0]] => [4.0, 6.0];
        /// The mean of each column; NaN where there is no row.
        col_means(self) -> Vec<f64> {
            let rows = self.nrows() as f64;
            self.col_sums().into_iter().map(|sum| sum / rows).collect()
        }
            [[1.0, 2.0], [3.0, 4.0]] => [2.0, 3.0];
        /// The variance of each column, Σ (x - mean)² / rows; NaN where there is no row.
        ///
        /// m = the column's mean; row by row from +0.0, s sums d and q sums d·d, where d = x - m; the variance is
        /// (q - s·s / rows) / rows, at least 0, with s·(s / rows) where s·s overflows. NumPy's `var(axis=0)` leaves s,
        /// which only rounding makes, out. Multiply by rows / (rows - 1) for a sample's estimate, its `ddof=1`.
        col_vars(self) -> Vec<f64> { variances(self.view(), self.col_means()) }
            [[1.0, 5.0], [3.0, 5.0]] => [1.0, 0.0];
        /// The standard deviation of each column: the square root of [`col_vars`](Self::col_vars).
        col_stds(self) -> Vec<f64> { self.col_vars().into_iter().map(f64::sqrt).collect() }
            [[1.0, 5.0], [5.0, 5.0]] => [2.0, 0.0];
        /// The smallest value of each column; +infinity where there is no row.
        col_mins(self) -> Vec<f64> { self.view().fold_rows(f64::INFINITY, lesser) }
            [[1.0, 4.0], [2.0, 3.0]] => [1.0, 3.0];
        /// The largest value of each column; -infinity where there is no row.
        col_maxes(self) -> Vec<f64> { self.view().fold_rows(f64::NEG_INFINITY, greater) }
            [[1.0, 4.0], [2.0, 3.0]] => [2.0, 4.0];
    }

    /// The column of the largest value of each row: the class that a network's outputs name.
    ///
    /// The first of equals wins; a NaN counts as the largest, as in NumPy.
    ///
    /// # Errors
    /// [`ShapeError::Empty`] where there are rows but no column.
    ///
    /// ```
    /// let outputs = rowmajor::matrix![[0.1, 0.7, 0.2], [0.5, 0.0, 0.5]];
    /// assert_eq!(outputs.argmax_rows()?, [1, 0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn argmax_rows(&self) -> Result<Vec<usize>, ShapeError> {
        let view = self.view();
        match view.contiguous() {
            Some(values) if view.cols > 0 => {
                let mut places = try_vec(view.rows, 0)?;
                argmax_rows(values, view.cols, &mut places);
                Ok(places)
            }
            _ => view.places("argmax_rows", argmax),
        }
    }

    /// The column of the smallest value of each row.
    ///
    /// The first of equals wins; a NaN counts as the smallest, as in NumPy.
    ///
    /// # Errors
    /// [`ShapeError::Empty`] where there are rows but no column.
    ///
    /// ```
    /// let distances = rowmajor::matrix![[0.1, 0.7, 0.2], [0.5, 0.0, 0.0]];
    /// assert_eq!(distances.argmin_rows()?, [0, 1]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn argmin_rows(&self) -> Result<Vec<usize>, ShapeError> {
        self.view().places("argmin_rows", argmin)
    }
} }

/// The sum of the products of values at the same place: the inner product of two vectors, or of two rows.
///
/// Eight lanes start at +0.0; at i, in order, lane i mod 8 becomes `fma(x[i], y[i], lane)`; then
/// `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))`, as in [`vecmath::sum`]. The same bits on
/// every CPU; [`matmul`](Matrix::matmul), one chain for each element, rounds otherwise.
///
/// # Errors
/// [`ShapeError::Length`] where the lengths differ.
///
/// ```
/// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(rowmajor::dot(m.row(0), m.row(1))?, 11.0);
/// assert_eq!(rowmajor::dot(&[1.0], m.row(0)).unwrap_err().to_string(), "dot: expected 1 values, found 2");
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "inner")]
pub fn dot(x: &[f64], y: &[f64]) -> Result<f64, ShapeError> {
    let (op, expected, found) = ("dot", x.len(), y.len());
    if expected != found {
        return Err(ShapeError::Length {
            op,
            expected,
            found,
        });
    }
    Ok(vecmath::dot(x, y))
}

/// s·s / n, what rounding did to the mean of n values; s·(s / n) where s·s overflows, as it may where the variance does not.
pub(crate) fn rounding_share(s: f64, n: f64) -> f64 {
    match s * s {
        f64::INFINITY => s * (s / n),
        square => square / n,
    }
}

#[track_caller]
fn variances(view: MatrixView<'_>, means: Vec<f64>) -> Vec<f64> {
    let rows = view.nrows() as f64;
    let mut rests = or_fail(try_vec(means.len(), 0.0));
    let mut squares = or_fail(try_vec(means.len(), 0.0));
    for row in view.filled_rows() {
        for (((rest, square), x), mean) in rests.iter_mut().zip(&mut squares).zip(row).zip(&means) {
            let difference = x - mean;
            *rest += difference;
            *square += difference * difference;
        }
    }
    for (square, rest) in squares.iter_mut().zip(&rests) {
        let variance = (*square - rounding_share(*rest, rows)) / rows;
        // Not f64::max, which would make a NaN 0.
        *square = if variance < 0.0 { 0.0 } else { variance };
    }
    squares
}

#[track_caller]
fn norm_of(view: MatrixView<'_>) -> f64 {
    let squares = |view: MatrixView<'_>| match view.nrows() {
        1 => vecmath::dot(view.row(0), view.row(0)),
        _ if view.is_empty() => 0.0,
        _ => sum(&view.each_row(|row| vecmath::dot(row, row))),
    };
    let scaled = |scale: f64| squares(view.map(|x| x * scale).view()).sqrt() / scale;
    let square = squares(view);
    if square == f64::INFINITY {
        scaled(2f64.powi(-600))
    } else if square < 2f64.powi(-900) {
        scaled(2f64.powi(600))
    } else {
        square.sqrt()
    }
}

impl MatrixView<'_> {
    /// The rows' values, folded into one, where there is a value.
    fn fold_all(
        self,
        start: f64,
        of_row: fn(&[f64]) -> f64,
        f: fn(f64, f64) -> f64,
    ) -> Option<f64> {
        let rows = self.flattened().filled_rows();
        (!self.is_empty()).then(|| rows.map(of_row).fold(start, f))
    }

    /// The first place of this value.
    fn find(&self, value: f64) -> Option<(usize, usize)> {
        let is = |&x: &f64| x == value || (x.is_nan() && value.is_nan());
        let in_row = |(i, row): (usize, &[f64])| Some((i, row.iter().position(is)?));
        self.filled_rows().enumerate().find_map(in_row)
    }

    /// A place in each row, if there is a column to name.
    fn places(
        self,
        op: &'static str,
        place: fn(&[f64]) -> Option<usize>,
    ) -> Result<Vec<usize>, ShapeError> {
        let shape @ (rows, cols) = self.shape();
        if cols == 0 && rows > 0 {
            return Err(ShapeError::Empty { op, shape });
        }
        try_collect(rows, self.rows().map(|row| place(row).unwrap_or(0)))
    }

    /// A value of each row.
    #[track_caller]
    fn each_row(&self, value: fn(&[f64]) -> f64) -> Vec<f64> {
        or_fail(try_collect(self.nrows(), self.rows().map(value)))
    }

    /// Folds the rows into one, column by column.
    #[track_caller]
    fn fold_rows(&self, start: f64, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let mut columns = or_fail(try_vec(self.ncols(), start));
        for row in self.filled_rows() {
            let pairs = columns.iter_mut().zip(row);
            pairs.for_each(|(column, &x)| *column = f(*column, x));
        }
        columns
    }
}

fn lesser(x: f64, y: f64) -> f64 {
    if y < x || y.is_nan() { y } else { x }
}

fn greater(x: f64, y: f64) -> f64 {
    if y > x || y.is_nan() { y } else { x }
}
