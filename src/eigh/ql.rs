//! QL steps with implicit shifts: from tridiagonal to diagonal.

use super::{EighError, Line, exponent, power_of_two};
use crate::matrix::ShapeError;
use crate::simd::{Kernel, Simd, dispatch};

/// An off-diagonal value below this counts as 0, the largest value of the matrix being about 1.
const NEGLIGIBLE: f64 = 1e-40;

/// Steps that may be needed, for each eigenvalue; LAPACK's limit. MNIST's covariance needs 1.3, random numbers 2.0.
const STEPS: usize = 30;

/// Rotations that are noted, for each row, before they are applied.
const NOTED: usize = 16;

/// A row of a panel: two lines are rotated in 8.4 cycles, one in 6.7, since each rotation waits for the one before (AVX2, Zen 3).
pub(super) type Row = [Line; 2];

/// Turns the diagonal `d` into the eigenvalues of a tridiagonal matrix, in no order; `e`, whose value i stands left of `d[i]`, is
/// used up. `panels` has sixteen columns of a matrix, then the next; its row i becomes the vector of value i: it is
/// multiplied, from the left, by the transposed eigenvectors.
pub(super) fn diagonalize(
    d: &mut [f64],
    e: &mut [f64],
    panels: &mut [Row],
) -> Result<(), EighError> {
    if !e.is_empty() {
        // From here on right of d[i].
        e.rotate_left(1);
    }
    let mut steps = Steps::new(d, e);
    let mut noted = Noted::default();
    loop {
        steps.advance()?;
        std::mem::swap(&mut noted, &mut steps.noted);
        if noted.steps.is_empty() {
            return Ok(());
        }
        noted.apply(panels, &mut steps)?;
    }
}

/// QL steps, a rotation at a time: each waits for the one before, and the CPU applies noted ones meanwhile.
#[derive(Default)]
struct Steps<'a> {
    d: &'a mut [f64],
    e: &'a mut [f64],
    /// Steps that may still be begun.
    left: usize,
    /// The block in work; the eigenvalues before it are found.
    first: usize,
    last: usize,
    /// The lower row of the next rotation; there is none from `first` up.
    row: usize,
    sin: f64,
    cos: f64,
    g: f64,
    p: f64,
    noted: Noted,
}

impl<'a> Steps<'a> {
    fn new(d: &'a mut [f64], e: &'a mut [f64]) -> Self {
        let mut steps = Self::default();
        (steps.left, steps.last) = (STEPS * d.len(), d.len().saturating_sub(1));
        (steps.d, steps.e) = (d, e);
        steps
    }

    fn advance(&mut self) -> Result<(), EighError> {
        self.finish();
        while self.begin()? {
            self.finish();
        }
        Ok(())
    }

    fn finish(&mut self) {
        while self.row > self.first {
            let (f, square) = self.square();
            let r = root(square, f, self.g);
            self.rotation(f / r, self.g / r, r);
        }
    }

    /// Begins a step; false where enough is noted, or all is done.
    #[inline(never)]
    fn begin(&mut self) -> Result<bool, EighError> {
        let (d, e, n) = (&*self.d, &mut *self.e, self.d.len());
        if self.noted.rotations.len() >= NOTED * n {
            return Ok(false);
        }
        e[self.last] = 0.0;
        let first = loop {
            let mut pairs = e[self.first..].iter().zip(d[self.first..].windows(2));
            let end = pairs.position(|(e, d)| {
                let (e, sum) = (e.abs(), d[0].abs() + d[1].abs());
                e <= f64::EPSILON / 2.0 * sum || e < NEGLIGIBLE
            });
            self.last = end.map_or(n - 1, |i| self.first + i);
            match self.first {
                first if first < self.last => break first,
                first if first == n - 1 => return Ok(false),
                first => self.first = first + 1,
            }
        };
        if self.left == 0 {
            return Err(EighError::NotConverged { found: first });
        }
        self.left -= 1;
        self.row = self.last;
        self.noted.begin(first, self.last)?;
        // Wilkinson's shift: the eigenvalue of the first 2×2 corner that is nearer to its first value.
        let half = (d[first + 1] - d[first]) / (2.0 * e[first]);
        let root = root(half * half + 1.0, half, 1.0);
        let sum = half + if half < 0.0 { -root } else { root };
        self.g = d[self.last] - d[first] + e[first] / sum;
        (self.sin, self.cos, self.p) = (1.0, 1.0, 0.0);
        Ok(true)
    }

    /// The next f, and the square of the next r; anything where no rotation is next.
    #[inline(always)]
    fn square(&self) -> (f64, f64) {
        let f = self.sin * self.e.get(self.row.wrapping_sub(1)).unwrap_or(&1.0);
        (f, f * f + self.g * self.g)
    }

    #[inline(always)]
    fn rotation(&mut self, sin: f64, cos: f64, r: f64) {
        let place = self.noted.rotations.len() - (self.row - self.first);
        let rows = ..=self.row;
        let ([.., d0, d1], [.., e0, e1]) = (&mut self.d[rows], &mut self.e[rows]) else {
            return;
        };
        let (b, p) = (self.cos * *e0, self.p);
        *e1 = r;
        if r == 0.0 {
            // The block has fallen in two.
            *d1 -= p;
            self.noted.rotations.truncate(place);
            self.row = self.first;
            return;
        }
        let g = *d1 - p;
        // Twice b, not twice the cosine: that is known last.
        let r = (*d0 - g) * sin + cos * (2.0 * b);
        let p = sin * r;
        *d1 = g + p;
        let g = cos * r - b;
        self.noted.rotations[place] = Rotation { cos, sin };
        self.row -= 1;
        if self.row == self.first {
            (*d0, *e0) = (*d0 - p, g);
        }
        (self.sin, self.cos, self.g, self.p) = (sin, cos, g, p);
    }
}

/// √(x² + y²) of that sum, but without the overflow or underflow of the squares; far from both, scaling would not change a bit.
#[inline(always)]
fn root(square: f64, x: f64, y: f64) -> f64 {
    if (1e-200..1e200).contains(&square) {
        return square.sqrt();
    }
    let scale = power_of_two(-exponent(x.abs().max(y.abs())));
    let (x, y) = (x * scale, y * scale);
    (x * x + y * y).sqrt() / scale
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rotation {
    cos: f64,
    sin: f64,
}

/// Rotations of neighbouring rows that are still to be applied.
#[derive(Default)]
struct Noted {
    rotations: Vec<Rotation>,
    /// For each step: its first rotation's place, and the lower of that one's two rows.
    steps: Vec<(usize, usize)>,
}

impl Noted {
    /// Begins a step on the block `first..=last`.
    fn begin(&mut self, first: usize, last: usize) -> Result<(), ShapeError> {
        let (start, count) = (self.rotations.len(), last - first);
        let rotations = self.rotations.try_reserve(count);
        let both = rotations.and_then(|()| self.steps.try_reserve(1));
        both.map_err(|_| ShapeError::OutOfMemory { shape: (count, 2) })?;
        self.steps.push((start, last));
        self.rotations.resize(start + count, Rotation::default());
        Ok(())
    }

    /// Applies the rotations, panel by panel: a column sees them all in order. Meanwhile the next ones are noted.
    fn apply(&self, panels: &mut [Row], next: &mut Steps<'_>) -> Result<(), EighError> {
        next.noted.rotations.clear();
        next.noted.steps.clear();
        let (noted, n) = (self, next.d.len());
        let mut panels = panels.chunks_exact_mut(n);
        panels.try_for_each(|panel| dispatch(Rotate { noted, next, panel }))
    }
}

struct Rotate<'a, 'b> {
    noted: &'a Noted,
    next: &'a mut Steps<'b>,
    panel: &'a mut [Row],
}

impl Kernel for Rotate<'_, '_> {
    type Output = Result<(), EighError>;

    /// The next rotation is computed in four parts, each while two of these are applied.
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let Self { noted, next, panel } = self;
        let (all, steps) = (&noted.rotations, &noted.steps);
        let ends = steps.iter().skip(1).map(|step| step.0);
        let mut more = true;
        for (&(start, last), end) in steps.iter().zip(ends.chain([all.len()])) {
            let (pairs, odd) = all[start..end].as_chunks::<2>();
            let (eights, pairs) = pairs.as_chunks();
            let rows = &mut &mut panel[..=last];
            let carried = &mut rows[last].map(|line| s.load(&line));
            for [first, second, third, fourth] in eights {
                let (f, square) = if more { next.square() } else { (0.0, 0.0) };
                rotate(s, first, rows, carried);
                let r = if more { root(square, f, next.g) } else { 0.0 };
                rotate(s, second, rows, carried);
                let (sin, cos) = if more {
                    (f / r, next.g / r)
                } else {
                    (0.0, 0.0)
                };
                rotate(s, third, rows, carried);
                if more && next.row > next.first {
                    next.rotation(sin, cos, r);
                } else if more {
                    more = next.begin()?;
                }
                rotate(s, fourth, rows, carried);
            }
            rotate(s, pairs.as_flattened(), rows, carried);
            rotate(s, odd, rows, carried);
            for (line, carried) in rows.iter_mut().last().into_iter().flatten().zip(carried) {
                s.store(*carried, line);
            }
        }
        Ok(())
    }
}

/// Applies rotations, from the last row up: the upper row of one, `carried` in registers, is the lower one of the next.
#[inline(always)]
fn rotate<S: Simd>(s: S, noted: &[Rotation], rows: &mut &mut [Row], carried: &mut [S::Vector; 2]) {
    for rotation in noted {
        // A slice that loses its last row each time is checked once for both.
        let [.., upper, lower] = &mut **rows else {
            break;
        };
        let (cos, sin) = (s.splat(rotation.cos), s.splat(rotation.sin));
        for ((upper, lower), carried) in upper.iter().zip(lower).zip(&mut *carried) {
            let (x, y) = (s.load(upper), *carried);
            s.store(s.add(s.mul(sin, x), s.mul(cos, y)), lower);
            *carried = s.sub(s.mul(cos, x), s.mul(sin, y));
        }
        rows.split_off_last_mut();
    }
}

#[cfg(test)]
mod tests;
