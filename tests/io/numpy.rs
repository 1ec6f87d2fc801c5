//! What NumPy wrote, read. The values stand in `tests/data/make_fixtures.py` once more.

use crate::{bits, fixture, fixture_path};
use rowmajor::io::{Array, Error, Npz, load_npy, read_npy};
use rowmajor::{Matrix, matrix};

/// The six values of each type in `types.npz`, the first row's and the second row's.
fn values(kind: &str) -> [f64; 6] {
    let p = |e: i32| 2.0_f64.powi(e);
    let inf = f64::INFINITY;
    match kind {
        "b1" => [0.0, 1.0, 1.0, 0.0, 1.0, 0.0],
        "i1" => [-128.0, -1.0, 0.0, 1.0, 2.0, 127.0],
        "u1" => [0.0, 1.0, 2.0, 127.0, 128.0, 255.0],
        "i2" => [-32768.0, -1.0, 0.0, 1.0, 258.0, 32767.0],
        "u2" => [0.0, 1.0, 2.0, 258.0, 32768.0, 65535.0],
        "i4" => [-p(31), -1.0, 0.0, 1.0, 16_909_060.0, p(31) - 1.0],
        "u4" => [0.0, 1.0, 2.0, 16_909_060.0, p(31), p(32) - 1.0],
        "i8" => [-p(63), -1.0, 0.0, 1.0, p(53), p(53) + 2.0],
        "u8" => [0.0, 1.0, 2.0, p(53), p(63), p(64) - 2048.0],
        "f2" => [-0.0, p(-24), 1023.0 * p(-24), 1.5, -65504.0, inf],
        "f4" => [-0.0, p(-149), 0.5, -1.5, f64::from(f32::MAX), -inf],
        "f8" => [
            -0.0,
            f64::from_bits(1),
            0.1,
            f64::MIN,
            inf,
            f64::from_bits(0x7ff8_0000_dead_beef),
        ],
        other => panic!("{other}"),
    }
}

#[test]
fn every_type_byte_order_layout_and_version_reads_exactly() {
    let npz = Npz::from_bytes(fixture("types.npz")).unwrap();
    let mut read = 0;
    for kind in [
        "b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8",
    ] {
        for order in if kind.ends_with('1') {
            &["le"][..]
        } else {
            &["le", "be"]
        } {
            for layout in ["C", "F"] {
                for version in 1..=3 {
                    let name = format!("{kind}_{order}_{layout}_v{version}");
                    let array = npz.get(&name).unwrap();
                    assert_eq!(array.shape(), [2, 3], "{name}");
                    assert_eq!(
                        bits(array.as_slice().unwrap()),
                        bits(&values(kind)),
                        "{name}"
                    );
                    read += 1;
                }
            }
        }
    }
    assert_eq!(read, 126);
    assert_eq!(npz.names().count(), read);
}

/// `(np.arange(12.0) / 8 - 0.5).reshape(3, 4)`
fn w1() -> Matrix {
    Matrix::from_fn(3, 4, |row, col| (4 * row + col) as f64 / 8.0 - 0.5)
}

#[test]
fn savez_archives_read_by_name() {
    let npz = Npz::load(fixture_path("savez.npz")).unwrap();
    let names: Vec<&str> = npz.names().collect();
    assert_eq!(names.len(), 17);
    assert_eq!(names[..3], ["w1", "w1_fortran", "b1"]);
    assert_eq!(npz.other_names().count(), 0);

    assert_eq!(npz.matrix("w1").unwrap(), w1());
    assert_eq!(npz.matrix("w1.npy").unwrap(), w1());
    assert_eq!(npz.matrix("w1_fortran").unwrap(), w1());
    let b1 = [0.25, 1.25, 2.25, 3.25];
    assert_eq!(npz.vector("b1").unwrap(), b1);
    assert_eq!(npz.vector("b1_row").unwrap(), b1);
    assert_eq!(npz.matrix("b1").unwrap(), npz.matrix("b1_row").unwrap());
    assert_eq!(npz.labels("labels").unwrap(), [7, 2, 1, 0, 4]);
}

#[test]
fn text_of_either_width_and_order_reads() {
    let npz = Npz::from_bytes(fixture("savez.npz")).unwrap();
    let text = |name: &str| npz.text(name).unwrap();
    assert_eq!(text("activations"), ["sigmoid", "sigmoid", "softmax"]);
    assert_eq!(text("activations_big"), ["relu", "정류", "", "\u{1f600}"]);
    assert_eq!(text("activations_bytes"), ["tanh", "identity"]);
    assert_eq!(text("words_fortran"), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(text("word"), ["step"]);
    assert_eq!(text("no_words"), [""; 0]);
    assert_eq!(npz.get("words_fortran").unwrap().shape(), [2, 3]);
}

#[test]
fn arrays_of_any_number_of_axes_become_matrices() {
    let npz = Npz::from_bytes(fixture("savez.npz")).unwrap();
    let shape_of = |name: &str| npz.get(name).unwrap().shape().to_vec();
    assert_eq!(shape_of("scalar"), []);
    assert_eq!(npz.matrix("scalar").unwrap(), matrix![[2.5]]);
    assert_eq!(npz.vector("scalar").unwrap(), [2.5]);
    assert_eq!(npz.matrix("no_values").unwrap().shape(), (1, 0));
    assert_eq!(npz.vector("no_values").unwrap(), []);
    assert_eq!(npz.matrix("no_rows").unwrap().shape(), (0, 3));
    assert_eq!(npz.matrix("no_cols").unwrap().shape(), (3, 0));

    let cube = Matrix::from_fn(2, 12, |row, col| (12 * row + col) as f64 / 4.0);
    assert_eq!(shape_of("cube"), [2, 3, 4]);
    assert_eq!(npz.matrix("cube").unwrap(), cube);
    assert_eq!(npz.matrix("cube_fortran").unwrap(), cube);
    assert_eq!(npz.get("cube").unwrap(), npz.get("cube_fortran").unwrap());
}

#[test]
fn bare_files_of_versions_1_2_and_3_read() {
    let load = |name: &str| -> Array { load_npy(fixture_path(name)).unwrap() };
    assert_eq!(load("matrix.npy").into_matrix().unwrap(), w1());
    assert_eq!(load("fortran_v2.npy").into_matrix().unwrap(), w1());
    assert_eq!(load("labels_v3.npy").to_labels().unwrap(), [7, 2, 1, 0, 4]);
    assert_eq!(load("empty.npy").into_matrix().unwrap().shape(), (12345, 0));
}

#[test]
fn zip64_records_and_streamed_archives_read() {
    for name in ["zip64.npz", "streamed.npz"] {
        let npz = Npz::from_bytes(fixture(name)).unwrap();
        assert_eq!(npz.matrix("w1").unwrap(), w1(), "{name}");
    }
    let npz = Npz::from_bytes(fixture("zip64.npz")).unwrap();
    assert_eq!(npz.vector("b1").unwrap(), [0.25, 1.25, 2.25, 3.25]);
    let npz = Npz::from_bytes(fixture("streamed.npz")).unwrap();
    assert_eq!(npz.vector("no_values").unwrap(), []);
}

#[test]
fn files_that_are_no_arrays_are_listed_apart() {
    let npz = Npz::from_bytes(fixture("other.npz")).unwrap();
    assert_eq!(npz.names().collect::<Vec<_>>(), ["w1"]);
    assert_eq!(
        npz.other_names().collect::<Vec<_>>(),
        ["README.txt", "bare"]
    );
    assert_eq!(npz.matrix("w1").unwrap(), w1());
    // An array without the suffix is found by its name, as NumPy does.
    assert_eq!(npz.vector("bare").unwrap(), [0.25, 1.25, 2.25, 3.25]);
    assert!(!npz.contains("README"));
    assert!(matches!(
        npz.get("README.txt"),
        Err(Error::Format { format: "npy", .. })
    ));
}

#[test]
fn what_is_not_read_is_named() {
    let npz = Npz::from_bytes(fixture("refused.npz")).unwrap();
    for (name, what) in [
        ("complex", "an array of complex numbers (\"<c16\")"),
        ("long_double", "an array of long doubles (\"<f16\")"),
        ("object", "an array of Python objects (a pickle) (\"|O\")"),
        ("date", "an array of dates (\"<M8[D]\")"),
        ("span", "an array of time spans (\"<m8[ns]\")"),
        ("record", "an array of records (a structured dtype)"),
        ("raw", "an array of raw bytes (\"|V2\")"),
    ] {
        let error = npz.get(name).unwrap_err();
        let Error::Unsupported {
            member,
            found,
            supported,
            ..
        } = &error
        else {
            panic!("{name}: {error}");
        };
        assert_eq!(member.as_deref(), Some(format!("{name}.npy").as_str()));
        assert_eq!(found, what);
        assert!(supported.contains("f8"), "{error}");
    }
}

#[test]
fn integers_that_f64_cannot_hold_are_an_error_with_their_index() {
    let npz = Npz::from_bytes(fixture("refused.npz")).unwrap();
    for (name, at, value) in [
        ("big_i8", 2, "9007199254740993"),
        ("big_i8_fortran", 2, "9007199254740993"),
        ("max_i8", 0, "9223372036854775807"),
        ("max_u8", 0, "18446744073709551615"),
    ] {
        match npz.get(name) {
            Err(Error::Value { index, found, .. }) => {
                assert_eq!((index, found.as_str()), (at, value))
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn compressed_archives_read() {
    let npz = Npz::load(fixture_path("compressed.npz")).unwrap();
    assert_eq!(npz.names().collect::<Vec<_>>(), ["w1"]);
    assert_eq!(npz.matrix("w1").unwrap(), w1());
}

#[test]
fn every_half_precision_number_reads_exactly() {
    // The oracle: the definition, sign * 2^(e-15) * (1 + f/1024), with f/1024 * 2^-14 for e = 0.
    let data: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_be_bytes).collect();
    let header = "{'descr': '>f2', 'fortran_order': False, 'shape': (65536,)}";
    let values = read_npy(&crate::npy(header, &data)[..])
        .unwrap()
        .into_vec()
        .unwrap();
    for (half, value) in (0..=u16::MAX).zip(values) {
        let (e, f) = (i32::from(half >> 10 & 31), f64::from(half & 1023) / 1024.0);
        let magnitude = match e {
            0 => f * 2.0_f64.powi(-14),
            31 if f == 0.0 => f64::INFINITY,
            31 => {
                assert!(value.is_nan(), "{half:#x}");
                continue;
            }
            _ => (1.0 + f) * 2.0_f64.powi(e - 15),
        };
        let want = if half >> 15 == 1 {
            -magnitude
        } else {
            magnitude
        };
        assert_eq!(value.to_bits(), want.to_bits(), "{half:#x}");
    }
}

#[test]
fn asking_for_the_wrong_kind_says_what_is_there() {
    let npz = Npz::load(fixture_path("savez.npz")).unwrap();
    let end = |error: Error| {
        let text = error.to_string();
        assert!(text.contains("savez.npz, member \""), "{text}");
        text.split_once("\": ").unwrap().1.to_owned()
    };
    assert_eq!(
        end(npz.matrix("activations").unwrap_err()),
        "expected numbers, found text"
    );
    assert_eq!(
        end(npz.vector("activations").unwrap_err()),
        "expected numbers, found text"
    );
    assert_eq!(
        end(npz.labels("activations").unwrap_err()),
        "expected numbers, found text"
    );
    assert_eq!(
        end(npz.text("w1").unwrap_err()),
        "expected text, found numbers"
    );
    assert_eq!(
        end(npz.vector("w1").unwrap_err()),
        "expected a list (one axis), found shape (3, 4)"
    );
    assert_eq!(
        end(npz.labels("w1").unwrap_err()),
        "expected a list (one axis), found shape (3, 4)"
    );
    assert_eq!(
        end(npz.labels("b1").unwrap_err()),
        "value 0: expected a class label (a whole number from 0), found 0.25",
    );
    match npz.get("w9").unwrap_err() {
        Error::Missing {
            name,
            available,
            path,
            ..
        } => {
            assert_eq!((name.as_str(), available.len()), ("w9", 17));
            assert!(path.is_some());
        }
        other => panic!("{other}"),
    }
}

#[test]
fn labels_must_be_whole_numbers_from_0_to_2_to_the_53() {
    let labels = |value: f64| {
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}";
        read_npy(&crate::npy(header, &value.to_le_bytes())[..])
            .unwrap()
            .to_labels()
    };
    assert_eq!(labels(-0.0).unwrap(), [0]);
    assert_eq!(labels(9_007_199_254_740_992.0).unwrap(), [1 << 53]);
    for bad in [
        -1.0,
        0.5,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e300,
        9_007_199_254_740_994.0,
    ] {
        assert!(
            matches!(labels(bad), Err(Error::Value { index: 0, .. })),
            "{bad}"
        );
    }
}
