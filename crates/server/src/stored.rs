//! How the store is called, and with which model.

mod filtered;
mod moves;
mod questions;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};
use yuyi_collections::{check_fits, space_of};
use yuyi_serving::{ModelHandle, Stop};
use yuyi_store::{Collection, Error, Role, Space, Store};

pub(crate) use self::filtered::Asked;
use crate::collections::{StandbyState, Start, Turn, Turns};
use crate::{ApiError, App};

/// Between two attempts to reach a server of databases.
const PAUSE: Duration = Duration::from_secs(2);

/// Between two looks at what a store that is shared needs.
const UPKEEP: Duration = Duration::from_secs(60);

/// How long `/metrics` waits for the list of collections.
const GLANCE: Duration = Duration::from_secs(1);

/// What calls of the store answer.
type Stored<T> = Result<T, Error>;

impl App {
    /// Opens the store, where it is to be open from the start.
    ///
    /// # Errors
    /// What ends the start.
    pub(crate) async fn start_collections(&self) -> Result<(), Error> {
        let app = self.clone();
        let task = |stop| async move { app.keep_up_collections(stop).await };
        self.service()
            .background()
            .spawn("upkeep of the collections", task);
        let app = self.clone();
        let task = |stop| async move { app.keep_questions(stop).await };
        self.service()
            .background()
            .spawn("keeping of questions", task);
        match self.collections().start().await? {
            Start::Opened => self.resume_moves().await,
            Start::Nothing => {}
            Start::TryAgain => {
                let app = self.clone();
                let task = |stop| async move { app.open_at_last(stop).await };
                self.service()
                    .background()
                    .spawn("opening of the collections", task);
            }
        }
        Ok(())
    }

    /// Tries until it is open.
    async fn open_at_last(&self, mut stop: Stop) {
        let opened = async {
            while self.collections().open().await.is_err() {
                sleep(PAUSE).await;
            }
            self.resume_moves().await;
        };
        tokio::select! {
            () = opened => {}
            () = stop.requested() => {}
        }
    }

    /// Lets a store that others write to as well do now and then what makes searches faster, such as building an index, and goes on with moves that other servers
    /// have left.
    async fn keep_up_collections(&self, mut stop: Stop) {
        loop {
            tokio::select! {
                () = sleep(UPKEEP) => {}
                () = stop.requested() => return,
            }
            let Some(store) = self.collections().open_already() else {
                continue;
            };
            if !store.is_shared() {
                return;
            }
            self.resume_moves().await;
            let kept_up = spawn_blocking(move || store.maintain());
            let kept_up = tokio::select! {
                kept_up = kept_up => kept_up,
                () = stop.requested() => return,
            };
            match kept_up {
                Ok(Ok(0)) | Err(_) => {}
                Ok(Ok(built)) => tracing::info!(built, "collections are searched by new indexes"),
                Ok(Err(error)) => tracing::warn!(%error, "collections were not kept up"),
            }
        }
    }

    /// Closes the store. What was written is on the disk before.
    pub(crate) async fn close_collections(&self) {
        self.keep_last_questions().await;
        let store = self.collections().close();
        // Closing writes to the disk. An error means that it panicked, which is in the log.
        let _ = spawn_blocking(move || drop(store)).await;
    }

    /// Calls the store to read, when there is room for one more call.
    ///
    /// # Errors
    /// That of the call, that the store cannot be opened, or that no turn came in time.
    pub(crate) async fn stored<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Store) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.turned(Turns::read, call).await
    }

    /// Calls the store to write. What is called by [`App::stored`] has turns however many of these wait for each other.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn written<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Store) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.turned(Turns::write, call).await
    }

    /// Calls the store to set words, which takes long where there are many texts: one call at a time, beside those that write other things.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn reworded<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Store) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.turned(Turns::reword, call).await
    }

    /// Calls the store when the turn that `turn` waits for has come.
    async fn turned<'a, T: Send + 'static, F: Future<Output = Option<Turn>> + Send>(
        &'a self,
        turn: impl FnOnce(&'a Turns, Instant) -> F + Send,
        call: impl FnOnce(&dyn Store) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let store = self.open_store().await?;
        let patience = self.limits().queue_timeout;
        let turn = turn(self.collections().turns(), Instant::now() + patience);
        let turn = turn.await.ok_or_else(|| late(patience))?;
        run(turn, move || call(&*store)).await
    }

    /// The store, which is opened where nobody has yet.
    ///
    /// # Errors
    /// When it cannot be opened, or not in time.
    async fn open_store(&self) -> Result<Arc<dyn Store>, ApiError> {
        let was_open = self.collections().open_already().is_some();
        let opened = timeout(self.limits().queue_timeout, self.collections().open()).await;
        let store = opened.unwrap_or_else(|_| {
            Err(Error::Unavailable {
                reason: "it is being opened".to_owned(),
            })
        })?;
        if !was_open {
            self.resume_moves_later();
        }
        Ok(store)
    }

    /// Calls the store for what may be a little old where `stale` says so: then the standby answers, if there is one, and in its place the store itself where it does
    /// not, or has not heard of the collection yet.
    ///
    /// # Errors
    /// As [`App::stored`].
    pub(crate) async fn stored_or_stale<T: Send + 'static>(
        &self,
        stale: bool,
        call: impl Fn(&dyn Store) -> Stored<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        if !stale {
            return self.stored(call).await;
        }
        let app = self.clone();
        self.stored(move |store| app.collections().standby().read(store, call))
            .await
    }

    /// What is told of the standby in `/metrics`; `None`: there is none.
    pub(crate) async fn glance_at_standby(&self) -> Option<StandbyState> {
        let store = self.collections().open_already()?;
        store.stale()?;
        let lag = timeout(GLANCE, self.stored(|store| store.lag())).await;
        let lag = lag.ok().and_then(Result::ok).flatten();
        Some(self.collections().standby().state(lag))
    }

    /// All collections, for `/metrics`; none where the store is not open or does not answer at once.
    pub(crate) async fn glance_at_collections(&self) -> Vec<Collection> {
        if self.collections().open_already().is_none() {
            return Vec::new();
        }
        match timeout(GLANCE, self.stored(|store| store.list())).await {
            Ok(Ok(all)) => all,
            _ => Vec::new(),
        }
    }

    /// The space of a collection of a model.
    ///
    /// # Errors
    /// When the model does not tell what its vectors are known by.
    pub(crate) async fn space_of(
        &self,
        model: &ModelHandle,
        role: Role,
    ) -> Result<Space, ApiError> {
        let vectors = match model.vector_space() {
            Some(known) => Some(known),
            None => {
                let model = model.clone();
                let learned = spawn_blocking(move || model.learn_vector_space());
                learned.await.map_err(|_| ApiError::Internal)?
            }
        };
        Ok(space_of(model.name(), model.facts(), vectors, role)?)
    }

    /// The model that a collection's vectors are of: the one of its name, or where none has that any more, the default one if it is the same.
    ///
    /// # Errors
    /// When it is not served, or another one has its name.
    pub(crate) async fn model_of(&self, collection: &Collection) -> Result<ModelHandle, ApiError> {
        let name = collection.space.model.as_deref();
        let named = self.model(name).await;
        if let Err(ApiError::ModelNotFound { .. }) = named {
            let default = self.model(None).await?;
            return match self.fits(collection, &default).await {
                Ok(()) => Ok(default),
                Err(_) => named,
            };
        }
        let model = named?;
        self.fits(collection, &model).await?;
        Ok(model)
    }

    async fn fits(&self, collection: &Collection, model: &ModelHandle) -> Result<(), ApiError> {
        let space = self.space_of(model, collection.role).await?;
        Ok(check_fits(collection, &space)?)
    }
}

/// Runs a call on a thread that may block.
async fn run<T: Send + 'static>(
    turn: Turn,
    call: impl FnOnce() -> Stored<T> + Send + 'static,
) -> Result<T, ApiError> {
    let called = spawn_blocking(move || {
        let _turn = turn;
        call()
    });
    // A call that panicked is in the log.
    Ok(called.await.map_err(|_| ApiError::Internal)??)
}

/// No turn came in time.
fn late(patience: Duration) -> ApiError {
    ApiError::QueueTimeout {
        seconds: patience.as_secs(),
        retry_after: 1,
    }
}
