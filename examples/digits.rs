//! Real handwritten digits, classified by a network that was trained elsewhere.
//!
//! ```text
//! cargo run --release --example digits
//! ```
//!
//! Loads 1797 digits of 8×8 pixels and a 64-50-100-10 network (sigmoid, sigmoid, softmax) that scikit-learn trained on
//! the first 1297 of them, classifies the last 500 in batches of 100, and compares with scikit-learn's own answers.
//! `examples/data/README.md` says where the data are from. It prints, among others, the confusion matrix, the speed and
//!
//! ```text
//! 461 of the last 500 right: accuracy 92.2 %
//! 500 of 500 classes as scikit-learn's; largest difference of a probability: 2.2e-15
//!
//! digit 1361, a 5, classified wrong:
//!         ░░▒▒▓▓▓▓
//!         ▓▓██▒▒░░
//!         ▒▒▒▒            6:  66.0 %
//!         ▓▓░░░░          8:  30.1 %
//!       ░░██████▒▒        5:   3.8 %
//!       ░░▓▓░░  ▓▓░░
//!         ░░░░░░██
//!         ░░▓▓██▒▒
//! ```

use rowmajor::io::Npz;
use rowmajor::nn::{ConfusionMatrix, Network, Predictor};
use rowmajor::{Matrix, MatrixView};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const TRAINED_ON: usize = 1297;
const BATCH: usize = 100;
const SIDE: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let digits = Npz::load(data.join("digits.npz"))?;
    let images = digits.matrix("images")?;
    let labels = digits.labels("labels")?;
    let network = Network::load(data.join("digits-network.npz"))?;
    println!(
        "{} digits of {SIDE}x{SIDE} pixels; the network:\n{network}\n",
        images.nrows()
    );

    // Normalisation: pixels 0..16 become 0..1, as in training.
    let inputs = images / 16.0;
    let test = inputs.view_rows(TRAINED_ON..)?;
    let truth = &labels[TRAINED_ON..];

    let probabilities = classify(&network, test)?;
    // The largest probability names the class.
    let predicted = probabilities.argmax_rows()?;
    // Where only the class is wanted, softmax is left out, and the answers are the same.
    assert_eq!(network.predict(test)?, predicted);

    let confusion = ConfusionMatrix::new(network.classes(), truth, &predicted)?;
    println!(
        "{} of the last {} right: accuracy {:.1} %\n",
        confusion.correct(),
        confusion.total(),
        100.0 * confusion.accuracy()
    );
    println!("{confusion}\n");

    let expected = Npz::load(data.join("digits-expected.npz"))?;
    let same = predicted
        .iter()
        .zip(expected.labels("classes")?)
        .filter(|&(&ours, theirs)| ours == theirs)
        .count();
    let difference = probabilities.max_abs_diff(&expected.matrix("probabilities")?)?;
    println!(
        "{same} of {} classes as scikit-learn's; largest difference of a probability: {difference:.1e}",
        truth.len()
    );

    println!("{}\n", speed(&network, test)?);

    let (right, wrong): (Vec<usize>, Vec<usize>) =
        (0..truth.len()).partition(|&i| predicted[i] == truth[i]);
    for (what, digits) in [("right", &right), ("wrong", &wrong)] {
        for &i in digits.iter().take(3) {
            println!(
                "digit {}, a {}, classified {what}:",
                TRAINED_ON + i,
                truth[i]
            );
            println!("{}", picture(test.row(i), probabilities.row(i)));
        }
    }

    if same != truth.len() || difference.is_nan() || difference >= 1e-12 {
        return Err("the answers are not scikit-learn's".into());
    }
    Ok(())
}

/// The probabilities of each class for each row, computed batch by batch, each into its place: nothing is copied.
fn classify(network: &Network, x: MatrixView<'_>) -> Result<Matrix, Box<dyn Error>> {
    let mut probabilities = Matrix::zeros(x.nrows(), network.outputs());
    let predictor = Predictor::new(network);
    for (batch, out) in x.batches(BATCH).zip(probabilities.batches_mut(BATCH)) {
        predictor.forward_into(batch, out)?;
    }
    Ok(probabilities)
}

/// Images per second in batches and one by one, with the predictor that a service would keep.
fn speed(network: &Network, x: MatrixView<'_>) -> Result<String, Box<dyn Error>> {
    let predictor = Predictor::new(network);
    let mut rates = Vec::new();
    for batch in [BATCH, 1] {
        let mut out = Matrix::zeros(x.nrows(), network.outputs());
        let (start, mut images) = (Instant::now(), 0);
        while start.elapsed().as_millis() < 200 {
            for (x, out) in x.batches(batch).zip(out.batches_mut(batch)) {
                predictor.forward_into(x, out)?;
                images += x.nrows();
            }
        }
        rates.push(f64::from(u32::try_from(images)?) / start.elapsed().as_secs_f64());
    }
    Ok(format!(
        "{:.0} images per second in batches of {BATCH}, {:.0} one by one",
        rates[0], rates[1]
    ))
}

/// The pixels as text, two characters each so that it looks square, beside the three most likely classes.
fn picture(pixels: &[f64], probabilities: &[f64]) -> String {
    const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
    let mut classes: Vec<usize> = (0..probabilities.len()).collect();
    classes.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let mut text = String::new();
    for (i, row) in pixels.chunks(SIDE).enumerate() {
        text += "    ";
        for pixel in row {
            let shade = SHADES[(pixel * (SHADES.len() - 1) as f64).round() as usize];
            text.extend([shade, shade]);
        }
        match i.checked_sub(2).and_then(|place| classes.get(place)) {
            Some(&class) if i < 5 => {
                text += &format!("    {class}: {:>5.1} %", 100.0 * probabilities[class])
            }
            _ => {}
        }
        text = text.trim_end().to_owned() + "\n";
    }
    text
}
