//! What allocates: nothing, after the first call, where the documentation says so.
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use rowmajor::nn::{Activation, Dense, Gradients, Init, Loss, Network, Predictor};
use rowmajor::random::Rng;
use rowmajor::train::{Adam, Optimizer, Sgd, Trainer};
use rowmajor::{Matrix, MatrixViewMut, set_num_threads};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    /// Allocations of this thread; `const`, so that counting allocates nothing itself.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; `pointer` came from `alloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn repeated_calls_allocate_nothing() {
    assert!(
        allocations(|| drop(Matrix::zeros(2, 2))) > 0,
        "the counter counts"
    );

    let (a, b) = (Matrix::ones(300, 200), Matrix::ones(200, 100));
    let mut c = Matrix::zeros(300, 100);
    a.matmul_into(&b, &mut c).unwrap();
    assert_eq!(
        allocations(|| a.matmul_into(&b, &mut c).unwrap()),
        0,
        "matmul_into, second call"
    );
    let mut small = Matrix::zeros(1, 100);
    let row = a.view_rows(..1).unwrap();
    assert_eq!(
        allocations(|| row.matmul_into(&b, &mut small).unwrap()),
        0,
        "matmul_into, a smaller product"
    );

    // Operands whose rows are not contiguous are packed, into buffers that the thread keeps; on one, which does it all.
    set_num_threads(1);
    let (a_t, b_t) = (a.transpose(), b.transpose());
    a_t.matmul_tn_into(&b, &mut c).unwrap();
    let count = allocations(|| a_t.matmul_tn_into(&b, &mut c).unwrap());
    assert_eq!(count, 0, "matmul_tn_into, second call");
    a.matmul_nt_into(&b_t, &mut c).unwrap();
    let count = allocations(|| a.matmul_nt_into(&b_t, &mut c).unwrap());
    assert_eq!(count, 0, "matmul_nt_into, second call");
    set_num_threads(0);

    // Whatever the number of layers: two buffers take turns, and must not trade places between two calls.
    let sizes = [64, 50, 100, 30, 20, 10];
    for layers in 1..sizes.len() {
        let layer = |pair: &[usize], activation| {
            Dense::new(
                Matrix::ones(pair[0], pair[1]),
                vec![0.1; pair[1]],
                activation,
            )
            .unwrap()
        };
        let activations = Activation::ALL.into_iter().rev();
        let network = sizes[..=layers].windows(2).zip(activations);
        let network = network.map(|(pair, activation)| layer(pair, activation));
        let predictor = Predictor::new(&Network::new(network.collect()).unwrap());
        let x = Matrix::ones(100, 64);
        for (call, rows) in [100, 100, 100, 1, 100, 70, 100].into_iter().enumerate() {
            let mut out = Matrix::zeros(rows, sizes[layers]);
            let batch = x.view_rows(..rows).unwrap();
            let count = allocations(|| predictor.forward_into(batch, &mut out).unwrap());
            assert!(
                call == 0 || count == 0,
                "{layers} layers: call {call}, of {rows} rows, allocated {count} times"
            );
        }
        // Into parts of one output: a short last batch, and some of its columns.
        let cols = sizes[layers];
        let mut out = Matrix::zeros(100, cols + 2);
        let count = allocations(|| {
            for (x, mut out) in x.batches(70).zip(out.batches_mut(70)) {
                let out = out.view_cols_mut(1..=cols).unwrap();
                predictor.forward_into(x, out).unwrap();
            }
            let rows = out.as_mut_slice().split_at_mut(30 * cols).0;
            let out = MatrixViewMut::from_slice(30, cols, rows).unwrap();
            predictor
                .forward_into(x.view_rows(70..).unwrap(), out)
                .unwrap();
        });
        assert_eq!(count, 0, "{layers} layers, into views");
    }
}

/// Gradients into the same place, and batches of a trainer: nothing is allocated after the first batch of an epoch.
#[test]
fn training_allocates_nothing_per_batch() {
    let activations = [Activation::Sigmoid, Activation::Softmax];
    let network =
        Network::init(&[40, 30, 10], &activations, Init::Glorot, &mut Rng::new(1)).unwrap();
    let x = Matrix::from_fn(230, 40, |i, j| ((i * 7 + j) % 11) as f64);
    let labels: Vec<usize> = (0..230).map(|i| i % 10).collect();
    let mut gradients = Gradients::new();
    for (call, rows) in [64, 64, 30, 64, 1].into_iter().enumerate() {
        let (x, labels) = (x.view_rows(..rows).unwrap(), &labels[..rows]);
        let count = allocations(|| {
            network
                .gradients_into(x, labels, Loss::CrossEntropy, rows, &mut gradients)
                .unwrap();
        });
        assert!(call == 0 || count == 0, "call {call}: {count}");
    }
    let optimizers: [Optimizer; 2] = [Sgd::new(0.1).momentum(0.9).into(), Adam::new(0.01).into()];
    for (optimizer, shuffle) in optimizers.into_iter().zip([false, true]) {
        let mut trainer = Trainer::new(network.clone(), optimizer, Loss::CrossEntropy)
            .unwrap()
            .batch_size(50)
            .micro_batch(20)
            .clip_norm(1.0)
            .shuffle(shuffle);
        for batch in 0..12 {
            let count = allocations(|| trainer.fit_batches(&x, &labels, 1).unwrap());
            assert!(batch == 0 || count <= 1, "batch {batch}: {count}");
            // A list of epochs may grow with each.
            assert!(
                batch == 0 || batch % 5 == 4 || batch % 5 == 0 || count == 0,
                "batch {batch}: {count}"
            );
        }
    }
}
