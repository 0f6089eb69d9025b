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
