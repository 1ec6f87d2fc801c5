//! The machines: eight `f64` lanes and the operations on them.
//!
//! A hot loop is written once, as a [`Kernel`] generic over [`Simd`], and [`dispatch`] runs it on the machine that was
//! found, inside a function compiled with that machine's features. Everything between the two is `#[inline(always)]`,
//! so that it is compiled with those features too: a call that stays a call falls back to the baseline's code.
//!
//! Each operation is one IEEE 754 operation per lane, rounded to nearest even, so a kernel's result is the same bits on
//! every machine.
#![allow(unsafe_code, reason = "this room and gemm are where unsafe lives")]

mod portable;

use portable::{Hardware, Portable, Software};
use std::env::VarError;
use std::fmt::Debug;
use std::sync::OnceLock;

/// How many `f64` a vector holds, on every machine.
pub(crate) const LANES: usize = 8;

/// A machine: a value proves that this CPU has it, its methods are the operations on eight lanes.
pub(crate) trait Simd: Copy + Debug + Send + Sync + 'static {
    /// Eight `f64`.
    type Vector: Copy;
    /// Eight truth values.
    type Mask: Copy;

    /// Runs `kernel` compiled for this machine.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    fn splat(self, x: f64) -> Self::Vector;
    fn load(self, lanes: &[f64; LANES]) -> Self::Vector;
    fn store(self, v: Self::Vector, lanes: &mut [f64; LANES]);

    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`, rounded once.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Each lane without its sign.
    fn abs(self, a: Self::Vector) -> Self::Vector;
    /// `magnitude`, which has no sign, with the sign of `sign`.
    fn with_sign(self, magnitude: Self::Vector, sign: Self::Vector) -> Self::Vector;
    /// 2^k, where each lane is 1.5·2^52 + k for a whole k in -1022..=1023: the low bits of such a number are k. Other
    /// lanes give some number.
    fn pow2(self, shifted: Self::Vector) -> Self::Vector;

    /// `a < b`; false where either is NaN.
    fn lt(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// `if mask { a } else { b }`, lane by lane.
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
}

/// A computation written once for all machines.
pub(crate) trait Kernel {
    type Output;

    /// Implementations are `#[inline(always)]`, and so is what they call.
    fn run<S: Simd>(self, s: S) -> Self::Output;
}

/// Which machine to run on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Isa {
    /// Plain Rust, compiled for a CPU with fused multiply-add.
    Portable(Portable<Hardware>),
    /// Plain Rust with the fused multiply-add in software: the same bits, slowly.
    PortableSoftware(Portable<Software>),
}

impl Isa {
    /// The machine in use: the one that `ROWMAJOR_ISA` names, or else the best that the CPU has. Decided once.
    ///
    /// # Panics
    /// Where `ROWMAJOR_ISA` names no machine, or one that this CPU lacks: whoever sets it wants to know.
    #[allow(
        clippy::panic,
        reason = "an environment that asks for the impossible must not pass in silence"
    )]
    #[inline]
    pub(crate) fn current() -> Isa {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| match std::env::var("ROWMAJOR_ISA") {
            Ok(name) => Self::named(&name).unwrap_or_else(|| {
                panic!(
                    "ROWMAJOR_ISA={name}: no such machine here; this build and CPU have: portable"
                )
            }),
            Err(VarError::NotPresent) => Self::best(),
            Err(error) => panic!("ROWMAJOR_ISA: {error}"),
        })
    }

    fn best() -> Isa {
        match Portable::<Hardware>::new() {
            Some(portable) => Isa::Portable(portable),
            None => Isa::PortableSoftware(Portable::<Software>::new()),
        }
    }

    fn named(name: &str) -> Option<Isa> {
        (name == "portable").then(Self::best)
    }

    /// Every machine that this CPU can run.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<Isa> {
        let hardware = Portable::<Hardware>::new().map(Isa::Portable);
        hardware
            .into_iter()
            .chain([Isa::PortableSoftware(Portable::<Software>::new())])
            .collect()
    }

    /// Runs `kernel` on this machine.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Isa::Portable(s) => s.run(kernel),
            Isa::PortableSoftware(s) => s.run(kernel),
        }
    }
}

/// Runs `kernel` on the machine in use.
#[inline]
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    Isa::current().run(kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_machine_is_refused() {
        assert!(Isa::named("portable").is_some());
        assert!(Isa::named("avx1024").is_none());
        assert!(Isa::named("").is_none());
    }
}
