//! Flags of `yuyi pull`.

use clap::{Args, ValueEnum};
use yuyi_hub::Source;

use super::quantize::IntegerPrecisionArg;

/// `yuyi pull`.
#[derive(Args)]
pub struct PullArgs {
    /// A name of `yuyi models --all`, the repository of another model on a hub, or the address of its page
    #[arg(value_name = "NAME|ORG/NAME|URL")]
    pub model: String,
    /// Hub to ask
    #[arg(long, env = "YUYI_FROM", value_enum, default_value = "auto")]
    pub from: SourceArg,
    /// Branch, tag or commit of the repository [default: the newest]
    #[arg(long, env = "YUYI_REVISION", value_name = "REVISION")]
    pub revision: Option<String>,
    /// Name that the model gets here [default: that of its repository]
    #[arg(long, env = "YUYI_NAME", value_name = "NAME")]
    pub name: Option<String>,
    /// Shrink the weights to this number format
    #[arg(long, env = "YUYI_QUANTIZE", value_enum)]
    pub quantize: Option<IntegerPrecisionArg>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}

/// Hubs to ask.
#[derive(Clone, Copy, ValueEnum)]
pub enum SourceArg {
    /// Hugging Face or its mirror (HF_ENDPOINT), then ModelScope: the first that has it
    Auto,
    /// Hugging Face or its mirror
    Hf,
    /// ModelScope
    Modelscope,
}

impl From<SourceArg> for Source {
    fn from(arg: SourceArg) -> Self {
        match arg {
            SourceArg::Auto => Self::Auto,
            SourceArg::Hf => Self::HuggingFace,
            SourceArg::Modelscope => Self::ModelScope,
        }
    }
}
