//! Scored pairs as TSV, CSV or JSON lines.

use std::collections::BTreeMap;
use std::io::{BufWriter, Stdout, Write};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use yuyi::Explanation;

use crate::input::{Format, Row};
use crate::output::partial::PartialFile;
use crate::terminal::{self, Screen};

/// A scored pair, as it is written in JSON.
#[derive(Serialize)]
pub struct ScoredPair {
    pub sentence_a: String,
    pub sentence_b: String,
    /// In [0, 1].
    pub similarity: f64,
    /// In [-1, 1].
    pub cosine: f64,
    /// Whether `similarity` went through a fitted calibration.
    pub calibrated: bool,
    /// Name of the model.
    pub model: String,
    /// Either side was cut.
    pub truncated: bool,
    /// Texts of which the vocabulary knows nothing.
    #[serde(skip)]
    pub unknown: usize,
    /// Scores of the methods that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<BTreeMap<&'static str, f64>>,
    /// Why, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

/// A row that has no score, as it is written in JSON.
#[derive(Serialize)]
pub struct FailedPair {
    pub sentence_a: String,
    pub sentence_b: String,
    /// Why, as a sentence.
    pub error: String,
    /// Line of the file, from 1.
    pub line: u64,
}

impl FailedPair {
    /// A row and what is wrong with it.
    pub fn new(row: Row, error: String) -> Self {
        let mut cells = row.cells.into_iter();
        Self {
            sentence_a: cells.next().unwrap_or_default(),
            sentence_b: cells.next().unwrap_or_default(),
            error,
            line: row.line,
        }
    }
}

/// Further columns of a row, with their names.
pub type Rest = Vec<(Arc<str>, Value)>;

/// What became of a row, and its further columns.
pub enum Outcome {
    Scored(ScoredPair, Rest),
    Failed(FailedPair, Rest),
}

/// Where scores are written.
pub enum Sink {
    Standard(BufWriter<Screen<Stdout>>),
    File(PartialFile),
}

impl Sink {
    /// The file `output`, or standard output; `input` is not written over.
    pub fn of(output: Option<&Path>, input: &Path) -> anyhow::Result<Self> {
        Ok(match output.filter(|path| *path != Path::new("-")) {
            Some(path) => Self::File(PartialFile::beside(path.to_owned(), [input])?),
            None => Self::Standard(BufWriter::new(terminal::shared_stdout())),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Standard(out) => Ok(out.write_all(bytes)?),
            Self::File(file) => file.write(bytes),
        }
    }
}

/// Writes scored pairs in a format.
pub struct PairWriter {
    format: Format,
    out: Sink,
    /// Methods beside the score.
    methods: usize,
    /// Further columns of a table.
    rest: usize,
}

const HEADER: [&str; 4] = ["sentence_a", "sentence_b", "similarity", "cosine"];

/// Names that a JSON object has anyway.
const KEYS: [&str; 7] = [
    "calibrated",
    "model",
    "truncated",
    "methods",
    "explain",
    "error",
    "line",
];

impl PairWriter {
    /// A writer, with a header where the format has one; `methods` are columns behind the others, and `rest` those of the
    /// pairs' file behind them.
    pub fn new(
        format: Format,
        methods: &[&str],
        rest: &[(Arc<str>, Value)],
        out: Sink,
    ) -> anyhow::Result<Self> {
        let mut writer = Self {
            format,
            out,
            methods: methods.len(),
            rest: rest.len(),
        };
        if format != Format::Jsonl {
            let ours = [&HEADER, methods].concat();
            let theirs = rest.iter().map(|(name, _)| unlike(name, &ours));
            let header = ours.iter().map(ToString::to_string).chain(theirs);
            let header = header.collect();
            writer.write_cells(header)?;
        }
        Ok(writer)
    }

    /// Writes a row. One without a score says why in the place of its similarity.
    pub fn write(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        match (self.format, outcome) {
            (Format::Jsonl, Outcome::Scored(pair, rest)) => self.write_json(pair, rest),
            (Format::Jsonl, Outcome::Failed(pair, rest)) => self.write_json(pair, rest),
            (_, Outcome::Scored(pair, rest)) => {
                let scores = [pair.similarity, pair.cosine].into_iter();
                let scores = scores.chain(pair.methods.iter().flatten().map(|(_, score)| *score));
                let scores = scores.map(|score| format!("{score:.6}"));
                self.write_row([&pair.sentence_a, &pair.sentence_b], scores.collect(), rest)
            }
            (_, Outcome::Failed(pair, rest)) => {
                let mut scores = vec![String::new(); 2 + self.methods];
                scores[0] = format!("error: {}", pair.error);
                self.write_row([&pair.sentence_a, &pair.sentence_b], scores, rest)
            }
        }
    }

    fn write_row(
        &mut self,
        texts: [&String; 2],
        scores: Vec<String>,
        rest: &Rest,
    ) -> anyhow::Result<()> {
        let texts = texts.into_iter().cloned();
        let rest = rest.iter().take(self.rest).map(|(_, value)| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        self.write_cells(texts.chain(scores).chain(rest).collect())
    }

    fn write_cells(&mut self, cells: Vec<String>) -> anyhow::Result<()> {
        if self.format == Format::Csv {
            let mut line = csv::Writer::from_writer(Vec::new());
            line.write_record(cells)?;
            return self.out.write(&line.into_inner()?);
        }
        // TSV has no quotes, so what would end a cell becomes a blank.
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| cell.replace(['\t', '\r', '\n'], " "))
            .collect();
        self.out.write(format!("{}\n", cells.join("\t")).as_bytes())
    }

    fn write_json(&mut self, pair: &impl Serialize, rest: &Rest) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct WithRest<'a, T> {
            #[serde(flatten)]
            pair: &'a T,
            #[serde(flatten)]
            rest: Map<String, Value>,
        }
        if rest.is_empty() {
            return self
                .out
                .write(format!("{}\n", serde_json::to_string(pair)?).as_bytes());
        }
        let ours = [&HEADER[..], &KEYS].concat();
        let rest = rest
            .iter()
            .map(|(name, value)| (unlike(name, &ours), value.clone()));
        let rest = rest.collect();
        let line = serde_json::to_string(&WithRest { pair, rest })?;
        self.out.write(format!("{line}\n").as_bytes())
    }

    /// Hands on what was written, so that a reader sees it before the end.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        match &mut self.out {
            Sink::Standard(out) => Ok(out.flush()?),
            Sink::File(_) => Ok(()),
        }
    }

    /// Gives a file its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        match self.out {
            Sink::Standard(_) => Ok(()),
            Sink::File(file) => file.finish(),
        }
    }
}

/// A name of a column of the file, other than `ours`.
fn unlike(name: &str, ours: &[&str]) -> String {
    match ours.contains(&name) {
        true => format!("file_{name}"),
        false => name.to_owned(),
    }
}
