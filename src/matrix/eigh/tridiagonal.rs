//! Householder's reduction of a symmetric matrix to tridiagonal form, in place, reading and writing its lower triangle
//! only.
//!
//! Row i, from the last to row 1, has x left of the diagonal. With `alpha` = ∓‖x‖, v = x − alpha·e of the last place,
//! h = vᵀv / 2, the reflection I − v·vᵀ/h takes x to `alpha` at its last place, 0 before. From both sides it takes the
//! matrix A above row i to A − v·qᵀ − q·vᵀ, where p = A·v/h and q = p − v·(vᵀp)/2h. The pass that does so also
//! multiplies the new A by the next v: its row is updated first.

use super::{exponent, power_of_two};
use crate::matrix::{ShapeError, try_vec};
use crate::simd::{Kernel, LANES, Simd, dispatch};

/// A tridiagonal matrix and the reflections that led to it.
pub(super) struct Tridiagonal {
    pub(super) diagonal: Vec<f64>,
    /// Value i stands left of diagonal value i; value 0 is 0.
    pub(super) below: Vec<f64>,
    /// h of each row's reflection; 0 where there was none. v is left in the row, left of the diagonal.
    pub(super) norms: Vec<f64>,
}

pub(super) fn reduce(a: &mut [f64], n: usize) -> Result<Tridiagonal, ShapeError> {
    dispatch(Reduce { a, n })
}

struct Reduce<'a> {
    a: &'a mut [f64],
    n: usize,
}

impl Kernel for Reduce<'_> {
    type Output = Result<Tridiagonal, ShapeError>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let Self { a, n } = self;
        let mut out = Tridiagonal {
            diagonal: try_vec(n, 0.0)?,
            below: try_vec(n, 0.0)?,
            norms: try_vec(n, 0.0)?,
        };
        // The last reflection's vectors, not yet applied: no reflection is the one of zeros.
        let (mut v, mut q) = (try_vec(n, 0.0)?, try_vec(n, 0.0)?);
        let mut p = try_vec(n, 0.0)?;
        for i in (0..n).rev() {
            let (above, row) = a.split_at_mut(i * n);
            // The product with 0 is not wanted.
            step(
                s,
                &mut row[..=i],
                (v[i], q[i], 0.0),
                [&v, &q, &v],
                &mut p[..i],
            );
            out.diagonal[i] = row[i];
            let x = &mut row[..i];
            let (alpha, h) = reflection(s, x);
            (out.below[i], out.norms[i]) = (alpha, h);
            if i == 0 {
                break;
            }
            p[..i].fill(0.0);
            for (j, row) in above.chunks_exact_mut(n).enumerate() {
                let row = &mut row[..=j];
                p[j] += step(s, row, (v[j], q[j], x[j]), [&v, &q, x], &mut p[..j]);
            }
            v.truncate(i);
            q.truncate(i);
            if h == 0.0 {
                v.fill(0.0);
                q.fill(0.0);
                continue;
            }
            p[..i].iter_mut().for_each(|p| *p /= h);
            let k = dot(s, x, &p[..i]) / (2.0 * h);
            v.copy_from_slice(x);
            for ((q, &p), &v) in q.iter_mut().zip(&p).zip(&*x) {
                *q = p - k * v;
            }
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

/// `row[j] -= vi * q[j] + qi * v[j]`, up to the diagonal; and the row's part in the product with x: adds it left of the
/// diagonal, times `xi`, to `p`, and gives the row times x.
#[inline(always)]
fn step<S: Simd>(
    s: S,
    row: &mut [f64],
    (vi, qi, xi): (f64, f64, f64),
    [v, q, x]: [&[f64]; 3],
    p: &mut [f64],
) -> f64 {
    let n = p.len();
    let Some((end, row)) = row.split_last_mut() else {
        return 0.0;
    };
    *end -= vi * q[n] + qi * v[n];
    let end = *end * xi;
    let (vi, qi, xi) = (s.splat(vi), s.splat(qi), s.splat(xi));
    let (row, row_rest) = row.as_chunks_mut::<LANES>();
    let (v, v_rest) = v[..n].as_chunks::<LANES>();
    let (q, q_rest) = q[..n].as_chunks::<LANES>();
    let (x, x_rest) = x[..n].as_chunks::<LANES>();
    let (p, p_rest) = p.as_chunks_mut::<LANES>();
    let new = |a, v, q| s.sub(a, s.add(s.mul(vi, q), s.mul(qi, v)));
    let mut sum = s.splat(0.0);
    for ((((a, v), q), x), p) in row.iter_mut().zip(v).zip(q).zip(x).zip(p) {
        let new = new(s.load(a), s.load(v), s.load(q));
        s.store(new, a);
        s.store(s.add(s.load(p), s.mul(xi, new)), p);
        sum = s.add(sum, s.mul(new, s.load(x)));
    }
    let [a, v, q] = [&*row_rest, v_rest, q_rest].map(|x| s.load_part(x));
    let new = new(a, v, q);
    s.store_part(new, row_rest);
    s.store_part(s.add(s.load_part(p_rest), s.mul(xi, new)), p_rest);
    sum = s.add(sum, s.mul(new, s.load_part(x_rest)));
    sum_of_lanes(s, sum) + end
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

#[inline(always)]
fn sum_of_lanes<S: Simd>(s: S, v: S::Vector) -> f64 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}
