//! A model behind a provider on this machine: what is sent, what comes of it, and what is done when it does not go well.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod stand_in;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use yuyi_models::{EmbedOptions, Embedder, Error, Inputs, LongText, ModelFacts, Prompt};
use yuyi_remote::{Remote, RemoteEmbedder, RemoteOptions};

use stand_in::{DIMENSION, KEY, Reply, StandIn, failure, vector_of};

const HTML: &str = "<html><h1>502 Bad Gateway</h1></html>";

fn open_with(name: &str, options: &RemoteOptions) -> Result<RemoteEmbedder, Error> {
    Remote::named(name)?.open(options)
}

/// A model whose length of vectors is told, so that nothing is asked before the test does.
fn open(name: &str) -> RemoteEmbedder {
    let name = format!("{name}&dimension={DIMENSION}");
    open_with(&name, &RemoteOptions::default().with_key(KEY)).unwrap()
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("第{i}条文本")).collect()
}

fn embed(model: &RemoteEmbedder, texts: &[String]) -> Result<Vec<Vec<f32>>, Error> {
    let encoded = model.embed(Inputs::Texts(texts.to_vec()), &EmbedOptions::default())?;
    Ok(encoded.into_iter().map(|encoded| encoded.vector).collect())
}

/// Whether each text has its own vector, as the provider has it but of length 1.
fn assert_own(vectors: &[Vec<f32>], texts: &[String]) {
    assert_eq!(vectors.len(), texts.len());
    for (vector, text) in vectors.iter().zip(texts) {
        let own = vector_of(text);
        let length = own.iter().map(|x| x * x).sum::<f32>().sqrt();
        for (x, own) in vector.iter().zip(own) {
            assert!((x - own / length).abs() < 1e-6, "{text}: {vector:?}");
        }
    }
}

fn stats(model: &RemoteEmbedder) -> yuyi_models::RemoteStats {
    model.remote_stats().unwrap()
}

// --- what is sent ----------------------------------------------------------------------------

#[test]
fn qianfan_is_sent_sixteen_texts_at_a_time() {
    let provider = StandIn::qianfan();
    let model = open(&provider.model("qianfan", "embedding-v1", ""));
    let texts = texts(40);
    assert_own(&embed(&model, &texts).unwrap(), &texts);
    assert_eq!(provider.sizes(), [8, 16, 16]);
    let body = &provider.calls()[0].body;
    assert_eq!(
        (&body["model"], &body["dimensions"]),
        (&json!("embedding-v1"), &json!(4))
    );
    let stats = stats(&model);
    assert_eq!((stats.calls, stats.texts, stats.failures), (3, 40, 0));
    let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
    assert_eq!(stats.tokens, characters as u64);
}

#[test]
fn dashscope_is_sent_ten_and_its_order_does_not_matter() {
    let provider = StandIn::dashscope();
    let model = open(&provider.model("dashscope", "text-embedding-v4", ""));
    let texts = texts(25);
    assert_own(&embed(&model, &texts).unwrap(), &texts);
    assert_eq!(provider.sizes(), [5, 10, 10]);
}

#[test]
fn tokens_of_each_text_are_those_that_the_provider_counts_together() {
    let provider = StandIn::new();
    let model = open(&provider.unknown(""));
    let inputs = Inputs::Texts(vec!["一二三四五六".into(), "一二三".into()]);
    let encoded = model.embed(inputs, &EmbedOptions::default()).unwrap();
    assert_eq!([encoded[0].tokens, encoded[1].tokens], [6, 3]);
    assert!(encoded.iter().all(|encoded| !encoded.truncated));
}

#[test]
fn a_text_that_several_ask_for_is_sent_once() {
    let provider = StandIn::new();
    let model = open(&provider.unknown(""));
    let texts: Vec<String> = ["甲", "乙", "甲"].map(String::from).into();
    assert_own(&embed(&model, &texts).unwrap(), &texts);
    assert_eq!(provider.calls()[0].texts, ["甲", "乙"]);
}

#[test]
fn calls_share_a_connection() {
    let provider = StandIn::new();
    let model = open(&provider.unknown(""));
    for i in 0..5 {
        embed(&model, &[format!("文本{i}")]).unwrap();
    }
    assert_eq!((provider.calls().len(), provider.connections()), (5, 1));
}

#[test]
fn the_length_of_vectors_is_asked_for_once_where_nobody_tells() {
    let provider = StandIn::new();
    let remote = Remote::named(&provider.unknown("")).unwrap();
    for _ in 0..2 {
        let model = remote.open(&RemoteOptions::default()).unwrap();
        let facts = model.facts();
        assert_eq!(
            (facts.dimension, facts.max_tokens),
            (DIMENSION, ModelFacts::NO_LIMIT)
        );
        assert!(!model.computes_here() && facts.kernel.is_none() && facts.pooling.is_none());
    }
    let calls = provider.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].authorization, None);
    assert_eq!(calls[0].body["dimensions"], Value::Null);
}

#[test]
fn a_role_is_a_field_where_the_provider_has_one_and_else_a_prompt() {
    let provider = StandIn::new();
    let settings = "query=input_type=query&passage=文章：";
    let model = open(&provider.unknown(settings));
    let ask = |prompt: &str| {
        let options = EmbedOptions {
            prompt: Prompt::Text(prompt.into()),
            ..EmbedOptions::default()
        };
        model
            .embed(Inputs::Texts(vec!["甲".into()]), &options)
            .unwrap();
        provider.calls().pop().unwrap()
    };
    let prompts = model.facts().prompts.clone();
    let query = ask(&prompts["query"]);
    assert_eq!(
        (&query.body["input_type"], &query.texts[..]),
        (&json!("query"), &["甲".to_owned()][..])
    );
    let passage = ask(&prompts["passage"]);
    assert_eq!(
        (&passage.body["input_type"], &passage.texts[..]),
        (&Value::Null, &["文章：甲".to_owned()][..])
    );
    // What is no prompt of the model's is a text, whatever it looks like.
    assert_eq!(ask("task=query").texts, ["task=query甲"]);
    assert_eq!(ask("").texts, ["甲"]);
    let voyage = Remote::named("remote:voyage/voyage-3.5?dimension=4").unwrap();
    let voyage = voyage
        .open(&RemoteOptions::default().with_key("k"))
        .unwrap();
    assert_eq!(voyage.facts().prompts["passage"], "input_type=document");
}

#[test]
fn long_texts_are_cut_or_read_in_windows() {
    let provider = StandIn::qianfan();
    let model = open(&provider.model("qianfan", "embedding-v1", ""));
    let long: String = ('一'..).take(1_200).collect();
    let ask = |long_text| {
        let options = EmbedOptions {
            long_text,
            ..EmbedOptions::default()
        };
        let inputs = Inputs::Texts(vec![long.clone()]);
        model.embed(inputs, &options).unwrap().remove(0)
    };
    assert!(ask(LongText::CutEnd).truncated);
    let sent = provider.calls().pop().unwrap().texts.remove(0);
    assert!(
        long.starts_with(&sent) && sent.chars().count() > 200,
        "{}",
        sent.chars().count()
    );
    assert!(ask(LongText::CutStart).truncated);
    assert!(long.ends_with(&provider.calls().pop().unwrap().texts[0]));
    let before = provider.calls().len();
    let mean = ask(LongText::Mean);
    let length: f32 = mean.vector.iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-5);
    assert!(provider.calls().len() > before);
}

#[test]
fn token_ids_are_another_models() {
    let provider = StandIn::new();
    let model = open(&provider.unknown(""));
    assert!(matches!(
        model.check_tokens(&[1]),
        Err(Error::InvalidTokens(_))
    ));
    assert!(matches!(
        embed(&model, &[String::new()]),
        Err(Error::TextRefused { .. })
    ));
    assert!(provider.calls().is_empty());
}

// --- what comes back -------------------------------------------------------------------------

#[test]
fn base64_is_read() {
    let provider = StandIn::of(|_, call| {
        let numbers = |text: &String| vector_of(text).map(f32::to_le_bytes).concat();
        let row = |(i, text)| json!({"index": i, "embedding": STANDARD.encode(numbers(text))});
        let rows: Vec<Value> = call.texts.iter().enumerate().map(row).collect();
        Reply::Body(json!({"data": rows}).to_string())
    });
    let model = open(&provider.unknown(""));
    let texts = texts(3);
    assert_own(&embed(&model, &texts).unwrap(), &texts);
}

#[test]
fn what_is_no_answer_is_refused_and_not_asked_for_again() {
    for (body, expected) in [
        (r#"{"data":[]}"#, "answered 0 vectors for 1 texts"),
        (
            r#"{"data":[{"index":0,"embedding":[1,2,3]}]}"#,
            "3 numbers in place of 4",
        ),
        (
            r#"{"data":[{"index":0,"embedding":[NaN,0,0,1]}]}"#,
            "no list of embeddings",
        ),
        (r#"{"data":[{"index":0,"embedding":[0,0,0,0]}]}"#, "zeros"),
        (
            r#"{"data":[{"index":7,"embedding":[1,0,0,0]}]}"#,
            "does not tell the texts",
        ),
        (HTML, "no list of embeddings"),
    ] {
        let provider = StandIn::of(move |_, _| Reply::Body(body.into()));
        let model = open(&provider.unknown(""));
        let error = embed(&model, &texts(1)).unwrap_err();
        assert!(
            matches!(error, Error::ProviderFailed { passes: false, .. }),
            "{error}"
        );
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(provider.calls().len(), 1, "{body}");
    }
}

// --- when it does not go well ----------------------------------------------------------------

#[test]
fn a_batch_that_was_too_soon_costs_one_more_call() {
    let provider = StandIn::of(|number, _| match number {
        0 => Reply::Status(
            429,
            Some("1"),
            failure("rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
        ),
        _ => Reply::Vectors,
    });
    let model = open(&provider.unknown("batch=10"));
    let texts = texts(100);
    let started = Instant::now();
    assert_own(&embed(&model, &texts).unwrap(), &texts);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(provider.calls().len(), 11);
    let stats = stats(&model);
    assert_eq!((stats.calls, stats.retries, stats.failures), (11, 1, 1));
    let again = provider.calls();
    let first = again[0].texts.clone();
    let times: Vec<Instant> = again
        .iter()
        .filter(|call| call.texts == first)
        .map(|call| call.at)
        .collect();
    assert_eq!(times.len(), 2);
    assert!(times[1] - times[0] >= Duration::from_secs(1));
}

#[test]
fn without_a_time_the_wait_is_a_second() {
    // Qianfan says so with the status of success.
    let body = r#"{"code":"rpm_rate_limit_exceeded","msg":"Rate limit reached for RPM"}"#;
    let provider = StandIn::of(move |number, _| match number {
        0 => Reply::Status(200, None, body.into()),
        _ => Reply::Vectors,
    });
    let model = open(&provider.unknown(""));
    let started = Instant::now();
    embed(&model, &texts(1)).unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(provider.calls().len(), 2);
}

#[test]
fn a_long_wait_is_told_and_kept_by_all_calls() {
    let provider = StandIn::of(|_, _| Reply::Status(429, Some("3600"), String::new()));
    let model = open(&provider.unknown(""));
    for _ in 0..3 {
        let error = embed(&model, &texts(1)).unwrap_err();
        let Error::Unavailable { retry_after, .. } = error else {
            panic!("{error}")
        };
        assert!(retry_after.unwrap() > Duration::from_secs(3_500));
    }
    assert_eq!(provider.calls().len(), 1);
}

#[test]
fn an_account_without_money_is_not_asked_again() {
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let provider =
        StandIn::of(move |_, _| Reply::Status(429, None, failure("insufficient_quota", message)));
    let model = open(&provider.unknown(""));
    let error = embed(&model, &texts(1)).unwrap_err().to_string();
    assert!(
        error.contains("insufficient_quota: You exceeded"),
        "{error}"
    );
    assert_eq!(provider.calls().len(), 1);
}

#[test]
fn one_that_does_not_answer_is_asked_three_times_and_then_left_alone() {
    let provider = StandIn::of(|_, _| Reply::Status(502, None, HTML.into()));
    let remote = Remote::named(&provider.unknown("dimension=4")).unwrap();
    let model = remote.open(&RemoteOptions::default()).unwrap();
    let error = embed(&model, &texts(1)).unwrap_err();
    assert!(
        matches!(error, Error::ProviderFailed { passes: true, .. }),
        "{error}"
    );
    assert_eq!(
        error.to_string().split_once(' ').unwrap().1,
        "does not answer (HTTP 502 without a reason)."
    );
    assert_eq!(provider.calls().len(), 3);
    // Two more, and the circuit is open: for whoever asks.
    embed(&model, &texts(1)).unwrap_err();
    assert_eq!(provider.calls().len(), 5);
    assert!(stats(&model).is_resting);
    let other = remote.open(&RemoteOptions::default()).unwrap();
    let error = embed(&other, &texts(1)).unwrap_err();
    let Error::Unavailable { retry_after, .. } = error else {
        panic!("{error}")
    };
    assert!(retry_after.unwrap() <= Duration::from_secs(5));
    assert_eq!(provider.calls().len(), 5);
}

#[test]
fn the_circuit_closes_again() {
    let provider = StandIn::of(|number, _| match number {
        0..5 => Reply::Status(500, None, HTML.into()),
        _ => Reply::Vectors,
    });
    let model = open(&provider.unknown(""));
    embed(&model, &texts(1)).unwrap_err();
    embed(&model, &texts(1)).unwrap_err();
    let error = embed(&model, &texts(1)).unwrap_err();
    let Error::Unavailable {
        retry_after: Some(rest),
        ..
    } = error
    else {
        panic!("{error}")
    };
    std::thread::sleep(rest);
    embed(&model, &texts(1)).unwrap();
    assert!(!stats(&model).is_resting);
    assert_eq!(provider.calls().len(), 6);
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let provider = StandIn::of(|number, _| match number {
        0 => Reply::Cut,
        _ => Reply::Vectors,
    });
    let model = open(&provider.unknown(""));
    let texts = texts(3);
    assert_own(&embed(&model, &texts).unwrap(), &texts);
    assert_eq!(provider.calls().len(), 2);
}

#[test]
fn one_that_takes_too_long_is_given_up() {
    let provider = StandIn::of(|_, _| Reply::Late(Duration::from_secs(60)));
    let model = open(&provider.unknown("timeout=1"));
    let started = Instant::now();
    let error = embed(&model, &texts(1)).unwrap_err().to_string();
    assert!(error.contains("no answer in time"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(provider.calls().len(), 1);
}

#[test]
fn nobody_is_there() {
    let model = open("remote:http://127.0.0.1:9/v1#m?");
    let error = embed(&model, &texts(1)).unwrap_err().to_string();
    assert!(
        error.starts_with("127.0.0.1:9 does not answer ("),
        "{error}"
    );
}

#[test]
fn a_wrong_key_is_told_without_it() {
    let provider = StandIn::of(|_, call| {
        let message = format!("bad token {}", call.authorization.as_ref().unwrap());
        Reply::Status(401, None, failure("invalid_iam_token", &message))
    });
    let model = open(&provider.model("qianfan", "embedding-v1", ""));
    let error = embed(&model, &texts(1)).unwrap_err();
    let told = format!("{error} {error:?} {model:?}");
    assert!(
        told.contains(
            "qianfan refuses the call (HTTP 401, invalid_iam_token: bad token Bearer ***)"
        ),
        "{told}"
    );
    assert!(!told.contains(KEY), "{told}");
    assert_eq!(provider.calls().len(), 1);
}

#[test]
fn a_key_does_not_follow_a_redirect() {
    let thief = StandIn::new();
    let to = format!("http://{}/v1/embeddings", thief.address);
    let provider = StandIn::of(move |_, _| Reply::Redirect(to.clone()));
    let model = open(&provider.unknown(""));
    let error = embed(&model, &texts(1)).unwrap_err().to_string();
    assert!(error.contains("HTTP 307"), "{error}");
    assert!(thief.calls().is_empty());
}

#[test]
fn no_more_texts_are_sent_than_may_be() {
    let provider = StandIn::new();
    let options = RemoteOptions::default().with_max_texts(Some(10));
    let remote = Remote::named(&provider.unknown("dimension=4&batch=4")).unwrap();
    let model = remote.open(&options).unwrap();
    embed(&model, &texts(8)).unwrap();
    let error = embed(&model, &texts(3)).unwrap_err().to_string();
    assert!(
        error.contains("was sent 8 texts, of 10 that may be sent; these 3 would be too many"),
        "{error}"
    );
    embed(&model, &texts(2)).unwrap();
    // Whoever opens it again does not begin anew.
    let again = remote.open(&options).unwrap();
    assert!(embed(&again, &texts(1)).is_err());
    assert_eq!(stats(&again).texts, 10);
    let sent: usize = provider.sizes().iter().sum();
    assert_eq!(sent, 10);
}

#[test]
fn a_text_that_is_not_wanted_sinks_no_other() {
    let provider = StandIn::of(
        |_, call| match call.texts.iter().any(|text| text.contains("坏")) {
            true => Reply::Status(
                400,
                None,
                failure(
                    "data_inspection_failed",
                    "Input data may contain inappropriate content.",
                ),
            ),
            false => Reply::Vectors,
        },
    );
    let model = open(&provider.unknown("batch=16"));
    let mut texts = texts(16);
    texts[5] = "坏的文本".to_owned();
    let items = Inputs::Texts(texts.clone()).into_items(&EmbedOptions::default());
    let batch = model.embed_batch(&items).unwrap();
    for (i, result) in batch.results.iter().enumerate() {
        assert_eq!(result.is_err(), i == 5, "{i}");
    }
    assert!(matches!(batch.results[5], Err(Error::TextRefused { .. })));
    assert_eq!(provider.calls().len(), 9, "halves, down to the text");
}

#[test]
fn a_text_that_is_too_long_nevertheless_is_cut_again() {
    let provider =
        StandIn::of(
            |_, call| match call.texts.iter().any(|text| text.chars().count() > 50) {
                true => Reply::Status(
                    400,
                    None,
                    failure("tokens_too_long", "Prompt tokens too long"),
                ),
                false => Reply::Vectors,
            },
        );
    let model = open(&provider.unknown(""));
    let texts = vec!["短".to_owned(), "长".repeat(100)];
    let encoded = model
        .embed(Inputs::Texts(texts), &EmbedOptions::default())
        .unwrap();
    assert_eq!([encoded[0].truncated, encoded[1].truncated], [false, true]);
    let calls = provider.calls();
    let mut long = calls
        .iter()
        .flat_map(|call| &call.texts)
        .filter(|text| text.starts_with('长'));
    assert_eq!(long.next_back().unwrap().chars().count(), 36);
}

#[test]
fn a_provider_that_takes_fewer_at_once_is_sent_fewer_from_then_on() {
    let provider = StandIn::of(|_, call| match call.texts.len() {
        9.. => Reply::Status(
            413,
            None,
            r#"{"code":20042,"message":"input batch size 32 > maximum allowed batch size 8"}"#
                .into(),
        ),
        _ => Reply::Vectors,
    });
    let model = open(&provider.unknown(""));
    let texts = texts(32);
    assert_own(&embed(&model, &texts).unwrap(), &texts);
    assert_eq!(model.texts_at_once(), 8);
    let before = provider.calls().len();
    embed(&model, &texts).unwrap();
    let after = provider.calls();
    assert!(after[before..].iter().all(|call| call.texts.len() == 8));
}

#[test]
fn a_message_that_quotes_a_text_is_not_repeated() {
    let provider = StandIn::of(|_, call| {
        let message = format!("not a good text: {}", call.texts[0]);
        Reply::Status(400, None, failure("invalid_argument", &message))
    });
    let model = open(&provider.unknown(""));
    let error = embed(&model, &["客户张三欠款三万元整".to_owned()])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("HTTP 400") && !error.contains("张三"),
        "{error}"
    );
}

#[test]
fn a_missing_key_is_told_before_anything_is_sent() {
    let name = "remote:qianfan/embedding-v1?key=YUYI_TEST_KEY_THAT_NOBODY_SETS";
    let error = open_with(name, &RemoteOptions::default())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "qianfan needs a key, which the variable YUYI_TEST_KEY_THAT_NOBODY_SETS must have."
    );
    let error = open_with(name, &RemoteOptions::default().with_key("密钥")).unwrap_err();
    assert!(
        error.to_string().contains("characters that no key has"),
        "{error}"
    );
}
