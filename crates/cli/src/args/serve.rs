//! Flags of `yuyi serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use yuyi::BUILTIN_NAME;
use yuyi_server::{CacheOptions, Limits};

use super::values::{parse_size, parse_size_or_none, parse_time, written_size};
use super::{AccessArgs, ComputeArgs, PlaceArgs};

/// Address of a server, where nobody says another.
pub const HOST: &str = "127.0.0.1";

/// Port of a server, where nobody says another.
pub const PORT: u16 = 5000;

/// `yuyi serve`.
#[derive(Args)]
pub struct ServeArgs {
    /// TOML file with any of these flags, as `queue-timeout = 30`; flags and variables win over it
    #[arg(long, env = "YUYI_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on; 0.0.0.0 publishes the server
    #[arg(long, env = "YUYI_HOST", default_value = HOST)]
    pub host: String,
    /// Port; 0 takes a free one
    #[arg(long, env = "YUYI_PORT", default_value_t = PORT)]
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
    #[arg(long, env = "YUYI_MAX_BODY", value_name = "SIZE", default_value = written_size(Limits::DEFAULT.body_bytes), value_parser = parse_size)]
    pub max_body: usize,
    /// Most texts of a request
    #[arg(
        long,
        env = "YUYI_MAX_TEXTS",
        value_name = "N",
        default_value_t = Limits::DEFAULT.texts
    )]
    pub max_texts: usize,
    /// Most characters of a text
    #[arg(
        long,
        env = "YUYI_MAX_CHARACTERS",
        value_name = "N",
        default_value_t = Limits::DEFAULT.characters
    )]
    pub max_characters: usize,
    /// Most items that a call brings to a collection or asks of it
    #[arg(
        long,
        env = "YUYI_MAX_ITEMS",
        value_name = "N",
        default_value_t = Limits::DEFAULT.items
    )]
    pub max_items: usize,
    /// Most pairs of a matrix
    #[arg(
        long,
        env = "YUYI_MAX_MATRIX_PAIRS",
        value_name = "N",
        default_value_t = Limits::DEFAULT.matrix_pairs
    )]
    pub max_matrix_pairs: usize,
    /// Memory that requests may hold together: bodies, what is read of them, and answers that were not taken yet
    #[arg(long, env = "YUYI_REQUEST_MEMORY", value_name = "SIZE", default_value = written_size(Limits::DEFAULT.request_memory), value_parser = parse_size)]
    pub request_memory: usize,
    /// Most tokens of others that a request may wait for
    #[arg(
        long,
        env = "YUYI_QUEUE_TOKENS",
        value_name = "N",
        default_value_t = Limits::DEFAULT.queue_tokens
    )]
    pub queue_tokens: usize,
    /// Seconds that a request waits for its turn
    #[arg(
        long,
        env = "YUYI_QUEUE_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = Limits::DEFAULT.queue_timeout.as_secs()
    )]
    pub queue_timeout: u64,
    /// Memory for vectors that were computed before; 0: none
    #[arg(long, env = "YUYI_CACHE", value_name = "SIZE", default_value = written_size(CacheOptions::MEMORY_BYTES), value_parser = parse_size_or_none)]
    pub cache: usize,
    /// Seconds that such a vector is kept [default: until there is no room]
    #[arg(long, env = "YUYI_CACHE_TTL", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub cache_ttl: Option<u64>,
    /// Redis where servers share such vectors: redis://:PASSWORD@HOST:PORT/DB
    #[arg(long, env = "YUYI_REDIS", value_name = "URL", hide_env_values = true)]
    pub redis: Option<String>,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Standby of that server, for reads that may be a little old (`"stale": true`): postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        env = "YUYI_STORE_READ",
        value_name = "URL",
        hide_env_values = true
    )]
    pub store_read: Option<String>,
    /// Keep what FAQs are asked as it was asked; without it, numbers of telephones, orders and identity cards and e-mail addresses are masked
    #[arg(long, env = "YUYI_UNMASKED_QUESTIONS", value_parser = crate::switch::parse_yes)]
    pub unmasked_questions: bool,
    /// Seconds in which a body must arrive
    #[arg(
        long,
        env = "YUYI_BODY_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = Limits::DEFAULT.body_timeout.as_secs()
    )]
    pub body_timeout: u64,
    /// Seconds in which the head of a request must arrive
    #[arg(long, env = "YUYI_HEADER_TIMEOUT", value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub header_timeout: u64,
    /// Seconds in which a client must take a mebibyte of its answer, or the rest of it
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
        default_value = "warn,yuyi_server=info,yuyi_serving=info"
    )]
    pub log: String,
    /// Write the texts of requests to the log
    #[arg(long, env = "YUYI_LOG_TEXTS", value_parser = crate::switch::parse_yes)]
    pub log_texts: bool,
    /// Write the line about the address as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
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
    /// Serve the models of --model only; without it, a request may also name any other installed one
    #[arg(long, env = "YUYI_LISTED_ONLY", value_parser = crate::switch::parse_yes)]
    pub listed_only: bool,
    /// Load a model when a request first names it
    #[arg(long, env = "YUYI_LAZY", value_parser = crate::switch::parse_yes)]
    pub lazy: bool,
    /// Unload a model after so long without a request, such as 10m [default: never]
    #[arg(long, env = "YUYI_IDLE_UNLOAD", value_name = "TIME", value_parser = parse_time)]
    pub idle_unload: Option<Duration>,
    /// Memory that models may take together; the one used least recently goes [default: no limit]
    #[arg(long, env = "YUYI_MEMORY_LIMIT", value_name = "SIZE", value_parser = parse_size)]
    pub memory_limit: Option<usize>,
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// Forms of the log.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}
