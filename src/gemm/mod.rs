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
//! number of threads and no machine changes a bit. What that costs is within noise: a variant that starts each block of k
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
//! **What was tried**, on the same machine, in % of the peak:
//!
//! | | without | with |
//! | --- | --- | --- |
//! | the next tile of C asked for one micro-kernel ahead, 2048³ | 84 | 87 |
//! | the next tile of A asked for in the first strip, 10000×784×50 | 73 | 80 |
//! | neither, where everything is near: 64³ | 91 | 95 |
//! | half a register for the last 2 of 50 columns, 100×784×50 | 82 | 89 |
//! | operands handed down in registers instead of in memory, 4×4×4 | 4 | 10 |
//! | small products by a way of their own, 4×4×4: lean checks, a kernel that asks for nothing ahead | 11 | 16 |
//! | the same, 8×8×8 | 45 | 68 |
//! | their checks in the caller's code, one function a height, nothing copied ([`small`]), 4×4×4 | 15 | 34 |
//! | the same, 8×8×8 | 67 | 89 |
//! | the next tile of C asked for a row at each depth instead of all at once, 2048³ | 88 | 90 |
//! | shallow products lined up with C's cache lines, 1024×16×1024 | 75 | 79 |
//! | one tile's rows of C at a time for these, from left to right, 2048×16×2048 | 52 | 65 |
//! | and the next tile of C asked for at 16 depths, too | 65 | 70 |
//! | all depths in one block where C is one strip, 256×4096×16 | 74 | 95 |
//! | rows in the lanes for a few columns, 100×100×10 ([`few_columns`]) | 70 | 86 |
//! | the same, 10000×784×10 | 66 | 80 |
//! | B read row by row for a few rows, 2×1024×1024 out of L3 ([`few_rows`]) | 40 | 58 |
//! | the same, 8×1024×1024 out of memory | 36 | 52 |
//! | and the next lines of each row asked for, 6×2048×2048 out of memory | 45 | 65 |
//! | a matrix times a column asks for the next lines of its rows, 500×500 out of L3 | 27 | 31 |
//! | A packed as well as B, 512³ to 1024³: lost, dropped | 91 to 94 | 85 to 91 |
//! | B packed under 64 rows, 64×1024×1024: lost, dropped | 94 | 64 |
//!
//! The stores of a tile take the multiplier's time: a bare loop of tiles of 8 × 24 out of the first cache reaches 82 % of
//! the peak at 8 depths and 91 % at 16, the same loop without its stores all of it (Zen 4). So 78 % for 64×8×96 and 86 %
//! for 64×16×96 leave little to find.
//!
//! A start for reading: [`product`], then [`Product`], then [`kernel`].
#![allow(unsafe_code, reason = "this room and simd are where unsafe lives")]

/// Tiles as large as the registers hold, for many rows, few, and one: 32 registers of 8 lanes; 16 of 4; 32 of 2.
macro_rules! in_tiles_of {
    ($isa:expr, $function:ident($($argument:expr),*)) => {
        match $isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(s) => $function::<_, 8, 3, 4, 6, 1, 8>(s, $($argument),*),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(s) => $function::<_, 6, 1, 3, 2, 1, 4>(s, $($argument),*),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(s) => $function::<_, 6, 1, 3, 2, 1, 6>(s, $($argument),*),
            Isa::Portable(s) => $function::<_, 6, 1, 3, 2, 1, 4>(s, $($argument),*),
            Isa::PortableSoftware(s) => $function::<_, 2, 1, 1, 1, 1, 1>(s, $($argument),*),
        }
    };
}

mod blocking;
mod column;
mod driver;
mod few_columns;
mod few_rows;
mod kernel;
mod operand;
mod pack;
mod packed;
mod pool;
mod small;
#[cfg(test)]
mod tests;

pub(crate) use operand::{Operand, Output, Rhs, Rows};
pub(crate) use packed::PackedPanels;
pub(crate) use pool::parallel;
pub use pool::{num_threads, set_num_threads};
pub(crate) use small::{small_product, small_product_boxed};

use crate::simd::{Isa, LANES, Simd};
use blocking::{Blocking, l2_bytes};
use column::MatrixTimesColumn;
use driver::Product;
use few_rows::FewRows;
use operand::room;
use pool::threads_here;
use small::Small;
use std::collections::TryReserveError;
use std::sync::{Mutex, PoisonError};

/// The product `c = a · b`; `c` is only written.
///
/// # Errors
/// Where the memory for the packed blocks (8 MiB a thread at most) cannot be had; `c` is then left as it was, or partly
/// written.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
#[inline(always)]
pub(crate) fn product(a: Operand<'_>, b: Rhs<'_>, c: Output<'_>) -> Result<(), TryReserveError> {
    let work = a.rows().saturating_mul(a.cols()).saturating_mul(b.cols());
    product_on(Isa::current(), threads_worth(work), None, a, b, c)
}

/// The product `a · b` in a buffer of its own, row by row; `None` where there is no memory.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
#[inline(always)]
pub(crate) fn product_boxed(a: Operand<'_>, b: Rhs<'_>) -> Option<Box<[f64]>> {
    let (m, n) = (a.rows(), b.cols());
    let mut values = room(m.checked_mul(n)?)?;
    product(a, b, Output::uninit(&mut values, m, n)).ok()?;
    // SAFETY: the product has written each value.
    Some(unsafe { values.assume_init() })
}

/// [`product`] on a given machine in at most `parts` parts side by side, with block sizes for tests.
#[inline(always)]
fn product_on<'a>(
    isa: Isa,
    parts: usize,
    blocking: Option<Blocking>,
    a: Operand<'a>,
    b: Rhs<'a>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    assert!(
        a.cols() == b.rows() && c.rows() == a.rows() && c.cols() == b.cols(),
        "shapes are checked by the caller"
    );
    if let Rhs::Plain(b) = b
        && parts == 1
        && blocking.is_none()
        && let Some(small) = Small::new(a, b)
        && small.run(isa, &c)
    {
        return Ok(());
    }
    large(isa, parts, blocking, a, b, c)
}

/// The product of any size, in at most `parts` parts.
#[inline(never)]
fn large<'a>(
    isa: Isa,
    parts: usize,
    blocking: Option<Blocking>,
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
            c = c.turned();
        }
    }
    if parts > 1 {
        in_parts(isa, parts, blocking, a, b, &c)
    } else {
        on_one_thread(isa, blocking, a, b, &c)
    }
}

/// How many threads work of so many multiply-adds should use.
#[inline(always)]
pub(crate) fn threads_worth(multiply_adds: usize) -> usize {
    match multiply_adds / WORTH_A_THREAD {
        0 | 1 => 1,
        worth => worth.min(threads_here()),
    }
}

/// Multiply-adds that each thread should have at least, so that calling it is a small part of its work.
const WORTH_A_THREAD: usize = 1 << 19;

/// The product with C cut into a grid of at most `parts` blocks, a thread for each. Nothing is cut along k.
#[inline(never)]
fn in_parts(
    isa: Isa,
    parts: usize,
    blocking: Option<Blocking>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: &Output<'_>,
) -> Result<(), TryReserveError> {
    let (m, n) = (c.rows(), c.cols());
    let Some((down, across)) = grid(parts, m, n) else {
        return on_one_thread(isa, blocking, a, b, c);
    };
    // Cut along whole vectors; rows anywhere.
    let vectors = n.div_ceil(LANES);
    let failed = Mutex::new(Ok(()));
    parallel(parts, &|part| {
        let (i, j) = (part / across, part % across);
        let (row, row_end) = (i * m / down, (i + 1) * m / down);
        let col = j * vectors / across * LANES;
        let col_end = ((j + 1) * vectors / across * LANES).min(n);
        let a = a.block(row, 0, row_end - row, a.cols());
        let b = b.columns(col, col_end - col);
        // SAFETY: the blocks of the grid lie inside and do not overlap.
        let c = unsafe { c.block(row, col, row_end - row, col_end - col) };
        if let Err(error) = on_one_thread(isa, blocking, a, b, &c) {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Err(error);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Into how many blocks m rows are cut, and n columns, by whole vectors, for `parts` parts; `None` where they cannot be.
///
/// Each block reads its rows of A and its columns of B: the less of both together, the better.
fn grid(parts: usize, m: usize, n: usize) -> Option<(usize, usize)> {
    (1..=parts)
        .filter(|across| parts.is_multiple_of(*across))
        .map(|across| (parts / across, across))
        .filter(|&(down, across)| down <= m && across <= n.div_ceil(LANES))
        .min_by_key(|&(down, across)| m.div_ceil(down) + n.div_ceil(across))
}

/// The product in the way that suits its shape. No size is 0.
#[inline(always)]
fn on_one_thread(
    isa: Isa,
    blocking: Option<Blocking>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: &Output<'_>,
) -> Result<(), TryReserveError> {
    if let Rhs::Plain(x) = b
        && c.cols() == 1
        && c.rows() >= LANES
        && a.col_stride() == 1
        && x.row_stride() == 1
    {
        isa.run(MatrixTimesColumn { a, x, c });
        return Ok(());
    }
    if let Rhs::Plain(b) = b
        && for_few_rows(b, c, l2_bytes())
    {
        isa.run(FewRows { a, b, c });
        return Ok(());
    }
    in_tiles_of!(isa, in_tiles(blocking, a, b, c))
}

/// Whether B is so large for the rows of C that it should be read row by row. Out of L3, tiles are faster for more than 4
/// rows (8×1024×1024 on a Zen 4: 53 GFLOP/s against 51), out of memory far slower (21 against 31).
#[inline(always)]
fn for_few_rows(b: Operand<'_>, c: &Output<'_>, l2: usize) -> bool {
    // From the first row to the last: a thread's columns of a large matrix are no nearer than all of it.
    let bytes = b.rows().saturating_mul(b.row_stride()).saturating_mul(8);
    b.col_stride() == 1
        && c.cols() > 8 * LANES
        && match c.rows() {
            1 => true,
            2..=4 => bytes > l2,
            5..=8 => bytes > 4 * l2,
            _ => false,
        }
}

/// The product in tiles of M0 × N0 vectors, of M1 × N1 where C has no more than M1 rows, of M2 × N2 where no more than
/// M2.
#[inline(always)]
fn in_tiles<
    S: Simd,
    const M0: usize,
    const N0: usize,
    const M1: usize,
    const N1: usize,
    const M2: usize,
    const N2: usize,
>(
    s: S,
    blocking: Option<Blocking>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: &Output<'_>,
) -> Result<(), TryReserveError> {
    let blocking_for =
        |mr, nv| blocking.unwrap_or_else(|| Blocking::new(a, b, mr, nv * LANES, l2_bytes()));
    if c.rows() <= M2 {
        let blocking = blocking_for(M2, N2);
        s.run(Product::<M2, N2> { a, b, c, blocking })
    } else if c.rows() <= M1 {
        let blocking = blocking_for(M1, N1);
        s.run(Product::<M1, N1> { a, b, c, blocking })
    } else {
        let blocking = blocking_for(M0, N0);
        s.run(Product::<M0, N0> { a, b, c, blocking })
    }
}
