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

/// A product and its variant with an output: documentation, names, form; and an example.
macro_rules! products {
    ($($(#[$attribute:meta])* $name:ident $into:ident $form:ident, $lhs:tt $rhs:tt => $shape:tt $result:tt;)+) => { $(
        $(#[$attribute])*
        ///
        /// # Errors
        /// [`ShapeError::Product`] with both shapes where the inner sizes differ; [`ShapeError::TooLarge`] or
        /// [`ShapeError::OutOfMemory`] where the result cannot be held.
        ///
        /// ```
        #[doc = concat!("let (x, y) = (rowmajor::matrix!", stringify!($lhs), ", rowmajor::matrix!", stringify!($rhs), ");")]
        #[doc = concat!("assert_eq!(x.", stringify!($name), "(&y)?, rowmajor::matrix!", stringify!($result), ");")]
        /// # Ok::<(), rowmajor::ShapeError>(())
        /// ```
        #[inline]
        pub fn $name<'b>(&self, rhs: impl Into<MatrixView<'b>>) -> Result<Matrix, ShapeError> {
            product(stringify!($name), Form::$form, &self.view(), &rhs.into())
        }

        #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") into `out`, which is only written:")]
        /// nothing is allocated for the result.
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`](Self::", stringify!($name), "), and [`ShapeError::Output`]")]
        /// where `out` is not m×n.
        ///
        /// ```
        #[doc = concat!("let (x, y) = (rowmajor::matrix!", stringify!($lhs), ", rowmajor::matrix!", stringify!($rhs), ");")]
        #[doc = concat!("let mut out = rowmajor::Matrix::zeros", stringify!($shape), ";")]
        #[doc = concat!("x.", stringify!($into), "(&y, &mut out)?;")]
        #[doc = concat!("assert_eq!(out, rowmajor::matrix!", stringify!($result), ");")]
        /// # Ok::<(), rowmajor::ShapeError>(())
        /// ```
        #[inline]
        pub fn $into<'b, 'c>(
            &self,
            rhs: impl Into<MatrixView<'b>>,
            out: impl Into<MatrixViewMut<'c>>,
        ) -> Result<(), ShapeError> {
            product_into(stringify!($into), Form::$form, &self.view(), &rhs.into(), out.into())
        }
    )+ };
}

impl_for! { [Matrix, MatrixView<'_>] {
    products! {
        /// The product `self · rhs`: m×k by k×n is m×n.
        ///
        /// Each element is one chain of fused multiply-adds over k, in order; k = 0 gives +0.0.
        #[doc(alias = "dot")]
        #[doc(alias = "gemm")]
        matmul matmul_into Nn, [[1.0, 2.0], [3.0, 4.0]] [[5.0, 6.0], [7.0, 8.0]] => (2, 2) [[19.0, 22.0], [43.0, 50.0]];
        /// The product `selfᵀ · rhs`, without a copy of the transpose: k×m by k×n is m×n.
        matmul_tn matmul_tn_into Tn, [[1.0, 2.0], [3.0, 4.0]] [[5.0], [6.0]] => (2, 1) [[23.0], [34.0]];
        /// The product `self · rhsᵀ`, without a copy of the transpose: m×k by n×k is m×n. Some libraries store weights
        /// so, outputs × inputs.
        matmul_nt matmul_nt_into Nt, [[1.0, 2.0]] [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]] => (1, 3) [[1.0, 2.0, 3.0]];
    }
} }

/// A matrix as the product reads it.
#[inline(always)]
pub(crate) fn operand(view: MatrixView<'_>) -> Operand<'_> {
    Operand::new(rows(&view))
}

/// A matrix as a small product reads it.
#[inline(always)]
fn rows<'a>(view: &MatrixView<'a>) -> Rows<'a> {
    Rows {
        data: view.data,
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

/// The product in a form that the compiler knows.
///
/// Views are copied for what happens out of line: the originals then need not stand in memory for a small product. Errors are
/// made here, too: told apart by a function's answer, they would make the matrix wait in memory.
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
    checked_into(op, a, Rhs::Plain(b), b.cols(), out)
}

/// The product of operands whose inner sizes are equal, into an output that is checked.
pub(super) fn checked_into(
    op: &'static str,
    a: Operand<'_>,
    b: Rhs<'_>,
    cols: usize,
    out: MatrixViewMut<'_>,
) -> Result<(), ShapeError> {
    let (expected @ (rows, _), found) = ((a.rows(), cols), out.shape());
    if found != expected {
        return Err(ShapeError::Output {
            op,
            expected,
            found,
        });
    }
    let c = Output::new(out.data, rows, cols, out.row_stride);
    gemm::gemm(None, a, b, c).map_err(|_| ShapeError::OutOfMemory { shape: expected })
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
        gemm::gemm(None, a, b, Output::new(out, rows, cols, cols))
            .map_err(|_| ShapeError::OutOfMemory { shape })
    }
}
