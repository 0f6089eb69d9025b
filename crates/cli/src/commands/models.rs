//! `yuyi models` and the commands below it.

mod archive;
mod list;
mod remove;
mod verify;

use yuyi_models::{Installed, inventory};

use crate::args::{ModelsArgs, ModelsCommand};

/// Does what is asked for; without a command it lists the models.
pub fn run(args: &ModelsArgs) -> anyhow::Result<()> {
    match &args.command {
        None => list::run(args),
        Some(ModelsCommand::Rm(args)) => remove::run(args),
        Some(ModelsCommand::Verify(args)) => verify::run(args),
        Some(ModelsCommand::Export(args)) => archive::export(args),
        Some(ModelsCommand::Import(args)) => archive::import(args),
    }
}

/// The model of a name, whole or not.
fn find(name: &str) -> anyhow::Result<Installed> {
    let found = inventory()?.into_iter().find(|model| model.name == name);
    let missing = || yuyi_hub::Error::NotInstalled {
        name: name.to_owned(),
    };
    Ok(found.ok_or_else(missing)?)
}
