//! Training: the rules of the optimisers, what an epoch is made of, interruptions, what is refused.

use rowmajor::io::{Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, GradientError, Gradients, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Optimizer, Schedule, Sgd, TrainError, Trainer};
use rowmajor::{Matrix, ShapeError, matrix};
use std::ops::ControlFlow;

fn go_on(_: &rowmajor::train::Epoch) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// 64-12-10 and 150 rows of three clouds in ten classes' outputs: small, but every part is met.
fn network(hidden: Activation) -> Network {
    let activations = [hidden, Activation::Softmax];
    Network::init(&[6, 12, 3], &activations, Init::Glorot, &mut Rng::new(5)).unwrap()
}

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

fn with_parameters(network: &Network, mut values: &[f64]) -> Network {
    let layers = network.layers().iter().map(|layer| {
        let (weights, rest) = values.split_at(layer.weights().len());
        let (bias, rest) = rest.split_at(layer.outputs());
        values = rest;
        let weights = Matrix::from_vec(layer.inputs(), layer.outputs(), weights.to_vec()).unwrap();
        Dense::new(weights, bias.to_vec(), layer.activation()).unwrap()
    });
    Network::new(layers.collect()).unwrap()
}

/// Whether a parameter is a weight and not a bias.
fn weights(network: &Network) -> Vec<bool> {
    let of_layer = |layer: &Dense| {
        [
            vec![true; layer.weights().len()],
            vec![false; layer.outputs()],
        ]
        .concat()
    };
    network.layers().iter().flat_map(of_layer).collect()
}

/// The rules of the optimisers' documentation, number by number.
struct Rule {
    optimizer: Optimizer,
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl Rule {
    fn new(optimizer: Optimizer, len: usize) -> Self {
        Self {
            optimizer,
            first: vec![0.0; len],
            second: vec![0.0; len],
            steps: 0,
        }
    }

    fn step(&mut self, rate: f64, w: &mut [f64], gradients: &[f64], is_weight: &[bool]) {
        self.steps += 1;
        // By squaring, as documented for schedules and Adam alike.
        let power = |base: f64| {
            let (mut result, mut square, mut n) = (1.0, base, self.steps);
            while n > 0 {
                if n % 2 == 1 {
                    result *= square;
                }
                square *= square;
                n /= 2;
            }
            result
        };
        for i in 0..w.len() {
            let mut g = gradients[i];
            match self.optimizer {
                Optimizer::Sgd(sgd) => {
                    if is_weight[i] && sgd.weight_decay != 0.0 {
                        g += sgd.weight_decay * w[i];
                    }
                    if sgd.momentum == 0.0 {
                        w[i] -= rate * g;
                        continue;
                    }
                    self.first[i] = sgd.momentum * self.first[i] - rate * g;
                    w[i] += match sgd.nesterov {
                        true => sgd.momentum * self.first[i] - rate * g,
                        false => self.first[i],
                    };
                }
                Optimizer::Adam(adam) => {
                    if is_weight[i] && adam.weight_decay != 0.0 {
                        w[i] -= (rate * adam.weight_decay) * w[i];
                    }
                    self.first[i] = adam.beta1 * self.first[i] + (1.0 - adam.beta1) * g;
                    self.second[i] = adam.beta2 * self.second[i] + (1.0 - adam.beta2) * (g * g);
                    let r = rate * (1.0 - power(adam.beta2)).sqrt() / (1.0 - power(adam.beta1));
                    w[i] -= r * self.first[i] / (self.second[i].sqrt() + adam.epsilon);
                }
                _ => unreachable!(),
            }
        }
    }
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

fn sum(row: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    row.iter().enumerate().for_each(|(i, x)| l[i % 8] += x);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// `fit`, written again from its documentation: orders, batches, micro-batches, clipping, schedules, steps.
#[test]
fn training_has_the_bits_of_the_rule() {
    let (x, labels) = data(50);
    for (i, optimizer) in optimizers().into_iter().enumerate() {
        let (shuffle, micro, clip) = (i % 2 == 0, i % 3 == 1, i % 3 != 0);
        let start = network([Activation::Tanh, Activation::Relu][i % 2]);
        let schedule = match i % 3 {
            0 => Schedule::Step {
                epochs: 2,
                factor: 0.5,
            },
            1 => Schedule::Cosine { epochs: 6 },
            _ => Schedule::Constant,
        };
        let mut trainer = Trainer::new(start.clone(), optimizer, Loss::CrossEntropy)
            .unwrap()
            .batch_size(16)
            .shuffle(shuffle)
            .seed(7)
            .schedule(schedule)
            .warm_up(2);
        if micro {
            trainer = trainer.micro_batch(5);
        }
        if clip {
            trainer = trainer.clip_norm(0.5);
        }
        trainer.fit(&x, &labels, 5, go_on).unwrap();

        let (mut w, is_weight) = (parameters(&start), weights(&start));
        let mut rule = Rule::new(optimizer, w.len());
        let mut rng = Rng::new(7);
        let mut clipped = 0;
        for epoch in 0..5 {
            let order = match shuffle {
                true => rng.permutation(50),
                false => (0..50).collect(),
            };
            let mut rate = optimizer.rate() * schedule.factor(epoch);
            if epoch < 2 {
                rate *= (epoch + 1) as f64 / 2.0;
            }
            let mut total_loss = 0.0;
            for batch in order.chunks(16) {
                let now = with_parameters(&start, &w);
                let mut total: Option<Gradients> = None;
                for part in batch.chunks(if micro { 5 } else { 16 }) {
                    let part_x = x.select_rows(part).unwrap();
                    let part_labels: Vec<usize> = part.iter().map(|&i| labels[i]).collect();
                    let mut more = Gradients::new();
                    now.gradients_into(
                        &part_x,
                        &part_labels,
                        Loss::CrossEntropy,
                        batch.len(),
                        &mut more,
                    )
                    .unwrap();
                    match &mut total {
                        Some(total) => total.add(&more).unwrap(),
                        None => total = Some(more),
                    }
                }
                let total = total.unwrap();
                total_loss += total.loss() * batch.len() as f64;
                let mut gradients = total.as_slice().to_vec();
                if clip {
                    let squares =
                        |values: &[f64]| sum(&values.iter().map(|x| x * x).collect::<Vec<_>>());
                    let of_layer = |l: usize| {
                        [
                            squares(total.weights(l).to_matrix().as_slice()),
                            squares(total.bias(l)),
                        ]
                    };
                    let norm = (0..2).flat_map(of_layer).fold(0.0, |s, x| s + x).sqrt();
                    if norm > 0.5 {
                        clipped += 1;
                        gradients.iter_mut().for_each(|g| *g *= 0.5 / norm);
                    }
                }
                rule.step(rate, &mut w, &gradients, &is_weight);
            }
            let found = &trainer.history().epochs()[epoch];
            assert_eq!(found.loss, total_loss / 50.0);
            assert_eq!((found.rate, found.number), (rate, epoch + 1));
        }
        assert!(!clip || clipped > 0, "nothing was clipped");
        let expected: Vec<u64> = w.iter().map(|x| x.to_bits()).collect();
        assert_eq!(bits(trainer.network()), expected, "{optimizer:?}");
    }
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

fn written(trainer: &Trainer) -> Vec<u8> {
    let mut npz = NpzWriter::new(Vec::new());
    trainer.write_npz(&mut npz).unwrap();
    npz.finish().unwrap()
}

fn reread(trainer: &Trainer) -> Trainer {
    Trainer::from_npz(&Npz::from_bytes(written(trainer)).unwrap()).unwrap()
}

/// Stopped, saved and read again after each batch and at each epoch: the same bits as without.
#[test]
fn interruptions_change_nothing() {
    let (x, labels) = data(50);
    for (i, optimizer) in optimizers().into_iter().enumerate() {
        let new = || {
            let trainer =
                Trainer::new(network(Activation::Tanh), optimizer, Loss::CrossEntropy).unwrap();
            let trainer = trainer
                .batch_size(12)
                .shuffle(i % 3 != 2)
                .seed(3)
                .schedule(Schedule::Cosine { epochs: 9 });
            match i % 2 {
                0 => trainer.micro_batch(5).clip_norm(0.7),
                _ => trainer.warm_up(3).early_stopping(4),
            }
        };
        let mut whole = new();
        whole.fit(&x, &labels, 4, go_on).unwrap();
        let network = Network::from_npz(&Npz::from_bytes(written(&whole)).unwrap()).unwrap();
        assert_eq!(bits(&network), bits(whole.network()));
        let same = |found: &Trainer, what: &str| {
            assert_eq!(bits(found.network()), bits(whole.network()), "{what}");
            let losses = |t: &Trainer| {
                t.history()
                    .epochs()
                    .iter()
                    .map(|e| (e.number, e.loss, e.accuracy, e.rate))
                    .collect::<Vec<_>>()
            };
            assert_eq!(losses(found), losses(&whole), "{what}");
        };
        let mut by_epoch = new();
        for _ in 0..4 {
            by_epoch = reread(&by_epoch);
            by_epoch.fit(&x, &labels, 1, go_on).unwrap();
        }
        same(&by_epoch, "by epoch");
        // Five batches an epoch.
        for stop in 0..20 {
            let mut trainer = new();
            if stop > 0 {
                trainer.fit_batches(&x, &labels, stop).unwrap();
            }
            let mut trainer = reread(&trainer);
            assert_eq!(trainer.epoch(), stop / 5);
            trainer.fit(&x, &labels, 4 - stop / 5, go_on).unwrap();
            same(&trainer, &format!("after {stop} batches"));
        }
        let mut by_batch = new();
        for _ in 0..20 {
            by_batch = reread(&by_batch);
            by_batch.fit_batches(&x, &labels, 1).unwrap();
        }
        same(&by_batch, "after each batch");
    }
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
}

fn refused(
    trainer: impl FnOnce(Trainer) -> Trainer,
    x: &Matrix,
    labels: &[usize],
    epochs: usize,
) -> String {
    let start = network(Activation::Tanh);
    let new = Trainer::new(start.clone(), Sgd::new(0.1), Loss::CrossEntropy).unwrap();
    let mut trainer = trainer(new);
    let error = trainer.fit(x, labels, epochs, go_on).unwrap_err();
    assert_eq!(bits(trainer.network()), bits(&start), "{error}");
    assert_eq!(trainer.epoch(), 0);
    error.to_string()
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let (x, labels) = data(40);
    let same = |trainer: Trainer| trainer;
    assert_eq!(
        refused(same, &Matrix::zeros(0, 6), &[], 1),
        "fit: 0x6 is empty"
    );
    assert_eq!(
        refused(same, &x, &labels[1..], 1),
        "fit: expected 40 values, found 39"
    );
    let mut high = labels.clone();
    high[39] = 3;
    assert_eq!(refused(same, &x, &high, 1), "fit: 3 is out of range for 3");
    assert_eq!(
        refused(same, &x, &labels, 0),
        "epochs: expected at least 1, found 0"
    );
    assert_eq!(
        refused(same, &Matrix::zeros(40, 5), &labels, 1),
        "fit: cannot multiply 40x5 by 6x12: inner sizes 5 and 6 differ"
    );
    assert_eq!(
        refused(|t| t.batch_size(41), &x, &labels, 1),
        "batch_size: expected at most the 40 rows of the data, found 41"
    );
    for (text, set) in [
        (
            "batch_size: expected at least 1, found 0",
            (|t| t.batch_size(0)) as fn(Trainer) -> Trainer,
        ),
        ("micro_batch: expected at least 1, found 0", |t| {
            t.micro_batch(0)
        }),
        ("early_stopping: expected at least 1, found 0", |t| {
            t.early_stopping(0)
        }),
        (
            "clip_norm: expected a finite number above 0, found 0",
            |t| t.clip_norm(0.0),
        ),
        (
            "clip_norm: expected a finite number above 0, found NaN",
            |t| t.clip_norm(f64::NAN),
        ),
        ("schedule: expected at least 1 epoch, found 0", |t| {
            t.schedule(Schedule::Cosine { epochs: 0 })
        }),
        (
            "schedule: expected a factor above 0, at most 1, found 2",
            |t| {
                t.schedule(Schedule::Step {
                    epochs: 1,
                    factor: 2.0,
                })
            },
        ),
    ] {
        assert_eq!(refused(set, &x, &labels, 1), text);
    }
    let mut nan = x.clone();
    nan[(39, 5)] = f64::NAN;
    let text = refused(|t| t.shuffle(false).batch_size(10), &nan, &labels, 1);
    assert_eq!(text, "epoch 1, batch 4: the loss is NaN");

    for (optimizer, text) in [
        (
            Sgd::new(1e300).into(),
            "rate: expected a number above 0, at most 1e100, found 1",
        ),
        (Sgd::new(0.0).into(), "rate: "),
        (Sgd::new(f64::NAN).into(), "rate: "),
        (Sgd::new(-0.1).into(), "rate: "),
        (
            Sgd::new(0.1).momentum(1.0).into(),
            "momentum: expected a number from 0 to below 1, found 1",
        ),
        (
            Sgd::new(0.1).weight_decay(-1.0).into(),
            "weight_decay: expected a number from 0 to 1e100, found -1",
        ),
        (Adam::new(0.1).betas(1.0, 0.9).into(), "beta1: "),
        (Adam::new(0.1).betas(0.9, -0.1).into(), "beta2: "),
        (Adam::new(0.1).epsilon(0.0).into(), "epsilon: "),
        (
            Adam::new(0.1).weight_decay(f64::INFINITY).into(),
            "weight_decay: ",
        ),
    ] {
        let start = network(Activation::Tanh);
        let optimizer: Optimizer = optimizer;
        let mut trainer = Trainer::new(start.clone(), optimizer, Loss::CrossEntropy).unwrap();
        let error = trainer.fit(&x, &labels, 1, go_on).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
        assert!(trainer.step(&[0.0; 123]).is_err());
        assert_eq!(bits(trainer.network()), bits(&start));
    }
}

#[test]
fn losses_networks_and_targets_must_fit() {
    let layer = |activation| Dense::new(Matrix::zeros(2, 2), vec![0.0; 2], activation).unwrap();
    let network = |activation| Network::new(vec![layer(activation)]).unwrap();
    let fails = |activation, loss| {
        Trainer::new(network(activation), Sgd::new(0.1), loss)
            .unwrap_err()
            .to_string()
    };
    for activation in [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Relu,
        Activation::Tanh,
    ] {
        assert_eq!(
            fails(activation, Loss::CrossEntropy),
            format!("cross-entropy: expected softmax as the last activation, found {activation}")
        );
    }
    assert_eq!(
        fails(Activation::Softmax, Loss::BinaryCrossEntropy),
        "binary cross-entropy: expected sigmoid as the last activation, found softmax"
    );
    assert_eq!(
        fails(Activation::Step, Loss::MeanSquaredError),
        "layer 0: step has no derivative to train by"
    );
    let hidden = Network::new(vec![layer(Activation::Step), layer(Activation::Softmax)]).unwrap();
    let x = Matrix::zeros(2, 2);
    assert_eq!(
        hidden
            .gradients(&x, &[0, 1], Loss::CrossEntropy)
            .unwrap_err(),
        hidden.loss(&x, &[0, 1], Loss::CrossEntropy).unwrap_err(),
    );
    let (softmax, sigmoid) = (network(Activation::Softmax), network(Activation::Sigmoid));
    let text = |result: Result<Gradients, GradientError>| result.unwrap_err().to_string();
    assert_eq!(
        text(softmax.gradients(&x, &x, Loss::CrossEntropy)),
        "cross-entropy, targets: expected labels, found a matrix"
    );
    assert_eq!(
        text(softmax.gradients(&x, &[0, 1], Loss::MeanSquaredError)),
        "mean squared error, targets: expected a matrix, found labels"
    );
    assert_eq!(
        text(sigmoid.gradients(&x, &[0, 1], Loss::BinaryCrossEntropy)),
        "binary cross-entropy, targets: expected a matrix, a column for each output, found labels"
    );
    assert_eq!(
        text(sigmoid.gradients(
            &x,
            &matrix![[0.0, 1.0], [0.5, 1.5]],
            Loss::BinaryCrossEntropy
        )),
        "binary cross-entropy, target (1, 1): expected a value from 0 to 1, found 1.5"
    );
    assert_eq!(
        text(sigmoid.gradients(
            &x,
            &matrix![[0.0, f64::NAN], [0.5, 1.0]],
            Loss::MeanSquaredError
        )),
        "mean squared error, target (0, 1): expected a finite value, found NaN"
    );
    assert_eq!(
        text(sigmoid.gradients(&x, &matrix![[0.0], [1.0]], Loss::MeanSquaredError)),
        "gradients: shapes 2x2 and 2x1 do not match"
    );
    let empty = sigmoid.gradients(
        &Matrix::zeros(0, 2),
        &Matrix::zeros(0, 2),
        Loss::MeanSquaredError,
    );
    assert!(matches!(
        empty,
        Err(GradientError::Shape(ShapeError::Empty { .. }))
    ));
}

/// A loss that overflows: the weights of the last good epoch, and training can go on.
#[test]
fn divergence_goes_back_to_the_last_good_epoch() {
    let network = || {
        let layer = Dense::new(matrix![[0.5]], vec![0.0], Activation::Identity).unwrap();
        Network::new(vec![layer]).unwrap()
    };
    let x = matrix![[1.0], [2.0], [3.0], [4.0]];
    let y = matrix![[1.0], [2.0], [3.0], [4.0]];
    let new = || {
        Trainer::new(
            network(),
            Sgd::new(10.0).momentum(0.9),
            Loss::MeanSquaredError,
        )
        .unwrap()
        .batch_size(1)
        .shuffle(false)
    };
    let mut trainer = new();
    let error = trainer.fit(&x, &y, 1000, go_on).unwrap_err();
    let TrainError::Diverged { epoch, batch, .. } = error else {
        panic!("{error}")
    };
    assert!(epoch > 1 && (1..=4).contains(&batch), "{error}");
    assert_eq!(trainer.epoch(), epoch - 1);
    let mut good = new();
    good.fit(&x, &y, epoch - 1, go_on).unwrap();
    assert_eq!(bits(trainer.network()), bits(good.network()));
    assert!(parameters(trainer.network()).iter().all(|w| w.is_finite()));
    assert!(trainer.fit(&x, &y, 1000, go_on).is_err());

    // Weights that overflow in the last step of all, after which no loss is computed.
    let mut trainer = Trainer::new(network(), Sgd::new(1e100), Loss::MeanSquaredError).unwrap();
    let (x, y) = (matrix![[1e150]], matrix![[0.0]]);
    let error = trainer.fit(&x, &y, 1, go_on).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("epoch 1, batch 1: a weight is not finite any more"),
        "{error}"
    );
    assert_eq!(bits(trainer.network()), bits(&network()));
}

#[test]
fn one_row_one_batch_and_other_data_within_an_epoch() {
    let (x, labels) = data(40);
    let new =
        || Trainer::new(network(Activation::Relu), Sgd::new(0.1), Loss::CrossEntropy).unwrap();
    let mut one = new();
    one.fit(x.view_rows(..1).unwrap(), &labels[..1], 50, go_on)
        .unwrap();
    assert!(one.history().last().unwrap().loss < 0.1);
    let mut trainer = new().batch_size(10);
    trainer.fit_batches(&x, &labels, 1).unwrap();
    let error = trainer
        .fit_batches(x.view_rows(..30).unwrap(), &labels[..30], 1)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "rows: expected the 40 of the epoch that was begun, found 30"
    );
    assert!(trainer.fit_batches(&x, &labels, 0).is_err());
    trainer.fit_batches(&x, &labels, 3).unwrap();
    assert_eq!(trainer.epoch(), 1);
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

/// A process that saves all the time is killed: its file is a whole checkpoint.
#[test]
fn a_kill_while_saving_loses_nothing() {
    const CHILD: &str = "ROWMAJOR_TEST_SAVES_TO";
    let (x, labels) = data(40);
    if let Some(path) = std::env::var_os(CHILD) {
        let start = network(Activation::Tanh);
        let mut trainer = Trainer::new(start, Adam::new(0.01), Loss::CrossEntropy).unwrap();
        loop {
            trainer.fit_batches(&x, &labels, 1).unwrap();
            trainer.save(&path).unwrap();
        }
    }
    let folder = std::env::temp_dir().join(format!("rowmajor-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("run.npz");
    for round in 0..8 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "train::a_kill_while_saving_loses_nothing"])
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // The first checkpoint must be there; the others are met at any moment.
        while !path.exists() {
            assert!(child.try_wait().unwrap().is_none(), "the child ended");
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut trainer = Trainer::load(&path).unwrap();
        trainer.fit_batches(&x, &labels, 3).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
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
