//! The product C = A·B, shape m×k times k×n, as five loops around one micro-kernel.
//!
//! ```text
//! loop 5  jc: columns of C, nc at a time                                                       loops.rs
//! loop 4    pc: depths, kc at a time                   B[pc, jc] in place, or packed           pack.rs
//! loop 3      ic: rows of C, mc at a time              A[ic, pc] in place; packed if transposed
//! loop 2        jr: strips of B, NR columns each                                               macrokernel.rs
//! loop 1          ir: tiles of A, MR rows each
//!                   micro-kernel: MR × NR of C in registers, over kc depths                    microkernel.rs
//! ```
//!
//! [`plan`](mod@plan) chooses everything that can be chosen, from shape, strides, caches, ISA and number of threads: block
//! sizes, what is packed, the order of loops 1 and 2, how many tasks. Beside the loops there are [`gemv`](mod@gemv) for a
//! matrix times a column, whose lanes are rows, [`few_rows`] for a few rows times a large B, and [`small`] for sizes to 64,
//! which are one block in place, checked in the caller's code. [`parallel`](mod@crate::parallel) has the worker threads.
//!
//! **The contract.** Every element is one chain, `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j], c) }`. The
//! micro-kernel starts its accumulators at +0.0 for the first block of depths and at the stored C for the others, which
//! resumes the chain exactly, since storing and loading an f64 loses nothing. Nothing is skipped, C is never read before it
//! was written, and tasks share out rows and columns of C only. So no block size, no number of threads and no ISA changes
//! a bit.
//!
//! **The tile.** 8 rows × 3 registers with AVX-512, 6 × 2 with AVX2, 5 × 4 with NEON: 12, 20 or 24 accumulators, a row of B
//! and a broadcast fill the registers, and there are as many chains as hide the latency of two multiply-add pipes. Rows are cut
//! evenly: 100 rows are tiles of 6 and 5. Few rows take twice as many registers of columns. One source serves all
//! ([`microkernel`]).
//!
//! **What each step gains**, in GFLOP/s on one core of a shared AMD EPYC (Zen 3, AVX2, 512 KiB L2), whose fused multiply-add
//! peak measures 51.3, 2026-11-25 and 26. Each row stands in one run with its alternative but for those marked ¹, whose two
//! figures come from different runs, the first two of a sketch of the same loops:
//!
//! | step | where | without | with |
//! | --- | --- | --- | --- |
//! | the micro-kernel alone, A and B in L1, 64 to 512 depths¹ | 6 × 8 | | 48 to 50 |
//! | B read row by row when it is packed, its next rows prefetched, instead of panel by panel¹ | 512³ | 40 | 43 |
//! | a tile of A meets all panels of B while L1 holds it, and the panels are read from front to back: 512 depths of 1024 columns, A in place; without: 96 rows of A packed, 384 depths | 1024³ | 43.3 | 46.9 |
//! | the block of B in L2, 512 depths of 64 columns, instead of 1024 columns in L3: two threads | 1024³ | 72 | 84 |
//! | where A is large, of 1024 columns all the same | 2048³ | 39.1 | 43.2 |
//! | where A is packed, 1024 columns and 36 rows, instead of 64 and 6¹ | (500×784)ᵀ·500×512 | 33.7 | 45.2 |
//! | up to 1024 depths that are all in one block, C written once, instead of two | 1000³ | 47.5 | 48.5 |
//! | the same, two threads | 1024³ | 92.3 | 94.9 |
//! | up to 1024 depths where B is narrow: 784 instead of 512 | 10000×784×50 | 31.4 | 36.0 |
//! | the next tile of A prefetched, a row a step | 10000×784×50 | 38.0 | 41.9 |
//! | rows of B by two pointers, without computed addresses | 192³ | 46.1 | 47.0 |
//! | up to 64 KiB, B in place | 80³ | 41.6 | 45.2 |
//! | above, B packed | 256³ | 29.4 | 42.1 |
//! | its panels no multiple of 4096 bytes apart | 128³ | 46.2 | 47.3 |
//! | along 1024 columns where A has up to 64 rows | 64×1024×1024 | 41.5 | 43.3 |
//! | where C is narrow, a strip of B meets many tiles of A | 4096×16×16 | 32.0 | 38.6 |
//! | a narrow C's last 9 to 12 columns in tiles of 3 × 3 registers, instead of 6 × 2 and 6 × 1 | 100×100×10 | 35.4 | 39.6 |
//! | the same where B is in place, of up to 64 depths | 50³ | 43.6 | 44.8 |
//! | where it is wide and shallow, a tile's rows of C are written from left to right | 1024×16×1024 | 30.0 | 37.8 |
//! | few rows of a large B go along its rows, 8 at a time, instead of down its strips¹ | 4×1024×1024 | 12 | 25 |
//! | the sums apart from the sets of L1 that rows of B 8192 bytes apart share | 8×1024×1024 | 14.7 | 29.7 |
//! | loops of their own for them, without the five's | 8×1024×1024 | 31.2 | 35.1 |
//! | there, 8 depths unrolled and A's values packed | 8×1024×1024 | 35.4 | 37.7 |
//! | for up to 24 rows instead of 16 | 24×1024×1024 | 34.0 | 38.9 |
//! | a column: transposes with blends, all its rows in one function | 200×200×1 | 13.9 | 15.2 |
//! | rows of it 8192 bytes apart: read further behind each other, the next ones' first lines prefetched | 1024×1024×1 | 11.1 | 11.7 |
//! | two threads, tasks from a counter, B packed once¹ | 1024³ | 46 | 85 |
//! | two threads, the longer tasks first | 256³ | 84.6 | 89.2 |
//! | two threads, a few rows of a large B, half of its columns each instead of an eighth | 8×2048×2048 | 30 | 50 |
//! | the same | 1×1024×1024 | 10.8 | 19.7 |
//!
//! In instructions for each 256-bit multiply-add (callgrind): 1.93 at 96³, 1.84 at 240³, 1.81 at 512³, 1.82 at 1000×784×128,
//! 1.97 at 100×784×50, where packing B for 100 rows is the difference; a 6 × 2 tile alone needs 1.67.
//!
//! Portable code on this CPU: 96³ to 1024³ 24 to 25, 10000×784×50 20.5; 2.3 to 2.6 instructions for 1.85 with AVX2 there.
//!
//! **What lost**, same CPU: tiles of 4 × 3 registers (a spill: 43 where 6 × 2 has 49), tiles of 8 × 1 for a last register
//! (100×100×10: 36.6), tiles of 3 × 3 for a wide and deep B (10000×784×50: 45.5 without, 44.9 with; 100×150×50 in place: 43.8
//! and 39.9), software prefetch of B in place (8×1000×1000: 31 without, 19.5 with), B packed by the first tile of rows as it
//! reads it in place (128³: 47.3 without, 45.7 with), prefetch of the next packed panel (no difference), A packed where its
//! rows are contiguous (above), 4 × 4 transposes put together by loads in the gemv (12.0 instead of 13.6).
//!
//! The loop of the main tile in LLVM's machine models, in cycles over what the multiply-adds alone take: AVX2 1.00 on haswell,
//! skylake, alderlake, znver2 and znver3; NEON 1.00 on neoverse-n1, -v1 and -v2; AVX-512, which the CPU at hand does
//! not have, 1.00 on skylake-avx512, 1.29 on znver4, whose model lets a broadcast take a multiply-add's pipe. That of
//! znver3 does so too, and the CPU does not: 8 `vunpcklpd` take 4.00 cycles on its two shuffle pipes, 4 broadcasts beside
//! them or not. AMD's own kernel for Zen 4 (BLIS, `bli_dgemm_zen4_asm_8x24`) broadcasts into registers as this one does, and
//! takes 1.25 in that model.
//!
//! A start for reading: [`gemm`], [`plan`](fn@plan::plan), [`gemm_serial`], then [`macrokernel`] and [`microkernel`].
#![allow(unsafe_code, reason = "most unsafe code is in this module and simd")]

/// Runs `$function::<_, MR, P>(s, ...)` with the micro-tile of an ISA: MR rows and P registers fill its registers with
/// accumulators, but for a row of B and a broadcast: 24 of 32 registers of 8 lanes, 12 of 16 of 4, 20 of 32 of 2 (with 24 of
/// these the compiler spills).
macro_rules! with_tile {
    ($isa:expr, $function:ident($($argument:expr),*)) => {
        match $isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(s) => $function::<_, 8, 3>(s, $($argument),*),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(s) => $function::<_, 6, 2>(s, $($argument),*),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(s) => $function::<_, 5, 4>(s, $($argument),*),
            Isa::Portable(s) => $function::<_, 2, 2>(s, $($argument),*),
            Isa::PortableSoftware(s) => $function::<_, 1, 2>(s, $($argument),*),
        }
    };
}

mod cache;
mod few_rows;
mod gemv;
mod huge_pages;
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

pub(crate) use huge_pages::advise_huge_pages;
pub(crate) use operand::{Operand, Output, Rhs, Rows, zeros};
pub(crate) use pack::Buffer;
pub(crate) use packed::PackedPanels;
pub(crate) use plan::{SCRATCH, threads_worth};
pub(crate) use small::{small_gemm, small_gemm_boxed};

use crate::simd::{Isa, Simd};
use cache::l2_bytes;
use few_rows::FewRows;
use gemv::Gemv;
use loops::{gemm_parallel, gemm_serial};
use operand::{Panels, allocate};
use pack::{PackB, aligned};
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

/// Packs a block of B into panels of the ISA's width, `panel` values apart.
fn pack_b(isa: Isa, block: Operand<'_>, panel: usize, out: &mut [f64]) {
    fn pack<S: Simd, const MR: usize, const P: usize>(
        s: S,
        (block, panel): (Operand<'_>, usize),
        out: &mut [f64],
    ) {
        s.run(PackB::<P> { block, panel, out });
    }
    with_tile!(isa, pack((block, panel), out));
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
    gemm_on(Isa::current(), threads_worth(work), None, None, a, b, c)
}

/// [`gemm`] that packs B into `scratch`, where it has place for a block, and else into at most [`SCRATCH`] values on
/// each thread.
pub(crate) fn gemm_with(
    scratch: &mut [f64],
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    let work = a.rows().saturating_mul(a.cols()).saturating_mul(b.cols());
    let (isa, scratch) = (Isa::current(), Some(aligned(scratch)));
    gemm_on(isa, threads_worth(work), None, scratch, a, b, c)
}

/// Values of a packed k×n operand.
pub(crate) fn packed_len(k: usize, n: usize) -> usize {
    Panels::len(k, n, tile_of(Isa::current()).nr())
}

/// The product `a · b` in a buffer of its own, row by row; `None` where an allocation fails.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
#[inline(always)]
pub(crate) fn gemm_boxed(a: Operand<'_>, b: Rhs<'_>) -> Option<Box<[f64]>> {
    let (m, n) = (a.rows(), b.cols());
    let mut values = allocate(m.checked_mul(n)?, false)?;
    advise_huge_pages(values.as_ptr(), values.len());
    gemm(a, b, Output::uninit(&mut values, m, n)).ok()?;
    // SAFETY: the product has written each value.
    Some(unsafe { values.assume_init() })
}

/// [`gemm`] or [`gemm_with`] on a given ISA and at most so many threads, with a plan for tests.
#[inline(always)]
fn gemm_on(
    isa: Isa,
    threads: usize,
    fixed: Option<Plan>,
    scratch: Option<&mut [f64]>,
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
    gemm_general(isa, threads, fixed, scratch, a, b, c)
}

/// The product of any size.
#[inline(never)]
fn gemm_general<'a>(
    isa: Isa,
    threads: usize,
    fixed: Option<Plan>,
    scratch: Option<&mut [f64]>,
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
        None => {
            let problem = Problem::new(a, b, scratch.as_deref());
            plan(&problem, tile_of(isa), l2_bytes(), threads)
        }
    };
    if plan.grid == (1, 1) {
        gemm_task(isa, plan.path, scratch, a, b, c)
    } else {
        gemm_parallel(isa, threads, &plan, scratch, a, b, c)
    }
}

/// A task of the product on this thread.
#[inline(always)]
fn gemm_task(
    isa: Isa,
    path: Path,
    scratch: Option<&mut [f64]>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    fn gemv<S: Simd, const MR: usize, const P: usize>(s: S, gemv: Gemv<'_>) {
        if const { Tile::new::<S>(MR, P).has_special_paths() } {
            s.run(gemv);
        } else {
            unreachable!("planned for an ISA with a gemv");
        }
    }
    fn few_rows<S: Simd, const MR: usize, const P: usize>(
        s: S,
        (a, b, c): (Operand<'_>, Operand<'_>, Output<'_>),
    ) -> Result<(), TryReserveError> {
        if const { Tile::new::<S>(MR, P).has_special_paths() } {
            s.run(FewRows::<MR, P> { a, b, c })
        } else {
            unreachable!("planned for an ISA with code for a few rows");
        }
    }
    match (path, b) {
        (Path::Gemv, Rhs::Plain(x)) => {
            with_tile!(isa, gemv(Gemv { a, x, c }));
            Ok(())
        }
        (Path::Gemv, Rhs::Packed(_)) => unreachable!("planned for plain operands"),
        (Path::FewRows, Rhs::Plain(b)) => with_tile!(isa, few_rows((a, b, c))),
        (Path::FewRows, Rhs::Packed(_)) => unreachable!("planned for plain operands"),
        (Path::Blocked(blocking), b) => gemm_serial(isa, blocking, scratch, a, b, c),
    }
}
