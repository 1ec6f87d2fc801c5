//! Chapter 3 of 'Deep Learning from Scratch', result by result, beside what NumPy prints.
//!
//! ```text
//! cargo run --release --example chapter3
//! ```
//!
//! prints a block for each result, of which these are some, and ends with an error where one differs:
//!
//! ```text
//! z
//!   rowmajor  [[ 70.  80.  90.]
//!              [158. 184. 210.]]
//!      NumPy  [[ 70.  80.  90.]
//!              [158. 184. 210.]]
//!             same
//!
//! np.dot(y, y)
//!   rowmajor  matmul: cannot multiply 4x3 by 4x3: inner sizes 3 and 4 differ
//!
//! y = forward(network, x)
//!   rowmajor  [0.31682708 0.69627909]
//!      NumPy  [0.31682708 0.69627909]
//!             same
//!
//! y = softmax([0.3, 2.9, 4.0])
//!   rowmajor  [0.01821127 0.24519181 0.73659691]
//!      NumPy  [0.01821127 0.24519181 0.73659691]
//!             same
//! ```
//!
//! The plots of the chapter are not drawn here; the values that they show are.

use rowmajor::nn::{Activation, Dense, Network};
use rowmajor::{Matrix, arange, matrix, vecmath};
use std::error::Error;
use std::fmt::Display;

/// Prints results beside NumPy's and counts those that differ.
#[derive(Default)]
struct Beside {
    different: usize,
}

impl Beside {
    /// One result: what it is, what this crate prints, what NumPy prints.
    fn show(&mut self, what: &str, ours: impl Display, numpy: &str) {
        let ours = ours.to_string();
        let same = ours == numpy;
        self.different += usize::from(!same);
        println!("{what}");
        for (side, text) in [("rowmajor", ours.as_str()), ("NumPy", numpy)] {
            for (i, line) in text.lines().enumerate() {
                println!("  {:>8}  {line}", if i == 0 { side } else { "" });
            }
        }
        println!("  {:>8}  {}\n", "", if same { "same" } else { "DIFFERENT" });
    }
}

/// A row of values as NumPy prints a vector.
fn vector(values: &[f64]) -> String {
    let row = Matrix::from(values.to_vec()).to_string();
    row[1..row.len() - 1].to_owned()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numpy = Beside::default();

    println!("3.2 Activation functions\n");
    let x = arange(-8.0, 8.0, 0.1)?;
    numpy.show("x = np.arange(-8, 8, 0.1); len(x)", x.len(), "160");
    numpy.show("x[:5]", vector(&x[..5]), "[-8.  -7.9 -7.8 -7.7 -7.6]");

    let mut step = Matrix::from(x.clone());
    Activation::Step.apply(&mut step);
    // The value next to 0 is -2.84e-14: arange adds rounded steps, in NumPy and here.
    numpy.show(
        "step(x)[78:83]",
        vector(&step.row(0)[78..83]),
        "[0. 0. 0. 1. 1.]",
    );
    numpy.show("step(x).sum()", step.sum(), "79");

    let mut sigmoid = Matrix::from(x.clone());
    Activation::Sigmoid.apply(&mut sigmoid);
    numpy.show(
        "sigmoid(x)[:5]",
        vector(&sigmoid.row(0)[..5]),
        "[0.00033535 0.00037061 0.00040957 0.00045262 0.0005002 ]",
    );
    numpy.show(
        "sigmoid(x)[78:83]",
        vector(&sigmoid.row(0)[78..83]),
        "[0.450166   0.47502081 0.5        0.52497919 0.549834  ]",
    );

    let mut relu = matrix![[-2.0, -0.5, 0.0, 0.5, 2.0]];
    Activation::Relu.apply(&mut relu);
    numpy.show(
        "relu([-2, -0.5, 0, 0.5, 2])",
        vector(relu.row(0)),
        "[0.  0.  0.  0.5 2. ]",
    );

    println!("3.3 Products of matrices: (A×B)·(B×C) is A×C\n");
    let x = Matrix::from_vec(2, 4, (1..=8).map(f64::from).collect())?;
    let y = Matrix::from_vec(4, 3, (1..=12).map(f64::from).collect())?;
    let z = x.matmul(&y)?;
    let shape = |m: &Matrix| format!("({}, {})", m.nrows(), m.ncols());
    numpy.show("x.shape", shape(&x), "(2, 4)");
    numpy.show("y.shape", shape(&y), "(4, 3)");
    numpy.show("z = np.dot(x, y); z.shape", shape(&z), "(2, 3)");
    numpy.show("z", &z, "[[ 70.  80.  90.]\n [158. 184. 210.]]");
    let error = y.matmul(&y).expect_err("4x3 by 4x3 does not fit");
    println!("np.dot(y, y)\n  rowmajor  {error}\n");

    println!("3.4 The three-layer network\n");
    let network = Network::new(vec![
        Dense::new(
            matrix![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
            vec![0.1, 0.2, 0.3],
            Activation::Sigmoid,
        )?,
        Dense::new(
            matrix![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
            vec![0.1, 0.2],
            Activation::Sigmoid,
        )?,
        Dense::new(
            matrix![[0.1, 0.3], [0.2, 0.4]],
            vec![0.1, 0.2],
            Activation::Identity,
        )?,
    ])?;
    println!("{network}\n");
    let x = Matrix::from(vec![1.0, 0.5]);
    let z1 = network.layers()[0].forward(&x)?;
    let z2 = network.layers()[1].forward(&z1)?;
    numpy.show(
        "z1 = sigmoid(np.dot(x, w1) + b1)",
        vector(z1.row(0)),
        "[0.57444252 0.66818777 0.75026011]",
    );
    numpy.show(
        "z2 = sigmoid(np.dot(z1, w2) + b2)",
        vector(z2.row(0)),
        "[0.62624937 0.7710107 ]",
    );
    let y = network.forward(&x)?;
    numpy.show(
        "y = forward(network, x)",
        vector(y.row(0)),
        "[0.31682708 0.69627909]",
    );
    println!(
        "to the last bit: {:?}, NumPy's 0.3168270764110298, 0.6962790898619668\n",
        y.row(0)
    );

    println!("3.5 The output layer: identity for regression, softmax for classes\n");
    let a = [0.3, 2.9, 4.0];
    let mut y = a;
    vecmath::softmax(&mut y);
    numpy.show(
        "y = softmax([0.3, 2.9, 4.0])",
        vector(&y),
        "[0.01821127 0.24519181 0.73659691]",
    );
    numpy.show("np.sum(y)", format!("{:?}", y.iter().sum::<f64>()), "1.0");
    let order = |values: &[f64]| Matrix::from(values.to_vec()).argmax_rows();
    println!(
        "the largest stays where it was: {:?} before softmax, {:?} after\n",
        order(&a)?,
        order(&y)?
    );

    let mut large = [1010.0, 1000.0, 990.0];
    let mut naive = large;
    vecmath::exp(&mut naive);
    let sum: f64 = naive.iter().sum();
    naive.iter_mut().for_each(|e| *e /= sum);
    numpy.show(
        "np.exp(a) / np.sum(np.exp(a)) of [1010, 1000, 990], which overflows",
        vector(&naive),
        "[nan nan nan]",
    );
    vecmath::softmax(&mut large);
    numpy.show(
        "softmax(a), shifted by its maximum",
        vector(&large),
        "[9.99954600e-01 4.53978686e-05 2.06106005e-09]",
    );

    println!("3.6 Inference\n");
    println!(
        "with accuracy, batches and pictures, on real digits: cargo run --release --example digits"
    );
    match numpy.different {
        0 => Ok(()),
        different => Err(format!("{different} results differ from NumPy's").into()),
    }
}
