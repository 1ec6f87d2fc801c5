//! A training run as one `.npz`: the arrays of its network, and beside them:
//!
//! | array | what |
//! | --- | --- |
//! | `train_kinds` | text: the format's version, optimiser, loss, schedule |
//! | `train_counts` | whole numbers: [`COUNTS`], then the generator's state in halves of 32 bits |
//! | `train_numbers` | [`NUMBERS`] |
//! | `train_first`, `train_second` | what the optimiser keeps for each parameter, once there is any |
//! | `train_best` | the parameters of the best epoch, where early stopping looks for it |
//! | `train_history` | a row for each epoch, NaN for what it has not |

use super::array::Array;
use super::bytes::quoted;
use super::error::Origin;
use super::{Error, Npz, NpzWriter};
use crate::Matrix;
use crate::nn::{Loss, Network};
use crate::random::Rng;
use crate::train::{Adam, Epoch, History, Optimizer, Options, Progress, Schedule, Sgd, Trainer};
use std::io::Write;
use std::path::Path;

const VERSION: &str = "1";
/// epoch, rows that are done, rows, correct, steps, waited; batch size, micro-batch, shuffle, warm-up, patience, the
/// schedule's epochs.
/// What may be missing counts from 1, 0 being none.
const COUNTS: usize = 12;
/// rate, momentum or beta1, beta2, epsilon, weight decay; the schedule's factor, the norm to clip to or 0; losses times
/// rows of the epoch's batches so far, seconds, the best loss.
const NUMBERS: usize = 10;
const LOSSES: [Loss; 3] = [
    Loss::CrossEntropy,
    Loss::BinaryCrossEntropy,
    Loss::MeanSquaredError,
];
/// number, loss, accuracy, loss and accuracy of the validation data, rate, seconds.
const EPOCH: usize = 7;

impl Trainer {
    /// Writes a checkpoint to an `.npz` file: the network, which [`Network::load`] finds there, what the optimiser keeps,
    /// the generator's state, options, history. The file appears complete or not at all: a process that is killed while it
    /// saves loses nothing of the checkpoint before.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be written.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Adam, Trainer}};
    /// use std::ops::ControlFlow;
    ///
    /// # let path = std::env::temp_dir().join(format!("rowmajor-doc-train-{}.npz", std::process::id()));
    /// let (x, y) = (matrix![[-1.0], [0.0], [1.0]], matrix![[-1.0], [1.0], [3.0]]);
    /// let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Identity)?])?;
    /// let mut trainer = Trainer::new(network, Adam::new(0.1), Loss::MeanSquaredError)?;
    /// trainer.fit(&x, &y, 10, |_| ControlFlow::Continue(()))?;
    /// trainer.save(&path)?;
    ///
    /// // In another process, on another CPU: the same bits as without the pause.
    /// let mut resumed = Trainer::load(&path)?;
    /// trainer.fit(&x, &y, 10, |_| ControlFlow::Continue(()))?;
    /// resumed.fit(&x, &y, 10, |_| ControlFlow::Continue(()))?;
    /// assert_eq!(resumed.network(), trainer.network());
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        NpzWriter::save(path, |npz| self.write_npz(npz))
    }

    /// Reads a checkpoint that [`save`](Trainer::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read; as [`from_npz`](Trainer::from_npz).
    ///
    /// ```
    /// let error = rowmajor::train::Trainer::load("no-such-file.npz").unwrap_err();
    /// assert!(error.to_string().starts_with("no-such-file.npz: "));
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Trainer, Error> {
        Self::from_npz(&Npz::load(path)?)
    }

    /// Adds a checkpoint's arrays to an archive.
    ///
    /// # Errors
    /// [`Error::Io`] where the writer fails, [`Error::Name`] where the archive has an array of one of the names.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[1.0]], vec![0.0], Activation::Tanh)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::MeanSquaredError)?;
    /// let mut npz = NpzWriter::new(Vec::new());
    /// trainer.write_npz(&mut npz)?;
    /// let npz = Npz::from_bytes(npz.finish()?)?;
    /// assert_eq!(Trainer::from_npz(&npz)?.network(), &Network::from_npz(&npz)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_npz<W: Write>(&self, npz: &mut NpzWriter<W>) -> Result<(), Error> {
        let (options, progress) = (&self.options, &self.progress);
        let (optimizer, [a, b, c], weight_decay) = match self.optimizer {
            Optimizer::Sgd(sgd) if sgd.nesterov => {
                ("nesterov", [sgd.momentum, 0.0, 0.0], sgd.weight_decay)
            }
            Optimizer::Sgd(sgd) => ("sgd", [sgd.momentum, 0.0, 0.0], sgd.weight_decay),
            Optimizer::Adam(adam) => (
                "adam",
                [adam.beta1, adam.beta2, adam.epsilon],
                adam.weight_decay,
            ),
        };
        let (schedule, schedule_epochs, factor) = match options.schedule {
            Schedule::Constant => ("constant", 0, 1.0),
            Schedule::Step { epochs, factor } => ("step", epochs, factor),
            Schedule::Cosine { epochs } => ("cosine", epochs, 1.0),
        };
        let optional = |count: Option<usize>| count.map_or(0, |count| count.saturating_add(1));
        let counts: [usize; COUNTS] = [
            progress.epoch,
            progress.done,
            progress.rows,
            progress.correct,
            usize::try_from(progress.steps).unwrap_or(usize::MAX),
            progress.waited,
            optional(options.batch_size),
            optional(options.micro_batch),
            usize::from(options.shuffle),
            options.warm_up,
            optional(options.patience),
            schedule_epochs,
        ];
        let mut all = [0; COUNTS + 8];
        all[..COUNTS].copy_from_slice(&counts);
        for (halves, state) in all[COUNTS..].chunks_exact_mut(2).zip(self.rng.state()) {
            // Of 32 bits each, which fit any usize.
            halves[0] = (state >> 32) as usize;
            halves[1] = (state & 0xffff_ffff) as usize;
        }
        let numbers: [f64; NUMBERS] = [
            self.optimizer.rate(),
            a,
            b,
            c,
            weight_decay,
            factor,
            options.clip_norm.unwrap_or(0.0),
            progress.loss,
            progress.seconds,
            progress.best_loss,
        ];
        self.network.write_npz(npz)?;
        npz.text(
            "train_kinds",
            &[VERSION, optimizer, self.loss.name(), schedule],
        )?;
        npz.labels("train_counts", &all)?;
        npz.vector("train_numbers", &numbers)?;
        let [first, second] = &self.kept;
        for (name, values) in [
            ("train_first", first),
            ("train_second", second),
            ("train_best", &self.best),
        ] {
            if !values.is_empty() {
                npz.vector(name, values)?;
            }
        }
        let epochs = self.history.epochs();
        let mut history = Matrix::try_filled(epochs.len(), EPOCH, f64::NAN)?;
        for (i, epoch) in epochs.iter().enumerate() {
            let none = f64::NAN;
            history.row_mut(i).copy_from_slice(&[
                epoch.number as f64,
                epoch.loss,
                epoch.accuracy.unwrap_or(none),
                epoch.validation_loss.unwrap_or(none),
                epoch.validation_accuracy.unwrap_or(none),
                epoch.rate,
                epoch.seconds,
            ]);
        }
        npz.matrix("train_history", &history)?;
        Ok(())
    }

    /// The training run that an archive holds.
    ///
    /// # Errors
    /// As [`Network::from_npz`]; [`Error::Missing`], [`Error::Kind`] and [`Error::Value`] name the array that is not
    /// there or holds something else than it should.
    ///
    /// ```
    /// let npz = rowmajor::io::Npz::load("examples/data/digits-network.npz")?; // a network alone
    /// let error = rowmajor::train::Trainer::from_npz(&npz).unwrap_err();
    /// assert!(error.to_string().contains(r#"no array "train_kinds""#));
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn from_npz(npz: &Npz) -> Result<Trainer, Error> {
        let network = Network::from_npz(npz)?;
        let (kinds, kinds_origin) = array(npz, "train_kinds")?;
        let kinds = list(kinds.into_text()?, 4, &kinds_origin)?;
        let (counts, counts_origin) = array(npz, "train_counts")?;
        let counts = list(counts.to_labels()?, COUNTS + 8, &counts_origin)?;
        let (numbers, numbers_origin) = array(npz, "train_numbers")?;
        let numbers = list(numbers.into_vector()?, NUMBERS, &numbers_origin)?;

        let unknown = |index: usize, expected: &'static str| {
            kinds_origin.value(index, expected, quoted(&kinds[index]))
        };
        if kinds[0] != VERSION {
            return Err(unknown(0, "version 1 of the format"));
        }
        let sgd = Sgd {
            rate: numbers[0],
            momentum: numbers[1],
            nesterov: kinds[1] == "nesterov",
            weight_decay: numbers[4],
        };
        let optimizer = match kinds[1].as_str() {
            "sgd" | "nesterov" => Optimizer::Sgd(sgd),
            "adam" => Optimizer::Adam(Adam {
                rate: numbers[0],
                beta1: numbers[1],
                beta2: numbers[2],
                epsilon: numbers[3],
                weight_decay: numbers[4],
            }),
            _ => return Err(unknown(1, "sgd, nesterov or adam")),
        };
        let loss = LOSSES.into_iter().find(|loss| loss.name() == kinds[2]);
        let loss = loss.ok_or_else(|| unknown(2, "the name of a loss"))?;
        let (epochs, factor) = (counts[11], numbers[5]);
        let schedule = match kinds[3].as_str() {
            "constant" => Schedule::Constant,
            "step" => Schedule::Step { epochs, factor },
            "cosine" => Schedule::Cosine { epochs },
            _ => return Err(unknown(3, "constant, step or cosine")),
        };
        let last = network.layers().last().map(|layer| layer.activation());
        let mut trainer = Trainer::new(network, optimizer, loss).map_err(|error| {
            let of = last.map_or("", |activation| activation.name());
            kinds_origin.kind(
                "a loss for the network",
                format!("{error} (the network ends in {of})"),
            )
        })?;
        let optional = |count: usize| count.checked_sub(1);
        trainer.options = Options {
            batch_size: optional(counts[6]),
            micro_batch: optional(counts[7]),
            shuffle: counts[8] != 0,
            clip_norm: (numbers[6] != 0.0).then_some(numbers[6]),
            schedule,
            warm_up: counts[9],
            patience: optional(counts[10]),
        };
        trainer.progress = Progress {
            epoch: counts[0],
            done: counts[1],
            rows: counts[2],
            correct: counts[3],
            steps: counts[4] as u64,
            waited: counts[5],
            loss: numbers[7],
            seconds: numbers[8],
            best_loss: numbers[9],
        };
        trainer.rng = generator(&counts[COUNTS..], &counts_origin)?;
        let parameters = trainer.network.parameters();
        // There are none before the first step, or the first epoch.
        let values = |name: &str, wanted: bool, needed: bool| -> Result<Vec<f64>, Error> {
            if !wanted || !needed && !npz.contains(name) {
                return Ok(Vec::new());
            }
            let (values, origin) = array(npz, name)?;
            let values = list(values.into_vector()?, parameters, &origin)?;
            match values.iter().position(|x| !x.is_finite()) {
                // Early stopping would make a network of it; a step by what is kept is checked.
                Some(i) if name == "train_best" => {
                    Err(origin.value(i, "a finite number", values[i].to_string()))
                }
                _ => Ok(values),
            }
        };
        let (kept, stepped) = (optimizer.kept(), trainer.progress.steps > 0);
        trainer.kept = [
            values("train_first", kept > 0, stepped)?,
            values("train_second", kept > 1, stepped)?,
        ];
        let (stops, found) = (
            trainer.options.patience.is_some(),
            trainer.progress.best_loss.is_finite(),
        );
        trainer.best = values("train_best", stops, found)?;
        trainer.history = history(npz, trainer.progress.epoch)?;
        Ok(trainer)
    }
}

/// An array, and where it is from.
fn array(npz: &Npz, name: &str) -> Result<(Array, Origin), Error> {
    let array = npz.get(name)?;
    let origin = array.origin().clone();
    Ok((array, origin))
}

/// A list, if it has the length.
fn list<T>(values: Vec<T>, len: usize, origin: &Origin) -> Result<Vec<T>, Error> {
    if values.len() != len {
        return Err(origin.kind(
            "a checkpoint's list",
            format!("{} values instead of {len}", values.len()),
        ));
    }
    Ok(values)
}

/// The generator of a state in halves.
fn generator(halves: &[usize], origin: &Origin) -> Result<Rng, Error> {
    const HALF: u64 = 1 << 32;
    if let Some(i) = halves.iter().position(|&half| half as u64 >= HALF) {
        let found = halves[i].to_string();
        return Err(origin.value(COUNTS + i, "a number below 2^32", found));
    }
    let mut state = [0; 4];
    for (state, halves) in state.iter_mut().zip(halves.chunks_exact(2)) {
        *state = (halves[0] as u64) << 32 | halves[1] as u64;
    }
    Rng::from_state(state)
        .ok_or_else(|| origin.value(COUNTS, "a generator's state", "nothing but 0".to_owned()))
}

fn history(npz: &Npz, epochs: usize) -> Result<History, Error> {
    let (table, origin) = array(npz, "train_history")?;
    let table = table.into_table()?;
    if table.shape() != (epochs, EPOCH) {
        let (rows, cols) = table.shape();
        let found = format!("{rows}x{cols} instead of {epochs}x{EPOCH}");
        return Err(origin.kind("a row for each epoch", found));
    }
    let mut epochs = origin.try_vec(table.nrows())?;
    for (i, row) in table.rows().enumerate() {
        let &[
            number,
            loss,
            accuracy,
            validation_loss,
            validation_accuracy,
            rate,
            seconds,
        ] = row
        else {
            continue;
        };
        // Whole, and counted from 1.
        if number != (i + 1) as f64 {
            let found = number.to_string();
            return Err(origin.value(i * EPOCH, "epochs in order, from 1", found));
        }
        let some = |x: f64| (!x.is_nan()).then_some(x);
        epochs.push(Epoch {
            number: i + 1,
            loss,
            accuracy: some(accuracy),
            validation_loss: some(validation_loss),
            validation_accuracy: some(validation_accuracy),
            rate,
            seconds,
        });
    }
    Ok(History { epochs })
}
