//! Where a model is while it is on its way: `models/.pulls/NAME/`, on the disk where it will be, hidden from whoever looks for
//! models. One program at a time has it; what it leaves, the next one goes on with.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// A model's place on its way, held against other programs.
pub(crate) struct Workspace {
    models: PathBuf,
    name: String,
    root: PathBuf,
    /// Held as long as this lives; a killed program lets go of it.
    _lock: File,
}

impl Workspace {
    /// The place of a model below `home`.
    ///
    /// # Errors
    /// When another program has it, or the disk cannot be written.
    pub(crate) fn open(home: &Path, name: &str) -> Result<Self, Error> {
        let models = home.join("models");
        let pulls = models.join(".pulls");
        let root = pulls.join(name);
        fs::create_dir_all(&pulls).map_err(|error| Error::writing(&pulls, error))?;
        let path = pulls.join(format!("{name}.lock"));
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| Error::writing(&path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let name = name.to_owned();
                return Err(Error::Busy { name });
            }
            Err(TryLockError::Error(error)) => return Err(Error::writing(&path, error)),
        }
        Ok(Self {
            models,
            name: name.to_owned(),
            root,
            _lock: lock,
        })
    }

    /// Makes the folders in it.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub(crate) fn make(&self) -> Result<(), Error> {
        for folder in [self.content(), self.parts()] {
            fs::create_dir_all(&folder).map_err(|error| Error::writing(&folder, error))?;
        }
        Ok(())
    }

    /// The folder that will be the model's.
    pub(crate) fn content(&self) -> PathBuf {
        self.root.join("model")
    }

    /// Where files are on their way.
    pub(crate) fn parts(&self) -> PathBuf {
        self.root.join("parts")
    }

    /// A folder for a model that is made of the one that was fetched; there is none yet.
    ///
    /// # Errors
    /// When an earlier one cannot be removed.
    pub(crate) fn scratch(&self) -> Result<PathBuf, Error> {
        let folder = self.root.join("made");
        remove(&folder)?;
        Ok(folder)
    }

    /// Where the model will be.
    pub(crate) fn target(&self) -> PathBuf {
        self.models.join(&self.name)
    }

    /// Removes what an earlier attempt for another revision left in the model's folder.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub(crate) fn keep_only(&self, paths: &[&str]) -> Result<(), Error> {
        let content = self.content();
        for path in files_in(&content).map_err(|error| Error::reading(&content, error))? {
            if !paths.contains(&path.as_str()) {
                let stray = content.join(&path);
                fs::remove_file(&stray).map_err(|error| Error::writing(&stray, error))?;
            }
        }
        Ok(())
    }

    /// Puts a folder in the model's place, in one step; what was there goes. Then nothing is left here.
    ///
    /// # Errors
    /// When the system refuses; then the old model is still there.
    pub(crate) fn place(self, folder: &Path) -> Result<PathBuf, Error> {
        let target = self.target();
        sync(folder);
        put(folder, &target, &self.root.join("old"))
            .map_err(|error| Error::writing(&target, error))?;
        sync_folder(&self.models);
        // The model is there; what could not be removed is removed the next time.
        let _ = self.clear();
        Ok(target)
    }

    /// Takes a model away, if there is one, and all that is here of it. Whether there was anything.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn remove_model(self) -> Result<bool, Error> {
        let (target, away) = (self.target(), self.root.join("old"));
        let was_begun = self.root.exists();
        fs::create_dir_all(&self.root).map_err(|error| Error::writing(&self.root, error))?;
        remove(&away)?;
        // Away in one step, so that nobody finds half of it.
        let there = match fs::rename(&target, &away) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(Error::writing(&target, error)),
        };
        self.clear()?;
        Ok(there || was_begun)
    }

    fn clear(&self) -> Result<(), Error> {
        remove(&self.root)
    }
}

/// Removes a folder, or the link in its place, if there is one.
fn remove(folder: &Path) -> Result<(), Error> {
    let removed = match folder.symlink_metadata() {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(folder),
        Ok(_) => fs::remove_file(folder),
    };
    removed.map_err(|error| Error::writing(folder, error))
}

/// Puts `from` in the place of `to`, of which there may be one.
fn put(from: &Path, to: &Path, old: &Path) -> io::Result<()> {
    if to.symlink_metadata().is_err() {
        return fs::rename(from, to);
    }
    if exchange(from, to).is_ok() {
        return Ok(());
    }
    // Where folders cannot be exchanged there is an instant without the model, but never half of one.
    fs::rename(to, old)?;
    fs::rename(from, to).inspect_err(|_| {
        let _ = fs::rename(old, to);
    })
}

#[cfg(target_os = "linux")]
fn exchange(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Brings a folder's files to the disk, before their folder gets its name. A disk that cannot say so is taken at its word.
fn sync(folder: &Path) {
    for path in files_in(folder).unwrap_or_default() {
        if let Ok(file) = File::open(folder.join(path)) {
            let _ = file.sync_all();
        }
    }
    sync_folder(folder);
}

fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// The files in a folder and below, by their names in it with `/`, in order. Links to files count, links to folders do not.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn files_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, base: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{base}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if entry.path().is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Bytes that are free on the disk of a folder, for whoever may not go to its reserve; `None`: nobody tells.
#[cfg(unix)]
pub(crate) fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let first = Workspace::open(home.path(), "m").unwrap();
        let second = Workspace::open(home.path(), "m");
        assert!(matches!(second.err(), Some(Error::Busy { .. })));
        assert!(Workspace::open(home.path(), "other").is_ok());
        drop(first);
        assert!(Workspace::open(home.path(), "m").is_ok());
    }

    #[test]
    fn a_folder_takes_the_place_of_another_and_nothing_is_left() {
        let home = tempfile::tempdir().unwrap();
        for text in ["first", "second"] {
            let workspace = Workspace::open(home.path(), "m").unwrap();
            workspace.make().unwrap();
            let content = workspace.content();
            fs::write(content.join("a"), text).unwrap();
            fs::create_dir(content.join("b")).unwrap();
            fs::write(content.join("b/c"), text).unwrap();
            fs::write(content.join("stray"), text).unwrap();
            workspace.keep_only(&["a", "b/c"]).unwrap();
            let target = workspace.place(&content).unwrap();
            assert_eq!(fs::read_to_string(target.join("b/c")).unwrap(), text);
            assert_eq!(files_in(&target).unwrap(), ["a", "b/c"]);
            assert!(!home.path().join("models/.pulls/m").exists());
        }
        let open = || Workspace::open(home.path(), "m").unwrap();
        assert!(open().remove_model().unwrap());
        assert!(!open().remove_model().unwrap());
        assert!(!home.path().join("models/m").exists());
        assert!(free(home.path()).is_none_or(|bytes| bytes > 0));
    }
}
