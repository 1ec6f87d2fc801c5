//! What is said when data cannot be fitted.

use crate::{EighError, ShapeError};
use std::fmt;

/// Data, or a parameter, with which a step cannot be fitted.
///
/// ```
/// use rowmajor::{matrix, preprocess::Standardize};
///
/// let error = Standardize::fit(&matrix![[1.0, 2.0], [3.0, f64::NAN]]).unwrap_err();
/// assert_eq!(error.to_string(), "standardize: (1, 1) is NaN, not a finite number");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A value is NaN or infinite.
    NotFinite {
        /// The step.
        op: &'static str,
        /// Row and column of the first such value.
        at: (usize, usize),
        /// The value.
        value: f64,
    },
    /// A column has missing values only.
    NoValue {
        /// The step.
        op: &'static str,
        /// The column.
        column: usize,
    },
    /// A column is so wide that its range, mean or variance is beyond the range of `f64`.
    TooWide {
        /// The step.
        op: &'static str,
        /// The column.
        column: usize,
    },
    /// There are fewer rows than the step needs.
    TooFewRows {
        /// The step.
        op: &'static str,
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// No column varies: there is no direction to whiten.
    Constant {
        /// The step.
        op: &'static str,
    },
    /// A parameter is not what it must be.
    Parameter {
        /// The step.
        op: &'static str,
        /// What it must be.
        expected: &'static str,
        /// The parameter.
        found: String,
    },
    /// The covariance has no eigenvectors.
    Eigh(EighError),
    /// Sizes that do not fit, no data, or no memory.
    Shape(ShapeError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite {
                op,
                at: (row, col),
                value,
            } => write!(f, "{op}: ({row}, {col}) is {value:?}, not a finite number"),
            Self::NoValue { op, column } => {
                write!(f, "{op}: column {column} has missing values only")
            }
            Self::TooWide { op, column } => {
                write!(f, "{op}: column {column} spreads beyond the range of f64")
            }
            Self::TooFewRows { op, needed, found } => {
                write!(f, "{op}: needs {needed} rows or more, found {found}")
            }
            Self::Constant { op } => write!(f, "{op}: no column varies"),
            Self::Parameter {
                op,
                expected,
                found,
            } => write!(f, "{op}: expected {expected}, found {found}"),
            Self::Eigh(error) => error.fmt(f),
            Self::Shape(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Eigh(error) => Some(error),
            Self::Shape(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

impl From<EighError> for Error {
    fn from(error: EighError) -> Self {
        Self::Eigh(error)
    }
}
