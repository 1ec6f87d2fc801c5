//! The outer product of two vectors: every element is one multiply-add, and what matters is to store them in order.

use super::{Kernel, Simd};
use std::marker::PhantomData;

/// C = x·yᵀ.
pub(crate) struct Outer<'a> {
    // What `new` was promised.
    shape: (usize, usize),
    x: (*const f64, usize),
    y: *const f64,
    c: (*mut f64, usize),
    borrow: PhantomData<&'a mut f64>,
}

impl Outer<'_> {
    /// Of rows and columns of C, at least one; x and how far its values are apart; y, without gaps; C and how far its rows are.
    ///
    /// # Safety
    /// For the lifetime, the values of x and y are readable, and C's elements writable by nobody else.
    pub(crate) unsafe fn new(
        shape: (usize, usize),
        x: (*const f64, usize),
        y: *const f64,
        c: (*mut f64, usize),
    ) -> Self {
        Self {
            shape,
            x,
            y,
            c,
            borrow: PhantomData,
        }
    }
}

impl Kernel for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let ((m, n), (x, stride), (c, row_stride)) = (self.shape, self.x, self.c);
        let (zero, last) = (s.reg_zero(), (n - 1) / S::WIDTH * S::WIDTH);
        for i in 0..m {
            // Four registers at a time: unrolled by the compiler, it would be more code, and no faster.
            let (mut y, mut row) = (self.y, c.wrapping_add(i * row_stride));
            // SAFETY: value i of x, row i of C and all of y, whose last register has `n - last` lanes (`new`).
            unsafe {
                let x = s.broadcast::<2>(x.add(i * stride));
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
