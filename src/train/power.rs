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
mod tests {
    use super::*;

    #[test]
    fn powers_are_products() {
        assert_eq!(power(0.5, 0), 1.0);
        assert_eq!(power(0.5, 10), 1.0 / 1024.0);
        assert_eq!(power(3.0, 5), 243.0);
        let expected = 0.999_f64.powi(12345);
        assert!((power(0.999, 12345) - expected).abs() < 1e-12 * expected);
        assert_eq!(power(0.9, u64::MAX), 0.0);
    }

    #[test]
    fn half_a_cosine() {
        assert_eq!(half_cosine(0.0), 1.0);
        assert!(half_cosine(1.0) < 1e-30);
        for i in 0..=1000 {
            let t = f64::from(i) / 1000.0;
            let expected = (1.0 + (std::f64::consts::PI * t).cos()) / 2.0;
            assert!((half_cosine(t) - expected).abs() < 4e-16, "{t}");
        }
    }
}
