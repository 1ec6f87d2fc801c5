//! The portable machine: eight lanes as an array, in plain Rust that the compiler turns into vector instructions.
//!
//! It comes with the fused multiply-add of the hardware, or, for CPUs without one, of [`fma`] below. The platform's
//! own software `fma` is never called: several are known to round wrongly.

use super::{HALF_STEP, Kernel, LANES, Simd, TWO_52};
use std::fmt::Debug;

/// Where the fused multiply-add comes from.
pub(crate) trait Fma: Copy + Debug + Send + Sync + 'static {
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
    fn run<K: Kernel>(s: Portable<Self>, kernel: K) -> K::Output;
}

/// A value of `Portable<F>` proves that the CPU has what `F` needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable<F>(F);

/// The CPU's instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hardware(());

/// [`fma`], in integer arithmetic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Software(());

impl Portable<Hardware> {
    /// `None` where the CPU lacks the instruction, or where this crate does not know how to ask.
    pub(crate) fn new() -> Option<Self> {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let found = is_x86_feature_detected!("fma");
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        let found = cfg!(target_arch = "aarch64");
        found.then_some(Self(Hardware(())))
    }
}

impl Portable<Software> {
    pub(crate) fn new() -> Self {
        Self(Software(()))
    }
}

impl Fma for Hardware {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn run<K: Kernel>(s: Portable<Self>, kernel: K) -> K::Output {
        /// The copy of the kernel in which `mul_add` is the instruction.
        #[cfg_attr(
            any(target_arch = "x86", target_arch = "x86_64"),
            target_feature(enable = "fma")
        )]
        #[inline(never)]
        fn with_fma<K: Kernel>(s: Portable<Hardware>, kernel: K) -> K::Output {
            kernel.run(s)
        }
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        // SAFETY: `s` exists, so the CPU has the instruction (`Portable::<Hardware>::new`).
        return unsafe { with_fma(s, kernel) };
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        with_fma(s, kernel)
    }
}

impl Fma for Software {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        fma(a, b, c)
    }

    #[inline(always)]
    fn run<K: Kernel>(s: Portable<Self>, kernel: K) -> K::Output {
        #[inline(never)]
        fn call<K: Kernel>(s: Portable<Software>, kernel: K) -> K::Output {
            kernel.run(s)
        }
        call(s, kernel)
    }
}

/// `f` for each lane. Loops over arrays, not `array::map`: its closure would stay a call in unoptimised builds.
macro_rules! lanes {
    (|$i:ident| $f:expr) => {{
        let mut out = [Default::default(); LANES];
        let mut $i = 0;
        while $i < LANES {
            out[$i] = $f;
            $i += 1;
        }
        out
    }};
}

impl<F: Fma> Simd for Portable<F> {
    type Vector = [f64; LANES];
    type Mask = [bool; LANES];
    type Half = [f64; LANES / 2];

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        F::run(self, kernel)
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Self::Vector {
        [x; LANES]
    }

    #[inline(always)]
    fn load(self, lanes: &[f64; LANES]) -> Self::Vector {
        *lanes
    }

    #[inline(always)]
    fn store(self, v: Self::Vector, lanes: &mut [f64; LANES]) {
        *lanes = v;
    }

    #[inline(always)]
    unsafe fn load_first(self, n: usize, from: *const f64) -> Self::Vector {
        if n == LANES {
            // SAFETY: eight values from `from` on are the caller's promise.
            return unsafe { *from.cast() };
        }
        let mut lanes = [0.0; LANES];
        // SAFETY: n ≤ 8 values from `from` on are the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), n) };
        lanes
    }

    #[inline(always)]
    unsafe fn store_first(self, n: usize, v: Self::Vector, to: *mut f64) {
        // SAFETY: n ≤ 8 values from `to` on are the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), to, n) };
    }

    #[inline(always)]
    fn half(self, v: Self::Vector) -> Self::Half {
        [v[0], v[1], v[2], v[3]]
    }

    #[inline(always)]
    fn mul_add_half(self, a: Self::Vector, b: Self::Half, c: Self::Half) -> Self::Half {
        let mut out = c;
        let mut i = 0;
        while i < LANES / 2 {
            out[i] = F::mul_add(a[i], b[i], c[i]);
            i += 1;
        }
        out
    }

    #[inline(always)]
    unsafe fn load_half(self, n: usize, from: *const f64) -> Self::Half {
        if n == LANES / 2 {
            // SAFETY: four values from `from` on are the caller's promise.
            return unsafe { *from.cast() };
        }
        // SAFETY: the caller's promise.
        self.half(unsafe { self.load_first(n, from) })
    }

    #[inline(always)]
    unsafe fn store_half(self, n: usize, v: Self::Half, to: *mut f64) {
        // SAFETY: n ≤ 4 values from `to` on are the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), to, n) };
    }

    #[inline(always)]
    fn transpose_half(self, rows: [Self::Half; LANES / 2]) -> [Self::Half; LANES / 2] {
        let mut out = rows;
        for (i, row) in rows.iter().enumerate() {
            for (j, &x) in row.iter().enumerate() {
                out[j][i] = x;
            }
        }
        out
    }

    #[inline(always)]
    fn prefetch(self, _: *const f64) {}

    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        let mut out = rows;
        for (i, row) in rows.iter().enumerate() {
            for (j, &x) in row.iter().enumerate() {
                out[j][i] = x;
            }
        }
        out
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] / b[i])
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        lanes!(|i| F::mul_add(a[i], b[i], c[i]))
    }

    #[inline(always)]
    fn neg(self, a: Self::Vector) -> Self::Vector {
        lanes!(|i| -a[i])
    }

    #[inline(always)]
    fn abs(self, a: Self::Vector) -> Self::Vector {
        lanes!(|i| f64::from_bits(a[i].to_bits() & !SIGN))
    }

    #[inline(always)]
    fn with_sign(self, magnitude: Self::Vector, sign: Self::Vector) -> Self::Vector {
        lanes!(|i| f64::from_bits(magnitude[i].to_bits() | sign[i].to_bits() & SIGN))
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn lookup(self, table: &[f64; 16], index: Self::Vector) -> Self::Vector {
        lanes!(|i| table[index[i].to_bits() as usize & 15])
    }

    #[inline(always)]
    fn raise(self, a: Self::Vector, n: Self::Vector) -> Self::Vector {
        lanes!(|i| f64::from_bits(a[i].to_bits().wrapping_add(n[i].to_bits() << 48)))
    }

    #[inline(always)]
    fn lower(self, a: Self::Vector) -> Self::Vector {
        let bits = TWO_52.to_bits();
        lanes!(|i| f64::from_bits(a[i].to_bits().wrapping_add(HALF_STEP) >> 48 | bits))
    }

    #[inline(always)]
    fn lt(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        lanes!(|i| a[i] < b[i])
    }

    #[inline(always)]
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| if mask[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn all(self, mask: Self::Mask) -> bool {
        mask == [true; LANES]
    }
}

const SIGN: u64 = 1 << 63;

/// `a * b + c` rounded once, to nearest even, for every triple: the product and the sum are formed exactly (but for a
/// sticky last bit) in 128-bit integers.
pub(crate) fn fma(a: f64, b: f64, c: f64) -> f64 {
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

    // Bits are lost only where the exponents are so far apart that the difference keeps its leading bit or the next;
    // the sticky bit then stands far below the last bit of the result.
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

    // The value is sum * 2^exponent; its leading bit stands for 2^top. The result's last bit stands for 2^last.
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
mod tests {
    use super::*;

    /// Bit patterns that meet: zeros, subnormals, the ends of every range, ties, and their neighbours.
    fn specials() -> Vec<f64> {
        let magnitudes = [
            0,
            1,
            2,
            3,
            0x000f_ffff_ffff_ffff,
            0x0010_0000_0000_0000,
            0x0010_0000_0000_0001,
            0x0350_0000_0000_0000,
            0x3c90_0000_0000_0000,
            0x3ca0_0000_0000_0000,
            0x3fdf_ffff_ffff_ffff,
            0x3fe0_0000_0000_0000,
            0x3fef_ffff_ffff_ffff,
            0x3ff0_0000_0000_0000,
            0x3ff0_0000_0000_0001,
            0x3ff8_0000_0000_0000,
            0x4000_0000_0000_0000,
            0x4330_0000_0000_0000,
            0x4340_0000_0000_0001,
            0x5fe0_0000_0000_0000,
            0x7fe0_0000_0000_0000,
            0x7fef_ffff_ffff_fffe,
            0x7fef_ffff_ffff_ffff,
            0x7ff0_0000_0000_0000,
            0x7ff8_0000_0000_0000,
        ];
        magnitudes
            .iter()
            .flat_map(|&m| [f64::from_bits(m), f64::from_bits(m | SIGN)])
            .collect()
    }

    /// Equal bits, or NaN on both sides.
    fn same(x: f64, y: f64) -> bool {
        x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan()
    }

    struct FusedBy<'a>(&'a [[f64; 3]]);

    impl Kernel for FusedBy<'_> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Vec<f64> {
            let mut lanes = [0.0; LANES];
            let one = |&[a, b, c]: &[f64; 3]| {
                s.store(s.mul_add(s.splat(a), s.splat(b), s.splat(c)), &mut lanes);
                lanes[0]
            };
            self.0.iter().map(one).collect()
        }
    }

    fn agrees_with_hardware(triples: &[[f64; 3]]) {
        let Some(hardware) = Portable::<Hardware>::new() else {
            eprintln!("SKIPPED: this CPU has no fused multiply-add to compare with");
            return;
        };
        for (&[a, b, c], expected) in triples.iter().zip(hardware.run(FusedBy(triples))) {
            let found = fma(a, b, c);
            assert!(
                same(found, expected),
                "fma({a:e}, {b:e}, {c:e}) = {found:e}, the instruction says {expected:e}"
            );
        }
    }

    #[test]
    fn software_fma_agrees_with_the_instruction_on_all_special_triples() {
        let specials = specials();
        for &a in &specials {
            let triples: Vec<_> = specials
                .iter()
                .flat_map(|&b| specials.iter().map(move |&c| [a, b, c]))
                .collect();
            agrees_with_hardware(&triples);
        }
    }

    #[test]
    fn software_fma_agrees_with_the_instruction_on_random_triples() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.wrapping_mul(0x2545_f491_4f6c_dd1d)
        };
        // A number near 2^exponent.
        let mut near = |exponent: i64| {
            let bits = random();
            let field = (exponent + 1023 + (bits >> 60) as i64 - 8).clamp(0, 2046) as u64;
            f64::from_bits(bits & SIGN | field << 52 | bits & ((1 << 52) - 1))
        };
        let mut triples = Vec::new();
        for i in 0..300_000 {
            let (x, y) = (i % 600 - 300, i % 700 - 350);
            let (a, b) = (near(x), near(y));
            triples.push([a, b, near(x + y)]);
            triples.push([a, b, -(a * b)]); // the rounding error of the product
            triples.push([a, b, near(x + y - 53)]);
            triples.push([a, b, near(x + y + 106)]);
            triples.push([near(-500), near(-540 - i % 40), near(-1040)]); // subnormal results
            triples.push([
                near(-500),
                near(-500 - i % 60),
                f64::from_bits((i % 3 + 1) as u64),
            ]);
            triples.push([near(500), near(500 + i % 30), near(1010)]); // around overflow
            // Ties: a·b a few bits long, c so far below that it decides.
            let short = f64::from_bits(a.to_bits() & !((1 << 27) - 1));
            triples.push([short, 1.0 + f64::EPSILON * 67_108_864.0, near(x - 106)]);
        }
        agrees_with_hardware(&triples);
        let patterns: Vec<_> = (0..300_000)
            .map(|_| [random(), random(), random()].map(f64::from_bits))
            .collect();
        agrees_with_hardware(&patterns);
    }

    #[test]
    fn known_witnesses_of_wrong_software_fma() {
        // fused -2^-54, unfused 0
        assert_eq!(
            fma(1.0 + 2f64.powi(-27), 1.0 - 2f64.powi(-27), -1.0),
            -(2f64.powi(-54))
        );
        // half-way between two doubles, decided by a bit 53 places below
        let (a, c) = (
            f64::from_bits(0x3ff0_0000_0000_0001),
            2f64.powi(-53) * 0.999,
        );
        assert_eq!(fma(a, 1.0, c), a);
        assert_eq!(fma(a, 1.0, 2f64.powi(-53)), 1.0 + 2.0 * f64::EPSILON);
        // half-way but for the last bit of 103: 2^102 + 1 is a product of two f64, half of the last bit of c is 2^102
        let (a, b) = (
            2f64.powi(51) - 2f64.powi(26) + 1.0,
            2f64.powi(51) + 2f64.powi(26) + 1.0,
        );
        for c in [2f64.powi(155), 2f64.powi(155) + 2f64.powi(104)] {
            assert_eq!(fma(a, b, c), c.next_up());
            assert_eq!(fma(-a, b, -c), -c.next_up());
        }
        let c = 2f64.powi(155) + 2f64.powi(104);
        assert_eq!(fma(-a, b, c), c.next_down());
        // exact zero is +0; an underflowed product keeps its sign
        assert!(same(fma(2.0, 3.0, -6.0), 0.0));
        assert!(same(fma(-1e-200, 1e-200, 0.0), -0.0));
        assert!(same(fma(-0.0, 1.0, -0.0), -0.0));
        // the product overflows, the sum does not
        assert_eq!(fma(f64::MAX, 2.0, -f64::MAX), f64::MAX);
        assert_eq!(
            fma(f64::MAX, f64::MAX, f64::NEG_INFINITY),
            f64::NEG_INFINITY
        );
    }
}
