//! Where unpacked bytes go.

use super::super::crc32::Crc32;
use super::fault::Flaw;

/// Unpacked bytes and their checksum.
///
/// The buffer grows with the bytes that are really there: to twice their number, or to what is expected where that is
/// less. What a file says of its size takes no memory by itself.
pub(in crate::io) struct Unpacked<'a> {
    bytes: Vec<u8>,
    crc: Crc32,
    expected: u64,
    limit: &'a dyn Fn(&[u8]) -> u64,
}

impl<'a> Unpacked<'a> {
    /// An empty buffer. So many bytes are `expected` in all; more may come, but no more than `limit` says, which is shown
    /// those that are there.
    pub(in crate::io) fn new(expected: u64, limit: &'a dyn Fn(&[u8]) -> u64) -> Self {
        Self {
            bytes: Vec::new(),
            crc: Crc32::new(),
            expected,
            limit,
        }
    }

    pub(in crate::io) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(in crate::io) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The checksum of the bytes since the last call.
    pub(in crate::io) fn take_crc(&mut self) -> u32 {
        std::mem::replace(&mut self.crc, Crc32::new()).value()
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        let len = self.bytes.len() + bytes.len();
        if len > self.bytes.capacity() {
            let most = self.expected.min((self.limit)(&self.bytes));
            let twice = 2 * self.bytes.len();
            self.reserve(match usize::try_from(most) {
                Ok(most) if most >= len => most.min(twice).max(len),
                _ => twice.max(len),
            })?;
        }
        self.crc.update(bytes);
        self.bytes.extend_from_slice(bytes);
        // Only now: these bytes may be the ones that tell.
        let most = (self.limit)(&self.bytes);
        if len as u64 > most {
            return Err(Flaw::TooLong { most });
        }
        Ok(())
    }

    /// Makes room for `len` bytes in all.
    fn reserve(&mut self, len: usize) -> Result<(), Flaw> {
        let more = len - self.bytes.len();
        self.bytes
            .try_reserve_exact(more)
            .map_err(|_| Flaw::Memory { bytes: len })
    }
}
