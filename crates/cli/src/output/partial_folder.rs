//! Folders that are filled under another name and get their own when they are complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::args::Misuse;
use crate::signals;

/// Without this file a folder is no model, so it comes last.
const LAST: &str = "config.json";

/// A model folder on its way. What is not finished vanishes, also when a signal ends the program.
pub struct PartialFolder {
    path: PathBuf,
    /// Whether `path` is there, empty, and gets the files instead of the name.
    is_there: bool,
    temporary: Temporary,
}

/// Where it is kept until then; held by whoever moves or removes what is in it. `None`: not made yet, or gone.
type Temporary = Arc<Mutex<Option<PathBuf>>>;

impl PartialFolder {
    /// Begins the folder that will be `path`.
    ///
    /// # Errors
    /// When `path` is there and not an empty folder, or its folder cannot be written.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let failed = || format!("{} cannot be written", path.display());
        let is_there = is_there(path)?;
        let folder = match path.parent() {
            _ if is_there => path,
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let temporary = Temporary::default();
        let watched = Arc::clone(&temporary);
        signals::before_the_end(move || {
            // Never given back, so that the work neither fails nor ends in another way meanwhile.
            let mut held = lock(&watched);
            remove(&mut held);
            std::mem::forget(held);
        })?;
        *lock(&temporary) = Some(make_in(folder).with_context(failed)?);
        Ok(Self {
            path: path.to_owned(),
            is_there,
            temporary,
        })
    }

    /// Where to write it.
    pub fn content(&self) -> PathBuf {
        let temporary = lock(&self.temporary);
        temporary.as_deref().unwrap_or(&self.path).join("model")
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(self) -> anyhow::Result<()> {
        let content = self.content();
        let _held = lock(&self.temporary);
        let moved = match self.is_there {
            true => move_files(&content, &self.path),
            false => fs::rename(content, &self.path),
        };
        moved.with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Drop for PartialFolder {
    fn drop(&mut self) {
        remove(&mut lock(&self.temporary));
    }
}

fn lock(temporary: &Mutex<Option<PathBuf>>) -> MutexGuard<'_, Option<PathBuf>> {
    temporary.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is an empty folder; nothing else may be there.
fn is_there(path: &Path) -> anyhow::Result<bool> {
    if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) {
        return Ok(true);
    }
    if path.exists() {
        bail!(Misuse(format!(
            "{} exists already. Name a new folder, or an empty one.",
            path.display()
        )));
    }
    Ok(false)
}

/// A folder of a name that no other has. The library's own way to make it would put that name into errors.
fn make_in(folder: &Path) -> io::Result<PathBuf> {
    let made = tempfile::Builder::new()
        .prefix(".yuyi-quantize-")
        .make_in(folder, |path| fs::create_dir(path))?;
    Ok(made.keep()?.1)
}

/// Moves all files of a folder into an empty one, which may be one that cannot be replaced: where a volume is mounted.
fn move_files(from: &Path, to: &Path) -> io::Result<()> {
    let entries = fs::read_dir(from)?.map(|entry| Ok(entry?.file_name()));
    let mut names = entries.collect::<io::Result<Vec<_>>>()?;
    names.sort_by_key(|name| name == LAST);
    for (i, name) in names.iter().enumerate() {
        if let Err(error) = fs::rename(from.join(name), to.join(name)) {
            for moved in &names[..i] {
                // Back to where it is removed; if the system refuses that too, there is nothing left to do.
                let _ = fs::rename(to.join(moved), from.join(moved));
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Removes the folder, if it is there.
fn remove(folder: &mut Option<PathBuf>) {
    let Some(folder) = folder.take() else { return };
    // Another thread may write into it meanwhile, which fails as soon as its folder is gone.
    for _ in 0..100 {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                thread::sleep(Duration::from_millis(10));
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn files_that_cannot_be_moved_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for file in ["a", "b", "config.json"] {
            fs::create_dir_all(&from).unwrap();
            fs::write(from.join(file), file).unwrap();
        }
        // A folder that is not empty is in the way of the last.
        fs::create_dir_all(to.join("config.json/x")).unwrap();
        assert!(move_files(&from, &to).is_err());
        assert_eq!(names(&to), ["config.json"]);
        assert_eq!(names(&from), ["a", "b", "config.json"]);
        fs::remove_dir_all(to.join("config.json")).unwrap();
        move_files(&from, &to).unwrap();
        assert_eq!(names(&to), ["a", "b", "config.json"]);
    }

    #[test]
    fn what_is_removed_may_be_gone() {
        remove(&mut None);
        remove(&mut Some(PathBuf::from("/nonexistent/folder")));
    }
}
