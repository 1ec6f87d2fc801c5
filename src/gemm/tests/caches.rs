//! The size of the second-level cache, from which the plan follows.
#![cfg(target_arch = "x86_64")]

use super::planning::KIB;
use crate::simd::cache::l2_told_by;

/// CPUID as Intel and AMD document it: the kind and level of a cache, its ways, partitions, bytes a line, and sets.
#[test]
fn the_second_cache_is_found_in_either_makers_table() {
    use std::arch::x86_64::CpuidResult;
    type Cache = (u32, u32, [u32; 4]);
    const NOTHING: CpuidResult = CpuidResult {
        eax: 0,
        ebx: 0,
        ecx: 0,
        edx: 0,
    };
    let told = |leaves: [u32; 2], table: u32, caches: &[Cache]| {
        l2_told_by(|leaf, subleaf| match leaf {
            0 => CpuidResult {
                eax: leaves[0],
                ..NOTHING
            },
            0x8000_0000 => CpuidResult {
                eax: leaves[1],
                ..NOTHING
            },
            _ if leaf == table => caches.get(subleaf as usize).map_or(NOTHING, |cache| {
                let &(kind, level, [ways, partitions, line, sets]) = cache;
                CpuidResult {
                    // Above these, how many threads share it: read by nobody here.
                    eax: 0x1c00_0100 | level << 5 | kind,
                    ebx: (ways - 1) << 22 | (partitions - 1) << 12 | (line - 1),
                    ecx: sets - 1,
                    edx: 0,
                }
            }),
            _ => NOTHING,
        })
    };
    const DATA: u32 = 1;
    const CODE: u32 = 2;
    const BOTH: u32 = 3;
    let intel = [
        (DATA, 1, [12, 1, 64, 64]),
        (CODE, 1, [8, 1, 64, 64]),
        (BOTH, 2, [16, 1, 64, 2048]),
        (BOTH, 3, [15, 1, 64, 57344]),
    ];
    let amd = [
        (DATA, 1, [8, 1, 64, 64]),
        (CODE, 1, [8, 1, 64, 64]),
        (BOTH, 2, [8, 1, 64, 2048]),
        (BOTH, 3, [16, 1, 64, 32768]),
    ];
    const INTEL: u32 = 4;
    const AMD: u32 = 0x8000_001d;
    assert_eq!(told([0x20, 0x8000_0008], INTEL, &intel), Some(2048 * KIB));
    assert_eq!(told([0x10, 0x8000_0028], AMD, &amd), Some(1024 * KIB));
    let partitions = [(BOTH, 2, [4, 2, 32, 1024])];
    assert_eq!(told([4, 0], INTEL, &partitions), Some(256 * KIB));
    // A CPU without the tables, without a second cache, or whose table has a hole before it.
    assert_eq!(told([3, 0x8000_001c], INTEL, &intel), None);
    assert_eq!(told([3, 0x8000_001c], AMD, &amd), None);
    assert_eq!(told([0x20, 0x8000_0008], INTEL, &intel[..2]), None);
    assert_eq!(
        told(
            [0x20, 0x8000_0008],
            INTEL,
            &[intel[0], (0, 2, [1; 4]), intel[2]]
        ),
        None
    );
}

/// CPUID against what the system says; of an emulated CPU, it speaks of the one below, whose name differs.
#[cfg(target_os = "linux")]
#[test]
fn the_second_cache_is_as_large_as_the_system_says() {
    use crate::simd::cache::l2_bytes;
    use std::arch::x86_64::__cpuid;
    #[allow(unused_unsafe, reason = "unsafe before Rust 1.94")]
    // SAFETY: every x86-64 CPU has the instruction.
    let name = [0x8000_0002, 0x8000_0003, 0x8000_0004].map(|leaf| unsafe { __cpuid(leaf) });
    let name = name.map(|part| [part.eax, part.ebx, part.ecx, part.edx]);
    let name: Vec<u8> = name
        .iter()
        .flatten()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let name = String::from_utf8_lossy(&name);
    let name = name.trim_matches(['\0', ' ']);
    let system = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let same = |line: &str| line.starts_with("model name") && line.trim_end().ends_with(name);
    // Cores of one CPU may differ.
    let sizes: Vec<usize> = (0..1024)
        .map_while(|cpu| {
            let path = format!("/sys/devices/system/cpu/cpu{cpu}/cache/index2/size");
            let size = std::fs::read_to_string(path).ok()?;
            Some(size.trim().strip_suffix('K')?.parse::<usize>().ok()? * KIB)
        })
        .collect();
    if !name.is_empty() && system.lines().any(same) && !sizes.is_empty() {
        let found = l2_bytes();
        assert!(sizes.contains(&found), "{found}, not one of {sizes:?}");
    }
}
