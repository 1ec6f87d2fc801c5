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
        let found = ticks.values();
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
