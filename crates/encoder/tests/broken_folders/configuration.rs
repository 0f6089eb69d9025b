//! config.json and the files of sentence-transformers: sizes, types and values that no model has.

use serde_json::{Value, json};

use crate::model::{BERT, TestModel, XLM_ROBERTA};

const LIMIT: &str = "it must be between 1 and 16777216.";

fn error_with(file: &str, field: &str, value: Value) -> String {
    let model = TestModel::copy(BERT);
    model.edit_json(file, |json| json[field] = value);
    model.load_error()
}

#[test]
fn sizes_that_no_model_has() {
    let sizes = [
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "vocab_size",
        "max_position_embeddings",
        "type_vocab_size",
    ];
    for field in sizes {
        for size in [0, (1 << 24) + 1, u64::MAX] {
            let error = error_with("config.json", field, json!(size));
            assert_eq!(error, format!("config.json: {field} is {size}; {LIMIT}"));
        }
        for (value, shown) in [
            (json!(-1), "integer `-1`"),
            (json!(2.5), "floating point `2.5`"),
            (json!(1e300), "floating point `1e+300`"),
            (json!("64"), "string \"64\""),
            (json!([64]), "sequence"),
        ] {
            let error = error_with("config.json", field, value);
            assert!(error.starts_with("config.json: invalid "), "{error}");
            assert!(error.contains(shown), "{field}: {error}");
        }
    }
}

#[test]
fn each_size_missing() {
    let model = TestModel::copy(BERT);
    let sound = model.json("config.json");
    for (field, value) in sound.as_object().unwrap() {
        if field == "type_vocab_size" || !value.is_u64() {
            continue;
        }
        let mut config = sound.clone();
        config.as_object_mut().unwrap().remove(field);
        model.write("config.json", config.to_string());
        match field.as_str() {
            "pad_token_id" => drop(model.load().unwrap()),
            field => {
                let expected = format!("config.json: missing field `{field}`.");
                assert_eq!(model.load_error(), expected);
            }
        }
    }
}

#[test]
fn sizes_that_the_weights_do_not_have() {
    for (field, size, tensor) in [
        (
            "hidden_size",
            66,
            "encoder.layer.0.attention.self.query.bias",
        ),
        (
            "intermediate_size",
            255,
            "encoder.layer.0.intermediate.dense.bias",
        ),
        ("vocab_size", 134, "embeddings.word_embeddings.weight"),
        (
            "max_position_embeddings",
            511,
            "embeddings.position_embeddings.weight",
        ),
        (
            "type_vocab_size",
            1,
            "embeddings.token_type_embeddings.weight",
        ),
    ] {
        let error = error_with("config.json", field, json!(size));
        assert!(
            error.starts_with(&format!(
                "model.safetensors: tensor {tensor}: its shape is ["
            )),
            "{error}"
        );
        assert!(
            error.contains(&format!("but config.json asks for [{size}")),
            "{error}"
        );
    }
    let error = error_with("config.json", "num_hidden_layers", json!(3));
    assert_eq!(
        error,
        "model.safetensors: tensor encoder.layer.2.attention.self.query.bias: \
         it is missing; a tensor of shape [64] was expected."
    );
}

#[test]
fn values_that_contradict_each_other() {
    for heads in [3, 63, 65, 128] {
        let expected =
            format!("config.json: hidden_size 64 is not divisible by num_attention_heads {heads}.");
        assert_eq!(
            error_with("config.json", "num_attention_heads", json!(heads)),
            expected
        );
    }
    let model = TestModel::copy(XLM_ROBERTA);
    for id in [129, 130, 1 << 24] {
        model.edit_json("config.json", |config| config["pad_token_id"] = json!(id));
        assert_eq!(
            model.load_error(),
            "config.json: pad_token_id leaves no position embedding for a token."
        );
    }
    model.edit_json("config.json", |config| {
        config["pad_token_id"] = json!(u64::MAX)
    });
    assert_eq!(
        model.load_error(),
        "config.json: pad_token_id must be at most 16777216."
    );
}

#[test]
fn models_that_yuyi_does_not_run() {
    let cases = [
        (
            "model_type",
            json!("t5"),
            "model_type \"t5\" is not supported. yuyi runs bert, roberta, xlm-roberta, camembert, ernie, distilbert, \
             mpnet, new, modernbert and qwen3; the nearest to it is xlm-roberta.",
        ),
        (
            "model_type",
            json!("gpt2"),
            "model_type \"gpt2\" is not supported. yuyi runs bert, roberta, xlm-roberta, camembert, ernie, distilbert, \
             mpnet, new, modernbert and qwen3; the nearest to it is qwen3.",
        ),
        (
            "hidden_act",
            json!("mish"),
            "hidden_act \"mish\" is not supported. yuyi knows gelu, gelu_new, gelu_pytorch_tanh, relu and silu.",
        ),
        (
            "position_embedding_type",
            json!("relative_key"),
            "position_embedding_type \"relative_key\" is not supported; only \"absolute\" is.",
        ),
        (
            "is_decoder",
            json!(true),
            "is_decoder is true; yuyi runs encoders only.",
        ),
        (
            "layer_norm_eps",
            json!(-1.0),
            "layer_norm_eps must be a number of at least 0.",
        ),
        (
            "layer_norm_eps",
            json!(1e39),
            "layer_norm_eps must be a number of at least 0.",
        ),
    ];
    for (field, value, expected) in cases {
        assert_eq!(
            error_with("config.json", field, value),
            format!("config.json: {expected}")
        );
    }
}

#[test]
fn a_configuration_that_is_no_object() {
    for text in ["[]", "null", "7", "\"bert\"", "[1, 2, 3]"] {
        let model = TestModel::copy(BERT);
        model.write("config.json", text);
        assert_eq!(
            model.load_error(),
            "config.json: a JSON object was expected."
        );
    }
}

#[test]
fn poolings_that_yuyi_does_not_have() {
    let file = "1_Pooling/config.json";
    let cases = [
        (
            "pooling_mode",
            json!("first"),
            "pooling_mode \"first\" is not supported. yuyi pools by cls, mean, max, mean_sqrt_len, weightedmean, lasttoken or the mean of the last two layers (mean_last_2), one of them.",
        ),
        (
            "pooling_mode",
            json!(["cls", "mean"]),
            "pooling_mode \"cls\" with pooling_mode \"mean\" is not supported. yuyi pools by cls, mean, max, mean_sqrt_len, weightedmean, lasttoken or the mean of the last two layers (mean_last_2), one of them.",
        ),
        (
            "pooling_mode",
            json!(7),
            "pooling_mode \"7\" is not supported. yuyi pools by cls, mean, max, mean_sqrt_len, weightedmean, lasttoken or the mean of the last two layers (mean_last_2), one of them.",
        ),
        (
            "pooling_mode_mean_tokens",
            json!(true),
            "pooling_mode_cls_token with pooling_mode_mean_tokens is not supported. yuyi pools by cls, mean, max, mean_sqrt_len, weightedmean, lasttoken or the mean of the last two layers (mean_last_2), one of them.",
        ),
        (
            "include_prompt",
            json!(false),
            "include_prompt is false; yuyi pools over the prompt's tokens too.",
        ),
    ];
    for (field, value, expected) in cases {
        assert_eq!(
            error_with(file, field, value),
            format!("{file}: {expected}")
        );
    }
    let model = TestModel::copy(BERT);
    model.write(file, "{\"pooling_mode_pad_max_tokens\": true}");
    let expected = "pooling_mode_pad_max_tokens is not supported. yuyi pools by cls, mean, max, mean_sqrt_len, weightedmean, lasttoken or the mean of the last two layers (mean_last_2), one of them.";
    assert_eq!(model.load_error(), format!("{file}: {expected}"));
}

#[test]
fn modules_that_lead_elsewhere() {
    for path in ["../1_Pooling", "/etc", "a/../../b", ""] {
        let error = with_module("sentence_transformers.models.Pooling", path);
        let expected =
            format!("the pooling module's path \"{path}\" must be a folder inside the model's.");
        assert_eq!(error, format!("modules.json: {expected}"));
    }
    assert_eq!(
        with_module("sentence_transformers.models.Pooling", "2_Pooling"),
        "2_Pooling/config.json does not exist. The model folder is incomplete."
    );
    assert_eq!(
        with_module("sentence_transformers.models.WordWeights", "2_Weights"),
        "modules.json: the module WordWeights is not supported. yuyi knows Transformer, Pooling, Dense and Normalize."
    );
}

#[test]
fn a_list_of_no_modules() {
    let model = TestModel::copy(BERT);
    model.write("modules.json", "[]");
    assert_eq!(
        model.load_error(),
        "modules.json: it lists no module; a Transformer and a Pooling were expected."
    );
}

/// The error when module 1 is another one.
fn with_module(kind: &str, path: &str) -> String {
    let model = TestModel::copy(BERT);
    model.edit_json("modules.json", |modules| {
        modules[1]["type"] = json!(kind);
        modules[1]["path"] = json!(path);
    });
    model.load_error()
}

#[test]
fn lengths_that_leave_no_room() {
    for (file, field) in [
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
    ] {
        for length in [0, 2] {
            let model = TestModel::copy(BERT);
            if field == "model_max_length" {
                model.remove("sentence_bert_config.json");
            }
            model.edit_json(file, |json| json[field] = json!(length));
            let expected = format!(
                "{file}: by {field}, texts may have {length} tokens; at least 3 are needed for a word \
                 between two special tokens."
            );
            assert_eq!(model.load_error(), expected);
        }
    }
    let error = error_with("sentence_bert_config.json", "max_seq_length", json!(-1));
    assert!(error.starts_with("sentence_bert_config.json: this is not the JSON that was expected: invalid value: integer `-1`"), "{error}");
}

#[test]
fn a_default_prompt_that_is_not_there() {
    let model = TestModel::copy(XLM_ROBERTA);
    let file = "config_sentence_transformers.json";
    model.edit_json(file, |json| json["default_prompt_name"] = json!("missing"));
    let expected = "default_prompt_name \"missing\" is not among the prompts.";
    assert_eq!(model.load_error(), format!("{file}: {expected}"));
}
