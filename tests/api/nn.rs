//! Activations, layers, networks and their evaluation, through the public face.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly"
)]

use crate::common;

use common::fma::Fused;
use common::{Random, assert_bits, assert_ulps, config, same, sum_in_order, ulps};
use proptest::prelude::*;
use rowmajor::nn::{Activation, ConfusionMatrix, Dense, Network, Predictor, accuracy};
use rowmajor::{Matrix, ShapeError, arange, matrix, vecmath};

const INF: f64 = f64::INFINITY;

#[test]
fn activations_at_the_edges() {
    use Activation::{Identity, Relu, Sigmoid, Softmax, Step, Tanh};
    let cases = [
        (
            Identity,
            [-0.0, 0.0, -1000.0, 1000.0, -INF, INF],
            [-0.0, 0.0, -1000.0, 1000.0, -INF, INF],
        ),
        (
            Step,
            [-0.0, 0.0, -1000.0, 5e-324, -INF, INF],
            [0.0, 0.0, 0.0, 1.0, 0.0, 1.0],
        ),
        (
            Sigmoid,
            [-0.0, 0.0, -1000.0, 1000.0, -INF, INF],
            [0.5, 0.5, 0.0, 1.0, 0.0, 1.0],
        ),
        (
            Relu,
            [-0.0, 0.0, -1000.0, 1000.0, -INF, INF],
            [0.0, 0.0, 0.0, 1000.0, 0.0, INF],
        ),
        (
            Tanh,
            [-0.0, 0.0, -1000.0, 1000.0, -INF, INF],
            [-0.0, 0.0, -1.0, 1.0, -1.0, 1.0],
        ),
        (
            Softmax,
            [-0.0, 0.0, -1000.0, 1000.0, 1e308, -1e308],
            [1.0; 6],
        ),
    ];
    for (activation, x, y) in cases {
        // As a column, each value is a row of its own; softmax sees one number at a time.
        let mut column = Matrix::from_vec(6, 1, x.to_vec()).unwrap();
        activation.apply(&mut column);
        assert_bits(column.as_slice(), &y, activation);
        assert_bits(&x.map(|x| activation.of(x)), &y, activation);
    }
    for activation in Activation::ALL {
        let of_nan = activation.of(f64::NAN);
        if activation == Step {
            assert_eq!(of_nan, 0.0, "as in NumPy: NaN is not above 0");
        } else {
            assert!(of_nan.is_nan(), "{activation} of NaN is {of_nan}");
        }
    }
}

#[test]
fn names_are_read_and_printed() {
    for activation in Activation::ALL {
        assert_eq!(activation.to_string().parse(), Ok(activation));
        assert_eq!(activation.name().to_uppercase().parse(), Ok(activation));
    }
    assert_eq!("".parse::<Activation>().unwrap_err().name, "");
    assert_eq!(format!("[{:>8}]", Activation::Relu), "[    relu]");
}

#[test]
fn softmax_takes_each_row_for_itself() {
    let mut m = matrix![[1.0, 2.0], [1000.0, 1001.0], [f64::NAN, 0.0], [0.0, 0.0]];
    Activation::Softmax.apply(&mut m);
    assert_bits(m.row(0), m.row(1), "rows that differ by a constant");
    assert!(m.row(2).iter().all(|y| y.is_nan()), "a row with NaN");
    assert_eq!(m.row(3), [0.5, 0.5], "a NaN stays in its row");
    for (rows, cols) in [(0, 0), (0, 3), (3, 0)] {
        Activation::Softmax.apply(&mut Matrix::zeros(rows, cols));
    }
}

#[test]
fn the_chapters_product_is_exact() {
    let x = Matrix::from_vec(2, 4, (1..=8).map(f64::from).collect()).unwrap();
    let y = Matrix::from_vec(4, 3, (1..=12).map(f64::from).collect()).unwrap();
    assert_eq!(
        x.matmul(&y).unwrap(),
        matrix![[70.0, 80.0, 90.0], [158.0, 184.0, 210.0]]
    );
}

#[test]
fn the_chapters_network_gives_the_chapters_result() {
    let network = Network::new(vec![
        Dense::new(
            matrix![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
            vec![0.1, 0.2, 0.3],
            Activation::Sigmoid,
        )
        .unwrap(),
        Dense::new(
            matrix![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
            vec![0.1, 0.2],
            Activation::Sigmoid,
        )
        .unwrap(),
        Dense::new(
            matrix![[0.1, 0.3], [0.2, 0.4]],
            vec![0.1, 0.2],
            Activation::Identity,
        )
        .unwrap(),
    ])
    .unwrap();
    let y = network.forward(&matrix![[1.0, 0.5]]).unwrap();
    assert_ulps(y[(0, 0)], 0.3168270764110298, 1, "first output");
    assert_ulps(y[(0, 1)], 0.6962790898619668, 1, "second output");
}

#[test]
fn the_chapters_softmax_agrees_with_numpy() {
    let mut y = [0.3, 2.9, 4.0];
    vecmath::softmax(&mut y);
    for (y, expected) in
        y.into_iter()
            .zip([0.01821127329554753, 0.24519181293507392, 0.7365969137693786])
    {
        assert_ulps(y, expected, 2, "softmax(0.3, 2.9, 4.0)");
    }
    assert_eq!(y.iter().sum::<f64>(), 1.0);
}

#[test]
fn the_chapters_sigmoid_agrees_with_numpy() {
    let bits = |text: &str| f64::from_bits(u64::from_str_radix(text, 16).unwrap());
    let lines = include_str!("../data/sigmoid_numpy.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let (x, expected): (Vec<f64>, Vec<f64>) = lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(x, y)| (bits(x), bits(y)))
        .unzip();
    assert_eq!(x.len(), 160);
    assert_bits(&arange(-8.0, 8.0, 0.1).unwrap(), &x, "arange(-8, 8, 0.1)");
    let mut y = x.clone();
    vecmath::sigmoid(&mut y);
    let worst = y
        .iter()
        .zip(&expected)
        .map(|(&y, &expected)| ulps(y, expected))
        .max();
    println!("largest difference from NumPy: {worst:?} ulp");
    assert!(worst <= Some(2), "{worst:?} ulp");
}

/// A network of perceptrons with one output, run over the four pairs of 0 and 1.
fn truth_table(layers: Vec<Dense>) -> Vec<f64> {
    let inputs = matrix![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    Network::new(layers)
        .unwrap()
        .forward(&inputs)
        .unwrap()
        .into_vec()
}

#[test]
fn perceptrons_are_gates() {
    let gate = |w: f64, b: f64| Dense::new(matrix![[w], [w]], vec![b], Activation::Step).unwrap();
    assert_eq!(
        truth_table(vec![gate(0.5, -0.7)]),
        [0.0, 0.0, 0.0, 1.0],
        "AND"
    );
    assert_eq!(
        truth_table(vec![gate(-0.5, 0.7)]),
        [1.0, 1.0, 1.0, 0.0],
        "NAND"
    );
    assert_eq!(
        truth_table(vec![gate(0.5, -0.2)]),
        [0.0, 1.0, 1.0, 1.0],
        "OR"
    );
    let nand_or = Dense::new(
        matrix![[-0.5, 0.5], [-0.5, 0.5]],
        vec![0.7, -0.2],
        Activation::Step,
    )
    .unwrap();
    assert_eq!(
        truth_table(vec![nand_or, gate(0.5, -0.7)]),
        [0.0, 1.0, 1.0, 0.0],
        "XOR"
    );
}

#[test]
fn sizes_are_checked_once_and_named() {
    let layer = |inputs, outputs| {
        Dense::new(
            Matrix::zeros(inputs, outputs),
            vec![0.0; outputs],
            Activation::Relu,
        )
        .unwrap()
    };
    let error = Dense::new(Matrix::zeros(3, 2), vec![0.0; 3], Activation::Relu).unwrap_err();
    assert_eq!(
        error,
        ShapeError::Mismatch {
            op: "dense",
            lhs: (3, 2),
            rhs: (1, 3)
        }
    );
    let error = Dense::new(Matrix::zeros(3, 0), vec![], Activation::Relu).unwrap_err();
    assert_eq!(
        error,
        ShapeError::Empty {
            op: "dense",
            shape: (3, 0)
        }
    );
    let error = Network::new(vec![]).unwrap_err();
    assert!(matches!(error, ShapeError::Empty { op: "network", .. }));
    let error = Network::new(vec![layer(5, 4), layer(4, 3), layer(2, 1)]).unwrap_err();
    assert_eq!(
        error,
        ShapeError::Layers {
            layer: 1,
            lhs: (4, 3),
            rhs: (2, 1)
        }
    );

    let network = Network::new(vec![layer(5, 4), layer(4, 3)]).unwrap();
    let wrong = Matrix::zeros(2, 6);
    let expected = |op| ShapeError::Product {
        op,
        lhs: (2, 6),
        rhs: (5, 4),
        inner: (6, 5),
    };
    assert_eq!(network.forward(&wrong).unwrap_err(), expected("forward"));
    assert_eq!(network.predict(&wrong).unwrap_err(), expected("predict"));
    let predictor = Predictor::new(&network);
    let mut out = Matrix::filled(2, 3, 7.0);
    assert_eq!(
        predictor.forward_into(&wrong, &mut out).unwrap_err(),
        expected("forward_into")
    );
    let error = predictor
        .forward_into(&Matrix::zeros(4, 5), &mut out)
        .unwrap_err();
    assert_eq!(
        error,
        ShapeError::Output {
            op: "forward_into",
            expected: (4, 3),
            found: (2, 3)
        }
    );
    assert_eq!(
        out,
        Matrix::filled(2, 3, 7.0),
        "an error leaves the output alone"
    );
    // A layer without inputs gives its bias; a batch without rows nothing.
    let constant = Dense::new(Matrix::zeros(0, 2), vec![1.0, -2.0], Activation::Identity).unwrap();
    assert_eq!(
        constant.forward(&Matrix::zeros(3, 0)).unwrap(),
        matrix![[1.0, -2.0], [1.0, -2.0], [1.0, -2.0]]
    );
    assert_eq!(
        network.forward(&Matrix::zeros(0, 5)).unwrap().shape(),
        (0, 3)
    );
}

/// A network of 1 to 3 layers of up to 40 values, with any activation.
fn random_network(random: &mut Random) -> Network {
    let sizes: Vec<usize> = (0..2 + random.below(3))
        .map(|_| 1 + random.below(40))
        .collect();
    let layers = sizes.windows(2).map(|pair| {
        let weights = Matrix::from_fn(pair[0], pair[1], |_, _| random.number());
        let bias = (0..pair[1]).map(|_| random.number()).collect();
        Dense::new(weights, bias, Activation::ALL[random.below(6)]).unwrap()
    });
    Network::new(layers.collect()).unwrap()
}

/// The contract for a whole network, in plain loops: product, then bias, then activation.
fn forward_naively(network: &Network, x: &[f64]) -> Vec<f64> {
    network.layers().iter().fold(x.to_vec(), |x, layer| {
        let output = |j: usize| {
            let chain = x
                .iter()
                .enumerate()
                .fold(0.0, |c, (p, x)| x.fused(layer.weights()[(p, j)], c));
            chain + layer.bias()[j]
        };
        let a: Vec<f64> = (0..layer.outputs()).map(output).collect();
        match layer.activation() {
            Activation::Softmax => {
                let max = a.iter().copied().fold(-INF, f64::max);
                let e: Vec<f64> = a.iter().map(|x| vecmath::scalar::exp(x - max)).collect();
                let sum = sum_in_order(&e);
                e.into_iter().map(|e| e / sum).collect()
            }
            activation => a.into_iter().map(|x| activation.of(x)).collect(),
        }
    })
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn a_batch_is_its_rows_bit_for_bit(seed in any::<u64>(), rows in 1..=70usize) {
        let mut random = Random::new(seed);
        let network = random_network(&mut random);
        let x = Matrix::from_fn(rows, network.inputs(), |_, _| random.number());
        let all = network.forward(&x).unwrap();
        prop_assert_eq!(all.shape(), (rows, network.outputs()));
        for (i, row) in x.rows().enumerate() {
            let alone = network.forward(x.view_rows(i..=i).unwrap()).unwrap();
            assert_bits(alone.as_slice(), all.row(i), ("row alone", i));
            assert_bits(&forward_naively(&network, row), all.row(i), ("plain loops", i));
        }
        let predictor = Predictor::new(&network);
        for split in 0..=rows {
            let mut parts = Vec::new();
            for part in [x.view_rows(..split).unwrap(), x.view_rows(split..).unwrap()] {
                let mut out = Matrix::filled(part.nrows(), network.outputs(), f64::NAN);
                predictor.forward_into(part, &mut out).unwrap();
                parts.extend(out.into_vec());
            }
            assert_bits(&parts, all.as_slice(), ("split at", split));
        }
    }

    #[test]
    fn the_class_is_where_the_largest_result_stands(seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let network = random_network(&mut random);
        let x = Matrix::from_fn(20, network.inputs(), |_, _| random.number());
        let results = network.forward(&x).unwrap();
        if network.classes() == 1 {
            let refused = matches!(network.predict(&x), Err(ShapeError::SingleOutput { .. }));
            prop_assert!(refused && network.evaluate(&x, &[0; 20]).is_err());
            return Ok(());
        }
        let classes = network.predict(&x).unwrap();
        for (row, &class) in results.rows().zip(&classes) {
            match *row {
                [y] => prop_assert_eq!(class, usize::from(y > 0.5), "of {}", y),
                _ => prop_assert!(row.iter().all(|&y| y <= row[class]), "class {class} of {row:?}"),
            }
        }
        let labels: Vec<usize> = classes.iter().map(|&class| class ^ random.below(2)).collect();
        let labels: Vec<usize> = labels.into_iter().map(|label| label.min(network.classes() - 1)).collect();
        let confusion = network.evaluate(&x, &labels).unwrap().confusion;
        prop_assert_eq!(confusion.accuracy(), accuracy(&labels, &classes).unwrap());
    }

    #[test]
    fn softmax_gives_probabilities_in_the_order_of_the_row(
        // Proptest wants a finite width where the platform's fma overflows, as mingw's.
        row in prop::collection::vec(prop_oneof![-8e307..8e307f64, -50.0..50.0f64, Just(1e308), Just(-1e308)], 1..60),
        shift in -20i32..20,
    ) {
        let mut y = row.clone();
        vecmath::softmax(&mut y);
        prop_assert!(y.iter().all(|y| (0.0..=1.0).contains(y)), "{y:?}");
        let sum: f64 = y.iter().sum();
        prop_assert!((sum - 1.0).abs() <= row.len() as f64 * f64::EPSILON, "the sum is {sum}");
        for (i, j) in (0..row.len()).flat_map(|i| (0..row.len()).map(move |j| (i, j))) {
            prop_assert!(row[i] > row[j] || y[i] <= y[j], "{} ≤ {} but {} > {}", row[i], row[j], y[i], y[j]);
            prop_assert!(row[i] != row[j] || same(y[i], y[j]), "equal values, unequal results");
        }
        // Small numbers shift exactly, so that the result may not change at all.
        let small: Vec<f64> = row.iter().map(|x| (x % 1024.0).round()).collect();
        let mut plain = small.clone();
        let mut shifted: Vec<f64> = small.iter().map(|x| x + f64::from(shift)).collect();
        vecmath::softmax(&mut plain);
        vecmath::softmax(&mut shifted);
        assert_bits(&shifted, &plain, ("shift", shift));
    }
}

#[test]
fn the_class_is_told_before_softmax_rounds_it_away() {
    // Both logits give 0.5 after softmax; the larger one is second.
    let network = Network::new(vec![
        Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Softmax).unwrap(),
    ])
    .unwrap();
    let x = matrix![[0.0, 1e-17]];
    let y = network.forward(&x).unwrap();
    assert_eq!(
        y[(0, 0)],
        y[(0, 1)],
        "the case does not show what it should"
    );
    assert_eq!(network.predict(&x).unwrap(), [1]);
    // Sigmoid and step are applied: they move the maximum where they round.
    let network = Network::new(vec![
        Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Step).unwrap(),
    ])
    .unwrap();
    assert_eq!(
        network.predict(&matrix![[1.0, 2.0]]).unwrap(),
        [0],
        "both are 1, the first wins"
    );
}

#[test]
fn a_predictor_serves_many_threads_with_the_bits_of_the_network() {
    let mut random = Random::new(5);
    let layers = [(30, 64), (64, 20), (20, 7)].map(|(inputs, outputs)| {
        let weights = Matrix::from_fn(inputs, outputs, |_, _| random.number());
        Dense::new(
            weights,
            (0..outputs).map(|_| random.number()).collect(),
            Activation::Tanh,
        )
        .unwrap()
    });
    let network = Network::new(layers.to_vec()).unwrap();
    let x = Matrix::from_fn(90, 30, |_, _| random.number());
    let expected = network.forward(&x).unwrap();
    let predictor = Predictor::new(&network);
    assert_eq!(predictor.forward(&x).unwrap(), expected);
    let classes = network.predict(&x).unwrap();
    assert_eq!(predictor.predict(&x).unwrap(), classes);
    assert_eq!(classes, expected.argmax_rows().unwrap());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (predictor, x, expected) = (&predictor, &x, &expected);
            scope.spawn(move || {
                // Batch sizes go up and down: buffers are reused larger and smaller.
                for round in 0..200 {
                    let start = (thread * 37 + round * 13) % 90;
                    let end = 90.min(start + 1 + (round * 29) % 40);
                    let mut out = Matrix::filled(end - start, 7, f64::NAN);
                    predictor
                        .forward_into(x.view_rows(start..end).unwrap(), &mut out)
                        .unwrap();
                    let expected = expected.view_rows(start..end).unwrap().to_matrix();
                    assert_bits(out.as_slice(), expected.as_slice(), (thread, round));
                }
            });
        }
    });
}

#[test]
fn confusion_counts_and_prints() {
    let labels = [0, 0, 0, 1, 1, 3];
    let predicted = [0, 0, 1, 1, 3, 3];
    let confusion = ConfusionMatrix::new(4, &labels, &predicted).unwrap();
    assert_eq!(
        (confusion.total(), confusion.correct(), confusion.classes()),
        (6, 4, 4)
    );
    assert_eq!(confusion.count(0, 0), Some(2));
    assert_eq!(confusion.count(0, 1), Some(1));
    assert_eq!(confusion.count(1, 3), Some(1));
    assert_eq!(confusion.count(3, 1), Some(0));
    assert_eq!(confusion.count(0, 4), None);
    assert_eq!(confusion.count(4, 0), None);
    assert_eq!(confusion.recall(0), Some(2.0 / 3.0));
    assert_eq!(confusion.recall(2), None, "no sample of this class");
    assert_eq!(confusion.recall(4), None, "no such class");
    assert_eq!(confusion.accuracy(), accuracy(&labels, &predicted).unwrap());
    assert_eq!(
        confusion.to_string(),
        "  true 0 1 2 3  recall\n     0 2 1 · ·   66.7%\n     1 · 1 · 1   50.0%\n     2 · · · ·       -\n     3 · · · 1  100.0%"
    );
    assert!(accuracy(&[], &[]).unwrap().is_nan());
    let length = |op| ShapeError::Length {
        op,
        expected: 2,
        found: 1,
    };
    assert_eq!(accuracy(&[1, 2], &[1]).unwrap_err(), length("accuracy"));
    assert_eq!(
        ConfusionMatrix::new(3, &[1, 2], &[1]).unwrap_err(),
        length("confusion")
    );
    let outside = |row, label| ShapeError::Label {
        op: "confusion",
        row,
        label,
        classes: 3,
    };
    let confusion = |labels: &[usize], predicted: &[usize]| {
        ConfusionMatrix::new(3, labels, predicted).unwrap_err()
    };
    assert_eq!(confusion(&[3], &[0]), outside(0, 3));
    assert_eq!(confusion(&[0, 2], &[1, 7]), outside(1, 7));
    assert!(matches!(
        ConfusionMatrix::new(usize::MAX, &[], &[]),
        Err(ShapeError::TooLarge { .. })
    ));
}
