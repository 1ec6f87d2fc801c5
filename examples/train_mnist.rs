//! A network trained on MNIST.
//!
//! ```text
//! cargo run --release --example train_mnist -- DIR [NETWORK.npz]
//! ```
//!
//! Trains 784-128-10 (relu, softmax) on the 60000 images, an epoch a line, and tests it on the other 10000. With
//! NETWORK.npz it saves a checkpoint there after each epoch, and goes on from one that it finds there. Without arguments
//! it says where to get the images.

#[path = "common/hash.rs"]
mod hash;

use hash::hash;
use rowmajor::io::{Mnist, MnistSet};
use rowmajor::nn::{Activation, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Schedule, Trainer};
use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;

const HELP: &str = "\
usage: cargo run --release --example train_mnist -- DIR [NETWORK.npz]

DIR holds MNIST as downloaded, gzipped or not:
  train-images-idx3-ubyte(.gz), train-labels-idx1-ubyte(.gz), t10k-images-idx3-ubyte(.gz), t10k-labels-idx1-ubyte(.gz)
  from https://storage.googleapis.com/cvdf-datasets/mnist/ or https://ossci-datasets.s3.amazonaws.com/mnist/

NETWORK.npz is written after each epoch; a later run goes on from it, and the mnist example classifies with it.";

const EPOCHS: usize = 12;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (folder, file) = match arguments.as_slice() {
        [folder] => (folder, None),
        [folder, file] => (folder, Some(file)),
        _ => {
            println!("{HELP}");
            return Ok(());
        }
    };
    // Pixels 0 to 255 become 0 to 1.
    let train = Mnist::load(folder, MnistSet::Train)?.scaled();
    let test = Mnist::load(folder, MnistSet::Test)?.scaled();

    let mut trainer = match file {
        Some(file) if file.exists() => Trainer::load(file)?,
        _ => {
            let activations = [Activation::Relu, Activation::Softmax];
            let network =
                Network::init(&[784, 128, 10], &activations, Init::He, &mut Rng::new(42))?;
            Trainer::new(network, Adam::new(0.002), Loss::CrossEntropy)?
                .batch_size(128)
                .seed(42)
                .schedule(Schedule::Cosine { epochs: EPOCHS })
        }
    };
    println!("{}\n", trainer.network());
    while trainer.epoch() < EPOCHS {
        trainer.fit(&train.images, &train.labels, 1, |epoch| {
            println!(
                "epoch {:>2}: loss {:.4}, {:.2} % right, {:.2} s",
                epoch.number,
                epoch.loss,
                100.0 * epoch.accuracy.unwrap_or(f64::NAN),
                epoch.seconds
            );
            ControlFlow::Continue(())
        })?;
        if let Some(file) = file {
            trainer.save(file)?;
        }
    }
    let evaluation = trainer.network().evaluate(&test.images, &test.labels)?;
    println!("\n{evaluation}");
    println!("\nweights {:016x}", hash(trainer.network()));
    Ok(())
}
