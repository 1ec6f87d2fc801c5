//! The transpose, copied block by block.

use super::{Matrix, MatrixView, ShapeError, error::or_fail};

/// A block of 16×16 values is 2 KiB on either side: both stay in L1 while one is read by rows and the other written.
const BLOCK: usize = 16;

impl_for! { [Matrix, MatrixView<'_>] {
    /// The transpose, copied: rows × cols becomes cols × rows.
    ///
    /// A product with a transposed operand needs no copy: [`matmul_tn`](Self::matmul_tn),
    /// [`matmul_nt`](Self::matmul_nt).
    ///
    /// ```
    /// let m = rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(m.transpose(), rowmajor::matrix![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    /// ```
    #[track_caller]
    pub fn transpose(&self) -> Matrix {
        or_fail(self.view().try_transpose())
    }
} }

impl MatrixView<'_> {
    pub(crate) fn try_transpose(&self) -> Result<Matrix, ShapeError> {
        let (rows, cols) = self.shape();
        let mut out = Matrix::try_filled(cols, rows, 0.0)?;
        if out.is_empty() {
            return Ok(out);
        }
        let (data, stride) = (self.data(), self.row_stride());
        for (band, out) in out.as_mut_slice().chunks_mut(BLOCK * rows).enumerate() {
            let first_col = band * BLOCK;
            for first_row in (0..rows).step_by(BLOCK) {
                let end = rows.min(first_row + BLOCK);
                for (i, out) in out.chunks_exact_mut(rows).enumerate() {
                    let source = &data[first_row * stride + first_col + i..];
                    for (out, x) in out[first_row..end]
                        .iter_mut()
                        .zip(source.iter().step_by(stride))
                    {
                        *out = *x;
                    }
                }
            }
        }
        Ok(out)
    }
}
