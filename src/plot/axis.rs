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
    pub(super) fn values(&self) -> Vec<f64> {
        let value = |&n: &i64| decimal(n, self.exponent);
        self.multiples.iter().map(value).collect()
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
mod tests;
