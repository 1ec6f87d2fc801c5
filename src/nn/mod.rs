//! Neural networks: activations, dense layers, evaluation; losses, gradients, initial weights.
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
//!
//! # The bits of gradients
//!
//! [`Network::gradients`] of n rows (of a batch of n, or of [part](Network::gradients_into) of one), z being a layer's
//! sums before the activation, y its outputs, d the derivative of the loss by these:
//!
//! | what | order and operations |
//! | --- | --- |
//! | cross-entropy of a row | `m` = its maximum; `e[j] = exp(z[j] - m)`; `s` = their sum, as a row's; `ln(s) - (z[label] - m)` |
//! | δ of the last layer | `(e[j] / s - t) / n`, t being 1 at the label and 0 elsewhere |
//! | binary cross-entropy of a row | the sum, as a row's, of `(relu(z) - z * t) + l`; `e = exp(-abs(z))`; `u = 1.0 + e`; l = e where u is 1, otherwise `ln(u) * e / (u - 1.0)` |
//! | δ of the last layer | `(sigmoid(z) - t) / n` |
//! | squared error of a row | the sum, as a row's, of `(y - t) * (y - t)`; n is then the rows times the outputs |
//! | d of the last layer | `2.0 * (y - t) / n` |
//! | loss | the sum, as a row's, of the rows' losses; divided by n |
//! | dW = Xᵀ·δ; d of the layer before = δ·Wᵀ | products as every product: one chain over the rows, over the outputs |
//! | db | `s = +0.0; for each row i { s += δ[i][j] }` |
//! | δ of sigmoid, tanh | `d * (y * (1.0 - y))`; `d * (1.0 - y * y)` |
//! | δ of relu | `if y <= 0.0 { +0.0 } else { d }` |
//! | δ of softmax | `y[j] * (d[j] - s)`, s being the sum, as a row's, of `y[j] * d[j]` |
//!
//! Gradients of parts are added value by value, in the order of the parts; so are the losses of 64 rows at a time that
//! [`Network::loss`] adds up.
#![forbid(unsafe_code)]

mod activation;
mod backward;
mod confusion;
mod dense;
mod evaluation;
mod gradient_error;
mod gradients;
mod init;
mod loss;
mod metrics;
mod network;
mod predictor;
mod run;

pub use activation::{Activation, UnknownActivation};
pub use confusion::{ClassificationReport, ConfusionMatrix, Scores};
pub use dense::Dense;
pub use evaluation::Evaluation;
pub use gradient_error::GradientError;
pub use gradients::Gradients;
pub use init::Init;
pub use loss::{Loss, Targets};
pub use metrics::{
    accuracy, binary_cross_entropy, binary_cross_entropy_from_logits, cross_entropy,
    cross_entropy_from_logits, top_k, top_k_accuracy,
};
pub use network::Network;
pub use predictor::Predictor;
