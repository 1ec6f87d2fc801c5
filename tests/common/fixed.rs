//! The elementary functions in whole numbers: 64 bits before the point and 256 behind it. Plain series, no tables.

use std::sync::LazyLock;

const WORDS: usize = 5;

/// A number ≥ 0 in units of 2^-256, its lowest word first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixed([u64; WORDS]);

impl Fixed {
    pub(crate) fn whole(n: u64) -> Self {
        Self([0, 0, 0, 0, n])
    }

    /// |x|, below 2^64; bits behind the 256th are lost.
    fn new(x: f64) -> Self {
        let (significand, exponent) = parts(x);
        let mut out = Self::whole(significand);
        for _ in 0..exponent.max(0) {
            out = out.add(out);
        }
        out.shifted_down((-exponent).max(0) as u32)
    }

    pub(crate) fn add(self, other: Self) -> Self {
        let (mut out, mut carry) = ([0; WORDS], 0);
        for i in 0..WORDS {
            let sum = u128::from(self.0[i]) + u128::from(other.0[i]) + carry;
            (out[i], carry) = (sum as u64, sum >> 64);
        }
        assert_eq!(carry, 0, "too large");
        Self(out)
    }

    /// Of a number that is not larger.
    pub(crate) fn sub(self, other: Self) -> Self {
        let (mut out, mut borrow) = ([0; WORDS], 0);
        for i in 0..WORDS {
            let rest = i128::from(self.0[i]) - i128::from(other.0[i]) - borrow;
            (out[i], borrow) = (rest as u64, i128::from(rest < 0));
        }
        assert_eq!(borrow, 0, "below 0");
        Self(out)
    }

    fn is_less(self, other: Self) -> bool {
        self.0.iter().rev().lt(other.0.iter().rev())
    }

    fn mul(self, other: Self) -> Self {
        let mut out = [0; 2 * WORDS];
        for i in 0..WORDS {
            let mut carry = 0;
            for j in 0..WORDS {
                let sum =
                    u128::from(self.0[i]) * u128::from(other.0[j]) + u128::from(out[i + j]) + carry;
                (out[i + j], carry) = (sum as u64, sum >> 64);
            }
            out[i + WORDS] = carry as u64;
        }
        assert_eq!(out[2 * WORDS - 1], 0, "too large");
        Self(out[WORDS - 1..2 * WORDS - 1].try_into().unwrap())
    }

    fn divided_by_whole(self, n: u64) -> Self {
        let (mut out, mut rest) = ([0; WORDS], 0);
        for i in (0..WORDS).rev() {
            let dividend = rest << 64 | u128::from(self.0[i]);
            (out[i], rest) = ((dividend / u128::from(n)) as u64, dividend % u128::from(n));
        }
        Self(out)
    }

    /// Of numbers below 2^62, the quotient below 2; bit by bit.
    pub(crate) fn divided_by(self, other: Self) -> Self {
        let (mut rest, mut out) = (self, Self::whole(0));
        for bit in (0..=256).rev() {
            if !rest.is_less(other) {
                rest = rest.sub(other);
                out.0[bit / 64] |= 1 << (bit % 64);
            }
            rest = rest.add(rest);
        }
        out
    }

    pub(crate) fn shifted_down(self, bits: u32) -> Self {
        let mut out = [0; WORDS];
        for i in 0..WORDS {
            let from = i + (bits / 64) as usize;
            let word = |i: usize| u128::from(*self.0.get(i).unwrap_or(&0));
            out[i] = ((word(from + 1) << 64 | word(from)) >> (bits % 64)) as u64;
        }
        Self(out)
    }

    fn bit(self, i: i32) -> bool {
        let word = self.0.get((i.max(0) / 64) as usize);
        i >= 0 && word.is_some_and(|word| word >> (i % 64) & 1 == 1)
    }

    /// This number times 2^k to the nearest f64. It is 2^-200 of itself off at most, and so must not be that near to the
    /// middle of two.
    pub(crate) fn round(self, k: i32, negative: bool) -> f64 {
        let top = (0..64 * WORDS as i32)
            .rev()
            .find(|&i| self.bit(i))
            .unwrap_or(0);
        // The last bit that stays, and the one after it.
        let last = (top - 52).max(256 - 1074 - k);
        let mut kept = 0;
        for i in (last..=top).rev() {
            kept = kept << 1 | u64::from(self.bit(i));
        }
        let half = self.bit(last - 1);
        let decided = (top - 195..last - 1).any(|i| self.bit(i) == half);
        assert!(decided, "too near to the middle");
        let field = (last - 256 + k + 1074) as u64;
        let bits = (field << 52) + kept + u64::from(half);
        let bits = bits.min(f64::INFINITY.to_bits());
        f64::from_bits(bits | u64::from(negative) << 63)
    }
}

/// The significand and the exponent of |x|.
fn parts(x: f64) -> (u64, i32) {
    let bits = x.abs().to_bits();
    match bits >> 52 {
        0 => (bits, -1074),
        field => (bits & ((1 << 52) - 1) | 1 << 52, field as i32 - 1075),
    }
}

/// 2·(z + z³/3 + z⁵/5 + …), the logarithm of (1 + z)/(1 - z).
fn twice_atanh(z: Fixed) -> Fixed {
    let square = z.mul(z);
    let (mut power, mut sum) = (z, z);
    for n in (3..).step_by(2) {
        power = power.mul(square);
        let term = power.divided_by_whole(n);
        if term == Fixed::whole(0) {
            break;
        }
        sum = sum.add(term);
    }
    sum.add(sum)
}

static LN_2: LazyLock<Fixed> = LazyLock::new(|| twice_atanh(Fixed::whole(1).divided_by_whole(3)));

/// e^x = m·2^k with 1 ≤ m < 2 or nearly, |x| ≤ 1000.
pub(crate) fn exp(x: f64) -> (Fixed, i32) {
    let magnitude = Fixed::new(x);
    let mut k = (x * std::f64::consts::LOG2_E).floor() as i32;
    let multiple = |k: i32| LN_2.mul(Fixed::whole(u64::from(k.unsigned_abs())));
    let r = if x < 0.0 {
        if multiple(k).is_less(magnitude) {
            k -= 1;
        }
        multiple(k).sub(magnitude)
    } else {
        if magnitude.is_less(multiple(k)) {
            k -= 1;
        }
        magnitude.sub(multiple(k))
    };
    // The series at r/256, squared eight times.
    let r = r.divided_by_whole(256);
    let (mut term, mut sum) = (Fixed::whole(1), Fixed::whole(1));
    for n in 1.. {
        term = term.mul(r).divided_by_whole(n);
        if term == Fixed::whole(0) {
            break;
        }
        sum = sum.add(term);
    }
    for _ in 0..8 {
        sum = sum.mul(sum);
    }
    (sum, k)
}

/// ln x, rounded, of a positive finite x other than 1.
pub(crate) fn ln(x: f64) -> f64 {
    // x = m·2^k, m within 0.7 and 1.42.
    let (significand, exponent) = parts(x);
    let top = significand.ilog2() as i32;
    let mut k = top + exponent;
    let mut m = Fixed::whole(significand << (62 - top)).shifted_down(62);
    if Fixed::new(1.41).is_less(m) {
        (m, k) = (m.divided_by_whole(2), k + 1);
    }
    let one = Fixed::whole(1);
    let below_1 = m.is_less(one);
    let distance = if below_1 { one.sub(m) } else { m.sub(one) };
    let part = twice_atanh(distance.divided_by(one.add(m)));
    let whole = LN_2.mul(Fixed::whole(u64::from(k.unsigned_abs())));
    match (k < 0, below_1) {
        (false, false) => whole.add(part).round(0, false),
        (true, true) => whole.add(part).round(0, true),
        (false, true) if k == 0 => part.round(0, true),
        (false, true) => whole.sub(part).round(0, false),
        (true, false) => whole.sub(part).round(0, true),
    }
}
