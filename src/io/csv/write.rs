//! Numbers to text.

use super::super::error::{Error, Origin};
use super::super::save::save;
use super::{CsvSeparator, is_text};
use crate::{MatrixView, ShapeError};
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// Saves a matrix (`rows` × `cols`) as text: one row a line, commas between the values, no header.
///
/// Each value is written with as few digits as bring it back exactly; every line ends in `\n`, on Windows too. The file
/// appears complete or not at all.
///
/// # Errors
/// [`Error::Io`].
///
/// ```
/// use rowmajor::io::{CsvOptions, load_csv, save_csv};
///
/// let path = std::env::temp_dir().join(format!("rowmajor-doc-{}.csv", std::process::id()));
/// let m = rowmajor::matrix![[1.0, 0.1], [-2.5e-300, f64::INFINITY]];
/// save_csv(&path, &m)?;
/// assert_eq!(load_csv(&path, &CsvOptions::default())?.values, m);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn save_csv<'a>(
    path: impl AsRef<Path>,
    matrix: impl Into<MatrixView<'a>>,
) -> Result<(), Error> {
    save_csv_with(path, matrix, NO_NAMES, CsvSeparator::Comma)
}

/// Saves a matrix (`rows` × `cols`) as text, with names of its columns in the first line and a separator between the
/// fields. Without names, the list is empty.
///
/// # Errors
/// [`Error::Io`]; [`Error::Shape`] where there is another number of names than of columns; [`Error::Name`] for one with
/// control characters.
///
/// ```
/// use rowmajor::io::{CsvOptions, CsvSeparator, load_csv, save_csv_with};
///
/// let path = std::env::temp_dir().join(format!("rowmajor-doc-names-{}.csv", std::process::id()));
/// save_csv_with(&path, &rowmajor::matrix![[1.0, 0.5]], &["x", "y"], CsvSeparator::Tab)?;
/// let options = CsvOptions { separator: CsvSeparator::Tab, ..CsvOptions::default() };
/// assert_eq!(load_csv(&path, &options)?.names, ["x", "y"]);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[doc(alias = "savetxt")]
pub fn save_csv_with<'a>(
    path: impl AsRef<Path>,
    matrix: impl Into<MatrixView<'a>>,
    names: &[impl AsRef<str>],
    separator: CsvSeparator,
) -> Result<(), Error> {
    let path = path.as_ref();
    let origin = Origin::file(path);
    let matrix = matrix.into();
    // Before the file is opened: where it is a pipe, nothing has gone into it.
    check(matrix, names, &origin)?;
    save(path, &origin, |out| {
        write(out, matrix, names, separator, &origin)
    })
}

/// Writes a matrix (`rows` × `cols`) as text: one row a line, commas between the values, no header.
///
/// A matrix without columns becomes nothing.
///
/// # Errors
/// [`Error::Io`] from the writer.
///
/// ```
/// let mut text = Vec::new();
/// rowmajor::io::write_csv(&mut text, &rowmajor::matrix![[1.0, 0.1], [-2.5e-300, 7.0]])?;
/// assert_eq!(text, b"1,0.1\n-2.5e-300,7\n");
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn write_csv<'a>(writer: impl Write, matrix: impl Into<MatrixView<'a>>) -> Result<(), Error> {
    write_csv_with(writer, matrix, NO_NAMES, CsvSeparator::Comma)
}

/// Writes a matrix (`rows` × `cols`) as text, with names of its columns in the first line and a separator between the
/// fields. Without names, the list is empty.
///
/// Names stand in quotes where they must. Names that are all numbers read back with
/// [`CsvHeader::Present`](super::CsvHeader::Present) only.
///
/// # Errors
/// As [`save_csv_with`].
///
/// ```
/// use rowmajor::io::{CsvSeparator, write_csv_with};
///
/// let mut text = Vec::new();
/// let m = rowmajor::matrix![[1.0, 0.5], [2.0, 7.0]];
/// write_csv_with(&mut text, &m, &["x", "size; cm"], CsvSeparator::Semicolon)?;
/// assert_eq!(text, b"x;\"size; cm\"\n1;0.5\n2;7\n");
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn write_csv_with<'a>(
    mut writer: impl Write,
    matrix: impl Into<MatrixView<'a>>,
    names: &[impl AsRef<str>],
    separator: CsvSeparator,
) -> Result<(), Error> {
    let (matrix, origin) = (matrix.into(), Origin::default());
    check(matrix, names, &origin)?;
    write(&mut writer, matrix, names, separator, &origin)
}

const NO_NAMES: &[&str] = &[];

fn check(matrix: MatrixView<'_>, names: &[impl AsRef<str>], origin: &Origin) -> Result<(), Error> {
    if !names.is_empty() && names.len() != matrix.ncols() {
        return Err(Error::Shape(ShapeError::Length {
            op: "write_csv",
            expected: matrix.ncols(),
            found: names.len(),
        }));
    }
    match names.iter().find(|name| !is_text(name.as_ref())) {
        Some(name) => Err(origin.name(name.as_ref(), "text without control characters")),
        None => Ok(()),
    }
}

fn write(
    out: &mut dyn Write,
    matrix: MatrixView<'_>,
    names: &[impl AsRef<str>],
    separator: CsvSeparator,
    origin: &Origin,
) -> Result<(), Error> {
    let between = match separator {
        CsvSeparator::Comma => ',',
        CsvSeparator::Semicolon => ';',
        CsvSeparator::Tab => '\t',
        CsvSeparator::Spaces => ' ',
    };
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            put(out, between.encode_utf8(&mut [0; 4]), origin)?;
        }
        put_name(out, name.as_ref(), separator, origin)?;
    }
    if !names.is_empty() {
        put(out, "\n", origin)?;
    }
    let mut line = String::new();
    for row in matrix.filled_rows() {
        line.clear();
        for (i, value) in row.iter().enumerate() {
            if i > 0 {
                line.push(between);
            }
            // Both forms are the shortest that read back as the same number; an exponent spares hundreds of zeros.
            let plain = *value == 0.0 || (1e-5..1e16).contains(&value.abs()) || !value.is_finite();
            let _ = if plain {
                write!(line, "{value}")
            } else {
                write!(line, "{value:e}")
            };
        }
        line.push('\n');
        put(out, &line, origin)?;
    }
    Ok(())
}

fn put(out: &mut dyn Write, text: &str, origin: &Origin) -> Result<(), Error> {
    out.write_all(text.as_bytes())
        .map_err(|source| origin.io(source))
}

/// A name, in quotes where it would read back as another one.
fn put_name(
    out: &mut dyn Write,
    name: &str,
    separator: CsvSeparator,
    origin: &Origin,
) -> Result<(), Error> {
    // Separators of every kind, and marks of comments: whoever reads the file may take one for the other.
    let special = |c: char| {
        ",;\t\r\n\"#%\u{feff}".contains(c) || c == ' ' && separator == CsvSeparator::Spaces
    };
    let is_plain = !name.is_empty() && !name.contains(special) && name.trim_ascii() == name;
    if is_plain {
        return put(out, name, origin);
    }
    put(out, "\"", origin)?;
    for (i, part) in name.split('"').enumerate() {
        put(out, if i > 0 { "\"\"" } else { "" }, origin)?;
        put(out, part, origin)?;
    }
    put(out, "\"", origin)
}
