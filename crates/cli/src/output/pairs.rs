//! Scored pairs as TSV, CSV or JSON lines.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use serde::Serialize;
use yuyi::Explanation;

use crate::input::Format;

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

/// Writes scored pairs, in the format of their file.
pub struct PairWriter<W: Write> {
    out: Out<W>,
}

enum Out<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Tsv(BufWriter<W>),
    Jsonl(BufWriter<W>),
}

const HEADER: [&str; 4] = ["sentence_a", "sentence_b", "similarity", "cosine"];

impl<W: Write> PairWriter<W> {
    /// A writer, with a header where the format has one; `methods` are columns behind the others.
    pub fn new(format: Format, methods: &[&str], out: W) -> anyhow::Result<Self> {
        let header = [&HEADER, methods].concat();
        let out = match format {
            Format::Jsonl => Out::Jsonl(BufWriter::new(out)),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(header)?;
                Out::Csv(Box::new(writer))
            }
            Format::Tsv | Format::Txt => {
                let mut out = BufWriter::new(out);
                writeln!(out, "{}", header.join("\t"))?;
                Out::Tsv(out)
            }
        };
        Ok(Self { out })
    }

    /// Writes a pair.
    pub fn write(&mut self, pair: &ScoredPair) -> anyhow::Result<()> {
        let scores = [pair.similarity, pair.cosine].into_iter();
        let scores = scores.chain(pair.methods.iter().flatten().map(|(_, score)| *score));
        let numbers = scores.map(|score| format!("{score:.6}"));
        let texts = [pair.sentence_a.clone(), pair.sentence_b.clone()];
        let cells = texts.into_iter().chain(numbers);
        match &mut self.out {
            Out::Csv(writer) => writer.write_record(cells)?,
            // A cell of a TSV file holds neither tab nor line end, so it needs no quotes here either.
            Out::Tsv(out) => writeln!(out, "{}", cells.collect::<Vec<_>>().join("\t"))?,
            Out::Jsonl(out) => writeln!(out, "{}", serde_json::to_string(pair)?)?,
        }
        Ok(())
    }

    /// Hands on what was written, so that a reader sees it before the end.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        match &mut self.out {
            Out::Csv(writer) => writer.flush()?,
            Out::Tsv(out) | Out::Jsonl(out) => out.flush()?,
        }
        Ok(())
    }
}
