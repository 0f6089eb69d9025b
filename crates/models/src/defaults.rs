//! What is assumed of a model whose folder is silent.

use yuyi_encoder::{Folder, SpecDefaults};

use crate::{KnownModel, find_known};

/// What the catalogue knows of a folder, by its name or by the one its configuration tells.
pub fn defaults(name: &str, folder: &Folder) -> SpecDefaults {
    let known = find_known(name).or_else(|| find_known(&name_or_path(folder)?));
    SpecDefaults {
        pooling: known.and_then(KnownModel::pooling),
    }
}

/// `_name_or_path` of config.json; the loader reports a file that cannot be read.
fn name_or_path(folder: &Folder) -> Option<String> {
    let bytes = folder.read("config.json").ok()?;
    let config: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some(config.get("_name_or_path")?.as_str()?.to_owned())
}
