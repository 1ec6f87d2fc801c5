//! What must not change a bit: the number of threads, a busy machine, how a batch is cut.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

mod common;

use common::{Random, assert_bits};
use rowmajor::nn::{Activation, Dense, Init, Loss, Network, Predictor};
use rowmajor::random::Rng;
use rowmajor::train::{Sgd, Trainer};
use rowmajor::{Matrix, PackedMatrix, set_num_threads};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{hint, thread};

/// Runs `work` while two other threads are busy now and then, so that its own are interrupted anywhere.
fn under_load(work: impl FnOnce()) {
    /// Ends the load also where `work` panics.
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut x = 1.5_f64;
                while !end.load(Ordering::Relaxed) {
                    for _ in 0..50_000 {
                        x = hint::black_box(x.sqrt() + 1.0);
                    }
                    thread::sleep(Duration::from_micros(500));
                }
            });
        }
        let _end = End(&end);
        work();
    });
}

/// Large enough for 2 to 16 threads each: tall, wide, deep, square, rows and columns.
fn shape(random: &mut Random, index: usize) -> (usize, usize, usize) {
    let work = (1 + random.below(16)) << 19; // multiply-adds; one thread has 2^19 at least
    let size = |random: &mut Random, low: usize, high: usize| low + random.below(high - low);
    let (x, y) = match index % 5 {
        0 => (size(random, 100, 260), size(random, 100, 260)),
        1 => (size(random, 2, 30), size(random, 200, 900)),
        2 => (size(random, 20, 70), size(random, 20, 70)),
        3 => (size(random, 9, 64), size(random, 513, 1100)),
        _ => (1, size(random, 600, 1100)),
    };
    let z = work.div_ceil(x * y);
    match random.below(6) {
        0 => (x, y, z),
        1 => (x, z, y),
        2 => (y, x, z),
        3 => (y, z, x),
        4 => (z, x, y),
        _ => (z, y, x),
    }
}

/// Shapes of 200 on every `nth` number of threads from 1 to 16, `repeats` times each; returns how many products were
/// compared.
fn products_on_threads(shapes: Range<usize>, nth: usize, repeats: usize) -> usize {
    let mut products = 0;
    for index in shapes {
        let mut random = Random::new(index as u64);
        let (m, k, n) = shape(&mut random, index);
        let a = Matrix::from_fn(m, k, |_, _| random.number());
        let b = Matrix::from_fn(k, n, |_, _| random.number());
        let packed = PackedMatrix::new(&b).unwrap();
        let b_turned = b.transpose();
        set_num_threads(1);
        let expected = a.matmul(&b).unwrap();
        let mut out = Matrix::zeros(m, n);
        for threads in (1 + index % nth..=16).step_by(nth) {
            set_num_threads(threads);
            for repeat in 0..repeats {
                out.as_mut_slice().fill(f64::NAN);
                match (index + threads + repeat) % 4 {
                    0 => a.matmul_nt_into(&b_turned, &mut out).unwrap(),
                    1 => a.matmul_packed_into(&packed, &mut out).unwrap(),
                    _ => a.matmul_into(&b, &mut out).unwrap(),
                }
                let what = (m, k, n, threads, repeat);
                assert_bits(out.as_slice(), expected.as_slice(), what);
                products += 1;
            }
        }
    }
    products
}

#[test]
fn no_number_of_threads_changes_a_bit() {
    under_load(|| assert_eq!(products_on_threads(0..200, 4, 1), 800));
}

/// `cargo test --release --test invariance -- --ignored --nocapture --test-threads 1`
///
/// Run once on two cores of a Zen 4: 4 × 40 000 products, 0 differing bits.
fn fifty_repeats(shapes: Range<usize>) {
    under_load(|| {
        let products = products_on_threads(shapes, 1, 50);
        println!("{products} products, 0 differing bits");
    });
}

#[test]
#[ignore = "minutes; see `fifty_repeats`"]
fn fifty_repeats_of_shapes_0_to_49() {
    fifty_repeats(0..50);
}

#[test]
#[ignore = "minutes; see `fifty_repeats`"]
fn fifty_repeats_of_shapes_50_to_99() {
    fifty_repeats(50..100);
}

#[test]
#[ignore = "minutes; see `fifty_repeats`"]
fn fifty_repeats_of_shapes_100_to_149() {
    fifty_repeats(100..150);
}

#[test]
#[ignore = "minutes; see `fifty_repeats`"]
fn fifty_repeats_of_shapes_150_to_199() {
    fifty_repeats(150..200);
}

#[test]
fn no_split_of_a_batch_changes_a_bit() {
    let mut random = Random::new(5);
    let mut comparisons = 0;
    for activation in Activation::ALL {
        let mut layer = |inputs: usize, outputs: usize| {
            let weights = Matrix::from_fn(inputs, outputs, |_, _| random.number() * 1e-2);
            let bias = (0..outputs).map(|_| random.number()).collect();
            Dense::new(weights, bias, activation).unwrap()
        };
        let network = Network::new(vec![layer(37, 19), layer(19, 33), layer(33, 10)]).unwrap();
        let predictor = Predictor::new(&network);
        let batch = Matrix::from_fn(70, 37, |_, _| random.number());
        // Row by row, once for all.
        let alone: Vec<f64> = batch
            .batches(1)
            .flat_map(|row| network.forward(row).unwrap().into_vec())
            .collect();
        for rows in 1..=70 {
            for split in 0..rows {
                for (from, to) in [(0, split), (split, rows)] {
                    if from == to {
                        continue;
                    }
                    let (x, what) = (batch.view_rows(from..to).unwrap(), (activation, from, to));
                    let expected = &alone[from * 10..to * 10];
                    assert_bits(network.forward(x).unwrap().as_slice(), expected, what);
                    let mut out = Matrix::filled(to - from, 10, f64::NAN);
                    predictor.forward_into(x, &mut out).unwrap();
                    assert_bits(out.as_slice(), expected, what);
                    comparisons += 2;
                }
            }
        }
    }
    assert_eq!(comparisons, 6 * 2 * (70 * 71 / 2 + 70 * 69 / 2));
}

#[test]
fn any_number_of_threads_trains_the_same() {
    let mut rng = Rng::new(3);
    let x = Matrix::from_fn(300, 200, |_, _| rng.normal(0.0, 1.0));
    let labels: Vec<usize> = (0..300).map(|i| i * 7 % 10).collect();
    let activations = [Activation::Relu, Activation::Softmax];
    let start = Network::init(&[200, 150, 10], &activations, Init::He, &mut rng).unwrap();
    let run = |threads| {
        set_num_threads(threads);
        let mut trainer = Trainer::new(start.clone(), Sgd::new(0.1), Loss::CrossEntropy)
            .unwrap()
            .batch_size(128);
        trainer
            .fit(&x, &labels, 2, |_| ControlFlow::Continue(()))
            .unwrap();
        set_num_threads(0);
        let layers = trainer.network().layers().iter();
        let values = layers.flat_map(|layer| [layer.weights().as_slice(), layer.bias()]);
        values.flatten().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let one = run(1);
    for threads in [2, 3, 7, 16] {
        assert!(run(threads) == one, "{threads} threads");
    }
}
