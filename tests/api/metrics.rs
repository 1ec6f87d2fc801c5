//! Scores and losses against scikit-learn (`data/make_preprocess.py`), and by hand.

use rowmajor::io::Npz;
use rowmajor::nn::{
    Activation, Confusion, Dense, Network, Scores, accuracy, cross_entropy,
    cross_entropy_of_logits, top_k, top_k_accuracy,
};
use rowmajor::{Matrix, ShapeError, matrix, vecmath};

struct Expected {
    npz: Npz,
    labels: Vec<usize>,
    predicted: Vec<usize>,
}

fn expected() -> Expected {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/metrics.npz");
    let npz = Npz::load(path).unwrap();
    Expected {
        labels: npz.labels("labels").unwrap(),
        predicted: npz.labels("predicted").unwrap(),
        npz,
    }
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-14 * expected.abs().max(1.0),
        "{found} for {expected}"
    );
}

#[test]
fn scores_are_scikit_learns() {
    let Expected {
        npz,
        labels,
        predicted,
    } = expected();
    let confusion = Confusion::new(6, &labels, &predicted).unwrap();
    for class in 0..6 {
        let of_class = |name| npz.vector(name).unwrap()[class];
        // What is undefined counts as 0 there.
        assert_near(
            confusion.precision(class).unwrap_or(0.0),
            of_class("precision"),
        );
        assert_near(confusion.recall(class).unwrap_or(0.0), of_class("recall"));
        assert_near(confusion.f1(class).unwrap_or(0.0), of_class("f1"));
        assert_eq!(confusion.support(class), Some(of_class("support") as usize));
    }
    assert_eq!(
        (confusion.precision(4), confusion.recall(4), confusion.f1(4)),
        (None, None, None)
    );
    assert_eq!(
        (confusion.precision(5), confusion.recall(5), confusion.f1(5)),
        (None, Some(0.0), Some(0.0))
    );
    assert_eq!(
        (
            confusion.precision(6),
            confusion.f1(6),
            confusion.support(6)
        ),
        (None, None, None)
    );
    let averages = [
        ("macro", confusion.macro_average()),
        ("micro", confusion.micro_average()),
        ("weighted", confusion.weighted_average()),
    ];
    for (
        name,
        Scores {
            precision,
            recall,
            f1,
        },
    ) in averages
    {
        let expected = npz.vector(name).unwrap();
        assert_near(precision, expected[0]);
        assert_near(recall, expected[1]);
        assert_near(f1, expected[2]);
    }
}

#[test]
fn losses_and_top_k_are_scikit_learns() {
    let Expected {
        npz,
        labels,
        predicted,
    } = expected();
    let (logits, probabilities) = (
        npz.matrix("logits").unwrap(),
        npz.matrix("probabilities").unwrap(),
    );
    let number = |name| npz.vector(name).unwrap()[0];
    // Some probabilities are below 2^-52: with the bound the loss is another than without.
    assert!(number("logit_loss") - number("log_loss") > 0.5);
    assert_near(
        cross_entropy(&probabilities, &labels).unwrap(),
        number("log_loss"),
    );
    assert_near(
        cross_entropy_of_logits(&logits, &labels).unwrap(),
        number("logit_loss"),
    );
    for outputs in [&logits, &probabilities] {
        assert_near(
            top_k_accuracy(outputs, &labels, 2).unwrap(),
            number("top_2"),
        );
        let right = accuracy(&labels, &predicted).unwrap();
        assert_eq!(top_k_accuracy(outputs, &labels, 1).unwrap(), right);
        assert_eq!(top_k_accuracy(outputs, &labels, 6).unwrap(), 1.0);
        assert_eq!(top_k_accuracy(outputs, &labels, 0).unwrap(), 0.0);
    }
    // Row by row, top_k_accuracy is what top_k says.
    for k in 0..8 {
        let rows = probabilities.rows().zip(&labels);
        let found = rows
            .filter(|(row, label)| top_k(row, k).contains(label))
            .count();
        assert_eq!(
            top_k_accuracy(&probabilities, &labels, k).unwrap(),
            found as f64 / 200.0
        );
    }
}

#[test]
fn top_k_of_equal_and_missing_values() {
    let nan = f64::NAN;
    assert_eq!(top_k(&[1.0, 2.0, 2.0, 0.0], 3), [1, 2, 0]);
    assert_eq!(
        top_k(&[1.0, nan, f64::INFINITY, nan, -0.0, 0.0], 9),
        [1, 3, 2, 0, 4, 5]
    );
    assert_eq!(top_k(&[], 3), [0; 0]);
    for row in [
        &[0.0, 0.0][..],
        &[3.0, nan, 7.0],
        &[-1.0, f64::NEG_INFINITY],
    ] {
        assert_eq!(top_k(row, 1).first().copied(), vecmath::argmax(row));
    }
    // A label that ties with an earlier column comes after it.
    let ties = matrix![[0.5, 0.5], [nan, nan]];
    assert_eq!(top_k_accuracy(&ties, &[0, 0], 1).unwrap(), 1.0);
    assert_eq!(top_k_accuracy(&ties, &[1, 1], 1).unwrap(), 0.0);
}

#[test]
fn losses_at_the_edges() {
    let infinity = f64::INFINITY;
    assert_eq!(cross_entropy(&matrix![[1.0, 0.0]], &[0]).unwrap(), 0.0);
    let bound = cross_entropy(&matrix![[1.0, 0.0]], &[1]).unwrap();
    assert_eq!(bound, -vecmath::scalar::ln(f64::EPSILON));
    assert!(cross_entropy(&matrix![[f64::NAN]], &[0]).unwrap().is_nan());
    assert!(cross_entropy(&Matrix::zeros(0, 3), &[]).unwrap().is_nan());
    assert_eq!(
        cross_entropy_of_logits(&matrix![[1e308, -1e308]], &[0]).unwrap(),
        0.0
    );
    assert_eq!(
        cross_entropy_of_logits(&matrix![[0.0, -infinity]], &[1]).unwrap(),
        infinity
    );
    assert!(
        cross_entropy_of_logits(&matrix![[infinity, 0.0]], &[0])
            .unwrap()
            .is_nan()
    );
    assert!(
        cross_entropy_of_logits(&Matrix::zeros(0, 3), &[])
            .unwrap()
            .is_nan()
    );
}

#[test]
fn labels_that_do_not_fit() {
    let y = Matrix::ones(2, 3);
    type Metric = fn(&Matrix, &[usize]) -> Result<f64, ShapeError>;
    let metrics: [(&str, Metric); 3] = [
        ("cross_entropy", |y, labels| cross_entropy(y, labels)),
        ("cross_entropy_of_logits", |y, labels| {
            cross_entropy_of_logits(y, labels)
        }),
        ("top_k_accuracy", |y, labels| top_k_accuracy(y, labels, 1)),
    ];
    for (op, metric) in metrics {
        let length = ShapeError::Length {
            op,
            expected: 2,
            found: 1,
        };
        assert_eq!(metric(&y, &[0]), Err(length));
        let range = ShapeError::OutOfRange {
            op,
            index: 3,
            len: 3,
        };
        assert_eq!(metric(&y, &[0, 3]), Err(range));
    }
}

fn digits() -> (Network, Matrix, Vec<usize>) {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data");
    let network = Network::load(format!("{data}/digits-network.npz")).unwrap();
    let npz = Npz::load(format!("{data}/digits.npz")).unwrap();
    let x = npz.matrix("images").unwrap().map(|pixel| pixel / 16.0);
    (network, x, npz.labels("labels").unwrap())
}

#[test]
fn an_evaluation_is_forward_and_predict() {
    let (network, x, labels) = digits();
    let (outputs, predicted) = (network.forward(&x).unwrap(), network.predict(&x).unwrap());
    let mut first = None;
    for batch in [1, 100, 1797, 5000] {
        let mut calls = Vec::new();
        let evaluation = network
            .evaluate_with(&x, &labels, batch, |done, total| calls.push((done, total)))
            .unwrap();
        assert_eq!(evaluation.outputs, outputs);
        assert_eq!(evaluation.predicted, predicted);
        assert_eq!(
            evaluation.confusion,
            network.evaluate(&x, &labels, batch).unwrap()
        );
        assert_eq!(calls.len(), 1797_usize.div_ceil(batch));
        assert!(
            calls
                .iter()
                .zip(1..)
                .all(|(&call, i)| call == (1797.min(i * batch), 1797))
        );
        // The same bits whatever the batches, and the value that the probabilities give.
        let loss = evaluation.cross_entropy.unwrap();
        assert_eq!(loss, *first.get_or_insert(loss));
        assert_near(loss, cross_entropy(&outputs, &labels).unwrap());
    }
}

#[test]
fn evaluations_that_cannot_be_and_of_nothing() {
    let (network, x, labels) = digits();
    let evaluate = |x: &Matrix, labels: &[usize]| network.evaluate_with(x, labels, 7, |_, _| {});
    let op = "evaluate_with";
    let length = ShapeError::Length {
        op,
        expected: 1797,
        found: 3,
    };
    assert_eq!(evaluate(&x, &labels[..3]).unwrap_err(), length);
    let range = ShapeError::OutOfRange {
        op,
        index: 10,
        len: 10,
    };
    assert_eq!(evaluate(&Matrix::zeros(1, 64), &[10]).unwrap_err(), range);
    assert!(matches!(
        evaluate(&Matrix::zeros(1, 63), &[1]),
        Err(ShapeError::Product { .. })
    ));
    let nothing = evaluate(&Matrix::zeros(0, 64), &[]).unwrap();
    assert!(nothing.cross_entropy.unwrap().is_nan());
    assert!(nothing.to_string().contains("accuracy: 0 of 0 (NaN %)"));
    let report = nothing.confusion.report().to_string();
    assert!(report.contains("accuracy                            -        0"));
    assert!(!report.contains("NaN"), "{report}");
    let linear = Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Identity).unwrap();
    let linear = Network::new(vec![linear]).unwrap();
    let evaluation = linear
        .evaluate_with(&Matrix::identity(2), &[0, 0], 1, |_, _| {})
        .unwrap();
    assert_eq!(
        (evaluation.cross_entropy, evaluation.outputs),
        (None, Matrix::identity(2))
    );
}

#[test]
fn an_evaluation_prints_as_a_table() {
    let layer = Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Softmax).unwrap();
    let network = Network::new(vec![layer]).unwrap();
    let x = matrix![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]];
    let evaluation = network.evaluate_with(&x, &[0, 0, 1], 2, |_, _| {}).unwrap();
    let expected = [
        "accuracy: 2 of 3 (66.67 %)",
        "mean cross-entropy: 0.884778",
        "   class  precision   recall       f1  samples",
        "       0     100.0%    50.0%    66.7%        2",
        "       1      50.0%   100.0%    66.7%        1",
        "       2          -        -        -        0",
        "accuracy                        66.7%        3",
        "   macro      75.0%    75.0%    66.7%        3",
        "weighted      83.3%    66.7%    66.7%        3",
    ];
    assert_eq!(evaluation.to_string().lines().collect::<Vec<_>>(), expected);
}
