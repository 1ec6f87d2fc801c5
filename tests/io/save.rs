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
            }) => assert_eq!(*found, *path),
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

/// A writer that has room for so many bytes, as a disk has.
struct Disk(usize);

impl std::io::Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        match taken {
            0 if !bytes.is_empty() => Err(std::io::ErrorKind::StorageFull.into()),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_fills_up_is_an_error_at_every_byte() {
    let m = matrix![[1.0, 2.0], [3.0, 4.0]];
    let write = |npz: &mut NpzWriter<Disk>| npz.matrix("m", &m).map(|_| ());
    let mut bytes = Vec::new();
    let mut npz = NpzWriter::new(&mut bytes);
    npz.matrix("m", &m).unwrap();
    npz.finish().unwrap();
    for room in 0..=bytes.len() {
        let mut npz = NpzWriter::new(Disk(room));
        let saved = write(&mut npz).and_then(|()| npz.finish().map(|_| ()));
        match saved {
            Ok(()) => assert_eq!(room, bytes.len()),
            Err(Error::Io { source, .. }) => {
                assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
                assert!(room < bytes.len());
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// What is written to is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    let saved = save_npy("/dev/full", &matrix![[1.0]]);
    assert!(
        matches!(&saved, Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::StorageFull),
        "{saved:?}"
    );
}

/// This test as a process of its own, which saves one network after the other and is killed in the middle: the file
/// that is there is always a whole one.
#[cfg(unix)]
#[test]
fn a_process_that_is_killed_leaves_a_whole_network() {
    use rowmajor::nn::{Activation, Dense, Network};
    const CHILD: &str = "ROWMAJOR_TEST_SAVES_TO";
    /// Large enough that saving takes its time; all its values say which one it is.
    fn network(number: usize) -> Network {
        let value = number as f64;
        let layer = |inputs, outputs| {
            let weights = rowmajor::Matrix::filled(inputs, outputs, value);
            Dense::new(weights, vec![value; outputs], Activation::Relu).unwrap()
        };
        Network::new(vec![layer(300, 400), layer(400, 10)]).unwrap()
    }
    if let Some(path) = std::env::var_os(CHILD) {
        for number in 1.. {
            network(number).save(&path).unwrap();
        }
    }
    let folder = Folder::new("kill");
    let path = folder.path("net.npz");
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..12_u64 {
        network(0).save(&path).unwrap();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "save::a_process_that_is_killed_leaves_a_whole_network",
            ])
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Not before it has begun to write beside the file.
        while folder.names().len() == 1 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = Network::load(&path).unwrap();
        let number = found.layers()[0].bias()[0] as usize;
        assert_eq!(found, network(number));
        seen.insert(number);
        // What the killed process has left is not in the way.
        for name in folder.names().iter().filter(|name| name.ends_with(".tmp")) {
            fs::remove_file(folder.path(name)).unwrap();
        }
    }
    assert!(!seen.is_empty());
}
