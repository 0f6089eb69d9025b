//! `yuyi faq check`.

mod result;
mod told;

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use yuyi::{EmbedOptions, Model, Prompt};
use yuyi_collections::{Matcher, rules};
use yuyi_store::{Item, Timestamp};
use yuyi_tasks::faq::Limits;
use yuyi_tasks::faq::check::{Checked, CheckedEntry, Finding, Kind, Level, Place, sort};

use self::result::{AskedOf, Report};
use super::entries::FileEntries;
use super::labelled::check_standard_input;
use super::settings::Settings;
use crate::args::{FailOn, FaqCheckArgs};
use crate::commands::report_truncated;
use crate::input::{self, Columns, Format};
use crate::language::Language;
use crate::model::tell_uncalibrated;
use crate::named::load_model;
use crate::progress::Progress;
use crate::terminal;

/// Questions whose vectors are in memory at a time.
const BATCH: usize = 512;

/// Reads, compares and says what is wrong.
pub fn run(args: &FaqCheckArgs) -> anyhow::Result<()> {
    if let Some(questions) = &args.questions {
        check_standard_input(&args.file, questions)?;
    }
    let settings = Settings::of(&args.limits)?;
    let model = load_model(&args.model)?;
    tell_uncalibrated(&model, &args.model.model);
    let entries = FileEntries::read(&args.file, args.format, &args.layout.layout(), &model)?;
    let limits = settings.limits(&entries.space)?;
    let matcher = Matcher {
        calibration: model.calibration(),
        limits,
        now: Timestamp::now(),
    };
    let asked = match &args.questions {
        Some(file) => Some(Asked::of(file, &entries, &matcher, &model)?),
        None => None,
    };
    let truncated = entries.truncated + asked.as_ref().map_or(0, |asked| asked.truncated);
    report_truncated(truncated, model.facts().max_tokens);
    let findings = findings(&entries, &matcher, asked.as_ref());
    let report = report(&entries, &findings, limits, asked.as_ref());
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        out.write_all(told::text(Language::of_messages(), &report).as_bytes())?;
    }
    out.flush()?;
    fail(args.fail_on, &entries.name, &report)
}

/// What questions of a file found.
struct Asked {
    file: String,
    /// The place of the entry that answered each.
    found: Vec<Option<usize>>,
    truncated: usize,
}

impl Asked {
    fn of(
        file: &Path,
        entries: &FileEntries,
        matcher: &Matcher<'_>,
        model: &Model,
    ) -> anyhow::Result<Self> {
        let input = input::open(file, None, Format::Txt)?;
        let name = input.name().to_owned();
        let rows = input.rows(Columns::needed(&["question"]));
        let texts = rows.map(|row| Ok(row?.cells.into_iter().next().unwrap_or_default()));
        let texts: Vec<String> = texts.collect::<anyhow::Result<_>>()?;
        if texts.is_empty() {
            bail!("{name} has no texts.");
        }
        let options = EmbedOptions {
            prompt: Prompt::Text(entries.space.query_prompt.clone()),
            ..EmbedOptions::default()
        };
        let mut asked = Self {
            file: name,
            found: Vec::with_capacity(texts.len()),
            truncated: 0,
        };
        let progress = Progress::of_items(texts.len());
        for batch in texts.chunks(BATCH) {
            for (text, encoded) in batch.iter().zip(model.embed_with(batch, &options)?) {
                asked.truncated += usize::from(encoded.truncated);
                let outcome = matcher.outcome(&entries.held, text, &encoded.vector)?;
                let found = outcome.matched();
                asked
                    .found
                    .push(found.and_then(|found| entries.held.place(&found.id)));
            }
            progress.step(batch.len());
        }
        progress.finish();
        Ok(asked)
    }
}

fn findings(entries: &FileEntries, matcher: &Matcher<'_>, asked: Option<&Asked>) -> Vec<Finding> {
    let items = entries.held.items();
    let all: Vec<CheckedEntry<'_>> = items.iter().map(checked).collect();
    let faq = Checked {
        entries: &all,
        index: entries.held.index(),
        calibration: matcher.calibration,
        limits: matcher.limits,
        now: matcher.now.micros(),
    };
    let progress = Progress::of_items(items.len());
    let mut found = faq.findings(|done| progress.step(done));
    progress.finish();
    if let Some(asked) = asked {
        found.extend(faq.never_found(asked.found.iter().copied()));
    }
    let repeated = entries.repeated.iter();
    found.extend(repeated.filter_map(|id| {
        let place = entries.held.place(id)?;
        Some(Finding::new(Kind::RepeatedId, Place::of(place)).telling(id.as_str()))
    }));
    sort(&mut found);
    found
}

fn checked(item: &Item) -> CheckedEntry<'_> {
    CheckedEntry {
        id: &item.id,
        wordings: item.texts().collect(),
        answer: item.answer.as_deref().unwrap_or_default(),
        rules: rules(item),
        related: &item.related,
    }
}

fn report(
    entries: &FileEntries,
    findings: &[Finding],
    limits: Limits,
    asked: Option<&Asked>,
) -> Report {
    let asked = asked.map(|asked| AskedOf {
        file: asked.file.clone(),
        asked: asked.found.len(),
        answered: asked.found.iter().flatten().count(),
    });
    Report::of(&entries.name, entries.held.items(), findings, limits, asked)
}

/// Ends the command with an error where findings are as grave as that.
fn fail(fail_on: FailOn, name: &str, report: &Report) -> anyhow::Result<()> {
    let least = match fail_on {
        FailOn::Never => return Ok(()),
        FailOn::Error => Level::Error,
        FailOn::Warning => Level::Warning,
        FailOn::Note => Level::Note,
    };
    let grave = report.findings.iter().filter(|found| found.level >= least);
    match grave.count() {
        0 => Ok(()),
        n => bail!("{name}: findings that make the check fail: {n}."),
    }
}
