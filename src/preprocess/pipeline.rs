//! Steps, one after the other.

use super::{Impute, MinMax, Standardize, Whiten};
use crate::{Matrix, MatrixView, ShapeError};

/// A fitted step.
///
/// ```
/// use rowmajor::{matrix, preprocess::{MinMax, Step}};
///
/// let step = Step::from(MinMax::fit(&matrix![[1.0], [3.0]])?);
/// assert!(matches!(step, Step::MinMax(_)));
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Missing values filled in.
    Impute(Impute),
    /// Scaling to a range.
    MinMax(MinMax),
    /// Mean 0, deviation 1.
    Standardize(Standardize),
    /// Whitening.
    Whiten(Whiten),
}

impl Step {
    /// Columns in and columns out.
    fn shape(&self) -> (usize, usize) {
        match self {
            Step::Impute(step) => (step.fill().len(), step.fill().len()),
            Step::MinMax(step) => (step.min().len(), step.min().len()),
            Step::Standardize(step) => (step.mean().len(), step.mean().len()),
            Step::Whiten(step) => (step.mean().len(), step.outputs()),
        }
    }

    fn transform(&self, x: MatrixView<'_>) -> Result<Matrix, ShapeError> {
        match self {
            Step::Impute(step) => step.transform(x),
            Step::MinMax(step) => step.transform(x),
            Step::Standardize(step) => step.transform(x),
            Step::Whiten(step) => step.transform(x),
        }
    }

    fn inverse_transform(&self, y: MatrixView<'_>) -> Result<Matrix, ShapeError> {
        match self {
            Step::Impute(step) => step.inverse_transform(y),
            Step::MinMax(step) => step.inverse_transform(y),
            Step::Standardize(step) => step.inverse_transform(y),
            Step::Whiten(step) => step.inverse_transform(y),
        }
    }
}

impl From<Impute> for Step {
    fn from(step: Impute) -> Self {
        Step::Impute(step)
    }
}

impl From<MinMax> for Step {
    fn from(step: MinMax) -> Self {
        Step::MinMax(step)
    }
}

impl From<Standardize> for Step {
    fn from(step: Standardize) -> Self {
        Step::Standardize(step)
    }
}

impl From<Whiten> for Step {
    fn from(step: Whiten) -> Self {
        Step::Whiten(step)
    }
}

/// Fitted steps whose sizes fit, first to last; no step at all leaves the data as they are.
///
/// Saved beside a network by [`write_npz`](Pipeline::write_npz), read again by [`from_npz`](Pipeline::from_npz).
///
/// ```
/// use rowmajor::{matrix, preprocess::{MinMax, Pipeline, Standardize}};
///
/// let x = matrix![[1.0], [3.0]];
/// let steps = vec![Standardize::fit(&x)?.into(), MinMax::new(vec![-1.0], vec![1.0], 0.0, 1.0)?.into()];
/// let pipeline = Pipeline::new(steps)?;
/// let y = pipeline.transform(&x)?;
/// assert_eq!(y, matrix![[0.0], [1.0]]);
/// assert_eq!(pipeline.inverse_transform(&y)?, x);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    // Invariant: each step has as many columns in as the one before has out.
    steps: Vec<Step>,
}

impl Pipeline {
    /// The steps, first to last.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where a step does not give as many columns as the next one takes; its `lhs` and `rhs` are
    /// the columns in and out of the two.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::{Pipeline, Standardize}};
    ///
    /// let one = Standardize::fit(&matrix![[1.0]])?;
    /// let two = Standardize::fit(&matrix![[1.0, 2.0]])?;
    /// let error = Pipeline::new(vec![one.into(), two.into()]).unwrap_err();
    /// assert_eq!(error.to_string(), "pipeline: shapes 1x1 and 2x2 do not match");
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn new(steps: Vec<Step>) -> Result<Pipeline, ShapeError> {
        for pair in steps.windows(2) {
            let (lhs, rhs) = (pair[0].shape(), pair[1].shape());
            if lhs.1 != rhs.0 {
                let op = "pipeline";
                return Err(ShapeError::Mismatch { op, lhs, rhs });
            }
        }
        Ok(Pipeline { steps })
    }

    /// The steps, first to last.
    ///
    /// ```
    /// assert_eq!(rowmajor::preprocess::Pipeline::default().steps().len(), 0);
    /// ```
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The rows of x, taken through all steps.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where x has other columns than the first step was fitted on,
    /// [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::{Pipeline, Standardize}};
    /// let pipeline = Pipeline::new(vec![Standardize::fit(&matrix![[1.0], [5.0]])?.into()])?;
    /// assert_eq!(pipeline.transform(&matrix![[4.0]])?, matrix![[0.5]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn transform<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        run(self.steps.iter(), x.into(), Step::transform)
    }

    /// The way back: the inverse of each step, last to first.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where y has other columns than the last step gives, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::{Pipeline, Standardize}};
    /// let pipeline = Pipeline::new(vec![Standardize::fit(&matrix![[1.0], [5.0]])?.into()])?;
    /// assert_eq!(pipeline.inverse_transform(&matrix![[0.5]])?, matrix![[4.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn inverse_transform<'y>(
        &self,
        y: impl Into<MatrixView<'y>>,
    ) -> Result<Matrix, ShapeError> {
        run(self.steps.iter().rev(), y.into(), Step::inverse_transform)
    }
}

fn run<'a>(
    mut steps: impl Iterator<Item = &'a Step>,
    x: MatrixView<'_>,
    f: impl Fn(&'a Step, MatrixView<'_>) -> Result<Matrix, ShapeError>,
) -> Result<Matrix, ShapeError> {
    match steps.next() {
        None => x.try_to_matrix(),
        Some(first) => steps.try_fold(f(first, x)?, |x, step| f(step, x.view())),
    }
}
