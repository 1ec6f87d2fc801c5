//! Householder's reduction of a symmetric matrix to tridiagonal form, in place, reading and writing its lower triangle
//! only.
//!
//! Row i, from the last to row 1, has x left of the diagonal. With `alpha` = ∓‖x‖, v = x − alpha·e of the last place,
//! h = vᵀv / 2, the reflection I − v·vᵀ/h takes x to `alpha` at its last place, 0 before. From both sides it takes the
//! matrix A above row i to A − v·qᵀ − q·vᵀ, where p = A·v/h and q = p − v·(vᵀp)/2h. The pass that does so also
//! multiplies the new A by the next v: its row is updated first.

use super::{Line, exponent, lines, power_of_two};
use crate::matrix::{ShapeError, try_vec};
use crate::simd::memory::Buffer;
use crate::simd::{Kernel, LANES, Simd};
use crate::vecmath::sum_of_lanes;

/// A tridiagonal matrix and the reflections that led to it.
pub(super) struct Tridiagonal {
    pub(super) diagonal: Vec<f64>,
    /// Value i stands left of diagonal value i; value 0 is 0.
    pub(super) below: Vec<f64>,
    /// h of each row's reflection; 0 where there was none. v is left in the row, left of the diagonal.
    pub(super) norms: Vec<f64>,
}

/// The reduction of the n×n matrix with the rows `a`, each of as few lines as hold it. What is right of the diagonal in its
/// line is changed, too: it must be finite.
pub(super) struct Reduce<'a> {
    pub(super) a: &'a mut [Line],
    pub(super) n: usize,
}

impl Kernel for Reduce<'_> {
    type Output = Result<Tridiagonal, ShapeError>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let Self { a, n } = self;
        let width = n.div_ceil(LANES);
        let mut out = Tridiagonal {
            diagonal: try_vec(n, 0.0)?,
            below: try_vec(n, 0.0)?,
            norms: try_vec(n, 0.0)?,
        };
        // The last reflection's vectors, not yet applied: no reflection is the one of zeros.
        let mut buffer = Buffer::new();
        let (v, rest) = lines(&mut buffer, 3 * width)?.split_at_mut(width);
        let (q, p) = rest.split_at_mut(width);
        for i in (0..n).rev() {
            let (above, row) = a.split_at_mut(i * width);
            let row = &mut row[..width];
            let (vi, qi) = (s.splat(v.as_flattened()[i]), s.splat(q.as_flattened()[i]));
            for ((a, v), q) in row.iter_mut().zip(&*v).zip(&*q).take(i / LANES + 1) {
                s.store(updated(s, s.load(a), (vi, s.load(v)), (qi, s.load(q))), a);
            }
            out.diagonal[i] = row.as_flattened()[i];
            let (alpha, h) = reflection(s, &mut row.as_flattened_mut()[..i]);
            (out.below[i], out.norms[i]) = (alpha, h);
            if i == 0 {
                break;
            }
            p.fill([0.0; LANES]);
            let vectors = [&*v, &*q, &*row];
            // Four rows together: 3 to 4 % of eigh with AVX-512 (Zen 4); AVX2 lacks the registers, and loses 2 %.
            let fours = if S::WIDTH == LANES { i / 4 } else { 0 };
            let (blocks, rest) = above.split_at_mut(fours * 4 * width);
            for (block, j) in blocks.chunks_exact_mut(4 * width).zip((0..).step_by(4)) {
                let (two, block) = block.split_at_mut(2 * width);
                let (first, second) = two.split_at_mut(width);
                let (third, fourth) = block.split_at_mut(width);
                step(s, j, [first, second, third, fourth], vectors, p);
            }
            for (row, j) in rest.chunks_exact_mut(width).zip(4 * fours..) {
                step(s, j, [row], vectors, p);
            }
            let [v, q, p] = [&mut *v, q, p].map(|lines| lines.as_flattened_mut());
            let x = &row.as_flattened()[..i];
            (v[i], q[i]) = (0.0, 0.0);
            if h == 0.0 {
                v.fill(0.0);
                q.fill(0.0);
                continue;
            }
            let p = &mut p[..i];
            p.iter_mut().for_each(|p| *p /= h);
            let k = dot(s, x, p) / (2.0 * h);
            v[..i].copy_from_slice(x);
            let values = q.iter_mut().zip(&*p).zip(x);
            values.for_each(|((q, &p), &v)| *q = p - k * v);
        }
        Ok(out)
    }
}

/// Turns x into v; gives the value that x's last place is taken to, and h. An x that is 0 up to its last place needs no
/// reflection: h is 0, and so is v.
#[inline(always)]
fn reflection<S: Simd>(s: S, x: &mut [f64]) -> (f64, f64) {
    let Some((&mut last, rest)) = x.split_last_mut() else {
        return (0.0, 0.0);
    };
    let largest = rest.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    if largest == 0.0 {
        x.fill(0.0);
        return (last, 0.0);
    }
    let scale = power_of_two(-exponent(largest.max(last.abs())));
    x.iter_mut().for_each(|x| *x *= scale);
    let (last, square) = (last * scale, dot(s, x, x));
    let root = square.sqrt();
    let alpha = if last > 0.0 { -root } else { root };
    if let Some(end) = x.last_mut() {
        *end = last - alpha;
    }
    (alpha / scale, square - last * alpha)
}

/// `a - (vi * q + qi * v)`.
#[inline(always)]
fn updated<S: Simd>(
    s: S,
    a: S::Vector,
    (vi, v): (S::Vector, S::Vector),
    (qi, q): (S::Vector, S::Vector),
) -> S::Vector {
    s.sub(a, s.add(s.mul(vi, q), s.mul(qi, v)))
}

/// Updates rows j to j + R, R a power of two up to 8 that divides j, up to the line of the diagonal, and adds the part of each
/// in the product with x to p: its values left of the diagonal times its value of x, and at its own place the row times x.
#[inline(always)]
fn step<S: Simd, const R: usize>(
    s: S,
    j: usize,
    rows: [&mut [Line]; R],
    [v, q, x]: [&[Line]; 3],
    p: &mut [Line],
) {
    let (end, lane) = (j / LANES, j % LANES);
    // Slices of one length, so that it is checked once.
    let rows = rows.map(|row| &mut row[..=end]);
    let ([v, q, x], p) = ([v, q, x].map(|lines| &lines[..=end]), &mut p[..=end]);
    let of_rows = |lines: &[Line]| -> [S::Vector; R] {
        std::array::from_fn(|r| s.splat(lines[end][lane + r]))
    };
    let (vi, qi, xi) = (of_rows(v), of_rows(q), of_rows(x));
    let mut sums = [s.splat(0.0); R];
    for c in 0..end {
        let (v, q, x) = (s.load(&v[c]), s.load(&q[c]), s.load(&x[c]));
        let mut product = s.load(&p[c]);
        for r in 0..R {
            let a = &mut rows[r][c];
            let new = updated(s, s.load(a), (vi[r], v), (qi[r], q));
            s.store(new, a);
            product = s.add(product, s.mul(xi[r], new));
            sums[r] = s.add(sums[r], s.mul(new, x));
        }
        s.store(product, &mut p[c]);
    }
    // In the last line, what is not left of the diagonal counts as 0; adding that changes nothing.
    for r in 0..R {
        let a = &mut rows[r][end];
        let new = updated(
            s,
            s.load(a),
            (vi[r], s.load(&v[end])),
            (qi[r], s.load(&q[end])),
        );
        s.store(new, a);
        let left = s.load_part(&[1.0; LANES][..lane + r]);
        let product = s.mul(s.mul(xi[r], left), new);
        s.store(s.add(s.load(&p[end]), product), &mut p[end]);
        let sum = s.add(sums[r], s.mul(new, s.mul(s.load(&x[end]), left)));
        p[end][lane + r] += sum_of_lanes(s, sum) + a[lane + r] * x[end][lane + r];
    }
}

#[inline(always)]
fn dot<S: Simd>(s: S, x: &[f64], y: &[f64]) -> f64 {
    let (x, x_rest) = x.as_chunks::<LANES>();
    let (y, y_rest) = y.as_chunks::<LANES>();
    let mut sum = s.splat(0.0);
    for (x, y) in x.iter().zip(y) {
        sum = s.add(sum, s.mul(s.load(x), s.load(y)));
    }
    let rest = s.mul(s.load_part(x_rest), s.load_part(y_rest));
    sum_of_lanes(s, s.add(sum, rest))
}
