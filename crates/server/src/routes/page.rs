//! The web page and its files, which are part of the program.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::ApiError;
use crate::routes::nearest::Nearest;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Pages;

/// Everything comes from this server, and no other page may show this one in a frame.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// The web page.
#[utoipa::path(
    get,
    path = "/",
    tag = "Server",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn index(headers: HeaderMap) -> Response {
    named("index.html", &headers)
}

/// A page that is part of the program.
pub(crate) fn named(file: &str, headers: &HeaderMap) -> Response {
    reply(file, headers).unwrap_or_else(|| not_found(file, None))
}

/// Every path without a route: a file of the pages, or nothing.
pub(crate) async fn file(State(nearest): State<Arc<Nearest>>, request: Request) -> Response {
    let path = request.uri().path();
    let found = reply(path.trim_start_matches('/'), request.headers());
    match (found, request.method()) {
        (None, _) => not_found(path, nearest.to(path)),
        (Some(reply), &Method::GET | &Method::HEAD) => reply,
        (Some(_), method) => {
            let refused = ApiError::MethodNotAllowed {
                method: method.to_string(),
            };
            ([(header::ALLOW, "GET,HEAD")], refused).into_response()
        }
    }
}

fn not_found(path: &str, nearest: Option<String>) -> Response {
    ApiError::NotFound {
        path: path.to_owned(),
        nearest,
    }
    .into_response()
}

fn reply(path: &str, request: &HeaderMap) -> Option<Response> {
    let file = Pages::get(path)?;
    let tag = entity_tag(&file);
    let fresh = request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|sent| matches_tag(sent, &tag));
    let (status, body) = match fresh {
        true => (StatusCode::NOT_MODIFIED, Body::empty()),
        false => (StatusCode::OK, Body::from(file.data)),
    };
    Some((status, file_headers(path, &tag), body).into_response())
}

fn file_headers(path: &str, tag: &str) -> HeaderMap {
    // The build puts a hash into the names of what lies in assets, so those never change.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, content_type(path)),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        // For browsers that do not know frame-ancestors.
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    let mut headers: HeaderMap = fixed
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    headers.extend(
        HeaderValue::from_str(tag)
            .ok()
            .map(|tag| (header::ETAG, tag)),
    );
    headers
}

fn entity_tag(file: &EmbeddedFile) -> String {
    let digits: String = file.metadata.sha256_hash()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}\"")
}

/// Whether `If-None-Match` holds the tag; proxies that compress mark it as weak.
fn matches_tag(sent: &HeaderValue, tag: &str) -> bool {
    let tags = sent.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.map(|t| t.trim_start_matches("W/"))
        .any(|t| t == tag || t == "*")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_match_as_sent_by_browsers_and_proxies() {
        for (sent, fresh) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
        ] {
            assert_eq!(
                matches_tag(&HeaderValue::from_static(sent), "\"a\""),
                fresh,
                "{sent}"
            );
        }
    }

    #[test]
    fn only_hashed_names_are_cached_for_good() {
        let cache = |path| file_headers(path, "\"a\"")[header::CACHE_CONTROL].clone();
        assert_eq!(cache("index.html"), "no-cache");
        assert_eq!(
            cache("assets/index-1a2b.js"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(
            content_type("assets/index-1a2b.js"),
            "text/javascript; charset=utf-8"
        );
    }
}
