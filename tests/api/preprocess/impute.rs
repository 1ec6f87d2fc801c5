//! Missing values.

use super::{common::Random, matrix};
use proptest::prelude::*;
use rowmajor::io::{Npz, NpzWriter};
use rowmajor::preprocess::{Error, Impute, Pipeline, Standardize, Step, drop_missing};
use rowmajor::{Matrix, MatrixView, ShapeError};

const NAN: f64 = f64::NAN;

fn with_holes() -> Matrix {
    matrix![
        [1.5, NAN, -3.0],
        [NAN, 2.25, 7.5],
        [0.1, 8.0, NAN],
        [0.7, NAN, 1e3],
        [NAN, 0.5, -0.25],
    ]
}

#[test]
fn fills_are_scikit_learns() {
    let x = with_holes();
    // SimpleImputer(strategy=...).fit(x).statistics_, scikit-learn 1.9.1.
    let mean = Impute::mean(&x).unwrap();
    for (ours, theirs) in mean
        .fill()
        .iter()
        .zip([0.7666666666666666, 3.5833333333333335, 251.0625])
    {
        assert!(
            (ours - theirs).abs() <= f64::EPSILON * theirs,
            "{ours} for {theirs}"
        );
    }
    let median = Impute::median(&x).unwrap();
    assert_eq!(median.fill(), [0.7, 2.25, 3.625]);
    assert_eq!(
        median.transform(&x).unwrap(),
        matrix![
            [1.5, 2.25, -3.0],
            [0.7, 2.25, 7.5],
            [0.1, 8.0, 3.625],
            [0.7, 2.25, 1e3],
            [0.7, 0.5, -0.25],
        ]
    );
    let constant = Impute::constant(3, -1.0).unwrap();
    assert_eq!(constant.transform(&x).unwrap().row(1), [-1.0, 2.25, 7.5]);
}

#[test]
fn rows_with_missing_values_are_dropped() {
    let x = matrix![
        [1.0, 2.0],
        [NAN, 4.0],
        [f64::INFINITY, 6.0],
        [7.0, -NAN],
        [-0.0, 0.0]
    ];
    let (kept, rows) = drop_missing(&x).unwrap();
    assert_eq!(rows, [0, 2, 4]);
    assert_eq!(kept, matrix![[1.0, 2.0], [f64::INFINITY, 6.0], [-0.0, 0.0]]);
    let (kept, rows) = drop_missing(&Matrix::filled(3, 2, NAN)).unwrap();
    assert_eq!((kept.shape(), rows), ((0, 2), vec![]));
    // A row of no value misses none.
    let (kept, rows) = drop_missing(&Matrix::zeros(3, 0)).unwrap();
    assert_eq!((kept.shape(), rows), ((3, 0), vec![0, 1, 2]));
    // So many that counting them through would not end.
    assert!(drop_missing(&Matrix::zeros(usize::MAX, 0)).is_err());
    assert_eq!(
        drop_missing(&Matrix::zeros(0, 4)).unwrap().0.shape(),
        (0, 4)
    );
}

#[test]
fn what_cannot_be_imputed() {
    type Fit = fn(&Matrix) -> Result<Impute, Error>;
    let fits: [Fit; 2] = [|x| Impute::mean(x), |x| Impute::median(x)];
    for fit in fits {
        for (rows, cols) in [(0, 0), (0, 3), (3, 0)] {
            let (op, shape) = ("impute", (rows, cols));
            let empty = Error::Shape(ShapeError::Empty { op, shape });
            assert_eq!(fit(&Matrix::zeros(rows, cols)), Err(empty));
        }
        for infinite in [f64::INFINITY, f64::NEG_INFINITY] {
            let mut x = with_holes();
            x[(3, 2)] = infinite;
            assert!(matches!(fit(&x), Err(Error::NotFinite { at: (3, 2), .. })));
        }
        let mut x = with_holes();
        (0..5).for_each(|row| x[(row, 1)] = NAN);
        let error = fit(&x).unwrap_err();
        assert_eq!(
            error,
            Error::NoValue {
                op: "impute",
                column: 1
            }
        );
        assert_eq!(
            error.to_string(),
            "impute: column 1 has missing values only"
        );
        let wide = matrix![[0.0, f64::MAX], [0.0, f64::MAX]];
        assert_eq!(
            fit(&wide),
            Err(Error::TooWide {
                op: "impute",
                column: 1
            })
        );
    }
    assert!(matches!(
        Impute::constant(3, NAN),
        Err(Error::NotFinite { .. })
    ));
    assert!(matches!(Impute::constant(0, 1.0), Err(Error::Shape(_))));
    let step = Impute::constant(3, 1.0).unwrap();
    let (op, lhs, rhs) = ("impute", (2, 4), (1, 3));
    let mismatch = Err(ShapeError::Mismatch { op, lhs, rhs });
    assert_eq!(step.transform(&Matrix::zeros(2, 4)), mismatch);
    assert_eq!(step.inverse_transform(&Matrix::zeros(2, 4)), mismatch);
}

#[test]
fn a_pipeline_begins_with_it() {
    let x = with_holes();
    let impute = Impute::median(&x).unwrap();
    let filled = impute.transform(&x).unwrap();
    let standardize = Standardize::fit(&filled).unwrap();
    let steps: Vec<Step> = vec![impute.into(), standardize.clone().into()];
    let pipeline = Pipeline::new(steps).unwrap();
    let y = pipeline.transform(&x).unwrap();
    assert_eq!(y, standardize.transform(&filled).unwrap());
    assert!(
        pipeline
            .inverse_transform(&y)
            .unwrap()
            .max_abs_diff(&filled)
            .unwrap()
            < 1e-12
    );
    let mut npz = NpzWriter::new(Vec::new());
    pipeline.write_npz(&mut npz).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert_eq!(npz.text("steps").unwrap(), ["impute", "standardize"]);
    assert_eq!(npz.vector("step1_fill").unwrap(), [0.7, 2.25, 3.625]);
    assert_eq!(Pipeline::from_npz(&npz).unwrap(), pipeline);
}

proptest! {
    #![proptest_config(super::common::config(200))]

    #[test]
    fn means_and_medians_are_those_of_what_is_there(rows in 1usize..30, cols in 1usize..5, seed: u64) {
        let mut random = Random::new(seed);
        let mut x = Matrix::from_fn(rows, cols, |row, _| match random.below(3) {
            0 if row > 0 => NAN,
            1 => random.below(5) as f64 - 2.0,
            _ => random.number(),
        });
        let (mean, median) = (Impute::mean(&x).unwrap(), Impute::median(&x).unwrap());
        for col in 0..cols {
            let mut present: Vec<f64> = (0..rows).map(|row| x[(row, col)]).filter(|x| !x.is_nan()).collect();
            let n = present.len();
            let sum = present.iter().fold(0.0, |sum, x| sum + x);
            prop_assert_eq!(mean.fill()[col], sum / n as f64);
            present.sort_by(f64::total_cmp);
            prop_assert_eq!(median.fill()[col], (present[(n - 1) / 2] + present[n / 2]) / 2.0);
        }
        // A view with gaps between its rows, and nothing but the holes changed.
        let view = MatrixView::with_row_stride(rows, 1, cols, x.as_slice()).unwrap();
        prop_assert_eq!(Impute::median(view).unwrap().fill()[0], median.fill()[0]);
        let filled = median.transform(&x).unwrap();
        for (row, filled) in (0..rows).zip(filled.rows()) {
            for (col, filled) in filled.iter().enumerate() {
                let x = &mut x[(row, col)];
                prop_assert_eq!(filled.to_bits(), if x.is_nan() { median.fill()[col] } else { *x }.to_bits());
            }
        }
    }
}
