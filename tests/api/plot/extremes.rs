//! Charts of numbers at which arithmetic goes wrong.

use super::chart::{frame, strokes};
use super::common::config;
use super::line;
use super::xml::parse;
use proptest::prelude::*;
use rowmajor::plot::Chart;

const EXTREMES: [f64; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::MAX,
    f64::MIN,
    f64::MAX / 2.0,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1e-290,
    f64::EPSILON,
    1.0 + f64::EPSILON,
    123456789.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::sample::select(&EXTREMES[..]),
        any::<u64>().prop_map(f64::from_bits),
        -10.0..10.0f64,
    ]
}

/// The number that a tick's label says.
fn value(label: &str) -> f64 {
    label.replace('−', "-").parse().unwrap()
}

/// Everything in the file is finite and within the plot; there are ticks, in order, and their labels differ.
fn check(chart: &Chart) {
    let svg = parse(&chart.to_svg());
    let [left, top, right, bottom] = frame(&svg);
    for p in strokes(&svg).iter().flatten().flatten() {
        assert!(left <= p[0] && p[0] <= right, "{p:?} is outside");
        assert!(top <= p[1] && p[1] <= bottom, "{p:?} is outside");
    }
    let texts = svg.all("text");
    let anchored = |anchor| {
        texts
            .iter()
            .filter(move |t| t.get("text-anchor") == Some(anchor))
    };
    for (labels, place) in [
        (anchored("middle").collect::<Vec<_>>(), "x"),
        (anchored("end").collect(), "y"),
    ] {
        assert!(labels.len() >= 2, "{labels:?}");
        let values: Vec<f64> = labels.iter().map(|t| value(&t.text)).collect();
        assert!(values.iter().all(|v| v.is_finite()));
        assert!(values.windows(2).all(|w| w[0] < w[1]), "{values:?}");
        let places: Vec<f64> = labels.iter().map(|t| t.number(place)).collect();
        let (up, down) = (
            places.windows(2).all(|w| w[0] < w[1]),
            places.windows(2).all(|w| w[0] > w[1]),
        );
        assert!(up || down, "{values:?} at {places:?}");
    }
    for text in [chart.to_text(80, 24), chart.to_ascii(80, 24)] {
        assert_eq!(text.lines().count(), 24);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

#[test]
fn every_pair_of_extremes() {
    for a in EXTREMES {
        for b in EXTREMES {
            let chart = Chart::new().line(line(&[a, b], &[b, a]));
            check(&chart);
            check(&chart.clone().y_limits(a, b));
            check(&chart.clone().x_limits(a, b).y_limits(b, a));
            check(&chart.x_limits(-1.0, 1.0).y_limits(0.0, 1e-3));
        }
    }
}

#[test]
fn a_line_far_beyond_the_limits_crosses_where_it_should() {
    // From -10^300 at 0 to 2·10^300 at 3: through 0 at 1.
    let chart = Chart::new()
        .x_limits(0.0, 4.0)
        .y_limits(-1.0, 1.0)
        .line(line(&[0.0, 3.0], &[-1e300, 2e300]));
    let svg = parse(&chart.to_svg());
    let [left, top, right, bottom] = frame(&svg);
    let found = strokes(&svg);
    let x = left + (right - left) / 4.0;
    let expected = [[x, bottom], [x, top]];
    for (found, expected) in found[0]
        .concat()
        .iter()
        .flatten()
        .zip(expected.iter().flatten())
    {
        assert!(
            (found - expected).abs() < 0.006,
            "{found} is not {expected}"
        );
    }
    // Nor does the difference of the largest numbers overflow.
    let chart = Chart::new().x_limits(0.0, 1.0).y_limits(f64::MIN, f64::MAX);
    let svg = parse(
        &chart
            .line(line(&[-1.0, 1.0], &[f64::MIN, f64::MAX]))
            .to_svg(),
    );
    let [left, top, right, bottom] = frame(&svg);
    let expected = vec![[left, (top + bottom) / 2.0], [right, top]];
    assert_eq!(strokes(&svg)[0], [expected]);
}

#[test]
fn windows_that_are_points_are_widened() {
    let labels = |chart: Chart| -> Vec<f64> {
        let svg = parse(&chart.to_svg());
        let texts = svg.all("text");
        let ends = texts.iter().filter(|t| t.get("text-anchor") == Some("end"));
        ends.map(|t| value(&t.text)).collect()
    };
    // Constant data: the value within, at a tick where it is round.
    for v in [1.0, -3.0, 1e300, 1e-200, 20.0] {
        let labels = labels(Chart::new().line(line(&[0.0, 1.0], &[v, v])));
        assert!(labels.contains(&v), "{v} is not among {labels:?}");
    }
    // Nothing, and numbers that are as good as 0.
    assert_eq!(labels(Chart::new()), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
    let tiny = labels(Chart::new().line(line(&[0.0, 1.0], &[5e-324, 0.0])));
    assert_eq!(tiny, [-1.0, -0.5, 0.0, 0.5, 1.0]);
}

#[test]
fn limits_may_be_turned_round_or_left_open() {
    let data = line(&[0.0, 10.0], &[0.0, 100.0]);
    let at = |chart: Chart| {
        let svg = parse(&chart.line(data.clone()).to_svg());
        let texts = svg.all("text");
        let ends = texts.iter().filter(|t| t.get("text-anchor") == Some("end"));
        let places: Vec<(f64, f64)> = ends.map(|t| (value(&t.text), t.number("y"))).collect();
        places
    };
    // Up is down the picture.
    let falling = |places: &[(f64, f64)]| places.windows(2).all(|w| w[0].1 > w[1].1);
    let plain = at(Chart::new().y_limits(0.0, 100.0));
    assert!(falling(&plain));
    let turned = at(Chart::new().y_limits(100.0, 0.0));
    assert!(!falling(&turned));
    assert_eq!(
        plain.iter().map(|p| p.0).collect::<Vec<_>>(),
        turned.iter().map(|p| p.0).collect::<Vec<_>>()
    );
    // The open end is the data's with its margin: 105.
    let open = at(Chart::new().y_limits(50.0, f64::INFINITY));
    let values: Vec<f64> = open.iter().map(|p| p.0).collect();
    assert_eq!(values, [50.0, 60.0, 70.0, 80.0, 90.0, 100.0]);
    assert!(falling(&open));
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn whatever_the_numbers_are(
        points in prop::collection::vec((wild(), wild()), 0..12),
        limits in [(wild(), wild()), (wild(), wild())],
        free in any::<[bool; 2]>(),
    ) {
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let mut chart = Chart::new().line(line(&xs, &ys));
        if free[0] {
            chart = chart.x_limits(limits[0].0, limits[0].1);
        }
        if free[1] {
            chart = chart.y_limits(limits[1].0, limits[1].1);
        }
        check(&chart);
    }
}
