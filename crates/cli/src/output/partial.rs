//! Files that appear under their names when they are complete, never before.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::misuse::Misuse;
use crate::signals::Temporary;

/// A file beside the one that it becomes; it vanishes if it is never finished, also when a signal ends the program. Its errors
/// tell the name that it would have had.
pub struct PartialFile {
    path: PathBuf,
    temporary: Temporary,
    /// Its content so far.
    writer: BufWriter<File>,
}

impl PartialFile {
    /// Begins the file in the folder of `path`; what is there stays until it is complete.
    pub fn create(path: PathBuf) -> anyhow::Result<Self> {
        if path.is_dir() {
            bail!(Misuse(format!(
                "{} is a folder; name a file.",
                path.display()
            )));
        }
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let (temporary, file) =
            Temporary::make(|| make_in(folder)).with_context(|| unwritable(&path))?;
        Ok(Self {
            path,
            temporary,
            writer: BufWriter::new(file),
        })
    }

    /// As [`PartialFile::create`], but not over a file that is to be read.
    ///
    /// # Errors
    /// Also when `path` is one of `inputs`.
    pub fn beside(
        path: PathBuf,
        inputs: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> anyhow::Result<Self> {
        let place = path.canonicalize().ok();
        let mut places = inputs.into_iter().map(|i| i.as_ref().canonicalize().ok());
        if place.is_some() && places.any(|input| input == place) {
            let shown = path.display();
            bail!(Misuse(format!(
                "{shown} is to be read and would be overwritten; name another file for what is written."
            )));
        }
        Self::create(path)
    }

    /// The name that it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes on.
    pub fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.writer.write_all(bytes);
        written.with_context(|| unwritable(&self.path))
    }

    /// Goes back to the start, to write over what is there.
    pub fn rewind(&mut self) -> anyhow::Result<()> {
        let sought = self.writer.seek(SeekFrom::Start(0));
        sought.with_context(|| unwritable(&self.path))?;
        Ok(())
    }

    /// Gives the file its name.
    pub fn finish(self) -> anyhow::Result<()> {
        let Self {
            path,
            temporary,
            writer,
        } = self;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all())
            .and_then(|()| temporary.finish(|part| fs::rename(part, &path)))
            .with_context(|| unwritable(&path))
    }
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

/// A new file of a name that no other has, with the permissions that any file gets. The library's own way to make it would
/// keep others from reading it, and put that name into errors.
fn make_in(folder: &Path) -> io::Result<(PathBuf, File)> {
    let made = tempfile::Builder::new()
        .prefix(".yuyi-")
        .suffix(".part")
        .make_in(folder, |path| File::create_new(path))?;
    let (file, path) = made.keep()?;
    Ok((path, file))
}

/// Whether two paths are of one file, also through links and where it is not there yet.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    place(a) == place(b)
}

/// The file of a path without links and detours; where it is not there, by the nearest folder that is.
fn place(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|ancestor| {
        let ancestor_or_here = match ancestor.as_os_str().is_empty() {
            true => Path::new("."),
            false => ancestor,
        };
        let folder = ancestor_or_here.canonicalize().ok()?;
        let rest = path.strip_prefix(ancestor).ok()?;
        Some(match rest.as_os_str().is_empty() {
            true => folder,
            false => folder.join(rest),
        })
    });
    there.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_many_paths() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir(at("real")).unwrap();
        assert!(is_same_file(Path::new("./a.json"), Path::new("a.json")));
        assert!(is_same_file(
            &at("real/a.json"),
            &at("real/../real/./a.json")
        ));
        assert!(is_same_file(&at("new/a.json"), &at("real/../new/a.json")));
        assert!(!is_same_file(&at("real/a.json"), &at("real/b.json")));
        assert!(!is_same_file(&at("a.json"), &at("real/a.json")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
            assert!(is_same_file(&at("real/a.json"), &at("link/a.json")));
            std::fs::write(at("real/a.json"), "").unwrap();
            assert!(is_same_file(&at("real/a.json"), &at("link/a.json")));
        }
    }
}
