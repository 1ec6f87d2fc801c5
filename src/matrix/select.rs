//! Rows and columns picked by their indices; a column, the diagonal.

use super::{
    Matrix, MatrixView, ShapeError, error::fail, error::or_fail, try_collect, try_with_capacity,
};

impl_for! { [Matrix, MatrixView<'_>] {
    /// The rows with these indices, in this order, copied; an index may come more than once.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where there is no such row, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0], [2.0], [3.0]];
    /// assert_eq!(m.select_rows(&[2, 0, 2])?, rowmajor::matrix![[3.0], [1.0], [3.0]]);
    /// let error = m.select_rows(&[3]).unwrap_err();
    /// assert_eq!(error.to_string(), "select_rows: 3 is out of range for 3");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "take")]
    pub fn select_rows(&self, indices: &[usize]) -> Result<Matrix, ShapeError> {
        check_indices("select_rows", indices, self.nrows())?;
        let (rows, cols) = (indices.len(), self.ncols());
        let mut data = try_with_capacity(rows, cols)?;
        let mut copy = |row| data.extend_from_slice(self.row(row));
        indices.iter().for_each(|&row| copy(row));
        Ok(Matrix { rows, cols, data })
    }

    /// The columns with these indices, in this order, copied; an index may come more than once.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where there is no such column, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(m.select_cols(&[2, 0])?, rowmajor::matrix![[3.0, 1.0], [6.0, 4.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "take")]
    pub fn select_cols(&self, indices: &[usize]) -> Result<Matrix, ShapeError> {
        check_indices("select_cols", indices, self.ncols())?;
        let (rows, cols) = (self.nrows(), indices.len());
        let mut data = try_with_capacity(rows, cols)?;
        for row in self.view().filled_rows() {
            data.extend(indices.iter().map(|&col| row[col]));
        }
        Ok(Matrix { rows, cols, data })
    }

    /// Column `col`, copied. Without a copy, [`view_cols`](Self::view_cols) gives it as a view of one column.
    ///
    /// # Panics
    /// Where there is no such column, at the caller's line, or allocation fails.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(m.col(1), [2.0, 4.0]);
    /// ```
    #[doc(alias = "column")]
    #[track_caller]
    pub fn col(&self, col: usize) -> Vec<f64> {
        if let Err(error) = check_indices("col", &[col], self.ncols()) {
            fail(&error);
        }
        or_fail(try_collect(self.nrows(), self.view().rows().map(|row| row[col])))
    }

    /// The values on the diagonal, from (0, 0) on, copied.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(m.diag(), [1.0, 5.0]);
    /// ```
    #[doc(alias = "diagonal")]
    #[track_caller]
    pub fn diag(&self) -> Vec<f64> {
        let len = self.nrows().min(self.ncols());
        let rows = self.view().rows();
        or_fail(try_collect(len, rows.enumerate().map(|(i, row)| row[i])))
    }
} }

fn check_indices(op: &'static str, indices: &[usize], len: usize) -> Result<(), ShapeError> {
    match indices.iter().find(|&&index| index >= len) {
        Some(&index) => Err(ShapeError::OutOfRange { op, index, len }),
        None => Ok(()),
    }
}
