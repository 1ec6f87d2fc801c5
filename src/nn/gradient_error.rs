//! What is said when a network cannot be trained as it should.

use super::{Activation, Loss};
use crate::ShapeError;
use std::fmt;

/// A network, a loss and targets that do not go together.
///
/// ```
/// use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}};
///
/// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Identity)?])?;
/// let error = network.gradients(&Matrix::zeros(1, 4), &[2], Loss::CrossEntropy).unwrap_err();
/// assert_eq!(error.to_string(), "cross-entropy: expected softmax as the last activation, found identity");
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GradientError {
    /// The loss is computed together with another last activation.
    #[non_exhaustive]
    Loss {
        /// The loss.
        loss: Loss,
        /// The last activation.
        activation: Activation,
    },
    /// An activation without a derivative to follow: the step function.
    #[non_exhaustive]
    Activation {
        /// The layer, from 0.
        layer: usize,
        /// Its activation.
        activation: Activation,
    },
    /// Labels where the loss takes a matrix, or a matrix where it takes labels.
    #[non_exhaustive]
    Targets {
        /// The loss.
        loss: Loss,
        /// What it takes.
        expected: &'static str,
        /// What there is.
        found: &'static str,
    },
    /// A target value that is impossible for the loss.
    #[non_exhaustive]
    Target {
        /// The loss.
        loss: Loss,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value.
        found: f64,
    },
    /// Sizes that do not fit, or memory that is not there.
    Shape(ShapeError),
}

impl fmt::Display for GradientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss { loss, activation } => {
                let expected = match loss {
                    Loss::CrossEntropy => Activation::Softmax,
                    _ => Activation::Sigmoid,
                };
                write!(
                    f,
                    "{loss}: expected {expected} as the last activation, found {activation}"
                )
            }
            Self::Activation { layer, activation } => write!(
                f,
                "layer {layer}: {activation} has no derivative to train by"
            ),
            Self::Targets {
                loss,
                expected,
                found,
            } => write!(f, "{loss}, targets: expected {expected}, found {found}"),
            Self::Target {
                loss,
                row,
                column,
                found,
            } => {
                let expected = match loss {
                    Loss::BinaryCrossEntropy => "a value from 0 to 1",
                    _ => "a finite value",
                };
                write!(
                    f,
                    "{loss}, target ({row}, {column}): expected {expected}, found {found}"
                )
            }
            Self::Shape(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for GradientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Shape(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ShapeError> for GradientError {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}
