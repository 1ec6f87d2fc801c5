//! Gradients: against central differences, against the rule written out in scalar code, against NumPy.
#![allow(clippy::needless_range_loop, reason = "loops as in the documentation")]

use crate::common::{assert_panics, fma::Fused};
use proptest::prelude::*;
use rowmajor::Matrix;
use rowmajor::nn::{Activation, Dense, Gradients, Loss, Network, Targets};
use rowmajor::vecmath::{argmax, scalar};

/// Seeded numbers within ±1.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as i64 as f64 / 9_223_372_036_854_775_808.0
    }

    fn matrix(&mut self, rows: usize, cols: usize) -> Matrix {
        Matrix::from_fn(rows, cols, |_, _| self.next())
    }
}

fn network(sizes: &[usize], activations: &[Activation], numbers: &mut Numbers) -> Network {
    let layer = |(pair, &activation): (&[usize], &Activation)| {
        let weights = numbers.matrix(pair[0], pair[1]);
        let bias = (0..pair[1]).map(|_| numbers.next()).collect();
        Dense::new(weights, bias, activation).unwrap()
    };
    Network::new(sizes.windows(2).zip(activations).map(layer).collect()).unwrap()
}

/// The network with one parameter moved; parameters count as in `Gradients::as_slice`.
fn moved(network: &Network, place: usize, by: f64) -> Network {
    let mut start = 0;
    let mut layers = Vec::new();
    for layer in network.layers() {
        let (mut weights, mut bias) = (layer.weights().clone(), layer.bias().to_vec());
        let values = weights.as_mut_slice().iter_mut().chain(&mut bias);
        for (i, value) in values.enumerate() {
            if start + i == place {
                *value += by;
            }
        }
        start += weights.len() + bias.len();
        layers.push(Dense::new(weights, bias, layer.activation()).unwrap());
    }
    Network::new(layers).unwrap()
}

/// What a test trains by: owned, for each loss.
enum Wanted {
    Labels(Vec<usize>),
    Values(Matrix),
}

impl Wanted {
    fn new(loss: Loss, rows: usize, outputs: usize, numbers: &mut Numbers) -> Self {
        let label = |classes: usize, x: f64| ((x + 1.0) * 0.5 * classes as f64) as usize % classes;
        match loss {
            Loss::CrossEntropy => {
                Self::Labels((0..rows).map(|_| label(outputs, numbers.next())).collect())
            }
            Loss::BinaryCrossEntropy if outputs == 1 => {
                Self::Labels((0..rows).map(|_| label(2, numbers.next())).collect())
            }
            Loss::BinaryCrossEntropy => {
                Self::Values(Matrix::from_fn(rows, outputs, |_, _| numbers.next().abs()))
            }
            _ => Self::Values(numbers.matrix(rows, outputs)),
        }
    }

    fn targets(&self) -> Targets<'_> {
        match self {
            Self::Labels(labels) => labels.into(),
            Self::Values(values) => values.into(),
        }
    }
}

/// The derivative from losses at ±h and ±2h (fourth order), for every parameter.
fn differences(network: &Network, x: &Matrix, wanted: &Wanted, loss: Loss, h: f64) -> Vec<f64> {
    let parameters = network.gradients(x, wanted.targets(), loss).unwrap();
    let at = |place, by| {
        let moved = moved(network, place, by);
        moved.gradients(x, wanted.targets(), loss).unwrap().loss()
    };
    (0..parameters.as_slice().len())
        .map(|i| (8.0 * (at(i, h) - at(i, -h)) - (at(i, 2.0 * h) - at(i, -2.0 * h))) / (12.0 * h))
        .collect()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |max, x| max.max(x.abs()))
}

const SMOOTH: [Activation; 4] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Softmax,
];
const LOSSES: [(Loss, &[Activation]); 3] = [
    (Loss::CrossEntropy, &[Activation::Softmax]),
    (Loss::BinaryCrossEntropy, &[Activation::Sigmoid]),
    (
        Loss::MeanSquaredError,
        &[
            Activation::Identity,
            Activation::Sigmoid,
            Activation::Relu,
            Activation::Tanh,
            Activation::Softmax,
        ],
    ),
];

fn check_differences(network: &Network, x: &Matrix, wanted: &Wanted, loss: Loss) {
    let gradients = network.gradients(x, wanted.targets(), loss).unwrap();
    let expected = differences(network, x, wanted, loss, 1e-3);
    let scale = largest(&expected).max(1e-3);
    let is_relu = |layer: &Dense| layer.activation() == Activation::Relu;
    let nearer = match network.layers().iter().any(is_relu) {
        true => differences(network, x, wanted, loss, 2.5e-4),
        false => expected.clone(),
    };
    let mut corners = 0;
    for (i, (found, expected)) in gradients.as_slice().iter().zip(&expected).enumerate() {
        // Where the two differences disagree, a corner of relu lies between.
        if (nearer[i] - expected).abs() > 1e-8 * scale {
            corners += 1;
            continue;
        }
        assert!(
            (found - expected).abs() <= 1e-7 * scale,
            "{loss}, parameter {i}: {found}, by differences {expected}\n{network}"
        );
    }
    assert!(
        8 * corners <= expected.len(),
        "{corners} corners\n{network}"
    );
}

#[test]
fn every_layer_and_loss_has_the_slope_of_its_loss() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    for (loss, last) in LOSSES {
        for &last in last {
            for hidden in SMOOTH.into_iter().chain([Activation::Relu]) {
                let (sizes, outputs) = ([4, 5, 3, 3], 3);
                let network = network(&sizes, &[hidden, hidden, last], &mut numbers);
                let x = numbers.matrix(6, 4);
                let wanted = Wanted::new(loss, 6, outputs, &mut numbers);
                check_differences(&network, &x, &wanted, loss);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_shape_has_the_slope_of_its_loss(
        sizes in prop::collection::vec(1_usize..7, 2..5),
        rows in 1_usize..9,
        hidden in 0_usize..4,
        loss in 0_usize..3,
        seed in 1_u64..u64::MAX,
    ) {
        let mut numbers = Numbers(seed);
        let (loss, last) = LOSSES[loss];
        let mut activations = vec![SMOOTH[hidden]; sizes.len() - 1];
        *activations.last_mut().unwrap() = last[0];
        let network = network(&sizes, &activations, &mut numbers);
        let x = numbers.matrix(rows, sizes[0]);
        let wanted = Wanted::new(loss, rows, *sizes.last().unwrap(), &mut numbers);
        check_differences(&network, &x, &wanted, loss);
    }

    /// Parts in order add up to the whole, to rounding; one part of all rows is the whole, bit for bit.
    #[test]
    fn parts_add_up(rows in 1_usize..20, part in 1_usize..20, seed in 1_u64..u64::MAX) {
        let mut numbers = Numbers(seed);
        let network = network(&[5, 4, 3], &[Activation::Tanh, Activation::Softmax], &mut numbers);
        let x = numbers.matrix(rows, 5);
        let labels: Vec<usize> = (0..rows).map(|i| i % 3).collect();
        let whole = network.gradients(&x, &labels, Loss::CrossEntropy).unwrap();
        let (mut total, mut more) = (Gradients::new(), Gradients::new());
        for (i, (x, labels)) in x.batches(part).zip(labels.chunks(part)).enumerate() {
            let out = if i == 0 { &mut total } else { &mut more };
            network.gradients_into(x, labels, Loss::CrossEntropy, rows, out).unwrap();
            if i > 0 {
                total.add(&more).unwrap();
            }
        }
        prop_assert_eq!(total.correct(), whole.correct());
        prop_assert!((total.loss() - whole.loss()).abs() <= 1e-14 * whole.loss());
        for (a, b) in total.as_slice().iter().zip(whole.as_slice()) {
            prop_assert!((a - b).abs() < 1e-14);
            prop_assert!(part < rows || a.to_bits() == b.to_bits());
        }
    }
}

/// Gradients of as many parameters in other layers are not added up.
#[test]
fn parts_belong_to_one_network() {
    let of = |inputs: usize, outputs: usize| {
        let layer = Dense::new(
            Matrix::zeros(inputs, outputs),
            vec![0.0; outputs],
            Activation::Identity,
        );
        let network = Network::new(vec![layer.unwrap()]).unwrap();
        let (x, y) = (Matrix::ones(2, inputs), Matrix::ones(2, outputs));
        network.gradients(&x, &y, Loss::MeanSquaredError).unwrap()
    };
    // Nine parameters each.
    let (mut wide, tall) = (of(2, 3), of(8, 1));
    let before = wide.as_slice().to_vec();
    let error = wide.add(&tall).unwrap_err();
    assert_eq!(error.to_string(), "add: shapes 2x3 and 8x1 do not match");
    assert_eq!(wide.as_slice(), before);
    let message = "index out of bounds: the len is 1 but the index is 1";
    assert_panics(message, || wide.weights(1).len());
    assert_panics(message, || wide.bias(1).len());
}

/// The rule of the documentation, in scalar code: the same bits.
mod rule {
    use super::*;

    pub(super) fn sum(row: &[f64]) -> f64 {
        let mut l = [0.0; 8];
        for i in 0..row.len() {
            l[i % 8] += row[i];
        }
        ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
    }

    fn activate(activation: Activation, row: &mut [f64]) {
        if activation == Activation::Softmax {
            let m = row
                .iter()
                .fold(f64::NEG_INFINITY, |m, &x| if x > m { x } else { m });
            row.iter_mut().for_each(|x| *x = scalar::exp(*x - m));
            let s = sum(row);
            row.iter_mut().for_each(|e| *e /= s);
        } else {
            row.iter_mut().for_each(|x| *x = activation.of(*x));
        }
    }

    /// Derivatives before the activation, from the outputs y and the derivatives d after it.
    fn through(activation: Activation, y: &[f64], d: &[f64]) -> Vec<f64> {
        let s = sum(&y.iter().zip(d).map(|(y, d)| y * d).collect::<Vec<_>>());
        let pairs = y.iter().zip(d);
        match activation {
            Activation::Identity => d.to_vec(),
            Activation::Sigmoid => pairs.map(|(y, d)| d * (y * (1.0 - y))).collect(),
            Activation::Tanh => pairs.map(|(y, d)| d * (1.0 - y * y)).collect(),
            Activation::Relu => pairs
                .map(|(y, d)| if *y <= 0.0 { 0.0 } else { *d })
                .collect(),
            Activation::Softmax => pairs.map(|(y, d)| y * (d - s)).collect(),
            _ => unreachable!(),
        }
    }

    fn ln_1p(e: f64) -> f64 {
        let sum = 1.0 + e;
        if sum == 1.0 {
            e
        } else {
            scalar::ln(sum) * e / (sum - 1.0)
        }
    }

    /// The loss of these rows of a batch of n rows, and all derivatives.
    pub(super) fn gradients(
        network: &Network,
        x: &Matrix,
        targets: Targets<'_>,
        loss: Loss,
        n: usize,
    ) -> (f64, Vec<f64>) {
        let (layers, rows, n) = (network.layers(), x.nrows(), n as f64);
        // Forward: the rows of every layer.
        let mut values: Vec<Vec<Vec<f64>>> = vec![x.rows().map(<[f64]>::to_vec).collect()];
        for (l, layer) in layers.iter().enumerate() {
            let mut out = Vec::new();
            for row in &values[l] {
                let mut y = Vec::new();
                for j in 0..layer.outputs() {
                    let mut c = 0.0;
                    for p in 0..layer.inputs() {
                        c = row[p].fused(layer.weights()[(p, j)], c);
                    }
                    y.push(c + layer.bias()[j]);
                }
                if l + 1 < layers.len() || loss == Loss::MeanSquaredError {
                    activate(layer.activation(), &mut y);
                }
                out.push(y);
            }
            values.push(out);
        }
        // The loss.
        let outputs = network.outputs();
        let (mut losses, mut delta) = (Vec::new(), Vec::new());
        for i in 0..rows {
            let z = &values[layers.len()][i];
            let target = |j: usize| match targets {
                Targets::Labels(labels) if loss == Loss::CrossEntropy => f64::from(labels[i] == j),
                Targets::Labels(labels) => labels[i] as f64,
                Targets::Values(values) => values[(i, j)],
            };
            match loss {
                Loss::CrossEntropy => {
                    let m = z
                        .iter()
                        .fold(f64::NEG_INFINITY, |m, &x| if x > m { x } else { m });
                    let e: Vec<f64> = z.iter().map(|x| scalar::exp(x - m)).collect();
                    let s = sum(&e);
                    let Targets::Labels(labels) = targets else {
                        unreachable!()
                    };
                    losses.push(scalar::ln(s) - (z[labels[i]] - m));
                    delta.push((0..outputs).map(|j| (e[j] / s - target(j)) / n).collect());
                }
                Loss::BinaryCrossEntropy => {
                    let term = |j: usize| {
                        let x = z[j];
                        let relu = if x > 0.0 { x } else { 0.0 };
                        (relu - x * target(j)) + ln_1p(scalar::exp(-x.abs()))
                    };
                    losses.push(sum(&(0..outputs).map(term).collect::<Vec<_>>()));
                    let d = |j: usize| (scalar::sigmoid(z[j]) - target(j)) / n;
                    delta.push((0..outputs).map(d).collect::<Vec<f64>>());
                }
                _ => {
                    let squares = (0..outputs).map(|j| (z[j] - target(j)) * (z[j] - target(j)));
                    losses.push(sum(&squares.collect::<Vec<_>>()));
                    let n = n * outputs as f64;
                    let d: Vec<f64> = (0..outputs).map(|j| 2.0 * (z[j] - target(j)) / n).collect();
                    delta.push(through(layers[layers.len() - 1].activation(), z, &d));
                }
            }
        }
        let n = if loss == Loss::MeanSquaredError {
            n * outputs as f64
        } else {
            n
        };
        let loss = sum(&losses) / n;
        // Backward.
        let mut gradients = Vec::new();
        for (l, layer) in layers.iter().enumerate().rev() {
            let mut of_layer = Vec::new();
            for p in 0..layer.inputs() {
                for j in 0..layer.outputs() {
                    let mut c = 0.0;
                    for i in 0..rows {
                        c = values[l][i][p].fused(delta[i][j], c);
                    }
                    of_layer.push(c);
                }
            }
            for j in 0..layer.outputs() {
                let mut s = 0.0;
                for i in 0..rows {
                    s += delta[i][j];
                }
                of_layer.push(s);
            }
            gradients.splice(..0, of_layer);
            if l > 0 {
                let mut before = Vec::new();
                for i in 0..rows {
                    let mut d = Vec::new();
                    for p in 0..layer.inputs() {
                        let mut c = 0.0;
                        for j in 0..layer.outputs() {
                            c = delta[i][j].fused(layer.weights()[(p, j)], c);
                        }
                        d.push(c);
                    }
                    before.push(through(layers[l - 1].activation(), &values[l][i], &d));
                }
                delta = before;
            }
        }
        (loss, gradients)
    }
}

#[test]
fn gradients_have_the_bits_of_the_rule() {
    let mut numbers = Numbers(0x0bad_cafe_5eed_0001);
    for (loss, last) in LOSSES {
        for &last in last {
            for hidden in SMOOTH.into_iter().chain([Activation::Relu]) {
                for (sizes, rows) in [
                    (vec![1, 1, 1], 1),
                    (vec![7, 9, 13, 5], 17),
                    (vec![64, 50, 20, 10], 100),
                    (vec![3, 1], 12),
                    // More outputs than the memory between holds at once, of the last layer and of one before.
                    (vec![2, 300], 250),
                    (vec![2, 300, 2], 250),
                ] {
                    let mut activations = vec![hidden; sizes.len() - 1];
                    *activations.last_mut().unwrap() = last;
                    let network = network(&sizes, &activations, &mut numbers);
                    let x = numbers.matrix(rows, sizes[0]);
                    let outputs = network.outputs();
                    let wanted = Wanted::new(loss, rows, outputs, &mut numbers);
                    let y = network.forward(&x).unwrap();
                    let correct = match wanted.targets() {
                        Targets::Values(_) => 0,
                        Targets::Labels(labels) if loss == Loss::CrossEntropy => (0..rows)
                            .filter(|&i| argmax(y.row(i)) == Some(labels[i]))
                            .count(),
                        Targets::Labels(labels) => (0..rows)
                            .filter(|&i| (y[(i, 0)] > 0.5) == (labels[i] == 1))
                            .count(),
                    };
                    for batch in [rows, 3 * rows] {
                        let mut found = Gradients::new();
                        network
                            .gradients_into(&x, wanted.targets(), loss, batch, &mut found)
                            .unwrap();
                        let (value, expected) =
                            rule::gradients(&network, &x, wanted.targets(), loss, batch);
                        assert_eq!(found.loss().to_bits(), value.to_bits(), "{loss}\n{network}");
                        assert_eq!(found.correct(), correct, "{loss}\n{network}");
                        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                        assert_eq!(bits(found.as_slice()), bits(&expected), "{loss}\n{network}");
                    }
                }
            }
        }
    }
}
