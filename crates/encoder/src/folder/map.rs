//! Large files in the memory of the process, mapped, and what others do to them meanwhile.
//!
//! A mapped file costs no memory that the system cannot take back, but it is the file itself: whoever writes over it in
//! place changes weights under a model that runs, and whoever cuts it short takes pages away, and reading one ends the
//! process (SIGBUS). Neither may pass. `fault.rs` keeps the process alive, and [`FileMap::check`] tells both: what was read
//! before a check that passes was the file as it was when it was opened. Replacing a file by rename, as downloads do,
//! leaves the old one to whoever has it open, and so is always right.

use super::fault::Watch;
use memmap2::{Mmap, UncheckedAdvice};
use std::fs::{File, Metadata};
use std::io;
use std::ops::{Deref, Range};
use std::time::SystemTime;

/// A file, mapped for reading.
#[derive(Debug)]
pub struct FileMap {
    /// Dropped before the map, whose addresses may then be something else's.
    watch: Watch,
    map: Mmap,
    file: File,
    /// As it was before it was mapped.
    state: State,
}

/// What changes with each write to a file, and not when it is renamed, or its name is given to another.
#[derive(Debug, PartialEq, Eq)]
struct State {
    length: u64,
    modified: Option<SystemTime>,
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl FileMap {
    /// Maps a whole file.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let state = State::of(&file.metadata()?);
        // SAFETY: the map is private and only read. Where the file is cut short, `fault` puts zeros in place of what is gone; that its bytes
        // may change is what `check` is for, and nothing relies on them to stay: they are numbers, any of which may be anything.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self {
            watch: Watch::new(&map),
            map,
            file,
            state,
        })
    }

    /// Whether all that was read so far is what the file had when it was opened.
    ///
    /// # Errors
    /// When it was written to, or cut short, since.
    pub(super) fn check(&self) -> io::Result<()> {
        let is_same = !self.watch.is_torn() && State::of(&self.file.metadata()?) == self.state;
        match is_same {
            true => Ok(()),
            false => Err(io::Error::other("it was written to")),
        }
    }

    /// Lets the system take back the memory of a range; the next access reads the file again.
    pub(super) fn release(&self, range: Range<usize>) {
        // SAFETY: the map is backed by a file and never written, so dropped pages come back with the same bytes.
        // A failure only means that the memory stays.
        let _ = unsafe {
            self.map
                .unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len())
        };
    }
}

impl Deref for FileMap {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};
    use std::path::Path;

    const LENGTH: usize = 3 << 20;

    fn written(path: &Path) -> FileMap {
        std::fs::write(path, vec![7; LENGTH]).unwrap();
        FileMap::new(File::open(path).unwrap()).unwrap()
    }

    fn open_for_writing(path: &Path) -> File {
        // Later than the clock of the file system can tell from the writing before.
        std::thread::sleep(std::time::Duration::from_millis(30));
        File::options().write(true).open(path).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn what_is_cut_off_reads_as_zeros_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let map = written(&folder.path().join("weights"));
        assert!(map.iter().all(|&byte| byte == 7));
        map.check().unwrap();
        open_for_writing(&folder.path().join("weights"))
            .set_len(5000)
            .unwrap();
        assert_eq!(std::hint::black_box(&map)[LENGTH - 1], 0);
        assert!(map.iter().skip(8192).all(|&byte| byte == 0));
        assert!(map.check().is_err());
        // Also when the length is again what it was.
        let other = open_for_writing(&folder.path().join("weights"));
        other.set_len(LENGTH as u64).unwrap();
        assert!(map.check().is_err());
        map.release(0..LENGTH);
        assert_eq!(map[LENGTH - 1], 0);
    }

    #[test]
    fn what_is_written_over_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        let map = written(&path);
        map.check().unwrap();
        let mut file = open_for_writing(&path);
        file.seek(io::SeekFrom::Start(LENGTH as u64 / 2)).unwrap();
        file.write_all(b"other").unwrap();
        drop(file);
        assert!(map.check().is_err());
    }

    #[test]
    fn a_new_file_under_the_name_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("weights"), folder.path().join("new"));
        let map = written(&path);
        std::fs::write(&other, vec![8; 10]).unwrap();
        std::fs::rename(&other, &path).unwrap();
        map.check().unwrap();
        std::fs::remove_file(&path).unwrap();
        map.check().unwrap();
        assert!(map.iter().all(|&byte| byte == 7));
    }
}
