//! What is done when a call does not go well.

use std::time::{Duration, Instant};

use yuyi_models::{EmbedOptions, Embedder, Error, Inputs};
use yuyi_remote::{Remote, RemoteOptions};

use super::{HTML, assert_own, embed, open, open_with, stats, texts};
use crate::stand_in::{KEY, Reply, StandIn, failure};

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
