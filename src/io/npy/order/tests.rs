#![allow(clippy::unwrap_used, reason = "a test may fail")]
use super::*;

/// The oracle: each row-major position looks its value up by Fortran strides.
fn by_strides(values: &[usize], shape: &[usize]) -> Vec<usize> {
    let mut out = Vec::new();
    for position in 0..values.len() {
        let (mut rest, mut index, mut stride) = (position, 0, values.len());
        for (axis, &size) in shape.iter().enumerate().rev() {
            stride = shape[..axis].iter().product();
            index += rest % size * stride;
            rest /= size;
        }
        assert_eq!(stride, 1);
        out.push(values[index]);
    }
    out
}

#[test]
fn fortran_order_of_any_number_of_axes_becomes_row_major() {
    for shape in [
        &[2, 3][..],
        &[3, 2],
        &[17, 9],
        &[8, 8],
        &[1, 5],
        &[5, 1],
        &[2, 3, 4],
        &[9, 1, 10],
        &[1, 9, 10],
        &[3, 2, 1, 4, 5],
    ] {
        let values: Vec<usize> = (0..shape.iter().product()).collect();
        let want = by_strides(&values, shape);
        let got = from_fortran(values.clone(), shape, &Origin::default()).unwrap();
        assert_eq!(got, want, "{shape:?}");
        for (index, value) in values.iter().enumerate() {
            assert_eq!(want[row_major_index(index, shape)], *value, "{shape:?}");
        }
    }
}
