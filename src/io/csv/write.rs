//! Numbers to text.

use super::super::error::{Error, Origin};
use super::super::save::save;
use crate::MatrixView;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

/// Saves a matrix (`rows` × `cols`) as text: one row a line, commas between the values, no header.
///
/// Each value is written with as few digits as bring it back exactly. The file appears complete or not at all.
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
    let path = path.as_ref();
    let origin = Origin::file(path);
    let matrix = matrix.into();
    save(path, &origin, |out| {
        write(out, matrix).map_err(|source| origin.io(source))
    })
}

/// Writes a matrix (`rows` × `cols`) as text: one row a line, commas between the values.
///
/// A header can be written before it. A matrix without columns becomes nothing.
///
/// # Errors
/// [`Error::Io`] from the writer.
///
/// ```
/// let mut text = b"x,y\n".to_vec();
/// rowmajor::io::write_csv(&mut text, &rowmajor::matrix![[1.0, 0.1], [-2.5e-300, 7.0]])?;
/// assert_eq!(text, b"x,y\n1,0.1\n-2.5e-300,7\n");
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn write_csv<'a>(
    mut writer: impl Write,
    matrix: impl Into<MatrixView<'a>>,
) -> Result<(), Error> {
    write(&mut writer, matrix.into()).map_err(|source| Origin::default().io(source))
}

fn write(out: &mut dyn Write, matrix: MatrixView<'_>) -> io::Result<()> {
    let mut line = String::new();
    for row in matrix.rows().filter(|row| !row.is_empty()) {
        line.clear();
        for (i, value) in row.iter().enumerate() {
            if i > 0 {
                line.push(',');
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
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}
