//! The models of a server: those of `--model`, and those that are installed beside them.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use yuyi::{Found, LoadProgress, ModelKind, OpenOptions, Remote, Resolved, resolve_installed};
use yuyi_models::{Installed, inventory};
use yuyi_server::{LoadError, ModelLibrary, ModelSource, Models};

use crate::args::ServeArgs;
use crate::misuse::Misuse;
use crate::named::{find_model, look_up};
use crate::terminal::remark;

/// The models, each with the names that are given to it.
pub fn models(args: &ServeArgs) -> anyhow::Result<Models> {
    let compute = args.compute.options();
    let library = (!args.listed_only).then(|| Arc::new(Library(compute.clone())) as _);
    Ok(Models {
        listed: listed(args, &compute)?,
        library,
    })
}

fn listed(args: &ServeArgs, compute: &OpenOptions) -> anyhow::Result<Vec<ModelSource>> {
    let mut sources = Vec::<ModelSource>::new();
    for spec in &args.models {
        let source = listed_source(spec, compute)?;
        if sources.iter().any(|other| other.name == source.name) {
            bail!(Misuse(format!(
                "--model: two models are called {}. Rename one's folder.",
                source.name
            )));
        }
        sources.push(source);
    }
    // The first one is the default, which has to give vectors where one does.
    sources.sort_by_key(|source| source.is_reranker);
    for alias in &args.served_model_name {
        give_name(&mut sources, alias)?;
    }
    Ok(sources)
}

/// A model of `--model`, which may be a folder anywhere, or compute elsewhere.
fn listed_source(spec: &str, compute: &OpenOptions) -> anyhow::Result<ModelSource> {
    let here = match find_model(spec)? {
        Found::Elsewhere(remote) => return remote_source(remote, compute),
        Found::Here(model) => model,
    };
    let is_reranker = scores_pairs(&here);
    if let Some(folder) = here.folder.path().filter(|_| here.by_path) {
        tell_of_namesake(&here.name, folder);
    }
    let spec = spec.to_owned();
    let find = move || Ok(look_up(&spec)?);
    Ok(ModelSource {
        is_reranker,
        ..source(here.name, compute.clone(), find)
    })
}

/// Says which model requests get by the name of a folder of `--model`, where another model is installed under it.
fn tell_of_namesake(name: &str, folder: &Path) {
    let installed = inventory().unwrap_or_default();
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

/// Whether the model is a reranker. One that cannot be read is none: loading it tells what is wrong.
fn scores_pairs(model: &Resolved) -> bool {
    matches!(model.kind(), Ok(ModelKind::Reranker))
}

/// A model that computes elsewhere. The same one is opened each time, since it knows what was sent.
fn remote_source(remote: Remote, compute: &OpenOptions) -> anyhow::Result<ModelSource> {
    remote.check(&compute.remote)?;
    let aliases = remote.short_name().map(str::to_owned);
    let name = remote.name().to_owned();
    let found = source(name, compute.clone(), move || Ok(remote.clone().into()));
    Ok(ModelSource {
        aliases: aliases.into_iter().collect(),
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
        facts: Box::new(move || Ok(find()?.facts(&compute)?)),
        calibration: Box::new(calibration),
        load: Box::new(load),
    }
}

/// The installed models and the built-in one.
struct Library(OpenOptions);

impl ModelLibrary for Library {
    fn names(&self) -> Result<Vec<String>, LoadError> {
        // Also one that is not whole: loading it tells what is wrong.
        Ok(inventory()?.into_iter().map(|model| model.name).collect())
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
            ..source(model.name, self.0.clone(), find)
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
