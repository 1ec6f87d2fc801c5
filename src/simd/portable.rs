//! The portable ISA: eight lanes as an array, in plain Rust that the compiler turns into vector instructions.
//!
//! It comes with the fused multiply-add of the hardware, or, for CPUs without one, of [`fma`](mod@super::fma). The
//! platform's own software `fma` is never called: several are known to round wrongly.

use super::fma::fma;
use super::{Kernel, LANES, SHIFT, Simd, TABLE_BITS, TWO_52, Table};
use std::fmt::Debug;
use std::ptr::copy_nonoverlapping;

/// Where the fused multiply-add comes from.
pub(crate) trait Fma: Copy + Debug + Send + Sync + 'static {
    /// Whether the operations on eight lanes are calls: a kernel's multiply-adds are, so little is lost, and its code is a
    /// fraction as long.
    const CALLS: bool;
    /// `a * b + c` for each of N lanes, rounded once.
    fn mul_add<const N: usize>(a: [f64; N], b: [f64; N], c: [f64; N]) -> [f64; N];
    fn run<K: Kernel>(s: Portable<Self>, kernel: K) -> K::Output;
}

/// A value of `Portable<F>` proves that the CPU has what `F` needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable<F>(F);

/// The CPU's instruction. Where no CPU of an architecture is known to have it, there is no value, and no code for one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hardware(Proof);

#[cfg(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64"))]
type Proof = ();
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
type Proof = std::convert::Infallible;

/// [`fma`], of other operations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Software(());

impl Portable<Hardware> {
    /// `None` where the CPU lacks the instruction, or where this crate does not know how to ask. Unoptimised code for x86
    /// calls the platform's `fma`, so that must be exact: glibc's and Apple's are, mingw's is not.
    pub(crate) fn new() -> Option<Self> {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        {
            let exact = cfg!(any(
                all(target_os = "linux", target_env = "gnu"),
                target_vendor = "apple"
            ));
            (exact && is_x86_feature_detected!("fma")).then_some(Self(Hardware(())))
        }
        #[cfg(target_arch = "aarch64")]
        {
            Some(Self(Hardware(())))
        }
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
        None
    }
}

impl Portable<Software> {
    pub(crate) fn new() -> Self {
        Self(Software(()))
    }
}

impl Fma for Hardware {
    const CALLS: bool = false;

    #[inline(always)]
    fn mul_add<const N: usize>(a: [f64; N], b: [f64; N], mut c: [f64; N]) -> [f64; N] {
        let mut i = 0;
        while i < N {
            c[i] = a[i].mul_add(b[i], c[i]);
            i += 1;
        }
        c
    }

    #[inline(always)]
    fn run<K: Kernel>(s: Portable<Self>, kernel: K) -> K::Output {
        /// The copy of the kernel in which `mul_add` is the instruction.
        #[cfg_attr(
            any(target_arch = "x86", target_arch = "x86_64"),
            target_feature(enable = "fma")
        )]
        #[inline(never)]
        fn with_fma<K: Kernel>(s: Portable<Hardware>, kernel: K) -> K::Output {
            kernel.run(s)
        }
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        // SAFETY: `s` exists, so the CPU has the instruction (`Portable::<Hardware>::new`).
        return unsafe { with_fma(s, kernel) };
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        with_fma(s, kernel)
    }
}

impl Fma for Software {
    const CALLS: bool = true;

    #[inline(always)]
    fn mul_add<const N: usize>(a: [f64; N], b: [f64; N], c: [f64; N]) -> [f64; N] {
        fma(a, b, c)
    }

    #[inline(always)]
    fn run<K: Kernel>(s: Portable<Self>, kernel: K) -> K::Output {
        #[inline(never)]
        fn call<K: Kernel>(s: Portable<Software>, kernel: K) -> K::Output {
            kernel.run(s)
        }
        call(s, kernel)
    }
}

/// `f` for each lane. Loops over arrays, not `array::map`: its closure would stay a call in unoptimised builds.
macro_rules! lanes {
    (|$i:ident| $f:expr) => {
        operation!({
            let mut out = [Default::default(); LANES];
            let mut $i = 0;
            while $i < LANES {
                out[$i] = $f;
                $i += 1;
            }
            out
        })
    };
}

/// An operation in the kernel's own code, or a function that all kernels call.
macro_rules! operation {
    ($block:block) => {
        if const { F::CALLS } {
            call(|| $block)
        } else {
            $block
        }
    };
}

#[inline(never)]
fn call<T>(operation: impl FnOnce() -> T) -> T {
    operation()
}

/// Copies `n` ≤ 3 values: a copy of any number is a function of the C library.
///
/// # Safety
/// They are readable at `from` and writable at `to`.
#[inline(never)]
unsafe fn copy_few(n: usize, from: *const f64, to: *mut f64) {
    // SAFETY: the caller's promise.
    unsafe {
        match n {
            0 => {}
            1 => copy_nonoverlapping(from, to, 1),
            2 => copy_nonoverlapping(from, to, 2),
            _ => copy_nonoverlapping(from, to, 3),
        }
    }
}

#[inline(always)]
fn transposed<const N: usize>(rows: [[f64; N]; N]) -> [[f64; N]; N] {
    let mut out = rows;
    for (i, row) in rows.iter().enumerate() {
        for (j, &x) in row.iter().enumerate() {
            out[j][i] = x;
        }
    }
    out
}

impl<F: Fma> Simd for Portable<F> {
    const WIDTH: usize = 4;
    const SHUFFLES: bool = false;

    type Vector = [f64; LANES];
    type Mask = [bool; LANES];
    type Half = [f64; LANES / 2];
    type Reg = [f64; 4];
    type RegMask = usize;
    type Broadcast = f64;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        F::run(self, kernel)
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Self::Vector {
        [x; LANES]
    }

    #[inline(always)]
    fn load(self, lanes: &[f64; LANES]) -> Self::Vector {
        *lanes
    }

    #[inline(always)]
    fn store(self, v: Self::Vector, lanes: &mut [f64; LANES]) {
        *lanes = v;
    }

    #[inline(always)]
    unsafe fn load_first(self, n: usize, from: *const f64) -> Self::Vector {
        if n == LANES {
            // SAFETY: eight values from `from` on are the caller's promise.
            return unsafe { *from.cast() };
        }
        let mut lanes = [0.0; LANES];
        // SAFETY: n ≤ 8 values from `from` on are the caller's promise.
        unsafe { copy_nonoverlapping(from, lanes.as_mut_ptr(), n) };
        lanes
    }

    #[inline(always)]
    unsafe fn store_first(self, n: usize, v: Self::Vector, to: *mut f64) {
        // SAFETY: n ≤ 8 values from `to` on are the caller's promise.
        unsafe { copy_nonoverlapping(v.as_ptr(), to, n) };
    }

    #[inline(always)]
    fn splat_half(self, x: f64) -> Self::Half {
        [x; LANES / 2]
    }

    #[inline(always)]
    fn mul_add_half(self, a: Self::Half, b: Self::Half, c: Self::Half) -> Self::Half {
        F::mul_add(a, b, c)
    }

    #[inline(always)]
    unsafe fn load_half(self, n: usize, from: *const f64) -> Self::Half {
        if n == LANES / 2 {
            // SAFETY: four values from `from` on are the caller's promise.
            return unsafe { *from.cast() };
        }
        let mut half = [0.0; LANES / 2];
        // SAFETY: n ≤ 4 values from `from` on are the caller's promise.
        unsafe { copy_few(n, from, half.as_mut_ptr()) };
        half
    }

    #[inline(always)]
    unsafe fn store_half(self, n: usize, v: Self::Half, to: *mut f64) {
        // SAFETY: n ≤ 4 values from `to` on are the caller's promise.
        unsafe {
            if n == LANES / 2 {
                to.cast::<Self::Half>().write(v);
            } else {
                copy_few(n, v.as_ptr(), to);
            }
        }
    }

    #[inline(always)]
    fn transpose_half(self, rows: [Self::Half; LANES / 2]) -> [Self::Half; LANES / 2] {
        operation!({ transposed(rows) })
    }

    #[inline(always)]
    fn reg_zero(self) -> Self::Reg {
        [0.0; 4]
    }

    #[inline(always)]
    unsafe fn reg_load(self, from: *const f64) -> Self::Reg {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Self::Reg>().read() }
    }

    #[inline(always)]
    unsafe fn reg_store(self, v: Self::Reg, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self::Reg>().write(v) };
    }

    #[inline(always)]
    fn first_lanes(self, n: usize) -> usize {
        n
    }

    #[inline(always)]
    unsafe fn reg_load_masked(self, n: usize, from: *const f64) -> Self::Reg {
        // SAFETY: the caller's promise.
        unsafe { self.load_half(n, from) }
    }

    #[inline(always)]
    unsafe fn reg_store_first(self, n: usize, v: Self::Reg, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { self.store_half(n, v, to) };
    }

    #[inline(always)]
    unsafe fn broadcast<const USES: usize>(self, from: *const f64) -> f64 {
        // SAFETY: the caller's promise.
        unsafe { *from }
    }

    #[inline(always)]
    fn reg_mul_add(self, a: f64, b: Self::Reg, c: Self::Reg) -> Self::Reg {
        F::mul_add([a; 4], b, c)
    }

    #[inline(always)]
    fn prefetch(self, _: *const f64) {}

    #[inline(always)]
    fn prefetch_l2(self, _: *const f64) {}

    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        operation!({ transposed(rows) })
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| a[i] / b[i])
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        F::mul_add(a, b, c)
    }

    #[inline(always)]
    fn neg(self, a: Self::Vector) -> Self::Vector {
        lanes!(|i| -a[i])
    }

    #[inline(always)]
    fn abs(self, a: Self::Vector) -> Self::Vector {
        lanes!(|i| f64::from_bits(a[i].to_bits() & !SIGN))
    }

    #[inline(always)]
    fn with_sign(self, magnitude: Self::Vector, sign: Self::Vector) -> Self::Vector {
        lanes!(|i| f64::from_bits(magnitude[i].to_bits() | sign[i].to_bits() & SIGN))
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn lt(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        lanes!(|i| a[i] < b[i])
    }

    #[inline(always)]
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lanes!(|i| if mask[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn all(self, mask: Self::Mask) -> bool {
        mask == [true; LANES]
    }

    #[inline(always)]
    fn eq(self, a: Self::Vector, b: Self::Vector) -> Self::Mask {
        lanes!(|i| a[i] == b[i])
    }

    #[inline(always)]
    fn and(self, a: Self::Mask, b: Self::Mask) -> Self::Mask {
        lanes!(|i| a[i] & b[i])
    }

    #[inline(always)]
    fn permute(self, table: &Table, index: Self::Vector) -> [Self::Vector; 2] {
        let place = |x: f64| x.to_bits() as usize & ((1 << TABLE_BITS) - 1);
        [
            lanes!(|i| table.columns[0][place(index[i])]),
            lanes!(|i| table.columns[1][place(index[i])]),
        ]
    }

    #[inline(always)]
    fn add_shifted(self, a: Self::Vector, n: Self::Vector) -> Self::Vector {
        lanes!(|i| f64::from_bits(a[i].to_bits().wrapping_add(n[i].to_bits() << SHIFT)))
    }

    #[inline(always)]
    fn leading_bits(self, a: Self::Vector) -> Self::Vector {
        let bits = TWO_52.to_bits();
        lanes!(|i| f64::from_bits(a[i].to_bits().wrapping_add(1 << (SHIFT - 1)) >> SHIFT | bits))
    }
}

const SIGN: u64 = 1 << 63;
