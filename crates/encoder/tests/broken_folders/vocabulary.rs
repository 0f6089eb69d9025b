//! Tokenizers that do not fit their model, or are none.

use serde_json::{Value, json};

use crate::model::{BERT, TEXT, TestModel, VOCAB_TXT, XLM_ROBERTA};

const FILE: &str = "tokenizer.json";

fn error_with(fixture: &str, edit: impl FnOnce(&mut Value)) -> String {
    let model = TestModel::copy(fixture);
    model.edit_json(FILE, edit);
    model.load_error()
}

#[test]
fn ids_around_texts_beyond_the_models_vocabulary() {
    let beyond = |id: u32| {
        format!("{FILE}: it gives ids up to {id}, but config.json has a vocab_size of 133.")
    };
    // Ids that the post-processor puts around every text need not be in the vocabulary.
    let error = error_with(BERT, |file| {
        file["post_processor"]["special_tokens"]["[SEP]"]["ids"] = json!([5000]);
    });
    assert_eq!(error, beyond(5000));
    let error = error_with(BERT, |file| {
        file["post_processor"] =
            json!({"type": "BertProcessing", "sep": ["[SEP]", 6000], "cls": ["[CLS]", 2]});
    });
    assert_eq!(error, beyond(6000));
}

/// As with transformers, which fails only where such a token is read.
#[test]
fn more_tokens_than_the_model_has_ids() {
    let refused = "Token id 133 is not in this model's vocabulary, whose ids are 0 to 132.";
    let model = TestModel::copy(BERT);
    let expected = model.run("你好").unwrap();
    for id in [133, u32::MAX] {
        model.edit_json(FILE, |file| file["model"]["vocab"]["天"] = json!(id));
        assert_eq!(model.run("你好").unwrap(), expected);
        let refused = refused.replacen("133", &id.to_string(), 1);
        assert_eq!(model.encode_error("今天"), refused);
    }
    let model = TestModel::copy(VOCAB_TXT);
    let expected = model.run("你好").unwrap();
    let vocabulary = String::from_utf8(model.read("vocab.txt")).unwrap();
    model.write("vocab.txt", format!("{vocabulary}龘\n余\n"));
    assert_eq!(model.run("你好").unwrap(), expected);
    assert_eq!(model.encode_error("龘"), refused);
}

#[test]
fn vocabularies_without_special_tokens() {
    let model = TestModel::copy(VOCAB_TXT);
    let vocabulary = String::from_utf8(model.read("vocab.txt")).unwrap();
    for token in ["[UNK]", "[CLS]", "[SEP]"] {
        model.write("vocab.txt", vocabulary.replace(token, "other"));
        let expected = format!("vocab.txt: the special token {token} is not in it.");
        assert_eq!(model.load_error(), expected);
    }
    for token in ["[PAD]", "[MASK]"] {
        model.write("vocab.txt", vocabulary.replace(token, "other"));
        model.run(TEXT).unwrap();
    }
}

#[test]
fn vocabularies_that_are_no_text() {
    let model = TestModel::copy(VOCAB_TXT);
    model.write("vocab.txt", b"[PAD]\n\xFF\xFE\n");
    assert!(
        model
            .load_error()
            .starts_with("vocab.txt: it is not UTF-8: ")
    );
    model.write("vocab.txt", "");
    assert_eq!(
        model.load_error(),
        "vocab.txt: the special token [UNK] is not in it."
    );
}

#[test]
fn tokenizers_of_no_known_form() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "{\"model\": {}}",
        "{\"version\": \"9\", \"model\": {}}",
    ] {
        let model = TestModel::copy(BERT);
        model.write(FILE, text);
        let error = model.load_error();
        assert!(
            error.starts_with("tokenizer.json: this is not a sound tokenizer: "),
            "{text}: {error}"
        );
    }
    let error = error_with(BERT, |file| file["model"]["type"] = json!("Glyphs"));
    assert!(
        error.starts_with("tokenizer.json: this is not a sound tokenizer: "),
        "{error}"
    );
}

#[test]
fn normalisers_that_lead_out_of_their_tables() {
    let error = error_with(XLM_ROBERTA, |file| {
        file["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": "/////wAAAAA="});
    });
    let expected = "this is not a sound tokenizer: its precompiled_charsmap is damaged.";
    assert_eq!(error, format!("{FILE}: {expected}"));
}

#[test]
fn what_no_text_could_bear_is_refused_by_its_name() {
    let replace = |pattern: Value, content: &str| {
        error_with(BERT, |file| {
            let own = file["normalizer"].clone();
            let step = json!({"type": "Replace", "pattern": pattern, "content": content});
            file["normalizer"] = json!({"type": "Sequence", "normalizers": [own, step]});
        })
    };
    let error = replace(json!({"Regex": r"(?=(a+)+b)c"}), "");
    assert!(
        error.starts_with("tokenizer.json: the pattern of its Replace, \"(?=(a+)+b)c\", is one that can take very long"),
        "{error}"
    );
    let error = replace(json!({"String": "a"}), &"x".repeat(1 << 20));
    assert_eq!(
        error,
        "tokenizer.json: its normaliser (Replace) can make a text 1048576 times as long, and yuyi takes 64 at most."
    );
    let error = error_with(BERT, |file| {
        file["pre_tokenizer"] = json!({
            "type": "Split", "pattern": {"Regex": r"(x+x+)+y(?<!z)"}, "behavior": "Removed", "invert": false,
        });
    });
    assert!(
        error.starts_with("tokenizer.json: the pattern of its Split"),
        "{error}"
    );
    let error = error_with(BERT, |file| {
        file["model"]["max_input_chars_per_word"] = json!(1_000_000_000);
    });
    assert!(
        error.starts_with(
            "tokenizer.json: its max_input_chars_per_word is 1000000000, and yuyi takes 256 at most"
        ),
        "{error}"
    );
}

#[test]
fn vocabularies_without_a_token_for_unknown_text() {
    let expected = "tokenizer.json: its unk_token \"[GONE]\", which stands for unknown text, is not in its vocabulary.";
    let error = error_with(BERT, |file| file["model"]["unk_token"] = json!("[GONE]"));
    assert_eq!(error, expected);
    let missing =
        "tokenizer.json: its model has no unk_id, the token that stands for unknown text.";
    let error = error_with(XLM_ROBERTA, |file| file["model"]["unk_id"] = Value::Null);
    assert_eq!(error, missing);
}

/// A special token of the files beside tokenizer.json that is another there.
#[test]
fn special_tokens_that_the_files_disagree_on() {
    let refused = |file: &str, name: &str, token: &str| {
        format!(
            "{file}: its {name} is \"{token}\", and tokenizer.json has another, which transformers 4 and 5 read differently. Make them \
             the same."
        )
    };
    for (name, token) in [
        ("cls_token", "天"),
        ("sep_token", "天"),
        ("unk_token", "天"),
    ] {
        for file in ["tokenizer_config.json", "special_tokens_map.json"] {
            let model = TestModel::copy(BERT);
            if file == "special_tokens_map.json" {
                model.write(file, "{}");
            }
            model.edit_json(file, |json| json[name] = json!(token));
            assert_eq!(model.load_error(), refused(file, name, token));
            // With the tokens and their ids in the configuration nobody reads the map.
            model.edit_json("tokenizer_config.json", |json| {
                json["added_tokens_decoder"] = json!({});
            });
            assert_eq!(model.run(TEXT).is_ok(), file == "special_tokens_map.json");
        }
    }
    let model = TestModel::copy(BERT);
    model.write(
        "special_tokens_map.json",
        r#"{"additional_special_tokens": ["<x>"]}"#,
    );
    model.run(TEXT).unwrap();
    model.edit_json("tokenizer_config.json", |json| {
        json["additional_special_tokens"] = json!(["<y>"]);
    });
    let error = model.load_error();
    assert!(
        error.starts_with("special_tokens_map.json: additional_special_tokens is another list than in tokenizer_config.json"),
        "{error}"
    );
}

/// Not every tokenizer puts special tokens around a text; then a text can have no token at all.
#[test]
fn a_text_without_tokens() {
    let model = TestModel::copy(BERT);
    model.edit_json(FILE, |file| file["post_processor"] = Value::Null);
    model.run(TEXT).unwrap();
    for text in ["", "  ", "\u{1}"] {
        assert_eq!(
            model.encode_error(text),
            "A list of 0 token ids cannot be encoded: this model reads 1 to 512."
        );
    }
}
