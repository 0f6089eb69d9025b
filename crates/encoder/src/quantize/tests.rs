use super::*;
use crate::{CrossEncoder, EncodeOptions, Encoder, LoadOptions, PairTruncation, Pooling, Prompts};
use std::path::PathBuf;

fn fixture(name: &str) -> Folder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    Folder::open(root.join(name)).unwrap()
}

fn quantize(name: &str, precision: Precision) -> (tempfile::TempDir, PathBuf, Agreement) {
    let parent = tempfile::tempdir().unwrap();
    let to = parent.path().join("small");
    let agreement =
        quantize_folder(&fixture(name), &to, precision, &SpecDefaults::default()).unwrap();
    (parent, to, agreement)
}

fn encode(folder: &Folder, precision: Option<Precision>) -> Vec<Vec<f32>> {
    let options = LoadOptions {
        precision,
        threads: Some(1),
        ..LoadOptions::default()
    };
    let encoder = Encoder::load(folder, &options).unwrap();
    let encoded = encoder
        .encode(&["今天天气真不错", "a b c"], &EncodeOptions::default())
        .unwrap();
    encoded.into_iter().map(|e| e.vector).collect()
}

#[test]
fn an_int8_folder_gives_what_quantising_at_load_gives() {
    for name in [
        "bert-cls-f16",
        "bert-max-f16-sharded",
        "bert-mean-f32-prefixed",
        "bert-mean-bf16-odd",
        "ernie-last-two-f16",
        "distilbert-dense-bin",
        "mpnet-weighted-f16",
        "bert-last-bin-sharded",
    ] {
        let (_kept, to, agreement) = quantize(name, Precision::Int8);
        let folder = Folder::open(&to).unwrap();
        assert_eq!(
            encode(&folder, None),
            encode(&fixture(name), Some(Precision::Int8)),
            "{name}"
        );
        let Agreement::Vectors { mean, least, .. } = agreement else {
            panic!("{name}: {agreement:?}")
        };
        assert!(least > 0.99 && mean <= 1.0 + 1e-6, "{name}: {agreement}");
        assert!(
            std::fs::read_to_string(to.join("README.md"))
                .unwrap()
                .contains("least"),
            "{name}"
        );
    }
}

#[test]
fn an_int4_folder_gives_what_quantising_at_load_gives() {
    let name = "bert-cls-f16";
    let config = ModelConfig::read(&fixture(name)).unwrap();
    assert!(
        config.hidden_size.is_multiple_of(BLOCK),
        "the fixture fits blocks"
    );
    let (_kept, to, _) = quantize(name, Precision::Int4);
    let folder = Folder::open(&to).unwrap();
    assert_eq!(
        encode(&folder, None),
        encode(&fixture(name), Some(Precision::Int4))
    );
}

/// The logits of some pairs.
fn logits(folder: &Folder, precision: Option<Precision>) -> Vec<f32> {
    let options = LoadOptions {
        precision,
        threads: Some(1),
        ..LoadOptions::default()
    };
    let model = CrossEncoder::load(folder, &options).unwrap();
    let documents = ["外面阳光明媚", "今天天气真不错", "a b c", ""];
    let truncation = PairTruncation::LongestFirst;
    let scored = model.score("今天天气真不错", &documents, truncation);
    scored.unwrap().iter().map(|of| of.logit).collect()
}

#[test]
fn a_reranker_in_integers_gives_what_quantising_at_load_gives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/rerankers");
    let mut seen = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let original = fixture(&format!("../rerankers/{name}"));
        let parent = tempfile::tempdir().unwrap();
        let to = parent.path().join("small");
        let defaults = SpecDefaults::default();
        check_quantizable(&original, Precision::Int8, &defaults).unwrap();
        let agreement = quantize_folder(&original, &to, Precision::Int8, &defaults).unwrap();
        let copy = Folder::open(&to).unwrap();
        assert!(CrossSpec::is_cross_encoder(&copy).unwrap(), "{name}");
        let expected = logits(&original, Some(Precision::Int8));
        assert_eq!(logits(&copy, None), expected, "{name}");
        let Agreement::Scores {
            largest, spread, ..
        } = agreement
        else {
            panic!("{name}: {agreement}")
        };
        println!("{name}: {agreement}");
        assert!(largest < 0.25 * spread, "{name}: {agreement}");
        let card = std::fs::read_to_string(to.join("README.md")).unwrap();
        assert!(
            card.contains("Difference from the original's logits"),
            "{name}"
        );
        let again = check_quantizable(&copy, Precision::Int8, &defaults);
        assert!(again.unwrap_err().to_string().contains("quantised already"));
        seen += 1;
    }
    assert!(seen >= 7, "fixtures are missing");
}

#[test]
fn whatever_decides_the_tokens_goes_along() {
    let parent = tempfile::tempdir().unwrap();
    let (from, to) = (parent.path().join("from"), parent.path().join("to"));
    let source = fixture("bert-cls-f32-vocab-txt");
    let source = source.path().unwrap();
    std::fs::create_dir_all(from.join("1_Pooling")).unwrap();
    for file in [
        "config.json",
        "model.safetensors",
        "modules.json",
        "1_Pooling/config.json",
        "vocab.txt",
    ] {
        std::fs::copy(source.join(file), from.join(file)).unwrap();
    }
    let beside = [
        ("tokenizer_config.json", r#"{"do_lower_case": false}"#),
        ("added_tokens.json", r#"{"<x>": 132}"#),
        ("special_tokens_map.json", r#"{"unk_token": "[UNK]"}"#),
        ("sentence_roberta_config.json", r#"{"max_seq_length": 5}"#),
    ];
    for (file, text) in beside {
        std::fs::write(from.join(file), text).unwrap();
    }
    let folder = Folder::open(&from).unwrap();
    quantize_folder(&folder, &to, Precision::Int8, &SpecDefaults::default()).unwrap();
    for (file, text) in beside {
        assert_eq!(std::fs::read_to_string(to.join(file)).unwrap(), text);
    }
    let encoder = Encoder::load(&Folder::open(&to).unwrap(), &LoadOptions::default()).unwrap();
    assert_eq!(encoder.spec().max_tokens, 5);
}

/// A model of fixture `name` without these files.
fn without(name: &str, silent: &[&str]) -> (tempfile::TempDir, Folder) {
    let parent = tempfile::tempdir().unwrap();
    let source = fixture(name);
    let source = source.path().unwrap();
    std::fs::create_dir(parent.path().join("1_Pooling")).unwrap();
    let files = [
        "config.json",
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "1_Pooling/config.json",
    ];
    for file in files.iter().filter(|file| !silent.contains(file)) {
        std::fs::copy(source.join(file), parent.path().join(file)).unwrap();
    }
    let folder = Folder::open(parent.path()).unwrap();
    (parent, folder)
}

/// What a catalogue may know of a model whose folder is silent.
fn known() -> SpecDefaults {
    let named = [("query", "问题："), ("passage", "文章：")];
    SpecDefaults {
        pooling: Some(Pooling::Max),
        prompts: Prompts {
            default: "问题：".into(),
            named: named
                .map(|(name, prompt)| (name.into(), prompt.into()))
                .into(),
        },
        over_empty: true,
        max_tokens: Some(7),
        ..SpecDefaults::default()
    }
}

#[test]
fn what_the_catalogue_knows_goes_along() {
    let silent = ["modules.json", "1_Pooling/config.json"];
    let (parent, original) = without("bert-cls-f16", &silent);
    let vectors = |folder: &Folder, defaults: SpecDefaults| {
        let options = LoadOptions {
            precision: Some(Precision::Int8),
            defaults,
            ..LoadOptions::default()
        };
        let encoder = Encoder::load(folder, &options).unwrap();
        let texts = ["今天天气真不错，我们去公园走一走吧", "a b c"];
        let encoded = encoder.encode(&texts, &EncodeOptions::default()).unwrap();
        let encoded: Vec<Vec<f32>> = encoded.into_iter().map(|e| e.vector).collect();
        (encoder.spec().clone(), encoded)
    };
    let (spec, expected) = vectors(&original, known());
    assert_eq!((spec.max_tokens, spec.pooling), (7, Pooling::Max));
    assert_ne!(
        expected,
        vectors(
            &original,
            SpecDefaults {
                pooling: Some(Pooling::Max),
                ..SpecDefaults::default()
            }
        )
        .1
    );
    let told = parent.path().join("config_sentence_transformers.json");
    let length = parent.path().join("sentence_bert_config.json");
    for (i, (prompts, sentence)) in [
        (None, None),
        (
            Some(r#"{"prompts": {"query": "", "document": ""}, "truncate_dim": 16}"#),
            Some("{\"do_lower_case\": true}"),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        prompts.inspect(|text| std::fs::write(&told, text).unwrap());
        sentence.inspect(|text| std::fs::write(&length, text).unwrap());
        let to = parent.path().join(format!("copy-{i}"));
        let agreement = quantize_folder(&original, &to, Precision::Int8, &known()).unwrap();
        let (spec, expected) = vectors(&original, known());
        // Opened by whoever does not know it, and by whoever takes it for another model.
        for assumed in [SpecDefaults::default(), known()] {
            let (copy, found) = vectors(&Folder::open(&to).unwrap(), assumed);
            assert_eq!(copy.prompts, spec.prompts);
            assert_eq!(
                (copy.max_tokens, copy.pooling, copy.dimension),
                (7, Pooling::Max, spec.dimension)
            );
            assert_eq!(copy.assumed, [""; 0]);
            assert_eq!(found, expected);
        }
        let Agreement::Vectors { least, .. } = agreement else {
            panic!("{agreement:?}")
        };
        assert!(least > 0.99, "{agreement}");
    }
}

#[test]
fn a_copy_without_prompts_has_none_whatever_it_is_called() {
    let (parent, original) = without("bert-cls-f16", &[]);
    let to = parent.path().join("copy");
    quantize_folder(&original, &to, Precision::Int8, &SpecDefaults::default()).unwrap();
    let spec = ModelSpec::read(&original, &SpecDefaults::default()).unwrap();
    let copy = ModelSpec::read(&Folder::open(&to).unwrap(), &known()).unwrap();
    assert_eq!(copy.prompts, Prompts::default());
    assert_eq!(
        (copy.max_tokens, copy.pooling),
        (spec.max_tokens, spec.pooling)
    );
    // Nothing was said anew.
    assert!(!to.join("config_sentence_transformers.json").exists());
    assert!(!to.join("sentence_bert_config.json").exists());
}

#[test]
fn a_rerankers_prompt_and_length_go_along() {
    let parent = tempfile::tempdir().unwrap();
    let (from, to) = (parent.path().join("from"), parent.path().join("to"));
    let source = fixture("../rerankers/bert-reranker-f16");
    std::fs::create_dir(&from).unwrap();
    for entry in std::fs::read_dir(source.path().unwrap()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), from.join(entry.file_name())).unwrap();
    }
    let prompts = r#"{"prompts": {"q": "问题："}, "default_prompt_name": "q"}"#;
    std::fs::write(from.join("config_sentence_transformers.json"), prompts).unwrap();
    std::fs::write(
        from.join("sentence_bert_config.json"),
        r#"{"max_seq_length": 9}"#,
    )
    .unwrap();
    let original = Folder::open(&from).unwrap();
    quantize_folder(&original, &to, Precision::Int8, &known()).unwrap();
    let copy = CrossSpec::read(&Folder::open(&to).unwrap()).unwrap();
    assert_eq!((copy.prompt.as_str(), copy.max_tokens), ("问题：", 9));
}

#[test]
fn refuses_what_cannot_be_quantised() {
    let parent = tempfile::tempdir().unwrap();
    let to = parent.path().join("x");
    let refused = |from: &Folder, precision| {
        quantize_folder(from, &to, precision, &SpecDefaults::default())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&fixture("bert-cls-f16"), Precision::F32).contains("Choose int8 or int4"));
    assert!(!to.exists());
    let (_kept, done, _) = quantize("bert-cls-f16", Precision::Int8);
    assert!(refused(&Folder::open(done).unwrap(), Precision::Int8).contains("quantised already"));
}
