//! The part of an `.npy` before the values: read in any version, written as NumPy writes it.

use super::super::bytes::{Cursor, describe};
use super::super::error::Error;
use super::super::shape_text;
use super::MAGIC;
use super::dict::{self, Literal};
use super::dtype::Dtype;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) dtype: Dtype,
    /// The type as the file spells it.
    pub(super) descr: String,
    /// Whether the first axis runs fastest.
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

/// Longer headers are refused; NumPy's own limit for files that it does not trust is 10,000 bytes.
const MAX_HEADER: usize = 1 << 16;

/// NumPy's limit.
const MAX_AXES: usize = 64;

/// Reads the header and leaves `cursor` at the first byte of the values.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Header, Error> {
    if !cursor.rest().starts_with(MAGIC) {
        let found = describe(cursor.rest());
        return Err(cursor.fail(r"the magic bytes \x93NUMPY", found));
    }
    cursor.take(MAGIC.len(), "the magic bytes")?;
    let before = cursor.clone();
    let len = match cursor.array("the version")? {
        [1, 0] => usize::from(cursor.u16("the header's length")?),
        [2 | 3, 0] => {
            let before = cursor.clone();
            let len = cursor.u32("the header's length")?;
            usize::try_from(len)
                .ok()
                .filter(|&len| len <= MAX_HEADER)
                .ok_or_else(|| {
                    before.fail(
                        format!("a header of at most {MAX_HEADER} bytes"),
                        format!("{len} bytes"),
                    )
                })?
        }
        [major, minor] => {
            return Err(before.fail("version 1.0, 2.0 or 3.0", format!("{major}.{minor}")));
        }
    };
    let start = cursor.offset();
    cursor.take(len, "the header")?;
    let end = cursor.offset();
    interpret(&mut cursor.at(start).until(end))
}

/// The dict must have exactly NumPy's three keys, in any order.
fn interpret(cursor: &mut Cursor<'_>) -> Result<Header, Error> {
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    let start = cursor.offset();
    for entry in dict::parse(cursor)? {
        let at = cursor.at(entry.value_at);
        match entry.key.as_str() {
            "descr" => descr = Some((entry.value, at)),
            "fortran_order" => match entry.value {
                Literal::Bool(value) => fortran = Some(value),
                other => return Err(at.fail("True or False", name(&other))),
            },
            "shape" => match entry.value {
                Literal::Tuple(items) => shape = Some(sizes(&items, &at)?),
                other => return Err(at.fail("a tuple of sizes", name(&other))),
            },
            other => {
                return Err(cursor.at(entry.key_at).fail(
                    "the keys 'descr', 'fortran_order' and 'shape'",
                    format!("{other:?}"),
                ));
            }
        }
    }
    let missing = |key: &str| {
        cursor
            .at(start)
            .fail(format!("the key '{key}' in the header"), "none")
    };
    let (descr, at) = descr.ok_or_else(|| missing("descr"))?;
    let (dtype, descr) = Dtype::from_literal(descr, &at)?;
    Ok(Header {
        dtype,
        descr,
        fortran: fortran.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

fn sizes(items: &[Literal], at: &Cursor<'_>) -> Result<Vec<usize>, Error> {
    if items.len() > MAX_AXES {
        return Err(at.fail(format!("at most {MAX_AXES} axes"), items.len().to_string()));
    }
    items
        .iter()
        .map(|item| match item {
            Literal::Int(size) => usize::try_from(*size).map_err(|_| {
                at.fail(
                    "a shape that fits the address space",
                    format!("a size of {size}"),
                )
            }),
            other => Err(at.fail("whole numbers in the shape", name(other))),
        })
        .collect()
}

fn name(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => format!("the string {text:?}"),
        Literal::Int(value) => format!("the number {value}"),
        Literal::Bool(true) => "True".to_owned(),
        Literal::Bool(false) => "False".to_owned(),
        Literal::Tuple(_) => "a tuple".to_owned(),
        Literal::List(_) => "a list".to_owned(),
    }
}

/// Magic, version 1.0 and dict of a C-order array, byte for byte as NumPy writes them.
pub(super) fn write(descr: &str, shape: &[usize]) -> Vec<u8> {
    /// NumPy leaves room for the first size to grow to this many digits without moving the values.
    const GROWTH: usize = 21;
    const ALIGNMENT: usize = 64;
    let mut dict = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': {}, }}",
        shape_text(shape)
    );
    if let Some(first) = shape.first() {
        let room = GROWTH.saturating_sub(first.to_string().len());
        dict.extend(std::iter::repeat_n(' ', room));
    }
    let prefix = MAGIC.len() + 2 + 2;
    // The values start at a multiple of 64, and the last byte before them is a line feed.
    let padding = ALIGNMENT - (prefix + dict.len() + 1) % ALIGNMENT;
    dict.extend(std::iter::repeat_n(' ', padding));
    dict.push('\n');

    let mut header = Vec::with_capacity(prefix + dict.len());
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&[1, 0]);
    // At most two sizes: some 200 bytes.
    header.extend_from_slice(&(dict.len() as u16).to_le_bytes());
    header.extend_from_slice(dict.as_bytes());
    header
}
