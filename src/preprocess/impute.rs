//! Missing values filled in, or their rows dropped.

use super::Error;
use super::columns::{check_columns, check_data, check_finite, map_rows};
use crate::matrix::{try_collect, try_vec, try_with_capacity};
use crate::{Matrix, MatrixView, ShapeError};

const OP: &str = "impute";

/// Each missing value (NaN) of a column replaced by the column's mean, its median, or a constant.
///
/// ```
/// use rowmajor::{matrix, preprocess::Impute};
///
/// let nan = f64::NAN;
/// let impute = Impute::median(&matrix![[1.0, nan], [2.0, 5.0], [9.0, 7.0]])?;
/// assert_eq!(impute.transform(&matrix![[nan, nan], [3.0, 4.0]])?, matrix![[2.0, 6.0], [3.0, 4.0]]);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[doc(alias = "SimpleImputer")]
#[doc(alias = "fillna")]
#[derive(Clone, Debug, PartialEq)]
pub struct Impute {
    // Invariant: at least one, finite.
    fill: Vec<f64>,
}

impl Impute {
    /// Fits the mean of each column: the sum of the values that are not missing, from the first row to the last,
    /// divided by their number.
    ///
    /// # Errors
    /// [`Error::NoValue`] where a column has none but missing values; [`Error::NotFinite`] where a value is infinite;
    /// [`Error::TooWide`] where a sum is beyond `f64`; [`Error::Shape`] where x is empty, or allocation fails.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Impute};
    ///
    /// assert_eq!(Impute::mean(&matrix![[1.0], [f64::NAN], [4.0]])?.fill(), [2.5]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn mean<'x>(x: impl Into<MatrixView<'x>>) -> Result<Impute, Error> {
        let x = x.into();
        let counts = check_present(x)?;
        let mut fill = try_vec(x.ncols(), 0.0)?;
        for row in x.rows() {
            for (sum, &x) in fill.iter_mut().zip(row) {
                *sum = if x.is_nan() { *sum } else { *sum + x };
            }
        }
        fill.iter_mut()
            .zip(&counts)
            .for_each(|(sum, &count)| *sum /= count as f64);
        check_finite(OP, &fill)?;
        Ok(Impute { fill })
    }

    /// Fits the median of each column: the middle one of the values that are not missing, or half the sum of the middle
    /// two.
    ///
    /// # Errors
    /// As [`mean`](Impute::mean).
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Impute};
    ///
    /// assert_eq!(Impute::median(&matrix![[100.0], [f64::NAN], [1.0], [2.0]])?.fill(), [2.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn median<'x>(x: impl Into<MatrixView<'x>>) -> Result<Impute, Error> {
        let x = x.into();
        check_present(x)?;
        let mut fill = try_with_capacity(1, x.ncols())?;
        let mut values = try_with_capacity(1, x.nrows())?;
        for col in 0..x.ncols() {
            values.clear();
            values.extend(x.rows().map(|row| row[col]).filter(|x| !x.is_nan()));
            let middle = values.len() / 2;
            let even = values.len().is_multiple_of(2);
            let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
            let lower = below.iter().copied().max_by(f64::total_cmp);
            fill.push(match lower {
                Some(lower) if even => (lower + upper) / 2.0,
                _ => upper,
            });
        }
        check_finite(OP, &fill)?;
        Ok(Impute { fill })
    }

    /// The step that fills every one of `columns` columns with `value`.
    ///
    /// # Errors
    /// As [`new`](Impute::new), and [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Impute};
    ///
    /// let impute = Impute::constant(2, 0.0)?;
    /// assert_eq!(impute.transform(&matrix![[f64::NAN, 3.0]])?, matrix![[0.0, 3.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn constant(columns: usize, value: f64) -> Result<Impute, Error> {
        Self::new(try_vec(columns, value)?)
    }

    /// The step that fills each column with a value of its own.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::Shape`] where there is no column.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::Impute};
    ///
    /// let impute = Impute::new(vec![1.0, 2.0])?;
    /// assert_eq!(impute.transform(&matrix![[f64::NAN, f64::NAN]])?, matrix![[1.0, 2.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn new(fill: Vec<f64>) -> Result<Impute, Error> {
        check_data(OP, MatrixView::from_slice(1, fill.len(), &fill)?)?;
        Ok(Impute { fill })
    }

    /// What a missing value of each column is replaced by.
    ///
    /// ```
    /// # use rowmajor::preprocess::Impute;
    /// assert_eq!(Impute::new(vec![1.0, 2.0])?.fill(), [1.0, 2.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn fill(&self) -> &[f64] {
        &self.fill
    }

    /// The rows of x, missing values filled in: rows × columns gives the same shape.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where x has other columns than were fitted, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Impute};
    /// let impute = Impute::mean(&matrix![[1.0], [5.0]])?;
    /// assert_eq!(impute.transform(&matrix![[f64::NAN], [4.0]])?, matrix![[3.0], [4.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn transform<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        check_columns(OP, self.fill.len(), x)?;
        map_rows(x, |x, out| {
            let values = x.iter().zip(&self.fill);
            out.extend(values.map(|(&x, &fill)| if x.is_nan() { fill } else { x }));
        })
    }

    /// The rows of y as they are: which values were missing is not known any more.
    ///
    /// # Errors
    /// As [`transform`](Impute::transform).
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Impute};
    /// assert_eq!(Impute::new(vec![3.0])?.inverse_transform(&matrix![[3.0]])?, matrix![[3.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn inverse_transform<'y>(
        &self,
        y: impl Into<MatrixView<'y>>,
    ) -> Result<Matrix, ShapeError> {
        let y = y.into();
        check_columns(OP, self.fill.len(), y)?;
        y.try_to_matrix()
    }
}

/// How many values of each column are not missing, at least one, and none of them infinite.
fn check_present(x: MatrixView<'_>) -> Result<Vec<usize>, Error> {
    let shape = x.shape();
    if x.is_empty() {
        return Err(ShapeError::Empty { op: OP, shape }.into());
    }
    let mut counts = try_vec(x.ncols(), 0_usize)?;
    for (row, values) in x.rows().enumerate() {
        if let Some(col) = values.iter().position(|x| x.is_infinite()) {
            let (op, at, value) = (OP, (row, col), values[col]);
            return Err(Error::NotFinite { op, at, value });
        }
        let present = values.iter().map(|x| usize::from(!x.is_nan()));
        counts
            .iter_mut()
            .zip(present)
            .for_each(|(count, present)| *count += present);
    }
    match counts.iter().position(|&count| count == 0) {
        Some(column) => Err(Error::NoValue { op: OP, column }),
        None => Ok(counts),
    }
}

/// The rows of x without a missing value (NaN), and their indices, by which labels are picked too.
///
/// # Errors
/// [`ShapeError::OutOfMemory`].
///
/// ```
/// use rowmajor::{matrix, preprocess::drop_missing};
///
/// let labels = ["a", "b", "c"];
/// let (x, rows) = drop_missing(&matrix![[1.0, 2.0], [f64::NAN, 4.0], [5.0, 6.0]])?;
/// let labels: Vec<&str> = rows.iter().map(|&row| labels[row]).collect();
/// assert_eq!((x, labels), (matrix![[1.0, 2.0], [5.0, 6.0]], vec!["a", "c"]));
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "dropna")]
pub fn drop_missing<'x>(x: impl Into<MatrixView<'x>>) -> Result<(Matrix, Vec<usize>), ShapeError> {
    let x = x.into();
    if x.is_empty() {
        // Rows of nothing lack nothing, and can be too many to be counted through.
        return Ok((x.try_to_matrix()?, try_collect(x.nrows(), 0..x.nrows())?));
    }
    let complete = |row: &[f64]| !row.iter().any(|x| x.is_nan());
    let rows = || x.rows().enumerate().filter(|&(_, row)| complete(row));
    let indices = try_collect(rows().count(), rows().map(|(index, _)| index))?;
    Ok((x.select_rows(&indices)?, indices))
}
