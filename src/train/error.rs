//! What is said when training cannot go on.

use crate::ShapeError;
use crate::nn::GradientError;
use std::fmt;

/// Why training did not start, or stopped.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
/// use std::ops::ControlFlow;
///
/// let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Sigmoid)?])?;
/// let mut trainer = Trainer::new(network, Sgd::new(0.1), Loss::BinaryCrossEntropy)?.batch_size(0);
/// let error = trainer.fit(&matrix![[1.0]], &[1], 10, |_| ControlFlow::Continue(())).unwrap_err();
/// assert_eq!(error.to_string(), "batch_size: expected at least 1, found 0");
/// # Ok::<(), rowmajor::train::TrainError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TrainError {
    /// A network, a loss, data and targets that do not go together; sizes that do not fit; memory that is not there.
    Gradient(GradientError),
    /// An option that cannot be.
    #[non_exhaustive]
    Option {
        /// Its name, that of the method that sets it.
        option: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The loss, a weight or what the optimiser keeps for it was no finite number any more; the weights are those of the
    /// last good epoch.
    #[non_exhaustive]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The batch in the epoch, from 1; 0 for the validation data.
        batch: usize,
        /// The loss of the batch, or of the validation data.
        loss: f64,
    },
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gradient(error) => error.fmt(f),
            Self::Option {
                option,
                expected,
                found,
            } => write!(f, "{option}: expected {expected}, found {found}"),
            Self::Diverged { epoch, batch, loss } if loss.is_finite() => write!(
                f,
                "epoch {epoch}, batch {batch}: a weight or its moment is not finite any more (the loss was {loss})"
            ),
            Self::Diverged {
                epoch,
                batch: 0,
                loss,
            } => write!(
                f,
                "epoch {epoch}: the loss of the validation data is {loss}"
            ),
            Self::Diverged { epoch, batch, loss } => {
                write!(f, "epoch {epoch}, batch {batch}: the loss is {loss}")
            }
        }
    }
}

impl std::error::Error for TrainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Gradient(error) => Some(error),
            _ => None,
        }
    }
}

impl From<GradientError> for TrainError {
    fn from(error: GradientError) -> Self {
        Self::Gradient(error)
    }
}

impl From<ShapeError> for TrainError {
    fn from(error: ShapeError) -> Self {
        Self::Gradient(error.into())
    }
}

/// An option that is out of its range.
pub(super) fn option(
    option: &'static str,
    expected: impl Into<String>,
    found: impl fmt::Debug,
) -> TrainError {
    TrainError::Option {
        option,
        expected: expected.into(),
        // Not `Display`, which writes 1e300 with all its zeros.
        found: format!("{found:?}"),
    }
}
