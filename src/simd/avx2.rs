//! AVX2 with FMA: eight lanes in two registers, the lower four first.
//!
//! Every method is one or a few of Intel's intrinsics, for each half.

use super::{Kernel, LANES, SHIFT, Simd, SmallKernel, TABLE_BITS, TWO_52, Table};
use std::arch::x86_64::*;

/// A value proves that the CPU has AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn new() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        found.then_some(Self(()))
    }

    /// The entries of `table` that the low five bits of four lanes name: four loads of a pair.
    #[inline(always)]
    fn permute_four(self, table: &Table, index: __m256d) -> [__m256d; 2] {
        const BYTES: i64 = size_of::<[f64; 2]>() as i64;
        let rows = table.rows.as_ptr();
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA; each offset is that of one of the table's rows.
        unsafe {
            let moved = _mm256_slli_epi64::<{ BYTES.ilog2() as i32 }>(_mm256_castpd_si256(index));
            let last = _mm256_set1_epi64x(((1 << TABLE_BITS) - 1) * BYTES);
            let offset = _mm256_and_si256(moved, last);
            let row = |offset: i64| _mm_load_pd(rows.byte_add(offset as usize).cast());
            let (row_0, row_1) = (
                row(_mm256_extract_epi64::<0>(offset)),
                row(_mm256_extract_epi64::<1>(offset)),
            );
            let (row_2, row_3) = (
                row(_mm256_extract_epi64::<2>(offset)),
                row(_mm256_extract_epi64::<3>(offset)),
            );
            let (even, odd) = (
                _mm256_set_m128d(row_2, row_0),
                _mm256_set_m128d(row_3, row_1),
            );
            [_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd)]
        }
    }
}

/// All bits of the first `n` lanes.
///
/// # Safety
/// The CPU has AVX2.
#[inline(always)]
unsafe fn first(n: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3)) }
}

/// [`Simd::transpose_half`].
///
/// # Safety
/// The CPU has AVX2.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) unsafe fn transpose_4x4(r: [__m256d; 4]) -> [__m256d; 4] {
    let (a, b) = (
        _mm256_unpacklo_pd(r[0], r[1]),
        _mm256_unpackhi_pd(r[0], r[1]),
    );
    let (c, d) = (
        _mm256_unpacklo_pd(r[2], r[3]),
        _mm256_unpackhi_pd(r[2], r[3]),
    );
    [
        _mm256_permute2f128_pd::<0x20>(a, c),
        _mm256_permute2f128_pd::<0x20>(b, d),
        _mm256_permute2f128_pd::<0x31>(a, c),
        _mm256_permute2f128_pd::<0x31>(b, d),
    ]
}

impl Simd for Avx2 {
    const WIDTH: usize = 4;

    type Vector = [__m256d; 2];
    type Mask = [__m256d; 2];
    type Half = __m256d;
    type Reg = __m256d;
    type RegMask = __m256i;
    type Broadcast = __m256d;

    run_with!(Avx2, "avx2,fma");

    #[inline(always)]
    fn splat(self, x: f64) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_set1_pd(x); 2] }
    }

    #[inline(always)]
    fn load(self, lanes: &[f64; LANES]) -> Self::Vector {
        let from = lanes.as_ptr();
        // SAFETY: `self` exists; the reference covers eight f64.
        unsafe { [_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))] }
    }

    #[inline(always)]
    fn store(self, v: Self::Vector, lanes: &mut [f64; LANES]) {
        let to = lanes.as_mut_ptr();
        // SAFETY: `self` exists; the reference covers eight f64.
        unsafe {
            _mm256_storeu_pd(to, v[0]);
            _mm256_storeu_pd(to.add(4), v[1]);
        }
    }

    #[inline(always)]
    unsafe fn load_first(self, n: usize, from: *const f64) -> Self::Vector {
        // SAFETY: the caller's promise, for each half.
        unsafe {
            let lower = self.load_half(n.min(4), from);
            // The CPU reads nothing for a mask without lanes; QEMU 7.2 does, and finds no page there once in a while.
            // Tested in `load_half`, for all, it takes a tenth of the speed of 100×100·100×10 (Zen 4).
            let upper = if n > 4 {
                self.load_half(n - 4, from.wrapping_add(4))
            } else {
                _mm256_setzero_pd()
            };
            [lower, upper]
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, n: usize, v: Self::Vector, to: *mut f64) {
        // SAFETY: the caller's promise, for each half.
        unsafe {
            self.store_half(n.min(4), v[0], to);
            self.store_half(n.saturating_sub(4), v[1], to.wrapping_add(4));
        }
    }

    #[inline(always)]
    fn splat_half(self, x: f64) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { _mm256_set1_pd(x) }
    }

    #[inline(always)]
    fn mul_add_half(self, a: __m256d, b: __m256d, c: __m256d) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { _mm256_fmadd_pd(a, b, c) }
    }

    #[inline(always)]
    unsafe fn load_half(self, n: usize, from: *const f64) -> __m256d {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe {
            if n == 4 {
                _mm256_loadu_pd(from)
            } else {
                _mm256_maskload_pd(from, first(n))
            }
        }
    }

    #[inline(always)]
    unsafe fn store_half(self, n: usize, v: __m256d, to: *mut f64) {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe {
            // Where there is nothing to mask, a plain store: masked ones are slow on some CPUs.
            if n == 4 {
                _mm256_storeu_pd(to, v);
            } else {
                _mm256_maskstore_pd(to, first(n), v);
            }
        }
    }

    #[inline(always)]
    fn transpose_half(self, rows: [__m256d; 4]) -> [__m256d; 4] {
        // SAFETY: `self` exists, so the CPU has AVX2.
        unsafe { transpose_4x4(rows) }
    }

    #[inline(always)]
    fn reg_zero(self) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { _mm256_setzero_pd() }
    }

    #[inline(always)]
    unsafe fn reg_load(self, from: *const f64) -> __m256d {
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe { _mm256_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn reg_store(self, v: __m256d, to: *mut f64) {
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe { _mm256_storeu_pd(to, v) }
    }

    #[inline(always)]
    fn first_lanes(self, n: usize) -> __m256i {
        // SAFETY: `self` exists, so the CPU has AVX2.
        unsafe { first(n) }
    }

    #[inline(always)]
    unsafe fn reg_load_masked(self, mask: __m256i, from: *const f64) -> __m256d {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm256_maskload_pd(from, mask) }
    }

    #[inline(always)]
    unsafe fn reg_store_first(self, n: usize, v: __m256d, to: *mut f64) {
        // In halves: a masked store is many micro-operations on AMD's CPUs.
        // SAFETY: `self` exists; no more than n values are touched, which are the caller's promise.
        unsafe {
            let (low, high) = (_mm256_castpd256_pd128(v), _mm256_extractf128_pd::<1>(v));
            match n {
                4 => _mm256_storeu_pd(to, v),
                3 => {
                    _mm_storeu_pd(to, low);
                    _mm_store_sd(to.add(2), high);
                }
                2 => _mm_storeu_pd(to, low),
                _ => _mm_store_sd(to, low),
            }
        }
    }

    #[inline(always)]
    unsafe fn broadcast<const USES: usize>(self, from: *const f64) -> __m256d {
        // No multiply-add of this ISA broadcasts its operand from memory.
        // SAFETY: `self` exists; the value is the caller's promise.
        unsafe { _mm256_broadcast_sd(&*from) }
    }

    #[inline(always)]
    fn reg_mul_add(self, a: __m256d, b: __m256d, c: __m256d) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { _mm256_fmadd_pd(a, b, c) }
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
    fn prefetch(self, place: *const f64) {
        // A prefetch of any address is allowed.
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
    }

    #[inline(always)]
    fn prefetch_l2(self, place: *const f64) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(place.cast()) }
    }

    #[inline(always)]
    fn transpose(self, r: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            // The quarters: upper left, upper right, lower left, lower right.
            let ul = transpose_4x4([r[0][0], r[1][0], r[2][0], r[3][0]]);
            let ur = transpose_4x4([r[0][1], r[1][1], r[2][1], r[3][1]]);
            let ll = transpose_4x4([r[4][0], r[5][0], r[6][0], r[7][0]]);
            let lr = transpose_4x4([r[4][1], r[5][1], r[6][1], r[7][1]]);
            [
                [ul[0], ll[0]],
                [ul[1], ll[1]],
                [ul[2], ll[2]],
                [ul[3], ll[3]],
                [ur[0], lr[0]],
                [ur[1], lr[1]],
                [ur[2], lr[2]],
                [ur[3], lr[3]],
            ]
        }
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_add_pd(a[0], b[0]), _mm256_add_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_sub_pd(a[0], b[0]), _mm256_sub_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_mul_pd(a[0], b[0]), _mm256_mul_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_div_pd(a[0], b[0]), _mm256_div_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            [
                _mm256_fmadd_pd(a[0], b[0], c[0]),
                _mm256_fmadd_pd(a[1], b[1], c[1]),
            ]
        }
    }

    #[inline(always)]
    fn neg(self, a: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            let sign = _mm256_set1_pd(-0.0);
            [_mm256_xor_pd(a[0], sign), _mm256_xor_pd(a[1], sign)]
        }
    }

    #[inline(always)]
    fn abs(self, a: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            let sign = _mm256_set1_pd(-0.0);
            [_mm256_andnot_pd(sign, a[0]), _mm256_andnot_pd(sign, a[1])]
        }
    }

    #[inline(always)]
    fn with_sign(self, magnitude: Self::Vector, sign: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            let bit = _mm256_set1_pd(-0.0);
            [
                _mm256_or_pd(magnitude[0], _mm256_and_pd(sign[0], bit)),
                _mm256_or_pd(magnitude[1], _mm256_and_pd(sign[1], bit)),
            ]
        }
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_min_pd(a[0], b[0]), _mm256_min_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_max_pd(a[0], b[0]), _mm256_max_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn lt(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            [
                _mm256_cmp_pd::<_CMP_LT_OQ>(a[0], b[0]),
                _mm256_cmp_pd::<_CMP_LT_OQ>(a[1], b[1]),
            ]
        }
    }

    #[inline(always)]
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            [
                _mm256_blendv_pd(b[0], a[0], mask[0]),
                _mm256_blendv_pd(b[1], a[1], mask[1]),
            ]
        }
    }

    #[inline(always)]
    fn all(self, mask: Self::Mask) -> bool {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { _mm256_movemask_pd(_mm256_and_pd(mask[0], mask[1])) == 0b1111 }
    }

    #[inline(always)]
    fn eq(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            [
                _mm256_cmp_pd::<_CMP_EQ_OQ>(a[0], b[0]),
                _mm256_cmp_pd::<_CMP_EQ_OQ>(a[1], b[1]),
            ]
        }
    }

    #[inline(always)]
    fn and(self, a: Self::Mask, b: Self::Mask) -> Self::Mask {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { [_mm256_and_pd(a[0], b[0]), _mm256_and_pd(a[1], b[1])] }
    }

    #[inline(always)]
    fn permute(self, table: &Table, index: Self::Vector) -> [Self::Vector; 2] {
        let lower = self.permute_four(table, index[0]);
        let upper = self.permute_four(table, index[1]);
        [[lower[0], upper[0]], [lower[1], upper[1]]]
    }

    #[inline(always)]
    fn add_shifted(self, a: Self::Vector, n: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            let moved = [
                _mm256_slli_epi64::<SHIFT>(_mm256_castpd_si256(n[0])),
                _mm256_slli_epi64::<SHIFT>(_mm256_castpd_si256(n[1])),
            ];
            [
                _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a[0]), moved[0])),
                _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a[1]), moved[1])),
            ]
        }
    }

    #[inline(always)]
    fn leading_bits(self, a: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe {
            let half = _mm256_set1_epi64x(1 << (SHIFT - 1));
            let bits = _mm256_castpd_si256(_mm256_set1_pd(TWO_52));
            let sums = [
                _mm256_add_epi64(_mm256_castpd_si256(a[0]), half),
                _mm256_add_epi64(_mm256_castpd_si256(a[1]), half),
            ];
            [
                _mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64::<SHIFT>(sums[0]), bits)),
                _mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64::<SHIFT>(sums[1]), bits)),
            ]
        }
    }
}
