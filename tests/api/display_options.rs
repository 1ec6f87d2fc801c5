//! Printing with precision, sign and width, in scientific notation, and for debugging.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use proptest::prelude::*;
use rowmajor::{Matrix, MatrixView, matrix};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// 0, 1, 2 ... row by row.
fn counted(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |row, col| (row * cols + col) as f64)
}

#[test]
fn a_precision_gives_exactly_those_decimals() {
    let m = matrix![[1.0, -0.0005, 1e9], [NAN, -INF, 0.0625]];
    let expected = "\
[[         1.000         -0.001 1000000000.000]
 [           nan           -inf          0.062]]";
    // From the exact values: what 0.0005 stores is a little more, 0.0625 is a tie and goes to even.
    assert_eq!(format!("{m:.3}"), expected);

    assert_eq!(
        format!("{:.0}", matrix![[2.5, -11.0, NAN]]),
        "[[  2 -11 nan]]"
    );
    assert_eq!(format!("{:.2}", Matrix::zeros(0, 2)), "[]");
    let elided = "[[0.0 0.0 0.0 ... 0.0 0.0 0.0]]";
    assert_eq!(format!("{:.1}", Matrix::zeros(1, 1001)), elided);
    // The dots end one column beyond what a line may hold, so they go to the next, as in NumPy.
    let n = format!("{:.20}", 1.5);
    assert_eq!(
        format!("{:.20}", Matrix::filled(1, 1001, 1.5)),
        format!("[[{n} {n} {n}\n  ... {n} {n}\n  {n}]]")
    );
    // Longer than a width in `format!` may be.
    let long = format!("{:.65535}", matrix![[1.0, -10.0]]);
    assert_eq!(
        long.lines().map(str::len).collect::<Vec<_>>(),
        [65541, 65543]
    );
}

#[test]
fn each_number_reads_as_format_writes_it() {
    let values = [
        0.125,
        0.375,
        -1.0005,
        2.0 / 3.0,
        1e-9,
        12345.678,
        1e20,
        -0.0,
    ];
    let m = Matrix::from(values.to_vec());
    let printed = format!("{m:.2}");
    let words: Vec<&str> = printed
        .trim_matches(['[', ']'])
        .split_whitespace()
        .collect();
    assert_eq!(words, values.map(|value| format!("{value:.2}")));
}

#[test]
fn sign_and_width() {
    // As NumPy with sign='+'.
    let m = matrix![[1.0, -0.5], [0.0, NAN]];
    assert_eq!(format!("{m:+}"), "[[+1.  -0.5]\n [+0.  +nan]]");
    assert_eq!(format!("{:+}", matrix![[NAN, INF]]), "[[+nan +inf]]");
    assert_eq!(format!("{:+.1}", matrix![[1.0, -20.0]]), "[[ +1.0 -20.0]]");

    assert_eq!(format!("{m:6}"), "[[   1.    -0.5]\n [   0.     nan]]");
    assert_eq!(
        format!("{m:<7.2}"),
        "[[   1.00   -0.50]\n [   0.00     nan]]"
    );
    // Nothing is gained by a line break before the first number.
    let lines = format!("{:80}", matrix![[1.0, 2.0]]);
    assert_eq!(lines, format!("[[{:>80}\n  {:>80}]]", "1.", "2."));
}

#[test]
fn lower_exp() {
    let m = matrix![[1.0, -0.5], [1e100, INF]];
    assert_eq!(
        format!("{m:e}"),
        "[[ 1.e+000 -5.e-001]\n [ 1.e+100      inf]]"
    );
    assert_eq!(
        format!("{m:.1e}"),
        "[[ 1.0e+000 -5.0e-001]\n [ 1.0e+100       inf]]"
    );
    assert_eq!(format!("{:.0e}", matrix![[2.5, 3.5]]), "[[2.e+00 4.e+00]]");
    assert_eq!(
        format!("{:+.1e}", matrix![[99.9, 0.0]]),
        "[[+1.0e+02 +0.0e+00]]"
    );
    assert_eq!(format!("{:e}", Matrix::default()), "[]");
}

#[test]
fn debug_shows_shape_and_exact_values() {
    let m = matrix![[1.0, -0.0, 0.1 + 0.2], [NAN, INF, 5e-324]];
    let flat = "Matrix 2x3 [[1.0, -0.0, 0.30000000000000004], [NaN, inf, 5e-324]]";
    assert_eq!(format!("{m:?}"), flat);
    assert_eq!(
        format!("{:?}", m.view()),
        flat.replace("Matrix", "MatrixView")
    );
    let tall = "Matrix 2x3 [\n    [1.0, -0.0, 0.30000000000000004],\n    [NaN, inf, 5e-324],\n]";
    assert_eq!(format!("{m:#?}"), tall);
    let short = "Matrix 2x3 [[1.0, -0.0, 0.3], [NaN, inf, 0.0]]";
    assert_eq!(format!("{m:.1?}"), short);
    let nested = "Some(\n    Matrix 1x1 [\n        [7.0],\n    ],\n)";
    assert_eq!(format!("{:#?}", Some(matrix![[7.0]])), nested);
}

#[test]
fn debug_of_large_and_of_empty() {
    let m = counted(501, 2);
    let expected = "Matrix 501x2 [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], ..., [996.0, 997.0], [998.0, 999.0], \
                    [1000.0, 1001.0]]";
    assert_eq!(format!("{m:?}"), expected);
    let expected = "Matrix 1x1001 [[0.0, 1.0, 2.0, ..., 998.0, 999.0, 1000.0]]";
    assert_eq!(format!("{:?}", counted(1, 1001)), expected);
    let lines = format!("{:#?}", Matrix::zeros(100, 100));
    assert_eq!(lines.lines().count(), 9);
    assert_eq!(lines.lines().nth(4), Some("    ...,"));

    assert_eq!(format!("{:?}", Matrix::zeros(0, 3)), "Matrix 0x3 []");
    // As many rows as there are numbers, and nothing in them.
    let empty = MatrixView::from_slice(usize::MAX, 0, &[]).unwrap();
    assert_eq!(
        format!("{empty:?}"),
        format!("MatrixView {}x0 []", usize::MAX)
    );
    assert_eq!(empty.to_string(), "[]");
}

proptest! {
    #[test]
    fn debug_reads_back(values in prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 1..50)) {
        let m = Matrix::from(values.clone());
        let text = format!("{m:?}");
        let numbers = text.split_once("[[").unwrap().1.trim_end_matches(']').split(", ");
        for (number, value) in numbers.zip(values) {
            let read: f64 = number.parse().unwrap();
            prop_assert!(read.to_bits() == value.to_bits() || (read.is_nan() && value.is_nan()));
        }
    }
}
