//! The model of a command, and whether it is that of the collection.

use anyhow::Context;
use clap::ValueEnum;
use yuyi::{BUILTIN_NAME, Encoded, Found, Model};
use yuyi_collections::{ItemPlan, check_fits, space_of_model};
use yuyi_store::{Collection, VectorItem};

use crate::args::{ComputeArgs, EmbeddingArgs, PrecisionArg};
use crate::model::{load_uncalibrated, unloadable};
use crate::named::find_model;

/// The model of a collection that is new.
///
/// # Errors
/// When it does not load.
pub(super) fn load_new(args: &EmbeddingArgs) -> anyhow::Result<Model> {
    let name = args.model.as_deref().unwrap_or(BUILTIN_NAME);
    load(find_model(name)?, name, args)
}

/// The model of a collection, as the command line or else the collection names it; `None`: the collection has none. Unless the command line says how it computes, that is
/// found out, too: the vectors of each number format are others.
///
/// # Errors
/// When it does not load, or has other vectors.
pub(in crate::commands) fn load_for(
    collection: &Collection,
    args: &EmbeddingArgs,
) -> anyhow::Result<Option<Model>> {
    let Some(own) = &collection.space.model else {
        return Ok(None);
    };
    let (name, found) = match &args.model {
        Some(name) => (name, find_model(name)?),
        None => {
            let found = find_model(own).with_context(|| {
                format!(
                    "The collection {:?} has vectors of the model {own}, which is not installed here. Name its folder with --model",
                    collection.name
                )
            })?;
            (own, found)
        }
    };
    let is_here = matches!(found, Found::Here(_));
    let model = load(found, name, args)?;
    let fits = |model: &Model| -> anyhow::Result<()> {
        Ok(check_fits(
            collection,
            &space_of_model(model, collection.role)?,
        )?)
    };
    let Err(mismatch) = fits(&model) else {
        return Ok(Some(model));
    };
    if args.compute.precision.is_none() && is_here {
        drop(model);
        for precision in PrecisionArg::value_variants() {
            let compute = ComputeArgs {
                precision: Some(*precision),
                ..args.compute.clone()
            };
            // One that cannot compute so is not meant.
            let other = load_uncalibrated(find_model(name)?, &compute).ok();
            if let Some(model) = other.filter(|model| fits(model).is_ok()) {
                return Ok(Some(model));
            }
        }
    }
    Err(mismatch)
}

fn load(found: Found, name: &str, args: &EmbeddingArgs) -> anyhow::Result<Model> {
    load_uncalibrated(found, &args.compute).with_context(|| unloadable(name))
}

/// Computes the vectors of items, where their collection has a model; how many of them have a text that was cut.
pub(super) fn fill(
    collection: &Collection,
    model: Option<&Model>,
    items: &mut [VectorItem],
) -> anyhow::Result<usize> {
    let plan = ItemPlan::new(collection, items)?;
    let vectors: Vec<Encoded> = match model {
        Some(model) => model.embed_with(plan.texts(), &plan.options())?,
        None => Vec::new(),
    };
    Ok(plan.fill(items, &vectors)?)
}
