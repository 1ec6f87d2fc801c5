//! MNIST, classified by a trained network.
//!
//! ```text
//! cargo run --release --example mnist -- DIR WEIGHTS.npz
//! ```
//!
//! Without arguments it says where to get both.
//!
//! With the weights that come with 'Deep Learning from Scratch' it prints, among others:
//!
//! ```text
//! accuracy: 9352 of 10000 (93.52 %)
//! mean cross-entropy: 0.224544
//!    class  precision   recall       f1  samples
//!        0      93.9%    98.2%    96.0%      980
//!        1      97.6%    97.7%    97.7%     1135
//! ```

use rowmajor::Matrix;
use rowmajor::io::{Mnist, MnistSet, Npz};
use rowmajor::nn::{Activation, Network, Predictor, top_k};
use rowmajor::plot::{ConfusionMap, Images};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

const HELP: &str = "\
usage: cargo run --release --example mnist -- DIR WEIGHTS.npz [FIGURES]

DIR holds the MNIST test set as downloaded, gzipped or not:
  t10k-images-idx3-ubyte(.gz), t10k-labels-idx1-ubyte(.gz)
  from https://storage.googleapis.com/cvdf-datasets/mnist/ or https://ossci-datasets.s3.amazonaws.com/mnist/

WEIGHTS.npz holds a network. That of the book's chapter 3, sample_weight.pkl from
https://github.com/WegraLee/deep-learning-from-scratch (folder ch03), becomes one in two lines of Python:
  import pickle, numpy as np
  np.savez('sample_weight.npz', **pickle.load(open('sample_weight.pkl', 'rb')))

FIGURES is a folder for two pictures, confusion.svg and wrong.svg; without it none are drawn.";

const BATCH: usize = 100;
const SHOWN: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (folder, weights, figures) = match arguments.as_slice() {
        [folder, weights] => (folder, weights, None),
        [folder, weights, figures] => (folder, weights, Some(figures)),
        _ => {
            println!("{HELP}");
            return Ok(());
        }
    };

    let start = Instant::now();
    let network = load_network(weights)?;
    println!("{network}\n");
    // Normalisation: pixels 0 to 255 become 0 to 1, as in training.
    let test = Mnist::load(folder, MnistSet::Test)?.scaled();
    let evaluation = network.evaluate(&test.images, &test.labels)?;
    let seconds = start.elapsed().as_secs_f64();

    println!("{evaluation}\n");
    println!("{}\n", evaluation.confusion);
    let wrong: Vec<usize> = (0..test.labels.len())
        .filter(|&i| evaluation.predicted[i] != test.labels[i])
        .collect();
    for &i in wrong.iter().take(SHOWN) {
        println!("image {i}, a {}:", test.labels[i]);
        println!("{}", picture(&test, i, evaluation.outputs.row(i))?);
    }
    println!(
        "read, unpacked and classified in {seconds:.3} s; {}",
        speed(&network, &test.images)?
    );
    if let Some(figures) = figures {
        draw(figures, &test, &evaluation, &wrong)?;
    }
    Ok(())
}

/// The network, also where the file has weights alone, as the book's: sigmoid between its layers, softmax at the end.
fn load_network(path: &Path) -> Result<Network, Box<dyn Error>> {
    let npz = Npz::load(path)?;
    if npz.names().any(|name| name == "activations") {
        return Ok(Network::from_npz(&npz)?);
    }
    let layers = npz
        .names()
        .filter(|name| name.starts_with(['w', 'W']))
        .count();
    let mut activations = vec![Activation::Sigmoid; layers];
    if let Some(last) = activations.last_mut() {
        *last = Activation::Softmax;
    }
    Ok(Network::from_npz_with(&npz, &activations)?)
}

/// One image as text, under it the three most likely classes.
fn picture(test: &Mnist, i: usize, probabilities: &[f64]) -> Result<String, Box<dyn Error>> {
    let image = test.images.view_rows(i..=i)?;
    let text = Images::new(image, test.height, test.width)?
        .limits(0.0, 1.0)
        .to_text(2 * test.width);
    let best: Vec<String> = top_k(probabilities, 3)
        .into_iter()
        .map(|class| format!("{class}: {:.1} %", 100.0 * probabilities[class]))
        .collect();
    Ok(format!("{text}\n{}\n", best.join("   ")))
}

/// Images per second in batches and one by one, with the predictor that a service would keep.
fn speed(network: &Network, images: &Matrix) -> Result<String, Box<dyn Error>> {
    let predictor = Predictor::new(network);
    let mut rates = Vec::new();
    for batch in [BATCH, 1] {
        let mut out = Matrix::zeros(images.nrows(), network.outputs());
        let start = Instant::now();
        let mut done = 0;
        for (rows, out) in images.batches(batch).zip(out.batches_mut(batch)) {
            predictor.forward_into(rows, out)?;
            done += rows.nrows();
        }
        rates.push(done as f64 / start.elapsed().as_secs_f64());
    }
    Ok(format!(
        "{:.0} images per second in batches of {BATCH}, {:.0} one by one",
        rates[0], rates[1]
    ))
}

/// The confusion matrix, and the first images that were taken for another digit.
fn draw(
    folder: &Path,
    test: &Mnist,
    evaluation: &rowmajor::nn::Evaluation,
    wrong: &[usize],
) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    ConfusionMap::new(&evaluation.confusion)
        .title("MNIST test set")
        .save(folder.join("confusion.svg"))?;
    let shown = &wrong[..wrong.len().min(40)];
    let captions: Vec<String> = shown
        .iter()
        .map(|&i| format!("{} as {}", test.labels[i], evaluation.predicted[i]))
        .collect();
    let images = Matrix::from_rows(shown.iter().map(|&i| test.images.row(i)))?;
    Images::new(&images, test.height, test.width)?
        .captions(&captions)?
        .limits(0.0, 1.0)
        .columns(10)
        .title("Taken for another digit")
        .save(folder.join("wrong.svg"))?;
    println!("confusion.svg and wrong.svg are in {}", folder.display());
    Ok(())
}
