//! Who may call what, and how often.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ApiError;
use crate::callers::Caller;
use crate::perimeter::allowed_hosts::AllowedHosts;
use crate::perimeter::api_keys::{Digest, Keys, Role};
use crate::perimeter::caller;
use crate::perimeter::rate::RateLimiter;
use crate::route::{Access, Route};

/// Knows the keys and counts requests; a [`Gate`] in front of each path asks it.
pub(crate) struct Guard {
    keys: Arc<Keys>,
    hosts: AllowedHosts,
    limiter: Option<RateLimiter<Caller>>,
    limit: u32,
    proxies: usize,
}

impl Guard {
    /// A guard who knows the keys, allows `rate_limit` requests a minute and trusts `proxies` proxies in front.
    pub(crate) fn new(
        keys: Arc<Keys>,
        hosts: AllowedHosts,
        rate_limit: Option<NonZeroU32>,
        proxies: usize,
    ) -> Self {
        Self {
            keys,
            hosts,
            limiter: rate_limit.map(RateLimiter::new),
            limit: rate_limit.map_or(0, NonZeroU32::get),
            proxies,
        }
    }

    /// Who is calling, if the caller may.
    fn admit(&self, access: Access, request: &Request) -> Result<Caller, ApiError> {
        if access == Access::Open {
            return Ok(self.caller(request, None));
        }
        let known = match self.known(request) {
            Ok(known) => known,
            Err(refused) => {
                // Guessing is counted as well; whoever has a key is never refused for the guesses of others.
                self.count(self.caller(request, None))?;
                return Err(refused);
            }
        };
        if known.is_none() {
            self.hosts.check(request)?;
        }
        if access == Access::Admin {
            self.admit_admin(request, known.map(|(role, _)| role))?;
        }
        let caller = self.caller(request, known.map(|(_, key)| key));
        self.count(caller).map(|()| caller)
    }

    fn caller(&self, request: &Request, key: Option<Digest>) -> Caller {
        let network = || caller::address(request, self.proxies).map(caller::network);
        key.map_or_else(|| Caller::Address(network()), Caller::Key)
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

    fn count(&self, caller: Caller) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter
            .take(caller, Instant::now())
            .map_err(|wait| ApiError::RateLimited {
                limit: self.limit,
                seconds: u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX),
            })
    }
}

/// The guard in front of one path. Every path of the router has its own, so none can be forgotten.
pub(crate) struct Gate {
    guard: Arc<Guard>,
    /// What each method of the path asks of its caller.
    methods: Vec<(Method, Access)>,
    /// What any other method asks: the most that one of these does.
    others: Access,
}

impl Gate {
    /// The gate of a path, where these routes answer.
    pub(crate) fn new(guard: Arc<Guard>, routes: &[&Route]) -> Self {
        let methods = routes
            .iter()
            .map(|route| (route.method.clone(), route.access));
        let most = routes.iter().map(|route| route.access).max();
        Self {
            guard,
            methods: methods.collect(),
            others: most.unwrap_or(Access::Admin),
        }
    }

    /// What a method asks of its caller; `HEAD` is answered as `GET`.
    fn access(&self, method: &Method) -> Access {
        let method = match *method {
            Method::HEAD => &Method::GET,
            ref other => other,
        };
        let found = self.methods.iter().find(|(known, _)| known == method);
        found.map_or(self.others, |(_, access)| *access)
    }
}

/// The layer of a path. Handlers find the [`Caller`] in the extensions.
pub(crate) async fn pass(
    State(gate): State<Arc<Gate>>,
    mut request: Request,
    next: Next,
) -> Response {
    let access = gate.access(request.method());
    match gate.guard.admit(access, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

#[cfg(test)]
mod tests;
