//! Sums, means, extremes, places of maxima: against the published order and the stated rules.

use super::common::{Random, assert_bits, config, sum_in_order};
use proptest::prelude::*;
use rowmajor::{Matrix, ShapeError, matrix};

/// Column `j`, top to bottom.
fn column(m: &Matrix, j: usize) -> Vec<f64> {
    (0..m.nrows()).map(|i| m[(i, j)]).collect()
}

/// NaN where there is one, otherwise the extreme, otherwise the start.
fn extreme(values: &[f64], start: f64, f: fn(f64, f64) -> f64) -> f64 {
    if values.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    values.iter().copied().fold(start, f)
}

fn least(values: &[f64]) -> f64 {
    extreme(values, f64::INFINITY, f64::min)
}

fn greatest(values: &[f64]) -> f64 {
    extreme(values, f64::NEG_INFINITY, f64::max)
}

/// Equal numbers (±0 alike, since which of them is an extreme is not promised), or both NaN.
fn assert_equal(found: &[f64], expected: &[f64], what: &str) {
    let alike = |x: &f64, y: &f64| x == y || x.is_nan() && y.is_nan();
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(|(x, y)| alike(x, y)),
        "{what}: {found:?}, expected {expected:?}"
    );
}

/// The first NaN, or else the first of the largest.
fn first_maximum(row: &[f64]) -> usize {
    let largest = greatest(row);
    row.iter()
        .position(|x| x.is_nan() || *x == largest)
        .expect("a row with a value")
}

/// All reductions of `m` against the definitions.
fn check(m: &Matrix) {
    let rows: Vec<&[f64]> = m.rows().collect();
    let columns: Vec<Vec<f64>> = (0..m.ncols()).map(|j| column(m, j)).collect();
    let (nrows, ncols) = (m.nrows() as f64, m.ncols() as f64);
    let by_row = |f: fn(&[f64]) -> f64| rows.iter().map(|row| f(row)).collect::<Vec<f64>>();
    let by_column =
        |f: fn(&[f64]) -> f64| columns.iter().map(|column| f(column)).collect::<Vec<f64>>();

    let row_sums = by_row(sum_in_order);
    let col_sums = by_column(|column| column.iter().fold(0.0, |sum, x| sum + x));
    let total = sum_in_order(&row_sums);
    let over = |sums: &[f64], n: f64| sums.iter().map(|sum| sum / n).collect::<Vec<f64>>();
    assert_bits(&m.row_sums(), &row_sums, "row_sums");
    assert_bits(&m.col_sums(), &col_sums, "col_sums");
    assert_bits(&[m.sum()], &[total], "sum");
    assert_bits(&m.row_means(), &over(&row_sums, ncols), "row_means");
    assert_bits(&m.col_means(), &over(&col_sums, nrows), "col_means");
    assert_equal(&m.row_mins(), &by_row(least), "row_mins");
    assert_equal(&m.row_maxes(), &by_row(greatest), "row_maxes");
    assert_equal(&m.col_mins(), &by_column(least), "col_mins");
    assert_equal(&m.col_maxes(), &by_column(greatest), "col_maxes");

    if m.is_empty() {
        assert_eq!((m.mean(), m.min(), m.max()), (None, None, None));
    } else {
        assert_bits(&[m.mean().unwrap()], &[total / (nrows * ncols)], "mean");
        assert_equal(&[m.min().unwrap()], &[least(m.as_slice())], "min");
        assert_equal(&[m.max().unwrap()], &[greatest(m.as_slice())], "max");
        let expected: Vec<usize> = rows.iter().map(|row| first_maximum(row)).collect();
        assert_eq!(m.argmax_rows(), Ok(expected), "argmax_rows");
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn reductions_follow_the_published_order_and_the_rule_for_nan(
        (rows, cols) in (0..=40usize, 0..=40usize),
        seed in any::<u64>(),
        kind in 0..4,
    ) {
        let mut random = Random::new(seed);
        check(&Matrix::from_fn(rows, cols, |_, _| match kind {
            0 => random.number(),
            // Few different values: many equal maxima.
            1 => random.whole(2),
            2 if random.below(60) == 0 => f64::NAN,
            2 => random.number(),
            _ => random.wild(),
        }));
    }
}

#[test]
fn known_values_of_a_small_matrix() {
    let m = matrix![[1.0, -2.0, 4.0], [3.0, 8.0, -5.0]];
    assert_eq!((m.sum(), m.mean()), (9.0, Some(1.5)));
    assert_eq!((m.min(), m.max()), (Some(-5.0), Some(8.0)));
    assert_eq!(
        (m.row_sums(), m.col_sums()),
        (vec![3.0, 6.0], vec![4.0, 6.0, -1.0])
    );
    assert_eq!(
        (m.row_means(), m.col_means()),
        (vec![1.0, 2.0], vec![2.0, 3.0, -0.5])
    );
    assert_eq!(
        (m.row_mins(), m.row_maxes()),
        (vec![-2.0, -5.0], vec![4.0, 8.0])
    );
    assert_eq!(
        (m.col_mins(), m.col_maxes()),
        (vec![1.0, -2.0, -5.0], vec![3.0, 8.0, 4.0])
    );
    assert_eq!(m.argmax_rows(), Ok(vec![2, 1]));
}

#[test]
fn the_order_of_a_sum_shows_where_large_values_swallow_small_ones() {
    // Lanes 0 and 4 meet first, so 2^60 and -2^60 there cancel and leave the ones of the others.
    let mut row = [1.0; 8];
    (row[0], row[4]) = (2f64.powi(60), -(2f64.powi(60)));
    assert_eq!(Matrix::from([row]).sum(), 6.0);
    // Neighbours meet last: 2^60 has swallowed what lanes 4, 2 and 6 hold, -2^60 what lanes 5, 3 and 7 hold.
    let mut row = [1.0; 8];
    (row[0], row[1]) = (2f64.powi(60), -(2f64.powi(60)));
    assert_eq!(Matrix::from([row]).sum(), 0.0);
    // Value 8 is added to lane 0, value 12 to lane 4.
    let mut row = [0.0; 13];
    (row[0], row[8], row[12]) = (2f64.powi(60), -(2f64.powi(60)), 1.0);
    assert_eq!(Matrix::from([row]).sum(), 1.0);
    // A column goes from top to bottom.
    let m = matrix![
        [2f64.powi(60), 1.0],
        [1.0, 2f64.powi(60)],
        [-(2f64.powi(60)), -(2f64.powi(60))]
    ];
    assert_eq!(m.col_sums(), [0.0, 0.0]);
    let m = matrix![[2f64.powi(60)], [-(2f64.powi(60))], [1.0]];
    assert_eq!(m.col_sums(), [1.0]);
    assert_bits(
        &matrix![[-0.0], [-0.0]].col_sums(),
        &[0.0],
        "sums start at +0.0",
    );
    assert_bits(
        &matrix![[-0.0, -0.0]].row_sums(),
        &[0.0],
        "sums start at +0.0",
    );
}

#[test]
fn matrices_without_a_value_follow_the_stated_rules() {
    let (inf, rowless, columnless) = (f64::INFINITY, Matrix::zeros(0, 3), Matrix::zeros(3, 0));
    for m in [&rowless, &columnless, &Matrix::default()] {
        check(m);
        assert_bits(&[m.sum()], &[0.0], "sum");
    }
    assert_bits(&columnless.row_sums(), &[0.0; 3], "row_sums");
    assert_bits(&columnless.row_means(), &[f64::NAN; 3], "row_means");
    assert_eq!(
        (columnless.row_mins(), columnless.row_maxes()),
        (vec![inf; 3], vec![-inf; 3])
    );
    assert_bits(&rowless.col_sums(), &[0.0; 3], "col_sums");
    assert_bits(&rowless.col_means(), &[f64::NAN; 3], "col_means");
    assert_eq!(
        (rowless.col_mins(), rowless.col_maxes()),
        (vec![inf; 3], vec![-inf; 3])
    );
    assert!(rowless.row_sums().is_empty() && columnless.col_sums().is_empty());
}

#[test]
fn the_first_maximum_wins_and_a_nan_counts_as_the_largest() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for (row, expected) in [
        (vec![5.0], 0),
        (vec![1.0, 3.0, 3.0, 2.0], 1),
        (vec![3.0, 3.0, 3.0], 0),
        (vec![-0.0, 0.0], 0),
        (vec![0.0, -0.0], 0),
        (vec![-inf, -inf], 0),
        (vec![-inf, -1e308, -inf], 1),
        (vec![1.0, inf, inf], 1),
        (vec![1.0, inf, nan, inf], 2),
        (vec![nan, inf], 0),
        (vec![1.0, nan, nan], 1),
        (vec![1.0, 2.0, 9.0, nan], 3),
        (vec![1.0, 1.0 + f64::EPSILON], 1),
    ] {
        let m = Matrix::from(row);
        assert_eq!(m.argmax_rows(), Ok(vec![expected]), "{:?}", m.as_slice());
    }
    assert_eq!(Matrix::zeros(0, 0).argmax_rows(), Ok(vec![]));
    assert_eq!(Matrix::zeros(0, 3).argmax_rows(), Ok(vec![]));
    let error = Matrix::zeros(2, 0).argmax_rows().unwrap_err();
    let expected = ShapeError::Empty {
        op: "argmax_rows",
        shape: (2, 0),
    };
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), "argmax_rows: 2x0 is empty");
}

#[test]
fn a_nan_anywhere_reaches_every_extreme_that_it_belongs_to() {
    for at in 0..12 {
        let mut m = Matrix::from_fn(3, 4, |i, j| (i + j) as f64);
        m.as_mut_slice()[at] = f64::NAN;
        let (row, col) = (at / 4, at % 4);
        assert!(
            m.min().unwrap().is_nan() && m.max().unwrap().is_nan(),
            "NaN at {at}"
        );
        assert!(
            m.sum().is_nan() && m.mean().unwrap().is_nan(),
            "NaN at {at}"
        );
        for values in [m.row_mins(), m.row_maxes(), m.row_sums(), m.row_means()] {
            let nan: Vec<bool> = values.iter().map(|x| x.is_nan()).collect();
            assert_eq!(
                nan,
                (0..3).map(|i| i == row).collect::<Vec<_>>(),
                "NaN at {at}"
            );
        }
        for values in [m.col_mins(), m.col_maxes(), m.col_sums(), m.col_means()] {
            let nan: Vec<bool> = values.iter().map(|x| x.is_nan()).collect();
            assert_eq!(
                nan,
                (0..4).map(|j| j == col).collect::<Vec<_>>(),
                "NaN at {at}"
            );
        }
    }
}
