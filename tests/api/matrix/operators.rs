//! `+`, `-`, scaling and negation: every combination of operands, and where their panics point.

use super::common::{Layout, Slice, assert_bits, assert_panics};
use super::random;
use rowmajor::{Matrix, ShapeError, matrix};

const GAPS: Layout = Layout {
    offset: 1,
    gap: 2,
    above: 1,
    below: 1,
};

/// Checks a binary operator, its assigning form and its named form, for every ownership of either side.
macro_rules! check_elementwise {
    ($symbol:tt, $assign:tt, $named:ident) => {
        for (rows, cols) in [(0, 0), (0, 3), (3, 0), (1, 1), (3, 5), (8, 8)] {
            let (x, y) = (random(rows, cols, 1), random(rows, cols, 2));
            let (sx, sy) = (Slice::new(&x, GAPS), Slice::new(&y, GAPS));
            let expected: Vec<f64> = x
                .as_slice()
                .iter()
                .zip(y.as_slice())
                .map(|(x, y)| x $symbol y)
                .collect();
            let check = |m: Matrix, what: &str| {
                assert_eq!(m.shape(), (rows, cols), "{what}");
                assert_bits(m.as_slice(), &expected, (what, stringify!($symbol), rows, cols));
            };
            check(x.clone() $symbol y.clone(), "owned, owned");
            check(x.clone() $symbol &y, "owned, borrowed");
            check(x.clone() $symbol sy.view(), "owned, view");
            check(&x $symbol y.clone(), "borrowed, owned");
            check(&x $symbol &y, "borrowed, borrowed");
            check(&x $symbol sy.view(), "borrowed, view");
            check(sx.view() $symbol y.clone(), "view, owned");
            check(sx.view() $symbol &y, "view, borrowed");
            check(sx.view() $symbol sy.view(), "view, view");
            check(x.$named(&y).unwrap(), "named");
            check(x.$named(sy.view()).unwrap(), "named, view");
            let mut m = x.clone();
            m $assign y.clone();
            check(m, "assign, owned");
            let mut m = x.clone();
            m $assign &y;
            check(m, "assign, borrowed");
            let mut m = x.clone();
            m $assign sy.view();
            check(m, "assign, view");
        }
    };
}

#[test]
fn sums_and_differences_of_every_kind_of_operand_are_element_by_element() {
    check_elementwise!(+, +=, try_add);
    check_elementwise!(-, -=, try_sub);
}

#[test]
fn an_owned_left_operand_lends_its_buffer() {
    let (a, b) = (random(3, 4, 1), random(3, 4, 2));
    let address = a.as_slice().as_ptr();
    let m = -((a + &b - b.view() + 1.0) * 2.0 / 3.0 - 4.0);
    assert_eq!(m.as_slice().as_ptr(), address);
    assert_eq!((0.5 * m).as_slice().as_ptr(), address);
}

#[test]
fn numbers_on_the_right_and_factors_on_the_left_reach_every_element() {
    let m = matrix![[1.0, -2.0], [0.0, 8.0]];
    let expect = |f: fn(f64) -> f64| matrix![[f(1.0), f(-2.0)], [f(0.0), f(8.0)]];
    assert_eq!(&m + 0.5, expect(|x| x + 0.5));
    assert_eq!(&m - 0.5, expect(|x| x - 0.5));
    assert_eq!(&m * 3.0, expect(|x| x * 3.0));
    assert_eq!(&m / 3.0, expect(|x| x / 3.0));
    assert_eq!(m.clone() + 0.5, expect(|x| x + 0.5));
    assert_eq!(m.clone() - 0.5, expect(|x| x - 0.5));
    assert_eq!(m.clone() * 3.0, expect(|x| x * 3.0));
    assert_eq!(m.clone() / 3.0, expect(|x| x / 3.0));
    assert_eq!(3.0 * &m, expect(|x| x * 3.0));
    assert_eq!(3.0 * m.clone(), expect(|x| x * 3.0));
    let mut n = m.clone();
    n += 4.0;
    n *= 3.0;
    n -= 1.0;
    n /= 7.0;
    assert_eq!(n, expect(|x| ((x + 4.0) * 3.0 - 1.0) / 7.0));
    assert_bits(
        (-&m).as_slice(),
        &[-1.0, 2.0, -0.0, -8.0],
        "negated, borrowed",
    );
    assert_bits((-m).as_slice(), &[-1.0, 2.0, -0.0, -8.0], "negated, owned");
    let empty = Matrix::zeros(0, 3);
    assert_eq!(-(&empty * 2.0 + 1.0), empty);
}

#[test]
fn operands_that_do_not_match_panic_with_the_error_at_the_callers_line() {
    let (a, b) = (Matrix::zeros(2, 3), Matrix::zeros(3, 2));
    let (va, vb) = (a.view(), b.view());
    let add = "add: shapes 2x3 and 3x2 do not match";
    assert_panics(add, || a.clone() + b.clone());
    assert_panics(add, || a.clone() + &b);
    assert_panics(add, || a.clone() + vb);
    assert_panics(add, || &a + b.clone());
    assert_panics(add, || &a + &b);
    assert_panics(add, || &a + vb);
    assert_panics(add, || va + b.clone());
    assert_panics(add, || va + &b);
    assert_panics(add, || va + vb);
    let sub = "sub: shapes 2x3 and 3x2 do not match";
    assert_panics(sub, || a.clone() - b.clone());
    assert_panics(sub, || a.clone() - &b);
    assert_panics(sub, || a.clone() - vb);
    assert_panics(sub, || &a - b.clone());
    assert_panics(sub, || &a - &b);
    assert_panics(sub, || &a - vb);
    assert_panics(sub, || va - b.clone());
    assert_panics(sub, || va - &b);
    assert_panics(sub, || va - vb);
    let mut m = a.clone();
    assert_panics(add, || m += b.clone());
    assert_panics(add, || m += &b);
    assert_panics(add, || m += vb);
    assert_panics(sub, || m -= b.clone());
    assert_panics(sub, || m -= &b);
    assert_panics(sub, || m -= vb);
    assert_eq!(m, a, "a failed assignment changes nothing");

    let error = |op| {
        Err(ShapeError::Mismatch {
            op,
            lhs: (2, 3),
            rhs: (3, 2),
        })
    };
    assert_eq!(a.try_add(&b), error("add"));
    assert_eq!(a.try_sub(vb), error("sub"));
    // As many values, yet another shape; and empty ones.
    assert!(Matrix::zeros(0, 3).try_add(&Matrix::zeros(3, 0)).is_err());
    assert!(Matrix::zeros(1, 6).try_sub(&a).is_err());
}
