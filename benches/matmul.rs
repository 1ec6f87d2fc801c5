//! The product, from naive loops to packed panels: `cargo bench --bench matmul`.
//!
//! The ISA is the best that the CPU has; `ROWMAJOR_ISA=avx2` (or portable) measures another one under its name. The
//! ladder and the shapes run on one thread, the group `threads` on one and on all.
//!
//! Throughput is in floating-point operations, 2·m·k·n a product (criterion prints "elem/s": Gelem/s is GFLOP/s).
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rowmajor::{Matrix, PackedMatrix, num_threads, set_num_threads};
use std::hint::black_box;

/// The textbook: i, j, k, one dot product after the other.
fn naive_ijk(a: &Matrix, b: &Matrix, c: &mut Matrix) {
    for i in 0..a.nrows() {
        for j in 0..b.ncols() {
            let mut sum = 0.0;
            for p in 0..a.ncols() {
                sum += a[(i, p)] * b[(p, j)];
            }
            c[(i, j)] = sum;
        }
    }
}

/// Loops exchanged: rows of B are added to rows of C, which the compiler vectorises.
fn naive_ikj(a: &Matrix, b: &Matrix, c: &mut Matrix) {
    c.as_mut_slice().fill(0.0);
    for i in 0..a.nrows() {
        for (p, &x) in a.row(i).iter().enumerate() {
            for (sum, &y) in c.row_mut(i).iter_mut().zip(b.row(p)) {
                *sum += x * y;
            }
        }
    }
}

/// The same in blocks of 64×64×64 that stay in the caches.
fn blocked(a: &Matrix, b: &Matrix, c: &mut Matrix) {
    const BLOCK: usize = 64;
    c.as_mut_slice().fill(0.0);
    let ((m, k), n) = (a.shape(), b.ncols());
    for p0 in (0..k).step_by(BLOCK) {
        for j0 in (0..n).step_by(BLOCK) {
            let (p1, j1) = (k.min(p0 + BLOCK), n.min(j0 + BLOCK));
            for i in 0..m {
                for p in p0..p1 {
                    let x = a.row(i)[p];
                    for (sum, &y) in c.row_mut(i)[j0..j1].iter_mut().zip(&b.row(p)[j0..j1]) {
                        *sum += x * y;
                    }
                }
            }
        }
    }
}

fn packed(a: &Matrix, b: &Matrix, c: &mut Matrix) {
    a.matmul_into(b, c).expect("the shapes fit");
}

/// A name for the ISA in use.
fn isa() -> String {
    std::env::var("ROWMAJOR_ISA").unwrap_or_else(|_| "best ISA".into())
}

type Product = fn(&Matrix, &Matrix, &mut Matrix);

fn operands(m: usize, k: usize, n: usize) -> (Matrix, Matrix, Matrix) {
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1013) as f64 / 1013.0 - 0.5;
    (
        Matrix::from_fn(m, k, value),
        Matrix::from_fn(k, n, value),
        Matrix::zeros(m, n),
    )
}

/// What each step gains, on squares.
fn ladder(criterion: &mut Criterion) {
    set_num_threads(1);
    let isa = isa();
    let steps: [(&str, Product); 4] = [
        ("naive i-j-k", naive_ijk),
        ("naive i-k-j", naive_ikj),
        ("blocked", blocked),
        (&isa, packed),
    ];
    for size in [64, 256, 512] {
        let mut group = criterion.benchmark_group(format!("ladder/{size}"));
        group
            .throughput(Throughput::Elements(2 * (size * size * size) as u64))
            .sample_size(10);
        let (a, b, mut c) = operands(size, size, size);
        for (name, product) in steps {
            group.bench_function(name, |bencher| {
                bencher.iter(|| product(black_box(&a), black_box(&b), &mut c))
            });
        }
        group.finish();
    }
}

/// The product on squares, on the layers of the chapter's networks, and on skinny shapes.
fn shapes(criterion: &mut Criterion) {
    set_num_threads(1);
    let mut group = criterion.benchmark_group(format!("shapes/{}", isa()));
    for (m, k, n) in [
        (4, 4, 4),
        (16, 16, 16),
        (32, 32, 32),
        (6, 28, 5),
        (64, 1, 64),
        (3, 100, 100),
        (5, 423, 168),
        (12, 366, 304),
        (100, 300, 24),
        (128, 128, 128),
        (1024, 1024, 1024),
        (1, 784, 50),
        (100, 784, 50),
        (100, 50, 100),
        (100, 100, 10),
        (10_000, 784, 50),
        (1000, 784, 128),
        (1, 1024, 1024),
        (1024, 1024, 1),
        (1000, 1000, 1),
        (100, 100, 1),
        (8, 1024, 1024),
        (1024, 16, 1024),
        (16, 4096, 16),
    ] {
        group
            .throughput(Throughput::Elements(2 * (m * k * n) as u64))
            .sample_size(10);
        let (a, b, mut c) = operands(m, k, n);
        let id = BenchmarkId::from_parameter(format!("{m}x{k}x{n}"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| packed(black_box(&a), black_box(&b), &mut c))
        });
    }
    group.finish();
}

/// One thread, and all; a right operand packed before.
fn threads(criterion: &mut Criterion) {
    for (m, k, n) in [(512, 512, 512), (100, 784, 50), (1, 1024, 1024)] {
        let mut group = criterion.benchmark_group(format!("threads/{m}x{k}x{n}"));
        group
            .throughput(Throughput::Elements(2 * (m * k * n) as u64))
            .sample_size(10);
        let (a, b, mut c) = operands(m, k, n);
        set_num_threads(0);
        let mut numbers = vec![1, num_threads()];
        numbers.dedup();
        for threads in numbers {
            set_num_threads(threads);
            group.bench_function(BenchmarkId::from_parameter(threads), |bencher| {
                bencher.iter(|| packed(black_box(&a), black_box(&b), &mut c))
            });
        }
        set_num_threads(1);
        let b = PackedMatrix::new(&b).expect("memory for the panels");
        group.bench_function("packed before", |bencher| {
            bencher.iter(|| a.matmul_packed_into(black_box(&b), &mut c))
        });
        group.finish();
    }
}

/// What a plain read of the same memory reaches, beside the products that are limited by it. The read is the exclusive
/// or of all bits, which may go in any order.
fn bandwidth(criterion: &mut Criterion) {
    set_num_threads(1);
    for size in [1024, 4096] {
        let mut group = criterion.benchmark_group(format!("bandwidth/{size}"));
        group
            .throughput(Throughput::Bytes((size * size * 8) as u64))
            .sample_size(10);
        let (row, matrix, mut out) = operands(1, size, size);
        group.bench_function("read", |bencher| {
            bencher.iter(|| {
                let values = black_box(matrix.as_slice()).iter();
                values.fold(0, |bits, x| bits ^ x.to_bits())
            })
        });
        group.bench_function("row times matrix", |bencher| {
            bencher.iter(|| packed(black_box(&row), black_box(&matrix), &mut out))
        });
        let (column, mut out) = (row.transpose(), Matrix::zeros(size, 1));
        group.bench_function("matrix times column", |bencher| {
            bencher.iter(|| packed(black_box(&matrix), black_box(&column), &mut out))
        });
        group.finish();
    }
}

/// Products with a transposed operand, and the transpose itself.
fn transposed(criterion: &mut Criterion) {
    set_num_threads(1);
    // Small; large; a few columns, a few rows, as of weights stored outputs × inputs.
    for (m, k, n) in [
        (16, 16, 16),
        (512, 512, 512),
        (512, 784, 4),
        (8, 1024, 1024),
    ] {
        let mut group = criterion.benchmark_group(format!("transposed/{m}x{k}x{n}"));
        group
            .throughput(Throughput::Elements((2 * m * k * n) as u64))
            .sample_size(10);
        let (a, b, mut c) = operands(m, k, n);
        let (at, bt) = (a.transpose(), b.transpose());
        group.bench_function("AᵀB", |bencher| {
            bencher.iter(|| at.matmul_tn_into(black_box(&b), &mut c))
        });
        group.bench_function("ABᵀ", |bencher| {
            bencher.iter(|| a.matmul_nt_into(black_box(&bt), &mut c))
        });
        group.finish();
    }
    criterion.bench_function("transpose/1024", |bencher| {
        let m = Matrix::zeros(1024, 1024);
        bencher.iter(|| black_box(&m).transpose());
    });
}

criterion_group!(benches, ladder, shapes, threads, bandwidth, transposed);
criterion_main!(benches);
