//! How a matrix is looked at: elements, rows, ranges of rows, batches, equality.

use super::common::{Layout, Slice, assert_panics};
use super::{numbered, random};
use rowmajor::{Matrix, PackedMatrix, ShapeError, matrix};
use std::ops::{Bound, RangeBounds};

#[test]
fn a_packed_matrix_has_the_sizes_of_its_matrix() {
    let packed = PackedMatrix::new(&numbered(2, 3)).unwrap();
    assert_eq!((packed.nrows(), packed.ncols()), (2, 3));
    assert_eq!(packed.shape(), (2, 3));
}

#[test]
fn elements_stand_at_row_times_columns_plus_column() {
    for (rows, cols) in [(1, 1), (3, 5), (5, 3), (1, 9), (9, 1)] {
        let mut m = numbered(rows, cols);
        assert_eq!((m.len(), m.is_empty()), (rows * cols, false));
        for row in 0..rows {
            for col in 0..cols {
                let expected = (100 * row + col) as f64;
                assert_eq!(m[(row, col)], expected);
                assert_eq!(m.view()[(row, col)], expected);
                assert_eq!(m.get(row, col), Some(expected));
                assert_eq!(m.view().get(row, col), Some(expected));
                assert_eq!(m.as_slice()[row * cols + col], expected);
                assert_eq!(m.row(row)[col], expected);
                assert_eq!(m.view().row(row)[col], expected);
                m[(row, col)] += 0.5;
                assert_eq!(m.row_mut(row)[col], expected + 0.5);
            }
        }
        for (row, col) in [
            (rows, 0),
            (0, cols),
            (rows, cols),
            (usize::MAX, 0),
            (0, usize::MAX),
        ] {
            assert_eq!(m.get(row, col), None);
            assert_eq!(m.view().get(row, col), None);
        }
    }
}

#[test]
fn buffers_are_reached_through_every_door() {
    let mut m = matrix![[1.0, 2.0], [3.0, 4.0]];
    m.as_mut_slice()[3] = 40.0;
    m.as_mut()[0] = 10.0;
    m.row_mut(0)[1] = 20.0;
    let as_ref: &[f64] = m.as_ref();
    assert_eq!(as_ref, [10.0, 20.0, 3.0, 40.0]);
    assert_eq!(m.clone().into_vec(), m.as_slice());
    let mut copy = m.clone();
    copy[(0, 0)] = 0.0;
    assert_eq!(m[(0, 0)], 10.0, "a clone shares nothing");
}

#[test]
fn a_place_outside_panics_with_both_numbers_at_the_callers_line() {
    let mut m = Matrix::zeros(2, 3);
    let v = numbered(4, 3);
    let v = v.view_rows(1..3).unwrap();
    assert_panics("index (2, 0) is out of range for 2x3", || m[(2, 0)]);
    // Inside the buffer, outside the row.
    assert_panics("index (0, 3) is out of range for 2x3", || m[(0, 3)]);
    assert_panics("index (0, 3) is out of range for 2x3", || v[(0, 3)]);
    assert_panics("index (2, 1) is out of range for 2x3", || v[(2, 1)]);
    assert_panics("index (2, 2) is out of range for 2x3", || m[(2, 2)] = 1.0);
    assert_panics("index (1, 3) is out of range for 2x3", || m[(1, 3)] += 1.0);
    assert_panics("row: 2 is out of range for 2", || m.row(2).len());
    assert_panics("row: 2 is out of range for 2", || v.row(2).len());
    assert_panics("row: 7 is out of range for 2", || m.row_mut(7).fill(0.0));
    assert_panics("row: 0 is out of range for 0", || {
        Matrix::default().row(0).len()
    });
    let empty = Matrix::zeros(2, 0);
    assert_panics("index (0, 0) is out of range for 2x0", || empty[(0, 0)]);
    assert_eq!((empty.row(1).len(), m.len()), (0, 6));
}

#[test]
fn equality_is_of_shapes_and_of_values_as_numbers() {
    let m = numbered(2, 3);
    assert_eq!(m, m.clone());
    assert_ne!(
        m,
        m.clone().reshape(3, 2).unwrap(),
        "same values, another shape"
    );
    assert_ne!(Matrix::zeros(0, 3), Matrix::zeros(3, 0));
    assert_ne!(Matrix::zeros(0, 3).view(), Matrix::zeros(0, 2).view());
    assert_eq!(matrix![[0.0]], matrix![[-0.0]]);
    let nan = matrix![[1.0, f64::NAN]];
    assert_ne!(nan, nan.clone(), "NaN equals nothing");
    assert_ne!(nan.view(), nan.view());
    let mut other = m.clone();
    other[(1, 2)] += 1.0;
    assert_ne!(m, other, "the last value counts");

    let slice = Slice::new(
        &m,
        Layout {
            offset: 1,
            gap: 2,
            above: 1,
            below: 1,
        },
    );
    assert_eq!(slice.view(), m.view(), "gaps between the rows do not count");
    assert_eq!(slice.view(), m);
    assert_eq!(m, slice.view());
    assert_ne!(slice.view(), other);
    assert_ne!(other, slice.view());
}

/// A matrix without gaps and a view with them, both of the same values.
fn both(rows: usize, cols: usize, check: impl Fn(rowmajor::MatrixView<'_>)) {
    let m = numbered(rows, cols);
    check(m.view());
    let layout = Layout {
        offset: 3,
        gap: 2,
        above: 1,
        below: 2,
    };
    check(Slice::new(&m, layout).view());
}

fn split_first<'a, T>(left: &mut &'a [T]) -> Option<&'a T> {
    let (first, rest) = left.split_first()?;
    *left = rest;
    Some(first)
}

fn split_last<'a, T>(left: &mut &'a [T]) -> Option<&'a T> {
    let (last, rest) = left.split_last()?;
    *left = rest;
    Some(last)
}

#[test]
fn rows_come_from_both_ends_and_know_how_many_are_left() {
    for (count, cols) in [(0, 3), (1, 3), (2, 0), (5, 2), (6, 1)] {
        both(count, cols, |view| {
            let all: Vec<&[f64]> = (0..count).map(|i| view.row(i)).collect();
            assert_eq!(view.rows().collect::<Vec<_>>(), all);
            assert_eq!(view.into_iter().collect::<Vec<_>>(), all);
            let backwards: Vec<_> = all.iter().rev().copied().collect();
            assert_eq!(view.rows().rev().collect::<Vec<_>>(), backwards);
            assert_eq!(view.rows().next_back(), all.last().copied());
            // Every order of taking from the front and from the back.
            for pattern in 0..1u32 << count {
                let (mut rows, mut left) = (view.rows(), &all[..]);
                for step in 0..count {
                    assert_eq!(
                        (rows.len(), rows.size_hint()),
                        (left.len(), (left.len(), Some(left.len())))
                    );
                    if pattern >> step & 1 == 0 {
                        assert_eq!(rows.next(), split_first(&mut left).copied());
                    } else {
                        assert_eq!(rows.next_back(), split_last(&mut left).copied());
                    }
                }
                assert_eq!((rows.len(), rows.next(), rows.next_back()), (0, None, None));
                assert_eq!((rows.next(), rows.next_back()), (None, None), "fused");
            }
            for skip in 0..count + 2 {
                let mut rows = view.rows();
                assert_eq!(rows.nth(skip), all.get(skip).copied(), "nth({skip})");
                assert_eq!(rows.len(), count.saturating_sub(skip + 1));
                assert_eq!(rows.next_back().is_some(), skip + 1 < count);
            }
            assert_eq!(view.rows().nth(usize::MAX), None);
        });
    }
    let m = numbered(3, 2);
    let mut seen = Vec::new();
    for row in &m {
        seen.extend_from_slice(row);
    }
    assert_eq!(seen, m.as_slice());
    assert_eq!(m.rows().len(), 3);
}

#[test]
fn views_of_every_kind_of_range_hold_these_rows_or_name_the_end_that_is_outside() {
    fn check(
        m: &Matrix,
        range: impl RangeBounds<usize> + Clone + std::fmt::Debug,
        start: usize,
        end: usize,
    ) {
        let rows = m.nrows();
        let outside = |index, len| ShapeError::OutOfRange {
            op: "view_rows",
            index,
            len,
        };
        let expected = if end > rows {
            Err(outside(end, rows))
        } else if start > end {
            Err(outside(start, end))
        } else {
            let part = &m.as_slice()[start * m.ncols()..end * m.ncols()];
            Ok(Matrix::from_vec(end - start, m.ncols(), part.to_vec()).unwrap())
        };
        let found = m.view_rows(range.clone()).map(|view| view.to_matrix());
        assert_eq!(found, expected, "{range:?} of {rows} rows");
        let layout = Layout {
            offset: 2,
            gap: 3,
            above: 1,
            below: 0,
        };
        let slice = Slice::new(m, layout);
        let found = slice
            .view()
            .view_rows(range.clone())
            .map(|view| view.to_matrix());
        assert_eq!(found, expected, "{range:?} of {rows} rows with gaps");
    }
    for rows in 0..5 {
        for cols in [0, 1, 3] {
            let m = numbered(rows, cols);
            check(&m, .., 0, rows);
            for a in 0..7 {
                check(&m, a.., a, rows);
                check(&m, ..a, 0, a);
                check(&m, ..=a, 0, a + 1);
                check(&m, (Bound::Excluded(a), Bound::Unbounded), a + 1, rows);
                for b in 0..7 {
                    check(&m, a..b, a, b);
                    check(&m, a..=b, a, b + 1);
                    check(&m, (Bound::Excluded(a), Bound::Excluded(b)), a + 1, b);
                    check(&m, (Bound::Excluded(a), Bound::Included(b)), a + 1, b + 1);
                }
            }
            check(&m, ..=usize::MAX, 0, usize::MAX);
            check(&m, usize::MAX.., usize::MAX, rows);
            check(
                &m,
                (Bound::Excluded(usize::MAX), Bound::Unbounded),
                usize::MAX,
                rows,
            );
        }
    }
    let error = numbered(10, 2).view_rows(7..12).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "view_rows: 12 is out of range for 10");
}

#[test]
fn a_view_borrows_and_never_copies() {
    let m = numbered(6, 4);
    let part = m.view_rows(2..5).unwrap().view_rows(1..).unwrap();
    assert_eq!(part.row(0).as_ptr(), m.row(3).as_ptr());
    assert_eq!(
        (part.shape(), part.len(), part.row_stride()),
        ((2, 4), 8, 4)
    );
    // Rows outlive the view they were taken from.
    let row = { m.view_rows(5..).unwrap().row(0) };
    assert_eq!(row, [500.0, 501.0, 502.0, 503.0]);
}

#[test]
fn batches_cover_the_rows_in_order_and_only_the_last_is_short() {
    for count in 0..11 {
        for size in (0..13).chain([usize::MAX]) {
            both(count, 2, |view| {
                let step = size.max(1);
                let expected: Vec<Matrix> = (0..count)
                    .step_by(step)
                    .map(|start| {
                        let end = start.saturating_add(step).min(count);
                        view.view_rows(start..end).unwrap().to_matrix()
                    })
                    .collect();
                let what = format!("{count} rows in batches of {size}");
                let found: Vec<Matrix> =
                    view.batches(size).map(|batch| batch.to_matrix()).collect();
                assert_eq!(found, expected, "{what}");
                let found: Vec<Matrix> = view
                    .batches(size)
                    .rev()
                    .map(|batch| batch.to_matrix())
                    .collect();
                assert!(
                    found.iter().eq(expected.iter().rev()),
                    "{what}, from the back"
                );
                // Every order of taking from the front and from the back.
                for pattern in 0..1u32 << expected.len() {
                    let (mut batches, mut left) = (view.batches(size), &expected[..]);
                    for step in 0..expected.len() {
                        assert_eq!(
                            (batches.len(), batches.size_hint().1),
                            (left.len(), Some(left.len())),
                            "{what}"
                        );
                        let (batch, expected) = if pattern >> step & 1 == 0 {
                            (batches.next(), split_first(&mut left))
                        } else {
                            (batches.next_back(), split_last(&mut left))
                        };
                        assert_eq!(
                            batch.unwrap(),
                            *expected.unwrap(),
                            "{what}, order {pattern:b}"
                        );
                    }
                    assert!(
                        batches.next().is_none() && batches.next_back().is_none(),
                        "{what}: fused"
                    );
                }
            });
        }
    }
    let m = numbered(250, 3);
    assert_eq!(
        m.batches(100).map(|b| b.nrows()).collect::<Vec<_>>(),
        [100, 100, 50]
    );
    assert_eq!(
        m.batches(100).next_back().unwrap().row(0).as_ptr(),
        m.row(200).as_ptr(),
        "a batch is no copy"
    );
    // Rows without a column are rows.
    let rows: Vec<usize> = Matrix::zeros(5, 0).batches(2).map(|b| b.nrows()).collect();
    assert_eq!(rows, [2, 2, 1]);
}

#[test]
fn reshape_keeps_the_values_and_their_number() {
    let m = numbered(4, 3);
    let (values, address) = (m.clone().into_vec(), m.as_slice().as_ptr());
    let mut m = m;
    for shape in [(12, 1), (1, 12), (2, 6), (6, 2), (3, 4), (4, 3)] {
        m = m.reshape(shape.0, shape.1).unwrap();
        assert_eq!((m.shape(), m.as_slice()), (shape, &values[..]));
        assert_eq!(m.as_slice().as_ptr(), address, "reshape copied");
    }
    let error = m.reshape(5, 2).unwrap_err();
    let expected = ShapeError::Data {
        op: "reshape",
        shape: (5, 2),
        expected: 10,
        found: 12,
    };
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), "reshape: 5x2 needs 10 values, found 12");
    assert_eq!(Matrix::zeros(0, 9).reshape(7, 0).unwrap().shape(), (7, 0));
}

#[test]
fn the_transpose_turns_every_size_around_its_block() {
    let sizes = (0..=18).chain([31, 32, 33, 48, 70]);
    for rows in sizes.clone() {
        for cols in sizes.clone() {
            both(rows, cols, |view| {
                let turned = view.transpose();
                assert_eq!(turned.shape(), (cols, rows));
                let expected = Matrix::from_fn(cols, rows, |i, j| (100 * j + i) as f64);
                assert_eq!(turned, expected, "{rows}x{cols}");
                assert_eq!(turned.transpose(), view, "twice, {rows}x{cols}");
            });
        }
    }
    let m = random(40, 17, 1);
    assert_eq!(m.transpose().transpose(), m);
    assert_eq!(
        m.view_rows(3..20).unwrap().transpose().row(16)[16],
        m[(19, 16)]
    );
}

#[test]
fn errors_name_the_operation_and_what_does_not_fit() {
    let (m, packed) = (Matrix::zeros(2, 2), PackedMatrix::new(&Matrix::zeros(3, 2)));
    let packed = packed.unwrap();
    for (error, expected) in [
        (m.select_rows(&[3]), "select_rows: 3 is out of range for 2"),
        (
            m.select_cols(&[0, 2]),
            "select_cols: 2 is out of range for 2",
        ),
        (
            m.add_row(&[1.0]),
            "add_row: shapes 2x2 and 1x1 do not match",
        ),
        (m.try_add(&[1.0]), "add: shapes 2x2 and 1x1 do not match"),
        (
            Matrix::vstack([&m, &Matrix::zeros(1, 3)]),
            "vstack: shapes 2x2 and 1x3 do not match",
        ),
        (
            Matrix::hstack([&m, &Matrix::zeros(1, 3)]),
            "hstack: shapes 2x2 and 1x3 do not match",
        ),
        (
            m.matmul_packed(&packed),
            "matmul_packed: cannot multiply 2x2 by 3x2: inner sizes 2 and 3 differ",
        ),
        (
            m.matmul_nt(&Matrix::zeros(4, 3)),
            "matmul_nt: cannot multiply 2x2 by 4x3: inner sizes 2 and 3 differ",
        ),
    ] {
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
    let mut out = Matrix::zeros(2, 3);
    for (error, op) in [
        (m.matmul_into(&m, &mut out), "matmul_into"),
        (m.matmul_tn_into(&m, &mut out), "matmul_tn_into"),
        (m.matmul_nt_into(&m, &mut out), "matmul_nt_into"),
        (
            m.view()
                .matmul_packed_into(&PackedMatrix::new(&m).unwrap(), &mut out),
            "matmul_packed_into",
        ),
    ] {
        let expected = format!("{op}: the result is 2x2, the output 2x3");
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
}
