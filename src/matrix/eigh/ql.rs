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

/// Lines of a row in a panel, but in the last one where their number is odd.
pub(super) const LINES: usize = 2;

/// Turns the diagonal `d` into the eigenvalues of a tridiagonal matrix, in no order; `e`, whose value i stands left of `d[i]`, is
/// used up. `panels` has sixteen columns of a matrix in n rows of two lines, then the next; row i is taken to the vector of
/// value i: the matrix is multiplied, from the left, by the transposed eigenvectors.
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
            let rotations = noted.begin(first, last)?;
            let unused = step(&mut d[first..=last], &mut e[first..=last], rotations);
            noted.rotations.truncate(noted.rotations.len() - unused);
            if noted.rotations.len() >= NOTED {
                noted.apply(panels, n);
            }
        }
    }
    noted.apply(panels, n);
    Ok(())
}

/// One QL step on a block, its rotations noted from the last pair of rows up; gives how many of their places are left.
fn step(d: &mut [f64], e: &mut [f64], rotations: &mut [Rotation]) -> usize {
    let last = rotations.len();
    // Wilkinson's shift: the eigenvalue of the first 2×2 corner that is nearer to its first value.
    let half = (d[1] - d[0]) / (2.0 * e[0]);
    let root = hypotenuse(half, 1.0);
    let mut g = d[last] - d[0] + e[0] / (half + if half < 0.0 { -root } else { root });
    let (mut sin, mut cos, mut p) = (1.0, 1.0, 0.0);
    for (i, rotation) in (0..last).rev().zip(rotations) {
        let (f, b) = (sin * e[i], cos * e[i]);
        let r = hypotenuse(f, g);
        e[i + 1] = r;
        if r == 0.0 {
            // The block has fallen in two.
            d[i + 1] -= p;
            e[last] = 0.0;
            return i + 1;
        }
        (sin, cos) = (f / r, g / r);
        g = d[i + 1] - p;
        // Twice b, not twice the cosine: that is known last.
        let r = (d[i] - g) * sin + cos * (2.0 * b);
        p = sin * r;
        d[i + 1] = g + p;
        g = cos * r - b;
        *rotation = Rotation { cos, sin };
    }
    d[0] -= p;
    e[0] = g;
    e[last] = 0.0;
    0
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

#[derive(Clone, Copy, Default)]
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
    /// Begins a step on the block `first..=last`; the places of its rotations.
    fn begin(&mut self, first: usize, last: usize) -> Result<&mut [Rotation], ShapeError> {
        let (start, count) = (self.rotations.len(), last - first);
        let rotations = self.rotations.try_reserve(count);
        let both = rotations.and_then(|()| self.steps.try_reserve(1));
        both.map_err(|_| ShapeError::OutOfMemory { shape: (count, 2) })?;
        self.steps.push((start, last));
        self.rotations.resize(start + count, Rotation::default());
        Ok(&mut self.rotations[start..])
    }

    /// Applies the rotations, panel by panel: a column sees them all in order.
    fn apply(&mut self, panels: &mut [Line], n: usize) {
        for panel in panels.chunks_mut(LINES * n.max(1)) {
            let noted = &*self;
            if panel.len() == LINES * n {
                let panel = panel.as_chunks_mut::<LINES>().0;
                dispatch(Rotate { noted, panel });
            } else {
                let panel = panel.as_chunks_mut::<1>().0;
                dispatch(Rotate { noted, panel });
            }
        }
        self.rotations.clear();
        self.steps.clear();
    }
}

struct Rotate<'a, const N: usize> {
    noted: &'a Noted,
    panel: &'a mut [[Line; N]],
}

impl<const N: usize> Kernel for Rotate<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Noted { rotations, steps } = self.noted;
        let ends = steps.iter().skip(1).map(|step| step.0);
        for (&(start, last), end) in steps.iter().zip(ends.chain([rotations.len()])) {
            rotate(s, &rotations[start..end], &mut self.panel[..=last]);
        }
    }
}

/// Applies a step's rotations, from the last row up: a rotation is done with its lower row; its upper one is the lower one of the
/// next. Each waits for the one before: two lines a row take 8.4 cycles, one takes 6.7 (AVX2, Zen 3).
#[inline(always)]
fn rotate<S: Simd, const N: usize>(s: S, rotations: &[Rotation], mut rows: &mut [[Line; N]]) {
    let mut carried = [s.splat(0.0); N];
    for (vector, line) in carried.iter_mut().zip(&rows[rows.len() - 1]) {
        *vector = s.load(line);
    }
    for rotation in rotations {
        // A slice that loses its last row each time is checked once for both.
        let [.., upper, lower] = &mut *rows else {
            break;
        };
        let (cos, sin) = (s.splat(rotation.cos), s.splat(rotation.sin));
        for i in 0..N {
            let (x, y) = (s.load(&upper[i]), carried[i]);
            s.store(s.add(s.mul(sin, x), s.mul(cos, y)), &mut lower[i]);
            carried[i] = s.sub(s.mul(cos, x), s.mul(sin, y));
        }
        rows = rows.split_last_mut().map_or(&mut [], |(_, rest)| rest);
    }
    for (line, carried) in rows.iter_mut().last().into_iter().flatten().zip(carried) {
        s.store(carried, line);
    }
}

#[cfg(test)]
mod tests;
