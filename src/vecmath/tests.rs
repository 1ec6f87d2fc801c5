//! Accuracy against a double-double oracle, laws, and special values.

use super::*;
use crate::simd::Isa;

// Measured over the points below; the documentation of each function quotes them.
const EXP_MAX_ULP: f64 = 0.66;
const TANH_MAX_ULP: f64 = 2.4;
const SIGMOID_MAX_ULP: f64 = 2.2;

/// A number as the unevaluated sum of two f64, about 106 bits.
#[derive(Clone, Copy, Debug)]
struct Double(f64, f64);

impl Double {
    fn sum(a: f64, b: f64) -> Double {
        let s = a + b;
        let t = s - a;
        Double(s, (a - (s - t)) + (b - t))
    }

    fn add(self, o: Double) -> Double {
        let (s, t) = (Double::sum(self.0, o.0), Double::sum(self.1, o.1));
        let u = Double::sum(s.0, s.1 + t.0);
        Double::sum(u.0, u.1 + t.1)
    }

    fn mul(self, o: Double) -> Double {
        let p = self.0 * o.0;
        let e = self.0.mul_add(o.0, -p);
        Double::sum(p, e + (self.0 * o.1 + self.1 * o.0))
    }

    fn div(self, o: Double) -> Double {
        let q = self.0 / o.0;
        let r = self.add(o.mul(Double(-q, 0.0)));
        let q2 = r.0 / o.0;
        let r = r.add(o.mul(Double(-q2, 0.0)));
        Double::sum(q, q2).add(Double(r.0 / o.0, 0.0))
    }

    fn scale(self, by: f64) -> Double {
        Double(self.0 * by, self.1 * by)
    }
}

/// e^x - 1 for a double-double x of magnitude up to 720, and e^x as (value, n): e^x = value·2^n.
fn expm1_oracle(x: Double) -> (Double, Double, i32) {
    // ln 2 to 106 bits, in two parts whose first has bits to spare for n.
    const LN2: [f64; 3] = [
        0.6931471803691238,
        1.9082149292705877e-10,
        1.1612227229362532e-26,
    ];
    let n = (x.0 / std::f64::consts::LN_2).round();
    let r = x
        .add(Double(-n * LN2[0], 0.0))
        .add(Double(LN2[1], LN2[2]).mul(Double(-n, 0.0)));
    // e^r by e^(r/256), squared eight times in the form expm1: (1+u)² - 1 = 2u + u².
    let r = r.scale(1.0 / 256.0);
    let mut term = r;
    let mut u = r;
    for k in 2..12 {
        term = term.mul(r).div(Double(f64::from(k), 0.0));
        u = u.add(term);
    }
    for _ in 0..8 {
        u = u.scale(2.0).add(u.mul(u));
    }
    (u, u.add(Double(1.0, 0.0)), n as i32)
}

fn power(n: i32) -> f64 {
    2f64.powi(n)
}

/// e^x, for results in the normal range.
fn exp_oracle(x: f64) -> Double {
    let (_, e, n) = expm1_oracle(Double(x, 0.0));
    e.scale(power(n / 2)).scale(power(n - n / 2))
}

fn tanh_oracle(x: f64) -> Double {
    if x.abs() > 20.0 {
        return Double(1f64.copysign(x), -2.0 * (-2.0 * x.abs()).exp());
    }
    let (u, _, n) = expm1_oracle(Double(2.0 * x, 0.0));
    let em1 = u.scale(power(n)).add(Double(power(n) - 1.0, 0.0));
    em1.div(em1.add(Double(2.0, 0.0)))
}

fn sigmoid_oracle(x: f64) -> Double {
    let e = exp_oracle(-x.abs());
    let one = Double(1.0, 0.0);
    if x < 0.0 {
        e.div(one.add(e))
    } else {
        one.div(one.add(e))
    }
}

/// The error of `found` in units in the last place of the exact value.
fn ulps(found: f64, exact: Double) -> f64 {
    let magnitude = exact.0.abs().max(f64::MIN_POSITIVE);
    let ulp = f64::from_bits(magnitude.to_bits() & !((1 << 52) - 1)) * f64::EPSILON;
    ((found - exact.0) - exact.1).abs() / ulp
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * f64::EPSILON / 2.0
    }
}

/// The largest error over many points: uniform over `range`, and of all magnitudes within it.
fn worst(
    function: fn(&mut [f64]),
    oracle: fn(f64) -> Double,
    range: (f64, f64),
    seed: u64,
) -> (f64, f64) {
    let mut random = Random(seed);
    let (low, high) = range;
    let mut x: Vec<f64> = (0..300_000)
        .map(|_| low + (high - low) * random.unit())
        .collect();
    x.extend((0..100_000).filter_map(|_| {
        let x = power(-(random.next() as i32 & 63)) * (1.0 + random.unit()) * 16.0;
        let x = if random.next() & 1 == 0 { x } else { -x };
        (low..high).contains(&x).then_some(x)
    }));
    // Where the reduction changes n.
    for n in -1060..1060 {
        let edge = (f64::from(n) + 0.5) * std::f64::consts::LN_2;
        x.extend(
            [edge, edge.next_up(), edge.next_down(), edge / 2.0]
                .iter()
                .filter(|x| (low..high).contains(*x)),
        );
    }
    let mut y = x.clone();
    function(&mut y);
    x.iter()
        .zip(&y)
        .map(|(&x, &y)| (ulps(y, oracle(x)), x))
        .fold((0.0, 0.0), |w, e| if e.0 > w.0 { e } else { w })
}

#[test]
fn the_oracle_knows_known_values() {
    // e, e^-1, tanh 1 and sigmoid 1 to 30 digits, each split into two f64.
    let close = |d: Double, high: f64, low: f64| {
        let error = ((d.0 - high) + (d.1 - low)).abs();
        assert!(
            error < 1e-30 * high.abs() * 4.0,
            "{d:?} is not {high} + {low}: {error:e}"
        );
    };
    close(exp_oracle(1.0), std::f64::consts::E, 1.4456468917292502e-16);
    close(
        exp_oracle(-1.0),
        0.36787944117144233,
        -1.2428753672788363e-17,
    );
    close(tanh_oracle(1.0), 0.7615941559557649, 3.7090214482164924e-17);
    close(
        sigmoid_oracle(1.0),
        0.7310585786300049,
        -1.679727399649845e-17,
    );
}

#[test]
fn errors_stay_below_what_the_documentation_says() {
    type Case = (
        &'static str,
        fn(&mut [f64]),
        fn(f64) -> Double,
        (f64, f64),
        f64,
    );
    let cases: [Case; 6] = [
        // The oracle's low part underflows below -670.
        ("exp", exp, exp_oracle, (-670.0, 709.7), EXP_MAX_ULP),
        ("exp", exp, exp_oracle, (-1.0, 1.0), EXP_MAX_ULP),
        ("tanh", tanh, tanh_oracle, (-22.0, 22.0), TANH_MAX_ULP),
        ("tanh", tanh, tanh_oracle, (-1.0, 1.0), TANH_MAX_ULP),
        (
            "sigmoid",
            sigmoid,
            sigmoid_oracle,
            (-670.0, 40.0),
            SIGMOID_MAX_ULP,
        ),
        (
            "sigmoid",
            sigmoid,
            sigmoid_oracle,
            (-8.0, 8.0),
            SIGMOID_MAX_ULP,
        ),
    ];
    for (name, function, oracle, range, bound) in cases {
        let (error, at) = worst(function, oracle, range, 42);
        println!("{name} on {range:?}: {error:.3} ulp at {at:e}");
        assert!(error <= bound, "{name}: {error} ulp at {at:e}");
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    type Case = (fn(f64) -> f64, f64, f64);
    let cases: [Case; 21] = [
        (scalar::exp, 0.0, 1.0),
        (scalar::exp, -0.0, 1.0),
        (scalar::exp, 5e-324, 1.0),
        (scalar::exp, inf, inf),
        (scalar::exp, -inf, 0.0),
        (scalar::exp, 709.782712893384, 1.7976931348622732e308),
        (scalar::exp, 709.7827128933841, inf),
        (scalar::exp, f64::MAX, inf),
        (scalar::exp, -745.1332191019411, 5e-324),
        (scalar::exp, -745.1332191019412, 0.0),
        (scalar::exp, f64::MIN, 0.0),
        (scalar::tanh, 0.0, 0.0),
        (scalar::tanh, -0.0, -0.0),
        (scalar::tanh, 5e-324, 5e-324),
        (scalar::tanh, -1e-300, -1e-300),
        (scalar::tanh, inf, 1.0),
        (scalar::tanh, -f64::MAX, -1.0),
        (scalar::sigmoid, -0.0, 0.5),
        (scalar::sigmoid, inf, 1.0),
        (scalar::sigmoid, -inf, 0.0),
        (scalar::sigmoid, f64::MIN, 0.0),
    ];
    for (i, (f, x, y)) in cases.into_iter().enumerate() {
        assert_eq!(
            f(x).to_bits(),
            y.to_bits(),
            "case {i}: f({x:e}) is {:e}, not {y:e}",
            f(x)
        );
    }
    for f in [scalar::exp, scalar::tanh, scalar::sigmoid] {
        assert!(f(f64::NAN).is_nan() && f(-f64::NAN).is_nan());
    }
    // Subnormal results keep their last bit: e^-745 = 4.99…e-324 and e^-740 = 4.2e-322 are 1 and 85 units.
    assert_eq!(scalar::exp(-745.0).to_bits(), 1);
    assert_eq!(scalar::exp(-740.0).to_bits(), 85);
    assert_eq!(scalar::sigmoid(-740.0).to_bits(), 85);
}

#[test]
fn laws_hold_on_a_grid() {
    let mut before = [-1.0; 3];
    for i in -40_000..=40_000 {
        let x = f64::from(i) / 1000.0;
        let here = [scalar::exp(x), scalar::tanh(x), scalar::sigmoid(x)];
        assert!(
            before.iter().zip(&here).all(|(a, b)| a <= b),
            "not monotone at {x}"
        );
        assert_eq!(
            scalar::tanh(-x).to_bits(),
            (-here[1]).to_bits(),
            "tanh is odd"
        );
        assert!(
            (here[2] + scalar::sigmoid(-x) - 1.0).abs() <= f64::EPSILON,
            "sigmoid(x) + sigmoid(-x) at {x}"
        );
        before = here;
    }
}

/// Each function on one machine, as a kernel of its own.
struct On<'a>(usize, &'a mut [f64]);

impl Kernel for On<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match self.0 {
            0 => Map::<exp::Exp>(self.1, PhantomData).run(s),
            1 => Map::<tanh::Tanh>(self.1, PhantomData).run(s),
            2 => Map::<sigmoid::Sigmoid>(self.1, PhantomData).run(s),
            _ => rows::Softmax(self.1).run(s),
        }
    }
}

#[test]
fn every_machine_every_length_and_every_neighbour_give_the_same_bits() {
    let same = |x: f64, y: f64| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
    let scalars = [scalar::exp, scalar::tanh, scalar::sigmoid];
    let mut random = Random(7);
    for len in (0..=67).chain([1000]) {
        let x: Vec<f64> = (0..len)
            .map(|_| match random.next() % 8 {
                0 => f64::from_bits(random.next()),
                1 => 1600.0 * random.unit() - 800.0,
                _ => 60.0 * random.unit() - 30.0,
            })
            .collect();
        for function in 0..4 {
            let results: Vec<Vec<f64>> = Isa::available()
                .into_iter()
                .map(|isa| {
                    let mut y = x.clone();
                    isa.run(On(function, &mut y));
                    y
                })
                .collect();
            for (i, &x) in x.iter().enumerate() {
                assert!(
                    results.iter().all(|y| same(y[i], results[0][i])),
                    "machines differ at {x:e}"
                );
                if let Some(scalar) = scalars.get(function) {
                    assert!(
                        same(scalar(x), results[0][i]),
                        "function {function} of one number differs at {x:e}"
                    );
                }
            }
        }
    }
}

/// The published order, word for word.
fn sum_in_order(x: &[f64]) -> f64 {
    let mut l = [0.0; 8];
    for (i, x) in x.iter().enumerate() {
        l[i % 8] += x;
    }
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

#[test]
fn sums_and_softmax_follow_the_published_order() {
    let mut random = Random(9);
    for len in 0..100 {
        let x: Vec<f64> = (0..len)
            .map(|_| (random.unit() - 0.5) * 2f64.powi(random.next() as i32 & 15))
            .collect();
        assert_eq!(
            sum(&x).to_bits(),
            sum_in_order(&x).to_bits(),
            "length {len}"
        );
        let mut y = x.clone();
        softmax(&mut y);
        let max = x.iter().fold(f64::NEG_INFINITY, |max, &x| max.max(x));
        let e: Vec<f64> = x.iter().map(|x| scalar::exp(x - max)).collect();
        let total = sum_in_order(&e);
        for (y, e) in y.iter().zip(&e) {
            assert_eq!(y.to_bits(), (e / total).to_bits(), "length {len}");
        }
    }
    assert_eq!(sum(&[-0.0; 9]).to_bits(), 0, "the lanes start at +0.0");
}

#[test]
fn softmax_of_infinities_and_nan() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for len in [1, 3, 8, 9, 17] {
        for at in 0..len {
            for bad in [inf, nan] {
                let mut row = vec![1.0; len];
                row[at] = bad;
                softmax(&mut row);
                assert!(row.iter().all(|y| y.is_nan()), "{bad} at {at} of {len}");
            }
            let mut row = vec![1.0; len];
            row[at] = -inf;
            softmax(&mut row);
            for (i, y) in row.iter().enumerate() {
                if len == 1 {
                    assert!(y.is_nan(), "nothing but -infinity");
                } else {
                    assert_eq!(*y, if i == at { 0.0 } else { 1.0 / (len - 1) as f64 });
                }
            }
        }
        let mut row = vec![-inf; len];
        softmax(&mut row);
        assert!(row.iter().all(|y| y.is_nan()), "nothing but -infinity");
    }
    let mut extremes = [1e308, -1e308, 1e308];
    softmax(&mut extremes);
    assert_eq!(extremes, [0.5, 0.0, 0.5]);
    softmax(&mut []);
}
