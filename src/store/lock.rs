//! One `serve` a SQLite file: an advisory lock on `<file>.lock`.
//!
//! The kernel releases it when the process ends, however it ends.

use super::error::{Result, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Held as long as the store is open.
#[derive(Debug)]
pub(super) struct InstanceLock {
    _file: File,
}

/// Creates the database file for its owner's eyes only and answers with the name that the
/// system knows it by, so that two paths to one file meet at one lock.
pub(super) fn prepare(path: &Path) -> Result<PathBuf> {
    match owned().create_new(true).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(of_io(path, &error)),
    }
    path.canonicalize().map_err(|error| of_io(path, &error))
}

impl InstanceLock {
    /// Takes the lock of this database file, or says that somebody else has it.
    pub(super) fn take(database: &Path) -> Result<Self> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let file = owned()
            .create(true)
            .truncate(false)
            .open(&name)
            .map_err(|error| of_io(Path::new(&name), &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::SecondInstance {
                path: database.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(of_io(Path::new(&name), &error)),
        }
    }
}

fn owned() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn of_io(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            StoreError::ReadOnly
        }
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Unavailable(format!("{}: {error}", path.display())),
    }
}
