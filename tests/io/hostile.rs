//! Broken and hostile files: every cut and every flipped bit, and the failures that other readers are known for.

use crate::{bits, fixture, npy};
use rowmajor::io::{Error, Npz, NpzWriter, read_npy};
use rowmajor::{Matrix, matrix};

const DICT: &str = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";

fn small_npy() -> Vec<u8> {
    npy(DICT, &[7; 48])
}

/// A list, text, a matrix; small, so that every bit can be flipped.
fn small_npz() -> Vec<u8> {
    let mut npz = NpzWriter::new(Vec::new());
    npz.matrix("w", &matrix![[1.5, -2.0], [0.0, 4.0]]).unwrap();
    npz.vector("b", &[0.1, f64::NAN]).unwrap();
    npz.text("t", &["ab", "c"]).unwrap();
    npz.finish().unwrap()
}

/// Everything in an archive of that kind.
type Content = (Vec<u64>, Vec<u64>, Vec<String>);

fn read_all(bytes: &[u8]) -> Result<Content, Error> {
    let npz = Npz::from_bytes(bytes.to_vec())?;
    // Names that are not asked for may not break either.
    for name in npz.names().chain(npz.other_names()) {
        let _ = npz.get(name);
    }
    Ok((
        bits(npz.matrix("w")?.as_slice()),
        bits(&npz.vector("b")?),
        npz.text("t")?,
    ))
}

#[test]
fn every_truncation_of_an_npy_is_an_error() {
    for bytes in [
        small_npy(),
        fixture("fortran_v2.npy"),
        fixture("labels_v3.npy"),
    ] {
        assert!(read_npy(&bytes[..]).is_ok());
        for len in 0..bytes.len() {
            assert!(
                matches!(read_npy(&bytes[..len]), Err(Error::Format { .. })),
                "{len} bytes"
            );
        }
    }
}

#[test]
fn every_truncation_of_an_npz_is_an_error() {
    for bytes in [
        small_npz(),
        fixture("zip64.npz"),
        fixture("streamed.npz"),
        fixture("other.npz"),
        fixture("compressed.npz"),
    ] {
        assert!(Npz::from_bytes(bytes.clone()).is_ok());
        for len in 0..bytes.len() {
            let cut = Npz::from_bytes(bytes[..len].to_vec());
            assert!(
                matches!(cut, Err(Error::Format { .. })),
                "{len} bytes: {cut:?}"
            );
        }
    }
}

#[test]
fn every_flipped_bit_of_an_npy_is_an_error_or_values_of_a_sound_shape() {
    for mut bytes in [
        small_npy(),
        fixture("fortran_v2.npy"),
        fixture("labels_v3.npy"),
    ] {
        let mut errors = 0;
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            match read_npy(&bytes[..]) {
                Ok(array) => assert_eq!(array.shape().iter().product::<usize>(), array.len()),
                Err(_) => errors += 1,
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(errors > 300, "{errors}");
    }
}

#[test]
fn every_flipped_bit_of_an_npz_is_an_error_or_the_right_values() {
    let mut bytes = small_npz();
    let want = read_all(&bytes).unwrap();
    let mut errors = 0;
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        match read_all(&bytes) {
            Ok(found) => assert_eq!(found, want, "bit {bit}"),
            Err(_) => errors += 1,
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    // Dates, versions and attributes may be anything; nothing else.
    assert!(
        errors * 10 > bytes.len() * 8 * 9,
        "{errors} of {}",
        bytes.len() * 8
    );
}

#[test]
fn every_flipped_bit_of_zip64_and_streamed_archives_is_an_error_or_the_right_values() {
    for name in ["zip64.npz", "streamed.npz", "other.npz"] {
        let mut bytes = fixture(name);
        let want = Npz::from_bytes(bytes.clone())
            .unwrap()
            .matrix("w1")
            .unwrap();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(found) = Npz::from_bytes(bytes.clone()).and_then(|npz| npz.matrix("w1")) {
                assert_eq!(found, want, "{name}, bit {bit}");
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// candle#3962: 14 bytes asked for a gigabyte.
#[test]
fn a_header_longer_than_the_file_is_an_error_before_memory_is_asked_for() {
    let v1 = read_npy(&b"\x93NUMPY\x01\x00\xff\xff{}"[..]).unwrap_err();
    assert_eq!(
        v1.to_string(),
        "npy, byte 10: expected the header (65535 bytes), found the end after 2 bytes",
    );
    for version in [2, 3] {
        let mut bytes = b"\x93NUMPY\x02\x00\x00\x00\x00\x40{}".to_vec();
        bytes[6] = version;
        let error = read_npy(&bytes[..]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "npy, byte 8: expected a header of at most 65536 bytes, found 1073741824 bytes",
        );
    }
}

/// safetensors-cpp: the product of these sizes is 4 in 64 bits.
#[test]
fn a_shape_whose_product_wraps_is_an_error() {
    let wrapping = 4_194_305_u64
        .wrapping_mul(4_194_305)
        .wrapping_mul(211_106_198_978_564);
    assert_eq!(wrapping, 4);
    for descr in ["|u1", "<f8"] {
        let header = format!(
            "{{'descr': '{descr}', 'fortran_order': False, 'shape': (4194305, 4194305, 211106198978564)}}"
        );
        let error = read_npy(&npy(&header, &[0; 4])[..]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected a shape that fits the address space"),
            "{error}"
        );
    }
}

#[test]
fn a_shape_with_a_zero_may_not_hide_sizes_that_overflow() {
    for shape in [
        "(0, 4294967296, 4294967296)",
        "(4294967296, 0, 4294967296)",
        "(18446744073709551615, 0)",
    ] {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
        assert!(
            matches!(read_npy(&npy(&header, &[])[..]), Err(Error::Format { .. })),
            "{shape}"
        );
    }
    let header = "{'descr': '<f8', 'fortran_order': True, 'shape': (0, 1048576, 1048576)}";
    let array = read_npy(&npy(header, &[])[..]).unwrap();
    assert_eq!(array.into_matrix().unwrap().shape(), (0, 1 << 40));
}

/// tensorizer: 73 bytes asked for a tebibyte.
#[test]
fn a_tebibyte_claimed_by_a_short_file_is_an_error_before_memory_is_asked_for() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (137438953472,)}";
    let error = read_npy(&npy(header, &[])[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "npy, byte 76: expected 1099511627776 bytes of data for shape (137438953472,) of '<f8', found 0 bytes",
    );
}

#[test]
fn text_cannot_claim_more_items_than_there_are_bytes() {
    for descr in ["<U0", "|S0", "<U1", "|S1"] {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1000000000000,)}}");
        assert!(read_npy(&npy(&header, &[])[..]).is_err(), "{descr}");
    }
}

#[test]
fn a_trailing_byte_is_an_error() {
    let mut bytes = small_npy();
    bytes.push(0);
    let error = read_npy(&bytes[..]).unwrap_err();
    assert!(
        error.to_string().ends_with("of '<f8', found 49 bytes"),
        "{error}"
    );

    let mut bytes = small_npz();
    bytes.push(0);
    assert!(matches!(Npz::from_bytes(bytes), Err(Error::Format { .. })));
}

/// EMNIST#1, N2D2#118: downloads that are still packed, or are something else altogether.
#[test]
fn other_kinds_of_file_are_named() {
    let mut html = b"<!DOCTYPE html><title>404</title>".to_vec();
    html.resize(100, b' ');
    for (bytes, what) in [
        (
            &b"\x1f\x8b\x08\x00\x00\x00\x00\x00"[..],
            "gzip data (unpack it first)",
        ),
        (b"", "an empty file"),
        (&html, "an HTML page"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "a Git LFS pointer, not the file itself",
        ),
        (b"\x80\x04\x95", "a Python pickle"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        (b"1,2,3\n4,5,6\n7,8,9\n", "\"1,2,3\\n4,5,6\\n...\""),
        (b"1,2,3\n4,5,6\n", "\"1,2,3\\n4,5,6\\n\""),
    ] {
        let npy = read_npy(bytes).unwrap_err().to_string();
        assert_eq!(
            npy,
            format!("npy, byte 0: expected the magic bytes \\x93NUMPY, found {what}")
        );
        let npz = Npz::read(bytes).unwrap_err().to_string();
        let expected = "zip, byte 0: expected a zip archive, which ends with an end record";
        assert_eq!(npz, format!("{expected}, found {what}"));
    }
    let npz = read_npy(&small_npz()[..]).unwrap_err().to_string();
    assert!(
        npz.ends_with("found a zip archive (an .npz file?)"),
        "{npz}"
    );
    let npy = Npz::from_bytes(small_npy()).unwrap_err().to_string();
    assert!(npy.ends_with("found an .npy file"), "{npy}");
}

#[test]
fn an_error_is_one_line_whatever_the_file_holds() {
    let header = "{'descr': '<f8\\\n\r\u{1b}[2J', 'x': 1}";
    let errors = [
        read_npy(&npy(header, &[])[..]).unwrap_err(),
        read_npy(&b"a\nb\x1b[2J\r\n"[..]).unwrap_err(),
        read_npy(&npy("{'de\nscr': 1}", &[])[..]).unwrap_err(),
        read_npy(&npy("{'de\tscr\u{7}': 1}", &[])[..]).unwrap_err(),
        read_npy(
            &npy(
                "{'descr': '\u{7}', 'fortran_order': False, 'shape': ()}",
                &[],
            )[..],
        )
        .unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

#[test]
fn a_large_matrix_in_fortran_order_reads_in_row_major_order() {
    let (rows, cols) = (101, 67);
    let header = format!("{{'descr': '<f8', 'fortran_order': True, 'shape': ({rows}, {cols})}}");
    let data: Vec<u8> = (0..cols)
        .flat_map(|col| (0..rows).map(move |row| (row * 1000 + col) as f64))
        .flat_map(f64::to_le_bytes)
        .collect();
    let want = Matrix::from_fn(rows, cols, |row, col| (row * 1000 + col) as f64);
    assert_eq!(
        read_npy(&npy(&header, &data)[..])
            .unwrap()
            .into_matrix()
            .unwrap(),
        want
    );
}

/// Found by mutation: a key out of the file stood in the message as it was.
#[test]
fn a_repeated_key_is_quoted() {
    let error = read_npy(&npy("{'a\0\u{1b}': 1, 'a\0\u{1b}': 1}", &[])[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"npy, byte 21: expected each key once, found "a\0\u{1b}" again"#,
    );
}

#[test]
fn names_and_texts_as_long_as_a_file_likes_are_errors() {
    let long = "x".repeat(257);
    for header in [
        format!("{{'{long}': 1}}"),
        format!("{{'descr': '{long}', 'fortran_order': False, 'shape': ()}}"),
    ] {
        let error = read_npy(&npy(&header, &[])[..]).unwrap_err().to_string();
        assert!(
            error.ends_with("expected a string of at most 256 bytes, found a longer one"),
            "{error}"
        );
    }
    let longest = "x".repeat(4092);
    let mut npz = NpzWriter::new(Vec::new());
    npz.vector(&longest, &[1.5]).unwrap();
    assert!(matches!(
        npz.vector(&"x".repeat(4093), &[1.5]),
        Err(Error::Name { .. })
    ));
    let bytes = npz.finish().unwrap();
    let npz = Npz::from_bytes(bytes.clone()).unwrap();
    assert_eq!(npz.vector(&longest).unwrap(), [1.5]);
    // The same name, said to be a byte longer, in the directory.
    let mut longer = bytes;
    let record = longer.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    longer[record + 28..record + 30].copy_from_slice(&4097_u16.to_le_bytes());
    let error = Npz::from_bytes(longer).unwrap_err().to_string();
    assert!(
        error.ends_with("expected a name of at most 4096 bytes, found 4097 bytes"),
        "{error}"
    );
}
