//! Texts are inside the picture and do not lie on one another, at every size.

use super::chart::frame;
use super::xml::{Element, parse};
use super::{HOSTILE, line};
use rowmajor::nn::ConfusionMatrix;
use rowmajor::plot::{Chart, ConfusionMap};

/// The box of a text: left, top, right, bottom. Widths are Helvetica's, near enough: what a viewer draws is not wider.
fn bounds(text: &Element) -> [f64; 4] {
    let size = text.number("font-size");
    let em = |c: char| match c {
        'm' | 'M' | 'W' | '@' | '%' => 0.89,
        'A'..='Z' | 'w' | '&' => 0.72,
        '−' | '+' | '=' | '<' | '>' | '~' => 0.584,
        'i' | 'j' | 'l' | 't' | 'f' | ' ' | '.' | ',' | ':' | ';' | '!' | '(' | ')' => 0.334,
        '\0'..='\x7f' => 0.556,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{202e}' => 0.0,
        _ => 1.0,
    };
    let length = size * text.text.chars().map(em).sum::<f64>();
    let (x, y) = (text.number("x"), text.number("y"));
    let start = match text.get("text-anchor") {
        None => 0.0,
        Some("middle") => -length / 2.0,
        Some("end") => -length,
        other => panic!("{other:?}"),
    };
    // Digits and capitals.
    let (ascent, descent) = (0.72 * size, 0.0);
    match text.get("transform") {
        None => [x + start, y - ascent, x + start + length, y + descent],
        Some(turn) => {
            let place = turn
                .strip_prefix("rotate(-90 ")
                .unwrap()
                .strip_suffix(')')
                .unwrap();
            let (cx, cy) = place.split_once(' ').unwrap();
            let (cx, cy): (f64, f64) = (cx.parse().unwrap(), cy.parse().unwrap());
            // (dx, dy) from the centre goes to (dy, -dx).
            let across = |dy: f64| cx + (y + dy - cy);
            let along = |dx: f64| cy - (x + dx - cx);
            [
                across(-ascent),
                along(start + length),
                across(descent),
                along(start),
            ]
        }
    }
}

fn apart(a: [f64; 4], b: [f64; 4]) -> bool {
    a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1]
}

fn check(svg: &Element, what: &str) {
    let (width, height) = (svg.number("width"), svg.number("height"));
    let texts = svg.all("text");
    let boxes: Vec<[f64; 4]> = texts.iter().map(|t| bounds(t)).collect();
    for (text, b) in texts.iter().zip(&boxes) {
        let inside = b[0] >= 0.0 && b[1] >= 0.0 && b[2] <= width && b[3] <= height;
        assert!(inside, "{what}: {:?} at {b:?} is cut", text.text);
    }
    for i in 0..boxes.len() {
        for j in 0..i {
            let (a, b) = (&texts[i].text, &texts[j].text);
            assert!(apart(boxes[i], boxes[j]), "{what}: {a:?} lies on {b:?}");
        }
    }
}

const SIZES: [(usize, usize); 12] = [
    (0, 0),
    (120, 90),
    (160, 120),
    (320, 240),
    (640, 480),
    (1600, 1000),
    (10_000, 10_000),
    (120, 2000),
    (2000, 90),
    (200, 800),
    (900, 150),
    (333, 777),
];

#[test]
fn charts_at_every_size() {
    let ranges = [
        (0.0, 1.0),
        (-8.0, 7.9),
        (-1.5e-300, 1.5e-280),
        (100_000.0, 100_000.01),
        (-1e308, 1e308),
        (123_456_789.0, 123_456_789.001),
        (0.000_02, 0.000_021),
        (-99_999.5, 99_999.5),
    ];
    for size in SIZES {
        for (low, high) in ranges {
            for text in HOSTILE {
                let data = line(&[low, high], &[low, high]);
                let chart = Chart::new()
                    .size(size.0, size.1)
                    .title(text)
                    .x_label(text)
                    .y_label(text)
                    .line(data.clone().label(text))
                    .line(data.label("another"));
                let svg = parse(&chart.to_svg());
                let what = format!("{size:?}, {low}..{high}, {text:?}");
                check(&svg, &what);
                // The plot keeps most of the room.
                let [left, top, right, bottom] = frame(&svg);
                let share =
                    (right - left) * (bottom - top) / svg.number("width") / svg.number("height");
                assert!(share > 0.15, "{what}: {share}");
            }
        }
    }
}

#[test]
fn a_legend_never_leaves_the_plot() {
    for size in SIZES {
        for lines in [1, 2, 5, 20, 100] {
            let mut chart = Chart::new().size(size.0, size.1);
            for i in 0..lines {
                let ys = [0.0, f64::from(i)];
                chart = chart.line(line(&[0.0, 1.0], &ys).label(&format!("line number {i}")));
            }
            let svg = parse(&chart.to_svg());
            check(&svg, &format!("{size:?}, {lines} lines"));
            let [left, top, right, bottom] = frame(&svg);
            // Ground, plot, and the legend's box.
            if let Some(legend) = svg.all("rect").get(2) {
                let (x, y) = (legend.number("x"), legend.number("y"));
                let (w, h) = (legend.number("width"), legend.number("height"));
                assert!(
                    left < x && x + w < right && top < y && y + h < bottom,
                    "{size:?}"
                );
            }
        }
    }
}

#[test]
fn the_legend_stands_where_nothing_is() {
    // Lines in three corners: the fourth is free.
    let corner = |x: f64, y: f64| {
        let xs = [x - 0.1, x + 0.1, x - 0.1, x + 0.1];
        let ys = [y - 0.1, y + 0.1, y + 0.1, y - 0.1];
        line(&xs, &ys).label("line")
    };
    let corners = [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)];
    for free in 0..4 {
        let mut chart = Chart::new().x_limits(0.0, 1.0).y_limits(0.0, 1.0);
        for (i, (x, y)) in corners.into_iter().enumerate() {
            if i != free {
                chart = chart.line(corner(x, y));
            }
        }
        let svg = parse(&chart.to_svg());
        let [left, top, right, bottom] = frame(&svg);
        let legend = svg.all("rect")[2];
        let x = (legend.number("x") + legend.number("width") / 2.0 - left) / (right - left);
        let y = (bottom - legend.number("y") - legend.number("height") / 2.0) / (bottom - top);
        let (expected_x, expected_y) = corners[free];
        assert!(
            (x - expected_x).abs() < 0.15 && (y - expected_y).abs() < 0.15,
            "{x}, {y}"
        );
    }
}

#[test]
fn confusion_maps_at_every_size() {
    for size in SIZES {
        for classes in [1, 2, 10, 37, 300] {
            for long in [false, true] {
                let labels: Vec<usize> = (0..5000).map(|i| i % classes).collect();
                let predicted: Vec<usize> =
                    (0..5000).map(|i| (i + i % 13 / 12) % classes).collect();
                let confusion = ConfusionMatrix::new(classes, &labels, &predicted).unwrap();
                let mut map = ConfusionMap::new(&confusion)
                    .title("a title")
                    .size(size.0, size.1);
                if long {
                    let names: Vec<&str> =
                        (0..classes).map(|i| HOSTILE[i % HOSTILE.len()]).collect();
                    map = map.class_names(&names).unwrap();
                }
                check(
                    &parse(&map.to_svg()),
                    &format!("{size:?}, {classes} classes"),
                );
            }
        }
    }
}
