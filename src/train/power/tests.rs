use super::*;

#[test]
fn powers_are_products() {
    assert_eq!(power(0.5, 0), 1.0);
    assert_eq!(power(0.5, 10), 1.0 / 1024.0);
    assert_eq!(power(3.0, 5), 243.0);
    // A rounding of half an ulp for each of the factors.
    let expected = 0.999_f64.powi(12345);
    let bound = 12345.0 * f64::EPSILON * expected;
    assert!((power(0.999, 12345) - expected).abs() < bound);
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
