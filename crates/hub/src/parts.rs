//! A large file that comes in parts, several at a time, and over several runs of the program.
//!
//! The parts are written into one file of the whole length; beside it lies how much of each part is there. That is written after
//! the bytes that it tells of, so a killed program leaves less than is there and never more. What a power cut makes of it, the sum
//! finds out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Bytes between two notes of how far a part is.
const NOTED: u64 = 4 << 20;

/// What lies beside the file.
#[derive(Serialize, Deserialize)]
struct Note {
    size: u64,
    part: u64,
    done: Vec<u64>,
}

/// A file on its way.
pub(crate) struct Parts {
    path: PathBuf,
    size: u64,
    part: u64,
    /// Bytes of each part that are there, from its start on.
    done: Vec<AtomicU64>,
    /// Held while the note is written.
    noting: Mutex<()>,
}

impl Parts {
    /// Goes on with the file at `path`, or begins it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn open(path: PathBuf, size: u64, part: u64) -> io::Result<Self> {
        let found = read_note(&note_path(&path)).filter(|note| {
            let lengths = (0..).zip(&note.done);
            note.size == size
                && note.part > 0
                && note.done.len() as u64 == size.div_ceil(note.part)
                && lengths
                    .into_iter()
                    .all(|(i, done)| *done <= length_of(size, note.part, i))
                && path.metadata().is_ok_and(|file| file.len() == size)
        });
        let (part, done) = match found {
            Some(note) => (note.part, note.done),
            None => {
                begin(&path, size)?;
                (part, vec![0; size.div_ceil(part) as usize])
            }
        };
        let parts = Self {
            path,
            size,
            part,
            done: done.into_iter().map(AtomicU64::new).collect(),
            noting: Mutex::default(),
        };
        parts.note()?;
        Ok(parts)
    }

    /// Throws away what is there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn restart(&self) -> io::Result<()> {
        for done in &self.done {
            done.store(0, Ordering::Relaxed);
        }
        self.note()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn count(&self) -> usize {
        self.done.len()
    }

    /// Bytes that are there.
    pub(crate) fn there(&self) -> u64 {
        let done = self.done.iter();
        done.map(|done| done.load(Ordering::Relaxed)).sum()
    }

    /// What is missing of a part: its first byte, and the one behind its last.
    pub(crate) fn missing(&self, part: usize) -> (u64, u64) {
        let start = part as u64 * self.part;
        let done = self.done[part].load(Ordering::Relaxed);
        let end = start + length_of(self.size, self.part, part as u64);
        (start + done, end)
    }

    /// A writer of what is missing of a part.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn writer(&self, part: usize) -> io::Result<PartWriter<'_>> {
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(self.missing(part).0))?;
        Ok(PartWriter {
            parts: self,
            part,
            file,
            unnoted: 0,
        })
    }

    /// Writes down how far each part is.
    fn note(&self) -> io::Result<()> {
        let _turn = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.done.iter();
        let note = Note {
            size: self.size,
            part: self.part,
            done: done.map(|done| done.load(Ordering::Relaxed)).collect(),
        };
        let path = note_path(&self.path);
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec(&note)?)?;
        fs::rename(new, path)
    }

    /// Puts the file, which is whole, in its place.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn finish(&self, to: &Path) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(&self.path, to)?;
        fs::remove_file(note_path(&self.path))
    }
}

fn begin(path: &Path, size: u64) -> io::Result<()> {
    let file = File::create(path)?;
    file.set_len(size)
}

fn length_of(size: u64, part: u64, i: u64) -> u64 {
    size.saturating_sub(i.saturating_mul(part)).min(part)
}

fn note_path(path: &Path) -> PathBuf {
    path.with_extension("note")
}

fn read_note(path: &Path) -> Option<Note> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Bytes that are there of all files on their way in a folder, and bytes that they will have.
pub(crate) fn progress(folder: &Path) -> (u64, u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let notes = entries.map(|entry| entry.path());
    let notes = notes.filter(|path| path.extension().is_some_and(|ending| ending == "note"));
    let notes = notes.filter_map(|path| read_note(&path));
    notes.fold((0, 0), |(there, all), note| {
        let done: u64 = note
            .done
            .iter()
            .fold(0, |sum, done| sum.saturating_add(*done));
        (there + done.min(note.size), all + note.size)
    })
}

/// Writes a part from where it has come to.
pub(crate) struct PartWriter<'a> {
    parts: &'a Parts,
    part: usize,
    file: File,
    unnoted: u64,
}

impl PartWriter<'_> {
    /// Appends bytes, no more than are missing.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        let length = bytes.len() as u64;
        self.parts.done[self.part].fetch_add(length, Ordering::Relaxed);
        self.unnoted += length;
        if self.unnoted >= NOTED {
            self.unnoted = 0;
            self.parts.note()?;
        }
        Ok(())
    }

    /// Writes down how far it has come.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn note(&self) -> io::Result<()> {
        self.parts.note()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_on_where_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        let open = || Parts::open(path.clone(), 10, 4).unwrap();
        let parts = open();
        assert_eq!((parts.count(), parts.there()), (3, 0));
        let mut writer = parts.writer(1).unwrap();
        writer.write(b"ef").unwrap();
        writer.note().unwrap();
        let mut writer = parts.writer(2).unwrap();
        writer.write(b"ij").unwrap();
        writer.note().unwrap();
        drop(parts);
        assert_eq!(progress(folder.path()), (4, 10));
        let parts = open();
        assert_eq!(parts.there(), 4);
        let missing: Vec<_> = (0..3).map(|part| parts.missing(part)).collect();
        assert_eq!(missing, [(0, 4), (6, 8), (10, 10)]);
        for (part, bytes) in [(0, &b"abcd"[..]), (1, b"gh")] {
            parts.writer(part).unwrap().write(bytes).unwrap();
        }
        assert_eq!(parts.there(), 10);
        let to = folder.path().join("x/whole");
        parts.finish(&to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"abcdefghij");
        assert!(!path.exists() && !note_path(&path).exists());
    }

    #[test]
    fn a_note_that_does_not_fit_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        for note in [
            "",
            "{}",
            r#"{"size": 10, "part": 4, "done": [4, 4]}"#,
            r#"{"size": 10, "part": 4, "done": [4, 4, 3]}"#,
            r#"{"size": 10, "part": 0, "done": []}"#,
            r#"{"size": 9, "part": 4, "done": [4, 4, 1]}"#,
        ] {
            fs::write(&path, [1; 10]).unwrap();
            fs::write(note_path(&path), note).unwrap();
            assert_eq!(
                Parts::open(path.clone(), 10, 4).unwrap().there(),
                0,
                "{note}"
            );
        }
        fs::write(
            note_path(&path),
            r#"{"size": 10, "part": 4, "done": [4, 4, 2]}"#,
        )
        .unwrap();
        assert_eq!(Parts::open(path.clone(), 10, 4).unwrap().there(), 10);
        fs::write(&path, [1; 9]).unwrap();
        assert_eq!(Parts::open(path.clone(), 10, 4).unwrap().there(), 0);
        assert_eq!(Parts::open(path.clone(), 0, 4).unwrap().count(), 0);
    }
}
