//! Charts and images as text.

use super::common::config;
use super::{HOSTILE, line};
use proptest::prelude::*;
use rowmajor::plot::{Chart, Images};
use rowmajor::{Matrix, matrix};

/// The columns of a line, by a rule apart from the crate's: Hangul and other wide letters, marks.
fn columns(text: &str) -> usize {
    let wide = |c: char| match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202e}' => 0,
        '가'..='힣' | '一'..='鿿' | '\u{1f300}'..='\u{1f6ff}' => 2,
        _ => 1,
    };
    text.chars().map(wide).sum()
}

#[test]
fn a_chart_in_ascii() {
    let xs = [-2.0, -1.0, 0.0, 1.0, 2.0];
    let chart = Chart::new()
        .title("V and \u{39b}")
        .x_label("x")
        .y_label("y")
        .line(line(&xs, &xs.map(f64::abs)).label("V"))
        .line(
            line(&xs, &xs.map(|x| 2.0 - x.abs()))
                .label("\u{39b}")
                .dashed(),
        );
    let expected = [
        "                   V and ?",
        "    y",
        "2.0 +  *              +              *",
        "    |   **          ++ ++          **",
        "1.5 +     *        +     +        *",
        "    |      *     ++       ++     *",
        "    |       ** ++           ++ **",
        "1.0 +         +               +",
        "    |       ++ **           ** ++",
        "0.5 +     ++     **       **     ++",
        "    |   ++         **   **         ++",
        "0.0 +  +             ***             +",
        "    +--+------+-------+-------+------+--",
        "      -2     -1       0       1      2",
        "                      x",
        "              ***** V   +++++ ?",
        "",
    ];
    assert_eq!(chart.to_ascii(40, 16), expected.join("\n"));
}

#[test]
fn dashes_tell_lines_apart() {
    let flat = |y: f64| line(&[0.0, 1.0], &[y, y]);
    let chart = Chart::new()
        .line(flat(3.0))
        .line(flat(2.0).dashed())
        .line(flat(1.0).dotted())
        .line(flat(0.0));
    let text = chart.to_text(60, 30);
    let rows: Vec<&str> = text
        .lines()
        .filter(|l| l.chars().any(|c| ('⠁'..='⣿').contains(&c)))
        .collect();
    assert_eq!(rows.len(), 4, "{text}");
    let dots = |row: &str| {
        row.chars()
            .filter(|&c| ('⠁'..='⣿').contains(&c))
            .collect::<String>()
    };
    let patterns: std::collections::HashSet<String> = rows.iter().map(|row| dots(row)).collect();
    assert_eq!(patterns.len(), 4, "{text}");
}

#[test]
fn pictures_side_by_side_keep_to_the_width() {
    let images = Matrix::from_fn(7, 64, |i, j| ((i + j) % 5) as f64);
    let captions = [
        "one",
        "two",
        "세 번째",
        "four\nand more",
        "",
        "six",
        "seven",
    ];
    let images = Images::new(&images, 8, 8)
        .unwrap()
        .captions(&captions)
        .unwrap();
    for (width, in_a_row) in [(16, 1), (34, 1), (35, 2), (54, 3), (200, 7), (0, 1)] {
        for text in [images.to_text(width), images.to_ascii(width)] {
            let longest = text.lines().map(columns).max().unwrap();
            assert!(longest <= width.max(16), "{longest} columns in {width}");
            let groups = 7usize.div_ceil(in_a_row);
            assert_eq!(text.split("\n\n").count(), groups, "{width}:\n{text}");
        }
    }
    // High pictures: a letter for two pixels, their mean.
    let high = Matrix::from_fn(1, 17 * 3, |_, j| if j % 2 == 0 { 1.0 } else { 0.0 });
    let text = Images::new(&high, 17, 3).unwrap().to_ascii(80);
    assert_eq!(text.lines().count(), 9);
    assert!(text.starts_with("+++\n"), "{text}");
    assert!(text.ends_with("\n@ @\n"), "{text}");
}

#[test]
fn numbers_beyond_the_limits_and_none() {
    let pixels = matrix![[
        -1.0,
        0.0,
        0.5,
        1.0,
        2.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY
    ]];
    let images = Images::new(&pixels, 1, 8).unwrap().limits(0.0, 1.0);
    assert_eq!(images.to_ascii(80), "    ++@@@@??@@\n");
    let turned = images.limits(1.0, 0.0);
    assert_eq!(turned.to_ascii(80), "@@@@++    ??  @@\n");
    // The pixels' own limits: the largest numbers, and no number at all.
    let pixels = matrix![[f64::MIN, 0.0, f64::MAX]];
    assert_eq!(Images::new(&pixels, 1, 3).unwrap().to_ascii(80), "  ++@@\n");
    let pixels = matrix![[f64::NAN, f64::NAN]];
    assert_eq!(Images::new(&pixels, 1, 2).unwrap().to_ascii(80), "????\n");
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_chart_has_the_size_asked_for(
        width in 0usize..200,
        height in 0usize..60,
        texts in prop::sample::subsequence(&HOSTILE[..], 4),
        range in prop_oneof![Just(1.0), Just(1e-9), Just(-1e300), Just(123456.0)],
        lines in 0usize..6,
    ) {
        let mut chart = Chart::new().title(texts[0]).x_label(texts[1]).y_label(texts[2]);
        for i in 0..lines {
            chart = chart.line(line(&[0.0, range], &[range, i as f64 * range]).label(texts[3]));
        }
        let (text, ascii) = (chart.to_text(width, height), chart.to_ascii(width, height));
        prop_assert!(ascii.is_ascii());
        for text in [text, ascii] {
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert_eq!(text.matches('\n').count(), height.max(6));
            for line in text.lines() {
                prop_assert!(columns(line) <= width.max(20), "{:?} in {}", line, width);
                prop_assert_eq!(line.trim_end(), line);
            }
        }
        prop_assert_eq!(chart.to_string() + "\n", chart.to_text(72, 22));
    }
}
