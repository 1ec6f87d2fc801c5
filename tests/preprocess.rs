//! Preprocessing against scikit-learn and NumPy (`data/make_preprocess.py`), against naive loops, and by its laws.

mod common;

use common::{Random, assert_near, config};
use proptest::prelude::*;
use rowmajor::io::{self, Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::preprocess::{
    Error, MinMax, Pipeline, Standardize, Step, Whiten, Whitening, WhiteningKind, covariance,
};
use rowmajor::{Matrix, MatrixView, ShapeError, matrix};

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
    let mut random = Random(seed);
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

fn pipeline(x: &Matrix) -> Pipeline {
    let scale = MinMax::fit_to(x, -1.0, 1.0).unwrap();
    let y = scale.transform(x).unwrap();
    let standardize = Standardize::fit(&y).unwrap();
    let y = standardize.transform(&y).unwrap();
    let zca = Whitening::zca().epsilon(0.01).fit(&y).unwrap();
    let y = zca.transform(&y).unwrap();
    let pca = Whitening::pca().fit(&y).unwrap();
    Pipeline::new(vec![
        scale.into(),
        standardize.into(),
        zca.into(),
        pca.into(),
    ])
    .unwrap()
}

#[test]
fn a_pipeline_is_its_steps() {
    let x = random(50, 6, 9);
    let pipeline = pipeline(&x);
    let mut y = x.clone();
    for step in pipeline.steps() {
        y = match step {
            Step::MinMax(step) => step.transform(&y).unwrap(),
            Step::Standardize(step) => step.transform(&y).unwrap(),
            Step::Whiten(step) => step.transform(&y).unwrap(),
            _ => unreachable!(),
        };
    }
    assert_eq!(pipeline.transform(&x).unwrap(), y);
    assert!(
        pipeline
            .inverse_transform(&y)
            .unwrap()
            .max_abs_diff(&x)
            .unwrap()
            < 1e-12
    );
    assert_eq!(Pipeline::default().transform(&x).unwrap(), x);
    assert_eq!(Pipeline::default().inverse_transform(&x).unwrap(), x);
}

#[test]
fn a_pipeline_is_saved_with_its_network() {
    let x = random(40, 5, 11);
    let pipeline = pipeline(&x);
    let layer = Dense::new(Matrix::ones(5, 2), vec![0.5, 0.25], Activation::Softmax).unwrap();
    let network = Network::new(vec![layer]).unwrap();
    let mut npz = NpzWriter::new(Vec::new());
    pipeline.write_npz(&mut npz).unwrap();
    network.write_npz(&mut npz).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    let read = Pipeline::from_npz(&npz).unwrap();
    assert_eq!(read, pipeline);
    assert_eq!(Network::from_npz(&npz).unwrap(), network);
    // The same bits before and after.
    assert_eq!(read.transform(&x).unwrap(), pipeline.transform(&x).unwrap());

    // No step at all: written as an empty list, or, in older files, not at all.
    let mut npz = NpzWriter::new(Vec::new());
    Pipeline::default().write_npz(&mut npz).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert_eq!(Pipeline::from_npz(&npz).unwrap(), Pipeline::default());
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/data/digits-network.npz"
    );
    let npz = Npz::load(path).unwrap();
    assert_eq!(Pipeline::from_npz(&npz).unwrap(), Pipeline::default());
}

/// What a file with these arrays says when its steps are read.
fn refusal(steps: &[&str], vectors: &[(&str, &[f64])]) -> String {
    let mut npz = NpzWriter::new(Vec::new());
    npz.text("steps", steps).unwrap();
    for (name, values) in vectors {
        npz.vector(name, values).unwrap();
    }
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    let error: io::Error = Pipeline::from_npz(&npz).unwrap_err();
    error.to_string()
}

#[test]
fn files_that_hold_no_pipeline() {
    assert_eq!(
        refusal(&["sharpen"], &[]),
        r#"member "steps.npy": value 0: expected min_max, standardize, whiten_pca or whiten_zca, found "sharpen""#
    );
    assert_eq!(
        refusal(&["standardize"], &[("step1_mean", &[0.0])]),
        r#"no array "step1_scale", there are "steps", "step1_mean""#
    );
    assert_eq!(
        refusal(
            &["standardize"],
            &[("step1_mean", &[0.0]), ("step1_scale", &[0.0])]
        ),
        "expected a preprocessing step, found step 1: standardize: expected scales above 0, found 0.0"
    );
    assert_eq!(
        refusal(
            &["standardize"],
            &[("step1_mean", &[0.0]), ("step1_scale", &[1.0, 1.0])]
        ),
        "standardize: expected 1 values, found 2"
    );
    assert_eq!(
        refusal(&["min_max"], &[("step1_range", &[1.0])]),
        r#"member "step1_range.npy": expected two numbers, low and high, found 1 numbers"#
    );
    let (min, max) = (("step1_min", &[0.0][..]), ("step1_max", &[f64::NAN][..]));
    assert_eq!(
        refusal(&["min_max"], &[("step1_range", &[0.0, 1.0]), min, max]),
        "expected a preprocessing step, found step 1: min_max: (0, 0) is NaN, not a finite number"
    );
    assert_eq!(
        refusal(
            &["whiten_pca"],
            &[
                ("step1_epsilon", &[0.0]),
                ("step1_components", &[1.0]),
                ("step1_mean", &[0.0]),
                ("step1_variances", &[1.0]),
            ]
        ),
        r#"member "step1_components.npy": expected a matrix (two axes), found shape (1,)"#
    );
}

#[test]
fn data_that_cannot_be_fitted() {
    type Fit = fn(&Matrix) -> Result<(), Error>;
    let fits: [Fit; 5] = [
        |x| MinMax::fit(x).map(drop),
        |x| Standardize::fit(x).map(drop),
        |x| Whitening::pca().fit(x).map(drop),
        |x| Whitening::zca().fit(x).map(drop),
        |x| covariance(x).map(drop),
    ];
    for fit in fits {
        for shape in [(0, 0), (0, 3), (3, 0)] {
            match fit(&Matrix::zeros(shape.0, shape.1)) {
                Err(Error::Shape(ShapeError::Empty { shape: found, .. })) => {
                    assert_eq!(found, shape)
                }
                other => panic!("{other:?}"),
            }
        }
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut x = random(20, 11, 1);
            x[(17, 9)] = bad;
            match fit(&x) {
                Err(Error::NotFinite { at: (17, 9), .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        let mut x = random(20, 11, 1);
        (x[(0, 4)], x[(1, 4)]) = (f64::MAX, -f64::MAX);
        match fit(&x) {
            Err(Error::TooWide { column: 4, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    for whitening in [Whitening::pca(), Whitening::zca()] {
        let constant = whitening.fit(&Matrix::filled(5, 3, 0.1));
        assert_eq!(constant, Err(Error::Constant { op: "whiten" }));
        let one_row = whitening.fit(&Matrix::ones(1, 3));
        assert!(matches!(
            one_row,
            Err(Error::TooFewRows {
                needed: 2,
                found: 1,
                ..
            })
        ));
        for refused in [
            whitening.components(0),
            whitening.components(12),
            whitening.epsilon(-1e-9),
            whitening.epsilon(f64::NAN),
            whitening.epsilon(f64::INFINITY),
        ] {
            let error = refused.fit(&random(20, 11, 1));
            assert!(matches!(error, Err(Error::Parameter { .. })), "{error:?}");
        }
    }
    for (low, high) in [
        (1.0, 1.0),
        (1.0, 0.0),
        (f64::NAN, 1.0),
        (-f64::MAX, f64::MAX),
    ] {
        let error = MinMax::fit_to(&Matrix::ones(2, 2), low, high);
        assert!(matches!(error, Err(Error::Parameter { .. })), "{error:?}");
    }
}

#[test]
fn steps_that_cannot_be_made() {
    let parameter = |error| matches!(error, Error::Parameter { .. });
    assert!(parameter(
        MinMax::new(vec![1.0], vec![0.0], 0.0, 1.0).unwrap_err()
    ));
    assert!(parameter(
        Standardize::new(vec![1.0], vec![-1.0]).unwrap_err()
    ));
    let whiten = |components, variances: &[f64]| {
        Whiten::new(
            WhiteningKind::Pca,
            vec![0.0, 0.0],
            components,
            variances.to_vec(),
            0.0,
        )
    };
    assert!(parameter(whiten(matrix![[1.0, 0.0]], &[0.0]).unwrap_err()));
    let sizes = whiten(matrix![[1.0, 0.0]], &[1.0, 1.0]).unwrap_err();
    assert!(matches!(
        sizes,
        Error::Shape(ShapeError::Mismatch {
            lhs: (1, 2),
            rhs: (2, 2),
            ..
        })
    ));
    let huge = whiten(matrix![[1e300, 0.0]], &[1e-300]).unwrap_err();
    assert!(matches!(huge, Error::TooWide { .. }));
    // Other columns than were fitted.
    let x = random(10, 4, 1);
    let pipeline = Pipeline::new(vec![Standardize::fit(&x).unwrap().into()]).unwrap();
    for cols in [0, 3, 5] {
        let wrong = Matrix::zeros(2, cols);
        let expected = ShapeError::Mismatch {
            op: "standardize",
            lhs: (2, cols),
            rhs: (1, 4),
        };
        assert_eq!(pipeline.transform(&wrong).unwrap_err(), expected);
        assert_eq!(pipeline.inverse_transform(&wrong).unwrap_err(), expected);
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
    // FNV-1a over the bits; the tests run with each machine forced.
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
