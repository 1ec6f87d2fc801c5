//! The product C = A·B, shape m×k times k×n, as five loops around one micro-kernel.
//!
//! ```text
//! loop 5  jc: columns of C, nc at a time
//! loop 4    pc: depth, kc at a time                       B[pc, jc] in place, or packed into panels of 8 columns
//! loop 3      ic: rows of C, mc at a time                 A[ic, pc] in place, or packed into panels of a tile's rows
//! loop 2        jr: columns of the block, NV·8 at a time
//! loop 1          ir: rows of the block, MR at a time
//!                   micro-kernel: MR × NV·8 of C in registers, over kc depths
//! ```
//!
//! **The contract.** Every element is one chain, `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j], c) }`. The
//! micro-kernel starts its accumulators at +0.0 for the first block of k and at the stored C for the others, which
//! resumes the chain exactly, since storing and loading an f64 loses nothing. Nothing is unrolled over p, nothing is
//! skipped, C is never read before it was written, and threads share out rows and columns of C only. So no block size, no
//! number of threads and no ISA changes a bit. What that costs is within noise: a variant that starts each block of k
//! at +0.0 and adds it to C at the end took 0.99 to 1.01 of the time (medians, 512³ to 2048³, 100 and 10000×784×50;
//! Zen 4).
//!
//! **The tile.** 8 rows × 3 vectors of 8 lanes on AVX-512, 6 × 1 elsewhere; for few rows 4 × 6 and 1 × 8 (3 × 2 and
//! 1 × 4). Rows and vectors are cut evenly: 100 rows are tiles of 7 and 8, 50 columns strips of 3, 2 and 2 vectors, and
//! for each height and width there is a kernel of its own, compiled from the same source. At most 4 columns in the last
//! vector take half a register.
//!
//! **What each step gains** at 512×512×512 (`cargo bench --bench matmul -- ladder/512`, one thread of a shared AMD EPYC,
//! Zen 4, whose fused multiply-add peak measures 58.6 GFLOP/s):
//!
//! | step | GFLOP/s | why |
//! | --- | --- | --- |
//! | naive i-j-k | 0.75 | strides of 4096 bytes through B: a cache miss a step |
//! | naive i-k-j | 11.1 | rows are read in order and the compiler vectorises the inner loop |
//! | blocked 64³ | 10.7 | no gain over i-k-j here: C still passes through registers once a step |
//! | tiles in registers, B packed | 55.9 | 24 independent chains of vector multiply-adds; a number loaded feeds 8 or 24 |
//! | B packed before | 57.5 | what packing costs |
//! | two threads | 105.0 | each half of C |
//!
//! **What was tried**, on the same CPU, in % of the peak:
//!
//! | | without | with |
//! | --- | --- | --- |
//! | the next tile of C prefetched one micro-kernel ahead, 2048³ | 84 | 87 |
//! | the next tile of A prefetched in the first strip, 10000×784×50 | 73 | 80 |
//! | neither, where everything is near: 64³ | 91 | 95 |
//! | half a register for the last 2 of 50 columns, 100×784×50 | 82 | 89 |
//! | operands handed down in registers instead of in memory, 4×4×4 | 4 | 10 |
//! | small products on a path of their own, 4×4×4: lean checks, a kernel without prefetching | 11 | 16 |
//! | the same, 8×8×8 | 45 | 68 |
//! | their checks in the caller's code, one function a height, nothing copied ([`small`]), 4×4×4 | 15 | 34 |
//! | the same, 8×8×8 | 67 | 89 |
//! | the next tile of C prefetched a row at each depth instead of all at once, 2048³ | 88 | 90 |
//! | shallow products lined up with C's cache lines, 1024×16×1024 | 75 | 79 |
//! | one tile's rows of C at a time for these, from left to right, 2048×16×2048 | 52 | 65 |
//! | and the next tile of C prefetched at 16 depths, too | 65 | 70 |
//! | all depths in one block where C is one strip, 256×4096×16 | 74 | 95 |
//! | rows in the lanes for a few columns, 100×100×10 | 70 | 86 |
//! | the same, 10000×784×10 | 66 | 80 |
//! | B read row by row for a few rows, 2×1024×1024 out of L3 | 40 | 58 |
//! | the same, 8×1024×1024 out of memory | 36 | 52 |
//! | and the next lines of each row prefetched, 6×2048×2048 out of memory | 45 | 65 |
//! | a matrix times a column prefetches the next lines of its rows, 500×500 out of L3 | 27 | 30 |
//! | A packed as well as B, 512³ to 1024³: lost, dropped | 91 to 94 | 85 to 91 |
//! | B packed under 64 rows, 64×1024×1024: lost, dropped | 94 | 64 |
//!
//! The stores of a tile take the multiplier's time: a bare loop of tiles of 8 × 24 out of the first cache reaches 82 % of
//! the peak at 8 depths and 91 % at 16, the same loop without its stores all of it (Zen 4). So 78 % for 64×8×96 and 86 %
//! for 64×16×96 leave little to find.
//!
//! To read it, start with [`gemm`], then [`plan()`], [`loops`] and [`microkernel`].
#![allow(unsafe_code, reason = "most unsafe code is in this module and simd")]

/// Runs `$function::<_, MR, P>(s, ...)` with the micro-tile of an ISA: MR rows and P registers fill its registers with
/// accumulators, but for a row of B and a broadcast. 24 of 32 registers of 8 lanes, 12 of 16 of 4, 24 of 32 of 2.
macro_rules! with_tile {
    ($isa:expr, $function:ident($($argument:expr),*)) => {
        match $isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(s) => $function::<_, 8, 3>(s, $($argument),*),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(s) => $function::<_, 6, 2>(s, $($argument),*),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(s) => $function::<_, 6, 4>(s, $($argument),*),
            Isa::Portable(s) => $function::<_, 2, 2>(s, $($argument),*),
            Isa::PortableSoftware(s) => $function::<_, 1, 2>(s, $($argument),*),
        }
    };
}

mod cache;
mod gemv;
mod loops;
mod macrokernel;
mod microkernel;
mod operand;
mod pack;
mod packed;
mod plan;
mod small;
#[cfg(test)]
mod tests;

pub(crate) use operand::{Operand, Output, Rhs, Rows};
pub(crate) use packed::PackedPanels;
pub(crate) use plan::threads_worth;
pub(crate) use small::{small_gemm, small_gemm_boxed};

use crate::simd::{Isa, Simd};
use cache::l2_bytes;
use gemv::Gemv;
use loops::{Gemm, gemm_parallel};
use operand::allocate;
use plan::{Path, Plan, Problem, Tile, plan};
use small::Small;
use std::collections::TryReserveError;

/// The micro-tile of an ISA.
fn tile_of(isa: Isa) -> Tile {
    fn tile<S: Simd, const MR: usize, const P: usize>(_: S) -> Tile {
        Tile::new::<S>(MR, P)
    }
    with_tile!(isa, tile())
}

/// The product `c = a · b`; `c` is only written.
///
/// # Errors
/// Where the allocation of the packed blocks (8 MiB a thread at most) fails; `c` is then left as it was, or partly
/// written.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
#[inline(always)]
pub(crate) fn gemm(a: Operand<'_>, b: Rhs<'_>, c: Output<'_>) -> Result<(), TryReserveError> {
    let work = a.rows().saturating_mul(a.cols()).saturating_mul(b.cols());
    gemm_on(Isa::current(), threads_worth(work), None, a, b, c)
}

/// The product `a · b` in a buffer of its own, row by row; `None` where an allocation fails.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
#[inline(always)]
pub(crate) fn gemm_boxed(a: Operand<'_>, b: Rhs<'_>) -> Option<Box<[f64]>> {
    let (m, n) = (a.rows(), b.cols());
    let mut values = allocate(m.checked_mul(n)?)?;
    gemm(a, b, Output::uninit(&mut values, m, n)).ok()?;
    // SAFETY: the product has written each value.
    Some(unsafe { values.assume_init() })
}

/// [`gemm`] on a given ISA and at most so many threads, with a plan for tests.
#[inline(always)]
fn gemm_on(
    isa: Isa,
    threads: usize,
    fixed: Option<Plan>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    assert!(
        a.cols() == b.rows() && c.rows() == a.rows() && c.cols() == b.cols(),
        "shapes are checked by the caller"
    );
    if let Rhs::Plain(b) = b
        && threads == 1
        && fixed.is_none()
        && let Some(small) = Small::new(a, b)
    {
        small.run(isa, c);
        return Ok(());
    }
    gemm_general(isa, threads, fixed, a, b, c)
}

/// The product of any size.
#[inline(never)]
fn gemm_general<'a>(
    isa: Isa,
    threads: usize,
    fixed: Option<Plan>,
    mut a: Operand<'a>,
    mut b: Rhs<'a>,
    mut c: Output<'_>,
) -> Result<(), TryReserveError> {
    if a.cols() == 0 {
        c.clear();
        return Ok(());
    }
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    // fma(x, y, c) is fma(y, x, c): a row or column of C is also that of the transposed product, which may read the
    // matrix in the order in which it lies.
    if let Rhs::Plain(plain) = b {
        let row_of_columns = c.rows() == 1 && plain.col_stride() != 1;
        let column_of_columns = c.cols() == 1 && a.col_stride() != 1 && c.row_stride() == 1;
        if row_of_columns || column_of_columns {
            (a, b) = (plain.transposed(), Rhs::Plain(a.transposed()));
            c = c.transposed();
        }
    }
    let plan = match fixed {
        Some(plan) => plan,
        None => plan(&Problem::new(a, b), tile_of(isa), l2_bytes(), threads),
    };
    if plan.grid == (1, 1) {
        gemm_task(isa, plan.path, a, b, c)
    } else {
        gemm_parallel(isa, threads, &plan, a, b, c)
    }
}

/// A task of the product on this thread.
#[inline(always)]
fn gemm_task(
    isa: Isa,
    path: Path,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    fn blocked<S: Simd, const MR: usize, const P: usize>(
        s: S,
        gemm: (Operand<'_>, Rhs<'_>, Output<'_>, plan::Blocking),
    ) -> Result<(), TryReserveError> {
        let (a, b, c, blocking) = gemm;
        s.run(Gemm::<MR, P> { a, b, c, blocking })
    }
    fn gemv<S: Simd, const MR: usize, const P: usize>(s: S, gemv: Gemv<'_>) {
        if const { Tile::new::<S>(MR, P).has_gemv() } {
            s.run(gemv);
        } else {
            unreachable!("planned for an ISA with a gemv");
        }
    }
    match (path, b) {
        (Path::Gemv, Rhs::Plain(x)) => {
            with_tile!(isa, gemv(Gemv { a, x, c }));
            Ok(())
        }
        (Path::Gemv, Rhs::Packed(_)) => unreachable!("planned for plain operands"),
        (Path::Blocked(blocking), b) => with_tile!(isa, blocked((a, b, c, blocking))),
    }
}
