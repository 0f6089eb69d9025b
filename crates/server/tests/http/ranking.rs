//! `/matrix`, `/v1/score` and the routes that rank, over a real socket, whole replies compared.

use crate::support::Server;
use serde_json::{Value, json};
use yuyi_server::Limits;

/// Each request must get its reply.
async fn check(server: &Server, path: &str, cases: &[(Value, Value)]) {
    for (request, reply) in cases {
        let got = server.post(path, request.to_string()).await;
        assert_eq!(got, (200, reply.clone()), "{path} {request}");
    }
}

/// Each request must be refused with this status, code and field.
async fn check_refusals(server: &Server, path: &str, cases: &[(Value, u16, &str, &str)]) {
    for (request, status, code, field) in cases {
        let (got, reply) = server.post(path, request.to_string()).await;
        let error = &reply["error"];
        assert_eq!(
            (got, error["code"].as_str(), error["field"].as_str()),
            (*status, Some(*code), Some(*field)),
            "{path} {request}: {reply}"
        );
        assert_eq!(reply["status"], "error");
    }
}

#[tokio::test]
async fn a_matrix_has_the_texts_of_a_as_rows() {
    let server = Server::start().await;
    let reply = |similarity: Value, cosine: Value| json!({"status": "success", "model": "fake", "calibrated": false, "similarity": similarity, "cosine": cosine});
    let cases = [
        (
            json!({"a": ["x", "y"], "b": ["y", "x", "-"]}),
            reply(
                json!([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
                json!([[0.0, 1.0, -1.0], [1.0, 0.0, 0.0]]),
            ),
        ),
        (
            json!({"a": ["x", "-"]}),
            reply(
                json!([[1.0, 0.0], [0.0, 1.0]]),
                json!([[1.0, -1.0], [-1.0, 1.0]]),
            ),
        ),
        (
            json!({"a": ["x"], "b": null, "model": "alias", "long_text": "mean"}),
            reply(json!([[1.0]]), json!([[1.0]])),
        ),
    ];
    check(&server, "/matrix", &cases).await;
}

#[tokio::test]
async fn a_text_that_cannot_be_scored_leaves_the_others_of_a_matrix() {
    let server = Server::start().await;
    let empty = |field: &str| {
        let message =
            format!("{field} is empty or blank; it needs at least one visible character.");
        json!({"code": "empty_text", "field": field, "message": message})
    };
    let reply = |errors: Value, cosine: Value| json!({"status": "success", "model": "fake", "calibrated": false, "errors": errors, "similarity": cosine, "cosine": cosine});
    let cases = [
        (
            json!({"a": ["x", " ", "y"]}),
            reply(
                json!([empty("a[1]")]),
                json!([[1.0, null, 0.0], [null, null, null], [0.0, null, 1.0]]),
            ),
        ),
        (
            json!({"a": ["", "x"], "b": ["y", "\u{3000}", "x"]}),
            reply(
                json!([empty("a[0]"), empty("b[1]")]),
                json!([[null, null, null], [0.0, null, 1.0]]),
            ),
        ),
    ];
    check(&server, "/matrix", &cases).await;
    let long = "y".repeat(17);
    let request = json!({"a": ["", "x"], "b": ["", "x", long], "long_text": "error"});
    let cases = [(request, 422, "too_many_tokens", "b[2]")];
    check_refusals(&server, "/matrix", &cases).await;
}

#[tokio::test]
async fn a_matrix_is_refused_where_it_is_wrong() {
    let limits = Limits {
        texts: 8,
        matrix_pairs: 9,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let long = "y".repeat(17);
    let cases = [
        (json!({}), 422, "missing_field", "a"),
        (json!({"a": "x"}), 422, "wrong_type", "a"),
        (json!({"a": []}), 422, "empty_list", "a"),
        (json!({"a": ["x"], "b": []}), 422, "empty_list", "b"),
        (json!({"a": ["x", 1]}), 422, "wrong_type", "a[1]"),
        (
            json!({"a": ["x"], "b": [" ", ""]}),
            422,
            "empty_text",
            "b[0]",
        ),
        (json!({"a": ["x"], "c": 1}), 422, "unknown_field", "c"),
        (json!({"a": vec!["x"; 9]}), 413, "too_many_texts", "a"),
        (
            json!({"a": vec!["x"; 4], "b": vec!["x"; 5]}),
            413,
            "too_many_texts",
            "b",
        ),
        (
            json!({"a": ["x"], "b": ["x", long], "long_text": "error"}),
            422,
            "too_many_tokens",
            "b[1]",
        ),
        (
            json!({"a": ["x"], "model": "other"}),
            404,
            "model_not_found",
            "model",
        ),
    ];
    check_refusals(&server, "/matrix", &cases).await;
    let (status, reply) = server
        .post("/matrix", json!({"a": vec!["x"; 4]}).to_string())
        .await;
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (413, Some("too_many_texts"))
    );
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("16 pairs")
    );
    let (status, _) = server
        .post("/matrix", json!({"a": vec!["x"; 3]}).to_string())
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_large_matrix_is_whole() {
    let server = Server::start().await;
    let texts: Vec<String> = (0..900)
        .map(|i| format!("{}{i}", ["x", "y", "-"][i % 3]))
        .collect();
    let (status, reply) = server
        .post("/matrix", json!({"a": texts}).to_string())
        .await;
    assert_eq!(status, 200);
    let expected = [[1.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]];
    let rows = reply["cosine"].as_array().unwrap();
    assert_eq!(rows.len(), 900);
    for (i, row) in rows.iter().enumerate() {
        let row = row.as_array().unwrap();
        assert_eq!(row.len(), 900);
        assert!(
            (0..900).all(|j| row[j] == expected[i % 3][j % 3]),
            "row {i}"
        );
    }
}

#[tokio::test]
async fn scores_as_vllm() {
    let server = Server::start().await;
    let reply = |scores: &[f64], tokens: usize| {
        let item = |(index, score): (usize, &f64)| json!({"index": index, "object": "score", "score": score});
        json!({
            "object": "list", "data": scores.iter().enumerate().map(item).collect::<Vec<_>>(), "model": "fake",
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        })
    };
    let cases = [
        (json!({"text_1": "x", "text_2": "-"}), reply(&[-1.0], 2)),
        (
            json!({"text_1": "x", "text_2": ["x", "y"], "model": "alias", "softmax": true}),
            reply(&[1.0, 0.0], 3),
        ),
        (
            json!({"text_1": ["x", "y"], "text_2": ["x", "x"]}),
            reply(&[1.0, 0.0], 4),
        ),
        (
            json!({"queries": ["x"], "documents": ["xx", "y", "-"]}),
            reply(&[1.0, 0.0, -1.0], 5),
        ),
    ];
    check(&server, "/v1/score", &cases).await;
    let cases = [
        (json!({"text_1": "x"}), 422, "missing_field", "text_2"),
        (json!({"queries": "x"}), 422, "missing_field", "documents"),
        (
            json!({"text_1": 1, "text_2": "x"}),
            422,
            "wrong_type",
            "text_1",
        ),
        (
            json!({"text_1": ["x", "y"], "text_2": "x"}),
            422,
            "invalid_value",
            "text_2",
        ),
        (
            json!({"text_1": ["x", "y"], "text_2": ["x", "y", "z"]}),
            422,
            "invalid_value",
            "text_2",
        ),
        (
            json!({"text_1": "x", "text_2": ["x", ""]}),
            422,
            "empty_text",
            "text_2[1]",
        ),
    ];
    check_refusals(&server, "/v1/score", &cases).await;
}

#[tokio::test]
async fn ranks_as_cohere_and_jina() {
    let server = Server::start().await;
    let documents = json!(["-", "y", {"text": "x", "title": "t"}, "yy"]);
    let ranked = |index: usize, score: f64| json!({"index": index, "relevance_score": score});
    let cases = [
        (
            json!({"query": "x", "documents": documents, "max_tokens_per_doc": 5}),
            json!({"results": [ranked(2, 1.0), ranked(1, 0.0), ranked(3, 0.0), ranked(0, 0.0)], "model": "fake"}),
        ),
        (
            json!({"query": "x", "documents": documents, "top_n": 9, "raw_scores": true}),
            json!({"results": [ranked(2, 1.0), ranked(1, 0.0), ranked(3, 0.0), ranked(0, -1.0)], "model": "fake"}),
        ),
        (
            json!({"query": "x", "documents": documents, "top_n": 2, "return_documents": true, "model": "alias"}),
            json!({"results": [
                {"index": 2, "relevance_score": 1.0, "document": {"text": "x"}},
                {"index": 1, "relevance_score": 0.0, "document": {"text": "y"}},
            ], "model": "fake"}),
        ),
    ];
    for path in ["/v1/rerank", "/v2/rerank", "/rerank"] {
        for (request, expected) in &cases {
            let (status, mut reply) = server.post(path, request.to_string()).await;
            assert_eq!(status, 200, "{path} {request}: {reply}");
            let fields = reply.as_object_mut().unwrap();
            // What clients of Cohere and Jina count by, and do without nowhere.
            let id = fields.remove("id").unwrap();
            assert!(id.as_str().is_some_and(|id| !id.is_empty()));
            let meta = fields.remove("meta").unwrap();
            assert_eq!(meta["billed_units"]["search_units"], 1);
            let usage = fields.remove("usage").unwrap();
            assert!(
                usage["total_tokens"]
                    .as_u64()
                    .is_some_and(|tokens| tokens > 0)
            );
            assert_eq!(reply, *expected, "{path} {request}");
        }
    }
}

#[tokio::test]
async fn ranks_as_tei() {
    let server = Server::start().await;
    let long = "x".repeat(16) + "y";
    let cases = [
        (
            json!({"query": "x", "texts": ["-", "x"]}),
            json!([{"index": 1, "score": 1.0}, {"index": 0, "score": 0.0}]),
        ),
        (
            json!({"query": "x", "texts": ["-", "x"], "raw_scores": true, "return_text": true, "truncate": false}),
            json!([{"index": 1, "text": "x", "score": 1.0}, {"index": 0, "text": "-", "score": -1.0}]),
        ),
        (
            json!({"query": "x", "texts": [long], "truncation_direction": "Left"}),
            json!([{"index": 0, "score": 0.0}]),
        ),
        (
            json!({"query": "x", "texts": [long], "truncate": true, "truncation_direction": "right"}),
            json!([{"index": 0, "score": 1.0}]),
        ),
    ];
    check(&server, "/rerank", &cases).await;
    let cases = [
        (json!({"texts": ["x"]}), 422, "missing_field", "query"),
        (
            json!({"query": "x", "texts": ["y", long], "truncate": false}),
            422,
            "too_many_tokens",
            "texts[1]",
        ),
        (
            json!({"query": long, "texts": ["y"], "truncate": false}),
            422,
            "too_many_tokens",
            "query",
        ),
        (
            json!({"query": "x", "texts": ["y"], "truncate": "no"}),
            422,
            "wrong_type",
            "truncate",
        ),
        (
            json!({"query": "x", "texts": ["y"], "truncation_direction": "up"}),
            422,
            "invalid_value",
            "truncation_direction",
        ),
    ];
    check_refusals(&server, "/rerank", &cases).await;
}

#[tokio::test]
async fn rankings_are_refused_where_they_are_wrong() {
    let server = Server::start().await;
    let cases = [
        (json!({"query": "x"}), 422, "missing_field", "documents"),
        (json!({"documents": ["x"]}), 422, "missing_field", "query"),
        (
            json!({"query": "x", "documents": []}),
            422,
            "empty_list",
            "documents",
        ),
        (
            json!({"query": "x", "documents": ["y", 1]}),
            422,
            "wrong_type",
            "documents[1]",
        ),
        (
            json!({"query": "x", "documents": [{"title": "y"}]}),
            422,
            "missing_field",
            "documents[0].text",
        ),
        (
            json!({"query": "x", "documents": [{"text": ""}]}),
            422,
            "empty_text",
            "documents[0].text",
        ),
        (
            json!({"query": "x", "documents": ["y"], "top_n": -1}),
            422,
            "invalid_value",
            "top_n",
        ),
        (
            json!({"query": "x", "documents": ["y"], "top_n": 1.5}),
            422,
            "wrong_type",
            "top_n",
        ),
        (
            json!({"query": "x", "documents": vec!["y"; 10_000]}),
            413,
            "too_many_texts",
            "documents",
        ),
    ];
    for path in ["/v1/rerank", "/v2/rerank", "/rerank"] {
        check_refusals(&server, path, &cases).await;
    }
    assert_eq!(server.computed(), 0, "what is refused costs no computation");
}
