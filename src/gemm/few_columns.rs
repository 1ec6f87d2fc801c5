//! Blocks of a few columns: the last layer of a classifier.
//!
//! ```text
//! for 8 rows of the block
//!   c = 0, or the columns of C so far
//!   for 8 depths                     a square of A, turned in registers: each vector is one depth of 8 rows
//!     for each depth, each column    c[column] = fma(a[depth], b[depth][column], c[column]), 8 rows at once
//!   C = c, turned back
//! ```
//!
//! In tiles the lanes are columns, and 10 of those take two vectors of 8, or one and a half. Here the lanes are rows, so
//! that none idles, and turning A is paid for by the multiply-adds of a few columns. In % of the fused multiply-add peak,
//! on a Zen 4:
//!
//! | columns of 100×100 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | in tiles | 20 | 30 | 40 | 59 | 70 | 82 | 92 | 63 | 70 | 77 | 82 |
//! | here | 43 | 57 | 65 | 75 | 79 | 82 | 83 | 80 | 85 | 85 | 86 |
//!
//! and 1000×784·784×10 at 91 instead of 70.

use super::blocking::PAGE;
use super::kernel::{BlockB, Tile};
use crate::simd::{Kernel, LANES, Simd};

/// Computes as many rows of the block as there are in groups of 8, if its number of columns gains by it and this machine
/// has the registers; returns how many.
///
/// # Safety
/// The tile contract for `block`.
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels for no tile of this machine would be compiled"
)]
#[inline(always)]
pub(super) unsafe fn few_columns<S: Simd, const NEAR: bool>(s: S, block: &Tile) -> usize {
    macro_rules! widths {
        ($($width:literal)*) => {
            match block.width {
                $($width => if const { $width + LANES + 2 <= S::REGISTERS } {
                    s.run(FewColumns::<$width, NEAR>(block));
                    return block.height / LANES * LANES;
                },)*
                _ => {}
            }
        };
    }
    if block.height >= LANES && block.a.depth == 1 {
        widths!(2 3 4 5 6 9 10 11 12);
    }
    0
}

/// The rows of a block of `N` columns, in groups of 8; depths of A are contiguous.
struct FewColumns<'a, const N: usize, const NEAR: bool>(&'a Tile);

impl<const N: usize, const NEAR: bool> Kernel for FewColumns<'_, N, NEAR> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Tile {
            kc,
            a,
            b,
            c,
            c_row,
            height,
            first,
            ..
        } = *self.0;
        debug_assert!(self.0.width == N && a.depth == 1);
        // Rows a multiple of 4096 bytes apart have their lines in one set of the first cache, which holds 8 of them.
        let ahead = if NEAR || a.row.is_multiple_of(PAGE) {
            0
        } else {
            LANES * a.row
        };
        for group in 0..height / LANES {
            let c = c.wrapping_add(group * LANES * c_row);
            let mut at_a = a.data.wrapping_add(group * LANES * a.row);
            let mut at_b = b;
            // SAFETY: 8 rows of A, N columns of B and kc depths of both; 8 rows and N columns of C, which hold numbers
            // unless `first` (tile contract).
            unsafe {
                let mut sums = if first {
                    [s.splat(0.0); N]
                } else {
                    load_columns(s, c, c_row)
                };
                for _ in 0..kc / LANES {
                    square(s, &mut sums, at_a, a.row, ahead, at_b, LANES);
                    at_a = at_a.wrapping_add(LANES);
                    at_b.data = at_b.data.wrapping_add(LANES * b.depth);
                }
                square(s, &mut sums, at_a, a.row, ahead, at_b, kc % LANES);
                store_columns(s, sums, c, c_row);
            }
        }
    }
}

/// The multiply-adds of the next `n` ≤ 8 depths; those of the rows `ahead` are asked for, unless it is 0.
///
/// # Safety
/// There are as many: of 8 rows of A, `row` apart, and of `N` columns of B.
#[allow(
    clippy::needless_range_loop,
    reason = "the names are rows, depths and columns of the square"
)]
#[inline(always)]
unsafe fn square<S: Simd, const N: usize>(
    s: S,
    sums: &mut [S::Vector; N],
    a: *const f64,
    row: usize,
    ahead: usize,
    b: BlockB,
    n: usize,
) {
    let mut rows = [s.splat(0.0); LANES];
    for i in 0..LANES {
        // SAFETY: the caller's promise.
        rows[i] = unsafe { s.load_first(n, a.wrapping_add(i * row)) };
        if ahead != 0 {
            s.prefetch(a.wrapping_add(i * row + ahead));
        }
    }
    let depths = s.transpose(rows);
    for p in 0..LANES {
        if p < n {
            for j in 0..N {
                let at = p * b.depth + j / LANES * b.vector + j % LANES;
                // SAFETY: the caller's promise.
                let x = s.splat(unsafe { *b.data.wrapping_add(at) });
                sums[j] = s.mul_add(depths[p], x, sums[j]);
            }
        }
    }
}

/// 8 rows of C, `c_row` apart, as `N` columns.
///
/// # Safety
/// They are there, and hold numbers.
#[inline(always)]
unsafe fn load_columns<S: Simd, const N: usize>(
    s: S,
    c: *const f64,
    c_row: usize,
) -> [S::Vector; N] {
    let mut columns = [s.splat(0.0); N];
    for (v, columns) in columns.chunks_mut(LANES).enumerate() {
        let mut rows = [s.splat(0.0); LANES];
        for (i, row) in rows.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *row = unsafe { s.load_first(columns.len(), c.wrapping_add(i * c_row + v * LANES)) };
        }
        columns.copy_from_slice(&s.transpose(rows)[..columns.len()]);
    }
    columns
}

/// `N` columns to 8 rows of C, `c_row` apart.
///
/// # Safety
/// They are there, and may be written.
#[inline(always)]
unsafe fn store_columns<S: Simd, const N: usize>(
    s: S,
    columns: [S::Vector; N],
    c: *mut f64,
    c_row: usize,
) {
    for (v, columns) in columns.chunks(LANES).enumerate() {
        let mut square = [s.splat(0.0); LANES];
        square[..columns.len()].copy_from_slice(columns);
        for (i, row) in s.transpose(square).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { s.store_first(columns.len(), row, c.wrapping_add(i * c_row + v * LANES)) };
        }
    }
}
