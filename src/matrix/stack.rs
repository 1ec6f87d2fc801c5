//! Matrices joined.

use super::elementwise::mismatch;
use super::{Matrix, MatrixView, ShapeError, try_with_capacity};

impl Matrix {
    /// The matrices below each other, as NumPy's `vstack`; none gives 0×0.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where one has not as many columns as the first, [`ShapeError::TooLarge`],
    /// [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{Matrix, matrix};
    ///
    /// let m = matrix![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(Matrix::vstack([m.view(), m.view_rows(..1)?])?, matrix![[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]);
    /// let error = Matrix::vstack([&m, &matrix![[5.0]]]).unwrap_err();
    /// assert_eq!(error.to_string(), "vstack: shapes 2x2 and 1x1 do not match");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "concatenate")]
    pub fn vstack<'a, V: Into<MatrixView<'a>>>(
        parts: impl IntoIterator<Item = V>,
    ) -> Result<Matrix, ShapeError> {
        let (parts, cols) = fitting("vstack", parts, MatrixView::ncols)?;
        let rows = total(&parts, MatrixView::nrows, |rows| (rows, cols))?;
        let mut data = try_with_capacity(rows, cols)?;
        for part in &parts {
            part.filled_rows()
                .for_each(|row| data.extend_from_slice(row));
        }
        Ok(Matrix { rows, cols, data })
    }

    /// The matrices beside each other, as NumPy's `hstack`; none gives 0×0.
    ///
    /// # Errors
    /// [`ShapeError::Mismatch`] where one has not as many rows as the first, [`ShapeError::TooLarge`],
    /// [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{Matrix, matrix};
    ///
    /// let (x, y) = (matrix![[1.0, 2.0], [3.0, 4.0]], matrix![[5.0], [6.0]]);
    /// assert_eq!(Matrix::hstack([&x, &y])?, matrix![[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "concatenate")]
    #[doc(alias = "column_stack")]
    pub fn hstack<'a, V: Into<MatrixView<'a>>>(
        parts: impl IntoIterator<Item = V>,
    ) -> Result<Matrix, ShapeError> {
        let (parts, rows) = fitting("hstack", parts, MatrixView::nrows)?;
        let cols = total(&parts, MatrixView::ncols, |cols| (rows, cols))?;
        let mut data = try_with_capacity(rows, cols)?;
        // Rows of nothing can be too many to be counted through.
        for row in 0..if cols == 0 { 0 } else { rows } {
            parts
                .iter()
                .for_each(|part| data.extend_from_slice(part.row(row)));
        }
        Ok(Matrix { rows, cols, data })
    }
}

/// The parts, and the size that all of them have in common.
fn fitting<'a, V: Into<MatrixView<'a>>>(
    op: &'static str,
    parts: impl IntoIterator<Item = V>,
    size: fn(&MatrixView<'a>) -> usize,
) -> Result<(Vec<MatrixView<'a>>, usize), ShapeError> {
    let mut views: Vec<MatrixView<'a>> = Vec::new();
    for part in parts {
        let part = part.into();
        if let Some(first) = views.first().filter(|first| size(first) != size(&part)) {
            return Err(mismatch(op, first.shape(), part.shape()));
        }
        let shape = (views.len() + 1, 1);
        views
            .try_reserve(1)
            .map_err(|_| ShapeError::OutOfMemory { shape })?;
        views.push(part);
    }
    let common = views.first().map_or(0, size);
    Ok((views, common))
}

/// The sum of the other size.
fn total<'a>(
    parts: &[MatrixView<'a>],
    size: fn(&MatrixView<'a>) -> usize,
    shape: impl Fn(usize) -> (usize, usize),
) -> Result<usize, ShapeError> {
    let add = |sum: usize, part| sum.checked_add(size(part));
    let sum = parts.iter().try_fold(0, add);
    sum.ok_or(ShapeError::TooLarge {
        shape: shape(usize::MAX),
    })
}
