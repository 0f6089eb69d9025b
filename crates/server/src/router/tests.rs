//! Methods that no route of the table has yet, through all that is made from one.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, header};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use utoipa_axum::routes;

use super::*;
use crate::openapi::document;
use crate::perimeter::caller::Peer;
use crate::route::{Access, FailureShape};
use crate::{CacheOptions, Collections, Limits, ModelOptions, ModelSource, Origins};

const PAGE: &str = "https://shop.example";
const LOCAL: &str = "127.0.0.1:9";
const REMOTE: &str = "203.0.113.9:9";

/// Takes a thing away.
#[utoipa::path(
    delete,
    path = "/things/{thing}",
    params(("thing" = String, Path, description = "Its name.")),
    responses((status = 204, description = "It is gone."))
)]
async fn remove() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Puts a thing there.
#[utoipa::path(
    put,
    path = "/things/{thing}",
    params(("thing" = String, Path, description = "Its name.")),
    request_body = String,
    responses((status = 201, description = "It is there."))
)]
async fn replace() -> StatusCode {
    StatusCode::CREATED
}

fn table() -> Vec<Route> {
    let named = CrossOrigin::Named;
    vec![
        Route::new(routes!(remove), Access::Admin, FailureShape::Own, named),
        Route::new(routes!(replace), Access::Key, FailureShape::Own, named),
    ]
}

/// An app whose model is never asked for.
fn app() -> App {
    let model = ModelSource {
        name: "none".into(),
        aliases: Vec::new(),
        computes_here: true,
        is_reranker: false,
        facts: Box::new(|| Err("there is none".into())),
        calibration: Box::new(|| Ok(None)),
        load: Box::new(|_| Err("there is none".into())),
    };
    let options = ModelOptions {
        lazy: true,
        ..ModelOptions::default()
    };
    App::new(
        vec![model],
        options,
        &CacheOptions::default(),
        Limits::default(),
        Collections::unnamed(None),
    )
}

/// What a caller at that address is answered, whose page is of [`PAGE`].
async fn ask(method: Method, peer: &str, wanted: Option<&str>) -> (StatusCode, HeaderMap) {
    let perimeter = Perimeter {
        origins: Origins::new(&[PAGE.to_owned()]).unwrap(),
        ..Perimeter::default()
    };
    let mut request = Request::builder()
        .method(method)
        .uri("/things/one")
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, PAGE);
    if let Some(wanted) = wanted {
        request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, wanted);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer(peer.parse().unwrap()));
    let service = TowerToHyperService::new(service(&table(), app(), &perimeter));
    let reply = service.call(request).await.unwrap();
    (reply.status(), reply.headers().clone())
}

#[tokio::test]
async fn other_methods_are_answered_to_whom_they_are_for() {
    for (method, peer, expected) in [
        (Method::DELETE, LOCAL, StatusCode::NO_CONTENT),
        (Method::DELETE, REMOTE, StatusCode::FORBIDDEN),
        (Method::PUT, REMOTE, StatusCode::CREATED),
        (Method::POST, LOCAL, StatusCode::METHOD_NOT_ALLOWED),
        // What there is none of asks for as much as the most that there is.
        (Method::POST, REMOTE, StatusCode::FORBIDDEN),
    ] {
        let (status, headers) = ask(method.clone(), peer, None).await;
        assert_eq!(status, expected, "{method} from {peer}");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], PAGE);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(headers[header::ALLOW], "DELETE,PUT");
        }
    }
}

#[tokio::test]
async fn browsers_are_told_of_other_methods() {
    for wanted in ["DELETE", "PUT"] {
        let (status, headers) = ask(Method::OPTIONS, REMOTE, Some(wanted)).await;
        assert_eq!(status, StatusCode::OK, "{wanted}");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "DELETE,PUT");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], PAGE);
    }
}

#[test]
fn other_methods_are_in_the_document() {
    let document = document(&table());
    let item = &document.paths.paths["/things/{thing}"];
    let (delete, put) = (item.delete.as_ref().unwrap(), item.put.as_ref().unwrap());
    let statuses = |operation: &utoipa::openapi::path::Operation| -> Vec<String> {
        operation.responses.responses.keys().cloned().collect()
    };
    assert_eq!(delete.summary.as_deref(), Some("Takes a thing away."));
    let expected = [
        "204", "400", "401", "403", "408", "429", "500", "502", "503",
    ];
    assert_eq!(statuses(delete), expected);
    let expected = [
        "201", "400", "401", "403", "404", "408", "413", "415", "422", "429", "500", "502", "503",
    ];
    assert_eq!(statuses(put), expected);
    assert!(item.get.is_none() && item.post.is_none());
}
