//! A narrow C, 2 to 4 or 9 and 10 columns, on AVX-512: the lanes are rows, as in the gemv, where a micro-tile would leave most
//! of its last register empty.
//!
//! ```text
//! for each 8 rows of A
//!   for each 8 depths
//!     a[8] = the transpose of 8 × 8 values, loaded by halves of rows
//!     for each depth p, column j: acc[j] = fma(a[p], b[p][j], acc[j])       b from memory, once for each multiply-add
//!   C = acc, transposed
//! ```
//!
//! GFLOP/s on a Zen 4 in micro-tiles, here, and with the halves of rows put together as they are loaded, which spares a
//! third of the shuffles: 40.5, 48.2 and 50.1 at 100×100×10. Two columns computed as four: 22.3, alone 27.5 at 100×128×2.

use super::operand::{Operand, Output};
use crate::simd::{Kernel, LANES, Simd};

/// C = A·B for at least 8 rows, contiguous in A, 2 to 4, 9 or 10 columns, and B's rows, so far apart.
#[inline(always)]
pub(super) fn narrow<S: Simd>(s: S, a: Operand<'_>, b: (&[f64], usize), c: Output<'_>) {
    match c.cols() {
        2 => s.run(Narrow::<2, 2> { a, b, c }),
        3 | 4 => s.run(Narrow::<3, 4> { a, b, c }),
        _ => s.run(Narrow::<9, 10> { a, b, c }),
    }
}

/// The same for L to N columns.
struct Narrow<'a, const L: usize, const N: usize> {
    a: Operand<'a>,
    b: (&'a [f64], usize),
    c: Output<'a>,
}

impl<const L: usize, const N: usize> Kernel for Narrow<'_, L, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, c } = self;
        let (m, k, n) = (a.rows(), a.cols(), c.cols());
        assert!(m >= LANES && a.col_stride() == 1 && c.rows() == m);
        assert!((L..=N).contains(&n) && k != 0 && (k - 1) * b.1 + n <= b.0.len());
        for row in (0..m).step_by(LANES) {
            // The last rows go together with some that have been computed already: those get the same values once more.
            let row = row.min(m - LANES);
            let mut rows = Rows::<S, L, N> {
                sums: [s.splat(0.0); N],
                a: a.from(row, 0).as_ptr(),
                rs_a: a.row_stride(),
                b: b.0.as_ptr(),
                rs_b: b.1,
                last: n - 1,
            };
            // SAFETY: A has these rows, and they and B have k depths (asserted); C has as many rows and columns.
            unsafe {
                for _ in 0..k / LANES {
                    rows.depths(s, LANES);
                }
                rows.depths(s, k % LANES);
                rows.store(s, &c, row);
            }
        }
    }
}

/// Eight rows: the sums so far, and where the next depths stand.
struct Rows<S: Simd, const L: usize, const N: usize> {
    sums: [S::Vector; N],
    a: *const f64,
    rs_a: usize,
    b: *const f64,
    rs_b: usize,
    last: usize,
}

impl<S: Simd, const L: usize, const N: usize> Rows<S, L, N> {
    /// Writes the sums to C, from `row` on.
    ///
    /// # Safety
    /// C has eight rows there and as many columns as there are sums in use, and they are the caller's to write.
    #[inline(always)]
    unsafe fn store(&self, s: S, c: &Output<'_>, row: usize) {
        for j in 0..N {
            if j > self.last {
                break;
            }
            let mut lanes = [0.0; LANES];
            s.store(self.sums[j], &mut lanes);
            for i in 0..LANES {
                // SAFETY: the caller's promise.
                unsafe { *c.at(row + i, j) = lanes[i] };
            }
        }
    }

    /// The multiply-adds of the next `count` ≤ 8 depths.
    ///
    /// # Safety
    /// A's rows and B have as many.
    #[inline(always)]
    unsafe fn depths(&mut self, s: S, count: usize) {
        if count == 0 {
            return;
        }
        // SAFETY: the caller's promise.
        let columns = unsafe {
            if count == LANES {
                s.load_transposed(self.a, self.rs_a)
            } else {
                s.load_first_transposed(count, self.a, self.rs_a)
            }
        };
        for a in columns.iter().take(count) {
            for j in 0..N {
                // What there is no column for is computed from the last one and not stored.
                let j_of_b = if j < L { j } else { j.min(self.last) };
                // SAFETY: the caller's promise.
                let x = s.splat(unsafe { *self.b.add(j_of_b) });
                self.sums[j] = s.mul_add(*a, x, self.sums[j]);
            }
            self.b = self.b.wrapping_add(self.rs_b);
        }
        self.a = self.a.wrapping_add(count);
    }
}
