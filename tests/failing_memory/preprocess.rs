//! Steps that are fitted and applied; eigenvalues.

use super::{FIXED, Failure, Failures, alone, failing, numbers, spared, starve};
use rowmajor::io::{Npz, NpzWriter};
use rowmajor::preprocess::{
    Impute, MinMax, Pipeline, Standardize, Step, Whiten, Whitening, covariance, drop_missing,
    one_hot, stratified_split, train_test_split,
};
use rowmajor::random::Rng;
use rowmajor::set_num_threads;

#[test]
fn eigenvalues_are_found_or_an_error() {
    let _turn = alone();
    let symmetric = |n: usize| {
        let x = numbers(n, n);
        &x + &x.transpose()
    };
    // More than one panel of reflections; more rotations than are noted at once.
    for (n, spared_bytes) in [(3, 0), (70, 0), (270, 2000)] {
        let matrix = symmetric(n);
        let errors = starve(&format!("eigh {n}"), spared_bytes, false, || {
            matrix
                .eigh()
                .map(|eigh| spared(|| [eigh.values, eigh.vectors.into_vec()].concat()))
        });
        assert!(errors > 4, "{n}: {errors}");
    }
    // So many values that a stable sort would want memory, which is gone after the list of their order.
    let matrix = symmetric(600);
    let no_more = Failures {
        after: 1,
        for_good: true,
        spared: 0,
        everywhere: false,
    };
    let error = failing(no_more, || matrix.eigh()).unwrap_err();
    assert!(error.is_memory(), "{error}");
}

#[test]
fn steps_are_fitted_and_applied_or_an_error() {
    let _turn = alone();
    set_num_threads(1);
    let x = numbers(40, 7);
    let wide = numbers(300, 150);
    let (min_max, standardize) = (MinMax::fit(&x).unwrap(), Standardize::fit(&x).unwrap());
    let impute = Impute::constant(7, 1.0).unwrap();
    let pca = Whitening::pca().fit(&x).unwrap();
    let zca = Whitening::zca().epsilon(0.5).fit(&x).unwrap();
    let steps: Vec<Step> = vec![
        min_max.clone().into(),
        standardize.clone().into(),
        pca.clone().into(),
    ];
    let pipeline = Pipeline::new(steps).unwrap();
    let parts = |whiten: Whiten| {
        spared(|| {
            [
                whiten.mean(),
                whiten.variances(),
                whiten.components().as_slice(),
            ]
            .concat()
        })
    };
    let errors = [
        starve("MinMax::fit", 0, false, || {
            MinMax::fit(&x).map(|step| spared(|| [step.min(), step.max()].concat()))
        }),
        starve("Standardize::fit", 0, false, || {
            Standardize::fit(&x).map(|step| spared(|| [step.mean(), step.scale()].concat()))
        }),
        starve("PCA", 0, false, || Whitening::pca().fit(&x).map(parts)),
        starve("ZCA", 0, false, || {
            Whitening::zca().components(3).fit(&x).map(parts)
        }),
        starve("covariance", 0, false, || covariance(&wide)),
        starve("MinMax::transform", 0, false, || min_max.transform(&x)),
        starve("MinMax::inverse_transform", 0, false, || {
            min_max.inverse_transform(&x)
        }),
        starve("Standardize::transform", 0, false, || {
            standardize.transform(&x)
        }),
        starve("Standardize::inverse_transform", 0, false, || {
            standardize.inverse_transform(&x)
        }),
        starve("PCA transform", 0, false, || pca.transform(&x)),
        starve("PCA inverse_transform", 0, false, || {
            pca.inverse_transform(&x)
        }),
        starve("ZCA transform", 0, false, || zca.transform(&x)),
        starve("ZCA inverse_transform", 0, false, || {
            zca.inverse_transform(&x)
        }),
        starve("Pipeline::transform", 0, false, || pipeline.transform(&x)),
        starve("Pipeline::inverse_transform", 0, false, || {
            pipeline.inverse_transform(&x)
        }),
        starve("Pipeline of nothing", 0, false, || {
            Pipeline::default().transform(&x)
        }),
        starve("Impute::mean", 0, false, || {
            Impute::mean(&x).map(|step| spared(|| step.fill().to_vec()))
        }),
        starve("Impute::median", 0, false, || {
            Impute::median(&x).map(|step| spared(|| step.fill().to_vec()))
        }),
        starve("Impute::constant", 0, false, || {
            Impute::constant(9, 1.0).map(|step| spared(|| step.fill().to_vec()))
        }),
        starve("Impute::transform", 0, false, || impute.transform(&x)),
        starve("drop_missing", 0, false, || {
            drop_missing(&x).map(|(x, _)| x)
        }),
        starve("one_hot", 0, false, || one_hot(&[0, 2, 1], 3)),
    ];
    assert!(errors.iter().all(|&errors| errors > 0), "{errors:?}");
    set_num_threads(0);
}

#[test]
fn rows_are_split_or_an_error() {
    let _turn = alone();
    let x = numbers(50, 3);
    // More classes than a sort orders without memory of its own.
    let labels: Vec<usize> = (0..3000).map(|i| i % 1400).collect();
    let split = train_test_split(50, 20, &mut Rng::new(1)).unwrap();
    let items: Vec<usize> = (0..50).collect();
    let errors = [
        starve("train_test_split", 0, false, || {
            train_test_split(3000, 20, &mut Rng::new(1))
                .map(|split| spared(|| [split.train, split.test].concat()))
        }),
        starve("stratified_split", 0, false, || {
            stratified_split(&labels, 1000, &mut Rng::new(1))
                .map(|split| spared(|| [split.train, split.test].concat()))
        }),
        starve("Split::rows", 0, false, || {
            split
                .rows(&x)
                .map(|(train, test)| spared(|| [train.into_vec(), test.into_vec()].concat()))
        }),
        starve("Split::items", 0, false, || {
            split
                .items(&items)
                .map(|(train, test)| spared(|| [train, test].concat()))
        }),
    ];
    assert!(errors.iter().all(|&errors| errors > 0), "{errors:?}");
}

#[test]
fn pipelines_are_read_and_written_or_an_error() {
    let _turn = alone();
    let x = numbers(40, 7);
    let steps: Vec<Step> = vec![
        MinMax::fit(&x).unwrap().into(),
        Standardize::fit(&x).unwrap().into(),
        Whitening::zca().fit(&x).unwrap().into(),
    ];
    let many = steps.iter().cycle().take(300).cloned().collect();
    let pipeline = Pipeline::new(many).unwrap();
    let mut npz = NpzWriter::new(Vec::new());
    pipeline.write_npz(&mut npz).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert!(
        starve("from_npz", FIXED, false, || {
            Pipeline::from_npz(&npz).map(|read| spared(|| vec![read.steps().len()]))
        }) > 0
    );
    assert!(
        starve("write_npz", FIXED, false, || {
            let mut npz = NpzWriter::new(std::io::sink());
            pipeline.write_npz(&mut npz)?;
            npz.finish().map(|_| ())
        }) > 0
    );
}
