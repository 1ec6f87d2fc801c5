//! Many threads at once: the same bits, no more threads than were asked for, nothing left waiting.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

mod common;

use common::{Random, assert_bits, chains};
use rowmajor::nn::{Activation, Dense, Network, Predictor};
use rowmajor::{Matrix, PackedMatrix, set_num_threads};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const CALLERS: usize = 64;

fn numbers(seed: u64, rows: usize, cols: usize) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::from_fn(rows, cols, |_, _| random.number())
}

/// The contract's product.
fn expected(a: &Matrix, b: &Matrix) -> Vec<f64> {
    let sizes = (a.nrows(), a.ncols(), b.ncols());
    chains(sizes, |i, p| a[(i, p)], |p, j| b[(p, j)])
}

fn network() -> Network {
    let layer = |inputs, outputs, activation| {
        let bias = numbers(5, 1, outputs).into_vec();
        Dense::new(numbers(4, inputs, outputs), bias, activation).unwrap()
    };
    Network::new(vec![
        layer(80, 90, Activation::Tanh),
        layer(90, 70, Activation::Relu),
        layer(70, 10, Activation::Softmax),
    ])
    .unwrap()
}

/// Calls `work` with 0..[`CALLERS`], each on a thread of its own, all let go at the same moment.
fn at_once(work: impl Fn(usize) + Sync) {
    let barrier = Barrier::new(CALLERS);
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || {
                barrier.wait();
                work(caller);
            });
        }
    });
}

/// Threads that the library started, by the name it gives them; more than it ever has where that cannot be known.
#[cfg(target_os = "linux")]
fn started() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between the two calls.
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    tasks
        .filter_map(name)
        .filter(|name| name.trim() == "rowmajor")
        .count()
}

const MOST: usize = 5;

/// Threads are started when first needed, one besides the caller for each further 2^19 multiply-adds, and none where C
/// cannot be cut.
#[cfg(target_os = "linux")]
fn threads_as_many_as_the_work_is_worth() {
    for (most, (m, k, n), besides) in [
        (MOST, (2, 2, 2), 0),
        (MOST, (64, 128, 127), 0),
        (MOST, (1, 1 << 20, 8), 0),
        (1, (256, 256, 256), 0),
        (2, (256, 256, 256), 1),
        (MOST, (64, 128, 191), 1),
        (MOST, (64, 128, 192), 2),
        (MOST, (256, 256, 256), MOST - 1),
    ] {
        set_num_threads(most);
        let c = Matrix::ones(m, k).matmul(&Matrix::ones(k, n)).unwrap();
        assert_eq!(c, Matrix::filled(m, n, k as f64));
        // A thread gives itself its name, a moment after it was started.
        for _ in 0..1000 {
            if started() != besides {
                thread::sleep(std::time::Duration::from_millis(1));
            }
        }
        assert_eq!(started(), besides, "{m}x{k}x{n}, {most} threads at most");
    }
}

/// All in one test: the number of threads is the whole process's.
#[test]
fn products_and_predictors_from_64_threads_at_once() {
    #[cfg(target_os = "linux")]
    threads_as_many_as_the_work_is_worth();
    set_num_threads(MOST);
    // Large enough for several threads; one of a size of its own for each caller.
    let shape = |caller: usize| (100 + caller % 7, 150 + caller, 110 + caller % 5);
    let cases: Vec<(Matrix, Matrix, Vec<f64>)> = (0..CALLERS)
        .map(|caller| {
            let (m, k, n) = shape(caller);
            let a = numbers(caller as u64, m, k);
            let b = numbers(!(caller as u64), k, n);
            let c = expected(&a, &b);
            (a, b, c)
        })
        .collect();
    let network = network();
    let predictor = Predictor::new(&network);
    let x = numbers(9, 300, 80);
    set_num_threads(1);
    let y = network.forward(&x).unwrap();
    set_num_threads(MOST);

    // Each its own product.
    at_once(|caller| {
        let (a, b, c) = &cases[caller];
        for _ in 0..3 {
            assert_bits(a.matmul(b).unwrap().as_slice(), c, caller);
        }
        let packed = PackedMatrix::new(b).unwrap();
        assert_bits(a.matmul_packed(&packed).unwrap().as_slice(), c, caller);
    });
    assert_bounded(MOST);

    // One predictor for all, and the number of threads changing under them.
    at_once(|caller| {
        let mut out = Matrix::zeros(300, 10);
        for round in 0..3 {
            set_num_threads(1 + (caller + round) % MOST);
            predictor.forward_into(&x, &mut out).unwrap();
            assert_bits(out.as_slice(), y.as_slice(), caller);
            assert_bits(
                network.forward(&x).unwrap().as_slice(),
                y.as_slice(),
                caller,
            );
        }
    });
    set_num_threads(MOST);
    assert_bounded(MOST);

    // Within a caller's own parallel section, and that within another.
    at_once(|caller| {
        thread::scope(|scope| {
            for inner in 0..2 {
                let (a, b, c) = &cases[(caller + inner) % CALLERS];
                let (predictor, x, y) = (&predictor, &x, &y);
                scope.spawn(move || {
                    assert_bits(a.matmul(b).unwrap().as_slice(), c, caller);
                    let mut out = Matrix::zeros(300, 10);
                    predictor.forward_into(x, &mut out).unwrap();
                    assert_bits(out.as_slice(), y.as_slice(), caller);
                });
            }
        });
    });
    assert_bounded(MOST);

    // Some panic, before, between and after their products; the others do not notice.
    let panics = AtomicUsize::new(0);
    at_once(|caller| {
        let (a, b, c) = &cases[caller];
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            for round in 0..3 {
                if caller % 4 == round {
                    // Without the hook, which would print.
                    resume_unwind(Box::new("a caller's own panic"));
                }
                assert_bits(a.matmul(b).unwrap().as_slice(), c, caller);
            }
            let mut wrong = Matrix::zeros(1, 1);
            assert!(predictor.forward_into(&x, &mut wrong).is_err());
        }));
        panics.fetch_add(usize::from(panicked.is_err()), Ordering::Relaxed);
        let mut out = Matrix::zeros(300, 10);
        predictor.forward_into(&x, &mut out).unwrap();
        assert_bits(out.as_slice(), y.as_slice(), caller);
    });
    assert_eq!(panics.into_inner(), CALLERS * 3 / 4);
    assert_bounded(MOST);
    set_num_threads(0);
}

/// The caller is one of the threads, so there is one less besides.
fn assert_bounded(most: usize) {
    #[cfg(target_os = "linux")]
    assert!(
        started() < most,
        "{} threads besides the callers",
        started()
    );
    #[cfg(not(target_os = "linux"))]
    let _ = most;
}

/// This test as a process of its own: it multiplies on threads and leaves `main`, while other threads still multiply.
#[test]
fn a_process_ends_while_its_threads_wait_or_work() {
    const CHILD: &str = "ROWMAJOR_TEST_ENDS";
    if std::env::var_os(CHILD).is_some() {
        set_num_threads(4);
        let (a, b) = (numbers(1, 200, 200), numbers(2, 200, 200));
        let c = a.matmul(&b).unwrap();
        thread::spawn(move || {
            loop {
                let _ = a.matmul(&b).unwrap();
            }
        });
        assert_eq!(c.shape(), (200, 200));
        std::process::exit(7);
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_ends_while_its_threads_wait_or_work"])
        .env(CHILD, "1")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Long enough for the busiest machine; a process that hangs never ends.
    for _ in 0..1200 {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(7));
            return;
        }
        thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().unwrap();
    panic!("the process does not end");
}
