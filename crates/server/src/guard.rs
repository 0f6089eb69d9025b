//! Who may call what, and how often.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ApiError;
use crate::api_keys::{Digest, Keys, Role};
use crate::caller;
use crate::rate::RateLimiter;

/// Routes that everyone may call: probes have no key, and the pages have nothing to hide.
const OPEN: [&str; 5] = ["/livez", "/readyz", "/health", "/docs", "/openapi.json"];

/// Routes that change the server itself.
const ADMIN: [&str; 3] = ["/v1/models/load", "/v1/models/unload", "/v1/models/pull"];

/// Stands in front of all routes.
pub(crate) struct Guard {
    keys: Arc<Keys>,
    limiter: Option<RateLimiter<Caller>>,
    limit: u32,
    proxies: usize,
}

/// Whom a request is counted for.
#[derive(PartialEq, Eq, Hash)]
enum Caller {
    Key(Digest),
    Address(Option<IpAddr>),
}

/// What a route asks of its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Need {
    Nothing,
    Key,
    AdminKey,
}

impl Guard {
    /// A guard who knows the keys, allows `rate_limit` requests a minute and trusts `proxies` proxies in front.
    pub(crate) fn new(keys: Arc<Keys>, rate_limit: Option<NonZeroU32>, proxies: usize) -> Self {
        Self {
            keys,
            limiter: rate_limit.map(RateLimiter::new),
            limit: rate_limit.map_or(0, NonZeroU32::get),
            proxies,
        }
    }

    fn admit(&self, need: Need, request: &Request) -> Result<(), ApiError> {
        if need == Need::Nothing {
            return Ok(());
        }
        let known = self.known(request)?;
        if need == Need::AdminKey {
            self.admit_admin(request, known.map(|(role, _)| role))?;
        }
        self.count(request, known.map(|(_, key)| key))
    }

    /// The key of the caller, where keys are asked for at all. Clients of open servers send made-up ones.
    fn known(&self, request: &Request) -> Result<Option<(Role, Digest)>, ApiError> {
        let mut presented = caller::keys(request.headers()).peekable();
        let any = presented.peek().is_some();
        match presented.find_map(|key| self.keys.find(key)) {
            Some(found) => Ok(Some(found)),
            None if !self.keys.guard_users() => Ok(None),
            None if any => Err(ApiError::InvalidKey),
            None => Err(ApiError::MissingKey),
        }
    }

    fn admit_admin(&self, request: &Request, role: Option<Role>) -> Result<(), ApiError> {
        match role {
            Some(Role::Admin) => Ok(()),
            Some(Role::User) if self.keys.guard_admin() => Err(ApiError::NotAllowed {
                reason: "This asks for the admin key; the key that was sent is for the other routes.",
            }),
            None if self.keys.guard_admin() => match caller::keys(request.headers()).next() {
                Some(_) => Err(ApiError::InvalidKey),
                None => Err(ApiError::MissingKey),
            },
            _ if caller::is_local(request) => Ok(()),
            _ => Err(ApiError::NotAllowed {
                reason: "Without an admin key this is for programs on the server's own machine. Set one with --admin-key.",
            }),
        }
    }

    fn count(&self, request: &Request, key: Option<Digest>) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let caller = key.map_or_else(
            || Caller::Address(caller::address(request, self.proxies).map(caller::network)),
            Caller::Key,
        );
        limiter
            .take(caller, Instant::now())
            .map_err(|wait| ApiError::RateLimited {
                limit: self.limit,
                seconds: u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX),
            })
    }
}

/// `path` as it stands in the table of routes; what matched none of them is a file of the pages, or nothing.
fn need(method: &Method, path: Option<&str>) -> Need {
    let reads = [Method::GET, Method::HEAD].contains(method);
    match path {
        None => Need::Nothing,
        Some("/") if reads => Need::Nothing,
        Some(path) if OPEN.contains(&path) || path.starts_with("/docs/") => Need::Nothing,
        Some(path) if ADMIN.contains(&path) => Need::AdminKey,
        Some(_) => Need::Key,
    }
}

/// The layer. It lies inside the layer for other origins, so that pages can read a refusal.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let need = need(request.method(), path.map(MatchedPath::as_str));
    match guard.admit(need, &request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

#[cfg(test)]
mod tests;
