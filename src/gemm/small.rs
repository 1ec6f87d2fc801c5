//! Small products: sizes to 64, in one block, in place.
//!
//! ```text
//! in the caller's code       a dozen comparisons; a Small of ten words
//!   out of line              which machine; how many rows, one vector of columns or more
//!     one vector, one tile   a micro-kernel compiled for just this height
//!     more                   for each strip of a few vectors: all its tiles, in one function for this height and width
//! ```
//!
//! Up to 8 × 8 the arithmetic takes a few nanoseconds, so that what a call costs is what there is to gain:
//!
//! - The checks are compiled into the caller's code and take what is in its registers. Views that only stand in memory to
//!   be handed on cost 20 moves. Where the result is allocated, its errors are written out there, too: told apart by a
//!   function's answer, they would make the matrix wait in memory, 23 ns instead of 16.
//! - Nothing is copied: two values that were stored one by one and are loaded as one vector make the processor wait for
//!   both to reach the cache: with a copy of the Small on its way, 1×1×16 takes 16 ns instead of 11. What a kernel needs of a [`Small`] it loads value by value.
//! - One function for each height, whose registers are few enough to need no saving for the low ones; one for each strip,
//!   so that its tiles need no calls.
//!
//! In nanoseconds on a Zen 4, before (views, tiles handed down in memory, a call for each) and now; allocated: by
//! [`Matrix::matmul`](crate::Matrix::matmul):
//!
//! | | 2×2×2 | allocated | 4×4×4 | 8×8×8 | 9×9×9 | 10×10×10 | 13×13×13 | 16×16×16 | 64×64×64 |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | before | 12.5 | 26.8 | 14.5 | 26.0 | 67 | 98 | 136 | 171 | 9454 |
//! | now | 5.0 | 16.2 | 6.5 | 19.7 | 42 | 54 | 105 | 163 | 9237 |

use super::few_columns::few_columns;
use super::kernel::{BlockA, BlockB, MicroKernel, Split, Tile, for_sizes_of_tiles};
use super::operand::{Operand, Output, Rows, room};
use crate::simd::{Isa, Kernel, LANES, Simd};
use std::ptr;

/// Sizes up to which a product is one block, in place: its parts stay in the caches in any order.
pub(super) const SMALL: usize = 64;

/// A product that is small, as the machine's code takes it.
pub(super) struct Small {
    m: usize,
    k: usize,
    n: usize,
    a: *const f64,
    a_row: usize,
    a_depth: usize,
    b: *const f64,
    b_depth: usize,
    c: *mut f64,
    c_row: usize,
}

impl Small {
    /// The product of `a` and `b`, if their shapes fit, no size is 0 or above 64, the columns of `b` are contiguous, and
    /// they are more than one unless there are few rows; its result, at `c`, is still to be given a place. Nothing is
    /// asked that a small product can do without.
    #[inline(always)]
    pub(super) fn new(a: Operand<'_>, b: Operand<'_>) -> Option<Self> {
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        // One comparison for all: 0 wraps around, and the limit is a power of two.
        const { assert!(SMALL.is_power_of_two()) };
        let sizes = m.wrapping_sub(1) | k.wrapping_sub(1) | n.wrapping_sub(1);
        let is_small = sizes < SMALL && k == b.rows() && b.col_stride() == 1;
        (is_small && (n > 1 || m < LANES)).then_some(Self {
            m,
            k,
            n,
            a: a.pointer(),
            a_row: a.row_stride(),
            a_depth: a.col_stride(),
            b: b.pointer(),
            b_depth: b.row_stride(),
            c: ptr::null_mut(),
            c_row: n,
        })
    }

    /// The product of `a`, or where TN its transpose, and `b`, if it is small, their rows have no gaps and lie in their
    /// memory. Rows with gaps go another way: to check them, too, takes another nanosecond.
    #[inline(always)]
    fn of_rows<const TN: bool>(a: Rows<'_>, b: Rows<'_>) -> Option<Self> {
        let (left, right) = (Operand::unchecked(a), Operand::unchecked(b));
        let left = if TN { left.transposed() } else { left };
        // Checked before anything is read.
        Self::new(left, right).filter(|_| without_gaps(&a) && without_gaps(&b))
    }

    /// Computes it into `c`, if that has its shape.
    #[inline(always)]
    pub(super) fn run(mut self, isa: Isa, c: &Output<'_>) -> bool {
        let fits = c.rows() == self.m && c.cols() == self.n;
        if fits {
            (self.c, self.c_row) = (c.at(0, 0), c.row_stride());
            // SAFETY: the operands hold the product's, and C has a place for all of it.
            unsafe { run(isa, &self) };
        }
        fits
    }

    #[inline(always)]
    fn tile(&self) -> Tile {
        Tile {
            kc: self.k,
            a: BlockA {
                data: self.a,
                row: self.a_row,
                depth: self.a_depth,
                tile: 0,
            },
            b: BlockB {
                data: self.b,
                depth: self.b_depth,
                vector: LANES,
                ahead: 0,
            },
            c: self.c,
            c_row: self.c_row,
            height: self.m,
            width: self.n,
            first: true,
            next_a: ptr::null(),
            next_c: ptr::null_mut(),
        }
    }
}

/// Whether the rows of an operand of a small product lie in their memory without gaps.
#[inline(always)]
fn without_gaps(rows: &Rows<'_>) -> bool {
    rows.row_stride == rows.cols && rows.rows * rows.cols <= rows.data.len()
}

/// The product of `a`, or where TN its transpose, and `b`, if it is small, and `c` has its shape and is as long; otherwise
/// false.
#[inline(always)]
pub(crate) fn small_product<const TN: bool>(
    a: Rows<'_>,
    b: Rows<'_>,
    c: &mut [f64],
    shape: (usize, usize),
) -> bool {
    match Small::of_rows::<TN>(a, b) {
        Some(mut small) if shape == (small.m, small.n) && c.len() == small.m * small.n => {
            small.c = c.as_mut_ptr();
            // SAFETY: the operands lie inside, and C is of this size.
            unsafe { run(Isa::current(), &small) };
            true
        }
        _ => false,
    }
}

/// The product in a buffer of its own, row by row, if it is small and there is memory.
#[inline(always)]
pub(crate) fn small_product_boxed<const TN: bool>(a: Rows<'_>, b: Rows<'_>) -> Option<Box<[f64]>> {
    let mut small = Small::of_rows::<TN>(a, b)?;
    // SAFETY: the operands lie inside.
    unsafe { boxed(Isa::current(), &mut small) }
}

/// # Safety
/// The operands hold the product's.
#[inline(never)]
unsafe fn boxed(isa: Isa, small: &mut Small) -> Option<Box<[f64]>> {
    let mut values = room(small.m * small.n)?;
    small.c = values.as_mut_ptr().cast();
    // SAFETY: C is a buffer of m·n values, which the product writes.
    unsafe {
        run(isa, small);
        Some(values.assume_init())
    }
}

/// # Safety
/// The operands hold the product's, C has a place for all of it.
#[inline(never)]
unsafe fn run(isa: Isa, small: &Small) {
    // SAFETY: the caller's promise.
    unsafe { in_tiles_of!(isa, in_few_tiles(small)) }
}

/// # Safety
/// As [`run`].
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels for no tile of this machine would be compiled"
)]
#[inline(always)]
unsafe fn in_few_tiles<
    S: Simd,
    const M0: usize,
    const N0: usize,
    const M1: usize,
    const N1: usize,
    const M2: usize,
    const N2: usize,
>(
    s: S,
    small: &Small,
) {
    macro_rules! one_tile {
        ($($height:literal)*) => {
            match small.m {
                $($height => if const { $height <= M0 } {
                    return if small.n <= LANES / 2 {
                        s.run(OneTile::<$height, 0, true>(small))
                    } else {
                        s.run(OneTile::<$height, 1, false>(small))
                    };
                },)*
                _ => {}
            }
        };
    }
    if small.n <= LANES {
        one_tile!(1 2 3 4 5 6 7 8);
    }
    // SAFETY: the caller's promise.
    unsafe { more_tiles::<S, M0, N0, M1, N1, M2, N2>(s, small) };
}

/// A product that is one tile of one vector, or half of one. The tile is put together here, where it need not stand in
/// memory.
struct OneTile<'a, const H: usize, const NV: usize, const HALF: bool>(&'a Small);

impl<const H: usize, const NV: usize, const HALF: bool> Kernel for OneTile<'_, H, NV, HALF> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        MicroKernel::<H, NV, HALF, true>(&self.0.tile()).run(s);
    }
}

/// Apart, so that a single narrow tile does not pay for it.
///
/// # Safety
/// As [`run`].
#[inline(never)]
unsafe fn more_tiles<
    S: Simd,
    const M0: usize,
    const N0: usize,
    const M1: usize,
    const N1: usize,
    const M2: usize,
    const N2: usize,
>(
    s: S,
    small: &Small,
) {
    const { assert!(SMALL <= u8::MAX as usize, "of a Place") };
    // SAFETY: the caller's promise.
    unsafe {
        // With fewer values of A, turning them takes longer than the lanes that tiles leave idle.
        let top = if small.m * small.k < 1024 {
            0
        } else {
            few_columns::<S, true>(s, &small.tile())
        };
        let rows = small.m - top;
        if rows == 0 {
            // All done.
        } else if rows <= M2 {
            strips::<S, M2, N2>(s, small, top);
        } else if rows <= M1 {
            strips::<S, M1, N1>(s, small, top);
        } else {
            strips::<S, M0, N0>(s, small, top);
        }
    }
}

/// The rows from `top` on, of which there are some.
///
/// # Safety
/// As [`run`].
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels for no tile of this machine would be compiled"
)]
#[inline(always)]
unsafe fn strips<S: Simd, const MR: usize, const NV: usize>(s: S, small: &Small, top: usize) {
    let strips = Split::new(small.n.div_ceil(LANES), NV);
    let rows = small.m - top;
    let tiles = rows.div_ceil(MR);
    let height = rows.div_ceil(tiles);
    for strip in 0..strips.parts {
        let (col, vectors) = (strips.start(strip) * LANES, strips.len(strip));
        let place = Place {
            top: top as u8,
            col: col as u8,
            tiles: tiles as u8,
        };
        let width = (small.n - col).min(vectors * LANES);
        let half = width.wrapping_sub(1) % LANES < LANES / 2;
        macro_rules! sizes {
            ($($height:literal $less:literal: $($vectors:literal)*;)*) => {
                match (height, vectors) {
                    $($(($height, $vectors) => if const { $height <= MR && $vectors <= NV } {
                        if half {
                            s.run(Strip::<$height, $less, { $vectors - 1 }, true> { small, place })
                        } else {
                            s.run(Strip::<$height, $less, $vectors, false> { small, place })
                        }
                    },)*)*
                    _ => unreachable!("a strip has 1 to NV vectors, its tiles 1 to MR rows, and the table has them all"),
                }
            };
        }
        for_sizes_of_tiles!(sizes);
    }
}

/// Where a strip starts, and how many tiles it has.
#[derive(Clone, Copy)]
struct Place {
    top: u8,
    col: u8,
    tiles: u8,
}

/// All rows of NV vectors of columns, or of half a vector more: tiles of H rows, then tiles of one less.
struct Strip<'a, const H: usize, const LESS: usize, const NV: usize, const HALF: bool> {
    small: &'a Small,
    place: Place,
}

impl<const H: usize, const LESS: usize, const NV: usize, const HALF: bool> Kernel
    for Strip<'_, H, LESS, NV, HALF>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let small = self.small;
        let Place { top, col, tiles } = self.place;
        let (top, col, tiles) = (usize::from(top), usize::from(col), usize::from(tiles));
        let mut tile = small.tile();
        tile.b.data = tile.b.data.wrapping_add(col);
        tile.c = tile.c.wrapping_add(top * tile.c_row + col);
        tile.a.data = tile.a.data.wrapping_add(top * tile.a.row);
        tile.width = (small.n - col).min((NV + usize::from(HALF)) * LANES);
        let whole = small.m - top - tiles * LESS;
        for index in 0..tiles {
            let height = if index < whole {
                MicroKernel::<H, NV, HALF, true>(&Tile { ..tile }).run(s);
                H
            } else {
                MicroKernel::<LESS, NV, HALF, true>(&Tile { ..tile }).run(s);
                LESS
            };
            tile.a.data = tile.a.data.wrapping_add(height * tile.a.row);
            tile.c = tile.c.wrapping_add(height * tile.c_row);
        }
    }
}
