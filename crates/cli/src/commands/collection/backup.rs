//! `yuyi collection backup`.

use std::io::Write;

use anyhow::{Context, bail};
use serde_json::json;
use yuyi_collections::Place;
use yuyi_store::{Backup, EmbeddedStore};

use super::place::{none_in, place, unopened};
use crate::args::BackupArgs;
use crate::misuse::Misuse;
use crate::output::partial::PartialFile;
use crate::terminal::{self, remark};

/// The name that stands for all collections.
const ALL: &str = "all";

/// Copies a data folder, or one collection of it, to a file, which appears when it is complete and was checked. That a damaged collection is not in it is told, and a failure:
/// whoever makes backups every night has to hear of it.
pub fn run(args: &BackupArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let Place::Folder(folder) = &place else {
        bail!(Misuse(
            "Collections on a PostgreSQL server are backed up with its own tools: pg_dump --format=custom --file=FILE DATABASE.".into()
        ));
    };
    if !place.is_there() {
        bail!(none_in(&place));
    }
    let path = args.output.clone();
    let shown = path.display().to_string();
    if shown == "-" {
        bail!(Misuse(
            "A backup is a file that SQLite writes; name one with -o.".into()
        ));
    }
    if path.symlink_metadata().is_ok() {
        bail!(Misuse(format!(
            "{shown} is there already, and a backup replaces nothing."
        )));
    }
    let file = PartialFile::create(path)?;
    let only = Some(args.name.as_str()).filter(|name| *name != ALL);
    let backup = match file.part() {
        Some(part) => EmbeddedStore::backup_folder(folder, only, part),
        None => bail!("{shown} is there already, and a backup replaces nothing."),
    };
    let backup = backup
        .map_err(unopened)
        .with_context(|| format!("{shown} is not written"))?;
    file.finish()?;
    report(args, &backup)?;
    if !backup.left_out.is_empty() {
        let names: Vec<&str> = backup.left_out.keys().map(String::as_str).collect();
        bail!(
            "{shown} has all but these damaged collections: {}. `yuyi collection check` tells more.",
            names.join(", ")
        );
    }
    Ok(())
}

fn report(args: &BackupArgs, Backup { held, left_out }: &Backup) -> anyhow::Result<()> {
    let items: u64 = held.iter().map(|collection| collection.count).sum();
    let shown = args.output.display();
    if args.json {
        let names: Vec<&str> = held
            .iter()
            .map(|collection| collection.name.as_str())
            .collect();
        let summary = json!({
            "collections": names, "items": items, "output": shown.to_string(), "left_out": left_out,
        });
        writeln!(terminal::stdout(), "{summary}")?;
        return Ok(());
    }
    for (name, reason) in left_out {
        remark!("The collection {name:?} is damaged ({reason}).");
    }
    let collections = held.len();
    remark!(
        "{shown} is written and sound. Collections: {collections}, items: {items}. To restore it, put it into an empty folder as collections.sqlite and name that with --data."
    );
    Ok(())
}
