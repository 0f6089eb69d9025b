//! Tests of what a configuration says, and what it is refused for.

use super::*;
use crate::testing::{config, json_folder};
use serde_json::json;

fn read(edits: &[(&str, Value)]) -> Result<ModelConfig, Error> {
    let mut value = config();
    for (field, edit) in edits {
        value[*field] = edit.clone();
    }
    ModelConfig::read(&json_folder(&[("config.json", value)]))
}

#[test]
fn what_a_file_leaves_out_is_as_in_bert() {
    let config = read(&[]).unwrap();
    let expected = ModelConfig {
        architecture: Architecture::Bert,
        hidden_size: 64,
        layers: 2,
        heads: 4,
        key_heads: 4,
        head_size: 16,
        local: None,
        intermediate_size: 128,
        vocab_size: 100,
        positions: Positions::Learned {
            rows: 130,
            offset: 0,
        },
        token_types: 2,
        task_types: 0,
        distance_buckets: 0,
        norm: LAYER_NORM,
        layer_norm_eps: 1e-12,
        biases: Biases {
            attention: true,
            intermediate: true,
            output: true,
        },
        activation: Activation::Gelu,
        quantization: None,
    };
    assert_eq!(config, expected);
}

#[test]
fn distilbert_has_names_of_its_own() {
    let sizes = json!({
        "model_type": "distilbert", "dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 128, "activation": "gelu",
        "vocab_size": 100, "max_position_embeddings": 130, "sinusoidal_pos_embds": false, "pad_token_id": 0,
    });
    let read = |value: &Value| ModelConfig::read(&json_folder(&[("config.json", value.clone())]));
    let config = read(&sizes).unwrap();
    assert_eq!(
        (config.hidden_size, config.layers, config.heads),
        (64, 2, 4)
    );
    assert_eq!((config.intermediate_size, config.token_types), (128, 0));
    for (field, value, expected) in [
        ("dim", Value::Null, "missing field `dim`."),
        ("n_heads", json!(3), "dim 64 is not divisible by n_heads 3."),
        (
            "n_layers",
            json!(0),
            "n_layers is 0; it must be between 1 and 16777216.",
        ),
    ] {
        let mut broken = sizes.clone();
        broken[field] = value;
        let error = read(&broken).unwrap_err().to_string();
        assert_eq!(error, format!("built-in test/config.json: {expected}"));
    }
}

#[test]
fn ernie_has_task_types_where_it_says_so() {
    let tasks = |edits: &[(&str, Value)]| {
        let mut all = vec![("model_type", json!("ernie"))];
        all.extend_from_slice(edits);
        read(&all).unwrap().task_types
    };
    assert_eq!(tasks(&[]), 0);
    assert_eq!(tasks(&[("use_task_id", json!(true))]), 3);
    let five = ("task_type_vocab_size", json!(5));
    assert_eq!(tasks(std::slice::from_ref(&five)), 0);
    assert_eq!(tasks(&[("use_task_id", json!(true)), five]), 5);
}

/// Positions of RoBERTa begin behind the padding id, those of BERT at 0 whatever that is.
#[test]
fn positions_by_family() {
    for (kind, padding, offset) in [
        ("bert", Some(1), 0),
        ("roberta", Some(1), 2),
        ("xlm-roberta", None, 2),
        ("camembert", Some(1), 2),
        ("xlm-roberta", Some(0), 1),
        ("ernie", Some(0), 0),
        ("mpnet", Some(0), 2),
    ] {
        let mut edits = vec![("model_type", json!(kind))];
        edits.extend(padding.map(|id| ("pad_token_id", json!(id))));
        let config = read(&edits).unwrap();
        assert_eq!(config.offset(), offset, "{kind} {padding:?}");
        assert_eq!(config.reach(), 130 - offset);
    }
}

#[test]
fn activations_by_their_names_in_transformers() {
    for (name, activation) in [
        ("gelu", Activation::Gelu),
        ("gelu_new", Activation::GeluTanh),
        ("gelu_pytorch_tanh", Activation::GeluTanh),
        ("gelu_fast", Activation::GeluTanh),
        ("gelu_python", Activation::Gelu),
        ("gelu_python_tanh", Activation::GeluTanh),
        ("gelu_accurate", Activation::GeluTanh),
        ("relu", Activation::Relu),
        ("silu", Activation::Silu),
        ("swish", Activation::Silu),
    ] {
        let config = read(&[("hidden_act", json!(name))]).unwrap();
        assert_eq!(config.activation, activation, "{name}");
    }
    for value in [
        json!("gelu_10"),
        json!("quick_gelu"),
        json!({"gelu": true}),
        json!(1),
    ] {
        let error = read(&[("hidden_act", value)]).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::UnsupportedModel);
    }
}

#[test]
fn quantization_is_that_of_the_file() {
    let q4 = json!({"quant_method": "yuyi-q4", "format": "q4_0", "block_size": 32});
    let config = read(&[("quantization_config", q4)]).unwrap();
    assert_eq!(config.quantization, Some(Quantization::Q4));
    let config = read(&[("quantization_config", Value::Null)]).unwrap();
    assert_eq!(config.quantization, None);
}
