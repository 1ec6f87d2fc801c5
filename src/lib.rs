//! A zero-dependency matrix engine with neural-network layers.
#![deny(unsafe_code)]

mod gemm;
mod matrix;
pub mod nn;
mod simd;
pub mod vecmath;

pub use matrix::{Batches, Matrix, MatrixView, Rows, ShapeError, arange, linspace};
