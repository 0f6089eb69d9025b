//! `modules.json`: the steps of a sentence-transformers model, and the folders that they are in.

use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_optional_json;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The file's name.
const FILE: &str = "modules.json";

/// The steps that matter for a cosine.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// There is a list.
    pub(crate) listed: bool,
    /// The folder of the Transformer, within the model's; `""` is the model's own.
    transformer: String,
    /// The folder of the Pooling.
    pub(crate) pooling: Option<String>,
    /// What stands behind it.
    pub(crate) tail: Vec<Tail>,
    /// The folder of a LogitScore, which makes a score of what a model would write next.
    pub(crate) scores: Option<String>,
}

/// A module behind the Pooling.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// A Dense, by its folder.
    Dense(String),
    /// Vectors are scaled to length 1.
    Normalize,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Modules {
    /// Reads the list, if there is one.
    ///
    /// # Errors
    /// When it is broken, or has a step that yuyi does not do.
    pub(crate) fn read(folder: &Folder) -> Result<Self, Error> {
        let Some(list) = read_optional_json::<Vec<Module>>(folder, FILE)? else {
            return check_unlisted(folder).map(|()| Self::default());
        };
        let shown = folder.show(FILE);
        if list.is_empty() {
            let what = "it lists no module; a Transformer and a Pooling were expected.";
            return Err(Error::file(&shown, what));
        }
        let mut modules = Self {
            listed: true,
            ..Self::default()
        };
        let mut transformer = None;
        let mut early = false;
        for Module { path, kind } in list {
            let slot = match known(&shown, &kind)? {
                ModuleKind::Transformer => &mut transformer,
                ModuleKind::Pooling => &mut modules.pooling,
                ModuleKind::LogitScore => &mut modules.scores,
                ModuleKind::Dense if modules.pooling.is_none() => {
                    let what = "there is a Dense in front of the Pooling, which yuyi does not do.";
                    return Err(Error::unsupported(&shown, what));
                }
                ModuleKind::Dense => {
                    check_path(&shown, "Dense", &path, false)?;
                    modules.tail.push(Tail::Dense(path));
                    continue;
                }
                ModuleKind::Normalize => {
                    check_normalize(folder, &shown, &path)?;
                    match modules.pooling {
                        Some(_) => modules.tail.push(Tail::Normalize),
                        // Without any Pooling it is of the sentence all the same.
                        None => early = true,
                    }
                    continue;
                }
                ModuleKind::Dropout => continue,
            };
            if slot.is_some() {
                let what = format!("there are two modules {kind}; one was expected.");
                return Err(Error::unsupported(&shown, what));
            }
            *slot = Some(path);
        }
        if early && modules.pooling.is_some() {
            let what = "there is a Normalize in front of the Pooling, which yuyi does not do.";
            return Err(Error::unsupported(&shown, what));
        }
        modules.transformer = transformer.unwrap_or_default();
        check_path(&shown, "Transformer", &modules.transformer, true)?;
        if let Some(path) = &modules.pooling {
            check_path(&shown, "pooling", path, false)?;
        }
        if let Some(path) = &modules.scores {
            check_path(&shown, "LogitScore", path, false)?;
        }
        Ok(modules)
    }

    /// The folder of the Transformer: configuration, weights and tokenizer.
    pub(crate) fn transformer(&self, folder: &Folder) -> Folder {
        folder.inside(&self.transformer)
    }
}

/// Checks that a Normalize scales the vectors of sentences, and no others, to length 1.
fn check_normalize(folder: &Folder, shown: &str, path: &str) -> Result<(), Error> {
    if path.is_empty() {
        return Ok(());
    }
    check_path(shown, "Normalize", path, false)?;
    let file = format!("{}/config.json", path.trim_end_matches('/'));
    let fields: Map<String, Value> = read_optional_json(folder, &file)?.unwrap_or_default();
    let is_usual = |name: &str, value: &Value| {
        let of_sentence = ["module_input_name", "module_output_name"].contains(&name);
        value.is_null() || of_sentence && *value == "sentence_embedding"
    };
    match fields.iter().find(|(name, value)| !is_usual(name, value)) {
        None => Ok(()),
        Some((name, value)) => {
            let what = format!(
                "{name} is {value}, which yuyi does not apply: it scales the vectors of sentences (sentence_embedding) to length 1."
            );
            Err(Error::unsupported(&folder.show(&file), what))
        }
    }
}

/// Refuses a folder of a module that no list puts in its place, such as `2_Dense`: without it the vectors would be others.
fn check_unlisted(folder: &Folder) -> Result<(), Error> {
    let changes = |name: &String| {
        let Some((number, class)) = name.split_once('_') else {
            return false;
        };
        let is_module = !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && class.starts_with(|c: char| c.is_ascii_uppercase())
            && class.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_module && !["Pooling", "Normalize", "Dropout"].contains(&class)
    };
    match folder.folders().into_iter().find(changes) {
        None => Ok(()),
        Some(name) => {
            let what = format!(
                "there is none, though {name} is the folder of a module. Copy modules.json, or remove that folder if it is not part of the model."
            );
            Err(Error::file(&folder.show(FILE), what))
        }
    }
}

/// The modules that yuyi does, and one that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModuleKind {
    Transformer,
    Pooling,
    Dense,
    Normalize,
    Dropout,
    LogitScore,
}

impl ModuleKind {
    /// By the name of its class, whatever the package.
    pub(crate) fn of_class(class: &str) -> Option<Self> {
        Some(match class_name(class) {
            "Transformer" => Self::Transformer,
            "Pooling" => Self::Pooling,
            "Dense" => Self::Dense,
            "Normalize" => Self::Normalize,
            "Dropout" => Self::Dropout,
            "LogitScore" => Self::LogitScore,
            _ => return None,
        })
    }
}

fn class_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or_default()
}

/// The kind of a module, by its class.
fn known(shown: &str, kind: &str) -> Result<ModuleKind, Error> {
    let own = !kind.starts_with("sentence_transformers.");
    if let (Some(known), false) = (ModuleKind::of_class(kind), own) {
        return Ok(known);
    }
    let what = if own {
        format!("the module {kind} is Python code of the model's own, which yuyi does not run.")
    } else {
        let name = class_name(kind);
        format!(
            "the module {name} is not supported. yuyi knows Transformer, Pooling, Dense and Normalize."
        )
    };
    Err(Error::unsupported(shown, what))
}

fn check_path(shown: &str, module: &str, path: &str, may_be_root: bool) -> Result<(), Error> {
    let leaves = path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..");
    if leaves || path.is_empty() && !may_be_root {
        let what =
            format!("the {module} module's path \"{path}\" must be a folder inside the model's.");
        return Err(Error::file(shown, what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json_folder;
    use serde_json::json;

    fn listed(kinds: &[&str], normalize: Value) -> Result<Modules, Error> {
        let module = |kind: &&str| {
            let path = if *kind == "Transformer" { "" } else { *kind };
            json!({"type": format!("sentence_transformers.models.{kind}"), "path": path})
        };
        let list: Vec<Value> = kinds.iter().map(module).collect();
        let files = [
            ("modules.json", json!(list)),
            ("Normalize/config.json", normalize),
        ];
        Modules::read(&json_folder(&files))
    }

    #[test]
    fn a_normalize_of_anything_but_the_sentence_is_refused() {
        let usual = ["Transformer", "Pooling", "Normalize"];
        for fields in [
            json!({"module_input_name": "token_embeddings"}),
            json!({"module_output_name": "token_embeddings"}),
            json!({"p": 1}),
        ] {
            let error = listed(&usual, fields.clone()).unwrap_err().to_string();
            let (name, value) = fields.as_object().unwrap().iter().next().unwrap();
            let expected = format!("Normalize/config.json: {name} is {value}, which");
            assert!(error.contains(&expected), "{error}");
        }
        for fields in [
            json!({}),
            json!({"module_input_name": "sentence_embedding"}),
        ] {
            assert_eq!(listed(&usual, fields).unwrap().tail, [Tail::Normalize]);
        }
        let early = listed(&["Transformer", "Normalize", "Pooling"], json!({}));
        let error = early.unwrap_err().to_string();
        assert!(
            error.contains("a Normalize in front of the Pooling"),
            "{error}"
        );
        assert!(listed(&["Transformer", "Normalize"], json!({})).is_ok());
    }

    #[test]
    fn a_module_that_no_list_has_is_refused() {
        let read = |path: &str| {
            let folder = json_folder(&[("config.json", json!({})), (path, json!({}))]);
            Modules::read(&folder).map(|modules| modules.listed)
        };
        for path in ["2_Dense/config.json", "1_WordWeights/config.json"] {
            let error = read(path).unwrap_err().to_string();
            let name = path.split('/').next().unwrap();
            let expected = format!("modules.json: there is none, though {name} is the folder");
            assert!(error.contains(&expected), "{error}");
        }
        for path in [
            "1_Pooling/config.json",
            "2_Normalize/config.json",
            "3_Dropout/config.json",
            "2_epochs/config.json",
            "onnx/2_Dense/config.json",
            "2_Dense",
        ] {
            assert!(!read(path).unwrap(), "{path}");
        }
    }
}
