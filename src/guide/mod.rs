//! How to use the crate, and how it is built: pages to read.
//!
//! | page | for readers who |
//! | --- | --- |
//! | [`numpy`] | know NumPy, or read chapter 3 of 'Deep Learning from Scratch': each line beside this crate's |
//! | [`bring_a_network`] | have a network in scikit-learn, PyTorch or Keras |
//! | [`tables`] | have measurements in a CSV file |
//! | [`train`] | train a network: classifiers, regression, checkpoints, several processes; chapters 4 to 6 of the book |
//! | [`slices`] | have matrices in ndarray, nalgebra, or a plain `Vec` |
//! | [`threads`] | run a service, or have threads of their own |
//! | [`processes`] | spread a batch over several processes, or call from C or Python |
//! | [`browser`] | want it in a browser: WebAssembly, its size and speed |
//! | [`debug_builds`] | find their debug builds or tests slow |
//! | [`speed`] | want figures: beside other libraries, CPU by CPU, and how to measure them again |
//! | [`accuracy`] | want to know how far a result may be off, and how that is known |
//! | [`reliability`] | rely on the same bits: the hashes, where they were compared, what else was tried |
//! | [`packages`] | compare libraries: features, packages, build time |
//! | [`architecture`] | change the crate |
//!
//! The Rust code on these pages is compiled and run with the crate's tests, except where it needs another crate or a file
//! of yours; that was run by hand. Most uses come down to a few lines like these:
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

#[doc = include_str!("threads.md")]
pub mod threads {}

#[doc = include_str!("browser.md")]
pub mod browser {}

#[doc = include_str!("debug_builds.md")]
pub mod debug_builds {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("accuracy.md")]
pub mod accuracy {}

#[doc = include_str!("reliability.md")]
pub mod reliability {}

#[doc = include_str!("packages.md")]
pub mod packages {}

#[doc = include_str!("processes.md")]
#[doc = "```python"]
#[doc = include_str!("../../examples/c_api/shard.py")]
#[doc = "```"]
#[doc = include_str!("processes_run.md")]
pub mod processes {}

#[doc = include_str!("architecture.md")]
pub mod architecture {}
