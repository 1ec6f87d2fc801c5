//! AVX-512F and VL: eight lanes in one register.
//!
//! Every method is one or a few of Intel's intrinsics; their names say which instruction.

use super::{Kernel, LANES, SHIFT, Simd, SmallKernel, TWO_52, Table};
use std::arch::x86_64::*;

/// A value proves that the CPU has AVX-512F and AVX-512VL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    pub(crate) fn new() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        found.then_some(Self(()))
    }

    /// The mask of the first `n` ≤ 8 lanes.
    #[inline(always)]
    fn first(n: usize) -> __mmask8 {
        debug_assert!(n <= LANES);
        ((1u32 << n) - 1) as __mmask8
    }
}

/// `v`, of which the compiler forgets how it came about: it would fold a broadcast into each multiply-add that uses it, and
/// load it again for each. Three loads for each row's value instead of one are more than the two loads a cycle of a CPU
/// with two multiply-add pipes.
#[target_feature(enable = "avx512f")]
#[inline]
fn opaque(mut v: __m512d) -> __m512d {
    // SAFETY: no instruction at all.
    unsafe {
        std::arch::asm!("/* {} */", inout(zmm_reg) v, options(pure, nomem, nostack, preserves_flags));
    }
    v
}

/// A multiply-add of the lower halves. The compiler forgets how the sums came about: it would take whole registers.
#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn mul_add_half(a: __m512d, b: __m512d, c: __m512d) -> __m512d {
    let mut sum = _mm512_castpd512_pd256(c);
    // SAFETY: no instruction at all.
    unsafe {
        std::arch::asm!("/* {} */", inout(ymm_reg) sum, options(pure, nomem, nostack, preserves_flags));
    }
    let (a, b) = (_mm512_castpd512_pd256(a), _mm512_castpd512_pd256(b));
    _mm512_castpd256_pd512(_mm256_fmadd_pd(a, b, sum))
}

impl Simd for Avx512 {
    const WIDTH: usize = 8;

    type Vector = __m512d;
    type Mask = __mmask8;
    type Half = __m256d;
    type Reg = __m512d;
    type RegMask = __mmask8;
    type Broadcast = __m512d;

    run_with!(Avx512, "avx512f,avx512vl");

    #[inline(always)]
    fn splat(self, x: f64) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_set1_pd(x) }
    }

    #[inline(always)]
    fn load(self, lanes: &[f64; LANES]) -> __m512d {
        // SAFETY: `self` exists; the reference covers eight f64.
        unsafe { _mm512_loadu_pd(lanes.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, v: __m512d, lanes: &mut [f64; LANES]) {
        // SAFETY: `self` exists; the reference covers eight f64.
        unsafe { _mm512_storeu_pd(lanes.as_mut_ptr(), v) }
    }

    #[inline(always)]
    unsafe fn load_first(self, n: usize, from: *const f64) -> __m512d {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm512_maskz_loadu_pd(Self::first(n), from) }
    }

    #[inline(always)]
    unsafe fn store_first(self, n: usize, v: __m512d, to: *mut f64) {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm512_mask_storeu_pd(to, Self::first(n), v) }
    }

    #[inline(always)]
    fn splat_half(self, x: f64) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm256_set1_pd(x) }
    }

    #[inline(always)]
    fn mul_add_half(self, a: __m256d, b: __m256d, c: __m256d) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX-512F and VL, and with them FMA.
        unsafe { _mm256_fmadd_pd(a, b, c) }
    }

    #[inline(always)]
    unsafe fn load_half(self, n: usize, from: *const f64) -> __m256d {
        // SAFETY: `self` exists, so the CPU has AVX-512VL; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm256_maskz_loadu_pd(Self::first(n), from) }
    }

    #[inline(always)]
    unsafe fn store_half(self, n: usize, v: __m256d, to: *mut f64) {
        // SAFETY: `self` exists, so the CPU has AVX-512VL; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm256_mask_storeu_pd(to, Self::first(n), v) }
    }

    #[inline(always)]
    fn transpose_half(self, rows: [__m256d; 4]) -> [__m256d; 4] {
        // SAFETY: `self` exists, so the CPU has AVX2, which AVX-512F brings.
        unsafe { super::avx2::transpose_4x4(rows) }
    }

    #[inline(always)]
    fn reg_zero(self) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_setzero_pd() }
    }

    #[inline(always)]
    unsafe fn reg_load(self, from: *const f64) -> __m512d {
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe { _mm512_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn reg_store(self, v: __m512d, to: *mut f64) {
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe { _mm512_storeu_pd(to, v) }
    }

    #[inline(always)]
    fn first_lanes(self, n: usize) -> __mmask8 {
        Self::first(n)
    }

    #[inline(always)]
    unsafe fn reg_load_masked(self, mask: __mmask8, from: *const f64) -> __m512d {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm512_maskz_loadu_pd(mask, from) }
    }

    #[inline(always)]
    unsafe fn reg_store_first(self, n: usize, v: __m512d, to: *mut f64) {
        // SAFETY: `self` exists; lanes outside the mask are not touched, the others are the caller's promise.
        unsafe { _mm512_mask_storeu_pd(to, Self::first(n), v) }
    }

    #[inline(always)]
    unsafe fn broadcast<const USES: usize>(self, from: *const f64) -> __m512d {
        // SAFETY: `self` exists; the value is the caller's promise.
        unsafe {
            let v = _mm512_set1_pd(*from);
            if USES == 1 { v } else { opaque(v) }
        }
    }

    #[inline(always)]
    fn reg_mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_fmadd_pd(a, b, c) }
    }

    #[inline(always)]
    fn reg_mul_add_half(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F and VL.
        unsafe { mul_add_half(a, b, c) }
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
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
    }

    #[inline(always)]
    fn prefetch_l2(self, place: *const f64) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(place.cast()) }
    }

    #[inline(always)]
    fn transpose(self, r: [__m512d; LANES]) -> [__m512d; LANES] {
        // Pairs of rows are interleaved, which leaves a transpose of 4 × 4 pairs: those go by quarters of a register,
        // even ones to one side and odd ones to the other, twice.
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe {
            let t = [
                _mm512_unpacklo_pd(r[0], r[1]),
                _mm512_unpackhi_pd(r[0], r[1]),
                _mm512_unpacklo_pd(r[2], r[3]),
                _mm512_unpackhi_pd(r[2], r[3]),
                _mm512_unpacklo_pd(r[4], r[5]),
                _mm512_unpackhi_pd(r[4], r[5]),
                _mm512_unpacklo_pd(r[6], r[7]),
                _mm512_unpackhi_pd(r[6], r[7]),
            ];
            const EVEN: i32 = 0x88;
            const ODD: i32 = 0xdd;
            let mut out = r;
            let mut odd = 0;
            while odd < 2 {
                let (a, b, c, d) = (t[odd], t[2 + odd], t[4 + odd], t[6 + odd]);
                let (ab02, ab13) = (
                    _mm512_shuffle_f64x2::<EVEN>(a, b),
                    _mm512_shuffle_f64x2::<ODD>(a, b),
                );
                let (cd02, cd13) = (
                    _mm512_shuffle_f64x2::<EVEN>(c, d),
                    _mm512_shuffle_f64x2::<ODD>(c, d),
                );
                out[odd] = _mm512_shuffle_f64x2::<EVEN>(ab02, cd02);
                out[odd + 2] = _mm512_shuffle_f64x2::<EVEN>(ab13, cd13);
                out[odd + 4] = _mm512_shuffle_f64x2::<ODD>(ab02, cd02);
                out[odd + 6] = _mm512_shuffle_f64x2::<ODD>(ab13, cd13);
                odd += 1;
            }
            out
        }
    }

    #[inline(always)]
    unsafe fn load_transposed(self, from: *const f64, stride: usize) -> [__m512d; LANES] {
        // A half that is put into a register from memory is no shuffle: of 24, 16 are left.
        // SAFETY: `self` exists; the values are the caller's promise.
        unsafe {
            let halves = |i: usize, j: usize| {
                let low = _mm512_castpd256_pd512(_mm256_loadu_pd(from.add(i * stride + j)));
                _mm512_insertf64x4::<1>(low, _mm256_loadu_pd(from.add((i + 2) * stride + j)))
            };
            let mut out = [_mm512_setzero_pd(); LANES];
            let mut j = 0;
            while j < LANES {
                let r = [halves(0, j), halves(1, j), halves(4, j), halves(5, j)];
                let (a, b) = (
                    _mm512_unpacklo_pd(r[0], r[1]),
                    _mm512_unpackhi_pd(r[0], r[1]),
                );
                let (c, d) = (
                    _mm512_unpacklo_pd(r[2], r[3]),
                    _mm512_unpackhi_pd(r[2], r[3]),
                );
                out[j] = _mm512_shuffle_f64x2::<0x88>(a, c);
                out[j + 1] = _mm512_shuffle_f64x2::<0x88>(b, d);
                out[j + 2] = _mm512_shuffle_f64x2::<0xdd>(a, c);
                out[j + 3] = _mm512_shuffle_f64x2::<0xdd>(b, d);
                j += 4;
            }
            out
        }
    }

    #[inline(always)]
    fn add(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_add_pd(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_sub_pd(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_mul_pd(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_div_pd(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_fmadd_pd(a, b, c) }
    }

    #[inline(always)]
    fn neg(self, a: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe {
            let sign = _mm512_set1_epi64(i64::MIN);
            _mm512_castsi512_pd(_mm512_xor_si512(_mm512_castpd_si512(a), sign))
        }
    }

    #[inline(always)]
    fn abs(self, a: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_abs_pd(a) }
    }

    #[inline(always)]
    fn with_sign(self, magnitude: __m512d, sign: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe {
            let sign = _mm512_and_si512(_mm512_castpd_si512(sign), _mm512_set1_epi64(i64::MIN));
            _mm512_castsi512_pd(_mm512_or_si512(_mm512_castpd_si512(magnitude), sign))
        }
    }

    #[inline(always)]
    fn min(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_min_pd(a, b) }
    }

    #[inline(always)]
    fn max(self, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_max_pd(a, b) }
    }

    #[inline(always)]
    fn lt(self, a: __m512d, b: __m512d) -> __mmask8 {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b) }
    }

    #[inline(always)]
    fn select(self, mask: __mmask8, a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_mask_blend_pd(mask, b, a) }
    }

    #[inline(always)]
    fn all(self, mask: __mmask8) -> bool {
        mask == __mmask8::MAX
    }

    #[inline(always)]
    fn eq(self, a: __m512d, b: __m512d) -> __mmask8 {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(a, b) }
    }

    #[inline(always)]
    fn and(self, a: __mmask8, b: __mmask8) -> __mmask8 {
        a & b
    }

    #[inline(always)]
    fn permute(self, table: &Table, index: __m512d) -> [__m512d; 2] {
        let [first, second] = table.columns.each_ref().map(|column| column.as_ptr());
        // SAFETY: `self` exists, so the CPU has AVX-512F; each column has four times eight f64.
        unsafe {
            let index = _mm512_castpd_si512(index);
            // A permute takes sixteen entries, by the low four bits; the fifth tells which sixteen.
            let upper = _mm512_test_epi64_mask(index, _mm512_set1_epi64(16));
            let entries = |column: *const f64| {
                let eight = |i: usize| _mm512_loadu_pd(column.add(i * LANES));
                _mm512_mask_blend_pd(
                    upper,
                    _mm512_permutex2var_pd(eight(0), index, eight(1)),
                    _mm512_permutex2var_pd(eight(2), index, eight(3)),
                )
            };
            [entries(first), entries(second)]
        }
    }

    #[inline(always)]
    fn add_shifted(self, a: __m512d, n: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe {
            let moved = _mm512_slli_epi64::<{ SHIFT as u32 }>(_mm512_castpd_si512(n));
            _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), moved))
        }
    }

    #[inline(always)]
    fn leading_bits(self, a: __m512d) -> __m512d {
        // SAFETY: `self` exists, so the CPU has AVX-512F.
        unsafe {
            let half = _mm512_set1_epi64(1 << (SHIFT - 1));
            let sum = _mm512_add_epi64(_mm512_castpd_si512(a), half);
            let bits = _mm512_castpd_si512(_mm512_set1_pd(TWO_52));
            let moved = _mm512_srli_epi64::<{ SHIFT as u32 }>(sum);
            _mm512_castsi512_pd(_mm512_or_si512(moved, bits))
        }
    }
}
