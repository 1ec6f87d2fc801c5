//! A network behind a C interface: load an `.npz` file, classify a batch, from C, Python or any language that can call C.
//!
//! ```text
//! cargo build --release --example c_api
//! ```
//!
//! makes `target/release/examples/libc_api.so` (`.dylib` on macOS, `c_api.dll` on Windows). It is an example and no part
//! of the library: copy it and add what you need.
//!
//! # The header
//!
//! ```c
#![doc = include_str!("c_api/rowmajor.h")]
//! ```
//!
//! # From C
//!
//! ```c
#![doc = include_str!("c_api/classify.c")]
//! ```
//!
//! ```text
//! cc -O2 -Wall examples/c_api/classify.c -o classify target/release/examples/libc_api.so -Wl,-rpath,target/release/examples
//! ./classify examples/data/digits-network.npz
//! ```
//!
//! prints
//!
//! ```text
//! sample 0: class 5, 89.5 %
//! sample 1: class 8, 99.3 %
//! ```
//!
//! # From Python, on NumPy arrays
//!
//! ```python
#![doc = include_str!("c_api/rowmajor_network.py")]
//! ```
//!
//! The arrays are read where they lie; copied is only what is not `float64`, contiguous and aligned. A call through ctypes
//! gives up Python's lock, so several Python threads may call one network at once.
//!
//! # Training
//!
//! A run starts from a network's file, or goes on from a checkpoint ([`Trainer::save`]); several processes share a batch, each with a network of its
//! own: gradients of some of the rows each, added in the order of the rows, one step. `examples/c_api/train_shard.py`, in the
//! repository, does so with Dask.
//!
//! # The rules that it keeps
//!
//! - Nothing unwinds into the caller: a panic comes back as an error like any other.
//! - Null and misaligned pointers, and sizes that do not fit, are refused. What cannot be checked is the caller's part:
//!   that a pointer leads to as many values as was said, and that a network is not used once it is freed.
//! - A network is never written to after it is loaded: any number of threads may use it at once.
#![deny(clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]
// A `#[no_mangle]` function is found by its name in C, not by a path in Rust.
#![allow(unreachable_pub, reason = "the functions are exported to C")]

use rowmajor::MatrixView;
use rowmajor::nn::{Gradients, Loss, Network, Predictor};
use rowmajor::train::{Sgd, Trainer};
use std::cell::RefCell;
use std::error::Error;
use std::ffi::{CStr, CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr;

/// What a failed call returns; the others return 0.
const FAILED: c_int = -1;

thread_local! {
    /// What the last call of this thread that failed had to say.
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// Runs a call's work. An error, or a panic, becomes this thread's last error, and `None`.
fn guarded<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Option<T> {
    // Unwind safety: what the work shares with later calls, the network and its buffers, stays whole when it panics.
    let message = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => format!("panic: {text}"),
            (_, Some(text)) => format!("panic: {text}"),
            _ => "panic".to_owned(),
        },
    };
    // A null byte would end the text early: a file's own names may hold one.
    let message = CString::new(message.replace('\0', "\u{fffd}")).unwrap_or_default();
    // Only a thread that is just ending has no last error any more; it cannot ask for it either.
    let _ = LAST_ERROR.try_with(|last| last.replace(message));
    None
}

/// The network behind a pointer.
///
/// # Safety
/// `network` is null or came from [`rowmajor_open`] and is not freed before the reference's last use.
unsafe fn network<'a>(network: *const Predictor) -> Result<&'a Predictor, Box<dyn Error>> {
    // SAFETY: null or a live `Predictor`, which is never written to, by this function's contract.
    unsafe { network.as_ref() }.ok_or_else(|| "network is null".into())
}

/// The `rows` × `cols` values behind a pointer, once its alignment and the size are checked.
///
/// # Safety
/// Where `rows * cols` is not 0 and `x` not null, so many values can be read from `x`, and none of them is written to
/// before the view's last use.
unsafe fn samples<'a>(
    x: *const f64,
    rows: usize,
    cols: usize,
) -> Result<MatrixView<'a>, Box<dyn Error>> {
    let len = length("x", rows, cols)?;
    let values = match len {
        0 => &[],
        _ => {
            check_pointer("x", x)?;
            // SAFETY: not null and aligned, as just checked; `len` values lie there, unchanged for 'a, by this
            // function's contract; `length` checked that their bytes fit isize.
            unsafe { std::slice::from_raw_parts(x, len) }
        }
    };
    Ok(MatrixView::from_slice(rows, cols, values)?)
}

/// `rows * cols`, where so many values could lie in memory.
fn length(name: &str, rows: usize, cols: usize) -> Result<usize, Box<dyn Error>> {
    rows.checked_mul(cols)
        .filter(|&len| len <= isize::MAX as usize / size_of::<f64>())
        .ok_or_else(|| {
            format!("{name}: {rows} x {cols} values do not fit the address space").into()
        })
}

/// Room for `needed` values behind a pointer: not null, unless none are needed, and aligned.
fn check_room<T>(
    name: &str,
    pointer: *const T,
    needed: usize,
    len: usize,
) -> Result<(), Box<dyn Error>> {
    if len < needed {
        return Err(format!("{name}: {needed} values, room for {len}").into());
    }
    match needed {
        0 => Ok(()),
        _ => check_pointer(name, pointer),
    }
}

fn check_pointer<T>(name: &str, pointer: *const T) -> Result<(), Box<dyn Error>> {
    if pointer.is_null() {
        return Err(format!("{name} is null").into());
    }
    if !pointer.is_aligned() {
        return Err(format!("{name} is not aligned to {} bytes", align_of::<T>()).into());
    }
    Ok(())
}

/// The last error of this thread; empty where no call has failed.
#[unsafe(no_mangle)]
pub extern "C" fn rowmajor_last_error() -> *const c_char {
    // The text stays where it is until the next failure replaces it.
    LAST_ERROR
        .try_with(|last| last.borrow().as_ptr())
        .unwrap_or(c"".as_ptr())
}

/// Loads a network; null where that fails.
///
/// # Safety
/// `path` is null or a text that ends with a null byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_open(path: *const c_char) -> *mut Predictor {
    let opened = guarded(|| {
        check_pointer("path", path)?;
        // SAFETY: not null, and a text that ends with a null byte, by this function's contract.
        let path = unsafe { CStr::from_ptr(path) };
        let network = Network::load(Path::new(path.to_str()?))?;
        Ok(Box::new(Predictor::new(&network)))
    });
    opened.map_or(ptr::null_mut(), Box::into_raw)
}

/// Frees a network; null is none.
///
/// # Safety
/// `network` is null, or came from [`rowmajor_open`], is not freed yet and not in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_free(network: *mut Predictor) {
    guarded(|| {
        if !network.is_null() {
            // SAFETY: it came from `Box::into_raw` and is freed once, by this function's contract.
            drop(unsafe { Box::from_raw(network) });
        }
        Ok(())
    });
}

/// How many values a sample has; 0 where `network` is null.
///
/// # Safety
/// `network` is null or a network that is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_inputs(network: *const Predictor) -> usize {
    // SAFETY: this function's contract.
    guarded(|| Ok(unsafe { self::network(network) }?.network().inputs())).unwrap_or(0)
}

/// How many values a result has; 0 where `network` is null.
///
/// # Safety
/// `network` is null or a network that is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_outputs(network: *const Predictor) -> usize {
    // SAFETY: this function's contract.
    guarded(|| Ok(unsafe { self::network(network) }?.network().outputs())).unwrap_or(0)
}

/// How many classes [`rowmajor_predict`] tells apart, as [`Network::classes`]; 0 where `network` is null.
///
/// # Safety
/// `network` is null or a network that is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_classes(network: *const Predictor) -> usize {
    // SAFETY: this function's contract.
    guarded(|| Ok(unsafe { self::network(network) }?.network().classes())).unwrap_or(0)
}

/// The results for `rows` samples of `cols` values, row by row, into `results`.
///
/// # Safety
/// `network` is null or a network that is not freed; `x` is null or leads to `rows * cols` values; `results` is null or
/// leads to room for `results_len` values. Nobody else writes to either during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_forward(
    network: *const Predictor,
    x: *const f64,
    rows: usize,
    cols: usize,
    results: *mut f64,
    results_len: usize,
) -> c_int {
    let done = guarded(|| {
        // SAFETY: this function's contract.
        let network = unsafe { self::network(network) }?;
        let expected = length("results", rows, network.network().outputs())?;
        check_room("results", results, expected, results_len)?;
        // SAFETY: this function's contract; the view's last use is in this line.
        let out = network.forward(unsafe { samples(x, rows, cols) }?)?;
        // SAFETY: `out` holds `expected` values; `results` has room for them, is not null unless there are none, and is
        // aligned, as checked above; `out` was allocated in this call, so the two do not overlap.
        unsafe { ptr::copy_nonoverlapping(out.as_slice().as_ptr(), results, expected) };
        Ok(())
    });
    done.map_or(FAILED, |()| 0)
}

/// The classes of `rows` samples of `cols` values into `classes`.
///
/// # Safety
/// As [`rowmajor_forward`], with `classes` and `classes_len` for `results` and `results_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_predict(
    network: *const Predictor,
    x: *const f64,
    rows: usize,
    cols: usize,
    classes: *mut usize,
    classes_len: usize,
) -> c_int {
    let done = guarded(|| {
        check_room("classes", classes, rows, classes_len)?;
        // SAFETY: this function's contract.
        let network = unsafe { self::network(network) }?;
        // SAFETY: this function's contract; the view's last use is in this line.
        let found = network.predict(unsafe { samples(x, rows, cols) }?)?;
        // SAFETY: as for `results` in `rowmajor_forward`; `found` holds `rows` values.
        unsafe { ptr::copy_nonoverlapping(found.as_ptr(), classes, rows) };
        Ok(())
    });
    done.map_or(FAILED, |()| 0)
}

/// A run of training, and the buffers of its gradients.
#[derive(Debug)]
pub struct Training {
    trainer: Trainer,
    gradients: Gradients,
}

/// The run behind a pointer.
///
/// # Safety
/// `training` is null or came from [`rowmajor_train_new`] or [`rowmajor_train_open`], is not freed before the reference's last use, and in use by
/// this call alone.
unsafe fn training<'a>(training: *mut Training) -> Result<&'a mut Training, Box<dyn Error>> {
    // SAFETY: null or a live `Training` that nobody else uses, by this function's contract.
    unsafe { training.as_mut() }.ok_or_else(|| "training is null".into())
}

/// Starts a run from a network that ends in softmax: gradient descent at `rate` with `momentum`. Null where that fails.
///
/// # Safety
/// `path` is null or a text that ends with a null byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_train_new(
    path: *const c_char,
    rate: f64,
    momentum: f64,
) -> *mut Training {
    let opened = guarded(|| {
        check_pointer("path", path)?;
        // SAFETY: not null, and a text that ends with a null byte, by this function's contract.
        let path = unsafe { CStr::from_ptr(path) };
        let network = Network::load(Path::new(path.to_str()?))?;
        let sgd = Sgd::new(rate).momentum(momentum);
        Ok(Box::new(Training {
            trainer: Trainer::new(network, sgd, Loss::CrossEntropy)?,
            gradients: Gradients::new(),
        }))
    });
    opened.map_or(ptr::null_mut(), Box::into_raw)
}

/// Loads a checkpoint; null where that fails.
///
/// # Safety
/// `path` is null or a text that ends with a null byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_train_open(path: *const c_char) -> *mut Training {
    let opened = guarded(|| {
        check_pointer("path", path)?;
        // SAFETY: not null, and a text that ends with a null byte, by this function's contract.
        let path = unsafe { CStr::from_ptr(path) };
        let trainer = Trainer::load(Path::new(path.to_str()?))?;
        Ok(Box::new(Training {
            trainer,
            gradients: Gradients::new(),
        }))
    });
    opened.map_or(ptr::null_mut(), Box::into_raw)
}

/// Frees a run; null is none.
///
/// # Safety
/// `training` is null, or came from [`rowmajor_train_new`] or [`rowmajor_train_open`], is not freed yet and not in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_train_free(training: *mut Training) {
    guarded(|| {
        if !training.is_null() {
            // SAFETY: it came from `Box::into_raw` and is freed once, by this function's contract.
            drop(unsafe { Box::from_raw(training) });
        }
        Ok(())
    });
}

/// How many weights and biases there are; 0 where `training` is null.
///
/// # Safety
/// `training` is null or a run that is not freed, in use by this call alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_train_parameters(training: *mut Training) -> usize {
    guarded(|| {
        // SAFETY: this function's contract.
        let training = unsafe { self::training(training) }?;
        let layers = training.trainer.network().layers().iter();
        Ok(layers
            .map(|layer| layer.weights().len() + layer.bias().len())
            .sum())
    })
    .unwrap_or(0)
}

/// The gradients of `rows` samples of `cols` values with their labels, as a part of a batch of `batch` rows.
///
/// # Safety
/// `training` is null or a run that is not freed, in use by this call alone; `x` is null or leads to `rows * cols` values,
/// `labels` is null or leads to `rows`; `gradients` is null or leads to room for `len` values, `loss` is null or leads to
/// room for one. Nobody else writes to any of them during the call.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "C has no slices")]
pub unsafe extern "C" fn rowmajor_train_gradients(
    training: *mut Training,
    x: *const f64,
    rows: usize,
    cols: usize,
    labels: *const usize,
    batch: usize,
    gradients: *mut f64,
    len: usize,
    loss: *mut f64,
) -> c_int {
    let done = guarded(|| {
        // SAFETY: this function's contract.
        let Training {
            trainer,
            gradients: found,
        } = unsafe { self::training(training) }?;
        check_room("labels", labels, rows, rows)?;
        length("labels", rows, 1)?;
        let labels = match rows {
            0 => &[],
            // SAFETY: not null and aligned, as just checked; `rows` values lie there, by this function's contract.
            _ => unsafe { std::slice::from_raw_parts(labels, rows) },
        };
        // SAFETY: this function's contract; the view's last use is in this line.
        let x = unsafe { samples(x, rows, cols) }?;
        trainer
            .network()
            .gradients_into(x, labels, trainer.loss(), batch, found)?;
        let values = found.as_slice();
        check_room("gradients", gradients, values.len(), len)?;
        // SAFETY: `gradients` has room for the values, is not null unless there are none, and is aligned, as just checked;
        // they are the trainer's own, so the two do not overlap.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), gradients, values.len()) };
        if !loss.is_null() {
            check_pointer("loss", loss)?;
            // SAFETY: not null and aligned; room for one value, by this function's contract.
            unsafe { loss.write(found.loss()) };
        }
        Ok(())
    });
    done.map_or(FAILED, |()| 0)
}

/// One step of the optimiser by gradients of a whole batch.
///
/// # Safety
/// `training` is null or a run that is not freed, in use by this call alone; `gradients` is null or leads to `len` values,
/// and nobody writes to them during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_train_step(
    training: *mut Training,
    gradients: *const f64,
    len: usize,
) -> c_int {
    let done = guarded(|| {
        // SAFETY: this function's contract.
        let training = unsafe { self::training(training) }?;
        // SAFETY: this function's contract; the view's last use is in the next line.
        let gradients = unsafe { samples(gradients, 1, len) }?;
        training.trainer.step(gradients.row(0))?;
        Ok(())
    });
    done.map_or(FAILED, |()| 0)
}

/// Writes a checkpoint, which `rowmajor_open` opens as a network, too.
///
/// # Safety
/// `training` is null or a run that is not freed, in use by this call alone; `path` is null or a text that ends with a
/// null byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rowmajor_train_save(
    training: *mut Training,
    path: *const c_char,
) -> c_int {
    let done = guarded(|| {
        check_pointer("path", path)?;
        // SAFETY: not null, and a text that ends with a null byte, by this function's contract.
        let path = unsafe { CStr::from_ptr(path) };
        // SAFETY: this function's contract.
        let training = unsafe { self::training(training) }?;
        training.trainer.save(Path::new(path.to_str()?))?;
        Ok(())
    });
    done.map_or(FAILED, |()| 0)
}
