//! Data and parameters that make no step.

use super::random;
use rowmajor::preprocess::{
    Error, MinMax, Pipeline, Standardize, Step, Whiten, Whitening, WhiteningKind, covariance,
};
use rowmajor::{EighError, Matrix, ShapeError, matrix};
use std::error::Error as _;

#[test]
fn data_that_cannot_be_fitted() {
    type Fit = fn(&Matrix) -> Result<(), Error>;
    let fits: [Fit; 5] = [
        |x| MinMax::fit(x).map(drop),
        |x| Standardize::fit(x).map(drop),
        |x| Whitening::pca().fit(x).map(drop),
        |x| Whitening::zca().fit(x).map(drop),
        |x| covariance(x).map(drop),
    ];
    for fit in fits {
        for shape in [(0, 0), (0, 3), (3, 0)] {
            match fit(&Matrix::zeros(shape.0, shape.1)) {
                Err(Error::Shape(ShapeError::Empty { shape: found, .. })) => {
                    assert_eq!(found, shape)
                }
                other => panic!("{other:?}"),
            }
        }
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut x = random(20, 11, 1);
            x[(17, 9)] = bad;
            match fit(&x) {
                Err(Error::NotFinite { at: (17, 9), .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        let mut x = random(20, 11, 1);
        (x[(0, 4)], x[(1, 4)]) = (f64::MAX, -f64::MAX);
        match fit(&x) {
            Err(Error::TooWide { column: 4, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    // The mean is rounded by more than a square can hold.
    let (op, column) = ("standardize", 1);
    let wide = matrix![[1e300, 0.0], [1e300, 1e300], [1e300, 1e308]];
    assert_eq!(Standardize::fit(&wide), Err(Error::TooWide { op, column }));
    for whitening in [Whitening::pca(), Whitening::zca()] {
        let constant = whitening.fit(&Matrix::filled(5, 3, 0.1));
        assert_eq!(constant, Err(Error::Constant { op: "whiten" }));
        let one_row = whitening.fit(&Matrix::ones(1, 3));
        assert!(matches!(
            one_row,
            Err(Error::TooFewRows {
                needed: 2,
                found: 1,
                ..
            })
        ));
        for refused in [
            whitening.components(0),
            whitening.components(12),
            whitening.epsilon(-1e-9),
            whitening.epsilon(f64::NAN),
            whitening.epsilon(f64::INFINITY),
        ] {
            let error = refused.fit(&random(20, 11, 1));
            assert!(matches!(error, Err(Error::Parameter { .. })), "{error:?}");
        }
    }
    for (low, high) in [
        (1.0, 1.0),
        (1.0, 0.0),
        (f64::NAN, 1.0),
        (-f64::MAX, f64::MAX),
    ] {
        let error = MinMax::fit_to(&Matrix::ones(2, 2), low, high);
        assert!(matches!(error, Err(Error::Parameter { .. })), "{error:?}");
    }
}

#[test]
fn errors_have_the_sources_that_they_print() {
    let shape = ShapeError::Empty {
        op: "whiten",
        shape: (0, 3),
    };
    let eigh = EighError::NotSquare { shape: (2, 3) };
    let error = Error::from(shape.clone());
    assert_eq!(error.to_string(), shape.to_string());
    assert_eq!(error.source().unwrap().downcast_ref(), Some(&shape));
    let error = Error::from(eigh.clone());
    assert_eq!(error.to_string(), eigh.to_string());
    assert_eq!(error.source().unwrap().downcast_ref(), Some(&eigh));
    assert!(Error::Constant { op: "whiten" }.source().is_none());
}

#[test]
fn two_bad_values_in_a_row_are_no_good_one() {
    let x = matrix![[1.0, 2.0], [f64::NAN, f64::INFINITY]];
    let error = Standardize::fit(&x).unwrap_err();
    assert_eq!(
        error.to_string(),
        "standardize: (1, 0) is NaN, not a finite number"
    );
}

#[test]
fn steps_that_cannot_be_made() {
    let parameter = |error| matches!(error, Error::Parameter { .. });
    assert!(parameter(
        MinMax::new(vec![1.0], vec![0.0], 0.0, 1.0).unwrap_err()
    ));
    assert!(parameter(
        Standardize::new(vec![1.0], vec![-1.0]).unwrap_err()
    ));
    let whiten = |components, variances: &[f64]| {
        Whiten::new(
            WhiteningKind::Pca,
            vec![0.0, 0.0],
            components,
            variances.to_vec(),
            0.0,
        )
    };
    assert!(parameter(whiten(matrix![[1.0, 0.0]], &[0.0]).unwrap_err()));
    let sizes = whiten(matrix![[1.0, 0.0]], &[1.0, 1.0]).unwrap_err();
    assert!(matches!(
        sizes,
        Error::Shape(ShapeError::Mismatch {
            lhs: (1, 2),
            rhs: (2, 2),
            ..
        })
    ));
    let huge = whiten(matrix![[1e300, 0.0]], &[1e-300]).unwrap_err();
    assert!(matches!(huge, Error::TooWide { .. }));
    // Steps that do not follow each other.
    let x = random(10, 4, 1);
    let steps: [Step; 3] = [
        MinMax::fit(&x).unwrap().into(),
        Standardize::fit(&x).unwrap().into(),
        Whitening::pca().components(3).fit(&x).unwrap().into(),
    ];
    for first in &steps {
        for second in &steps {
            let shape = |step: &Step| (4, if *step == steps[2] { 3 } else { 4 });
            let (lhs, rhs) = (shape(first), shape(second));
            match Pipeline::new(vec![first.clone(), second.clone()]) {
                Ok(_) => assert_eq!(lhs.1, rhs.0),
                Err(error) => {
                    let op = "pipeline";
                    assert_eq!(error, ShapeError::Mismatch { op, lhs, rhs });
                    assert_ne!(lhs.1, rhs.0);
                }
            }
        }
    }
    // Other columns than were fitted.
    let pipeline = Pipeline::new(vec![Standardize::fit(&x).unwrap().into()]).unwrap();
    for cols in [0, 3, 5] {
        let wrong = Matrix::zeros(2, cols);
        let expected = ShapeError::Mismatch {
            op: "standardize",
            lhs: (2, cols),
            rhs: (1, 4),
        };
        assert_eq!(pipeline.transform(&wrong).unwrap_err(), expected);
        assert_eq!(pipeline.inverse_transform(&wrong).unwrap_err(), expected);
    }
}
