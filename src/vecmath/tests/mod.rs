//! The accuracy of both paths against an oracle of its own, laws, the same bits everywhere, rows.

mod accuracy;
mod bits;
#[path = "../../../tests/common/fma.rs"]
#[allow(clippy::duplicate_mod, reason = "the tests of two modules share it")]
mod fma;
mod oracle;
mod rows;
mod survey;

use super::*;
use crate::random::splitmix64;
use crate::simd::Isa;

/// A small seeded generator: the same cases in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        splitmix64(&mut self.0)
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * f64::EPSILON / 2.0
    }

    fn within(&mut self, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Any bit pattern, a number that no function takes to its end, or one about as large as those in networks.
    fn wild(&mut self) -> f64 {
        match self.next() % 8 {
            0 => f64::from_bits(self.next()),
            1 => self.within((-800.0, 800.0)),
            _ => self.within((-30.0, 30.0)),
        }
    }
}

/// Equal bits, or NaN on both sides.
fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan()
}

/// `pairs` + 1 consecutive f64, `at` in the middle, ascending; +0.0 follows -0.0.
fn neighbours(at: f64, pairs: i64) -> impl Iterator<Item = f64> {
    // Bits that ascend with the number, and back.
    let ordered = |bits: i64| bits ^ (bits >> 63 & i64::MAX);
    let middle = ordered(at.to_bits() as i64);
    (middle - pairs / 2..=middle + pairs / 2)
        .map(move |place| f64::from_bits(ordered(place) as u64))
}

/// Where a function changes: bounds of its code, of its results' kinds, and some of the places where n does.
fn thresholds(function: &str) -> Vec<f64> {
    // ln 2/64, and the same for tanh, which doubles its argument.
    let half_step = std::f64::consts::LN_2 / 64.0;
    let mut at = vec![0.0, 1e-16, 1.0];
    at.extend([1.0, 3.0, 15.0, 17.0, 31.0, 33.0].map(|odd| odd * half_step));
    match function {
        // e^x overflows, is subnormal, is 0.
        "exp" => at.extend([
            690.0,
            708.3964185322641,
            709.782712893384,
            745.1332191019412,
        ]),
        // Where numbers are subnormal or too large for the steps, and their end; where n changes around 1 and `high`
        // becomes 0; a large result's last place.
        "ln" => {
            at.extend([f64::MIN_POSITIVE, 2f64.powi(1022), f64::MAX, 5e-324]);
            at.extend([
                123.0 / 128.0,
                127.0 / 128.0,
                65.0 / 64.0,
                67.0 / 64.0,
                std::f64::consts::E,
            ]);
            at.extend([2f64.powi(-1021), 2f64.powi(500) * 33.0 / 32.0, 0.75]);
        }
        // The bound in the code, where the result is 1, where E is 2^53 and 2^54; n changes.
        "tanh" => {
            at.extend([20.0, 19.061547465398498, 18.37, 18.714973875118524]);
            at.extend([1.0, 3.0, 31.0, 591.0].map(|odd| odd * half_step / 2.0));
        }
        // The bound, where the result is subnormal, 0, 1.
        _ => at.extend([
            690.0,
            40.0,
            708.3964185322641,
            745.1332191019412,
            36.7368005696771,
        ]),
    }
    at.iter().flat_map(|&x| [x, -x]).collect()
}
