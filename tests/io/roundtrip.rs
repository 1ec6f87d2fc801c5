//! What is written: the bytes NumPy would write, and back again bit for bit.

use crate::{bits, fixture};
use proptest::prelude::*;
use rowmajor::io::{Error, Npz, NpzWriter, read_npy, write_npy};
use rowmajor::{Matrix, MatrixView};

fn written<'a>(matrix: impl Into<MatrixView<'a>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_npy(&mut bytes, matrix).unwrap();
    bytes
}

#[test]
fn write_npy_gives_the_bytes_of_np_save() {
    let w1 = Matrix::from_fn(3, 4, |row, col| (4 * row + col) as f64 / 8.0 - 0.5);
    assert_eq!(written(&w1), fixture("matrix.npy"));
    assert_eq!(written(&Matrix::zeros(12345, 0)), fixture("empty.npy"));

    // A view with gaps between its rows gives the same.
    let wide = Matrix::from_fn(3, 6, |row, col| (4 * row + col) as f64 / 8.0 - 0.5);
    let view = MatrixView::with_row_stride(3, 4, 6, wide.as_slice()).unwrap();
    assert_eq!(written(view), fixture("matrix.npy"));
}

/// The members of an archive as the directory lists them, each with the bytes of its array.
fn stored(archive: &[u8], names: &[&str]) -> Vec<Vec<u8>> {
    names
        .iter()
        .map(|name| {
            // Found by the name in its header, which the array follows.
            let needle = [name.as_bytes(), b".npy"].concat();
            let at = archive
                .windows(needle.len())
                .position(|w| w == needle)
                .unwrap();
            let from = at
                + archive[at..]
                    .windows(6)
                    .position(|w| w == b"\x93NUMPY")
                    .unwrap();
            let to = from + archive[from..].windows(2).position(|w| w == b"PK").unwrap();
            archive[from..to].to_vec()
        })
        .collect()
}

#[test]
fn npz_members_are_the_bytes_of_np_savez() {
    let mut npz = NpzWriter::new(Vec::new());
    npz.matrix(
        "w1",
        &Matrix::from_fn(3, 4, |row, col| (4 * row + col) as f64 / 8.0 - 0.5),
    )
    .unwrap();
    npz.vector("b1", &[0.25, 1.25, 2.25, 3.25]).unwrap();
    npz.labels("labels", &[7, 2, 1, 0, 4]).unwrap();
    npz.text("activations", &["sigmoid", "sigmoid", "softmax"])
        .unwrap();
    npz.vector("no_values", &[]).unwrap();
    npz.text("no_words", &[""; 0]).unwrap();
    let ours = npz.finish().unwrap();
    let names = ["w1", "b1", "labels", "activations", "no_values", "no_words"];
    assert_eq!(stored(&ours, &names), stored(&fixture("savez.npz"), &names));
}

#[test]
fn equal_content_gives_equal_bytes() {
    let make = || {
        let mut npz = NpzWriter::new(Vec::new());
        npz.vector("b1", &[0.5])
            .unwrap()
            .text("activations", &["relu"])
            .unwrap();
        npz.finish().unwrap()
    };
    assert_eq!(make(), make());
}

#[test]
fn names_that_cannot_be_are_refused_before_anything_is_written() {
    let mut npz = NpzWriter::new(Vec::new());
    npz.vector("a", &[1.0]).unwrap();
    let long = "x".repeat(4093);
    for name in ["", ".npy", "a", "a.npy", "b\0c", &long] {
        assert!(
            matches!(npz.vector(name, &[]), Err(Error::Name { .. })),
            "{name}"
        );
    }
    npz.vector(&long[1..], &[2.0]).unwrap();
    npz.vector("정류.npy", &[3.0]).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert_eq!(npz.names().collect::<Vec<_>>(), ["a", &long[1..], "정류"]);
    assert_eq!(npz.vector("정류").unwrap(), [3.0]);
}

#[test]
fn values_that_would_not_come_back_are_refused() {
    let mut npz = NpzWriter::new(Vec::new());
    let error = npz.text("t", &["a", "b\0"]).unwrap_err();
    assert!(matches!(&error, Error::Value { index: 1, member: Some(m), .. } if m == "t"));
    let error = npz.labels("y", &[0, (1 << 53) + 1]).unwrap_err();
    assert!(matches!(&error, Error::Value { index: 1, member: Some(m), .. } if m == "y"));
    npz.labels("y", &[1 << 53]).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert_eq!(npz.labels("y").unwrap(), [1 << 53]);
    assert!(!npz.contains("t"));
}

/// More than the writer gathers before it writes, in items of 8 bytes and of 4.
#[test]
fn long_lists_come_back_whole() {
    let labels: Vec<usize> = (0..5000).map(|i| i * i).collect();
    let words: Vec<String> = (0..3000).map(|i| format!("{i:x}")).collect();
    let mut npz = NpzWriter::new(Vec::new());
    npz.labels("y", &labels).unwrap().text("t", &words).unwrap();
    let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
    assert_eq!(npz.labels("y").unwrap(), labels);
    assert_eq!(npz.text("t").unwrap(), words);
}

/// Any shape up to 40x40, zeros included, of any bits at all.
fn matrices() -> impl Strategy<Value = Matrix> {
    (0..40_usize, 0..40_usize).prop_flat_map(|(rows, cols)| {
        proptest::collection::vec(any::<u64>(), rows * cols).prop_map(move |bits| {
            let data = bits.into_iter().map(f64::from_bits).collect();
            Matrix::from_vec(rows, cols, data).unwrap()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn npy_brings_back_every_bit(matrix in matrices()) {
        let back = read_npy(&written(&matrix)[..]).unwrap().into_matrix().unwrap();
        prop_assert_eq!(back.shape(), matrix.shape());
        prop_assert_eq!(bits(back.as_slice()), bits(matrix.as_slice()));
    }

    #[test]
    fn npy_of_a_view_is_that_of_its_copy(matrix in matrices(), from in 0.0..1.0, cols in 0.0..1.0) {
        let from = (from * matrix.nrows() as f64) as usize;
        let cols = (cols * matrix.ncols() as f64) as usize;
        let rows = matrix.view_rows(from..).unwrap();
        prop_assert_eq!(written(rows), written(&rows.to_matrix()));
        let left = MatrixView::with_row_stride(matrix.nrows(), cols, matrix.ncols(), matrix.as_slice()).unwrap();
        prop_assert_eq!(written(left), written(&left.to_matrix()));
    }

    #[test]
    fn npz_brings_back_every_bit(
        matrix in matrices(),
        vector in proptest::collection::vec(any::<u64>(), 0..2000),
        labels in proptest::collection::vec(0..=1_usize << 53, 0..50),
        text in proptest::collection::vec("[^\0]{0,8}", 0..10),
    ) {
        let vector: Vec<f64> = vector.into_iter().map(f64::from_bits).collect();
        let mut npz = NpzWriter::new(Vec::new());
        npz.matrix("m", &matrix).unwrap().vector("v", &vector).unwrap();
        npz.labels("y", &labels).unwrap().text("t", &text).unwrap();
        let npz = Npz::from_bytes(npz.finish().unwrap()).unwrap();
        let back = npz.matrix("m").unwrap();
        prop_assert_eq!(back.shape(), matrix.shape());
        prop_assert_eq!(bits(back.as_slice()), bits(matrix.as_slice()));
        prop_assert_eq!(bits(&npz.vector("v").unwrap()), bits(&vector));
        prop_assert_eq!(npz.labels("y").unwrap(), labels);
        prop_assert_eq!(npz.text("t").unwrap(), text);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_npy(&bytes[..]);
        let _ = Npz::from_bytes(bytes);
    }

    /// Random bytes in random places of a real archive: what the checks let through, they let through whole.
    #[test]
    fn scattered_damage_never_panics(
        which in 0..4_usize,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = fixture(["zip64.npz", "streamed.npz", "savez.npz", "fortran_v2.npy"][which]);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read_npy(&bytes[..]);
        if let Ok(npz) = Npz::from_bytes(bytes) {
            for name in npz.names().chain(npz.other_names()) {
                let _ = npz.get(name);
            }
        }
    }
}
