//! The product C = A·B, shape m×k times k×n, as five loops around one micro-kernel.
//!
//! ```text
//! loop 5  jc: columns of C, nc at a time
//! loop 4    pc: depth, kc at a time                       pack B[pc, jc] into panels of 8 columns
//! loop 3      ic: rows of C, mc at a time                 pack A[ic, pc] into panels of MR rows
//! loop 2        jr: columns of the block, NV·8 at a time
//! loop 1          ir: rows of the block, MR at a time
//!                   micro-kernel: MR × NV·8 of C in registers, over kc depths
//! ```
//!
//! **The contract.** Every element is one chain, `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j], c) }`. The
//! micro-kernel starts its accumulators at +0.0 for the first block of k and at the stored C for the others, which
//! resumes the chain exactly, since storing and loading an f64 loses nothing. Nothing is unrolled over p, nothing is
//! skipped, and C is never read before it was written. So no block size and no machine changes a bit.
//!
//! **Why it is fast**: what each step gains at 512×512×512 on the portable machine (`cargo bench`, `ladder/512`; one
//! core of a shared AMD EPYC, Zen 3, whose fused multiply-add peak measured 50.8 GFLOP/s in the same hour):
//!
//! | step | GFLOP/s | times naive | why |
//! | --- | --- | --- | --- |
//! | naive i-j-k | 0.71 | 1 | strides of 4096 bytes through B: a cache miss a step |
//! | naive i-k-j | 5.4 | 7.6 | rows are read in order and the compiler vectorises the inner loop |
//! | blocked 64³ | 4.6 | 6.5 | no gain over i-k-j here: C still passes through registers once a step |
//! | packed panels, tile in registers | 33 | 47 | 12 independent chains of vector fmas a tile; each number loaded feeds 6 or 8 multiply-adds |
//!
//! A start for reading: [`product`], then [`Product::run`], then [`kernel`].
#![allow(unsafe_code, reason = "this room and simd are where unsafe lives")]

mod blocking;
mod kernel;
mod operand;
mod pack;
#[cfg(test)]
mod tests;

pub(crate) use operand::{Operand, Output};

use crate::simd::{Isa, Kernel, LANES, Simd};
use blocking::Blocking;
use kernel::{Blocks, macro_kernel};
use pack::{Buffer, pack};
use std::cell::Cell;
use std::collections::TryReserveError;

/// The product `c = a · b`; `c` is only written.
///
/// # Errors
/// Where the memory for the packed blocks (about 2 MiB at most) cannot be had; `c` is then left as it was, or partly
/// written.
///
/// # Panics
/// Where the shapes do not fit; callers have checked them.
pub(crate) fn product(
    a: Operand<'_>,
    b: Operand<'_>,
    c: Output<'_>,
) -> Result<(), TryReserveError> {
    product_on(Isa::current(), Blocking::PORTABLE, a, b, c)
}

/// [`product`] on a given machine with given block sizes.
fn product_on(
    isa: Isa,
    blocking: Blocking,
    a: Operand<'_>,
    b: Operand<'_>,
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
    // Taken, not borrowed: whatever happens in between finds an empty workspace, never one in use.
    let mut workspace = WORKSPACE.take();
    let done = isa.run(Product::<6, 1> {
        a,
        b,
        c,
        blocking,
        workspace: &mut workspace,
    });
    WORKSPACE.set(workspace);
    done
}

thread_local! {
    /// This thread's packing buffers, kept so that a repeated product allocates nothing.
    static WORKSPACE: Cell<Workspace> = Cell::default();
}

#[derive(Default)]
struct Workspace {
    a: Buffer,
    b: Buffer,
}

/// A product with a tile of `MR` rows by `NV` vectors.
struct Product<'a, const MR: usize, const NV: usize> {
    a: Operand<'a>,
    b: Operand<'a>,
    c: Output<'a>,
    blocking: Blocking,
    workspace: &'a mut Workspace,
}

impl<const MR: usize, const NV: usize> Kernel for Product<'_, MR, NV> {
    type Output = Result<(), TryReserveError>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let Self {
            a,
            b,
            mut c,
            blocking,
            workspace,
        } = self;
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let Blocking { mc, kc, nc } = blocking;
        // loop 5 (jc): columns of B and C
        for jc in (0..n).step_by(nc) {
            let nc = nc.min(n - jc);
            // loop 4 (pc): depth; in order, since each block resumes the chains of the one before
            for pc in (0..k).step_by(kc) {
                let kc = kc.min(k - pc);
                let packed_b = workspace.b.get(nc.div_ceil(LANES) * LANES * kc)?;
                pack::<LANES>(b.block(pc, jc, kc, nc).transposed(), packed_b);
                // loop 3 (ic): rows of A and C
                for ic in (0..m).step_by(mc) {
                    let mc = mc.min(m - ic);
                    let packed_a = workspace.a.get(mc.div_ceil(MR) * MR * kc)?;
                    pack::<MR>(a.block(ic, pc, mc, kc), packed_a);
                    let blocks = Blocks {
                        a: packed_a,
                        b: packed_b,
                        mc,
                        kc,
                        nc,
                        first: pc == 0,
                    };
                    macro_kernel::<S, MR, NV>(s, blocks, &mut c, ic, jc);
                }
            }
        }
        Ok(())
    }
}
