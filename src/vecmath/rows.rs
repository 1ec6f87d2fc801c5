//! Operations on a whole row, in one published order.
//!
//! **Sum.** Eight lanes start at +0.0; value i is added to lane i mod 8, in order; then
//! `((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))`.
//!
//! **Softmax.** `m` = the maximum; `e[i] = exp(x[i] - m)`; `s` = the sum of `e` in the order above; `y[i] = e[i] / s`.
//!
//! Rows of up to [`SHORT`] values go eight at a time, turned so that lane i of every vector belongs to row i: the
//! maximum and the lanes of the sum are then plain operations between vectors, and no lane is wasted on the end of a
//! row. Each row sees the same operations in the same order as alone. 10000 rows of 10 took 0.60 ms one by one and take
//! 0.16 ms (AVX-512 on Zen 4). The places of their maxima: 98 µs and 52 µs.

use super::Function;
use super::exp::Exp;
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
pub(super) fn sum_of_lanes<S: Simd>(s: S, v: S::Vector) -> f64 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// The largest value: NaN where there is a NaN, -infinity where there is nothing.
///
/// Which of +0 and -0 is the larger is not promised, but it is the same on every machine.
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
        if cols <= SHORT {
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

/// Eight rows of `cols` ≤ `SHORT` values, with room for their columns.
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

/// The number of each lane.
const NUMBERS: [f64; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];

#[inline(always)]
fn max_of_lanes<S: Simd>(s: S, v: S::Vector) -> f64 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    let max = |a: f64, b: f64| if a > b { a } else { b };
    max(
        max(max(l[0], l[4]), max(l[2], l[6])),
        max(max(l[1], l[5]), max(l[3], l[7])),
    )
}

/// Replaces a row by its softmax, `e^x[i] / Σ e^x[j]`, shifted by the maximum so that nothing overflows.
///
/// Each result lies between 0 and 1, they sum to 1 but for rounding, and keep the order of the row. A row with a NaN
/// or +infinity, or with nothing but -infinity, becomes all NaN, as the definition gives it; other -infinities become
/// +0. An empty row stays empty.
///
/// Where the differences from the maximum are exact, the largest error seen is 4.5 ulp in rows of 10 and 6.0 in rows of
/// 1000, most of it the sum's; rounding a difference d adds |d| ulp at most.
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
    softmax_rows(row, row.len())
}

/// [`softmax`] of each row of `cols` values; rows of no value have nothing to normalise.
pub(crate) fn softmax_rows(values: &mut [f64], cols: usize) {
    if cols > 0 {
        dispatch(Softmax { values, cols })
    }
}

pub(super) struct Softmax<'a> {
    pub(super) values: &'a mut [f64],
    pub(super) cols: usize,
}

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { mut values, cols } = self;
        if cols <= SHORT {
            let mut columns = [s.splat(0.0); SHORT];
            let mut blocks = values.chunks_exact_mut(LANES * cols);
            for block in &mut blocks {
                softmax_of_eight(s, block, cols, &mut columns);
            }
            values = blocks.into_remainder();
        }
        for row in values.chunks_exact_mut(cols) {
            softmax_of_one(s, row);
        }
    }
}

/// The longest row of which eight go side by side.
pub(super) const SHORT: usize = 32;

/// Eight rows of `cols` ≤ `SHORT` values, with room for their columns.
#[inline(always)]
fn softmax_of_eight<S: Simd>(
    s: S,
    rows: &mut [f64],
    cols: usize,
    columns: &mut [S::Vector; SHORT],
) {
    load_columns(s, rows, cols, columns);
    let columns_in_use = &mut columns[..cols];

    let mut max = s.splat(f64::NEG_INFINITY);
    for &column in columns_in_use.iter() {
        max = s.max(column, max); // passes over NaN
    }
    for column in columns_in_use.iter_mut() {
        *column = Exp::lanes(s, s.sub(*column, max));
    }
    let mut l = [s.splat(0.0); LANES];
    for (lane, sum) in l.iter_mut().enumerate() {
        for &e in columns_in_use.iter().skip(lane).step_by(LANES) {
            *sum = s.add(*sum, e);
        }
    }
    let even = s.add(s.add(l[0], l[4]), s.add(l[2], l[6]));
    let odd = s.add(s.add(l[1], l[5]), s.add(l[3], l[7]));
    let sum = s.add(even, odd);
    for column in columns_in_use.iter_mut() {
        *column = s.div(*column, sum);
    }

    let mut row = [s.splat(0.0); LANES];
    for from in (0..cols).step_by(LANES) {
        let to = cols.min(from + LANES);
        row.copy_from_slice(&columns[from..from + LANES]);
        for (row, values) in s
            .transpose(row)
            .into_iter()
            .zip(rows.chunks_exact_mut(cols))
        {
            s.store_part(row, &mut values[from..to]);
        }
    }
}

/// The columns of eight rows of `cols` values.
#[inline(always)]
fn load_columns<S: Simd>(s: S, rows: &[f64], cols: usize, columns: &mut [S::Vector; SHORT]) {
    let mut row = [s.splat(0.0); LANES];
    for from in (0..cols).step_by(LANES) {
        let to = cols.min(from + LANES);
        for (row, values) in row.iter_mut().zip(rows.chunks_exact(cols)) {
            *row = s.load_part(&values[from..to]);
        }
        columns[from..from + LANES].copy_from_slice(&s.transpose(row));
    }
}

#[inline(always)]
fn softmax_of_one<S: Simd>(s: S, row: &mut [f64]) {
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    // The lanes that the end of the row fills.
    let filled = s.lt(s.load(&NUMBERS), s.splat(rest.len() as f64));
    let last = s.load_part(rest);

    let mut max = s.select(filled, last, s.splat(f64::NEG_INFINITY));
    // A NaN is passed over here, or is the maximum; its own e^x makes the sum, and with it the row, NaN.
    for chunk in chunks.iter() {
        max = s.max(s.load(chunk), max);
    }
    let max = s.splat(max_of_lanes(s, max));

    let mut sum = s.splat(0.0);
    for chunk in chunks.iter_mut() {
        let e = Exp::lanes(s, s.sub(s.load(chunk), max));
        sum = s.add(sum, e);
        s.store(e, chunk);
    }
    // Where there is no value, 1 is computed and +0 added.
    let e = Exp::lanes(s, s.sub(s.select(filled, last, max), max));
    sum = s.add(sum, s.select(filled, e, s.splat(0.0)));
    let sum = s.splat(sum_of_lanes(s, sum));
    for chunk in chunks {
        s.store(s.div(s.load(chunk), sum), chunk);
    }
    s.store_part(s.div(e, sum), rest);
}
