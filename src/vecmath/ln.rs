//! The natural logarithm.
//!
//! 1. x = 2^k·m, m within half a step of 1 + j/32: the top bits of x, rounded, are 32·k + j (and the exponent's bias).
//!    1/c, c near 1 + j/32, is a multiple of 2^-6 or 2^-7 from a table, and r = m/c - 1, |r| ≤ 0.0198, is exact: a
//!    multiple of 2^-58 below 2^-5, or of 2^-59 below 2^-6.
//! 2. ln x = k·ln 2 + ln c + ln(1 + r). With n = 32·k + j, the first two are n·(ln 2/32) + (ln c - j·ln 2/32), the
//!    second number from a table. Both are in two parts, the first to the 42nd bit after the point, so that `first`, made
//!    of first parts, is exact. Around 1, from 1 - 2^-7 to 1 + 2^-6, 2^k·c is 1 and `first` 0: nothing cancels.
//! 3. ln(1 + r) = r - r²/2 + r³·c(r), c of degree 7.
//! 4. first + r, and less r²/2: two sums with what they lose, exactly (Dekker: the first number is the larger one, or 0).
//!    What r² lost, the second parts and r³·c(r) join those losses.
//!
//! # ε
//! Errors, in units of 2^-68·|ln x|, where they are largest: at r = 2^-6 with `first` = 0, ln x = r; and at the lowest
//! number of j = 1, where r = -0.0161 and ln x = 0.0155.
//!
//! | step | size of its result | at 2^-6 | at -0.0161 |
//! | --- | --- | --- | --- |
//! | c(r), as a polynomial, times r³ | 2^-19.5 | 3 (its largest error over r is 2^-66.4·r) | 3.1 |
//! | r³ of the rounded r², times c | 2^-12 | 1.4 | 2.8 |
//! | r³ rounded, times c | 2^-18 | 1.4 | 2.8 |
//! | c(r), rounded twice, times r³ | 2^-1.6 | 4.1 | 4.4 |
//! | with the second parts; with the losses: rounded | 2^-19.5 | 4.1 | 4.1 |
//! | in the rounding test, low ± ε·high rounded | 2^-19.5 | 2.1 | 2.1 |
//!
//! Together 16.1 and 19.3; ε is 20 units, 2^-63.68. Elsewhere |ln x| is larger for its r: 0.0079 at the highest number of
//! j = 31, where r = 0.0077, and 0.0237 and more for the others. The second parts, 2^-28 at most where k is not 0, are
//! 2^-81 off.
//!
//! `tests/data/vecmath_constants.py` prints the constants.

use super::exact::{self, Dyadic, Term};
use super::exp::SHIFT;
use super::{Function, map, settle};
use crate::simd::{Simd, Table};

/// Replaces each value by its natural logarithm, correctly rounded.
///
/// -infinity for ±0, NaN below 0 and for NaN, +infinity for +infinity, +0 for 1.
///
/// ```
/// let mut x = [1.0, std::f64::consts::E, 0.0, -1.0];
/// rowmajor::vecmath::ln(&mut x);
/// assert_eq!(x[..3], [0.0, 1.0, f64::NEG_INFINITY]);
/// assert!(x[3].is_nan());
/// ```
#[doc(alias = "log")]
pub fn ln(x: &mut [f64]) {
    map::<Ln>(x)
}

pub(super) struct Ln;

/// 20 units of 2^-68.
pub(super) const EPSILON: f64 = 20.0 / (1u128 << 68) as f64;

impl Function for Ln {
    const HALVES: bool = true;

    #[inline(always)]
    fn begin<S: Simd>(s: S, x: S::Vector) -> [S::Vector; 2] {
        pair(s, x, s.splat(0.0))
    }

    #[inline(always)]
    fn end<S: Simd>(s: S, x: S::Vector, mut value: [S::Vector; 2]) -> S::Vector {
        let mut in_range = s.and(
            s.lt(s.splat(f64::MIN_POSITIVE.next_down()), x),
            s.lt(x, s.splat(power_of_two(1022))),
        );
        if !s.all(in_range) {
            let (scaled, more) = into_range(s, x);
            value = pair(s, scaled, more);
            in_range = s.and(s.lt(s.splat(0.0), x), s.lt(x, s.splat(f64::INFINITY)));
        }
        settle(s, in_range, x, value, EPSILON, second)
    }
}

/// The first path: ln x + more·ln 2/32 = high + low; x is a positive normal number below 2^1022, so that 2^-k/c is a
/// normal number, too.
#[inline(always)]
pub(super) fn pair<S: Simd>(s: S, x: S::Vector, more: S::Vector) -> [S::Vector; 2] {
    /// What [`Simd::leading_bits`] makes of 1.
    const BITS_OF_ONE: f64 = 4_503_599_627_370_496.0 + 0x7fe0 as f64;
    /// ln 2/32 to its 42nd bit after the point, and the rest.
    const STEP: f64 = f64::from_bits(0x3f96_2e42_fefa_0000);
    const STEP_LOW: f64 = f64::from_bits(0x3d2c_f79a_bc9e_3b3a);
    let leading = s.leading_bits(x);
    let n = s.sub(leading, s.splat(BITS_OF_ONE));
    // 2^-k/c.
    let [inverse, _] = s.permute(&INVERSES, leading);
    let inverse = s.add_shifted(inverse, s.sub(s.splat(SHIFT), n));
    let r = s.mul_add(x, inverse, s.splat(-1.0));
    let n = s.add(n, more);
    let [logarithm, logarithm_low] = s.permute(&LOGARITHMS, leading);
    let first = s.mul_add(n, s.splat(STEP), logarithm);
    let first_low = s.mul_add(n, s.splat(STEP_LOW), logarithm_low);
    let minus_half = s.splat(-0.5);
    let r2 = s.mul(r, r);
    let r2_low = s.mul_add(r, r, s.neg(r2));
    let sum = s.add(first, r);
    let lost = s.add(s.sub(first, sum), r);
    let high = s.mul_add(minus_half, r2, sum);
    let lost_then = s.mul_add(minus_half, r2, s.sub(sum, high));
    let rest = s.mul_add(minus_half, r2_low, first_low);
    let rest = s.mul_add(s.mul(r, r2), c(s, r, r2), rest);
    [high, s.add(s.add(lost, lost_then), rest)]
}

/// What [`pair`] takes for every positive finite x, subnormal and largest numbers brought into its range.
#[inline(always)]
fn into_range<S: Simd>(s: S, x: S::Vector) -> (S::Vector, S::Vector) {
    let (up, down) = (power_of_two(54), power_of_two(-54));
    let small = s.lt(x, s.splat(1.0));
    let scaled = s.mul(x, s.select(small, s.splat(up), s.splat(down)));
    let more = s.splat(54.0 * 32.0);
    (scaled, s.select(small, s.neg(more), more))
}

const fn power_of_two(n: i64) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}

/// For every x; where that is positive and finite, y is the candidate nearer to 0.
#[cold]
fn second(x: f64, y: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    let of_x = Dyadic::new(x);
    let middle = Dyadic::middle(y);
    let difference = of_x.distance_from_1();
    let is_below = exact::exceeds(middle, Term::Value(of_x), Term::One, difference);
    // Below 1 the larger magnitude is the smaller number.
    exact::nearer(y, is_below == (y < 0.0))
}

/// The polynomial c of r, whose square is r2: (ln(1 + r) - r + r²/2)/r³.
#[inline(always)]
fn c<S: Simd>(s: S, r: S::Vector, r2: S::Vector) -> S::Vector {
    let mut sum = pair_of_c(s, 6, r);
    let mut i = 6;
    while i > 0 {
        i -= 2;
        sum = s.mul_add(sum, r2, pair_of_c(s, i, r));
    }
    sum
}

/// The terms of order i and i + 1 of c, over r^i.
#[inline(always)]
fn pair_of_c<S: Simd>(s: S, i: usize, r: S::Vector) -> S::Vector {
    s.mul_add(s.splat(C[i + 1]), r, s.splat(C[i]))
}

/// The polynomial c, lowest order first.
const C: [f64; 8] = [
    f64::from_bits(0x3fd5_5555_5555_5555),
    f64::from_bits(0xbfcf_ffff_ffff_feeb),
    f64::from_bits(0x3fc9_9999_999a_6e18),
    f64::from_bits(0xbfc5_5555_55a2_d4ce),
    f64::from_bits(0x3fc2_4924_70b3_08a6),
    f64::from_bits(0xbfbf_fff2_f6bd_a4b7),
    f64::from_bits(0x3fbc_75f7_fccc_d5aa),
    f64::from_bits(0xbfb9_f1fe_30ca_bad4),
];

/// 1/c for j = 0 to 31: its bits plus j·2^47, which [`Simd::add_shifted`] of -n takes away again. One column is enough.
#[rustfmt::skip]
static INVERSES: Table = Table::new([
    [
        0x3ff0_0000_0000_0000, 0x3fef_8000_0000_0000, 0x3fef_0000_0000_0000, 0x3fee_c000_0000_0000,
        0x3fee_8000_0000_0000, 0x3fee_0000_0000_0000, 0x3fee_0000_0000_0000, 0x3fed_c000_0000_0000,
        0x3fed_8000_0000_0000, 0x3fed_8000_0000_0000, 0x3fed_8000_0000_0000, 0x3fed_4000_0000_0000,
        0x3fed_4000_0000_0000, 0x3fed_4000_0000_0000, 0x3fed_4000_0000_0000, 0x3fed_4000_0000_0000,
        0x3fed_4000_0000_0000, 0x3fed_8000_0000_0000, 0x3fed_8000_0000_0000, 0x3fed_8000_0000_0000,
        0x3fed_c000_0000_0000, 0x3fed_c000_0000_0000, 0x3fee_0000_0000_0000, 0x3fee_0000_0000_0000,
        0x3fee_4000_0000_0000, 0x3fee_8000_0000_0000, 0x3fee_c000_0000_0000, 0x3fee_c000_0000_0000,
        0x3fef_0000_0000_0000, 0x3fef_4000_0000_0000, 0x3fef_8000_0000_0000, 0x3fef_c000_0000_0000,
    ],
    [0; 32],
]);

/// ln c - j·ln 2/32 to its 42nd bit after the point, and what that leaves out.
#[rustfmt::skip]
static LOGARITHMS: Table = Table::new([
    [
        0x0000_0000_0000_0000, 0x3f84_a8f0_29a8_0000, 0x3f95_b9dc_d884_0000, 0x3f99_7883_2ebc_0000,
        0x3f9d_e391_9228_0000, 0x3fa6_244b_42e4_8000, 0x3fa4_7238_b062_0000, 0x3fa7_c780_f770_0000,
        0x3fab_87d3_cdac_8000, 0x3faa_9444_3768_8000, 0x3fa9_d525_165c_0000, 0x3fae_a91e_943a_8000,
        0x3fae_76dc_19b0_8000, 0x3fae_813b_8170_8000, 0x3fae_caee_bd5c_0000, 0x3faf_56d6_cc04_8000,
        0x3fb0_1404_0cab_0000, 0x3fab_2011_1af7_8000, 0x3fac_5f73_435e_8000, 0x3fad_ecd4_5af0_0000,
        0x3fa9_466c_bfda_0000, 0x3fab_504c_721c_8000, 0x3fa6_ea8d_3844_8000, 0x3fa9_7ae1_9ae6_0000,
        0x3fa5_5b12_08a6_8000, 0x3fa1_53db_a015_8000, 0x3f9a_cbdd_10b2_0000, 0x3fa0_eff8_5139_8000,
        0x3f9a_a4aa_7bc6_0000, 0x3f93_a217_1088_0000, 0x3f89_b3d5_def8_0000, 0x3f79_37ba_99f0_0000,
    ],
    [
        0x0000_0000_0000_0000, 0x3d33_a66a_ad4f_1d4e, 0x3d3d_0eed_e75f_60bc, 0x3d35_6d8c_525f_9693,
        0x3d29_6635_1d5a_9eb3, 0x3d37_c15c_78bb_02d5, 0x3d42_3e93_67a5_9426, 0x3d3d_9ba7_76ea_50a5,
        0x3d22_308a_7da0_687b, 0x3d42_4c61_70dd_96a5, 0x3cf1_9731_f15d_fd25, 0x3d34_3cef_8909_1be8,
        0x3d41_4f3c_47cb_58b6, 0x3cdd_4b3d_39bc_93ad, 0x3d42_0024_be4d_48e3, 0x3d3e_9186_8669_c199,
        0x3d01_3266_d6e7_1974, 0x3cf0_8fa1_3836_66b2, 0x3d2c_e040_fb8d_8c47, 0x3d20_0c2a_fca8_8620,
        0x3d46_f3f7_677a_9875, 0x3d46_9fcd_a347_f574, 0x3d44_973a_63a9_8a09, 0x3d38_13a0_450f_287f,
        0x3d37_2b9d_c395_f864, 0x3d49_3e59_d4d0_e7b4, 0x3cf8_36b2_a088_7104, 0x3d4b_4d38_1f04_0f00,
        0x3d21_3809_75af_7b77, 0x3d4e_7aa2_803a_03f0, 0x3d30_3787_7e5f_3648, 0x3d2b_fea6_d4e7_9e05,
    ],
]);
