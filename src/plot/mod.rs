//! Pictures: line charts, images and confusion matrices, as SVG and as text for a terminal.
//!
//! | picture | SVG | text |
//! | --- | --- | --- |
//! | [`Chart`] of [`Line`]s | [`to_svg`](Chart::to_svg), [`save`](Chart::save) | [`to_text`](Chart::to_text), [`to_ascii`](Chart::to_ascii), `Display` |
//! | [`Images`]: rows of a matrix as grey pictures | [`to_svg`](Images::to_svg), [`save`](Images::save) | [`to_text`](Images::to_text), [`to_ascii`](Images::to_ascii) |
//! | [`ConfusionMap`]: a confusion matrix as a heat map | [`to_svg`](ConfusionMap::to_svg), [`save`](ConfusionMap::save) | [`ConfusionMatrix`](crate::nn::ConfusionMatrix)'s `Display` |
//!
//! Each is plain data, built step by step; nothing is drawn before `to_svg` or `to_text` asks for it. An SVG stands
//! alone: white ground, no script, nothing fetched, XML 1.0 whatever the texts and numbers are. Texts get the
//! space that they may need in any common font (none is measured here), and are shortened where there is less.
//!
//! ```
//! use rowmajor::plot::{Chart, Line};
//! use rowmajor::{linspace, vecmath};
//!
//! let xs = linspace(-8.0, 8.0, 161);
//! let mut ys = xs.clone();
//! vecmath::sigmoid(&mut ys);
//! let chart = Chart::new().title("sigmoid").line(Line::new(&xs, &ys)?.color("pink"));
//! let svg: String = chart.to_svg();
//! println!("{chart}");
//! # Ok::<(), rowmajor::ShapeError>(())
//! ```
#![forbid(unsafe_code)]

mod axis;
mod chart;
mod chart_svg;
mod chart_text;
mod confusion;
mod history;
mod images;
mod legend;
mod png;
mod svg;
mod text;
mod trace;

pub use chart::{Chart, Line};
pub use confusion::ConfusionMap;
pub use images::Images;
