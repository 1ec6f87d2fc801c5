//! The folder of MNIST, small: names, packing, and files that do not belong together.

use crate::deflater::gzip;
use rowmajor::io::{Error, Mnist, MnistSet};
use rowmajor::matrix;
use std::path::PathBuf;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rowmajor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> &Self {
        std::fs::write(self.0.join(name), bytes).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Two images of 2×3 pixels.
const IMAGES: [u8; 28] = [
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, //
    0, 1, 2, 3, 4, 5, 51, 102, 153, 204, 254, 255,
];
const LABELS: [u8; 10] = [0, 0, 8, 1, 0, 0, 0, 2, 3, 9];

#[test]
fn both_sets_both_spellings_packed_or_not() {
    for (set, prefix) in [(MnistSet::Train, "train"), (MnistSet::Test, "t10k")] {
        for mark in ["-", "."] {
            for (suffix, packed) in [("", false), (".gz", true), ("", true), (".gz", false)] {
                let folder = Folder::new("mnist-names");
                let pack = |bytes: &[u8]| if packed { gzip(bytes) } else { bytes.to_vec() };
                folder
                    .write(
                        &format!("{prefix}-images{mark}idx3-ubyte{suffix}"),
                        &pack(&IMAGES),
                    )
                    .write(
                        &format!("{prefix}-labels{mark}idx1-ubyte{suffix}"),
                        &pack(&LABELS),
                    );
                let mnist = Mnist::load(&folder.0, set).unwrap();
                let want = matrix![
                    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
                    [51.0, 102.0, 153.0, 204.0, 254.0, 255.0]
                ];
                assert_eq!(mnist.images, want);
                assert_eq!(
                    (mnist.labels.as_slice(), mnist.height, mnist.width),
                    (&[3, 9][..], 2, 3)
                );
                let scaled = mnist.scaled();
                assert_eq!(
                    scaled.images.as_slice()[6..],
                    [0.2, 0.4, 0.6, 0.8, 254.0 / 255.0, 1.0]
                );
                assert_eq!(
                    (scaled.labels, scaled.height, scaled.width),
                    (vec![3, 9], 2, 3)
                );
            }
        }
    }
}

#[test]
fn a_folder_beside_the_file_of_its_name_is_no_file() {
    let folder = Folder::new("mnist-folders");
    std::fs::create_dir(folder.0.join("t10k-images-idx3-ubyte")).unwrap();
    folder
        .write("t10k-images.idx3-ubyte", &IMAGES)
        .write("t10k-labels-idx1-ubyte.gz", &gzip(&LABELS));
    assert_eq!(
        Mnist::load(&folder.0, MnistSet::Test).unwrap().labels,
        [3, 9]
    );
}

#[test]
fn a_missing_file_is_an_error_with_the_names_looked_for() {
    let folder = Folder::new("mnist-missing");
    let text = |set| {
        let error = Mnist::load(&folder.0, set).unwrap_err();
        let Error::Io { source, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
        error.to_string()
    };
    let want = format!(
        "{}: none of the files train-images-idx3-ubyte, train-images.idx3-ubyte, train-images-idx3-ubyte.gz, \
         train-images.idx3-ubyte.gz",
        folder.0.display()
    );
    assert_eq!(text(MnistSet::Train), want);
    folder.write("t10k-images-idx3-ubyte", &IMAGES);
    assert!(text(MnistSet::Test).contains("none of the files t10k-labels-idx1-ubyte, "));
}

#[test]
fn files_that_do_not_belong_together_are_an_error() {
    let folder = Folder::new("mnist-mixed");
    let (images, labels) = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
    let text = || {
        Mnist::load(&folder.0, MnistSet::Test)
            .unwrap_err()
            .to_string()
    };
    folder
        .write(images, &IMAGES)
        .write(labels, &[0, 0, 8, 1, 0, 0, 0, 1, 3]);
    assert!(text().ends_with(
        "t10k-labels-idx1-ubyte: expected one label for each image, found 1 labels for 2 images"
    ));
    folder.write(images, &LABELS);
    assert!(text().ends_with(
        "images-idx3-ubyte: expected images (three axes: image, row, column), found shape (2,)"
    ));
    folder.write(images, &IMAGES).write(labels, &IMAGES);
    assert!(
        text().ends_with("labels-idx1-ubyte: expected a list (one axis), found shape (2, 2, 3)")
    );
    folder.write(labels, &[0, 0, 9, 1, 0, 0, 0, 2, 3, 255]);
    assert!(
        text().ends_with("value 1: expected a class label (a whole number from 0), found -1.0")
    );
    folder.write(images, &IMAGES[..20]);
    assert!(text().contains("t10k-images-idx3-ubyte: idx, byte 16: expected 12 bytes"));
}
