//! exp, ln, tanh and sigmoid to 94 bits and more, by methods that the code under test does not use.
//!
//! e^r - 1 comes from the series at r/64, squared six times; there is no table, and the reduction is to multiples of
//! ln 2. tanh is made of e^(-2|x|), sigmoid of e^(-|x|), ln of a first guess y and x·e^-y.

use super::fma::Fused;

/// A number as the unevaluated sum of two f64, the first being the sum rounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Double(pub(super) f64, pub(super) f64);

impl Double {
    /// a + b, exactly.
    fn sum(a: f64, b: f64) -> Double {
        let s = a + b;
        let t = s - a;
        Double(s, (a - (s - t)) + (b - t))
    }

    pub(super) fn add(self, o: Double) -> Double {
        let (s, t) = (Double::sum(self.0, o.0), Double::sum(self.1, o.1));
        let u = Double::sum(s.0, s.1 + t.0);
        Double::sum(u.0, u.1 + t.1)
    }

    fn mul(self, o: Double) -> Double {
        let p = self.0 * o.0;
        let e = self.0.fused(o.0, -p);
        Double::sum(p, e + (self.0 * o.1 + self.1 * o.0))
    }

    pub(super) fn div(self, o: Double) -> Double {
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

const ONE: Double = Double(1.0, 0.0);

/// value · 2^exponent, so that nothing overflows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    pub(super) value: Double,
    pub(super) exponent: i32,
}

fn power(n: i32) -> f64 {
    2f64.powi(n)
}

/// (u, n) with e^x = 2^n (1 + u), |u| below 0.42, for |x| up to 1500.
fn expm1_reduced(x: f64) -> (Double, i32) {
    /// ln 2 in three parts; the first has bits to spare for n.
    const LN2: [f64; 3] = [
        0.6931471803691238,
        1.9082149292705877e-10,
        1.1612227229362532e-26,
    ];
    /// 1/k! for k = 2 to 5 as double-doubles, for k = 6 to 11 as f64.
    const LARGE: [Double; 4] = [
        Double(0.5, 0.0),
        Double(0.16666666666666666, 9.25185853854297e-18),
        Double(0.041666666666666664, 2.3129646346357427e-18),
        Double(0.008333333333333333, 1.1564823173178714e-19),
    ];
    const SMALL: [f64; 6] = [
        1.0 / 720.0,
        1.0 / 5040.0,
        1.0 / 40320.0,
        1.0 / 362880.0,
        1.0 / 3628800.0,
        1.0 / 39916800.0,
    ];
    let n = (x / std::f64::consts::LN_2).round();
    let r = Double::sum(x, -n * LN2[0])
        .add(Double(LN2[1], LN2[2]).mul(Double(-n, 0.0)))
        .scale(1.0 / 64.0);
    let tail = SMALL.iter().rev().fold(0.0, |sum, c| sum * r.0 + c);
    let series = LARGE
        .iter()
        .rev()
        .fold(Double(tail, 0.0), |sum, c| sum.mul(r).add(*c));
    let mut u = r.add(r.mul(r).mul(series));
    for _ in 0..6 {
        u = u.scale(2.0).add(u.mul(u)); // (1 + u)² - 1
    }
    (u, n as i32)
}

pub(super) fn exp(x: f64) -> Exact {
    let (u, exponent) = expm1_reduced(x.clamp(-1400.0, 1400.0));
    let value = u.add(ONE);
    Exact { value, exponent }
}

/// y + ln(1 + d) with d = x·e^-y - 1, tiny: any y near ln x will do.
pub(super) fn ln(x: f64) -> Exact {
    let y = x.ln();
    let (u, n) = expm1_reduced(-y);
    let d = if n == 0 {
        // (1 + (x - 1))(1 + u) - 1, for its relative accuracy where x is close to 1.
        let less = Double(x - 1.0, 0.0);
        less.add(u).add(u.mul(less))
    } else {
        // x·2^n in two steps, exactly.
        let scaled = x * power(n / 2) * power(n - n / 2);
        u.add(ONE).mul(Double(scaled, 0.0)).add(Double(-1.0, 0.0))
    };
    let value = Double(y, 0.0).add(d.add(d.mul(d).scale(-0.5)));
    Exact { value, exponent: 0 }
}

pub(super) fn tanh(x: f64) -> Exact {
    let (u, n) = expm1_reduced(-2.0 * x.abs().min(50.0));
    // 1 - e^(-2|x|)
    let difference = if n == 0 {
        u.scale(-1.0)
    } else {
        u.add(ONE).scale(-power(n)).add(ONE)
    };
    let value = difference.div(difference.scale(-1.0).add(Double(2.0, 0.0)));
    Exact {
        value: value.scale(1f64.copysign(x)),
        exponent: 0,
    }
}

pub(super) fn sigmoid(x: f64) -> Exact {
    let (u, n) = expm1_reduced(-x.abs().min(1400.0));
    let e = u.add(ONE);
    // Where the power underflows, its term is far below the last bit.
    let denominator = ONE.add(e.scale(power(n)));
    if x < 0.0 {
        Exact {
            value: e.div(denominator),
            exponent: n,
        }
    } else {
        Exact {
            value: ONE.div(denominator),
            exponent: 0,
        }
    }
}

/// The error of a finite `found`, in units in the last place of the exact value, of the subnormal numbers at least.
pub(super) fn ulps(found: f64, exact: Exact) -> f64 {
    let Exact { value, exponent } = exact;
    let Double(high, low) = value;
    let mut own = (high.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    // A power of two from below belongs to the binade below.
    if high.to_bits() << 12 == 0 && low * high < 0.0 {
        own -= 1;
    }
    let unit = (own + exponent - 52).max(-1074);
    let scaled = found * power(-unit / 2) * power(-unit - -unit / 2);
    let by = power(exponent - unit);
    ((scaled - high * by) - low * by).abs()
}
