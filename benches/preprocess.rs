//! Fitting, and what it is made of: `cargo bench --bench preprocess`.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rowmajor::Matrix;
use rowmajor::preprocess::{Standardize, Whitening, covariance};
use rowmajor::random::Rng;
use std::hint::black_box;

/// Columns that have something in common, so that the covariance is no diagonal matrix.
fn data(rows: usize, cols: usize) -> Matrix {
    let mut rng = Rng::new(1);
    let mut common = 0.0;
    Matrix::from_fn(rows, cols, |_, col| {
        if col % 16 == 0 {
            common = rng.uniform(0.0, 1.0);
        }
        common + rng.uniform(0.0, 1.0)
    })
}

fn eigh(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("eigh");
    group.sample_size(10);
    for n in [64, 256, 784] {
        let c = covariance(&data(1000, n)).expect("the data are finite");
        group.bench_with_input(BenchmarkId::from_parameter(n), &c, |bencher, c| {
            bencher.iter(|| black_box(c).eigh());
        });
    }
    group.finish();
}

fn fit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fit/6000x784");
    group.sample_size(10);
    let x = data(6000, 784);
    group.bench_function("standardize", |bencher| {
        bencher.iter(|| Standardize::fit(black_box(&x)));
    });
    group.bench_function("covariance", |bencher| {
        bencher.iter(|| covariance(black_box(&x)));
    });
    group.bench_function("whiten", |bencher| {
        bencher.iter(|| Whitening::pca().fit(black_box(&x)));
    });
    group.finish();
}

criterion_group!(benches, eigh, fit);
criterion_main!(benches);
