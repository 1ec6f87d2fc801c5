//! A network's answers to samples whose classes are known.

use super::metrics::{binary_losses, check_labels, losses};
use super::run::Last;
use super::{Activation, ConfusionMatrix, Network};
use crate::{Matrix, MatrixView, ShapeError, vecmath};
use std::fmt;

/// What a network answered, and how right it is; made by [`Network::evaluate`].
///
/// `Display` prints accuracy, cross-entropy and the table of [`ConfusionMatrix::report`].
///
/// ```
/// use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network, top_k, top_k_accuracy}};
///
/// let network = Network::new(vec![Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Softmax)?])?;
/// let x = matrix![[2.0, 1.0, 0.0], [0.0, 2.0, 1.0]];
/// let labels = [0, 2];
/// let evaluation = network.evaluate(&x, &labels)?;
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
    /// The predicted classes against the true ones.
    pub confusion: ConfusionMatrix,
    /// The mean cross-entropy, as [`cross_entropy_from_logits`](super::cross_entropy_from_logits) gives it, or
    /// [`binary_cross_entropy_from_logits`](super::binary_cross_entropy_from_logits) where the network ends in a single
    /// sigmoid; `None` where it ends in neither softmax nor that.
    pub cross_entropy: Option<f64>,
}

impl Network {
    /// Classifies the rows of `x` and compares with the true classes, from 0 to [`classes`](Network::classes) - 1.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there is not one label for each row, [`ShapeError::Label`] where a label is not
    /// below the number of classes; as [`predict`](Network::predict).
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Softmax)?])?;
    /// let x = matrix![[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]];
    /// let evaluation = network.evaluate(&x, &[0, 1, 1])?;
    /// assert_eq!(evaluation.predicted, [0, 1, 0]);
    /// assert_eq!(evaluation.confusion.correct(), 2);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn evaluate<'x>(
        &self,
        x: impl Into<MatrixView<'x>>,
        labels: &[usize],
    ) -> Result<Evaluation, ShapeError> {
        let (op, x) = ("evaluate", x.into());
        self.check_classes(op)?;
        self.check_input(op, x)?;
        check_labels(op, (x.nrows(), self.classes()), labels)?;
        let mut outputs = Matrix::try_filled(x.nrows(), self.outputs(), 0.0)?;
        // A loss is computed from what goes into the last activation, where a probability of 0 or 1 has not yet rounded.
        let (predicted, losses) = match (self.last_activation(), self.outputs()) {
            (Activation::Softmax, _) => {
                self.run_once(x, &mut outputs, Last::Logits)?;
                let predicted = self.classes_of(&outputs)?;
                let losses = losses(outputs.view(), labels)?;
                Activation::Softmax.apply(&mut outputs);
                (predicted, Some(losses))
            }
            (Activation::Sigmoid, 1) => {
                self.run_once(x, &mut outputs, Last::Logits)?;
                let losses = binary_losses(outputs.as_slice(), labels)?;
                Activation::Sigmoid.apply(&mut outputs);
                (self.classes_of(&outputs)?, Some(losses))
            }
            _ => {
                self.run_once(x, &mut outputs, Last::Activated)?;
                (self.classes_of(&outputs)?, None)
            }
        };
        Ok(Evaluation {
            confusion: ConfusionMatrix::new(self.classes(), labels, &predicted)?,
            outputs,
            predicted,
            cross_entropy: losses.map(|losses| vecmath::sum(&losses) / x.nrows() as f64),
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
