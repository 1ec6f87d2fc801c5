//! Training data and test data.

use crate::matrix::{sort_indices, try_collect, try_vec, try_with_capacity};
use crate::random::Rng;
use crate::{Matrix, MatrixView, ShapeError};

/// Which rows are for training and which for testing.
///
/// ```
/// use rowmajor::{matrix, preprocess::Split};
///
/// let split = Split { train: vec![2, 0], test: vec![1] };
/// let (train, test) = split.rows(&matrix![[0.0], [1.0], [2.0]])?;
/// assert_eq!((train, test), (matrix![[2.0], [0.0]], matrix![[1.0]]));
/// let (train, test) = split.items(&["cat", "dog", "fox"])?;
/// assert_eq!((train, test), (vec!["fox", "cat"], vec!["dog"]));
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The indices of the rows to train on.
    pub train: Vec<usize>,
    /// The indices of the rows to test on.
    pub test: Vec<usize>,
}

impl Split {
    /// The rows of a matrix to train on, and those to test on.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where an index has no row, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// use rowmajor::{Matrix, preprocess::train_test_split, random::Rng};
    ///
    /// let x = Matrix::zeros(10, 4);
    /// let (train, test) = train_test_split(10, 3, &mut Rng::new(0))?.rows(&x)?;
    /// assert_eq!((train.shape(), test.shape()), ((7, 4), (3, 4)));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn rows<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<(Matrix, Matrix), ShapeError> {
        let x = x.into();
        Ok((x.select_rows(&self.train)?, x.select_rows(&self.test)?))
    }

    /// The items of a list (labels) to train on, and those to test on.
    ///
    /// # Errors
    /// [`ShapeError::OutOfRange`] where an index has no item.
    ///
    /// ```
    /// use rowmajor::{preprocess::train_test_split, random::Rng};
    ///
    /// let labels = [7, 2, 1, 0, 4];
    /// let (train, test) = train_test_split(5, 2, &mut Rng::new(0))?.items(&labels)?;
    /// assert_eq!((train.len(), test.len()), (3, 2));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn items<T: Clone>(&self, items: &[T]) -> Result<(Vec<T>, Vec<T>), ShapeError> {
        let select = |indices: &[usize]| -> Result<Vec<T>, ShapeError> {
            let (op, len) = ("items", items.len());
            let mut selected = try_with_capacity(1, indices.len())?;
            for &index in indices {
                let item = items.get(index).cloned();
                selected.push(item.ok_or(ShapeError::OutOfRange { op, index, len })?);
            }
            Ok(selected)
        };
        Ok((select(&self.train)?, select(&self.test)?))
    }
}

/// Splits `rows` rows at random: `test` of them to test on, the others to train on, both in random order.
///
/// The order is [`Rng::permutation`]'s; the test rows are its first.
///
/// # Errors
/// [`ShapeError::OutOfRange`] where `test` is more than there are, [`ShapeError::TooLarge`] or
/// [`ShapeError::OutOfMemory`] where the lists cannot be held.
///
/// ```
/// use rowmajor::{preprocess::train_test_split, random::Rng};
///
/// let split = train_test_split(1797, 360, &mut Rng::new(42))?;
/// assert_eq!((split.train.len(), split.test.len()), (1437, 360));
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn train_test_split(rows: usize, test: usize, rng: &mut Rng) -> Result<Split, ShapeError> {
    check("train_test_split", rows, test)?;
    let mut order = rng.try_permutation(rows)?;
    let train = try_collect(rows - test, order.drain(test..))?;
    Ok(Split { train, test: order })
}

/// [`train_test_split`] with each class in both parts in its share of the whole: one label for each row.
///
/// A class of c rows, of n in all, gives ⌊c · test / n⌋ rows to the test; what is then missing comes one each from the
/// classes with the largest remainders, of equal ones from the smaller class number. Both parts are in random order.
///
/// # Errors
/// As [`train_test_split`].
///
/// ```
/// use rowmajor::{preprocess::stratified_split, random::Rng};
///
/// let labels = [0, 0, 0, 0, 0, 0, 1, 1, 1];
/// let (train, test) = stratified_split(&labels, 3, &mut Rng::new(42))?.items(&labels)?;
/// assert_eq!(test.iter().filter(|&&label| label == 0).count(), 2);
/// assert_eq!(train.iter().filter(|&&label| label == 0).count(), 4);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn stratified_split(labels: &[usize], test: usize, rng: &mut Rng) -> Result<Split, ShapeError> {
    let rows = labels.len();
    check("stratified_split", rows, test)?;
    let mut order = rng.try_permutation(rows)?;
    // Places in that order, so that within a class it stays random.
    let mut by_class = try_collect(rows, 0..rows)?;
    sort_indices(&mut by_class, &|i, j| {
        labels[order[i]].cmp(&labels[order[j]])
    });
    by_class.iter_mut().for_each(|place| *place = order[*place]);
    let classes = || by_class.chunk_by(|&a, &b| labels[a] == labels[b]);
    let classes = try_collect(classes().count(), classes())?;
    let share = |class: &[usize]| {
        let product = class.len() as u128 * test as u128;
        (product / rows as u128, product % rows as u128)
    };
    let shares = classes.iter().map(|class| share(class).0 as usize);
    let mut counts = try_collect(classes.len(), shares)?;
    let mut by_remainder = try_collect(classes.len(), 0..classes.len())?;
    sort_indices(&mut by_remainder, &|i, j| {
        share(classes[j]).1.cmp(&share(classes[i]).1)
    });
    let missing = test - counts.iter().sum::<usize>();
    by_remainder
        .iter()
        .take(missing)
        .for_each(|&class| counts[class] += 1);

    let mut in_test = try_vec(rows, false)?;
    for (class, &count) in classes.iter().zip(&counts) {
        class[..count].iter().for_each(|&row| in_test[row] = true);
    }
    let test = try_collect(test, order.extract_if(.., |row| in_test[*row]))?;
    Ok(Split { train: order, test })
}

fn check(op: &'static str, rows: usize, test: usize) -> Result<(), ShapeError> {
    if test > rows {
        let (index, len) = (test, rows);
        return Err(ShapeError::OutOfRange { op, index, len });
    }
    Ok(())
}
