//! Gzip around IDX: headers, members, checksums, and what Python writes.

use crate::deflater::{Deflater, crc32, deflate, gzip, gzip_of};
use crate::fixture;
use rowmajor::io::{Error, Npz, read_idx};

const IDX: [u8; 14] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9];

fn values(bytes: &[u8]) -> Vec<f64> {
    read_idx(bytes).unwrap().into_vec().unwrap()
}

#[track_caller]
fn refused(bytes: &[u8], at: u64, what: &str) {
    let error = read_idx(bytes).unwrap_err();
    assert!(
        matches!(error, Error::Format { format: "gzip", offset, .. } if offset == at),
        "{error}"
    );
    assert!(error.to_string().contains(what), "{error}");
}

/// A member with these flags and the fields that they announce.
fn with_header(flags: u8, fields: &[u8]) -> Vec<u8> {
    let plain = gzip(&IDX);
    [
        &[0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 5, 6],
        fields,
        &plain[10..],
    ]
    .concat()
}

#[test]
fn what_python_packed_reads() {
    let array = read_idx(&fixture("cube.idx.gz")[..]).unwrap();
    assert_eq!(array.shape(), [2, 3, 4]);
    let want: Vec<f64> = (0..24)
        .map(|i| f64::from(i * 1_000_003 - 12_000_000))
        .collect();
    assert_eq!(array.into_vec().unwrap(), want);

    let (stored, packed) = (fixture("savez.npz"), fixture("savez_compressed.npz"));
    let (stored, packed) = (
        Npz::from_bytes(stored).unwrap(),
        Npz::from_bytes(packed).unwrap(),
    );
    for name in stored.names() {
        assert_eq!(
            packed.get(name).unwrap(),
            stored.get(name).unwrap(),
            "{name}"
        );
    }
    assert_eq!(packed.names().count(), stored.names().count() + 1);
    let large = packed.matrix("large").unwrap();
    assert_eq!(large.shape(), (300, 200));
    for (i, value) in (0_u64..).zip(large.as_slice()) {
        let want = (i * i / 7 + (i >> 5) * 31) % 251 * u64::from(i % 3 > 0);
        assert_eq!(*value, want as f64, "{i}");
    }
}

#[test]
fn every_field_of_the_header_is_passed_over() {
    let header_crc = |head: &[u8]| (crc32(head) as u16).to_le_bytes();
    let of_nothing = header_crc(&[0x1f, 0x8b, 8, 2, 1, 2, 3, 4, 5, 6]);
    for (flags, fields) in [
        (0, &b""[..]),
        (1, b""),
        (2, &of_nothing),
        (4, b"\x03\0abc"),
        (4, b"\0\0"),
        (8, b"name\0"),
        (8, b"\0"),
        (16, b"comment\0"),
        (4 | 8 | 16, b"\x02\0\0\x1fname\0comment\0"),
    ] {
        assert_eq!(
            values(&with_header(flags, fields)),
            [7.0, 9.0],
            "{flags:#b}"
        );
    }
}

#[test]
fn headers_that_are_wrong_are_an_error() {
    let crc = crc32(&[0x1f, 0x8b, 8, 2, 1, 2, 3, 4, 5, 6]) as u16;
    let text = format!("expected the header's checksum {crc:04x}, found 0201");
    refused(&with_header(2, &[1, 2]), 10, &text);
    for flag in [0x20, 0x40, 0x80] {
        refused(
            &with_header(flag, b""),
            3,
            "expected no reserved flags, found 0b",
        );
    }
    let mut method = gzip(&IDX);
    method[2] = 7;
    refused(&method, 2, "expected method 8 (deflate), found 7");
    let long = [&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0][..], &[9, 0, 1]].concat();
    refused(
        &long,
        12,
        "expected the extra field (9 bytes), found the end after 1 bytes",
    );
    let endless = [&[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0][..], b"name"].concat();
    refused(&endless, 10, "expected the name's end");
}

#[test]
fn members_in_a_row_are_one_file() {
    for cut in 0..=IDX.len() {
        let (first, second) = IDX.split_at(cut);
        let bytes = [gzip(first), gzip(b""), gzip(second)].concat();
        assert_eq!(values(&bytes), [7.0, 9.0], "{cut}");
    }
}

/// As Python's `gzip` does, between members too; gzip itself passes over those at the end.
#[test]
fn zeros_behind_a_member_are_passed_over() {
    let (first, second) = IDX.split_at(5);
    for zeros in [0, 1, 2, 7, 8, 512, 70_000] {
        let zeros = vec![0; zeros];
        assert_eq!(values(&[&gzip(&IDX)[..], &zeros].concat()), [7.0, 9.0]);
        let both = [&gzip(first)[..], &zeros, &gzip(second), &zeros].concat();
        assert_eq!(values(&both), [7.0, 9.0]);
        let garbage = [&gzip(&IDX)[..], &zeros, b"\x01"].concat();
        refused(
            &garbage,
            garbage.len() as u64 - 1,
            "another gzip member, or the end",
        );
    }
    // Before the first they are no gzip file.
    assert!(read_idx(&[&[0; 8][..], &gzip(&IDX)].concat()[..]).is_err());
    // The length, of which zeros take the place.
    let cut = [&gzip(&IDX)[..gzip(&IDX).len() - 4], &[0; 512]].concat();
    assert!(read_idx(&cut[..]).is_err());
}

#[test]
fn checksums_and_lengths_are_checked_for_each_member() {
    let packed = deflate(&IDX);
    let at = 10 + packed.len() as u64;
    let mut wrong = gzip(&IDX);
    wrong[at as usize] ^= 1;
    let right = crc32(&IDX);
    let text = format!(
        "expected the checksum {right:08x} of the bytes unpacked, found {:08x}",
        right ^ 1
    );
    refused(&wrong, at, &text);
    refused(&[wrong, gzip(b"")].concat(), at, &text);

    let mut wrong = gzip(&IDX);
    wrong[at as usize + 4] = 15;
    let text = "expected the length 14 of the bytes unpacked, modulo 2^32, found 15";
    refused(&wrong, at + 4, text);
    // The length of all members is no member's.
    let (first, second) = IDX.split_at(5);
    let mut wrong = [gzip(first), gzip(second)].concat();
    let last = wrong.len() - 4;
    wrong[last] = 14;
    refused(
        &wrong,
        last as u64,
        "expected the length 9 of the bytes unpacked, modulo 2^32, found 14",
    );
}

#[test]
fn what_follows_the_last_member_is_an_error() {
    let bytes = gzip(&IDX);
    let end = bytes.len() as u64;
    for (more, found) in [
        (&b"\n"[..], r#""\n""#),
        (&[0x1f], r#""\x1f""#),
        (b"PK\x03\x04", "a zip archive"),
    ] {
        let text = format!("expected another gzip member, or the end, found {found}");
        refused(&[&bytes[..], more].concat(), end, &text);
    }
}

#[test]
fn the_error_about_what_was_unpacked_says_so() {
    let error = read_idx(&gzip(b"1,2,3\n")[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"idx in gzip, byte 0: expected an IDX file, which starts with two zeros, found "1,2,3\n""#,
    );
    let short = read_idx(&gzip(&IDX[..13])[..]).unwrap_err();
    assert_eq!(
        short.to_string(),
        "idx in gzip, byte 12: expected 2 bytes of data for shape (2, 1) of u8, found 1 bytes",
    );
    let twice = read_idx(&gzip(&gzip(&IDX))[..]).unwrap_err();
    assert!(
        twice
            .to_string()
            .ends_with("found gzip data (unpack it first)"),
        "{twice}"
    );
}

/// A member may say less than it has: an error, before memory is asked for what it has.
#[test]
fn a_deflated_member_of_an_archive_holds_what_the_directory_says() {
    let mut npz = rowmajor::io::NpzWriter::new(Vec::new());
    npz.vector("x", &[1.0; 50]).unwrap();
    let stored = npz.finish().unwrap();
    let name = b"x.npy";
    let data = &stored[30 + name.len()..][..128 + 400];
    let packed = deflate(data);
    let archive = |size: u32, crc: u32, packed: &[u8]| {
        let mut fields = b"\x14\0\0\0\x08\0\0\0\x21\0".to_vec();
        for field in [crc, packed.len() as u32, size] {
            fields.extend(field.to_le_bytes());
        }
        fields.extend([name.len() as u8, 0, 0, 0]);
        let local = [b"PK\x03\x04", &fields[..], name, packed].concat();
        let central = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], name].concat();
        let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
        end.extend((central.len() as u32).to_le_bytes());
        end.extend((local.len() as u32).to_le_bytes());
        end.extend([0; 2]);
        [local, central, end].concat()
    };
    let get = |bytes: Vec<u8>| Npz::from_bytes(bytes).unwrap().vector("x");
    let (size, crc) = (data.len() as u32, crc32(data));
    assert_eq!(get(archive(size, crc, &packed)).unwrap(), [1.0; 50]);

    let text = |bytes| get(bytes).unwrap_err().to_string();
    let less = text(archive(size - 1, crc, &packed));
    assert!(
        less.ends_with("expected at most 527 bytes unpacked, found more"),
        "{less}"
    );
    let more = text(archive(size + 1, crc, &packed));
    assert!(
        more.ends_with("expected 529 bytes, as the directory says, found 528"),
        "{more}"
    );
    let other = text(archive(size, crc ^ 1, &packed));
    assert!(
        other.contains("expected bytes with the checksum"),
        "{other}"
    );
    let longer = text(archive(size, crc, &[&packed[..], &[0]].concat()));
    let end = "expected the end of the member's compressed data, found 1 more bytes";
    assert!(longer.ends_with(end), "{longer}");
    let cut = text(archive(size, crc, &packed[..packed.len() - 1]));
    assert!(
        cut.ends_with("expected the rest of the compressed data, found the end"),
        "{cut}"
    );
    assert!(cut.starts_with("member \"x.npy\": deflate, byte "), "{cut}");
}

#[test]
fn a_member_of_stored_blocks_reads() {
    let mut out = Deflater::default();
    out.stored(&IDX[..9], false).stored(&IDX[9..], true);
    assert_eq!(values(&gzip_of(&out.bytes, &IDX)), [7.0, 9.0]);
}
