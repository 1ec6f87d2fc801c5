//! The logistic function.
//!
//! 1/(1 + e^-x), the denominator as an unevaluated sum of two f64: e^-x = E + E' as in [`exp`](mod@super::exp), then
//! 1 + E and what that rounds away (Dekker), and both again with E' added: d + d'. One division, y = 1/d, and y's
//! residual, y·(1 - y·d - y·d'), of which 1 - y·d is exact. It keeps its relative accuracy for large negative x too.
//!
//! # ε
//! E + E' is 7.1 units of 2^-68 off (the table in [`exp`](mod@super::exp), without the rounding test's row), which counts
//! e^-x/(1 + e^-x) times. E' joins what 1 + E lost: a number below 2^-14·d, whose rounding is 1.95 units at most. What
//! follows is far below one: the residual is some 2^-53·y, so that its square and its roundings are 2^-105·y. Together
//! 9.1 units; ε is 10, 2^-64.68.
//!
//! From -690 down, where e^-x or its last bits would overflow, the second path takes over; from 40 up the result is 1.

use super::exact::{self, Dyadic, Term, wide};
use super::exp::{self, EPSILON, LIMIT};
use super::{Function, map, settle};
use crate::simd::Simd;

/// Replaces each value x by 1 / (1 + e^-x), correctly rounded.
///
/// Between 0 and 1, both included: +0 for -infinity, 1 for +infinity, NaN for NaN, 0.5 for ±0.
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
    const HALVES: bool = true;

    #[inline(always)]
    fn begin<S: Simd>(s: S, x: S::Vector) -> [S::Vector; 2] {
        // 1 is nearest from 36.74 on. NaN passes.
        exp::pair(s, s.neg(s.min(s.splat(40.0), x)))
    }

    #[inline(always)]
    fn end<S: Simd>(s: S, x: S::Vector, e: [S::Vector; 2]) -> S::Vector {
        let in_range = s.lt(s.splat(-LIMIT), x);
        settle(s, in_range, x, pair(s, e), EPSILON, second)
    }
}

/// The first path, from e^-x: high + low.
#[inline(always)]
pub(super) fn pair<S: Simd>(s: S, [e, e_low]: [S::Vector; 2]) -> [S::Vector; 2] {
    let one = s.splat(1.0);
    let sum = s.add(one, e);
    let lost = s.add(s.sub(s.max(one, e), sum), s.min(one, e));
    let rest = s.add(lost, e_low);
    let d = s.add(sum, rest);
    let d_low = s.add(s.sub(sum, d), rest);
    let y = s.div(one, d);
    let minus = s.neg(y);
    let residual = s.mul_add(minus, d_low, s.mul_add(minus, d, one));
    [y, s.mul(residual, y)]
}

/// For every x, y being 0 or the candidate nearer to 0.
#[cold]
fn second(x: f64, y: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x <= exp::ZERO_FROM {
        return 0.0;
    }
    let is_above = |middle: Dyadic| {
        let (numerator, denominator) = (Term::OneMinus(middle), Term::Value(middle));
        let difference = middle.times_power_of_two(1).distance_from_1();
        !exact::exceeds(Dyadic::new(x).neg(), numerator, denominator, difference)
    };
    if x <= -LIMIT {
        // Nearer to e^x than that is known.
        return wide::exp(Dyadic::new(x)).round(is_above);
    }
    let above = if x.abs() < f64::from_bits((1023 - 27) << 52) {
        is_above_near_0(x, y)
    } else {
        is_above(Dyadic::middle(y))
    };
    exact::nearer(y, above)
}

/// [`second`]'s question for |x| < 2^-27, where x/4 often is the middle less 1/2, and the next term, -x³/48, as small as
/// 2^-163, decides.
///
/// Where x/4 is not, it differs from it by a unit of its last place at least, 2^-54·|x|, and that term is less.
fn is_above_near_0(x: f64, y: f64) -> bool {
    // Exact: few bits remain.
    let middle_less_half = (y - 0.5) + (y.next_up() - y) / 2.0;
    let quarter = x / 4.0;
    quarter > middle_less_half || quarter == middle_less_half && x < 0.0
}
