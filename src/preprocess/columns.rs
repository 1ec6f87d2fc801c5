//! What the steps share: checks, statistics of columns, rows mapped to rows.

use super::Error;
use crate::matrix::{try_vec, try_with_capacity};
use crate::{Matrix, MatrixView, ShapeError};
use std::ops::Range;

/// Rows that are centred and multiplied together: the copy stays in L3.
pub(super) const BLOCK: usize = 1024;

/// Columns that are multiplied with themselves, both triangles of the result.
const SMALL_SQUARE: usize = 56;

/// Data to fit on: some rows and columns.
pub(super) fn check_not_empty(op: &'static str, x: MatrixView<'_>) -> Result<(), ShapeError> {
    let shape = x.shape();
    if x.is_empty() {
        return Err(ShapeError::Empty { op, shape });
    }
    Ok(())
}

/// Data to fit on: some rows and columns, every value finite.
pub(super) fn check_data(op: &'static str, x: MatrixView<'_>) -> Result<(), Error> {
    check_not_empty(op, x)?;
    for (row, values) in x.rows().enumerate() {
        // Without a way out of the loop the compiler makes vectors of it.
        if values.iter().fold(false, |bad, x| bad | !x.is_finite()) {
            let col = values.iter().position(|x| !x.is_finite()).unwrap_or(0);
            let (at, value) = ((row, col), values[col]);
            return Err(Error::NotFinite { op, at, value });
        }
    }
    Ok(())
}

/// Every value finite.
pub(super) fn check_finite(op: &'static str, columns: &[f64]) -> Result<(), Error> {
    match columns.iter().position(|x| !x.is_finite()) {
        Some(column) => Err(Error::TooWide { op, column }),
        None => Ok(()),
    }
}

/// As many columns as the step was fitted on.
pub(super) fn check_columns(
    op: &'static str,
    columns: usize,
    x: MatrixView<'_>,
) -> Result<(), ShapeError> {
    if x.ncols() != columns {
        let (lhs, rhs) = (x.shape(), (1, columns));
        return Err(ShapeError::Mismatch { op, lhs, rhs });
    }
    Ok(())
}

/// A matrix of the same shape; `f` adds a row for each.
pub(super) fn map_rows(
    x: MatrixView<'_>,
    f: impl Fn(&[f64], &mut Vec<f64>),
) -> Result<Matrix, ShapeError> {
    let (rows, cols) = x.shape();
    let mut data = try_with_capacity(rows, cols)?;
    x.rows().for_each(|row| f(row, &mut data));
    Matrix::from_vec(rows, cols, data)
}

/// The mean of each column, and its population variance.
///
/// A sum runs over the rows from the first to the last, as NumPy's `sum(axis=0)` does. The first mean t is such a sum
/// divided by the number of rows n; c and s are the sums of x − t and its square. The mean is t + c/n, the variance
/// (s − c²/n)/n: what rounding did to t is made good.
///
/// # Errors
/// As [`check_data`] and [`check_finite`].
pub(super) fn moments(op: &'static str, x: MatrixView<'_>) -> Result<(Vec<f64>, Vec<f64>), Error> {
    check_not_empty(op, x)?;
    let n = x.nrows() as f64;
    let mut means = try_vec(x.ncols(), 0.0)?;
    for row in x.rows() {
        means.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    // A sum to which a NaN or an infinity was added is no finite number any more: the data are checked where one is not.
    if check_finite(op, &means).is_err() {
        check_data(op, x)?;
    }
    means.iter_mut().for_each(|sum| *sum /= n);
    let mut off = try_vec(x.ncols(), 0.0)?;
    let mut variances = try_vec(x.ncols(), 0.0)?;
    for row in x.rows() {
        for (((off, square), x), mean) in off.iter_mut().zip(&mut variances).zip(row).zip(&means) {
            let difference = x - mean;
            *off += difference;
            *square += difference * difference;
        }
    }
    for ((mean, variance), off) in means.iter_mut().zip(&mut variances).zip(&off) {
        *variance = (*variance - off * off / n).max(0.0) / n;
        *mean += off / n;
    }
    check_finite(op, &means)?;
    check_finite(op, &variances)?;
    Ok((means, variances))
}

/// The covariance of the columns of x, with the divisor rows − 1: NumPy's `cov(x, rowvar=False)`.
///
/// Symmetric exactly. The rows are centred and multiplied 1024 at a time; the blocks' products are added in order.
///
/// # Errors
/// [`Error::TooFewRows`] below two rows; [`Error::NotFinite`]; [`Error::TooWide`] where a sum is beyond `f64`;
/// [`Error::Shape`] where there is no column, or no memory.
///
/// ```
/// use rowmajor::{matrix, preprocess::covariance};
///
/// let x = matrix![[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]];
/// assert_eq!(covariance(&x)?, matrix![[1.0, -1.0], [-1.0, 1.0]]);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
pub fn covariance<'x>(x: impl Into<MatrixView<'x>>) -> Result<Matrix, Error> {
    let x = x.into();
    let (means, _) = moments("covariance", x)?;
    covariance_about("covariance", x, &means)
}

/// [`covariance`] of data that is checked, and whose means are known.
pub(super) fn covariance_about(
    op: &'static str,
    x: MatrixView<'_>,
    means: &[f64],
) -> Result<Matrix, Error> {
    let (n, cols) = x.shape();
    if n < 2 {
        let (needed, found) = (2, n);
        return Err(Error::TooFewRows { op, needed, found });
    }
    let mut sum = Matrix::try_filled(cols, cols, 0.0)?;
    let mut centred = try_with_capacity(BLOCK.min(n), cols)?;
    for block in x.batches(BLOCK) {
        centred.clear();
        block
            .rows()
            .for_each(|row| centre(row, means, &mut centred));
        let block = Matrix::from_vec(block.nrows(), cols, centred)?;
        add_square(&block, 0..cols, &mut sum)?;
        centred = block.into_vec();
    }
    let divisor = (n - 1) as f64;
    for i in 0..cols {
        for j in i..cols {
            sum[(i, j)] /= divisor;
            sum[(j, i)] = sum[(i, j)];
        }
    }
    for row in sum.rows() {
        check_finite(op, row)?;
    }
    Ok(sum)
}

/// Adds xᵀ·x, of some columns of x and on and above the diagonal, to `sum`, which is for all columns.
///
/// Halves are multiplied with each other once, and the same is done to each half: xᵀ·x is symmetric, and so has all its
/// bits, since fma(x, y, c) is fma(y, x, c).
fn add_square(x: &Matrix, cols: Range<usize>, sum: &mut Matrix) -> Result<(), ShapeError> {
    if cols.len() <= SMALL_SQUARE {
        return add_product(x, cols.clone(), cols, sum);
    }
    // Whole vectors.
    let middle = cols.start + (cols.len() / 2).next_multiple_of(8);
    add_square(x, cols.start..middle, sum)?;
    add_product(x, cols.start..middle, middle..cols.end, sum)?;
    add_square(x, middle..cols.end, sum)
}

/// Adds the product of some columns of x with others to `sum`.
fn add_product(
    x: &Matrix,
    left: Range<usize>,
    right: Range<usize>,
    sum: &mut Matrix,
) -> Result<(), ShapeError> {
    let product = columns(x, &left)?.matmul_tn(columns(x, &right)?)?;
    for (i, product) in left.zip(product.rows()) {
        let sums = &mut sum.row_mut(i)[right.clone()];
        sums.iter_mut().zip(product).for_each(|(sum, x)| *sum += x);
    }
    Ok(())
}

/// Some columns of x.
fn columns<'x>(x: &'x Matrix, cols: &Range<usize>) -> Result<MatrixView<'x>, ShapeError> {
    let values = x.as_slice().get(cols.start..).unwrap_or_default();
    MatrixView::with_row_stride(x.nrows(), cols.len(), x.ncols(), values)
}

/// Adds a row less the means.
pub(super) fn centre(x: &[f64], means: &[f64], out: &mut Vec<f64>) {
    out.extend(x.iter().zip(means).map(|(x, mean)| x - mean));
}
