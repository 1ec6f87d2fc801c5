//! A place in a buffer, from which fields are read one after the other; what is missing is an error, never a panic.

use super::error::{Error, Origin};
use std::io::Read;

/// Everything that `reader` gives. Grows with what is really there, and fails as a value where memory ends.
pub(super) fn read_all(mut reader: impl Read, origin: &Origin) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(source) => Err(origin.io(source)),
    }
}

/// Reads `bytes` field by field; errors tell `format` and the offset in `bytes`.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    format: &'static str,
    origin: &'a Origin,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], format: &'static str, origin: &'a Origin) -> Self {
        Self {
            bytes,
            at: 0,
            format,
            origin,
        }
    }

    /// The same bytes, read from `at` on.
    pub(super) fn at(&self, at: usize) -> Self {
        Self { at, ..self.clone() }
    }

    /// The same bytes, ending before `end`; the offsets stay.
    pub(super) fn until(&self, end: usize) -> Self {
        Self {
            bytes: self.bytes.get(..end).unwrap_or(self.bytes),
            ..self.clone()
        }
    }

    /// The same bytes, with errors that name another origin.
    pub(super) fn with_origin<'b>(&self, origin: &'b Origin) -> Cursor<'b>
    where
        'a: 'b,
    {
        Cursor {
            bytes: self.bytes,
            at: self.at,
            format: self.format,
            origin,
        }
    }

    /// The offset of the next byte.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn origin(&self) -> &'a Origin {
        self.origin
    }

    /// The bytes not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next `len` bytes, which are `what`.
    pub(super) fn take(&mut self, len: usize, what: &str) -> Result<&'a [u8], Error> {
        let rest = self.rest();
        match rest.get(..len) {
            Some(bytes) => {
                self.at += len;
                Ok(bytes)
            }
            None => Err(self.fail(
                format!("{what} ({len} bytes)"),
                match rest.len() {
                    0 => "the end".to_owned(),
                    left => format!("the end after {left} bytes"),
                },
            )),
        }
    }

    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Error> {
        let bytes = self.take(N, what)?;
        let mut array = [0; N];
        array.copy_from_slice(bytes);
        Ok(array)
    }

    pub(super) fn u16(&mut self, what: &str) -> Result<u16, Error> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32, Error> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &str) -> Result<u64, Error> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// The next bytes must be `signature`.
    pub(super) fn signature(&mut self, signature: [u8; 4], what: &str) -> Result<(), Error> {
        let before = self.clone();
        let found: [u8; 4] = self.array(what)?;
        if found == signature {
            Ok(())
        } else {
            Err(before.fail(
                format!("{what} \"{}\"", signature.escape_ascii()),
                format!("\"{}\"", found.escape_ascii()),
            ))
        }
    }

    /// The error of something else standing here than what is expected.
    pub(super) fn fail(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        self.origin.format(self.format, self.at, expected, found)
    }
}

/// What a file is, judged by its first bytes, where it is of a kind that these tell.
pub(super) fn known(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"\x93NUMPY", "an .npy file"),
        (b"PK\x03\x04", "a zip archive (an .npz file?)"),
        (b"PK\x05\x06", "an empty zip archive (an .npz file?)"),
        (b"\x1f\x8b", "gzip data (unpack it first)"),
        (b"\x89HDF", "an HDF5 file"),
        (
            b"version https://git-lfs",
            "a Git LFS pointer, not the file itself",
        ),
        (b"<!DOCTYPE", "an HTML page"),
        (b"<html", "an HTML page"),
        (b"\x80", "a Python pickle"),
    ];
    let kind = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic));
    kind.map(|(_, what)| *what)
}

/// What a file is, judged by its first bytes: for the message when it is not what it should be.
pub(super) fn describe(bytes: &[u8]) -> String {
    match known(bytes) {
        Some(what) => what.to_owned(),
        None if bytes.is_empty() => "an empty file".to_owned(),
        None => format!("\"{}\"", excerpt(bytes)),
    }
}

/// Text out of a file in quotes, or its beginning: a message must not be as long as a file likes.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// The first few bytes, printable.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 12;
    let dots = if bytes.len() > SHOWN { "..." } else { "" };
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    format!("{}{dots}", shown.escape_ascii())
}
