//! Every cut and every flipped bit of a small file of each kind that can be compressed, and of plain IDX and text.

use crate::common::Random;
use crate::deflater::{Deflater, crc32, deflate, gzip, gzip_of, tokens};
use crate::fixture;
use rowmajor::io::{CsvOptions, Error, Mnist, MnistSet, Npz, read_csv, read_idx};
use std::fmt::Debug;

/// Reads `bytes` after every cut and with every bit flipped: an error, or what `read` gave before. At least `errors`
/// in a hundred must be errors; what may be anything is the time, the system and the like.
fn sweep<T: Debug + PartialEq>(
    name: &str,
    bytes: &[u8],
    errors: usize,
    read: impl Fn(&[u8]) -> Result<T, Error>,
) {
    let want = read(bytes).unwrap();
    for len in 0..bytes.len() {
        let cut = read(&bytes[..len]);
        assert!(cut.is_err(), "{name} cut to {len} bytes: {cut:?}");
    }
    let mut refused = 0;
    let mut bytes = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        match read(&bytes) {
            Ok(found) => assert_eq!(found, want, "{name}, bit {bit}"),
            Err(_) => refused += 1,
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    let all = bytes.len() * 8;
    assert!(refused * 100 >= all * errors, "{name}: {refused} of {all}");
}

/// A small picture: runs, repetitions, and noise.
fn idx() -> Vec<u8> {
    let mut random = Random::new(5);
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 10, 0, 0, 0, 10];
    for i in 0..300 {
        bytes.push(if i % 25 < 15 {
            0
        } else {
            random.bits() as u8 & 31
        });
    }
    bytes
}

#[test]
fn gzipped_idx_in_every_kind_of_block() {
    let idx = idx();
    let tokens = tokens(&idx);
    let mut stored = Deflater::default();
    stored.stored(&idx, true);
    let mut fixed = Deflater::default();
    fixed.fixed(&tokens, true);
    let mut mixed = Deflater::default();
    mixed
        .dynamic(&tokens[..60], false)
        .fixed(&tokens[60..90], false);
    mixed.stored(&[], false).dynamic(&tokens[90..], true);
    for (name, stream) in [
        ("stored", stored.bytes),
        ("fixed", fixed.bytes),
        ("dynamic", deflate(&idx)),
        ("mixed", mixed.bytes),
    ] {
        sweep(name, &gzip_of(&stream, &idx), 90, |bytes| {
            read_idx(bytes).and_then(|array| Ok((array.shape().to_vec(), array.into_vec()?)))
        });
    }
    sweep("cube.idx.gz", &fixture("cube.idx.gz"), 80, |bytes| {
        read_idx(bytes).and_then(|array| Ok((array.shape().to_vec(), array.into_vec()?)))
    });
}

#[test]
fn gzipped_text() {
    let text = b"height,\"width, in m\",class\r\n1.5,2.25,0\r\n3,0.25,1\r\n3,0.5,1\r\n";
    sweep("csv.gz", &gzip(text), 90, |bytes| {
        read_csv(bytes, &CsvOptions::default())
    });
}

#[test]
fn compressed_npz() {
    sweep("compressed.npz", &fixture("compressed.npz"), 80, |bytes| {
        Npz::from_bytes(bytes.to_vec())?.matrix("w1")
    });
}

#[test]
fn a_gzipped_mnist_folder() {
    let folder = std::env::temp_dir().join(format!("rowmajor-sweep-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (images, labels) = (
        folder.join("train-images-idx3-ubyte.gz"),
        folder.join("train-labels-idx1-ubyte.gz"),
    );
    let labels_idx = gzip(&[0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]);
    std::fs::write(&labels, &labels_idx).unwrap();
    sweep("images", &gzip(&idx()), 90, |bytes| {
        std::fs::write(&images, bytes).unwrap();
        Mnist::load(&folder, MnistSet::Train)
    });
    std::fs::write(&images, gzip(&idx())).unwrap();
    sweep("labels", &labels_idx, 75, |bytes| {
        std::fs::write(&labels, bytes).unwrap();
        Mnist::load(&folder, MnistSet::Train)
    });
    std::fs::remove_dir_all(folder).unwrap();
}

/// No checksum tells of a bit in plain IDX; what is read is what the bytes say.
#[test]
fn plain_idx_is_an_error_or_what_it_says() {
    let mut bytes = idx();
    for len in 0..bytes.len() {
        assert!(read_idx(&bytes[..len]).is_err(), "{len}");
    }
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let header = bytes[..4] != [0, 0, 8, 3] || bytes[4..16] != idx()[4..16];
        match read_idx(&bytes[..]) {
            Ok(array) => {
                // A flip in the type may give as many bytes of another type, signed ones.
                let signed = bytes[2] == 9;
                assert!(!header || signed, "bit {bit}");
                assert_eq!(array.shape(), [3, 10, 10]);
                for (value, &byte) in array.as_slice().unwrap().iter().zip(&bytes[16..]) {
                    let want = if signed {
                        f64::from(byte as i8)
                    } else {
                        f64::from(byte)
                    };
                    assert_eq!(*value, want, "bit {bit}");
                }
            }
            Err(_) => assert!(header, "bit {bit}"),
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// What simple text of numbers, without quotes, says, by splitting it: an oracle that shares nothing with the reader.
fn by_splitting(text: &[u8]) -> Option<Vec<Vec<f64>>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines: Vec<Vec<&str>> = text
        .split('\n')
        .map(|line| without_comment(line.strip_suffix('\r').unwrap_or(line)))
        .filter(|line| !line.trim_matches([' ', '\t', '\r']).is_empty())
        .map(|line| {
            line.split(',')
                .map(|field| field.trim_matches([' ', '\t']))
                .collect()
        })
        .collect();
    if lines
        .iter()
        .all(|line| line.len() > 1 && line.ends_with(&[""]))
    {
        lines
            .iter_mut()
            .for_each(|line| line.truncate(line.len() - 1));
    }
    let rows: Option<Vec<Vec<f64>>> = lines
        .into_iter()
        .map(|line| line.into_iter().map(|field| field.parse().ok()).collect())
        .collect();
    rows.filter(|rows| !rows.is_empty() && rows.iter().all(|row| row.len() == rows[0].len()))
}

fn without_comment(line: &str) -> &str {
    let starts = |&at: &usize| {
        let field = line[..at].rsplit(',').next().unwrap();
        field.is_empty() || field.ends_with([' ', '\t']) || field.parse::<f64>().is_ok()
    };
    let mut marks = line.match_indices('#').map(|(at, _)| at);
    marks.find(starts).map_or(line, |at| &line[..at])
}

/// Nor in plain text, where a cut at the end of a line, or within the last number, cannot be seen at all.
#[test]
fn plain_text_is_an_error_or_what_it_says() {
    let text = b"1.5,2.25,0\r\n3,0.25,1\n-4e5 ,0.5,2\n";
    let check = |bytes: &[u8]| {
        let read = read_csv(bytes, &CsvOptions::default()).ok();
        let read = read.map(|table| {
            let rows = table.values.rows();
            rows.map(<[f64]>::to_vec).collect::<Vec<_>>()
        });
        let want = by_splitting(bytes);
        assert_eq!(read, want, "{:?}", String::from_utf8_lossy(bytes));
        want.is_some()
    };
    assert!(check(text));
    for len in 0..text.len() {
        check(&text[..len]);
    }
    let mut bytes = text.to_vec();
    let mut sound = 0;
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        sound += usize::from(check(&bytes));
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(sound > 20, "{sound}");
}

#[test]
fn the_checksum_of_the_sweeps_is_the_published_one() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
