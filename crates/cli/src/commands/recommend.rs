//! `yuyi recommend`.

mod eval;
mod evaluated;
mod next;
mod report;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use anyhow::{Context, bail};
use yuyi::Model;
use yuyi_collections::space_of_model;
use yuyi_store::{Event, Role, Space, VectorItem};

use super::faq::entries::{embedded, unkept};
use crate::args::{RecommendArgs, RecommendCommand};
use crate::input::{self, Clicks, Format, Layout, publish};
use crate::terminal::remark;

/// Recommends what is asked for.
pub fn run(args: &RecommendArgs) -> anyhow::Result<()> {
    match &args.command {
        None => next::run(&args.next),
        Some(RecommendCommand::Next(args)) => next::run(args),
        Some(RecommendCommand::Eval(args)) => eval::run(args),
    }
}

/// The items of a file with their vectors.
struct Items {
    file: String,
    all: Vec<VectorItem>,
    space: Space,
    /// Those with a text that was cut.
    truncated: usize,
}

impl Items {
    /// # Errors
    /// That of the first row that is no item; that there is none; that of the model.
    fn read(
        file: &Path,
        format: Option<Format>,
        layout: &Layout,
        model: &Model,
    ) -> anyhow::Result<Self> {
        let input = input::open(file, format, Format::Tsv)?;
        let file = input.name().to_owned();
        let collection = unkept(space_of_model(model, Role::Symmetric)?);
        let (mut all, truncated) = embedded(input, layout, &collection, model)?;
        if all.is_empty() {
            bail!("{file} has no items.");
        }
        tell_repeated(&file, &all);
        publish_all(&file, &mut all)?;
        Ok(Self {
            file,
            all,
            space: collection.space,
            truncated,
        })
    }
}

/// Says which ids several items have.
fn tell_repeated(file: &str, items: &[VectorItem]) {
    let mut seen = HashSet::new();
    let ids = items.iter().map(|item| &*item.item.id);
    let again: BTreeSet<&str> = ids.filter(|id| !seen.insert(*id)).collect();
    if !again.is_empty() {
        let first: Vec<&str> = again.iter().copied().take(3).collect();
        let (n, first) = (again.len(), first.join(", "));
        remark!(
            "{file}: ids that several items have: {n}, such as {first}. The last item of each id counts."
        );
    }
}

/// Gives items their times by the columns that say when they were published.
fn publish_all(file: &str, items: &mut [VectorItem]) -> anyhow::Result<()> {
    let mut columns = BTreeSet::new();
    for item in items {
        let column = publish(&mut item.item).with_context(|| file.to_owned())?;
        columns.extend(column);
    }
    for column in columns {
        remark!("{file}: {column} is read as the time of an item.");
    }
    Ok(())
}

/// The events of a file, and whether they have times.
fn clicks(file: &Path, layout: &Layout) -> anyhow::Result<Clicks> {
    let input = input::open(file, None, Format::Tsv)?;
    Clicks::read(input, layout)
}

/// How many events are of items that are not there.
///
/// # Errors
/// When the first row is one of them and looks like a header: neither its item nor its user is there again, but those of others are known.
fn strangers(items: &Items, clicks: &Clicks) -> anyhow::Result<usize> {
    let known: HashSet<&str> = items.all.iter().map(|item| &*item.item.id).collect();
    let is_strange = |event: &&Event| !known.contains(&*event.item);
    let n = clicks.events.iter().filter(is_strange).count();
    if let Some((first, others)) = clicks.events.split_first()
        && clicks.is_headless
        && is_strange(&first)
        && others.iter().any(|event| !is_strange(&event))
        && !others
            .iter()
            .any(|event| event.user == first.user || event.item == first.item)
    {
        bail!(
            "{}: the first row names no item of {} and a user who is nowhere else. If it is a header, name its columns user and item, or say which they are with --click-columns; if it is data, say --no-click-header.",
            clicks.name,
            items.file
        );
    }
    Ok(n)
}
