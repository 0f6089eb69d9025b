//! The path under which a proxy shows the server, where the proxy does not take it off itself.

use axum::Router;
use axum::extract::Request;
use axum::http::{Uri, header, uri::PathAndQuery};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};

/// A path prefix such as `/tools/yuyi`; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Reads a prefix; a slash at its end says nothing.
    ///
    /// # Errors
    /// A sentence, when it does not begin with a slash or could not stand in a URL.
    pub fn new(path: &str) -> Result<Self, String> {
        let trimmed = path.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let usable = trimmed.is_empty() || trimmed.starts_with('/');
        let odd =
            trimmed.contains("//") || trimmed.split('/').any(|part| [".", ".."].contains(&part));
        if !usable || odd || !trimmed.chars().all(plain) {
            return Err(format!(
                "{path:?} is no base path. Write it as /tools/yuyi, of letters, digits and - . _ ~."
            ));
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The prefix without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `service` under the prefix. It answers without the prefix too: some proxies take it off, and probes come
    /// past the proxy.
    pub(crate) fn wrap(&self, service: Router) -> Router {
        if self.0.is_empty() {
            return service;
        }
        let base = self.clone();
        let strip = middleware::from_fn(move |request, next| strip(base.clone(), request, next));
        // Routing inside must see the new path, so the layer lies around a whole service.
        Router::new().fallback_service(service).layer(strip)
    }

    /// What is left of a path and its query; `None` when they do not lie under the prefix.
    fn strip<'a>(&self, path_and_query: &'a str) -> Option<&'a str> {
        let rest = path_and_query.strip_prefix(&self.0)?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    }
}

async fn strip(base: BasePath, mut request: Request, next: Next) -> Response {
    let whole = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    match base.strip(whole) {
        // Links on the page are relative to the folder, so it needs its slash.
        Some(rest) if !rest.starts_with('/') => {
            let to = format!("{}/{rest}", base.0);
            let page = (
                [(header::CACHE_CONTROL, "no-cache")],
                Redirect::permanent(&to),
            );
            page.into_response()
        }
        Some(rest) => {
            // A path that was valid is valid without its begin.
            if let Ok(rest) = rest.parse::<PathAndQuery>() {
                *request.uri_mut() = Uri::from(rest);
            }
            next.run(request).await
        }
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_plain_paths() {
        for (given, kept) in [("", ""), ("/", ""), ("/x", "/x"), ("/x/y-1/", "/x/y-1")] {
            assert_eq!(BasePath::new(given).unwrap().as_str(), kept);
        }
        for bad in [
            "x",
            "/a b",
            "/a//b",
            "/../a",
            "/a?b",
            "/a#b",
            "/中",
            "http://a/b",
        ] {
            assert!(BasePath::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_whole_parts_are_taken_off() {
        let base = BasePath::new("/x").unwrap();
        for (path, rest) in [
            ("/x", Some("")),
            ("/x/", Some("/")),
            ("/x/similarity?a=/x", Some("/similarity?a=/x")),
            ("/x?a", Some("?a")),
            ("/xy", None),
            ("/", None),
            ("/similarity", None),
        ] {
            assert_eq!(base.strip(path), rest, "{path}");
        }
    }
}
