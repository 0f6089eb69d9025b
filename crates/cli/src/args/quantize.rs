//! Flags of `yuyi quantize`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use yuyi::Precision;

/// `yuyi quantize`.
#[derive(Args)]
pub struct QuantizeArgs {
    /// Installed model or model folder, in floats
    #[arg(value_name = "NAME|DIR")]
    pub model: String,
    /// Folder to write: a new one, or an empty one
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "DIR")]
    pub output: PathBuf,
    /// Number format of the weights
    #[arg(long, env = "YUYI_PRECISION", value_enum, default_value = "int8")]
    pub precision: IntegerPrecisionArg,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}

/// Number formats of a quantised folder.
#[derive(Clone, Copy, ValueEnum)]
pub enum IntegerPrecisionArg {
    /// 8-bit weights with a scale for each output
    Int8,
    /// 4-bit weights in blocks of 32; experimental
    Int4,
}

impl From<IntegerPrecisionArg> for Precision {
    fn from(arg: IntegerPrecisionArg) -> Self {
        match arg {
            IntegerPrecisionArg::Int8 => Self::Int8,
            IntegerPrecisionArg::Int4 => Self::Int4,
        }
    }
}
