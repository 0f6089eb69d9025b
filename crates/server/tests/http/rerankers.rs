//! Models that score pairs, over a real socket: their scores are those of the reference, whatever the route, and what wants vectors
//! refuses them.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Client;
use serde_json::{Value, json};
use yuyi::{OpenOptions, Precision};
use yuyi_server::{App, CacheOptions, Collections, Limits, ModelOptions, ModelSource};

use crate::support::{Fake, Server, options, source, source_with, write};

const BERT: &str = "bert-reranker-f16";
const ROBERTA: &str = "xlm-roberta-reranker-f32";

fn folder(name: &str) -> PathBuf {
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/rerankers"
    );
    PathBuf::from(root).join(name)
}

/// A served reranker of the fixtures.
fn reranker(name: &'static str) -> ModelSource {
    let open = move || {
        let options = OpenOptions {
            precision: Some(Precision::F32),
            ..OpenOptions::default()
        };
        let found = yuyi::find(folder(name).to_str().unwrap())?;
        Ok((found, options))
    };
    ModelSource {
        is_reranker: true,
        aliases: Vec::new(),
        facts: Box::new(move || open().and_then(|(found, with)| Ok(found.facts(&with)?))),
        ..source_with(name, move || {
            open().and_then(|(found, with)| Ok(found.load(&with)?))
        })
    }
}

async fn serve(models: Vec<ModelSource>) -> Server {
    let caches = CacheOptions::default();
    let nowhere = Collections::unnamed(None);
    let (models_options, limits) = (ModelOptions::default(), Limits::default());
    let app = App::new(models, models_options, &caches, limits, nowhere);
    Server {
        url: Server::serve(app.clone(), options()).await,
        client: Client::new(),
        computed: Arc::default(),
        app,
    }
}

/// An embedding model, the default, and two rerankers.
async fn server() -> Server {
    let embedding = source("fake", Fake::new(Arc::default()));
    serve(vec![embedding, reranker(BERT), reranker(ROBERTA)]).await
}

/// Query, document and logit of each case.
fn cases(name: &str) -> Vec<(String, String, f64)> {
    let text = std::fs::read_to_string(folder(name).join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let text = |case: &Value, field: &str| case[field].as_str().unwrap().to_owned();
    let cases = expected["cases"].as_array().unwrap().iter();
    cases
        .map(|case| {
            let logit = case["logit"].as_f64().unwrap();
            (text(case, "query"), text(case, "document"), logit)
        })
        .collect()
}

fn near(got: &Value, wanted: f64) -> bool {
    (got.as_f64().unwrap() - wanted).abs() < 1e-3
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[tokio::test]
async fn pairs_side_by_side_have_the_scores_of_the_reference() {
    let server = server().await;
    for name in [BERT, ROBERTA] {
        let cases = cases(name);
        let queries: Vec<&str> = cases.iter().map(|case| &*case.0).collect();
        let documents: Vec<&str> = cases.iter().map(|case| &*case.1).collect();
        let body = json!({"model": name, "text_1": queries, "text_2": documents});
        let (status, reply) = server.post("/v1/score", body.to_string()).await;
        assert_eq!((status, &reply["model"]), (200, &json!(name)));
        let data = reply["data"].as_array().unwrap();
        assert_eq!(data.len(), cases.len());
        for (got, (query, document, logit)) in data.iter().zip(&cases) {
            assert!(
                near(&got["score"], sigmoid(*logit)),
                "{query} {document} {got}"
            );
        }
    }
}

#[tokio::test]
async fn documents_are_ranked_in_every_form() {
    let server = server().await;
    let cases = cases(BERT);
    let (query, _, _) = &cases[0];
    let of_query: Vec<_> = cases.iter().filter(|case| case.0 == *query).collect();
    let documents: Vec<&str> = of_query.iter().map(|case| &*case.1).collect();
    assert!(documents.len() > 1);
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by(|a, b| of_query[*b].2.total_cmp(&of_query[*a].2));
    for (raw, path) in [
        (false, "/v1/rerank"),
        (true, "/v2/rerank"),
        (false, "/rerank"),
    ] {
        let body =
            json!({"model": BERT, "query": query, "documents": documents, "raw_scores": raw});
        let (status, reply) = server.post(path, body.to_string()).await;
        assert_eq!(status, 200, "{reply}");
        let units = &reply["meta"]["billed_units"]["search_units"];
        assert_eq!(units, &json!(1));
        for (result, place) in reply["results"].as_array().unwrap().iter().zip(&order) {
            let logit = of_query[*place].2;
            assert_eq!(result["index"], json!(place));
            let wanted = if raw { logit } else { sigmoid(logit) };
            assert!(near(&result["relevance_score"], wanted), "{result}");
        }
    }
    let body = json!({"model": BERT, "query": query, "texts": documents, "return_text": true});
    let (status, reply) = server.post("/rerank", body.to_string()).await;
    assert_eq!(status, 200);
    let first = &reply[0];
    assert_eq!(first["index"], json!(order[0]));
    assert_eq!(first["text"], json!(documents[order[0]]));
    assert!(near(&first["score"], sigmoid(of_query[order[0]].2)));
}

#[tokio::test]
async fn the_only_reranker_ranks_where_none_is_named() {
    let embedding = source("fake", Fake::new(Arc::default()));
    let server = serve(vec![embedding, reranker(BERT)]).await;
    let body = json!({"query": "水果", "documents": ["A", "苹果"]}).to_string();
    let (_, reply) = server.post("/v1/rerank", body.clone()).await;
    assert_eq!(reply["model"], json!(BERT));
    // Of cosines it is the default model that tells.
    let (_, reply) = server
        .post(
            "/v1/score",
            json!({"text_1": "x", "text_2": "x"}).to_string(),
        )
        .await;
    assert_eq!(reply["model"], json!("fake"));
    // Where there are two nobody knows which is meant.
    let (_, reply) = self::server().await.post("/v1/rerank", body).await;
    assert_eq!(reply["model"], json!("fake"));
}

#[tokio::test]
async fn what_was_scored_once_is_remembered() {
    let server = server().await;
    let body = json!({"model": BERT, "query": "水果", "documents": ["A", "苹果", "A"]}).to_string();
    let (_, first) = server.post("/v1/rerank", body.clone()).await;
    let before = server.app.cache_stats();
    let (_, again) = server.post("/v1/rerank", body).await;
    let after = server.app.cache_stats();
    assert_eq!(first["results"], again["results"]);
    assert_eq!(after.memory_hits - before.memory_hits, 3);
    assert_eq!(after.memory_misses, before.memory_misses);
}

#[tokio::test]
async fn what_wants_vectors_refuses_a_reranker() {
    let server = server().await;
    let requests = [
        (
            "/similarity",
            json!({"sentence_a": "x", "sentence_b": "y", "model": BERT}),
        ),
        ("/matrix", json!({"a": ["x"], "model": BERT})),
        ("/v1/dedup", json!({"texts": ["x"], "model": BERT})),
    ];
    for (path, request) in requests {
        let (status, reply) = server.post(path, request.to_string()).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["field"]),
            (422, &json!("model")),
            "{path} {reply}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("is a reranker, which gives no vectors"),
            "{message}"
        );
    }
    let body = json!({"input": "x", "model": BERT}).to_string();
    let (status, reply) = server.post("/v1/embeddings", body).await;
    assert_eq!(
        (status, &reply["error"]["param"]),
        (422, &json!("model")),
        "{reply}"
    );
}

#[tokio::test]
async fn the_kind_of_a_model_is_told() {
    let server = server().await;
    let (_, list) = server.get("/v1/models").await;
    let models = list["data"].as_array().unwrap();
    let kinds: Vec<&str> = models
        .iter()
        .map(|model| model["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["embedding", "reranker", "reranker"]);
    let (_, info) = server.get("/info").await;
    assert!(
        info["model_type"]["embedding"].is_object() && info["model_type"]["reranker"].is_null()
    );
    let (_, info) = serve(vec![reranker(BERT)]).await.get("/info").await;
    assert_eq!(
        info["model_type"]["reranker"]["id2label"],
        json!({"0": "LABEL_0"})
    );
}

/// A document that takes the tokenizer long is split outside the model's turns, and cut.
#[tokio::test]
async fn a_long_document_is_cut() {
    let server = server().await;
    let long = "苹果香蕉都很美味".repeat(5_000);
    let body = json!({"model": BERT, "query": "水果", "texts": [long, "A"]});
    let (status, reply) = server.post("/rerank", body.to_string()).await;
    assert_eq!(status, 200, "{reply}");
    let whole = json!({"model": BERT, "query": "水果", "texts": ["A", long], "truncate": false});
    let (status, reply) = server.post("/rerank", whole.to_string()).await;
    assert_eq!(status, 422, "{reply}");
}

/// A server of nothing else scores with it, and its logits are answered where they are asked for.
#[tokio::test]
async fn a_reranker_alone_scores_where_none_is_named() {
    let server = serve(vec![reranker(BERT)]).await;
    let (query, document, logit) = &cases(BERT)[0];
    for (raw, wanted) in [(false, sigmoid(*logit)), (true, *logit)] {
        for [first, second] in [["text_1", "text_2"], ["queries", "documents"]] {
            let body = json!({first: query, second: document, "raw_scores": raw});
            let (status, reply) = server.post("/v1/score", body.to_string()).await;
            assert_eq!((status, &reply["model"]), (200, &json!(BERT)), "{reply}");
            assert!(near(&reply["data"][0]["score"], wanted), "{reply}");
        }
    }
    let (_, list) = server.get("/v1/models").await;
    assert!(list["data"][0]["loaded"].as_bool().unwrap());
    assert_eq!(list["data"][0]["dimension"], Value::Null);
}

/// A server that keeps a FAQ of the documents of the first query, and the logits of these.
async fn keeping(folder: &std::path::Path, models: Vec<ModelSource>) -> (Server, String, Vec<f64>) {
    let limits = Limits::default();
    let server = Server::keeping_of(folder, models, limits, options()).await;
    let (status, _) = server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    assert_eq!(status, 201);
    let cases = cases(BERT);
    let query = cases[0].0.clone();
    let of_query = cases.into_iter().filter(|case| case.0 == query);
    let (texts, logits): (Vec<_>, Vec<_>) = of_query.map(|case| (case.1, case.2)).unzip();
    let items = texts.iter().enumerate();
    let items: Vec<Value> = items
        .map(|(i, text)| json!({"id": i.to_string(), "text": text}))
        .collect();
    assert_eq!(write(&server, json!(items)).await.0, 200);
    (server, query, logits)
}

#[tokio::test]
async fn a_search_is_ordered_by_the_only_reranker() {
    let embedding = || source("fake", Fake::with_fingerprint([7; 16]));
    let path = "/v1/collections/faq/search";
    let folder = tempfile::tempdir().unwrap();
    let (server, query, logits) = keeping(folder.path(), vec![embedding(), reranker(BERT)]).await;
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    assert!(order.len() > 1);
    for limit in [1, order.len()] {
        let body = json!({"text": query, "mode": "dense", "rerank": true, "limit": limit});
        let (status, reply) = server.send("POST", path, &body).await;
        assert_eq!(status, 200, "{reply}");
        let results = reply["results"].as_array().unwrap();
        assert_eq!(results.len(), limit, "{reply}");
        for (hit, place) in results.iter().zip(&order) {
            assert_eq!(hit["id"], json!(place.to_string()), "{reply}");
            assert!(near(&hit["rerank_score"], sigmoid(logits[*place])));
            assert!(hit["score"].is_f64() && hit["similarity"].is_f64());
        }
    }
    let plain = json!({"text": query, "mode": "dense"});
    let (_, reply) = server.send("POST", path, &plain).await;
    assert_eq!(reply["results"][0]["rerank_score"], Value::Null);

    let refused = [
        (
            json!({"text": query, "rerank": true, "limit": 10_001}),
            "limit",
        ),
        (json!({"vector": [1, 0], "rerank": true}), "rerank"),
    ];
    for (body, field) in refused {
        let (status, reply) = server.send("POST", path, &body).await;
        let got = (status, &reply["error"]["field"]);
        assert_eq!(got, (422, &json!(field)), "{reply}");
    }
    let folder = tempfile::tempdir().unwrap();
    let two = vec![embedding(), reranker(BERT), reranker(ROBERTA)];
    let (server, query, _) = keeping(folder.path(), two).await;
    let body = json!({"text": query, "rerank": true});
    let (status, reply) = server.send("POST", path, &body).await;
    assert_eq!((status, &reply["error"]["field"]), (422, &json!("rerank")));
}

/// Asks the FAQ of [`keeping`].
async fn ask(server: &Server, body: &Value) -> Value {
    let (status, reply) = server.send("POST", "/v1/collections/faq/match", body).await;
    assert_eq!(status, 200, "{body}: {reply}");
    reply
}

#[tokio::test]
async fn a_match_is_chosen_by_the_only_reranker() {
    let embedding = || source("fake", Fake::with_fingerprint([7; 16]));
    let folder = tempfile::tempdir().unwrap();
    let (server, query, logits) = keeping(folder.path(), vec![embedding(), reranker(BERT)]).await;
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    assert!(order.len() > 1);
    // To the fake model all of them are as near as can be, so similarity tells none from another.
    let plain = json!({"text": query});
    assert_eq!(ask(&server, &plain).await["reason"], "ambiguous");
    let lead = sigmoid(logits[order[0]]) - sigmoid(logits[order[1]]);
    for (margin, matches) in [(0.0, true), (lead - 1e-3, true), (lead + 1e-3, false)] {
        let margin = margin.clamp(0.0, 1.0);
        let body = json!({"text": query, "rerank": true, "threshold": 0.5, "margin": margin});
        let reply = ask(&server, &body).await;
        assert_eq!(reply["matched"], matches, "{reply}");
        let candidates = reply["candidates"].as_array().unwrap();
        for (candidate, place) in candidates.iter().zip(&order) {
            assert_eq!(candidate["id"], json!(place.to_string()), "{reply}");
            assert!(near(&candidate["rerank_score"], sigmoid(logits[*place])));
            assert!(near(&candidate["similarity"], 1.0) && near(&candidate["score"], 1.0));
        }
        if matches {
            assert_eq!(reply["id"], json!(order[0].to_string()));
            assert!(near(&reply["rerank_score"], sigmoid(logits[order[0]])));
            assert!(near(&reply["margin"], lead), "{reply}");
        } else {
            assert_eq!(reply["reason"], "ambiguous");
        }
    }
    let split =
        json!({"text": format!("{query}？苹果好吃吗？谢谢"), "split": true, "rerank": true});
    let reply = ask(&server, &split).await;
    let parts = reply["parts"].as_array().unwrap();
    assert_eq!(
        (parts.len(), &reply["left_out"][0]["text"]),
        (2, &json!("谢谢"))
    );
    assert!(
        parts
            .iter()
            .all(|part| part["candidates"][0]["rerank_score"].is_f64())
    );

    let folder = tempfile::tempdir().unwrap();
    let two = vec![embedding(), reranker(BERT), reranker(ROBERTA)];
    let (server, query, _) = keeping(folder.path(), two).await;
    let body = json!({"text": query, "rerank": true});
    let path = "/v1/collections/faq/match";
    let (status, reply) = server.send("POST", path, &body).await;
    assert_eq!((status, &reply["error"]["field"]), (422, &json!("rerank")));
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("Several rerankers are served"),
        "{message}"
    );
}

#[tokio::test]
async fn what_holds_a_match_back_holds_it_back_from_a_reranker_too() {
    let embedding = source("fake", Fake::with_fingerprint([7; 16]));
    let folder = tempfile::tempdir().unwrap();
    let models = vec![embedding, reranker(BERT)];
    let server = Server::keeping_of(folder.path(), models, Limits::default(), options()).await;
    let (status, _) = server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    assert_eq!(status, 201);
    let entries = json!([
        {"id": "14", "text": "x14天内能退货吗", "category": "days"},
        {"id": "joke", "text": "-讲个笑话", "reject": true},
        {"id": "invoice", "text": "y怎么开票", "not_words": ["顺丰"], "category": "invoice"},
        {"id": "off", "text": "y开票", "enabled": false, "category": "invoice"},
        {"id": "word", "text": "y顺丰开票", "category": "word"},
    ]);
    assert_eq!(write(&server, entries).await.0, 200);
    // The entries that are there for a question, since nobody knows which one the reranker would put first.
    let with = |text: &str, categories: &[&str]| {
        let key = |category: &&str| json!({"key": "category", "match": {"value": category}});
        let filter = json!({"should": categories.iter().map(key).collect::<Vec<_>>()});
        let filter = (!categories.is_empty()).then_some(filter);
        json!({"text": text, "rerank": true, "threshold": 0.9, "margin": 0, "filter": filter})
    };
    for (text, categories, reason) in [
        ("x15天内能退货吗", &["days"][..], "guarded"),
        ("-说个笑话", &[], "rejected"),
        // (0.6, 0.8) to all of them.
        ("别的", &[], "below_threshold"),
    ] {
        let reply = ask(&server, &with(text, categories)).await;
        assert_eq!(reply["reason"], reason, "{text}: {reply}");
    }
    let question = "y顺丰怎么开票";
    let excluded = ask(&server, &with(question, &["invoice"])).await;
    assert_eq!(excluded["reason"], "guarded", "{excluded}");
    let kind = &excluded["contradictions"][0]["kind"];
    assert_eq!(kind, "not_word", "{excluded}");
    let candidates = excluded["candidates"].as_array().unwrap();
    let ids: Vec<&Value> = candidates.iter().map(|near| &near["id"]).collect();
    assert_eq!(ids, ["invoice"], "{excluded}");
    // What has the word is the answer, whichever of the two the reranker puts first.
    let answered = ask(&server, &with(question, &["invoice", "word"])).await;
    assert_eq!(answered["id"], "word", "{answered}");
    let filter = json!({"must": [{"key": "none", "exists": true}]});
    let nothing = json!({"text": "x", "rerank": true, "filter": filter});
    assert_eq!(ask(&server, &nothing).await["reason"], "empty");
}

#[tokio::test]
async fn requests_that_nobody_would_send_are_answered_or_refused_in_words() {
    let server = server().await;
    let post = async |path: &str, body: Value| server.post(path, body.to_string()).await;
    // Whatever stands there is read.
    let odd = json!({"model": BERT, "query": " ", "documents": [" ", "\u{0}", "😀", "a\nb"]});
    let (status, reply) = post("/v1/rerank", odd).await;
    assert_eq!(status, 200, "{reply}");
    let results = reply["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    assert!(
        results
            .iter()
            .all(|result| result["relevance_score"].is_f64())
    );
    // As many as a request may have, none of them twice.
    let documents: Vec<String> = (0..1000).map(|i| format!("苹果{i}")).collect();
    let many = json!({"model": BERT, "query": "水果", "documents": documents, "top_n": 0});
    let (status, reply) = post("/v1/rerank", many).await;
    assert_eq!(
        (status, reply["results"].as_array().unwrap().len()),
        (200, 1000)
    );
    let top = json!({"model": BERT, "query": "水果", "documents": documents, "top_n": 5000});
    assert_eq!(
        post("/v1/rerank", top).await.1["results"]
            .as_array()
            .unwrap()
            .len(),
        1000
    );
    for (body, field) in [
        (
            json!({"model": BERT, "query": "水果", "documents": []}),
            "documents",
        ),
        (
            json!({"model": BERT, "query": "水果", "documents": ["A", ""]}),
            "documents[1]",
        ),
        (
            json!({"model": BERT, "query": "", "documents": ["A"]}),
            "query",
        ),
        (json!({"model": BERT, "query": "水果"}), "documents"),
        (json!({"model": BERT, "documents": ["A"]}), "query"),
        (
            json!({"model": BERT, "query": null, "documents": ["A"]}),
            "query",
        ),
        (
            json!({"model": BERT, "query": "水果", "documents": [1]}),
            "documents[0]",
        ),
        (
            json!({"model": BERT, "query": "水果", "documents": ["A"], "top_n": -1}),
            "top_n",
        ),
        (
            json!({"model": BERT, "query": ["水果"], "documents": ["A"]}),
            "query",
        ),
    ] {
        let (status, reply) = post("/v1/rerank", body.clone()).await;
        assert!((400..500).contains(&status), "{body}: {reply}");
        let told = reply.to_string();
        assert!(told.contains(field), "{body}: {reply}");
    }
    let (status, reply) = server
        .post(
            "/v1/rerank",
            r#"{"query": "x", "documents": ["A"], "top_n": NaN}"#,
        )
        .await;
    assert!((400..500).contains(&status), "{reply}");
    // A model of vectors ranks by them.
    let plain = json!({"model": "fake", "query": "x", "documents": ["x", "y"]});
    let (status, reply) = post("/v1/rerank", plain).await;
    assert_eq!((status, &reply["results"][0]["index"]), (200, &json!(0)));
}
