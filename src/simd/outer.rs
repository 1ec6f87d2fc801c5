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
            // Four registers at a time: unrolled by the compiler, it would be more code, and no faster.
            let (mut y, mut row) = (y, c.wrapping_add(i * row_stride));
            // SAFETY: element i of x, row i of C and all of y, whose last register has `n - last` lanes (the caller's promise).
            unsafe {
                let x = s.broadcast::<2>(x.add(i));
                let element = |y: *const f64, c: *mut f64| {
                    s.reg_store(s.reg_mul_add(x, s.reg_load(y), zero), c);
                };
                for _ in 0..last / (4 * S::WIDTH) {
                    for v in 0..4 {
                        element(y.add(v * S::WIDTH), row.add(v * S::WIDTH));
                    }
                    (y, row) = (s.forget_origin(y.add(4 * S::WIDTH)), row.add(4 * S::WIDTH));
                }
                for _ in 0..last / S::WIDTH % 4 {
                    element(y, row);
                    (y, row) = (s.forget_origin(y.add(S::WIDTH)), row.add(S::WIDTH));
                }
                let y = s.reg_load_masked(s.first_lanes(n - last), y);
                s.reg_store_first(n - last, s.reg_mul_add(x, y, zero), row);
            }
        }
    }
}
