//! A fused multiply-add for oracles that shares nothing with the library. `f64::mul_add` calls the platform's `fma` where
//! the CPU has no instruction, and two that were met are wrong: mingw's rounds twice, wasi-libc's gives +0 for a negative
//! product that underflows.
#![allow(dead_code, reason = "not every test program uses everything")]

/// Where `f64::mul_add` is known to be exact.
pub(crate) const PLATFORM_IS_EXACT: bool = cfg!(any(
    all(target_os = "linux", target_env = "gnu"),
    target_os = "macos"
));

/// `self * b + c` rounded once: by the platform where that is exact, else in integers.
pub(crate) trait Fused {
    fn fused(self, b: f64, c: f64) -> f64;
}

impl Fused for f64 {
    fn fused(self, b: f64, c: f64) -> f64 {
        if PLATFORM_IS_EXACT {
            self.mul_add(b, c)
        } else {
            in_integers(self, b, c)
        }
    }
}

/// `a * b + c` rounded once, computed in integers of 128 bits.
pub(crate) fn in_integers(a: f64, b: f64, c: f64) -> f64 {
    if !(a.is_finite() && b.is_finite() && c.is_finite()) || a == 0.0 || b == 0.0 {
        // Nothing here is rounded twice: the product is exact or not finite.
        let product = if a.is_finite() && b.is_finite() {
            a.signum() * b.signum() * 0.0
        } else {
            a * b
        };
        return product + c;
    }
    if c == 0.0 {
        return a * b;
    }
    let (product, c) = (multiply(parts(a), parts(b)), parts(c));
    let (product, c) = (on_the_left(product), on_the_left(c));
    let (large, small) = if product.2 >= c.2 {
        (product, c)
    } else {
        (c, product)
    };
    let distance = large.2 - small.2;
    // Bits that fall out at the right end stay as one bit that says so. There are none where much could cancel out, for
    // both have twenty zeros there.
    let moved = if distance < 127 {
        small.1 >> distance
    } else {
        0
    };
    let lost = distance >= 127 || moved << distance != small.1;
    let moved = moved | u128::from(lost);
    let (negative, sum) = if large.0 == small.0 {
        (large.0, large.1 + moved)
    } else if large.1 >= moved {
        (large.0, large.1 - moved)
    } else {
        (small.0, moved - large.1)
    };
    match sum {
        0 => 0.0,
        _ => rounded(negative, sum, large.2),
    }
}

/// Sign, significand and exponent of what is not zero: ± significand · 2^exponent.
type Parts = (bool, u128, i32);

fn parts(x: f64) -> Parts {
    let bits = x.to_bits();
    let fraction = u128::from(bits & ((1 << 52) - 1));
    match (bits >> 52) as i32 & 0x7ff {
        0 => (x.is_sign_negative(), fraction, -1074),
        exponent => (x.is_sign_negative(), fraction | 1 << 52, exponent - 1075),
    }
}

fn multiply(a: Parts, b: Parts) -> Parts {
    (a.0 != b.0, a.1 * b.1, a.2 + b.2)
}

/// The same value, its highest bit next to the two highest, which stay free for a sum's carry.
fn on_the_left((negative, significand, exponent): Parts) -> Parts {
    let shift = significand.leading_zeros() as i32 - 2;
    (negative, significand << shift, exponent - shift)
}

fn rounded(negative: bool, significand: u128, exponent: i32) -> f64 {
    let bits = 128 - significand.leading_zeros() as i32;
    // The last bit that is kept: of 53, or the last that a subnormal has.
    let last = (exponent + bits - 53).max(-1074);
    let kept = match last - exponent {
        shift @ ..=0 => significand << -shift,
        shift @ 1..=127 => {
            let (kept, half) = (significand >> shift, 1u128 << (shift - 1));
            let rest = significand & (2 * half - 1);
            kept + u128::from(rest > half || rest == half && kept & 1 == 1)
        }
        _ => 0,
    };
    // Exact, or an overflow: a power of two that is one itself, times at most 2^53.
    let power = match last {
        1024.. => f64::MAX,
        -1022.. => f64::from_bits(((last + 1023) as u64) << 52),
        _ => f64::from_bits(1 << (last + 1074)),
    };
    let magnitude = kept as f64 * power;
    if negative { -magnitude } else { magnitude }
}
