//! The MNIST folder as downloaded.

use super::error::{Error, Origin};
use super::{Array, load_idx, shape_text};
use crate::Matrix;
use std::path::{Path, PathBuf};

/// Images and their labels, from the four files of MNIST and of the data sets that use its names and format
/// (Fashion-MNIST, KMNIST).
///
/// ```
/// use rowmajor::io::{Mnist, MnistSet};
///
/// let folder = std::env::temp_dir().join(format!("rowmajor-doc-mnist-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// // One image of 2×2 pixels, and its label.
/// let image = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 51, 102, 255];
/// std::fs::write(folder.join("t10k-images-idx3-ubyte"), image)?;
/// std::fs::write(folder.join("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 7])?;
///
/// let test = Mnist::load(&folder, MnistSet::Test)?;
/// assert_eq!(test.images, rowmajor::matrix![[0.0, 51.0, 102.0, 255.0]]);
/// assert_eq!((test.labels, test.height, test.width), (vec![7], 2, 2));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Mnist {
    /// One image a row: its pixels from the upper left, row by row, 0 (background) to 255.
    pub images: Matrix,
    /// The class of each image.
    pub labels: Vec<usize>,
    /// How many rows of pixels an image has.
    pub height: usize,
    /// How many pixels a row has.
    pub width: usize,
}

/// Which of the two sets: MNIST has 60000 images to train with and 10000 to test with.
///
/// ```
/// use rowmajor::io::{Mnist, MnistSet};
///
/// // The error lists the names that were looked for.
/// let error = Mnist::load("no-such-folder", MnistSet::Train).unwrap_err();
/// assert!(error.to_string().contains("train-images-idx3-ubyte.gz"));
/// let error = Mnist::load("no-such-folder", MnistSet::Test).unwrap_err();
/// assert!(error.to_string().contains("t10k-images-idx3-ubyte.gz"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MnistSet {
    /// The files whose names start with `train`.
    Train,
    /// The files whose names start with `t10k`.
    Test,
}

impl MnistSet {
    fn prefix(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "t10k",
        }
    }
}

impl Mnist {
    /// Loads one set from the folder with its two files: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or
    /// the same with `t10k`. They may be gzipped or not, with `.gz` at the end or not, and with `.` in place of the
    /// second hyphen, as some tools unpack them.
    ///
    /// # Errors
    /// [`Error::Io`] where a file is not there (the error lists the names that were looked for) or cannot be read;
    /// [`Error::Kind`] where the images do not have three axes, or the labels another number; else as [`load_idx`]
    /// and [`Array::to_labels`].
    ///
    /// ```no_run
    /// use rowmajor::io::{Mnist, MnistSet};
    ///
    /// let train = Mnist::load("data/mnist", MnistSet::Train)?.scaled();
    /// assert_eq!(train.images.shape(), (60_000, 784)); // 28×28 pixels from 0 to 1
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    pub fn load(folder: impl AsRef<Path>, set: MnistSet) -> Result<Mnist, Error> {
        let folder = folder.as_ref();
        let images = find(folder, set, "images", "idx3")?;
        let labels = find(folder, set, "labels", "idx1")?;
        Self::from_arrays(load_idx(images)?, load_idx(labels)?)
    }

    fn from_arrays(images: Array, labels: Array) -> Result<Mnist, Error> {
        let &[count, height, width] = images.shape() else {
            let found = format!("shape {}", shape_text(images.shape()));
            let expected = "images (three axes: image, row, column)";
            return Err(images.origin().kind(expected, found));
        };
        let of_labels = labels.origin().clone();
        let labels = labels.to_labels()?;
        if labels.len() != count {
            let found = format!("{} labels for {count} images", labels.len());
            return Err(of_labels.kind("one label for each image", found));
        }
        Ok(Mnist {
            images: images.into_matrix()?,
            labels,
            height,
            width,
        })
    }

    /// The same with every pixel divided by 255: from 0 to 1.
    ///
    /// ```no_run
    /// use rowmajor::io::{Mnist, MnistSet};
    ///
    /// let test = Mnist::load("data/mnist", MnistSet::Test)?.scaled();
    /// assert_eq!(test.images.max(), Some(1.0));
    /// # Ok::<(), rowmajor::io::Error>(())
    /// ```
    #[must_use]
    pub fn scaled(mut self) -> Mnist {
        self.images
            .as_mut_slice()
            .iter_mut()
            .for_each(|pixel| *pixel /= 255.0);
        self
    }
}

/// The file that holds `what`, under any of its names.
fn find(folder: &Path, set: MnistSet, what: &str, axes: &str) -> Result<PathBuf, Error> {
    let set = set.prefix();
    let names = ["-", "."].map(|mark| format!("{set}-{what}{mark}{axes}-ubyte"));
    let mut looked_for = Vec::new();
    for suffix in ["", ".gz"] {
        for name in &names {
            let name = format!("{name}{suffix}");
            let path = folder.join(&name);
            // Whatever else is wrong with it is said when it is opened.
            if path.is_file() {
                return Ok(path);
            }
            looked_for.push(name);
        }
    }
    let text = format!("none of the files {}", looked_for.join(", "));
    let source = std::io::Error::new(std::io::ErrorKind::NotFound, text);
    Err(Origin::file(folder).io(source))
}
