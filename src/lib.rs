//! A zero-dependency matrix engine for `f64`, row-major, with neural-network layers on it.
//!
//! ```
//! use rowmajor::matrix;
//!
//! let x = matrix![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
//! let y = matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [10.0, 11.0, 12.0]];
//! let z = x.matmul(&y)?; // (2×4)·(4×3) is 2×3
//! assert_eq!(z.to_string(), "[[ 70.  80.  90.]\n [158. 184. 210.]]");
//! # Ok::<(), rowmajor::ShapeError>(())
//! ```
//!
//! | module | what lives there |
//! | --- | --- |
//! | here | [`Matrix`], [`MatrixView`], [`matrix!`], [`PackedMatrix`], [`ShapeError`], [`arange`], [`linspace`]; [`set_num_threads`] |
//! | [`vecmath`] | exp, ln, tanh, sigmoid, softmax, sums and maxima on slices |
//! | [`nn`] | activations, dense layers, networks, evaluation |
//! | [`io`] | NumPy's `.npy` and `.npz`; networks as files |
//!
//! # The bits of a result
//!
//! A result depends on the operands and on nothing else: not on the CPU, its instruction set, the number of threads, a
//! block size, or the other rows of a batch. For each operation, the operations of IEEE 754 (round to nearest, ties to even) and their
//! order:
//!
//! 1. Product C = A·B: `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j], c) }` for every element; k = 0 gives +0.0.
//! 2. Dense layer: that product, then one addition of the bias, then the activation.
//! 3. exp, ln, tanh and sigmoid are this crate's own code, the same for a slice as for one number; their largest measured
//!    errors, below 0.6 ulp, stand in their documentation.
//! 4. A sum over a row: eight lanes from +0.0, value i added to lane i mod 8 in order, then
//!    `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))`. Softmax of a row: its maximum m; e = exp(x - m); the sum of
//!    the e in that order; e divided by the sum.
//! 5. So row i of `forward(batch)` is `forward(row i)`, bit for bit. NaN stands in the same places; its payload is not
//!    promised. The floating-point environment must be Rust's default one.
//!
//! A CPU without a fused multiply-add gets an exact one in software: slow, the same bits.
//!
//! # Errors and panics
//!
//! Named methods return a `Result`, its error with both shapes (or the place in the file) as fields. Operators (`+`,
//! `-`, scaling), indexing, `row` and constructors without a `Result` panic with the same text, at the caller's line.
//! There is no `*` between matrices: NumPy reads it element by element, linear algebra as the product.
//! [`matmul`](Matrix::matmul) and [`hadamard`](Matrix::hadamard) say which.
//!
//! # Environment
//!
//! `ROWMAJOR_ISA` asks for one machine: `avx512`, `avx2`, `neon` or `portable`. `ROWMAJOR_NUM_THREADS` sets how many
//! threads a product or a network may use, unless [`set_num_threads`] does; the default is what the machine has. A name
//! that this build and CPU do not have, or a number that is none, is a panic at the first use, never passed over.
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

pub use gemm::{num_threads, set_num_threads};
pub use matrix::{Batches, Matrix, MatrixView, PackedMatrix, Rows, ShapeError, arange, linspace};

/// The README's code, compiled and run with the other documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
