//! Readers of arrays, data sets and archives.

use super::zips::{Style, deflated, zip};
use super::{Bits, FIXED, Failure, alone, numbers, spared, starve};
use crate::deflater::gzip;
use rowmajor::io::{self, CsvColumn, CsvMissing, CsvOptions, CsvSeparator, Error, Npz, NpzWriter};

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn array(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy(
        &format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}}}"),
        data,
    )
}

/// All numbers or all texts of an array.
pub(super) fn content(array: io::Array) -> Result<Vec<u64>, Error> {
    if array.is_text() {
        let text = array.into_text()?;
        return Ok(spared(|| text.bits()));
    }
    match array.to_labels() {
        Err(error) if error.is_memory() => return Err(error),
        _ => {}
    }
    let matrix = array.into_matrix()?;
    Ok(spared(|| matrix.bits()))
}

#[test]
fn arrays_are_read_or_an_error() {
    let _turn = alone();
    let wide: Vec<u8> = "\u{20ac}"
        .chars()
        .cycle()
        .take(5000)
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    let many = format!("({})", "1,".repeat(5000));
    let records = format!("[{}]", "('a','<f8'),".repeat(2000));
    let nested = format!("({}{})", "((1,2),".repeat(14), "),".repeat(14));
    for (what, bytes) in [
        ("f8", array("<f8", "False", "(100, 100)", &[7; 80_000])),
        (
            "f8, Fortran",
            array(">f8", "True", "(100, 100)", &[7; 80_000]),
        ),
        ("u1", array("|u1", "False", "(100, 50, 2)", &[7; 10_000])),
        ("i8", array("<i8", "False", "(2000,)", &[0; 16_000])),
        (
            "many texts",
            array("|S2", "True", "(1000, 2)", &[b'x'; 4000]),
        ),
        (
            "a long text",
            array("|S20000", "False", "()", &[b'x'; 20_000]),
        ),
        ("no UTF-8", array("|S20000", "False", "()", &[0xff; 20_000])),
        ("a long wide text", array("<U5000", "False", "()", &wide)),
        (
            "no character",
            array("<U5000", "False", "()", &[0xff; 20_000]),
        ),
        ("too many axes", array("<f8", "False", &many, &[0; 8])),
        (
            "a long number",
            array("<f8", "False", &format!("({},)", "1".repeat(50_000)), &[]),
        ),
        ("brackets", array("<f8", "False", &nested, &[])),
        (
            "records",
            npy(
                &format!("{{'descr': {records}, 'fortran_order': False, 'shape': ()}}"),
                &[],
            ),
        ),
        (
            "a long type",
            array(&"f".repeat(50_000), "False", "()", &[]),
        ),
        (
            "a long key",
            npy(&format!("{{'{}': 1}}", "\\x".repeat(20_000)), &[]),
        ),
        (
            "many keys",
            npy(
                &format!(
                    "{{{}}}",
                    (0..2000).map(|i| format!("'{i}':1,")).collect::<String>()
                ),
                &[],
            ),
        ),
    ] {
        starve(what, FIXED, false, || content(io::read_npy(&bytes[..])?));
    }
}

#[test]
fn data_sets_are_read_or_an_error() {
    let _turn = alone();
    let idx = [&b"\0\0\x0d\x02\0\0\0\x64\0\0\0\x64"[..], &[7; 40_000]].concat();
    let cut = &idx[..30_000];
    for bytes in [&idx[..], &gzip(&idx), cut, &gzip(cut)] {
        starve("idx", FIXED, false, || content(io::read_idx(bytes)?));
    }
    let numbers = "1.5,2,-3\n".repeat(2000);
    let names = format!("{},{},{}\n", "a".repeat(20_000), "b", "\"\"\"c\"\"\"");
    let quotes = format!("\"{}\"\n1\n", "x\"\"".repeat(10_000));
    let control = format!("{}\u{1}\n1\n", "x".repeat(20_000));
    let number = format!("1\n{}\n", "9x".repeat(20_000));
    for text in [
        numbers.clone(),
        format!("{names}{numbers}"),
        format!("{numbers}4,5\n"),
        quotes,
        control,
        number,
    ] {
        for bytes in [text.as_bytes(), &gzip(text.as_bytes())] {
            starve("csv", FIXED, false, || {
                let csv = io::read_csv(bytes, &CsvOptions::default())?;
                let (values, labels) = csv.split_labels(0)?;
                Ok::<_, Error>(spared(|| [values.bits(), labels.bits()].concat()))
            });
        }
    }
    let array = array("<f8", "True", "(100, 100)", &[7; 80_000]);
    let padded = [&gzip(&idx)[..], &[0; 20_000]].concat();
    starve("zeros behind gzip", FIXED, false, || {
        content(io::read_idx(&padded[..])?)
    });
    for style in [Style::Plain, Style::Zip64] {
        let bytes = zip(&[deflated("m.npy", &array)], style);
        let npz = Npz::from_bytes(bytes).unwrap();
        assert!(starve("deflated", FIXED, false, || npz.matrix("m")) > 0);
    }
}

/// Comments, labels of text, missing values; names that are written.
#[test]
fn tables_of_every_option_are_read_or_an_error() {
    let _turn = alone();
    let few = "1.5,2,setosa # c\n?,3,virginica\n\n# comment\n4,5,\"a \"\"b\"\"\"\n".repeat(250);
    let many: String = (0..700)
        .map(|i| format!("{i},{},class {i}\n", i % 7))
        .collect();
    let numbers: String = (0..1000).map(|i| format!("1,2,{}\n", 1000 - i)).collect();
    let twice = format!("{numbers}1,2,1.0\n");
    let long = format!("1,2,{}\n", "x".repeat(10_000)).repeat(2);
    let quoted = format!("1,2,\"{}\"\n", "x\"\"".repeat(3000)).repeat(2);
    let named = format!("{},b,kind,\n1,2,c,\n", "a".repeat(10_000));
    let empty = format!(",,a{}\n", ",".repeat(100)).repeat(30);
    let known: Vec<String> = (0..1200).map(|i| format!("class {}", 1199 - i)).collect();
    let at = |missing| CsvOptions {
        missing,
        label: Some(CsvColumn::At(2)),
        ..CsvOptions::default()
    };
    let by_name = CsvOptions {
        label: Some(CsvColumn::Named("kind")),
        ..CsvOptions::default()
    };
    let of_known = CsvOptions {
        classes: &known,
        ..at(CsvMissing::Refuse)
    };
    for (what, text, options) in [
        ("few classes", &few, at(CsvMissing::Nan)),
        ("rows left out", &few, at(CsvMissing::DropRow)),
        ("a missing value", &few, at(CsvMissing::Refuse)),
        ("empty fields", &empty, at(CsvMissing::Nan)),
        ("many classes", &many, at(CsvMissing::Refuse)),
        ("known classes", &many, of_known),
        (
            "an unknown class",
            &few,
            CsvOptions {
                missing: CsvMissing::Nan,
                ..of_known
            },
        ),
        ("classes of numbers", &numbers, at(CsvMissing::Refuse)),
        ("a class in two spellings", &twice, at(CsvMissing::Refuse)),
        ("long classes", &long, at(CsvMissing::Refuse)),
        ("quoted classes", &quoted, at(CsvMissing::Refuse)),
        ("a label by name", &named, by_name),
    ] {
        for bytes in [text.as_bytes(), &gzip(text.as_bytes())] {
            starve(what, FIXED, false, || {
                let csv = io::read_csv(bytes, &options)?;
                Ok::<_, Error>(spared(|| {
                    let text = [csv.names.bits(), csv.classes.bits()].concat();
                    [csv.values.bits(), csv.labels.bits(), text].concat()
                }))
            });
        }
    }
    let names = [
        "a,b".repeat(20_000),
        "\"".repeat(20_000),
        "c".repeat(20_000),
    ];
    let m = super::numbers(2, 3);
    starve("names written", FIXED, false, || {
        io::write_csv_with(std::io::sink(), &m, &names, CsvSeparator::Comma)
    });
}

/// An archive of many members, some with the longest names there are.
fn archive() -> Vec<u8> {
    let mut npz = NpzWriter::new(Vec::new());
    for i in 0..400 {
        npz.vector(&format!("{i}"), &[i as f64]).unwrap();
    }
    npz.vector(&"\u{7f}".repeat(4092), &[1.0]).unwrap();
    npz.matrix("m", &numbers(100, 100)).unwrap();
    npz.finish().unwrap()
}

#[test]
fn archives_are_read_or_an_error() {
    let _turn = alone();
    let bytes = archive();
    let read = || Npz::read(&bytes[..]);
    starve("open", FIXED, false, || {
        read().map(|npz| vec![npz.names().count()])
    });
    let npz = read().unwrap();
    assert!(starve("matrix", FIXED, false, || npz.matrix("m")) > 0);
    starve("missing", FIXED, false, || npz.vector("no"));
    starve("a long name", FIXED, false, || {
        npz.vector(&"\u{7f}".repeat(4092))
    });
    // The name in the member's header is another one.
    let mut other = bytes.clone();
    let at = other.windows(9).position(|w| w == [0x7f; 9]).unwrap();
    other[at] = b'x';
    starve("another name", FIXED, false, || {
        Npz::from_bytes(spared(|| other.clone())).map(|_| ())
    });
}
