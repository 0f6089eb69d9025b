//! What the original's folder does not say itself, and the copy does: whoever opens it knows neither the name of the original nor where
//! it was fetched.

use super::{write_failed, write_json};
use crate::json::{read_json, read_optional_json};
use crate::sentence::SentenceConfig;
use crate::spec::{PROMPTS, read_max_tokens, read_prompts};
use crate::{Error, Folder, ModelSpec, Prompts};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Writes the prompts and the longest text of `spec` where the copy's files, which are the original's, have others.
pub(super) fn complete(spec: &ModelSpec, to: &Path) -> Result<(), Error> {
    let copy = Folder::open(to)?;
    let (told, _) = read_prompts(&copy)?;
    if told.unwrap_or_default() != spec.prompts {
        write_prompts(&copy, &spec.prompts, to)?;
    }
    if read_max_tokens(&copy, &spec.config)? != spec.max_tokens {
        write_max_tokens(&copy, spec.max_tokens, to)?;
    }
    Ok(())
}

fn write_prompts(copy: &Folder, prompts: &Prompts, to: &Path) -> Result<(), Error> {
    let mut file: Map<String, Value> = read_optional_json(copy, PROMPTS)?.unwrap_or_default();
    let mut named = prompts.named.clone();
    let mut names = named.iter();
    let found = names.find(|(_, prompt)| **prompt == prompts.default);
    let default = found.map(|(name, _)| name.clone());
    let default = match default {
        _ if prompts.default.is_empty() => None,
        None => {
            named.insert("default".to_owned(), prompts.default.clone());
            Some("default".to_owned())
        }
        found => found,
    };
    file.insert("prompts".to_owned(), json!(named));
    file.insert("default_prompt_name".to_owned(), json!(default));
    write_json(&to.join(PROMPTS), &Value::Object(file))
}

fn write_max_tokens(copy: &Folder, most: usize, to: &Path) -> Result<(), Error> {
    let there = SentenceConfig::read(copy)?.file;
    let mut file: Map<String, Value> = match there {
        "" => Map::new(),
        there => read_json(copy, there)?,
    };
    file.insert("max_seq_length".to_owned(), most.into());
    let name = match there {
        "" => "sentence_bert_config.json",
        there => there,
    };
    write_json(&to.join(name), &Value::Object(file))
}

/// Puts the files of `names` beside the copy's weights, unchanged, as far as `from` has them.
pub(super) fn copy_files(from: &Folder, names: &[&str], to: &Path) -> Result<(), Error> {
    for name in names.iter().filter(|name| from.contains(name)) {
        let written = std::fs::write(to.join(name), &*from.read(name)?);
        written.map_err(|error| write_failed(to, error))?;
    }
    Ok(())
}
