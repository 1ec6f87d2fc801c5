//! Printing: literal expectations as NumPy 2.4.6 prints the same arrays with its default options.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use proptest::prelude::*;
use rowmajor::{Matrix, MatrixView, matrix};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

#[track_caller]
fn as_numpy(cases: &[(&str, Matrix, &str)]) {
    for (why, m, expected) in cases {
        let printed = m.to_string();
        assert!(
            printed == *expected,
            "{why}: expected\n{expected}\nfound\n{printed}"
        );
    }
}

/// 0, 1, 2 ... row by row.
fn counted(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |row, col| (row * cols + col) as f64)
}

fn with(mut m: Matrix, index: (usize, usize), value: f64) -> Matrix {
    m[index] = value;
    m
}

#[test]
fn digits_and_padding() {
    as_numpy(&[
        (
            "whole numbers end in a dot",
            matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
            "\
[[1. 2. 3.]
 [4. 5. 6.]]",
        ),
        (
            "the widest whole part sets the column",
            matrix![[1.0, -20.0], [300.0, 4.0]],
            "\
[[  1. -20.]
 [300.   4.]]",
        ),
        (
            "padded on both sides of the point",
            matrix![[1.0, 0.25], [10.5, -3.125]],
            "\
[[ 1.     0.25 ]
 [10.5   -3.125]]",
        ),
        ("one number", matrix![[0.5]], "[[0.5]]"),
        (
            "the fewest digits, not the exact value's first eight decimals",
            matrix![[99999999.1]],
            "[[99999999.1]]",
        ),
        (
            "one row stays two-dimensional",
            matrix![[1.0, 2.0, 3.0]],
            "[[1. 2. 3.]]",
        ),
        (
            "one column",
            matrix![[1.0], [-1.0]],
            "\
[[ 1.]
 [-1.]]",
        ),
        ("zero has a sign", matrix![[0.0, -0.0]], "[[ 0. -0.]]"),
        (
            "8 decimals at most",
            matrix![[0.3333333333333333, 0.6666666666666666]],
            "[[0.33333333 0.66666667]]",
        ),
        (
            "shortest digits, not the exact value",
            matrix![[0.30000000000000004, 0.1]],
            "[[0.3 0.1]]",
        ),
        (
            "what rounds to a whole number loses its zeros",
            matrix![[1.00000000001, 2.0]],
            "[[1. 2.]]",
        ),
        (
            "7 decimals where 8 would end in 0",
            matrix![[0.1234567, 0.12345670000001]],
            "[[0.1234567 0.1234567]]",
        ),
        (
            "an exact tie in the 9th decimal goes to even: down",
            matrix![[0.001953125]],
            "[[0.00195312]]",
        ),
        ("and up", matrix![[0.005859375]], "[[0.00585938]]"),
        (
            "a tie in the digits is none where the f64 lies beside it",
            matrix![[0.123400055, 0.123400065]],
            "[[0.12340005 0.12340007]]",
        ),
        (
            "to even, too, where two shortest forms are equally near",
            matrix![[42861786341.0 / 512.0]],
            "[[83714426.44726562]]",
        ),
        (
            "nines carry over the point",
            matrix![[9.999999999, 1.0]],
            "[[10.  1.]]",
        ),
    ]);
}

#[test]
fn scientific_notation() {
    as_numpy(&[
        (
            "below 1e8: in full",
            matrix![[99999999.0, 100000.0]],
            "[[99999999.   100000.]]",
        ),
        (
            "1e8: scientific",
            matrix![[100000000.0, 1000000.0]],
            "[[1.e+08 1.e+06]]",
        ),
        (
            "just below 1e8, with 8 decimals",
            matrix![[99999999.99999999]],
            "[[99999999.99999999]]",
        ),
        (
            "1e-4: in full",
            matrix![[0.0001, 0.05]],
            "[[0.0001 0.05  ]]",
        ),
        (
            "below 1e-4: scientific",
            matrix![[9.999e-05, 0.05]],
            "[[9.999e-05 5.000e-02]]",
        ),
        (
            "a ratio of 1000: in full",
            matrix![[1000.0, 1.0], [0.0, -5.0]],
            "\
[[1000.    1.]
 [   0.   -5.]]",
        ),
        (
            "a ratio above 1000: scientific",
            matrix![[1001.0, 1.0], [0.0, -5.0]],
            "\
[[ 1.001e+03  1.000e+00]
 [ 0.000e+00 -5.000e+00]]",
        ),
        (
            "zeros do not count for the ratio",
            matrix![[0.0, 250.0], [-0.0, 0.5]],
            "\
[[  0.  250. ]
 [ -0.    0.5]]",
        ),
        (
            "a ratio beyond f64::MAX",
            matrix![[1e308, 1e-308]],
            "[[1.e+308 1.e-308]]",
        ),
        (
            "common number of decimals in scientific notation",
            matrix![[15000000000.0, 2250000000.0, -100000000.0]],
            "[[ 1.50e+10  2.25e+09 -1.00e+08]]",
        ),
        (
            "9 significant digits at most",
            matrix![[123456789012345.0, 1.0]],
            "[[1.23456789e+14 1.00000000e+00]]",
        ),
        (
            "a 10th digit that is an exact tie goes to even",
            matrix![[1234567885.0, 1234567875.0]],
            "[[1.23456788e+09 1.23456788e+09]]",
        ),
        (
            "nines carry into the exponent",
            matrix![[9999999999.9]],
            "[[1.e+10]]",
        ),
        (
            "three digits of exponent for all where one needs them",
            matrix![[1e-300, 1.0], [-2.5e100, 0.0]],
            "\
[[ 1.0e-300  1.0e+000]
 [-2.5e+100  0.0e+000]]",
        ),
        (
            "the least f64: one digit suffices",
            matrix![[5e-324]],
            "[[5.e-324]]",
        ),
        (
            "and gives its exact digits where there is room",
            matrix![[5e-324, 1.24e-322]],
            "[[4.94e-324 1.24e-322]]",
        ),
        (
            "the greatest f64",
            matrix![[1.7976931348623157e308, -1.7976931348623157e308]],
            "[[ 1.79769313e+308 -1.79769313e+308]]",
        ),
    ]);
}

#[test]
fn nan_and_infinity() {
    as_numpy(&[
        (
            "nan as wide as the numbers",
            matrix![[NAN, 1.0], [2.0, 3.25]],
            "\
[[ nan 1.  ]
 [2.   3.25]]",
        ),
        (
            "narrow numbers make room for nan",
            matrix![[NAN, 1.0]],
            "[[nan  1.]]",
        ),
        (
            "infinities, one with a sign",
            matrix![[INF, -INF], [1.0, 2.0]],
            "\
[[ inf -inf]
 [  1.   2.]]",
        ),
        (
            "no room for a sign without -inf",
            matrix![[INF, NAN]],
            "[[inf nan]]",
        ),
        ("nothing finite", matrix![[-INF, NAN]], "[[-inf  nan]]"),
        (
            "nan among exponents",
            matrix![[NAN, 1e-10], [INF, -1.0]],
            "\
[[    nan  1.e-10]
 [    inf -1.e+00]]",
        ),
        (
            "non-finite values do not call for exponents",
            matrix![[INF, 0.001], [-INF, 0.5]],
            "\
[[  inf 0.001]
 [ -inf 0.5  ]]",
        ),
    ]);
}

#[test]
fn no_values() {
    as_numpy(&[
        ("no rows", Matrix::zeros(0, 3), "[]"),
        ("no columns", Matrix::zeros(3, 0), "[]"),
        ("neither", Matrix::default(), "[]"),
    ]);
}

#[test]
fn lines_wrap() {
    as_numpy(&[
        (
            "a row wraps before column 75",
            counted(2, 30),
            "\
[[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.
  18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]
 [30. 31. 32. 33. 34. 35. 36. 37. 38. 39. 40. 41. 42. 43. 44. 45. 46. 47.
  48. 49. 50. 51. 52. 53. 54. 55. 56. 57. 58. 59.]]",
        ),
        (
            "padding is kept at the end of a row, not where it wraps",
            Matrix::from_fn(1, 14, |_, col| {
                if col % 2 == 1 {
                    1.0
                } else {
                    0.125 + col as f64
                }
            }),
            "\
[[ 0.125  1.     2.125  1.     4.125  1.     6.125  1.     8.125  1.
  10.125  1.    12.125  1.   ]]",
        ),
        (
            "75 characters fit",
            Matrix::filled(1, 12, 10.25),
            "[[10.25 10.25 10.25 10.25 10.25 10.25 10.25 10.25 10.25 10.25 10.25 10.25]]",
        ),
        (
            "78 do not",
            Matrix::filled(1, 25, 1.0),
            "\
[[1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1.
  1.]]",
        ),
    ]);
}

#[test]
fn only_the_edges_of_large_matrices() {
    as_numpy(&[
        (
            "1001 values: rows and columns are left out",
            counted(7, 143),
            "\
[[   0.    1.    2. ...  140.  141.  142.]
 [ 143.  144.  145. ...  283.  284.  285.]
 [ 286.  287.  288. ...  426.  427.  428.]
 ...
 [ 572.  573.  574. ...  712.  713.  714.]
 [ 715.  716.  717. ...  855.  856.  857.]
 [ 858.  859.  860. ...  998.  999. 1000.]]",
        ),
        (
            "columns only, of few rows",
            counted(2, 600),
            "\
[[0.000e+00 1.000e+00 2.000e+00 ... 5.970e+02 5.980e+02 5.990e+02]
 [6.000e+02 6.010e+02 6.020e+02 ... 1.197e+03 1.198e+03 1.199e+03]]",
        ),
        (
            "rows only, of few columns",
            counted(501, 2),
            "\
[[0.000e+00 1.000e+00]
 [2.000e+00 3.000e+00]
 [4.000e+00 5.000e+00]
 ...
 [9.960e+02 9.970e+02]
 [9.980e+02 9.990e+02]
 [1.000e+03 1.001e+03]]",
        ),
        (
            "one long row",
            counted(1, 1001),
            "[[   0.    1.    2. ...  998.  999. 1000.]]",
        ),
        (
            "six rows are not shortened",
            counted(6, 200),
            "\
[[0.000e+00 1.000e+00 2.000e+00 ... 1.970e+02 1.980e+02 1.990e+02]
 [2.000e+02 2.010e+02 2.020e+02 ... 3.970e+02 3.980e+02 3.990e+02]
 [4.000e+02 4.010e+02 4.020e+02 ... 5.970e+02 5.980e+02 5.990e+02]
 [6.000e+02 6.010e+02 6.020e+02 ... 7.970e+02 7.980e+02 7.990e+02]
 [8.000e+02 8.010e+02 8.020e+02 ... 9.970e+02 9.980e+02 9.990e+02]
 [1.000e+03 1.001e+03 1.002e+03 ... 1.197e+03 1.198e+03 1.199e+03]]",
        ),
        (
            "what is left out decides nothing",
            with(Matrix::ones(40, 40), (20, 20), 1e300),
            "\
[[1. 1. 1. ... 1. 1. 1.]
 [1. 1. 1. ... 1. 1. 1.]
 [1. 1. 1. ... 1. 1. 1.]
 ...
 [1. 1. 1. ... 1. 1. 1.]
 [1. 1. 1. ... 1. 1. 1.]
 [1. 1. 1. ... 1. 1. 1.]]",
        ),
        (
            "what is shown does",
            with(Matrix::ones(40, 40), (39, 39), -1e-300),
            "\
[[ 1.e+000  1.e+000  1.e+000 ...  1.e+000  1.e+000  1.e+000]
 [ 1.e+000  1.e+000  1.e+000 ...  1.e+000  1.e+000  1.e+000]
 [ 1.e+000  1.e+000  1.e+000 ...  1.e+000  1.e+000  1.e+000]
 ...
 [ 1.e+000  1.e+000  1.e+000 ...  1.e+000  1.e+000  1.e+000]
 [ 1.e+000  1.e+000  1.e+000 ...  1.e+000  1.e+000  1.e+000]
 [ 1.e+000  1.e+000  1.e+000 ...  1.e+000  1.e+000 -1.e-300]]",
        ),
        (
            "elided and wrapped",
            Matrix::filled(1, 2000, -1e-9 / 3.0),
            "\
[[-3.33333333e-10 -3.33333333e-10 -3.33333333e-10 ... -3.33333333e-10
  -3.33333333e-10 -3.33333333e-10]]",
        ),
    ]);
}

#[test]
fn a_view_with_gaps_prints_as_its_copy() {
    let data: Vec<f64> = (0..60).map(|i| f64::from(i) / 7.0).collect();
    let view = MatrixView::with_row_stride(9, 4, 7, &data).unwrap();
    assert_eq!(view.to_string(), view.to_matrix().to_string());
    assert_eq!(format!("{view:.2}"), format!("{:.2}", view.to_matrix()));
    assert_eq!(format!("{view:e}"), format!("{:e}", view.to_matrix()));

    let data: Vec<f64> = (1000..3000).map(f64::from).collect();
    let view = MatrixView::with_row_stride(40, 30, 50, &data).unwrap();
    assert!(view.to_string().contains(" 1027. 1028. 1029.]\n"));
    assert_eq!(view.to_string(), view.to_matrix().to_string());
    let debug = format!("{:?}", view.to_matrix());
    assert_eq!(format!("{view:?}"), debug.replace("Matrix", "MatrixView"));
}

fn any_bits() -> impl Strategy<Value = Matrix> {
    (0..=40_usize, 0..=40_usize).prop_flat_map(|(rows, cols)| {
        prop::collection::vec(any::<u64>().prop_map(f64::from_bits), rows * cols)
            .prop_map(move |data| Matrix::from_vec(rows, cols, data).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn prints_whatever_the_bits(m in any_bits()) {
        let printed = m.to_string();
        prop_assert!(printed.lines().all(|line| line.len() <= 75 && line == line.trim_end()));
        prop_assert_eq!(printed.matches(']').count(), printed.matches('[').count());
        prop_assert_eq!(format!("{:+}", m).matches('[').count(), printed.matches('[').count());
        for text in [format!("{m:.3}"), format!("{m:e}"), format!("{m:8.2e}"), format!("{m:?}"), format!("{m:#?}")] {
            prop_assert!(text.ends_with(']'));
        }
    }
}
