//! What is there without a download: the built-in model, those under the home folder, and those in caches of other programs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use yuyi_encoder::{CrossSpec, Folder, ModelSpec};

use crate::builtin::BUILTIN_NAME;
use crate::caches::{CacheFolders, CacheOf, Cached, whole_beside};
use crate::catalogue::{KnownModel, find_known, find_repository};
use crate::defaults::defaults;
use crate::licence::licence_of;
use crate::manifest::{MANIFEST_FILE, Manifest, ModelOrigin};
use crate::wholeness::check_whole;
use crate::{Error, home};

/// Where a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelPlace {
    /// In the program.
    Program,
    /// Under the home folder.
    Home,
    /// In the cache of Hugging Face's library.
    HuggingFaceCache,
    /// In the cache of ModelScope's library.
    ModelScopeCache,
}

impl ModelPlace {
    /// The name in replies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Program => "built_in",
            Self::Home => "home",
            Self::HuggingFaceCache => "huggingface_cache",
            Self::ModelScopeCache => "modelscope_cache",
        }
    }
}

/// A model that a name alone finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What [`resolve`](crate::resolve()) finds it by.
    pub name: String,
    /// Its folder; `None` for the one in the binary.
    pub folder: Option<PathBuf>,
    /// Where it is.
    pub place: ModelPlace,
    /// How it came there, where its folder tells.
    pub manifest: Option<Manifest>,
    /// Where it was fetched, by its manifest or by the cache that it is in.
    pub origin: Option<ModelOrigin>,
    /// What is wrong with it, as the end of a sentence; `None`: it is whole.
    pub problem: Option<String>,
}

impl Installed {
    fn builtin() -> Self {
        Self {
            name: BUILTIN_NAME.to_owned(),
            folder: None,
            place: ModelPlace::Program,
            manifest: None,
            origin: None,
            problem: None,
        }
    }

    fn at(name: String, folder: PathBuf, place: ModelPlace) -> Self {
        let (manifest, problem) = match check_whole(&folder) {
            Ok(manifest) => (manifest, None),
            Err(problem) => (Manifest::read(&folder).ok().flatten(), Some(problem)),
        };
        Self {
            name,
            folder: Some(folder),
            place,
            origin: manifest
                .as_ref()
                .and_then(|manifest| manifest.origin.clone()),
            manifest,
            problem,
        }
    }

    /// Bytes of its files; `None` for the one in the binary.
    pub fn bytes(&self) -> Option<u64> {
        self.folder.as_deref().map(bytes_of)
    }

    /// The error of a model that is not whole, if it is none.
    pub fn broken(&self) -> Option<Error> {
        let problem = self.problem.clone()?;
        Some(Error::Broken {
            name: self.name.clone(),
            problem,
            mending: self.mending(),
        })
    }

    /// What to do where it is not whole or damaged, as a sentence.
    pub fn mending(&self) -> String {
        let name = &self.name;
        if self.place != ModelPlace::Home {
            return self.mending_of_cache();
        }
        let fetched_by = self.manifest.as_ref().and_then(|m| m.fetched_by(name));
        let known = || {
            let known = find_known(name).filter(|known| known.is_called(name))?;
            Some(format!("yuyi pull {}", known.name))
        };
        match fetched_by.or_else(known) {
            Some(again) => {
                format!("`yuyi models rm {name}` removes it, and `{again}` fetches it again.")
            }
            None => {
                format!(
                    "Copy its folder there once more, or remove it with `yuyi models rm {name}`."
                )
            }
        }
    }

    /// The same of one in another program's cache, which yuyi does not write to.
    fn mending_of_cache(&self) -> String {
        let again = self.fetching_for_cache();
        match self.folder.as_deref().and_then(whole_beside) {
            Some(other) => format!(
                "Another version of it is whole: --model {} takes that. {again}",
                other.display()
            ),
            None => again,
        }
    }

    fn fetching_for_cache(&self) -> String {
        match self.repository() {
            Some(repository) => format!(
                "Fetch it again with the program whose cache it is in, or with `yuyi pull {repository}`, which keeps a whole one beside it."
            ),
            None => "Fetch it again with the program whose cache it is in.".to_owned(),
        }
    }

    /// The licence of its weights, as far as told.
    pub fn licence(&self) -> Option<String> {
        licence_of(&self.name, self.repository(), self.folder.as_deref())
    }

    /// The repository that it was fetched from, where that is known.
    pub(crate) fn repository(&self) -> Option<&str> {
        let origin = self.origin.as_ref();
        origin.map(|origin| origin.repository.as_str())
    }

    /// Whether it was fetched from a repository, under whatever name.
    fn is_of(&self, repository: &str) -> bool {
        self.repository() == Some(repository)
    }

    /// Whether it is a model of the catalogue: fetched from its repository, or called so by somebody who put it there.
    fn is_known(&self, known: &KnownModel) -> bool {
        match self.repository() {
            Some(repository) => known.is_repository(repository),
            None => self.name == known.name,
        }
    }
}

/// Bytes of all files in a folder; of links, what they lead to.
fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes_of(&path),
            _ => path.metadata().map_or(0, |file| file.len()),
        }
    });
    bytes.sum()
}

/// Where models are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) home: Option<PathBuf>,
    pub(crate) caches: CacheFolders,
}

impl Places {
    pub(crate) fn from_env() -> Self {
        Self {
            home: home(),
            caches: CacheFolders::from_env(),
        }
    }

    /// Those under the home folder, whole or not, by name.
    pub(crate) fn in_home(&self) -> Result<Vec<Installed>, Error> {
        let Some(home) = &self.home else {
            return Ok(Vec::new());
        };
        let mut models = folders_with_models(&home.join("models"))?;
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The one under the home folder of exactly this name. Others are not looked at.
    pub(crate) fn in_home_of(&self, name: &str) -> Result<Option<Installed>, Error> {
        let Some(home) = &self.home else {
            return Ok(None);
        };
        let mut names = names_in(&home.join("models"))?;
        names.retain(|(found, folder)| found == name && is_model(folder));
        let found = names.pop();
        Ok(found.map(|(name, folder)| Installed::at(name, folder, ModelPlace::Home)))
    }

    /// The one under the home folder that another spelling means: its repository, or the catalogue's name in other letters. One that
    /// is called as the catalogue has it comes first, then whole ones.
    pub(crate) fn in_home_meant_by(&self, text: &str) -> Option<Installed> {
        let known = find_known(text).filter(|known| known.is_called(text));
        let mut found = self.in_home().unwrap_or_default();
        found.retain(|model| match known {
            Some(known) => model.is_known(known),
            None => model.is_of(text),
        });
        let is_called = |model: &Installed| known.is_some_and(|known| model.name == known.name);
        let rank = |model: &Installed| (!is_called(model), model.problem.is_some());
        found.into_iter().min_by_key(rank)
    }

    /// The model in a cache that has this name, or this repository: a whole one, if there is one.
    pub(crate) fn in_caches_of(&self, name: &str) -> Option<Installed> {
        let mut cached = self.caches.models();
        cached.retain(|cached| cached.name() == name || cached.id == name);
        let found = cached.into_iter().map(of_cache);
        found.min_by_key(|model| model.problem.is_some())
    }

    /// Everything that is there: the built-in model, those under the home folder, and those in caches that can be run, or could if
    /// they were whole.
    pub(crate) fn all(&self) -> Result<Vec<Installed>, Error> {
        let mut models = vec![Installed::builtin()];
        models.extend(self.in_home()?);
        let mut cached: Vec<Installed> = self.caches.models().into_iter().map(of_cache).collect();
        // A part of a model does not hide the whole of it in another cache.
        cached.sort_by_key(|model| model.problem.is_some());
        for model in cached {
            let is_there = models.iter().any(|other| other.name == model.name);
            if !is_there && (can_run(&model) || model.problem.is_some() && is_published(&model)) {
                models.push(model);
            }
        }
        Ok(models)
    }
}

fn of_cache(cached: Cached) -> Installed {
    let place = match cached.of {
        CacheOf::HuggingFace => ModelPlace::HuggingFaceCache,
        CacheOf::ModelScope => ModelPlace::ModelScopeCache,
    };
    let (name, origin) = (cached.name().to_owned(), cached.origin());
    let model = Installed::at(name, cached.folder, place);
    Installed {
        origin: model.origin.or(Some(origin)),
        ..model
    }
}

/// Whether the encoder knows what the folder holds: caches have models of all kinds.
fn can_run(model: &Installed) -> bool {
    let folder = model.folder.as_deref().map(Folder::open);
    let Some(Ok(folder)) = folder else {
        return false;
    };
    let defaults = defaults(&model.name, model.repository(), &folder);
    ModelSpec::read(&folder, &defaults).is_ok() || CrossSpec::read(&folder).is_ok()
}

/// Whether a model is one of the catalogue, of whose files too few may be there to tell whether it runs.
fn is_published(model: &Installed) -> bool {
    let known = model.repository().and_then(find_repository);
    known.is_some_and(KnownModel::is_published)
}

/// Everything that is there without a download, whole or not: the built-in model first, then those under the home folder by name,
/// then those in caches of other programs.
///
/// # Errors
/// When the home folder's list of models cannot be read.
pub fn inventory() -> Result<Vec<Installed>, Error> {
    Places::from_env().all()
}

/// Those of [`inventory`] that are whole.
///
/// # Errors
/// As [`inventory`].
pub fn installed() -> Result<Vec<Installed>, Error> {
    let mut models = inventory()?;
    models.retain(|model| model.problem.is_none());
    Ok(models)
}

/// What has a name in the folder of models, and could be one.
fn names_in(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let unreadable = |source| Error::Unreadable {
        folder: folder.to_owned(),
        source,
    };
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        // A folder under the built-in model's name could never be reached by it; what begins with a dot is on its way.
        let name = entry.file_name().into_string().ok();
        let name = name.filter(|name| name != BUILTIN_NAME && !name.starts_with('.'));
        names.extend(name.map(|name| (name, entry.path())));
    }
    Ok(names)
}

/// Whether a folder is a model's, whole or not: a manifest tells of one, whatever else is missing.
fn is_model(folder: &Path) -> bool {
    Folder::holds_model(folder) || folder.join(MANIFEST_FILE).is_file()
}

fn folders_with_models(folder: &Path) -> Result<Vec<Installed>, Error> {
    let mut names = names_in(folder)?;
    names.retain(|(_, folder)| is_model(folder));
    let models = names
        .into_iter()
        .map(|(name, folder)| Installed::at(name, folder, ModelPlace::Home));
    Ok(models.collect())
}
