//! Files that appear under their names when they are complete, never before.

use std::fs::Permissions;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use crate::args::Misuse;

/// A file beside the one that it becomes; it vanishes if it is never finished.
pub struct PartialFile {
    path: PathBuf,
    /// Its content so far.
    pub writer: BufWriter<NamedTempFile>,
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
        let mut builder = tempfile::Builder::new();
        builder.prefix(".yuyi-").suffix(".part");
        if let Some(permissions) = ordinary_permissions() {
            builder.permissions(permissions);
        }
        let file = builder
            .tempfile_in(folder)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self {
            path,
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

    /// Gives the file its name.
    pub fn finish(self) -> anyhow::Result<()> {
        let failed = || format!("{} cannot be written", self.path.display());
        let file = self
            .writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .with_context(failed)?;
        file.as_file().sync_all().with_context(failed)?;
        file.persist(&self.path).with_context(failed)?;
        Ok(())
    }
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

/// What the user's umask leaves of rw for all, instead of a temporary file's rw for the owner.
#[cfg(unix)]
fn ordinary_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn ordinary_permissions() -> Option<Permissions> {
    None
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
