//! The header's notation: what other writers make of it is read, all else is an error at its byte.

use crate::npy;
use rowmajor::io::{Array, Error, read_npy};

/// One float64, 2.5, under the given header.
fn read(header: &str) -> Result<Array, Error> {
    read_npy(&npy(header, &2.5_f64.to_le_bytes())[..])
}

#[test]
fn every_spelling_of_the_same_dict_reads() {
    for header in [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n",
        "{'shape': (1,), 'fortran_order': False, 'descr': '<f8'}",
        "{\"fortran_order\": False, \"descr\": \"<f8\", \"shape\": (1,)}",
        "{'descr':'<f8','fortran_order':True,'shape':(1,)}",
        " {\n'descr' : '<f8' ,\t'fortran_order' : False , 'shape' : ( 1 , ) , } \n",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1L,), }     \n",
        "{'descr': '<f8', 'fortran_order': ((False)), 'shape': (1,)}",
        // Python 2, with its strings Unicode; prefixes that NumPy takes too.
        "{'descr': u'<f8', 'fortran_order': False, 'shape': (1L,), }",
        "{u'descr': u\"<f8\", u'fortran_order': False, u'shape': (1,)}",
        "{'descr': U'<f8', R'fortran_order': False, r'shape': (1,)}",
        "{'descr': '<f08', 'fortran_order': False, 'shape': (1,)}",
    ] {
        let array = read(header).unwrap();
        assert_eq!(
            (array.shape(), array.as_slice().unwrap()),
            (&[1][..], &[2.5][..]),
            "{header}"
        );
    }
    let shapes: [(&str, &[usize]); 4] = [
        ("()", &[]),
        ("(1, 1)", &[1, 1]),
        ("(1L, 1L)", &[1, 1]),
        ("(1,1,1,)", &[1; 3]),
    ];
    for (text, shape) in shapes {
        let array = read(&format!(
            "{{'descr': '<f8', 'fortran_order': False, 'shape': {text}}}"
        ))
        .unwrap();
        assert_eq!(array.shape(), shape);
    }
}

#[test]
fn native_byte_order_needs_no_sign() {
    for descr in ["=f8", "|f8", "f8"] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ()}}");
        let array = read_npy(&npy(&header, &2.5_f64.to_ne_bytes())[..]).unwrap();
        assert_eq!(array.as_slice().unwrap(), [2.5]);
    }
}

#[test]
fn headers_of_any_length_read() {
    // Padded to 16 as old NumPy did, to 64, not at all, by thousands.
    for padding in [0, 1, 15, 16, 63, 64, 5000, 65000] {
        let header = format!(
            "{{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}}{}\n",
            " ".repeat(padding)
        );
        assert_eq!(read(&header).unwrap().as_slice().unwrap(), [2.5]);
    }
}

#[test]
fn what_is_no_such_dict_is_an_error_at_its_byte() {
    let shape =
        |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
    let descr =
        |descr: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}");
    for (header, expected, byte) in [
        (String::new(), "a dict ('{')", 10),
        ("{".into(), "a key in quotes, or '}'", 11),
        ("{}".into(), "the key 'descr' in the header", 10),
        (
            "{'descr': '<f8', 'fortran_order': False}".into(),
            "the key 'shape' in the header",
            10,
        ),
        (
            "{'descr': '<f8', 'shape': (1,)}".into(),
            "the key 'fortran_order' in the header",
            10,
        ),
        (
            "{'descr': '<f8\n'}".into(),
            "a string with its closing quote",
            20,
        ),
        ("{'descr' '<f8'}".into(), "':'", 19),
        (
            "{'descr': }".into(),
            "a string, a whole number from 0, True, False, a tuple or a list",
            20,
        ),
        (
            "{'descr': '<f8}".into(),
            "a string with its closing quote",
            20,
        ),
        ("{'descr': '<f8' 'shape'}".into(), "',' or '}'", 26),
        (
            "{'descr': '<f8', 'descr': '<f4'}".into(),
            "each key once",
            27,
        ),
        (
            "{'descr': '<f8', 'order': True}".into(),
            "the keys 'descr', 'fortran_order' and 'shape'",
            27,
        ),
        ("{'fortran_order': 0}".into(), "True or False", 28),
        (
            "{'fortran_order': Falsehood}".into(),
            "a string, a whole number from 0, True, False, a tuple or a list",
            28,
        ),
        (shape("(1,)") + "x", "only spaces after the dict", 65),
        (shape("1"), "a tuple of sizes", 60),
        (shape("(1)"), "a tuple of sizes", 60),
        (shape("[1]"), "a tuple of sizes", 60),
        (shape("('1',)"), "whole numbers in the shape", 60),
        (shape("(1.0,)"), "a whole number", 61),
        (shape("(0x1,)"), "a whole number", 61),
        (shape("(1_0,)"), "a whole number", 61),
        (shape("(01,)"), "a number without leading zeros", 61),
        (shape("(1 1)"), "',' or ')'", 63),
        (
            shape("(-1,)"),
            "a string, a whole number from 0, True, False, a tuple or a list",
            61,
        ),
        (shape("(18446744073709551616,)"), "a number below 2^64", 61),
        // numpy#28334: a writer printed its numbers with their type.
        (
            shape("(np.int64(1),)"),
            "a string, a whole number from 0, True, False, a tuple or a list",
            61,
        ),
        (
            shape("__import__('os').abort()"),
            "a string, a whole number from 0, True, False, a tuple or a list",
            60,
        ),
        (shape(&"(".repeat(1000)), "at most 16 nested brackets", 77),
        (
            shape(&format!("({})", "1,".repeat(65))),
            "at most 64 axes",
            60,
        ),
        (descr("8"), "a dtype such as '<f8'", 20),
        (descr("''"), "a dtype such as '<f8'", 20),
        (descr("'<'"), "a dtype such as '<f8'", 20),
        (descr("'<f-8'"), "a dtype such as '<f8'", 20),
        (descr("'<f8 '"), "a dtype such as '<f8'", 20),
        (descr("'<U'"), "a dtype such as '<f8'", 20),
        (
            descr("'<U4611686018427387905'"),
            "a dtype such as '<f8'",
            20,
        ),
        (
            descr("'<U99999999999999999999'"),
            "a dtype such as '<f8'",
            20,
        ),
    ] {
        match read(&header) {
            Err(Error::Format {
                expected: e,
                offset,
                format: "npy",
                ..
            }) => {
                assert_eq!((e.as_str(), offset), (expected, byte), "{header}");
            }
            other => panic!("{header}: {other:?}"),
        }
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    for (value, name) in [
        ("'C'", "the string \"C\""),
        ("7", "the number 7"),
        ("True", "True"),
        ("False", "False"),
        ("(1,)", "a tuple"),
        ("[1]", "a list"),
    ] {
        let is_bool = matches!(value, "True" | "False");
        let key = if is_bool { "shape" } else { "fortran_order" };
        match read(&format!("{{'{key}': {value}}}")) {
            Err(Error::Format { found, .. }) => assert_eq!(found, name),
            other => panic!("{value}: {other:?}"),
        }
    }
}

#[test]
fn sixty_four_axes_read() {
    let shape = "1, ".repeat(64);
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape})}}");
    assert_eq!(read(&header).unwrap().shape(), [1; 64]);
}

#[test]
fn types_that_do_not_exist_are_refused() {
    for descr in ["<f3", "<i16", "<q8", "<f80", "<U0", "|S0"] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}");
        assert!(
            matches!(read(&header), Err(Error::Unsupported { .. })),
            "{descr}"
        );
    }
}

#[test]
fn text_of_variable_width_is_refused_by_name() {
    let header = "{'descr': '|T16', 'fortran_order': False, 'shape': (1,)}";
    match read(header) {
        Err(Error::Unsupported { found, .. }) => {
            assert_eq!(found, "an array of variable-width strings (\"|T16\")");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_and_numbers_are_told_apart() {
    assert!(
        !read("{'descr': '<f8', 'fortran_order': False, 'shape': ()}")
            .unwrap()
            .is_text()
    );
    assert!(
        read("{'descr': '<S8', 'fortran_order': False, 'shape': ()}")
            .unwrap()
            .is_text()
    );
}

#[test]
fn a_bool_is_0_or_1() {
    let header = "{'descr': '|b1', 'fortran_order': True, 'shape': (2, 2)}";
    match read_npy(&npy(header, &[0, 1, 2, 1])[..]) {
        // Third in Fortran order: row 0, column 1.
        Err(Error::Value {
            index: 1, found, ..
        }) => assert_eq!(found, "2"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_that_is_no_text_is_an_error() {
    let unicode = "{'descr': '<U1', 'fortran_order': False, 'shape': (2,)}";
    for point in [0xd800_u32, 0x11_0000, u32::MAX] {
        let data = [u32::from('a').to_le_bytes(), point.to_le_bytes()].concat();
        let error = read_npy(&npy(unicode, &data)[..]).unwrap_err();
        assert!(matches!(error, Error::Value { index: 1, .. }), "{error}");
    }
    let bytes = "{'descr': '|S2', 'fortran_order': False, 'shape': (1,)}";
    assert!(matches!(
        read_npy(&npy(bytes, b"\xff\0")[..]),
        Err(Error::Value { index: 0, .. })
    ));
    // NULs inside are kept, those at the end are padding.
    let inner = "{'descr': '|S4', 'fortran_order': False, 'shape': (1,)}";
    assert_eq!(
        read_npy(&npy(inner, b"a\0b\0")[..])
            .unwrap()
            .into_text()
            .unwrap(),
        ["a\0b"]
    );
}

#[test]
fn unknown_versions_are_named() {
    for version in [[0, 0], [1, 1], [4, 0]] {
        let mut bytes = npy(
            "{'descr': '<f8', 'fortran_order': False, 'shape': ()}",
            &[0; 8],
        );
        bytes[6..8].copy_from_slice(&version);
        match read_npy(&bytes[..]) {
            Err(Error::Format {
                offset: 6, found, ..
            }) => {
                assert_eq!(found, format!("{}.{}", version[0], version[1]));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Every spelling that NumPy's `np.load` reads, and no other, by what `tests/data/make_tables.py` found.
#[test]
fn types_are_spelled_as_for_numpy() {
    let spellings = String::from_utf8(crate::fixture("dtypes.txt")).unwrap();
    let mut read = 0;
    for line in spellings.lines() {
        let (descr, canonical) = line.split_once('\t').unwrap();
        let file = |descr: &str, size: usize| {
            let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}");
            // Small, so that every integer is exact; 0 or 1 for a bool; an ASCII character for text.
            let mut data = vec![0; size];
            // Without a sign, the order is the reader's own; bytes have none.
            let own =
                cfg!(target_endian = "big") && !descr.starts_with('<') && !canonical.contains('S');
            let last = if canonical.starts_with('>') || own {
                size - 1
            } else {
                0
            };
            data[last] = 1 + 64 * u8::from(canonical.contains(['U', 'S']));
            if canonical.contains('f') {
                data.rotate_right(1);
                data[0] = 3;
            }
            read_npy(&npy(&header, &data)[..])
        };
        if matches!(canonical, "-" | "<U0" | "|S0") {
            for size in [1, 2, 4, 8, 12, 16] {
                let result = file(descr, size);
                assert!(result.is_err(), "{descr:?} of {size} bytes: {result:?}");
            }
            continue;
        }
        let width: usize = canonical[2..].parse().unwrap();
        let size = if canonical.contains('U') {
            4 * width
        } else {
            width
        };
        let native = canonical.replace('<', if descr.starts_with('<') { "<" } else { "=" });
        let (found, expected) = (file(descr, size), file(&native, size));
        assert_eq!(found.unwrap(), expected.unwrap(), "{descr:?}");
        assert!(file(descr, size + 1).is_err(), "{descr:?} is wider");
        read += 1;
    }
    assert_eq!(read, 95);
}
