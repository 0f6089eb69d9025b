//! Folders of a few files for unit tests.

use crate::Folder;
use serde_json::Value;

/// A folder of these files. Their bytes stay until the process ends, as those of a program do.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> Folder {
    let leak = |bytes: &[u8]| -> &'static [u8] { Vec::leak(bytes.to_vec()) };
    let files: Vec<(&'static str, &'static [u8])> = files
        .iter()
        .map(|(name, bytes)| (&*String::leak((*name).to_owned()), leak(bytes)))
        .collect();
    Folder::embedded("test", Vec::leak(files))
}

/// A folder of JSON files.
pub(crate) fn json_folder(files: &[(&str, Value)]) -> Folder {
    let texts: Vec<(&str, String)> = files
        .iter()
        .map(|(name, value)| (*name, value.to_string()))
        .collect();
    let files: Vec<(&str, &[u8])> = texts
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    folder(&files)
}

/// A config.json with nothing but what it must have.
pub(crate) fn config() -> Value {
    serde_json::json!({
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 128,
        "vocab_size": 100,
        "max_position_embeddings": 130,
    })
}
