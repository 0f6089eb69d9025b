//! Moves of collections to other models, beside the requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use yuyi::Inputs;
use yuyi_collections::{Move, Step};
use yuyi_serving::Stop;
use yuyi_store::{Collection, Error};

use crate::collections::{Pace, Progress};
use crate::{ApiError, App};

/// Bytes of texts that are embedded at a time.
const STEP_BYTES: usize = 64 << 10;

/// Items of them at most.
const STEP_ITEMS: usize = 64;

/// How long a move rests that cannot go on.
const PAUSE: Duration = Duration::from_secs(10);

impl App {
    /// Goes on with all moves that are under way.
    pub(super) async fn resume_moves(&self) {
        match self.stored(|store| store.list()).await {
            Ok(all) => {
                let moving = all.into_iter().filter(|one| one.reindex.is_some());
                moving.for_each(|one| self.work_on_move(one.name));
            }
            Err(error) => tracing::warn!(%error, "moves to other models cannot go on"),
        }
    }

    /// The same, when somebody else opened the store.
    pub(super) fn resume_moves_later(&self) {
        let app = self.clone();
        let resume = async move { Box::pin(app.resume_moves()).await };
        let background = self.service().background();
        background.spawn("looking for moves to other models", |_| resume);
    }

    /// Works on a move beside the requests, if nobody does yet.
    pub(crate) fn work_on_move(&self, name: String) {
        if self.collections().moves().claim(&name) {
            let app = self.clone();
            let task = |stop| async move { app.move_until(name, stop).await };
            let background = self.service().background();
            background.spawn("move of a collection to another model", task);
        }
    }

    /// How the move of a collection does.
    pub(crate) fn move_progress(&self, name: &str) -> Option<Progress> {
        self.collections().moves().progress(name)
    }

    async fn move_until(&self, name: String, mut stop: Stop) {
        tokio::select! {
            () = self.move_at_last(&name) => {}
            () = stop.requested() => {}
        }
        self.collections().moves().end(&name);
    }

    /// Goes on until it is done, whatever comes in between.
    async fn move_at_last(&self, name: &str) {
        while let Err(error) = self.move_on(name).await {
            tracing::warn!(collection = name, %error, "a move to another model cannot go on; it is tried again");
            self.collections()
                .moves()
                .tell(name, Progress::Waiting(error));
            sleep(PAUSE).await;
        }
    }

    /// Goes on until it is done or somebody gave it up.
    async fn move_on(&self, name: &str) -> Result<(), ApiError> {
        let wanted = name.to_owned();
        let collection = self.stored(move |store| store.collection(&wanted)).await;
        let collection = match collection {
            Err(ApiError::CollectionNotFound { .. }) => return Ok(()),
            found => found?,
        };
        let Some(reindex) = &collection.reindex else {
            return Ok(());
        };
        let to = reindex.space.clone();
        let target = Collection {
            space: to.clone(),
            ..collection
        };
        let model = self.model_of(&target).await?;
        let moving = Arc::new(Move::under_way(name, to));
        let mut pace = Pace::new(STEP_BYTES, STEP_ITEMS);
        loop {
            let (stepping, items) = (Arc::clone(&moving), pace.next());
            let step = self.stored(move |store| match stepping.next(store, items) {
                // Somebody gave it up, dropped the collection, or ended it.
                Err(Error::NotReindexing { .. } | Error::CollectionNotFound { .. }) => {
                    Ok(Step::Done)
                }
                step => step,
            });
            let Step::Embed(mut batch) = step.await? else {
                tracing::info!(collection = name, "a move to another model has ended");
                return Ok(());
            };
            let (texts, options) = (batch.take_texts(), batch.options());
            pace.took(batch.items(), texts.iter().map(String::len).sum());
            let (model, texts) = (model.anew(), Inputs::Texts(texts));
            let vectors = self.service().embed(&model, texts, options).await?.vectors;
            let putting = Arc::clone(&moving);
            let put = self.stored(move |store| match putting.put(store, batch, &vectors) {
                Err(Error::NotReindexing { .. } | Error::CollectionNotFound { .. }) => Ok(()),
                put => put,
            });
            put.await?;
            self.collections().moves().tell(name, Progress::Running);
        }
    }
}
