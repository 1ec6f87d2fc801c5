//! What training makes small: the loss of a batch, and its derivative by the last layer's sums.

use super::metrics::check_labels;
use super::{Activation, GradientError, Network};
use crate::vecmath::scalar::ln;
use crate::vecmath::{argmax, exp, max, sigmoid, sum};
use crate::{MatrixView, ShapeError};
use std::fmt;

/// The loss of a batch: a mean over its rows, smaller for a better network.
///
/// | | last activation | targets | loss of a row |
/// |---|---|---|---|
/// | `CrossEntropy` | softmax | a class each | -ln p, p the probability of the class |
/// | `BinaryCrossEntropy` | sigmoid | 0 or 1 each; or a matrix of values from 0 to 1 | -Σ (t ln y + (1 - t) ln (1 - y)) |
/// | `MeanSquaredError` | any but step | a matrix | Σ (y - t)² / outputs |
///
/// The first two are computed from the sums before the activation, so that no probability is too small for `f64`.
/// [`Network::gradients`] has the derivatives.
///
/// Its name, in words, is what `Display` prints.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}};
///
/// let network = Network::new(vec![Dense::new(matrix![[0.0, 0.0]], vec![0.0, 0.0], Activation::Softmax)?])?;
/// let gradients = network.gradients(&matrix![[1.0]], &[0], Loss::CrossEntropy)?;
/// assert_eq!(gradients.loss(), std::f64::consts::LN_2);
/// # Ok::<(), rowmajor::nn::GradientError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// For one class of several: -ln of the probability that softmax gives to the class of the sample.
    CrossEntropy,
    /// For outputs that are each true or false: the cross-entropy of sigmoids, summed over the outputs.
    BinaryCrossEntropy,
    /// For numbers: the mean of the squared differences from the targets.
    MeanSquaredError,
}

impl Loss {
    /// The name: `cross-entropy`, `binary cross-entropy` or `mean squared error`.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Loss::CrossEntropy.name(), "cross-entropy");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::BinaryCrossEntropy => "binary cross-entropy",
            Self::MeanSquaredError => "mean squared error",
        }
    }

    /// Whether the last activation is computed together with the loss.
    pub(super) fn is_fused(self) -> bool {
        self != Self::MeanSquaredError
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a network's outputs should be: a class for each row, or a row of values for each row.
///
/// Lists of classes and matrices become it where a function takes `impl Into<Targets>`.
///
/// ```
/// use rowmajor::{matrix, nn::Targets};
///
/// assert_eq!(Targets::from(&[3, 1, 4]).len(), 3);
/// assert_eq!(Targets::from(&matrix![[0.5], [0.25]]).len(), 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// A class for each row, from 0.
    Labels(&'a [usize]),
    /// A row of values, one for each output, for each row.
    Values(MatrixView<'a>),
}

impl<'a> Targets<'a> {
    /// For how many rows there are targets.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Targets::Labels(&[0, 1]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Values(values) => values.nrows(),
        }
    }

    /// Whether there is none.
    ///
    /// ```
    /// assert!(rowmajor::nn::Targets::Labels(&[]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of `count` rows from row `start` on, which are there.
    pub(crate) fn rows(&self, start: usize, count: usize) -> Result<Targets<'a>, ShapeError> {
        Ok(match self {
            Self::Labels(labels) => Self::Labels(&labels[start..start + count]),
            Self::Values(values) => Self::Values(values.view_rows(start..start + count)?),
        })
    }
}

impl<'a> From<&'a [usize]> for Targets<'a> {
    fn from(labels: &'a [usize]) -> Self {
        Self::Labels(labels)
    }
}

impl<'a> From<&'a Vec<usize>> for Targets<'a> {
    fn from(labels: &'a Vec<usize>) -> Self {
        Self::Labels(labels)
    }
}

impl<'a, const N: usize> From<&'a [usize; N]> for Targets<'a> {
    fn from(labels: &'a [usize; N]) -> Self {
        Self::Labels(labels)
    }
}

impl<'a> From<&'a crate::Matrix> for Targets<'a> {
    fn from(values: &'a crate::Matrix) -> Self {
        Self::Values(values.view())
    }
}

impl<'a> From<MatrixView<'a>> for Targets<'a> {
    fn from(values: MatrixView<'a>) -> Self {
        Self::Values(values)
    }
}

impl Network {
    /// The loss fits the network: its last activation, and every activation has a derivative.
    pub(crate) fn check_loss(&self, loss: Loss) -> Result<(), GradientError> {
        for (layer, dense) in self.layers().iter().enumerate() {
            let activation = dense.activation();
            if activation == Activation::Step {
                return Err(GradientError::Activation { layer, activation });
            }
            let fits = match loss {
                Loss::CrossEntropy => activation == Activation::Softmax,
                Loss::BinaryCrossEntropy => activation == Activation::Sigmoid,
                Loss::MeanSquaredError => true,
            };
            if layer + 1 == self.layers().len() && !fits {
                return Err(GradientError::Loss { loss, activation });
            }
        }
        Ok(())
    }

    /// The targets are of the kind that the loss takes, `rows` of them, and each one is possible.
    pub(crate) fn check_targets(
        &self,
        op: &'static str,
        rows: usize,
        targets: Targets<'_>,
        loss: Loss,
    ) -> Result<(), GradientError> {
        let outputs = self.outputs();
        let wrong = |expected, found| GradientError::Targets {
            loss,
            expected,
            found,
        };
        let expected = (rows, outputs);
        match (targets, loss) {
            (Targets::Values(_), Loss::CrossEntropy) => Err(wrong("labels", "a matrix")),
            (Targets::Labels(_), Loss::MeanSquaredError) => Err(wrong("a matrix", "labels")),
            (Targets::Labels(_), Loss::BinaryCrossEntropy) if outputs != 1 => {
                Err(wrong("a matrix, a column for each output", "labels"))
            }
            (Targets::Values(values), _) if values.shape() != expected => {
                Err(GradientError::Shape(ShapeError::Mismatch {
                    op,
                    lhs: expected,
                    rhs: values.shape(),
                }))
            }
            (Targets::Values(values), _) => {
                let possible = |t: &f64| match loss {
                    Loss::BinaryCrossEntropy => (0.0..=1.0).contains(t),
                    _ => t.is_finite(),
                };
                for (row, values) in values.rows().enumerate() {
                    if let Some(column) = values.iter().position(|t| !possible(t)) {
                        return Err(GradientError::Target {
                            loss,
                            row,
                            column,
                            found: values[column],
                        });
                    }
                }
                Ok(())
            }
            (Targets::Labels(labels), _) => {
                let classes = if loss == Loss::BinaryCrossEntropy {
                    2
                } else {
                    outputs
                };
                Ok(check_labels(op, (rows, classes), labels)?)
            }
        }
    }
}

/// What [`of_outputs`] found, but for the derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The sum of the rows' losses, divided by the rows of the batch.
    pub(super) loss: f64,
    /// Rows whose class was the label.
    pub(super) correct: usize,
}

/// The loss of these rows, as their part of a batch of `batch` rows; `values`, rows as long as `row`, become its
/// derivative: by the sums before the activation where the loss [is fused](Loss::is_fused) with it, otherwise by the
/// outputs. `losses` has a place for each row.
///
/// Targets are checked.
pub(super) fn of_outputs(
    loss: Loss,
    values: &mut [f64],
    targets: Targets<'_>,
    batch: usize,
    losses: &mut [f64],
    row: &mut [f64],
) -> Found {
    let n = batch as f64;
    match (loss, targets) {
        (Loss::CrossEntropy, Targets::Labels(labels)) => {
            let correct = cross_entropies(values, labels, n, losses, row.len());
            let loss = sum(losses) / n;
            Found { loss, correct }
        }
        (Loss::BinaryCrossEntropy, targets) => {
            let correct = binary_cross_entropies(values, targets, n, losses, row);
            let loss = sum(losses) / n;
            Found { loss, correct }
        }
        (Loss::MeanSquaredError, Targets::Values(targets)) => {
            let n = n * row.len() as f64;
            squared_errors(values, targets, n, losses, row);
            let loss = sum(losses) / n;
            Found { loss, correct: 0 }
        }
        // Refused by `check_targets`.
        (Loss::CrossEntropy, Targets::Values(_)) | (Loss::MeanSquaredError, Targets::Labels(_)) => {
            Found::default()
        }
    }
}

/// Rows of sums become (softmax - 1 at the label) / n; how many labels were right.
fn cross_entropies(
    values: &mut [f64],
    labels: &[usize],
    n: f64,
    losses: &mut [f64],
    outputs: usize,
) -> usize {
    let mut correct = 0;
    for ((row, &label), loss) in values
        .chunks_exact_mut(outputs)
        .zip(labels)
        .zip(&mut *losses)
    {
        correct += usize::from(argmax(row) == Some(label));
        let max = max(row);
        row.iter_mut().for_each(|x| *x -= max);
        *loss = row[label];
    }
    exp(values);
    for ((row, &label), loss) in values.chunks_exact_mut(outputs).zip(labels).zip(losses) {
        let sum = sum(row);
        *loss = ln(sum) - *loss;
        let of_label = (row[label] / sum - 1.0) / n;
        row.iter_mut().for_each(|e| *e = *e / sum / n);
        row[label] = of_label;
    }
    correct
}

/// Rows of sums become (sigmoid - target) / n; how many labels were right.
fn binary_cross_entropies(
    values: &mut [f64],
    targets: Targets<'_>,
    n: f64,
    losses: &mut [f64],
    row: &mut [f64],
) -> usize {
    let outputs = row.len();
    let label = |i: usize| match targets {
        Targets::Labels(labels) => [labels[i] as f64],
        Targets::Values(_) => [0.0],
    };
    fn of_row<'a>(targets: &'a Targets<'_>, label: &'a [f64; 1], i: usize) -> &'a [f64] {
        match targets {
            Targets::Labels(_) => label,
            Targets::Values(values) => values.row(i),
        }
    }
    let mut correct = 0;
    for (i, (values, loss)) in values.chunks_exact(outputs).zip(losses).enumerate() {
        let label = label(i);
        let targets = of_row(&targets, &label, i);
        for (power, x) in row.iter_mut().zip(values) {
            *power = -x.abs();
        }
        exp(row);
        for ((term, x), t) in row.iter_mut().zip(values).zip(targets) {
            // -t ln y - (1 - t) ln (1 - y), with y = 1 / (1 + e^-x).
            *term = (if *x > 0.0 { *x } else { 0.0 } - x * t) + ln_1p(*term);
        }
        *loss = sum(row);
    }
    sigmoid(values);
    for (i, values) in values.chunks_exact_mut(outputs).enumerate() {
        let label = label(i);
        if let Targets::Labels(_) = targets {
            correct += usize::from((values[0] > 0.5) == (label[0] > 0.5));
        }
        let targets = of_row(&targets, &label, i);
        values
            .iter_mut()
            .zip(targets)
            .for_each(|(y, t)| *y = (*y - t) / n);
    }
    correct
}

/// ln (1 + e) for e from 0 to 1, also where 1 + e rounds: the error of the sum is that of the slope (Kahan).
fn ln_1p(e: f64) -> f64 {
    let sum = 1.0 + e;
    if sum == 1.0 {
        e
    } else {
        ln(sum) * e / (sum - 1.0)
    }
}

/// Rows of outputs become 2 (output - target) / n.
fn squared_errors(
    values: &mut [f64],
    targets: MatrixView<'_>,
    n: f64,
    losses: &mut [f64],
    row: &mut [f64],
) {
    for ((values, targets), loss) in values
        .chunks_exact_mut(row.len())
        .zip(targets.rows())
        .zip(losses)
    {
        for ((y, t), square) in values.iter_mut().zip(targets).zip(&mut *row) {
            let difference = *y - t;
            *square = difference * difference;
            *y = 2.0 * difference / n;
        }
        *loss = sum(row);
    }
}
