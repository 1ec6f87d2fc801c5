//! Errors, special values, laws.

use super::oracle::{self, Double, Exact, ulps};
use super::*;

/// A function, its oracle, where its results are neither 0 nor infinite, where they are of the most use, and the
/// largest error that its documentation owns up to: the largest seen over 10^9 inputs, rounded up.
struct Case {
    name: &'static str,
    function: fn(&mut [f64]),
    oracle: fn(f64) -> Exact,
    wide: (f64, f64),
    narrow: (f64, f64),
    max_ulp: f64,
}

const CASES: [Case; 3] = [
    Case {
        name: "exp",
        function: exp,
        oracle: oracle::exp,
        wide: (-745.2, 709.78),
        narrow: (-1.0, 1.0),
        max_ulp: 0.55,
    },
    Case {
        name: "tanh",
        function: tanh,
        oracle: oracle::tanh,
        wide: (-20.0, 20.0),
        narrow: (-1.5, 1.5),
        max_ulp: 0.53,
    },
    Case {
        name: "sigmoid",
        function: sigmoid,
        oracle: oracle::sigmoid,
        wide: (-745.2, 40.0),
        narrow: (-5.0, 5.0),
        max_ulp: 0.56,
    },
];

impl Case {
    /// Holds the errors over `x` against the bound; the largest and its place.
    fn check(&self, x: &[f64], what: &str) {
        let mut y = x.to_vec();
        (self.function)(&mut y);
        let errors = x
            .iter()
            .zip(&y)
            .map(|(&x, &y)| (ulps(y, (self.oracle)(x)), x));
        let (error, at) = errors.fold((0.0, 0.0), |w, e| if e.0 <= w.0 { w } else { e });
        let Self { name, max_ulp, .. } = self;
        println!("{name}, {what}: {error:.4} ulp at {at:e}");
        assert!(error <= *max_ulp, "{name}, {what}: {error} ulp at {at:e}");
    }
}

/// Against numbers of 400 bits rounded to two f64, from GNU MPFR.
#[test]
fn the_oracle_knows_known_values() {
    let close = |Exact { value, exponent }, expected: Double, scale: i32| {
        let by = 2f64.powi(exponent - scale);
        let error = ((value.0 * by - expected.0) + (value.1 * by - expected.1)).abs();
        assert!(
            error < 2f64.powi(-98) * expected.0.abs(),
            "{value:?}·2^{exponent} is not {expected:?}·2^{scale}: {error:e}"
        );
    };
    let exp = oracle::exp;
    close(
        exp(1.0),
        Double(std::f64::consts::E, 1.4456468917292502e-16),
        0,
    );
    close(
        exp(-1.0),
        Double(0.36787944117144233, -1.2428753672788363e-17),
        0,
    );
    close(
        exp(-744.5),
        Double(0.9418322690261121, -3.7188757790608865e-17),
        -1074,
    );
    let tanh = oracle::tanh;
    close(
        tanh(1.0),
        Double(0.7615941559557649, 3.7090214482164924e-17),
        0,
    );
    close(
        tanh(1e-3),
        Double(0.0009999996666668, 1.7800613799166557e-20),
        0,
    );
    close(
        tanh(18.888213040163045),
        Double(0.9999999999999999, 3.251020080675076e-17),
        0,
    );
    let sigmoid = oracle::sigmoid;
    close(
        sigmoid(1.0),
        Double(0.7310585786300049, -1.679727399649845e-17),
        0,
    );
    close(
        sigmoid(-30.0),
        Double(9.357622968839299e-14, 8.837142511495094e-31),
        0,
    );
}

#[test]
fn errors_stay_below_what_the_documentation_says() {
    for case in &CASES {
        let mut random = Random(42);
        let x: Vec<f64> = (0..600_000).map(|_| random.within(case.wide)).collect();
        case.check(&x, "everywhere");
        let x: Vec<f64> = (0..300_000).map(|_| random.within(case.narrow)).collect();
        case.check(&x, "around 0");
        let x: Vec<f64> = (0..200_000)
            .map(|_| {
                let magnitude =
                    2f64.powi(-(random.next() as i32 & 63)) * (1.0 + random.unit()) * 8.0;
                if random.next() & 1 == 0 {
                    magnitude
                } else {
                    -magnitude
                }
            })
            .collect();
        case.check(&x, "all magnitudes");
    }
}

#[test]
fn errors_stay_below_it_around_thresholds() {
    for case in &CASES {
        let (low, high) = case.wide;
        let mut x = Vec::new();
        for at in thresholds(case.name) {
            x.extend(neighbours(at, 200_000).filter(|x| (low..=high).contains(x)));
        }
        case.check(&x, "around thresholds");
        // Every place where n changes.
        x.clear();
        let step = std::f64::consts::LN_2 / if case.name == "tanh" { 32.0 } else { 16.0 };
        for n in (low / step) as i32..(high / step) as i32 {
            x.extend(neighbours((f64::from(n) + 0.5) * step, 20));
        }
        case.check(&x, "where n changes");
    }
}

#[test]
fn subnormal_results_are_rounded_correctly() {
    let mut random = Random(3);
    for _ in 0..100_000 {
        let x = random.within((-745.2, -708.4));
        let Exact { value, exponent } = oracle::exp(x);
        // The exact value in units of the smallest number, below 2^52: halves are far from every one of these.
        let units = value.0 * 2f64.powi(exponent + 1074);
        let expected = units.round() as u64;
        if (units - units.floor() - 0.5).abs() > 0.05 {
            assert_eq!(scalar::exp(x).to_bits(), expected, "exp({x:e})");
            assert_eq!(scalar::sigmoid(x).to_bits(), expected, "sigmoid({x:e})");
        }
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    type Special = (fn(f64) -> f64, f64, f64);
    let cases: [Special; 29] = [
        (scalar::exp, 0.0, 1.0),
        (scalar::exp, -0.0, 1.0),
        (scalar::exp, 5e-324, 1.0),
        (scalar::exp, inf, inf),
        (scalar::exp, -inf, 0.0),
        (scalar::exp, 709.782712893384, 1.7976931348622732e308),
        (scalar::exp, 709.7827128933841, inf),
        (scalar::exp, f64::MAX, inf),
        (scalar::exp, -745.0, 5e-324),
        (scalar::exp, -740.0, f64::from_bits(85)),
        (scalar::exp, -745.1332191019411, 5e-324),
        (scalar::exp, -745.1332191019412, 0.0),
        (scalar::exp, f64::MIN, 0.0),
        (scalar::tanh, 0.0, 0.0),
        (scalar::tanh, -0.0, -0.0),
        (scalar::tanh, 5e-324, 5e-324),
        (scalar::tanh, -1e-300, -1e-300),
        (scalar::tanh, f64::MIN_POSITIVE, f64::MIN_POSITIVE),
        (scalar::tanh, 19.061547465398494, 1.0 - f64::EPSILON / 2.0),
        (scalar::tanh, 19.0615474653985, 1.0),
        (scalar::tanh, inf, 1.0),
        (scalar::tanh, -f64::MAX, -1.0),
        (scalar::sigmoid, -0.0, 0.5),
        (scalar::sigmoid, inf, 1.0),
        (scalar::sigmoid, f64::MAX, 1.0),
        (scalar::sigmoid, -inf, 0.0),
        (scalar::sigmoid, f64::MIN, 0.0),
        (scalar::sigmoid, -740.0, f64::from_bits(85)),
        (scalar::sigmoid, -745.0, 5e-324),
    ];
    for (i, (f, x, y)) in cases.into_iter().enumerate() {
        assert!(same(f(x), y), "case {i}: f({x:e}) is {:e}, not {y:e}", f(x));
    }
    for f in [scalar::exp, scalar::tanh, scalar::sigmoid] {
        assert!(f(f64::NAN).is_nan() && f(-f64::NAN).is_nan());
    }
}

#[test]
fn each_is_monotone_around_thresholds_and_on_a_grid() {
    for case in &CASES {
        let thresholds = thresholds(case.name);
        let pairs = 1_000_000 / thresholds.len() as i64;
        let mut stretches: Vec<Vec<f64>> = thresholds
            .into_iter()
            .map(|at| neighbours(at, pairs).collect())
            .collect();
        stretches.push((-80_000..=80_000).map(|i| f64::from(i) / 100.0).collect());
        let step = std::f64::consts::LN_2 / if case.name == "tanh" { 32.0 } else { 16.0 };
        stretches
            .extend((-1000..1000).map(|n| neighbours((f64::from(n) + 0.5) * step, 20).collect()));
        for x in stretches {
            let mut y = x.clone();
            (case.function)(&mut y);
            let fall = y
                .windows(2)
                .position(|pair| pair[0].partial_cmp(&pair[1]).is_none_or(|o| o.is_gt()));
            assert!(
                fall.is_none(),
                "{} falls behind {:e}",
                case.name,
                x[fall.unwrap()]
            );
        }
    }
}

#[test]
fn tanh_is_odd_and_sigmoids_of_opposites_sum_to_1() {
    let mut random = Random(11);
    for _ in 0..300_000 {
        let x = random.wild();
        assert!(
            same(scalar::tanh(-x), -scalar::tanh(x)),
            "tanh is odd at {x:e}"
        );
        if !x.is_nan() {
            let (a, b) = (scalar::sigmoid(x.abs()), scalar::sigmoid(-x.abs()));
            // (a - 1) + b is exact but for its last operation: a is in [1/2, 1].
            let error = (a - 1.0) + b;
            assert!(error.abs() < f64::EPSILON / 2.0, "{error:e} at {x:e}");
        }
    }
}
