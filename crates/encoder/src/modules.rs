//! `modules.json`: the steps of a sentence-transformers model, and the folders that they are in.

use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_optional_json;
use serde::Deserialize;

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
            return Ok(Self::default());
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
        for Module { path, kind } in list {
            let slot = match known(&shown, &kind)? {
                ModuleKind::Transformer => &mut transformer,
                ModuleKind::Pooling => &mut modules.pooling,
                ModuleKind::Dense if modules.pooling.is_none() => {
                    let what = "there is a Dense in front of the Pooling, which yuyi does not do.";
                    return Err(Error::unsupported(&shown, what));
                }
                ModuleKind::Dense => {
                    check_path(&shown, "Dense", &path, false)?;
                    modules.tail.push(Tail::Dense(path));
                    continue;
                }
                ModuleKind::Normalize if modules.pooling.is_some() => {
                    modules.tail.push(Tail::Normalize);
                    continue;
                }
                ModuleKind::Normalize | ModuleKind::Dropout => continue,
            };
            if slot.is_some() {
                let what = format!("there are two modules {kind}; one was expected.");
                return Err(Error::unsupported(&shown, what));
            }
            *slot = Some(path);
        }
        modules.transformer = transformer.unwrap_or_default();
        check_path(&shown, "Transformer", &modules.transformer, true)?;
        if let Some(path) = &modules.pooling {
            check_path(&shown, "pooling", path, false)?;
        }
        Ok(modules)
    }

    /// The folder of the Transformer: configuration, weights and tokenizer.
    pub(crate) fn transformer(&self, folder: &Folder) -> Folder {
        folder.inside(&self.transformer)
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
