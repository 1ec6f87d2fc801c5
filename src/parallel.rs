//! The worker threads: started when first needed, then waiting for work.
//!
//! ```text
//! caller                                         worker
//!   submit the job to each worker's slot           spin, then sleep, until the slot holds a job
//!   while a task is left: take it from a counter   while a task is left: take it from the counter
//!   reclaim the job from workers not yet begun     mark the slot idle, wake the caller
//!   wait for those that have begun
//! ```
//!
//! Tasks are taken one by one, so that a worker on a slow core, or one that comes late, takes fewer: nobody waits for more
//! than the task that the slowest has just begun, and nobody for a worker that has not begun. One caller has the workers
//! at a time. Others, and work that itself wants threads, run alone: nothing waits for anything that may wait for it, and
//! there are never more threads than were set.
//!
//! On Linux, a worker that wakes on its caller's core leaves it. While another program keeps the other cores busy, the
//! scheduler wakes it there again and again, behind the caller, who does all the work. GFLOP/s on two threads, without and
//! with this, beside a program that spins on the second core (Zen 3, 2 cores, five runs): 512×512×512 47 and 52 to 62,
//! 1000×784×128 47 and 57 to 70; but 256×256×256, whose tasks are shorter than the scheduler's turns, 45 and 38 to 41.
#![allow(
    unsafe_code,
    reason = "a job is borrowed by threads that outlive it, but not its run"
)]

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::env::VarError;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{self, Thread};

/// How many threads a product may use; 0 where that is not decided yet.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads a product or a network may use, the caller's own included; 0 for the default.
///
/// The default is `ROWMAJOR_NUM_THREADS`, or else the number of cores. Small work uses fewer; no number changes a
/// result. It holds for the whole process from the next call on.
///
/// ```
/// rowmajor::set_num_threads(2);
/// assert_eq!(rowmajor::num_threads(), 2);
/// rowmajor::set_num_threads(0); // the number of cores
/// ```
pub fn set_num_threads(threads: usize) {
    THREADS.store(threads, Ordering::Relaxed);
}

/// How many threads a product or a network may use.
///
/// # Panics
/// Where nothing was set and `ROWMAJOR_NUM_THREADS` is not a number of at least 1.
///
/// ```
/// assert!(rowmajor::num_threads() >= 1);
/// ```
#[inline]
pub fn num_threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => decide(),
        threads => threads,
    }
}

#[allow(
    clippy::panic,
    reason = "a setting that cannot be followed must not be ignored"
)]
#[cold]
fn decide() -> usize {
    let threads = match std::env::var("ROWMAJOR_NUM_THREADS") {
        Ok(text) => match text.parse() {
            Ok(threads) if threads >= 1 => threads,
            _ => panic!("ROWMAJOR_NUM_THREADS={text}: not a number of threads, 1 or more"),
        },
        Err(VarError::NotPresent) => thread::available_parallelism().map_or(1, NonZero::get),
        Err(error) => panic!("ROWMAJOR_NUM_THREADS: {error}"),
    };
    // Only where nobody has set another number in the meantime.
    let _ = THREADS.compare_exchange(0, threads, Ordering::Relaxed, Ordering::Relaxed);
    threads
}

thread_local! {
    /// Whether this thread works on a task: it then uses no further threads.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// How many threads more work may use here: 1 within a task.
#[inline]
pub(crate) fn threads_here() -> usize {
    if INSIDE.get() { 1 } else { num_threads() }
}

/// Runs `work` with each of 0..`tasks` once, on at most `threads` threads, and returns when all are done.
///
/// # Panics
/// Where `work` does, with what the first thread that did panicked with, after all tasks that were begun are done; that
/// thread's further tasks are the others'.
pub(crate) fn parallel(threads: usize, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
    let threads = threads.min(tasks);
    let mut workers = match WORKERS.try_lock() {
        Ok(workers) if threads > 1 => workers,
        // A panic elsewhere leaves the list whole: nothing that can panic happens while it changes.
        Err(TryLockError::Poisoned(poisoned)) if threads > 1 => poisoned.into_inner(),
        _ => return (0..tasks).for_each(work),
    };
    while workers.len() < threads - 1 {
        match Worker::start() {
            Some(worker) => workers.push(worker),
            None => break,
        }
    }
    let helpers = workers.len().min(threads - 1);
    let job = Job {
        work,
        tasks,
        next: AtomicUsize::new(0),
        panic: Mutex::new(None),
        caller: thread::current(),
    };
    {
        let submitted = Submitted(&workers[..helpers]);
        for worker in submitted.0 {
            // SAFETY: `submitted` is dropped before the job is, on every path, and waits for the worker.
            unsafe { worker.submit(&job) };
        }
        job.run();
    }
    drop(workers);
    if let Some(panic) = job
        .panic
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        resume_unwind(panic);
    }
}

/// What caller and workers do together.
struct Job<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    tasks: usize,
    /// The next task that nobody has taken.
    next: AtomicUsize,
    /// What the first thread that panicked panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    caller: Thread,
}

impl Job<'_> {
    /// Takes tasks until none is left. Never unwinds.
    fn run(&self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _inside = Inside::new();
            loop {
                let task = self.next.fetch_add(1, Ordering::Relaxed);
                if task >= self.tasks {
                    break;
                }
                (self.work)(task);
            }
        }));
        if let Err(payload) = outcome {
            let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            if first.is_none() {
                *first = Some(payload);
            } else {
                // Its drop might panic, too.
                std::mem::forget(payload);
            }
        }
    }
}

/// As long as it lives, this thread is [`INSIDE`].
struct Inside(());

impl Inside {
    fn new() -> Self {
        INSIDE.set(true);
        Self(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

static WORKERS: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

/// A job's workers: its drop returns when none of them knows the job any more.
struct Submitted<'a>(&'a [Worker]);

impl Drop for Submitted<'_> {
    fn drop(&mut self) {
        for worker in self.0 {
            worker.reclaim();
        }
        for worker in self.0 {
            wait_until(|| worker.slot.state.load(Ordering::Acquire) == IDLE, || {});
        }
    }
}

/// A worker thread, as its caller sees it.
struct Worker {
    slot: Arc<Slot>,
    thread: Thread,
}

/// Where a caller leaves a job for one worker.
///
/// `state` says who may touch `job`: the caller while [`IDLE`]; nobody while [`SUBMITTED`], until one of the two has
/// changed that; the worker while [`RUNNING`].
#[derive(Default)]
struct Slot {
    state: AtomicU8,
    job: UnsafeCell<Option<&'static Job<'static>>>,
    /// The core on which the caller was when it left the last job.
    core: AtomicUsize,
}

const IDLE: u8 = 0;
const SUBMITTED: u8 = 1;
const RUNNING: u8 = 2;

// SAFETY: the cell is touched by one side at a time (above), and a shared reference to a `Job` may be sent: its parts are
// `Sync`.
unsafe impl Sync for Slot {}
// SAFETY: as above.
unsafe impl Send for Slot {}

/// How often one looks for a change before going to sleep: calls that follow each other closely find the workers awake, and
/// a worker that waits longer leaves its core to others.
const SPIN_LIMIT: u32 = 1000;

/// Returns when `ready` is true: spins for a while, then sleeps until unparked, whereupon it calls `awake`.
fn wait_until(ready: impl Fn() -> bool, awake: impl Fn()) {
    for _ in 0..SPIN_LIMIT {
        if ready() {
            return;
        }
        std::hint::spin_loop();
    }
    while !ready() {
        thread::park();
        awake();
    }
}

impl Worker {
    fn start() -> Option<Worker> {
        let slot = Arc::new(Slot::default());
        let theirs = Arc::clone(&slot);
        let thread = thread::Builder::new()
            .name("rowmajor".into())
            .spawn(move || theirs.serve())
            .ok()?;
        Some(Worker {
            slot,
            thread: thread.thread().clone(),
        })
    }

    /// # Safety
    /// The slot is idle and the caller's own, and the job lives until it is idle again.
    unsafe fn submit(&self, job: &Job<'_>) {
        // SAFETY: only the lifetimes change, and the job lives as long as anybody uses it (above).
        let job = unsafe { std::mem::transmute::<&Job<'_>, &'static Job<'static>>(job) };
        // SAFETY: the slot is idle and the caller's.
        unsafe { *self.slot.job.get() = Some(job) };
        self.slot.core.store(cpu::current(), Ordering::Relaxed);
        self.slot.state.store(SUBMITTED, Ordering::Release);
        self.thread.unpark();
    }

    /// Takes the job back if the worker has not begun.
    fn reclaim(&self) {
        let _ =
            self.slot
                .state
                .compare_exchange(SUBMITTED, IDLE, Ordering::Acquire, Ordering::Relaxed);
    }
}

impl Slot {
    fn serve(&self) {
        loop {
            // Read before it is written, so that waiting leaves the cache line where it is.
            let taken = || {
                self.state.load(Ordering::Relaxed) == SUBMITTED
                    && self
                        .state
                        .compare_exchange(SUBMITTED, RUNNING, Ordering::Acquire, Ordering::Relaxed)
                        .is_ok()
            };
            wait_until(taken, || cpu::leave(self.core.load(Ordering::Relaxed)));
            // SAFETY: the state is RUNNING, so the cell is the worker's.
            let job = unsafe { (*self.job.get()).take() };
            // Its own handle: the job may be gone as soon as the slot is idle.
            let caller = job.map(|job| {
                job.run();
                job.caller.clone()
            });
            self.state.store(IDLE, Ordering::Release);
            if let Some(caller) = caller {
                caller.unpark();
            }
        }
    }
}

/// The core that a thread runs on.
#[cfg(all(target_os = "linux", not(miri)))]
mod cpu {
    use std::ffi::c_int;

    /// A bit for each of 1024 cores, in words of C's `unsigned long`: the C library's `cpu_set_t`.
    type Mask = [usize; 1024 / BITS];
    const BITS: usize = usize::BITS as usize;

    // SAFETY: the C library's declarations, with a mask of the size that is passed.
    unsafe extern "C" {
        safe fn sched_getcpu() -> c_int;
        fn sched_getaffinity(thread: c_int, size: usize, mask: *mut Mask) -> c_int;
        fn sched_setaffinity(thread: c_int, size: usize, mask: *const Mask) -> c_int;
    }

    /// This thread's core at the moment; `usize::MAX` where that is not known.
    pub(super) fn current() -> usize {
        usize::try_from(sched_getcpu()).unwrap_or(usize::MAX)
    }

    /// Moves this thread to another core if it is on this one, and may run on others; later it may come back.
    pub(super) fn leave(core: usize) {
        if core != current() {
            return;
        }
        let Some(allowed) = allowed() else {
            return;
        };
        let mut others = allowed;
        let Some(word) = others.get_mut(core / BITS) else {
            return;
        };
        *word &= !(1 << (core % BITS));
        // Refused where there are no others.
        allow(&others);
        allow(&allowed);
    }

    /// The cores that this thread may run on; none where there are more than a mask has bits.
    pub(super) fn allowed() -> Option<Mask> {
        let mut mask = [0; _];
        // SAFETY: so many bytes of the mask are written, and 0 is this thread.
        let error = unsafe { sched_getaffinity(0, size_of::<Mask>(), &mut mask) };
        (error == 0).then_some(mask)
    }

    fn allow(mask: &Mask) {
        // SAFETY: so many bytes of the mask are read, and 0 is this thread.
        unsafe { sched_setaffinity(0, size_of::<Mask>(), mask) };
    }
}

/// Elsewhere nothing is known of cores.
#[cfg(not(all(target_os = "linux", not(miri))))]
mod cpu {
    pub(super) fn current() -> usize {
        usize::MAX
    }

    pub(super) fn leave(_: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// How often each task was run, on at most 4 threads.
    fn calls(tasks: usize) -> Vec<usize> {
        let counts: Vec<_> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
        parallel(4, tasks, &|task| {
            counts[task].fetch_add(1, Ordering::Relaxed);
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn each_task_is_run_once() {
        for round in 0..200 {
            let tasks = round % 19;
            assert_eq!(calls(tasks), vec![1; tasks]);
        }
    }

    /// Tasks that wait until all have begun meet where each has a thread; not while another test has the workers.
    #[test]
    fn tasks_are_done_side_by_side() {
        let meet = || {
            let (begun, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
            parallel(3, 3, &|_| {
                begun.fetch_add(1, Ordering::Relaxed);
                let since = Instant::now();
                while since.elapsed() < Duration::from_millis(100) {
                    if begun.load(Ordering::Relaxed) == 3 {
                        met.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    thread::yield_now();
                }
            });
            met.into_inner() == 3
        };
        assert!((0..100).any(|_| meet()), "one after the other");
    }

    #[test]
    fn callers_side_by_side_and_one_within_another_do_not_wait_for_each_other() {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let sum = AtomicUsize::new(0);
                        parallel(4, 4, &|task| {
                            sum.fetch_add(calls(3).iter().sum::<usize>() + task, Ordering::Relaxed);
                        });
                        assert_eq!(sum.into_inner(), 4 * 3 + 6);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_after_all_begun_tasks_are_done_and_leaves_the_workers_whole() {
        for culprit in 0..4 {
            let done = AtomicUsize::new(0);
            let result = catch_unwind(AssertUnwindSafe(|| {
                parallel(4, 4, &|task| {
                    if task == culprit {
                        // Without the hook, which would print.
                        resume_unwind(Box::new(format!("task {task}")));
                    }
                    thread::sleep(Duration::from_millis(5));
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }));
            let payload = result.unwrap_err();
            assert_eq!(payload.downcast_ref(), Some(&format!("task {culprit}")));
            assert!(done.into_inner() <= 3);
            assert_eq!(calls(4), [1; 4]);
        }
    }

    #[cfg(all(target_os = "linux", not(miri)))]
    #[test]
    fn a_thread_leaves_a_core_and_may_run_on_all_of_them_again() {
        thread::spawn(|| {
            let allowed = cpu::allowed().unwrap();
            let cores: u32 = allowed.iter().map(|word| word.count_ones()).sum();
            // The scheduler may bring it back at once, but not each time.
            let moved = || {
                let before = cpu::current();
                cpu::leave(before);
                before != cpu::current()
            };
            assert!((0..100).any(|_| moved()) || cores == 1, "{cores} cores");
            cpu::leave(usize::MAX);
            assert_eq!(cpu::allowed(), Some(allowed));
        })
        .join()
        .unwrap();
    }
}
