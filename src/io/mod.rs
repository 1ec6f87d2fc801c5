//! Files: NumPy's `.npy` and `.npz` in and out, MNIST's IDX, tables of numbers as text.
//!
//! | to | from a path | from bytes or a reader |
//! | --- | --- | --- |
//! | read one array | [`load_npy`], [`load_idx`] | [`read_npy`], [`read_idx`] |
//! | read an archive of named arrays | [`Npz::load`] | [`Npz::read`], [`Npz::from_bytes`] |
//! | read images and labels of MNIST | [`Mnist::load`] | |
//! | read a table | [`load_csv`] | [`read_csv`] |
//! | write one matrix | [`save_npy`], [`save_csv`] | [`write_npy`], [`write_csv`] |
//! | write a table with names | [`save_csv_with`] | [`write_csv_with`] |
//! | write an archive | [`NpzWriter::save`] | [`NpzWriter::new`] |
//! | read a network | [`Network::load`](crate::nn::Network::load) | [`Network::from_npz`](crate::nn::Network::from_npz) |
//! | read preprocessing steps | | [`Pipeline::from_npz`](crate::preprocess::Pipeline::from_npz) |
//! | write a network | [`Network::save`](crate::nn::Network::save) | [`Network::write_npz`](crate::nn::Network::write_npz) |
//! | read, write a training run | [`Trainer::load`](crate::train::Trainer::load), [`save`](crate::train::Trainer::save) | [`Trainer::from_npz`](crate::train::Trainer::from_npz), [`write_npz`](crate::train::Trainer::write_npz) |
//! | write preprocessing steps | | [`Pipeline::write_npz`](crate::preprocess::Pipeline::write_npz) |
//!
//! NumPy opens what is written here, bit for bit, and what NumPy writes is read here: `np.save`, `np.savez` and
//! `np.savez_compressed` with every real number type, either byte order, C and Fortran order, and text. Whatever the type
//! of the file, values become `f64`; a 64-bit integer that `f64` cannot hold is an error, never another number. IDX files
//! and tables may be gzipped; their content tells. What unpacks them is written here too.
//!
//! Files are not trusted. Every size is checked against the bytes that are really there before memory is
//! allocated; what is unpacked may not be longer than was declared; checksums and records are verified; nothing in a file
//! can run code. What is wrong comes back as an [`Error`] that says where, what was expected and what was found.
//!
//! A file saved to a path appears complete or not at all. A process that is killed while it saves `NAME` leaves what it
//! had written beside it, as `.NAME.PROCESS-NUMBER.tmp`; nothing reads that, and it may be deleted.
//!
//! **Memory.** Where an allocation fails whose size a file decides, of values, texts, lists of names, that is an
//! [`Error::OutOfMemory`] (or [`Error::Io`] where it is the file itself). The others are small and of bounded size: the
//! text of an error, one name of up to 4096 bytes, a file's buffer of up to 8 KiB.
//!
//! ```
//! use rowmajor::io::{Npz, NpzWriter};
//! use rowmajor::matrix;
//!
//! let mut npz = NpzWriter::new(Vec::new());
//! npz.matrix("w1", &matrix![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])?
//!     .vector("b1", &[0.1, 0.2, 0.3])?
//!     .text("activations", &["sigmoid"])?;
//! let bytes = npz.finish()?; // np.load("net.npz") opens a file of these bytes
//!
//! let npz = Npz::from_bytes(bytes)?;
//! assert_eq!(npz.names().collect::<Vec<_>>(), ["w1", "b1", "activations"]);
//! assert_eq!(npz.matrix("w1")?.shape(), (2, 3));
//! assert_eq!(npz.vector("b1")?, [0.1, 0.2, 0.3]);
//! assert_eq!(npz.text("activations")?, ["sigmoid"]);
//! # Ok::<(), rowmajor::io::Error>(())
//! ```
#![forbid(unsafe_code)]

mod array;
mod bytes;
mod checkpoint;
mod crc32;
mod csv;
mod deflate;
mod error;
mod gzip;
mod idx;
mod mnist;
mod network;
mod npy;
mod npz;
mod npz_writer;
mod pipeline;
mod save;
mod zip;

pub use array::Array;
pub use csv::{
    Csv, CsvColumn, CsvComment, CsvHeader, CsvMissing, CsvOptions, CsvSeparator, load_csv,
    read_csv, save_csv, save_csv_with, write_csv, write_csv_with,
};
pub use error::Error;
pub use idx::{load_idx, read_idx};
pub use mnist::{Mnist, MnistSet};
pub use npy::{load_npy, read_npy, save_npy, write_npy};
pub use npz::Npz;
pub use npz_writer::NpzWriter;
pub(crate) use save::save_bytes;

/// The largest whole number below which `f64` holds every one: 2^53. Labels end here.
const MAX_EXACT: u64 = 1 << 53;

/// The checksum of zip, gzip and PNG.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    crc32::Crc32::of(bytes)
}

/// A shape as Python prints it: `()`, `(3,)`, `(2, 3)`.
fn shape_text(shape: &[usize]) -> String {
    match shape {
        [n] => format!("({n},)"),
        _ => {
            let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("({})", sizes.join(", "))
        }
    }
}
