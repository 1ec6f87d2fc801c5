//! IDX, the format of MNIST: zeros, a type, the sizes, the values, all big-endian.

use super::array::{Array, Values, checked_len};
use super::bytes::{Cursor, describe, read_all};
use super::error::{Error, Origin};
use super::npy::{self, Kind};
use super::{gzip, shape_text};
use std::io::Read;
use std::path::Path;

/// Reads the array of an IDX file (MNIST's format), plain or gzipped; the content tells which.
///
/// Values of every type (unsigned and signed bytes, 16- and 32-bit integers, 32- and 64-bit floats) become `f64`,
/// exactly. One axis gives labels, several give rows: [`Array::to_labels`], [`Array::into_matrix`]. No more is unpacked
/// than the header promises.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] where the file is broken, cut or something else. Its format is `"gzip"` or
/// `"deflate"` for the packed bytes, `"idx"` for a plain file and `"idx in gzip"` for the bytes unpacked, whose offsets
/// are meant then.
///
/// ```no_run
/// let images = rowmajor::io::load_idx("train-images-idx3-ubyte.gz")?;
/// assert_eq!(images.shape(), [60_000, 28, 28]);
/// let x = images.into_matrix()?; // 60000×784
/// let labels = rowmajor::io::load_idx("train-labels-idx1-ubyte")?.to_labels()?;
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn load_idx(path: impl AsRef<Path>) -> Result<Array, Error> {
    let path = path.as_ref();
    let origin = Origin::file(path);
    let bytes = std::fs::read(path).map_err(|source| origin.io(source))?;
    parse(&bytes, origin)
}

/// Reads the array of an IDX from a reader (a `&[u8]` is one) to its end, plain or gzipped.
///
/// # Errors
/// As [`load_idx`].
///
/// ```
/// use rowmajor::io::read_idx;
///
/// let bytes = [0, 0, 0x08, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
/// let array = read_idx(&bytes[..])?;
/// assert_eq!(array.into_matrix()?, rowmajor::matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
///
/// let error = read_idx(&bytes[..17]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "idx, byte 12: expected 6 bytes of data for shape (2, 3) of u8, found 5 bytes",
/// );
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
pub fn read_idx(reader: impl Read) -> Result<Array, Error> {
    let origin = Origin::default();
    parse(&read_all(reader, &origin)?, origin)
}

pub(super) fn parse(bytes: &[u8], origin: Origin) -> Result<Array, Error> {
    // Bytes that start no IDX are an error before more of them are unpacked.
    let declared = |start: &[u8]| {
        let mut cursor = Cursor::new(start, "idx", &origin);
        let header = Header::read(&mut cursor);
        header.map_or(MOST_HEADER, |header| cursor.offset() as u64 + header.size)
    };
    let (bytes, gzipped) = gzip::unpacked(bytes, &origin, &declared)?;
    let format = if gzipped { "idx in gzip" } else { "idx" };
    let mut cursor = Cursor::new(&bytes, format, &origin);
    let header = Header::read(&mut cursor)?;
    let data = cursor.rest();
    if data.len() as u64 != header.size {
        return Err(cursor.fail(
            format!(
                "{} bytes of data for shape {} of {}",
                header.size,
                shape_text(&header.shape),
                header.type_name
            ),
            format!("{} bytes", data.len()),
        ));
    }
    let values = npy::big_endian(header.kind, data, header.count, &origin)?;
    Ok(Array::new(header.shape, Values::Numbers(values), origin))
}

/// The longest header, of 255 axes.
const MOST_HEADER: u64 = 4 + 4 * 255;

struct Header {
    kind: Kind,
    type_name: &'static str,
    shape: Vec<usize>,
    /// How many values there are, and how many bytes they take in the file.
    count: usize,
    size: u64,
}

impl Header {
    fn read(cursor: &mut Cursor<'_>) -> Result<Header, Error> {
        let start = cursor.clone();
        let foreign = |expected| Err(start.fail(expected, describe(start.rest())));
        if !start.rest().starts_with(&[0, 0]) && start.rest().len() >= 2 {
            return foreign("an IDX file, which starts with two zeros");
        }
        let [_, _, code, axes] = cursor.array("the magic number of an IDX file")?;
        let (kind, type_name, bytes) = match code {
            0x08 => (Kind::U8, "u8", 1),
            0x09 => (Kind::I8, "i8", 1),
            0x0b => (Kind::I16, "i16", 2),
            0x0c => (Kind::I32, "i32", 4),
            0x0d => (Kind::F32, "f32", 4),
            0x0e => (Kind::F64, "f64", 8),
            _ => return foreign("a type of IDX in the third byte (08, 09, 0b, 0c, 0d, 0e)"),
        };
        let mut shape = Vec::with_capacity(usize::from(axes));
        for axis in 0..axes {
            let size = u32::from_be_bytes(cursor.array(&format!("the size of axis {axis}"))?);
            // No larger than the number that `checked_len` refuses.
            shape.push(usize::try_from(size).unwrap_or(usize::MAX));
        }
        let Some(count) = checked_len(&shape, size_of::<f64>()) else {
            return Err(start.fail("a shape that fits the address space", shape_text(&shape)));
        };
        Ok(Header {
            kind,
            type_name,
            size: count as u64 * bytes,
            shape,
            count,
        })
    }
}
