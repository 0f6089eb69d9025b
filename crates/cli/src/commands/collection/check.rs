//! `yuyi collection check`.

use std::io::Write;

use anyhow::bail;
use serde_json::json;
use yuyi_collections::Place;
use yuyi_store::{EmbeddedStore, Error, Options, Store};

use super::place::{none_in, place, unopened};
use crate::args::CheckArgs;
use crate::messages;
use crate::misuse::Misuse;
use crate::terminal::{self, remark};

/// What a check found.
#[derive(Default)]
struct Report {
    collections: usize,
    items: u64,
    /// A sentence each.
    problems: Vec<String>,
}

/// Reads all of a data folder, and tells what is damaged.
pub fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let Place::Folder(folder) = &place else {
        bail!(Misuse(
            "A PostgreSQL server is checked with its own tools: pg_amcheck DATABASE.".into()
        ));
    };
    if !place.is_there() {
        bail!(none_in(&place));
    }
    let report = match EmbeddedStore::open(folder, Options::default()) {
        Ok(store) => examine(&store)?,
        Err(error @ Error::Damaged { .. }) => Report {
            problems: vec![error.to_string()],
            ..Report::default()
        },
        Err(error) => return Err(unopened(error)),
    };
    write(args, &report, &place)?;
    match report.problems.len() {
        0 => Ok(()),
        _ => bail!("{place} is damaged. Restore it from a backup."),
    }
}

fn examine(store: &EmbeddedStore) -> anyhow::Result<Report> {
    let problems = match store.check() {
        Ok(problems) => problems,
        Err(error @ Error::Damaged { .. }) => vec![error.to_string()],
        Err(error) => return Err(error.into()),
    };
    let collections = match store.list() {
        Ok(collections) => collections,
        Err(_) if !problems.is_empty() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(Report {
        collections: collections.len(),
        items: collections.iter().map(|collection| collection.count).sum(),
        problems,
    })
}

fn write(args: &CheckArgs, report: &Report, place: &Place) -> anyhow::Result<()> {
    let Report {
        collections,
        items,
        problems,
    } = report;
    let mut out = terminal::stdout();
    if args.json {
        let document = json!({
            "folder": place.to_string(), "sound": problems.is_empty(), "collections": collections, "items": items, "problems": problems,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(());
    }
    for problem in problems {
        writeln!(out, "{}", messages::told(problem))?;
    }
    if problems.is_empty() {
        remark!("{place} is sound. Collections: {collections}, items: {items}.");
    }
    Ok(())
}
