//! The models that are served: which are in memory, and how they come and go.
//!
//! A model is loaded at the start, or with `lazy` when the first request names it; requests wait for it as they
//! wait for their turn. One is loaded at a time, since loading takes all cores. A model goes when it was idle for too
//! long, when another one needs its memory and it is the one that was used least recently, or when it is told to. It
//! leaves the memory when the last request that uses it is answered. A model that did not load is tried again, by
//! the next request after a pause, or at once when it is told to. Models that are installed but not listed come and go
//! like those of `lazy`; nothing is ever downloaded for a request.

mod shelf;
mod slot;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout, timeout_at};
use yuyi::{Embedder, Fingerprint, LoadProgress, ModelFacts, RemoteStats, StoredCalibration};

use self::shelf::Shelf;
pub use self::shelf::{ModelLibrary, Models};
use self::slot::{Slot, View};
use crate::background::{Background, Stop};
use crate::loaded_model::LoadedModel;
use crate::{Error, ModelHandle};

/// How long the failure of a model is answered before it is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Between two looks at whether a model has left the memory.
const LEAVING_PAUSE: Duration = Duration::from_millis(10);

const MIB: usize = 1 << 20;

/// Why a model does not load.
pub type LoadError = Box<dyn StdError + Send + Sync>;

/// Loads a model; runs on a thread where it may block, and more than once when the model goes in between.
pub type LoadModel =
    Box<dyn Fn(&LoadProgress) -> Result<Arc<dyn Embedder>, LoadError> + Send + Sync>;

/// Tells what a model will be when it is loaded.
pub type TellFacts = Box<dyn Fn() -> Result<ModelFacts, LoadError> + Send + Sync>;

/// Tells the calibration of a model, as far as that is known without loading it.
pub type TellCalibration =
    Box<dyn Fn() -> Result<Option<StoredCalibration>, LoadError> + Send + Sync>;

/// A model that can be served.
pub struct ModelSource {
    /// Its name in replies.
    pub name: String,
    /// Other names that requests may use.
    pub aliases: Vec<String>,
    /// It takes this machine's cores and memory. One that computes elsewhere is not loaded at the start, and waits for no other:
    /// it may have to be asked, and may not answer.
    pub computes_here: bool,
    /// It scores pairs and embeds nothing.
    pub is_reranker: bool,
    /// Tells what it will be, without loading it; may block.
    pub facts: TellFacts,
    /// Tells its calibration, without loading it; may block.
    pub calibration: TellCalibration,
    /// Loads it.
    pub load: LoadModel,
}

/// When models come and go.
#[derive(Clone, Debug, Default)]
pub struct ModelOptions {
    /// Models are loaded when a request first names them.
    pub lazy: bool,
    /// After how long without a request a model is unloaded; `None`: never.
    pub idle_unload: Option<Duration>,
    /// Bytes that all loaded models may take together; `None`: no limit.
    pub memory_limit: Option<usize>,
}

/// What is known of a served model without loading it.
#[derive(Clone, Debug)]
pub struct ModelStatus {
    /// Its name in replies.
    pub name: String,
    /// Where it is.
    pub state: ModelState,
    /// What it is, while it is in memory.
    pub facts: Option<ModelFacts>,
    /// What its vectors are known by; found out soon after it is loaded.
    pub fingerprint: Option<Fingerprint>,
    /// Whether its similarities are calibrated, or would be.
    pub calibrated: bool,
    /// What it was asked, where it computes elsewhere.
    pub remote: Option<RemoteStats>,
    /// It scores pairs and embeds nothing.
    pub is_reranker: bool,
    /// What the provider of a model that computes elsewhere said when it was last asked to be ready, if it refused.
    pub refusal: Option<String>,
}

/// Where a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// On disk.
    Unloaded,
    /// On its way into memory.
    Loading,
    /// In memory.
    Loaded,
    /// On disk; the last attempt to load it failed.
    Failed,
}

impl ModelState {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unloaded => "unloaded",
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::Failed => "failed",
        }
    }
}

/// The models that are served; cheap to clone.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    shelf: Shelf,
    options: ModelOptions,
    /// How long a request waits for a model.
    patience: Duration,
    /// Held by whoever loads.
    loading: tokio::sync::Mutex<()>,
    background: Background,
}

impl Registry {
    /// Models that are not loaded yet.
    pub(crate) fn new(
        models: Models,
        options: ModelOptions,
        patience: Duration,
        background: Background,
    ) -> Self {
        let shared = Shared {
            shelf: Shelf::new(models),
            options,
            patience,
            loading: tokio::sync::Mutex::default(),
            background,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The name of the reranker that is listed, if it is the only one.
    pub fn only_reranker(&self) -> Option<&str> {
        let listed = self.shared.shelf.listed().iter();
        let mut rerankers = listed.filter(|slot| slot.is_reranker());
        let first = rerankers.next()?;
        rerankers.next().is_none().then(|| first.name())
    }

    /// The default model's name.
    pub fn default_name(&self) -> &str {
        let listed = self.shared.shelf.listed();
        listed.first().map_or("", |slot| slot.name())
    }

    /// The state of every model that is listed or was named by a request; the default model first.
    pub fn statuses(&self) -> Vec<ModelStatus> {
        let slots = self.shared.shelf.slots();
        slots.iter().map(|slot| slot.status()).collect()
    }

    /// The state of every model that a request may name; the default model first.
    pub async fn all_statuses(&self) -> Vec<ModelStatus> {
        let shelf = &self.shared.shelf;
        let (mut slots, others) = shelf.all().await;
        for name in others {
            let source = shelf.look_up(&name).await;
            slots.extend(source.map(|source| Arc::new(Slot::new(source))));
        }
        let mut statuses = Vec::with_capacity(slots.len());
        for slot in slots {
            statuses.push(status_of(slot).await);
        }
        statuses
    }

    /// The state of the model of a name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn status(&self, wanted: &str) -> Result<ModelStatus, Error> {
        Ok(status_of(self.find(Some(wanted)).await?).await)
    }

    /// The default model's state with its facts, whether it is in memory or not: from the last time that it was, or from
    /// its files. It is not loaded for that, and does not count as used.
    ///
    /// # Errors
    /// When there is no model, the server has just started and still loads it, or its files do not tell.
    pub async fn described(&self) -> Result<(ModelStatus, ModelFacts), Error> {
        let slot = self.find(None).await?;
        if slot.is_starting() {
            return Err(slot.is_loading());
        }
        let status = status_of(Arc::clone(&slot)).await;
        if let Some(facts) = status.facts.clone().or_else(|| slot.known_facts()) {
            return Ok((status, facts));
        }
        let asked = Arc::clone(&slot);
        match spawn_blocking(move || asked.facts()).await {
            Ok(Ok(facts)) => Ok((status, facts)),
            // Why is in the log when somebody has it loaded.
            _ => Err(slot.has_failed()),
        }
    }

    /// Whether requests would be answered now: nothing is loaded for the first time.
    pub fn ready(&self) -> Result<(), Error> {
        let starting = |slot: &&Arc<Slot>| slot.is_starting();
        match self.shared.shelf.listed().iter().find(starting) {
            Some(slot) => Err(slot.is_loading()),
            None => Ok(()),
        }
    }

    /// The model for a request that names one, or none.
    ///
    /// # Errors
    /// When no model of that name is served, the server has just started and still loads it, it does not load, or
    /// that takes longer than a request waits.
    pub(crate) async fn get(&self, wanted: Option<&str>) -> Result<ModelHandle, Error> {
        let since = Instant::now();
        let slot = self.find(wanted).await?;
        let latest = since + self.shared.patience;
        loop {
            // Before the look, so that a change right after it is not missed.
            let mut change = pin!(slot.changed());
            change.as_mut().enable();
            match slot.view() {
                View::Loaded(inner) if inner.model.embedder().is_outdated() => {
                    tracing::warn!(
                        model = slot.name(),
                        "the model's files were written to while it used them; it is loaded again. Replace files by renaming new ones over them"
                    );
                    slot.unload_if_it_is(&inner);
                    continue;
                }
                View::Loaded(inner) => return Ok(ModelHandle { inner, since }),
                View::Starting => return Err(slot.is_loading()),
                View::Failed(at) if at.elapsed() < RETRY_PAUSE => return Err(slot.has_failed()),
                View::Failed(_) | View::Unloaded => self.begin(&slot),
                View::Loading => {}
            }
            if timeout_at(latest.into(), change).await.is_err() {
                return Err(slot.is_loading());
            }
            if let View::Failed(_) = slot.view() {
                return Err(slot.has_failed());
            }
        }
    }

    async fn find(&self, wanted: Option<&str>) -> Result<Arc<Slot>, Error> {
        let shelf = &self.shared.shelf;
        let found = match wanted {
            Some(wanted) => shelf.find(wanted).await,
            None => shelf.listed().first().cloned(),
        };
        match found {
            Some(slot) => Ok(slot),
            None => Err(self.not_found(wanted.unwrap_or_default()).await),
        }
    }

    async fn not_found(&self, wanted: &str) -> Error {
        let (slots, others) = self.shared.shelf.all().await;
        let names = slots.iter().flat_map(|slot| slot.names());
        Error::ModelNotFound {
            name: wanted.to_owned(),
            served: names.chain(others).collect(),
        }
    }

    /// Loads a model in the background, if nobody does yet.
    fn begin(&self, slot: &Arc<Slot>) {
        if slot.claim(false) {
            let (registry, slot) = (self.clone(), Arc::clone(slot));
            let load = async move { registry.load(&slot).await };
            self.shared.background.spawn("load of a model", |_| load);
        }
    }

    /// Loads what is to be there from the start, as far as the memory reaches. Without `lazy` the first failure ends it.
    pub(crate) async fn start(&self) -> Result<(), (String, LoadError)> {
        if let Some(idle) = self.shared.options.idle_unload {
            let registry = self.clone();
            let unload = |stop| registry.unload_idle(idle, stop);
            self.shared
                .background
                .spawn("unloading of idle models", unload);
        }
        let lazy = self.shared.options.lazy;
        let slots = self.shared.shelf.listed().iter().enumerate();
        let starting: Vec<_> = slots
            .filter(|(_, slot)| !lazy && slot.computes_here() && slot.claim(true))
            .collect();
        self.refuse_giants().await?;
        for (place, slot) in starting {
            if place > 0 && !self.has_room_for(slot) {
                tracing::info!(
                    model = slot.name(),
                    "the model is loaded when it is asked for, as the memory limit is reached"
                );
                slot.release();
                continue;
            }
            self.load(slot).await;
            if let Some(error) = slot.take_error() {
                return Err((slot.name().to_owned(), error));
            }
        }
        Ok(())
    }

    /// A listed model that is beyond the memory limit by itself would fail every request that names it.
    async fn refuse_giants(&self) -> Result<(), (String, LoadError)> {
        let Some(limit) = self.shared.options.memory_limit else {
            return Ok(());
        };
        let listed = self.shared.shelf.listed().iter();
        for slot in listed.filter(|slot| slot.computes_here()) {
            // One that cannot be read is no giant: whoever loads it tells what is wrong.
            let fits = match weigh(slot).await {
                Ok(needs) => fits_alone(needs, limit),
                Err(_) => Ok(()),
            };
            fits.map_err(|error| (slot.name().to_owned(), error))?;
        }
        Ok(())
    }

    /// Has a model loaded, and waits for it.
    ///
    /// # Errors
    /// When there is none of that name, or it does not load in time.
    pub async fn load_now(&self, wanted: &str) -> Result<ModelStatus, Error> {
        let slot = self.find(Some(wanted)).await?;
        slot.forget_failure();
        match self.get(Some(wanted)).await {
            Ok(_) => Ok(slot.status()),
            Err(Error::ModelLoadFailed { model, .. }) => Err(Error::ModelLoadFailed {
                model,
                reason: slot.failure(),
            }),
            Err(other) => Err(other),
        }
    }

    /// Lets go of a model, if it is loaded.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn unload(&self, wanted: &str) -> Result<ModelStatus, Error> {
        let slot = self.find(Some(wanted)).await?;
        slot.unload();
        Ok(status_of(slot).await)
    }

    /// The whole way of a model into memory. The slot is claimed.
    async fn load(&self, slot: &Arc<Slot>) {
        let _turn = match slot.computes_here() {
            true => Some(self.shared.loading.lock().await),
            false => None,
        };
        let started = Instant::now();
        let room = match slot.computes_here() {
            true => self.make_room_for(slot).await,
            false => Ok(()),
        };
        let loaded = match room {
            Ok(()) => run(slot).await,
            Err(error) => Err(error),
        };
        match loaded {
            Ok(model) => {
                let seconds = started.elapsed().as_secs_f64();
                tracing::info!(model = slot.name(), seconds, "a model is loaded");
                if !slot.computes_here() {
                    // No weights are read for it, and what the first request asks for is paid for.
                    model.learn_space();
                }
                let model = slot.fill(model);
                // Nobody waits for it: until it is known, nothing is cached.
                let learn = spawn_blocking(move || model.learn_space());
                let learn = async move { drop(learn.await) };
                self.shared
                    .background
                    .spawn("fingerprint of a model", |_| learn);
            }
            Err(error) => {
                let chain = chain(&*error);
                tracing::error!(model = slot.name(), error = chain, "a model does not load");
                slot.fail(error);
            }
        }
    }

    fn has_room_for(&self, slot: &Slot) -> bool {
        let limit = self.shared.options.memory_limit;
        limit.is_none_or(|limit| self.held() + slot.bytes() <= limit)
    }

    /// Bytes of all models in memory, also of those that only await their last requests.
    fn held(&self) -> usize {
        self.shared.shelf.held()
    }

    /// Unloads the models that were used least recently until `slot` has room, and waits until they are gone.
    async fn make_room_for(&self, slot: &Arc<Slot>) -> Result<(), LoadError> {
        let Some(limit) = self.shared.options.memory_limit else {
            return Ok(());
        };
        // Every time, since the files may be others by now.
        fits_alone(weigh(slot).await?, limit)?;
        while !self.has_room_for(slot) {
            let loaded = self.shared.shelf.slots().into_iter();
            let oldest = loaded.filter_map(|slot| Some((slot.last_use()?, slot)));
            match oldest.min_by_key(|(used, slot)| (slot.is_in_use(), *used)) {
                Some((_, oldest)) => oldest.unload(),
                None => break,
            }
        }
        let latest = Instant::now() + self.shared.patience;
        while !self.has_room_for(slot) {
            if Instant::now() > latest {
                return Err("requests still use the models that it would take the place of".into());
            }
            sleep(LEAVING_PAUSE).await;
        }
        Ok(())
    }

    /// Unloads models that nobody asks for.
    async fn unload_idle(self, idle: Duration, mut stop: Stop) {
        let pause = (idle / 10).clamp(Duration::from_millis(10), Duration::from_secs(10));
        // Told nothing within the pause, it has another look.
        while timeout(pause, stop.requested()).await.is_err() {
            for slot in self.shared.shelf.slots() {
                if slot.unload_if_idle(idle) {
                    tracing::info!(model = slot.name(), "an idle model is unloaded");
                }
            }
        }
    }
}

/// The state of a model, and what its files say where it is not in memory.
async fn status_of(slot: Arc<Slot>) -> ModelStatus {
    let status = slot.status();
    if status.calibrated || status.facts.is_some() {
        return status;
    }
    let calibrated = spawn_blocking(move || slot.has_calibration()).await;
    ModelStatus {
        calibrated: calibrated.unwrap_or_default(),
        ..status
    }
}

/// Bytes that the model will take, which the slot remembers.
async fn weigh(slot: &Arc<Slot>) -> Result<usize, LoadError> {
    let slot = Arc::clone(slot);
    let weighing = spawn_blocking(move || slot.weigh()).await;
    weighing.map_err(|_| "the look at its files panicked")?
}

fn fits_alone(needs: usize, limit: usize) -> Result<(), LoadError> {
    if needs <= limit {
        return Ok(());
    }
    // Rounded apart, so that the two never look alike.
    let (needs, limit) = ((10 * needs).div_ceil(MIB), 10 * limit / MIB);
    let [needs, limit] = [needs, limit].map(|tenths| format!("{}.{}", tenths / 10, tenths % 10));
    Err(format!(
        "it takes {needs} MiB of memory, and the memory limit is {limit} MiB. Raise it, or choose a smaller precision"
    )
    .into())
}

async fn run(slot: &Arc<Slot>) -> Result<LoadedModel, LoadError> {
    let slot = Arc::clone(slot);
    // What a panic says is in the log by the hook of the process.
    let loading = spawn_blocking(move || slot.load()).await;
    loading.map_err(|_| "the loader panicked")?
}

/// An error with its causes, in a line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}
