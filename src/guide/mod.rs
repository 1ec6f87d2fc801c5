//! How to use the crate, and how it is built: pages to read.
//!
//! | page | for whom |
//! | --- | --- |
//! | [`numpy`] | who knows NumPy, or reads chapter 3 of 'Deep Learning from Scratch': each line beside this crate's |
//! | [`bring_a_network`] | who has a network in scikit-learn, PyTorch or Keras |
//! | [`tables`] | who has measurements in a CSV file |
//! | [`train`] | who trains one: classifiers, regression, checkpoints, several processes; chapters 4 to 6 of the book |
//! | [`slices`] | who has matrices in ndarray, nalgebra, or a plain `Vec` |
//! | [`accuracy`] | who asks how far a result may be off, and how that is known |
//! | [`threads`] | who runs a service, or has threads of their own |
//! | [`debug_builds`] | whose tests are slow |
//! | [`processes`] | who spreads a batch over several processes, or calls from C or Python |
//! | [`architecture`] | who changes the crate |
//!
//! Rust on these pages is compiled and run with the crate's tests, but for what needs another crate or a file of yours,
//! which was run by hand. All of them come down to a few lines like these:
//!
//! ```
//! use rowmajor::{Matrix, nn::Network};
//!
//! let network = Network::load("examples/data/digits-network.npz")?; // yours: `bring_a_network`
//! let batch = Matrix::zeros(100, network.inputs()); // or a view of what you have: `slices`
//! let classes = network.predict(&batch)?; // from any number of threads: `threads`
//! assert_eq!(classes.len(), 100);
//! # Ok::<(), rowmajor::io::Error>(())
//! ```

#[doc = include_str!("numpy.md")]
pub mod numpy {}

#[doc = include_str!("bring_a_network.md")]
pub mod bring_a_network {}

#[doc = include_str!("tables.md")]
pub mod tables {}

#[doc = include_str!("train.md")]
pub mod train {}

#[doc = include_str!("slices.md")]
pub mod slices {}

#[doc = include_str!("accuracy.md")]
pub mod accuracy {}

#[doc = include_str!("threads.md")]
pub mod threads {}

#[doc = include_str!("debug_builds.md")]
pub mod debug_builds {}

#[doc = include_str!("processes.md")]
#[doc = "```python"]
#[doc = include_str!("../../examples/c_api/shard.py")]
#[doc = "```"]
#[doc = include_str!("processes_run.md")]
pub mod processes {}

#[doc = include_str!("architecture.md")]
pub mod architecture {}
