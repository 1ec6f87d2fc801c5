//! The three outer loops.

use super::blocking::Blocking;
use super::kernel::{BlockA, BlockB, Split, Tile, macro_kernel};
use super::operand::{Operand, Output, Rhs};
use super::pack::{Buffer, PackA, PackB};
use crate::simd::{Kernel, LANES, Simd};
use std::cell::Cell;
use std::collections::TryReserveError;

thread_local! {
    /// This thread's packing buffers, kept so that a repeated product allocates nothing.
    static WORKSPACE: Cell<Workspace> = const { Cell::new(Workspace::new()) };
}

struct Workspace {
    a: Buffer,
    b: Buffer,
}

impl Workspace {
    const fn new() -> Self {
        Self {
            a: Buffer::new(),
            b: Buffer::new(),
        }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

#[inline(always)]
fn in_place_a(a: Operand<'_>, row: usize, depth: usize) -> BlockA {
    BlockA {
        data: a.from(row, depth).as_ptr(),
        row: a.row_stride(),
        depth: a.col_stride(),
        tile: 0,
    }
}

#[inline(always)]
fn in_place_b(b: Operand<'_>, depth: usize, col: usize, ahead: usize) -> BlockB {
    debug_assert!(b.col_stride() == 1);
    BlockB {
        data: b.from(depth, col).as_ptr(),
        depth: b.row_stride(),
        vector: LANES,
        ahead,
    }
}

/// A product in tiles of `MR` rows by `NV` vectors, on one thread. No size is 0.
pub(super) struct Product<'a, const MR: usize, const NV: usize> {
    pub(super) a: Operand<'a>,
    pub(super) b: Rhs<'a>,
    pub(super) c: &'a Output<'a>,
    pub(super) blocking: Blocking,
}

impl<const MR: usize, const NV: usize> Kernel for Product<'_, MR, NV> {
    type Output = Result<(), TryReserveError>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        if !self.blocking.pack_a && !self.blocking.pack_b {
            return self.loops(s, &mut Workspace::new());
        }
        // Taken, not borrowed: whatever happens in between finds an empty workspace, never one in use.
        let mut workspace = WORKSPACE.take();
        let done = self.loops(s, &mut workspace);
        WORKSPACE.set(workspace);
        done
    }
}

impl<const MR: usize, const NV: usize> Product<'_, MR, NV> {
    #[inline(always)]
    fn loops<S: Simd>(self, s: S, workspace: &mut Workspace) -> Result<(), TryReserveError> {
        let Self { a, b, c, blocking } = self;
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let (tiles, vectors) = blocking.units(MR);
        let lead = match b {
            Rhs::Plain(_) if blocking.line_up => c.columns_before_line(),
            _ => 0,
        };
        let columns = Split::new((n - lead).div_ceil(LANES), vectors);
        let depths = Split::new(k, blocking.kc);
        let rows = Split::new(m.div_ceil(MR), tiles);
        // loop 5 (jc): columns of B and C, first those before the first cache line
        for jc in 0..=columns.parts {
            let (col, nc) = if jc == 0 {
                (0, lead)
            } else {
                let col = lead + columns.start(jc - 1) * LANES;
                (col, (columns.len(jc - 1) * LANES).min(n - col))
            };
            if nc == 0 {
                continue;
            }
            // loop 4 (pc): depth; in order, since each block resumes the chains of the one before
            for pc in 0..depths.parts {
                let (depth, kc) = (depths.start(pc), depths.len(pc));
                let block_b = match b {
                    Rhs::Packed(panels) => BlockB {
                        data: panels.from(depth, col).as_ptr(),
                        depth: LANES,
                        vector: panels.panel(),
                        ahead: 0,
                    },
                    Rhs::Plain(b) if blocking.pack_b || b.col_stride() != 1 => {
                        let out = workspace.b.get(nc.div_ceil(LANES) * LANES * kc)?;
                        let block = b.block(depth, col, kc, nc).transposed();
                        s.run(PackB { block, out });
                        BlockB {
                            data: out.as_ptr(),
                            depth: LANES,
                            vector: LANES * kc,
                            ahead: 0,
                        }
                    }
                    // The next strip's part of each row is asked for; of a single strip, nothing.
                    Rhs::Plain(b) if nc > NV * LANES => in_place_b(b, depth, col, NV * LANES),
                    Rhs::Plain(b) => in_place_b(b, depth, col, 0),
                };
                // loop 3 (ic): rows of A and C
                for ic in 0..rows.parts {
                    let row = rows.start(ic) * MR;
                    let mc = (rows.len(ic) * MR).min(m - row);
                    let tiles = Split::new(mc, MR);
                    let block_a = if blocking.pack_a {
                        let out = workspace.a.get(tiles.parts * LANES * kc)?;
                        let block = a.block(row, depth, mc, kc);
                        s.run(PackA { block, tiles, out });
                        BlockA {
                            data: out.as_ptr(),
                            row: 1,
                            depth: LANES,
                            tile: LANES * kc,
                        }
                    } else {
                        in_place_a(a, row, depth)
                    };
                    let mut block = Tile {
                        kc,
                        a: block_a,
                        b: block_b,
                        c: c.at(row, col),
                        c_row: c.row_stride(),
                        height: mc,
                        width: nc,
                        first: pc == 0,
                        next_a: std::ptr::null(),
                        next_c: std::ptr::null_mut(),
                    };
                    // SAFETY: rows row..row + mc of A and C, columns col..col + nc of B and C and depths
                    // depth..depth + kc lie inside the operands, which the views or panels cover; `first` is set for
                    // the first depths, and the blocks before have written C.
                    unsafe { macro_kernel::<S, MR, NV>(s, &mut block) };
                }
            }
        }
        Ok(())
    }
}
