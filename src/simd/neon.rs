//! NEON: eight lanes in four registers of two, in order.
//!
//! Every method is one or a few of Arm's intrinsics, for each register.

use super::{Kernel, LANES, SHIFT, Simd, SmallKernel, TABLE_BITS, TWO_52, Table};
use std::arch::aarch64::*;

/// A value proves that the CPU has NEON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon(());

impl Neon {
    pub(crate) fn new() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

/// An expression for each register. A loop, not `array::map`: its closure would stay a call in unoptimised builds.
macro_rules! registers {
    ($zero:expr, |$i:ident| $f:expr) => {{
        let mut out = $zero;
        let mut $i = 0;
        while $i < LANES / 2 {
            // SAFETY: the intrinsics need NEON and nothing else, and a `Neon` exists, so the CPU has it (`Neon::new`).
            out[$i] = unsafe { $f };
            $i += 1;
        }
        out
    }};
}

impl Simd for Neon {
    const WIDTH: usize = 2;

    type Vector = [float64x2_t; 4];
    type Mask = [uint64x2_t; 4];
    type Half = [float64x2_t; 2];
    type Reg = float64x2_t;
    type RegMask = usize;
    type Broadcast = f64;

    run_with!(Neon, "neon");

    #[inline(always)]
    fn splat(self, x: f64) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe { [vdupq_n_f64(x); 4] }
    }

    #[inline(always)]
    fn load(self, lanes: &[f64; LANES]) -> Self::Vector {
        let from = lanes.as_ptr();
        // The reference covers eight f64, two a register.
        registers!(self.splat(0.0), |i| vld1q_f64(from.add(2 * i)))
    }

    #[inline(always)]
    fn store(self, v: Self::Vector, lanes: &mut [f64; LANES]) {
        for (pair, v) in lanes.chunks_exact_mut(2).zip(v) {
            // SAFETY: `self` exists, so the CPU has NEON; the slice holds two f64.
            unsafe { vst1q_f64(pair.as_mut_ptr(), v) }
        }
    }

    #[inline(always)]
    unsafe fn load_first(self, n: usize, from: *const f64) -> Self::Vector {
        let mut lanes = [0.0; LANES];
        if n == LANES {
            // SAFETY: eight values from `from` on are the caller's promise.
            return self.load(unsafe { &*from.cast() });
        }
        // SAFETY: n ≤ 8 values from `from` on are the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), n) };
        self.load(&lanes)
    }

    #[inline(always)]
    unsafe fn store_first(self, n: usize, v: Self::Vector, to: *mut f64) {
        let mut lanes = [0.0; LANES];
        self.store(v, &mut lanes);
        // SAFETY: n ≤ 8 values from `to` on are the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, n) };
    }

    #[inline(always)]
    fn splat_half(self, x: f64) -> Self::Half {
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe { [vdupq_n_f64(x); 2] }
    }

    #[inline(always)]
    fn mul_add_half(self, a: Self::Half, b: Self::Half, c: Self::Half) -> Self::Half {
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe { [vfmaq_f64(c[0], a[0], b[0]), vfmaq_f64(c[1], a[1], b[1])] }
    }

    #[inline(always)]
    unsafe fn load_half(self, n: usize, from: *const f64) -> Self::Half {
        if n == LANES / 2 {
            // SAFETY: `self` exists, so the CPU has NEON; four values from `from` on are the caller's promise.
            return unsafe { [vld1q_f64(from), vld1q_f64(from.add(2))] };
        }
        // SAFETY: the caller's promise.
        let [low, high, ..] = unsafe { self.load_first(n, from) };
        [low, high]
    }

    #[inline(always)]
    unsafe fn store_half(self, n: usize, v: Self::Half, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { self.store_first(n, [v[0], v[1], v[1], v[1]], to) }
    }

    #[inline(always)]
    fn transpose_half(self, r: [Self::Half; 4]) -> [Self::Half; 4] {
        // In squares of 2 × 2: the lower, then the upper lanes of two rows.
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe {
            [
                [vtrn1q_f64(r[0][0], r[1][0]), vtrn1q_f64(r[2][0], r[3][0])],
                [vtrn2q_f64(r[0][0], r[1][0]), vtrn2q_f64(r[2][0], r[3][0])],
                [vtrn1q_f64(r[0][1], r[1][1]), vtrn1q_f64(r[2][1], r[3][1])],
                [vtrn2q_f64(r[0][1], r[1][1]), vtrn2q_f64(r[2][1], r[3][1])],
            ]
        }
    }

    #[inline(always)]
    fn reg_zero(self) -> float64x2_t {
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe { vdupq_n_f64(0.0) }
    }

    #[inline(always)]
    unsafe fn reg_load(self, from: *const f64) -> float64x2_t {
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe { vld1q_f64(from) }
    }

    #[inline(always)]
    unsafe fn reg_store(self, v: float64x2_t, to: *mut f64) {
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe { vst1q_f64(to, v) }
    }

    #[inline(always)]
    fn first_lanes(self, n: usize) -> usize {
        n
    }

    #[inline(always)]
    unsafe fn reg_load_masked(self, n: usize, from: *const f64) -> float64x2_t {
        // SAFETY: `self` exists; n values, one or two, are the caller's promise.
        unsafe {
            match n {
                2 => vld1q_f64(from),
                _ => vld1q_lane_f64::<0>(from, vdupq_n_f64(0.0)),
            }
        }
    }

    #[inline(always)]
    unsafe fn reg_store_first(self, n: usize, v: float64x2_t, to: *mut f64) {
        // SAFETY: `self` exists; n values, one or two, are the caller's promise.
        unsafe {
            match n {
                2 => vst1q_f64(to, v),
                _ => vst1q_lane_f64::<0>(to, v),
            }
        }
    }

    #[inline(always)]
    unsafe fn broadcast<const USES: usize>(self, from: *const f64) -> f64 {
        // SAFETY: the value is the caller's promise.
        let mut x = unsafe { *from };
        // The compiler would load it with `ld1r`, which takes a multiply-add's place in the pipes; a plain load and a
        // multiply-add by a lane do not.
        // SAFETY: no instruction at all.
        unsafe {
            std::arch::asm!("/* {:v} */", inout(vreg) x, options(pure, nomem, nostack, preserves_flags));
        }
        x
    }

    #[inline(always)]
    fn reg_mul_add(self, a: f64, b: float64x2_t, c: float64x2_t) -> float64x2_t {
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe { vfmaq_n_f64(c, b, a) }
    }

    #[inline(always)]
    #[allow(
        clippy::pointers_in_nomem_asm_block,
        reason = "the pointer passes through, nothing reads what it points to"
    )]
    fn forget_origin(self, mut pointer: *const f64) -> *const f64 {
        // SAFETY: no instruction at all.
        unsafe {
            std::arch::asm!("/* {} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags));
        }
        pointer
    }

    #[inline(always)]
    fn prefetch(self, _: *const f64) {
        // The instruction's intrinsic is not in stable Rust.
    }

    #[inline(always)]
    fn prefetch_l2(self, _: *const f64) {}

    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        // In squares of 2 × 2: the lower, then the upper lanes of two rows.
        let mut out = rows;
        let mut i = 0;
        while i < LANES / 2 {
            let (even, odd) = (rows[2 * i], rows[2 * i + 1]);
            let mut j = 0;
            while j < LANES / 2 {
                // SAFETY: `self` exists, so the CPU has NEON.
                unsafe {
                    out[2 * j][i] = vtrn1q_f64(even[j], odd[j]);
                    out[2 * j + 1][i] = vtrn2q_f64(even[j], odd[j]);
                }
                j += 1;
            }
            i += 1;
        }
        out
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        registers!(a, |i| vaddq_f64(a[i], b[i]))
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        registers!(a, |i| vsubq_f64(a[i], b[i]))
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        registers!(a, |i| vmulq_f64(a[i], b[i]))
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        registers!(a, |i| vdivq_f64(a[i], b[i]))
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        registers!(c, |i| vfmaq_f64(c[i], a[i], b[i]))
    }

    #[inline(always)]
    fn neg(self, a: Self::Vector) -> Self::Vector {
        registers!(a, |i| vnegq_f64(a[i]))
    }

    #[inline(always)]
    fn abs(self, a: Self::Vector) -> Self::Vector {
        registers!(a, |i| vabsq_f64(a[i]))
    }

    #[inline(always)]
    fn with_sign(self, magnitude: Self::Vector, sign: Self::Vector) -> Self::Vector {
        registers!(magnitude, |i| vbslq_f64(
            vdupq_n_u64(1 << 63),
            sign[i],
            magnitude[i]
        ))
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // Not the instruction, which gives NaN where either is one.
        self.select(self.lt(a, b), a, b)
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        self.select(self.lt(b, a), a, b)
    }

    #[inline(always)]
    fn lt(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        // SAFETY: `self` exists, so the CPU has NEON.
        let zero = unsafe { [vdupq_n_u64(0); 4] };
        registers!(zero, |i| vcltq_f64(a[i], b[i]))
    }

    #[inline(always)]
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        registers!(a, |i| vbslq_f64(mask[i], a[i], b[i]))
    }

    #[inline(always)]
    fn all(self, mask: Self::Mask) -> bool {
        // SAFETY: `self` exists, so the CPU has NEON.
        unsafe {
            let all = vandq_u64(vandq_u64(mask[0], mask[1]), vandq_u64(mask[2], mask[3]));
            vgetq_lane_u64::<0>(all) & vgetq_lane_u64::<1>(all) == u64::MAX
        }
    }

    #[inline(always)]
    fn eq(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        // SAFETY: `self` exists, so the CPU has NEON.
        let zero = unsafe { [vdupq_n_u64(0); 4] };
        registers!(zero, |i| vceqq_f64(a[i], b[i]))
    }

    #[inline(always)]
    fn and(self, a: Self::Mask, b: Self::Mask) -> Self::Mask {
        registers!(a, |i| vandq_u64(a[i], b[i]))
    }

    #[inline(always)]
    fn permute(self, table: &Table, index: Self::Vector) -> [Self::Vector; 2] {
        let mut lanes = [0.0; LANES];
        self.store(index, &mut lanes);
        let (mut first, mut second) = (lanes, lanes);
        let mut i = 0;
        while i < LANES {
            let row = &table.rows[lanes[i].to_bits() as usize & ((1 << TABLE_BITS) - 1)];
            (first[i], second[i]) = (row[0], row[1]);
            i += 1;
        }
        [self.load(&first), self.load(&second)]
    }

    #[inline(always)]
    fn add_shifted(self, a: Self::Vector, n: Self::Vector) -> Self::Vector {
        registers!(a, |i| {
            let moved = vshlq_n_u64::<SHIFT>(vreinterpretq_u64_f64(n[i]));
            vreinterpretq_f64_u64(vaddq_u64(vreinterpretq_u64_f64(a[i]), moved))
        })
    }

    #[inline(always)]
    fn leading_bits(self, a: Self::Vector) -> Self::Vector {
        registers!(a, |i| {
            let sum = vaddq_u64(vreinterpretq_u64_f64(a[i]), vdupq_n_u64(1 << (SHIFT - 1)));
            let bits = vdupq_n_u64(TWO_52.to_bits());
            vreinterpretq_f64_u64(vorrq_u64(vshrq_n_u64::<SHIFT>(sum), bits))
        })
    }
}
