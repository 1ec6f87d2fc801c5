//! Writes an archive front to back: stored members whose size and checksum are known before, then the directory.

use super::{CENTRAL, END, END64, FLAG_UTF8, LOCAL, LOCATOR64, SEE_64, STORED};
use std::io::{self, Write};

/// Written so far, and what the directory will say of it.
#[derive(Debug)]
pub(in crate::io) struct ZipWriter<W> {
    out: W,
    offset: u64,
    directory: Vec<u8>,
    members: u64,
    limits: Limits,
}

/// From where on zip64 is used; tests lower them.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Limits {
    /// Of sizes and offsets.
    pub(in crate::io) bytes: u64,
    /// Of the number of members.
    pub(in crate::io) members: u64,
}

impl Limits {
    /// What the fields hold: their last value says that zip64 is used.
    pub(in crate::io) const ZIP: Limits = Limits {
        bytes: 0xffff_ffff,
        members: 0xffff,
    };
}

/// What a reader must know of: stored members, or zip64.
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
const UNIX: u16 = 3 << 8;
/// A file that its owner may write and all may read.
const MODE: u32 = 0o100_644 << 16;
/// Midnight, and 1980-01-01, the first day of zip: equal content gives equal bytes.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;

impl<W: Write> ZipWriter<W> {
    pub(in crate::io) fn new(out: W, limits: Limits) -> Self {
        Self {
            out,
            offset: 0,
            directory: Vec::new(),
            members: 0,
            limits,
        }
    }

    /// Writes a member of exactly `size` bytes with the checksum `crc`, which `fill` writes. The name is at most
    /// [`MAX_NAME`](super::MAX_NAME) bytes long.
    pub(in crate::io) fn member(
        &mut self,
        name: &str,
        size: u64,
        crc: u32,
        fill: impl FnOnce(&mut W) -> io::Result<()>,
    ) -> io::Result<()> {
        // The record's fixed part and its zip64 block take less than 100.
        self.directory.try_reserve(name.len() + 100)?;
        let long_size = size >= self.limits.bytes;
        let long_offset = self.offset >= self.limits.bytes;
        let size32 = if long_size { SEE_64 } else { size as u32 };
        let offset32 = if long_offset {
            SEE_64
        } else {
            self.offset as u32
        };
        let flags = if name.is_ascii() { 0 } else { FLAG_UTF8 };

        // The part that both headers share, from the version to the length of the name.
        let common = |extra: &[u8]| {
            let version = if extra.is_empty() {
                VERSION
            } else {
                VERSION_64
            };
            let mut bytes = Vec::new();
            for field in [version, flags, STORED, TIME, DATE] {
                bytes.extend_from_slice(&field.to_le_bytes());
            }
            for field in [crc, size32, size32] {
                bytes.extend_from_slice(&field.to_le_bytes());
            }
            bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            bytes.extend_from_slice(&(extra.len() as u16).to_le_bytes());
            (bytes, version)
        };

        let extra = zip64_block(&[size, size][..if long_size { 2 } else { 0 }]);
        let (fields, _) = common(&extra);
        let header = [&LOCAL[..], &fields, name.as_bytes(), &extra].concat();
        self.out.write_all(&header)?;
        fill(&mut self.out)?;

        let mut long = Vec::new();
        if long_size {
            long.extend([size, size]);
        }
        if long_offset {
            long.push(self.offset);
        }
        let extra = zip64_block(&long);
        let (fields, version) = common(&extra);
        self.directory.extend_from_slice(&CENTRAL);
        let version = (UNIX | version).to_le_bytes();
        self.directory.extend_from_slice(&version);
        self.directory.extend_from_slice(&fields);
        // Comment length, disk, kind of content: none, the first, unknown.
        self.directory.extend_from_slice(&[0; 6]);
        self.directory.extend_from_slice(&MODE.to_le_bytes());
        self.directory.extend_from_slice(&offset32.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.directory.extend_from_slice(&extra);

        self.members += 1;
        self.offset += header.len() as u64 + size;
        Ok(())
    }

    /// Writes the directory and hands the writer back, flushed.
    pub(in crate::io) fn finish(mut self) -> io::Result<W> {
        let (offset, size) = (self.offset, self.directory.len() as u64);
        let mut end = Vec::new();
        let Limits { bytes, members } = self.limits;
        if offset >= bytes || size >= bytes || self.members >= members {
            end.extend_from_slice(&END64);
            // The length of what follows it in this record.
            end.extend_from_slice(&44_u64.to_le_bytes());
            end.extend_from_slice(&(UNIX | VERSION_64).to_le_bytes());
            end.extend_from_slice(&VERSION_64.to_le_bytes());
            end.extend_from_slice(&[0; 8]);
            for field in [self.members, self.members, size, offset] {
                end.extend_from_slice(&field.to_le_bytes());
            }
            end.extend_from_slice(&LOCATOR64);
            end.extend_from_slice(&0_u32.to_le_bytes());
            end.extend_from_slice(&(offset + size).to_le_bytes());
            end.extend_from_slice(&1_u32.to_le_bytes());
        }
        end.extend_from_slice(&END);
        end.extend_from_slice(&[0; 4]);
        let count = if self.members >= members {
            u16::MAX
        } else {
            self.members as u16
        };
        for field in [count, count] {
            end.extend_from_slice(&field.to_le_bytes());
        }
        for field in [size, offset] {
            let field = if field >= bytes { SEE_64 } else { field as u32 };
            end.extend_from_slice(&field.to_le_bytes());
        }
        end.extend_from_slice(&[0; 2]);
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The extra block that holds `values`; nothing for none.
fn zip64_block(values: &[u64]) -> Vec<u8> {
    let mut block = Vec::new();
    if !values.is_empty() {
        block.extend_from_slice(&1_u16.to_le_bytes());
        block.extend_from_slice(&(8 * values.len() as u16).to_le_bytes());
        for value in values {
            block.extend_from_slice(&value.to_le_bytes());
        }
    }
    block
}
