//! [`Npz`]: an archive of named arrays, read.

use super::array::Array;
use super::bytes::read_all;
use super::error::{Error, Origin};
use super::{npy, zip};
use crate::Matrix;
use std::fmt;
use std::io::Read;
use std::path::Path;

/// An `.npz` archive: named arrays, as `np.savez` writes them.
///
/// The whole file is held in memory, its records are checked once; an array is decoded, and its checksum verified, each
/// time it is read. A name finds its array with and without `.npy`. A clone copies the file's bytes.
///
/// ```
/// use rowmajor::io::{Npz, NpzWriter};
///
/// let mut npz = NpzWriter::new(Vec::new());
/// npz.matrix("x", &rowmajor::matrix![[0.0, 1.0], [2.0, 3.0]])?.labels("y", &[1, 0])?;
/// let npz = Npz::from_bytes(npz.finish()?)?;
///
/// assert_eq!(npz.matrix("x")?, rowmajor::matrix![[0.0, 1.0], [2.0, 3.0]]);
/// assert_eq!(npz.labels("y.npy")?, [1, 0]);
/// assert_eq!(npz.matrix("z").unwrap_err().to_string(), r#"no array "z", there are "x", "y""#);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Npz {
    bytes: Vec<u8>,
    members: Vec<zip::Member>,
    /// Positions in `members`, sorted by name.
    by_name: Vec<usize>,
    origin: Origin,
}

const SUFFIX: &str = ".npy";

impl Npz {
    /// Reads the archive in a file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] where the file is no archive, or a broken one: cut, with members outside the
    /// file or over each other, the same name twice, records that disagree.
    ///
    /// ```no_run
    /// let npz = rowmajor::io::Npz::load("mnist.npz")?;
    /// let x = npz.matrix("x_test")?;
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Npz, Error> {
        let path = path.as_ref();
        let origin = Origin::file(path);
        let bytes = std::fs::read(path).map_err(|source| origin.io(source))?;
        Self::open(bytes, origin)
    }

    /// Where this archive is from, for errors about what it holds.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Reads an archive from a reader to its end.
    ///
    /// # Errors
    /// As [`load`](Npz::load).
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    ///
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.vector("b1", &[0.5])?;
    /// let bytes = npz.finish()?;
    /// assert_eq!(Npz::read(&bytes[..])?.vector("b1")?, [0.5]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn read(reader: impl Read) -> Result<Npz, Error> {
        let origin = Origin::default();
        Self::open(read_all(reader, &origin)?, origin)
    }

    /// Takes the bytes of an archive, without a copy.
    ///
    /// # Errors
    /// As [`load`](Npz::load).
    ///
    /// ```
    /// let error = rowmajor::io::Npz::from_bytes(b"\x93NUMPY\x01\x00".to_vec()).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "zip, byte 0: expected a zip archive, which ends with an end record, found an .npy file",
    /// );
    /// ```
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Npz, Error> {
        Self::open(bytes, Origin::default())
    }

    fn open(bytes: Vec<u8>, origin: Origin) -> Result<Npz, Error> {
        let members = zip::read(&bytes, &origin)?;
        let compare = |i: usize, j: usize| members[i].name.cmp(&members[j].name);
        let by_name = origin.sorted(members.len(), &compare)?;
        Ok(Npz {
            bytes,
            members,
            by_name,
            origin,
        })
    }

    /// The names of the arrays, without `.npy`, in the order of the archive.
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.vector("w1", &[0.5])?.vector("b1", &[0.5])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, w1=..., b1=...)
    /// assert_eq!(npz.names().collect::<Vec<_>>(), ["w1", "b1"]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members
            .iter()
            .filter_map(|member| member.name.strip_suffix(SUFFIX))
    }

    /// The names of the archive's other files, those that do not end in `.npy`.
    ///
    /// They are left alone, unless one is read as an array by its name.
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.vector("w1", &[0.5])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, w1=...)
    /// assert_eq!(npz.other_names().count(), 0);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn other_names(&self) -> impl Iterator<Item = &str> {
        self.members
            .iter()
            .map(|member| member.name.as_str())
            .filter(|name| !name.ends_with(SUFFIX))
    }

    /// Whether there is an array of this name, given with or without `.npy`.
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.vector("w1", &[0.5])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, w1=...)
    /// assert!(npz.contains("w1") && npz.contains("w1.npy"));
    /// assert!(!npz.contains("w2"));
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The array of this name, given with or without `.npy`.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is none (it lists those that there are); [`Error::Format`] where the checksum, the
    /// array's own header or the compressed bytes are wrong; [`Error::Unsupported`] for an encrypted member, or a type
    /// that is not read; else as [`load_npy`](super::load_npy).
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.matrix("w1", &rowmajor::Matrix::zeros(2, 3))?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, w1=np.zeros((2, 3)))
    /// assert_eq!(npz.get("w1")?.shape(), [2, 3]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Result<Array, Error> {
        let Some(member) = self.find(name) else {
            let mut available = self.origin.try_vec(self.members.len())?;
            available.extend(self.names().map(str::to_owned));
            return Err(self.origin.missing(name, available));
        };
        let origin = self.origin.member(&member.name);
        let bytes = zip::contents(&self.bytes, member, &origin)?;
        npy::parse(bytes, origin)
    }

    /// The array of this name as a matrix; see [`Array::into_matrix`] for arrays of other than two axes.
    ///
    /// # Errors
    /// As [`get`](Npz::get) and [`Array::into_matrix`].
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.matrix("w1", &rowmajor::matrix![[1.0, 2.0]])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, w1=[[1.0, 2.0]])
    /// assert_eq!(npz.matrix("w1")?, rowmajor::matrix![[1.0, 2.0]]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn matrix(&self, name: &str) -> Result<Matrix, Error> {
        self.get(name)?.into_matrix()
    }

    /// The array of this name as a list of numbers. One axis, or several of which all but one have size 1, as a bias
    /// kept as a row has.
    ///
    /// # Errors
    /// As [`get`](Npz::get); [`Error::Kind`] where the array is text, or a table.
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.vector("b1", &[0.1, 0.2])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, b1=[0.1, 0.2])
    /// assert_eq!(npz.vector("b1")?, [0.1, 0.2]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn vector(&self, name: &str) -> Result<Vec<f64>, Error> {
        self.get(name)?.into_vector()
    }

    /// The array of this name as class labels: whole numbers from 0.
    ///
    /// # Errors
    /// As [`get`](Npz::get) and [`Array::to_labels`].
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.labels("y", &[7, 2, 1])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, y=[7, 2, 1])
    /// assert_eq!(npz.labels("y")?, [7, 2, 1]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn labels(&self, name: &str) -> Result<Vec<usize>, Error> {
        self.get(name)?.to_labels()
    }

    /// The array of this name as text.
    ///
    /// # Errors
    /// As [`get`](Npz::get); [`Error::Kind`] where the array is numbers.
    ///
    /// ```
    /// # use rowmajor::io::{Npz, NpzWriter};
    /// # let mut npz = NpzWriter::new(Vec::new());
    /// # npz.text("activations", &["sigmoid", "softmax"])?;
    /// # let bytes = npz.finish()?;
    /// let npz = Npz::from_bytes(bytes)?; // np.savez(file, activations=["sigmoid", "softmax"])
    /// assert_eq!(npz.text("activations")?, ["sigmoid", "softmax"]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn text(&self, name: &str) -> Result<Vec<String>, Error> {
        self.get(name)?.into_text()
    }

    /// With the suffix first: then each of [`names`](Npz::names) finds its own array, `a.npy` in `a.npy.npy` too.
    fn find(&self, name: &str) -> Option<&zip::Member> {
        self.find_member(&format!("{name}{SUFFIX}"))
            .or_else(|| self.find_member(name))
    }

    fn find_member(&self, name: &str) -> Option<&zip::Member> {
        let spelled = |&index: &usize| self.members[index].name.as_str().cmp(name);
        let at = self.by_name.binary_search_by(spelled).ok()?;
        Some(&self.members[self.by_name[at]])
    }
}

impl fmt::Debug for Npz {
    /// The names of the members; the bytes are too many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.members.iter().map(|m| m.name.as_str()).collect();
        f.debug_struct("Npz")
            .field("origin", &self.origin)
            .field("members", &names)
            .finish_non_exhaustive()
    }
}
