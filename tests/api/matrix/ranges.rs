//! `arange` and `linspace` against NumPy, bit for bit.

use super::common::{assert_bits, assert_panics};
use rowmajor::{ShapeError, arange, linspace};

#[test]
fn evenly_spaced_values_have_the_bits_of_numpy() {
    let lines = include_str!("../../data/ranges_numpy.txt").lines();
    let mut calls = 0;
    for line in lines.filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let argument = |i: usize| -> f64 { words[i].parse().unwrap() };
        let found = match words[0] {
            "arange" => arange(argument(1), argument(2), argument(3)).unwrap(),
            "linspace" => linspace(argument(1), argument(2), words[3].parse().unwrap()),
            other => panic!("{other}?"),
        };
        let expected: Vec<f64> = words[4..]
            .iter()
            .map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap()))
            .collect();
        assert_bits(&found, &expected, &words[..4]);
        calls += 1;
    }
    assert_eq!(calls, 17, "calls that NumPy answered");
}

/// As NumPy 2.4.6 has them.
#[test]
fn an_arange_starts_with_its_start() {
    let inf = f64::INFINITY;
    for (start, stop, step, len) in [
        (-0.0, 0.5, 0.25, 2),
        (-0.0, 1e-9, 0.1, 1),
        // Quotients that underflow.
        (0.0, 5e-324, 7.0, 1),
        (-0.0, -5e-324, -7.0, 1),
        (3.0, 4.0, inf, 1),
    ] {
        let x = arange(start, stop, step).unwrap();
        assert_eq!(x.len(), len, "{start}, {stop}, {step}");
        assert_bits(&x[..1], &[start], (start, stop, step));
    }
    assert_eq!(arange(0.0, -5e-324, 7.0), Ok(vec![]));
}

#[test]
fn an_arange_that_cannot_go_on_is_empty_or_an_error() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for (start, stop, step) in [
        (0.0, 0.0, 1.0),
        (1.0, 0.0, 1.0),
        (0.0, 1.0, -1.0),
        (0.0, -inf, 1.0),
        (0.0, 1.0, -inf),
    ] {
        assert_eq!(
            arange(start, stop, step),
            Ok(vec![]),
            "{start}, {stop}, {step}"
        );
    }
    for (start, stop, step) in [
        (0.0, 1.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.0, inf, 1.0),
        (inf, 0.0, -1.0),
        (nan, 1.0, 1.0),
        (0.0, nan, 1.0),
        (0.0, 1.0, nan),
        (0.0, 1e300, 1e-300),
    ] {
        let shape = (1, usize::MAX);
        assert_eq!(
            arange(start, stop, step),
            Err(ShapeError::TooLarge { shape }),
            "{start}, {stop}, {step}"
        );
    }
    #[cfg(target_pointer_width = "64")]
    assert_eq!(
        arange(0.0, 2f64.powi(52), 1.0),
        Err(ShapeError::OutOfMemory {
            shape: (1, 1 << 52)
        })
    );
}

#[test]
fn linspace_ends_exactly_where_it_is_told_to() {
    for count in 0..200 {
        for (start, stop) in [
            (0.0, 1.0),
            (-8.0, 8.0),
            (1e300, -1e300),
            (0.1, 0.3),
            (2.0, 2.0),
        ] {
            let x = linspace(start, stop, count);
            assert_eq!(x.len(), count);
            assert!(count < 1 || x[0] == start, "{start} to {stop} in {count}");
            assert!(
                count < 2 || x[count - 1] == stop,
                "{start} to {stop} in {count}"
            );
            let up = |w: &[f64]| {
                if start <= stop {
                    w[0] <= w[1]
                } else {
                    w[0] >= w[1]
                }
            };
            assert!(
                x.windows(2).all(up),
                "{start} to {stop} in {count} turns back"
            );
        }
    }
    #[cfg(target_pointer_width = "64")]
    assert_panics("no memory for a 1x4503599627370496 matrix", || {
        linspace(0.0, 1.0, 1 << 52)
    });
}
