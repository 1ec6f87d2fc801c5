//! A chart as SVG: what goes where.

use super::axis::{Axis, Ticks};
use super::chart::{Chart, Line, Style};
use super::legend::Legend;
use super::svg::{Anchor, Area, Svg, number};
use super::text::{fitted, text_em};
use super::trace::{Point, Strokes, trace};

/// The size of letters at 640×480, and the smallest.
const FONT: f64 = 13.0;
const SMALLEST_FONT: f64 = 5.0;

/// The share of the picture that the plot area keeps, if smaller letters can do that.
const PLOT_SHARE: f64 = 0.55;

/// Colors of Okabe and Ito that show on white, for lines without one of their own.
const COLORS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000",
];

/// The complete file.
pub(super) fn draw(chart: &Chart) -> String {
    let axes = chart.axes();
    let layout = Layout::new(chart, &axes);
    let plot = layout.plot;
    let mut svg = Svg::new(chart.width, chart.height, &chart.title);
    layout.draw_frame(&mut svg);
    layout.draw_titles(chart, &mut svg);

    let strokes = |line: &Line| {
        let mut pen = Strokes::new([plot.left, plot.bottom()], [plot.width, plot.height]);
        trace(line.points(), &axes, &mut pen);
        pen.finish()
    };
    let strokes: Vec<Vec<Vec<Point>>> = chart.lines.iter().map(strokes).collect();
    for (i, (line, strokes)) in chart.lines.iter().zip(&strokes).enumerate() {
        svg.open_group(&style(line, i));
        svg.strokes(strokes, line.width);
        svg.close_group();
    }

    let names = chart.lines.iter().map(|line| line.label.as_str());
    if let Some(legend) = Legend::new(names.enumerate(), layout.font, plot, &strokes) {
        legend.draw(&mut svg, |i| style(&chart.lines[i], i));
    }
    svg.finish()
}

/// How the strokes of the line with this index look.
fn style(line: &Line, index: usize) -> String {
    let width = line.width;
    let dashes = match line.style {
        Style::Solid => String::new(),
        Style::Dashed => dashes(3.7 * width, 1.6 * width),
        Style::Dotted => dashes(width, 1.65 * width),
    };
    // A viewer that does not know the line's own color leaves the style out, and the attribute stands.
    let own = if is_css_color(&line.color) {
        format!(" style=\"color:{}\"", line.color)
    } else {
        String::new()
    };
    format!(
        "color=\"{}\"{own} fill=\"none\" stroke=\"currentColor\" stroke-width=\"{}\"{dashes} stroke-linejoin=\"round\"",
        COLORS[index % COLORS.len()],
        number(width)
    )
}

fn dashes(on: f64, off: f64) -> String {
    format!(" stroke-dasharray=\"{} {}\"", number(on), number(off))
}

/// Whether a text has the form of a color in CSS, a name or `#` or a function of numbers: nothing that could end the
/// declaration, or fetch something.
fn is_css_color(text: &str) -> bool {
    let (name, rest) = text.split_at(text.find(['#', '(']).unwrap_or(text.len()));
    let is_word = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric());
    let is_argument = |c: char| c.is_ascii_alphanumeric() || " ,.%/+-".contains(c);
    let mut rest = rest.chars();
    match rest.next() {
        None => !name.is_empty() && is_word(name),
        Some('#') => name.is_empty() && is_word(rest.as_str()),
        _ => {
            let arguments = rest.as_str().strip_suffix(')');
            is_word(name)
                && name != "url"
                && arguments.is_some_and(|text| text.chars().all(is_argument))
        }
    }
}

/// Where everything stands.
struct Layout {
    font: f64,
    plot: Area,
    /// Where each tick stands, and its label.
    x_ticks: Vec<(f64, String)>,
    y_ticks: Vec<(f64, String)>,
}

impl Layout {
    /// With letters as large as leave the plot area its share.
    fn new(chart: &Chart, axes: &[Axis; 2]) -> Layout {
        let scale = (chart.width / 640.0).min(chart.height / 480.0);
        let mut font = FONT * scale.sqrt().clamp(0.6, 2.0);
        loop {
            let layout = Layout::with_font(chart, axes, font);
            let enough = layout.plot.width >= PLOT_SHARE * chart.width
                && layout.plot.height >= PLOT_SHARE * chart.height;
            if enough || font <= SMALLEST_FONT {
                return layout;
            }
            font = (0.9 * font).max(SMALLEST_FONT);
        }
    }

    fn with_font(chart: &Chart, axes: &[Axis; 2], font: f64) -> Layout {
        let pad = 0.6 * font;
        let room = |text: &str, size: f64| if text.is_empty() { 0.0 } else { size };
        // Whole pixels and a half: a line of one pixel is sharp.
        let edge = |v: f64| v.floor() + 0.5;
        let top = edge(pad.max(room(&chart.title, 2.2 * font)));
        let below = tick(font) + 1.3 * font + room(&chart.x_label, 1.5 * font);
        let bottom = edge(chart.height - below - 0.4 * font).max(top + 1.0);

        let most = ((bottom - top) / (2.0 * font)) as usize;
        let y = axes[1].ticks(most.clamp(2, 10));
        let y_labels: Vec<String> = y.labels().iter().map(|s| with_minus(s)).collect();
        let widest = y_labels
            .iter()
            .map(|s| font * text_em(s))
            .fold(0.0, f64::max);
        let beside = room(&chart.y_label, 1.5 * font) + widest + 0.3 * font + tick(font);
        let left = edge(0.4 * font + beside);
        let y_ticks = y.values().into_iter();
        let y_ticks = y_ticks.map(|v| bottom - axes[1].unit(v) * (bottom - top));
        let y_ticks = y_ticks.zip(y_labels).collect();

        let (mut x_ticks, mut right) = place_x_ticks(&axes[0], font, left, chart.width - pad);
        let starts = x_ticks
            .iter()
            .map(|(x, label)| x - font * text_em(label) / 2.0);
        let missing = 0.3 * font - starts.fold(f64::INFINITY, f64::min);
        let left = edge(left + missing.max(0.0));
        if missing > 0.0 {
            (x_ticks, right) = place_x_ticks(&axes[0], font, left, chart.width - pad);
        }
        Layout {
            font,
            plot: Area {
                left,
                top,
                width: right - left,
                height: bottom - top,
            },
            x_ticks,
            y_ticks,
        }
    }

    fn draw_frame(&self, svg: &mut Svg) {
        let (plot, font) = (self.plot, self.font);
        svg.open_group("fill=\"none\" stroke=\"#000\"");
        svg.rect(plot, "");
        let mut ticks = Vec::new();
        for (x, _) in &self.x_ticks {
            ticks.push(vec![[*x, plot.bottom()], [*x, plot.bottom() + tick(font)]]);
        }
        for (y, _) in &self.y_ticks {
            ticks.push(vec![[plot.left - tick(font), *y], [plot.left, *y]]);
        }
        svg.strokes(&ticks, 0.0);
        svg.close_group();
        for (x, label) in &self.x_ticks {
            let y = plot.bottom() + tick(font) + 0.8 * font;
            svg.text([*x, y], font, Anchor::Middle, label);
        }
        for (y, label) in &self.y_ticks {
            let x = plot.left - tick(font) - 0.3 * font;
            svg.text([x, *y], font, Anchor::End, label);
        }
    }

    fn draw_titles(&self, chart: &Chart, svg: &mut Svg) {
        let (plot, font) = (self.plot, self.font);
        let edge = 0.5 * font;
        let [x, y] = plot.middle();
        let (title, size) = fitted(&chart.title, 1.2 * font, chart.width - 2.0 * edge);
        let x_title = centre(x, size * text_em(&title), edge, chart.width - edge);
        svg.text([x_title, plot.top / 2.0], size, Anchor::Middle, &title);

        let (label, size) = fitted(&chart.x_label, font, chart.width - 2.0 * edge);
        let x_label = centre(x, size * text_em(&label), edge, chart.width - edge);
        let below = chart.height - 0.4 * font - 0.7 * font;
        svg.text([x_label, below], size, Anchor::Middle, &label);

        // Beside the plot alone: above and below stand the others.
        let (label, size) = fitted(&chart.y_label, font, plot.height);
        svg.text_upwards([0.4 * font + 0.7 * font, y], size, Anchor::Middle, &label);
    }
}

/// The length of a tick.
fn tick(font: f64) -> f64 {
    0.3 * font
}

/// The ticks of the x axis, as many as leave a blank between their labels, and the right end of the plot area, far
/// enough from `edge` for the last label.
fn place_x_ticks(axis: &Axis, font: f64, left: f64, edge: f64) -> (Vec<(f64, String)>, f64) {
    let place = |ticks: &Ticks| {
        let labels = ticks.labels();
        let widths: Vec<f64> = labels.iter().map(|s| font * text_em(s)).collect();
        let units: Vec<f64> = ticks.values().iter().map(|&v| axis.unit(v)).collect();
        // The widest plot area in which no label reaches over the edge.
        let right = units
            .iter()
            .zip(&widths)
            .fold(edge, |right, (unit, width)| {
                right.min(left + (edge - width / 2.0 - left) / unit.max(1e-9))
            });
        let right = (right.floor() + 0.5).max(left + 1.0);
        let at: Vec<f64> = units.iter().map(|u| left + u * (right - left)).collect();
        let fits = (1..at.len())
            .all(|i| (at[i] - at[i - 1]).abs() >= (widths[i] + widths[i - 1]) / 2.0 + 0.9 * font);
        let labels = labels.iter().map(|s| with_minus(s));
        (at.into_iter().zip(labels).collect::<Vec<_>>(), right, fits)
    };
    for most in (3..=10).rev() {
        let (ticks, right, fits) = place(&axis.ticks(most));
        if fits {
            return (ticks, right);
        }
    }
    let (mut ticks, right, fits) = place(&axis.ticks(2));
    if !fits {
        ticks.truncate(1);
    }
    (ticks, right)
}

/// A number as it is printed.
fn with_minus(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

/// The place nearest to `at` where something of this width is between the two ends.
fn centre(at: f64, width: f64, low: f64, high: f64) -> f64 {
    at.min(high - width / 2.0).max(low + width / 2.0)
}
