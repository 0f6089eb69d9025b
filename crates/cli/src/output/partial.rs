//! Files that appear under their names when they are complete, never before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::misuse::Misuse;
use crate::signals::Temporary;

/// A file that is being written. One that is a plain file, or will be, is written beside its place and put there when it is
/// complete; it vanishes if it is never finished, also when a signal ends the program. What a link leads to is replaced, not the
/// link. Pipes and devices are written to as they are. Errors tell the name that was asked for.
pub struct PartialFile {
    path: PathBuf,
    place: Place,
    /// Its content so far.
    writer: BufWriter<File>,
}

/// What becomes of what is written.
enum Place {
    /// It is put there.
    Replaced { path: PathBuf, temporary: Temporary },
    /// It is there already.
    Written,
}

impl PartialFile {
    /// Begins the file; what is there stays until it is complete.
    ///
    /// # Errors
    /// When it cannot be written, or is a folder, a disk, or a link that leads nowhere.
    pub fn create(path: PathBuf) -> anyhow::Result<Self> {
        if path.is_dir() {
            bail!(Misuse(format!(
                "{} is a folder; name a file.",
                path.display()
            )));
        }
        let (place, file) = match is_written_to(&path)? {
            true => {
                let file = open(&path).with_context(|| unwritable(&path))?;
                (Place::Written, file)
            }
            false => begin(&path)?,
        };
        Ok(Self {
            path,
            place,
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

    /// Where its content is until it is complete, for whoever writes by a path; `None`: in its place.
    pub fn part(&self) -> Option<&Path> {
        match &self.place {
            Place::Replaced { temporary, .. } => Some(temporary.path()),
            Place::Written => None,
        }
    }

    /// Writes on.
    pub fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.writer.write_all(bytes);
        written.with_context(|| unwritable(&self.path))
    }

    /// Whether [`PartialFile::rewind`] leads to the beginning: of a pipe there is no way back.
    pub fn can_rewind(&self) -> bool {
        matches!(self.place, Place::Replaced { .. })
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
            place,
            writer,
        } = self;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error);
        let put = match place {
            Place::Written => file.map(drop),
            Place::Replaced {
                path: place,
                temporary,
            } => file
                .and_then(|file| file.sync_all())
                .and_then(|()| temporary.finish(|part| fs::rename(part, &place))),
        };
        put.with_context(|| unwritable(&path))
    }
}

/// A new file beside the place that it will have.
fn begin(path: &Path) -> anyhow::Result<(Place, File)> {
    let failed = || unwritable(path);
    let place = match path.is_symlink() {
        true => path.canonicalize().with_context(failed)?,
        false => path.to_owned(),
    };
    let folder = place.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let (temporary, file) = Temporary::make(|| make_in(folder)).with_context(failed)?;
    let path = place;
    Ok((Place::Replaced { path, temporary }, file))
}

/// Whether a path is that of a pipe or a device, which is written to: replaced it would be gone, for all programs. So is what this
/// program has open, under its names in the system, such as `/dev/stdout`.
fn is_written_to(path: &Path) -> anyhow::Result<bool> {
    let shown = path.display();
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(_) => match path.read_link() {
            Ok(target) => bail!(Misuse(format!(
                "{shown} is a link to {}, which is not there. Name that place, or another file.",
                target.display()
            ))),
            // It will be made, or the system says why not.
            Err(_) => return Ok(false),
        },
    };
    if is_disk(&metadata) {
        bail!(Misuse(format!("{shown} is a disk; name a file.")));
    }
    let names = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    let is_open = names.iter().any(|name| path.starts_with(name));
    Ok(is_open || !metadata.is_file())
}

/// Opens what is written to as it is. Standard output and standard error are those that this program has, with their place in a file.
fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let is = |name: &str| path == Path::new(name);
        if is("/dev/stdout") || is("/dev/fd/1") {
            return Ok(io::stdout().as_fd().try_clone_to_owned()?.into());
        }
        if is("/dev/stderr") || is("/dev/fd/2") {
            return Ok(io::stderr().as_fd().try_clone_to_owned()?.into());
        }
    }
    OpenOptions::new().append(true).open(path)
}

#[cfg(unix)]
fn is_disk(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_block_device(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_disk(_: &fs::Metadata) -> bool {
    false
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

    fn write(path: &Path, text: &str) -> anyhow::Result<()> {
        let mut file = PartialFile::create(path.to_owned())?;
        file.write(text.as_bytes())?;
        file.finish()
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_what_they_lead_to_is_replaced() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at("below")).unwrap();
        fs::write(at("below/file"), "old").unwrap();
        symlink("below/file", at("link")).unwrap();
        symlink("link", at("link to it")).unwrap();
        let open = fs::read_link(at("link")).unwrap();
        for (link, text) in [("link", "new"), ("link to it", "newer")] {
            write(&at(link), text).unwrap();
            assert_eq!(fs::read_to_string(at("below/file")).unwrap(), text);
            assert_eq!(fs::read_link(at("link")).unwrap(), open);
        }
        symlink("absent", at("to nothing")).unwrap();
        let error = write(&at("to nothing"), "x").unwrap_err();
        assert!(error.is::<Misuse>(), "{error}");
        assert!(
            error
                .to_string()
                .contains("is a link to absent, which is not there"),
            "{error}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_written_to() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let (read, from) = (std::thread::spawn, pipe.clone());
        let reader = read(move || fs::read_to_string(from).unwrap());
        write(&pipe, "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(pipe.metadata().unwrap().file_type().is_fifo());
        symlink("/dev/null", &link).unwrap();
        for path in [Path::new("/dev/null"), &link] {
            write(path, "gone").unwrap();
            assert!(path.metadata().unwrap().file_type().is_char_device());
        }
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

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
