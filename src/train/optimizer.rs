//! How gradients change weights.

use super::TrainError;
use super::error::option;
use super::power::power;
use crate::simd::{Kernel, Simd, dispatch};

/// Stochastic gradient descent, with momentum.
///
/// For each parameter w with its gradient g, v starting at 0:
///
/// ```text
/// g = g + weight_decay·w                  weights only, not biases
/// w = w - rate·g                          without momentum
/// v = momentum·v - rate·g;  w = w + v     with momentum
/// w = w + (momentum·v - rate·g)           with Nesterov's momentum, v as above
/// ```
///
/// each step one operation, rounded once.
///
/// ```
/// use rowmajor::train::Sgd;
///
/// let sgd = Sgd::new(0.1).momentum(0.9).nesterov(true).weight_decay(1e-4);
/// assert_eq!((sgd.rate, sgd.momentum), (0.1, 0.9));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// The learning rate: above 0, at most 1e100.
    pub rate: f64,
    /// How much of the last step is kept: from 0, below 1.
    pub momentum: f64,
    /// Whether the step looks ahead by the momentum.
    pub nesterov: bool,
    /// The share of each weight that is added to its gradient: from 0. What other libraries write as a penalty of
    /// weight_decay/2·Σw² on the loss.
    pub weight_decay: f64,
}

impl Sgd {
    /// Plain gradient descent at a learning rate.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Sgd::new(0.1).momentum, 0.0);
    /// ```
    pub fn new(rate: f64) -> Sgd {
        Sgd {
            rate,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        }
    }

    /// Sets the momentum.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Sgd::new(0.1).momentum(0.9).momentum, 0.9);
    /// ```
    pub fn momentum(self, momentum: f64) -> Sgd {
        Sgd { momentum, ..self }
    }

    /// Sets whether the momentum is Nesterov's.
    ///
    /// ```
    /// assert!(rowmajor::train::Sgd::new(0.1).momentum(0.9).nesterov(true).nesterov);
    /// ```
    pub fn nesterov(self, nesterov: bool) -> Sgd {
        Sgd { nesterov, ..self }
    }

    /// Sets the weight decay.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Sgd::new(0.1).weight_decay(1e-4).weight_decay, 1e-4);
    /// ```
    pub fn weight_decay(self, weight_decay: f64) -> Sgd {
        Sgd {
            weight_decay,
            ..self
        }
    }
}

/// Adam (Kingma and Ba, 2015), with decoupled weight decay (AdamW; Loshchilov and Hutter, 2019).
///
/// For each parameter w with its gradient g, m and v starting at 0, t counting the steps from 1:
///
/// ```text
/// w = w - (rate·weight_decay)·w           weights only, not biases
/// m = beta1·m + (1 - beta1)·g
/// v = beta2·v + (1 - beta2)·(g·g)
/// w = w - r·m / (√v + epsilon)            r = rate·√(1 - beta2^t) / (1 - beta1^t)
/// ```
///
/// as in section 2 of the paper, in scikit-learn and in Keras; PyTorch adds its epsilon after dividing √v by
/// √(1 - beta2^t).
///
/// ```
/// use rowmajor::train::Adam;
///
/// let adam = Adam::new(0.001).weight_decay(0.01);
/// assert_eq!((adam.beta1, adam.beta2, adam.epsilon), (0.9, 0.999, 1e-8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// The learning rate: above 0, at most 1e100.
    pub rate: f64,
    /// How much of the mean of the gradients is kept: from 0, below 1.
    pub beta1: f64,
    /// How much of the mean of their squares is kept: from 0, below 1.
    pub beta2: f64,
    /// What keeps the quotient finite: above 0.
    pub epsilon: f64,
    /// The share of each weight, times the rate, that each step takes away: from 0.
    pub weight_decay: f64,
}

impl Adam {
    /// Adam at a learning rate (0.001 is usual), with the paper's other numbers.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Adam::new(0.001).weight_decay, 0.0);
    /// ```
    pub fn new(rate: f64) -> Adam {
        Adam {
            rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
        }
    }

    /// Sets how much of the two means each step keeps.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Adam::new(0.001).betas(0.8, 0.99).beta2, 0.99);
    /// ```
    pub fn betas(self, beta1: f64, beta2: f64) -> Adam {
        Adam {
            beta1,
            beta2,
            ..self
        }
    }

    /// Sets epsilon.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Adam::new(0.001).epsilon(1e-7).epsilon, 1e-7);
    /// ```
    pub fn epsilon(self, epsilon: f64) -> Adam {
        Adam { epsilon, ..self }
    }

    /// Sets the weight decay.
    ///
    /// ```
    /// assert_eq!(rowmajor::train::Adam::new(0.001).weight_decay(0.01).weight_decay, 0.01);
    /// ```
    pub fn weight_decay(self, weight_decay: f64) -> Adam {
        Adam {
            weight_decay,
            ..self
        }
    }
}

/// [`Sgd`] or [`Adam`], which become it where a function takes `impl Into<Optimizer>`.
///
/// ```
/// use rowmajor::train::{Adam, Optimizer};
///
/// assert_eq!(Optimizer::from(Adam::new(0.001)).rate(), 0.001);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
}

impl From<Sgd> for Optimizer {
    fn from(sgd: Sgd) -> Self {
        Self::Sgd(sgd)
    }
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl Optimizer {
    /// The learning rate.
    ///
    /// ```
    /// use rowmajor::train::{Optimizer, Sgd};
    ///
    /// assert_eq!(Optimizer::from(Sgd::new(0.5)).rate(), 0.5);
    /// ```
    pub fn rate(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.rate,
            Self::Adam(adam) => adam.rate,
        }
    }

    /// How many values it keeps for each parameter.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Self::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Self::Adam(_) => 2,
        }
    }

    /// Each number is in its range.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let share = |name, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => Err(option(name, "a number from 0 to below 1", value)),
        };
        let positive = |name, value: f64| match value > 0.0 && value <= 1e100 {
            true => Ok(()),
            false => Err(option(name, "a number above 0, at most 1e100", value)),
        };
        let decay = |value: f64| match (0.0..=1e100).contains(&value) {
            true => Ok(()),
            false => Err(option("weight_decay", "a number from 0 to 1e100", value)),
        };
        positive("rate", self.rate())?;
        match self {
            Self::Sgd(sgd) => {
                share("momentum", sgd.momentum)?;
                decay(sgd.weight_decay)
            }
            Self::Adam(adam) => {
                share("beta1", adam.beta1)?;
                share("beta2", adam.beta2)?;
                positive("epsilon", adam.epsilon)?;
                decay(adam.weight_decay)
            }
        }
    }

    /// Changes parameters by their gradients, times `scale`: step number `step`, from 1, at `rate`. `first` and `second`
    /// are what is [kept](Optimizer::kept), as long as the parameters or empty; `decays` says whether these are weights.
    #[allow(clippy::too_many_arguments, reason = "one call, in `Trainer::step`")]
    pub(super) fn update(
        &self,
        rate: f64,
        step: u64,
        scale: f64,
        decays: bool,
        parameters: &mut [f64],
        gradients: &[f64],
        first: &mut [f64],
        second: &mut [f64],
    ) {
        let decay = |weight_decay| if decays { weight_decay } else { 0.0 };
        match *self {
            Self::Sgd(sgd) => dispatch(SgdStep {
                sgd: Sgd {
                    rate,
                    weight_decay: decay(sgd.weight_decay),
                    ..sgd
                },
                scale,
                parameters,
                gradients,
                velocities: first,
            }),
            Self::Adam(adam) => {
                let corrected = (1.0 - power(adam.beta2, step)).sqrt();
                let r = rate * corrected / (1.0 - power(adam.beta1, step));
                dispatch(AdamStep {
                    adam: Adam {
                        rate: r,
                        weight_decay: rate * decay(adam.weight_decay),
                        ..adam
                    },
                    scale,
                    parameters,
                    gradients,
                    means: first,
                    squares: second,
                })
            }
        }
    }
}

struct SgdStep<'a> {
    sgd: Sgd,
    scale: f64,
    parameters: &'a mut [f64],
    gradients: &'a [f64],
    velocities: &'a mut [f64],
}

impl Kernel for SgdStep<'_> {
    type Output = ();

    /// Plain loops, which are compiled for the ISA. A scale of 1 changes no bit, a decay of 0 is left out: 0·w is no 0
    /// where w is not finite.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Sgd {
            rate,
            momentum,
            nesterov,
            weight_decay,
        } = self.sgd;
        let scale = self.scale;
        let pairs = self.parameters.iter_mut().zip(self.gradients);
        if momentum == 0.0 {
            if weight_decay == 0.0 {
                pairs.for_each(|(w, g)| *w -= rate * (scale * g));
            } else {
                pairs.for_each(|(w, g)| *w -= rate * (scale * g + weight_decay * *w));
            }
            return;
        }
        let all = pairs.zip(self.velocities);
        let gradient = |w: f64, g: f64| match weight_decay == 0.0 {
            true => scale * g,
            false => scale * g + weight_decay * w,
        };
        if nesterov {
            all.for_each(|((w, g), v)| {
                let step = rate * gradient(*w, *g);
                *v = momentum * *v - step;
                *w += momentum * *v - step;
            });
        } else {
            all.for_each(|((w, g), v)| {
                *v = momentum * *v - rate * gradient(*w, *g);
                *w += *v;
            });
        }
    }
}

struct AdamStep<'a> {
    /// Its rate is r, its weight decay rate·weight_decay.
    adam: Adam,
    scale: f64,
    parameters: &'a mut [f64],
    gradients: &'a [f64],
    means: &'a mut [f64],
    squares: &'a mut [f64],
}

impl Kernel for AdamStep<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Adam {
            rate,
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } = self.adam;
        let scale = self.scale;
        if weight_decay != 0.0 {
            self.parameters
                .iter_mut()
                .for_each(|w| *w -= weight_decay * *w);
        }
        let pairs = self.parameters.iter_mut().zip(self.gradients);
        for (((w, g), m), v) in pairs.zip(self.means).zip(self.squares) {
            let g = scale * g;
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * (g * g);
            *w -= rate * *m / (v.sqrt() + epsilon);
        }
    }
}
