//! The inner product, and the smallest value.

use super::sum::sum_of_lanes;
use crate::simd::{Kernel, LANES, Simd, dispatch};

/// The inner product of two slices of one length: eight lanes of fused multiply-adds, then the tree of
/// [`sum`](super::sum).
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    debug_assert_eq!(x.len(), y.len());
    dispatch(Dot(x, y))
}

struct Dot<'a>(&'a [f64], &'a [f64]);

impl Kernel for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        let (x, x_rest) = self.0.as_chunks::<LANES>();
        let (y, y_rest) = self.1.as_chunks::<LANES>();
        let mut sum = s.splat(0.0);
        for (x, y) in x.iter().zip(y) {
            sum = s.mul_add(s.load(x), s.load(y), sum);
        }
        // Lanes without values add 0·0 = +0.0, which changes none: a lane that started at +0.0 is never -0.0.
        sum_of_lanes(s, s.mul_add(s.load_part(x_rest), s.load_part(y_rest), sum))
    }
}

/// The smallest value: NaN where there is a NaN, +infinity where there is nothing.
///
/// Which of +0 and -0 is the smaller is not promised, but it is the same on every ISA.
///
/// ```
/// assert_eq!(rowmajor::vecmath::min(&[1.0, -3.0, 2.0]), -3.0);
/// assert_eq!(rowmajor::vecmath::min(&[]), f64::INFINITY);
/// ```
pub fn min(x: &[f64]) -> f64 {
    let lesser = |x: f64, y: f64| if y < x || y.is_nan() { y } else { x };
    x.iter().copied().fold(f64::INFINITY, lesser)
}

/// The index of the smallest value, the first of equals; of the first NaN where there is one, as in NumPy. `None` where
/// there is nothing.
///
/// ```
/// use rowmajor::vecmath::argmin;
///
/// assert_eq!(argmin(&[1.0, -3.0, -3.0]), Some(1));
/// assert_eq!(argmin(&[1.0, f64::NAN, -3.0]), Some(1));
/// assert_eq!(argmin(&[]), None);
/// ```
pub fn argmin(x: &[f64]) -> Option<usize> {
    let (mut least, mut at) = (*x.first()?, 0);
    for (i, &x) in x.iter().enumerate() {
        if x.is_nan() {
            return Some(i);
        }
        if x < least {
            (least, at) = (x, i);
        }
    }
    Some(at)
}
