//! The hyperbolic tangent.
//!
//! With E = e^(2|x|) - 1, tanh|x| = E/(E + 2); then the sign of x. E and E + 2 are unevaluated sums of two f64:
//!
//! 1. 2|x| is reduced as in [`exp`](mod@super::exp): e^(2|x|) = P·e^h·(1 + l). e^h - 1 = a + a' + h³·c(h), where
//!    a + a' = h + h²/2, to 2^-106: a fused operation, and two more for what it and h² lost.
//! 2. E = (P - 1) + P·a + P·(a' + h³·c(h) + l + l·a). P - 1 is exact (below 2^53; further up E enters the result only by
//!    2/E). A fused operation adds the first two and a second one tells what that lost, exactly but for 2^-106.
//! 3. n + n' = E and d + d' = E + 2, both so that the second number is half an ulp of the first at most.
//! 4. One division, 1/d. q = n·(1/d) is wrong by an ulp or two; (E - q·(E + 2))/d is the rest, n - q·d being exact.
//!
//! # ε
//! Errors, in units of 2^-68·E, where E is smallest for what is lost: at |h| = 2^-6.53 with P = 1, E = h.
//!
//! | step | size of its result | error |
//! | --- | --- | --- |
//! | c(h), as a polynomial, times h³ | 2^-22.2 | 3.7 (its largest error over h is 2^-66.1·h) |
//! | h³ of the rounded h², times c | 2^-19.6 | 0.33 |
//! | h³ rounded, times c | 2^-19.6 | 0.47 |
//! | c(h), rounded twice, times h³ | 2^-2.6 | 0.93 |
//! | h³·c(h) + l + l·a; with a' added; times P and the loss added: rounded | 2^-22.2 | 1.06 |
//!
//! Together 6.5, and the result's error is 2/(E + 2) times E's. With P > 1, E is no smaller than that and l's rounding,
//! 2^-100, is nothing. Of n', d', the quotient and its residual remain errors of 2^-75 and less. ε is 8 units, 2^-65.

use super::exact::{self, Dyadic, Term, wide};
use super::exp::{Reduced, c};
use super::{Function, map, settle};
use crate::simd::Simd;

/// Replaces each value by its hyperbolic tangent, correctly rounded.
///
/// Odd bit for bit; ±1 for ±infinity and from |x| = 19.06… on, ±0 for ±0, NaN for NaN.
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

/// 8 units of 2^-68.
pub(super) const EPSILON: f64 = 8.0 / (1u128 << 68) as f64;

impl Function for Tanh {
    const HALVES: bool = true;

    #[inline(always)]
    fn begin<S: Simd>(s: S, x: S::Vector) -> [S::Vector; 2] {
        // 1 is nearest from 19.06 on. NaN passes.
        expm1_of_twice(s, s.min(s.splat(20.0), s.abs(x)))
    }

    #[inline(always)]
    fn end<S: Simd>(s: S, x: S::Vector, e: [S::Vector; 2]) -> S::Vector {
        // A NaN is in doubt by itself.
        let every = s.eq(s.splat(0.0), s.splat(0.0));
        s.with_sign(settle(s, every, s.abs(x), pair(s, e), EPSILON, second), x)
    }
}

/// E = e^(2x) - 1, 0 ≤ x ≤ 20.
#[inline(always)]
pub(super) fn expm1_of_twice<S: Simd>(s: S, x: S::Vector) -> [S::Vector; 2] {
    let (one, half) = (s.splat(1.0), s.splat(0.5));
    let Reduced { power, h, l } = Reduced::new(s, s.add(x, x));
    let h2 = s.mul(h, h);
    let h2_low = s.mul_add(h, h, s.neg(h2));
    let a = s.mul_add(half, h2, h);
    let a_low = s.mul_add(half, h2_low, s.mul_add(half, h2, s.sub(h, a)));
    let third = s.mul_add(s.mul(h, h2), c(s, h, h2), s.mul_add(l, a, l));
    let base = s.sub(power, one);
    let sum = s.mul_add(power, a, base);
    let lost = s.mul_add(power, a, s.sub(base, sum));
    [sum, s.mul_add(power, s.add(third, a_low), lost)]
}

/// The first path, from E: high + low.
#[inline(always)]
pub(super) fn pair<S: Simd>(s: S, [sum, sum_low]: [S::Vector; 2]) -> [S::Vector; 2] {
    let (one, two) = (s.splat(1.0), s.splat(2.0));
    let n = s.add(sum, sum_low);
    let n_low = s.add(s.sub(sum, n), sum_low);
    // d + d_low = E + 2.
    let plus_two = s.add(two, sum);
    let lost = s.add(s.sub(s.max(two, sum), plus_two), s.min(two, sum));
    let rest = s.add(lost, sum_low);
    let d = s.add(plus_two, rest);
    let d_low = s.add(s.sub(plus_two, d), rest);
    let inverse = s.div(one, d);
    let quotient = s.mul(n, inverse);
    let minus = s.neg(quotient);
    let residual = s.add(s.mul_add(minus, d, n), s.mul_add(minus, d_low, n_low));
    [quotient, s.mul(residual, inverse)]
}

/// 2^-16, below which a series tells more than e^2x.
const NEAR_0: f64 = 1.0 / 65536.0;

/// For x > 0, or NaN; y is the candidate nearer to 0.
///
/// x is 2^-27 at least: below, the result is x·(1 - x²/3), far from a middle, and never in doubt.
#[cold]
fn second(x: f64, y: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let (of_x, middle) = (Dyadic::new(x), Dyadic::middle(y));
    let near_0 = if x < NEAR_0 {
        wide::tanh_exceeds(of_x, middle)
    } else {
        None
    };
    let above = near_0.unwrap_or_else(|| {
        let (numerator, denominator) = (Term::OnePlus(middle), Term::OneMinus(middle));
        let (twice, difference) = (of_x.times_power_of_two(1), middle.times_power_of_two(1));
        exact::exceeds(twice, numerator, denominator, difference)
    });
    exact::nearer(y, above)
}
