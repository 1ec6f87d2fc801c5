//! How well predictions agree with the true classes, in one number.

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
    places.sort_by(|&i, &j| larger_first(row[i], row[j]));
    places.truncate(k);
    places
}

/// The share of rows whose label is among the k best classes ([`top_k`]), between 0 and 1; NaN where there is no row.
///
/// # Errors
/// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::OutOfRange`] where a label has no
/// column.
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
    check_labels("top_k_accuracy", outputs, labels)?;
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
/// [`cross_entropy_of_logits`] needs none.
///
/// # Errors
/// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::OutOfRange`] where a label has no
/// column.
///
/// ```
/// use rowmajor::{matrix, nn::cross_entropy};
///
/// let loss = cross_entropy(&matrix![[0.25, 0.75], [0.5, 0.5]], &[1, 0])?;
/// assert!((loss - 0.4904146265058631).abs() < 1e-15);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn cross_entropy<'y>(
    probabilities: impl Into<MatrixView<'y>>,
    labels: &[usize],
) -> Result<f64, ShapeError> {
    let probabilities = probabilities.into();
    check_labels("cross_entropy", probabilities, labels)?;
    let of_labels = probabilities.rows().zip(labels).map(|(row, &label)| {
        let p = row[label];
        if p < f64::EPSILON { f64::EPSILON } else { p }
    });
    let mut logarithms: Vec<f64> = of_labels.collect();
    ln(&mut logarithms);
    Ok(-sum(&logarithms) / labels.len() as f64)
}

/// The mean cross-entropy of the softmax of logits, one row for each sample, told from the logits x themselves: of
/// ln(Σ exp(x − m)) − (x of the label − m), m being the row's maximum. Right also where the probability is too small for
/// `f64`. NaN where there is no row.
///
/// # Errors
/// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::OutOfRange`] where a label has no
/// column.
///
/// ```
/// use rowmajor::{matrix, nn::cross_entropy_of_logits};
///
/// assert_eq!(cross_entropy_of_logits(&matrix![[0.0, -1000.0]], &[1])?, 1000.0);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn cross_entropy_of_logits<'y>(
    logits: impl Into<MatrixView<'y>>,
    labels: &[usize],
) -> Result<f64, ShapeError> {
    let logits = logits.into();
    check_labels("cross_entropy_of_logits", logits, labels)?;
    let losses = losses_of_logits(logits, labels);
    Ok(sum(&losses) / labels.len() as f64)
}

/// The cross-entropy of each row; labels are checked.
pub(super) fn losses_of_logits(logits: MatrixView<'_>, labels: &[usize]) -> Vec<f64> {
    let mut powers = vec![0.0; logits.ncols()];
    let of_row = |(row, &label): (&[f64], &usize)| {
        let max = max(row);
        powers
            .iter_mut()
            .zip(row)
            .for_each(|(power, x)| *power = x - max);
        let of_label = powers[label];
        exp(&mut powers);
        (sum(&powers), of_label)
    };
    let (mut sums, of_labels): (Vec<f64>, Vec<f64>) = logits.rows().zip(labels).map(of_row).unzip();
    ln(&mut sums);
    sums.iter_mut()
        .zip(&of_labels)
        .for_each(|(sum, x)| *sum -= x);
    sums
}

/// NaN before any number, a larger number before a smaller.
fn larger_first(x: f64, y: f64) -> Ordering {
    let by_nan = y.is_nan().cmp(&x.is_nan());
    by_nan.then(y.partial_cmp(&x).unwrap_or(Ordering::Equal))
}

/// One label for each row, each the index of a column.
pub(super) fn check_labels(
    op: &'static str,
    outputs: MatrixView<'_>,
    labels: &[usize],
) -> Result<(), ShapeError> {
    check_length(op, outputs.nrows(), labels.len())?;
    let len = outputs.ncols();
    match labels.iter().find(|&&label| label >= len) {
        Some(&index) => Err(ShapeError::OutOfRange { op, index, len }),
        None => Ok(()),
    }
}
