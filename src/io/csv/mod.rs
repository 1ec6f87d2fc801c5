//! Tables of numbers as text: comma-separated values and their kin.

mod scan;
mod write;

pub use write::{save_csv, write_csv};

use super::array::label;
use super::bytes::{known, read_all};
use super::error::{Error, Origin};
use super::gzip;
use crate::{Matrix, ShapeError};
use scan::{Field, Place, Scanner};
use std::io::Read;
use std::path::Path;

/// A table of numbers, read from text, with the names of its columns.
///
/// ```
/// use rowmajor::io::{CsvOptions, read_csv};
///
/// let text = "height,width,class\n1.5,2,0\n3,0.25,1\n";
/// let table = read_csv(text.as_bytes(), &CsvOptions::default())?;
/// assert_eq!(table.names, ["height", "width", "class"]);
///
/// let (x, labels) = table.split_labels(2)?;
/// assert_eq!(x, rowmajor::matrix![[1.5, 2.0], [3.0, 0.25]]);
/// assert_eq!(labels, [0, 1]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    /// The name of each column; empty where there is no header.
    pub names: Vec<String>,
    /// One line a row, in the order of the file.
    pub values: Matrix,
    origin: Origin,
}

/// How a table is written.
///
/// ```
/// use rowmajor::io::{CsvHeader, CsvOptions, CsvSeparator, read_csv};
///
/// let options = CsvOptions {
///     separator: CsvSeparator::Spaces,
///     header: CsvHeader::Absent,
/// };
/// let table = read_csv(&b"1 2   3\n4 5   6\n"[..], &options)?;
/// assert_eq!(table.values, rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CsvOptions {
    /// What stands between two fields.
    pub separator: CsvSeparator,
    /// Whether the first line names the columns.
    pub header: CsvHeader,
}

/// What stands between two fields of a line.
///
/// ```
/// use rowmajor::io::{CsvOptions, CsvSeparator, read_csv};
///
/// let options = CsvOptions { separator: CsvSeparator::Semicolon, ..CsvOptions::default() };
/// let table = read_csv(&b"1;2\n3;4\n"[..], &options)?;
/// assert_eq!(table.values, rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvSeparator {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// One tab.
    Tab,
    /// Spaces and tabs, any number of them; those at the start and the end of a line do not count. `np.savetxt` writes
    /// such files.
    Spaces,
}

/// Whether the first line names the columns.
///
/// ```
/// use rowmajor::io::{CsvHeader, CsvOptions, read_csv};
///
/// // Columns that are named by years: nothing but the option tells them from values.
/// let options = CsvOptions { header: CsvHeader::Present, ..CsvOptions::default() };
/// let table = read_csv(&b"2024,2025\n3,4\n"[..], &options)?;
/// assert_eq!(table.names, ["2024", "2025"]);
/// assert_eq!(table.values, rowmajor::matrix![[3.0, 4.0]]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvHeader {
    /// It does if none of its fields is a number; some numbers among other text are an error.
    #[default]
    Detect,
    /// It does, even if its fields look like numbers.
    Present,
    /// It does not.
    Absent,
}

/// Reads a table of numbers from a text file, plain or gzipped; the content tells which.
///
/// As RFC 4180 has it: fields may be quoted, names in quotes may hold separators, line ends and doubled quotes, lines end
/// in `\n` or `\r\n`, the last one may lack its end. Spaces around a field, empty lines at the end of the file and a
/// byte order mark before its start are passed over. Each number becomes the nearest `f64`; `nan`, `inf` and `infinity`
/// count as numbers.
///
/// # Errors
/// [`Error::Text`] with line and column where a line has another number of fields than the first one, where a field is
/// no number (an empty one is none) and where quotes do not pair; [`Error::Io`]; [`Error::Format`] where gzipped data
/// is broken, and where the file is of another known kind.
///
/// ```no_run
/// use rowmajor::io::{CsvOptions, load_csv};
///
/// // scikit-learn's digits: 64 pixels and the class in each line, no header.
/// let table = load_csv("digits.csv.gz", &CsvOptions::default())?;
/// let (pixels, labels) = table.split_labels(64)?;
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn load_csv(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Csv, Error> {
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
pub fn read_csv(reader: impl Read, options: &CsvOptions) -> Result<Csv, Error> {
    let origin = Origin::default();
    parse(&read_all(reader, &origin)?, options, origin)
}

fn parse(bytes: &[u8], options: &CsvOptions, origin: Origin) -> Result<Csv, Error> {
    let (text, _) = gzip::unpacked(bytes, &origin, &|_| u64::MAX)?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    if let Some(kind) = known(text) {
        return Err(origin.format("csv", 0, "numbers as text", kind));
    }
    let mut scanner = Scanner::new(text, options.separator, &origin);
    let mut behind = scanner.clone();
    let first = FirstLine::survey(&mut behind)?;
    let mut names = Vec::new();
    if first.is_header(options.header, &scanner)? {
        names = self::names(&mut scanner, first.fields)?;
    }

    let mut values = origin.try_vec(scanner.most_values(first.fields))?;
    while !scanner.is_at_end() {
        row(&mut scanner, first.fields, &mut values)?;
    }
    let values = Matrix::from_vec(values.len() / first.fields, first.fields, values)?;
    Ok(Csv {
        names,
        values,
        origin,
    })
}

/// What the first line holds.
struct FirstLine {
    /// At least one.
    fields: usize,
    /// How many of them are numbers.
    numbers: usize,
    /// The first that is none, as a message shows it.
    text: Option<(Place, String)>,
}

impl FirstLine {
    fn survey(scanner: &mut Scanner<'_>) -> Result<FirstLine, Error> {
        if scanner.is_at_end() {
            let expected = "a line of numbers or of names";
            return Err(scanner.fail(scanner.place(), expected, "the end"));
        }
        let (mut fields, mut numbers, mut text) = (0, 0, None);
        loop {
            let field = scanner.field()?;
            fields += 1;
            if value(&field).is_some() {
                numbers += 1;
            } else if text.is_none() {
                text = Some((field.place, field.shown()));
            }
            if field.is_last {
                return Ok(FirstLine {
                    fields,
                    numbers,
                    text,
                });
            }
        }
    }

    fn is_header(&self, header: CsvHeader, scanner: &Scanner<'_>) -> Result<bool, Error> {
        match (header, &self.text) {
            (CsvHeader::Present, _) => Ok(true),
            (CsvHeader::Absent, _) | (CsvHeader::Detect, None) => Ok(false),
            (CsvHeader::Detect, Some((place, shown))) if self.numbers > 0 => Err(scanner.fail(
                *place,
                "a number as elsewhere in the first line, or no number in it at all (names)",
                shown,
            )),
            (CsvHeader::Detect, Some(_)) => Ok(true),
        }
    }
}

/// The fields of the first line, all `cols` of them.
fn names(scanner: &mut Scanner<'_>, cols: usize) -> Result<Vec<String>, Error> {
    let mut names = scanner.origin().try_vec(cols)?;
    for _ in 0..cols {
        let field = scanner.field()?;
        // What no text holds is a sign of another kind of file.
        let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\r' | '\n');
        match std::str::from_utf8(&field.text) {
            Ok(name) if name.chars().all(is_text) => {
                names.push(scanner.origin().try_string(name)?);
            }
            _ => {
                let expected = "a name in UTF-8 without control characters";
                return Err(scanner.fail(field.place, expected, field.shown()));
            }
        }
    }
    Ok(names)
}

/// Reads one line of numbers, and appends them.
fn row(scanner: &mut Scanner<'_>, cols: usize, values: &mut Vec<f64>) -> Result<(), Error> {
    let expected = || format!("{cols} fields, as in the first line");
    let mut found = 0;
    let mut surplus = None;
    loop {
        let field = scanner.field()?;
        if found == 0 && field.is_last && cols > 1 && field.text.is_empty() {
            return Err(scanner.fail(field.place, expected(), "an empty line"));
        }
        if found < cols {
            let value = value(&field).ok_or_else(|| {
                let expected = format!("a number (field {} of {cols})", found + 1);
                scanner.fail(field.place, expected, field.shown())
            })?;
            values.push(value);
        } else {
            surplus = surplus.or(Some(field.place));
        }
        found += 1;
        if field.is_last {
            if found == cols {
                return Ok(());
            }
            let place = surplus.unwrap_or(field.place);
            return Err(scanner.fail(place, expected(), found.to_string()));
        }
    }
}

fn value(field: &Field<'_>) -> Option<f64> {
    let text = std::str::from_utf8(&field.text).ok()?;
    text.trim_matches([' ', '\t']).parse().ok()
}

impl Csv {
    /// Takes column `column` (from 0) out as class labels: the other columns (`rows` × `columns` - 1), and one label for
    /// each row.
    ///
    /// # Errors
    /// [`Error::Value`] names the first row whose label is not a whole number from 0 to 2^53; [`Error::Shape`]
    /// where there is no such column.
    ///
    /// ```
    /// use rowmajor::io::{CsvOptions, read_csv};
    ///
    /// let table = read_csv(&b"0.5,7\n0.25,2\n"[..], &CsvOptions::default())?;
    /// let (x, labels) = table.clone().split_labels(1)?;
    /// assert_eq!((x, labels), (rowmajor::matrix![[0.5], [0.25]], vec![7, 2]));
    ///
    /// let error = table.split_labels(0).unwrap_err();
    /// assert_eq!(error.to_string(), "value 0: expected a class label (a whole number from 0), found 0.5");
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
        for (index, &value) in values.iter().skip(column).step_by(cols).enumerate() {
            labels.push(label(value, index, &self.origin)?);
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
    /// Equal names and equal values, as `==` compares `f64` (NaN equals nothing), wherever they came from.
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.values == other.values
    }
}
