//! Class labels as rows of a matrix.

use crate::{Matrix, ShapeError};

/// A row for each label: 1 in the label's column, 0 in the others; labels × classes.
///
/// The way back is [`Matrix::argmax_rows`].
///
/// # Errors
/// [`ShapeError::Label`] where a label is not below `classes`; [`ShapeError::TooLarge`] or
/// [`ShapeError::OutOfMemory`] where the matrix cannot be held.
///
/// ```
/// use rowmajor::{matrix, preprocess::one_hot};
///
/// let t = one_hot(&[2, 0], 3)?;
/// assert_eq!(t, matrix![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// assert_eq!(t.argmax_rows()?, [2, 0]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "OneHotEncoder")]
pub fn one_hot(labels: &[usize], classes: usize) -> Result<Matrix, ShapeError> {
    if let Some(row) = labels.iter().position(|&label| label >= classes) {
        let (op, label) = ("one_hot", labels[row]);
        return Err(ShapeError::Label {
            op,
            row,
            label,
            classes,
        });
    }
    let mut out = Matrix::try_filled(labels.len(), classes, 0.0)?;
    for (row, &label) in labels.iter().enumerate() {
        out[(row, label)] = 1.0;
    }
    Ok(out)
}
