//! Sizes, and the value at a place.

use super::{Matrix, MatrixView, MatrixViewMut, PackedMatrix};

impl_for! { [Matrix, MatrixView<'_>, MatrixViewMut<'_>, PackedMatrix] {
    methods! {
        /// The number of rows.
        #[inline]
        nrows(self) -> usize { self.rows }
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] => 2;
        /// The number of columns.
        #[inline]
        ncols(self) -> usize { self.cols }
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] => 3;
        /// Rows and columns.
        #[inline]
        shape(self) -> (usize, usize) { (self.rows, self.cols) }
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] => (2, 3);
        /// The number of values, rows times columns.
        #[inline]
        len(self) -> usize { self.rows * self.cols }
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] => 6;
        /// Whether there is no value.
        #[inline]
        is_empty(self) -> bool { self.rows == 0 || self.cols == 0 }
            [] => true;
    }
} }

impl_for! { [Matrix, MatrixView<'_>, MatrixViewMut<'_>] {
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
