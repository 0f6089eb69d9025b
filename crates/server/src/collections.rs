//! The store of the collections: where it is and when it is opened. `stored` calls it.
//!
//! 1. A place that somebody named is opened at the start, and what is wrong with it ends the start; a server of databases that does not answer is tried
//!    again until it does, and `/readyz` says so meanwhile, as it does later when the server can no longer be reached.
//! 2. The place that nobody named, the folder under the home folder, is made when a collection is first asked for: whoever only computes needs no
//!    folder that can be written to. One that is there is opened at the start. When all of it is damaged or it is newer, that ends the start; when another process has it, or
//!    it cannot be written to, everything else works and calls of collections say why they do not.
//! 3. Calls run on threads that may block, so many at a time, of which fewer write; others wait, as long as a request waits for its turn. Finding what a filter
//!    means may be work, which takes turns with other work and ends when its client is gone.
//! 4. Moves to other models that were under way go on as soon as it is open.
//! 5. Reads that may be a little old go to the standby, if there is one.
//! 6. What FAQs were asked is written down behind the replies.
//! 7. It is closed when the server was told to stop and all that was accepted is finished.

mod moves;
mod notebook;
mod pace;
mod reach;
mod standby;
mod stats;
mod turns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use yuyi_collections::Place;
use yuyi_store::{Collection, Error, ErrorKind, Store};

pub(crate) use self::moves::{Moves, Progress};
use self::notebook::Notebook;
pub(crate) use self::notebook::Of as Noted;
pub(crate) use self::pace::Pace;
use self::reach::Reach;
pub(crate) use self::standby::{Standby, StandbyState};
use self::stats::Stats;
pub(crate) use self::stats::{MOST_LABELS, OTHERS, OfCollection, Timed};
pub(crate) use self::turns::{Turn, Turns};

/// How long a failure to open is told again before the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// Where collections are kept, and the store when it is open.
pub struct Collections {
    place: Option<Place>,
    /// Somebody said so, and wants to know at the start what is wrong with it.
    is_named: bool,
    state: Mutex<State>,
    /// Held by whoever opens.
    opening: tokio::sync::Mutex<()>,
    turns: Turns,
    moves: Moves,
    standby: Standby,
    reach: Reach,
    stats: Arc<Stats>,
    notebook: Notebook,
}

enum State {
    Unopened,
    Failed(Error, Instant),
    Open(Arc<dyn Store>),
    Closed,
}

impl Collections {
    /// Collections in a place that somebody named.
    pub fn named(place: Place) -> Self {
        Self::new(Some(place), true)
    }

    /// Collections in the place where nobody named one; `None`: there is none.
    pub fn unnamed(place: Option<Place>) -> Self {
        Self::new(place, false)
    }

    fn new(place: Option<Place>, is_named: bool) -> Self {
        Self {
            place,
            is_named,
            state: Mutex::new(State::Unopened),
            opening: tokio::sync::Mutex::default(),
            turns: Turns::new(),
            moves: Moves::default(),
            standby: Standby::default(),
            reach: Reach::default(),
            stats: Arc::default(),
            notebook: Notebook::default(),
        }
    }

    /// The same, which keep what FAQs are asked as it was asked, with the numbers that tell who did.
    #[must_use]
    pub fn keeping_questions_unmasked(self) -> Self {
        Self {
            notebook: Notebook::unmasked(),
            ..self
        }
    }

    /// Whether requests for collections would be answered, or need not be.
    ///
    /// # Errors
    /// Why they would not: the store is not open yet, or cannot be reached now.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        let store = match &*self.state() {
            State::Unopened if self.is_named => {
                return Err(Error::Unavailable {
                    reason: "it is being opened".to_owned(),
                });
            }
            State::Failed(error, _) if self.is_named => return Err(error.clone()),
            State::Open(store) if store.is_shared() => Arc::clone(store),
            _ => return Ok(()),
        };
        self.reach.check(move || store.reach()).await
    }

    /// Turns of calls.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Moves to other models that this server works on.
    pub(crate) fn moves(&self) -> &Moves {
        &self.moves
    }

    /// Who answers reads that may be a little old.
    pub(crate) fn standby(&self) -> &Standby {
        &self.standby
    }

    /// What is counted.
    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What FAQs were asked lately.
    pub(crate) fn notebook(&self) -> &Notebook {
        &self.notebook
    }

    /// The store if it is open.
    pub(crate) fn open_already(&self) -> Option<Arc<dyn Store>> {
        match &*self.state() {
            State::Open(store) => Some(Arc::clone(store)),
            _ => None,
        }
    }

    /// What is to be done at the start: opens what is there or was named. Whether it is to be tried again.
    pub(crate) async fn start(&self) -> Result<Start, Error> {
        if !self.is_named && !self.place.as_ref().is_some_and(Place::is_there) {
            return Ok(Start::Nothing);
        }
        let error = match self.open().await {
            Ok(_) => return Ok(Start::Opened),
            Err(error) => error,
        };
        let ends = match error {
            Error::TooNew { .. } | Error::Damaged { .. } => true,
            _ => self.is_named && error.kind() != ErrorKind::Transient,
        };
        if ends {
            return Err(error);
        }
        tracing::warn!(%error, "collections cannot be used");
        match self.is_named {
            true => Ok(Start::TryAgain),
            false => Ok(Start::Nothing),
        }
    }

    /// The store, opened if it is not yet.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, Error> {
        if let Some(store) = self.open_already() {
            return Ok(store);
        }
        let _turn = self.opening.lock().await;
        match &*self.state() {
            State::Open(store) => return Ok(Arc::clone(store)),
            State::Closed => return Err(Error::Closed),
            State::Failed(error, at) if at.elapsed() < PAUSE => return Err(error.clone()),
            State::Failed(..) | State::Unopened => {}
        }
        let place = self.place.clone().ok_or_else(|| Error::Unavailable {
            reason:
                "there is no home folder to keep collections in; start the server with --data DIR"
                    .to_owned(),
        })?;
        let began = Instant::now();
        let opened = spawn_blocking({
            let place = place.clone();
            move || place.open().inspect(|store| tell_damaged(&**store))
        });
        let opened = opened.await.unwrap_or_else(|panic| {
            Err(Error::Failed {
                reason: panic.to_string(),
            })
        });
        let mut state = self.state();
        if matches!(*state, State::Closed) {
            return Err(Error::Closed);
        }
        match opened {
            Ok(store) => {
                let seconds = began.elapsed().as_secs_f64();
                tracing::info!(%place, seconds, "collections are open");
                read_dictionary();
                let stats = Arc::clone(&self.stats);
                store.watch_commits(Box::new(move |name, time| stats.committed(name, time)));
                *state = State::Open(Arc::clone(&store));
                Ok(store)
            }
            Err(error) => {
                *state = State::Failed(error.clone(), Instant::now());
                Err(error)
            }
        }
    }

    /// Lets go of the store. It is closed when the last call has ended.
    pub(crate) fn close(&self) -> Option<Arc<dyn Store>> {
        match std::mem::replace(&mut *self.state(), State::Closed) {
            State::Open(store) => Some(store),
            _ => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the dictionary of words beside whatever else begins: the first write or search would wait for it. The end of the process does not.
fn read_dictionary() {
    let read = || {
        let began = Instant::now();
        yuyi_language::read_dictionary();
        let seconds = began.elapsed().as_secs_f64();
        tracing::debug!(seconds, "the dictionary of words is read");
    };
    // Where there is no thread, whoever needs it first reads it.
    let _ = std::thread::Builder::new()
        .name("yuyi-words".into())
        .spawn(read);
}

/// Says in the log which collections are damaged.
fn tell_damaged(store: &dyn Store) {
    for collection in store.list().unwrap_or_default() {
        if let Collection {
            name,
            damaged: Some(reason),
            ..
        } = collection
        {
            tracing::error!(
                collection = name,
                reason,
                "a collection is damaged and answers nothing until it is restored or dropped"
            );
        }
    }
}

/// What came of the start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Opened,
    Nothing,
    TryAgain,
}
