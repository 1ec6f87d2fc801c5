//! Scaling to a range.

use super::Error;
use super::columns::{check_columns, check_data, map_rows};
use crate::matrix::try_vec;
use crate::{Matrix, MatrixView, ShapeError};

const OP: &str = "min_max";

/// Each column moved and stretched into a range: normalisation.
///
/// y = (x − min) / (max − min) · (high − low) + low, in this order: a column's smallest value becomes `low` exactly, and
/// with `low` 0 and `high` 1 its largest becomes 1. Values outside what was fitted go outside the range. A column that
/// does not vary is divided by 1, as in scikit-learn's `MinMaxScaler`: what it was fitted on becomes `low`.
///
/// ```
/// use rowmajor::{matrix, preprocess::MinMax};
///
/// let scale = MinMax::fit(&matrix![[1.0, 5.0], [3.0, 5.0]])?;
/// assert_eq!(scale.transform(&matrix![[2.0, 5.0], [4.0, 6.0]])?, matrix![[0.5, 0.0], [1.5, 1.0]]);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[doc(alias = "MinMaxScaler")]
#[doc(alias = "normalize")]
#[derive(Clone, Debug, PartialEq)]
pub struct MinMax {
    // Invariant: as many of one as of the other, at least one, finite, min <= max, max - min finite.
    min: Vec<f64>,
    max: Vec<f64>,
    // Invariant: low < high, high - low finite.
    low: f64,
    high: f64,
}

impl MinMax {
    /// Fits the range 0 to 1 to the columns of x.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::TooWide`] where max − min is beyond `f64`; [`Error::Shape`] where x is empty.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::MinMax};
    ///
    /// let scale = MinMax::fit(&matrix![[1.0], [3.0], [2.0]])?;
    /// assert_eq!((scale.min(), scale.max()), (&[1.0][..], &[3.0][..]));
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn fit<'x>(x: impl Into<MatrixView<'x>>) -> Result<MinMax, Error> {
        Self::fit_to(x, 0.0, 1.0)
    }

    /// Fits the range `low` to `high` to the columns of x.
    ///
    /// # Errors
    /// As [`fit`](MinMax::fit); [`Error::Parameter`] where `low` is not below `high`.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::MinMax};
    ///
    /// let scale = MinMax::fit_to(&matrix![[0.0], [16.0]], -1.0, 1.0)?;
    /// assert_eq!(scale.transform(&matrix![[0.0], [4.0], [16.0]])?, matrix![[-1.0], [-0.5], [1.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn fit_to<'x>(x: impl Into<MatrixView<'x>>, low: f64, high: f64) -> Result<MinMax, Error> {
        let x = x.into();
        check_data(OP, x)?;
        let mut min = try_vec(x.ncols(), f64::INFINITY)?;
        let mut max = try_vec(x.ncols(), f64::NEG_INFINITY)?;
        for row in x.rows() {
            for ((min, max), &x) in min.iter_mut().zip(&mut max).zip(row) {
                *min = if x < *min { x } else { *min };
                *max = if x > *max { x } else { *max };
            }
        }
        Self::new(min, max, low, high)
    }

    /// The step that takes `min` to `low` and `max` to `high`, where these are known: pixels are 0 to 255, whatever the
    /// images show.
    ///
    /// # Errors
    /// [`Error::Shape`] where there is no column, or `min` and `max` have different lengths; [`Error::NotFinite`];
    /// [`Error::TooWide`]; [`Error::Parameter`] where a minimum is above its maximum or `low` not below `high`.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::MinMax};
    ///
    /// let pixels = MinMax::new(vec![0.0; 3], vec![255.0; 3], 0.0, 1.0)?;
    /// assert_eq!(pixels.transform(&matrix![[0.0, 51.0, 255.0]])?, matrix![[0.0, 0.2, 1.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn new(min: Vec<f64>, max: Vec<f64>, low: f64, high: f64) -> Result<MinMax, Error> {
        let parameter = |expected, found| Error::Parameter {
            op: OP,
            expected,
            found,
        };
        for values in [&min, &max] {
            check_data(OP, MatrixView::from_slice(1, values.len(), values)?)?;
        }
        if min.len() != max.len() {
            let (expected, found) = (min.len(), max.len());
            return Err(ShapeError::Length {
                op: OP,
                expected,
                found,
            }
            .into());
        }
        for (column, (min, max)) in min.iter().zip(&max).enumerate() {
            if min > max {
                let found = format!("{min:?} and {max:?} in column {column}");
                return Err(parameter("minima below maxima", found));
            }
            if !(max - min).is_finite() {
                return Err(Error::TooWide { op: OP, column });
            }
        }
        if !(low < high && (high - low).is_finite()) {
            let found = format!("{low:?} to {high:?}");
            return Err(parameter("a range from low to high", found));
        }
        Ok(MinMax {
            min,
            max,
            low,
            high,
        })
    }

    /// What becomes `low`, for each column.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::MinMax};
    /// assert_eq!(MinMax::fit(&matrix![[1.0], [3.0]])?.min(), [1.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn min(&self) -> &[f64] {
        &self.min
    }

    /// What becomes `high`, for each column.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::MinMax};
    /// assert_eq!(MinMax::fit(&matrix![[1.0], [3.0]])?.max(), [3.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn max(&self) -> &[f64] {
        &self.max
    }

    /// The range: `low` and `high`.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::MinMax};
    /// assert_eq!(MinMax::fit(&matrix![[1.0], [3.0]])?.range(), (0.0, 1.0));
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The rows of x, scaled: rows × columns gives the same shape.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where x has other columns than were fitted, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::MinMax};
    /// let scale = MinMax::fit(&matrix![[0.0, 0.0], [2.0, 4.0]])?;
    /// assert_eq!(scale.transform(&matrix![[1.0, 1.0]])?, matrix![[0.5, 0.25]]);
    /// let error = scale.transform(&matrix![[1.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "min_max: shapes 1x1 and 1x2 do not match");
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn transform<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        check_columns(OP, self.min.len(), x)?;
        let (low, width) = (self.low, self.high - self.low);
        map_rows(x, |x, out| {
            let values = x.iter().zip(&self.min).zip(&self.max);
            out.extend(values.map(|((x, &min), &max)| (x - min) / divisor(min, max) * width + low));
        })
    }

    /// The way back: x = (y − low) / (high − low) · (max − min) + min.
    ///
    /// # Errors
    /// As [`transform`](MinMax::transform).
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::MinMax};
    /// let scale = MinMax::fit(&matrix![[0.0, 3.0], [2.0, 3.0]])?;
    /// assert_eq!(scale.inverse_transform(&matrix![[0.5, 0.0]])?, matrix![[1.0, 3.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn inverse_transform<'y>(
        &self,
        y: impl Into<MatrixView<'y>>,
    ) -> Result<Matrix, ShapeError> {
        let y = y.into();
        check_columns(OP, self.min.len(), y)?;
        let (low, width) = (self.low, self.high - self.low);
        map_rows(y, |y, out| {
            let values = y.iter().zip(&self.min).zip(&self.max);
            out.extend(values.map(|((y, &min), &max)| (y - low) / width * divisor(min, max) + min));
        })
    }
}

/// The width of a column; 1 where it has none.
fn divisor(min: f64, max: f64) -> f64 {
    if min == max { 1.0 } else { max - min }
}
