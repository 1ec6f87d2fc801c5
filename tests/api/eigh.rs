//! Eigenvalues and vectors of symmetric matrices: what defines them, by naive loops; spectra that are known; edges.

use crate::common;

use common::{Random, assert_near, config};
use proptest::prelude::*;
use rowmajor::{Eigh, EighError, Matrix, MatrixView, ShapeError, matrix};
use std::f64::consts::PI;

const EPS: f64 = f64::EPSILON;

/// Everything that makes `eigh` the answer for `a`, within `c` n ulps of the largest magnitude.
fn check(a: &Matrix, c: f64) -> Eigh {
    let n = a.nrows();
    let eigh = a.eigh().unwrap();
    assert_eq!(eigh.values.len(), n);
    assert_eq!(eigh.vectors.shape(), (n, n));
    assert!(eigh.values.is_sorted());
    let norm = a.as_slice().iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    let bound = c * n as f64 * EPS;
    // A matrix near the end of the range is measured in its own unit.
    let unit = if norm > 0.0 { norm } else { 1.0 };
    let (v, l) = (&eigh.vectors, &eigh.values);
    for i in 0..n {
        for j in 0..n {
            let av: f64 = (0..n).map(|k| a[(i, k)] / unit * v[(k, j)]).sum();
            let off = (av - l[j] / unit * v[(i, j)]).abs();
            assert!(off <= bound, "residual {off:e} at {i}, {j} of {n}");
            let vv: f64 = (0..n).map(|k| v[(k, i)] * v[(k, j)]).sum();
            let off = (vv - f64::from(u8::from(i == j))).abs();
            assert!(off <= bound, "vectors {i} and {j} of {n}: {off:e}");
        }
        let column = (0..n).map(|k| v[(k, i)]);
        let largest = column.fold(0.0, |m: f64, x| if x.abs() > m.abs() { x } else { m });
        assert!(largest > 0.0, "sign of vector {i}");
    }
    let trace: f64 = (0..n).map(|i| a[(i, i)] / unit).sum();
    let sum: f64 = l.iter().map(|l| l / unit).sum();
    assert!((trace - sum).abs() <= bound * n as f64);
    let square = |x: &[f64]| -> f64 { x.iter().map(|x| (x / unit) * (x / unit)).sum() };
    let (frobenius, sum) = (square(a.as_slice()), square(l));
    assert!((frobenius - sum).abs() <= bound * frobenius);
    eigh
}

fn symmetric(n: usize, mut value: impl FnMut(usize, usize) -> f64) -> Matrix {
    let mut a = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..=i {
            a[(i, j)] = value(i, j);
            a[(j, i)] = a[(i, j)];
        }
    }
    a
}

/// From 0 up to 1.
fn unit(rng: &mut Random) -> f64 {
    (rng.bits() >> 11) as f64 / 2f64.powi(53)
}

fn random(n: usize, seed: u64) -> Matrix {
    let mut rng = Random::new(seed);
    symmetric(n, |_, _| unit(&mut rng) * 2.0 - 1.0)
}

fn tridiagonal(n: usize, diagonal: impl Fn(usize) -> f64, off: f64) -> Matrix {
    symmetric(n, |i, j| match i - j {
        0 => diagonal(i),
        1 => off,
        _ => 0.0,
    })
}

#[test]
fn every_size_around_the_lanes_and_the_panels() {
    for n in (1..=40).chain([63, 64, 65, 66, 127, 128, 129, 130, 131, 200]) {
        check(&random(n, n as u64), 4.0);
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn what_defines_them(n in 1usize..24, seed: u64, spread in 0i32..300) {
        let mut rng = Random::new(seed);
        // Magnitudes over `spread` powers of two, some zeros.
        let a = symmetric(n, |_, _| {
            let binade = unit(&mut rng) * f64::from(spread);
            let value = (unit(&mut rng) - 0.5) * 2f64.powi(binade as i32);
            if unit(&mut rng) < 0.2 { 0.0 } else { value }
        });
        check(&a, 4.0);
    }
}

#[test]
fn second_differences() {
    for n in [1, 2, 3, 10, 100] {
        let eigh = check(&tridiagonal(n, |_| 2.0, -1.0), 4.0);
        let expected: Vec<f64> = (1..=n)
            .map(|k| 2.0 - 2.0 * (k as f64 * PI / (n + 1) as f64).cos())
            .collect();
        assert_near(&eigh.values, &expected, 16.0 * EPS);
    }
}

#[test]
fn wilkinson() {
    // Its largest pair agrees to thirteen decimals (Wilkinson 1965).
    let eigh = check(&tridiagonal(21, |i| (10.0 - i as f64).abs(), 1.0), 4.0);
    assert_near(
        &eigh.values[19..],
        &[10.746_194_182_903_32, 10.746_194_182_903_39],
        1e-13,
    );
    assert_near(&eigh.values[..1], &[-1.125_441_522_119_98], 1e-13);
}

#[test]
fn hilbert() {
    let eigh = check(&symmetric(10, |i, j| 1.0 / (i + j + 1) as f64), 4.0);
    assert_near(&eigh.values[9..], &[1.751_919_670_265_177_5], 4.0 * EPS);
    assert_near(&eigh.values[..1], &[1.093_153_819_379_666e-13], 4.0 * EPS);
}

#[test]
fn repeated_and_zero() {
    for n in [1, 2, 7, 40, 100] {
        let eigh = check(&Matrix::ones(n, n), 4.0);
        let mut expected = vec![0.0; n];
        expected[n - 1] = n as f64;
        assert_near(&eigh.values, &expected, 4.0 * n as f64 * EPS);
        // No rotation, no reflection: exact.
        let eigh = Matrix::zeros(n, n).eigh().unwrap();
        assert_eq!(eigh.values, vec![0.0; n]);
        assert_eq!(eigh.vectors, Matrix::identity(n));
        let eigh = (Matrix::identity(n) * -3.0).eigh().unwrap();
        assert_eq!(eigh.values, vec![-3.0; n]);
        assert_eq!(eigh.vectors, Matrix::identity(n));
    }
    // Two equal blocks that know nothing of each other.
    let block = random(9, 5);
    let twice = symmetric(18, |i, j| {
        if i / 9 == j / 9 {
            block[(i % 9, j % 9)]
        } else {
            0.0
        }
    });
    let (one, two) = (check(&block, 4.0), check(&twice, 4.0));
    let expected: Vec<f64> = one.values.iter().flat_map(|&x| [x, x]).collect();
    assert_near(&two.values, &expected, 4.0 * 18.0 * EPS);
}

#[test]
fn diagonal_matrices_are_sorted_exactly() {
    let values = [3.0, -1.0, 0.0, 1e150, -1e-150, 3.0, 0.1];
    let a = symmetric(7, |i, j| if i == j { values[i] } else { 0.0 });
    let eigh = check(&a, 1.0);
    assert_eq!(eigh.values, [-1.0, -1e-150, 0.0, 0.1, 3.0, 3.0, 1e150]);
    let places: Vec<Option<usize>> = (0..7)
        .map(|col| (0..7).find(|&row| eigh.vectors[(row, col)] == 1.0))
        .collect();
    assert_eq!(places, [1, 4, 2, 6, 0, 5, 3].map(Some));
}

/// Rows that are nearly of zeros are not left out as those are.
#[test]
fn many_tiny_rows_keep_their_values() {
    let n = 70;
    let eigh = symmetric(n, |i, j| match (i == j, i) {
        (false, _) => 0.0,
        (true, 69) => 1.0,
        (true, _) => 1e-200,
    })
    .eigh()
    .unwrap();
    assert_eq!(eigh.values[..n - 1], vec![1e-200; n - 1]);
    assert_eq!(eigh.values[n - 1], 1.0);
}

#[test]
fn no_rows_one_row_two_rows() {
    let none = Matrix::zeros(0, 0).eigh().unwrap();
    assert_eq!((none.values.len(), none.vectors.shape()), (0, (0, 0)));
    let one = matrix![[-7.5]].eigh().unwrap();
    assert_eq!((one.values, one.vectors), (vec![-7.5], matrix![[1.0]]));
    let two = check(&matrix![[0.0, 1.0], [1.0, 0.0]], 4.0);
    assert_near(&two.values, &[-1.0, 1.0], EPS);
}

/// D·R·D with D from 1 down to 1e-9, in a mixed order: each eigenvalue has its own magnitude, and the smallest is right
/// to many digits, not only beside the largest.
#[test]
fn graded() {
    let n = 10;
    let d: Vec<f64> = (0..n).map(|i| 10f64.powi(-((i * 7 % n) as i32))).collect();
    let a = symmetric(n, |i, j| d[i] * d[j] * if i == j { 1.5 } else { 0.5 });
    let eigh = check(&a, 4.0);
    // R is 1 on the diagonal plus 0.5 everywhere: its determinant is 1 + 0.5 n.
    let mut expected = 1.0 + 0.5 * n as f64;
    let mut found = 1.0;
    for (i, value) in eigh.values.iter().enumerate() {
        expected *= d[i] * d[i] * 1e9;
        found *= value * 1e9;
    }
    assert!(
        (found / expected - 1.0).abs() < 1e-12,
        "{found:e} for {expected:e}"
    );
}

#[test]
fn a_power_of_two_changes_no_digit() {
    let a = random(30, 3);
    let plain = a.eigh().unwrap();
    for power in [-900, -30, 30, 900] {
        let scale = 2f64.powi(power);
        let scaled = check(&(&a * scale), 4.0);
        assert_eq!(scaled.vectors, plain.vectors);
        let values: Vec<f64> = plain.values.iter().map(|x| x * scale).collect();
        assert_eq!(scaled.values, values);
    }
}

#[test]
fn the_ends_of_the_range() {
    let tiny = f64::from_bits(1);
    let eigh = matrix![[0.0, tiny], [tiny, 0.0]].eigh().unwrap();
    assert_eq!(eigh.values, [-tiny, tiny]);
    let huge = symmetric(5, |_, _| f64::MAX).eigh().unwrap();
    assert_eq!(huge.values[4], f64::INFINITY);
    assert!(huge.values[..4].iter().all(|x| x.abs() < 1e294));
    // A value that is nothing beside another, and yet not lost.
    let mixed = matrix![[1e-150, 0.0, 0.0], [0.0, 1e150, 0.0], [0.0, 0.0, 1.0]];
    assert_eq!(check(&mixed, 1.0).values, [1e-150, 1.0, 1e150]);
    let far = matrix![
        [1e-200, 1e-180, 1.0],
        [1e-180, 1e-160, 1e-100],
        [1.0, 1e-100, 0.0]
    ];
    check(&far, 4.0);
    // Off the diagonal, 1e-40 of the largest is where nothing begins.
    let beside_one = |x| matrix![[0.0, x, 0.0], [x, 0.0, 0.0], [0.0, 0.0, 1.0]];
    let kept = beside_one(1e-39).eigh().unwrap();
    assert_near(&kept.values, &[-1e-39, 1e-39, 1.0], 1e-53);
    let dropped = beside_one(1e-41).eigh().unwrap();
    assert_eq!(dropped.values, [0.0, 0.0, 1.0]);
}

#[test]
fn the_same_bits_on_every_isa() {
    // FNV-1a over the bits; the tests run with each ISA selected.
    let hash = |matrices: [Matrix; 5]| {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for a in matrices {
            let eigh = a.eigh().unwrap();
            for x in eigh.values.iter().chain(eigh.vectors.as_slice()) {
                for byte in x.to_bits().to_le_bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
                }
            }
        }
        hash
    };
    let found = hash([1, 2, 7, 33, 150].map(|n| random(n, 77)));
    assert_eq!(found, 0x0742_b430_6782_500f, "{found:#x}");
    // Zeros and equal values, so that signs and shifts meet their ties.
    let ties = |n| symmetric(n, |i, j| (i * j % 3) as f64);
    let found = hash([2, 3, 6, 9, 20].map(ties));
    assert_eq!(found, 0xb51c_9f72_58ff_4f52, "{found:#x}");
    // Rows of zeros, around the numbers from which on they are left out. Zeros have signs; some are negative before, too; and in one
    // matrix other values are 0.
    let zeros = |(n, count): (usize, usize)| {
        let a = random(n, 7);
        let zero = |i: usize, j: usize| i * 7 % n < count || j * 7 % n < count;
        let sparse = |i: usize, j: usize| n == 152 && i != j && !(i * j).is_multiple_of(7);
        symmetric(n, |i, j| match zero(i, j) || sparse(i, j) {
            true if n == 130 && i == j && i > 75 && i % 5 == 0 => -0.0,
            true => 0.0,
            false => a[(i, j)],
        })
    };
    let found = hash([(90, 64), (90, 65), (150, 40), (130, 130), (152, 70)].map(zeros));
    assert_eq!(found, 0x6e96_1a87_2655_5e98, "{found:#x}");
}

#[test]
fn errors() {
    let error = Matrix::zeros(2, 3).eigh().unwrap_err();
    assert_eq!(error, EighError::NotSquare { shape: (2, 3) });
    assert_eq!(error.to_string(), "eigh: 2x3 is not square");
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for at in [(0, 0), (0, 2), (2, 0), (2, 2)] {
            let mut a = random(3, 1);
            a[at] = bad;
            match a.eigh() {
                Err(EighError::NotFinite { at: found, .. }) => assert_eq!(found, at),
                other => panic!("{other:?}"),
            }
        }
    }
    let memory = ShapeError::OutOfMemory { shape: (9, 9) };
    let error = EighError::from(memory.clone());
    assert_eq!(error.to_string(), memory.to_string());
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.downcast_ref(), Some(&memory));
    let mut a = random(3, 1);
    a[(2, 1)] = a[(1, 2)].next_up();
    let (below, above) = (a[(2, 1)], a[(1, 2)]);
    let expected = EighError::NotSymmetric {
        at: (2, 1),
        below,
        above,
    };
    assert_eq!(a.eigh().unwrap_err(), expected);
}

#[test]
fn a_view_with_gaps() {
    let a = random(12, 8);
    let mut data = vec![f64::NAN; 12 * 15];
    for (to, from) in data.chunks_exact_mut(15).zip(a.rows()) {
        to[..12].copy_from_slice(from);
    }
    let view = MatrixView::with_row_stride(12, 12, 15, &data).unwrap();
    assert_eq!(view.eigh().unwrap(), a.eigh().unwrap());
}
