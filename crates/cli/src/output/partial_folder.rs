//! Folders that are filled under another name and get their own when they are complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::misuse::Misuse;
use crate::signals::Temporary;

/// Without this file a folder is no model, so it comes last.
const LAST: &str = "config.json";

/// A model folder on its way. What is not finished vanishes, also when a signal ends the program.
pub struct PartialFolder {
    path: PathBuf,
    /// Whether `path` is there, empty, and gets the files instead of the name.
    is_there: bool,
    temporary: Temporary,
}

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
        let (temporary, ()) =
            Temporary::make(|| Ok((make_in(folder)?, ()))).with_context(failed)?;
        Ok(Self {
            path: path.to_owned(),
            is_there,
            temporary,
        })
    }

    /// Where to write it.
    pub fn content(&self) -> PathBuf {
        content(self.temporary.path())
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(self) -> anyhow::Result<()> {
        let put = |temporary: &Path| match self.is_there {
            true => move_files(&content(temporary), &self.path),
            false => fs::rename(content(temporary), &self.path),
        };
        let put = self.temporary.finish(put);
        put.with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

/// The folder in the temporary one that gets the name.
fn content(temporary: &Path) -> PathBuf {
    temporary.join("model")
}

/// Whether there is an empty folder; nothing else may be there.
fn is_there(path: &Path) -> anyhow::Result<bool> {
    if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) {
        return Ok(true);
    }
    // Without a separator at its end, which would lead through a link.
    if path.components().as_path().is_symlink() && !path.exists() {
        bail!(Misuse(format!(
            "{} is a link to a place that is not there. Name a new folder, or an empty one.",
            path.display()
        )));
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
}
