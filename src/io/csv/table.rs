//! [`Csv`]: a table that was read.

use super::super::array::{LABEL, as_label};
use super::super::error::{Error, Origin};
use crate::{Matrix, ShapeError};

/// A table of numbers, read from text, with the names of its columns and, where
/// [`CsvOptions::label`](super::CsvOptions::label) names a column, the class of each row.
///
/// ```
/// use rowmajor::io::{CsvColumn, CsvOptions, read_csv};
///
/// let text = "height,width,kind\n1.5,2,small\n3,0.25,large\n";
/// let options = CsvOptions { label: Some(CsvColumn::Named("kind")), ..CsvOptions::default() };
/// let table = read_csv(text.as_bytes(), &options)?;
/// assert_eq!(table.names, ["height", "width"]);
/// assert_eq!(table.values, rowmajor::matrix![[1.5, 2.0], [3.0, 0.25]]);
/// assert_eq!(table.classes, ["large", "small"]);
/// assert_eq!(table.labels, [1, 0]);
///
/// // Another file's classes get the same numbers; one that is not among them is an error.
/// let options = CsvOptions { classes: &table.classes, ..options };
/// let test = read_csv(&b"height,width,kind\n1,1,small\n"[..], &options)?;
/// assert_eq!(test.labels, [1]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    /// The name of each column of `values`; empty where there is no header.
    pub names: Vec<String>,
    /// One line a row, in the order of the file; without the column of labels.
    pub values: Matrix,
    /// The class of each row, an index into `classes`; empty without [`CsvOptions::label`](super::CsvOptions::label).
    pub labels: Vec<usize>,
    /// The names of the classes: those of [`CsvOptions::classes`](super::CsvOptions::classes), or else those of the file,
    /// sorted by number where all are numbers, by code point (as Python sorts text) where not.
    pub classes: Vec<String>,
    /// The first value of each column that is no class label.
    pub(super) no_labels: Vec<Option<NoLabel>>,
    pub(super) origin: Origin,
}

/// Where a value that is no class label stood.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoLabel {
    pub(super) row: usize,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Csv {
    /// Takes column `column` (from 0) out as class labels where these are whole numbers: the other columns (`rows` ×
    /// `columns` - 1), and one label for each row. Labels of text: [`CsvOptions::label`](super::CsvOptions::label).
    ///
    /// # Errors
    /// [`Error::Text`] tells line and column of the first label that is not a whole number from 0 to 2^53
    /// ([`Error::Value`] its row, where `values` was changed meanwhile); [`Error::Shape`] where there is no such column.
    ///
    /// ```
    /// use rowmajor::io::{CsvOptions, read_csv};
    ///
    /// let table = read_csv(&b"0.5,7\n0.25,2\n"[..], &CsvOptions::default())?;
    /// let (x, labels) = table.clone().split_labels(1)?;
    /// assert_eq!((x, labels), (rowmajor::matrix![[0.5], [0.25]], vec![7, 2]));
    ///
    /// let error = table.split_labels(0).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "csv, line 1, column 1: expected a class label (a whole number from 0), found 0.5",
    /// );
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn split_labels(self, column: usize) -> Result<(Matrix, Vec<usize>), Error> {
        let (rows, cols) = self.values.shape();
        if column >= cols {
            return Err(Error::Shape(ShapeError::OutOfRange {
                op: "split_labels",
                index: column,
                len: cols,
            }));
        }
        let mut values = self.values.into_vec();
        let mut labels = self.origin.try_vec(rows)?;
        for (row, &value) in values.iter().skip(column).step_by(cols).enumerate() {
            labels.push(as_label(value).ok_or_else(|| {
                let found = format!("{value:?}");
                match self.no_labels.get(column) {
                    Some(Some(place)) if place.row == row => {
                        let place = (place.line, place.column);
                        self.origin.text("csv", place, LABEL, found)
                    }
                    _ => self.origin.value(row, LABEL, found),
                }
            })?);
        }
        let mut at = 0;
        values.retain(|_| {
            let is_label = at == column;
            at = if at + 1 == cols { 0 } else { at + 1 };
            !is_label
        });
        Ok((Matrix::from_vec(rows, cols - 1, values)?, labels))
    }
}

impl PartialEq for Csv {
    /// Equal names, labels and classes, and equal values, as `==` compares `f64` (NaN equals nothing), wherever they came
    /// from.
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
            && self.values == other.values
            && self.labels == other.labels
            && self.classes == other.classes
    }
}
