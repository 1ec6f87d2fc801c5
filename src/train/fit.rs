//! [`Trainer::fit`]: epoch after epoch.

use super::epoch::{Data, copy_parameters, set_parameters};
use super::error::option;
use super::{Epoch, TrainError, Trainer};
use crate::nn::Targets;
use crate::{MatrixView, ShapeError};
use std::ops::ControlFlow;
use std::time::Instant;

/// When to stop.
#[derive(Clone, Copy)]
enum Until {
    Epoch(usize),
    Batches(usize),
}

impl Trainer {
    /// Trains for so many further epochs: rows of x are samples, with a target for each. `on_epoch` sees each epoch when
    /// it is done, and may stop the training.
    ///
    /// An epoch that [`fit_batches`](Trainer::fit_batches) left is completed first and counts as one.
    ///
    /// # Errors
    /// [`TrainError::Option`] where an option cannot be, [`TrainError::Gradient`] where data and targets do not fit: the
    /// network is then as it was. [`TrainError::Diverged`] where the loss or a weight is no finite number any more, as
    /// from NaN in the data or too large a rate: the weights are then those of the last good epoch, and the optimiser, where
    /// it has made a step since, starts anew; so too where memory ends within an epoch.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// use std::ops::ControlFlow;
    ///
    /// // A line through three points.
    /// let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Identity)?])?;
    /// let mut trainer = Trainer::new(network, Sgd::new(0.2), Loss::MeanSquaredError)?;
    /// let (x, y) = (matrix![[-1.0], [0.0], [1.0]], matrix![[-1.0], [1.0], [3.0]]);
    /// trainer.fit(&x, &y, 200, |_| ControlFlow::Continue(()))?;
    /// let layer = &trainer.network().layers()[0];
    /// assert!((layer.weights()[(0, 0)] - 2.0).abs() < 1e-9 && (layer.bias()[0] - 1.0).abs() < 1e-9);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn fit<'a>(
        &mut self,
        x: impl Into<MatrixView<'a>>,
        targets: impl Into<Targets<'a>>,
        epochs: usize,
        on_epoch: impl FnMut(&Epoch) -> ControlFlow<()>,
    ) -> Result<(), TrainError> {
        let data = self.checked(x.into(), targets.into())?;
        self.run(data, None, self.until(epochs)?, on_epoch)
    }

    /// [`fit`](Trainer::fit), with the loss of other data after each epoch.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit), for both.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// use std::ops::ControlFlow;
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Identity)?])?;
    /// let mut trainer = Trainer::new(network, Sgd::new(0.2), Loss::MeanSquaredError)?.early_stopping(3);
    /// let (x, y) = (matrix![[-1.0], [1.0]], matrix![[-1.0], [3.0]]);
    /// trainer.fit_validated(&x, &y, &matrix![[3.0]], &matrix![[6.0]], 200, |_| ControlFlow::Continue(()))?;
    /// // 2·3 + 1 is not 6: the best line was found on the way.
    /// assert!(trainer.epoch() < 20);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn fit_validated<'a>(
        &mut self,
        x: impl Into<MatrixView<'a>>,
        targets: impl Into<Targets<'a>>,
        validation_x: impl Into<MatrixView<'a>>,
        validation_targets: impl Into<Targets<'a>>,
        epochs: usize,
        on_epoch: impl FnMut(&Epoch) -> ControlFlow<()>,
    ) -> Result<(), TrainError> {
        let data = self.checked(x.into(), targets.into())?;
        let validation = self.checked(validation_x.into(), validation_targets.into())?;
        self.run(data, Some(validation), self.until(epochs)?, on_epoch)
    }

    /// Trains for so many further batches, across the ends of epochs: for a run that is stopped, [saved](Trainer::save)
    /// and continued within an epoch.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit); an epoch that an earlier call began then begins anew, with the weights of that call's end,
    /// where this call has made a step.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Identity)?])?;
    /// let mut trainer = Trainer::new(network, Sgd::new(0.2), Loss::MeanSquaredError)?.batch_size(1);
    /// let (x, y) = (matrix![[-1.0], [0.0], [1.0]], matrix![[-1.0], [1.0], [3.0]]);
    /// trainer.fit_batches(&x, &y, 7)?;
    /// assert_eq!(trainer.epoch(), 2);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn fit_batches<'a>(
        &mut self,
        x: impl Into<MatrixView<'a>>,
        targets: impl Into<Targets<'a>>,
        batches: usize,
    ) -> Result<(), TrainError> {
        if batches == 0 {
            return Err(option("batches", "at least 1", 0));
        }
        let data = self.checked(x.into(), targets.into())?;
        let go_on = |_: &Epoch| ControlFlow::Continue(());
        self.run(data, None, Until::Batches(batches), go_on)
    }

    fn until(&self, epochs: usize) -> Result<Until, TrainError> {
        match epochs {
            0 => Err(option("epochs", "at least 1", 0)),
            _ => Ok(Until::Epoch(self.progress.epoch.saturating_add(epochs))),
        }
    }

    /// Options are in their ranges; data fit the network and the loss, and there are some.
    fn checked<'a>(&self, x: MatrixView<'a>, targets: Targets<'a>) -> Result<Data<'a>, TrainError> {
        let (op, rows, shape) = ("fit", x.nrows(), x.shape());
        self.check_options()?;
        self.network.check_input(op, x)?;
        if rows == 0 {
            return Err(ShapeError::Empty { op, shape }.into());
        }
        self.network.check_targets(op, rows, targets, self.loss)?;
        Ok(Data { x, targets })
    }

    fn run(
        &mut self,
        data: Data<'_>,
        validation: Option<Data<'_>>,
        until: Until,
        mut on_epoch: impl FnMut(&Epoch) -> ControlFlow<()>,
    ) -> Result<(), TrainError> {
        let rows = data.x.nrows();
        if let Some(size) = self.options.batch_size.filter(|&size| size > rows) {
            let expected = format!("at most the {rows} rows of the data");
            return Err(option("batch_size", expected, size));
        }
        if self.progress.done > 0 && self.progress.rows != rows {
            let expected = format!("the {} of the epoch that was begun", self.progress.rows);
            return Err(option("rows", expected, rows));
        }
        self.prepare(data)?;
        let mut left = match until {
            Until::Batches(batches) => batches,
            Until::Epoch(_) => usize::MAX,
        };
        loop {
            self.begin_epoch(rows);
            let before = self.progress.done;
            let count = left.min(rows.saturating_sub(before).div_ceil(self.size(rows)));
            let epoch = match self.epoch_of(data, validation, count) {
                Ok(epoch) => epoch,
                Err(error) => {
                    // Before the first step of this call nothing has changed.
                    if self.progress.done > before {
                        self.go_back();
                    }
                    return Err(error);
                }
            };
            left -= count;
            let Some(epoch) = epoch else { return Ok(()) };
            let early = self.stops_early(&epoch);
            // First, so that a callback that panics leaves a history of all epochs.
            self.history.epochs.push(epoch);
            let last = self.history.epochs.last();
            let stopped = last.is_some_and(|epoch| on_epoch(epoch).is_break()) || early;
            let done = match until {
                Until::Epoch(end) => self.progress.epoch >= end,
                Until::Batches(_) => left == 0,
            };
            if stopped || done {
                return Ok(());
            }
            let epochs = &mut self.history.epochs;
            epochs
                .try_reserve(1)
                .map_err(|_| ShapeError::OutOfMemory { shape: (1, 1) })?;
        }
    }

    /// So many further batches of an epoch; the epoch where it is done with them.
    fn epoch_of(
        &mut self,
        data: Data<'_>,
        validation: Option<Data<'_>>,
        count: usize,
    ) -> Result<Option<Epoch>, TrainError> {
        let (stopwatch, rows) = (Stopwatch::start(), data.x.nrows());
        let (rate, before) = (self.rate(), self.progress.seconds);
        for _ in 0..count {
            self.batch(data)?;
        }
        self.progress.seconds = before + stopwatch.seconds();
        let loss = self.progress.loss / self.progress.done as f64;
        self.check_parameters(loss)?;
        if self.progress.done < rows {
            return Ok(None);
        }
        let share = |correct: usize, data: Data<'_>| match data.targets {
            Targets::Labels(labels) => Some(correct as f64 / labels.len() as f64),
            Targets::Values(_) => None,
        };
        let validated = match validation {
            Some(data) => {
                let (loss, correct) = self.validate(data)?;
                (Some(loss), share(correct, data))
            }
            None => (None, None),
        };
        self.end_epoch();
        let progress = &mut self.progress;
        progress.epoch += 1;
        let epoch = Epoch {
            number: progress.epoch,
            loss,
            accuracy: share(progress.correct, data),
            validation_loss: validated.0,
            validation_accuracy: validated.1,
            rate,
            seconds: before + stopwatch.seconds(),
        };
        (progress.done, progress.loss) = (0, 0.0);
        (progress.correct, progress.seconds) = (0, 0.0);
        Ok(Some(epoch))
    }

    /// Whether early stopping has waited long enough; the network is then that of the best epoch.
    fn stops_early(&mut self, epoch: &Epoch) -> bool {
        let Some(patience) = self.options.patience else {
            return false;
        };
        let loss = epoch.validation_loss.unwrap_or(epoch.loss);
        let progress = &mut self.progress;
        if loss < progress.best_loss {
            (progress.best_loss, progress.waited) = (loss, 0);
            copy_parameters(&self.network, &mut self.best);
            return false;
        }
        progress.waited += 1;
        if progress.waited < patience {
            return false;
        }
        progress.waited = 0;
        set_parameters(&mut self.network, &self.best);
        true
    }
}

/// How long something takes; no time at all in a browser's WebAssembly, where the standard library has no clock and would
/// panic.
struct Stopwatch(Option<Instant>);

impl Stopwatch {
    fn start() -> Self {
        let clock = !cfg!(all(target_family = "wasm", target_os = "unknown"));
        Self(clock.then(Instant::now))
    }

    fn seconds(&self) -> f64 {
        self.0.map_or(0.0, |start| start.elapsed().as_secs_f64())
    }
}
