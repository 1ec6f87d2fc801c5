//! A network as one `.npz`: the arrays `w1`, `b1`, `w2`, `b2`, ... and the text array `activations`.

use super::bytes::quoted;
use super::{Error, Npz, NpzWriter};
use crate::nn::{Activation, Dense, Network};
use std::io::Write;
use std::path::Path;

const ACTIVATIONS: &str = "activations";

impl Network {
    /// Reads a network from an `.npz` file that [`save`](Network::save) or NumPy wrote.
    ///
    /// In NumPy:
    ///
    /// ```python
    /// np.savez("net.npz", w1=w1, b1=b1, w2=w2, b2=b2, activations=np.array(["sigmoid", "softmax"]))
    /// ```
    ///
    /// # Errors
    /// As [`from_npz`](Network::from_npz), and [`Error::Io`] where the file cannot be read.
    ///
    /// ```
    /// use rowmajor::nn::Network;
    ///
    /// let network = Network::load("examples/data/digits-network.npz")?;
    /// assert_eq!((network.inputs(), network.outputs()), (64, 10));
    /// let error = Network::load("no-such-file.npz").unwrap_err();
    /// assert!(error.to_string().starts_with("no-such-file.npz: "));
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Network, Error> {
        Self::from_npz(&Npz::load(path)?)
    }

    /// The network that an archive holds: as many layers as `activations` has names; `w1` (inputs × outputs), `b1`
    /// (one value per output) and so on, also spelt `W1`. Other arrays are passed over.
    ///
    /// # Errors
    /// [`Error::Missing`] names an array that is not there, [`Error::Kind`] and [`Error::Value`] say which array holds
    /// something else than it should, [`Error::Shape`] which layers do not fit.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    /// use rowmajor::{matrix, nn::Network};
    ///
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.matrix("w1", &matrix![[0.5], [0.5]])?.vector("b1", &[-0.7])?.text("activations", &["step"])?;
    /// let and = Network::from_npz(&Npz::from_bytes(npz.finish()?)?)?;
    /// assert_eq!(and.forward(&matrix![[1.0, 1.0]])?, matrix![[1.0]]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn from_npz(npz: &Npz) -> Result<Network, Error> {
        let array = npz.get(ACTIVATIONS)?;
        let origin = array.origin().clone();
        let names = array.into_text()?;
        let mut activations = origin.try_vec(names.len())?;
        for (index, name) in names.iter().enumerate() {
            let activation = name
                .parse()
                .map_err(|_| origin.value(index, Activation::NAMES, quoted(name)))?;
            activations.push(activation);
        }
        Self::from_npz_with(npz, &activations)
    }

    /// The network whose weights an archive holds, where the activations are known from elsewhere: one layer for each,
    /// from the arrays `w1`, `b1` and so on, also spelt `W1`.
    ///
    /// # Errors
    /// As [`from_npz`](Network::from_npz); weights of one layer more than there are activations are an error too.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    /// use rowmajor::{matrix, nn::{Activation, Network}};
    ///
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.matrix("W1", &matrix![[2.0]])?.vector("b1", &[1.0])?;
    /// let network = Network::from_npz_with(&Npz::from_bytes(npz.finish()?)?, &[Activation::Identity])?;
    /// assert_eq!(network.forward(&matrix![[3.0]])?, matrix![[7.0]]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn from_npz_with(npz: &Npz, activations: &[Activation]) -> Result<Network, Error> {
        let mut layers = npz.origin().try_vec(activations.len())?;
        for (i, &activation) in activations.iter().enumerate() {
            let weights = npz.get(&weights_name(npz, i + 1))?.into_table()?;
            let bias = npz.get(&format!("b{}", i + 1))?;
            let origin = bias.origin().clone();
            let bias = bias.into_vector()?;
            if bias.len() != weights.ncols() {
                let (rows, cols) = weights.shape();
                let expected = "a value for each column of the weights, inputs x outputs";
                return Err(origin.kind(expected, format!("{} for {rows}x{cols}", bias.len())));
            }
            layers.push(Dense::new(weights, bias, activation)?);
        }
        let beyond = weights_name(npz, activations.len() + 1);
        if npz.contains(&beyond) {
            let found = format!("{} activations and an array {beyond:?}", activations.len());
            return Err(npz.origin().kind("one activation for each layer", found));
        }
        Ok(Network::new(layers)?)
    }

    /// Writes the network to an `.npz` file: `w1`, `b1`, ..., `activations`. The file appears complete or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be written.
    ///
    /// ```
    /// use rowmajor::{matrix, nn::{Activation, Dense, Network}};
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[0.5], [0.5]], vec![-0.7], Activation::Step)?])?;
    /// let path = std::env::temp_dir().join(format!("rowmajor-doc-{}.npz", std::process::id()));
    /// network.save(&path)?;
    /// assert_eq!(Network::load(&path)?, network);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        NpzWriter::save(path, |npz| self.write_npz(npz))
    }

    /// Adds the network's arrays to an archive, which may hold others besides.
    ///
    /// # Errors
    /// [`Error::Io`] where the writer fails, [`Error::Name`] where the archive has an array of one of the names.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    /// use rowmajor::{matrix, nn::{Activation, Dense, Network}};
    ///
    /// let network = Network::new(vec![Dense::new(matrix![[1.0]], vec![0.0], Activation::Tanh)?])?;
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.vector("pixel_means", &[0.13])?;
    /// network.write_npz(&mut npz)?;
    /// let npz = Npz::from_bytes(npz.finish()?)?;
    /// assert_eq!(npz.names().collect::<Vec<_>>(), ["pixel_means", "w1", "b1", "activations"]);
    /// assert_eq!(Network::from_npz(&npz)?, network);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn write_npz<W: Write>(&self, npz: &mut NpzWriter<W>) -> Result<(), Error> {
        for (i, layer) in self.layers().iter().enumerate() {
            npz.matrix(&format!("w{}", i + 1), layer.weights())?;
            npz.vector(&format!("b{}", i + 1), layer.bias())?;
        }
        let mut names = npz.origin().try_vec(self.layers().len())?;
        names.extend(self.layers().iter().map(|layer| layer.activation().name()));
        npz.text(ACTIVATIONS, &names)?;
        Ok(())
    }
}

/// `w1`, or `W1` where only that is there.
fn weights_name(npz: &Npz, layer: usize) -> String {
    let (small, capital) = (format!("w{layer}"), format!("W{layer}"));
    if npz.contains(&capital) && !npz.contains(&small) {
        capital
    } else {
        small
    }
}
