//! What a view can do, a matrix can do, with the same bits; what is written through a mutable view lies inside it.

use super::common::fma::Fused;
use super::common::{Layout, Random, SPECIAL, Slice, assert_bits, assert_panics, config};
use super::{numbered, random};
use proptest::prelude::*;
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use rowmajor::{Matrix, MatrixView, MatrixViewMut, PackedMatrix, ShapeError, dot, matrix, vecmath};

const GAPS: Layout = Layout {
    offset: 1,
    gap: 3,
    above: 1,
    below: 2,
};

const SIZES: [(usize, usize); 10] = [
    (0, 0),
    (0, 3),
    (3, 0),
    (1, 1),
    (1, 9),
    (9, 1),
    (2, 2),
    (3, 5),
    (8, 8),
    (19, 33),
];

/// Compares what a matrix and a view with gaps of the same values give.
macro_rules! check_same {
    ($m:expr, $view:expr, $($call:ident($($arg:expr),*)),+ $(,)?) => { $(
        let (of_matrix, of_view) = ($m.$call($($arg),*), $view.$call($($arg),*));
        assert_eq!(format!("{of_matrix:?}"), format!("{of_view:?}"), stringify!($call));
        assert_eq!(bits(of_matrix), bits(of_view), stringify!($call));
    )+ };
}

/// Every number of a result as its bits.
trait Bits {
    fn bits(self) -> Vec<u64>;
}

impl Bits for f64 {
    fn bits(self) -> Vec<u64> {
        // The payload of a NaN is not promised.
        vec![if self.is_nan() { 1 } else { self.to_bits() }]
    }
}

impl Bits for Vec<f64> {
    fn bits(self) -> Vec<u64> {
        self.into_iter().flat_map(Bits::bits).collect()
    }
}

impl Bits for Matrix {
    fn bits(self) -> Vec<u64> {
        self.into_vec().bits()
    }
}

impl<T: Bits> Bits for Option<T> {
    fn bits(self) -> Vec<u64> {
        self.map_or(vec![0, 0, 0], Bits::bits)
    }
}

impl Bits for (usize, usize) {
    fn bits(self) -> Vec<u64> {
        vec![self.0 as u64, self.1 as u64]
    }
}

impl Bits for Vec<usize> {
    fn bits(self) -> Vec<u64> {
        self.into_iter().map(|x| x as u64).collect()
    }
}

impl Bits for bool {
    fn bits(self) -> Vec<u64> {
        vec![u64::from(self)]
    }
}

impl Bits for usize {
    fn bits(self) -> Vec<u64> {
        vec![self as u64]
    }
}

impl<T: Bits> Bits for Result<T, ShapeError> {
    fn bits(self) -> Vec<u64> {
        self.map_or(vec![7, 7, 7], Bits::bits)
    }
}

fn bits(value: impl Bits) -> Vec<u64> {
    value.bits()
}

/// Everything that reads, on a matrix and on a view with gaps.
fn check_reading(m: &Matrix) {
    let (rows, cols) = m.shape();
    let slice = Slice::new(m, GAPS);
    let view = slice.view();
    let other = random(rows, cols, 77);
    let packed = PackedMatrix::new(&other.transpose()).unwrap();
    let (row, col) = (random(1, cols, 5).into_vec(), random(1, rows, 6).into_vec());
    check_same!(m, view, nrows(), ncols(), shape(), len(), is_empty());
    check_same!(m, view, get(0, 0), get(rows, 0), get(2, 1));
    check_same!(
        m,
        view,
        sum(),
        mean(),
        min(),
        max(),
        argmin(),
        argmax(),
        norm()
    );
    check_same!(
        m,
        view,
        row_sums(),
        row_means(),
        row_mins(),
        row_maxes(),
        row_norms()
    );
    check_same!(m, view, col_sums(), col_means(), col_mins(), col_maxes());
    check_same!(
        m,
        view,
        col_vars(),
        col_stds(),
        argmax_rows(),
        argmin_rows()
    );
    check_same!(
        m,
        view,
        map(|x| x * 0.5),
        zip_map(&other, |x, y| x - y),
        hadamard(&other)
    );
    check_same!(
        m,
        view,
        try_add(&other),
        try_sub(&other),
        max_abs_diff(&other)
    );
    check_same!(
        m,
        view,
        add_row(&row),
        zip_row(&row, f64::atan2),
        zip_col(&col, |x, y| x / y)
    );
    check_same!(
        m,
        view,
        clip(-0.5, 0.25),
        allclose(&other, 0.1, 0.1),
        allclose(m, 0.0, 0.0)
    );
    check_same!(
        m,
        view,
        exp(),
        ln(),
        tanh(),
        sigmoid(),
        softmax_rows(),
        sqrt(),
        abs()
    );
    check_same!(
        m,
        view,
        transpose(),
        diag(),
        select_rows(&[]),
        select_cols(&[])
    );
    check_same!(
        m,
        view,
        matmul_tn(&other),
        matmul_nt(&other),
        matmul_packed(&packed)
    );
    check_same!(m, view, matmul(&other.transpose()));
    assert_eq!(bits(view * 3.0), bits(m * 3.0));
    assert_eq!(bits(-view), bits(-m));
    assert_eq!(bits(1.0 - view), bits(1.0 - m));
    if cols > 0 {
        check_same!(m, view, col(cols - 1), select_cols(&[cols - 1, 0, 0]));
    }
    if rows > 0 {
        check_same!(m, view, select_rows(&[rows - 1, 0, 0]));
    }
}

#[test]
fn a_view_gives_what_a_matrix_gives() {
    for (rows, cols) in SIZES {
        check_reading(&random(rows, cols, 1));
        // Special values at every place of a row, and a NaN that comes late.
        let mut special = Matrix::from_fn(rows, cols, |i, j| SPECIAL[(3 * i + j) % SPECIAL.len()]);
        check_reading(&special);
        if let Some(last) = special.as_mut_slice().last_mut() {
            *last = f64::NAN;
        }
        check_reading(&special);
    }
}

#[test]
fn columns_are_views_of_the_same_values() {
    let m = numbered(5, 7);
    for start in 0..=7 {
        for end in start..=7 {
            let view = m.view_cols(start..end).unwrap();
            assert_eq!(
                view.to_matrix(),
                Matrix::from_fn(5, end - start, |i, j| m[(i, start + j)])
            );
            let part = m.view_rows(1..4).unwrap().view_cols(start..end).unwrap();
            assert_eq!(part, view.view_rows(1..4).unwrap());
            assert_eq!(part.rows().len(), 3);
            let batches: Vec<Matrix> = view.batches(2).map(|batch| batch.to_matrix()).collect();
            assert_eq!(Matrix::vstack(&batches).unwrap(), view);
        }
    }
    for j in 0..7 {
        assert_eq!(m.col(j), m.view_cols(j..=j).unwrap().to_matrix().into_vec());
    }
    let error = m.view_cols(3..8).unwrap_err();
    let (op, index, len) = ("view_cols", 8, 7);
    assert_eq!(error, ShapeError::OutOfRange { op, index, len });
    #[allow(clippy::reversed_empty_ranges, reason = "the error of such a range")]
    let error = m.view_cols(3..2).unwrap_err();
    assert_eq!(error.to_string(), "view_cols: 3 is out of range for 2");
    assert_panics("col: 7 is out of range for 7", || m.col(7));
    assert_panics("col: 0 is out of range for 0", || {
        Matrix::zeros(3, 0).col(0)
    });
    assert_eq!(Matrix::zeros(0, 2).col(1), []);
    assert_eq!(m.view().view_cols(2..4).unwrap().row_stride(), 7);
}

/// Runs `write` on the inner part of a larger buffer, and `expected` on a copy of that part; all else must stay.
fn check_writing(
    (rows, cols): (usize, usize),
    write: impl Fn(MatrixViewMut<'_>),
    expected: impl Fn(&mut Matrix),
) {
    let before = random(rows + 3, cols + 4, 3);
    let inside = |i: usize, j: usize| (1..=rows).contains(&i) && (2..2 + cols).contains(&j);
    let part = before.view_rows(1..=rows).unwrap();
    let mut result = part.view_cols(2..2 + cols).unwrap().to_matrix();
    expected(&mut result);
    let mut after = before.clone();
    let mut part = after.view_rows_mut(1..=rows).unwrap();
    write(part.view_cols_mut(2..2 + cols).unwrap());
    let should = Matrix::from_fn(rows + 3, cols + 4, |i, j| match inside(i, j) {
        true => result[(i - 1, j - 2)],
        false => before[(i, j)],
    });
    assert_bits(after.as_slice(), should.as_slice(), (rows, cols));
}

#[test]
fn what_is_done_in_place_is_done_inside_a_view() {
    for size @ (rows, cols) in SIZES {
        let (y, row) = (random(rows, cols, 9), random(1, cols, 8).into_vec());
        let gaps = Slice::new(&y, GAPS);
        for rhs in [y.view(), gaps.view()] {
            let check = |write: &dyn Fn(MatrixViewMut<'_>),
                         expected: &dyn Fn(&Matrix) -> Matrix| {
                check_writing(size, write, |m| *m = expected(m));
                // The same on a matrix of its own.
                let (mut m, before) = (random(rows, cols, 4), random(rows, cols, 4));
                write(m.view_mut());
                assert_bits(m.as_slice(), expected(&before).as_slice(), size);
            };
            check(&|mut v| v.fill(2.5), &|_| Matrix::filled(rows, cols, 2.5));
            check(&|mut v| v.copy_from(rhs).unwrap(), &|_| y.clone());
            check(&|mut v| v.map_in_place(|x| 3.0 * x), &|m| 3.0 * m);
            check(&|mut v| v.hadamard_in_place(rhs).unwrap(), &|m| {
                m.hadamard(&y).unwrap()
            });
            check(&|mut v| v.add_scaled(-0.3, rhs).unwrap(), &|m| {
                m + -0.3 * &y
            });
            check(&|mut v| v.add_row_in_place(&row).unwrap(), &|m| {
                m.add_row(&row).unwrap()
            });
            let f = |x: f64, y: f64| 2.0 * x - y;
            check(&|mut v| v.zip_map_in_place(rhs, f).unwrap(), &|m| {
                m.zip_map(&y, f).unwrap()
            });
            check(&|mut v| v += rhs, &|m| m + &y);
            check(&|mut v| v -= &y, &|m| m - &y);
            check(&|mut v| v -= y.clone(), &|m| m - &y);
            check(&|mut v| v += 0.7, &|m| m + 0.7);
            check(&|mut v| v /= 0.7, &|m| m / 0.7);
            check(&|mut v| v.rows_mut().for_each(|row| row.reverse()), &|m| {
                Matrix::from_fn(rows, cols, |i, j| m[(i, cols - 1 - j)])
            });
            check(
                &|mut v| (0..rows).for_each(|i| v.row_mut(i).fill(i as f64)),
                &|_| Matrix::from_fn(rows, cols, |i, _| i as f64),
            );
            check(
                &|mut v| {
                    v.batches_mut(2)
                        .enumerate()
                        .for_each(|(i, mut b)| b.fill(i as f64))
                },
                &|_| Matrix::from_fn(rows, cols, |i, _| (i / 2) as f64),
            );
        }
    }
}

#[test]
fn a_mutable_view_reads_what_it_writes() {
    let mut m = numbered(4, 5);
    let mut view = m.view_cols_mut(1..4).unwrap();
    assert_eq!(
        (view.shape(), view.len(), view.get(3, 2)),
        ((4, 3), 12, Some(303.0))
    );
    view[(2, 1)] = -1.0;
    assert_eq!(view[(2, 1)], -1.0);
    assert_eq!(
        format!("{:?}", view.view_rows_mut(2..3).unwrap()),
        "MatrixViewMut 1x3 [[201.0, -1.0, 203.0]]"
    );
    assert_eq!(view.rows_mut().len(), 4);
    let sizes: Vec<usize> = view.batches_mut(3).map(|batch| batch.nrows()).collect();
    assert_eq!(sizes, [3, 1]);
    assert_eq!(view.batches_mut(0).len(), 4);
    assert_panics("index (4, 0) is out of range for 4x3", || {
        numbered(4, 3).view_mut()[(4, 0)]
    });
    assert_panics("row: 2 is out of range for 2", || {
        numbered(2, 3).view_mut().row_mut(2).len()
    });
    let error = view.view_rows_mut(2..5).unwrap_err();
    assert_eq!(error.to_string(), "view_rows_mut: 5 is out of range for 4");
    let error = view.view_cols_mut(..=3).unwrap_err();
    assert_eq!(error.to_string(), "view_cols_mut: 4 is out of range for 3");
    assert_eq!(m[(2, 2)], -1.0);
}

#[test]
fn a_callers_own_slice_is_written_to() {
    let mut buffer = [9.0; 8];
    MatrixViewMut::with_row_stride(2, 3, 4, &mut buffer)
        .unwrap()
        .fill(1.0);
    assert_eq!(buffer, [1.0, 1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 9.0]);
    let found = |result: Result<MatrixViewMut<'_>, ShapeError>| result.unwrap_err().to_string();
    assert_eq!(
        found(MatrixViewMut::from_slice(2, 3, &mut buffer)),
        "from_slice: 2x3 needs 6 values, found 8"
    );
    assert_eq!(
        found(MatrixViewMut::with_row_stride(3, 3, 4, &mut buffer)),
        "with_row_stride: 3x3 needs 11 values, found 8"
    );
    assert_eq!(
        found(MatrixViewMut::with_row_stride(2, 3, 2, &mut buffer)),
        "with_row_stride: 3 is out of range for 2"
    );
    assert!(matches!(
        MatrixViewMut::with_row_stride(usize::MAX, 2, 2, &mut buffer),
        Err(ShapeError::TooLarge { .. })
    ));
    // What stands for an output.
    let (x, w) = (matrix![[1.0, 2.0]], matrix![[3.0, 5.0], [4.0, 6.0]]);
    let (mut array, mut list, mut slice) = ([0.0; 2], vec![0.0; 2], [0.0; 2]);
    x.matmul_into(&w, &mut array).unwrap();
    x.matmul_into(&w, &mut list).unwrap();
    x.matmul_into(&w, &mut slice[..]).unwrap();
    assert_eq!(
        (array, list.as_slice(), slice),
        ([11.0, 17.0], &array[..], array)
    );
    let mut square = [[0.0; 2]; 2];
    w.matmul_into(&w, &mut square).unwrap();
    assert_eq!(square, [[29.0, 45.0], [36.0, 56.0]]);
    let mut m = Matrix::zeros(1, 2);
    let mut view = m.view_mut();
    x.matmul_into(&w, &mut view).unwrap();
    assert_eq!(view.view(), matrix![[11.0, 17.0]]);
}

#[test]
fn products_are_written_into_a_part() {
    for (m, k, n) in [
        (1, 1, 1),
        (2, 2, 2),
        (3, 4, 5),
        (8, 8, 1),
        (1, 30, 40),
        (17, 0, 3),
        (70, 33, 65),
    ] {
        let (a, b) = (random(m, k, 1), random(k, n, 2));
        let (at, bt, packed) = (a.transpose(), b.transpose(), PackedMatrix::new(&b).unwrap());
        let expected = |out: &mut Matrix| *out = a.matmul(&b).unwrap();
        check_writing((m, n), |out| a.matmul_into(&b, out).unwrap(), expected);
        check_writing((m, n), |out| at.matmul_tn_into(&b, out).unwrap(), expected);
        check_writing((m, n), |out| a.matmul_nt_into(&bt, out).unwrap(), expected);
        check_writing(
            (m, n),
            |out| a.matmul_packed_into(&packed, out).unwrap(),
            expected,
        );
        let mut larger = Matrix::zeros(m + 1, n + 1);
        let error = a
            .matmul_into(&b, larger.view_cols_mut(..n).unwrap())
            .unwrap_err();
        let (op, expected, found) = ("matmul_into", (m, n), (m + 1, n));
        assert_eq!(
            error,
            ShapeError::Output {
                op,
                expected,
                found
            }
        );
        assert_eq!(larger, Matrix::zeros(m + 1, n + 1));
    }
}

/// Also into some columns, where the rows of the output do not lie side by side.
#[test]
fn networks_and_activations_write_into_a_part() {
    let layer = |inputs, outputs, activation| {
        let weights = random(inputs, outputs, inputs as u64);
        Dense::new(weights, random(1, outputs, 3).into_vec(), activation).unwrap()
    };
    for activation in Activation::ALL {
        let layers = vec![layer(6, 9, Activation::Tanh), layer(9, 4, activation)];
        let network = Network::new(layers).unwrap();
        let predictor = Predictor::new(&network);
        for rows in [0, 1, 9, 70] {
            let x = random(rows, 6, 5);
            check_writing(
                (rows, 4),
                |out| predictor.forward_into(&x, out).unwrap(),
                |out| *out = network.forward(&x).unwrap(),
            );
            check_writing(
                (rows, 4),
                |out| activation.apply(out),
                |out| activation.apply(out),
            );
        }
        let (x, mut out) = (random(3, 6, 5), Matrix::zeros(4, 5));
        let part = out.view_cols_mut(..4).unwrap();
        let (op, expected, found) = ("forward_into", (3, 4), (4, 4));
        let error = predictor.forward_into(&x, part).unwrap_err();
        assert_eq!(
            error,
            ShapeError::Output {
                op,
                expected,
                found
            }
        );
    }
}

#[test]
fn matrices_are_stacked() {
    let m = numbered(3, 4);
    for cut in 0..=3 {
        let parts = [m.view_rows(..cut).unwrap(), m.view_rows(cut..).unwrap()];
        assert_eq!(Matrix::vstack(parts).unwrap(), m);
    }
    for cut in 0..=4 {
        let parts = [m.view_cols(..cut).unwrap(), m.view_cols(cut..).unwrap()];
        assert_eq!(Matrix::hstack(parts).unwrap(), m);
    }
    let rows: Vec<Vec<f64>> = m.rows().map(<[f64]>::to_vec).collect();
    assert_eq!(Matrix::vstack(&rows).unwrap(), m);
    assert_eq!(Matrix::vstack([&m]).unwrap(), m);
    let none: [&Matrix; 0] = [];
    assert_eq!(Matrix::vstack(none).unwrap().shape(), (0, 0));
    assert_eq!(Matrix::hstack(none).unwrap().shape(), (0, 0));
    assert_eq!(
        Matrix::hstack([&Matrix::zeros(2, 0); 3]).unwrap().shape(),
        (2, 0)
    );
    assert_eq!(
        Matrix::vstack([&Matrix::zeros(0, 2); 3]).unwrap().shape(),
        (0, 2)
    );
    let (op, lhs, rhs) = ("hstack", (3, 4), (4, 3));
    let error = Matrix::hstack([&m, &m, &m.transpose()]).unwrap_err();
    assert_eq!(error, ShapeError::Mismatch { op, lhs, rhs });
    // Sizes that no number holds, and one that is nothing all the same.
    let tall = Matrix::from_vec(usize::MAX, 0, vec![]).unwrap();
    assert!(matches!(
        Matrix::vstack([&tall, &tall]),
        Err(ShapeError::TooLarge { .. })
    ));
    assert_eq!(Matrix::hstack([&tall, &tall]), Ok(tall));
}

#[test]
fn a_row_or_a_column_is_taken_with_each() {
    let m = random(4, 3, 1);
    let (row, col) = ([1.5, -2.0, 0.25], [3.0, 0.5, -1.0, 8.0]);
    let expected = Matrix::from_fn(4, 3, |i, j| m[(i, j)] / row[j]);
    assert_eq!(m.zip_row(&row, |x, y| x / y), Ok(expected));
    let expected = Matrix::from_fn(4, 3, |i, j| m[(i, j)] / col[i]);
    assert_eq!(m.zip_col(&col, |x, y| x / y), Ok(expected));
    let error = m.zip_row(&col, f64::max).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zip_row: shapes 4x3 and 1x4 do not match"
    );
    let error = m.zip_col(&row, f64::max).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zip_col: shapes 4x3 and 3x1 do not match"
    );
    let mut m = m;
    let error = m.add_scaled(2.0, &row).unwrap_err();
    assert_eq!(
        error.to_string(),
        "add_scaled: shapes 4x3 and 1x3 do not match"
    );
    assert!(m.hadamard_in_place(&row).is_err() && m.zip_map_in_place(&row, f64::max).is_err());
    assert!(m.copy_from(&row).is_err() && m.add_row_in_place(&col).is_err());
}

/// As NumPy 2 gives them: `np.clip`, `np.allclose`.
#[test]
fn clipping_and_closeness_are_numpys() {
    let m = matrix![[f64::NEG_INFINITY, -1.0, -0.0, 0.5, f64::INFINITY]];
    assert_eq!(m.clip(-0.5, 0.25), matrix![[-0.5, -0.5, 0.0, 0.25, 0.25]]);
    assert!(matrix![[f64::NAN]].clip(0.0, 1.0)[(0, 0)].is_nan());
    assert_eq!(
        m.clip(1.0, 0.0),
        Matrix::zeros(1, 5),
        "the maximum is taken last"
    );
    assert_eq!(m.clip(f64::NAN, f64::NAN), m);

    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases = [
        (1.0, 1.0, 0.0, 0.0, true),
        (1.0, 1.0 + 1e-9, 1e-5, 1e-8, true),
        (1.0, 1.1, 0.1, 0.0, true),
        (1.1, 1.0, 0.1, 0.0, false), // relative to the second
        (0.0, 1e-8, 0.0, 1e-8, true),
        (0.0, 1.1e-8, 0.0, 1e-8, false),
        (inf, inf, 0.0, 0.0, true),
        (inf, -inf, 1e-5, 1e-8, false),
        (1.0, inf, 1e-5, 1e-8, false),
        (inf, 1.0, 1e-5, 1e-8, false),
        (nan, nan, 1e-5, 1e-8, false),
        (0.0, -0.0, 0.0, 0.0, true),
    ];
    for (x, y, relative, absolute, expected) in cases {
        let close = matrix![[0.0, x]].allclose(&[0.0, y], relative, absolute);
        assert_eq!(close, Ok(expected), "{x} {y} {relative} {absolute}");
    }
    assert_eq!(
        Matrix::zeros(0, 3).allclose(&Matrix::zeros(0, 3), 0.0, 0.0),
        Ok(true)
    );
    assert!(matrix![[1.0]].allclose(&[1.0, 2.0], 1.0, 1.0).is_err());
}

/// The published order, written again.
fn dot_in_order(x: &[f64], y: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    for (i, (x, y)) in x.iter().zip(y).enumerate() {
        l[i % 8] = x.fused(*y, l[i % 8]);
    }
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

#[test]
fn dot_norm_and_variance_have_the_published_order() {
    let mut numbers = Random::new(11);
    for len in (0..40).chain([100, 1000]) {
        let mut vector = || (0..len).map(|_| numbers.number()).collect::<Vec<f64>>();
        let (x, y) = (vector(), vector());
        let expected = dot_in_order(&x, &y);
        assert_eq!(dot(&x, &y).unwrap().to_bits(), expected.to_bits(), "{len}");
        let norm = MatrixView::from(&x).norm();
        assert_eq!(
            norm.to_bits(),
            dot_in_order(&x, &x).sqrt().to_bits(),
            "{len}"
        );
    }
    let m = random(7, 13, 3);
    let rows: Vec<f64> = m.rows().map(|row| dot_in_order(row, row)).collect();
    assert_eq!(m.norm().to_bits(), vecmath::sum(&rows).sqrt().to_bits());
    assert_bits(
        &m.row_norms(),
        &rows.iter().map(|x| x.sqrt()).collect::<Vec<_>>(),
        "rows",
    );
    for j in 0..13 {
        let (column, n) = (m.col(j), 7.0);
        let mean = column.iter().fold(0.0, |sum, x| sum + x) / n;
        let (mut s, mut q) = (0.0, 0.0);
        for x in &column {
            s += x - mean;
            q += (x - mean) * (x - mean);
        }
        let variance = (q - s * s / n) / n;
        assert_eq!(m.col_vars()[j].to_bits(), variance.to_bits());
        assert_eq!(m.col_stds()[j].to_bits(), variance.sqrt().to_bits());
    }
    assert_eq!(
        dot(&[1.0], &[]).unwrap_err().to_string(),
        "dot: expected 1 values, found 0"
    );
    assert!(matrix![[1.0], [f64::NAN]].col_vars()[0].is_nan());
    assert!(Matrix::zeros(0, 1).col_vars()[0].is_nan());
    // The mean is so far off that the square of s, which is rounding, overflows: the variance does not.
    let values = (0..5000).map(|i| 1e165 * (1.0 + 1e-14 * f64::from(i % 7)));
    let m = Matrix::from(values.collect::<Vec<_>>()).reshape(5000, 1);
    let variance = m.unwrap().col_vars()[0]; // NumPy: 3.985889883494017e302
    assert!(
        (variance / 3.985889883494017e302 - 1.0).abs() < 0.01,
        "{variance:e}"
    );
    assert_eq!(Matrix::filled(3, 1, 0.1).col_vars(), [0.0]);
}

#[test]
fn a_norm_neither_overflows_nor_vanishes() {
    for exponent in [
        -1074, -1060, -600, -512, -451, -450, -449, 0, 500, 511, 512, 1020,
    ] {
        let scale = 2f64.powi(exponent.max(-1000)) * 2f64.powi((exponent + 1000).min(0));
        for m in [
            matrix![[3.0 * scale, 4.0 * scale]],
            matrix![[3.0 * scale], [4.0 * scale]],
        ] {
            assert_eq!(m.norm(), 5.0 * scale, "2^{exponent}");
        }
    }
    assert_eq!(matrix![[f64::MAX, f64::MAX]].norm(), f64::INFINITY);
    assert_eq!(matrix![[1.0, f64::NEG_INFINITY]].norm(), f64::INFINITY);
    assert!(matrix![[f64::INFINITY, f64::NAN]].norm().is_nan());
    assert_eq!(matrix![[0.0, -0.0]].norm().to_bits(), 0);
    assert_eq!(Matrix::zeros(3, 0).norm(), 0.0);
    assert_eq!(Matrix::zeros(2, 0).row_norms(), [0.0; 2]);
    // Both, far apart.
    assert_eq!(matrix![[1e300, 1e-300]].norm(), 1e300);
}

#[test]
fn functions_are_those_of_slices() {
    let m = Matrix::from_fn(5, 11, |i, j| (i as f64 - 2.0) * (j as f64 - 4.5) * 3.7);
    type Pair = (fn(&Matrix) -> Matrix, fn(&mut [f64]));
    let pairs: [Pair; 4] = [
        (Matrix::exp, vecmath::exp),
        (Matrix::ln, vecmath::ln),
        (Matrix::tanh, vecmath::tanh),
        (Matrix::sigmoid, vecmath::sigmoid),
    ];
    for (of_matrix, of_slice) in pairs {
        let mut expected = m.clone();
        of_slice(expected.as_mut_slice());
        assert_eq!(bits(of_matrix(&m)), bits(expected));
    }
    let mut expected = m.clone();
    expected.rows_mut().for_each(vecmath::softmax);
    assert_eq!(m.softmax_rows(), expected);
    assert_eq!(bits(m.sqrt()), bits(m.map(f64::sqrt)));
    assert_eq!(m.abs(), m.map(|x| if x < 0.0 { -x } else { x }));
}

#[test]
fn a_number_stands_on_either_side() {
    let m = random(3, 5, 1);
    let slice = Slice::new(&m, GAPS);
    let check = |found: Matrix, f: fn(f64) -> f64| assert_eq!(bits(found), bits(m.map(f)));
    for of in [m.view(), slice.view()] {
        check(1.0 - of, |x| 1.0 - x);
        check(1.0 + of, |x| 1.0 + x);
        check(3.0 * of, |x| 3.0 * x);
        check(1.0 / of, |x| 1.0 / x);
        check(of - 1.0, |x| x - 1.0);
        check(of / 3.0, |x| x / 3.0);
        check(-of, |x| -x);
    }
    check(1.0 - &m, |x| 1.0 - x);
    check(1.0 / m.clone(), |x| 1.0 / x);
    check(0.5 - m.clone(), |x| 0.5 - x);
}

#[test]
fn places_of_extremes() {
    let nan = f64::NAN;
    let cases = [
        (matrix![[2.0, 1.0], [1.0, 3.0]], (0, 1), (1, 1)),
        (matrix![[3.0, 3.0], [3.0, 3.0]], (0, 0), (0, 0)),
        (matrix![[1.0, 2.0], [nan, nan]], (1, 0), (1, 0)),
        (matrix![[f64::INFINITY, f64::NEG_INFINITY]], (0, 1), (0, 0)),
        (matrix![[0.0, -0.0]], (0, 0), (0, 0)),
    ];
    for (m, least, largest) in cases {
        assert_eq!(
            (m.argmin(), m.argmax()),
            (Some(least), Some(largest)),
            "{m}"
        );
    }
    assert_eq!(Matrix::zeros(0, 3).argmin(), None);
    assert_eq!(Matrix::zeros(3, 0).argmax(), None);
    let m = matrix![[2.0, 1.0, 1.0], [nan, 1.0, nan], [0.0, -0.0, 1.0]];
    assert_eq!(m.argmin_rows(), Ok(vec![1, 0, 0]));
    assert!(matches!(
        Matrix::zeros(1, 0).argmin_rows(),
        Err(ShapeError::Empty {
            op: "argmin_rows",
            ..
        })
    ));
    assert_eq!(Matrix::zeros(0, 0).argmin_rows(), Ok(vec![]));
}

proptest! {
    #![proptest_config(config(200))]

    /// Batches of any size, written one by one into their places, are the product of all.
    #[test]
    fn batches_fill_an_output(rows in 0_usize..40, size in 0_usize..12, seed: u64) {
        let (x, w) = (random(rows, 5, seed), random(5, 3, seed ^ 1));
        let mut out = Matrix::filled(rows, 3, f64::NAN);
        for (x, out) in x.batches(size).zip(out.batches_mut(size)) {
            prop_assert_eq!(x.nrows(), out.nrows());
            x.matmul_into(&w, out).unwrap();
        }
        prop_assert_eq!(out, x.matmul(&w).unwrap());
    }

    /// A part of a part is the part.
    #[test]
    fn parts_of_parts(rows in 0_usize..6, cols in 0_usize..6, cut: [usize; 4]) {
        let m = numbered(rows, cols);
        let range = |a: usize, b: usize, len: usize| {
            let (a, b) = (a % (len + 1), b % (len + 1));
            a.min(b)..a.max(b)
        };
        let (r, c) = (range(cut[0], cut[1], rows), range(cut[2], cut[3], cols));
        let mut copy = m.clone();
        let view = m.view_cols(c.clone()).unwrap().view_rows(r.clone()).unwrap();
        let expected = Matrix::from_fn(r.len(), c.len(), |i, j| m[(r.start + i, c.start + j)]);
        prop_assert_eq!(view.to_matrix(), expected.clone());
        let mut columns = copy.view_cols_mut(c).unwrap();
        let view = columns.view_rows_mut(r).unwrap();
        prop_assert_eq!(view.view().to_matrix(), expected);
    }
}
