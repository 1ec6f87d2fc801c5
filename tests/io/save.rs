//! Saving to a path: a whole file or none, and nothing left lying beside it.

use rowmajor::io::{Error, Npz, NpzWriter, load_npy, save_npy};
use rowmajor::matrix;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rowmajor-io-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_saved_file_replaces_the_old_one_and_leaves_nothing_beside_it() {
    let folder = Folder::new("replace");
    let path = folder.path("m.npy");
    for value in [1.0, 2.0] {
        let m = matrix![[value, 3.0]];
        save_npy(&path, &m).unwrap();
        assert_eq!(load_npy(&path).unwrap().into_matrix().unwrap(), m);
    }
    assert_eq!(folder.names(), ["m.npy"]);
}

/// What a process of the same number left when it was killed is neither used nor in the way.
#[test]
fn a_temporary_name_that_is_taken_is_passed_over() {
    let folder = Folder::new("taken");
    let taken = |count| folder.path(&format!(".m.npy.{}-{count}.tmp", std::process::id()));
    // Other tests of this process count on meanwhile.
    (0..1000).for_each(|count| fs::write(taken(count), "left").unwrap());
    save_npy(folder.path("m.npy"), &matrix![[1.0]]).unwrap();
    assert_eq!(folder.names().len(), 1001);
    assert!((0..1000).all(|count| fs::read(taken(count)).unwrap() == b"left"));
}

#[test]
fn an_interrupted_save_leaves_the_old_file_as_it_was() {
    let folder = Folder::new("interrupt");
    let path = folder.path("net.npz");
    NpzWriter::save(&path, |npz| npz.vector("b1", &[1.0]).map(|_| ())).unwrap();
    let before = fs::read(&path).unwrap();

    let error = NpzWriter::save(&path, |npz| {
        npz.vector("b1", &vec![2.0; 100_000])?;
        npz.vector("b1", &[3.0]).map(|_| ())
    });
    assert!(matches!(error, Err(Error::Name { path: Some(_), .. })));
    assert_eq!(fs::read(&path).unwrap(), before);

    let panicked = std::panic::catch_unwind(|| {
        NpzWriter::save(&path, |npz| {
            npz.vector("b1", &vec![2.0; 100_000])?;
            panic!("in the middle")
        })
    });
    assert!(panicked.is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(folder.names(), ["net.npz"]);
}

#[test]
fn a_save_that_cannot_be_is_an_error_with_the_path() {
    let folder = Folder::new("cannot");
    for path in [folder.path("no/such/folder/m.npy"), folder.0.clone()] {
        match save_npy(&path, &matrix![[1.0]]) {
            Err(Error::Io {
                path: Some(found), ..
            }) => assert_eq!(found, path),
            other => panic!("{other:?}"),
        }
    }
    for path in ["", "/", ".."] {
        assert!(
            matches!(save_npy(path, &matrix![[1.0]]), Err(Error::Io { .. })),
            "{path:?}"
        );
    }
    assert!(folder.names().is_empty());
}

#[test]
fn a_bare_file_name_is_saved_in_the_current_folder() {
    let name = format!("rowmajor-io-bare-{}.npz", std::process::id());
    let saved = NpzWriter::save(&name, |npz| npz.labels("y", &[1]).map(|_| ()));
    let read = Npz::load(&name).and_then(|npz| npz.labels("y"));
    let _ = fs::remove_file(&name);
    saved.unwrap();
    assert_eq!(read.unwrap(), [1]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_permissions_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new("links");
    let (file, link) = (folder.path("m.npy"), folder.path("link.npy"));
    save_npy(&file, &matrix![[1.0]]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&file, &link).unwrap();
    save_npy(&link, &matrix![[2.0]]).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(load_npy(&file).unwrap().as_slice().unwrap(), [2.0]);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(folder.names(), ["link.npy", "m.npy"]);
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    save_npy("/dev/null", &matrix![[1.0]]).unwrap();
    assert!(
        fs::metadata(Path::new("/dev/null"))
            .unwrap()
            .file_type()
            .is_char_device()
    );
}
