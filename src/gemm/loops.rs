//! The three outer loops, on one thread ([`gemm_serial`]), and the tasks of several ([`gemm_parallel`]).

use super::macrokernel::{Block, blocks, parts};
use super::microkernel::UNROLL;
use super::operand::{Operand, Output, Panels, Rhs, SharedOutput};
use super::pack::{pack_a, pack_b};
use super::plan::{ALIASING_STRIDE, Blocking, Path, Plan};
use super::{gemm_task, tile_of};
use crate::parallel::parallel;
use crate::simd::memory::Buffer;
use crate::simd::{Isa, LANES};
use std::cell::Cell;
use std::collections::TryReserveError;
use std::sync::{Mutex, PoisonError};

thread_local! {
    /// This thread's packing buffers, kept so that a repeated product allocates nothing.
    pub(super) static PACKED_A: Cell<Buffer> = const { Cell::new(Buffer::new()) };
    pub(super) static PACKED_B: Cell<Buffer> = const { Cell::new(Buffer::new()) };
}

/// A task of a product in the five loops; compiled once, and only their bodies for each ISA. No size is 0.
pub(super) fn gemm_serial(
    isa: Isa,
    blocking: Blocking,
    scratch: Option<&mut [f64]>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    // Taken, not borrowed: whatever happens in between finds an empty buffer, never one in use.
    let mut buffers = (PACKED_A.take(), PACKED_B.take());
    let done = loops(isa, blocking, scratch, (a, b, c), &mut buffers);
    PACKED_A.set(buffers.0);
    PACKED_B.set(buffers.1);
    done
}

/// Values from a panel of B to the next: not a multiple of 4096 bytes, or panels share sets of the cache (128³: 46.2 and 47.3
/// GFLOP/s on a Zen 3); but in memory that is lent, which has no place for more than the panels.
fn panel_stride(depths: usize, nr: usize, lent: bool) -> usize {
    let values = depths * nr;
    if !lent && values.is_multiple_of(ALIASING_STRIDE) {
        values + LANES
    } else {
        values
    }
}

/// Where `len` values are packed: in the memory that is lent, if it is large enough, or in this thread's own.
fn place<'a>(
    scratch: Option<&'a mut [f64]>,
    own: &'a mut Buffer,
    len: usize,
) -> Result<&'a mut [f64], TryReserveError> {
    match scratch {
        Some(scratch) if scratch.len() >= len => Ok(&mut scratch[..len]),
        _ => own.get(len),
    }
}

fn loops(
    isa: Isa,
    blocking: Blocking,
    mut scratch: Option<&mut [f64]>,
    (a, b, c): (Operand<'_>, Rhs<'_>, Output<'_>),
    (packed_a, packed_b): &mut (Buffer, Buffer),
) -> Result<(), TryReserveError> {
    let (m, k, n) = (c.rows(), a.cols(), c.cols());
    assert!(a.rows() == m && b.shape() == (k, n));
    let tile = tile_of(isa);
    let nr = tile.nr();
    if let Rhs::Packed(panels) = b {
        assert!(panels.nr() == nr, "packed for another ISA");
    }
    // Above a diagonal, each tile has columns of its own.
    let whole = c.diagonal_at(m, 0) >= 0;
    let rows_at_once = if whole { blocking.mc } else { tile.mr };
    // loop 5 (jc): columns of B and C
    for (col, nc) in parts(n, blocking.nc, nr) {
        // loop 4 (pc): depths; in order, since each block resumes the chains of the one before
        for (depth, kc) in parts(k, blocking.kc, UNROLL) {
            let (block_b, rs_b, panel) = match b {
                Rhs::Packed(panels) => (panels.from(depth, col), nr, Some(panels.panel())),
                Rhs::Plain(b) if blocking.pack_b || b.col_stride() != 1 => {
                    let panel = panel_stride(kc, nr, scratch.is_some());
                    let len = nc.div_ceil(nr) * panel;
                    let out = place(scratch.as_deref_mut(), packed_b, len)?;
                    pack_b(isa, b.block(depth, col, kc, nc), panel, out);
                    (&*out, nr, Some(panel))
                }
                Rhs::Plain(b) => (b.from(depth, col), b.row_stride(), None),
            };
            // loop 3 (ic): rows of A and C; where A is read in place, the kernel cuts them.
            let packs_a = a.col_stride() != 1;
            let rows = if packs_a { blocking.mc } else { m };
            for (row, mc) in parts(m, rows, tile.mr) {
                let (block_a, rs_a) = if packs_a {
                    // Rows of `kc` values would share sets of L1 where that is a power of two.
                    let row_stride = kc.next_multiple_of(LANES) + LANES;
                    let out = packed_a.get(mc * row_stride)?;
                    pack_a(isa, a.block(row, depth, mc, kc), row_stride, out);
                    (&*out, row_stride)
                } else {
                    (a.from(row, depth), a.row_stride())
                };
                let (block_a, block_b) = ((block_a.as_ptr(), rs_a), (block_b.as_ptr(), rs_b));
                let block_c = (c.at(row, col), c.row_stride());
                let block = Block {
                    panel,
                    overwrite: depth == 0,
                    ..Block::in_place([mc, kc, nc], block_a, block_b, block_c)
                };
                // SAFETY: rows row..row + mc of A and C, columns col..col + nc of B and C and depths
                // depth..depth + kc lie inside the operands (asserted), which the views, panels or buffers cover.
                // C is this value's own; `overwrite` is set for the first depths, whose blocks have written what the later
                // ones resume: the same tiles are left out for all depths.
                unsafe {
                    let diagonal = c.diagonal_at(row, col);
                    with_tile!(isa, blocks(&block, rows_at_once, diagonal));
                }
            }
        }
    }
    Ok(())
}

/// The product in tasks, blocks of C that are taken from a counter. No size is 0, and k is never cut.
#[inline(never)]
pub(super) fn gemm_parallel(
    isa: Isa,
    threads: usize,
    plan: &Plan,
    scratch: Option<&mut [f64]>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    let (Rhs::Plain(plain), true) = (b, plan.share_b) else {
        return run_tasks(isa, threads, plan, a, b, c);
    };
    let ((rows, cols), nr) = (b.shape(), tile_of(isa).nr());
    let panel = panel_stride(rows, nr, scratch.is_some());
    // Each task packs a few whole panels.
    let panels = cols.div_ceil(nr);
    let mut own = PACKED_B.take();
    let out = place(scratch, &mut own, panels * panel)?;
    let each = panels.div_ceil(4 * threads);
    let parts = Mutex::new(out.chunks_mut(each * panel).enumerate());
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    parallel(threads, panels.div_ceil(each), &|_| {
        if let Some((part, out)) = next() {
            let col = part * each * nr;
            let block = plain.block(0, col, rows, (cols - col).min(each * nr));
            pack_b(isa, block, panel, out);
        }
    });
    let panels = Rhs::Packed(Panels::new(out, (rows, cols), nr, panel));
    let done = run_tasks(isa, threads, plan, a, panels, c);
    PACKED_B.set(own);
    done
}

/// Start and length of one of `parts` parts of `total`, cut evenly at whole units. The parts that have a unit more come
/// first, so that whoever ends last has a shorter one: 43 tiles in 8 tasks on two threads take as long as 22, not 23.
pub(super) fn part(total: usize, unit: usize, parts: usize, index: usize) -> (usize, usize) {
    let units = total.div_ceil(unit);
    let at =
        |index: usize| ((index * (units / parts) + index.min(units % parts)) * unit).min(total);
    (at(index), at(index + 1) - at(index))
}

fn run_tasks(
    isa: Isa,
    threads: usize,
    plan: &Plan,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    let (m, n) = (c.rows(), c.cols());
    let tile = tile_of(isa);
    let unit = if plan.path == Path::Gemv { 1 } else { tile.mr };
    // Rows are cut at whole tiles, columns at whole panels.
    let (down, across) = plan.grid;
    let failed = Mutex::new(Ok(()));
    let c = SharedOutput(c);
    parallel(threads, down * across, &|task| {
        let (row, mc) = part(m, unit, down, task / across);
        let (col, nc) = part(n, tile.nr(), across, task % across);
        if mc == 0 || nc == 0 {
            return;
        }
        let a = a.block(row, 0, mc, a.cols());
        let b = b.columns(col, nc);
        // SAFETY: the blocks of the grid lie inside and do not overlap, and each is one task.
        let c = unsafe { c.block(row, col, mc, nc) };
        if let Err(error) = gemm_task(isa, plan.path, None, a, b, c) {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Err(error);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}
