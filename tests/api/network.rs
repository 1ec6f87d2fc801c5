//! Networks at their edges: what is refused and how, what `predict` answers where `forward` cannot, what is printed.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use crate::common;

use common::{Layout, Random, Slice, assert_bits};
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use rowmajor::{Matrix, ShapeError, matrix};

fn dense(inputs: usize, outputs: usize, activation: Activation, random: &mut Random) -> Dense {
    let weights = Matrix::from_fn(inputs, outputs, |_, _| random.number());
    let bias = (0..outputs).map(|_| random.number()).collect();
    Dense::new(weights, bias, activation).unwrap()
}

/// A layer that hands its input to its activation.
fn through(size: usize, activation: Activation) -> Dense {
    Dense::new(Matrix::identity(size), vec![0.0; size], activation).unwrap()
}

#[test]
fn an_activation_that_there_is_not_is_named() {
    let error = "swish".parse::<Activation>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown activation \"swish\": expected identity, step, sigmoid, relu, tanh or softmax"
    );
}

#[test]
fn a_network_is_its_layers_one_after_the_other() {
    let random = &mut Random::new(5);
    for activation in Activation::ALL {
        let layers = vec![
            dense(5, 9, activation, random),
            dense(9, 4, activation, random),
        ];
        let x = Matrix::from_fn(13, 5, |_, _| random.number());
        let by_hand = layers[1].forward(&layers[0].forward(&x).unwrap()).unwrap();
        let layer = layers[0].clone();
        let network = Network::new(layers).unwrap();
        let y = network.forward(&x).unwrap();
        assert_bits(y.as_slice(), by_hand.as_slice(), activation);
        assert_eq!(y.shape(), (13, 4), "{activation}");

        let error = layer.forward(&Matrix::zeros(2, 6)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "forward: cannot multiply 2x6 by 5x9: inner sizes 6 and 5 differ"
        );
        assert_eq!(network.forward(&Matrix::zeros(2, 6)).unwrap_err(), error);
    }
}

#[test]
fn the_first_two_neighbours_that_do_not_fit_are_named_wherever_they_stand() {
    let random = &mut Random::new(1);
    for layers in 2..6 {
        for first in 0..layers - 1 {
            // From layer `first + 1` on, no layer fits the one before.
            let list: Vec<Dense> = (0..layers)
                .map(|i| dense(if i > first { 9 } else { 3 }, 3, Activation::Relu, random))
                .collect();
            let error = Network::new(list).unwrap_err();
            let expected = ShapeError::Layers {
                layer: first,
                lhs: (3, 3),
                rhs: (9, 3),
            };
            assert_eq!(error, expected, "{layers} layers");
            assert_eq!(
                error.to_string(),
                format!(
                    "network: layer {first} is 3x3 and layer {} is 9x3: 3 outputs do not feed 9 inputs",
                    first + 1
                )
            );
        }
    }
}

#[test]
fn evaluation_wants_one_label_for_each_row_each_of_a_class() {
    let random = &mut Random::new(2);
    let network = Network::new(vec![
        dense(6, 8, Activation::Tanh, random),
        dense(8, 4, Activation::Softmax, random),
    ])
    .unwrap();
    let x = Matrix::from_fn(23, 6, |_, _| random.number());
    let labels: Vec<usize> = (0..23).map(|_| random.below(4)).collect();
    for found in (0..30).filter(|&found| found != 23) {
        let expected = ShapeError::Length {
            op: "evaluate",
            expected: 23,
            found,
        };
        assert_eq!(network.evaluate(&x, &vec![0; found]), Err(expected));
    }
    let all = network.evaluate(&x, &labels).unwrap().confusion;
    assert_eq!((all.total(), all.classes()), (23, 4));
    let mut wrong = labels;
    wrong[20] = 4;
    let expected = ShapeError::Label {
        op: "evaluate",
        row: 20,
        label: 4,
        classes: 4,
    };
    assert_eq!(network.evaluate(&x, &wrong), Err(expected));
    let nothing = network.evaluate(x.view_rows(..0).unwrap(), &[]).unwrap();
    assert_eq!(nothing.confusion.total(), 0);
}

/// x·1 + 0 through the activation: what stands in x is the logit.
#[test]
fn a_single_output_tells_two_classes_behind_sigmoid_and_step_and_is_refused_otherwise() {
    let nan = f64::NAN;
    // The largest logit whose sigmoid rounds to 0.5, and the next one; then saturated ones.
    let x = [
        -1000.0, -1.0, -0.0, 0.0, 1e-17, 1e-15, 1.0, 1000.0, nan, -nan,
    ];
    for activation in Activation::ALL {
        let network = Network::new(vec![through(1, activation)]).unwrap();
        let predictor = Predictor::new(&network);
        let column = Matrix::from_vec(x.len(), 1, x.to_vec()).unwrap();
        let forward = network.forward(&column).unwrap();
        let expected = match activation {
            Activation::Sigmoid => Ok(vec![0, 0, 0, 0, 0, 1, 1, 1, 0, 0]),
            Activation::Step => Ok(vec![0, 0, 0, 0, 1, 1, 1, 1, 0, 0]),
            other => Err(ShapeError::SingleOutput {
                op: "predict",
                activation: Some(other.name()),
            }),
        };
        assert_eq!(network.predict(&column), expected, "{activation}");
        assert_eq!(predictor.predict(&column), expected, "{activation}");
        // Also where there is nothing to classify.
        let none = column.view_rows(..0).unwrap();
        assert_eq!(network.predict(none), expected.clone().map(|_| vec![]));
        match expected {
            Ok(classes) => {
                assert_eq!(network.classes(), 2);
                let halves = forward.as_slice().iter().map(|&y| usize::from(y > 0.5));
                assert_eq!(classes, halves.collect::<Vec<_>>(), "{activation}");
                let labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
                let evaluation = network.evaluate(&column, &labels).unwrap();
                assert_eq!(evaluation.predicted, classes);
                assert_bits(
                    evaluation.outputs.as_slice(),
                    forward.as_slice(),
                    activation,
                );
                assert_eq!(evaluation.confusion.classes(), 2);
                let range = ShapeError::Label {
                    op: "evaluate",
                    row: 0,
                    label: 2,
                    classes: 2,
                };
                assert_eq!(network.evaluate(&column, &[2; 10]), Err(range));
                let sigmoid = activation == Activation::Sigmoid;
                assert_eq!(evaluation.cross_entropy.is_some(), sigmoid);
            }
            Err(error) => {
                assert_eq!(network.classes(), 1);
                let text = error.to_string();
                let name = format!("predict: a single {activation} output tells no class");
                assert!(text.starts_with(&name), "{text}");
                let op = "evaluate";
                let activation = Some(activation.name());
                assert_eq!(
                    network.evaluate(&column, &[0; 10]),
                    Err(ShapeError::SingleOutput { op, activation })
                );
            }
        }
    }
    // Of several outputs the largest is the class, as ever.
    let many = |outputs| Network::new(vec![through(outputs, Activation::Sigmoid)]).unwrap();
    assert_eq!(many(2).predict(&matrix![[0.9, 0.7]]), Ok(vec![0]));
    assert_eq!((many(2).classes(), many(5).classes()), (2, 5));
}

#[test]
fn the_class_is_told_where_softmax_gives_nothing_but_nan() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for (logits, class) in [
        ([1.0, nan, 2.0], 1),
        ([nan, nan, nan], 0),
        ([inf, nan, 0.0], 1),
        ([0.0, inf, 1.0], 1),
        ([-inf, -inf, -inf], 0),
    ] {
        // 0 · infinity is NaN in every column, so the logits come as the bias.
        let bias = Dense::new(Matrix::zeros(0, 3), logits.to_vec(), Activation::Softmax).unwrap();
        let network = Network::new(vec![bias]).unwrap();
        let x = Matrix::zeros(2, 0);
        let y = network.forward(&x).unwrap();
        assert!(y.as_slice().iter().all(|y| y.is_nan()), "{logits:?}: {y:?}");
        assert_eq!(network.predict(&x), Ok(vec![class; 2]), "{logits:?}");
    }
    let network = Network::new(vec![through(3, Activation::Softmax)]).unwrap();
    // Far below the maximum, and beyond where it overflows, the order is still told.
    let x = matrix![
        [-2000.0, -1000.0, 0.0],
        [1e308, -1e308, 1e308],
        [-1e308, -1e307, -1e308]
    ];
    assert_eq!(network.predict(&x), Ok(vec![2, 0, 1]));
    assert_eq!(network.predict(x.view_rows(..0).unwrap()), Ok(vec![]));
}

#[test]
fn a_softmax_between_layers_is_computed_for_classes_too() {
    let second = Dense::new(
        matrix![[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]],
        vec![0.75, 0.0],
        Activation::Identity,
    )
    .unwrap();
    let network = Network::new(vec![through(3, Activation::Softmax), second]).unwrap();
    // Of (100, 0, 101), the second layer makes (100.75, 101), class 1; of its softmax about (1.02, 0.73), class 0.
    let x = matrix![[0.0, 0.0, 0.5], [100.0, 0.0, 101.0]];
    let y = network.forward(&x).unwrap();
    assert!(
        y[(1, 0)] > y[(1, 1)],
        "the case does not show what it should"
    );
    assert_eq!(network.predict(&x), Ok(vec![0, 0]));
}

#[test]
fn rows_of_a_larger_slice_go_through_without_a_copy_and_with_the_same_bits() {
    let random = &mut Random::new(3);
    let layout = Layout {
        offset: 5,
        gap: 3,
        above: 2,
        below: 1,
    };
    for layers in 1..5 {
        let list = (0..layers).map(|i| dense(7, 7, Activation::ALL[(i + layers) % 6], random));
        let network = Network::new(list.collect()).unwrap();
        let predictor = Predictor::new(&network);
        assert_eq!(predictor.network(), &network);
        let x = Matrix::from_fn(20, 7, |_, _| random.number());
        let slice = Slice::new(&x, layout);
        let expected = network.forward(&x).unwrap();
        assert_bits(
            network.forward(slice.view()).unwrap().as_slice(),
            expected.as_slice(),
            layers,
        );
        assert_eq!(network.predict(slice.view()), network.predict(&x));
        // An error in between leaves the predictor as good as before.
        for _ in 0..3 {
            let mut out = Matrix::filled(20, 7, f64::NAN);
            predictor
                .forward_into(&Matrix::zeros(1, 6), &mut out)
                .unwrap_err();
            predictor.forward_into(slice.view(), &mut out).unwrap();
            assert_bits(out.as_slice(), expected.as_slice(), layers);
        }
    }
}

#[test]
fn a_network_prints_its_layers_and_counts_its_parameters() {
    let random = &mut Random::new(4);
    let network = Network::new(vec![
        dense(784, 50, Activation::Sigmoid, random),
        dense(50, 100, Activation::Relu, random),
        dense(100, 10, Activation::Softmax, random),
    ])
    .unwrap();
    assert_eq!(
        network.to_string(),
        "layer 0: 784 -> 50      sigmoid       39250 parameters\n\
         layer 1: 50 -> 100      relu           5100 parameters\n\
         layer 2: 100 -> 10      softmax        1010 parameters\n\
         45360 parameters"
    );
}
