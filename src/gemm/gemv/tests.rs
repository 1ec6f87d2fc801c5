use super::*;
use crate::simd::Isa;

#[test]
fn x_is_moved_away_from_rows_the_first_row() {
    let values: Vec<f64> = (0..3000).map(f64::from).collect();
    let column = |from: usize, rows| Operand::row_major(&values[from..], rows, 1, 1);
    let mut place = [f64::NAN; MAX_MOVED + ALIASING_STRIDE];
    for (from, rows) in [(0, MAX_MOVED), (1, 512), (517, 1), (900, MAX_MOVED)] {
        for first in [0, 1, 255, 256, 511, 512, 900] {
            let a = Operand::row_major(&values[first..], 1, 1, 1);
            let moved = away_from_rows(column(from, rows), a, &mut place);
            assert_eq!((moved.rows(), moved.cols()), (rows, 1));
            assert_eq!(moved.from(0, 0), &values[from..][..rows]);
            let apart = moved.as_ptr().addr().abs_diff(a.as_ptr().addr());
            // Where an f64 is aligned to 4 bytes, the two may be half a value nearer.
            assert!(
                (apart % 4096).abs_diff(2048) < 8,
                "x at {from}, A at {first}"
            );
        }
    }
}

#[test]
fn aliasing_rows_go_in_whole_groups_of_16() {
    let values = vec![1.0; 50 * ALIASING_STRIDE];
    for (m, expected) in [(8, 0), (15, 0), (16, 16), (31, 16), (32, 32), (50, 48)] {
        for isa in Isa::available() {
            let mut out = vec![-1.0; m];
            let done = isa.run(Aliasing(
                Operand::row_major(&values, m, 7, ALIASING_STRIDE),
                Operand::row_major(&values, 7, 1, 1),
                &mut Output::new(&mut out, m, 1, 1),
            ));
            assert_eq!(done, expected, "{isa:?}: {m} rows");
            let (done, left) = out.split_at(done);
            assert!(done.iter().all(|x| *x == 7.0), "{isa:?}: {m} rows");
            assert!(left.iter().all(|x| *x == -1.0), "{isa:?}: {m} rows");
        }
    }
}
