//! The product, from outside: every bit as the contract says, every wrong shape an error that says what was wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly"
)]

use crate::common;
mod errors;
mod laws;

use common::fma::Fused;
use common::{Random, SPECIAL, assert_bits, chains};
use rowmajor::{Matrix, MatrixView, ShapeError};

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
    let mut random = Random::new(1);
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
    let mut random = Random::new(2);
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
                .flat_map(|&[z, x]| SPECIAL.map(|y| x.fused(y, z + 0.0)))
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
    let mut random = Random::new(3);
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
                let mut random = Random::new(100 + thread);
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
fn a_product_over_no_depth_is_positive_zero_whatever_the_output_held() {
    for form in Form::ALL {
        let (a, b) = form.stored(&Matrix::zeros(5, 0), &Matrix::zeros(0, 9));
        let mut out = Matrix::filled(5, 9, f64::NAN);
        form.of_matrices_into(&a, &b, &mut out).unwrap();
        assert_bits(out.as_slice(), &[0.0; 45], form);
    }
}
