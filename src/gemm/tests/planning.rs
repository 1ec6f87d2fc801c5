//! What is decided before anything is multiplied: the path, sizes of blocks, what is packed.

use super::*;

pub(super) const KIB: usize = 1 << 10;

/// Tiles of 8 × 24, as on AVX-512, and of 6 × 8.
const WIDE: Tile = tile(8, 3, 8);
pub(super) const NARROW: Tile = tile(6, 2, 4);

const fn tile(mr: usize, panel: usize, width: usize) -> Tile {
    Tile { mr, panel, width }
}

/// The plan of an m×k·k×n product of row-major operands without gaps.
pub(super) fn plain((m, k, n): (usize, usize, usize)) -> Problem {
    Problem {
        m,
        k,
        n,
        a: plan::Layout::Rows(k),
        b: plan::Layout::Rows(n),
        scratch: None,
    }
}

fn blocks(problem: &Problem, tile: Tile, l2: usize) -> Blocking {
    match plan(problem, tile, l2, 1) {
        Plan {
            path: Path::Blocked(blocking),
            grid: (1, 1),
            share_b: false,
        } => blocking,
        other => panic!("{problem:?}: {other:?}"),
    }
}

#[test]
fn blocks_fill_their_shares_of_the_caches() {
    for (l2, shape, tile, expected) in [
        // Wide: a tile of A meets all panels of a block of B, which is half of L2.
        (1024 * KIB, (300, 500, 300), WIDE, (8, 512, 120)),
        (512 * KIB, (300, 1100, 300), NARROW, (6, 550, 56)),
        (512 * KIB, (300, 500, 300), NARROW, (6, 512, 64)),
        // More depths, as long as three quarters of L2 hold four panels of them; cut evenly.
        (1024 * KIB, (300, 1000, 300), WIDE, (8, 1000, 96)),
        (1024 * KIB, (300, 784, 300), WIDE, (8, 784, 120)),
        (1024 * KIB, (200, 2049, 300), WIDE, (8, 683, 120)),
        (512 * KIB, (300, 1000, 300), NARROW, (6, 1000, 32)),
        (512 * KIB, (2048, 1000, 2048), NARROW, (6, 1000, 520)),
        (1024 * KIB, (300, 600, 300), WIDE, (8, 600, 96)),
        (512 * KIB, (300, 1100, 97), NARROW, (6, 550, 56)),
        (512 * KIB, (300, 200, 300), NARROW, (6, 512, 160)),
        // 1024 columns where A is large.
        (512 * KIB, (2048, 512, 2048), NARROW, (6, 512, 1024)),
        (512 * KIB, (2047, 512, 2048), NARROW, (6, 512, 64)),
        (2048 * KIB, (2048, 512, 2048), WIDE, (8, 512, 1008)),
        (1024 * KIB, (1024, 512, 2048), WIDE, (8, 512, 1008)),
        (1024 * KIB, (1023, 512, 2048), WIDE, (8, 512, 120)),
        // And where it is so small that packing is a large part, unless L2 has 1 MiB.
        (512 * KIB, (64, 512, 2048), NARROW, (6, 512, 1024)),
        (512 * KIB, (65, 512, 2048), NARROW, (6, 512, 64)),
        (1024 * KIB, (64, 512, 2048), NARROW, (6, 512, 128)),
        (1023 * KIB, (64, 512, 2048), NARROW, (6, 512, 1024)),
        (1024 * KIB, (64, 512, 2048), WIDE, (8, 512, 120)),
        // The only block: three quarters of L2.
        (512 * KIB, (300, 1100, 90), NARROW, (6, 550, 56)),
        (512 * KIB, (300, 1100, 89), NARROW, (6, 552, 89)),
        (512 * KIB, (300, 784, 50), NARROW, (6, 983, 50)),
        (1024 * KIB, (300, 1100, 127), WIDE, (8, 774, 127)),
        // Narrow: half of L2 for a block of A, in whole tiles.
        (1024 * KIB, (300, 1000, 95), WIDE, (72, 1024, 95)),
        (512 * KIB, (300, 1000, 31), NARROW, (36, 1024, 31)),
        (256 * KIB, (300, 1000, 31), NARROW, (24, 792, 31)),
        // Fewer depths than a block: more rows.
        (512 * KIB, (3000, 100, 31), NARROW, (330, 1024, 31)),
        // Wide and shallow: rows for a sweep, one of 16 KiB of C at least.
        (1024 * KIB, (3000, 10, 100), WIDE, (136, 983, 100)),
        (1024 * KIB, (3000, 1, 1024), WIDE, (16, 512, 1024)),
        (1024 * KIB, (3000, 9, 1024), WIDE, (16, 512, 1024)),
        (512 * KIB, (3000, 8, 100), NARROW, (168, 512, 100)),
        // No more than 2 MiB of L2 count, and one tile is the least, and four panels.
        (16384 * KIB, (300, 1000, 95), WIDE, (136, 1024, 95)),
        (1, (300, 1000, 50), WIDE, (8, 512, 96)),
    ] {
        let Blocking { mc, kc, nc, .. } = blocks(&plain(shape), tile, l2);
        assert_eq!((mc, kc, nc), expected, "{shape:?}, L2 {l2}, {tile:?}");
    }
    // An A that is packed, a quarter of L2 of it, half for few columns.
    for (shape, expected) in [
        ((500, 1000, 500), (36, 512, 1024)),
        ((500, 1000, 50), (18, 983, 50)),
        ((500, 1000, 31), (36, 1024, 31)),
        ((500, 100, 3000), (168, 512, 1024)),
    ] {
        let transposed = Problem {
            a: plan::Layout::Columns,
            ..plain(shape)
        };
        let Blocking { mc, kc, nc, .. } = blocks(&transposed, NARROW, 512 * KIB);
        assert_eq!((mc, kc, nc), expected, "{shape:?}");
    }
}

#[test]
fn packed_blocks_keep_to_the_memory_that_is_lent() {
    use plan::Layout;
    let lent = |a, shape, scratch| {
        let problem = Problem {
            a,
            scratch: Some(scratch),
            ..plain(shape)
        };
        let Blocking { mc, kc, nc, .. } = blocks(&problem, NARROW, 512 * KIB);
        (mc, kc, nc)
    };
    let (shape, whole) = ((784, 500, 512), 500 * 512);
    assert_eq!(lent(Layout::Columns, shape, whole), (36, 512, 1024));
    assert_eq!(lent(Layout::Columns, shape, whole - 1), (66, 256, 992));
    assert_eq!(lent(Layout::Columns, shape, SCRATCH / 3), (66, 256, 64));
    assert_eq!(lent(Layout::Columns, shape, 0), (66, 256, 192));
    assert_eq!(lent(Layout::Columns, (512, 500, 10), 0), (36, 1024, 10));
    let rows = Layout::Rows(1000);
    assert_eq!(lent(rows, (2048, 512, 2048), 0), (6, 256, 192));
    assert_eq!(lent(rows, (300, 1000, 300), 0), (6, 1000, 32));
}

/// `told` of m, k and n is as expected.
fn assert_told(told: fn(usize, usize, usize) -> bool, cases: &[((usize, usize, usize), bool)]) {
    for &(sizes, expected) in cases {
        let (m, k, n) = sizes;
        assert_eq!(told(m, k, n), expected, "{sizes:?}");
    }
}

#[test]
fn small_and_medium_products_are_told_by_their_sizes() {
    use crate::gemm::plan::{in_tiles, is_medium, is_small};
    for (sizes, small, medium) in [
        ((1, 1, 1), true, true),
        ((SMALL, SMALL, SMALL), true, true),
        ((SMALL + 1, SMALL, SMALL), false, true),
        ((7, 1, 1), true, true),
        ((7, 128, 1), false, true),
        ((8, 128, 1), false, false),
        ((8, 128, 2), false, true),
        ((1, 129, 1), false, false),
        ((8, 1, 1), false, false),
        ((127, 128, 128), false, true),
        ((SMALL, 1, 2), true, true),
        ((0, 1, 1), false, false),
        ((1, 0, 1), false, false),
        ((1, 1, 0), false, false),
        ((96, 32, 128), false, true),
        ((95, 32, 128), false, true),
        ((96, 31, 128), false, true),
        ((96, 32, 127), false, true),
        ((128, 128, 128), false, true),
        ((129, 128, 128), false, false),
        ((128, 129, 128), false, false),
        ((128, 128, 129), false, false),
    ] {
        let (m, k, n) = sizes;
        assert_eq!(is_small(m, k, n), small, "{sizes:?}");
        assert_eq!(is_medium(WIDE, m, k, n), medium, "{sizes:?}");
        let packed = m >= 96 && k >= 32 && n == 128;
        assert_eq!(is_medium(NARROW, m, k, n), medium && !packed, "{sizes:?}");
    }
    let cases = [
        ((3, 2, 341), true),
        ((3, 683, 1), false),
        ((2, 16, 16), true),
        ((2, 19, 14), false),
        ((5, 64, 64), true),
        ((4, 64, 64), false),
        ((64, 64, 12), false),
        ((16, 1, 23), true),
        ((16, 1, 24), false),
        ((16, 2, 24), true),
    ];
    assert_told(in_tiles, &cases);
    let cases = [
        ((2, 128, 96), true),
        ((1, 128, 96), false),
        ((2, 127, 96), false),
        ((2, 130, 95), false),
    ];
    assert_told(|m, k, n| NARROW.peels(m, k, n), &cases);
    assert!(!WIDE.peels(2, 128, 96));
}

#[test]
fn with_avx_512_few_columns_are_narrow_and_shallow_tiles_low() {
    use crate::gemm::plan::is_narrow;
    let cases = [
        ((8, 32, 2), true),
        ((7, 32, 2), false),
        ((8, 31, 2), false),
        ((32, 12, 4), true),
        ((32, 11, 4), false),
        ((31, 12, 4), false),
        ((32, 32, 1), false),
        ((32, 32, 5), false),
        ((32, 32, 8), false),
        ((32, 16, 9), true),
        ((32, 15, 10), false),
        ((16, 32, 10), true),
        ((15, 32, 10), false),
        ((32, 32, 11), false),
    ];
    assert_told(is_narrow, &cases);
    let heights = |tile: Tile| [1, 32, 33, 64, 65].map(|kc| tile.height(kc));
    assert_eq!(heights(WIDE), [4, 4, 5, 5, 8]);
    assert_eq!(heights(NARROW), [6; 5]);
}

#[test]
fn few_rows_of_a_large_b_go_along_its_rows() {
    let few = |problem: &Problem| plan(problem, NARROW, 512 * KIB, 1).path == Path::FewRows;
    let along = |shape| few(&plain(shape));
    let wide = |shape| plan(&plain(shape), WIDE, 512 * KIB, 1).path == Path::FewRows;
    let software = Tile { mr: 1, ..NARROW };
    let there = plan(&plain((4, 1024, 1024)), software, 512 * KIB, 1).path;
    assert!(matches!(there, Path::Blocked(_)), "software");
    assert!(along((1, 1000, 1000)) && along((16, 1000, 1000)));
    assert!(!along((17, 1000, 1000)) && !along((13, 4000, 504)), "rows");
    assert!(along((12, 1000, 1001)) && !along((13, 1000, 1001)), "rows");
    let portable = Tile { mr: 2, ..NARROW };
    let there = plan(&plain((24, 1000, 1001)), portable, 512 * KIB, 1).path;
    assert_eq!(there, Path::FewRows);
    assert!(along((23, 1024, 1024)) && !along((24, 1024, 1024)));
    assert!(!along((1, 512, 128)), "L2 holds it");
    assert!(along((1, 513, 128)) && !along((1, 1024, 127)), "columns");
    // A smaller one whose rows share a set of L1, unless it is packed, or all of a strip has place in the set.
    let sharing: Vec<usize> = (1..50).filter(|&m| along((m, 9, 512))).collect();
    assert_eq!(sharing, Vec::from_iter(1..24));
    assert!(!along((4, 8, 512)) && !along((4, 9, 520)));
    assert!(!wide((4, 9, 512)), "with wide tiles a strip is three lines");
    // Nor where its rows stand alike in their cache lines, and tiles have 5 or 6 of 6 rows.
    let lines: Vec<usize> = (1..14).filter(|&m| along((m, 512, 504))).collect();
    assert_eq!(lines, [1, 2, 3, 4, 7, 8]);
    assert!(
        along((6, 512, 500)) && along((6, 521, 504)),
        "other rows, or more of them"
    );
    // By wide tiles, down its strips what L3 holds, but for one row, 9 rows, and up to 24 where its rows alias.
    let near: Vec<usize> = (1..50).filter(|&m| wide((m, 512, 500))).collect();
    assert_eq!(near, [1, 9]);
    let aliasing: Vec<usize> = (1..50).filter(|&m| wide((m, 512, 512))).collect();
    assert_eq!(aliasing, Vec::from_iter(1..25));
    let far: Vec<usize> = (1..50).filter(|&m| wide((m, 513, 512))).collect();
    assert_eq!(far, Vec::from_iter(1..49));
    for b in [plan::Layout::Columns, plan::Layout::Packed] {
        let shape = plain((4, 1024, 1024));
        assert!(!few(&Problem { b, ..shape }), "{b:?}");
    }
}

#[test]
fn b_is_packed_or_read_in_place() {
    use plan::Layout::{Columns, Packed, Rows};
    let l2 = 512 * KIB;
    let packed = |problem: Problem| blocks(&problem, NARROW, l2).pack_b;
    // Where its rows are not contiguous, unless it is packed already.
    let rows = plain((100, 400, 400));
    assert!(packed(rows) && !packed(Problem { b: Packed, ..rows }));
    let few = plain((2, 10, 10));
    assert!(!packed(few) && packed(Problem { b: Columns, ..few }));
    // A small B is read in place by any number of rows, unless its rows share sets of L1.
    for ((m, k, n), stride, expected) in [
        ((1000, 64, 128), 129, false),
        ((1000, 65, 128), 129, true),
        ((1000, 64, 128), 128, true),
        // Nor deep strips, but for one or two of them.
        ((1000, 128, 60), 61, false),
        ((1000, 129, 60), 61, true),
        ((1000, 129, 15), 17, false),
        ((1000, 129, 16), 17, true),
        // The more of them the larger the power of two in their distance is, up to 4096 bytes.
        ((1000, 32, 64), 192, false),
        ((1000, 33, 64), 192, true),
        ((1000, 16, 128), 128, false),
        ((1000, 17, 128), 128, true),
        ((1000, 4, 128), 1024, false),
        ((1000, 5, 128), 1024, true),
        // Up to half of L2 by few rows, fewer of them down deep strips.
        ((31, 65, 128), 129, true),
        ((30, 65, 128), 129, false),
        ((30, 364, 90), 91, false),
        ((24, 365, 90), 91, true),
        ((30, 512, 63), 65, false),
        ((25, 513, 63), 65, true),
        ((24, 513, 63), 65, false),
        // Up to four times L2, or L2 by more, where rows stand alike in their cache lines, and columns are peeled.
        ((24, 2730, 96), 104, false),
        ((24, 2731, 96), 104, true),
        ((25, 683, 96), 104, true),
        ((36, 682, 96), 104, false),
        ((37, 682, 96), 104, true),
        ((24, 2730, 96), 100, true),
        ((24, 2730, 96), 128, true),
        ((24, 2730, 95), 104, true),
        // Up to all of it by fewer, unless it is shallow or narrow.
        ((16, 4000, 16), 17, false),
        ((16, 3800, 17), 17, true),
        ((16, 365, 90), 91, true),
        ((15, 365, 90), 91, false),
        ((16, 33, 1000), 1001, true),
        ((23, 32, 1025), 1026, false),
        ((24, 65, 128), 128, true),
        ((23, 65, 128), 128, false),
        // And by fewer still where L2 does not hold it.
        ((9, 1000, 100), 101, true),
        ((9, 512, 128), 129, false),
        ((8, 1000, 100), 101, false),
    ] {
        let problem = Problem {
            b: Rows(stride),
            ..plain((m, k, n))
        };
        assert_eq!(packed(problem), expected, "{m}x{k}x{n}, {stride} apart");
    }
    // By wide tiles, all that L2 holds, unless its rows share one set and are read by many.
    let wide = |shape| blocks(&plain(shape), WIDE, l2).pack_b;
    assert!(!wide((1000, 512, 128)) && wide((1000, 513, 128)) && !wide((8, 600, 127)));
    assert!(!wide((96, 5, 512)) && wide((97, 5, 512)) && !wide((97, 4, 512)));
    // By up to 96 rows, all that L3 holds, or rows that are short.
    assert!(!wide((96, 512, 512)) && wide((96, 513, 512)) && wide((97, 512, 500)));
    assert!(!wide((96, 4096, 127)) && wide((96, 4096, 128)));
}

#[test]
fn a_column_is_a_gemv() {
    use plan::Layout::{Columns, Rows};
    let gemv = |problem: &Problem| plan(problem, NARROW, 512 * KIB, 1).path == Path::Gemv;
    let column = Problem {
        b: Rows(1),
        ..plain((8, 50, 1))
    };
    assert!(gemv(&column));
    assert!(!gemv(&Problem { m: 7, ..column }));
    assert!(!gemv(&Problem { n: 2, ..column }));
    let software = Tile { mr: 1, ..NARROW };
    assert_ne!(plan(&column, software, 512 * KIB, 1).path, Path::Gemv);
    assert!(!gemv(&Problem {
        a: Columns,
        ..column
    }));
    assert!(!gemv(&Problem {
        b: Rows(2),
        ..column
    }));
}

#[test]
fn a_few_columns_are_lanes_of_rows() {
    use plan::Layout::{Columns, Packed};
    let narrow = |problem: &Problem, tile| plan(problem, tile, 512 * KIB, 1).path == Path::Narrow;
    let taken = |shape| narrow(&plain(shape), WIDE);
    let columns: Vec<usize> = (1..12).filter(|&n| taken((100, 100, n))).collect();
    assert_eq!(columns, [2, 3, 4, 9, 10]);
    assert!(taken((16, 32, 10)) && !taken((15, 32, 10)) && !taken((16, 31, 10)));
    let ten = plain((100, 100, 10));
    assert!(!narrow(&ten, NARROW) && narrow(&Problem { b: Packed, ..ten }, WIDE));
    assert!(!narrow(&Problem { b: Columns, ..ten }, WIDE));
    assert!(!narrow(&Problem { a: Columns, ..ten }, WIDE));
    let grid = |m| plan(&plain((m, 1000, 10)), WIDE, 512 * KIB, 4).grid;
    assert_eq!((grid(40), grid(1000)), ((2, 1), (16, 1)));
}

#[test]
fn beside_contiguous_columns_the_small_operand_is_packed() {
    use plan::Layout::{Columns, Packed};
    let few_rows = |shape| Problem {
        b: Columns,
        ..plain(shape)
    };
    let few_columns = |shape| Problem {
        a: Columns,
        ..plain(shape)
    };
    let rows = |shape| swaps_operands(&few_rows(shape));
    assert!(rows((2, 32, 4)) && !rows((2, 31, 4)) && !rows((2, 32, 3)));
    assert!(rows((64, 128, 128)) && !rows((64, 127, 128)) && !rows((65, 1000, 1000)));
    assert!(rows((64, 128, 1 << 14)) && !rows((64, 128, (1 << 14) + 1)));
    let columns = |shape| swaps_operands(&few_columns(shape));
    assert!(columns((24, 32, 12)) && !columns((23, 32, 12)) && !columns((24, 31, 12)));
    assert!(!columns((1000, 1000, 13)) && columns((1 << 19, 32, 2)));
    assert!(!columns(((1 << 19) + 1, 32, 2)));

    let problem = few_rows((8, 100, 100));
    for other in [
        plain((8, 100, 100)),
        Problem {
            a: Columns,
            ..problem
        },
        Problem {
            b: Packed,
            ..problem
        },
        Problem {
            scratch: Some(0),
            ..problem
        },
    ] {
        assert!(!swaps_operands(&other), "{other:?}");
    }
    // What was swapped is not swapped back.
    let sizes = [2, 4, 6, 12, 24, 25, 48, 64, 128, 129];
    for (m, n) in sizes.into_iter().flat_map(|m| sizes.map(|n| (m, n))) {
        assert!(!rows((m, 200, n)) || !rows((n, 200, m)), "{m}, {n}");
        assert!(!columns((m, 200, n)) || !columns((n, 200, m)), "{m}, {n}");
    }
}
