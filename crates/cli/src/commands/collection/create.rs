//! `yuyi collection create`.

use std::io::Write;

use yuyi_collections::space_of_model;
use yuyi_store::{Collection, Created, Error, NewCollection, Space};

use super::embedding::load_new;
use super::place::{open, place};
use super::shown::{Shown, model_of};
use crate::args::CreateArgs;
use crate::misuse::Misuse;
use crate::terminal::{self, remark};

/// Makes a collection; one that is there, and is the same, stays as it is.
pub fn run(args: &CreateArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let mut new = NewCollection {
        name: args.name.clone(),
        // Of any model, until that is loaded.
        space: Space::given(args.dimension.map_or(1, |dimension| dimension as usize)),
        role: args.role.into(),
        fields: args.field.clone(),
        unanswered: args.unanswered,
    };
    new.check().map_err(misnamed)?;
    if args.dimension.is_none() {
        new.space = space_of_model(&load_new(&args.model)?, new.role)?;
    }
    let created = open(&place)?.create(&new)?;
    report(args, &created)
}

fn report(args: &CreateArgs, created: &Created) -> anyhow::Result<()> {
    let (collection, is_new) = match created {
        Created::New(collection) => (collection, true),
        Created::Existing(collection) => (collection, false),
    };
    if args.json {
        let mut out = terminal::stdout();
        let shown = Shown::from(collection);
        writeln!(out, "{}", serde_json::to_string_pretty(&shown)?)?;
        return Ok(());
    }
    match is_new {
        true => tell_new(collection),
        false => {
            let Collection { name, count, .. } = collection;
            remark!("The collection {name:?} is there already, the same. Items: {count}.");
        }
    }
    Ok(())
}

/// Why a collection cannot be made, for whoever wrote its name without a flag.
pub(super) fn misnamed(error: Error) -> Misuse {
    match error {
        Error::Invalid { field, reason } if field == "name" => Misuse(reason),
        other => Misuse(other.to_string()),
    }
}

/// Says that a collection was made.
pub(super) fn tell_new(collection: &Collection) {
    let (name, dimension) = (&collection.name, collection.space.dimension);
    match model_of(collection) {
        "-" => remark!(
            "The collection {name:?} is made, for vectors of {dimension} numbers that items bring."
        ),
        model => remark!("The collection {name:?} is made, with vectors of {model}."),
    }
}
