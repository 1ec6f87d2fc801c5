//! Sizes: none, the largest, and products of sizes that no number holds. An error or the right answer, everywhere.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use rowmajor::nn::{Activation, ConfusionMatrix, Dense, Network, Predictor};
use rowmajor::{Matrix, MatrixView, PackedMatrix, ShapeError, arange, io, linspace};
use std::panic::{AssertUnwindSafe, catch_unwind};

const MAX: usize = usize::MAX;
/// The most values that a slice can have.
const MOST: usize = isize::MAX as usize / 8;

/// What becomes of a shape: it has no values and is made; it cannot be addressed; or it could, but not be had.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Empty,
    TooLarge,
    OutOfMemory,
}
use Fate::{Empty, OutOfMemory, TooLarge};

/// Shapes of no values, and of more than there is memory for.
const SHAPES: [((usize, usize), Fate); 16] = [
    ((0, 0), Empty),
    ((0, 5), Empty),
    ((5, 0), Empty),
    ((0, MAX), Empty),
    ((MAX, 0), Empty),
    ((MOST, 1), OutOfMemory),
    ((1, MOST), OutOfMemory),
    ((MOST / 2, 2), OutOfMemory),
    ((MOST + 1, 1), TooLarge),
    ((1, MOST + 1), TooLarge),
    ((MAX, 1), TooLarge),
    ((MAX, MAX), TooLarge),
    ((2, MAX / 2 + 1), TooLarge),
    ((1 << 32, 1 << 32), TooLarge),
    // The product wraps to 4.
    ((MAX - 1, MAX - 1), TooLarge),
    ((1 << 31, 1 << 30), TooLarge),
];

#[track_caller]
fn check<T>(what: &str, shape: (usize, usize), fate: Fate, found: Result<T, ShapeError>) {
    let found = found.map(|_| ());
    let expected = match fate {
        Empty => Ok(()),
        TooLarge => Err(ShapeError::TooLarge { shape }),
        OutOfMemory => Err(ShapeError::OutOfMemory { shape }),
    };
    assert_eq!(found, expected, "{what} {shape:?}");
}

/// The same for what panics with the error's message.
#[track_caller]
fn check_panic<T>(what: &str, shape: (usize, usize), fate: Fate, make: impl FnOnce() -> T) {
    let found = catch_unwind(AssertUnwindSafe(|| drop(make())));
    let message = found.map_err(|payload| *payload.downcast::<String>().unwrap());
    let expected = match fate {
        Empty => Ok(()),
        TooLarge => Err(ShapeError::TooLarge { shape }.to_string()),
        OutOfMemory => Err(ShapeError::OutOfMemory { shape }.to_string()),
    };
    assert_eq!(message, expected, "{what} {shape:?}");
}

/// The shape of a matrix or of a view, as far as it can be had: of no values, or strided over none.
fn empty(rows: usize, cols: usize) -> Matrix {
    Matrix::from_vec(rows, cols, Vec::new()).unwrap()
}

#[test]
fn constructors() {
    for (shape @ (rows, cols), fate) in SHAPES {
        check(
            "try_filled",
            shape,
            fate,
            Matrix::try_filled(rows, cols, 1.0),
        );
        check_panic("zeros", shape, fate, || Matrix::zeros(rows, cols));
        check_panic("ones", shape, fate, || Matrix::ones(rows, cols));
        check_panic("from_fn", shape, fate, || {
            Matrix::from_fn(rows, cols, |_, _| 1.0)
        });
        // Those that are given their values: no slice is long enough.
        let wrong = |op: &'static str| match fate {
            Empty => Ok(()),
            TooLarge => Err(ShapeError::TooLarge { shape }),
            OutOfMemory => Err(ShapeError::Data {
                op,
                shape,
                expected: rows * cols,
                found: 0,
            }),
        };
        let found = Matrix::from_vec(rows, cols, Vec::new()).map(|_| ());
        assert_eq!(found, wrong("from_vec"), "{shape:?}");
        let found = MatrixView::from_slice(rows, cols, &[]).map(|_| ());
        assert_eq!(found, wrong("from_slice"), "{shape:?}");
        let found = MatrixView::with_row_stride(rows, cols, cols, &[]).map(|_| ());
        assert_eq!(found, wrong("with_row_stride"), "{shape:?}");
        let found = Matrix::default().reshape(rows, cols).map(|_| ());
        assert_eq!(found, wrong("reshape"), "{shape:?}");
    }
    let strides = [
        (2, 1, MAX, TooLarge),
        (3, 1, MAX / 2 + 1, TooLarge),
        (2, 1, MAX - 1, OutOfMemory),
    ];
    for (rows, cols, stride, fate) in strides {
        let found = MatrixView::with_row_stride(rows, cols, stride, &[1.0; 4]).unwrap_err();
        match fate {
            TooLarge => assert_eq!(
                found,
                ShapeError::TooLarge {
                    shape: (rows, stride)
                }
            ),
            _ => assert!(
                matches!(found, ShapeError::Data { expected: MAX, .. }),
                "{found:?}"
            ),
        }
    }
    for size in [1 << 31, 1 << 32, MAX] {
        check_panic("identity", (size, size), TooLarge, || {
            Matrix::identity(size)
        });
    }
    check_panic("linspace", (1, MOST), OutOfMemory, || {
        linspace(0.0, 1.0, MOST)
    });
    check_panic("linspace", (1, MAX), TooLarge, || linspace(0.0, 1.0, MAX));
    assert_eq!(linspace(0.0, 1.0, 0), []);
    check("arange", (1, MAX), TooLarge, arange(0.0, 1e300, 1.0));
    check("arange", (1, MAX), TooLarge, arange(0.0, 1.0, f64::NAN));
    check(
        "arange",
        (1, 1 << 59),
        OutOfMemory,
        arange(0.0, 2_f64.powi(59), 1.0),
    );
    let confusion = |classes| ConfusionMatrix::new(classes, &[], &[]);
    check("confusion", (0, 0), Empty, confusion(0));
    check(
        "confusion",
        (1 << 32, 1 << 32),
        TooLarge,
        confusion(1 << 32),
    );
    check(
        "confusion",
        (1 << 29, 1 << 29),
        OutOfMemory,
        confusion(1 << 29),
    );
}

/// Nothing is counted through that has no values, however many rows it has.
#[test]
fn shapes_without_values() {
    for (rows, cols) in [(0, 0), (0, 5), (5, 0), (0, MAX), (MAX, 0)] {
        let m = empty(rows, cols);
        assert_eq!((m.shape(), m.len()), ((rows, cols), 0));
        assert_eq!(m.transpose().shape(), (cols, rows));
        assert_eq!(m.clone(), m);
        assert_eq!(m.view(), m.view());
        assert_eq!(m.view().to_matrix(), m);
        assert_eq!(Matrix::from_fn(rows, cols, |_, _| unreachable!()), m);
        assert_eq!(m.map(f64::exp), m);
        assert_eq!(&m + &m, m);
        assert_eq!(&m * 2.0, m);
        let mut sum = m.clone();
        sum += &m;
        sum *= 2.0;
        assert_eq!(m.try_sub(&m).unwrap(), m);
        assert_eq!(m.hadamard(&m).unwrap(), m);
        assert_eq!(m.zip_map(&m, |_, _| unreachable!()).unwrap(), m);
        assert_eq!(m.max_abs_diff(&m), Ok(0.0));
        assert_eq!(
            (m.sum().to_bits(), m.mean(), m.min(), m.max()),
            (0, None, None, None)
        );
        if cols < MAX {
            assert_eq!(m.add_row(&vec![1.0; cols]).unwrap(), m);
            assert_eq!(m.col_sums(), vec![0.0; cols]);
            assert_eq!(m.col_maxes(), vec![f64::NEG_INFINITY; cols]);
        }
        if rows < MAX {
            assert_eq!(m.row_sums(), vec![0.0; rows]);
            assert_eq!(m.argmax_rows().is_ok(), rows == 0);
        }
        assert_eq!(m.rows().len(), rows);
        assert_eq!(m.batches(MAX).len(), rows.min(1));
        assert_eq!(m.view_rows(..).unwrap().shape(), (rows, cols));
        assert_eq!(m.view_rows(rows..).unwrap().shape(), (0, cols));
        assert!(m.view_rows(..=MAX).is_err() || rows == MAX);
        assert!(format!("{m} {m:?}").len() < 1000);
        for activation in Activation::ALL {
            activation.apply(&mut m.clone());
        }
        let mut bytes = Vec::new();
        io::write_npy(&mut bytes, &m).unwrap();
        // A size that could not be that of any value is not believed, though there are none here.
        match io::read_npy(&bytes[..]) {
            Ok(array) => assert_eq!(array.into_matrix().unwrap(), m),
            Err(error) => assert!(rows.max(cols) == MAX, "{error}"),
        }
    }
    let (tall, wide) = (empty(MAX, 0), empty(0, MAX));
    check_panic("row_sums", (1, MAX), TooLarge, || tall.row_sums());
    check_panic("col_means", (1, MAX), TooLarge, || wide.col_means());
}

/// m×k times k×n: what the result's shape comes to, whatever the operands hold.
#[test]
fn products() {
    for ((m, n), fate) in SHAPES {
        // Depth 0: the operands have no values, the result has zeros.
        let (a, b) = (empty(m, 0), empty(0, n));
        check("matmul", (m, n), fate, a.matmul(&b));
        check("matmul_tn", (m, n), fate, empty(0, m).matmul_tn(&b));
        check("matmul_nt", (m, n), fate, a.matmul_nt(&empty(n, 0)));
        let packed = PackedMatrix::new(&b).unwrap();
        assert_eq!(packed.shape(), (0, n));
        check("matmul_packed", (m, n), fate, a.matmul_packed(&packed));
        if fate == Empty {
            let mut out = empty(m, n);
            a.matmul_into(&b, &mut out).unwrap();
            empty(0, m).matmul_tn_into(&b, &mut out).unwrap();
            a.matmul_nt_into(&empty(n, 0), &mut out).unwrap();
            a.matmul_packed_into(&packed, &mut out).unwrap();
        }
    }
    for (m, n) in [(1, 1), (3, 5), (1, 70), (70, 1), (9, 200)] {
        let zeros = empty(m, 0).matmul(&empty(0, n)).unwrap();
        assert!(zeros.as_slice().iter().all(|x| x.to_bits() == 0));
        assert_eq!(zeros.shape(), (m, n));
    }
    // No rows or no columns, any depth.
    for k in [0, 1, 3, 100] {
        assert_eq!(
            empty(0, k).matmul(&Matrix::ones(k, 4)).unwrap().shape(),
            (0, 4)
        );
        assert_eq!(
            Matrix::ones(4, k).matmul(&empty(k, 0)).unwrap().shape(),
            (4, 0)
        );
        assert_eq!(
            Matrix::ones(k, 4).matmul_tn(&empty(k, 0)).unwrap().shape(),
            (4, 0)
        );
        assert_eq!(
            empty(0, k).matmul_nt(&Matrix::ones(4, k)).unwrap().shape(),
            (0, 4)
        );
        let packed = PackedMatrix::new(&empty(k, 0)).unwrap();
        assert_eq!(
            Matrix::ones(4, k).matmul_packed(&packed).unwrap().shape(),
            (4, 0)
        );
    }
    assert_eq!(
        empty(0, MAX).matmul(&empty(MAX, 0)).unwrap().shape(),
        (0, 0)
    );
    assert_eq!(
        empty(MAX, 0).matmul_tn(&empty(MAX, 0)).unwrap().shape(),
        (0, 0)
    );
    assert_eq!(
        empty(0, MAX).matmul_nt(&empty(0, MAX)).unwrap().shape(),
        (0, 0)
    );
    // Depths differ by one at the end of all numbers.
    assert!(matches!(
        empty(0, MAX).matmul(&empty(MAX - 1, 0)),
        Err(ShapeError::Product { inner: (MAX, i), .. }) if i == MAX - 1
    ));
    // One row stands for many: a stride of 0 is none.
    assert!(MatrixView::with_row_stride(2, 1, 0, &[1.0]).is_err());
    // The deepest and the widest that are quick to make.
    let deep = Matrix::ones(1, 1 << 20);
    assert_eq!(deep.matmul_nt(&deep).unwrap()[(0, 0)], (1 << 20) as f64);
}

#[test]
fn networks() {
    assert!(matches!(
        Network::new(Vec::new()),
        Err(ShapeError::Empty { .. })
    ));
    let relu = Activation::Relu;
    assert!(matches!(
        Dense::new(empty(5, 0), vec![], relu),
        Err(ShapeError::Empty { .. })
    ));
    assert!(matches!(
        Dense::new(empty(0, MAX), vec![], relu),
        Err(ShapeError::Mismatch { .. })
    ));
    // No inputs: every sample gives the bias.
    let constant = Dense::new(empty(0, 2), vec![1.5, -1.0], relu).unwrap();
    let network = Network::new(vec![constant]).unwrap();
    assert_eq!(
        network.forward(&empty(3, 0)).unwrap(),
        Matrix::from_rows([[1.5, 0.0]; 3]).unwrap()
    );
    let predictor = Predictor::new(&network);
    for (rows, fate) in [(0, Empty), (MOST / 2, OutOfMemory), (MAX, TooLarge)] {
        let x = empty(rows, 0);
        let shape = (rows, 2);
        check("forward", shape, fate, network.forward(&x));
        check("predict", shape, fate, network.predict(&x));
        check("layer", shape, fate, network.layers()[0].forward(&x));
        let out = predictor.forward_into(&x, &mut empty(0, 2));
        assert_eq!(out.is_ok(), rows == 0);
    }
    let evaluate = |rows| network.evaluate(&empty(rows, 0), &vec![0; rows]).unwrap();
    assert_eq!(evaluate(0).confusion.total(), 0);
    assert_eq!(evaluate(3).confusion.correct(), 3);
}
