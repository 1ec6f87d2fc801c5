//! Reading files: `cargo bench --bench io`.
//!
//! Pictures like MNIST's, made and packed here, as plain and gzipped IDX and as text; and MNIST itself where
//! `ROWMAJOR_DATA` names a folder that has it (in `mnist/`, gzipped). Throughput is in unpacked bytes. Python's zlib beside
//! it, on the same file:
//!
//! ```python
//! import time, zlib
//! packed = open("t10k-images-idx3-ubyte.gz", "rb").read()
//! start = time.perf_counter(); raw = zlib.decompress(packed, 31); print(len(raw) / (time.perf_counter() - start) / 1e6, "MB/s")
//! ```
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used, reason = "a bench may fail")]

#[path = "../tests/common/deflate.rs"]
mod deflater;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rowmajor::io::{CsvOptions, read_csv, read_idx};
use std::hint::black_box;
use std::time::Duration;

/// An IDX of 28×28 pictures: a stroke with a soft edge on a black ground.
fn pictures(count: u32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    for size in [count, 28, 28] {
        bytes.extend(size.to_be_bytes());
    }
    for picture in 0..count {
        let turn = f64::from(picture) * 0.37;
        let (sin, cos) = turn.sin_cos();
        for row in 0..28 {
            for col in 0..28 {
                let (x, y) = (f64::from(col) - 13.5, f64::from(row) - 13.5);
                let (along, across) =
                    (x * cos + y * sin, y * cos - x * sin + (x / 4.0).sin() * 2.0);
                let inside = along.abs() < 9.0 && across.abs() < 3.0;
                let grey =
                    255.0 - 40.0 * across.abs() - f64::from((picture * 31 + row * 7 + col) % 16);
                bytes.push(if inside { grey as u8 } else { 0 });
            }
        }
    }
    bytes
}

fn bench(criterion: &mut Criterion) {
    let plain = pictures(2000);
    let gzipped = deflater::gzip(&plain);
    idx(criterion, "pictures", &plain, &gzipped);

    let mut text = String::new();
    for row in plain[16..].chunks(28).take(5000) {
        let fields: Vec<String> = row.iter().map(u8::to_string).collect();
        text += &fields.join(",");
        text.push('\n');
    }
    let mut group = criterion.benchmark_group("text");
    group
        .throughput(Throughput::Bytes(text.len() as u64))
        .sample_size(20);
    let options = CsvOptions::default();
    group.bench_function("csv", |bencher| {
        bencher.iter(|| read_csv(black_box(text.as_bytes()), &options).unwrap());
    });
    let packed = deflater::gzip(text.as_bytes());
    group.bench_function("csv.gz", |bencher| {
        bencher.iter(|| read_csv(black_box(&packed[..]), &options).unwrap());
    });
    group.finish();

    let Some(data) = std::env::var_os("ROWMAJOR_DATA") else {
        return;
    };
    let path = std::path::Path::new(&data).join("mnist/t10k-images-idx3-ubyte.gz");
    let gzipped = std::fs::read(path).unwrap();
    let array = read_idx(&gzipped[..]).unwrap();
    let pixels = array.as_slice().unwrap().iter().map(|&value| value as u8);
    let plain: Vec<u8> = pictures(0)[..4]
        .iter()
        .copied()
        .chain([10_000_u32, 28, 28].into_iter().flat_map(u32::to_be_bytes))
        .chain(pixels)
        .collect();
    idx(criterion, "mnist-test", &plain, &gzipped);
}

fn idx(criterion: &mut Criterion, name: &str, plain: &[u8], gzipped: &[u8]) {
    let mut group = criterion.benchmark_group(name);
    group
        .throughput(Throughput::Bytes(plain.len() as u64))
        .sample_size(20)
        .measurement_time(Duration::from_secs(2));
    group.bench_function("idx", |bencher| {
        bencher.iter(|| read_idx(black_box(plain)).unwrap())
    });
    group.bench_function("idx.gz", |bencher| {
        bencher.iter(|| read_idx(black_box(gzipped)).unwrap())
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
