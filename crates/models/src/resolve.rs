//! From what a user writes to a folder that can be loaded.

use std::path::{Component, Path};

use yuyi_encoder::{Folder, SpecDefaults};

use crate::builtin::{self, BUILTIN_NAME};
use crate::cache_layout::repository_of;
use crate::defaults::defaults;
use crate::installed::{Installed, Places};
use crate::{Error, find_known};

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

/// The model of `name_or_dir`: a folder that exists, the built-in model, or one that is installed
/// under the home folder, also by the repository that it came from. A name wins over a folder of that name; `./NAME` is always the folder.
/// The home folder need not be readable where it is not asked.
///
/// # Errors
/// [`Error::Unknown`] or, for a path, [`Error::NotAFolder`], with the names that would work;
/// otherwise when the folder cannot be read.
pub fn resolve(name_or_dir: &str) -> Result<Resolved, Error> {
    resolve_in(&Places::from_env(), name_or_dir)
}

fn resolve_in(places: &Places, name_or_dir: &str) -> Result<Resolved, Error> {
    if name_or_dir == BUILTIN_NAME {
        return Ok(from_folder(
            BUILTIN_NAME.to_owned(),
            None,
            builtin::folder(),
        ));
    }
    let path = Path::new(name_or_dir);
    let at_home = match places.in_home_of(name_or_dir) {
        Err(_) if !is_name(path) => None,
        found => found?,
    };
    let found = at_home.or_else(|| {
        // A folder of the user's wins over the cache of another program.
        let elsewhere = || {
            let at_home = places.in_home_meant_by(name_or_dir);
            at_home.or_else(|| places.in_caches_of(name_or_dir))
        };
        (!path.is_dir()).then(elsewhere).flatten()
    });
    if let Some(found) = found {
        return from_installed(found);
    }
    if path.is_dir() {
        let model = from_path(folder_name(path), None, path)?;
        return Ok(Resolved {
            by_path: true,
            ..model
        });
    }
    Err(not_there(places, name_or_dir))
}

fn from_installed(model: Installed) -> Result<Resolved, Error> {
    match (model.broken(), &model.folder) {
        (Some(broken), _) => Err(broken),
        (None, Some(folder)) => from_path(model.name.clone(), model.repository(), folder),
        (None, None) => Ok(from_folder(model.name, None, builtin::folder())),
    }
}

/// Why a name or a path leads to no model, and what would.
fn not_there(places: &Places, name_or_dir: &str) -> Error {
    let name = name_or_dir.to_owned();
    // A path is told of without the home folder, which need not be readable.
    let models = places.all().unwrap_or_default();
    let whole = models.into_iter().filter(|model| model.problem.is_none());
    let mut installed: Vec<String> = whole.map(|model| model.name).collect();
    if installed.is_empty() {
        installed.push(BUILTIN_NAME.to_owned());
    }
    match find_known(&name) {
        Some(known) if known.is_called(&name) => Error::NotInstalled {
            name: known.name.clone(),
        },
        _ if name.contains(std::path::is_separator) => Error::NotAFolder { name, installed },
        _ => Error::Unknown { name, installed },
    }
}

/// Whether a folder under the home folder could be called that, and not only a path lead to it.
fn is_name(path: &Path) -> bool {
    let mut components = path.components();
    matches!(components.next(), Some(Component::Normal(name)) if name == path.as_os_str())
}

/// The model that is installed under exactly this name, or built in; a path is none. One that is not whole is found, too: loading it
/// tells what is wrong. For names that come from strangers: they are compared with those that are there, and never become part of
/// a path.
///
/// # Errors
/// When the home folder, or the model's, cannot be read.
pub fn resolve_installed(name: &str) -> Result<Option<Resolved>, Error> {
    resolve_installed_in(&Places::from_env(), name)
}

fn resolve_installed_in(places: &Places, name: &str) -> Result<Option<Resolved>, Error> {
    if name == BUILTIN_NAME {
        return Ok(Some(from_folder(name.to_owned(), None, builtin::folder())));
    }
    let found = places.in_home_of(name)?;
    let found = found.or_else(|| places.in_caches_of(name));
    let resolved = found.and_then(|model| {
        let folder = model.folder.as_deref()?;
        Some(from_path(model.name.clone(), model.repository(), folder))
    });
    resolved.transpose()
}

/// `repository` is the one that it is from, where more than the folder tells it.
fn from_path(name: String, repository: Option<&str>, path: &Path) -> Result<Resolved, Error> {
    Ok(from_folder(
        name,
        repository,
        Folder::open(path).map_err(Error::Encoder)?,
    ))
}

fn from_folder(name: String, repository: Option<&str>, folder: Folder) -> Resolved {
    let defaults = defaults(&name, repository, &folder);
    Resolved {
        name,
        folder,
        defaults,
        by_path: false,
    }
}

/// The last component of a path, also of `.` and `..`; in a cache, where that is a commit or has no dots, what its repository is called.
fn folder_name(path: &Path) -> String {
    let full = path.canonicalize();
    let full = full.as_deref().unwrap_or(path);
    if let Some(repository) = repository_of(full) {
        let name = repository.rsplit('/').next();
        return name.unwrap_or_default().to_owned();
    }
    let name = full.file_name();
    name.map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caches::tests::caches;
    use crate::wholeness::tests::weights;
    use std::fs;
    use std::path::PathBuf;
    use yuyi_encoder::{Pooling, Prompts};

    fn install(home: &Path, name: &str, config: &str) -> PathBuf {
        fill(home.join("models").join(name), config)
    }

    fn fill(folder: PathBuf, config: &str) -> PathBuf {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.json"), config).unwrap();
        fs::write(folder.join("vocab.txt"), "a\n").unwrap();
        fs::write(folder.join("model.safetensors"), weights()).unwrap();
        folder
    }

    fn places(home: Option<&Path>) -> Places {
        Places {
            home: home.map(Path::to_owned),
            ..Places::default()
        }
    }

    #[test]
    fn an_unknown_name_lists_what_is_installed() {
        let home = tempfile::tempdir().unwrap();
        install(home.path(), "b", "{}");
        install(home.path(), "a", "{}");
        fs::create_dir(home.path().join("models/not-a-model")).unwrap();
        let error = resolve_in(&places(Some(home.path())), "c")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "There is no model \"c\". Installed: e5-small-zh, a, b. A path to a model folder works too."
        );
    }

    #[test]
    fn a_path_without_a_folder_is_called_that() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in ["./missing", file.path().to_str().unwrap()] {
            let error = resolve_in(&places(None), path).unwrap_err().to_string();
            let expected = format!(
                "{path} is not a folder. Name a model folder, or one of these: e5-small-zh."
            );
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn without_a_home_the_builtin_model_is_there() {
        let model = resolve_in(&places(None), BUILTIN_NAME).unwrap();
        assert_eq!(model.name, BUILTIN_NAME);
        assert!(resolve_in(&places(None), "a").is_err());
        let missing = Path::new("does/not/exist");
        assert_eq!(places(Some(missing)).all().unwrap().len(), 1);
    }

    #[test]
    fn a_half_model_is_not_installed() {
        let home = tempfile::tempdir().unwrap();
        let folder = install(home.path(), "half", "{}");
        install(home.path(), ".half", "{}");
        fs::write(folder.join("model.safetensors"), &weights()[..20]).unwrap();
        let places = places(Some(home.path()));
        let error = resolve_in(&places, "half").unwrap_err().to_string();
        let expected = "The model half is not whole: model.safetensors is damaged, or not all of it is there. \
            Copy its folder there once more, or remove it with `yuyi models rm half`.";
        assert_eq!(error, expected);
        let all = places.all().unwrap();
        let found: Vec<(&str, bool)> = all
            .iter()
            .map(|m| (m.name.as_str(), m.problem.is_none()))
            .collect();
        assert_eq!(found, [(BUILTIN_NAME, true), ("half", false)]);
        let unknown = resolve_in(&places, "x").unwrap_err().to_string();
        assert!(unknown.contains("Installed: e5-small-zh. "), "{unknown}");
        // Whoever has its name over HTTP is told when it is loaded.
        assert!(resolve_installed_in(&places, "half").unwrap().is_some());
    }

    #[test]
    fn a_known_model_that_is_missing_can_be_fetched() {
        for name in ["gte-base-zh", "thenlper/gte-base-zh", "GTE-base-zh"] {
            let error = resolve_in(&places(None), name).unwrap_err().to_string();
            let expected =
                "The model gte-base-zh is not installed. `yuyi pull gte-base-zh` fetches it.";
            assert_eq!(error, expected, "{name}");
        }
        for name in ["./gte-base-zh", "other/gte-base-zh", "ConSERT"] {
            let error = resolve_in(&places(None), name).unwrap_err();
            assert!(!matches!(error, Error::NotInstalled { .. }), "{name}");
        }
    }

    #[test]
    fn caches_of_other_programs_are_read_in_place() {
        let cache = tempfile::tempdir().unwrap();
        let base = "models--thenlper--gte-base-zh/snapshots/abc";
        let folder = fill(cache.path().join(base), "{}");
        fill(cache.path().join("models--a--b/snapshots/1"), "{}");
        let home = tempfile::tempdir().unwrap();
        let places = Places {
            home: Some(home.path().to_owned()),
            caches: caches(Some(cache.path()), None),
        };
        for name in ["gte-base-zh", "thenlper/gte-base-zh"] {
            let model = resolve_in(&places, name).unwrap();
            assert_eq!(model.name, "gte-base-zh");
            assert_eq!(model.folder.path(), Some(folder.as_path()));
            assert_eq!(model.defaults.pooling, Some(Pooling::Cls));
            assert!(resolve_installed_in(&places, name).unwrap().is_some());
        }
        assert_eq!(resolve_in(&places, "a/b").unwrap().name, "a/b");
        // One of our own wins.
        let own = install(home.path(), "gte-base-zh", "{}");
        let model = resolve_in(&places, "gte-base-zh").unwrap();
        assert_eq!(model.folder.path(), Some(own.as_path()));
        fs::remove_dir_all(&own).unwrap();
        // One that is not whole is there, and says so.
        fs::remove_file(folder.join("model.safetensors")).unwrap();
        let error = resolve_in(&places, "gte-base-zh").unwrap_err().to_string();
        let expected = "The model gte-base-zh is not whole: model.safetensors is missing. Fetch it again with the program whose \
            cache it is in, or with `yuyi pull thenlper/gte-base-zh`, which keeps a whole one beside it.";
        assert_eq!(error, expected);
        let error = resolve_in(&places, "thenlper/gte-base-zh").unwrap_err();
        assert_eq!(error.to_string(), expected);
        let listed = || {
            let all = places.all().unwrap();
            let of_caches = all.iter().filter(|model| model.name != BUILTIN_NAME);
            let told = of_caches.map(|model| (model.name.clone(), model.problem.clone()));
            told.collect::<Vec<_>>()
        };
        let missing = |file: &str| Some(format!("{file} is missing"));
        let known = |file: &str| vec![("gte-base-zh".to_owned(), missing(file))];
        assert_eq!(listed(), known("model.safetensors"));
        // Nobody knows what the other is a part of.
        fs::remove_file(cache.path().join("models--a--b/snapshots/1/config.json")).unwrap();
        fs::remove_file(folder.join("config.json")).unwrap();
        assert_eq!(listed(), known("config.json"));
        let error = resolve_in(&places, "a/b").unwrap_err().to_string();
        assert!(
            error.contains("a/b is not whole: config.json is missing"),
            "{error}"
        );
        // A whole one elsewhere wins.
        let other = tempfile::tempdir().unwrap();
        let whole = fill(other.path().join("models/thenlper/gte-base-zh"), "{}");
        let places = Places {
            caches: caches(Some(cache.path()), Some(other.path())),
            ..places
        };
        let model = resolve_in(&places, "gte-base-zh").unwrap();
        assert_eq!(model.folder.path(), Some(whole.as_path()));
    }

    #[test]
    fn a_whole_snapshot_beside_a_half_one_is_told_or_taken() {
        let cache = tempfile::tempdir().unwrap();
        let base = cache.path().join("models--thenlper--gte-base-zh");
        let whole = fill(base.join("snapshots/old"), "{}");
        let half = fill(base.join("snapshots/new"), "{}");
        fs::remove_file(half.join("model.safetensors")).unwrap();
        fs::create_dir(base.join("refs")).unwrap();
        fs::write(base.join("refs/main"), "new").unwrap();
        let places = Places {
            home: None,
            caches: caches(Some(cache.path()), None),
        };
        // The library's main branch is the half one; an older model is not taken for it without a word.
        let error = resolve_in(&places, "gte-base-zh").unwrap_err().to_string();
        let expected = format!(
            "The model gte-base-zh is not whole: model.safetensors is missing. Another version of it is whole: --model {} takes that. \
             Fetch it again with the program whose cache it is in, or with",
            whole.display()
        );
        assert!(error.starts_with(&expected), "{error}");
        let by_path = resolve_in(&places, whole.to_str().unwrap()).unwrap();
        assert_eq!(by_path.defaults.pooling, Some(Pooling::Cls));
        // Where nothing says which is the newest, a whole one is.
        fs::remove_dir_all(base.join("refs")).unwrap();
        let found = resolve_in(&places, "gte-base-zh").unwrap();
        assert_eq!(found.folder.path(), Some(whole.as_path()));
        // And none is told of where there is none.
        fs::remove_dir_all(&whole).unwrap();
        let error = resolve_in(&places, "gte-base-zh").unwrap_err().to_string();
        assert!(!error.contains("Another version"), "{error}");
    }

    /// By the paths that people copy from one program to the next.
    #[test]
    fn a_folder_of_a_cache_is_known_by_its_path() {
        let cache = tempfile::tempdir().unwrap();
        for (place, name, has_prompt) in [
            (
                "hub/models--BAAI--bge-small-zh-v1.5/snapshots/7999e1d",
                "bge-small-zh-v1.5",
                true,
            ),
            (
                "modelscope/hub/BAAI/bge-base-zh-v1___5",
                "bge-base-zh-v1.5",
                true,
            ),
            (
                "modelscope/models/BAAI--bge-large-zh-v1.5/snapshots/master",
                "bge-large-zh-v1.5",
                true,
            ),
            (
                "torch/sentence_transformers/BAAI_bge-large-zh-v1.5",
                "BAAI_bge-large-zh-v1.5",
                true,
            ),
            ("elsewhere/snapshots/7999e1d", "7999e1d", false),
            ("models/BAAI_other", "BAAI_other", false),
        ] {
            let folder = fill(cache.path().join(place), "{}");
            let model = resolve_in(&places(None), folder.to_str().unwrap()).unwrap();
            assert_eq!((model.name.as_str(), model.by_path), (name, true));
            let prompts = &model.defaults.prompts.named;
            assert_eq!(prompts.contains_key("query"), has_prompt, "{place}");
        }
    }

    #[test]
    fn what_was_fetched_is_found_by_its_repository() {
        let home = tempfile::tempdir().unwrap();
        let told = |name: &str, repository: &str, more: &str| {
            let folder = install(home.path(), name, "{}");
            let origin = format!(
                r#"{{"hub": "huggingface", "endpoint": "https://h/", "repository": "{repository}", "revision": "main"}}"#
            );
            let manifest =
                format!(r#"{{"version": 1, "name": "m", "files": [], "origin": {origin}{more}}}"#);
            fs::write(folder.join(crate::MANIFEST_FILE), manifest).unwrap();
            folder
        };
        told("mine", "org/tiny", "");
        told("another", "thenlper/gte-base-zh", "");
        let places = places(Some(home.path()));
        let found = |name: &str| resolve_in(&places, name).map(|model| model.name);
        assert_eq!(found("org/tiny").unwrap(), "mine");
        let iic = "iic/nlp_gte_sentence-embedding_chinese-base";
        for name in ["gte-base-zh", "GTE-base-zh", "thenlper/gte-base-zh", iic] {
            assert_eq!(found(name).unwrap(), "another", "{name}");
        }
        for name in ["tiny", "org/other", "./gte-base-zh"] {
            assert!(found(name).is_err(), "{name}");
        }
        // Another owner's model under the catalogue's name is not the catalogue's.
        told("gte-base-zh", "evil/gte-base-zh", "");
        for name in ["GTE-base-zh", "thenlper/gte-base-zh", iic] {
            assert_eq!(found(name).unwrap(), "another", "{name}");
        }
        let evil = resolve_in(&places, "evil/gte-base-zh").unwrap();
        assert_eq!(
            (evil.name.as_str(), evil.defaults.pooling),
            ("gte-base-zh", None)
        );
        told("gte-base-zh", "thenlper/gte-base-zh", "");
        assert_eq!(found("thenlper/gte-base-zh").unwrap(), "gte-base-zh");
        // One of which only the manifest is left is there, and tells what fetches it.
        let folder = told("mine", "org/tiny", r#", "quantized": "int8""#);
        fs::remove_file(folder.join("config.json")).unwrap();
        let error = found("org/tiny").unwrap_err().to_string();
        let expected = "The model mine is not whole: config.json is missing. `yuyi models rm mine` removes it, \
            and `yuyi pull org/tiny --name mine --quantize int8` fetches it again.";
        assert_eq!(error, expected);
        assert!(resolve_in(&places, "mine").is_err());
        assert!(places.all().unwrap().iter().any(|m| m.name == "mine"));
    }

    #[test]
    fn finds_installed_names_and_folders() {
        let home = tempfile::tempdir().unwrap();
        let folder = install(home.path(), "mine", "{}");
        let named = resolve_in(&places(Some(home.path())), "mine").unwrap();
        assert_eq!((named.name.as_str(), named.by_path), ("mine", false));
        let path = folder.to_str().unwrap();
        let found = resolve_in(&places(None), path).unwrap();
        assert_eq!((found.name.as_str(), found.by_path), ("mine", true));
        assert_eq!(
            resolve_in(&places(None), &format!("{path}/")).unwrap().name,
            "mine"
        );
        assert_eq!(
            resolve_in(&places(None), &format!("{path}/../mine/."))
                .unwrap()
                .name,
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
        assert_eq!(resolve_in(&places(unreadable), path).unwrap().name, "mine");
        assert!(resolve_in(&places(unreadable), BUILTIN_NAME).is_ok());
        let missing = resolve_in(&places(unreadable), "./missing").unwrap_err();
        assert!(matches!(missing, Error::NotAFolder { .. }), "{missing}");
        // It might be installed there.
        let unknown = resolve_in(&places(unreadable), "mine").unwrap_err();
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
        let find = |name: &str| resolve_installed_in(&places(Some(home.path())), name).unwrap();
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
            let model = resolve_in(&places(Some(home.path())), name).unwrap();
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
        let copy = r#"{"_name_or_path": "somebody/text2vec-base-chinese"}"#;
        install(home.path(), "copy", copy);
        let local = r#"{"_name_or_path": "./models/text2vec-base-chinese/"}"#;
        install(home.path(), "local", local);
        // As transformers writes it where the model was loaded from a cache.
        let cached = [
            (
                "hf",
                "/root/.cache/huggingface/hub/models--thenlper--gte-base-zh/snapshots/abc",
            ),
            (
                "ms",
                "/root/.cache/modelscope/hub/models/BAAI/bge-base-zh-v1___5",
            ),
            (
                "windows",
                r"C:\Users\u\.cache\huggingface\hub\models--thenlper--gte-base-zh\snapshots\abc",
            ),
            (
                "evil",
                "/root/.cache/huggingface/hub/models--evil--gte-base-zh/snapshots/abc",
            ),
            (
                "evil-ms",
                "/root/.cache/modelscope/hub/models/evil/bge-base-zh-v1___5/",
            ),
            ("commit", "/data/snapshots/abc"),
        ];
        for (name, path) in cached {
            let config = serde_json::json!({"_name_or_path": path});
            install(home.path(), name, &config.to_string());
        }
        let expected = [
            ("gte-base-zh", Some(Pooling::Cls), true),
            ("hf", Some(Pooling::Cls), false),
            ("ms", Some(Pooling::Cls), false),
            ("windows", Some(Pooling::Cls), false),
            ("evil", None, true),
            ("evil-ms", None, true),
            ("commit", None, true),
            ("mine", Some(Pooling::Mean), false),
            ("local", Some(Pooling::Mean), false),
            ("copy", None, true),
            ("other", None, true),
        ];
        for (name, pooling, over_empty) in expected {
            let model = resolve_in(&places(Some(home.path())), name).unwrap();
            let defaults = model.defaults;
            assert_eq!(defaults.pooling, pooling, "{name}");
            assert_eq!(defaults.over_empty, over_empty, "{name}");
            assert_eq!(defaults.likeness.is_some(), pooling.is_some(), "{name}");
        }
        let builtin = resolve_in(&places(None), BUILTIN_NAME).unwrap();
        assert_eq!(builtin.defaults.likeness, None);
    }
}
