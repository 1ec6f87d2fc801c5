//! Elementary functions of each value, inside the promise of equal bits.

use super::{Matrix, MatrixView};
use crate::vecmath;

/// Methods that copy the values and let a function of slices work on the copy.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(&self) -> Matrix {
            let mut values = self.view().to_matrix();
            vecmath::$name(values.as_mut_slice());
            values
        }
    )+ };
}

impl_for! { [Matrix, MatrixView<'_>] {
    functions! {
        /// e^x of each value x, as [`vecmath::exp`].
        ///
        /// ```
        /// assert_eq!(rowmajor::matrix![[0.0, f64::NEG_INFINITY]].exp(), rowmajor::matrix![[1.0, 0.0]]);
        /// ```
        exp

        /// The natural logarithm of each value, as [`vecmath::ln`].
        ///
        /// ```
        /// assert_eq!(rowmajor::matrix![[1.0, 0.0]].ln(), rowmajor::matrix![[0.0, f64::NEG_INFINITY]]);
        /// ```
        #[doc(alias = "log")]
        ln

        /// The hyperbolic tangent of each value, as [`vecmath::tanh`].
        ///
        /// ```
        /// assert_eq!(rowmajor::matrix![[0.0, 100.0]].tanh(), rowmajor::matrix![[0.0, 1.0]]);
        /// ```
        tanh

        /// 1 / (1 + e^-x) of each value x, as [`vecmath::sigmoid`].
        ///
        /// ```
        /// assert_eq!(rowmajor::matrix![[0.0, 800.0]].sigmoid(), rowmajor::matrix![[0.5, 1.0]]);
        /// ```
        sigmoid
    }

    /// The softmax of each row, as [`vecmath::softmax`].
    ///
    /// ```
    /// let m = rowmajor::matrix![[0.0, 0.0], [1000.0, 0.0]];
    /// assert_eq!(m.softmax_rows(), rowmajor::matrix![[0.5, 0.5], [1.0, 0.0]]);
    /// ```
    #[track_caller]
    pub fn softmax_rows(&self) -> Matrix {
        let mut values = self.view().to_matrix();
        vecmath::softmax_rows(&mut values.data, values.cols);
        values
    }

    /// The square root of each value, NaN below 0.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[4.0, 2.25]].sqrt(), rowmajor::matrix![[2.0, 1.5]]);
    /// ```
    #[track_caller]
    pub fn sqrt(&self) -> Matrix {
        self.map(f64::sqrt)
    }

    /// The magnitude of each value.
    ///
    /// ```
    /// assert_eq!(rowmajor::matrix![[-4.0, 2.0]].abs(), rowmajor::matrix![[4.0, 2.0]]);
    /// ```
    #[track_caller]
    pub fn abs(&self) -> Matrix {
        self.map(f64::abs)
    }
} }
