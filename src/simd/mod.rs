//! The ISAs: eight `f64` lanes and the operations on them, once for each instruction set.
//!
//! A hot loop is written once, as a [`Kernel`] generic over [`Simd`], and [`dispatch`] runs it on the ISA that was
//! found, inside a function compiled with that ISA's features. Everything between the two is `#[inline(always)]`,
//! so that it is compiled with those features too: a call that stays a call falls back to the baseline's code.
//!
//! Each operation is one IEEE 754 operation per lane, rounded to nearest even, so a kernel's result is the same bits on
//! every ISA.
#![allow(unsafe_code, reason = "most unsafe code is in this module and gemm")]

/// [`Simd::run`] and [`Simd::run_small`] of an ISA with these features.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! run_with {
    ($isa:ident, $features:literal) => {
        #[inline(always)]
        fn run<K: Kernel>(self, kernel: K) -> K::Output {
            #[target_feature(enable = $features)]
            #[inline(never)]
            fn with_features<K: Kernel>(s: $isa, kernel: K) -> K::Output {
                kernel.run(s)
            }
            // SAFETY: `self` exists, so the CPU has the features.
            unsafe { with_features(self, kernel) }
        }

        #[inline(always)]
        unsafe fn run_small<K: SmallKernel>(
            self,
            m: usize,
            k: usize,
            n: usize,
            a: *const f64,
            b: *const f64,
            c: *mut f64,
        ) {
            #[target_feature(enable = $features)]
            #[inline(never)]
            unsafe fn with_features<K: SmallKernel>(
                s: $isa,
                m: usize,
                k: usize,
                n: usize,
                a: *const f64,
                b: *const f64,
                c: *mut f64,
            ) {
                // SAFETY: the caller's promise.
                unsafe { K::run(s, [m, k, n], [a, b], c) }
            }
            // SAFETY: `self` exists, so the CPU has the features; the rest is the caller's promise.
            unsafe { with_features::<K>(self, m, k, n, a, b, c) }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod cache;
mod fma;
pub(crate) mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod outer;
mod portable;
mod transpose;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
pub(crate) use outer::Outer;
pub(crate) use portable::{Hardware, Portable, Software};
pub(crate) use transpose::Transpose;

use std::env::VarError;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// How many `f64` a vector holds, on every ISA.
pub(crate) const LANES: usize = 8;

/// 2^52, whose lowest bit stands for 1.
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// The logarithm of how many entries a [`Table`] has.
pub(crate) const TABLE_BITS: u32 = 5;
/// How far [`Simd::add_shifted`] and [`Simd::leading_bits`] move: one in a table's index is a 32nd in the exponent.
const SHIFT: i32 = 52 - TABLE_BITS as i32;

/// Two columns of 32 entries, and the same by rows: permutes want the one, loads of a pair the other.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Table {
    columns: [[f64; 1 << TABLE_BITS]; 2],
    rows: [[f64; 2]; 1 << TABLE_BITS],
}

impl Table {
    /// The table of these bits.
    pub(crate) const fn new(columns: [[u64; 1 << TABLE_BITS]; 2]) -> Self {
        let mut table = Self {
            columns: [[0.0; 1 << TABLE_BITS]; 2],
            rows: [[0.0; 2]; 1 << TABLE_BITS],
        };
        let mut i = 0;
        while i < 1 << TABLE_BITS {
            let row = [f64::from_bits(columns[0][i]), f64::from_bits(columns[1][i])];
            table.columns[0][i] = row[0];
            table.columns[1][i] = row[1];
            table.rows[i] = row;
            i += 1;
        }
        table
    }
}

/// An ISA: a value proves that this CPU has it, its methods are the operations on eight lanes.
pub(crate) trait Simd: Copy + Debug + Send + Sync + 'static {
    /// Lanes of one register.
    const WIDTH: usize;
    /// Whether a transpose is shuffles of registers, worth more code than loops over the values.
    const SHUFFLES: bool = true;

    /// Eight `f64`.
    type Vector: Copy;
    /// Eight truth values.
    type Mask: Copy;
    /// Four `f64`: the rows of the squares that a gemv transposes.
    type Half: Copy;
    /// One register of `WIDTH` lanes: what a gemm computes with.
    type Reg: Copy;
    /// The first lanes of a register.
    type RegMask: Copy;
    /// A value for every lane of a register.
    type Broadcast: Copy;

    /// Runs `kernel` compiled for this ISA.
    ///
    /// A function of its own, but for a kernel within a kernel of the same ISA: rustc 1.95 forgets `inline(never)` where a
    /// function has target features.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;
    /// [`run`](Self::run) of a small product, whose arguments stay in registers: those of a [`Kernel`] are stored and loaded
    /// again.
    ///
    /// # Safety
    /// The promise of [`SmallKernel::run`].
    unsafe fn run_small<K: SmallKernel>(
        self,
        m: usize,
        k: usize,
        n: usize,
        a: *const f64,
        b: *const f64,
        c: *mut f64,
    ) {
        struct InMemory<K>([usize; 3], [*const f64; 2], *mut f64, PhantomData<K>);
        impl<K: SmallKernel> Kernel for InMemory<K> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self, s: S) {
                // SAFETY: the promise of `run_small`.
                unsafe { K::run(s, self.0, self.1, self.2) }
            }
        }
        self.run(InMemory::<K>([m, k, n], [a, b], c, PhantomData));
    }

    fn splat(self, x: f64) -> Self::Vector;
    fn load(self, lanes: &[f64; LANES]) -> Self::Vector;
    fn store(self, v: Self::Vector, lanes: &mut [f64; LANES]);

    /// The first `n` ≤ 8 lanes from memory, +0.0 in the others.
    ///
    /// # Safety
    /// `n` values from `from` on are readable.
    unsafe fn load_first(self, n: usize, from: *const f64) -> Self::Vector;
    /// The first `n` ≤ 8 lanes to memory.
    ///
    /// # Safety
    /// `n` values from `to` on are writable.
    unsafe fn store_first(self, n: usize, v: Self::Vector, to: *mut f64);
    /// The first lanes from a slice of up to eight values, +0.0 in the others.
    #[inline(always)]
    fn load_part(self, from: &[f64]) -> Self::Vector {
        let n = from.len().min(LANES);
        if n == 0 {
            // An empty slice may lie anywhere, and QEMU 7.2 reads the masked lanes of AVX2, too.
            return self.splat(0.0);
        }
        // SAFETY: the slice has n values.
        unsafe { self.load_first(n, from.as_ptr()) }
    }
    /// The first lanes to a slice of up to eight values.
    #[inline(always)]
    fn store_part(self, v: Self::Vector, to: &mut [f64]) {
        let n = to.len().min(LANES);
        // SAFETY: the slice has n values.
        unsafe { self.store_first(n, v, to.as_mut_ptr()) }
    }
    /// `x` in each lane of a half.
    fn splat_half(self, x: f64) -> Self::Half;
    /// [`mul_add`](Simd::mul_add) on halves.
    fn mul_add_half(self, a: Self::Half, b: Self::Half, c: Self::Half) -> Self::Half;
    /// The first `n` ≤ 4 lanes from memory, +0.0 in the others.
    ///
    /// # Safety
    /// `n` values from `from` on are readable.
    unsafe fn load_half(self, n: usize, from: *const f64) -> Self::Half;
    /// The first `n` ≤ 4 lanes to memory.
    ///
    /// # Safety
    /// `n` values from `to` on are writable.
    unsafe fn store_half(self, n: usize, v: Self::Half, to: *mut f64);
    /// +0.0 in each lane of a register.
    fn reg_zero(self) -> Self::Reg;
    /// A register from memory.
    ///
    /// # Safety
    /// `WIDTH` values from `from` on are readable.
    unsafe fn reg_load(self, from: *const f64) -> Self::Reg;
    /// A register to memory.
    ///
    /// # Safety
    /// `WIDTH` values from `to` on are writable.
    unsafe fn reg_store(self, v: Self::Reg, to: *mut f64);
    /// The mask of the first `n` ≤ `WIDTH` lanes.
    fn first_lanes(self, n: usize) -> Self::RegMask;
    /// The lanes of `mask` from memory, +0.0 in the others.
    ///
    /// # Safety
    /// The values at the lanes of `mask` are readable, and there is at least one.
    unsafe fn reg_load_masked(self, mask: Self::RegMask, from: *const f64) -> Self::Reg;
    /// The first `n` lanes to memory, 1 ≤ n ≤ `WIDTH`.
    ///
    /// # Safety
    /// `n` values from `to` on are writable.
    unsafe fn reg_store_first(self, n: usize, v: Self::Reg, to: *mut f64);
    /// The value at `from` for every lane, for `USES` multiply-adds: if they are several, in a register of its own, never
    /// folded into them, which would load it again for each.
    ///
    /// # Safety
    /// The value is readable.
    unsafe fn broadcast<const USES: usize>(self, from: *const f64) -> Self::Broadcast;
    /// `a * b + c` in each lane, rounded once.
    fn reg_mul_add(self, a: Self::Broadcast, b: Self::Reg, c: Self::Reg) -> Self::Reg;
    /// [`reg_mul_add`](Simd::reg_mul_add) of the lower half of the lanes at least; whatever is in the others.
    #[inline(always)]
    fn reg_mul_add_half(self, a: Self::Broadcast, b: Self::Reg, c: Self::Reg) -> Self::Reg {
        self.reg_mul_add(a, b, c)
    }
    /// The same pointer, of which the compiler forgets how it came about: it would compute the addresses of all rows anew in
    /// a loop, from one, to save registers that are not lacking.
    #[inline(always)]
    fn forget_origin(self, pointer: *const f64) -> *const f64 {
        pointer
    }
    /// Prefetches the cache line at `place`, which may be any address; nothing else happens.
    fn prefetch(self, place: *const f64);
    /// The same into L2, not L1.
    fn prefetch_l2(self, place: *const f64);
    /// [`transpose`](Simd::transpose) of 4 × 4; on x86-64, 8 shuffles. Lost: 6 of them and 4 blends (Zen 3: a column of 1000×1000
    /// 10.5 to 9.8 GFLOP/s, Zen 4: one of 200×200 20.9 to 18.4); 6 and 2 blends of upper halves broadcast from memory, which
    /// need a load more (Zen 3: 32×96 out of L1 14.5 to 14.7, 64×600 17.0 to 15.6).
    fn transpose_half(self, rows: [Self::Half; LANES / 2]) -> [Self::Half; LANES / 2];
    /// Lane j of vector i becomes lane i of vector j.
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES];

    /// The transpose of the first `n` ≤ 8 values, other lanes 0, of each of eight rows, so far apart.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn load_first_transposed(
        self,
        n: usize,
        from: *const f64,
        stride: usize,
    ) -> [Self::Vector; LANES] {
        let mut rows = [self.splat(0.0); LANES];
        for (i, row) in rows.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *row = unsafe { self.load_first(n, from.add(i * stride)) };
        }
        self.transpose(rows)
    }

    /// The same of eight values: with AVX-512 a third of the shuffles less, and two loads of each cache line.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn load_transposed(self, from: *const f64, stride: usize) -> [Self::Vector; LANES] {
        // SAFETY: the caller's promise.
        unsafe { self.load_first_transposed(LANES, from, stride) }
    }

    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`, rounded once.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Each lane with the other sign.
    fn neg(self, a: Self::Vector) -> Self::Vector;
    /// Each lane without its sign.
    fn abs(self, a: Self::Vector) -> Self::Vector;
    /// `magnitude`, which has no sign, with the sign of `sign`.
    fn with_sign(self, magnitude: Self::Vector, sign: Self::Vector) -> Self::Vector;
    /// `if a < b { a } else { b }`: `b` where either is NaN.
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `if a > b { a } else { b }`: `b` where either is NaN.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a < b`; false where either is NaN.
    fn lt(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// `if mask { a } else { b }`, lane by lane.
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Whether the mask holds for every lane.
    fn all(self, mask: Self::Mask) -> bool;

    /// `a == b`; false where either is NaN.
    fn eq(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// Where both masks hold.
    fn and(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// The two entries of `table` that the low five bits of each lane name.
    fn permute(self, table: &Table, index: Self::Vector) -> [Self::Vector; 2];
    /// `a`, its bits plus those of `n` shifted up by 47: one in `n` is a 32nd in the exponent of `a`.
    fn add_shifted(self, a: Self::Vector, n: Self::Vector) -> Self::Vector;
    /// The other way: 2^52 plus the bits of `a` shifted down by 47, rounded to nearest, halves up.
    fn leading_bits(self, a: Self::Vector) -> Self::Vector;
}

/// A computation written once for all ISAs.
pub(crate) trait Kernel {
    type Output;

    /// Implementations are `#[inline(always)]`, and so is what they call.
    fn run<S: Simd>(self, s: S) -> Self::Output;
}

/// A small product, written once for all ISAs.
pub(crate) trait SmallKernel {
    /// As [`Kernel::run`].
    ///
    /// # Safety
    /// The kernel's own: what `sizes` are, and what of the operands is read and of `c` is written.
    unsafe fn run<S: Simd>(s: S, sizes: [usize; 3], operands: [*const f64; 2], c: *mut f64);
}

/// Which ISA to run on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// Plain Rust, compiled for a CPU with fused multiply-add.
    Portable(Portable<Hardware>),
    /// Plain Rust with the fused multiply-add in software: the same bits, slowly.
    PortableSoftware(Portable<Software>),
}

impl Isa {
    /// The ISA in use: the one that `ROWMAJOR_ISA` names, or else the best that the CPU has. Decided once.
    ///
    /// # Panics
    /// Where `ROWMAJOR_ISA` names no ISA, or one that this CPU lacks: whoever sets it wants to know.
    #[inline]
    pub(crate) fn current() -> Isa {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(Self::decide)
    }

    #[allow(
        clippy::panic,
        reason = "a setting that cannot be followed must not be ignored"
    )]
    #[cold]
    fn decide() -> Isa {
        let isas = Self::available();
        match std::env::var("ROWMAJOR_ISA") {
            Ok(name) => match isas.iter().find(|isa| isa.name() == name) {
                Some(isa) => *isa,
                None => {
                    let mut names: Vec<_> = isas.iter().map(|isa| isa.name()).collect();
                    names.dedup();
                    panic!(
                        "ROWMAJOR_ISA={name}: no such ISA here; this build and CPU have: {}",
                        names.join(", ")
                    )
                }
            },
            Err(VarError::NotPresent) => isas[0],
            Err(error) => panic!("ROWMAJOR_ISA: {error}"),
        }
    }

    /// Every ISA that this CPU can run, the fastest first; at least one.
    pub(crate) fn available() -> Vec<Isa> {
        let mut isas = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            isas.extend(Avx512::new().map(Isa::Avx512));
            isas.extend(Avx2::new().map(Isa::Avx2));
        }
        #[cfg(target_arch = "aarch64")]
        isas.extend(Neon::new().map(Isa::Neon));
        isas.extend(Portable::<Hardware>::new().map(Isa::Portable));
        isas.push(Isa::PortableSoftware(Portable::<Software>::new()));
        isas
    }

    /// What `ROWMAJOR_ISA` calls it.
    fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(_) => "neon",
            Isa::Portable(_) | Isa::PortableSoftware(_) => "portable",
        }
    }

    /// Runs `kernel` on this ISA.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(s) => s.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(s) => s.run(kernel),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(s) => s.run(kernel),
            Isa::Portable(s) => s.run(kernel),
            Isa::PortableSoftware(s) => s.run(kernel),
        }
    }
}

/// Runs `kernel` on the ISA in use.
#[inline]
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    Isa::current().run(kernel)
}
