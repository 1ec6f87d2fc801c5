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

/// B as it is, or packed before.
#[derive(Clone, Copy, Debug)]
enum Form {
    Plain,
    Packed,
}

/// The product into memory that keeps what lies between and around the rows.
fn run(
    isa: Isa,
    parts: usize,
    blocking: Option<Blocking>,
    a: Operand<'_>,
    (b, form): (Operand<'_>, Form),
    place: (usize, usize),
) -> Vec<f64> {
    let packed = PackedPanels::new(b).unwrap();
    let rhs = match form {
        Form::Plain => Rhs::Plain(b),
        Form::Packed => Rhs::Packed(packed.panels()),
    };
    written((a.rows(), b.cols()), place, |out| {
        product_on(isa, parts, blocking, a, rhs, out).unwrap();
    })
}

/// What `write` writes to a NaN-filled output of `m` × `n` whose rows are `gap` apart and which starts `offset` values
/// into its memory; what lies between and around must stay as it is.
fn written(
    (m, n): (usize, usize),
    (gap, offset): (usize, usize),
    write: impl FnOnce(Output<'_>),
) -> Vec<f64> {
    const CANARY: f64 = -7.25e77;
    let stride = n + gap;
    let mut memory = vec![CANARY; offset + m * stride + gap + 8];
    let out = &mut memory[offset..];
    for i in 0..m {
        out[i * stride..][..n].fill(f64::NAN);
    }
    write(Output::new(out, m, n, stride));
    let mut result = Vec::new();
    for i in 0..m {
        result.extend_from_slice(&out[i * stride..][..n]);
        let gap = &out[i * stride + n..][..gap];
        assert!(
            gap.iter().all(|&x| x == CANARY),
            "the gap behind row {i} was written"
        );
    }
    let behind = &out[m * stride..];
    assert!(
        behind.iter().all(|&x| x == CANARY),
        "written behind the end"
    );
    assert!(
        memory[..offset].iter().all(|&x| x == CANARY),
        "written before the start"
    );
    result
}

/// Blocks so small that every edge is met, with and without packing.
const TINY: [Blocking; 4] = {
    const fn tiny(pack_a: bool, pack_b: bool) -> Blocking {
        Blocking {
            mc: 6,
            kc: 3,
            nc: 8,
            pack_a,
            pack_b,
            line_up: pack_a,
        }
    }
    [
        tiny(false, false),
        tiny(false, true),
        tiny(true, false),
        tiny(true, true),
    ]
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
                    let (a, b) = (a.operand(), b.operand());
                    let expected = naive(a, b);
                    for form in [Form::Plain, Form::Packed] {
                        let tiny = TINY[(m + k + n) % TINY.len()];
                        for blocking in [None, Some(tiny)] {
                            let found = run(isa, 1, blocking, a, (b, form), (0, 0));
                            assert_same(&found, &expected, &(isa, m, k, n, blocking, form));
                        }
                    }
                    let found = run(isa, 3, None, a, (b, Form::Plain), (1, 0));
                    assert_same(&found, &expected, &(isa, m, k, n, "in three parts"));
                }
            }
        }
    }
}

#[test]
fn small_products_in_tiles_of_every_width() {
    for isa in Isa::available() {
        let mut random = Random(7);
        for n in 1..=SMALL + 1 {
            for m in [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, SMALL, SMALL + 1] {
                let k = 1 + (m + n) % 3;
                let layout = Layout {
                    transposed: n % 2 == 0,
                    gap: n % 3,
                    offset: n % 5,
                };
                let a = Stored::new(m, k, layout, || random.wild());
                let b = Stored::new(k, n, PLAIN, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let found = run(isa, 1, None, a, (b, Form::Plain), (m % 3, n % 4));
                assert_same(&found, &naive(a, b), &(isa, m, k, n));
            }
        }
    }
}

#[test]
fn a_small_product_is_one_that_fits() {
    let values = [1.0; SMALL + 1];
    let plain = |rows, cols| Operand::row_major(&values, rows, cols, cols);
    let taken = |a, b, rows, cols| {
        let mut out = [f64::NAN; SMALL + 1];
        let done = small_product(a, b, Output::new(&mut out, rows, cols, cols));
        assert!(done || out.iter().all(|x| x.is_nan()));
        done
    };
    assert!(taken(plain(2, 3), plain(3, 2), 2, 2));
    assert!(taken(plain(1, SMALL), plain(SMALL, 1), 1, 1));
    assert!(!taken(plain(2, 3), plain(2, 3), 2, 3), "inner sizes differ");
    assert!(!taken(plain(2, 3), plain(3, 2), 3, 2), "rows of the result");
    assert!(
        !taken(plain(2, 3), plain(3, 2), 2, 3),
        "columns of the result"
    );
    assert!(
        !taken(plain(2, 3), plain(2, 3).transposed(), 2, 2),
        "columns of B lie apart"
    );
    assert!(
        !taken(plain(8, 2), plain(2, 1), 8, 1),
        "a column has its own way"
    );
    for (m, k, n) in [
        (0, 2, 2),
        (2, 0, 2),
        (2, 2, 0),
        (SMALL + 1, 1, 1),
        (1, SMALL + 1, 1),
        (1, 1, SMALL + 1),
    ] {
        assert!(!taken(plain(m, k), plain(k, n), m, n), "{m}x{k}x{n}");
        assert!(small_product_boxed(plain(m, k), plain(k, n)).is_none());
    }
    let boxed = small_product_boxed(plain(2, 3), plain(3, 4)).unwrap();
    assert_same(&boxed, &[3.0; 8], &"boxed");
    assert!(small_product_boxed(plain(2, 3), plain(2, 3)).is_none());
}

/// The machines for a product of so many multiply-adds: one without an instruction for them is slow, so it is left out
/// of large products.
fn machines(m: usize, k: usize, n: usize) -> impl Iterator<Item = Isa> {
    let slow = |isa: &Isa| matches!(isa, Isa::PortableSoftware(_));
    let small = m * k * n <= 20_000;
    let machines = Isa::available().into_iter();
    machines.filter(move |isa| small || !slow(isa))
}

#[test]
fn sizes_around_every_tile_and_block_size() {
    let mut random = Random(2);
    let mut check = |m: usize, k: usize, n: usize, blocking: Option<Blocking>, form: Form| {
        let a = Stored::new(m, k, PLAIN, || random.number());
        let b = Stored::new(k, n, PLAIN, || random.number());
        let expected = naive(a.operand(), b.operand());
        for isa in machines(m, k, n) {
            let found = run(isa, 1, blocking, a.operand(), (b.operand(), form), (1, 3));
            assert_same(&found, &expected, &(isa, m, k, n, blocking, form));
        }
    };
    let around = |size: usize| [size - 1, size, size + 1];
    // Tiles: heights to 8 and widths to 24, and to 4 × 48; one row to 64 columns; the limit of small products.
    for m in [1, 2, 3, 4, 5, 7, 8, 9, 16, 17] {
        for n in [23, 24, 25, 47, 48, 49, 63, 64, 65, 127, 128, 129] {
            check(m, 5, n, None, Form::Plain);
            check(m, 5, n, None, Form::Packed);
        }
    }
    for size in around(128) {
        check(size, size, size, None, Form::Plain);
    }
    // Blocks, with everything packed.
    let blocking = Blocking {
        mc: 32,
        kc: 64,
        nc: 48,
        pack_a: true,
        pack_b: true,
        line_up: true,
    };
    for m in around(32).into_iter().chain(around(64)) {
        for k in around(64).into_iter().chain(around(128)) {
            for n in around(48).into_iter().chain(around(96)) {
                check(m, k, n, Some(blocking), Form::Plain);
            }
        }
    }
    // The sizes at which the real blocking starts to cut and to pack.
    for k in around(512).into_iter().chain(around(256)) {
        check(9, k, 30, None, Form::Plain);
        check(260, k, 300, None, Form::Plain);
        check(260, k, 300, None, Form::Packed);
    }
    for n in around(1024) {
        check(3, 70, n, None, Form::Plain);
        check(257, 300, n, None, Form::Plain);
    }
    for k in around(64) {
        check(40, k, 200, None, Form::Plain);
        // Wide: the columns before the first cache line are a block of their own, where lines start alike.
        for n in around(512).into_iter().chain([1021, 1024]) {
            check(70, k, n, None, Form::Plain);
        }
    }
}

#[test]
fn one_row_and_one_column() {
    let mut random = Random(5);
    let sizes = [
        1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 511, 512, 513, 2047, 2049,
    ];
    for k in sizes {
        for n in sizes.into_iter().filter(|n| n * k <= 1 << 18) {
            for isa in machines(1, k, n) {
                let transposed = Layout {
                    transposed: true,
                    ..PLAIN
                };
                for layout in [
                    PLAIN,
                    transposed,
                    Layout {
                        gap: 1,
                        offset: 5,
                        ..PLAIN
                    },
                ] {
                    let row = Stored::new(1, k, PLAIN, || random.wild());
                    let b = Stored::new(k, n, layout, || random.wild());
                    let (a, b) = (row.operand(), b.operand());
                    let found = run(isa, 1, None, a, (b, Form::Plain), (0, 1));
                    assert_same(&found, &naive(a, b), &(isa, "row", k, n, layout));
                    // The same numbers as a column: x is contiguous, or every third of a wider matrix.
                    let gap = n % 2 * 2;
                    let column = Stored::new(k, 1, Layout { gap, ..PLAIN }, || random.wild());
                    let (a, b) = (b.transposed(), column.operand());
                    let found = run(isa, 1, None, a, (b, Form::Plain), (k % 2, 1));
                    assert_same(&found, &naive(a, b), &(isa, "column", n, k, layout));
                }
            }
        }
    }
}

/// Every number of rows and columns, groups of 8 rows and what is left of them, chains that end with the block and
/// chains that go on, B in place and packed.
#[test]
fn a_few_columns_of_any_number_of_rows() {
    let mut random = Random(8);
    for n in 1..=13 {
        for m in [7, 8, 9, 15, 16, 17, 41] {
            for k in [1, 7, 8, 9, 16, 31, 70] {
                let layout = Layout {
                    gap: m % 3,
                    offset: (k + n) % 8,
                    ..PLAIN
                };
                let a = Stored::new(m, k, layout, || random.wild());
                let b = Stored::new(k, n, layout, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let expected = naive(a, b);
                let resumed = |kc, pack_b| {
                    Some(Blocking {
                        mc: 24,
                        kc,
                        nc: 48,
                        pack_a: false,
                        pack_b,
                        line_up: false,
                    })
                };
                for isa in machines(m, k, n) {
                    for blocking in [None, resumed(5, false), resumed(8, true), resumed(17, true)] {
                        for form in [Form::Plain, Form::Packed] {
                            let found = run(isa, 1, blocking, a, (b, form), (n % 3, m % 8));
                            assert_same(&found, &expected, &(isa, m, k, n, blocking, form));
                        }
                    }
                }
            }
        }
    }
}

/// Every number of rows that a machine takes, around every number of depths at a time and every width.
#[test]
fn a_few_rows_of_any_width() {
    let mut random = Random(9);
    for k in [1, 7, 8, 9, 15, 16, 17, 33] {
        for (n, gap) in [
            (1, 0),
            (7, 0),
            (8, 0),
            (9, 7),
            (40, 0),
            (63, 1),
            (70, 2),
            (2047, 1),
            (2048, 0),
            (2061, 3),
        ] {
            for m in 1..=10 {
                let layout = Layout {
                    gap,
                    offset: (m + k) % 8,
                    ..PLAIN
                };
                let a = Stored::new(m, k, layout, || random.wild());
                let b = Stored::new(k, n, layout, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let expected = naive(a, b);
                for isa in machines(m, k, n) {
                    let found = written((m, n), (k % 3, m % 8), |out| {
                        isa.run(FewRows { a, b, c: &out });
                    });
                    assert_same(&found, &expected, &(isa, m, k, n));
                }
            }
        }
    }
}

/// B too large for the second cache, however large that is.
#[test]
fn a_few_rows_times_a_large_matrix() {
    let n = 1000;
    let k = 4 * l2_bytes() / 8 / n + 3;
    let b = Stored::new(k, n, PLAIN, {
        let mut random = Random(10);
        move || random.number()
    });
    for m in [2, 4, 5, 8] {
        let mut random = Random(m as u64);
        let a = Stored::new(m, k, PLAIN, || random.number());
        let expected = naive(a.operand(), b.operand());
        for isa in machines(m, k, n) {
            for parts in [1, 3] {
                let found = run(
                    isa,
                    parts,
                    None,
                    a.operand(),
                    (b.operand(), Form::Plain),
                    (0, 0),
                );
                assert_same(&found, &expected, &(isa, m, parts));
            }
        }
    }
}

/// Every number of rows up to three times 16 and one more, every place of a row in its cache line, rows 4096 bytes apart
/// and not, fewer columns than the lower rows' lag, as many, and more.
#[test]
fn one_column_of_any_number_of_rows() {
    let mut random = Random(7);
    for k in [1, 3, 4, 5, 8, 63, 64, 65, 67, 68, 71, 130] {
        for (gap, offset) in [(0, 0), (512 - k, 0), (512 - k, k % 8), (1, 3), (511 - k, 1)] {
            let layout = Layout {
                gap,
                offset,
                ..PLAIN
            };
            let a = Stored::new(49, k, layout, || random.wild());
            let x = Stored::new(k, 1, PLAIN, || random.wild());
            let (a, x) = (a.operand(), x.operand());
            let expected = naive(a, x);
            for isa in machines(49, k, 1) {
                for m in 8..=49 {
                    let rows = a.block(0, 0, m, k);
                    let found = run(isa, 1, None, rows, (x, Form::Plain), (m % 2, 1));
                    assert_same(&found, &expected[..m], &(isa, m, k, layout));
                }
            }
        }
    }
}

#[test]
fn every_number_of_threads_and_every_place_in_a_cache_line() {
    let mut random = Random(6);
    for (m, k, n) in [
        (1, 40, 300),
        (300, 40, 1),
        (33, 70, 95),
        (3, 600, 17),
        (100, 5, 24),
        (2, 2, 2),
    ] {
        for offset in 0..8 {
            let layout = Layout { offset, ..PLAIN };
            let a = Stored::new(m, k, layout, || random.wild());
            let b = Stored::new(k, n, layout, || random.wild());
            let (a, b) = (a.operand(), b.operand());
            let expected = naive(a, b);
            for isa in machines(m, k, n) {
                for parts in 1..=16 {
                    for form in [Form::Plain, Form::Packed] {
                        let found = run(isa, parts, None, a, (b, form), (0, offset));
                        assert_same(&found, &expected, &(isa, m, k, n, offset, parts, form));
                    }
                }
            }
        }
    }
}

#[test]
fn a_chain_that_underflows_keeps_its_sign_and_its_order() {
    // -0 from an underflowed product, then zero terms: padding with zeros or skipping them would change the bits.
    let a = [-1e-200, 0.0, 0.0];
    let b = [1e-200, 0.0, -0.0];
    let chain = |a: &[f64; 3], b: &[f64; 3], tiny: Blocking| {
        let (a, b) = (
            Operand::row_major(a, 1, 3, 3),
            Operand::row_major(b, 3, 1, 1),
        );
        run(Isa::current(), 1, Some(tiny), a, (b, Form::Plain), (0, 0))
    };
    let found = chain(&a, &b, TINY[0]);
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
        for tiny in TINY {
            assert_eq!(chain(&a, &[1.0; 3], tiny), [expected], "{order:?} {tiny:?}");
        }
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
        let (fa, fb) = (
            Operand::row_major(&fa, m, k, k),
            Operand::row_major(&fb, k, n, n),
        );
        let found = run(Isa::current(), 1, None, fa, (fb, Form::Plain), (0, 0));
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
        (pack_a, pack_b, line_up, own, packed) in any::<(bool, bool, bool, bool, bool)>(),
        (la, lb, gap) in (layout(), layout(), 0..4usize),
        parts in 1..=5usize,
        (seed, wild) in (any::<u64>(), any::<bool>()),
    ) {
        let mut random = Random(seed);
        let mut value = || if wild { random.wild() } else { random.number() };
        let a = Stored::new(m, k, la, &mut value);
        let b = Stored::new(k, n, lb, &mut value);
        let blocking = own.then_some(Blocking { mc, kc, nc, pack_a, pack_b, line_up });
        let form = if packed { Form::Packed } else { Form::Plain };
        let expected = naive(a.operand(), b.operand());
        for isa in machines(m, k, n) {
            let found = run(isa, parts, blocking, a.operand(), (b.operand(), form), (gap, gap));
            assert_same(&found, &expected, &(isa, m, k, n, blocking, form, la, lb, parts));
        }
    }
}
