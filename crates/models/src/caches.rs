//! Models that other programs have fetched: the caches of Hugging Face's and ModelScope's libraries, which are read in place.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::catalogue::find_repository;
use crate::manifest::ModelOrigin;
use crate::wholeness::check_whole;

/// Where other programs keep models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheFolders {
    huggingface: Option<PathBuf>,
    modelscope: Option<PathBuf>,
}

/// Whose cache it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CacheOf {
    HuggingFace,
    ModelScope,
}

/// A model in a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cached {
    /// Its repository.
    pub(crate) id: String,
    pub(crate) folder: PathBuf,
    pub(crate) of: CacheOf,
}

impl CacheFolders {
    /// As the libraries find them: `HF_HUB_CACHE`, `HF_HOME`, `MODELSCOPE_CACHE`, else below `~/.cache`. A `~` in front is the user's
    /// folder there, too.
    pub(crate) fn from_env() -> Self {
        Self::from_variables(|name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let home = variable("HOME").map(PathBuf::from);
        let path = |name: &str| {
            let path = PathBuf::from(variable(name)?);
            match (path.strip_prefix("~"), &home) {
                (Ok(below), Some(home)) => Some(home.join(below)),
                _ => Some(path),
            }
        };
        let user = || home.as_ref().map(|user| user.join(".cache"));
        let cache = || path("XDG_CACHE_HOME").or_else(user);
        let huggingface = path("HF_HUB_CACHE")
            .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| path("HF_HOME").map(|home| home.join("hub")))
            .or_else(|| cache().map(|cache| cache.join("huggingface/hub")));
        let modelscope =
            path("MODELSCOPE_CACHE").or_else(|| user().map(|cache| cache.join("modelscope")));
        Self {
            huggingface,
            modelscope,
        }
    }

    /// All models with a folder there, whole or not. What cannot be listed has none.
    pub(crate) fn models(&self) -> Vec<Cached> {
        let mut found = Vec::new();
        if let Some(folder) = &self.huggingface {
            found.extend(of_huggingface(folder));
        }
        if let Some(folder) = &self.modelscope {
            // Where its library has kept models in turn, from its newest version back.
            for place in ["models", "hub/models", "hub", ""] {
                found.extend(of_modelscope(&folder.join(place)));
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }
}

impl Cached {
    /// What the model is called here: the catalogue's name if it is that one, else its repository. Another's model of a known
    /// name is not taken for it.
    pub(crate) fn name(&self) -> &str {
        find_repository(&self.id).map_or(&self.id, |known| &known.name)
    }

    /// Where it was fetched, as far as the layout tells: not by which mirror.
    pub(crate) fn origin(&self) -> ModelOrigin {
        let (hub, endpoint) = match self.of {
            CacheOf::HuggingFace => ("huggingface", "https://huggingface.co/"),
            CacheOf::ModelScope => ("modelscope", "https://www.modelscope.cn/"),
        };
        let (revision, commit) = self.revision();
        ModelOrigin {
            hub: hub.to_owned(),
            endpoint: endpoint.to_owned(),
            repository: self.id.clone(),
            revision,
            commit,
        }
    }

    /// The branch, tag or commit, and the commit where that is known.
    fn revision(&self) -> (String, Option<String>) {
        let name = |path: &Path| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        let snapshots = self.folder.parent();
        let snapshot =
            name(&self.folder).filter(|_| snapshots.and_then(name).as_deref() == Some("snapshots"));
        match (self.of, snapshot) {
            (CacheOf::HuggingFace, Some(commit)) => {
                let repository = snapshots.and_then(Path::parent);
                let is_newest = repository.and_then(newest).as_ref() == Some(&commit);
                let revision = if is_newest { "main" } else { commit.as_str() };
                (revision.to_owned(), Some(commit))
            }
            (CacheOf::ModelScope, Some(revision)) => (revision, None),
            // The older layouts know one version alone.
            (_, None) => ("master".to_owned(), None),
        }
    }
}

/// Folders below a folder, with their names.
fn folders(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let path = entry.path();
        let name = entry.file_name().into_string().ok()?;
        (path.is_dir() && !name.starts_with('.')).then_some((name, path))
    })
}

/// `models--ORG--NAME/snapshots/COMMIT`, where `refs/main` tells the commit.
fn of_huggingface(cache: &Path) -> Vec<Cached> {
    let repositories = folders(cache).filter_map(|(name, path)| {
        let id = name.strip_prefix("models--")?.replace("--", "/");
        Some(Cached {
            id,
            folder: snapshot(&path)?,
            of: CacheOf::HuggingFace,
        })
    });
    repositories.collect()
}

/// The snapshot of the main branch; where only others were fetched, the newest of those that are whole, if there are some.
fn snapshot(repository: &Path) -> Option<PathBuf> {
    let snapshots = repository.join("snapshots");
    // ModelScope calls snapshots by their branches.
    let branches = ["master", "main"].map(|branch| snapshots.join(branch));
    let main = newest(repository).map(|commit| snapshots.join(commit));
    let known = main.into_iter().chain(branches);
    known
        .into_iter()
        .find(|folder| folder.is_dir())
        .or_else(|| {
            let all = folders(&snapshots).map(|(_, path)| path);
            all.max_by_key(|path| (check_whole(path).is_ok(), age(path)))
        })
}

/// When a folder was last changed, if that is known.
fn age(folder: &Path) -> Option<SystemTime> {
    folder.metadata().and_then(|data| data.modified()).ok()
}

/// The newest whole snapshot beside one that is not.
pub(crate) fn whole_beside(snapshot: &Path) -> Option<PathBuf> {
    let snapshots = snapshot
        .parent()
        .filter(|above| above.ends_with("snapshots"))?;
    let others = folders(snapshots).map(|(_, path)| path);
    let others = others.filter(|path| path != snapshot && check_whole(path).is_ok());
    others.max_by_key(|path| age(path))
}

/// The commit of the main branch, where the cache has it.
fn newest(repository: &Path) -> Option<String> {
    let main = fs::read_to_string(repository.join("refs/main")).ok()?;
    let commit = main.trim().to_owned();
    let is_commit = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_commit.then_some(commit)
}

/// Folders of its library that are no owner's.
const NO_OWNERS: [&str; 5] = ["models", "datasets", "studios", "skills", "hub"];

/// `ORG--NAME/snapshots/REVISION`; in older versions of the library `ORG/NAME`, with `___` for dots.
fn of_modelscope(cache: &Path) -> Vec<Cached> {
    let owners = folders(cache).filter(|(owner, _)| !NO_OWNERS.contains(&owner.as_str()));
    let models = owners.flat_map(|(owner, path)| match owner.split_once("--") {
        Some((owner, name)) => snapshot(&path)
            .map(|folder| (format!("{owner}/{name}"), folder))
            .into_iter()
            .collect(),
        None => in_plain_folders(&owner, &path),
    });
    let cached = models.map(|(id, folder)| Cached {
        id,
        folder,
        of: CacheOf::ModelScope,
    });
    cached
        .filter(|cached| cached.folder.join("config.json").exists())
        .collect()
}

fn in_plain_folders(owner: &str, path: &Path) -> Vec<(String, PathBuf)> {
    let id = |name: String| format!("{owner}/{}", name.replace("___", "."));
    folders(path)
        .map(|(name, folder)| (id(name), folder))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cache_layout::repository_of;

    pub(crate) fn caches(huggingface: Option<&Path>, modelscope: Option<&Path>) -> CacheFolders {
        CacheFolders {
            huggingface: huggingface.map(Path::to_owned),
            modelscope: modelscope.map(Path::to_owned),
        }
    }

    #[test]
    fn the_most_particular_variable_wins() {
        let of = |set: &[(&str, &str)]| {
            CacheFolders::from_variables(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            })
        };
        let home = ("HOME", "/u");
        let both = |hf: &str, ms: &str| caches(Some(Path::new(hf)), Some(Path::new(ms)));
        let (hub, scope) = ("/u/.cache/huggingface/hub", "/u/.cache/modelscope");
        assert_eq!(of(&[home]), both(hub, scope));
        assert_eq!(
            of(&[home, ("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/x")]),
            both("/h/hub", scope)
        );
        assert_eq!(
            of(&[home, ("XDG_CACHE_HOME", "/x")]),
            both("/x/huggingface/hub", scope)
        );
        assert_eq!(
            of(&[
                home,
                ("HF_HUB_CACHE", "/c"),
                ("HF_HOME", "/h"),
                ("MODELSCOPE_CACHE", "/m")
            ]),
            both("/c", "/m")
        );
        assert_eq!(
            of(&[home, ("HF_HOME", "~/h"), ("MODELSCOPE_CACHE", "~/m")]),
            both("/u/h/hub", "/u/m")
        );
        assert_eq!(of(&[]), CacheFolders::default());
    }

    #[test]
    fn repositories_are_found_by_how_the_libraries_lay_them_out() {
        let cache = tempfile::tempdir().unwrap();
        let make = |path: &str| fs::create_dir_all(cache.path().join(path)).unwrap();
        let base = "hf/models--thenlper--gte-base-zh";
        make(&format!("{base}/snapshots/abc"));
        make(&format!("{base}/snapshots/def"));
        make(&format!("{base}/refs"));
        fs::write(cache.path().join(base).join("refs/main"), "abc\n").unwrap();
        make("hf/models--other--gte-base-zh/snapshots/123");
        make("hf/models--empty--one");
        make("hf/datasets--a--b/snapshots/1");
        // The newest layout is that of modelscope 1.40 (modelscope-hub 0.5), the others those of 1.37 and before.
        for model in [
            "ms/models/thenlper--gte-large.zh/snapshots/master",
            "ms/models/iic--tag/snapshots/v1.0.2",
            "ms/models/BAAI/bge-small-zh-v1___5",
            "ms/hub/models/BAAI/bge-m3",
            "ms/hub/iic/older",
            "ms/iic/old",
            "ms/._____temp/a/b",
            "ms/models/._____temp/a/b",
            "ms/datasets/a/b",
        ] {
            make(model);
            fs::write(cache.path().join(model).join("config.json"), "{}").unwrap();
        }
        let (hf, ms) = (cache.path().join("hf"), cache.path().join("ms"));
        let found = caches(Some(&hf), Some(&ms)).models();
        let shown: Vec<(&str, &str)> = found.iter().map(|c| (c.id.as_str(), c.name())).collect();
        let expected = [
            ("BAAI/bge-m3", "bge-m3"),
            ("BAAI/bge-small-zh-v1.5", "bge-small-zh-v1.5"),
            ("iic/old", "iic/old"),
            ("iic/older", "iic/older"),
            ("iic/tag", "iic/tag"),
            ("other/gte-base-zh", "other/gte-base-zh"),
            ("thenlper/gte-base-zh", "gte-base-zh"),
            ("thenlper/gte-large.zh", "thenlper/gte-large.zh"),
        ];
        assert_eq!(shown, expected);
        assert!(found[6].folder.ends_with("snapshots/abc"));
        let origin = |i: usize| {
            let ModelOrigin {
                hub,
                repository,
                revision,
                commit,
                ..
            } = found[i].origin();
            format!(
                "{hub} {repository} {revision} {}",
                commit.unwrap_or_default()
            )
        };
        assert_eq!(origin(6), "huggingface thenlper/gte-base-zh main abc");
        assert_eq!(origin(5), "huggingface other/gte-base-zh 123 123");
        assert_eq!(origin(4), "modelscope iic/tag v1.0.2 ");
        assert_eq!(origin(3), "modelscope iic/older master ");
        assert!(found[4].folder.ends_with("snapshots/v1.0.2"));
        // Each is known by its place alone, where that tells more than the folder's name.
        for (i, expected) in [
            (6, Some("thenlper/gte-base-zh")),
            (7, Some("thenlper/gte-large.zh")),
            (1, Some("BAAI/bge-small-zh-v1.5")),
            (0, None),
        ] {
            let found = repository_of(&found[i].folder);
            assert_eq!(found.as_deref(), expected);
        }
        let nowhere = caches(Some(&cache.path().join("none")), None);
        assert!(nowhere.models().is_empty());
    }
}
