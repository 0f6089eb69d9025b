//! Scored pairs as TSV, CSV or JSON lines.

use std::io::{BufWriter, Write};

use crate::commands::sim::ScoredPair;
use crate::input::Format;

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
    /// A writer, with a header where the format has one.
    pub fn new(format: Format, out: W) -> anyhow::Result<Self> {
        let out = match format {
            Format::Jsonl => Out::Jsonl(BufWriter::new(out)),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(HEADER)?;
                Out::Csv(Box::new(writer))
            }
            Format::Tsv | Format::Txt => {
                let mut out = BufWriter::new(out);
                writeln!(out, "{}", HEADER.join("\t"))?;
                Out::Tsv(out)
            }
        };
        Ok(Self { out })
    }

    /// Writes a pair.
    pub fn write(&mut self, pair: &ScoredPair) -> anyhow::Result<()> {
        let ScoredPair {
            sentence_a,
            sentence_b,
            similarity,
            cosine,
            ..
        } = pair;
        match &mut self.out {
            Out::Csv(writer) => {
                let numbers = [format!("{similarity:.6}"), format!("{cosine:.6}")];
                writer.write_record([sentence_a, sentence_b, &numbers[0], &numbers[1]])?;
            }
            // A cell of a TSV file holds neither tab nor line end, so it needs no quotes here either.
            Out::Tsv(out) => writeln!(
                out,
                "{sentence_a}\t{sentence_b}\t{similarity:.6}\t{cosine:.6}"
            )?,
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
