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
/// The lanes are rows of A, since a chain may not be split over lanes: squares of 4 × 4 are turned in half registers.
/// 16 rows go side by side: fewer would wait for the end of each multiply-add, more were slower out of L3 on a Zen 4
/// (GFLOP/s for 1000×1000: 18 with 16 rows, 14 with 20, 13 with 24).
///
/// Tried and lost on a Zen 4 at 1000×1000: whole registers (16 to 17 where half ones have 18), pairs of columns put in
/// order by their loads (17), half of the shuffles done by masked loads (16), A turned into a buffer in the first cache
/// first (11), asking for the next rows ahead in a straight line (15 to 17).
pub(super) struct MatrixTimesColumn<'a> {
    pub(super) a: Operand<'a>,
    pub(super) x: Operand<'a>,
    pub(super) c: &'a Output<'a>,
}

/// Rows and columns of the squares.
const SIDE: usize = LANES / 2;

impl Kernel for MatrixTimesColumn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (m, k) = (self.a.rows(), self.a.cols());
        assert!(m >= LANES && self.c.rows() == m);
        assert!(self.x.rows() == k && self.x.row_stride() == 1);
        let mut row = 0;
        if self.a.row_stride().is_multiple_of(512) {
            while m - row >= 4 * SIDE {
                s.run(RowsApart(&self, row));
                row += 4 * SIDE;
            }
        }
        while row < m {
            let left = (m - row).div_ceil(SIDE);
            let groups = if left > 5 { 4 } else { left.clamp(2, m / SIDE) };
            // The last rows go together with some that have had their turn: those get the same values once more.
            let first = row.min(m - groups * SIDE);
            match groups {
                2 => s.run(SideBySide::<2>(&self, first)),
                3 => s.run(SideBySide::<3>(&self, first)),
                4 => s.run(SideBySide::<4>(&self, first)),
                _ => s.run(SideBySide::<5>(&self, first)),
            }
            row = first + groups * SIDE;
        }
    }
}

/// `G` times 4 rows from a row on.
struct SideBySide<'a, const G: usize>(&'a MatrixTimesColumn<'a>, usize);

impl<const G: usize> Kernel for SideBySide<'_, G> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(&MatrixTimesColumn { a, x, c }, row) = self;
        let mut rows = Rows::<S, G>::new(s, a, row, x);
        // SAFETY: all columns of A, and rows that it has (`Rows::new`); C has as many, and one column.
        unsafe {
            for _ in 0..a.cols() / SIDE {
                rows.columns(s, SIDE);
            }
            rows.columns(s, a.cols() % SIDE);
            rows.store(s, c, row);
        }
    }
}

/// 16 rows from a row on, a multiple of 4096 bytes apart: those have their lines of a depth in one set of the first
/// cache, which holds 8 of them, so the lower rows are read behind the upper ones.
struct RowsApart<'a>(&'a MatrixTimesColumn<'a>, usize);

impl Kernel for RowsApart<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(&MatrixTimesColumn { a, x, c }, row) = self;
        let mut upper = Rows::<S, 2>::new(s, a, row, x);
        let mut lower = Rows::<S, 2>::new(s, a, row + 2 * SIDE, x);
        // No square lies across two cache lines.
        let head = upper.next.align_offset(32).min(a.cols());
        let squares = (a.cols() - head) / SIDE;
        let tail = (a.cols() - head) % SIDE;
        let lag = squares.min(LAG);
        // SAFETY: all columns of A, and rows that it has (`Rows::new`); C has as many, and one column.
        unsafe {
            upper.columns(s, head);
            lower.columns(s, head);
            for _ in 0..lag {
                upper.columns(s, SIDE);
            }
            for _ in lag..squares {
                upper.columns(s, SIDE);
                lower.columns(s, SIDE);
            }
            for _ in 0..lag {
                lower.columns(s, SIDE);
            }
            upper.columns(s, tail);
            lower.columns(s, tail);
            upper.store(s, c, row);
            lower.store(s, c, row + 2 * SIDE);
        }
    }
}

/// Squares by which the lower rows are read behind the upper ones: eight lines. Four were not enough on a
/// Zen 4, perhaps because it reads ahead: 14 instead of 20 GFLOP/s for 48×1024.
const LAG: usize = 16;

/// `G` times 4 rows of A: the sums so far, and where the next columns and their x stand.
struct Rows<S: Simd, const G: usize> {
    sums: [S::Half; G],
    next: *const f64,
    x: *const f64,
    /// From a row to the next.
    row: usize,
}

#[allow(
    clippy::needless_range_loop,
    reason = "the names are rows and columns of the square"
)]
impl<S: Simd, const G: usize> Rows<S, G> {
    #[inline(always)]
    fn new(s: S, a: Operand<'_>, row: usize, x: Operand<'_>) -> Self {
        assert!(row + G * SIDE <= a.rows());
        Self {
            sums: [s.half(s.splat(0.0)); G],
            next: a.from(row, 0).as_ptr(),
            x: x.pointer(),
            row: a.row_stride(),
        }
    }

    /// The multiply-adds of the next `n` ≤ 4 columns.
    ///
    /// # Safety
    /// There are as many, of A and of x.
    #[inline(always)]
    unsafe fn columns(&mut self, s: S, n: usize) {
        let zero = s.splat(0.0);
        let mut x = [zero; SIDE];
        for j in 0..n {
            // SAFETY: the caller's promise.
            x[j] = s.splat(unsafe { *self.x.add(j) });
        }
        for g in 0..G {
            let mut square = [s.half(zero); SIDE];
            for i in 0..SIDE {
                // SAFETY: the caller's promise.
                square[i] = unsafe { s.load_half(n, self.next.add((g * SIDE + i) * self.row)) };
            }
            let columns = s.transpose_half(square);
            for j in 0..n {
                self.sums[g] = s.mul_add_half(x[j], columns[j], self.sums[g]);
            }
        }
        self.next = self.next.wrapping_add(n);
        self.x = self.x.wrapping_add(n);
    }

    /// Elements of C from `row` on.
    ///
    /// # Safety
    /// C has these rows, and one column.
    #[inline(always)]
    unsafe fn store(&self, s: S, c: &Output<'_>, row: usize) {
        for g in 0..G {
            let mut lanes = [0.0; SIDE];
            // SAFETY: `lanes` has 4 values; the rest is the caller's promise, and the column is this product's alone
            // (`Output`).
            unsafe {
                s.store_half(SIDE, self.sums[g], lanes.as_mut_ptr());
                for i in 0..SIDE {
                    *c.at(row + g * SIDE + i, 0) = lanes[i];
                }
            }
        }
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
