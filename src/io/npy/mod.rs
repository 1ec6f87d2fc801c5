//! `.npy`: one array. A magic, a version, a header in Python's notation, the values.

mod dict;
mod dtype;
mod header;
mod order;
mod write;

pub(super) use dtype::Kind;
pub(super) use write::{Body, Payload};

use super::array::{Array, Values, checked_len};
use super::bytes::{Cursor, read_all};
use super::error::{Error, Origin};
use super::save::save;
use super::shape_text;
use crate::MatrixView;
use dtype::Dtype;
use header::Header;
use std::borrow::Cow;
use std::io::{Read, Write};
use std::path::Path;

/// What every `.npy` starts with.
const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Reads the array of an `.npy` file, as `np.load` does.
///
/// Every real number type in either byte order becomes `f64` (NaN payloads of float64 included), `<U` and `|S` become
/// text; C or Fortran order, any header version. The type may be spelled in any way that NumPy takes: `'<f8'`, `'d'`,
/// `'float64'`, `u'<f8'`.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] where the file is broken, cut or something else; [`Error::Unsupported`] where it
/// holds complex numbers, objects, dates or records; [`Error::Value`] where a 64-bit integer has no equal `f64`.
///
/// ```no_run
/// let x = rowmajor::io::load_npy("images.npy")?.into_matrix()?;
/// let labels = rowmajor::io::load_npy("labels.npy")?.to_labels()?;
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn load_npy(path: impl AsRef<Path>) -> Result<Array, Error> {
    let path = path.as_ref();
    let origin = Origin::file(path);
    let bytes = std::fs::read(path).map_err(|source| origin.io(source))?;
    parse(Cow::Owned(bytes), origin)
}

/// Reads the array of an `.npy` from a reader (a `&[u8]` is one) to its end.
///
/// # Errors
/// As [`load_npy`].
///
/// ```
/// use rowmajor::io::{read_npy, write_npy};
///
/// let mut bytes = Vec::new();
/// write_npy(&mut bytes, &rowmajor::matrix![[1.0, 2.0]])?;
/// assert_eq!(read_npy(&bytes[..])?.into_matrix()?, rowmajor::matrix![[1.0, 2.0]]);
///
/// let error = read_npy(&bytes[..bytes.len() - 1]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "npy, byte 128: expected 16 bytes of data for shape (1, 2) of '<f8', found 15 bytes",
/// );
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn read_npy(reader: impl Read) -> Result<Array, Error> {
    let origin = Origin::default();
    parse(Cow::Owned(read_all(reader, &origin)?), origin)
}

/// Saves a matrix (`rows` × `cols`) as an `.npy` file, byte for byte as `np.save` writes it.
///
/// The file is written beside its final place, flushed to the disk and then renamed: it appears complete or not at
/// all, and an older file of that name stays until then.
///
/// # Errors
/// [`Error::Io`].
///
/// ```
/// let path = std::env::temp_dir().join(format!("rowmajor-doc-{}.npy", std::process::id()));
/// let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
/// rowmajor::io::save_npy(&path, &m)?;
/// assert_eq!(rowmajor::io::load_npy(&path)?.into_matrix()?, m);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn save_npy<'a>(
    path: impl AsRef<Path>,
    matrix: impl Into<MatrixView<'a>>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let origin = Origin::file(path);
    let payload = Payload::new(Body::Matrix(matrix.into()));
    save(path, &origin, |out| {
        payload.write_to(out).map_err(|source| origin.io(source))
    })
}

/// Writes a matrix (`rows` × `cols`) as an `.npy`, byte for byte as `np.save` writes it.
///
/// Needs no seeking and flushes nothing. Small pieces are gathered before they are written.
///
/// # Errors
/// [`Error::Io`] from the writer.
///
/// ```
/// let mut bytes = Vec::new();
/// rowmajor::io::write_npy(&mut bytes, &rowmajor::matrix![[1.0, 2.0]])?;
/// assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
/// assert_eq!(bytes.len(), 128 + 16);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn write_npy<'a>(
    mut writer: impl Write,
    matrix: impl Into<MatrixView<'a>>,
) -> Result<(), Error> {
    Payload::new(Body::Matrix(matrix.into()))
        .write_to(&mut writer)
        .map_err(|source| Origin::default().io(source))
}

/// The array that `bytes`, a whole `.npy`, holds.
pub(super) fn parse(bytes: Cow<'_, [u8]>, origin: Origin) -> Result<Array, Error> {
    let mut cursor = Cursor::new(&bytes, "npy", &origin);
    let Header {
        dtype,
        descr,
        fortran,
        shape,
    } = header::read(&mut cursor)?;
    let (count, size) = checked_sizes(&shape, &dtype, &descr, &cursor)?;
    let data = cursor.rest();
    if data.len() as u64 != size {
        return Err(cursor.fail(
            format!(
                "{size} bytes of data for shape {} of '{descr}'",
                shape_text(&shape)
            ),
            format!("{} bytes", data.len()),
        ));
    }
    let values = match dtype.kind {
        Kind::Unicode | Kind::Bytes => {
            let values = dtype.text(data, count, &origin);
            drop(bytes);
            Values::Text(order::row_major(values, &shape, fortran, &origin)?)
        }
        _ => {
            let values = dtype.numbers(data, count, &origin);
            // Before another buffer of that size is needed to bring them in order.
            drop(bytes);
            Values::Numbers(order::row_major(values, &shape, fortran, &origin)?)
        }
    };
    Ok(Array::new(shape, values, origin))
}

/// Numbers as IDX has them.
pub(super) fn big_endian(
    kind: Kind,
    data: &[u8],
    count: usize,
    origin: &Origin,
) -> Result<Vec<f64>, Error> {
    let values = Dtype::big_endian(kind).numbers(data, count, origin);
    order::row_major(values, &[], false, origin)
}

/// How many values a shape has and how many bytes they are in the file.
fn checked_sizes(
    shape: &[usize],
    dtype: &Dtype,
    descr: &str,
    cursor: &Cursor<'_>,
) -> Result<(usize, u64), Error> {
    let width = dtype.size.max(size_of::<f64>());
    let count = checked_len(shape, width).ok_or_else(|| {
        cursor.fail(
            "a shape that fits the address space",
            format!("{} of '{descr}'", shape_text(shape)),
        )
    })?;
    Ok((count, count as u64 * dtype.size as u64))
}
