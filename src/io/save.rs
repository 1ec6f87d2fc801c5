//! A file that appears complete or not at all.

use super::error::{Error, Origin};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes what `fill` writes to a file beside `path`, flushes it to the disk, and gives it its name.
///
/// Where `path` is a symbolic link, the file it leads to is replaced; where it is a device or a pipe, it is written to.
/// A file that is replaced hands its permissions on.
pub(super) fn save(
    path: &Path,
    origin: &Origin,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let io = |source| origin.io(source);
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        // Renaming would put a file in the place of the device.
        let mut out = OpenOptions::new().write(true).open(&target).map_err(io)?;
        return fill(&mut out);
    }
    if cfg!(windows) && old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        // There, such a file can be neither replaced nor, with the permissions handed on, what was written beside it
        // removed.
        return Err(io(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        )));
    }
    let (file, mut temporary) = Temporary::beside(&target).map_err(io)?;
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(|error| io(error.into_error()))?;
    if let Some(old) = old {
        file.set_permissions(old.permissions()).map_err(io)?;
    }
    file.sync_all().map_err(io)?;
    // Closed before it is renamed: some systems insist.
    drop(file);
    temporary.rename(&target).map_err(io)
}

/// As [`save`], for a file that is in memory.
pub(crate) fn save_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let origin = Origin::file(path);
    save(path, &origin, |out| {
        out.write_all(bytes).map_err(|source| origin.io(source))
    })
}

/// The number of this process; 0 in a browser, which has neither processes nor files: opening one is the error there, where
/// `id` would panic.
fn process_number() -> u32 {
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        0
    } else {
        std::process::id()
    }
}

/// A file that is removed again unless it is renamed.
struct Temporary {
    path: Option<PathBuf>,
}

impl Temporary {
    fn beside(target: &Path) -> io::Result<(File, Self)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the path has no file name",
            ));
        };
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let mut temporary = std::ffi::OsString::from(".");
            temporary.push(name);
            temporary.push(format!(".{}-{count}.tmp", process_number()));
            let path = target.with_file_name(temporary);
            match File::create_new(&path) {
                Ok(file) => return Ok((file, Self { path: Some(path) })),
                // Left by a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(&mut self, target: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, target)?;
            self.path = None;
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // There is nobody left to tell, and the error that led here is the one that matters.
            let _ = fs::remove_file(path);
        }
    }
}
