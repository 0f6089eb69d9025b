//! Fetching models: what `yuyi pull` does, what commands offer whose model is missing, and what the server does for its admin.

use std::error::Error as StdError;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::Context;
use yuyi::{EmbedderError, LoadProgress, Precision, Resolved};
use yuyi_encoder::{Folder, quantize_folder};
use yuyi_hub::{Event, Found, Gives, Here, Hub, Pulled, Request, Settings, Staged, Watch, here};
use yuyi_models::{LocalReranker, defaults, home};

use crate::calibration::{FolderCalibration, calibrate_folder};
use crate::progress::TransferBar;
use crate::terminal::{self, remark};

/// The flag that forbids downloads.
static OFFLINE: OnceLock<()> = OnceLock::new();

/// Forbids downloads from now on, as `--offline` asks.
pub fn stay_offline() {
    OFFLINE.get_or_init(|| ());
}

/// How hubs are reached, by the environment and the command line.
///
/// # Errors
/// When an address is none.
pub fn settings() -> anyhow::Result<Settings> {
    let mut settings = Settings::from_env()?;
    if OFFLINE.get().is_some() {
        settings.offline = Some("--offline".to_owned());
    }
    Ok(settings)
}

/// The hubs, and the home folder that they fetch into.
///
/// # Errors
/// When there is none, or an address is none.
pub fn hub() -> anyhow::Result<Hub> {
    let home = home().ok_or(yuyi_hub::Error::NoHome)?;
    Ok(Hub::new(settings()?, home))
}

/// What is here already under the name that a request gives, and in no catalogue.
pub fn already_here(request: &Request) -> Option<Here> {
    here(&home()?, request)
}

/// A request by the name that a model has here, as one that fetches it as it was fetched before; any other as it is.
pub fn as_before(request: Request) -> Request {
    match already_here(&request) {
        Some(Here::Fetched(again)) => again,
        _ => request,
    }
}

/// The number format of a name, such as `int8`.
pub fn precision_of(name: &str) -> Option<Precision> {
    let known = [Precision::Int8, Precision::Int4];
    known.into_iter().find(|precision| precision.name() == name)
}

/// Fetches a model, shrinks it to the number format that the request asks for, and calibrates it.
///
/// # Errors
/// When it cannot be had, or does not work.
pub fn pull(
    hub: &Hub,
    request: &Request,
    watch: &dyn Watch,
) -> anyhow::Result<(Pulled, Option<FolderCalibration>)> {
    let request = &as_here(hub, request, watch);
    let quantize = request.quantized.as_deref().and_then(precision_of);
    let calibration = Mutex::new(None);
    let finish = |staged: &Staged<'_>| -> Result<Option<PathBuf>, Box<dyn StdError + Send + Sync>> {
        let finished = finish(staged, quantize)?;
        *calibration.lock().unwrap_or_else(PoisonError::into_inner) = finished.calibration;
        Ok(finished.folder)
    };
    let pulled = hub.pull(request, watch, &finish)?;
    let calibration = calibration
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    Ok((pulled, calibration))
}

/// The request, in the number format that the model has here, where it asks for none.
fn as_here(hub: &Hub, request: &Request, watch: &dyn Watch) -> Request {
    let mut request = request.clone();
    if let (Some(precision), Ok(name)) = (hub.format_here(&request), Hub::name_of(&request)) {
        let told = format!(
            "{name} is installed in {precision}, and is fetched so again. For the weights as they were published remove it first: yuyi models rm {name}."
        );
        watch.see(Event::Remark { told: &told });
        request.quantized = Some(precision);
    }
    request
}

/// What becomes of a model that has come.
struct Finished {
    /// The folder to install, if it is another.
    folder: Option<PathBuf>,
    calibration: Option<FolderCalibration>,
}

fn finish(staged: &Staged<'_>, quantize: Option<Precision>) -> anyhow::Result<Finished> {
    let folder = match quantize {
        None => None,
        Some(precision) => Some(shrink(staged, precision)?),
    };
    let made = folder.as_deref().unwrap_or(staged.folder);
    let model = opened(staged.name, Some(staged.repository), made)?;
    // Either loads it, so what is installed works.
    let calibration = match staged.gives {
        Gives::Vectors => Some(calibrate_folder(model, made)?),
        // A score needs no scale for cosines.
        Gives::Scores => {
            LocalReranker::load(model, None, None, &LoadProgress::default())?;
            None
        }
    };
    Ok(Finished {
        folder,
        calibration,
    })
}

fn shrink(staged: &Staged<'_>, precision: Precision) -> anyhow::Result<PathBuf> {
    let original = opened(staged.name, Some(staged.repository), staged.folder)?;
    let scratch = staged.scratch;
    fs::create_dir(scratch).with_context(|| format!("{} cannot be written", scratch.display()))?;
    quantize_folder(&original.folder, scratch, precision, &original.defaults)?;
    // The copy has the card of the original, with its licence, beside its own.
    let card = staged.folder.join("README.md");
    if card.is_file() {
        fs::copy(card, scratch.join("README.original.md"))?;
    }
    Ok(scratch.to_owned())
}

/// A model under the name that it has, or will have, and of the repository that it is from, where its folder does not tell that.
///
/// # Errors
/// When the folder cannot be read.
pub fn opened(name: &str, repository: Option<&str>, folder: &Path) -> anyhow::Result<Resolved> {
    let folder = Folder::open(folder)?.called(name);
    Ok(Resolved {
        name: name.to_owned(),
        defaults: defaults(name, repository, &folder),
        folder,
        by_path: true,
    })
}

/// Tells of a pull on standard error: what is fetched under which licence, and how far it is.
#[derive(Default)]
pub struct Narrator {
    bar: Mutex<Option<TransferBar>>,
}

impl Narrator {
    fn with_bar(&self, use_it: impl FnOnce(&mut Option<TransferBar>)) {
        use_it(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Watch for Narrator {
    fn see(&self, event: Event<'_>) {
        match event {
            Event::NextHub { error, next } => {
                self.with_bar(|bar| drop(bar.take()));
                remark!("{error} Asking {next} next.");
            }
            Event::Waits { host, seconds } => remark!(
                "{host} answers too many requests for now; it is asked again in {seconds} seconds."
            ),
            Event::NoSum { host, path } => {
                remark!("{host} tells no sum of {path}; only its length is compared.");
            }
            Event::Found(found) => tell(found),
            Event::Remark { told } => remark!("{told}"),
            Event::Begins { bytes, there } => {
                self.with_bar(|bar| *bar = Some(TransferBar::new(bytes, there)));
            }
            Event::Came { bytes } => self.with_bar(|bar| {
                if let Some(bar) = bar {
                    bar.came(bytes);
                }
            }),
            Event::Lost { bytes } => self.with_bar(|bar| {
                if let Some(bar) = bar {
                    bar.lost(bytes);
                }
            }),
            Event::Finishing => self.with_bar(|bar| drop(bar.take())),
            _ => {}
        }
    }
}

/// Says what is about to come, and on which terms.
fn tell(found: &Found) {
    let Found {
        name,
        repository,
        host,
        ..
    } = found;
    let size = megabytes(found.bytes);
    match &found.licence {
        Some(licence) => {
            remark!("{name} is {repository} on {host}: {size} MB under the licence {licence}.");
        }
        None => remark!(
            "{name} is {repository} on {host}: {size} MB. It tells no licence; look at its page before you use it."
        ),
    }
    if found.non_commercial {
        remark!("The licence of {name} forbids commercial use.");
    }
}

/// Megabytes, with a digit behind the point where there are few.
pub fn megabytes(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        few if few < 10.0 => format!("{few:.1}"),
        many => format!("{many:.0}"),
    }
}

/// Offers to fetch a model that is missing, where somebody can be asked; whether it is there now.
///
/// # Errors
/// When it cannot be fetched, or downloads are forbidden.
pub fn offer(name: &str, missing: &EmbedderError) -> anyhow::Result<bool> {
    let request = Request {
        model: name.to_owned(),
        ..Request::default()
    };
    let Some(known) = fetchable(&request, missing) else {
        return Ok(false);
    };
    if let Some(setting) = settings()?.offline {
        return Err(yuyi_hub::Error::Offline {
            name: known,
            setting,
        }
        .into());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(false);
    }
    if !terminal::ask(&format!(
        "The model {known} is not installed. Fetch it now? [y/N]"
    ))? {
        return Ok(false);
    }
    let (_, calibration) = pull(&hub()?, &request, &Narrator::default())?;
    if let Some(calibration) = calibration {
        remark!("{}", calibration.said());
    }
    Ok(true)
}

/// The name of a missing model that a hub may have.
fn fetchable(request: &Request, missing: &EmbedderError) -> Option<String> {
    match missing {
        EmbedderError::NotInstalled { name } => Some(name.clone()),
        EmbedderError::NotAFolder { .. } => Hub::name_of(request).ok(),
        _ => None,
    }
}

/// Whether a hub may have what no folder is.
pub fn may_be_on_a_hub(name: &str) -> bool {
    let request = Request {
        model: name.to_owned(),
        ..Request::default()
    };
    !name.contains("://") && Hub::name_of(&request).is_ok()
}
