//! The way of a model from a hub to the home folder.
//!
//! 1. What is wanted, and where it may be (`address.rs`); one program at a time (`workspace.rs`).
//! 2. The hubs are asked in turn what they have (`hubs.rs`), and which files are needed is chosen (`selection.rs`).
//! 3. The small files come first and say whether the model can be run (`fitness.rs`); then the weights (`download.rs`).
//! 4. Whoever called makes of it what it wants; the folder is put in its place in one step.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};

use yuyi_models::{BUILTIN_NAME, Manifest, ManifestFile, check_whole, is_lfs_pointer};

use crate::address::{Wanted, is_name, wanted};
use crate::client::Client;
use crate::download::{Download, path_of, to_come};
use crate::fitness::{Gives, check};
use crate::hubs::Repository;
use crate::listing::{Listing, RemoteFile};
use crate::patience::Patience;
use crate::record::{
    Earlier, earlier, files_of, is_one_model, is_same, known_sums, manifest, write_manifest,
};
use crate::selection::{Selection, select};
use crate::verify::is_sound;
use crate::watch::{Event, Found, Watch};
use crate::workspace::{Workspace, free};
use crate::{Error, HubKind, Settings, Source};

/// Room that is left beside what is fetched.
const SPARE: u64 = 16 << 20;

/// What is to be fetched.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A name of the catalogue, `ORG/NAME`, or the address of its page.
    pub model: String,
    /// Which hubs are asked.
    pub source: Source,
    /// Branch, tag or commit; `None`: the newest.
    pub revision: Option<String>,
    /// What it will be called here; `None`: as in the catalogue, or as its repository.
    pub name: Option<String>,
    /// The number format that `finish` brings it into, such as `int8`; for the manifest.
    pub quantized: Option<String>,
}

/// A model that has come whole and is not in its place yet.
#[derive(Clone, Debug)]
pub struct Staged<'a> {
    /// What it will be called.
    pub name: &'a str,
    /// The repository that it is from.
    pub repository: &'a str,
    /// Its folder for now; files may be added.
    pub folder: &'a Path,
    /// A folder that is not there yet, for a model that is made of this one and takes its place.
    pub scratch: &'a Path,
    /// What it gives.
    pub gives: Gives,
}

/// Makes something of a model before it is installed, such as an integer copy with its calibration; the folder that is to be
/// installed in its stead, if it is another. An error keeps it from being installed.
pub type Finish<'a> =
    dyn Fn(&Staged<'_>) -> Result<Option<PathBuf>, Box<dyn StdError + Send + Sync>> + 'a;

/// A model that is installed.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// What it is called.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it is.
    pub manifest: Manifest,
    /// It was there already, and nothing was fetched.
    pub was_there: bool,
}

/// Fetches models into a home folder.
pub struct Hub {
    client: Client,
    home: PathBuf,
}

impl Hub {
    /// Fetches into `home` by these settings.
    pub fn new(settings: Settings, home: impl Into<PathBuf>) -> Self {
        Self {
            client: Client::new(settings),
            home: home.into(),
        }
    }

    /// What a request's model would be called.
    ///
    /// # Errors
    /// When it is no model.
    pub fn name_of(request: &Request) -> Result<String, Error> {
        let name = match &request.name {
            Some(name) => name.clone(),
            None => wanted(&request.model, request.source)?.name,
        };
        if name == BUILTIN_NAME {
            return Err(Error::BuiltInName { name });
        }
        match is_name(&name) {
            true => Ok(name),
            false => Err(Error::BadName { name }),
        }
    }

    /// The number format that a model was brought into when it was installed, where `request` asks for none: fetching it once more is to
    /// mend or renew it, and not to make it another one.
    pub fn format_here(&self, request: &Request) -> Option<String> {
        if request.quantized.is_some() {
            return None;
        }
        let wanted = wanted(&request.model, request.source).ok()?;
        let name = Self::name_of(request).ok()?;
        let manifest = Manifest::read(&self.home.join("models").join(name)).ok()??;
        let repository = repository_of(&manifest);
        let mut sources = wanted.sources.iter();
        let is_it = sources.any(|(_, id)| is_one_model(id, repository));
        manifest.quantized.filter(|_| is_it)
    }

    /// Fetches a model, has it finished, and installs it. Blocks until all is done.
    ///
    /// # Errors
    /// When no hub has it, it cannot be run, or the disk is full; then what has come is kept for the next attempt, and what was
    /// installed before is still there.
    pub fn pull(
        &self,
        request: &Request,
        watch: &dyn Watch,
        finish: &Finish<'_>,
    ) -> Result<Pulled, Error> {
        let wanted = wanted(&request.model, request.source)?;
        wanted.check_page(self.client.settings())?;
        let name = Self::name_of(request)?;
        if let Some(setting) = self.client.settings().offline.clone() {
            return self.without_network(request, &wanted, name, setting);
        }
        let workspace = Workspace::open(&self.home, &name)?;
        let mut tried = Vec::new();
        let repositories = self.repositories(&wanted, request, watch);
        for (place, repository) in repositories.iter().enumerate() {
            let error = match self.pull_from(repository, &name, request, &workspace, watch) {
                Ok(Some(ready)) => return install(ready, workspace, request, watch, finish),
                Ok(None) => return already_there(workspace.target(), name),
                Err(error) => error,
            };
            if matches!(error, Error::Unsupported { .. }) {
                // Nobody goes on with it.
                workspace.clear()?;
            }
            let Some(next) = repositories
                .get(place + 1)
                .filter(|_| error.may_be_elsewhere())
            else {
                return Err(all_of(tried, error));
            };
            let next = next.host();
            let (error_seen, next_seen) = (&error, next.as_str());
            watch.see(Event::NextHub {
                error: error_seen,
                next: next_seen,
            });
            tried.push(error);
        }
        Err(Error::NotPublished { name })
    }

    /// The model that is here, if it is the one that would be fetched as far as that can be told without asking anybody.
    fn without_network(
        &self,
        request: &Request,
        wanted: &Wanted,
        name: String,
        setting: String,
    ) -> Result<Pulled, Error> {
        let target = self.home.join("models").join(&name);
        let manifest = check_whole(&target).ok().flatten();
        let is_it = manifest.is_some_and(|manifest| {
            let origin = manifest.origin.as_ref();
            let is_of = |(_, id): &(HubKind, String)| origin.is_some_and(|o| o.repository == *id);
            // Of a branch nobody knows where it is now; what came from it is what there is.
            let is_at = |revision: &String| {
                origin
                    .is_some_and(|o| o.revision == *revision || o.commit.as_ref() == Some(revision))
            };
            let revision = request.revision.as_ref().or(wanted.revision.as_ref());
            manifest.quantized == request.quantized
                && wanted.sources.iter().any(is_of)
                && revision.is_none_or(is_at)
        });
        match is_it {
            true => already_there(target, name),
            false => Err(Error::Offline { name, setting }),
        }
    }

    fn repositories<'a>(
        &'a self,
        wanted: &Wanted,
        request: &Request,
        watch: &'a dyn Watch,
    ) -> Vec<Repository<'a>> {
        let revision = request.revision.clone().or_else(|| wanted.revision.clone());
        let sources = wanted.sources.iter().enumerate();
        let repository = |(place, (hub, id)): (usize, &(HubKind, String))| Repository {
            client: &self.client,
            hub: *hub,
            id: id.clone(),
            revision: revision.clone(),
            patience: Patience::new(watch, place + 1 < wanted.sources.len(), *hub),
        };
        sources.map(repository).collect()
    }

    /// Fetches a model from one hub into the workspace; `None`: it is installed already.
    fn pull_from(
        &self,
        repository: &Repository<'_>,
        name: &str,
        request: &Request,
        workspace: &Workspace,
        watch: &dyn Watch,
    ) -> Result<Option<Ready>, Error> {
        let listing = repository.list()?;
        let steps = repository.steps(&listing)?;
        let selection = select(&listing.files, &steps).map_err(|reason| Error::Unsupported {
            repository: listing.repository.clone(),
            reason,
            nearest: crate::fitness::nearest(&listing.repository).to_owned(),
        })?;
        check_lengths(repository, &selection)?;
        let manifest = manifest(repository, &listing, name, request.quantized.clone());
        let earlier = earlier(&workspace.target(), name, &manifest)?;
        if let Some(Earlier {
            whole: true,
            manifest: there,
        }) = &earlier
            && is_same(there, &manifest, &selection)
            && is_sound(&workspace.target(), there)
        {
            return Ok(None);
        }
        watch.see(Event::Found(&Found {
            name: name.to_owned(),
            repository: listing.repository.clone(),
            host: repository.host(),
            commit: listing.commit.clone(),
            bytes: selection.bytes(),
            licence: manifest.licence.clone(),
            non_commercial: manifest.non_commercial,
        }));
        tell_of_sums(repository, &selection, watch);
        let target = workspace.target();
        let earlier = earlier.is_some().then_some(target.as_path());
        workspace.make(&manifest)?;
        let gives = fetch(
            repository, &listing, &selection, workspace, watch, earlier, &manifest,
        )?;
        Ok(Some(Ready {
            manifest,
            gives,
            sums: known_sums(&selection),
        }))
    }
}

/// Refuses a list that says nothing at all of what a file holds.
fn check_lengths(repository: &Repository<'_>, selection: &Selection) -> Result<(), Error> {
    let mut files = selection.files();
    match files.find(|file| file.size == 0 && !file.sum.is_told()) {
        Some(file) => {
            Err(repository.no_hub(&format!("it tells neither sum nor length of {}", file.path)))
        }
        None => Ok(()),
    }
}

/// Says of which files only the length can be compared.
fn tell_of_sums(repository: &Repository<'_>, selection: &Selection, watch: &dyn Watch) {
    let host = repository.host();
    for file in selection.files().filter(|file| !file.sum.is_told()) {
        watch.see(Event::NoSum {
            host: &host,
            path: &file.path,
        });
    }
}

/// The repository of a model that is being fetched.
fn repository_of(manifest: &Manifest) -> &str {
    let origin = manifest.origin.as_ref();
    origin.map_or("", |origin| &origin.repository)
}

/// A model that has come whole.
struct Ready {
    manifest: Manifest,
    gives: Gives,
    /// What hubs told of its files, which was checked.
    sums: Vec<ManifestFile>,
}

/// Fetches what is needed; what the model gives.
fn fetch(
    repository: &Repository<'_>,
    listing: &Listing,
    selection: &Selection,
    workspace: &Workspace,
    watch: &dyn Watch,
    earlier: Option<&Path>,
    manifest: &Manifest,
) -> Result<Gives, Error> {
    let paths: Vec<&str> = selection.files().map(|file| file.path.as_str()).collect();
    workspace.keep_only(&paths)?;
    let files: Vec<RemoteFile> = selection.files().cloned().collect();
    let (content, parts) = (workspace.content(), workspace.parts());
    let download = Download {
        repository,
        listing,
        folder: &content,
        parts: &parts,
        earlier,
        watch,
    };
    let missing = download.begin(&files)?;
    let to_come = to_come(&missing);
    check_room(&content, to_come)?;
    watch.see(Event::Begins {
        bytes: selection.bytes(),
        there: selection.bytes().saturating_sub(to_come),
    });
    let is_weight = |path: &str| selection.weights.iter().any(|file| file.path == path);
    let (weights, companions): (Vec<_>, Vec<_>) =
        missing.iter().partition(|file| is_weight(path_of(file)));
    download.fetch(&companions)?;
    check_pointers(&content, &selection.companions, repository)?;
    let quantized = manifest.quantized.as_deref();
    let origin = repository_of(manifest);
    let (gives, assumed) = check(&content, &manifest.name, Some(origin), quantized)?;
    for told in &assumed {
        watch.see(Event::Remark { told });
    }
    download.fetch(&weights)?;
    check_pointers(&content, &selection.weights, repository)?;
    Ok(gives)
}

/// A hub that keeps repositories and not their large files gives pointers, which are what it announces.
fn check_pointers(
    content: &Path,
    files: &[RemoteFile],
    repository: &Repository<'_>,
) -> Result<(), Error> {
    let mut files = files.iter();
    match files.find(|file| is_lfs_pointer(&content.join(&file.path))) {
        Some(file) => Err(Error::Pointer {
            host: repository.host(),
            path: file.path.clone(),
        }),
        None => Ok(()),
    }
}

/// Refuses what the disk has no room for, where it tells.
fn check_room(folder: &Path, bytes: u64) -> Result<(), Error> {
    let needed = bytes + SPARE;
    match free(folder) {
        Some(free) if bytes > 0 && free < needed => Err(Error::NoRoom {
            folder: folder.to_owned(),
            needed: needed.div_ceil(1_000_000),
            free: free / 1_000_000,
        }),
        _ => Ok(()),
    }
}

/// The end of the way: finished, told of in a manifest, put in its place.
fn install(
    ready: Ready,
    workspace: Workspace,
    request: &Request,
    watch: &dyn Watch,
    finish: &Finish<'_>,
) -> Result<Pulled, Error> {
    let Ready {
        mut manifest,
        gives,
        sums,
    } = ready;
    let name = manifest.name.clone();
    let content = workspace.content();
    watch.see(Event::Finishing);
    let scratch = workspace.scratch()?;
    let finished = finish(&Staged {
        name: &name,
        repository: repository_of(&manifest),
        folder: &content,
        scratch: &scratch,
        gives,
    });
    let made = finished.map_err(|error| match is_full(&*error) {
        true => Error::DiskFull {
            path: content.clone(),
        },
        false => Error::Unusable {
            name: name.clone(),
            reason: sentence(&*error, &content),
        },
    })?;
    let known = if made.is_none() { sums } else { Vec::new() };
    manifest.quantized = request.quantized.clone();
    let folder = made.unwrap_or(content);
    if let Err(problem) = check_whole(&folder) {
        let reason = format!("{problem}.");
        return Err(Error::Unusable { name, reason });
    }
    manifest.files = files_of(&folder, &known)?;
    write_manifest(&folder, &manifest)?;
    let folder = workspace.place(&folder)?;
    Ok(Pulled {
        name,
        folder,
        manifest,
        was_there: false,
    })
}

/// Whether the disk was full, and not the model at fault.
fn is_full(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        if kind.is_some_and(Error::is_full) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An error with its causes, without the folder that nobody knows.
fn sentence(error: &(dyn StdError + 'static), folder: &Path) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{}: {error}", text.trim_end_matches('.'));
        cause = error.source();
    }
    let text = text.replace(&format!("{}/", folder.display()), "");
    format!("{}.", text.trim_end_matches('.'))
}

fn already_there(folder: PathBuf, name: String) -> Result<Pulled, Error> {
    match check_whole(&folder) {
        Ok(Some(manifest)) => Ok(Pulled {
            name,
            folder,
            manifest,
            was_there: true,
        }),
        // It was whole a moment ago.
        _ => Err(Error::NotInstalled { name }),
    }
}

/// The error of the last hub, with those of the hubs before it. A hub that has the model, and not for everyone, is the one to go to.
fn all_of(mut tried: Vec<Error>, last: Error) -> Error {
    if !last.may_be_elsewhere() {
        return last;
    }
    if let Some(place) = tried.iter().position(Error::is_for_some) {
        return tried.swap_remove(place);
    }
    let Some(first) = tried.first() else {
        return last;
    };
    match (first, &last) {
        (
            Error::NotFound {
                host: first,
                repository,
                ..
            },
            Error::NotFound { host: last, .. },
        ) => Error::Nowhere {
            repository: repository.clone(),
            first: first.clone(),
            last: last.clone(),
        },
        _ => Error::NoHub {
            first: first.in_short(),
            last: last.in_short(),
        },
    }
}
