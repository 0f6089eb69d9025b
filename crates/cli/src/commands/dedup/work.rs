//! What a long search keeps, so that it goes on where it was interrupted, also by a kill.
//!
//! Beside the file of pairs that is to be written stand three others until it is complete: `.part`, its lines so far; `.vectors`, the vectors so
//! far; and `.state`, which says what they are of, how many blocks are done and how long `.part` is with their pairs. What was
//! written behind that is cut off again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use yuyi_tasks::dedup::{Pair, ShownPair};

use super::job::Job;
use super::pairs_file::{self, Head};
use super::vectors::VectorFile;
use crate::terminal::remark;

/// How often is written down how far the search is.
const EVERY: Duration = Duration::from_secs(2);

/// How far a search is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    head: Head,
    dimension: usize,
    blocks: usize,
    bytes: u64,
}

/// The files of a search.
pub struct Work {
    path: PathBuf,
    state: State,
    part: BufWriter<File>,
    /// Until the search takes them.
    vectors: Option<VectorFile>,
    /// Kept open, since the lock lasts as long.
    _lock: File,
    told: Instant,
}

impl Work {
    /// Goes on with what is there of the same search, or begins it.
    ///
    /// # Errors
    /// When the files cannot be read or written, or another run is writing them.
    pub fn open(path: &Path, head: Head, dimension: usize) -> anyhow::Result<Self> {
        if path.is_dir() {
            bail!("{} is a folder; name a file.", path.display());
        }
        let fresh = State {
            head,
            dimension,
            blocks: 0,
            bytes: 0,
        };
        let unwritable = || format!("{} cannot be written", path.display());
        // The other files are looked at behind the lock: until then another run may be writing them.
        let vectors = locked(path)?;
        let lock = vectors.try_clone().with_context(unwritable)?;
        let part = open_beside(path, "part").with_context(unwritable)?;
        let known = fs::read(beside(path, "state")).ok();
        let known: Option<State> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let same = |state: &State| state.head == fresh.head && state.dimension == dimension;
        let state = match known.filter(same) {
            Some(state) if holds(&part, &state).with_context(unwritable)? => state,
            _ => fresh,
        };
        let vectors = VectorFile::new(vectors, dimension).with_context(unwritable)?;
        let mut work = Self {
            path: path.to_owned(),
            part: BufWriter::new(part),
            vectors: Some(vectors),
            state,
            _lock: lock,
            told: Instant::now(),
        };
        work.take_up().with_context(unwritable)?;
        Ok(work)
    }

    /// Cuts off what is not known to be whole.
    fn take_up(&mut self) -> anyhow::Result<()> {
        if self.state.bytes == 0 {
            // Nothing of another search is taken for this one's.
            self.part.get_ref().set_len(0)?;
            self.part.seek(SeekFrom::Start(0))?;
            self.vectors.as_mut().map(VectorFile::clear).transpose()?;
            let head = pairs_file::line(&self.state.head)?;
            self.part.write_all(&head)?;
            self.state.bytes = head.len() as u64;
            self.note()?;
        }
        self.part.get_ref().set_len(self.state.bytes)?;
        self.part.seek(SeekFrom::Start(self.state.bytes))?;
        if self.vectors.as_ref().is_some_and(|known| known.rows() > 0) {
            remark!(
                "{} is gone on with: what was computed before is not computed again.",
                self.path.display()
            );
        }
        Ok(())
    }

    /// Blocks that are done.
    pub fn blocks(&self) -> usize {
        self.state.blocks
    }

    /// The file of vectors, with those that were computed before. It is there once.
    ///
    /// # Errors
    /// When it was taken.
    pub fn take_vectors(&mut self) -> anyhow::Result<VectorFile> {
        self.vectors.take().context("the vectors were taken")
    }

    /// Hands over the pairs that were found before, some at a time, in the order in which they were found.
    pub fn known_pairs(&mut self, job: &Job, mut take: impl FnMut(&[Pair])) -> anyhow::Result<()> {
        let file = File::open(beside(&self.path, "part"))?.take(self.state.bytes);
        let mut pairs = Vec::new();
        for line in BufReader::with_capacity(1 << 20, file).lines().skip(1) {
            let pair = pairs_file::pair(&line?, job);
            pairs.push(pair.with_context(|| {
                format!(
                    "{} is damaged; remove it and begin again.",
                    beside(&self.path, "part").display()
                )
            })?);
            if pairs.len() == 1 << 16 {
                take(&pairs);
                pairs.clear();
            }
        }
        take(&pairs);
        Ok(())
    }

    /// Begins with the pairs anew.
    pub fn forget_pairs(&mut self) -> anyhow::Result<()> {
        let head = pairs_file::line(&self.state.head)?;
        (self.state.blocks, self.state.bytes) = (0, head.len() as u64);
        self.part.get_ref().set_len(self.state.bytes)?;
        self.part.seek(SeekFrom::Start(self.state.bytes))?;
        Ok(())
    }

    /// Keeps the pairs of the next block, in the order in which they were found.
    pub fn keep(&mut self, pairs: &[Pair], old: usize) -> anyhow::Result<()> {
        for pair in pairs {
            let line = pairs_file::line(&ShownPair::of(pair, old))?;
            self.part.write_all(&line)?;
            self.state.bytes += line.len() as u64;
        }
        self.state.blocks += 1;
        if self.told.elapsed() > EVERY {
            self.note()?;
        }
        Ok(())
    }

    /// Writes down how far it is.
    fn note(&mut self) -> anyhow::Result<()> {
        self.part.flush()?;
        let (new, state) = (beside(&self.path, "state.new"), beside(&self.path, "state"));
        fs::write(&new, serde_json::to_vec(&self.state)?)?;
        fs::rename(new, state)?;
        self.told = Instant::now();
        Ok(())
    }

    /// Gives the file of pairs its name, and takes the others away.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.part.flush()?;
        self.part.get_ref().sync_all()?;
        fs::rename(beside(&self.path, "part"), &self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        for ending in ["state", "vectors"] {
            fs::remove_file(beside(&self.path, ending))?;
        }
        Ok(())
    }
}

/// The file of vectors, locked for this run: two that wrote at once would spoil each other's files.
fn locked(path: &Path) -> anyhow::Result<File> {
    let unwritable = || format!("{} cannot be written", path.display());
    loop {
        let file = open_beside(path, "vectors").with_context(unwritable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "{} is being written by another run. Wait until that has ended, or name another file.",
                path.display()
            ),
            // Some file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error).with_context(unwritable),
        }
        // The run that had it may have ended in between and taken the file away.
        if beside(path, "vectors").exists() {
            return Ok(file);
        }
    }
}

/// Whether a file has the lines that a state tells of.
fn holds(part: &File, state: &State) -> anyhow::Result<bool> {
    let head = pairs_file::line(&state.head)?;
    let is_long_enough = part.metadata()?.len() >= state.bytes;
    if !is_long_enough || state.bytes < head.len() as u64 {
        return Ok(false);
    }
    let (mut part, mut first, mut last) = (part, vec![0; head.len()], [0]);
    part.seek(SeekFrom::Start(0))?;
    part.read_exact(&mut first)?;
    part.seek(SeekFrom::Start(state.bytes - 1))?;
    part.read_exact(&mut last)?;
    Ok(first == head && last == *b"\n")
}

fn open_beside(path: &Path, ending: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(beside(path, ending))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}
