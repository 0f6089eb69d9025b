//! Flags of `yuyi health`.

use std::path::PathBuf;

use clap::Args;

use super::serve::{HOST, PORT};

/// `yuyi health`. The flags are those of `serve`, so that the same variables lead to the server.
#[derive(Args)]
pub struct HealthArgs {
    /// Configuration file of the server, for its address
    #[arg(long, env = "YUYI_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address of the server; 0.0.0.0 stands for this machine
    #[arg(long, env = "YUYI_HOST", default_value = HOST)]
    pub host: String,
    /// Port of the server
    #[arg(long, env = "YUYI_PORT", default_value_t = PORT)]
    pub port: u16,
    /// Seconds to wait for the answer
    #[arg(long, env = "YUYI_TIMEOUT", value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
}
