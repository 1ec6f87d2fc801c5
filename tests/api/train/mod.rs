//! Training: the rules of the optimisers, what an epoch is made of, interruptions, what is refused.

mod interrupted;
mod refused;
mod rule;

use rowmajor::io::{Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, GradientError, Gradients, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Optimizer, Schedule, Sgd, TrainError, Trainer};
use rowmajor::{Matrix, ShapeError, matrix};
use std::ops::ControlFlow;

fn go_on(_: &rowmajor::train::Epoch) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// 6-12-3, in softmax.
fn network(hidden: Activation) -> Network {
    let activations = [hidden, Activation::Softmax];
    Network::init(&[6, 12, 3], &activations, Init::Glorot, &mut Rng::new(5)).unwrap()
}

/// Rows of three overlapping clouds, with the number of each row's cloud.
fn data(rows: usize) -> (Matrix, Vec<usize>) {
    let mut rng = Rng::new(9);
    let labels: Vec<usize> = (0..rows).map(|_| rng.below(3)).collect();
    let x = Matrix::from_fn(rows, 6, |i, j| {
        rng.normal(if j % 3 == labels[i] { 1.5 } else { 0.0 }, 1.0)
    });
    (x, labels)
}

fn parameters(network: &Network) -> Vec<f64> {
    let of_layer = |layer: &Dense| [layer.weights().as_slice(), layer.bias()].concat();
    network.layers().iter().flat_map(of_layer).collect()
}

fn bits(network: &Network) -> Vec<u64> {
    parameters(network).iter().map(|x| x.to_bits()).collect()
}

fn optimizers() -> [Optimizer; 7] {
    [
        Sgd::new(0.3).into(),
        Sgd::new(0.3).weight_decay(0.01).into(),
        Sgd::new(0.05).momentum(0.9).into(),
        Sgd::new(0.05).momentum(0.9).nesterov(true).into(),
        Sgd::new(0.05)
            .momentum(0.8)
            .nesterov(true)
            .weight_decay(0.02)
            .into(),
        Adam::new(0.01).into(),
        Adam::new(0.02)
            .betas(0.8, 0.95)
            .epsilon(1e-6)
            .weight_decay(0.1)
            .into(),
    ]
}

#[test]
fn steps_from_outside_are_those_of_fit() {
    let (x, labels) = data(40);
    for optimizer in optimizers() {
        let new = || {
            Trainer::new(network(Activation::Sigmoid), optimizer, Loss::CrossEntropy)
                .unwrap()
                .shuffle(false)
                .batch_size(10)
        };
        let (mut fitted, mut stepped) = (new(), new());
        fitted.fit(&x, &labels, 3, go_on).unwrap();
        for _ in 0..3 {
            for (x, labels) in x.batches(10).zip(labels.chunks(10)) {
                let gradients = stepped
                    .network()
                    .gradients(x, labels, Loss::CrossEntropy)
                    .unwrap();
                stepped.step(gradients.as_slice()).unwrap();
            }
        }
        assert_eq!(bits(fitted.network()), bits(stepped.network()));
    }
    let mut trainer = Trainer::new(
        network(Activation::Sigmoid),
        Sgd::new(0.1),
        Loss::CrossEntropy,
    )
    .unwrap();
    let error = trainer.step(&[0.0; 3]).unwrap_err();
    assert_eq!(error.to_string(), "step: expected 123 values, found 3");
}

#[test]
fn a_classifier_learns_and_its_history_says_so() {
    let (x, labels) = data(150);
    let (validation_x, validation_labels) = data(60);
    let start = network(Activation::Tanh);
    let mut trainer = Trainer::new(start, Adam::new(0.02), Loss::CrossEntropy).unwrap();
    let mut seen = Vec::new();
    trainer
        .fit_validated(
            &x,
            &labels,
            &validation_x,
            &validation_labels,
            30,
            |epoch| {
                seen.push(epoch.clone());
                ControlFlow::Continue(())
            },
        )
        .unwrap();
    assert_eq!(trainer.history().epochs(), seen);
    let (first, last) = (&seen[0], &seen[29]);
    assert!(last.loss < 0.5 * first.loss && last.seconds >= 0.0);
    let evaluation = trainer
        .network()
        .evaluate(&validation_x, &validation_labels)
        .unwrap();
    assert_eq!(
        last.validation_accuracy,
        Some(evaluation.confusion.accuracy())
    );
    let cross_entropy = evaluation.cross_entropy.unwrap();
    assert!((last.validation_loss.unwrap() - cross_entropy).abs() < 1e-14);
    assert!(last.accuracy.unwrap() > 0.8, "{last:?}");
    let loss = trainer.network().loss(&x, &labels, Loss::CrossEntropy);
    assert!(
        (loss.unwrap()
            - trainer
                .network()
                .evaluate(&x, &labels)
                .unwrap()
                .cross_entropy
                .unwrap())
        .abs()
            < 1e-14
    );
}

/// The table of the documentation.
#[test]
fn schedules_follow_their_table() {
    let step = Schedule::Step {
        epochs: 3,
        factor: 0.5,
    };
    let factors = [0, 2, 3, 8, 9].map(|epoch| step.factor(epoch));
    assert_eq!(factors, [1.0, 1.0, 0.5, 0.25, 0.125]);
    for epoch in 0..8 {
        let expected = (1.0 + (std::f64::consts::PI * epoch as f64 / 8.0).cos()) / 2.0;
        let found = Schedule::Cosine { epochs: 8 }.factor(epoch);
        assert!((found - expected).abs() < 4e-16, "{epoch}");
    }
    assert_eq!(Schedule::Cosine { epochs: 8 }.factor(8), 0.0);
}

#[test]
fn a_callback_stops() {
    let (x, labels) = data(40);
    let mut trainer =
        Trainer::new(network(Activation::Tanh), Sgd::new(0.1), Loss::CrossEntropy).unwrap();
    let stop = |epoch: &rowmajor::train::Epoch| match epoch.number {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    trainer.fit(&x, &labels, 10, stop).unwrap();
    assert_eq!((trainer.epoch(), trainer.history().epochs().len()), (3, 3));
}

/// Stops after three epochs without a better one, with the weights of the best.
#[test]
fn early_stopping_keeps_the_best_weights() {
    let (x, labels) = data(40);
    let (validation_x, labels_of_others) = data(30);
    // Labels that nothing can learn from x: the validation loss rises.
    let wrong: Vec<usize> = labels_of_others
        .iter()
        .map(|label| (label + 1) % 3)
        .collect();
    let new = || {
        Trainer::new(
            network(Activation::Tanh),
            Adam::new(0.01),
            Loss::CrossEntropy,
        )
        .unwrap()
    };
    let mut trainer = new().early_stopping(3);
    let mut weights = Vec::new();
    trainer
        .fit_validated(&x, &labels, &validation_x, &wrong, 100, go_on)
        .unwrap();
    let losses: Vec<f64> = trainer
        .history()
        .epochs()
        .iter()
        .map(|epoch| epoch.validation_loss.unwrap())
        .collect();
    let best = (0..losses.len())
        .min_by(|&i, &j| losses[i].total_cmp(&losses[j]))
        .unwrap();
    assert_eq!(losses.len(), best + 4);
    let mut plain = new();
    for _ in 0..=best {
        plain.fit(&x, &labels, 1, go_on).unwrap();
        weights = bits(plain.network());
    }
    assert_eq!(bits(trainer.network()), weights);
    // Epoch by epoch, too.
    let mut stepped = new().early_stopping(3);
    for _ in 0..losses.len() {
        stepped
            .fit_validated(&x, &labels, &validation_x, &wrong, 1, go_on)
            .unwrap();
    }
    assert_eq!(bits(stepped.network()), weights);
}

/// Two outputs that are each true or false, and numbers: what is learned is what the data were made of.
#[test]
fn other_losses_learn() {
    let mut rng = Rng::new(4);
    let x = Matrix::from_fn(200, 3, |_, _| rng.normal(0.0, 1.0));
    let truth = Matrix::from_fn(200, 2, |i, j| {
        f64::from(u8::from(x[(i, j)] + x[(i, 2)] > 0.0))
    });
    let network = |last| {
        Network::init(
            &[3, 8, 2],
            &[Activation::Tanh, last],
            Init::Glorot,
            &mut Rng::new(1),
        )
        .unwrap()
    };
    let mut trainer = Trainer::new(
        network(Activation::Sigmoid),
        Adam::new(0.05),
        Loss::BinaryCrossEntropy,
    )
    .unwrap();
    trainer.fit(&x, &truth, 40, go_on).unwrap();
    let y = trainer.network().forward(&x).unwrap();
    let right = y
        .as_slice()
        .iter()
        .zip(truth.as_slice())
        .filter(|(y, t)| (**y > 0.5) == (**t > 0.5));
    assert!(right.count() > 380);
    assert_eq!(trainer.history().last().unwrap().accuracy, None);

    let line = Matrix::from_fn(200, 2, |i, j| x[(i, j)] - 2.0 * x[(i, 2)] + 0.5);
    let mut trainer = Trainer::new(
        network(Activation::Identity),
        Adam::new(0.02),
        Loss::MeanSquaredError,
    )
    .unwrap();
    trainer.fit(&x, &line, 60, go_on).unwrap();
    assert!(trainer.history().last().unwrap().loss < 0.02);
}

#[test]
fn first_weights_are_the_generators_numbers() {
    let (inputs, outputs) = (7, 5);
    for init in [Init::Glorot, Init::GlorotNormal, Init::He, Init::HeNormal] {
        let mut rng = Rng::new(8);
        let found = init.weights(inputs, outputs, &mut rng).unwrap();
        let mut expected = Rng::new(8);
        for (i, w) in found.as_slice().iter().enumerate() {
            let fan = match init {
                Init::Glorot | Init::GlorotNormal => 12.0_f64,
                _ => 7.0,
            };
            let value = match init {
                Init::Glorot | Init::He => {
                    let a = (6.0 / fan).sqrt();
                    expected.uniform(-a, a)
                }
                _ => expected.normal(0.0, (2.0 / fan).sqrt()),
            };
            assert_eq!(w.to_bits(), value.to_bits(), "{init:?}, {i}");
        }
        assert_eq!(rng.state(), expected.state());
    }
    let activations = [Activation::Relu, Activation::Softmax];
    let mut rng = Rng::new(8);
    let network = Network::init(&[7, 5, 3], &activations, Init::He, &mut rng).unwrap();
    let mut expected = Rng::new(8);
    for (layer, (inputs, outputs)) in network.layers().iter().zip([(7, 5), (5, 3)]) {
        let weights = Init::He.weights(inputs, outputs, &mut expected).unwrap();
        assert_eq!(layer.weights(), &weights);
        assert_eq!(layer.bias(), vec![0.0; outputs]);
    }
    let error = Network::init(&[7, 5, 3], &activations[..1], Init::He, &mut rng).unwrap_err();
    assert_eq!(error.to_string(), "init: expected 2 values, found 1");
    let empty = |sizes: &[usize], activations: &[Activation]| {
        Network::init(sizes, activations, Init::He, &mut Rng::new(1)).unwrap_err()
    };
    assert!(matches!(empty(&[], &[]), ShapeError::Empty { .. }));
    assert!(matches!(empty(&[3], &[]), ShapeError::Empty { .. }));
    assert!(matches!(
        empty(&[3, 0], &activations[..1]),
        ShapeError::Empty { .. }
    ));
    assert!(matches!(
        empty(&[usize::MAX, 2], &activations[..1]),
        ShapeError::TooLarge { .. }
    ));
}

#[test]
fn a_history_is_drawn() {
    let (x, labels) = data(40);
    let new =
        || Trainer::new(network(Activation::Tanh), Sgd::new(0.1), Loss::CrossEntropy).unwrap();
    let mut trainer = new();
    trainer.fit(&x, &labels, 3, go_on).unwrap();
    let svg = rowmajor::plot::Chart::from(trainer.history()).to_svg();
    assert!(svg.contains("training") && !svg.contains("validation"));
    let mut trainer = new();
    trainer
        .fit_validated(&x, &labels, &x, &labels, 3, go_on)
        .unwrap();
    let svg = rowmajor::plot::Chart::from(trainer.history()).to_svg();
    assert!(svg.contains("training") && svg.contains("validation"));
}
