//! From the perceptron to the network: AND, NAND and OR by one layer, XOR by two.
//!
//! ```text
//! cargo run --release --example gates
//! ```
//!
//! prints
//!
//! ```text
//!  x1  x2   AND NAND   OR  XOR
//!   0   0     0    1    0    0
//!   1   0     0    1    1    1
//!   0   1     0    1    1    1
//!   1   1     1    0    1    0
//! ```

use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::{Matrix, ShapeError, matrix};

/// One layer with the step function: perceptrons side by side, one per column of the weights.
fn perceptrons(weights: Matrix, bias: Vec<f64>) -> Result<Dense, ShapeError> {
    Dense::new(weights, bias, Activation::Step)
}

fn main() -> Result<(), ShapeError> {
    let inputs = matrix![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];

    let and = Network::new(vec![perceptrons(matrix![[0.5], [0.5]], vec![-0.7])?])?;
    let nand = Network::new(vec![perceptrons(matrix![[-0.5], [-0.5]], vec![0.7])?])?;
    let or = Network::new(vec![perceptrons(matrix![[0.5], [0.5]], vec![-0.2])?])?;
    // No line separates XOR's ones from its zeros; a second layer does: NAND and OR, then AND of both.
    let xor = Network::new(vec![
        perceptrons(matrix![[-0.5, 0.5], [-0.5, 0.5]], vec![0.7, -0.2])?,
        perceptrons(matrix![[0.5], [0.5]], vec![-0.7])?,
    ])?;

    let outputs = [
        and.forward(&inputs)?,
        nand.forward(&inputs)?,
        or.forward(&inputs)?,
        xor.forward(&inputs)?,
    ];
    println!(
        "{:>3} {:>3} {:>5} {:>4} {:>4} {:>4}",
        "x1", "x2", "AND", "NAND", "OR", "XOR"
    );
    for (i, x) in inputs.rows().enumerate() {
        let [and, nand, or, xor] = outputs.each_ref().map(|y| y[(i, 0)]);
        println!(
            "{:>3} {:>3} {and:>5} {nand:>4} {or:>4} {xor:>4}",
            x[0], x[1]
        );
    }
    Ok(())
}
