//! Data made ready for a network: missing values filled in, scaled, standardised, whitened; split, one-hot.
//!
//! A step is fitted on one matrix, rows being samples, and applied to others: fit on the training data, then transform
//! training and test data alike. A list is one row here, too, and so one sample: of a single column,
//! [`view_cols`](crate::Matrix::view_cols) is to be fitted, not [`col`](crate::Matrix::col).
//!
//! | step | what it does to a column | constant column |
//! | --- | --- | --- |
//! | [`Impute`] | fills missing values (NaN) with its mean, its median or a constant | as others |
//! | [`MinMax`] (normalisation) | moves it into a range, 0 to 1 by default | becomes the range's lower end |
//! | [`Standardize`] | mean 0, standard deviation 1 | becomes 0 |
//! | [`Whiten`] | mean 0, deviation 1, and no correlation with the others: PCA or ZCA | is left out, or becomes 0 |
//!
//! A [`Pipeline`] is a list of fitted steps; it is written into the same `.npz` as the network that it feeds.
//!
//! ```
//! use rowmajor::{matrix, preprocess::{Pipeline, Standardize, Whitening}};
//!
//! let train = matrix![[1.0, 10.0], [2.0, 30.0], [3.0, 20.0], [4.0, 40.0]];
//! let standardize = Standardize::fit(&train)?;
//! let whiten = Whitening::pca().fit(&standardize.transform(&train)?)?;
//! let pipeline = Pipeline::new(vec![standardize.into(), whiten.into()])?;
//!
//! let test = matrix![[2.5, 25.0]]; // the mean of the training data
//! assert_eq!(pipeline.transform(&test)?, matrix![[0.0, 0.0]]);
//! # Ok::<(), rowmajor::preprocess::Error>(())
//! ```
//!
//! Fitting refuses infinities, and but for [`Impute`] NaN, with an [`Error`] that says where; transforming lets them through, as arithmetic
//! does. Row i of a transformed matrix depends on row i only. Every result is bit-identical on every CPU.
#![forbid(unsafe_code)]

mod columns;
mod error;
mod impute;
mod min_max;
mod one_hot;
mod pipeline;
mod split;
mod standardize;
mod whiten;

pub use columns::covariance;
pub use error::Error;
pub use impute::{Impute, drop_missing};
pub use min_max::MinMax;
pub use one_hot::one_hot;
pub use pipeline::{Pipeline, Step};
pub use split::{Split, stratified_split, train_test_split};
pub use standardize::Standardize;
pub use whiten::{Whiten, Whitening, WhiteningKind};
