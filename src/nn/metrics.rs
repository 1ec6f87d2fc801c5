//! How well predictions agree with the true classes, in one number.

use crate::matrix::{sort_indices, try_collect, try_vec, try_with_capacity};
use crate::vecmath::{exp, ln, max, sum};
use crate::{MatrixView, ShapeError};
use std::cmp::Ordering;

/// The share of predictions that are right, between 0 and 1; NaN where there is none.
///
/// # Errors
/// [`ShapeError::Length`] where the lists have different lengths.
///
/// ```
/// assert_eq!(rowmajor::nn::accuracy(&[7, 2, 1, 0], &[7, 2, 1, 4])?, 0.75);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn accuracy(labels: &[usize], predicted: &[usize]) -> Result<f64, ShapeError> {
    check_length("accuracy", labels.len(), predicted.len())?;
    let right = labels
        .iter()
        .zip(predicted)
        .filter(|(label, class)| label == class)
        .count();
    Ok(right as f64 / labels.len() as f64)
}

/// A list has the length of what it belongs to.
pub(super) fn check_length(
    op: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), ShapeError> {
    if found != expected {
        return Err(ShapeError::Length {
            op,
            expected,
            found,
        });
    }
    Ok(())
}

/// The columns of the k largest values, largest first: the k best classes of a row of outputs. All of them where k is
/// more than there are.
///
/// Of equal values the first comes first; NaN counts as the largest, as in [`argmax`](crate::vecmath::argmax).
///
/// ```
/// use rowmajor::nn::top_k;
///
/// assert_eq!(top_k(&[0.1, 0.5, 0.1, 0.3], 3), [1, 3, 0]);
/// ```
pub fn top_k(row: &[f64], k: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..row.len()).collect();
    sort_indices(&mut places, &|i, j| larger_first(row[i], row[j]));
    places.truncate(k);
    places
}

/// The share of rows whose label is among the k best classes ([`top_k`]), between 0 and 1; NaN where there is no row.
///
/// # Errors
/// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::Label`] where a label has no
/// column, [`ShapeError::SingleOutput`] where there is one column, among whose one class every label would be.
///
/// ```
/// use rowmajor::{matrix, nn::top_k_accuracy};
///
/// let outputs = matrix![[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]];
/// assert_eq!(top_k_accuracy(&outputs, &[2, 2], 2)?, 0.5);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn top_k_accuracy<'y>(
    outputs: impl Into<MatrixView<'y>>,
    labels: &[usize],
    k: usize,
) -> Result<f64, ShapeError> {
    let outputs = outputs.into();
    check_columns("top_k_accuracy", outputs, labels)?;
    let found = outputs.rows().zip(labels).filter(|&(row, &label)| {
        let before = |(column, &x): (usize, &f64)| {
            let order = larger_first(x, row[label]).then(column.cmp(&label));
            order == Ordering::Less
        };
        row.iter()
            .enumerate()
            .filter(|&place| before(place))
            .count()
            < k
    });
    Ok(found.count() as f64 / labels.len() as f64)
}

/// The mean cross-entropy of probabilities, one row for each sample: of −ln(p), p being the probability of the sample's
/// label, or 2^-52 where that is more. NaN where there is no row.
///
/// The bound keeps a probability of 0 from costing infinity; scikit-learn's `log_loss` has the same.
/// [`cross_entropy_from_logits`] needs none.
///
/// # Errors
/// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::Label`] where a label has no
/// column, [`ShapeError::SingleOutput`] where there is one column ([`binary_cross_entropy`] takes it),
/// [`ShapeError::NotProbability`] where a label's value is not between 0 and 1 and not NaN, [`ShapeError::OutOfMemory`].
///
/// ```
/// use rowmajor::{matrix, nn::cross_entropy};
///
/// let loss = cross_entropy(&matrix![[0.25, 0.75], [0.5, 0.5]], &[1, 0])?;
/// assert!((loss - 0.4904146265058631).abs() < 1e-15);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "log_loss")]
pub fn cross_entropy<'y>(
    probabilities: impl Into<MatrixView<'y>>,
    labels: &[usize],
) -> Result<f64, ShapeError> {
    let probabilities = probabilities.into();
    check_columns("cross_entropy", probabilities, labels)?;
    let rows = probabilities.rows().zip(labels).enumerate();
    mean_loss(rows.map(|(row, (values, &label))| {
        check_probability("cross_entropy", row, label, values[label])
    }))
}

/// The mean cross-entropy of probabilities of class 1, one column, as a network that ends in a single sigmoid gives
/// them: of −ln(p) where the label is 1, and −ln(1 − p) where it is 0; p and 1 − p count as 2^-52 where they are less.
/// NaN where there is no row.
///
/// [`binary_cross_entropy_from_logits`] needs no bound.
///
/// # Errors
/// [`ShapeError::Mismatch`] where there is not one column, [`ShapeError::Length`] where there is not one label for each
/// row, [`ShapeError::Label`] where a label is neither 0 nor 1, [`ShapeError::NotProbability`] where a value is not
/// between 0 and 1 and not NaN, [`ShapeError::OutOfMemory`].
///
/// ```
/// use rowmajor::{matrix, nn::binary_cross_entropy};
///
/// let loss = binary_cross_entropy(&matrix![[0.75], [0.5]], &[1, 0])?;
/// assert!((loss - 0.4904146265058631).abs() < 1e-15);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "log_loss")]
pub fn binary_cross_entropy<'y>(
    probabilities: impl Into<MatrixView<'y>>,
    labels: &[usize],
) -> Result<f64, ShapeError> {
    let (op, probabilities) = ("binary_cross_entropy", probabilities.into());
    check_column(op, probabilities, labels)?;
    let rows = probabilities.rows().zip(labels).enumerate();
    mean_loss(rows.map(|(row, (value, &label))| {
        let p = check_probability(op, row, 0, value[0])?;
        Ok(if label == 1 { p } else { 1.0 - p })
    }))
}

/// The mean of −ln(p) over the probabilities of the true classes; p counts as 2^-52 where it is less.
fn mean_loss(
    probabilities: impl ExactSizeIterator<Item = Result<f64, ShapeError>>,
) -> Result<f64, ShapeError> {
    let rows = probabilities.len();
    let mut logarithms = try_with_capacity(1, rows)?;
    for p in probabilities {
        let p = p?;
        logarithms.push(if p < f64::EPSILON { f64::EPSILON } else { p });
    }
    ln(&mut logarithms);
    Ok(-sum(&logarithms) / rows as f64)
}

/// Logits and percentages are no probabilities; their losses would be wrong without a word.
/// NaN passes: the loss is then NaN.
fn check_probability(op: &'static str, row: usize, col: usize, p: f64) -> Result<f64, ShapeError> {
    if !p.is_nan() && !(0.0..=1.0).contains(&p) {
        return Err(ShapeError::NotProbability { op, row, col });
    }
    Ok(p)
}

/// The mean cross-entropy of the softmax of logits, one row for each sample, computed from the logits x themselves: of
/// ln(Σ exp(x − m)) − (x of the label − m), m being the row's maximum. Right also where the probability is too small for
/// `f64`. NaN where there is no row.
///
/// # Errors
/// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::Label`] where a label has no
/// column, [`ShapeError::SingleOutput`] where there is one column ([`binary_cross_entropy_from_logits`] takes it),
/// [`ShapeError::OutOfMemory`].
///
/// ```
/// use rowmajor::{matrix, nn::cross_entropy_from_logits};
///
/// assert_eq!(cross_entropy_from_logits(&matrix![[0.0, -1000.0]], &[1])?, 1000.0);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn cross_entropy_from_logits<'y>(
    logits: impl Into<MatrixView<'y>>,
    labels: &[usize],
) -> Result<f64, ShapeError> {
    let logits = logits.into();
    check_columns("cross_entropy_from_logits", logits, labels)?;
    let losses = losses(logits, labels)?;
    Ok(sum(&losses) / labels.len() as f64)
}

/// The cross-entropy of each row; labels are checked.
pub(super) fn losses(logits: MatrixView<'_>, labels: &[usize]) -> Result<Vec<f64>, ShapeError> {
    let mut powers = try_vec(logits.ncols(), 0.0)?;
    let mut sums = try_with_capacity(1, labels.len())?;
    let mut of_labels = try_with_capacity(1, labels.len())?;
    for (row, &label) in logits.rows().zip(labels) {
        let max = max(row);
        powers
            .iter_mut()
            .zip(row)
            .for_each(|(power, x)| *power = x - max);
        of_labels.push(powers[label]);
        exp(&mut powers);
        sums.push(sum(&powers));
    }
    ln(&mut sums);
    sums.iter_mut()
        .zip(&of_labels)
        .for_each(|(sum, x)| *sum -= x);
    Ok(sums)
}

/// The mean cross-entropy of the sigmoid of logits, one column, computed from the logits x themselves: of
/// max(z, 0) + ln(1 + exp(−|z|)), where z is −x for label 1 and x for label 0. Right also where the probability is too
/// close to 0 or 1 for `f64`. NaN where there is no row.
///
/// # Errors
/// [`ShapeError::Mismatch`] where there is not one column, [`ShapeError::Length`] where there is not one label for each
/// row, [`ShapeError::Label`] where a label is neither 0 nor 1, [`ShapeError::OutOfMemory`].
///
/// ```
/// use rowmajor::{matrix, nn::binary_cross_entropy_from_logits};
///
/// assert_eq!(binary_cross_entropy_from_logits(&matrix![[1000.0], [-1000.0]], &[0, 0])?, 500.0);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn binary_cross_entropy_from_logits<'y>(
    logits: impl Into<MatrixView<'y>>,
    labels: &[usize],
) -> Result<f64, ShapeError> {
    let logits = logits.into();
    check_column("binary_cross_entropy_from_logits", logits, labels)?;
    let logits = try_collect(labels.len(), logits.rows().flatten().copied())?;
    let losses = binary_losses(&logits, labels)?;
    Ok(sum(&losses) / labels.len() as f64)
}

/// The binary cross-entropy of each logit; labels are checked.
pub(super) fn binary_losses(logits: &[f64], labels: &[usize]) -> Result<Vec<f64>, ShapeError> {
    let len = logits.len();
    let z = || {
        let pairs = logits.iter().zip(labels);
        pairs.map(|(&x, &label)| if label == 1 { -x } else { x })
    };
    let mut powers = try_collect(len, z().map(|z| -z.abs()))?;
    exp(&mut powers);
    let mut losses = try_collect(len, powers.iter().map(|power| 1.0 + power))?;
    ln(&mut losses);
    for ((loss, z), power) in losses.iter_mut().zip(z()).zip(&powers) {
        let rounded = 1.0 + power;
        // ln(1 + power) from ln(rounded), the two being apart by a rounding: right to the last bits also where `power` is
        // small (Kahan; Goldberg, "What every computer scientist should know about floating-point arithmetic", 1991).
        let ln_1p = match rounded == 1.0 {
            true => *power,
            false => *loss * (power / (rounded - 1.0)),
        };
        // Not `max`, which would pass over a NaN.
        *loss = if z > 0.0 { z + ln_1p } else { ln_1p };
    }
    Ok(losses)
}

/// NaN before any number, a larger number before a smaller.
fn larger_first(x: f64, y: f64) -> Ordering {
    let by_nan = y.is_nan().cmp(&x.is_nan());
    by_nan.then(y.partial_cmp(&x).unwrap_or(Ordering::Equal))
}

/// A column for each class, of which there are two at least, and one label for each row.
fn check_columns(
    op: &'static str,
    outputs: MatrixView<'_>,
    labels: &[usize],
) -> Result<(), ShapeError> {
    if outputs.ncols() == 1 {
        let activation = None;
        return Err(ShapeError::SingleOutput { op, activation });
    }
    check_labels(op, outputs.shape(), labels)
}

/// One column, whose values tell two classes apart, and one label for each row.
fn check_column(
    op: &'static str,
    outputs: MatrixView<'_>,
    labels: &[usize],
) -> Result<(), ShapeError> {
    if outputs.ncols() != 1 {
        let (lhs, rhs) = (outputs.shape(), (labels.len(), 1));
        return Err(ShapeError::Mismatch { op, lhs, rhs });
    }
    check_labels(op, (outputs.nrows(), 2), labels)
}

/// One label for each row, each below the number of classes.
pub(super) fn check_labels(
    op: &'static str,
    (rows, classes): (usize, usize),
    labels: &[usize],
) -> Result<(), ShapeError> {
    check_length(op, rows, labels.len())?;
    match labels.iter().position(|&label| label >= classes) {
        Some(row) => Err(ShapeError::Label {
            op,
            row,
            label: labels[row],
            classes,
        }),
        None => Ok(()),
    }
}
