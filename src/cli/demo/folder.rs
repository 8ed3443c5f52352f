//! The folder of a demo's database: gone with the demo, and when the demo was killed, gone with
//! the next one.
//!
//! Each demo holds a lock on a file in its folder, which the operating system lets go of however
//! the demo ends. A folder whose lock can be taken belongs to nobody any more.

use anyhow::Context;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tempfile::TempDir;

const PREFIX: &str = "lapse-demo-";
/// The file that its demo holds.
const HELD: &str = "held";

/// A folder that is held.
pub struct Folder {
    folder: TempDir,
    _held: File,
}

impl Folder {
    /// A folder of one's own, once those of killed demos are gone.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir()
            .context("there is no temporary folder for the demo's database")?;
        let held = hold(folder.path()).context("the demo's temporary folder cannot be locked")?;
        if let Some(beside) = folder.path().parent()
            && let Err(error) = sweep(beside, folder.path())
        {
            tracing::warn!(%error, "folders of demos that were killed could not be looked for");
        }
        Ok(Self {
            folder,
            _held: held,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it.
    pub fn close(self) -> io::Result<()> {
        self.folder.close()
    }
}

/// Locks the file before it gets its name, so that nobody finds it without a lock.
fn hold(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join("to-be-held");
    let file = File::create_new(&unnamed)?;
    file.lock()?;
    fs::rename(&unnamed, folder.join(HELD))?;
    Ok(file)
}

/// Removes the folders that nobody holds any more: folders of this user alone, with a file that
/// can be locked. Whatever else has such a name is left alone.
fn sweep(beside: &Path, own: &Path) -> io::Result<()> {
    let user = fs::symlink_metadata(own)?.uid();
    for entry in fs::read_dir(beside)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let is_candidate = name.is_some_and(|name| name.starts_with(PREFIX)) && path != own;
        let ours = |meta: fs::Metadata| meta.is_dir() && meta.uid() == user;
        if !is_candidate || !fs::symlink_metadata(&path).is_ok_and(ours) {
            continue;
        }
        let Ok(held) = File::open(path.join(HELD)) else {
            continue;
        };
        if held.try_lock().is_ok()
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(%error, "the folder of a demo that was killed could not be removed");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_nobody_holds_are_removed() {
        let beside = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| {
            let path = beside.path().join(name);
            fs::create_dir(&path).expect("a folder");
            path
        };
        let own = folder("lapse-demo-own");
        let living = folder("lapse-demo-living");
        let _living = hold(&living).expect("held");
        let killed = folder("lapse-demo-killed");
        drop(hold(&killed).expect("held"));
        fs::write(killed.join("lapse.db"), "left behind").expect("a file");
        let unknown = folder("lapse-demo-unknown");
        let foreign = folder("something-else");
        drop(hold(&foreign).expect("held"));
        let link = beside.path().join("lapse-demo-link");
        std::os::unix::fs::symlink(&foreign, &link).expect("a link");

        sweep(beside.path(), &own).expect("swept");
        assert!(!killed.exists(), "its owner is gone");
        for stays in [own, living, unknown, foreign, link] {
            assert!(stays.exists(), "{}", stays.display());
        }
    }
}
