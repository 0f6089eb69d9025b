//! Where collections are kept, and who may ask for them.

use std::sync::Arc;

use serde_json::json;
use yuyi_server::{App, CacheOptions, Collections, Limits, ModelOptions};

use super::with_faq;
use crate::support::{Fake, Server, options, read, source};

/// An app that keeps collections where nobody named a place.
fn unnamed(place: Option<yuyi_server::Place>) -> App {
    App::new(
        vec![source("fake", Fake::with_fingerprint([7; 16]))],
        ModelOptions::default(),
        &CacheOptions::default(),
        Limits::default(),
        Collections::unnamed(place),
    )
}

async fn serving(app: App) -> Server {
    Server {
        url: Server::serve(app.clone(), options()).await,
        client: reqwest::Client::new(),
        computed: Arc::default(),
        app,
    }
}

#[tokio::test]
async fn whoever_only_computes_needs_no_folder() {
    let server = serving(unnamed(None)).await;
    assert_eq!(server.get("/readyz").await.0, 200);
    let response = server
        .request("GET", "/v1/collections")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["retry-after"], "5");
    let (status, reply) = read(response).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &json!("store_unavailable"))
    );
    let pair = r#"{"sentence_a": "x", "sentence_b": "y"}"#;
    assert_eq!(server.post("/similarity", pair).await.0, 200);

    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("collections");
    let server = serving(unnamed(Some(yuyi_server::Place::Folder(inside.clone())))).await;
    assert_eq!(server.get("/readyz").await.0, 200);
    assert!(!inside.exists(), "nothing is made before it is needed");
    assert_eq!(
        server.post("/v1/collections", r#"{"name": "a"}"#).await.0,
        201
    );
    assert!(inside.exists());
    // Another server with the same home computes all the same.
    let other = serving(unnamed(Some(yuyi_server::Place::Folder(inside)))).await;
    assert_eq!(other.post("/similarity", pair).await.0, 200);
    let (status, reply) = other.get("/v1/collections").await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &json!("store_unavailable"))
    );
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("in use by another process")
    );
}

#[tokio::test]
async fn pages_of_other_origins_have_no_business_with_collections() {
    let (_folder, server) = with_faq().await;
    for (method, path) in [
        ("GET", "/v1/collections"),
        ("OPTIONS", "/v1/collections/faq/search"),
        ("POST", "/retrieval"),
    ] {
        let request = server
            .request(method, path)
            .header("origin", "https://shop.example");
        let request = request.header("access-control-request-method", "POST");
        let response = request.send().await.unwrap();
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin"),
            "{path}"
        );
    }
}
