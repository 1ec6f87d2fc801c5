//! Sums, means, minima, maxima, over everything, over rows and over columns; and where each row's maximum stands.
//!
//! **Order.** A row is summed as [`vecmath::sum`](crate::vecmath::sum) says; the whole matrix is the sum, in that
//! order, of its row sums; a column is summed row by row from +0.0. **NaN**: any NaN makes a sum, a mean, a minimum or
//! a maximum NaN, and counts as the largest value for [`Matrix::argmax_rows`], as in NumPy. Which of +0 and -0 is a
//! minimum or a maximum is not promised.

use super::{Matrix, ShapeError, or_fail, try_with_capacity};
use crate::vecmath::{argmax_rows, max, sum};

impl Matrix {
    /// The sum of all values; +0.0 where there is none.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].sum(), 10.0);
    /// ```
    pub fn sum(&self) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        sum(&self.row_sums())
    }

    /// The mean of all values, or `None` where there is none.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].mean(), Some(2.5));
    /// assert_eq!(rowmajor::Matrix::zeros(0, 3).mean(), None);
    /// ```
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum() / self.len() as f64)
    }

    /// The smallest value, or `None` where there is none.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, -2.0]].min(), Some(-2.0));
    /// ```
    pub fn min(&self) -> Option<f64> {
        (!self.is_empty()).then(|| least(&self.data))
    }

    /// The largest value, or `None` where there is none.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, -2.0]].max(), Some(1.0));
    /// ```
    pub fn max(&self) -> Option<f64> {
        (!self.is_empty()).then(|| max(&self.data))
    }

    /// The sum of each row; +0.0 for an empty row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].row_sums(), [3.0, 7.0]);
    /// ```
    #[track_caller]
    pub fn row_sums(&self) -> Vec<f64> {
        self.each_row(sum)
    }

    /// The mean of each row; NaN for an empty row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].row_means(), [1.5, 3.5]);
    /// ```
    #[track_caller]
    pub fn row_means(&self) -> Vec<f64> {
        self.each_row(|row| sum(row) / row.len() as f64)
    }

    /// The smallest value of each row; +infinity for an empty row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [4.0, 3.0]].row_mins(), [1.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn row_mins(&self) -> Vec<f64> {
        self.each_row(least)
    }

    /// The largest value of each row; -infinity for an empty row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [4.0, 3.0]].row_maxes(), [2.0, 4.0]);
    /// ```
    #[track_caller]
    pub fn row_maxes(&self) -> Vec<f64> {
        self.each_row(max)
    }

    /// The sum of each column; +0.0 where there is no row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].col_sums(), [4.0, 6.0]);
    /// ```
    #[track_caller]
    pub fn col_sums(&self) -> Vec<f64> {
        self.fold_rows(0.0, |sum, x| sum + x)
    }

    /// The mean of each column; NaN where there is no row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]].col_means(), [2.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn col_means(&self) -> Vec<f64> {
        let rows = self.nrows() as f64;
        self.col_sums().into_iter().map(|sum| sum / rows).collect()
    }

    /// The smallest value of each column; +infinity where there is no row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 4.0], [2.0, 3.0]].col_mins(), [1.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn col_mins(&self) -> Vec<f64> {
        self.fold_rows(f64::INFINITY, lesser)
    }

    /// The largest value of each column; -infinity where there is no row.
    ///
    /// # Panics
    /// Where the memory for the result cannot be had.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[1.0, 4.0], [2.0, 3.0]].col_maxes(), [2.0, 4.0]);
    /// ```
    #[track_caller]
    pub fn col_maxes(&self) -> Vec<f64> {
        self.fold_rows(f64::NEG_INFINITY, greater)
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
        if self.ncols() == 0 && self.nrows() > 0 {
            return Err(ShapeError::Empty {
                op: "argmax_rows",
                shape: self.shape(),
            });
        }
        let mut places = try_with_capacity(self.nrows(), 1)?;
        places.resize(self.nrows(), 0);
        argmax_rows(self.as_slice(), self.ncols(), &mut places);
        Ok(places)
    }

    /// A value of each row.
    #[track_caller]
    fn each_row(&self, value: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let mut values = or_fail(try_with_capacity(self.nrows(), 1));
        values.extend(self.rows().map(value));
        values
    }

    /// Folds the rows into one, column by column.
    #[track_caller]
    fn fold_rows(&self, start: f64, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let mut columns = or_fail(try_with_capacity(1, self.ncols()));
        columns.resize(self.ncols(), start);
        for row in self.view().filled_rows() {
            columns
                .iter_mut()
                .zip(row)
                .for_each(|(column, &x)| *column = f(*column, x));
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

fn least(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::INFINITY, lesser)
}
