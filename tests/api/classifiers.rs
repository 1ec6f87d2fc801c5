//! scikit-learn's classifiers of its own data sets (`data/make_classifiers.py`): two classes by a single output, three by
//! softmax, each with four activations.

use rowmajor::Matrix;
use rowmajor::io::Npz;
use rowmajor::nn::{
    ConfusionMatrix, Dense, Network, Predictor, accuracy, binary_cross_entropy,
    binary_cross_entropy_from_logits, cross_entropy,
};
use rowmajor::preprocess::{Pipeline, Standardize};

/// Two roundings of 1, which the order of a sum of 30 products costs.
const NEAR: f64 = 1e-15;

#[track_caller]
fn assert_near(found: f64, expected: f64, what: &str) {
    let difference = (found - expected).abs();
    assert!(difference <= NEAR, "{what}: {found} for {expected}");
}

#[test]
fn classes_probabilities_and_reports_are_scikit_learns() {
    let npz = Npz::load(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/classifiers.npz"
    ))
    .unwrap();
    let mut wrong = 0;
    for (name, classes) in [("breast_cancer", 2), ("iris", 3), ("wine", 3)] {
        let of_set = |part: &str| npz.vector(&format!("{name}_{part}")).unwrap();
        let labels = npz.labels(&format!("{name}_labels")).unwrap();
        let scaler = Standardize::new(of_set("mean"), of_set("scale")).unwrap();
        let pipeline = Pipeline::new(vec![scaler.into()]).unwrap();
        let x = npz.matrix(&format!("{name}_x")).unwrap();
        let x = pipeline.transform(&x).unwrap();
        for activation in ["identity", "logistic", "tanh", "relu"] {
            let what = format!("{name}_{activation}");
            let matrix = |part: &str| npz.matrix(&format!("{what}_{part}")).unwrap();
            let vector = |part: &str| npz.vector(&format!("{what}_{part}")).unwrap();
            let activations = npz.text(&format!("{what}_activations")).unwrap();
            let layers = activations.iter().zip(["1", "2"]).map(|(activation, n)| {
                let (weights, bias) = (matrix(&format!("w{n}")), vector(&format!("b{n}")));
                Dense::new(weights, bias, activation.parse().unwrap()).unwrap()
            });
            let network = Network::new(layers.collect()).unwrap();
            assert_eq!(network.classes(), classes, "{what}");

            let evaluation = network.evaluate(&x, &labels).unwrap();
            let predicted = npz.labels(&format!("{what}_predicted")).unwrap();
            assert_eq!(evaluation.predicted, predicted, "{what}");
            assert_eq!(network.predict(&x).unwrap(), predicted, "{what}");
            assert_eq!(Predictor::new(&network).predict(&x).unwrap(), predicted);
            assert_eq!(evaluation.outputs, network.forward(&x).unwrap());

            // Of a single output scikit-learn tells both probabilities.
            let probabilities = matrix("probabilities");
            assert_eq!(probabilities.shape(), (labels.len(), classes));
            for (ours, theirs) in evaluation.outputs.rows().zip(probabilities.rows()) {
                match *ours {
                    [p] => {
                        assert_near(1.0 - p, theirs[0], &what);
                        assert_near(p, theirs[1], &what);
                    }
                    _ => ours
                        .iter()
                        .zip(theirs)
                        .for_each(|(&ours, &theirs)| assert_near(ours, theirs, &what)),
                }
            }

            check_scores(
                &evaluation.confusion,
                &matrix("confusion"),
                &matrix("report"),
                &what,
            );
            assert_near(
                evaluation.confusion.accuracy(),
                vector("accuracy")[0],
                &what,
            );
            assert_eq!(
                accuracy(&labels, &predicted).unwrap(),
                evaluation.confusion.accuracy()
            );
            wrong += labels.len() - evaluation.confusion.correct();

            let log_loss = vector("log_loss")[0];
            assert_near(evaluation.cross_entropy.unwrap(), log_loss, &what);
            let from_probabilities = match classes {
                2 => binary_cross_entropy(&evaluation.outputs, &labels),
                _ => cross_entropy(&evaluation.outputs, &labels),
            };
            assert_near(from_probabilities.unwrap(), log_loss, &what);
        }
    }
    assert!(wrong > 5, "{wrong} wrong answers show little");
}

fn check_scores(confusion: &ConfusionMatrix, counts: &Matrix, report: &Matrix, what: &str) {
    let classes = confusion.classes();
    assert_eq!(counts.shape(), (classes, classes), "{what}");
    for label in 0..classes {
        for predicted in 0..classes {
            let count = confusion.count(label, predicted).unwrap();
            assert_eq!(count as f64, counts[(label, predicted)], "{what}");
        }
        let [precision, recall, f1] = [
            confusion.precision(label),
            confusion.recall(label),
            confusion.f1(label),
        ]
        .map(|score| score.unwrap_or(0.0));
        let support = confusion.support(label).unwrap() as f64;
        for (ours, &theirs) in [precision, recall, f1, support]
            .iter()
            .zip(report.row(label))
        {
            assert_near(*ours, theirs, what);
        }
    }
    let averages = [confusion.macro_average(), confusion.weighted_average()];
    for (ours, theirs) in averages.iter().zip(report.rows().skip(classes)) {
        let ours = [
            ours.precision,
            ours.recall,
            ours.f1,
            confusion.total() as f64,
        ];
        ours.iter()
            .zip(theirs)
            .for_each(|(&ours, &theirs)| assert_near(ours, theirs, what));
    }
}

/// A network without its last sigmoid gives logits; the two losses are then one.
#[test]
fn the_loss_of_logits_is_that_of_probabilities() {
    for x in [-30.0, -3.5, -0.0, 0.0, 1e-3, 0.7, 20.0] {
        let logits = Matrix::filled(3, 1, x);
        let mut probabilities = logits.clone();
        rowmajor::nn::Activation::Sigmoid.apply(&mut probabilities);
        for labels in [[0, 0, 0], [1, 1, 1], [0, 1, 1]] {
            let from_logits = binary_cross_entropy_from_logits(&logits, &labels).unwrap();
            let from_probabilities = binary_cross_entropy(&probabilities, &labels).unwrap();
            // 1 - p of a p close to 1 has few bits left.
            let difference = (from_logits - from_probabilities).abs();
            assert!(difference < 1e-2 * from_logits.max(1e-3), "{x} {labels:?}");
            assert!(difference < 1e-12 || x.abs() > 5.0, "{x} {labels:?}");
        }
    }
}
