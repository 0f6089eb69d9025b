//! `yuyi recommend eval`.

use std::io::Write;

use anyhow::bail;
use yuyi_collections::{ReplaySettings, replay};
use yuyi_store::VectorItem;
use yuyi_tasks::metrics::Estimate;

use super::evaluated::{Evaluated, EvaluatedWay, evaluated, metrics};
use super::{Items, clicks, report, strangers};
use crate::args::RecommendEvalArgs;
use crate::commands::report_truncated;
use crate::named::load_model;
use crate::output::partial::PartialFile;
use crate::terminal::{self, remark};

/// Replays a log.
pub fn run(args: &RecommendEvalArgs) -> anyhow::Result<()> {
    let written = args.report.report.clone();
    let inputs = [&args.log, &args.items];
    let written = written.map(|path| PartialFile::beside(path, inputs));
    let written = written.transpose()?;
    let log = clicks(&args.log, &args.layouts.clicks())?;
    if !log.is_timed {
        bail!(
            "{} has no times, by which it could be split. Add a column time.",
            log.name
        );
    }
    let model = load_model(&args.model)?;
    let items = Items::read(&args.items, None, &args.layouts.items(), &model)?;
    report_truncated(items.truncated, model.facts().max_tokens);
    let strange = strangers(&items, &log)?;
    if strange > 0 {
        remark!("clicks on items that are not in {}: {strange}", items.file);
    }
    let is_timed = |item: &&VectorItem| item.item.time.is_some();
    let timed = items.all.iter().filter(is_timed).count();
    if timed == 0 {
        remark!(
            "{} has no times: newest says nothing, and items are recommended before they were published.",
            items.file
        );
    }
    let (catalogue, events) = (items.all.len(), log.events.len());
    let settings = ReplaySettings {
        before: args.before,
        limit: args.limit,
        users: args.users as usize,
        sampling: args.sampling(),
    };
    let told = replay(items.all, log.events, model.calibration(), settings)?;
    if told.known == 0 {
        bail!(
            "Nothing of {} is before {}, so nothing is known of anybody. Give more of the log with --before, or a log whose times differ.",
            log.name,
            told.split
        );
    }
    if told.users == 0 {
        bail!(
            "In the last part of {} no user does anything with an item of {} that was not seen before. Is the log long enough?",
            log.name,
            items.file
        );
    }
    remark!(
        "Users who are measured, by what they did after {}: {}; without anything before: {}.",
        told.split,
        told.users,
        told.cold
    );
    let evaluated = Evaluated {
        log: log.name,
        items: items.file,
        model: model.facts().name.clone(),
        catalogue,
        events,
        timed,
        ..evaluated(told, args.limit)
    };
    if let Some(file) = written {
        report::report(&evaluated).write(file)?;
    }
    let mut out = terminal::stdout();
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(&evaluated)?)?,
        false => write_for_people(&mut out, &evaluated)?,
    }
    Ok(out.flush()?)
}

/// A table with tabs, a line a way.
fn write_for_people(out: &mut impl Write, evaluated: &Evaluated) -> std::io::Result<()> {
    writeln!(
        out,
        "way\thit_rate\tndcg\tmrr\tcoverage\tdiversity\tnovelty"
    )?;
    for EvaluatedWay { way, quality } in &evaluated.ways {
        let cells: Vec<String> = metrics(quality).iter().map(|value| shown(value)).collect();
        writeln!(out, "{way}\t{}", cells.join("\t"))?;
    }
    Ok(())
}

fn shown(estimate: &Estimate) -> String {
    let value = estimate
        .value
        .map_or("-".to_owned(), |value| format!("{value:.4}"));
    match estimate.interval() {
        Some(interval) => format!("{value} [{:.4}, {:.4}]", interval.low, interval.high),
        None => value,
    }
}
