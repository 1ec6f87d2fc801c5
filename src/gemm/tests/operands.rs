//! What an operand and an output accept, and where their parts stand.

use super::*;
use std::panic::catch_unwind;

/// Shapes of rows at a stride, the values they need, if any number is enough, and why.
const SHAPES: [(usize, usize, usize, Option<usize>); 13] = [
    (3, 4, 4, Some(12)),
    (3, 4, 6, Some(16)),
    (1, 4, 4, Some(4)),
    // The stride of a single row is never taken.
    (1, 4, usize::MAX, Some(4)),
    (3, 1, 5, Some(11)),
    // Nothing is read of what is empty, whatever its stride.
    (0, 4, 4, Some(0)),
    (0, 4, usize::MAX, Some(0)),
    (3, 0, 0, Some(0)),
    (3, 0, 7, Some(0)),
    (2, 0, usize::MAX, Some(0)),
    (0, 0, 0, Some(0)),
    // Ends that no address has.
    (3, 1, usize::MAX / 2 + 1, None),
    (2, 4, usize::MAX - 3, None),
];

#[test]
#[cfg_attr(panic = "abort", ignore = "a panic ends the program")]
fn operands_and_outputs_end_inside_their_memory() {
    let values = [1.0; 32];
    for (rows, cols, row_stride, least) in SHAPES {
        for len in 0..values.len() {
            let fits = least.is_some_and(|least| least <= len);
            let what = (rows, cols, row_stride, len);
            let operand = catch_unwind(|| {
                Operand::new(Rows {
                    data: &values[..len],
                    rows,
                    cols,
                    row_stride,
                });
            });
            assert_eq!(operand.is_ok(), fits, "operand, {what:?}");
            let output = catch_unwind(|| {
                let mut values = values;
                Output::new(&mut values[..len], rows, cols, row_stride);
            });
            assert_eq!(output.is_ok(), fits, "output, {what:?}");
            if row_stride == cols {
                let output = catch_unwind(|| {
                    let mut values = allocate(len, false).unwrap();
                    Output::uninit(&mut values, rows, cols);
                });
                assert_eq!(output.is_ok(), fits, "memory that holds nothing, {what:?}");
            }
        }
    }
    let overlapping = |rows, cols, row_stride| {
        let output = catch_unwind(|| {
            let mut values = values;
            Output::new(&mut values, rows, cols, row_stride);
        });
        output.is_err()
    };
    assert!(overlapping(2, 4, 3));
    assert!(overlapping(3, 4, 0));
    assert!(!overlapping(2, 4, 4));
    assert!(!overlapping(1, 4, 3), "a single row overlaps nothing");
}

#[test]
fn blocks_without_rows_or_columns_may_start_anywhere() {
    let values: Vec<f64> = (0..16).map(f64::from).collect();
    // 3 rows of 4 values, 6 apart: behind the last one, nothing is left.
    let operand = Operand::row_major(&values, 3, 4, 6);
    for (row, col, rows, cols) in [(3, 0, 0, 4), (0, 4, 3, 0), (2, 4, 1, 0), (3, 4, 0, 0)] {
        let block = operand.block(row, col, rows, cols);
        assert_eq!((block.rows(), block.cols()), (rows, cols));
    }
    let block = operand.block(1, 2, 2, 2);
    assert_eq!((block.from(0, 0)[0], block.from(1, 1)[0]), (8.0, 15.0));
}

#[test]
fn behind_peeled_columns_registers_are_aligned() {
    use crate::gemm::operand::columns_to_peel;
    let values = [0.0_f64; 16];
    for first in &values {
        let place = std::ptr::from_ref(first).addr() / size_of::<f64>();
        // Rows alike in their lines, every other one, and such as no columns align.
        for (stride, width, unit) in [(64, 4, 8), (24, 8, 8), (12, 4, 4), (10, 2, 2)] {
            let head = columns_to_peel(first, stride, width);
            assert!(head < unit && (place + head).is_multiple_of(unit));
        }
        for (stride, width) in [(12, 8), (10, 4), (9, 2)] {
            assert_eq!(columns_to_peel(first, stride, width), 0);
        }
    }
}
