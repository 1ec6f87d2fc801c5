//! Sizes, and the value at a place.

use super::{Matrix, MatrixView, MatrixViewMut};

impl_for! { [Matrix, MatrixView<'_>, MatrixViewMut<'_>] {
    /// The number of rows.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).nrows(), 2);
    /// ```
    #[inline]
    pub fn nrows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).ncols(), 3);
    /// ```
    #[inline]
    pub fn ncols(&self) -> usize {
        self.cols
    }

    /// Rows and columns.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).shape(), (2, 3));
    /// ```
    #[inline]
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// The number of values, rows times columns.
    ///
    /// ```
    /// assert_eq!(rowmajor::Matrix::zeros(2, 3).len(), 6);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether there is no value.
    ///
    /// ```
    /// assert!(rowmajor::Matrix::zeros(0, 3).is_empty());
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rows == 0 || self.cols == 0
    }

    /// The value at (`row`, `col`), or `None` outside.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0]];
    /// assert_eq!(m.get(0, 1), Some(2.0));
    /// assert_eq!(m.get(0, 2), None);
    /// ```
    #[inline]
    pub fn get(&self, row: usize, col: usize) -> Option<f64> {
        let MatrixView { data, rows, cols, row_stride } = self.view();
        (row < rows && col < cols).then(|| data[row * row_stride + col])
    }
} }
