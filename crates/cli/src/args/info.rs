//! Flags of `yuyi info`.

use clap::Args;

use super::ModelArgs;

/// `yuyi info`.
#[derive(Args)]
pub struct InfoArgs {
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}
