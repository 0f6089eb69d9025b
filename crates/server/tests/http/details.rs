//! `methods` and `explain` of `/similarity`, over a real socket.

use crate::support::Server;
use serde_json::{Value, json};

async fn post(server: &Server, body: Value) -> Value {
    let (status, reply) = server.post("/similarity", body.to_string()).await;
    assert_eq!(status, 200, "{body}: {reply}");
    reply
}

#[tokio::test]
async fn literal_methods_stand_beside_every_score() {
    let server = Server::start().await;
    let names = json!(["jaccard", "edit", "tfidf", "tfidf_words"]);
    let one = post(
        &server,
        json!({"sentence_a": "能退货", "sentence_b": "不能退货！", "methods": names}),
    )
    .await;
    let methods = &one["methods"];
    assert_eq!(methods["jaccard"], 0.75);
    assert_eq!(methods["edit"], 0.75);
    // 能 退 货 能退 退货, and those with 不 不能.
    let tfidf = methods["tfidf"].as_f64().unwrap();
    assert!((tfidf - 5.0 / (5.0_f64 * 7.0).sqrt()).abs() < 1e-12);
    // 能|退货, and 不能|退货.
    assert!((methods["tfidf_words"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    assert_eq!(one["cosine"], 1.0, "the score itself is the model's");

    let pairs = json!([
        {"sentence_a": "a", "sentence_b": "a"},
        {"sentence_a": "a", "sentence_b": ""},
        {"sentence_a": "ab", "sentence_b": "a"},
    ]);
    let reply = post(&server, json!({"pairs": pairs, "methods": ["jaccard"]})).await;
    assert_eq!(reply["results"][0]["methods"], json!({"jaccard": 1.0}));
    assert_eq!(reply["results"][1]["error"]["code"], "empty_text");
    assert_eq!(reply["results"][1].get("methods"), None);
    assert_eq!(reply["results"][2]["methods"], json!({"jaccard": 0.5}));

    let body = json!({"sentence_a": "ab", "sentences": ["a", "ab"], "methods": ["edit", "edit"]});
    let reply = post(&server, body).await;
    assert_eq!(reply["results"][0]["methods"], json!({"edit": 0.5}));
    assert_eq!(reply["results"][1]["methods"], json!({"edit": 1.0}));
}

#[tokio::test]
async fn a_score_is_explained_by_words() {
    let server = Server::start().await;
    let body = json!({"sentence_a": "x 3月", "sentence_b": "天气 5月", "explain": true});
    let reply = post(&server, body.clone()).await;
    let explain = &reply["explain"];
    assert_eq!(
        explain["a"],
        json!([
            {"text": "x", "start": 0, "end": 1, "weight": 0.0},
            {"text": "3月", "start": 2, "end": 4, "weight": 0.0},
        ])
    );
    assert_eq!(explain["unknown"], json!({"a": 0.0, "b": 0.0}));
    assert_eq!(
        explain["notes"],
        json!([{
            "kind": "number",
            "message": "The numbers differ: 3月 in A, 5月 in B.",
            "a": ["3月"],
            "b": ["5月"],
        }])
    );
    let links = explain["links"].as_array().unwrap();
    let pairs: Vec<_> = links.iter().map(|l| (&l["a"], &l["b"])).collect();
    // 3月 goes with 5月: of the characters, 3 and x are like 5, and 月 like 天气 in this model.
    assert_eq!(pairs, [(&json!(1), &json!(1))]);
    assert_eq!(reply["similarity"], 0.6000000238418579);

    // The same pair in the other forms.
    let pairs = json!([{"sentence_a": "x 3月", "sentence_b": "天气 5月"}, 7]);
    let many = post(&server, json!({"pairs": pairs, "explain": true})).await;
    assert_eq!(&many["results"][0]["explain"], explain);
    assert_eq!(many["results"][1]["error"]["code"], "wrong_type");
    let body = json!({"sentence_a": "x 3月", "sentences": ["x", "天气 5月"], "explain": true});
    let one = post(&server, body).await;
    assert_eq!(&one["results"][1]["explain"], explain);
    assert_eq!(
        one["results"][0]["explain"]["notes"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn what_weighs_is_what_is_missed() {
    let server = Server::start().await;
    // In this model the first character decides: without x the cosine falls, without b it does not.
    let body = json!({"sentence_a": "x b", "sentence_b": "x", "explain": true});
    let reply = post(&server, body).await;
    let weights: Vec<_> = reply["explain"]["a"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&weights[0]["weight"], &weights[1]["weight"]),
        (&json!(1.0), &json!(0.0))
    );
    assert_eq!(reply["explain"]["b"][0]["weight"], 1.0);
}

#[tokio::test]
async fn replies_without_a_wish_are_as_they_were() {
    let server = Server::start().await;
    for wish in [
        json!({}),
        json!({"explain": false, "methods": null, "notes": false}),
        json!({"explain": null}),
    ] {
        let mut body = json!({"sentence_a": "x", "sentence_b": "y"});
        body.as_object_mut()
            .unwrap()
            .extend(wish.as_object().unwrap().clone());
        let reply = post(&server, body).await;
        assert_eq!((reply.get("explain"), reply.get("methods")), (None, None));
        assert_eq!(reply.get("notes"), None);
    }
}

#[tokio::test]
async fn explained_texts_are_neither_cached_nor_mixed_up() {
    let server = Server::start().await;
    let body = json!({"sentence_a": "x", "sentence_b": "y", "explain": true});
    let first = post(&server, body.clone()).await;
    let computed = server.computed();
    assert_eq!(post(&server, body).await, first);
    assert!(
        server.computed() > computed,
        "states come from the model each time"
    );
}

#[tokio::test]
async fn wishes_that_cannot_be_met_are_named() {
    let server = Server::start().await;
    let pair = json!({"sentence_a": "x", "sentence_b": "y"});
    for (wish, code, field, message) in [
        (
            json!({"methods": ["jaccard", "cosine"]}),
            "invalid_value",
            "methods[1]",
            "methods[1]: \"cosine\" is none of jaccard, edit, tfidf, tfidf_words.",
        ),
        (
            json!({"methods": ["word2vec"]}),
            "invalid_value",
            "methods[0]",
            "methods[0]: word2vec needs a file of word vectors, which only `yuyi compare` reads; take jaccard, edit, tfidf or tfidf_words.",
        ),
        (
            json!({"methods": "edit"}),
            "wrong_type",
            "methods",
            "methods must be a list, not text.",
        ),
        (
            json!({"methods": [1]}),
            "wrong_type",
            "methods[0]",
            "methods[0] must be text, not a number.",
        ),
        (
            json!({"explain": 1}),
            "wrong_type",
            "explain",
            "explain must be true or false, not a number.",
        ),
        (
            json!({"explain": true, "pairs": vec![pair.clone(); 101]}),
            "invalid_value",
            "explain",
            "explain: 101 pairs are too many to explain; a request may have 100. Split the request.",
        ),
        (
            json!({"notes": true, "pairs": vec![pair.clone(); 101]}),
            "invalid_value",
            "notes",
            "notes: 101 pairs are too many to explain; a request may have 100. Split the request.",
        ),
        (
            json!({"notes": "yes please"}),
            "wrong_type",
            "notes",
            "notes must be true or false, not text.",
        ),
    ] {
        let mut body = match wish.get("pairs") {
            Some(_) => json!({}),
            None => pair.clone(),
        };
        body.as_object_mut()
            .unwrap()
            .extend(wish.as_object().unwrap().clone());
        let (status, reply) = server.post("/similarity", body.to_string()).await;
        let error = &reply["error"];
        assert_eq!(status, 422, "{reply}");
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!(code), &json!(field))
        );
        assert_eq!(error["message"], message);
    }
}
