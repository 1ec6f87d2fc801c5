//! The page in `examples/web`: draw a digit and see what a network takes it for, train one in the browser.
//!
//! ```text
//! .ci/web serve
//! ```
//!
//! builds this file for `wasm32-unknown-unknown`, puts it beside the page into `target/web`, and serves that folder on this
//! computer.
//!
//! The functions below are the whole interface. Files, text and strokes pass through two buffers, [`bytes`] and
//! [`numbers`]: JavaScript asks for one of some length and writes there, or reads there what a call left. A call returns -1
//! where it failed; the bytes then say why. There is no `unsafe` block: Rust never follows an address from outside.
//!
//! The same file, built for the computer at hand (`cargo build --release --example web`), is a library that Python's
//! `ctypes` can call. `.ci/web test` does, and compares its results with the browser's, bit for bit.
// A `#[no_mangle]` function is found by its name, not by a path in Rust.
#![allow(unreachable_pub, reason = "the functions are exported")]

#[path = "common/hash.rs"]
mod hash;

use hash::hash;
use rowmajor::io::{Npz, NpzWriter};
use rowmajor::nn::{Activation, Init, Loss, Network};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Schedule, Trainer};
use rowmajor::{Matrix, MatrixView};
use std::cell::RefCell;
use std::error::Error;
use std::ops::ControlFlow;

/// Digits that train the network; the others test it. As in `train_digits`.
const TRAINED_ON: usize = 1297;
const EPOCHS: usize = 30;

/// What a page has open.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    numbers: Vec<f64>,
    digits: Option<(Matrix, Vec<usize>)>,
    network: Option<Network>,
    trainer: Option<Trainer>,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::default();
}

/// Runs a call: what it returns, or -1 and the error's text in the bytes.
fn call(work: impl FnOnce(&mut Page) -> Result<usize, Box<dyn Error>>) -> i32 {
    PAGE.with_borrow_mut(|page| match work(page) {
        Ok(result) => i32::try_from(result).unwrap_or(i32::MAX),
        Err(error) => {
            page.bytes = error.to_string().into_bytes();
            -1
        }
    })
}

/// Where so many bytes are to be written; null where there is no memory for them.
#[unsafe(no_mangle)]
pub extern "C" fn bytes(len: usize) -> *mut u8 {
    PAGE.with_borrow_mut(|page| buffer(&mut page.bytes, len, 0))
}

/// Where the bytes are that the last call left.
#[unsafe(no_mangle)]
pub extern "C" fn bytes_start() -> *const u8 {
    PAGE.with_borrow(|page| page.bytes.as_ptr())
}

/// How many they are.
#[unsafe(no_mangle)]
pub extern "C" fn bytes_len() -> usize {
    PAGE.with_borrow(|page| page.bytes.len())
}

/// Where so many numbers are to be written; null where there is no memory for them.
#[unsafe(no_mangle)]
pub extern "C" fn numbers(len: usize) -> *mut f64 {
    PAGE.with_borrow_mut(|page| buffer(&mut page.numbers, len, 0.0))
}

/// Where the numbers are that the last call left.
#[unsafe(no_mangle)]
pub extern "C" fn numbers_start() -> *const f64 {
    PAGE.with_borrow(|page| page.numbers.as_ptr())
}

/// How many they are.
#[unsafe(no_mangle)]
pub extern "C" fn numbers_len() -> usize {
    PAGE.with_borrow(|page| page.numbers.len())
}

fn buffer<T: Copy>(buffer: &mut Vec<T>, len: usize, zero: T) -> *mut T {
    buffer.clear();
    if buffer.try_reserve_exact(len).is_err() {
        return std::ptr::null_mut();
    }
    buffer.resize(len, zero);
    buffer.as_mut_ptr()
}

/// Opens the `.npz` file in the bytes: the network that classifies from now on. Returns how many inputs it has.
#[unsafe(no_mangle)]
pub extern "C" fn open_network() -> i32 {
    call(|page| {
        let network = Network::from_npz(&Npz::from_bytes(std::mem::take(&mut page.bytes))?)?;
        let (inputs, outputs) = (network.inputs(), network.outputs());
        if inputs != 8 * 8 && inputs != 28 * 28 {
            return Err(format!(
                "the network has {inputs} inputs; this page draws 8×8 pixels (64) or 28×28 (784)"
            )
            .into());
        }
        if outputs != 10 {
            return Err(format!(
                "the network has {outputs} outputs, not one for each of ten digits"
            )
            .into());
        }
        let last = network.layers().last().map(|layer| layer.activation());
        if last != Some(Activation::Softmax) {
            return Err(
                "the network's last activation is not softmax, which gives probabilities".into(),
            );
        }
        page.network = Some(network);
        Ok(inputs)
    })
}

/// Leaves in the bytes the network's sizes and activations, as `64-50-10, tanh, softmax`.
#[unsafe(no_mangle)]
pub extern "C" fn describe_network() -> i32 {
    call(|page| {
        let network = page.network.as_ref().ok_or(NO_NETWORK)?;
        let mut text = network.inputs().to_string();
        for layer in network.layers() {
            text += &format!("-{}", layer.outputs());
        }
        for layer in network.layers() {
            text += &format!(", {}", layer.activation());
        }
        page.bytes = text.into_bytes();
        Ok(0)
    })
}

/// Classifies what is drawn: the numbers are x and y of the strokes' points, with NaN, NaN between two strokes. Leaves there
/// the picture, row by row, 0 to 1, and the ten probabilities; returns the class.
#[unsafe(no_mangle)]
pub extern "C" fn classify() -> i32 {
    call(|page| {
        let network = page.network.as_ref().ok_or(NO_NETWORK)?;
        let points: Vec<Point> = page.numbers.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        let picture = match network.inputs() {
            784 => draw(&points, &MNIST),
            _ => draw(&points, &DIGITS),
        };
        answer(network, &picture, &mut page.numbers)
    })
}

/// Opens the digits, a file with `images` and `labels`, in the bytes; returns how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn open_digits() -> i32 {
    call(|page| {
        let digits = Npz::from_bytes(std::mem::take(&mut page.bytes))?;
        let (x, labels) = (digits.matrix("images")? / 16.0, digits.labels("labels")?);
        if x.nrows() <= TRAINED_ON || x.nrows() != labels.len() {
            let (rows, labels) = (x.nrows(), labels.len());
            return Err(format!(
                "{rows} digits with {labels} labels, not more than {TRAINED_ON} with as many"
            )
            .into());
        }
        let rows = x.nrows();
        page.digits = Some((x, labels));
        Ok(rows)
    })
}

/// As [`classify`], for one of the test digits, counted from 0; its label is the last number.
#[unsafe(no_mangle)]
pub extern "C" fn classify_digit(index: usize) -> i32 {
    call(|page| {
        let network = page.network.as_ref().ok_or(NO_NETWORK)?;
        let (x, labels) = page.digits.as_ref().ok_or(NO_DIGITS)?;
        let row = TRAINED_ON + index % (x.nrows() - TRAINED_ON);
        let class = answer(network, x.row(row), &mut page.numbers)?;
        page.numbers.push(labels[row] as f64);
        Ok(class)
    })
}

/// Classifies all test digits in one batch and leaves their probabilities; returns how many classes are right.
#[unsafe(no_mangle)]
pub extern "C" fn classify_test() -> i32 {
    call(|page| {
        let network = page.network.as_ref().ok_or(NO_NETWORK)?;
        let (x, labels) = page.digits.as_ref().ok_or(NO_DIGITS)?;
        let found = network.forward(x.view_rows(TRAINED_ON..)?)?;
        let classes = found.argmax_rows()?;
        let right = classes
            .iter()
            .zip(&labels[TRAINED_ON..])
            .filter(|(found, label)| found == label);
        let right = right.count();
        page.numbers = found.into_vec();
        Ok(right)
    })
}

/// A new network, and all that `train_digits` trains one with. Returns for how many epochs.
#[unsafe(no_mangle)]
pub extern "C" fn start_training() -> i32 {
    call(|page| {
        let activations = [Activation::Tanh, Activation::Softmax];
        let network = Network::init(&[64, 50, 10], &activations, Init::Glorot, &mut Rng::new(42))?;
        let trainer = Trainer::new(network, Adam::new(0.01), Loss::CrossEntropy)?
            .batch_size(32)
            .seed(42)
            .schedule(Schedule::Cosine { epochs: EPOCHS });
        page.trainer = Some(trainer);
        Ok(EPOCHS)
    })
}

/// Trains for one epoch: who wants to stop calls no more. Leaves four numbers: the mean loss, the share of digits that were
/// classified right, and both for the test digits; and in the bytes the hash of the weights. Returns the epoch, from 1.
#[unsafe(no_mangle)]
pub extern "C" fn train_epoch() -> i32 {
    call(|page| {
        let trainer = page.trainer.as_mut().ok_or(NO_TRAINER)?;
        let (x, labels) = page.digits.as_ref().ok_or(NO_DIGITS)?;
        let (train, test) = (x.view_rows(..TRAINED_ON)?, x.view_rows(TRAINED_ON..)?);
        let (train_labels, test_labels) = labels.split_at(TRAINED_ON);
        let go_on = |_: &_| ControlFlow::Continue(());
        trainer.fit_validated(train, train_labels, test, test_labels, 1, go_on)?;
        let epoch = trainer.history().last().ok_or(NO_TRAINER)?;
        let shares = [
            epoch.accuracy,
            epoch.validation_loss,
            epoch.validation_accuracy,
        ];
        page.numbers = vec![epoch.loss];
        page.numbers
            .extend(shares.map(|share| share.unwrap_or(f64::NAN)));
        page.bytes = format!("{:016x}", hash(trainer.network())).into_bytes();
        Ok(epoch.number)
    })
}

/// Leaves in the bytes the network that was trained, as an `.npz` file.
#[unsafe(no_mangle)]
pub extern "C" fn save_trained() -> i32 {
    call(|page| {
        let trainer = page.trainer.as_ref().ok_or(NO_TRAINER)?;
        let mut npz = NpzWriter::new(Vec::new());
        trainer.network().write_npz(&mut npz)?;
        page.bytes = npz.finish()?;
        Ok(0)
    })
}

const NO_NETWORK: &str = "no network is open";
const NO_DIGITS: &str = "the digits are not open";
const NO_TRAINER: &str = "no training has begun";

/// The picture and its probabilities, one after the other; returns the class.
fn answer(
    network: &Network,
    picture: &[f64],
    numbers: &mut Vec<f64>,
) -> Result<usize, Box<dyn Error>> {
    let found = network.forward(MatrixView::from_slice(1, picture.len(), picture)?)?;
    let class = found.argmax_rows()?.first().copied();
    numbers.clear();
    numbers.extend_from_slice(picture);
    numbers.extend_from_slice(found.as_slice());
    class.ok_or_else(|| "the network gives no class".into())
}

type Point = (f64, f64);

/// How the digits of a data set were brought to their size. A pixel is a block of 4×4 points, and counts those with ink.
struct Form {
    /// Pixels of a row.
    side: usize,
    /// The digit's height and width at most, and half of the pen's width, in points.
    height: f64,
    width: f64,
    pen: f64,
    /// Whether the ink's centre of mass, not the digit's frame, is in the middle.
    by_mass: bool,
}

/// scikit-learn's digits: bitmaps of 32×32, the digit as high as they are.
const DIGITS: Form = Form {
    side: 8,
    height: 32.0,
    width: 24.0,
    pen: 2.4,
    by_mass: false,
};

/// MNIST's: within 20×20 of 28×28 pixels.
const MNIST: Form = Form {
    side: 28,
    height: 80.0,
    width: 80.0,
    pen: 4.5,
    by_mass: true,
};

const BLOCK: usize = 4;

/// The strokes as a picture, 0 to 1.
fn draw(points: &[Point], form: &Form) -> Vec<f64> {
    let size = form.side * BLOCK;
    let drawn = points
        .iter()
        .filter(|(x, y)| x.is_finite() && y.is_finite());
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let (x, y) = drawn.fold((none, none), |(x, y), p| {
        ((x.0.min(p.0), x.1.max(p.0)), (y.0.min(p.1), y.1.max(p.1)))
    });
    let mut ink = vec![false; size * size];
    if x.0 <= x.1 && y.0 <= y.1 {
        // A digit without width or height is no reason to divide by zero; a dot stays one.
        let fit = |space: f64, extent: f64| (space - 2.0 * form.pen) / extent.max(1e-3);
        let scale = fit(form.width, x.1 - x.0).min(fit(form.height, y.1 - y.0));
        let middle = ((x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0);
        let scaled = |centre: Point| -> Vec<Point> {
            let place = |p: &Point| {
                (
                    (p.0 - middle.0) * scale + centre.0,
                    (p.1 - middle.1) * scale + centre.1,
                )
            };
            points.iter().map(place).collect()
        };
        let half = size as f64 / 2.0;
        stroke(&scaled((half, half)), form.pen, size, &mut ink);
        if form.by_mass {
            // MNIST moved its pictures by whole pixels.
            let whole = |mean: f64| ((half - mean) / BLOCK as f64).round() * BLOCK as f64;
            let (x, y) = centre_of_mass(&ink, size);
            ink.fill(false);
            stroke(
                &scaled((half + whole(x), half + whole(y))),
                form.pen,
                size,
                &mut ink,
            );
        }
    }
    let mut picture = vec![0.0; form.side * form.side];
    for (i, _) in ink.iter().enumerate().filter(|&(_, &ink)| ink) {
        let (row, col) = (i / size / BLOCK, i % size / BLOCK);
        picture[row * form.side + col] += 1.0 / (BLOCK * BLOCK) as f64;
    }
    picture
}

/// Inks the points that are as near as `pen` to a line from one point to the next.
fn stroke(points: &[Point], pen: f64, size: usize, ink: &mut [bool]) {
    let mut last = None;
    for &to in points {
        if !(to.0.is_finite() && to.1.is_finite()) {
            last = None;
            continue;
        }
        let from = last.replace(to).unwrap_or(to);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx * dx + dy * dy;
        let range = |a: f64, b: f64| {
            // Conversions saturate.
            let (first, end) = (a.min(b) - pen, a.max(b) + pen + 1.0);
            (first as usize).min(size)..(end as usize).min(size)
        };
        for row in range(from.1, to.1) {
            for col in range(from.0, to.0) {
                let (x, y) = (col as f64 + 0.5 - from.0, row as f64 + 0.5 - from.1);
                let along = match length > 0.0 {
                    true => ((x * dx + y * dy) / length).clamp(0.0, 1.0),
                    false => 0.0,
                };
                let (x, y) = (x - along * dx, y - along * dy);
                if x * x + y * y <= pen * pen {
                    ink[row * size + col] = true;
                }
            }
        }
    }
}

fn centre_of_mass(ink: &[bool], size: usize) -> Point {
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for (i, _) in ink.iter().enumerate().filter(|&(_, &ink)| ink) {
        x += (i % size) as f64 + 0.5;
        y += (i / size) as f64 + 0.5;
        count += 1.0;
    }
    (x / count, y / count)
}
