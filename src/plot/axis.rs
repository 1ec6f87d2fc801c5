//! One axis: the range it shows, where a value stands in it, and its ticks.

/// Windows whose ends are all smaller than this are taken as the single point 0, so that no difference, half or
/// hundredth of a window is subnormal.
const SMALLEST: f64 = 1e-290;

/// Windows narrower than this, relative to their larger end, are taken as a single point: their ticks would need more
/// digits than an `f64` has.
const NARROWEST: f64 = 1e-13;

/// What of the width of the data is left empty at either end, where no limit is set.
const MARGIN: f64 = 0.05;

/// The range of values that is shown. `low` is below `high`, both are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    /// The low end is at the right or at the top.
    flipped: bool,
}

impl Axis {
    /// The window for data within `data` and the limits asked for; a limit that is not finite is left to the data.
    pub(super) fn new(data: Option<(f64, f64)>, limits: (f64, f64)) -> Axis {
        let (low, high) = data.map_or((0.0, 1.0), |(low, high)| {
            let margin = MARGIN * high - MARGIN * low;
            widened(finite(low - margin), finite(high + margin))
        });
        let (first, last) = match (limits.0.is_finite(), limits.1.is_finite()) {
            (true, true) => limits,
            // The free end stays on its side.
            (true, false) => (limits.0, high.max(limits.0)),
            (false, true) => (low.min(limits.1), limits.1),
            (false, false) => (low, high),
        };
        let (low, high) = widened(first.min(last), first.max(last));
        Axis {
            low,
            high,
            flipped: first > last,
        }
    }

    /// Where a value of the window stands, from 0 (left, bottom) to 1 (right, top).
    pub(super) fn unit(&self, value: f64) -> f64 {
        // Halves: the width of the window may be more than the largest number.
        let from_low = (value / 2.0 - self.low / 2.0) / self.half_width();
        let from_low = from_low.clamp(0.0, 1.0);
        if self.flipped {
            1.0 - from_low
        } else {
            from_low
        }
    }

    fn half_width(&self) -> f64 {
        self.high / 2.0 - self.low / 2.0
    }

    /// The multiples within the window of the smallest step 1, 2 or 5 times a power of ten that gives at most `most`
    /// of them (`most` is 2 to 15). Where that leaves fewer than two, the outermost two of the next smaller step.
    pub(super) fn ticks(&self, most: usize) -> Ticks {
        let most = most.clamp(2, 15);
        // A twentieth of the window, or less.
        let mut exponent = self.half_width().log10().floor() as i32 - 1;
        let mut finer = Ticks {
            exponent,
            multiples: Vec::new(),
        };
        loop {
            for factor in [1, 2, 5] {
                let multiples = self.multiples(factor, exponent);
                let count = multiples.end().saturating_sub(*multiples.start()) + 1;
                if count < 2 {
                    // Not the first step: it gives more than `most`.
                    let multiples = &finer.multiples;
                    let ends = multiples.first().into_iter().chain(multiples.last());
                    finer.multiples = ends.copied().collect();
                    return finer;
                }
                finer = Ticks {
                    exponent,
                    multiples: multiples.map(|i| i * factor).collect(),
                };
                if count <= most as i64 {
                    return finer;
                }
            }
            exponent += 1;
        }
    }

    /// The `i` for which `i` times the step, rounded to the nearest `f64`, is within the window.
    fn multiples(&self, factor: i64, exponent: i32) -> std::ops::RangeInclusive<i64> {
        let step = decimal(factor, exponent);
        // The quotient, below 10^15, may be off by a rounding: begin one too far out.
        let (mut first, mut last) = (
            (self.low / step).ceil() as i64 - 1,
            (self.high / step).floor() as i64 + 1,
        );
        while decimal(first * factor, exponent) < self.low {
            first += 1;
        }
        while decimal(last * factor, exponent) > self.high {
            last -= 1;
        }
        first..=last
    }
}

/// `digits` times 10 to the `exponent`, correctly rounded.
fn decimal(digits: i64, exponent: i32) -> f64 {
    format!("{digits}e{exponent}").parse().unwrap_or(f64::NAN)
}

fn finite(value: f64) -> f64 {
    value.clamp(-f64::MAX, f64::MAX)
}

/// The same window, or one around it where it is too narrow to draw.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if size < SMALLEST {
        (-1.0, 1.0)
    } else if high / 2.0 - low / 2.0 > size * NARROWEST {
        (low, high)
    } else {
        (finite(low - size / 2.0), finite(high + size / 2.0))
    }
}

/// Round numbers on an axis: whole multiples of a power of ten, so that value and label are exact.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    exponent: i32,
    multiples: Vec<i64>,
}

impl Ticks {
    /// The value of each tick.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.multiples.iter().map(|&n| decimal(n, self.exponent))
    }

    /// The label of each tick: all with the same decimals, or, where the largest is 10⁶ or more or below 10⁻⁴, all in
    /// scientific notation.
    pub(super) fn labels(&self) -> Vec<String> {
        let largest = self.multiples.iter().map(|n| n.unsigned_abs()).max();
        let largest = largest.unwrap_or(0).checked_ilog10().unwrap_or(0) as i32 + self.exponent;
        let label = if (-4..6).contains(&largest) {
            fixed
        } else {
            scientific
        };
        let label = |&n: &i64| {
            let sign = if n < 0 { "-" } else { "" };
            sign.to_owned() + &label(n.unsigned_abs(), self.exponent)
        };
        self.multiples.iter().map(label).collect()
    }
}

fn fixed(digits: u64, exponent: i32) -> String {
    if digits == 0 && exponent >= 0 {
        return "0".to_owned();
    }
    let decimals = usize::try_from(-exponent).unwrap_or(0);
    let zeros = usize::try_from(exponent).unwrap_or(0);
    let all = format!("{digits:0>width$}", width = decimals + 1) + &"0".repeat(zeros);
    match decimals {
        0 => all,
        _ => {
            let (whole, part) = all.split_at(all.len() - decimals);
            format!("{whole}.{part}")
        }
    }
}

fn scientific(digits: u64, exponent: i32) -> String {
    let all = digits.to_string();
    let exponent = exponent + all.len() as i32 - 1;
    let shown = all.trim_end_matches('0');
    match shown.split_at_checked(1) {
        None => "0".to_owned(),
        Some((digit, "")) => format!("{digit}e{exponent}"),
        Some((first, others)) => format!("{first}.{others}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// Ticks in millionths, by the rule in whole numbers: steps in rising order, multiples counted by division.
    fn oracle(low: i128, high: i128, most: i128) -> Vec<i128> {
        let mut finer = Vec::new();
        for exponent in 0.. {
            for factor in [1, 2, 5] {
                let step = factor * 10i128.pow(exponent);
                let (first, last) = (-(-low).div_euclid(step), high.div_euclid(step));
                let count = last - first + 1;
                if count < 2 {
                    let ends: Vec<i128> = finer;
                    return vec![ends[0], ends[ends.len() - 1]];
                }
                if count <= most {
                    return (first..=last).map(|i| i * step).collect();
                }
                if count < 1000 {
                    finer = (first..=last).map(|i| i * step).collect();
                }
            }
        }
        unreachable!()
    }

    #[test]
    fn ticks_are_those_of_the_rule() {
        let mut rng = Rng::new(1);
        let mut random = |n: usize| rng.below(n) as i128;
        for _ in 0..20_000 {
            // Thousandths; often ends that are round.
            let size = 10i128.pow(random(8) as u32);
            let round = 10i128.pow(random(3) as u32);
            let a = (random(2001) - 1000) * size / 1000 / round * round;
            let b = a + (1 + random(1000)) * size.max(1000) / 1000;
            let most = 2 + random(9);
            let value = |thousandths: i128| thousandths as f64 / 1e3;
            let axis = Axis::new(None, (value(a), value(b)));
            let ticks = axis.ticks(most as usize);
            let found: Vec<f64> = ticks.values().collect();
            let expected: Vec<f64> = oracle(a * 1000, b * 1000, most)
                .iter()
                .map(|&millionths| millionths as f64 / 1e6)
                .collect();
            assert_eq!(found, expected, "{a}..{b} thousandths, at most {most}");
            // Each label says its tick, exactly.
            let said: Vec<f64> = ticks.labels().iter().map(|s| s.parse().unwrap()).collect();
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn labels_have_one_look() {
        let labels = |low, high, most| Axis::new(None, (low, high)).ticks(most).labels();
        assert_eq!(
            labels(-1.0, 2.0, 9),
            ["-1.0", "-0.5", "0.0", "0.5", "1.0", "1.5", "2.0"]
        );
        assert_eq!(labels(0.0, 0.3, 4), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(
            labels(0.0, 150_000.0, 4),
            ["0", "50000", "100000", "150000"]
        );
        assert_eq!(labels(0.0, 1.5e6, 4), ["0", "5e5", "1e6", "1.5e6"]);
        assert_eq!(
            labels(-2e-7, 2e-7, 5),
            ["-2e-7", "-1e-7", "0", "1e-7", "2e-7"]
        );
        assert_eq!(
            labels(1.0, 1.000_000_2, 3),
            ["1.0000000", "1.0000001", "1.0000002"]
        );
        assert_eq!(labels(4.0, 16.0, 2), ["5", "15"]);
    }

    #[test]
    fn ends_are_0_and_1() {
        let cases = [
            (0.0, 1.0),
            (-8.0, 7.9),
            (f64::MIN, f64::MAX),
            (-1e-289, 1e-300),
            (3.0, -2.0),
        ];
        for (first, last) in cases {
            let axis = Axis::new(Some((-1.0, 1.0)), (first, last));
            assert_eq!((axis.unit(first), axis.unit(last)), (0.0, 1.0));
            let middle = axis.unit(first / 2.0 + last / 2.0);
            assert!((middle - 0.5).abs() < 1e-12, "{middle}");
        }
    }
}
