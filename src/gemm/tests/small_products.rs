//! Products of sizes to 64 and 128: without plan, in place or of copied rows.

use super::*;

/// The product of operands in these layouts, by no given path, is that of the contract.
fn check(
    isa: Isa,
    random: &mut Random,
    (m, k, n): (usize, usize, usize),
    layouts: (Layout, Layout),
    place: (usize, usize),
) {
    let a = Stored::new(m, k, layouts.0, || random.wild());
    let b = Stored::new(k, n, layouts.1, || random.wild());
    let (a, b) = (a.operand(), b.operand());
    let found = run(isa, 1, None, a, (b, Form::Plain), place);
    assert_same(&found, &naive(a, b), &(isa, m, k, n, layouts));
}

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
                let place = (m % 3, n % 4);
                check(isa, &mut random, (m, k, n), (layout, PLAIN), place);
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
        for &sizes in &sizes {
            check(isa, &mut random, sizes, (PLAIN, PLAIN), (0, sizes.1 % 3));
        }
    }
}

#[test]
fn a_column_times_a_row() {
    let sizes = (23..=33).chain([SMALL, SMALL + 1, 3 * SMALL + 2]);
    for isa in Isa::available() {
        let mut random = Random(10);
        for (m, n) in [1, 2, 9, SMALL + 1]
            .map(|m| sizes.clone().map(move |n| (m, n)))
            .into_iter()
            .flatten()
        {
            for (transposed, gap) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
                let layout = Layout {
                    transposed,
                    gap,
                    offset: gap,
                };
                let a = Stored::new(m, 1, layout, || random.wild());
                let b = Stored::new(1, n, PLAIN, || random.wild());
                let (a, b, place) = (a.operand(), b.operand(), (m % 3, n % 2));
                for form in [Form::Plain, Form::Packed] {
                    let found = run(isa, 1, None, a, (b, form), place);
                    assert_same(&found, &naive(a, b), &(isa, m, n, layout, form));
                }
            }
        }
    }
}

#[test]
fn small_products_of_contiguous_columns() {
    const MEDIUM: usize = 2 * SMALL;
    let mut sizes = vec![
        (SMALL, SMALL, SMALL),
        (SMALL + 1, SMALL - 1, SMALL),
        (MEDIUM, MEDIUM, MEDIUM),
        (MEDIUM - 1, 33, 17),
        (MEDIUM + 1, 3, MEDIUM),
        (12, MEDIUM, 10),
    ];
    for (m, n) in (0..=9).flat_map(|m| (0..=9).map(move |n| (m, n))) {
        sizes.extend((0..=9).chain([33]).map(|k| (m, k, n)));
    }
    for isa in Isa::available() {
        let mut random = Random(9);
        for &(m, k, n) in &sizes {
            for (columns_a, columns_b) in [(true, false), (false, true), (true, true)] {
                let layout = |transposed, gap| Layout {
                    transposed,
                    gap,
                    offset: m % 2,
                };
                let layouts = (layout(columns_a, k % 3), layout(columns_b, n % 3));
                check(isa, &mut random, (m, k, n), layouts, (m % 3, n % 2));
            }
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
