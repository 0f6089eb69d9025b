//! Folders of another format, or what a download left: the error says what is there and what to do.

use std::fs;

use yuyi_encoder::Folder;

use crate::model::{BERT, TestModel, WEIGHTS};

const TOKENIZER: &str = "tokenizer.json";

#[test]
fn weights_in_other_formats() {
    let convert = |arguments: &str| {
        format!(
            "Convert it in Python: AutoModel.from_pretrained(FOLDER{arguments}).save_pretrained(FOLDER)."
        )
    };
    let download =
        "Download the model with its safetensors, as published for transformers.".to_owned();
    for (file, advice) in [
        ("pytorch_model.bin.index.json", convert("")),
        ("tf_model.h5", convert(", from_tf=True")),
        ("flax_model.msgpack", convert(", from_flax=True")),
        ("model.onnx", download.clone()),
        ("onnx/model.onnx", download.clone()),
        ("model_state.pdparams", download),
    ] {
        let model = TestModel::copy(BERT);
        model.remove(WEIGHTS);
        fs::create_dir_all(model.path(file).parent().unwrap()).unwrap();
        model.write(file, "");
        let expected =
            format!("model.safetensors does not exist, and yuyi does not read {file}. {advice}");
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
         yuyi runs embedding models only."
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
