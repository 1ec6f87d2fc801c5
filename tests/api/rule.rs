//! The rule of the crate's documentation, written again in plain scalar code that shares nothing with the library: whole
//! networks must have its bits. exp, ln, tanh and sigmoid are correctly rounded, so an oracle in whole numbers of 320 bits
//! has the same.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]
#![allow(clippy::needless_range_loop, reason = "loops as in the documentation")]

use crate::common::fixed as oracle;
use crate::common::fma::Fused;

use oracle::Fixed;
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use rowmajor::{Matrix, vecmath};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// A dense layer.
struct Layer {
    /// Row by row, inputs × outputs.
    weights: Vec<f64>,
    bias: Vec<f64>,
    activation: Activation,
}

fn network(layers: &[Layer], x: &[f64]) -> Vec<f64> {
    let mut values = x.to_vec();
    for layer in layers {
        values = dense(layer, &values);
        activate(layer.activation, &mut values);
    }
    values
}

fn dense(layer: &Layer, x: &[f64]) -> Vec<f64> {
    let mut y = Vec::new();
    for j in 0..layer.bias.len() {
        let mut c = 0.0;
        for p in 0..x.len() {
            c = x[p].fused(layer.weights[p * layer.bias.len() + j], c);
        }
        y.push(c + layer.bias[j]);
    }
    y
}

fn activate(activation: Activation, row: &mut [f64]) {
    match activation {
        Activation::Identity => {}
        Activation::Step => each(row, |x| if x > 0.0 { 1.0 } else { 0.0 }),
        Activation::Relu => each(row, |x| if x <= 0.0 { 0.0 } else { x }),
        Activation::Sigmoid => each(row, sigmoid),
        Activation::Tanh => each(row, tanh),
        Activation::Softmax => {
            let mut m = f64::NEG_INFINITY;
            for &x in row.iter() {
                if x > m {
                    m = x;
                }
            }
            each(row, |x| exp(x - m));
            let s = sum(row);
            each(row, |e| e / s);
        }
        _ => unreachable!("{activation}: no rule is written here"),
    }
}

fn each(row: &mut [f64], f: impl Fn(f64) -> f64) {
    for x in row {
        *x = f(*x);
    }
}

fn sum(row: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    for i in 0..row.len() {
        l[i % 8] += row[i];
    }
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// The class that a network's outputs predict; of a single one, that of a probability.
fn class(outputs: &[f64]) -> usize {
    match outputs {
        &[probability] => usize::from(probability > 0.5),
        _ => argmax(outputs),
    }
}

fn argmax(row: &[f64]) -> usize {
    let mut best = 0;
    for i in 0..row.len() {
        if row[i].is_nan() {
            return i;
        }
        if row[i] > row[best] {
            best = i;
        }
    }
    best
}

fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if !(-800.0..800.0).contains(&x) {
        return if x > 0.0 { f64::INFINITY } else { 0.0 };
    }
    let (m, k) = oracle::exp(x);
    m.round(k, false)
}

fn sigmoid(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let (m, k) = oracle::exp(-x.abs().min(1000.0));
    // e^-|x|.
    let small = m.shifted_down(k.unsigned_abs());
    let denominator = Fixed::whole(1).add(small);
    if x < 0.0 {
        m.divided_by(denominator).round(k, false)
    } else {
        Fixed::whole(1).divided_by(denominator).round(0, false)
    }
}

fn tanh(x: f64) -> f64 {
    if x.is_nan() || x.abs() < 2f64.powi(-30) {
        return x; // x·(1 - x²/3), and an f64's neighbours are at least 2^-54·x from its middles
    }
    let (m, k) = oracle::exp(-2.0 * x.abs().min(100.0));
    let small = m.shifted_down(k.unsigned_abs());
    let (numerator, denominator) = (Fixed::whole(1).sub(small), Fixed::whole(1).add(small));
    numerator.divided_by(denominator).round(0, x < 0.0)
}

fn ln(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 || x == f64::INFINITY {
        return if x == 0.0 {
            f64::NEG_INFINITY
        } else if x == 1.0 {
            0.0
        } else {
            x
        };
    }
    oracle::ln(x)
}

/// Seeded numbers within ±1, all bits in use.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as i64 as f64 / 9_223_372_036_854_775_808.0
    }

    fn some(&mut self, n: usize, scale: f64) -> Vec<f64> {
        (0..n).map(|_| self.next() * scale).collect()
    }
}

fn assert_bits(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (x, y)) in found.iter().zip(expected).enumerate() {
        let same = x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
        assert!(same, "{what}, value {i}: {x:e}, by the rule {y:e}");
    }
}

/// The library's network of the same layers, and its results for a batch in every way that it can be asked.
fn check_network(sizes: &[usize], activations: &[Activation], rows: usize, scale: f64) {
    let mut numbers = Numbers(0x0123_4567_89ab_cdef);
    let mut layers = Vec::new();
    for (size, &activation) in sizes.windows(2).zip(activations) {
        layers.push(Layer {
            weights: numbers.some(size[0] * size[1], scale),
            bias: numbers.some(size[1], scale),
            activation,
        });
    }
    let of_library = layers.iter().map(|layer| {
        let (outputs, weights) = (layer.bias.len(), layer.weights.clone());
        let weights = Matrix::from_vec(weights.len() / outputs, outputs, weights).unwrap();
        Dense::new(weights, layer.bias.clone(), layer.activation).unwrap()
    });
    let library = Network::new(of_library.collect()).unwrap();

    let inputs = numbers.some(rows * sizes[0], 1.0);
    let (mut expected, mut classes) = (Vec::new(), Vec::new());
    for x in inputs.chunks(sizes[0]) {
        let y = network(&layers, x);
        classes.push(class(&y));
        expected.extend(y);
    }
    let what = format!("{sizes:?} {activations:?} of {rows} rows");
    let x = Matrix::from_vec(rows, sizes[0], inputs).unwrap();
    let y = library.forward(&x).unwrap();
    assert_bits(y.as_slice(), &expected, &what);
    let mut out = Matrix::zeros(rows, y.ncols());
    Predictor::new(&library).forward_into(&x, &mut out).unwrap();
    assert_bits(out.as_slice(), &expected, &what);
    let last = activations[activations.len() - 1];
    let one_class = y.ncols() == 1 && !matches!(last, Activation::Sigmoid | Activation::Step);
    if one_class {
        library.predict(&x).unwrap_err();
    } else if last != Activation::Softmax {
        assert_eq!(library.predict(&x).unwrap(), classes, "{what}");
    }
}

fn check(name: &str, library: fn(&mut [f64]), rule: fn(f64) -> f64, x: &[f64]) {
    let mut found = x.to_vec();
    library(&mut found);
    for (x, found) in x.iter().zip(found) {
        assert_bits(&[found], &[rule(*x)], &format!("{name} of {x:e}"));
    }
}

#[test]
fn whole_networks_have_the_bits_of_the_rule() {
    use Activation::{Sigmoid, Softmax};
    for activation in Activation::ALL {
        for (sizes, rows, scale) in [
            (vec![784, 50, 100, 10], 100, 0.2),
            (vec![784, 50, 100, 10], 1, 0.2),
            (vec![1, 1, 1], 3, 2.0),
            (vec![3, 7, 2], 5, 4.0),
            (vec![13, 9, 41, 5], 17, 1.0),
            (vec![600, 33, 9], 9, 30.0), // far out, where exp has its ends
        ] {
            let mut activations = vec![activation; sizes.len() - 1];
            check_network(&sizes, &activations, rows, scale);
            *activations.last_mut().unwrap() = Softmax;
            check_network(&sizes, &activations, rows, scale);
        }
    }
    check_network(&[784, 50, 100, 10], &[Sigmoid, Sigmoid, Softmax], 300, 0.1);
}

#[test]
fn functions_sums_and_places_have_the_bits_of_the_rule() {
    let mut numbers = Numbers(0xfeed_5eed_0bad_cafe);
    let mut x = vec![
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1e-310,
        -1e-310,
    ];
    for near in [
        708.0_f64,
        709.782_712_893_384,
        745.133_219_101_941,
        19.06,
        20.0,
        746.0,
    ] {
        for x_near in [near.next_down(), near, near.next_up()] {
            x.extend([x_near, -x_near]);
        }
    }
    for scale in [1e-3, 1.0, 40.0, 750.0, 1e300] {
        x.extend(numbers.some(20_000, scale));
    }
    check("exp", vecmath::exp, exp, &x);
    check("ln", vecmath::ln, ln, &x);
    check("tanh", vecmath::tanh, tanh, &x);
    check("sigmoid", vecmath::sigmoid, sigmoid, &x);

    for cols in 1..70 {
        let matrix = Matrix::from_vec(9, cols, numbers.some(9 * cols, 8.0)).unwrap();
        let (mut row_sums, mut col_sums) = (Vec::new(), vec![0.0; cols]);
        let mut softmax = Vec::new();
        for row in matrix.rows() {
            row_sums.push(sum(row));
            for j in 0..cols {
                col_sums[j] += row[j];
            }
            let mut row = row.to_vec();
            activate(Activation::Softmax, &mut row);
            softmax.extend(row);
        }
        let what = format!("9 rows of {cols}");
        assert_bits(&matrix.row_sums(), &row_sums, &what);
        assert_bits(&matrix.col_sums(), &col_sums, &what);
        assert_bits(&[matrix.sum()], &[sum(&row_sums)], &what);
        let mean = sum(&row_sums) / (9 * cols) as f64;
        assert_bits(&[matrix.mean().unwrap()], &[mean], &what);
        each(&mut row_sums, |sum| sum / cols as f64);
        assert_bits(&matrix.row_means(), &row_sums, &what);
        each(&mut col_sums, |sum| sum / 9.0);
        assert_bits(&matrix.col_means(), &col_sums, &what);
        let classes: Vec<_> = matrix.rows().map(argmax).collect();
        assert_eq!(matrix.argmax_rows().unwrap(), classes, "{what}");
        let mut found = matrix;
        Activation::Softmax.apply(&mut found);
        assert_bits(found.as_slice(), &softmax, &what);
    }
}

/// The published hard cases of a function, or a word to whoever runs the tests that they are not there.
fn hard_cases(list: &str) -> Option<Vec<f64>> {
    let Some(folder) = std::env::var_os("ROWMAJOR_DATA").map(PathBuf::from) else {
        // Past the harness, which keeps what a passing test prints to itself.
        let text = "SKIPPED hard cases: ROWMAJOR_DATA does not name a folder with the data\n";
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return None;
    };
    let file = folder.join("hard_cases").join(format!("{list}.txt.gz"));
    let unpacked = Command::new("gzip").arg("-dc").arg(file).output().unwrap();
    assert!(unpacked.status.success(), "gzip -dc");
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let lines = text.lines().map(str::trim);
    let numbers = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Some(numbers.map(hexadecimal).collect())
}

/// C's form, -0x1.8p-3.
fn hexadecimal(text: &str) -> f64 {
    let digits = text
        .trim_start_matches(['-', '+'])
        .strip_prefix("0x")
        .unwrap();
    let (significand, exponent) = digits.split_once('p').unwrap();
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let significand = u64::from_str_radix(&format!("{whole}{fraction}"), 16).unwrap();
    assert!(significand < 1 << 53);
    let exponent = exponent.parse::<i32>().unwrap() - 4 * fraction.len() as i32;
    let half = exponent / 2;
    let x = significand as f64 * 2f64.powi(half) * 2f64.powi(exponent - half);
    if text.starts_with('-') { -x } else { x }
}

/// Where a result is as near to the middle of two numbers as a function's ever are.
#[test]
fn hard_cases_are_rounded_correctly() {
    // Next to a middle by x³/48, x²/2, x²/3: numbers of few bits around the last place of 1/2 and 1.
    let mut few_bits = Vec::new();
    for exponent in -70..-3 {
        for significand in (1..64).chain([1023, 4095]) {
            let x = f64::from(significand) * 2f64.powi(exponent);
            few_bits.extend([x, -x, 1.0 + x, 1.0 - x]);
        }
    }
    check("exp", vecmath::exp, exp, &few_bits);
    check("ln", vecmath::ln, ln, &few_bits);
    check("tanh", vecmath::tanh, tanh, &few_bits);
    check("sigmoid", vecmath::sigmoid, sigmoid, &few_bits);

    type Library = fn(&mut [f64]);
    type Rule = fn(f64) -> f64;
    let lists: [(&str, &str, Library, Rule); 4] = [
        ("exp", "exp", vecmath::exp, exp),
        ("ln", "log", vecmath::ln, ln),
        ("tanh", "tanh", vecmath::tanh, tanh),
        ("sigmoid", "exp", vecmath::sigmoid, sigmoid),
    ];
    for (name, list, library, rule) in lists {
        let Some(x) = hard_cases(list) else {
            return;
        };
        assert!(x.len() > 20_000, "{name}: {} hard cases", x.len());
        let x: Vec<f64> = x.into_iter().flat_map(|x| [x, -x]).collect();
        check(name, library, rule, &x);
    }
}
