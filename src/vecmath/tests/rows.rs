//! Sums and softmax: their order, and rows of infinities and NaN.

use super::super::argmax::{Largest, LargestOfRows};
use super::super::softmax::Softmax;
use super::oracle::{self, Double, Exact, ulps};
use super::*;

/// The published order, word for word.
fn sum_in_order(x: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    for (i, x) in x.iter().enumerate() {
        l[i % 8] += x;
    }
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

fn softmax_in_order(x: &[f64]) -> Vec<f64> {
    let max = x.iter().fold(f64::NEG_INFINITY, |max, &x| max.max(x));
    let e: Vec<f64> = x.iter().map(|x| scalar::exp(x - max)).collect();
    let total = sum_in_order(&e);
    e.iter().map(|e| e / total).collect()
}

#[test]
fn sums_and_softmax_follow_the_published_order() {
    let mut random = Random(9);
    for len in 0..100 {
        let x: Vec<f64> = (0..len)
            .map(|_| (random.unit() - 0.5) * 2f64.powi(random.next() as i32 & 15))
            .collect();
        assert_eq!(
            sum(&x).to_bits(),
            sum_in_order(&x).to_bits(),
            "length {len}"
        );
        let y = softmax_in_order(&x);
        let mut found = x.clone();
        softmax(&mut found);
        for (found, y) in found.iter().zip(&y) {
            assert_eq!(found.to_bits(), y.to_bits(), "length {len}");
        }
    }
    assert_eq!(sum(&[-0.0; 9]).to_bits(), 0, "the lanes start at +0.0");
}

/// Rows side by side, on every ISA: each has the bits that the published order gives it alone.
#[test]
fn each_of_many_rows_is_as_if_alone() {
    let mut random = Random(10);
    for cols in (1..=70).chain([100]) {
        for rows in [1, 7, 8, 9, 17, 24] {
            let x: Vec<f64> = (0..rows * cols)
                .map(|_| match random.next() % 64 {
                    0 => f64::NEG_INFINITY,
                    1 if cols > 5 && random.next().is_multiple_of(16) => f64::NAN,
                    2 => random.within((-800.0, 0.0)),
                    _ => random.within((-10.0, 10.0)),
                })
                .collect();
            for isa in Isa::available() {
                let mut y = x.clone();
                let values = &mut y[..];
                isa.run(Softmax { values, cols });
                for (i, (x, y)) in x.chunks(cols).zip(y.chunks(cols)).enumerate() {
                    for (found, expected) in y.iter().zip(softmax_in_order(x)) {
                        assert!(
                            same(*found, expected),
                            "{isa:?}, row {i} of {rows}x{cols}: {found:e}, expected {expected:e} of {x:?}"
                        );
                    }
                }
            }
        }
    }
}

/// The largest error over rows whose differences from the maximum are exact.
#[test]
fn errors_of_softmax_stay_below_what_the_documentation_says() {
    let mut random = Random(12);
    for (cols, rows, most) in [(10, 20_000, 4.5), (1000, 200, 6.0)] {
        let (mut worst, mut of) = (0.0, Vec::new());
        for _ in 0..rows {
            let x: Vec<f64> = (0..cols)
                .map(|_| (random.within((-20.0, 20.0)) * 1048576.0).round() / 1048576.0)
                .collect();
            let mut y = x.clone();
            softmax(&mut y);
            let max = max(&x);
            let e: Vec<Double> = x
                .iter()
                .map(|x| {
                    let Exact { value, exponent } = oracle::exp(x - max);
                    let by = 2f64.powi(exponent);
                    Double(value.0 * by, value.1 * by)
                })
                .collect();
            let total = e.iter().fold(Double(0.0, 0.0), |sum, &e| sum.add(e));
            for (y, e) in y.iter().zip(&e) {
                let exact = Exact {
                    value: e.div(total),
                    exponent: 0,
                };
                let error = ulps(*y, exact);
                if error > worst {
                    (worst, of) = (error, x.clone());
                }
            }
        }
        println!("softmax of {cols}: {worst:.3} ulp");
        assert!(worst <= most, "{worst} ulp in the softmax of {of:?}");
    }
}

/// The index of the first NaN, or else of the first of the largest, by one loop.
fn naive_argmax(x: &[f64]) -> Option<usize> {
    if let Some(nan) = x.iter().position(|x| x.is_nan()) {
        return Some(nan);
    }
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    x.iter().position(|&x| x == largest)
}

#[test]
fn the_maximum_is_found_where_it_stands_first() {
    let mut random = Random(13);
    for len in 0..70 {
        for round in 0..40 {
            let mut x: Vec<f64> = (0..len).map(|_| (random.next() % 8) as f64 - 4.0).collect();
            let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0];
            for _ in 0..round % 4 {
                let at = random.next() as usize % len.max(1);
                if let Some(x) = x.get_mut(at) {
                    *x = bad[random.next() as usize % 4];
                }
            }
            if round == 5 {
                x.fill(f64::NEG_INFINITY);
            }
            let expected = naive_argmax(&x);
            assert_eq!(argmax(&x), expected, "{x:?}");
            let largest = expected.map_or(f64::NEG_INFINITY, |i| x[i]);
            assert!(
                max(&x) == largest || largest.is_nan() && max(&x).is_nan(),
                "{x:?}"
            );
            let all: Vec<_> = Isa::available()
                .iter()
                .map(|isa| isa.run(Largest(&x)))
                .collect();
            for (value, place) in &all {
                assert!(
                    same(*value, all[0].0) && *place == all[0].1,
                    "ISAs differ on {x:?}"
                );
            }
        }
    }
}

/// Rows side by side, on every ISA.
#[test]
fn the_maximum_of_each_of_many_rows_is_found() {
    let mut random = Random(14);
    for cols in 1..=40 {
        for rows in [1, 7, 8, 9, 17, 24] {
            let values: Vec<f64> = (0..rows * cols)
                .map(|_| match random.next() % 128 {
                    0 => f64::NAN,
                    1 => f64::INFINITY,
                    2..24 => f64::NEG_INFINITY,
                    n => (n % 8) as f64 - 4.0,
                })
                .collect();
            let values = &values[..];
            for isa in Isa::available() {
                let mut places = vec![usize::MAX; rows];
                isa.run(LargestOfRows {
                    values,
                    cols,
                    places: &mut places,
                });
                for (row, place) in values.chunks(cols).zip(places) {
                    assert_eq!(Some(place), naive_argmax(row), "{isa:?}: {row:?}");
                }
            }
        }
    }
}

#[test]
fn softmax_of_infinities_and_nan() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for len in [1, 3, 8, 9, 17] {
        for at in 0..len {
            for bad in [inf, nan] {
                let mut row = vec![1.0; len];
                row[at] = bad;
                softmax(&mut row);
                assert!(row.iter().all(|y| y.is_nan()), "{bad} at {at} of {len}");
            }
            let mut row = vec![1.0; len];
            row[at] = -inf;
            softmax(&mut row);
            for (i, y) in row.iter().enumerate() {
                if len == 1 {
                    assert!(y.is_nan(), "nothing but -infinity");
                } else {
                    assert_eq!(*y, if i == at { 0.0 } else { 1.0 / (len - 1) as f64 });
                }
            }
        }
        let mut row = vec![-inf; len];
        softmax(&mut row);
        assert!(row.iter().all(|y| y.is_nan()), "nothing but -infinity");
    }
    let mut extremes = [1e308, -1e308, 1e308];
    softmax(&mut extremes);
    assert_eq!(extremes, [0.5, 0.0, 0.5]);
    softmax(&mut []);
}

#[test]
fn a_row_is_added_to_each_row() {
    let mut random = Random(11);
    for (rows, cols) in (0..4).flat_map(|rows| (0..40).map(move |cols| (rows, cols))) {
        let mut numbers = |n| (0..n).map(|_| random.unit() - 0.5).collect::<Vec<f64>>();
        let (values, row) = (numbers(rows * cols), numbers(cols));
        let mut sums = values.clone();
        add_row(&mut sums, &row);
        for (i, sum) in sums.iter().enumerate() {
            assert_eq!(*sum, values[i] + row[i % cols], "{rows}x{cols}");
        }
    }
}

#[test]
fn rows_of_no_value_have_no_largest() {
    let mut places = [7; 3];
    argmax_rows(&[], 0, &mut places);
    assert_eq!(places, [7; 3]);
}
