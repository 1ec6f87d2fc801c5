//! Products of matrices.
//!
//! Every element of a product is one chain of fused multiply-adds, `c = +0.0; for p in 0..k { c = fma(a[i][p], b[p][j],
//! c) }`, so a row of the result depends on that row of the left operand alone: rows may be multiplied one by one, in
//! batches or all at once, with the same bits.

use super::{Matrix, MatrixView, MatrixViewMut, PackedMatrix, ShapeError, checked_len};
use crate::gemm::{self, Operand, Output, Rhs, Rows};

/// Which operand is read as its transpose.
#[derive(Clone, Copy)]
enum Form {
    Nn,
    Tn,
    Nt,
}

impl_for! { [Matrix, MatrixView<'_>] {
    /// The product `self · rhs`: m×k by k×n is m×n.
    ///
    /// Each element is one chain of fused multiply-adds over k, in order; k = 0 gives +0.0.
    ///
    /// # Errors
    /// [`ShapeError::Product`] with both shapes where the inner sizes differ; [`ShapeError::TooLarge`] or
    /// [`ShapeError::OutOfMemory`] where the result cannot be held.
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// let y = rowmajor::matrix![[5.0, 6.0], [7.0, 8.0]];
    /// assert_eq!(x.matmul(&y)?, rowmajor::matrix![[19.0, 22.0], [43.0, 50.0]]);
    ///
    /// let error = x.matmul(&rowmajor::Matrix::zeros(3, 2)).unwrap_err();
    /// assert_eq!(error.to_string(), "matmul: cannot multiply 2x2 by 3x2: inner sizes 2 and 3 differ");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "dot")]
    #[doc(alias = "gemm")]
    #[inline]
    pub fn matmul<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        product("matmul", Form::Nn, &self.view(), &rhs.into())
    }

    /// [`matmul`](Self::matmul) into `out`, which is only written: nothing is allocated for the result.
    ///
    /// # Errors
    /// As [`matmul`](Self::matmul), and [`ShapeError::Output`] where `out` is not m×n.
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// let mut out = rowmajor::Matrix::filled(2, 2, f64::NAN);
    /// a.matmul_into(&rowmajor::Matrix::identity(2), &mut out)?;
    /// assert_eq!(out, a);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[inline]
    pub fn matmul_into<'b, 'c>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        out: impl Into<MatrixViewMut<'c>>,
    ) -> Result<(), ShapeError> {
        product_into("matmul_into", Form::Nn, &self.view(), &rhs.into(), out.into())
    }

    /// The product `selfᵀ · rhs`, without a copy of the transpose: k×m by k×n is m×n.
    ///
    /// # Errors
    /// As [`matmul`](Self::matmul); the inner sizes are the rows of both.
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    /// assert_eq!(x.matmul_tn(&x)?, rowmajor::matrix![[35.0, 44.0], [44.0, 56.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[inline]
    pub fn matmul_tn<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        product("matmul_tn", Form::Tn, &self.view(), &rhs.into())
    }

    /// [`matmul_tn`](Self::matmul_tn) into `out`, which is only written.
    ///
    /// # Errors
    /// As [`matmul_tn`](Self::matmul_tn), and [`ShapeError::Output`] where `out` is not m×n.
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 2.0]];
    /// let mut out = rowmajor::Matrix::zeros(2, 2);
    /// x.matmul_tn_into(&x, &mut out)?;
    /// assert_eq!(out, rowmajor::matrix![[1.0, 2.0], [2.0, 4.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[inline]
    pub fn matmul_tn_into<'b, 'c>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        out: impl Into<MatrixViewMut<'c>>,
    ) -> Result<(), ShapeError> {
        product_into("matmul_tn_into", Form::Tn, &self.view(), &rhs.into(), out.into())
    }

    /// The product `self · rhsᵀ`, without a copy of the transpose: m×k by n×k is m×n.
    ///
    /// # Errors
    /// As [`matmul`](Self::matmul); the inner sizes are the columns of both.
    ///
    /// ```
    /// // Weights stored outputs × inputs, as some libraries keep them:
    /// let x = rowmajor::matrix![[1.0, 2.0]];
    /// let weights = rowmajor::matrix![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    /// assert_eq!(x.matmul_nt(&weights)?, rowmajor::matrix![[1.0, 2.0, 3.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[inline]
    pub fn matmul_nt<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
        let (lhs, rhs) = (self.view(), rhs.into());
        let data = any_product(Form::Nt, &lhs, &rhs);
        finished("matmul_nt", Form::Nt, &lhs, &rhs, data)
    }

    /// [`matmul_nt`](Self::matmul_nt) into `out`, which is only written.
    ///
    /// # Errors
    /// As [`matmul_nt`](Self::matmul_nt), and [`ShapeError::Output`] where `out` is not m×n.
    ///
    /// ```
    /// let x = rowmajor::matrix![[1.0, 2.0]];
    /// let mut out = rowmajor::Matrix::zeros(1, 1);
    /// x.matmul_nt_into(&x, &mut out)?;
    /// assert_eq!(out, rowmajor::matrix![[5.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[inline]
    pub fn matmul_nt_into<'b, 'c>(
        &self,
        rhs: impl Into<MatrixView<'b>>,
        out: impl Into<MatrixViewMut<'c>>,
    ) -> Result<(), ShapeError> {
        any_product_into("matmul_nt_into", Form::Nt, &self.view(), &rhs.into(), out.into())
    }
} }

/// A matrix as the product reads it.
#[inline(always)]
pub(super) fn operand(view: MatrixView<'_>) -> Operand<'_> {
    Operand::new(rows(&view))
}

/// A matrix as a small product reads it.
#[inline(always)]
fn rows<'a>(view: &MatrixView<'a>) -> Rows<'a> {
    Rows {
        data: view.data(),
        rows: view.nrows(),
        cols: view.ncols(),
        row_stride: view.row_stride(),
    }
}

/// The operands of a form.
#[inline(always)]
fn operands<'a>(
    form: Form,
    lhs: &MatrixView<'a>,
    rhs: &MatrixView<'a>,
) -> (Operand<'a>, Operand<'a>) {
    let (a, b) = (operand(*lhs), operand(*rhs));
    match form {
        Form::Nn => (a, b),
        Form::Tn => (a.transposed(), b),
        Form::Nt => (a, b.transposed()),
    }
}

/// The inner sizes are equal.
#[inline(always)]
pub(super) fn check_inner(
    op: &'static str,
    lhs: (usize, usize),
    rhs: (usize, usize),
    inner: (usize, usize),
) -> Result<(), ShapeError> {
    if inner.0 == inner.1 {
        return Ok(());
    }
    Err(ShapeError::Product {
        op,
        lhs,
        rhs,
        inner,
    })
}

/// `out` has the shape expected.
#[inline(always)]
pub(super) fn check_output(
    op: &'static str,
    expected: (usize, usize),
    found: (usize, usize),
) -> Result<(), ShapeError> {
    if found == expected {
        return Ok(());
    }
    Err(ShapeError::Output {
        op,
        expected,
        found,
    })
}

/// The product in a form that the compiler knows.
///
/// Views are copied for what happens out of line: the originals then need not stand in memory for a small product.
#[inline(always)]
fn product(
    op: &'static str,
    form: Form,
    lhs: &MatrixView<'_>,
    rhs: &MatrixView<'_>,
) -> Result<Matrix, ShapeError> {
    let small = match form {
        Form::Nn => gemm::small_gemm_boxed(rows(lhs), rows(rhs)),
        Form::Tn | Form::Nt => None,
    };
    let data = match small {
        None => any_product(form, &{ *lhs }, &{ *rhs }),
        small => small,
    };
    finished(op, form, lhs, rhs, data)
}

/// The shape of the result, and the inner sizes, which must be equal.
#[inline(always)]
fn shapes(
    form: Form,
    lhs: &MatrixView<'_>,
    rhs: &MatrixView<'_>,
) -> ((usize, usize), (usize, usize)) {
    let ((m, k), (depth, n)) = match form {
        Form::Nn => (lhs.shape(), rhs.shape()),
        Form::Tn => ((lhs.ncols(), lhs.nrows()), rhs.shape()),
        Form::Nt => (lhs.shape(), (rhs.ncols(), rhs.nrows())),
    };
    ((m, n), (k, depth))
}

/// The values as a matrix, or why there are none.
///
/// They come in registers, and only here become a matrix: where the caller takes that apart, nothing goes through memory.
#[inline(always)]
fn finished(
    op: &'static str,
    form: Form,
    lhs: &MatrixView<'_>,
    rhs: &MatrixView<'_>,
    data: Option<Box<[f64]>>,
) -> Result<Matrix, ShapeError> {
    let (shape @ (rows, cols), inner) = shapes(form, lhs, rhs);
    if let Some(data) = data {
        let data = data.into_vec();
        return Ok(Matrix { rows, cols, data });
    }
    // All inlined: then it is known that no error is a matrix, which need not wait in memory for the two to be told apart.
    check_inner(op, lhs.shape(), rhs.shape(), inner)?;
    checked_len(rows, cols)?;
    Err(ShapeError::OutOfMemory { shape })
}

/// The product, if the shapes fit and there is memory.
#[inline(never)]
fn any_product(form: Form, lhs: &MatrixView<'_>, rhs: &MatrixView<'_>) -> Option<Box<[f64]>> {
    let (a, b) = operands(form, lhs, rhs);
    if a.cols() != b.rows() {
        return None;
    }
    gemm::gemm_boxed(a, Rhs::Plain(b))
}

/// The product in a form that the compiler knows, as [`product`], into `out`.
#[inline(always)]
fn product_into(
    op: &'static str,
    form: Form,
    lhs: &MatrixView<'_>,
    rhs: &MatrixView<'_>,
    mut out: MatrixViewMut<'_>,
) -> Result<(), ShapeError> {
    let shape = out.shape();
    // An output with gaps between its rows has a longer slice than a product that fits, and goes the other way.
    if let Form::Nn = form
        && gemm::small_gemm(rows(lhs), rows(rhs), out.data, shape)
    {
        return Ok(());
    }
    any_product_into(op, form, &{ *lhs }, &{ *rhs }, out.view_mut())
}

#[inline(never)]
fn any_product_into(
    op: &'static str,
    form: Form,
    lhs: &MatrixView<'_>,
    rhs: &MatrixView<'_>,
    out: MatrixViewMut<'_>,
) -> Result<(), ShapeError> {
    let (a, b) = operands(form, lhs, rhs);
    check_inner(op, lhs.shape(), rhs.shape(), (a.cols(), b.rows()))?;
    let shape @ (rows, cols) = (a.rows(), b.cols());
    check_output(op, shape, out.shape())?;
    let c = Output::new(out.data, rows, cols, out.row_stride);
    gemm::gemm(a, Rhs::Plain(b), c).map_err(|_| ShapeError::OutOfMemory { shape })
}

impl MatrixView<'_> {
    /// The product with `rhs`, or with `packed`, which holds the same, where there is one; row by row into `out`. The
    /// shapes fit.
    pub(crate) fn multiply_into(
        &self,
        rhs: &Matrix,
        packed: Option<&PackedMatrix>,
        out: &mut [f64],
    ) -> Result<(), ShapeError> {
        let (a, shape @ (rows, cols)) = (operand(*self), (self.nrows(), rhs.ncols()));
        let b = match packed {
            Some(packed) => packed.rhs(),
            None => Rhs::Plain(operand(rhs.view())),
        };
        gemm::gemm(a, b, Output::new(out, rows, cols, cols))
            .map_err(|_| ShapeError::OutOfMemory { shape })
    }
}
