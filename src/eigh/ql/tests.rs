use super::super::COLS;
use super::*;
use crate::simd::LANES;

#[test]
fn squares_beyond_the_range_are_no_hindrance() {
    let hypotenuse = |x: f64, y: f64| root(x * x + y * y, x, y);
    for power in [0, 1, 600, 1000, -600, -1000] {
        let scale = 2f64.powi(power);
        assert_eq!(hypotenuse(3.0 * scale, -4.0 * scale), 5.0 * scale);
        assert_eq!(hypotenuse(-5.0 * scale, 0.0), 5.0 * scale);
    }
    assert_eq!(hypotenuse(0.0, 0.0), 0.0);
}

/// With nothing between its second and third value: the third is shifted onto itself, and the rest is not touched.
#[test]
fn a_block_in_two_pieces_stays_what_it_is() {
    let (mut d, mut e) = ([1.0, 2.0, 3.0], [0.5, 0.0, 7.0]);
    let mut steps = Steps::new(&mut d, &mut e);
    steps.noted.begin(0, 2).unwrap();
    (steps.row, steps.sin, steps.cos, steps.g) = (2, 1.0, 1.0, 2.2);
    steps.finish();
    assert_eq!(steps.noted.rotations.len(), 1);
    assert_eq!(steps.row, steps.first);
    assert_eq!(d, [1.0, 2.0, 3.0]);
}

/// Steps of equal and of different lengths on one to three panels of columns, against one value at a time.
#[test]
fn rotations_are_applied_in_their_order() {
    let mut state = 5;
    let mut below = |n: usize| (crate::random::splitmix64(&mut state) % n as u64) as usize;
    for case in 0..300 {
        let (n, width) = (2 + below(12), 1 + below(3));
        let values: Vec<Vec<f64>> = (0..n)
            .map(|_| {
                (0..width * COLS)
                    .map(|_| below(2001) as f64 / 7.0 - 143.0)
                    .collect()
            })
            .collect();
        // Panel by panel, each row by row.
        let panels = |rows: &[Vec<f64>]| -> Vec<f64> {
            let cols = (0..width * COLS).step_by(COLS);
            let part = |col| rows.iter().map(move |row| &row[col..col + COLS]);
            cols.flat_map(part).flatten().copied().collect()
        };
        let (mut expected, mut lines) = (values.clone(), panels(&values));
        let mut noted = Noted::default();
        for _ in 0..below(9) {
            let last = [n - 1, 1 + below(n - 1)][below(2)];
            let count = [last, last, below(last + 1)][below(3)];
            noted.steps.push((noted.rotations.len(), last));
            for upper in (last - count..last).rev() {
                let (cos, sin) = (below(100) as f64 / 99.0, below(100) as f64 / -98.0);
                noted.rotations.push(Rotation { cos, sin });
                let (above, below) = expected.split_at_mut(upper + 1);
                for (x, y) in above[upper].iter_mut().zip(&mut below[0]) {
                    (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
                }
            }
        }
        // Meanwhile another matrix is worked on, as far as without it; every third is diagonal.
        let mut d: Vec<f64> = (0..n).map(|_| below(100) as f64).collect();
        let e = (0..n).map(|i| (below(100) * (n - 1 - i) * (case % 3)) as f64);
        let mut e: Vec<f64> = e.collect();
        let [d_alone, e_alone] = &mut [d.clone(), e.clone()];
        let (mut next, mut alone) = (Steps::new(&mut d, &mut e), Steps::new(d_alone, e_alone));
        let rows = lines.as_chunks_mut().0.as_chunks_mut().0;
        noted.apply(rows, &mut next).unwrap();
        assert_eq!(lines, panels(&expected), "case {case}");
        next.advance().unwrap();
        alone.advance().unwrap();
        assert_eq!(next.noted.rotations, alone.noted.rotations, "case {case}");
        assert_eq!((next.d, next.e), (alone.d, alone.e), "case {case}");
    }
}

/// No finite matrix is known that does not converge, but NaN never does: it ends, and in an error.
#[test]
fn what_does_not_converge_is_an_error() {
    for (place, found) in [(1, 0), (2, 1)] {
        let mut below = [0.0; 3];
        below[place] = f64::NAN;
        let result = diagonalize(
            &mut [1.0, 2.0, 3.0],
            &mut below,
            &mut [[[0.0; LANES]; 2]; 3],
        );
        assert_eq!(result, Err(EighError::NotConverged { found }));
    }
}
