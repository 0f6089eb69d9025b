//! Models with rotary positions, GTE's encoder, ModernBERT and Qwen3: what their configurations may ask for, what decides
//! their vectors, and their integers. That the vectors are right is `parity.rs`'s to show.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/model.rs"]
mod model;
#[path = "support/weights.rs"]
mod weights;

use std::collections::HashSet;

use model::TestModel;
use serde_json::{Value, json};
use yuyi_encoder::Precision::{F32, Int4, Int8};
use yuyi_encoder::{
    EncodeOptions, Folder, LongText, Positions, Precision, SpecDefaults, quantize_folder,
};

const GTE: &str = "gte-cls-f16";
const GTE_RMS: &str = "gte-mean-f32";
const MODERN_BERT: &str = "modernbert-cls-f16";
const MODERN_BERT_SILU: &str = "modernbert-mean-f32";
const QWEN3: &str = "qwen3-last-bf16";
const ALL: [&str; 5] = [GTE, GTE_RMS, MODERN_BERT, MODERN_BERT_SILU, QWEN3];

/// Random weights lose more than trained ones do.
const INT8_WEIGHTS: f64 = 0.995;
const INT4_WEIGHTS: f64 = 0.9;

/// A short text, one of about 200 tokens, and one that is cut.
fn texts() -> [String; 3] {
    ["今天天气", "你们的发票 AI ", "reading three books, 未来 "]
        .into_iter()
        .zip([1, 15, 40])
        .map(|(text, times)| text.repeat(times))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

fn vectors(model: &TestModel, precision: Option<Precision>) -> Vec<Vec<f32>> {
    let (encoder, texts) = (model.load_in(precision).unwrap(), texts());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let encoded = encoder.encode(&texts, &EncodeOptions::default()).unwrap();
    encoded.into_iter().map(|e| e.vector).collect()
}

fn least_cosine(a: &[Vec<f32>], b: &[Vec<f32>]) -> f64 {
    let cosine = |(a, b): (&Vec<f32>, &Vec<f32>)| {
        let products = a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y));
        products.sum::<f64>()
    };
    a.iter().zip(b).map(cosine).fold(1.0, f64::min)
}

#[test]
fn they_are_quantised_when_asked_and_a_decoder_unless_asked_otherwise() {
    for fixture in ALL {
        let model = TestModel::copy(fixture);
        let own = if fixture == QWEN3 { Int8 } else { F32 };
        assert_eq!(model.load().unwrap().precision(), own, "{fixture}");
        let original = vectors(&model, Some(F32));
        for (precision, least) in [(Int8, INT8_WEIGHTS), (Int4, INT4_WEIGHTS)] {
            let quantised = vectors(&model, Some(precision));
            let cosine = least_cosine(&quantised, &original);
            println!("{fixture} {}: {cosine}", precision.name());
            assert!(
                cosine >= least && quantised != original,
                "{fixture}: {cosine}"
            );
        }
        let bytes = [F32, Int8, Int4].map(|precision| {
            let facts = model.facts_in(Some(precision)).unwrap();
            let loaded = model.load_in(Some(precision)).unwrap();
            assert_eq!(facts.weight_bytes, loaded.weight_bytes(), "{fixture}");
            facts.weight_bytes
        });
        assert!(bytes.is_sorted_by(|a, b| a > b), "{fixture}: {bytes:?}");
    }
}

#[test]
fn a_folder_written_in_integers_gives_what_quantising_at_load_gives() {
    for (fixture, precision) in ALL
        .into_iter()
        .flat_map(|fixture| [Int8, Int4].map(|precision| (fixture, precision)))
    {
        let model = TestModel::copy(fixture);
        let from = Folder::open(model.path("")).unwrap();
        let to = model.path("small");
        quantize_folder(&from, &to, precision, &SpecDefaults::default()).unwrap();
        let copy = Folder::open(&to).unwrap();
        let options = yuyi_encoder::LoadOptions {
            threads: Some(1),
            ..yuyi_encoder::LoadOptions::default()
        };
        let encoder = yuyi_encoder::Encoder::load(&copy, &options).unwrap();
        assert_eq!(encoder.precision(), precision);
        let texts = texts();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encoded = encoder.encode(&texts, &EncodeOptions::default()).unwrap();
        let got: Vec<_> = encoded.into_iter().map(|e| e.vector).collect();
        assert_eq!(got, vectors(&model, Some(precision)), "{fixture}");
    }
}

#[test]
fn what_decides_the_vectors_decides_the_fingerprint() {
    let fields: [(&str, &[(&str, Value)]); 3] = [
        (
            GTE,
            &[
                ("rope_theta", json!(10_000)),
                ("rope_scaling", Value::Null),
                ("rope_scaling", json!({"type": "ntk", "factor": 4.0})),
                (
                    "rope_scaling",
                    json!({"type": "ntk", "factor": 8.0, "mixed_b": 0.5}),
                ),
                ("hidden_act", json!("silu")),
                ("num_attention_heads", json!(4)),
            ],
        ),
        (
            MODERN_BERT,
            &[
                ("local_attention", json!(64)),
                ("local_rope_theta", json!(20_000.0)),
                ("global_rope_theta", json!(20_000.0)),
                ("global_attn_every_n_layers", json!(2)),
                ("norm_eps", json!(1e-3)),
            ],
        ),
        (
            QWEN3,
            &[
                ("rope_theta", json!(10_000)),
                ("rms_norm_eps", json!(1e-3)),
                ("hidden_act", json!("gelu")),
            ],
        ),
    ];
    for (fixture, edits) in fields {
        let fingerprint = |edit: Option<&(&str, Value)>| {
            let model = TestModel::copy(fixture);
            if let Some((field, value)) = edit {
                model.edit_json("config.json", |config| config[*field] = value.clone());
            }
            let encoder = model.load_in(Some(F32)).unwrap();
            // Long enough for every position and window to count.
            let text = texts()[1].clone();
            let encoded = encoder.encode(&[&text], &EncodeOptions::default()).unwrap();
            let vector = encoded[0].vector.iter().map(|x| x.to_bits());
            (encoder.fingerprint(), vector.collect::<Vec<_>>())
        };
        let first = fingerprint(None);
        let (mut prints, mut vectors) = (HashSet::from([first.0]), HashSet::from([first.1]));
        for edit in edits {
            let (print, vector) = fingerprint(Some(edit));
            assert!(prints.insert(print), "{fixture} {edit:?}");
            assert!(vectors.insert(vector), "{fixture} {edit:?} changes nothing");
        }
    }
}

#[test]
fn what_is_not_supported_is_refused_by_its_name() {
    let config = |fixture: &str, field: &str, value: Value| {
        let model = TestModel::copy(fixture);
        model.edit_json("config.json", |config| config[field] = value);
        model.load_error()
    };
    for (fixture, field, value, expected) in [
        (
            GTE,
            "logn_attention_scale",
            json!(true),
            "logn_attention_scale is true; yuyi runs models where it is false.",
        ),
        (
            GTE,
            "pack_qkv",
            json!(false),
            "pack_qkv is false; yuyi runs models where it is true.",
        ),
        (
            GTE,
            "position_embedding_type",
            json!("absolute"),
            "position_embedding_type \"absolute\" is not supported; only \"rope\" is.",
        ),
        (
            GTE,
            "layer_norm_type",
            json!("group_norm"),
            "layer_norm_type \"group_norm\" is not supported.",
        ),
        (
            GTE,
            "rope_scaling",
            json!({"type": "linear", "factor": 2.0}),
            "rope_scaling of type \"linear\" is not supported.",
        ),
        (
            GTE,
            "rope_scaling",
            json!({"type": "ntk", "factor": 0}),
            "rope_scaling needs a factor between 1 and 1000000",
        ),
        (
            GTE,
            "rope_scaling",
            json!({"type": "ntk", "factor": "8"}),
            "factor is \"8\", which is no number.",
        ),
        (
            GTE,
            "rope_theta",
            json!(0),
            "rope_theta must be a number of at least 1.",
        ),
        (
            GTE,
            "num_attention_heads",
            json!(64),
            "a head has 1 elements; rotary positions need an even number.",
        ),
        (
            MODERN_BERT,
            "layer_types",
            json!(["full_attention"]),
            "layer_types has 1 entries, but num_hidden_layers is 4.",
        ),
        (
            MODERN_BERT,
            "global_attn_every_n_layers",
            json!(0),
            "global_attn_every_n_layers is 0; it must be between 1 and",
        ),
        (
            MODERN_BERT,
            "hidden_activation",
            json!("mish"),
            "hidden_activation \"mish\" is not supported.",
        ),
        (
            MODERN_BERT,
            "norm_eps",
            json!(-1.0),
            "norm_eps must be a number of at least 0.",
        ),
        (
            QWEN3,
            "use_sliding_window",
            json!(true),
            "use_sliding_window is true; yuyi runs models where it is false.",
        ),
        (
            QWEN3,
            "is_causal",
            json!(false),
            "is_causal is false; yuyi runs models where it is true.",
        ),
        (
            QWEN3,
            "use_bidirectional_attention",
            json!(true),
            "use_bidirectional_attention is true; yuyi runs models where it is false.",
        ),
        (
            QWEN3,
            "layer_types",
            json!(["full_attention", "sliding_attention"]),
            "layer_types has sliding_attention",
        ),
        (
            QWEN3,
            "rope_scaling",
            json!({"rope_type": "yarn", "factor": 4.0}),
            "rope_scaling of type \"yarn\" is not supported.",
        ),
        (
            QWEN3,
            "num_key_value_heads",
            json!(3),
            "num_attention_heads 4 is not divisible by num_key_value_heads 3.",
        ),
        (
            QWEN3,
            "head_dim",
            json!(16_777_216),
            "head_dim 16777216 is too large for 4 heads.",
        ),
    ] {
        let error = config(fixture, field, value);
        assert!(error.starts_with("config.json: "), "{error}");
        assert!(error.contains(expected), "{fixture} {field}: {error}");
    }
}

#[test]
fn a_tensor_of_another_shape_or_none_is_named() {
    for (fixture, tensor) in [
        (GTE, "new.encoder.layer.1.mlp.up_gate_proj.weight"),
        (MODERN_BERT, "model.layers.1.attn_norm.weight"),
        (MODERN_BERT, "model.final_norm.weight"),
        (QWEN3, "layers.1.self_attn.k_proj.weight"),
        (QWEN3, "layers.0.self_attn.q_norm.weight"),
        (QWEN3, "norm.weight"),
    ] {
        let model = TestModel::copy(fixture);
        model.edit_weights(|weights| drop(weights.0.remove(tensor).unwrap()));
        let bare = tensor
            .trim_start_matches("new.")
            .trim_start_matches("model.");
        let error = model.load_error();
        assert!(
            error.contains(&format!("tensor {bare}: it is missing")),
            "{error}"
        );
        let model = TestModel::copy(fixture);
        model.edit_weights(|weights| weights.get(tensor).shape.push(1));
        let error = model.load_error();
        assert!(error.contains("but config.json asks for"), "{error}");
    }
}

/// Finite weights whose products are not.
#[test]
fn what_overflows_is_an_error_and_no_vector() {
    for (fixture, tensor) in [
        (GTE_RMS, "encoder.layer.1.mlp.up_gate_proj.weight"),
        (MODERN_BERT_SILU, "layers.1.attn.Wqkv.weight"),
        (MODERN_BERT_SILU, "layers.2.mlp.Wo.weight"),
        (QWEN3, "layers.1.mlp.down_proj.weight"),
        (QWEN3, "layers.0.self_attn.v_proj.weight"),
    ] {
        let model = TestModel::copy(fixture);
        model.edit_weights(|weights| {
            let tensor = weights.get(tensor);
            let huge: &[u8] = match tensor.dtype.as_str() {
                "F32" => &[0xFF, 0xFF, 0x7F, 0x7F],
                _ => &[0x7F, 0x7F],
            };
            let numbers = tensor.bytes.chunks_exact_mut(huge.len());
            numbers.for_each(|number| number.copy_from_slice(huge));
        });
        let error = model.load_in(Some(F32)).err().unwrap().to_string();
        assert!(
            error.contains("no finite vector"),
            "{fixture} {tensor}: {error}"
        );
        model.edit_weights(|weights| {
            let bytes = &mut weights.get(tensor).bytes;
            let last = bytes.len();
            bytes[last - 2..].copy_from_slice(&[0xC0, 0x7F]);
        });
        let error = model.load_error();
        assert!(error.contains("is not a finite number"), "{error}");
    }
}

#[test]
fn the_end_that_is_pooled_stays_when_a_text_is_cut() {
    let model = TestModel::copy(QWEN3);
    model.edit_json("sentence_bert_config.json", |config| {
        config["max_seq_length"] = json!(20);
    });
    let encoder = model.load().unwrap();
    let long = texts()[2].clone();
    let end = encoder
        .tokenize_one("", &EncodeOptions::default())
        .unwrap()
        .ids;
    assert_eq!(
        end.len(),
        1,
        "the end of a text is all that is put around it"
    );
    for long_text in [LongText::CutEnd, LongText::CutStart, LongText::Mean] {
        let options = EncodeOptions {
            long_text,
            ..EncodeOptions::default()
        };
        let tokens = encoder.tokenize_one(&long, &options).unwrap();
        for window in tokens.windows() {
            assert!(
                window.len() <= 20 && window.last() == end.last(),
                "{long_text:?}"
            );
        }
    }
}

#[test]
fn a_decoder_does_not_look_ahead() {
    let encoder = TestModel::copy(QWEN3).load_in(Some(F32)).unwrap();
    let options = EncodeOptions {
        states: true,
        ..EncodeOptions::default()
    };
    let states = |text: &str| {
        let encoded = encoder.encode(&[text], &options).unwrap();
        encoded.into_iter().next().unwrap().states.unwrap()
    };
    let (one, other) = (states("发票 AI 今天"), states("发票 AI 未来 three"));
    let same = one.rows().zip(other.rows()).take_while(|(a, b)| a == b);
    // What both texts begin with, and nothing after it.
    assert_eq!(
        same.count(),
        encoder.pieces("发票 AI ", None, false).unwrap().len() - 1
    );
}

#[test]
fn a_text_may_be_as_long_as_the_configuration_says() {
    let model = TestModel::copy(MODERN_BERT);
    model.edit_json("config.json", |config| {
        config["max_position_embeddings"] = json!(2_000_000);
    });
    model.remove("sentence_bert_config.json");
    let encoder = model.load().unwrap();
    let Positions::Rotary { reach, .. } = encoder.spec().config.positions else {
        panic!("positions turn")
    };
    // The tokenizer's own limit is the shorter.
    assert_eq!((reach, encoder.spec().max_tokens), (2_000_000, 131_072));
    let text = "reading ".repeat(1_500);
    let tokens = encoder
        .tokenize_one(&text, &EncodeOptions::default())
        .unwrap();
    assert!(!tokens.truncated && tokens.ids.len() > 1_000);
    let vectors = encoder.encode_tokens(&[tokens.clone(), tokens]).unwrap();
    assert_eq!(vectors[0].vector, vectors[1].vector);
}
