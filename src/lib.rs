//! A row-major `f64` matrix library with neural-network layers: fast, without dependencies, bit-identical on every CPU.
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
//! | module | what it holds |
//! | --- | --- |
//! | here | [`Matrix`], [`MatrixView`], [`MatrixViewMut`], [`matrix!`], [`PackedMatrix`], [`ShapeError`], [`arange`], [`linspace`], [`dot`]; [`set_num_threads`] |
//! | [`vecmath`] | exp, ln, tanh, sigmoid, softmax, sums and maxima on slices |
//! | [`nn`] | activations, dense layers, networks, evaluation; losses, gradients, initial weights |
//! | [`train`] | optimisers, the trainer, its history, checkpoints |
//! | [`random`] | the seeded generator |
//! | [`preprocess`] | scaling, standardising, imputing, whitening; shuffling, splitting, one-hot |
//! | [`io`] | NumPy's `.npy` and `.npz`, IDX (MNIST), CSV, gzip; networks as files |
//! | [`plot`] | line charts, images and confusion matrices as SVG and as text |
//! | [`guide`] | pages: [for NumPy users](guide::numpy), [bring a network](guide::bring_a_network), [tables](guide::tables), [train](guide::train), [other crates' matrices](guide::slices), [threads](guide::threads), [processes, C, Python](guide::processes), [debug builds](guide::debug_builds), [speed](guide::speed), [accuracy](guide::accuracy), [reliability](guide::reliability), [other libraries](guide::packages), [architecture](guide::architecture) |
//!
//! # The bits of a result
//!
//! A result depends on the operands and on nothing else: not on the CPU, its instruction set, the number of threads, a
//! block size, or the other rows of a batch. For each operation, the operations of IEEE 754 (round to nearest, ties to
//! even) and their order:
//!
//! | operation | order and operations |
//! | --- | --- |
//! | product C = A·B, in every form | `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j], c) }` for every element |
//! | dense layer | that product; then `c + bias[j]`; then the activation |
//! | exp, ln, tanh, sigmoid | correctly rounded: the f64 nearest to the mathematical value, ties to even; in a slice, of one number and in a layer |
//! | relu; step | `if x <= 0.0 { +0.0 } else { x }`; `if x > 0.0 { 1.0 } else { 0.0 }` |
//! | sum of a row | `l = [+0.0; 8]; for i in 0..n { l[i % 8] += x[i] }`, then `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))` |
//! | softmax of a row | `m` = its maximum; `e[i] = exp(x[i] - m)`; `s` = the sum of `e`, as a row's; `e[i] / s` |
//! | sum of a matrix; of a column | the sum, as a row's, of the row sums; `s = +0.0; for each row i { s += x[i][j] }` |
//! | mean | the sum, divided by the number of values |
//! | [`dot`] of two rows; norm | as the sum of a row, with `l[i % 8] = fma(x[i], y[i], l[i % 8])`; the square root of the sum of each row's dot with itself |
//! | variance of a column | `m` = its mean; `d = x[i][j] - m`; `s` and `q` sum `d` and `d·d` as a column's; `(q - s·s / n) / n`, at least 0 |
//! | argmax, predicted class | the first of the largest values, or the first NaN, a softmax at the end left out; of a single output y: 1 where `y > 0.5`, otherwise 0 |
//! | element by element: `+`, `-`, scaling; `add_scaled` | one operation; a multiplication, then an addition |
//! | gradients; training | [`nn`](nn#the-bits-of-gradients); [`train`](train#the-bits-of-a-training-run) |
//!
//! These rules are enough to implement a network again in any language and get its bits; `tests/api/rule.rs` does so.
//!
//! So row i of `forward(batch)` is bit-identical to `forward(row i)`. NaN is in the same places; its payload is not
//! promised. The floating-point environment must be Rust's default one. [`vecmath`] says how exp, ln, tanh and sigmoid are
//! correctly rounded, and what that costs.
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
//! `ROWMAJOR_ISA` selects the ISA: `avx512`, `avx2`, `neon` or `portable`. `ROWMAJOR_NUM_THREADS` sets how many
//! threads a product or a network may use, unless [`set_num_threads`] does; the default is the number of cores. A name
//! that this build and CPU do not have, or what is not a number, is a panic at the first use, never ignored.
#![deny(unsafe_code)]
// The gate makes errors of these: what may panic is an operator, an index, or asserts what its callers have checked, and
// says so where it stands.
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::get_unwrap,
        clippy::string_slice,
        clippy::exit
    )
)]

mod eigh;
#[allow(
    clippy::unreachable,
    reason = "the table of micro-kernels has every size of tile"
)]
mod gemm;
pub mod guide;
pub mod io;
mod matrix;
pub mod nn;
mod parallel;
pub mod plot;
pub mod preprocess;
pub mod random;
mod simd;
pub mod train;
pub mod vecmath;

pub use eigh::{Eigh, EighError};
pub use matrix::{
    Batches, Matrix, MatrixView, MatrixViewMut, PackedMatrix, Rows, ShapeError, arange, dot,
    linspace,
};
pub use parallel::{num_threads, set_num_threads};

/// The README's code, compiled and run with the other documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
