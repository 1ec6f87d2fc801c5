//! Gzip (RFC 1952): deflated bytes between a header and a checksum, once or several times in a row, with zeros behind.

use super::bytes::{Cursor, describe};
use super::crc32::Crc32;
use super::deflate::{Inflater, Unpacked};
use super::error::{Error, Origin};
use std::borrow::Cow;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATED: u8 = 8;

// Flags: what the header has besides. The first one says that the bytes are text, which changes nothing.
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Whether this is the beginning of a gzip file: no other format that is read begins so.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// `bytes` as they are or, where they are gzipped, unpacked; and whether they were.
///
/// `limit` tells from the first bytes unpacked how many there may be in all.
pub(super) fn unpacked<'a>(
    bytes: &'a [u8],
    origin: &Origin,
    limit: &dyn Fn(&[u8]) -> u64,
) -> Result<(Cow<'a, [u8]>, bool), Error> {
    if is_gzip(bytes) {
        let bytes = unpack(bytes, origin, limit)?;
        Ok((Cow::Owned(bytes), true))
    } else {
        Ok((Cow::Borrowed(bytes), false))
    }
}

/// What a gzip file holds: all its members' bytes, each member's checked against its checksum and length.
fn unpack(bytes: &[u8], origin: &Origin, limit: &dyn Fn(&[u8]) -> u64) -> Result<Vec<u8>, Error> {
    let mut cursor = Cursor::new(bytes, "gzip", origin);
    let mut inflater = Inflater::new(&cursor)?;
    // The length of the last member, mostly the only one, ends the file. It is no more than a hint.
    let len = bytes.last_chunk().copied().map_or(0, u32::from_le_bytes);
    let mut unpacked = Unpacked::new(len.into(), limit);
    loop {
        header(&mut cursor)?;
        let before = unpacked.len();
        inflater.unpack(&mut cursor, &mut unpacked)?;

        let trailer = cursor.clone();
        let (found, expected) = (unpacked.take_crc(), cursor.u32("the checksum")?);
        if found != expected {
            return Err(trailer.fail(
                format!("the checksum {found:08x} of the bytes unpacked"),
                format!("{expected:08x}"),
            ));
        }
        let trailer = cursor.clone();
        let (found, expected) = (unpacked.len() - before, cursor.u32("the length")?);
        if found as u32 != expected {
            return Err(trailer.fail(
                format!("the length {found} of the bytes unpacked, modulo 2^32"),
                expected.to_string(),
            ));
        }
        // Tapes, and writers of whole blocks, fill a file up with zeros; gzip and Python pass over them.
        let zeros = cursor.rest().iter().take_while(|&&byte| byte == 0).count();
        cursor.take(zeros, "the zeros")?;
        if cursor.rest().is_empty() {
            return Ok(unpacked.into_bytes());
        }
    }
}

fn header(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    let start = cursor.clone();
    if !is_gzip(cursor.rest()) {
        let found = describe(cursor.rest());
        return Err(start.fail("another gzip member, or the end", found));
    }
    cursor.take(MAGIC.len(), "the magic bytes")?;
    let at = cursor.clone();
    let [method] = cursor.array("the method")?;
    if method != DEFLATED {
        return Err(at.fail("method 8 (deflate)", method.to_string()));
    }
    let at = cursor.clone();
    let [flags] = cursor.array("the flags")?;
    if flags & RESERVED != 0 {
        return Err(at.fail("no reserved flags", format!("{flags:#010b}")));
    }
    cursor.take(6, "the time and the system")?;
    if flags & EXTRA != 0 {
        let len = cursor.u16("the extra field's length")?;
        cursor.take(usize::from(len), "the extra field")?;
    }
    for (flag, what) in [(NAME, "the name's end"), (COMMENT, "the comment's end")] {
        if flags & flag != 0 {
            let text = cursor.rest();
            let end = text.iter().position(|&byte| byte == 0);
            cursor.take(end.map_or(text.len() + 1, |end| end + 1), what)?;
        }
    }
    if flags & HEADER_CRC != 0 {
        let at = cursor.clone();
        let len = cursor.offset() - start.offset();
        let crc = Crc32::of(start.rest().get(..len).unwrap_or_default()) as u16;
        let found = cursor.u16("the header's checksum")?;
        if found != crc {
            return Err(at.fail(
                format!("the header's checksum {crc:04x}"),
                format!("{found:04x}"),
            ));
        }
    }
    Ok(())
}
