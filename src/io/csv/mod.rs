//! Tables of numbers as text: comma-separated values and their kin.

mod first_line;
mod labels;
mod options;
mod rows;
mod scan;
mod table;
mod write;

pub use options::{CsvColumn, CsvComment, CsvHeader, CsvMissing, CsvOptions, CsvSeparator};
pub use table::Csv;
pub use write::{save_csv, save_csv_with, write_csv, write_csv_with};

use super::bytes::{known, read_all};
use super::error::{Error, Origin};
use super::gzip;
use crate::Matrix;
use first_line::FirstLine;
use rows::Rows;
use scan::Scanner;
use std::io::Read;
use std::path::Path;

/// Reads a table of numbers from a text file, plain or gzipped; the content tells which.
///
/// As RFC 4180 has it: fields may be quoted, names in quotes may hold separators, line ends and doubled quotes, lines end
/// in `\n` or `\r\n`, the last one may lack its end. Spaces around a field, comments, empty lines and a byte order mark
/// before the start are passed over, and so is a separator at the end of every line. Each number becomes the nearest
/// `f64`; `nan`, `inf` and `infinity` count as numbers. One column may hold text, the class of each row; what
/// [`CsvOptions`] say of it, of comments, of names and of missing values is described there.
///
/// # Errors
/// [`Error::Text`] with line and column where a line has another number of fields than the first one, where a field is
/// no number, missing or no known class, where quotes do not pair or a line ends in `\r` alone, and where text of one
/// column has an empty line between others (a value may be missing there); [`Error::Io`]; [`Error::Format`] where gzipped
/// data is broken, and where the file is of another known kind.
///
/// ```no_run
/// use rowmajor::io::{CsvColumn, CsvOptions, load_csv};
///
/// // scikit-learn's digits: 64 pixels and the class in each line, no header.
/// let table = load_csv("digits.csv.gz", &CsvOptions::default())?;
/// let (pixels, labels) = table.split_labels(64)?;
///
/// // Iris as the UCI repository has it: four numbers and the name of the class.
/// let iris = load_csv("iris.data", &CsvOptions { label: Some(CsvColumn::At(4)), ..CsvOptions::default() })?;
/// assert_eq!(iris.classes, ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[doc(alias = "loadtxt")]
pub fn load_csv(path: impl AsRef<Path>, options: &CsvOptions<'_>) -> Result<Csv, Error> {
    let path = path.as_ref();
    let origin = Origin::file(path);
    let bytes = std::fs::read(path).map_err(|source| origin.io(source))?;
    parse(&bytes, options, origin)
}

/// Reads a table of numbers from a reader (a `&[u8]` is one) to its end, plain or gzipped.
///
/// # Errors
/// As [`load_csv`].
///
/// ```
/// use rowmajor::io::{CsvOptions, read_csv};
///
/// let error = read_csv(&b"1,2\n3,x\n"[..], &CsvOptions::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"csv, line 2, column 3: expected a number (field 2 of 2), found "x""#,
/// );
/// ```
pub fn read_csv(reader: impl Read, options: &CsvOptions<'_>) -> Result<Csv, Error> {
    let origin = Origin::default();
    parse(&read_all(reader, &origin)?, options, origin)
}

fn parse(bytes: &[u8], options: &CsvOptions<'_>, origin: Origin) -> Result<Csv, Error> {
    let (text, _) = gzip::unpacked(bytes, &origin, &|_| u64::MAX)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    if let Some(kind) = known(text) {
        return Err(origin.format("csv", 0, "numbers as text", kind));
    }
    let mut scanner = Scanner::new(text, options, &origin);
    let start = scanner.place();
    let is_comment = options.header == CsvHeader::Present && scanner.enter_comment();
    if !is_comment && scanner.next_line().is_none() {
        scanner.check_comments()?;
        let expected = "a line of numbers or of names";
        return Err(scanner.fail(start, expected, "the end"));
    }
    let mut behind = scanner.clone();
    let first = FirstLine::survey(&mut behind, options)?;
    let is_header = first.is_header(options, &scanner)?;
    // An empty field at its end, unless every line ends so.
    let in_all = first.ends_in_separator && all_end_in_separator(scanner.clone())?;
    let cols = first.fields - usize::from(in_all);
    let label = first.label(cols, is_header, options, &scanner)?;
    let names = if is_header {
        names(&mut scanner, first.fields, cols, label)?
    } else {
        Vec::new()
    };

    let mut rows = Rows::new(scanner, cols, label, in_all, options)?;
    while let Some(gap) = rows.scanner.next_line() {
        if let (Some(place), 1) = (gap.empty, cols) {
            let expected = "a value (a missing one as \"\" or NA)";
            return Err(rows.scanner.fail(place, expected, "an empty line"));
        }
        rows.read_one()?;
    }
    rows.scanner.check_comments()?;
    if is_header && options.header == CsvHeader::Detect && rows.is_first {
        return Err(first.alone(&rows.scanner));
    }
    let value_cols = cols - usize::from(label.is_some());
    let values = Matrix::from_vec(rows.count, value_cols, rows.values)?;
    let (labels, classes) = match rows.labels {
        Some(labels) => {
            let may_be_name = options.header == CsvHeader::Detect && !is_header;
            labels.finish(may_be_name, &rows.scanner)?
        }
        None => (Vec::new(), Vec::new()),
    };
    Ok(Csv {
        names,
        values,
        labels,
        classes,
        no_labels: rows.no_labels,
        origin,
    })
}

/// Whether a separator, and nothing behind it, ends every line from here on.
fn all_end_in_separator(mut scanner: Scanner<'_>) -> Result<bool, Error> {
    loop {
        let mut fields = 0;
        loop {
            let field = scanner.field()?;
            fields += 1;
            if !field.is_last {
                continue;
            }
            if !field.is_behind_separator(fields) {
                return Ok(false);
            }
            break;
        }
        if scanner.next_line().is_none() {
            return Ok(true);
        }
    }
}

/// The `fields` of the first line, of which the first `cols` are names, without that of the column of labels.
fn names(
    scanner: &mut Scanner<'_>,
    fields: usize,
    cols: usize,
    label: Option<usize>,
) -> Result<Vec<String>, Error> {
    let mut names = scanner.origin().try_vec(cols)?;
    for column in 0..fields {
        let field = scanner.field()?;
        scanner.check_whole(&field)?;
        match std::str::from_utf8(&field.text) {
            Ok(name) if is_text(name) => {
                if column < cols && Some(column) != label {
                    names.push(scanner.origin().try_string(name)?);
                }
            }
            _ => {
                let expected = "a name in UTF-8 without control characters";
                return Err(scanner.fail(field.place, expected, field.shown()));
            }
        }
    }
    Ok(names)
}

/// What is said of lines of one field.
const SEPARATOR: &str = " (CsvOptions::separator says what stands between fields)";

/// The number that a field is.
fn number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    text.trim_matches([' ', '\t']).parse().ok()
}

/// Whether a field stands for a value that is missing.
fn is_missing(text: &[u8]) -> bool {
    matches!(
        text.trim_ascii(),
        b"" | b"?"
            | b"NA"
            | b"N/A"
            | b"n/a"
            | b"#N/A"
            | b"#NA"
            | b"#N/A N/A"
            | b"<NA>"
            | b"NULL"
            | b"null"
            | b"None"
            | b"1.#IND"
            | b"1.#QNAN"
            | b"-1.#IND"
            | b"-1.#QNAN"
    )
}

/// Whether a field stands for a label that is missing: a NaN is no class.
fn is_missing_label(text: &[u8]) -> bool {
    is_missing(text) || number(text).is_some_and(f64::is_nan)
}

/// Whether text holds no control characters: what no text holds is a sign of another kind of file.
fn is_text(text: &str) -> bool {
    let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\r' | '\n');
    text.chars().all(is_text)
}
