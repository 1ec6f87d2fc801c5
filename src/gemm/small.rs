//! Small products: sizes to 64, and to 128 without gaps between rows; in place.
//!
//! ```text
//! in the caller's code       a dozen comparisons
//!   out of line              which ISA, which tile
//!     contiguous columns     copied as rows, then as those
//!     up to 8 × 8            one micro-tile
//!     tiny, or n = 8·x       micro-tiles of 8 columns, each as if it were alone
//!     2 to 4, 9, 10 columns  lanes of rows, with AVX-512
//!     others                 the macro-kernel
//! ```
//!
//! What a tiny product costs is the call: sizes and pointers stay in registers from the caller's code to the micro-kernel
//! (4×4×4 on a Zen 4: 9.3 GFLOP/s through memory, 13.9). A tile costs 25 cycles beside its multiply-adds, in the macro-kernel
//! some 80 and over 100 before the first: 16³ 48.3 and 55.3. For two pipes of 512 bits, 9 loads for 8 multiply-adds
//! are too many.

use super::loops::{PACKED_A, PACKED_B};
use super::macrokernel::{Block, macro_kernel, unmasked};
use super::microkernel::{Sweep, micro_tiles};
use super::narrow::narrow;
use super::operand::{Operand, Output, Rows};
use super::pack::pack_a;
use super::plan::{GEMV_ROWS, Tile, in_tiles, is_medium, is_narrow, is_small};
use super::tile_of;
use crate::simd::{
    Isa, LANES, Simd, SmallKernel,
    memory::{Buffer, allocate},
};
use std::slice::{from_raw_parts, from_raw_parts_mut};

/// Whether the product of `a` and `b` is small, and their rows have no gaps: to take those, too, is another nanosecond.
#[inline(always)]
fn fits(a: Rows<'_>, b: Rows<'_>) -> bool {
    // The sizes are small where they are multiplied, so that nothing overflows.
    a.cols == b.rows
        && is_small(a.rows, a.cols, b.cols)
        && a.rows * a.cols == a.data.len()
        && b.rows * b.cols == b.data.len()
}

/// The product of `a` and `b` into `c`, if it is small, and `c` has its shape and is as long; otherwise false.
#[inline(always)]
pub(crate) fn small_gemm(a: Rows<'_>, b: Rows<'_>, c: &mut [f64], shape: (usize, usize)) -> bool {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    let fits = fits(a, b) && shape == (m, n) && c.len() == m * n;
    if fits {
        // SAFETY: the slices hold m·k, k·n and m·n values.
        unsafe { run(m, k, n, a.data.as_ptr(), b.data.as_ptr(), c.as_mut_ptr()) };
    }
    fits
}

/// The product in a buffer of its own, row by row, if it is small and the allocation does not fail.
#[inline(always)]
pub(crate) fn small_gemm_boxed(a: Rows<'_>, b: Rows<'_>) -> Option<Box<[f64]>> {
    if !fits(a, b) {
        return None;
    }
    // SAFETY: the slices hold m·k and k·n values.
    unsafe { boxed(a.rows, a.cols, b.cols, a.data.as_ptr(), b.data.as_ptr()) }
}

/// # Safety
/// As [`dense`], but for C.
#[inline(never)]
unsafe fn boxed(m: usize, k: usize, n: usize, a: *const f64, b: *const f64) -> Option<Box<[f64]>> {
    let mut values = allocate(m * n, false)?;
    // SAFETY: C is a buffer of m·n values, which the product writes; the rest is the caller's promise.
    unsafe {
        run(m, k, n, a, b, values.as_mut_ptr().cast());
        Some(values.assume_init())
    }
}

/// # Safety
/// As [`dense`].
#[inline(never)]
unsafe fn run(m: usize, k: usize, n: usize, a: *const f64, b: *const f64, c: *mut f64) {
    // SAFETY: the caller's promise.
    unsafe { with_tile!(Isa::current(), dense(m, k, n, a, b, c)) }
}

/// The product of `a` and `b` into `c`, if it is small, or medium and without gaps, and there is memory for what must be copied;
/// otherwise false.
///
/// # Panics
/// Where the shapes do not fit.
#[inline(never)]
pub(super) fn small_gemm_on(isa: Isa, a: Operand<'_>, b: Operand<'_>, c: &Output<'_>) -> bool {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert!(b.rows() == k && (c.rows(), c.cols()) == (m, n), "shapes");
    let (rs_a, rs_b, rs_c) = (a.row_stride(), b.row_stride(), c.row_stride());
    let no_gaps = |x: Operand<'_>| x.col_stride() != 1 || x.row_stride() == x.cols();
    let gapless = no_gaps(a) && no_gaps(b) && rs_c == n;
    let fits = is_small(m, k, n) || gapless && is_medium(tile_of(isa), m, k, n);
    if !fits {
        return false;
    }
    if a.col_stride() != 1 || b.col_stride() != 1 {
        // A row times many contiguous columns is a gemv.
        return (m > 1 || n < GEMV_ROWS) && small_gemm_of_columns(isa, a, b, c);
    }
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.at(0, 0));
    // SAFETY: operands and output have a place for each element, and the output is this call's own.
    unsafe {
        if gapless {
            with_tile!(isa, dense(m, k, n, a, b, c));
        } else {
            let block = Block::in_place([m, k, n], (a, rs_a), (b, rs_b), (c, rs_c));
            with_tile!(isa, macro_kernel(&block, a));
        }
    }
    true
}

/// [`small_gemm_on`] where an operand's columns are contiguous. GFLOP/s in the five loops, which pack them too, and so, with a
/// transposed A on a Zen 3: 3.7 and 8.1 at 5×10×8, 18.3 and 28.8 at 16×16×16, 35.5 and 40.5 at 32×32×32, the same from 64 on.
#[inline(never)]
fn small_gemm_of_columns(isa: Isa, a: Operand<'_>, b: Operand<'_>, c: &Output<'_>) -> bool {
    let mut buffers = (PACKED_A.take(), PACKED_B.take());
    let a = contiguous_rows(isa, a, &mut buffers.0);
    let b = contiguous_rows(isa, b, &mut buffers.1);
    let done = matches!((a, b), (Some(a), Some(b)) if small_gemm_on(isa, a, b, c));
    PACKED_A.set(buffers.0);
    PACKED_B.set(buffers.1);
    done
}

/// The operand, or a copy of its rows in `buffer`; `None` where the allocation fails.
fn contiguous_rows<'a>(isa: Isa, x: Operand<'a>, buffer: &'a mut Buffer) -> Option<Operand<'a>> {
    if x.col_stride() == 1 {
        return Some(x);
    }
    let (rows, cols) = (x.rows(), x.cols());
    let out = buffer.get(rows * cols).ok()?;
    pack_a(isa, x, cols, out);
    Some(Operand::new(Rows::dense(out, rows, cols)))
}

/// A small product of operands without gaps.
///
/// # Safety
/// m·k values at `a` and k·n at `b` are readable, m·n at `c` writable by nobody else at the time.
#[inline(never)]
unsafe fn dense<S: Simd, const MR: usize, const P: usize>(
    s: S,
    m: usize,
    k: usize,
    n: usize,
    a: *const f64,
    b: *const f64,
    c: *mut f64,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if const { Tile::new::<S>(MR, P).is_avx512() } && is_narrow(m, k, n) {
            let (data, b) = (from_raw_parts(a, m * k), from_raw_parts(b, k * n));
            let a = Operand::new(Rows::dense(data, m, k));
            let c = Output::uninit(from_raw_parts_mut(c.cast(), m * n), m, n);
            narrow(s, a, (b, n), c);
        } else if m <= MR && n <= LANES {
            one_tile::<S, MR, P>(s, m, [n, k, n], [a, b], c);
        } else if in_tiles(m, k, n) {
            tiles::<S, MR, P>(s, m, k, n, a, b, c);
        } else {
            let block = Block::in_place([m, k, n], (a, k), (b, n), (c, n));
            macro_kernel::<S, MR, P>(s, &block, a);
        }
    }
}

/// # Safety
/// As [`dense`].
#[inline(never)]
unsafe fn tiles<S: Simd, const MR: usize, const P: usize>(
    s: S,
    m: usize,
    k: usize,
    n: usize,
    a: *const f64,
    b: *const f64,
    c: *mut f64,
) {
    let mut row = 0;
    while row < m {
        let rows = match m - row {
            left if left > MR && left < 2 * MR => left.div_ceil(2),
            left => left.min(MR),
        };
        for col in (0..n).step_by(LANES) {
            let cols = LANES.min(n - col);
            let ab = [a.wrapping_add(row * k), b.wrapping_add(col)];
            let c = c.wrapping_add(row * n + col);
            // SAFETY: these rows and columns lie inside; the rest is the caller's promise.
            unsafe { one_tile::<S, MR, P>(s, rows, [cols, k, n], ab, c) }
        }
        row += rows;
    }
}

/// # Safety
/// As [`dense`], for `rows` ≤ MR of them and `cols` ≤ 8 of the n columns.
#[inline(always)]
unsafe fn one_tile<S: Simd, const MR: usize, const P: usize>(
    s: S,
    rows: usize,
    [cols, k, n]: [usize; 3],
    [a, b]: [*const f64; 2],
    c: *mut f64,
) {
    let registers = match S::WIDTH {
        LANES => 1,
        width => cols.div_ceil(width),
    };
    macro_rules! kernels {
        ($($height:literal $registers:literal),*) => {
            match (rows, registers) {
                $(($height, $registers) => if const { $height <= MR && $registers * S::WIDTH <= LANES } {
                    // SAFETY: the caller's promise.
                    return unsafe { s.run_small::<OneTile<$height, $registers, P>>(cols, k, n, a, b, c) };
                },)*
                _ => {}
            }
        };
    }
    kernels!(1 1, 1 2, 1 3, 1 4, 2 1, 2 2, 2 3, 2 4, 3 1, 3 2, 3 3, 3 4, 4 1, 4 2, 4 3, 4 4);
    kernels!(5 1, 5 2, 5 3, 5 4, 6 1, 6 2, 6 3, 6 4, 7 1, 7 2, 7 3, 7 4, 8 1, 8 2, 8 3, 8 4);
    unreachable!("1 to MR rows, and no more registers than a tile has")
}

/// A product that is one micro-tile, at most 8 columns wide: most of a [`Sweep`] is known to the compiler.
struct OneTile<const H: usize, const NV: usize, const P: usize>;

impl<const H: usize, const NV: usize, const P: usize> SmallKernel for OneTile<H, NV, P> {
    #[inline(always)]
    unsafe fn run<S: Simd>(s: S, [cols, k, n]: [usize; 3], [a, b]: [*const f64; 2], c: *mut f64) {
        let last = cols - (NV - 1) * S::WIDTH;
        // With AVX-512 a mask costs nothing. Without, whole registers are read as long as they end inside B (portable code with
        // masks at every depth, and so: 2.0 and 8.4 GFLOP/s at 6×28×5, Zen 3).
        let sweep = Sweep {
            kc: k,
            main: usize::from(S::WIDTH != LANES) * unmasked(k, S::WIDTH - last, n),
            a,
            rs_a: k,
            next_a: a,
            b,
            rs_b: n,
            panel: P * S::WIDTH,
            c,
            rs_c: n,
            last,
            overwrite: true,
            steps: 1,
            step: (0, 0, 0),
            rounds: 1,
            round: (0, 0),
        };
        // SAFETY: H rows by NV registers of columns, the last ones of B's row, of which the last register has its first `last`;
        // whole ones end inside B before `main`. The rest is the caller's promise.
        unsafe { micro_tiles::<S, H, NV, P, false>(s, sweep) }
    }
}
