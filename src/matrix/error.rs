//! What is said when sizes do not fit.

use std::fmt;

/// Sizes that do not fit, with every size that took part as a field.
///
/// Named methods return it; operators and indexing panic with the same text.
///
/// ```
/// use rowmajor::{Matrix, ShapeError};
///
/// let images = Matrix::zeros(100, 784);
/// let weights = Matrix::zeros(50, 784);
/// let error = images.matmul(&weights).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "matmul: cannot multiply 100x784 by 50x784: inner sizes 784 and 50 differ",
/// );
/// assert!(matches!(error, ShapeError::Product { lhs: (100, 784), rhs: (50, 784), .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The inner sizes of a product differ.
    Product {
        /// The operation that was asked for.
        op: &'static str,
        /// Rows and columns of the left operand, as given (not transposed).
        lhs: (usize, usize),
        /// Rows and columns of the right operand, as given (not transposed).
        rhs: (usize, usize),
        /// The two sizes that ought to be equal.
        inner: (usize, usize),
    },
    /// Two operands that must have matching shapes do not.
    Mismatch {
        /// The operation that was asked for.
        op: &'static str,
        /// Rows and columns of the left operand.
        lhs: (usize, usize),
        /// Rows and columns of the right operand (a row of values is 1×n).
        rhs: (usize, usize),
    },
    /// The output that was handed in has another shape than the result.
    Output {
        /// The operation that was asked for.
        op: &'static str,
        /// Rows and columns of the result.
        expected: (usize, usize),
        /// Rows and columns of the output that was handed in.
        found: (usize, usize),
    },
    /// Two neighbouring layers of a network do not fit.
    Layers {
        /// The index of the first of the two, from 0.
        layer: usize,
        /// Inputs and outputs of the first of the two.
        lhs: (usize, usize),
        /// Inputs and outputs of the second.
        rhs: (usize, usize),
    },
    /// A buffer's length is not that of the matrix it should hold.
    Data {
        /// The operation that was asked for.
        op: &'static str,
        /// Rows and columns of the matrix.
        shape: (usize, usize),
        /// How many values the buffer must hold.
        expected: usize,
        /// How many values it holds.
        found: usize,
    },
    /// The rows of a nested list have different lengths.
    Ragged {
        /// The index of the first row that differs from row 0.
        row: usize,
        /// The length of row 0.
        expected: usize,
        /// The length of that row.
        found: usize,
    },
    /// A list has another length than what it belongs to.
    Length {
        /// The operation that was asked for.
        op: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// An index, or the end of a range, lies outside.
    OutOfRange {
        /// The operation that was asked for.
        op: &'static str,
        /// The index, or the end of the range.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// The operation needs at least one element (or layer) and there is none.
    Empty {
        /// The operation that was asked for.
        op: &'static str,
        /// Rows and columns of what was given.
        shape: (usize, usize),
    },
    /// One output, or one column of outputs, where each class needs its own.
    SingleOutput {
        /// The operation.
        op: &'static str,
        /// The name of the network's last activation, where a network's classes are wanted: a single output tells two
        /// classes apart behind sigmoid and step only.
        activation: Option<&'static str>,
    },
    /// A value that stands for a probability is below 0 or above 1.
    NotProbability {
        /// The operation.
        op: &'static str,
        /// The row of the value.
        row: usize,
        /// The column of the value.
        col: usize,
    },
    /// The byte size of a matrix of this shape does not fit the address space.
    TooLarge {
        /// Rows and columns of the matrix.
        shape: (usize, usize),
    },
    /// The memory for a matrix of this shape cannot be had.
    OutOfMemory {
        /// Rows and columns of the matrix.
        shape: (usize, usize),
    },
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product {
                op,
                lhs,
                rhs,
                inner,
            } => write!(
                f,
                "{op}: cannot multiply {} by {}: inner sizes {} and {} differ",
                Size(lhs),
                Size(rhs),
                inner.0,
                inner.1
            ),
            Self::Mismatch { op, lhs, rhs } => {
                write!(
                    f,
                    "{op}: shapes {} and {} do not match",
                    Size(lhs),
                    Size(rhs)
                )
            }
            Self::Output {
                op,
                expected,
                found,
            } => {
                write!(
                    f,
                    "{op}: the result is {}, the output {}",
                    Size(expected),
                    Size(found)
                )
            }
            Self::Layers { layer, lhs, rhs } => write!(
                f,
                "network: layer {layer} is {} and layer {} is {}: {} outputs do not feed {} inputs",
                Size(lhs),
                layer + 1,
                Size(rhs),
                lhs.1,
                rhs.0
            ),
            Self::Data {
                op,
                shape,
                expected,
                found,
            } => {
                write!(
                    f,
                    "{op}: {} needs {expected} values, found {found}",
                    Size(shape)
                )
            }
            Self::Ragged {
                row,
                expected,
                found,
            } => {
                write!(f, "row {row} has {found} values, row 0 has {expected}")
            }
            Self::Length {
                op,
                expected,
                found,
            } => {
                write!(f, "{op}: expected {expected} values, found {found}")
            }
            Self::OutOfRange { op, index, len } => {
                write!(f, "{op}: {index} is out of range for {len}")
            }
            Self::Empty { op, shape } => write!(f, "{op}: {} is empty", Size(shape)),
            Self::SingleOutput {
                op,
                activation: Some(activation),
            } => write!(
                f,
                "{op}: a single {activation} output tells no class: expected sigmoid or step, or an output for each class"
            ),
            Self::SingleOutput {
                op,
                activation: None,
            } => write!(
                f,
                "{op}: expected a column for each class, found a single one (the probability of class 1?)"
            ),
            Self::NotProbability { op, row, col } => write!(
                f,
                "{op}: the value in row {row}, column {col} is no probability: expected 0 to 1"
            ),
            Self::TooLarge { shape } => {
                write!(f, "a {} matrix does not fit the address space", Size(shape))
            }
            Self::OutOfMemory { shape } => write!(f, "no memory for a {} matrix", Size(shape)),
        }
    }
}

impl std::error::Error for ShapeError {}

/// Rows and columns as `2x3`.
struct Size<'a>(&'a (usize, usize));

impl fmt::Display for Size<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.0.0, self.0.1)
    }
}

/// The one place where an error value becomes a panic: operators, indexing and constructors without a `Result`.
#[allow(
    clippy::panic,
    reason = "the documented panic of operators, indexing and infallible constructors"
)]
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn fail(error: &ShapeError) -> ! {
    panic!("{error}")
}

/// The value, or the panic at the caller's line. Not `unwrap_or_else`: the panic would name the closure's line.
#[track_caller]
pub(crate) fn or_fail<T>(result: Result<T, ShapeError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(&error),
    }
}
