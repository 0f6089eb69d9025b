//! `yuyi dedup`.

mod job;
mod pairs_file;
mod report;
mod search;
mod shown;
mod vectors;
mod work;

use std::path::Path;

use anyhow::bail;
use yuyi_files::{Transcript, TranscriptFormat};
use yuyi_tasks::dedup::{
    Answer, BestPairs, Grouping, Groups, MOST_PAIRS, Options, Pair, ShownPair, merged, pairs_above,
};

use self::job::Job;
use self::shown::Told;
use super::report_truncated;
use crate::args::DedupArgs;
use crate::input;
use crate::misuse::Misuse;
use crate::output::partial::{PartialFile, is_same_file};
use crate::terminal::{self, remark};

/// Finds the remarks of minutes that repeat each other.
pub fn run(args: &DedupArgs) -> anyhow::Result<()> {
    let options = Options {
        mode: args.mode.into(),
        threshold: args.threshold,
    };
    let is_shown = args.json || args.pairs.is_some() || args.report.report.is_some();
    // Of one topic there may be a hundred times as many pairs that are nearly near.
    let above = args.pairs_above.unwrap_or_else(|| match is_shown {
        true => pairs_above(args.threshold),
        false => args.threshold,
    });
    if above > args.threshold {
        bail!(Misuse(
            "--pairs-above is above --threshold, and groups could not be told from such pairs."
                .into()
        ));
    }
    let minutes = input::open_transcript(&args.file)?;
    let old = args
        .against
        .as_deref()
        .map(input::open_transcript)
        .transpose()?;
    if minutes.is_document && !args.json && args.output.is_none() {
        bail!(Misuse(
            "A document is written to a file; name it with -o.".into()
        ));
    }
    if let Some(output) = args.output.as_deref().filter(|_| !args.json) {
        check_ending(output, &minutes)?;
    }
    check_written(args)?;
    let output = outputs(args)?;
    let job = Job::new(&minutes, old.as_ref(), options, above);
    let found = match &args.rethreshold {
        Some(file) => again(&job, file)?,
        None => search::run(&job, args)?,
    };
    write(args, output, &minutes, old.as_ref(), &job, found)
}

/// The files that are written, each begun before anything is computed.
struct Outputs {
    minutes: Option<PartialFile>,
    report: Option<PartialFile>,
}

/// A name must not promise a format that is not written.
fn check_ending(output: &Path, minutes: &Transcript) -> anyhow::Result<()> {
    /// Endings of formats, of which minutes have one.
    const FORMATS: [&str; 14] = [
        "docx", "srt", "vtt", "json", "jsonl", "ndjson", "csv", "tsv", "txt", "doc", "pdf", "html",
        "xls", "xlsx",
    ];
    let ending = output.extension().and_then(|ending| ending.to_str());
    let ending = ending.map(str::to_ascii_lowercase).unwrap_or_default();
    let is_document = TranscriptFormat::of(output) == TranscriptFormat::Own && minutes.is_document;
    let fits = match FORMATS.contains(&&*ending) {
        true => minutes.is_written_as(&ending),
        false => !is_document,
    };
    if !fits {
        bail!(Misuse(format!(
            "Minutes are written in the format of FILE or as Markdown, not as .{ending}; give -o the ending of FILE, or .md."
        )));
    }
    Ok(())
}

/// The pairs must not take the place of what is read, of what else is written, or of any file that has no pairs.
fn check_written(args: &DedupArgs) -> anyhow::Result<()> {
    let report = args.report.report.as_deref();
    let written = [args.pairs.as_deref(), args.output.as_deref(), report];
    let written: Vec<&Path> = written.into_iter().flatten().collect();
    for (at, path) in written.iter().enumerate() {
        if written[..at].iter().any(|other| is_same_file(path, other)) {
            bail!(Misuse(format!(
                "{} is named twice for what is written; name another file.",
                path.display()
            )));
        }
    }
    let Some(pairs) = &args.pairs else {
        return Ok(());
    };
    let shown = pairs.display();
    let read = [Some(&args.file), args.against.as_ref()];
    if read.into_iter().flatten().any(|r| is_same_file(pairs, r)) {
        bail!(Misuse(format!(
            "{shown} is to be read and would be overwritten; name another file for what is written."
        )));
    }
    if pairs.exists() && !pairs.is_dir() && !pairs_file::may_replace(pairs) {
        bail!(Misuse(format!(
            "{shown} is there and is no file of pairs, as --pairs writes them; name another file."
        )));
    }
    Ok(())
}

fn outputs(args: &DedupArgs) -> anyhow::Result<Outputs> {
    let read = [
        Some(&args.file),
        args.against.as_ref(),
        args.rethreshold.as_ref(),
    ];
    let begin = |path: &Option<std::path::PathBuf>| {
        let path = path
            .clone()
            .filter(|path| path != std::path::Path::new("-"));
        let begun = path.map(|path| PartialFile::beside(path, read.into_iter().flatten()));
        begun.transpose()
    };
    Ok(Outputs {
        minutes: begin(&args.output)?,
        report: begin(&args.report.report)?,
    })
}

/// What was found.
pub struct Found {
    groups: Groups,
    /// The nearest pairs.
    pairs: Vec<Pair>,
    /// Similarity of the farthest, where pairs were left out.
    lowest: Option<f64>,
    /// From which similarity on they were told.
    above: f64,
    model: String,
    calibrated: bool,
    /// Remarks that were cut.
    truncated: usize,
    /// Most tokens that the model reads.
    max_tokens: usize,
}

/// The groups of pairs that were written before.
fn again(job: &Job, file: &std::path::Path) -> anyhow::Result<Found> {
    let read = pairs_file::read(file, job)?;
    let mut best = BestPairs::new(MOST_PAIRS);
    best.see(&read.pairs);
    let groups = Grouping::again(&job.remarks, &job.order, job.options, read.pairs);
    let (pairs, lowest) = best.finish();
    Ok(Found {
        groups,
        pairs,
        lowest,
        above: read.head.pairs_above,
        model: read.head.model,
        calibrated: read.head.calibrated,
        truncated: 0,
        max_tokens: 0,
    })
}

fn write(
    args: &DedupArgs,
    outputs: Outputs,
    minutes: &Transcript,
    old: Option<&Transcript>,
    job: &Job,
    mut found: Found,
) -> anyhow::Result<()> {
    let speaker = |index: usize| minutes.turns[index].speaker.as_deref();
    for vote in &mut found.groups.votes {
        vote.speaker = speaker(vote.index).map(str::to_owned);
    }
    if let Some(file) = outputs.report {
        report::report(args, minutes, old, &found).write(file)?;
    }
    let bytes = match args.json {
        true => as_json(args, minutes, job, &found)?,
        false => {
            let format = args
                .output
                .as_deref()
                .map_or(TranscriptFormat::Own, TranscriptFormat::of);
            let told = Told {
                groups: &found.groups,
                has_old: old.is_some(),
            };
            minutes.written(&shown::entries(args.merge, minutes, &told), format)?
        }
    };
    match outputs.minutes {
        Some(mut file) => {
            file.write(&bytes)?;
            file.finish()?;
        }
        None => std::io::Write::write_all(&mut terminal::stdout(), &bytes)?,
    }
    report_truncated(found.truncated, found.max_tokens);
    tell(minutes, &found.groups);
    Ok(())
}

/// The document that `POST /v1/dedup` answers.
fn as_json(
    args: &DedupArgs,
    minutes: &Transcript,
    job: &Job,
    found: &Found,
) -> anyhow::Result<Vec<u8>> {
    let turn = |index: usize| &minutes.turns[index];
    let merged = args.merge.then(|| {
        merged(
            &found.groups,
            |index| &turn(index).text,
            |index| turn(index).speaker.as_deref(),
            |index| turn(index).time.as_deref(),
        )
    });
    let old = job.remarks.old();
    let answer = Answer {
        status: "success",
        model: found.model.clone(),
        calibrated: found.calibrated,
        mode: job.options.mode,
        threshold: job.options.threshold,
        groups: found.groups.clone(),
        merged,
        truncated: found.truncated > 0,
        pairs_above: found.above,
        pairs_truncated: found.lowest.is_some(),
        pairs_lowest: found.lowest,
        pairs: Some(
            found
                .pairs
                .iter()
                .map(|pair| ShownPair::of(pair, old))
                .collect(),
        ),
    };
    let mut bytes = serde_json::to_vec(&answer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Says what became of the remarks.
fn tell(minutes: &Transcript, groups: &Groups) {
    let (remarks, kept) = (minutes.turns.len(), groups.kept.len());
    let (repeats, votes) = (groups.duplicates, groups.votes.len());
    let members = groups.groups.iter().flat_map(|group| &group.members);
    let held = members.filter(|member| member.held_back.is_some()).count();
    if held == 0 {
        remark!("remarks: {remarks}; kept: {kept}; repeats: {repeats}; votes: {votes}.");
        return;
    }
    remark!(
        "remarks: {remarks}; kept: {kept}, of which near another but for a detail: {held}; repeats: {repeats}; votes: {votes}."
    );
}
