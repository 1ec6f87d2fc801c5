//! The hyperbolic tangent.
//!
//! With E = e^(2|x|) - 1, tanh|x| = E/(E + 2); then the sign of x. E and E + 2 are unevaluated sums of two f64:
//!
//! 1. 2|x| is reduced as in [`exp`](mod@super::exp), but to h, the reduced argument before its one rounding:
//!    e^(2|x|) = P·(1 + h + s). s, what is left, is at most 2^-12, so that its own roundings are nothing.
//! 2. E = (P - 1) + P·h + P·s. P - 1 is exact (below 2^53; further up E enters the result only by 2/E);
//!    fma(P, h, P - 1) rounds, a second fused operation tells by how much, and P·s joins that. For small x, P is 1 and
//!    E = 2|x| + s.
//! 3. d + d_low = E + 2, d_low being what the additions in d lost, from the larger of 2 and E down.
//! 4. One division, 1/d. q = n·(1/d) is wrong by an ulp or two; q + (E - q·(E + 2))/d is right, n - q·d being exact.
//!
//! So the last operation leaves 0.5 ulp; the polynomial and its roundings add a few hundredths where E is small.
//! Measured over 10^9 inputs: 0.5259 ulp at -0.012054687777863931.
//!
//! A value takes 1.11 ns (AVX-512 on Zen 4); with one rounding per step and a table-free exponential it was 1.13 ns and
//! 2.4 ulp. Tried: the sum in step 2 left unnormalised (a tenth faster), but the result fell once, between two
//! neighbours at 6.4007…, where n of the reduction changes. Two vectors at a time, operation by operation: 9 %, for a
//! second set of operations in the source. r and what its rounding left out in place of h: 1.22 ns.

use super::exp::Argument;
use super::{Function, map};
use crate::simd::Simd;

/// Replaces each value by its hyperbolic tangent.
///
/// Odd bit for bit; ±1 for ±infinity and from |x| = 19.06… on, ±0 for ±0, NaN for NaN. The largest error seen is
/// 0.53 ulp.
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
        let (one, two) = (s.splat(1.0), s.splat(2.0));
        // Beyond 20 the result is 1. NaN passes.
        let magnitude = s.min(s.splat(20.0), s.abs(x));
        let argument = Argument::new(s, s.add(magnitude, magnitude));
        let (power, h) = (argument.power(s), argument.high);
        let rest = argument.expm1_less_high(s);
        // n + n_low = E.
        let base = s.sub(power, one);
        let sum = s.mul_add(power, h, base);
        let sum_low = s.mul_add(power, rest, s.mul_add(power, h, s.sub(base, sum)));
        let n = s.add(sum, sum_low);
        let n_low = s.add(s.sub(sum, n), sum_low);
        // d + d_low = E + 2.
        let d = s.add(s.add(two, sum), sum_low);
        let (larger, smaller) = (s.max(two, sum), s.min(two, sum));
        let d_low = s.add(s.add(s.sub(larger, d), smaller), sum_low);
        let inverse = s.div(one, d);
        let quotient = s.mul(n, inverse);
        let minus = s.neg(quotient);
        let residual = s.add(s.mul_add(minus, d, n), s.mul_add(minus, d_low, n_low));
        s.with_sign(s.mul_add(residual, inverse, quotient), x)
    }
}
