//! Activations and whole networks: `cargo bench --bench layers`.
//!
//! Throughput of the activations is in values, that of the networks in samples.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rowmajor::Matrix;
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use std::hint::black_box;

/// Values in -8..8, none like its neighbour.
fn values(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |row, col| {
        ((row * 7919 + col * 104_729) % 1009) as f64 / 63.0 - 8.0
    })
}

fn activations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("activations/1000x100");
    group
        .throughput(Throughput::Elements(100_000))
        .sample_size(10);
    let x = values(1000, 100);
    let mut buffer = x.clone();
    for activation in Activation::ALL {
        group.bench_function(activation.name(), |bencher| {
            bencher.iter(|| {
                buffer.as_mut_slice().copy_from_slice(x.as_slice());
                activation.apply(black_box(&mut buffer));
            });
        });
    }
    group.finish();
}

/// A network of the given sizes, `hidden` between its layers and softmax at the end.
fn network(sizes: &[usize], hidden: Activation) -> Network {
    let layers = sizes.windows(2).enumerate().map(|(i, pair)| {
        let weights = values(pair[0], pair[1]) / (8.0 * (pair[0] as f64).sqrt());
        let activation = if i + 2 == sizes.len() {
            Activation::Softmax
        } else {
            hidden
        };
        Dense::new(weights, vec![0.1; pair[1]], activation)
            .expect("the bias has one value per output")
    });
    Network::new(layers.collect()).expect("the sizes follow one another")
}

fn networks(criterion: &mut Criterion) {
    let cases: [(&str, &[usize], Activation); 3] = [
        ("64-50-100-10", &[64, 50, 100, 10], Activation::Sigmoid),
        ("784-50-100-10", &[784, 50, 100, 10], Activation::Sigmoid),
        ("784-512-512-10", &[784, 512, 512, 10], Activation::Relu),
    ];
    for (name, sizes, hidden) in cases {
        let network = network(sizes, hidden);
        let predictor = Predictor::new(&network);
        let mut group = criterion.benchmark_group(name);
        for batch in [1, 100, 10_000] {
            group
                .throughput(Throughput::Elements(batch as u64))
                .sample_size(10);
            let x = values(batch, sizes[0]);
            let mut out = Matrix::zeros(batch, 10);
            group.bench_function(BenchmarkId::new("forward", batch), |bencher| {
                bencher.iter(|| network.forward(black_box(&x)));
            });
            group.bench_function(BenchmarkId::new("forward_into", batch), |bencher| {
                bencher.iter(|| predictor.forward_into(black_box(&x), &mut out));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, activations, networks);
criterion_main!(benches);
