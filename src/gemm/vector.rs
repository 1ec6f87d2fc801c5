//! Products of a matrix and a vector: every number of the matrix is used once, so the memory is the limit, and what
//! matters is to read it once, in long straight lines.

use super::operand::{Operand, Output};
use crate::simd::{Kernel, LANES, Simd};

/// c = x·B for a row x and a row-major B: one row of C.
///
/// Rows of B are swept 8 at a time from left to right, each in one straight line; the row of C stays in the first
/// cache. Each element of C takes its 8 multiply-adds in order of depth before it is stored again.
pub(super) struct RowTimesMatrix<'a> {
    pub(super) x: Operand<'a>,
    pub(super) b: Operand<'a>,
    pub(super) c: &'a Output<'a>,
}

/// How many rows of B are swept side by side.
const SWEEP: usize = 8;

/// Columns swept before the next rows' turn: this much of C, 16 KiB, stays in the first cache.
const CHUNK: usize = 2048;

impl Kernel for RowTimesMatrix<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { x, b, c } = self;
        let (k, n) = (b.rows(), b.cols());
        assert!(c.rows() == 1 && c.cols() == n && x.cols() == k);
        for column in (0..n).step_by(CHUNK) {
            let count = CHUNK.min(n - column);
            let whole = k / SWEEP * SWEEP;
            // SAFETY: these columns and depths lie inside; the row of C is this product's alone (`Output`), and the
            // sweep of depth 0 comes first.
            unsafe {
                for p in (0..whole).step_by(SWEEP) {
                    sweep::<S, SWEEP>(s, x, b, p, column, count, c.at(0, column));
                }
                for p in whole..k {
                    sweep::<S, 1>(s, x, b, p, column, count, c.at(0, column));
                }
            }
        }
    }
}

/// `n` elements of C from `column` on, which stand at `c`: c += x[p..p + R]·B[p..p + R, ..], in order of depth; c = +0.0
/// + … for p = 0.
///
/// # Safety
/// Those columns of B and C and those depths exist; for p > 0, C was written.
#[inline(always)]
unsafe fn sweep<S: Simd, const R: usize>(
    s: S,
    x: Operand<'_>,
    b: Operand<'_>,
    p: usize,
    column: usize,
    n: usize,
    c: *mut f64,
) {
    let x: [S::Vector; R] = std::array::from_fn(|r| s.splat(x.from(0, p + r)[0]));
    let rows: [&[f64]; R] = std::array::from_fn(|r| &b.from(p + r, column)[..n]);
    let mut j = to_next_line(rows[0], b.row_stride());
    // SAFETY: each step takes columns below n; the rest is the caller's promise.
    unsafe {
        if j != 0 {
            columns(s, &x, &rows, p == 0, c, 0, j);
        }
        while n - j >= LANES {
            columns(s, &x, &rows, p == 0, c, j, LANES);
            j += LANES;
        }
        if j < n {
            columns(s, &x, &rows, p == 0, c, j, n - j);
        }
    }
}

/// The multiply-adds of `count` ≤ 8 columns from `j` on.
///
/// # Safety
/// The rows have j + count values, and C from `c` on; unless `first`, it was written.
#[inline(always)]
unsafe fn columns<S: Simd, const R: usize>(
    s: S,
    x: &[S::Vector; R],
    rows: &[&[f64]; R],
    first: bool,
    c: *mut f64,
    j: usize,
    count: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let c = c.add(j);
        let mut sum = if first {
            s.splat(0.0)
        } else {
            load(s, c, count)
        };
        for r in 0..R {
            sum = s.mul_add(x[r], load(s, rows[r].as_ptr().add(j), count), sum);
        }
        s.store_first(count, sum, c);
    }
}

/// c = A·x for a column x and a row-major A of at least 8 rows: one column of C.
///
/// The lanes are rows of A, since a chain may not be split over lanes. Two depths of 8 rows are read at a time and put
/// in order on the way. 16 rows go side by side: 8 alone would wait for the end of each multiply-add.
///
/// GFLOP/s on a Zen 4, out of L2 and L3: 16 to 17 for 1000×1000; 13 for 1024×1024, whose rows compete for the same sets of
/// the caches (6 without the second 8 rows' lag, see below). Libraries that cut the chain into lanes have 19 to 23. Tried
/// and lost: turning squares of 8 × 8 in registers (12 to 17), also with half of the shuffles done by masked loads (13 to
/// 17); 24 and 32 rows side by side (10 to 15); asking for lines ahead (10 to 11).
pub(super) struct MatrixTimesColumn<'a> {
    pub(super) a: Operand<'a>,
    pub(super) x: Operand<'a>,
    pub(super) c: &'a Output<'a>,
}

impl Kernel for MatrixTimesColumn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, x, c } = self;
        let (m, k) = (a.rows(), a.cols());
        assert!(m >= LANES && c.rows() == m && x.rows() == k && x.row_stride() == 1);
        let (pairs, zero) = (k / 2, s.splat(0.0));
        // Rows that are a multiple of 4096 bytes apart have their lines of a depth in one set of the first cache, which
        // holds 8 of them: the second 8 rows are then read four lines behind the first.
        let lag = if a.row_stride().is_multiple_of(512) {
            pairs.min(16)
        } else {
            0
        };
        let mut row = 0;
        // SAFETY: rows below m, depths below k of A and of x.
        unsafe {
            while m - row >= 2 * LANES {
                let mut upper = Rows::new(a, row, x);
                let mut lower = Rows::new(a, row + LANES, x);
                let (mut first, mut second) = (zero, zero);
                for _ in 0..lag {
                    first = upper.two_depths(s, first);
                }
                for _ in lag..pairs {
                    first = upper.two_depths(s, first);
                    second = lower.two_depths(s, second);
                }
                for _ in 0..lag {
                    second = lower.two_depths(s, second);
                }
                finish(s, a, x, c, row, first);
                finish(s, a, x, c, row + LANES, second);
                row += 2 * LANES;
            }
            while row < m {
                // The last rows go together with some that have had their turn: those get the same values once more.
                row = row.min(m - LANES);
                let (mut rows, mut sum) = (Rows::new(a, row, x), zero);
                for _ in 0..pairs {
                    sum = rows.two_depths(s, sum);
                }
                finish(s, a, x, c, row, sum);
                row += LANES;
            }
        }
    }
}

/// Where 8 rows of A, and x, are read next. Four pointers and offsets that x86 can scale: more would not stay in
/// registers.
struct Rows {
    upper: *const f64,
    lower: *const f64,
    x: *const f64,
    /// Bytes from a row to the next, and to the next but two.
    one: usize,
    three: usize,
}

impl Rows {
    #[inline(always)]
    fn new(a: Operand<'_>, row: usize, x: Operand<'_>) -> Self {
        let one = a.row_stride() * size_of::<f64>();
        Self {
            upper: a.from(row, 0).as_ptr(),
            lower: a.from(row + 4, 0).as_ptr(),
            x: x.pointer(),
            one,
            three: 3 * one,
        }
    }

    /// The multiply-adds of the next two depths.
    ///
    /// # Safety
    /// There are two more.
    #[inline(always)]
    unsafe fn two_depths<S: Simd>(&mut self, s: S, sum: S::Vector) -> S::Vector {
        let (u, l, one, three) = (self.upper, self.lower, self.one, self.three);
        // SAFETY: the caller's promise.
        unsafe {
            let [even, odd] = s.load_columns([
                u,
                u.byte_add(one),
                u.byte_add(2 * one),
                u.byte_add(three),
                l,
                l.byte_add(one),
                l.byte_add(2 * one),
                l.byte_add(three),
            ]);
            let sum = s.mul_add(even, s.splat(*self.x), sum);
            let sum = s.mul_add(odd, s.splat(*self.x.add(1)), sum);
            self.upper = u.wrapping_add(2);
            self.lower = l.wrapping_add(2);
            self.x = self.x.wrapping_add(2);
            sum
        }
    }
}

/// The last depth, where their number is odd; then 8 elements of C.
///
/// # Safety
/// C has one column and these 8 rows, and so has A.
#[inline(always)]
unsafe fn finish<S: Simd>(
    s: S,
    a: Operand<'_>,
    x: Operand<'_>,
    c: &Output<'_>,
    row: usize,
    mut sum: S::Vector,
) {
    let k = a.cols();
    let mut lanes = [0.0; LANES];
    if k % 2 == 1 {
        for (i, value) in lanes.iter_mut().enumerate() {
            *value = a.from(row + i, k - 1)[0];
        }
        sum = s.mul_add(s.load(&lanes), s.splat(x.from(k - 1, 0)[0]), sum);
    }
    s.store(sum, &mut lanes);
    for (i, sum) in lanes.iter().enumerate() {
        // SAFETY: the caller's promise; the column is this product's alone (`Output`).
        unsafe { *c.at(row + i, 0) = *sum };
    }
}

/// [`Simd::load_first`], without a mask where all lanes are wanted.
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn load<S: Simd>(s: S, from: *const f64, n: usize) -> S::Vector {
    // SAFETY: the caller's promise.
    unsafe {
        if n == LANES {
            s.load(&*from.cast())
        } else {
            s.load_first(n, from)
        }
    }
}

/// How many values of a row stand before its first whole cache line, 0 where the rows differ in that.
///
/// A vector that lies across two lines costs two accesses; and where the rows are a multiple of 4096 bytes apart,
/// their lines compete for the same few places of the first cache, so that none would be found again by the next
/// vector.
#[inline(always)]
fn to_next_line(row: &[f64], row_stride: usize) -> usize {
    if row_stride.is_multiple_of(LANES) {
        row.as_ptr().align_offset(64).min(row.len())
    } else {
        0
    }
}
