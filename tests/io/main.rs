//! Files in and out: what NumPy writes is read, what is written equals NumPy's bytes, and broken or hostile files are
//! errors. The files come from `tests/data/make_fixtures.py`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../common/mod.rs"]
mod common;
mod csv;
mod data_sets;
mod deflate;
mod deflate_errors;
#[path = "../common/deflate.rs"]
mod deflater;
mod gzip;
mod header;
mod hostile;
mod idx;
mod mnist;
mod network_files;
mod numpy;
mod roundtrip;
mod save;
mod sweep;
mod tables;
mod zip;

use rowmajor::io::Error;

/// The bytes of a file in `tests/data`.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixture_path(name)).unwrap()
}

fn fixture_path(name: &str) -> std::path::PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", name]
        .iter()
        .collect()
}

/// An `.npy` made by hand: version 1.0, the header as given.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn errors_are_send_sync_and_small_enough_to_return() {
    fn send_sync<T: Send + Sync + std::error::Error + 'static>() -> usize {
        size_of::<T>()
    }
    // On Linux 120 bytes; clippy::result_large_err speaks up from 128 on. A path is larger on Windows.
    assert!(send_sync::<Error>() <= 96 + size_of::<std::path::PathBuf>());
}

#[test]
fn a_missing_file_is_named_and_its_cause_kept() {
    use std::error::Error as _;
    let error = rowmajor::io::load_npy("no/such/file.npy").unwrap_err();
    assert!(error.to_string().starts_with("no/such/file.npy: "));
    let cause = error.source().unwrap();
    let cause: &std::io::Error = cause.downcast_ref().unwrap();
    assert_eq!(cause.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_shape_error_becomes_an_error_with_a_source() {
    use std::error::Error as _;
    let shape = rowmajor::Matrix::from_vec(1, 2, vec![]).unwrap_err();
    let error = Error::from(shape.clone());
    assert_eq!(error.to_string(), shape.to_string());
    assert!(error.source().unwrap().is::<rowmajor::ShapeError>());
}

#[test]
fn arrays_are_equal_where_both_shape_and_values_are() {
    let array = |shape: &str, values: [f64; 2]| {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
        rowmajor::io::read_npy(&npy(&header, &values.map(f64::to_le_bytes).concat())[..]).unwrap()
    };
    let one = array("(2,)", [1.0, 2.0]);
    assert_eq!(one, array("(2,)", [1.0, 2.0]));
    assert_ne!(one, array("(2,)", [1.0, 3.0]));
    assert_ne!(one, array("(1, 2)", [1.0, 2.0]));
}

#[test]
fn an_array_with_values_is_not_empty() {
    let mut bytes = Vec::new();
    rowmajor::io::write_npy(&mut bytes, &rowmajor::matrix![[1.0]]).unwrap();
    let array = rowmajor::io::read_npy(&bytes[..]).unwrap();
    assert_eq!((array.len(), array.is_empty()), (1, false));
}

#[test]
fn a_missing_array_is_told_with_those_that_there_are() {
    let missing = |names: &[&str]| {
        let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
        for name in names {
            npz.vector(name, &[1.0]).unwrap();
        }
        let npz = rowmajor::io::Npz::from_bytes(npz.finish().unwrap()).unwrap();
        npz.vector("w2").unwrap_err().to_string()
    };
    assert_eq!(missing(&[]), "no array \"w2\", there is none at all");
    assert_eq!(
        missing(&["w1", "b1"]),
        "no array \"w2\", there are \"w1\", \"b1\""
    );
    let many: Vec<String> = (10..32).map(|i| i.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(missing(&many).ends_with(", \"29\" and 2 more"));
}

/// An offset in an archive's own records is the archive's, one inside an array the member's.
#[test]
fn an_offset_says_what_it_counts_from() {
    let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    npz.vector("b1", &[1.0]).unwrap();
    let bytes = npz.finish().unwrap();
    let error = |old: &[u8], new: &[u8]| {
        let mut bytes = bytes.clone();
        let at = bytes.windows(old.len()).position(|w| w == old).unwrap();
        bytes[at..at + new.len()].copy_from_slice(new);
        // The checksum in both headers, so that the reader comes as far as the array.
        let crc = deflater::crc32(&bytes[36..36 + 136]);
        let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[14..18].copy_from_slice(&crc.to_le_bytes());
        bytes[directory + 16..directory + 20].copy_from_slice(&crc.to_le_bytes());
        let read = rowmajor::io::Npz::from_bytes(bytes).and_then(|npz| npz.vector("b1"));
        read.unwrap_err().to_string()
    };
    let array = error(b"'fortran_order': False", b"'fortran_order': 0    ");
    assert!(
        array.starts_with("member \"b1.npy\": npy, byte 44 of the member: expected True or False"),
        "{array}"
    );
    let archive = error(b"b1.npy", b"b2");
    assert!(
        archive.starts_with("member \"b1.npy\": zip, byte 0: expected the directory's name"),
        "{archive}"
    );
}

#[test]
fn an_archive_debugs_as_its_names() {
    let npz = rowmajor::io::Npz::from_bytes(fixture("zip64.npz")).unwrap();
    let text = format!("{npz:?}");
    assert!(
        text.starts_with("Npz {") && text.contains("\"w1.npy\""),
        "{text}"
    );
    assert!(text.len() < 200, "{text}");
}
