//! A chart as text for a terminal.

use super::axis::{Axis, Ticks};
use super::chart::{Chart, Style};
use super::text::{shortened_to_columns, text_columns};
use super::trace::{Pen, Point, trace};

/// What a chart is drawn with.
pub(super) struct Letters {
    /// Dots across and down in one character.
    dots: (usize, usize),
    /// The axis beside a row; at a tick.
    side: [char; 2],
    /// The axis below a column; at a tick.
    base: [char; 2],
    corner: char,
    end: &'static str,
    ascii: bool,
}

/// Eight dots in a character.
pub(super) const BRAILLE: Letters = Letters {
    dots: (2, 4),
    side: ['│', '┤'],
    base: ['─', '┬'],
    corner: '└',
    end: "…",
    ascii: false,
};

/// One dot in a character, another letter for each line.
pub(super) const ASCII: Letters = Letters {
    dots: (1, 1),
    side: ['|', '+'],
    base: ['-', '+'],
    corner: '+',
    end: "..",
    ascii: true,
};

const MARKS: &[u8] = b"*+ox#@%&";

/// Dots on and off, in turn. Dashed lines, dotted lines; solid lines beginning with the second.
const DASHED: &[usize] = &[6, 4];
const DOTTED: &[usize] = &[1, 2];
const SOLID: [&[usize]; 4] = [&[], &[14, 3], &[8, 3, 2, 3], &[3, 2]];

/// The chart as `height` lines, each with its end.
pub(super) fn draw(chart: &Chart, width: usize, height: usize, letters: &Letters) -> String {
    let (width, height) = (width.clamp(20, 1000), height.clamp(6, 1000));
    let axes = chart.axes();
    let dashes = dashes(chart);
    let written = |text: &str| match letters.ascii {
        true => text.replace(|c: char| !c.is_ascii(), "?"),
        false => text.to_owned(),
    };

    // Title, names, legend, as long as a third of the lines is left for the plot.
    let mut above = vec![(Place::Middle, written(&chart.title))];
    above.push((Place::Axis, written(&chart.y_label)));
    let mut below = vec![(Place::Middle, written(&chart.x_label))];
    let legend = legend(chart, &dashes, width, letters, &written);
    below.extend(legend.into_iter().map(|line| (Place::Middle, line)));
    for lines in [&mut above, &mut below] {
        lines.retain(|(_, text)| !text.is_empty());
    }
    let plot_rows = |above: &[_], below: &[_]| height.saturating_sub(2 + above.len() + below.len());
    while plot_rows(&above, &below) < 3.max(height / 3) && !below.is_empty() {
        below.pop();
    }
    while plot_rows(&above, &below) < 3.max(height / 3) && !above.is_empty() {
        above.pop();
    }
    let rows = plot_rows(&above, &below);

    let y = axes[1].ticks(rows.div_ceil(2).min(10));
    let y_labels: Vec<String> = y.labels();
    let widest = y_labels.iter().map(String::len).max().unwrap_or(0);
    let widest = widest.min(width / 2);
    let y_labels = y_labels
        .iter()
        .map(|s| shortened_to_columns(s, widest, letters.end));
    let (left, columns) = (widest + 2, width - widest - 2);

    let mut canvas = Canvas::new(columns, rows, letters);
    for (i, line) in chart.lines.iter().enumerate() {
        canvas.take_pen(i, if letters.ascii { &[] } else { dashes[i] });
        trace(line.points(), &axes, &mut canvas);
    }

    // Ticks: the row of each label; the column of each label.
    let mut sides = vec![String::new(); rows];
    for (value, label) in y.values().into_iter().zip(y_labels) {
        sides[canvas.cell([0.0, axes[1].unit(value)]).1] = label;
    }
    let x_ticks = x_ticks(&axes[0], &canvas, left, width);

    let mut out = String::new();
    let mut put = |line: &str| {
        out += line.trim_end();
        out.push('\n');
    };
    let placed = |(place, text): &(Place, String)| {
        let text = shortened_to_columns(text, width, letters.end);
        let taken = text_columns(&text);
        let at = match place {
            Place::Middle => left + columns / 2,
            Place::Axis => left - 1 + taken / 2,
        };
        " ".repeat(at.saturating_sub(taken / 2).min(width - taken)) + &text
    };
    above.iter().map(placed).for_each(|line| put(&line));
    for (row, label) in sides.iter().enumerate() {
        let side = letters.side[usize::from(!label.is_empty())];
        put(&format!("{label:>widest$} {side}{}", canvas.row(row)));
    }
    let mut base = vec![letters.base[0]; columns];
    let mut labels = String::new();
    for (column, start, label) in x_ticks {
        base[column] = letters.base[1];
        // Labels are ASCII.
        labels += &" ".repeat(start.saturating_sub(labels.len()));
        labels += &label;
    }
    let base: String = base.into_iter().collect();
    put(&format!("{:widest$} {}{base}", "", letters.corner));
    put(&labels);
    below.iter().map(placed).for_each(|line| put(&line));
    out
}

/// Where a line of text stands.
#[derive(Clone, Copy)]
enum Place {
    /// Its middle at the middle of the plot.
    Middle,
    /// Its start at the y axis.
    Axis,
}

/// The dashes of each line.
fn dashes(chart: &Chart) -> Vec<&'static [usize]> {
    let mut solid = 0;
    let mut dashes = |style| match style {
        Style::Dashed => DASHED,
        Style::Dotted => DOTTED,
        Style::Solid => {
            solid += 1;
            SOLID[(solid - 1) % SOLID.len()]
        }
    };
    chart.lines.iter().map(|line| dashes(line.style)).collect()
}

/// The names of the lines, each behind a piece of it, in as many rows as they need.
fn legend(
    chart: &Chart,
    dashes: &[&'static [usize]],
    width: usize,
    letters: &Letters,
    written: &impl Fn(&str) -> String,
) -> Vec<String> {
    const SAMPLE: usize = 5;
    let mut rows = Vec::new();
    let mut row = String::new();
    for (i, line) in chart.lines.iter().enumerate() {
        if line.label.is_empty() {
            continue;
        }
        let mut sample = Canvas::new(SAMPLE, 1, letters);
        sample.take_pen(i, if letters.ascii { &[] } else { dashes[i] });
        sample.start([0.0, 0.6]);
        sample.draw([1.0, 0.6]);
        let name = shortened_to_columns(&written(&line.label), width - SAMPLE - 1, letters.end);
        let entry = format!("{} {name}", sample.row(0));
        if !row.is_empty() && text_columns(&row) + 3 + text_columns(&entry) > width {
            rows.push(std::mem::take(&mut row));
        }
        if !row.is_empty() {
            row += "   ";
        }
        row += &entry;
    }
    rows.push(row);
    rows
}

/// For each tick of x the column of the plot, and where its label starts in the line; as many as leave two blanks
/// between labels.
fn x_ticks(axis: &Axis, canvas: &Canvas, left: usize, width: usize) -> Vec<(usize, usize, String)> {
    let place = |ticks: &Ticks| {
        let at = ticks
            .values()
            .into_iter()
            .map(|v| canvas.cell([axis.unit(v), 0.0]).0);
        let mut placed: Vec<(usize, usize, String)> = at
            .zip(ticks.labels())
            .map(|(column, label)| {
                // A minus sign does not count: digits stand below their tick.
                let sign = usize::from(label.starts_with('-'));
                let before = sign + (label.len() - sign) / 2;
                let start = (left + column).saturating_sub(before);
                (column, start.min(width.saturating_sub(label.len())), label)
            })
            .collect();
        if placed.first() > placed.last() {
            placed.reverse();
        }
        let apart = |pair: &[(usize, usize, String)]| pair[0].1 + pair[0].2.len() + 2 <= pair[1].1;
        let fits = placed.windows(2).all(apart);
        (placed, fits)
    };
    for most in (3..=10).rev() {
        let (placed, fits) = place(&axis.ticks(most));
        if fits {
            return placed;
        }
    }
    let (mut placed, fits) = place(&axis.ticks(2));
    if !fits {
        placed.truncate(1);
    }
    placed
}

/// Dots, and the pen that sets them.
struct Canvas {
    columns: usize,
    rows: usize,
    dots: (usize, usize),
    ascii: bool,
    /// For each dot, row by row, the number of the line there, from 1; 0 for none.
    set: Vec<u8>,
    at: (usize, usize),
    mark: u8,
    dashes: &'static [usize],
    /// Dots since the line's start.
    way: usize,
}

impl Canvas {
    fn new(columns: usize, rows: usize, letters: &Letters) -> Canvas {
        let (across, down) = letters.dots;
        Canvas {
            columns,
            rows,
            dots: letters.dots,
            ascii: letters.ascii,
            set: vec![0; columns * across * rows * down],
            at: (0, 0),
            mark: 1,
            dashes: &[],
            way: 0,
        }
    }

    fn take_pen(&mut self, line: usize, dashes: &'static [usize]) {
        self.mark = (line % MARKS.len()) as u8 + 1;
        self.dashes = dashes;
        self.way = 0;
    }

    /// The dot at a place in units of the plot, from the left and from the top.
    fn dot(&self, unit: Point) -> (usize, usize) {
        let place = |share: f64, count: usize| (share * (count - 1) as f64).round() as usize;
        (
            place(unit[0], self.columns * self.dots.0),
            place(1.0 - unit[1], self.rows * self.dots.1),
        )
    }

    /// The character there.
    fn cell(&self, unit: Point) -> (usize, usize) {
        let (x, y) = self.dot(unit);
        (x / self.dots.0, y / self.dots.1)
    }

    fn set(&mut self, (x, y): (usize, usize)) {
        let period: usize = self.dashes.iter().sum();
        let mut on = true;
        if let Some(mut place) = self.way.checked_rem(period) {
            for (i, &length) in self.dashes.iter().enumerate() {
                if place < length {
                    on = i % 2 == 0;
                    break;
                }
                place -= length;
            }
        }
        if on {
            self.set[y * self.columns * self.dots.0 + x] = self.mark;
        }
        self.at = (x, y);
    }

    fn row(&self, row: usize) -> String {
        let (across, down) = self.dots;
        let dot = |column: usize, x: usize, y: usize| {
            self.set[(row * down + y) * self.columns * across + column * across + x]
        };
        let letter = |column: usize| {
            if self.ascii {
                return match dot(column, 0, 0) {
                    0 => ' ',
                    mark => char::from(MARKS[usize::from(mark) - 1]),
                };
            }
            // The bits of U+2800..=U+28FF, left and right column, from the top.
            const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
            let mut bits = 0;
            for (x, column_bits) in BITS.iter().enumerate() {
                for (y, bit) in column_bits.iter().enumerate() {
                    bits |= if dot(column, x, y) == 0 { 0 } else { *bit };
                }
            }
            // Blanks, not U+2800: some terminals draw that one.
            let pattern = char::from_u32(0x2800 + bits).filter(|_| bits != 0);
            pattern.unwrap_or(' ')
        };
        (0..self.columns).map(letter).collect()
    }
}

impl Pen for Canvas {
    fn start(&mut self, to: Point) {
        self.set(self.dot(to));
    }

    fn draw(&mut self, to: Point) {
        let (from, to) = (self.at, self.dot(to));
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
        for step in 1..=steps {
            let between = |a: usize, b: usize| {
                let share = step as f64 / steps as f64;
                (a as f64 + share * (b as f64 - a as f64)).round() as usize
            };
            self.way += 1;
            self.set((between(from.0, to.0), between(from.1, to.1)));
        }
    }
}
