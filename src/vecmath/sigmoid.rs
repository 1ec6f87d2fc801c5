//! The logistic function.
//!
//! With e = exp(-|x|), which never overflows: 1/(1 + e) for x ≥ 0 and e/(1 + e) for x < 0. The second form keeps its
//! relative accuracy down to the smallest subnormal, where 1/(1 + exp(-x)) would divide by infinity.

use super::{Function, exp, map};
use crate::simd::Simd;

/// Replaces each value x by 1 / (1 + e^-x).
///
/// Between 0 and 1, both included: +0 for -infinity, 1 for +infinity, NaN for NaN, 0.5 for ±0. The largest error seen
/// is 2.2 ulp.
///
/// ```
/// let mut x = [-1000.0, 0.0, 1000.0];
/// rowmajor::vecmath::sigmoid(&mut x);
/// assert_eq!(x, [0.0, 0.5, 1.0]);
/// ```
#[doc(alias = "logistic")]
#[doc(alias = "expit")]
pub fn sigmoid(x: &mut [f64]) {
    map::<Sigmoid>(x)
}

pub(super) struct Sigmoid;

impl Function for Sigmoid {
    #[inline(always)]
    fn lanes<S: Simd>(s: S, x: S::Vector) -> S::Vector {
        let (zero, one) = (s.splat(0.0), s.splat(1.0));
        let e = exp::lanes(s, s.sub(zero, s.abs(x)));
        let numerator = s.select(s.lt(x, zero), e, one);
        s.div(numerator, s.add(one, e))
    }
}
