//! Which pages of other origins may call the server from a browser.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{
    AllowHeaders, AllowMethods, AllowOrigin, AllowPrivateNetwork, Any, CorsLayer,
};

use crate::headers::{REQUEST_ID, SERVER_TIMING, TRUNCATED};
use crate::perimeter::host_names::{HostPattern, is_host, without_port};
use crate::route::{CrossOrigin, Route};

/// How long a browser may remember what is allowed.
const REMEMBERED: Duration = Duration::from_secs(86_400);

/// What pages without an origin send: files, and sandboxed frames.
const OPAQUE: &str = "null";

/// Schemes of which nothing is a page, or whose pages send `null`.
const NO_PAGES: [&str; 8] = [
    "about",
    "blob",
    "data",
    "file",
    "ftp",
    "javascript",
    "ws",
    "wss",
];

/// The origins that may call.
///
/// Unless any are given, every page may call the routes that only compute, and none those of
/// administration. Cookies are never part of it: a key travels in a header.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    named: Arc<[Origin]>,
    /// `*` was given beside names.
    everyone: bool,
    /// `null` was given. Every page can send that from a frame, so it opens no more than `*` does.
    opaque: bool,
}

/// Of a page.
#[derive(Clone, Debug)]
enum Origin {
    /// As browsers send it.
    One(String),
    /// All whose host fits.
    Below {
        scheme: String,
        hosts: HostPattern,
        /// With its colon; empty: that of the scheme.
        port: String,
    },
}

impl Origins {
    /// Reads origins such as `https://shop.example`, `https://*.shop.example`, `chrome-extension://…` or `null`; `*` stands for everyone,
    /// where only computing is asked for.
    ///
    /// # Errors
    /// A sentence that names the one that is no origin.
    pub fn new(origins: &[String]) -> Result<Self, String> {
        let given = |word: &str| origins.iter().any(|origin| origin == word);
        let named = origins
            .iter()
            .filter(|origin| !["*", OPAQUE].contains(&origin.as_str()));
        let named = named.map(|origin| {
            Origin::new(origin).ok_or_else(|| {
                format!(
                    "{origin:?} is no origin. Write it as browsers send it: https://shop.example, without a path; \
                     https://*.shop.example for all below it, app://name for a program's pages, or null for files."
                )
            })
        });
        Ok(Self {
            named: named.collect::<Result<_, _>>()?,
            everyone: given("*"),
            opaque: given(OPAQUE),
        })
    }

    /// What answers browsers at a path, where these routes answer; `None`: pages of other origins have no business there.
    pub(crate) fn layer(&self, routes: &[&Route]) -> Option<CorsLayer> {
        let methods: Vec<Method> = routes.iter().map(|route| route.method.clone()).collect();
        self.layer_of(routes.first()?.pages, methods.into())
    }

    /// What answers browsers where those pages may call.
    pub(crate) fn layer_of(&self, pages: CrossOrigin, methods: AllowMethods) -> Option<CorsLayer> {
        let layer = CorsLayer::new()
            .allow_methods(methods)
            // Whatever a page wants to send: clients have headers of their own (OpenAI's sends `x-stainless-*`), and none of them
            // grants anything without a key.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers([REQUEST_ID, header::RETRY_AFTER, SERVER_TIMING, TRUNCATED])
            .max_age(REMEMBERED);
        let open_to_all = self.everyone || self.named.is_empty() && !self.opaque;
        let opaque = self.opaque && pages == CrossOrigin::Anyone;
        match pages {
            CrossOrigin::Nobody => None,
            CrossOrigin::Anyone if open_to_all => {
                Some(layer.allow_origin(Any).allow_private_network(true))
            }
            CrossOrigin::Anyone | CrossOrigin::Named => {
                let (here, near) = (self.clone(), self.clone());
                let origin = AllowOrigin::predicate(move |origin, _| here.allows(origin, opaque));
                let network =
                    AllowPrivateNetwork::predicate(move |origin, _| near.allows(origin, opaque));
                Some(layer.allow_origin(origin).allow_private_network(network))
            }
        }
    }

    fn allows(&self, origin: &HeaderValue, opaque: bool) -> bool {
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        opaque && origin == OPAQUE || self.named.iter().any(|named| named.matches(origin))
    }
}

impl Origin {
    /// Scheme, host and maybe a port, as browsers send them.
    fn new(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let host = without_port(authority);
        let port = &authority[host.len()..];
        let of_web = ["http", "https"].contains(&scheme);
        let is_default = [("http", ":80"), ("https", ":443")].contains(&(scheme, port));
        if !is_scheme(scheme) || is_default || port == ":" {
            return None;
        }
        if of_web && text != text.to_ascii_lowercase() {
            return None;
        }
        if of_web && host.starts_with("*.") {
            return Some(Self::Below {
                scheme: scheme.to_owned(),
                hosts: HostPattern::new(host)?,
                port: port.to_owned(),
            });
        }
        // Programs name their pages as they like, such as `app://-`.
        let of_program = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let named = is_host(host) || !of_web && !host.is_empty() && host.bytes().all(of_program);
        named.then(|| Self::One(text.to_owned()))
    }

    fn matches(&self, origin: &str) -> bool {
        match self {
            Self::One(known) => known == origin,
            Self::Below {
                scheme,
                hosts,
                port,
            } => {
                let rest = origin.strip_prefix(scheme.as_str());
                let authority = rest.and_then(|rest| rest.strip_prefix("://"));
                let host = authority.and_then(|rest| rest.strip_suffix(port.as_str()));
                host.is_some_and(|host| hosts.matches(host))
            }
        }
    }
}

/// Whether pages of that scheme have an origin.
fn is_scheme(scheme: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(plain)
        && !NO_PAGES.contains(&scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_send_them() {
        for good in [
            "https://shop.example",
            "http://127.0.0.1:8080",
            "https://[::1]",
            "https://*.shop.example",
            "http://*.localhost:5173",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://0f3e3c9c-6c7d-4c3b-9f0a-2f6a4f3e3c9c",
            "tauri://localhost",
            "app://-",
            "app://obsidian.md",
            "null",
        ] {
            assert!(Origins::new(&[good.to_owned()]).is_ok(), "{good}");
        }
        for bad in [
            "",
            "Null",
            "shop.example",
            "https://shop.example/",
            "https://shop.example/path",
            "https://Shop.example",
            "https://a@shop.example",
            "ftp://shop.example",
            "https://*.example a",
            "https://*.com",
            "https://*",
            "https://a.*.example",
            "https://shop.example:443",
            "file://",
            "app://",
            "app://a/b",
        ] {
            let told = Origins::new(&[bad.to_owned()]).unwrap_err();
            assert!(told.starts_with(&format!("{bad:?} is no origin")), "{told}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_what_lies_below() {
        let origins = Origins::new(&["https://*.shop.example".into(), "null".into()]).unwrap();
        let allows = |origin: &'static str, opaque| {
            origins.allows(&HeaderValue::from_static(origin), opaque)
        };
        for below in ["https://a.shop.example", "https://a.b.shop.example"] {
            assert!(allows(below, false), "{below}");
        }
        for other in [
            "https://shop.example",
            "http://a.shop.example",
            "https://a.shop.example:8443",
            "https://evilshop.example",
            "https://evil.example/.shop.example",
            "https://a.shop.example.evil.example",
            "null",
        ] {
            assert!(!allows(other, false), "{other}");
        }
        assert!(allows("null", true));
    }
}
