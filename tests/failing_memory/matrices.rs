//! Matrices and products.

use super::{FIXED, Failures, alone, failing, numbers, spared, starve};
use rowmajor::nn::ConfusionMatrix;
use rowmajor::{Matrix, MatrixView, PackedMatrix, ShapeError, arange, set_num_threads};

#[test]
fn matrices_are_made_or_an_error() {
    let _turn = alone();
    let m = numbers(9, 7);
    let row = [0.5; 7];
    let strided = MatrixView::with_row_stride(3, 5, 7, m.as_slice()).unwrap();
    let rows: Vec<&[f64]> = m.rows().collect();
    let errors = [
        starve("try_filled", 0, false, || Matrix::try_filled(9, 7, 1.5)),
        starve("from_rows", 0, false, || Matrix::from_rows(&rows)),
        starve("from_rows, no hint", 0, false, || {
            Matrix::from_rows(rows.iter().filter(|row| !row.is_empty()))
        }),
        starve("zip_map", 0, false, || m.zip_map(&m, f64::max)),
        starve("hadamard", 0, false, || m.hadamard(&m)),
        starve("try_add", 0, false, || m.try_add(&m)),
        starve("try_sub", 0, false, || m.try_sub(&m)),
        starve("add_row", 0, false, || m.add_row(&row)),
        starve("zip_row", 0, false, || m.zip_row(&row, f64::max)),
        starve("zip_col", 0, false, || m.zip_col(&[0.5; 9], f64::max)),
        starve("select_cols", 0, false, || m.select_cols(&[6, 0, 6])),
        starve("vstack", 0, false, || Matrix::vstack([&m, &m])),
        starve("hstack", 0, false, || Matrix::hstack([&m, &m])),
        starve("argmax_rows", 0, false, || m.argmax_rows()),
        starve("argmin_rows", 0, false, || m.argmin_rows()),
        starve("arange", 0, false, || arange(0.0, 9.0, 0.5)),
        starve("PackedMatrix::new", 0, false, || {
            PackedMatrix::new(strided).map(|packed| spared(|| vec![packed.nrows()]))
        }),
        starve("ConfusionMatrix::new", 0, false, || {
            ConfusionMatrix::new(3, &[0, 1, 2], &[0, 2, 2]).map(|c| spared(|| vec![c.total()]))
        }),
    ];
    assert!(errors.iter().all(|&errors| errors > 0), "{errors:?}");
    // Nothing is needed for these.
    for errors in [
        starve("from_vec of nothing", 0, false, || {
            Matrix::from_vec(0, 3, Vec::new())
        }),
        starve("max_abs_diff", 0, false, || {
            m.max_abs_diff(&m).map(|x| vec![x; 0])
        }),
        starve("allclose", 0, false, || {
            m.allclose(&m, 0.0, 0.0).map(|_| vec![0.0; 0])
        }),
    ] {
        assert_eq!(errors, 0);
    }
}

#[test]
fn rows_that_cannot_be_kept_are_counted() {
    let _turn = alone();
    let none_after = |after| Failures {
        after,
        for_good: true,
        spared: 0,
        everywhere: false,
    };
    let mut counts = Vec::new();
    for allocations in 0..5 {
        let mut taken = 0;
        let rows = (0..40).filter(|_| true).map(|i| {
            taken += 1;
            [f64::from(i); 3]
        });
        let result = failing(none_after(allocations), || Matrix::from_rows(rows));
        let shape = (taken, 3);
        assert_eq!(result, Err(ShapeError::OutOfMemory { shape }));
        counts.push(taken);
    }
    assert!(
        counts[0] == 1 && counts.is_sorted_by(|a, b| a < b),
        "{counts:?}"
    );
    // Room for all at once was hoped for.
    let result = failing(none_after(0), || Matrix::from_rows([[1.0; 3]; 40]));
    assert_eq!(result, Err(ShapeError::OutOfMemory { shape: (1, 3) }));
}

/// Sizes for every way of a product: in place, packed, few rows, few columns, one column, deep, wide.
const SHAPES: [(usize, usize, usize); 9] = [
    (3, 4, 5),
    (65, 30, 70),
    (100, 300, 50),
    (2, 600, 700),
    (300, 300, 3),
    (300, 300, 1),
    (1, 300, 300),
    (200, 700, 300),
    (20, 5, 2000),
];

type Product<'a> = dyn FnMut() -> Result<Matrix, ShapeError> + Send + 'a;

#[test]
fn products_are_made_or_an_error() {
    let _turn = alone();
    for (threads, spared_bytes) in [(1, 0), (3, FIXED)] {
        set_num_threads(threads);
        let mut errors = 0;
        for (m, k, n) in SHAPES {
            let (a, b) = (numbers(m, k), numbers(k, n));
            let (at, bt) = (a.transpose(), b.transpose());
            let packed = PackedMatrix::new(&b).unwrap();
            let what = |name: &str| format!("{name} {m}x{k}x{n}, {threads} threads");
            let mut starve = |name: &str, operation: &mut Product| {
                errors += starve(&what(name), spared_bytes, threads > 1, operation);
            };
            starve("matmul", &mut || a.matmul(&b));
            starve("matmul_tn", &mut || at.matmul_tn(&b));
            starve("matmul_nt", &mut || a.matmul_nt(&bt));
            starve("matmul_packed", &mut || a.matmul_packed(&packed));
            starve("pack", &mut || {
                PackedMatrix::new(&b).and_then(|packed| a.matmul_packed(&packed))
            });
            // Written over whatever a product that failed has left.
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_into", &mut || {
                a.matmul_into(&b, &mut out).map(|()| spared(|| out.clone()))
            });
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_tn_into", &mut || {
                at.matmul_tn_into(&b, &mut out)
                    .map(|()| spared(|| out.clone()))
            });
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_nt_into", &mut || {
                a.matmul_nt_into(&bt, &mut out)
                    .map(|()| spared(|| out.clone()))
            });
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_packed_into", &mut || {
                a.matmul_packed_into(&packed, &mut out)
                    .map(|()| spared(|| out.clone()))
            });
        }
        assert!(errors > 100, "{threads} threads: {errors}");
    }
    set_num_threads(0);
}
