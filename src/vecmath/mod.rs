//! Elementary functions and row operations on slices, of the crate's own IEEE operations.
//!
//! Every function is written once over eight lanes and run on the machine that the CPU has. Each step of it is one
//! IEEE 754 operation, rounded to nearest even, so the result for a value is the same bits on every CPU, at every
//! place in a slice, whatever stands beside it, and for one number ([`scalar`]) as for many. The platform's
//! mathematical library is never called.
//!
//! A NaN gives a NaN; its payload is not promised.
//!
#![doc = include_str!("rule.md")]
#![forbid(unsafe_code)]

mod dot;
mod exp;
mod layer;
mod ln;
mod rows;
pub mod scalar;
mod sigmoid;
mod tanh;
#[cfg(test)]
mod tests;

pub(crate) use dot::dot;
pub use dot::{argmin, min};
pub use exp::exp;
pub(crate) use layer::{add_row, relu, step};
pub use ln::ln;
pub use rows::{argmax, max, softmax, sum};
pub(crate) use rows::{argmax_rows, softmax_rows, sum_of_squares};
pub use sigmoid::sigmoid;
pub use tanh::tanh;

use crate::simd::{Kernel, LANES, Simd, dispatch};
use std::marker::PhantomData;

/// A function of one variable, written for eight lanes.
trait Function {
    /// `#[inline(always)]` in implementations: it is compiled for the machine that calls it.
    fn lanes<S: Simd>(s: S, x: S::Vector) -> S::Vector;
}

/// Replaces each value of a slice by its function value.
fn map<F: Function>(x: &mut [f64]) {
    dispatch(Map::<F>(x, PhantomData))
}

struct Map<'a, F>(&'a mut [f64], PhantomData<F>);

impl<F: Function> Kernel for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (chunks, rest) = self.0.as_chunks_mut::<LANES>();
        for chunk in chunks {
            s.store(F::lanes(s, s.load(chunk)), chunk);
        }
        if !rest.is_empty() {
            s.store_part(F::lanes(s, s.load_part(rest)), rest);
        }
    }
}
