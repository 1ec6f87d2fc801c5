//! Eight short rows side by side, as vectors of which lane i belongs to row i.
//!
//! What is then done to a row are plain operations between vectors, and no lane is wasted on the end of a row; each row
//! sees the same operations in the same order as alone.

use crate::simd::{LANES, Simd};

/// The longest row of which eight go side by side.
pub(super) const SHORT: usize = 32;

/// The columns of eight rows of `cols` values.
#[inline(always)]
pub(super) fn load_columns<S: Simd>(
    s: S,
    rows: &[f64],
    cols: usize,
    columns: &mut [S::Vector; SHORT],
) {
    let mut row = [s.splat(0.0); LANES];
    for from in (0..cols).step_by(LANES) {
        let to = cols.min(from + LANES);
        for (row, values) in row.iter_mut().zip(rows.chunks_exact(cols)) {
            *row = s.load_part(&values[from..to]);
        }
        columns[from..from + LANES].copy_from_slice(&s.transpose(row));
    }
}

/// The number of each lane.
pub(super) const NUMBERS: [f64; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
