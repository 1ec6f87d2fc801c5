//! The two inner loops and the micro-kernel.
//!
//! **Tile contract.** A [`Tile`] of H rows and N columns is given `a`, whose element (i, p) is at `i·row + p·depth`;
//! `b`, whose row p of column vector v starts at `p·depth + v·vector`; and `c`, rows of N columns `c_row` apart. For
//! i < H, p < kc, all of these may be read, and those of C written; unless `first`, C holds the partial results of the
//! depths before.

use super::few_columns::few_columns;
use crate::simd::{Kernel, LANES, Simd};
use std::ops::Range;

/// A block of A as the micro-kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct BlockA {
    pub(super) data: *const f64,
    /// From a row to the next within a tile.
    pub(super) row: usize,
    /// From a depth to the next.
    pub(super) depth: usize,
    /// From a packed tile to the next; 0 for a block in place, whose tiles follow row by row.
    pub(super) tile: usize,
}

/// A block of B as the micro-kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct BlockB {
    pub(super) data: *const f64,
    /// From a depth to the next.
    pub(super) depth: usize,
    /// From a vector of 8 columns to the next.
    pub(super) vector: usize,
    /// How far ahead of its use a value is asked for, in values; 0 for not at all.
    pub(super) ahead: usize,
}

/// `total` things in as few parts of at most `most` as possible, their sizes differing by at most one.
#[derive(Clone, Copy)]
pub(super) struct Split {
    size: usize,
    larger: usize,
    pub(super) parts: usize,
}

impl Split {
    #[inline(always)]
    pub(super) fn new(total: usize, most: usize) -> Self {
        if total <= most {
            // No division: small products are told from each other by nanoseconds.
            return Self {
                size: total,
                larger: 0,
                parts: usize::from(total != 0),
            };
        }
        let parts = total.div_ceil(most);
        Self {
            size: total / parts,
            larger: total % parts,
            parts,
        }
    }

    #[inline(always)]
    pub(super) fn start(self, part: usize) -> usize {
        part * self.size + part.min(self.larger)
    }

    #[inline(always)]
    pub(super) fn len(self, part: usize) -> usize {
        self.size + usize::from(part < self.larger)
    }
}

/// C = A·B cut into tiles that the registers hold, or resumed from what C holds.
///
/// # Safety
/// The tile contract for the whole block. It becomes the last of its tiles: what stays from tile to tile is not written
/// again, and above all not copied, since a load of several values that were just written one by one waits for the
/// processor to be done with all that came before.
#[inline(always)]
pub(super) unsafe fn macro_kernel<S: Simd, const MR: usize, const NV: usize>(
    s: S,
    tile: &mut Tile,
) {
    let Tile {
        mut a,
        b,
        c_row,
        height: mc,
        width: nc,
        ..
    } = *tile;
    // SAFETY: the caller's promise.
    let done = unsafe { few_columns::<S, false>(s, tile) };
    if done == mc {
        return;
    }
    let (mut top_c, mc) = (tile.c.wrapping_add(done * c_row), mc - done);
    a.data = a.data.wrapping_add(done * a.row);
    let tiles = Split::new(mc, MR);
    let strips = Split::new(nc.div_ceil(LANES), NV);
    let (mut top_b, mut left) = (b.data, nc);
    // loop 2 (jr): columns of C, at most NV vectors at a time
    for strip in 0..strips.parts {
        let vectors = strips.len(strip);
        tile.a.data = a.data;
        tile.b.data = top_b;
        tile.c = top_c;
        tile.width = left.min(vectors * LANES);
        left = left.saturating_sub(vectors * LANES);
        top_b = top_b.wrapping_add(vectors * b.vector);
        top_c = top_c.wrapping_add(vectors * LANES);
        // loop 1 (ir): rows of C, at most MR at a time
        for index in 0..tiles.parts {
            let height = tiles.len(index);
            let below_a =
                tile.a
                    .data
                    .wrapping_add(if a.tile == 0 { height * a.row } else { a.tile });
            let below_c = tile.c.wrapping_add(height * c_row);
            let lowest = index + 1 == tiles.parts;
            // In place, the first strip meets rows of A that may come from memory; the others find them in a cache.
            let asks = strip == 0 && a.tile == 0 && !lowest;
            tile.height = height;
            tile.next_a = if asks { below_a } else { std::ptr::null() };
            tile.next_c = match (lowest, left) {
                (false, _) => below_c,
                (true, 1..) => top_c,
                (true, 0) => std::ptr::null_mut(),
            };
            // SAFETY: the rows and columns of the block that this tile covers (tile contract).
            unsafe { tile.run::<S, MR, NV>(s, vectors) };
            tile.a.data = below_a;
            tile.c = below_c;
        }
    }
}

/// Calls the macro `$sizes` with the sizes of tiles that any machine has: rows, one less, and vectors.
macro_rules! for_sizes_of_tiles {
    ($sizes:ident) => {
        $sizes! {
            1 0: 1 2 3 4 5 6 7 8;
            2 1: 1 2 3 4 5 6;
            3 2: 1 2 3 4 5 6;
            4 3: 1 2 3 4 5 6;
            5 4: 1 2 3;
            6 5: 1 2 3;
            7 6: 1 2 3;
            8 7: 1 2 3;
        }
    };
}
pub(super) use for_sizes_of_tiles;

/// A block of C: what one call of the micro-kernel computes, or of the macro-kernel.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub(super) kc: usize,
    pub(super) a: BlockA,
    pub(super) b: BlockB,
    pub(super) c: *mut f64,
    pub(super) c_row: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Whether the chains start here, at the first depth, instead of being resumed from C.
    pub(super) first: bool,
    /// Where the next tile of A stands, if it is to be asked for; otherwise null.
    pub(super) next_a: *const f64,
    /// Where the next tile of C stands; null for the last one.
    pub(super) next_c: *mut f64,
}

impl Tile {
    /// Runs the micro-kernel compiled for just this many rows and vectors.
    ///
    /// One of at most 4 columns in the last vector is computed in half a register: on CPUs whose widest registers go
    /// through the multiplier in two passes, half the work.
    #[allow(
        clippy::collapsible_match,
        reason = "a guard is not known to be false in time: kernels for no tile of this machine would be compiled"
    )]
    ///
    /// # Safety
    /// The tile contract.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd, const MR: usize, const NV: usize>(
        &self,
        s: S,
        vectors: usize,
    ) {
        macro_rules! sizes {
            ($($height:literal $less:literal: $($vectors:literal)*;)*) => {
                if self.width.wrapping_sub(1) % LANES >= LANES / 2 {
                    match (self.height, vectors) {
                        $($(($height, $vectors) => if const { $height <= MR && $vectors <= NV } {
                            return s.run(MicroKernel::<$height, $vectors, false, false>(self))
                        },)*)*
                        _ => {}
                    }
                } else {
                    match (self.height, vectors) {
                        $($(($height, $vectors) => if const { $height <= MR && $vectors <= NV } {
                            return s.run(MicroKernel::<$height, { $vectors - 1 }, true, false>(self))
                        },)*)*
                        _ => {}
                    }
                }
            };
        }
        for_sizes_of_tiles!(sizes);
        unreachable!("a tile has 1 to MR rows and 1 to NV vectors, and MR and NV are in the table")
    }
}

/// C[H × (NV vectors, and half of one where HALF)] = A·B over `kc` depths, in registers: the accumulators start at
/// +0.0 or at what C holds, and each takes one fused multiply-add per depth, in order.
///
/// `NEAR`: of a product whose operands are near, in one block. The chains start here, and nothing is asked for ahead of
/// its use, which leaves a kernel so short that its entry and exit cost little.
pub(super) struct MicroKernel<
    'a,
    const H: usize,
    const NV: usize,
    const HALF: bool,
    const NEAR: bool,
>(pub(super) &'a Tile);

#[allow(
    clippy::needless_range_loop,
    reason = "i and v name the row and the vector of the tile on both sides"
)]
impl<const H: usize, const NV: usize, const HALF: bool, const NEAR: bool>
    MicroKernel<'_, H, NV, HALF, NEAR>
{
    /// A multiply-add of each accumulator for each of some depths. Row p of the tile at `next_c` is asked for at depth p,
    /// unless that is null.
    ///
    /// # Safety
    /// These are depths of the tile.
    #[inline(always)]
    unsafe fn depths<S: Simd>(
        &self,
        s: S,
        depths: Range<usize>,
        next_c: *mut f64,
        acc: &mut [[S::Vector; NV]; H],
        half: &mut [S::Half; H],
    ) {
        let Tile {
            a,
            b,
            c_row,
            width,
            next_a,
            ..
        } = *self.0;
        let whole = if HALF { NV } else { NV - 1 };
        let last = width - whole * LANES;
        let zero = s.splat(0.0);
        let mut at_a = a.data.wrapping_add(depths.start * a.depth);
        let mut at_b = b.data.wrapping_add(depths.start * b.depth);
        for p in depths {
            if !NEAR && !next_a.is_null() {
                // A line of the next tile each time: 8 rows of kc/8 lines.
                s.prefetch(next_a.wrapping_add(p % LANES * a.row + p / LANES * LANES));
            }
            if !NEAR && !next_c.is_null() {
                let next_c = next_c.wrapping_add(p * c_row);
                for v in 0..NV + usize::from(HALF) {
                    s.prefetch(next_c.wrapping_add(v * LANES));
                }
                s.prefetch(next_c.wrapping_add(whole * LANES + last - 1));
            }
            let (mut row, mut row_half) = ([zero; NV], s.half(zero));
            // SAFETY: depth p < kc of B (tile contract).
            unsafe {
                for v in 0..whole {
                    row[v] = s.load(&*at_b.add(v * b.vector).cast());
                }
                if HALF {
                    row_half = s.load_half(last, at_b.add(whole * b.vector));
                } else {
                    row[whole] = s.load_first(last, at_b.add(whole * b.vector));
                }
            }
            if !NEAR && b.ahead != 0 {
                for v in 0..NV + usize::from(HALF) {
                    s.prefetch(at_b.wrapping_add(v * b.vector + b.ahead));
                }
            }
            for i in 0..H {
                // SAFETY: row i < H, depth p < kc of A (tile contract).
                let value = unsafe { *at_a.add(i * a.row) };
                let x = s.splat(value);
                for v in 0..NV {
                    acc[i][v] = s.mul_add(x, row[v], acc[i][v]);
                }
                if HALF {
                    let x = if NV == 0 {
                        s.splat_half(value)
                    } else {
                        s.half(x)
                    };
                    half[i] = s.mul_add_half(x, row_half, half[i]);
                }
            }
            at_a = at_a.wrapping_add(a.depth);
            at_b = at_b.wrapping_add(b.depth);
        }
    }
}

#[allow(
    clippy::needless_range_loop,
    reason = "i and v name the row and the vector of the tile on both sides"
)]
impl<const H: usize, const NV: usize, const HALF: bool, const NEAR: bool> Kernel
    for MicroKernel<'_, H, NV, HALF, NEAR>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Tile {
            kc,
            c,
            c_row,
            width,
            first,
            next_c,
            ..
        } = *self.0;
        // Vectors of which every lane is a column; the last one may be narrower.
        let whole = if HALF { NV } else { NV - 1 };
        // Columns in the last one, 1 to 8.
        let last = width - whole * LANES;
        let zero = s.splat(0.0);
        let (mut acc, mut half) = ([[zero; NV]; H], [s.half(zero); H]);
        if !NEAR && !first {
            for i in 0..H {
                // SAFETY: row i < H of the tile, its vectors and the `last` columns (tile contract).
                unsafe {
                    let c = c.add(i * c_row);
                    for v in 0..whole {
                        acc[i][v] = s.load(&*c.add(v * LANES).cast());
                    }
                    if HALF {
                        half[i] = s.load_half(last, c.add(whole * LANES));
                    } else {
                        acc[i][whole] = s.load_first(last, c.add(whole * LANES));
                    }
                }
            }
        }
        // A row of the next tile of C is asked for at each of the first depths: it has a whole micro-kernel to come from
        // memory. The other depths have a loop of their own, which keeps less in registers: 89 % of the peak instead of
        // 75 at 256³ on AVX2. Few depths are left alone: the tile is over before the lines arrive.
        let asking = if NEAR || next_c.is_null() || kc < 2 * H {
            0
        } else {
            H
        };
        // SAFETY: both are depths of the tile.
        unsafe {
            self.depths(s, 0..asking, next_c, &mut acc, &mut half);
            self.depths(s, asking..kc, std::ptr::null_mut(), &mut acc, &mut half);
        }
        for i in 0..H {
            // SAFETY: as for the loads; the tile is this call's to write.
            unsafe {
                let c = c.add(i * c_row);
                for v in 0..whole {
                    // Through the pointer: a reference would say that the memory holds numbers already.
                    s.store_first(LANES, acc[i][v], c.add(v * LANES));
                }
                if HALF {
                    s.store_half(last, half[i], c.add(whole * LANES));
                } else {
                    s.store_first(last, acc[i][whole], c.add(whole * LANES));
                }
            }
        }
    }
}
