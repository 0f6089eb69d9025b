//! Paths as clients put them together: a base address that ends in `/v1` or in a slash, and a path that begins with them. What
//! stands behind may hold names with slashes of their own, and stays.

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::{self, Next};
use axum::response::Response;

/// `service`, where such paths lead to what is meant.
pub(crate) fn tidied(service: Router) -> Router {
    // Routing inside must see the new path, so the layer lies around a whole service.
    Router::new()
        .fallback_service(service)
        .layer(middleware::from_fn(tidy_request))
}

async fn tidy_request(mut request: Request, next: Next) -> Response {
    if let Some(path) = tidy(request.uri().path()) {
        let query = request.uri().query();
        let path = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        // What was valid is valid without a part of it.
        if let Ok(path) = path.parse::<PathAndQuery>() {
            *request.uri_mut() = Uri::from(path);
        }
    }
    next.run(request).await
}

/// What base addresses end in.
const BASES: [&str; 5] = ["/v1", "/v2", "/api", "/openai/v1", "/v1/v1"];

/// What a path means, where that is another one. Pages keep their slash, which their links are relative to.
fn tidy(path: &str) -> Option<String> {
    let mut once = format!("/{}", path.trim_start_matches('/'));
    for base in BASES {
        if let Some(rest) = once.strip_prefix(base)
            && rest.starts_with("//")
        {
            once = format!("{base}/{}", rest.trim_start_matches('/'));
        }
    }
    if let Some(rest) = once.strip_prefix("/v1/v1/") {
        once = format!("/v1/{rest}");
    }
    let bare = match once.trim_end_matches('/') {
        "" | "/docs" => once.as_str(),
        bare => bare,
    };
    (bare != path).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_and_trailing_parts_are_taken_off() {
        for (path, meant) in [
            ("/v1/v1/embeddings", Some("/v1/embeddings")),
            ("/v1/embeddings/", Some("/v1/embeddings")),
            ("/v1/v1/models/", Some("/v1/models")),
            ("//v1/embeddings", Some("/v1/embeddings")),
            ("/v1//embeddings", Some("/v1/embeddings")),
            ("///v1///v1//embeddings//", Some("/v1/embeddings")),
            ("/openai/v1//models", Some("/openai/v1/models")),
            ("//api//embed", Some("/api/embed")),
            ("//", Some("/")),
            ("//docs/", Some("/docs/")),
            // An id may hold slashes.
            ("/v1/collections/c/items/https://a//b", None),
            ("/v1x//y", None),
            ("/v1/embeddings", None),
            ("/v1/v1", None),
            ("/docs/", None),
            ("/", None),
        ] {
            assert_eq!(tidy(path).as_deref(), meant, "{path}");
        }
    }
}
