//! Each value in its place and bit for bit, nothing beside it, on every ISA.

use super::*;
use crate::simd::Isa;
use std::panic::catch_unwind;

/// Sizes at the edges of squares, lines and bands.
const SIZES: [usize; 16] = [
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    11,
    12,
    13,
    17,
    BAND - 1,
    BAND,
    BAND + 5,
];

/// What stands where nothing is written: a NaN with a payload.
const UNTOUCHED: u64 = 0x7ff4_dead_beef_0001;

#[test]
fn every_value_goes_to_its_place_and_none_elsewhere() {
    for isa in Isa::available() {
        for (rows, cols) in SIZES
            .iter()
            .flat_map(|&rows| SIZES.map(|cols| (rows, cols)))
        {
            let (row_stride, to_stride) = (cols + rows % 3, rows + cols % 4);
            // Signalling NaNs, subnormals and zeros of both signs among them: values are moved, not computed with.
            let bits = |i: usize| match i % 5 {
                0 => 0x7ff0_0000_0000_0001 + i as u64,
                1 => i as u64,
                2 => 1 << 63,
                _ => (i as f64 - 7.5).to_bits(),
            };
            let from: Vec<f64> = (0..rows * row_stride)
                .map(|i| f64::from_bits(bits(i)))
                .collect();
            let mut to = vec![f64::from_bits(UNTOUCHED); cols * to_stride];
            isa.run(Transpose {
                from: &from,
                shape: (rows, cols),
                row_stride,
                to: &mut to,
                to_stride,
            });
            for (place, value) in to.iter().enumerate() {
                let (j, i) = (place / to_stride, place % to_stride);
                let expected = if i < rows {
                    bits(i * row_stride + j)
                } else {
                    UNTOUCHED
                };
                assert_eq!(
                    value.to_bits(),
                    expected,
                    "{isa:?}, {rows}x{cols}, {i}, {j}"
                );
            }
        }
    }
}

#[test]
#[cfg_attr(panic = "abort", ignore = "a panic ends the program")]
fn a_matrix_that_ends_outside_its_slice_is_refused() {
    let refused = |values: usize, places: usize, (row_stride, to_stride)| {
        let run = |isa: Isa| {
            let (from, mut to) = (vec![1.0; values], vec![0.0; places]);
            isa.run(Transpose {
                from: &from,
                shape: (5, 6),
                row_stride,
                to: &mut to,
                to_stride,
            });
        };
        let refused = |isa| catch_unwind(|| run(isa)).is_err();
        Isa::available().into_iter().all(refused)
    };
    let taken = |isa: Isa| {
        let (from, mut to) = ([1.0; 34], [0.0; 35]);
        isa.run(Transpose {
            from: &from,
            shape: (5, 6),
            row_stride: 7,
            to: &mut to,
            to_stride: 6,
        });
    };
    Isa::available().into_iter().for_each(taken);
    assert!(refused(33, 35, (7, 6)), "the last row");
    assert!(refused(34, 34, (7, 6)), "the last row of the result");
    // 4 strides wrap around to a small number.
    assert!(refused(99, 99, ((usize::MAX >> 2) + 1, 6)));
    assert!(refused(99, 99, (6, usize::MAX / 5 + 1)));
}
