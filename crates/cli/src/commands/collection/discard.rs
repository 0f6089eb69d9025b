//! `yuyi collection drop`.

use std::io::{self, IsTerminal, Write};

use anyhow::bail;
use serde_json::json;
use yuyi_store::{Collection, Error, Store};

use super::place::{open_existing, place};
use crate::args::DropArgs;
use crate::misuse::Misuse;
use crate::terminal::{self, remark};

/// Removes a collection, if that is what is wanted.
pub fn run(args: &DropArgs) -> anyhow::Result<()> {
    let store = open_existing(&place(&args.place)?)?;
    let collection = described(&*store, &args.name)?;
    if !args.yes && !is_wanted(&collection)? {
        bail!("Nothing was removed.");
    }
    store.drop_collection(&args.name)?;
    let Collection { name, count, .. } = &collection;
    match args.json {
        true => {
            let mut out = terminal::stdout();
            writeln!(out, "{}", json!({ "dropped": name, "count": count }))?;
        }
        false => remark!("The collection {name:?} is removed with all of its items ({count})."),
    }
    Ok(())
}

/// A collection, also one that is damaged and answers nothing.
fn described(store: &dyn Store, name: &str) -> Result<Collection, Error> {
    let described = store.collection(name);
    if let Err(Error::CollectionDamaged { .. }) = described {
        let mut all = store.list()?.into_iter();
        return all.find(|one| one.name == name).map_or(described, Ok);
    }
    described
}

/// Asks on the terminal.
fn is_wanted(collection: &Collection) -> anyhow::Result<bool> {
    let Collection { name, count, .. } = collection;
    if !io::stdin().is_terminal() {
        bail!(Misuse(format!(
            "The collection {name:?} is to be removed with all of its items ({count}), and nobody can be asked. Say --yes."
        )));
    }
    let question = format!("Remove the collection {name:?} with all of its items ({count})? [y/N]");
    Ok(terminal::ask(&question)?)
}
