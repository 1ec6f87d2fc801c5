//! Small products: sizes to 64, in one block, in place.
//!
//! ```text
//! in the caller's code       a dozen comparisons
//!   out of line              which ISA, which tile
//!     up to 8 × 8            one micro-tile
//!     above                  the macro-kernel
//! ```
//!
//! Up to 8 × 8 the arithmetic takes a few nanoseconds, so that what a call costs is what there is to gain. It is bound by
//! the stores, of which a CPU completes one a cycle: so three sizes and three pointers stay in registers from the caller's
//! code to the micro-kernel (2×4×3 on a Zen 4, GFLOP/s: 3.8 where they went through memory, 5.5 now; 4×4×4 9.3 and 13.9).
//! Where the result is allocated, its errors are written out in the caller's code, too: told apart by a function's answer,
//! they would make the matrix wait in memory.

use super::macrokernel::{Block, macro_kernel};
use super::microkernel::{Sweep, UNROLL, micro_tiles};
use super::operand::{Operand, Output, Rows};
use super::plan::is_small;
use crate::simd::memory::allocate;
use crate::simd::{Isa, LANES, Simd, SmallKernel};

/// A product of m×k by k×n values as a block; of operands and result, where they start and how far apart rows are.
#[inline(always)]
fn block(
    (m, k, n): (usize, usize, usize),
    (a, rs_a): (*const f64, usize),
    (b, rs_b): (*const f64, usize),
    (c, rs_c): (*mut f64, usize),
) -> Block {
    Block {
        mc: m,
        kc: k,
        nc: n,
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

/// Whether the product of `a` and `b` is small, and their rows have no gaps: there are then no other values. With gaps they
/// go another way: to take them, too, is another nanosecond.
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

/// The small product of `a` and `b`, whose rows are contiguous, into `c`.
///
/// # Panics
/// Where the shapes do not fit.
#[inline(never)]
pub(super) fn small_gemm_on(isa: Isa, a: Operand<'_>, b: Operand<'_>, c: &Output<'_>) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert!(is_small(m, k, n) && b.rows() == k && (c.rows(), c.cols()) == (m, n));
    assert!(a.col_stride() == 1 && b.col_stride() == 1);
    let (rs_a, rs_b, rs_c) = (a.row_stride(), b.row_stride(), c.row_stride());
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.at(0, 0));
    let block = block((m, k, n), (a, rs_a), (b, rs_b), (c, rs_c));
    // SAFETY: operands and output have a place for each element, and the output is this call's own.
    unsafe {
        if (rs_a, rs_b, rs_c) == (k, n, n) {
            with_tile!(isa, dense(m, k, n, a, b, c));
        } else {
            with_tile!(isa, macro_kernel(&block, a));
        }
    }
}

/// A small product of operands without gaps.
///
/// # Safety
/// m·k values at `a` and k·n at `b` are readable, m·n at `c` writable by nobody else at the time.
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels that no tile of this ISA needs would be compiled"
)]
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
    let registers = match S::WIDTH {
        LANES => 1,
        width => n.div_ceil(width),
    };
    macro_rules! one_tile {
        ($($height:literal)*; $registers:tt) => {
            match m {
                $($height => if const { $height <= MR } {
                    one_tile!(@ $height $registers)
                },)*
                _ => {}
            }
        };
        (@ $height:literal [$($registers:literal)*]) => {
            match registers {
                $($registers => if const { $registers * S::WIDTH <= LANES && $registers <= P } {
                    // SAFETY: the caller's promise.
                    return unsafe { s.run_small::<OneTile<$height, $registers, P>>(m, k, n, a, b, c) };
                },)*
                _ => {}
            }
        };
    }
    if n <= LANES {
        one_tile!(1 2 3 4 5 6 7 8; [1 2 3 4]);
    }
    let block = block((m, k, n), (a, k), (b, n), (c, n));
    // SAFETY: the caller's promise.
    unsafe { macro_kernel::<S, MR, P>(s, &block, a) }
}

/// A product that is one micro-tile, at most 8 columns wide: most of a [`Sweep`] is known to the compiler.
struct OneTile<const H: usize, const NV: usize, const P: usize>;

impl<const H: usize, const NV: usize, const P: usize> SmallKernel for OneTile<H, NV, P> {
    #[inline(always)]
    unsafe fn run<S: Simd>(
        s: S,
        _m: usize,
        k: usize,
        n: usize,
        a: *const f64,
        b: *const f64,
        c: *mut f64,
    ) {
        let last = n - (NV - 1) * S::WIDTH;
        // With AVX-512 a mask costs nothing; without one, the depths are taken four at a time.
        let masked = S::WIDTH == LANES || last != S::WIDTH;
        let sweep = Sweep {
            kc: k,
            main: if masked { 0 } else { k / UNROLL },
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
            step_a: 0,
            step_b: 0,
            step_c: 0,
        };
        // SAFETY: H rows by NV registers of columns, of which the last has its first `last`; the rest is the caller's
        // promise.
        unsafe { micro_tiles::<S, H, NV, P, false>(s, sweep) }
    }
}
