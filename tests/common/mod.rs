//! What the test files share: seeded numbers, the contract written naively, comparisons by bits, panics observed.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod fixed;
pub(crate) mod fma;

use fma::Fused;
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use rowmajor::random::Rng;
use rowmajor::{Matrix, MatrixView};
use std::cell::RefCell;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::Once;

/// The same `cases` in every run; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(20);
    }
    config
}

/// The crate's generator, with the numbers that tests want.
pub(crate) struct Random(Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::new(seed))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 where `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Both signs, several binades, all 53 bits in use: sums of these round.
    pub(crate) fn number(&mut self) -> f64 {
        let binade = (self.bits() % 8) as i32;
        (self.bits() as i64 as f64) * 2f64.powi(binade - 66)
    }

    /// A [`number`](Random::number), or, one time in six, a value at which code goes wrong.
    pub(crate) fn wild(&mut self) -> f64 {
        match self.bits() % 96 {
            i @ 0..16 => SPECIAL[i as usize % SPECIAL.len()],
            16..26 => self.number() * 1e-160,
            _ => self.number(),
        }
    }

    /// A whole number within ±`limit`, never -0.
    pub(crate) fn whole(&mut self, limit: usize) -> f64 {
        (self.below(2 * limit + 1) as i64 - limit as i64) as f64
    }
}

/// Zeros, subnormals, ones, the largest numbers, infinities, NaN.
pub(crate) const SPECIAL: [f64; 15] = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    1e-310,
    -1e-310,
    f64::MIN_POSITIVE,
    1e-200,
    -1e-200,
    1.0,
    -1.0,
    f64::MAX,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// The contract's chain for every element of an m×k by k×n product.
pub(crate) fn chains(
    (m, k, n): (usize, usize, usize),
    a: impl Fn(usize, usize) -> f64,
    b: impl Fn(usize, usize) -> f64,
) -> Vec<f64> {
    let mut c = Vec::with_capacity(m * n);
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0.0;
            for p in 0..k {
                sum = a(i, p).fused(b(p, j), sum);
            }
            c.push(sum);
        }
    }
    c
}

/// The published order of a sum over a row: eight lanes, then one tree.
pub(crate) fn sum_in_order(row: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    for (i, x) in row.iter().enumerate() {
        l[i % 8] += x;
    }
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// Equal bits, or both NaN.
pub(crate) fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan()
}

/// Every value has the bits expected, NaN standing for NaN.
#[track_caller]
pub(crate) fn assert_bits(found: &[f64], expected: &[f64], what: impl Debug) {
    assert_eq!(found.len(), expected.len(), "{what:?}: number of values");
    for (i, (&x, &y)) in found.iter().zip(expected).enumerate() {
        assert!(
            same(x, y),
            "{what:?}: value {i} is {x:e} ({:#018x}), expected {y:e} ({:#018x})",
            x.to_bits(),
            y.to_bits()
        );
    }
}

/// How many f64 lie between two finite numbers: 0 for equal ones, 1 for neighbours.
pub(crate) fn ulps(x: f64, y: f64) -> u64 {
    let place = |x: f64| {
        let magnitude = (x.to_bits() << 1 >> 1) as i64;
        if x.is_sign_negative() {
            -magnitude
        } else {
            magnitude
        }
    };
    place(x).abs_diff(place(y))
}

#[track_caller]
pub(crate) fn assert_ulps(found: f64, expected: f64, most: u64, what: impl Debug) {
    assert!(
        found.is_finite() && ulps(found, expected) <= most,
        "{what:?}: {found:?} is {} ulp from {expected:?}, at most {most} are allowed",
        ulps(found, expected)
    );
}

/// Values in a larger slice, as a caller may hold them: NaN before, between and behind the rows.
#[derive(Debug)]
pub(crate) struct Slice {
    data: Vec<f64>,
    shape: (usize, usize),
    layout: Layout,
}

/// Values before the first row, between rows; rows above and below that do not belong to the view.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) offset: usize,
    pub(crate) gap: usize,
    pub(crate) above: usize,
    pub(crate) below: usize,
}

impl Slice {
    pub(crate) fn new(values: &Matrix, layout: Layout) -> Self {
        let (rows, cols) = values.shape();
        let stride = cols + layout.gap;
        let mut data =
            vec![f64::NAN; layout.offset + (layout.above + rows + layout.below) * stride];
        for (i, row) in values.rows().enumerate() {
            data[layout.offset + (layout.above + i) * stride..][..cols].copy_from_slice(row);
        }
        Self {
            data,
            shape: (rows, cols),
            layout,
        }
    }

    /// The rows, cut out of a strided view.
    pub(crate) fn view(&self) -> MatrixView<'_> {
        let (rows, cols) = self.shape;
        let Layout {
            offset,
            gap,
            above,
            below,
        } = self.layout;
        MatrixView::with_row_stride(above + rows + below, cols, cols + gap, &self.data[offset..])
            .unwrap()
            .view_rows(above..above + rows)
            .unwrap()
    }
}

thread_local! {
    /// The place of the panic that this thread is waiting for.
    static EXPECTED: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
    static WAITING: RefCell<bool> = const { RefCell::new(false) };
}

/// `f` panics with `message`, and the panic names the line of this call as its place (or one of the four below, where
/// the closure takes lines of its own).
#[track_caller]
pub(crate) fn assert_panics<T>(message: &str, f: impl FnOnce() -> T) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !WAITING.with_borrow(|&waiting| waiting) {
                return others(info);
            }
            let place = info.location().map(|l| (l.file().to_owned(), l.line()));
            EXPECTED.set(place);
        }));
    });

    WAITING.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    WAITING.set(false);

    let Err(payload) = result else {
        panic!("expected a panic: {message:?}");
    };
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    assert_eq!(text, Some(message), "the message of the panic");
    let caller = Location::caller();
    let (file, line) = EXPECTED.take().expect("a panic has a place");
    assert!(
        file == caller.file() && (caller.line()..caller.line() + 5).contains(&line),
        "{message:?}: the panic names {file}:{line}, the caller stands at {}:{}",
        caller.file(),
        caller.line()
    );
}

/// Each value within `bound` of the one expected.
#[track_caller]
pub(crate) fn assert_near(found: &[f64], expected: &[f64], bound: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= bound,
            "{found:e} for {expected:e}"
        );
    }
}
