//! A matrix times a column: every number of the matrix is used once, and what matters is to read it in long straight lines.

use super::operand::{self, Operand, Output};
use super::plan::ALIASING_STRIDE;
use crate::simd::{Kernel, LANES, Simd};

/// c = A·x for a column x and a row-major A of at least 8 rows: one column of C.
///
/// The lanes are rows of A, since a chain may not be split over lanes: squares of 4 × 4 are transposed in half registers.
/// 16 rows go side by side: fewer would wait for the end of each multiply-add, more were slower out of L3 on a Zen 4
/// (GFLOP/s for 1000×1000: 18 with 16 rows, 14 with 20, 13 with 24).
pub(super) struct Gemv<'a> {
    pub(super) a: Operand<'a>,
    pub(super) x: Operand<'a>,
    pub(super) c: Output<'a>,
}

/// Rows and columns of the squares.
const SIDE: usize = LANES / 2;

impl Kernel for Gemv<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, x, mut c } = self;
        let (m, k) = (a.rows(), a.cols());
        assert!(m >= LANES && c.rows() == m && c.cols() == 1);
        assert!(x.rows() == k && x.row_stride() == 1);
        let aliasing = a.row_stride().is_multiple_of(ALIASING_STRIDE);
        let mut row = 0;
        if const { S::SHUFFLES } && aliasing {
            row = s.run(Aliasing(a, x, &mut c));
        }
        while row < m {
            // Eight rows fill a set of L1 where rows share it.
            let four = m - row >= 3 * SIDE && m >= 4 * SIDE && (S::SHUFFLES || !aliasing);
            let groups = if four { 4 } else { 2 };
            // The last rows go together with some that have been computed already: those get the same values once more.
            let first = row.min(m - groups * SIDE);
            if four {
                side_by_side::<S, 4>(s, a, x, &mut c, first);
            } else {
                side_by_side::<S, 2>(s, a, x, &mut c, first);
            }
            row = first + groups * SIDE;
        }
    }
}

/// A, x and C, the rows of A a multiple of 4096 bytes apart: those in whole groups of 16; returns how many. A function of its
/// own, since a stack as large as the copy of x costs each call.
struct Aliasing<'a, 'c>(Operand<'a>, Operand<'a>, &'c mut Output<'a>);

impl Kernel for Aliasing<'_, '_> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> usize {
        let Self(a, x, c) = self;
        let mut place = [0.0; MAX_MOVED + ALIASING_STRIDE];
        let x = if a.rows() >= 64 && a.cols() <= MAX_MOVED {
            away_from_rows(x, a, &mut place)
        } else {
            x
        };
        let rows = a.rows() / (4 * SIDE) * (4 * SIDE);
        for row in (0..rows).step_by(4 * SIDE) {
            aliasing_rows(s, a, x, c, row);
        }
        rows
    }
}

/// Bytes of a first cache.
const L1: usize = 32 << 10;

/// Values of x worth moving: half of that.
const MAX_MOVED: usize = L1 / 2 / size_of::<f64>();

/// A copy of the column x that meets no row of A in a set of the first cache, where 8 rows of A take all there is: at
/// 1024×1024 out of L3, 116 us with x half a page off, 155 where it lies like the rows (Zen 4).
#[inline(always)]
fn away_from_rows<'a>(x: Operand<'_>, a: Operand<'_>, place: &'a mut [f64]) -> Operand<'a> {
    let size = size_of::<f64>();
    let wanted = a.as_ptr().addr() / size + ALIASING_STRIDE / 2;
    let start = wanted.wrapping_sub(place.as_ptr().addr() / size) % ALIASING_STRIDE;
    let moved = &mut place[start..][..x.rows()];
    moved.copy_from_slice(&x.from(0, 0)[..x.rows()]);
    Operand::new(operand::Rows::dense(moved, moved.len(), 1))
}

/// Rows of C, `G` times 4 from `row` on.
#[inline(always)]
fn side_by_side<S: Simd, const G: usize>(
    s: S,
    a: Operand<'_>,
    x: Operand<'_>,
    c: &mut Output<'_>,
    row: usize,
) {
    let mut rows = Rows::<S, G>::new(s, a, row, x);
    let stride = a.row_stride();
    let short = 2 * G * SIDE * a.cols() * size_of::<f64>() <= L1;
    let (ahead, half, step, columns) = if short && stride == a.cols() {
        (G * SIDE * stride, 0, LANES, G * SIDE / 2 * LANES)
    } else if short {
        (G * SIDE * stride, G * SIDE / 2 * stride, stride, SIDE)
    } else {
        (PREFETCH, G * SIDE / 2 * stride, stride, SIDE)
    };
    let mut these = rows.next.wrapping_add(ahead);
    let mut those = these.wrapping_add(half);
    // SAFETY: as many columns as A has, of rows that it has (`Rows::new`).
    unsafe {
        for _ in 0..a.cols() / SIDE {
            for i in 0..G * SIDE / 2 {
                s.prefetch(these.wrapping_add(i * step));
            }
            (these, those) = (those.wrapping_add(columns), these.wrapping_add(columns));
            rows.columns(s, SIDE);
        }
        rows.columns(s, a.cols() % SIDE);
    }
    rows.store(s, c, row);
}

/// 16 rows of C from `row` on, those of A a multiple of 4096 bytes apart: they have their lines of a depth in one set of the
/// first cache, which holds 8 of them, so the lower rows are read behind the upper ones.
#[inline(always)]
fn aliasing_rows<S: Simd>(s: S, a: Operand<'_>, x: Operand<'_>, c: &mut Output<'_>, row: usize) {
    let mut upper = Rows::<S, 2>::new(s, a, row, x);
    let mut lower = Rows::<S, 2>::new(s, a, row + 2 * SIDE, x);
    let (start, stride) = (a.from(row, 0).as_ptr(), a.row_stride());
    // No square lies across two cache lines; elsewhere, aligned squares gain 2 % (Zen 3).
    let head = start.align_offset(SIDE * size_of::<f64>()).min(a.cols());
    let squares = (a.cols() - head) / SIDE;
    let tail = (a.cols() - head) % SIDE;
    let lag = squares.min(const { lag::<S>() } / SIDE);
    // SAFETY: as many columns as A has, of rows that it has (`Rows::new`).
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
        let next = start.wrapping_add(4 * SIDE * stride + head);
        for i in 0..lag {
            if i < 4 * SIDE {
                for line in 0..NEXT_ROWS {
                    s.prefetch(next.wrapping_add(i * stride + line * LANES));
                }
            }
            lower.columns(s, SIDE);
        }
        upper.columns(s, tail);
        lower.columns(s, tail);
    }
    upper.store(s, c, row);
    lower.store(s, c, row + 2 * SIDE);
}

/// Columns by which the lower rows are read behind the upper ones. GFLOP/s at 1024×1024 with 64 and 128: 17.2 and 17.5 on a Zen 4
/// with AVX2, 13.2 and 13.5 on a Zen 3; 18.3 and 17.8 on the Zen 4 with AVX-512 and squares of 8 × 8, which gained too little for
/// their code: 18.2, and 18.1 so; 18.5 and 17.6 at 48×1024.
const fn lag<S: Simd>() -> usize {
    if S::WIDTH == LANES { 64 } else { 128 }
}

/// Lines of each of the next 16 rows that are prefetched meanwhile: a stream is recognised by its first lines. None
/// and half the lag, 4, 8 on a Zen 3: 11.1, 11.6 and 11.7 GFLOP/s at 1024×1024.
const NEXT_ROWS: usize = 8;

/// Columns by which [`side_by_side`] prefetches, two lines; in turn for one half of its rows and the other, since a line is
/// two squares long (Zen 4: 17.9 GFLOP/s without and 20.5 at 300×300). Where L1 has place for the next rows beside these, they
/// are prefetched, in a straight line if they lie in one: rows so short end before a stream is recognised (Zen 3: 10.0 and
/// 12.3 at 10000×100).
const PREFETCH: usize = 16;

/// `G` times 4 rows of A: the sums so far, and where the next columns and their x stand.
struct Rows<S: Simd, const G: usize> {
    sums: [S::Half; G],
    next: *const f64,
    x: *const f64,
    /// From a row to the next.
    row: usize,
}

impl<S: Simd, const G: usize> Rows<S, G> {
    #[inline(always)]
    fn new(s: S, a: Operand<'_>, row: usize, x: Operand<'_>) -> Self {
        assert!(row + G * SIDE <= a.rows() && x.rows() == a.cols() && x.row_stride() == 1);
        Self {
            sums: [s.splat_half(0.0); G],
            next: a.from(row, 0).as_ptr(),
            x: x.as_ptr(),
            row: a.row_stride(),
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
        let zero = s.splat_half(0.0);
        let mut x = [zero; SIDE];
        for j in 0..n {
            // SAFETY: the caller's promise.
            x[j] = s.splat_half(unsafe { *self.x.add(j) });
        }
        for g in 0..G {
            let mut square = [zero; SIDE];
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

    /// Elements of C, which has one column, from `row` on.
    #[inline(always)]
    fn store(&self, s: S, c: &mut Output<'_>, row: usize) {
        assert!(row + G * SIDE <= c.rows() && c.cols() == 1);
        for g in 0..G {
            let mut lanes = [0.0; SIDE];
            // SAFETY: `lanes` has 4 values; C has these rows (asserted), and the borrow is exclusive.
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
mod tests;
