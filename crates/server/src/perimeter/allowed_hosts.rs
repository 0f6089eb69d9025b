//! Under which names browsers may call a server that asks for no key.
//!
//! Whoever runs a page may let its name lead to an address of their choice a moment after it was loaded. The browser then takes this
//! server for the page's own, and the page reads whatever is open. The name still stands in `Host`, and it is not one of ours.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};

use crate::ApiError;
use crate::perimeter::host_names::{HostPattern, without_port};

/// Browsers send it to addresses that they trust, such as loopback.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names by which browsers may call a server that asks for no key, beside addresses and `localhost`.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts {
    named: Vec<HostPattern>,
    /// `*` was given.
    every: bool,
}

impl AllowedHosts {
    /// Reads names such as `yuyi.example`; `*.example.com` stands for all below it, and `*` for every name.
    ///
    /// # Errors
    /// A sentence that names the one that is no name.
    pub fn new(names: &[String]) -> Result<Self, String> {
        let named = names.iter().filter(|name| *name != "*");
        let named = named.map(|name| {
            HostPattern::new(name).ok_or_else(|| {
                format!(
                    "{name:?} is no name of a host. Write it without scheme and port: yuyi.example, or *.example.com for all below it."
                )
            })
        });
        Ok(Self {
            named: named.collect::<Result<_, _>>()?,
            every: names.iter().any(|name| name == "*"),
        })
    }

    /// These, and the name that the server listens on.
    pub(crate) fn and(&self, host: &str) -> Self {
        let mut hosts = self.clone();
        hosts.named.extend(HostPattern::new(host));
        hosts
    }

    /// Refuses what a browser sends to a name that is not ours.
    pub(crate) fn check(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        if self.every || !is_of_a_browser(headers) {
            return Ok(());
        }
        let host = headers.get(header::HOST);
        let host = host.map_or("".into(), |host| String::from_utf8_lossy(host.as_bytes()));
        match self.has(without_port(&host)) {
            true => Ok(()),
            false => Err(ApiError::HostNotAllowed {
                host: without_port(&host).to_owned(),
            }),
        }
    }

    fn has(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        // No name service stands behind an address, and browsers ask none about localhost.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.named.iter().any(|name| name.matches(&host))
    }
}

/// Whether a browser sends it. Requests that read from the page's own name, as it seems, have neither `Origin` nor, without TLS,
/// `Sec-Fetch-Site`, so what browsers call themselves counts too.
fn is_of_a_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT);
    [header::ORIGIN, header::REFERER, SEC_FETCH_SITE]
        .iter()
        .any(|name| headers.contains_key(name))
        || agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let request = Request::builder();
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn browsers_come_by_addresses_or_names_that_are_ours() {
        let hosts = AllowedHosts::new(&["yuyi.example".into(), "*.shop.example".into()]).unwrap();
        let hosts = hosts.and("listened.example").and("0.0.0.0");
        for (host, allowed) in [
            ("localhost:5000", true),
            ("LOCALHOST", true),
            ("app.localhost", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("192.168.1.5:5000", true),
            ("yuyi.example:5000", true),
            ("Yuyi.example.", true),
            ("a.shop.example", true),
            ("listened.example", true),
            ("evil.example:5000", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            for sign in [
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "same-origin"),
                ("referer", "http://evil.example/"),
                ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
            ] {
                let checked = hosts.check(&request(&[("host", host), sign]));
                assert_eq!(checked.is_ok(), allowed, "{host} {sign:?}");
            }
            assert_eq!(hosts.check(&request(&[("host", host)])), Ok(()), "{host}");
        }
        let every = AllowedHosts::new(&["*".into()]).unwrap();
        let sent = request(&[("host", "evil.example"), ("origin", "http://evil.example")]);
        assert_eq!(every.check(&sent), Ok(()));
    }

    #[test]
    fn what_is_no_name_is_told() {
        for bad in [
            "",
            "yuyi.example:5000",
            "http://yuyi.example",
            "*.com",
            "a b",
        ] {
            let told = AllowedHosts::new(&[bad.to_owned()]).unwrap_err();
            assert!(told.starts_with(&format!("{bad:?} is no name")), "{told}");
        }
    }
}
