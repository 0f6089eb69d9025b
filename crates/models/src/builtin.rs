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
    "calibration.json",
];

/// Graded pairs (TSV with a header: sentence_a, sentence_b, label, and what else is known of a pair) that any model can
/// be calibrated on, so that a similarity means the same for all of them. `models/builtin/CALIBRATION.md` says how they were
/// made.
pub const CALIBRATION_PAIRS: &str = include_str!("../../../models/builtin/calibration-fit.tsv");

/// The files of the built-in model.
pub(crate) fn folder() -> Folder {
    Folder::embedded(BUILTIN_NAME, FILES)
}
