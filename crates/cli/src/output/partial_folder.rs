//! Folders that are filled under another name and get their own when they are complete.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::misuse::Misuse;
use crate::signals::Temporary;

/// The folder that is filled in one that is there.
const CLAIM: &str = ".yuyi-quantize";

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
        let make = || match is_there {
            true => claim(folder),
            false => make_in(folder),
        };
        let made = Temporary::make(|| Ok((make()?, ())));
        let (temporary, ()) = match made {
            Err(error) if is_there && error.kind() == ErrorKind::AlreadyExists => {
                bail!(is_being_filled(path))
            }
            made => made.with_context(failed)?,
        };
        let folder = Self {
            path: path.to_owned(),
            is_there,
            temporary,
        };
        // Somebody may have filled it between the look and the claim.
        if is_there && fs::read_dir(path).with_context(failed)?.count() > 1 {
            bail!(exists_already(path));
        }
        Ok(folder)
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
        let is_taken = |error: &io::Error| {
            let kinds = [
                ErrorKind::AlreadyExists,
                ErrorKind::DirectoryNotEmpty,
                ErrorKind::NotADirectory,
            ];
            kinds.contains(&error.kind())
        };
        if put.as_ref().is_err_and(is_taken) {
            bail!(
                "{} exists already: something was put there while this copy was made. Name a new folder, or an empty one.",
                self.path.display()
            );
        }
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
    if path.join(CLAIM).is_dir() {
        bail!(is_being_filled(path));
    }
    if path.exists() {
        bail!(exists_already(path));
    }
    Ok(false)
}

fn exists_already(path: &Path) -> Misuse {
    let shown = path.display();
    Misuse(format!(
        "{shown} exists already. Name a new folder, or an empty one."
    ))
}

fn is_being_filled(path: &Path) -> Misuse {
    let (shown, claim) = (path.display(), path.join(CLAIM));
    Misuse(format!(
        "{shown} is being filled by another `yuyi quantize`. Name another folder; or, if none runs, remove {}.",
        claim.display()
    ))
}

/// Makes the folder in one that is there. Only one program can: of two that put their files there side by side, one would leave half
/// of the other's.
fn claim(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join(CLAIM);
    fs::create_dir(&path)?;
    Ok(path)
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
        if let Err(error) = move_new(&from.join(name), &to.join(name)) {
            for moved in &names[..i] {
                // Back to where it is removed; if the system refuses that too, there is nothing left to do.
                let _ = fs::rename(to.join(moved), from.join(moved));
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Moves a file or folder to a place where nothing is.
fn move_new(from: &Path, to: &Path) -> io::Result<()> {
    match to.symlink_metadata() {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
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

    fn create(path: &Path) -> Result<PartialFolder, String> {
        PartialFolder::create(path).map_err(|error| {
            assert!(error.is::<Misuse>(), "{error:#}");
            error.to_string()
        })
    }

    fn finish(folder: PartialFolder, file: &str) -> Result<(), String> {
        let content = folder.content();
        fs::create_dir_all(&content).unwrap();
        fs::write(content.join(file), file).unwrap();
        folder.finish().map_err(|error| error.to_string())
    }

    #[test]
    fn one_of_two_fills_an_empty_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let first = create(path).unwrap();
        let error = create(path).err().unwrap();
        assert!(
            error.contains("is being filled by another `yuyi quantize`"),
            "{error}"
        );
        finish(first, "first").unwrap();
        assert_eq!(names(path), ["first"]);
        assert!(create(path).err().unwrap().contains("exists already"));
    }

    #[test]
    fn one_of_two_gets_a_new_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let (first, second) = (create(&path).unwrap(), create(&path).unwrap());
        finish(second, "second").unwrap();
        let error = finish(first, "first").unwrap_err();
        assert!(
            error.contains("exists already: something was put there"),
            "{error}"
        );
        assert_eq!(names(&path), ["second"]);
        assert_eq!(names(folder.path()), ["new"]);
    }

    #[test]
    fn what_came_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let made = create(folder.path()).unwrap();
        fs::write(folder.path().join("first"), "theirs").unwrap();
        assert!(
            finish(made, "first")
                .unwrap_err()
                .contains("exists already")
        );
        assert_eq!(names(folder.path()), ["first"]);
        assert_eq!(
            fs::read_to_string(folder.path().join("first")).unwrap(),
            "theirs"
        );
    }
}
