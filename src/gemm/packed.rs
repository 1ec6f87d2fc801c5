//! An operand packed once and multiplied many times.

use super::operand::{Operand, Panels};
use super::pack::{Buffer, PackB};
use crate::simd::dispatch;
use std::collections::TryReserveError;
use std::fmt;

/// A whole matrix in panels of 8 columns, the same on every machine.
#[derive(Clone)]
pub(crate) struct PackedPanels {
    // Invariant: ceil(cols / 8) panels of rows·8 values, and no value more.
    buffer: Buffer,
    rows: usize,
    cols: usize,
}

impl PackedPanels {
    /// # Errors
    /// Where the memory for the panels cannot be had.
    pub(crate) fn new(b: Operand<'_>) -> Result<Self, TryReserveError> {
        let (rows, cols) = (b.rows(), b.cols());
        let mut buffer = Buffer::new();
        dispatch(PackB {
            block: b.transposed(),
            out: buffer.get(Panels::len(rows, cols))?,
        });
        Ok(Self { buffer, rows, cols })
    }

    pub(crate) fn panels(&self) -> Panels<'_> {
        Panels::new(self.buffer.values(), self.rows, self.cols)
    }
}

impl fmt::Debug for PackedPanels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackedPanels({}x{})", self.rows, self.cols)
    }
}
