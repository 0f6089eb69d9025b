//! Keys, rates, pages of other origins, and the path of a proxy.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "support/server.rs"]
mod support;

use std::num::NonZeroU32;
use std::sync::Arc;

use serde_json::{Value, json};
use support::{Server, options, read};
use yuyi_server::{BasePath, KeyOptions, Keys, Limits, ListenOptions, Origins, Perimeter};

const PAIR: &str = r#"{"sentence_a":"x","sentence_b":"y"}"#;

async fn start(perimeter: Perimeter) -> Server {
    let options = ListenOptions {
        perimeter,
        ..options()
    };
    Server::with(Limits::default(), options).await
}

fn keys(api_keys: &[&str]) -> Arc<Keys> {
    let options = KeyOptions {
        api_keys: api_keys.iter().map(|key| (*key).to_owned()).collect(),
        ..KeyOptions::default()
    };
    Arc::new(Keys::new(&options).unwrap())
}

/// Posts a pair; status and document.
async fn post(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = server
        .request("POST", "/similarity")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.body(PAIR).send().await.unwrap()).await
}

#[tokio::test]
async fn a_key_is_asked_for_and_its_absence_explained() {
    let server = start(Perimeter {
        keys: keys(&["first-key", "second-key"]),
        ..Perimeter::default()
    })
    .await;
    let missing = server.request("POST", "/similarity").body("{").send().await;
    let missing = missing.unwrap();
    assert_eq!(missing.headers()["www-authenticate"], "Bearer");
    let message =
        "This server asks for a key. Send it as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.";
    let expected = json!({"status": "error", "error": {"code": "missing_key", "message": message}});
    assert_eq!(read(missing).await, (401, expected));

    for (header, value, status) in [
        ("authorization", "Bearer first-key", 200),
        ("authorization", "bearer second-key", 200),
        ("x-api-key", "second-key", 200),
        ("authorization", "Bearer first-ke", 401),
        ("authorization", "Basic first-key", 401),
        ("x-api-key", "first-key,second-key", 401),
    ] {
        assert_eq!(
            post(&server, &[(header, value)]).await.0,
            status,
            "{header}: {value}"
        );
    }
    let (_, reply) = post(&server, &[("authorization", "Bearer wrong-secret")]).await;
    assert_eq!(reply["error"]["code"], "invalid_key");
    assert!(!reply.to_string().contains("wrong-secret"), "{reply}");

    let (status, reply) = server.get("/v1/models").await;
    assert_eq!(
        (status, &reply["error"]["type"], &reply["error"]["code"]),
        (401, &json!("authentication_error"), &json!("missing_key"))
    );
    for open in ["/livez", "/readyz", "/health"] {
        assert_eq!(server.get(open).await.0, 200, "{open}");
    }
    let page = server.request("GET", "/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(server.get("/no-such-page").await.0, 404);
}

#[tokio::test]
async fn a_rate_is_kept_for_each_caller() {
    let server = start(Perimeter {
        keys: keys(&["first-key", "second-key"]),
        rate_limit: NonZeroU32::new(3),
        ..Perimeter::default()
    })
    .await;
    let ask = async |key| post(&server, &[("x-api-key", key)]).await;
    for _ in 0..3 {
        assert_eq!(ask("first-key").await.0, 200);
    }
    let refused = server
        .request("POST", "/similarity")
        .header("x-api-key", "first-key");
    let refused = refused.send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    let (status, reply) = read(refused).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (429, &json!("rate_limited"))
    );
    assert_eq!(ask("second-key").await.0, 200);
    for _ in 0..5 {
        assert_eq!(server.get("/readyz").await.0, 200, "probes are not counted");
    }
}

/// The headers of a preflight's answer that grant something.
async fn preflight(server: &Server, path: &str, origin: &str) -> (u16, [Option<String>; 3]) {
    let answer = server
        .request("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let answer = answer.send().await.unwrap();
    let granted = ["origin", "headers", "credentials"].map(|name| {
        let value = answer.headers().get(format!("access-control-allow-{name}"));
        value.map(|value| value.to_str().unwrap().to_owned())
    });
    (answer.status().as_u16(), granted)
}

const ALLOWED_HEADERS: &str = "authorization,content-type,x-request-id,x-api-key";

#[tokio::test]
async fn every_page_may_compute_and_none_may_manage() {
    let server = start(Perimeter {
        keys: keys(&["the-key"]),
        ..Perimeter::default()
    })
    .await;
    let (status, granted) = preflight(&server, "/similarity", "https://a.example").await;
    let headers = Some(ALLOWED_HEADERS.to_owned());
    assert_eq!((status, granted), (200, [Some("*".into()), headers, None]));
    let (_, granted) = preflight(&server, "/v1/models", "https://a.example").await;
    assert_eq!(granted[0], None, "models are for named origins");

    // A page must be able to read why it was refused.
    let refused = server
        .request("POST", "/similarity")
        .header("origin", "https://a.example");
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    let exposed = "x-request-id,retry-after,server-timing";
    assert_eq!(refused.headers()["access-control-expose-headers"], exposed);
}

#[tokio::test]
async fn origins_that_are_named_are_the_only_ones() {
    let server = start(Perimeter {
        origins: Origins::new(&["https://a.example".into()]).unwrap(),
        ..Perimeter::default()
    })
    .await;
    for path in ["/similarity", "/v1/models"] {
        let (_, granted) = preflight(&server, path, "https://a.example").await;
        assert_eq!(granted[0].as_deref(), Some("https://a.example"), "{path}");
        assert_eq!(granted[2], None, "{path}");
        for other in [
            "https://b.example",
            "null",
            "https://a.example.evil.example",
        ] {
            let (_, granted) = preflight(&server, path, other).await;
            assert_eq!(granted[0], None, "{path} for {other}");
        }
    }
    let both = ["https://a.example".into(), "*".into()];
    let server = start(Perimeter {
        origins: Origins::new(&both).unwrap(),
        ..Perimeter::default()
    })
    .await;
    let (_, computing) = preflight(&server, "/similarity", "https://b.example").await;
    assert_eq!(computing[0].as_deref(), Some("*"));
    let (_, managing) = preflight(&server, "/v1/models", "https://b.example").await;
    assert_eq!(managing[0], None);
}

#[tokio::test]
async fn a_base_path_may_be_there_or_not() {
    let server = start(Perimeter {
        base_path: BasePath::new("/tools/yuyi").unwrap(),
        ..Perimeter::default()
    })
    .await;
    for path in ["/tools/yuyi/similarity", "/similarity"] {
        assert_eq!(server.post(path, PAIR).await.0, 200, "{path}");
    }
    for path in ["/tools/yuyi/", "/"] {
        let page = server.request("GET", path).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.text().await.unwrap().contains("<html"), "{path}");
    }
    // reqwest follows the redirect to the folder.
    let page = server
        .request("GET", "/tools/yuyi?a=b")
        .send()
        .await
        .unwrap();
    assert_eq!(page.url().path(), "/tools/yuyi/");
    assert_eq!(
        (page.status().as_u16(), page.url().query()),
        (200, Some("a=b"))
    );
    for path in ["/tools/yuyi2/similarity", "/tools/similarity"] {
        assert_eq!(server.post(path, PAIR).await.0, 404, "{path}");
    }
    // The shape of OpenAI's errors goes by the route, wherever it is shown.
    let (status, reply) = server.post("/tools/yuyi/v1/embeddings", "{").await;
    assert_eq!(
        (status, &reply["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );
}
