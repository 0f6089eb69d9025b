//! `yuyi sim`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;
use yuyi::{Encoded, Model};
use yuyi_language::is_blank;
use yuyi_tasks::lexical::Baseline;

use super::{Chunks, report_truncated, report_unknown};
use crate::args::SimArgs;
use crate::input::{Format, Input, Row};
use crate::misuse::Misuse;
use crate::model::load_model;
use crate::output::explanation;
use crate::output::pairs::{PairWriter, ScoredPair};

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
            false => write_for_people(&mut out, &pair)?,
        }
        report_truncated(usize::from(pair.truncated), scorer.model.facts().max_tokens);
        report_unknown(pair.unknown);
    }
    Ok(())
}

fn write_for_people(out: &mut impl Write, pair: &ScoredPair) -> io::Result<()> {
    writeln!(out, "{:.4}", pair.similarity)?;
    for (name, score) in pair.methods.iter().flatten() {
        writeln!(out, "{name} {score:.4}")?;
    }
    match &pair.explain {
        Some(explanation) => explanation::write(out, explanation),
        None => Ok(()),
    }
}

fn compare_file(args: &SimArgs, file: &Path) -> anyhow::Result<()> {
    let input = Input::open(file, args.format, Format::Tsv)?;
    if input.format == Format::Txt {
        bail!(Misuse(
            "A TXT file has one text a line; pairs need TSV, CSV or JSONL.".into()
        ));
    }
    let format = if args.json {
        Format::Jsonl
    } else {
        input.format
    };
    if args.explain && format != Format::Jsonl {
        bail!(Misuse(
            "--explain writes more than a row can hold; add --json.".into()
        ));
    }
    let scorer = Scorer::load(args)?;
    let mut writer = PairWriter::new(format, &scorer.methods(), io::stdout().lock())?;
    let (rows, mut progress) = input.rows(&["sentence_a", "sentence_b"]);
    let mut chunks = Chunks::new(rows);
    let (mut truncated, mut unknown) = (0, 0);
    loop {
        let chunk = chunks.next()?;
        if chunk.is_empty() {
            break;
        }
        progress.add(chunk.len());
        for pair in scorer.score(chunk)? {
            truncated += usize::from(pair.truncated);
            unknown += pair.unknown;
            writer.write(&pair)?;
        }
        writer.flush()?;
    }
    progress.finish();
    report_truncated(truncated, scorer.model.facts().max_tokens);
    report_unknown(unknown);
    Ok(())
}

/// Scores pairs with a model and its calibration, and as the command line asks beside it.
struct Scorer {
    model: Model,
    baselines: Vec<Baseline>,
    explain: bool,
}

impl Scorer {
    fn load(args: &SimArgs) -> anyhow::Result<Self> {
        let baselines = baselines(args);
        Ok(Self {
            model: load_model(&args.model)?,
            baselines,
            explain: args.explain,
        })
    }

    /// Names of the methods beside the model.
    fn methods(&self) -> Vec<&'static str> {
        let names = self.baselines.iter().map(|b| b.method().name());
        names.collect()
    }

    fn score(&self, rows: Vec<Row>) -> anyhow::Result<Vec<ScoredPair>> {
        let texts = rows
            .into_iter()
            .flat_map(|row| row.cells)
            .collect::<Vec<String>>();
        let encoded = self.model.embed(&texts)?;
        let mut texts = texts.into_iter();
        let mut pairs = Vec::with_capacity(encoded.len() / 2);
        for sides in encoded.chunks_exact(2) {
            if let (Some(a), Some(b)) = (texts.next(), texts.next()) {
                pairs.push(self.scored(a, b, &sides[0], &sides[1])?);
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
    ) -> anyhow::Result<ScoredPair> {
        let scored = self.model.score_vectors(a, b);
        let score = |baseline: &Baseline| {
            let score = baseline.score(&sentence_a, &sentence_b);
            (baseline.method().name(), score)
        };
        let methods: BTreeMap<_, _> = self.baselines.iter().map(score).collect();
        let explain = self
            .explain
            .then(|| self.model.explain(&sentence_a, &sentence_b));
        let unknown = [(&sentence_a, a), (&sentence_b, b)]
            .into_iter()
            .map(|(text, encoded)| self.count_unknown(text, encoded));
        let unknown = unknown.sum::<anyhow::Result<usize>>()?;
        Ok(ScoredPair {
            unknown,
            explain: explain.transpose()?,
            methods: (!methods.is_empty()).then_some(methods),
            sentence_a,
            sentence_b,
            similarity: scored.similarity,
            cosine: scored.cosine,
            calibrated: scored.calibrated,
            model: self.model.facts().name.clone(),
            truncated: scored.truncated,
        })
    }

    /// 1 for a text of which the vocabulary knows nothing, else 0. What was read has tokens that are not the text's own, so
    /// a text with unknown tokens is cut into tokens once more.
    fn count_unknown(&self, text: &str, encoded: &Encoded) -> anyhow::Result<usize> {
        if encoded.unknown == 0 {
            return Ok(0);
        }
        Ok(usize::from(
            encoded.unknown >= self.model.tokens(text)?.len(),
        ))
    }
}

/// The methods of the command line, each once and in the order of their names. Pairs may be too many to know how common their words are before the
/// first is scored, so every term counts the same.
fn baselines(args: &SimArgs) -> Vec<Baseline> {
    let mut methods = args.methods.clone();
    methods.sort_by_key(|method| method.name());
    methods.dedup();
    methods.into_iter().filter_map(Baseline::of_pair).collect()
}
