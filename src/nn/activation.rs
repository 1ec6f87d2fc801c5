//! The functions between the layers.

use crate::{MatrixViewMut, vecmath};
use std::fmt;
use std::str::FromStr;

/// An activation function.
///
/// | | f(x) | at NaN |
/// |---|---|---|
/// | `Identity` | x | NaN |
/// | `Step` | 1 where x > 0, otherwise 0 | 0, as in NumPy |
/// | `Sigmoid` | 1 / (1 + e^-x) | NaN |
/// | `Relu` | +0 where x ≤ 0 (-0 too), otherwise x | NaN |
/// | `Tanh` | (e^x - e^-x) / (e^x + e^-x) | NaN |
/// | `Softmax` | e^(x - m) / Σ e^(x - m) over the row, m its maximum | the whole row is NaN |
///
/// Its name, in lower case, is what `Display` prints and `FromStr` reads.
///
/// ```
/// use rowmajor::nn::Activation;
///
/// let activation: Activation = "sigmoid".parse()?;
/// assert_eq!(activation, Activation::Sigmoid);
/// assert_eq!(activation.to_string(), "sigmoid");
/// # Ok::<(), rowmajor::nn::UnknownActivation>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// The value itself: the output of a regression.
    Identity,
    /// The perceptron's step from 0 to 1.
    Step,
    /// The logistic function.
    Sigmoid,
    /// The rectified linear unit.
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// Probabilities of classes: a row's values between 0 and 1, their sum 1.
    Softmax,
}

impl Activation {
    /// Every activation, in the order of the declaration.
    ///
    /// ```
    /// use rowmajor::nn::Activation;
    ///
    /// assert_eq!(Activation::ALL.map(Activation::name), ["identity", "step", "sigmoid", "relu", "tanh", "softmax"]);
    /// ```
    pub const ALL: [Activation; 6] = [
        Self::Identity,
        Self::Step,
        Self::Sigmoid,
        Self::Relu,
        Self::Tanh,
        Self::Softmax,
    ];

    /// The names, as an error lists them.
    pub(crate) const NAMES: &str = "identity, step, sigmoid, relu, tanh or softmax";

    /// Replaces the values of `matrix`, or of a view of a part of one, by their function values, in place; softmax takes
    /// each row for itself.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::Activation};
    ///
    /// let mut x = matrix![[-1.0, 0.0, 2.0]];
    /// Activation::Relu.apply(&mut x);
    /// assert_eq!(x, matrix![[0.0, 0.0, 2.0]]);
    /// Activation::Step.apply(&mut x);
    /// assert_eq!(x, matrix![[0.0, 0.0, 1.0]]);
    /// ```
    pub fn apply<'m>(self, matrix: impl Into<MatrixViewMut<'m>>) {
        let matrix = matrix.into();
        let cols = matrix.ncols();
        match matrix.into_contiguous() {
            Ok(values) => self.apply_rows(values, cols),
            Err(mut matrix) => matrix.rows_mut().for_each(|row| self.apply_rows(row, cols)),
        }
    }

    /// [`apply`](Activation::apply) to rows of `cols` values without gaps.
    pub(super) fn apply_rows(self, values: &mut [f64], cols: usize) {
        match self {
            Self::Identity => {}
            Self::Step => vecmath::step(values),
            Self::Relu => vecmath::relu(values),
            Self::Sigmoid => vecmath::sigmoid(values),
            Self::Tanh => vecmath::tanh(values),
            Self::Softmax => vecmath::softmax_rows(values, cols),
        }
    }

    /// The function value of one number, the same bits as in a matrix; for softmax, of a row of this one number.
    ///
    /// ```
    /// use rowmajor::nn::Activation;
    ///
    /// assert_eq!(Activation::Sigmoid.of(0.0), 0.5);
    /// assert_eq!(Activation::Step.of(f64::NAN), 0.0);
    /// assert_eq!(Activation::Softmax.of(-3.0), 1.0);
    /// ```
    pub fn of(self, x: f64) -> f64 {
        let mut row = [x];
        self.apply_rows(&mut row, 1);
        row[0]
    }

    /// The name: `identity`, `step`, `sigmoid`, `relu`, `tanh` or `softmax`.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Activation::Relu.name(), "relu");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Step => "step",
            Self::Sigmoid => "sigmoid",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
            Self::Softmax => "softmax",
        }
    }

    /// Whether each row keeps its order, so that its largest value stays where it is: the classes of a network can be
    /// told without computing it.
    ///
    /// Softmax keeps it strictly in exact arithmetic; in f64, values that lie too close may become equal, and values
    /// far below the maximum 0. The place of the maximum, told before softmax, is then the better answer.
    pub(super) fn keeps_maximum(self) -> bool {
        matches!(self, Self::Identity | Self::Softmax)
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no activation has.
///
/// ```
/// let error = "swish".parse::<rowmajor::nn::Activation>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown activation \"swish\": expected identity, step, sigmoid, relu, tanh or softmax",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownActivation {
    /// The name.
    pub name: String,
}

impl fmt::Display for UnknownActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown activation {:?}: expected {}",
            self.name,
            Activation::NAMES
        )
    }
}

impl std::error::Error for UnknownActivation {}

impl FromStr for Activation {
    type Err = UnknownActivation;

    /// Reads a name as [`name`](Activation::name) gives it; capitals do not matter.
    fn from_str(name: &str) -> Result<Self, UnknownActivation> {
        Self::ALL
            .into_iter()
            .find(|activation| activation.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownActivation {
                name: name.to_owned(),
            })
    }
}
