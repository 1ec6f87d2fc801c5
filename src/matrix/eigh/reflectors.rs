//! The product of Householder reflections, gathered in panels so that the work is `matmul`'s.

use crate::simd::LANES;
use crate::{Matrix, MatrixView, ShapeError};

/// Reflections that are applied together.
pub(super) const PANEL: usize = 64;

/// The product of the reflections of rows 1, 2, ..., n − 1, which stand left of the diagonal in `lower`, rows of whole
/// lines: the transpose of the orthogonal matrix Q with A = Q·T·Qᵀ.
///
/// A panel is I − Vᵀ·T·V, the rows of V its vectors, T upper triangular (LAPACK's `dlarft`). Reflection i leaves alone
/// what is from column i on, so that the first panels work on a small corner.
pub(super) fn product(lower: &[f64], norms: &[f64]) -> Result<Matrix, ShapeError> {
    let n = norms.len();
    let width = n.next_multiple_of(LANES);
    let mut out = Matrix::try_filled(n, n, 0.0)?;
    (0..n).for_each(|i| out[(i, i)] = 1.0);
    for start in (1..n).step_by(PANEL) {
        let count = PANEL.min(n - start);
        // The vector of the last row of the panel has so many places.
        let size = start + count - 1;
        let mut v = Matrix::try_filled(count, size, 0.0)?;
        for k in 0..count {
            let len = start + k;
            v.row_mut(k)[..len].copy_from_slice(&lower[len * width..][..len]);
        }
        let t = triangle(&v.matmul_nt(&v)?, &norms[start..])?;
        let corner = MatrixView::with_row_stride(size, size, n, out.as_slice())?;
        let change = corner.matmul_nt(&v)?.matmul(&t)?.matmul(&v)?;
        for (i, change) in change.rows().enumerate() {
            let row = &mut out.row_mut(i)[..size];
            row.iter_mut().zip(change).for_each(|(x, y)| *x -= y);
        }
    }
    Ok(out)
}

/// T of a panel, from the products of its vectors with each other and their h.
fn triangle(products: &Matrix, norms: &[f64]) -> Result<Matrix, ShapeError> {
    let count = products.nrows();
    let mut t = Matrix::try_filled(count, count, 0.0)?;
    for j in 0..count {
        if norms[j] == 0.0 {
            continue;
        }
        for i in 0..j {
            t[(i, j)] =
                -(i..j).fold(0.0_f64, |sum, k| sum + t[(i, k)] * products[(k, j)]) / norms[j];
        }
        t[(j, j)] = 1.0 / norms[j];
    }
    Ok(t)
}
