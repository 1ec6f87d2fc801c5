//! The exponential function, and the steps of it that others share.
//!
//! 1. x = n·ln 2/16 + r with n whole and |r| ≤ ln 2/32, 0.0217: n = x·16/ln 2 rounded by adding and subtracting
//!    1.5·2^52; r by two fused steps, ln 2/16 in two parts (Cody and Waite). The first part has 38 bits and n at most
//!    15, so that the first step is exact; the second rounds r, by at most 2^-59.
//! 2. 2^(n/16) = P·(1 + t): P the power rounded to f64, from a table of sixteen whose entries' exponents are raised by
//!    n/16; t, from a second table, what the rounding left out.
//! 3. e^r - 1 = r + r²·q(r), q of degree 5: 2e-18·|r| off at most, 0.02 ulp of a small e^r - 1.
//! 4. e^x = P·(1 + t)·e^r = P + P·p, p = t + r + r²·q(r), by one fused operation (t·r, below 2^-58, is left out).
//!
//! The last operation's rounding is 0.5 ulp. The errors of p (|p| ≤ 0.022, so that each of its two roundings and that
//! of r is at most 2^-59) are another 2^-57.4 of P, 0.047 ulp where P·(1 + p) has its smallest significand.
//! Measured over 1.1·10^9 inputs: 0.5386 ulp at 417.25294184765613, and 0.5415 at -708.028184092463, where [`extreme`]
//! adds a rounding.
//!
//! P·p is a small part of the result: that is what the table buys. Without one (|r| up to 0.35, a polynomial of degree
//! 13) the largest error was 0.66 ulp and a value took 1.04 ns instead of 0.49 (AVX-512 on Zen 4, 3.5 GHz).
//!
//! The steps hold while P is a normal number; [`extreme`] takes care of results beyond. Tried and
//! not better: two to four vectors at a time (0.49 ns: the CPU overlaps iterations by itself); q·r² as two halves, to
//! shorten the chain (0.51 ns, 0.548 ulp).
//!
//! `tests/data/exp_constants.py` prints the constants.

use super::{Function, map};
use crate::simd::Simd;

/// Replaces each value x by e^x.
///
/// +infinity above 709.782712893384, +0 below -745.133219101941, subnormal results in between rounded as others are;
/// 1 for ±0, +0 for -infinity, NaN for NaN. The largest error seen is 0.55 ulp.
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
        let argument = Argument::new(s, x);
        let power = argument.power(s);
        let y = s.mul_add(power, argument.expm1(s), power);
        unless_extreme(s, x, y, x)
    }
}

/// `y` where |x| < 708, so that 2^(n/16), e^x and 1 + e^x are normal numbers; elsewhere e^z, whatever z is. One test
/// and a branch seldom taken.
#[inline(always)]
pub(super) fn unless_extreme<S: Simd>(s: S, x: S::Vector, y: S::Vector, z: S::Vector) -> S::Vector {
    let ordinary = s.lt(s.abs(x), s.splat(708.0));
    if s.all(ordinary) {
        y
    } else {
        s.select(ordinary, y, extreme(s, z))
    }
}

/// e^x for every x, rounded once where it is subnormal: 2^(n/16) in two factors, P·f, neither of which overflows or
/// underflows.
#[inline(always)]
fn extreme<S: Simd>(s: S, x: S::Vector) -> S::Vector {
    // Bounds beyond which the result is 0 or infinite anyway keep n where the steps hold; NaN passes.
    let x = s.max(s.splat(-746.0), s.min(s.splat(710.0), x));
    let argument = Argument::new(s, x);
    let p = argument.expm1(s);
    // f = 2^half, half = n/32 rounded; P = 2^(n/16 - half): both exponents within ±540.
    let (shift, one) = (s.splat(SHIFT), s.splat(1.0));
    let half = s.sub(s.mul_add(argument.n, s.splat(1.0 / 32.0), shift), shift);
    let power = power(s, s.add(s.mul_add(half, s.splat(-16.0), argument.n), shift));
    let factor = s.raise(one, s.mul_add(half, s.splat(16.0), shift));
    let inverse = s.raise(one, s.mul_add(half, s.splat(-16.0), shift));

    let large = s.mul(s.mul_add(power, p, power), factor);
    // P·f may be subnormal: what its rounding leaves out joins P·p, and the sum is rounded at its own place.
    let rounded = s.mul(power, factor);
    let rest = s.mul_add(power, p, s.sub(power, s.mul(rounded, inverse)));
    let small = s.mul_add(rest, factor, rounded);
    s.select(s.lt(x, s.splat(0.0)), small, large)
}

/// 1.5·2^52: a number of magnitude below 2^51 added to it is rounded to a whole one, which its low bits then hold.
pub(super) const SHIFT: f64 = 6_755_399_441_055_744.0;

/// ln 2/16 to its 42nd bit after the point, and the rest.
pub(super) const STEP_HIGH: f64 = f64::from_bits(0x3fa6_2e42_fefa_0000);
pub(super) const STEP_LOW: f64 = f64::from_bits(0x3d3c_f79a_bc9e_3b3a);

/// x = n·ln 2/16 + r, r = `high` - n·`STEP_LOW`.
pub(super) struct Argument<V> {
    /// `SHIFT + n`.
    shifted: V,
    n: V,
    /// x - n·`STEP_HIGH`, exactly.
    pub(super) high: V,
}

impl<V: Copy> Argument<V> {
    /// Reduces |x| ≤ 746.
    #[inline(always)]
    pub(super) fn new<S: Simd<Vector = V>>(s: S, x: V) -> Self {
        /// 16/ln 2.
        const INVERSE_STEP: f64 = f64::from_bits(0x4037_1547_652b_82fe);
        let shifted = s.mul_add(x, s.splat(INVERSE_STEP), s.splat(SHIFT));
        let n = s.sub(shifted, s.splat(SHIFT));
        let high = s.mul_add(n, s.splat(-STEP_HIGH), x);
        Self { shifted, n, high }
    }

    /// 2^(n/16), rounded.
    #[inline(always)]
    pub(super) fn power<S: Simd<Vector = V>>(&self, s: S) -> V {
        power(s, self.shifted)
    }

    /// p, where e^x = `power`·(1 + p).
    #[inline(always)]
    pub(super) fn expm1<S: Simd<Vector = V>>(&self, s: S) -> V {
        let t = s.lookup(&POWERS_LOW, self.shifted);
        let r = s.mul_add(self.n, s.splat(-STEP_LOW), self.high);
        let r2 = s.mul(r, r);
        s.mul_add(q(s, r, r2), r2, s.add(r, t))
    }

    /// p - `high` more exactly, for a result that is a small part of 1 + p; |n| is below 1000.
    ///
    /// With l = t - n·`STEP_LOW`, 2^-33 at most, 1 + p = e^h·(1 + l), h = `high`: p - h is h²·q(h) + l·e^h, e^h to its
    /// term of order 3.
    #[inline(always)]
    pub(super) fn expm1_less_high<S: Simd<Vector = V>>(&self, s: S) -> V {
        let t = s.lookup(&POWERS_LOW, self.shifted);
        let low = s.mul_add(self.n, s.splat(-STEP_LOW), t);
        let h2 = s.mul(self.high, self.high);
        let start = s.mul_add(pair_of_q(s, 0, self.high), h2, self.high);
        s.mul_add(q(s, self.high, h2), h2, s.mul_add(low, start, low))
    }
}

/// The polynomial q of r, whose square is r2.
#[inline(always)]
fn q<S: Simd>(s: S, r: S::Vector, r2: S::Vector) -> S::Vector {
    let upper = s.mul_add(pair_of_q(s, 4, r), r2, pair_of_q(s, 2, r));
    s.mul_add(upper, r2, pair_of_q(s, 0, r))
}

/// The terms of order i and i + 1 of q, over r^i.
#[inline(always)]
fn pair_of_q<S: Simd>(s: S, i: usize, r: S::Vector) -> S::Vector {
    s.mul_add(s.splat(Q[i + 1]), r, s.splat(Q[i]))
}

/// 2^(n/16), rounded, of `SHIFT + n`.
#[inline(always)]
fn power<S: Simd>(s: S, shifted: S::Vector) -> S::Vector {
    s.raise(s.lookup(&POWERS, shifted), shifted)
}

/// q, lowest order first.
const Q: [f64; 6] = [
    f64::from_bits(0x3fe0_0000_0000_0003),
    f64::from_bits(0x3fc5_5555_5555_5556),
    f64::from_bits(0x3fa5_5555_554a_d3e3),
    f64::from_bits(0x3f81_1111_110c_65c2),
    f64::from_bits(0x3f56_c181_f479_b148),
    f64::from_bits(0x3f2a_01b3_89c0_5b3f),
];

/// 2^(j/16), rounded, for j = 0 to 15: its bits less j·2^48, which [`Simd::raise`] by n adds again.
const POWERS: [f64; 16] = [
    f64::from_bits(0x3ff0_0000_0000_0000),
    f64::from_bits(0x3fef_b558_6cf9_890f),
    f64::from_bits(0x3fef_72b8_3c7d_517b),
    f64::from_bits(0x3fef_387a_6e75_6238),
    f64::from_bits(0x3fef_06fe_0a31_b715),
    f64::from_bits(0x3fee_dea6_4c12_3422),
    f64::from_bits(0x3fee_bfda_d536_2a27),
    f64::from_bits(0x3fee_ab07_dd48_5429),
    f64::from_bits(0x3fee_a09e_667f_3bcd),
    f64::from_bits(0x3fee_a114_73eb_0187),
    f64::from_bits(0x3fee_ace5_422a_a0db),
    f64::from_bits(0x3fee_c491_82a3_f090),
    f64::from_bits(0x3fee_e89f_995a_d3ad),
    f64::from_bits(0x3fef_199b_dd85_529c),
    f64::from_bits(0x3fef_5818_dcfb_a487),
    f64::from_bits(0x3fef_a4af_a2a4_90da),
];

/// 2^(j/16) less its rounded value, over that value.
const POWERS_LOW: [f64; 16] = [
    f64::from_bits(0x0000_0000_0000_0000),
    f64::from_bits(0x3c97_9aa6_5d83_7b6d),
    f64::from_bits(0xbc80_1b15_eaa5_9348),
    f64::from_bits(0x3c96_8efd_e3a8_a894),
    f64::from_bits(0x3c83_4d75_4db0_abb6),
    f64::from_bits(0x3c85_9f48_a72a_4c6d),
    f64::from_bits(0x3c76_90ce_bb7a_afb0),
    f64::from_bits(0x3c90_63e1_e21c_5409),
    f64::from_bits(0xbc93_b3ef_bf5e_2228),
    f64::from_bits(0xbc7b_32dc_b94d_a51d),
    f64::from_bits(0x3c8d_b72f_c1f0_eab4),
    f64::from_bits(0x3c71_affc_2b91_ce27),
    f64::from_bits(0x3c8c_1a77_92cb_3387),
    f64::from_bits(0x3c73_6eae_30af_0cb3),
    f64::from_bits(0x3c74_a385_a63d_07a7),
    f64::from_bits(0xbc8f_f712_8fd3_91f0),
];
