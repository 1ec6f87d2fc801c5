//! One hash for each group of results, and one over all groups. They are the same on every machine, for every
//! `ROWMAJOR_ISA` and every `ROWMAJOR_NUM_THREADS`, optimised or not; `tests/api/fingerprints.rs` asks for the same.
//!
//! ```text
//! cargo run --release --example fingerprint
//! ```
//!
//! prints a line for each group, `ok` or what it should be, and ends with status 1 where one differs:
//!
//! ```text
//! x86_64, with fused multiply-add, ROWMAJOR_ISA unset, 2 threads
//! products                    52d0037cbc519ace  ok
//! products, packed            52d0037cbc519ace  ok
//! products, transposed views  52d0037cbc519ace  ok
//! exp                         802d1ce9147463c1  ok
//! ln                          a9a88ace63baf12e  ok
//! tanh                        a2fa526d81c73c1b  ok
//! sigmoid                     634ac61c259124a8  ok
//! softmax                     a36de4fe698b967a  ok
//! sums and maxima             bf29e98d9655e03c  ok
//! networks, a batch           5bcd058249f397f5  ok
//! networks, row by row        5bcd058249f397f5  ok
//! npz files                   e953eae75471bcce  ok
//! training                    66a412885975445d  ok
//! training, interrupted       66a412885975445d  ok
//! all                         639f3e7d452b5330  ok
//! ```
//!
//! Inputs come from a generator of whole numbers, so that nothing but the library decides about a hash: FNV-1a, 64 bits,
//! over the results' bytes, lowest first. NaN counts as one pattern, since its payload is not promised. Those of exp, ln,
//! tanh and sigmoid are hashes of correctly rounded values: GNU MPFR gives the same. The last line is the same hash over
//! the hashes above it, 8 bytes each.

use rowmajor::io::{Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, Init, Loss, Network, Predictor};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Optimizer, Sgd, Trainer};
use rowmajor::{Matrix, MatrixView, PackedMatrix, vecmath};
use std::error::Error;
use std::ops::ControlFlow;
use std::process::ExitCode;

type Outcome = Result<Hash, Box<dyn Error>>;

/// A part of the library, and what its results hash to.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) expected: u64,
    pub(crate) compute: fn() -> Outcome,
}

/// FNV-1a over the hashes of all groups; in the README.
pub(crate) const ALL: u64 = 0x639f_3e7d_452b_5330;

/// The hashes, here and in the guide's page `reliability`.
pub(crate) const GROUPS: [Group; 14] = {
    const fn group(name: &'static str, expected: u64, compute: fn() -> Outcome) -> Group {
        Group {
            name,
            expected,
            compute,
        }
    }
    // The same numbers by other ways have the same hash.
    const PRODUCTS: u64 = 0x52d0_037c_bc51_9ace;
    const NETWORKS: u64 = 0x5bcd_0582_49f3_97f5;
    const TRAINING: u64 = 0x66a4_1288_5975_445d;
    [
        group("products", PRODUCTS, || products(plain)),
        group("products, packed", PRODUCTS, || products(packed)),
        group("products, transposed views", PRODUCTS, || {
            products(transposed)
        }),
        group("exp", 0x802d_1ce9_1474_63c1, || function(vecmath::exp)),
        group("ln", 0xa9a8_8ace_63ba_f12e, || function(vecmath::ln)),
        group("tanh", 0xa2fa_526d_81c7_3c1b, || function(vecmath::tanh)),
        group("sigmoid", 0x634a_c61c_2591_24a8, || {
            function(vecmath::sigmoid)
        }),
        group("softmax", 0xa36d_e4fe_698b_967a, softmax),
        group("sums and maxima", 0xbf29_e98d_9655_e03c, sums_and_maxima),
        group("networks, a batch", NETWORKS, batch),
        group("networks, row by row", NETWORKS, row_by_row),
        group("npz files", 0xe953_eae7_5471_bcce, npz_files),
        group("training", TRAINING, training),
        group("training, interrupted", TRAINING, interrupted),
    ]
};

fn main() -> ExitCode {
    println!(
        "{}, {} fused multiply-add, ROWMAJOR_ISA {}, {} threads",
        std::env::consts::ARCH,
        if has_fma() { "with" } else { "without" },
        std::env::var("ROWMAJOR_ISA").as_deref().unwrap_or("unset"),
        rowmajor::num_threads(),
    );
    let mut all = Hash::new();
    let mut code = ExitCode::SUCCESS;
    let mut line = |name, outcome: Outcome, expected| {
        let verdict = match outcome {
            Ok(Hash(found)) if found == expected => format!("{found:016x}  ok"),
            Ok(Hash(found)) => format!("{found:016x}  DIFFERS from {expected:016x}"),
            Err(error) => format!("FAILED: {error}"),
        };
        if !verdict.ends_with("ok") {
            code = ExitCode::FAILURE;
        }
        println!("{name:<28}{verdict}");
    };
    for group in GROUPS {
        let outcome = (group.compute)();
        if let Ok(Hash(found)) = outcome {
            all.group(found);
        }
        line(group.name, outcome, group.expected);
    }
    line("all", Ok(all), ALL);
    code
}

/// Whether this CPU multiplies and adds with one rounding.
fn has_fma() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

/// FNV-1a.
pub(crate) struct Hash(pub(crate) u64);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The hash of a group, into that of all.
    pub(crate) fn group(&mut self, hash: u64) {
        self.bytes(&hash.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn numbers(&mut self, numbers: &[f64]) {
        for &x in numbers {
            let x = if x.is_nan() { f64::NAN } else { x };
            self.bytes(&x.to_bits().to_le_bytes());
        }
    }

    fn places(&mut self, places: &[usize]) {
        for &place in places {
            self.bytes(&(place as u64).to_le_bytes());
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Between -1 and 1; the conversion rounds as IEEE 754 says, the division is exact.
    fn number(&mut self) -> f64 {
        self.bits() as i64 as f64 / 9_223_372_036_854_775_808.0
    }

    fn numbers(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.number()).collect()
    }

    /// One in sixteen is special, one in sixteen so small that products underflow.
    fn wild(&mut self) -> f64 {
        match self.bits() % 128 {
            i @ 0..8 => SPECIAL[i as usize],
            8..16 => self.number() * 1e-160,
            _ => self.number(),
        }
    }
}

const SPECIAL: [f64; 8] = [
    0.0,
    -0.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    5e-324,
    -1e-310,
    f64::MAX,
];

/// One way to multiply.
pub(crate) type Product = fn(&Matrix, &Matrix) -> Result<Matrix, Box<dyn Error>>;

/// Products of all shapes, each operand twice: ordinary numbers, then special ones among them.
pub(crate) fn products(product: Product) -> Outcome {
    let mut shapes = vec![(0, 3, 2), (2, 0, 3), (3, 2, 0)];
    // Every small shape, and widths around every tile's.
    for m in 1..=6 {
        for k in 1..=4 {
            shapes.extend((1..=9).map(|n| (m, k, n)));
        }
    }
    let widths = [1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 25, 33, 47, 48, 49, 65];
    for m in 1..=17 {
        let depth = |i: usize| 1 + (7 * m + 5 * i) % 23;
        shapes.extend(widths.iter().enumerate().map(|(i, &n)| (m, depth(i), n)));
    }
    // One row, one column; long in one direction; deeper and wider than a block.
    shapes.extend([(1, 300, 131), (1, 67, 300), (300, 131, 1), (67, 300, 1)]);
    shapes.extend([(300, 5, 30), (5, 300, 30), (30, 5, 300), (70, 65, 66)]);
    shapes.extend([(9, 513, 17), (2, 1025, 9), (3, 5, 1027), (40, 9, 260)]);

    let (mut random, mut hash) = (Random(1), Hash::new());
    for (m, k, n) in shapes {
        let a = Matrix::from_fn(m, k, |_, _| random.number());
        let b = Matrix::from_fn(k, n, |_, _| random.number());
        hash.numbers(product(&a, &b)?.as_slice());
        // Few enough of them that not all of a long chain becomes NaN.
        if k <= 24 {
            let a = Matrix::from_fn(m, k, |_, _| random.wild());
            let b = Matrix::from_fn(k, n, |_, _| random.wild());
            hash.numbers(product(&a, &b)?.as_slice());
        }
    }
    Ok(hash)
}

fn plain(a: &Matrix, b: &Matrix) -> Result<Matrix, Box<dyn Error>> {
    Ok(a.matmul(b)?)
}

fn packed(a: &Matrix, b: &Matrix) -> Result<Matrix, Box<dyn Error>> {
    Ok(a.matmul_packed(&PackedMatrix::new(b)?)?)
}

/// A as columns of a wider matrix, B as rows of one.
fn transposed(a: &Matrix, b: &Matrix) -> Result<Matrix, Box<dyn Error>> {
    fn with_gaps(matrix: &Matrix) -> Vec<f64> {
        let gap = [f64::NAN; 3];
        matrix.rows().flat_map(|row| [row, &gap].concat()).collect()
    }
    fn view<'a>(matrix: &Matrix, gaps: &'a [f64]) -> Result<MatrixView<'a>, Box<dyn Error>> {
        let (rows, cols) = matrix.shape();
        Ok(MatrixView::with_row_stride(rows, cols, cols + 3, gaps)?)
    }
    let a = a.transpose();
    let (a_gaps, b_gaps) = (with_gaps(&a), with_gaps(b));
    Ok(view(&a, &a_gaps)?.matmul_tn(view(b, &b_gaps)?)?)
}

/// 200 000 arguments: around 0, where values change, where they end, and any bits at all.
fn arguments() -> Vec<f64> {
    let mut random = Random(2);
    let mut x = SPECIAL.to_vec();
    while x.len() < 200_000 {
        x.push(random.number());
        x.push(random.number() * 25.0);
        x.push(random.number() * 750.0);
        x.push(f64::from_bits(random.bits()));
    }
    x
}

fn function(f: fn(&mut [f64])) -> Outcome {
    let (mut x, mut hash) = (arguments(), Hash::new());
    f(&mut x);
    hash.numbers(&x);
    Ok(hash)
}

/// Rows of all lengths up to 40 and some longer ones, of ordinary numbers and of wild ones.
fn rows() -> Vec<Vec<f64>> {
    let mut random = Random(3);
    let mut rows = Vec::new();
    for len in (0..=40).chain([63, 64, 65, 100, 257, 1000]) {
        for scale in [1.0, 30.0, 1e300] {
            rows.push((0..len).map(|_| random.number() * scale).collect());
        }
        rows.push((0..len).map(|_| random.wild()).collect());
    }
    rows
}

fn softmax() -> Outcome {
    let mut hash = Hash::new();
    for mut row in rows() {
        vecmath::softmax(&mut row);
        hash.numbers(&row);
    }
    for cols in [1, 3, 8, 10, 33] {
        let mut many = Matrix::from_vec(23, cols, Random(4).numbers(23 * cols))?;
        Activation::Softmax.apply(&mut many);
        hash.numbers(many.as_slice());
    }
    Ok(hash)
}

fn sums_and_maxima() -> Outcome {
    let mut hash = Hash::new();
    for row in rows() {
        hash.numbers(&[vecmath::sum(&row), vecmath::max(&row)]);
        hash.places(vecmath::argmax(&row).as_slice());
    }
    for cols in [1, 3, 8, 10, 33] {
        let many = Matrix::from_vec(23, cols, Random(5).numbers(23 * cols))?;
        hash.numbers(&many.row_sums());
        hash.numbers(&many.col_sums());
        hash.numbers(&many.row_maxes());
        hash.numbers(&many.col_mins());
        hash.places(&many.argmax_rows()?);
    }
    Ok(hash)
}

/// For each activation 37 → 19 → 10, hidden and last layer alike, and a batch of 29 rows.
fn networks() -> Result<Vec<(Network, Matrix)>, Box<dyn Error>> {
    let mut random = Random(6);
    let mut networks = Vec::new();
    for activation in Activation::ALL {
        let mut layer = |inputs, outputs| {
            let weights = Matrix::from_vec(inputs, outputs, random.numbers(inputs * outputs))?;
            Dense::new(weights, random.numbers(outputs), activation)
        };
        let network = Network::new(vec![layer(37, 19)?, layer(19, 10)?])?;
        networks.push((network, Matrix::from_vec(29, 37, random.numbers(29 * 37))?));
    }
    Ok(networks)
}

fn batch() -> Outcome {
    let mut hash = Hash::new();
    for (network, x) in networks()? {
        hash.numbers(network.forward(&x)?.as_slice());
        hash.places(&network.predict(&x)?);
    }
    Ok(hash)
}

fn row_by_row() -> Outcome {
    let mut hash = Hash::new();
    for (network, x) in networks()? {
        let predictor = Predictor::new(&network);
        let mut classes = Vec::new();
        for row in x.batches(1) {
            let mut out = Matrix::zeros(1, network.outputs());
            predictor.forward_into(row, &mut out)?;
            hash.numbers(out.as_slice());
            classes.extend(network.predict(row)?);
        }
        hash.places(&classes);
    }
    Ok(hash)
}

fn npz_files() -> Outcome {
    let mut hash = Hash::new();
    for (network, x) in networks()? {
        let mut npz = NpzWriter::new(Vec::new());
        network.write_npz(&mut npz)?;
        npz.matrix("x", &x)?.vector("special", &SPECIAL)?;
        npz.labels("labels", &[7, 2, 1, 0, 4])?;
        hash.bytes(&npz.finish()?);
    }
    Ok(hash)
}

/// How a trainer is to be taken through so many epochs.
type Run = fn(Trainer, &Matrix, &[usize], usize) -> Result<Trainer, Box<dyn Error>>;

/// The weights after three epochs on the 1797 digits: plain, with momentum in micro-batches, with Adam.
fn trained(run: Run) -> Outcome {
    let digits = Npz::from_bytes(include_bytes!("data/digits.npz").to_vec())?;
    let (x, labels) = (digits.matrix("images")? / 16.0, digits.labels("labels")?);
    let mut hash = Hash::new();
    let optimizers: [Optimizer; 3] = [
        Sgd::new(0.5).into(),
        Sgd::new(0.1).momentum(0.9).nesterov(true).into(),
        Adam::new(0.01).weight_decay(1e-3).into(),
    ];
    for (optimizer, hidden) in
        optimizers
            .into_iter()
            .zip([Activation::Sigmoid, Activation::Relu, Activation::Tanh])
    {
        let activations = [hidden, Activation::Softmax];
        let network = Network::init(&[64, 8, 10], &activations, Init::HeNormal, &mut Rng::new(1))?;
        let mut trainer = Trainer::new(network, optimizer, Loss::CrossEntropy)?
            .batch_size(100)
            .seed(2)
            .clip_norm(1.0);
        if hidden == Activation::Relu {
            trainer = trainer.micro_batch(30);
        }
        for layer in run(trainer, &x, &labels, 3)?.network().layers() {
            hash.numbers(layer.weights().as_slice());
            hash.numbers(layer.bias());
        }
    }
    Ok(hash)
}

fn training() -> Outcome {
    trained(|mut trainer, x, labels, epochs| {
        trainer.fit(x, labels, epochs, |_| ControlFlow::Continue(()))?;
        Ok(trainer)
    })
}

/// Saved and read again after every seventh batch.
fn interrupted() -> Outcome {
    trained(|mut trainer, x, labels, epochs| {
        let batches = epochs * labels.len().div_ceil(100);
        for done in (0..batches).step_by(7) {
            trainer.fit_batches(x, labels, 7.min(batches - done))?;
            let mut npz = NpzWriter::new(Vec::new());
            trainer.write_npz(&mut npz)?;
            trainer = Trainer::from_npz(&Npz::from_bytes(npz.finish()?)?)?;
        }
        Ok(trainer)
    })
}
