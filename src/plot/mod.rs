//! Pictures: line charts, images and confusion matrices, as SVG and as text for a terminal.
//!
//! | picture | SVG | text |
//! | --- | --- | --- |
//! | [`Chart`] of [`Line`]s | [`to_svg`](Chart::to_svg), [`save`](Chart::save) | [`to_text`](Chart::to_text), [`to_ascii`](Chart::to_ascii), `Display` |
//!
//! Each is plain data, built step by step; nothing is drawn before `to_svg` or `to_text` asks for it. An SVG stands
//! alone: white ground, no script, nothing fetched, XML 1.0 whatever the texts and numbers are. Texts are given what
//! room they may need in any common font (there is none here to measure with) and are shortened where there is less.
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
mod legend;
mod svg;
mod text;
mod trace;

pub use chart::{Chart, Line};
