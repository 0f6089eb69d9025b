//! Collections as JSON has them, as the server writes them.

use serde::Serialize;
use yuyi_store::{Collection, Field, Role};

/// A collection.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    name: &'a str,
    /// `None`: items bring their vectors.
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    dimension: usize,
    role: Role,
    fields: &'a [Field],
    unanswered: bool,
    words: &'a [String],
    synonyms: &'a [Vec<String>],
    /// Number of items.
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reindex: Option<ShownMove<'a>>,
    /// Why it answers nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<&'a str>,
}

/// The move to another model that is under way.
#[derive(Serialize)]
struct ShownMove<'a> {
    model: Option<&'a str>,
    /// Items that have their new vectors.
    done: u64,
    count: u64,
}

impl<'a> From<&'a Collection> for Shown<'a> {
    fn from(collection: &'a Collection) -> Self {
        let reindex = collection.reindex.as_ref().map(|reindex| ShownMove {
            model: reindex.space.model.as_deref(),
            done: reindex.done,
            count: collection.count,
        });
        Self {
            name: &collection.name,
            model: collection.space.model.as_deref(),
            fingerprint: Some(&*collection.space.fingerprint).filter(|digits| !digits.is_empty()),
            dimension: collection.space.dimension,
            role: collection.role,
            fields: &collection.fields,
            unanswered: collection.unanswered,
            words: &collection.words.words,
            synonyms: &collection.words.synonyms,
            count: collection.count,
            reindex,
            damaged: collection.damaged.as_deref(),
        }
    }
}

/// The vectors of a collection, for people: its model, or that it has none.
pub(super) fn model_of(collection: &Collection) -> &str {
    collection.space.model.as_deref().unwrap_or("-")
}
