//! The archive around the arrays: as much of zip as `.npz` files use, read without trust, written without seeking.
//!
//! An archive is read from its end: the end record tells where the directory is, the directory tells of each member,
//! and each member has a header of its own before its bytes, which must agree.

mod directory;
mod end;
mod extra;
mod local;
mod write;

pub(super) use directory::{Member, read};
pub(super) use write::{Limits, ZipWriter};

use super::bytes::Cursor;
use super::crc32::Crc32;
use super::deflate::{Inflater, Unpacked};
use super::error::{Error, Origin};
use std::borrow::Cow;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// No system has longer paths.
pub(super) const MAX_NAME: usize = 4096;

/// A 32-bit field that says: see the zip64 record.
const SEE_64: u32 = u32::MAX;

const FLAG_ENCRYPTED: u16 = 1;
/// Checksum and sizes follow the bytes.
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_UTF8: u16 = 1 << 11;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The name of a member, at the cursor.
fn name_of<'a>(cursor: &mut Cursor<'a>, len: u16) -> Result<&'a [u8], Error> {
    let len = usize::from(len);
    if len > MAX_NAME {
        let expected = format!("a name of at most {MAX_NAME} bytes");
        return Err(cursor.fail(expected, format!("{len} bytes")));
    }
    cursor.take(len, "the name")
}

/// The bytes of `member`, unpacked and checked against its checksum; `archive` is what `members` were read from.
pub(super) fn contents<'a>(
    archive: &'a [u8],
    member: &Member,
    origin: &Origin,
) -> Result<Cow<'a, [u8]>, Error> {
    if member.encrypted {
        let supported = "members without encryption";
        return Err(origin.unsupported("zip", "an encrypted member", supported));
    }
    let mut cursor = Cursor::new(archive, "zip", origin)
        .until(member.data.end)
        .at(member.data.start);
    let start = cursor.clone();
    let (bytes, crc) = match member.method {
        STORED => {
            let bytes = archive.get(member.data.clone()).unwrap_or_default();
            cursor = cursor.at(member.data.end);
            (Cow::Borrowed(bytes), Crc32::of(bytes))
        }
        DEFLATED => {
            let declared = |_: &[u8]| member.size;
            let mut unpacked = Unpacked::new(member.size, &declared);
            Inflater::new(&cursor)?.unpack(&mut cursor, &mut unpacked)?;
            let crc = unpacked.take_crc();
            (Cow::Owned(unpacked.into_bytes()), crc)
        }
        method => {
            let what = format!("a member compressed by method {method}");
            let supported = "stored and deflated members (np.savez, np.savez_compressed)";
            return Err(origin.unsupported("zip", what, supported));
        }
    };
    if !cursor.rest().is_empty() {
        return Err(cursor.fail(
            "the end of the member's compressed data",
            format!("{} more bytes", cursor.rest().len()),
        ));
    }
    if bytes.len() as u64 != member.size {
        return Err(start.fail(
            format!("{} bytes, as the directory says", member.size),
            bytes.len().to_string(),
        ));
    }
    if crc != member.crc {
        return Err(start.fail(
            format!("bytes with the checksum {:08x}", member.crc),
            format!("{crc:08x}"),
        ));
    }
    Ok(bytes)
}
