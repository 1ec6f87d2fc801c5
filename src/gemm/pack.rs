//! Packing: a block of an operand copied into the order in which the micro-kernel reads it.
//!
//! ```text
//! B, rows p of a block of depths            packed: a panel for each NR columns, the last one filled up with +0.0
//! b00 b01 ... b0N                           b00 .. b07  b10 .. b17  b20 ...      panel 0, depth by depth
//! b10 b11 ... b1N                           b08 .. b0f  b18 .. b1f  ...          panel 1
//!
//! A, rows of a block of depths              packed: the same rows, `row_stride` apart, without a common cache set
//! ```
//!
//! B is read row by row, all of a row at a time, and the rows that come next are prefetched: 1.7 cycles a value where reading
//! panel by panel takes 4.7 (512×512 out of L3; Zen 3). A is packed where its rows are not contiguous; rows that are can be
//! packed, too, but no plan does so any more.

use super::operand::Operand;
use crate::simd::{Kernel, LANES, Simd};
use std::collections::TryReserveError;

/// Rows ahead of which B and A are prefetched.
const PREFETCH_ROWS: usize = 2;

/// Packs B: panels of `nr` columns, a multiple of 8.
pub(super) struct PackB<'a> {
    pub(super) block: Operand<'a>,
    pub(super) nr: usize,
    /// As long as all panels.
    pub(super) out: &'a mut [f64],
}

impl Kernel for PackB<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { block, nr, out } = self;
        let (kc, nc) = (block.rows(), block.cols());
        if kc == 0 || nc == 0 {
            return;
        }
        if block.col_stride() == 1 {
            for p in 0..kc {
                let row = &block.from(p, 0)[..nc];
                let next = row
                    .as_ptr()
                    .wrapping_add(PREFETCH_ROWS * block.row_stride());
                let panels = out.chunks_exact_mut(kc * nr);
                for (j, (values, panel)) in row.chunks(nr).zip(panels).enumerate() {
                    let to = &mut panel[p * nr..][..nr];
                    for q in 0..nr / LANES {
                        s.prefetch(next.wrapping_add(j * nr + q * LANES));
                    }
                    if values.len() == nr {
                        let (values, to) = (values.as_chunks().0, to.as_chunks_mut().0);
                        for (values, to) in values.iter().zip(to) {
                            s.store(s.load(values), to);
                        }
                    } else {
                        to[..values.len()].copy_from_slice(values);
                        to[values.len()..].fill(0.0);
                    }
                }
            }
            return;
        }
        // Columns are contiguous: each 8 of a panel are transposed.
        for (j, panel) in out.chunks_exact_mut(kc * nr).enumerate() {
            for q in (0..nr).step_by(LANES) {
                let column = j * nr + q;
                let width = nc.saturating_sub(column).min(LANES);
                let columns = block.block(0, column.min(nc), kc, width).transposed();
                transpose(s, columns, &mut panel[q..], nr);
            }
        }
    }
}

/// Packs A: its rows, `row_stride` apart, which is at least a whole number of vectors as long as they are.
pub(super) struct PackA<'a> {
    pub(super) block: Operand<'a>,
    pub(super) row_stride: usize,
    pub(super) out: &'a mut [f64],
}

impl Kernel for PackA<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self {
            block,
            row_stride,
            out,
        } = self;
        let (mc, kc) = (block.rows(), block.cols());
        if mc == 0 || kc == 0 {
            return;
        }
        if block.col_stride() == 1 {
            for (i, out) in out.chunks_mut(row_stride).take(mc).enumerate() {
                let row = &block.from(i, 0)[..kc];
                let next = row
                    .as_ptr()
                    .wrapping_add(PREFETCH_ROWS * block.row_stride());
                let ((values, rest), (to, _)) = (row.as_chunks::<LANES>(), out.as_chunks_mut());
                for (q, (values, to)) in values.iter().zip(&mut *to).enumerate() {
                    s.prefetch(next.wrapping_add(q * LANES));
                    s.store(s.load(values), to);
                }
                out[kc - rest.len()..][..rest.len()].copy_from_slice(rest);
            }
            return;
        }
        // Depths are contiguous.
        for p in (0..kc).step_by(LANES) {
            let depth = (kc - p).min(LANES);
            let depths = block.block(0, p, mc, depth).transposed();
            transpose(s, depths, &mut out[p..], row_stride);
        }
    }
}

/// Writes the transpose of up to 8 contiguous rows: column p to 8 values at `out[p * stride]`, +0.0 where rows are lacking.
#[inline(always)]
fn transpose<S: Simd>(s: S, rows: Operand<'_>, out: &mut [f64], stride: usize) {
    let (height, len) = (rows.rows(), rows.cols());
    if height == 0 {
        for p in 0..len {
            out[p * stride..][..LANES].fill(0.0);
        }
        return;
    }
    // Rows that are lacking are read as the first one and set to 0 after.
    let from: [&[f64]; LANES] = std::array::from_fn(|i| {
        let i = if i < height { i } else { 0 };
        &rows.from(i, 0)[..len]
    });
    let whole = len / LANES * LANES;
    for p in (0..whole).step_by(LANES) {
        let mut v = [s.splat(0.0); LANES];
        for i in 0..LANES {
            if i < height
                && let Some(values) = from[i][p..].first_chunk()
            {
                v[i] = s.load(values);
            }
        }
        let v = s.transpose(v);
        for (q, v) in v.into_iter().enumerate() {
            if let Some(to) = out[(p + q) * stride..].first_chunk_mut() {
                s.store(v, to);
            }
        }
    }
    for p in whole..len {
        let to = &mut out[p * stride..][..LANES];
        for (i, to) in to.iter_mut().enumerate() {
            *to = if i < height { from[i][p] } else { 0.0 };
        }
    }
}

/// A cache line, which is also a vector.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f64; LANES]);

/// A buffer for packed blocks: aligned to 64 bytes, kept from product to product.
#[derive(Clone)]
pub(super) struct Buffer(Vec<Line>);

impl Buffer {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Everything that the buffer holds.
    pub(super) fn values(&self) -> &[f64] {
        // SAFETY: initialised lines of eight f64 each, without padding (repr(C), 64 bytes aligned to 64).
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast::<f64>(), self.0.len() * LANES) }
    }

    /// Everything that the buffer holds, to be changed.
    pub(super) fn values_mut(&mut self) -> &mut [f64] {
        let len = self.0.len() * LANES;
        // SAFETY: as above; the borrow is this method's.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast::<f64>(), len) }
    }

    /// The first `len` values, whatever they hold; grows where needed.
    pub(super) fn get(&mut self, len: usize) -> Result<&mut [f64], TryReserveError> {
        let lines = len.div_ceil(LANES);
        if let Some(more) = lines.checked_sub(self.0.len()) {
            self.0.try_reserve_exact(more)?;
            self.0.resize(lines, Line([0.0; LANES]));
        }
        Ok(&mut self.values_mut()[..len])
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}
