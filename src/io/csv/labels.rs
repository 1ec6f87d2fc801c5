//! A column of text, to numbers of classes.

use super::super::bytes::quoted;
use super::super::error::Error;
use super::scan::{Field, Place, Scanner};
use super::{is_missing_label, is_text};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The labels of a table as they are read.
pub(super) struct Labels<'a> {
    /// The classes that are known before.
    classes: &'a [String],
    /// Their indices, sorted by name.
    sorted: Vec<usize>,
    /// Classes where they are known, rows of text where not.
    known: Vec<usize>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    text: Cow<'a, [u8]>,
    place: Place,
}

impl<'a> Labels<'a> {
    pub(super) fn new(classes: &'a [String], scanner: &Scanner<'_>) -> Result<Self, Error> {
        let compare = |i: usize, j: usize| classes[i].cmp(&classes[j]);
        // What there is of labels, and so of memory for them, comes with the rows.
        Ok(Self {
            classes,
            sorted: scanner.origin().sorted(classes.len(), &compare)?,
            known: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// Takes the next row's label; gives the field back where there is none in it.
    pub(super) fn push(
        &mut self,
        field: Field<'a>,
        scanner: &Scanner<'_>,
    ) -> Result<Option<Field<'a>>, Error> {
        let Some(text) = std::str::from_utf8(&field.text).ok().filter(|t| is_text(t)) else {
            let expected = "a class in UTF-8 without control characters";
            return Err(scanner.fail(field.place, expected, field.shown()));
        };
        scanner.check_whole(&field)?;
        let class = self.class_of(text);
        // `None`, `NA` and `nan` may be classes: where they are known, or stand in quotes.
        let may_be_missing = class.is_none() && (!field.is_quoted || text.is_empty());
        if may_be_missing && is_missing_label(&field.text) {
            return Ok(Some(field));
        }
        if self.classes.is_empty() {
            let row = Row {
                place: field.place,
                text: field.text,
            };
            scanner.origin().try_push(&mut self.rows, row)?;
        } else if let Some(class) = class {
            scanner.origin().try_push(&mut self.known, class)?;
        } else {
            let expected = format!("one of the {} classes that are known", self.classes.len());
            return Err(scanner.fail(field.place, expected, field.shown()));
        }
        Ok(None)
    }

    /// Takes the last label back.
    pub(super) fn pop(&mut self) {
        self.known.pop();
        self.rows.pop();
    }

    fn class_of(&self, text: &str) -> Option<usize> {
        let name = |class: &usize| self.classes.get(*class).map_or("", String::as_str);
        let at = self.sorted.partition_point(|class| name(class) < text);
        self.sorted
            .get(at)
            .copied()
            .filter(|class| name(class) == text)
    }

    /// The number of each row's class, and the names of the classes. A first one that is no number, where all others are,
    /// is rather the column's name where `may_be_name`.
    pub(super) fn finish(
        self,
        may_be_name: bool,
        scanner: &Scanner<'_>,
    ) -> Result<(Vec<usize>, Vec<String>), Error> {
        let origin = scanner.origin();
        let is_number = |row: &Row<'_>| number(&row.text).is_some();
        if let [first, rest @ ..] = &self.rows[..]
            && may_be_name
            && !rest.is_empty()
            && !is_number(first)
            && rest.iter().all(is_number)
        {
            let expected = "a number, as every other class is (CsvHeader::Present takes names)";
            let found = quoted(&String::from_utf8_lossy(&first.text));
            return Err(scanner.fail(first.place, expected, found));
        }
        if !self.classes.is_empty() {
            let mut names = origin.try_vec(self.classes.len())?;
            for name in self.classes {
                names.push(origin.try_string(name)?);
            }
            return Ok((self.known, names));
        }
        // Equal texts side by side, the first of them first.
        let text = |row: usize| &*self.rows[row].text;
        let by_text = origin.sorted(self.rows.len(), &|a, b| text(a).cmp(text(b)))?;
        let rows_of_classes = || by_text.chunk_by(|&a, &b| text(a) == text(b));
        let mut classes = origin.try_vec(rows_of_classes().count())?;
        classes.extend(rows_of_classes());
        let order = self.order_of(&classes, scanner)?;
        let mut labels = origin.try_vec(self.rows.len())?;
        labels.resize(self.rows.len(), 0);
        let mut names = origin.try_vec(classes.len())?;
        for (label, &class) in order.iter().enumerate() {
            let rows: &[usize] = classes[class];
            rows.iter().for_each(|&row| labels[row] = label);
            // Each was looked at when it came.
            names.push(origin.try_string(std::str::from_utf8(text(rows[0])).unwrap_or_default())?);
        }
        Ok((labels, names))
    }

    /// Classes in the order of their numbers, where all are numbers; one number in two spellings would be two classes.
    fn order_of(&self, classes: &[&[usize]], scanner: &Scanner<'_>) -> Result<Vec<usize>, Error> {
        let first = |class: usize| classes[class][0];
        let mut numbers = scanner.origin().try_vec(classes.len())?;
        numbers.extend((0..classes.len()).map_while(|class| number(&self.rows[first(class)].text)));
        let are_numbers = numbers.len() == classes.len();
        let order = scanner.origin().sorted(classes.len(), &|i, j| {
            if are_numbers {
                numbers[i].total_cmp(&numbers[j])
            } else {
                Ordering::Equal
            }
        })?;
        for pair in order.windows(2) {
            if are_numbers && numbers[pair[0]] == numbers[pair[1]] {
                let rows = [first(pair[0]), first(pair[1])];
                let [first, second] = [rows[0].min(rows[1]), rows[0].max(rows[1])];
                let shown = |row: usize| quoted(&String::from_utf8_lossy(&self.rows[row].text));
                let expected = format!("the class {}, spelled as before", shown(first));
                return Err(scanner.fail(self.rows[second].place, expected, shown(second)));
            }
        }
        Ok(order)
    }
}

/// The number that a class is.
fn number(text: &[u8]) -> Option<f64> {
    super::number(text).filter(|number| number.is_finite())
}
