//! Against the CPU's instruction, where it has one, and against exact arithmetic on long integers.

use super::{SIGN, fma, is_ordinary, of_floats, of_integers};
use crate::random::splitmix64;
use crate::simd::{Hardware, Kernel, LANES, Portable, Simd};

/// Equal bits, or NaN on both sides.
fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan()
}

/// `a * b + c` of finite numbers by a whole number of 4352 bits, in units of 2^-2148, and one division by a power of two:
/// nothing is normalised, shifted out or remembered in a sticky bit.
fn reference(a: f64, b: f64, c: f64) -> f64 {
    if !a.is_finite() || !b.is_finite() || !c.is_finite() || a == 0.0 || b == 0.0 || c == 0.0 {
        // Nothing to round, or only the product.
        return match (a.is_finite() && b.is_finite(), a == 0.0 || b == 0.0) {
            (true, _) if !c.is_finite() => c,
            (true, false) => a * b,
            _ => a * b + c,
        };
    }
    // The last bit of a subnormal number is bit 1074 of a factor, 2148 of the product.
    let place = |x: f64| ((x.to_bits() >> 52 & 0x7ff) as usize).saturating_sub(1);
    let significand = |x: f64| {
        let fraction = x.to_bits() & ((1 << 52) - 1);
        fraction | u64::from(x.abs() >= f64::MIN_POSITIVE) << 52
    };
    let product = u128::from(significand(a)) * u128::from(significand(b));
    let (p, c_whole) = (Whole::new(product, place(a) + place(b)), significand(c));
    let q = Whole::new(c_whole.into(), place(c) + 1074);
    let p_negative = (a.to_bits() ^ b.to_bits()) & SIGN;
    let c_negative = c.to_bits() & SIGN;
    let (whole, negative) = match (p_negative == c_negative, p.less_than(&q)) {
        (true, _) => (p.plus(&q), c_negative),
        (false, true) => (q.minus(&p), c_negative),
        (false, false) => (p.minus(&q), p_negative),
    };
    let Some(top) = whole.top() else {
        return 0.0;
    };
    // 53 bits, or those above the smallest subnormal number's.
    let last = top.saturating_sub(52).max(1074);
    let mut quotient = (last..=top).rev().fold(0, |q, i| q << 1 | whole.bit(i));
    let half = whole.bit(last - 1) == 1;
    let more = (0..last - 1).any(|i| whole.bit(i) == 1);
    quotient += u64::from(half && (more || quotient & 1 == 1));
    // 2^1023, its exponent in two parts.
    let bits = match (quotient, last - 1074) {
        (0..0x10_0000_0000_0000, 0) => quotient,
        (0x20_0000_0000_0000, place) => ((place + 2) as u64) << 52,
        (_, place) => ((place + 1) as u64) << 52 | quotient & ((1 << 52) - 1),
    };
    f64::from_bits(bits.min(f64::INFINITY.to_bits()) | negative)
}

/// A whole number below 2^4352, its lowest 64 bits first.
struct Whole([u64; 68]);

impl Whole {
    /// `x * 2^shift`.
    fn new(x: u128, shift: usize) -> Self {
        let mut words = [0; 68];
        let (word, bits) = (shift / 64, shift % 64);
        words[word] = (x << bits) as u64;
        words[word + 1] = ((x << bits) >> 64) as u64;
        words[word + 2] = ((x >> 64) >> 1 >> (63 - bits)) as u64;
        Self(words)
    }

    fn less_than(&self, other: &Self) -> bool {
        self.0.iter().rev().lt(other.0.iter().rev())
    }

    fn plus(mut self, other: &Self) -> Self {
        let mut carry = false;
        for (x, &y) in self.0.iter_mut().zip(&other.0) {
            let (sum, over) = x.overflowing_add(y);
            let (sum, over_again) = sum.overflowing_add(carry.into());
            (*x, carry) = (sum, over || over_again);
        }
        self
    }

    /// `self - other`, which is not negative.
    fn minus(mut self, other: &Self) -> Self {
        let mut borrow = false;
        for (x, &y) in self.0.iter_mut().zip(&other.0) {
            let (rest, under) = x.overflowing_sub(y);
            let (rest, under_again) = rest.overflowing_sub(borrow.into());
            (*x, borrow) = (rest, under || under_again);
        }
        self
    }

    /// The place of the leading bit; `None` of 0.
    fn top(&self) -> Option<usize> {
        let word = self.0.iter().rposition(|&word| word != 0)?;
        Some(word * 64 + self.0[word].ilog2() as usize)
    }

    fn bit(&self, i: usize) -> u64 {
        self.0[i / 64] >> (i % 64) & 1
    }
}

/// [`fma`] of each triple by the CPU's instruction.
struct FusedBy<'a>(&'a [[f64; 3]]);

impl Kernel for FusedBy<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f64> {
        let mut results = Vec::with_capacity(self.0.len());
        for &[a, b, c] in self.0 {
            let mut lanes = [0.0; LANES];
            s.store(s.mul_add(s.splat(a), s.splat(b), s.splat(c)), &mut lanes);
            results.push(lanes[0]);
        }
        results
    }
}

/// Both methods, and lanes side by side, give what is expected of these triples.
fn check(triples: &[[f64; 3]], expected: &[f64], of: &str) {
    assert_eq!(triples.len(), expected.len());
    for (&[a, b, c], &expected) in triples.iter().zip(expected) {
        let expect = |found: f64, way| {
            assert!(
                same(found, expected),
                "{way}: fma({a:e}, {b:e}, {c:e}) = {found:e}, {of} {expected:e}; bits {:016x} {:016x} {:016x}",
                a.to_bits(),
                b.to_bits(),
                c.to_bits(),
            );
        };
        expect(of_integers(a, b, c), "of integers");
        if is_ordinary(a, b, c) {
            expect(of_floats(a, b, c), "of floats");
        }
    }
    for (triples, expected) in triples
        .chunks_exact(LANES)
        .zip(expected.chunks_exact(LANES))
    {
        let side = |k: usize| -> [f64; LANES] { std::array::from_fn(|i| triples[i][k]) };
        let found = fma(side(0), side(1), side(2));
        let equal = found.iter().zip(expected).all(|(&x, &y)| same(x, y));
        assert!(equal, "{triples:?}: {found:?}, {of} {expected:?}");
    }
}

fn check_by_reference(triples: &[[f64; 3]]) {
    let expected: Vec<_> = triples
        .iter()
        .map(|&[a, b, c]| reference(a, b, c))
        .collect();
    check(triples, &expected, "exact arithmetic says");
}

/// By the instruction; by the reference where the CPU has none.
fn check_by_instruction(triples: &[[f64; 3]]) {
    match Portable::<Hardware>::new() {
        Some(hardware) => check(
            triples,
            &hardware.run(FusedBy(triples)),
            "the instruction says",
        ),
        None => check_by_reference(triples),
    }
}

/// Zeros, subnormals, the ends of every range, ties, and their neighbours, with both signs.
fn specials() -> Vec<f64> {
    let magnitudes: [u64; 31] = [
        0,
        1,
        2,
        3,
        0x000f_ffff_ffff_ffff,
        0x0010_0000_0000_0000,
        0x0010_0000_0000_0001,
        0x0350_0000_0000_0000,
        0x0490_0000_0000_0000, // 2^-950, and the number below
        0x048f_ffff_ffff_ffff,
        0x23d0_0000_0000_0000, // 2^-450, and the number below
        0x23cf_ffff_ffff_ffff,
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
        0x5c10_0000_0000_0000, // 2^450, and the number above
        0x5c10_0000_0000_0001,
        0x5fe0_0000_0000_0000,
        0x7fe0_0000_0000_0000,
        0x7fef_ffff_ffff_fffe,
        0x7fef_ffff_ffff_ffff,
        0x7ff0_0000_0000_0000,
        0x7ff8_0000_0000_0000,
    ];
    let both = |&m: &u64| [f64::from_bits(m), f64::from_bits(m | SIGN)];
    magnitudes.iter().flat_map(both).collect()
}

/// Seeded triples of every kind that rounds or fails in a way of its own.
struct Triples(u64);

impl Triples {
    fn bits(&mut self) -> u64 {
        splitmix64(&mut self.0)
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.bits() % (high - low + 1) as u64) as i64
    }

    /// A number of magnitude 2^exponent to 2^(exponent + 1), subnormal where that is.
    fn near(&mut self, exponent: i64) -> f64 {
        let bits = self.bits();
        let fraction = bits & ((1 << 52) - 1);
        let magnitude = match exponent {
            ..-1074 => 0,
            -1074..-1022 => (fraction | 1 << 52) >> (-1022 - exponent),
            _ => ((exponent + 1023).min(2046) as u64) << 52 | fraction,
        };
        f64::from_bits(magnitude | bits & SIGN)
    }

    /// 2^exponent.
    fn power(exponent: i64) -> f64 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    }

    fn next(&mut self) -> [f64; 3] {
        let kind = self.between(0, 9);
        // Half of the ordinary kinds where the first way is taken, half anywhere.
        let reach = if self.bits() & 1 == 0 { 200 } else { 480 };
        let (x, y) = (self.between(-reach, reach), self.between(-reach, reach));
        let (a, b) = (self.near(x), self.near(y));
        match kind {
            0 => [0; 3].map(|_| f64::from_bits(self.bits())),
            // sums of like size
            1 => [a, b, {
                let z = x + y + self.between(-3, 3);
                self.near(z)
            }],
            // any distance at which one still moves the other, and some beyond
            2 => [a, b, {
                let z = x + y + self.between(-170, 170);
                self.near(z)
            }],
            // cancellation: the rounding error of the product, and a few units of the last place beside it
            3 => {
                let step = self.between(-8, 8).clamp(-4, 4) % 4;
                [
                    a,
                    b,
                    f64::from_bits((-(a * b)).to_bits().wrapping_add_signed(step)),
                ]
            }
            // half-way cases: half a unit of c's last place, or so little more or less that only all bits tell
            4 | 5 => {
                let z = x + y;
                let c = self.near(z);
                let (half, little) = (Self::power(z - 53 - y), Self::power(-self.between(1, 52)));
                let (a, b) = match self.bits() % 4 {
                    0 => (half, 1.0),
                    1 => (half * (1.0 + little), 1.0),
                    2 => (half * (1.0 - little), 1.0),
                    _ => (half * (1.0 + little), 1.0 - little),
                };
                let sign = if self.bits() & 1 == 0 { 1.0 } else { -1.0 };
                [a * sign, b * Self::power(y), c]
            }
            // half-way cases of a product of 54 bits, decided by c far below, or by nothing
            6 => {
                let short =
                    |bits: u64, x: i64| (bits >> 37 | 1 << 26 | 1) as f64 * Self::power(x - 26);
                let (a, b) = (short(self.bits(), x), short(self.bits(), y));
                let z = x + y - self.between(100, 300);
                [
                    a,
                    b,
                    if self.bits().is_multiple_of(4) {
                        0.0
                    } else {
                        self.near(z)
                    },
                ]
            }
            // subnormal results
            7 => {
                let x = self.between(-540, -480);
                let (y, z) = (self.between(-1080, -1015) - x, self.between(-1080, -1010));
                [self.near(x), self.near(y), self.near(z)]
            }
            // around overflow
            8 => {
                let x = self.between(300, 700);
                let (y, z) = (self.between(1020, 1026) - x, self.between(960, 1023));
                [self.near(x), self.near(y), self.near(z)]
            }
            // a special value among others
            _ => {
                let mut triple = [a, b, self.near(x + y)];
                let specials = SPECIALS.get_or_init(specials);
                triple[self.bits() as usize % 3] = specials[self.bits() as usize % specials.len()];
                triple
            }
        }
    }

    fn some(&mut self, n: usize) -> Vec<[f64; 3]> {
        (0..n).map(|_| self.next()).collect()
    }
}

static SPECIALS: std::sync::OnceLock<Vec<f64>> = std::sync::OnceLock::new();

#[test]
fn all_special_triples_are_exact() {
    let specials = specials();
    for &a in &specials {
        let with_b = |&b: &f64| specials.iter().map(move |&c| [a, b, c]).collect::<Vec<_>>();
        let triples: Vec<_> = specials.iter().flat_map(with_b).collect();
        check_by_reference(&triples);
        check_by_instruction(&triples);
    }
}

#[test]
fn a_hundred_thousand_triples_are_exact() {
    check_by_reference(&Triples(1).some(100_000));
}

#[test]
fn ten_million_triples_agree_with_the_instruction() {
    // The reference would take minutes for as many in an unoptimised build.
    let rounds = if Portable::<Hardware>::new().is_some() {
        1000
    } else {
        20
    };
    let mut triples = Triples(2);
    for _ in 0..rounds {
        check_by_instruction(&triples.some(10_000));
    }
}

/// `cargo test --release --lib -- --ignored a_billion_triples`
///
/// Run once on a Zen 4: 1 000 000 000 triples, 0 differing bits.
#[test]
#[ignore = "minutes; see the comment"]
fn a_billion_triples_agree_with_the_instruction() {
    assert!(
        Portable::<Hardware>::new().is_some(),
        "no instruction to compare with"
    );
    std::thread::scope(|scope| {
        for thread in 0..2 {
            scope.spawn(move || {
                let mut triples = Triples(3 << 40 | thread);
                for _ in 0..50_000 {
                    check_by_instruction(&triples.some(10_000));
                }
            });
        }
    });
}

#[test]
fn known_witnesses_of_wrong_software_fma() {
    let check = |triple: [f64; 3], expected: f64| check(&[triple], &[expected], "expected");
    let two = |exponent| 2f64.powi(exponent);
    // fused -2^-54, unfused 0
    check([1.0 + two(-27), 1.0 - two(-27), -1.0], -two(-54));
    // half-way between two doubles, decided by a bit 53 places below
    let a = 1.0 + f64::EPSILON;
    check([a, 1.0, two(-53) * 0.999], a);
    check([a, 1.0, two(-53)], 1.0 + 2.0 * f64::EPSILON);
    // what one C library got wrong
    check([a, 1.0, two(-53) - two(-64)], a);
    // half-way but for the last bit of 103: 2^102 + 1 is a product of two f64, half of the last bit of c is 2^102
    let (a, b) = (two(51) - two(26) + 1.0, two(51) + two(26) + 1.0);
    for c in [two(155), two(155) + two(104)] {
        check([a, b, c], c.next_up());
        check([-a, b, -c], -c.next_up());
    }
    let c = two(155) + two(104);
    check([-a, b, c], c.next_down());
    // exact zero is +0; an underflowed product keeps its sign
    check([2.0, 3.0, -6.0], 0.0);
    check([-1e-200, 1e-200, 0.0], -0.0);
    check([-0.0, 1.0, -0.0], -0.0);
    // the product overflows, the sum does not
    check([f64::MAX, 2.0, -f64::MAX], f64::MAX);
    check([f64::MAX, f64::MAX, f64::NEG_INFINITY], f64::NEG_INFINITY);
}
