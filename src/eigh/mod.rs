//! Eigenvalues and eigenvectors of a symmetric matrix.
//!
//! **Method.** Rows and columns are put in the order of their diagonal values, and the matrix is scaled by a power of
//! two. Householder reflections take it to tridiagonal form, the last row first, as EISPACK's `tred2` does
//! (`tridiagonal`); QL steps with Wilkinson's implicit shift take that to diagonal form, as `tql2` does (`ql`). In that
//! order, the small values of a covariance whose columns differ by magnitudes keep their accuracy.
//!
//! **Speed.** A reflection updates the matrix and multiplies it by the next one's vector in one pass; their product is by
//! panels; rotations are noted, and applied to sixteen columns at a time while the next are computed.
//!
//! **Bits.** Every operation is an addition, a multiplication, a division or a square root, in one order (sums in eight
//! lanes, as [`vecmath::sum`](crate::vecmath::sum)), or a product of the crate: the same bits on every CPU.
#![forbid(unsafe_code)]

mod ql;
mod reflectors;
mod tridiagonal;

use crate::matrix::{checked_len, impl_for, messages, sort_indices, try_collect, try_vec};
use crate::simd::memory::Buffer;
use crate::simd::{LANES, dispatch};
use crate::{Matrix, MatrixView, ShapeError};
use ql::Row;
use tridiagonal::Reduce;

/// The eigenvalues and eigenvectors of a symmetric matrix, from [`Matrix::eigh`].
///
/// ```
/// let eigh = rowmajor::matrix![[2.0, 0.0], [0.0, 1.0]].eigh()?;
/// assert_eq!(eigh.values, [1.0, 2.0]);
/// assert_eq!(eigh.vectors, rowmajor::matrix![[0.0, 1.0], [1.0, 0.0]]);
/// # Ok::<(), rowmajor::EighError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Eigh {
    /// The n eigenvalues, ascending.
    pub values: Vec<f64>,
    /// n×n: column j is the eigenvector of value j, of length 1; its component of largest magnitude (the first of
    /// equals) is positive.
    pub vectors: Matrix,
}

/// Why a matrix has no eigenvalues here.
///
/// ```
/// let error = rowmajor::matrix![[1.0, 2.0], [2.5, 1.0]].eigh().unwrap_err();
/// assert_eq!(error.to_string(), "eigh: (1, 0) is 2.5 and (0, 1) is 2.0: the matrix is not symmetric");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EighError {
    /// The matrix is not square.
    NotSquare {
        /// Its rows and columns.
        shape: (usize, usize),
    },
    /// A value is NaN or infinite.
    NotFinite {
        /// Row and column of the first such value.
        at: (usize, usize),
        /// The value.
        value: f64,
    },
    /// The values at (i, j) and (j, i) differ.
    NotSymmetric {
        /// Row and column of the first such value, below the diagonal.
        at: (usize, usize),
        /// The value there.
        below: f64,
        /// The value across the diagonal.
        above: f64,
    },
    /// An eigenvalue was not found within thirty QL steps for each there is. No matrix is known that needs them.
    NotConverged {
        /// How many eigenvalues had been found.
        found: usize,
    },
    /// The allocation fails.
    Shape(ShapeError),
}

messages! { EighError,
    NotSquare { shape: (rows, cols) } => "eigh: {rows}x{cols} is not square";
    NotFinite { at: (row, col), value } => "eigh: ({row}, {col}) is {value:?}, not a finite number";
    NotSymmetric { at: (row, col), below, above } =>
        "eigh: ({row}, {col}) is {below:?} and ({col}, {row}) is {above:?}: the matrix is not symmetric";
    NotConverged { found } => "eigh: no convergence after {found} eigenvalues";
    Shape(error) => "{error}";
}

impl std::error::Error for EighError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Shape(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ShapeError> for EighError {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

impl_for! { [Matrix, MatrixView<'_>] {
    /// The eigenvalues, ascending, and eigenvectors of a symmetric matrix: NumPy's `eigh`.
    ///
    /// Householder's reduction to tridiagonal form, then QL with implicit shifts; the same bits on every CPU. The
    /// errors of the values are a few units in the last place of the largest one, whatever the matrix; where it is
    /// graded (a covariance of columns of very different variance), small values are more accurate than that. Equal
    /// eigenvalues have some orthonormal vectors, no promise which. An eigenvalue beyond the range of `f64` is
    /// infinite; values at less than 1e-300 of the largest may become 0, and so may what only off-diagonal values below
    /// 1e-40 of the largest keep from being 0. No rows give no values.
    ///
    /// The matrix must be symmetric exactly: `aᵀ·a` by [`matmul_tn`](Matrix::matmul_tn) is, and
    /// `(a + aᵀ) * 0.5` makes any matrix so.
    ///
    /// # Errors
    /// [`EighError`]: not square, not finite, not symmetric, no convergence, no memory.
    ///
    /// ```
    /// use rowmajor::matrix;
    ///
    /// let a = matrix![[2.0, 1.0], [1.0, 2.0]];
    /// let eigh = a.eigh()?;
    /// assert!((eigh.values[0] - 1.0).abs() < 1e-15 && (eigh.values[1] - 3.0).abs() < 1e-15);
    /// // The vector of 3 is (1, 1) / √2: multiplied by the matrix it becomes three times as long.
    /// let vector = matrix![[eigh.vectors[(0, 1)]], [eigh.vectors[(1, 1)]]];
    /// assert!(a.matmul(&vector)?.max_abs_diff(&(&vector * 3.0))? < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn eigh(&self) -> Result<Eigh, EighError> {
        of(&self.view())
    }
} }

fn of(a: &MatrixView<'_>) -> Result<Eigh, EighError> {
    check(a)?;
    let order = in_order(a.nrows(), |i| a.row(i)[i].abs())?;
    let scale = scale(a);
    // Rows of zeros come first: all but one are left out, so many that the lanes and panels of the others are the same.
    let is_zeros = |row: &[f64]| row.iter().all(|x| x.to_bits() == 0);
    let zeros = order.iter().take_while(|&&i| is_zeros(a.row(i))).count();
    let left_out = zeros.saturating_sub(1) / reflectors::PANEL * reflectors::PANEL;
    let rest = &order[left_out..];
    let n = rest.len();
    let width = n.div_ceil(LANES);
    let mut buffer = Buffer::new();
    // For the panels, too, which have two lines each.
    let buffer = lines(&mut buffer, checked_len(n, width.next_multiple_of(2))?)?;
    let lower = &mut buffer[..n * width];
    for (k, (&i, out)) in rest
        .iter()
        .zip(lower.chunks_exact_mut(width.max(1)))
        .enumerate()
    {
        let out = out[..=k / LANES].as_flattened_mut().iter_mut().zip(rest);
        out.for_each(|(out, &j)| *out = a.row(i)[j] * scale);
    }
    let mut tridiagonal = dispatch(Reduce { a: &mut *lower, n })?;
    let mut vectors = Matrix::try_filled(order.len(), order.len(), 0.0)?;
    let product = &mut vectors.as_mut_slice()[..n * n];
    reflectors::product(lower.as_flattened(), &tridiagonal.norms, product)?;
    let panels = buffer.as_chunks_mut().0;
    for (panel, col) in panels.chunks_exact_mut(n.max(1)).zip((0..).step_by(COLS)) {
        for (lines, row) in panel.iter_mut().zip(product.chunks_exact(n)) {
            let out = lines.as_flattened_mut().iter_mut();
            out.zip(&row[col..]).for_each(|(out, &x)| *out = x);
        }
    }
    ql::diagonalize(&mut tridiagonal.diagonal, &mut tridiagonal.below, panels)?;
    let mut values = sorted(&tridiagonal.diagonal, panels, &order, &mut vectors)?;
    values.iter_mut().for_each(|value| *value /= scale);
    Ok(Eigh { values, vectors })
}

/// Eight values.
type Line = [f64; LANES];

/// Columns of a panel.
const COLS: usize = size_of::<Row>() / size_of::<f64>();

/// So many lines, which are cache lines.
fn lines(buffer: &mut Buffer, count: usize) -> Result<&mut [Line], ShapeError> {
    let (shape, len) = ((count, LANES), checked_len(count, LANES)?);
    let values = buffer.get(len);
    let values = values.map_err(|_| ShapeError::OutOfMemory { shape })?;
    Ok(values.as_chunks_mut().0)
}

fn check(a: &MatrixView<'_>) -> Result<(), EighError> {
    let n = a.nrows();
    if a.ncols() != n {
        return Err(EighError::NotSquare { shape: a.shape() });
    }
    for (i, row) in a.rows().enumerate() {
        if let Some(j) = row.iter().position(|x| !x.is_finite()) {
            let value = row[j];
            return Err(EighError::NotFinite { at: (i, j), value });
        }
    }
    for i in 0..n {
        for j in 0..i {
            let (below, above) = (a.row(i)[j], a.row(j)[i]);
            if below != above {
                let at = (i, j);
                return Err(EighError::NotSymmetric { at, below, above });
            }
        }
    }
    Ok(())
}

/// The indices below `n` in the order of their values, equal ones in their own.
fn in_order(n: usize, value: impl Fn(usize) -> f64) -> Result<Vec<usize>, ShapeError> {
    let mut order = try_collect(n, 0..n)?;
    sort_indices(&mut order, &|i, j| value(i).total_cmp(&value(j)));
    Ok(order)
}

/// A power of two that brings the largest magnitude near 1, so that products stay far from the ends of the range.
fn scale(a: &MatrixView<'_>) -> f64 {
    let largest = a.rows().flatten().fold(0.0, |max: f64, x| max.max(x.abs()));
    power_of_two(-exponent(largest))
}

/// The exponent of 2 in `x`; that of the smallest normal number or below for what is smaller.
fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// 2^`exponent`, which is moved to where its reciprocal is a normal number too.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent.clamp(-1000, 1000) + 1023) as u64) << 52)
}

/// Values ascending and their vectors as columns, the rows back in the caller's order, each vector with its sign.
///
/// The first of `order` were left out. Each has its own value, 0; in the other vectors, its zeros have the signs of the
/// first row of zeros that was not.
fn sorted(
    found: &[f64],
    panels: &[Row],
    order: &[usize],
    vectors: &mut Matrix,
) -> Result<Vec<f64>, ShapeError> {
    let (n, count) = (order.len(), found.len());
    let left_out = n - count;
    let value = |i: usize| i.checked_sub(left_out).map_or(0.0, |i| found[i]);
    let ranks = in_order(n, value)?;
    for (i, &place) in order.iter().enumerate() {
        let col = i.saturating_sub(left_out);
        let panel = &panels[col / COLS * count..];
        for (x, &rank) in vectors.row_mut(place).iter_mut().zip(&ranks) {
            *x = match rank.checked_sub(left_out) {
                Some(row) if row > 0 || i >= left_out => panel[row].as_flattened()[col % COLS],
                _ => f64::from(u8::from(rank == i)),
            };
        }
    }
    let mut largest = try_vec(n, 0.0_f64)?;
    for row in vectors.rows() {
        for (largest, &x) in largest.iter_mut().zip(row) {
            *largest = if x.abs() > largest.abs() { x } else { *largest };
        }
    }
    for row in vectors.rows_mut() {
        for (x, &largest) in row.iter_mut().zip(&largest) {
            *x = if largest < 0.0 { -*x } else { *x };
        }
    }
    try_collect(n, ranks.iter().map(|&rank| value(rank)))
}
