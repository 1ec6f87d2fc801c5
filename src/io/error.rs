//! What is said when a file is not what it should be.

use crate::ShapeError;
use crate::matrix::sort_indices;
use crate::simd::memory::advise_huge_pages;
use std::cmp::Ordering;
use std::fmt;
use std::path::Path;

/// A file that cannot be read or written, with everything that is known about it as fields.
///
/// `path` is the file's, where one was given (a reader or a buffer has none); `member` is the file inside the archive,
/// as the archive spells it. Variants and fields may be added: match with `..` and a last arm.
///
/// ```
/// use rowmajor::io::{self, Error};
///
/// let error = io::read_npy(&b"\x1f\x8b\x08"[..]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r"npy, byte 0: expected the magic bytes \x93NUMPY, found gzip data (unpack it first)",
/// );
/// assert!(matches!(error, Error::Format { format: "npy", offset: 0, .. }));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be opened, read or written.
    #[non_exhaustive]
    Io {
        /// The file.
        path: Option<Box<Path>>,
        /// What the system says.
        source: std::io::Error,
    },
    /// The bytes are not what the format says they must be: a broken, cut, or foreign file.
    #[non_exhaustive]
    Format {
        /// The file.
        path: Option<Box<Path>>,
        /// The file inside the archive.
        member: Option<String>,
        /// The format whose rule is broken: `"npy"`, `"zip"`, `"gzip"`, `"deflate"`, `"idx"`, `"csv"`, or
        /// `"idx in gzip"`.
        format: &'static str,
        /// Where it is broken, in bytes from the start of the file; for an `"npy"` with a `member`, from the start of
        /// that member; for `"idx in gzip"`, from the start of what the file holds.
        offset: u64,
        /// What should stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// A line of text is not what it must be.
    #[non_exhaustive]
    Text {
        /// The file.
        path: Option<Box<Path>>,
        /// The format: `"csv"`.
        format: &'static str,
        /// The line, from 1.
        line: u64,
        /// The character in that line, from 1.
        column: u64,
        /// What should stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// The file may be sound, but holds something that this crate does not read.
    #[non_exhaustive]
    Unsupported {
        /// The file.
        path: Option<Box<Path>>,
        /// The file inside the archive.
        member: Option<String>,
        /// The format: `"npy"` or `"zip"`.
        format: &'static str,
        /// What the file holds.
        found: String,
        /// What is read.
        supported: String,
    },
    /// The archive has no array of that name.
    #[non_exhaustive]
    Missing {
        /// The archive.
        path: Option<Box<Path>>,
        /// The name that was looked for.
        name: String,
        /// The names that there are.
        available: Vec<String>,
    },
    /// The array is not of the expected kind: text instead of numbers, a table instead of a list.
    #[non_exhaustive]
    Kind {
        /// The file.
        path: Option<Box<Path>>,
        /// The file inside the archive.
        member: Option<String>,
        /// What was expected.
        expected: &'static str,
        /// What the array is.
        found: String,
    },
    /// One value of the array is not what it must be.
    #[non_exhaustive]
    Value {
        /// The file.
        path: Option<Box<Path>>,
        /// The file inside the archive.
        member: Option<String>,
        /// The value's index in row-major order, from 0.
        index: usize,
        /// What it must be.
        expected: &'static str,
        /// The value.
        found: String,
    },
    /// A name that cannot be given to an array in an archive, or to a column of a table.
    #[non_exhaustive]
    Name {
        /// The archive.
        path: Option<Box<Path>>,
        /// The name.
        name: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Sizes that do not fit.
    Shape(ShapeError),
    /// Allocating the values fails.
    #[non_exhaustive]
    OutOfMemory {
        /// The file.
        path: Option<Box<Path>>,
        /// The file inside the archive.
        member: Option<String>,
        /// How many bytes were requested.
        bytes: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}{source}", Place(path, &None)),
            Self::Format {
                path,
                member,
                format,
                offset,
                expected,
                found,
            } => {
                // In an archive's own records the offset is the archive's, inside an array the member's.
                let of = if member.is_some() && *format == "npy" {
                    " of the member"
                } else {
                    ""
                };
                write!(
                    f,
                    "{}{format}, byte {offset}{of}: expected {expected}, found {found}",
                    Place(path, member)
                )
            }
            Self::Text {
                path,
                format,
                line,
                column,
                expected,
                found,
            } => write!(
                f,
                "{}{format}, line {line}, column {column}: expected {expected}, found {found}",
                Place(path, &None)
            ),
            Self::Unsupported {
                path,
                member,
                format,
                found,
                supported,
            } => write!(
                f,
                "{}{format}: {found} is not read, only {supported}",
                Place(path, member)
            ),
            Self::Missing {
                path,
                name,
                available,
            } => {
                write!(f, "{}no array {name:?}", Place(path, &None))?;
                match available.len() {
                    0 => f.write_str(", there is none at all"),
                    _ => write!(f, ", there are {}", List(available)),
                }
            }
            Self::Kind {
                path,
                member,
                expected,
                found,
            } => write!(
                f,
                "{}expected {expected}, found {found}",
                Place(path, member)
            ),
            Self::Value {
                path,
                member,
                index,
                expected,
                found,
            } => write!(
                f,
                "{}value {index}: expected {expected}, found {found}",
                Place(path, member)
            ),
            Self::Name {
                path,
                name,
                expected,
            } => write!(
                f,
                "{}name {name:?}: expected {expected}",
                Place(path, &None)
            ),
            Self::Shape(error) => error.fmt(f),
            Self::OutOfMemory {
                path,
                member,
                bytes,
            } => write!(f, "{}no memory for {bytes} bytes", Place(path, member)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Shape(source) => Some(source),
            _ => None,
        }
    }
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

/// `net.npz, member "w1.npy": `, or as much of it as is known.
struct Place<'a>(&'a Option<Box<Path>>, &'a Option<String>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (None, None) => Ok(()),
            (Some(path), None) => write!(f, "{}: ", path.display()),
            // Quoted: the name comes out of the file and may hold anything.
            (None, Some(member)) => write!(f, "member {member:?}: "),
            (Some(path), Some(member)) => write!(f, "{}, member {member:?}: ", path.display()),
        }
    }
}

/// Quoted names, the first few of many.
struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        for (i, name) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{name:?}", if i == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Where bytes came from; every error about them is made here.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    path: Option<Box<Path>>,
    member: Option<String>,
}

impl Origin {
    pub(super) fn file(path: &Path) -> Self {
        Self {
            path: Some(path.into()),
            member: None,
        }
    }

    pub(super) fn member(&self, name: &str) -> Self {
        Self {
            path: self.path.clone(),
            member: Some(name.to_owned()),
        }
    }

    pub(super) fn io(&self, source: std::io::Error) -> Error {
        Error::Io {
            path: self.path.clone(),
            source,
        }
    }

    pub(super) fn format(
        &self,
        format: &'static str,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::Format {
            path: self.path.clone(),
            member: self.member.clone(),
            format,
            offset: offset as u64,
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The error at a (line, column) of a text.
    pub(super) fn text(
        &self,
        format: &'static str,
        (line, column): (u64, u64),
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::Text {
            path: self.path.clone(),
            format,
            line,
            column,
            expected: expected.into(),
            found: found.into(),
        }
    }

    pub(super) fn unsupported(
        &self,
        format: &'static str,
        found: impl Into<String>,
        supported: impl Into<String>,
    ) -> Error {
        Error::Unsupported {
            path: self.path.clone(),
            member: self.member.clone(),
            format,
            found: found.into(),
            supported: supported.into(),
        }
    }

    /// Appends a value to a list that grows as a file says.
    pub(super) fn try_push<T>(&self, list: &mut Vec<T>, value: T) -> Result<(), Error> {
        if list.try_reserve(1).is_err() {
            let bytes = (list.len() as u64 + 1).saturating_mul(size_of::<T>() as u64);
            return Err(self.out_of_memory(bytes));
        }
        list.push(value);
        Ok(())
    }

    /// A copy of text that is as long as a file likes.
    pub(super) fn try_string(&self, text: &str) -> Result<String, Error> {
        let mut copy = String::new();
        if copy.try_reserve_exact(text.len()).is_err() {
            return Err(self.out_of_memory(text.len() as u64));
        }
        copy.push_str(text);
        Ok(copy)
    }

    pub(super) fn missing(&self, name: &str, available: Vec<String>) -> Error {
        Error::Missing {
            path: self.path.clone(),
            name: name.to_owned(),
            available,
        }
    }

    pub(super) fn kind(&self, expected: &'static str, found: impl Into<String>) -> Error {
        Error::Kind {
            path: self.path.clone(),
            member: self.member.clone(),
            expected,
            found: found.into(),
        }
    }

    pub(super) fn value(&self, index: usize, expected: &'static str, found: String) -> Error {
        Error::Value {
            path: self.path.clone(),
            member: self.member.clone(),
            index,
            expected,
            found,
        }
    }

    pub(super) fn name(&self, name: &str, expected: &'static str) -> Error {
        Error::Name {
            path: self.path.clone(),
            name: name.to_owned(),
            expected,
        }
    }

    /// An empty buffer with room for exactly `len` values.
    pub(super) fn try_vec<T>(&self, len: usize) -> Result<Vec<T>, Error> {
        let mut buffer = Vec::new();
        match buffer.try_reserve_exact(len) {
            Ok(()) => {
                advise_huge_pages(buffer.as_ptr(), buffer.capacity());
                Ok(buffer)
            }
            Err(_) => Err(self.out_of_memory((len as u64).saturating_mul(size_of::<T>() as u64))),
        }
    }

    /// The indices below `len`, sorted as [`sort_indices`] does.
    pub(super) fn sorted(
        &self,
        len: usize,
        compare: &dyn Fn(usize, usize) -> Ordering,
    ) -> Result<Vec<usize>, Error> {
        let mut indices = self.try_vec(len)?;
        indices.extend(0..len);
        sort_indices(&mut indices, compare);
        Ok(indices)
    }

    pub(super) fn out_of_memory(&self, bytes: u64) -> Error {
        Error::OutOfMemory {
            path: self.path.clone(),
            member: self.member.clone(),
            bytes,
        }
    }
}
