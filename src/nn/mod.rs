//! Neural-network inference: activations, dense layers, networks, and how well they do.
//!
//! A layer is `activation(x · weights + bias)`, its weights inputs × outputs as in the book; a network is a list of
//! them. Rows of x are samples, so a batch is a matrix, or a view of some of its rows. Row i of `forward(batch)` is
//! the same bits as `forward(row i)`.
//!
//! ```
//! use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
//!
//! // The three-layer network of the chapter.
//! let network = Network::new(vec![
//!     Dense::new(matrix![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], vec![0.1, 0.2, 0.3], Activation::Sigmoid)?,
//!     Dense::new(matrix![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], vec![0.1, 0.2], Activation::Sigmoid)?,
//!     Dense::new(matrix![[0.1, 0.3], [0.2, 0.4]], vec![0.1, 0.2], Activation::Identity)?,
//! ])?;
//! let y = network.forward(&Matrix::from(vec![1.0, 0.5]))?;
//! assert_eq!(format!("{y:.8}"), "[[0.31682708 0.69627909]]");
//! # Ok::<(), rowmajor::ShapeError>(())
//! ```
#![forbid(unsafe_code)]

mod activation;
mod confusion;
mod dense;
mod evaluation;
mod metrics;
mod network;
mod predictor;
mod run;

pub use activation::{Activation, UnknownActivation};
pub use confusion::{ClassificationReport, ConfusionMatrix, Scores};
pub use dense::Dense;
pub use evaluation::Evaluation;
pub use metrics::{
    accuracy, binary_cross_entropy, binary_cross_entropy_from_logits, cross_entropy,
    cross_entropy_from_logits, top_k, top_k_accuracy,
};
pub use network::Network;
pub use predictor::Predictor;
