//! The model in the binary.

use yuyi_encoder::Folder;

/// Name of the built-in model.
pub const BUILTIN_NAME: &str = "e5-small-zh";

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../models/builtin/", $name)))),+]
    };
}

const FILES: &[(&str, &[u8])] = files![
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors",
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
];

/// The files of the built-in model.
pub(crate) fn folder() -> Folder {
    Folder::embedded(BUILTIN_NAME, FILES)
}
