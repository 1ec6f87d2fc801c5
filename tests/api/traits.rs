//! What every public type promises to generic code: it crosses threads, prints, is copied where it is plain data.

use rowmajor::io::{Array, Csv, CsvOptions, Mnist, MnistSet, Npz, NpzWriter};
use rowmajor::nn::{
    Activation, ConfusionMatrix, Dense, Evaluation, Network, Predictor, Scores, UnknownActivation,
};
use rowmajor::plot::{Chart, ConfusionMap, Images, Line};
use rowmajor::preprocess::{
    self, Impute, MinMax, Pipeline, Split, Standardize, Step, Whiten, Whitening,
};
use rowmajor::random::Rng;
use rowmajor::{Batches, Eigh, EighError, Matrix, MatrixView, PackedMatrix, Rows, ShapeError, io};
use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

#[test]
fn every_type_crosses_threads_and_prints() {
    fn crosses<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug>() {}
    crosses::<Matrix>();
    crosses::<MatrixView<'static>>();
    crosses::<PackedMatrix>();
    crosses::<Rows<'static>>();
    crosses::<Batches<'static>>();
    crosses::<Activation>();
    crosses::<Dense>();
    crosses::<Network>();
    crosses::<Predictor>();
    crosses::<ConfusionMatrix>();
    crosses::<Array>();
    crosses::<Npz>();
    crosses::<NpzWriter<Vec<u8>>>();
    crosses::<Line>();
    crosses::<Chart>();
    crosses::<Images>();
    crosses::<ConfusionMap>();
    crosses::<Eigh>();
    crosses::<Csv>();
    crosses::<CsvOptions>();
    crosses::<Mnist>();
    crosses::<MnistSet>();
    crosses::<Evaluation>();
    crosses::<Scores>();
    crosses::<Impute>();
    crosses::<MinMax>();
    crosses::<Standardize>();
    crosses::<Whitening>();
    crosses::<Whiten>();
    crosses::<Step>();
    crosses::<Pipeline>();
    crosses::<Rng>();
    crosses::<Split>();
}

#[test]
fn plain_data_is_cloned_and_compared() {
    fn plain<T: Clone + PartialEq>() {}
    plain::<Matrix>();
    plain::<MatrixView<'static>>();
    plain::<Activation>();
    plain::<Dense>();
    plain::<Network>();
    plain::<ConfusionMatrix>();
    plain::<Line>();
    plain::<Chart>();
    plain::<Images>();
    plain::<ConfusionMap>();
    plain::<Eigh>();
    plain::<Mnist>();
    plain::<MnistSet>();
    plain::<Impute>();
    plain::<MinMax>();
    plain::<Standardize>();
    plain::<Whiten>();
    plain::<Step>();
    plain::<Pipeline>();
}

#[test]
fn every_error_fits_in_a_box_that_travels() {
    fn travels<T: std::error::Error + Send + Sync + 'static>() {}
    travels::<ShapeError>();
    travels::<io::Error>();
    travels::<UnknownActivation>();
    travels::<EighError>();
    travels::<preprocess::Error>();
}

/// A function of the kind that the crate's own operations are.
fn taken<'a>(x: impl Into<MatrixView<'a>>) -> Matrix {
    x.into().to_matrix()
}

#[test]
fn an_operand_may_be_a_matrix_a_view_a_slice_or_an_array() {
    let row = Matrix::from_vec(1, 3, vec![1.0, 2.0, 3.0]).unwrap();
    let values = vec![1.0, 2.0, 3.0];
    assert_eq!(taken(&row), row);
    assert_eq!(taken(row.view()), row);
    let borrowed: &MatrixView<'_> = &row.view();
    assert_eq!(taken(borrowed), row);
    assert_eq!(taken(&values), row);
    assert_eq!(taken(values.as_slice()), row);
    assert_eq!(taken(&[1.0, 2.0, 3.0]), row);
    let columns = Matrix::from_vec(3, 1, values).unwrap();
    assert_eq!(taken(&[[1.0], [2.0], [3.0]]), columns);
}

#[test]
fn operands_without_values_keep_their_shape() {
    assert_eq!(taken(&[0.0; 0]).shape(), (1, 0));
    assert_eq!(taken(&Vec::new()).shape(), (1, 0));
    assert_eq!(taken(&[[0.0; 0]; 4]).shape(), (4, 0));
    assert_eq!(taken(&[[0.0; 4]; 0]).shape(), (0, 4));
    // A product with them: sums of nothing.
    let products = taken(&[[0.0; 0]; 4]).matmul(&[[0.0; 2]; 0]).unwrap();
    assert_eq!(products, Matrix::zeros(4, 2));
}

#[test]
fn a_view_is_iterated_by_value_and_by_reference() {
    let m = rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]];
    let view = m.view_rows(1..).unwrap();
    let mut seen = Vec::new();
    for row in &view {
        seen.push(row);
    }
    for row in view {
        seen.push(row);
    }
    assert_eq!(seen, [m.row(1), m.row(1)]);
}

#[test]
fn a_predictor_gives_what_its_network_gives() {
    let layer = |inputs, outputs, activation| {
        let weights = Matrix::from_fn(inputs, outputs, |i, j| ((3 * i + 5 * j) % 7) as f64 - 3.0);
        Dense::new(weights, vec![0.125; outputs], activation).unwrap()
    };
    let network = Network::new(vec![
        layer(5, 9, Activation::Tanh),
        layer(9, 4, Activation::Softmax),
    ])
    .unwrap();
    let predictor = Predictor::new(&network);
    for rows in [0, 1, 3, 300] {
        let x = Matrix::from_fn(rows, 5, |i, j| ((i + 2 * j) % 11) as f64 / 8.0 - 0.5);
        assert_eq!(predictor.forward(&x), network.forward(&x));
        assert_eq!(predictor.predict(&x), network.predict(&x));
    }
    let wrong = Matrix::zeros(2, 4);
    assert_eq!(predictor.forward(&wrong), network.forward(&wrong));
    assert_eq!(predictor.predict(&wrong), network.predict(&wrong));
    assert!(predictor.predict(&wrong).is_err());
}
