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
        let (mut transformer, mut pooling) = (None, None);
        for Module { path, kind } in list {
            let slot = match known(&shown, &kind)? {
                "Transformer" => &mut transformer,
                "Pooling" => &mut pooling,
                _ => continue,
            };
            if slot.is_some() {
                let what = format!("there are two modules {kind}; one was expected.");
                return Err(Error::unsupported(&shown, what));
            }
            *slot = Some(path);
        }
        let (transformer, pooling) = (transformer.unwrap_or_default(), pooling);
        check_path(&shown, "Transformer", &transformer, true)?;
        if let Some(path) = &pooling {
            check_path(&shown, "pooling", path, false)?;
        }
        Ok(Self {
            listed: true,
            transformer,
            pooling,
        })
    }

    /// The folder of the Transformer: configuration, weights and tokenizer.
    pub(crate) fn transformer(&self, folder: &Folder) -> Folder {
        folder.inside(&self.transformer)
    }
}

/// The name of a module's class, if it is one of those that yuyi does, or that change no cosine.
fn known<'a>(shown: &str, kind: &'a str) -> Result<&'a str, Error> {
    let name = kind.rsplit('.').next().unwrap_or_default();
    let own = !kind.starts_with("sentence_transformers.");
    let known = ["Transformer", "Pooling", "Normalize", "Dropout"].contains(&name);
    if known && !own {
        return Ok(name);
    }
    let what = if own {
        format!("the module {kind} is Python code of the model's own, which yuyi does not run.")
    } else {
        format!(
            "the module {name} is not supported. yuyi knows Transformer, Pooling and Normalize."
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
