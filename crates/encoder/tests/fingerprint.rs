//! A model's fingerprint changes with all that decides its vectors, and with nothing else.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/model.rs"]
mod model;
#[path = "support/weights.rs"]
mod weights;

use std::collections::HashSet;

use model::{BERT, SHARDED, TestModel, VOCAB_TXT, WEIGHTS};
use yuyi_encoder::{Fingerprint, Precision};

fn fingerprint(model: &TestModel) -> Fingerprint {
    model.load().unwrap().fingerprint()
}

/// The fingerprint of a copy of the fixture that `edit` has changed.
fn after(edit: impl FnOnce(&TestModel)) -> Fingerprint {
    let model = TestModel::copy(BERT);
    edit(&model);
    fingerprint(&model)
}

#[test]
fn it_is_the_same_for_every_copy() {
    for fixture in [BERT, SHARDED, VOCAB_TXT] {
        let first = TestModel::copy(fixture).load().unwrap();
        let shown = first.fingerprint().to_string();
        assert_eq!(first.fingerprint(), fingerprint(&TestModel::copy(fixture)));
        assert_eq!(shown.len(), 32);
        assert!(shown.bytes().all(|b| b.is_ascii_hexdigit()), "{shown}");
    }
}

#[test]
fn it_changes_with_all_that_decides_the_vectors() {
    let mut seen = HashSet::from([after(|_| ())]);
    let mut changed = |what: &str, fingerprint| assert!(seen.insert(fingerprint), "{what}");
    changed(
        "a single weight",
        after(|model| {
            let mut bytes = model.read(WEIGHTS);
            let last = bytes.len() - 1;
            bytes[last] ^= 0x80;
            model.write(WEIGHTS, bytes);
        }),
    );
    changed(
        "the tokenizer",
        after(|model| {
            let mut bytes = model.read("tokenizer.json");
            bytes.push(b' ');
            model.write("tokenizer.json", bytes);
        }),
    );
    changed(
        "the pooling",
        after(|model| {
            let mean = r#"{"pooling_mode_mean_tokens": true}"#;
            model.write("1_Pooling/config.json", mean);
        }),
    );
    changed(
        "the longest text",
        after(|model| model.write("sentence_bert_config.json", r#"{"max_seq_length": 20}"#)),
    );
    changed(
        "the ε of the layer norms",
        after(|model| model.edit_json("config.json", |c| c["layer_norm_eps"] = 1e-6.into())),
    );
    let int8 = TestModel::copy(BERT)
        .load_in(Some(Precision::Int8))
        .unwrap();
    changed("the number format", int8.fingerprint());
}

#[test]
fn it_does_not_change_with_names_and_prompts() {
    let prompts = r#"{"prompts": {"query": "q"}, "default_prompt_name": "query"}"#;
    let other = after(|model| {
        model.edit_json("config.json", |c| c["_name_or_path"] = "other".into());
        model.write("config_sentence_transformers.json", prompts);
        model.write("calibration.json", "{}");
    });
    assert_eq!(other, after(|_| ()));
}
