//! `+`, `-`, negation and scaling, for every combination of owned, borrowed and viewed operands.
//!
//! They panic with the text of the error that the named method returns, at the caller's line. There is no `*` between
//! matrices: NumPy reads it element by element, linear algebra as the product. `hadamard` and `matmul` say which.

use super::{
    Matrix, MatrixView, MatrixViewMut, elementwise::zip_map, error::or_fail, in_place::update,
};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// One operator between two types, or of one.
macro_rules! operator {
    ($trait:ident :: $method:ident, $lhs:ty $(, $rhs:ty)?, |$x:pat_param $(, $y:ident)?| $value:expr) => {
        impl $trait$(<$rhs>)? for $lhs {
            type Output = Matrix;

            #[track_caller]
            fn $method(self $(, $y: $rhs)?) -> Matrix {
                let $x = self;
                $value
            }
        }
    };
}

/// One operator that changes its left operand.
macro_rules! assignment {
    ($trait:ident :: $method:ident, $lhs:ty, $rhs:ty, |$x:ident, $y:ident| $change:expr) => {
        impl $trait<$rhs> for $lhs {
            #[track_caller]
            fn $method(&mut self, rhs: $rhs) {
                let ($x, $y) = (self, rhs);
                $change
            }
        }
    };
}

/// An element-wise operator: a new matrix where the left operand is borrowed, its buffer where it is owned.
macro_rules! elementwise {
    ($op:ident :: $method:ident, $assign:ident :: $change:ident, $name:literal, [$($rhs:ty),+]) => { $(
        operator!($op::$method, &Matrix, $rhs, |x, y| x.view().$method(y));
        operator!($op::$method, MatrixView<'_>, $rhs, |x, y| or_fail(zip_map($name, x, y.view(), <f64 as $op>::$method)));
        operator!($op::$method, Matrix, $rhs, |mut x, y| { x.$change(y); x });
        assignment!($assign::$change, Matrix, $rhs, |x, y| x.view_mut().$change(y));
        assignment!($assign::$change, MatrixViewMut<'_>, $rhs, |x, y| {
            or_fail(update($name, x.view_mut(), y.view(), <f64 as $assign>::$change));
        });
    )+ };
}

elementwise!(Add::add, AddAssign::add_assign, "add", [Matrix, &Matrix, MatrixView<'_>]);
elementwise!(Sub::sub, SubAssign::sub_assign, "sub", [Matrix, &Matrix, MatrixView<'_>]);

/// An operator with one number on either side: each value with it.
macro_rules! scalar {
    ($($op:ident :: $method:ident, $assign:ident :: $change:ident, $symbol:tt;)+) => { $(
        operator!($op::$method, &Matrix, f64, |m, y| m.view().$method(y));
        operator!($op::$method, MatrixView<'_>, f64, |m, y| m.map(|x| x $symbol y));
        operator!($op::$method, Matrix, f64, |mut m, y| { m.$change(y); m });
        operator!($op::$method, f64, &Matrix, |x, m| x.$method(m.view()));
        operator!($op::$method, f64, MatrixView<'_>, |x, m| m.map(|y| x $symbol y));
        operator!($op::$method, f64, Matrix, |x, m| mapped(m, |y| x $symbol y));
        assignment!($assign::$change, Matrix, f64, |m, y| m.view_mut().$change(y));
        assignment!($assign::$change, MatrixViewMut<'_>, f64, |m, y| m.map_in_place(|x| x $symbol y));
    )+ };
}

scalar! {
    Add::add, AddAssign::add_assign, +;
    Sub::sub, SubAssign::sub_assign, -;
    Mul::mul, MulAssign::mul_assign, *;
    Div::div, DivAssign::div_assign, /;
}

fn mapped(mut m: Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    m.map_in_place(f);
    m
}

operator!(Neg::neg, &Matrix, |m| -m.view());
operator!(Neg::neg, MatrixView<'_>, |m| m.map(f64::neg));
operator!(Neg::neg, Matrix, |m| mapped(m, f64::neg));
