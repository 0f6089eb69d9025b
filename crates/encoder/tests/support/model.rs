//! A copy of a fixture that a test may change or break.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use yuyi_encoder::{EncodeOptions, Encoder, EncoderFacts, Error, Folder, LoadOptions, Precision};

use crate::weights::Weights;

/// In f16, one file of weights, vocab.txt beside tokenizer.json.
pub const BERT: &str = "bert-cls-f16";
/// Two files of weights with an index.
pub const SHARDED: &str = "bert-max-f16-sharded";
/// In f32, a Unigram tokenizer.
pub const XLM_ROBERTA: &str = "xlm-roberta-mean-f32";
/// The tokenizer is made from vocab.txt.
pub const VOCAB_TXT: &str = "bert-cls-f32-vocab-txt";

/// `pytorch_model.bin`, and a Dense behind the pooling.
pub const DISTIL_BERT: &str = "distilbert-dense-bin";
/// Task types.
pub const ERNIE: &str = "ernie-last-two-f16";
/// A bias by distance in attention.
pub const MPNET: &str = "mpnet-weighted-f16";
/// Two files of `torch.save` with an index, several modules behind the pooling.
pub const TORCH_SHARDED: &str = "bert-last-bin-sharded";

pub const WEIGHTS: &str = "model.safetensors";

/// A text with words of every fixture and some that none has.
pub const TEXT: &str = "今天天气真不错 AI 2026，龘！";

fn options(precision: Option<Precision>) -> LoadOptions {
    LoadOptions {
        precision,
        threads: Some(1),
        ..LoadOptions::default()
    }
}

pub struct TestModel {
    folder: TempDir,
}

impl TestModel {
    /// A sound copy.
    pub fn copy(fixture: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
        let folder = tempfile::tempdir().unwrap();
        copy_files(&source.join(fixture), folder.path());
        Self { folder }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap()
    }

    pub fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(file), bytes).unwrap();
    }

    pub fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap();
    }

    /// A folder in place of a file.
    pub fn make_folder(&self, file: &str) {
        let _ = fs::remove_file(self.path(file));
        fs::create_dir(self.path(file)).unwrap();
    }

    pub fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&self.read(file)).unwrap()
    }

    pub fn edit_json(&self, file: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = self.json(file);
        edit(&mut value);
        self.write(file, value.to_string());
    }

    pub fn edit_weights(&self, edit: impl FnOnce(&mut Weights)) {
        let mut weights = Weights::read(&self.read(WEIGHTS));
        edit(&mut weights);
        self.write(WEIGHTS, weights.to_bytes());
    }

    /// In the folder's own precision.
    pub fn load(&self) -> Result<Encoder, Error> {
        self.load_in(None)
    }

    pub fn load_in(&self, precision: Option<Precision>) -> Result<Encoder, Error> {
        Encoder::load(&Folder::open(self.folder.path())?, &options(precision))
    }

    pub fn facts_in(&self, precision: Option<Precision>) -> Result<EncoderFacts, Error> {
        EncoderFacts::of_folder(&Folder::open(self.folder.path())?, &options(precision))
    }

    /// Loads and encodes.
    pub fn run(&self, text: &str) -> Result<Vec<f32>, Error> {
        let mut encoded = self.load()?.encode(&[text], &EncodeOptions::default())?;
        Ok(encoded.remove(0).vector)
    }

    /// Loading must fail; the error and its causes, with the folder's path taken out.
    pub fn load_error(&self) -> String {
        match self.load() {
            Ok(_) => panic!("it loads"),
            Err(error) => self.shown(&error),
        }
    }

    /// As [`TestModel::load_error`], for a model that loads.
    pub fn encode_error(&self, text: &str) -> String {
        let encoder = self.load().unwrap_or_else(|e| panic!("{}", self.shown(&e)));
        match encoder.encode(&[text], &EncodeOptions::default()) {
            Ok(_) => panic!("it encodes"),
            Err(error) => self.shown(&error),
        }
    }

    /// Whatever was done to the files: a unit vector, or an error in words. Whether it was a vector.
    pub fn assert_survives(&self) -> bool {
        match self.run(TEXT) {
            Ok(vector) => {
                let length: f32 = vector.iter().map(|x| x * x).sum();
                assert!((length - 1.0).abs() < 1e-3, "squared length {length}");
                true
            }
            Err(error) => {
                let message = self.shown(&error);
                assert!(!message.contains("panicked"), "{message}");
                assert!(message.ends_with(['.', ')']), "no sentence: {message}");
                false
            }
        }
    }

    fn shown(&self, error: &Error) -> String {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message += &format!(" ({error})");
            cause = error.source();
        }
        let prefix = format!("{}/", self.folder.path().display());
        message.replace(&prefix, "")
    }
}

fn copy_files(source: &Path, target: &Path) {
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let copy = target.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&copy).unwrap();
            copy_files(&path, &copy);
        } else if path.file_name().unwrap() != "expected.json" {
            fs::copy(&path, &copy).unwrap();
        }
    }
}
