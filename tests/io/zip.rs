//! Archives made by hand, one rule broken in each.

use crate::deflater::crc32;
use rowmajor::io::{Error, Npz, write_npy};
use rowmajor::matrix;

/// A header and its record in the directory, before they become bytes; each field may be made to lie.
#[derive(Clone)]
struct Fields {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    name: Vec<u8>,
    extra: Vec<u8>,
}

impl Fields {
    fn of(name: &str, data: &[u8]) -> Self {
        Self {
            flags: 0,
            method: 0,
            crc: crc32(data),
            packed: data.len() as u32,
            size: data.len() as u32,
            name: name.into(),
            extra: vec![],
        }
    }

    fn common(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [20, self.flags, self.method, 0, 33] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.packed, self.size] {
            out.extend(field.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend((self.extra.len() as u16).to_le_bytes());
        out
    }

    fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", &self.common()[..], &self.name, &self.extra].concat()
    }

    fn central(&self, disk: u16, at: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02\x14\x00".to_vec();
        out.extend(self.common());
        out.extend([0; 2]);
        out.extend(disk.to_le_bytes());
        out.extend([0; 6]);
        out.extend(at.to_le_bytes());
        out.extend(&self.name);
        out.extend(&self.extra);
        out
    }
}

fn end(members: u16, size: usize, at: usize) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    for _ in 0..2 {
        out.extend(members.to_le_bytes());
    }
    out.extend((size as u32).to_le_bytes());
    out.extend((at as u32).to_le_bytes());
    out.extend([0; 2]);
    out
}

/// Members in a row, each as (header, bytes and what follows them, directory record).
fn archive(members: &[(Fields, Vec<u8>, Fields)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (local, data, central) in members {
        directory.extend(central.central(0, out.len() as u32));
        out.extend(local.local());
        out.extend(data);
    }
    let at = out.len();
    let end = end(members.len() as u16, directory.len(), at);
    [out, directory, end].concat()
}

fn npy() -> Vec<u8> {
    let mut bytes = Vec::new();
    write_npy(&mut bytes, &matrix![[1.0, 2.0]]).unwrap();
    bytes
}

/// An archive of one array, `a`, after `change`.
fn changed(change: impl FnOnce(&mut Fields, &mut Vec<u8>, &mut Fields)) -> Vec<u8> {
    let mut data = npy();
    let mut local = Fields::of("a.npy", &data);
    let mut central = local.clone();
    change(&mut local, &mut data, &mut central);
    archive(&[(local, data, central)])
}

fn get(bytes: &[u8]) -> Result<rowmajor::Matrix, Error> {
    Npz::from_bytes(bytes.to_vec())?.matrix("a")
}

/// Asserts that `bytes` are refused by the zip reader and that the message holds `what`.
#[track_caller]
fn refused(bytes: &[u8], what: &str) {
    let error = get(bytes).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Format { format: "zip", .. } | Error::Unsupported { format: "zip", .. }
        ),
        "{error}"
    );
    assert!(error.to_string().contains(what), "{error}");
}

#[test]
fn the_archive_made_by_hand_reads() {
    assert_eq!(get(&changed(|_, _, _| ())).unwrap(), matrix![[1.0, 2.0]]);
}

#[test]
fn a_directory_and_a_header_that_disagree_are_an_error() {
    refused(
        &changed(|local, _, _| local.name = b"b.npy".to_vec()),
        "expected the directory's name \"a.npy\"",
    );
    refused(
        &changed(|local, _, _| local.name = b"a.npy2".to_vec()),
        "expected the directory's name \"a.npy\"",
    );
    refused(
        &changed(|local, _, _| local.method = 8),
        "expected the directory's method 0, found 8",
    );
    refused(
        &changed(|local, _, _| local.size += 1),
        "expected the directory's size 144, found 145",
    );
    refused(
        &changed(|local, _, _| local.packed -= 1),
        "expected the directory's packed size 144, found 143",
    );
    refused(
        &changed(|local, _, _| local.crc ^= 1),
        "expected the directory's checksum",
    );
    refused(
        &changed(|local, _, _| local.size = 0),
        "expected the directory's size 144, found 0",
    );
}

#[test]
fn a_wrong_checksum_is_an_error_with_both() {
    let bytes = changed(|local, _, central| {
        local.crc = 0x1234_5678;
        central.crc = 0x1234_5678;
    });
    let right = format!("{:08x}", crc32(&npy()));
    refused(
        &bytes,
        &format!("expected bytes with the checksum 12345678, found {right}"),
    );
}

#[test]
fn a_stored_member_takes_as_many_bytes_as_it_has() {
    let bytes = changed(|local, _, central| {
        local.size = 10;
        central.size = 10;
    });
    refused(
        &bytes,
        "expected 10 bytes, as the directory says, found 144",
    );
}

#[test]
fn duplicate_names_are_an_error() {
    let data = npy();
    let fields = Fields::of("a.npy", &data);
    let member = (fields.clone(), data, fields);
    refused(
        &archive(&[member.clone(), member]),
        "expected each member's name once, found \"a.npy\" again",
    );
}

/// The overlapping kind of zip bomb: one member's bytes hold the next member, header and all.
#[test]
fn overlapping_members_are_an_error() {
    let inner_data = npy();
    let inner = Fields::of("a.npy", &inner_data);
    let outer_data = [inner.local(), inner_data].concat();
    let outer = Fields::of("b.npy", &outer_data);
    let out = [outer.local(), outer_data].concat();
    let inner_at = outer.local().len() as u32;
    let directory = [outer.central(0, 0), inner.central(0, inner_at)].concat();
    let bytes = [&out[..], &directory, &end(2, directory.len(), out.len())].concat();
    refused(
        &bytes,
        "expected the member to start after the one before it",
    );
}

#[test]
fn members_outside_the_file_are_an_error() {
    let larger = changed(|local, _, central| {
        for fields in [local, central] {
            fields.size += 1;
            fields.packed += 1;
        }
    });
    refused(
        &larger,
        "expected 145 bytes of the member, found the directory after 144 bytes",
    );

    let data = npy();
    let fields = Fields::of("a.npy", &data);
    let out = [fields.local(), data].concat();
    for (at, what) in [
        (
            u32::MAX - 1,
            "expected the member's header before the directory",
        ),
        (
            out.len() as u32,
            "expected the member's header before the directory",
        ),
        (
            out.len() as u32 - 2,
            "expected a member's header (4 bytes), found the end after 2 bytes",
        ),
        (
            1,
            "expected a member's header \"PK\\x03\\x04\", found \"K\\x03\\x04\\x14\"",
        ),
    ] {
        let directory = fields.central(0, at);
        let bytes = [&out[..], &directory, &end(1, directory.len(), out.len())].concat();
        refused(&bytes, what);
    }
}

#[test]
fn a_count_of_members_beyond_the_directory_is_an_error() {
    let mut bytes = changed(|_, _, _| ());
    let at = bytes.len() - 14;
    for count in [2_u16, 60_000, 0xffff] {
        bytes[at..at + 2].copy_from_slice(&count.to_le_bytes());
        bytes[at + 2..at + 4].copy_from_slice(&count.to_le_bytes());
        refused(&bytes, "expected no more members than fit 51 bytes");
    }
    bytes[at..at + 4].fill(0);
    refused(
        &bytes,
        "expected the end of a directory of 0 members, found 51 more bytes",
    );
}

#[test]
fn split_and_encrypted_archives_are_refused_by_name() {
    let mut split = changed(|_, _, _| ());
    let at = split.len() - 18;
    split[at] = 1;
    refused(&split, "a part of a split archive");
    let mut fewer_here = changed(|_, _, _| ());
    let at = fewer_here.len() - 14;
    fewer_here[at] = 0;
    refused(&fewer_here, "a part of a split archive");
    refused(
        &changed(|local, _, central| (local.flags, central.flags) = (1, 1)),
        "an encrypted member",
    );

    let data = npy();
    let fields = Fields::of("a.npy", &data);
    let out = [fields.local(), data].concat();
    let directory = fields.central(1, 0);
    let bytes = [&out[..], &directory, &end(1, directory.len(), out.len())].concat();
    refused(&bytes, "a member on another disk");
}

#[test]
fn other_methods_are_refused_by_number() {
    let bytes = changed(|local, _, central| (local.method, central.method) = (14, 14));
    refused(&bytes, "a member compressed by method 14");
}

#[test]
fn comments_and_unknown_extra_blocks_are_allowed() {
    let mut bytes = changed(|local, _, central| {
        // Another kind's block; padding too short to be one.
        local.extra = vec![0x55, 0x54, 2, 0, 9, 9];
        central.extra = vec![0, 0, 0];
    });
    assert_eq!(get(&bytes).unwrap(), matrix![[1.0, 2.0]]);
    let comment = b"PK\x05\x06 is how the end begins";
    let at = bytes.len() - 2;
    bytes[at] = comment.len() as u8;
    bytes.extend(comment);
    assert_eq!(get(&bytes).unwrap(), matrix![[1.0, 2.0]]);
}

#[test]
fn an_extra_block_that_leaves_its_field_is_an_error() {
    refused(
        &changed(|local, _, _| local.extra = vec![0x55, 0x54, 3, 0, 9, 9]),
        "expected an extra block (3 bytes)",
    );
    refused(
        &changed(|_, _, central| central.extra = vec![1, 0, 9, 0, 9]),
        "expected an extra block (9 bytes)",
    );
}

/// A zip64 block of these values.
fn zip64(values: &[u64]) -> Vec<u8> {
    let mut out = vec![1, 0, 8 * values.len() as u8, 0];
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    out
}

#[test]
fn zip64_sizes_read_where_the_fields_point_to_them() {
    // As NumPy writes it: in the header, not in the directory.
    let numpy = changed(|local, _, _| {
        local.extra = zip64(&[144, 144]);
        (local.packed, local.size) = (u32::MAX, u32::MAX);
    });
    assert_eq!(get(&numpy).unwrap(), matrix![[1.0, 2.0]]);
    // Only one of the two, the other way round.
    let one = changed(|_, _, central| {
        central.extra = zip64(&[144]);
        central.packed = u32::MAX;
    });
    assert_eq!(get(&one).unwrap(), matrix![[1.0, 2.0]]);
}

#[test]
fn zip64_blocks_that_lie_are_an_error() {
    let with = |extra: Vec<u8>| {
        changed(|local, _, _| {
            local.extra = extra;
            (local.packed, local.size) = (u32::MAX, u32::MAX);
        })
    };
    refused(
        &with(vec![]),
        "expected a zip64 block with the size, found none",
    );
    refused(
        &with(zip64(&[144])),
        "expected the packed size (8 bytes), found the end",
    );
    refused(
        &with(zip64(&[u64::MAX, 144])),
        "the directory's size 144, found 18446744073709551615",
    );
    refused(
        &with([zip64(&[144, 144]), zip64(&[144, 144])].concat()),
        "expected one zip64 block",
    );
    let everywhere = changed(|local, _, central| {
        for fields in [local, central] {
            fields.extra = zip64(&[u64::MAX, u64::MAX]);
            (fields.packed, fields.size) = (u32::MAX, u32::MAX);
        }
    });
    refused(
        &everywhere,
        "expected 18446744073709551615 bytes of the member",
    );
}

#[test]
fn zip64_blocks_may_hold_the_number_of_the_disk() {
    let on_disk = |extra: &[u8]| {
        let data = npy();
        let local = Fields::of("a.npy", &data);
        let mut central = local.clone();
        central.extra = extra.to_vec();
        let out = [local.local(), data].concat();
        let directory = central.central(0xffff, 0);
        [&out[..], &directory, &end(1, directory.len(), out.len())].concat()
    };
    let first = on_disk(&[1, 0, 4, 0, 0, 0, 0, 0]);
    assert_eq!(get(&first).unwrap(), matrix![[1.0, 2.0]]);
    for second in [&[1, 0, 4, 0, 1, 0, 0, 0][..], &[]] {
        refused(&on_disk(second), "a member on another disk");
    }
    refused(
        &on_disk(&[1, 0, 0, 0]),
        "expected the number of the disk (4 bytes)",
    );
}

#[test]
fn zip64_end_records_that_lie_are_an_error() {
    let good = crate::fixture("zip64.npz");
    let (locator, record) = (good.len() - 42, good.len() - 98);
    assert!(
        good[locator..].starts_with(b"PK\x06\x07") && good[record..].starts_with(b"PK\x06\x06")
    );
    let with = |at: usize, value: u64| {
        let mut bytes = good.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    for at in [u64::MAX, good.len() as u64, locator as u64] {
        refused(
            &with(locator + 8, at),
            "expected a zip64 end record before its locator",
        );
    }
    refused(
        &with(locator + 8, 0),
        "expected a zip64 end record \"PK\\x06\\x06\"",
    );
    for len in [0, 43, 45, u64::MAX] {
        refused(
            &with(record + 4, len),
            "expected a zip64 end record that ends at its locator",
        );
    }
    for field in [record + 24, record + 32, record + 40, record + 48] {
        refused(
            &with(field, u64::MAX),
            "expected what the zip64 end record says",
        );
    }
    for (field, value, sound) in [(4, 0, true), (4, 1, false), (16, 0, true), (16, 2, false)] {
        let mut bytes = good.clone();
        bytes[locator + field] = value;
        if sound {
            assert!(Npz::from_bytes(bytes).is_ok());
        } else {
            refused(&bytes, "a part of a split archive");
        }
    }
    // Where the short record leaves a field to the long one, the long one is held against the file.
    let mut open = good.clone();
    let end = good.len() - 22;
    open[end + 8..end + 20].fill(0xff);
    let mut read = open.clone();
    assert!(Npz::from_bytes(read.clone()).is_ok());
    read[record + 40..record + 48].copy_from_slice(&u64::MAX.to_le_bytes());
    refused(&read, "expected a directory that ends at byte");
    let mut read = open;
    read[record + 24..record + 40].fill(0xff);
    refused(&read, "expected no more members than fit");
}

#[test]
fn descriptors_after_the_bytes_are_checked() {
    let data = npy();
    let (crc, size) = (crc32(&data), data.len() as u32);
    let short = [crc.to_le_bytes(), size.to_le_bytes(), size.to_le_bytes()].concat();
    let long = [
        &crc.to_le_bytes()[..],
        &u64::from(size).to_le_bytes(),
        &u64::from(size).to_le_bytes(),
    ]
    .concat();
    let with = |descriptor: &[u8]| {
        changed(|local, data, _| {
            (local.flags, local.crc, local.packed, local.size) = (8, 0, 0, 0);
            data.extend(descriptor);
        })
    };
    for descriptor in [&short, &long] {
        assert!(get(&with(descriptor)).is_ok());
        assert!(get(&with(&[b"PK\x07\x08", &descriptor[..]].concat())).is_ok());
        let mut wrong = descriptor.clone();
        wrong[4] ^= 1;
        refused(
            &with(&wrong),
            "expected a descriptor with the directory's checksum and sizes",
        );
    }
    refused(&with(&[]), "expected a descriptor");
}

#[test]
fn names_are_utf_8_without_nul() {
    for name in [&b"a\xff.npy"[..], b"a.npy\0.txt"] {
        let bytes = changed(|local, _, central| {
            local.name = name.to_vec();
            central.name = name.to_vec();
        });
        refused(&bytes, "expected a name in UTF-8 without NUL");
    }
}

#[test]
fn bytes_before_the_archive_are_an_error() {
    let bytes = [b"#!/bin/sh\n", &changed(|_, _, _| ())[..]].concat();
    refused(&bytes, "expected a directory that ends at byte");
}

#[test]
fn each_listed_name_finds_its_own_array() {
    let one = |value: f64, name: &str| {
        let mut data = Vec::new();
        write_npy(&mut data, &matrix![[value]]).unwrap();
        let fields = Fields::of(name, &data);
        (fields.clone(), data, fields)
    };
    let bytes = archive(&[
        one(1.0, "a.npy"),
        one(2.0, "a.npy.npy"),
        one(3.0, "a"),
        one(4.0, "b"),
    ]);
    let npz = Npz::from_bytes(bytes).unwrap();
    let all: Vec<(&str, f64)> = npz
        .names()
        .map(|n| (n, npz.matrix(n).unwrap()[(0, 0)]))
        .collect();
    assert_eq!(all, [("a", 1.0), ("a.npy", 2.0)]);
    assert_eq!(npz.matrix("b").unwrap()[(0, 0)], 4.0);
}
