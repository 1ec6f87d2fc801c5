//! `Matrix` and `MatrixView` from outside, the product apart: how they are made, looked at and computed with.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly"
)]

use crate::common;

mod construct;
mod elementwise;
mod look;
mod operators;
mod ranges;
mod reduce;
mod views;

use common::Random;
use rowmajor::Matrix;

/// Value (row, column) tells where it stands.
fn numbered(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |row, col| (100 * row + col) as f64)
}

/// Numbers that round, the same for the same seed.
fn random(rows: usize, cols: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::from_fn(rows, cols, |_, _| random.number())
}
