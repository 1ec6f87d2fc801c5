//! MNIST, the digits of scikit-learn and the book's weights, read and put to work.
//!
//! They are not in the repository: `ROWMAJOR_DATA` names the folder that has them, `mnist/` as downloaded (gzipped),
//! `book/` with the weights of 'Deep Learning from Scratch' as `.npz` (stored, compressed, float64) and what NumPy
//! computed with them, and `digits.csv.gz`. Without it, these tests say that they skip, and pass.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use crate::deflater;

use deflater::crc32;
use rowmajor::Matrix;
use rowmajor::io::{CsvOptions, Mnist, MnistSet, Npz, load_csv, load_idx};
use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::preprocess::{Whitening, covariance};
use std::io::Write;
use std::path::PathBuf;

/// The folder, or a word to whoever runs the tests that there is none.
fn data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ROWMAJOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        // Past the harness, which keeps what a passing test prints to itself.
        let text = format!("SKIPPED {test}: ROWMAJOR_DATA does not name a folder with the data\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
    }
    folder
}

fn histogram(labels: &[usize]) -> [usize; 10] {
    let mut counts = [0; 10];
    labels.iter().for_each(|&label| counts[label] += 1);
    counts
}

/// The values as the bytes they were.
fn as_bytes(values: &[f64]) -> Vec<u8> {
    values.iter().map(|&value| value as u8).collect()
}

#[test]
fn mnist_reads_to_the_last_pixel() {
    let Some(data) = data("mnist_reads_to_the_last_pixel") else {
        return;
    };
    // The checksums are zlib's, of the bytes after the headers.
    for (set, count, crc, sum, labels) in [
        (
            MnistSet::Train,
            60_000,
            0xf363_9b56,
            1_567_298_545.0,
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        ),
        (
            MnistSet::Test,
            10_000,
            0xe4ca_5f57,
            264_923_200.0,
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        ),
    ] {
        let mnist = Mnist::load(data.join("mnist"), set).unwrap();
        assert_eq!(mnist.images.shape(), (count, 784));
        assert_eq!((mnist.height, mnist.width), (28, 28));
        assert_eq!(crc32(&as_bytes(mnist.images.as_slice())), crc);
        assert_eq!(mnist.images.sum(), sum);
        assert_eq!(histogram(&mnist.labels), labels);
        let scaled = mnist.clone().scaled();
        let pairs = scaled.images.as_slice().iter().zip(mnist.images.as_slice());
        assert!(
            pairs
                .into_iter()
                .all(|(scaled, pixel)| *scaled == pixel / 255.0)
        );
    }
    let images = load_idx(data.join("mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    assert_eq!(images.shape(), [10_000, 28, 28]);
}

#[test]
fn digits_read() {
    let Some(data) = data("digits_read") else {
        return;
    };
    let table = load_csv(data.join("digits.csv.gz"), &CsvOptions::default()).unwrap();
    assert_eq!((table.names.len(), table.values.shape()), (0, (1797, 65)));
    let (pixels, labels) = table.split_labels(64).unwrap();
    assert_eq!(
        (pixels.shape(), pixels.sum(), pixels.max()),
        ((1797, 64), 561_718.0, Some(16.0))
    );
    assert_eq!(
        histogram(&labels),
        [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    );
    assert_eq!(labels[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

/// The three files of the same weights: stored, compressed, and float64 in C order.
const WEIGHTS: [&str; 3] = [
    "book/sample_weight.npz",
    "book/sample_weight_compressed.npz",
    "book/sample_weight_f64_c.npz",
];

const ACTIVATIONS: [Activation; 3] = [
    Activation::Sigmoid,
    Activation::Sigmoid,
    Activation::Softmax,
];

#[test]
fn a_compressed_archive_holds_what_a_stored_one_holds() {
    let Some(data) = data("a_compressed_archive_holds_what_a_stored_one_holds") else {
        return;
    };
    let [stored, compressed, double] = WEIGHTS.map(|name| Npz::load(data.join(name)).unwrap());
    let names: Vec<&str> = stored.names().collect();
    assert_eq!(names.len(), 6);
    for name in names {
        let array = stored.get(name).unwrap();
        assert_eq!(compressed.get(name).unwrap(), array, "{name}");
        assert_eq!(double.get(name).unwrap(), array, "{name}");
    }
}

fn correct(predicted: &[usize], labels: &[usize]) -> usize {
    predicted.iter().zip(labels).filter(|(a, b)| a == b).count()
}

/// The book's figure, and its probabilities to twelve digits: one image at a time, in batches of 100 and all at once.
#[test]
fn the_books_network_gets_9352_of_10000() {
    let Some(data) = data("the_books_network_gets_9352_of_10000") else {
        return;
    };
    let test = Mnist::load(data.join("mnist"), MnistSet::Test)
        .unwrap()
        .scaled();
    let reference = Npz::load(data.join("book/reference.npz")).unwrap();
    let softmax = reference.matrix("softmax").unwrap();
    let predicted = reference.labels("pred").unwrap();
    assert_eq!(reference.labels("label").unwrap(), test.labels);
    for name in WEIGHTS {
        let weights = Npz::load(data.join(name)).unwrap();
        let network = Network::from_npz_with(&weights, &ACTIVATIONS).unwrap();
        for batch in [1, 100, 10_000] {
            let (mut classes, mut worst) = (Vec::new(), 0.0_f64);
            for (i, images) in test.images.batches(batch).enumerate() {
                let out = network.forward(images).unwrap();
                classes.extend(network.predict(images).unwrap());
                let want = &softmax.as_slice()[10 * batch * i..][..out.as_slice().len()];
                for (found, want) in out.as_slice().iter().zip(want) {
                    worst = worst.max((found - want).abs());
                }
            }
            assert_eq!(
                correct(&classes, &test.labels),
                9352,
                "{name}, batches of {batch}"
            );
            assert_eq!(classes, predicted, "{name}, batches of {batch}");
            assert!(worst <= 1e-12, "{name}, batches of {batch}: {worst}");
        }
    }
}

/// What goes wrong elsewhere gives other figures, so that the test above would show it.
#[test]
fn the_usual_mistakes_give_other_figures() {
    let Some(data) = data("the_usual_mistakes_give_other_figures") else {
        return;
    };
    let test = Mnist::load(data.join("mnist"), MnistSet::Test).unwrap();
    let weights = Npz::load(data.join(WEIGHTS[0])).unwrap();
    let network = Network::from_npz_with(&weights, &ACTIVATIONS).unwrap();
    let score = |network: &Network, images: &Matrix| {
        correct(&network.predict(images).unwrap(), &test.labels)
    };

    // Pixels divided by 256, or not at all.
    assert_eq!(score(&network, &(&test.images / 256.0)), 9354);
    assert_eq!(score(&network, &test.images), 9207);

    // Fortran order ignored: the values of the transpose, read row by row.
    let layers = network.layers().iter().map(|layer| {
        let (rows, cols) = layer.weights().shape();
        let values = layer.weights().transpose().into_vec();
        let weights = Matrix::from_vec(rows, cols, values).unwrap();
        Dense::new(weights, layer.bias().to_vec(), layer.activation()).unwrap()
    });
    let wrong = Network::new(layers.collect()).unwrap();
    assert_eq!(score(&wrong, &(&test.images / 255.0)), 1015);
}

#[test]
fn whitened_mnist_has_the_identity_as_its_covariance() {
    let Some(data) = data("whitened_mnist_has_the_identity_as_its_covariance") else {
        return;
    };
    let images = Mnist::load(data.join("mnist"), MnistSet::Test)
        .unwrap()
        .scaled()
        .images;
    // Some pixels are 0 in every image: fewer directions than columns.
    let pca = Whitening::pca().fit(&images).unwrap();
    let kept = pca.outputs();
    assert!((600..784).contains(&kept), "{kept} directions");
    let white = covariance(&pca.transform(&images).unwrap()).unwrap();
    let identity = Matrix::identity(kept);
    assert!(white.max_abs_diff(&identity).unwrap() < 1e-8);
    // ZCA turns back: the identity on those directions, which is a projection in the space of pixels.
    let zca = Whitening::zca().fit(&images).unwrap();
    let white = covariance(&zca.transform(&images).unwrap()).unwrap();
    let again = white.matmul(&white).unwrap();
    assert!(white.max_abs_diff(&again).unwrap() < 1e-8);
    let trace: f64 = (0..784).map(|i| white[(i, i)]).sum();
    assert!((trace - kept as f64).abs() < 1e-8, "trace {trace}");
    let back = zca.inverse_transform(&zca.transform(&images).unwrap());
    assert!(back.unwrap().max_abs_diff(&images).unwrap() < 1e-10);
}
