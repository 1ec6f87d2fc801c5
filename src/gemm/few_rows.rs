//! Products of a few rows and a large B: each number of B is used a few times, so memory is the limit, or near, and what
//! matters is to read B once, in long straight lines.
//!
//! ```text
//! for 2048 columns                        so that C stays in the caches
//!   for D depths                          D rows of B, side by side, from left to right
//!     for 8 columns
//!       for each depth, each row of C     c[row] = fma(a[row][depth], b[depth], c[row])
//! ```
//!
//! Tiles read B in strips of a few columns from top to bottom: out of the caches, that is a new page at each depth.

use super::operand::{Operand, Output};
use crate::simd::{Kernel, LANES, Simd};

/// C = A·B for a B of contiguous columns and as many rows as this machine's registers hold; otherwise nothing is done,
/// and the answer is false.
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels that this machine never runs would be compiled"
)]
#[inline(always)]
pub(super) fn few_rows<S: Simd>(s: S, a: Operand<'_>, b: Operand<'_>, c: &Output<'_>) -> bool {
    macro_rules! sizes {
        ($($rows:literal: $depths:literal;)*) => {
            match c.rows() {
                $($rows => if $rows <= S::REGISTERS - 2 {
                    s.run(FewRows::<$rows, $depths> { a, b, c });
                    return true;
                },)*
                _ => {}
            }
        };
    }
    // Many rows are as wide as the caches: more depths at a time mean fewer loads and stores of C.
    sizes!(1: 8; 2: 8; 3: 8; 4: 8; 5: 16; 6: 16; 7: 16; 8: 16;);
    false
}

/// C = A·B for `R` rows, `D` depths at a time.
struct FewRows<'a, const R: usize, const D: usize> {
    a: Operand<'a>,
    b: Operand<'a>,
    c: &'a Output<'a>,
}

/// Columns swept before the next depths' turn: 16 KiB of each row of C.
const CHUNK: usize = 2048;

impl<const R: usize, const D: usize> Kernel for FewRows<'_, R, D> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, c } = self;
        let (k, n) = (b.rows(), b.cols());
        assert!(c.rows() == R && c.cols() == n && a.rows() == R && a.cols() == k);
        assert!(b.col_stride() == 1);
        let whole = k / D * D;
        for column in (0..n).step_by(CHUNK) {
            let columns = CHUNK.min(n - column);
            // SAFETY: the columns and depths lie inside; C is this product's alone (`Output`), and depth 0 comes first.
            unsafe {
                for depth in (0..whole).step_by(D) {
                    sweep::<S, R, D>(s, a, b, c, (depth, column, columns));
                }
                for depth in whole..k {
                    sweep::<S, R, 1>(s, a, b, c, (depth, column, columns));
                }
            }
        }
    }
}

/// The multiply-adds of the `D` depths from `depth` on, for `columns` from `column` on.
///
/// # Safety
/// They lie inside; unless `depth` is 0, these columns of C were written.
#[inline(always)]
unsafe fn sweep<S: Simd, const R: usize, const D: usize>(
    s: S,
    a: Operand<'_>,
    b: Operand<'_>,
    c: &Output<'_>,
    (depth, column, columns): (usize, usize, usize),
) {
    let x = std::array::from_fn(|d| std::array::from_fn(|r| a.from(r, depth + d)[0]));
    let row = &b.from(depth, column)[..columns];
    let step = |j: usize, width: usize| Step::<R, D> {
        x: &x,
        b: row.as_ptr().wrapping_add(j),
        b_row: b.row_stride(),
        c: c.at(0, column).wrapping_add(j),
        c_row: c.row_stride(),
        first: depth == 0,
        width,
    };
    let mut j = to_next_line(row, b.row_stride());
    // SAFETY: each step takes columns below `columns`; the rest is the caller's promise.
    unsafe {
        if j != 0 {
            s.run(Part(step(0, j)));
        }
        while columns - j >= LANES {
            step(j, LANES).run(s);
            j += LANES;
        }
        if j < columns {
            s.run(Part(step(j, columns - j)));
        }
    }
}

/// `D` depths of `width` ≤ 8 columns.
struct Step<'a, const R: usize, const D: usize> {
    x: &'a [[f64; R]; D],
    b: *const f64,
    b_row: usize,
    c: *mut f64,
    c_row: usize,
    first: bool,
    width: usize,
}

impl<const R: usize, const D: usize> Step<'_, R, D> {
    /// # Safety
    /// B has these depths and columns, C the columns and `R` rows; unless `first`, C was written.
    #[allow(clippy::needless_range_loop, reason = "the names are rows and depths")]
    #[inline(always)]
    unsafe fn run<S: Simd>(self, s: S) {
        let Self {
            x,
            b,
            b_row,
            c,
            c_row,
            first,
            width,
        } = self;
        let mut sums = [s.splat(0.0); R];
        // SAFETY: the caller's promise.
        unsafe {
            if !first {
                for r in 0..R {
                    sums[r] = load(s, c.wrapping_add(r * c_row), width);
                }
            }
            for d in 0..D {
                let row = load(s, b.wrapping_add(d * b_row), width);
                for r in 0..R {
                    sums[r] = s.mul_add(s.splat(x[d][r]), row, sums[r]);
                }
            }
            for r in 0..R {
                s.store_first(width, sums[r], c.wrapping_add(r * c_row));
            }
        }
    }
}

/// A [`Step`] of fewer than 8 columns, compiled once.
struct Part<'a, const R: usize, const D: usize>(Step<'a, R, D>);

impl<const R: usize, const D: usize> Kernel for Part<'_, R, D> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // SAFETY: made by `sweep`, for columns that it was promised.
        unsafe { self.0.run(s) }
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
