//! [`NpzWriter`]: an archive of named arrays, written.

use super::MAX_EXACT;
use super::bytes::quoted;
use super::crc32::Crc32;
use super::error::{Error, Origin};
use super::npy::{Body, Payload};
use super::save::save;
use super::zip::{Limits, MAX_NAME, ZipWriter};
use crate::{MatrixView, ShapeError};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

/// Writes an `.npz` archive that `np.load` opens, one named array after the other.
///
/// Needs only [`Write`]; many small arrays are best written through a `BufWriter`. Equal content gives equal bytes:
/// the date of every member is 1980-01-01.
///
/// ```
/// use rowmajor::io::{Npz, NpzWriter};
///
/// let mut npz = NpzWriter::new(Vec::new());
/// npz.matrix("w1", &rowmajor::Matrix::zeros(784, 50))?.vector("b1", &[0.0; 50])?;
/// let bytes = npz.finish()?;
/// assert_eq!(Npz::from_bytes(bytes)?.matrix("w1")?.shape(), (784, 50));
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "an archive is complete only after `finish`"]
#[doc(alias = "savez")]
pub struct NpzWriter<W: Write> {
    zip: ZipWriter<W>,
    names: BTreeSet<String>,
    /// A write failed: what follows would stand in the wrong place.
    broken: bool,
    origin: Origin,
}

impl NpzWriter<&mut dyn Write> {
    /// Saves the archive that `fill` writes to a file.
    ///
    /// The file is written beside its final place, flushed to the disk and then renamed: it appears complete or not at
    /// all, and an older file of that name stays until then. A process that is killed meanwhile leaves the unfinished
    /// file, `.NAME.PROCESS-NUMBER.tmp`.
    ///
    /// # Errors
    /// [`Error::Io`], and what `fill` returns.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    ///
    /// let path = std::env::temp_dir().join(format!("rowmajor-doc-{}.npz", std::process::id()));
    /// NpzWriter::save(&path, |npz| {
    ///     npz.vector("b1", &[0.5])?.text("activations", &["relu"])?;
    ///     Ok(())
    /// })?;
    /// assert_eq!(Npz::load(&path)?.vector("b1")?, [0.5]);
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn save(
        path: impl AsRef<Path>,
        fill: impl FnOnce(&mut NpzWriter<&mut dyn Write>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = path.as_ref();
        let origin = Origin::file(path);
        save(path, &origin, |out| {
            let mut npz = NpzWriter::with(out, origin.clone(), Limits::ZIP);
            fill(&mut npz)?;
            npz.finish().map(|_| ())
        })
    }
}

impl<W: Write> NpzWriter<W> {
    /// An archive that is written to `writer`.
    ///
    /// ```
    /// let npz = rowmajor::io::NpzWriter::new(Vec::new());
    /// let bytes = npz.finish()?;
    /// assert_eq!(rowmajor::io::Npz::from_bytes(bytes)?.names().count(), 0);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn new(writer: W) -> Self {
        Self::with(writer, Origin::default(), Limits::ZIP)
    }

    fn with(writer: W, origin: Origin, limits: Limits) -> Self {
        Self {
            zip: ZipWriter::new(writer, limits),
            names: BTreeSet::new(),
            broken: false,
            origin,
        }
    }

    /// Adds a matrix: float64, shape `(rows, cols)`.
    ///
    /// # Errors
    /// [`Error::Io`] from the writer; [`Error::Name`] where the name is empty, taken, or cannot stand in an archive.
    ///
    /// ```
    /// let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    /// npz.matrix("w1", &rowmajor::matrix![[1.0, 2.0]])?;
    /// let error = npz.matrix("w1", &rowmajor::matrix![[3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), r#"name "w1": expected each name once"#);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn matrix<'a>(
        &mut self,
        name: &str,
        matrix: impl Into<MatrixView<'a>>,
    ) -> Result<&mut Self, Error> {
        self.add(name, Body::Matrix(matrix.into()))
    }

    /// Adds a list of numbers: float64, shape `(n,)`.
    ///
    /// # Errors
    /// As [`matrix`](NpzWriter::matrix).
    ///
    /// ```
    /// let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    /// npz.vector("b1", &[0.1, 0.2, 0.3])?;
    /// let npz = rowmajor::io::Npz::from_bytes(npz.finish()?)?;
    /// assert_eq!(npz.get("b1")?.shape(), [3]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn vector(&mut self, name: &str, values: &[f64]) -> Result<&mut Self, Error> {
        self.add(name, Body::Vector(values))
    }

    /// Adds class labels: int64, shape `(n,)`.
    ///
    /// # Errors
    /// As [`matrix`](NpzWriter::matrix); [`Error::Value`] for a label above 2^53, which would not be read back.
    ///
    /// ```
    /// let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    /// npz.labels("y", &[7, 2, 1])?;
    /// let npz = rowmajor::io::Npz::from_bytes(npz.finish()?)?;
    /// assert_eq!(npz.labels("y")?, [7, 2, 1]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn labels(&mut self, name: &str, labels: &[usize]) -> Result<&mut Self, Error> {
        if let Some(index) = labels.iter().position(|&label| label as u64 > MAX_EXACT) {
            return Err(self.member_origin(name).value(
                index,
                "a class label of at most 2^53",
                labels[index].to_string(),
            ));
        }
        self.add(name, Body::Labels(labels))
    }

    /// Adds text: unicode of the longest item's width, shape `(n,)`.
    ///
    /// # Errors
    /// As [`matrix`](NpzWriter::matrix); [`Error::Value`] for text that ends in NUL, which NumPy would cut off.
    ///
    /// ```
    /// let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    /// npz.text("activations", &["sigmoid", "softmax"])?;
    /// let npz = rowmajor::io::Npz::from_bytes(npz.finish()?)?;
    /// assert_eq!(npz.text("activations")?, ["sigmoid", "softmax"]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn text<S: AsRef<str>>(&mut self, name: &str, items: &[S]) -> Result<&mut Self, Error> {
        let mut texts = self.origin.try_vec(items.len())?;
        texts.extend(items.iter().map(AsRef::as_ref));
        let items: Vec<&str> = texts;
        if let Some(index) = items.iter().position(|item| item.ends_with('\0')) {
            return Err(self.member_origin(name).value(
                index,
                "text that does not end in NUL",
                quoted(items[index]),
            ));
        }
        // NumPy has no text of width 0.
        let width = items.iter().map(|item| item.chars().count()).max();
        let width = width.unwrap_or(0).max(1);
        self.add(name, Body::Text(&items, width))
    }

    /// Completes the archive and hands the writer back, flushed.
    ///
    /// # Errors
    /// [`Error::Io`] from the writer, now or earlier.
    ///
    /// ```
    /// let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    /// npz.vector("b1", &[0.5])?;
    /// let bytes = npz.finish()?;
    /// assert!(bytes.starts_with(b"PK"));
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn finish(self) -> Result<W, Error> {
        self.check_whole()?;
        self.zip.finish().map_err(|source| self.origin.io(source))
    }

    /// Where this archive goes, for errors.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    fn add(&mut self, name: &str, body: Body<'_>) -> Result<&mut Self, Error> {
        self.check_whole()?;
        let member = self.member_name(name)?;
        let payload = Payload::new(body);
        let size = payload.size().ok_or(ShapeError::TooLarge {
            shape: (usize::MAX, 1),
        })?;
        // The checksum stands before the bytes, so they are made twice; a checksum cannot fail.
        let mut crc = Crc32::new();
        let written = payload.write_to(&mut crc).and_then(|()| {
            self.broken = true;
            self.zip
                .member(&member, size, crc.value(), |out| payload.write_to(out))
        });
        written.map_err(|source| self.origin.io(source))?;
        self.broken = false;
        self.names.insert(member);
        Ok(self)
    }

    /// The name in the archive, with `.npy`.
    fn member_name(&self, name: &str) -> Result<String, Error> {
        let member = match name.strip_suffix(".npy") {
            Some(_) => name.to_owned(),
            None => format!("{name}.npy"),
        };
        let problem = if member == ".npy" {
            "one of at least one character"
        } else if member.as_bytes().contains(&0) {
            "one without NUL"
        } else if member.len() > MAX_NAME {
            "one of at most 4092 bytes"
        } else if self.names.contains(&member) {
            "each name once"
        } else {
            return Ok(member);
        };
        Err(self.origin.name(name, problem))
    }

    fn member_origin(&self, name: &str) -> Origin {
        self.origin.member(name)
    }

    fn check_whole(&self) -> Result<(), Error> {
        if self.broken {
            let source = io::Error::other("an earlier write to the archive failed");
            return Err(self.origin.io(source));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
