//! What is assumed of a model whose folder is silent.

use std::collections::BTreeMap;
use std::path::Path;

use yuyi_encoder::{Folder, Likeness, Prompts, SpecDefaults};

use crate::cache_layout::repository_of;
use crate::catalogue::find_repository;
use crate::manifest::Manifest;
use crate::{KnownModel, Side, find_known, known_models};

/// By what a model is taken for one of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// It is from its repository, or in the program.
    Repository,
    /// Its folder is called so, and nothing says where it is from.
    Name,
    /// It was called so where it was exported, likewise.
    Export,
    /// Its configuration says that it was made of it.
    Configuration,
}

/// What the catalogue knows of a folder: by the repository that it is from, where that is known, else by its name; or by the model that it
/// was made of. Another owner's repository of the same name is another model.
pub fn defaults(name: &str, repository: Option<&str>, folder: &Folder) -> SpecDefaults {
    let found = known(name, repository, folder);
    let (known, by) = found.unzip();
    // What was made of a model may be longer, and may have lost its Dense on purpose.
    let itself = known.filter(|_| by != Some(By::Configuration));
    SpecDefaults {
        pooling: known.and_then(KnownModel::pooling),
        prompts: prompts(known.map(|known| &known.prompts)),
        // What was made of a model may well be asked without its prompts, and says so by an empty list.
        over_empty: by != Some(By::Configuration),
        max_tokens: itself.and_then(|known| known.max_tokens),
        dense: itself
            .filter(|known| known.has_dense())
            .map(|known| known.name.clone()),
        likeness: found.and_then(|(known, by)| likeness(known, by)),
    }
}

/// The model of the catalogue that a folder on disk is, by where it is from, else by what it is called.
pub(crate) fn known_folder(folder: &Path) -> Option<&'static KnownModel> {
    match origin_of(folder) {
        Some(repository) => find_repository(&repository),
        None => {
            let full = folder.canonicalize().ok()?;
            let name = full.file_name()?.to_str()?;
            find_known(name).or_else(|| of_older_cache(name))
        }
    }
}

fn known(
    name: &str,
    repository: Option<&str>,
    folder: &Folder,
) -> Option<(&'static KnownModel, By)> {
    let repository = repository
        .map(str::to_owned)
        .or_else(|| folder.path().and_then(origin_of));
    let found = match repository {
        Some(id) => find_repository(&id).map(|known| (known, By::Repository)),
        None => {
            let by_name = |name: &str| find_known(name).or_else(|| of_older_cache(name));
            let exported = folder.path().and_then(exported_as);
            let exported = exported.and_then(|name| Some((by_name(&name)?, By::Export)));
            let by = match folder.path() {
                Some(_) => By::Name,
                None => By::Repository,
            };
            exported.or_else(|| Some((by_name(name)?, by)))
        }
    };
    found.or_else(|| Some((made_of(folder)?, By::Configuration)))
}

/// Whose prompts, pooling and longest text these are, where that is a guess.
fn likeness(known: &KnownModel, by: By) -> Option<Likeness> {
    let why = match by {
        By::Repository => return None,
        By::Name => "the folder is called so",
        By::Export => "it was called so where it was exported",
        By::Configuration => "config.json says that the model was made of that one (_name_or_path)",
    };
    Some(Likeness {
        model: known.name.clone(),
        why: why.to_owned(),
    })
}

/// The repository that a folder is from, by its manifest or by the cache that it is in.
pub(crate) fn origin_of(folder: &Path) -> Option<String> {
    let manifest = Manifest::read(folder).ok().flatten();
    let told = manifest.and_then(|manifest| Some(manifest.origin?.repository));
    told.or_else(|| repository_of(&folder.canonicalize().ok()?))
}

/// What a model that nobody knows the origin of was called where it was exported, if it has another name here.
fn exported_as(folder: &Path) -> Option<String> {
    Manifest::read(folder).ok().flatten()?.called
}

/// By a name that older versions of sentence-transformers gave folders of their cache: `ORG_NAME`.
fn of_older_cache(name: &str) -> Option<&'static KnownModel> {
    let is_called = |id: &String| id.replace('/', "_").eq_ignore_ascii_case(name);
    let mut known = known_models().iter();
    known.find(|known| known.huggingface.as_ref().is_some_and(is_called))
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

/// The model that `_name_or_path` of config.json leads to: a repository, or a folder on the machine of whoever made the model, which may
/// be one in a cache.
fn made_of(folder: &Folder) -> Option<&'static KnownModel> {
    let path = name_or_path(folder)?.replace('\\', "/");
    let path = path.trim_end_matches('/');
    if let Some(repository) = repository_of(Path::new(path)) {
        return find_repository(&repository);
    }
    let is_repository = path.split('/').count() == 2 && !path.starts_with(['.', '/', '~']);
    match is_repository {
        true => find_repository(path),
        false => find_known(path),
    }
}

/// `_name_or_path` of config.json; the loader reports a file that cannot be read.
fn name_or_path(folder: &Folder) -> Option<String> {
    let bytes = folder.read("config.json").ok()?;
    let config: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some(config.get("_name_or_path")?.as_str()?.to_owned())
}
