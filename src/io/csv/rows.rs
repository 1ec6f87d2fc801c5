//! The lines of values.

use super::super::array::as_label;
use super::super::error::Error;
use super::labels::Labels;
use super::scan::{Field, Place, Scanner};
use super::table::NoLabel;
use super::{CsvMissing, CsvOptions, SEPARATOR, is_missing, number};

/// The lines behind the first, as they are read.
pub(super) struct Rows<'a> {
    pub(super) scanner: Scanner<'a>,
    cols: usize,
    label: Option<usize>,
    missing: CsvMissing,
    /// Whether no line has been read.
    pub(super) is_first: bool,
    /// Whether a separator ends every line; the first tells, where this is not known.
    ends_in_separator: bool,
    /// How many rows there are.
    pub(super) count: usize,
    pub(super) values: Vec<f64>,
    pub(super) labels: Option<Labels<'a>>,
    pub(super) no_labels: Vec<Option<NoLabel>>,
    /// The last place whose column was counted, and that.
    counted: Option<(Place, u64)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        scanner: Scanner<'a>,
        cols: usize,
        label: Option<usize>,
        ends_in_separator: bool,
        options: &CsvOptions<'a>,
    ) -> Result<Self, Error> {
        let origin = scanner.origin();
        let value_cols = cols - usize::from(label.is_some());
        let mut no_labels = origin.try_vec(value_cols)?;
        no_labels.resize(value_cols, None);
        let labels = match label {
            Some(_) => Some(Labels::new(options.classes, &scanner)?),
            None => None,
        };
        Ok(Self {
            values: origin
                .try_vec(scanner.most_values(value_cols, options.missing != CsvMissing::Refuse))?,
            cols,
            label,
            missing: options.missing,
            is_first: true,
            ends_in_separator,
            count: 0,
            labels,
            no_labels,
            counted: None,
            scanner,
        })
    }

    /// Reads one line, and appends its values.
    pub(super) fn read_one(&mut self) -> Result<(), Error> {
        let (start, cols) = (self.values.len(), self.cols);
        let (mut found, mut surplus) = (0, None);
        let (mut has_missing, mut has_label) = (false, false);
        loop {
            let field = self.scanner.field()?;
            let (place, is_last) = (field.place, field.is_last);
            let ends_in_separator = field.is_behind_separator(found + 1);
            if found >= cols {
                surplus = surplus.or(Some(place));
            } else if self.label == Some(found) {
                has_label = self.take_label(field, found)?;
                has_missing |= !has_label;
            } else {
                has_missing |= !self.take_value(&field, found, start)?;
            }
            found += 1;
            if is_last {
                if self.is_first {
                    self.is_first = false;
                    self.ends_in_separator |= ends_in_separator && found == cols + 1;
                }
                let expected = cols + usize::from(self.ends_in_separator);
                if found != expected || self.ends_in_separator && !ends_in_separator {
                    return Err(self.wrong_count(surplus.unwrap_or(place), found));
                }
                break;
            }
        }
        if has_missing && self.missing == CsvMissing::DropRow {
            self.values.truncate(start);
            if let Some(labels) = self.labels.as_mut().filter(|_| has_label) {
                labels.pop();
            }
            for place in &mut self.no_labels {
                *place = place.filter(|place| place.row != self.count);
            }
        } else {
            self.count += 1;
        }
        Ok(())
    }

    fn wrong_count(&self, place: Place, found: usize) -> Error {
        let expected = match self.ends_in_separator {
            true => format!("{} fields and a separator behind each", self.cols),
            false if self.cols == 1 => format!("one field, as in the first line{SEPARATOR}"),
            false => format!("{} fields, as in the first line", self.cols),
        };
        self.scanner.fail(place, expected, found.to_string())
    }

    /// Appends the value of column `column`; whether there is one.
    fn take_value(
        &mut self,
        field: &Field<'_>,
        column: usize,
        start: usize,
    ) -> Result<bool, Error> {
        let number = number(&field.text);
        let value = match number {
            Some(value) => value,
            None if is_missing(&field.text) && self.missing != CsvMissing::Refuse => f64::NAN,
            None => return Err(self.no_value("a number", field, column)),
        };
        if as_label(value).is_none() {
            let at = self.values.len() - start;
            if let Some(place @ None) = self.no_labels.get_mut(at) {
                // Counted on from the last one: a line may have as many as the file has bytes.
                let column = self.scanner.column(field.place, self.counted);
                self.counted = Some((field.place, column));
                *place = Some(NoLabel {
                    row: self.count,
                    line: field.place.line,
                    column,
                });
            }
        }
        self.values.push(value);
        Ok(!value.is_nan())
    }

    /// Appends the label; whether there is one.
    fn take_label(&mut self, field: Field<'a>, column: usize) -> Result<bool, Error> {
        let Some(labels) = &mut self.labels else {
            return Ok(false);
        };
        match labels.push(field, &self.scanner)? {
            None => Ok(true),
            Some(_) if self.missing == CsvMissing::DropRow => Ok(false),
            Some(field) => Err(self.no_value("a class", &field, column)),
        }
    }

    /// The error of a field that has no value.
    fn no_value(&self, what: &str, field: &Field<'_>, column: usize) -> Error {
        let expected = format!("{what} (field {} of {})", column + 1, self.cols);
        let mut found = field.shown();
        found.push_str(match what {
            "a class" => {
                ", a missing label (CsvMissing::DropRow leaves its row out; in quotes it is a class)"
            }
            _ if is_missing(&field.text) => {
                ", a missing value (CsvOptions::missing says what becomes of it)"
            }
            _ if self.cols == 1 && field.may_be_several() => SEPARATOR,
            _ => "",
        });
        self.scanner.fail(field.place, expected, found)
    }
}
