//! What stands around the routes: who may call, how often, and from which pages.

pub(crate) mod allowed_hosts;
pub(crate) mod api_keys;
pub(crate) mod base_path;
pub(crate) mod caller;
pub(crate) mod cross_origin;
pub(crate) mod guard;
pub(crate) mod head;
mod host_names;
pub(crate) mod paths;
mod rate;

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::perimeter::guard::Guard;
use crate::{AllowedHosts, BasePath, Keys, Origins};

/// Who may call, how often, and from which pages; the default lets everyone in.
#[derive(Clone, Debug, Default)]
pub struct Perimeter {
    /// The keys that open the server.
    pub keys: Arc<Keys>,
    /// Requests a minute of each key, or of each address where no keys are asked for.
    pub rate_limit: Option<NonZeroU32>,
    /// Proxies in front of the server, each of which adds whom it saw to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// The names by which browsers may call where no keys are asked for.
    pub allowed_hosts: AllowedHosts,
    /// Pages of other origins that may call.
    pub origins: Origins,
    /// The path under which a proxy shows the server.
    pub base_path: BasePath,
}

impl Perimeter {
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(
            Arc::clone(&self.keys),
            self.allowed_hosts.clone(),
            self.rate_limit,
            self.trusted_proxies,
        )
    }

    /// The same, where the server listens on that host: by its name it may be called.
    pub(crate) fn listening_on(&self, host: &str) -> Self {
        Self {
            allowed_hosts: self.allowed_hosts.and(host),
            ..self.clone()
        }
    }
}
