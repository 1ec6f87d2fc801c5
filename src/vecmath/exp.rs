//! The exponential function, and the steps of it that others share.
//!
//! 1. x = n·ln 2 + r + t with n whole and |r| ≤ ln 2 / 2: n = x/ln 2 rounded by adding and subtracting 1.5·2^52; r by
//!    two steps, with ln 2 in two parts (Cody and Waite). The first part has 42 bits, so that n times it, and the
//!    difference, are exact; t is what the second step rounds away, at most 2^-55.
//! 2. e^(r + t) - 1 = r + (r²·q(r) + t), q the Taylor polynomial to r^13/13!. What it leaves out is below
//!    0.3466^14/14!, 4.1e-18; t·r, left out too, is below 1e-17.
//! 3. e^x = 2^n·(1 + (e^(r + t) - 1)): h = 1 + r with its rounding error l, exactly, then h + (l + (r²·q + t)). Only that
//!    last addition rounds at the size of the result, which leaves 0.5 ulp and what
//!    rounding r²·q(r) adds: 0.66 ulp at most, as measured. The power comes in two
//!    factors, so that neither overflows and a subnormal result is rounded once more at most.

use super::{Function, map};
use crate::simd::Simd;

/// Replaces each value x by e^x.
///
/// +infinity above 709.782712893384, +0 below -745.133219101941, subnormal results in between rounded as others are;
/// 1 for ±0, +0 for -infinity, NaN for NaN. The largest error seen is 0.66 ulp.
///
/// ```
/// let mut x = [0.0, 1.0, -1000.0, 1000.0];
/// rowmajor::vecmath::exp(&mut x);
/// assert_eq!(x, [1.0, std::f64::consts::E, 0.0, f64::INFINITY]);
/// ```
pub fn exp(x: &mut [f64]) {
    map::<Exp>(x)
}

pub(super) struct Exp;

impl Function for Exp {
    #[inline(always)]
    fn lanes<S: Simd>(s: S, x: S::Vector) -> S::Vector {
        lanes(s, x)
    }
}

/// e^x for eight values.
#[inline(always)]
pub(super) fn lanes<S: Simd>(s: S, x: S::Vector) -> S::Vector {
    // Bounds beyond which the result is 0 or infinite anyway keep n where the steps below hold; NaN passes.
    let (low, high) = (s.splat(-746.0), s.splat(710.0));
    let x = s.select(s.lt(x, low), low, x);
    let x = s.select(s.lt(high, x), high, x);
    let Reduced { n, r, t, .. } = reduce(s, x);
    let one = s.splat(1.0);
    let h = s.add(one, r);
    let l = s.sub(r, s.sub(h, one));
    let y = s.add(h, s.add(l, expm1_tail(s, r, t)));
    // n = half + rest, both within ±538.
    let shift = s.splat(SHIFT);
    let half = s.mul_add(n, s.splat(0.5), shift);
    let rest = s.add(s.sub(n, s.sub(half, shift)), shift);
    s.mul(s.mul(y, s.pow2(half)), s.pow2(rest))
}

/// 1.5·2^52: a number of magnitude below 2^51 added to it is rounded to a whole one, which its low bits then hold.
const SHIFT: f64 = 6_755_399_441_055_744.0;

/// x = n·ln 2 + r + t.
pub(super) struct Reduced<V> {
    /// `SHIFT + n`.
    pub(super) shifted: V,
    pub(super) n: V,
    pub(super) r: V,
    pub(super) t: V,
}

/// Reduces |x| below 2^50 to |r| ≤ ln 2 / 2, but for rounding.
#[inline(always)]
pub(super) fn reduce<S: Simd>(s: S, x: S::Vector) -> Reduced<S::Vector> {
    /// ln 2 to its 42nd bit, and the rest.
    const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
    const LN2_LOW: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);
    let shifted = s.mul_add(x, s.splat(std::f64::consts::LOG2_E), s.splat(SHIFT));
    let n = s.sub(shifted, s.splat(SHIFT));
    let high = s.mul_add(n, s.splat(-LN2_HIGH), x);
    let low = s.mul(n, s.splat(LN2_LOW));
    let r = s.sub(high, low);
    Reduced {
        shifted,
        n,
        r,
        t: s.sub(s.sub(high, r), low),
    }
}

/// e^(r + t) - 1 - r.
#[inline(always)]
pub(super) fn expm1_tail<S: Simd>(s: S, r: S::Vector, t: S::Vector) -> S::Vector {
    /// 1/k! for k = 13 down to 2; each k! is exact in f64, so each quotient is rounded once.
    const Q: [f64; 12] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
    ];
    let mut q = s.splat(Q[0]);
    for &c in &Q[1..] {
        q = s.mul_add(q, r, s.splat(c));
    }
    s.mul_add(s.mul(r, r), q, t)
}
