//! A network trained on real handwritten digits, in a second or two.
//!
//! ```text
//! cargo run --release --example train_digits [-- FOLDER]
//! ```
//!
//! Trains 64-50-10 (tanh, softmax) on the first 1297 of the 1797 digits of 8×8 pixels and tests it on the last 500; that
//! split is scikit-learn's usual one, by other writers. On a terminal, a line shows the progress. It prints the loss curve,
//! the accuracy and a hash of the weights, which is the same on every CPU; with FOLDER it writes `loss.svg` and the
//! network, `digits.npz`, there.

#[path = "common/hash.rs"]
mod hash;

use hash::hash;
use rowmajor::io::Npz;
use rowmajor::nn::{Activation, Init, Loss, Network};
use rowmajor::plot::Chart;
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Schedule, Trainer};
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const TRAINED_ON: usize = 1297;
const EPOCHS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let digits = Npz::load(data.join("digits.npz"))?;
    // Pixels 0..16 become 0..1.
    let x = digits.matrix("images")? / 16.0;
    let labels = digits.labels("labels")?;
    let (train, test) = (x.view_rows(..TRAINED_ON)?, x.view_rows(TRAINED_ON..)?);
    let (train_labels, test_labels) = labels.split_at(TRAINED_ON);

    let activations = [Activation::Tanh, Activation::Softmax];
    let network = Network::init(&[64, 50, 10], &activations, Init::Glorot, &mut Rng::new(42))?;
    println!("{network}\n");
    let mut trainer = Trainer::new(network, Adam::new(0.01), Loss::CrossEntropy)?
        .batch_size(32)
        .seed(42)
        .schedule(Schedule::Cosine { epochs: EPOCHS });

    let terminal = std::io::stdout().is_terminal();
    trainer.fit_validated(train, train_labels, test, test_labels, EPOCHS, |epoch| {
        if terminal {
            print!(
                "\repoch {:>2} of {EPOCHS}: loss {:.4}, of the test digits {:.4} ({:.1} % right)",
                epoch.number,
                epoch.loss,
                epoch.validation_loss.unwrap_or(f64::NAN),
                100.0 * epoch.validation_accuracy.unwrap_or(f64::NAN),
            );
            // Only for looks.
            let _ = std::io::stdout().flush();
        }
        ControlFlow::Continue(())
    })?;
    if terminal {
        println!();
    }

    let chart = Chart::from(trainer.history())
        .title("Digits")
        .y_limits(0.0, 0.5);
    println!("{}", chart.to_text(72, 16));
    let evaluation = trainer.network().evaluate(test, test_labels)?;
    let seconds: f64 = trainer
        .history()
        .epochs()
        .iter()
        .map(|epoch| epoch.seconds)
        .sum();
    println!(
        "{} of {} right, {:.1} %; trained in {seconds:.2} s",
        evaluation.confusion.correct(),
        evaluation.confusion.total(),
        100.0 * evaluation.confusion.accuracy()
    );
    println!("weights {:016x}", hash(trainer.network()));
    if let Some(folder) = folder {
        std::fs::create_dir_all(&folder)?;
        chart.save(folder.join("loss.svg"))?;
        trainer.network().save(folder.join("digits.npz"))?;
        println!("written: loss.svg and digits.npz in {}", folder.display());
    }
    Ok(())
}
