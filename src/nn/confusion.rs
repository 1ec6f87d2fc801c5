//! The confusion matrix, and what is told from it: precision, recall, F1.

use super::metrics::{check_labels, check_length};
use crate::ShapeError;
use crate::matrix::try_collect;
use std::fmt;

/// The confusion matrix: how many samples of each true class were predicted as each class.
///
/// `Display` prints it as a table, true classes down, predicted classes across, the share found of each class at the
/// end of its row.
///
/// ```
/// use rowmajor::nn::ConfusionMatrix;
///
/// let confusion = ConfusionMatrix::new(3, &[0, 1, 2, 2], &[0, 2, 2, 2])?;
/// assert_eq!(confusion.count(1, 2), Some(1));
/// assert_eq!(confusion.accuracy(), 0.75);
/// println!("{confusion}");
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[doc(alias = "confusion_matrix")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// Row-major, true class by predicted class; classes² long.
    counts: Vec<usize>,
}

impl ConfusionMatrix {
    /// Counts `predicted` against `labels`, the true classes, both 0..`classes`.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where the lists have different lengths, [`ShapeError::Label`] where a class is not
    /// below `classes`, [`ShapeError::TooLarge`] or [`ShapeError::OutOfMemory`] where the table cannot be held.
    ///
    /// ```
    /// let error = rowmajor::nn::ConfusionMatrix::new(10, &[3, 10], &[3, 9]).unwrap_err();
    /// assert_eq!(error.to_string(), "confusion: label 10 in row 1 is out of range for 10 classes, from 0");
    /// ```
    pub fn new(
        classes: usize,
        labels: &[usize],
        predicted: &[usize],
    ) -> Result<ConfusionMatrix, ShapeError> {
        for list in [labels, predicted] {
            check_labels("confusion", (labels.len(), classes), list)?;
        }
        let shape = (classes, classes);
        let len = crate::matrix::checked_len(classes, classes)?;
        let mut counts = Vec::new();
        counts
            .try_reserve_exact(len)
            .map_err(|_| ShapeError::OutOfMemory { shape })?;
        counts.resize(len, 0);
        for (&label, &class) in labels.iter().zip(predicted) {
            counts[label * classes + class] += 1;
        }
        Ok(ConfusionMatrix { classes, counts })
    }

    /// The number of classes.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::ConfusionMatrix::new(3, &[0], &[0])?.classes(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many samples of class `label` were predicted as `predicted`; `None` where there is no such class.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(2, &[0, 0], &[0, 1])?;
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
    /// assert_eq!(rowmajor::nn::ConfusionMatrix::new(2, &[0, 1], &[0, 0])?.total(), 2);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many samples were predicted right.
    ///
    /// ```
    /// assert_eq!(rowmajor::nn::ConfusionMatrix::new(2, &[0, 1], &[0, 0])?.correct(), 1);
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
    /// assert_eq!(rowmajor::nn::ConfusionMatrix::new(2, &[0, 1], &[0, 0])?.accuracy(), 0.5);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.total() as f64
    }

    /// The share of the samples of class `label` that were predicted right (its recall); `None` where there is no such
    /// class or no such sample.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.recall(0), Some(0.5));
    /// assert_eq!(confusion.recall(2), None);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn recall(&self, label: usize) -> Option<f64> {
        share(self.count(label, label)?, self.labelled(label))
    }

    /// The share of the samples predicted as `class` that are of that class (its precision); `None` where there is no
    /// such class or it was never predicted.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.precision(1), Some(0.5));
    /// assert_eq!(confusion.precision(2), None);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.count(class, class)?, self.predicted(class))
    }

    /// The harmonic mean of precision and recall, 2·right / (labelled + predicted); `None` where there is no such class
    /// or it neither occurs nor was predicted.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.f1(0), Some(2.0 / 3.0));
    /// assert_eq!(confusion.f1(2), None);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn f1(&self, class: usize) -> Option<f64> {
        let right = self.count(class, class)?;
        share(2 * right, self.labelled(class) + self.predicted(class))
    }

    /// How many samples are of class `label` (its support); `None` where there is no such class.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.support(0), Some(2));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn support(&self, label: usize) -> Option<usize> {
        (label < self.classes).then(|| self.labelled(label))
    }

    /// The means of precision, recall and F1 over the classes that occur or were predicted, each class counting the same;
    /// what is undefined counts as 0, as in scikit-learn. NaN where there is no sample.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.macro_average().recall, 0.75);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn macro_average(&self) -> Scores {
        let appears = |&class: &usize| self.labelled(class) + self.predicted(class) > 0;
        self.average((0..self.classes).filter(appears).map(|class| (class, 1)))
    }

    /// The means of precision, recall and F1 over the classes, each counting as many times as it has samples; what is
    /// undefined counts as 0, as in scikit-learn. NaN where there is no sample.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.weighted_average().recall, confusion.accuracy());
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn weighted_average(&self) -> Scores {
        self.average((0..self.classes).map(|class| (class, self.labelled(class))))
    }

    /// Precision, recall and F1 of all decisions taken together: where each sample has one class, all three are the
    /// accuracy. NaN where there is no sample.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(3, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(confusion.micro_average().f1, confusion.accuracy());
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn micro_average(&self) -> Scores {
        let accuracy = self.accuracy();
        Scores {
            precision: accuracy,
            recall: accuracy,
            f1: accuracy,
        }
    }

    /// A table of precision, recall, F1 and number of samples, class by class, with accuracy and averages: for printing.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(2, &[0, 0, 0, 1], &[0, 0, 1, 1])?;
    /// let report = confusion.report().to_string();
    /// assert_eq!(report.lines().collect::<Vec<_>>(), [
    ///     "   class  precision   recall       f1  samples",
    ///     "       0     100.0%    66.7%    80.0%        3",
    ///     "       1      50.0%   100.0%    66.7%        1",
    ///     "accuracy                        75.0%        4",
    ///     "   macro      75.0%    83.3%    73.3%        4",
    ///     "weighted      87.5%    75.0%    76.7%        4",
    /// ]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn report(&self) -> ClassificationReport<'_> {
        ClassificationReport {
            confusion: self,
            names: None,
        }
    }

    /// How many samples are of a class that there is.
    fn labelled(&self, class: usize) -> usize {
        let row = &self.counts[class * self.classes..][..self.classes];
        row.iter().sum()
    }

    /// How many samples were predicted as a class that there is.
    fn predicted(&self, class: usize) -> usize {
        let column = self.counts[class..].iter().step_by(self.classes);
        column.sum()
    }

    fn average(&self, weights: impl Iterator<Item = (usize, usize)>) -> Scores {
        let (mut precision, mut recall, mut f1, mut total) = (0.0, 0.0, 0.0, 0.0);
        for (class, weight) in weights {
            let weight = weight as f64;
            precision += weight * self.precision(class).unwrap_or(0.0);
            recall += weight * self.recall(class).unwrap_or(0.0);
            f1 += weight * self.f1(class).unwrap_or(0.0);
            total += weight;
        }
        Scores {
            precision: precision / total,
            recall: recall / total,
            f1: f1 / total,
        }
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Averages over classes, from [`ConfusionMatrix`].
///
/// ```
/// let confusion = rowmajor::nn::ConfusionMatrix::new(2, &[0, 0], &[0, 1])?;
/// let scores = confusion.macro_average();
/// assert_eq!((scores.precision, scores.recall), (0.5, 0.25));
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Of what was predicted as a class, how much is of that class.
    pub precision: f64,
    /// Of what is of a class, how much was found.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
}

/// A table for printing, made by [`ConfusionMatrix::report`]; its classes are called 0, 1, 2 and so on, or by their
/// names.
///
/// ```
/// let confusion = rowmajor::nn::ConfusionMatrix::new(2, &[0, 1], &[0, 1])?;
/// println!("{}", confusion.report());
/// println!("{}", confusion.report().class_names(&["no", "yes"])?);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "classification_report")]
pub struct ClassificationReport<'a> {
    confusion: &'a ConfusionMatrix,
    names: Option<Vec<&'a str>>,
}

impl<'a> ClassificationReport<'a> {
    /// The report with the classes called by their names.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there are not as many names as classes, [`ShapeError::OutOfMemory`].
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(2, &[0, 0, 1], &[0, 0, 1])?;
    /// let report = confusion.report().class_names(&["malignant", "benign"])?.to_string();
    /// assert_eq!(report.lines().nth(1), Some("malignant     100.0%   100.0%   100.0%        2"));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn class_names<S: AsRef<str>>(
        mut self,
        names: &'a [S],
    ) -> Result<ClassificationReport<'a>, ShapeError> {
        check_length("class_names", self.confusion.classes, names.len())?;
        self.names = Some(try_collect(names.len(), names.iter().map(S::as_ref))?);
        Ok(self)
    }
}

impl fmt::Display for ClassificationReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { confusion, names } = self;
        let name = |class: usize| match names {
            Some(names) => names[class].to_owned(),
            None => class.to_string(),
        };
        // "accuracy" and "weighted" have eight letters.
        let longest = (0..confusion.classes).map(|class| name(class).chars().count());
        let width = longest.fold(8, usize::max);
        write!(
            f,
            "{:>width$}{:>11}{:>9}{:>9}{:>9}",
            "class", "precision", "recall", "f1", "samples"
        )?;
        for class in 0..confusion.classes {
            let [precision, recall, f1] = [
                confusion.precision(class),
                confusion.recall(class),
                confusion.f1(class),
            ]
            .map(percent);
            let samples = confusion.labelled(class);
            write!(
                f,
                "\n{:>width$}{precision:>11}{recall:>9}{f1:>9}{samples:>9}",
                name(class)
            )?;
        }
        let (total, accuracy) = (confusion.total(), percent(Some(confusion.accuracy())));
        write!(f, "\n{:>width$}{:>29}{total:>9}", "accuracy", accuracy)?;
        for (name, scores) in [
            ("macro", confusion.macro_average()),
            ("weighted", confusion.weighted_average()),
        ] {
            let [precision, recall, f1] =
                [scores.precision, scores.recall, scores.f1].map(|score| percent(Some(score)));
            write!(
                f,
                "\n{name:>width$}{precision:>11}{recall:>9}{f1:>9}{total:>9}"
            )?;
        }
        Ok(())
    }
}

/// A dash for what is undefined.
fn percent(share: Option<f64>) -> String {
    match share {
        Some(share) if !share.is_nan() => format!("{:.1}%", 100.0 * share),
        _ => "-".to_owned(),
    }
}

impl fmt::Display for ConfusionMatrix {
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
