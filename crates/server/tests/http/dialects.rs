//! What clients of other servers send and expect, on routes of other servers.

use crate::support::{Fake, MAX_TOKENS, Server, options};
use serde_json::{Value, json};
use yuyi_server::{CacheOptions, Limits};

async fn answered(server: &Server, path: &str, body: &str) -> Value {
    let (status, reply) = server.post(path, body.to_owned()).await;
    assert_eq!(status, 200, "{path} {body}: {reply}");
    reply
}

#[tokio::test]
async fn blanks_and_halves_of_characters_sink_no_batch() {
    let server = Server::start().await;
    for (path, body) in [
        ("/v1/embeddings", r#"{"input":["x"," "]}"#),
        ("/v1/embeddings", r#"{"input":["x","\ud83d"]}"#),
        ("/embed", r#"{"inputs":[" ","x\udc00"]}"#),
        ("/", r#"{"inputs":["\ud83d"," "]}"#),
        ("/v1/rerank", r#"{"query":"\ud83d","documents":[" ","x"]}"#),
        ("/rerank", r#"{"query":"x","texts":[" ","\ud83d"]}"#),
        ("/v1/score", r#"{"text_1":" ","text_2":["x","\ud83d"]}"#),
        (
            "/similarity",
            r#"{"inputs":{"source_sentence":" ","sentences":["x","\ud83d"]}}"#,
        ),
        ("/api/embed", r#"{"input":["x"," "]}"#),
        ("/v2/embed", r#"{"texts":["x","\ud83d"]}"#),
    ] {
        answered(&server, path, body).await;
    }
    // U+FFFD takes the place of the half, so both are one text.
    let reply = answered(
        &server,
        "/v1/embeddings",
        r#"{"input":["y\ud83d","y\ufffd"]}"#,
    )
    .await;
    assert_eq!(reply["data"][0]["embedding"], reply["data"][1]["embedding"]);
}

/// Nothing of how halves of characters are read is seen, and what may stand for one inside is a text like others.
#[tokio::test]
async fn no_mark_of_ours_comes_back() {
    let server = Server::start().await;
    let body = r#"{"input":"x","model":"a\ud83d"}"#;
    let (status, reply) = server.post("/v1/embeddings", body).await;
    let message = reply["error"]["message"].as_str().unwrap();
    assert_eq!(status, 404);
    assert!(message.contains("\"a\u{FFFD}\""), "{message}");
    let body = "{\"sentence_a\":\"x\u{FDD0}\",\"sentence_b\":\"y\\ufdd1\"}";
    let reply = answered(&server, "/similarity", body).await;
    assert_eq!(reply["sentence_a"], "x\u{FDD0}");
    assert_eq!(reply["sentence_b"], "y\u{FDD1}");
}

#[tokio::test]
async fn our_own_routes_tell_them_in_their_place() {
    let server = Server::start().await;
    let body = r#"{"pairs":[{"sentence_a":"x\ud83d","sentence_b":"y"},{"sentence_a":" ","sentence_b":"y"},{"sentence_a":"x","sentence_b":"x"}]}"#;
    let reply = answered(&server, "/similarity", body).await;
    let results = &reply["results"];
    assert_eq!(results[0]["error"]["code"], "invalid_value");
    assert_eq!(results[0]["error"]["field"], "pairs[0].sentence_a");
    assert_eq!(results[1]["error"]["code"], "empty_text");
    assert_eq!(results[2]["similarity"], 1.0);
    let body =
        r#"{"sentence_a":"x","sentences":["y"," ","x","x\ud83d"],"notes":true,"methods":["edit"]}"#;
    let reply = answered(&server, "/similarity", body).await;
    let results = &reply["results"];
    assert_eq!(
        (&results[0]["index"], &results[0]["cosine"]),
        (&json!(0), &json!(0.0))
    );
    assert_eq!(
        (&results[1]["index"], &results[1]["error"]["field"]),
        (&json!(1), &json!("sentences[1]"))
    );
    assert_eq!(
        (&results[2]["sentence"], &results[2]["cosine"]),
        (&json!("x"), &json!(1.0))
    );
    assert_eq!(results[2]["methods"]["edit"], 1.0);
    assert_eq!(results[3]["error"]["code"], "invalid_value");
}

#[tokio::test]
async fn loose_types_are_read_as_what_they_mean() {
    let server = Server::start().await;
    let three = |path: &'static str, body: Value| {
        let server = &server;
        async move {
            let reply = answered(server, path, &body.to_string()).await;
            reply["results"].as_array().unwrap().len()
        }
    };
    let documents = json!(["x", "y", "-"]);
    for (top_n, kept) in [
        (json!("2"), 2),
        (json!(2.0), 2),
        (json!(0), 3),
        (json!("0"), 3),
        (Value::Null, 3),
    ] {
        let body = json!({"query": "x", "documents": documents, "top_n": top_n, "texts": null, "model": ""});
        assert_eq!(three("/rerank", body).await, kept, "{top_n}");
    }
    let body =
        json!({"query": "x", "documents": documents, "top_k": 1, "return_documents": "true"});
    let reply = answered(&server, "/v1/rerank", &body.to_string()).await;
    assert_eq!(reply["results"][0]["document"]["text"], "x");
    let body = r#"{"sentence_a":"x","sentence_b":"x","pairs":null,"sentences":null,"inputs":null}"#;
    assert_eq!(
        answered(&server, "/similarity", body).await["similarity"],
        1.0
    );
}

#[tokio::test]
async fn models_are_found_under_what_clients_call_them() {
    let server = Server::start().await;
    for name in ["fake:latest", "openai/fake", "a/b/fake:latest", "alias"] {
        let body = json!({"input": "x", "model": name}).to_string();
        let reply = answered(&server, "/v1/embeddings", &body).await;
        assert_eq!(reply["model"], "fake", "{name}");
        let (status, reply) = server.get(&format!("/v1/models/{name}")).await;
        assert_eq!((status, &reply["id"]), (200, &json!("fake")), "{name}");
    }
    assert_eq!(server.get("/v1/models/other:latest").await.0, 404);
}

/// An answer without them would look right and be another.
#[tokio::test]
async fn what_would_change_the_vectors_is_applied_or_refused() {
    let server = Server::start().await;
    for (field, value) in [
        ("output_dtype", json!("int8")),
        ("late_chunking", json!(true)),
        ("normalized", json!(false)),
        ("truncate_prompt_tokens", json!(8)),
        ("output_dimension", json!(3)),
    ] {
        let body = json!({"input": ["x"], field: value}).to_string();
        let (status, reply) = server.post("/v1/embeddings", body).await;
        assert!([400, 422].contains(&status), "{field}: {reply}");
        let message = reply["error"]["message"].as_str().unwrap();
        let param = reply["error"]["param"].as_str().unwrap_or_default();
        assert!(
            param == field || message.contains("dimension"),
            "{field}: {reply}"
        );
    }
    for (field, value) in [
        ("output_dtype", json!("Float")),
        ("late_chunking", json!(false)),
        ("normalized", json!("true")),
        ("truncate_prompt_tokens", json!(-1)),
        ("output_dimension", json!(2)),
        ("encoding_format", json!("FLOAT")),
        ("input", json!([1.0, 2.0, 3.0])),
    ] {
        let mut body = json!({"input": ["x"]});
        body[field] = value;
        answered(&server, "/v1/embeddings", &body.to_string()).await;
    }
    let body = r#"{"input":"x","output_dimension":"1"}"#;
    let reply = answered(&server, "/v1/embeddings", body).await;
    assert_eq!(reply["data"][0]["embedding"], json!([1.0]));
    let body = r#"{"input":[[1.0,2,3.0],[1,2,3]]}"#;
    let reply = answered(&server, "/v1/embeddings", body).await;
    assert_eq!(reply["data"][0]["embedding"], reply["data"][1]["embedding"]);
    let body = r#"{"inputs":"x","truncation_direction":"LEFT"}"#;
    answered(&server, "/embed", body).await;
    let body = r#"{"texts":["x","y"],"output_dimension":1}"#;
    let reply = answered(&server, "/v1/embed", body).await;
    assert_eq!(reply["embeddings"], json!([[1.0], [0.0]]));
    let body = r#"{"query":{"text":"x"},"documents":["y","x"]}"#;
    let reply = answered(&server, "/v1/rerank", body).await;
    assert_eq!(reply["results"][0]["index"], 1);
}

#[tokio::test]
async fn failures_have_the_shape_of_their_server() {
    let server = Server::start().await;
    for (path, body) in [
        ("/api/embed", r#"{"input":1}"#),
        ("/api/embeddings", r#"{"prompt":["x","y"]}"#),
        ("/api/embeddings", r#"{"prompt":[]}"#),
        ("/api/embed", "{"),
    ] {
        let (status, reply) = server.post(path, body).await;
        assert!((400..=422).contains(&status), "{reply}");
        assert!(reply["error"].is_string(), "{path}: {reply}");
        assert_eq!(reply.as_object().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn paths_lead_where_they_are_meant_to() {
    let server = Server::start().await;
    for path in [
        "/v1/v1/embeddings",
        "/v1/embeddings/",
        "//v1/embeddings",
        "/v1//embeddings",
        "/embeddings",
        "/openai/v1/embeddings",
        "/openai/v1//embeddings",
        "/openai/deployments/fake/embeddings?api-version=2024-02-01",
    ] {
        let reply = answered(&server, path, r#"{"input":"x"}"#).await;
        assert_eq!(reply["data"][0]["embedding"], json!([1.0, 0.0]), "{path}");
    }
    for path in [
        "/models",
        "/v1/models/",
        "/openai/v1/models",
        "//api/tags",
        "/api/version",
    ] {
        assert_eq!(server.get(path).await.0, 200, "{path}");
    }
}

/// Ollama's clients have a model loaded by asking it for nothing, and its examples say nothing of JSON.
#[tokio::test]
async fn ollama_is_asked_for_nothing_and_in_any_type() {
    let server = Server::start().await;
    for body in [
        r#"{"model":"fake"}"#,
        r#"{"model":"fake","input":""}"#,
        r#"{"model":"fake","input":[]}"#,
        r#"{"model":"fake","input":null}"#,
    ] {
        let reply = answered(&server, "/api/embed", body).await;
        assert_eq!(
            (&reply["model"], &reply["embeddings"]),
            (&json!("fake"), &json!([]))
        );
    }
    for body in [r#"{"model":"fake"}"#, r#"{"prompt":""}"#] {
        let reply = answered(&server, "/api/embeddings", body).await;
        assert_eq!(reply, json!({"embedding": []}));
    }
    let (status, _) = server.post("/api/embed", r#"{"model":"other"}"#).await;
    assert_eq!(status, 404, "none is loaded");
    // Vectors have two numbers.
    for (dimensions, numbers) in [(1, 1), (2, 2), (1_000, 2), (0, 2), (-1, 2)] {
        let body = json!({"input": "x", "dimensions": dimensions}).to_string();
        let reply = answered(&server, "/api/embed", &body).await;
        let found = reply["embeddings"][0].as_array().unwrap().len();
        assert_eq!(found, numbers, "{dimensions}");
    }
    let send = |path: &'static str, headers: &'static [(&'static str, &'static str)]| {
        let mut request = server.request("POST", path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = r#"{"input":"x","prompt":"x"}"#;
        async move { request.body(body).send().await.unwrap().status().as_u16() }
    };
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
    const PAGE: (&str, &str) = ("origin", "https://shop.example");
    for path in ["/api/embed", "/api/embeddings"] {
        assert_eq!(send(path, &[]).await, 200, "{path}");
        assert_eq!(send(path, &[FORM]).await, 200, "{path}");
        // A browser sends a form without asking whether the page may; JSON it asks about.
        assert_eq!(send(path, &[FORM, PAGE]).await, 415, "{path}");
        assert_eq!(send(path, &[PAGE]).await, 415, "{path}");
    }
    assert_eq!(send("/v1/embeddings", &[FORM]).await, 415);
}

#[tokio::test]
async fn answers_as_ollama_and_cohere_and_pipelines() {
    let server = Server::start().await;
    let reply = answered(&server, "/api/embed", r#"{"model":"fake","input":"x"}"#).await;
    assert_eq!(reply["embeddings"], json!([[1.0, 0.0]]));
    let reply = answered(
        &server,
        "/api/embeddings",
        r#"{"model":"fake","prompt":"x"}"#,
    )
    .await;
    assert_eq!(reply, json!({"embedding": [1.0, 0.0]}));
    let reply = answered(&server, "/v1/embed", r#"{"texts":["x"]}"#).await;
    assert_eq!(reply["embeddings"], json!([[1.0, 0.0]]));
    assert_eq!(reply["response_type"], "embeddings_floats");
    // Cohere has kinds of use that no model here has a prompt for.
    let body = r#"{"texts":["x"],"truncate":"start","input_type":"clustering"}"#;
    let reply = answered(&server, "/v1/embed", body).await;
    assert_eq!(reply["embeddings"], json!([[1.0, 0.0]]));
    let body = r#"{"texts":["x"],"embedding_types":["float"],"input_type":"search_query"}"#;
    let reply = answered(&server, "/v2/embed", body).await;
    assert_eq!(reply["embeddings"], json!({"float": [[1.0, 0.0]]}));
    let path = "/pipeline/feature-extraction/fake";
    let reply = answered(&server, path, r#"{"inputs":"x"}"#).await;
    assert_eq!(reply, json!([1.0, 0.0]));
    let reply = answered(&server, path, r#"{"inputs":["x"]}"#).await;
    assert_eq!(reply, json!([[1.0, 0.0]]));
    let (status, reply) = server
        .post(
            "/v2/embed",
            r#"{"texts":["x"],"embedding_types":["int8"]}"#.to_owned(),
        )
        .await;
    assert_eq!(
        (status, &reply["error"]["field"]),
        (422, &json!("embedding_types[0]"))
    );
}

#[tokio::test]
async fn every_form_of_a_score_is_read() {
    let server = Server::start().await;
    for (first, second) in [
        ("text_1", "text_2"),
        ("queries", "documents"),
        ("queries", "items"),
        ("data_1", "data_2"),
    ] {
        for path in ["/v1/score", "/score"] {
            let body =
                json!({first: "x", second: ["x", "y", "-"], "model": null, "use_activation": true});
            let reply = answered(&server, path, &body.to_string()).await;
            let scores: Vec<_> = reply["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| &s["score"])
                .collect();
            assert_eq!(scores, [&json!(1.0), &json!(0.0), &json!(-1.0)], "{second}");
        }
        let body = json!({first: ["x", "y"], second: ["x", "y", "-"]}).to_string();
        let (status, reply) = server.post("/v1/score", body).await;
        assert_eq!((status, &reply["error"]["field"]), (422, &json!(second)));
        // What is null chooses no form.
        let body =
            json!({first: "x", second: "x", "queries": null, "data_1": null, "text_1": null});
        if !body[first].is_null() {
            answered(&server, "/v1/score", &body.to_string()).await;
        }
    }
}

#[tokio::test]
async fn documents_are_ranked_by_the_fields_that_are_named() {
    let server = Server::start().await;
    let documents = json!([
        {"title": "x1", "body": "y"},
        {"title": "y", "body": "x2", "year": 2024},
        {"body": "x3", "title": null},
        "x4",
    ]);
    let body = json!({"query": "x", "documents": documents, "rank_fields": ["title", "year", "body"], "return_documents": true});
    for path in ["/v1/rerank", "/v2/rerank", "/rerank"] {
        let reply = answered(&server, path, &body.to_string()).await;
        let mut texts: Vec<_> = reply["results"].as_array().unwrap().iter().collect();
        texts.sort_by_key(|result| result["index"].as_u64());
        let texts: Vec<_> = texts
            .into_iter()
            .map(|result| &result["document"]["text"])
            .collect();
        assert_eq!(texts, ["x1\ny", "y\n2024\nx2", "x3", "x4"], "{path}");
    }
    for (documents, rank_fields, field) in [
        (
            json!([{"text": "x"}]),
            json!(["title"]),
            "documents[0].title",
        ),
        (
            json!([{"title": ["x"]}]),
            json!(["title"]),
            "documents[0].title",
        ),
        (json!(["x"]), json!("title"), "rank_fields"),
        (json!(["x"]), json!([1]), "rank_fields[0]"),
        (json!(["x"]), json!(vec!["a"; 65]), "rank_fields"),
        (json!([{"title": "x"}]), Value::Null, "documents[0].text"),
    ] {
        let body = json!({"query": "x", "documents": documents, "rank_fields": rank_fields});
        let (status, reply) = server.post("/v1/rerank", body.to_string()).await;
        assert_eq!(
            (status, &reply["error"]["field"]),
            (422, &json!(field)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn jinas_embeddings_are_read() {
    let server = Server::start().await;
    for kind in [json!("base64"), json!(["base64"])] {
        let body = json!({"input": [{"text": "x"}, "y"], "embedding_type": kind, "task": "retrieval.query"});
        let reply = answered(&server, "/v1/embeddings", &body.to_string()).await;
        assert_eq!(reply["data"][0]["embedding"], "AACAPwAAAAA=");
        assert_eq!(reply["data"][1]["embedding"], "AAAAAAAAgD8=");
    }
    for kind in [json!("float"), json!(["float"]), Value::Null] {
        let body = json!({"input": {"text": "x"}, "embedding_type": kind});
        let reply = answered(&server, "/v1/embeddings", &body.to_string()).await;
        assert_eq!(reply["data"][0]["embedding"], json!([1.0, 0.0]));
    }
    for (body, field) in [
        (
            json!({"input": "x", "embedding_type": "ubinary"}),
            "embedding_type",
        ),
        (
            json!({"input": "x", "embedding_type": ["float", "base64"]}),
            "embedding_type",
        ),
        (json!({"input": [{"image": "x"}]}), "input[0].text"),
        (json!({"input": [{"text": ""}]}), "input[0].text"),
    ] {
        let (status, reply) = server.post("/v1/embeddings", body.to_string()).await;
        assert_eq!(
            (status, &reply["error"]["param"]),
            (422, &json!(field)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn foreign_token_ids_are_refused_by_the_setting_that_sends_texts() {
    let server = Server::start().await;
    for body in [
        json!({"input": [[1, 2], [99_999]]}),
        json!({"input": [9_999_999_999_u64]}),
        json!({"input": [-1]}),
    ] {
        let (status, reply) = server.post("/v1/embeddings", body.to_string()).await;
        let message = reply["error"]["message"].as_str().unwrap();
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!("invalid_token"))
        );
        assert!(
            message.contains("check_embedding_ctx_length=False"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn slips_in_our_fields_are_told_with_what_is_known() {
    let server = Server::start().await;
    for (path, body, told) in [
        (
            "/similarity",
            json!({"sentence_a": "x", "sentence_b": "y", "modle": "fake"}),
            "The field modle is not known here. Known: sentence_a, sentence_b, model, long_text, methods, explain, notes.",
        ),
        (
            "/similarity",
            json!({"pairs": [{"sentence_a": "x", "sentence_b": "y"}], "Model": "fake"}),
            "The field Model is not known here. Known: pairs, model, long_text, methods, explain, notes.",
        ),
        (
            "/matrix",
            json!({"a": ["x"], "c": ["y"]}),
            "The field c is not known here. Known: a, b, model, long_text.",
        ),
        (
            "/similarity",
            json!({"sentence1": "x", "sentence2": "y"}),
            "The field sentence_a is missing; what was sent has sentence1, sentence2.",
        ),
        ("/similarity", json!({}), "The field sentence_a is missing."),
    ] {
        let (status, reply) = server.post(path, body.to_string()).await;
        assert_eq!((status, &reply["error"]["message"]), (422, &json!(told)));
    }
}

/// As LangChain for Java and Cohere's second API send them.
#[tokio::test]
async fn texts_in_parts_are_texts_to_cohere() {
    let server = Server::start().await;
    let part = |text: &str| json!({"type": "text", "text": text});
    let long = "x".repeat(MAX_TOKENS + 1);
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    let inputs = json!([{"content": [part("x")]}, {"content": [part("x"), part("y")]}, {"content": [part(" ")]}]);
    let body = json!({"inputs": inputs, "embedding_types": ["float"], "texts": null});
    let reply = answered(&server, "/v2/embed", &body.to_string()).await;
    let lines = answered(&server, "/v2/embed", r#"{"texts":["x","x\ny"," "]}"#).await;
    assert_eq!(reply["embeddings"], lines["embeddings"]);
    assert_eq!(reply["texts"], json!(["x", "x\ny", " "]));
    for (body, code, field) in [
        (json!({}), "missing_field", "texts"),
        (json!({"inputs": []}), "empty_list", "inputs"),
        (json!({"inputs": ["x"]}), "wrong_type", "inputs[0]"),
        (
            json!({"inputs": [{"content": []}]}),
            "empty_list",
            "inputs[0].content",
        ),
        (
            json!({"inputs": [{"content": [part("x"), image]}]}),
            "invalid_value",
            "inputs[0].content[1].type",
        ),
        (
            json!({"inputs": [{"content": [part("")]}]}),
            "empty_text",
            "inputs[0].content",
        ),
        (
            json!({"inputs": [{"content": [part("x")]}], "texts": ["x"]}),
            "invalid_value",
            "inputs",
        ),
        (
            json!({"inputs": [{"content": [part("x")]}, {"content": [part(&long)]}], "truncate": "NONE"}),
            "too_many_tokens",
            "inputs[1]",
        ),
        (
            json!({"texts": [&long], "truncate": "none"}),
            "too_many_tokens",
            "texts[0]",
        ),
        (
            json!({"texts": ["x"], "truncate": "STRAT"}),
            "invalid_value",
            "truncate",
        ),
    ] {
        let (status, reply) = server.post("/v2/embed", body.to_string()).await;
        assert_eq!(status, 422, "{body}: {reply}");
        let error = &reply["error"];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!(code), &json!(field)),
            "{body}"
        );
    }
}

/// By whichever name a client says what its texts are for.
#[tokio::test]
async fn texts_of_a_side_have_the_models_prompt_of_it() {
    let server = Server::start_with(
        Fake::with_prompts(&[("query", "y"), ("document", "-")]),
        &CacheOptions::default(),
        Limits::default(),
        options(),
    )
    .await;
    let (none, query, passage) = ([1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]);
    for (field, value, expected) in [
        ("user", "u", none),
        ("input_type", "query", query),
        ("input_type", "document", passage),
        ("input_type", "passage", passage),
        ("input_type", "classification", none),
        ("task", "retrieval.query", query),
        ("task", "retrieval.passage", passage),
        ("task", "text-matching", none),
    ] {
        let body = json!({"input": "x", field: value}).to_string();
        let (status, reply) = server.post("/v1/embeddings", body).await;
        assert_eq!(status, 200, "{reply}");
        assert_eq!(
            reply["data"][0]["embedding"],
            json!(expected),
            "{field} {value}"
        );
    }
    for (value, expected) in [
        ("search_query", query),
        ("search_document", passage),
        ("clustering", none),
    ] {
        let body = json!({"texts": ["x"], "input_type": value}).to_string();
        let reply = answered(&server, "/v1/embed", &body).await;
        assert_eq!(reply["embeddings"], json!([expected]), "{value}");
    }
    let body = r#"{"inputs": "x", "prompt_name": "document"}"#;
    assert_eq!(answered(&server, "/embed", body).await, json!([passage]));
}
