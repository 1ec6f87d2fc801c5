//! The rule of the crate's documentation, written again in plain scalar code that shares nothing with the library: whole
//! networks must have its bits.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]
#![allow(clippy::needless_range_loop, reason = "loops as in the documentation")]


use crate::common::fma::Fused;
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use rowmajor::{Matrix, vecmath};

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

const SHIFT: f64 = 6_755_399_441_055_744.0;
const INVERSE_STEP: u64 = 0x4037_1547_652b_82fe;
const STEP_HIGH: u64 = 0x3fa6_2e42_fefa_0000;
const STEP_LOW: u64 = 0x3d3c_f79a_bc9e_3b3a;
#[rustfmt::skip]
const Q: [u64; 6] = [
    0x3fe0_0000_0000_0003, 0x3fc5_5555_5555_5556, 0x3fa5_5555_554a_d3e3,
    0x3f81_1111_110c_65c2, 0x3f56_c181_f479_b148, 0x3f2a_01b3_89c0_5b3f,
];
#[rustfmt::skip]
const POWERS: [u64; 16] = [
    0x3ff0_0000_0000_0000, 0x3fef_b558_6cf9_890f, 0x3fef_72b8_3c7d_517b, 0x3fef_387a_6e75_6238,
    0x3fef_06fe_0a31_b715, 0x3fee_dea6_4c12_3422, 0x3fee_bfda_d536_2a27, 0x3fee_ab07_dd48_5429,
    0x3fee_a09e_667f_3bcd, 0x3fee_a114_73eb_0187, 0x3fee_ace5_422a_a0db, 0x3fee_c491_82a3_f090,
    0x3fee_e89f_995a_d3ad, 0x3fef_199b_dd85_529c, 0x3fef_5818_dcfb_a487, 0x3fef_a4af_a2a4_90da,
];
#[rustfmt::skip]
const POWERS_LOW: [u64; 16] = [
    0x0000_0000_0000_0000, 0x3c97_9aa6_5d83_7b6d, 0xbc80_1b15_eaa5_9348, 0x3c96_8efd_e3a8_a894,
    0x3c83_4d75_4db0_abb6, 0x3c85_9f48_a72a_4c6d, 0x3c76_90ce_bb7a_afb0, 0x3c90_63e1_e21c_5409,
    0xbc93_b3ef_bf5e_2228, 0xbc7b_32dc_b94d_a51d, 0x3c8d_b72f_c1f0_eab4, 0x3c71_affc_2b91_ce27,
    0x3c8c_1a77_92cb_3387, 0x3c73_6eae_30af_0cb3, 0x3c74_a385_a63d_07a7, 0xbc8f_f712_8fd3_91f0,
];

fn f(bits: u64) -> f64 {
    f64::from_bits(bits)
}

fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// n·ln 2/16 is nearest to x: n's bits and n; x less n·`STEP_HIGH`.
fn reduce(x: f64) -> (u64, f64, f64) {
    let shifted = x.fused(f(INVERSE_STEP), SHIFT);
    let n = shifted - SHIFT;
    (shifted.to_bits(), n, n.fused(-f(STEP_HIGH), x))
}

fn power(n: u64) -> f64 {
    f(POWERS[(n & 15) as usize].wrapping_add(n << 48))
}

fn polynomial(r: f64) -> f64 {
    let pair = |i: usize| f(Q[i + 1]).fused(r, f(Q[i]));
    let square = r * r;
    (pair(4).fused(square, pair(2))).fused(square, pair(0))
}

/// e^x over 2^(n/16), less 1.
fn expm1(n_bits: u64, n: f64, high: f64) -> f64 {
    let r = n.fused(-f(STEP_LOW), high);
    polynomial(r).fused(r * r, r + f(POWERS_LOW[(n_bits & 15) as usize]))
}

fn exp(x: f64) -> f64 {
    if x > -708.0 && x < 708.0 {
        let (n_bits, n, high) = reduce(x);
        expm1(n_bits, n, high).fused(power(n_bits), power(n_bits))
    } else {
        extreme(x)
    }
}

fn extreme(x: f64) -> f64 {
    let x = larger(-746.0, smaller(710.0, x));
    let (n_bits, n, high) = reduce(x);
    let p = expm1(n_bits, n, high);
    let half = n.fused(1.0 / 32.0, SHIFT) - SHIFT;
    let power = power((half.fused(-16.0, n) + SHIFT).to_bits());
    let two_to = |half: f64| {
        let sixteenths = half.fused(16.0, SHIFT).to_bits();
        f(1.0_f64.to_bits().wrapping_add(sixteenths << 48))
    };
    if x < 0.0 {
        let rounded = power * two_to(half);
        let rest = power.fused(p, power - rounded * two_to(-half));
        rest.fused(two_to(half), rounded)
    } else {
        power.fused(p, power) * two_to(half)
    }
}

fn sigmoid(x: f64) -> f64 {
    if !(x > -708.0 && x < 708.0) {
        return extreme(smaller(0.0, x));
    }
    let (n_bits, n, high) = reduce(-x);
    let (power, p) = (power(n_bits), expm1(n_bits, n, high));
    let base = 1.0 + power;
    let base_low = (larger(1.0, power) - base) + smaller(1.0, power);
    let d = power.fused(p, base);
    let d_low = power.fused(p, base - d) + base_low;
    let inverse = 1.0 / d;
    let residual = (-inverse).fused(d_low, (-inverse).fused(d, 1.0));
    residual.fused(inverse, inverse)
}

fn tanh(x: f64) -> f64 {
    let (n_bits, n, h) = reduce(2.0 * smaller(20.0, x.abs()));
    let power = power(n_bits);
    let low = n.fused(-f(STEP_LOW), f(POWERS_LOW[(n_bits & 15) as usize]));
    let start = f(Q[1]).fused(h, f(Q[0])).fused(h * h, h);
    let rest = polynomial(h).fused(h * h, low.fused(start, low));
    let base = power - 1.0;
    let sum = power.fused(h, base);
    let sum_low = power.fused(rest, power.fused(h, base - sum));
    let e = sum + sum_low;
    let e_low = (sum - e) + sum_low;
    let d = (2.0 + sum) + sum_low;
    let d_low = ((larger(2.0, sum) - d) + smaller(2.0, sum)) + sum_low;
    let inverse = 1.0 / d;
    let quotient = e * inverse;
    let residual = (-quotient).fused(d, e) + (-quotient).fused(d_low, e_low);
    residual.fused(inverse, quotient).copysign(x)
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
        classes.push(argmax(&y));
        expected.extend(y);
    }
    let what = format!("{sizes:?} {activations:?} of {rows} rows");
    let x = Matrix::from_vec(rows, sizes[0], inputs).unwrap();
    let y = library.forward(&x).unwrap();
    assert_bits(y.as_slice(), &expected, &what);
    let mut out = Matrix::zeros(rows, y.ncols());
    Predictor::new(&library).forward_into(&x, &mut out).unwrap();
    assert_bits(out.as_slice(), &expected, &what);
    if activations.last() != Some(&Activation::Softmax) {
        assert_eq!(library.predict(&x).unwrap(), classes, "{what}");
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
    let check = |name, library: fn(&mut [f64]), rule: fn(f64) -> f64| {
        let (mut found, mut expected) = (x.clone(), x.clone());
        library(&mut found);
        each(&mut expected, rule);
        assert_bits(&found, &expected, name);
    };
    check("exp", vecmath::exp, exp);
    check("tanh", vecmath::tanh, tanh);
    check("sigmoid", vecmath::sigmoid, sigmoid);

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
