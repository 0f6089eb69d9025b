//! Flags of `yuyi serve` about who may call it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use yuyi_server::{AllowedHosts, BasePath, KeyOptions, Keys, Origins, Perimeter};

use crate::misuse::Misuse;

/// Who may call, how often, and from which pages.
#[derive(Args)]
pub struct AccessArgs {
    /// Key that callers must send (may be repeated; separated by commas in the environment); a file keeps it out of the list of processes
    #[arg(
        long,
        env = "YUYI_API_KEY",
        value_name = "KEY",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub api_key: Vec<String>,
    /// File of such keys, one a line; read again on SIGHUP
    #[arg(long, env = "YUYI_API_KEY_FILE", value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// Key for fetching, loading and unloading models [default: programs on this machine may]
    #[arg(
        long,
        env = "YUYI_ADMIN_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub admin_key: Option<String>,
    /// File of such keys, one a line; read again on SIGHUP
    #[arg(long, env = "YUYI_ADMIN_KEY_FILE", value_name = "FILE")]
    pub admin_key_file: Option<PathBuf>,
    /// Most requests a minute with one key, or from one address where no keys are asked for [default: no limit]
    #[arg(long, env = "YUYI_RATE_LIMIT", value_name = "N")]
    pub rate_limit: Option<NonZeroU32>,
    /// Proxies in front that add the caller's address to X-Forwarded-For
    #[arg(
        long,
        env = "YUYI_TRUSTED_PROXIES",
        value_name = "N",
        default_value_t = 0
    )]
    pub trusted_proxies: u8,
    /// Name by which browsers may call a server without keys, beside addresses, localhost and --host (may be repeated); *.example.com: all below it
    #[arg(
        long,
        env = "YUYI_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub allowed_host: Vec<String>,
    /// Origin whose pages may call, with its scheme (may be repeated) [default: all, but for managing models]
    #[arg(
        long,
        env = "YUYI_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub cors_origin: Vec<String>,
    /// Path under which a proxy shows the server, such as /tools/yuyi
    #[arg(long, env = "YUYI_BASE_PATH", value_name = "PATH", default_value = "", value_parser = BasePath::new)]
    pub base_path: BasePath,
}

impl AccessArgs {
    /// What the server is told of it.
    ///
    /// # Errors
    /// [`Misuse`] when a key or an origin is none, or the key file cannot be used.
    pub fn perimeter(&self) -> Result<Perimeter, Misuse> {
        let options = KeyOptions {
            api_keys: self.api_key.clone(),
            api_key_file: self.api_key_file.clone(),
            admin_key: self.admin_key.clone(),
            admin_key_file: self.admin_key_file.clone(),
        };
        let keys = Keys::new(&options).map_err(|error| Misuse(error.to_string()))?;
        Ok(Perimeter {
            keys: Arc::new(keys),
            rate_limit: self.rate_limit,
            trusted_proxies: self.trusted_proxies.into(),
            allowed_hosts: AllowedHosts::new(&self.allowed_host).map_err(Misuse)?,
            origins: Origins::new(&self.cors_origin).map_err(Misuse)?,
            base_path: self.base_path.clone(),
        })
    }
}
