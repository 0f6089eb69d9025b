//! What a model folder says about the model, weights aside.

use crate::config::{BertConfig, read_json, read_optional_json};
use crate::error::Error;
use crate::folder::Folder;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A word between two special tokens.
const FEWEST_TOKENS: usize = 3;

/// How the hidden states of a text become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The first token's.
    Cls,
    /// The mean over all tokens.
    Mean,
    /// The largest of each element.
    Max,
}

impl Pooling {
    /// The name in replies: `cls`, `mean`, `max`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cls => "cls",
            Self::Mean => "mean",
            Self::Max => "max",
        }
    }
}

/// Texts that a model expects in front of its input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    /// What is put in front when a caller says nothing.
    pub default: String,
    /// All of them by name.
    pub named: BTreeMap<String, String>,
}

/// What to assume where a folder is silent.
#[derive(Clone, Debug, Default)]
pub struct SpecDefaults {
    /// Pooling of a folder without `1_Pooling`.
    pub pooling: Option<Pooling>,
}

/// A model's shape and use.
#[derive(Clone, Debug)]
pub struct ModelSpec {
    /// The folder's name.
    pub name: String,
    /// The shape.
    pub config: BertConfig,
    /// How vectors are pooled. They are always scaled to length 1, since everything that yuyi does with them is a cosine.
    pub pooling: Pooling,
    /// Longest input in tokens, special tokens included.
    pub max_tokens: usize,
    /// Prompts.
    pub prompts: Prompts,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct SentenceBert {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct TokenizerLimit {
    /// A float where transformers writes its "no limit" of 10^30.
    model_max_length: Option<f64>,
}

#[derive(Deserialize, Default)]
struct RawPrompts {
    #[serde(default)]
    prompts: BTreeMap<String, String>,
    default_prompt_name: Option<String>,
}

impl ModelSpec {
    /// Reads everything but weights and vocabulary.
    ///
    /// # Errors
    /// When a file is broken, asks for something that is not supported, or nothing tells the pooling.
    pub fn read(folder: &Folder, defaults: &SpecDefaults) -> Result<Self, Error> {
        let config = BertConfig::read(folder)?;
        let pooling = match read_pooling(folder)? {
            Some(pooling) => pooling,
            None => defaults.pooling.ok_or_else(|| {
                let what = "there is none, and the model is not one whose pooling yuyi knows. \
                    Add the file with {\"pooling_mode_cls_token\": true} or {\"pooling_mode_mean_tokens\": true}.";
                Error::file(&folder.show("1_Pooling/config.json"), what)
            })?,
        };
        let max_tokens = read_max_tokens(folder, &config)?;
        let prompts = read_prompts(folder)?;
        Ok(Self {
            name: folder.name().to_owned(),
            config,
            pooling,
            max_tokens,
            prompts,
        })
    }
}

/// Pooling by `modules.json`, or by `1_Pooling` where there is no list of modules.
fn read_pooling(folder: &Folder) -> Result<Option<Pooling>, Error> {
    let Some(modules) = read_optional_json::<Vec<Module>>(folder, "modules.json")? else {
        return if folder.contains("1_Pooling/config.json") {
            read_pooling_file(folder, "1_Pooling").map(Some)
        } else {
            Ok(None)
        };
    };
    let mut pooling = None;
    for module in &modules {
        match module.kind.rsplit('.').next().unwrap_or_default() {
            "Transformer" | "Normalize" => {}
            "Pooling" => pooling = Some(read_pooling_file(folder, &module.path)?),
            other => {
                let what = format!(
                    "the module {other} is not supported. yuyi knows Transformer, Pooling and Normalize."
                );
                return Err(Error::unsupported(&folder.show("modules.json"), what));
            }
        }
    }
    Ok(pooling)
}

fn read_pooling_file(folder: &Folder, path: &str) -> Result<Pooling, Error> {
    let file = format!("{path}/config.json");
    if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..") {
        let what =
            format!("the pooling module's path \"{path}\" must be a folder inside the model's.");
        return Err(Error::file(&folder.show("modules.json"), what));
    }
    let modes: BTreeMap<String, serde_json::Value> = read_json(folder, &file)?;
    if modes.get("include_prompt").and_then(|v| v.as_bool()) == Some(false) {
        let what = "include_prompt is false; yuyi pools over the prompt's tokens too.";
        return Err(Error::unsupported(&folder.show(&file), what));
    }
    let chosen: Vec<&str> = modes
        .iter()
        .filter(|(key, value)| key.starts_with("pooling_mode_") && value.as_bool() == Some(true))
        .map(|(key, _)| key.as_str())
        .collect();
    match chosen[..] {
        ["pooling_mode_cls_token"] => Ok(Pooling::Cls),
        ["pooling_mode_mean_tokens"] => Ok(Pooling::Mean),
        ["pooling_mode_max_tokens"] => Ok(Pooling::Max),
        [] => Err(Error::file(
            &folder.show(&file),
            "no pooling mode is set to true.",
        )),
        _ => {
            let what = format!(
                "{} is not supported. yuyi pools by cls, mean or max, one of them.",
                chosen.join(" with ")
            );
            Err(Error::unsupported(&folder.show(&file), what))
        }
    }
}

/// What `sentence_bert_config.json` says, else the tokenizer's limit, as sentence-transformers does;
/// never more than there are positions.
fn read_max_tokens(folder: &Folder, config: &BertConfig) -> Result<usize, Error> {
    let sentence: Option<SentenceBert> = read_optional_json(folder, "sentence_bert_config.json")?;
    let tokenizer: Option<TokenizerLimit> = read_optional_json(folder, "tokenizer_config.json")?;
    let said = sentence
        .and_then(|s| s.max_seq_length)
        .map(|n| (n, "sentence_bert_config.json", "max_seq_length"));
    // Saturates: 10^30 becomes the largest number.
    let limit = tokenizer
        .and_then(|t| t.model_max_length)
        .map(|n| (n as usize, "tokenizer_config.json", "model_max_length"));
    let reach = (config.reach(), "config.json", "max_position_embeddings");
    let (most, file, field) = match said.or(limit) {
        Some(told) if told.0 < reach.0 => told,
        _ => reach,
    };
    if most < FEWEST_TOKENS {
        let what = format!(
            "by {field}, texts may have {most} tokens; at least {FEWEST_TOKENS} are needed for a word between two special tokens."
        );
        return Err(Error::file(&folder.show(file), what));
    }
    Ok(most)
}

fn read_prompts(folder: &Folder) -> Result<Prompts, Error> {
    let file = "config_sentence_transformers.json";
    let raw: RawPrompts = read_optional_json(folder, file)?.unwrap_or_default();
    let default = match &raw.default_prompt_name {
        None => String::new(),
        Some(name) => raw.prompts.get(name).cloned().ok_or_else(|| {
            Error::file(
                &folder.show(file),
                format!("default_prompt_name \"{name}\" is not among the prompts."),
            )
        })?,
    };
    Ok(Prompts {
        default,
        named: raw.prompts,
    })
}
