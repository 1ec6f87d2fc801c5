//! Files in and out: what NumPy writes is read, what is written equals NumPy's bytes, and broken or hostile files are
//! errors. The files come from `tests/data/make_fixtures.py`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../common/mod.rs"]
mod common;
mod csv;
mod deflate;
#[path = "../common/deflate.rs"]
mod deflater;
mod gzip;
mod header;
mod hostile;
mod idx;
mod mnist;
mod numpy;
mod roundtrip;
mod save;
mod sweep;
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
    // clippy::result_large_err speaks up from 128 on.
    assert!(send_sync::<Error>() < 128);
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
