//! Opening files that must be files: a named pipe would be waited for, and a device may never end.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Why something is not opened that is no plain file. As a sentence's end: "… cannot be read: it is no plain file".
const OTHER: &str = "it is no plain file";

/// Opens a plain file for reading, or what a link to one leads to, and nothing else. Never waits for another program.
///
/// # Errors
/// When the system refuses, or it is a folder, a pipe or a device.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let other = || io::Error::new(ErrorKind::InvalidInput, OTHER);
    // Asked before it is opened, since opening some devices does something.
    if !path.metadata()?.is_file() {
        return Err(other());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    // And after it: it may be another by now.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(other()),
    }
}

/// The contents of a plain file of at most `most` bytes.
///
/// # Errors
/// As [`open_plain`], and when it is longer.
pub fn read_plain(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file may grow while it is read, and some of the system's tell no length.
    open_plain(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it is longer than {most} bytes"),
        )),
        false => Ok(bytes),
    }
}

/// Whether something was not opened for what it is.
pub(super) fn is_other(error: &io::Error) -> bool {
    error.kind() == ErrorKind::InvalidInput
        && error
            .get_ref()
            .is_some_and(|inner| inner.to_string() == OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_up_to_a_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_plain(&path, 5).unwrap(), b"12345");
        let error = read_plain(&path, 4).unwrap_err();
        assert_eq!(error.to_string(), "it is longer than 4 bytes");
        assert!(is_other(&read_plain(folder.path(), 5).unwrap_err()));
        let absent = read_plain(&folder.path().join("absent"), 5).unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [pipe.as_path(), link.as_path(), Path::new("/dev/null")] {
            let error = read_plain(path, 5).unwrap_err();
            assert!(is_other(&error), "{}: {error}", path.display());
        }
    }
}
