//! A right-hand operand packed once and multiplied many times.

use super::product::{check_inner, checked_into, operand};
use super::{Matrix, MatrixView, MatrixViewMut, ShapeError, checked_len};
use crate::gemm::{self, PackedPanels, Rhs};
use crate::simd::Isa;
use std::fmt;

/// A matrix made ready to stand on the right of many products: weights, say, which all batches are multiplied with.
///
/// A product packs a large right operand into the order in which it is read; here that is done once, into a copy in
/// panels of 8 columns, so that each product starts at once, however few its rows. The bits of a product are the same
/// as those of [`Matrix::matmul`].
///
/// ```
/// use rowmajor::{PackedMatrix, matrix};
///
/// let weights = PackedMatrix::new(&matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])?;
/// assert_eq!(matrix![[1.0, 0.0]].matmul_packed(&weights)?, matrix![[1.0, 2.0, 3.0]]);
/// assert_eq!(matrix![[0.0, 1.0], [1.0, 1.0]].matmul_packed(&weights)?, matrix![[4.0, 5.0, 6.0], [5.0, 7.0, 9.0]]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone)]
pub struct PackedMatrix {
    panels: PackedPanels,
    pub(super) rows: usize,
    pub(super) cols: usize,
}

impl PackedMatrix {
    /// A packed copy of `matrix`: its columns rounded up to a multiple of 8, times its rows, in memory.
    ///
    /// # Errors
    /// [`ShapeError::OutOfMemory`] where the copy cannot be held.
    ///
    /// ```
    /// let packed = rowmajor::PackedMatrix::new(&rowmajor::Matrix::identity(3))?;
    /// assert_eq!(packed.shape(), (3, 3));
    /// assert_eq!(format!("{packed:?}"), "PackedMatrix(3x3)");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn new<'b>(matrix: impl Into<MatrixView<'b>>) -> Result<PackedMatrix, ShapeError> {
        let view = matrix.into();
        let shape @ (rows, cols) = view.shape();
        let panels = PackedPanels::new(Isa::current(), operand(view))
            .map_err(|_| ShapeError::OutOfMemory { shape })?;
        Ok(PackedMatrix { panels, rows, cols })
    }

    /// The panels as the product reads them.
    pub(super) fn rhs(&self) -> Rhs<'_> {
        Rhs::Packed(self.panels.panels())
    }
}

/// The shape; the values are many, and not in their order.
impl fmt::Debug for PackedMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackedMatrix({}x{})", self.rows, self.cols)
    }
}

impl_for! { [Matrix, MatrixView<'_>] {
    /// The product `self · rhs` with a right operand packed before: m×k by k×n is m×n, the bits those of
    /// [`matmul`](Self::matmul).
    ///
    /// # Errors
    /// As [`matmul`](Self::matmul).
    ///
    /// ```
    /// let weights = rowmajor::PackedMatrix::new(&rowmajor::Matrix::identity(2))?;
    /// let x = rowmajor::matrix![[1.0, 2.0]];
    /// assert_eq!(x.matmul_packed(&weights)?, x);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn matmul_packed(&self, rhs: &PackedMatrix) -> Result<Matrix, ShapeError> {
        let (op, a) = ("matmul_packed", operand(self.view()));
        check_inner(op, self.shape(), rhs.shape(), (a.cols(), rhs.rows))?;
        let shape @ (rows, cols) = (a.rows(), rhs.cols);
        checked_len(rows, cols)?;
        let data = gemm::gemm_boxed(a, rhs.rhs()).ok_or(ShapeError::OutOfMemory { shape })?;
        Ok(Matrix { rows, cols, data: data.into_vec() })
    }

    /// [`matmul_packed`](Self::matmul_packed) into `out`, which is only written.
    ///
    /// # Errors
    /// As [`matmul_into`](Self::matmul_into).
    ///
    /// ```
    /// let a = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    /// let mut out = rowmajor::Matrix::filled(2, 2, f64::NAN);
    /// a.matmul_packed_into(&rowmajor::PackedMatrix::new(&rowmajor::Matrix::identity(2))?, &mut out)?;
    /// assert_eq!(out, a);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn matmul_packed_into<'c>(
        &self,
        rhs: &PackedMatrix,
        out: impl Into<MatrixViewMut<'c>>,
    ) -> Result<(), ShapeError> {
        let (op, a) = ("matmul_packed_into", operand(self.view()));
        check_inner(op, self.shape(), rhs.shape(), (a.cols(), rhs.rows))?;
        checked_into(op, a, rhs.rhs(), rhs.cols, out.into())
    }
} }
