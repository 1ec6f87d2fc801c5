//! What is refused, and leaves the network as it was; losses that overflow.

use super::*;

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
    assert_eq!(
        refused(same, &x, &high, 1),
        "fit: label 3 in row 39 is out of range for 3 classes, from 0"
    );
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
            "clip_norm: expected a finite number above 0, found 0.0",
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
            "schedule: expected a factor above 0, at most 1, found 2.0",
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
            "rate: expected a number above 0, at most 1e100, found 1e300",
        ),
        (Sgd::new(0.0).into(), "rate: "),
        (Sgd::new(f64::NAN).into(), "rate: "),
        (Sgd::new(-0.1).into(), "rate: "),
        (
            Sgd::new(0.1).momentum(1.0).into(),
            "momentum: expected a number from 0 to below 1, found 1.0",
        ),
        (
            Sgd::new(0.1).weight_decay(-1.0).into(),
            "weight_decay: expected a number from 0 to 1e100, found -1.0",
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
            .starts_with("epoch 1, batch 1: a weight or its moment is not finite any more"),
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

    // Batches of another size within an epoch: those rows that are left.
    let (mut whole, mut trainer) = (new().batch_size(10), new().batch_size(10));
    whole.fit(&x, &labels, 1, go_on).unwrap();
    trainer.fit_batches(&x, &labels, 3).unwrap();
    let mut trainer = trainer.batch_size(20);
    trainer.fit(&x, &labels, 1, go_on).unwrap();
    assert_eq!(bits(trainer.network()), bits(whole.network()));
    assert_eq!(
        trainer.history().epochs()[0].loss,
        whole.history().epochs()[0].loss
    );
}

/// A validation loss that is no number would stand in the history, and stop the run at the weights of its start.
#[test]
fn validation_data_that_are_no_numbers_are_refused() {
    let (x, labels) = data(40);
    let mut bad = x.clone();
    bad[(7, 3)] = f64::NAN;
    let start = network(Activation::Tanh);
    let new = || {
        let trainer = Trainer::new(start.clone(), Adam::new(0.1), Loss::CrossEntropy);
        trainer.unwrap().early_stopping(2)
    };
    let mut trainer = new();
    let error = trainer
        .fit_validated(&x, &labels, &bad, &labels, 9, go_on)
        .unwrap_err();
    let text = "epoch 1: the loss of the validation data is NaN";
    assert_eq!((error.to_string().as_str(), trainer.epoch()), (text, 0));
    assert_eq!(bits(trainer.network()), bits(&start));
    let mut expected = new();
    for trainer in [&mut trainer, &mut expected] {
        trainer.fit(&x, &labels, 1, go_on).unwrap();
    }
    assert_eq!(bits(trainer.network()), bits(expected.network()));
}

/// Gradients that are finite, but whose squares are not: a step by them would be none, and that weight never move again.
#[test]
fn squares_that_overflow_are_refused() {
    let layer = Dense::new(matrix![[1.0]], vec![0.0], Activation::Identity).unwrap();
    let start = Network::new(vec![layer]).unwrap();
    let (x, y) = (matrix![[1e100]], matrix![[0.0]]);
    let adam = Optimizer::from(Adam::new(0.1));
    for (optimizer, clip) in [(adam, false), (adam, true), (Sgd::new(0.1).into(), true)] {
        let mut trainer = Trainer::new(start.clone(), optimizer, Loss::MeanSquaredError).unwrap();
        if clip {
            trainer = trainer.clip_norm(1.0);
        }
        let error = trainer.step(&[2e200, 0.0]).unwrap_err().to_string();
        assert_eq!(error, "gradients: expected finite squares, found inf");
        let error = trainer.fit(&x, &y, 1, go_on).unwrap_err();
        assert!(matches!(error, TrainError::Diverged { batch: 1, .. }));
        assert_eq!(bits(trainer.network()), bits(&start));
    }
}

/// Infinite data may have a finite loss: the step by their gradients is what is not finite.
#[test]
fn batches_that_end_in_no_number_are_undone() {
    let layer = Dense::new(matrix![[1.0]], vec![0.0], Activation::Sigmoid).unwrap();
    let start = Network::new(vec![layer]).unwrap();
    let new = || Trainer::new(start.clone(), Sgd::new(0.1), Loss::MeanSquaredError).unwrap();
    let (x, y) = (
        matrix![[1.0], [f64::INFINITY], [1.0]],
        matrix![[0.5], [0.5], [0.5]],
    );
    let mut trainer = new().batch_size(1).shuffle(false);
    trainer.fit_batches(&x, &y, 1).unwrap();
    let good = bits(trainer.network());
    let error = trainer.fit_batches(&x, &y, 1).unwrap_err();
    let TrainError::Diverged { batch, loss, .. } = error else {
        panic!("{error}")
    };
    assert!(batch == 2 && loss.is_finite(), "{error}");
    assert_eq!(bits(trainer.network()), good);

    // A batch that fails as the first of a call leaves the epoch where it was.
    let bad = matrix![[1.0], [f64::NAN], [1.0]];
    let good = matrix![[1.0], [2.0], [3.0]];
    let new = || new().batch_size(1).shuffle(false);
    let (mut trainer, mut expected) = (new(), new());
    trainer.fit_batches(&good, &y, 1).unwrap();
    assert!(trainer.fit_batches(&bad, &y, 1).is_err());
    trainer.fit_batches(&good, &y, 2).unwrap();
    expected.fit(&good, &y, 1, go_on).unwrap();
    assert_eq!(trainer.epoch(), 1);
    assert_eq!(bits(trainer.network()), bits(expected.network()));
}

#[test]
fn gradients_that_are_no_numbers_are_refused() {
    let start = network(Activation::Tanh);
    let mut trainer = Trainer::new(start.clone(), Adam::new(0.1), Loss::CrossEntropy).unwrap();
    let mut gradients = vec![0.5; parameters(&start).len()];
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        gradients[7] = value;
        let error = trainer.step(&gradients).unwrap_err();
        let text = format!("gradients: expected finite values, found {value}");
        assert_eq!(error.to_string(), text);
        assert_eq!(bits(trainer.network()), bits(&start));
    }
    gradients[7] = 0.5;
    trainer.step(&gradients).unwrap();
}
