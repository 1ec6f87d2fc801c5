use super::*;
use crate::simd::LANES;

#[test]
fn squares_beyond_the_range_are_no_hindrance() {
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
    let mut rotations = Vec::new();
    step(&mut d, &mut e, 0, 2, &mut rotations);
    assert_eq!(d, [1.0, 2.0, 3.0]);
    assert_eq!(e[2], 0.0);
    assert_eq!(rotations.len(), 1);
}

/// Steps of equal and of different lengths, one after the other and two at once, against two lines at a time.
#[test]
fn rotations_are_applied_in_their_order() {
    let mut state = 5;
    let mut below = |n: usize| (crate::random::splitmix64(&mut state) % n as u64) as usize;
    for case in 0..300 {
        let n = 2 + below(12);
        let value = |_| below(2001) as f64 / 7.0 - 143.0;
        let mut expected: Vec<f64> = (0..n * LANES).map(value).collect();
        let mut lines = expected.clone();
        let mut noted = Noted::default();
        for _ in 0..below(9) {
            let last = [n - 1, 1 + below(n - 1)][below(2)];
            let count = [last, last, below(last + 1)][below(3)];
            noted.steps.push((noted.rotations.len(), last));
            for upper in (last - count..last).rev() {
                let (cos, sin) = (below(100) as f64 / 99.0, below(100) as f64 / -98.0);
                noted.rotations.push(Rotation { cos, sin });
                for col in 0..LANES {
                    let (u, l) = (upper * LANES + col, (upper + 1) * LANES + col);
                    let (x, y) = (expected[u], expected[l]);
                    expected[l] = sin * x + cos * y;
                    expected[u] = cos * x - sin * y;
                }
            }
        }
        noted.apply(lines.as_chunks_mut().0, n);
        assert_eq!(lines, expected, "case {case}");
    }
}

/// No finite matrix is known that does not converge, but NaN never does: it ends, and in an error.
#[test]
fn what_does_not_converge_is_an_error() {
    for (place, found) in [(1, 0), (2, 1)] {
        let mut below = [0.0; 3];
        below[place] = f64::NAN;
        let result = diagonalize(&mut [1.0, 2.0, 3.0], &mut below, &mut [[0.0; LANES]; 3]);
        assert_eq!(result, Err(EighError::NotConverged { found }));
    }
}
