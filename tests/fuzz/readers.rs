//! The readers: for each its sound files, its words, how an input is finished and read, and its law of memory.

use super::forms::{Packed, Style, array, floats, npy, repair, stored, zip};
use super::mutate::Random;
use rowmajor::Matrix;
use rowmajor::io::{Array, Error, Npz, NpzWriter, read_npy};
use rowmajor::nn::{Activation, Dense, Network};

pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) corpus: Vec<Vec<u8>>,
    pub(crate) words: Vec<&'static [u8]>,
    /// What is done to the changed bytes in the end.
    pub(crate) finish: fn(&mut Random, &mut Vec<u8>),
    /// Reads all that there is to read and checks what must hold of it.
    pub(crate) read: fn(&[u8]) -> Result<(), Error>,
    /// The most memory for so many bytes.
    pub(crate) law: fn(usize) -> usize,
}

pub(crate) fn all() -> Vec<Reader> {
    vec![npy_reader(), npz_reader(), network_reader()]
}

fn as_is(_: &mut Random, _: &mut Vec<u8>) {}

fn mend_archive(random: &mut Random, bytes: &mut Vec<u8>) {
    repair(random, bytes);
}

/// A byte may become an f64 or a `String` of one character, twice while the order of axes is changed.
fn most_of_arrays(len: usize) -> usize {
    64 * len + (4 << 10)
}

const NPY_WORDS: [&[u8]; 44] = [
    b"\x93NUMPY\x01\x00",
    b"\x93NUMPY\x02\x00",
    b"\x93NUMPY\x03\x00",
    b"{'descr': '",
    b"'fortran_order': True",
    b"'fortran_order': False",
    b"'shape': (",
    b"'shape': (2, 3), ",
    b"(4294967296, 4294967296)",
    b"(9223372036854775807,)",
    b"(0, 18446744073709551615)",
    b"(1, 1, 1, 1, 1, 1, 1, 1)",
    b"((((((((((((((((",
    b"[[[[[[[[[[[[[[[[",
    b"[('a', '<f8'), ('b', '<i4')]",
    b"True",
    b"False",
    b"None",
    b"<f8",
    b">f4",
    b"|u1",
    b"|b1",
    b"<i8",
    b">u8",
    b"<f2",
    b"<U1",
    b"<U0",
    b"<U4611686018427387904",
    b"|S1",
    b"|S0",
    b"<c16",
    b"|O",
    b"<M8[ns]",
    b"|V8",
    b"'",
    b"\"",
    b"\\",
    b",",
    b"}",
    b"{",
    b"\n",
    b"L",
    b"\xff\xff\xff\xff\xff\xff\xef\x7f",
    b"\x00\x00\x11\x00",
];

fn arrays() -> Vec<Vec<u8>> {
    let numbers = floats(&[1.5, -2.0, 0.0, f64::NAN, f64::INFINITY, 6.0]);
    let header = |descr: &str, shape: &str| {
        format!("{{\"shape\": {shape}, \"descr\": \"{descr}\", \"fortran_order\": True}}")
    };
    vec![
        array("<f8", false, "(2, 3)", &numbers),
        array("<f8", true, "(3, 2)", &numbers),
        array(">f8", false, "(6,)", &numbers),
        array("|u1", false, "(4,)", b"abcd"),
        array("|i1", true, "(2, 2, 2)", b"abcdefgh"),
        array("|b1", false, "(3L,)", &[0, 1, 1]),
        array("<f2", false, "(2,)", &[0, 0x3c, 1, 0]),
        array("<f4", false, "()", &[0, 0, 0x80, 0x3f]),
        array("<i2", true, "(2, 1, 2)", b"abcdefgh"),
        array(">i4", false, "(1, 2)", b"abcdefgh"),
        array("<i8", false, "(1,)", &7_i64.to_le_bytes()),
        array("<u8", false, "(1,)", &7_u64.to_le_bytes()),
        array("<U2", false, "(2,)", b"a\0\0\0b\0\0\0\xac\x20\0\0\0\0\0\0"),
        array(">U1", true, "(2, 2)", b"\0\0\0a\0\0\0b\0\0\0c\0\0\0d"),
        array("|S3", false, "(2,)", b"abcd\0\0"),
        array("<f8", false, "(0, 4)", b""),
        npy(2, &header("<f8", "(3, 2)"), &numbers),
        npy(3, &header("|S1", "(2, 3)"), b"abcdef"),
    ]
}

fn npy_reader() -> Reader {
    Reader {
        name: "npy",
        corpus: arrays(),
        words: NPY_WORDS.to_vec(),
        finish: as_is,
        read: |bytes| check(read_npy(bytes)?),
        law: most_of_arrays,
    }
}

/// What holds of every array, and everything that can be asked of it.
fn check(array: Array) -> Result<(), Error> {
    let len = array.shape().iter().product::<usize>();
    assert_eq!(array.len(), len);
    assert_eq!(array.is_empty(), len == 0);
    if let Ok(labels) = array.to_labels() {
        assert_eq!(labels.len(), len);
    }
    if array.is_text() {
        assert_eq!(array.into_text()?.len(), len);
    } else {
        assert_eq!(array.as_slice()?.len(), len);
        assert_eq!(array.into_matrix()?.len(), len);
    }
    Ok(())
}

const ZIP_WORDS: [&[u8]; 16] = [
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"PK\x07\x08",
    b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\x01\0\x10\0",
    b"\x01\0\x1c\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff",
    b".npy",
    b"a.npy",
    b"a",
    b"\0\0",
    b"\x08\0",
];

fn npz_reader() -> Reader {
    let members = || {
        vec![
            stored(
                "a.npy",
                &array("<f8", false, "(1, 2)", &floats(&[1.5, -2.0])),
            ),
            stored("t.npy", &array("<U1", true, "(1,)", b"x\0\0\0")),
        ]
    };
    let one = || vec![stored("a.npy", &array("|u1", false, "(3,)", b"xyz"))];
    let mut corpus = vec![
        zip(&[], Style::Plain),
        zip(&one(), Style::Plain),
        zip(&one(), Style::Zip64),
        zip(&one(), Style::Described),
        zip(&members(), Style::Plain),
        zip(&members(), Style::Zip64),
        zip(&members(), Style::Described),
        zip(&[stored("readme", b"no array")], Style::Plain),
    ];
    corpus.extend(deflated_archives());
    Reader {
        name: "npz",
        corpus,
        words: [&ZIP_WORDS[..], &NPY_WORDS[..]].concat(),
        finish: mend_archive,
        read: |bytes| {
            let npz = Npz::from_bytes(bytes.to_vec())?;
            // All are asked for, whatever becomes of the others; the first error counts.
            let all = npz.names().map(|name| npz.get(name).and_then(check));
            let all: Vec<Result<(), Error>> = all.collect();
            for name in npz.other_names() {
                let _ = npz.get(name);
            }
            all.into_iter().collect()
        },
        law: |len| len + most_of_arrays(len),
    }
}

fn deflated_archives() -> Vec<Vec<u8>> {
    Vec::<Packed<'_>>::new()
        .iter()
        .map(|_| Vec::new())
        .collect()
}

fn network_reader() -> Reader {
    let layer = |inputs, outputs, activation| {
        let weights = Matrix::from_fn(inputs, outputs, |i, j| (i + j) as f64);
        Dense::new(weights, vec![0.5; outputs], activation).unwrap()
    };
    let two = Network::new(vec![
        layer(2, 1, Activation::Sigmoid),
        layer(1, 2, Activation::Softmax),
    ]);
    let mut npz = NpzWriter::new(Vec::new());
    two.unwrap().write_npz(&mut npz).unwrap();
    let short = zip(
        &[
            stored("W1.npy", &array("|u1", false, "(2, 1)", b"\x01\x02")),
            stored("b1.npy", &array("|u1", false, "(1, 1)", b"\x01")),
            stored("activations.npy", &array("|S4", false, "()", b"relu")),
        ],
        Style::Plain,
    );
    Reader {
        name: "network",
        corpus: vec![npz.finish().unwrap(), short],
        words: [
            &ZIP_WORDS[..],
            &NPY_WORDS[..],
            &[
                &b"w1.npy"[..],
                b"W1.npy",
                b"b1.npy",
                b"w2.npy",
                b"activations.npy",
                b"relu",
                b"softmax",
            ],
        ]
        .concat(),
        finish: mend_archive,
        read: |bytes| {
            let network = Network::from_npz(&Npz::from_bytes(bytes.to_vec())?)?;
            // A layer of no inputs has no weights however many outputs it has; the file has their biases.
            let x = Matrix::ones(1, network.inputs());
            let y = network.forward(&x)?;
            assert_eq!(y.shape(), (1, network.outputs()));
            Ok(())
        },
        // The network itself, and one sample on its way through it.
        law: |len| 3 * len + most_of_arrays(len),
    }
}
