//! The fully connected layer.

use super::Activation;
use crate::{Matrix, MatrixView, PackedMatrix, ShapeError, vecmath};

/// A fully connected layer: y = activation(x · weights + bias).
///
/// x is batch × inputs, `weights` inputs × outputs, `bias` has one value per output, y is batch × outputs. Each value
/// is the product's chain, then one addition of the bias, then the activation.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense}};
///
/// let layer = Dense::new(matrix![[1.0, -1.0], [2.0, 3.0]], vec![0.5, 0.0], Activation::Relu)?;
/// assert_eq!(layer.forward(&matrix![[1.0, 0.0]])?, matrix![[1.5, 0.0]]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "Linear")]
#[doc(alias = "Affine")]
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    weights: Matrix,
    bias: Vec<f64>,
    activation: Activation,
}

impl Dense {
    /// A layer of `weights` (inputs × outputs), `bias` (one value per output) and an activation.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `bias` has another length, [`ShapeError::Empty`] where there is no output.
    ///
    /// ```
    /// use rowmajor::{Matrix, nn::{Activation, Dense}};
    ///
    /// let error = Dense::new(Matrix::zeros(784, 50), vec![0.0; 100], Activation::Sigmoid).unwrap_err();
    /// assert_eq!(error.to_string(), "dense: shapes 784x50 and 1x100 do not match");
    /// ```
    pub fn new(
        weights: Matrix,
        bias: Vec<f64>,
        activation: Activation,
    ) -> Result<Dense, ShapeError> {
        if weights.ncols() != bias.len() {
            return Err(ShapeError::Mismatch {
                op: "dense",
                lhs: weights.shape(),
                rhs: (1, bias.len()),
            });
        }
        if bias.is_empty() {
            return Err(ShapeError::Empty {
                op: "dense",
                shape: weights.shape(),
            });
        }
        Ok(Dense {
            weights,
            bias,
            activation,
        })
    }

    /// How many values a sample has.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense}};
    /// assert_eq!(Dense::new(Matrix::zeros(3, 2), vec![0.0; 2], Activation::Tanh)?.inputs(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.weights.nrows()
    }

    /// How many values a result has.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense}};
    /// assert_eq!(Dense::new(Matrix::zeros(3, 2), vec![0.0; 2], Activation::Tanh)?.outputs(), 2);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.weights.ncols()
    }

    /// The weights, inputs × outputs.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense}};
    /// assert_eq!(Dense::new(Matrix::ones(3, 2), vec![0.0; 2], Activation::Tanh)?.weights(), &Matrix::ones(3, 2));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// The bias, one value per output.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense}};
    /// assert_eq!(Dense::new(Matrix::zeros(3, 2), vec![0.5, 1.5], Activation::Tanh)?.bias(), [0.5, 1.5]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn bias(&self) -> &[f64] {
        &self.bias
    }

    /// The activation.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense}};
    /// let layer = Dense::new(Matrix::zeros(3, 2), vec![0.0; 2], Activation::Tanh)?;
    /// assert_eq!(layer.activation(), Activation::Tanh);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// activation(x · weights + bias), batch × outputs for x of batch × inputs.
    ///
    /// # Errors
    /// [`ShapeError::Product`] where x has not as many columns as the layer has inputs; [`ShapeError::OutOfMemory`]
    /// where the result cannot be held.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense}};
    ///
    /// let and = Dense::new(matrix![[0.5], [0.5]], vec![-0.7], Activation::Step)?;
    /// let inputs = matrix![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    /// assert_eq!(and.forward(&inputs)?.into_vec(), [0.0, 0.0, 0.0, 1.0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn forward<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        self.check_input("forward", x)?;
        let mut out = Matrix::try_filled(x.nrows(), self.outputs(), 0.0)?;
        self.forward_into(x, None, out.as_mut_slice(), true)?;
        Ok(out)
    }

    /// The values of weights and bias.
    pub(crate) fn values_mut(&mut self) -> (&mut [f64], &mut [f64]) {
        (self.weights.as_mut_slice(), &mut self.bias)
    }

    /// A copy, or an error where there is no memory for it.
    pub(super) fn try_clone(&self) -> Result<Dense, ShapeError> {
        let bias = MatrixView::from_slice(1, self.bias.len(), &self.bias)?;
        Ok(Dense {
            weights: self.weights.view().try_to_matrix()?,
            bias: bias.try_to_matrix()?.into_vec(),
            activation: self.activation,
        })
    }

    /// x has as many columns as the layer has inputs.
    pub(super) fn check_input(
        &self,
        op: &'static str,
        x: MatrixView<'_>,
    ) -> Result<(), ShapeError> {
        if x.ncols() != self.inputs() {
            return Err(ShapeError::Product {
                op,
                lhs: x.shape(),
                rhs: self.weights.shape(),
                inner: (x.ncols(), self.inputs()),
            });
        }
        Ok(())
    }

    /// The layer's results for `x` into `out`, row by row; with the weights packed, if they are. `activated` says whether
    /// the activation is wanted, too.
    pub(super) fn forward_into(
        &self,
        x: MatrixView<'_>,
        packed: Option<&PackedMatrix>,
        out: &mut [f64],
        activated: bool,
    ) -> Result<(), ShapeError> {
        x.multiply_into(&self.weights, packed, out)?;
        self.finish(out, activated);
        Ok(())
    }

    /// Bias and, where it is wanted, activation on the rows of a product.
    pub(super) fn finish(&self, out: &mut [f64], activated: bool) {
        /// Values that are taken through both before the next ones: they stay in the first cache.
        const GROUP: usize = 1024;
        let outputs = self.outputs();
        for rows in out.chunks_mut((GROUP / outputs).max(1) * outputs) {
            vecmath::add_row(rows, &self.bias);
            if activated {
                self.activation.apply_rows(rows, outputs);
            }
        }
    }
}
