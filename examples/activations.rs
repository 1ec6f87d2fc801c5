//! The chapter's figures: step (and step from near), sigmoid, both in one, ReLU.
//!
//! ```text
//! cargo run --release --example activations [FOLDER]
//! ```
//!
//! Writes five SVG files into the folder (`target/figures` without one) and prints the same charts as text, the third of
//! them (with the whole path):
//!
//! ```text
//!                                     sigmoid
//!      sigmoid(x)
//!  2.0 ┤
//!      │
//!  1.5 ┤
//!      │
//!      │
//!  1.0 ┤                                         ⣀⣠⠤⠤⠤⠤⠖⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒
//!      │                                    ⢀⠤⠒⠊⠉
//!      │                                 ⢠⠔⠋⠁
//!  0.5 ┤                              ⣀⠤⠊⠁
//!      │                         ⢀⣀⠤⠔⠋
//!  0.0 ┤   ⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠊⠉⠁
//!      │
//!      │
//! -0.5 ┤
//!      │
//! -1.0 ┤
//!      └───┬──────┬───────┬──────┬───────┬──────┬───────┬──────┬───────┬──
//!         -8     -6      -4     -2       0      2       4      6       8
//!                                        x
//!                                  ⠒⠒⠒⠒⠒ sigmoid
//!
//! wrote target/figures/sigmoid.svg
//! ```

use rowmajor::nn::Activation;
use rowmajor::plot::{Chart, Line};
use rowmajor::{ShapeError, arange};
use std::error::Error;
use std::path::{Path, PathBuf};

/// The activation's line over `xs`.
fn line(activation: Activation, xs: &[f64]) -> Result<Line, ShapeError> {
    let ys: Vec<f64> = xs.iter().map(|&x| activation.of(x)).collect();
    Ok(Line::new(xs, &ys)?.label(activation.name()))
}

fn figures() -> Result<[(&'static str, Chart); 5], ShapeError> {
    let xs = arange(-8.0, 8.0, 0.1)?;
    let narrow = arange(-5.0, 5.0, 0.1)?;
    let chart = |title| Chart::new().title(title).x_label("x");
    Ok([
        (
            "step.svg",
            chart("step")
                .y_label("step(x)")
                .y_limits(-1.0, 2.0)
                .line(line(Activation::Step, &xs)?.color("pink")),
        ),
        (
            "step-near.svg",
            chart("step")
                .y_label("step(x)")
                .x_limits(-5.0, 5.0)
                .y_limits(-0.1, 1.1)
                .line(line(Activation::Step, &narrow)?.color("pink")),
        ),
        (
            "sigmoid.svg",
            chart("sigmoid")
                .y_label("sigmoid(x)")
                .y_limits(-1.0, 2.0)
                .line(line(Activation::Sigmoid, &xs)?.color("pink")),
        ),
        (
            "sigmoid-step.svg",
            chart("sigmoid & step")
                .y_label("y")
                .y_limits(-1.0, 2.0)
                .line(line(Activation::Sigmoid, &xs)?.color("pink"))
                .line(line(Activation::Step, &xs)?.color("purple").dashed()),
        ),
        (
            "relu.svg",
            chart("ReLU")
                .y_label("relu(x)")
                .y_limits(-1.0, 5.5)
                .line(line(Activation::Relu, &narrow)?.color("pink")),
        ),
    ])
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/figures"),
        PathBuf::from,
    );
    std::fs::create_dir_all(&folder)?;
    for (name, chart) in figures()? {
        let path = folder.join(name);
        chart.save(&path)?;
        println!("{chart}\n\nwrote {}\n", path.display());
    }
    Ok(())
}
