//! Elementary functions, sums, softmax and the place of the maximum: `cargo bench --bench vecmath`.
//!
//! Throughput is in values. What works in place works on a fresh copy; the copy is in the time, and is measured alone
//! beside it.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rowmajor::nn::Activation;
use rowmajor::{Matrix, vecmath};
use std::hint::black_box;

/// Values in -8..8, none like its neighbour.
fn values(len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| (i * 7919 % 1009) as f64 / 63.0 - 8.0)
        .collect()
}

fn functions(criterion: &mut Criterion) {
    type Function = fn(&mut [f64]);
    let functions: [(&str, Function); 5] = [
        ("copy", |_| ()),
        ("exp", vecmath::exp),
        ("ln", vecmath::ln),
        ("tanh", vecmath::tanh),
        ("sigmoid", vecmath::sigmoid),
    ];
    // One number, two vectors, a vector and a part of one, then the first, second and third level of the cache.
    for len in [1, 16, 23, 256, 1000, 100_000, 2_000_000] {
        let mut group = criterion.benchmark_group(format!("functions/{len}"));
        group
            .throughput(Throughput::Elements(len as u64))
            .sample_size(10);
        let x = values(len);
        let positive: Vec<f64> = x.iter().map(|x| x + 8.5).collect();
        let mut buffer = x.clone();
        for (name, function) in functions {
            let x = if name == "ln" { &positive } else { &x };
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    buffer.copy_from_slice(black_box(x));
                    function(black_box(&mut buffer));
                });
            });
        }
        group.bench_function("sum", |bencher| {
            bencher.iter(|| vecmath::sum(black_box(&x)))
        });
        group.finish();
    }
}

fn rows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rows");
    for (rows, cols) in [
        (1, 10),
        (10_000, 3),
        (10_000, 10),
        (1000, 32),
        (1000, 33),
        (1000, 100),
        (100, 1000),
    ] {
        let x = values(rows * cols);
        let mut buffer = Matrix::zeros(rows, cols);
        group
            .throughput(Throughput::Elements((rows * cols) as u64))
            .sample_size(10);
        let shape = format!("{rows}x{cols}");
        group.bench_function(BenchmarkId::new("softmax", &shape), |bencher| {
            bencher.iter(|| {
                buffer.as_mut_slice().copy_from_slice(black_box(&x));
                Activation::Softmax.apply(black_box(&mut buffer));
            });
        });
        group.bench_function(BenchmarkId::new("argmax", &shape), |bencher| {
            bencher.iter(|| black_box(&buffer).argmax_rows());
        });
    }
    group.finish();
}

/// Values whose result is subnormal: each takes the second path, one at a time.
fn second_path(criterion: &mut Criterion) {
    let x: Vec<f64> = values(1000).iter().map(|x| 2.0 * x - 725.0).collect();
    let mut buffer = x.clone();
    let mut group = criterion.benchmark_group("second path");
    group
        .throughput(Throughput::Elements(x.len() as u64))
        .sample_size(10);
    group.bench_function("exp", |bencher| {
        bencher.iter(|| {
            buffer.copy_from_slice(black_box(&x));
            vecmath::exp(black_box(&mut buffer));
        });
    });
    group.finish();
}

criterion_group!(benches, functions, rows, second_path);
criterion_main!(benches);
