//! `+`, `-`, negation and scaling, for every combination of owned, borrowed and viewed operands.
//!
//! They panic with the text of the error that the named method returns, at the caller's line. There is no `*` between
//! matrices: NumPy reads it element by element, linear algebra as the product. `hadamard` and `matmul` say which.

use super::elementwise::{check_same, zip_map};
use super::{Matrix, MatrixView, error::or_fail};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// `lhs (op)= rhs`, in the left operand's buffer.
#[track_caller]
fn assign(op: &'static str, lhs: &mut Matrix, rhs: MatrixView<'_>, f: impl Fn(&mut f64, f64)) {
    or_fail(check_same(op, lhs.view(), rhs));
    let cols = lhs.cols.max(1);
    for (x, y) in lhs.data.chunks_exact_mut(cols).zip(rhs.rows()) {
        x.iter_mut().zip(y).for_each(|(x, &y)| f(x, y));
    }
}

/// An element-wise operator: a new matrix from borrowed left operands, the left operand's buffer where it is owned.
macro_rules! elementwise {
    ($trait:ident :: $method:ident, $assign_trait:ident :: $assign_method:ident, $op:literal, $symbol:tt) => {
        elementwise!(@assign $assign_trait::$assign_method, $op, $symbol, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@owned $trait::$method, $assign_method, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@borrowed $trait::$method, $op, $symbol, &Matrix, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@borrowed $trait::$method, $op, $symbol, MatrixView<'_>, [Matrix, &Matrix, MatrixView<'_>]);
    };
    (@assign $trait:ident :: $method:ident, $op:literal, $symbol:tt, [$($rhs:ty),+]) => { $(
        impl $trait<$rhs> for Matrix {
            #[track_caller]
            fn $method(&mut self, rhs: $rhs) {
                assign($op, self, rhs.view(), |x, y| *x = *x $symbol y);
            }
        }
    )+ };
    (@owned $trait:ident :: $method:ident, $assign_method:ident, [$($rhs:ty),+]) => { $(
        impl $trait<$rhs> for Matrix {
            type Output = Matrix;

            #[track_caller]
            fn $method(mut self, rhs: $rhs) -> Matrix {
                self.$assign_method(rhs);
                self
            }
        }
    )+ };
    (@borrowed $trait:ident :: $method:ident, $op:literal, $symbol:tt, $lhs:ty, [$($rhs:ty),+]) => { $(
        impl $trait<$rhs> for $lhs {
            type Output = Matrix;

            #[track_caller]
            fn $method(self, rhs: $rhs) -> Matrix {
                or_fail(zip_map($op, self.view(), rhs.view(), |x, y| x $symbol y))
            }
        }
    )+ };
}

elementwise!(Add::add, AddAssign::add_assign, "add", +);
elementwise!(Sub::sub, SubAssign::sub_assign, "sub", -);

/// An operator with one number on the right: each value with it.
macro_rules! scalar {
    ($($trait:ident :: $method:ident, $assign_trait:ident :: $assign_method:ident, $symbol:tt;)+) => { $(
        impl $assign_trait<f64> for Matrix {
            fn $assign_method(&mut self, rhs: f64) {
                self.map_in_place(|x| x $symbol rhs);
            }
        }

        impl $trait<f64> for Matrix {
            type Output = Matrix;

            fn $method(mut self, rhs: f64) -> Matrix {
                self.$assign_method(rhs);
                self
            }
        }

        impl $trait<f64> for &Matrix {
            type Output = Matrix;

            #[track_caller]
            fn $method(self, rhs: f64) -> Matrix {
                self.map(|x| x $symbol rhs)
            }
        }
    )+ };
}

scalar! {
    Add::add, AddAssign::add_assign, +;
    Sub::sub, SubAssign::sub_assign, -;
    Mul::mul, MulAssign::mul_assign, *;
    Div::div, DivAssign::div_assign, /;
}

impl Mul<Matrix> for f64 {
    type Output = Matrix;

    fn mul(self, rhs: Matrix) -> Matrix {
        rhs * self
    }
}

impl Mul<&Matrix> for f64 {
    type Output = Matrix;

    #[track_caller]
    fn mul(self, rhs: &Matrix) -> Matrix {
        rhs * self
    }
}

impl Neg for Matrix {
    type Output = Matrix;

    fn neg(mut self) -> Matrix {
        self.map_in_place(|x| -x);
        self
    }
}

impl Neg for &Matrix {
    type Output = Matrix;

    #[track_caller]
    fn neg(self) -> Matrix {
        self.map(|x| -x)
    }
}
