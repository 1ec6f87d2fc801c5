//! What tasks and threads get of a product, and the parts that it is cut into.

use super::planning::{KIB, NARROW, plain};
use super::*;
use crate::gemm::loops::part;
use crate::parallel::{parallel, set_num_threads};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn tasks_are_more_than_threads_and_worth_taking() {
    let tasks = |shape, threads| {
        let Plan { grid, share_b, .. } = plan(&plain(shape), NARROW, 512 * KIB, threads);
        (grid, share_b)
    };
    for (shape, threads, expected) in [
        ((1024, 1024, 1024), 1, ((1, 1), false)),
        // Many rows: each task has some, and B is packed once.
        ((1024, 1024, 1024), 2, ((8, 1), true)),
        ((10_000, 784, 50), 4, ((16, 1), true)),
        // A B that is too large for that.
        ((2048, 2048, 2048), 2, ((4, 2), false)),
        // Few rows: each task has some columns.
        ((25, 1024, 1024), 2, ((1, 8), false)),
        // A few along the rows of a B that L2 does not hold: as many columns as can be.
        ((23, 1024, 1024), 2, ((1, 2), false)),
        ((12, 1000, 1000), 2, ((1, 2), false)),
        ((1, 4096, 4096), 2, ((1, 2), false)),
        ((4, 100, 15_000), 2, ((1, 3), false)),
        ((8, 64, 1024), 2, ((1, 2), false)),
        ((8, 64, 1016), 2, ((1, 7), false)),
        // So little work that there are fewer tasks, or one.
        // Of a B that is read in place nothing is packed.
        ((100, 100, 50), 2, ((7, 1), false)),
        ((40, 50, 50), 16, ((1, 1), false)),
    ] {
        assert_eq!(
            tasks(shape, threads),
            expected,
            "{shape:?}, {threads} threads"
        );
    }
    // Whatever the shape: no grid without tasks, none with tasks of no rows or columns.
    for m in [1, 2, 7, 100, 5000] {
        for k in [1, 50, 4000] {
            for n in [1, 9, 300, 7000] {
                for threads in [2, 3, 16, 64] {
                    let (down, across) = tasks((m, k, n), threads).0;
                    assert!(down >= 1 && across >= 1 && down * across <= 8 * threads);
                    assert!(down <= m && across <= n, "{m}x{k}x{n}, {threads}");
                }
            }
        }
    }
}

#[test]
fn parts_differ_by_less_than_a_unit() {
    for total in 0..200 {
        for max in 1..60 {
            for unit in [1, 4, 6, 8] {
                let parts: Vec<_> = macrokernel::parts(total, max, unit).collect();
                let mut next = 0;
                for &(start, len) in &parts {
                    assert!(start == next && len > 0 && start % unit == 0);
                    assert!(len <= max.next_multiple_of(unit), "{total}, {max}, {unit}");
                    next = start + len;
                }
                assert_eq!(next, total);
                assert!(parts.len() <= total.div_ceil(max));
            }
        }
    }
}

/// A thread for each 2^18 multiply-adds, as far as there are any, and none for a part of other work.
#[test]
fn threads_for_work_that_is_worth_them() {
    const EACH: usize = 1 << 18;
    const MAX: usize = 5;
    // For the whole process: what other tests compute meanwhile is the same.
    set_num_threads(MAX);
    for (multiply_adds, expected) in [
        (0, 1),
        (1, 1),
        (EACH, 1),
        (2 * EACH - 1, 1),
        (2 * EACH, 2),
        (3 * EACH - 1, 2),
        (3 * EACH, 3),
        (MAX * EACH, MAX),
        (usize::MAX, MAX),
    ] {
        assert_eq!(threads_worth(multiply_adds), expected, "{multiply_adds}");
    }
    // While another test has the workers, the tasks are the caller's, one after the other, and no tasks.
    let alone = || {
        let max = AtomicUsize::new(0);
        parallel(3, 3, &|_| {
            max.fetch_max(threads_worth(usize::MAX), Ordering::Relaxed);
        });
        thread::sleep(Duration::from_millis(1));
        max.into_inner() == 1
    };
    assert!((0..10_000).any(|_| alone()), "a task uses threads");
    parallel(1, 1, &|_| {
        assert_eq!(threads_worth(usize::MAX), MAX, "all of the work")
    });
    assert_eq!(threads_worth(usize::MAX), MAX);
    set_num_threads(0);
}

#[test]
fn parts_follow_each_other_and_the_longer_ones_come_first() {
    for unit in [1, 6, 8] {
        for (total, parts) in (0..150).flat_map(|total| (1..18).map(move |parts| (total, parts))) {
            let all: Vec<_> = (0..parts).map(|i| part(total, unit, parts, i)).collect();
            let ends = all.iter().map(|(start, len)| start + len);
            assert_eq!(all[0].0, 0);
            assert!(ends.clone().eq(all[1..].iter().map(|p| p.0).chain([total])));
            assert!(ends.clone().all(|end| end % unit == 0 || end == total));
            assert!(all.is_sorted_by(|p, q| p.1 >= q.1), "{all:?}");
            assert!(all[0].1 < all[parts - 1].1 + 2 * unit, "{all:?}");
        }
    }
}
