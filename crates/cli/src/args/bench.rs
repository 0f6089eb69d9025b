//! Flags of `yuyi bench`.

use clap::{Args, ValueEnum};
use yuyi::{BUILTIN_NAME, Precision};

/// What `yuyi bench` measures.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchPrecisionArg {
    /// 32-bit floats
    F32,
    /// 8-bit weights and activations
    Int8,
    /// 4-bit weights, 8-bit activations
    Int4,
    /// Each of them
    All,
}

/// `yuyi bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// Built-in or installed model, or a model folder
    #[arg(long, env = "YUYI_MODEL", value_name = "NAME|DIR", default_value = BUILTIN_NAME)]
    pub model: String,
    /// Number format to measure; may be repeated [default: f32 for a checkpoint, int8 for a decoder, its own for a quantised model]
    #[arg(long, env = "YUYI_PRECISION", value_enum, value_delimiter = ',')]
    pub precision: Vec<BenchPrecisionArg>,
    /// Threads of one computation [default: the physical cores that may be used]
    #[arg(long, env = "YUYI_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// A few seconds instead of about half a minute: fewer runs of everything
    #[arg(long, env = "YUYI_QUICK", value_parser = crate::switch::parse_yes)]
    pub quick: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
}

impl BenchArgs {
    /// The number formats to measure, each once; none: the model's own.
    pub fn precisions(&self) -> Vec<Precision> {
        let mut chosen = Vec::new();
        let named = self.precision.iter().flat_map(|arg| match arg {
            BenchPrecisionArg::F32 => &[Precision::F32][..],
            BenchPrecisionArg::Int8 => &[Precision::Int8],
            BenchPrecisionArg::Int4 => &[Precision::Int4],
            BenchPrecisionArg::All => &Precision::ALL,
        });
        for &precision in named {
            if !chosen.contains(&precision) {
                chosen.push(precision);
            }
        }
        chosen
    }
}
