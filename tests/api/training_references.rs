//! Gradients and loss curves against NumPy and scikit-learn; `data/make_training.py` made what is compared.

use rowmajor::Matrix;
use rowmajor::io::Npz;
use rowmajor::nn::{Activation, Dense, Loss, Network, Targets};
use rowmajor::train::{Adam, Optimizer, Sgd, Trainer};

fn npz() -> Npz {
    Npz::load(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/training.npz"
    ))
    .unwrap()
}

fn network(sizes: &[usize], activations: &[Activation], mut values: &[f64]) -> Network {
    let layers = sizes
        .windows(2)
        .zip(activations)
        .map(|(pair, &activation)| {
            let (weights, rest) = values.split_at(pair[0] * pair[1]);
            let (bias, rest) = rest.split_at(pair[1]);
            values = rest;
            let weights = Matrix::from_vec(pair[0], pair[1], weights.to_vec()).unwrap();
            Dense::new(weights, bias.to_vec(), activation).unwrap()
        });
    Network::new(layers.collect()).unwrap()
}

#[test]
fn gradients_are_numpys() {
    let npz = npz();
    let cases = npz.text("gradients").unwrap();
    assert_eq!(cases.len(), 35);
    for (i, case) in cases.iter().enumerate() {
        let [hidden, last, loss] = case.split(" / ").collect::<Vec<_>>()[..] else {
            panic!("{case}")
        };
        let get = |name: &str| npz.get(&format!("g{i}_{name}")).unwrap();
        let [hidden, last]: [Activation; 2] = [hidden, last].map(|name| name.parse().unwrap());
        let parameters = npz.vector(&format!("g{i}_parameters")).unwrap();
        let network = network(&[5, 7, 4, 3], &[hidden, hidden, last], &parameters);
        let (x, targets) = (
            get("x").into_matrix().unwrap(),
            get("targets").into_matrix().unwrap(),
        );
        let labels = targets.argmax_rows().unwrap();
        let losses = [
            Loss::CrossEntropy,
            Loss::BinaryCrossEntropy,
            Loss::MeanSquaredError,
        ];
        let loss = losses
            .into_iter()
            .find(|known| known.name() == loss)
            .unwrap();
        let targets: Targets<'_> = match loss {
            Loss::CrossEntropy => (&labels).into(),
            _ => (&targets).into(),
        };
        let found = network.gradients(&x, targets, loss).unwrap();
        let expected = npz.vector(&format!("g{i}_gradients")).unwrap();
        assert!(
            (found.loss() - expected[0]).abs() <= 1e-13 * expected[0],
            "{case}"
        );
        let scale = expected[1..].iter().fold(0.0, |m, x| f64::max(m, x.abs()));
        for (a, b) in found.as_slice().iter().zip(&expected[1..]) {
            assert!((a - b).abs() <= 1e-13 * scale, "{case}: {a}, NumPy {b}");
        }
    }
}

/// scikit-learn's runs: its rate, momentum and alpha.
fn optimizer(name: &str, decay: f64) -> Optimizer {
    match name {
        "sgd" => Sgd::new(0.1).into(),
        "decay" => Sgd::new(0.1).weight_decay(decay).into(),
        "momentum" => Sgd::new(0.02).momentum(0.9).into(),
        "nesterov" => Sgd::new(0.02)
            .momentum(0.9)
            .nesterov(true)
            .weight_decay(decay)
            .into(),
        _ => Adam::new(0.01).into(),
    }
}

const RUNS: [(&str, f64); 5] = [
    ("sgd", 0.0),
    ("decay", 0.5),
    ("momentum", 0.0),
    ("nesterov", 0.5),
    ("adam", 0.0),
];

/// The losses of 20 epochs, with scikit-learn's penalty: alpha/2·Σw² over the rows of a batch, before each step.
fn losses(
    mut trainer: Trainer,
    x: &Matrix,
    targets: Targets<'_>,
    batch: usize,
    alpha: f64,
) -> Vec<f64> {
    trainer = trainer.shuffle(false).batch_size(batch);
    let batches = x.nrows() / batch;
    let mut curve = Vec::new();
    for _ in 0..20 {
        let mut penalty = 0.0;
        for _ in 0..batches {
            for layer in trainer.network().layers() {
                let squares = layer.weights().as_slice().iter().map(|w| w * w);
                penalty += 0.5 * alpha * squares.sum::<f64>() / batch as f64 / batches as f64;
            }
            trainer.fit_batches(x, targets, 1).unwrap();
        }
        curve.push((trainer.history().last().unwrap().loss, penalty));
    }
    curve.iter().map(|(loss, penalty)| loss + penalty).collect()
}

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len());
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= 1e-9 * b.abs(),
            "{what}, epoch {}: {a}, scikit-learn {b}",
            i + 1
        );
    }
    assert!(
        expected[19] < 0.99 * expected[0],
        "{what}: nothing was learned"
    );
}

#[test]
fn the_digits_are_learned_as_by_scikit_learn() {
    let npz = npz();
    let digits = Npz::load(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/data/digits.npz"
    ))
    .unwrap();
    let x = digits.matrix("images").unwrap() / 16.0;
    let x = x.view_rows(..1600).unwrap().to_matrix();
    let labels = digits.labels("labels").unwrap()[..1600].to_vec();
    for (name, alpha) in RUNS {
        let parameters = npz.vector("digits_parameters").unwrap();
        let activations = [Activation::Sigmoid, Activation::Softmax];
        let network = network(&[64, 16, 10], &activations, &parameters);
        let optimizer = optimizer(name, alpha / 200.0);
        let trainer = Trainer::new(network, optimizer, Loss::CrossEntropy).unwrap();
        let found = losses(trainer, &x, (&labels).into(), 200, alpha);
        let expected = npz.vector(&format!("digits_{name}_losses")).unwrap();
        assert_near(&found, &expected, &format!("digits, {name}"));
    }
}

/// scikit-learn's loss is half of ours, and so are its gradients.
#[test]
fn diabetes_is_learned_as_by_scikit_learn() {
    let npz = npz();
    let x = npz.matrix("diabetes_x").unwrap();
    let y = npz.matrix("diabetes_y").unwrap();
    for (name, alpha) in RUNS {
        let parameters = npz.vector("diabetes_parameters").unwrap();
        let (tanh, last) = (Activation::Tanh, Activation::Identity);
        let network = network(&[10, 8, 6, 1], &[tanh, tanh, last], &parameters);
        let optimizer = match optimizer(name, 2.0 * alpha / 20.0) {
            Optimizer::Sgd(sgd) => Sgd {
                rate: sgd.rate / 2.0,
                ..sgd
            }
            .into(),
            _ => Optimizer::from(Adam::new(0.01).epsilon(2e-8)),
        };
        let trainer = Trainer::new(network, optimizer, Loss::MeanSquaredError).unwrap();
        let found = losses(trainer, &x, (&y).into(), 20, 2.0 * alpha);
        let halves: Vec<f64> = found.iter().map(|loss| loss / 2.0).collect();
        let expected = npz.vector(&format!("diabetes_{name}_losses")).unwrap();
        assert_near(&halves, &expected, &format!("diabetes, {name}"));
    }
}
