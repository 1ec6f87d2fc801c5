//! The header right before a member's bytes, and the descriptor that may follow them.

use super::super::bytes::{Cursor, quoted};
use super::super::error::{Error, Origin};
use super::directory::Record;
use super::extra::Zip64;
use super::name_of;
use super::{DESCRIPTOR, FLAG_DESCRIPTOR, LOCAL};
use std::ops::Range;

/// Reads the header at `cursor`, which ends where the directory starts, and holds it against the directory's record.
///
/// Returns where the packed bytes lie and where the member ends.
pub(super) fn read(
    cursor: Cursor<'_>,
    record: &Record<'_>,
    origin: &Origin,
) -> Result<(Range<usize>, usize), Error> {
    let mut cursor = cursor.with_origin(origin);
    let start = cursor.clone();
    cursor.signature(LOCAL, "a member's header")?;
    cursor.take(2, "the version")?;
    let flags = cursor.u16("the flags")?;
    let method = cursor.u16("the method")?;
    cursor.take(4, "the time")?;
    let crc = cursor.u32("the checksum")?;
    let packed = cursor.u32("the packed size")?;
    let size = cursor.u32("the size")?;
    let name_len = cursor.u16("the name's length")?;
    let extra_len = cursor.u16("the extra field's length")?;
    let name = name_of(&mut cursor, name_len)?;
    let extra = cursor.clone();
    cursor.take(usize::from(extra_len), "the extra field")?;
    let mut long = Zip64::find(extra.until(cursor.offset()), start.clone())?;
    let size = long.resolve(size, "the size")?;
    let packed = long.resolve(packed, "the packed size")?;

    let differs = |what: &str, expected: String, found: String| {
        start.fail(format!("the directory's {what} {expected}"), found)
    };
    if name != record.name.as_bytes() {
        let found = quoted(&String::from_utf8_lossy(name));
        return Err(differs("name", quoted(record.name), found));
    }
    // Where a descriptor follows, the header may leave these at 0.
    let described = flags & FLAG_DESCRIPTOR != 0;
    for (what, expected, found, later) in [
        ("method", record.method.into(), method.into(), false),
        ("checksum", record.crc.into(), crc.into(), described),
        ("packed size", record.packed, packed, described),
        ("size", record.size, size, described),
    ] {
        if found != expected && !(later && found == 0) {
            return Err(differs(what, expected.to_string(), found.to_string()));
        }
    }

    let data = cursor.offset();
    let left = cursor.rest().len();
    let len = usize::try_from(record.packed)
        .ok()
        .filter(|&len| len <= left)
        .ok_or_else(|| {
            cursor.fail(
                format!("{} bytes of the member", record.packed),
                format!("the directory after {left} bytes"),
            )
        })?;
    cursor.take(len, "the member's bytes")?;
    let data = data..cursor.offset();
    let end = if described {
        descriptor_end(&cursor, record)?
    } else {
        data.end
    };
    Ok((data, end))
}

/// The end of the descriptor at `cursor`: with or without a signature, with sizes of 32 or 64 bits.
fn descriptor_end(cursor: &Cursor<'_>, record: &Record<'_>) -> Result<usize, Error> {
    let crc = record.crc.to_le_bytes();
    let (packed, size) = (record.packed.to_le_bytes(), record.size.to_le_bytes());
    let long = [&crc[..], &packed, &size].concat();
    let short = match (u32::try_from(record.packed), u32::try_from(record.size)) {
        (Ok(packed), Ok(size)) => Some([crc, packed.to_le_bytes(), size.to_le_bytes()].concat()),
        _ => None,
    };
    let rest = cursor.rest();
    let (signature, body) = match rest.strip_prefix(&DESCRIPTOR) {
        Some(body) => (DESCRIPTOR.len(), body),
        None => (0, rest),
    };
    // The longer first: an empty member's shorter one is the beginning of its longer one.
    [Some(long), short]
        .into_iter()
        .flatten()
        .find(|descriptor| body.starts_with(descriptor))
        .map(|descriptor| cursor.offset() + signature + descriptor.len())
        .ok_or_else(|| {
            cursor.fail(
                "a descriptor with the directory's checksum and sizes",
                "something else",
            )
        })
}
