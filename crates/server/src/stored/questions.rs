//! Keeping what FAQs were asked, behind the replies.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use yuyi_collections::masked_question;
use yuyi_serving::Stop;
use yuyi_store::{AskedQuestion, Collection, Error};

use crate::collections::Noted;
use crate::{ApiError, App};

/// How long questions are gathered before they are written.
const GATHER: Duration = Duration::from_secs(1);

/// How long the last ones may take when the server ends.
const LAST: Duration = Duration::from_secs(5);

/// How often what could not be written is tried again, and waits for its turn in the notebook between.
const TRIES: usize = 3;

impl App {
    /// Notes what a collection was asked, if it keeps that.
    pub(crate) fn note_questions(&self, collection: &Collection, asked: Vec<AskedQuestion>) {
        let notebook = self.collections().notebook();
        notebook.note(Noted::collection(collection), asked);
    }

    /// Writes down what was noted, now and then.
    pub(super) async fn keep_questions(&self, mut stop: Stop) {
        loop {
            tokio::select! {
                () = self.collections().notebook().noted() => {}
                () = stop.requested() => return,
            }
            tokio::select! {
                () = sleep(GATHER) => {}
                () = stop.requested() => return,
            }
            self.write_questions().await;
        }
    }

    /// The same once more at the end.
    pub(super) async fn keep_last_questions(&self) {
        if timeout(LAST, self.write_questions()).await.is_err() {
            tracing::warn!("the questions of the last second were not written in time");
        }
    }

    /// Writes down what was noted; when this returns, whatever was noted before is there for all, unless the store failed.
    pub(crate) async fn write_questions(&self) {
        let notebook = self.collections().notebook();
        let _turn = notebook.writing.lock().await;
        let (waiting, lost) = notebook.take();
        if lost > 0 {
            tracing::warn!(lost, "questions were not kept, since too many waited");
        }
        for (of, asked) in waiting {
            let name = of.collection.clone();
            if let Err(error) = self.write_noted(of, asked).await {
                tracing::warn!(collection = name, %error, "questions were not kept");
            }
        }
    }

    async fn write_noted(&self, of: Noted, asked: Vec<AskedQuestion>) -> Result<(), ApiError> {
        let asked = match self.collections().notebook().is_masked() {
            true => masked(asked, of.has_model).await?,
            false => asked,
        };
        let mut tried = 0;
        loop {
            let (of, asked) = (of.clone(), asked.clone());
            let written = self.written(move |store| {
                match store.keep_questions(&of.collection, &of.fingerprint, asked) {
                    // It was dropped meanwhile, or made anew without questions.
                    Err(Error::CollectionNotFound { .. } | Error::KeepsNoQuestions { .. }) => {
                        Ok(())
                    }
                    written => written,
                }
            });
            tried += 1;
            match written.await {
                Err(ApiError::StoreUnavailable { .. } | ApiError::QueueTimeout { .. })
                    if tried < TRIES =>
                {
                    sleep(GATHER).await;
                }
                written => return written,
            }
        }
    }
}

/// Questions as they are kept, by a thread that may block: others wait for the store and not for this.
async fn masked(
    asked: Vec<AskedQuestion>,
    has_model: bool,
) -> Result<Vec<AskedQuestion>, ApiError> {
    let masking = spawn_blocking(move || {
        let asked = asked.into_iter();
        asked
            .map(|asked| masked_question(asked, has_model))
            .collect()
    });
    // One that panicked is in the log.
    masking.await.map_err(|_| ApiError::Internal)
}
