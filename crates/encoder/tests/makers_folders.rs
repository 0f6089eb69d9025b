//! What a folder says beside its weights counts as it does for transformers and sentence-transformers: it is applied, or
//! refused by its name.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/model.rs"]
mod model;
#[path = "support/weights.rs"]
mod weights;

use std::fs;

use model::{BERT, TEXT, TestModel, VOCAB_TXT, WEIGHTS, XLM_ROBERTA};
use serde_json::{Value, json};
use weights::Tensor;
use yuyi_encoder::EncodeOptions;

const CONFIG: &str = "tokenizer_config.json";
const TOKENIZER: &str = "tokenizer.json";

fn ids(model: &TestModel, text: &str) -> Vec<u32> {
    let encoder = model.load().unwrap();
    encoder
        .tokenize_one(text, &EncodeOptions::default())
        .unwrap()
        .ids
}

/// A copy whose tokenizer.json keeps case and accents and does not part Chinese characters.
fn plain_normalizer() -> TestModel {
    let model = TestModel::copy(BERT);
    model.edit_json(TOKENIZER, |file| {
        file["normalizer"]["lowercase"] = json!(false);
        file["normalizer"]["strip_accents"] = json!(false);
        file["normalizer"]["handle_chinese_chars"] = json!(false);
    });
    model
}

/// `[CLS]`, `a`, `[UNK]` for what is in upper case, `[SEP]`.
#[test]
fn case_accents_and_characters_of_berts_tokenizer_are_those_of_its_configuration() {
    let expected = ids(&TestModel::copy(BERT), "Ab É 今天");
    assert_eq!(expected[0], 2);
    assert!(!expected.contains(&1), "{expected:?}");
    for class in [
        json!("BertTokenizer"),
        json!("BertTokenizerFast"),
        Value::Null,
    ] {
        let model = plain_normalizer();
        model.edit_json(CONFIG, |config| config["tokenizer_class"] = class);
        assert_eq!(ids(&model, "Ab É 今天"), expected);
    }
    let model = plain_normalizer();
    model.remove(CONFIG);
    assert_eq!(ids(&model, "Ab É 今天"), expected, "by the defaults");
    let model = TestModel::copy(BERT);
    model.edit_json(CONFIG, |config| config["do_lower_case"] = json!(false));
    assert_eq!(ids(&model, "A b"), [2, 1, 60, 3]);
    let model = TestModel::copy(BERT);
    model.edit_json(CONFIG, |config| {
        config["tokenize_chinese_chars"] = json!(false);
    });
    assert_eq!(ids(&model, "今天"), [2, 1, 3]);
}

#[test]
fn a_plain_tokenizer_is_its_file() {
    for class in ["PreTrainedTokenizerFast", "TokenizersBackend"] {
        let model = plain_normalizer();
        model.edit_json(CONFIG, |config| config["tokenizer_class"] = json!(class));
        assert_eq!(ids(&model, "A b é 今天"), [2, 1, 60, 1, 1, 3]);
    }
}

/// transformers 4 does as the file says, and 5 as the configuration does.
#[test]
fn normalizers_of_a_bert_that_the_configuration_does_not_know_are_refused() {
    let usual = |lowercase: bool| {
        json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": lowercase})
    };
    let sequence = |steps: Value| json!({"type": "Sequence", "normalizers": steps});
    let lower = json!({"type": "Lowercase"});
    let made = |normalizer: &Value, class: &str, does_lower: bool| {
        let model = TestModel::copy(BERT);
        model.edit_json(TOKENIZER, |file| file["normalizer"] = normalizer.clone());
        model.edit_json(CONFIG, |config| {
            config["tokenizer_class"] = json!(class);
            config["do_lower_case"] = json!(does_lower);
        });
        model
    };
    let mut uncleaned = usual(true);
    uncleaned["clean_text"] = json!(false);
    // What sentence-transformers 6 writes of a model with do_lower_case in its own file.
    let saved = sequence(json!([lower, usual(false)]));
    for (normalizer, does_lower, kind) in [
        (&saved, false, "Sequence"),
        (
            &sequence(json!([{"type": "NFKC"}, lower])),
            true,
            "Sequence",
        ),
        (&sequence(json!([usual(false)])), true, "Sequence"),
        (&lower, true, "Lowercase"),
        (&sequence(json!([lower, usual(false)])), true, "Sequence"),
        (&uncleaned, true, "BertNormalizer"),
        (&Value::Null, true, "null"),
    ] {
        for class in ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer"] {
            let error = made(normalizer, class, does_lower).load_error();
            let expected =
                format!("{TOKENIZER}: its normalizer is {kind}: with a tokenizer of BERT's kind");
            assert!(error.starts_with(&expected), "{error}");
        }
        let plain = made(normalizer, "PreTrainedTokenizerFast", does_lower);
        plain.load().unwrap();
    }
    let text = "Ab É 今天";
    let expected = ids(&TestModel::copy(BERT), text);
    // Both read these alike.
    let same = made(
        &sequence(json!([sequence(json!([usual(true)]))])),
        "BertTokenizer",
        true,
    );
    assert_eq!(ids(&same, text), expected);
    for steps in [json!([lower, usual(true)]), json!([usual(true), lower])] {
        let same = made(&sequence(steps), "BertTokenizer", true);
        assert_eq!(ids(&same, text), expected);
    }
    let same = made(&saved, "BertTokenizer", false);
    same.write("sentence_bert_config.json", r#"{"do_lower_case": true}"#);
    assert_eq!(
        ids(&same, "Ab 今天"),
        ids(&TestModel::copy(BERT), "Ab 今天")
    );
}

#[test]
fn tokenizers_that_yuyi_does_not_have() {
    for class in ["BertJapaneseTokenizer", "RoFormerTokenizer", "T5Tokenizer"] {
        let model = TestModel::copy(BERT);
        model.edit_json(CONFIG, |config| config["tokenizer_class"] = json!(class));
        let expected = format!("{CONFIG}: tokenizer_class \"{class}\" is not supported.");
        assert!(model.load_error().starts_with(&expected));
    }
    let model = TestModel::copy(BERT);
    model.edit_json(CONFIG, |config| {
        config["auto_map"] = json!({"AutoTokenizer": ["own.Tokenizer", null]});
    });
    assert!(model.load_error().contains("auto_map"));
}

#[test]
fn a_space_in_front_of_texts_is_refused_for_qwen() {
    let model = TestModel::copy("qwen3-last-bf16");
    model.edit_json(CONFIG, |config| config["add_prefix_space"] = json!(false));
    model.run("a b").unwrap();
    model.edit_json(CONFIG, |config| config["add_prefix_space"] = json!(true));
    let error = model.load_error();
    assert!(
        error.contains("add_prefix_space is true, which yuyi does not apply"),
        "{error}"
    );
}

/// The tokens are found in texts before words are parted: `[unused1]` is one, not `[`, `unused`, `1` and `]`.
#[test]
fn added_tokens_of_every_file() {
    let text = "a<x>b";
    for fixture in [BERT, VOCAB_TXT] {
        let plain = ids(&TestModel::copy(fixture), text);
        let token = json!({"content": "<x>", "lstrip": false, "rstrip": false, "normalized": false,
            "single_word": false, "special": false});
        let decoder = TestModel::copy(fixture);
        decoder.edit_json(CONFIG, |config| {
            config["added_tokens_decoder"] = json!({"132": token});
        });
        let older = TestModel::copy(fixture);
        older.write("added_tokens.json", r#"{"<x>": 132}"#);
        let special = TestModel::copy(fixture);
        special.edit_json(CONFIG, |config| {
            config["additional_special_tokens"] = json!(["<x>"]);
        });
        for model in [&decoder, &older, &special] {
            model.edit_json("config.json", |config| config["vocab_size"] = json!(133));
            // There is no row for the new token 133: the model has 133 of them.
            assert_ne!(plain.len(), 5);
            assert_eq!(ids(model, text), [2, 59, 133, 60, 3], "{fixture}");
            assert!(model.encode_error(text).contains("Token id 133"));
            model.run("a b").unwrap();
        }
    }
    let model = TestModel::copy(BERT);
    model.edit_json(CONFIG, |config| {
        config["added_tokens_decoder"] = json!({"132": {"content": "##ing", "special": true}});
    });
    assert_eq!(ids(&model, "a##ing b"), [2, 59, 132, 60, 3]);
}

/// A tokenizer of bytes, as RoBERTa's: `Ġ` is a space.
fn bytes_tokenizer() -> Value {
    json!({
        "version": "1.0",
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
            "add_prefix_space": true},
        "model": {"type": "BPE", "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "Ġ": 5, "Ġa": 6},
            "merges": [["Ġ", "a"]], "unk_token": "<unk>"},
    })
}

#[test]
fn the_space_before_a_text_is_robertas_configuration() {
    for (class, space, expected) in [
        ("RobertaTokenizer", json!(true), 6),
        ("RobertaTokenizerFast", json!(false), 4),
        ("RobertaTokenizer", Value::Null, 4),
        ("PreTrainedTokenizerFast", json!(false), 6),
    ] {
        let model = TestModel::copy(XLM_ROBERTA);
        model.remove("config_sentence_transformers.json");
        model.write(TOKENIZER, bytes_tokenizer().to_string());
        model.write(
            CONFIG,
            json!({"tokenizer_class": class, "add_prefix_space": space}).to_string(),
        );
        assert_eq!(ids(&model, "a a"), [0, expected, 6, 2], "{class} {space}");
    }
}

#[test]
fn special_tokens_may_be_read_as_text() {
    let model = TestModel::copy(BERT);
    let read = ids(&model, "a[SEP]b");
    assert_eq!(read, [2, 59, 3, 60, 3]);
    model.edit_json(CONFIG, |config| {
        config["split_special_tokens"] = json!(true)
    });
    assert!(ids(&model, "a[SEP]b").len() > read.len());
}

#[test]
fn lower_case_and_length_by_the_file_of_the_transformer_module() {
    for file in [
        "sentence_bert_config.json",
        "sentence_roberta_config.json",
        "sentence_xlm-roberta_config.json",
    ] {
        let model = TestModel::copy(XLM_ROBERTA);
        let lower = ids(&model, "abc ai");
        assert_ne!(ids(&model, "ABC AI"), lower);
        model.write(file, r#"{"max_seq_length": 8, "do_lower_case": true}"#);
        let encoder = model.load().unwrap();
        assert_eq!(encoder.spec().max_tokens, 8, "{file}");
        model.write(file, r#"{"do_lower_case": true}"#);
        assert_eq!(ids(&model, "ABC AI"), lower, "{file}");
    }
    for (field, value) in [
        ("tokenizer_args", json!({"do_lower_case": true})),
        ("processing_kwargs", json!({"text": {"max_length": 3}})),
        ("transformer_task", json!("fill-mask")),
        ("module_output_name", json!("sentence_embedding")),
    ] {
        let model = TestModel::copy(BERT);
        model.edit_json("sentence_bert_config.json", |config| config[field] = value);
        let error = model.load_error();
        assert!(error.contains(field), "{error}");
    }
}

#[test]
fn long_texts_lose_the_side_that_the_folder_says() {
    let model = TestModel::copy(BERT);
    model.write("sentence_bert_config.json", r#"{"max_seq_length": 4}"#);
    assert_eq!(ids(&model, "a b c"), [2, 59, 60, 3]);
    let right = model.load().unwrap().fingerprint();
    model.edit_json(CONFIG, |config| config["truncation_side"] = json!("left"));
    assert_eq!(ids(&model, "a b c"), [2, 60, 61, 3]);
    assert_ne!(model.load().unwrap().fingerprint(), right);
}

/// Values of transformers 4.57.6 for the ids 0 11 1 12 2: the padding token takes no position from those behind it.
#[test]
fn padding_inside_a_text_has_no_position_of_its_own() {
    const EXPECTED: [f32; 4] = [0.02230569, -0.05990843, 0.03075384, -0.03047691];
    let encoder = TestModel::copy(XLM_ROBERTA).load().unwrap();
    let encoded = encoder.encode_ids(&[&[0, 11, 1, 12, 2]]).unwrap();
    for (found, expected) in encoded[0].vector.iter().zip(EXPECTED) {
        assert!((found - expected).abs() < 5e-6, "{found} {expected}");
    }
}

#[test]
fn parts_of_the_weights_that_the_architecture_does_not_have() {
    for name in [
        "embeddings.task_type_embeddings.weight",
        "encoder.layer.0.attention.self.distance_embedding.weight",
        "encoder.layer.1.output.adapters.x.weight",
        "projection.weight",
    ] {
        let model = TestModel::copy(BERT);
        model.edit_weights(|weights| add(weights, name));
        let error = model.load_error();
        let expected = format!("{WEIGHTS}: tensor {name}: this architecture has no such tensor");
        assert!(error.starts_with(&expected), "{error}");
        assert!(model.facts_in(None).is_err());
    }
    let model = TestModel::copy(BERT);
    model.edit_weights(|weights| add(weights, "classifier.weight"));
    assert!(model.load_error().contains("reranker"));
}

#[test]
fn parts_of_the_weights_without_effect() {
    let model = TestModel::copy(BERT);
    let expected = model.run(TEXT).unwrap();
    for name in [
        "pooler.dense.weight",
        "embeddings.position_ids",
        "cls.predictions.bias",
    ] {
        model.edit_weights(|weights| add(weights, name));
        assert_eq!(model.run(TEXT).unwrap(), expected, "{name}");
    }
}

fn add(weights: &mut weights::Weights, name: &str) {
    let tensor = Tensor {
        dtype: "F32".to_owned(),
        shape: vec![1],
        bytes: vec![0; 4],
    };
    weights.0.insert(name.to_owned(), tensor);
}

#[test]
fn adapters_beside_the_weights() {
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        let model = TestModel::copy(BERT);
        model.write(file, "{}");
        let error = model.load_error();
        assert!(error.starts_with(&format!("{file}: an adapter")), "{error}");
    }
}

#[test]
fn code_of_a_models_own() {
    let model = TestModel::copy(BERT);
    model.edit_json("modules.json", |list| {
        list[0]["type"] = json!("custom_st.Transformer")
    });
    assert!(model.load_error().contains("custom_st.Transformer"));
    let model = TestModel::copy(BERT);
    model.edit_json("config.json", |config| {
        config["auto_map"] = json!({"AutoModel": "modeling.Own"});
    });
    assert!(model.load_error().contains("auto_map"));
}

/// Moves what is the Transformer's into a folder of its own.
fn move_transformer(model: &TestModel) {
    fs::create_dir(model.path("0_Transformer")).unwrap();
    for file in [
        "config.json",
        WEIGHTS,
        TOKENIZER,
        CONFIG,
        "sentence_bert_config.json",
    ] {
        let to = model.path("0_Transformer").join(file);
        fs::rename(model.path(file), to).unwrap();
    }
    model.edit_json("modules.json", |list| {
        list[0]["path"] = json!("0_Transformer")
    });
}

#[test]
fn a_transformer_in_a_folder_of_its_own() {
    let model = TestModel::copy(BERT);
    let expected = model.run(TEXT).unwrap();
    move_transformer(&model);
    assert_eq!(model.run(TEXT).unwrap(), expected);
    // Another model in the root is not the one that is meant.
    model.write("config.json", "{}");
    model.write(WEIGHTS, "");
    assert_eq!(model.run(TEXT).unwrap(), expected);
    for path in ["../0_Transformer", "/0_Transformer"] {
        model.edit_json("modules.json", |list| list[0]["path"] = json!(path));
        assert!(model.load_error().starts_with("modules.json: "));
    }
}

#[test]
fn poolings_as_every_version_writes_them() {
    let file = "1_Pooling/config.json";
    let vector = |config: Value| {
        let model = TestModel::copy(BERT);
        model.write(file, config.to_string());
        model.run(TEXT).unwrap()
    };
    let mean = vector(json!({"pooling_mode_mean_tokens": true}));
    let cls = vector(json!({"pooling_mode_cls_token": true}));
    let max = vector(json!({"pooling_mode_max_tokens": true}));
    assert!(mean != cls && mean != max);
    for (config, expected) in [
        (
            json!({"embedding_dimension": 64, "pooling_mode": "mean"}),
            &mean,
        ),
        (json!({"pooling_mode": ["mean"]}), &mean),
        (json!({"pooling_mode": "cls"}), &cls),
        (json!({"pooling_mode": ["max"]}), &max),
        (json!({"pooling_mode_cls_token": false}), &mean),
        (json!({"embedding_dimension": 64}), &mean),
    ] {
        assert_eq!(&vector(config.clone()), expected, "{config}");
    }
    // It points where the mean does, but is rounded after it was scaled.
    for config in [
        json!({"pooling_mode": "mean_sqrt_len_tokens"}),
        json!({"pooling_mode_mean_sqrt_len_tokens": true}),
    ] {
        let near = vector(config).into_iter().zip(&mean);
        assert!(near.into_iter().all(|(x, m)| (x - m).abs() < 1e-7));
    }
}

#[test]
fn modules_without_effect_on_a_cosine() {
    let model = TestModel::copy(BERT);
    let expected = model.run(TEXT).unwrap();
    model.edit_json("modules.json", |list| {
        for kind in ["Dropout", "Normalize"] {
            let kind = format!("sentence_transformers.models.{kind}");
            let module = json!({"idx": 9, "name": "9", "path": "9_X", "type": kind});
            list.as_array_mut().unwrap().push(module);
        }
    });
    assert_eq!(model.run(TEXT).unwrap(), expected);
}

#[test]
fn layer_norms_by_their_other_names() {
    let model = TestModel::copy(BERT);
    let expected = model.run(TEXT).unwrap();
    model.edit_weights(|weights| {
        let renamed = |name: String| {
            name.replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta")
        };
        let tensors = std::mem::take(&mut weights.0);
        weights.0 = tensors.into_iter().map(|(n, t)| (renamed(n), t)).collect();
    });
    assert_eq!(model.run(TEXT).unwrap(), expected);
}

#[test]
fn weights_of_64_bits() {
    let model = TestModel::copy(XLM_ROBERTA);
    let expected = model.run(TEXT).unwrap();
    model.edit_weights(|weights| {
        for tensor in weights.0.values_mut() {
            let floats = tensor.bytes.as_chunks::<4>().0.iter();
            let wide = floats.map(|&x| f64::from(f32::from_le_bytes(x)));
            let bytes: Vec<u8> = wide.flat_map(f64::to_le_bytes).collect();
            (tensor.dtype, tensor.bytes) = ("F64".to_owned(), bytes);
        }
    });
    assert_eq!(model.run(TEXT).unwrap(), expected);
}

#[test]
fn numbers_that_python_writes() {
    let model = TestModel::copy(BERT);
    let expected = model.run(TEXT).unwrap();
    let text = String::from_utf8(model.read("config.json")).unwrap();
    model.write(
        "config.json",
        text.replacen('{', "{\"x\": Infinity, \"y\": NaN,", 1),
    );
    model.write(CONFIG, r#"{"model_max_length": Infinity}"#);
    assert_eq!(model.run(TEXT).unwrap(), expected);
}
