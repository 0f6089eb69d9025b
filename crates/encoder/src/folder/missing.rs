//! Why a path is no model, and which one may have been meant.

use super::plain::read_plain;
use serde_json::Value;
use std::path::{Path, PathBuf};

const CONFIG: &str = "config.json";

/// Most bytes of a list of modules; real ones have some hundreds.
const LONGEST_LIST: u64 = 1 << 20;

/// What is wrong with a path where a model was expected; `None` if there is one.
pub(super) fn model(path: &Path) -> Option<String> {
    let shown = path.display();
    if !path.is_dir() {
        return Some(match path.read_link() {
            Ok(target) if !path.exists() => format!(
                "{shown} is a link to {}, which does not exist. Name the folder that holds the model's {CONFIG}.",
                target.display()
            ),
            _ => {
                format!("{shown} is not a folder. Name the folder that holds the model's {CONFIG}.")
            }
        });
    }
    if path.join(CONFIG).is_file() || has_transformer(path) {
        return None;
    }
    if let Ok(target) = path.join(CONFIG).read_link() {
        return Some(format!(
            "{shown}: {CONFIG} is a link to {}, which does not exist. Copy the file itself into the folder.",
            target.display()
        ));
    }
    Some(match near(path) {
        Some(folder) => format!(
            "{shown} has no {CONFIG}, but {} has. Name that folder.",
            folder.display()
        ),
        None => format!("{shown} has no {CONFIG}. Name the folder of a Hugging Face checkpoint."),
    })
}

/// Whether modules.json leads to a Transformer in a folder below. A broken list is for the loader to report.
fn has_transformer(path: &Path) -> bool {
    let Ok(bytes) = read_plain(&path.join("modules.json"), LONGEST_LIST) else {
        return false;
    };
    let modules: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut modules = modules.as_array().into_iter().flatten();
    modules.any(|module| {
        let kind = module["type"].as_str().unwrap_or_default();
        let below = module["path"].as_str().unwrap_or_default();
        kind.ends_with(".Transformer")
            && !below.is_empty()
            && path.join(below).join(CONFIG).is_file()
    })
}

/// The only folder below, also below `snapshots` of a download cache, or the one above, that looks like a model.
fn near(path: &Path) -> Option<PathBuf> {
    let is_model = |folder: &PathBuf| {
        folder.join(CONFIG).is_file()
            && [
                "tokenizer.json",
                "vocab.txt",
                "model.safetensors",
                "tokenizer_config.json",
            ]
            .iter()
            .any(|file| folder.join(file).exists())
    };
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(is_model).collect()
    };
    let mut found = below(path);
    found.extend(below(&path.join("snapshots")));
    match found.len() {
        0 => path.parent().map(Path::to_owned).filter(is_model),
        1 => found.pop(),
        _ => None,
    }
}
