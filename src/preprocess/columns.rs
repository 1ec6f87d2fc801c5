//! What the steps share: checks, statistics of columns, rows mapped to rows.

use super::Error;
use crate::matrix::{checked_len, try_vec, try_with_capacity};
use crate::{Matrix, MatrixView, ShapeError};

/// Rows that are centred and multiplied together: the copy stays in L3.
pub(super) const BLOCK: usize = 1024;

/// Columns of the covariance that are computed together: wide enough that reading the centred rows costs little, narrow
/// enough that little is computed below the diagonal.
const STRIP: usize = 48;

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
    let mut transposed = Transposed::new(cols, BLOCK.min(n))?;
    for block in x.batches(BLOCK) {
        centred.clear();
        block
            .rows()
            .for_each(|row| centre(row, means, &mut centred));
        transposed.write(&centred, cols);
        for start in (0..cols).step_by(STRIP) {
            // The strip's rows down to the diagonal: the covariance is symmetric, and so are its bits, since fma(x, y, c) is
            // fma(y, x, c).
            let strip = start..cols.min(start + STRIP);
            let right = &centred[start..];
            let right = MatrixView::with_row_stride(block.nrows(), strip.len(), cols, right)?;
            let left = transposed.view(strip.end, block.nrows())?;
            for (i, product) in left.matmul(right)?.rows().enumerate() {
                let sums = &mut sum.row_mut(i)[strip.clone()];
                sums.iter_mut().zip(product).for_each(|(sum, x)| *sum += x);
            }
        }
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

/// A block of rows, transposed: the product reads its rows where they lie, so that nothing is packed twice.
struct Transposed {
    values: Vec<f64>,
    /// From a row to the next: rows a power of two apart would share sets of the caches.
    row_stride: usize,
}

impl Transposed {
    /// Room for blocks of up to `rows` rows of `cols` values.
    fn new(cols: usize, rows: usize) -> Result<Transposed, ShapeError> {
        let row_stride = checked_len(rows.next_multiple_of(8) + 8, 1)?;
        let values = try_vec(checked_len(cols, row_stride)?, 0.0)?;
        Ok(Transposed { values, row_stride })
    }

    /// Writes the transpose of `block`, 8 of its rows at a time: whole cache lines.
    fn write(&mut self, block: &[f64], cols: usize) {
        let rows_of_eight = block.chunks(8 * cols);
        for (first, rows) in (0..).step_by(8).zip(rows_of_eight) {
            let out = self.values.chunks_exact_mut(self.row_stride);
            if rows.len() == 8 * cols {
                let [a, b, c, d, e, f, g, h] = std::array::from_fn(|i| &rows[i * cols..][..cols]);
                for (col, out) in out.enumerate() {
                    let line = [a, b, c, d, e, f, g, h].map(|row| row[col]);
                    out[first..][..8].copy_from_slice(&line);
                }
            } else {
                for (col, out) in out.enumerate() {
                    let column = rows.iter().skip(col).step_by(cols);
                    out[first..]
                        .iter_mut()
                        .zip(column)
                        .for_each(|(out, x)| *out = *x);
                }
            }
        }
    }

    /// The first rows of the transpose, of a block of so many rows.
    fn view(&self, rows: usize, block: usize) -> Result<MatrixView<'_>, ShapeError> {
        MatrixView::with_row_stride(rows, block, self.row_stride, &self.values)
    }
}

/// Adds a row less the means.
pub(super) fn centre(x: &[f64], means: &[f64], out: &mut Vec<f64>) {
    out.extend(x.iter().zip(means).map(|(x, mean)| x - mean));
}
