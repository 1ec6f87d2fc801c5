//! Line charts as SVG: what is drawn where.

use super::common::config;
use super::xml::{Element, parse};
use super::{HOSTILE, line};
use proptest::prelude::*;
use rowmajor::nn::ConfusionMatrix;
use rowmajor::plot::{Chart, ConfusionMap, Images, Line};
use rowmajor::{Matrix, ShapeError, io};
use std::path::Path;

/// The frame of the plot: left, top, right, bottom.
pub(crate) fn frame(svg: &Element) -> [f64; 4] {
    let rect = svg.all("rect")[1];
    let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| rect.number(name));
    [x, y, x + w, y + h]
}

/// The strokes of each line of the chart, dots as strokes of one point.
pub(crate) fn strokes(svg: &Element) -> Vec<Vec<Vec<[f64; 2]>>> {
    let groups = svg.all("g");
    let lines = groups
        .iter()
        .filter(|g| g.get("stroke") == Some("currentColor"));
    lines
        .map(|group| {
            let mut strokes = Vec::new();
            for circle in group.all("circle") {
                strokes.push(vec![[circle.number("cx"), circle.number("cy")]]);
            }
            for path in group.all("path") {
                let d = path.get("d").unwrap();
                for stroke in d.strip_prefix('M').unwrap().split('M') {
                    let point = |text: &str| {
                        let (x, y) = text.split_once(',').unwrap();
                        [x.parse().unwrap(), y.parse().unwrap()]
                    };
                    let points: Vec<[f64; 2]> = stroke.split(' ').map(point).collect();
                    assert!(points.len() > 1);
                    strokes.push(points);
                }
            }
            strokes
        })
        .collect()
}

#[test]
fn the_figure_of_the_chapter() {
    let xs = rowmajor::arange(-8.0, 8.0, 0.1).unwrap();
    let step: Vec<f64> = xs.iter().map(|&x| f64::from(u8::from(x > 0.0))).collect();
    let sigmoid: Vec<f64> = xs.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    let svg = Chart::new()
        .title("sigmoid & step")
        .x_label("x")
        .y_label("y")
        .y_limits(-1.0, 2.0)
        .line(line(&xs, &sigmoid).label("sigmoid").color("pink"))
        .line(line(&xs, &step).label("step").color("purple").dashed())
        .to_svg();
    let svg = parse(&svg);
    assert_eq!(svg.name, "svg");
    assert_eq!(svg.get("xmlns"), Some("http://www.w3.org/2000/svg"));
    assert_eq!(svg.get("viewBox"), Some("0 0 640 480"));
    assert_eq!(svg.children[0].name, "title");
    assert_eq!(svg.children[0].text, "sigmoid & step");
    let x_ticks = ["−8", "−6", "−4", "−2", "0", "2", "4", "6", "8"];
    let y_ticks = ["−1.0", "−0.5", "0.0", "0.5", "1.0", "1.5", "2.0"];
    let names = ["sigmoid & step", "x", "y", "sigmoid", "step"];
    let expected: Vec<&str> = [&x_ticks[..], &y_ticks, &names].concat();
    assert_eq!(svg.texts(), expected);

    // Two lines, each again in the legend.
    let groups = svg.all("g");
    let styles: Vec<_> = groups
        .iter()
        .filter(|g| g.get("stroke") == Some("currentColor"))
        .map(|g| (g.get("style").unwrap(), g.get("stroke-dasharray")))
        .collect();
    let pair = [("color:pink", None), ("color:purple", Some("7.4 3.2"))];
    assert_eq!(styles, [pair, pair].concat());

    // Every point where it belongs, to a hundredth of a pixel; the step's at the limits and the jump.
    let [left, top, right, bottom] = frame(&svg);
    // The data begin at -8 and end at 7.9, and a twentieth is left empty.
    let (low, high) = (-8.0 - 0.05 * 15.9, 7.9 + 0.05 * 15.9);
    let x = |x: f64| left + (x - low) / (high - low) * (right - left);
    let y = |y: f64| bottom - (y + 1.0) / 3.0 * (bottom - top);
    let strokes = strokes(&svg);
    for (line, ys) in strokes.iter().zip([&sigmoid, &step]) {
        let [stroke] = line.as_slice() else {
            panic!("{} strokes", line.len())
        };
        assert_eq!(stroke.len(), xs.len());
        for (p, (px, py)) in stroke.iter().zip(xs.iter().zip(ys)) {
            assert!((p[0] - x(*px)).abs() < 0.006, "{p:?} is not at {px}");
            assert!((p[1] - y(*py)).abs() < 0.006, "{p:?} is not at {py}");
        }
    }
}

#[test]
fn lengths_that_differ_are_an_error() {
    let error = Line::new(&[1.0, 2.0, 3.0], &[1.0]).unwrap_err();
    let expected = ShapeError::Length {
        op: "line",
        expected: 3,
        found: 1,
    };
    assert_eq!(error, expected);
}

#[test]
fn gaps_part_strokes_and_a_point_alone_is_a_dot() {
    let nan = f64::NAN;
    let ys = [
        0.0,
        1.0,
        nan,
        2.0,
        nan,
        nan,
        3.0,
        4.0,
        5.0,
        f64::INFINITY,
        6.0,
    ];
    let xs: Vec<f64> = (0..ys.len()).map(|i| i as f64).collect();
    let count = |xs: &[f64], ys: &[f64]| {
        let svg = Chart::new().line(line(xs, ys)).to_svg();
        let strokes = strokes(&parse(&svg));
        let mut lengths: Vec<usize> = strokes[0].iter().map(Vec::len).collect();
        lengths.sort_unstable();
        lengths
    };
    assert_eq!(count(&xs, &ys), [1, 1, 2, 3]);
    // A gap in x is one too.
    assert_eq!(count(&ys, &xs), [1, 1, 2, 3]);
    assert_eq!(count(&[1.0], &[2.0]), [1]);
    assert_eq!(count(&[1.0, 1.0], &[2.0, 2.0]), [1]);
    assert_eq!(count(&[nan; 3], &[1.0; 3]), [0usize; 0]);
    assert_eq!(count(&[], &[]), [0usize; 0]);
}

#[test]
fn lines_end_at_the_limits() {
    // In at the left side, out at the top, in again, out at the bottom, and along it.
    let xs = [-2.0, 2.0, 3.0, 4.0, 8.0];
    let ys = [-4.0, 4.0, 4.0, -4.0, -4.0];
    let svg = Chart::new()
        .x_limits(0.0, 6.0)
        .y_limits(-1.0, 1.0)
        .line(line(&xs, &ys))
        .to_svg();
    let svg = parse(&svg);
    let [left, top, right, bottom] = frame(&svg);
    let x = |v: f64| ((left + v / 6.0 * (right - left)) * 100.0).round() / 100.0;
    let expected = [
        [[x(0.0), (top + bottom) / 2.0], [x(0.5), top]],
        [[x(3.375), top], [x(3.625), bottom]],
    ];
    let found = strokes(&svg);
    assert_eq!(found[0].len(), 2);
    for (found, expected) in found[0].iter().flatten().zip(expected.iter().flatten()) {
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 0.006,
                "{found} is not {expected}"
            );
        }
    }

    // A line that only touches a corner, and one that is outside: nothing. One on the edge: all of it.
    let strokes_of = |xs: &[f64], ys: &[f64]| {
        let chart = Chart::new().x_limits(0.0, 1.0).y_limits(0.0, 1.0);
        strokes(&parse(&chart.line(line(xs, ys)).to_svg()))[0].len()
    };
    assert_eq!(strokes_of(&[-1.0, 1.0], &[1.0, 3.0]), 0);
    assert_eq!(strokes_of(&[-1.0, 1.0], &[0.0, 2.0]), 0);
    assert_eq!(strokes_of(&[-1.0, 1.0], &[0.5, 2.1]), 0);
    assert_eq!(strokes_of(&[2.0], &[0.5]), 0);
    assert_eq!(strokes_of(&[0.0, 1.0], &[1.0, 1.0]), 1);
}

#[test]
fn a_million_points_are_thinned_and_no_peak_is_lost() {
    let n = 1_000_000;
    let xs: Vec<f64> = (0..n).map(f64::from).collect();
    let mut ys: Vec<f64> = xs.iter().map(|x| (x * 0.37).sin()).collect();
    ys[654_321] = 10.0;
    ys[123_456] = -10.0;
    let text = Chart::new()
        .y_limits(-11.0, 11.0)
        .line(line(&xs, &ys))
        .to_svg();
    assert!(text.len() < 200_000, "{} bytes", text.len());
    let svg = parse(&text);
    let [_, top, _, bottom] = frame(&svg);
    let strokes = strokes(&svg);
    let heights = strokes[0].iter().flatten().map(|p| p[1]);
    let y = |v: f64| bottom - (v + 11.0) / 22.0 * (bottom - top);
    assert!((heights.clone().fold(f64::INFINITY, f64::min) - y(10.0)).abs() < 0.006);
    assert!((heights.fold(0.0, f64::max) - y(-10.0)).abs() < 0.006);
}

#[test]
fn colors_cannot_do_more_than_color() {
    let style = |color: &str| {
        let chart = Chart::new().line(line(&[0.0, 1.0], &[0.0, 1.0]).color(color));
        let svg = parse(&chart.to_svg());
        let groups = svg.all("g");
        let group = groups.iter().find(|g| g.get("color").is_some()).unwrap();
        group.get("style").map(str::to_owned)
    };
    for color in [
        "pink",
        "#fa0",
        "#12ab34cd",
        "rgb(1, 2, 3)",
        "rgba(10%,20%,30%,.5)",
        "hsl(120 50% 50% / 0.4)",
        "currentcolor",
    ] {
        assert_eq!(style(color), Some(format!("color:{color}")));
    }
    for color in [
        "",
        "red;fill:blue",
        "url(#a)",
        "url(x)",
        "red\" onload=\"alert(1)",
        "#",
        "# fff",
        "rgb(1,2,3",
        "rgb(1,2,3);x:y",
        "rgb(url(x))",
        "rot/*",
        "빨강",
        "a b",
        "\u{0}",
    ] {
        let style = style(color);
        assert!(style.is_none() || color == "#", "{color}: {style:?}");
    }
}

#[test]
fn texts_come_back_as_they_were() {
    for text in HOSTILE {
        let svg = Chart::new()
            .size(4000, 3000)
            .title(text)
            .x_label(text)
            .y_label(text)
            .line(line(&[0.0, 1.0], &[0.0, 1.0]).label(text).color(text))
            .to_svg();
        let svg = parse(&svg);
        let expected: String = text
            .trim()
            .chars()
            .map(|c| match c {
                '\t' | '\n' | '\r' => ' ',
                '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                c => c,
            })
            .collect();
        let count = svg.texts().iter().filter(|&&t| t == expected).count();
        let expected_count = if expected.is_empty() { 0 } else { 4 };
        assert_eq!(count, expected_count, "{text:?} in {:?}", svg.texts());
    }
}

#[test]
fn saved_files_hold_what_to_svg_says() {
    let chart = Chart::new().title("계단").line(line(&[0.0], &[0.0]));
    assert_saved("chart", &chart.to_svg(), |path| chart.save(path));
    let images = Images::new(Matrix::zeros(1, 4).view(), 2, 2).unwrap();
    assert_saved("images", &images.to_svg(), |path| images.save(path));
    let map = ConfusionMap::new(&ConfusionMatrix::new(2, &[0, 1], &[1, 1]).unwrap());
    assert_saved("map", &map.to_svg(), |path| map.save(path));
}

fn assert_saved(name: &str, svg: &str, save: impl Fn(&Path) -> Result<(), io::Error>) {
    let path = std::env::temp_dir().join(format!("rowmajor-{name}-{}.svg", std::process::id()));
    save(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), svg);
    std::fs::remove_file(&path).unwrap();
    let missing = path.join("no such folder").join("a.svg");
    let error = save(&missing).unwrap_err();
    assert!(error.to_string().contains("a.svg"), "{error}");
}

/// Points that cross the limits often.
fn points() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let coordinate = || {
        prop_oneof![
            8 => -3.0..3.0f64,
            1 => prop_oneof![Just(0.0), Just(1.0), Just(-1.0)],
            1 => Just(f64::NAN),
        ]
    };
    prop::collection::vec((coordinate(), coordinate()), 0..20)
}

/// How far a point is from a segment.
fn distance(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p[0] - a[0] - along * dx).hypot(p[1] - a[1] - along * dy)
}

proptest! {
    #![proptest_config(config(300))]

    /// Walks along the data in small steps: what is inside the limits is drawn, and nothing else is.
    #[test]
    fn what_is_within_the_limits_is_drawn_and_nothing_else(points in points(), turn in any::<bool>()) {
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let limits = if turn { (1.0, -1.0) } else { (-1.0, 1.0) };
        let chart = Chart::new().x_limits(limits.0, limits.1).y_limits(-1.0, 1.0);
        let svg = parse(&chart.line(line(&xs, &ys)).to_svg());
        let [left, top, right, bottom] = frame(&svg);
        let pixel = |(x, y): (f64, f64)| {
            let share = (x - limits.0) / (limits.1 - limits.0);
            [left + share * (right - left), bottom - (y + 1.0) / 2.0 * (bottom - top)]
        };
        let strokes = strokes(&svg).concat();
        let drawn: Vec<[[f64; 2]; 2]> = strokes
            .iter()
            .flat_map(|s| s.windows(2).map(|w| [w[0], w[1]]).chain((s.len() == 1).then(|| [s[0]; 2])))
            .collect();
        let finite = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
        let segments: Vec<_> = points.windows(2).filter(|w| w.iter().all(finite)).collect();
        // A quarter of a pixel is not told apart, a hundredth is rounded.
        let tolerance = 0.3;
        for w in &segments {
            for step in 0..=200 {
                let s = f64::from(step) / 200.0;
                let p = (w[0].0 + s * (w[1].0 - w[0].0), w[0].1 + s * (w[1].1 - w[0].1));
                if p.0.abs() < 0.999 && p.1.abs() < 0.999 {
                    let p = pixel(p);
                    let near = drawn.iter().any(|[a, b]| distance(p, *a, *b) < tolerance);
                    prop_assert!(near, "{p:?} of {w:?} is not drawn");
                }
            }
        }
        for p in strokes.iter().flatten() {
            prop_assert!(left <= p[0] && p[0] <= right && top <= p[1] && p[1] <= bottom, "{p:?} is outside");
            let near = segments.iter().any(|w| distance(*p, pixel(w[0]), pixel(w[1])) < tolerance);
            let dot = points.iter().filter(|p| finite(p)).any(|d| distance(*p, pixel(*d), pixel(*d)) < 0.01);
            prop_assert!(near || dot, "{p:?} is no point of the line");
        }
    }
}
