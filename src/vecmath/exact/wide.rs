//! Numbers of 128 bits, rounded down, and the exponential function of them.
//!
//! Errors. A unit here is 2^-127 of a number, the last bit of its significand.
//!
//! 1. a = n·ln 2/32 + r, 0 ≤ r < ln 2/32, modulo 1 and in units of 2^-128: r is at most 4 units off (a, the product's
//!    two parts, and one step more where n was).
//! 2. (e^r - 1)/r = Σ r^k/(k + 1)! by Horner's rule. 15 terms leave out r^15/16!, below 2^-127 for r < 2^-5.5. A
//!    coefficient is off by at most 2 units and each step's product by 1, and what a step inherits counts r times: at
//!    most 5 units together.
//! 3. e^r = 1 + r·that: at most 4 units for r, and 2 more. Times the power: 2 more, and another 1 where a result below 1
//!    is moved up: below 2^4 units in all, which [`DOUBT`] exceeds by far, products by one or two other numbers included.
//!
//! For |a| < 2^-6, e^a - 1 = a·(e^a - 1)/a has its relative error, not only its absolute one, as small: a is exact.
//! For x < 2^-16, x - tanh x has, too ([`tanh_exceeds`]).

use super::{Dyadic, Term};
use std::cmp::Ordering;

/// Numbers closer than so many units are not told apart: 2^-117.
const DOUBT: u128 = 1 << 10;

/// significand · 2^exponent, the significand's highest bit being 1.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Wide {
    significand: u128,
    exponent: i32,
}

impl Wide {
    /// Of a significand other than 0.
    fn new(significand: u128, exponent: i32) -> Self {
        let shift = significand.leading_zeros();
        Self {
            significand: significand << shift,
            exponent: exponent - shift as i32,
        }
    }

    fn of_dyadic(x: Dyadic) -> Self {
        Self::new(x.significand.into(), x.exponent)
    }

    fn of_term(term: Term) -> Self {
        // m < 1 in units of 2^-127, of which 1 has 2^127; rounded down where it has more bits.
        let fixed = |m: Dyadic| {
            let (m, shift) = (u128::from(m.significand), m.exponent + 127);
            if shift >= 0 {
                m << shift
            } else {
                m.checked_shr(shift.unsigned_abs()).unwrap_or(0)
            }
        };
        match term {
            Term::One => Self::new(1, 0),
            Term::Value(x) => Self::of_dyadic(x),
            Term::OneMinus(m) => Self::new((1 << 127) - fixed(m), -127),
            Term::OnePlus(m) => Self::new((1 << 127) + fixed(m), -127),
        }
    }

    fn mul(self, other: Self) -> Self {
        let product = high(self.significand, other.significand);
        Self::new(product, self.exponent + other.exponent + 128)
    }

    /// `None` where they are too close.
    fn compare(self, other: Self) -> Option<Ordering> {
        match self.exponent - other.exponent {
            0 => compare(self.significand, other.significand),
            1 => compare(self.significand, other.significand >> 1),
            -1 => compare(self.significand >> 1, other.significand),
            difference => Some(difference.cmp(&0)),
        }
    }

    /// The f64 that is nearest, where that is beyond doubt; otherwise `is_above` decides about the middle of the two
    /// that are. Numbers from 2^-1075 to 2^1024.
    pub(in super::super) fn round(self, is_above: impl FnOnce(Dyadic) -> bool) -> f64 {
        // The result's last bit stands for 2^last.
        let last = (self.exponent + 127 - 52).max(-1074);
        let drop = (last - self.exponent) as u32;
        let kept = self.significand.checked_shr(drop).unwrap_or(0);
        let rest = self.significand - kept.checked_shl(drop).unwrap_or(0);
        // A normal number's leading bit, at 52, counts as one more in the exponent field.
        let below = f64::from_bits((((last + 1074) as u64) << 52) + kept as u64);
        let above = match compare(rest, 1 << (drop - 1)) {
            Some(order) => order.is_gt(),
            None => is_above(Dyadic::middle(below)),
        };
        super::nearer(below, above)
    }
}

fn compare(a: u128, b: u128) -> Option<Ordering> {
    (a.abs_diff(b) >= DOUBT).then(|| a.cmp(&b))
}

/// Whether e^a > numerator / denominator for a > 0; `None` where the sides are too close. See [`super::exceeds`].
pub(in super::super) fn exceeds(
    a: Dyadic,
    numerator: Term,
    denominator: Term,
    difference: Dyadic,
) -> Option<bool> {
    let denominator = Wide::of_term(denominator);
    let order = if a.significand.ilog2() as i32 + a.exponent < -6 {
        // a·(e^a - 1)/a · denominator and numerator - denominator.
        let quotient = Wide::new(quotient(fixed(a)), -127);
        let left = Wide::of_dyadic(a).mul(quotient).mul(denominator);
        left.compare(Wide::of_dyadic(difference))
    } else {
        exp(a).mul(denominator).compare(Wide::of_term(numerator))
    };
    order.map(Ordering::is_gt)
}

/// Whether tanh x > m, for x from 2^-28 to 2^-16 and m within an ulp of it; `None` where that is too close to tell.
///
/// Compares x - m, which is exact, with x - tanh x, known to 2^-117 of itself, 2^-149 of x. A middle can be so near: with
/// c = 15·2^-25, x = c + 2/15·c³ has 53 bits, m = c - 1/5·c³ has 54, and tanh x is 2^-132·x from m.
pub(in super::super) fn tanh_exceeds(x: Dyadic, m: Dyadic) -> Option<bool> {
    // m has one bit more than x or, in the binade below, two.
    match (x.significand << (x.exponent - m.exponent)).saturating_sub(m.significand) {
        0 => Some(false),
        difference => Wide::new(difference.into(), m.exponent)
            .compare(x_less_tanh(x))
            .map(Ordering::is_gt),
    }
}

/// x - tanh x = x³·(1/3 - 2/15·x² + 17/315·x⁴ - 62/2835·x⁶ + …) for x from 2^-28 to 2^-16: a fifth term is below 2^-134.
fn x_less_tanh(x: Dyadic) -> Wide {
    let square = high(fixed(x), fixed(x));
    let [a, b, c, d] = [(1, 3), (2, 15), (17, 315), (62, 2835)].map(|(n, of)| u128::MAX / of * n);
    let series = a - high(square, b - high(square, c - high(square, d)));
    let x = Wide::of_dyadic(x);
    x.mul(x).mul(x).mul(Wide::new(series, -128))
}

/// e^a, |a| below 1500.
pub(in super::super) fn exp(a: Dyadic) -> Wide {
    let sign = if a.negative { -1.0 } else { 1.0 };
    let two_to = f64::from_bits(((1023 + a.exponent.max(-1000)) as u64) << 52);
    let steps = sign * a.significand as f64 * two_to * (32.0 / std::f64::consts::LN_2);
    // Off by one at most, in either direction.
    let mut n = steps.floor() as i32;
    let a_fixed = fixed(a);
    let a_fixed = if a.negative {
        a_fixed.wrapping_neg()
    } else {
        a_fixed
    };
    // n·ln 2/32 modulo 1.
    let rest = (i128::from(STEP_REST) * i128::from(n)) >> 64;
    let product = STEP.wrapping_mul(n as u128).wrapping_add(rest as u128);
    let mut r = a_fixed.wrapping_sub(product);
    if r as i128 <= 0 {
        n -= 1;
        r = r.wrapping_add(STEP);
    } else if r > STEP {
        n += 1;
        r -= STEP;
    }
    // Units of 2^-127.
    let power = (1 << 127) + high(r, quotient(r));
    let product = high(POWERS[(n & 31) as usize], power);
    Wide::new(product, (n >> 5) - 126)
}

/// |a| modulo 1 in units of 2^-128.
fn fixed(a: Dyadic) -> u128 {
    let significand = u128::from(a.significand);
    match a.exponent + 128 {
        shift @ 0..128 => significand << shift,
        128.. => 0,
        shift => significand.checked_shr(shift.unsigned_abs()).unwrap_or(0),
    }
}

/// (e^r - 1)/r in units of 2^-127, r below 2^-5.5 in units of 2^-128.
#[inline(never)]
fn quotient(r: u128) -> u128 {
    let mut sum = COEFFICIENTS[TERMS - 1];
    for coefficient in COEFFICIENTS[..TERMS - 1].iter().rev() {
        sum = coefficient + high(sum, r);
    }
    sum
}

/// The upper half of a product.
#[inline]
fn high(a: u128, b: u128) -> u128 {
    const LOW: u128 = u64::MAX as u128;
    let ((a_high, a_low), (b_high, b_low)) = ((a >> 64, a & LOW), (b >> 64, b & LOW));
    let (upper, lower) = (a_high * b_low, a_low * b_high);
    let middle = (upper & LOW) + (lower & LOW) + ((a_low * b_low) >> 64);
    a_high * b_high + (upper >> 64) + (lower >> 64) + (middle >> 64)
}

const TERMS: usize = 15;

/// 1/(k + 1)! in units of 2^-127.
const COEFFICIENTS: [u128; TERMS] = {
    let mut coefficients = [1 << 127; TERMS];
    let mut k = 1;
    while k < TERMS {
        coefficients[k] = coefficients[k - 1] / (k as u128 + 1);
        k += 1;
    }
    coefficients
};

/// 2^(j/32), in units of 2^-127, rounded down.
#[rustfmt::skip]
const POWERS: [u128; 32] = [
    0x8000_0000_0000_0000_0000_0000_0000_0000, 0x82cd_8698_ac2b_a1d7_3e2a_475b_4652_0bff,
    0x85aa_c367_cc48_7b14_c5c9_5b8c_2154_c1b2, 0x8898_0e80_92da_8527_5df8_d76c_98c6_7562,
    0x8b95_c1e3_ea8b_d6e6_fbe4_6287_58a5_3c90, 0x8ea4_398b_45cd_53c0_2dc0_144c_8783_d4c5,
    0x91c3_d373_ab11_c336_0fd6_d8e0_ae5a_c9d8, 0x94f4_efa8_fef7_0961_2e8a_fad1_2551_de54,
    0x9837_f051_8db8_a96f_46ad_2318_2e42_f6f6, 0x9b8d_39b9_d54e_5538_a2a8_17a2_a3cc_3f1f,
    0x9ef5_3260_91a1_11ad_a091_1f09_ebb9_fdd1, 0xa270_4303_0c49_6818_9b7a_04ef_80cf_dea7,
    0xa5fe_d6a9_b151_38ea_1cbd_7f62_1710_701b, 0xa9a1_5ab4_ea7c_0ef8_541e_24ec_3531_fa73,
    0xad58_3eea_42a1_4ac6_4980_a8c8_f59a_2ec4, 0xb123_f581_d2ac_258f_87d0_37e9_6d21_5d8e,
    0xb504_f333_f9de_6484_597d_89b3_754a_be9f, 0xb8fb_af47_62fb_9ee9_1b87_9778_566b_65a1,
    0xbd08_a39f_580c_36be_a881_1fb6_6d0f_af7a, 0xc12c_4cca_6670_9456_7c45_7d59_a500_87b5,
    0xc567_2a11_5506_dadd_3e2a_d0c9_64dd_9f37, 0xc9b9_bd86_6e2f_27a2_80e1_f92a_0511_697e,
    0xce24_8c15_1f84_80e3_e235_838f_95f2_c6ed, 0xd2a8_1d91_f12a_e45a_1224_8e57_c3de_4028,
    0xd744_fcca_d69d_6af4_39a6_8bb9_902d_3fde, 0xdbfb_b797_daf2_3755_3d84_0d5a_9e29_aa64,
    0xe0cc_deec_2a94_e111_0658_9504_8dd3_33ca, 0xe5b9_06e7_7c83_48a8_1e5e_8f4a_4edb_b0ec,
    0xeac0_c6e7_dd24_392e_d02d_75b3_706e_54fa, 0xefe4_b99b_dcda_f5cb_4656_1cf6_948d_b912,
    0xf525_7d15_2486_cc2c_7b9d_0c7a_ed98_0fc3, 0xfa83_b2db_722a_033a_7c25_bb14_315d_7fcc,
];

/// ln 2/32 in units of 2^-128, rounded down, and the next 64 bits.
const STEP: u128 = 0x058b_90bf_be8e_7bcd_5e4f_1d9c_c01f_97b5;
const STEP_REST: u64 = 0x7a07_9a19_3394_c5b1;

#[cfg(test)]
mod tests;
