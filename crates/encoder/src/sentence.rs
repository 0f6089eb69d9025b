//! What sentence-transformers writes of its Transformer module.

use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Names that the file has had, in the order in which they are looked for.
const FILES: [&str; 7] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

/// Arguments that decide how a model is computed, not what comes out.
const WITHOUT_EFFECT: [&str; 14] = [
    "add_pooling_layer",
    "attn_implementation",
    "cache_dir",
    "device_map",
    "dtype",
    "local_files_only",
    "low_cpu_mem_usage",
    "output_hidden_states",
    "padding_side",
    "revision",
    "token",
    "torch_dtype",
    "trust_remote_code",
    "use_safetensors",
];

/// Fields by which queries and documents are cut or lengthened each in their own way.
const OF_SIDES: [&str; 3] = ["query_length", "document_length", "query_expansion"];

/// What is heard of the file.
#[derive(Debug, Default)]
pub(crate) struct SentenceConfig {
    /// Its name.
    pub(crate) file: &'static str,
    /// The longest text in tokens.
    pub(crate) max_tokens: Option<usize>,
    /// Texts become lower case before all else.
    pub(crate) lowercase: bool,
    /// What the model is there for.
    pub(crate) task: Task,
}

/// What a Transformer of sentence-transformers is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Task {
    /// Vectors of tokens, of which others make one.
    #[default]
    Vectors,
    /// Scores of a head.
    Scores,
    /// Text, or scores by what would be written next.
    Writing,
}

impl Task {
    fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Vectors, Self::Scores, Self::Writing];
        all.into_iter().find(|task| task.name() == name)
    }

    /// The name in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vectors => "feature-extraction",
            Self::Scores => "sequence-classification",
            Self::Writing => "text-generation",
        }
    }

    /// What of the model's output it takes.
    fn method_output(self) -> &'static str {
        match self {
            Self::Vectors => "last_hidden_state",
            Self::Scores | Self::Writing => "logits",
        }
    }

    /// What comes out of the module.
    fn output(self) -> &'static str {
        match self {
            Self::Vectors => "token_embeddings",
            Self::Scores => "scores",
            Self::Writing => "causal_logits",
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
    transformer_task: Option<String>,
    module_output_name: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl SentenceConfig {
    /// Reads the first of the files that is there.
    ///
    /// # Errors
    /// When it is broken, or asks for what yuyi does not do.
    pub(crate) fn read(folder: &Folder) -> Result<Self, Error> {
        let Some(file) = FILES.into_iter().find(|file| folder.contains(file)) else {
            return Ok(Self::default());
        };
        let raw: Raw = read_json(folder, file)?;
        let refuse = |what: String| Err(Error::unsupported(&folder.show(file), what));
        let named = raw.transformer_task.as_deref();
        let Some(task) = named.map_or(Some(Task::Vectors), Task::of_name) else {
            let task = named.unwrap_or_default();
            return refuse(format!(
                "transformer_task \"{task}\" is not supported; feature-extraction, sequence-classification and text-generation are."
            ));
        };
        if let Some(field) = unheard(&raw, task) {
            return refuse(format!("{field} is set, which yuyi does not apply."));
        }
        if let Some(what) = other_output(&raw.rest, task) {
            return refuse(what);
        }
        let output = task.output();
        if let Some(name) = raw.module_output_name.filter(|name| name != output) {
            return refuse(format!(
                "module_output_name \"{name}\" is not supported; {output} is."
            ));
        }
        Ok(Self {
            file,
            max_tokens: raw.max_seq_length,
            lowercase: raw.do_lower_case.unwrap_or(false),
            task,
        })
    }
}

/// What the module does to texts, where that is not what yuyi does: another method of the model, or another of its outputs.
fn other_output(rest: &Map<String, Value>, task: Task) -> Option<String> {
    let modalities = rest
        .get("modality_config")
        .filter(|value| !value.is_null())?;
    let text = &modalities["text"];
    if text.is_null() {
        // Models that write text are asked by messages.
        let what = "modality_config has nothing for \"text\", and yuyi reads texts.";
        return (task == Task::Vectors).then(|| what.to_owned());
    }
    let usual = [
        ("method", "forward"),
        ("method_output_name", task.method_output()),
    ];
    let mut other = usual.into_iter();
    let is_other = |(field, usual): &(&str, &str)| !text[field].is_null() && text[field] != *usual;
    let (field, usual) = other.find(is_other)?;
    Some(format!(
        "modality_config.text.{field} {} is not supported; {usual} is.",
        text[field]
    ))
}

/// The first argument for model, tokenizer or configuration that could change a vector. How a model that writes text is asked is looked
/// at elsewhere.
fn unheard(raw: &Raw, task: Task) -> Option<String> {
    let is_asked = |value: &Value| !value.is_null() && *value != Value::Bool(false);
    let of_sides = OF_SIDES.into_iter();
    let mut of_sides = of_sides.filter(|name| raw.rest.get(*name).is_some_and(is_asked));
    if let Some(name) = of_sides.next() {
        return Some(name.to_owned());
    }
    let arguments = |name: &str| name.ends_with("_args") || name.ends_with("_kwargs");
    let mut lists = raw.rest.iter().filter(|(name, _)| arguments(name));
    lists.find_map(|(name, value)| match value {
        Value::Null => None,
        Value::Object(fields) => {
            let mut fields = fields.iter();
            let (field, _) = fields.find(|(field, value)| {
                let asks = task == Task::Writing && *field == "chat_template";
                !asks && !WITHOUT_EFFECT.contains(&field.as_str()) && !is_nothing(value)
            })?;
            Some(format!("{name}.{field}"))
        }
        _ => Some(name.clone()),
    })
}

/// A value by which nothing is asked for.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_nothing),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json_folder;
    use serde_json::json;

    #[test]
    fn what_is_not_the_last_layer_of_all_texts_alike_is_refused_by_name() {
        let read = |fields: Value| {
            let folder = json_folder(&[("sentence_bert_config.json", fields)]);
            SentenceConfig::read(&folder)
        };
        let text = |field: &str, value: &str| json!({"modality_config": {"text": {field: value}}});
        for (fields, expected) in [
            (
                text("method", "get_text_features"),
                "modality_config.text.method \"get_text_features\" is not supported; forward is.",
            ),
            (
                text("method_output_name", "pooler_output"),
                "modality_config.text.method_output_name \"pooler_output\" is not supported; last_hidden_state is.",
            ),
            (
                json!({"modality_config": {"image": {}}}),
                "modality_config has nothing for \"text\"",
            ),
            (json!({"query_length": 32}), "query_length is set"),
            (json!({"document_length": 180}), "document_length is set"),
            (json!({"query_expansion": true}), "query_expansion is set"),
        ] {
            let error = read(fields).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        for fields in [
            text("method_output_name", "last_hidden_state"),
            text("method", "forward"),
            json!({"modality_config": null, "query_length": null, "query_expansion": false}),
        ] {
            assert!(read(fields.clone()).is_ok(), "{fields}");
        }
    }
}
