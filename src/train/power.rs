//! Powers and a cosine of IEEE operations: the platform's may differ in the last bit.

/// base^n, by squaring: the products that the bits of n name, lowest first.
pub(super) fn power(base: f64, mut n: u64) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while n > 0 {
        if n & 1 == 1 {
            result *= square;
        }
        square *= square;
        n >>= 1;
    }
    result
}

/// (1 + cos(π·t)) / 2 for t from 0 to 1: the square of cos(x), x = t·π/2, by Taylor's series to x^22.
///
/// What the series leaves out is below 6e-20.
pub(super) fn half_cosine(t: f64) -> f64 {
    let x = t * std::f64::consts::FRAC_PI_2;
    let square = x * x;
    let mut sum = 1.0;
    for k in (1..=11).rev() {
        let k = f64::from(2 * k);
        sum = 1.0 - square / ((k - 1.0) * k) * sum;
    }
    sum * sum
}

#[cfg(test)]
mod tests;
