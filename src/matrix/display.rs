//! Printing.

use super::{Matrix, MatrixView};
use std::fmt;

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Matrix", self.view(), f)
    }
}

pub(super) fn debug(name: &str, view: MatrixView<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name} {:?}", view.rows().collect::<Vec<_>>())
}
