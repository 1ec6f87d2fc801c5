//! Rows picked by their indices.

use super::{Matrix, MatrixView, ShapeError, try_with_capacity};

impl MatrixView<'_> {
    /// The rows with these indices, in this order, copied; an index may come more than once.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where there is no such row, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0], [2.0], [3.0]];
    /// assert_eq!(m.view_rows(1..)?.select_rows(&[1, 0])?, rowmajor::matrix![[3.0], [2.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn select_rows(&self, indices: &[usize]) -> Result<Matrix, ShapeError> {
        let len = self.nrows();
        if let Some(&index) = indices.iter().find(|&&index| index >= len) {
            let op = "select_rows";
            return Err(ShapeError::OutOfRange { op, index, len });
        }
        let (rows, cols) = (indices.len(), self.ncols());
        let mut data = try_with_capacity(rows, cols)?;
        indices
            .iter()
            .for_each(|&index| data.extend_from_slice(self.row(index)));
        Ok(Matrix { rows, cols, data })
    }
}

impl Matrix {
    /// The rows with these indices, in this order, copied; an index may come more than once.
    ///
    /// # Errors
    /// As [`MatrixView::select_rows`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0], [2.0], [3.0]];
    /// assert_eq!(m.select_rows(&[2, 0, 2])?, rowmajor::matrix![[3.0], [1.0], [3.0]]);
    /// let error = m.select_rows(&[3]).unwrap_err();
    /// assert_eq!(error.to_string(), "select_rows: 3 is out of range for 3");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn select_rows(&self, indices: &[usize]) -> Result<Matrix, ShapeError> {
        self.view().select_rows(indices)
    }
}
