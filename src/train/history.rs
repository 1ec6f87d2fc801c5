//! What the epochs of a training run came to.

/// An epoch that is done.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
/// use std::ops::ControlFlow;
///
/// let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Sigmoid)?])?;
/// let mut trainer = Trainer::new(network, Sgd::new(1.0), Loss::BinaryCrossEntropy)?;
/// trainer.fit(&matrix![[-1.0], [1.0]], &[0, 1], 100, |epoch| {
///     // A line of progress, or a reason to stop.
///     if epoch.loss < 0.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// })?;
/// let last = trainer.history().last().unwrap();
/// assert!(last.loss < 0.1 && last.number < 100);
/// assert_eq!(last.accuracy, Some(1.0));
/// # Ok::<(), rowmajor::train::TrainError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Epoch {
    /// Its number, from 1.
    pub number: usize,
    /// The mean loss of the rows, each as its batch found it, before that batch's step.
    pub loss: f64,
    /// The share of rows whose class was their label then; `None` where the targets are no labels.
    pub accuracy: Option<f64>,
    /// The mean loss of the validation data, after the epoch; `None` where there are none.
    pub validation_loss: Option<f64>,
    /// The share of the validation data whose class is their label; `None` where there are none, or no labels.
    pub validation_accuracy: Option<f64>,
    /// The learning rate.
    pub rate: f64,
    /// How long it took, in seconds; 0 in a browser, where Rust's standard library has no clock.
    pub seconds: f64,
}

/// The epochs of a training run, first to last; [`Trainer::history`](super::Trainer::history) has it.
///
/// [`Chart`](crate::plot::Chart)`::from(&history)` draws its losses.
///
/// ```
/// # use rowmajor::{matrix, nn::{Activation, Dense, Loss, Network}, train::{Sgd, Trainer}};
/// # let network = Network::new(vec![Dense::new(matrix![[0.0]], vec![0.0], Activation::Sigmoid)?])?;
/// let mut trainer = Trainer::new(network, Sgd::new(1.0), Loss::BinaryCrossEntropy)?;
/// trainer.fit(&matrix![[-1.0], [1.0]], &[0, 1], 3, |_| std::ops::ControlFlow::Continue(()))?;
/// let losses: Vec<f64> = trainer.history().epochs().iter().map(|epoch| epoch.loss).collect();
/// assert!(losses.len() == 3 && losses.is_sorted_by(|a, b| a > b));
/// # Ok::<(), rowmajor::train::TrainError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub(crate) epochs: Vec<Epoch>,
}

impl History {
    /// The epochs, first to last.
    ///
    /// ```
    /// assert!(rowmajor::train::History::default().epochs().is_empty());
    /// ```
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// The last epoch, if there is one.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::History::default().last(), None);
    /// ```
    pub fn last(&self) -> Option<&Epoch> {
        self.epochs.last()
    }
}
