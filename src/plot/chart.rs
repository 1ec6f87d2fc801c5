//! Line charts as plain data.

use super::axis::Axis;
use super::text::one_line;
use super::trace::Point;
use super::{chart_svg, chart_text};
use crate::{ShapeError, io};
use std::fmt;
use std::path::Path;

/// A line through points, for a [`Chart`].
///
/// A point with a coordinate that is NaN or infinite is a gap; a point between two gaps is a dot.
///
/// ```
/// use rowmajor::plot::Line;
///
/// let line = Line::new(&[0.0, 1.0, 2.0], &[0.0, 1.0, 4.0])?.label("squares").color("purple").dashed();
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Line {
    points: Vec<Point>,
    pub(super) label: String,
    pub(super) color: String,
    pub(super) style: Style,
    pub(super) width: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Solid,
    Dashed,
    Dotted,
}

impl Line {
    /// The line through the points (x, y), in their order; solid, 2 pixels wide.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there are more of one than of the other.
    ///
    /// ```
    /// let error = rowmajor::plot::Line::new(&[0.0, 1.0], &[0.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "line: expected 2 values, found 1");
    /// ```
    pub fn new(xs: &[f64], ys: &[f64]) -> Result<Line, ShapeError> {
        if ys.len() != xs.len() {
            return Err(ShapeError::Length {
                op: "line",
                expected: xs.len(),
                found: ys.len(),
            });
        }
        Ok(Line {
            points: xs.iter().zip(ys).map(|(&x, &y)| [x, y]).collect(),
            label: String::new(),
            color: String::new(),
            style: Style::Solid,
            width: 2.0,
        })
    }

    /// What the legend calls it. Without a label it is not listed.
    ///
    /// ```
    /// # let line = rowmajor::plot::Line::new(&[0.0], &[0.0])?;
    /// let line = line.label("sigmoid");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn label(mut self, label: &str) -> Line {
        self.label = one_line(label);
        self
    }

    /// Its color in SVG, as CSS writes it: a name, `#rrggbb`, `rgb(…)`, `hsl(…)` and so on.
    ///
    /// Without one, or where the viewer knows no such color, it is the next of seven that color-blind people can tell
    /// apart (Okabe and Ito's).
    ///
    /// ```
    /// # let line = rowmajor::plot::Line::new(&[0.0], &[0.0])?;
    /// let line = line.color("pink");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "colour")]
    pub fn color(mut self, color: &str) -> Line {
        self.color = color.trim().to_owned();
        self
    }

    /// Draws it dashed.
    ///
    /// ```
    /// # let line = rowmajor::plot::Line::new(&[0.0], &[0.0])?;
    /// let line = line.dashed();
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn dashed(mut self) -> Line {
        self.style = Style::Dashed;
        self
    }

    /// Draws it dotted.
    ///
    /// ```
    /// # let line = rowmajor::plot::Line::new(&[0.0], &[0.0])?;
    /// let line = line.dotted();
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn dotted(mut self) -> Line {
        self.style = Style::Dotted;
        self
    }

    /// Its width in SVG, in pixels: 0.1 to 50, and the nearest of these for another number; NaN changes nothing.
    ///
    /// ```
    /// # let line = rowmajor::plot::Line::new(&[0.0], &[0.0])?;
    /// let line = line.width(3.5);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn width(mut self, pixels: f64) -> Line {
        if !pixels.is_nan() {
            self.width = pixels.clamp(0.1, 50.0);
        }
        self
    }

    pub(super) fn points(&self) -> impl Iterator<Item = Point> {
        self.points.iter().copied()
    }
}

/// A chart of [`Line`]s: [SVG](Chart::to_svg), or [text](Chart::to_text) for a terminal (`Display` is 72×22 of it).
///
/// The legend lists the lines that have a label, where it hides least of them; on a chart too small for it there is none. Ticks stand at round numbers: the
/// multiples of 1, 2 or 5 times a power of ten, as many as have room. Lines end at the limits of the chart.
///
/// ```
/// use rowmajor::plot::{Chart, Line};
/// use rowmajor::{arange, vecmath};
///
/// let xs = arange(-8.0, 8.0, 0.1)?;
/// let step: Vec<f64> = xs.iter().map(|&x| if x > 0.0 { 1.0 } else { 0.0 }).collect();
/// let mut sigmoid = xs.clone();
/// vecmath::sigmoid(&mut sigmoid);
///
/// let chart = Chart::new()
///     .title("sigmoid & step")
///     .x_label("x")
///     .y_label("y")
///     .y_limits(-1.0, 2.0)
///     .line(Line::new(&xs, &sigmoid)?.label("sigmoid").color("pink"))
///     .line(Line::new(&xs, &step)?.label("step").color("purple").dashed());
/// assert!(chart.to_svg().starts_with("<svg "));
/// println!("{chart}");
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Chart {
    pub(super) title: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    limits: [(f64, f64); 2],
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<Line>,
}

impl Default for Chart {
    fn default() -> Self {
        Chart {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            limits: [(f64::NAN, f64::NAN); 2],
            width: 640.0,
            height: 480.0,
            lines: Vec::new(),
        }
    }
}

impl Chart {
    /// A chart without lines, 640×480.
    ///
    /// ```
    /// let chart = rowmajor::plot::Chart::new();
    /// assert!(chart.to_svg().contains("width=\"640\" height=\"480\""));
    /// ```
    pub fn new() -> Chart {
        Chart::default()
    }

    /// The title above.
    ///
    /// ```
    /// let chart = rowmajor::plot::Chart::new().title("a < b & c");
    /// assert!(chart.to_svg().contains("a &lt; b &amp; c"));
    /// ```
    pub fn title(mut self, title: &str) -> Chart {
        self.title = one_line(title);
        self
    }

    /// What x is, below the axis.
    ///
    /// ```
    /// let chart = rowmajor::plot::Chart::new().x_label("epoch");
    /// ```
    pub fn x_label(mut self, label: &str) -> Chart {
        self.x_label = one_line(label);
        self
    }

    /// What y is, beside the axis.
    ///
    /// ```
    /// let chart = rowmajor::plot::Chart::new().y_label("loss");
    /// ```
    pub fn y_label(mut self, label: &str) -> Chart {
        self.y_label = one_line(label);
        self
    }

    /// The values of x at the left and right end. A larger value first turns the axis round.
    ///
    /// An end that is NaN or infinite is left to the data, as both are at first: the finite points, and a twentieth of
    /// their width at either end. Ends too close to tell apart are set apart.
    ///
    /// ```
    /// let chart = rowmajor::plot::Chart::new().x_limits(-8.0, 8.0);
    /// ```
    #[doc(alias = "xlim")]
    pub fn x_limits(mut self, left: f64, right: f64) -> Chart {
        self.limits[0] = (left, right);
        self
    }

    /// The values of y at the bottom and at the top; otherwise as [`x_limits`](Chart::x_limits).
    ///
    /// ```
    /// // From 0 to whatever the data need.
    /// let chart = rowmajor::plot::Chart::new().y_limits(0.0, f64::INFINITY);
    /// ```
    #[doc(alias = "ylim")]
    pub fn y_limits(mut self, bottom: f64, top: f64) -> Chart {
        self.limits[1] = (bottom, top);
        self
    }

    /// The size of the SVG in pixels: 120×90 to 10000×10000, and the nearest of these for another. Letters are smaller
    /// on a small chart and larger on a large one.
    ///
    /// ```
    /// let chart = rowmajor::plot::Chart::new().size(1600, 1000);
    /// assert!(chart.to_svg().contains("width=\"1600\" height=\"1000\""));
    /// ```
    #[doc(alias = "figsize")]
    pub fn size(mut self, width: usize, height: usize) -> Chart {
        self.width = width.clamp(120, 10_000) as f64;
        self.height = height.clamp(90, 10_000) as f64;
        self
    }

    /// Adds a line. Later ones are drawn over earlier ones.
    ///
    /// ```
    /// use rowmajor::plot::{Chart, Line};
    ///
    /// let chart = Chart::new().line(Line::new(&[0.0, 1.0], &[1.0, 0.0])?);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "plot")]
    pub fn line(mut self, line: Line) -> Chart {
        self.lines.push(line);
        self
    }

    /// The chart as an SVG file: letters as text, no script, nothing from elsewhere.
    ///
    /// However many points there are, those that follow one another within a quarter of a pixel's width are drawn as
    /// their first, lowest, highest and last.
    ///
    /// ```
    /// use rowmajor::plot::{Chart, Line};
    ///
    /// let svg = Chart::new().line(Line::new(&[0.0, 1.0], &[1.0, 0.0])?).to_svg();
    /// assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_svg(&self) -> String {
        chart_svg::draw(self)
    }

    /// The chart as text, `height` lines of at most `width` columns (at least 20×6; at most 1000×1000), drawn with
    /// Unicode's braille patterns. Lines that are not told apart by their dashes get some.
    ///
    /// ```
    /// use rowmajor::plot::{Chart, Line};
    ///
    /// let text = Chart::new().line(Line::new(&[0.0, 1.0], &[0.0, 1.0])?).to_text(24, 7);
    /// let lines = [
    ///     "1.0 ┤               ⢀⡠⠔",
    ///     "    │           ⢀⡠⠔⠊⠁",
    ///     "0.5 ┤       ⢀⡠⠔⠊⠁",
    ///     "    │   ⢀⡠⠔⠊⠁",
    ///     "0.0 ┤ ⠔⠊⠁",
    ///     "    └─┬───────┬───────┬─",
    ///     "     0.0     0.5     1.0",
    /// ];
    /// assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_text(&self, width: usize, height: usize) -> String {
        chart_text::draw(self, width, height, &chart_text::BRAILLE)
    }

    /// As [`to_text`](Chart::to_text), of ASCII alone: each line with a letter of its own, `?` for what ASCII has not.
    ///
    /// ```
    /// use rowmajor::plot::{Chart, Line};
    ///
    /// let text = Chart::new().line(Line::new(&[0.0, 1.0], &[0.0, 1.0])?.label("계단")).to_ascii(60, 20);
    /// assert!(text.is_ascii());
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_ascii(&self, width: usize, height: usize) -> String {
        chart_text::draw(self, width, height, &chart_text::ASCII)
    }

    /// Writes [`to_svg`](Chart::to_svg) to a file, which appears complete or not at all.
    ///
    /// # Errors
    /// [`io::Error::Io`].
    ///
    /// ```
    /// let path = std::env::temp_dir().join(format!("rowmajor-doc-{}.svg", std::process::id()));
    /// rowmajor::plot::Chart::new().title("empty").save(&path)?;
    /// assert!(std::fs::read_to_string(&path)?.ends_with("</svg>\n"));
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), io::Error> {
        io::save_bytes(path.as_ref(), self.to_svg().as_bytes())
    }

    /// The windows of x and of y.
    pub(super) fn axes(&self) -> [Axis; 2] {
        let mut ranges = [None; 2];
        for point in self.lines.iter().flat_map(Line::points) {
            if !point.iter().all(|v| v.is_finite()) {
                continue;
            }
            for (range, v) in ranges.iter_mut().zip(point) {
                let (low, high) = range.unwrap_or((v, v));
                *range = Some((low.min(v), high.max(v)));
            }
        }
        let axis = |i: usize| Axis::new(ranges[i], self.limits[i]);
        [axis(0), axis(1)]
    }
}

/// [`to_text`](Chart::to_text) with 72×22, without the last line's end.
///
/// ```
/// println!("{}", rowmajor::plot::Chart::new().title("nothing yet"));
/// ```
impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_text(72, 22).trim_end_matches('\n'))
    }
}
