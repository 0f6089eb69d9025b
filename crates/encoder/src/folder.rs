//! Where a model's files are: a folder on disk, or the program itself.

mod fault;
mod map;
mod missing;
mod plain;
mod program;

pub use self::map::FileMap;
pub use self::plain::{open_plain, read_plain};

use crate::error::{Error, ErrorKind};
use std::io::Read;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files up to this size are read; larger ones are mapped.
const READ_LIMIT: u64 = 1 << 20;

/// A Hugging Face model folder: a path on disk, or files that are part of the program.
#[derive(Clone, Debug)]
pub struct Folder {
    name: String,
    place: Place,
    /// Put in front of the files' names: `""`, or a folder in it with `/` at the end.
    base: String,
}

#[derive(Clone, Debug)]
enum Place {
    Disk(PathBuf),
    Program(&'static [(&'static str, &'static [u8])]),
}

impl Folder {
    /// A folder on disk; it, or the folder of its Transformer by `modules.json`, must hold a `config.json`.
    ///
    /// # Errors
    /// When there is no such folder, or no model in it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if let Some(what) = missing::model(path) {
            return Err(Error::new(ErrorKind::NotFound, what));
        }
        let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = absolute
            .file_name()
            .map_or_else(|| "model".into(), |n| n.to_string_lossy().into_owned());
        Ok(Self {
            name,
            place: Place::Disk(path.to_owned()),
            base: String::new(),
        })
    }

    /// The same folder under another name, as of a model that is not in its place yet.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// The same model's files below `path`, a relative one; `""` for the folder itself.
    pub(crate) fn inside(&self, path: &str) -> Self {
        let path = path.trim_matches('/');
        let base = match path {
            "" | "." => self.base.clone(),
            path => format!("{}{path}/", self.base),
        };
        Self {
            base,
            ..self.clone()
        }
    }

    /// The name of a file from the model's own folder on.
    fn full(&self, file: &str) -> String {
        format!("{}{file}", self.base)
    }

    /// Whether [`Folder::open`] finds a model at `path`.
    pub fn holds_model(path: &Path) -> bool {
        missing::model(path).is_none()
    }

    /// Files that are part of the program, by their names in a folder.
    pub fn embedded(name: &str, files: &'static [(&'static str, &'static [u8])]) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::Program(files),
            base: String::new(),
        }
    }

    /// Last component of the path, or the name that the program gives the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path; `None` for a model in the program.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Disk(path) => Some(path),
            Place::Program(_) => None,
        }
    }

    /// Whether there is an entry of that name (relative, with `/`). A folder or a dangling link counts:
    /// reading it is an error that names it, where passing over it would hide that something is wrong.
    pub fn contains(&self, file: &str) -> bool {
        let file = self.full(file);
        match &self.place {
            Place::Disk(path) => path.join(file).symlink_metadata().is_ok(),
            Place::Program(files) => files.iter().any(|(name, _)| *name == file),
        }
    }

    /// The names of the folders in it; none where they cannot be listed.
    pub(crate) fn folders(&self) -> Vec<String> {
        let mut names: Vec<String> = match &self.place {
            Place::Disk(path) => {
                let entries = path.join(&self.base).read_dir().into_iter().flatten();
                let folders = entries.flatten().filter(|entry| entry.path().is_dir());
                folders
                    .filter_map(|entry| entry.file_name().into_string().ok())
                    .collect()
            }
            Place::Program(files) => {
                let below = files.iter().filter_map(|(name, _)| {
                    let (folder, _) = name.strip_prefix(self.base.as_str())?.split_once('/')?;
                    Some(folder.to_owned())
                });
                below.collect()
            }
        };
        names.sort();
        names.dedup();
        names
    }

    /// The name of a file as an error message shows it.
    pub(crate) fn show(&self, file: &str) -> String {
        let file = self.full(file);
        match &self.place {
            Place::Disk(path) => path.join(file).display().to_string(),
            Place::Program(_) => format!("built-in {}/{file}", self.name),
        }
    }

    /// The contents of a file.
    ///
    /// # Errors
    /// When it does not exist or cannot be read.
    pub fn read(&self, file: &str) -> Result<FileBytes, Error> {
        let file = &self.full(file);
        match &self.place {
            Place::Disk(path) => read_disk(&path.join(file)),
            Place::Program(files) => match files.iter().find(|(name, _)| *name == file) {
                Some((_, bytes)) => Ok(FileBytes::Program(bytes)),
                None => Err(Error::new(
                    ErrorKind::NotFound,
                    format!("{} does not exist.", self.show(file)),
                )),
            },
        }
    }

    /// The contents of a file, or `None` if there is none of that name.
    ///
    /// # Errors
    /// When it exists but cannot be read.
    pub fn read_optional(&self, file: &str) -> Result<Option<FileBytes>, Error> {
        if self.contains(file) {
            self.read(file).map(Some)
        } else {
            Ok(None)
        }
    }
}

fn read_disk(path: &Path) -> Result<FileBytes, Error> {
    let shown = path.display();
    let fail = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => {
            let what = match path.read_link() {
                Ok(target) => format!(
                    "{shown} is a link to {}, which does not exist. Copy the file itself into the folder.",
                    target.display()
                ),
                Err(_) => format!("{shown} does not exist. The model folder is incomplete."),
            };
            Error::new(ErrorKind::NotFound, what)
        }
        _ => Error::new(ErrorKind::Io, format!("{shown} cannot be read.")).caused(e),
    };
    let mut file = open_plain(path).map_err(|error| match plain::is_other(&error) {
        true => Error::new(
            ErrorKind::Io,
            format!("{shown} is not a file. The model folder is damaged."),
        ),
        false => fail(error),
    })?;
    let length = file.metadata().map_err(fail)?.len();
    if length > READ_LIMIT {
        let map = FileMap::new(file).map_err(fail)?;
        return Ok(FileBytes::Mapped(Arc::new(map)));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.read_to_end(&mut bytes).map_err(fail)?;
    Ok(FileBytes::Read(bytes.into()))
}

/// The contents of a file, cheap to clone.
#[derive(Clone, Debug)]
pub enum FileBytes {
    /// Part of the program.
    Program(&'static [u8]),
    /// Mapped from disk.
    Mapped(Arc<FileMap>),
    /// Read into memory.
    Read(Arc<[u8]>),
}

impl FileBytes {
    /// Checks that what was read of a mapped file is what it had when it was opened; `shown` names it.
    ///
    /// # Errors
    /// Of the kind [`ErrorKind::Changed`] when somebody wrote to the file since, or cut it short.
    pub fn check(&self, shown: &str) -> Result<(), Error> {
        let Self::Mapped(map) = self else {
            return Ok(());
        };
        map.check().map_err(|cause| {
            let what = format!(
                "{shown} was written to while the model used it, so its vectors could be wrong. Load the model again, \
                 and replace files by renaming new ones over them."
            );
            Error::new(ErrorKind::Changed, what).caused(cause)
        })
    }

    /// Lets the operating system take back the memory of a range of a mapped file or of the program. The bytes stay
    /// valid: the next access reads them from the file again.
    pub fn release(&self, range: Range<usize>) {
        if range.end > self.len() || range.is_empty() {
            return;
        }
        match self {
            Self::Program(bytes) => program::release(&bytes[range]),
            Self::Mapped(map) => map.release(range),
            Self::Read(_) => {}
        }
    }
}

impl Deref for FileBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Program(bytes) => bytes,
            Self::Mapped(map) => map,
            Self::Read(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn on_disk() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("model")).unwrap();
        fs::write(folder.path().join("model/config.json"), "{}").unwrap();
        folder
    }

    #[test]
    fn both_places_answer_alike() {
        let disk = on_disk();
        let disk = Folder::open(disk.path().join("model")).unwrap();
        let program = Folder::embedded("model", &[("config.json", b"{}")]);
        for folder in [&disk, &program] {
            assert_eq!(folder.name(), "model");
            assert!(folder.contains("config.json"));
            assert_eq!(folder.folders(), [""; 0]);
            assert!(!folder.contains("vocab.txt"));
            assert_eq!(&*folder.read("config.json").unwrap(), b"{}");
            assert!(folder.read_optional("vocab.txt").unwrap().is_none());
            let error = folder.read("vocab.txt").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(
                error
                    .to_string()
                    .contains("model/vocab.txt does not exist.")
            );
        }
        assert!(disk.path().is_some());
        assert!(program.path().is_none());
    }

    #[test]
    fn the_name_is_the_folders_own() {
        let disk = on_disk();
        let path = disk.path().join("model/../model/.");
        assert_eq!(Folder::open(path).unwrap().name(), "model");
    }

    /// The encoder gives back the pages of weights that it has packed, and embeddings may share them.
    #[test]
    fn released_bytes_are_read_again() {
        let disk = on_disk();
        let bytes: Vec<u8> = (0..3 << 20).map(|i: u32| (i % 251) as u8).collect();
        fs::write(disk.path().join("model/weights"), &bytes).unwrap();
        let folder = Folder::open(disk.path().join("model")).unwrap();
        let mapped = folder.read("weights").unwrap();
        assert!(matches!(mapped, FileBytes::Mapped(_)));
        mapped.release(4096..2 << 20);
        mapped.release(5..6);
        mapped.release(0..usize::MAX);
        assert!(mapped[..] == bytes[..]);
    }
}
