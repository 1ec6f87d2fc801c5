//! 128 bits beside the bounds in whole numbers.

use super::super::natural::{self, Natural};
use super::*;

/// The first 128 bits, rounded down.
fn leading(n: &Natural) -> u128 {
    let words = n.0.iter().rev().map(|&word| u128::from(word));
    let first: Vec<u128> = words.chain([0, 0]).take(3).collect();
    let (high, shift) = (first[0] << 64 | first[1], first[0].leading_zeros() - 64);
    high << shift | first[2] << shift >> 64
}

/// Numbers between 2^-40 and 745, of 53 bits.
fn arguments() -> impl Iterator<Item = Dyadic> {
    let mut state = 1u64;
    (0..3000).map(move |i| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let unit = 0.5 + (state >> 12) as f64 / (1u64 << 53) as f64;
        Dyadic::new(
            unit * if i % 2 == 0 {
                745.0
            } else {
                2f64.powi(-(i % 40))
            },
        )
    })
}

#[test]
fn errors_are_below_16_units() {
    assert_eq!(high(u128::MAX, u128::MAX), u128::MAX - 1);
    for a in arguments() {
        let (below, _) = natural::exp(a, 512);
        let found = exp(a);
        let error = found.significand.abs_diff(leading(&below));
        assert!(error < 16, "e^a of {a:?}: {error} units");

        let opposite = exp(a.neg());
        let one = high(found.significand, opposite.significand);
        let error = one.abs_diff(1 << 126).min(one.abs_diff(1 << 127));
        assert!(error < 32, "e^-a of {a:?}: {error} units");

        if a.significand.ilog2() as i32 + a.exponent < -6 {
            let less_one = below.sub(&Natural::new(1).shl(512));
            let product = Wide::of_dyadic(a).mul(Wide::new(quotient(fixed(a)), -127));
            let error = product.significand.abs_diff(leading(&less_one));
            assert!(error < 16, "e^a - 1 of {a:?}: {error} units");
        }
    }
}

/// Of any number of bits, of words or not; the shorter of two numbers first or last.
#[test]
fn bounds_are_bounds() {
    let tiny = Dyadic {
        negative: false,
        significand: u64::MAX,
        exponent: -300,
    };
    for a in arguments().step_by(100).chain([tiny]) {
        let (fine_below, fine_above) = natural::exp(a, 1024);
        for precision in [256, 300, 333] {
            let (below, above) = natural::exp(a, precision);
            let fine = |n: &Natural| n.shl(1024 - precision);
            assert!(fine(&below).compare(&fine_above).is_le(), "{a:?}");
            assert!(fine(&above).compare(&fine_below).is_ge(), "{a:?}");
            let near = below.shl(128).add(&below);
            assert!(above.shl(128).compare(&near).is_lt(), "{a:?}");
        }
    }
    let (one, large) = (Natural::new(1), Natural::new(1).shl(64));
    assert_eq!(one.add(&large).0, [1, 1]);
}

#[test]
fn x_less_tanh_is_off_by_16_units_at_most() {
    const SCALE: u32 = 400;
    let times =
        |n: u64, exponent: i32| Natural::new(n).shl(exponent.wrapping_add_unsigned(SCALE) as u32);
    for a in arguments() {
        // From 2^-29 to 2^-16.
        let size = -16 - (a.significand % 13) as i32;
        let x = a.times_power_of_two(size - (a.significand.ilog2() as i32 + 1 + a.exponent));
        let found = x_less_tanh(x);
        let (power, one) = (
            natural::exp(x.times_power_of_two(1), 512).0,
            Natural::new(1).shl(512),
        );
        // x - d > tanh x, the same as (x - d)·(e^2x + 1) > e^2x - 1.
        let is_more_than = |d: u128| {
            let high = times((d >> 64) as u64, found.exponent + 64);
            let rest = times(x.significand, x.exponent)
                .sub(&high)
                .sub(&times(d as u64, found.exponent));
            rest.mul(&power.add(&one))
                .compare(&power.sub(&one).shl(SCALE))
                .is_gt()
        };
        assert!(is_more_than(found.significand - 16), "x - tanh x of {x:?}");
        assert!(!is_more_than(found.significand + 16), "x - tanh x of {x:?}");
    }
}

#[test]
fn the_tanh_that_is_nearest_to_a_middle_is_decided_here() {
    let c = 15.0 * 2f64.powi(-25);
    let x = c + 2.0 / 15.0 * (c * c * c);
    let y = c - c * c * c / 5.0;
    let (x, middle) = (Dyadic::new(x), Dyadic::middle(y));
    // tanh x - m is 2^-132·x.
    let (numerator, denominator) = (Term::OnePlus(middle), Term::OneMinus(middle));
    let (twice, difference) = (x.times_power_of_two(1), middle.times_power_of_two(1));
    assert_eq!(exceeds(twice, numerator, denominator, difference), None);
    let expected = natural::exceeds(twice, numerator, denominator);
    assert_eq!(tanh_exceeds(x, middle), Some(expected));
    // Middles on either side, x itself between them.
    for (y, expected) in [(y.next_down(), true), (y.next_up(), false)] {
        assert_eq!(tanh_exceeds(x, Dyadic::middle(y)), Some(expected));
    }
}

#[test]
fn a_middle_is_not_decided_here() {
    // 1 + 2^-53, and 2^-1074·(1 + 1/2).
    for (middle, below) in [
        (Wide::new((1 << 53) + 1, -53), 1.0),
        (Wide::new(3, -1075), f64::from_bits(1)),
        (Wide::new((1 << 54) - 1, 970), f64::MAX),
    ] {
        let expected = Dyadic::middle(below);
        let check = |found: Dyadic| {
            let same =
                (found.significand, found.exponent) == (expected.significand, expected.exponent);
            assert!(same, "{found:?}, not {expected:?}");
        };
        for above in [false, true] {
            let found = middle.round(|middle| {
                check(middle);
                above
            });
            assert_eq!(found, if above { below.next_up() } else { below });
        }
        // Near it, but not too near.
        for (significand, expected) in [
            (middle.significand - 2 * DOUBT, below),
            (middle.significand + 2 * DOUBT, below.next_up()),
        ] {
            let near = Wide {
                significand,
                ..middle
            };
            assert_eq!(near.round(|_| unreachable!()), expected);
        }
    }
}

#[test]
fn what_is_near_is_not_compared() {
    let one = Wide::new(1, 0);
    let (above, below) = (
        |units| Wide {
            significand: (1 << 127) + units,
            ..one
        },
        |units| Wide {
            significand: u128::MAX - units,
            exponent: -128,
        },
    );
    assert_eq!(one.compare(one), None);
    assert_eq!(above(DOUBT - 1).compare(one), None);
    assert_eq!(above(DOUBT).compare(one), Some(Ordering::Greater));
    assert_eq!(below(2 * DOUBT - 3).compare(one), None);
    assert_eq!(below(2 * DOUBT).compare(one), Some(Ordering::Less));
    assert_eq!(one.compare(below(2 * DOUBT - 3)), None);
    assert_eq!(one.compare(below(2 * DOUBT)), Some(Ordering::Greater));
    assert_eq!(one.compare(Wide::new(4, 0)), Some(Ordering::Less));
    assert_eq!(Wide::new(4, 0).compare(one), Some(Ordering::Greater));
}

#[test]
fn wide_numbers_doubt_only_what_is_near() {
    // ln 2 rounded to 53 bits: e^a is 2·(1 - 2.3e-17), 2^-56 of it from 2 and no nearer.
    let a = Dyadic::new(std::f64::consts::LN_2);
    let two = Term::Value(Dyadic::new(2.0));
    assert_eq!(exceeds(a, two, Term::One, Dyadic::new(1.0)), Some(false));
    assert!(!natural::exceeds(a, two, Term::One));
}

/// For a = 2^-100, e^a is below (1 + a/2)/(1 - a/2) by a³/12, 2^-303.6: 256 bits do not tell.
#[test]
fn whole_numbers_take_as_many_bits_as_they_need() {
    let [a, half] = [-100, -101].map(|exponent| Dyadic {
        negative: false,
        significand: 1,
        exponent,
    });
    let (numerator, denominator) = (Term::OnePlus(half), Term::OneMinus(half));
    assert!(!natural::exceeds(a, numerator, denominator));
}
