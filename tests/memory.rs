//! How much memory reading takes: with the file held by the caller, no more than twice what it declares and has, and
//! a buffer of fixed size; so also of files that declare more than they have. And what a product takes.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

#[path = "common/deflate.rs"]
mod deflater;
#[path = "common/peak.rs"]
mod held;

use deflater::{Deflater, Token, gzip, gzip_of};
use held::peak;
use rowmajor::io::{CsvOptions, Npz, read_csv, read_idx};
use rowmajor::nn::{Activation, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Optimizer, Sgd, Trainer};
use rowmajor::{Matrix, set_num_threads};
use std::ops::ControlFlow;
use std::thread;

/// What unpacking takes, however small the file: the last 64 KiB, tables, and the texts of errors.
const FIXED: usize = 100 << 10;

/// For good: the number is the process's, and a test that set it back would do so while another counts.
fn one_thread() {
    set_num_threads(1);
}

#[track_caller]
fn within(peak: usize, most: usize, what: &str) {
    assert!(
        peak <= most + FIXED,
        "{what}: {peak} bytes, {most} + {FIXED} allowed"
    );
}

fn idx(code: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
    let sizes: Vec<u8> = shape.iter().flat_map(|size| size.to_be_bytes()).collect();
    [&[0, 0, code, shape.len() as u8], &sizes[..], data].concat()
}

#[test]
fn the_counter_counts() {
    let (peak, _) = peak(|| drop(vec![0_u8; 12_345]));
    assert_eq!(peak, 12_345);
}

#[test]
fn idx_takes_what_its_values_take_twice_at_most() {
    let n = 250_000;
    for (code, width) in [(0x08, 1), (0x0b, 2), (0x0d, 4), (0x0e, 8)] {
        let data: Vec<u8> = (0..n * width).map(|i| (i / 7 % 100) as u8).collect();
        let plain = idx(code, &[500, 500], &data);
        for bytes in [gzip(&plain), plain] {
            let path = std::env::temp_dir().join(format!("rowmajor-memory-{}", std::process::id()));
            std::fs::write(&path, &bytes).unwrap();
            let (peak, array) = peak(|| rowmajor::io::load_idx(&path).unwrap());
            assert_eq!(array.len(), n);
            within(peak, bytes.len() + 2 * 8 * n, &format!("type {code:#x}"));
            std::fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn a_compressed_array_takes_what_its_values_take_twice_at_most() {
    for order in ["False", "True"] {
        let (rows, cols) = (500, 1000);
        let header =
            format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': ({rows}, {cols})}}");
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend((header.len() as u16).to_le_bytes());
        npy.extend(header.as_bytes());
        npy.extend((0..rows * cols).flat_map(|i| f64::from(i / 9).to_le_bytes()));
        let bytes = archive(&npy, npy.len() as u32);
        let npz = Npz::from_bytes(bytes).unwrap();
        let (peak, array) = peak(|| npz.get("x").unwrap());
        assert_eq!(array.shape(), [rows as usize, cols as usize]);
        within(peak, 2 * npy.len(), order);
    }
}

/// An archive of `x.npy`, deflated, that declares `size` bytes for it.
fn archive(data: &[u8], size: u32) -> Vec<u8> {
    let packed = deflater::deflate(data);
    let mut fields = b"\x14\0\0\0\x08\0\0\0\x21\0".to_vec();
    for field in [deflater::crc32(data), packed.len() as u32, size] {
        fields.extend(field.to_le_bytes());
    }
    fields.extend([5, 0, 0, 0]);
    let local = [b"PK\x03\x04", &fields[..], b"x.npy", &packed].concat();
    let central = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], b"x.npy"].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((central.len() as u32).to_le_bytes());
    end.extend((local.len() as u32).to_le_bytes());
    end.extend([0; 2]);
    [local, central, end].concat()
}

#[test]
fn text_takes_itself_twice_and_its_values() {
    let text: String = (0..40_000)
        .map(|i| format!("{i},{}.5,{}\n", i % 7, i % 3))
        .collect();
    let values = 8 * 3 * 40_000;
    for bytes in [gzip(text.as_bytes()), text.clone().into_bytes()] {
        let path = std::env::temp_dir().join(format!("rowmajor-text-{}", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        let (peak, table) = peak(|| rowmajor::io::load_csv(&path, &CsvOptions::default()).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(table.values.shape(), (40_000, 3));
        within(peak, bytes.len() + 2 * text.len().max(values), "text");
    }
}

/// A file of few bytes that declares many takes what its few bytes take.
#[test]
fn what_is_only_declared_takes_nothing() {
    let fail = |bytes: &[u8], what| {
        let (peak, error) = peak(|| read_idx(bytes).unwrap_err());
        within(peak, 4 * bytes.len(), what);
        drop(error);
    };
    fail(&idx(0x08, &[u32::MAX], &[1, 2, 3]), "idx");
    fail(&gzip(&idx(0x0e, &[60_000, 784], &[1, 2, 3])), "idx in gzip");
    let mut lying = gzip(&idx(0x08, &[3], &[1, 2, 3]));
    let end = lying.len() - 4;
    lying[end..].copy_from_slice(&u32::MAX.to_le_bytes());
    fail(&lying, "a length of four gigabytes");

    let npz = Npz::from_bytes(archive(&[7; 100], u32::MAX - 1)).unwrap();
    let (taken, error) = peak(|| npz.get("x").unwrap_err());
    within(taken, 1000, &error.to_string());

    // A line of a thousand fields, and a million lines of nothing.
    let text = [
        &b"1,".repeat(1000)[..],
        b"1",
        &b"\n".repeat(1_000_000),
        b"2",
    ]
    .concat();
    let (taken, _) = peak(|| read_csv(&text[..], &CsvOptions::default()).unwrap_err());
    within(taken, 4 * text.len() + 8 * text.len() / 2, "empty lines");
}

/// What unpacks to far more than it should stops there.
#[test]
fn a_bomb_takes_what_is_declared() {
    let copies = vec![
        Token::Copy {
            len: 258,
            distance: 1
        };
        200_000
    ];
    let header: Vec<Token> = idx(8, &[1000], &[0])
        .into_iter()
        .map(Token::Literal)
        .collect();
    let mut bomb = Deflater::default();
    bomb.dynamic(&[header, copies].concat(), true);
    // Fifty megabytes in a few kilobytes.
    let bytes = gzip_of(&bomb.bytes, &[]);
    assert!(bytes.len() < 60_000, "{}", bytes.len());
    let (taken, error) = peak(|| read_idx(&bytes[..]).unwrap_err());
    within(taken, 2 * bytes.len() + 64 * 1024, &error.to_string());
    assert!(
        error.to_string().contains("at most 1008 bytes unpacked"),
        "{error}"
    );

    let data = vec![0; 5_000_000];
    let npz = Npz::from_bytes(archive(&data, 1000)).unwrap();
    let (taken, error) = peak(|| npz.get("x").unwrap_err());
    within(taken, 64 * 1024, &error.to_string());

    // Text declares nothing: what comes out, once more while it grows.
    let bytes = gzip(&data);
    let (taken, error) = peak(|| read_csv(&bytes[..], &CsvOptions::default()).unwrap_err());
    within(taken, 2 * bytes.len() + 2 * data.len(), &error.to_string());
}

/// Blocks packed for products of every kind; the result is the caller's.
#[test]
fn a_product_on_one_thread_takes_8_mib_at_most() {
    const MOST: usize = 8 << 20;
    one_thread();
    for (m, k, n) in [
        (300, 1200, 1200),
        (300, 64, 20_000),
        (40, 20_000, 64),
        (256, 3000, 700),
        (1, 5000, 300),
        (20_000, 300, 1),
        (30_000, 100, 10),
    ] {
        let [a, a_t, b, b_t] =
            [(m, k), (k, m), (k, n), (n, k)].map(|(rows, cols)| Matrix::ones(rows, cols));
        let mut c = Matrix::zeros(m, n);
        for form in ["nn", "tn", "nt"] {
            let mut multiply = || match form {
                "nn" => a.matmul_into(&b, &mut c),
                "tn" => a_t.matmul_tn_into(&b, &mut c),
                _ => a.matmul_nt_into(&b_t, &mut c),
            };
            // On a thread of its own: a thread keeps its buffers.
            let peak = thread::scope(|scope| {
                let counted = scope.spawn(|| {
                    let (peak, result) = peak(&mut multiply);
                    result.map(|()| peak)
                });
                counted.join().unwrap().unwrap()
            });
            assert!(peak <= MOST, "{m}x{k}x{n}, {form}: {peak} bytes");
            assert_eq!(c[(m - 1, n - 1)], k as f64);
        }
    }
}

/// Beside the network itself: gradients, the weights of the last good epoch, what the optimiser keeps; the rows and the
/// activations of one batch, and 1 MiB.
#[test]
fn training_takes_the_weights_twice_and_what_the_optimiser_keeps() {
    const MIB: usize = 1 << 20;
    one_thread();
    let optimizers: [(Optimizer, usize); 3] = [
        (Sgd::new(0.01).into(), 0),
        (Sgd::new(0.01).momentum(0.9).into(), 1),
        (Adam::new(0.001).into(), 2),
    ];
    // Few inputs: the derivatives by the hidden layer would take as much as itself. Wide layers at large batches: the
    // packed blocks would take more than is left. One hidden layer: less memory is idle where they could be.
    for (sizes, batch, optimizers) in [
        (&[784, 200, 10][..], 10, &optimizers[..]),
        (&[784, 200, 10], 100, &optimizers),
        (&[10, 2000, 10], 1000, &optimizers),
        (&[784, 512, 512, 10], 500, &optimizers[1..2]),
        (&[784, 512, 10], 500, &optimizers[1..2]),
        (&[784, 1000], 1000, &optimizers[..1]),
        (&[10, 500, 500, 10], 500, &optimizers[..1]),
        (&[600, 500, 10], 2000, &optimizers[..1]),
    ] {
        let (inputs, outputs) = (sizes[0], sizes[sizes.len() - 1]);
        let rows = batch.max(1000);
        let x = Matrix::from_fn(rows, inputs, |i, j| ((i * 31 + j) % 17) as f64 / 17.0);
        let labels: Vec<usize> = (0..rows).map(|i| i % outputs).collect();
        let mut activations = vec![Activation::Relu; sizes.len() - 2];
        activations.push(Activation::Softmax);
        let weights: usize = sizes
            .windows(2)
            .map(|pair| 8 * (pair[0] + 1) * pair[1])
            .sum();
        let values = 8 * batch * sizes.iter().sum::<usize>();
        for &(optimizer, kept) in optimizers {
            let network = Network::init(sizes, &activations, Init::He, &mut Rng::new(1)).unwrap();
            let (peak, trainer) = thread::scope(|scope| {
                let train = || {
                    peak(|| {
                        let mut trainer = Trainer::new(network, optimizer, Loss::CrossEntropy)
                            .unwrap()
                            .batch_size(batch);
                        trainer
                            .fit(&x, &labels, 2, |_| ControlFlow::Continue(()))
                            .unwrap();
                        trainer
                    })
                };
                scope.spawn(train).join().unwrap()
            });
            assert_eq!(trainer.epoch(), 2);
            let most = weights * (2 + kept) + values + MIB;
            assert!(
                peak <= most,
                "{sizes:?}, {optimizer:?}, {batch}: {peak} bytes, {most} allowed"
            );
        }
    }
}
