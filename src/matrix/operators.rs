//! `+`, `-`, negation and scaling, for every combination of owned, borrowed and viewed operands.
//!
//! They panic with the text of the error that the named method returns, at the caller's line. There is no `*` between
//! matrices: NumPy reads it element by element, linear algebra as the product. `hadamard` and `matmul` say which.

use super::{
    Matrix, MatrixView, MatrixViewMut, elementwise::zip_map, error::or_fail, in_place::update,
};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// An element-wise operator: a new matrix from borrowed left operands, the left operand's buffer where it is owned.
macro_rules! elementwise {
    ($trait:ident :: $method:ident, $assign_trait:ident :: $assign_method:ident, $op:literal, $symbol:tt) => {
        elementwise!(@assign $assign_trait::$assign_method, $op, $symbol, Matrix, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@assign $assign_trait::$assign_method, $op, $symbol, MatrixViewMut<'_>, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@owned $trait::$method, $assign_method, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@borrowed $trait::$method, $op, $symbol, &Matrix, [Matrix, &Matrix, MatrixView<'_>]);
        elementwise!(@borrowed $trait::$method, $op, $symbol, MatrixView<'_>, [Matrix, &Matrix, MatrixView<'_>]);
    };
    (@assign $trait:ident :: $method:ident, $op:literal, $symbol:tt, $lhs:ty, [$($rhs:ty),+]) => { $(
        impl $trait<$rhs> for $lhs {
            #[track_caller]
            fn $method(&mut self, rhs: $rhs) {
                or_fail(update($op, self.view_mut(), rhs.view(), |x, y| *x = *x $symbol y));
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

/// An operator with one number on either side: each value with it.
macro_rules! scalar {
    ($($trait:ident :: $method:ident, $assign_trait:ident :: $assign_method:ident, $symbol:tt;)+) => { $(
        scalar!(@assign $assign_trait::$assign_method, $symbol, [Matrix, MatrixViewMut<'_>]);
        scalar!(@borrowed $trait::$method, $symbol, [&Matrix, MatrixView<'_>]);

        impl $trait<f64> for Matrix {
            type Output = Matrix;

            fn $method(mut self, rhs: f64) -> Matrix {
                self.$assign_method(rhs);
                self
            }
        }

        impl $trait<Matrix> for f64 {
            type Output = Matrix;

            fn $method(self, mut rhs: Matrix) -> Matrix {
                rhs.map_in_place(|x| self $symbol x);
                rhs
            }
        }
    )+ };
    (@assign $trait:ident :: $method:ident, $symbol:tt, [$($lhs:ty),+]) => { $(
        impl $trait<f64> for $lhs {
            fn $method(&mut self, rhs: f64) {
                self.map_in_place(|x| x $symbol rhs);
            }
        }
    )+ };
    (@borrowed $trait:ident :: $method:ident, $symbol:tt, [$($operand:ty),+]) => { $(
        impl $trait<f64> for $operand {
            type Output = Matrix;

            #[track_caller]
            fn $method(self, rhs: f64) -> Matrix {
                self.map(|x| x $symbol rhs)
            }
        }

        impl $trait<$operand> for f64 {
            type Output = Matrix;

            #[track_caller]
            fn $method(self, rhs: $operand) -> Matrix {
                rhs.map(|x| self $symbol x)
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

impl Neg for Matrix {
    type Output = Matrix;

    fn neg(mut self) -> Matrix {
        self.map_in_place(|x| -x);
        self
    }
}

/// The negation of borrowed values.
macro_rules! negation {
    ($($operand:ty),+) => { $(
        impl Neg for $operand {
            type Output = Matrix;

            #[track_caller]
            fn neg(self) -> Matrix {
                self.map(|x| -x)
            }
        }
    )+ };
}

negation!(&Matrix, MatrixView<'_>);
