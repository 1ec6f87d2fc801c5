//! How a matrix is made, and what is said where it cannot be.

use super::common::assert_panics;
use super::numbered;
use rowmajor::{Matrix, MatrixView, ShapeError, matrix};
use std::error::Error;

#[test]
fn zeros_ones_and_filled_hold_their_value_in_every_shape() {
    for rows in 0..5 {
        for cols in 0..5 {
            for (m, value) in [
                (Matrix::zeros(rows, cols), 0.0),
                (Matrix::ones(rows, cols), 1.0),
                (Matrix::filled(rows, cols, -2.5), -2.5),
                (Matrix::try_filled(rows, cols, 7.0).unwrap(), 7.0),
            ] {
                assert_eq!((m.nrows(), m.ncols()), (rows, cols));
                assert_eq!(m.shape(), (rows, cols));
                assert_eq!(m.as_slice(), vec![value; rows * cols]);
            }
        }
    }
    let zeros = Matrix::zeros(3, 3);
    assert!(
        zeros.as_slice().iter().all(|x| x.to_bits() == 0),
        "zeros are positive"
    );
}

#[test]
fn the_identity_is_one_on_the_diagonal_alone() {
    for size in 0..20 {
        let m = Matrix::identity(size);
        assert_eq!(m.shape(), (size, size));
        for row in 0..size {
            for col in 0..size {
                let expected = f64::from(u8::from(row == col));
                assert_eq!(m[(row, col)], expected, "({row}, {col}) of {size}");
            }
        }
    }
}

#[test]
fn from_fn_asks_for_each_place_once_in_row_major_order() {
    let mut asked = Vec::new();
    let m = Matrix::from_fn(3, 2, |row, col| {
        asked.push((row, col));
        (10 * row + col) as f64
    });
    assert_eq!(asked, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    assert_eq!(m.as_slice(), [0.0, 1.0, 10.0, 11.0, 20.0, 21.0]);
    assert_eq!(Matrix::from_fn(0, 4, |_, _| panic!()).shape(), (0, 4));
    assert_eq!(Matrix::from_fn(4, 0, |_, _| panic!()).shape(), (4, 0));
}

#[test]
fn from_vec_keeps_the_buffer_and_counts_the_values() {
    let data = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let address = data.as_ptr();
    let m = Matrix::from_vec(2, 3, data).unwrap();
    assert_eq!(m, matrix![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert_eq!(m.as_slice().as_ptr(), address, "the buffer was copied");
    let back = m.into_vec();
    assert_eq!(back.as_ptr(), address, "the buffer was copied back");

    for found in (0..10).filter(|&len| len != 6) {
        let error = Matrix::from_vec(2, 3, vec![0.0; found]).unwrap_err();
        let expected = ShapeError::Data {
            op: "from_vec",
            shape: (2, 3),
            expected: 6,
            found,
        };
        assert_eq!(error, expected);
        assert_eq!(
            error.to_string(),
            format!("from_vec: 2x3 needs 6 values, found {found}")
        );
    }
    let shape = (usize::MAX, 2);
    let overflow = Matrix::from_vec(shape.0, shape.1, vec![0.0; 4]);
    assert_eq!(overflow, Err(ShapeError::TooLarge { shape }));
    for shape in [(0, 0), (0, 7), (7, 0), (0, usize::MAX), (usize::MAX, 0)] {
        let m = Matrix::from_vec(shape.0, shape.1, Vec::new()).unwrap();
        assert_eq!((m.shape(), m.len(), m.is_empty()), (shape, 0, true));
    }
}

#[test]
fn from_rows_takes_arrays_vecs_slices_and_iterators_of_them() {
    let expected = matrix![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let vecs = vec![vec![1.0, 2.0], vec![3.0, 4.0], vec![5.0, 6.0]];
    let slices: [&[f64]; 3] = [&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]];
    for m in [
        Matrix::from_rows([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        Matrix::from_rows(&vecs),
        Matrix::from_rows(vecs.clone()),
        Matrix::from_rows(slices),
        Matrix::from_rows(expected.rows()),
        Matrix::from_rows(&expected),
        Matrix::from_rows((0..3).map(|i| [f64::from(2 * i + 1), f64::from(2 * i + 2)])),
        Matrix::try_from(vecs.clone()),
    ] {
        assert_eq!(m.as_ref(), Ok(&expected));
    }
    let no_row = Matrix::from_rows(Vec::<Vec<f64>>::new()).unwrap();
    assert_eq!(no_row.shape(), (0, 0));
    let empty_rows = Matrix::from_rows(vec![vec![]; 4]).unwrap();
    assert_eq!(empty_rows.shape(), (4, 0));
}

#[test]
fn from_rows_believes_the_rows_and_not_what_the_iterator_promises() {
    struct Liar(usize);
    impl Iterator for Liar {
        type Item = [f64; 2];
        fn next(&mut self) -> Option<[f64; 2]> {
            self.0 = self.0.checked_sub(1)?;
            Some([self.0 as f64; 2])
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (usize::MAX, None)
        }
    }
    let m = Matrix::from_rows(Liar(3)).unwrap();
    assert_eq!(m, matrix![[2.0, 2.0], [1.0, 1.0], [0.0, 0.0]]);
}

#[test]
fn ragged_rows_are_an_error_that_names_the_first_of_them() {
    for rows in 2..6 {
        for row in 1..rows {
            for found in [0, 2, 4, 9] {
                let mut list = vec![vec![1.0; 3]; rows];
                list[row] = vec![1.0; found];
                if row < rows - 1 {
                    list[rows - 1].push(9.0); // ragged too, but later
                }
                let found = list[row].len();
                let expected = ShapeError::Ragged {
                    row,
                    expected: 3,
                    found,
                };
                assert_eq!(Matrix::from_rows(&list), Err(expected.clone()));
                assert_eq!(
                    expected.to_string(),
                    format!("row {row} has {found} values, row 0 has 3")
                );
                assert_eq!(Matrix::try_from(list), Err(expected));
            }
        }
    }
}

#[test]
fn literals_and_conversions_keep_every_value_in_place() {
    assert_eq!(matrix![].shape(), (0, 0));
    assert_eq!(matrix![[1.0, 2.0],].shape(), (1, 2));
    let row = [5.0, 6.0];
    assert_eq!(matrix![row, [7.0, 8.0]][(0, 1)], 6.0);

    assert_eq!(Matrix::default().shape(), (0, 0));
    assert_eq!(Matrix::default(), Matrix::zeros(0, 0));
    assert_eq!(Matrix::from([[0.0; 3]; 0]).shape(), (0, 3));
    assert_eq!(Matrix::from([[0.0; 0]; 3]).shape(), (3, 0));
    assert_eq!(
        Matrix::from([[1.0, 2.0], [3.0, 4.0]]),
        matrix![[1.0, 2.0], [3.0, 4.0]]
    );

    let values = vec![1.0, 2.0, 3.0];
    let address = values.as_ptr();
    let row = Matrix::from(values);
    assert_eq!(row.shape(), (1, 3));
    assert_eq!(row.as_slice().as_ptr(), address, "the row was copied");
    assert_eq!(Matrix::from(Vec::new()).shape(), (1, 0));

    let m = numbered(4, 3);
    let view = m.view_rows(1..3).unwrap();
    assert_eq!(
        Matrix::from(view),
        matrix![[100.0, 101.0, 102.0], [200.0, 201.0, 202.0]]
    );
    let nested: Vec<Vec<f64>> = m.clone().into();
    assert_eq!(nested[3], [300.0, 301.0, 302.0]);
    assert_eq!(Matrix::try_from(nested), Ok(m.clone()));
    let flat: Vec<f64> = m.clone().into();
    assert_eq!(Matrix::from_vec(4, 3, flat), Ok(m));
}

#[test]
#[cfg(target_pointer_width = "64")]
fn sizes_that_overflow_and_memory_that_cannot_be_had_are_two_errors() {
    // Overflowing products, products that fit usize but whose bytes do not fit isize.
    for shape in [
        (usize::MAX, 2),
        (2, usize::MAX),
        (1 << 32, 1 << 32),
        (1 << 60, 1),
        (1, 1 << 61),
        (4_194_305, 211_106_198_978_564),
    ] {
        let error = ShapeError::TooLarge { shape };
        assert_eq!(
            Matrix::try_filled(shape.0, shape.1, 0.0),
            Err(error.clone())
        );
        assert_eq!(
            error.to_string(),
            format!(
                "a {}x{} matrix does not fit the address space",
                shape.0, shape.1
            )
        );
        let view = MatrixView::from_slice(shape.0, shape.1, &[]);
        assert_eq!(view, Err(error.clone()));
        let view = MatrixView::with_row_stride(shape.0, shape.1, shape.1, &[]);
        assert_eq!(view, Err(error.clone()));
        assert_eq!(Matrix::zeros(0, 0).reshape(shape.0, shape.1), Err(error));
    }
    // These fit, but no machine has them.
    for shape in [((1 << 60) - 1, 1), (1, (1 << 60) - 1), (1 << 40, 1 << 12)] {
        let error = ShapeError::OutOfMemory { shape };
        assert_eq!(
            Matrix::try_filled(shape.0, shape.1, 1.0),
            Err(error.clone())
        );
        assert_eq!(
            error.to_string(),
            format!("no memory for a {}x{} matrix", shape.0, shape.1)
        );
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn constructors_without_a_result_panic_with_the_error_at_the_callers_line() {
    let too_large = "a 4294967296x4294967296 matrix does not fit the address space";
    let size = 1 << 32;
    assert_panics(too_large, || Matrix::zeros(size, size));
    assert_panics(too_large, || Matrix::ones(size, size));
    assert_panics(too_large, || Matrix::filled(size, size, 2.0));
    assert_panics(too_large, || Matrix::identity(size));
    assert_panics(too_large, || Matrix::from_fn(size, size, |_, _| 0.0));
    let no_memory = "no memory for a 1099511627776x4096 matrix";
    assert_panics(no_memory, || Matrix::zeros(1 << 40, 1 << 12));
    assert_panics(no_memory, || Matrix::from_fn(1 << 40, 1 << 12, |_, _| 0.0));
    let no_memory = "no memory for a 67108864x67108864 matrix";
    assert_panics(no_memory, || Matrix::identity(1 << 26));
}

#[test]
fn views_of_a_slice_check_its_length() {
    let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let view = MatrixView::from_slice(3, 2, &data).unwrap();
    assert_eq!(view, matrix![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    for found in [0, 1, 5] {
        let error = MatrixView::from_slice(3, 2, &data[..found]).unwrap_err();
        let expected = ShapeError::Data {
            op: "from_slice",
            shape: (3, 2),
            expected: 6,
            found,
        };
        assert_eq!(error, expected);
        assert_eq!(
            error.to_string(),
            format!("from_slice: 3x2 needs 6 values, found {found}")
        );
    }
    assert!(
        MatrixView::from_slice(2, 2, &data).is_err(),
        "values left over"
    );
}

#[test]
fn views_with_a_row_stride_reach_exactly_to_the_end_of_the_last_row() {
    let data: Vec<f64> = (0..100).map(f64::from).collect();
    for rows in 1..5 {
        for cols in 1..5 {
            for stride in 0..9 {
                let make =
                    |len: usize| MatrixView::with_row_stride(rows, cols, stride, &data[..len]);
                if stride < cols {
                    let error = make(100).unwrap_err();
                    let expected = ShapeError::OutOfRange {
                        op: "with_row_stride",
                        index: cols,
                        len: stride,
                    };
                    assert_eq!(error, expected);
                    continue;
                }
                let needed = (rows - 1) * stride + cols;
                let expected = ShapeError::Data {
                    op: "with_row_stride",
                    shape: (rows, cols),
                    expected: needed,
                    found: needed - 1,
                };
                assert_eq!(make(needed - 1).unwrap_err(), expected);
                for len in [needed, needed + 1, 100] {
                    let view = make(len).unwrap();
                    let kept = if rows == 1 { cols } else { stride };
                    assert_eq!((view.shape(), view.row_stride()), ((rows, cols), kept));
                    let expected = Matrix::from_fn(rows, cols, |i, j| (i * stride + j) as f64);
                    assert_eq!(view.to_matrix(), expected);
                }
            }
        }
    }
    // Without a value, nothing is asked of stride or slice.
    for shape in [(0, 5), (5, 0), (0, 0)] {
        for stride in [0, 3, usize::MAX] {
            let view = MatrixView::with_row_stride(shape.0, shape.1, stride, &[]).unwrap();
            assert_eq!((view.shape(), view.is_empty()), (shape, true));
        }
    }
    // One row needs no stride that fits; more than one whose places overflow is too large.
    let row = MatrixView::with_row_stride(1, 2, usize::MAX, &data).unwrap();
    assert_eq!(Matrix::ones(9, 1).matmul(row).unwrap().row(8), [0.0, 1.0]);
    let shape = (3, usize::MAX);
    assert_eq!(
        MatrixView::with_row_stride(3, 2, usize::MAX, &data).unwrap_err(),
        ShapeError::TooLarge { shape }
    );
}

#[test]
fn errors_are_values_that_travel() {
    fn travels<T: Error + Clone + PartialEq + Send + Sync + 'static>(_: &T) {}
    fn boxed() -> Result<Matrix, Box<dyn Error + Send + Sync>> {
        Ok(Matrix::from_vec(1, 2, vec![0.0])?)
    }
    let error = Matrix::from_vec(1, 2, vec![0.0]).unwrap_err();
    travels(&error);
    let boxed = boxed().unwrap_err();
    assert_eq!(boxed.to_string(), "from_vec: 1x2 needs 2 values, found 1");
    assert_eq!(boxed.downcast_ref::<ShapeError>(), Some(&error));
    assert!(boxed.source().is_none());
}
