//! Shapes that do not fit, results that cannot be held, packed operands.

use super::common::{Random, assert_bits};
use super::{Form, Size, filled, oracle};
use rowmajor::{Matrix, PackedMatrix, ShapeError};

#[test]
fn every_pair_of_small_shapes_fits_or_is_an_error_that_holds_both() {
    let shapes: Vec<Size> = (0..=4).flat_map(|r| (0..=4).map(move |c| (r, c))).collect();
    let mut errors = 0;
    for form in Form::ALL {
        let (name, name_into) = form.names();
        for &lhs in &shapes {
            for &rhs in &shapes {
                let (a, b) = (Matrix::ones(lhs.0, lhs.1), Matrix::ones(rhs.0, rhs.1));
                let ((rows, k), (inner, cols)) = form.effective(lhs, rhs);
                let what = (form, lhs, rhs);
                let results = [form.of_matrices(&a, &b), form.of_views(a.view(), b.view())];
                // An output of the right shape and one of a wrong one: the operands are looked at first.
                let mut out = Matrix::filled(rows, cols, -7.0);
                let mut wrong = Matrix::filled(rows + 1, cols, -7.0);
                let done = form.of_matrices_into(&a, &b, &mut out);
                let done_in_view = form.of_views_into(a.view(), b.view(), &mut out);
                let done_in_wrong = form.of_matrices_into(&a, &b, &mut wrong);
                if k == inner {
                    let expected = Matrix::filled(rows, cols, k as f64);
                    assert_eq!(
                        results,
                        [Ok(expected.clone()), Ok(expected.clone())],
                        "{what:?}"
                    );
                    assert_eq!((done, done_in_view), (Ok(()), Ok(())), "{what:?}");
                    assert_eq!(out, expected, "{what:?}");
                    continue;
                }
                errors += 1;
                let error = |op| ShapeError::Product {
                    op,
                    lhs,
                    rhs,
                    inner: (k, inner),
                };
                let text = |op: &str| {
                    format!(
                        "{op}: cannot multiply {}x{} by {}x{}: inner sizes {k} and {inner} differ",
                        lhs.0, lhs.1, rhs.0, rhs.1
                    )
                };
                for result in results {
                    let found = result.unwrap_err();
                    assert_eq!(found, error(name), "{what:?}");
                    assert_eq!(found.to_string(), text(name));
                }
                for result in [done, done_in_view, done_in_wrong] {
                    let found = result.unwrap_err();
                    assert_eq!(found, error(name_into), "{what:?}");
                    assert_eq!(found.to_string(), text(name_into));
                }
                for out in [out, wrong] {
                    assert!(
                        out.as_slice().iter().all(|&x| x == -7.0),
                        "{what:?}: an error left its mark on the output"
                    );
                }
            }
        }
    }
    assert_eq!(errors, 3 * (625 - 125), "pairs that do not fit");
}

#[test]
fn every_output_of_another_shape_is_an_error_and_stays_untouched() {
    for form in Form::ALL {
        let (_, name) = form.names();
        for (m, k, n) in [
            (0, 2, 3),
            (3, 0, 2),
            (2, 3, 0),
            (1, 1, 1),
            (2, 3, 4),
            (4, 4, 4),
        ] {
            let (a, b) = form.stored(&Matrix::ones(m, k), &Matrix::ones(k, n));
            for found in (0..=4).flat_map(|r| (0..=4).map(move |c| (r, c))) {
                if found == (m, n) {
                    continue;
                }
                let mut out = Matrix::filled(found.0, found.1, -7.0);
                let expected = ShapeError::Output {
                    op: name,
                    expected: (m, n),
                    found,
                };
                let error = form.of_matrices_into(&a, &b, &mut out).unwrap_err();
                assert_eq!(error, expected, "{form:?}");
                assert_eq!(
                    error.to_string(),
                    format!(
                        "{name}: the result is {m}x{n}, the output {}x{}",
                        found.0, found.1
                    )
                );
                let error = form
                    .of_views_into(a.view(), b.view(), &mut out)
                    .unwrap_err();
                assert_eq!(error, expected, "{form:?} of views");
                assert_eq!(out, Matrix::filled(found.0, found.1, -7.0), "{form:?}");
            }
        }
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_result_that_cannot_be_held_is_an_error() {
    // Empty operands of a product that is not: k = 0.
    let product = |m: usize, n: usize| Matrix::zeros(m, 0).matmul(&Matrix::zeros(0, n));
    let shape = (1 << 40, 1 << 40);
    assert_eq!(
        product(shape.0, shape.1),
        Err(ShapeError::TooLarge { shape })
    );
    let shape = (1 << 40, 1 << 12);
    assert_eq!(
        product(shape.0, shape.1),
        Err(ShapeError::OutOfMemory { shape })
    );
    assert_eq!(product(3, 2), Ok(Matrix::zeros(3, 2)));
}

#[test]
fn a_packed_operand_gives_the_same_bits_and_errors_that_hold_both_shapes() {
    let mut random = Random::new(11);
    for (m, k, n) in [(1, 1, 1), (3, 5, 9), (20, 70, 40), (2, 0, 3), (0, 2, 3)] {
        let a = filled(m, k, || random.number());
        let b = filled(k, n, || random.number());
        let packed = PackedMatrix::new(&b).unwrap();
        assert_eq!((packed.nrows(), packed.ncols()), (k, n));
        let expected = oracle(&a, &b);
        for c in [a.matmul_packed(&packed), a.view().matmul_packed(&packed)] {
            let c = c.unwrap();
            assert_eq!(c.shape(), (m, n));
            assert_bits(c.as_slice(), &expected, (m, k, n));
        }
        let mut out = Matrix::filled(m, n, f64::NAN);
        a.matmul_packed_into(&packed, &mut out).unwrap();
        assert_bits(out.as_slice(), &expected, (m, k, n));
        out.as_mut_slice().fill(f64::NAN);
        a.view().matmul_packed_into(&packed, &mut out).unwrap();
        assert_bits(out.as_slice(), &expected, (m, k, n));

        let wider = Matrix::ones(m, k + 1);
        let mut taller = Matrix::filled(m + 1, n, -7.0);
        for error in [
            wider.matmul_packed(&packed).unwrap_err(),
            wider.view().matmul_packed(&packed).unwrap_err(),
        ] {
            assert!(
                matches!(error, ShapeError::Product { inner, .. } if inner == (k + 1, k)),
                "{error}"
            );
        }
        for error in [
            a.matmul_packed_into(&packed, &mut taller).unwrap_err(),
            a.view()
                .matmul_packed_into(&packed, &mut taller)
                .unwrap_err(),
        ] {
            assert!(
                matches!(error, ShapeError::Output { expected, found, .. }
                    if expected == (m, n) && found == (m + 1, n)),
                "{error}"
            );
        }
        assert_bits(taller.as_slice(), &vec![-7.0; (m + 1) * n], "untouched");
    }
}
