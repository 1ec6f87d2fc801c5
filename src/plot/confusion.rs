//! A confusion matrix as a heat map.

use super::svg::{Anchor, Area, Svg, number};
use super::text::{fitted, one_line, text_em};
use crate::nn::ConfusionMatrix;
use crate::{ShapeError, io};
use std::path::Path;

/// A [`ConfusionMatrix`] as a picture: true classes down, predicted classes across, in each cell how many, the darker the
/// larger their share of the true class.
///
/// Darkness goes with the square root of the share: one in a hundred can be seen. Cells of none are left empty, so that
/// mistakes stand out.
///
/// ```
/// use rowmajor::{nn::ConfusionMatrix, plot::ConfusionMap};
///
/// let confusion = ConfusionMatrix::new(3, &[0, 1, 2, 2], &[0, 2, 2, 2])?;
/// let map = ConfusionMap::new(&confusion).title("test set").class_names(&["cat", "dog", "bird"])?;
/// assert!(map.to_svg().contains("bird"));
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct ConfusionMap {
    confusion: ConfusionMatrix,
    title: String,
    names: Vec<String>,
    width: f64,
    height: f64,
}

/// The size of letters at 640×560, and the smallest that is drawn.
const FONT: f64 = 13.0;
const SMALLEST_FONT: f64 = 4.0;

/// Where on the ramp white letters become better to read than black ones: both have a contrast of 4.58 there (WCAG 2).
const WHITE_FROM: f64 = 0.72;

/// White to dark blue, at equal distances.
const RAMP: [[f64; 3]; 5] = [
    [255.0, 255.0, 255.0],
    [198.0, 219.0, 239.0],
    [107.0, 174.0, 214.0],
    [33.0, 113.0, 181.0],
    [8.0, 48.0, 107.0],
];

impl ConfusionMap {
    /// The picture of a confusion matrix, 640×560, its classes called 0, 1, 2 and so on.
    ///
    /// ```
    /// let confusion = rowmajor::nn::ConfusionMatrix::new(2, &[0, 1, 1], &[0, 1, 0])?;
    /// let map = rowmajor::plot::ConfusionMap::new(&confusion);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn new(confusion: &ConfusionMatrix) -> ConfusionMap {
        ConfusionMap {
            confusion: confusion.clone(),
            title: String::new(),
            names: (0..confusion.classes()).map(|i| i.to_string()).collect(),
            width: 640.0,
            height: 560.0,
        }
    }

    /// The title above.
    ///
    /// ```
    /// # let map = rowmajor::plot::ConfusionMap::new(&rowmajor::nn::ConfusionMatrix::new(2, &[0], &[1])?);
    /// let map = map.title("MNIST, test set");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn title(mut self, title: &str) -> ConfusionMap {
        self.title = one_line(title);
        self
    }

    /// What the classes are called.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there are not as many names as classes.
    ///
    /// ```
    /// # let map = rowmajor::plot::ConfusionMap::new(&rowmajor::nn::ConfusionMatrix::new(2, &[0], &[1])?);
    /// let map = map.class_names(&["no", "yes"])?;
    /// assert!(map.class_names(&["no", "yes", "perhaps"]).is_err());
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn class_names<S: AsRef<str>>(mut self, names: &[S]) -> Result<ConfusionMap, ShapeError> {
        if names.len() != self.confusion.classes() {
            return Err(ShapeError::Length {
                op: "class names",
                expected: self.confusion.classes(),
                found: names.len(),
            });
        }
        self.names = names.iter().map(|name| one_line(name.as_ref())).collect();
        Ok(self)
    }

    /// The size in pixels: 160×140 to 10000×10000, and the nearest of these for another.
    ///
    /// ```
    /// # let map = rowmajor::plot::ConfusionMap::new(&rowmajor::nn::ConfusionMatrix::new(2, &[0], &[1])?);
    /// let map = map.size(1000, 800);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn size(mut self, width: usize, height: usize) -> ConfusionMap {
        self.width = width.clamp(160, 10_000) as f64;
        self.height = height.clamp(140, 10_000) as f64;
        self
    }

    /// The picture as an SVG file.
    ///
    /// ```
    /// # let map = rowmajor::plot::ConfusionMap::new(&rowmajor::nn::ConfusionMatrix::new(2, &[0], &[1])?);
    /// assert!(map.to_svg().contains("predicted class"));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_svg(&self) -> String {
        let scale = (self.width / 640.0).min(self.height / 560.0);
        let font = FONT * scale.sqrt().clamp(0.6, 2.0);
        let edge = 0.5 * font;
        let classes = self.confusion.classes().max(1) as f64;
        let mut svg = Svg::new(self.width, self.height, &self.title);

        // Names take up to a fifth of the picture; below, they are turned where they are wider than a cell.
        let widest = self
            .names
            .iter()
            .map(|name| font * text_em(name))
            .fold(0.0, f64::max);
        let beside = widest.min(0.2 * self.width);
        let left = edge + 1.5 * font + beside + 0.4 * font;
        // The scale: its colors, "100 %", its name upwards.
        let right = self.width - edge - 1.5 * font - font * text_em("100 %") - 2.4 * font;
        let turned = widest > 0.9 * (right - left) / classes && widest > font;
        let below = if turned {
            widest.min(0.2 * self.height)
        } else {
            font
        };
        let title_room = if self.title.is_empty() {
            edge
        } else {
            2.2 * font
        };
        let bottom = self.height - edge - 1.5 * font - below - 0.4 * font;
        // Square cells, in the middle.
        let side = (right - left).min(bottom - title_room);
        let plot = Area {
            left: left + (right - left - side) / 2.0,
            top: title_room,
            width: side,
            height: side,
        };
        let cell = side / classes;

        let [x, y] = plot.middle();
        let (title, size) = fitted(&self.title, 1.2 * font, self.width - 2.0 * edge);
        svg.text(
            [self.width / 2.0, title_room / 2.0],
            size,
            Anchor::Middle,
            &title,
        );
        let x_label = plot.bottom() + 0.4 * font + below + 0.8 * font;
        svg.text([x, x_label], font, Anchor::Middle, "predicted class");
        let y_label = plot.left - 0.4 * font - beside - 0.8 * font;
        svg.text_upwards([y_label, y], font, Anchor::Middle, "true class");

        // As many names as there is room for.
        let every = [1, 2, 5, 10, 20, 50, 100, 200, 500];
        let every = every.into_iter().find(|&n| n as f64 * cell >= font);
        for (i, name) in self.names.iter().enumerate().step_by(every.unwrap_or(1000)) {
            let at = (i as f64 + 0.5) * cell;
            let (text, size) = fitted(name, font, beside);
            let x = plot.left - 0.4 * font;
            svg.text([x, plot.top + at], size, Anchor::End, &text);
            let [x, y] = [plot.left + at, plot.bottom() + 0.4 * font];
            if turned {
                let (text, size) = fitted(name, font, below);
                svg.text_upwards([x, y], size, Anchor::End, &text);
            } else {
                svg.text([x, y + 0.5 * font], font, Anchor::Middle, name);
            }
        }

        self.draw_cells(&mut svg, plot, font);
        svg.rect(plot, "fill=\"none\" stroke=\"#000\"");
        draw_scale(&mut svg, plot, font);
        svg.finish()
    }

    /// Writes [`to_svg`](ConfusionMap::to_svg) to a file, which appears complete or not at all.
    ///
    /// # Errors
    /// [`io::Error::Io`].
    ///
    /// ```no_run
    /// # let map = rowmajor::plot::ConfusionMap::new(&rowmajor::nn::ConfusionMatrix::new(2, &[0], &[1])?);
    /// map.save("confusion.svg")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), io::Error> {
        io::save_bytes(path.as_ref(), self.to_svg().as_bytes())
    }

    /// The cells that are not 0, then their numbers where there is room.
    fn draw_cells(&self, svg: &mut Svg, plot: Area, font: f64) {
        let classes = self.confusion.classes();
        let cell = plot.width / classes as f64;
        let count = |label, class| self.confusion.count(label, class).unwrap_or(0);
        let mut texts = Vec::new();
        svg.open_group("shape-rendering=\"crispEdges\"");
        for label in 0..classes {
            let row: usize = (0..classes).map(|class| count(label, class)).sum();
            for class in (0..classes).filter(|&class| count(label, class) > 0) {
                let count = count(label, class);
                let dark = (count as f64 / row as f64).sqrt();
                let area = Area {
                    left: plot.left + class as f64 * cell,
                    top: plot.top + label as f64 * cell,
                    width: cell,
                    height: cell,
                };
                svg.rect(area, &format!("fill=\"{}\"", color(dark)));
                texts.push((area.middle(), count.to_string(), dark));
            }
        }
        svg.close_group();
        // One size for all: the longest number decides.
        let longest = texts
            .iter()
            .map(|(_, text, _)| text_em(text))
            .fold(1.0, f64::max);
        let size = (0.85 * cell / longest).min(0.5 * cell).min(1.2 * font);
        if size >= SMALLEST_FONT {
            for (at, text, dark) in &texts {
                let white = if *dark > WHITE_FROM {
                    " fill=\"#fff\""
                } else {
                    ""
                };
                svg.text_with(*at, size, Anchor::Middle, text, white);
            }
        }
    }
}

/// The scale of colors, beside the plot.
fn draw_scale(svg: &mut Svg, plot: Area, font: f64) {
    const STEPS: usize = 64;
    let (left, width) = (plot.right() + font, font);
    let bar = Area {
        left,
        width,
        ..plot
    };
    let place = |dark: f64| bar.bottom() - dark * bar.height;
    svg.open_group("shape-rendering=\"crispEdges\"");
    for step in 0..STEPS {
        let share = |step: usize| step as f64 / STEPS as f64;
        let area = Area {
            top: place(share(step + 1)),
            height: bar.height / STEPS as f64,
            ..bar
        };
        let dark = (share(step) + share(step + 1)) / 2.0;
        svg.rect(area, &format!("fill=\"{}\"", color(dark)));
    }
    svg.close_group();
    svg.rect(bar, "fill=\"none\" stroke=\"#000\"");
    let mut free = f64::INFINITY;
    for percent in [0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0f64] {
        let y = place((percent / 100.0).sqrt());
        if y <= free {
            let text = format!("{} %", number(percent));
            svg.text([bar.right() + 0.4 * font, y], font, Anchor::Start, &text);
            free = y - 1.3 * font;
        }
    }
    let name = bar.right() + 0.4 * font + font * text_em("100 %") + 0.8 * font;
    let (text, size) = fitted("share of the true class", font, bar.height);
    svg.text_upwards([name, bar.middle()[1]], size, Anchor::Middle, &text);
}

/// The color of the ramp from 0, white, to 1, dark.
fn color(dark: f64) -> String {
    let place = dark.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let before = (place as usize).min(RAMP.len() - 2);
    let share = place - before as f64;
    let [r, g, b] = [0, 1, 2].map(|i| {
        let (low, high) = (RAMP[before][i], RAMP[before + 1][i]);
        (low + share * (high - low)).round() as u8
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}
