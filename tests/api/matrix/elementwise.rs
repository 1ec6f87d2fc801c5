//! Maps, the Hadamard product, the bias, differences.

use super::common::{Layout, Random, SPECIAL, Slice, assert_bits};
use super::{numbered, random};
use rowmajor::{Matrix, ShapeError, matrix};

const GAPS: Layout = Layout {
    offset: 2,
    gap: 1,
    above: 0,
    below: 1,
};

#[test]
fn maps_see_each_value_once_in_row_major_order() {
    for (rows, cols) in [(0, 0), (0, 4), (4, 0), (1, 1), (3, 4)] {
        let mut m = numbered(rows, cols);
        let mut seen = Vec::new();
        let mapped = m.map(|x| {
            seen.push(x);
            x + 0.5
        });
        assert_eq!(seen, m.as_slice());
        assert_eq!(mapped.shape(), (rows, cols));
        seen.clear();
        let address = m.as_slice().as_ptr();
        let before = m.clone();
        m.map_in_place(|x| {
            seen.push(x);
            x + 0.5
        });
        assert_eq!(seen, before.as_slice());
        assert_eq!(m, mapped);
        assert_eq!(m.as_slice().as_ptr(), address);
    }
}

#[test]
fn zip_map_pairs_the_values_at_the_same_place() {
    let (x, y) = (numbered(3, 4), random(3, 4, 1));
    let slice = Slice::new(&y, GAPS);
    let mut seen = Vec::new();
    let zipped = x
        .zip_map(slice.view(), |x, y| {
            seen.push((x, y));
            x - 2.0 * y
        })
        .unwrap();
    let pairs: Vec<(f64, f64)> = x
        .as_slice()
        .iter()
        .copied()
        .zip(y.as_slice().iter().copied())
        .collect();
    assert_eq!(seen, pairs);
    assert_eq!(
        zipped,
        Matrix::from_fn(3, 4, |i, j| x[(i, j)] - 2.0 * y[(i, j)])
    );
    assert_eq!(x.zip_map(&y, |x, y| x - 2.0 * y), Ok(zipped));
}

#[test]
fn hadamard_multiplies_place_by_place() {
    let (x, y) = (random(5, 3, 1), random(5, 3, 2));
    let expected: Vec<f64> = x
        .as_slice()
        .iter()
        .zip(y.as_slice())
        .map(|(x, y)| x * y)
        .collect();
    assert_bits(x.hadamard(&y).unwrap().as_slice(), &expected, "matrices");
    let slice = Slice::new(&y, GAPS);
    assert_bits(
        x.hadamard(slice.view()).unwrap().as_slice(),
        &expected,
        "a view",
    );
    assert_bits(
        x.hadamard(slice.view()).unwrap().as_slice(),
        &expected,
        "a borrowed view",
    );
}

#[test]
fn every_pair_of_other_shapes_is_an_error_that_holds_both() {
    let shapes: Vec<_> = (0..4).flat_map(|r| (0..4).map(move |c| (r, c))).collect();
    for &lhs in &shapes {
        for &rhs in shapes.iter().filter(|&&rhs| rhs != lhs) {
            let (a, b) = (Matrix::zeros(lhs.0, lhs.1), Matrix::zeros(rhs.0, rhs.1));
            let error = |op| ShapeError::Mismatch { op, lhs, rhs };
            assert_eq!(a.zip_map(&b, |x, _| x), Err(error("zip_map")));
            assert_eq!(a.hadamard(&b), Err(error("hadamard")));
            assert_eq!(a.max_abs_diff(&b), Err(error("max_abs_diff")));
            assert_eq!(
                a.hadamard(&b).unwrap_err().to_string(),
                format!(
                    "hadamard: shapes {}x{} and {}x{} do not match",
                    lhs.0, lhs.1, rhs.0, rhs.1
                )
            );
        }
    }
}

#[test]
fn add_row_adds_one_value_per_column_to_every_row() {
    for (rows, cols) in [
        (0, 0),
        (0, 3),
        (3, 0),
        (1, 1),
        (1, 9),
        (7, 1),
        (5, 8),
        (4, 17),
    ] {
        let m = random(rows, cols, 1);
        let row = random(1, cols, 2).into_vec();
        let expected = Matrix::from_fn(rows, cols, |i, j| m[(i, j)] + row[j]);
        assert_bits(
            m.add_row(&row).unwrap().as_slice(),
            expected.as_slice(),
            (rows, cols),
        );
        let mut n = m.clone();
        n.add_row_in_place(&row).unwrap();
        assert_bits(n.as_slice(), expected.as_slice(), ("in place", rows, cols));

        for found in (0..20).filter(|&len| len != cols) {
            let error = ShapeError::Mismatch {
                op: "add_row",
                lhs: (rows, cols),
                rhs: (1, found),
            };
            assert_eq!(m.add_row(&vec![1.0; found]), Err(error.clone()));
            let mut n = m.clone();
            assert_eq!(n.add_row_in_place(&vec![1.0; found]), Err(error));
            assert_eq!(n, m, "an error left its mark");
        }
    }
}

#[test]
fn max_abs_diff_is_the_largest_distance_wherever_it_stands() {
    let a = random(4, 9, 1);
    assert_eq!(a.max_abs_diff(&a), Ok(0.0));
    for i in 0..a.len() {
        for by in [3.0, -5.0] {
            let mut b = a.map(|x| x + 0.5);
            b.as_mut_slice()[i] = a.as_slice()[i] + by;
            let expected = (a.as_slice()[i] - b.as_slice()[i]).abs();
            assert_eq!(a.max_abs_diff(&b), Ok(expected), "place {i}");
            assert_eq!(b.max_abs_diff(&a), Ok(expected), "place {i}");
            let slice = Slice::new(&b, GAPS);
            assert_eq!(
                a.max_abs_diff(slice.view()),
                Ok(expected),
                "place {i} of a view"
            );
            // A NaN anywhere, before or after the largest, on either side.
            b.as_mut_slice()[i] = f64::NAN;
            assert!(a.max_abs_diff(&b).unwrap().is_nan(), "NaN at {i}");
            assert!(b.max_abs_diff(&a).unwrap().is_nan(), "NaN at {i}");
            assert!(
                b.max_abs_diff(&b).unwrap().is_nan(),
                "NaN differs from itself"
            );
        }
    }
    let inf = f64::INFINITY;
    assert_eq!(
        matrix![[inf, -inf, 1.0]].max_abs_diff(&matrix![[inf, -inf, 1.5]]),
        Ok(0.5)
    );
    assert_eq!(matrix![[inf]].max_abs_diff(&matrix![[-inf]]), Ok(inf));
    assert_eq!(matrix![[inf]].max_abs_diff(&matrix![[f64::MAX]]), Ok(inf));
    assert_eq!(matrix![[0.0]].max_abs_diff(&matrix![[-0.0]]), Ok(0.0));
    for (rows, cols) in [(0, 0), (0, 3), (3, 0)] {
        let empty = Matrix::zeros(rows, cols);
        assert_eq!(empty.max_abs_diff(&empty), Ok(0.0));
    }
}

#[test]
fn special_values_go_through_as_ieee_has_them() {
    let mut random = Random::new(5);
    let x = Matrix::from_fn(15, 15, |i, _| SPECIAL[i]);
    let y = Matrix::from_fn(15, 15, |_, j| SPECIAL[j]);
    let expect = |f: fn(f64, f64) -> f64| Matrix::from_fn(15, 15, |i, j| f(SPECIAL[i], SPECIAL[j]));
    assert_bits(
        x.hadamard(&y).unwrap().as_slice(),
        expect(|x, y| x * y).as_slice(),
        "hadamard",
    );
    assert_bits((&x + &y).as_slice(), expect(|x, y| x + y).as_slice(), "+");
    assert_bits((&x - &y).as_slice(), expect(|x, y| x - y).as_slice(), "-");
    assert_bits(
        x.add_row(&SPECIAL).unwrap().as_slice(),
        expect(|x, y| x + y).as_slice(),
        "add_row",
    );
    let factor = random.wild();
    assert_bits(
        (&x * factor).as_slice(),
        x.map(|x| x * factor).as_slice(),
        factor,
    );
}
