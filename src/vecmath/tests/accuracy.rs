//! The first path's ε, the second path, special values, laws.

use super::super::exact::{Dyadic, Term, natural, wide};
use super::oracle::{self, Double, Exact};
use super::*;

/// A function, what of it is under test, its oracle, and inputs.
struct Case {
    name: &'static str,
    function: fn(&mut [f64]),
    oracle: fn(f64) -> Exact,
    epsilon: f64,
    /// Where the first path holds.
    domain: (f64, f64),
    wide: fn(&mut Random) -> f64,
    narrow: (f64, f64),
}

const CASES: [Case; 4] = [
    Case {
        name: "exp",
        function: exp,
        oracle: oracle::exp,
        epsilon: exp::EPSILON,
        domain: (-690.0, 690.0),
        wide: |random| random.within((-690.0, 690.0)),
        narrow: (-1.0, 1.0),
    },
    Case {
        name: "ln",
        function: ln,
        oracle: oracle::ln,
        epsilon: ln::EPSILON,
        domain: (f64::MIN_POSITIVE, 4e307),
        wide: |random| f64::from_bits(random.next() % f64::INFINITY.to_bits()),
        narrow: (0.5, 2.0),
    },
    Case {
        name: "tanh",
        function: tanh,
        oracle: oracle::tanh,
        epsilon: tanh::EPSILON,
        domain: (1e-100, 20.0),
        wide: |random| random.within((0.0, 20.0)),
        narrow: (0.0, 0.5),
    },
    Case {
        name: "sigmoid",
        function: sigmoid,
        oracle: oracle::sigmoid,
        epsilon: exp::EPSILON,
        domain: (-690.0, 40.0),
        wide: |random| random.within((-690.0, 40.0)),
        narrow: (-5.0, 5.0),
    },
];

/// The first path's high and low, on the ISA that runs it.
struct Pairs<'a>(&'a str, &'a [f64]);

impl Kernel for Pairs<'_> {
    type Output = Vec<Double>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<Double> {
        let Self(name, x) = self;
        let mut pairs = Vec::new();
        for x in x.chunks(LANES) {
            let lanes = s.load_part(x);
            let [high, low] = match name {
                "exp" => exp::pair(s, lanes),
                "ln" => ln::pair(s, lanes, s.splat(0.0)),
                "tanh" => tanh::pair(s, tanh::expm1_of_twice(s, lanes)),
                _ => sigmoid::pair(s, exp::pair(s, s.neg(lanes))),
            };
            let (mut highs, mut lows) = ([0.0; LANES], [0.0; LANES]);
            s.store(high, &mut highs);
            s.store(low, &mut lows);
            pairs.extend(
                highs
                    .into_iter()
                    .zip(lows)
                    .take(x.len())
                    .map(|(high, low)| Double(high, low)),
            );
        }
        pairs
    }
}

impl Case {
    /// Holds the first path's errors over `x`, where it lies in the domain, against ε; the largest, in ε, and its place.
    ///
    /// ε includes the rounding test's own roundings, too, so that the pair alone stays below it.
    fn check_epsilon(&self, x: impl Iterator<Item = f64>) -> (f64, f64) {
        let (low, high) = self.domain;
        let x: Vec<f64> = x
            .filter(|x| (low..=high).contains(x) && (self.name, *x) != ("ln", 1.0))
            .collect();
        let pairs = Isa::current().run(Pairs(self.name, &x));
        let errors = pairs.iter().zip(&x).map(|(pair, &x)| {
            let Exact { value, exponent } = (self.oracle)(x);
            let by = 2f64.powi(-exponent);
            let error = Double(pair.0 * by, pair.1 * by).add(Double(-value.0, -value.1));
            ((error.0 / value.0).abs() / self.epsilon, x)
        });
        let (error, at) = errors.fold((0.0, 0.0), larger);
        assert!(error < 1.0, "{}: {error} ε at {at:e}", self.name);
        (error, at)
    }

    /// Inputs from all of the domain, from where the function is of the most use, and of all magnitudes.
    fn inputs(&self, random: &mut Random) -> f64 {
        match random.next() % 4 {
            0 | 1 => (self.wide)(random),
            2 => random.within(self.narrow),
            _ => {
                let size = 2f64.powi(-(random.next() as i32 & 63)) * (1.0 + random.unit()) * 8.0;
                let x = size.copysign(random.unit() - 0.5);
                match self.name {
                    "ln" => 1.0 + x / 16.0,
                    "tanh" => x.abs(),
                    _ => x,
                }
            }
        }
    }

    /// Where the reduced argument is as large as it gets, and the polynomial at its worst: where n changes, in the
    /// reduction to n·ln 2/32 or, for ln, of the exponent and the top of the significand.
    fn changes_of_n(&self) -> Vec<f64> {
        let step = std::f64::consts::LN_2 / if self.name == "tanh" { 64.0 } else { 32.0 };
        let at = |n: i32| match self.name {
            "ln" => {
                let middle = 1.0 + f64::from(2 * n.rem_euclid(32) + 1) / 64.0;
                middle * 2f64.powi(n.div_euclid(32))
            }
            _ => (f64::from(n) + 0.5) * step,
        };
        (-32_000..32_000).map(at).collect()
    }

    /// Whether y is f(x) rounded, by [`natural`] alone: between the middles on y's either side. y is a finite number.
    fn is_rounded(&self, x: f64, y: f64) -> bool {
        let is_above = |y: f64| {
            let (middle, of_x) = (Dyadic::middle(y), Dyadic::new(x));
            let exceeds = |a: Dyadic, numerator, denominator| {
                if a.negative {
                    !natural::exceeds(a.neg(), denominator, numerator)
                } else {
                    natural::exceeds(a, numerator, denominator)
                }
            };
            match self.name {
                "exp" => exceeds(of_x, Term::Value(middle), Term::One),
                "ln" => exceeds(middle, Term::Value(of_x), Term::One) == (y < 0.0),
                "tanh" => exceeds(
                    of_x.times_power_of_two(1),
                    Term::OnePlus(middle),
                    Term::OneMinus(middle),
                ),
                _ => !exceeds(of_x.neg(), Term::OneMinus(middle), Term::Value(middle)),
            }
        };
        let below = f64::from_bits(y.to_bits().saturating_sub(1));
        // The middle above 1 is no value of tanh and sigmoid, nor are its 1 - m and the like positive.
        let ends = matches!(self.name, "tanh" | "sigmoid") && y == 1.0;
        (y == 0.0 || is_above(below)) && (ends || !is_above(y))
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
fn accuracy_of_the_first_path_is_epsilon() {
    for case in &CASES {
        let mut random = Random(42);
        let anywhere = (0..200_000).map(|_| case.inputs(&mut random));
        let (error, at) = case.check_epsilon(anywhere);
        println!("{}: {error:.3} ε at {at:e}", case.name);
        let thresholds = thresholds(case.name).into_iter();
        case.check_epsilon(thresholds.flat_map(|at| neighbours(at, 2000)));
        let changes = case.changes_of_n().into_iter();
        let (error, at) = case.check_epsilon(changes.flat_map(|at| neighbours(at, 8)));
        println!("{}: {error:.3} ε at {at:e}, where n changes", case.name);
    }
}

/// 10^7 inputs for each: `cargo test --lib survey_of_epsilon -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn survey_of_epsilon() {
    for case in &CASES {
        let mut worst = (0.0, 0.0);
        for seed in 1..=100 {
            let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
            worst = larger(
                worst,
                case.check_epsilon((0..100_000).map(|_| case.inputs(&mut random))),
            );
        }
        println!("{}: {:.4} ε at {:e}", case.name, worst.0, worst.1);
    }
}

/// The shares that the documentation gives: of values within ±8 or, for ln, from 0.1 to 10. These values' results are
/// rounded as they should be.
#[test]
fn few_values_take_the_second_path() {
    for (case, most) in CASES.iter().zip([5e-4, 1e-3, 5.5e-4, 7e-4]) {
        let mut random = Random(17);
        let within = if case.name == "ln" {
            (0.1, 10.0)
        } else {
            (-8.0, 8.0)
        };
        let x = (0..1_000_000).map(|_| random.within(within));
        let x: Vec<f64> = match case.name {
            "tanh" => x.map(f64::abs).collect(),
            _ => x.collect(),
        };
        let is_undecided = |&Double(high, low): &Double| {
            let error = case.epsilon * high;
            high + (low - error) != high + (low + error)
        };
        let pairs = Isa::current().run(Pairs(case.name, &x));
        let undecided: Vec<f64> = pairs
            .iter()
            .zip(&x)
            .filter(|(pair, _)| is_undecided(pair))
            .map(|(_, &x)| x)
            .collect();
        let mut y = undecided.clone();
        (case.function)(&mut y);
        for (&x, &y) in undecided.iter().zip(&y) {
            assert!(case.is_rounded(x, y), "{} of {x:e} is not {y:e}", case.name);
        }
        let share = undecided.len() as f64 / x.len() as f64;
        println!("{}: {share:.2e}", case.name);
        assert!(share < most, "{}: {share:e}", case.name);
    }
}

/// What the whole function gives, the second path with it, by bounds in whole numbers.
#[test]
fn results_lie_between_the_middles() {
    for case in &CASES {
        let mut random = Random(5);
        let mut x: Vec<f64> = (0..500).map(|_| case.inputs(&mut random)).collect();
        match case.name {
            "exp" | "sigmoid" => x.extend((0..200).map(|_| random.within((-745.2, -689.0)))),
            _ => {}
        }
        // Next to middles: see the table of hard cases in the documentation.
        x.extend((1..60).flat_map(|i| [1.0, 3.0, 1023.0].map(|m| m * 2f64.powi(-i))));
        if case.name == "sigmoid" {
            // A last place off what x/4 is a middle of.
            let middles = [1023.0, -1023.0, 12345.0, -12345.0].map(|m: f64| m * 2f64.powi(-52));
            x.extend(middles.iter().flat_map(|m| [m.next_up(), m.next_down()]));
        }
        if matches!(case.name, "exp" | "sigmoid") {
            x.extend((1..60).flat_map(|i| [1.0, 3.0, 1023.0].map(|m| -m * 2f64.powi(-i))));
        }
        if case.name == "ln" {
            x.extend((2..52).flat_map(|i| [1.0 + 2f64.powi(-i), 1.0 - 2f64.powi(-i)]));
        }
        for x in x {
            let mut y = [x];
            (case.function)(&mut y);
            let y = y[0];
            if x != 0.0 && y.is_finite() && !(case.name == "ln" && (x <= 0.0 || x == 1.0)) {
                assert!(case.is_rounded(x, y), "{} of {x:e} is not {y:e}", case.name);
            }
        }
    }
}

/// 128 bits and whole numbers agree on both sides of e^a, as near to it as the former tell.
#[test]
fn both_arithmetics_of_the_second_path_agree() {
    let mut random = Random(6);
    let mut told = 0;
    for _ in 0..2000 {
        let size = 2f64.powi(-(random.next() as i32 & 31)) * 700.0 * (0.5 + random.unit() / 2.0);
        let a = Dyadic::new(size);
        let mut y = [size];
        exp(&mut y);
        let is_above = |middle| {
            let (value, difference) = (Term::Value(middle), middle.distance_from_1());
            let exact = natural::exceeds(a, value, Term::One);
            if let Some(found) = wide::exceeds(a, value, Term::One, difference) {
                assert_eq!(found, exact, "e^{size:e} and {middle:?}");
                told += 1;
            }
            exact
        };
        // All decisions go to whole numbers in the end, so that the result has to be the same.
        assert_eq!(wide::exp(a).round(is_above), y[0], "{size:e}");
        let (below, above) = (f64::from_bits(y[0].to_bits() - 1), y[0]);
        for y in [below, above] {
            let middle = Dyadic::middle(y);
            let exact = natural::exceeds(a, Term::Value(middle), Term::One);
            let difference = middle.distance_from_1();
            let found = wide::exceeds(a, Term::Value(middle), Term::One, difference);
            assert!(
                found.is_none_or(|found| found == exact),
                "e^{size:e} and {middle:?}"
            );
            told += usize::from(found.is_some());
        }
    }
    assert!(told > 3900, "{told}");
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
        for at in thresholds(case.name) {
            case.check_order(neighbours(at, 20_000));
        }
        case.check_order((-80_000..=80_000).map(|i| f64::from(i) / 100.0));
        for at in case.changes_of_n().into_iter().step_by(7) {
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
