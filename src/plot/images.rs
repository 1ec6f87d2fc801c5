//! Grey pictures side by side.

use super::png;
use super::svg::{Anchor, Area, Svg};
use super::text::{fitted, one_line, shortened_to_columns, text_columns, text_em};
use crate::{MatrixView, ShapeError, io};
use std::path::Path;

/// Pictures side by side, each a row of a matrix: digits, weights.
///
/// They are grey: black is the smallest pixel of all, white the largest, unless [`limits`](Images::limits) says
/// otherwise. NaN is vermilion in SVG and `?` in text.
///
/// ```
/// use rowmajor::{matrix, plot::Images};
///
/// // Two pictures of 2 rows and 3 columns.
/// let pixels = matrix![[0.0, 8.0, 16.0, 8.0, 0.0, 8.0], [16.0, 0.0, 16.0, 0.0, 16.0, 0.0]];
/// let images = Images::new(&pixels, 2, 3)?.captions(&["first", "second"])?;
/// assert!(images.to_svg().contains("first"));
/// let lines = ["  ▒▒██   ██  ██", "▒▒  ▒▒     ██", "first    second"];
/// assert_eq!(images.to_text(80).lines().collect::<Vec<_>>(), lines);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Images {
    /// Picture by picture, row by row.
    pixels: Vec<f64>,
    count: usize,
    height: usize,
    width: usize,
    title: String,
    /// The lines of each caption.
    captions: Vec<Vec<String>>,
    columns: usize,
    pixel_size: usize,
    limits: (f64, f64),
}

/// The size of letters.
const FONT: f64 = 13.0;

/// Between pictures, in pixels and in columns of a terminal.
const GAP: f64 = 8.0;
const TEXT_GAP: usize = 3;

/// A picture is enlarged to about this, in whole pixels.
const SIDE: usize = 84;

/// Pictures up to this height have two letters for a pixel in text, higher ones a letter for two pixels.
const LOW: usize = 16;

impl Images {
    /// Pictures of `height` rows and `width` columns, each a row of `images`, row by row.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where a row has not `height` times `width` values, [`ShapeError::Empty`] where that is 0.
    ///
    /// ```
    /// let digits = rowmajor::Matrix::zeros(5, 784);
    /// assert!(rowmajor::plot::Images::new(&digits, 28, 28).is_ok());
    /// let error = rowmajor::plot::Images::new(&digits, 8, 8).unwrap_err();
    /// assert_eq!(error.to_string(), "images: expected 64 values, found 784");
    /// ```
    pub fn new<'a>(
        images: impl Into<MatrixView<'a>>,
        height: usize,
        width: usize,
    ) -> Result<Images, ShapeError> {
        let images = images.into();
        let expected = height.saturating_mul(width);
        if expected == 0 {
            return Err(ShapeError::Empty {
                op: "images",
                shape: (height, width),
            });
        }
        if images.ncols() != expected {
            return Err(ShapeError::Length {
                op: "images",
                expected,
                found: images.ncols(),
            });
        }
        Ok(Images {
            pixels: images.try_to_matrix()?.into_vec(),
            count: images.nrows(),
            height,
            width,
            title: String::new(),
            captions: vec![Vec::new(); images.nrows()],
            columns: 10,
            pixel_size: (SIDE / height.max(width)).max(1),
            limits: (f64::NAN, f64::NAN),
        })
    }

    /// The title above.
    ///
    /// ```
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(1, 4), 2, 2)?;
    /// let images = images.title("the first digits");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn title(mut self, title: &str) -> Images {
        self.title = one_line(title);
        self
    }

    /// A text below each picture, in lines that end with `\n`.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there are not as many as pictures.
    ///
    /// ```
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(2, 4), 2, 2)?;
    /// let images = images.captions(&["a 3", "a 5,\nread as 6"])?;
    /// assert!(images.captions(&["too few"]).is_err());
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn captions<S: AsRef<str>>(mut self, captions: &[S]) -> Result<Images, ShapeError> {
        if captions.len() != self.count {
            return Err(ShapeError::Length {
                op: "captions",
                expected: self.count,
                found: captions.len(),
            });
        }
        let lines = |caption: &S| caption.as_ref().lines().map(one_line).collect();
        self.captions = captions.iter().map(lines).collect();
        Ok(self)
    }

    /// How many pictures stand side by side in SVG: at least 1, and 10 if this is not called.
    ///
    /// ```
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(8, 4), 2, 2)?;
    /// let images = images.columns(4);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn columns(mut self, columns: usize) -> Images {
        self.columns = columns.max(1);
        self
    }

    /// The size in SVG of a picture's pixel: 1 to 100, and the nearest of these for another. If this is not called, as
    /// much as gives a picture about 84 pixels.
    ///
    /// ```
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(8, 4), 2, 2)?;
    /// let images = images.pixel_size(6);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn pixel_size(mut self, size: usize) -> Images {
        self.pixel_size = size.clamp(1, 100);
        self
    }

    /// The values that are black and white; what lies beyond is black or white too. A larger value first gives dark
    /// digits on a light ground. An end that is NaN or infinite is left to the pixels, as both are at first.
    ///
    /// ```
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(1, 4), 2, 2)?;
    /// let images = images.limits(255.0, 0.0);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[doc(alias = "vmin")]
    #[doc(alias = "vmax")]
    pub fn limits(mut self, black: f64, white: f64) -> Images {
        self.limits = (black, white);
        self
    }

    /// The pictures as an SVG file: each a PNG inside it, its pixels sharp squares.
    ///
    /// ```
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(1, 4), 2, 2)?;
    /// assert!(images.to_svg().contains("data:image/png;base64,"));
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_svg(&self) -> String {
        let size = |pixels: usize| (pixels * self.pixel_size) as f64;
        let (width, height) = (size(self.width), size(self.height));
        // A caption may be a little wider than its picture.
        let captions = self.captions.iter().flatten();
        let widest = captions
            .map(|line| FONT * text_em(line))
            .fold(0.0, f64::max);
        let cell = width.max(widest.min((1.6 * width).max(70.0))).ceil();
        let line = 1.2 * FONT;
        let lines = self.captions.iter().map(Vec::len).max().unwrap_or(0);
        let below = if lines == 0 {
            0.0
        } else {
            lines as f64 * line + 0.2 * FONT
        };

        let columns = self.columns.min(self.count).max(1);
        let rows = self.count.div_ceil(columns);
        let all_width = GAP + columns as f64 * (cell + GAP);
        let top = if self.title.is_empty() {
            GAP
        } else {
            2.4 * FONT
        };
        let all_height = top + rows as f64 * (height + below + GAP);
        let mut svg = Svg::new(all_width, all_height.ceil(), &self.title);
        let (title, font) = fitted(&self.title, 1.2 * FONT, all_width - 2.0 * GAP);
        svg.text([all_width / 2.0, top / 2.0], font, Anchor::Middle, &title);

        // The attribute is for viewers that read no style.
        svg.open_group("image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\"");
        let place = |i: usize| {
            let left = GAP + (i % columns) as f64 * (cell + GAP);
            (left, top + (i / columns) as f64 * (height + below + GAP))
        };
        for (i, picture) in self.pictures().enumerate() {
            let (left, top) = place(i);
            let area = Area {
                left: left + ((cell - width) / 2.0).floor(),
                top: top.floor(),
                width,
                height,
            };
            svg.image(area, &png::encoded(&picture, self.width));
        }
        svg.close_group();
        for (i, caption) in self.captions.iter().enumerate() {
            let (left, top) = place(i);
            for (row, text) in caption.iter().enumerate() {
                let (text, font) = fitted(text, FONT, cell);
                let y = top + height + 0.2 * FONT + (row as f64 + 0.5) * line;
                svg.text([left + cell / 2.0, y], font, Anchor::Middle, &text);
            }
        }
        svg.finish()
    }

    /// The pictures as text in lines of at most `width` columns (one picture a line at least), shaded with ` ░▒▓█`.
    ///
    /// A picture of up to 16 rows has two characters for a pixel; a higher one has one for two pixels, one above the
    /// other, and shows their mean.
    ///
    /// ```
    /// let image = rowmajor::matrix![[0.0, 0.25, 0.5, 0.75, 1.0]];
    /// let images = rowmajor::plot::Images::new(&image, 1, 5)?;
    /// assert_eq!(images.to_text(80), "  ░░▒▒▓▓██\n");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_text(&self, width: usize) -> String {
        self.text(width, &[' ', '░', '▒', '▓', '█'], false)
    }

    /// As [`to_text`](Images::to_text), of ASCII alone, shaded with ` .:-=+*#%@`.
    ///
    /// ```
    /// let image = rowmajor::matrix![[0.0, 0.5, 1.0, f64::NAN]];
    /// let images = rowmajor::plot::Images::new(&image, 1, 4)?;
    /// assert_eq!(images.to_ascii(80), "  ++@@??\n");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn to_ascii(&self, width: usize) -> String {
        let shades = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
        self.text(width, &shades, true)
    }

    fn text(&self, width: usize, shades: &[char], ascii: bool) -> String {
        let (across, down) = if self.height <= LOW { (2, 1) } else { (1, 2) };
        let captions: Vec<Vec<String>> = self
            .captions
            .iter()
            .map(|lines| {
                let line = |line: &String| match ascii {
                    true => line.replace(|c: char| !c.is_ascii(), "?"),
                    false => line.clone(),
                };
                lines.iter().map(line).collect()
            })
            .collect();
        let widest = captions
            .iter()
            .flatten()
            .map(|line| text_columns(line))
            .max();
        let picture = self.width * across;
        let cell = picture.max(widest.unwrap_or(0).min(width));
        let columns = (width.saturating_add(TEXT_GAP) / (cell + TEXT_GAP)).max(1);
        let shade = |level: f64| {
            let darkest = (shades.len() - 1) as f64;
            if level.is_nan() {
                '?'
            } else {
                shades[(level * darkest).round() as usize]
            }
        };

        // Each picture's lines, pictures then captions.
        let mut pictures = self.pictures().zip(&captions).map(|(pixels, caption)| {
            let mut lines = Vec::new();
            for rows in pixels.chunks(down * self.width) {
                let mut line = String::new();
                for x in 0..self.width {
                    let column = rows.iter().skip(x).step_by(self.width);
                    let mean = column.clone().sum::<f64>() / column.count() as f64;
                    (0..across).for_each(|_| line.push(shade(mean)));
                }
                lines.push(line);
            }
            let end = if ascii { ".." } else { "…" };
            lines.extend(
                caption
                    .iter()
                    .map(|line| shortened_to_columns(line, cell, end)),
            );
            lines
        });
        let mut out = String::new();
        if !self.title.is_empty() {
            let title = self.title.replace(|c: char| ascii && !c.is_ascii(), "?");
            out += &shortened_to_columns(&title, width.max(cell), if ascii { ".." } else { "…" });
            out.push('\n');
        }
        for group in 0.. {
            let side_by_side: Vec<Vec<String>> = pictures.by_ref().take(columns).collect();
            let Some(height) = side_by_side.iter().map(Vec::len).max() else {
                break;
            };
            if group > 0 {
                out.push('\n');
            }
            for row in 0..height {
                let mut line = String::new();
                for (column, lines) in side_by_side.iter().enumerate() {
                    let start = column * (cell + TEXT_GAP);
                    line += &" ".repeat(start - text_columns(&line));
                    line += lines.get(row).map_or("", String::as_str);
                }
                out += line.trim_end();
                out.push('\n');
            }
        }
        out
    }

    /// Writes [`to_svg`](Images::to_svg) to a file, which appears complete or not at all.
    ///
    /// # Errors
    /// [`io::Error::Io`].
    ///
    /// ```no_run
    /// # let images = rowmajor::plot::Images::new(&rowmajor::Matrix::zeros(1, 4), 2, 2)?;
    /// images.save("digits.svg")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), io::Error> {
        io::save_bytes(path.as_ref(), self.to_svg().as_bytes())
    }

    /// The pixels of each picture, from 0, black, to 1, white.
    fn pictures(&self) -> Box<dyn Iterator<Item = Vec<f64>> + '_> {
        let finite = || self.pixels.iter().copied().filter(|v| v.is_finite());
        let or = |limit: f64, pixel: Option<f64>| match pixel {
            Some(pixel) if !limit.is_finite() => pixel,
            None if !limit.is_finite() => 0.0,
            _ => limit,
        };
        let black = or(self.limits.0, finite().reduce(f64::min));
        let white = or(self.limits.1, finite().reduce(f64::max));
        // Halves: the difference may be more than the largest number.
        let range = white / 2.0 - black / 2.0;
        let level = move |&v: &f64| {
            if v.is_nan() {
                v
            } else if range == 0.0 {
                0.0
            } else {
                ((v / 2.0 - black / 2.0) / range).clamp(0.0, 1.0)
            }
        };
        let pictures = self.pixels.chunks_exact(self.height * self.width);
        Box::new(pictures.map(move |picture| picture.iter().map(level).collect()))
    }
}
