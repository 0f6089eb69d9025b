//! Scores of pairs against those that transformers computed (`scripts/make_model_fixtures`, `scripts/make_rotary_fixtures`).

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/weights.rs"]
mod weights;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use yuyi_encoder::{
    CrossEncoder, CrossFacts, Encoder, EncoderFacts, Folder, LoadOptions, Pair, PairTruncation,
    Precision, ScoreActivation,
};
use yuyi_kernels::Kernel;

/// Float32 leaves about 1e-6 of error.
const LARGEST_DIFFERENCE: f32 = 2e-5;

/// One line of expected.json.
#[derive(Deserialize)]
struct Case {
    name: String,
    query: String,
    document: String,
    ids: Vec<u32>,
    types: Vec<u8>,
    logit: f32,
    truncated: bool,
}

#[derive(Deserialize)]
struct Expected {
    cases: Vec<Case>,
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/rerankers");
    let entries = std::fs::read_dir(root).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 11, "fixtures are missing");
    folders
}

fn cases(folder: &Path) -> Vec<Case> {
    let json = std::fs::read(folder.join("expected.json")).unwrap();
    serde_json::from_slice::<Expected>(&json).unwrap().cases
}

fn options(precision: Precision, threads: usize) -> LoadOptions {
    LoadOptions {
        precision: Some(precision),
        threads: Some(threads),
        ..LoadOptions::default()
    }
}

fn load(folder: &Path, precision: Precision, threads: usize) -> CrossEncoder {
    let folder = Folder::open(folder).unwrap();
    CrossEncoder::load(&folder, &options(precision, threads)).unwrap()
}

fn pair(model: &CrossEncoder, case: &Case) -> Pair {
    let query = model.query(&case.query).unwrap();
    let document = model.document(&case.document).unwrap();
    model.pair(&query, &document, PairTruncation::LongestFirst)
}

#[test]
fn pairs_are_put_together_and_cut_as_by_transformers() {
    for folder in folders() {
        let model = load(&folder, Precision::F32, 1);
        for case in cases(&folder) {
            let pair = pair(&model, &case);
            let name = format!("{}, {}", folder.display(), case.name);
            assert_eq!(pair.ids(), case.ids, "{name}");
            assert_eq!(pair.types(), case.types, "{name}");
            assert_eq!(pair.truncated(), case.truncated, "{name}");
        }
    }
}

#[test]
fn logits_are_those_of_transformers() {
    for kernel in Kernel::all() {
        for path in folders() {
            let folder = Folder::open(&path).unwrap();
            let options = options(Precision::F32, 2);
            let model = CrossEncoder::load_with(&folder, &options, kernel).unwrap();
            let cases = cases(&path);
            let pairs: Vec<Pair> = cases.iter().map(|case| pair(&model, case)).collect();
            for (case, scored) in cases.iter().zip(model.score_pairs(&pairs).unwrap()) {
                let difference = (scored.logit - case.logit).abs();
                let name = format!("{}, {} with {}", path.display(), case.name, kernel.name());
                assert!(difference < LARGEST_DIFFERENCE, "{name}: {difference}");
                assert_eq!(scored.score, ScoreActivation::Sigmoid.apply(scored.logit));
                assert_eq!(scored.tokens, case.ids.len());
            }
        }
    }
}

#[test]
fn a_score_depends_on_its_pair_alone() {
    for folder in folders() {
        for precision in [Precision::F32, Precision::Int8] {
            let [one, two] = [1, 2].map(|threads| load(&folder, precision, threads));
            let cases = cases(&folder);
            let mut pairs: Vec<Pair> = cases.iter().map(|case| pair(&one, case)).collect();
            // Enough for batches of each thread's own.
            pairs = pairs.iter().cycle().take(60).cloned().collect();
            let alone = |pair: &Pair| one.score_pairs(std::slice::from_ref(pair)).unwrap()[0];
            let expected: Vec<_> = pairs.iter().map(alone).collect();
            assert_eq!(one.score_pairs(&pairs).unwrap(), expected);
            assert_eq!(two.score_pairs(&pairs).unwrap(), expected);
        }
    }
}

#[test]
fn many_documents_of_one_query() {
    for folder in folders() {
        let model = load(&folder, Precision::F32, 2);
        let cases = cases(&folder);
        let documents: Vec<&str> = cases.iter().map(|case| case.document.as_str()).collect();
        let query = &cases[0].query;
        let scored = model
            .score(query, &documents, PairTruncation::Document)
            .unwrap();
        assert_eq!(scored.len(), documents.len());
        assert!((scored[0].logit - cases[0].logit).abs() < LARGEST_DIFFERENCE);
        assert!(
            model
                .score(query, &[], PairTruncation::Document)
                .unwrap()
                .is_empty()
        );
        assert!(
            model
                .score("", &[""], PairTruncation::LongestFirst)
                .unwrap()[0]
                .logit
                .is_finite()
        );
    }
}

#[test]
fn integers_stay_near() {
    for folder in folders() {
        let model = load(&folder, Precision::Int8, 1);
        let cases = cases(&folder);
        let pairs: Vec<Pair> = cases.iter().map(|case| pair(&model, case)).collect();
        let scored = model.score_pairs(&pairs).unwrap();
        let difference =
            |(case, scored): (&Case, &yuyi_encoder::Scored)| (scored.logit - case.logit).abs();
        let worst = cases
            .iter()
            .zip(&scored)
            .map(difference)
            .fold(0.0, f32::max);
        println!(
            "{}: logits in int8 differ by {worst} at most",
            folder.display()
        );
        assert!(worst < 0.2, "{}: {worst}", folder.display());
    }
}

#[test]
fn what_is_known_beforehand_is_what_is_loaded() {
    for path in folders() {
        let folder = Folder::open(&path).unwrap();
        let options = options(Precision::Int8, 1);
        let (before, loaded) = (
            CrossFacts::of_folder(&folder, &options).unwrap(),
            CrossEncoder::load(&folder, &options).unwrap(),
        );
        assert_eq!(before.weight_bytes, loaded.weight_bytes());
        assert_eq!(before.spec.max_tokens, loaded.spec().max_tokens);
        let other = load(&path, Precision::F32, 1).fingerprint();
        assert_ne!(loaded.fingerprint(), other);
        // Where vectors are wanted, it is refused in words.
        let error = Encoder::load(&folder, &options).err().unwrap().to_string();
        assert!(
            error.contains("gives scores") && error.contains(", not vectors"),
            "{error}"
        );
        assert!(EncoderFacts::of_folder(&folder, &options).is_err());
    }
}

/// A copy of a fixture that a test may change.
fn copy(fixture: &str) -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/rerankers");
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(root.join(fixture)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

fn edit(folder: &tempfile::TempDir, file: &str, edit: impl FnOnce(&mut serde_json::Value)) {
    let path = folder.path().join(file);
    let mut value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    edit(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn error(folder: &tempfile::TempDir) -> String {
    let folder = Folder::open(folder.path()).unwrap();
    let loaded = CrossEncoder::load(&folder, &options(Precision::F32, 1));
    loaded.err().unwrap().to_string()
}

#[test]
fn what_is_no_reranker_is_refused_in_words() {
    for (value, expected) in [
        (
            serde_json::json!({"id2label": {"0": "a", "1": "b", "2": "c"}}),
            "the model gives 3 numbers for a pair (a classifier)",
        ),
        (
            serde_json::json!({"id2label": null}),
            "the model gives 2 numbers",
        ),
        (
            serde_json::json!({"architectures": ["BertModel"]}),
            "its architecture is \"BertModel\", which gives no score of a pair",
        ),
        (
            serde_json::json!({"sbert_ce_default_activation_function": "torch.nn.modules.activation.ReLU"}),
            "the activation \"torch.nn.modules.activation.ReLU\" of its scores is not supported",
        ),
        (
            serde_json::json!({"type_vocab_size": 1}),
            "it gives token type 1, but config.json has a type_vocab_size of 1",
        ),
    ] {
        let folder = copy("bert-reranker-f16");
        edit(&folder, "config.json", |config| {
            for (field, value) in value.as_object().unwrap() {
                config[field] = value.clone();
            }
        });
        let error = error(&folder);
        assert!(error.contains(expected), "{error}");
    }
    let folder = copy("bert-reranker-f16");
    edit(&folder, "tokenizer_config.json", |config| {
        config["model_max_length"] = 4.into()
    });
    assert!(error(&folder).contains("pairs of 4 tokens leave no room for two words"));
}

#[test]
fn the_activation_is_the_folders() {
    for file in ["config.json", "config_sentence_transformers.json"] {
        let folder = copy("bert-reranker-f16");
        let identity = "torch.nn.modules.linear.Identity";
        match file {
            "config.json" => edit(&folder, file, |config| {
                config["sentence_transformers"] = serde_json::json!({"activation_fn": identity});
            }),
            _ => {
                let text =
                    serde_json::json!({"model_type": "CrossEncoder", "activation_fn": identity});
                std::fs::write(folder.path().join(file), text.to_string()).unwrap();
            }
        }
        let model = load(folder.path(), Precision::F32, 1);
        let scored = model
            .score("今天", &["天气"], PairTruncation::LongestFirst)
            .unwrap();
        assert_eq!(scored[0].score, scored[0].logit);
    }
}

/// As CrossEncoder.predict has it since sentence-transformers 5.
#[test]
fn the_default_prompt_stands_in_front_of_queries() {
    let plain = copy("bert-reranker-f16");
    let prompted = copy("bert-reranker-f16");
    let file = prompted.path().join("config_sentence_transformers.json");
    let told = |name: Option<&str>| {
        let prompts = serde_json::json!({"search": "问题："});
        let text = serde_json::json!({
            "model_type": "CrossEncoder", "prompts": prompts, "default_prompt_name": name,
        });
        std::fs::write(&file, text.to_string()).unwrap();
        load(prompted.path(), Precision::F32, 1)
    };
    let score = |model: &CrossEncoder, query: &str| {
        let scored = model.score(query, &["天气"], PairTruncation::LongestFirst);
        scored.unwrap()[0]
    };
    let (own, model) = (load(plain.path(), Precision::F32, 1), told(Some("search")));
    assert_eq!(score(&model, "今天"), score(&own, "问题：今天"));
    assert_ne!(score(&model, "今天"), score(&own, "今天"));
    assert_ne!(model.fingerprint(), own.fingerprint());
    let folder = Folder::open(prompted.path()).unwrap();
    let remarks = yuyi_encoder::remarks(&folder, &Default::default()).unwrap();
    let expected = "\"问题：\" is put in front of every query";
    assert!(remarks[0].contains(expected), "{remarks:?}");
    let without = told(None);
    assert_eq!(score(&without, "今天"), score(&own, "今天"));
    assert_eq!(without.fingerprint(), own.fingerprint());
    let text = serde_json::json!({"prompts": {}, "default_prompt_name": "search"});
    std::fs::write(&file, text.to_string()).unwrap();
    let missing = error(&prompted);
    assert!(
        missing.contains("default_prompt_name \"search\" is not among"),
        "{missing}"
    );
}

/// Sound numbers whose products leave the range of floats.
#[test]
fn a_score_is_never_nan() {
    let folder = copy("xlm-roberta-reranker-f32");
    let path = folder.path().join("model.safetensors");
    let mut weights = weights::Weights::read(&std::fs::read(&path).unwrap());
    let tensor = weights.get("classifier.out_proj.weight");
    tensor.bytes = 3e38_f32.to_le_bytes().repeat(32);
    std::fs::write(path, weights.to_bytes()).unwrap();
    let loaded = CrossEncoder::load(
        &Folder::open(folder.path()).unwrap(),
        &options(Precision::F32, 1),
    );
    let error = loaded.err().unwrap();
    assert!(
        error.to_string().contains("gave no finite score"),
        "{error}"
    );
}
