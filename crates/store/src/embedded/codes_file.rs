//! Codes beside the database, so that a million vectors need not be read and encoded anew at each start.
//!
//! A part of an index is a file: a header, the keys, what is known of each row and the codes, and a BLAKE3 digest of all. The files are nothing but
//! a copy: whatever is not right about one (its digest, the model, the dimension, more rows than the database ever had), it is deleted and its
//! rows come from the database. Since a key never gets another vector, a file that is older than the database is still right about the rows that
//! it has.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use yuyi_kernels::EncodedRow;

use super::index::{Index, Part};
use crate::key::VectorKey;

/// The folder of the files, in the data folder.
const FOLDER: &str = "codes";

const MAGIC: &[u8; 8] = b"yuyicod1";

/// Whose codes a file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The data folder.
    pub(super) folder: PathBuf,
    /// The identity of the database.
    pub(super) database: Vec<u8>,
    /// The collection's number.
    pub(super) collection: i64,
    /// The space's number.
    pub(super) space: i64,
    /// Of the model.
    pub(super) fingerprint: String,
    /// Elements of a vector.
    pub(super) dimension: usize,
}

/// Bytes of the header: magic, stamp, generation, rows.
const HEADER: usize = 8 + 32 + 8 + 8;

/// Bytes of the digest at the end.
const DIGEST: usize = 32;

/// Bytes of what is known of a row: scale, norm, error.
const FACTS: usize = 3 * 4;

impl Owner {
    /// What has to be the same for codes to be of the same vectors.
    fn stamp(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.database);
        for number in [self.collection, self.space, self.dimension as i64] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(self.fingerprint.as_bytes());
        hasher.finalize().into()
    }

    fn prefix(&self) -> String {
        format!("{}-{}-", self.collection, self.space)
    }

    fn path(&self, first: VectorKey) -> PathBuf {
        let name = format!("{}{:016x}.codes", self.prefix(), first.0);
        self.folder.join(FOLDER).join(name)
    }

    /// All files of the space, in the order of their first keys.
    fn files(&self) -> Vec<PathBuf> {
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(&self.prefix()) && name.ends_with(".codes"))
        };
        let entries = fs::read_dir(self.folder.join(FOLDER)).into_iter().flatten();
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(is_ours)
            .collect();
        files.sort();
        files
    }

    /// Deletes the files of the space.
    pub(super) fn forget(&self) {
        self.files().iter().for_each(|file| delete(file));
    }
}

/// Whether a data folder has files of codes: then there was a database beside them.
pub(super) fn any_in(folder: &Path) -> bool {
    fs::read_dir(folder.join(FOLDER)).is_ok_and(|mut entries| entries.next().is_some())
}

/// A file that stays costs disk, and is told apart when it is read.
fn delete(file: &Path) {
    let _ = fs::remove_file(file);
}

/// Writes the parts that have rows which are in no file: all, or only those that are full and so will not change soon.
///
/// # Errors
/// What the system says; what is written is whole or not there.
pub(super) fn save(index: &Index, owner: &Owner, only_full: bool) -> io::Result<()> {
    let wanted = |part: &&Part| !part.is_saved() && (part.is_full() || !only_full);
    let mut parts = index.parts().iter().filter(wanted).peekable();
    if parts.peek().is_none() && only_full {
        return Ok(());
    }
    fs::create_dir_all(owner.folder.join(FOLDER))?;
    for part in parts {
        // A disk that has no room for it is not asked again at each write.
        part.set_saved();
        write_part(part, owner, index.generation)?;
    }
    let current: Vec<PathBuf> = index
        .parts()
        .iter()
        .filter_map(|part| Some(owner.path(*part.keys().first()?)))
        .collect();
    let is_old = |file: &&PathBuf| !current.contains(file);
    owner
        .files()
        .iter()
        .filter(is_old)
        .for_each(|file| delete(file));
    Ok(())
}

fn write_part(part: &Part, owner: &Owner, generation: u64) -> io::Result<()> {
    let Some(&first) = part.keys().first() else {
        return Ok(());
    };
    let path = owner.path(first);
    let draft = path.with_extension("draft");
    let mut to = Hashing {
        to: BufWriter::with_capacity(1 << 20, File::create(&draft)?),
        hasher: blake3::Hasher::new(),
    };
    let written = write_rows(part, owner, generation, &mut to).and_then(|()| {
        let digest = to.hasher.finalize();
        to.to.write_all(digest.as_bytes())?;
        to.to.flush()
    });
    match written.and_then(|()| fs::rename(&draft, &path)) {
        Ok(()) => Ok(()),
        Err(error) => {
            delete(&draft);
            Err(error)
        }
    }
}

fn write_rows(part: &Part, owner: &Owner, generation: u64, to: &mut impl Write) -> io::Result<()> {
    to.write_all(MAGIC)?;
    to.write_all(&owner.stamp())?;
    to.write_all(&generation.to_le_bytes())?;
    to.write_all(&(part.keys().len() as u64).to_le_bytes())?;
    for key in part.keys() {
        to.write_all(&key.0.to_le_bytes())?;
    }
    for row in 0..part.keys().len() {
        let encoded = part.encoded(row);
        for fact in [encoded.scale, encoded.norm, encoded.error] {
            to.write_all(&fact.to_le_bytes())?;
        }
        let codes: Vec<u8> = encoded
            .codes
            .iter()
            .map(|code| code.cast_unsigned())
            .collect();
        to.write_all(&codes)?;
    }
    Ok(())
}

/// Passes bytes on and digests them.
struct Hashing<W> {
    to: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The rows of all files of a space, asked for in the order of their keys.
pub(super) struct Saved {
    owner: Owner,
    generation: u64,
    files: std::vec::IntoIter<PathBuf>,
    open: Option<SavedPart>,
    row: EncodedRow,
}

/// A file, read and found right.
struct SavedPart {
    bytes: Vec<u8>,
    rows: usize,
    next: usize,
    path: PathBuf,
}

impl Saved {
    /// `generation`: that of the database, which no file can be ahead of.
    pub(super) fn open(owner: &Owner, generation: u64) -> Self {
        Self {
            owner: owner.clone(),
            generation,
            files: owner.files().into_iter(),
            open: None,
            row: EncodedRow {
                codes: vec![0; owner.dimension],
                ..EncodedRow::default()
            },
        }
    }

    /// The row of a key, if a file has it. Keys are asked for in ascending order.
    pub(super) fn find(&mut self, key: VectorKey) -> Option<&EncodedRow> {
        loop {
            if self.open.is_none() {
                let path = self.files.next()?;
                self.open = self.read(path);
                continue;
            }
            let part = self.open.as_mut()?;
            part.next += (part.next..part.rows)
                .take_while(|&row| part.key(row) < key)
                .count();
            if part.next == part.rows {
                self.open = None;
                continue;
            }
            if part.key(part.next) != key {
                return None;
            }
            part.copy(part.next, &mut self.row);
            // A row that was removed is no number, and belongs to nobody.
            return self.row.scale.is_finite().then_some(&self.row);
        }
    }

    /// Says that the row which was found last is not the database's: the rest of its file is not used either.
    pub(super) fn reject(&mut self) {
        if let Some(part) = self.open.take() {
            delete(&part.path);
        }
    }

    /// A file, if it is right; else it is deleted.
    fn read(&self, path: PathBuf) -> Option<SavedPart> {
        let bytes = fs::read(&path).ok()?;
        match self.rows(&bytes) {
            Some(rows) => Some(SavedPart {
                bytes,
                rows,
                next: 0,
                path,
            }),
            None => {
                delete(&path);
                None
            }
        }
    }

    /// How many rows a file has, if it is right.
    fn rows(&self, bytes: &[u8]) -> Option<usize> {
        let number = |from: usize| Some(u64::from_le_bytes(*bytes.get(from..)?.first_chunk()?));
        let (generation, rows) = (number(40)?, usize::try_from(number(48)?).ok()?);
        let row = 8 + FACTS + self.owner.dimension;
        let length = rows.checked_mul(row)?.checked_add(HEADER + DIGEST)?;
        let fits =
            bytes.len() == length && bytes.starts_with(MAGIC) && bytes[8..40] == self.owner.stamp();
        let fits = fits && generation <= self.generation && rows > 0;
        let (data, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
        (fits && blake3::hash(data).as_bytes() == digest).then_some(rows)
    }
}

impl SavedPart {
    fn key(&self, row: usize) -> VectorKey {
        let bytes = &self.bytes[HEADER + 8 * row..];
        VectorKey(
            bytes
                .first_chunk()
                .map_or(i64::MAX, |bytes| i64::from_le_bytes(*bytes)),
        )
    }

    fn copy(&self, row: usize, to: &mut EncodedRow) {
        let length = FACTS + to.codes.len();
        let bytes = &self.bytes[HEADER + 8 * self.rows + length * row..][..length];
        let (facts, codes) = bytes.split_at(FACTS);
        let facts = facts.as_chunks::<4>().0;
        [to.scale, to.norm, to.error] = [0, 1, 2].map(|i| f32::from_le_bytes(facts[i]));
        for (to, &code) in to.codes.iter_mut().zip(codes) {
            *to = code.cast_signed();
        }
    }
}
