//! One epoch: its order, its batches, what it needs in memory.

use super::trainer::{advance, parameters};
use super::{TrainError, Trainer};
use crate::matrix::{checked_len, try_vec};
use crate::nn::{Gradients, Network, Targets};
use crate::random::Rng;
use crate::{MatrixView, ShapeError};

/// Buffers, kept from epoch to epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) gradients: Gradients,
    /// Those of a further micro-batch.
    more: Gradients,
    /// The order of the rows, where they are shuffled, and the generator after it was made.
    order: Vec<usize>,
    after: Option<Rng>,
    /// Rows of a micro-batch, and what they should give, where they are shuffled.
    rows: Vec<f64>,
    labels: Vec<usize>,
    values: Vec<f64>,
    /// The parameters at the start of the epoch.
    start: Vec<f64>,
}

/// What a network is trained on: checked.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    pub(super) x: MatrixView<'a>,
    pub(super) targets: Targets<'a>,
}

impl Trainer {
    /// The memory for an epoch of these data.
    pub(super) fn prepare(&mut self, data: Data<'_>) -> Result<(), ShapeError> {
        let rows = data.x.nrows();
        let size = self.size(rows);
        let part = self.options.micro_batch.unwrap_or(size).min(size);
        self.prepare_kept()?;
        let Work {
            gradients,
            more,
            order,
            rows: copies,
            labels,
            values,
            start,
            ..
        } = &mut self.work;
        let parameters = self.network.parameters();
        fit(start, parameters, 0.0)?;
        if self.options.patience.is_some() && self.best.is_empty() {
            self.best = try_vec(parameters, 0.0)?;
            copy_parameters(&self.network, &mut self.best);
        }
        gradients.prepare(&self.network, part, self.loss)?;
        if part < size {
            more.prepare(&self.network, part, self.loss)?;
        }
        if self.options.shuffle {
            fit(order, rows, 0)?;
            fit(copies, checked_len(part, data.x.ncols())?, 0.0)?;
            match data.targets {
                Targets::Labels(_) => fit(labels, part, 0)?,
                Targets::Values(targets) => fit(values, checked_len(part, targets.ncols())?, 0.0)?,
            }
        }
        self.history
            .epochs
            .try_reserve(1)
            .map_err(|_| ShapeError::OutOfMemory { shape: (1, 1) })
    }

    /// The order of the epoch, and where to go back to.
    pub(super) fn begin_epoch(&mut self, rows: usize) {
        let work = &mut self.work;
        copy_parameters(&self.network, &mut work.start);
        let mut rng = self.rng.clone();
        if self.options.shuffle {
            work.order.clear();
            work.order.extend(0..rows);
            rng.shuffle(&mut work.order);
        }
        work.after = Some(rng);
    }

    /// The generator moves on to the next epoch.
    pub(super) fn end_epoch(&mut self) {
        if let Some(after) = self.work.after.take() {
            self.rng = after;
        }
    }

    /// The parameters as they were when the epoch began; the optimiser starts anew.
    pub(super) fn go_back(&mut self) {
        set_parameters(&mut self.network, &self.work.start);
        self.kept.iter_mut().for_each(|kept| kept.fill(0.0));
        let progress = &mut self.progress;
        (progress.steps, progress.done) = (0, 0);
        (progress.loss, progress.correct, progress.seconds) = (0.0, 0, 0.0);
    }

    /// The next batch of the epoch: its gradients, and a step.
    pub(super) fn batch(&mut self, data: Data<'_>) -> Result<(), TrainError> {
        let rows = data.x.nrows();
        let (size, start) = (self.size(rows), self.progress.done);
        let count = size.min(rows - start);
        let part = self.options.micro_batch.unwrap_or(count);
        let work = &mut self.work;
        for from in (start..start + count).step_by(part) {
            let part = part.min(start + count - from);
            let Work {
                gradients,
                more,
                order,
                rows: copies,
                labels,
                values,
                ..
            } = &mut *work;
            let Data { x, targets } = match self.options.shuffle {
                false => data.part(from, part)?,
                true => data.copied(&order[from..from + part], copies, labels, values),
            };
            let first = from == start;
            let out = if first { &mut *gradients } else { &mut *more };
            self.network
                .propagate("fit", x, targets, self.loss, count, out)?;
            if !first {
                gradients.add(more)?;
            }
        }
        let loss = work.gradients.loss();
        if !loss.is_finite() {
            return Err(TrainError::Diverged {
                epoch: self.progress.epoch + 1,
                batch: start.div_ceil(size) + 1,
                loss,
            });
        }
        let rate = self.rate();
        let scale = self.scale(self.work.gradients.as_slice());
        advance(
            &mut self.network,
            &self.optimizer,
            scale,
            rate,
            self.progress.steps + 1,
            self.work.gradients.as_slice(),
            &mut self.kept,
        );
        let progress = &mut self.progress;
        progress.steps += 1;
        progress.done += count;
        progress.rows = rows;
        progress.loss += loss * count as f64;
        progress.correct += self.work.gradients.correct();
        Ok(())
    }

    /// The mean loss of validation data, and how many labels are right.
    pub(super) fn validate(&mut self, data: Data<'_>) -> Result<(f64, usize), TrainError> {
        let gradients = &mut self.work.gradients;
        self.network
            .losses("fit", data.x, data.targets, self.loss, gradients)?;
        let (loss, epoch) = (gradients.loss(), self.progress.epoch + 1);
        if !loss.is_finite() {
            let batch = 0;
            return Err(TrainError::Diverged { epoch, batch, loss });
        }
        Ok((loss, gradients.correct()))
    }

    /// Every parameter, and what the optimiser keeps for it, is a finite number.
    pub(super) fn check_parameters(&self, loss: f64) -> Result<(), TrainError> {
        if parameters(&self.network).all(finite) && self.kept.iter().all(|kept| finite(kept)) {
            return Ok(());
        }
        Err(TrainError::Diverged {
            epoch: self.progress.epoch + 1,
            batch: self.progress.done.div_ceil(self.size(self.progress.rows)),
            loss,
        })
    }
}

impl<'a> Data<'a> {
    /// `count` rows from `start` on.
    fn part(&self, start: usize, count: usize) -> Result<Data<'a>, ShapeError> {
        Ok(Data {
            x: self.x.view_rows(start..start + count)?,
            targets: self.targets.rows(start, count)?,
        })
    }

    /// The rows of these numbers, copied.
    fn copied<'b>(
        &self,
        order: &[usize],
        rows: &'b mut [f64],
        labels: &'b mut [usize],
        values: &'b mut [f64],
    ) -> Data<'b> {
        Data {
            x: copied(self.x, order, rows),
            targets: match self.targets {
                Targets::Labels(all) => {
                    let labels = &mut labels[..order.len()];
                    labels
                        .iter_mut()
                        .zip(order)
                        .for_each(|(label, &i)| *label = all[i]);
                    Targets::Labels(labels)
                }
                Targets::Values(all) => Targets::Values(copied(all, order, values)),
            },
        }
    }
}

fn copied<'b>(from: MatrixView<'_>, order: &[usize], to: &'b mut [f64]) -> MatrixView<'b> {
    let cols = from.ncols();
    let to = &mut to[..order.len() * cols];
    if cols > 0 {
        for (to, &row) in to.chunks_exact_mut(cols).zip(order) {
            to.copy_from_slice(from.row(row));
        }
    }
    MatrixView::trusted(to, order.len(), cols)
}

/// Without an early end, which would keep the loop from being vectorised.
#[inline(never)]
fn finite(values: &[f64]) -> bool {
    values.iter().fold(true, |all, x| all & x.is_finite())
}

/// A buffer of this length.
fn fit<T: Clone>(buffer: &mut Vec<T>, len: usize, value: T) -> Result<(), ShapeError> {
    if buffer.len() != len {
        let more = len.saturating_sub(buffer.len());
        buffer
            .try_reserve_exact(more)
            .map_err(|_| ShapeError::OutOfMemory { shape: (1, len) })?;
        buffer.resize(len, value);
    }
    Ok(())
}

pub(super) fn copy_parameters(network: &Network, mut to: &mut [f64]) {
    for values in parameters(network) {
        let (here, rest) = to.split_at_mut(values.len());
        here.copy_from_slice(values);
        to = rest;
    }
}

pub(super) fn set_parameters(network: &mut Network, mut from: &[f64]) {
    for layer in network.layers_mut() {
        let (weights, bias) = layer.values_mut();
        for values in [weights, bias] {
            let (here, rest) = from.split_at(values.len());
            values.copy_from_slice(here);
            from = rest;
        }
    }
}
