//! The product, from outside: every bit as the contract says, every wrong shape an error that says what was wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly"
)]

mod common;

use common::{Layout, Random, SPECIAL, Slice, assert_bits, chains, config};
use proptest::prelude::*;
use rowmajor::{Matrix, MatrixView, PackedMatrix, ShapeError};

/// The three products: A·B, Aᵀ·B, A·Bᵀ.
#[derive(Clone, Copy, Debug)]
enum Form {
    Nn,
    Tn,
    Nt,
}

impl Form {
    const ALL: [Form; 3] = [Form::Nn, Form::Tn, Form::Nt];

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Form::Nn => ("matmul", "matmul_into"),
            Form::Tn => ("matmul_tn", "matmul_tn_into"),
            Form::Nt => ("matmul_nt", "matmul_nt_into"),
        }
    }

    /// How `a` and `b` of the product A·B are to be stored.
    fn stored(self, a: &Matrix, b: &Matrix) -> (Matrix, Matrix) {
        match self {
            Form::Nn => (a.clone(), b.clone()),
            Form::Tn => (turned(a), b.clone()),
            Form::Nt => (a.clone(), turned(b)),
        }
    }

    /// Rows and columns of the operands as they take part.
    fn effective(self, lhs: Size, rhs: Size) -> (Size, Size) {
        match self {
            Form::Nn => (lhs, rhs),
            Form::Tn => ((lhs.1, lhs.0), rhs),
            Form::Nt => (lhs, (rhs.1, rhs.0)),
        }
    }

    fn of_matrices(self, a: &Matrix, b: &Matrix) -> Result<Matrix, ShapeError> {
        match self {
            Form::Nn => a.matmul(b),
            Form::Tn => a.matmul_tn(b),
            Form::Nt => a.matmul_nt(b),
        }
    }

    fn of_matrices_into(self, a: &Matrix, b: &Matrix, out: &mut Matrix) -> Result<(), ShapeError> {
        match self {
            Form::Nn => a.matmul_into(b, out),
            Form::Tn => a.matmul_tn_into(b, out),
            Form::Nt => a.matmul_nt_into(b, out),
        }
    }

    fn of_views(self, a: MatrixView<'_>, b: MatrixView<'_>) -> Result<Matrix, ShapeError> {
        match self {
            Form::Nn => a.matmul(b),
            Form::Tn => a.matmul_tn(b),
            Form::Nt => a.matmul_nt(b),
        }
    }

    fn of_views_into(
        self,
        a: MatrixView<'_>,
        b: MatrixView<'_>,
        out: &mut Matrix,
    ) -> Result<(), ShapeError> {
        match self {
            Form::Nn => a.matmul_into(b, out),
            Form::Tn => a.matmul_tn_into(b, out),
            Form::Nt => a.matmul_nt_into(b, out),
        }
    }
}

type Size = (usize, usize);

/// The transpose, element by element.
fn turned(m: &Matrix) -> Matrix {
    Matrix::from_fn(m.ncols(), m.nrows(), |i, j| m[(j, i)])
}

fn oracle(a: &Matrix, b: &Matrix) -> Vec<f64> {
    assert_eq!(a.ncols(), b.nrows());
    let shape = (a.nrows(), a.ncols(), b.ncols());
    chains(shape, |i, p| a[(i, p)], |p, j| b[(p, j)])
}

fn filled(rows: usize, cols: usize, mut value: impl FnMut() -> f64) -> Matrix {
    Matrix::from_fn(rows, cols, |_, _| value())
}

#[test]
fn every_small_shape_in_every_form_has_the_bits_of_the_naive_loop() {
    let mut random = Random(1);
    for m in 0..=17 {
        for k in 0..=17 {
            for n in 0..=17 {
                let a = filled(m, k, || random.wild());
                let b = filled(k, n, || random.wild());
                let expected = oracle(&a, &b);
                for form in Form::ALL {
                    let (a, b) = form.stored(&a, &b);
                    let what = (form, m, k, n);
                    let c = form.of_matrices(&a, &b).unwrap();
                    assert_eq!(c.shape(), (m, n), "{what:?}");
                    assert_bits(c.as_slice(), &expected, what);
                    let mut out = Matrix::filled(m, n, f64::NAN);
                    form.of_matrices_into(&a, &b, &mut out).unwrap();
                    assert_bits(out.as_slice(), &expected, ("into", what));
                }
            }
        }
    }
}

#[test]
fn shapes_of_several_blocks_have_the_bits_of_the_naive_loop() {
    let mut random = Random(2);
    for (m, k, n) in [
        (2, 3, 2100),
        (3, 300, 1030),
        (7, 1025, 9),
        (150, 20, 10),
        (301, 1, 1),
        (1, 301, 301),
    ] {
        let a = filled(m, k, || random.number());
        let b = filled(k, n, || random.number());
        let expected = oracle(&a, &b);
        for form in Form::ALL {
            let (a, b) = form.stored(&a, &b);
            let mut out = Matrix::filled(m, n, f64::NAN);
            form.of_matrices_into(&a, &b, &mut out).unwrap();
            assert_bits(out.as_slice(), &expected, (form, m, k, n));
        }
    }
}

#[test]
fn every_triple_of_special_values_at_every_depth_is_one_fused_operation() {
    // Row (z, x) of A and column (1, y) of B give fma(x, y, z); zeros before and behind must not change it.
    let pairs: Vec<[f64; 2]> = SPECIAL
        .iter()
        .flat_map(|&z| SPECIAL.map(|x| [z, x]))
        .collect();
    for k in 2..=9 {
        for at in 0..k - 1 {
            let a = Matrix::from_fn(pairs.len(), k, |i, p| match p.checked_sub(at) {
                Some(p @ (0 | 1)) => pairs[i][p],
                _ => 0.0,
            });
            let b = Matrix::from_fn(k, SPECIAL.len(), |p, j| match p.checked_sub(at) {
                Some(0) => 1.0,
                Some(1) => SPECIAL[j],
                _ => 0.0,
            });
            // A chain starts at +0, so that a first term of -0 counts as +0; later zero terms turn -0 into +0 again.
            let behind = at + 2 < k;
            let expected: Vec<f64> = pairs
                .iter()
                .flat_map(|&[z, x]| SPECIAL.map(|y| x.mul_add(y, z + 0.0)))
                .map(|c| if behind { c + 0.0 } else { c })
                .collect();
            for form in Form::ALL {
                let (a, b) = form.stored(&a, &b);
                let c = form.of_matrices(&a, &b).unwrap();
                assert_bits(c.as_slice(), &expected, (form, k, at));
            }
        }
    }
}

#[test]
fn the_fused_operation_shows_at_every_place() {
    // (1 + 2^-27)(1 - 2^-27) - 1 is -2^-54 when rounded once and 0 when the product is rounded first.
    let (high, low) = (1.0 + 2f64.powi(-27), 1.0 - 2f64.powi(-27));
    for (m, k, n) in [(1, 2, 1), (7, 9, 17), (13, 5, 10)] {
        for i in 0..m {
            for p in 1..k {
                for j in 0..n {
                    let mut a = Matrix::zeros(m, k);
                    let mut b = Matrix::zeros(k, n);
                    (a[(i, p - 1)], b[(p - 1, j)]) = (-1.0, 1.0);
                    (a[(i, p)], b[(p, j)]) = (high, low);
                    let mut expected = Matrix::zeros(m, n);
                    expected[(i, j)] = -(2f64.powi(-54));
                    for form in Form::ALL {
                        let (a, b) = form.stored(&a, &b);
                        let c = form.of_matrices(&a, &b).unwrap();
                        assert_bits(c.as_slice(), expected.as_slice(), (form, m, k, n, i, p, j));
                    }
                }
            }
        }
    }
}

/// Shows the order of summation from outside, after FPRev (Xie et al.): among ones, +2^100 at one depth and -2^100 at
/// another swallow every one that is added between them, so the result counts those that are added after both. Every
/// pair of depths together tells the tree of additions; from left to right, the later depth decides.
#[test]
fn every_chain_runs_from_left_to_right() {
    const M: f64 = (1u128 << 100) as f64;
    let sizes = (1..=40)
        .chain(63..=65)
        .chain(127..=129)
        .chain(255..=257)
        .chain([300]);
    for k in sizes {
        let ones = Matrix::ones(k, 9);
        for later in 1..k {
            // Row `earlier`: the pair (earlier, later), the sign in either order.
            let sign = |earlier: usize| if earlier.is_multiple_of(2) { M } else { -M };
            let a = Matrix::from_fn(later, k, |earlier, p| match p {
                _ if p == earlier => sign(earlier),
                _ if p == later => -sign(earlier),
                _ => 1.0,
            });
            let after = (k - 1 - later) as f64;
            let c = a.matmul(&ones).unwrap();
            for (earlier, row) in c.rows().enumerate() {
                assert!(
                    row.iter().all(|&count| count == after),
                    "k = {k}: with depths {earlier} and {later} large, {row:?} ones were added after both, not {after}"
                );
            }
            // The same pairs in the columns of the right operand, for a few rows.
            let c = Matrix::ones(2, k).matmul_nt(&a).unwrap();
            assert_eq!(
                c,
                Matrix::filled(2, later, after),
                "k = {k}, later = {later}"
            );
        }
    }
}

#[test]
fn rows_are_the_same_bits_however_a_batch_is_split() {
    let mut random = Random(3);
    for (k, n) in [(1, 1), (20, 10), (33, 7), (300, 9)] {
        let x = filled(70, k, || random.number());
        let w = filled(k, n, || random.number());
        let whole = x.matmul(&w).unwrap();
        assert_bits(whole.as_slice(), &oracle(&x, &w), (k, n));
        for split in 0..=x.nrows() {
            let top = x.view_rows(..split).unwrap().matmul(&w).unwrap();
            let bottom = x.view_rows(split..).unwrap().matmul(&w).unwrap();
            let parts = [top.into_vec(), bottom.into_vec()].concat();
            assert_bits(&parts, whole.as_slice(), (k, n, "split at", split));
        }
        for size in 1..=x.nrows() {
            let parts: Vec<f64> = x
                .batches(size)
                .flat_map(|batch| batch.matmul(&w).unwrap().into_vec())
                .collect();
            assert_bits(&parts, whole.as_slice(), (k, n, "batches of", size));
        }
    }
}

#[test]
fn threads_that_multiply_at_once_do_not_disturb_each_other() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let mut random = Random(100 + thread);
                for _ in 0..50 {
                    let (m, k, n) = (random.below(40), random.below(300), random.below(40));
                    let a = filled(m, k, || random.number());
                    let b = filled(k, n, || random.number());
                    let c = a.matmul(&b).unwrap();
                    assert_bits(c.as_slice(), &oracle(&a, &b), (thread, m, k, n));
                }
            });
        }
    });
}

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
    let mut random = Random(11);
    for (m, k, n) in [(1, 1, 1), (3, 5, 9), (20, 70, 40), (2, 0, 3), (0, 2, 3)] {
        let a = filled(m, k, || random.number());
        let b = filled(k, n, || random.number());
        let packed = PackedMatrix::new(&b).unwrap();
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

#[test]
fn a_product_over_no_depth_is_positive_zero_whatever_the_output_held() {
    for form in Form::ALL {
        let (a, b) = form.stored(&Matrix::zeros(5, 0), &Matrix::zeros(0, 9));
        let mut out = Matrix::filled(5, 9, f64::NAN);
        form.of_matrices_into(&a, &b, &mut out).unwrap();
        assert_bits(out.as_slice(), &[0.0; 45], form);
    }
}

fn layout() -> impl Strategy<Value = Layout> {
    (0..8usize, 0..4usize, 0..3usize, 0..3usize).prop_map(|(offset, gap, above, below)| Layout {
        offset,
        gap,
        above,
        below,
    })
}

fn form() -> impl Strategy<Value = Form> {
    prop::sample::select(&Form::ALL[..])
}

/// Matrices of whole numbers, so small that every sum of products is exact in any order.
fn whole(rows: usize, cols: usize, random: &mut Random) -> Matrix {
    filled(rows, cols, || random.whole(1000))
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn any_shape_form_layout_and_value_has_the_bits_of_the_naive_loop(
        (m, k, n) in (0..=200usize, 0..=200usize, 0..=200usize),
        (form, la, lb) in (form(), layout(), layout()),
        (seed, wild) in (any::<u64>(), any::<bool>()),
    ) {
        let mut random = Random(seed);
        let mut value = || if wild { random.wild() } else { random.number() };
        let a = filled(m, k, &mut value);
        let b = filled(k, n, &mut value);
        let expected = oracle(&a, &b);
        let (a, b) = form.stored(&a, &b);
        let (a, b) = (Slice::new(&a, la), Slice::new(&b, lb));
        let c = form.of_views(a.view(), b.view()).unwrap();
        prop_assert_eq!(c.shape(), (m, n));
        assert_bits(c.as_slice(), &expected, "result");
        let mut out = Matrix::filled(m, n, f64::NAN);
        form.of_views_into(a.view(), b.view(), &mut out).unwrap();
        assert_bits(out.as_slice(), &expected, "output");
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn rows_of_the_left_and_columns_of_the_right_shape_the_result(
        (a, b, c) in (0..=60usize, 0..=60usize, 0..=60usize),
        other in 0..=60usize,
    ) {
        let product = Matrix::zeros(a, b).matmul(&Matrix::zeros(b, c)).unwrap();
        prop_assert_eq!(product.shape(), (a, c));
        let result = Matrix::zeros(a, b).matmul(&Matrix::zeros(other, c));
        prop_assert_eq!(result.is_ok(), other == b);
    }

    #[test]
    fn the_transpose_of_a_product_is_the_product_of_the_transposes_turned_round(
        (m, k, n) in (0..=40usize, 0..=40usize, 0..=40usize),
        seed in any::<u64>(),
    ) {
        let mut random = Random(seed);
        // Bit for bit even for numbers that round: each chain has the same factors in the same order.
        let a = filled(m, k, || random.number());
        let b = filled(k, n, || random.number());
        let turned_product = a.matmul(&b).unwrap().transpose();
        let product_of_turned = b.transpose().matmul(&a.transpose()).unwrap();
        assert_bits(turned_product.as_slice(), product_of_turned.as_slice(), "(AB)ᵀ");
        assert_bits(
            a.transpose().matmul_tn(&b).unwrap().as_slice(),
            a.matmul_nt(&b.transpose()).unwrap().as_slice(),
            "AᵀᵀB = ABᵀᵀ",
        );
    }

    #[test]
    fn the_identity_changes_nothing(
        (m, n) in (0..=40usize, 0..=40usize),
        seed in any::<u64>(),
    ) {
        let mut random = Random(seed);
        let a = filled(m, n, || match random.wild() {
            x if x.is_finite() => x,
            _ => f64::MAX,
        });
        prop_assert_eq!(&a.matmul(&Matrix::identity(n)).unwrap(), &a);
        prop_assert_eq!(&Matrix::identity(m).matmul(&a).unwrap(), &a);
    }

    #[test]
    fn whole_numbers_give_what_whole_arithmetic_gives(
        (m, k, n) in (0..=40usize, 0..=300usize, 0..=40usize),
        (form, seed) in (form(), any::<u64>()),
    ) {
        let mut random = Random(seed);
        let a = filled(m, k, || random.whole(1 << 20));
        let b = filled(k, n, || random.whole(1 << 20));
        let (stored_a, stored_b) = form.stored(&a, &b);
        let c = form.of_matrices(&stored_a, &stored_b).unwrap();
        for i in 0..m {
            for j in 0..n {
                let exact: i64 = (0..k).map(|p| a[(i, p)] as i64 * b[(p, j)] as i64).sum();
                prop_assert_eq!(c[(i, j)], exact as f64, "element ({}, {})", i, j);
            }
        }
    }

    #[test]
    fn the_product_distributes_over_sums_of_whole_numbers(
        (m, k, n) in (0..=30usize, 0..=30usize, 0..=30usize),
        seed in any::<u64>(),
    ) {
        let random = &mut Random(seed);
        let (a, b, c) = (whole(m, k, random), whole(k, n, random), whole(k, n, random));
        let (ab, ac) = (a.matmul(&b).unwrap(), a.matmul(&c).unwrap());
        let left = a.matmul(&(&b + &c)).unwrap();
        assert_bits(left.as_slice(), (ab + ac).as_slice(), "A(B + C) = AB + AC");
        let (d, e) = (whole(m, k, random), whole(m, k, random));
        let (db, eb) = (d.matmul(&b).unwrap(), e.matmul(&b).unwrap());
        let right = (&d - &e).matmul(&b).unwrap();
        assert_bits(right.as_slice(), (db - eb).as_slice(), "(D - E)B = DB - EB");
    }

    #[test]
    fn the_product_of_whole_numbers_is_associative(
        (m, k, l, n) in (0..=20usize, 0..=20usize, 0..=20usize, 0..=20usize),
        seed in any::<u64>(),
    ) {
        let random = &mut Random(seed);
        let (a, b, c) = (whole(m, k, random), whole(k, l, random), whole(l, n, random));
        let left = a.matmul(&b).unwrap().matmul(&c).unwrap();
        let right = a.matmul(&b.matmul(&c).unwrap()).unwrap();
        assert_bits(left.as_slice(), right.as_slice(), "(AB)C = A(BC)");
    }
}
