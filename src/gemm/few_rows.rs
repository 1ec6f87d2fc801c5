//! A few rows of A times a B that L2 does not hold, or whose strips share one set of L1: each value of B comes from far and is
//! used a few times only, so what matters is to read it in long straight lines, a few of them side by side.
//!
//! ```text
//! loop 5  jc: columns, 4096 at a time: sums for them stay in L1 or L2
//! loop 4    pc: depths, 8 at a time: 8 rows of B side by side; columns beside whole strips by the macro-kernel
//! loop 2      ir: rows of A, 4 or 8 at a time: their values packed; B's second reading comes out of L2
//! loop 1        jr: strips of W registers
//!                 acc = sums so far
//!                 for each of 8 depths: acc = fma(broadcast(a), b, acc)
//!                 sums = acc
//!           C = sums
//! ```
//!
//! Where registers hold a tile of 8 rows (AVX-512), loop 4 takes 16 to 64 depths for 5 rows or more: sums stay in registers
//! longer, and while L2 holds these depths of B, the next ones are prefetched into it along their rows. GFLOP/s on a Zen 4 with
//! 128 depths and prefetches 32 ahead, and now: 50.3 and 52.3 at 8×1024×1024, 44.8 and 52.0 at 8×512×512.
//!
//! Strips begin where B's cache lines do, if that is the same column in every row, or every other one. The sums lie apart
//! from C, where they share no set of L1 with rows of B a multiple of 4096 bytes apart, which fill a set.
//!
//! GFLOP/s on a Zen 3: 12 down the strips of B and 25 here at 4×1024×1024. Lost: deep blocks with AVX2 (Zen 4: 41 to 23).

use super::macrokernel::{Block, macro_kernel};
use super::microkernel::depth;
use super::operand::{Operand, Output, Rows, columns_to_peel};
use super::pack::transpose;
use super::plan::{ALIASING_STRIDE, FEW_ROWS, FEW_ROWS_NC};
use crate::simd::memory::Buffer;
use crate::simd::{Kernel, LANES, Simd};
use std::cell::Cell;
use std::collections::TryReserveError;
use std::ops::Range;

/// C = A·B for 1 to [`FEW_ROWS`] rows, at least one depth and column, and a B whose rows are contiguous. Tiles have as many of
/// P registers by MR rows as are worth it.
pub(super) struct FewRows<'a, const MR: usize, const P: usize> {
    pub(super) a: Operand<'a>,
    pub(super) b: Operand<'a>,
    pub(super) c: Output<'a>,
}

/// Depths of a block that is not deep.
const DEPTHS: usize = 8;

/// Blocks of depths whose columns beside whole strips are multiplied at once: 17 GFLOP/s at 4×4096×128 with 1, 22 with 8 (Zen 3).
const EDGES: usize = 8;

/// Values of a deep block of B: with the next one, half of an L2 of 1 MiB.
const DEEP: usize = 32 << 10;

/// Rows of A in a tile at most, whose values are packed side by side.
const ROWS: usize = 8;

/// The same where blocks are not deep.
const FAR_ROWS: usize = 4;

impl<const MR: usize, const P: usize> Kernel for FewRows<'_, MR, P> {
    type Output = Result<(), TryReserveError>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        // No closure: it is compiled without the ISA's features (43 instructions a multiply-add, not 3, at 1×1024×1024).
        let mut buffer = SUMS.take();
        let done = self.blocks(s, &mut buffer);
        SUMS.set(buffer);
        done
    }
}

impl<const MR: usize, const P: usize> FewRows<'_, MR, P> {
    #[inline(always)]
    fn blocks<S: Simd>(self, s: S, buffer: &mut Buffer) -> Result<(), TryReserveError> {
        let Self { a, b, mut c } = self;
        let (m, k, n) = (c.rows(), a.cols(), c.cols());
        assert!(a.rows() == m && b.rows() == k && b.cols() == n);
        assert!((1..=FEW_ROWS).contains(&m) && k != 0 && n != 0 && b.col_stride() == 1);
        let deep = const { S::WIDTH == LANES } && m > FAR_ROWS;
        let tiles = m.div_ceil(if deep { ROWS } else { MR.min(FAR_ROWS) });
        // Registers of the widest strip, which is a number of the others.
        let widest = if S::WIDTH == LANES && m > 2 { P } else { 4 };
        let deepest = DEEP / FEW_ROWS_NC.min(n) / DEPTHS;
        let block = DEPTHS * if deep { deepest.clamp(2, 8) } else { 1 };
        let copied = usize::from(a.col_stride() != 1) * m * EDGES * block;
        let (packed_a, rows_a, sums) = places(buffer, (block, copied), m, b.as_ptr())?;
        for col in (0..n).step_by(FEW_ROWS_NC) {
            let cols = FEW_ROWS_NC.min(n - col);
            let (first, rs_b) = (b.from(0, col).as_ptr(), b.row_stride());
            let head = columns_to_peel(first, rs_b, S::WIDTH).min(cols);
            let end = cols - (cols - head) % (widest * S::WIDTH);
            for row in sums.chunks_mut(ROW) {
                row[..cols].fill(0.0);
            }
            let sums_at = sums.as_mut_ptr();
            let mut p = 0;
            while p < k {
                // First those depths that are not whole blocks of 8, which have no strips.
                let (depths, head, end) = match k % DEPTHS {
                    beside @ 1.. if p == 0 => (beside, cols, cols),
                    _ => ((EDGES * block).min(k - p), head, end),
                };
                let a = contiguous(s, a.block(0, p, m, depths), rows_a);
                let at = first.wrapping_add(p * rs_b);
                for (from, to) in [(0, head), (end, cols)] {
                    if from < to {
                        let shape = [m, depths, to - from];
                        let sums = (sums_at.wrapping_add(from), ROW);
                        let (a, b) = ((a.as_ptr(), a.row_stride()), (at.wrapping_add(from), rs_b));
                        let edge = Block {
                            overwrite: false,
                            ..Block::in_place(shape, a, b, sums)
                        };
                        // SAFETY: A's rows, these columns and depths of B, and of m rows of sums, this value's own.
                        unsafe { macro_kernel::<S, MR, P>(s, &edge, a.0) };
                    }
                }
                let in_strips = if head < end { depths } else { 0 };
                for q in (0..in_strips).step_by(block) {
                    let depths = block.min(depths - q);
                    let mut row = 0;
                    for tile in 0..tiles {
                        // Cut evenly.
                        let rows = (m - row).div_ceil(tiles - tile);
                        pack(a, row..row + rows, q, &mut packed_a[..depths]);
                        let strips = Strips {
                            depths,
                            cols: end - head,
                            a: packed_a,
                            b: at.wrapping_add(q * rs_b + head),
                            next: first.wrapping_add((p + q + depths) % k * rs_b + head),
                            rs_b,
                            sums: sums_at.wrapping_add(row * ROW + head),
                        };
                        // SAFETY: these depths and columns lie inside B (asserted), and the sums have m rows, of which
                        // they are filled. There are whole strips, and a multiple of 8 depths.
                        unsafe { strips.rows::<S, MR, P>(s, rows) };
                        row += rows;
                    }
                }
                p += depths;
            }
            store(sums, &mut c, col, cols);
        }
        Ok(())
    }
}

/// A few rows of A, a block of depths, and the columns of a block of B.
///
/// **The contract** of whoever runs it with H rows: `cols` values from `b + p·rs_b` on are readable for each depth p, and
/// `sums` is the first of H rows of sums, [`ROW`] apart; `a` has values for each depth. Columns are whole strips, depths a
/// multiple of [`DEPTHS`].
#[derive(Clone, Copy)]
struct Strips<'a> {
    /// [`DEPTHS`], or for a deep block as many as it has.
    depths: usize,
    cols: usize,
    /// The rows' values, depth by depth.
    a: &'a [[f64; ROWS]],
    b: *const f64,
    /// The depths of B after these, or the first ones.
    next: *const f64,
    rs_b: usize,
    sums: *mut f64,
}

impl Strips<'_> {
    /// All columns, in strips as wide as so many rows leave registers for.
    ///
    /// # Safety
    /// The contract, for so many rows, no more than MR or [`ROWS`].
    #[inline(always)]
    unsafe fn rows<S: Simd, const MR: usize, const P: usize>(self, s: S, rows: usize) {
        const { assert!(MR <= 2 || MR >= FAR_ROWS) };
        // Unrolled or not, AVX-512: 36.5 and 32.3 GFLOP/s at 2×1000×1000, 43.7 both at 3×1007×1500 (Zen 4).
        macro_rules! strips {
            ($height:literal, $registers:expr) => {
                if const { S::SHUFFLES && (S::WIDTH != LANES || $height <= 2) } {
                    self.strips::<S, $height, { $registers }, DEPTHS>(s)
                } else {
                    self.strips::<S, $height, { $registers }, 1>(s)
                }
            };
        }
        // SAFETY: the caller's promise.
        unsafe {
            match rows {
                1 => strips!(1, 4),
                2 => strips!(2, 4),
                _ if const { MR <= 2 } => unreachable!("so many rows are cut"),
                3 => strips!(3, P),
                4 => strips!(4, P),
                _ if const { S::WIDTH != LANES } => unreachable!("so many rows are cut"),
                5 => strips!(5, P),
                6 => strips!(6, P),
                7 => strips!(7, P),
                _ => strips!(8, P),
            }
        }
    }

    /// All columns in strips of W registers; D depths, or for a D of 1 as many as there are.
    ///
    /// # Safety
    /// The contract, for H rows and at least D depths.
    #[inline(always)]
    unsafe fn strips<S: Simd, const H: usize, const W: usize, const D: usize>(self, s: S) {
        // Pointers and one index: the compiler would compute many addresses anew for each strip.
        let mut rows_b = [self.b; D];
        for p in 1..D {
            rows_b[p] = s.forget_origin(rows_b[p - 1].wrapping_add(self.rs_b));
        }
        // Copied to the stack, the values of a few depths need no register for their address.
        let mut a = [[0.0; ROWS]; D];
        a.copy_from_slice(&self.a[..D]);
        let (mut next, mut ahead) = (self.next, self.next);
        let mut next_end = next.wrapping_add(self.cols);
        for col in (0..self.cols).step_by(W * S::WIDTH) {
            let mut acc = [[s.reg_zero(); W]; H];
            let at = |i: usize, v: usize| self.sums.wrapping_add(col + i * ROW + v * S::WIDTH);
            // SAFETY: columns of H rows of sums and of all rows of B, and their values of A (contract).
            unsafe {
                for i in 0..H {
                    for v in 0..W {
                        acc[i][v] = s.reg_load(at(i, v));
                    }
                }
                if const { D > 1 } {
                    for p in 0..D {
                        let load = |v| s.reg_load(rows_b[p].wrapping_add(col + v * S::WIDTH));
                        let broadcast = |i: usize| s.broadcast::<W>(&raw const a[p][i]);
                        depth::<S, H, W, false>(s, &mut acc, load, broadcast);
                    }
                } else {
                    let mut a = self.a.as_ptr().cast::<f64>();
                    let mut b = self.b.wrapping_add(col);
                    for _ in 0..self.depths {
                        for v in 0..W {
                            s.prefetch_l2(ahead.wrapping_add(v * S::WIDTH));
                        }
                        ahead = ahead.wrapping_add(W * S::WIDTH);
                        if ahead >= next_end {
                            next = next.wrapping_add(self.rs_b);
                            next_end = next_end.wrapping_add(self.rs_b);
                            ahead = next;
                        }
                        let load = |v| s.reg_load(b.wrapping_add(v * S::WIDTH));
                        let broadcast = |i: usize| s.broadcast::<W>(a.wrapping_add(i));
                        depth::<S, H, W, false>(s, &mut acc, load, broadcast);
                        a = a.wrapping_add(ROWS);
                        b = b.wrapping_add(self.rs_b);
                    }
                }
                for i in 0..H {
                    for v in 0..W {
                        s.reg_store(acc[i][v], at(i, v));
                    }
                }
            }
        }
    }
}

thread_local! {
    /// This thread's sums and values of A, kept so that a repeated product allocates nothing.
    static SUMS: Cell<Buffer> = const { Cell::new(Buffer::new()) };
}

/// Values from a row of sums to the next: a cache line more than a multiple of [`ALIASING_STRIDE`].
const ROW: usize = FEW_ROWS_NC + LANES;

/// A, or a copy of its rows. Not compiled into the kernel, whose ISA's features would compile the transpose into it, too.
#[inline(never)]
fn contiguous<'a, S: Simd>(s: S, a: Operand<'a>, to: &'a mut [f64]) -> Operand<'a> {
    if a.col_stride() == 1 {
        return a;
    }
    let (rows, cols) = (a.rows(), a.cols());
    s.run(transpose(a, to, cols));
    Operand::new(Rows::dense(&to[..rows * cols], rows, cols))
}

/// The values of rows of A side by side, from depth `p` on; compiled once for all ISAs, as the next one.
#[inline(never)]
fn pack(a: Operand<'_>, rows: Range<usize>, p: usize, packed: &mut [[f64; ROWS]]) {
    for (i, row) in rows.enumerate() {
        for (packed, &x) in packed.iter_mut().zip(a.from(row, p)) {
            packed[i] = x;
        }
    }
}

/// C = sums, of these columns.
#[inline(never)]
fn store(sums: &[f64], c: &mut Output<'_>, col: usize, cols: usize) {
    for (i, row) in sums.chunks(ROW).enumerate() {
        c.write(i, col, &row[..cols]);
    }
}

/// Places for packed values of A, of so many depths, for so many copied ones, and for `m` rows of sums, half of L1's sets away
/// from B's row `b`.
#[allow(clippy::type_complexity, reason = "three slices")]
fn places(
    buffer: &mut Buffer,
    (depths, copied): (usize, usize),
    m: usize,
    b: *const f64,
) -> Result<(&mut [[f64; ROWS]], &mut [f64], &mut [f64]), TryReserveError> {
    let values = buffer.get(ROWS * depths + copied + ALIASING_STRIDE + m * ROW)?;
    let (packed_a, values) = values.split_at_mut(ROWS * depths);
    let (rows_a, values) = values.split_at_mut(copied);
    let apart = b.addr().wrapping_sub(values.as_ptr().addr()) / size_of::<f64>();
    let start = (apart + ALIASING_STRIDE / 2) % ALIASING_STRIDE;
    let sums = &mut values[start..][..m * ROW];
    Ok((packed_a.as_chunks_mut().0, rows_a, sums))
}
