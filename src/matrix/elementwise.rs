//! Element by element: maps, the Hadamard product, a row or a column with each row or column, comparisons.

use super::{Matrix, MatrixView, ShapeError, error::or_fail, try_with_capacity};

impl_for! { [Matrix, MatrixView<'_>] {
    /// A matrix of `f(x)` for each value x, in row-major order.
    ///
    /// Rust's own `f64::exp`, `ln`, `tanh`, `powf` and their kin are the platform's: their last bits differ from one
    /// machine to the next, and a result computed with them is outside the crate's promise of equal bits.
    /// [`exp`](Self::exp), [`ln`](Self::ln), [`tanh`](Self::tanh), [`sigmoid`](Self::sigmoid) and
    /// [`vecmath::scalar`](crate::vecmath::scalar) are inside, as are `+`, `-`, `*`, `/`, `sqrt`, `mul_add`, `abs`.
    ///
    /// # Panics
    /// Where allocation fails, or the closure panics.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, -4.0]].map(|x| x * x);
    /// assert_eq!(m, rowmajor::matrix![[1.0, 16.0]]);
    /// ```
    #[track_caller]
    pub fn map(&self, mut f: impl FnMut(f64) -> f64) -> Matrix {
        let (rows, cols) = self.shape();
        let mut data = or_fail(try_with_capacity(rows, cols));
        for row in self.view().flattened().filled_rows() {
            data.extend(row.iter().map(|&x| f(x)));
        }
        Matrix { rows, cols, data }
    }

    /// A matrix of `f(x, y)` for each pair of values at the same place, in row-major order.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ, [`ShapeError::OutOfMemory`] where allocation fails.
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 5.0]];
    /// let b = rowmajor::matrix![[3.0, 2.0]];
    /// assert_eq!(a.zip_map(&b, f64::max)?, rowmajor::matrix![[3.0, 5.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn zip_map<'b>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        f: impl FnMut(f64, f64) -> f64,
    ) -> Result<Matrix, ShapeError> {
        zip_map("zip_map", self.view(), rhs.into(), f)
    }

    /// The Hadamard product: each value times the value at the same place.
    ///
    /// NumPy's `*`; the matrix product is [`matmul`](Matrix::matmul).
    ///
    /// # Errors
    /// As [`zip_map`](Self::zip_map).
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(a.hadamard(&a)?, rowmajor::matrix![[1.0, 4.0], [9.0, 16.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "multiply")]
    pub fn hadamard<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        zip_map("hadamard", self.view(), rhs.into(), |x, y| x * y)
    }

    /// The sum, element by element; the operator `+` does the same and panics where this is an error.
    ///
    /// # Errors
    /// As [`zip_map`](Self::zip_map).
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 2.0]];
    /// assert_eq!(a.try_add(&a)?, rowmajor::matrix![[2.0, 4.0]]);
    /// let error = a.try_add(&a.transpose()).unwrap_err();
    /// assert_eq!(error.to_string(), "add: shapes 1x2 and 2x1 do not match");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn try_add<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        zip_map("add", self.view(), rhs.into(), |x, y| x + y)
    }

    /// The difference, element by element; the operator `-` does the same and panics where this is an error.
    ///
    /// # Errors
    /// As [`zip_map`](Self::zip_map).
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 2.0]];
    /// assert_eq!(a.try_sub(&a)?, rowmajor::matrix![[0.0, 0.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn try_sub<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        zip_map("sub", self.view(), rhs.into(), |x, y| x - y)
    }

    /// A matrix with `row` added to each row: the bias of a layer.
    ///
    /// # Errors
    /// As [`zip_row`](Self::zip_row).
    ///
    /// ```
    /// let products = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(products.add_row(&[10.0, 20.0])?, rowmajor::matrix![[11.0, 22.0], [13.0, 24.0]]);
    /// let error = products.add_row(&[10.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "add_row: shapes 2x2 and 1x1 do not match");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn add_row(&self, row: &[f64]) -> Result<Matrix, ShapeError> {
        zip_row("add_row", self.view(), row, |x, y| x + y)
    }

    /// A matrix of `f(x, row[j])` for each value x of column j: what NumPy broadcasts along the rows.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `row` does not hold one value per column, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 10.0], [3.0, 30.0]];
    /// let centred = x.zip_row(&x.col_means(), |x, mean| x - mean)?; // x - x.mean(axis=0)
    /// assert_eq!(centred, rowmajor::matrix![[-1.0, -10.0], [1.0, 10.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "broadcast")]
    pub fn zip_row(
        &self,
        row: &[f64],
        f: impl FnMut(f64, f64) -> f64,
    ) -> Result<Matrix, ShapeError> {
        zip_row("zip_row", self.view(), row, f)
    }

    /// A matrix of `f(x, col[i])` for each value x of row i: what NumPy broadcasts along the columns.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `col` does not hold one value per row, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 3.0], [5.0, 15.0]];
    /// let shares = x.zip_col(&x.row_sums(), |x, sum| x / sum)?; // x / x.sum(axis=1, keepdims=True)
    /// assert_eq!(shares, rowmajor::matrix![[0.25, 0.75], [0.25, 0.75]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "broadcast")]
    pub fn zip_col(
        &self,
        col: &[f64],
        mut f: impl FnMut(f64, f64) -> f64,
    ) -> Result<Matrix, ShapeError> {
        let shape @ (rows, cols) = self.shape();
        if col.len() != rows {
            return Err(mismatch("zip_col", shape, (col.len(), 1)));
        }
        let mut data = try_with_capacity(rows, cols)?;
        for (row, &y) in self.view().filled_rows().zip(col) {
            data.extend(row.iter().map(|&x| f(x, y)));
        }
        Ok(Matrix { rows, cols, data })
    }

    /// Each value x brought into `min..=max`: `min` where `x < min`, then `max` where that is above `max`.
    ///
    /// NaN stays NaN; a bound that is NaN is no bound.
    ///
    /// ```
    /// let m = rowmajor::matrix![[-2.0, 0.5, 7.0]];
    /// assert_eq!(m.clip(0.0, 1.0), rowmajor::matrix![[0.0, 0.5, 1.0]]);
    /// ```
    #[doc(alias = "clamp")]
    #[track_caller]
    pub fn clip(&self, min: f64, max: f64) -> Matrix {
        self.map(|x| {
            let x = if x < min { min } else { x };
            if x > max { max } else { x }
        })
    }

    /// The largest |x - y| over all places; 0 for empty matrices, NaN where any difference is NaN.
    ///
    /// Equal infinities do not differ.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ.
    ///
    /// ```
    /// let ours = rowmajor::matrix![[0.1 + 0.2, 1.0]];
    /// let theirs = rowmajor::matrix![[0.3, 1.0]];
    /// assert!(ours.max_abs_diff(&theirs)? < 1e-15);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn max_abs_diff<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<f64, ShapeError> {
        let pairs = pairs("max_abs_diff", self.view(), rhs.into())?;
        let differences = pairs.map(|(x, y)| if x == y { 0.0 } else { (x - y).abs() });
        Ok(differences.fold(0.0, |worst: f64, d| if d > worst || d.is_nan() { d } else { worst }))
    }

    /// Whether |x - y| ≤ `absolute` + `relative`·|y| at every place; equal infinities are close, NaN is close to nothing.
    ///
    /// NumPy's `allclose(x, y, rtol=relative, atol=absolute)`, whose defaults are 1e-5 and 1e-8.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ.
    ///
    /// ```
    /// let ours = rowmajor::matrix![[0.1 + 0.2, 1e9]];
    /// assert!(ours.allclose(&[0.3, 1e9 + 1.0], 1e-5, 1e-8)?);
    /// assert!(!ours.allclose(&[0.3, 1e9 + 1.0], 0.0, 1e-8)?);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn allclose<'b>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        relative: f64,
        absolute: f64,
    ) -> Result<bool, ShapeError> {
        let mut pairs = pairs("allclose", self.view(), rhs.into())?;
        // An infinite y would make the bound infinite, and everything close.
        let close = |x: f64, y: f64| (x - y).abs() <= absolute + relative * y.abs();
        Ok(pairs.all(|(x, y)| x == y || (y.is_finite() && close(x, y))))
    }
} }

pub(super) fn mismatch(op: &'static str, lhs: (usize, usize), rhs: (usize, usize)) -> ShapeError {
    ShapeError::Mismatch { op, lhs, rhs }
}

/// The shapes are equal.
pub(super) fn check_same(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
) -> Result<(), ShapeError> {
    if lhs.shape() != rhs.shape() {
        return Err(mismatch(op, lhs.shape(), rhs.shape()));
    }
    Ok(())
}

/// `row` has a value for each column.
pub(super) fn check_row(
    op: &'static str,
    lhs: MatrixView<'_>,
    row: &[f64],
) -> Result<(), ShapeError> {
    if row.len() != lhs.ncols() {
        return Err(mismatch(op, lhs.shape(), (1, row.len())));
    }
    Ok(())
}

/// The rows of both, or all values of both where they have no gaps.
fn pairs_of_rows<'a, 'b>(
    op: &'static str,
    lhs: MatrixView<'a>,
    rhs: MatrixView<'b>,
) -> Result<impl Iterator<Item = (&'a [f64], &'b [f64])>, ShapeError> {
    check_same(op, lhs, rhs)?;
    let (x, y) = (lhs.flattened(), rhs.flattened());
    let (x, y) = if x.shape() == y.shape() {
        (x, y)
    } else {
        (lhs, rhs)
    };
    Ok(x.filled_rows().zip(y.filled_rows()))
}

/// The values at the same places.
fn pairs(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
) -> Result<impl Iterator<Item = (f64, f64)>, ShapeError> {
    let rows = pairs_of_rows(op, lhs, rhs)?;
    Ok(rows.flat_map(|(x, y)| x.iter().copied().zip(y.iter().copied())))
}

pub(super) fn zip_map(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
    mut f: impl FnMut(f64, f64) -> f64,
) -> Result<Matrix, ShapeError> {
    let pairs = pairs_of_rows(op, lhs, rhs)?;
    let (rows, cols) = lhs.shape();
    let mut data = try_with_capacity(rows, cols)?;
    for (x, y) in pairs {
        data.extend(x.iter().zip(y).map(|(&x, &y)| f(x, y)));
    }
    Ok(Matrix { rows, cols, data })
}

fn zip_row(
    op: &'static str,
    lhs: MatrixView<'_>,
    row: &[f64],
    mut f: impl FnMut(f64, f64) -> f64,
) -> Result<Matrix, ShapeError> {
    check_row(op, lhs, row)?;
    let (rows, cols) = lhs.shape();
    let mut data = try_with_capacity(rows, cols)?;
    for values in lhs.filled_rows() {
        data.extend(values.iter().zip(row).map(|(&x, &y)| f(x, y)));
    }
    Ok(Matrix { rows, cols, data })
}
