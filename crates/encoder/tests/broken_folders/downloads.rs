//! Folders of another format, or what a download left: the error says what is there and what to do.

use std::fs;

use yuyi_encoder::Folder;

use crate::model::{BERT, TestModel, WEIGHTS};

const TOKENIZER: &str = "tokenizer.json";

#[test]
fn weights_in_other_formats() {
    let convert = |packages: &str, argument: &str| {
        format!(
            ". Convert it in Python, with pip install \"transformers<5\" torch {packages}: \
             AutoModel.from_pretrained(FOLDER, {argument}).save_pretrained(FOLDER)."
        )
    };
    let fetch = |whence: &str| {
        format!(", which cannot be turned back. Fetch the model that it was made of{whence}")
    };
    let unknown = fetch(", with its safetensors, by its repository: `yuyi pull ORG/NAME`.");
    let ernie = ". Baidu's ERNIE models are published for transformers, too: `yuyi pull nghuyong/ernie-3.0-base-zh`; \
                 convert.py of github.com/nghuyong/ERNIE-Pytorch converts one of your own.";
    for (file, made_of, advice) in [
        ("tf_model.h5", "", convert("tensorflow", "from_tf=True")),
        ("flax_model.msgpack", "", convert("flax", "from_flax=True")),
        ("model.onnx", "/home/me/model", unknown.clone()),
        (
            "onnx/model.onnx",
            "BAAI/bge-base-zh-v1.5",
            fetch(": `yuyi pull BAAI/bge-base-zh-v1.5`."),
        ),
        ("openvino_model.xml", "", unknown),
        ("model_state.pdparams", "", ernie.to_owned()),
    ] {
        let model = TestModel::copy(BERT);
        model.remove(WEIGHTS);
        model.edit_json("config.json", |config| {
            config["_name_or_path"] = serde_json::json!(made_of);
        });
        fs::create_dir_all(model.path(file).parent().unwrap()).unwrap();
        model.write(file, "");
        let expected =
            format!("model.safetensors does not exist, and yuyi does not read {file}{advice}");
        assert_eq!(model.load_error(), expected);
    }
}

#[test]
fn tokenizers_in_other_formats() {
    for file in ["sentencepiece.bpe.model", "vocab.json"] {
        let model = TestModel::copy(BERT);
        model.remove(TOKENIZER);
        model.remove("vocab.txt");
        model.write(file, "");
        let expected = format!(
            "tokenizer.json does not exist, and yuyi does not read {file}. Make it in Python: \
             AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)."
        );
        assert_eq!(model.load_error(), expected);
    }
}

/// A model that writes text is an embedding model or a reranker only where something says so.
#[test]
fn models_that_write_text() {
    let model = TestModel::copy("qwen3-last-bf16");
    model.remove("modules.json");
    model.remove("1_Pooling/config.json");
    model.edit_json("config.json", |config| {
        config["architectures"] = serde_json::json!(["Qwen3ForCausalLM"]);
    });
    assert_eq!(
        model.load_error(),
        "config.json: Qwen3ForCausalLM writes text, and no pooling makes vectors of it. Of rerankers of this kind yuyi runs \
         Qwen3-Reranker, whose folder must be called so (Qwen3-Reranker-0.6B). For an embedding model add \
         1_Pooling/config.json with {\"pooling_mode_lasttoken\": true}."
    );
}

#[test]
fn rerankers() {
    let model = TestModel::copy(BERT);
    model.remove("modules.json");
    model.remove("1_Pooling/config.json");
    model.edit_json("config.json", |config| {
        config["architectures"] = serde_json::json!(["XLMRobertaForSequenceClassification"]);
    });
    assert_eq!(
        model.load_error(),
        "config.json: XLMRobertaForSequenceClassification gives scores (a reranker or a classifier), not vectors. \
         Name an embedding model for those."
    );
}

#[test]
fn pointers_and_pages_in_place_of_files() {
    for file in [
        TOKENIZER,
        "tokenizer_config.json",
        "config.json",
        "modules.json",
    ] {
        let model = TestModel::copy(BERT);
        model.write(
            file,
            "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 9\n",
        );
        let error = model.load_error();
        assert!(
            error.starts_with(&format!("{file}: this is a Git LFS pointer")),
            "{error}"
        );
        model.write(file, "<!DOCTYPE html>\n<html><body>404</body></html>");
        let error = model.load_error();
        assert!(
            error.starts_with(&format!("{file}: this is a web page")),
            "{error}"
        );
    }
}

#[test]
fn a_level_above_or_below_the_model() {
    let parent = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| Folder::open(path).unwrap_err().to_string();
    let inner = parent.path().join("snapshots/abc");
    fs::create_dir_all(&inner).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::write(inner.join(file), "{}").unwrap();
    }
    let expected = format!(
        "{} has no config.json, but {} has. Name that folder.",
        parent.path().display(),
        inner.display()
    );
    assert_eq!(open(parent.path()), expected);
    let below = inner.join("onnx");
    fs::create_dir(&below).unwrap();
    assert!(open(&below).ends_with(&format!("but {} has. Name that folder.", inner.display())));
    let model = TestModel::copy(BERT);
    let pooling = Folder::open(model.path("1_Pooling")).unwrap();
    let error = yuyi_encoder::ModelConfig::read(&pooling).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("this is the configuration of a Pooling. Name the folder above"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn links_to_no_folder() {
    let parent = tempfile::tempdir().unwrap();
    let link = parent.path().join("link");
    std::os::unix::fs::symlink("absent", &link).unwrap();
    let error = Folder::open(&link).unwrap_err().to_string();
    assert!(
        error.contains("link is a link to absent, which does not exist."),
        "{error}"
    );
}
