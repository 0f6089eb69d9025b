//! `yuyi collection reindex`.

use std::io::Write;
use std::thread::sleep;
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::json;
use yuyi::Model;
use yuyi_collections::{Move, Step, check_fits, space_of_model};
use yuyi_store::{Collection, Error, Store};

use super::place::{open_existing, place};
use crate::args::ReindexArgs;
use crate::misuse::Misuse;
use crate::model::{load_uncalibrated, unloadable};
use crate::named::find_model;
use crate::progress::Progress;
use crate::terminal::{self, remark};

/// Items between two steps of the progress bar, whose vectors are durable together.
const BATCH: usize = 256;

/// Moves a collection to the vectors of another model, or goes on with that; or gives it up.
pub fn run(args: &ReindexArgs) -> anyhow::Result<()> {
    let store = open_existing(&place(&args.place)?)?;
    let collection = store.collection(&args.name)?;
    if args.abandon {
        store.abandon_reindex(&args.name)?;
        return report(args, &collection, "abandoned", 0, Instant::now());
    }
    let Some(name) = &args.model.model else {
        // clap asks for one of the two.
        bail!(Misuse("Name the model to move to with --model.".into()));
    };
    let model = find_model(name)?;
    let model = load_uncalibrated(model, &args.model.compute).with_context(|| unloadable(name))?;
    let to = space_of_model(&model, collection.role)?;
    let started = Instant::now();
    if collection.reindex.is_none() && check_fits(&collection, &to).is_ok() {
        return report(args, &collection, "unchanged", 0, started);
    }
    let moving = Move::begin(&*store, &args.name, to)?;
    let done = go(&*store, &moving, &model, &collection)?;
    let collection = store.collection(&args.name)?;
    report(args, &collection, "moved", done, started)
}

/// Goes to the end; how many items were embedded here.
fn go(
    store: &dyn Store,
    moving: &Move,
    model: &Model,
    collection: &Collection,
) -> anyhow::Result<usize> {
    let before = collection
        .reindex
        .as_ref()
        .map_or(0, |reindex| reindex.done);
    let progress = Progress::of_items(collection.count as usize);
    progress.step(before as usize);
    if before > 0 {
        let (name, count) = (&collection.name, collection.count);
        remark!("{before} of {count} items of {name} were moved before; it goes on from there.");
    }
    let (mut done, mut waits) = (0, false);
    loop {
        match moving.next(store, BATCH) {
            Ok(Step::Embed(batch)) => {
                let vectors = model.embed_with(batch.texts(), &batch.options())?;
                let items = batch.items();
                moving.put(store, batch, &vectors)?;
                done += items;
                progress.step(items);
            }
            Ok(Step::Elsewhere) => {
                if !std::mem::replace(&mut waits, true) {
                    let name = &collection.name;
                    remark!(
                        "Another process moves the collection {name:?}. This one waits, and goes on if that one ends."
                    );
                }
                sleep(Move::LEASE / 3);
            }
            Ok(Step::Done) => break,
            // The other process has ended it while this one waited.
            Err(Error::NotReindexing { .. }) if waits => break,
            Err(error) => return Err(error.into()),
        }
    }
    progress.finish();
    Ok(done)
}

fn report(
    args: &ReindexArgs,
    collection: &Collection,
    what: &str,
    done: usize,
    started: Instant,
) -> anyhow::Result<()> {
    let Collection {
        name, space, count, ..
    } = collection;
    if args.json {
        let summary = json!({
            "collection": name, "result": what, "model": space.model, "count": count, "embedded": done, "seconds": started.elapsed().as_secs_f64(),
        });
        writeln!(terminal::stdout(), "{summary}")?;
        return Ok(());
    }
    match what {
        "moved" => remark!(
            "The collection {name:?} answers from the vectors of {space} now. Items embedded: {done}."
        ),
        "abandoned" => remark!(
            "The move of the collection {name:?} is given up; it keeps the vectors of {space}."
        ),
        _ => remark!("The collection {name:?} has the vectors of {space} already."),
    }
    Ok(())
}
