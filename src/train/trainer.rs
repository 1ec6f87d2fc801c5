//! [`Trainer`]: a network on its way, with all that decides where it goes.

use super::epoch::Work;
use super::error::option;
use super::{History, Optimizer, Schedule, TrainError};
use crate::ShapeError;
use crate::matrix::try_vec;
use crate::nn::{Dense, Loss, Network};
use crate::random::Rng;
use crate::vecmath::sum_of_squares;

/// A network, an optimiser and a loss; batches, shuffling and everything else that decides the weights it ends in.
///
/// Options are set by methods that hand the trainer on; [`fit`](Trainer::fit) says where one cannot be.
///
/// ```
/// use rowmajor::nn::{Activation, Init, Loss, Network};
/// use rowmajor::train::{Adam, Schedule, Trainer};
/// use rowmajor::{Matrix, random::Rng};
/// use std::ops::ControlFlow;
///
/// let network = Network::init(&[4, 8, 3], &[Activation::Relu, Activation::Softmax], Init::He, &mut Rng::new(0))?;
/// let mut trainer = Trainer::new(network, Adam::new(0.01), Loss::CrossEntropy)?
///     .batch_size(16)
///     .seed(42)
///     .schedule(Schedule::Cosine { epochs: 5 });
/// let (x, labels) = (Matrix::from_fn(60, 4, |i, j| (i * j % 7) as f64), vec![1; 60]);
/// trainer.fit(&x, &labels, 5, |epoch| {
///     println!("epoch {}: loss {:.3}", epoch.number, epoch.loss);
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(trainer.epoch(), 5);
/// # Ok::<(), rowmajor::train::TrainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer {
    pub(crate) network: Network,
    pub(crate) optimizer: Optimizer,
    pub(crate) loss: Loss,
    pub(crate) options: Options,
    /// As it was at the start of the epoch.
    pub(crate) rng: Rng,
    /// What the optimiser keeps for each parameter: as long as these, or empty before the first step.
    pub(crate) kept: [Vec<f64>; 2],
    pub(crate) progress: Progress,
    pub(crate) history: History,
    /// The weights of the best epoch, where early stopping looks for it.
    pub(crate) best: Vec<f64>,
    pub(super) work: Work,
}

/// What the methods set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) batch_size: Option<usize>,
    pub(crate) micro_batch: Option<usize>,
    pub(crate) shuffle: bool,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) schedule: Schedule,
    pub(crate) warm_up: usize,
    pub(crate) patience: Option<usize>,
}

/// How far the run is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    /// Epochs that are done.
    pub(crate) epoch: usize,
    /// Rows of the next epoch that are done, of so many.
    pub(crate) done: usize,
    pub(crate) rows: usize,
    /// Over those that are done: losses times rows, labels that were right, seconds.
    pub(crate) loss: f64,
    pub(crate) correct: usize,
    pub(crate) seconds: f64,
    /// Steps of the optimiser.
    pub(crate) steps: u64,
    /// The smallest loss that early stopping saw, and how many epochs ago.
    pub(crate) best_loss: f64,
    pub(crate) waited: usize,
}

impl Trainer {
    /// A trainer of `network`, for batches of 32 rows, shuffled from seed 0.
    ///
    /// # Errors
    /// [`TrainError::Gradient`] where the loss does not fit the last activation, or a layer has none that can be trained.
    ///
    /// ```
    /// use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    ///
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Step)?])?;
    /// let error = Trainer::new(network, Sgd::new(0.1), Loss::MeanSquaredError).unwrap_err();
    /// assert_eq!(error.to_string(), "layer 0: step has no derivative to train by");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn new(
        network: Network,
        optimizer: impl Into<Optimizer>,
        loss: Loss,
    ) -> Result<Trainer, TrainError> {
        network.check_loss(loss)?;
        Ok(Trainer {
            network,
            optimizer: optimizer.into(),
            loss,
            options: Options {
                batch_size: None,
                micro_batch: None,
                shuffle: true,
                clip_norm: None,
                schedule: Schedule::Constant,
                warm_up: 0,
                patience: None,
            },
            rng: Rng::new(0),
            kept: [Vec::new(), Vec::new()],
            progress: Progress {
                epoch: 0,
                done: 0,
                rows: 0,
                loss: 0.0,
                correct: 0,
                seconds: 0.0,
                steps: 0,
                best_loss: f64::INFINITY,
                waited: 0,
            },
            history: History::default(),
            best: Vec::new(),
            work: Work::default(),
        })
    }

    /// How many rows a step is made of: 1 to the rows of the data. Without it 32, or all where there are fewer.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.batch_size(100);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn batch_size(mut self, rows: usize) -> Trainer {
        self.options.batch_size = Some(rows);
        self
    }

    /// Adds a batch's gradients up from those of so many rows at a time, in order. Each of these can then be computed
    /// elsewhere ([`Network::gradients_into`]), by any number of threads or processes, with the same weights in the end.
    ///
    /// Costs a second list of gradients, as long as the parameters.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.batch_size(100).micro_batch(25);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn micro_batch(mut self, rows: usize) -> Trainer {
        self.options.micro_batch = Some(rows);
        self
    }

    /// Whether each epoch takes the rows in a new random order; it does unless told otherwise.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.shuffle(false);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Trainer {
        self.options.shuffle = shuffle;
        self
    }

    /// The seed of the orders; to be set before an epoch begins.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.seed(42);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Trainer {
        self.rng = Rng::new(seed);
        self
    }

    /// Scales gradients down to this norm, the square root of the sum of all their squares, where theirs is larger.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.clip_norm(1.0);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn clip_norm(mut self, norm: f64) -> Trainer {
        self.options.clip_norm = Some(norm);
        self
    }

    /// How the learning rate changes from epoch to epoch.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Schedule, Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?
    ///     .schedule(Schedule::Step { epochs: 10, factor: 0.5 });
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn schedule(mut self, schedule: Schedule) -> Trainer {
        self.options.schedule = schedule;
        self
    }

    /// Lets the learning rate rise in so many first epochs, epoch by epoch in equal steps, to what it would be.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Adam, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Adam::new(0.1), Loss::CrossEntropy)?.warm_up(4);
    /// assert_eq!(trainer.rate(), 0.025);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn warm_up(mut self, epochs: usize) -> Trainer {
        self.options.warm_up = epochs;
        self
    }

    /// Stops after so many epochs without a smaller loss, of the validation data where there are some, and goes back to
    /// the weights of the epoch whose loss was the smallest. A run that ends before keeps its last weights.
    ///
    /// Costs a copy of the weights.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Adam, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Adam::new(0.1), Loss::CrossEntropy)?.early_stopping(5);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn early_stopping(mut self, patience: usize) -> Trainer {
        self.options.patience = Some(patience);
        self
    }

    /// The network as it is now.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?;
    /// assert_eq!(trainer.network().outputs(), 3);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network, without a copy.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let network = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.into_network();
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn into_network(self) -> Network {
        self.network
    }

    /// The optimiser.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?;
    /// assert_eq!(trainer.optimizer().rate(), 0.1);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// The loss.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?;
    /// assert_eq!(trainer.loss(), Loss::CrossEntropy);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// The epochs that are done, with their losses.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// let trainer = Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?;
    /// assert!(trainer.history().epochs().is_empty());
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How many epochs are done.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.epoch(), 0);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn epoch(&self) -> usize {
        self.progress.epoch
    }

    /// The learning rate of the next step.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(Trainer::new(network, Sgd::new(0.1), Loss::CrossEntropy)?.rate(), 0.1);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn rate(&self) -> f64 {
        let (epoch, warm_up) = (self.progress.epoch, self.options.warm_up);
        let rate = self.optimizer.rate() * self.options.schedule.factor(epoch);
        if epoch < warm_up {
            rate * ((epoch + 1) as f64 / warm_up as f64)
        } else {
            rate
        }
    }

    /// One step of the optimiser, by gradients as [`Gradients::as_slice`](crate::nn::Gradients::as_slice) has them,
    /// wherever they were computed: what [`fit`](Trainer::fit) does after each batch. Epochs are not counted.
    ///
    /// # Errors
    /// [`TrainError::Option`] where an option cannot be, [`ShapeError::Length`] within [`TrainError::Gradient`] where
    /// there is not one gradient for each parameter, [`ShapeError::OutOfMemory`]. The network is then as it was.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[1.0]], vec![0.5], Activation::Identity)?])?;
    /// let mut trainer = Trainer::new(network, Sgd::new(0.25), Loss::MeanSquaredError)?;
    /// trainer.step(&[2.0, -2.0])?;
    /// assert_eq!(trainer.network().layers()[0].weights(), &matrix![[0.5]]);
    /// assert_eq!(trainer.network().layers()[0].bias(), [1.0]);
    /// # Ok::<(), rowmajor::train::TrainError>(())
    /// ```
    pub fn step(&mut self, gradients: &[f64]) -> Result<(), TrainError> {
        self.check_options()?;
        let expected = self.network.parameters();
        if gradients.len() != expected {
            return Err(TrainError::from(ShapeError::Length {
                op: "step",
                expected,
                found: gradients.len(),
            }));
        }
        if let Some(value) = gradients.iter().find(|value| !value.is_finite()) {
            return Err(option("gradients", "finite values", value));
        }
        let scale = self.scale(gradients);
        let squares = self.optimizer.kept() > 1 && gradients.iter().any(|g| (g * g).is_infinite());
        if squares || scale.is_nan() {
            return Err(option("gradients", "finite squares", f64::INFINITY));
        }
        self.prepare_kept()?;
        let rate = self.rate();
        advance(
            &mut self.network,
            &self.optimizer,
            scale,
            rate,
            self.progress.steps + 1,
            gradients,
            &mut self.kept,
        );
        self.progress.steps += 1;
        Ok(())
    }

    /// What clips these gradients; NaN where their squares overflow, so that the step is an error, not one by nothing.
    pub(super) fn scale(&self, gradients: &[f64]) -> f64 {
        self.options
            .clip_norm
            .map_or(1.0, |clip| match norm(&self.network, gradients) {
                f64::INFINITY => f64::NAN,
                norm if norm > clip => clip / norm,
                _ => 1.0,
            })
    }

    /// What the optimiser keeps has its length.
    pub(super) fn prepare_kept(&mut self) -> Result<(), ShapeError> {
        let parameters = self.network.parameters();
        for kept in self.kept.iter_mut().take(self.optimizer.kept()) {
            if kept.len() != parameters {
                *kept = try_vec(parameters, 0.0)?;
            }
        }
        Ok(())
    }

    /// Each option is in its range.
    pub(super) fn check_options(&self) -> Result<(), TrainError> {
        self.optimizer.check()?;
        self.options.schedule.check()?;
        let Options {
            batch_size,
            micro_batch,
            clip_norm,
            patience,
            ..
        } = self.options;
        for (name, value) in [
            ("batch_size", batch_size),
            ("micro_batch", micro_batch),
            ("early_stopping", patience),
        ] {
            if value == Some(0) {
                return Err(option(name, "at least 1", 0));
            }
        }
        match clip_norm {
            Some(norm) if !(norm > 0.0 && norm.is_finite()) => {
                Err(option("clip_norm", "a finite number above 0", norm))
            }
            _ => Ok(()),
        }
    }

    /// The rows of each batch but the last, of data of so many.
    pub(super) fn size(&self, rows: usize) -> usize {
        const USUAL: usize = 32;
        self.options.batch_size.unwrap_or(USUAL.min(rows)).max(1)
    }
}

/// One step of the optimiser, by gradients times `scale`.
pub(super) fn advance(
    network: &mut Network,
    optimizer: &Optimizer,
    scale: f64,
    rate: f64,
    step: u64,
    gradients: &[f64],
    kept: &mut [Vec<f64>; 2],
) {
    let (mut gradients, [first, second]) = (gradients, kept);
    let (mut first, mut second) = (&mut first[..], &mut second[..]);
    for layer in network.layers_mut() {
        let (weights, bias) = layer.values_mut();
        for (decays, parameters) in [(true, weights), (false, bias)] {
            let len = parameters.len();
            let (here, rest) = gradients.split_at(len);
            gradients = rest;
            let (here_first, rest) = first.split_at_mut(len.min(first.len()));
            first = rest;
            let (here_second, rest) = second.split_at_mut(len.min(second.len()));
            second = rest;
            optimizer.update(
                rate,
                step,
                scale,
                decays,
                parameters,
                here,
                here_first,
                here_second,
            );
        }
    }
}

/// The square root of the sum of all squares: each layer's weights', then its bias's, in order.
fn norm(network: &Network, mut gradients: &[f64]) -> f64 {
    let mut sum = 0.0;
    let of_layer = |layer: &Dense| [layer.weights().len(), layer.bias().len()];
    for len in network.layers().iter().flat_map(of_layer) {
        let (here, rest) = gradients.split_at(len);
        gradients = rest;
        sum += sum_of_squares(here);
    }
    sum.sqrt()
}

/// The parameters of a network, one after the other, as gradients stand.
pub(crate) fn parameters(network: &Network) -> impl Iterator<Item = &[f64]> {
    fn of_layer(layer: &Dense) -> [&[f64]; 2] {
        [layer.weights().as_slice(), layer.bias()]
    }
    network.layers().iter().flat_map(of_layer)
}
