//! What the server is given to fetch models for its admin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use yuyi_hub::{Event, Hub, Request, Source, Watch};
use yuyi_models::{Installed, home, known_models};
use yuyi_server::{AboutModel, ModelSupply, PullOrder, PullStep, Remark};

use super::look::Look;
use crate::pulling;

/// Between two words on how far a download is.
const PACE: Duration = Duration::from_millis(500);

/// The hubs and the home folder of this machine.
pub struct Supply {
    /// What is installed.
    pub look: Arc<Look>,
    /// Folders that are served under a name, whatever is installed under it.
    pub folders: BTreeMap<String, PathBuf>,
}

impl Supply {
    /// Whether a model is what requests get by its name.
    fn is_served(&self, model: &Installed) -> bool {
        let Some(served) = self.folders.get(&model.name) else {
            return true;
        };
        let folder = model.folder.as_deref().and_then(place);
        folder.is_some() && folder == place(served)
    }

    /// Refuses to install another model under the name of one that is served from its folder: nobody could ask it.
    fn check_name(&self, name: &str) -> Result<(), String> {
        let Some(folder) = self.folders.get(name) else {
            return Ok(());
        };
        let installed = home().map(|home| home.join("models").join(name));
        if installed.is_some_and(|installed| place(&installed) == place(folder)) {
            return Ok(());
        }
        Err(format!(
            "Requests for {name} get the model in {}, since --model names it. Give the model another name.",
            folder.display()
        ))
    }
}

/// A folder without links in its path; one that is not there is nowhere.
fn place(folder: &Path) -> Option<PathBuf> {
    folder.canonicalize().ok()
}

impl ModelSupply for Supply {
    fn name_of(&self, order: &PullOrder) -> Result<String, String> {
        let name = Hub::name_of(&request(order)).map_err(|error| error.to_string())?;
        self.check_name(&name)?;
        Ok(name)
    }

    fn pull(
        &self,
        order: &PullOrder,
        see: &(dyn Fn(PullStep) -> bool + Sync),
    ) -> Result<(String, bool), String> {
        let teller = Teller {
            see,
            stopped: AtomicBool::new(false),
            state: Mutex::default(),
        };
        let pulled = pulling::hub().and_then(|hub| pulling::pull(&hub, &request(order), &teller));
        self.look.forget();
        match pulled {
            Ok((pulled, _)) => Ok((pulled.name, pulled.was_there)),
            Err(error) => Err(crate::messages::joined(&crate::chain(&error))),
        }
    }

    fn about(&self, names: &[String]) -> Vec<Option<AboutModel>> {
        let Ok(models) = self.look.models() else {
            return vec![None; names.len()];
        };
        let about = |name: &String| {
            let model = models.iter().find(|model| model.name == *name);
            model.filter(|model| self.is_served(model)).map(known)
        };
        names.iter().map(about).collect()
    }
}

fn known(model: &Installed) -> AboutModel {
    let origin = model.origin.as_ref();
    AboutModel {
        place: model.place.name(),
        repository: origin.map(|origin| origin.repository.clone()),
        bytes: model.bytes(),
        licence: model.licence(),
        problem: model.broken().map(|error| error.to_string()),
        remark: remark_of(model),
    }
}

fn remark_of(model: &Installed) -> Option<Remark> {
    let known = known_models()
        .iter()
        .find(|known| known.name == model.name)?;
    let remark = known.remark.as_ref()?;
    Some(Remark {
        zh: remark.zh.clone(),
        en: remark.en.clone(),
    })
}

/// The request of an order. One by the name that a model has here fetches that as it was.
fn request(order: &PullOrder) -> Request {
    pulling::as_before(Request {
        model: order.model.clone(),
        source: match order.from {
            "hf" => Source::HuggingFace,
            "modelscope" => Source::ModelScope,
            _ => Source::Auto,
        },
        revision: order.revision.clone(),
        name: order.name.clone(),
        quantized: order.quantize.map(str::to_owned),
    })
}

/// Tells the client of a pull what happens.
struct Teller<'a> {
    see: &'a (dyn Fn(PullStep) -> bool + Sync),
    stopped: AtomicBool,
    state: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    bytes: u64,
    total: u64,
    told: Option<Instant>,
}

impl Teller<'_> {
    fn tell(&self, step: PullStep) {
        if !(self.see)(step) {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Changes how far it is, and says so if that is due.
    fn progress(&self, change: impl FnOnce(&mut Progress)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        if state.told.is_none_or(|told| told.elapsed() >= PACE) {
            state.told = Some(Instant::now());
            let (bytes, total) = (state.bytes, state.total);
            drop(state);
            self.tell(PullStep::Downloading { bytes, total });
        }
    }
}

impl Watch for Teller<'_> {
    fn see(&self, event: Event<'_>) {
        match event {
            Event::NextHub { error, next } => self.tell(PullStep::NextHub {
                message: format!("{error} Asking {next} next."),
            }),
            Event::Waits { host, seconds } => self.tell(PullStep::Waiting {
                host: host.to_owned(),
                seconds,
            }),
            Event::NoSum { host, path } => {
                tracing::warn!(
                    host,
                    path,
                    "a hub tells no sum of a file; only its length is compared"
                );
            }
            Event::Remark { told } => tracing::warn!("{told}"),
            Event::Found(found) => self.tell(PullStep::Found {
                model: found.name.clone(),
                repository: found.repository.clone(),
                host: found.host.clone(),
                bytes: found.bytes,
                licence: found.licence.clone(),
                non_commercial: found.non_commercial,
            }),
            Event::Begins { bytes, there } => self.progress(|state| {
                *state = Progress {
                    bytes: there,
                    total: bytes,
                    told: None,
                };
            }),
            Event::Came { bytes } => self.progress(|state| state.bytes += bytes),
            Event::Lost { bytes } => {
                self.progress(|state| state.bytes = state.bytes.saturating_sub(bytes))
            }
            Event::Finishing => self.tell(PullStep::Finishing),
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
