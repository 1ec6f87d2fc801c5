//! Element by element: maps, functions, the Hadamard product, a row or a column with each row or column, comparisons.

use super::{Matrix, MatrixView, ShapeError, build, error::or_fail};
use crate::vecmath;
use std::ops::{Add, Mul, Sub};

/// Methods that take values at the same places: documentation, name, the operation's name and symbol; and an example.
macro_rules! pairwise {
    ($($(#[$attribute:meta])* $name:ident $op:literal $function:path, $lhs:tt $rhs:tt => $result:tt;)+) => { $(
        $(#[$attribute])*
        ///
        /// # Errors
        /// As [`zip_map`](Self::zip_map).
        ///
        /// ```
        #[doc = concat!("let (x, y) = (rowmajor::matrix!", stringify!($lhs), ", rowmajor::matrix!", stringify!($rhs), ");")]
        #[doc = concat!("assert_eq!(x.", stringify!($name), "(&y)?, rowmajor::matrix!", stringify!($result), ");")]
        /// # Ok::<(), rowmajor::ShapeError>(())
        /// ```
        pub fn $name<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
            zip_map($op, self.view(), rhs.into(), $function)
        }
    )+ };
}

impl_for! { [Matrix, MatrixView<'_>] {
    /// A matrix of `f(x)` for each value x, in row-major order.
    ///
    /// Rust's own `f64::exp`, `ln`, `tanh`, `powf` and their kin are the platform's: their last bits differ from one
    /// to the next, and a result computed with them is outside the crate's promise of equal bits.
    /// [`exp`](Self::exp), [`ln`](Self::ln), [`tanh`](Self::tanh), [`sigmoid`](Self::sigmoid) and
    /// [`vecmath::scalar`] are inside, as are `+`, `-`, `*`, `/`, `sqrt`, `mul_add`, `abs`.
    ///
    /// # Panics
    /// Where allocation fails, or the closure panics.
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, -4.0]].map(|x| x * x);
    /// assert_eq!(m, rowmajor::matrix![[1.0, 16.0]]);
    /// ```
    #[track_caller]
    pub fn map(&self, f: impl FnMut(f64) -> f64) -> Matrix {
        or_fail(try_map(self.view(), f))
    }

    /// A matrix of `f(x, y)` for each pair of values at the same place, in row-major order.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ, [`ShapeError::OutOfMemory`] where allocation fails.
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 5.0]];
    /// let b = rowmajor::matrix![[3.0, 2.0]];
    /// assert_eq!(a.zip_map(&b, f64::max)?, rowmajor::matrix![[3.0, 5.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn zip_map<'b>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        f: impl FnMut(f64, f64) -> f64,
    ) -> Result<Matrix, ShapeError> {
        zip_map("zip_map", self.view(), rhs.into(), f)
    }

    methods! {
        /// e^x of each value x, as [`vecmath::exp`].
        exp(self) -> Matrix { changed(self.view(), vecmath::exp) }
            [[0.0, f64::NEG_INFINITY]] => rowmajor::matrix![[1.0, 0.0]];
        /// The natural logarithm of each value, as [`vecmath::ln`].
        #[doc(alias = "log")]
        ln(self) -> Matrix { changed(self.view(), vecmath::ln) }
            [[1.0, 0.0]] => rowmajor::matrix![[0.0, f64::NEG_INFINITY]];
        /// The hyperbolic tangent of each value, as [`vecmath::tanh`].
        tanh(self) -> Matrix { changed(self.view(), vecmath::tanh) }
            [[0.0, 100.0]] => rowmajor::matrix![[0.0, 1.0]];
        /// 1 / (1 + e^-x) of each value x, as [`vecmath::sigmoid`].
        sigmoid(self) -> Matrix { changed(self.view(), vecmath::sigmoid) }
            [[0.0, 800.0]] => rowmajor::matrix![[0.5, 1.0]];
        /// The softmax of each row, as [`vecmath::softmax`].
        softmax_rows(self) -> Matrix { changed(self.view(), |x| vecmath::softmax_rows(x, self.ncols())) }
            [[0.0, 0.0], [1000.0, 0.0]] => rowmajor::matrix![[0.5, 0.5], [1.0, 0.0]];
        /// The square root of each value, NaN below 0.
        sqrt(self) -> Matrix { self.map(f64::sqrt) }
            [[4.0, 2.25]] => rowmajor::matrix![[2.0, 1.5]];
        /// The magnitude of each value.
        abs(self) -> Matrix { self.map(f64::abs) }
            [[-4.0, 2.0]] => rowmajor::matrix![[4.0, 2.0]];
    }

    pairwise! {
        /// The Hadamard product: each value times the value at the same place.
        ///
        /// NumPy's `*`; the matrix product is [`matmul`](Matrix::matmul).
        #[doc(alias = "multiply")]
        hadamard "hadamard" Mul::mul, [[1.0, 2.0], [3.0, 4.0]] [[5.0, 0.0], [1.0, 2.0]] => [[5.0, 0.0], [3.0, 8.0]];
        /// The sum, element by element; the operator `+` does the same and panics where this is an error.
        try_add "add" Add::add, [[1.0, 2.0]] [[3.0, 5.0]] => [[4.0, 7.0]];
        /// The difference, element by element; the operator `-` does the same and panics where this is an error.
        try_sub "sub" Sub::sub, [[1.0, 2.0]] [[3.0, 5.0]] => [[-2.0, -3.0]];
    }

    /// A matrix with `row` added to each row: the bias of a layer.
    ///
    /// # Errors
    /// As [`zip_row`](Self::zip_row).
    ///
    /// ```
    /// let products = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(products.add_row(&[10.0, 20.0])?, rowmajor::matrix![[11.0, 22.0], [13.0, 24.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn add_row(&self, row: &[f64]) -> Result<Matrix, ShapeError> {
        zip_row("add_row", self.view(), row, Add::add)
    }

    /// A matrix of `f(x, row[j])` for each value x of column j: what NumPy broadcasts along the rows.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `row` does not hold one value per column, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 10.0], [3.0, 30.0]];
    /// let centred = x.zip_row(&x.col_means(), |x, mean| x - mean)?; // x - x.mean(axis=0)
    /// assert_eq!(centred, rowmajor::matrix![[-1.0, -10.0], [1.0, 10.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "broadcast")]
    pub fn zip_row(&self, row: &[f64], f: impl FnMut(f64, f64) -> f64) -> Result<Matrix, ShapeError> {
        zip_row("zip_row", self.view(), row, f)
    }

    /// A matrix of `f(x, col[i])` for each value x of row i: what NumPy broadcasts along the columns.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where `col` does not hold one value per row, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 3.0], [5.0, 15.0]];
    /// let shares = x.zip_col(&x.row_sums(), |x, sum| x / sum)?; // x / x.sum(axis=1, keepdims=True)
    /// assert_eq!(shares, rowmajor::matrix![[0.25, 0.75], [0.25, 0.75]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "broadcast")]
    pub fn zip_col(&self, col: &[f64], mut f: impl FnMut(f64, f64) -> f64) -> Result<Matrix, ShapeError> {
        let shape = self.shape();
        check(col.len() == shape.0, "zip_col", shape, (col.len(), 1))?;
        let rows = self.view().filled_rows().zip(col);
        build(shape, rows, |data, (row, &y)| data.extend(row.iter().map(|&x| f(x, y))))
    }

    /// Each value x brought into `min..=max`: `min` where `x < min`, then `max` where that is above `max`.
    ///
    /// NaN stays NaN; a bound that is NaN is no bound.
    ///
    /// ```
    /// let m = rowmajor::matrix![[-2.0, 0.5, 7.0]];
    /// assert_eq!(m.clip(0.0, 1.0), rowmajor::matrix![[0.0, 0.5, 1.0]]);
    /// ```
    #[doc(alias = "clamp")]
    #[track_caller]
    pub fn clip(&self, min: f64, max: f64) -> Matrix {
        self.map(|x| {
            let x = if x < min { min } else { x };
            if x > max { max } else { x }
        })
    }

    /// The largest |x - y| over all places; 0 for empty matrices, NaN where any difference is NaN.
    ///
    /// Equal infinities do not differ.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ.
    ///
    /// ```
    /// let ours = rowmajor::matrix![[0.1 + 0.2, 1.0]];
    /// let theirs = rowmajor::matrix![[0.3, 1.0]];
    /// assert!(ours.max_abs_diff(&theirs)? < 1e-15);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn max_abs_diff<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<f64, ShapeError> {
        let pairs = pairs("max_abs_diff", self.view(), rhs.into())?;
        let differences = pairs.map(|(x, y)| if x == y { 0.0 } else { (x - y).abs() });
        Ok(differences.fold(0.0, |worst: f64, d| if d > worst || d.is_nan() { d } else { worst }))
    }

    /// Whether |x - y| ≤ `absolute` + `relative`·|y| at every place; equal infinities are close, NaN is close to nothing.
    ///
    /// NumPy's `allclose(x, y, rtol=relative, atol=absolute)`, whose defaults are 1e-5 and 1e-8.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where the shapes differ.
    ///
    /// ```
    /// let ours = rowmajor::matrix![[0.1 + 0.2, 1e9]];
    /// assert!(ours.allclose(&[0.3, 1e9 + 1.0], 1e-5, 1e-8)?);
    /// assert!(!ours.allclose(&[0.3, 1e9 + 1.0], 0.0, 1e-8)?);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn allclose<'b>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        relative: f64,
        absolute: f64,
    ) -> Result<bool, ShapeError> {
        let mut pairs = pairs("allclose", self.view(), rhs.into())?;
        // An infinite y would make the bound infinite, and everything close.
        let close = |x: f64, y: f64| (x - y).abs() <= absolute + relative * y.abs();
        Ok(pairs.all(|(x, y)| x == y || (y.is_finite() && close(x, y))))
    }
} }

/// An error with both shapes, where they do not fit.
pub(super) fn check(
    fit: bool,
    op: &'static str,
    lhs: (usize, usize),
    rhs: (usize, usize),
) -> Result<(), ShapeError> {
    fit.then_some(())
        .ok_or(ShapeError::Mismatch { op, lhs, rhs })
}

/// The rows of both, or all values of both where they have no gaps.
fn pairs_of_rows<'a, 'b>(
    op: &'static str,
    lhs: MatrixView<'a>,
    rhs: MatrixView<'b>,
) -> Result<impl Iterator<Item = (&'a [f64], &'b [f64])>, ShapeError> {
    check(lhs.shape() == rhs.shape(), op, lhs.shape(), rhs.shape())?;
    let (mut x, mut y) = (lhs.flattened(), rhs.flattened());
    if x.shape() != y.shape() {
        (x, y) = (lhs, rhs);
    }
    Ok(x.filled_rows().zip(y.filled_rows()))
}

/// The values at the same places.
fn pairs(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
) -> Result<impl Iterator<Item = (f64, f64)>, ShapeError> {
    let rows = pairs_of_rows(op, lhs, rhs)?;
    Ok(rows.flat_map(|(x, y)| x.iter().copied().zip(y.iter().copied())))
}

#[inline]
fn try_map(view: MatrixView<'_>, mut f: impl FnMut(f64) -> f64) -> Result<Matrix, ShapeError> {
    let slices = view.flattened().filled_rows();
    build(view.shape(), slices, |data, x| {
        data.extend(x.iter().map(|&x| f(x)))
    })
}

#[inline]
pub(super) fn zip_map(
    op: &'static str,
    lhs: MatrixView<'_>,
    rhs: MatrixView<'_>,
    mut f: impl FnMut(f64, f64) -> f64,
) -> Result<Matrix, ShapeError> {
    let pairs = pairs_of_rows(op, lhs, rhs)?;
    build(lhs.shape(), pairs, |data, (x, y)| {
        data.extend(x.iter().zip(y).map(|(&x, &y)| f(x, y)));
    })
}

fn zip_row(
    op: &'static str,
    lhs: MatrixView<'_>,
    row: &[f64],
    mut f: impl FnMut(f64, f64) -> f64,
) -> Result<Matrix, ShapeError> {
    check(row.len() == lhs.cols, op, lhs.shape(), (1, row.len()))?;
    build(lhs.shape(), lhs.filled_rows(), |data, x| {
        data.extend(x.iter().zip(row).map(|(&x, &y)| f(x, y)));
    })
}

/// A copy of the values after a function of slices has worked on it.
#[track_caller]
fn changed(view: MatrixView<'_>, f: impl Fn(&mut [f64])) -> Matrix {
    let mut copy = view.to_matrix();
    f(copy.as_mut_slice());
    copy
}
