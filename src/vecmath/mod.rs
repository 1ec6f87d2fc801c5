//! Elementary functions, correctly rounded, and row operations on slices.
//!
//! Every function is written once over eight lanes and run on the ISA that the CPU has. The result for a value is the same
//! bits on every CPU, at every place in a slice, whatever stands beside it, and for one number ([`scalar`]) as for many.
//! The platform's mathematical library is never called.
//!
//! A NaN gives a NaN; its payload is not promised.
//!
#![doc = include_str!("rule.md")]
#![forbid(unsafe_code)]

mod argmax;
mod columns;
mod dot;
mod exact;
mod exp;
mod layer;
mod ln;
pub mod scalar;
mod sigmoid;
mod softmax;
mod sum;
mod tanh;
#[cfg(test)]
mod tests;

pub(crate) use argmax::argmax_rows;
pub use argmax::{argmax, max};
pub(crate) use dot::dot;
pub use dot::{argmin, min};
pub use exp::exp;
pub(crate) use layer::{add_row, relu, step};
pub use ln::ln;
pub use sigmoid::sigmoid;
pub use softmax::softmax;
pub(crate) use softmax::softmax_rows;
pub use sum::sum;
pub(crate) use sum::{sum_of_lanes, sum_of_squares};
pub use tanh::tanh;

use crate::simd::{Kernel, LANES, Simd, dispatch};
use std::marker::PhantomData;

/// A function of one variable, written for eight lanes, a long one in two halves.
///
/// `#[inline(always)]` in implementations: they are compiled for the ISA that calls them.
trait Function {
    /// Whether there are two halves. Two comparisons are not worth a second pass: relu took 1933 instructions for 1024 values,
    /// with one 2273 (AVX2).
    const HALVES: bool = false;

    /// The first half.
    #[inline(always)]
    fn begin<S: Simd>(_: S, x: S::Vector) -> [S::Vector; 2] {
        [x, x]
    }

    /// The function's values, from x and its first half.
    fn end<S: Simd>(s: S, x: S::Vector, begun: [S::Vector; 2]) -> S::Vector;

    #[inline(always)]
    fn lanes<S: Simd>(s: S, x: S::Vector) -> S::Vector {
        Self::end(s, x, Self::begin(s, x))
    }
}

/// Vectors of eight whose first halves are computed before their second ones, where there are so many.
///
/// A function is one chain of operations that wait for each other, so that the CPU has to work on several vectors at once; it
/// sees as many of them as its schedulers hold. In halves it sees twice as many. Nanoseconds a value, 1024 values, Zen 4:
///
/// | ISA | exp | ln | sigmoid | tanh |
/// | --- | --- | --- | --- | --- |
/// | AVX-512 | 1.13, in halves 1.11 | 1.52, 1.50 | 1.42, 1.34 | 1.77, 1.64 |
/// | AVX2 | 1.46, 1.37 | 2.10, 1.94 | 2.11, 1.77 | 2.68, 2.30 |
/// | portable | 4.3, 1.9 | 5.6, 2.9 | 3.1, 2.6 | 3.5, 2.9 |
///
/// The halves of exp and ln are the first path and the rounding test.
const GROUP: usize = 8;

/// Replaces each value of a slice by its function value.
fn map<F: Function>(x: &mut [f64]) {
    dispatch(Map::<F>(x, PhantomData))
}

struct Map<'a, F>(&'a mut [f64], PhantomData<F>);

impl<F: Function> Kernel for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (chunks, rest) = self.0.as_chunks_mut();
        if !F::HALVES || chunks.len() < GROUP {
            for chunk in chunks {
                s.store(F::lanes(s, s.load(chunk)), chunk);
            }
        } else {
            let mut begun = [[s.splat(0.0); 2]; GROUP];
            for group in chunks.chunks_mut(GROUP) {
                for (begun, chunk) in begun.iter_mut().zip(&*group) {
                    *begun = F::begin(s, s.load(chunk));
                }
                for (chunk, &begun) in group.iter_mut().zip(&begun) {
                    s.store(F::end(s, s.load(chunk), begun), chunk);
                }
            }
        }
        if !rest.is_empty() {
            s.store_part(F::lanes(s, s.load_part(rest)), rest);
        }
    }
}

/// A function's values high + low, known to within ε·high, rounded to f64: where that leaves a doubt, and beyond the
/// first path's range, by the second path.
///
/// The rounding test (Ziv): the sum is rounded once with ε·high added, once with it taken away. Both are the same number
/// for all but one value in a thousand, and rounding being monotone, that is the function's value rounded.
///
/// `second` takes x and, where that is in range, of the two candidates the one nearer to 0.
#[inline(always)]
fn settle<S: Simd>(
    s: S,
    in_range: S::Mask,
    x: S::Vector,
    [high, low]: [S::Vector; 2],
    epsilon: f64,
    second: fn(f64, f64) -> f64,
) -> S::Vector {
    let inner = s.add(high, s.mul_add(high, s.splat(-epsilon), low));
    let outer = s.add(high, s.mul_add(high, s.splat(epsilon), low));
    if s.all(s.and(in_range, s.eq(inner, outer))) {
        return inner;
    }
    let (mut lanes, mut inners, mut outers) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    s.store(x, &mut lanes);
    s.store(inner, &mut inners);
    s.store(s.select(in_range, outer, s.splat(f64::NAN)), &mut outers);
    second_path(&lanes, &mut inners, &outers, second);
    s.load(&inners)
}

/// Replaces the values of `inner` that differ from those of `outer`.
#[cold]
#[inline(never)]
fn second_path(
    x: &[f64; LANES],
    inner: &mut [f64; LANES],
    outer: &[f64; LANES],
    second: fn(f64, f64) -> f64,
) {
    for ((inner, outer), &x) in inner.iter_mut().zip(outer).zip(x) {
        if inner != outer {
            *inner = second(x, *inner);
        }
    }
}
