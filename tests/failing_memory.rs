//! Memory that ends: whatever returns a `Result` returns an error then, and works again afterwards, with the same bits.
//!
//! Each operation runs again and again while its first, second, third ... allocation fails: that one alone, or it and all
//! that follow. Matrices, products and networks on one thread ask for no memory at all in a way that cannot fail. Files,
//! and threads that are started, do so in pieces of at most [`FIXED`] bytes; nothing that a file decides is among them.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

mod common;
#[path = "common/deflate.rs"]
mod deflater;
#[path = "common/zip.rs"]
mod zips;

use common::Random;
use deflater::gzip;
use rowmajor::io::{self, CsvOptions, Error, Npz, NpzWriter};
use rowmajor::nn::{Activation, Confusion, Dense, Network, Predictor};
use rowmajor::{Matrix, MatrixView, PackedMatrix, ShapeError, arange, set_num_threads};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use zips::{Style, deflated, zip};

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
/// Whether threads other than the one that armed it fail too.
static EVERYWHERE: AtomicBool = AtomicBool::new(false);
const OFF: usize = usize::MAX;

thread_local! {
    /// Whether this thread armed it; `const`, so that asking allocates nothing itself.
    static MINE: Cell<bool> = const { Cell::new(false) };
}

fn fails(size: usize) -> bool {
    let at = Ordering::SeqCst;
    if LEFT.load(at) == OFF || size <= SPARED.load(at) || !(MINE.get() || EVERYWHERE.load(at)) {
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

/// One test at a time: the number of threads and `EVERYWHERE` are the whole process's.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // The first product of a process asks the environment which machine to use, in memory that is not spared it.
    let _ = Matrix::ones(1, 1).matmul(&Matrix::ones(1, 1)).unwrap();
    turn
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
    let mut armed = |left: usize, for_good: bool| {
        let at = Ordering::SeqCst;
        SPARED.store(spared, at);
        EVERYWHERE.store(everywhere, at);
        FOR_GOOD.store(for_good, at);
        FAILED.store(0, at);
        MINE.set(true);
        LEFT.store(left, at);
        let result = catch_unwind(AssertUnwindSafe(&mut operation));
        LEFT.store(OFF, at);
        let Ok(result) = result else {
            panic!("{what}: panic at allocation {left}");
        };
        let outcome = match result {
            Ok(value) => Outcome::Bits(value.bits()),
            Err(error) if error.is_memory() => Outcome::Memory,
            Err(error) => Outcome::Error(error.text()),
        };
        (outcome, FAILED.load(at))
    };
    let mut run = |left, for_good| {
        thread::scope(|scope| scope.spawn(|| armed(left, for_good)).join().unwrap())
    };
    // The first round comes before anything has been kept anywhere, in the threads of the library either.
    let mut outcomes = Vec::new();
    for for_good in [true, false] {
        for left in 0.. {
            assert!(left < 20_000, "{what}: no end of allocations");
            let (outcome, failed) = run(left, for_good);
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
    let mut random = Random((rows * 1000 + cols) as u64);
    Matrix::from_fn(rows, cols, |_, _| random.number())
}

#[test]
fn matrices_are_made_or_an_error() {
    let _turn = alone();
    let m = numbers(9, 7);
    let row = [0.5; 7];
    let strided = MatrixView::with_row_stride(3, 5, 7, m.as_slice()).unwrap();
    let rows: Vec<&[f64]> = m.rows().collect();
    let errors = [
        starve("try_filled", 0, false, || Matrix::try_filled(9, 7, 1.5)),
        starve("from_rows", 0, false, || Matrix::from_rows(&rows)),
        starve("from_rows, no hint", 0, false, || {
            Matrix::from_rows(rows.iter().filter(|row| !row.is_empty()))
        }),
        starve("zip_map", 0, false, || m.zip_map(&m, f64::max)),
        starve("hadamard", 0, false, || m.hadamard(&m)),
        starve("try_add", 0, false, || m.try_add(&m)),
        starve("try_sub", 0, false, || m.try_sub(&m)),
        starve("add_row", 0, false, || m.add_row(&row)),
        starve("argmax_rows", 0, false, || m.argmax_rows()),
        starve("arange", 0, false, || arange(0.0, 9.0, 0.5)),
        starve("PackedMatrix::new", 0, false, || {
            PackedMatrix::new(strided).map(|packed| spared(|| vec![packed.nrows()]))
        }),
        starve("Confusion::new", 0, false, || {
            Confusion::new(3, &[0, 1, 2], &[0, 2, 2]).map(|c| spared(|| vec![c.total()]))
        }),
    ];
    assert!(errors.iter().all(|&errors| errors > 0), "{errors:?}");
    // Nothing is needed for these.
    for errors in [
        starve("from_vec of nothing", 0, false, || {
            Matrix::from_vec(0, 3, Vec::new())
        }),
        starve("max_abs_diff", 0, false, || {
            m.max_abs_diff(&m).map(|x| vec![x; 0])
        }),
    ] {
        assert_eq!(errors, 0);
    }
}

/// Sizes for every way of a product: in place, packed, few rows, few columns, one column, deep, wide.
const SHAPES: [(usize, usize, usize); 9] = [
    (3, 4, 5),
    (65, 30, 70),
    (100, 300, 50),
    (2, 600, 700),
    (300, 300, 3),
    (300, 300, 1),
    (1, 300, 300),
    (200, 700, 300),
    (20, 5, 2000),
];

type Product<'a> = dyn FnMut() -> Result<Matrix, ShapeError> + Send + 'a;

#[test]
fn products_are_made_or_an_error() {
    let _turn = alone();
    for (threads, spared_bytes) in [(1, 0), (3, FIXED)] {
        set_num_threads(threads);
        let mut errors = 0;
        for (m, k, n) in SHAPES {
            let (a, b) = (numbers(m, k), numbers(k, n));
            let (at, bt) = (a.transpose(), b.transpose());
            let packed = PackedMatrix::new(&b).unwrap();
            let what = |name: &str| format!("{name} {m}x{k}x{n}, {threads} threads");
            let mut starve = |name: &str, operation: &mut Product| {
                errors += starve(&what(name), spared_bytes, threads > 1, operation);
            };
            starve("matmul", &mut || a.matmul(&b));
            starve("matmul_tn", &mut || at.matmul_tn(&b));
            starve("matmul_nt", &mut || a.matmul_nt(&bt));
            starve("matmul_packed", &mut || a.matmul_packed(&packed));
            starve("pack", &mut || {
                PackedMatrix::new(&b).and_then(|packed| a.matmul_packed(&packed))
            });
            // Written over whatever a product that failed has left.
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_into", &mut || {
                a.matmul_into(&b, &mut out).map(|()| spared(|| out.clone()))
            });
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_tn_into", &mut || {
                at.matmul_tn_into(&b, &mut out)
                    .map(|()| spared(|| out.clone()))
            });
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_nt_into", &mut || {
                a.matmul_nt_into(&bt, &mut out)
                    .map(|()| spared(|| out.clone()))
            });
            let mut out = Matrix::filled(m, n, f64::NAN);
            starve("matmul_packed_into", &mut || {
                a.matmul_packed_into(&packed, &mut out)
                    .map(|()| spared(|| out.clone()))
            });
        }
        assert!(errors > 100, "{threads} threads: {errors}");
    }
    set_num_threads(0);
}

fn network(sizes: &[usize]) -> Network {
    let layers = sizes.windows(2).zip(Activation::ALL.into_iter().cycle());
    let layers = layers.map(|(pair, activation)| {
        let bias = numbers(1, pair[1]).into_vec();
        Dense::new(numbers(pair[0], pair[1]), bias, activation).unwrap()
    });
    Network::new(layers.collect()).unwrap()
}

#[test]
fn networks_give_their_answer_or_an_error() {
    let _turn = alone();
    let deep: Vec<usize> = (0..300).map(|i| 2 + i % 3).collect();
    for (threads, spared_bytes) in [(1, 0), (3, FIXED)] {
        set_num_threads(threads);
        for (sizes, rows) in [
            (&[60, 50, 40, 10][..], 300),
            (&[700, 600, 10], 100),
            (&deep, 300),
        ] {
            let network = network(sizes);
            let x = numbers(rows, sizes[0]);
            let labels = vec![1; rows];
            let every = threads > 1;
            let what = |name: &str| format!("{name} {} layers, {threads} threads", sizes.len() - 1);
            let mut errors = vec![
                starve(&what("forward"), spared_bytes, every, || {
                    network.forward(&x)
                }),
                starve(&what("predict"), spared_bytes, every, || {
                    network.predict(&x)
                }),
                starve(&what("evaluate"), spared_bytes, every, || {
                    network
                        .evaluate(&x, &labels, 300)
                        .map(|c| spared(|| vec![c.correct()]))
                }),
                starve(&what("layer"), spared_bytes, every, || {
                    network.layers()[0].forward(&x)
                }),
            ];
            let mut out = Matrix::zeros(rows, network.outputs());
            errors.push(starve(&what("Predictor"), spared_bytes, every, || {
                let predictor = Predictor::try_new(&network)?;
                predictor.forward_into(&x, &mut out)?;
                Ok::<_, ShapeError>(spared(|| out.clone()))
            }));
            // A single layer may be smaller than what is spared.
            let layer = errors.swap_remove(3);
            assert!(
                errors.iter().all(|&errors| errors > 0) && (layer > 0 || sizes.len() > 100),
                "{sizes:?}: {errors:?}, {layer}"
            );
        }
    }
    set_num_threads(0);
}

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn array(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy(
        &format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}}}"),
        data,
    )
}

/// All numbers or all texts of an array.
fn content(array: io::Array) -> Result<Vec<u64>, Error> {
    if array.is_text() {
        let text = array.into_text()?;
        return Ok(spared(|| text.bits()));
    }
    match array.to_labels() {
        Err(error) if error.is_memory() => return Err(error),
        _ => {}
    }
    let matrix = array.into_matrix()?;
    Ok(spared(|| matrix.bits()))
}

impl Bits for Vec<u64> {
    fn bits(&self) -> Vec<u64> {
        self.clone()
    }
}

#[test]
fn arrays_are_read_or_an_error() {
    let _turn = alone();
    let wide: Vec<u8> = "\u{20ac}"
        .chars()
        .cycle()
        .take(5000)
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    let many = format!("({})", "1,".repeat(5000));
    let records = format!("[{}]", "('a','<f8'),".repeat(2000));
    let nested = format!("({}{})", "((1,2),".repeat(14), "),".repeat(14));
    for (what, bytes) in [
        ("f8", array("<f8", "False", "(100, 100)", &[7; 80_000])),
        (
            "f8, Fortran",
            array(">f8", "True", "(100, 100)", &[7; 80_000]),
        ),
        ("u1", array("|u1", "False", "(100, 50, 2)", &[7; 10_000])),
        ("i8", array("<i8", "False", "(2000,)", &[0; 16_000])),
        (
            "many texts",
            array("|S2", "True", "(1000, 2)", &[b'x'; 4000]),
        ),
        (
            "a long text",
            array("|S20000", "False", "()", &[b'x'; 20_000]),
        ),
        ("no UTF-8", array("|S20000", "False", "()", &[0xff; 20_000])),
        ("a long wide text", array("<U5000", "False", "()", &wide)),
        (
            "no character",
            array("<U5000", "False", "()", &[0xff; 20_000]),
        ),
        ("too many axes", array("<f8", "False", &many, &[0; 8])),
        (
            "a long number",
            array("<f8", "False", &format!("({},)", "1".repeat(50_000)), &[]),
        ),
        ("brackets", array("<f8", "False", &nested, &[])),
        (
            "records",
            npy(
                &format!("{{'descr': {records}, 'fortran_order': False, 'shape': ()}}"),
                &[],
            ),
        ),
        (
            "a long type",
            array(&"f".repeat(50_000), "False", "()", &[]),
        ),
        (
            "a long key",
            npy(&format!("{{'{}': 1}}", "\\x".repeat(20_000)), &[]),
        ),
        (
            "many keys",
            npy(
                &format!(
                    "{{{}}}",
                    (0..2000).map(|i| format!("'{i}':1,")).collect::<String>()
                ),
                &[],
            ),
        ),
    ] {
        starve(what, FIXED, false, || content(io::read_npy(&bytes[..])?));
    }
}

#[test]
fn data_sets_are_read_or_an_error() {
    let _turn = alone();
    let idx = [&b"\0\0\x0d\x02\0\0\0\x64\0\0\0\x64"[..], &[7; 40_000]].concat();
    let cut = &idx[..30_000];
    for bytes in [&idx[..], &gzip(&idx), cut, &gzip(cut)] {
        starve("idx", FIXED, false, || content(io::read_idx(bytes)?));
    }
    let numbers = "1.5,2,-3\n".repeat(2000);
    let names = format!("{},{},{}\n", "a".repeat(20_000), "b", "\"\"\"c\"\"\"");
    let quotes = format!("\"{}\"\n1\n", "x\"\"".repeat(10_000));
    let control = format!("{}\u{1}\n1\n", "x".repeat(20_000));
    let number = format!("1\n{}\n", "9x".repeat(20_000));
    for text in [
        numbers.clone(),
        format!("{names}{numbers}"),
        format!("{numbers}4,5\n"),
        quotes,
        control,
        number,
    ] {
        for bytes in [text.as_bytes(), &gzip(text.as_bytes())] {
            starve("csv", FIXED, false, || {
                let csv = io::read_csv(bytes, &CsvOptions::default())?;
                let (values, labels) = csv.split_labels(0)?;
                Ok::<_, Error>(spared(|| [values.bits(), labels.bits()].concat()))
            });
        }
    }
    let array = array("<f8", "True", "(100, 100)", &[7; 80_000]);
    for style in [Style::Plain, Style::Zip64] {
        let bytes = zip(&[deflated("m.npy", &array)], style);
        let npz = Npz::from_bytes(bytes).unwrap();
        assert!(starve("deflated", FIXED, false, || npz.matrix("m")) > 0);
    }
}

/// An archive of many members, some with the longest names there are.
fn archive() -> Vec<u8> {
    let mut npz = NpzWriter::new(Vec::new());
    for i in 0..400 {
        npz.vector(&format!("{i}"), &[i as f64]).unwrap();
    }
    npz.vector(&"\u{7f}".repeat(4092), &[1.0]).unwrap();
    npz.matrix("m", &numbers(100, 100)).unwrap();
    npz.finish().unwrap()
}

#[test]
fn archives_are_read_or_an_error() {
    let _turn = alone();
    let bytes = archive();
    let read = || Npz::read(&bytes[..]);
    starve("open", FIXED, false, || {
        read().map(|npz| vec![npz.names().count()])
    });
    let npz = read().unwrap();
    assert!(starve("matrix", FIXED, false, || npz.matrix("m")) > 0);
    starve("missing", FIXED, false, || npz.vector("no"));
    starve("a long name", FIXED, false, || {
        npz.vector(&"\u{7f}".repeat(4092))
    });
    // The name in the member's header is another one.
    let mut other = bytes.clone();
    let at = other.windows(9).position(|w| w == [0x7f; 9]).unwrap();
    other[at] = b'x';
    starve("another name", FIXED, false, || {
        Npz::from_bytes(spared(|| other.clone())).map(|_| ())
    });
}

#[test]
fn networks_are_read_and_written_or_an_error() {
    let _turn = alone();
    let sizes: Vec<usize> = (0..600).map(|i| 2 + i % 3).chain([40, 50]).collect();
    let network = network(&sizes);
    let mut npz = NpzWriter::new(Vec::new());
    network.write_npz(&mut npz).unwrap();
    let bytes = npz.finish().unwrap();
    let npz = Npz::from_bytes(bytes).unwrap();
    assert!(
        starve("from_npz", FIXED, false, || {
            Network::from_npz(&npz).map(|read| vec![read.layers().len()])
        }) > 0
    );
    assert!(
        starve("write_npz", FIXED, false, || {
            let mut npz = NpzWriter::new(std::io::sink());
            network.write_npz(&mut npz)?;
            npz.finish().map(|_| ())
        }) > 0
    );
    let path = std::env::temp_dir().join(format!("rowmajor-memory-{}.npz", std::process::id()));
    network.save(&path).unwrap();
    starve("save", FIXED, false, || network.save(&path));
    starve("load", FIXED, false, || {
        Network::load(&path).map(|read| vec![read.layers().len()])
    });
    let text: Vec<String> = (0..3000).map(|i| i.to_string()).collect();
    starve("text", FIXED, false, || {
        NpzWriter::new(std::io::sink()).text("t", &text).map(|_| ())
    });
    let matrix = numbers(100, 100);
    starve("save_npy", FIXED, false, || io::save_npy(&path, &matrix));
    assert!(
        starve("load_npy", FIXED, false, || {
            content(io::load_npy(&path)?)
        }) > 0
    );
    std::fs::remove_file(&path).unwrap();
}
