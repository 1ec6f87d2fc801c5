//! Element by element: maps, the Hadamard product, the bias.

use super::{Matrix, MatrixView, ShapeError, error::or_fail, try_with_capacity};

impl Matrix {
    /// A matrix of `f(x)` for each value x, in row-major order.
    ///
    /// # Panics
    /// Where the memory cannot be had, or the closure panics.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, -4.0]].map(f64::abs);
    /// assert_eq!(m, rowmajor::matrix![[1.0, 4.0]]);
    /// ```
    #[track_caller]
    pub fn map(&self, f: impl FnMut(f64) -> f64) -> Matrix {
        let mut data = or_fail(try_with_capacity(self.rows, self.cols));
        data.extend(self.data.iter().copied().map(f));
        Matrix {
            rows: self.rows,
            cols: self.cols,
            data,
        }
    }

    /// Replaces each value x by `f(x)`, in row-major order.
    ///
    /// ```
    /// let mut m = rowmajor::matrix![[1.0, 4.0]];
    /// m.map_in_place(f64::sqrt);
    /// assert_eq!(m, rowmajor::matrix![[1.0, 2.0]]);
    /// ```
    pub fn map_in_place(&mut self, mut f: impl FnMut(f64) -> f64) {
        self.data.iter_mut().for_each(|x| *x = f(*x));
    }

    /// A matrix of `f(x, y)` for each pair of values at the same place, in row-major order.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ, [`ShapeError::OutOfMemory`] where the memory cannot be had.
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
    /// As [`zip_map`](Matrix::zip_map).
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(a.hadamard(&a)?, rowmajor::matrix![[1.0, 4.0], [9.0, 16.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn hadamard<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        zip_map("hadamard", self.view(), rhs.into(), |x, y| x * y)
    }

    /// The sum, element by element; the operator `+` does the same and panics where this is an error.
    ///
    /// # Errors
    /// As [`zip_map`](Matrix::zip_map).
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
    /// As [`zip_map`](Matrix::zip_map).
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
    /// [`ShapeError::Mismatch`] where `row` does not hold one value per column, [`ShapeError::OutOfMemory`] where the
    /// memory cannot be had.
    ///
    /// ```
    /// let products = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(products.add_row(&[10.0, 20.0])?, rowmajor::matrix![[11.0, 22.0], [13.0, 24.0]]);
    /// let error = products.add_row(&[10.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "add_row: shapes 2x2 and 1x1 do not match");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn add_row(&self, row: &[f64]) -> Result<Matrix, ShapeError> {
        self.check_row(row)?;
        let mut out = self.view().try_to_matrix()?;
        out.add_checked_row(row);
        Ok(out)
    }

    /// Adds `row` to each row, in place.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `row` does not hold one value per column.
    ///
    /// ```
    /// let mut m = rowmajor::Matrix::zeros(2, 2);
    /// m.add_row_in_place(&[1.0, 2.0])?;
    /// assert_eq!(m, rowmajor::matrix![[1.0, 2.0], [1.0, 2.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn add_row_in_place(&mut self, row: &[f64]) -> Result<(), ShapeError> {
        self.check_row(row)?;
        self.add_checked_row(row);
        Ok(())
    }

    fn check_row(&self, row: &[f64]) -> Result<(), ShapeError> {
        if row.len() != self.cols {
            return Err(ShapeError::Mismatch {
                op: "add_row",
                lhs: self.shape(),
                rhs: (1, row.len()),
            });
        }
        Ok(())
    }

    fn add_checked_row(&mut self, row: &[f64]) {
        // A chunk of no column would be no chunk; there is nothing to add to either.
        for values in self.data.chunks_exact_mut(self.cols.max(1)) {
            values.iter_mut().zip(row).for_each(|(x, y)| *x += y);
        }
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
        let (lhs, rhs) = (self.view(), rhs.into());
        check_same("max_abs_diff", lhs, rhs)?;
        let pairs = lhs
            .filled_rows()
            .zip(rhs.filled_rows())
            .flat_map(|(x, y)| x.iter().zip(y));
        let differences = pairs.map(|(x, y)| if x == y { 0.0 } else { (x - y).abs() });
        Ok(differences.fold(
            0.0,
            |worst: f64, d| if d > worst || d.is_nan() { d } else { worst },
        ))
    }
}

/// The shapes are equal.
pub(super) fn check_same(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
) -> Result<(), ShapeError> {
    if lhs.shape() != rhs.shape() {
        return Err(ShapeError::Mismatch {
            op,
            lhs: lhs.shape(),
            rhs: rhs.shape(),
        });
    }
    Ok(())
}

pub(super) fn zip_map(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
    mut f: impl FnMut(f64, f64) -> f64,
) -> Result<Matrix, ShapeError> {
    check_same(op, lhs, rhs)?;
    let (rows, cols) = lhs.shape();
    let mut data = try_with_capacity(rows, cols)?;
    for (x, y) in lhs.filled_rows().zip(rhs.filled_rows()) {
        data.extend(x.iter().zip(y).map(|(&x, &y)| f(x, y)));
    }
    Ok(Matrix { rows, cols, data })
}
