//! Which pages of other origins may call the server from a browser.

use std::time::Duration;

use axum::http::{HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::envelope::{REQUEST_ID, SERVER_TIMING, TRUNCATED};

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

    /// For routes that only compute.
    pub(crate) fn for_computing(&self) -> CorsLayer {
        match self.everyone || self.named.is_empty() {
            true => layer().allow_origin(Any),
            false => self.for_administration(),
        }
    }

    /// For routes that tell of the server or change it: only origins that were named.
    pub(crate) fn for_administration(&self) -> CorsLayer {
        layer().allow_origin(self.named.clone())
    }
}

fn layer() -> CorsLayer {
    CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        // Whatever a page wants to send: clients have headers of their own (OpenAI's sends `x-stainless-*`), and none of them
        // grants anything without a key.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([REQUEST_ID, header::RETRY_AFTER, SERVER_TIMING, TRUNCATED])
        .max_age(REMEMBERED)
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
