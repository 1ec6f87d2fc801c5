//! What is said when sizes do not fit.

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
/// assert_eq!(error.to_string(), "matmul: cannot multiply 100x784 by 50x784: inner sizes 784 and 50 differ");
/// assert!(matches!(error, ShapeError::Product { lhs: (100, 784), rhs: (50, 784), .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The inner sizes of a product differ.
    Product {
        /// The operation.
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
        /// The operation.
        op: &'static str,
        /// Rows and columns of the left operand.
        lhs: (usize, usize),
        /// Rows and columns of the right operand (a row of values is 1×n).
        rhs: (usize, usize),
    },
    /// The output that was handed in has another shape than the result.
    Output {
        /// The operation.
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
        /// The operation.
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
        /// The operation.
        op: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// An index, or the end of a range, lies outside.
    OutOfRange {
        /// The operation.
        op: &'static str,
        /// The index, or the end of the range.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A class label is not below the number of classes.
    Label {
        /// The operation.
        op: &'static str,
        /// Where the label stands in its list.
        row: usize,
        /// The label.
        label: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// The operation needs at least one element (or layer) and there is none.
    Empty {
        /// The operation.
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
    /// Allocating a matrix of this shape fails.
    OutOfMemory {
        /// Rows and columns of the matrix.
        shape: (usize, usize),
    },
}

/// `Display` of an error: a format string for each kind, of its fields.
macro_rules! messages {
    ($error:ident, $($kind:pat => $($message:expr),+;)+) => {
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use $error::*;
                match self { $($kind => write!(f, $($message),+),)+ }
            }
        }
    };
}
pub(crate) use messages;

messages! { ShapeError,
    Product { op, lhs: (m, k), rhs: (depth, n), inner: (left, right) } =>
        "{op}: cannot multiply {m}x{k} by {depth}x{n}: inner sizes {left} and {right} differ";
    Mismatch { op, lhs: (m, n), rhs: (k, l) } => "{op}: shapes {m}x{n} and {k}x{l} do not match";
    Output { op, expected: (m, n), found: (k, l) } => "{op}: the result is {m}x{n}, the output {k}x{l}";
    Layers { layer, lhs: (m, n), rhs: (k, l) } =>
        "network: layer {layer} is {m}x{n} and layer {} is {k}x{l}: {n} outputs do not feed {k} inputs", layer + 1;
    Data { op, shape: (m, n), expected, found } => "{op}: {m}x{n} needs {expected} values, found {found}";
    Ragged { row, expected, found } => "row {row} has {found} values, row 0 has {expected}";
    Length { op, expected, found } => "{op}: expected {expected} values, found {found}";
    OutOfRange { op, index, len } => "{op}: {index} is out of range for {len}";
    Label { op, row, label, classes } => "{op}: label {label} in row {row} is out of range for {classes} classes, from 0";
    Empty { op, shape: (m, n) } => "{op}: {m}x{n} is empty";
    SingleOutput { op, activation: Some(activation) } =>
        "{op}: a single {activation} output tells no class: expected sigmoid or step, or an output for each class";
    SingleOutput { op, activation: None } =>
        "{op}: expected a column for each class, found a single one (the probability of class 1?)";
    NotProbability { op, row, col } => "{op}: the value in row {row}, column {col} is no probability: expected 0 to 1";
    TooLarge { shape: (m, n) } => "a {m}x{n} matrix does not fit the address space";
    OutOfMemory { shape: (m, n) } => "no memory for a {m}x{n} matrix";
}

impl std::error::Error for ShapeError {}

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
