//! QL steps with implicit shifts: from tridiagonal to diagonal.

use super::{EighError, Line, exponent, power_of_two};
use crate::matrix::ShapeError;
use crate::simd::{Kernel, Simd, dispatch};

/// An off-diagonal value below this counts as 0, the largest value of the matrix being about 1.
const NEGLIGIBLE: f64 = 1e-40;

/// Steps that may be needed, for each eigenvalue; LAPACK's limit. MNIST's covariance needs 1.3, random numbers 2.0.
const STEPS: usize = 30;

/// Rotations that are noted before they are applied: 1 MiB of them.
const NOTED: usize = 1 << 16;

/// Turns the diagonal `d` into the eigenvalues of a tridiagonal matrix, in no order; `e`, whose value i stands left of `d[i]`, is
/// used up. `panels` has eight columns of a matrix in n lines, then the next eight; row i is taken to the vector of value i:
/// the matrix is multiplied, from the left, by the transposed eigenvectors.
pub(super) fn diagonalize(
    d: &mut [f64],
    e: &mut [f64],
    panels: &mut [Line],
) -> Result<(), EighError> {
    let n = d.len();
    if n > 0 {
        // From here on right of d[i].
        e.rotate_left(1);
    }
    let mut noted = Noted::default();
    let mut steps = STEPS * n;
    for first in 0..n {
        loop {
            let end = (first..n - 1).find(|&i| {
                e[i].abs() <= f64::EPSILON / 2.0 * (d[i].abs() + d[i + 1].abs())
                    || e[i].abs() < NEGLIGIBLE
            });
            let last = end.unwrap_or(n - 1);
            if last == first {
                break;
            }
            if steps == 0 {
                return Err(EighError::NotConverged { found: first });
            }
            steps -= 1;
            noted.begin(first, last)?;
            step(d, e, first, last, &mut noted.rotations);
            if noted.rotations.len() >= NOTED {
                noted.apply(panels, n);
            }
        }
    }
    noted.apply(panels, n);
    Ok(())
}

/// One QL step on the block `first..=last`, its rotations noted from the last pair of rows up.
fn step(d: &mut [f64], e: &mut [f64], first: usize, last: usize, rotations: &mut Vec<Rotation>) {
    // Wilkinson's shift: the eigenvalue of the first 2×2 corner that is nearer to its first value.
    let half = (d[first + 1] - d[first]) / (2.0 * e[first]);
    let root = hypotenuse(half, 1.0);
    let mut g = d[last] - d[first] + e[first] / (half + if half < 0.0 { -root } else { root });
    let (mut sin, mut cos, mut p) = (1.0, 1.0, 0.0);
    for i in (first..last).rev() {
        let (f, b) = (sin * e[i], cos * e[i]);
        let r = hypotenuse(f, g);
        e[i + 1] = r;
        if r == 0.0 {
            // The block has fallen in two.
            d[i + 1] -= p;
            e[last] = 0.0;
            return;
        }
        (sin, cos) = (f / r, g / r);
        g = d[i + 1] - p;
        let r = (d[i] - g) * sin + 2.0 * cos * b;
        p = sin * r;
        d[i + 1] = g + p;
        g = cos * r - b;
        rotations.push(Rotation { cos, sin });
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0.0;
}

/// √(x² + y²), without the overflow or underflow of the squares; far from both, scaling would not change a bit.
fn hypotenuse(x: f64, y: f64) -> f64 {
    let exponent = exponent(x.abs().max(y.abs()));
    if exponent.abs() < 400 {
        return (x * x + y * y).sqrt();
    }
    let scale = power_of_two(-exponent);
    let (x, y) = (x * scale, y * scale);
    (x * x + y * y).sqrt() / scale
}

#[derive(Clone, Copy)]
struct Rotation {
    cos: f64,
    sin: f64,
}

/// Rotations of neighbouring rows that are still to be applied.
#[derive(Default)]
struct Noted {
    rotations: Vec<Rotation>,
    /// For each step: its first rotation's place in the list, and the lower of that rotation's two rows.
    steps: Vec<(usize, usize)>,
}

impl Noted {
    /// Begins a step on the block `first..=last`, with room for its rotations.
    fn begin(&mut self, first: usize, last: usize) -> Result<(), ShapeError> {
        let count = last - first;
        let rotations = self.rotations.try_reserve(count);
        let both = rotations.and_then(|()| self.steps.try_reserve(1));
        both.map_err(|_| ShapeError::OutOfMemory { shape: (count, 2) })?;
        self.steps.push((self.rotations.len(), last));
        Ok(())
    }

    /// Applies the rotations, panel by panel: a column sees them all in order.
    fn apply(&mut self, panels: &mut [Line], n: usize) {
        for lines in panels.chunks_exact_mut(n.max(1)) {
            dispatch(Rotate { noted: self, lines });
        }
        self.rotations.clear();
        self.steps.clear();
    }
}

struct Rotate<'a> {
    noted: &'a Noted,
    lines: &'a mut [Line],
}

impl Kernel for Rotate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Noted { rotations, steps } = self.noted;
        let step = |at: usize| {
            let &(start, last) = steps.get(at)?;
            let end = steps.get(at + 1).map_or(rotations.len(), |step| step.0);
            Some((&rotations[start..end], last))
        };
        let mut at = 0;
        while let Some((first, last)) = step(at) {
            match step(at + 1) {
                Some((second, other)) if other == last && !first.is_empty() => {
                    rotate_twice(s, [first, second], self.lines, last);
                    at += 2;
                }
                _ => {
                    rotate_once(s, first, self.lines, last);
                    at += 1;
                }
            }
        }
    }
}

/// Applies a step's rotations, of which the first has the lower line `last`: the lower line of a rotation is done with; the
/// upper one is the lower one of the next.
#[inline(always)]
fn rotate_once<S: Simd>(s: S, rotations: &[Rotation], lines: &mut [Line], last: usize) {
    let lines = &mut lines[last - rotations.len()..=last];
    let mut carried = s.load(&lines[rotations.len()]);
    for (i, rotation) in (0..rotations.len()).rev().zip(rotations) {
        let done;
        (done, carried) = rotate(s, rotation, s.load(&lines[i]), carried);
        s.store(done, &mut lines[i + 1]);
    }
    s.store(carried, &mut lines[0]);
}

/// Applies two steps that begin at the same lines: the second follows one line behind the first, so that a line is loaded and
/// stored once for both. With a third one, vectors of two registers no longer fit AVX2's.
#[inline(always)]
fn rotate_twice<S: Simd>(s: S, [first, second]: [&[Rotation]; 2], lines: &mut [Line], last: usize) {
    rotate_once(s, &first[..1], lines, last);
    let turns = second.len().min(first.len() - 1);
    let (mut ahead, mut behind) = (s.load(&lines[last - 1]), s.load(&lines[last]));
    let mut window = &mut lines[last - turns - 1..=last];
    // A slice that loses its last line each time: 39 instructions a line with AVX2, where indices took 56.
    for (first, second) in first[1..].iter().zip(second) {
        let [.., upper, _, lower] = &mut *window else {
            break;
        };
        let (line, done);
        (line, ahead) = rotate(s, first, s.load(upper), ahead);
        (done, behind) = rotate(s, second, line, behind);
        s.store(done, lower);
        window = window.split_last_mut().map_or(&mut [], |(_, rest)| rest);
    }
    s.store(ahead, &mut window[0]);
    s.store(behind, &mut window[1]);
    rotate_once(s, &first[1 + turns..], lines, last - turns - 1);
    rotate_once(s, &second[turns..], lines, last - turns);
}

/// The lower and the upper line of a rotation, after it.
#[inline(always)]
fn rotate<S: Simd>(
    s: S,
    rotation: &Rotation,
    upper: S::Vector,
    lower: S::Vector,
) -> (S::Vector, S::Vector) {
    let (cos, sin) = (s.splat(rotation.cos), s.splat(rotation.sin));
    (
        s.add(s.mul(sin, upper), s.mul(cos, lower)),
        s.sub(s.mul(cos, upper), s.mul(sin, lower)),
    )
}

#[cfg(test)]
mod tests;
