//! The threads: a team that is started when first needed and then waits for work.
//!
//! A thread that waits costs less to call than one that must be started first. One caller has the team at a time.
//! Others, and work that itself asks for threads, run alone: nothing waits for anything that may wait for it, and there
//! are never more threads than were asked for.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::env::VarError;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};

/// How many threads a product may use; 0 where that is not decided yet.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads a product or a network may use, the caller's own included; 0 for the default.
///
/// The default is `ROWMAJOR_NUM_THREADS`, or else what the machine has. Small work uses fewer; no number changes a
/// result. It holds for the whole process from the next call on.
///
/// ```
/// rowmajor::set_num_threads(2);
/// assert_eq!(rowmajor::num_threads(), 2);
/// rowmajor::set_num_threads(0); // what the machine has
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
    reason = "an environment that asks for the impossible must not pass in silence"
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
    /// Whether this thread works on a part of something: it then asks for no threads.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// How many threads more work may use here: 1 within a part of other work.
#[inline]
pub(super) fn threads_here() -> usize {
    if INSIDE.get() { 1 } else { num_threads() }
}

/// Calls `work` with each of 0..`parts` once, side by side as far as there are threads, and returns when all are done.
///
/// # Panics
/// Where `work` does, with what the first of the parts that did panicked with, after all that were begun are done.
pub(crate) fn parallel(parts: usize, work: &(dyn Fn(usize) + Sync)) {
    let mut team = match TEAM.try_lock() {
        Ok(team) if parts > 1 => team,
        _ => return (0..parts).for_each(work),
    };
    while team.len() < parts - 1 {
        match Member::start() {
            Some(member) => team.push(member),
            None => break,
        }
    }
    let helpers = &team[..team.len().min(parts - 1)];
    // SAFETY: only the lifetime is changed. Every member that gets the reference is done with it when this function
    // returns: it does not panic before it has waited for them all.
    let shared: Work = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), Work>(work) };
    for (i, member) in helpers.iter().enumerate() {
        member.give(shared, i + 1);
    }
    let mut outcome = catch_unwind(AssertUnwindSafe(|| {
        let _inside = Inside::new();
        work(0);
        // Where threads could not be had, their parts are the caller's.
        (helpers.len() + 1..parts).for_each(work);
    }));
    // Parts that no thread has begun are the caller's, too: it does not wait for a thread that waits for a core.
    for (i, member) in helpers.iter().enumerate() {
        if member.take_back() {
            let ours = catch_unwind(AssertUnwindSafe(|| {
                let _inside = Inside::new();
                work(i + 1)
            }));
            outcome = outcome.and(ours);
        }
    }
    for member in helpers {
        outcome = outcome.and(member.wait());
    }
    drop(team);
    if let Err(panic) = outcome {
        resume_unwind(panic);
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

static TEAM: Mutex<Vec<Member>> = Mutex::new(Vec::new());

type Work = &'static (dyn Fn(usize) + Sync);
type Outcome = Result<(), Box<dyn Any + Send>>;

/// A thread of the team, as its caller sees it.
struct Member {
    desk: Arc<Desk>,
    thread: Thread,
}

/// Where a caller leaves work for one member, and the member what became of it.
///
/// `state` says whose turn it is: the caller's while [`IDLE`]; nobody's while [`GIVEN`], until one of the two makes it
/// theirs; the member's while [`BEGUN`]. Only the one whose turn it is touches the cells.
#[derive(Default)]
struct Desk {
    state: AtomicU8,
    job: UnsafeCell<Option<(Work, usize, Thread)>>,
    outcome: UnsafeCell<Option<Outcome>>,
}

const IDLE: u8 = 0;
const GIVEN: u8 = 1;
const BEGUN: u8 = 2;

// SAFETY: the cells are touched by one side at a time (above), and what they hold may be sent: `Work` is a shared
// reference to something `Sync`, and an `Outcome` is `Send`.
unsafe impl Sync for Desk {}
// SAFETY: as above.
unsafe impl Send for Desk {}

/// How often one looks whether it is one's turn before going to sleep. Calls that follow each other closely find
/// the team awake.
const PATIENCE: u32 = 600;

/// Returns when `ready` is true: looks for a while, then sleeps until unparked.
fn wait_until(ready: impl Fn() -> bool) {
    for _ in 0..PATIENCE {
        if ready() {
            return;
        }
        std::hint::spin_loop();
    }
    while !ready() {
        thread::park();
    }
}

impl Member {
    fn start() -> Option<Member> {
        let desk = Arc::new(Desk::default());
        let theirs = Arc::clone(&desk);
        let thread = thread::Builder::new()
            .name("rowmajor".into())
            .spawn(move || theirs.serve())
            .ok()?;
        Some(Member {
            desk,
            thread: thread.thread().clone(),
        })
    }

    fn give(&self, work: Work, part: usize) {
        debug_assert_eq!(self.desk.state.load(Ordering::Relaxed), IDLE);
        // SAFETY: it is the caller's turn: the team is locked, and the member is idle.
        unsafe { *self.desk.job.get() = Some((work, part, thread::current())) };
        self.desk.state.store(GIVEN, Ordering::Release);
        self.thread.unpark();
    }

    /// Whether the work had not been begun; it is then the caller's again.
    fn take_back(&self) -> bool {
        let taken =
            self.desk
                .state
                .compare_exchange(GIVEN, IDLE, Ordering::Acquire, Ordering::Relaxed);
        taken.is_ok()
    }

    fn wait(&self) -> Outcome {
        wait_until(|| self.desk.state.load(Ordering::Acquire) == IDLE);
        // SAFETY: it is the caller's turn again.
        unsafe { (*self.desk.outcome.get()).take() }.unwrap_or(Ok(()))
    }
}

impl Desk {
    fn serve(&self) {
        loop {
            // Looked at before it is tried, so that waiting leaves the cache line where it is.
            wait_until(|| {
                self.state.load(Ordering::Relaxed) == GIVEN
                    && self
                        .state
                        .compare_exchange(GIVEN, BEGUN, Ordering::Acquire, Ordering::Relaxed)
                        .is_ok()
            });
            // SAFETY: it is the member's turn.
            let job = unsafe { (*self.job.get()).take() };
            let Some((work, part, caller)) = job else {
                self.state.store(IDLE, Ordering::Release);
                continue;
            };
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let _inside = Inside::new();
                work(part)
            }));
            // SAFETY: it is still the member's turn.
            unsafe { *self.outcome.get() = Some(outcome) };
            self.state.store(IDLE, Ordering::Release);
            caller.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// How often each part was called.
    fn calls(parts: usize) -> Vec<usize> {
        let counts: Vec<_> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        parallel(parts, &|part| {
            counts[part].fetch_add(1, Ordering::Relaxed);
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn each_part_is_called_once() {
        for round in 0..200 {
            let parts = round % 9;
            assert_eq!(calls(parts), vec![1; parts]);
        }
    }

    /// Parts that wait until all have begun meet where each has a thread; not while another test has the team.
    #[test]
    fn parts_are_done_side_by_side() {
        let meet = || {
            let (begun, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
            parallel(3, &|_| {
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
                        parallel(4, &|part| {
                            sum.fetch_add(calls(3).iter().sum::<usize>() + part, Ordering::Relaxed);
                        });
                        assert_eq!(sum.into_inner(), 4 * 3 + 6);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_after_all_parts_are_done_and_leaves_the_team_whole() {
        for culprit in 0..4 {
            let done = AtomicUsize::new(0);
            let result = catch_unwind(AssertUnwindSafe(|| {
                parallel(4, &|part| {
                    if part == culprit {
                        // Without the hook, which would print.
                        resume_unwind(Box::new(format!("part {part}")));
                    }
                    thread::sleep(Duration::from_millis(5));
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }));
            let payload = result.unwrap_err();
            assert_eq!(payload.downcast_ref(), Some(&format!("part {culprit}")));
            assert!(done.into_inner() <= 3);
            assert_eq!(calls(4), [1; 4]);
        }
    }
}
