//! Errors, special values, laws.

use super::oracle::{self, Double, Exact, ulps};
use super::*;

/// A function, its oracle, where its results are numbers and not all the same, inputs from all of that, where it is of
/// the most use, and the largest error that its documentation owns up to: the largest seen over 10^9 inputs, rounded up.
struct Case {
    name: &'static str,
    function: fn(&mut [f64]),
    oracle: fn(f64) -> Exact,
    domain: (f64, f64),
    wide: fn(&mut Random) -> f64,
    narrow: (f64, f64),
    max_ulp: f64,
}

const CASES: [Case; 4] = [
    Case {
        name: "exp",
        function: exp,
        oracle: oracle::exp,
        domain: (-745.2, 709.78),
        wide: |random| random.within((-745.2, 709.78)),
        narrow: (-1.0, 1.0),
        max_ulp: 0.55,
    },
    Case {
        name: "ln",
        function: ln,
        oracle: oracle::ln,
        domain: (5e-324, f64::MAX),
        wide: |random| f64::from_bits(random.next() % f64::INFINITY.to_bits()).max(5e-324),
        narrow: (0.5, 2.0),
        max_ulp: 0.57,
    },
    Case {
        name: "tanh",
        function: tanh,
        oracle: oracle::tanh,
        domain: (-20.0, 20.0),
        wide: |random| random.within((-20.0, 20.0)),
        narrow: (-1.5, 1.5),
        max_ulp: 0.53,
    },
    Case {
        name: "sigmoid",
        function: sigmoid,
        oracle: oracle::sigmoid,
        domain: (-745.2, 40.0),
        wide: |random| random.within((-745.2, 40.0)),
        narrow: (-5.0, 5.0),
        max_ulp: 0.56,
    },
];

impl Case {
    /// Holds the errors over `x`, where it lies in the domain, against the bound; the largest and its place.
    fn check(&self, x: impl Iterator<Item = f64>, what: &str) -> (f64, f64) {
        let (low, high) = self.domain;
        let x: Vec<f64> = x.filter(|x| (low..=high).contains(x)).collect();
        let mut y = x.clone();
        (self.function)(&mut y);
        let errors = x
            .iter()
            .zip(&y)
            .map(|(&x, &y)| (ulps(y, (self.oracle)(x)), x));
        let (error, at) = errors.fold((0.0, 0.0), larger);
        let Self { name, max_ulp, .. } = self;
        assert!(error <= *max_ulp, "{name}, {what}: {error} ulp at {at:e}");
        (error, at)
    }

    /// A million inputs: half from all of the domain, the others in equal parts from where the function is of the most
    /// use and of all magnitudes.
    fn check_a_million(&self, seed: u64) -> (f64, f64) {
        let random = &mut Random(seed);
        let magnitude = |random: &mut Random| {
            let size = 2f64.powi(-(random.next() as i32 & 63)) * (1.0 + random.unit()) * 8.0;
            size.copysign(random.unit() - 0.5)
        };
        [
            self.check((0..500_000).map(|_| (self.wide)(random)), "everywhere"),
            self.check(
                (0..250_000).map(|_| random.within(self.narrow)),
                "where used",
            ),
            self.check((0..250_000).map(|_| magnitude(random)), "of all magnitudes"),
        ]
        .into_iter()
        .fold((0.0, 0.0), larger)
    }

    /// Ascending numbers, where the function is one, have ascending function values.
    fn check_order(&self, x: impl Iterator<Item = f64>) {
        let x: Vec<f64> = x.filter(|&x| self.name != "ln" || x >= 0.0).collect();
        let mut y = x.clone();
        (self.function)(&mut y);
        let fall = y
            .windows(2)
            .position(|pair| pair[0].partial_cmp(&pair[1]).is_none_or(|o| o.is_gt()));
        if let Some(fall) = fall {
            panic!("{} falls behind {:e}", self.name, x[fall]);
        }
    }

    /// So many pairs of neighbours around thresholds are in order.
    fn check_monotone(&self, pairs: i64) {
        let thresholds = thresholds(self.name);
        let each = pairs / thresholds.len() as i64;
        for at in thresholds {
            self.check_order(neighbours(at, each));
        }
    }

    /// Places where n changes, in the reduction to n·ln 2/16 or, for ln, of the exponent and the top of the
    /// significand.
    fn changes_of_n(&self) -> Vec<f64> {
        let step = std::f64::consts::LN_2 / if self.name == "tanh" { 32.0 } else { 16.0 };
        let at = |n: i32| match self.name {
            "ln" => {
                // Half a step of 1/16 above a multiple of it.
                let middle = 1.0 + f64::from(2 * n.rem_euclid(16) + 1) / 32.0;
                middle * 2f64.powi((n.div_euclid(16)).clamp(-1022, 1023))
            }
            _ => (f64::from(n) + 0.5) * step,
        };
        (-17_200..17_200).map(at).collect()
    }
}

/// The larger of two errors, and its place; NaN is the largest.
fn larger(worst: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    if other.0 <= worst.0 { worst } else { other }
}

/// Against numbers of 400 bits rounded to two f64, from GNU MPFR.
#[test]
fn the_oracle_knows_known_values() {
    let close = |Exact { value, exponent }, expected: Double, scale: i32| {
        let by = 2f64.powi(exponent - scale);
        let error = ((value.0 * by - expected.0) + (value.1 * by - expected.1)).abs();
        assert!(
            error < 2f64.powi(-94) * expected.0.abs(),
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
    let ln = oracle::ln;
    close(
        ln(std::f64::consts::SQRT_2),
        Double(0.3465735902799727, 2.4442169414592898e-17),
        0,
    );
    close(
        ln(1.0 + f64::EPSILON),
        Double(2.2204460492503128e-16, 3.649214750845877e-48),
        0,
    );
    close(
        ln(0.999),
        Double(-0.0010005003335835344, -2.5644777003697798e-20),
        0,
    );
    close(
        ln(5e-324),
        Double(-744.4400719213812, -4.422444340918698e-14),
        0,
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
        let (error, at) = case.check_a_million(42);
        println!("{}: {error:.4} ulp at {at:e}", case.name);
    }
}

/// 10^9 random inputs, 10^7 pairs: `cargo test --lib survey_of_ln -- --ignored --nocapture`, and so on.
fn survey(name: &str) {
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    case.check_monotone(10_000_000);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let (error, at) = std::thread::scope(|scope| {
        let errors = |thread| {
            let seeds = (1..=1000u64).filter(move |seed| seed % threads == thread);
            seeds.map(|seed| case.check_a_million(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        };
        let all: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || errors(thread).fold((0.0, 0.0), larger)))
            .collect();
        all.into_iter()
            .map(|thread| thread.join().unwrap())
            .fold((0.0, 0.0), larger)
    });
    println!("{name}: {error:.4} ulp at {at:e}");
}

#[test]
#[ignore = "takes minutes"]
fn survey_of_exp() {
    survey("exp");
}

#[test]
#[ignore = "takes minutes"]
fn survey_of_ln() {
    survey("ln");
}

#[test]
#[ignore = "takes minutes"]
fn survey_of_tanh() {
    survey("tanh");
}

#[test]
#[ignore = "takes minutes"]
fn survey_of_sigmoid() {
    survey("sigmoid");
}

#[test]
fn errors_stay_below_it_around_thresholds() {
    for case in &CASES {
        let stretches = thresholds(case.name).into_iter();
        case.check(
            stretches.flat_map(|at| neighbours(at, 200_000)),
            "around thresholds",
        );
        let stretches = case.changes_of_n().into_iter();
        case.check(
            stretches.flat_map(|at| neighbours(at, 20)),
            "where n changes",
        );
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
    let cases: [Special; 46] = [
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
        (scalar::ln, 1.0, 0.0),
        (scalar::ln, 0.0, -inf),
        (scalar::ln, -0.0, -inf),
        (scalar::ln, inf, inf),
        (scalar::ln, -inf, f64::NAN),
        (scalar::ln, -5e-324, f64::NAN),
        (scalar::ln, -1.0, f64::NAN),
        (scalar::ln, f64::MIN, f64::NAN),
        (scalar::ln, 5e-324, -744.4400719213812),
        (
            scalar::ln,
            f64::MIN_POSITIVE.next_down(),
            -708.3964185322641,
        ),
        (scalar::ln, f64::MIN_POSITIVE, -708.3964185322641),
        (scalar::ln, f64::MAX, 709.782712893384),
        (scalar::ln, 2.0, std::f64::consts::LN_2),
        (scalar::ln, 0.5, -std::f64::consts::LN_2),
        (scalar::ln, 10.0, std::f64::consts::LN_10),
        (scalar::ln, 1.0 + f64::EPSILON, 2.2204460492503128e-16),
        (
            scalar::ln,
            1.0 - f64::EPSILON / 2.0,
            -1.1102230246251566e-16,
        ),
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
    for f in [scalar::exp, scalar::ln, scalar::tanh, scalar::sigmoid] {
        assert!(f(f64::NAN).is_nan() && f(-f64::NAN).is_nan());
    }
}

#[test]
fn each_is_monotone_around_thresholds_and_on_a_grid() {
    for case in &CASES {
        case.check_monotone(1_000_000);
        case.check_order((-80_000..=80_000).map(|i| f64::from(i) / 100.0));
        for at in case.changes_of_n() {
            case.check_order(neighbours(at, 20));
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
