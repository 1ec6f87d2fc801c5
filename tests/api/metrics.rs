//! Scores and losses against scikit-learn (`data/make_preprocess.py`), and by hand.

use rowmajor::io::Npz;
use rowmajor::nn::{
    Activation, ConfusionMatrix, Dense, Network, Scores, accuracy, binary_cross_entropy,
    binary_cross_entropy_from_logits, cross_entropy, cross_entropy_from_logits, top_k,
    top_k_accuracy,
};
use rowmajor::{Matrix, MatrixView, ShapeError, matrix, vecmath};

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
    let confusion = ConfusionMatrix::new(6, &labels, &predicted).unwrap();
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
        cross_entropy_from_logits(&logits, &labels).unwrap(),
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
    let missing = matrix![[f64::NAN, 0.5]];
    assert!(cross_entropy(&missing, &[0]).unwrap().is_nan());
    assert!(cross_entropy(&Matrix::zeros(0, 3), &[]).unwrap().is_nan());
    assert_eq!(
        cross_entropy_from_logits(&matrix![[1e308, -1e308]], &[0]).unwrap(),
        0.0
    );
    assert_eq!(
        cross_entropy_from_logits(&matrix![[0.0, -infinity]], &[1]).unwrap(),
        infinity
    );
    assert!(
        cross_entropy_from_logits(&matrix![[infinity, 0.0]], &[0])
            .unwrap()
            .is_nan()
    );
    assert!(
        cross_entropy_from_logits(&Matrix::zeros(0, 3), &[])
            .unwrap()
            .is_nan()
    );
}

#[test]
fn binary_losses_at_the_edges() {
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    let of_logit = |x, label| binary_cross_entropy_from_logits(&matrix![[x]], &[label]).unwrap();
    for (x, expected) in [
        // ln(1 + e^x) by Python's decimal at 400 digits, rounded to f64.
        (-1000.0, 0.0),
        (-745.0, 5e-324),
        (-100.0, 3.720075976020836e-44),
        (-40.0, 4.248354255291589e-18),
        (-36.0, 2.319522830243569e-16),
        (-10.0, 4.539889921686465e-5),
        (-1.0, 0.313_261_687_518_222_8),
        (-0.0, std::f64::consts::LN_2),
        (0.0, std::f64::consts::LN_2),
        (1.0, 1.313_261_687_518_222_8),
        (10.0, 10.000045398899218),
        (40.0, 40.0),
        (1000.0, 1000.0),
        (1e308, 1e308),
        (infinity, infinity),
        (-infinity, 0.0),
    ] {
        for (found, what) in [(of_logit(x, 0), x), (of_logit(-x, 1), -x)] {
            let off = (found - expected).abs();
            let near = found == expected || off <= 3.0 * f64::EPSILON * expected || off <= 5e-324;
            assert!(near, "{what}: {found:e} for {expected:e}");
        }
    }
    assert!(of_logit(nan, 0).is_nan() && of_logit(nan, 1).is_nan());
    let none = Matrix::zeros(0, 1);
    assert!(binary_cross_entropy(&none, &[]).unwrap().is_nan());
    assert!(
        binary_cross_entropy_from_logits(&none, &[])
            .unwrap()
            .is_nan()
    );

    let of = |p, label| binary_cross_entropy(&matrix![[p]], &[label]).unwrap();
    let bound = -vecmath::scalar::ln(f64::EPSILON);
    assert_eq!((of(1.0, 1), of(0.0, 0), of(-0.0, 0)), (0.0, 0.0, 0.0));
    assert_eq!(
        (of(1.0, 0), of(0.0, 1), of(5e-324, 1)),
        (bound, bound, bound)
    );
    assert!(of(nan, 0).is_nan() && of(nan, 1).is_nan());
    // The mean of several rows, which may lie apart.
    let wide = matrix![[0.25, 9.0], [0.5, 9.0], [0.5, 9.0]];
    let column = MatrixView::with_row_stride(3, 1, 2, wide.as_slice()).unwrap();
    assert_near(
        binary_cross_entropy(column, &[0, 1, 0]).unwrap(),
        (2.0 * std::f64::consts::LN_2 - 0.75_f64.ln()) / 3.0,
    );
    let logits = MatrixView::with_row_stride(3, 1, 2, wide.as_slice()).unwrap();
    let alone = matrix![[0.25], [0.5], [0.5]];
    assert_eq!(
        binary_cross_entropy_from_logits(logits, &[0, 1, 0]),
        binary_cross_entropy_from_logits(&alone, &[0, 1, 0])
    );
}

#[test]
fn what_is_no_probability_and_one_column_are_refused() {
    for (value, fits) in [
        (-5e-324, false),
        (1.0 + f64::EPSILON, false),
        (-1.0, false),
        (50.0, false),
        (f64::INFINITY, false),
        (-0.0, true),
        (1.0, true),
        (f64::NAN, true),
    ] {
        let error = |op, row, col| Err(ShapeError::NotProbability { op, row, col });
        let found = cross_entropy(&matrix![[0.5, 0.5, 0.0], [0.5, 0.0, value]], &[0, 2]);
        match fits {
            true => assert!(found.is_ok(), "{value}"),
            false => assert_eq!(found, error("cross_entropy", 1, 2), "{value}"),
        }
        for label in [0, 1] {
            let found = binary_cross_entropy(&matrix![[0.5], [0.5], [value]], &[0, 1, label]);
            match fits {
                true => assert!(found.is_ok(), "{value}"),
                false => assert_eq!(found, error("binary_cross_entropy", 2, 0), "{value}"),
            }
        }
    }
    let error = cross_entropy(&matrix![[0.5, 2.0]], &[1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cross_entropy: the value in row 0, column 1 is no probability: expected 0 to 1"
    );

    // One column is no class: -ln of it would be the loss of the other one, and every label its best.
    let one = matrix![[0.5], [0.25]];
    let single = |op| {
        let activation = None;
        Err(ShapeError::SingleOutput { op, activation })
    };
    assert_eq!(cross_entropy(&one, &[0, 0]), single("cross_entropy"));
    assert_eq!(
        cross_entropy_from_logits(&one, &[0, 0]),
        single("cross_entropy_from_logits")
    );
    assert_eq!(top_k_accuracy(&one, &[0, 0], 1), single("top_k_accuracy"));
    assert_eq!(
        cross_entropy(&one, &[0, 0]).unwrap_err().to_string(),
        "cross_entropy: expected a column for each class, found a single one (the probability of class 1?)"
    );
    type Loss = fn(&Matrix, &[usize]) -> Result<f64, ShapeError>;
    let losses: [(&str, Loss); 2] = [
        ("binary_cross_entropy", |y, labels| {
            binary_cross_entropy(y, labels)
        }),
        ("binary_cross_entropy_from_logits", |y, labels| {
            binary_cross_entropy_from_logits(y, labels)
        }),
    ];
    for (op, loss) in losses {
        for cols in [0, 2, 3] {
            let (lhs, rhs) = ((2, cols), (2, 1));
            let error = Err(ShapeError::Mismatch { op, lhs, rhs });
            assert_eq!(loss(&Matrix::zeros(2, cols), &[0, 1]), error);
        }
        let range = ShapeError::Label {
            op,
            row: 1,
            label: 2,
            classes: 2,
        };
        assert_eq!(loss(&one, &[1, 2]), Err(range));
        let length = ShapeError::Length {
            op,
            expected: 2,
            found: 3,
        };
        assert_eq!(loss(&one, &[1, 0, 1]), Err(length));
    }
}

#[test]
fn a_report_calls_the_classes_by_their_names() {
    let confusion = ConfusionMatrix::new(3, &[0, 1, 2, 2], &[0, 2, 2, 2]).unwrap();
    let names = ["setosa", "Iris-versicolor", "日本"];
    let report = confusion.report().class_names(&names).unwrap().to_string();
    assert_eq!(
        report.lines().collect::<Vec<_>>(),
        [
            "          class  precision   recall       f1  samples",
            "         setosa     100.0%   100.0%   100.0%        1",
            "Iris-versicolor          -     0.0%     0.0%        1",
            "             日本      66.7%   100.0%    80.0%        2",
            "       accuracy                        75.0%        4",
            "          macro      55.6%    66.7%    60.0%        4",
            "       weighted      58.3%    75.0%    65.0%        4",
        ]
    );
    let length = ShapeError::Length {
        op: "class_names",
        expected: 3,
        found: 2,
    };
    assert_eq!(
        confusion.report().class_names(&["a", "b"]).unwrap_err(),
        length
    );
}

#[test]
fn labels_that_do_not_fit() {
    let y = Matrix::zeros(2, 3);
    type Metric = fn(&Matrix, &[usize]) -> Result<f64, ShapeError>;
    let metrics: [(&str, Metric); 3] = [
        ("cross_entropy", |y, labels| cross_entropy(y, labels)),
        ("cross_entropy_from_logits", |y, labels| {
            cross_entropy_from_logits(y, labels)
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
        let range = ShapeError::Label {
            op,
            row: 1,
            label: 3,
            classes: 3,
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
    let evaluation = network.evaluate(&x, &labels).unwrap();
    assert_eq!(evaluation.outputs, outputs);
    let confusion = ConfusionMatrix::new(10, &labels, &predicted).unwrap();
    assert_eq!(evaluation.predicted, predicted);
    assert_eq!(evaluation.confusion, confusion);
    let loss = evaluation.cross_entropy.unwrap();
    assert_near(loss, cross_entropy(&outputs, &labels).unwrap());
}

#[test]
fn evaluations_that_cannot_be_and_of_nothing() {
    let (network, x, labels) = digits();
    let evaluate = |x: &Matrix, labels: &[usize]| network.evaluate(x, labels);
    let op = "evaluate";
    let length = ShapeError::Length {
        op,
        expected: 1797,
        found: 3,
    };
    assert_eq!(evaluate(&x, &labels[..3]).unwrap_err(), length);
    let range = ShapeError::Label {
        op,
        row: 0,
        label: 10,
        classes: 10,
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
    let evaluation = linear.evaluate(&Matrix::identity(2), &[0, 0]).unwrap();
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
    let evaluation = network.evaluate(&x, &[0, 0, 1]).unwrap();
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
