//! `yuyi models rm`.

use std::io::{self, IsTerminal, Write};

use anyhow::bail;
use serde_json::json;
use yuyi_models::{ModelPlace, home, inventory};

use crate::args::RemoveModelArgs;
use crate::misuse::Misuse;
use crate::terminal::{self, remark};

/// Removes a model, if that is what is wanted.
pub fn run(args: &RemoveModelArgs) -> anyhow::Result<()> {
    let name = &args.name;
    let home = home().ok_or(yuyi_hub::Error::NoHome)?;
    let models = inventory()?;
    let found = models.iter().find(|model| model.name == *name);
    if let Some(model) = found.filter(|model| model.place != ModelPlace::Home) {
        let place = match &model.folder {
            Some(folder) => format!("in the cache of another program ({})", folder.display()),
            None => "part of every yuyi".to_owned(),
        };
        let name = name.clone();
        return Err(yuyi_hub::Error::NotOurs { name, place }.into());
    }
    if !args.yes && !is_wanted(name)? {
        bail!("Nothing was removed.");
    }
    yuyi_hub::remove(&home, name)?;
    match args.json {
        true => writeln!(terminal::stdout(), "{}", json!({ "removed": name }))?,
        false => remark!("The model {name} is removed."),
    }
    Ok(())
}

/// Asks on the terminal.
fn is_wanted(name: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!(Misuse(format!(
            "The model {name} is to be removed, and nobody can be asked. Say --yes."
        )));
    }
    Ok(terminal::ask(&format!("Remove the model {name}? [y/N]"))?)
}
