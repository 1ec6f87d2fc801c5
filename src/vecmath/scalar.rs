//! The functions of [`vecmath`](super) for one number: the same bits as for a slice.
//!
//! ```
//! use rowmajor::vecmath;
//!
//! let mut x = [-1.0, 0.5, 3.0];
//! vecmath::tanh(&mut x);
//! assert_eq!(x, [-1.0, 0.5, 3.0].map(vecmath::scalar::tanh));
//! ```

/// e^x.
///
/// ```
/// assert_eq!(rowmajor::vecmath::scalar::exp(0.0), 1.0);
/// ```
pub fn exp(x: f64) -> f64 {
    one(super::exp, x)
}

/// The natural logarithm.
///
/// ```
/// assert_eq!(rowmajor::vecmath::scalar::ln(1.0), 0.0);
/// ```
pub fn ln(x: f64) -> f64 {
    one(super::ln, x)
}

/// The hyperbolic tangent.
///
/// ```
/// assert_eq!(rowmajor::vecmath::scalar::tanh(-100.0), -1.0);
/// ```
pub fn tanh(x: f64) -> f64 {
    one(super::tanh, x)
}

/// 1 / (1 + e^-x).
///
/// ```
/// assert_eq!(rowmajor::vecmath::scalar::sigmoid(0.0), 0.5);
/// ```
pub fn sigmoid(x: f64) -> f64 {
    one(super::sigmoid, x)
}

fn one(function: fn(&mut [f64]), x: f64) -> f64 {
    let mut slice = [x];
    function(&mut slice);
    slice[0]
}
