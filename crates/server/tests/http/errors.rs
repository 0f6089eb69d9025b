//! Whatever a client sends is answered in the documented shape, and never with a 500.

use crate::support::{Server, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use yuyi_server::Limits;

fn assert_shape(reply: &Value) {
    assert_eq!(reply["status"], "error", "{reply}");
    assert_eq!(reply.as_object().unwrap().len(), 2, "{reply}");
    let error = reply["error"].as_object().unwrap();
    assert!(
        error["code"].is_string() && error["message"].as_str().unwrap().len() > 10,
        "{reply}"
    );
    let known = ["code", "message", "field"];
    assert!(
        error.keys().all(|key| known.contains(&key.as_str())),
        "{reply}"
    );
}

#[tokio::test]
async fn a_model_that_does_not_answer_is_to_be_asked_again() {
    let server = Server::start().await;
    let body = r#"{"sentence_a": "x", "sentence_b": "busy elsewhere"}"#;
    let request = server.request("POST", "/similarity");
    let request = request.header("content-type", "application/json");
    let response = request.body(body).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let (status, reply) = read(response).await;
    assert_shape(&reply);
    let error = &reply["error"];
    assert_eq!((status, &error["code"]), (503, &"model_unavailable".into()));
    let message = "429 Too Many Requests. Try again in 2 seconds.";
    assert_eq!(error["message"], message);
    for (text, expected) in [
        ("busy elsewhere", (503, "model_unavailable", "429 Too Many")),
        (
            "broken elsewhere",
            (502, "provider_failed", "It gave 2 vectors for 1 text."),
        ),
        (
            "unwanted elsewhere",
            (422, "invalid_value", "It does not take a text."),
        ),
    ] {
        let body = serde_json::json!({"input": text}).to_string();
        let (status, reply) = server.post("/v1/embeddings", body).await;
        let error = &reply["error"];
        let (code, message) = (error["code"].as_str(), error["message"].as_str());
        assert_eq!((status, code.unwrap()), (expected.0, expected.1));
        assert!(message.unwrap().starts_with(expected.2), "{reply}");
    }
    assert_eq!(
        server.post("/v1/embeddings", r#"{"input": "x"}"#).await.0,
        200
    );
}

#[tokio::test]
async fn bad_bodies() {
    let limits = Limits {
        texts: 4,
        characters: 8,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let deep = format!("{}{}", r#"{"sentence_a":"#, "[".repeat(200_000));
    let cases: &[(&[u8], u16, &str, Option<&str>)] = &[
        (b"", 400, "invalid_json", None),
        (b"{", 400, "invalid_json", None),
        (b"{'sentence_a': 'x'}", 400, "invalid_json", None),
        (deep.as_bytes(), 400, "invalid_json", None),
        (
            br#"{"sentence_a":"x","sentence_b":"y","sentence_b":"z"}"#,
            400,
            "invalid_json",
            None,
        ),
        (
            br#"{"sentence_a":"\ud800","sentence_b":"y"}"#,
            422,
            "invalid_value",
            Some("sentence_a"),
        ),
        (
            b"{\"sentence_a\":\"\xc3\x28\",\"sentence_b\":\"y\"}",
            400,
            "invalid_utf8",
            None,
        ),
        (b"[]", 422, "wrong_type", None),
        (b"null", 422, "wrong_type", None),
        (b"{}", 422, "missing_field", Some("sentence_a")),
        (
            br#"{"sentence_a":"x"}"#,
            422,
            "missing_field",
            Some("sentence_b"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":1}"#,
            422,
            "wrong_type",
            Some("sentence_b"),
        ),
        (
            br#"{"sentence_a":null,"sentence_b":"x"}"#,
            422,
            "wrong_type",
            Some("sentence_a"),
        ),
        (
            br#"{"sentence_a":["x"],"sentence_b":"x"}"#,
            422,
            "wrong_type",
            Some("sentence_a"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":""}"#,
            422,
            "empty_text",
            Some("sentence_b"),
        ),
        (
            br#"{"sentence_a":"\u200b\u3000","sentence_b":"x"}"#,
            422,
            "empty_text",
            Some("sentence_a"),
        ),
        (
            br#"{"sentence_a":"123456789","sentence_b":"x"}"#,
            413,
            "text_too_long",
            Some("sentence_a"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":"y","top":1}"#,
            422,
            "unknown_field",
            Some("top"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":"y","explane":true}"#,
            422,
            "unknown_field",
            Some("explane"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":"y","methods":["jaccard","cosine"]}"#,
            422,
            "invalid_value",
            Some("methods[1]"),
        ),
        (
            br#"{"inputs":{"source_sentence":"x","sentences":[]}}"#,
            422,
            "empty_list",
            Some("inputs.sentences"),
        ),
        (
            br#"{"inputs":{"source_sentence":"x","sentences":["y",1]}}"#,
            422,
            "wrong_type",
            Some("inputs.sentences[1]"),
        ),
        (
            br#"{"inputs":{"sentences":["y"]}}"#,
            422,
            "missing_field",
            Some("inputs.source_sentence"),
        ),
        (br#"{"inputs":"x"}"#, 422, "wrong_type", Some("inputs")),
        (
            br#"{"sentence_a":"x","sentence_b":"y","model":1}"#,
            422,
            "wrong_type",
            Some("model"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":"y","model":"z"}"#,
            404,
            "model_not_found",
            Some("model"),
        ),
        (
            br#"{"sentence_a":"x","sentence_b":"y","long_text":"?"}"#,
            422,
            "invalid_value",
            Some("long_text"),
        ),
        (br#"{"pairs":[]}"#, 422, "empty_list", Some("pairs")),
        (br#"{"pairs":{}}"#, 422, "wrong_type", Some("pairs")),
        (
            br#"{"pairs":[1,2,3]}"#,
            413,
            "too_many_texts",
            Some("pairs"),
        ),
        (
            br#"{"pairs":[1],"sentence_a":"x"}"#,
            422,
            "unknown_field",
            Some("sentence_a"),
        ),
        (
            br#"{"sentences":["x"]}"#,
            422,
            "missing_field",
            Some("sentence_a"),
        ),
        (
            br#"{"sentence_a":"x","sentences":"y"}"#,
            422,
            "wrong_type",
            Some("sentences"),
        ),
        (
            br#"{"sentence_a":"x","sentences":["y",2]}"#,
            422,
            "wrong_type",
            Some("sentences[1]"),
        ),
        (
            br#"{"sentence_a":" ","sentences":["y"," "]}"#,
            422,
            "empty_text",
            Some("sentence_a"),
        ),
        (
            br#"{"sentence_a":"x","sentences":["1","2","3","4"]}"#,
            413,
            "too_many_texts",
            Some("sentences"),
        ),
    ];
    for (body, status, code, field) in cases {
        let (got, reply) = server.post("/similarity", body.to_vec()).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_shape(&reply);
        assert_eq!(got, *status, "{shown}: {reply}");
        assert_eq!(reply["error"]["code"], *code, "{shown}");
        assert_eq!(reply["error"]["field"].as_str(), *field, "{shown}");
    }
    assert_eq!(server.computed(), 0, "what is refused costs no computation");
}

#[tokio::test]
async fn too_many_tokens_where_the_client_wants_to_know() {
    let server = Server::start().await;
    let body = json!({"sentence_a": "x", "sentence_b": "y".repeat(17), "long_text": "error"});
    let (status, reply) = server.post("/similarity", body.to_string()).await;
    assert_eq!(
        (status, &reply["error"]["field"]),
        (422, &json!("sentence_b"))
    );
    assert_eq!(reply["error"]["code"], "too_many_tokens");
}

#[tokio::test]
async fn routes_and_methods() {
    let server = Server::start().await;
    for (method, path, status, code, allow) in [
        ("GET", "/nowhere", 404, "not_found", None),
        ("POST", "/similarity/x", 404, "not_found", None),
        ("GET", "/../../etc/passwd", 404, "not_found", None),
        (
            "GET",
            "/assets/..%2f..%2fCargo.toml",
            404,
            "not_found",
            None,
        ),
        (
            "GET",
            "/similarity",
            405,
            "method_not_allowed",
            Some("POST"),
        ),
        (
            "DELETE",
            "/livez",
            405,
            "method_not_allowed",
            Some("GET,HEAD"),
        ),
        (
            "DELETE",
            "/",
            405,
            "method_not_allowed",
            Some("GET,HEAD,POST"),
        ),
    ] {
        let response = server.request(method, path).send().await.unwrap();
        let sent = response
            .headers()
            .get("allow")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(sent.as_deref(), allow, "{method} {path}");
        let (got, reply) = read(response).await;
        assert_shape(&reply);
        assert_eq!(
            (got, reply["error"]["code"].as_str()),
            (status, Some(code)),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn content_types() {
    let server = Server::start().await;
    let body = r#"{"sentence_a":"x","sentence_b":"y"}"#;
    for (kind, status) in [
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("application/vnd.api+json"), 200),
        (Some("application/json; charset=gbk"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("text/plain"), 415),
        (None, 415),
    ] {
        let mut request = server.request("POST", "/similarity").body(body);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let (got, reply) = read(request.send().await.unwrap()).await;
        assert_eq!(got, status, "{kind:?}: {reply}");
        if status == 415 {
            assert_shape(&reply);
            assert_eq!(reply["error"]["code"], "unsupported_media_type");
        }
    }
    let request = server
        .request("POST", "/similarity")
        .header("content-type", "application/json");
    let (status, _) = read(
        request
            .header("content-encoding", "gzip")
            .body(body)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(status, 415);
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused_announced_or_not() {
    let server = Server::with_limits(Limits {
        body_bytes: 1_000,
        ..Limits::default()
    })
    .await;
    let fits = format!(r#"{{"sentence_a":"x","sentence_b":"{}"}}"#, "y".repeat(900));
    assert_eq!(server.post("/similarity", fits).await.0, 200);
    let (status, reply) = server.post("/similarity", vec![b' '; 1_001]).await;
    assert_shape(&reply);
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (413, Some("body_too_large"))
    );
    let raw = raw_reply(
        &server,
        &format!(
            "{}{}",
            chunked_head(),
            "400\r\n".to_owned() + &" ".repeat(1024) + "\r\n0\r\n\r\n"
        ),
    )
    .await;
    assert!(raw.starts_with("HTTP/1.1 413 "), "{raw}");
}

fn chunked_head() -> String {
    let head = "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    format!("{head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n")
}

async fn raw_reply(server: &Server, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = server.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits {
        body_timeout: std::time::Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let head = "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    let reply = raw_reply(&server, head).await;
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains(r#""code":"request_timeout""#), "{reply}");
    let unfinished = raw_reply(&server, "POST /similarity HTTP/1.1\r\nhost: a").await;
    assert_eq!(unfinished, "", "a head that does not come is closed");
}

#[tokio::test]
async fn a_failure_of_ours_names_the_request() {
    let server = Server::start().await;
    let request = server
        .request("POST", "/similarity")
        .header("x-request-id", "my-id.7");
    let request = request.header("content-type", "application/json");
    let response = request
        .body(r#"{"sentence_a":"panic","sentence_b":"y"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["x-request-id"], "my-id.7");
    let (status, reply) = read(response).await;
    assert_shape(&reply);
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (500, Some("internal"))
    );
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("my-id.7")
    );
    let (status, _) = server
        .post("/similarity", r#"{"sentence_a":"x","sentence_b":"y"}"#)
        .await;
    assert_eq!(status, 200, "the queue goes on");
}

/// Everything that takes a body.
const ROUTES: [&str; 11] = [
    "/",
    "/similarity",
    "/matrix",
    "/v1/embeddings",
    "/embeddings",
    "/embed",
    "/tokenize",
    "/v1/score",
    "/v1/rerank",
    "/v2/rerank",
    "/rerank",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("x")),
    ];
    let keys = prop_oneof![
        Just("sentence_a"),
        Just("sentence_b"),
        Just("sentences"),
        Just("pairs"),
        Just("model"),
        Just("long_text"),
        Just("input"),
        Just("dimensions"),
        Just("encoding_format"),
        Just("inputs"),
        Just("source_sentence"),
        Just("a"),
        Just("b"),
        Just("text_1"),
        Just("text_2"),
        Just("query"),
        Just("documents"),
        Just("texts"),
        Just("top_n"),
        Just("truncate"),
        Just("truncation_direction"),
        Just("prompt_name"),
        Just("normalize"),
        Just("other"),
    ];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Value>()),
        ]
    })
}

#[test]
fn random_bodies_never_break_the_server() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let bodies = prop_oneof![
        any_json().prop_map(|json| json.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
    ];
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&bodies, |body| {
        for path in ROUTES {
            let (status, reply) = runtime.block_on(server.post(path, body.clone()));
            prop_assert!(
                matches!(status, 200 | 400 | 404 | 413 | 422),
                "{}: {}",
                path,
                status
            );
            match status {
                200 => {}
                _ if path.contains("embeddings") => {
                    prop_assert!(reply["error"]["code"].is_string(), "{}", reply);
                }
                _ => assert_shape(&reply),
            }
        }
        Ok(())
    });
    run.unwrap();
}
