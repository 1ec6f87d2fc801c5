//! The second path: one value at a time, exact, for the values whose rounding the first path leaves undecided.
//!
//! The result lies between two neighbouring f64, and one question remains: is the function's value above or below the
//! middle m of the two, a number of 54 bits? All four functions are monotone, so it is the same question about e^a:
//!
//! | is | above m? | the same as |
//! | --- | --- | --- |
//! | e^x | e^x > m | e^x > m/1 |
//! | ln x | x > e^m | not e^m > x/1 |
//! | tanh x, x > 0 | (e^2x - 1)/(e^2x + 1) > m | e^2x > (1 + m)/(1 - m) |
//! | sigmoid x | 1/(1 + e^-x) > m | not e^-x > (1 - m)/m |
//!
//! [`exceeds`] answers it, first in 128-bit arithmetic ([`wide`]), where the error is below 2^-117, then, should the two
//! sides be closer than that, in whole numbers of as many words as it takes ([`natural`]). It ends: a is rational and not
//! 0, so e^a is transcendental (Lindemann and Weierstrass) and never equal to a ratio of whole numbers. No list of hard
//! cases is relied on.

pub(super) mod natural;
pub(super) mod wide;

/// A number ±significand · 2^exponent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dyadic {
    pub(super) negative: bool,
    pub(super) significand: u64,
    pub(super) exponent: i32,
}

impl Dyadic {
    /// A finite x.
    pub(super) fn new(x: f64) -> Self {
        let bits = x.abs().to_bits();
        let (field, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
        Self {
            negative: x < 0.0,
            significand: fraction | u64::from(field > 0) << 52,
            exponent: field.max(1) - 1075,
        }
    }

    /// The middle of y and its neighbour away from 0, which is 2^1024 beyond the largest finite number.
    pub(super) fn middle(y: f64) -> Self {
        let below = Self::new(y);
        Self {
            significand: 2 * below.significand + 1,
            exponent: below.exponent - 1,
            ..below
        }
    }

    /// This number times 2^n.
    pub(super) fn times_power_of_two(self, n: i32) -> Self {
        Self {
            exponent: self.exponent + n,
            ..self
        }
    }

    /// |this number - 1|, where it lies between 1/2 and 2 and has no bit below 2^-63; elsewhere anything.
    pub(super) fn distance_from_1(self) -> Self {
        let one = 1u64.checked_shl(self.exponent.wrapping_neg() as u32);
        Self {
            significand: self.significand.abs_diff(one.unwrap_or(0)),
            ..self
        }
    }

    pub(super) fn neg(self) -> Self {
        Self {
            negative: !self.negative,
            ..self
        }
    }

    fn abs(self) -> Self {
        Self {
            negative: false,
            ..self
        }
    }
}

/// One side of a ratio; a positive number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Term {
    One,
    Value(Dyadic),
    OneMinus(Dyadic),
    OnePlus(Dyadic),
}

/// Whether e^a > numerator / denominator, for a other than 0, |a| below 1500.
///
/// `difference` is |numerator - denominator|; it counts where |a| is small, and only where it has the right size there.
pub(super) fn exceeds(a: Dyadic, numerator: Term, denominator: Term, difference: Dyadic) -> bool {
    // e^a > n/d is not e^|a| > d/n where a is negative.
    let (numerator, denominator) = match a.negative {
        true => (denominator, numerator),
        false => (numerator, denominator),
    };
    let above = wide::exceeds(a.abs(), numerator, denominator, difference)
        .unwrap_or_else(|| natural::exceeds(a.abs(), numerator, denominator));
    above != a.negative
}

/// Of y and its neighbour away from 0 the one nearer to the function's value, whose magnitude is above the middle or not.
pub(super) fn nearer(y: f64, is_above_the_middle: bool) -> f64 {
    f64::from_bits(y.to_bits() + u64::from(is_above_the_middle))
}
