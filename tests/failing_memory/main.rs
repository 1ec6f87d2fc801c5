//! Memory that ends: whatever returns a `Result` returns an error then, and works again afterwards, with the same bits.
//!
//! Each operation runs again and again while its first, second, third ... allocation fails: that one alone, or it and all
//! that follow. Matrices, products and networks on one thread ask for no memory at all in a way that cannot fail. Files,
//! and threads that are started, do so in pieces of at most [`FIXED`] bytes; nothing that a file decides is among them.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/deflate.rs"]
mod deflater;
mod matrices;
mod networks;
mod preprocess;
mod readers;
mod training;
#[path = "../common/zip.rs"]
mod zips;

use common::Random;
use rowmajor::io::Error;
use rowmajor::nn::GradientError;
use rowmajor::preprocess::Error as PreprocessError;
use rowmajor::train::TrainError;
use rowmajor::{EighError, Matrix, ShapeError};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// The largest piece of memory that may be asked for in a way that cannot fail: of fixed size, such as the buffer before
/// a file and the text of an error.
const FIXED: usize = 8 << 10;

struct Failing;

/// How many allocations still succeed; none of this is looked at while it is `OFF`.
static LEFT: AtomicUsize = AtomicUsize::new(OFF);
/// Whether all fail after the first that does.
static FOR_GOOD: AtomicBool = AtomicBool::new(false);
/// The largest allocation that never fails.
static SPARED: AtomicUsize = AtomicUsize::new(0);
/// How many have failed.
static FAILED: AtomicUsize = AtomicUsize::new(0);
/// Whether the library's workers fail, too.
static EVERYWHERE: AtomicBool = AtomicBool::new(false);
/// Whether this process has allocated before.
static BEGUN: AtomicBool = AtomicBool::new(false);
const OFF: usize = usize::MAX;

#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The main thread of the test program, and those of the tests that wait for their turn: never fails.
    Harness,
    /// Made the others fail, and does so itself.
    Armed,
    /// A worker of the library; also a thread that has not come to its test yet, which allocates little.
    Worker,
}

thread_local! {
    /// `const`, so that asking allocates nothing itself.
    static ROLE: Cell<Role> = const { Cell::new(Role::Worker) };
}

fn fails(size: usize) -> bool {
    let at = Ordering::SeqCst;
    // The first allocation of a process is its main thread's.
    if !BEGUN.load(at) && !BEGUN.swap(true, at) {
        ROLE.set(Role::Harness);
    }
    let may = match ROLE.get() {
        Role::Harness => false,
        Role::Armed => true,
        Role::Worker => EVERYWHERE.load(at),
    };
    if LEFT.load(at) == OFF || size <= SPARED.load(at) || !may {
        return false;
    }
    let left = LEFT.fetch_update(at, at, |left| match left {
        OFF => None,
        0 if FOR_GOOD.load(at) => Some(0),
        0 => Some(OFF),
        _ => Some(left - 1),
    });
    let fails = left == Ok(0);
    if fails {
        FAILED.fetch_add(1, at);
    }
    fails
}

// SAFETY: every call goes on to the system's allocator unchanged, or returns null, which says that there is no memory.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; `pointer` came from `alloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && fails(size) {
            return ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// What an operation comes to.
#[derive(Debug, PartialEq)]
enum Outcome {
    Bits(Vec<u64>),
    /// There was no memory.
    Memory,
    /// Another error.
    Error(String),
}

trait Failure {
    fn is_memory(&self) -> bool;
    fn text(&self) -> String;
}

impl Failure for ShapeError {
    fn is_memory(&self) -> bool {
        matches!(self, ShapeError::OutOfMemory { .. })
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Failure for Error {
    fn is_memory(&self) -> bool {
        match self {
            Error::OutOfMemory { .. } | Error::Shape(ShapeError::OutOfMemory { .. }) => true,
            Error::Io { source, .. } => source.kind() == std::io::ErrorKind::OutOfMemory,
            _ => false,
        }
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Failure for PreprocessError {
    fn is_memory(&self) -> bool {
        match self {
            PreprocessError::Shape(error) => error.is_memory(),
            PreprocessError::Eigh(error) => error.is_memory(),
            _ => false,
        }
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Failure for TrainError {
    fn is_memory(&self) -> bool {
        matches!(self, TrainError::Gradient(error) if error.is_memory())
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Failure for GradientError {
    fn is_memory(&self) -> bool {
        matches!(self, GradientError::Shape(error) if error.is_memory())
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Failure for EighError {
    fn is_memory(&self) -> bool {
        matches!(self, EighError::Shape(error) if error.is_memory())
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

/// What is compared.
trait Bits {
    fn bits(&self) -> Vec<u64>;
}

impl Bits for Matrix {
    fn bits(&self) -> Vec<u64> {
        self.as_slice().bits()
    }
}
impl Bits for [f64] {
    fn bits(&self) -> Vec<u64> {
        self.iter().map(|x| x.to_bits()).collect()
    }
}
impl Bits for Vec<f64> {
    fn bits(&self) -> Vec<u64> {
        self.as_slice().bits()
    }
}
impl Bits for Vec<usize> {
    fn bits(&self) -> Vec<u64> {
        self.iter().map(|&n| n as u64).collect()
    }
}
impl Bits for Vec<String> {
    fn bits(&self) -> Vec<u64> {
        self.iter()
            .flat_map(|s| s.bytes().chain([0]).map(u64::from))
            .collect()
    }
}
impl Bits for () {
    fn bits(&self) -> Vec<u64> {
        Vec::new()
    }
}

/// One test at a time: the number of threads and what fails are the whole process's.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    ROLE.set(Role::Harness);
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // The first product of a process asks the environment which ISA to use, in memory that is not spared it.
    let _ = Matrix::ones(1, 1).matmul(&Matrix::ones(1, 1)).unwrap();
    turn
}

/// Which allocations fail.
#[derive(Clone, Copy)]
struct Failures {
    /// So many succeed before the first that fails.
    after: usize,
    /// All after that one fail, too.
    for_good: bool,
    /// None of at most this size fails.
    spared: usize,
    /// The library's workers fail, too.
    everywhere: bool,
}

/// Does the work while allocations fail.
fn failing<T>(failures: Failures, work: impl FnOnce() -> T) -> T {
    let at = Ordering::SeqCst;
    assert!(!failures.everywhere || failures.spared >= FIXED);
    FOR_GOOD.store(failures.for_good, at);
    SPARED.store(failures.spared, at);
    EVERYWHERE.store(failures.everywhere, at);
    FAILED.store(0, at);
    let role = ROLE.replace(Role::Armed);
    LEFT.store(failures.after, at);
    let result = work();
    LEFT.store(OFF, at);
    ROLE.set(role);
    result
}

/// Runs `operation` with each of its allocations above `spared` bytes failing in turn; returns how many runs ended in an
/// error.
///
/// Each run has a thread of its own, which keeps no buffers from the run before.
#[track_caller]
fn starve<T: Bits, E: Failure>(
    what: &str,
    spared: usize,
    everywhere: bool,
    mut operation: impl FnMut() -> Result<T, E> + Send,
) -> usize {
    let mut armed = |after: usize, for_good: bool| {
        let failures = Failures {
            after,
            for_good,
            spared,
            everywhere,
        };
        let result = failing(failures, || catch_unwind(AssertUnwindSafe(&mut operation)));
        let Ok(result) = result else {
            panic!("{what}: panic at allocation {after}");
        };
        let outcome = match result {
            Ok(value) => Outcome::Bits(value.bits()),
            Err(error) if error.is_memory() => Outcome::Memory,
            Err(error) => Outcome::Error(error.text()),
        };
        (outcome, FAILED.load(Ordering::SeqCst))
    };
    let mut run = |after, for_good| {
        thread::scope(|scope| scope.spawn(|| armed(after, for_good)).join().unwrap())
    };
    // The first round comes before anything has been kept anywhere, in the threads of the library either.
    let mut outcomes = Vec::new();
    for for_good in [true, false] {
        for after in 0.. {
            assert!(after < 20_000, "{what}: no end of allocations");
            let (outcome, failed) = run(after, for_good);
            outcomes.push((outcome, failed));
            if !for_good {
                outcomes.push(run(OFF, false));
            }
            if failed == 0 {
                break;
            }
        }
    }
    let (expected, _) = run(OFF, false);
    assert_ne!(expected, Outcome::Memory, "{what}");
    let mut errors = 0;
    for (outcome, failed) in outcomes {
        if outcome == Outcome::Memory {
            assert!(failed > 0, "{what}: memory was there");
            errors += 1;
        } else {
            // Some memory can be done without.
            assert_eq!(outcome, expected, "{what}");
        }
    }
    errors
}

/// With memory for all, whatever fails around it.
fn spared<T>(work: impl FnOnce() -> T) -> T {
    let left = LEFT.swap(OFF, Ordering::SeqCst);
    let result = work();
    LEFT.store(left, Ordering::SeqCst);
    result
}

fn numbers(rows: usize, cols: usize) -> Matrix {
    let mut random = Random::new((rows * 1000 + cols) as u64);
    Matrix::from_fn(rows, cols, |_, _| random.number())
}

impl Bits for Vec<u64> {
    fn bits(&self) -> Vec<u64> {
        self.clone()
    }
}
