//! Whole numbers of any size, and bounds of the exponential function in them.

use super::{Dyadic, Term};
use std::cmp::Ordering;

/// Whether e^a > numerator / denominator for a > 0, whatever it takes: bounds of 256 bits, then of twice as many, and so
/// on, until they agree.
pub(in super::super) fn exceeds(a: Dyadic, numerator: Term, denominator: Term) -> bool {
    // Both sides times 2^scale are whole.
    let scale = lowest_bit(numerator)
        .min(lowest_bit(denominator))
        .min(0)
        .unsigned_abs();
    let (numerator, denominator) = (of_term(numerator, scale), of_term(denominator, scale));
    let mut precision = 256;
    loop {
        let (below, above) = exp(a, precision);
        let numerator = numerator.shl(precision);
        if below.mul(&denominator).compare(&numerator).is_gt() {
            return true;
        }
        if above.mul(&denominator).compare(&numerator).is_lt() {
            return false;
        }
        precision *= 2;
    }
}

fn lowest_bit(term: Term) -> i32 {
    match term {
        Term::One => 0,
        Term::Value(x) | Term::OneMinus(x) | Term::OnePlus(x) => x.exponent,
    }
}

/// A term times 2^scale.
fn of_term(term: Term, scale: u32) -> Natural {
    let whole =
        |x: Dyadic| Natural::new(x.significand).shl(x.exponent.wrapping_add_unsigned(scale) as u32);
    let one = Natural::new(1).shl(scale);
    match term {
        Term::One => one,
        Term::Value(x) => whole(x),
        Term::OneMinus(x) => one.sub(&whole(x)),
        Term::OnePlus(x) => one.add(&whole(x)),
    }
}

/// Bounds of e^a in units of 2^-precision, 0 < a < 1500.
///
/// The series at r = a/2^16, squared 16 times; every step rounds down for the lower bound and up for the upper.
pub(super) fn exp(a: Dyadic, precision: u32) -> (Natural, Natural) {
    const HALVINGS: u32 = 16;
    let one = Natural::new(1).shl(precision);
    let shift = a.exponent + (precision - HALVINGS) as i32;
    let a = Natural::new(a.significand);
    let (r_below, r_above) = if shift >= 0 {
        let r = a.shl(shift.unsigned_abs());
        (r.clone(), r)
    } else {
        let r = a.shr(shift.unsigned_abs());
        (r.clone(), r.add_1())
    };

    let (mut below, mut term) = (one.clone(), one.clone());
    for k in 1.. {
        term = term.mul(&r_below).shr(precision).div(k);
        if term.is_0() {
            break;
        }
        below = below.add(&term);
    }
    let (mut above, mut term) = (one.clone(), one);
    for k in 1.. {
        term = term.mul(&r_above).shr(precision).add_1().div(k).add_1();
        above = above.add(&term);
        // Each term that is left out is less than half of the one before: of 4, less than 4 together.
        if term.compare(&Natural::new(4)).is_le() {
            above = above.add(&Natural::new(4));
            break;
        }
    }
    for _ in 0..HALVINGS {
        below = below.mul(&below).shr(precision);
        above = above.mul(&above).shr(precision).add_1();
    }
    (below, above)
}

/// A whole number: its words, lowest first, the highest not 0.
#[derive(Clone, Debug)]
pub(super) struct Natural(pub(super) Vec<u64>);

impl Natural {
    pub(super) fn new(n: u64) -> Self {
        Self(vec![n]).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn is_0(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn add_1(&self) -> Self {
        self.add(&Self::new(1))
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (long, short) = if self.0.len() < other.0.len() {
            (other, self)
        } else {
            (self, other)
        };
        let (mut words, mut carry) = (Vec::new(), false);
        for (i, &word) in long.0.iter().enumerate() {
            let (sum, first) = word.overflowing_add(short.0.get(i).copied().unwrap_or(0));
            let (sum, second) = sum.overflowing_add(carry.into());
            words.push(sum);
            carry = first | second;
        }
        words.push(carry.into());
        Self(words).trimmed()
    }

    /// Of a number that is no larger.
    pub(super) fn sub(&self, other: &Self) -> Self {
        let (mut words, mut borrow) = (Vec::new(), false);
        for (i, &word) in self.0.iter().enumerate() {
            let (rest, first) = word.overflowing_sub(other.0.get(i).copied().unwrap_or(0));
            let (rest, second) = rest.overflowing_sub(borrow.into());
            words.push(rest);
            borrow = first | second;
        }
        Self(words).trimmed()
    }

    pub(super) fn mul(&self, other: &Self) -> Self {
        let mut words = vec![0; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (j, &b) in other.0.iter().enumerate() {
                let sum = u128::from(a) * u128::from(b) + u128::from(words[i + j]) + carry;
                words[i + j] = sum as u64;
                carry = sum >> 64;
            }
            words[i + other.0.len()] = carry as u64;
        }
        Self(words).trimmed()
    }

    /// Divided by n, rounded down.
    fn div(mut self, n: u64) -> Self {
        let mut rest = 0;
        for word in self.0.iter_mut().rev() {
            let dividend = rest << 64 | u128::from(*word);
            *word = (dividend / u128::from(n)) as u64;
            rest = dividend % u128::from(n);
        }
        self.trimmed()
    }

    pub(super) fn shl(&self, bits: u32) -> Self {
        let mut words = vec![0; (bits / 64) as usize];
        let mut carry = 0;
        for &word in &self.0 {
            let moved = u128::from(word) << (bits % 64) | carry;
            words.push(moved as u64);
            carry = moved >> 64;
        }
        words.push(carry as u64);
        Self(words).trimmed()
    }

    /// Rounded down.
    fn shr(&self, bits: u32) -> Self {
        let from = self.0.len().min((bits / 64) as usize);
        let words = &self.0[from..];
        let moved = words.iter().enumerate().map(|(i, &word)| {
            let next = words.get(i + 1).copied().unwrap_or(0);
            ((u128::from(next) << 64 | u128::from(word)) >> (bits % 64)) as u64
        });
        Self(moved.collect()).trimmed()
    }
}
