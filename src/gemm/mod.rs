//! The product C = A·B, shape m×k times k×n, as five loops around one micro-kernel.
#![allow(unsafe_code, reason = "this room and simd are where unsafe lives")]

mod blocking;
mod driver;
mod kernel;
mod operand;
mod pack;
mod packed;
mod pool;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use operand::{Operand, Output, Rhs};
pub(crate) use packed::PackedPanels;
pub(crate) use pool::parallel_chunks;
pub use pool::{num_threads, set_num_threads};

use crate::simd::{Isa, LANES, Simd};
use blocking::{Blocking, l2_bytes};
use driver::{InPlace, Product};
use kernel::single_tile;
use pool::{parallel, threads_here};
use std::collections::TryReserveError;
use std::sync::{Mutex, PoisonError};
use vector::{MatrixTimesColumn, RowTimesMatrix};

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
    let parts = threads_worth(work);
    product_on(Isa::current(), parts, None, a, b, c)
}

/// The product `a · b` in a buffer of its own, row by row.
///
/// # Errors
/// As [`product`], and where the result cannot be held.
///
/// # Panics
/// Where the shapes do not fit, or the number of values overflows; callers have checked both.
#[inline(always)]
pub(crate) fn product_vec(a: Operand<'_>, b: Rhs<'_>) -> Result<Vec<f64>, TryReserveError> {
    let (m, n) = (a.rows(), b.cols());
    let mut values = Vec::new();
    values.try_reserve_exact(m * n)?;
    product(
        a,
        b,
        Output::uninit(&mut values.spare_capacity_mut()[..m * n], m, n),
    )?;
    // SAFETY: m·n values are reserved, and the product has written each of them.
    unsafe { values.set_len(m * n) };
    Ok(values)
}

/// [`product`] on a given machine in at most `parts` parts side by side, with block sizes for tests.
///
/// Inlined down to the kernels, as is what it calls for small products: handing operands over in memory would cost more
/// than a product of 4×4.
#[inline(always)]
fn product_on<'a>(
    isa: Isa,
    parts: usize,
    blocking: Option<Blocking>,
    mut a: Operand<'a>,
    mut b: Rhs<'a>,
    mut c: Output<'_>,
) -> Result<(), TryReserveError> {
    assert!(
        a.cols() == b.rows() && c.rows() == a.rows() && c.cols() == b.cols(),
        "shapes are checked by the caller"
    );
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

/// Multiply-adds below which another thread costs more than it saves, for each thread.
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
    // Cut along whole vectors; rows anywhere.
    let vectors = n.div_ceil(LANES);
    // Each block reads its rows of A and its columns of B: the less of both together, the better.
    let grids = (1..=parts).filter(|across| parts.is_multiple_of(*across));
    let grids = grids.map(|across| (parts / across, across));
    let fitting = grids.filter(|&(down, across)| down <= m && across <= vectors);
    let cost = |&(down, across): &(usize, usize)| m.div_ceil(down) + n.div_ceil(across);
    let Some((down, across)) = fitting.min_by_key(cost) else {
        return on_one_thread(isa, blocking, a, b, c);
    };
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

/// The product in the way that suits its shape. No size is 0.
#[inline(always)]
fn on_one_thread(
    isa: Isa,
    blocking: Option<Blocking>,
    a: Operand<'_>,
    b: Rhs<'_>,
    c: &Output<'_>,
) -> Result<(), TryReserveError> {
    if let Rhs::Plain(b) = b {
        if c.cols() == 1 && c.rows() >= LANES && a.col_stride() == 1 && b.row_stride() == 1 {
            isa.run(MatrixTimesColumn { a, x: b, c });
            return Ok(());
        }
        if c.rows() == 1 && c.cols() > 8 * LANES && b.col_stride() == 1 {
            isa.run(RowTimesMatrix { x: a, b, c });
            return Ok(());
        }
    }
    // Tiles as large as the registers hold, for many rows, few, and one: 32 registers of 8 lanes; 16 of 4; 32 of 2.
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(s) => in_tiles::<_, 8, 3, 4, 6, 1, 8>(s, blocking, a, b, c),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(s) => in_tiles::<_, 6, 1, 3, 2, 1, 4>(s, blocking, a, b, c),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(s) => in_tiles::<_, 6, 1, 3, 2, 1, 6>(s, blocking, a, b, c),
        Isa::Portable(s) => in_tiles::<_, 6, 1, 3, 2, 1, 4>(s, blocking, a, b, c),
        Isa::PortableSoftware(s) => in_tiles::<_, 6, 1, 3, 2, 1, 4>(s, blocking, a, b, c),
    }
}

/// Sizes up to which a product is one block, in place: its parts stay in the caches in any order.
const SMALL: usize = 64;

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
    if let (Rhs::Plain(b), None) = (b, blocking)
        && c.rows().max(c.cols()).max(b.rows()) <= SMALL
        && b.col_stride() == 1
    {
        if c.rows() <= M0 && c.cols() <= N0 * LANES {
            // SAFETY: one tile is all of the operands, which the views cover, and of C.
            unsafe { single_tile::<S, M0, N0>(s, a, b, c) };
            return Ok(());
        }
        return if c.rows() <= M2 {
            s.run(InPlace::<M2, N2> { a, b, c })
        } else if c.rows() <= M1 {
            s.run(InPlace::<M1, N1> { a, b, c })
        } else {
            s.run(InPlace::<M0, N0> { a, b, c })
        };
    }
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
