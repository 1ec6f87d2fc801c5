//! Tables as text: what is read, what is refused and where.

use crate::common::config;
use crate::deflater::gzip;
use crate::{bits, fixture};
use proptest::prelude::*;
use rowmajor::io::{
    Csv, CsvColumn, CsvComment, CsvHeader, CsvMissing, CsvOptions, CsvSeparator, Error, read_csv,
    write_csv,
};
use rowmajor::{Matrix, matrix};

const DETECT: CsvOptions = CsvOptions {
    separator: CsvSeparator::Comma,
    header: CsvHeader::Detect,
    comment: CsvComment::Hash,
    missing: CsvMissing::Refuse,
    label: None,
    classes: &[],
};

const ABSENT: CsvOptions = CsvOptions {
    header: CsvHeader::Absent,
    ..DETECT
};

fn with(separator: CsvSeparator) -> CsvOptions<'static> {
    CsvOptions {
        separator,
        ..DETECT
    }
}

#[track_caller]
fn read(text: &str, options: &CsvOptions<'_>) -> Csv {
    read_csv(text.as_bytes(), options).unwrap()
}

#[track_caller]
fn values(text: &str, want: &Matrix) {
    let table = read(text, &DETECT);
    assert_eq!((&table.values, table.names.len()), (want, 0));
}

/// Asserts that the text is refused at this line and column, with these words.
#[track_caller]
fn refused(text: &str, options: &CsvOptions<'_>, at: (u64, u64), words: &str) {
    let error = read_csv(text.as_bytes(), options).unwrap_err();
    let Error::Text {
        line,
        column,
        format: "csv",
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((line, column), at, "{error}");
    assert_eq!(
        error.to_string(),
        format!("csv, line {line}, column {column}: expected {words}")
    );
}

#[test]
fn lines_and_fields_of_every_usual_look_read() {
    let want = matrix![[1.0, 2.0], [3.0, 4.0]];
    for text in [
        "1,2\n3,4\n",
        "1,2\n3,4",
        "1,2\r\n3,4\r\n",
        "1,2\n3,4\n\n\r\n  \n\t\n",
        " 1 ,\t2\n3 , 4 \n",
        "\u{feff}1,2\n3,4\n",
        "\"1\",\"2\"\n3,4\n",
        "\"1\" , \" 2 \" \r\n3,\"4\"\r\n",
        "1.0,2e0\n+3,.4e1\n",
    ] {
        values(text, &want);
    }
    values("7", &matrix![[7.0]]);
    values("1\n2\n", &matrix![[1.0], [2.0]]);
    let exact = "0.1,-0,5e-324\n1.7976931348623157e308,nan,-inf\n";
    let want = [0.1, -0.0, 5e-324, f64::MAX, f64::NAN, f64::NEG_INFINITY];
    assert_eq!(bits(read(exact, &DETECT).values.as_slice()), bits(&want));
}

#[test]
fn separators_read() {
    let want = matrix![[1.0, 2.0], [3.0, 4.0]];
    for (separator, text) in [
        (CsvSeparator::Semicolon, "1;2\n3 ; 4\n"),
        (CsvSeparator::Tab, "1\t2\r\n 3\t 4\n"),
        (CsvSeparator::Spaces, "1 2\n3 4\n"),
        (CsvSeparator::Spaces, "  1 \t  2 \r\n\t3   4\t\n \n"),
        (CsvSeparator::Spaces, "\"1\"  2\r\n3 \"4\"\r\n"),
    ] {
        assert_eq!(read(text, &with(separator)).values, want, "{text:?}");
    }
    // An empty field between two tabs is an empty field.
    let text = "1\t2\t3\n1\t\t3\n";
    refused(
        text,
        &with(CsvSeparator::Tab),
        (2, 3),
        "a number (field 2 of 3), found an empty field, a missing value (CsvOptions::missing says what becomes of it)",
    );
}

#[test]
fn what_python_wrote_reads() {
    let savetxt = read_csv(&fixture("savetxt.txt")[..], &with(CsvSeparator::Spaces)).unwrap();
    let want = [0.1, -2.5e-300, f64::NAN, 5e-324, f64::INFINITY, f64::MIN];
    assert_eq!(bits(savetxt.values.as_slice()), bits(&want));

    let quoted = read_csv(&fixture("quoted.csv")[..], &DETECT).unwrap();
    assert_eq!(
        quoted.names,
        ["plain", "a, b", "say \"x\"", "two\nlines", "정류"]
    );
    assert_eq!(
        quoted.values,
        matrix![[1.0, 2.5, -3.0, 1e300, 0.0], [4.0, 5.0, 6.0, 7.0, 8.0]]
    );
}

#[test]
fn headers_are_found_or_told() {
    let names = |text: &str, header| {
        let options = CsvOptions { header, ..DETECT };
        read(text, &options).names
    };
    assert_eq!(names("a,b\n1,2\n", CsvHeader::Detect), ["a", "b"]);
    assert_eq!(names(",b\n1,2\n", CsvHeader::Detect), ["", "b"]);
    assert_eq!(names("0,1\n1,2\n", CsvHeader::Detect), [""; 0]);
    assert_eq!(names("0,1\n1,2\n", CsvHeader::Present), ["0", "1"]);
    assert_eq!(
        names("150,4,setosa\n1,2,3\n", CsvHeader::Present),
        ["150", "4", "setosa"]
    );
    assert_eq!(names("a\n", CsvHeader::Present), ["a"]);
    assert_eq!(
        names(" \" a \" , \"\"\"\" ,x y\n1,2,3\n", CsvHeader::Detect),
        [" a ", "\"", "x y"]
    );

    let mixed = "a number as elsewhere in the first line, or no number in it at all (CsvHeader::Present takes any names); CsvOptions::label reads a column of text, found \"x\"";
    refused("1,x\n2,3\n", &DETECT, (1, 3), mixed);
    refused(
        "a,b\n1,2\n",
        &ABSENT,
        (1, 1),
        "a number (field 1 of 2), found \"a\"",
    );
}

#[test]
fn what_is_no_number_is_an_error_at_its_place() {
    let field =
        |n: usize, of: usize, found: &str| format!("a number (field {n} of {of}), found {found}");
    refused("1,2\n3,x\n", &DETECT, (2, 3), &field(2, 2, "\"x\""));
    refused("1,2\n3,  four\n", &DETECT, (2, 5), &field(2, 2, "\"four\""));
    for bad in ["1.2.3", "0x10", "1_000", "1e", "--1", "1 2", "na", "１"] {
        let mut words = field(1, 1, &format!("{bad:?}"));
        if bad == "1 2" {
            words += " (CsvOptions::separator says what stands between fields)";
        }
        refused(&format!("1\n{bad}\n"), &DETECT, (2, 1), &words);
    }
    // The column counts characters; a quoted line end counts as one.
    refused("é정,b\n1,2\n", &ABSENT, (1, 1), &field(1, 2, "\"é정\""));
    refused(
        "\"a\nb\",é정,x\n1,2,3\n1,2,y\n",
        &DETECT,
        (4, 5),
        &field(3, 3, "\"y\""),
    );
    let long = "x".repeat(100);
    refused(
        &format!("1\n{long}\n"),
        &DETECT,
        (2, 1),
        &field(1, 1, &format!("\"{}\"...", "x".repeat(40))),
    );
}

#[test]
fn lines_of_another_length_are_an_error() {
    let fields = "2 fields, as in the first line, found";
    refused("1,2\n3,4,5,6\n", &DETECT, (2, 5), &format!("{fields} 4"));
    refused("1,2\n3\n4,5\n", &DETECT, (2, 1), &format!("{fields} 1"));
    refused("a,b\n1,2,3\n", &DETECT, (2, 5), &format!("{fields} 3"));
    refused(
        "1 2\n3\n",
        &with(CsvSeparator::Spaces),
        (2, 1),
        &format!("{fields} 1"),
    );
}

#[test]
fn quotes_that_do_not_pair_are_an_error() {
    refused(
        "1,\"2\n3,4\n",
        &DETECT,
        (1, 3),
        "a quote that ends this field, found the end",
    );
    refused(
        "\"a\"b,c\n",
        &DETECT,
        (1, 4),
        "a separator or the end of the line after a quoted field, found 'b'",
    );
    refused(
        "a\"b,c\n",
        &DETECT,
        (1, 1),
        "quotes around the whole field, or none, found \"a\\\"b\"",
    );
}

#[test]
fn files_without_a_line_or_of_another_kind_are_an_error() {
    for empty in ["", "\n", "\r\n \n\t", "\u{feff}"] {
        refused(
            empty,
            &DETECT,
            (1, 1),
            "a line of numbers or of names, found the end",
        );
    }
    for (bytes, kind) in [
        (&b"PK\x03\x04abc"[..], "a zip archive (an .npz file?)"),
        (b"\x93NUMPY\x01\0", "an .npy file"),
        (b"<!DOCTYPE html>", "an HTML page"),
    ] {
        let error = read_csv(bytes, &DETECT).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("csv, byte 0: expected numbers as text, found {kind}")
        );
    }
    let control = "a name in UTF-8 without control characters, found \"\\u{1f}\"";
    refused("\u{1f}", &DETECT, (1, 1), control);
    let error = read_csv(&b"a,\xff\n1,2\n"[..], &DETECT).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "csv, line 1, column 3: expected a name in UTF-8 without control characters"
        ),
        "{error}"
    );
}

#[test]
fn gzipped_tables_read() {
    let table = read_csv(&gzip(b"a,b\n1,2\n")[..], &DETECT).unwrap();
    assert_eq!(table, read("a,b\n1,2\n", &DETECT));
    let error = read_csv(&gzip(b"1,2\n1,x\n")[..], &DETECT)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("csv, line 2, column 3: "), "{error}");
}

#[test]
fn labels_come_out_of_any_column() {
    let table = read("1,7,2\n3,8,4\n", &DETECT);
    for (column, x, labels) in [
        (0, matrix![[7.0, 2.0], [8.0, 4.0]], [1, 3]),
        (1, matrix![[1.0, 2.0], [3.0, 4.0]], [7, 8]),
        (2, matrix![[1.0, 7.0], [3.0, 8.0]], [2, 4]),
    ] {
        assert_eq!(
            table.clone().split_labels(column).unwrap(),
            (x, labels.to_vec())
        );
    }
    let error = table.split_labels(3).unwrap_err();
    assert_eq!(error.to_string(), "split_labels: 3 is out of range for 3");
    let (x, labels) = read("5\n6\n", &DETECT).split_labels(0).unwrap();
    assert_eq!((x.shape(), labels), ((2, 0), vec![5, 6]));
    let error = read("1,0\n1,-1\n", &DETECT).split_labels(1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "csv, line 2, column 3: expected a class label (a whole number from 0), found -1.0"
    );
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn what_is_written_reads_back_bit_for_bit(
        cols in 1..6_usize,
        numbers in prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 1..60),
    ) {
        // NaN comes back as NaN, without its payload.
        let numbers: Vec<f64> = numbers.iter().map(|x| if x.is_nan() { f64::NAN } else { *x }).collect();
        let rows = numbers.len() / cols;
        prop_assume!(rows > 0);
        let m = Matrix::from_vec(rows, cols, numbers[..rows * cols].to_vec()).unwrap();
        let mut text = Vec::new();
        write_csv(&mut text, &m).unwrap();
        let table = read_csv(&text[..], &DETECT).unwrap();
        prop_assert_eq!(table.values.shape(), (rows, cols));
        prop_assert_eq!(bits(table.values.as_slice()), bits(m.as_slice()));
        let longest = text.split(|&byte| byte == b'\n' || byte == b',').map(<[u8]>::len).max();
        prop_assert!(longest <= Some(24));
        prop_assert_eq!(read_csv(&gzip(&text)[..], &DETECT).unwrap().values.shape(), (rows, cols));
    }

    #[test]
    fn any_text_is_an_error_or_a_table(
        text in "[0-9a-c,;\"\r\n\t .#?-]{0,60}",
        header in 0..3_usize,
        separator in 0..4_usize,
        missing in 0..3_usize,
        label in 0..4_usize,
        comment in 0..2_usize,
    ) {
        let options = CsvOptions {
            header: [CsvHeader::Detect, CsvHeader::Present, CsvHeader::Absent][header],
            separator: [
                CsvSeparator::Comma,
                CsvSeparator::Semicolon,
                CsvSeparator::Tab,
                CsvSeparator::Spaces,
            ][separator],
            missing: [CsvMissing::Refuse, CsvMissing::Nan, CsvMissing::DropRow][missing],
            label: [None, Some(CsvColumn::At(0)), Some(CsvColumn::At(1)), Some(CsvColumn::Named("a"))][label],
            comment: [CsvComment::Hash, CsvComment::None][comment],
            classes: &[],
        };
        if let Ok(table) = read_csv(text.as_bytes(), &options) {
            let (rows, cols) = table.values.shape();
            let lines = text.bytes().filter(|&byte| byte == b'\n').count() + 1;
            prop_assert!(rows <= lines);
            prop_assert!(table.names.is_empty() || table.names.len() == cols);
            prop_assert_eq!(table.labels.len(), if label > 0 { rows } else { 0 });
            prop_assert!(table.labels.iter().all(|&label| label < table.classes.len()));
            // A second reading with the classes of the first is the same; a row that is left out may be the only one of
            // its class.
            if !table.classes.is_empty() && missing != 2 {
                let known = CsvOptions { classes: &table.classes, ..options };
                prop_assert_eq!(read_csv(text.as_bytes(), &known).unwrap().labels, table.labels);
            }
        }
    }
}
