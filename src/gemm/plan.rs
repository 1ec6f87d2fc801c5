//! The plan of a product: the only place that chooses how one is computed. Nothing in it changes a bit.

use super::operand::{Operand, Panels, Rhs};
use crate::simd::{LANES, Simd};

/// The micro-tile of an ISA: `mr` rows of A by one panel of B, `panel` registers of `width` columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) mr: usize,
    pub(super) panel: usize,
    pub(super) width: usize,
}

impl Tile {
    pub(super) const fn new<S: Simd>(mr: usize, panel: usize) -> Self {
        Self {
            mr,
            panel,
            width: S::WIDTH,
        }
    }

    /// Columns of a panel.
    pub(super) const fn nr(self) -> usize {
        self.panel * self.width
    }

    /// Whether gemv and few rows have code of their own: nothing is gained by it where a multiply-add is software.
    pub(super) const fn has_special_paths(self) -> bool {
        self.mr > 1
    }

    /// Registers of columns in a tile of `rows` rows: few rows leave registers to further panels, for as many chains as the
    /// latency of a multiply-add wants; one row takes all that do not spill, and reads B in longer lines (NEON not measured).
    /// Three rows with AVX2, 2 registers and 4: 33 and 41 GFLOP/s at 3×100×100 (Zen 3).
    pub(super) const fn registers(self, rows: usize) -> usize {
        match (rows, self.panel) {
            _ if self.mr <= 2 => self.panel,
            (1, 2) => 14,
            (1, 3) => 15,
            (1, _) => 8,
            (3, 2) => 4,
            _ if 2 * rows < self.mr && rows * self.panel <= 8 => 2 * self.panel,
            _ => self.panel,
        }
    }

    /// Rows of a tile of whole panels, over `kc` depths. A shallow one is mostly stores, and with AVX-512 fewer of them at a time
    /// wait less: 48.6 and 53.7 GFLOP/s at 1024×16×1024 with 8 rows and 4 (Zen 4).
    pub(super) const fn height(self, kc: usize) -> usize {
        match kc {
            1..=32 if self.is_avx512() => 4,
            33..=64 if self.is_avx512() => 5,
            _ => self.mr,
        }
    }

    /// Rows of a tile of a panel and one register more; 0 where there is none. It takes the last columns where one register
    /// of them would be left, which would be too few chains for the latency of a multiply-add, or a broadcast for each of them.
    pub(super) const fn rows_of_wider(self) -> usize {
        self.mr / 2 * (self.mr > 2 && self.panel < 4) as usize
    }

    /// Whether registers have eight lanes and multiply-adds are hardware: AVX-512.
    pub(super) const fn is_avx512(self) -> bool {
        self.width == LANES && self.mr > 2
    }

    /// The same of four lanes: AVX2.
    pub(super) const fn is_avx2(self) -> bool {
        self.width == LANES / 2 && self.mr > 2
    }

    /// Whether columns of a block of B in place are peeled, so that the others are aligned: with AVX2, 36 and 44 GFLOP/s at
    /// 12×200×160, 32 and 40 at 9×300×200, but 41 and 42 at 8×48×200, 19 and 17 at 1×128×104 (Zen 3; AVX-512 not measured).
    #[inline(always)]
    pub(super) const fn peels(self, mc: usize, kc: usize, nc: usize) -> bool {
        self.is_avx2() && mc > 1 && nc >= 96 && kc.saturating_mul(nc) >= 12 << 10
    }

    /// Whether a tile's last register is compiled for half of its lanes too, as that of whole tiles is: where it has 4 rather
    /// than 8 columns, a multiply-add of 256 bits takes half the time on CPUs with one pipe of 512.
    pub(super) const fn halves(self, rows: usize, registers: usize) -> bool {
        let widest = rows == self.rows_of_wider() && registers == self.panel + 1;
        self.is_avx512() && (rows == self.mr && registers > 1 || widest)
    }
}

/// Shape and layout of a product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem {
    pub(super) m: usize,
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) a: Layout,
    pub(super) b: Layout,
    /// Values of the memory that is lent for packed blocks of B.
    pub(super) scratch: Option<usize>,
}

/// How an operand lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Contiguous rows, so far apart.
    Rows(usize),
    /// Contiguous columns.
    Columns,
    /// Packed panels.
    Packed,
}

impl Problem {
    pub(super) fn new(a: Operand<'_>, b: Rhs<'_>, scratch: Option<&[f64]>) -> Self {
        let layout = |x: Operand<'_>| match x.col_stride() {
            1 => Layout::Rows(x.row_stride()),
            _ => Layout::Columns,
        };
        Self {
            m: a.rows(),
            k: a.cols(),
            n: b.shape().1,
            a: layout(a),
            b: match b {
                Rhs::Plain(b) => layout(b),
                Rhs::Packed(_) => Layout::Packed,
            },
            scratch: scratch.map(<[f64]>::len),
        }
    }

    fn bytes_b(&self) -> usize {
        (self.k.saturating_mul(self.n)).saturating_mul(size_of::<f64>())
    }

    /// Whether rows of B so far apart share sets of L1, where they are a multiple of `least` values apart.
    fn shares_sets(&self, stride: usize, least: usize) -> bool {
        let unit = ALIASING_STRIDE.min(stride & stride.wrapping_neg());
        unit >= least && self.k > HALF_OF_L1 / unit
    }

    /// Whether B, its rows so far apart, is read in place since they stand alike in their cache lines. Packed and so: 39 and 48
    /// GFLOP/s at 18×1022×280, 37 and 44 at 36×150×392, as few rows 32 and 44 at 5×423×168, but 30 and 24 at 16×1500×1000 (Zen 3).
    fn in_lines(&self, stride: usize, tile: Tile, l2: usize) -> bool {
        let lines = stride.is_multiple_of(LANES) && !self.shares_sets(stride, ALIASING);
        let max = if self.m <= 24 { 4 * l2 } else { l2 };
        let near = self.m <= 36 && self.bytes_b() <= max;
        near && lines && tile.peels(self.m, self.k, self.n)
    }

    /// Whether a few rows meet a B whose rows are contiguous, and large, or a multiple of 4096 bytes apart: its strips then lie
    /// in one set of L1.
    fn has_few_rows(&self, tile: Tile, l2: usize) -> bool {
        let Layout::Rows(stride) = self.b else {
            return false;
        };
        let aliasing = stride.is_multiple_of(ALIASING_STRIDE);
        // What L3 holds goes down its strips: 39 and 52 GFLOP/s at 4×700×700 (Zen 4). Not rows that alias: 45 and 34 at
        // 4×512×512; nor 9: 52 and 44.
        let down_strips = self.m > 24 || !aliasing && !matches!(self.m, 1 | 9);
        // Not in tiles of 4 rows, which are slower in place: 36 and 35 at 7×240×352 (Zen 3).
        let in_lines = self.in_lines(stride, tile, l2)
            && self.m.div_ceil(self.m.div_ceil(tile.mr)) + 1 >= tile.mr;
        let (rows, near) = if tile.is_avx512() && down_strips || in_lines {
            (FEW_ROWS, 4 * l2)
        } else if tile.is_avx2() {
            // Here and packed: 30 and 39 GFLOP/s at 23×1229×250, 40 and 33 at 12×1000×1000, 36 and 26 at 14×2000×2008, 33 and 37
            // at 16×700×128 (Zen 3).
            let long = stride.is_multiple_of(LANES) && self.n >= 512;
            (if long { 16 } else { 12 }, l2)
        } else {
            (24, l2)
        };
        // GFLOP/s down its strips and here: 18 and 40 at 4×128×512, 14 and 34 at 2×32×1024 (Zen 4, AVX2).
        let shares = fills_a_set(stride, self.k) && !tile.is_avx512() && self.m < PACK_B_ROWS;
        self.n >= 128 && (shares || self.m <= rows && self.bytes_b() > near)
    }

    /// Whether B is copied into panels, rather than read in place or packed already.
    fn packs_b(&self, tile: Tile, l2: usize) -> bool {
        let bytes_b = self.bytes_b();
        match self.b {
            Layout::Packed => false,
            Layout::Columns => true,
            Layout::Rows(stride) => {
                // Of each row, a strip of 24 columns is three or four cache lines, one of 8 columns one or two.
                let near = if !tile.is_avx512() {
                    // Packed and in place: 47.8 and 55.6 GFLOP/s at 24×100×140, 50.5 and 48.0 at 32×200×200 (Zen 4), 38 and 30
                    // at 24×1000×50 (Zen 3).
                    let few = bytes_b <= l2 / 2 && (self.m <= 24 || self.m <= 30 && self.k <= KC);
                    // Of each row, a strip is two lines. In place and packed: 37 and 47 at 100×300×24, 40 and 47 at 1000×256×31
                    // (Zen 3).
                    let in_l1 = self.k <= HALF_OF_L1 / (2 * LANES) || self.n < 2 * LANES;
                    (bytes_b <= NEAR_B && in_l1 || few) && !self.shares_sets(stride, ALIASING)
                        || self.in_lines(stride, tile, l2)
                } else if self.m <= IN_PLACE_ROWS {
                    bytes_b <= 4 * l2 || stride < 128
                } else {
                    bytes_b <= l2 && !self.shares_sets(stride, ALIASING_STRIDE)
                };
                // Packed and in place: 33 and 26 at 20×70×800, 30 and 34 at 16×30×2000, 36 and 39 at 16×4096×16 (Zen 3).
                let far = bytes_b > l2 / 2 && self.k > 32 && self.n > 16;
                let rows = if far { 16 } else { PACK_B_ROWS };
                !near && self.m >= if bytes_b > l2 { 9 } else { rows }
            }
        }
    }
}

/// How a product is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) path: Path,
    /// C is cut into so many rows and columns of tasks.
    pub(super) grid: (usize, usize),
    /// Whether B is packed once for all tasks.
    pub(super) share_b: bool,
}

/// The loops of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// A matrix times a column: [`gemv`](super::gemv).
    Gemv,
    /// A few columns, on AVX-512: [`narrow`](mod@super::narrow).
    Narrow,
    /// A few rows times a large B: [`few_rows`](super::few_rows).
    FewRows,
    /// The five loops.
    Blocked(Blocking),
}

/// The sizes of the blocks, `mc` × `kc` of A and `kc` × `nc` of B, and whether B is packed; an A is where its columns
/// are contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocking {
    pub(super) mc: usize,
    pub(super) kc: usize,
    pub(super) nc: usize,
    pub(super) pack_b: bool,
}

/// Sizes up to which a product is small: one block, in place, on the calling thread.
pub(super) const SMALL: usize = 64;

/// Whether a product of these sizes, none of them 0, is small. In the caller's code: one comparison for all three, for 0
/// wraps around, and the limit is a power of two; one more for a gemv, which only a column is.
#[inline(always)]
pub(super) fn is_small(m: usize, k: usize, n: usize) -> bool {
    const { assert!(SMALL.is_power_of_two()) };
    (m.wrapping_sub(1) | k.wrapping_sub(1) | n.wrapping_sub(1)) < SMALL
        && m < GEMV_ROWS + n.wrapping_sub(1) * SMALL
}

/// Whether a product, on one thread and without gaps between any rows, is computed as a small one is: L2 holds it. GFLOP/s
/// without and with on a Zen 4: 36.8 and 47.0 at 8×7×128, 25.1 and 30.2 at 100×10×5, but with AVX2 52.0 and 46.0 at 100×32×128,
/// where rows of B share sets of L1.
#[inline(always)]
pub(super) fn is_medium(tile: Tile, m: usize, k: usize, n: usize) -> bool {
    m.max(k).max(n) <= 2 * SMALL
        && m.min(k).min(n) >= 1
        && (n > 1 || m < GEMV_ROWS)
        && (tile.is_avx512() || n < 2 * SMALL || k < 32 || m < 96)
}

/// Whether a product without gaps is computed in separate micro-tiles of 8 columns: where it is tiny (one or two rows are too
/// few chains), or no columns are left over (64×64×12 is slower in tiles: 43.2 instead of 49.9, Zen 4).
#[inline(always)]
pub(super) fn in_tiles(m: usize, k: usize, n: usize) -> bool {
    let tiny = m * k * n <= if m > 2 { 2048 } else { 512 };
    (k > 1 || n < ONE_DEPTH) && (tiny || m > LANES / 2 && n.is_multiple_of(LANES))
}

/// Whether C has so few columns that with AVX-512 lanes had better be rows: [`narrow`](mod@super::narrow).
#[inline(always)]
pub(super) fn is_narrow(m: usize, k: usize, n: usize) -> bool {
    k >= 12
        && m >= LANES
        && m.max(k) >= 32
        && (matches!(n, 2..=4) || m.min(k) >= NARROW_ROWS && matches!(n, 9 | 10))
}

/// Columns from which on one depth is stored row by row. Tiles of one row and so, Zen 3: 8.9 and 12.6 GFLOP/s at 784×1×512,
/// 10.5 and 14.9 at 64×1×64; in portable code tiles of two rows and so: 5.1 and 12.4 at 100×1×100.
pub(super) const ONE_DEPTH: usize = 3 * LANES;

/// Rows from which on a matrix times a column is a gemv of its own.
pub(super) const GEMV_ROWS: usize = 8;

/// Rows, and depths, from which on a C of 9 or 10 columns is narrow; rows of a task.
pub(super) const NARROW_ROWS: usize = 16;

/// Multiply-adds that a thread should have at least: waking it is then a small part of its work.
const WORTH_A_THREAD: usize = 1 << 18;

/// How many of the threads that there are so many multiply-adds are worth.
#[inline(always)]
pub(crate) fn threads_worth(multiply_adds: usize) -> usize {
    match multiply_adds / WORTH_A_THREAD {
        0 | 1 => 1,
        worth => worth.min(crate::parallel::threads_here()),
    }
}

/// Tasks for each thread, so that a slow core takes fewer of them.
const TASKS: usize = 4;

/// Bytes of B that are packed once for all tasks.
const SHARED: usize = 8 << 20;

/// Rows of C from which on B is packed: with fewer, a panel is not used often enough to pay for its copy, unless B is far.
const PACK_B_ROWS: usize = 24;

/// Rows up to which, with AVX-512, a B is read in place that L3 holds, or whose rows are short. GFLOP/s on a Zen 4, packed and
/// in place: 42 and 55 at 16×4096×64, but 54 and 52 at 128×784×512, and, waiting for L3, 50 and 46 at 64×1000×1000.
const IN_PLACE_ROWS: usize = 96;

/// The plan of a product, no size of which is 0, in micro-tiles of `tile`, on a CPU with `l2` bytes in its second-level
/// cache, on at most `threads` threads.
pub(super) fn plan(problem: &Problem, tile: Tile, l2: usize, threads: usize) -> Plan {
    let Problem { m, k, n, a, b, .. } = *problem;
    let tasks = if threads > 1 { TASKS * threads } else { 1 };
    let unshared = |path, grid| Plan {
        path,
        grid,
        share_b: false,
    };
    if tile.has_special_paths()
        && n == 1
        && m >= GEMV_ROWS
        && matches!((a, b), (Layout::Rows(_), Layout::Rows(1)))
    {
        return unshared(Path::Gemv, (tasks.min(m / GEMV_ROWS), 1));
    }
    // Tasks keep whole tiles, and enough work to be worth taking.
    let multiply_adds = m.saturating_mul(k).saturating_mul(n);
    let tasks = tasks.min(multiply_adds / (WORTH_A_THREAD / TASKS));
    let (rows, columns) = (m.div_ceil(2 * tile.mr), n.div_ceil(2 * tile.nr()));
    if tile.has_special_paths() && problem.has_few_rows(tile, l2) {
        // Wide ones: 2048 columns out of memory, 8 rows, two threads on a Zen 3: 30 GFLOP/s in 8 tasks, 50 in 2.
        let across = threads.max(n / FEW_ROWS_NC).min(tasks).min(columns);
        return unshared(Path::FewRows, (1, across.max(1)));
    }
    let lies_in_rows = matches!(a, Layout::Rows(_)) && b != Layout::Columns;
    if tile.is_avx512() && lies_in_rows && is_narrow(m, k, n) {
        return unshared(Path::Narrow, (tasks.min(m / NARROW_ROWS).max(1), 1));
    }
    let (grid, share_b) = if tasks <= 1 {
        ((1, 1), false)
    } else if rows >= tasks && (b == Layout::Packed || problem.bytes_b() <= SHARED) {
        ((tasks, 1), problem.packs_b(tile, l2))
    } else if rows < tasks && columns > rows {
        ((1, tasks.min(columns)), false)
    } else {
        // Wide blocks, for each of which A is read again; B is packed again for each row of tasks.
        let across = n.div_ceil(ALONG).min(tasks);
        ((tasks.div_ceil(across).min(rows), across), false)
    };
    let task = Problem {
        m: m.div_ceil(grid.0),
        n: n.div_ceil(grid.1),
        b: if share_b { Layout::Packed } else { b },
        ..*problem
    };
    Plan {
        path: Path::Blocked(Blocking::new(&task, tile, l2)),
        grid,
        share_b,
    }
}

/// Whether C is computed as the transpose of Bᵀ·Aᵀ: a large operand whose columns are contiguous is then read in place, and the
/// small one beside it packed.
pub(super) fn swaps_operands(problem: &Problem) -> bool {
    let Problem { m, k, n, a, b, .. } = *problem;
    // The large one packed, and so: 26 and 48 GFLOP/s at 8×1024 times contiguous columns, 45 and 48 at 64×512×512; contiguous
    // columns times 512×784×4 12 and 35, 784×100×10 27 and 31, 784×100×16 34 and 33 (Zen 3).
    let (few, limit, many) = match (a, b) {
        (Layout::Rows(_), Layout::Columns) => (m, 64, n),
        (Layout::Columns, Layout::Rows(_)) => (n, 12, m),
        _ => return false,
    };
    let pays = few <= limit && few <= k.min(many) / 2 && k >= 32;
    // A transpose of 8 MiB at most, and none where memory is lent, which stands for all that may be allocated.
    pays && few.saturating_mul(many) <= 1 << 20 && problem.scratch.is_none()
}

impl Blocking {
    /// For a task of this shape.
    fn new(problem: &Problem, tile: Tile, l2: usize) -> Self {
        let &Problem { m, k, n, a, b, .. } = problem;
        // Half of L2 for a block of B; three quarters where that spares a block, and A or C a reading.
        let values = l2.min(2 << 20) / size_of::<f64>();
        let (half, most) = (values / 2, values / 4 * 3);
        let deepest = (most / (WIDE * tile.nr())).clamp(KC, 2 * KC);
        let depth = match a {
            Layout::Columns => k.min(KC),
            _ => k.div_ceil(k.div_ceil(deepest)),
        };
        let (mut kc, mut nc) = if n <= most / depth {
            ((most / n).clamp(KC, 2 * KC), n)
        } else {
            let far = if tile.is_avx512() { FAR_A / 2 } else { FAR_A };
            let far_a = m.saturating_mul(k) >= far;
            let mostly_packing = m <= FEW_TILES && b != Layout::Packed && l2 < 1 << 20;
            let columns = if a == Layout::Columns || far_a || mostly_packing {
                ALONG * KC / depth.max(KC)
            } else if half / depth < WIDE * tile.nr() {
                most / depth
            } else {
                half / depth
            };
            (depth.max(KC), (columns / tile.nr()).max(WIDE) * tile.nr())
        };
        let pack_b = problem.packs_b(tile, l2);
        let max_b = match problem.scratch {
            None => usize::MAX,
            Some(values) if values < SCRATCH / 3 => SCRATCH,
            Some(values) => values,
        };
        if pack_b && Panels::len(kc.min(k), nc.min(n), tile.nr()) > max_b {
            (kc, nc) = (KC / 2, max_b / (KC / 2) / tile.nr() * tile.nr());
        }
        // Packed, A is read in whole cache lines, so many of its rows go together.
        let wide = n >= WIDE * tile.nr();
        let depths = kc.min(k);
        let rows = match a {
            Layout::Columns if wide || problem.scratch.is_some() => values / 4 / depths,
            _ if wide => SWEEP / (nc.min(n) * depths.max(8)),
            _ => values / 2 / depths,
        };
        Self {
            mc: rows.max(1).next_multiple_of(tile.mr),
            kc,
            nc,
            pack_b,
        }
    }
}

/// Values of 4096 bytes: rows a multiple of that apart share sets of L1.
pub(super) const ALIASING_STRIDE: usize = 512;

/// Values of 512 bytes: rows of B a multiple of that apart share 8 sets of L1; of two, four or eight times that 4, 2 and 1.
const ALIASING: usize = 64;

/// Whether rows of B so far apart share one set of L1, and are more than it holds.
pub(super) fn fills_a_set(stride: usize, rows: usize) -> bool {
    stride.is_multiple_of(ALIASING_STRIDE) && rows > 2 * HALF_OF_L1 / ALIASING_STRIDE
}

/// Values of half of L1, as rows fill it whose strips lie in few sets: in place, B has no more.
const HALF_OF_L1: usize = 2048;

/// Depths of a block, if there are as many: C is loaded and stored once for each block. Up to twice as many where L2 holds
/// [`WIDE`] panels of them, or all of a narrow B, and A is in place, which is then read in longer lines.
const KC: usize = 512;

/// Panels of B from which on a tile of A meets all of them while L1 or L2 holds it; fewer meet many tiles of A instead.
pub(super) const WIDE: usize = 4;

/// Multiply-adds of a sweep over tiles of A by all panels of B: what comes before it is a percent. C has 128 KiB at most.
const SWEEP: usize = 1 << 17;

/// Values of A from which on blocks of B that L2 does not hold pay: A is read again for each of them, as it is packed again
/// where its columns are contiguous. With AVX-512 half as many: 51.7 and 55.2 GFLOP/s at 1000×784×512 (Zen 4).
const FAR_A: usize = 1 << 20;

/// Rows up to which packing B is a large part of the work: it then goes along longer rows of B (64×1024×1024: 41.5 to 43.3
/// GFLOP/s on a Zen 3). An L2 of 1 MiB is worth more (Zen 4: 47.3 instead of 43.3).
const FEW_TILES: usize = 64;

/// Columns of a wide block of [`KC`] depths, half of them for twice as many: where A is far, packed or small, and of a task
/// of a large B.
const ALONG: usize = 1024;

/// Values of a packed block of B where memory is lent for it that is far too small.
pub(crate) const SCRATCH: usize = 48 << 10;

/// Bytes up to which B is read in place by any number of rows, as long as a strip of it stays in L1.
const NEAR_B: usize = 64 << 10;

/// Rows up to which they are few; above 24 with AVX-512 only: 44.6 and 49.4 GFLOP/s at 32×1024×1024 (Zen 4).
pub(super) const FEW_ROWS: usize = 48;

/// Columns along which they go.
pub(super) const FEW_ROWS_NC: usize = 4096;
