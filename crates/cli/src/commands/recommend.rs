//! `yuyi recommend`.

mod eval;
mod evaluated;
mod next;
mod report;

use std::path::Path;

use anyhow::bail;
use yuyi::Model;
use yuyi_collections::space_of_model;
use yuyi_store::{Event, Role, Space, VectorItem};

use super::faq::entries::{embedded, unkept};
use crate::args::{RecommendArgs, RecommendCommand};
use crate::input::{self, Clicks, Format, Layout};

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
    fn read(file: &Path, format: Option<Format>, model: &Model) -> anyhow::Result<Self> {
        let input = input::open(file, format, Format::Tsv)?;
        let file = input.name().to_owned();
        let collection = unkept(space_of_model(model, Role::Symmetric)?);
        let (all, truncated) = embedded(input, &Layout::default(), &collection, model)?;
        if all.is_empty() {
            bail!("{file} has no items.");
        }
        Ok(Self {
            file,
            all,
            space: collection.space,
            truncated,
        })
    }
}

/// The events of a file, and whether they have times.
fn clicks(file: &Path) -> anyhow::Result<Clicks> {
    let input = input::open(file, None, Format::Tsv)?;
    Clicks::read(input, &Layout::default())
}

/// How many events are of items that are not there.
fn strangers(items: &[VectorItem], events: &[Event]) -> usize {
    let known: std::collections::HashSet<&str> = items.iter().map(|item| &*item.item.id).collect();
    let is_strange = |event: &&Event| !known.contains(&*event.item);
    events.iter().filter(is_strange).count()
}
