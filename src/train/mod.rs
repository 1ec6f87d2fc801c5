//! Training: optimisers, the trainer, its history.
//!
//! [`Trainer::fit`] takes batches of the data, in an order that its seed decides, and lets an optimiser change the
//! network's weights by the gradients of the loss. The same network, data, options and seed end in the same weights, bit
//! for bit, on every CPU and with any number of threads; a run that was stopped, [saved](Trainer::save) and
//! [loaded](Trainer::load) goes on to the same bits.
//!
//! ```
//! use rowmajor::nn::{Activation, Loss, Network};
//! use rowmajor::random::Rng;
//! use rowmajor::train::{Sgd, Trainer};
//! use rowmajor::{matrix, nn::Init};
//! use std::ops::ControlFlow;
//!
//! // XOR, learned.
//! let x = matrix![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
//! let labels = [0, 1, 1, 0];
//! let activations = [Activation::Tanh, Activation::Sigmoid];
//! let network = Network::init(&[2, 4, 1], &activations, Init::Glorot, &mut Rng::new(1))?;
//! let mut trainer = Trainer::new(network, Sgd::new(0.5).momentum(0.9), Loss::BinaryCrossEntropy)?;
//! trainer.fit(&x, &labels, 500, |_| ControlFlow::Continue(()))?;
//! assert_eq!(trainer.network().predict(&x)?, labels);
//! # Ok::<(), rowmajor::train::TrainError>(())
//! ```
//!
//! # The bits of a training run
//!
//! | what | order and operations |
//! | --- | --- |
//! | an epoch's order | [`Rng::permutation`](crate::random::Rng::permutation) of the rows, from the trainer's generator, at the start of each epoch; rows in their order without shuffling |
//! | a batch | the next rows in that order; the last batch has what is left |
//! | its gradients | those of [`nn`](crate::nn#the-bits-of-gradients); with [`micro_batch`](Trainer::micro_batch)`(r)` those of r rows at a time, added in order |
//! | clipping | q = the sum, as a row's, of the squares of each layer's dW, of each db, added in order; g·(clip / √q) where √q > clip |
//! | a step | the lines of [`Sgd`] and [`Adam`], g being that; the rate is the optimiser's times [`Schedule::factor`], then times (e + 1) / [`warm_up`](Trainer::warm_up) in the first epochs e |
//!
//! # Memory
//!
//! On one thread, beside the network: two values for each parameter, one more with micro-batches and one with early
//! stopping; what the optimiser keeps; the rows and activations of a batch; 1 MiB. Nothing is allocated per batch.
#![forbid(unsafe_code)]

mod epoch;
mod error;
mod fit;
mod history;
mod optimizer;
mod power;
mod schedule;
mod trainer;

pub use error::TrainError;
pub use history::{Epoch, History};
pub use optimizer::{Adam, Optimizer, Sgd};
pub use schedule::Schedule;
pub use trainer::Trainer;
pub(crate) use trainer::{Options, Progress};
