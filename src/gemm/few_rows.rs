//! Products of a few rows and a large B: each number of B is used a few times, so memory is the limit, or near, and what
//! matters is to read B once, in long straight lines.
//!
//! ```text
//! for 2048 columns                        so that C stays in the caches
//!   for 16 depths
//!     for up to 8 rows of C               6 where the registers hold no more than 8 vectors
//!       for 8 columns                     rows of B, side by side, from left to right
//!         for each depth, each row        c[row] = fma(a[row][depth], b[depth], c[row])
//! ```
//!
//! Tiles read B in strips of a few columns from top to bottom: out of the caches, that is a new page at each depth. In
//! GFLOP/s on a Zen 4, out of L3:
//!
//! | | AVX-512, in tiles | here | AVX2, in tiles | here |
//! | --- | --- | --- | --- | --- |
//! | 2×1024×1024 | 23.5 | 34.5 | | |
//! | 4×1024×1024 | 44.4 | 48.9 | | |
//! | 8×1024×1024 | 52.7 | 51.5 | 19.8 | 40.8 |
//! | 8×4096×4096, out of memory | 18.1 | 31.0 | 6.1 | 23.2 |

use super::kernel::Split;
use super::operand::{Operand, Output};
use crate::simd::{Kernel, LANES, Simd};

/// C = A·B for a B of contiguous columns.
pub(super) struct FewRows<'a> {
    pub(super) a: Operand<'a>,
    pub(super) b: Operand<'a>,
    pub(super) c: &'a Output<'a>,
}

/// Columns swept before the next depths' turn: 16 KiB of each row of C.
const CHUNK: usize = 2048;

/// Rows that go together, where the registers hold two vectors more.
const MOST: usize = 8;

/// Depths that all rows take before the next depths' turn, in one sweep or in two.
const DEPTHS: usize = 16;

/// Columns asked for ahead, for more than 4 rows: four lines. 8×2048×2048 gains a quarter by it and 8×4096×4096 a third,
/// both out of memory, 8×1024×1024 out of L3 nothing, nor do 1 to 4 rows anywhere (Zen 4).
const AHEAD: usize = 32;

impl Kernel for FewRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, c } = self;
        let (k, n) = (b.rows(), b.cols());
        assert!(c.rows() == a.rows() && c.cols() == n && a.cols() == k);
        assert!(b.col_stride() == 1);
        let groups = Split::new(c.rows(), MOST.min(S::REGISTERS - 2));
        // One group need not wait for others.
        let step = if groups.parts == 1 { k } else { DEPTHS };
        for column in (0..n).step_by(CHUNK) {
            let columns = CHUNK.min(n - column);
            for depth in (0..k).step_by(step) {
                let depths = step.min(k - depth);
                for group in 0..groups.parts {
                    let (row, rows) = (groups.start(group), groups.len(group));
                    // SAFETY: they lie inside and do not overlap; C is this product's alone (`Output`).
                    let c = unsafe { c.block(row, column, rows, columns) };
                    let product = Part {
                        a: a.block(row, depth, rows, depths),
                        b: b.block(depth, column, depths, columns),
                        c: &c,
                        first: depth == 0,
                    };
                    // SAFETY: the depths before have written C.
                    unsafe { in_sweeps(s, product) };
                }
            }
        }
    }
}

/// A block of C, and the depths to be added to it now.
#[derive(Clone, Copy)]
struct Part<'a> {
    a: Operand<'a>,
    b: Operand<'a>,
    c: &'a Output<'a>,
    /// Whether the chains start here.
    first: bool,
}

/// # Safety
/// Unless `part.first`, C was written.
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels that this machine never runs would be compiled"
)]
#[inline(always)]
unsafe fn in_sweeps<S: Simd>(s: S, part: Part<'_>) {
    macro_rules! sizes {
        ($($rows:literal: $depths:literal;)*) => {
            match part.c.rows() {
                $($rows => if $rows <= S::REGISTERS - 2 {
                    s.run(Sweeps::<$rows, $depths>(part));
                },)*
                _ => {}
            }
        };
    }
    // Many rows are as wide as the caches: more depths at a time mean fewer loads and stores of C.
    sizes!(1: 8; 2: 8; 3: 8; 4: 8; 5: 16; 6: 16; 7: 16; 8: 16;);
}

/// `R` rows, `D` depths at a time.
struct Sweeps<'a, const R: usize, const D: usize>(Part<'a>);

impl<const R: usize, const D: usize> Kernel for Sweeps<'_, R, D> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let depths = self.0.b.rows();
        let whole = depths / D * D;
        // SAFETY: the depths lie inside and come in order; C was written before if they are not the first
        // (`in_sweeps`).
        unsafe {
            for depth in (0..whole).step_by(D) {
                sweep::<S, R, D>(s, self.0, depth);
            }
            for depth in whole..depths {
                sweep::<S, R, 1>(s, self.0, depth);
            }
        }
    }
}

/// The multiply-adds of the `D` depths from `depth` on, for `R` rows.
///
/// # Safety
/// They lie inside, and C has as many rows; unless these are the first depths, it was written.
#[inline(always)]
unsafe fn sweep<S: Simd, const R: usize, const D: usize>(
    s: S,
    Part { a, b, c, first }: Part<'_>,
    depth: usize,
) {
    let x = std::array::from_fn(|d| std::array::from_fn(|r| a.from(r, depth + d)[0]));
    let row = &b.from(depth, 0)[..b.cols()];
    let step = |j: usize, width: usize| Step::<R, D> {
        x: &x,
        b: row.as_ptr().wrapping_add(j),
        b_row: b.row_stride(),
        c: c.at(0, 0).wrapping_add(j),
        c_row: c.row_stride(),
        first: first && depth == 0,
        width,
    };
    let mut j = to_next_line(row, b.row_stride());
    // SAFETY: each step takes columns that there are; the rest is the caller's promise.
    unsafe {
        if j != 0 {
            s.run(Narrow(step(0, j)));
        }
        while row.len() - j >= LANES {
            step(j, LANES).run(s);
            j += LANES;
        }
        if j < row.len() {
            s.run(Narrow(step(j, row.len() - j)));
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
                if R > 4 {
                    s.prefetch(b.wrapping_add(d * b_row + AHEAD));
                }
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
struct Narrow<'a, const R: usize, const D: usize>(Step<'a, R, D>);

impl<const R: usize, const D: usize> Kernel for Narrow<'_, R, D> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_before_the_first_cache_line() {
        let values = [0.0; 40];
        for start in 0..16 {
            for len in [0, 1, 7, 8, 24] {
                let row = &values[start..][..len];
                let line = (0..len).find(|i| row[*i..].as_ptr().addr().is_multiple_of(64));
                for stride in [24, 32, 512] {
                    assert_eq!(to_next_line(row, stride), line.unwrap_or(len));
                }
                for stride in [25, 30, 36] {
                    assert_eq!(to_next_line(row, stride), 0, "rows differ");
                }
            }
        }
    }
}
