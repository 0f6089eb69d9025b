//! Which model a command uses, and how it computes.

use clap::{Args, ValueEnum};
use yuyi::{BUILTIN_NAME, OpenOptions, Precision, RemoteOptions};

/// Which model, and how it computes.
#[derive(Args)]
pub struct ModelArgs {
    /// Built-in or installed model, a model folder, or one that computes elsewhere (remote:PROVIDER/MODEL, remote:URL#MODEL)
    #[arg(long, env = "YUYI_MODEL", value_name = "NAME|DIR", default_value = BUILTIN_NAME)]
    pub model: String,
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// How a model computes.
#[derive(Args, Clone, Default)]
pub struct ComputeArgs {
    /// Number format of the matrix products [default: f32 for a checkpoint, int8 for a decoder, its own for a quantised model]
    #[arg(long, env = "YUYI_PRECISION", value_enum)]
    pub precision: Option<PrecisionArg>,
    /// Threads of one computation [default: the physical cores that may be used]
    #[arg(long, env = "YUYI_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// Most texts that are sent to a model that computes elsewhere, those of calls that are made again included [default: no limit]
    #[arg(long, env = "YUYI_MAX_REMOTE_TEXTS", value_name = "N")]
    pub max_remote_texts: Option<u64>,
}

impl ComputeArgs {
    /// How a model is opened.
    pub fn options(&self) -> OpenOptions {
        OpenOptions {
            precision: self.precision(),
            threads: self.threads(),
            remote: RemoteOptions::default().with_max_texts(self.max_remote_texts),
            ..OpenOptions::default()
        }
    }

    /// Number format of the matrix products; `None`: the model's own.
    pub fn precision(&self) -> Option<Precision> {
        self.precision.map(Precision::from)
    }

    /// Threads of one computation; `None`: the physical cores that may be used.
    pub fn threads(&self) -> Option<usize> {
        self.threads.map(usize::from)
    }
}

/// A second model, which reads what was found.
#[derive(Args, Clone, Default)]
pub struct RerankArgs {
    /// Reranker that reads the question with each of the first candidates and orders them: an installed one, or a model folder
    #[arg(long, env = "YUYI_RERANK", value_name = "NAME|DIR")]
    pub rerank: Option<String>,
}

/// Number formats of the matrix products.
#[derive(Clone, Copy, ValueEnum)]
pub enum PrecisionArg {
    /// 32-bit floats: the answers of the original
    F32,
    /// 8-bit weights and activations: about three times as fast
    Int8,
    /// 4-bit weights, 8-bit activations: the smallest; experimental but for the built-in model
    Int4,
}

impl From<PrecisionArg> for Precision {
    fn from(arg: PrecisionArg) -> Self {
        match arg {
            PrecisionArg::F32 => Self::F32,
            PrecisionArg::Int8 => Self::Int8,
            PrecisionArg::Int4 => Self::Int4,
        }
    }
}
