//! A batch on its way through a network: rows in groups, groups on threads, what lies between two layers in buffers that
//! are kept.

use super::{Dense, Network};
use crate::gemm::threads_worth;
use crate::matrix::{checked_len, try_with_capacity};
use crate::parallel::parallel;
use crate::{Matrix, MatrixView, PackedMatrix, ShapeError};
use std::mem::swap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Rows that are taken through all layers before the next ones.
const ROWS_AT_A_TIME: usize = 64;

/// Rows that a thread should have at least: a tile's.
const ROWS_WORTH_A_THREAD: usize = 8;

/// Batches from this size on are worth a packed copy of the weights.
const ROWS_WORTH_PACKING: usize = 256;

/// Rows and weights up to which the latter are read as they are, for a small product needs no plan. GFLOP/s so and packed on a
/// Zen 4: 31 and 25 at 1×64·64×64, 57 and 52 at 8×64·64×64; with AVX2 35 and 26, 46 and 49.
const FEW_ROWS: usize = 8;
const FEW_WEIGHTS: usize = 64 * 64;

/// What is needed of the last activation.
#[derive(Clone, Copy)]
pub(super) enum Last {
    /// Its values.
    Activated,
    /// What tells the class: it is left out where it does not move the maximum of a row.
    Class,
    /// What goes into it.
    Logits,
}

impl Network {
    /// [`run`](Network::run) with nothing kept from an earlier call.
    pub(super) fn run_once(
        &self,
        x: MatrixView<'_>,
        out: &mut Matrix,
        last: Last,
    ) -> Result<(), ShapeError> {
        let packed = match x.nrows() {
            0..ROWS_WORTH_PACKING => Vec::new(),
            _ => self.packed()?,
        };
        self.run(x, &packed, &Scratch::default(), out.as_mut_slice(), last)
    }

    /// The weights of each layer in packed form; none where allocating the copy fails.
    pub(super) fn packed(&self) -> Result<Vec<Option<PackedMatrix>>, ShapeError> {
        let mut packed = try_with_capacity(self.layers().len(), 1)?;
        let weights = self.layers().iter().map(Dense::weights);
        packed.extend(weights.map(|weights| PackedMatrix::new(weights).ok()));
        Ok(packed)
    }

    /// The results for `x` into `out`, row by row; sizes are checked. `packed` has the weights of those layers that are
    /// packed, `scratch` what lies between the layers.
    pub(super) fn run(
        &self,
        x: MatrixView<'_>,
        packed: &[Option<PackedMatrix>],
        scratch: &Scratch,
        out: &mut [f64],
        last: Last,
    ) -> Result<(), ShapeError> {
        let (rows, outputs) = (x.nrows(), self.outputs());
        let parts = threads_worth(self.work(rows)).min(rows / ROWS_WORTH_A_THREAD);
        let hidden = self
            .layers()
            .split_last()
            .map_or(&[][..], |(_, hidden)| hidden);
        let width = hidden.iter().map(Dense::outputs).max().unwrap_or(0);
        scratch.prepare(parts.max(1), rows.min(ROWS_AT_A_TIME), width)?;
        if parts <= 1 {
            return scratch.with(|buffers| self.run_rows(x, packed, buffers, out, last));
        }
        // Groups are taken as threads come by: one that comes late, or stands still for a while, keeps none waiting.
        let group = ROWS_AT_A_TIME.min(
            rows.div_ceil(4 * parts)
                .next_multiple_of(ROWS_WORTH_A_THREAD),
        );
        let groups = Mutex::new(out.chunks_mut(group * outputs).enumerate());
        let next = || groups.lock().unwrap_or_else(PoisonError::into_inner).next();
        let failed = Mutex::new(Ok(()));
        parallel(parts, parts, &|_| {
            let done = scratch.with(|buffers| {
                while let Some((index, out)) = next() {
                    let (start, count) = (index * group, out.len() / outputs);
                    self.run_rows(
                        x.view_rows(start..start + count)?,
                        packed,
                        buffers,
                        out,
                        last,
                    )?;
                }
                Ok(())
            });
            if done.is_err() {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = done;
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// About how many multiply-adds `rows` samples cost; an activation counts as sixteen.
    fn work(&self, rows: usize) -> usize {
        let layer = |layer: &Dense| layer.weights().len().saturating_add(16 * layer.outputs());
        let sample = self
            .layers()
            .iter()
            .map(layer)
            .fold(0, usize::saturating_add);
        rows.saturating_mul(sample)
    }

    /// [`run`](Network::run) on one thread: some rows are taken through all layers, then the next ones, so that what lies
    /// between two layers is still in a cache when the next one reads it.
    fn run_rows(
        &self,
        x: MatrixView<'_>,
        packed: &[Option<PackedMatrix>],
        buffers: &mut [Vec<f64>; 2],
        out: &mut [f64],
        last: Last,
    ) -> Result<(), ShapeError> {
        let outputs = self.outputs();
        for (index, out) in out.chunks_mut(ROWS_AT_A_TIME * outputs).enumerate() {
            let (start, rows) = (index * ROWS_AT_A_TIME, out.len() / outputs);
            let x = x.view_rows(start..start + rows)?;
            let [from, to] = &mut *buffers;
            let (mut from, mut to) = (from, to);
            for (i, layer) in self.layers().iter().enumerate() {
                let input = match i {
                    0 => x,
                    _ => MatrixView::from_slice(rows, layer.inputs(), from)?,
                };
                let plain = rows <= FEW_ROWS && layer.weights().len() <= FEW_WEIGHTS;
                let packed = packed.get(i).and_then(Option::as_ref).filter(|_| !plain);
                if i + 1 < self.layers().len() {
                    // Reserved already, but for a pair that had to be made on the way.
                    reserve(to, rows * layer.outputs(), (rows, layer.outputs()))?;
                    to.resize(rows * layer.outputs(), 0.0);
                    layer.forward_into(input, packed, to, true)?;
                    // The references trade places, not what they point to: the next call finds each buffer where it
                    // needs its size.
                    swap(&mut from, &mut to);
                } else {
                    let activated = match last {
                        Last::Activated => true,
                        Last::Class => !layer.activation().keeps_maximum(),
                        Last::Logits => false,
                    };
                    layer.forward_into(input, packed, out, activated)?;
                }
            }
        }
        Ok(())
    }
}

/// Buffers for what lies between the layers, kept from call to call: at most one pair for each thread that ever ran at
/// the same time.
#[derive(Debug, Default)]
pub(super) struct Scratch(Mutex<Vec<[Vec<f64>; 2]>>);

impl Scratch {
    /// Sees to it that there are so many pairs, each buffer with room for rows × cols values: which thread takes which
    /// pair then makes no difference.
    fn prepare(&self, pairs: usize, rows: usize, cols: usize) -> Result<(), ShapeError> {
        checked_len(rows, cols)?;
        let mut idle = self.idle();
        if let Some(more) = pairs.checked_sub(idle.len()) {
            idle.try_reserve(more)
                .map_err(|_| ShapeError::OutOfMemory { shape: (pairs, 2) })?;
            idle.resize_with(pairs, Default::default);
        }
        for buffer in idle.iter_mut().flatten() {
            reserve(buffer, rows * cols, (rows, cols))?;
        }
        Ok(())
    }

    /// Lends a pair of buffers to `work`.
    fn with<T>(&self, work: impl FnOnce(&mut [Vec<f64>; 2]) -> T) -> T {
        let mut buffers = self.idle().pop().unwrap_or_default();
        let result = work(&mut buffers);
        let mut idle = self.idle();
        // Where more callers came than there were pairs, and memory ends, a pair is given up.
        if idle.try_reserve(1).is_ok() {
            idle.push(buffers);
        }
        result
    }

    fn idle(&self) -> MutexGuard<'_, Vec<[Vec<f64>; 2]>> {
        // A panic elsewhere leaves the list whole: nothing panics between taking and giving back the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory for `len` values in all, the values of a matrix of this shape.
pub(super) fn reserve(
    buffer: &mut Vec<f64>,
    len: usize,
    shape: (usize, usize),
) -> Result<(), ShapeError> {
    let more = len.saturating_sub(buffer.len());
    let reserved = buffer.try_reserve_exact(more);
    reserved.map_err(|_| ShapeError::OutOfMemory { shape })
}
