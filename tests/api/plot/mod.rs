//! Pictures: the files are read back by the small XML and PNG readers here, and measured.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use crate::common;

mod chart;
mod confusion;
mod extremes;
mod images;
mod layout;
mod text;
mod xml;

use rowmajor::plot::Line;

/// Texts that break what does not escape or measure them.
const HOSTILE: [&str; 12] = [
    "",
    "plain",
    "a < b & c > d \"quoted\" 'single'",
    "]]> <!-- --> <?xml?> <script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "&amp; &#0; &#x1b;",
    "\u{1b}[31mred\u{1b}[0m \0\u{7}\u{8}\u{7f}\u{9b}31m",
    "two\nlines\tand\ra tab",
    "계단 함수와 시그모이드 함수를 한 그림에",
    "\u{fffe}\u{ffff}\u{fdd0}\u{202e}right to left",
    "e\u{301}\u{301}\u{301} 👩\u{200d}👩\u{200d}👧 🇰🇷",
    "a very long title that no chart has room for, however wide it is, because it goes on and on and on and on and on \
     and on and on and on and on and on and on and on and on and on and on and on and on and on and on and on",
];

fn line(xs: &[f64], ys: &[f64]) -> Line {
    Line::new(xs, ys).unwrap()
}
