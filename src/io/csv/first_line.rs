//! The first line: names or values, and how many.

use super::super::bytes::quoted;
use super::super::error::Error;
use super::scan::{Place, Scanner};
use super::{CsvColumn, CsvHeader, CsvOptions, SEPARATOR, is_missing, number};

/// What the first line holds.
pub(super) struct FirstLine {
    place: Place,
    /// At least one.
    pub(super) fields: usize,
    /// Whether a separator ends it.
    pub(super) ends_in_separator: bool,
    /// How many fields have the name of the column of labels, and the first of them.
    named: usize,
    label: Option<usize>,
    // Of the fields that are not labels:
    numbers: usize,
    missing: usize,
    words: usize,
    /// Whether the numbers are 0, 1, 2 and so on: so pandas names columns without names.
    counts: bool,
    /// The first that looks like a number and is none, as a message shows it.
    almost: Option<(Place, String)>,
    /// Whether the only field may be several.
    may_be_several: bool,
    /// The first that is neither a number nor missing.
    text: Option<(Place, String)>,
}

impl FirstLine {
    pub(super) fn survey(
        scanner: &mut Scanner<'_>,
        options: &CsvOptions<'_>,
    ) -> Result<FirstLine, Error> {
        let mut line = FirstLine {
            place: scanner.place(),
            fields: 0,
            ends_in_separator: false,
            named: 0,
            label: None,
            numbers: 0,
            missing: 0,
            words: 0,
            counts: true,
            almost: None,
            text: None,
            may_be_several: false,
        };
        loop {
            let field = scanner.field()?;
            line.may_be_several = line.fields == 0 && field.may_be_several();
            let is_label = match options.label {
                None => false,
                Some(CsvColumn::At(at)) => at == line.fields,
                Some(CsvColumn::Named(name)) => *field.text == *name.as_bytes(),
            };
            if is_label {
                line.named += 1;
                line.label = line.label.or(Some(line.fields));
            } else if let Some(number) = number(&field.text) {
                let is_whole = field.text.iter().all(u8::is_ascii_digit);
                line.counts &= is_whole && number == line.numbers as f64;
                line.numbers += 1;
            } else if is_missing(&field.text) {
                line.missing += 1;
            } else {
                let shown = |known: &Option<_>| known.is_none().then(|| field.shown());
                if let Some(shown) = shown(&line.text) {
                    line.text = Some((field.place, shown));
                }
                if !is_almost_number(&field.text) {
                    line.words += 1;
                } else if let Some(shown) = shown(&line.almost) {
                    line.almost = Some((field.place, shown));
                }
            }
            line.fields += 1;
            if field.is_last {
                line.ends_in_separator = field.is_behind_separator(line.fields);
                return Ok(line);
            }
        }
    }

    /// Whether its fields are names.
    pub(super) fn is_header(
        &self,
        options: &CsvOptions<'_>,
        scanner: &Scanner<'_>,
    ) -> Result<bool, Error> {
        match options.header {
            CsvHeader::Present => return Ok(true),
            CsvHeader::Absent => return Ok(false),
            CsvHeader::Detect => {}
        }
        if self.numbers > 0 {
            let may_be_names = options.label.is_some() && self.counts && self.numbers > 2;
            return match &self.text {
                None if may_be_names => Err(scanner.fail(
                    self.place,
                    "CsvHeader::Present or CsvHeader::Absent for a first line that counts 0, 1, 2",
                    "CsvHeader::Detect",
                )),
                None => Ok(false),
                Some((place, shown)) => Err(scanner.fail(
                    *place,
                    "a number as elsewhere in the first line, or no number in it at all (CsvHeader::Present \
                     takes any names); CsvOptions::label reads a column of text",
                    shown,
                )),
            };
        }
        if self.words > 0 {
            return Ok(true);
        }
        if let Some((place, shown)) = &self.almost {
            let expected = "a number, or a name that does not begin as a number does \
                            (CsvHeader::Present takes any)";
            let hint = if self.may_be_several { SEPARATOR } else { "" };
            return Err(scanner.fail(*place, expected, format!("{shown}{hint}")));
        }
        match options.label {
            // No telling which kind of text is first: pandas writes `,kind` over the numbers of rows.
            Some(CsvColumn::At(_)) => Err(scanner.fail(
                self.place,
                "CsvHeader::Present or CsvHeader::Absent for a first line of a label alone",
                "CsvHeader::Detect",
            )),
            Some(CsvColumn::Named(_)) => Ok(self.named > 0),
            _ => Ok(false),
        }
    }

    /// The column of labels, among `cols`.
    pub(super) fn label(
        &self,
        cols: usize,
        is_header: bool,
        options: &CsvOptions<'_>,
        scanner: &Scanner<'_>,
    ) -> Result<Option<usize>, Error> {
        let expected = match options.label {
            None => return Ok(None),
            Some(CsvColumn::At(at)) if at < cols => return Ok(Some(at)),
            Some(CsvColumn::At(at)) => format!("a column {at} (from 0), for the labels"),
            Some(CsvColumn::Named(_)) if is_header && self.named == 1 => return Ok(self.label),
            Some(CsvColumn::Named(name)) => {
                let name = quoted(name);
                if !is_header {
                    let expected = format!(
                        "names, of which {name} is the column of labels (CsvHeader::Present takes any)"
                    );
                    return Err(scanner.fail(self.place, expected, "a line of values"));
                }
                format!("one column of the name {name}, for the labels")
            }
        };
        let hint = if cols == 1 { SEPARATOR } else { "" };
        let found = match self.named {
            0 if matches!(options.label, Some(CsvColumn::Named(_))) => {
                format!("none of {cols}{hint}")
            }
            0 | 1 if cols > 1 => format!("{cols} columns"),
            0 | 1 => format!("one column{hint}"),
            named => named.to_string(),
        };
        Err(scanner.fail(self.place, expected, found))
    }

    /// The error of names without a line of numbers, where nothing but the lack of numbers says that they are names.
    pub(super) fn alone(&self, scanner: &Scanner<'_>) -> Error {
        let expected = "a number, or lines of numbers behind these names (CsvHeader::Present takes \
                        names alone)";
        let (place, shown) = match &self.text {
            Some((place, shown)) => (*place, shown.clone()),
            None => (self.place, "the end behind them".to_owned()),
        };
        scanner.fail(place, expected, shown)
    }
}

/// Whether text that is no number starts as one: with a digit, behind signs, points, brackets and currencies, or with these
/// alone, as SAS writes a missing value.
fn is_almost_number(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    // The minus is the typographer's.
    let before = |c: char| "+-\u{2212}.,($€£¥ ".contains(c);
    let behind = text.trim_start_matches(before);
    behind.is_empty() || behind.starts_with(char::is_numeric)
}
