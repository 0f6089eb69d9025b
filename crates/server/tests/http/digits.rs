//! The same two texts show the same digits, whichever way they are compared.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use serde_json::{Value, json};
use yuyi::{BUILTIN_NAME, LocalEmbedder, Vectors, resolve};
use yuyi_kernels::{Kernel, Team, as_cosine, scan};

use crate::support::{Server, app_of, options, source_with};

const TEXTS: [&str; 7] = [
    "今天天气真不错",
    "外面阳光明媚",
    "怎么开发票",
    "如何申请发票？",
    "他不同意。",
    "a sentence in English",
    "今天天气真不错！",
];

/// A server of the model in the program, whose vectors have more than a few numbers.
async fn server() -> Server {
    let app = app_of(source_with("builtin", || {
        let found = resolve(BUILTIN_NAME).map_err(|error| error.to_string())?;
        let model = LocalEmbedder::load(found, None, Some(1));
        Ok(Arc::new(model.map_err(|error| error.to_string())?))
    }));
    Server {
        url: Server::serve(app.clone(), options()).await,
        client: Client::new(),
        computed: Arc::default(),
        app,
    }
}

impl Server {
    async fn answer(&self, path: &str, body: Value) -> Value {
        let (status, reply) = self.post(path, body.to_string()).await;
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }
}

/// A number as a client reads it.
fn read(number: f64) -> Value {
    serde_json::from_str(&json!(number).to_string()).unwrap()
}

#[tokio::test]
async fn all_ways_to_compare_two_texts_show_the_same_digits() {
    let server = server().await;
    let matrix = server.answer("/matrix", json!({"a": TEXTS})).await;
    for (i, a) in TEXTS.iter().enumerate() {
        let (similarities, cosines) = (&matrix["similarity"][i], &matrix["cosine"][i]);
        let body = json!({"sentence_a": a, "sentences": TEXTS});
        let many = server.answer("/similarity", body).await;
        let body = json!({"inputs": {"source_sentence": a, "sentences": TEXTS}});
        assert_eq!(&server.answer("/similarity", body).await, cosines);
        let body = json!({"query": a, "documents": TEXTS, "raw_scores": true});
        let ranked = server.answer("/rerank", body).await;
        let body = json!({"text_1": a, "text_2": TEXTS});
        let scored = server.answer("/v1/score", body).await;
        for (j, b) in TEXTS.iter().enumerate() {
            let body = json!({"sentence_a": a, "sentence_b": b});
            let pair = server.answer("/similarity", body).await;
            assert_eq!(pair["cosine"], cosines[j], "{a} / {b}");
            assert_eq!(pair["similarity"], similarities[j], "{a} / {b}");
            assert_eq!(many["results"][j]["cosine"], cosines[j], "{a} / {b}");
            let results = ranked["results"].as_array().unwrap();
            let ranked = results.iter().find(|result| result["index"] == j).unwrap();
            assert_eq!(ranked["relevance_score"], cosines[j], "{a} / {b}");
            assert_eq!(scored["data"][j]["score"], cosines[j], "{a} / {b}");
        }
    }
}

/// Also where a matrix is computed in several blocks, some of whose texts cannot be scored.
#[tokio::test]
async fn a_large_matrix_shows_the_digits_of_its_pairs() {
    let server = server().await;
    let mut rows: Vec<String> = (0..150).map(|i| format!("第{i}句话")).collect();
    for blank in [0, 63, 64, 100] {
        rows[blank].clear();
    }
    let columns: Vec<&str> = TEXTS.into_iter().chain([" "]).chain(TEXTS).collect();
    let body = json!({"a": rows, "b": columns});
    let matrix = server.answer("/matrix", body).await;
    let scored: Vec<_> = columns.iter().filter(|text| **text != " ").collect();
    for (i, row) in rows.iter().enumerate() {
        let (similarities, cosines) = (&matrix["similarity"][i], &matrix["cosine"][i]);
        for numbers in [similarities, cosines] {
            let numbers = numbers.as_array().unwrap();
            let expected = |at: usize| row.is_empty() || columns[at] == " ";
            assert_eq!(numbers.len(), columns.len(), "{i}");
            let fits = numbers
                .iter()
                .enumerate()
                .all(|(at, n)| n.is_null() == expected(at));
            assert!(fits, "{i}: {numbers:?}");
        }
        if row.is_empty() || ![1, 62, 65, 99, 127, 128, 149].contains(&i) {
            continue;
        }
        let body = json!({"sentence_a": row, "sentences": scored});
        let many = server.answer("/similarity", body).await;
        let places = (0..columns.len()).filter(|&at| columns[at] != " ");
        for (result, at) in places.enumerate() {
            let result = &many["results"][result];
            assert_eq!(result["cosine"], cosines[at], "{row} / {}", columns[at]);
            assert_eq!(
                result["similarity"], similarities[at],
                "{row} / {}",
                columns[at]
            );
        }
    }
}

#[tokio::test]
async fn a_scan_of_the_vectors_shows_the_digits_of_the_pairs() {
    let server = server().await;
    let matrix = server.answer("/matrix", json!({"a": TEXTS})).await;
    let body = json!({"input": TEXTS, "encoding_format": "base64"});
    let reply = server.answer("/v1/embeddings", body).await;
    let vectors = reply["data"].as_array().unwrap().iter().map(|item| {
        let bytes = STANDARD
            .decode(item["embedding"].as_str().unwrap())
            .unwrap();
        let numbers = bytes.as_chunks::<4>().0.iter();
        numbers
            .map(|&x| f32::from_le_bytes(x))
            .collect::<Vec<f32>>()
    });
    let vectors = Vectors::from_rows(vectors);
    let (team, kernel) = (Team::new(2), Kernel::of_process());
    for (i, query) in vectors.iter().enumerate() {
        let hits = scan(&team, kernel, query, vectors.view(), None, TEXTS.len());
        assert_eq!(hits.len(), TEXTS.len());
        for hit in hits {
            let (a, b) = (TEXTS[i], TEXTS[hit.row]);
            let cosine = read(as_cosine(hit.score));
            assert_eq!(cosine, matrix["cosine"][i][hit.row], "{a} / {b}");
        }
    }
}

#[tokio::test]
async fn a_text_is_exactly_as_alike_to_itself_as_can_be() {
    let server = server().await;
    let matrix = server.answer("/matrix", json!({"a": TEXTS})).await;
    for (i, text) in TEXTS.iter().enumerate() {
        let body = json!({"sentence_a": text, "sentence_b": text});
        let pair = server.answer("/similarity", body).await;
        assert_eq!(
            (&pair["similarity"], &pair["cosine"]),
            (&json!(1.0), &json!(1.0))
        );
        assert_eq!(matrix["similarity"][i][i], json!(1.0), "{text}");
        assert_eq!(matrix["cosine"][i][i], json!(1.0), "{text}");
    }
}
