//! `yuyi faq history`.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::bail;
use serde_json::json;
use yuyi_collections::History;
use yuyi_store::{MOST_HITS, Scroll, Store};

use crate::args::HistoryArgs;
use crate::commands::collection::place::{open_existing, place};
use crate::terminal::{self, in_one_line};

/// Items that are read at a time.
const PAGE: usize = 1_000;

/// Writes what an entry answered, or how often each one did.
pub fn run(args: &HistoryArgs) -> anyhow::Result<()> {
    let store = open_existing(&place(&args.place)?)?;
    match &args.id {
        Some(id) => of_entry(args, &*store, id),
        None => of_all(args, &*store),
    }
}

/// A line a question: when, similarity and question, with tabs between them, the newest first.
fn of_entry(args: &HistoryArgs, store: &dyn Store, id: &str) -> anyhow::Result<()> {
    let hits = store.hits(&args.name, id, MOST_HITS)?;
    if hits.count == 0 && store.get(&args.name, &[id])?.is_empty() {
        bail!("The collection {:?} has no item {id:?}.", args.name);
    }
    let history = History::of(id.to_owned(), hits);
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&history)?)?;
    } else {
        for hit in &history.hits {
            let question = in_one_line(&hit.question);
            writeln!(out, "{}\t{:.4}\t{question}", hit.time, hit.score)?;
        }
    }
    Ok(out.flush()?)
}

/// A line an entry: how often it answered, its id and its question, with tabs between them; those that never did last.
fn of_all(args: &HistoryArgs, store: &dyn Store) -> anyhow::Result<()> {
    let counts: BTreeMap<String, u64> = store.hit_counts(&args.name)?.into_iter().collect();
    let mut entries = Vec::new();
    let mut scroll = Scroll::first(PAGE);
    loop {
        let page = store.scroll(&args.name, &scroll)?;
        let read = page.items.into_iter().map(|item| item.item);
        entries.extend(read.map(|item| {
            let count = counts.get(&item.id).copied().unwrap_or_default();
            (count, item.id, item.text)
        }));
        scroll.after = page.next;
        if scroll.after.is_none() {
            break;
        }
    }
    entries.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut out = terminal::stdout();
    for (count, id, question) in entries {
        if args.json {
            let line = json!({"id": id, "question": question, "count": count});
            writeln!(out, "{line}")?;
        } else {
            writeln!(
                out,
                "{count}\t{}\t{}",
                in_one_line(id),
                in_one_line(question)
            )?;
        }
    }
    Ok(out.flush()?)
}
