//! The exponential function, and the first path's steps of it that others share.
//!
//! 1. x = n·s + h - n·s', s + s' = ln 2/32 with s rounded to f64, n whole, |h| ≤ ln 2/64, 2^-6.528: n = x·32/ln 2 rounded
//!    by adding and subtracting 1.5·2^52. h = x - n·s is exact: s and, where n is not 0, x
//!    are multiples of 2^-59, and such a multiple below 2^-6 is an f64.
//! 2. 2^(n/32) = P·(1 + t): P the power rounded to f64, from a table of 32 whose entries' exponents are raised by n/32;
//!    t, from a second column, what the rounding left out.
//! 3. With l = t - n·s', at most 2^-45, e^x = P·e^h·(1 + l), but for l². e^h - 1 = h + u, u = h²·(1/2 + h·c(h)), c of
//!    degree 4; the rest is `tail` = u + l + l·(h + u).
//! 4. e^x = P + P·h + P·tail: `high` = P + P·h by a fused operation, whose rounding error a second one gives to 53 bits
//!    (P - high is exact); `low` is that error + P·tail.
//!
//! # ε
//! Errors, in units of 2^-68·P; what is below a fiftieth of one is left out.
//!
//! | step | size of its result | error |
//! | --- | --- | --- |
//! | c(h), as a polynomial, times h³ | 2^-22 | 0.04 (its largest error over h is 2^-66.1·h) |
//! | h² rounded, then halved | 2^-13.1 | 1/2·2 = 1 |
//! | 1/2 + h·c(h) rounded, times h² | 1/2 | 2^-54·2^-13.05 = 1.93 |
//! | u rounded | below 2^-14 | 1 |
//! | tail rounded | below 2^-14 | 1 |
//! | low rounded | below 2^-14·P | 1.95 |
//! | in the rounding test, low ± ε·high rounded | below 2^-14·P | 1.95 |
//!
//! Together 8.87, and e^x is 0.989·P at least: 8.97 units, 2^-64.83. ε is 10 units, 2^-64.68. P's and `low`'s last bits are
//! there while P > 2^-1000: |x| < 690 is the first path's, other numbers are the second's.
//!
//! `tests/data/vecmath_constants.py` prints the constants.

use super::exact::{self, Dyadic, Term, wide};
use super::{Function, map, settle};
use crate::simd::{Simd, Table};

/// Replaces each value x by e^x, correctly rounded.
///
/// +infinity above 709.782712893384, +0 from -745.1332191019412 down, subnormal results in between rounded as others
/// are; 1 for ±0, +0 for -infinity, NaN for NaN.
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
    const HALVES: bool = true;

    #[inline(always)]
    fn begin<S: Simd>(s: S, x: S::Vector) -> [S::Vector; 2] {
        pair(s, x)
    }

    #[inline(always)]
    fn end<S: Simd>(s: S, x: S::Vector, value: [S::Vector; 2]) -> S::Vector {
        let in_range = s.lt(s.abs(x), s.splat(LIMIT));
        settle(s, in_range, x, value, EPSILON, second)
    }
}

/// Where the first path holds.
pub(super) const LIMIT: f64 = 690.0;

/// 10 units of 2^-68.
pub(super) const EPSILON: f64 = 10.0 / (1u128 << 68) as f64;

/// e^x for every x, one value at a time.
#[cold]
fn second(x: f64, _: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x > INFINITE_ABOVE {
        f64::INFINITY
    } else if x <= ZERO_FROM {
        0.0
    } else {
        let is_above = |middle| {
            let difference = Dyadic::distance_from_1(middle);
            exact::exceeds(Dyadic::new(x), Term::Value(middle), Term::One, difference)
        };
        wide::exp(Dyadic::new(x)).round(is_above)
    }
}

/// e^x is above the middle of the largest number and 2^1024 beyond this number, below it up to here.
const INFINITE_ABOVE: f64 = 709.782_712_893_384;

/// e^x is below 2^-1075 from here down, above it before.
pub(super) const ZERO_FROM: f64 = -745.133_219_101_941_2;

/// The first path: e^x = high + low, |x| < `LIMIT`.
#[inline(always)]
pub(super) fn pair<S: Simd>(s: S, x: S::Vector) -> [S::Vector; 2] {
    let Reduced { power, h, l } = Reduced::new(s, x);
    let h2 = s.mul(h, h);
    let u = s.mul(h2, s.mul_add(c(s, h, h2), h, s.splat(0.5)));
    let tail = s.add(u, s.mul_add(l, s.add(h, u), l));
    let high = s.mul_add(power, h, power);
    let lost = s.mul_add(power, h, s.sub(power, high));
    [high, s.mul_add(power, tail, lost)]
}

/// e^x = `power`·e^`h`·(1 + `l`), nearly.
pub(super) struct Reduced<V> {
    pub(super) power: V,
    pub(super) h: V,
    pub(super) l: V,
}

impl<V: Copy> Reduced<V> {
    #[inline(always)]
    pub(super) fn new<S: Simd<Vector = V>>(s: S, x: V) -> Self {
        /// 32/ln 2.
        const INVERSE_STEP: f64 = f64::from_bits(0x4047_1547_652b_82fe);
        /// ln 2/32, and the rest.
        const STEP: f64 = f64::from_bits(0x3f96_2e42_fefa_39ef);
        const STEP_LOW: f64 = f64::from_bits(0x3c2a_bc9e_3b39_803f);
        let shifted = s.mul_add(x, s.splat(INVERSE_STEP), s.splat(SHIFT));
        let n = s.sub(shifted, s.splat(SHIFT));
        let [power, t] = s.permute(&POWERS, shifted);
        Self {
            power: s.add_shifted(power, shifted),
            h: s.mul_add(n, s.splat(-STEP), x),
            l: s.mul_add(n, s.splat(-STEP_LOW), t),
        }
    }
}

/// 1.5·2^52: a number of magnitude below 2^51 added to it is rounded to a whole one, which its low bits then hold.
pub(super) const SHIFT: f64 = 6_755_399_441_055_744.0;

/// The polynomial c of h, whose square is h2: (e^h - 1 - h - h²/2)/h³.
#[inline(always)]
pub(super) fn c<S: Simd>(s: S, h: S::Vector, h2: S::Vector) -> S::Vector {
    let lower = s.mul_add(s.splat(C[1]), h, s.splat(C[0]));
    let upper = s.mul_add(s.splat(C[3]), h, s.splat(C[2]));
    s.mul_add(s.mul_add(s.splat(C[4]), h2, upper), h2, lower)
}

/// The polynomial c, lowest order first.
const C: [f64; 5] = [
    f64::from_bits(0x3fc5_5555_5555_5555),
    f64::from_bits(0x3fa5_5555_5554_f2a1),
    f64::from_bits(0x3f81_1111_1110_a391),
    f64::from_bits(0x3f56_c170_bc09_8a9e),
    f64::from_bits(0x3f2a_01a5_d3c2_56c1),
];

/// 2^(j/32), rounded, for j = 0 to 31: its bits less j·2^47, which [`Simd::add_shifted`] of n adds again; and what the
/// rounding left out, over the rounded value.
#[rustfmt::skip]
static POWERS: Table = Table::new([
    [
        0x3ff0_0000_0000_0000, 0x3fef_d9b0_d315_8574, 0x3fef_b558_6cf9_890f, 0x3fef_9301_d012_5b51,
        0x3fef_72b8_3c7d_517b, 0x3fef_5487_3168_b9aa, 0x3fef_387a_6e75_6238, 0x3fef_1e9d_f51f_dee1,
        0x3fef_06fe_0a31_b715, 0x3fee_f1a7_373a_a9cb, 0x3fee_dea6_4c12_3422, 0x3fee_ce08_6061_892d,
        0x3fee_bfda_d536_2a27, 0x3fee_b42b_569d_4f82, 0x3fee_ab07_dd48_5429, 0x3fee_a47e_b03a_5585,
        0x3fee_a09e_667f_3bcd, 0x3fee_9f75_e8ec_5f74, 0x3fee_a114_73eb_0187, 0x3fee_a589_994c_ce13,
        0x3fee_ace5_422a_a0db, 0x3fee_b737_b0cd_c5e5, 0x3fee_c491_82a3_f090, 0x3fee_d503_b23e_255d,
        0x3fee_e89f_995a_d3ad, 0x3fee_ff76_f2fb_5e47, 0x3fef_199b_dd85_529c, 0x3fef_3720_dcef_9069,
        0x3fef_5818_dcfb_a487, 0x3fef_7c97_337b_9b5f, 0x3fef_a4af_a2a4_90da, 0x3fef_d076_5b6e_4540,
    ],
    [
        0x0000_0000_0000_0000, 0x3c8c_d252_3567_f613, 0x3c97_9aa6_5d83_7b6d, 0xbc95_5652_2a2f_bd0e,
        0xbc80_1b15_eaa5_9348, 0x3c9a_ecf7_3e3a_2f60, 0x3c96_8efd_e3a8_a894, 0x3c82_f7e1_6d09_ab31,
        0x3c83_4d75_4db0_abb6, 0xbc92_4aed_cc4b_5068, 0x3c85_9f48_a72a_4c6d, 0x3c43_63ed_60c2_ac11,
        0x3c76_90ce_bb7a_afb0, 0xbc78_dec6_bd0f_385f, 0x3c90_63e1_e21c_5409, 0xbc8c_33c5_3bef_4da8,
        0xbc93_b3ef_bf5e_2228, 0xbc78_1f64_7e5a_3ecf, 0xbc7b_32dc_b94d_a51d, 0xbc93_69b6_f13b_3734,
        0x3c8d_b72f_c1f0_eab4, 0xbc5d_a9b8_8b6c_1e29, 0x3c71_affc_2b91_ce27, 0xbc91_bbd1_d3bc_bb15,
        0x3c8c_1a77_92cb_3387, 0xbc68_d6f4_38ad_9334, 0x3c73_6eae_30af_0cb3, 0x3c67_6b2c_6c92_1968,
        0x3c74_a385_a63d_07a7, 0xbc82_d521_07b4_3e1f, 0xbc8f_f712_8fd3_91f0, 0x3c8a_64a9_31d1_85ee,
    ],
]);
