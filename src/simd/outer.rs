//! The outer product of two vectors: every element is one multiply-add, and what matters is to store them in order.

use super::{Simd, SmallKernel};

/// C = x·yᵀ: `sizes` are the rows and columns of C, not 0, and how far its rows are apart; `operands` x and y, without gaps.
///
/// # Safety
/// As many values of x and y as C has rows and columns are readable, C's elements writable by nobody else at the time.
pub(crate) struct Outer;

impl SmallKernel for Outer {
    #[inline(always)]
    unsafe fn run<S: Simd>(s: S, sizes: [usize; 3], operands: [*const f64; 2], c: *mut f64) {
        let ([m, n, row_stride], [x, y]) = (sizes, operands);
        let (zero, last) = (s.reg_zero(), (n - 1) / S::WIDTH * S::WIDTH);
        for i in 0..m {
            let row = c.wrapping_add(i * row_stride);
            // SAFETY: element i of x, row i of C and all of y, whose last register has `n - last` lanes (the caller's promise).
            unsafe {
                let x = s.broadcast::<2>(x.add(i));
                for j in (0..last).step_by(S::WIDTH) {
                    s.reg_store(s.reg_mul_add(x, s.reg_load(y.add(j)), zero), row.add(j));
                }
                let y = s.reg_load_masked(s.first_lanes(n - last), y.add(last));
                s.reg_store_first(n - last, s.reg_mul_add(x, y, zero), row.add(last));
            }
        }
    }
}
