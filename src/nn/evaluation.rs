//! A network's answers to samples whose classes are known.

use super::metrics::{check_length, losses_of_logits};
use super::run::Last;
use super::{Activation, Confusion, Network};
use crate::matrix::try_with_capacity;
use crate::{Matrix, MatrixView, ShapeError, vecmath};
use std::fmt;

/// What a network answered, and how right it is; made by [`Network::evaluate_with`].
///
/// `Display` prints accuracy, cross-entropy and the table of [`Confusion::report`].
///
/// ```
/// use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network, top_k, top_k_accuracy}};
///
/// let network = Network::new(vec![Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Softmax)?])?;
/// let x = matrix![[2.0, 1.0, 0.0], [0.0, 2.0, 1.0]];
/// let labels = [0, 2];
/// let evaluation = network.evaluate_with(&x, &labels, 100, |_, _| {})?;
/// assert_eq!(evaluation.predicted, [0, 1]);
/// assert_eq!(top_k(evaluation.outputs.row(1), 2), [1, 2]);
/// assert_eq!(top_k_accuracy(&evaluation.outputs, &labels, 2)?, 1.0);
/// println!("{evaluation}");
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// The results, samples × outputs: those of [`Network::forward`].
    pub outputs: Matrix,
    /// The class of each sample: that of [`Network::predict`].
    pub predicted: Vec<usize>,
    /// The classes against the true ones.
    pub confusion: Confusion,
    /// The mean cross-entropy, as [`cross_entropy_of_logits`](super::cross_entropy_of_logits) tells it; `None` where the
    /// network does not end in softmax.
    pub cross_entropy: Option<f64>,
}

impl Network {
    /// Classifies `x`, `batch` rows at a time, and compares with the true classes.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there is not one label for each row; as [`predict`](Network::predict) and
    /// [`Confusion::new`].
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Softmax)?])?;
    /// let x = matrix![[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]];
    /// let confusion = network.evaluate(&x, &[0, 1, 1], 100)?;
    /// assert_eq!(confusion.correct(), 2);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn evaluate<'x>(
        &self,
        x: impl Into<MatrixView<'x>>,
        labels: &[usize],
        batch: usize,
    ) -> Result<Confusion, ShapeError> {
        let x = x.into();
        check_length("evaluate", x.nrows(), labels.len())?;
        let mut predicted = try_with_capacity(x.nrows(), 1)?;
        for batch in x.batches(batch) {
            predicted.extend(self.predict(batch)?);
        }
        Confusion::new(self.outputs(), labels, &predicted)
    }

    /// Takes `x` through the network, `batch` rows at a time, and compares with the true classes. After each batch
    /// `progress` is told how many rows are done, and of how many.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::OutOfRange`] where a label is not
    /// below the number of outputs; as [`forward`](Network::forward).
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Softmax)?])?;
    /// let mut seen = Vec::new();
    /// let x = Matrix::from_fn(250, 2, |row, col| ((row + col) % 2) as f64);
    /// let evaluation = network.evaluate_with(&x, &[0; 250], 100, |done, total| seen.push((done, total)))?;
    /// assert_eq!(seen, [(100, 250), (200, 250), (250, 250)]);
    /// assert_eq!(evaluation.confusion.accuracy(), 0.5);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn evaluate_with<'x>(
        &self,
        x: impl Into<MatrixView<'x>>,
        labels: &[usize],
        batch: usize,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Evaluation, ShapeError> {
        let x = x.into();
        let (op, rows, len) = ("evaluate_with", x.nrows(), self.outputs());
        self.check_input(op, x)?;
        check_length(op, rows, labels.len())?;
        if let Some(&index) = labels.iter().find(|&&label| label >= len) {
            return Err(ShapeError::OutOfRange { op, index, len });
        }
        let last = self.layers().last().map(|layer| layer.activation());
        let softmax = last == Some(Activation::Softmax);
        let mut outputs = Matrix::try_filled(rows, len, 0.0)?;
        let (mut predicted, mut losses) = (Vec::new(), Vec::new());
        let mut done = 0;
        for batch in x.batches(batch) {
            let labels = &labels[done..][..batch.nrows()];
            let mut out = Matrix::try_filled(batch.nrows(), len, 0.0)?;
            self.run_once(batch, &mut out, Last::OnlyItsOrder)?;
            predicted.extend(out.argmax_rows()?);
            if softmax {
                losses.extend(losses_of_logits(out.view(), labels));
                Activation::Softmax.apply(&mut out);
            }
            outputs.as_mut_slice()[done * len..][..out.len()].copy_from_slice(out.as_slice());
            done += batch.nrows();
            progress(done, rows);
        }
        Ok(Evaluation {
            confusion: Confusion::new(len, labels, &predicted)?,
            outputs,
            predicted,
            cross_entropy: softmax.then(|| vecmath::sum(&losses) / rows as f64),
        })
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let confusion = &self.confusion;
        let (correct, total) = (confusion.correct(), confusion.total());
        let percent = 100.0 * confusion.accuracy();
        writeln!(f, "accuracy: {correct} of {total} ({percent:.2} %)")?;
        if let Some(cross_entropy) = self.cross_entropy {
            writeln!(f, "mean cross-entropy: {cross_entropy:.6}")?;
        }
        confusion.report().fmt(f)
    }
}
