//! What a provider is sent, and what comes back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use yuyi_models::{EmbedOptions, Embedder, Error, Inputs, LongText, ModelFacts, Prompt, Side};
use yuyi_remote::{Remote, RemoteOptions};

use super::{HTML, assert_own, embed, open, stats, texts};
use crate::stand_in::{DIMENSION, Reply, StandIn, vector_of};

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
fn another_yuyi_is_told_what_a_text_is_to_others() {
    let provider = StandIn::new();
    provider.is_yuyi(&json!({"id": "m", "owned_by": "yuyi", "dimension": DIMENSION}));
    let open = |settings: &str| {
        let remote = Remote::named(&provider.unknown(settings)).unwrap();
        remote.open(&RemoteOptions::default()).unwrap()
    };
    let model = open("");
    assert_eq!(model.facts().dimension, DIMENSION);
    assert!(
        provider.calls().is_empty(),
        "its list says how long vectors are"
    );
    for (side, expected) in [(Side::Query, "query"), (Side::Passage, "passage")] {
        let options = EmbedOptions {
            prompt: Prompt::Text(model.facts().prompt_of(side).to_owned()),
            ..EmbedOptions::default()
        };
        let input = Inputs::Texts(vec!["甲".into()]);
        model.embed(input, &options).unwrap();
        let call = provider.calls().pop().unwrap();
        assert_eq!(
            (&call.body["input_type"], &call.texts[0][..]),
            (&json!(expected), "甲")
        );
    }
    // A text of no side is what it was.
    embed(&model, &["甲".to_owned()]).unwrap();
    assert_eq!(
        provider.calls().pop().unwrap().body["input_type"],
        Value::Null
    );
    // What somebody says of the sides holds, and nobody else is told of any.
    let said = open("query=找：");
    assert_eq!(said.facts().prompts.keys().collect::<Vec<_>>(), ["query"]);
    provider.is_yuyi(&json!({"id": "m", "owned_by": "vllm"}));
    assert!(open("").facts().prompts.is_empty());
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
