//! [`Array`]: what a file holds, before it becomes a matrix, labels or text.

use super::error::{Error, Origin};
use super::{MAX_EXACT, shape_text};
use crate::Matrix;

/// An array of any number of axes, as read from a file: numbers, or text.
///
/// Whatever its type and order in the file, numbers are `f64` and values stand in row-major (C) order. It remembers its
/// file's name for the errors of what is done with it.
///
/// ```
/// use rowmajor::io::{read_npy, write_npy};
///
/// let mut bytes = Vec::new();
/// write_npy(&mut bytes, &rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]])?;
///
/// let array = read_npy(&bytes[..])?;
/// assert_eq!(array.shape(), [2, 2]);
/// assert_eq!(array.as_slice()?, [1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(array.into_matrix()?, rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Array {
    // Invariant: the product of the shape is the number of values; the product of its non-zero sizes fits `isize` as
    // bytes, so that any product of some of them does.
    shape: Vec<usize>,
    values: Values,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Numbers(Vec<f64>),
    Text(Vec<String>),
}

impl Array {
    pub(super) fn new(shape: Vec<usize>, values: Values, origin: Origin) -> Self {
        Self {
            shape,
            values,
            origin,
        }
    }

    /// The size of each axis; none for a single value.
    ///
    /// ```
    /// # let mut bytes = Vec::new();
    /// # rowmajor::io::write_npy(&mut bytes, &rowmajor::Matrix::zeros(5, 4))?;
    /// let array = rowmajor::io::read_npy(&bytes[..])?; // np.save of np.zeros((5, 4))
    /// assert_eq!(array.shape(), [5, 4]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of values, the product of the shape.
    ///
    /// ```
    /// # let mut bytes = Vec::new();
    /// # rowmajor::io::write_npy(&mut bytes, &rowmajor::Matrix::zeros(5, 4))?;
    /// let array = rowmajor::io::read_npy(&bytes[..])?; // np.save of np.zeros((5, 4))
    /// assert_eq!(array.len(), 20);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Numbers(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there is no value.
    ///
    /// ```
    /// # let mut bytes = Vec::new();
    /// # rowmajor::io::write_npy(&mut bytes, &rowmajor::Matrix::zeros(0, 4))?;
    /// let array = rowmajor::io::read_npy(&bytes[..])?; // np.save of np.zeros((0, 4))
    /// assert!(array.is_empty());
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the values are text and not numbers.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.text("activations", &["relu"])?.vector("b1", &[0.5])?;
    /// let npz = Npz::from_bytes(npz.finish()?)?;
    /// assert!(npz.get("activations")?.is_text());
    /// assert!(!npz.get("b1")?.is_text());
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn is_text(&self) -> bool {
        matches!(self.values, Values::Text(_))
    }

    /// The numbers in row-major order, whatever the shape.
    ///
    /// # Errors
    /// [`Error::Kind`] where the array is text.
    ///
    /// ```
    /// # let mut bytes = Vec::new();
    /// # rowmajor::io::write_npy(&mut bytes, &rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]])?;
    /// let array = rowmajor::io::read_npy(&bytes[..])?; // np.save of [[1.0, 2.0], [3.0, 4.0]]
    /// assert_eq!(array.as_slice()?, [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn as_slice(&self) -> Result<&[f64], Error> {
        match &self.values {
            Values::Numbers(values) => Ok(values),
            Values::Text(_) => Err(self.not_numbers()),
        }
    }

    /// The numbers in row-major order, whatever the shape, without a copy.
    ///
    /// # Errors
    /// [`Error::Kind`] where the array is text.
    ///
    /// ```
    /// # let mut bytes = Vec::new();
    /// # rowmajor::io::write_npy(&mut bytes, &rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]])?;
    /// let array = rowmajor::io::read_npy(&bytes[..])?; // np.save of [[1.0, 2.0], [3.0, 4.0]]
    /// assert_eq!(array.into_vec()?, vec![1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn into_vec(self) -> Result<Vec<f64>, Error> {
        match self.values {
            Values::Numbers(values) => Ok(values),
            Values::Text(_) => Err(self.not_numbers()),
        }
    }

    /// The numbers as a matrix, without a copy: a single value is 1×1, one axis is one row (1×n), two stand as they
    /// are, and of more the first gives the rows, the others a row's values (NumPy's `reshape(n, -1)`).
    ///
    /// # Errors
    /// [`Error::Kind`] where the array is text.
    ///
    /// ```
    /// # let mut bytes = Vec::new();
    /// # rowmajor::io::write_npy(&mut bytes, &rowmajor::Matrix::zeros(60, 784))?;
    /// let images = rowmajor::io::read_npy(&bytes[..])?; // np.save of np.zeros((60, 784)), or (60, 28, 28)
    /// assert_eq!(images.into_matrix()?.shape(), (60, 784));
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn into_matrix(self) -> Result<Matrix, Error> {
        let (rows, cols) = match self.shape.as_slice() {
            [] => (1, 1),
            [cols] => (1, *cols),
            [rows, rest @ ..] => (*rows, rest.iter().product()),
        };
        Ok(Matrix::from_vec(rows, cols, self.into_vec()?)?)
    }

    /// The numbers as class labels: whole numbers from 0. One axis, or several of which all but one have size 1.
    ///
    /// # Errors
    /// [`Error::Value`] names the first value that is not a whole number from 0 to 2^53, and its index;
    /// [`Error::Kind`] where the array is text, or a table (labels one-hot).
    ///
    /// ```
    /// use rowmajor::io::{read_npy, write_npy};
    ///
    /// let mut bytes = Vec::new();
    /// write_npy(&mut bytes, &rowmajor::matrix![[7.0, 2.0, 1.0]])?;
    /// assert_eq!(read_npy(&bytes[..])?.to_labels()?, [7, 2, 1]);
    ///
    /// bytes.clear();
    /// write_npy(&mut bytes, &rowmajor::matrix![[7.0, 2.5]])?;
    /// let error = read_npy(&bytes[..])?.to_labels().unwrap_err();
    /// assert_eq!(error.to_string(), "value 1: expected a class label (a whole number from 0), found 2.5");
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn to_labels(&self) -> Result<Vec<usize>, Error> {
        let values = self.as_slice()?;
        self.check_one_axis()?;
        let mut labels = self.origin.try_vec(values.len())?;
        for (index, &value) in values.iter().enumerate() {
            let label = as_label(value);
            labels.push(label.ok_or_else(|| {
                let found = format!("{value:?}");
                self.origin.value(index, LABEL, found)
            })?);
        }
        Ok(labels)
    }

    /// The text in row-major order, whatever the shape.
    ///
    /// # Errors
    /// [`Error::Kind`] where the array is numbers.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.text("activations", &["relu", "softmax"])?;
    /// let array = Npz::from_bytes(npz.finish()?)?.get("activations")?;
    /// assert_eq!(array.into_text()?, ["relu", "softmax"]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn into_text(self) -> Result<Vec<String>, Error> {
        match self.values {
            Values::Text(values) => Ok(values),
            Values::Numbers(_) => Err(self.origin.kind("text", "numbers")),
        }
    }

    /// The numbers of a list: one axis, or several of which all but one have size 1.
    pub(super) fn into_vector(self) -> Result<Vec<f64>, Error> {
        self.as_slice()?;
        self.check_one_axis()?;
        self.into_vec()
    }

    fn check_one_axis(&self) -> Result<(), Error> {
        match self.shape.iter().filter(|&&size| size != 1).count() {
            0 | 1 => Ok(()),
            _ => {
                let found = format!("shape {}", shape_text(&self.shape));
                Err(self.origin.kind("a list (one axis)", found))
            }
        }
    }

    /// The numbers of an array of exactly two axes.
    pub(super) fn into_table(self) -> Result<Matrix, Error> {
        self.as_slice()?;
        if self.shape.len() != 2 {
            let found = format!("shape {}", shape_text(&self.shape));
            return Err(self.origin.kind("a matrix (two axes)", found));
        }
        self.into_matrix()
    }

    /// Where this array is from, for errors about what it holds.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    fn not_numbers(&self) -> Error {
        self.origin.kind("numbers", "text")
    }
}

/// What a class label must be.
pub(super) const LABEL: &str = "a class label (a whole number from 0)";

/// A value as a class label, where it is one.
pub(super) fn as_label(value: f64) -> Option<usize> {
    let label = value as usize; // saturates; compared back below
    (label as f64 == value && label as u64 <= MAX_EXACT).then_some(label)
}

/// How many values a shape has, where it is sure that `width` bytes for each of them fit the address space, and that no
/// product of some of its sizes overflows, zeros or not.
pub(super) fn checked_len(shape: &[usize], width: usize) -> Option<usize> {
    shape
        .iter()
        .filter(|&&size| size != 0)
        .try_fold(width, |product, &size| product.checked_mul(size))
        .filter(|&bytes| isize::try_from(bytes).is_ok())?;
    Some(shape.iter().product())
}

impl PartialEq for Array {
    /// Equal shapes and equal values, as `==` compares `f64` (NaN equals nothing), wherever they came from.
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.values == other.values
    }
}
