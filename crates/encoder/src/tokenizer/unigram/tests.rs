//! Against the library's own model.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;
use tokenizers::models::unigram::Unigram as Library;
use tokenizers::{ModelWrapper, Tokenizer};

type Vocabulary = Vec<(String, f64)>;

/// Ours and the library's.
fn both(vocabulary: &Vocabulary, unknown: Option<usize>) -> (Unigram, Library) {
    let (tokens, scores): (Vec<_>, Vec<_>) = vocabulary
        .iter()
        .map(|(token, score)| (Cow::Borrowed(&**token), *score))
        .unzip();
    let ours = Unigram::new(&tokens, scores, unknown).unwrap();
    let library = Library::from(vocabulary.clone(), unknown, false).unwrap();
    (ours, library)
}

fn compare(ours: &Unigram, library: &Library, text: &str) {
    match (ours.tokenize(text), library.tokenize(text)) {
        (Ok(ours), Ok(library)) => assert_eq!(ours, library, "{text:?}"),
        (Err(_), Err(_)) => {}
        (ours, library) => panic!("{text:?}: {ours:?} but {library:?}"),
    }
}

fn repository(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../..", path].iter().collect()
}

fn builtin() -> (Unigram, Library) {
    let path = repository("models/builtin/tokenizer.json");
    let tokenizer = Tokenizer::from_file(path).unwrap();
    let ModelWrapper::Unigram(library) = tokenizer.get_model() else {
        panic!("the built-in model is not Unigram")
    };
    let file = serde_json::to_string(library).unwrap();
    (serde_json::from_str(&file).unwrap(), library.clone())
}

#[test]
fn the_builtin_vocabulary_is_the_same() {
    let (ours, library) = builtin();
    assert_eq!(ours.get_vocab_size(), library.get_vocab_size());
    assert_eq!(ours.get_vocab(), library.get_vocab());
    for id in [0, 3, 4, 49_775, 49_776, u32::MAX] {
        assert_eq!(ours.id_to_token(id), library.id_to_token(id));
    }
    for token in ["<unk>", "▁", "天气", "no token at all", ""] {
        assert_eq!(ours.token_to_id(token), library.token_to_id(token));
    }
}

#[test]
fn texts_are_split_alike() {
    let (ours, library) = builtin();
    let cases = std::fs::read_to_string(repository("tests/fixtures/tokens/awkward.jsonl")).unwrap();
    let mut compared = 0;
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(text) = case["text"].as_str() {
            compare(&ours, &library, text);
            compare(&ours, &library, &format!("▁{}", text.replace(' ', "▁")));
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared}");
}

#[test]
fn without_an_unknown_token_unknown_text_is_an_error() {
    let (ours, library) = both(&vec![("a".into(), -1.0)], None);
    compare(&ours, &library, "aa");
    compare(&ours, &library, "ab");
    assert!(ours.tokenize("ab").is_err());
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    for file in [
        r#"{"vocab": [["a", 0]], "unk_id": 1}"#,
        r#"{"vocab": [], "unk_id": 0}"#,
        r#"{"unk_id": 0}"#,
        r#"{"vocab": {"a": 0}}"#,
    ] {
        assert!(serde_json::from_str::<Unigram>(file).is_err(), "{file}");
    }
    let escaped = r#"{"type": "Unigram", "vocab": [["\u5929\"", -1], ["b", 0.5]], "unk_id": null}"#;
    let model: Unigram = serde_json::from_str(escaped).unwrap();
    assert_eq!(model.token_to_id("天\""), Some(0));
    assert_eq!(model.scores, [-1.0, 0.5]);
}

/// Few letters, so that tokens meet in texts; short, so that many are equal; scores of few values, so that many sums are.
fn vocabularies() -> impl Strategy<Value = Vocabulary> {
    let score = (-8i8..=3).prop_map(|n| f64::from(n) * 8.0);
    prop::collection::vec(("[ab天气]{0,4}", score), 1..30)
}

proptest! {
    #[test]
    fn any_vocabulary_splits_alike(
        vocabulary in vocabularies(),
        unknown in prop::option::of(any::<prop::sample::Index>()),
        texts in prop::collection::vec("[ab天气c😀]{0,24}", 8),
    ) {
        let unknown = unknown.map(|index| index.index(vocabulary.len()));
        let (ours, library) = both(&vocabulary, unknown);
        for text in texts {
            compare(&ours, &library, &text);
        }
    }

    #[test]
    fn builtin_splits_any_text_alike(text in "\\PC{0,60}") {
        thread_local!(static MODELS: (Unigram, Library) = builtin());
        MODELS.with(|(ours, library)| compare(ours, library, &text));
    }
}
