//! `yuyi sim`.

use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;
use serde::Serialize;
use yuyi_encoder::Encoded;
use yuyi_models::EmbedOptions;
use yuyi_tasks::{Calibration, cosine, is_blank};

use super::{Chunks, report_truncated};
use crate::args::{Misuse, SimArgs};
use crate::input::{Format, Input, Row};
use crate::model::Model;
use crate::output::table::PairWriter;

/// A scored pair, as it is written in JSON.
#[derive(Serialize)]
pub struct ScoredPair {
    /// First sentence.
    pub sentence_a: String,
    /// Second sentence.
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
}

/// Compares two sentences, or every pair of a file.
pub fn run(args: &SimArgs) -> anyhow::Result<()> {
    match (&args.pairs, &args.a, &args.b) {
        (Some(file), ..) => compare_file(args, file),
        (None, Some(a), Some(b)) => compare_two(args, a, b),
        // clap has asked for both sentences or a file.
        _ => bail!(Misuse("Give two sentences, or --pairs FILE.".into())),
    }
}

fn compare_two(args: &SimArgs, a: &str, b: &str) -> anyhow::Result<()> {
    if is_blank(a) || is_blank(b) {
        bail!(Misuse(
            "A sentence is empty or blank; each needs at least one visible character.".into()
        ));
    }
    let scorer = Scorer::load(args)?;
    let row = Row {
        line: 1,
        cells: vec![a.to_owned(), b.to_owned()],
    };
    let mut out = io::stdout().lock();
    for pair in scorer.score(vec![row])? {
        match args.json {
            true => writeln!(out, "{}", serde_json::to_string(&pair)?)?,
            false => writeln!(out, "{:.4}", pair.similarity)?,
        }
        report_truncated(usize::from(pair.truncated), scorer.model.facts().max_tokens);
    }
    Ok(())
}

fn compare_file(args: &SimArgs, file: &Path) -> anyhow::Result<()> {
    let input = Input::open(file, args.format, Format::Tsv)?;
    if input.format == Format::Txt {
        bail!(Misuse(
            "A TXT file has one text a line; pairs need TSV, CSV or JSONL.".into()
        ));
    }
    let scorer = Scorer::load(args)?;
    let format = if args.json {
        Format::Jsonl
    } else {
        input.format
    };
    let mut writer = PairWriter::new(format, io::stdout().lock())?;
    let (rows, mut progress) = input.rows(&["sentence_a", "sentence_b"]);
    let mut chunks = Chunks::new(rows);
    let mut truncated = 0;
    loop {
        let chunk = chunks.next()?;
        if chunk.is_empty() {
            break;
        }
        progress.add(chunk.len());
        for pair in scorer.score(chunk)? {
            truncated += usize::from(pair.truncated);
            writer.write(&pair)?;
        }
        writer.flush()?;
    }
    progress.finish();
    report_truncated(truncated, scorer.model.facts().max_tokens);
    Ok(())
}

/// Scores pairs with a model and its calibration.
struct Scorer {
    model: Model,
    calibration: Calibration,
}

impl Scorer {
    fn load(args: &SimArgs) -> anyhow::Result<Self> {
        let model = Model::load(&args.model)?;
        Ok(Self {
            calibration: model.calibration()?,
            model,
        })
    }

    fn score(&self, rows: Vec<Row>) -> anyhow::Result<Vec<ScoredPair>> {
        let texts = rows
            .into_iter()
            .flat_map(|row| row.cells)
            .collect::<Vec<String>>();
        let encoded = self.model.embed(texts.clone(), &EmbedOptions::default())?;
        let mut texts = texts.into_iter();
        let mut pairs = Vec::with_capacity(encoded.len() / 2);
        for sides in encoded.chunks_exact(2) {
            if let (Some(a), Some(b)) = (texts.next(), texts.next()) {
                pairs.push(self.scored(a, b, &sides[0], &sides[1]));
            }
        }
        Ok(pairs)
    }

    fn scored(
        &self,
        sentence_a: String,
        sentence_b: String,
        a: &Encoded,
        b: &Encoded,
    ) -> ScoredPair {
        let cosine = cosine(&a.vector, &b.vector);
        ScoredPair {
            sentence_a,
            sentence_b,
            similarity: self.calibration.similarity(cosine),
            cosine,
            calibrated: self.calibration.is_fitted(),
            model: self.model.facts().name.clone(),
            truncated: a.truncated || b.truncated,
        }
    }
}
