//! One row and one column, a few rows, a few columns.

use super::*;

#[test]
fn a_few_columns_in_lanes_of_rows() {
    let mut random = Random(17);
    for m in (7..=33).chain([64, 65]) {
        for k in [11, 12, 15, 16, 31, 32, 39, 71] {
            for n in [2, 3, 4, 5, 9, 10, 11] {
                let gaps = |gap| Layout {
                    gap,
                    offset: gap,
                    ..PLAIN
                };
                let a = Stored::new(m, k, gaps(m % 2), || random.wild());
                let b = Stored::new(k, n, gaps(k % 3), || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let expected = naive(a, b);
                for isa in isas(m, k, n) {
                    for form in [Form::Plain, Form::Packed] {
                        let tasks = 1 + (m + n) % 3;
                        let found = run(isa, tasks, None, a, (b, form), (k % 2, n % 4));
                        assert_same(&found, &expected, &(isa, m, k, n, tasks, form));
                    }
                }
            }
        }
    }
}

#[test]
fn tiles_of_a_wide_and_shallow_product() {
    let mut random = Random(23);
    for m in (5..=14).chain([19, 37, 130]) {
        for k in [1, 2, 5, 8, 9, 32, 33, 64, 65, 513] {
            for n in [31, 32, 95, 96, 97, 104, 127, 128, 138, 512] {
                if m * k * n > 1 << 21 {
                    continue;
                }
                let a = Stored::new(m, k, PLAIN, || random.wild());
                let gap = if k % 2 == 0 { 0 } else { 3 };
                let b = Stored::new(k, n, Layout { gap, ..PLAIN }, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let expected = naive(a, b);
                for isa in isas(m, k, n) {
                    for form in [Form::Plain, Form::Packed] {
                        let found = run(isa, 1, None, a, (b, form), (m % 2, n % 4));
                        assert_same(&found, &expected, &(isa, m, k, n, form));
                    }
                }
            }
        }
    }
}

#[test]
fn one_row_and_one_column() {
    let mut random = Random(5);
    let sizes = [
        1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 511, 512, 513, 2047, 2049,
    ];
    for k in sizes {
        for n in sizes.into_iter().filter(|n| n * k <= 1 << 18) {
            for isa in isas(1, k, n) {
                let transposed = Layout {
                    transposed: true,
                    ..PLAIN
                };
                for layout in [
                    PLAIN,
                    transposed,
                    Layout {
                        gap: 1,
                        offset: 5,
                        ..PLAIN
                    },
                ] {
                    let row = Stored::new(1, k, PLAIN, || random.wild());
                    let b = Stored::new(k, n, layout, || random.wild());
                    let (a, b) = (row.operand(), b.operand());
                    let found = run(isa, 1, None, a, (b, Form::Plain), (0, 1));
                    assert_same(&found, &naive(a, b), &(isa, "row", k, n, layout));
                    // The same numbers as a column: x is contiguous, or every third of a wider matrix.
                    let gap = n % 2 * 2;
                    let column = Stored::new(k, 1, Layout { gap, ..PLAIN }, || random.wild());
                    let (a, b) = (b.transposed(), column.operand());
                    let found = run(isa, 1, None, a, (b, Form::Plain), (k % 2, 1));
                    assert_same(&found, &naive(a, b), &(isa, "column", n, k, layout));
                }
            }
        }
    }
}

/// Every number of rows and columns, groups of 8 rows and what is left of them, chains that end with the block and
/// chains that go on, B in place and packed.
#[test]
fn a_few_columns_of_any_number_of_rows() {
    let mut random = Random(8);
    for n in 1..=13 {
        for m in [7, 8, 9, 15, 16, 17, 41] {
            for k in [1, 7, 8, 9, 16, 31, 70] {
                let layout = Layout {
                    gap: m % 3,
                    offset: (k + n) % 8,
                    ..PLAIN
                };
                let a = Stored::new(m, k, layout, || random.wild());
                let b = Stored::new(k, n, layout, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let expected = naive(a, b);
                let resumed = |kc, pack_b| Some(Path::Blocked(blocking((24, kc, 48), pack_b)));
                for isa in isas(m, k, n) {
                    for path in [None, resumed(5, false), resumed(8, true), resumed(17, true)] {
                        for form in [Form::Plain, Form::Packed] {
                            let found = run(isa, 1, path, a, (b, form), (n % 3, m % 8));
                            assert_same(&found, &expected, &(isa, m, k, n, path, form));
                        }
                    }
                }
            }
        }
    }
}

/// Rows in one tile to four, around every number of depths at a time, every width and place in a cache line, A transposed
/// or not.
#[test]
fn a_few_rows_of_any_width() {
    let mut random = Random(9);
    for k in [1, 7, 8, 9, 17] {
        for (n, gap) in [
            (1, 0),
            (7, 0),
            (8, 0),
            (9, 7),
            (40, 0),
            (63, 1),
            (70, 2),
            (4109, 3),
        ] {
            for m in [1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 24] {
                if n > 100 && m * k > 40 {
                    continue;
                }
                let layout = Layout {
                    gap,
                    offset: (m + k) % 8,
                    transposed: false,
                };
                let transposed = k % 2 == 0;
                let a = Stored::new(
                    m,
                    k,
                    Layout {
                        transposed,
                        ..layout
                    },
                    || random.wild(),
                );
                let b = Stored::new(k, n, layout, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let expected = naive(a, b);
                for isa in isas(m, k, n) {
                    for tasks in [1, 2] {
                        let place = (k % 3, m % 8);
                        let path = Some(Path::FewRows);
                        let found = run(isa, tasks, path, a, (b, Form::Plain), place);
                        assert_same(&found, &expected, &(isa, m, k, n, tasks));
                    }
                }
            }
        }
    }
}

/// As many depths as a deep block of narrow and of wide rows has, fewer and more.
#[test]
fn a_few_rows_in_deep_blocks() {
    let mut random = Random(12);
    for (k, n, gap) in [
        (63, 50, 6),
        (64, 75, 0),
        (1030, 43, 5),
        (2049, 9, 0),
        (16, 2053, 3),
        (33, 2048, 0),
    ] {
        let b = Stored::new(k, n, Layout { gap, ..PLAIN }, || random.wild());
        for m in [4, 5, 7, 8, 9, 23] {
            let a = Stored::new(m, k, PLAIN, || random.wild());
            let (a, b) = (a.operand(), b.operand());
            let expected = naive(a, b);
            for isa in isas(m, k, n) {
                let found = run(isa, 1, Some(Path::FewRows), a, (b, Form::Plain), (0, 0));
                assert_same(&found, &expected, &(isa, m, k, n));
            }
        }
    }
}

/// B too large for the second cache, however large that is.
#[test]
fn a_few_rows_times_a_large_matrix() {
    let n = 1000;
    let k = l2_bytes() / 8 / n + 3;
    let b = Stored::new(k, n, PLAIN, {
        let mut random = Random(10);
        move || random.number()
    });
    for m in [2, 5, 24] {
        let mut random = Random(m as u64);
        let a = Stored::new(m, k, PLAIN, || random.number());
        let expected = naive(a.operand(), b.operand());
        for isa in isas(m, k, n) {
            for tasks in [1, 3] {
                let found = run(
                    isa,
                    tasks,
                    None,
                    a.operand(),
                    (b.operand(), Form::Plain),
                    (0, 0),
                );
                assert_same(&found, &expected, &(isa, m, tasks));
            }
        }
    }
}

/// Every number of rows up to three times 16 and one more, every place of a row in its cache line, rows 4096 bytes apart
/// and not, fewer columns than the lower rows' lag, as many, and more.
#[test]
fn one_column_of_any_number_of_rows() {
    let mut random = Random(7);
    for k in [1, 3, 4, 5, 8, 63, 64, 65, 67, 68, 71, 130] {
        for (gap, offset) in [(0, 0), (512 - k, 0), (512 - k, k % 8), (1, 3), (511 - k, 1)] {
            let layout = Layout {
                gap,
                offset,
                ..PLAIN
            };
            let a = Stored::new(49, k, layout, || random.wild());
            let x = Stored::new(k, 1, PLAIN, || random.wild());
            let (a, x) = (a.operand(), x.operand());
            let expected = naive(a, x);
            for isa in isas(49, k, 1) {
                for m in 8..=49 {
                    let rows = a.block(0, 0, m, k);
                    let found = run(isa, 1, None, rows, (x, Form::Plain), (m % 2, 1));
                    assert_same(&found, &expected[..m], &(isa, m, k, layout));
                }
            }
        }
    }
}

/// Rows a multiple of 4096 bytes apart, so many that x is moved if it is short enough.
#[test]
fn one_column_of_rows_that_share_a_set_of_the_first_cache() {
    let mut random = Random(11);
    for (m, k) in [
        (63, 512_usize),
        (64, 511),
        (65, 512),
        (80, 2047),
        (79, 2048),
        (70, 2049),
    ] {
        for offset in [0, 1, 7] {
            let layout = Layout {
                gap: k.next_multiple_of(512) - k,
                offset,
                ..PLAIN
            };
            let a = Stored::new(m, k, layout, || random.wild());
            let x = Stored::new(k, 1, Layout { offset, ..PLAIN }, || random.wild());
            let (a, x) = (a.operand(), x.operand());
            let expected = naive(a, x);
            for isa in isas(m, k, 1) {
                let found = run(isa, 1, None, a, (x, Form::Plain), (0, 0));
                assert_same(&found, &expected, &(isa, m, k, offset));
            }
        }
    }
}

/// What is above is what the whole product has there; of the rest something is left out, and nothing else is written.
#[test]
fn what_is_above_a_diagonal() {
    let mut random = Random(17);
    for (m, k, n) in [(70, 3, 70), (96, 40, 32), (90, 520, 50), (7, 1030, 65)] {
        for transposed in [false, true] {
            let layout = Layout {
                transposed,
                ..PLAIN
            };
            let a = Stored::new(m, k, layout, || random.wild());
            let b = Stored::new(k, n, layout, || random.wild());
            let (a, b) = (a.operand(), b.operand());
            let expected = naive(a, b);
            for (isa, threads) in isas(m, k, n).flat_map(|isa| [(isa, 1), (isa, 2)]) {
                for diagonal in [0, 1, 6, 31, 64, usize::MAX] {
                    let found = written((m, n), (3, 1), |c| {
                        gemm_on(
                            isa,
                            threads,
                            None,
                            None,
                            a,
                            Rhs::Plain(b),
                            c.above(diagonal),
                        )
                        .unwrap();
                    });
                    let mut left_out = 0;
                    for (at, (&x, &y)) in found.iter().zip(&expected).enumerate() {
                        let (i, j) = (at / n, at % n);
                        let same = x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
                        let below = i > diagonal.saturating_add(j);
                        left_out += usize::from(!same);
                        assert!(
                            same || below && x.is_nan(),
                            "{isa:?} {m}x{k}x{n} {diagonal}: ({i}, {j})"
                        );
                    }
                    assert!(
                        left_out > 0 || m < diagonal.saturating_add(32),
                        "{isa:?} {m}x{k}x{n} {diagonal}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_few_rows_or_columns_beside_contiguous_columns() {
    let columns = Layout {
        transposed: true,
        gap: 1,
        offset: 3,
    };
    let mut random = Random(11);
    for few in [1, 2, 3, 8, 11, 12, 13, 63, 64, 65] {
        for (k, many) in [(32, 2 * few), (130, 129), (131, 64), (40, 300)] {
            let a = Stored::new(few, k, PLAIN, || random.wild());
            let b = Stored::new(k, many, columns, || random.wild());
            let (a, b) = (a.operand(), b.operand());
            for (a, b) in [(a, b), (b.transposed(), a.transposed())] {
                let expected = naive(a, b);
                for isa in isas(few, k, many) {
                    for threads in [1, 3] {
                        let shape = (a.rows(), b.cols());
                        let found = written(shape, (k % 3, 2), |out| {
                            gemm_on(isa, threads, None, None, a, Rhs::Plain(b), out).unwrap();
                        });
                        assert_same(&found, &expected, &(isa, shape, k, threads));
                    }
                }
            }
        }
    }
}
