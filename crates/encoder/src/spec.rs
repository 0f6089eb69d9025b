//! What a model folder says about the model, weights aside.

mod pooling;
mod steps;
#[cfg(test)]
mod tests;

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
pub(crate) const PROMPTS: &str = "config_sentence_transformers.json";

/// The field of config.json by which copies that yuyi makes say that their folder tells everything: nothing is assumed of them, whatever
/// they are called and were made of.
pub(crate) const COMPLETE: &str = "yuyi_complete";

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
    /// As in Python, null is a prompt that is empty.
    prompts: Option<BTreeMap<String, Option<String>>>,
    default_prompt_name: Option<String>,
    truncate_dim: Option<usize>,
    model_type: Option<String>,
    similarity_fn_name: Option<String>,
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
        let nothing = SpecDefaults::default();
        let defaults = match is_complete(&transformer)? {
            true => &nothing,
            false => defaults,
        };
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

/// Whether the folder is a copy that says all that there is to say.
fn is_complete(transformer: &Folder) -> Result<bool, Error> {
    let config: Value = read_json(transformer, "config.json")?;
    Ok(config[COMPLETE] == true)
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

/// What is put in front of texts when nothing is said.
fn default_prompt(folder: &Folder, raw: &RawPrompts) -> Result<String, Error> {
    let Some(name) = &raw.default_prompt_name else {
        return Ok(String::new());
    };
    let prompt = raw.prompts.as_ref().and_then(|all| all.get(name));
    prompt
        .cloned()
        .map(Option::unwrap_or_default)
        .ok_or_else(|| {
            let what = format!("default_prompt_name \"{name}\" is not among the prompts.");
            Error::file(&folder.show(PROMPTS), what)
        })
}

/// The same of a model that scores pairs, where it stands in front of the first text.
pub(crate) fn read_default_prompt(folder: &Folder) -> Result<String, Error> {
    let raw: RawPrompts = read_optional_json(folder, PROMPTS)?.unwrap_or_default();
    default_prompt(folder, &raw)
}

/// That the folder names another similarity than the one that yuyi answers, if it does.
pub(crate) fn other_similarity(folder: &Folder) -> Result<Option<String>, Error> {
    let raw: RawPrompts = read_optional_json(folder, PROMPTS)?.unwrap_or_default();
    let other = raw.similarity_fn_name.filter(|name| name != "cosine");
    Ok(other.map(|name| {
        format!(
            "{}: similarity_fn_name is \"{name}\", but yuyi compares by the cosine and gives vectors of length 1; scores differ from \
             those of sentence-transformers.",
            folder.show(PROMPTS)
        )
    }))
}

/// The prompts, if the folder says which there are, and the length to which vectors are cut.
pub(crate) fn read_prompts(folder: &Folder) -> Result<(Option<Prompts>, Option<usize>), Error> {
    let file = PROMPTS;
    let raw: RawPrompts = read_optional_json(folder, file)?.unwrap_or_default();
    let refuse = |what: String| Err(Error::unsupported(&folder.show(file), what));
    if raw.truncate_dim == Some(0) {
        let what = "truncate_dim is 0; a vector has at least 1 element.";
        return Err(Error::file(&folder.show(file), what));
    }
    if let Some(kind) = raw
        .model_type
        .as_ref()
        .filter(|kind| *kind != "SentenceTransformer")
    {
        return refuse(format!(
            "model_type \"{kind}\" gives no vectors; SentenceTransformer does."
        ));
    }
    let default = default_prompt(folder, &raw)?;
    let texts = |named: BTreeMap<String, Option<String>>| {
        let texts = named.into_iter();
        texts.map(|(name, prompt)| (name, prompt.unwrap_or_default()))
    };
    let prompts = raw.prompts.map(|named| Prompts {
        default,
        named: texts(named).collect(),
    });
    Ok((prompts, raw.truncate_dim))
}
