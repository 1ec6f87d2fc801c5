//! Small products, one row and one column, a few rows, a few columns.

use super::*;

#[test]
fn small_products_in_tiles_of_every_width() {
    for isa in Isa::available() {
        let mut random = Random(7);
        for n in 1..=SMALL + 1 {
            for m in [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, SMALL, SMALL + 1] {
                let k = 1 + (m + n) % 3;
                let layout = Layout {
                    transposed: n % 2 == 0,
                    gap: n % 3,
                    offset: n % 5,
                };
                let a = Stored::new(m, k, layout, || random.wild());
                let b = Stored::new(k, n, PLAIN, || random.wild());
                let (a, b) = (a.operand(), b.operand());
                let found = run(isa, 1, None, a, (b, Form::Plain), (m % 3, n % 4));
                assert_same(&found, &naive(a, b), &(isa, m, k, n));
            }
        }
    }
}

#[test]
fn products_without_gaps() {
    const MEDIUM: usize = 2 * SMALL;
    let mut sizes = vec![
        (MEDIUM, MEDIUM, MEDIUM),
        (MEDIUM + 1, 3, MEDIUM),
        (16, MEDIUM + 1, 16),
        (16, 3, MEDIUM + 1),
        (15, SMALL + 1, MEDIUM),
        (MEDIUM - 1, 33, MEDIUM - 1),
        (72, 0, 72),
    ];
    let small = || (1..=10).chain([15, 16, 17, SMALL]);
    for (m, n) in small().flat_map(|m| small().map(move |n| (m, n))) {
        sizes.extend((1..=9).chain([33, SMALL]).map(|k| (m, k, n)));
    }
    for n in [0, 1, 2, 7, 8, 9, 10, SMALL + 1, MEDIUM, MEDIUM + 1] {
        let depths = [0, SMALL + 1, MEDIUM, MEDIUM + 1];
        sizes.extend((0..=5).flat_map(|m| depths.map(|k| (m, k, n))));
    }
    for isa in Isa::available() {
        let mut random = Random(8);
        for &(m, k, n) in &sizes {
            let a = Stored::new(m, k, PLAIN, || random.wild());
            let b = Stored::new(k, n, PLAIN, || random.wild());
            let (a, b) = (a.operand(), b.operand());
            let found = run(isa, 1, None, a, (b, Form::Plain), (0, k % 3));
            assert_same(&found, &naive(a, b), &(isa, m, k, n));
        }
    }
}

#[test]
fn a_small_product_is_one_that_fits() {
    let values = [1.0; SMALL * SMALL + 1];
    let rows = |rows: usize, cols: usize, row_stride: usize| {
        let starts = rows.wrapping_sub(1).wrapping_mul(row_stride);
        let end = starts.wrapping_add(cols).min(values.len());
        Rows {
            data: &values[..if rows == 0 { 0 } else { end }],
            rows,
            cols,
            row_stride,
        }
    };
    let plain = |count, cols| rows(count, cols, cols);
    fn taken(a: Rows, b: Rows, shape: (usize, usize), len: usize) -> bool {
        let mut out = vec![f64::NAN; len];
        let done = small_gemm(a, b, &mut out, shape);
        assert!(if done {
            out.iter().all(|x| *x == a.cols as f64)
        } else {
            out.iter().all(|x| x.is_nan())
        });
        done
    }
    let fits = |a: Rows, b: Rows, (m, n)| taken(a, b, (m, n), m * n);
    assert!(fits(plain(2, 3), plain(3, 2), (2, 2)));
    assert!(fits(plain(1, SMALL), plain(SMALL, 1), (1, 1)));
    assert!(fits(
        plain(SMALL, SMALL),
        plain(SMALL, SMALL),
        (SMALL, SMALL)
    ));
    assert!(
        !fits(plain(2, 3), plain(2, 3), (2, 3)),
        "inner sizes differ"
    );
    assert!(
        !fits(plain(2, 3), plain(3, 2), (3, 2)),
        "rows of the result"
    );
    assert!(!fits(plain(2, 3), plain(3, 2), (2, 3)), "its columns");
    assert!(!taken(plain(2, 3), plain(3, 2), (2, 2), 3), "its memory");
    assert!(!fits(plain(8, 2), plain(2, 1), (8, 1)), "a gemv");

    // Rows that end at the last value, before it and behind it; rows with gaps.
    let (count, cols) = (SMALL, SMALL);
    let short = |len| Rows {
        data: &values[..len],
        ..plain(count, cols)
    };
    for (rows, takes, case) in [
        (short(count * cols), true, "all of it"),
        (short(count * cols - 1), false, "a value is missing"),
        (short(count * cols + 1), false, "one too many"),
        (rows(2, 2, 3), false, "gaps"),
        (rows(2, 2, 1), false, "rows that overlap"),
        (rows(2, 2, usize::MAX), false, "a stride that wraps around"),
    ] {
        let (m, n) = (rows.rows, rows.cols);
        assert_eq!(fits(rows, plain(n, 3), (m, 3)), takes, "{case}");
        assert_eq!(
            fits(plain(3, m), rows, (3, n)),
            takes,
            "{case}, on the right"
        );
    }

    for (m, k, n) in [
        (0, 2, 2),
        (2, 0, 2),
        (2, 2, 0),
        (SMALL + 1, 1, 1),
        (1, SMALL + 1, 1),
        (1, 1, SMALL + 1),
    ] {
        assert!(!fits(plain(m, k), plain(k, n), (m, n)), "{m}x{k}x{n}");
        assert!(small_gemm_boxed(plain(m, k), plain(k, n)).is_none());
    }
    let boxed = small_gemm_boxed(plain(2, 3), plain(3, 4)).unwrap();
    assert_same(&boxed, &[3.0; 8], &"boxed");
    assert!(small_gemm_boxed(plain(2, 3), plain(2, 3)).is_none());
}

#[test]
#[cfg_attr(panic = "abort", ignore = "a panic ends the program")]
fn a_small_product_runs_into_an_output_of_its_shape() {
    let values = [1.0; 6];
    for (rows, cols) in [(2, 2), (2, 1), (1, 2), (3, 2), (2, 3)] {
        let fits = (rows, cols) == (2, 2);
        let mut out = [-1.0; 9];
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let (a, b) = (
                Operand::row_major(&values, 2, 3, 3),
                Operand::row_major(&values, 3, 2, 2),
            );
            let c = Output::new(&mut out, rows, cols, cols);
            small_gemm_on(Isa::current(), a, b, &c);
        }));
        assert_eq!(done.is_ok(), fits, "{rows}x{cols}");
        let expected = if fits { [3.0; 4] } else { [-1.0; 4] };
        assert_eq!(out[..4], expected, "{rows}x{cols}");
        assert_eq!(out[4..], [-1.0; 5], "{rows}x{cols}");
    }
}

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
