//! Whitening by the eigenvectors of the covariance.

use super::Error;
use super::columns::{
    BLOCK, centre, check_columns, check_data, check_finite, check_not_empty, covariance_about,
    moments, runs,
};
use crate::matrix::{checked_len, try_collect, try_with_capacity};
use crate::simd::memory::zeros;
use crate::{Matrix, MatrixView, PackedMatrix, ShapeError};

const OP: &str = "whiten";

/// Which of the whitenings; [`Whiten::kind`] returns it.
///
/// ```
/// use rowmajor::{matrix, preprocess::{Whitening, WhiteningKind}};
///
/// let x = matrix![[1.0, 2.0], [2.0, 1.0], [4.0, 4.0]];
/// assert_eq!(Whitening::pca().fit(&x)?.kind(), WhiteningKind::Pca);
/// assert_eq!(Whitening::zca().fit(&x)?.kind(), WhiteningKind::Zca);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhiteningKind {
    /// Onto the principal components, largest variance first: column k of the result is component k, divided by its
    /// deviation.
    Pca,
    /// The PCA whitening rotated back to the original columns: of all whitenings the one that changes the data least, so
    /// that a whitened image still looks like one.
    Zca,
}

/// How to whiten: the parameters of [`Whiten`], from which [`fit`](Whitening::fit) makes one.
///
/// ```
/// use rowmajor::{matrix, preprocess::Whitening};
///
/// let x = matrix![[1.0, 2.0, 0.0], [2.0, 1.0, 1.0], [4.0, 4.0, 0.0], [3.0, 5.0, 1.0]];
/// let whiten = Whitening::pca().components(2).epsilon(1e-5).fit(&x)?;
/// assert_eq!(whiten.transform(&x)?.shape(), (4, 2));
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[doc(alias = "PCA")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whitening {
    kind: WhiteningKind,
    components: Option<usize>,
    epsilon: f64,
}

impl Whitening {
    /// PCA whitening with all components, epsilon 0.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::{Whitening, WhiteningKind}};
    ///
    /// let whiten = Whitening::pca().fit(&matrix![[1.0], [3.0]])?;
    /// assert_eq!(whiten.kind(), WhiteningKind::Pca);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn pca() -> Whitening {
        Self::of(WhiteningKind::Pca)
    }

    /// ZCA whitening with all components, epsilon 0.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::{Whitening, WhiteningKind}};
    ///
    /// let whiten = Whitening::zca().fit(&matrix![[1.0], [3.0]])?;
    /// assert_eq!(whiten.kind(), WhiteningKind::Zca);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn zca() -> Whitening {
        Self::of(WhiteningKind::Zca)
    }

    fn of(kind: WhiteningKind) -> Whitening {
        Whitening {
            kind,
            components: None,
            epsilon: 0.0,
        }
    }

    /// Keeps `count` components at most, those of largest variance; from 1 to the number of columns.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let x = matrix![[1.0, 2.0], [2.0, 1.0], [4.0, 4.0]];
    /// assert_eq!(Whitening::pca().components(1).fit(&x)?.outputs(), 1);
    /// assert!(Whitening::pca().components(3).fit(&x).is_err());
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    #[must_use]
    pub fn components(self, count: usize) -> Whitening {
        let components = Some(count);
        Whitening { components, ..self }
    }

    /// Adds `epsilon`, 0 or more, to each component's variance before it is divided by: components with less variance
    /// than that, which are mostly noise, are then not blown up to the size of the others.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let whiten = Whitening::pca().epsilon(2.0).fit(&matrix![[0.0], [2.0]])?; // variance 2
    /// assert_eq!(whiten.transform(&matrix![[3.0]])?, matrix![[1.0]]); // (3 − 1) / √(2 + 2)
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Whitening {
        Whitening { epsilon, ..self }
    }

    /// Fits to the rows of x, two at least.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::TooFewRows`]; [`Error::Constant`] where no column varies; [`Error::TooWide`] where
    /// a covariance is beyond `f64`; [`Error::Parameter`] where there are to be no components or more than columns, or
    /// epsilon is negative or not finite; [`Error::Shape`] where x is empty, or allocation fails.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let error = Whitening::pca().fit(&matrix![[1.0, 2.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "whiten: needs 2 rows or more, found 1");
    /// ```
    pub fn fit<'x>(self, x: impl Into<MatrixView<'x>>) -> Result<Whiten, Error> {
        let x = x.into();
        check_not_empty(OP, x)?;
        let cols = x.ncols();
        let wanted = self.components.unwrap_or(cols);
        if wanted == 0 || wanted > cols {
            return Err(Error::Parameter {
                op: OP,
                expected: "from 1 component to as many as columns",
                found: format!("{wanted} of {cols}"),
            });
        }
        let [mean, _, magnitudes] = moments(OP, x)?;
        let eigh = covariance_about(OP, x, &mean, &magnitudes)?.eigh()?;
        let largest = eigh.values.last().copied().unwrap_or(0.0);
        let tolerance = cols as f64 * f64::EPSILON * largest;
        // Differences from a mean have a rank below their number, whatever rounding adds.
        let wanted = wanted.min(x.nrows() - 1);
        let kept = eigh.values.iter().rev().copied().take(wanted);
        let kept = kept.take_while(|&value| value > tolerance);
        let count = kept.clone().count();
        if count == 0 {
            return Err(Error::Constant { op: OP });
        }
        let variances = try_collect(count, kept)?;
        let vectors = eigh.vectors.view().try_transpose()?;
        let mut components = try_with_capacity(count, cols)?;
        let rows = vectors.rows().rev().take(count);
        rows.for_each(|row| components.extend_from_slice(row));
        let components = Matrix::from_vec(count, cols, components)?;
        Whiten::new(self.kind, mean, components, variances, self.epsilon)
    }
}

/// Each row less the mean, rotated and scaled so that the columns have deviation 1 and no correlation.
///
/// With v the components' variances (the eigenvalues of the covariance, divisor rows − 1, as in NumPy's `cov` and
/// scikit-learn's `PCA`) and V their directions (rows of [`components`](Whiten::components)):
///
/// | kind | y | columns of y |
/// | --- | --- | --- |
/// | PCA | (x − mean) · Vᵀ · diag(1/√(v + ε)) | one for each component |
/// | ZCA | (x − mean) · Vᵀ · diag(1/√(v + ε)) · V | those of x |
///
/// A direction in which the data do not vary (variance at most columns · 2^-52 times the largest: constant columns,
/// columns that are sums of others) is not kept, whatever ε: PCA has no column for it, ZCA takes it to 0. The covariance
/// of the result, at ε = 0, is then the identity for PCA, the projection Vᵀ·V onto the components for ZCA.
///
/// ```
/// use rowmajor::{Matrix, matrix, preprocess::{Whitening, covariance}};
///
/// let x = matrix![[1.0, 2.0], [2.0, 1.0], [4.0, 4.0], [3.0, 5.0]];
/// let whiten = Whitening::zca().fit(&x)?;
/// let y = whiten.transform(&x)?;
/// assert!(covariance(&y)?.max_abs_diff(&Matrix::identity(2))? < 1e-14);
/// assert!(whiten.inverse_transform(&y)?.max_abs_diff(&x)? < 1e-14);
/// # Ok::<(), rowmajor::preprocess::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Whiten {
    kind: WhiteningKind,
    mean: Vec<f64>,
    /// components × columns.
    components: Matrix,
    variances: Vec<f64>,
    epsilon: f64,
    /// columns × outputs.
    weights: Matrix,
}

impl Whiten {
    /// The whitening with these means (one for each column), components (one in each row) and variances (one for each
    /// component).
    ///
    /// # Errors
    /// [`Error::Shape`] where the sizes do not fit, or there is no component; [`Error::NotFinite`];
    /// [`Error::Parameter`] where a variance is not above 0, or epsilon negative or not finite; [`Error::TooWide`] where
    /// a weight would be beyond `f64`.
    ///
    /// ```
    /// use rowmajor::{matrix, preprocess::{Whiten, WhiteningKind}};
    ///
    /// let whiten = Whiten::new(WhiteningKind::Pca, vec![1.0, 1.0], matrix![[0.0, 1.0]], vec![4.0], 0.0)?;
    /// assert_eq!(whiten.transform(&matrix![[7.0, 5.0]])?, matrix![[2.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn new(
        kind: WhiteningKind,
        mean: Vec<f64>,
        components: Matrix,
        variances: Vec<f64>,
        epsilon: f64,
    ) -> Result<Whiten, Error> {
        for values in [&mean, &variances] {
            check_data(OP, MatrixView::from_slice(1, values.len(), values)?)?;
        }
        check_data(OP, components.view())?;
        if components.shape() != (variances.len(), mean.len()) {
            let (lhs, rhs) = (components.shape(), (variances.len(), mean.len()));
            return Err(ShapeError::Mismatch { op: OP, lhs, rhs }.into());
        }
        let parameter = |expected, found: f64| Error::Parameter {
            op: OP,
            expected,
            found: format!("{found:?}"),
        };
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return Err(parameter("an epsilon of 0 or more", epsilon));
        }
        if let Some(&variance) = variances.iter().find(|&&variance| variance <= 0.0) {
            return Err(parameter("variances above 0", variance));
        }
        let mut scaled = components.view().try_to_matrix()?;
        for (k, deviation) in deviations(&variances, epsilon).enumerate() {
            scaled.row_mut(k).iter_mut().for_each(|x| *x /= deviation);
        }
        let weights = match kind {
            WhiteningKind::Pca => scaled.view().try_transpose()?,
            WhiteningKind::Zca => scaled.matmul_tn(&components)?,
        };
        for row in weights.rows() {
            check_finite(OP, row)?;
        }
        Ok(Whiten {
            kind,
            mean,
            components,
            variances,
            epsilon,
            weights,
        })
    }

    /// PCA or ZCA.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::{Whitening, WhiteningKind}};
    /// assert_eq!(Whitening::zca().fit(&matrix![[1.0], [3.0]])?.kind(), WhiteningKind::Zca);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn kind(&self) -> WhiteningKind {
        self.kind
    }

    /// The mean of each column.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// assert_eq!(Whitening::pca().fit(&matrix![[1.0], [3.0]])?.mean(), [2.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The principal directions, one in each row, each of length 1, largest variance first; signs as
    /// [`Matrix::eigh`] says.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let whiten = Whitening::pca().fit(&matrix![[0.0, 1.0], [0.0, 3.0]])?;
    /// assert_eq!(whiten.components(), &matrix![[0.0, 1.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn components(&self) -> &Matrix {
        &self.components
    }

    /// The variance of each component (scikit-learn's `explained_variance_`), largest first.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// assert_eq!(Whitening::pca().fit(&matrix![[1.0], [3.0]])?.variances(), [2.0]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// What was added to each variance.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// assert_eq!(Whitening::pca().epsilon(0.1).fit(&matrix![[1.0], [3.0]])?.epsilon(), 0.1);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The number of columns of a whitened row.
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let x = matrix![[0.0, 1.0], [0.0, 3.0]]; // the first column is constant
    /// assert_eq!(Whitening::pca().fit(&x)?.outputs(), 1);
    /// assert_eq!(Whitening::zca().fit(&x)?.outputs(), 2);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.weights.ncols()
    }

    /// The rows of x, whitened: rows × columns gives rows × [`outputs`](Whiten::outputs).
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where x has other columns than were fitted, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let whiten = Whitening::pca().fit(&matrix![[-1.0], [0.0], [1.0]])?; // variance 1
    /// assert_eq!(whiten.transform(&matrix![[5.0]])?, matrix![[5.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn transform<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        check_columns(OP, self.mean.len(), x)?;
        let (rows, cols, outputs) = (x.nrows(), x.ncols(), self.outputs());
        let (mut used_runs, mut fewer, mut packed) = (Vec::new(), None, None);
        if rows >= BLOCK {
            let used = self.used_columns()?;
            if !used.is_empty() {
                used_runs = runs(&used)?;
                fewer = Some(self.weights.select_rows(&used)?);
            }
            packed = PackedMatrix::new(fewer.as_ref().unwrap_or(&self.weights)).ok();
        }
        // Some rows at a time, so that what lies between the steps stays in L3 and the result is written once.
        let mut centred = try_with_capacity(BLOCK.min(rows), cols)?;
        let shape = (rows, outputs);
        let mut out =
            zeros(checked_len(rows, outputs)?).ok_or(ShapeError::OutOfMemory { shape })?;
        let parts = out.chunks_mut(BLOCK * outputs);
        for (block, out) in x.batches(BLOCK).zip(parts) {
            centred.clear();
            let same_bits = fewer.is_some()
                && block.rows().all(|row| {
                    for run in &used_runs {
                        centre(&row[run.clone()], &self.mean[run.clone()], &mut centred);
                    }
                    never_underflows(row, &self.mean)
                });
            let (weights, packed) = match &fewer {
                Some(fewer) if same_bits => (fewer, packed.as_ref()),
                _ => {
                    centred.clear();
                    let rows = block.rows();
                    rows.for_each(|row| centre(row, &self.mean, &mut centred));
                    (&self.weights, packed.as_ref().filter(|_| fewer.is_none()))
                }
            };
            MatrixView::from_slice(block.nrows(), weights.nrows(), &centred)?
                .multiply_into(weights, packed, out)?;
        }
        Matrix::from_vec(rows, outputs, out)
    }

    /// The columns with weights other than 0, where some have none (constant ones) and none is tiny; otherwise no columns.
    /// The others change no bit of a product that [`never_underflows`].
    fn used_columns(&self) -> Result<Vec<usize>, ShapeError> {
        let weights = || self.weights.rows().flatten().map(|w| w.abs());
        let used = |&col: &usize| self.weights.row(col).iter().any(|&w| w != 0.0);
        let count = (0..self.mean.len()).filter(used).count();
        if count == self.mean.len() || weights().any(|w| w != 0.0 && w < SMALL) {
            return Ok(Vec::new());
        }
        try_collect(count, (0..self.mean.len()).filter(used))
    }

    /// The way back: of a row that was whitened, its projection onto the components plus the mean; the row itself where
    /// it has no part in a direction that was not kept.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where y has another number of columns than [`outputs`](Whiten::outputs),
    /// [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// # use rowmajor::{matrix, preprocess::Whitening};
    /// let whiten = Whitening::pca().fit(&matrix![[7.0, -1.0], [7.0, 0.0], [7.0, 1.0]])?;
    /// assert_eq!(whiten.inverse_transform(&matrix![[5.0]])?, matrix![[7.0, 5.0]]);
    /// # Ok::<(), rowmajor::preprocess::Error>(())
    /// ```
    pub fn inverse_transform<'y>(
        &self,
        y: impl Into<MatrixView<'y>>,
    ) -> Result<Matrix, ShapeError> {
        let y = y.into();
        check_columns(OP, self.outputs(), y)?;
        let mut scaled = self.components.view().try_to_matrix()?;
        for (k, deviation) in deviations(&self.variances, self.epsilon).enumerate() {
            scaled.row_mut(k).iter_mut().for_each(|x| *x *= deviation);
        }
        let back = match self.kind {
            WhiteningKind::Pca => scaled,
            WhiteningKind::Zca => scaled.matmul_tn(&self.components)?,
        };
        let mut x = y.matmul(&back)?;
        x.add_row_in_place(&self.mean)?;
        Ok(x)
    }
}

fn deviations(variances: &[f64], epsilon: f64) -> impl Iterator<Item = f64> {
    let with_epsilon = variances.iter().map(move |variance| variance + epsilon);
    with_epsilon.map(f64::sqrt)
}

/// 2^-400. Products of two such numbers are multiples of 2^-904, and so are their sums.
const SMALL: f64 = f64::from_bits((1023 - 400) << 52);

/// Whether the row less the means is finite, and 0 or at least [`SMALL`] everywhere: then no sum of products with such weights
/// is -0, the only number that a product with 0 could change.
fn never_underflows(row: &[f64], means: &[f64]) -> bool {
    let fits = |x: f64| (x == 0.0) | (SMALL..f64::INFINITY).contains(&x);
    // Without a way out of the loop the compiler makes vectors of it.
    let both = row.iter().zip(means);
    both.fold(true, |all, (x, mean)| all & fits((x - mean).abs()))
}
