//! The product against the contract's own three lines, bit for bit.

use super::plan::{Blocking, SMALL};
use super::*;
use crate::random::splitmix64;
use crate::simd::Isa;
use fma::Fused;
use proptest::prelude::*;

mod caches;
#[path = "../../../tests/common/fma.rs"]
mod fma;
mod operands;
mod paths;
mod planning;
mod small_products;
mod tasks;

/// The contract, word for word.
fn naive(a: Operand<'_>, b: Operand<'_>) -> Vec<f64> {
    let mut c = Vec::with_capacity(a.rows() * b.cols());
    for i in 0..a.rows() {
        for j in 0..b.cols() {
            let mut sum = 0.0;
            for p in 0..a.cols() {
                sum = a.from(i, p)[0].fused(b.from(p, j)[0], sum);
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
        splitmix64(&mut self.0)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// Numbers whose sums round: both signs, a few binades.
    fn number(&mut self) -> f64 {
        (self.bits() as i64 as f64) * 2f64.powi(-63 + (self.bits() % 8) as i32)
    }

    /// One in eight is a zero of either sign, subnormal, or tiny; one in 2048 an infinity, NaN, or close to overflow: so
    /// few that most chains end in a number, since two that end in NaN are the same whatever came before.
    fn wild(&mut self) -> f64 {
        const LARGE: [f64; 4] = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX];
        const SMALL: [f64; 4] = [0.0, -0.0, 5e-324, -1e-310];
        match self.bits() % 2048 {
            0 => LARGE[self.below(4)],
            1..129 => SMALL[self.below(4)],
            129..257 => self.number() * 1e-160,
            _ => self.number(),
        }
    }
}

impl<'a> Operand<'a> {
    /// Rows of `cols` values, `row_stride` apart.
    pub(super) fn row_major(data: &'a [f64], rows: usize, cols: usize, row_stride: usize) -> Self {
        Self::new(Rows {
            data,
            rows,
            cols,
            row_stride,
        })
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

/// The product into memory that keeps what lies between and around the rows: as planned, or by a given path; where
/// `tasks` are more than one, in a grid of about so many, B packed once for all of them or not.
fn run(
    isa: Isa,
    tasks: usize,
    path: Option<Path>,
    a: Operand<'_>,
    (b, form): (Operand<'_>, Form),
    place: (usize, usize),
) -> Vec<f64> {
    let packed = PackedPanels::new(isa, b).unwrap();
    let rhs = match form {
        Form::Plain => Rhs::Plain(b),
        Form::Packed => Rhs::Packed(packed.panels()),
    };
    let empty = a.rows() == 0 || a.cols() == 0 || b.cols() == 0;
    let path = path.filter(|&path| path != Path::FewRows || tile_of(isa).has_special_paths());
    let fixed = (!empty && (tasks > 1 || path.is_some())).then(|| {
        let mut plan = plan(&Problem::new(a, rhs, None), tile_of(isa), l2_bytes(), 1);
        plan.path = path.unwrap_or(plan.path);
        plan.grid = match plan.path {
            Path::Gemv => (tasks.min(a.rows() / plan::GEMV_ROWS), 1),
            Path::Narrow => (tasks.min(a.rows() / plan::NARROW_ROWS).max(1), 1),
            Path::FewRows => (1, tasks),
            Path::Blocked(_) => [(tasks, 1), (1, tasks), (tasks.div_ceil(2), 2)][tasks % 3],
        };
        plan.share_b = tasks % 2 == 1 && matches!(plan.path, Path::Blocked(_));
        plan
    });
    written((a.rows(), b.cols()), place, |out| {
        gemm_on(isa, tasks.min(4), fixed, None, a, rhs, out).unwrap();
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

const fn blocking((mc, kc, nc): (usize, usize, usize), pack_b: bool) -> Blocking {
    Blocking { mc, kc, nc, pack_b }
}

/// Blocks so small that every edge is met, B packed and in place, one tile of rows and several.
const TINY: [Path; 2] = [
    Path::Blocked(blocking((1, 3, 8), false)),
    Path::Blocked(blocking((20, 5, 8), true)),
];

#[test]
fn every_small_shape_on_every_isa() {
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
                        for path in [None, Some(tiny)] {
                            let found = run(isa, 1, path, a, (b, form), (0, 0));
                            assert_same(&found, &expected, &(isa, m, k, n, path, form));
                        }
                    }
                    let found = run(isa, 3, None, a, (b, Form::Plain), (1, 0));
                    assert_same(&found, &expected, &(isa, m, k, n, "in three tasks"));
                }
            }
        }
    }
}

/// The ISAs for a product of so many multiply-adds: one without an instruction for them is slow, so it is left out of large
/// products.
fn isas(m: usize, k: usize, n: usize) -> impl Iterator<Item = Isa> {
    let slow = |isa: &Isa| matches!(isa, Isa::PortableSoftware(_));
    let small = m * k * n <= 20_000;
    let isas = Isa::available().into_iter();
    isas.filter(move |isa| small || !slow(isa))
}

#[test]
fn sizes_around_every_tile_and_block_size() {
    let mut random = Random(2);
    let mut check = |m: usize, k: usize, n: usize, path: Option<Path>, form: Form| {
        let a = Stored::new(m, k, PLAIN, || random.number());
        let b = Stored::new(k, n, PLAIN, || random.number());
        let expected = naive(a.operand(), b.operand());
        for isa in isas(m, k, n) {
            let found = run(isa, 1, path, a.operand(), (b.operand(), form), (1, 3));
            assert_same(&found, &expected, &(isa, m, k, n, path, form));
        }
    };
    let around = |size: usize| [size - 1, size, size + 1];
    // One row, whose tiles are 1 to 15 registers wide: strips cut evenly.
    for n in 1..=242 {
        for (k, form) in [(3, Form::Plain), (33, Form::Plain), (33, Form::Packed)] {
            check(1, k, n, None, form);
        }
        check(
            1,
            70,
            n,
            Some(Path::Blocked(blocking((8, 33, n), false))),
            Form::Plain,
        );
    }
    // Tiles: heights to 8 and widths to 24, and to 4 × 48; the limit of small products.
    for m in [1, 2, 3, 4, 5, 7, 8, 9, 16, 17] {
        for n in [
            18, 20, 21, 23, 24, 25, 28, 29, 32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129,
        ] {
            check(m, 5, n, None, Form::Plain);
            check(m, 5, n, None, Form::Packed);
        }
    }
    for size in around(128) {
        check(size, size, size, None, Form::Plain);
    }
    // Blocks, with everything packed.
    let packed = Path::Blocked(blocking((32, 64, 48), true));
    for m in around(32).into_iter().chain(around(64)) {
        for k in around(64).into_iter().chain(around(128)) {
            for n in around(48).into_iter().chain(around(96)) {
                check(m, k, n, Some(packed), Form::Plain);
            }
        }
    }
    // The sizes at which the real blocks are cut.
    for k in around(512) {
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
        // Wide and shallow.
        for n in around(512).into_iter().chain([1021, 1024]) {
            check(70, k, n, None, Form::Plain);
        }
    }
}

#[test]
fn every_number_of_tasks_and_every_place_in_a_cache_line() {
    let mut random = Random(6);
    for (m, k, n) in [
        (1, 40, 300),
        (300, 40, 1),
        (33, 70, 95),
        (3, 600, 17),
        (100, 5, 24),
        (2, 2, 2),
        // Panels of a multiple of 4096 bytes, packed once for all tasks.
        (150, 64, 70),
        // Columns before aligned registers: rows alike in their lines, in turn, unlike.
        (2, 128, 96),
        (7, 124, 100),
        (25, 123, 101),
    ] {
        for offset in 0..8 {
            let layout = Layout { offset, ..PLAIN };
            let a = Stored::new(m, k, layout, || random.wild());
            let b = Stored::new(k, n, layout, || random.wild());
            let (a, b) = (a.operand(), b.operand());
            let expected = naive(a, b);
            for isa in isas(m, k, n) {
                for tasks in 1..=16 {
                    for form in [Form::Plain, Form::Packed] {
                        let found = run(isa, tasks, None, a, (b, form), (0, offset));
                        assert_same(&found, &expected, &(isa, m, k, n, offset, tasks, form));
                    }
                }
            }
        }
    }
}

#[test]
fn lent_memory_of_any_length_changes_no_bit() {
    let mut random = Random(4);
    for (m, k, n) in [(30, 530, 520), (9, 70, 700), (70, 65, 3), (3, 0, 4)] {
        for transposed in [false, true] {
            let layout = Layout {
                transposed,
                ..PLAIN
            };
            let a = Stored::new(m, k, layout, || random.number());
            let b = Stored::new(k, n, PLAIN, || random.number());
            let (a, b) = (a.operand(), b.operand());
            let expected = naive(a, b);
            let whole = Panels::len(k, n, tile_of(Isa::current()).nr());
            for len in [0, 1, SCRATCH / 2, whole.saturating_sub(1), whole, whole + 9] {
                for offset in [0, 3] {
                    let mut scratch = vec![f64::NAN; offset + len];
                    for threads in [1, 3] {
                        let lent = Some(aligned(&mut scratch[offset..]));
                        let found = written((m, n), (1, 0), |out| {
                            let isa = Isa::current();
                            gemm_on(isa, threads, None, lent, a, Rhs::Plain(b), out).unwrap();
                        });
                        assert_same(&found, &expected, &(m, k, n, transposed, len, threads));
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
    let chain = |a: &[f64; 3], b: &[f64; 3], tiny: Path| {
        let (a, b) = (
            Operand::row_major(a, 1, 3, 3),
            Operand::row_major(b, 3, 1, 1),
        );
        run(Isa::current(), 1, Some(tiny), a, (b, Form::Plain), (0, 0))
    };
    let found = chain(&a, &b, TINY[0]);
    assert_same(
        &found,
        &[(-1e-200f64).fused(1e-200, 0.0) + 0.0],
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
        (pack_b, own, packed) in any::<(bool, bool, bool)>(),
        (la, lb, gap) in (layout(), layout(), 0..4usize),
        tasks in 1..=5usize,
        (seed, wild) in (any::<u64>(), any::<bool>()),
    ) {
        let mut random = Random(seed);
        let mut value = || if wild { random.wild() } else { random.number() };
        let a = Stored::new(m, k, la, &mut value);
        let b = Stored::new(k, n, lb, &mut value);
        let path = own.then_some(Path::Blocked(blocking((mc, kc, nc), pack_b)));
        let form = if packed { Form::Packed } else { Form::Plain };
        let expected = naive(a.operand(), b.operand());
        for isa in isas(m, k, n) {
            let found = run(isa, tasks, path, a.operand(), (b.operand(), form), (gap, gap));
            assert_same(&found, &expected, &(isa, m, k, n, path, form, la, lb, tasks));
        }
    }
}
