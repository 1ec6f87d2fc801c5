//! A network made ready to be called often.

use super::Network;
use super::run::{Last, Scratch};
use crate::matrix::or_fail;
use crate::{Matrix, MatrixView, MatrixViewMut, PackedMatrix, ShapeError};

/// A network with its weights packed and its buffers kept: no allocation per call after the first of a batch size.
///
/// Gives the same bits as [`Network::forward`]. It can be shared: any number of threads may call it at once, each
/// with buffers of its own that the next call takes over.
///
/// ```
/// use rowmajor::{Matrix, nn::{Activation, Dense, Network, Predictor}};
///
/// let network = Network::new(vec![
///     Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Sigmoid)?,
///     Dense::new(Matrix::ones(3, 2), vec![0.0; 2], Activation::Softmax)?,
/// ])?;
/// let predictor = Predictor::new(&network);
/// let images = Matrix::zeros(250, 3);
/// let mut out = Matrix::zeros(250, 2);
/// for (batch, out) in images.batches(100).zip(out.batches_mut(100)) {
///     predictor.forward_into(batch, out)?; // the last batch has 50 rows
/// }
/// assert_eq!(out.row(249), [0.5, 0.5]);
/// # Ok::<(), rowmajor::ShapeError>(())
/// ```
#[derive(Debug)]
pub struct Predictor {
    network: Network,
    /// The weights of each layer; none where the memory for the copy could not be had: they are then read as they are.
    packed: Vec<Option<PackedMatrix>>,
    scratch: Scratch,
}

impl Predictor {
    /// Makes a network ready; the network is copied, and its weights once more in packed form.
    ///
    /// # Panics
    /// Where allocating the copy of the network fails; [`try_new`](Predictor::try_new) returns an error.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network, Predictor}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Tanh)?])?;
    /// assert_eq!(Predictor::new(&network).network(), &network);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    #[track_caller]
    pub fn new(network: &Network) -> Predictor {
        or_fail(Self::try_new(network))
    }

    /// Makes a network ready, as [`new`](Predictor::new) does.
    ///
    /// # Errors
    /// [`ShapeError::OutOfMemory`] where allocating the copy of the network fails. Where that of the packed form
    /// fails, it does without.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network, Predictor}};
    /// let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Tanh)?])?;
    /// assert_eq!(Predictor::try_new(&network)?.network(), &network);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn try_new(network: &Network) -> Result<Predictor, ShapeError> {
        Ok(Predictor {
            network: network.try_clone()?,
            packed: network.packed()?,
            scratch: Scratch::default(),
        })
    }

    /// The network.
    ///
    /// ```
    /// # use rowmajor::{Matrix, nn::{Activation, Dense, Network, Predictor}};
    /// # let network = Network::new(vec![Dense::new(Matrix::zeros(4, 3), vec![0.0; 3], Activation::Tanh)?])?;
    /// assert_eq!(Predictor::new(&network).network().outputs(), 3);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// [`Network::forward`], with the weights as packed once; the result is allocated.
    ///
    /// # Errors
    /// As [`Network::forward`].
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network, Predictor}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(2), vec![1.0, 2.0], Activation::Identity)?])?;
    /// assert_eq!(Predictor::new(&network).forward(&matrix![[10.0, 20.0]])?, matrix![[11.0, 22.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn forward<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Matrix, ShapeError> {
        self.run("forward", x.into(), Last::Activated)
    }

    /// [`Network::predict`], with the weights as packed once: the class of each sample.
    ///
    /// # Errors
    /// As [`Network::predict`].
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network, Predictor}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(3), vec![0.0; 3], Activation::Softmax)?])?;
    /// assert_eq!(Predictor::new(&network).predict(&matrix![[0.0, 0.1, 0.0], [0.3, 0.1, 0.2]])?, [1, 0]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn predict<'x>(&self, x: impl Into<MatrixView<'x>>) -> Result<Vec<usize>, ShapeError> {
        self.network.check_classes("predict")?;
        let out = self.run("predict", x.into(), Last::Class)?;
        self.network.classes_of(&out)
    }

    fn run(&self, op: &'static str, x: MatrixView<'_>, last: Last) -> Result<Matrix, ShapeError> {
        self.network.check_input(op, x)?;
        let mut out = Matrix::try_filled(x.nrows(), self.network.outputs(), 0.0)?;
        self.network
            .run(x, &self.packed, &self.scratch, out.as_mut_slice(), last)?;
        Ok(out)
    }

    /// [`Network::forward`] into `out`, which is only written: batch × inputs gives batch × outputs.
    ///
    /// `out` is a matrix, or a view of rows of one: [`view_rows_mut`](Matrix::view_rows_mut) of a batch's buffer takes a
    /// short batch. A view of some columns is written row by row, which is slower.
    ///
    /// # Errors
    /// [`ShapeError::Product`] where x has not as many columns as the network has inputs, [`ShapeError::Output`] where
    /// `out` is not batch × outputs, [`ShapeError::OutOfMemory`] where allocation fails.
    ///
    /// ```
    /// # use rowmajor::{Matrix, matrix, nn::{Activation, Dense, Network, Predictor}};
    /// let network = Network::new(vec![Dense::new(Matrix::identity(2), vec![1.0, 2.0], Activation::Identity)?])?;
    /// let mut out = Matrix::zeros(1, 2);
    /// Predictor::new(&network).forward_into(&matrix![[10.0, 20.0]], &mut out)?;
    /// assert_eq!(out, matrix![[11.0, 22.0]]);
    /// # Ok::<(), rowmajor::ShapeError>(())
    /// ```
    pub fn forward_into<'x, 'out>(
        &self,
        x: impl Into<MatrixView<'x>>,
        out: impl Into<MatrixViewMut<'out>>,
    ) -> Result<(), ShapeError> {
        let (x, out) = (x.into(), out.into());
        self.network.check_input("forward_into", x)?;
        let expected = (x.nrows(), self.network.outputs());
        if out.shape() != expected {
            return Err(ShapeError::Output {
                op: "forward_into",
                expected,
                found: out.shape(),
            });
        }
        let run = |x, values| {
            let last = Last::Activated;
            self.network
                .run(x, &self.packed, &self.scratch, values, last)
        };
        match out.into_contiguous() {
            Ok(values) => run(x, values),
            Err(mut out) => {
                let mut rows = x.batches(1).zip(out.rows_mut());
                rows.try_for_each(|(x, out)| run(x, out))
            }
        }
    }
}
