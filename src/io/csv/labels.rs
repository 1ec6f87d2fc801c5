//! A column of text, to numbers of classes.

use super::super::bytes::quoted;
use super::super::error::Error;
use super::scan::{Field, Place, Scanner};
use super::{is_missing_label, is_text};
use std::borrow::Cow;

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
    row: usize,
}

impl<'a> Labels<'a> {
    pub(super) fn new(classes: &'a [String], scanner: &Scanner<'_>) -> Result<Self, Error> {
        let origin = scanner.origin();
        let mut sorted = origin.try_vec(classes.len())?;
        sorted.extend(0..classes.len());
        sorted.sort_unstable_by_key(|&class| (classes.get(class), class));
        // What there is of labels, and so of memory for them, comes with the rows.
        Ok(Self {
            classes,
            sorted,
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
                row: self.rows.len(),
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

    /// The number of each row's class, and the names of the classes.
    pub(super) fn finish(
        mut self,
        scanner: &Scanner<'_>,
    ) -> Result<(Vec<usize>, Vec<String>), Error> {
        let origin = scanner.origin();
        if !self.classes.is_empty() {
            let mut names = origin.try_vec(self.classes.len())?;
            for name in self.classes {
                names.push(origin.try_string(name)?);
            }
            return Ok((self.known, names));
        }
        // Equal texts side by side, the first of them first.
        self.rows
            .sort_unstable_by(|a, b| a.text.cmp(&b.text).then(a.row.cmp(&b.row)));
        let classes = || self.rows.chunk_by(|a, b| a.text == b.text);
        let mut order: Vec<(Option<f64>, usize, &[Row<'_>])> = origin.try_vec(classes().count())?;
        order.extend(classes().enumerate().map(|(class, rows)| {
            let first = rows.first().and_then(|row| number(&row.text));
            (first, class, rows)
        }));
        if order.iter().all(|(number, ..)| number.is_some()) {
            by_number(&mut order, scanner)?;
        }
        let mut labels = origin.try_vec(self.rows.len())?;
        labels.resize(self.rows.len(), 0);
        let mut names = origin.try_vec(order.len())?;
        for (class, (_, _, rows)) in order.iter().enumerate() {
            for row in *rows {
                if let Some(label) = labels.get_mut(row.row) {
                    *label = class;
                }
            }
            let text = rows.first().map_or(&[][..], |row| &row.text);
            // Each was looked at when it came.
            names.push(origin.try_string(std::str::from_utf8(text).unwrap_or_default())?);
        }
        Ok((labels, names))
    }
}

/// Sorts classes that are numbers; one number in two spellings would be two classes.
fn by_number(
    classes: &mut [(Option<f64>, usize, &[Row<'_>])],
    scanner: &Scanner<'_>,
) -> Result<(), Error> {
    classes.sort_unstable_by(|(a, i, _), (b, j, _)| a.partial_cmp(b).unwrap_or(i.cmp(j)));
    for pair in classes.windows(2) {
        if let [(a, _, [first, ..]), (b, _, [second, ..])] = pair
            && a == b
        {
            let (first, second) = if first.row < second.row {
                (first, second)
            } else {
                (second, first)
            };
            let shown = |row: &Row<'_>| quoted(&String::from_utf8_lossy(&row.text));
            let expected = format!("the class {}, spelled as before", shown(first));
            return Err(scanner.fail(second.place, expected, shown(second)));
        }
    }
    Ok(())
}

/// The number that a class is.
fn number(text: &[u8]) -> Option<f64> {
    super::number(text).filter(|number| number.is_finite())
}
