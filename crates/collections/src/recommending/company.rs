//! What others did who liked the same.
//!
//! It is counted when somebody asks, from the events as they are: nothing of it is kept, so nothing of a user who is forgotten is left in it. What is looked at is bounded, and
//! so is the time that it takes.

use std::collections::HashMap;

use yuyi_store::{AskedCoClicks, CoClicked, Result};
use yuyi_tasks::recommend::share;

use super::{RecommendQuestion, Shelf};

/// Liked items whose users are asked, the heaviest.
const LIKED: usize = 16;

/// Users who are asked, of all these items together.
const USERS: usize = 128;

/// Events that they are asked for, the latest of each.
const EVENTS: usize = 32;

/// Items that are candidates for what others did, beside those that are near.
const CANDIDATES: usize = 64;

/// How much what others did speaks for items, by their ids.
#[derive(Default)]
pub(super) struct Company {
    of: HashMap<String, f64>,
}

impl Company {
    /// What others did who did something with liked items, which come with their weights, the heaviest first.
    ///
    /// # Errors
    /// Of the shelf.
    pub(super) fn of(
        shelf: &dyn Shelf,
        question: &RecommendQuestion,
        liked: &[(&str, f64)],
    ) -> Result<Self> {
        let liked = &liked[..liked.len().min(LIKED)];
        let Some((_, greatest)) = liked.first() else {
            return Ok(Self::default());
        };
        let items: Vec<&str> = liked.iter().map(|(item, _)| *item).collect();
        let asked = AskedCoClicks {
            items: &items,
            without: question.user.as_deref(),
            users: USERS / items.len(),
            events: EVENTS,
        };
        let mut company = Self::default();
        for ((_, weight), found) in liked.iter().zip(shelf.co_clicks(&asked)?) {
            company.add(weight / greatest, found);
        }
        Ok(company)
    }

    fn add(&mut self, weight: f64, found: CoClicked) {
        for other in found.items {
            *self.of.entry(other.item).or_default() += weight * share(other.users, found.users);
        }
    }

    /// What speaks for an item.
    pub(super) fn with(&self, item: &str) -> f64 {
        self.of.get(item).copied().unwrap_or_default()
    }

    /// The items for which most speaks, without those that were seen, whose ids are in ascending order; of equal ones the smaller ids.
    pub(super) fn first(&self, seen: &[&str]) -> Vec<&str> {
        let all = self.of.iter().map(|(item, company)| (&**item, *company));
        let mut new: Vec<(&str, f64)> = all
            .filter(|(item, _)| seen.binary_search(item).is_err())
            .collect();
        new.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        new.truncate(CANDIDATES);
        new.into_iter().map(|(item, _)| item).collect()
    }
}
