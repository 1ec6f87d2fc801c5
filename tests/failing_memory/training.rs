//! Training: gradients, epochs, checkpoints.

use super::{FIXED, alone, numbers, spared, starve};
use rowmajor::io::{Npz, NpzWriter};
use rowmajor::nn::{Activation, Dense, Gradients, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::set_num_threads;
use rowmajor::train::{Adam, TrainError, Trainer};
use std::ops::ControlFlow;

fn network() -> Network {
    let activations = [Activation::Tanh, Activation::Softmax];
    Network::init(&[60, 90, 10], &activations, Init::Glorot, &mut Rng::new(1)).unwrap()
}

fn parameters(network: &Network) -> Vec<f64> {
    let of_layer = |layer: &Dense| [layer.weights().as_slice(), layer.bias()].concat();
    network.layers().iter().flat_map(of_layer).collect()
}

#[test]
fn a_network_is_made_or_an_error() {
    let _turn = alone();
    let activations = [Activation::Tanh, Activation::Softmax];
    let made = || {
        let network = Network::init(
            &[60, 90, 10],
            &activations,
            Init::HeNormal,
            &mut Rng::new(1),
        )?;
        Ok::<_, rowmajor::ShapeError>(spared(|| parameters(&network)))
    };
    assert!(starve("init", 0, false, made) > 0);
}

#[test]
fn gradients_are_there_or_an_error() {
    let _turn = alone();
    set_num_threads(1);
    let (network, x) = (network(), numbers(70, 60));
    let labels: Vec<usize> = (0..70).map(|i| i % 10).collect();
    let targets = numbers(70, 10);
    assert!(
        starve("gradients", 0, false, || {
            let mut gradients = Gradients::new();
            network.gradients_into(&x, &labels, Loss::CrossEntropy, 70, &mut gradients)?;
            Ok::<_, rowmajor::nn::GradientError>(spared(|| gradients.as_slice().to_vec()))
        }) > 0
    );
    assert!(
        starve("loss", 0, false, || {
            let loss = network.loss(&x, &targets, Loss::MeanSquaredError)?;
            Ok::<_, rowmajor::nn::GradientError>(spared(|| vec![loss]))
        }) > 0
    );
    set_num_threads(0);
}

/// An error leaves the network as it was when the call began: no epoch was done.
#[test]
fn an_epoch_is_done_or_an_error_and_the_network_as_it_was() {
    let _turn = alone();
    set_num_threads(1);
    let (start, x) = (network(), numbers(70, 60));
    let labels: Vec<usize> = (0..70).map(|i| i % 10).collect();
    let new = || {
        Trainer::new(start.clone(), Adam::new(0.01), Loss::CrossEntropy)
            .unwrap()
            .batch_size(20)
            .micro_batch(7)
            .early_stopping(3)
    };
    let errors = starve("fit", 0, false, || {
        let mut trainer = spared(new);
        let done =
            trainer.fit_validated(&x, &labels, &x, &labels, 1, |_| ControlFlow::Continue(()));
        spared(|| {
            if done.is_err() {
                assert_eq!(trainer.network(), &start);
            }
            done.map(|()| parameters(trainer.network()))
        })
    });
    assert!(errors > 8, "{errors}");
    let step = vec![0.5; parameters(&start).len()];
    assert!(
        starve("step", 0, false, || {
            let mut trainer = spared(new);
            let done = trainer.step(&step);
            spared(|| done.map(|()| parameters(trainer.network())))
        }) > 0
    );
    set_num_threads(0);
}

#[test]
fn checkpoints_are_read_and_written_or_an_error() {
    let _turn = alone();
    let mut trainer = Trainer::new(network(), Adam::new(0.01), Loss::CrossEntropy).unwrap();
    let x = numbers(70, 60);
    let labels: Vec<usize> = (0..70).map(|i| i % 10).collect();
    let done: Result<(), TrainError> = trainer.fit(&x, &labels, 2, |_| ControlFlow::Continue(()));
    done.unwrap();
    let mut npz = NpzWriter::new(Vec::new());
    trainer.write_npz(&mut npz).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert!(
        starve("from_npz", FIXED, false, || {
            let read = Trainer::from_npz(&npz)?;
            Ok::<_, rowmajor::io::Error>(spared(|| parameters(read.network())))
        }) > 0
    );
    starve("write_npz", FIXED, false, || {
        let mut npz = NpzWriter::new(std::io::sink());
        trainer.write_npz(&mut npz)?;
        npz.finish().map(|_| ())
    });
}
