//! A folder that does not tell its pooling is pooled as the catalogue says, by its name.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use yuyi_encoder::Precision;
use yuyi_models::{EmbedOptions, Embedder, Error, Input, Inputs, LocalEmbedder, resolve};

const FIXTURE: &str = "bert-cls-f16";

/// A copy of the fixture without a word on pooling, in a folder of its own name.
struct Folder {
    root: TempDir,
    name: &'static str,
}

impl Folder {
    fn new(name: &'static str) -> Self {
        let folder = Self {
            root: tempfile::tempdir().unwrap(),
            name,
        };
        fs::create_dir(folder.path()).unwrap();
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            fs::copy(fixture().join(file), folder.path().join(file)).unwrap();
        }
        folder
    }

    fn path(&self) -> PathBuf {
        self.root.path().join(self.name)
    }

    fn load(&self) -> Result<LocalEmbedder, Error> {
        LocalEmbedder::load(
            resolve(self.path().to_str().unwrap())?,
            Some(Precision::F32),
            Some(1),
        )
    }

    fn pooling(&self) -> String {
        self.load().unwrap().facts().pooling_name().to_owned()
    }
}

fn fixture() -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    models.join(FIXTURE)
}

#[test]
fn chinese_gte_models_take_the_first_token() {
    for name in ["gte-small-zh", "gte-base-zh", "gte-large-zh"] {
        assert_eq!(Folder::new(name).pooling(), "cls", "{name}");
    }
    assert_eq!(Folder::new("m3e-base").pooling(), "mean");
}

#[test]
fn the_name_in_the_configuration_counts_too() {
    let folder = Folder::new("mine");
    let file = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    config["_name_or_path"] = "thenlper/gte-base-zh".into();
    fs::write(file, config.to_string()).unwrap();
    assert_eq!(folder.pooling(), "cls");
}

#[test]
fn an_unknown_model_must_tell() {
    let folder = Folder::new("mine");
    let error = folder.load().err().unwrap().to_string();
    let expected = "mine/1_Pooling/config.json: there is none, and the model is not one whose pooling yuyi knows.";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn the_folders_own_word_wins() {
    let folder = Folder::new("gte-base-zh");
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    let file = folder.path().join("1_Pooling/config.json");
    fs::write(file, "{\"pooling_mode_mean_tokens\": true}").unwrap();
    assert_eq!(folder.pooling(), "mean");
}

/// The pooling is not only said but used: the vectors are those of the whole fixture.
#[test]
fn vectors_are_pooled_as_the_catalogue_says() {
    let expected: Value =
        serde_json::from_slice(&fs::read(fixture().join("expected.json")).unwrap()).unwrap();
    let case = &expected["cases"][3];
    let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
    let vector: Vec<f32> = serde_json::from_value(case["vector"].clone()).unwrap();
    assert!(ids.len() > 2);
    let differs = |name| {
        let model = Folder::new(name).load().unwrap();
        let inputs = Inputs::Mixed(vec![Input::Tokens(ids.clone().into())]);
        let encoded = model.embed(inputs, &EmbedOptions::default());
        let found = &encoded.unwrap()[0].vector;
        let differences = found.iter().zip(&vector).map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f32::max)
    };
    assert!(differs("gte-base-zh") < 5e-6);
    assert!(differs("m3e-base") > 1e-2);
}
