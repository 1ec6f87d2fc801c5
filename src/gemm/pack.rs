//! Packing: a block of an operand copied into the order in which the micro-kernel reads it.
//!
//! A *panel* is up to 8 neighbouring rows of A, or columns of B, depth by depth: the 8 values of depth 0, then those of
//! depth 1, and so on, a cache line each, so that the micro-kernel reads one stream from front to back. What a panel
//! lacks of 8 is 0.
//!
//! ```text
//! A block (rows 0..8)                  packed
//! a00 a01 a02 ...                      a00 a10 a20 ... a70   a01 a11 a21 ... a71   ...   panel 0
//! a10 a11 a12 ...                      a80 a90 ...                                       panel 1
//! ...
//! ```
//!
//! Panels of B follow each other without overlap. Those of A start where the tiles start: tiles of 7 and 8 rows give
//! panels of 7 and 8 rows.

use super::kernel::Split;
use super::operand::Operand;
use crate::simd::{Kernel, LANES, Simd};
use std::collections::TryReserveError;

/// Packs A: a panel for each part of its rows.
pub(super) struct PackA<'a> {
    pub(super) block: Operand<'a>,
    pub(super) tiles: Split,
    pub(super) out: &'a mut [f64],
}

impl Kernel for PackA<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { block, tiles, out } = self;
        let depth = block.cols();
        for (tile, panel) in out.chunks_exact_mut(LANES * depth).enumerate() {
            let (row, height) = (tiles.start(tile), tiles.len(tile));
            pack_panel(s, block.block(row, 0, height, depth), panel);
        }
    }
}

/// Packs B, given as its transpose: a panel for each 8 of the transpose's rows.
pub(super) struct PackB<'a> {
    pub(super) block: Operand<'a>,
    pub(super) out: &'a mut [f64],
}

/// How many panels of B are filled side by side: 8 cache lines are read one after the other from each row.
const SIDE_BY_SIDE: usize = 8;

/// How many rows of B ahead of its use a line is asked for.
const ROWS_AHEAD: usize = 16;

impl Kernel for PackB<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { block, out } = self;
        let (columns, depth) = (block.rows(), block.cols());
        if depth == 0 {
            return;
        }
        let whole = if block.row_stride() == 1 {
            columns / LANES
        } else {
            0
        };
        let (rows, rest) = out.split_at_mut(whole * LANES * depth);
        for (group, panels) in rows.chunks_mut(SIDE_BY_SIDE * LANES * depth).enumerate() {
            let column = group * SIDE_BY_SIDE * LANES;
            let count = panels.len() / (LANES * depth);
            let (panels, _) = panels.as_chunks_mut::<LANES>();
            for p in 0..depth {
                let from = block.from(column, p);
                let ahead = from.as_ptr().wrapping_add(ROWS_AHEAD * block.col_stride());
                let (from, _) = from[..count * LANES].as_chunks::<LANES>();
                for (v, from) in from.iter().enumerate() {
                    s.prefetch(ahead.wrapping_add(v * LANES));
                    s.store(s.load(from), &mut panels[v * depth + p]);
                }
            }
        }
        for (index, panel) in rest.chunks_exact_mut(LANES * depth).enumerate() {
            let column = (whole + index) * LANES;
            let width = (columns - column).min(LANES);
            pack_panel(s, block.block(column, 0, width, depth), panel);
        }
    }
}

/// Packs up to 8 rows.
#[inline(always)]
fn pack_panel<S: Simd>(s: S, rows: Operand<'_>, panel: &mut [f64]) {
    let depth = rows.cols();
    let (panel, _) = panel.as_chunks_mut::<LANES>();
    let mut done = 0;
    if rows.rows() == LANES && rows.row_stride() == 1 {
        // The 8 values of a depth are neighbours.
        for (p, line) in panel.iter_mut().enumerate() {
            if let Some(values) = rows.from(0, p).first_chunk() {
                s.store(s.load(values), line);
            }
        }
        done = depth;
    } else if rows.col_stride() == 1 {
        // The depths of a row are neighbours: squares of 8 × 8 are turned in registers. Rows that are lacking are read
        // as the first one and set to 0 after.
        let height = rows.rows();
        let from: [&[[f64; LANES]]; LANES] = std::array::from_fn(|i| {
            let i = if i < height { i } else { 0 };
            rows.from(i, 0)[..depth].as_chunks().0
        });
        let lacking = s.splat(0.0);
        let (squares, _) = panel.as_chunks_mut::<LANES>();
        for (q, square) in squares.iter_mut().enumerate() {
            let mut v = [lacking; LANES];
            for i in 0..LANES {
                if i < height {
                    v[i] = s.load(&from[i][q]);
                }
            }
            let v = s.transpose(v);
            for (v, line) in v.into_iter().zip(square) {
                s.store(v, line);
            }
        }
        done = squares.len() * LANES;
    }
    for (p, line) in panel.iter_mut().enumerate().skip(done) {
        *line = [0.0; LANES];
        for (i, value) in line[..rows.rows()].iter_mut().enumerate() {
            *value = rows.from(i, p)[0];
        }
    }
}

/// A cache line, which is also a vector.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f64; LANES]);

/// A buffer for packed panels: aligned to 64 bytes, kept from product to product.
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
    use crate::simd::Isa;

    /// Panels of the given first rows and heights, written from the definition alone.
    fn expected(block: Operand<'_>, panels: impl Iterator<Item = (usize, usize)>) -> Vec<f64> {
        let mut out = Vec::new();
        for (row, height) in panels {
            for p in 0..block.cols() {
                for i in 0..LANES {
                    let inside = i < height;
                    out.push(if inside {
                        block.from(row + i, p)[0]
                    } else {
                        0.0
                    });
                }
            }
        }
        out
    }

    /// The packed forms of A and of B on every machine.
    fn check<const W: usize>(block: Operand<'_>) {
        let (rows, depth) = (block.rows(), block.cols());
        for isa in Isa::available() {
            let tiles = Split::new(rows, W);
            let mut out = vec![f64::NAN; tiles.parts * LANES * depth];
            isa.run(PackA {
                block,
                tiles,
                out: &mut out,
            });
            let panels = (0..tiles.parts).map(|tile| (tiles.start(tile), tiles.len(tile)));
            assert_eq!(
                out,
                expected(block, panels),
                "A, {isa:?}: {rows} rows, depth {depth}"
            );

            let mut out = vec![f64::NAN; rows.div_ceil(LANES) * LANES * depth];
            isa.run(PackB {
                block,
                out: &mut out,
            });
            let panels = (0..rows)
                .step_by(LANES)
                .map(|row| (row, (rows - row).min(LANES)));
            assert_eq!(
                out,
                expected(block, panels),
                "B, {isa:?}: {rows} columns, depth {depth}"
            );
        }
    }

    #[test]
    fn panels_are_as_drawn_for_every_size_and_order() {
        let data: Vec<f64> = (0..20_000).map(f64::from).collect();
        for rows in (1..=26).chain([63, 64, 65, 128, 130]) {
            for depth in [1, 2, 7, 8, 9, 16, 20, 33] {
                let plain = Operand::row_major(&data, rows, depth, depth + 3);
                let turned = Operand::row_major(&data, depth, rows, rows + 1).transposed();
                for block in [plain, turned] {
                    check::<3>(block);
                    check::<6>(block);
                    check::<8>(block);
                }
            }
        }
    }

    #[test]
    fn buffers_are_aligned_and_kept() {
        let mut buffer = Buffer::new();
        let first = buffer.get(1000).unwrap();
        assert_eq!(first.as_ptr() as usize % 64, 0);
        assert_eq!(first.len(), 1000);
        let address = first.as_ptr();
        assert_eq!(buffer.get(3).unwrap().as_ptr(), address);
        assert_eq!(buffer.get(0).unwrap().len(), 0);
        assert!(buffer.get(usize::MAX / 16).is_err());
    }
}
