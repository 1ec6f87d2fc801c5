//! The two inner loops: a block of C, in micro-tiles.

use super::microkernel::{MicroTiles, Sweep};
use super::operand::columns_to_peel;
use super::plan::{ONE_DEPTH, SMALL, Tile, WIDE, fills_a_set};
use crate::simd::{Outer, Simd};

/// Start and length of the parts of `total`: as few as possible of at most `max`, their sizes differing by at most one `unit`.
#[inline(always)]
pub(super) fn parts(total: usize, max: usize, unit: usize) -> impl Iterator<Item = (usize, usize)> {
    let parts = total.div_ceil(max.max(1)).max(1);
    let size = total.div_ceil(parts).next_multiple_of(unit).max(1);
    let starts = (0..total).step_by(size);
    starts.map(move |start| (start, size.min(total - start)))
}

/// A block of C = A·B over `kc` depths.
///
/// **The contract:** rows `rs_a` apart of `mc` × `kc` values at `a` are readable. `nc` columns of `kc` depths of B are
/// readable: in place, `rs_b` apart, or in panels, whole ones, `panel` apart. `mc` × `nc` values at `c`,
/// rows `rs_c` apart, are writable by nobody else at the time, and hold numbers unless `overwrite`.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) mc: usize,
    pub(super) kc: usize,
    pub(super) nc: usize,
    pub(super) a: *const f64,
    pub(super) rs_a: usize,
    pub(super) b: *const f64,
    pub(super) rs_b: usize,
    pub(super) panel: Option<usize>,
    pub(super) c: *mut f64,
    pub(super) rs_c: usize,
    pub(super) overwrite: bool,
}

impl Block {
    /// Of mc, kc and nc; operands and C, each a pointer and the distance of its rows.
    #[inline(always)]
    pub(super) fn in_place(
        [mc, kc, nc]: [usize; 3],
        (a, rs_a): (*const f64, usize),
        (b, rs_b): (*const f64, usize),
        (c, rs_c): (*mut f64, usize),
    ) -> Self {
        Self {
            mc,
            kc,
            nc,
            a,
            rs_a,
            b,
            rs_b,
            panel: None,
            c,
            rs_c,
            overwrite: true,
        }
    }
}

/// [`macro_kernel`] of a block, `mc` rows at a time. Of column j, no more than the rows up to `diagonal` + j are needed.
///
/// # Safety
/// The contract of [`Block`].
pub(super) unsafe fn blocks<S: Simd, const MR: usize, const P: usize>(
    s: S,
    all: &Block,
    mc: usize,
    diagonal: isize,
) {
    for (row, mc) in parts(all.mc, mc, MR) {
        let a = all.a.wrapping_add(row * all.rs_a);
        // Behind the last rows there may be no memory, whose addresses take long to look up.
        let next = if row + mc < all.mc { mc } else { 0 };
        // Panels of which these rows need nothing.
        let nr = P * S::WIDTH;
        let panels = (row as isize).saturating_sub(diagonal).max(0) as usize / nr;
        if panels * nr >= all.nc {
            break;
        }
        let block = Block {
            mc,
            nc: all.nc - panels * nr,
            a,
            b: all.b.wrapping_add(panels * all.panel.unwrap_or(nr)),
            c: all.c.wrapping_add(row * all.rs_c + panels * nr),
            ..*all
        };
        // SAFETY: these rows lie inside; the rest is the caller's promise.
        unsafe { macro_kernel::<S, MR, P>(s, &block, a.wrapping_add(next * all.rs_a)) }
    }
}

/// Loops 2 and 1: strips of B, and the tiles of A for each; the other way round, in one sweep but for the last columns, where
/// there is one tile only or C is wide. The rows of A at `next_a`, any address, are prefetched for the next block.
///
/// Compiled once for each ISA, and without its features, so that no micro-kernel is compiled into it.
///
/// # Safety
/// The contract of [`Block`].
#[inline(never)]
pub(super) unsafe fn macro_kernel<S: Simd, const MR: usize, const P: usize>(
    s: S,
    block: &Block,
    next_a: *const f64,
) {
    let tile = const { Tile::new::<S>(MR, P) };
    let (mc, kc, nc) = (block.mc, block.kc, block.nc);
    let (rs_a, rs_b, rs_c) = (block.rs_a, block.rs_b, block.rs_c);
    let (packed, panel) = (block.panel.is_some(), block.panel.unwrap_or(tile.nr()));
    // Of one depth, packed panels are a row too, if they lie side by side.
    if const { MR > 1 } && kc == 1 && nc >= ONE_DEPTH && panel == tile.nr() && block.overwrite {
        let (x, c) = ((block.a, rs_a), (block.c, rs_c));
        // SAFETY: the contract, of one depth.
        return s.run(unsafe { Outer::new((mc, nc), x, block.b, c) });
    }
    // B in place, out of L2: no register across two cache lines.
    if !packed && tile.peels(mc, kc, nc) {
        let head = columns_to_peel(block.b, rs_b, S::WIDTH);
        if head != 0 {
            let (first, nc) = (Block { nc: head, ..*block }, nc - head);
            let (b, c) = (block.b.wrapping_add(head), block.c.wrapping_add(head));
            // SAFETY: the contract, of these columns and the others.
            unsafe {
                macro_kernel::<S, MR, P>(s, &first, next_a);
                return macro_kernel::<S, MR, P>(s, &Block { nc, b, c, ..*block }, next_a);
            }
        }
    }
    // Rows are cut evenly: `larger` tiles of `height` rows, then tiles of one row less. One tile is told apart for the sake of
    // small products, for which a division is a large part of their time; so are the two below.
    let cut = |max: usize| {
        if mc <= max {
            return (1, mc, 1);
        }
        let tiles = mc.div_ceil(max);
        let height = mc.div_ceil(tiles);
        (tiles, height, mc - (height - 1) * tiles)
    };
    // Lower tiles read B more often: not where its rows, in place, share a set of L1. Up to 5 of 8 rows are one tile.
    let low = mc + 2 >= MR && (packed || !fills_a_set(rs_b, kc));
    let mut rows = cut(if low { tile.height(kc) } else { MR });
    let mut registers = tile.registers(rows.1);
    if rows.1 == 1 && nc > registers * S::WIDTH {
        // Strips are cut evenly, too.
        let strips = nc.div_ceil(registers * S::WIDTH);
        registers = nc.div_ceil(strips * S::WIDTH).next_multiple_of(P);
    }
    let mut strip = registers * S::WIDTH;
    let wide = nc >= WIDE * tile.nr();
    let near = !wide || !packed && kc <= SMALL;
    // With AVX-512 its loads are as few as its multiply-adds want: 8 for 16, where AVX2 has 6 for 9.
    let widens = (near || tile.is_avx512()) && registers == P && tile.rows_of_wider() != 0;
    let step_b = registers / P * panel;
    let mut sweep = Sweep {
        kc,
        main: kc,
        a: block.a,
        rs_a,
        next_a,
        b: block.b,
        rs_b,
        panel,
        c: block.c,
        rs_c,
        last: S::WIDTH,
        overwrite: block.overwrite,
        steps: 1,
        step: (0, 0, 0),
        rounds: 1,
        round: (0, 0),
    };
    let (mut left, mut c) = (nc, block.c);
    // loop 2 (jr): columns of C
    while left != 0 {
        let mut steps = 1;
        if (wide || rows.0 == 1) && left >= 2 * strip {
            steps = left / strip;
            steps -= usize::from(widens && (1..=S::WIDTH).contains(&(left - steps * strip)));
        } else if widens && (strip + 1..=strip + S::WIDTH).contains(&left) {
            rows = cut(tile.rows_of_wider());
            strip += S::WIDTH;
        } else if registers == P && left + S::WIDTH / 2 <= strip {
            rows = cut(MR);
        }
        let (tiles, height, larger) = rows;
        let width = left.min(steps * strip);
        let used = width.min(strip).div_ceil(S::WIDTH);
        if width < strip {
            sweep.last = width - (used - 1) * S::WIDTH;
            let beyond = S::WIDTH - sweep.last;
            if !packed {
                sweep.main = unmasked(kc, beyond, rs_b);
            }
        }
        // loop 1 (ir): rows of C
        sweep.a = block.a;
        sweep.c = c;
        for (height, count) in [(height, larger), (height - 1, tiles - larger)] {
            if count == 0 {
                continue;
            }
            let (down_a, down_c) = (height * rs_a, height * rs_c);
            if tiles == 1 || steps > 1 {
                (sweep.steps, sweep.step) = (steps, (0, step_b, strip));
                (sweep.rounds, sweep.round) =
                    (count, (down_a, down_c.wrapping_sub((steps - 1) * strip)));
            } else {
                (sweep.steps, sweep.step) = (count, (down_a, 0, down_c));
                sweep.rounds = 1;
            }
            // SAFETY: `count` times `height` rows and the `width` columns from here on lie inside the block, and of B
            // nothing is read beyond it but what `main` allows (above); the rest is the caller's promise.
            unsafe { run_sweep::<S, MR, P>(s, height, used, &sweep) };
            sweep.a = sweep.a.wrapping_add(count * down_a);
            sweep.c = sweep.c.wrapping_add(count * down_c);
        }
        left -= width;
        sweep.b = sweep.b.wrapping_add(steps * step_b);
        c = c.wrapping_add(width);
    }
}

/// Depths of a strip in place that are read in whole registers, of which the last ends `beyond` values behind the last
/// column: where rows are `rs_b` apart, that is inside B for all but the last depths.
#[inline(always)]
pub(super) fn unmasked(kc: usize, beyond: usize, rs_b: usize) -> usize {
    match beyond {
        0 => kc,
        _ if beyond <= rs_b => kc - 1,
        // Rows of at least one value: exact for one, otherwise some masks more, and no division.
        _ => kc.saturating_sub(beyond),
    }
}

/// The micro-kernel compiled for just so many rows and registers.
///
/// # Safety
/// The contract of [`Sweep`] for a tile of `height` rows and `registers` registers.
#[inline(always)]
pub(super) unsafe fn run_sweep<S: Simd, const MR: usize, const P: usize>(
    s: S,
    height: usize,
    registers: usize,
    sweep: &Sweep,
) {
    macro_rules! kernels {
        ($($height:literal: $($registers:literal)*;)*) => {
            match (height, registers) {
                $($(($height, $registers) => if const {
                    let tile = Tile::new::<S>(MR, P);
                    $height <= MR && $registers <= tile.registers($height)
                        || $height <= tile.rows_of_wider() && $registers == P + 1
                } {
                    // SAFETY: the caller's promise.
                    unsafe {
                        if const { Tile::new::<S>(MR, P).halves($height, $registers) }
                            && sweep.last <= S::WIDTH / 2
                        {
                            return s.run(MicroTiles::<$height, $registers, P, true>::new(sweep));
                        }
                        return s.run(MicroTiles::<$height, $registers, P, false>::new(sweep));
                    }
                },)*)*
                _ => {}
            }
        };
    }
    kernels! {
        1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15;
        2: 1 2 3 4 5 6 7 8;
        3: 1 2 3 4 5 6;
        4: 1 2 3 4;
        5: 1 2 3 4;
        6: 1 2 3 4;
        7: 1 2 3;
        8: 1 2 3;
    }
    unreachable!("a tile has 1 to MR rows and as many registers as the table")
}
