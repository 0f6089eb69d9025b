//! What a model folder says about the model, weights aside.

mod pooling;
mod steps;

pub use self::pooling::Pooling;
pub use self::steps::{DenseSpec, Step};

use self::pooling::read_pooling;
use crate::asked;
use crate::config::ModelConfig;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::{read_json, read_optional_json};
use crate::modules::{Modules, Tail};
use crate::sentence::{SentenceConfig, Task};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The file that has the prompts.
const PROMPTS: &str = "config_sentence_transformers.json";

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
    /// Prompts of a folder whose `config_sentence_transformers.json` is missing or has no `prompts`.
    pub prompts: Prompts,
    /// The prompts hold over empty ones, too, as the makers' library writes them by itself. Otherwise those say that there are none.
    pub over_empty: bool,
    /// Longest text of a folder without a list of modules that does not say; never more than it says or has positions for.
    pub max_tokens: Option<usize>,
    /// The name of a known model that has a Dense behind its pooling: a folder of it without a list of modules is only a part of it.
    pub dense: Option<String>,
    /// The model whose these are, where its users should know of it.
    pub likeness: Option<Likeness>,
}

/// A known model that the folder's is taken for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// Its name.
    pub model: String,
    /// Why, as the end of a sentence.
    pub why: String,
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
    /// What the folder does not say and was taken from a model that it is like, a sentence each.
    pub assumed: Vec<String>,
}

#[derive(Deserialize)]
struct TokenizerLimit {
    /// A float where transformers writes its "no limit" of 10^30.
    model_max_length: Option<f64>,
}

#[derive(Deserialize, Default)]
struct RawPrompts {
    prompts: Option<BTreeMap<String, String>>,
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
        check_dense(folder, &modules, defaults)?;
        let mut assumed = Vec::new();
        let pooling = match read_pooling(folder, &modules)? {
            Some(pooling) => pooling,
            None => {
                let pooling = defaults
                    .pooling
                    .ok_or_else(|| no_pooling(folder, &modules, &transformer))?;
                let likeness = defaults.likeness.as_ref();
                assumed.extend(likeness.map(|like| assumed_pooling(folder, pooling, like)));
                pooling
            }
        };
        let told = read_max_tokens(&transformer, &config)?;
        let max_tokens = match known_max_tokens(&transformer, &modules, defaults)? {
            Some(known) if known < told => {
                let likeness = defaults.likeness.as_ref();
                assumed.extend(likeness.map(|like| assumed_max_tokens(&transformer, known, like)));
                known
            }
            _ => told,
        };
        let steps = read_steps(folder, &modules, config.hidden_size)?;
        let (told, truncated) = read_prompts(folder)?;
        let told = told.filter(|told| !(defaults.over_empty && told.is_silent()));
        let prompts = told.unwrap_or_else(|| {
            let prompts = defaults.prompts.clone();
            let likeness = defaults.likeness.as_ref().filter(|_| !prompts.is_silent());
            assumed.extend(likeness.map(|like| assumed_prompts(folder, &prompts, like)));
            prompts
        });
        let whole = dimension(&steps, config.hidden_size);
        Ok(Self {
            name: folder.name().to_owned(),
            config,
            pooling,
            steps,
            dimension: truncated.map_or(whole, |fewer| fewer.min(whole)),
            max_tokens,
            prompts,
            assumed,
        })
    }
}

/// That the pooling is another model's.
fn assumed_pooling(folder: &Folder, pooling: Pooling, like: &Likeness) -> String {
    let Likeness { model, why } = like;
    format!(
        "{}: there is none, so the pooling is {}, which is that of {model}: {why}.",
        folder.show("1_Pooling/config.json"),
        pooling.name()
    )
}

/// That the longest text is another model's.
fn assumed_max_tokens(transformer: &Folder, known: usize, like: &Likeness) -> String {
    let Likeness { model, why } = like;
    format!(
        "{}: there is none, so texts are cut at {known} tokens, as those of {model}: {why}.",
        transformer.show("sentence_bert_config.json")
    )
}

/// That the prompts are another model's.
fn assumed_prompts(folder: &Folder, prompts: &Prompts, like: &Likeness) -> String {
    let Likeness { model, why } = like;
    let file = folder.show(PROMPTS);
    match prompts.default.as_str() {
        "" => format!("{file} tells no prompts, so those of {model} are used: {why}."),
        default => format!(
            "{file} tells no prompts, so those of {model} are used, and \"{default}\" is put in front of texts: {why}."
        ),
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

/// What it means that nothing says how hidden states become a vector: perhaps that they are there for something else.
fn no_pooling(folder: &Folder, modules: &Modules, transformer: &Folder) -> Error {
    let scores = [
        "ForSequenceClassification",
        "ForTokenClassification",
        "ForQuestionAnswering",
    ];
    // Whatever is wrong with the file has been told already.
    let config: Value = read_json(transformer, "config.json").unwrap_or_default();
    let architecture = asked::architecture(&config);
    let what = if asked::is_asked(folder, modules, &config)
        || scores.iter().any(|kind| architecture.ends_with(kind))
    {
        format!(
            "{architecture} gives scores (a reranker or a classifier), not vectors. Name an embedding model for those."
        )
    } else if architecture.ends_with("ForCausalLM") {
        format!(
            "{architecture} writes text, and no pooling makes vectors of it. Of rerankers of this kind yuyi runs Qwen3-Reranker, whose \
             folder must be called so (Qwen3-Reranker-0.6B). For an embedding model add 1_Pooling/config.json with \
             {{\"pooling_mode_lasttoken\": true}}."
        )
    } else {
        let what = "there is none, and the model is not one whose pooling yuyi knows. \
            Add the file with {\"pooling_mode_cls_token\": true} or {\"pooling_mode_mean_tokens\": true}.";
        return Error::file(&folder.show("1_Pooling/config.json"), what);
    };
    Error::unsupported(&transformer.show("config.json"), what)
}

/// Checks that the Transformer is there for vectors.
fn check_task(folder: &Folder) -> Result<(), Error> {
    let sentence = SentenceConfig::read(folder)?;
    if sentence.task == Task::Vectors {
        return Ok(());
    }
    let task = sentence.task.name();
    let what = format!(
        "transformer_task \"{task}\" gives scores, not vectors. Name an embedding model for those."
    );
    Err(Error::unsupported(&folder.show(sentence.file), what))
}

/// Refuses a part of a model that is known to have a Dense: what fetched the Transformer alone has left it out, and vectors without it
/// are others.
fn check_dense(folder: &Folder, modules: &Modules, defaults: &SpecDefaults) -> Result<(), Error> {
    let Some(model) = defaults.dense.as_ref().filter(|_| !modules.listed) else {
        return Ok(());
    };
    let what = format!(
        "there is none, though {model} has a Dense behind its pooling: only a part of the model is here. `yuyi pull {model}` fetches the whole."
    );
    Err(Error::file(&folder.show("modules.json"), what))
}

/// The longest text of the model that a folder is known to be, where only its Transformer is there and does not say.
fn known_max_tokens(
    transformer: &Folder,
    modules: &Modules,
    defaults: &SpecDefaults,
) -> Result<Option<usize>, Error> {
    let is_silent = !modules.listed && SentenceConfig::read(transformer)?.max_tokens.is_none();
    Ok(defaults.max_tokens.filter(|_| is_silent))
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

/// The prompts, if the folder says which there are, and the length to which vectors are cut.
fn read_prompts(folder: &Folder) -> Result<(Option<Prompts>, Option<usize>), Error> {
    let file = PROMPTS;
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
    let prompt = |name: &String| raw.prompts.as_ref()?.get(name).cloned();
    let default = match &raw.default_prompt_name {
        None => String::new(),
        Some(name) => prompt(name).ok_or_else(|| {
            Error::file(
                &folder.show(file),
                format!("default_prompt_name \"{name}\" is not among the prompts."),
            )
        })?,
    };
    let prompts = raw.prompts.map(|named| Prompts { default, named });
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
        let mut defaults = SpecDefaults {
            pooling: Some(Pooling::Cls),
            prompts: prompts("for search: ", "always: "),
            over_empty: true,
            max_tokens: None,
            dense: None,
            likeness: Some(Likeness {
                model: "e5".into(),
                why: "it is called so".into(),
            }),
        };
        let read = |defaults: &SpecDefaults, own: Option<Value>| {
            let pooling = json!({"pooling_mode_cls_token": true});
            let mut all = vec![
                ("config.json", config()),
                ("1_Pooling/config.json", pooling),
            ];
            all.extend(own.map(|own| ("config_sentence_transformers.json", own)));
            let spec = ModelSpec::read(&json_folder(&all), defaults).unwrap();
            (spec.prompts, spec.assumed.len())
        };
        let empty = || {
            let named = json!({"query": "", "document": ""});
            Some(json!({"prompts": named, "default_prompt_name": null}))
        };
        let silent = || Some(json!({"__version__": {}}));
        let assumed = (defaults.prompts.clone(), 1);
        for own in [None, silent(), empty(), Some(json!({"prompts": {}}))] {
            assert_eq!(read(&defaults, own), assumed);
        }
        let own = || Some(json!({"prompts": {"query": "its own: "}}));
        assert_eq!(read(&defaults, own()), (prompts("its own: ", ""), 0));
        // An empty list says that there are none.
        defaults.over_empty = false;
        for own in [None, silent()] {
            assert_eq!(read(&defaults, own), assumed);
        }
        let (told, said) = read(&defaults, empty());
        assert!(told.is_silent() && said == 0);
        assert_eq!(
            read(&defaults, Some(json!({"prompts": {}}))),
            (Prompts::default(), 0)
        );
    }

    #[test]
    fn what_is_taken_from_another_model_is_told() {
        let mut defaults = SpecDefaults {
            pooling: Some(Pooling::Cls),
            ..SpecDefaults::default()
        };
        let assumed = |defaults: &SpecDefaults| {
            let folder = json_folder(&[("config.json", config())]);
            ModelSpec::read(&folder, defaults).unwrap().assumed
        };
        assert_eq!(assumed(&defaults), [""; 0]);
        defaults.likeness = Some(Likeness {
            model: "gte-base-zh".into(),
            why: "it is called so".into(),
        });
        defaults.prompts.default = "query: ".into();
        assert_eq!(
            assumed(&defaults),
            [
                "built-in test/1_Pooling/config.json: there is none, so the pooling is cls, which is that of gte-base-zh: it is called so.",
                "built-in test/config_sentence_transformers.json tells no prompts, so those of gte-base-zh are used, and \"query: \" is \
                 put in front of texts: it is called so.",
            ]
        );
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
    fn where_only_the_transformer_is_there_the_known_longest_text_holds() {
        let defaults = SpecDefaults {
            pooling: Some(Pooling::Cls),
            max_tokens: Some(100),
            ..SpecDefaults::default()
        };
        let read = |files: &[(&str, Value)]| {
            let all = [&[("config.json", config())], files].concat();
            let spec = ModelSpec::read(&json_folder(&all), &defaults).unwrap();
            spec.max_tokens
        };
        let sentence = |n: usize| ("sentence_bert_config.json", json!({"max_seq_length": n}));
        let tokenizer = |n: usize| ("tokenizer_config.json", json!({"model_max_length": n}));
        assert_eq!(read(&[]), 100);
        assert_eq!(read(&[tokenizer(120)]), 100);
        assert_eq!(read(&[tokenizer(80)]), 80);
        assert_eq!(read(&[sentence(120)]), 120, "the folder says it");
        let pooling = ("9_P/config.json", json!({"pooling_mode_cls_token": true}));
        let whole = [modules(Some("9_P")), pooling];
        assert_eq!(read(&whole), 130, "the folder is a whole model");
    }

    #[test]
    fn a_part_of_a_model_with_a_dense_is_refused() {
        let defaults = SpecDefaults {
            pooling: Some(Pooling::Cls),
            dense: Some("LaBSE".into()),
            ..SpecDefaults::default()
        };
        let pooling = (
            "1_Pooling/config.json",
            json!({"pooling_mode_cls_token": true}),
        );
        for more in [None, Some(pooling)] {
            let mut files = vec![("config.json", config())];
            files.extend(more);
            let error = ModelSpec::read(&json_folder(&files), &defaults).unwrap_err();
            let expected =
                "modules.json: there is none, though LaBSE has a Dense behind its pooling";
            assert!(error.to_string().contains(expected), "{error}");
        }
        let files = [("config.json", config()), modules(None)];
        assert!(ModelSpec::read(&json_folder(&files), &defaults).is_ok());
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
