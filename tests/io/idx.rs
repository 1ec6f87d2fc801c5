//! IDX: every type and shape, and files that lie.

use crate::bits;
use crate::deflater::gzip;
use rowmajor::io::{Error, load_idx, read_idx};
use rowmajor::matrix;

fn idx(code: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, shape.len() as u8];
    shape
        .iter()
        .for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

#[test]
fn every_type_reads_exactly_plain_and_gzipped() {
    let be = |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|v| v.to_be_bytes()).collect() };
    let f32s = [0.5_f32, -0.0, f32::MAX, f32::from_bits(1)];
    let f64s = [
        0.1,
        f64::NEG_INFINITY,
        f64::from_bits(0x7ff8_0000_dead_beef),
        5e-324,
    ];
    let cases: [(u8, Vec<u8>, [f64; 4]); 6] = [
        (0x08, vec![0, 1, 128, 255], [0.0, 1.0, 128.0, 255.0]),
        (0x09, vec![0, 1, 128, 255], [0.0, 1.0, -128.0, -1.0]),
        (
            0x0b,
            [0_i16, 258, i16::MIN, -2]
                .iter()
                .flat_map(|v| v.to_be_bytes())
                .collect(),
            [0.0, 258.0, -32768.0, -2.0],
        ),
        (
            0x0c,
            [i32::MIN, -1, 16_909_060, i32::MAX]
                .iter()
                .flat_map(|v| v.to_be_bytes())
                .collect(),
            [-2_147_483_648.0, -1.0, 16_909_060.0, 2_147_483_647.0],
        ),
        (
            0x0d,
            f32s.iter().flat_map(|v| v.to_be_bytes()).collect(),
            f32s.map(f64::from),
        ),
        (0x0e, be(&f64s), f64s),
    ];
    for (code, data, want) in cases {
        for shape in [&[4][..], &[2, 2], &[1, 4, 1], &[1, 1, 2, 2, 1]] {
            let bytes = idx(code, shape, &data);
            for bytes in [gzip(&bytes), bytes] {
                let array = read_idx(&bytes[..]).unwrap();
                let shape: Vec<usize> = shape.iter().map(|&size| size as usize).collect();
                assert_eq!(array.shape(), shape);
                assert_eq!(bits(array.as_slice().unwrap()), bits(&want), "{code:#x}");
            }
        }
    }
}

#[test]
fn one_axis_is_labels_and_several_are_rows() {
    let labels = read_idx(&idx(8, &[3], &[5, 0, 9])[..]).unwrap();
    assert_eq!(labels.to_labels().unwrap(), [5, 0, 9]);
    let images = read_idx(&idx(8, &[2, 1, 2], &[1, 2, 3, 4])[..]).unwrap();
    assert_eq!(images.shape(), [2, 1, 2]);
    assert_eq!(
        images.into_matrix().unwrap(),
        matrix![[1.0, 2.0], [3.0, 4.0]]
    );
    let none = read_idx(&idx(8, &[0, 28, 28], &[])[..]).unwrap();
    assert_eq!(none.into_matrix().unwrap().shape(), (0, 784));
    let one = read_idx(&idx(8, &[], &[42])[..]).unwrap();
    assert_eq!(one.into_matrix().unwrap(), matrix![[42.0]]);
    let many = vec![1; 255];
    let array = read_idx(&idx(8, &many, &[3])[..]).unwrap();
    assert_eq!((array.shape().len(), array.len()), (255, 1));
}

#[track_caller]
fn refused(bytes: &[u8], text: &str) {
    let error = read_idx(bytes).unwrap_err();
    assert!(
        matches!(error, Error::Format { format: "idx", .. }),
        "{error}"
    );
    assert_eq!(error.to_string(), text);
}

#[test]
fn files_that_are_no_idx_say_what_they_are() {
    refused(
        b"",
        "idx, byte 0: expected the magic number of an IDX file (4 bytes), found the end",
    );
    let what = "expected an IDX file, which starts with two zeros, found";
    refused(
        b"PK\x03\x04",
        &format!("idx, byte 0: {what} a zip archive (an .npz file?)"),
    );
    refused(
        b"<!DOCTYPE html>",
        &format!("idx, byte 0: {what} an HTML page"),
    );
    refused(
        b"\x93NUMPY\x01",
        &format!("idx, byte 0: {what} an .npy file"),
    );
    let kind = "expected a type of IDX in the third byte (08, 09, 0b, 0c, 0d, 0e), found";
    refused(
        &[0, 0, 0x0a, 1, 0, 0, 0, 0],
        &format!(r#"idx, byte 0: {kind} "\x00\x00\n\x01\x00\x00\x00\x00""#),
    );
}

#[test]
fn sizes_are_the_sizes_of_the_data() {
    refused(
        &idx(0x0b, &[2, 2], &[0; 7]),
        "idx, byte 12: expected 8 bytes of data for shape (2, 2) of i16, found 7 bytes",
    );
    refused(
        &idx(8, &[3], &[0; 4]),
        "idx, byte 8: expected 3 bytes of data for shape (3,) of u8, found 4 bytes",
    );
    // No memory is asked for.
    refused(
        &idx(0x0e, &[u32::MAX, 1 << 20], &[0; 8]),
        "idx, byte 12: expected 36028797010575360 bytes of data for shape (4294967295, 1048576) of f64, found 8 bytes",
    );
    for shape in [
        &[u32::MAX, u32::MAX][..],
        &[u32::MAX, u32::MAX, 0],
        &[1 << 31, 1 << 31, 4],
    ] {
        let error = read_idx(&idx(8, shape, &[])[..]).unwrap_err().to_string();
        assert!(
            error.contains("expected a shape that fits the address space"),
            "{error}"
        );
    }
    let gzipped = gzip(&idx(8, &[u32::MAX, 1], &[0; 8]));
    let error = read_idx(&gzipped[..]).unwrap_err().to_string();
    assert!(
        error.ends_with("of data for shape (4294967295, 1) of u8, found 8 bytes"),
        "{error}"
    );
}

#[test]
fn a_path_is_part_of_the_error() {
    let error = load_idx("no/such/file").unwrap_err().to_string();
    assert!(error.starts_with("no/such/file: "), "{error}");
    let path = std::env::temp_dir().join(format!("rowmajor-idx-{}.gz", std::process::id()));
    std::fs::write(&path, b"\x1f\x8b\x08\x00").unwrap();
    let error = load_idx(&path).unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();
    let want = format!("{}: gzip, byte 4: expected the time", path.display());
    assert!(error.starts_with(&want), "{error}");
}
