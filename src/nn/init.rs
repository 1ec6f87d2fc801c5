//! Weights to start training from.

use super::{Activation, Dense, Network};
use crate::matrix::{checked_len, try_collect, try_vec};
use crate::random::Rng;
use crate::{Matrix, ShapeError};

/// How the first weights are drawn, so that values keep their size from layer to layer; biases start at 0.
///
/// | | distribution | for |
/// |---|---|---|
/// | `Glorot` | uniform, from -a to a, a = √(6 / (inputs + outputs)) | sigmoid, tanh, softmax |
/// | `GlorotNormal` | normal, standard deviation √(2 / (inputs + outputs)) | the same |
/// | `He` | uniform, from -a to a, a = √(6 / inputs) | relu |
/// | `HeNormal` | normal, standard deviation √(2 / inputs) | the same |
///
/// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, often called
/// Xavier; He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
///
/// ```
/// use rowmajor::{nn::Init, random::Rng};
///
/// let weights = Init::Glorot.weights(784, 50, &mut Rng::new(0))?;
/// assert!(weights.as_slice().iter().all(|w| w.abs() <= (6.0_f64 / 834.0).sqrt()));
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "Xavier")]
#[doc(alias = "Kaiming")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Init {
    /// Glorot's uniform distribution.
    Glorot,
    /// Glorot's normal distribution.
    GlorotNormal,
    /// He's uniform distribution.
    He,
    /// He's normal distribution.
    HeNormal,
}

impl Init {
    /// Weights of a layer, inputs × outputs, drawn row by row.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`] or [`ShapeError::OutOfMemory`] where they cannot be held.
    ///
    /// ```
    /// use rowmajor::{nn::Init, random::Rng};
    ///
    /// let weights = Init::HeNormal.weights(100, 100, &mut Rng::new(1))?;
    /// let variance = weights.as_slice().iter().map(|w| w * w).sum::<f64>() / 1e4;
    /// assert!((variance - 0.02).abs() < 0.001);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn weights(
        self,
        inputs: usize,
        outputs: usize,
        rng: &mut Rng,
    ) -> Result<Matrix, ShapeError> {
        let len = checked_len(inputs, outputs)?;
        let fan = match self {
            Self::Glorot | Self::GlorotNormal => inputs as f64 + outputs as f64,
            Self::He | Self::HeNormal => inputs as f64,
        };
        let next = || match self {
            Self::Glorot | Self::He => {
                let a = (6.0 / fan).sqrt();
                rng.uniform(-a, a)
            }
            Self::GlorotNormal | Self::HeNormal => rng.normal(0.0, (2.0 / fan).sqrt()),
        };
        let values = try_collect(len, std::iter::repeat_with(next)).map_err(|_| {
            ShapeError::OutOfMemory {
                shape: (inputs, outputs),
            }
        })?;
        Matrix::from_vec(inputs, outputs, values)
    }
}

impl Network {
    /// A network to be trained: `sizes` are its inputs, then the outputs of each layer; an activation for each layer.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there is not one activation for each layer, [`ShapeError::Empty`] where there is no
    /// layer or one has no output, [`ShapeError::TooLarge`] or [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{nn::{Activation, Init, Network}, random::Rng};
    ///
    /// let activations = [Activation::Relu, Activation::Softmax];
    /// let network = Network::init(&[784, 100, 10], &activations, Init::He, &mut Rng::new(42))?;
    /// assert_eq!((network.inputs(), network.outputs()), (784, 10));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn init(
        sizes: &[usize],
        activations: &[Activation],
        init: Init,
        rng: &mut Rng,
    ) -> Result<Network, ShapeError> {
        let op = "init";
        let expected = sizes.len().saturating_sub(1);
        super::metrics::check_length(op, expected, activations.len())?;
        let mut layers = crate::matrix::try_with_capacity(1, expected)?;
        for (pair, &activation) in sizes.windows(2).zip(activations) {
            let weights = init.weights(pair[0], pair[1], rng)?;
            layers.push(Dense::new(weights, try_vec(pair[1], 0.0)?, activation)?);
        }
        Network::new(layers)
    }
}
