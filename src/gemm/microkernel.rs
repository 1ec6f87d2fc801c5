//! The micro-kernel: H rows by NV registers of C, in registers, over a block of depths.
//!
//! ```text
//! for each round, each of its steps                      tiles of A: along the strips of B; or a strip: down the rows of A
//!   acc = +0.0, or the partial chains that C holds
//!   for 4 depths at a time
//!     for each depth
//!       b[NV] = NV loads                                 one row of a packed panel, or of B in place
//!       for each row: x = broadcast(a[row]); acc[row] = fma(x, b, acc[row])
//!   for each depth left: the same, the last register through a mask
//!   C = acc
//! ```
//!
//! What the loop over the depths holds, and what it does not:
//!
//! - Loads, broadcasts and multiply-adds, nothing else: 20 instructions a depth for 12 multiply-adds of a 6 × 2 tile, and
//!   5 or 6 for the 4 depths' pointers, counter and prefetch. Neither edges nor the state of the chains are decided in it.
//! - A is read in place, row by row: row pointers, one index, constant displacements for the depths. B's rows stand
//!   `rs_b` apart, packed or not, so that one kernel serves both.
//! - Columns that the last register lacks need no mask in it. Lanes beyond the last column are computed from whatever stands
//!   there and never stored; only the last depths, behind which B may end, are read through a mask.
//! - With AVX-512 the main loop takes a depth at a time, for one or two rows the masked one takes all. GFLOP/s on a Zen 4 with
//!   4 depths, and now: 54.8 and 56.3 at 64×64×64, 43.8 and 53.1 at 1024×16×16 (44.4 with masks only).

use crate::simd::{Kernel, LANES, Simd};

/// Depths that the main loop takes at a time, unless a depth is long.
pub(super) const UNROLL: usize = 4;

/// A run of micro-tiles, `rounds` times `steps` of them: each as far from the one before as `step` says, of A, B and C; the
/// first of a round as far from the last one of the round before as `round` says, of A and C, and at the first one's B.
///
/// **The contract** of whoever runs it with a tile of H rows and NV registers, for each step:
/// - `a` to `a + (H - 1)·rs_a + kc` is readable at each row's `kc` values.
/// - Register v of depth p of B starts at `b + p·rs_b + (v / P)·panel + (v % P)·WIDTH`, P being the registers of a panel.
///   Its `WIDTH` values are readable for each depth before `main`, and for the last register of the other
///   depths its first `last` ones.
/// - Each row of the H at `c`, `rs_c` apart, is writable for NV - 1 registers and `last` values, by nobody else at the time,
///   and holds numbers unless `overwrite`.
/// - 1 ≤ `last` ≤ `WIDTH`, and `main` ≤ `kc`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    pub(super) kc: usize,
    pub(super) main: usize,
    pub(super) a: *const f64,
    pub(super) rs_a: usize,
    /// H rows to prefetch into L2 in the last round, one a step, where the main loop takes [`UNROLL`] depths at a time; any
    /// address.
    pub(super) next_a: *const f64,
    pub(super) b: *const f64,
    pub(super) rs_b: usize,
    pub(super) panel: usize,
    pub(super) c: *mut f64,
    pub(super) rs_c: usize,
    pub(super) last: usize,
    /// Whether the chains start here, at +0.0, instead of being resumed from C.
    pub(super) overwrite: bool,
    pub(super) steps: usize,
    pub(super) step: (usize, usize, usize),
    pub(super) rounds: usize,
    pub(super) round: (usize, usize),
}

/// Depths from which on C is prefetched before the loop: with fewer, it is over before the lines arrive.
const PREFETCH_C: usize = 32;

/// The micro-tiles of a [`Sweep`], H rows by NV registers each, B's panels P registers wide.
pub(super) struct MicroTiles<'a, const H: usize, const NV: usize, const P: usize, const HALF: bool>(
    &'a Sweep,
);

impl<'a, const H: usize, const NV: usize, const P: usize, const HALF: bool>
    MicroTiles<'a, H, NV, P, HALF>
{
    /// # Safety
    /// The contract of [`Sweep`], until the value is run or dropped.
    #[inline(always)]
    pub(super) unsafe fn new(sweep: &'a Sweep) -> Self {
        Self(sweep)
    }
}

impl<const H: usize, const NV: usize, const P: usize, const HALF: bool> Kernel
    for MicroTiles<'_, H, NV, P, HALF>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let sweep = *self.0;
        // SAFETY: the promise of `new`.
        unsafe { micro_tiles::<S, H, NV, P, HALF>(s, sweep) }
    }
}

/// # Safety
/// The contract of [`Sweep`].
#[inline(always)]
pub(super) unsafe fn micro_tiles<
    S: Simd,
    const H: usize,
    const NV: usize,
    const P: usize,
    const HALF: bool,
>(
    s: S,
    sweep: Sweep,
) {
    let (kc, rs_a, rs_b, rs_c) = (sweep.kc, sweep.rs_a, sweep.rs_b, sweep.rs_c);
    let (panel, last) = (sweep.panel, sweep.last);
    let (mut a, mut b, mut c) = (sweep.a, sweep.b, sweep.c);
    let mask = s.first_lanes(last);
    // Where a depth is long, a loop over one is as fast, in less code; one or two rows wait for B, not for masks (AVX-512).
    let long = const { S::WIDTH == LANES || NV > 8 };
    let (main, depths) = match (long, H) {
        (true, ..=2) if S::WIDTH == LANES => (0, 1),
        (true, _) => (sweep.main, 1),
        _ => (sweep.main / UNROLL, UNROLL),
    };
    let unmasked = if long { 0 } else { sweep.main };
    let register = |v: usize| v / P * panel + v % P * S::WIDTH;
    let (mut step, mut round) = (1, 1);
    let next_round = |round: usize, a: *const f64| {
        if round < sweep.rounds {
            a.wrapping_add(sweep.round.0)
        } else {
            sweep.next_a
        }
    };
    let mut next_a = next_round(1, a);
    loop {
        let mut acc = [[s.reg_zero(); NV]; H];
        if !sweep.overwrite {
            let mut row = c.cast_const();
            for i in 0..H {
                // SAFETY: row i of the tile: NV - 1 registers and the first lanes of the last (contract).
                unsafe {
                    for v in 0..NV - 1 {
                        acc[i][v] = s.reg_load(row.add(v * S::WIDTH));
                    }
                    acc[i][NV - 1] = s.reg_load_masked(mask, row.add((NV - 1) * S::WIDTH));
                }
                row = s.forget_origin(row.wrapping_add(rs_c));
            }
        }
        if kc >= PREFETCH_C && sweep.main != 0 {
            // To its end, not H times: unrolled, it would be a tenth of the kernels' code.
            let (mut row, end) = (c, c.wrapping_add(H * rs_c));
            while row != end {
                for v in (0..NV * S::WIDTH).step_by(8) {
                    s.prefetch(row.wrapping_add(v));
                }
                s.prefetch(row.wrapping_add((NV - 1) * S::WIDTH + last - 1));
                row = row.wrapping_add(rs_c);
            }
        }
        let mut rows = [a; H];
        for i in 1..H {
            rows[i] = s.forget_origin(rows[i - 1].wrapping_add(rs_a));
        }
        let (mut row_b, mut p) = (b, 0);
        // A second pointer spares the addresses of rows of B.
        let mut last_b = s.forget_origin(b.wrapping_add((depths - 1) * rs_b));
        for _ in 0..main {
            for u in 0..depths {
                // SAFETY: depth p + u < `sweep.main` of B's whole registers and of each row of A (contract).
                unsafe {
                    let row_b = if u == depths - 1 {
                        last_b
                    } else {
                        row_b.add(u * rs_b)
                    };
                    let load = |v| s.reg_load(row_b.add(register(v)));
                    let broadcast = |i: usize| s.broadcast::<NV>(rows[i].add(p + u));
                    depth::<S, H, NV, HALF>(s, &mut acc, load, broadcast);
                }
            }
            if !long {
                s.prefetch_l2(next_a.wrapping_add(p));
            }
            row_b = row_b.wrapping_add(depths * rs_b);
            last_b = last_b.wrapping_add(depths * rs_b);
            p += depths;
        }
        while p < kc {
            // SAFETY: depth p < kc; of the last register, from `main` on, only the first lanes are read (contract).
            unsafe {
                let load = |v| {
                    let from = row_b.add(register(v));
                    if v + 1 < NV || p < unmasked {
                        s.reg_load(from)
                    } else {
                        s.reg_load_masked(mask, from)
                    }
                };
                let broadcast = |i: usize| s.broadcast::<NV>(rows[i].add(p));
                depth::<S, H, NV, HALF>(s, &mut acc, load, broadcast);
            }
            row_b = row_b.wrapping_add(rs_b);
            p += 1;
        }
        // Row after row: the compiler would keep the addresses of all of them, for which there are no registers.
        let mut row = c;
        for i in 0..H {
            // SAFETY: as for the loads of C.
            unsafe {
                for v in 0..NV - 1 {
                    s.reg_store(acc[i][v], row.add(v * S::WIDTH));
                }
                s.reg_store_first(last, acc[i][NV - 1], row.add((NV - 1) * S::WIDTH));
            }
            row = s.forget_origin(row.wrapping_add(rs_c)).cast_mut();
        }
        if step < sweep.steps {
            a = a.wrapping_add(sweep.step.0);
            b = b.wrapping_add(sweep.step.1);
            c = c.wrapping_add(sweep.step.2);
            next_a = if step < H {
                next_a.wrapping_add(rs_a)
            } else {
                a
            };
            step += 1;
        } else if round < sweep.rounds {
            a = a.wrapping_add(sweep.round.0);
            b = sweep.b;
            c = c.wrapping_add(sweep.round.1);
            (step, round) = (1, round + 1);
            next_a = next_round(round, a);
        } else {
            break;
        }
    }
}

/// The multiply-adds of one depth: what there is less of, registers of B or rows, is kept, the other comes one by one.
#[inline(always)]
pub(super) fn depth<S: Simd, const H: usize, const NV: usize, const HALF: bool>(
    s: S,
    acc: &mut [[S::Reg; NV]; H],
    load: impl Fn(usize) -> S::Reg,
    broadcast: impl Fn(usize) -> S::Broadcast,
) {
    let mul_add = |v: usize, a, b, c| {
        if HALF && v + 1 == NV {
            s.reg_mul_add_half(a, b, c)
        } else {
            s.reg_mul_add(a, b, c)
        }
    };
    if const { NV <= H } {
        let mut x = [s.reg_zero(); NV];
        for v in 0..NV {
            x[v] = load(v);
        }
        for i in 0..H {
            let value = broadcast(i);
            for v in 0..NV {
                acc[i][v] = mul_add(v, value, x[v], acc[i][v]);
            }
        }
    } else {
        let mut values = [broadcast(0); H];
        for i in 1..H {
            values[i] = broadcast(i);
        }
        for v in 0..NV {
            let x = load(v);
            for i in 0..H {
                acc[i][v] = mul_add(v, values[i], x, acc[i][v]);
            }
        }
    }
}
