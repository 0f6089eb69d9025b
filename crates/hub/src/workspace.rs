//! Where a model is while it is on its way: `models/.pulls/NAME/`, on the disk where it will be, hidden from whoever looks for
//! models. One program at a time has it; what it leaves, the next one goes on with.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use yuyi_models::{MANIFEST_FILE, Manifest};

use crate::Error;

/// How often a lock is taken anew whose file went in between.
const TRIES: usize = 100;

/// How often, and how long each time, a lock is waited for that somebody only looks at (see [`is_held`]).
const LOOKS: usize = 3;
const LOOK: Duration = Duration::from_millis(20);

/// A model's place on its way, held against other programs.
pub(crate) struct Workspace {
    models: PathBuf,
    name: String,
    root: PathBuf,
    lock_path: PathBuf,
    /// Held as long as this lives; a killed program lets go of it.
    _lock: File,
}

impl Workspace {
    /// The place of a model below `home`.
    ///
    /// # Errors
    /// When another program has it, or the disk cannot be written.
    pub(crate) fn open(home: &Path, name: &str) -> Result<Self, Error> {
        let pulls = pulls_of(home);
        let lock_path = pulls.join(format!("{name}{LOCK}"));
        let failed = |error| Error::writing(&lock_path, error);
        let mut looks = 0;
        for _ in 0..TRIES {
            fs::create_dir_all(&pulls).map_err(|error| Error::writing(&pulls, error))?;
            let opened = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&lock_path);
            let lock = match opened {
                // Whoever was done before took the folder away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(failed)?,
            };
            match lock.try_lock() {
                Ok(()) if is_at(&lock, &lock_path) => {
                    return Ok(Self {
                        models: home.join("models"),
                        name: name.to_owned(),
                        root: pulls.join(name),
                        lock_path,
                        _lock: lock,
                    });
                }
                // Whoever was done before took the file away, which nobody else would find.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if looks < LOOKS => {
                    looks += 1;
                    thread::sleep(LOOK);
                }
                Err(TryLockError::WouldBlock) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let name = name.to_owned();
        Err(Error::Busy { name })
    }

    /// Makes the folders in it, and writes down what is fetched, for whoever finds the half of it.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub(crate) fn make(&self, wanted: &Manifest) -> Result<(), Error> {
        for folder in [self.content(), self.parts()] {
            fs::create_dir_all(&folder).map_err(|error| Error::writing(&folder, error))?;
        }
        let path = self.root.join(MANIFEST_FILE);
        fs::write(&path, wanted.to_json()).map_err(|error| Error::writing(&path, error))
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

    /// Removes all that is here.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        remove(&self.root)
    }
}

impl Drop for Workspace {
    /// Where nothing is left, neither is the lock. It is still held here.
    fn drop(&mut self) {
        if !self.root.exists() {
            // A system that does not let go of an open file keeps it, which does no harm.
            let _ = fs::remove_file(&self.lock_path);
            let _ = self.lock_path.parent().map(fs::remove_dir);
        }
    }
}

/// What names of locks end in.
pub(crate) const LOCK: &str = ".lock";

/// Where models of a home are on their way.
pub(crate) fn pulls_of(home: &Path) -> PathBuf {
    home.join("models").join(".pulls")
}

/// Whether somebody holds the workspace of a name.
pub(crate) fn is_held(home: &Path, name: &str) -> bool {
    let lock = File::open(pulls_of(home).join(format!("{name}{LOCK}")));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Whether an open file is still the one of its name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(open), Ok(named)) => id(open) == id(named),
        _ => false,
    }
}

/// Elsewhere an open file keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
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
        assert!(!home.path().join("models/.pulls").exists());
    }

    /// Locks come and go while others take them: never two at once.
    #[test]
    fn a_lock_that_is_taken_away_locks_nobody_in() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let home = tempfile::tempdir().unwrap();
        let (inside, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            while done.load(Ordering::SeqCst) < 200 {
                let Ok(workspace) = Workspace::open(home.path(), "m") else {
                    continue;
                };
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                done.fetch_add(1, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(workspace);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(work);
            }
        });
        assert!(!home.path().join("models/.pulls").exists());
    }

    fn wanted() -> Manifest {
        Manifest::parse(br#"{"version": 1, "name": "m", "files": []}"#).unwrap()
    }

    #[test]
    fn a_folder_takes_the_place_of_another_and_nothing_is_left() {
        let home = tempfile::tempdir().unwrap();
        for text in ["first", "second"] {
            let workspace = Workspace::open(home.path(), "m").unwrap();
            workspace.make(&wanted()).unwrap();
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
