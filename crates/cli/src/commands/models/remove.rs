//! `yuyi models rm`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::bail;
use serde_json::json;
use yuyi_hub::{Unfinished, remove_leftovers, unfinished};
use yuyi_models::{ModelPlace, home, inventory};

use crate::args::RemoveModelArgs;
use crate::misuse::Misuse;
use crate::pulling::megabytes;
use crate::terminal::{self, remark};

/// Removes a model, or what is left of downloads, if that is what is wanted.
pub fn run(args: &RemoveModelArgs) -> anyhow::Result<()> {
    let home = home().ok_or(yuyi_hub::Error::NoHome)?;
    match &args.name {
        name if args.leftovers => leftovers(args, name.as_deref(), &home),
        Some(name) => model(args, name, &home),
        // clap asks for one of the two.
        None => Ok(()),
    }
}

fn model(args: &RemoveModelArgs, name: &str, home: &Path) -> anyhow::Result<()> {
    let models = inventory()?;
    let found = models.iter().find(|model| model.name == *name);
    if let Some(model) = found.filter(|model| model.place != ModelPlace::Home) {
        let place = match &model.folder {
            Some(folder) => format!("in the cache of another program ({})", folder.display()),
            None => "part of every yuyi".to_owned(),
        };
        let name = name.to_owned();
        return Err(yuyi_hub::Error::NotOurs { name, place }.into());
    }
    let question = format!("Remove the model {name}? [y/N]");
    let unasked = format!("The model {name} is to be removed, and nobody can be asked. Say --yes.");
    if !args.yes && !is_wanted(&question, unasked)? {
        bail!("Nothing was removed.");
    }
    yuyi_hub::remove(home, name)?;
    match args.json {
        true => writeln!(terminal::stdout(), "{}", json!({ "removed": name }))?,
        false => remark!("The model {name} is removed."),
    }
    Ok(())
}

/// Removes what interrupted downloads have left, of one model or of all; what a program is at stays.
fn leftovers(args: &RemoveModelArgs, name: Option<&str>, home: &Path) -> anyhow::Result<()> {
    let mut found = unfinished(home);
    found.retain(|left| name.is_none_or(|name| left.name == name));
    if let (Some(name), []) = (name, &found[..]) {
        let name = name.to_owned();
        return Err(yuyi_hub::Error::NoLeftovers { name }.into());
    }
    let (running, idle): (Vec<_>, Vec<_>) = found.into_iter().partition(|left| left.is_running);
    if let (Some(left), Some(_)) = (running.first(), name) {
        let name = left.name.clone();
        return Err(yuyi_hub::Error::Busy { name }.into());
    }
    for Unfinished { name, .. } in &running {
        remark!("{name} is being fetched by another program, and stays.");
    }
    let bytes: u64 = idle.iter().map(|left| left.bytes).sum();
    let names: Vec<&str> = idle.iter().map(|left| left.name.as_str()).collect();
    if !idle.is_empty() {
        let (names, size) = (names.join(", "), megabytes(bytes));
        let question = format!("Remove what downloads have left of {names} ({size} MB)? [y/N]");
        let unasked = format!(
            "What downloads have left of {names} is to be removed, and nobody can be asked. Say --yes."
        );
        if !args.yes && !is_wanted(&question, unasked)? {
            bail!("Nothing was removed.");
        }
    }
    for name in &names {
        remove_leftovers(home, name)?;
    }
    match (args.json, names.is_empty()) {
        (true, _) => {
            let document = json!({ "leftovers": names, "bytes": bytes });
            writeln!(terminal::stdout(), "{document}")?;
        }
        (false, true) => remark!("No download has left anything."),
        (false, false) => remark!(
            "What downloads have left of {} is removed: {} MB.",
            names.join(", "),
            megabytes(bytes)
        ),
    }
    Ok(())
}

/// Asks on the terminal; `unasked` is said where there is none.
fn is_wanted(question: &str, unasked: String) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!(Misuse(unasked));
    }
    Ok(terminal::ask(question)?)
}
