//! What stands between a product and its activation, and the activations that are a comparison.

use super::{Function, map};
use crate::simd::{Kernel, LANES, Simd, dispatch};

/// Adds `row` to each row of as many values: one addition a value.
pub(crate) fn add_row(values: &mut [f64], row: &[f64]) {
    if !row.is_empty() {
        dispatch(AddRow { values, row });
    }
}

struct AddRow<'a> {
    values: &'a mut [f64],
    row: &'a [f64],
}

impl Kernel for AddRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (row, row_rest) = self.row.as_chunks::<LANES>();
        for values in self.values.chunks_exact_mut(self.row.len()) {
            let (values, rest) = values.as_chunks_mut::<LANES>();
            for (x, y) in values.iter_mut().zip(row) {
                s.store(s.add(s.load(x), s.load(y)), x);
            }
            if !rest.is_empty() {
                s.store_part(s.add(s.load_part(rest), s.load_part(row_rest)), rest);
            }
        }
    }
}

/// Replaces each value by itself above 0, by +0 at and below 0 (-0 too); NaN stays.
pub(crate) fn relu(x: &mut [f64]) {
    map::<Relu>(x)
}

struct Relu;

impl Function for Relu {
    #[inline(always)]
    fn end<S: Simd>(s: S, x: S::Vector, _: [S::Vector; 2]) -> S::Vector {
        // Below the smallest positive number is the same as at or below 0, and false for NaN.
        s.select(s.lt(x, s.splat(f64::from_bits(1))), s.splat(0.0), x)
    }
}

/// Replaces each value by 1 above 0, otherwise, NaN too, by 0.
pub(crate) fn step(x: &mut [f64]) {
    map::<Step>(x)
}

struct Step;

impl Function for Step {
    #[inline(always)]
    fn end<S: Simd>(s: S, x: S::Vector, _: [S::Vector; 2]) -> S::Vector {
        let zero = s.splat(0.0);
        s.select(s.lt(zero, x), s.splat(1.0), zero)
    }
}
