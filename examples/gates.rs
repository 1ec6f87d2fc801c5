//! From the perceptron to the network: AND, NAND and OR by one layer, whose weights are set; XOR by two, learned.
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

use rowmajor::nn::{Activation, Dense, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::train::{Sgd, TrainError, Trainer};
use rowmajor::{Matrix, ShapeError, matrix};
use std::ops::ControlFlow;

/// One layer with the step function: perceptrons side by side, one per column of the weights.
fn perceptrons(weights: Matrix, bias: Vec<f64>) -> Result<Dense, ShapeError> {
    Dense::new(weights, bias, Activation::Step)
}

fn main() -> Result<(), TrainError> {
    let inputs = matrix![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];

    let and = Network::new(vec![perceptrons(matrix![[0.5], [0.5]], vec![-0.7])?])?;
    let nand = Network::new(vec![perceptrons(matrix![[-0.5], [-0.5]], vec![0.7])?])?;
    let or = Network::new(vec![perceptrons(matrix![[0.5], [0.5]], vec![-0.2])?])?;
    // No line separates XOR's ones from its zeros; a second layer does. Its weights are found by descending the loss.
    let activations = [Activation::Tanh, Activation::Sigmoid];
    let start = Network::init(&[2, 3, 1], &activations, Init::Glorot, &mut Rng::new(1))?;
    let mut trainer = Trainer::new(start, Sgd::new(0.5).momentum(0.9), Loss::BinaryCrossEntropy)?;
    trainer.fit(&inputs, &[0, 1, 1, 0], 500, |_| ControlFlow::Continue(()))?;
    let mut xor = trainer.network().forward(&inputs)?;
    // A probability above one half is a 1.
    xor -= 0.5;
    Activation::Step.apply(&mut xor);

    let outputs = [
        and.forward(&inputs)?,
        nand.forward(&inputs)?,
        or.forward(&inputs)?,
        xor,
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
