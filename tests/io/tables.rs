//! Tables as people have them: comments, missing values, labels of text, as NumPy and pandas read them.
//!
//! `tests/data/make_tables.py` wrote what is expected, with both of them.

use crate::{bits, fixture};
use rowmajor::io::{
    Csv, CsvColumn, CsvComment, CsvHeader, CsvMissing, CsvOptions, CsvSeparator, Error, read_csv,
    save_csv_with, write_csv_with,
};
use rowmajor::{Matrix, matrix};

const DEFAULT: CsvOptions = CsvOptions {
    separator: CsvSeparator::Comma,
    header: CsvHeader::Detect,
    comment: CsvComment::Hash,
    missing: CsvMissing::Refuse,
    label: None,
    classes: &[],
};

const NAN: CsvOptions = CsvOptions {
    missing: CsvMissing::Nan,
    ..DEFAULT
};

const PRESENT: CsvOptions = CsvOptions {
    header: CsvHeader::Present,
    ..DEFAULT
};

fn labelled(column: CsvColumn<'_>) -> CsvOptions<'_> {
    CsvOptions {
        label: Some(column),
        ..DEFAULT
    }
}

#[track_caller]
fn read(text: &str, options: &CsvOptions<'_>) -> Csv {
    read_csv(text.as_bytes(), options).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Asserts that the text is refused at this line and column, with these words somewhere.
#[track_caller]
fn refused(text: &str, options: &CsvOptions<'_>, at: (u64, u64), words: &str) {
    match read_csv(text.as_bytes(), options) {
        Err(error @ Error::Text { line, column, .. }) => {
            assert_eq!((line, column), at, "{text:?}: {error}");
            assert!(error.to_string().contains(words), "{text:?}: {error}");
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                other => other.unwrap(),
            },
            c => c,
        });
    }
    out
}

fn options(line: &str) -> CsvOptions<'_> {
    let mut options = DEFAULT;
    for option in line.split(' ') {
        match option.split_once('=').unwrap() {
            ("separator", "comma") => options.separator = CsvSeparator::Comma,
            ("separator", "semicolon") => options.separator = CsvSeparator::Semicolon,
            ("separator", "tab") => options.separator = CsvSeparator::Tab,
            ("separator", "spaces") => options.separator = CsvSeparator::Spaces,
            ("header", "detect") => options.header = CsvHeader::Detect,
            ("header", "present") => options.header = CsvHeader::Present,
            ("header", "absent") => options.header = CsvHeader::Absent,
            ("comment", "hash") => options.comment = CsvComment::Hash,
            ("comment", "percent") => options.comment = CsvComment::Percent,
            ("comment", "none") => options.comment = CsvComment::None,
            ("missing", "nan") => options.missing = CsvMissing::Nan,
            ("missing", "drop") => options.missing = CsvMissing::DropRow,
            ("label", column) => {
                options.label = Some(match column.parse() {
                    Ok(at) => CsvColumn::At(at),
                    Err(_) => CsvColumn::Named(column),
                });
            }
            other => panic!("{other:?}"),
        }
    }
    options
}

#[test]
fn tables_read_as_numpy_and_pandas_read_them() {
    let cases = String::from_utf8(fixture("tables.txt")).unwrap();
    let lines: Vec<&str> = cases.lines().collect();
    assert!(lines.len() >= 5 * 60);
    for case in lines.chunks(5) {
        let [text, options, names, values, labels] = case else {
            panic!("{case:?}")
        };
        let table = read(&unescaped(text), &self::options(options));
        let none: Vec<&str> = Vec::new();
        let names = match *names {
            "-" => none.clone(),
            names => names.split('|').collect(),
        };
        assert_eq!(table.names, names, "{text}");
        let rows: Vec<Vec<f64>> = values
            .split(';')
            .map(|row| row.split(',').map(|x| x.parse().unwrap()).collect())
            .collect();
        let shape = (rows.len(), rows[0].len());
        assert_eq!(table.values.shape(), shape, "{text}");
        assert_eq!(
            bits(table.values.as_slice()),
            bits(&rows.concat()),
            "{text}"
        );
        let (labels, classes) = match *labels {
            "-" => (Vec::new(), none),
            labels => {
                let mut parts = labels.split('|');
                let labels = parts.next().unwrap().split(',');
                (
                    labels.map(|l| l.parse().unwrap()).collect(),
                    parts.collect(),
                )
            }
        };
        assert_eq!(
            (table.labels, table.classes),
            (labels, strings(&classes)),
            "{text}"
        );
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn a_missing_value_is_refused_by_default() {
    for (missing, shown) in [
        ("", "an empty field"),
        ("?", "\"?\""),
        ("NA", "\"NA\""),
        ("N/A", "\"N/A\""),
        ("#N/A", "\"#N/A\""),
        ("<NA>", "\"<NA>\""),
        ("null", "\"null\""),
        ("None", "\"None\""),
        ("\"\"", "an empty field"),
    ] {
        let words = format!(
            "expected a number (field 2 of 3), found {shown}, a missing value (CsvOptions::missing"
        );
        refused(&format!("1,2,3\n4,{missing},6\n"), &DEFAULT, (2, 3), &words);
        refused(&format!("1,{missing},3\n"), &DEFAULT, (1, 3), &words);
    }
    // The whole first line too, which is no header then.
    refused(
        "NA,?\n1,2\n",
        &DEFAULT,
        (1, 1),
        "found \"NA\", a missing value",
    );
    refused(",\n1,2\n", &DEFAULT, (1, 1), "found an empty field");
    // Words of no such meaning stay an error.
    for word in [
        "-", ".", "missing", "na", "N.A.", "#VALUE!", "NaT", "1,5", "1.0D+00",
    ] {
        let text = format!("1;2\n{word};4\n");
        let options = CsvOptions {
            separator: CsvSeparator::Semicolon,
            ..NAN
        };
        refused(&text, &options, (2, 1), "expected a number (field 1 of 2)");
    }
    // One column: an empty line may be a value that is missing, or nothing.
    for options in [DEFAULT, NAN] {
        refused("1\n\n2\n", &options, (2, 1), "found an empty line");
        refused("a\n\n \n2\n", &options, (2, 1), "found an empty line");
    }
    assert_eq!(read("1\n\n\n", &DEFAULT).values, matrix![[1.0]]);
    assert_eq!(read("\n1\n\n# end\n\n", &DEFAULT).values.shape(), (1, 1));
    assert!(read("1\n\"\"\n", &NAN).values[(1, 0)].is_nan());
}

#[test]
fn rows_with_missing_values_are_left_out() {
    let drop = CsvOptions {
        missing: CsvMissing::DropRow,
        ..DEFAULT
    };
    let table = read("a,b\n1,\n2,3\n?,NA\nnan,4\n5,6\n,7", &drop);
    assert_eq!(table.values, matrix![[2.0, 3.0], [5.0, 6.0]]);
    assert_eq!(read("1,\n?,2\n", &drop).values.shape(), (0, 2));
    // Not a row that is wrong otherwise.
    refused("1,\n,x\n", &drop, (2, 2), "expected a number");
    refused("1,2\n3,,4\n", &drop, (2, 4), "expected 2 fields");
    // Places of what is no label are those of the rows that stay.
    let error = read("0.5,\n1,2\n0.25,3\n", &drop)
        .split_labels(0)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Text {
                line: 3,
                column: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn words_that_are_almost_numbers_are_no_header() {
    for first in [
        "1.0D+00,2.0d1",
        "1_000,2_000",
        "0x10,0x20",
        "1.2.3,4.5.6",
        "1e,2e",
        "--1,--2",
        "$1,$2",
        "12:30,13:30",
        "2024-01-01,2024-01-02",
        "\u{ff11},\u{ff12}",
        "\u{2212}1,\u{2212}2",
        "1%,2%",
        "(1+2j),(3+4j)",
        "1;2,3;4",
        "1 2,3 4",
        "1'000,2'000",
        "NA,1.0D0",
        "1.5f,2.5f",
        ".5.,.6.",
        "-,.",
    ] {
        let (words, at) = (
            "does not begin as a number does",
            if first.starts_with("NA") { 4 } else { 1 },
        );
        refused(&format!("{first}\n1,2\n"), &DEFAULT, (1, at), words);
        refused(&format!("{first}\n"), &DEFAULT, (1, at), words);
        let names = read(&format!("{first}\n1,2\n"), &PRESENT).names;
        assert_eq!(names.join(","), first);
    }
    // Beside words they are names; beside numbers an error, as ever.
    assert_eq!(
        read("player,3P%,2P%\n1,2,3\n", &DEFAULT).names,
        ["player", "3P%", "2P%"]
    );
    refused(
        "1,2.0D0\n",
        &DEFAULT,
        (1, 3),
        "a number as elsewhere in the first line",
    );
    refused(
        "1.5,Iris-setosa\n",
        &DEFAULT,
        (1, 5),
        "CsvOptions::label reads a column of text, found \"Iris-setosa\"",
    );
}

#[test]
fn words_alone_are_no_empty_table() {
    for (text, at) in [
        ("a,b\n", (1, 1)),
        ("# c\n\nNA,word", (3, 4)),
        ("a,b\n# 1,2\n\n", (1, 1)),
    ] {
        refused(
            text,
            &DEFAULT,
            at,
            "lines of numbers behind these names (CsvHeader::Present takes names alone)",
        );
    }
    let table = read("a,b\n", &PRESENT);
    assert_eq!(
        (table.values.shape(), table.names),
        ((0, 2), strings(&["a", "b"]))
    );
    let table = read("# a,b", &PRESENT);
    assert_eq!(
        (table.values.shape(), table.names),
        ((0, 2), strings(&["a", "b"]))
    );
    // Rows that were left out are rows.
    let drop = CsvOptions {
        missing: CsvMissing::DropRow,
        ..DEFAULT
    };
    assert_eq!(read("a,b\n1,\n", &drop).values.shape(), (0, 2));
}

#[test]
fn comments_name_columns_with_header_present() {
    for text in [
        "# a,b\n1,2\n",
        "#a,b\n1,2",
        "## a , b # c\n1,2",
        "\n #\n#\r\n# a,b\r\n1,2\r\n",
        "\u{feff}# a,b\n# d\n1,2\n",
    ] {
        let table = read(text, &PRESENT);
        assert_eq!(
            (table.names, table.values),
            (strings(&["a", "b"]), matrix![[1.0, 2.0]]),
            "{text:?}"
        );
        assert_eq!(read(text, &DEFAULT).names, [""; 0]);
    }
    // Another number of names than of fields.
    refused(
        "# made by hand\n1,2\n",
        &PRESENT,
        (2, 3),
        "expected one field, as in the first line (CsvOptions::separator says what stands between fields), found 2",
    );
    // Names that a label is found by.
    let options = CsvOptions {
        header: CsvHeader::Present,
        ..labelled(CsvColumn::Named("k"))
    };
    let table = read("# x,k\n1,b\n2,a\n", &options);
    assert_eq!((table.names, table.labels), (strings(&["x"]), vec![1, 0]));
}

#[test]
fn marks_of_comments_in_text_are_text_or_an_error() {
    let k = CsvOptions {
        header: CsvHeader::Present,
        ..labelled(CsvColumn::At(1))
    };
    let classes = |text: &str| read(text, &k).classes;
    assert_eq!(classes("x,k\n1,C#\n2,C\n"), ["C", "C#"]);
    assert_eq!(classes("x,k\n1,a # said so\n2,b #\n"), ["a", "b"]);
    assert_eq!(
        classes("x,k\n1,\"Sample #1\"\n2,\"Sample #2\" # c\n"),
        ["Sample #1", "Sample #2"]
    );
    let words = "a space behind the mark of a comment, quotes around text that holds it";
    refused("x,k\n1,Sample #1\n2,Sample #2\n", &k, (2, 10), words);
    refused("x,k\n1,3#7\n", &k, (2, 4), words);
    refused("x,item #,y\n1,2,3\n", &DEFAULT, (1, 8), words);
    refused("x,#items\n1,2\n", &DEFAULT, (1, 3), words);
    refused(
        "x #items\n1 2\n",
        &CsvOptions {
            separator: CsvSeparator::Spaces,
            ..DEFAULT
        },
        (1, 3),
        words,
    );
    let none = CsvOptions {
        comment: CsvComment::None,
        ..k
    };
    assert_eq!(read("#x,k\n1,Sample #1\n", &none).classes, ["Sample #1"]);
    // A row that begins with a spreadsheet's error is not lost in silence.
    for error in ["#N/A", "#NA", "#DIV/0!", "#REF!", "#N/A N/A"] {
        refused(
            &format!("1,2\n{error},3\n"),
            &DEFAULT,
            (2, 1),
            &format!("found \"{error}\""),
        );
        refused(
            &format!("1,2\n3, {error} \n"),
            &DEFAULT,
            (2, 4),
            &format!("found \"{error}\""),
        );
    }
    assert!(read("1,2\n#N/A,3\n", &NAN).values[(1, 0)].is_nan());
    assert!(read("1,2\n3,-1.#IND\n", &NAN).values[(1, 1)].is_nan());
    refused("1,2\n3,1.#INF\n", &NAN, (2, 3), "found \"1.#INF\"");
    assert!(
        read(
            "1 2\n3 #N/A\n",
            &CsvOptions {
                separator: CsvSeparator::Spaces,
                ..NAN
            }
        )
        .values[(1, 1)]
            .is_nan()
    );
    assert_eq!(
        read("1\n#N/A is a comment\n", &DEFAULT).values.shape(),
        (1, 1)
    );
    // Behind a number, with whatever follows; not within a word.
    assert_eq!(read("1,2#x,y\n3,4\n", &DEFAULT).values.shape(), (2, 2));
    refused("1,2\n3,x#1\n", &DEFAULT, (2, 3), "found \"x#1\"");
    refused("1,2\n3#x,4\n", &DEFAULT, (2, 1), "expected 2 fields");
}

#[test]
fn carriage_returns_end_no_line() {
    for (text, absent, present) in [
        ("1,2\r3,4\r", (1, 3), (1, 3)),
        ("a\rb\r", (1, 1), (1, 1)),
        ("1\r,2\n", (1, 1), (1, 1)),
        ("1,2\r\r\n3,4\n", (1, 3), (1, 3)),
        ("1,2 # a\r3,4\n5,6\n", (1, 5), (1, 5)),
        ("# a\r1,2\r", (1, 1), (1, 3)),
    ] {
        let header = CsvHeader::Absent;
        let options = CsvOptions { header, ..DEFAULT };
        refused(text, &options, absent, "not in \\r alone");
        refused(text, &PRESENT, present, "not in \\r alone");
    }
    refused("\"1\"\r,2\n", &DEFAULT, (1, 4), "a separator or the end");
    read("1,2 # a\r\n3,\"4\"\r", &DEFAULT);
}

#[test]
fn a_separator_ends_every_line_or_none() {
    assert_eq!(read("a,b,\n1,2,\n3,4,\n", &DEFAULT).names, ["a", "b"]);
    assert_eq!(
        read("a,b\n1,2,\n3,4,\n", &DEFAULT).values,
        matrix![[1.0, 2.0], [3.0, 4.0]]
    );
    assert_eq!(
        read("1,2, # c\n3,4,\n", &DEFAULT).values,
        matrix![[1.0, 2.0], [3.0, 4.0]]
    );
    assert_eq!(read("1,\n2,\n", &DEFAULT).values, matrix![[1.0], [2.0]]);
    refused(
        "1,2,3\n4,5,6,\n",
        &DEFAULT,
        (2, 7),
        "expected 3 fields, as in the first line, found 4",
    );
    refused(
        "a,b\n1,2,\n3,4\n",
        &DEFAULT,
        (3, 3),
        "expected 2 fields and a separator behind each, found 2",
    );
    refused(
        "a,b\n1,2,\n3,4,5\n",
        &DEFAULT,
        (3, 5),
        "expected 2 fields and a separator behind each, found 3",
    );
    refused("1,2,\n3,4,5\n", &DEFAULT, (1, 5), "found an empty field");
    refused(
        "a,b,\n1,2\n",
        &DEFAULT,
        (2, 3),
        "expected 3 fields, as in the first line, found 2",
    );
    // Two of them are an empty column.
    refused("1,2,,\n3,4,,\n", &DEFAULT, (1, 5), "found an empty field");
    // An empty field in quotes is a field.
    refused(
        "a,b\n1,2,\"\"\n",
        &DEFAULT,
        (2, 5),
        "expected 2 fields, as in the first line, found 3",
    );
}

#[test]
fn labels_get_the_same_classes_in_every_file() {
    let train = read(
        "5.1,setosa\n7.0,virginica\n6.1,setosa\n",
        &labelled(CsvColumn::At(1)),
    );
    assert_eq!(
        (&train.labels[..], &train.classes[..]),
        (&[0, 1, 0][..], &strings(&["setosa", "virginica"])[..])
    );
    let known = CsvOptions {
        classes: &train.classes,
        ..labelled(CsvColumn::At(1))
    };
    let test = read("7.2,virginica\n", &known);
    assert_eq!((test.labels, &test.classes), (vec![1], &train.classes));
    refused(
        "1,setosa\n2,versicolor\n",
        &known,
        (2, 3),
        "expected one of the 2 classes that are known, found \"versicolor\"",
    );
    refused("1,Setosa\n", &known, (1, 3), "found \"Setosa\"");
    // In the order that is given, not sorted; the first of equal ones.
    let given = strings(&["z", "a", "m", "a"]);
    let options = CsvOptions {
        classes: &given,
        ..labelled(CsvColumn::At(0))
    };
    let table = read("a,1\nm,1\nz,1\n", &options);
    assert_eq!(
        (table.labels, table.classes),
        (vec![1, 2, 0], given.clone())
    );
    // Numbers sort as numbers, in one spelling.
    assert_eq!(
        read("10,1\n9,1\n-1,1\n", &labelled(CsvColumn::At(0))).classes,
        ["-1", "9", "10"]
    );
    assert_eq!(
        read(
            "10,1\n9,1\nx,1\n",
            &CsvOptions {
                header: CsvHeader::Absent,
                ..labelled(CsvColumn::At(0))
            }
        )
        .classes,
        ["10", "9", "x"]
    );
    refused(
        "1,5\n2,5\n1.0,5\n",
        &labelled(CsvColumn::At(0)),
        (3, 1),
        "expected the class \"1\", spelled as before, found \"1.0\"",
    );
    refused(
        "1.0,5\n2,5\n1,5\n",
        &labelled(CsvColumn::At(0)),
        (3, 1),
        "expected the class \"1.0\", spelled as before, found \"1\"",
    );
}

#[test]
fn labels_that_are_missing_or_no_text_are_an_error() {
    let at = |at| CsvOptions {
        missing: CsvMissing::Nan,
        header: CsvHeader::Absent,
        ..labelled(CsvColumn::At(at))
    };
    for missing in ["", "?", "NA", "None", "nan", "-NaN", "\"\""] {
        refused(
            &format!("1,a\n2,{missing}\n3,b\n"),
            &at(1),
            (2, 3),
            "a missing label (CsvMissing::DropRow leaves its row out; in quotes it is a class)",
        );
    }
    assert_eq!(read("1,a\n2,\"None\"\n", &at(1)).classes, ["None", "a"]);
    assert_eq!(read("1,a\n2,\"nan\"\n", &at(1)).classes, ["a", "nan"]);
    let drop = CsvOptions {
        missing: CsvMissing::DropRow,
        ..at(1)
    };
    let table = read("1,0.0\n2,nan\n3,1.0\n", &drop);
    assert_eq!(table.classes, ["0.0", "1.0"]);
    assert_eq!(table.labels, [0, 1]);
    let known = strings(&["None", "Mild"]);
    let options = CsvOptions {
        classes: &known,
        ..at(1)
    };
    assert_eq!(read("1,Mild\n2,None\n", &options).labels, [1, 0]);
    for (text, place) in [(&b"1,a\n2,\xff\n"[..], (2, 3)), (b"1,a\n2,\x1f\n", (2, 3))] {
        let error = read_csv(text, &at(1)).unwrap_err();
        assert!(
            matches!(error, Error::Text { line, column, .. } if (line, column) == place),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("a class in UTF-8 without control characters"),
            "{error}"
        );
    }
}

#[test]
fn lines_of_one_field_are_told_of_the_separator() {
    let told = "(CsvOptions::separator says what stands between fields)";
    for (text, at) in [
        ("a;b\n1;2\n", (2, 1)),
        ("a\tb\n1\t2\n", (2, 1)),
        ("1;2\n3;4\n", (1, 1)),
        ("a;b\n1,5;2,5\n", (2, 3)),
    ] {
        refused(text, &DEFAULT, at, told);
    }
    for label in [CsvColumn::Named("b"), CsvColumn::At(1)] {
        refused("a;b\n1;2\n", &labelled(label), (1, 1), told);
    }
    for text in ["a\nx\n", "a,b\n1;2,3\n", "1.0D+00\n"] {
        let error = read_csv(text.as_bytes(), &DEFAULT).unwrap_err().to_string();
        assert!(!error.contains("separator"), "{error}");
    }
}

#[test]
fn columns_that_pandas_numbers_are_not_taken_for_values() {
    let label = |at| labelled(CsvColumn::At(at));
    let counts = "CsvHeader::Present or CsvHeader::Absent for a first line that counts 0, 1, 2";
    refused("0,1,2,target\n5.1,3.5,1.4,a\n", &label(3), (1, 1), counts);
    refused("target,0,1,2\na,5.1,3.5,1.4\n", &label(0), (1, 1), counts);
    // With its index, and missing values as NaN.
    let nan = CsvOptions {
        missing: CsvMissing::Nan,
        ..label(4)
    };
    refused(",0,1,2,kind\n0,5.1,3.5,1.4,a\n", &nan, (1, 1), counts);
    let classes = "a number, as every other class is (CsvHeader::Present takes names)";
    refused(
        "2020,2021,kind\n1,2,0\n3,4,1\n",
        &label(2),
        (1, 11),
        classes,
    );
    let named = labelled(CsvColumn::Named("target"));
    refused(
        "0,1,2,target\n5.1,3.5,1.4,a\n",
        &named,
        (1, 1),
        "CsvHeader::Present",
    );

    let present = CsvOptions {
        header: CsvHeader::Present,
        ..label(3)
    };
    let table = read("0,1,2,target\n5.1,3.5,1.4,a\n", &present);
    assert_eq!(
        (table.names, table.classes),
        (strings(&["0", "1", "2"]), strings(&["a"]))
    );
    let absent = CsvOptions {
        header: CsvHeader::Absent,
        ..label(3)
    };
    assert_eq!(
        read("0,1,2,x\n3,4,5,6\n", &absent).classes,
        strings(&["6", "x"])
    );
    // Values: without labels, in another order, written otherwise, too few; classes that are not all numbers.
    assert_eq!(read("0,1,2\n3,4,5\n", &DEFAULT).values.nrows(), 2);
    for text in [
        "0,2,1,x\n",
        "0.0,1,2,x\n",
        "1,2,3,x\n",
        "0,1,2.5,x\n",
        "7,1,2,x\n3,4,5,y\n6,7,8,1\n",
    ] {
        assert_eq!(
            read(text, &label(3)).labels[0],
            read(text, &absent).labels[0],
            "{text:?}"
        );
    }
    assert_eq!(read("0,1,x\n", &label(2)).labels, [0]);
    let named = "a,k\n1,x\n2,5\n3,6\n";
    assert_eq!(read(named, &label(1)).classes, strings(&["5", "6", "x"]));
}

#[test]
fn a_column_of_labels_that_is_not_there_is_an_error() {
    refused(
        "1,2\n",
        &labelled(CsvColumn::At(2)),
        (1, 1),
        "expected a column 2 (from 0), for the labels, found 2 columns",
    );
    refused(
        "1,2,\n",
        &labelled(CsvColumn::At(2)),
        (1, 1),
        "expected a column 2 (from 0), for the labels, found 2 columns",
    );
    refused(
        "a,b\n1,2\n",
        &labelled(CsvColumn::Named("c")),
        (1, 1),
        "expected one column of the name \"c\", for the labels, found none of 2",
    );
    refused(
        "a,a\n1,2\n",
        &labelled(CsvColumn::Named("a")),
        (1, 1),
        "for the labels, found 2",
    );
    refused(
        "1,2\n",
        &labelled(CsvColumn::Named("a")),
        (1, 1),
        "expected names, of which \"a\" is the column of labels (CsvHeader::Present takes any), found a line of values",
    );
    let absent = CsvOptions {
        header: CsvHeader::Absent,
        ..labelled(CsvColumn::Named("a"))
    };
    refused("a,b\n1,2\n", &absent, (1, 1), "found a line of values");
    // Labels alone do not tell a name from a class.
    refused(
        "kind\na\nb\n",
        &labelled(CsvColumn::At(0)),
        (1, 1),
        "CsvHeader::Present or CsvHeader::Absent",
    );
    let table = read("kind\na\nb\n", &labelled(CsvColumn::Named("kind")));
    assert_eq!((table.values.shape(), table.labels), ((2, 0), vec![0, 1]));
    let absent = CsvOptions {
        header: CsvHeader::Absent,
        ..labelled(CsvColumn::At(0))
    };
    assert_eq!(read("b\na\nb\n", &absent).labels, [1, 0, 1]);
}

#[test]
fn a_value_that_is_no_label_is_named_by_line_and_column() {
    for (text, column, at) in [
        ("x,k\n1,0\n# c\n2,  -1\n3,0.5\n", 1, (4, 5)),
        ("\"a\nb\",k\n1,1e300\n", 1, (3, 3)),
        ("é,k\n0.5,1\n", 0, (2, 1)),
        ("1,9007199254740993\n", 0, (0, 0)),
        ("1,9007199254740994\n", 1, (1, 3)),
        ("1,nan\n", 1, (1, 3)),
    ] {
        match read(text, &DEFAULT).split_labels(column) {
            Err(Error::Text { line, column, .. }) => assert_eq!((line, column), at, "{text:?}"),
            other => assert_eq!((other.is_ok(), at), (true, (0, 0)), "{text:?}: {other:?}"),
        }
    }
    // A line of very many of them takes no time that grows with its square.
    let wide = read(&"0.5,".repeat(300_000), &DEFAULT);
    let error = wide.split_labels(299_999).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Text {
                column: 1_199_997,
                ..
            }
        ),
        "{error}"
    );
    let error = read("1,\n2,3\n", &NAN).split_labels(1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "csv, line 1, column 3: expected a class label (a whole number from 0), found NaN"
    );
    // Values that were changed have no place in the file any more.
    let mut table = read("1,2\n3,4\n", &DEFAULT);
    table.values[(1, 0)] = -3.0;
    let error = table.split_labels(0).unwrap_err();
    assert!(matches!(error, Error::Value { index: 1, .. }), "{error}");
}

#[test]
fn names_and_separators_are_written() {
    let m = matrix![[1.0, f64::NAN], [-0.5, 1e300]];
    let text = |names: &[&str], separator| {
        let mut text = Vec::new();
        write_csv_with(&mut text, &m, names, separator).map(|()| String::from_utf8(text).unwrap())
    };
    let names = ["a", "b"];
    assert_eq!(
        text(&names, CsvSeparator::Comma).unwrap(),
        "a,b\n1,NaN\n-0.5,1e300\n"
    );
    assert_eq!(
        text(&names, CsvSeparator::Semicolon).unwrap(),
        "a;b\n1;NaN\n-0.5;1e300\n"
    );
    assert_eq!(
        text(&names, CsvSeparator::Tab).unwrap(),
        "a\tb\n1\tNaN\n-0.5\t1e300\n"
    );
    assert_eq!(
        text(&names, CsvSeparator::Spaces).unwrap(),
        "a b\n1 NaN\n-0.5 1e300\n"
    );
    assert_eq!(
        text(&[], CsvSeparator::Tab).unwrap(),
        "1\tNaN\n-0.5\t1e300\n"
    );
    let error = text(&["a"], CsvSeparator::Comma).unwrap_err();
    assert_eq!(error.to_string(), "write_csv: expected 2 values, found 1");
    let error = text(&["a", "\u{1}"], CsvSeparator::Comma).unwrap_err();
    assert!(matches!(error, Error::Name { .. }), "{error}");
    // Rows of nothing can be too many to be counted through.
    let (m, comma) = (Matrix::zeros(1 << 40, 0), CsvSeparator::Comma);
    write_csv_with(Vec::new(), &m, &[""; 0], comma).unwrap();
    let m = matrix![[1.0, f64::NAN], [-0.5, 1e300]];
    let path = std::env::temp_dir().join(format!("rowmajor-names-{}.csv", std::process::id()));
    assert!(save_csv_with(&path, &m, &["a"], CsvSeparator::Comma).is_err());
    assert!(!path.exists());
    save_csv_with(
        &path,
        &m,
        &["a".to_owned(), "b".to_owned()],
        CsvSeparator::Comma,
    )
    .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"a,b\n1,NaN\n-0.5,1e300\n");
    std::fs::remove_file(&path).unwrap();
}

/// Every name comes back, whatever it holds, by every separator.
#[test]
fn names_that_are_written_read_back() {
    let words = [
        "a",
        "",
        " a ",
        "a,b",
        "a;b",
        "a\tb",
        "a b",
        "\"",
        "\"\"a",
        "a\"b",
        "# a",
        "#",
        "a #1",
        "C#",
        "% a",
        "a\nb",
        "a\r\nb",
        "1",
        "NA",
        "#N/A",
        "정류",
        "a\r",
        "\u{feff}a",
        "_",
    ];
    for separator in [
        CsvSeparator::Comma,
        CsvSeparator::Semicolon,
        CsvSeparator::Tab,
        CsvSeparator::Spaces,
    ] {
        for comment in [CsvComment::Hash, CsvComment::Percent, CsvComment::None] {
            let options = CsvOptions {
                separator,
                comment,
                ..PRESENT
            };
            let mut text = Vec::new();
            write_csv_with(&mut text, &Matrix::ones(2, words.len()), &words, separator).unwrap();
            let table = read_csv(&text[..], &options).unwrap();
            assert_eq!(
                (table.names, table.values),
                (strings(&words), Matrix::ones(2, words.len()))
            );
            for word in words {
                text.clear();
                write_csv_with(&mut text, &matrix![[7.0]], &[word], separator).unwrap();
                let table = read_csv(&text[..], &options).unwrap();
                assert_eq!(
                    (table.names, table.values),
                    (strings(&[word]), matrix![[7.0]]),
                    "{text:?}"
                );
            }
        }
    }
}
