//! What an export reads: the items of a collection, page by page, each when the client has taken most of what came before.
//!
//! A page is bounded in bytes, and so is what of it waits to be sent. What all exports hold together is bounded with what other requests hold: where there
//! is no room, the next page waits for it, as long as a request waits for its turn. A client that takes nothing is let go by the connection (`listen/patience.rs`).

use std::time::Duration;

use tokio::time::{Instant, sleep};
use yuyi_store::{Error, Scroll, VectorItem};

use crate::memory::Share;
use crate::{ApiError, App};

/// Bytes of a page, about.
const PAGE: usize = 256 << 10;

/// Items of it at most.
const ITEMS: usize = 2_000;

/// What is held while a page is read: its items, and what is written of them.
const READING: usize = 2 * PAGE;

/// Between two looks for room.
const PAUSE: Duration = Duration::from_millis(100);

/// The items of a collection.
pub(super) struct Pages {
    app: App,
    name: String,
    scroll: Scroll,
    begun: bool,
    ended: bool,
}

impl Pages {
    /// All items of a collection, with their vectors if these are its callers'.
    pub(super) fn new(app: App, name: String, with_vectors: bool) -> Self {
        let scroll = Scroll {
            bytes: Some(PAGE),
            with_vectors,
            ..Scroll::first(ITEMS)
        };
        Self {
            app,
            name,
            scroll,
            begun: false,
            ended: false,
        }
    }

    /// The same from the beginning.
    pub(super) fn again(&mut self) {
        let (app, name) = (self.app.clone(), std::mem::take(&mut self.name));
        *self = Self::new(app, name, self.scroll.with_vectors);
    }

    /// What is read of the next page, with memory that was taken for it; `None`: there are no more, or the last one failed.
    pub(super) async fn next<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(Vec<VectorItem>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Option<(T, Share)>, ApiError> {
        // Until all has gone well.
        if std::mem::replace(&mut self.ended, true) {
            return Ok(None);
        }
        let share = self.room().await?;
        self.begun = true;
        let (name, scroll) = (self.name.clone(), self.scroll.clone());
        let page = self.app.stored(move |store| {
            let page = store.scroll(&name, &scroll)?;
            Ok((read(page.items)?, page.next))
        });
        let (value, next) = page.await?;
        self.ended = next.is_none();
        self.scroll.after = next;
        Ok(Some((value, share)))
    }

    /// Memory for a page. A client that has nothing yet can be told that there is none.
    async fn room(&self) -> Result<Share, ApiError> {
        let until = Instant::now() + self.app.limits().queue_timeout;
        loop {
            let mut share = self.app.memory().share();
            match share.grow(READING) {
                Ok(()) => return Ok(share),
                Err(ApiError::MemoryFull) if self.begun && Instant::now() < until => {
                    sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
