//! A network: dense layers, one after the other.

use super::run::Last;
use super::{Activation, Dense};
use crate::matrix::{try_collect, try_with_capacity};
use crate::{Matrix, MatrixView, ShapeError};
use std::fmt;

/// Dense layers whose sizes fit, checked once when the network is made.
///
/// Plain data: a [`Predictor`](super::Predictor) is a network made ready to be called often.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense, Network}};
///
/// // XOR by two layers of perceptrons: NAND and OR, then AND.
/// let xor = Network::new(vec![
///     Dense::new(matrix![[-0.5, 0.5], [-0.5, 0.5]], vec![0.7, -0.2], Activation::Step)?,
///     Dense::new(matrix![[0.5], [0.5]], vec![-0.7], Activation::Step)?,
/// ])?;
/// let inputs = matrix![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
/// assert_eq!(xor.forward(&inputs)?.into_vec(), [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "MLPClassifier")]
pub struct Network {
    // Invariant: not empty; each layer has as many inputs as the one before has outputs.
    layers: Vec<Dense>,
}

impl Network {
    /// A network of the given layers, first to last.
    ///
    /// # Errors
    /// [`ShapeError::Layers`] names the first two neighbours that do not fit; [`ShapeError::Empty`] where there is no
    /// layer.
    ///
    /// ```
    /// use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    ///
    /// let layer = |inputs, outputs| Dense::new(Matrix::zeros(inputs, outputs), vec![0.0; outputs], Activation::Relu);
    /// let error = Network::new(vec![layer(784, 50)?, layer(100, 10)?]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "network: layer 0 is 784x50 and layer 1 is 100x10: 50 outputs do not feed 100 inputs",
    /// );
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn new(layers: Vec<Dense>) -> Result<Network, ShapeError> {
        if layers.is_empty() {
            return Err(ShapeError::Empty {
                op: "network",
                shape: (0, 0),
            });
        }
        for (layer, pair) in layers.windows(2).enumerate() {
            if pair[0].outputs() != pair[1].inputs() {
                let (lhs, rhs) = (pair[0].weights().shape(), pair[1].weights().shape());
                return Err(ShapeError::Layers { layer, lhs, rhs });
            }
        }
        Ok(Network { layers })
    }

    /// The layers, first to last; at least one.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.layers().len(), 1);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// How many values a sample has.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.inputs(), 4);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, Dense::inputs)
    }

    /// How many values a result has.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.outputs(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    /// How many classes [`predict`](Network::predict) tells apart: 2 where the network ends in a single sigmoid or step,
    /// whose value is that of class 1; otherwise the number of outputs.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = |outputs, last| Network::new(vec![Dense::new(Matrix::zeros(4, outputs), vec![0.0; outputs], last)?]);
    /// assert_eq!(network(1, Activation::Sigmoid)?.classes(), 2);
    /// assert_eq!(network(3, Activation::Softmax)?.classes(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn classes(&self) -> usize {
        match (self.outputs(), self.last_activation()) {
            (1, Activation::Sigmoid | Activation::Step) => 2,
            (outputs, _) => outputs,
        }
    }

    pub(super) fn last_activation(&self) -> Activation {
        self.layers
            .last()
            .map_or(Activation::Identity, Dense::activation)
    }

    /// The results for a batch: batch × inputs gives batch × outputs.
    ///
    /// Row i is the same bits whatever the other rows are.
    ///
    /// # Errors
    /// [`ShapeError::Product`] where x has not as many columns as the network has inputs; [`ShapeError::OutOfMemory`]
    /// where the result cannot be held.
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 2), vec![1.0, 1.0], Activation::Softmax)?])?;
    /// assert_eq!(network.forward(&Matrix::ones(1, 4))?, matrix![[0.5, 0.5]]);
    /// let error = network.forward(&Matrix::ones(1, 5)).unwrap_err();
    /// assert_eq!(error.to_string(), "forward: cannot multiply 1x5 by 4x2: inner sizes 5 and 4 differ");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn forward<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        self.check_input("forward", x)?;
        let mut out = Matrix::try_filled(x.nrows(), self.outputs(), 0.0)?;
        self.run_once(x, &mut out, Last::Activated)?;
        Ok(out)
    }

    /// The class of each sample: the column of its largest result, the first of equals; where the network ends in a
    /// single sigmoid or step, 1 where the result is more than 0.5, otherwise 0.
    ///
    /// A softmax at the end is left out, since it keeps the order: the class is told from its inputs, also where its
    /// results round to equal values. A NaN counts as the largest ([`Matrix::argmax_rows`]); of a single output it is
    /// class 0.
    ///
    /// Several sigmoids that each answer a question of their own (several labels for one sample) have no one class:
    /// compare [`forward`](Network::forward)'s results with 0.5.
    ///
    /// # Errors
    /// [`ShapeError::SingleOutput`] where the network has one output, and no sigmoid or step there; as
    /// [`forward`](Network::forward).
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.predict(&matrix![[0.0, 0.1, 0.0], [0.3, 0.1, 0.2]])?, [1, 0]);
    ///
    /// let benign = Network::new(vec![Dense::new(matrix![[2.0]], vec![-1.0], Activation::Sigmoid)?])?;
    /// assert_eq!(benign.predict(&matrix![[0.4], [0.6]])?, [0, 1]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn predict<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Vec<usize>, ShapeError> {
        let x = x.into();
        self.check_classes("predict")?;
        self.check_input("predict", x)?;
        let mut out = Matrix::try_filled(x.nrows(), self.outputs(), 0.0)?;
        self.run_once(x, &mut out, Last::Class)?;
        self.classes_of(&out)
    }

    /// The outputs tell a class.
    pub(super) fn check_classes(&self, op: &'static str) -> Result<(), ShapeError> {
        match self.classes() {
            1 => Err(ShapeError::SingleOutput {
                op,
                activation: Some(self.last_activation().name()),
            }),
            _ => Ok(()),
        }
    }

    /// The class of each row of results, or of what goes into a softmax; [`check_classes`](Network::check_classes) holds.
    pub(super) fn classes_of(&self, out: &Matrix) -> Result<Vec<usize>, ShapeError> {
        if self.outputs() != 1 {
            return out.argmax_rows();
        }
        let classes = out.as_slice().iter().map(|&y| usize::from(y > 0.5));
        try_collect(out.len(), classes)
    }

    /// How many weights and biases there are.
    pub(crate) fn parameters(&self) -> usize {
        let of_layer = |layer: &Dense| layer.weights().len() + layer.bias().len();
        self.layers.iter().map(of_layer).sum()
    }

    /// The layers, to change the values of their weights and biases.
    pub(crate) fn layers_mut(&mut self) -> impl Iterator<Item = &mut Dense> {
        self.layers.iter_mut()
    }

    /// x has as many columns as the network has inputs.
    pub(crate) fn check_input(
        &self,
        op: &'static str,
        x: MatrixView<'_>,
    ) -> Result<(), ShapeError> {
        self.layers
            .first()
            .map_or(Ok(()), |layer| layer.check_input(op, x))
    }

    /// A copy, or an error where there is no memory for it.
    pub(crate) fn try_clone(&self) -> Result<Network, ShapeError> {
        let mut layers = try_with_capacity(self.layers.len(), 1)?;
        for layer in &self.layers {
            layers.push(layer.try_clone()?);
        }
        Ok(Network { layers })
    }
}

impl fmt::Display for Network {
    /// A line a layer: inputs → outputs, activation, number of parameters; then their total.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut total = 0;
        for (i, layer) in self.layers.iter().enumerate() {
            let parameters = layer.weights().len() + layer.bias().len();
            total += parameters;
            let sizes = format!("{} -> {}", layer.inputs(), layer.outputs());
            writeln!(
                f,
                "layer {i}: {sizes:<14} {:<9} {parameters:>9} parameters",
                layer.activation()
            )?;
        }
        write!(f, "{total} parameters")
    }
}
