//! Every reader under mutated input: no panic, no hang, no memory beyond the law, errors of one line.
//!
//! Small sound files are changed (bits flipped, pieces cut, moved, repeated, taken from other files, sizes and numbers
//! edited, magic numbers set in) and partly made consistent again (checksums, sizes, offsets), so that what is wrong
//! gets past the outer checks. Each input follows from the seed and its number alone.
//!
//! The plain test reads some 100 000 inputs. The long run, with every overflow checked and a seed of its own:
//!
//! ```sh
//! FUZZ_INPUTS=100000000 FUZZ_SEED=1 cargo test --test fuzz -- --ignored --nocapture
//! ```
//!
//! A failure prints the input in hexadecimal; an input that does not end within two seconds, its number and seed, and it
//! ends the process.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/deflate.rs"]
mod deflater;
mod forms;
#[path = "../common/peak.rs"]
mod held;
mod mutate;
mod readers;
#[path = "../common/zip.rs"]
mod zips;

use common::Random;
use held::peak;
use readers::Reader;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What one reader has been through.
#[derive(Default)]
struct Totals {
    inputs: u64,
    accepted: u64,
    peak: usize,
    slowest: Duration,
    time: Duration,
}

/// Longer is a hang.
const MOST_TIME: Duration = Duration::from_secs(1);

/// Does the work beside a watchdog, which ends the process where the number that the work counts up stands still for two
/// seconds.
///
/// It counts its own looks at the number, not the time: a process that was stopped for a while has not hung.
fn watched<T>(name: &str, seed: u64, work: impl FnOnce(&AtomicU64) -> T) -> T {
    let (input, done) = (&AtomicU64::new(0), &AtomicBool::new(false));
    let watch = move || {
        let (mut last, mut looks) = (u64::MAX, 0);
        while !done.load(Ordering::Acquire) {
            thread::park_timeout(MOST_TIME / 10);
            let now = input.load(Ordering::Relaxed);
            looks = if now == last { looks + 1 } else { 0 };
            last = now;
            if looks == 20 {
                // Past the test harness, which would keep it until the other thread ends.
                let _ = writeln!(
                    std::io::stderr(),
                    "{name}: input {now} of seed {seed} does not end"
                );
                std::process::exit(101);
            }
        }
    };
    thread::scope(|scope| {
        let watchdog = scope.spawn(watch);
        // A failure ends the watchdog, too.
        let result = catch_unwind(AssertUnwindSafe(|| work(input)));
        done.store(true, Ordering::Release);
        watchdog.thread().unpark();
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads `inputs` mutations of the reader's corpus.
fn run(reader: &Reader, seed: u64, inputs: u64) -> Totals {
    watched(reader.name, seed, |at| {
        run_watched(reader, seed, inputs, at)
    })
}

fn run_watched(reader: &Reader, seed: u64, inputs: u64, at: &AtomicU64) -> Totals {
    let mut totals = Totals::default();
    let begin = Instant::now();
    let mut bytes = Vec::new();
    for index in 0..inputs {
        at.store(index, Ordering::Relaxed);
        // A state of its own for each input, far from its neighbours'.
        let mut random = Random::new(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ (index << 20));
        mutate::mutate(&mut random, reader, &mut bytes);
        let (first, peak, accepted) = read(reader, &bytes, index);
        let mut time = first;
        if time > MOST_TIME {
            // The system may have kept the thread waiting; not twice.
            time = time.min(read(reader, &bytes, index).0);
        }
        assert!(
            time <= MOST_TIME,
            "{}: {time:?} for input {index}: {}",
            reader.name,
            hex(&bytes)
        );
        totals.inputs += 1;
        totals.accepted += u64::from(accepted);
        totals.peak = totals.peak.max(peak);
        totals.slowest = totals.slowest.max(time);
    }
    totals.time = begin.elapsed();
    totals
}

/// One input: the time, the peak of memory, and whether it was accepted.
fn read(reader: &Reader, bytes: &[u8], index: u64) -> (Duration, usize, bool) {
    let start = Instant::now();
    let (peak, outcome) = peak(|| catch_unwind(AssertUnwindSafe(|| (reader.read)(bytes))));
    let time = start.elapsed();
    let Ok(outcome) = outcome else {
        panic!("{}: panic at input {index}: {}", reader.name, hex(bytes));
    };
    let most = (reader.law)(bytes.len());
    assert!(
        peak <= most,
        "{}: {peak} bytes of memory, {most} allowed, for the {} bytes of input {index}: {}",
        reader.name,
        bytes.len(),
        hex(bytes)
    );
    if let Err(error) = &outcome {
        let text = error.to_string();
        assert!(
            !text.chars().any(char::is_control),
            "{}: error of input {index}: {text:?}",
            reader.name
        );
    }
    (time, peak, outcome.is_ok())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn run_all(seed: u64, inputs: u64) {
    let readers = readers::all();
    println!("seed {seed}");
    println!(
        "{:<14} {:>12} {:>10} {:>10} {:>9} {:>11}",
        "reader", "inputs", "accepted", "peak B", "slowest", "inputs/s"
    );
    let (mut all, mut time) = (0, Duration::ZERO);
    for reader in &readers {
        for (index, bytes) in reader.corpus.iter().enumerate() {
            let sound = (reader.read)(bytes);
            assert!(sound.is_ok(), "{} {index}: {sound:?}", reader.name);
        }
        let totals = run(reader, seed, inputs.div_ceil(readers.len() as u64));
        println!(
            "{:<14} {:>12} {:>10} {:>10} {:>6} µs {:>11.0}",
            reader.name,
            totals.inputs,
            totals.accepted,
            totals.peak,
            totals.slowest.as_micros(),
            totals.inputs as f64 / totals.time.as_secs_f64()
        );
        // Neither all refused nor all accepted, or the mutations are of no use.
        assert!(
            totals.inputs < 1000 || totals.accepted > 0,
            "{}",
            reader.name
        );
        assert!(totals.accepted < totals.inputs, "{}", reader.name);
        all += totals.inputs;
        time += totals.time;
    }
    println!(
        "{all} inputs in {:.1} s: no panic, no hang, no memory beyond the law",
        time.as_secs_f64()
    );
}

fn variable(name: &str, default: u64) -> u64 {
    let text = std::env::var(name);
    text.map_or(default, |text| text.parse().expect("a whole number"))
}

#[test]
fn readers_withstand_mutated_input() {
    run_all(variable("FUZZ_SEED", 0), 100_000);
}

#[test]
#[ignore = "long: FUZZ_INPUTS inputs, 10 million if that is not set"]
fn readers_withstand_mutated_input_for_long() {
    run_all(
        variable("FUZZ_SEED", 0),
        variable("FUZZ_INPUTS", 10_000_000),
    );
}
