//! The two inner loops and the micro-kernel.
//!
//! **Panel contract.** A micro-kernel call is given `a`, a panel of MR rows, and `b`, NV panels of 8 columns each, all
//! packed to the same depth `kc` ([`pack`](mod@super::pack)): `a` holds kc·MR values, panel `v` of B starts at
//! `b + v·kc·8` and holds kc·8 values. It writes MR rows of NV·8 values from `c` on, `row_stride` apart, which must be
//! writable and, unless `first`, hold the partial results of the depths before.

use super::operand::Output;
use crate::simd::{LANES, Simd};

/// The packed blocks that one macro-kernel call multiplies.
#[derive(Clone, Copy)]
pub(super) struct Blocks<'a> {
    /// Panels of MR rows of A.
    pub(super) a: &'a [f64],
    /// Panels of 8 columns of B.
    pub(super) b: &'a [f64],
    /// Rows of the block of A.
    pub(super) mc: usize,
    /// The depth of both.
    pub(super) kc: usize,
    /// Columns of the block of B.
    pub(super) nc: usize,
    /// Whether this is the first block of k: the chains start here instead of being resumed from C.
    pub(super) first: bool,
}

/// C[row.., col..] = blocks.a · blocks.b, or resumed from what C holds.
#[inline(always)]
pub(super) fn macro_kernel<S: Simd, const MR: usize, const NV: usize>(
    s: S,
    blocks: Blocks<'_>,
    c: &mut Output<'_>,
    row: usize,
    col: usize,
) {
    let Blocks {
        a,
        b,
        mc,
        kc,
        nc,
        first,
    } = blocks;
    let row_stride = c.row_stride();
    // Checked once, here, so that the pointers below are right (panel contract).
    assert!(a.len() >= mc.div_ceil(MR) * MR * kc && b.len() >= nc.div_ceil(LANES) * LANES * kc);
    assert!(row + mc <= c.rows() && col + nc <= c.cols());

    // loop 2 (jr): columns of C in steps of NV·8
    for jr in (0..nc).step_by(NV * LANES) {
        let width = (nc - jr).min(NV * LANES);
        // loop 1 (ir): rows of C in steps of MR
        for ir in (0..mc).step_by(MR) {
            let height = (mc - ir).min(MR);
            let a = a[ir * kc..].as_ptr();
            if height == MR && width == NV * LANES {
                let tile = c.at(row + ir, col + jr);
                // SAFETY: MR rows of A and NV panels of B are there by the first assertion, MR rows of NV·8 columns
                // of C by the second.
                unsafe {
                    micro_kernel::<S, MR, NV>(
                        s,
                        kc,
                        a,
                        b[jr * kc..].as_ptr(),
                        tile,
                        row_stride,
                        first,
                    )
                };
                continue;
            }
            // An edge: 8 columns at a time into a tile of its own, of which the valid part is copied. Missing rows
            // and columns compute with the zeros of the packing and are dropped.
            for jr in (jr..jr + width).step_by(LANES) {
                let (width, tile) = ((nc - jr).min(LANES), c.at(row + ir, col + jr));
                let mut edge = [[0.0; LANES]; MR];
                // SAFETY: height ≤ MR rows of width ≤ 8 columns lie inside C by the second assertion and inside the
                // tile, which no one else has; the panels are there by the first assertion.
                unsafe {
                    let edge = edge.as_mut_ptr().cast::<f64>();
                    if !first {
                        copy_rows(tile, row_stride, edge, LANES, height, width);
                    }
                    micro_kernel::<S, MR, 1>(s, kc, a, b[jr * kc..].as_ptr(), edge, LANES, first);
                    copy_rows(edge, LANES, tile, row_stride, height, width);
                }
            }
        }
    }
}

/// C[MR × NV·8] = A·B over `kc` depths, in registers: the accumulators start at +0.0 or at what C holds, and each takes
/// one fused multiply-add per depth, in order.
///
/// # Safety
/// The panel contract (module documentation).
#[allow(
    clippy::needless_range_loop,
    reason = "i and v name the row and the vector of the tile on both sides"
)]
#[inline(always)]
unsafe fn micro_kernel<S: Simd, const MR: usize, const NV: usize>(
    s: S,
    kc: usize,
    a: *const f64,
    b: *const f64,
    c: *mut f64,
    row_stride: usize,
    first: bool,
) {
    let mut acc = [[s.splat(0.0); NV]; MR];
    if !first {
        for i in 0..MR {
            for v in 0..NV {
                // SAFETY: row i < MR, columns v·8..v·8 + 8 of the tile (panel contract).
                acc[i][v] = s.load(unsafe { &*c.add(i * row_stride + v * LANES).cast() });
            }
        }
    }
    for p in 0..kc {
        // SAFETY: depth p < kc of each panel (panel contract).
        let (a, b) = unsafe { (&*a.add(p * MR).cast::<[f64; MR]>(), b.add(p * LANES)) };
        for v in 0..NV {
            // SAFETY: as above; panel v starts v·kc·8 values on.
            let b = s.load(unsafe { &*b.add(v * kc * LANES).cast() });
            for i in 0..MR {
                acc[i][v] = s.mul_add(s.splat(a[i]), b, acc[i][v]);
            }
        }
    }
    for i in 0..MR {
        for v in 0..NV {
            // SAFETY: as for the load; the tile is this call's to write.
            s.store(acc[i][v], unsafe {
                &mut *c.add(i * row_stride + v * LANES).cast()
            });
        }
    }
}

/// Copies `height` rows of `width` values.
///
/// # Safety
/// Both sides hold that many rows, their strides apart, and do not overlap.
#[inline(always)]
unsafe fn copy_rows(
    from: *const f64,
    from_stride: usize,
    to: *mut f64,
    to_stride: usize,
    height: usize,
    width: usize,
) {
    for i in 0..height {
        // SAFETY: row i < height on both sides (caller).
        unsafe {
            std::ptr::copy_nonoverlapping(from.add(i * from_stride), to.add(i * to_stride), width)
        };
    }
}
