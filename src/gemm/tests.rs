//! The product against the contract's own three lines, bit for bit.

use super::*;
use crate::simd::Isa;
use proptest::prelude::*;

/// The contract, word for word.
fn naive(a: Operand<'_>, b: Operand<'_>) -> Vec<f64> {
    let mut c = Vec::with_capacity(a.rows() * b.cols());
    for i in 0..a.rows() {
        for j in 0..b.cols() {
            let mut sum = 0.0;
            for p in 0..a.cols() {
                sum = f64::mul_add(a.from(i, p)[0], b.from(p, j)[0], sum);
            }
            c.push(sum);
        }
    }
    c
}

/// Equal bits, NaN standing for NaN.
fn assert_same(found: &[f64], expected: &[f64], what: &dyn std::fmt::Debug) {
    assert_eq!(found.len(), expected.len(), "{what:?}");
    for (i, (x, y)) in found.iter().zip(expected).enumerate() {
        assert!(
            x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan(),
            "{what:?}: element {i} is {x:e}, not {y:e}"
        );
    }
}

/// A small seeded generator: the same cases in every run.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// Numbers whose sums round: both signs, a few binades.
    fn number(&mut self) -> f64 {
        (self.bits() as i64 as f64) * 2f64.powi(-63 + (self.bits() % 8) as i32)
    }

    /// One in eight is a zero of either sign, an infinity, NaN, subnormal, or close to overflow.
    fn wild(&mut self) -> f64 {
        const WILD: [f64; 8] = [
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            5e-324,
            -1e-310,
            f64::MAX,
        ];
        match self.bits() % 64 {
            i @ 0..8 => WILD[i as usize],
            8..16 => self.number() * 1e-160,
            _ => self.number(),
        }
    }
}

/// How an operand lies in memory.
#[derive(Clone, Copy, Debug)]
struct Layout {
    transposed: bool,
    gap: usize,
    offset: usize,
}

const PLAIN: Layout = Layout {
    transposed: false,
    gap: 0,
    offset: 0,
};

struct Stored {
    data: Vec<f64>,
    rows: usize,
    cols: usize,
    layout: Layout,
}

impl Stored {
    /// `rows` × `cols` values, gaps filled with NaN.
    fn new(rows: usize, cols: usize, layout: Layout, mut value: impl FnMut() -> f64) -> Self {
        let (outer, inner) = if layout.transposed {
            (cols, rows)
        } else {
            (rows, cols)
        };
        let mut data = vec![f64::NAN; layout.offset];
        for _ in 0..outer {
            data.extend((0..inner).map(|_| value()));
            data.extend((0..layout.gap).map(|_| f64::NAN));
        }
        Self {
            data,
            rows,
            cols,
            layout,
        }
    }

    fn operand(&self) -> Operand<'_> {
        let data = &self.data[self.layout.offset..];
        if self.layout.transposed {
            Operand::row_major(data, self.cols, self.rows, self.rows + self.layout.gap).transposed()
        } else {
            Operand::row_major(data, self.rows, self.cols, self.cols + self.layout.gap)
        }
    }
}

/// The product into a NaN-filled output whose rows are `gap` apart; the gaps must stay as they are.
fn run(isa: Isa, blocking: Blocking, a: Operand<'_>, b: Operand<'_>, gap: usize) -> Vec<f64> {
    const CANARY: f64 = -7.25e77;
    let (m, n) = (a.rows(), b.cols());
    let stride = n + gap;
    let mut out = vec![CANARY; m * stride + gap];
    for i in 0..m {
        out[i * stride..][..n].fill(f64::NAN);
    }
    product_on(isa, blocking, a, b, Output::new(&mut out, m, n, stride)).unwrap();
    let mut result = Vec::new();
    for i in 0..m {
        result.extend_from_slice(&out[i * stride..][..n]);
        assert!(
            out[i * stride + n..][..gap].iter().all(|&x| x == CANARY),
            "the gap behind row {i} was written"
        );
    }
    assert!(
        out[m * stride..].iter().all(|&x| x == CANARY),
        "written behind the end"
    );
    result
}

const TINY: Blocking = Blocking {
    mc: 6,
    kc: 3,
    nc: 8,
};

#[test]
fn every_small_shape_on_every_machine() {
    for isa in Isa::available() {
        let mut random = Random(1);
        for m in 0..=17 {
            for k in 0..=17 {
                for n in 0..=17 {
                    let a = Stored::new(m, k, PLAIN, || random.wild());
                    let b = Stored::new(k, n, PLAIN, || random.wild());
                    let expected = naive(a.operand(), b.operand());
                    for blocking in [Blocking::PORTABLE, TINY] {
                        let found = run(isa, blocking, a.operand(), b.operand(), 0);
                        assert_same(&found, &expected, &(isa, m, k, n, blocking));
                    }
                }
            }
        }
    }
}

#[test]
fn sizes_around_every_block_size() {
    let Blocking { mc, kc, nc } = Blocking::PORTABLE;
    let around = |size: usize| [size - 1, size, size + 1];
    let mut random = Random(2);
    let mut check = |m: usize, k: usize, n: usize| {
        let a = Stored::new(m, k, PLAIN, || random.number());
        let b = Stored::new(k, n, PLAIN, || random.number());
        let found = run(
            Isa::current(),
            Blocking::PORTABLE,
            a.operand(),
            b.operand(),
            1,
        );
        assert_same(&found, &naive(a.operand(), b.operand()), &(m, k, n));
    };
    for m in around(mc).into_iter().chain(around(2 * mc)) {
        for k in around(kc) {
            check(m, k, 9);
        }
    }
    for k in around(2 * kc) {
        for n in around(nc) {
            check(7, k, n);
        }
    }
}

#[test]
fn a_chain_that_underflows_keeps_its_sign_and_its_order() {
    // -0 from an underflowed product, then zero terms: padding with zeros or skipping them would change the bits.
    let a = [-1e-200, 0.0, 0.0];
    let b = [1e-200, 0.0, -0.0];
    let found = run(
        Isa::current(),
        TINY,
        Operand::row_major(&a, 1, 3, 3),
        Operand::row_major(&b, 3, 1, 1),
        0,
    );
    assert_same(
        &found,
        &[(-1e-200f64).mul_add(1e-200, 0.0) + 0.0],
        &"underflow",
    );
    // 2^53 + 1 - 2^53: the order shows.
    let a = [2f64.powi(53), 1.0, -(2f64.powi(53))];
    for (order, expected) in [
        ([0, 1, 2], 0.0),
        ([0, 2, 1], 1.0),
        ([1, 0, 2], 0.0),
        ([2, 0, 1], 1.0),
    ] {
        let a = order.map(|i| a[i]);
        let ones = [1.0; 3];
        let found = run(
            Isa::current(),
            TINY,
            Operand::row_major(&a, 1, 3, 3),
            Operand::row_major(&ones, 3, 1, 1),
            0,
        );
        assert_eq!(found, [expected], "{order:?}");
    }
}

#[test]
fn integers_are_exact() {
    // Independent of fused or not, and of the order: all partial sums are whole numbers below 2^53.
    let mut random = Random(3);
    for (m, k, n) in [(1, 1, 1), (5, 300, 9), (80, 70, 60), (13, 257, 33)] {
        let a: Vec<i64> = (0..m * k)
            .map(|_| random.below(2001) as i64 - 1000)
            .collect();
        let b: Vec<i64> = (0..k * n)
            .map(|_| random.below(2001) as i64 - 1000)
            .collect();
        let floats = |x: &[i64]| x.iter().map(|&x| x as f64).collect::<Vec<f64>>();
        let (fa, fb) = (floats(&a), floats(&b));
        let found = run(
            Isa::current(),
            Blocking::PORTABLE,
            Operand::row_major(&fa, m, k, k),
            Operand::row_major(&fb, k, n, n),
            0,
        );
        for i in 0..m {
            for j in 0..n {
                let exact: i64 = (0..k).map(|p| a[i * k + p] * b[p * n + j]).sum();
                assert_eq!(found[i * n + j], exact as f64);
            }
        }
    }
}

fn layout() -> impl Strategy<Value = Layout> {
    (any::<bool>(), 0..4usize, 0..8usize).prop_map(|(transposed, gap, offset)| Layout {
        transposed,
        gap,
        offset,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_blocking_layout_and_value(
        (m, k, n) in (0..=200usize, 0..=200usize, 0..=200usize),
        (mc, kc, nc) in (1..=50usize, 1..=50usize, 1..=50usize),
        (la, lb, gap) in (layout(), layout(), 0..4usize),
        (seed, wild) in (any::<u64>(), any::<bool>()),
    ) {
        let mut random = Random(seed);
        let mut value = || if wild { random.wild() } else { random.number() };
        let a = Stored::new(m, k, la, &mut value);
        let b = Stored::new(k, n, lb, &mut value);
        let blocking = Blocking { mc, kc, nc };
        let found = run(Isa::current(), blocking, a.operand(), b.operand(), gap);
        assert_same(&found, &naive(a.operand(), b.operand()), &(m, k, n, blocking, la, lb));
    }
}
