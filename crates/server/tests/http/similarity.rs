//! `/similarity` over a real socket, whole replies compared.

use crate::support::Server;
use serde_json::json;

#[tokio::test]
async fn answers_every_form() {
    let server = Server::start().await;
    let cases = [
        (
            json!({"sentence_a": "x 今天", "sentence_b": "外面\n\"阳光\" 🙂\u{200b}"}),
            json!({
                "sentence_a": "x 今天", "sentence_b": "外面\n\"阳光\" 🙂\u{200b}", "similarity": 0.6000000238418579,
                "cosine": 0.6000000238418579, "calibrated": false, "model": "fake", "truncated": false, "status": "success"
            }),
        ),
        (
            json!({"sentence_a": "x", "sentence_b": "-", "model": "alias", "long_text": "error"}),
            json!({
                "sentence_a": "x", "sentence_b": "-", "similarity": 0.0, "cosine": -1.0, "calibrated": false,
                "model": "fake", "truncated": false, "status": "success"
            }),
        ),
        (
            json!({"pairs": [{"sentence_a": "x", "sentence_b": "x"}, {"sentence_a": "x", "sentence_b": "yyyyyyyyyyyyyyyyy"}]}),
            json!({
                "status": "success", "model": "fake", "calibrated": false,
                "results": [
                    {"sentence_a": "x", "sentence_b": "x", "similarity": 1.0, "cosine": 1.0, "truncated": false},
                    {"sentence_a": "x", "sentence_b": "yyyyyyyyyyyyyyyyy", "similarity": 0.0, "cosine": 0.0, "truncated": true},
                ]
            }),
        ),
        (
            json!({"sentence_a": "x", "sentences": ["y", "xx", "y"], "model": null, "long_text": null}),
            json!({
                "status": "success", "model": "fake", "calibrated": false,
                "results": [
                    {"index": 0, "sentence": "y", "similarity": 0.0, "cosine": 0.0, "truncated": false},
                    {"index": 1, "sentence": "xx", "similarity": 1.0, "cosine": 1.0, "truncated": false},
                    {"index": 2, "sentence": "y", "similarity": 0.0, "cosine": 0.0, "truncated": false},
                ]
            }),
        ),
        (
            json!({"inputs": {"source_sentence": "x", "sentences": ["y", "xx", "-"]}, "parameters": {"a": 1}}),
            json!([0.0, 1.0, -1.0]),
        ),
        // Read in windows, the last character decides in this model; cut, the first.
        (
            json!({"sentence_a": "x", "sentences": ["yyyyyyyyyyyyyyyyyx"], "long_text": "mean"}),
            json!({
                "status": "success", "model": "fake", "calibrated": false,
                "results": [
                    {"index": 0, "sentence": "yyyyyyyyyyyyyyyyyx", "similarity": 1.0, "cosine": 1.0, "truncated": false},
                ]
            }),
        ),
    ];
    for (request, reply) in cases {
        assert_eq!(
            server.post("/similarity", request.to_string()).await,
            (200, reply)
        );
    }
}

#[tokio::test]
async fn a_bad_pair_does_not_sink_the_rest() {
    let server = Server::start().await;
    let body = json!({"long_text": "error", "pairs": [
        {"sentence_a": "x", "sentence_b": 3},
        {"sentence_a": "x", "sentence_b": "x"},
        {"sentence_a": "\u{3000}", "sentence_b": "x"},
        {"sentence_a": "x"},
        7,
        {"sentence_a": "x", "sentence_b": "x", "c": 1},
        {"sentence_a": "x", "sentence_b": "yyyyyyyyyyyyyyyyy"},
    ]});
    let (status, reply) = server.post("/similarity", body.to_string()).await;
    assert_eq!(status, 200);
    let results: Vec<_> = reply["results"].as_array().unwrap().iter().collect();
    let error = |i: usize| {
        (
            results[i]["error"]["code"].as_str().unwrap(),
            results[i]["error"]["field"].as_str().unwrap(),
        )
    };
    assert_eq!(error(0), ("wrong_type", "pairs[0].sentence_b"));
    assert_eq!(
        results[1],
        &json!({"sentence_a": "x", "sentence_b": "x", "similarity": 1.0, "cosine": 1.0, "truncated": false})
    );
    assert_eq!(error(2), ("empty_text", "pairs[2].sentence_a"));
    assert_eq!(error(3), ("missing_field", "pairs[3].sentence_b"));
    assert_eq!(error(4), ("wrong_type", "pairs[4]"));
    assert_eq!(error(5), ("unknown_field", "pairs[5].c"));
    assert_eq!(error(6), ("too_many_tokens", "pairs[6].sentence_b"));
    assert_eq!(
        results[0],
        &json!({"error": {"code": "wrong_type", "field": "pairs[0].sentence_b", "message": "pairs[0].sentence_b must be text, not a number."}})
    );
}

#[tokio::test]
async fn equal_texts_are_computed_once() {
    let server = Server::start().await;
    let pair = json!({"sentence_a": "x", "sentence_b": "y"});
    let body = json!({"pairs": vec![pair; 500]});
    let (status, reply) = server.post("/similarity", body.to_string()).await;
    assert_eq!(
        (status, reply["results"].as_array().unwrap().len()),
        (200, 500)
    );
    assert_eq!(server.computed(), 2);
}

#[tokio::test]
async fn any_page_may_call_it() {
    let server = Server::start().await;
    let preflight = server
        .request("OPTIONS", "/similarity")
        .header("origin", "https://example.org")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let reply = preflight.send().await.unwrap();
    let header = |name: &str| reply.headers()[name].to_str().unwrap().to_lowercase();
    assert_eq!(reply.status(), 200);
    assert_eq!(header("access-control-allow-origin"), "*");
    assert_eq!(
        header("access-control-allow-headers"),
        "authorization,content-type"
    );
    assert!(header("access-control-allow-methods").contains("post"));
    assert!(
        !reply
            .headers()
            .contains_key("access-control-allow-credentials")
    );

    let refused = server
        .request("POST", "/similarity")
        .header("origin", "https://example.org")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 415);
    assert_eq!(
        refused.headers()["access-control-allow-origin"],
        "*",
        "a page must be able to read errors too"
    );

    let models = server
        .request("GET", "/v1/models")
        .header("origin", "https://example.org")
        .send()
        .await
        .unwrap();
    assert!(!models.headers().contains_key("access-control-allow-origin"));
}
