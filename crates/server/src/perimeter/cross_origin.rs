//! Which pages of other origins may call the server from a browser.

use std::time::Duration;

use axum::http::{HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::headers::{REQUEST_ID, SERVER_TIMING, TRUNCATED};
use crate::route::{CrossOrigin, Route};

/// How long a browser may remember what is allowed.
const REMEMBERED: Duration = Duration::from_secs(86_400);

/// The origins that may call.
///
/// Unless any are given, every page may call the routes that only compute, and none those that
/// administrate. Cookies are never part of it: a key travels in a header.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    named: Vec<HeaderValue>,
    /// `*` was given beside names.
    everyone: bool,
}

impl Origins {
    /// Reads origins such as `https://shop.example`; `*` stands for everyone, where only computing is asked for.
    ///
    /// # Errors
    /// A sentence that names the one that is no origin.
    pub fn new(origins: &[String]) -> Result<Self, String> {
        let named = origins.iter().filter(|origin| *origin != "*");
        let named = named.map(|origin| {
            parse(origin).ok_or_else(|| {
                format!(
                    "{origin:?} is no origin. Write it as browsers send it: https://shop.example, without a path."
                )
            })
        });
        Ok(Self {
            named: named.collect::<Result<_, _>>()?,
            everyone: origins.iter().any(|origin| origin == "*"),
        })
    }

    /// What answers browsers at a path, where these routes answer; `None`: pages of other origins have no business there.
    pub(crate) fn layer(&self, routes: &[&Route]) -> Option<CorsLayer> {
        let methods: Vec<Method> = routes.iter().map(|route| route.method.clone()).collect();
        let layer = CorsLayer::new()
            .allow_methods(methods)
            // Whatever a page wants to send: clients have headers of their own (OpenAI's sends `x-stainless-*`), and none of them
            // grants anything without a key.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers([REQUEST_ID, header::RETRY_AFTER, SERVER_TIMING, TRUNCATED])
            .max_age(REMEMBERED);
        let open_to_all = self.everyone || self.named.is_empty();
        match routes.first()?.pages {
            CrossOrigin::Nobody => None,
            CrossOrigin::Anyone if open_to_all => Some(layer.allow_origin(Any)),
            CrossOrigin::Anyone | CrossOrigin::Named => {
                Some(layer.allow_origin(self.named.clone()))
            }
        }
    }
}

/// Scheme, host and maybe a port, in lower case as browsers send them.
fn parse(origin: &str) -> Option<HeaderValue> {
    let uri: Uri = origin.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let written = format!("{scheme}://{authority}");
    let plain = ["http", "https"].contains(&scheme) && !authority.as_str().contains('@');
    (plain && written == origin && written == written.to_ascii_lowercase())
        .then(|| HeaderValue::from_str(&written).ok())?
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
        ] {
            assert!(Origins::new(&[good.to_owned()]).is_ok(), "{good}");
        }
        for bad in [
            "",
            "null",
            "shop.example",
            "https://shop.example/",
            "https://shop.example/path",
            "https://Shop.example",
            "https://a@shop.example",
            "ftp://shop.example",
            "https://*.example a",
        ] {
            let told = Origins::new(&[bad.to_owned()]).unwrap_err();
            assert!(told.starts_with(&format!("{bad:?} is no origin")), "{told}");
        }
    }
}
