//! The product of Householder reflections, gathered in panels so that the work is `matmul`'s.

use crate::matrix::try_vec;
use crate::simd::LANES;
use crate::{Matrix, MatrixView, MatrixViewMut, PackedMatrix, ShapeError};

/// Reflections that are applied together.
pub(super) const PANEL: usize = 64;

/// The product of the reflections of rows 1, 2, ..., n − 1, which stand left of the diagonal in `lower`, rows of whole
/// lines: the transpose of the orthogonal matrix Q with A = Q·T·Qᵀ.
///
/// A panel is I − Vᵀ·T·V, the rows of V its vectors, T upper triangular (LAPACK's `dlarft`). Reflection i leaves alone
/// what is from column i on: the first panels work on a small corner. `out` is n×n, of zeros.
pub(super) fn product(lower: &[f64], norms: &[f64], out: &mut [f64]) -> Result<(), ShapeError> {
    let n = norms.len();
    let width = n.next_multiple_of(LANES);
    // Kept from panel to panel: fresh memory is slow.
    let max = PANEL.min(n);
    let (mut vectors, mut products) = (try_vec(max * n, 0.0)?, try_vec(max * n, 0.0)?);
    // The change of so many rows stays in L2.
    let (mut scaled, mut change) = (try_vec(max * max, 0.0)?, try_vec(max * n, 0.0)?);
    out.iter_mut().step_by(n + 1).for_each(|x| *x = 1.0);
    for start in (1..n).step_by(PANEL) {
        let count = PANEL.min(n - start);
        // The vector of the last row of the panel has so many places.
        let size = start + count - 1;
        let vectors = &mut vectors[..count * size];
        for (k, vector) in vectors.chunks_exact_mut(size).enumerate() {
            let len = start + k;
            vector[..len].copy_from_slice(&lower[len * width..][..len]);
            vector[len..].fill(0.0);
        }
        let v = MatrixView::from_slice(count, size, vectors)?;
        let t = triangle(&v.matmul_nt(v)?, &norms[start..])?;
        // What no panel before has changed is the identity: its part of the product is the vectors'.
        let known = start - 1;
        let products = &mut products[..size * count];
        let (upper, lower) = products.split_at_mut(known * count);
        let corner = MatrixView::with_row_stride(known, known, n, out)?;
        let left = MatrixView::with_row_stride(count, known, size, vectors)?;
        corner.matmul_nt_into(left, MatrixViewMut::from_slice(known, count, upper)?)?;
        for (row, vector) in v.rows().enumerate() {
            let column = lower.iter_mut().skip(row).step_by(count);
            column.zip(&vector[known..]).for_each(|(to, &x)| *to = x);
        }
        let v = PackedMatrix::new(v)?;
        let blocks = products.chunks(PANEL * count);
        for (block, out) in blocks.zip(out.chunks_mut(PANEL * n)) {
            let rows = block.len() / count;
            let (scaled, change) = (&mut scaled[..rows * count], &mut change[..rows * size]);
            let block = MatrixView::from_slice(rows, count, block)?;
            block.matmul_into(&t, MatrixViewMut::from_slice(rows, count, scaled)?)?;
            let scaled = MatrixView::from_slice(rows, count, scaled)?;
            scaled.matmul_packed_into(&v, MatrixViewMut::from_slice(rows, size, change)?)?;
            for (row, change) in out.chunks_mut(n).zip(change.chunks(size)) {
                row.iter_mut().zip(change).for_each(|(x, y)| *x -= y);
            }
        }
    }
    Ok(())
}

/// T of a panel, from the products of its vectors with each other and their h.
fn triangle(products: &Matrix, norms: &[f64]) -> Result<Matrix, ShapeError> {
    let count = products.nrows();
    // The rows of Tᵀ: its sums stand side by side.
    let mut columns = Matrix::try_filled(count, count, 0.0)?;
    for j in (0..count).filter(|&j| norms[j] != 0.0) {
        let (done, rest) = columns.as_mut_slice().split_at_mut(j * count);
        for (k, column) in done.chunks_exact(count).enumerate() {
            let sums = rest.iter_mut().zip(&column[..=k]);
            sums.for_each(|(sum, t)| *sum += t * products[(k, j)]);
        }
        rest[..j].iter_mut().for_each(|sum| *sum = -*sum / norms[j]);
        rest[j] = 1.0 / norms[j];
    }
    columns.view().try_transpose()
}
