//! The generator: the published numbers, the documented formulas, the distributions.

use rowmajor::random::Rng;

/// The first numbers from the state 1, 2, 3, 4, by the authors' C program (prng.di.unimi.it, xoshiro256plusplus.c).
#[test]
fn xoshiro256_plus_plus_as_published() {
    let mut rng = Rng::from_state([1, 2, 3, 4]).unwrap();
    let expected = [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
        14011001112246962877,
        12406186145184390807,
        15849039046786891736,
        10450023813501588000,
    ];
    assert_eq!([(); 10].map(|()| rng.next_u64()), expected);
}

#[test]
fn uniform_is_the_formula() {
    let (mut rng, mut same) = (Rng::new(1), Rng::new(1));
    for _ in 0..1000 {
        let u = (same.next_u64() >> 11) as f64 / 9007199254740992.0;
        assert_eq!(rng.uniform(0.0, 1.0), u);
        assert!((0.0..1.0).contains(&u));
        same.next_u64();
        rng.next_u64();
    }
    let u = same.clone().uniform(0.0, 1.0);
    assert_eq!(same.clone().uniform(-3.0, 1.5), -3.0 + 4.5 * u);
    assert_eq!(same.uniform(2.0, 2.0), 2.0);
}

#[test]
#[should_panic(expected = "uniform: the width of -inf to 1 is not finite")]
fn uniform_of_an_infinite_range() {
    Rng::new(1).uniform(f64::NEG_INFINITY, 1.0);
}

/// Against the distribution function: the largest distance is Kolmogorov's statistic, 1.63 / sqrt(n) at 1 %.
#[test]
fn normal_numbers_are_normal() {
    // The distribution function at k / 2, k = -6..=6 (Abramowitz and Stegun, table 26.1).
    const AT_HALVES: [f64; 7] = [
        0.5,
        0.691462461274013,
        0.841344746068543,
        0.933192798731142,
        0.977249868051821,
        0.993790334674224,
        0.998650101968370,
    ];
    let mut rng = Rng::new(3);
    let n = 100_000;
    let z: Vec<f64> = (0..n).map(|_| rng.normal(0.0, 1.0)).collect();
    for k in -6..=6i32 {
        let tail = AT_HALVES[k.unsigned_abs() as usize];
        let expected = if k < 0 { 1.0 - tail } else { tail };
        let at = f64::from(k) / 2.0;
        let share = z.iter().filter(|&&z| z <= at).count() as f64 / n as f64;
        assert!(
            (share - expected).abs() < 1.63 / (n as f64).sqrt(),
            "{at}: {share}"
        );
    }
    let mean = z.iter().sum::<f64>() / n as f64;
    let square = z.iter().map(|z| z * z).sum::<f64>() / n as f64;
    assert!(
        mean.abs() < 0.01 && (square - 1.0).abs() < 0.02,
        "{mean} {square}"
    );
    let neighbours: f64 = z.windows(2).map(|z| z[0] * z[1]).sum();
    assert!((neighbours / n as f64).abs() < 0.01);
}

/// The mean and the standard deviation are one multiplication and one addition; the state says all.
#[test]
fn normal_is_the_formula_and_the_state_says_all() {
    let mut rng = Rng::new(9);
    for _ in 0..100 {
        let mut saved = Rng::from_state(rng.state()).unwrap();
        let z = rng.clone().normal(0.0, 1.0);
        assert_eq!(rng.normal(2.5, 0.1), 2.5 + 0.1 * z);
        assert_eq!(saved.normal(2.5, 0.1), 2.5 + 0.1 * z);
        assert_eq!(saved.state(), rng.state());
    }
}
