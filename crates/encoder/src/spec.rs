//! What a model folder says about the model, weights aside.

mod pooling;
mod steps;

pub use self::pooling::Pooling;
pub use self::steps::{DenseSpec, Step};

use self::pooling::read_pooling;
use crate::config::ModelConfig;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::{read_json, read_optional_json};
use crate::modules::{Modules, Tail};
use crate::sentence::SentenceConfig;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A word between two special tokens.
const FEWEST_TOKENS: usize = 3;

/// Texts that a model expects in front of its input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    /// What is put in front when a caller says nothing.
    pub default: String,
    /// All of them by name.
    pub named: BTreeMap<String, String>,
}

impl Prompts {
    /// Whether there is none that is not empty.
    fn is_silent(&self) -> bool {
        self.default.is_empty() && self.named.values().all(String::is_empty)
    }
}

/// What to assume where a folder is silent.
#[derive(Clone, Debug, Default)]
pub struct SpecDefaults {
    /// Pooling of a folder without `1_Pooling`.
    pub pooling: Option<Pooling>,
    /// Prompts of a folder that has none, or only empty ones as its makers' library writes them by itself.
    pub prompts: Prompts,
}

/// What a folder says of its model: the shape, and how texts become vectors.
#[derive(Clone, Debug)]
pub struct ModelSpec {
    /// The folder's name.
    pub name: String,
    /// Sizes, activation and how the weights are stored, by `config.json`.
    pub config: ModelConfig,
    /// How vectors are pooled. They are always scaled to length 1, since everything that yuyi does with them is a cosine.
    pub pooling: Pooling,
    /// What is done to pooled vectors; a last scaling is left out, as that is always done.
    pub steps: Vec<Step>,
    /// Length of the vectors: of what the steps give, the first elements where the folder asks for fewer (`truncate_dim`).
    pub dimension: usize,
    /// Longest input in tokens, special tokens included.
    pub max_tokens: usize,
    /// What is put in front of texts.
    pub prompts: Prompts,
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
    truncate_dim: Option<usize>,
    model_type: Option<String>,
}

impl ModelSpec {
    /// Reads everything but weights and vocabulary.
    ///
    /// # Errors
    /// When a file is broken, asks for something that is not supported, or does not say how it pools.
    pub fn read(folder: &Folder, defaults: &SpecDefaults) -> Result<Self, Error> {
        let modules = Modules::read(folder)?;
        let transformer = modules.transformer(folder);
        let config = ModelConfig::read(folder)?;
        check_no_adapter(folder)?;
        check_no_adapter(&transformer)?;
        check_task(&transformer)?;
        let pooling = match read_pooling(folder, &modules)? {
            Some(pooling) => pooling,
            None => defaults.pooling.ok_or_else(|| {
                if let Some(architecture) = scorer(&transformer) {
                    let what = format!(
                        "{architecture} gives scores (a reranker or a classifier), not vectors. Name an embedding model for those."
                    );
                    return Error::unsupported(&transformer.show("config.json"), what);
                }
                let what = "there is none, and the model is not one whose pooling yuyi knows. \
                    Add the file with {\"pooling_mode_cls_token\": true} or {\"pooling_mode_mean_tokens\": true}.";
                Error::file(&folder.show("1_Pooling/config.json"), what)
            })?,
        };
        let max_tokens = read_max_tokens(&transformer, &config)?;
        let steps = read_steps(folder, &modules, config.hidden_size)?;
        let (prompts, truncated) = read_prompts(folder)?;
        let prompts = match prompts.is_silent() {
            true => defaults.prompts.clone(),
            false => prompts,
        };
        let whole = dimension(&steps, config.hidden_size);
        Ok(Self {
            name: folder.name().to_owned(),
            config,
            pooling,
            steps,
            dimension: truncated.map_or(whole, |fewer| fewer.min(whole)),
            max_tokens,
            prompts,
        })
    }
}

/// Length of the vectors after `steps`.
fn dimension(steps: &[Step], hidden: usize) -> usize {
    let outputs = |step: &Step| match step {
        Step::Dense(dense) => Some(dense.outputs),
        Step::Normalize => None,
    };
    steps.iter().rev().find_map(outputs).unwrap_or(hidden)
}

/// The steps behind the pooling that change a direction.
fn read_steps(folder: &Folder, modules: &Modules, hidden: usize) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for module in &modules.tail {
        steps.push(match module {
            Tail::Normalize => Step::Normalize,
            Tail::Dense(path) => {
                let inputs = dimension(&steps, hidden);
                Step::Dense(DenseSpec::read(folder, path, inputs)?)
            }
        });
    }
    while steps.last() == Some(&Step::Normalize) {
        steps.pop();
    }
    Ok(steps)
}

/// The architecture of config.json, if it is one that gives scores.
fn scorer(folder: &Folder) -> Option<String> {
    let config: Value = read_json(folder, "config.json").ok()?;
    let architecture = config.get("architectures")?.get(0)?.as_str()?;
    let scores = [
        "ForSequenceClassification",
        "ForTokenClassification",
        "ForQuestionAnswering",
    ];
    scores
        .iter()
        .any(|kind| architecture.ends_with(kind))
        .then(|| architecture.to_owned())
}

/// Checks that the Transformer is there for vectors.
fn check_task(folder: &Folder) -> Result<(), Error> {
    let sentence = SentenceConfig::read(folder)?;
    if !sentence.scores {
        return Ok(());
    }
    let what = "transformer_task \"sequence-classification\" gives scores, not vectors. Name an embedding model for those.";
    Err(Error::unsupported(&folder.show(sentence.file), what))
}

/// An adapter changes every vector; the libraries that a model is made with apply one that lies beside the weights.
pub(crate) fn check_no_adapter(folder: &Folder) -> Result<(), Error> {
    let files = [
        "adapter_config.json",
        "adapter_model.safetensors",
        "adapter_model.bin",
    ];
    match files.into_iter().find(|file| folder.contains(file)) {
        None => Ok(()),
        Some(file) => Err(Error::unsupported(
            &folder.show(file),
            "an adapter (LoRA or its like) lies beside the weights, and yuyi does not apply it. Merge it in Python \
             with merge_and_unload() of peft and save the whole model, or remove it if the weights have it already.",
        )),
    }
}

/// What sentence-transformers' file says, else the tokenizer's limit, as sentence-transformers does;
/// never more than there are positions. `folder` is the Transformer's.
pub(crate) fn read_max_tokens(folder: &Folder, config: &ModelConfig) -> Result<usize, Error> {
    let sentence = SentenceConfig::read(folder)?;
    let tokenizer: Option<TokenizerLimit> = read_optional_json(folder, "tokenizer_config.json")?;
    let length = sentence
        .max_tokens
        .map(|n| (n, sentence.file, "max_seq_length"));
    // Saturates: 10^30 becomes the largest number.
    let limit = tokenizer
        .and_then(|t| t.model_max_length)
        .map(|n| (n as usize, "tokenizer_config.json", "model_max_length"));
    let reach = (config.reach(), "config.json", "max_position_embeddings");
    let (most, file, field) = match length.or(limit) {
        Some(shorter) if shorter.0 < reach.0 => shorter,
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

/// The prompts, and the length to which vectors are cut.
fn read_prompts(folder: &Folder) -> Result<(Prompts, Option<usize>), Error> {
    let file = "config_sentence_transformers.json";
    let raw: RawPrompts = read_optional_json(folder, file)?.unwrap_or_default();
    let refuse = |what: String| Err(Error::unsupported(&folder.show(file), what));
    if raw.truncate_dim == Some(0) {
        let what = "truncate_dim is 0; a vector has at least 1 element.";
        return Err(Error::file(&folder.show(file), what));
    }
    if let Some(kind) = raw.model_type.filter(|kind| kind != "SentenceTransformer") {
        return refuse(format!(
            "model_type \"{kind}\" gives no vectors; SentenceTransformer does."
        ));
    }
    let default = match &raw.default_prompt_name {
        None => String::new(),
        Some(name) => raw.prompts.get(name).cloned().ok_or_else(|| {
            Error::file(
                &folder.show(file),
                format!("default_prompt_name \"{name}\" is not among the prompts."),
            )
        })?,
    };
    let prompts = Prompts {
        default,
        named: raw.prompts,
    };
    Ok((prompts, raw.truncate_dim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{config, json_folder};
    use serde_json::json;

    fn read(files: &[(&str, Value)], pooling: Option<Pooling>) -> Result<ModelSpec, Error> {
        let mut all = vec![("config.json", config())];
        all.extend_from_slice(files);
        let defaults = SpecDefaults {
            pooling,
            ..SpecDefaults::default()
        };
        ModelSpec::read(&json_folder(&all), &defaults)
    }

    #[test]
    fn prompts_are_assumed_where_a_folder_has_none() {
        let prompts = |query: &str, default: &str| Prompts {
            default: default.to_owned(),
            named: [("query".to_owned(), query.to_owned())].into(),
        };
        let defaults = SpecDefaults {
            pooling: Some(Pooling::Cls),
            prompts: prompts("for search: ", "always: "),
        };
        let read = |own: Option<Value>| {
            let mut all = vec![("config.json", config())];
            all.extend(own.map(|own| ("config_sentence_transformers.json", own)));
            ModelSpec::read(&json_folder(&all), &defaults)
                .unwrap()
                .prompts
        };
        assert_eq!(read(None), defaults.prompts);
        let empty = json!({"prompts": {"query": "", "document": ""}, "default_prompt_name": null});
        assert_eq!(read(Some(empty)), defaults.prompts);
        let own = json!({"prompts": {"query": "its own: "}});
        assert_eq!(read(Some(own)), prompts("its own: ", ""));
    }

    fn modules(pooling: Option<&str>) -> (&'static str, Value) {
        let module = |kind: &str, path: &str| json!({"type": format!("sentence_transformers.models.{kind}"), "path": path});
        let mut list = vec![
            module("Transformer", ""),
            module("Normalize", "2_Normalize"),
        ];
        list.extend(pooling.map(|path| module("Pooling", path)));
        ("modules.json", json!(list))
    }

    #[test]
    fn the_folder_tells_the_pooling_before_any_default() {
        for (key, pooling) in [
            ("pooling_mode_cls_token", Pooling::Cls),
            ("pooling_mode_mean_tokens", Pooling::Mean),
            ("pooling_mode_max_tokens", Pooling::Max),
        ] {
            let file = json!({key: true, "pooling_mode_weightedmean_tokens": false});
            for default in [None, Some(Pooling::Cls), Some(Pooling::Mean)] {
                let alone = [("1_Pooling/config.json", file.clone())];
                assert_eq!(read(&alone, default).unwrap().pooling, pooling);
                let named = [
                    modules(Some("9_Other")),
                    ("9_Other/config.json", file.clone()),
                ];
                assert_eq!(read(&named, default).unwrap().pooling, pooling);
            }
        }
    }

    /// The list of modules decides which file is the pooling's, even where another lies about.
    #[test]
    fn modules_win_over_the_usual_place() {
        let files = [
            modules(Some("2_Pooling")),
            (
                "1_Pooling/config.json",
                json!({"pooling_mode_cls_token": true}),
            ),
            (
                "2_Pooling/config.json",
                json!({"pooling_mode_max_tokens": true}),
            ),
        ];
        assert_eq!(read(&files, None).unwrap().pooling, Pooling::Max);
    }

    #[test]
    fn where_the_folder_is_silent_the_default_holds() {
        for files in [vec![], vec![modules(None)]] {
            for pooling in [Pooling::Cls, Pooling::Mean, Pooling::Max] {
                assert_eq!(read(&files, Some(pooling)).unwrap().pooling, pooling);
            }
            let error = read(&files, None).unwrap_err().to_string();
            assert!(error.starts_with("built-in test/1_Pooling/config.json: there is none"));
        }
    }

    fn max_tokens(sentence: Option<u64>, tokenizer: Option<Value>) -> usize {
        let mut files = Vec::new();
        files.extend(sentence.map(|n| ("sentence_bert_config.json", json!({"max_seq_length": n}))));
        files.extend(tokenizer.map(|n| ("tokenizer_config.json", json!({"model_max_length": n}))));
        read(&files, Some(Pooling::Cls)).unwrap().max_tokens
    }

    #[test]
    fn the_longest_text() {
        assert_eq!(max_tokens(None, None), 130, "every position");
        assert_eq!(max_tokens(Some(64), None), 64);
        assert_eq!(max_tokens(None, Some(json!(100))), 100);
        assert_eq!(max_tokens(Some(64), Some(json!(100))), 64);
        assert_eq!(
            max_tokens(Some(120), Some(json!(100))),
            120,
            "sentence_bert_config wins"
        );
        assert_eq!(max_tokens(Some(512), None), 130, "never past the positions");
        // What transformers writes for "no limit".
        assert_eq!(max_tokens(None, Some(json!(1e30))), 130);
        assert_eq!(max_tokens(None, Some(Value::Null)), 130);
    }

    #[test]
    fn prompts_by_name_and_the_default_one() {
        let file = |json| [("config_sentence_transformers.json", json)];
        let spec = |json| read(&file(json), Some(Pooling::Cls)).unwrap().prompts;
        let named = json!({"query": "问：", "passage": ""});
        let prompts = spec(json!({"prompts": named, "default_prompt_name": "query"}));
        assert_eq!(prompts.default, "问：");
        assert_eq!(prompts.named["query"], "问：");
        assert_eq!(prompts.named["passage"], "");
        assert_eq!(
            spec(json!({"prompts": named, "default_prompt_name": null})).default,
            ""
        );
        assert_eq!(spec(json!({"prompts": named})).default, "");
        assert_eq!(spec(json!({"__version__": {}})), Prompts::default());
        assert_eq!(
            read(&[], Some(Pooling::Cls)).unwrap().prompts,
            Prompts::default()
        );
    }
}
