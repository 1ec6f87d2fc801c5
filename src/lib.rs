//! A zero-dependency matrix engine with neural-network layers.
#![deny(unsafe_code)]

pub mod io;
mod matrix;

pub use matrix::{Batches, Matrix, MatrixView, Rows, ShapeError, arange, linspace};
