//! The models of a server: those of `--model`, and those that are installed beside them.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use yuyi::{Found, LoadProgress, OpenOptions, Remote, resolve_installed};
use yuyi_models::Installed;
use yuyi_server::{LoadError, ModelLibrary, ModelSource, Models};

use super::look::Look;
use crate::args::ServeArgs;
use crate::misuse::Misuse;
use crate::named::{find_model, look_up};
use crate::reranking::scores_pairs;
use crate::terminal::remark;

/// The models, each with the names that are given to it.
pub fn models(args: &ServeArgs, look: &Arc<Look>) -> anyhow::Result<Models> {
    let compute = args.compute.options();
    let library = || Library {
        compute: compute.clone(),
        look: Arc::clone(look),
    };
    let library = (!args.listed_only).then(|| Arc::new(library()) as _);
    Ok(Models {
        listed: listed(args, &compute, look)?,
        library,
    })
}

fn listed(
    args: &ServeArgs,
    compute: &OpenOptions,
    look: &Look,
) -> anyhow::Result<Vec<ModelSource>> {
    let mut sources = Vec::<ModelSource>::new();
    for spec in &args.models {
        let source = listed_source(spec, compute, look)?;
        if sources.iter().any(|other| other.name == source.name) {
            bail!(Misuse(format!(
                "--model: two models are called {}. Rename one's folder.",
                source.name
            )));
        }
        sources.push(source);
    }
    keep_own_names(&mut sources, look);
    // The first one is the default, which has to give vectors where one does.
    sources.sort_by_key(|source| source.is_reranker);
    for alias in &args.served_model_name {
        give_name(&mut sources, alias)?;
    }
    Ok(sources)
}

/// Takes from models that compute elsewhere the short names that another model has as well, served or installed: nobody's texts leave
/// this machine by a name that means two models.
fn keep_own_names(sources: &mut [ModelSource], look: &Look) {
    if sources.iter().all(|source| source.computes_here) {
        return;
    }
    let served = sources.iter();
    let served = served.flat_map(|source| std::iter::once(&source.name).chain(&source.aliases));
    let installed = look.models().ok();
    let installed = installed.as_deref().unwrap_or_default().iter();
    let installed = installed.map(|model| &model.name);
    let names: Vec<String> = served.chain(installed).cloned().collect();
    for source in sources.iter_mut().filter(|source| !source.computes_here) {
        let is_own = |alias: &String| names.iter().filter(|name| *name == alias).count() == 1;
        source.aliases.retain(is_own);
    }
}

/// A model of `--model`, which may be a folder anywhere, or compute elsewhere.
fn listed_source(spec: &str, compute: &OpenOptions, look: &Look) -> anyhow::Result<ModelSource> {
    let here = match find_model(spec)? {
        Found::Elsewhere(remote) => return remote_source(remote, compute),
        Found::Here(model) => model,
    };
    let is_reranker = scores_pairs(&here);
    if let Some(folder) = here.folder.path().filter(|_| here.by_path) {
        tell_of_namesake(&here.name, folder, look);
    }
    let spec = spec.to_owned();
    let find = move || Ok(look_up(&spec)?);
    Ok(ModelSource {
        is_reranker,
        ..source(here.name, compute.clone(), find)
    })
}

/// The folders of `--model`, by the names that they are served under.
///
/// # Errors
/// When one of them has gone since it was found.
pub fn folders(args: &ServeArgs) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut folders = BTreeMap::new();
    for spec in &args.models {
        if let Found::Here(model) = look_up(spec)?
            && let Some(folder) = model.folder.path().filter(|_| model.by_path)
        {
            folders.insert(model.name.clone(), folder.to_owned());
        }
    }
    Ok(folders)
}

/// Says which model requests get by the name of a folder of `--model`, where another model is installed under it.
fn tell_of_namesake(name: &str, folder: &Path, look: &Look) {
    let installed = look.models().ok();
    let installed = installed.as_deref().unwrap_or_default();
    let is_other = |model: &Installed| {
        let place = model.folder.as_deref().map(Path::canonicalize);
        model.name == name && place.and_then(Result::ok) != folder.canonicalize().ok()
    };
    if installed.iter().any(is_other) {
        remark!(
            "Requests for {name} get the model in {}, since --model comes before what is installed; the installed model of that name is not served.",
            folder.display()
        );
    }
}

/// A model that computes elsewhere. The same one is opened each time, since it knows what was sent.
fn remote_source(remote: Remote, compute: &OpenOptions) -> anyhow::Result<ModelSource> {
    remote.check(&compute.remote)?;
    let aliases = remote.short_names().map(str::to_owned).collect();
    let name = remote.name().to_owned();
    let found = source(name, compute.clone(), move || Ok(remote.clone().into()));
    Ok(ModelSource {
        aliases,
        computes_here: false,
        ..found
    })
}

/// The model that `find` finds; each time anew, since its files may change while the server runs.
fn source(
    name: String,
    compute: OpenOptions,
    find: impl Fn() -> Result<Found, LoadError> + Send + Sync + 'static,
) -> ModelSource {
    let find = Arc::new(find);
    let calibration = {
        let find = Arc::clone(&find);
        move || Ok(find()?.calibration()?)
    };
    let load = {
        let (find, compute) = (Arc::clone(&find), compute.clone());
        move |progress: &LoadProgress| {
            let model = find()?;
            for remark in model.remarks()? {
                tracing::warn!(model = model.name(), "{remark}");
            }
            let options = OpenOptions {
                progress: progress.clone(),
                ..compute.clone()
            };
            Ok(model.load(&options)?)
        }
    };
    ModelSource {
        name,
        aliases: Vec::new(),
        computes_here: true,
        is_reranker: false,
        // Asked by whoever looks at the server: nobody pays, or waits, for that.
        facts: Box::new(move || Ok(find()?.known_facts(&compute)?)),
        calibration: Box::new(calibration),
        load: Box::new(load),
    }
}

/// The installed models and the built-in one.
struct Library {
    compute: OpenOptions,
    look: Arc<Look>,
}

impl ModelLibrary for Library {
    fn names(&self) -> Result<Vec<String>, LoadError> {
        // Also one that is not whole: loading it tells what is wrong.
        let models = self.look.models()?;
        Ok(models.iter().map(|model| model.name.clone()).collect())
    }

    fn find(&self, name: &str) -> Result<Option<ModelSource>, LoadError> {
        let Some(model) = resolve_installed(name)? else {
            return Ok(None);
        };
        let is_reranker = scores_pairs(&model);
        let wanted = name.to_owned();
        let find = move || {
            let found = resolve_installed(&wanted)?;
            Ok(found.ok_or("it is not installed any more")?.into())
        };
        Ok(Some(ModelSource {
            is_reranker,
            ..source(model.name, self.compute.clone(), find)
        }))
    }

    fn stamp(&self, name: &str) -> Result<Option<u64>, LoadError> {
        let model = resolve_installed(name)?;
        Ok(model.map(|model| model.folder.path().map_or(0, stamp_of)))
    }
}

/// Files by which an installed model is known again.
const STAMPED: [&str; 5] = [
    "config.json",
    "yuyi-model.json",
    "tokenizer.json",
    "model.safetensors",
    "pytorch_model.bin",
];

/// Tells folders of models apart: another one has other files, whose names are the same.
fn stamp_of(folder: &Path) -> u64 {
    let mut stamp = DefaultHasher::new();
    folder.hash(&mut stamp);
    for name in STAMPED {
        let Ok(file) = fs::metadata(folder.join(name)) else {
            continue;
        };
        (name, file.len(), file.modified().ok()).hash(&mut stamp);
        #[cfg(unix)]
        std::os::unix::fs::MetadataExt::ino(&file).hash(&mut stamp);
    }
    stamp.finish()
}

/// `ALIAS` for the default model, or `ALIAS=MODEL`.
fn give_name(sources: &mut [ModelSource], name: &str) -> anyhow::Result<()> {
    let (alias, model) = match name.split_once('=') {
        Some((alias, model)) => (alias, sources.iter_mut().find(|s| s.name == model)),
        None => (name, sources.first_mut()),
    };
    let Some(model) = model else {
        bail!(Misuse(format!(
            "--served-model-name {name}: no served model is called that."
        )));
    };
    model.aliases.push(alias.to_owned());
    Ok(())
}
