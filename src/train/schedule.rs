//! How the learning rate changes from epoch to epoch.

use super::TrainError;
use super::error::option;
use super::power::{half_cosine, power};

/// The learning rate of an epoch, as a factor of the optimiser's; e is the epoch, from 0.
///
/// | | factor |
/// |---|---|
/// | `Constant` | 1 |
/// | `Step { epochs, factor }` | factor^⌊e / epochs⌋ |
/// | `Cosine { epochs }` | (1 + cos(π·e / epochs)) / 2; 0 from `epochs` on |
///
/// [`Trainer::warm_up`](super::Trainer::warm_up) multiplies the first epochs' further.
///
/// ```
/// use rowmajor::train::Schedule;
///
/// let schedule = Schedule::Step { epochs: 10, factor: 0.5 };
/// assert_eq!([0, 9, 10, 25].map(|epoch| schedule.factor(epoch)), [1.0, 1.0, 0.5, 0.25]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// The same rate in every epoch.
    #[default]
    Constant,
    /// A rate that is multiplied once in so many epochs.
    Step {
        /// How many epochs have one rate: at least 1.
        epochs: usize,
        /// What the rate is then multiplied by: above 0, at most 1.
        factor: f64,
    },
    /// A rate that falls along half a cosine, to 0.
    Cosine {
        /// After how many epochs it is 0: at least 1.
        epochs: usize,
    },
}

impl Schedule {
    /// The factor of an epoch, from 0.
    ///
    /// ```
    /// use rowmajor::train::Schedule;
    ///
    /// assert_eq!(Schedule::Constant.factor(100), 1.0);
    /// assert!((Schedule::Cosine { epochs: 20 }.factor(10) - 0.5).abs() < 1e-15);
    /// ```
    pub fn factor(&self, epoch: usize) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Step { epochs, factor } => power(factor, (epoch / epochs.max(1)) as u64),
            Self::Cosine { epochs } if epoch < epochs => half_cosine(epoch as f64 / epochs as f64),
            Self::Cosine { .. } => 0.0,
        }
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        match *self {
            Self::Step { epochs: 0, .. } | Self::Cosine { epochs: 0 } => {
                Err(option("schedule", "at least 1 epoch", 0))
            }
            Self::Step { factor, .. } if !(factor > 0.0 && factor <= 1.0) => {
                Err(option("schedule", "a factor above 0, at most 1", factor))
            }
            _ => Ok(()),
        }
    }
}
