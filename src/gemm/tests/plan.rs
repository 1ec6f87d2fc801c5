//! What is decided before anything is multiplied: sizes of blocks, what is packed, how many threads.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const KIB: usize = 1 << 10;

/// The blocking of an m×k·k×n product of plain operands, or of a transposed A, or of a transposed or packed B.
#[derive(Clone, Copy, Debug)]
enum Given {
    Plain,
    TransposedA,
    TransposedB,
    PackedB,
}
use Given::*;

fn blocking(
    given: Given,
    (m, k, n): (usize, usize, usize),
    (mr, nr): (usize, usize),
    l2: usize,
) -> Blocking {
    let zeros = vec![0.0; (m * k).max(k * n)];
    let packed;
    let a = match given {
        TransposedA => Operand::row_major(&zeros, k, m, m).transposed(),
        _ => Operand::row_major(&zeros, m, k, k),
    };
    let b = Operand::row_major(&zeros, k, n, n);
    let b = match given {
        TransposedB => Rhs::Plain(Operand::row_major(&zeros, n, k, k).transposed()),
        PackedB => {
            packed = PackedPanels::new(b).unwrap();
            Rhs::Packed(packed.panels())
        }
        _ => Rhs::Plain(b),
    };
    Blocking::new(a, b, mr, nr, l2)
}

/// Tiles of 8 × 24, as on AVX-512, and of 6 × 8.
const WIDE: (usize, usize) = (8, 24);
const NARROW: (usize, usize) = (6, 8);

#[test]
fn blocks_fill_their_shares_of_the_caches() {
    for (l2, (m, k, n), tile, expected) in [
        // 512 depths; a quarter of L2 for A, 4 MiB for B.
        (1024 * KIB, (300, 1000, 300), WIDE, (64, 512, 1024)),
        (512 * KIB, (300, 1000, 300), WIDE, (32, 512, 1024)),
        (2048 * KIB, (300, 1000, 300), WIDE, (128, 512, 1024)),
        // Whole tiles: 64 rows are 11 of 6.
        (1024 * KIB, (300, 1000, 300), NARROW, (66, 512, 1024)),
        // 256 where L2 is smaller than 512 KiB.
        (512 * KIB - 8, (300, 1000, 300), NARROW, (66, 256, 2048)),
        (256 * KIB, (300, 1000, 300), NARROW, (36, 256, 2048)),
        // No more than 2 MiB of L2 count.
        (16384 * KIB, (300, 1000, 300), WIDE, (128, 512, 1024)),
        // Fewer depths than a block: more rows.
        (1024 * KIB, (300, 100, 300), WIDE, (328, 512, 1024)),
        (1024 * KIB, (300, 512, 25), WIDE, (64, 512, 1024)),
        // One strip: its block of B fills half of L2.
        (1024 * KIB, (300, 4000, 24), WIDE, (16, 2730, 192)),
        (1024 * KIB, (300, 1000, 17), WIDE, (32, 2730, 192)),
        (1024 * KIB, (300, 1000, 16), WIDE, (32, 4096, 128)),
        (1024 * KIB, (300, 1000, 3), WIDE, (32, 8192, 64)),
        (256 * KIB, (300, 1000, 8), NARROW, (12, 2048, 256)),
        // Shallow and wide: one tile's rows at a time, up to 32 depths of 512 columns.
        (1024 * KIB, (300, 32, 512), WIDE, (8, 512, 1024)),
        (1024 * KIB, (300, 32, 512), NARROW, (6, 512, 1024)),
        (1024 * KIB, (300, 33, 512), WIDE, (992, 512, 1024)),
        (1024 * KIB, (300, 32, 511), WIDE, (1024, 512, 1024)),
    ] {
        for given in [Plain, TransposedA, TransposedB, PackedB] {
            let Blocking { mc, kc, nc, .. } = blocking(given, (m, k, n), tile, l2);
            assert_eq!(
                (mc, kc, nc),
                expected,
                "{m}x{k}x{n}, L2 {l2}, {tile:?}, {given:?}"
            );
        }
    }
}

#[test]
fn blocks_are_whole_tiles_and_whole_vectors() {
    let units = |mc, nc, mr| Blocking { mc, nc, ..TINY[0] }.units(mr);
    assert_eq!(units(64, 1024, 8), (8, 128));
    assert_eq!(units(66, 192, 6), (11, 24));
    assert_eq!(units(13, 17, 6), (2, 2));
    assert_eq!(units(1, 1, 8), (1, 1));
}

/// What is packed, and whether the columns before the first cache line are a block of their own.
#[test]
fn what_is_packed_and_what_is_read_in_place() {
    let mib = 1024 * KIB;
    for (given, (m, k, n), tile, expected) in [
        // B: of wide tiles from 256 rows on, where it has more than 1.5·L2 ...
        (Plain, (256, 384, 513), WIDE, (false, true, false)),
        (Plain, (256, 384, 512), WIDE, (false, false, false)),
        (Plain, (255, 384, 513), WIDE, (false, false, false)),
        // ... or is shallow with long rows.
        (Plain, (256, 64, 512), WIDE, (false, true, true)),
        (Plain, (255, 64, 512), WIDE, (false, false, true)),
        (Plain, (256, 65, 512), WIDE, (false, false, false)),
        (Plain, (256, 64, 511), WIDE, (false, false, false)),
        // Of strips one vector wide from 64 rows on, unless one strip is all there is.
        (Plain, (64, 10, 9), NARROW, (false, true, false)),
        (Plain, (63, 10, 9), NARROW, (false, false, false)),
        (Plain, (64, 10, 8), NARROW, (false, false, false)),
        // Where its rows are not contiguous, always; packed before, never again.
        (TransposedB, (1, 2, 2), WIDE, (false, true, false)),
        (TransposedB, (1, 2, 2), NARROW, (false, true, false)),
        (PackedB, (256, 384, 513), WIDE, (false, false, false)),
        (PackedB, (64, 10, 9), NARROW, (false, false, false)),
        // A: where its rows are not contiguous, unless one strip is all there is.
        (TransposedA, (10, 10, 25), WIDE, (true, false, false)),
        (TransposedA, (10, 10, 24), WIDE, (false, false, false)),
        (TransposedA, (10, 10, 9), NARROW, (true, false, false)),
        (TransposedA, (10, 10, 8), NARROW, (false, false, false)),
    ] {
        let found = blocking(given, (m, k, n), tile, mib);
        assert_eq!(
            (found.pack_a, found.pack_b, found.line_up),
            expected,
            "{given:?}, {m}x{k}x{n}, {tile:?}"
        );
    }
}

/// A thread for each 2^19 multiply-adds, as far as there are any, and none for a part of other work.
#[test]
fn threads_for_work_that_is_worth_them() {
    const EACH: usize = 1 << 19;
    const MOST: usize = 5;
    // For the whole process: what other tests compute meanwhile is the same.
    set_num_threads(MOST);
    for (multiply_adds, expected) in [
        (0, 1),
        (1, 1),
        (EACH, 1),
        (2 * EACH - 1, 1),
        (2 * EACH, 2),
        (3 * EACH - 1, 2),
        (3 * EACH, 3),
        (MOST * EACH, MOST),
        (usize::MAX, MOST),
    ] {
        assert_eq!(threads_worth(multiply_adds), expected, "{multiply_adds}");
    }
    // While another test has the team, the parts are the caller's, one after the other, and no parts.
    let alone = || {
        let most = AtomicUsize::new(0);
        parallel(3, &|_| {
            most.fetch_max(threads_worth(usize::MAX), Ordering::Relaxed);
        });
        thread::sleep(Duration::from_millis(1));
        most.into_inner() == 1
    };
    assert!((0..10_000).any(|_| alone()), "a part asks for threads");
    parallel(1, &|_| {
        assert_eq!(threads_worth(usize::MAX), MOST, "all of the work")
    });
    assert_eq!(threads_worth(usize::MAX), MOST);
    set_num_threads(0);
}

#[test]
fn grids_read_as_little_as_they_can() {
    for (parts, (m, n), expected) in [
        (2, (1000, 1000), Some((2, 1))),
        (2, (1000, 1002), Some((1, 2))),
        (2, (8, 1024), Some((1, 2))),
        (2, (1024, 8), Some((2, 1))),
        (4, (1000, 1000), Some((2, 2))),
        (4, (1000, 100), Some((4, 1))),
        (6, (600, 900), Some((2, 3))),
        (6, (900, 600), Some((3, 2))),
        (7, (900, 600), Some((7, 1))),
        // Rows are cut anywhere, columns into whole vectors.
        (3, (3, 1), Some((3, 1))),
        (3, (1, 17), Some((1, 3))),
        (3, (2, 16), None),
        (16, (4, 32), Some((4, 4))),
        (16, (3, 32), None),
    ] {
        assert_eq!(grid(parts, m, n), expected, "{parts} parts of {m}x{n}");
    }
    let sizes =
        |parts: usize| (1..40usize).flat_map(move |m| (1..60usize).map(move |n| (parts, m, n)));
    for (parts, m, n) in (1..17).flat_map(sizes) {
        let reads = |down: usize, across: usize| m.div_ceil(down) + n.div_ceil(across);
        let mut least = None;
        for down in 1..=m {
            for across in 1..=n.div_ceil(8) {
                if down * across == parts && least.is_none_or(|least| reads(down, across) < least) {
                    least = Some(reads(down, across));
                }
            }
        }
        let found = grid(parts, m, n);
        assert_eq!(
            found.map(|(down, across)| reads(down, across)),
            least,
            "{parts} of {m}x{n}"
        );
        assert!(found.is_none_or(|(down, across)| down * across == parts));
    }
}

/// CPUID as Intel and AMD document it: the kind and level of a cache, its ways, partitions, bytes a line, and sets.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_second_cache_is_found_in_either_makers_table() {
    use crate::gemm::blocking::l2_told_by;
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
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_second_cache_is_as_large_as_the_system_says() {
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
