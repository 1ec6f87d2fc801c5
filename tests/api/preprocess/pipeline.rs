//! Steps one after the other, in memory and in files.

use super::random;
use rowmajor::Matrix;
use rowmajor::io::{self, Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::preprocess::{MinMax, Pipeline, Standardize, Step, Whitening};

pub(super) fn pipeline(x: &Matrix) -> Pipeline {
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
            Step::Impute(step) => step.transform(&y).unwrap(),
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
        r#"member "steps.npy": value 0: expected impute, min_max, standardize, whiten_pca or whiten_zca, found "sharpen""#
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
