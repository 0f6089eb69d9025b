//! Calls that ask which items a filter means: where that takes long it is work as any other, which is admitted, waits for its turns and ends when its time is over.
//! Every such call ends soon after its client has gone.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use yuyi_store::{Caller, Collection, Filter, Store};

use super::{Stored, late};
use crate::{ApiError, App};

/// What is done at once, by estimate.
const AT_ONCE: Duration = Duration::from_millis(50);

/// What is asked of which collection.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) collection: &'a str,
    pub(crate) filter: Option<&'a Filter>,
    /// What finding the items costs at most, where the collection was read.
    pub(crate) estimate: Option<Duration>,
    /// The answer may be a little old.
    pub(crate) stale: bool,
    /// What the filter means is changed.
    pub(crate) writes: bool,
}

impl<'a> Asked<'a> {
    /// Of one that reads, and wants what is there now.
    pub(crate) fn to_read(collection: &'a str, filter: Option<&'a Filter>) -> Self {
        Self {
            collection,
            filter,
            estimate: None,
            stale: false,
            writes: false,
        }
    }

    /// The same of a collection that was read: the store need not be asked for what it costs as long as that is little.
    pub(crate) fn estimated_by(self, collection: &Collection) -> Self {
        Self {
            estimate: self.filter.map(|filter| collection.filter_cost(filter)),
            ..self
        }
    }
}

impl App {
    /// Calls the store with a filter.
    ///
    /// # Errors
    /// As [`App::stored`]; that there is too much work; that it did not end in the time that a request may wait.
    pub(crate) async fn stored_for<T: Send + 'static>(
        &self,
        asked: Asked<'_>,
        call: impl FnOnce(&dyn Store, Caller<'_>) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let patience = self.limits().queue_timeout;
        let client = Client::new(patience);
        let watch = client.watch();
        let cost = self.cost_of(asked).await?;
        let done = if cost > AT_ONCE {
            self.stored_in_turns(cost, watch, call).await
        } else {
            let call = move |store: &dyn Store| {
                let waits = || watch.waits();
                let caller = Caller {
                    waits: &waits,
                    stays: &waits,
                    ..Caller::PATIENT
                };
                call(store, caller)
            };
            match asked.writes {
                true => self.written(call).await,
                false => self.stored(call).await,
            }
        };
        match client.is_late() {
            true => Err(late(patience)),
            false => done,
        }
    }

    /// The same, by the standby where the answer may be old.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn stored_or_stale_for<T: Send + 'static>(
        &self,
        asked: Asked<'_>,
        call: impl Fn(&dyn Store, Caller<'_>) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        if !asked.stale {
            return self.stored_for(asked, call).await;
        }
        let app = self.clone();
        self.stored_for(asked, move |store, caller| {
            let standby = app.collections().standby();
            standby.read(store, |store| call(store, caller))
        })
        .await
    }

    async fn cost_of(&self, asked: Asked<'_>) -> Result<Duration, ApiError> {
        let Some(filter) = asked.filter.filter(|filter| !filter.is_empty()) else {
            return Ok(Duration::ZERO);
        };
        if let Some(little) = asked.estimate.filter(|cost| *cost <= AT_ONCE) {
            return Ok(little);
        }
        let (name, filter) = (asked.collection.to_owned(), filter.clone());
        self.stored_or_stale(asked.stale, move |store| store.filter_cost(&name, &filter))
            .await
    }

    /// Calls the store for what takes so long.
    async fn stored_in_turns<T: Send + 'static>(
        &self,
        cost: Duration,
        watch: Watch,
        call: impl FnOnce(&dyn Store, Caller<'_>) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let mut errand = self.service().errand(cost)?;
        let store = self.open_store().await?;
        let turn = self.collections().turns().long(watch.until.into()).await;
        let turn = turn.ok_or_else(|| late(self.limits().queue_timeout))?;
        let done = errand.run(move |turns| {
            let (_turn, turns) = (turn, RefCell::new(turns));
            let waits = || watch.waits() && turns.borrow_mut().checkpoint().is_ok();
            let stays = || watch.waits();
            let caller = Caller {
                waits: &waits,
                stays: &stays,
                ..Caller::PATIENT
            };
            Ok(call(&*store, caller))
        });
        Ok(done.await??)
    }
}

/// Whoever waits for a call; when it is dropped, nobody does.
struct Client(Watch);

/// Whether somebody waits for a call.
#[derive(Clone)]
struct Watch {
    until: Instant,
    is_gone: Arc<AtomicBool>,
    is_late: Arc<AtomicBool>,
}

impl Client {
    fn new(patience: Duration) -> Self {
        Self(Watch {
            until: Instant::now() + patience,
            is_gone: Arc::default(),
            is_late: Arc::default(),
        })
    }

    fn watch(&self) -> Watch {
        self.0.clone()
    }

    /// Whether the call was ended, since its time was over.
    fn is_late(&self) -> bool {
        self.0.is_late.load(Relaxed)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Relaxed);
    }
}

impl Watch {
    fn waits(&self) -> bool {
        if Instant::now() > self.until {
            self.is_late.store(true, Relaxed);
        }
        !self.is_late.load(Relaxed) && !self.is_gone.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_with_its_client_and_with_its_time() {
        let patient = Client::new(Duration::from_secs(3600));
        let watch = patient.watch();
        assert!(watch.waits() && !patient.is_late());
        drop(patient);
        assert!(!watch.waits());
        let hasty = Client::new(Duration::ZERO);
        let watch = hasty.watch();
        std::thread::sleep(Duration::from_millis(1));
        assert!(!watch.waits() && hasty.is_late());
    }
}
