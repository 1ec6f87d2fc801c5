//! A zero-dependency matrix engine with neural-network layers.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod gemm;
pub mod io;
mod matrix;
pub mod nn;
mod simd;
pub mod vecmath;

pub use matrix::{Batches, Matrix, MatrixView, Rows, ShapeError, arange, linspace};
