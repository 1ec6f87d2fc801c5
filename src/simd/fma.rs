//! The fused multiply-add for CPUs without the instruction: `a * b + c` rounded once, to nearest even, for every triple.
//!
//! Two methods that give the same bits:
//!
//! 1. **Of floating-point operations**, for ordinary lanes ([`is_ordinary`]). The product is the exact sum of two f64
//!    (Dekker), so is each sum (Knuth); of the three terms that remain, the two small ones are added with rounding to
//!    odd, which leaves to the last addition whatever it needs to round correctly. Boldo and Melquiond prove it
//!    (*Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd*, 2008), where no operation
//!    overflows and no product falls below the smallest number.
//! 2. **Of integers**, for every triple: product and sum in 128 bits, exact but for a sticky last bit.
//!
//! A multiply-add of a product of 192×192 took 7.4 ns inlined, in integers alone 19.3 ns (Zen 4, SSE2 code). It is a call
//! for eight lanes nevertheless: inlined into every kernel, it made the tests take minutes to compile instead of 27 s.

/// `a * b + c` for each lane, rounded once.
#[inline(never)]
pub(super) fn fma<const N: usize>(a: [f64; N], b: [f64; N], c: [f64; N]) -> [f64; N] {
    let mut ordinary = true;
    let mut i = 0;
    while i < N {
        ordinary &= is_ordinary(a[i], b[i], c[i]);
        i += 1;
    }
    let mut out = c;
    let mut i = 0;
    if ordinary {
        while i < N {
            out[i] = of_floats(a[i], b[i], c[i]);
            i += 1;
        }
    } else {
        while i < N {
            out[i] = of_integers(a[i], b[i], c[i]);
            i += 1;
        }
    }
    out
}

/// Whether the first way holds: a and b are 0 or within 2^±450, c is +0 or within 2^±950.
///
/// Then the product is 0 or within 2^±900, each number on the way is a multiple of 2^-1004 (a product of two last
/// bits) or 2^-1002 (c's last bit), and none is above 2^952. With a product of -0 and c = -0 the first way would give +0.
#[inline(always)]
fn is_ordinary(a: f64, b: f64, c: f64) -> bool {
    // No short circuits: all lanes at once.
    is_0_or_within(450, a) & is_0_or_within(450, b) & is_0_or_within(950, c) & (c.to_bits() != SIGN)
}

/// Whether |x| is 0 or between 2^-exponent and 2^exponent.
#[inline(always)]
fn is_0_or_within(exponent: u64, x: f64) -> bool {
    let (least, most) = (1023 - exponent, 1023 + exponent);
    let x = x.abs();
    (x >= f64::from_bits(least << 52)) & (x <= f64::from_bits(most << 52)) | (x == 0.0)
}

/// The first way.
#[inline(always)]
fn of_floats(a: f64, b: f64, c: f64) -> f64 {
    let (large, small) = product(a, b);
    let (upper, lowest) = sum(c, small);
    let (high, middle) = sum(large, upper);
    // a * b + c = high + middle + lowest.
    let (low, lost) = sum(middle, lowest);
    // Rounded to odd: of the two neighbours of an inexact sum, the one with an odd last bit. Rounding to nearest has
    // found one of them; the other is one step in the direction of what was lost.
    let bits = low.to_bits();
    let step = (((bits ^ lost.to_bits()) as i64 >> 63) | 1) as u64;
    let even_and_inexact = (lost != 0.0) & (bits & 1 == 0);
    let low = if even_and_inexact {
        bits.wrapping_add(step)
    } else {
        bits
    };
    high + f64::from_bits(low)
}

/// `a * b`, and exactly what its rounding leaves out.
///
/// Of 53 bits, 26 at most are in either half of a number. So the products of halves are exact; the sums are multiples
/// of a power of two, and so small, that they are, too.
#[inline(always)]
fn product(a: f64, b: f64) -> (f64, f64) {
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    let product = a * b;
    let low = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    (product, low)
}

/// x rounded to 26 bits, and the rest, exactly.
#[inline(always)]
fn halves(x: f64) -> (f64, f64) {
    let high = f64::from_bits(x.to_bits().wrapping_add(1 << 26) & !((1 << 27) - 1));
    (high, x - high)
}

/// `a + b`, and exactly what its rounding leaves out.
#[inline(always)]
fn sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

const SIGN: u64 = 1 << 63;

/// The second way, for every triple: see above.
fn of_integers(a: f64, b: f64, c: f64) -> f64 {
    if !c.is_finite() && a.is_finite() && b.is_finite() {
        return c + c; // without a * b, which may overflow where the exact product does not
    }
    if c == 0.0 && a != 0.0 && b != 0.0 {
        return a * b; // not a * b + c: a product that underflows to -0 keeps its sign
    }
    if !a.is_finite() || !b.is_finite() || a == 0.0 || b == 0.0 {
        return a * b + c; // the product is exact: 0, infinite, or NaN
    }

    let (a, b, c) = (Parts::new(a), Parts::new(b), Parts::new(c));
    let product = Parts {
        negative: a.negative != b.negative,
        exponent: a.exponent + b.exponent,
        significand: a.significand * b.significand,
    }
    .normalized();
    let c = c.normalized();
    let (large, small) = if (product.exponent, product.significand) < (c.exponent, c.significand) {
        (c, product)
    } else {
        (product, c)
    };

    // The low 20 bits of both are 0. So bits are lost only where the exponents are more than 20 apart, and the sum then
    // has its leading bit at 125 at least: 73 bits or more are dropped below. A last bit of 1 stands for whatever was
    // lost with it: the exact sum lies less than 1 to either side of the odd number found, and no even one, hence no
    // number of 53 bits and no half-way case, between them.
    let shift = (large.exponent - small.exponent) as u32;
    let aligned = match shift {
        0 => small.significand,
        1..128 => small.significand >> shift | u128::from(small.significand << (128 - shift) != 0),
        _ => 1,
    };
    let sum = if large.negative == small.negative {
        large.significand + aligned
    } else {
        large.significand - aligned
    };
    if sum == 0 {
        return 0.0;
    }

    // The value is sum * 2^exponent, its sign that of `large`; its leading bit stands for 2^top. The result's last bit
    // stands for 2^last.
    let top = sum.ilog2() as i32 + large.exponent;
    let last = (top - 52).max(-1074);
    // c is a multiple of 2^-1074 and `large` is no smaller, so its exponent is at least -1200 and this at most 126.
    let drop = last - large.exponent;
    let magnitude = if drop <= 0 {
        (sum << -drop) as u64
    } else {
        let (quotient, rest, half) = ((sum >> drop) as u64, sum << (128 - drop), 1 << 127);
        quotient + u64::from(rest > half || (rest == half && quotient & 1 == 1))
    };
    // A normal number's leading bit, at 52, counts as one more in the exponent field; so does a carry.
    let exponent_field = (last + 1074) as u64;
    let bits = if exponent_field > 2045 {
        f64::INFINITY.to_bits()
    } else {
        (exponent_field << 52) + magnitude
    };
    f64::from_bits(bits | if large.negative { SIGN } else { 0 })
}

/// ±significand · 2^exponent.
struct Parts {
    negative: bool,
    exponent: i32,
    significand: u128,
}

impl Parts {
    fn new(x: f64) -> Self {
        let bits = x.to_bits();
        let (field, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let significand = if field == 0 {
            fraction
        } else {
            fraction | 1 << 52
        };
        Self {
            negative: bits & SIGN != 0,
            exponent: field.max(1) - 1075,
            significand: significand.into(),
        }
    }

    /// The same value with the leading bit of the significand at 126, one below the top: a sum of two still fits.
    fn normalized(self) -> Self {
        let shift = self.significand.leading_zeros() as i32 - 1;
        Self {
            significand: self.significand << shift,
            exponent: self.exponent - shift,
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
