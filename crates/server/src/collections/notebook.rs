//! What FAQs were asked lately, until it is written down: replies do not wait for that.
//!
//! A question is noted when it is answered, and a task writes what was noted a second later, what came meanwhile with it in one call a collection. So a crash loses the questions of about the last second and
//! nothing else. While the store does not answer, questions wait here, so many at most; what comes then is lost, and the log says how much.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use yuyi_store::{AskedQuestion, Collection};

/// Questions that wait at most.
const MOST: usize = 10_000;

/// Bytes of them at most.
const MOST_BYTES: usize = 32 << 20;

/// Questions that wait to be written.
#[derive(Default)]
pub(crate) struct Notebook {
    notes: Mutex<Notes>,
    noted: Notify,
    /// Held by whoever writes.
    pub(crate) writing: tokio::sync::Mutex<()>,
    /// Questions are kept as they were asked.
    is_unmasked: bool,
}

#[derive(Default)]
struct Notes {
    waiting: BTreeMap<Of, Vec<AskedQuestion>>,
    count: usize,
    bytes: usize,
    lost: usize,
}

/// Whose questions they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Of {
    pub(crate) collection: String,
    /// That of the vectors.
    pub(crate) fingerprint: String,
    pub(crate) has_model: bool,
}

impl Of {
    pub(crate) fn collection(collection: &Collection) -> Self {
        Self {
            collection: collection.name.clone(),
            fingerprint: collection.space.fingerprint.clone(),
            has_model: collection.space.model.is_some(),
        }
    }
}

impl Notebook {
    /// One that keeps questions as they were asked.
    pub(crate) fn unmasked() -> Self {
        Self {
            is_unmasked: true,
            ..Self::default()
        }
    }

    /// Whether numbers that tell who asked are masked.
    pub(crate) fn is_masked(&self) -> bool {
        !self.is_unmasked
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // Numbers that do not fit the list would only bound it otherwise.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was asked, as far as there is room.
    pub(crate) fn note(&self, of: Of, asked: Vec<AskedQuestion>) {
        let mut notes = self.notes();
        for question in asked {
            let bytes = bytes_of(&question);
            if notes.count >= MOST || notes.bytes + bytes > MOST_BYTES {
                notes.lost += 1;
                continue;
            }
            notes.count += 1;
            notes.bytes += bytes;
            notes.waiting.entry(of.clone()).or_default().push(question);
        }
        drop(notes);
        self.noted.notify_one();
    }

    /// Done when there is something to write.
    pub(crate) async fn noted(&self) {
        self.noted.notified().await;
    }

    /// What is to be written; how many were lost before. There is room again.
    pub(crate) fn take(&self) -> (Vec<(Of, Vec<AskedQuestion>)>, usize) {
        let Notes { waiting, lost, .. } = std::mem::take(&mut *self.notes());
        (waiting.into_iter().collect(), lost)
    }
}

fn bytes_of(question: &AskedQuestion) -> usize {
    let vector = match &question.asked {
        yuyi_store::Asked::Open { vector, .. } => vector.as_ref().map_or(0, Vec::len),
        yuyi_store::Asked::Answered { .. } => 0,
    };
    size_of::<AskedQuestion>() + question.question.len() + vector * size_of::<f32>()
}

#[cfg(test)]
mod tests {
    use yuyi_store::{Asked, Timestamp};

    use super::*;

    fn asked(question: &str) -> AskedQuestion {
        AskedQuestion {
            question: question.into(),
            time: Timestamp::from_micros(0),
            asked: Asked::Answered {
                item: "a".into(),
                similarity: 1.0,
            },
        }
    }

    fn of(collection: &str) -> Of {
        Of {
            collection: collection.into(),
            fingerprint: String::new(),
            has_model: true,
        }
    }

    #[test]
    fn what_waits_is_bounded_and_what_is_lost_is_counted() {
        let notebook = Notebook::default();
        for i in 0..MOST + 5 {
            notebook.note(
                of(if i % 2 == 0 { "a" } else { "b" }),
                vec![asked("怎么退")],
            );
        }
        let (waiting, lost) = notebook.take();
        assert_eq!(lost, 5);
        let told = waiting
            .iter()
            .map(|(of, asked)| (&*of.collection, asked.len()));
        assert_eq!(told.collect::<Vec<_>>(), [("a", MOST / 2), ("b", MOST / 2)]);
        assert_eq!(notebook.take(), (vec![], 0));
        let long = "长".repeat(MOST_BYTES / 6);
        notebook.note(
            of("a"),
            vec![asked(&long), asked(&long), asked(&long), asked("短")],
        );
        let (waiting, lost) = notebook.take();
        assert_eq!((waiting[0].1.len(), lost), (2, 2));
    }
}
