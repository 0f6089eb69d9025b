//! `yuyi recommend`.

mod eval;
mod evaluated;
mod next;
mod report;

use std::collections::HashSet;
use std::path::Path;

use anyhow::bail;
use yuyi::Model;
use yuyi_collections::space_of_model;
use yuyi_files::Repeated;
use yuyi_store::{Event, Role, Space, VectorItem};

use super::faq::entries::{embedded, unkept};
use crate::args::{RecommendArgs, RecommendCommand};
use crate::input::{self, Clicks, Format, Layout};
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
        let embedded = embedded(input, layout, &collection, model)?;
        if embedded.items.is_empty() {
            bail!("{file} has no items.");
        }
        let repeated = embedded.repeated();
        if let Some(Repeated { id, at, first }) = repeated.first() {
            let n = repeated.len();
            remark!(
                "{file}: items with the id of another above them: {n}, the first at {at} ({id:?}, as {first}). The last of each id counts."
            );
        }
        Ok(Self {
            file,
            all: embedded.items,
            space: collection.space,
            truncated: embedded.truncated,
        })
    }
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
