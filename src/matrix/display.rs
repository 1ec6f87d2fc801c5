//! Printing: `Display` to the byte as NumPy 2 prints a 2-D `float64` array, `LowerExp`, `Debug`.
//!
//! At most `THRESHOLD` values are ever formatted, whatever the size, and the text goes out line by line.

use super::{Matrix, MatrixView, MatrixViewMut};
use std::{cmp::Ordering, fmt};

// NumPy's default print options.
const THRESHOLD: usize = 1000;
const EDGE_ITEMS: usize = 3;
const LINE_WIDTH: usize = 75;
const MAX_DECIMALS: usize = 8;

// Two brackets or blanks begin every line; room is kept for the two brackets that end the last one.
const INDENT: usize = 2;
const BRACKETS: usize = 2;

/// The three ways to print, for a type by its name.
macro_rules! printed {
    ($($type:ident $(<$life:lifetime>)?),+) => { $(
        /// Prints as `print(a)` does in NumPy 2 with its default options, to the byte.
        ///
        /// - Each number has the fewest digits that tell it from every other `f64`, at most 8 decimals; the decimal points
        ///   stand in one column.
        /// - All numbers are in scientific notation where the largest magnitude is 1e8 or more, the smallest but 0 is below
        ///   1e-4, or the one is more than 1000 times the other.
        /// - Above 1000 values, `...` stands for all but the first and last 3 rows and columns (of those longer than 6), and
        ///   only the numbers shown decide the layout.
        /// - Lines wrap at 75 characters. A matrix without values is `[]`.
        ///
        /// The format string may ask for more:
        ///
        /// - a precision, as in `{:.3}`: each number as `format!("{:.3}")` writes it, never in scientific notation (below 1e8,
        ///   and with at least one decimal, as NumPy with `precision=3, floatmode='fixed', suppress=True`);
        /// - a width, as in `{:8}`: the least width of a number, always right-aligned;
        /// - a sign, as in `{:+}`: `+` before what is not negative, `nan` too, as with NumPy's `sign='+'`.
        ///
        /// ```
        /// use rowmajor::matrix;
        ///
        /// let m = matrix![[1.0, -2.5, 0.1 + 0.2], [100.0, f64::NAN, 1.0 / 3.0]];
        /// assert_eq!(m.to_string(), "\
        /// [[  1.          -2.5          0.3       ]
        ///  [100.                  nan   0.33333333]]");
        /// assert_eq!(format!("{m:.2}"), "\
        /// [[  1.00  -2.50   0.30]
        ///  [100.00    nan   0.33]]");
        ///
        /// let wide = matrix![[1e-5, 1.0]];
        /// assert_eq!(wide.to_string(), "[[1.e-05 1.e+00]]");
        /// ```
        impl fmt::Display for $type $(<$life>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shown = Shown::new(self.view());
                let notation = match f.precision() {
                    Some(decimals) => Notation::Fixed(decimals),
                    None if shown.needs_exponent() => shown.scientific(None),
                    None => Notation::Shortest,
                };
                shown.write(notation, f)
            }
        }

        /// Prints as [`Display`](fmt::Display) does, in scientific notation whatever the values: with at most 8 decimals, or
        /// with exactly the precision.
        ///
        /// ```
        /// let m = rowmajor::matrix![[1.0, 0.5], [250.0, 0.0]];
        /// assert_eq!(format!("{m:e}"), "[[1.0e+00 5.0e-01]\n [2.5e+02 0.0e+00]]");
        /// assert_eq!(format!("{m:.2e}"), "[[1.00e+00 5.00e-01]\n [2.50e+02 0.00e+00]]");
        /// ```
        impl fmt::LowerExp for $type $(<$life>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shown = Shown::new(self.view());
                shown.write(shown.scientific(f.precision()), f)
            }
        }

        /// The shape and the values, each with the digits that read back as the same `f64`.
        ///
        /// `{:#?}` puts one row on a line. Above 1000 values, `...` stands for the inner ones, as in
        /// [`Display`](fmt::Display); flags such as the precision in `{:.2?}` apply to each number.
        ///
        /// ```
        /// let m = rowmajor::matrix![[1.0, 0.1 + 0.2], [3.0, 4.0]];
        /// assert_eq!(format!("{m:?}"), "Matrix 2x2 [[1.0, 0.30000000000000004], [3.0, 4.0]]");
        /// assert_eq!(format!("{m:#?}"), "\
        /// Matrix 2x2 [
        ///     [1.0, 0.30000000000000004],
        ///     [3.0, 4.0],
        /// ]");
        /// ```
        impl fmt::Debug for $type $(<$life>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Shown::new(self.view()).debug(stringify!($type), f)
            }
        }
    )+ };
}

printed!(Matrix, MatrixView<'_>, MatrixViewMut<'_>);

/// A row on one line, also where `{:#?}` would give each number a line of its own.
struct DebugRow<'a>(&'a Shown<'a>, &'a [f64]);

impl fmt::Debug for DebugRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "[";
        for cell in self.0.cells(self.1) {
            f.write_str(separator)?;
            match cell {
                Some(value) => fmt::Debug::fmt(&value, f)?,
                None => f.write_str("...")?,
            }
            separator = ", ";
        }
        f.write_str("]")
    }
}

/// What of a matrix is printed: all of it, or its edges.
struct Shown<'a> {
    view: MatrixView<'a>,
    elide: bool,
}

impl<'a> Shown<'a> {
    fn new(view: MatrixView<'a>) -> Self {
        let elide = view.len() > THRESHOLD;
        Self { view, elide }
    }

    /// The rows; `None` where some are left out. None at all where a row has no values: there may be `usize::MAX`.
    fn rows(&self) -> impl Iterator<Item = Option<&'a [f64]>> + use<'a> {
        let view = self.view;
        let count = if view.is_empty() { 0 } else { view.nrows() };
        edges(count, self.elide).map(move |row| row.map(|row| view.row(row)))
    }

    /// The values of a row; `None` where some are left out.
    fn cells<'r>(&self, row: &'r [f64]) -> impl Iterator<Item = Option<f64>> + use<'r> {
        edges(row.len(), self.elide).map(move |col| col.map(|col| row[col]))
    }

    /// Calls `f` with each value.
    fn each_value(&self, f: &mut dyn FnMut(f64)) {
        for row in self.rows().flatten() {
            self.cells(row).flatten().for_each(&mut *f);
        }
    }

    /// Whether NumPy turns to scientific notation.
    fn needs_exponent(&self) -> bool {
        let (mut min, mut max) = (f64::INFINITY, 0.0_f64);
        self.each_value(&mut |value| {
            if value.is_finite() && value != 0.0 {
                (min, max) = (min.min(value.abs()), max.max(value.abs()));
            }
        });
        max >= 1e8 || min < 1e-4 || max / min > 1000.0
    }

    /// Scientific notation with the given decimals, or with those that the value with most of them needs.
    fn scientific(&self, precision: Option<usize>) -> Notation {
        let (mut decimals, mut exponent) = (precision.unwrap_or(0), 2);
        self.each_value(&mut |value| {
            let text = match precision {
                _ if !value.is_finite() => return,
                Some(precision) => format!("{value:.precision$e}"),
                None => scientific_shortest(value),
            };
            let (significand, power) = split_exponent(&text);
            decimals = decimals.max(decimals_of(significand));
            exponent = exponent.max(power.trim_start_matches('-').len());
        });
        Notation::Scientific { decimals, exponent }
    }

    fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{name} {}x{} ", self.view.nrows(), self.view.ncols())?;
        let mut list = f.debug_list();
        for row in self.rows() {
            match row {
                Some(row) => list.entry(&DebugRow(self, row)),
                None => list.entry(&format_args!("...")),
            };
        }
        list.finish()
    }

    fn write(&self, notation: Notation, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = Style::new(self, notation, f);
        f.write_str("[")?;
        for (i, row) in self.rows().enumerate() {
            if i > 0 {
                f.write_str("\n ")?;
            }
            match row {
                Some(row) => self.write_row(row, &style, f)?,
                None => f.write_str("...")?,
            }
        }
        f.write_str("]")
    }

    fn write_row(&self, row: &[f64], style: &Style, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ROOM: usize = LINE_WIDTH - INDENT - BRACKETS;
        f.write_str("[")?;
        let mut line = String::new();
        for cell in self.cells(row) {
            let word = cell.map_or_else(|| "...".to_owned(), |value| style.cell(value));
            if !line.is_empty() {
                // Numbers are padded on the right too: NumPy cuts that off where a line breaks, not at a row's end.
                if line.len() + 1 + word.len() > ROOM {
                    write!(f, "{}\n{:INDENT$}", line.trim_end(), "")?;
                    line.clear();
                } else {
                    line.push(' ');
                }
            }
            line.push_str(&word);
        }
        write!(f, "{line}]")
    }
}

/// The positions below `len`, or with `elide` the first and last few around a `None`.
fn edges(len: usize, elide: bool) -> impl Iterator<Item = Option<usize>> {
    let elide = elide && len > 2 * EDGE_ITEMS;
    let shown = if elide { 2 * EDGE_ITEMS + 1 } else { len };
    (0..shown).map(move |i| match i.cmp(&EDGE_ITEMS) {
        Ordering::Equal if elide => None,
        Ordering::Greater if elide => Some(len - shown + i),
        _ => Some(i),
    })
}

/// How finite numbers are written.
enum Notation {
    /// The fewest digits, at most `MAX_DECIMALS` decimals: `1.`, `0.25`.
    Shortest,
    /// Exactly so many decimals: `1.00`, and without any no decimal point.
    Fixed(usize),
    /// Exactly so many decimals, and an exponent of at least so many digits: `1.00e-05`.
    Scientific { decimals: usize, exponent: usize },
}

impl Notation {
    fn text(&self, value: f64) -> String {
        match *self {
            Notation::Shortest => positional_shortest(value),
            Notation::Fixed(decimals) => format!("{value:.decimals$}"),
            Notation::Scientific { decimals, exponent } => {
                // Not the shortest digits and zeros behind: of 5e-324, NumPy shows 4.9e-324 where it has room.
                let text = format!("{value:.decimals$e}");
                let (significand, power) = split_exponent(&text);
                let point = if decimals == 0 { "." } else { "" };
                let (sign, power) = match power.strip_prefix('-') {
                    Some(power) => ('-', power),
                    None => ('+', power),
                };
                format!("{significand}{point}e{sign}{power:0>exponent$}")
            }
        }
    }
}

/// The digits that tell `value` from its neighbours where those are fewer than `MAX_DECIMALS` decimals, else the exact
/// value rounded to so many.
///
/// NumPy too rounds the exact value there, not the shortest digits, and ties to even, as `format!` does with a
/// precision. `format!` without one rounds ties up: 83714426.447265625 has two shortest forms, of 8 decimals.
fn positional_shortest(value: f64) -> String {
    let mut text = value.to_string();
    match decimals_of(&text) {
        0 => text.push('.'),
        1..MAX_DECIMALS => {}
        _ => {
            text = format!("{value:.MAX_DECIMALS$}");
            text.truncate(text.trim_end_matches('0').len());
        }
    }
    text
}

/// As [`positional_shortest`], in Rust's scientific notation: `1.5e-7`.
fn scientific_shortest(value: f64) -> String {
    let text = format!("{value:e}");
    if decimals_of(split_exponent(&text).0) < MAX_DECIMALS {
        return text;
    }
    let text = format!("{value:.MAX_DECIMALS$e}");
    let (significand, power) = split_exponent(&text);
    format!("{}e{power}", significand.trim_end_matches('0'))
}

fn split_exponent(text: &str) -> (&str, &str) {
    text.split_once('e').unwrap_or((text, ""))
}

fn decimals_of(text: &str) -> usize {
    text.split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

/// How every number of a matrix is written, so that the decimal points stand in columns.
struct Style {
    notation: Notation,
    plus: bool,
    // Characters before the decimal point, and from it on.
    left: usize,
    right: usize,
}

impl Style {
    fn new(shown: &Shown<'_>, notation: Notation, f: &fmt::Formatter<'_>) -> Self {
        let mut style = Self {
            notation,
            plus: f.sign_plus(),
            left: 0,
            right: 0,
        };
        let mut width = f.width().unwrap_or(0);
        shown.each_value(&mut |value| {
            let text = style.text(value);
            if value.is_finite() {
                let point = text.find('.').unwrap_or(text.len());
                style.left = style.left.max(point);
                style.right = style.right.max(text.len() - point);
            } else {
                width = width.max(text.len());
            }
        });
        style.left = style.left.max(width.saturating_sub(style.right));
        style
    }

    fn text(&self, value: f64) -> String {
        let text = if value.is_nan() {
            "nan".to_owned()
        } else if value.is_infinite() {
            value.to_string()
        } else {
            self.notation.text(value)
        };
        let plus = self.plus && !text.starts_with('-');
        if plus { format!("+{text}") } else { text }
    }

    fn cell(&self, value: f64) -> String {
        let text = self.text(value);
        // Not a width in `format!`: those end at u16::MAX, and the number and a precision may together be longer.
        let before = if value.is_finite() {
            self.left - text.find('.').unwrap_or(text.len())
        } else {
            self.left + self.right - text.len()
        };
        let after = self.left + self.right - before - text.len();
        [" ".repeat(before), text, " ".repeat(after)].concat()
    }
}
