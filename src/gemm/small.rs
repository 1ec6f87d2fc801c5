//! Small products: sizes to 64, in one block, in place.
//!
//! ```text
//! in the caller's code       a dozen comparisons; a Small of nine words
//!   out of line              which ISA
//!     macro-kernel           the micro-kernels of every product
//! ```
//!
//! Up to 8 × 8 the arithmetic takes a few nanoseconds, so that what a call costs is what there is to gain: the checks are
//! compiled into the caller's code and take what is in its registers. Where the result is allocated, its errors are
//! written out there, too: told apart by a function's answer, they would make the matrix wait in memory.

use super::macrokernel::{Block, macro_kernel, unmasked};
use super::microkernel::{Sweep, UNROLL, micro_tiles};
use super::operand::{Operand, Output, Rows};
use super::plan::is_small;
use crate::simd::memory::allocate;
use crate::simd::{Isa, Kernel, LANES, Simd};
use std::marker::PhantomData;

/// A product that is small, its result still without a place.
pub(super) struct Small<'a> {
    // Invariant: no size is 0, and the operands' memory holds m rows of k values, rs_a apart, at `a`, and k rows of n values,
    // rs_b apart, at `b`.
    m: usize,
    k: usize,
    n: usize,
    a: *const f64,
    rs_a: usize,
    b: *const f64,
    rs_b: usize,
    borrow: PhantomData<&'a [f64]>,
}

impl<'a> Small<'a> {
    /// The product of `a` and `b`, if their shapes fit, it is small, and their rows are contiguous.
    #[inline(always)]
    pub(super) fn new(a: Operand<'a>, b: Operand<'a>) -> Option<Self> {
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let fits = k == b.rows() && is_small(m, k, n) && a.col_stride() == 1 && b.col_stride() == 1;
        fits.then_some(Self {
            m,
            k,
            n,
            a: a.as_ptr(),
            rs_a: a.row_stride(),
            b: b.as_ptr(),
            rs_b: b.row_stride(),
            borrow: PhantomData,
        })
    }

    /// The product of `a` and `b`, if it is small and their rows have no gaps. Rows with gaps go another way: to check
    /// them, too, takes another nanosecond.
    #[inline(always)]
    fn of_rows(a: Rows<'a>, b: Rows<'a>) -> Option<Self> {
        let (m, k, n) = (a.rows, a.cols, b.cols);
        let fits = k == b.rows && is_small(m, k, n) && without_gaps(&a) && without_gaps(&b);
        fits.then_some(Self {
            m,
            k,
            n,
            a: a.data.as_ptr(),
            rs_a: k,
            b: b.data.as_ptr(),
            rs_b: n,
            borrow: PhantomData,
        })
    }

    /// Computes it into `c`.
    ///
    /// # Panics
    /// Where `c` has another shape.
    #[inline(always)]
    pub(super) fn run(&self, isa: Isa, c: Output<'_>) {
        assert!(c.rows() == self.m && c.cols() == self.n, "another shape");
        // SAFETY: C has a place for each element, and is this call's own.
        unsafe { run(isa, self, c.at(0, 0), c.row_stride()) };
    }
}

/// Whether the rows of an operand of a small product lie in their memory without gaps.
#[inline(always)]
fn without_gaps(rows: &Rows<'_>) -> bool {
    rows.row_stride == rows.cols && rows.rows * rows.cols <= rows.data.len()
}

/// The product of `a` and `b` into `c`, if it is small, and `c` has its shape and is as long; otherwise false.
#[inline(always)]
pub(crate) fn small_gemm(a: Rows<'_>, b: Rows<'_>, c: &mut [f64], shape: (usize, usize)) -> bool {
    match Small::of_rows(a, b) {
        Some(small) if shape == (small.m, small.n) && c.len() == small.m * small.n => {
            // SAFETY: C is a slice of m·n values.
            unsafe { run(Isa::current(), &small, c.as_mut_ptr(), small.n) };
            true
        }
        _ => false,
    }
}

/// The product in a buffer of its own, row by row, if it is small and the allocation does not fail.
#[inline(always)]
pub(crate) fn small_gemm_boxed(a: Rows<'_>, b: Rows<'_>) -> Option<Box<[f64]>> {
    boxed(Isa::current(), &Small::of_rows(a, b)?)
}

#[inline(never)]
fn boxed(isa: Isa, small: &Small<'_>) -> Option<Box<[f64]>> {
    let mut values = allocate(small.m * small.n, false)?;
    // SAFETY: C is a buffer of m·n values, which the product writes.
    unsafe {
        with_tile!(isa, small_on(small, values.as_mut_ptr().cast(), small.n));
        Some(values.assume_init())
    }
}

/// # Safety
/// `c` has m rows of n values, `rs_c` apart, that are writable by nobody else.
#[inline(never)]
unsafe fn run(isa: Isa, small: &Small<'_>, c: *mut f64, rs_c: usize) {
    // SAFETY: the caller's promise.
    unsafe { with_tile!(isa, small_on(small, c, rs_c)) }
}

/// # Safety
/// As [`run`].
#[allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels that no tile of this ISA needs would be compiled"
)]
#[inline(always)]
unsafe fn small_on<S: Simd, const MR: usize, const P: usize>(
    s: S,
    small: &Small<'_>,
    c: *mut f64,
    rs_c: usize,
) {
    macro_rules! one_tile {
        ($($height:literal)*; $($registers:literal)*) => {
            one_tile!(@ $($height)*; [$($registers)*])
        };
        (@ $($height:literal)*; $registers:tt) => {
            match small.m {
                $($height => if const { $height <= MR } {
                    one_tile!(# $height $registers)
                },)*
                _ => {}
            }
        };
        (# $height:literal [$($registers:literal)*]) => {
            match small.n.div_ceil(S::WIDTH) {
                $($registers => if const { $registers * S::WIDTH <= LANES && $registers <= P } {
                    return s.run(OneTile::<$height, $registers, P> { small, c, rs_c });
                },)*
                _ => {}
            }
        };
    }
    if small.n <= LANES {
        one_tile!(1 2 3 4 5 6 7 8; 1 2 3 4);
    }
    let block = Block {
        mc: small.m,
        kc: small.k,
        nc: small.n,
        a: small.a,
        rs_a: small.rs_a,
        b: small.b,
        rs_b: small.rs_b,
        panel: P * S::WIDTH,
        packed: false,
        c,
        rs_c,
        overwrite: true,
    };
    // SAFETY: the invariant of `Small` and the caller's promise are the block's contract.
    unsafe { macro_kernel::<S, MR, P>(s, &block, small.a) }
}

/// A product that is one micro-tile, at most 8 columns wide: put together in the kernel's own function, where most of a
/// [`Sweep`] is known to the compiler.
struct OneTile<'a, const H: usize, const NV: usize, const P: usize> {
    small: &'a Small<'a>,
    c: *mut f64,
    rs_c: usize,
}

impl<const H: usize, const NV: usize, const P: usize> Kernel for OneTile<'_, H, NV, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let &Small { k, n, rs_b, .. } = self.small;
        let last = n - (NV - 1) * S::WIDTH;
        let sweep = Sweep {
            kc: k,
            main: unmasked(k, S::WIDTH - last, rs_b) / UNROLL,
            a: self.small.a,
            rs_a: self.small.rs_a,
            next_a: self.small.a,
            b: self.small.b,
            rs_b,
            panel: P * S::WIDTH,
            c: self.c,
            rs_c: self.rs_c,
            last,
            overwrite: true,
            steps: 1,
            step_a: 0,
            step_b: 0,
            step_c: 0,
        };
        // SAFETY: made by `small_on` only: the invariant of `Small` and its caller's promise are the sweep's contract.
        unsafe { micro_tiles::<S, H, NV, P, false>(s, sweep) }
    }
}
