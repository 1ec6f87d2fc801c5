//! Preprocessing against scikit-learn and NumPy (`data/make_preprocess.py`), against naive loops, and by its laws.

use crate::common;
mod impute;
mod pipeline;
mod refused;

use self::pipeline::pipeline;
use common::fma::Fused;
use common::{Random, assert_bits, assert_near, config};
use proptest::prelude::*;
use rowmajor::io::Npz;
use rowmajor::preprocess::{
    Error, MinMax, Standardize, Whiten, Whitening, WhiteningKind, covariance,
};
use rowmajor::{Matrix, MatrixView, matrix};

/// The fixtures have every so many-th digit.
const STEP: usize = 60;

fn digits() -> Matrix {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.npz");
    Npz::load(path).unwrap().matrix("images").unwrap()
}

fn expected() -> Npz {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/preprocess.npz");
    Npz::load(path).unwrap()
}

fn every_so_many(x: &Matrix) -> Matrix {
    let rows: Vec<usize> = (0..x.nrows()).step_by(STEP).collect();
    x.select_rows(&rows).unwrap()
}

fn random(rows: usize, cols: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::from_fn(rows, cols, |_, _| random.number())
}

/// The covariance by the textbook: two loops over columns, means first.
fn naive_covariance(x: &Matrix) -> Matrix {
    let n = x.nrows() as f64;
    let mean = |j: usize| (0..x.nrows()).map(|i| x[(i, j)]).sum::<f64>() / n;
    let means: Vec<f64> = (0..x.ncols()).map(mean).collect();
    Matrix::from_fn(x.ncols(), x.ncols(), |j, k| {
        let product = |i| (x[(i, j)] - means[j]) * (x[(i, k)] - means[k]);
        (0..x.nrows()).map(product).sum::<f64>() / (n - 1.0)
    })
}

#[test]
fn standardize_is_scikit_learns() {
    let (x, expected) = (digits(), expected());
    let step = Standardize::fit(&x).unwrap();
    assert_near(step.mean(), &expected.vector("mean").unwrap(), 1e-14);
    assert_near(step.scale(), &expected.vector("scale").unwrap(), 1e-14);
    let constant = step.scale().iter().filter(|&&scale| scale == 1.0).count();
    assert_eq!(constant, 3, "digits has three columns of nothing but 0");
    let y = step.transform(&x).unwrap();
    let theirs = expected.matrix("standard").unwrap();
    assert!(every_so_many(&y).max_abs_diff(&theirs).unwrap() <= 1e-14);
}

#[test]
fn standardize_tells_constant_columns_as_scikit_learn() {
    let expected = expected();
    let near = expected.matrix("near").unwrap();
    let step = Standardize::fit(&near).unwrap();
    let (mean, scale) = (
        expected.vector("near_mean").unwrap(),
        expected.vector("near_scale").unwrap(),
    );
    for (found, expected) in step.scale().iter().zip(&scale) {
        assert!(
            (found / expected - 1.0).abs() < 1e-9,
            "{found} for {expected}"
        );
    }
    for (found, expected) in step.mean().iter().zip(&mean) {
        assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1.0));
    }
    // A constant column becomes 0, not rounding.
    let y = step.transform(&near).unwrap();
    assert!(y.rows().all(|row| row[0] == 0.0 && row[2] == 0.0));
}

#[test]
fn rounding_of_a_sum_is_made_good() {
    // The plain mean of these is off by a good part of their spread.
    let spread = 2f64.powi(-41);
    let x = Matrix::from_fn(4000, 1, |row, _| {
        if row % 2 == 0 {
            0.3 + spread
        } else {
            0.3 - spread
        }
    });
    let step = Standardize::fit(&x).unwrap();
    assert_eq!(step.mean(), [0.3]);
    assert_near(step.scale(), &[spread], 1e-12 * spread);
}

#[test]
fn min_max_remembers_what_it_was_fitted_to() {
    let step = MinMax::fit_to(&matrix![[0.0, 3.0], [-0.0, 7.0]], 2.0, 5.0).unwrap();
    assert_eq!(step.range(), (2.0, 5.0));
    assert_eq!((step.min(), step.max()), (&[0.0, 3.0][..], &[0.0, 7.0][..]));
    // Of equal values the first.
    assert!(step.min()[0].is_sign_positive() && step.max()[0].is_sign_positive());
}

#[test]
fn min_max_is_scikit_learns() {
    let (x, expected) = (digits(), expected());
    for (name, low, high) in [("min_max", 0.0, 1.0), ("signed", -1.0, 1.0)] {
        let step = MinMax::fit_to(&x, low, high).unwrap();
        let y = step.transform(&x).unwrap();
        let theirs = expected.matrix(name).unwrap();
        assert!(every_so_many(&y).max_abs_diff(&theirs).unwrap() <= 1e-14);
        assert_eq!((y.min(), y.max()), (Some(low), Some(high)));
    }
}

#[test]
fn the_covariance_is_numpys_and_the_textbooks() {
    let (x, expected) = (digits(), expected());
    let c = covariance(&x).unwrap();
    assert_eq!(c, c.transpose());
    let eigh = c.eigh().unwrap();
    let values = expected.vector("eigenvalues").unwrap();
    assert_near(&eigh.values, &values, 1e-14 * values[63]);
    // More rows than a block, more columns than a slab, and neither a multiple of it.
    for (rows, cols) in [(2, 1), (3, 5), (1030, 3), (40, 130), (1100, 129)] {
        let x = random(rows, cols, rows as u64);
        let (ours, naive) = (covariance(&x).unwrap(), naive_covariance(&x));
        assert_eq!(ours, ours.transpose());
        assert!(ours.max_abs_diff(&naive).unwrap() <= 1e-13 * naive.max().unwrap());
    }
}

/// Every bit as documented: chains over 1024 centred rows, their results added in order.
fn covariance_by_rule(x: &Matrix) -> Matrix {
    let (rows, cols) = x.shape();
    let mean = |j: usize| {
        let first = (0..rows).fold(0.0, |sum, i| sum + x[(i, j)]) / rows as f64;
        let off = (0..rows).fold(0.0, |sum, i| sum + (x[(i, j)] - first));
        first + off / rows as f64
    };
    let means: Vec<f64> = (0..cols).map(mean).collect();
    let centred = Matrix::from_fn(rows, cols, |i, j| x[(i, j)] - means[j]);
    Matrix::from_fn(cols, cols, |j, k| {
        let mut sum = 0.0;
        for start in (0..rows).step_by(1024) {
            let block = start..rows.min(start + 1024);
            let chain = |c, i| centred[(i, j)].fused(centred[(i, k)], c);
            sum += block.fold(0.0, chain);
        }
        sum / (rows - 1) as f64
    })
}

fn assert_rule(x: &Matrix, what: &str) {
    let (found, expected) = (covariance(x).unwrap(), covariance_by_rule(x));
    assert_bits(found.as_slice(), expected.as_slice(), what);
}

/// Both triangles, whatever strips and blocks there are.
#[test]
fn the_covariance_is_its_rule() {
    for (rows, cols) in [(2, 1), (5, 3), (1024, 7), (1025, 50), (2100, 101)] {
        assert_rule(&random(rows, cols, 77), &format!("{rows}x{cols}"));
    }
}

/// Columns of zeros of either sign, first, last, in runs and everywhere; tiny values, whose squares are 0, are none.
#[test]
fn columns_of_zeros_change_nothing() {
    type Pattern = (&'static str, fn(usize) -> bool);
    let patterns: [Pattern; 8] = [
        ("first", |col| col == 0),
        ("last", |col| col == 100),
        ("a run at the start", |col| col < 52),
        ("a run at the end", |col| col > 47),
        ("runs of one", |col| col % 2 == 1),
        ("runs of one left", |col| col % 9 != 4),
        ("all but one", |col| col != 60),
        ("all", |_| true),
    ];
    for (what, zero) in patterns {
        for zeros in [0.0, -0.0] {
            let mut x = random(1030, 101, 5);
            for col in (0..101).filter(|&col| zero(col)) {
                // The other sign once.
                (0..1030).for_each(|row| x[(row, col)] = if row == 3 { -zeros } else { zeros });
            }
            assert_rule(&x, what);
            // In the last rows only, tiny values that cancel each other: mean 0, variance 0.
            for tiny in [1e-200, 5e-324] {
                let mut x = x.clone();
                (0..1030).for_each(|row| x[(row, 60)] *= 1e150);
                (x[(1028, 0)], x[(1029, 0)]) = (tiny, -tiny);
                (x[(1028, 99)], x[(1029, 99)]) = (tiny, -tiny);
                assert_rule(&x, what);
            }
        }
    }
    // The same errors, of the same columns.
    let mut x = random(20, 30, 6);
    (0..20).for_each(|row| (x[(row, 0)], x[(row, 7)]) = (0.0, -0.0));
    let (op, mut bad) = ("covariance", x.clone());
    bad[(11, 7)] = f64::INFINITY;
    let (at, value) = ((11, 7), f64::INFINITY);
    assert_eq!(covariance(&bad), Err(Error::NotFinite { op, at, value }));
    x[(0, 9)] = 1e300;
    assert_eq!(covariance(&x), Err(Error::TooWide { op, column: 9 }));
}

/// Rows in blocks and one by one, and the inputs in place.
#[test]
fn a_whitened_row_is_the_same_in_every_block() {
    let x = random(2500, 5, 78);
    let whiten = Whitening::pca().fit(&x).unwrap();
    let y = whiten.transform(&x).unwrap();
    for row in [0, 1, 1023, 1024, 2047, 2048, 2499] {
        let alone = whiten.transform(x.view_rows(row..=row).unwrap()).unwrap();
        assert_eq!(alone.row(0), y.row(row), "row {row}");
    }
    assert_eq!(
        whiten.transform(&Matrix::zeros(0, 5)).unwrap().shape(),
        (0, 5)
    );
}

#[test]
fn pca_is_scikit_learns() {
    let (x, expected) = (digits(), expected());
    let step = Whitening::pca().components(20).fit(&x).unwrap();
    assert_near(
        step.variances(),
        &expected.vector("pca_variances").unwrap(),
        1e-11,
    );
    let y = step.transform(&x).unwrap();
    let theirs = expected.matrix("pca").unwrap();
    // The signs too: both make the largest value of a component positive.
    assert!(every_so_many(&y).max_abs_diff(&theirs).unwrap() <= 1e-11);
}

/// Some columns constant, one the sum of two others, one with a thousandth of the others' spread.
fn deficient(rows: usize, seed: u64) -> Matrix {
    let mut x = random(rows, 12, seed);
    for row in 0..rows {
        x[(row, 3)] = 7.0;
        x[(row, 5)] = x[(row, 0)] + x[(row, 1)];
        x[(row, 8)] *= 1e-3;
        x[(row, 11)] = 0.0;
    }
    x
}

#[test]
fn whitened_covariance_is_the_identity() {
    let rank_5 = random(100, 5, 3).matmul(&random(5, 20, 4)).unwrap();
    for (x, rank) in [
        (digits(), 61),
        (deficient(500, 1), 9),
        (random(100, 30, 2), 30),
        (rank_5, 5),
    ] {
        let pca = Whitening::pca().fit(&x).unwrap();
        assert_eq!((pca.outputs(), pca.variances().len()), (rank, rank));
        let y = pca.transform(&x).unwrap();
        let off = covariance(&y)
            .unwrap()
            .max_abs_diff(&Matrix::identity(rank))
            .unwrap();
        assert!(off <= 1e-11, "PCA: {off:e}");

        let zca = Whitening::zca().fit(&x).unwrap();
        assert_eq!(zca.outputs(), x.ncols());
        let y = zca.transform(&x).unwrap();
        let projection = zca.components().matmul_tn(zca.components()).unwrap();
        let off = covariance(&y).unwrap().max_abs_diff(&projection).unwrap();
        assert!(off <= 1e-11, "ZCA: {off:e}");

        // Nothing was lost: no data in the directions that were dropped.
        for step in [pca, zca] {
            let back = step
                .inverse_transform(&step.transform(&x).unwrap())
                .unwrap();
            let largest = x.max().unwrap().max(-x.min().unwrap());
            assert!(back.max_abs_diff(&x).unwrap() <= 1e-12 * largest);
        }
    }
}

#[test]
fn components_and_epsilon() {
    let x = deficient(200, 3);
    let all = Whitening::pca().fit(&x).unwrap();
    let three = Whitening::pca()
        .components(3)
        .epsilon(0.25)
        .fit(&x)
        .unwrap();
    assert_eq!(three.outputs(), 3);
    assert_eq!(three.variances(), &all.variances()[..3]);
    assert_eq!(
        three.components(),
        &all.components().view_rows(..3).unwrap().to_matrix()
    );
    assert!(three.variances().is_sorted_by(|a, b| a >= b));
    let c = covariance(&three.transform(&x).unwrap()).unwrap();
    for (k, variance) in three.variances().iter().enumerate() {
        assert!((c[(k, k)] - variance / (variance + 0.25)).abs() < 1e-13);
    }
    // What is kept of a whitened row is its projection; whitening it again changes nothing.
    let back = three
        .inverse_transform(&three.transform(&x).unwrap())
        .unwrap();
    let again = three
        .inverse_transform(&three.transform(&back).unwrap())
        .unwrap();
    assert!(again.max_abs_diff(&back).unwrap() < 1e-13);
    // More components than the rank has: as many as there are.
    assert_eq!(
        Whitening::pca().components(12).fit(&x).unwrap().outputs(),
        9
    );
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn there_and_back(rows in 2usize..20, cols in 1usize..10, seed: u64) {
        let x = random(rows, cols, seed);
        let largest = x.max().unwrap().max(-x.min().unwrap());
        let bound = 16.0 * f64::EPSILON * largest;
        let scale = MinMax::fit_to(&x, -3.0, 5.0).unwrap();
        let standardize = Standardize::fit(&x).unwrap();
        for (y, back) in [
            (scale.transform(&x).unwrap(), scale.inverse_transform(&scale.transform(&x).unwrap())),
            (standardize.transform(&x).unwrap(), standardize.inverse_transform(&standardize.transform(&x).unwrap())),
        ] {
            prop_assert!(back.unwrap().max_abs_diff(&x).unwrap() <= bound);
            prop_assert_eq!(y.shape(), x.shape());
        }
        let y = scale.transform(&x).unwrap();
        prop_assert!(y.min().unwrap() == -3.0 && y.max().unwrap() <= 5.0);
    }

    #[test]
    fn a_row_does_not_see_the_others(rows in 2usize..40, cols in 1usize..20, seed: u64) {
        let x = random(rows, cols, seed);
        let steps = pipeline(&x);
        let all = steps.transform(&x).unwrap();
        for row in 0..rows {
            let one = steps.transform(x.view_rows(row..=row).unwrap()).unwrap();
            prop_assert_eq!(one.row(0), all.row(row));
        }
    }
}

#[test]
fn views_with_gaps_and_no_rows() {
    let x = random(30, 4, 5);
    let mut data = vec![f64::NAN; 30 * 7];
    for (to, from) in data.chunks_exact_mut(7).zip(x.rows()) {
        to[..4].copy_from_slice(from);
    }
    let view = MatrixView::with_row_stride(30, 4, 7, &data).unwrap();
    assert_eq!(
        Standardize::fit(view).unwrap(),
        Standardize::fit(&x).unwrap()
    );
    let whiten = Whitening::zca().fit(view).unwrap();
    assert_eq!(whiten, Whitening::zca().fit(&x).unwrap());
    assert_eq!(
        whiten.transform(view).unwrap(),
        whiten.transform(&x).unwrap()
    );
    let none = view.view_rows(..0).unwrap();
    assert_eq!(whiten.transform(none).unwrap().shape(), (0, 4));
}

#[test]
fn non_finite_values_pass_through_a_transform() {
    let step = Standardize::fit(&matrix![[0.0, 0.0], [2.0, 2.0]]).unwrap();
    let y = step
        .transform(&matrix![[f64::NAN, 1.0], [f64::INFINITY, 3.0]])
        .unwrap();
    assert!(y[(0, 0)].is_nan() && y[(1, 0)] == f64::INFINITY);
    assert_eq!((y[(0, 1)], y[(1, 1)]), (0.0, 2.0));
}

#[test]
fn the_same_bits_on_every_machine() {
    // FNV-1a over the bits; the tests run with each ISA selected.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let x = digits();
    for step in [Whitening::pca(), Whitening::zca().epsilon(0.1)] {
        let y = step.fit(&x).unwrap().transform(&x).unwrap();
        let z = pipeline(&y).transform(&y).unwrap();
        for x in y.as_slice().iter().chain(z.as_slice()) {
            for byte in x.to_bits().to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
    }
    assert_eq!(hash, 0x5c07_4173_05fb_0d96, "{hash:#x}");
}

/// The square of what rounding did to a sum overflows, that of the values' distances does not.
#[test]
fn a_column_of_huge_values_is_not_constant() {
    let values = (0..4000).map(|i| 1.556e164 * (1.0 + 6e-13 * f64::from(i % 7)));
    let x = Matrix::from_vec(4000, 1, values.collect()).unwrap();
    let y = Standardize::fit(&x).unwrap().transform(&x).unwrap();
    let spread = y.col_vars()[0];
    assert!((spread - 1.0).abs() < 0.01, "{spread}");

    let same = Matrix::full(5000, 1, 1.1e308 / 5000.0);
    let y = Standardize::fit(&same).unwrap().transform(&same).unwrap();
    assert!(y.as_slice().iter().all(|y| y.abs() < 1e295), "constant");
}

/// Rows far from 0, whose rounding is larger than what counts as nothing beside the largest variance.
#[test]
fn few_rows_have_a_rank_below_their_number() {
    for seed in 0..20 {
        let x = random(4, 6, seed).map(|x| 1e12 + x);
        let step = Whitening::pca().fit(&x).unwrap();
        assert!(step.outputs() <= 3, "seed {seed}: {}", step.outputs());
    }
}

/// Columns without weights are left out of blocks of rows; what they would do to a NaN, an infinity or a -0 is done all the same.
#[test]
fn a_column_without_weights_changes_no_bit() {
    let bits = |m: &Matrix| -> Vec<u64> {
        let plain = |x: &f64| {
            if x.is_nan() {
                0x7ff8 << 48
            } else {
                x.to_bits()
            }
        };
        m.as_slice().iter().map(plain).collect()
    };
    for constant in [vec![], vec![2, 5], vec![0, 1, 2, 3], vec![7, 8]] {
        let mut x = random(2500, 9, 31);
        for &col in &constant {
            (0..2500).for_each(|row| x[(row, col)] = 7.0);
        }
        for whitening in [Whitening::pca(), Whitening::zca()] {
            let step = whitening.epsilon(0.5).fit(&x).unwrap();
            let mut scaled = step.components().clone();
            for (k, variance) in step.variances().iter().enumerate() {
                let row = scaled.row_mut(k).iter_mut();
                row.for_each(|w| *w /= (variance + 0.5).sqrt());
            }
            let weights = match step.kind() {
                WhiteningKind::Zca => scaled.matmul_tn(step.components()).unwrap(),
                _ => scaled.transpose(),
            };
            let mut x = x.clone();
            for value in [7.0, f64::NAN, f64::INFINITY, -0.0, -5e-324, 1e-200] {
                for row in [3, 1030, 2499] {
                    let col = constant.first().map_or(0, |col| col + row % 2);
                    x[(row, col)] = value;
                }
                let mean = step.mean();
                let centred = Matrix::from_fn(2500, 9, |i, j| x[(i, j)] - mean[j]);
                let expected = centred.matmul(&weights).unwrap();
                let found = step.transform(&x).unwrap();
                assert_eq!(bits(&found), bits(&expected), "{value} at {constant:?}");
            }
        }
    }
    // -5e-324 / 4 is rounded to -0, which the second column's +0 makes +0.
    let step = Whiten::new(
        WhiteningKind::Pca,
        vec![0.0; 2],
        matrix![[1.0, 0.0]],
        vec![16.0],
        0.0,
    );
    let x = Matrix::from_fn(1100, 2, |i, j| [[-5e-324, 1.0], [-5e-324, -1.0]][i % 2][j]);
    let y = step.unwrap().transform(&x).unwrap();
    let signs = y.as_slice().iter().map(|y| y.is_sign_negative());
    assert!(signs.eq((0..1100).map(|i| i % 2 == 1)));
}
