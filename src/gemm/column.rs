//! A matrix times a column: every number of the matrix is used once, so the memory is the limit, and what matters is to
//! read it once, in long straight lines.

use super::blocking::PAGE;
use super::operand::{self, Operand, Output};
use crate::simd::{Kernel, LANES, Simd};

/// c = A·x for a column x and a row-major A of at least 8 rows: one column of C.
///
/// The lanes are rows of A, since a chain may not be split over lanes: squares of 4 × 4 are turned in half registers.
/// 16 rows go side by side: fewer would wait for the end of each multiply-add, more were slower out of L3 on a Zen 4
/// (GFLOP/s for 1000×1000: 18 with 16 rows, 14 with 20, 13 with 24).
///
/// Tried and lost on a Zen 4 at 1000×1000: whole registers (16 to 17 where half ones have 18), pairs of columns put in
/// order by their loads (17), half of the shuffles done by masked loads (16), A turned into a buffer in the first cache
/// first (11), asking for the next rows ahead in a straight line (15 to 17), squares that begin at a cache line's start
/// (3 % faster from 256 columns on, a tenth slower below).
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
        if self.a.row_stride().is_multiple_of(PAGE) {
            row = if m >= 64 && k <= MOST_MOVED {
                let mut place = [0.0; MOST_MOVED + PAGE];
                let x = half_a_page_off(self.x, self.a, &mut place);
                MatrixTimesColumn { x, ..self }.rows_apart(s)
            } else {
                self.rows_apart(s)
            };
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

impl MatrixTimesColumn<'_> {
    /// All rows in groups of 16, by [`RowsApart`]; returns how many.
    #[inline(always)]
    fn rows_apart<S: Simd>(&self, s: S) -> usize {
        let rows = self.a.rows() / (4 * SIDE) * (4 * SIDE);
        for row in (0..rows).step_by(4 * SIDE) {
            s.run(RowsApart(self, row));
        }
        rows
    }
}

/// Values of x worth moving: half of a first cache of 32 KiB.
const MOST_MOVED: usize = 2048;

/// A copy of the column x that meets no row of A in a set of the first cache, where 8 rows of A take all there is: at
/// 1024×1024 out of L3, 116 us with x half a page off, 155 where it lies like the rows (Zen 4).
#[inline(always)]
fn half_a_page_off<'a>(x: Operand<'_>, a: Operand<'_>, place: &'a mut [f64]) -> Operand<'a> {
    let size = size_of::<f64>();
    let wanted = a.pointer().addr() / size + PAGE / 2;
    let start = wanted.wrapping_sub(place.as_ptr().addr() / size) % PAGE;
    let moved = &mut place[start..][..x.rows()];
    moved.copy_from_slice(&x.from(0, 0)[..x.rows()]);
    Operand::new(operand::Rows {
        data: moved,
        rows: moved.len(),
        cols: 1,
        row_stride: 1,
    })
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
            let mut these = rows.next.wrapping_add(AHEAD);
            let mut those = these.wrapping_add(G * SIDE / 2 * a.row_stride());
            for _ in 0..a.cols() / SIDE {
                rows.ask(s, these);
                (these, those) = (those.wrapping_add(SIDE), these.wrapping_add(SIDE));
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

/// Columns by which [`SideBySide`] asks ahead, two lines; in turn for one half of its rows and the other, since a line is
/// two squares long. GFLOP/s with and without on a Zen 4: 20.6 and 18.8 at 300×300, 17.5 and 15.9 at 500×500, 19.4 and
/// 18.8 at 1000×1000 out of L3, 13.1 and 12.4 at 10000×100. [`RowsApart`] lost by it: 15 instead of 18 at 1024×1024.
const AHEAD: usize = 16;

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

    /// Asks for a line of each of half the rows, at `place` in the first of them.
    #[inline(always)]
    fn ask(&self, s: S, place: *const f64) {
        for i in 0..G * SIDE / 2 {
            s.prefetch(place.wrapping_add(i * self.row));
        }
    }

    /// The multiply-adds of the next `n` ≤ 4 columns.
    ///
    /// # Safety
    /// There are as many, of A and of x.
    #[inline(always)]
    unsafe fn columns(&mut self, s: S, n: usize) {
        if n == 0 {
            return;
        }
        let zero = s.splat(0.0);
        let mut x = [s.half(zero); SIDE];
        for j in 0..n {
            // SAFETY: the caller's promise.
            x[j] = s.splat_half(unsafe { *self.x.add(j) });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Isa;

    #[test]
    fn x_is_moved_half_a_page_off_the_first_row() {
        let values: Vec<f64> = (0..3000).map(f64::from).collect();
        let column = |from: usize, rows| Operand::row_major(&values[from..], rows, 1, 1);
        let mut place = [f64::NAN; MOST_MOVED + PAGE];
        for (from, rows) in [(0, MOST_MOVED), (1, 512), (517, 1), (900, MOST_MOVED)] {
            for first in [0, 1, 255, 256, 511, 512, 900] {
                let a = Operand::row_major(&values[first..], 1, 1, 1);
                let moved = half_a_page_off(column(from, rows), a, &mut place);
                assert_eq!((moved.rows(), moved.cols()), (rows, 1));
                assert_eq!(moved.from(0, 0), &values[from..][..rows]);
                let apart = moved.pointer().addr().abs_diff(a.pointer().addr());
                assert_eq!(apart % 4096, 2048, "x at {from}, A at {first}");
            }
        }
    }

    struct Apart<'a>(MatrixTimesColumn<'a>);

    impl Kernel for Apart<'_> {
        type Output = usize;

        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> usize {
            self.0.rows_apart(s)
        }
    }

    #[test]
    fn rows_apart_go_in_whole_groups_of_16() {
        let values = vec![1.0; 50 * PAGE];
        for (m, expected) in [(8, 0), (15, 0), (16, 16), (31, 16), (32, 32), (50, 48)] {
            for isa in Isa::available() {
                let mut out = vec![-1.0; m];
                let done = isa.run(Apart(MatrixTimesColumn {
                    a: Operand::row_major(&values, m, 7, PAGE),
                    x: Operand::row_major(&values, 7, 1, 1),
                    c: &Output::new(&mut out, m, 1, 1),
                }));
                assert_eq!(done, expected, "{isa:?}: {m} rows");
                let (done, left) = out.split_at(done);
                assert!(done.iter().all(|x| *x == 7.0), "{isa:?}: {m} rows");
                assert!(left.iter().all(|x| *x == -1.0), "{isa:?}: {m} rows");
            }
        }
    }
}
