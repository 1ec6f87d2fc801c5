//! The readers: for each its sound files, its words, how an input is finished and read, and its law of memory.

use super::deflater::{Deflater, gzip, gzip_of, tokens};
use super::forms::{array, floats, npy, repair};
use super::zips::{Packed, Style, deflated, stored, zip};
use crate::common::Random;
use rowmajor::Matrix;
use rowmajor::io::{
    Array, Csv, CsvColumn, CsvComment, CsvHeader, CsvMissing, CsvOptions, CsvSeparator, Error, Npz,
    NpzWriter, read_csv, read_idx, read_npy,
};
use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::train::Trainer;

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
    vec![
        npy_reader(),
        npz_reader(),
        deflated_reader(),
        network_reader(),
        checkpoint_reader(),
        idx_reader(),
        idx_gzip_reader(),
        gzip_reader(),
        csv_reader(),
    ]
}

/// A byte may become an f64 or a `String` of one character, twice while the order of axes is changed.
fn most_of_arrays(len: usize) -> usize {
    64 * len + (4 << 10)
}

const NPY_WORDS: [&[u8]; 50] = [
    b"u'<f8'",
    b"u'descr'",
    b"float64",
    b"uint8",
    b"'d'",
    b"'?'",
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
        finish: |_, _| {},
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
    let corpus = vec![
        zip(
            &[deflated("a.npy", &array("|u1", false, "(3,)", b"xyz"))],
            Style::Plain,
        ),
        zip(&[], Style::Plain),
        zip(&one(), Style::Plain),
        zip(&one(), Style::Zip64),
        zip(&one(), Style::Described),
        zip(&members(), Style::Plain),
        zip(&members(), Style::Zip64),
        zip(&members(), Style::Described),
        zip(&[stored("readme", b"no array")], Style::Plain),
    ];
    Reader {
        name: "npz",
        corpus,
        words: [&ZIP_WORDS[..], &NPY_WORDS[..]].concat(),
        finish: |random, bytes| repair(random, bytes),
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
        law: |len| len + most_unpacked(len),
    }
}

/// Arrays changed first and packed then, so that what is wrong is wrong within.
fn deflated_reader() -> Reader {
    Reader {
        name: "npz, deflated",
        corpus: arrays(),
        words: NPY_WORDS.to_vec(),
        finish: |random, bytes| {
            let styles = [Style::Plain, Style::Zip64, Style::Described];
            let style = styles[random.below(3)];
            let member = Packed {
                bytes: pack(random, bytes),
                method: 8,
                ..stored("a.npy", bytes)
            };
            *bytes = zip(&[member], style);
            if random.below(4) == 0 {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        },
        read: |bytes| match bytes.first() {
            // A sound file of the corpus, not yet packed.
            Some(0x93) => check(read_npy(bytes)?),
            _ => check(Npz::from_bytes(bytes.to_vec())?.get("a")?),
        },
        law: most_unpacked,
    }
}

/// Deflated in one of three ways; mostly in the one that is quickly made, as what is within matters here.
fn pack(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Deflater::default();
    match random.below(32) {
        0 => packed.dynamic(&tokens(bytes), true),
        1 => packed.fixed(&tokens(bytes), true),
        _ => packed.stored(bytes, true),
    };
    packed.bytes
}

/// What unpacking takes besides: the last 64 KiB, tables, a buffer of bytes.
const UNPACKING: usize = 100 << 10;

/// Deflate makes of a byte 1032 at most, which are there twice while their buffer grows, and then become an array.
fn most_unpacked(len: usize) -> usize {
    UNPACKING + most_of_arrays(1032 * len)
}

/// Checkpoints: what is accepted trains, or says why not. By hand, as short as they can be.
fn checkpoint_reader() -> Reader {
    let checkpoint = |optimizer: &str, batch: u8, kept: &[&str]| {
        // epoch, batch, rows, correct, steps, waited; batch size, micro-batch, shuffle, warm-up, patience, epochs.
        let counts = [0, batch, 3, 1, batch, 0, 3, 2, 1, 0, 3, 0];
        let generator = [1, 2, 3, 4, 5, 6, 7, 8];
        let kinds =
            ["1", optimizer, "cross-entropy", "constant"].map(|kind| format!("{kind:\0<13}"));
        let has_best = kept.contains(&"train_best.npy");
        let best_loss = if has_best { 9.0 } else { f32::INFINITY };
        let numbers = [0.125, 0.5, 0.5, 0.5, 0.0, 1.0, 0.0, 0.5, 0.0, best_loss];
        let numbers: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
        let mut members = vec![
            stored("w1.npy", &array("|u1", false, "(1, 2)", &[1, 2])),
            stored("b1.npy", &array("|u1", false, "(2,)", &[0, 1])),
            stored("activations.npy", &array("|S7", false, "(1,)", b"softmax")),
            stored(
                "train_kinds.npy",
                &array("|S13", false, "(4,)", kinds.concat().as_bytes()),
            ),
            stored(
                "train_counts.npy",
                &array("|u1", false, "(20,)", &[&counts[..], &generator].concat()),
            ),
            stored("train_numbers.npy", &array("<f4", false, "(10,)", &numbers)),
            stored("train_history.npy", &array("|u1", false, "(0, 7)", b"")),
        ];
        let list = array("|u1", false, "(4,)", &[0, 1, 0, 1]);
        members.extend(kept.iter().map(|name| stored(name, &list)));
        zip(&members, Style::Plain)
    };
    Reader {
        name: "checkpoint",
        corpus: vec![
            checkpoint("sgd", 0, &[]),
            checkpoint("nesterov", 1, &["train_first.npy"]),
            checkpoint(
                "adam",
                1,
                &["train_first.npy", "train_second.npy", "train_best.npy"],
            ),
        ],
        words: [
            &ZIP_WORDS[..],
            &NPY_WORDS[..],
            &[
                b"train_first",
                b"train_counts",
                b"adam",
                b"sgd\0",
                b"step",
                b"cosine",
            ],
        ]
        .concat(),
        finish: |random, bytes| repair(random, bytes),
        read: |bytes| {
            let mut trainer = Trainer::from_npz(&Npz::from_bytes(bytes.to_vec())?)?;
            let inputs = trainer.network().inputs().min(100);
            let _ = trainer.fit_batches(&Matrix::ones(3, inputs), &[0, 0, 0], 2);
            Ok(())
        },
        law: |len| 4 * len + most_unpacked(len),
    }
}

const IDX_WORDS: [&[u8]; 12] = [
    b"\0\0\x08\x01",
    b"\0\0\x08\x03",
    b"\0\0\x0e\x02",
    b"\0\0\x08\xff",
    b"\0\0\0\x01",
    b"\0\0\xea\x60",
    b"\0\0\0\x1c",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x1f\x8b\x08",
    b"\x80\0\0\0",
    b"\x0d",
];

fn idx(code: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let sizes: Vec<u8> = shape.iter().flat_map(|size| size.to_be_bytes()).collect();
    [&[0, 0, code, shape.len() as u8], &sizes[..], data].concat()
}

fn idx_files() -> Vec<Vec<u8>> {
    vec![
        idx(0x08, &[3], &[7, 2, 1]),
        idx(0x08, &[2, 2, 2], b"abcdefgh"),
        idx(0x09, &[2, 1], b"ab"),
        idx(0x0b, &[2], b"abcd"),
        idx(0x0c, &[1, 2], b"abcdefgh"),
        idx(0x0d, &[2], b"abcdefgh"),
        idx(0x0e, &[1], b"abcdefgh"),
        idx(0x08, &[0, 28, 28], b""),
    ]
}

fn idx_reader() -> Reader {
    Reader {
        name: "idx",
        corpus: idx_files(),
        words: IDX_WORDS.to_vec(),
        finish: |_, _| {},
        read: |bytes| check(read_idx(bytes)?),
        law: most_unpacked,
    }
}

/// Files changed first and packed then.
fn idx_gzip_reader() -> Reader {
    Reader {
        name: "idx in gzip",
        finish: |random, bytes| {
            *bytes = gzip_of(&pack(random, bytes), bytes);
        },
        ..idx_reader()
    }
}

/// Packed files changed: headers, codes, checksums.
fn gzip_reader() -> Reader {
    let repeats = idx(0x08, &[300], &[1, 2, 3].repeat(100));
    let files = [&idx_files()[..], &[repeats]].concat();
    let mut corpus: Vec<Vec<u8>> = files.iter().map(|file| gzip(file)).collect();
    for file in &files {
        let (mut fixed, mut stored) = (Deflater::default(), Deflater::default());
        fixed.fixed(&tokens(file), true);
        stored.stored(file, true);
        corpus.extend([&fixed, &stored].map(|packed| gzip_of(&packed.bytes, file)));
    }
    // A name, a comment and an extra field; two members; zeros behind.
    let plain = gzip(&files[0]);
    corpus.push([&plain[..], &[0; 40]].concat());
    let fields = b"\x1f\x8b\x08\x1c\0\0\0\0\0\xff\x02\0ab\x6e\0\x63\0";
    corpus.push([&fields[..], &plain[10..]].concat());
    corpus.push([gzip(&files[0][..5]), gzip(&files[0][5..])].concat());
    Reader {
        name: "gzip",
        corpus,
        ..idx_reader()
    }
}

fn csv_reader() -> Reader {
    let texts = [
        "1,2,3\n4,5,6\n",
        "a,b\n1,-2.5e3\n",
        "\"x \"\"y\"\"\",\"z\"\r\n1,\"2\"\r\n",
        "nan,inf\n-0,1e-320\n\n\n",
        "\u{feff}5\n",
        "1 2  3\n 4 5 6\n",
        "1;2\n3;4\n",
        "1\t2\n3\t4",
        "# x y\n1 2 # z\n# end\n3 4#\n",
        "age,height\n34,\n?,180\nNA,#N/A\n\n51,165\n",
        "5.1,3.5,Iris-setosa\n7,3.2,Iris-virginica\n6,3,Iris-setosa\n\n",
        "kind,x,\nb,1,\n\"a \"\"c\"\"\",2,\n\"b #d\",3,\n",
        "10,1\n9,2\n1.0,3\n",
    ];
    let mut corpus: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    corpus.push(gzip(b"1,2\n3,4\n"));
    Reader {
        name: "csv",
        corpus,
        words: vec![
            b",",
            b"\n",
            b"\r\n",
            b"\"",
            b"\"\"",
            b";",
            b"\t",
            b" ",
            b"1e999",
            b"nan",
            b"-inf",
            b"1_0",
            b"0x1",
            b"\xef\xbb\xbf",
            b"\xff",
            b"\0",
            b"#",
            b" #",
            b"# ",
            b"#N/A",
            b"NA",
            b"?",
            b"kind",
            b",\n",
            b"\n\n",
            b"1.0D+00",
            b"Iris-setosa",
            b"\x1f\x8b\x08\0",
            b"PK\x03\x04",
            b"1,2,3\n",
        ],
        finish: |_, _| {},
        read: |bytes| {
            let mut outcome = Ok(());
            for options in csv_options(bytes) {
                match read_csv(bytes, &options) {
                    Ok(csv) => {
                        check_table(csv, bytes, &options);
                        return Ok(());
                    }
                    Err(error) => outcome = Err(error),
                }
            }
            outcome
        },
        law: most_unpacked,
    }
}

/// Options that follow from the input, so that every one of them is tried, and the same input always reads alike; then
/// those that some file of the corpus needs.
fn csv_options(bytes: &[u8]) -> impl Iterator<Item = CsvOptions<'static>> {
    let sum = bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>();
    let of = |every: usize, count: usize| sum / every % count;
    let plain = CsvOptions::default();
    let any = CsvOptions {
        header: [CsvHeader::Detect, CsvHeader::Present, CsvHeader::Absent][of(1, 3)],
        missing: [CsvMissing::Refuse, CsvMissing::Nan, CsvMissing::DropRow][of(3, 3)],
        comment: [CsvComment::Hash, CsvComment::Percent, CsvComment::None][of(9, 3)],
        label: [
            None,
            Some(CsvColumn::At(0)),
            Some(CsvColumn::At(2)),
            Some(CsvColumn::Named("kind")),
        ][of(27, 4)],
        ..plain
    };
    let missing = CsvMissing::Nan;
    let label = Some(CsvColumn::At(2));
    let named = Some(CsvColumn::Named("kind"));
    let all = [
        any,
        plain,
        CsvOptions { missing, ..plain },
        CsvOptions { label, ..plain },
        CsvOptions {
            label: named,
            ..plain
        },
    ];
    all.into_iter().flat_map(|options| {
        [
            CsvSeparator::Comma,
            CsvSeparator::Semicolon,
            CsvSeparator::Tab,
            CsvSeparator::Spaces,
        ]
        .map(|separator| CsvOptions {
            separator,
            ..options
        })
    })
}

/// What holds of every table that is read.
fn check_table(csv: Csv, bytes: &[u8], options: &CsvOptions<'_>) {
    let (rows, cols) = csv.values.shape();
    assert!(csv.names.is_empty() || csv.names.len() == cols);
    assert_eq!(
        csv.labels.len(),
        if options.label.is_some() { rows } else { 0 }
    );
    let nans = csv.values.as_slice().iter().any(|x| x.is_nan());
    assert!(!nans || options.missing != CsvMissing::DropRow);
    let mut seen = vec![false; csv.classes.len()];
    csv.labels.iter().for_each(|&label| seen[label] = true);
    assert!(seen.iter().all(|&seen| seen), "a class without a row");
    // A row that is left out may be the only one of its class, which is unknown then.
    if !csv.classes.is_empty() && options.missing != CsvMissing::DropRow {
        let known = CsvOptions {
            classes: &csv.classes,
            ..*options
        };
        assert_eq!(read_csv(bytes, &known).unwrap().labels, csv.labels);
    }
    if cols > 0 {
        let _ = csv.split_labels(cols - 1);
    }
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
        finish: |random, bytes| repair(random, bytes),
        read: |bytes| {
            let network = Network::from_npz(&Npz::from_bytes(bytes.to_vec())?)?;
            // A layer of no inputs has no weights however many outputs it has; the file has their biases.
            let x = Matrix::ones(1, network.inputs());
            let y = network.forward(&x)?;
            assert_eq!(y.shape(), (1, network.outputs()));
            Ok(())
        },
        // The network itself, and one sample on its way through it.
        law: |len| 3 * len + most_unpacked(len),
    }
}
