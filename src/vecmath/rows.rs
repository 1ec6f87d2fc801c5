//! Operations on a whole row, in one published order.
//!
//! **Sum.** Eight lanes start at +0.0; value i is added to lane i mod 8, in order; then
//! `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))`.
//!
//! **Softmax.** `m` = the maximum; `e[i] = exp(x[i] - m)`; `s` = the sum of `e` in the order above; `y[i] = e[i] / s`.

use super::exp;
use crate::simd::{Kernel, LANES, Simd, dispatch};

/// The sum of the values: eight lanes, then one fixed tree (the order is written in the module's source and in the
/// crate's documentation), the same bits on every machine.
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
        let mut padded = [0.0; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        sum_of_lanes(s, s.add(sum, s.load(&padded)))
    }
}

#[inline(always)]
fn sum_of_lanes<S: Simd>(s: S, v: S::Vector) -> f64 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// Replaces a row by its softmax, `e^x[i] / Σ e^x[j]`, shifted by the maximum so that nothing overflows.
///
/// Each result lies between 0 and 1, they sum to 1 but for rounding, and keep the order of the row. A row with a NaN
/// or +infinity, or with nothing but -infinity, becomes all NaN, as the definition gives it; other -infinities become
/// +0. An empty row stays empty.
///
/// ```
/// let mut row = [0.3, 2.9, 4.0];
/// rowmajor::vecmath::softmax(&mut row);
/// assert_eq!(row.map(|y| (y * 1000.0).round() / 1000.0), [0.018, 0.245, 0.737]);
///
/// let mut large = [1010.0, 1000.0, 990.0];
/// rowmajor::vecmath::softmax(&mut large);
/// assert!(large[0] > 0.9999 && large.iter().sum::<f64>() == 1.0);
/// ```
pub fn softmax(row: &mut [f64]) {
    dispatch(Softmax(row))
}

pub(super) struct Softmax<'a>(pub(super) &'a mut [f64]);

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (chunks, rest) = self.0.as_chunks_mut::<LANES>();
        // The end of the row filled up with -infinity: never the maximum, and its e^x is +0.
        let mut last = [f64::NEG_INFINITY; LANES];
        last[..rest.len()].copy_from_slice(rest);

        let mut max = s.load(&last);
        for chunk in chunks.iter() {
            let x = s.load(chunk);
            max = s.select(s.lt(max, x), x, max);
        }
        let mut lanes = [0.0; LANES];
        s.store(max, &mut lanes);
        // A NaN may be passed over here; its own e^x makes the sum, and with it the row, NaN.
        let max = lanes
            .into_iter()
            .fold(f64::NEG_INFINITY, |max, x| if x > max { x } else { max });

        let (max, mut sum) = (s.splat(max), s.splat(0.0));
        for chunk in chunks.iter_mut() {
            let e = exp::lanes(s, s.sub(s.load(chunk), max));
            sum = s.add(sum, e);
            s.store(e, chunk);
        }
        let e = exp::lanes(s, s.sub(s.load(&last), max));
        let sum = s.splat(sum_of_lanes(s, s.add(sum, e)));
        s.store(s.div(e, sum), &mut last);
        rest.copy_from_slice(&last[..rest.len()]);
        for chunk in chunks {
            s.store(s.div(s.load(chunk), sum), chunk);
        }
    }
}
