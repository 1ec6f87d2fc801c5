//! Backward propagation.
//!
//! For each layer, with x its inputs, y its outputs and δ the derivative of the loss by the sums before the activation:
//!
//! ```text
//! dW = xᵀ · δ        one chain over the rows, in order
//! db = Σ δ           a sum over the rows, in order
//! dx = δ · Wᵀ        from which the activation's derivative makes the δ of the layer before
//! ```

use super::gradients::Buffers;
use super::loss::{Found, of_outputs};
use super::{Activation, GradientError, Gradients, Loss, Network, Targets};
use crate::gemm::{Operand, Output, Rhs, gemm};
use crate::matrix::operand;
use crate::simd::{Kernel, Simd, dispatch};
use crate::vecmath::{add_row, sum};
use crate::{MatrixView, ShapeError};

impl Network {
    /// [`gradients_into`](Network::gradients_into) where loss, x and targets are checked.
    pub(crate) fn propagate(
        &self,
        op: &'static str,
        x: MatrixView<'_>,
        targets: Targets<'_>,
        loss: Loss,
        batch: usize,
        out: &mut Gradients,
    ) -> Result<(), GradientError> {
        let (rows, shape) = (x.nrows(), x.shape());
        if rows == 0 || batch == 0 {
            return Err(ShapeError::Empty { op, shape }.into());
        }
        out.prepare(self, rows, loss)?;
        out.found = self.outputs_and_loss(x, targets, loss, batch, out)?;
        self.backward(x, out)?;
        Ok(())
    }

    /// The mean loss of all rows, and how many labels were right, into `out`, which holds nothing else of use then.
    pub(crate) fn losses(
        &self,
        op: &'static str,
        x: MatrixView<'_>,
        targets: Targets<'_>,
        loss: Loss,
        out: &mut Gradients,
    ) -> Result<(), GradientError> {
        /// Rows that are taken through all layers before the next ones.
        const GROUP: usize = 64;
        let (rows, shape) = (x.nrows(), x.shape());
        if rows == 0 {
            return Err(ShapeError::Empty { op, shape }.into());
        }
        out.prepare_forward(self, rows.min(GROUP), loss)?;
        let mut total = Found::default();
        for start in (0..rows).step_by(GROUP) {
            let count = GROUP.min(rows - start);
            let (x, targets) = (
                x.view_rows(start..start + count)?,
                targets.rows(start, count)?,
            );
            let found = self.outputs_and_loss(x, targets, loss, rows, out)?;
            total.loss += found.loss;
            total.correct += found.correct;
        }
        out.found = total;
        Ok(())
    }

    /// The outputs of every layer; the last one's become its δ.
    fn outputs_and_loss(
        &self,
        x: MatrixView<'_>,
        targets: Targets<'_>,
        loss: Loss,
        batch: usize,
        out: &mut Gradients,
    ) -> Result<Found, ShapeError> {
        let rows = x.nrows();
        let Buffers {
            outputs,
            scratch,
            losses,
            row,
        } = &mut out.buffers;
        // The gradients come later: their place serves meanwhile.
        self.forward_all(x, loss, outputs, &mut out.values)?;
        let (losses, cols) = (&mut losses[..rows], row.len());
        let (Some(layer), Some(values)) = (self.layers().last(), outputs.last_mut()) else {
            return Ok(Found::default());
        };
        let values = &mut values[..rows * cols];
        if loss.is_fused() {
            return Ok(of_outputs(loss, values, targets, batch, losses, row));
        }
        let (most, mut start) = (scratch.len() / cols, 0);
        for (y, losses) in values.chunks_mut(most * cols).zip(losses.chunks_mut(most)) {
            let d = &mut scratch[..y.len()];
            d.copy_from_slice(y);
            let targets = targets.rows(start, losses.len())?;
            start += losses.len();
            of_outputs(loss, d, targets, batch, losses, row);
            through(layer.activation(), y, d, cols);
        }
        Ok(Found {
            loss: sum(losses) / (batch as f64 * cols as f64),
            correct: 0,
        })
    }

    /// The outputs of every layer; of the last one the sums where its activation belongs to the loss.
    fn forward_all(
        &self,
        x: MatrixView<'_>,
        loss: Loss,
        outputs: &mut [Vec<f64>],
        scratch: &mut [f64],
    ) -> Result<(), ShapeError> {
        let rows = x.nrows();
        for (i, layer) in self.layers().iter().enumerate() {
            let (before, from_here) = outputs.split_at_mut(i);
            let input = match before.last() {
                None => x,
                Some(values) => view(rows, layer.inputs(), values),
            };
            let activated = i + 1 < self.layers().len() || !loss.is_fused();
            let out = &mut from_here[0][..rows * layer.outputs()];
            product(
                operand(input),
                operand(layer.weights().view()),
                out,
                scratch,
            )?;
            layer.finish(out, activated);
        }
        Ok(())
    }

    /// From the last layer's δ, which stands in the place of its outputs, to the first layer's.
    fn backward(&self, x: MatrixView<'_>, out: &mut Gradients) -> Result<(), ShapeError> {
        let rows = x.nrows();
        let Buffers {
            outputs, scratch, ..
        } = &mut out.buffers;
        let mut values = &mut out.values[..];
        for (i, layer) in self.layers().iter().enumerate().rev() {
            let (before, from_here) = outputs.split_at_mut(i);
            let outputs = layer.outputs();
            let [delta, dead @ ..] = from_here else {
                break;
            };
            let delta = view(rows, outputs, delta);
            let (rest, bias) = values.split_at_mut(values.len() - outputs);
            let (rest, weights) = rest.split_at_mut(rest.len() - layer.weights().len());
            values = rest;
            bias.fill(0.0);
            for row in delta.rows() {
                add_row(bias, row);
            }
            let cols = layer.inputs();
            let input = match before.last() {
                None => x,
                Some(values) => view(rows, cols, values),
            };
            // Idle are the δ of the layers behind and the place of the gradients of those before.
            let idle = dead.iter_mut().map(|delta| &mut delta[..]);
            let idle = idle.chain([&mut scratch[..], &mut *values]);
            let idle = idle.max_by_key(|values| values.len());
            let idle = idle.unwrap_or_default();
            product(operand(input).transposed(), operand(delta), weights, idle)?;
            let Some(before) = before.last_mut() else {
                break;
            };
            let before = &mut before[..rows * cols];
            let place = if values.len() < scratch.len() {
                &mut scratch[..]
            } else {
                &mut *values
            };
            let transposed = operand(layer.weights().view()).transposed();
            let activation = self.layers()[i - 1].activation();
            let most = rows.min((place.len() / 2 / cols).max(1));
            for (part, y) in before.chunks_mut(most * cols).enumerate() {
                let first = part * most;
                let delta = delta.view_rows(first..first + y.len() / cols)?;
                let (d, rest) = place.split_at_mut(y.len());
                product(operand(delta), transposed, d, rest)?;
                through(activation, y, d, cols);
            }
        }
        Ok(())
    }
}

/// The product of operands that fit, row by row into `out`, with packed blocks of B in `scratch`.
fn product(
    a: Operand<'_>,
    b: Operand<'_>,
    out: &mut [f64],
    scratch: &mut [f64],
) -> Result<(), ShapeError> {
    let shape @ (rows, cols) = (a.rows(), b.cols());
    let c = Output::new(out, rows, cols, cols);
    gemm(Some(scratch), a, Rhs::Plain(b), c).map_err(|_| ShapeError::OutOfMemory { shape })
}

/// The first rows of a buffer.
fn view(rows: usize, cols: usize, values: &[f64]) -> MatrixView<'_> {
    MatrixView::trusted(&values[..rows * cols], rows, cols)
}

/// Replaces an activation's outputs y, rows of `cols` values, by the derivative of the loss by its inputs, that by its
/// outputs being `d`.
fn through(activation: Activation, y: &mut [f64], d: &[f64], cols: usize) {
    dispatch(Through {
        activation,
        y,
        d,
        cols,
    });
}

struct Through<'a> {
    activation: Activation,
    y: &'a mut [f64],
    d: &'a [f64],
    cols: usize,
}

impl Kernel for Through<'_> {
    type Output = ();

    /// Plain loops, which are compiled for the ISA.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self {
            activation,
            y,
            d,
            cols,
        } = self;
        let pairs = y.iter_mut().zip(d);
        match activation {
            Activation::Identity => y.copy_from_slice(d),
            Activation::Sigmoid => pairs.for_each(|(y, d)| *y = d * (*y * (1.0 - *y))),
            Activation::Tanh => pairs.for_each(|(y, d)| *y = d * (1.0 - *y * *y)),
            Activation::Relu => pairs.for_each(|(y, d)| *y = if *y <= 0.0 { 0.0 } else { *d }),
            Activation::Softmax if cols == 0 => {}
            Activation::Softmax => {
                for (y, d) in y.chunks_exact_mut(cols).zip(d.chunks_exact(cols)) {
                    let mean = weighted_mean(y, d);
                    y.iter_mut().zip(d).for_each(|(y, d)| *y *= d - mean);
                }
            }
            // Refused by `check_loss`.
            Activation::Step => y.fill(0.0),
        }
    }
}

/// Σ y·d in the order of a row's sum.
#[inline(always)]
fn weighted_mean(y: &[f64], d: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    for (i, (y, d)) in y.iter().zip(d).enumerate() {
        lanes[i % 8] += y * d;
    }
    let [l0, l1, l2, l3, l4, l5, l6, l7] = lanes;
    ((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))
}
