//! How well predicted classes agree with the true ones.

use crate::ShapeError;
use std::fmt;

/// The share of predictions that are right, between 0 and 1; NaN where there is none.
///
/// # Errors
/// [`ShapeError::Length`] where the lists have different lengths.
///
/// ```
/// assert_eq!(rowmajor::nn::accuracy(&[7, 2, 1, 0], &[7, 2, 1, 4])?, 0.75);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn accuracy(labels: &[usize], predicted: &[usize]) -> Result<f64, ShapeError> {
    check_length("accuracy", labels.len(), predicted.len())?;
    let right = labels
        .iter()
        .zip(predicted)
        .filter(|(label, class)| label == class)
        .count();
    Ok(right as f64 / labels.len() as f64)
}

/// A list has the length of what it belongs to.
pub(super) fn check_length(
    op: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), ShapeError> {
    if found != expected {
        return Err(ShapeError::Length {
            op,
            expected,
            found,
        });
    }
    Ok(())
}

/// The confusion matrix: how many samples of each true class were predicted as each class.
///
/// `Display` prints it as a table, true classes down, predicted classes across, the share found of each class at the
/// end of its row.
///
/// ```
/// use rowmajor::nn::Confusion;
///
/// let confusion = Confusion::new(3, &[0, 1, 2, 2], &[0, 2, 2, 2])?;
/// assert_eq!(confusion.count(1, 2), Some(1));
/// assert_eq!(confusion.accuracy(), 0.75);
/// println!("{confusion}");
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row-major, true class by predicted class; classes² long.
    counts: Vec<usize>,
}

impl Confusion {
    /// Counts `predicted` against `labels`, the true classes, both 0..`classes`.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where the lists have different lengths, [`ShapeError::OutOfRange`] where a class is not
    /// below `classes`, [`ShapeError::TooLarge`] or [`ShapeError::OutOfMemory`] where the table cannot be held.
    ///
    /// ```
    /// let error = rowmajor::nn::Confusion::new(10, &[3, 10], &[3, 9]).unwrap_err();
    /// assert_eq!(error.to_string(), "confusion: 10 is out of range for 10");
    /// ```
    pub fn new(
        classes: usize,
        labels: &[usize],
        predicted: &[usize],
    ) -> Result<Confusion, ShapeError> {
        check_length("confusion", labels.len(), predicted.len())?;
        let shape = (classes, classes);
        let len = crate::matrix::checked_len(classes, classes)?;
        let mut counts = Vec::new();
        counts
            .try_reserve_exact(len)
            .map_err(|_| ShapeError::OutOfMemory { shape })?;
        counts.resize(len, 0);
        for (&label, &class) in labels.iter().zip(predicted) {
            for index in [label, class] {
                if index >= classes {
                    return Err(ShapeError::OutOfRange {
                        op: "confusion",
                        index,
                        len: classes,
                    });
                }
            }
            counts[label * classes + class] += 1;
        }
        Ok(Confusion { classes, counts })
    }

    /// The number of classes.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Confusion::new(3, &[0], &[0])?.classes(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many samples of class `label` were predicted as `predicted`; `None` where there is no such class.
    ///
    /// ```
    /// let confusion = rowmajor::nn::Confusion::new(2, &[0, 0], &[0, 1])?;
    /// assert_eq!(confusion.count(0, 1), Some(1));
    /// assert_eq!(confusion.count(2, 0), None);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn count(&self, label: usize, predicted: usize) -> Option<usize> {
        (label < self.classes && predicted < self.classes)
            .then(|| self.counts[label * self.classes + predicted])
    }

    /// The number of samples.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Confusion::new(2, &[0, 1], &[0, 0])?.total(), 2);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many samples were predicted right.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Confusion::new(2, &[0, 1], &[0, 0])?.correct(), 1);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn correct(&self) -> usize {
        self.counts
            .iter()
            .step_by(self.classes.saturating_add(1))
            .sum()
    }

    /// The share of samples predicted right; NaN where there is no sample.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::Confusion::new(2, &[0, 1], &[0, 0])?.accuracy(), 0.5);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.total() as f64
    }

    /// The share of the samples of class `label` that were predicted right (its recall); `None` where there is no such
    /// class or no such sample.
    ///
    /// ```
    /// let confusion = rowmajor::nn::Confusion::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.recall(0), Some(0.5));
    /// assert_eq!(confusion.recall(2), None);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn recall(&self, label: usize) -> Option<f64> {
        let right = self.count(label, label)?;
        let row: usize = self.counts[label * self.classes..][..self.classes]
            .iter()
            .sum();
        (row > 0).then(|| right as f64 / row as f64)
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = |n: usize| n.checked_ilog10().map_or(1, |d| d as usize + 1);
        let largest = self.counts.iter().copied().max().unwrap_or(0);
        let width = digits(largest).max(digits(self.classes)) + 1;
        write!(f, "{:>6}", "true")?;
        (0..self.classes).try_for_each(|class| write!(f, "{class:>width$}"))?;
        write!(f, "{:>8}", "recall")?;
        for label in 0..self.classes {
            write!(f, "\n{label:>6}")?;
            for &count in &self.counts[label * self.classes..][..self.classes] {
                // A dot for 0: the eye finds what is left.
                if count == 0 {
                    write!(f, "{:>width$}", "·")?
                } else {
                    write!(f, "{count:>width$}")?
                }
            }
            match self.recall(label) {
                Some(recall) => write!(f, "{:>7.1}%", 100.0 * recall)?,
                None => write!(f, "{:>8}", "-")?,
            }
        }
        Ok(())
    }
}
