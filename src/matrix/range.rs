//! Evenly spaced values, as NumPy makes them.

use super::ShapeError;

/// Values from `start` up to, not including, `stop` in steps of `step`, bit for bit as `numpy.arange` gives them.
///
/// There are `ceil((stop - start) / step)` of them, or one where that underflows; value `i` is `start + i * d` with
/// `d = (start + step) - start`, the step as the first two values have it.
///
/// # Errors
/// [`ShapeError::TooLarge`] where that count is not a number or does not fit (a step of 0, an infinite stop),
/// [`ShapeError::OutOfMemory`] where allocation fails.
///
/// ```
/// let x = rowmajor::arange(-8.0, 8.0, 0.1)?;
/// assert_eq!(x.len(), 160);
/// assert_eq!(x[..3], [-8.0, -7.9, -7.800000000000001]);
/// assert!(rowmajor::arange(0.0, 1.0, 0.0).is_err());
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
pub fn arange(start: f64, stop: f64, step: f64) -> Result<Vec<f64>, ShapeError> {
    let quotient = (stop - start) / step;
    let underflows = quotient == 0.0 && quotient.is_sign_positive() && stop != start;
    let n = if underflows { 1.0 } else { quotient.ceil() };
    // A NaN or an infinite count fails below, one under 0 is 0: the cast saturates.
    let count = if n.is_nan() { usize::MAX } else { n as usize };
    let delta = (start + step) - start;
    let mut values = super::try_with_capacity(1, count)?;
    // NumPy computes the second value as start + step, which start + delta may miss by a rounding.
    let value = |i| start + if i == 1 { step } else { i as f64 * delta };
    values.extend((0..count).map(value));
    if let Some(first) = values.first_mut() {
        *first = start; // -0, too, which a sum is not
    }
    Ok(values)
}

/// `count` values from `start` to `stop`, both included, bit for bit as `numpy.linspace` gives them.
///
/// Value `i` is `start + i * step` with `step = (stop - start) / (count - 1)`; the last is `stop` itself. One value is
/// `start`.
///
/// # Panics
/// Where the allocation fails.
///
/// ```
/// assert_eq!(rowmajor::linspace(0.0, 1.0, 5), [0.0, 0.25, 0.5, 0.75, 1.0]);
/// ```
#[track_caller]
pub fn linspace(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let mut values = super::error::or_fail(super::try_with_capacity(1, count));
    let (delta, steps) = (stop - start, count.saturating_sub(1).max(1) as f64);
    let step = delta / steps;
    values.extend((0..count).map(|i| {
        // Where the step underflows to 0, NumPy multiplies before it divides.
        if step == 0.0 {
            i as f64 / steps * delta + start
        } else {
            i as f64 * step + start
        }
    }));
    if let [_, .., last] = values.as_mut_slice() {
        *last = stop;
    }
    values
}
