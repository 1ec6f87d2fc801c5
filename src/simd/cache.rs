//! What the CPU says of its caches.

use std::sync::OnceLock;

/// The size of L2 in bytes; 256 KiB where the CPU does not say.
pub(crate) fn l2_bytes() -> usize {
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

/// What CPUID says of the second-level cache.
#[cfg(target_arch = "x86_64")]
pub(crate) fn l2_told_by(
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
