//! Packing: a block of an operand copied into the order in which the micro-kernel reads it.
//!
//! A *panel* is W neighbouring rows of the block, depth by depth: the W values of depth 0, then those of depth 1, and
//! so on, so that the micro-kernel reads one line from front to back. Rows that the block lacks are 0. For A, W is the
//! tile's number of rows; B is packed as its transpose, with W = 8, the lanes of a vector:
//!
//! ```text
//! A block (rows 0..6, W = 3)           packed
//! a00 a01 a02                          a00 a10 a20  a01 a11 a21  a02 a12 a22   panel 0
//! a10 a11 a12                          a30 a40 a50  a31 a41 a51  a32 a42 a52   panel 1
//! ...
//! ```

use super::operand::Operand;
use crate::simd::LANES;
use std::collections::TryReserveError;

/// Packs `block` into panels of `W` of its rows; `out` holds `block.rows()` rounded up to `W`, times the depth.
#[inline(always)]
pub(super) fn pack<const W: usize>(block: Operand<'_>, out: &mut [f64]) {
    let (rows, depth) = (block.rows(), block.cols());
    debug_assert_eq!(out.len(), rows.div_ceil(W) * W * depth);
    if depth == 0 {
        return;
    }
    for (index, panel) in out.chunks_exact_mut(W * depth).enumerate() {
        let row = index * W;
        let (panel, _) = panel.as_chunks_mut::<W>();
        if rows - row < W {
            pack_edge(block.block(row, 0, rows - row, depth), panel);
        } else if block.row_stride() == 1 {
            // The W values of a depth are neighbours.
            for (p, out) in panel.iter_mut().enumerate() {
                out.copy_from_slice(&block.from(row, p)[..W]);
            }
        } else if block.col_stride() == 1 {
            // The depths of a row are neighbours: W rows are read side by side.
            let rows: [&[f64]; W] = std::array::from_fn(|i| &block.from(row + i, 0)[..depth]);
            for (p, out) in panel.iter_mut().enumerate() {
                for i in 0..W {
                    out[i] = rows[i][p];
                }
            }
        } else {
            pack_edge(block.block(row, 0, W, depth), panel);
        }
    }
}

/// Packs up to `W` rows with any strides.
#[inline(never)]
fn pack_edge<const W: usize>(block: Operand<'_>, panel: &mut [[f64; W]]) {
    for (p, out) in panel.iter_mut().enumerate() {
        *out = [0.0; W];
        for (i, out) in out[..block.rows()].iter_mut().enumerate() {
            *out = block.from(i, p)[0];
        }
    }
}

/// A cache line, which is also a vector.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f64; LANES]);

/// A buffer for packed panels: aligned to 64 bytes, kept from product to product.
#[derive(Default)]
pub(super) struct Buffer(Vec<Line>);

impl Buffer {
    /// The first `len` values, whatever they hold; grows where needed.
    pub(super) fn get(&mut self, len: usize) -> Result<&mut [f64], TryReserveError> {
        let lines = len.div_ceil(LANES);
        if let Some(more) = lines.checked_sub(self.0.len()) {
            self.0.try_reserve_exact(more)?;
            self.0.resize(lines, Line([0.0; LANES]));
        }
        // SAFETY: `lines` initialised lines of eight f64 each, without padding (repr(C), 64 bytes aligned to 64), are
        // lines * 8 >= len f64; the borrow is this method's.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast::<f64>(), len) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panels written from the definition alone.
    fn expected<const W: usize>(block: Operand<'_>) -> Vec<f64> {
        let mut out = Vec::new();
        for panel in (0..block.rows()).step_by(W) {
            for p in 0..block.cols() {
                for i in panel..panel + W {
                    out.push(if i < block.rows() {
                        block.from(i, p)[0]
                    } else {
                        0.0
                    });
                }
            }
        }
        out
    }

    fn check<const W: usize>() {
        let data: Vec<f64> = (0..2000).map(f64::from).collect();
        for rows in 0..3 * W + 2 {
            for depth in [0, 1, 2, 7, 8, 9, 20] {
                let plain = Operand::row_major(&data, rows, depth, depth + 3);
                let turned = Operand::row_major(&data, depth, rows, rows + 1).transposed();
                for block in [plain, turned] {
                    let mut out = vec![f64::NAN; rows.div_ceil(W) * W * depth];
                    pack::<W>(block, &mut out);
                    assert_eq!(
                        out,
                        expected::<W>(block),
                        "{rows} rows, depth {depth}, width {W}"
                    );
                }
            }
        }
    }

    #[test]
    fn panels_are_as_drawn_for_every_width_and_order() {
        check::<1>();
        check::<3>();
        check::<6>();
        check::<8>();
    }

    #[test]
    fn buffers_are_aligned_and_kept() {
        let mut buffer = Buffer::default();
        let first = buffer.get(1000).unwrap();
        assert_eq!(first.as_ptr() as usize % 64, 0);
        assert_eq!(first.len(), 1000);
        let address = first.as_ptr();
        assert_eq!(buffer.get(3).unwrap().as_ptr(), address);
        assert_eq!(buffer.get(0).unwrap().len(), 0);
        assert!(buffer.get(usize::MAX / 16).is_err());
    }
}
