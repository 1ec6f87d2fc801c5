//! How much of each operand is multiplied at a time, and whether it is packed before.

use super::operand::{Operand, Rhs};
use crate::simd::LANES;
use std::sync::OnceLock;

/// The sizes of the blocks, `mc` × `kc` of A and `kc` × `nc` of B, and which of them are packed.
///
/// A value, so that tests can shrink it and meet every edge with small matrices. Nothing in it changes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocking {
    pub(super) mc: usize,
    pub(super) kc: usize,
    pub(super) nc: usize,
    pub(super) pack_a: bool,
    pub(super) pack_b: bool,
    /// Whether the columns of C before its first cache line are a block of their own.
    pub(super) line_up: bool,
}

/// Depths up to which C, not A or B, is most of what passes through the caches.
const SHALLOW: usize = 64;

/// Values of 4096 bytes: what lies a multiple of that apart shares a set of the first cache.
pub(super) const PAGE: usize = 512;

impl Blocking {
    /// For a product of these operands in tiles of `mr` rows and `nr` columns, on a CPU with `l2` bytes in its second
    /// cache.
    ///
    /// - `kc` = 512, or 256 where L2 is smaller than 512 KiB. C is loaded and stored once per block of depths: 16 bytes
    ///   an element for kc multiply-adds. The strip of B that all tiles of a block of A are multiplied with, 512·24
    ///   values or 96 KiB, streams from L2: a line of 64 bytes for 8 multiply-adds of a vector. Where C is one strip, B
    ///   is read from front to back once a tile, and its block may fill half of L2.
    /// - `mc`: the block of A, mc·kc values, fills a quarter of L2 (64 rows for 1 MiB and a depth of 512); the strips
    ///   of B and the tiles of C that pass through have the rest.
    /// - `nc` = 1024 (2048 for kc = 256): the block of B has 4 MiB, a share of L3.
    /// - Packing costs a pass over the operand. It pays for B, whose strips in place lie in as many places as there are
    ///   depths, where enough tiles use it: under 64 rows of A where strips are one vector wide; under 256 where they are
    ///   wider and B has more than 1.5·L2, or is shallow with long rows. A in place is read along its rows, which is as
    ///   good as packed. An operand whose rows are not contiguous is packed, A unless one strip is all there is.
    /// - At up to 32 depths of a wide product, `mc` is one tile: its rows of C are written from left to right, 8 straight
    ///   lines that the CPU reads ahead, where tiles one below the other jump from row to row. Writing 8 MiB alone takes
    ///   97 us in this order, 270 in the other (Zen 4, out of L3).
    /// - A wide shallow product lives on the writing of C. Stores that cross cache lines are slow, so the columns before
    ///   the first line are a block of their own, where lines start at the same column in every row.
    pub(super) fn new(a: Operand<'_>, b: Rhs<'_>, mr: usize, nr: usize, l2: usize) -> Self {
        let (m, k, n) = (a.rows(), a.cols(), b.cols());
        let wide_shallow = k <= SHALLOW && n >= 512;
        // Values that a share of L2 holds; no more than 2 MiB of it count, so that the buffers stay small.
        let values = l2.min(2 << 20) / size_of::<f64>();
        let kc = if n <= nr {
            values / 2 / n.next_multiple_of(LANES)
        } else if l2 < 512 << 10 {
            256
        } else {
            512
        };
        let mc = values / 4 / kc.min(k);
        let pack_b = match b {
            Rhs::Packed(_) => false,
            Rhs::Plain(b) if b.col_stride() != 1 => true,
            Rhs::Plain(_) if nr == LANES => m >= 64 && n > nr,
            Rhs::Plain(_) => {
                let bytes = k.saturating_mul(n).saturating_mul(size_of::<f64>());
                m >= 256 && (bytes > l2 / 2 * 3 || wide_shallow)
            }
        };
        Self {
            mc: if wide_shallow && k <= SHALLOW / 2 {
                mr
            } else {
                mc.next_multiple_of(mr)
            },
            kc,
            nc: (4 << 20) / size_of::<f64>() / kc,
            pack_a: a.col_stride() != 1 && n > nr,
            pack_b,
            line_up: wide_shallow,
        }
    }

    /// Rows and columns of the blocks in units of tiles: whole vectors, whole tiles.
    pub(super) fn units(self, mr: usize) -> (usize, usize) {
        ((self.mc / mr).max(1), (self.nc / LANES).max(1))
    }
}

/// The size of the second cache in bytes; 256 KiB where the CPU does not say.
pub(super) fn l2_bytes() -> usize {
    static L2: OnceLock<usize> = OnceLock::new();
    *L2.get_or_init(|| {
        let found = l2_of_this_cpu().unwrap_or(0);
        if found == 0 { 256 << 10 } else { found }
    })
}

#[cfg(target_arch = "x86_64")]
fn l2_of_this_cpu() -> Option<usize> {
    use std::arch::x86_64::__cpuid_count;
    #[allow(unused_unsafe, reason = "unsafe before Rust 1.94")]
    // SAFETY: every x86-64 CPU has the instruction.
    l2_told_by(|leaf, subleaf| unsafe { __cpuid_count(leaf, subleaf) })
}

/// What CPUID tells of the second cache.
#[cfg(target_arch = "x86_64")]
pub(super) fn l2_told_by(
    cpuid: impl Fn(u32, u32) -> std::arch::x86_64::CpuidResult,
) -> Option<usize> {
    // The same table stands under one number at Intel, under another at AMD, where the first one is empty.
    for (range, leaf) in [(0, 4), (0x8000_0000, 0x8000_001d)] {
        if cpuid(range, 0).eax < leaf {
            continue;
        }
        for entry in (0..8).map(|subleaf| cpuid(leaf, subleaf)) {
            let (kind, level) = (entry.eax & 31, entry.eax >> 5 & 7);
            if kind == 0 {
                break;
            }
            let field =
                |shift: u32, bits: u32| (entry.ebx >> shift & ((1 << bits) - 1)) as usize + 1;
            if level == 2 {
                return Some(
                    field(22, 10) * field(12, 10) * field(0, 12) * (entry.ecx as usize + 1),
                );
            }
        }
    }
    None
}

#[cfg(not(target_arch = "x86_64"))]
fn l2_of_this_cpu() -> Option<usize> {
    None
}
