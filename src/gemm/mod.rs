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
//! matrix times a column, whose lanes are rows, [`narrow`](mod@narrow) for a few columns, [`few_rows`] for a few rows times
//! a large B, `simd/outer.rs` for one depth, and [`small`] for sizes to 64 or 128, read in place.
//! [`parallel`](mod@crate::parallel) has the worker threads.
//!
//! **The contract.** Every element is one chain, `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j], c) }`. The
//! micro-kernel starts its accumulators at +0.0 for the first block of depths and at the stored C for the others, which
//! resumes the chain exactly, since storing and loading an f64 loses nothing. Nothing is skipped, C is never read before it
//! was written, and tasks share out rows and columns of C only. No block size, number of threads or ISA changes a bit.
//!
//! **The tile.** 8 rows × 3 registers with AVX-512, 6 × 2 with AVX2, 5 × 4 with NEON: 12, 20 or 24 accumulators, a row of B
//! and a broadcast fill the registers, and there are as many chains as hide the latency of two multiply-add pipes. Rows are cut
//! evenly: 100 rows are tiles of 6 and 5. Few rows take twice as many registers of columns. [`microkernel`] serves all. Lost with
//! AVX2: 4 × 3 (Zen 3: 43 GFLOP/s, 6 × 2 has 49).
//!
//! **What each step gains**, in GFLOP/s on one core of shared AMD EPYCs: a Zen 4 (AVX-512, one 512-bit multiply-add a cycle,
//! 1 MiB L2, peak 58.5), 2026-11-26 and 27; the others a Zen 3 (AVX2, 512 KiB L2, peak 51.3), 2026-11-25 to 28:
//!
//! | step | where | without | with |
//! | --- | --- | --- | --- |
//! | Zen 4: tiles of 4 rows to 32 depths, of 5 to 64 | 1024×16×1024 | 48.6 | 53.7 |
//! | Zen 4, AVX2: tiles of A by all strips of B in one sweep | 1024×5×100 | 30.8 | 36.7 |
//! | Zen 4: tiles of one register multiply by A in memory, without broadcasts | 48×64×8 | 40.3 | 52.0 |
//! | Zen 4: B in place up to L2's size; by up to 96 rows up to four times that | 32×512×512 | 47.3 | 53.1 |
//! | Zen 4: up to 1024 depths in a block, of any k, in three quarters of L2 | 10000×784×512 | 51.7 | 55.9 |
//! | a tile of A meets all panels of B; without: 96 rows of A packed, 384 depths | 1024³ | 43.3 | 46.9 |
//! | the block of B in L2, 512 depths of 64 columns, instead of 1024 columns in L3: two threads | 1024³ | 72 | 84 |
//! | Zen 3: a B that L2 does not hold packed for 13 to 24 rows, too | 23×1229×250 | 30 | 39 |
//! | Zen 4, AVX2: rows of B in one set of L1 side by side | 16×128×512 | 24.6 | 45.2 |
//! | the next tile of A prefetched, a row a step | 10000×784×50 | 38.0 | 41.9 |
//! | B packed, where it is more than 64 KiB | 256³ | 29.4 | 42.1 |
//! | Zen 3: a smaller one packed, too, where strips do not fit into L1 | 100×300×24 | 37 | 47 |
//! | Zen 3: columns of B in place peeled, the others aligned | 12×200×160 | 36 | 44 |
//! | Zen 3: with them B in place, not along its rows or packed, up to 4 times L2 | 5×423×168 | 32 | 43 |
//! | where C is narrow, a strip of B meets many tiles of A | 4096×16×16 | 32.0 | 38.6 |
//! | Zen 3: beside contiguous columns the small operand packed, C by its transpose | `matmul_nt` 8×1024×1024 | 26 | 48 |
//! | two threads, tasks from a counter, B packed once | 1024³ | 46 | 85 |
//!
//! The loop of the main tile in LLVM's machine models, over what its multiply-adds alone take: 1.00 on haswell,
//! skylake, alderlake, znver2 and znver3 (AVX2), neoverse-n1, -v1 and -v2, skylake-avx512; 1.29 on znver4, whose model lets a
//! broadcast take a multiply-add's pipe, which the CPU does not.
#![allow(unsafe_code, reason = "most unsafe code is in this module and simd")]
#![allow(
    clippy::needless_range_loop,
    reason = "the names are rows, registers and depths of a tile on both sides"
)]
#![allow(
    clippy::collapsible_match,
    reason = "a guard is not known to be false in time: kernels that no tile of an ISA needs would be compiled"
)]

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

mod few_rows;
mod gemv;
mod loops;
mod macrokernel;
mod microkernel;
mod narrow;
mod operand;
mod pack;
mod plan;
mod small;
#[cfg(test)]
mod tests;

pub(crate) use operand::{Operand, Output, Rhs, Rows};
pub(crate) use pack::PackedPanels;
pub(crate) use plan::{SCRATCH, threads_worth};
pub(crate) use small::{small_gemm, small_gemm_boxed};

use crate::simd::cache::l2_bytes;
use crate::simd::memory::{Buffer, advise_huge_pages, aligned, allocate};
use crate::simd::{Isa, Simd, Transpose};
use few_rows::FewRows;
use gemv::Gemv;
use loops::{gemm_parallel, gemm_serial};
use narrow::narrow;
use operand::Panels;
use plan::{Path, Plan, Problem, Tile, plan, swaps_operands};
use small::small_gemm_on;
use std::cell::Cell;
use std::collections::TryReserveError;

/// The micro-tile of an ISA.
fn tile_of(isa: Isa) -> Tile {
    fn tile<S: Simd, const MR: usize, const P: usize>(_: S) -> Tile {
        Tile::new::<S>(MR, P)
    }
    with_tile!(isa, tile())
}

/// The product `c = a · b`; `c` is only written. Where memory is lent that has place for a block of B, it is packed there;
/// where it is lent and has not, into at most [`SCRATCH`] values on each thread.
///
/// # Errors
/// Where an allocation fails, of packed blocks or of C's transpose (8 MiB a thread at most, each); `c` is then left as it was, or
/// partly written.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
#[inline(always)]
pub(crate) fn gemm(
    lent: Option<&mut [f64]>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    let threads = threads_worth(
        a.rows()
            .saturating_mul(a.cols())
            .saturating_mul(b.shape().1),
    );
    let (isa, lent) = (Isa::current(), lent.map(aligned));
    gemm_on(isa, threads, None, lent, a, b, c)
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
    let (m, n) = (a.rows(), b.shape().1);
    let mut values = allocate(m.checked_mul(n)?, false)?;
    advise_huge_pages(values.as_ptr(), values.len());
    gemm(None, a, b, Output::uninit(&mut values, m, n)).ok()?;
    // SAFETY: the product has written each value.
    Some(unsafe { values.assume_init() })
}

/// [`gemm`] on a given ISA and at most so many threads, with a plan for tests.
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
        b.shape() == (a.cols(), c.cols()) && a.rows() == c.rows(),
        "shapes are checked by the caller"
    );
    if let Rhs::Plain(b) = b
        && threads == 1
        && fixed.is_none()
        && small_gemm_on(isa, a, b, &c)
    {
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
    if a.cols() == 0 || c.rows() == 0 || c.cols() == 0 {
        c.clear();
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
    let problem = Problem::new(a, b, scratch.as_deref());
    if let (None, Rhs::Plain(plain)) = (fixed, b)
        && swaps_operands(&problem)
    {
        let (a, b) = (plain.transposed(), Rhs::Plain(a.transposed()));
        return gemm_by_transpose(isa, threads, a, b, c);
    }
    let plan = fixed.unwrap_or_else(|| plan(&problem, tile_of(isa), l2_bytes(), threads));
    if plan.grid == (1, 1) {
        gemm_task(isa, plan.path, scratch, a, b, c)
    } else {
        gemm_parallel(isa, threads, &plan, scratch, a, b, c)
    }
}

thread_local! {
    /// This thread's Cᵀ, kept so that a repeated product allocates nothing.
    static TRANSPOSE: Cell<Buffer> = const { Cell::new(Buffer::new()) };
}

/// C by way of its transpose, the product `a · b`.
#[inline(never)]
fn gemm_by_transpose(
    isa: Isa,
    threads: usize,
    a: Operand<'_>,
    b: Rhs<'_>,
    mut c: Output<'_>,
) -> Result<(), TryReserveError> {
    // Rows and columns that are transposed at a time, in L1.
    const SIDE: usize = 64;
    let (m, n) = (c.rows(), c.cols());
    let mut buffer = TRANSPOSE.take();
    let (transpose, block) = buffer.get(n * m + SIDE * SIDE)?.split_at_mut(n * m);
    let out = Output::new(transpose, n, m, m);
    gemm_general(isa, threads, None, None, a, b, out)?;
    for row in (0..m).step_by(SIDE) {
        for col in (0..n).step_by(SIDE) {
            let shape @ (cols, rows) = (SIDE.min(n - col), SIDE.min(m - row));
            isa.run(Transpose {
                from: &transpose[col * m + row..],
                shape,
                row_stride: m,
                to: block,
                to_stride: cols,
            });
            for (i, values) in block.chunks_exact(cols).take(rows).enumerate() {
                c.write(row + i, col, values);
            }
        }
    }
    TRANSPOSE.set(buffer);
    Ok(())
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
    /// The paths beside the five loops.
    fn special<S: Simd, const MR: usize, const P: usize>(
        s: S,
        (path, a, b, c): (Path, Operand<'_>, Rhs<'_>, Output<'_>),
    ) -> Result<(), TryReserveError> {
        if const { Tile::new::<S>(MR, P).has_special_paths() } {
            match (path, b) {
                (Path::Gemv, Rhs::Plain(x)) => {
                    s.run(Gemv { a, x, c });
                    return Ok(());
                }
                (Path::FewRows, Rhs::Plain(b)) => return s.run(FewRows::<MR, P> { a, b, c }),
                _ => {}
            }
        }
        if const { Tile::new::<S>(MR, P).is_avx512() } && path == Path::Narrow {
            narrow(s, a, b.first_rows(), c);
            return Ok(());
        }
        unreachable!("planned for an ISA with that path, and for plain operands")
    }
    match path {
        Path::Blocked(blocking) => gemm_serial(isa, blocking, scratch, a, b, c),
        path => with_tile!(isa, special((path, a, b, c))),
    }
}
