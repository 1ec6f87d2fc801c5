//! A few rows of A times a B that L2 does not hold, or whose strips share one set of L1: each value of B comes from far and is
//! used a few times only, so what matters is to read it in long straight lines, a few of them side by side.
//!
//! ```text
//! loop 5  jc: columns, 4096 at a time: sums for them stay in L1 or L2
//! loop 4    pc: depths, 8 at a time: 8 rows of B side by side
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
//! Strips begin where B's cache lines do, if that is the same column in every row. The sums lie apart from C, where they
//! share no set of L1 with rows of B a multiple of 4096 bytes apart, which fill a set.
//!
//! GFLOP/s on a Zen 3: 12 down the strips of B and 25 here at 4×1024×1024. Lost: deep blocks with AVX2 (Zen 4: 41 to 23).

use super::microkernel::depth;
use super::operand::{Operand, Output, columns_to_peel};
use super::plan::{ALIASING_STRIDE, FEW_ROWS, FEW_ROWS_NC};
use crate::simd::memory::Buffer;
use crate::simd::{Kernel, LANES, Simd};
use std::cell::Cell;
use std::collections::TryReserveError;
use std::ops::Range;

/// C = A·B for 1 to [`FEW_ROWS`] rows, at least one depth, and a B whose rows are contiguous. Tiles have as many of P
/// registers by MR rows as are worth it.
pub(super) struct FewRows<'a, const MR: usize, const P: usize> {
    pub(super) a: Operand<'a>,
    pub(super) b: Operand<'a>,
    pub(super) c: Output<'a>,
}

/// Depths of a block that is not deep.
const DEPTHS: usize = 8;

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
        assert!((1..=FEW_ROWS).contains(&m) && k != 0 && b.col_stride() == 1);
        let deep = const { S::WIDTH == LANES } && m > FAR_ROWS;
        let tiles = m.div_ceil(if deep { ROWS } else { MR.min(FAR_ROWS) });
        for col in (0..n).step_by(FEW_ROWS_NC) {
            let cols = FEW_ROWS_NC.min(n - col);
            let first = b.from(0, col).as_ptr();
            let head = columns_to_peel(first, b.row_stride(), S::WIDTH).min(cols);
            let block = if deep {
                (DEEP / cols).clamp(2 * DEPTHS, 8 * DEPTHS)
            } else {
                DEPTHS
            };
            let (packed_a, sums) = places(buffer, block, m, b.from(0, col))?;
            for row in sums.chunks_mut(ROW) {
                row[..cols].fill(0.0);
            }
            let mut p = 0;
            while p < k {
                let depths = block.min(k - p);
                let mut row = 0;
                for tile in 0..tiles {
                    // Cut evenly.
                    let rows = (m - row).div_ceil(tiles - tile);
                    let from = a.from(row, p);
                    for (p, packed) in packed_a[..depths].iter_mut().enumerate() {
                        for (i, x) in packed[..rows].iter_mut().enumerate() {
                            *x = from[i * a.row_stride() + p * a.col_stride()];
                        }
                    }
                    let strips = Strips {
                        depths,
                        cols,
                        head,
                        a: packed_a,
                        b: b.from(p, col).as_ptr(),
                        next: b.from((p + depths) % k, col).as_ptr(),
                        rs_b: b.row_stride(),
                        sums: sums[row * ROW..].as_mut_ptr(),
                    };
                    // SAFETY: depths p..p + depths and columns col..col + cols lie inside B (asserted), and the sums have
                    // m rows, of which the columns are filled.
                    unsafe { strips.rows::<S, MR, P>(s, rows) };
                    row += rows;
                }
                p += depths;
            }
            for (i, row) in sums.chunks(ROW).enumerate() {
                c.write(i, col, &row[..cols]);
            }
        }
        Ok(())
    }
}

/// A few rows of A, a block of depths, and the columns of a block of B.
///
/// **The contract** of whoever runs it with H rows: `cols` values from `b + p·rs_b` on are readable for each depth p, and
/// `sums` is the first of H rows of sums, [`ROW`] apart; `a` has values for each depth.
#[derive(Clone, Copy)]
struct Strips<'a> {
    /// [`DEPTHS`], or for a deep block as many as it has; fewer at the end.
    depths: usize,
    cols: usize,
    /// Columns before the first that starts a cache line, at most all.
    head: usize,
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
        // SAFETY: the caller's promise.
        unsafe {
            match rows {
                1 => self.run::<S, 1, 4>(s),
                2 => self.run::<S, 2, 4>(s),
                _ if const { MR <= 2 } => unreachable!("so many rows are cut"),
                3 => self.run::<S, 3, P>(s),
                4 => self.run::<S, 4, P>(s),
                _ if const { S::WIDTH != LANES } => unreachable!("so many rows are cut"),
                5 => self.run::<S, 5, P>(s),
                6 => self.run::<S, 6, P>(s),
                7 => self.run::<S, 7, P>(s),
                _ => self.run::<S, 8, P>(s),
            }
        }
    }

    /// All columns in strips of W registers, but for the first and last ones: edges are not worth code for each number of
    /// rows.
    ///
    /// # Safety
    /// The contract, for H rows.
    #[inline(always)]
    unsafe fn run<S: Simd, const H: usize, const W: usize>(self, s: S) {
        let Self { cols, head, .. } = self;
        // The last depths, fewer, are left to the edge. Unrolled or not, AVX-512: 36.5 and 32.3 GFLOP/s at 2×1000×1000, 43.7
        // both at 3×1007×1500 (Zen 4).
        let unrolled = const { S::SHUFFLES && (S::WIDTH != LANES || H <= 2) };
        let end = if unrolled && self.depths != DEPTHS {
            head
        } else {
            cols - (cols - head) % (W * S::WIDTH)
        };
        // For the edges, in memory; this value is in registers.
        let copy = self;
        // SAFETY: the columns lie inside, the strips are whole.
        unsafe {
            if head > 0 {
                edge(s, Edge::new(&copy, H, 0..head));
            }
            if !unrolled {
                self.strips::<S, H, W, 1>(s, end);
            } else if self.depths == DEPTHS {
                self.strips::<S, H, W, DEPTHS>(s, end);
            }
            if end < cols {
                edge(s, Edge::new(&copy, H, end..cols));
            }
        }
    }

    /// The first `n` columns of a register from `col` on, H rows from `row` on.
    ///
    /// # Safety
    /// The contract; they lie inside.
    #[inline(always)]
    unsafe fn edge<S: Simd, const H: usize>(&self, s: S, n: usize, col: usize, row: usize) {
        let mask = s.first_lanes(n);
        let sums = |i: usize| self.sums.wrapping_add((row + i) * ROW + col);
        // SAFETY: a row of sums has a register more than columns; of B no column but these is read, of the sums none but
        // these is written.
        unsafe {
            let mut acc = [[s.reg_zero()]; H];
            for i in 0..H {
                acc[i][0] = s.reg_load(sums(i));
            }
            for p in 0..self.depths {
                let b = self.b.wrapping_add(p * self.rs_b + col);
                let load = |_| s.reg_load_masked(mask, b);
                let a = self.a.as_ptr().cast::<f64>().wrapping_add(p * ROWS + row);
                let broadcast = |i: usize| s.broadcast::<1>(a.wrapping_add(i));
                depth::<S, H, 1, false>(s, &mut acc, load, broadcast);
            }
            for i in 0..H {
                s.reg_store_first(n, acc[i][0], sums(i));
            }
        }
    }

    /// Strips of W registers from the head to `end`; D depths, or with AVX-512 for a D of 1 as many as there are.
    ///
    /// # Safety
    /// The contract, for H rows and at least D depths; `end` is a whole number of strips behind the head, at most `cols`.
    #[inline(always)]
    unsafe fn strips<S: Simd, const H: usize, const W: usize, const D: usize>(
        self,
        s: S,
        end: usize,
    ) {
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
        for col in (self.head..end).step_by(W * S::WIDTH) {
            let mut acc = [[s.reg_zero(); W]; H];
            let at = |i: usize, v: usize| self.sums.wrapping_add(col + i * ROW + v * S::WIDTH);
            // SAFETY: columns before `end` of H rows of sums and of all rows of B, and their values of A (contract).
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

/// A call: kernels of the same ISA may be compiled into each other, `inline(never)` or not.
#[inline(never)]
fn edge<S: Simd>(s: S, edge: Edge<'_>) {
    s.run(edge);
}

/// So many rows of some columns, register by register and row by row.
struct Edge<'a>(&'a Strips<'a>, usize, Range<usize>);

impl<'a> Edge<'a> {
    /// # Safety
    /// The contract of [`Strips`], for so many rows, until the value is run or dropped; the columns lie inside.
    #[inline(always)]
    unsafe fn new(strips: &'a Strips<'a>, rows: usize, columns: Range<usize>) -> Self {
        Self(strips, rows, columns)
    }
}

impl Kernel for Edge<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(strips, rows, Range { start, end }) = self;
        for col in (start..end).step_by(S::WIDTH) {
            let n = S::WIDTH.min(end - col);
            let mut row = 0;
            while row < rows {
                // SAFETY: the promise of `new`, for a register of columns and 8 rows, 4 or 1.
                unsafe {
                    if const { S::WIDTH == LANES } && rows - row >= 8 {
                        strips.edge::<S, 8>(s, n, col, row);
                        row += 8;
                    } else if rows - row >= 4 {
                        strips.edge::<S, 4>(s, n, col, row);
                        row += 4;
                    } else {
                        strips.edge::<S, 1>(s, n, col, row);
                        row += 1;
                    }
                }
            }
        }
    }
}

thread_local! {
    /// This thread's sums, kept so that a repeated product allocates nothing.
    static SUMS: Cell<Buffer> = const { Cell::new(Buffer::new()) };
}

/// Values from a row of sums to the next: a cache line more than a multiple of [`ALIASING_STRIDE`].
const ROW: usize = FEW_ROWS_NC + LANES;

/// A place for packed values of A, of so many depths, and `m` rows of sums, half of L1's sets away from B's row `b`.
fn places<'a>(
    buffer: &'a mut Buffer,
    depths: usize,
    m: usize,
    b: &[f64],
) -> Result<(&'a mut [[f64; ROWS]], &'a mut [f64]), TryReserveError> {
    let values = buffer.get(ROWS * depths + ALIASING_STRIDE + m * ROW)?;
    let (packed_a, values) = values.split_at_mut(ROWS * depths);
    let apart = b.as_ptr().addr().wrapping_sub(values.as_ptr().addr()) / size_of::<f64>();
    let start = (apart + ALIASING_STRIDE / 2) % ALIASING_STRIDE;
    Ok((packed_a.as_chunks_mut().0, &mut values[start..][..m * ROW]))
}
