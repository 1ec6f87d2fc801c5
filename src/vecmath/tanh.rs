//! The hyperbolic tangent.
//!
//! With E = e^(2|x|) - 1: tanh|x| = E/(E + 2) where E < 2, and 1 - 2/(E + 2) beyond, where that is more exact; then
//! the sign of x. E is formed without cancellation, from the same reduction as [`exp`](mod@super::exp): 2|x| = n·ln 2 + r
//! and E = 2^n·(e^r - 1) + (2^n - 1).

use super::{Function, exp, exp::Reduced, map};
use crate::simd::Simd;

/// Replaces each value by its hyperbolic tangent.
///
/// Odd bit for bit; ±1 for ±infinity and from |x| = 19.06… on, ±0 for ±0, NaN for NaN. The largest error seen is
/// 2.4 ulp.
///
/// ```
/// let mut x = [0.0, 0.5, -0.5, f64::INFINITY];
/// rowmajor::vecmath::tanh(&mut x);
/// assert_eq!(x, [0.0, 0.46211715726000973, -0.46211715726000973, 1.0]);
/// ```
pub fn tanh(x: &mut [f64]) {
    map::<Tanh>(x)
}

pub(super) struct Tanh;

impl Function for Tanh {
    #[inline(always)]
    fn lanes<S: Simd>(s: S, x: S::Vector) -> S::Vector {
        // Beyond 22 the result is 1, and 2^n stays far from overflow. NaN is not above 22 and passes.
        let (bound, magnitude) = (s.splat(22.0), s.abs(x));
        let magnitude = s.select(s.lt(bound, magnitude), bound, magnitude);
        let Reduced { shifted, r, t, .. } = exp::reduce(s, s.add(magnitude, magnitude));
        let (scale, one, two) = (s.pow2(shifted), s.splat(1.0), s.splat(2.0));
        let e = s.mul_add(scale, s.add(r, exp::expm1_tail(s, r, t)), s.sub(scale, one));
        let small = s.lt(e, two);
        let quotient = s.div(s.select(small, e, two), s.add(e, two));
        s.with_sign(s.select(small, quotient, s.sub(one, quotient)), x)
    }
}
