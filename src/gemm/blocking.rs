//! How much of each operand is packed at a time.

/// The sizes of the packed blocks: `mc` × `kc` of A and `kc` × `nc` of B.
///
/// A value, so that tests can shrink it and meet every edge with small matrices. No size changes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocking {
    pub(crate) mc: usize,
    pub(crate) kc: usize,
    pub(crate) nc: usize,
}

impl Blocking {
    /// Sizes for a `mr` × 8 tile on caches of at least 32 KiB (L1d), 256 KiB (L2) and 2 MiB (a core's share of L3).
    ///
    /// - `kc` = 256: a micro-panel of B (256·8 values, 16 KiB) and one of A (256·6 values, 12 KiB) stay in L1d while
    ///   the panel of B is multiplied by all panels of A.
    /// - `mc` = 72 (12 tiles of 6): the block of A, 72·256 values or 144 KiB, stays in L2 and leaves room for the
    ///   panels of B and the tile of C that pass through.
    /// - `nc` = 1024: the block of B is 256·1024 values, 2 MiB.
    pub(crate) const PORTABLE: Self = Self {
        mc: 72,
        kc: 256,
        nc: 1024,
    };
}
