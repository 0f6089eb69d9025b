//! Flags of `yuyi models` and of the commands below it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `yuyi models`.
#[derive(Args)]
pub struct ModelsArgs {
    /// List also the catalogue of known models
    #[arg(long, env = "YUYI_ALL", value_parser = crate::switch::parse_yes)]
    pub all: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    /// What to do; without it the models are listed.
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
}

/// The commands of `yuyi models`.
#[derive(Subcommand)]
pub enum ModelsCommand {
    /// Remove a model, and what an interrupted download has left of it
    Rm(RemoveModelArgs),
    /// Compare all bytes of models with those that were installed
    Verify(VerifyModelsArgs),
    /// Write a model to one file, for a machine without a network
    Export(ExportModelArgs),
    /// Install a model from such a file
    Import(ImportModelArgs),
}

/// `yuyi models rm`.
#[derive(Args)]
pub struct RemoveModelArgs {
    /// Name of the model
    #[arg(required_unless_present = "leftovers")]
    pub name: Option<String>,
    /// Remove only what interrupted downloads have left, of all models where none is named
    #[arg(long, env = "YUYI_LEFTOVERS", value_parser = crate::switch::parse_yes)]
    pub leftovers: bool,
    /// Do not ask
    #[arg(long, env = "YUYI_YES", value_parser = crate::switch::parse_yes)]
    pub yes: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}

/// `yuyi models verify`.
#[derive(Args)]
pub struct VerifyModelsArgs {
    /// Names of the models [default: all that are installed]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}

/// `yuyi models export`.
#[derive(Args)]
pub struct ExportModelArgs {
    /// Name of the model
    pub name: String,
    /// File to write
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "FILE")]
    pub output: PathBuf,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}

/// `yuyi models import`.
#[derive(Args)]
pub struct ImportModelArgs {
    /// File that `yuyi models export` wrote
    pub file: PathBuf,
    /// Name that the model gets here [default: the one that it had]
    #[arg(long, env = "YUYI_NAME", value_name = "NAME")]
    pub name: Option<String>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}
