//! What stands around the routes: who may call, how often, and from which pages.

pub(crate) mod api_keys;
pub(crate) mod base_path;
pub(crate) mod caller;
pub(crate) mod cross_origin;
pub(crate) mod guard;
pub(crate) mod paths;
mod rate;

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::perimeter::guard::Guard;
use crate::{BasePath, Keys, Origins};

/// Who may call, how often, and from which pages; the default lets everyone in.
#[derive(Clone, Debug, Default)]
pub struct Perimeter {
    /// The keys that open the server.
    pub keys: Arc<Keys>,
    /// Requests a minute of each key, or of each address where no keys are asked for.
    pub rate_limit: Option<NonZeroU32>,
    /// Proxies in front of the server, each of which adds whom it saw to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Pages of other origins that may call.
    pub origins: Origins,
    /// The path under which a proxy shows the server.
    pub base_path: BasePath,
}

impl Perimeter {
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(
            Arc::clone(&self.keys),
            self.rate_limit,
            self.trusted_proxies,
        )
    }
}
