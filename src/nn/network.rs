//! A network: dense layers, one after the other.

use super::metrics::check_length;
use super::{Confusion, Dense};
use crate::gemm::{parallel, threads_worth};
use crate::matrix::{checked_len, try_with_capacity};
use crate::{Matrix, MatrixView, PackedMatrix, ShapeError};
use std::fmt;
use std::mem::swap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Dense layers whose sizes fit, checked once when the network is made.
///
/// Plain data: a [`Predictor`](super::Predictor) is a network made ready to be called often.
///
/// ```
/// use rowmajor::{matrix, nn::{Activation, Dense, Network}};
///
/// // XOR by two layers of perceptrons: NAND and OR, then AND.
/// let xor = Network::new(vec![
///     Dense::new(matrix![[-0.5, 0.5], [-0.5, 0.5]], vec![0.7, -0.2], Activation::Step)?,
///     Dense::new(matrix![[0.5], [0.5]], vec![-0.7], Activation::Step)?,
/// ])?;
/// let inputs = matrix![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
/// assert_eq!(xor.forward(&inputs)?.into_vec(), [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    // Invariant: not empty; each layer has as many inputs as the one before has outputs.
    layers: Vec<Dense>,
}

impl Network {
    /// A network of the given layers, first to last.
    ///
    /// # Errors
    /// [`ShapeError::Layers`] names the first two neighbours that do not fit; [`ShapeError::Empty`] where there is no
    /// layer.
    ///
    /// ```
    /// use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    ///
    /// let layer = |inputs, outputs| Dense::new(Matrix::zeros(inputs, outputs), vec![0.0; outputs], Activation::Relu);
    /// let error = Network::new(vec![layer(784, 50)?, layer(100, 10)?]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "network: layer 0 is 784x50 and layer 1 is 100x10: 50 outputs do not feed 100 inputs",
    /// );
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn new(layers: Vec<Dense>) -> Result<Network, ShapeError> {
        if layers.is_empty() {
            return Err(ShapeError::Empty {
                op: "network",
                shape: (0, 0),
            });
        }
        for (layer, pair) in layers.windows(2).enumerate() {
            if pair[0].outputs() != pair[1].inputs() {
                let (lhs, rhs) = (pair[0].weights().shape(), pair[1].weights().shape());
                return Err(ShapeError::Layers { layer, lhs, rhs });
            }
        }
        Ok(Network { layers })
    }

    /// The layers, first to last; at least one.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.layers().len(), 1);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// How many values a sample has.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.inputs(), 4);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, Dense::inputs)
    }

    /// How many values a result has; for a classifier, the number of classes.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.outputs(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    /// The results for a batch: batch × inputs gives batch × outputs.
    ///
    /// Row i is the same bits whatever the other rows are.
    ///
    /// # Errors
    /// [`ShapeError::Product`] where x has not as many columns as the network has inputs; [`ShapeError::OutOfMemory`]
    /// where the result cannot be held.
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 2), vec![1.0, 1.0], Activation::Softmax)?])?;
    /// assert_eq!(network.forward(&Matrix::ones(1, 4))?, matrix![[0.5, 0.5]]);
    /// let error = network.forward(&Matrix::ones(1, 5)).unwrap_err();
    /// assert_eq!(error.to_string(), "forward: cannot multiply 1x5 by 4x2: inner sizes 5 and 4 differ");
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn forward<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        let x = x.into();
        self.check_input("forward", x)?;
        let mut out = Matrix::try_filled(x.nrows(), self.outputs(), 0.0)?;
        self.run_once(x, &mut out, Last::Activated)?;
        Ok(out)
    }

    /// The class of each sample: the column of its largest result, the first of equals.
    ///
    /// A softmax at the end is left out, since it keeps the order: the class is told from its inputs, also where its
    /// results round to equal values. A NaN counts as the largest ([`Matrix::argmax_rows`]).
    ///
    /// # Errors
    /// As [`forward`](Network::forward).
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(network.predict(&matrix![[0.0, 0.1, 0.0], [0.3, 0.1, 0.2]])?, [1, 0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn predict<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Vec<usize>, ShapeError> {
        let x = x.into();
        self.check_input("predict", x)?;
        let mut out = Matrix::try_filled(x.nrows(), self.outputs(), 0.0)?;
        self.run_once(x, &mut out, Last::OnlyItsOrder)?;
        out.argmax_rows()
    }

    /// Classifies `x`, `batch` rows at a time, and compares with the true classes.
    ///
    /// # Errors
    /// [`ShapeError::Length`] where there is not one label for each row; as [`predict`](Network::predict) and
    /// [`Confusion::new`].
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(2), vec![0.0; 2], Activation::Softmax)?])?;
    /// let x = matrix![[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]];
    /// let confusion = network.evaluate(&x, &[0, 1, 1], 100)?;
    /// assert_eq!(confusion.correct(), 2);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn evaluate<'x>(
        &self,
        x: impl Into<MatrixView<'x>>,
        labels: &[usize],
        batch: usize,
    ) -> Result<Confusion, ShapeError> {
        let x = x.into();
        check_length("evaluate", x.nrows(), labels.len())?;
        let mut predicted = try_with_capacity(x.nrows(), 1)?;
        for batch in x.batches(batch) {
            predicted.extend(self.predict(batch)?);
        }
        Confusion::new(self.outputs(), labels, &predicted)
    }

    pub(super) fn check_input(
        &self,
        op: &'static str,
        x: MatrixView<'_>,
    ) -> Result<(), ShapeError> {
        self.layers
            .first()
            .map_or(Ok(()), |layer| layer.check_input(op, x))
    }

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

    /// A copy, or an error where there is no memory for it.
    pub(super) fn try_clone(&self) -> Result<Network, ShapeError> {
        let mut layers = try_with_capacity(self.layers.len(), 1)?;
        for layer in &self.layers {
            layers.push(layer.try_clone()?);
        }
        Ok(Network { layers })
    }

    /// The weights of each layer in packed form; none where the memory for the copy cannot be had.
    pub(super) fn packed(&self) -> Result<Vec<Option<PackedMatrix>>, ShapeError> {
        let mut packed = try_with_capacity(self.layers.len(), 1)?;
        let weights = self.layers.iter().map(Dense::weights);
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
            .layers
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
        parallel(parts, &|_| {
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
        let sample = self.layers.iter().map(layer).fold(0, usize::saturating_add);
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
            for (i, layer) in self.layers.iter().enumerate() {
                let input = match i {
                    0 => x,
                    _ => MatrixView::from_slice(rows, layer.inputs(), from)?,
                };
                let packed = packed.get(i).and_then(Option::as_ref);
                if i + 1 < self.layers.len() {
                    // Reserved already, but for a pair that had to be made on the way.
                    reserve(to, rows, layer.outputs())?;
                    to.resize(rows * layer.outputs(), 0.0);
                    layer.forward_into(input, packed, to, true)?;
                    // The references trade places, not what they point to: the next call finds each buffer where it
                    // needs its size.
                    swap(&mut from, &mut to);
                } else {
                    let activated = last == Last::Activated || !layer.activation().keeps_maximum();
                    layer.forward_into(input, packed, out, activated)?;
                }
            }
        }
        Ok(())
    }
}

/// Rows that are taken through all layers before the next ones.
const ROWS_AT_A_TIME: usize = 64;

/// Rows that a thread should have at least: a tile's.
const ROWS_WORTH_A_THREAD: usize = 8;

/// Batches from this size on are worth a packed copy of the weights.
const ROWS_WORTH_PACKING: usize = 256;

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
            reserve(buffer, rows, cols)?;
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

/// Makes room for rows × cols values, which are known not to overflow.
fn reserve(buffer: &mut Vec<f64>, rows: usize, cols: usize) -> Result<(), ShapeError> {
    let more = (rows * cols).saturating_sub(buffer.len());
    buffer
        .try_reserve_exact(more)
        .map_err(|_| ShapeError::OutOfMemory {
            shape: (rows, cols),
        })
}

/// What is wanted of the last activation.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Last {
    /// Its values.
    Activated,
    /// Where the maximum of each row stands: left out where it does not move it.
    OnlyItsOrder,
}

impl fmt::Display for Network {
    /// A line a layer: inputs → outputs, activation, number of parameters; then their total.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut total = 0;
        for (i, layer) in self.layers.iter().enumerate() {
            let parameters = layer.weights().len() + layer.bias().len();
            total += parameters;
            let sizes = format!("{} -> {}", layer.inputs(), layer.outputs());
            writeln!(
                f,
                "layer {i}: {sizes:<14} {:<9} {parameters:>9} parameters",
                layer.activation()
            )?;
        }
        write!(f, "{total} parameters")
    }
}
