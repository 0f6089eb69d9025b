//! What is known of a user and a request.

use std::collections::{HashMap, HashSet};

use yuyi_store::{EventKind, PastEvent, Result, Timestamp};
use yuyi_tasks::recommend::{Deed, Signal, worth};

use super::{Origin, RecommendQuestion, Shelf};

/// Items of a history, the latest, by which the interest is told, and as many that were skipped. All of the history is left out.
const REMEMBERED: usize = 128;

/// How much an event of a kind speaks for its item.
fn weight(kind: EventKind) -> f64 {
    match kind {
        EventKind::Click => 1.0,
        EventKind::Read => 2.0,
        EventKind::Like => 3.0,
        EventKind::Skip => -1.0,
    }
}

/// What a user did, and what the request says beside that.
pub(super) struct History<'q> {
    events: Vec<PastEvent>,
    /// Items with their vectors and what they are worth, the latest first.
    items: Vec<(Origin, Vec<f32>, f64)>,
    question: &'q RecommendQuestion,
}

impl<'q> History<'q> {
    /// # Errors
    /// Of the shelf.
    pub(super) fn read(shelf: &dyn Shelf, question: &'q RecommendQuestion) -> Result<Self> {
        let mut events = match &question.user {
            None => Vec::new(),
            Some(user) => shelf.history(user, REMEMBERED)?,
        };
        let items = worths(&mut events, question.half_life);
        Ok(Self {
            events,
            items,
            question,
        })
    }

    /// Examples first, then items of the history.
    pub(super) fn signals(&self) -> Vec<Signal<'_>> {
        let examples = self.question.signals().map(|(_, signal)| signal);
        let items = self.items.iter().map(|(_, vector, weight)| Signal {
            vector,
            weight: *weight,
        });
        examples.chain(items).collect()
    }

    /// The ids of the items that something speaks for, with how much, the heaviest first; of equal ones the examples, then the latest.
    pub(super) fn liked(&self) -> Vec<(&str, f64)> {
        let examples = self.question.signals();
        let examples = examples.map(|(origin, signal)| (origin, signal.weight));
        let items = self
            .items
            .iter()
            .map(|(origin, _, weight)| (origin, *weight));
        let all = examples
            .chain(items)
            .filter_map(|(origin, weight)| match origin {
                Origin::Item(id) if weight > 0.0 => Some((&**id, weight)),
                _ => None,
            });
        let mut liked: Vec<(&str, f64)> = all.collect();
        liked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut known = HashSet::new();
        liked.retain(|(id, _)| known.insert(*id));
        liked
    }

    /// The ids of the items that the user did something with other than skip them, with when that was last, the latest first.
    pub(super) fn done(&self) -> Vec<(&str, Timestamp)> {
        let done = self.events.iter();
        let done = done.filter(|event| event.kind != EventKind::Skip);
        let mut known = HashSet::new();
        done.filter(|event| known.insert(&*event.item))
            .map(|event| (&*event.item, event.time))
            .collect()
    }

    /// Where a signal comes from.
    pub(super) fn origin(&self, signal: usize) -> &Origin {
        let examples = &self.question.examples;
        match examples.get(signal) {
            Some(example) => &example.origin,
            None => &self.items[signal - examples.len()].0,
        }
    }

    /// The ids of all that is not shown again.
    pub(super) fn seen(&self) -> Vec<&str> {
        let of_events = self.events.iter().map(|event| &*event.item);
        let examples = self.question.examples.iter();
        let of_examples = examples.filter_map(|example| match &example.origin {
            Origin::Item(id) => Some(&**id),
            Origin::Text(_) => None,
        });
        let mut seen: Vec<&str> = of_events.chain(of_examples).collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

/// The items of events, which are the latest first, that are there, with what all that was done with each is worth. What counts is how much older one event is than
/// another, and not what the clock says.
fn worths(events: &mut [PastEvent], half_life: f64) -> Vec<(Origin, Vec<f32>, f64)> {
    let Some(latest) = events.first().map(|event| event.time.micros()) else {
        return Vec::new();
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut items: Vec<(String, Vec<f32>, Vec<Deed>)> = Vec::new();
    for event in events {
        let deed = Deed {
            weight: weight(event.kind) * event.weight,
            time: event.time.micros(),
        };
        if let Some(&place) = places.get(&event.item) {
            items[place].2.push(deed);
        } else if let Some(vector) = event.vector.take() {
            places.insert(event.item.clone(), items.len());
            items.push((event.item.clone(), vector, vec![deed]));
        }
    }
    let items = items.into_iter().map(|(item, vector, deeds)| {
        let worth = worth(&deeds, latest, half_life);
        (Origin::Item(item), vector, worth)
    });
    items.collect()
}
