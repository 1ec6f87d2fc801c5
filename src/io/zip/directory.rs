//! The directory: what it says of each member, checked against the file and the members' own headers.

use super::super::bytes::{Cursor, excerpt, quoted};
use super::super::error::{Error, Origin};
use super::extra::Zip64;
use super::{CENTRAL, FLAG_ENCRYPTED, end, local, name_of};
use std::collections::BTreeSet;
use std::ops::Range;

/// A file in the archive.
#[derive(Clone, Debug)]
pub(in crate::io) struct Member {
    pub(in crate::io) name: String,
    pub(super) method: u16,
    pub(super) encrypted: bool,
    pub(super) crc: u32,
    /// Bytes when unpacked.
    pub(super) size: u64,
    /// Where the packed bytes lie: inside the file, in no other member's.
    pub(super) data: Range<usize>,
}

/// What the directory says of a member.
pub(super) struct Record<'a> {
    pub(super) name: &'a str,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
}

/// The members of an archive in the order of its directory, each name once, none overlapping another.
pub(in crate::io) fn read(bytes: &[u8], origin: &Origin) -> Result<Vec<Member>, Error> {
    let directory = end::read(bytes, origin)?;
    let mut cursor = Cursor::new(bytes, "zip", origin)
        .until(directory.range.end)
        .at(directory.range.start);
    // The count is known to fit the directory's bytes.
    let count = usize::try_from(directory.members).unwrap_or(0);
    let mut members = origin.try_vec(count)?;
    let mut extents = origin.try_vec(count)?;
    let mut names = BTreeSet::new();
    for _ in 0..count {
        let start = cursor.clone();
        let (member, extent, name) = read_member(&mut cursor, directory.range.start)?;
        if !names.insert(name) {
            return Err(start.fail("each member's name once", format!("{} again", quoted(name))));
        }
        extents.push(extent);
        members.push(member);
    }
    if cursor.offset() != directory.range.end {
        return Err(cursor.fail(
            format!("the end of a directory of {count} members"),
            format!("{} more bytes", cursor.rest().len()),
        ));
    }
    check_overlap(&members, &extents, origin)?;
    Ok(members)
}

/// One record of the directory, and the header that it points to; the range is all that the member takes.
fn read_member<'a>(
    cursor: &mut Cursor<'a>,
    directory_at: usize,
) -> Result<(Member, Range<usize>, &'a str), Error> {
    let start = cursor.clone();
    cursor.signature(CENTRAL, "a directory record")?;
    cursor.take(4, "the versions")?;
    let flags = cursor.u16("the flags")?;
    let method = cursor.u16("the method")?;
    cursor.take(4, "the time")?;
    let crc = cursor.u32("the checksum")?;
    let packed = cursor.u32("the packed size")?;
    let size = cursor.u32("the size")?;
    let name_len = cursor.u16("the name's length")?;
    let extra_len = cursor.u16("the extra field's length")?;
    let comment_len = cursor.u16("the comment's length")?;
    let disk = cursor.u16("the disk")?;
    cursor.take(6, "the attributes")?;
    let local_at = cursor.u32("the header's offset")?;

    let name_at = cursor.clone();
    let name = name_of(cursor, name_len)?;
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.as_bytes().contains(&0))
        .ok_or_else(|| {
            name_at.fail(
                "a name in UTF-8 without NUL",
                format!("\"{}\"", excerpt(name)),
            )
        })?;
    let origin = start.origin().member(name);
    let extra = cursor.clone();
    cursor.take(usize::from(extra_len), "the extra field")?;
    let mut long = Zip64::find(extra.until(cursor.offset()), start.clone())?;
    cursor.take(usize::from(comment_len), "the comment")?;

    let size = long.resolve(size, "the size")?;
    let record = Record {
        name,
        method,
        crc,
        packed: long.resolve(packed, "the packed size")?,
        size,
    };
    let local_at = long.resolve(local_at, "the header's offset")?;
    if long.resolve_disk(disk)? != 0 {
        let found = "a member on another disk";
        return Err(origin.unsupported("zip", found, "archives of one file"));
    }
    let local_at = usize::try_from(local_at)
        .ok()
        .filter(|&at| at < directory_at)
        .ok_or_else(|| {
            start.fail(
                "the member's header before the directory",
                format!("byte {local_at}"),
            )
        })?;
    let (data, end) = local::read(start.until(directory_at).at(local_at), &record, &origin)?;
    let member = Member {
        name: name.to_owned(),
        method,
        encrypted: flags & FLAG_ENCRYPTED != 0,
        crc,
        size,
        data,
    };
    Ok((member, local_at..end, name))
}

fn check_overlap(
    members: &[Member],
    extents: &[Range<usize>],
    origin: &Origin,
) -> Result<(), Error> {
    let ends = |index: usize| (extents[index].start, extents[index].end);
    let mut free = 0;
    for index in origin.sorted(extents.len(), &|i, j| ends(i).cmp(&ends(j)))? {
        let Range { start, end } = extents[index];
        if start < free {
            let name = &members[index].name;
            return Err(origin.member(name).format(
                "zip",
                start,
                format!("the member to start after the one before it, at byte {free} or later"),
                format!("byte {start}"),
            ));
        }
        free = end;
    }
    Ok(())
}
