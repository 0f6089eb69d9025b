//! Files of vectors. A file appears under its name when it is complete, never before.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;
use yuyi::Encoded;

use super::npy;
use super::partial::PartialFile;
use crate::misuse::Misuse;
use crate::terminal::{self, Screen};

/// Where vectors go.
#[derive(Debug, PartialEq)]
pub enum Target {
    /// A NumPy file.
    Npy(PathBuf),
    /// A file of JSON lines.
    Jsonl(PathBuf),
    /// JSON lines on standard output.
    StandardOutput,
}

impl Target {
    /// By the extension of `path`; `None` for one that is not known.
    pub fn of(path: &Path) -> Option<Self> {
        if path == Path::new("-") {
            return Some(Self::StandardOutput);
        }
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "npy" => Some(Self::Npy(path.to_owned())),
            "jsonl" => Some(Self::Jsonl(path.to_owned())),
            _ => None,
        }
    }
}

/// Writes vectors one after the other.
pub struct VectorWriter {
    out: Out,
    dimension: usize,
    rows: usize,
}

enum Out {
    Npy(PartialFile),
    Jsonl(PartialFile),
    StandardOutput(BufWriter<Screen<io::Stdout>>),
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    index: usize,
    text: &'a str,
    embedding: &'a [f32],
    tokens: usize,
    truncated: bool,
}

impl Line<'_> {
    /// With the end of the line.
    fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

impl VectorWriter {
    /// Begins a file of vectors of `dimension` numbers, of the texts in the file `input`.
    ///
    /// # Errors
    /// When it cannot be written, or is `input`.
    pub fn create(target: Target, dimension: usize, input: &Path) -> anyhow::Result<Self> {
        let out = match target {
            Target::Npy(path) => {
                let mut file = PartialFile::beside(path, [input])?;
                if !file.can_rewind() {
                    bail!(Misuse(format!(
                        "{} is no plain file, and the number of vectors is written at the beginning of a .npy file when all are there. Name a \
                         file, or -o - for lines of JSON.",
                        file.path().display()
                    )));
                }
                file.write(&npy::header(0, dimension))?;
                Out::Npy(file)
            }
            Target::Jsonl(path) => Out::Jsonl(PartialFile::beside(path, [input])?),
            Target::StandardOutput => {
                Out::StandardOutput(BufWriter::new(terminal::shared_stdout()))
            }
        };
        Ok(Self {
            out,
            dimension,
            rows: 0,
        })
    }

    /// Writes the vector of a text.
    pub fn write(&mut self, text: &str, encoded: &Encoded) -> anyhow::Result<()> {
        let line = Line {
            index: self.rows,
            text,
            embedding: &encoded.vector,
            tokens: encoded.tokens,
            truncated: encoded.truncated,
        };
        self.rows += 1;
        match &mut self.out {
            Out::Npy(file) => {
                let bytes: Vec<u8> = encoded
                    .vector
                    .iter()
                    .flat_map(|x| x.to_le_bytes())
                    .collect();
                file.write(&bytes)?;
            }
            Out::Jsonl(file) => file.write(line.json()?.as_bytes())?,
            Out::StandardOutput(out) => out.write_all(line.json()?.as_bytes())?,
        }
        Ok(())
    }

    /// Completes the file and gives it its name; answers whether it was standard output.
    pub fn finish(self) -> anyhow::Result<bool> {
        match self.out {
            Out::Npy(mut file) => {
                file.rewind()?;
                file.write(&npy::header(self.rows, self.dimension))?;
                file.finish()?;
            }
            Out::Jsonl(file) => file.finish()?,
            Out::StandardOutput(mut out) => {
                out.flush()?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
