//! The sum of a row, in one published order.
//!
//! Eight lanes start at +0.0; value i is added to lane i mod 8, in order; then
//! `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))`.

use crate::simd::{Kernel, LANES, Simd, dispatch};

/// The sum of the values: eight lanes, then one fixed tree (the order is written in the module's source and in the
/// crate's documentation), the same bits on every CPU.
///
/// Value i is added to lane i mod 8, lanes starting at +0.0; then `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))`.
/// Nothing gives +0.0.
///
/// ```
/// assert_eq!(rowmajor::vecmath::sum(&[1.0, 2.0, 3.5]), 6.5);
/// assert_eq!(rowmajor::vecmath::sum(&[]), 0.0);
/// ```
pub fn sum(x: &[f64]) -> f64 {
    dispatch(Sum(x))
}

struct Sum<'a>(&'a [f64]);

impl Kernel for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        let (chunks, rest) = self.0.as_chunks::<LANES>();
        let mut sum = s.splat(0.0);
        for chunk in chunks {
            sum = s.add(sum, s.load(chunk));
        }
        // Lanes without a value get +0.0, which changes none: a lane that started at +0.0 is never -0.0.
        sum_of_lanes(s, s.add(sum, s.load_part(rest)))
    }
}

/// The sum of the squares, each one multiplication, in the order of [`sum`].
pub(crate) fn sum_of_squares(x: &[f64]) -> f64 {
    dispatch(SumOfSquares(x))
}

struct SumOfSquares<'a>(&'a [f64]);

impl Kernel for SumOfSquares<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        let (chunks, rest) = self.0.as_chunks::<LANES>();
        let mut sum = s.splat(0.0);
        for chunk in chunks {
            let x = s.load(chunk);
            sum = s.add(sum, s.mul(x, x));
        }
        let x = s.load_part(rest);
        sum_of_lanes(s, s.add(sum, s.mul(x, x)))
    }
}

#[inline(always)]
pub(crate) fn sum_of_lanes<S: Simd>(s: S, v: S::Vector) -> f64 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}
