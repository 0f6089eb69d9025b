//! Moves of collections to other models, beside the requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use yuyi::Inputs;
use yuyi_collections::{Batch, Move, Step};
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
        self.let_go_of_move(&name).await;
        self.collections().moves().end(&name);
    }

    /// Lets other servers have a move that this one rests from.
    async fn let_go_of_move(&self, name: &str) {
        if let Some(moving) = self.collections().moves().rest(name) {
            let let_go = self.written(move |store| {
                moving.let_go(store);
                Ok(())
            });
            // Where that fails they wait a little longer.
            let _ = let_go.await;
        }
    }

    /// Goes on until it is done, whatever comes in between.
    async fn move_at_last(&self, name: &str) {
        loop {
            match self.move_on(name).await {
                // Somebody may have begun another one.
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(collection = name, %error, "a move to another model cannot go on; it is tried again");
                    let waiting = Progress::Waiting(error);
                    self.collections().moves().tell(name, waiting);
                    self.let_go_of_move(name).await;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The collection as it will be when its move has ended; `None`: it is not on its way.
    async fn target_of_move(&self, name: &str) -> Result<Option<Collection>, ApiError> {
        let wanted = name.to_owned();
        let collection = match self.stored(move |store| store.collection(&wanted)).await {
            Err(ApiError::CollectionNotFound { .. }) => return Ok(None),
            found => found?,
        };
        let to = collection
            .reindex
            .as_ref()
            .map(|reindex| reindex.space.clone());
        Ok(to.map(|space| Collection {
            space,
            ..collection
        }))
    }

    /// Goes on until it is done or somebody gave it up; false: there is no move.
    async fn move_on(&self, name: &str) -> Result<bool, ApiError> {
        let Some(target) = self.target_of_move(name).await? else {
            return Ok(false);
        };
        let to = target.space.clone();
        let moving = Arc::new(Move::under_way(name, to));
        self.collections().moves().begin(name, &moving);
        let mut pace = Pace::new(STEP_BYTES, STEP_ITEMS);
        loop {
            let (stepping, items) = (Arc::clone(&moving), pace.next());
            let step = self.written(move |store| match stepping.next(store, items) {
                // Somebody gave it up, dropped the collection, or ended it.
                Err(Error::NotReindexing { .. } | Error::CollectionNotFound { .. }) => {
                    Ok(Step::Done)
                }
                step => step,
            });
            match step.await? {
                Step::Embed(batch) => self.move_batch(&target, &moving, batch, &mut pace).await?,
                Step::Elsewhere => {
                    self.collections().moves().tell(name, Progress::Elsewhere);
                    sleep(Move::LEASE / 3).await;
                }
                Step::Done => {
                    tracing::info!(collection = name, "a move to another model has ended");
                    return Ok(true);
                }
            }
        }
    }

    /// Embeds some items and keeps their new vectors. `target` is the collection as it will be.
    async fn move_batch(
        &self,
        target: &Collection,
        moving: &Arc<Move>,
        mut batch: Batch,
        pace: &mut Pace,
    ) -> Result<(), ApiError> {
        let model = self.model_of(target).await?;
        let (texts, options) = (batch.take_texts(), batch.options());
        let bytes = texts.iter().map(String::len).sum();
        pace.took(batch.items(), bytes);
        let mut share = self.memory().share();
        share.grow(bytes + texts.len() * target.space.dimension * size_of::<f32>())?;
        let (model, texts) = (model.anew(), Inputs::Texts(texts));
        let vectors = self.service().embed(&model, texts, options).await?.vectors;
        let putting = Arc::clone(moving);
        let put = self.written(move |store| match putting.put(store, batch, &vectors) {
            Err(Error::NotReindexing { .. } | Error::CollectionNotFound { .. }) => Ok(()),
            put => put,
        });
        put.await?;
        self.collections()
            .moves()
            .tell(&target.name, Progress::Running);
        Ok(())
    }
}
