//! Flags of `yuyi info`.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::ModelArgs;

/// `yuyi info`.
#[derive(Args)]
pub struct InfoArgs {
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}
