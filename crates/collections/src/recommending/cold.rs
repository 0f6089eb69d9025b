//! What is shown to those of whom nothing is known: what is popular, then what is new.

use std::collections::HashSet;

use yuyi_store::{Item, Result, TextItem};
use yuyi_tasks::recommend::{AROUND, Spread, first_of};

use super::history::History;
use super::{RecommendQuestion, Recommendation, Shelf};

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
    let seen: HashSet<&str> = history.seen().into_iter().collect();
    let enough = question.limit + AROUND;
    let mut found = popular(shelf, question, &seen, enough)?;
    if found.len() < enough {
        let known: HashSet<String> = found.iter().map(|one| one.item.id.clone()).collect();
        let many = enough + seen.len();
        let newest = shelf.newest(question.filter.as_ref(), many)?;
        let is_new = |item: &&Item| !seen.contains(&*item.id) && !known.contains(&item.id);
        let ids = newest.iter().filter(is_new).map(|item| &*item.id);
        let ids: Vec<&str> = ids.take(enough - found.len()).collect();
        found.extend(shelf.text_items(&ids)?);
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
    seen: &HashSet<&str>,
    enough: usize,
) -> Result<Vec<TextItem>> {
    let mut ids = shelf.popular(POPULAR)?;
    ids.retain(|popular| !seen.contains(&*popular.item));
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
