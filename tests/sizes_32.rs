//! Sizes that a `usize` of 32 bits does not hold, or no memory of 4 GiB: errors. Run by `.ci/machines` where there is one.
#![cfg(target_pointer_width = "32")]
#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use rowmajor::{Matrix, MatrixView, ShapeError, arange, io};

#[test]
fn shapes() {
    for shape in [
        (1 << 16, 1 << 16),
        (1 << 15, 1 << 14),
        (usize::MAX, 2),
        (1 << 28, 1),
    ] {
        let too_large = ShapeError::TooLarge { shape };
        let (rows, cols) = shape;
        assert_eq!(Matrix::try_filled(rows, cols, 1.0), Err(too_large.clone()));
        assert_eq!(
            Matrix::from_vec(rows, cols, Vec::new()),
            Err(too_large.clone())
        );
        assert_eq!(
            MatrixView::from_slice(rows, cols, &[]).unwrap_err(),
            too_large
        );
    }
    // The product of sizes that each fit.
    let (tall, wide) = (Matrix::zeros(1 << 16, 1), Matrix::zeros(1, 1 << 16));
    let too_large = ShapeError::TooLarge {
        shape: (1 << 16, 1 << 16),
    };
    assert_eq!(tall.matmul(&wide).unwrap_err(), too_large);
    assert!(arange(0.0, 5e9, 1.0).is_err());
}

/// What a file says may be more than there can be here.
#[test]
fn files() {
    for shape in [
        "(65536, 65536)",
        "(5000000000,)",
        "(1, 4294967296)",
        "(536870912, 1)",
        "(4294967296, 0)",
    ] {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend([0; 64]);
        assert!(io::read_npy(&bytes[..]).is_err(), "{shape}");
    }
}
