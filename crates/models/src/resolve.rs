//! From what a user writes to a folder that can be loaded.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use yuyi_encoder::{Folder, Prompts, SpecDefaults};

use crate::builtin::{self, BUILTIN_NAME};
use crate::{Error, Side, find_known, home};

/// A model that can be loaded.
#[derive(Debug)]
pub struct Resolved {
    /// Name for requests and replies.
    pub name: String,
    /// What it is loaded from: a folder on disk, or the one in the program.
    pub folder: Folder,
    /// What to assume where the files are silent.
    pub defaults: SpecDefaults,
    /// It was named by its path, and not by a name that is known.
    pub by_path: bool,
}

/// A model that a name alone finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What [`resolve`] finds it by.
    pub name: String,
    /// Its folder; `None` for the one in the binary.
    pub folder: Option<PathBuf>,
}

/// The model of `name_or_dir`: a folder that exists, the built-in model, or one that is installed
/// under the home folder. A name wins over a folder of that name; `./NAME` is always the folder.
/// The home folder need not be readable where it is not asked.
///
/// # Errors
/// [`Error::Unknown`] or, for a path, [`Error::NotAFolder`], with the names that would work;
/// otherwise when the folder cannot be read.
pub fn resolve(name_or_dir: &str) -> Result<Resolved, Error> {
    resolve_in(home().as_deref(), name_or_dir)
}

fn resolve_in(home: Option<&Path>, name_or_dir: &str) -> Result<Resolved, Error> {
    if name_or_dir == BUILTIN_NAME {
        return Ok(from_folder(BUILTIN_NAME.to_owned(), builtin::folder()));
    }
    let path = Path::new(name_or_dir);
    let models = match installed_in(home) {
        Err(_) if !is_name(path) => installed_in(None),
        installed => installed,
    }?;
    if let Some(folder) = models
        .iter()
        .find(|m| m.name == name_or_dir)
        .and_then(|m| m.folder.as_deref())
    {
        return from_path(name_or_dir.to_owned(), folder);
    }
    if path.is_dir() {
        let model = from_path(folder_name(path), path)?;
        return Ok(Resolved {
            by_path: true,
            ..model
        });
    }
    let name = name_or_dir.to_owned();
    let installed = models.into_iter().map(|m| m.name).collect();
    Err(if name.contains(std::path::is_separator) {
        Error::NotAFolder { name, installed }
    } else {
        Error::Unknown { name, installed }
    })
}

/// Whether a folder under the home folder could be called that, and not only a path lead to it.
fn is_name(path: &Path) -> bool {
    let mut components = path.components();
    matches!(components.next(), Some(Component::Normal(name)) if name == path.as_os_str())
}

/// The model that is installed under exactly this name, or built in; a path is none. For names that come from
/// strangers: they are compared with those that are there, and never become part of a path.
///
/// # Errors
/// When the home folder, or the model's, cannot be read.
pub fn resolve_installed(name: &str) -> Result<Option<Resolved>, Error> {
    resolve_installed_in(home().as_deref(), name)
}

fn resolve_installed_in(home: Option<&Path>, name: &str) -> Result<Option<Resolved>, Error> {
    let found = installed_in(home)?.into_iter().find(|m| m.name == name);
    let Some(Installed { name, folder }) = found else {
        return Ok(None);
    };
    match folder {
        Some(folder) => from_path(name, &folder).map(Some),
        None => Ok(Some(from_folder(name, builtin::folder()))),
    }
}

fn from_path(name: String, path: &Path) -> Result<Resolved, Error> {
    Ok(from_folder(
        name,
        Folder::open(path).map_err(Error::Encoder)?,
    ))
}

fn from_folder(name: String, folder: Folder) -> Resolved {
    let defaults = defaults(&name, &folder);
    Resolved {
        name,
        folder,
        defaults,
        by_path: false,
    }
}

/// The last component of a path, also of `.` and `..`.
fn folder_name(path: &Path) -> String {
    let full = path.canonicalize();
    let name = full.as_deref().unwrap_or(path).file_name();
    name.map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// What the catalogue knows of a folder, by its name or by the one its configuration tells.
fn defaults(name: &str, folder: &Folder) -> SpecDefaults {
    let known = find_known(name).or_else(|| find_known(&name_or_path(folder)?));
    SpecDefaults {
        pooling: known.map(|known| known.pooling),
        prompts: prompts(known.map_or(&[], |known| known.prompts)),
    }
}

/// Prompts as a folder would tell them. A model that has one for either side has read no text without, so the default one is that of
/// what is looked for, as its card says for texts of one kind.
fn prompts(known: &[(&str, &str)]) -> Prompts {
    let owned = |&(name, text): &(&str, &str)| (name.to_owned(), text.to_owned());
    let named: BTreeMap<String, String> = known.iter().map(owned).collect();
    let of = |side: Side| side.names().iter().find_map(|name| named.get(*name));
    let default = of(Side::Query).filter(|_| of(Side::Passage).is_some());
    Prompts {
        default: default.cloned().unwrap_or_default(),
        named,
    }
}

/// `_name_or_path` of config.json; the loader reports a file that cannot be read.
fn name_or_path(folder: &Folder) -> Option<String> {
    let bytes = folder.read("config.json").ok()?;
    let config: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some(config.get("_name_or_path")?.as_str()?.to_owned())
}

/// The models that a name alone finds: the built-in one first, then those under the home folder by
/// name.
///
/// # Errors
/// When the home folder's list of models cannot be read.
pub fn installed() -> Result<Vec<Installed>, Error> {
    installed_in(home().as_deref())
}

fn installed_in(home: Option<&Path>) -> Result<Vec<Installed>, Error> {
    let mut models = match home {
        Some(home) => folders_with_models(&home.join("models"))?,
        None => Vec::new(),
    };
    models.sort_by(|a, b| a.name.cmp(&b.name));
    let builtin = Installed {
        name: BUILTIN_NAME.to_owned(),
        folder: None,
    };
    models.insert(0, builtin);
    Ok(models)
}

fn folders_with_models(folder: &Path) -> Result<Vec<Installed>, Error> {
    let unreadable = |source| Error::Unreadable {
        folder: folder.to_owned(),
        source,
    };
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut models = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let folder = entry.path();
        // A folder under the built-in model's name could never be reached by it.
        let name = entry
            .file_name()
            .into_string()
            .ok()
            .filter(|name| name != BUILTIN_NAME);
        if let (Some(name), true) = (name, Folder::holds_model(&folder)) {
            models.push(Installed {
                name,
                folder: Some(folder),
            });
        }
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use yuyi_encoder::Pooling;

    fn install(home: &Path, name: &str, config: &str) -> PathBuf {
        let folder = home.join("models").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.json"), config).unwrap();
        folder
    }

    #[test]
    fn an_unknown_name_lists_what_is_installed() {
        let home = tempfile::tempdir().unwrap();
        install(home.path(), "b", "{}");
        install(home.path(), "a", "{}");
        fs::create_dir(home.path().join("models/not-a-model")).unwrap();
        let error = resolve_in(Some(home.path()), "c").unwrap_err().to_string();
        assert_eq!(
            error,
            "There is no model \"c\". Installed: e5-small-zh, a, b. A path to a model folder works too."
        );
    }

    #[test]
    fn a_path_without_a_folder_is_called_that() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in ["./missing", file.path().to_str().unwrap()] {
            let error = resolve_in(None, path).unwrap_err().to_string();
            let expected = format!(
                "{path} is not a folder. Name a model folder, or one of these: e5-small-zh."
            );
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn without_a_home_the_builtin_model_is_there() {
        let model = resolve_in(None, BUILTIN_NAME).unwrap();
        assert_eq!(model.name, BUILTIN_NAME);
        assert!(resolve_in(None, "a").is_err());
        let missing = Path::new("does/not/exist");
        assert_eq!(installed_in(Some(missing)).unwrap().len(), 1);
    }

    #[test]
    fn finds_installed_names_and_folders() {
        let home = tempfile::tempdir().unwrap();
        let folder = install(home.path(), "mine", "{}");
        let named = resolve_in(Some(home.path()), "mine").unwrap();
        assert_eq!((named.name.as_str(), named.by_path), ("mine", false));
        let path = folder.to_str().unwrap();
        let found = resolve_in(None, path).unwrap();
        assert_eq!((found.name.as_str(), found.by_path), ("mine", true));
        assert_eq!(resolve_in(None, &format!("{path}/")).unwrap().name, "mine");
        assert_eq!(
            resolve_in(None, &format!("{path}/../mine/.")).unwrap().name,
            "mine"
        );
    }

    #[test]
    fn a_path_needs_no_home() {
        let unreadable = tempfile::NamedTempFile::new().unwrap();
        let unreadable = Some(unreadable.path());
        let place = tempfile::tempdir().unwrap();
        let folder = install(place.path(), "mine", "{}");
        let path = folder.to_str().unwrap();
        assert_eq!(resolve_in(unreadable, path).unwrap().name, "mine");
        assert!(resolve_in(unreadable, BUILTIN_NAME).is_ok());
        let missing = resolve_in(unreadable, "./missing").unwrap_err();
        assert!(matches!(missing, Error::NotAFolder { .. }), "{missing}");
        // It might be installed there.
        let unknown = resolve_in(unreadable, "mine").unwrap_err();
        assert!(matches!(unknown, Error::Unreadable { .. }), "{unknown}");
        for path in [".", "..", "./a", "a/", "a/.", "/a", "/", ""] {
            assert!(!is_name(Path::new(path)), "{path}");
        }
        assert!(is_name(Path::new("a")) && is_name(Path::new("a b.c")));
    }

    #[test]
    fn names_of_strangers_never_become_paths() {
        let home = tempfile::tempdir().unwrap();
        let folder = install(home.path(), "mine", "{}");
        let find = |name: &str| resolve_installed_in(Some(home.path()), name).unwrap();
        assert_eq!(find("mine").unwrap().name, "mine");
        assert_eq!(find(BUILTIN_NAME).unwrap().name, BUILTIN_NAME);
        let absolute = folder.to_str().unwrap();
        for name in [
            "",
            ".",
            "..",
            "./mine",
            "mine/",
            "../models/mine",
            "mine\0",
            "Mine",
            absolute,
        ] {
            assert!(find(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn prompts_come_from_the_catalogue() {
        let home = tempfile::tempdir().unwrap();
        let defaults = |name: &str| {
            install(home.path(), name, "{}");
            let model = resolve_in(Some(home.path()), name).unwrap();
            model.defaults.prompts
        };
        let bge = defaults("bge-base-zh-v1.5");
        assert!(bge.default.is_empty() && bge.named["query"].ends_with("检索相关文章："));
        let e5 = defaults("multilingual-e5-base");
        assert_eq!(
            (e5.default.as_str(), e5.named["passage"].as_str()),
            ("query: ", "passage: ")
        );
        assert_eq!(defaults("gte-base-zh"), Prompts::default());
    }

    #[test]
    fn pooling_comes_from_the_catalogue_by_folder_or_configuration() {
        let home = tempfile::tempdir().unwrap();
        install(home.path(), "gte-base-zh", "{}");
        install(
            home.path(),
            "mine",
            r#"{"_name_or_path": "shibing624/text2vec-base-chinese"}"#,
        );
        install(home.path(), "other", r#"{"_name_or_path": 3}"#);
        let expected = [
            ("gte-base-zh", Some(Pooling::Cls)),
            ("mine", Some(Pooling::Mean)),
            ("other", None),
        ];
        for (name, pooling) in expected {
            let model = resolve_in(Some(home.path()), name).unwrap();
            assert_eq!(model.defaults.pooling, pooling, "{name}");
        }
    }
}
