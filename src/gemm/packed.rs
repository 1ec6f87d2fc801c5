//! An operand packed once and multiplied many times.

use super::operand::{Operand, Panels};
use super::pack::pack_b;
use super::tile_of;
use crate::simd::Isa;
use crate::simd::memory::Buffer;
use std::collections::TryReserveError;
use std::fmt;

/// A whole matrix in the panels of the ISA in use.
#[derive(Clone)]
pub(crate) struct PackedPanels {
    // Invariant: ceil(cols / nr) panels of rows·nr values.
    buffer: Buffer,
    rows: usize,
    cols: usize,
    nr: usize,
}

impl PackedPanels {
    /// # Errors
    /// Where their allocation fails.
    pub(crate) fn new(b: Operand<'_>) -> Result<Self, TryReserveError> {
        Self::for_isa(Isa::current(), b)
    }

    pub(super) fn for_isa(isa: Isa, block: Operand<'_>) -> Result<Self, TryReserveError> {
        let (rows, cols, nr) = (block.rows(), block.cols(), tile_of(isa).nr());
        let mut buffer = Buffer::new();
        let out = buffer.get(Panels::len(rows, cols, nr))?;
        pack_b(isa, block, nr.saturating_mul(rows), out);
        Ok(Self {
            buffer,
            rows,
            cols,
            nr,
        })
    }

    pub(crate) fn panels(&self) -> Panels<'_> {
        let panel = self.nr.saturating_mul(self.rows);
        let shape = (self.rows, self.cols);
        Panels::new(self.buffer.values(), shape, self.nr, panel)
    }
}

impl fmt::Debug for PackedPanels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackedPanels({}x{})", self.rows, self.cols)
    }
}
