//! The extra field of a header: blocks of (id, length, bytes), of which block 1 holds what 32 bits cannot.

use super::super::bytes::Cursor;
use super::super::error::Error;
use super::SEE_64;

/// The values of the zip64 block, handed out in the order in which the fields of the header refer to them.
pub(super) struct Zip64<'a> {
    values: Option<Cursor<'a>>,
    header: Cursor<'a>,
}

impl<'a> Zip64<'a> {
    const ID: u16 = 1;

    /// Finds the block in an extra field, which `cursor` is bounded to; `header` is where its header starts.
    pub(super) fn find(mut cursor: Cursor<'a>, header: Cursor<'a>) -> Result<Self, Error> {
        let mut values = None;
        // Fewer than four bytes are no block; some writers pad with them.
        while cursor.rest().len() >= 4 {
            let start = cursor.clone();
            let id = cursor.u16("the id of an extra block")?;
            let len = cursor.u16("the length of an extra block")?;
            let block = cursor.clone();
            cursor.take(usize::from(len), "an extra block")?;
            if id == Self::ID {
                if values.is_some() {
                    return Err(start.fail("one zip64 block", "a second one"));
                }
                values = Some(block.until(cursor.offset()));
            }
        }
        Ok(Self { values, header })
    }

    /// `field` as it stands, or the block's next value where it says so.
    pub(super) fn resolve(&mut self, field: u32, what: &str) -> Result<u64, Error> {
        if field != SEE_64 {
            return Ok(u64::from(field));
        }
        match &mut self.values {
            Some(values) => values.u64(what),
            None => Err(self
                .header
                .fail(format!("a zip64 block with {what}"), "none")),
        }
    }

    /// As [`resolve`](Self::resolve), for the number of a disk.
    pub(super) fn resolve_disk(&mut self, field: u16) -> Result<u32, Error> {
        match &mut self.values {
            Some(values) if field == u16::MAX => values.u32("the number of the disk"),
            _ => Ok(u32::from(field)),
        }
    }
}
