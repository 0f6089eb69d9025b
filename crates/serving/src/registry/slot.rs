//! One served model, whatever its state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use yuyi::{Calibration, LoadProgress, Model, ModelFacts, StoredCalibration};

use super::{LoadError, ModelSource, ModelState, ModelStatus, chain};
use crate::Error;
use crate::loaded_model::LoadedModel;

/// One served model.
pub(super) struct Slot {
    source: ModelSource,
    state: Mutex<State>,
    changed: Notify,
    progress: LoadProgress,
}

#[derive(Default)]
struct State {
    phase: Phase,
    /// What the model was when it was last loaded, or what its files told since.
    facts: Option<ModelFacts>,
    /// It was calibrated when it was last loaded, perhaps by a file that only its fingerprint finds.
    calibrated: bool,
    /// What was unloaded, and may still be in use.
    leaving: Vec<(Weak<LoadedModel>, usize)>,
}

impl State {
    /// Of the weights; 0 as long as nobody knows. Only a limit of memory asks for it, and weighs the model first.
    fn bytes(&self) -> usize {
        self.facts.as_ref().map_or(0, |facts| facts.weight_bytes)
    }
}

#[derive(Default)]
enum Phase {
    #[default]
    Unloaded,
    Loading {
        /// The server has just started: nobody waits.
        first: bool,
    },
    Loaded {
        model: Arc<LoadedModel>,
        used: Instant,
    },
    Failed {
        at: Instant,
        reason: String,
        /// What the provider of a model that computes elsewhere has said, which is for requests too.
        of_provider: Option<Error>,
        error: Option<LoadError>,
    },
}

/// A look at the state.
pub(super) enum View {
    Unloaded,
    Starting,
    Loading,
    Loaded(Arc<LoadedModel>),
    Failed(Instant),
}

impl Slot {
    pub(super) fn new(source: ModelSource) -> Self {
        Self {
            source,
            state: Mutex::default(),
            changed: Notify::new(),
            progress: LoadProgress::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn name(&self) -> &str {
        &self.source.name
    }

    pub(super) fn computes_here(&self) -> bool {
        self.source.computes_here
    }

    pub(super) fn is_reranker(&self) -> bool {
        self.source.is_reranker
    }

    /// All names that requests may use.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.source.name)
            .chain(&self.source.aliases)
            .cloned()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.source.name == name || self.source.aliases.iter().any(|alias| alias == name)
    }

    /// The state, for a request: a loaded model counts as used.
    pub(super) fn view(&self) -> View {
        match &mut self.state().phase {
            Phase::Unloaded => View::Unloaded,
            Phase::Loading { first: true } => View::Starting,
            Phase::Loading { first: false } => View::Loading,
            Phase::Loaded { model, used } => {
                *used = Instant::now();
                View::Loaded(Arc::clone(model))
            }
            Phase::Failed { at, .. } => View::Failed(*at),
        }
    }

    /// Whether it is loaded for the first time, at the start.
    pub(super) fn is_starting(&self) -> bool {
        matches!(self.state().phase, Phase::Loading { first: true })
    }

    /// Done when the state is another.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn change(&self, phase: Phase) {
        self.state().phase = phase;
        self.changed.notify_waiters();
    }

    /// Takes it on oneself to load the model; false: it is loaded, or somebody else does.
    pub(super) fn claim(&self, first: bool) -> bool {
        let mut state = self.state();
        let free = matches!(state.phase, Phase::Unloaded | Phase::Failed { .. });
        if free {
            state.phase = Phase::Loading { first };
            self.progress.note(0, 1);
        }
        free
    }

    /// Gives up a claim.
    pub(super) fn release(&self) {
        self.change(Phase::Unloaded);
    }

    /// Bytes that the model will take when it is loaded; blocks.
    pub(super) fn weigh(&self) -> Result<usize, LoadError> {
        Ok(self.facts()?.weight_bytes)
    }

    /// What the model's files say that it is; blocks.
    pub(super) fn facts(&self) -> Result<ModelFacts, LoadError> {
        let facts = (self.source.facts)()?;
        self.state().facts = Some(facts.clone());
        Ok(facts)
    }

    /// What is known of the model without a look at its files.
    pub(super) fn known_facts(&self) -> Option<ModelFacts> {
        self.state().facts.clone()
    }

    /// Whether the model has a sound calibration that is found without loading it; blocks.
    pub(super) fn has_calibration(&self) -> bool {
        let calibration = (self.source.calibration)().and_then(read);
        calibration.is_ok_and(|calibration| calibration.is_fitted())
    }

    /// Loads the model; blocks.
    pub(super) fn load(&self) -> Result<LoadedModel, LoadError> {
        let model = Model::new((self.source.load)(&self.progress)?)?;
        Ok(LoadedModel::new(self.source.name.clone(), model))
    }

    pub(super) fn fill(&self, model: LoadedModel) -> Arc<LoadedModel> {
        let facts = model.facts().clone();
        let model = Arc::new(model);
        {
            let mut state = self.state();
            state.calibrated = model.model.calibration().is_fitted();
            state.facts = Some(facts);
        }
        self.change(Phase::Loaded {
            model: Arc::clone(&model),
            used: Instant::now(),
        });
        model
    }

    pub(super) fn fail(&self, error: LoadError) {
        self.change(Phase::Failed {
            at: Instant::now(),
            reason: chain(&*error),
            of_provider: error.downcast_ref().and_then(Error::of_provider),
            error: Some(error),
        });
    }

    /// The error, once; for the one who reports it.
    pub(super) fn take_error(&self) -> Option<LoadError> {
        match &mut self.state().phase {
            Phase::Failed { error, .. } => error.take(),
            _ => None,
        }
    }

    /// Lets the next request try again.
    pub(super) fn forget_failure(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Failed { .. }) {
            state.phase = Phase::Unloaded;
        }
    }

    /// Lets go of the model; requests that have it keep it until they are answered.
    pub(super) fn unload(&self) {
        self.unload_from(&mut self.state());
        self.changed.notify_waiters();
    }

    /// Lets go of the model if it is still this one.
    pub(super) fn unload_if_it_is(&self, outdated: &Arc<LoadedModel>) {
        let mut state = self.state();
        if matches!(&state.phase, Phase::Loaded { model, .. } if Arc::ptr_eq(model, outdated)) {
            self.unload_from(&mut state);
            drop(state);
            self.changed.notify_waiters();
        }
    }

    fn unload_from(&self, state: &mut State) {
        if let Phase::Loaded { model, .. } = &state.phase {
            let model = Arc::downgrade(model);
            state.leaving.push((model, state.bytes()));
            state.phase = Phase::Unloaded;
        }
    }

    /// Unloads a model that nobody has asked for for so long, and says whether it did.
    pub(super) fn unload_if_idle(&self, idle: Duration) -> bool {
        let mut state = self.state();
        let Phase::Loaded { model, used } = &mut state.phase else {
            return false;
        };
        if Arc::strong_count(model) > 1 {
            *used = Instant::now();
        }
        let gone = used.elapsed() >= idle;
        if gone {
            self.unload_from(&mut state);
        }
        gone
    }

    /// When the model was last asked for; `None`: it is not loaded.
    pub(super) fn last_use(&self) -> Option<Instant> {
        match self.state().phase {
            Phase::Loaded { used, .. } => Some(used),
            _ => None,
        }
    }

    /// Whether it is in memory, or on the way there.
    pub(super) fn is_present(&self) -> bool {
        matches!(
            self.state().phase,
            Phase::Loading { .. } | Phase::Loaded { .. }
        )
    }

    /// Whether a request has the model.
    pub(super) fn is_in_use(&self) -> bool {
        matches!(&self.state().phase, Phase::Loaded { model, .. } if Arc::strong_count(model) > 1)
    }

    /// Bytes that the model takes when it is loaded.
    pub(super) fn bytes(&self) -> usize {
        self.state().bytes()
    }

    /// Bytes that the model takes now.
    pub(super) fn held(&self) -> usize {
        let mut state = self.state();
        state.leaving.retain(|(model, _)| model.strong_count() > 0);
        let leaving: usize = state.leaving.iter().map(|(_, bytes)| bytes).sum();
        match state.phase {
            Phase::Loaded { .. } => leaving + state.bytes(),
            _ => leaving,
        }
    }

    pub(super) fn status(&self) -> ModelStatus {
        let state = self.state();
        let (place, model, refusal) = match &state.phase {
            Phase::Unloaded => (ModelState::Unloaded, None, None),
            Phase::Loading { .. } => (ModelState::Loading, None, None),
            Phase::Loaded { model, .. } => (ModelState::Loaded, Some(model), None),
            Phase::Failed { of_provider, .. } => (ModelState::Failed, None, of_provider.as_ref()),
        };
        ModelStatus {
            name: self.source.name.clone(),
            state: place,
            facts: model.map(|model| model.facts().clone()),
            fingerprint: model
                .and_then(|model| model.space())
                .map(|space| space.identity().fingerprint()),
            calibrated: state.calibrated,
            remote: model.and_then(|model| model.model.embedder().remote_stats()),
            is_reranker: self.source.is_reranker,
            refusal: refusal.map(Error::to_string),
        }
    }

    pub(super) fn is_loading(&self) -> Error {
        Error::Loading {
            model: self.source.name.clone(),
            percent: self.progress.percent(),
        }
    }

    /// What a request is told: what a provider said, and no other reason, which may name places that are the server's own business.
    pub(super) fn has_failed(&self) -> Error {
        let of_provider = match &self.state().phase {
            Phase::Failed { of_provider, .. } => of_provider.clone(),
            _ => None,
        };
        of_provider.unwrap_or_else(|| Error::ModelLoadFailed {
            model: self.source.name.clone(),
            reason: None,
        })
    }

    /// Why the model did not load, if it did not.
    pub(super) fn failure(&self) -> Option<String> {
        match &self.state().phase {
            Phase::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        }
    }
}

/// What a calibration file says, if there is one.
fn read(file: Option<StoredCalibration>) -> Result<Calibration, LoadError> {
    Ok(match file {
        Some(file) => Calibration::read(&file.name, &file.content)?,
        None => Calibration::Uncalibrated,
    })
}
