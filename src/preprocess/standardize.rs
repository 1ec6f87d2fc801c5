//! Mean 0, standard deviation 1.

use super::Error;
use super::columns::{check_columns, check_data, map_rows, moments};
use crate::matrix::try_collect;
use crate::{Matrix, MatrixView, ShapeError};

const OP: &str = "standardize";

/// Each column less its mean, divided by its standard deviation.
///
/// y = (x − mean) / scale. The deviation is the population's (divisor n), as in scikit-learn's `StandardScaler`, and so
/// is the rule for constant columns: where the variance v is nothing but rounding (or underflows), v ≤ n·ε·v + (n·ε·mean)² with
/// ε = 2^-52, the scale is 1.
///
/// ```
/// use rowmajor::{matrix, preprocess::Standardize};
///
/// let standardize = Standardize::fit(&matrix![[1.0, 7.0], [3.0, 7.0]])?;
/// assert_eq!(standardize.transform(&matrix![[1.0, 7.0], [4.0, 8.0]])?, matrix![[-1.0, 0.0], [2.0, 1.0]]);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[doc(alias = "StandardScaler")]
#[derive(Clone, Debug, PartialEq)]
pub struct Standardize {
    // Invariant: as many of one as of the other, at least one, finite; scale above 0.
    mean: Vec<f64>,
    scale: Vec<f64>,
}

impl Standardize {
    /// Fits means and deviations to the columns of x.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::TooWide`] where a mean or a variance is beyond `f64`; [`Error::Shape`] where x is
    /// empty.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Standardize};
    ///
    /// let standardize = Standardize::fit(&matrix![[1.0], [5.0]])?;
    /// assert_eq!((standardize.mean(), standardize.scale()), (&[3.0][..], &[2.0][..]));
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn fit<'x>(x: impl Into<MatrixView<'x>>) -> Result<Standardize, Error> {
        let x = x.into();
        let [mean, variances, _] = moments(OP, x)?;
        let n = x.nrows() as f64;
        let scale = variances.iter().zip(&mean).map(|(&variance, mean)| {
            let rounding = n * mean * f64::EPSILON;
            let constant = variance <= n * f64::EPSILON * variance + rounding * rounding;
            if constant { 1.0 } else { variance.sqrt() }
        });
        let scale = try_collect(mean.len(), scale)?;
        Ok(Standardize { mean, scale })
    }

    /// The step with these means and scales.
    ///
    /// # Errors
    /// [`Error::Shape`] where there is no column, or the lengths differ; [`Error::NotFinite`]; [`Error::Parameter`]
    /// where a scale is not above 0.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Standardize};
    ///
    /// // MNIST's pixels, divided by 255, as many networks were trained on them.
    /// let standardize = Standardize::new(vec![0.1307; 784], vec![0.3081; 784])?;
    /// assert_eq!(standardize.mean().len(), 784);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn new(mean: Vec<f64>, scale: Vec<f64>) -> Result<Standardize, Error> {
        for values in [&mean, &scale] {
            check_data(OP, MatrixView::from_slice(1, values.len(), values)?)?;
        }
        if mean.len() != scale.len() {
            let (expected, found) = (mean.len(), scale.len());
            return Err(ShapeError::Length {
                op: OP,
                expected,
                found,
            }
            .into());
        }
        if let Some(scale) = scale.iter().find(|&&scale| scale <= 0.0) {
            return Err(Error::Parameter {
                op: OP,
                expected: "scales above 0",
                found: format!("{scale:?}"),
            });
        }
        Ok(Standardize { mean, scale })
    }

    /// The mean of each column.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Standardize};
    /// assert_eq!(Standardize::fit(&matrix![[1.0], [5.0]])?.mean(), [3.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// What each column is divided by: its deviation, 1 where it is constant.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Standardize};
    /// assert_eq!(Standardize::fit(&matrix![[1.0, 7.0], [5.0, 7.0]])?.scale(), [2.0, 1.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// The rows of x, standardised: rows × columns gives the same shape.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where x has other columns than were fitted, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Standardize};
    /// let standardize = Standardize::fit(&matrix![[1.0], [5.0]])?;
    /// assert_eq!(standardize.transform(&matrix![[3.0], [4.0]])?, matrix![[0.0], [0.5]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn transform<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        check_columns(OP, self.mean.len(), x)?;
        map_rows(x, |x, out| {
            let values = x.iter().zip(&self.mean).zip(&self.scale);
            out.extend(values.map(|((x, mean), scale)| (x - mean) / scale));
        })
    }

    /// The way back: x = y · scale + mean.
    ///
    /// # Errors
    /// As [`transform`](Standardize::transform).
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Standardize};
    /// let standardize = Standardize::fit(&matrix![[1.0], [5.0]])?;
    /// assert_eq!(standardize.inverse_transform(&matrix![[0.5]])?, matrix![[4.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn inverse_transform<'y>(
        &self,
        y: impl Into<MatrixView<'y>>,
    ) -> Result<Matrix, ShapeError> {
        let y = y.into();
        check_columns(OP, self.mean.len(), y)?;
        map_rows(y, |y, out| {
            let values = y.iter().zip(&self.mean).zip(&self.scale);
            out.extend(values.map(|((y, mean), scale)| y * scale + mean));
        })
    }
}
