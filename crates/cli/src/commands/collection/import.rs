//! `yuyi collection import`.

mod batch;
mod refused;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use serde_json::json;
use yuyi::Model;
use yuyi_collections::space_of_model;
use yuyi_files::{Fault, RelatedNames};
use yuyi_store::{Collection, Error, Item, NewCollection, Role, Store};

use self::batch::{Importer, Tally};
use self::refused::RefusedRows;
use super::create::misnamed;
use super::embedding::{load_for, load_new};
use super::place::{open, place};
use crate::args::ImportArgs;
use crate::commands::{Chunks, report_truncated};
use crate::input::{self, Format, Input, ItemFile, ItemRow, Origin};
use crate::misuse::Misuse;
use crate::progress::Progress;
use crate::terminal::{self, remark};

/// Brings the rows of files into a collection, file by file.
pub fn run(args: &ImportArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let place = place(&args.place)?;
    let inputs = open_all(args)?;
    let refused = RefusedRows::create(args.skip_bad.as_deref(), &args.files)?;
    let store = open(&place)?;
    let target = Target::of(args, &store)?;
    let looked = look_through(args, &*store, &target, refused.is_none());
    let names = Arc::new(looked.inspect_err(|_| tell_before_error(&Tally::default()))?);
    let mut importer = Importer::new(&*store, target, refused);
    let outcome = import_all(args, inputs, &names, &mut importer);
    let outcome = outcome.and_then(|()| importer.make());
    let (tally, model, written) = importer.finish();
    if let Some(model) = &model {
        report_truncated(tally.truncated, model.facts().max_tokens);
    }
    outcome.inspect_err(|_| tell_before_error(&tally))?;
    written?;
    report(args, &tally, started)
}

/// Opens all files, so that one which is not there is told before anything is written.
fn open_all(args: &ImportArgs) -> anyhow::Result<Vec<Input>> {
    let is_twice = |i: &usize| args.files[..*i].contains(&args.files[*i]);
    if let Some(i) = (1..args.files.len()).find(is_twice) {
        bail!(Misuse(format!(
            "{} is named twice.",
            args.files[i].display()
        )));
    }
    let inputs = args.files.iter();
    inputs
        .map(|file| input::open(file, args.format, Format::Jsonl))
        .collect()
}

/// Where rows are brought.
struct Target {
    /// As it is, or will be.
    collection: Collection,
    /// What it is made of when the first rows are written, where it is not there: a file that is refused leaves none behind.
    new: Option<NewCollection>,
    model: Option<Model>,
}

impl Target {
    fn of(args: &ImportArgs, store: &Arc<dyn Store>) -> anyhow::Result<Self> {
        match store.collection(&args.name) {
            Ok(collection) => {
                let model = load_for(&collection, &args.model)?;
                Ok(Self {
                    collection,
                    new: None,
                    model,
                })
            }
            Err(Error::CollectionNotFound { .. }) => Self::planned(args),
            Err(error) => Err(error.into()),
        }
    }

    fn planned(args: &ImportArgs) -> anyhow::Result<Self> {
        let mut new = NewCollection::given(args.name.clone(), 1);
        new.check().map_err(misnamed)?;
        let model = load_new(&args.model)?;
        new.space = space_of_model(&model, Role::Symmetric)?;
        Ok(Self {
            collection: new.clone().planned(),
            new: Some(new),
            model: Some(model),
        })
    }
}

/// Whether a file can be read twice; what comes through a pipe cannot.
fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file())
}

/// Reads all files that can be read twice, before any of their rows is brought: a file is imported whole or not at all. By what names its entries name one another.
fn look_through(
    args: &ImportArgs,
    store: &dyn Store,
    target: &Target,
    is_strict: bool,
) -> anyhow::Result<RelatedNames> {
    let (mut names, mut related) = (RelatedNames::default(), Vec::new());
    for path in args.files.iter().filter(|path| is_file(path)) {
        let input = input::open_silently(path, args.format, Format::Jsonl)?;
        let file = ItemFile::of(input, &args.layout.layout(), &target.collection)?;
        let origin = file.origin();
        let mut first = None;
        let mut others = 0_u64;
        for row in file {
            let row = row?;
            match (row.item, &first) {
                (Ok(item), _) => {
                    names.see(&item.item);
                    if row.relates_questions && !item.item.related.is_empty() {
                        related.push((origin.clone(), row.line, item.item));
                    }
                }
                (Err(refused), None) => first = Some(origin.error(row.line, refused.fault)),
                (Err(_), Some(_)) => others += 1,
            }
        }
        if let Some(error) = first.filter(|_| is_strict) {
            if others > 0 {
                remark!(
                    "Further rows of {} that would be refused: {others}. --skip-bad FILE passes over them and writes them down with the reason.",
                    origin.file()
                );
            }
            return Err(error);
        }
    }
    if target.new.is_none() {
        know_others(store, &target.collection.name, &related, &mut names)?;
    }
    for (origin, line, mut item) in related {
        match names.resolve(&mut item) {
            Err(reason) if is_strict => return Err(origin.error(line, Fault::told(reason))),
            _ => {}
        }
    }
    Ok(names)
}

/// Entries that name one another, with their places.
type Related = [(Origin, u64, Item)];

/// Learns of entries of the collection that those of the files name.
fn know_others(
    store: &dyn Store,
    name: &str,
    related: &Related,
    names: &mut RelatedNames,
) -> anyhow::Result<()> {
    let unknown = related.iter().flat_map(|(.., item)| names.unknown(item));
    let unknown: BTreeSet<String> = unknown.cloned().collect();
    let ids: Vec<&str> = unknown.iter().map(String::as_str).collect();
    for ids in ids.chunks(1_000) {
        store
            .get(name, ids)?
            .into_iter()
            .for_each(|item| names.know(item.id));
    }
    Ok(())
}

fn import_all(
    args: &ImportArgs,
    inputs: Vec<Input>,
    names: &Arc<RelatedNames>,
    importer: &mut Importer<'_>,
) -> anyhow::Result<()> {
    for (path, input) in args.files.iter().zip(inputs) {
        // Of what comes through a pipe nobody knows yet what stands below.
        let names = is_file(path).then(|| Arc::clone(names));
        let mut progress = Progress::of_lines(input.lines());
        let file = ItemFile::of(input, &args.layout.layout(), importer.collection())?;
        let origin = file.origin();
        importer.begin(origin.clone());
        let strict = (!importer.skips()).then(|| origin.clone());
        // Where no row is passed over, one that is refused ends what can be read only once, but not before those above it are written.
        let resolved = move |row: ItemRow| match &names {
            Some(names) => row.resolved(names),
            None => row,
        };
        let rows = file.map(move |row| match (resolved(row?), &strict) {
            (row, Some(origin)) => match row.item {
                Ok(_) => Ok(row),
                Err(refused) => Err(origin.error(row.line, refused.fault)),
            },
            (row, None) => Ok(row),
        });
        let mut chunks = Chunks::new(Box::new(rows));
        loop {
            let rows = chunks.next()?;
            let Some(last) = rows.last().map(|row| row.line) else {
                break;
            };
            let count = rows.len();
            importer.bring(rows, &origin)?;
            progress.done(count, last);
        }
        progress.finish();
    }
    Ok(())
}

/// What is there although the command failed.
fn tell_before_error(tally: &Tally) {
    let Tally { rows, written, .. } = tally;
    match rows {
        0 => remark!("Nothing was imported."),
        _ => remark!(
            "Rows imported before the error, and kept: {rows} (items new or changed: {written}). Correct what the error names and import again: items that are there and the same cost next to nothing."
        ),
    }
}

fn report(args: &ImportArgs, tally: &Tally, started: Instant) -> anyhow::Result<()> {
    tally.tell_replaced();
    let Tally {
        rows,
        written,
        unchanged,
        refused,
        truncated,
        ..
    } = tally;
    let (name, seconds) = (&args.name, started.elapsed().as_secs_f64());
    if args.json {
        let summary = json!({
            "collection": name, "rows": rows, "written": written, "unchanged": unchanged, "replaced": tally.replaced(), "refused": refused,
            "truncated": truncated, "seconds": seconds,
        });
        writeln!(terminal::stdout(), "{summary}")?;
        return Ok(());
    }
    if *refused > 0
        && let Some(file) = &args.skip_bad
    {
        remark!(
            "Rows refused: {refused}. They are in {} with the reason.",
            file.display()
        );
    }
    remark!(
        "Rows: {rows}; items of {name} new or changed: {written}, there already: {unchanged}; {seconds:.1} s."
    );
    Ok(())
}
