//! Preprocessing steps in an `.npz`: the text array `steps` and the arrays `step1_mean`, `step1_scale`, ... of each,
//! beside the network's.

use super::error::Origin;
use super::{Error, Npz, NpzWriter};
use crate::preprocess::{self, Impute, MinMax, Pipeline, Standardize, Step, Whiten, WhiteningKind};
use std::io::Write;

const STEPS: &str = "steps";
const IMPUTE: &str = "impute";
const MIN_MAX: &str = "min_max";
const STANDARDIZE: &str = "standardize";
const WHITEN_PCA: &str = "whiten_pca";
const WHITEN_ZCA: &str = "whiten_zca";

impl Pipeline {
    /// The steps that an archive holds; none where it has no array `steps`, as an archive of a network alone.
    ///
    /// | name in `steps` | arrays of step i |
    /// | --- | --- |
    /// | `impute` | `stepI_fill` (a value a column; scikit-learn's `statistics_`) |
    /// | `min_max` | `stepI_min`, `stepI_max` (a value a column), `stepI_range` (low, high) |
    /// | `standardize` | `stepI_mean`, `stepI_scale` (a value a column) |
    /// | `whiten_pca`, `whiten_zca` | `stepI_mean`, `stepI_components` (components × columns), `stepI_variances`, `stepI_epsilon` |
    ///
    /// In NumPy, for a scikit-learn scaler:
    ///
    /// ```python
    /// np.savez("net.npz", steps=np.array(["standardize"]), step1_mean=scaler.mean_, step1_scale=scaler.scale_, w1=w1)
    /// ```
    ///
    /// # Errors
    /// [`Error::Missing`] names an array that is not there, [`Error::Kind`] and [`Error::Value`] say which array holds
    /// something else than it should, [`Error::Shape`] which sizes do not fit.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    /// use rowmajor::{matrix, preprocess::Pipeline};
    ///
    /// let mut npz = NpzWriter::new(Vec::new());
    /// npz.text("steps", &["standardize"])?.vector("step1_mean", &[3.0])?.vector("step1_scale", &[2.0])?;
    /// let pipeline = Pipeline::from_npz(&Npz::from_bytes(npz.finish()?)?)?;
    /// assert_eq!(pipeline.transform(&matrix![[7.0]])?, matrix![[2.0]]);
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn from_npz(npz: &Npz) -> Result<Pipeline, Error> {
        if !npz.contains(STEPS) {
            return Ok(Pipeline::default());
        }
        let array = npz.get(STEPS)?;
        let origin = array.origin().clone();
        let names = array.into_text()?;
        let mut steps = origin.try_vec(names.len())?;
        for (index, name) in names.iter().enumerate() {
            let read = Read {
                npz,
                number: index + 1,
            };
            steps.push(match name.as_str() {
                IMPUTE => read.impute()?,
                MIN_MAX => read.min_max()?,
                STANDARDIZE => read.standardize()?,
                WHITEN_PCA => read.whiten(WhiteningKind::Pca)?,
                WHITEN_ZCA => read.whiten(WhiteningKind::Zca)?,
                _ => {
                    let expected = "impute, min_max, standardize, whiten_pca or whiten_zca";
                    return Err(origin.value(index, expected, format!("{name:?}")));
                }
            });
        }
        Ok(Pipeline::new(steps)?)
    }

    /// Adds the steps' arrays to an archive, which may hold a network, or other arrays, besides.
    ///
    /// # Errors
    /// [`Error::Io`] where the writer fails, [`Error::Name`] where the archive has an array of one of the names.
    ///
    /// ```
    /// use rowmajor::io::{Npz, NpzWriter};
    /// use rowmajor::nn::{Activation, Dense, Network};
    /// use rowmajor::{matrix, preprocess::{Pipeline, Standardize}};
    ///
    /// let standardize = Standardize::fit(&matrix![[1.0, 2.0], [3.0, 8.0]]).unwrap();
    /// let pipeline = Pipeline::new(vec![standardize.into()])?;
    /// let network = Network::new(vec![Dense::new(matrix![[1.0], [1.0]], vec![0.0], Activation::Tanh)?])?;
    ///
    /// let path = std::env::temp_dir().join(format!("rowmajor-doc-{}.npz", std::process::id()));
    /// NpzWriter::save(&path, |npz| {
    ///     pipeline.write_npz(npz)?;
    ///     network.write_npz(npz)
    /// })?;
    ///
    /// let npz = Npz::load(&path)?;
    /// assert_eq!(Pipeline::from_npz(&npz)?, pipeline);
    /// assert_eq!(Network::from_npz(&npz)?, network);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn write_npz<W: Write>(&self, npz: &mut NpzWriter<W>) -> Result<(), Error> {
        let mut names = npz.origin().try_vec(self.steps().len())?;
        for (index, step) in self.steps().iter().enumerate() {
            let name = |part| array_name(index + 1, part);
            names.push(match step {
                Step::Impute(step) => {
                    npz.vector(&name("fill"), step.fill())?;
                    IMPUTE
                }
                Step::MinMax(step) => {
                    let (low, high) = step.range();
                    npz.vector(&name("min"), step.min())?
                        .vector(&name("max"), step.max())?
                        .vector(&name("range"), &[low, high])?;
                    MIN_MAX
                }
                Step::Standardize(step) => {
                    npz.vector(&name("mean"), step.mean())?
                        .vector(&name("scale"), step.scale())?;
                    STANDARDIZE
                }
                Step::Whiten(step) => {
                    npz.vector(&name("mean"), step.mean())?
                        .matrix(&name("components"), step.components())?
                        .vector(&name("variances"), step.variances())?
                        .vector(&name("epsilon"), &[step.epsilon()])?;
                    match step.kind() {
                        WhiteningKind::Pca => WHITEN_PCA,
                        WhiteningKind::Zca => WHITEN_ZCA,
                    }
                }
            });
        }
        npz.text(STEPS, &names)?;
        Ok(())
    }
}

fn array_name(number: usize, part: &str) -> String {
    format!("step{number}_{part}")
}

/// The arrays of one step.
struct Read<'a> {
    npz: &'a Npz,
    number: usize,
}

impl Read<'_> {
    fn vector(&self, part: &str) -> Result<Vec<f64>, Error> {
        self.npz.vector(&array_name(self.number, part))
    }

    fn numbers<const N: usize>(
        &self,
        part: &str,
        expected: &'static str,
    ) -> Result<[f64; N], Error> {
        let array = self.npz.get(&array_name(self.number, part))?;
        let origin = array.origin().clone();
        let values = array.into_vec()?;
        let found = |values: Vec<f64>| origin.kind(expected, format!("{} numbers", values.len()));
        values.try_into().map_err(found)
    }

    fn impute(&self) -> Result<Step, Error> {
        let step = Impute::new(self.vector("fill")?);
        Ok(step.map_err(|error| self.refused(error))?.into())
    }

    fn min_max(&self) -> Result<Step, Error> {
        let [low, high] = self.numbers("range", "two numbers, low and high")?;
        let step = MinMax::new(self.vector("min")?, self.vector("max")?, low, high);
        Ok(step.map_err(|error| self.refused(error))?.into())
    }

    fn standardize(&self) -> Result<Step, Error> {
        let step = Standardize::new(self.vector("mean")?, self.vector("scale")?);
        Ok(step.map_err(|error| self.refused(error))?.into())
    }

    fn whiten(&self, kind: WhiteningKind) -> Result<Step, Error> {
        let [epsilon] = self.numbers("epsilon", "one number")?;
        let components = self.npz.get(&array_name(self.number, "components"))?;
        let (mean, variances) = (self.vector("mean")?, self.vector("variances")?);
        let step = Whiten::new(kind, mean, components.into_table()?, variances, epsilon);
        Ok(step.map_err(|error| self.refused(error))?.into())
    }

    /// Arrays that are sound, but make no step.
    fn refused(&self, error: preprocess::Error) -> Error {
        let origin: &Origin = self.npz.origin();
        match error {
            preprocess::Error::Shape(error) => error.into(),
            error => origin.kind(
                "a preprocessing step",
                format!("step {}: {error}", self.number),
            ),
        }
    }
}
