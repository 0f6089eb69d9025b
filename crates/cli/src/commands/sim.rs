//! `yuyi sim`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};
use yuyi::{Encoded, Error, Model};
use yuyi_language::is_blank;
use yuyi_tasks::lexical::Baseline;

use super::{Chunks, report_truncated, report_unknown};
use crate::args::SimArgs;
use crate::input::{self, Columns, Fault, Format, Record, Records, Row};
use crate::misuse::Misuse;
use crate::named::load_model;
use crate::output::explanation;
use crate::output::pairs::{FailedPair, Outcome, PairWriter, ScoredPair, Sink};
use crate::progress::Progress;
use crate::terminal::{self, remark};

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
    let mut out = terminal::stdout();
    for pair in scorer.score(vec![row])? {
        let pair = pair?;
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
    let columns =
        Columns::needed(&["sentence_a", "sentence_b"]).chosen_by(&args.layout.layout())?;
    let input = input::open(file, args.format, Format::Tsv)?;
    if input.format == Format::Txt {
        bail!(Misuse(
            "A TXT file has one text a line; pairs need TSV, CSV or JSONL.".into()
        ));
    }
    let format = output_format(args, input.format)?;
    if args.explain && format != Format::Jsonl {
        bail!(Misuse(
            "--explain writes more than a row can hold; add --json.".into()
        ));
    }
    let scorer = Scorer::load(args)?;
    let out = Sink::of(args.output.as_deref(), file)?;
    let name = input.name().to_owned();
    let mut progress = Progress::of_lines(input.lines());
    let records = input.records(columns);
    let mut chunks = Chunks::new(as_strict(records, args.strict, name.clone()));
    let mut chunk = chunks.next()?;
    if chunk.is_empty() {
        bail!("{name} has no pairs.");
    }
    let rest = chunk.first().map(|record| record.rest.as_slice());
    let mut writer = PairWriter::new(format, &scorer.methods(), rest.unwrap_or_default(), out)?;
    let mut tally = Tally::default();
    while let Some(last) = chunk.last() {
        let (rows, line) = (chunk.len(), last.row.line);
        let first = chunk.first().map_or(line, |record| record.row.line);
        let scored = scorer.score(sound(&chunk));
        let scored = scored.with_context(|| unscored(&name, first, line))?;
        for outcome in outcomes(chunk, scored) {
            as_strict_as_asked(args, &outcome, &name)?;
            tally.count(&outcome);
            writer.write(&outcome)?;
        }
        writer.flush()?;
        progress.done(rows, line);
        chunk = chunks.next()?;
    }
    progress.finish();
    writer.finish()?;
    report_truncated(tally.truncated, scorer.model.facts().max_tokens);
    report_unknown(tally.unknown);
    tally.report_failed(&name)
}

/// The format of the scores: that which the name of their file tells, or else the format of the pairs.
///
/// # Errors
/// When the name tells a format that is not written, or not for these pairs.
fn output_format(args: &SimArgs, input: Format) -> anyhow::Result<Format> {
    let is_json = args.json || matches!(input, Format::Json | Format::Jsonl);
    let unsaid = match input {
        _ if is_json => Format::Jsonl,
        Format::Xlsx => Format::Csv,
        input => input,
    };
    let Some(output) = args.output.as_deref() else {
        return Ok(unsaid);
    };
    match Format::of(output) {
        Some(Format::Jsonl) => Ok(Format::Jsonl),
        Some(Format::Xlsx) => bail!(Misuse(
            "A workbook cannot be written; name a file in .csv.".into()
        )),
        Some(Format::Tsv | Format::Csv) if args.json => bail!(Misuse(
            "--json writes a JSON object a line; name the output .jsonl.".into()
        )),
        Some(Format::Tsv | Format::Csv) if is_json => bail!(Misuse(
            "Pairs in JSON have no columns that all share; name the output .jsonl.".into()
        )),
        Some(table @ (Format::Tsv | Format::Csv)) => Ok(table),
        Some(Format::Txt) => Ok(unsaid),
        None if output.extension().is_none() => Ok(unsaid),
        Some(Format::Json) | None => bail!(Misuse(format!(
            "{}: scores are not written in such a file; name the output .csv, .tsv or .jsonl (a JSON object a line).",
            output.display()
        ))),
    }
}

/// With `strict`, a record that is of no use ends the others.
fn as_strict(records: Records, strict: bool, file: String) -> Records {
    if !strict {
        return records;
    }
    Box::new(records.map(move |record| {
        let mut record = record?;
        match record.fault.take() {
            Some(fault) => Err(fault.into_error(&file, record.row.line)),
            None => Ok(record),
        }
    }))
}

/// With `--strict`, a text that the model refuses ends the others as well.
fn as_strict_as_asked(args: &SimArgs, outcome: &Outcome, file: &str) -> anyhow::Result<()> {
    match outcome {
        Outcome::Failed(pair, _) if args.strict => {
            Err(Fault::told(pair.error.clone()).into_error(file, pair.line))
        }
        _ => Ok(()),
    }
}

/// Which lines a failure leaves without scores.
fn unscored(file: &str, first: u64, last: u64) -> String {
    match first == last {
        true => format!("{file}: line {first} has no score"),
        false => format!("{file}: lines {first} to {last} have no scores"),
    }
}

/// The rows of records that are of use.
fn sound(records: &[Record]) -> Vec<Row> {
    let sound = records.iter().filter(|record| record.fault.is_none());
    sound.map(|record| record.row.clone()).collect()
}

/// What became of each record, in order; `scored` are those that are of use.
fn outcomes(records: Vec<Record>, scored: Vec<Result<ScoredPair, Error>>) -> Vec<Outcome> {
    let mut scored = scored.into_iter();
    let outcome = |record: Record| {
        let Record {
            row, rest, fault, ..
        } = record;
        Some(match fault {
            Some(fault) => Outcome::Failed(FailedPair::new(row, fault.text), rest),
            None => match scored.next()? {
                Ok(pair) => Outcome::Scored(pair, rest),
                Err(error) => Outcome::Failed(FailedPair::new(row, error.to_string()), rest),
            },
        })
    };
    records.into_iter().filter_map(outcome).collect()
}

/// What is said at the end.
#[derive(Default)]
struct Tally {
    rows: usize,
    truncated: usize,
    unknown: usize,
    failed: usize,
    /// The line and the fault of the first row without a score.
    first: Option<(u64, String)>,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        self.rows += 1;
        match outcome {
            Outcome::Scored(pair, _) => {
                self.truncated += usize::from(pair.truncated);
                self.unknown += pair.unknown;
            }
            Outcome::Failed(pair, _) => {
                self.failed += 1;
                let first = || (pair.line, pair.error.clone());
                self.first.get_or_insert_with(first);
            }
        }
    }

    /// Says how many rows have no score.
    ///
    /// # Errors
    /// When no row has one.
    fn report_failed(&self, file: &str) -> anyhow::Result<()> {
        let Some((line, error)) = &self.first else {
            return Ok(());
        };
        let (failed, rows) = (self.failed, self.rows);
        let error = error.trim_end_matches('.');
        // What is wrong with the format of a row names its line by itself.
        let told = match error.starts_with(&format!("line {line}")) {
            true => format!("{file}: {failed} of {rows} rows have no score, the first: {error}."),
            false => format!(
                "{file}: {failed} of {rows} rows have no score, the first in line {line}: {error}."
            ),
        };
        if failed == rows {
            bail!(told);
        }
        remark!("{told}");
        Ok(())
    }
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

    /// The scores of rows, or why one of their texts has no vector.
    fn score(&self, rows: Vec<Row>) -> anyhow::Result<Vec<Result<ScoredPair, Error>>> {
        let texts = rows
            .into_iter()
            .flat_map(|row| row.cells)
            .collect::<Vec<String>>();
        let encoded = self.model.embed_separately(&texts)?;
        let mut sides = texts.into_iter().zip(encoded);
        let mut pairs = Vec::new();
        while let (Some((a, at_a)), Some((b, at_b))) = (sides.next(), sides.next()) {
            pairs.push(match (at_a, at_b) {
                (Ok(of_a), Ok(of_b)) => Ok(self.scored(a, b, &of_a, &of_b)?),
                (Err(error), _) | (_, Err(error)) => Err(error),
            });
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
