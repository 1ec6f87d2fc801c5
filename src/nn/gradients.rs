//! The derivative of a loss by every weight and bias.

use super::loss::Found;
use super::metrics::check_length;
use super::run::reserve;
use super::{GradientError, Loss, Network, Targets};
use crate::gemm::{SCRATCH, packed_len};
use crate::matrix::checked_len;
use crate::simd::LANES;
use crate::vecmath::add_row;
use crate::{MatrixView, ShapeError};

/// The derivative of a batch's loss by every weight and bias of a network, and the loss.
///
/// It keeps its buffers: [`Network::gradients_into`] allocates nothing after the first batch.
///
/// The values stand in one list, layer by layer: dW, inputs × outputs, row by row, then db.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}};
///
/// let network = Network::new(vec![Dense::new(matrix![[2.0], [1.0]], vec![0.5], Activation::Identity)?])?;
/// // y = 2·1 + 1·3 + 0.5 = 5.5; the loss is (y - 5)².
/// let gradients = network.gradients(&matrix![[1.0, 3.0]], &matrix![[5.0]], Loss::MeanSquaredError)?;
/// assert_eq!(gradients.loss(), 0.25);
/// assert_eq!(gradients.weights(0), matrix![[1.0], [3.0]]);
/// assert_eq!(gradients.bias(0), [1.0]);
/// assert_eq!(gradients.as_slice(), [1.0, 3.0, 1.0]);
/// # Ok::<(), rowmajor::nn::GradientError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    pub(super) values: Vec<f64>,
    /// Inputs and outputs of each layer.
    sizes: Vec<(usize, usize)>,
    pub(super) found: Found,
    pub(super) buffers: Buffers,
}

/// What lies between the layers. Buffers only grow, so that a short batch costs no memory when the next one is longer.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    /// The outputs of each layer, rows without gaps, which become its δ.
    pub(super) outputs: Vec<Vec<f64>>,
    /// The derivative by what a layer gave out, of some rows at a time; packed blocks, where no idle memory holds them.
    pub(super) scratch: Vec<f64>,
    /// A value for each row.
    pub(super) losses: Vec<f64>,
    /// A value for each output.
    pub(super) row: Vec<f64>,
}

impl Gradients {
    /// Gradients of nothing yet, for [`Network::gradients_into`].
    ///
    /// ```
    /// assert!(rowmajor::nn::Gradients::new().as_slice().is_empty());
    /// ```
    pub fn new() -> Gradients {
        Gradients::default()
    }

    /// The loss: the mean over the rows, or these rows' part of it.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Gradients::new().loss(), 0.0);
    /// ```
    pub fn loss(&self) -> f64 {
        self.found.loss
    }

    /// How many rows' classes were their labels: the largest output, the first of equals; of a single output, 1 above
    /// 0.5. 0 where the targets are no labels.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Gradients::new().correct(), 0);
    /// ```
    pub fn correct(&self) -> usize {
        self.found.correct
    }

    /// The derivatives by the weights of a layer, inputs × outputs.
    ///
    /// # Panics
    /// Where there is no such layer, at the caller's line.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let gradients = network.gradients(&Matrix::zeros(2, 4), &[0, 1], Loss::CrossEntropy)?;
    /// assert_eq!(gradients.weights(0), Matrix::zeros(4, 3));
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    #[track_caller]
    pub fn weights(&self, layer: usize) -> MatrixView<'_> {
        let (inputs, outputs) = self.sizes[layer];
        let from = self.place(layer);
        MatrixView::trusted(&self.values[from..from + inputs * outputs], inputs, outputs)
    }

    /// The derivatives by the bias of a layer.
    ///
    /// # Panics
    /// Where there is no such layer, at the caller's line.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 2), vec![0.0; 2], Activation::Softmax)?])?;
    /// let gradients = network.gradients(&Matrix::zeros(1, 4), &[0], Loss::CrossEntropy)?;
    /// assert_eq!(gradients.bias(0), [-0.5, 0.5]);
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    #[track_caller]
    pub fn bias(&self, layer: usize) -> &[f64] {
        let (inputs, outputs) = self.sizes[layer];
        &self.values[self.place(layer) + inputs * outputs..][..outputs]
    }

    /// Everything, layer by layer, the weights' row by row, then the bias's: as many values as the network has
    /// parameters.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let gradients = network.gradients(&Matrix::zeros(2, 4), &[0, 1], Loss::CrossEntropy)?;
    /// assert_eq!(gradients.as_slice().len(), 4 * 3 + 3);
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// Adds the gradients of further rows of the same batch: one addition a value, and for the loss.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where they are of a network of another number of parameters, [`ShapeError::Mismatch`] of
    /// other layers.
    ///
    /// ```
    /// # use rowmajor::{matrix, nn::{Activation, Dense, Gradients, Loss, Network}};
    /// let network = Network::new(vec![Dense::new(matrix![[1.0]], vec![0.0], Activation::Identity)?])?;
    /// let (x, y) = (matrix![[1.0], [2.0]], matrix![[0.0], [0.0]]);
    /// let (mut first, mut second) = (Gradients::new(), Gradients::new());
    /// network.gradients_into(x.view_rows(..1)?, y.view_rows(..1)?, Loss::MeanSquaredError, 2, &mut first)?;
    /// network.gradients_into(x.view_rows(1..)?, y.view_rows(1..)?, Loss::MeanSquaredError, 2, &mut second)?;
    /// first.add(&second)?;
    /// assert_eq!(first.as_slice(), network.gradients(&x, &y, Loss::MeanSquaredError)?.as_slice());
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    pub fn add(&mut self, more: &Gradients) -> Result<(), ShapeError> {
        let op = "add";
        check_length(op, self.values.len(), more.values.len())?;
        let mut layers = self.sizes.iter().zip(&more.sizes);
        if let Some((&lhs, &rhs)) = layers.find(|(lhs, rhs)| lhs != rhs) {
            return Err(ShapeError::Mismatch { op, lhs, rhs });
        }
        add_row(&mut self.values, &more.values);
        self.found.loss += more.found.loss;
        self.found.correct += more.found.correct;
        Ok(())
    }

    /// Where a layer's values start.
    fn place(&self, layer: usize) -> usize {
        let before = self.sizes[..layer].iter();
        before
            .map(|(inputs, outputs)| inputs * outputs + outputs)
            .sum()
    }

    /// Makes it fit a network and `rows` rows.
    pub(crate) fn prepare(
        &mut self,
        network: &Network,
        rows: usize,
        loss: Loss,
    ) -> Result<(), ShapeError> {
        let parameters = network.parameters();
        grow(&mut self.values, 1, parameters)?;
        self.values.truncate(parameters);
        self.prepare_forward(network, rows, loss)?;
        grow(&mut self.buffers.scratch, 1, scratch_len(&self.sizes, rows))
    }

    /// The part of it that the outputs need: all but the gradients' own values.
    pub(super) fn prepare_forward(
        &mut self,
        network: &Network,
        rows: usize,
        loss: Loss,
    ) -> Result<(), ShapeError> {
        let layers = network.layers();
        self.sizes.clear();
        self.sizes
            .try_reserve_exact(layers.len())
            .map_err(|_| ShapeError::OutOfMemory {
                shape: (1, layers.len()),
            })?;
        self.sizes
            .extend(layers.iter().map(|layer| layer.weights().shape()));
        let Buffers {
            outputs,
            scratch,
            losses,
            row,
        } = &mut self.buffers;
        if let Some(more) = layers.len().checked_sub(outputs.len()) {
            outputs
                .try_reserve_exact(more)
                .map_err(|_| ShapeError::OutOfMemory { shape: (1, more) })?;
        }
        outputs.resize_with(layers.len(), Vec::new);
        for (values, layer) in outputs.iter_mut().zip(layers) {
            grow(values, rows, layer.outputs())?;
        }
        // The derivative by the outputs is there beside them only where the loss is not fused with the last layer.
        let last = if loss.is_fused() {
            0
        } else {
            network.outputs()
        };
        grow(scratch, group(rows, last), last)?;
        grow(losses, rows, 1)?;
        grow(row, 1, network.outputs())?;
        row.truncate(network.outputs());
        Ok(())
    }
}

/// Values of scratch memory that backward propagation of so many rows wants beside what is idle in it: the δ of the layers
/// behind, and the place of the gradients of the layers before.
fn scratch_len(sizes: &[(usize, usize)], rows: usize) -> usize {
    let (mut len, mut before) = (0, 0);
    for (i, &(inputs, outputs)) in sizes.iter().enumerate() {
        let behind = sizes[i + 1..].iter().map(|(_, outputs)| rows * outputs);
        let idle = behind.max().unwrap_or(0).max(before);
        // The layer's δ, packed.
        let packed = packed_len(rows, outputs);
        if packed > idle + LANES {
            len = len.max(packed.min(SCRATCH));
        }
        // The derivatives by its inputs, of some rows at a time, and as much for packed blocks.
        let derivatives = 2 * group(rows, inputs) * inputs;
        if i > 0 && derivatives > before {
            len = len.max(derivatives);
        }
        before += inputs * outputs + outputs;
    }
    len
}

/// So many rows of `cols` values, of `rows`, whose derivatives are held at once: 192 KiB.
fn group(rows: usize, cols: usize) -> usize {
    (24_576 / cols.max(1)).clamp(1, rows)
}

/// Sees to it that a buffer has at least rows × cols values, and that these would fit behind a cache line's start in it:
/// packed blocks stand there.
fn grow(buffer: &mut Vec<f64>, rows: usize, cols: usize) -> Result<(), ShapeError> {
    let len = checked_len(rows, cols)? + LANES;
    if buffer.len() < len {
        reserve(buffer, len, (rows, cols))?;
        buffer.resize(len, 0.0);
    }
    Ok(())
}

impl Network {
    /// The derivative of a batch's loss by every weight and bias: x is batch × inputs, with a target for each row.
    ///
    /// # Errors
    /// [`GradientError`] where the loss does not fit the last activation or the targets, an activation has no derivative,
    /// a target is impossible or sizes do not fit; [`ShapeError::Empty`] within it where there is no row.
    ///
    /// ```
    /// use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}};
    ///
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 10), vec![0.0; 10], Activation::Softmax)?])?;
    /// let gradients = network.gradients(&Matrix::ones(3, 4), &[7, 2, 1], Loss::CrossEntropy)?;
    /// assert!((gradients.loss() - 10_f64.ln()).abs() < 1e-15);
    ///
    /// let error = network.gradients(&Matrix::ones(1, 4), &[10], Loss::CrossEntropy).unwrap_err();
    /// assert_eq!(error.to_string(), "gradients: label 10 in row 0 is out of range for 10 classes, from 0");
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    pub fn gradients<'a>(
        &self,
        x: impl Into<MatrixView<'a>>,
        targets: impl Into<Targets<'a>>,
        loss: Loss,
    ) -> Result<Gradients, GradientError> {
        let (x, mut gradients) = (x.into(), Gradients::new());
        self.gradients_of(
            "gradients",
            x,
            targets.into(),
            loss,
            x.nrows(),
            &mut gradients,
        )?;
        Ok(gradients)
    }

    /// [`gradients`](Network::gradients) into `out`, for rows that are part of a batch of `batch` rows: what is a mean
    /// over the batch is divided by `batch`, so that the parts' gradients [add](Gradients::add) up to the batch's.
    ///
    /// # Errors
    /// As [`gradients`](Network::gradients); `out` then holds nothing of use.
    ///
    /// ```
    /// use rowmajor::{Matrix, nn::{Activation, Dense, Gradients, Loss, Network}};
    ///
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 2), vec![0.0; 2], Activation::Softmax)?])?;
    /// let mut gradients = Gradients::new();
    /// for _ in 0..100 {
    ///     // Allocates the first time.
    ///     network.gradients_into(&Matrix::ones(3, 4), &[1, 0, 1], Loss::CrossEntropy, 3, &mut gradients)?;
    /// }
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    pub fn gradients_into<'a>(
        &self,
        x: impl Into<MatrixView<'a>>,
        targets: impl Into<Targets<'a>>,
        loss: Loss,
        batch: usize,
        out: &mut Gradients,
    ) -> Result<(), GradientError> {
        self.gradients_of("gradients_into", x.into(), targets.into(), loss, batch, out)
    }

    /// The mean loss of a batch, without gradients: x is batch × inputs, with a target for each row.
    ///
    /// # Errors
    /// As [`gradients`](Network::gradients).
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}};
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[1.0]], vec![0.0], Activation::Identity)?])?;
    /// let loss = network.loss(&matrix![[1.0], [3.0]], &matrix![[0.0], [0.0]], Loss::MeanSquaredError)?;
    /// assert_eq!(loss, 5.0);
    /// # Ok::<(), rowmajor::nn::GradientError>(())
    /// ```
    pub fn loss<'a>(
        &self,
        x: impl Into<MatrixView<'a>>,
        targets: impl Into<Targets<'a>>,
        loss: Loss,
    ) -> Result<f64, GradientError> {
        let (op, x, targets) = ("loss", x.into(), targets.into());
        self.check_loss(loss)?;
        self.check_input(op, x)?;
        self.check_targets(op, x.nrows(), targets, loss)?;
        let mut buffers = Gradients::new();
        self.losses(op, x, targets, loss, &mut buffers)?;
        Ok(buffers.loss())
    }

    fn gradients_of(
        &self,
        op: &'static str,
        x: MatrixView<'_>,
        targets: Targets<'_>,
        loss: Loss,
        batch: usize,
        out: &mut Gradients,
    ) -> Result<(), GradientError> {
        self.check_loss(loss)?;
        self.check_input(op, x)?;
        self.check_targets(op, x.nrows(), targets, loss)?;
        self.propagate(op, x, targets, loss, batch, out)
    }
}

#[cfg(test)]
mod tests;
