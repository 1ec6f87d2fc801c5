//! The largest value of a row and its place.
//!
//! Rows of up to [`SHORT`] values go eight at a time ([`columns`](super::columns)): 98 µs for 10000 rows of 10 one by one,
//! 52 µs side by side (AVX-512 on Zen 4). Not where a transpose is loops.

use super::columns::{NUMBERS, SHORT, load_columns};
use super::sum::sum_of_lanes;
use crate::simd::{Kernel, LANES, Simd, dispatch};

/// The largest value: NaN where there is a NaN, -infinity where there is nothing.
///
/// Which of +0 and -0 is the larger is not promised, but it is the same on every CPU.
///
/// ```
/// assert_eq!(rowmajor::vecmath::max(&[1.0, 3.0, 2.0]), 3.0);
/// assert_eq!(rowmajor::vecmath::max(&[]), f64::NEG_INFINITY);
/// ```
pub fn max(x: &[f64]) -> f64 {
    dispatch(Largest(x)).0
}

/// The index of the largest value, the first of equals; of the first NaN where there is one, as in NumPy. `None` where
/// there is nothing.
///
/// ```
/// use rowmajor::vecmath::argmax;
///
/// assert_eq!(argmax(&[1.0, 3.0, 3.0]), Some(1));
/// assert_eq!(argmax(&[1.0, f64::NAN, 3.0]), Some(1));
/// assert_eq!(argmax(&[]), None);
/// ```
pub fn argmax(x: &[f64]) -> Option<usize> {
    (!x.is_empty()).then(|| dispatch(Largest(x)).1)
}

/// The largest value and its index.
pub(super) struct Largest<'a>(pub(super) &'a [f64]);

impl Kernel for Largest<'_> {
    type Output = (f64, usize);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> (f64, usize) {
        let (chunks, rest) = self.0.as_chunks::<LANES>();
        let numbers = s.load(&NUMBERS);
        let mut lanes = LargestOfLanes::new(s, numbers);
        let mut at = numbers;
        for chunk in chunks {
            lanes.take(s, s.load(chunk), at);
            at = s.add(at, s.splat(LANES as f64));
        }
        let filled = s.lt(numbers, s.splat(rest.len() as f64));
        let none = s.splat(f64::NEG_INFINITY);
        lanes.take(s, s.select(filled, s.load_part(rest), none), at);

        let LargestOfLanes { max, max_at, nan } = lanes;
        if sum_of_lanes(s, nan).is_nan() {
            return (f64::NAN, first_nan(self.0));
        }
        let value = max_of_lanes(s, max);
        let smaller = s.lt(max, s.splat(value));
        let places = s.neg(s.select(smaller, s.splat(f64::INFINITY), max_at));
        (value, -max_of_lanes(s, places) as usize)
    }
}

fn first_nan(x: &[f64]) -> usize {
    x.iter().position(|x| x.is_nan()).unwrap_or(0)
}

/// [`argmax`] of each row of `cols` values into as many places; rows of no value have no largest.
pub(crate) fn argmax_rows(values: &[f64], cols: usize, places: &mut [usize]) {
    if cols > 0 {
        let of_rows = LargestOfRows {
            values,
            cols,
            places,
        };
        dispatch(of_rows)
    }
}

pub(super) struct LargestOfRows<'a> {
    pub(super) values: &'a [f64],
    pub(super) cols: usize,
    pub(super) places: &'a mut [usize],
}

impl Kernel for LargestOfRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self {
            mut values,
            cols,
            mut places,
        } = self;
        if S::SHUFFLES && cols <= SHORT {
            let mut columns = [s.splat(0.0); SHORT];
            let blocks = values.chunks_exact(LANES * cols);
            values = blocks.remainder();
            let (places_of_blocks, rest) = places.as_chunks_mut::<LANES>();
            for (block, places) in blocks.zip(places_of_blocks) {
                largest_of_eight(s, block, cols, &mut columns, places);
            }
            places = rest;
        }
        for (row, place) in values.chunks_exact(cols).zip(places) {
            *place = Largest(row).run(s).1;
        }
    }
}

/// Eight rows of `cols` ≤ `SHORT` values, `columns` holding their columns meanwhile.
#[inline(always)]
fn largest_of_eight<S: Simd>(
    s: S,
    rows: &[f64],
    cols: usize,
    columns: &mut [S::Vector; SHORT],
    places: &mut [usize; LANES],
) {
    load_columns(s, rows, cols, columns);
    let (mut lanes, mut at) = (LargestOfLanes::new(s, s.splat(0.0)), s.splat(0.0));
    for &column in columns[..cols].iter() {
        lanes.take(s, column, at);
        at = s.add(at, s.splat(1.0));
    }
    let (mut max_at, mut nan) = ([0.0; LANES], [0.0; LANES]);
    s.store(lanes.max_at, &mut max_at);
    s.store(lanes.nan, &mut nan);
    for (i, place) in places.iter_mut().enumerate() {
        *place = max_at[i] as usize;
        if nan[i].is_nan() {
            *place = first_nan(&rows[i * cols..][..cols]);
        }
    }
}

/// Each lane's largest value, the first of equals, and its index.
struct LargestOfLanes<V> {
    max: V,
    max_at: V,
    /// NaN once there was a NaN, otherwise a small number.
    nan: V,
}

impl<V: Copy> LargestOfLanes<V> {
    /// Of no value yet, with indices for lanes that find nothing above -infinity.
    #[inline(always)]
    fn new<S: Simd<Vector = V>>(s: S, max_at: V) -> Self {
        Self {
            max: s.splat(f64::NEG_INFINITY),
            max_at,
            nan: s.splat(0.0),
        }
    }

    /// A value for each lane, and its index.
    #[inline(always)]
    fn take<S: Simd<Vector = V>>(&mut self, s: S, x: V, at: V) {
        self.max_at = s.select(s.lt(self.max, x), at, self.max_at);
        self.max = s.max(x, self.max);
        let bounded = s.max(s.splat(-1.0), s.min(s.splat(1.0), x));
        self.nan = s.add(self.nan, bounded);
    }
}

#[inline(always)]
pub(super) fn max_of_lanes<S: Simd>(s: S, v: S::Vector) -> f64 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    let max = |a: f64, b: f64| if a > b { a } else { b };
    max(
        max(max(l[0], l[4]), max(l[2], l[6])),
        max(max(l[1], l[5]), max(l[3], l[7])),
    )
}
