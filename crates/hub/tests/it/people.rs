//! Repositories that people have tried with other servers and asked about, by their files: what comes of them here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stand_in::{Repository, StandIn};
use crate::support::{Place, files, model, weights};

/// A configuration like those of BERT, with more in it.
fn config(more: Value) -> String {
    let mut config = json!({
        "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 2, "max_position_embeddings": 16,
    });
    let more = more.as_object().unwrap().clone();
    config.as_object_mut().unwrap().extend(more);
    config.to_string()
}

/// A repository of these files; one that ends in `.safetensors` is sound.
fn repository(texts: &[(&str, &str)]) -> Repository {
    let file = |&(path, text): &(&str, &str)| {
        let content = match path.ends_with(".safetensors") {
            true => weights(1, 5_000),
            false => text.as_bytes().to_vec(),
        };
        (path.to_owned(), content)
    };
    Repository {
        files: texts.iter().map(file).collect::<BTreeMap<_, _>>(),
        ..model(1)
    }
}

const POOLING: (&str, &str) = (
    "1_Pooling/config.json",
    r#"{"pooling_mode_cls_token": true}"#,
);
const VOCABULARY: (&str, &str) = ("vocab.txt", "[PAD]\n[UNK]\n");
const WEIGHTS: (&str, &str) = ("model.safetensors", "");

fn module(kind: &str, path: &str) -> Value {
    json!({"type": format!("sentence_transformers.models.{kind}"), "path": path})
}

/// What is installed of a repository.
fn installed(id: &str, repository: Repository) -> Vec<String> {
    let hub = StandIn::start();
    hub.put(id, repository);
    let place = Place::new(&hub);
    let pulled = place
        .pull(id)
        .unwrap_or_else(|error| panic!("{id}: {error}"));
    files(&pulled.folder).into_keys().collect()
}

#[test]
fn what_runs_is_fetched_without_what_lies_beside_it() {
    // BAAI/bge-m3: parts of its other vectors, pictures, ONNX.
    let own = config(json!({"architectures": ["XLMRobertaModel"]}));
    let bge = repository(&[
        ("config.json", &own),
        POOLING,
        VOCABULARY,
        WEIGHTS,
        ("colbert_linear.pt", "x"),
        ("sparse_linear.pt", "x"),
        ("imgs/long.jpg", "x"),
        ("onnx/model.onnx_data", "x"),
        (".DS_Store", "x"),
    ]);
    let expected = [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "vocab.txt",
    ];
    assert_eq!(installed("BAAI/bge-m3", bge), expected);

    // intfloat/multilingual-e5: a module whose folder nobody has.
    let list = json!([
        module("Transformer", ""),
        module("Pooling", "1_Pooling"),
        module("Normalize", "2_Normalize")
    ]);
    let list = list.to_string();
    let e5 = [
        ("config.json", &own[..]),
        POOLING,
        VOCABULARY,
        WEIGHTS,
        ("modules.json", &list[..]),
    ];
    assert_eq!(installed("intfloat/e5", repository(&e5)).len(), 5);

    // As sentence-transformers laid models out before it used the hub.
    let list = json!([
        module("Transformer", "0_Transformer"),
        module("Pooling", "1_Pooling")
    ]);
    let old = repository(&[
        ("modules.json", &list.to_string()),
        ("0_Transformer/config.json", &own),
        ("0_Transformer/vocab.txt", VOCABULARY.1),
        (
            "0_Transformer/sentence_bert_config.json",
            r#"{"max_seq_length": 12}"#,
        ),
        ("0_Transformer/model.safetensors", ""),
        POOLING,
    ]);
    assert_eq!(installed("org/older", old).len(), 6);

    // GanymedeNil/text2vec-large-chinese: neither modules nor a pooling; the catalogue knows it.
    let text2vec = repository(&[
        ("config.json", &own),
        VOCABULARY,
        WEIGHTS,
        ("eval_results.txt", "x"),
    ]);
    let expected = ["config.json", "model.safetensors", "vocab.txt"];
    assert_eq!(
        installed("GanymedeNil/text2vec-large-chinese", text2vec),
        expected
    );
}

#[test]
fn what_does_not_run_is_told_with_what_does() {
    let plain = config(json!({}));
    let minicpm = config(json!({
        "model_type": "minicpm", "architectures": ["LayerWiseMiniCPMForCausalLM"],
        "auto_map": {"AutoModelForCausalLM": "modeling_minicpm_reranker.LayerWiseMiniCPMForCausalLM"},
    }));
    let qwen2 = config(json!({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}));
    let gemma2 = config(json!({"model_type": "gemma2", "architectures": ["Gemma2Model"]}));
    let jina = config(json!({
        "architectures": ["JinaBertForSequenceClassification"], "position_embedding_type": "alibi",
        "auto_map": {"AutoModelForSequenceClassification": "jinaai/jina-bert-implementation--modeling_bert.JinaBertForSequenceClassification"},
        "num_labels": 1,
    }));
    let gptq = config(json!({"quantization_config": {"quant_method": "gptq", "bits": 4}}));
    let with = |config: &str| repository(&[("config.json", config), POOLING, VOCABULARY, WEIGHTS]);
    let without_weights = |more: &[(&str, &str)]| {
        repository(&[&[("config.json", &plain[..]), VOCABULARY][..], more].concat())
    };
    for (id, repository, reason, instead) in [
        (
            "onnx-community/Qwen3-Embedding-0.6B-ONNX",
            without_weights(&[("onnx/model.onnx", "x")]),
            "its weights are for ONNX",
            "yuyi pull Qwen3-Embedding-0.6B",
        ),
        (
            "Xenova/bge-base-zh-v1.5",
            without_weights(&[("onnx/model_quantized.onnx", "x")]),
            "its weights are for ONNX",
            "yuyi pull bge-base-zh-v1.5",
        ),
        (
            "gpustack/bge-m3-GGUF",
            repository(&[("bge-m3-Q4_K_M.gguf", "x")]),
            "its weights are for GGUF",
            "yuyi pull bge-m3",
        ),
        (
            "gpustack/bge-reranker-v2-m3-GGUF",
            repository(&[("bge-reranker-v2-m3-FP16.gguf", "x")]),
            "its weights are for GGUF",
            "yuyi pull bge-reranker-v2-m3",
        ),
        (
            "PaddlePaddle/ernie-3.0-base-zh",
            without_weights(&[("model_state.pdparams", "x")]),
            "nghuyong/ernie-3.0-base-zh",
            "yuyi pull ",
        ),
        (
            "org/tf-only",
            without_weights(&[("tf_model.h5", "x")]),
            "its weights are for TensorFlow",
            "yuyi pull ",
        ),
        (
            "org/lora",
            repository(&[("adapter_config.json", "{}"), WEIGHTS_OF_ADAPTER]),
            "merge_and_unload()",
            "yuyi pull ",
        ),
        (
            "BAAI/bge-reranker-v2-minicpm-layerwise",
            with(&minicpm),
            "model_type \"minicpm\" is not supported",
            "yuyi pull bge-reranker-v2-m3",
        ),
        (
            "Alibaba-NLP/gte-Qwen2-1.5B-instruct",
            with(&qwen2),
            "model_type \"qwen2\" is not supported",
            "yuyi pull ",
        ),
        (
            "BAAI/bge-multilingual-gemma2",
            with(&gemma2),
            "model_type \"gemma2\" is not supported",
            "yuyi pull ",
        ),
        (
            "jinaai/jina-reranker-v1-tiny-en",
            with(&jina),
            "config.json: ",
            "yuyi pull ",
        ),
        (
            "org/gte-base-zh-gptq",
            with(&gptq),
            "gptq",
            "yuyi pull gte-base-zh",
        ),
    ] {
        let hub = StandIn::start();
        hub.put(id, repository);
        let place = Place::new(&hub);
        let told = place.pull(id).unwrap_err().to_string();
        let start = format!("{id} cannot be run: ");
        assert!(told.starts_with(&start) && told.contains(reason), "{told}");
        assert!(told.contains(instead), "{told}");
        let name = id.rsplit('/').next().unwrap();
        assert!(!place.folder(name).exists());
    }
}

/// What only its owner can say.
#[test]
fn a_model_that_does_not_say_how_it_pools_is_told_what_to_add() {
    let hub = StandIn::start();
    let masked = config(json!({"architectures": ["BertForMaskedLM"]}));
    hub.put(
        "google-bert/bert-base-chinese",
        repository(&[("config.json", &masked), VOCABULARY, WEIGHTS]),
    );
    let place = Place::new(&hub);
    let told = place
        .pull("google-bert/bert-base-chinese")
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("1_Pooling/config.json: there is none"),
        "{told}"
    );
    assert!(
        told.contains("{\"pooling_mode_mean_tokens\": true}"),
        "{told}"
    );
}

const WEIGHTS_OF_ADAPTER: (&str, &str) = ("adapter_model.safetensors", "");
