//! The end of an archive: where its directory is and how many members it lists.

use super::super::bytes::{Cursor, describe};
use super::super::error::{Error, Origin};
use super::{END, END64, LOCATOR64, SEE_64};
use std::ops::Range;

/// What the end records say; the range is known to lie in the file, before those records.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) range: Range<usize>,
    pub(super) members: u64,
}

const END_LEN: usize = 22;
const LOCATOR64_LEN: usize = 20;
/// Of signature and length field, which the length does not count.
const END64_HEAD: usize = 12;
/// The shortest record of a directory.
const CENTRAL_LEN: u64 = 46;

pub(super) fn read(bytes: &[u8], origin: &Origin) -> Result<Directory, Error> {
    let start = Cursor::new(bytes, "zip", origin);
    let Some(end_at) = find(bytes) else {
        let what = "a zip archive, which ends with an end record";
        return Err(start.fail(
            what,
            if bytes.starts_with(b"PK") {
                "a zip archive without its end (cut off?)".to_owned()
            } else {
                describe(bytes)
            },
        ));
    };

    let record = start.at(end_at);
    let mut cursor = record.clone();
    cursor.signature(END, "an end record")?;
    let disks = [
        cursor.u16("this disk")?,
        cursor.u16("the directory's disk")?,
    ];
    let here = cursor.u16("the members on this disk")?;
    let members = cursor.u16("the number of members")?;
    let size = cursor.u32("the directory's size")?;
    let offset = cursor.u32("the directory's offset")?;

    let before = |len: usize| end_at.checked_sub(len);
    let locator_at = before(LOCATOR64_LEN).filter(|&at| {
        bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(&LOCATOR64))
    });
    let (fields, end) = match locator_at {
        None => {
            let fields = Fields {
                disks: disks.map(u32::from),
                here: here.into(),
                members: members.into(),
                size: size.into(),
                offset: offset.into(),
            };
            (fields, end_at)
        }
        Some(locator_at) => {
            let (fields, record64_at) = read64(&start.at(locator_at))?;
            // What fits 32 bits may stand in both records, but then it must be the same.
            let agree =
                |short: u32, limit: u32, long: u64| short == limit || u64::from(short) == long;
            let same = disks
                .into_iter()
                .zip(fields.disks)
                .all(|(short, long)| agree(short.into(), 0xffff, long.into()))
                && agree(here.into(), 0xffff, fields.here)
                && agree(members.into(), 0xffff, fields.members)
                && agree(size, SEE_64, fields.size)
                && agree(offset, SEE_64, fields.offset);
            if !same {
                return Err(record.fail("what the zip64 end record says", "something else"));
            }
            (fields, record64_at)
        }
    };

    if fields.disks != [0, 0] || fields.here != fields.members {
        return Err(origin.unsupported("zip", "a part of a split archive", "archives of one file"));
    }
    // The directory lies right before the end record.
    let range = usize::try_from(fields.offset)
        .ok()
        .zip(usize::try_from(fields.size).ok())
        .and_then(|(offset, size)| Some(offset..offset.checked_add(size)?))
        .filter(|range| range.end == end)
        .ok_or_else(|| {
            record.fail(
                format!("a directory that ends at byte {end}"),
                format!("{} bytes from byte {}", fields.size, fields.offset),
            )
        })?;
    if fields.members > fields.size / CENTRAL_LEN {
        return Err(record.fail(
            format!("no more members than fit {} bytes", fields.size),
            fields.members.to_string(),
        ));
    }
    Ok(Directory {
        range,
        members: fields.members,
    })
}

struct Fields {
    disks: [u32; 2],
    here: u64,
    members: u64,
    size: u64,
    offset: u64,
}

/// Where the last end record starts whose comment reaches exactly to the end of the file.
fn find(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| {
        let Some(record) = bytes.get(at..) else {
            return false;
        };
        let comment = (last - at) as u16;
        record.starts_with(&END) && record.get(20..END_LEN) == Some(&comment.to_le_bytes()[..])
    })
}

/// The zip64 end record, found by its locator, and where it starts.
fn read64(locator: &Cursor<'_>) -> Result<(Fields, usize), Error> {
    let mut cursor = locator.clone();
    cursor.signature(LOCATOR64, "a zip64 locator")?;
    let disk = cursor.u32("the zip64 end record's disk")?;
    let at = cursor.u64("the zip64 end record's offset")?;
    let disks = cursor.u32("the number of disks")?;
    if disk != 0 || disks > 1 {
        return Err(locator.origin().unsupported(
            "zip",
            "a part of a split archive",
            "archives of one file",
        ));
    }
    let at = usize::try_from(at)
        .ok()
        .filter(|&at| at < locator.offset())
        .ok_or_else(|| {
            locator.fail(
                "a zip64 end record before its locator",
                format!("one at byte {at}"),
            )
        })?;

    let record = cursor.at(at).until(locator.offset());
    let mut cursor = record.clone();
    cursor.signature(END64, "a zip64 end record")?;
    let len = cursor.u64("the zip64 end record's length")?;
    if len != (locator.offset() - at).saturating_sub(END64_HEAD) as u64 {
        return Err(record.fail(
            "a zip64 end record that ends at its locator",
            format!("{len} bytes"),
        ));
    }
    cursor.take(4, "the versions")?;
    let fields = Fields {
        disks: [
            cursor.u32("this disk")?,
            cursor.u32("the directory's disk")?,
        ],
        here: cursor.u64("the members on this disk")?,
        members: cursor.u64("the number of members")?,
        size: cursor.u64("the directory's size")?,
        offset: cursor.u64("the directory's offset")?,
    };
    Ok((fields, at))
}
