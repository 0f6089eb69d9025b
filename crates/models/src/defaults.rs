//! What is assumed of a model whose folder is silent.

use std::collections::BTreeMap;

use yuyi_encoder::{Folder, Prompts, SpecDefaults};

use crate::{KnownModel, Side, find_known};

/// What the catalogue knows of a folder, by its name or by the one its configuration tells.
pub fn defaults(name: &str, folder: &Folder) -> SpecDefaults {
    let known = find_known(name).or_else(|| find_known(&name_or_path(folder)?));
    SpecDefaults {
        pooling: known.and_then(KnownModel::pooling),
        prompts: prompts(known.map(|known| &known.prompts)),
    }
}

/// Prompts as a folder would tell them. A model that has one for either side has read no text without, so the default one is that of
/// what is looked for, as its card says for texts of one kind.
fn prompts(known: Option<&BTreeMap<String, String>>) -> Prompts {
    let named = known.cloned().unwrap_or_default();
    let of = |side: Side| side.names().iter().find_map(|name| named.get(*name));
    let default = of(Side::Query).filter(|_| of(Side::Passage).is_some());
    Prompts {
        default: default.cloned().unwrap_or_default(),
        named,
    }
}

/// `_name_or_path` of config.json; the loader reports a file that cannot be read.
fn name_or_path(folder: &Folder) -> Option<String> {
    let bytes = folder.read("config.json").ok()?;
    let config: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some(config.get("_name_or_path")?.as_str()?.to_owned())
}
