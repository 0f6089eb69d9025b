//! What is shown to those of whom nothing is known: what is popular, then what is new.

use yuyi_store::{Result, TextItem};
use yuyi_tasks::recommend::{AROUND, Spread, first_of};

use super::history::History;
use super::{RecommendQuestion, Recommendation, Shelf, newest};

/// Popular items among which those are looked for that a filter means and the user has not seen.
const POPULAR: usize = 1024;

/// Items that are read at a time.
const CHUNK: usize = 128;

/// The first items of both, without what was seen and what only repeats that or another one.
///
/// # Errors
/// Of the shelf.
pub(super) fn start(
    shelf: &dyn Shelf,
    question: &RecommendQuestion,
    history: &History<'_>,
    spread: Spread,
) -> Result<Vec<Recommendation>> {
    let seen = history.seen();
    let enough = question.limit + AROUND;
    let mut found = popular(shelf, question, &seen, enough)?;
    if found.len() < enough {
        let sizes = (enough + seen.len(), enough - found.len());
        found.extend(newest(shelf, question, (&seen, &found), sizes)?);
    }
    let vectors: Vec<&[f32]> = found.iter().map(|one| &*one.vector).collect();
    let signals = history.signals();
    let unwanted: Vec<&[f32]> = signals.iter().map(|signal| signal.vector).collect();
    let places = first_of(&vectors, &unwanted, spread, question.limit);
    let results = places.into_iter().map(|place| {
        let item = &found[place].item;
        Recommendation {
            id: item.id.clone(),
            text: item.text.clone(),
            payload: item.payload.clone(),
            similarity: None,
            because: None,
        }
    });
    Ok(results.collect())
}

/// The most popular items that are meant and were not seen.
fn popular(
    shelf: &dyn Shelf,
    question: &RecommendQuestion,
    seen: &[&str],
    enough: usize,
) -> Result<Vec<TextItem>> {
    let mut ids = shelf.popular(POPULAR)?;
    ids.retain(|popular| seen.binary_search(&&*popular.item).is_err());
    let filter = question.filter.as_ref();
    let mut found: Vec<TextItem> = Vec::new();
    for some in ids.chunks(CHUNK) {
        let some: Vec<&str> = some.iter().map(|popular| &*popular.item).collect();
        let items = shelf.text_items(&some)?.into_iter();
        found.extend(items.filter(|one| filter.is_none_or(|filter| filter.matches(&one.item))));
        if found.len() >= enough {
            break;
        }
    }
    found.truncate(enough);
    Ok(found)
}
