//! The command line: what can be said, and the defaults.

mod access;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use yuyi_encoder::Precision;
use yuyi_models::BUILTIN_NAME;

pub use self::access::AccessArgs;
use crate::input::Format;

/// Chinese semantic similarity: how alike are two sentences?
#[derive(Parser)]
#[command(name = "yuyi", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Similarity of two sentences, or of every pair of a file
    Sim(SimArgs),
    /// Vectors of the texts of a file
    Embed(EmbedArgs),
    /// What is known of a model
    Info(InfoArgs),
    /// A copy of a model folder in 8-bit or 4-bit weights
    Quantize(QuantizeArgs),
    /// Speed and memory of a model on this machine
    Bench(BenchArgs),
    /// The HTTP server with the web page
    Serve(Box<ServeArgs>),
    /// Whether the server on this machine answers, for the health check of a container
    Health(HealthArgs),
}

/// Which model, and how it computes.
#[derive(Args)]
pub struct ModelArgs {
    /// Built-in or installed model, or a model folder
    #[arg(long, env = "YUYI_MODEL", value_name = "NAME|DIR", default_value = BUILTIN_NAME)]
    pub model: String,
    /// How it computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// How a model computes.
#[derive(Args)]
pub struct ComputeArgs {
    /// Number format of the matrix products [default: f32 for a checkpoint, its own for a quantised model]
    #[arg(long, env = "YUYI_PRECISION", value_enum)]
    pub precision: Option<PrecisionArg>,
    /// Threads of one computation [default: the cores that may be used]
    #[arg(long, env = "YUYI_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
}

impl ComputeArgs {
    /// Number format of the matrix products; `None`: the model's own.
    pub fn precision(&self) -> Option<Precision> {
        self.precision.map(Precision::from)
    }

    /// Threads of one computation; `None`: the cores that may be used.
    pub fn threads(&self) -> Option<usize> {
        self.threads.map(usize::from)
    }
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

/// `yuyi sim`.
#[derive(Args)]
pub struct SimArgs {
    /// First sentence
    #[arg(
        required_unless_present = "pairs",
        conflicts_with = "pairs",
        requires = "b"
    )]
    pub a: Option<String>,
    /// Second sentence
    pub b: Option<String>,
    /// File of pairs (TSV, CSV or JSONL; `-`: standard input)
    #[arg(long, env = "YUYI_PAIRS", value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Format of the file, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Write JSON, one line a pair
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Model.
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `yuyi embed`.
#[derive(Args)]
pub struct EmbedArgs {
    /// File of texts (TXT, TSV, CSV or JSONL; `-`: standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the vectors go: .npy, .jsonl, or `-` for JSONL on standard output
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "OUT")]
    pub output: PathBuf,
    /// Format of the file, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Text in front of each text [default: the model's default prompt]
    #[arg(
        long,
        env = "YUYI_PROMPT",
        value_name = "TEXT",
        conflicts_with = "no_prompt"
    )]
    pub prompt: Option<String>,
    /// Put nothing in front of the texts
    #[arg(long, env = "YUYI_NO_PROMPT", value_parser = FalseyValueParser::new())]
    pub no_prompt: bool,
    /// Write a summary to standard output as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Model.
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `yuyi info`.
#[derive(Args)]
pub struct InfoArgs {
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Model.
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `yuyi quantize`.
#[derive(Args)]
pub struct QuantizeArgs {
    /// Installed model or model folder, in floats
    #[arg(value_name = "NAME|DIR")]
    pub model: String,
    /// Folder to write; it must not exist yet
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "DIR")]
    pub output: PathBuf,
    /// Number format of the weights
    #[arg(long, env = "YUYI_PRECISION", value_enum, default_value = "int8")]
    pub precision: IntegerPrecisionArg,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
}

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
    /// Number format to measure; may be repeated [default: f32 for a checkpoint, its own for a quantised model]
    #[arg(long, env = "YUYI_PRECISION", value_enum, value_delimiter = ',')]
    pub precision: Vec<BenchPrecisionArg>,
    /// Threads of one computation [default: the cores that may be used]
    #[arg(long, env = "YUYI_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// A few seconds instead of about half a minute: fewer runs of everything
    #[arg(long, env = "YUYI_QUICK", value_parser = FalseyValueParser::new())]
    pub quick: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
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

/// `yuyi serve`.
#[derive(Args)]
pub struct ServeArgs {
    /// TOML file with any of these flags, as `queue-timeout = 30`; flags and variables win over it
    #[arg(long, env = "YUYI_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on; 0.0.0.0 publishes the server
    #[arg(long, env = "YUYI_HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Port; 0 takes a free one
    #[arg(long, env = "YUYI_PORT", default_value_t = 5000)]
    pub port: u16,
    /// Further name for the default model, or NAME=MODEL for another; may be repeated (separated by commas in the environment)
    #[arg(
        long,
        env = "YUYI_SERVED_MODEL_NAME",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub served_model_name: Vec<String>,
    /// Largest body of a request
    #[arg(long, env = "YUYI_MAX_BODY", value_name = "SIZE", default_value = "32MiB", value_parser = parse_size)]
    pub max_body: usize,
    /// Most texts of a request
    #[arg(
        long,
        env = "YUYI_MAX_TEXTS",
        value_name = "N",
        default_value_t = 10_000
    )]
    pub max_texts: usize,
    /// Most characters of a text
    #[arg(
        long,
        env = "YUYI_MAX_CHARACTERS",
        value_name = "N",
        default_value_t = 100_000
    )]
    pub max_characters: usize,
    /// Most pairs of a matrix
    #[arg(
        long,
        env = "YUYI_MAX_MATRIX_PAIRS",
        value_name = "N",
        default_value_t = 4_000_000
    )]
    pub max_matrix_pairs: usize,
    /// Most tokens that wait in the queue
    #[arg(
        long,
        env = "YUYI_QUEUE_TOKENS",
        value_name = "N",
        default_value_t = 1_000_000
    )]
    pub queue_tokens: usize,
    /// Seconds that a request waits for its turn
    #[arg(
        long,
        env = "YUYI_QUEUE_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    pub queue_timeout: u64,
    /// Memory for vectors that were computed before; 0: none
    #[arg(long, env = "YUYI_CACHE", value_name = "SIZE", default_value = "256MiB", value_parser = parse_size_or_none)]
    pub cache: usize,
    /// Seconds that such a vector is kept [default: until there is no room]
    #[arg(long, env = "YUYI_CACHE_TTL", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub cache_ttl: Option<u64>,
    /// Redis where servers share such vectors: redis://:PASSWORD@HOST:PORT/DB
    #[arg(long, env = "YUYI_REDIS", value_name = "URL", hide_env_values = true)]
    pub redis: Option<String>,
    /// Seconds in which a body must arrive
    #[arg(
        long,
        env = "YUYI_BODY_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 60
    )]
    pub body_timeout: u64,
    /// Seconds in which the head of a request must arrive
    #[arg(long, env = "YUYI_HEADER_TIMEOUT", value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub header_timeout: u64,
    /// Seconds in which a client must take a part of its answer
    #[arg(long, env = "YUYI_SEND_TIMEOUT", value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub send_timeout: u64,
    /// Seconds that a connection may stay open between requests
    #[arg(long, env = "YUYI_IDLE_TIMEOUT", value_name = "SECONDS", default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..))]
    pub idle_timeout: u64,
    /// Most connections at a time
    #[arg(long, env = "YUYI_MAX_CONNECTIONS", value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// Seconds that accepted requests may take when the server is told to stop
    #[arg(
        long,
        env = "YUYI_DRAIN_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    pub drain_timeout: u64,
    /// Form of the log on standard error
    #[arg(long, env = "YUYI_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug or trace, also per module
    #[arg(
        long,
        env = "YUYI_LOG",
        value_name = "LEVEL",
        default_value = "warn,yuyi_server=info"
    )]
    pub log: String,
    /// Write the texts of requests to the log
    #[arg(long, env = "YUYI_LOG_TEXTS", value_parser = FalseyValueParser::new())]
    pub log_texts: bool,
    /// Write the line about the address as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Access.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Model to serve; may be repeated, the first is the default (separated by commas in the environment)
    #[arg(
        long = "model",
        env = "YUYI_MODEL",
        value_name = "NAME|DIR",
        value_delimiter = ',',
        default_value = BUILTIN_NAME
    )]
    pub models: Vec<String>,
    /// Load a model when a request first names it
    #[arg(long, env = "YUYI_LAZY", value_parser = FalseyValueParser::new())]
    pub lazy: bool,
    /// Unload a model after so long without a request, such as 10m [default: never]
    #[arg(long, env = "YUYI_IDLE_UNLOAD", value_name = "TIME", value_parser = parse_time)]
    pub idle_unload: Option<Duration>,
    /// Memory that models may take together; the one used least recently goes [default: no limit]
    #[arg(long, env = "YUYI_MEMORY_LIMIT", value_name = "SIZE", value_parser = parse_size)]
    pub memory_limit: Option<usize>,
    /// How models compute.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `yuyi health`. The flags are those of `serve`, so that the same variables lead to the server.
#[derive(Args)]
pub struct HealthArgs {
    /// Address of the server; 0.0.0.0 stands for this machine
    #[arg(long, env = "YUYI_HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Port of the server
    #[arg(long, env = "YUYI_PORT", default_value_t = 5000)]
    pub port: u16,
    /// Seconds to wait for the answer
    #[arg(long, env = "YUYI_TIMEOUT", value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
}

/// Forms of the log.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}

/// A command line that cannot be meant; exit code 2.
#[derive(Debug)]
pub struct Misuse(pub String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// A time of `90`, `90s`, `10m`, `2h`; a number alone means seconds.
fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        unit => return Err(format!("{unit:?} is no unit of time; use s, m or h")),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is no time such as 10m"))?;
    let seconds = number.checked_mul(unit).filter(|&n| n > 0);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("{text} is out of range"))
}

/// As [`parse_size`]; 0 is nothing.
fn parse_size_or_none(text: &str) -> Result<usize, String> {
    match text.trim() {
        "0" => Ok(0),
        text => parse_size(text),
    }
}

/// Bytes of `64`, `64KiB`, `32MiB`, `1GiB`; `K`, `M`, `G` mean the same.
fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        unit => return Err(format!("{unit:?} is no unit of size; use KiB, MiB or GiB")),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| format!("{text:?} is no size such as 32MiB"))?;
    number
        .checked_mul(1 << shift)
        .filter(|&n| n > 0)
        .ok_or_else(|| format!("{text} is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable() {
        for command in Cli::command().get_subcommands() {
            for flag in command
                .get_arguments()
                .filter(|a| a.get_long().is_some_and(|l| l != "help" && l != "version"))
            {
                let name = flag.get_long().unwrap().replace('-', "_").to_uppercase();
                let variable = flag.get_env().unwrap().to_str().unwrap().to_owned();
                assert_eq!(variable, format!("YUYI_{name}"), "{}", command.get_name());
            }
        }
    }

    #[test]
    fn times() {
        for (text, seconds) in [("90", 90), ("5s", 5), ("10m", 600), ("2 h", 7_200)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "0", "m", "-1", "1.5m", "1d", "99999999999999999999h"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("10"), Ok(10));
        assert_eq!(parse_size("32MiB"), Ok(32 << 20));
        assert_eq!(parse_size("1 g"), Ok(1 << 30));
        for bad in ["", "0", "MiB", "-1", "1.5M", "9999999999999G", "1x"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
