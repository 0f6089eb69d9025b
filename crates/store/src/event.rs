//! Events: what users did with items, and what is found for users by them.
//!
//! Of each user, item and kind one event is kept: the latest, and of those of one time the heaviest. So events may be sent again, or in any order, and what is kept in
//! the end is the same; and a user who does a thing ten thousand times is one who did it.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::Hash;

use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::item::{Item, check_id};
use crate::time::Timestamp;

/// The greatest weight of an event.
pub const HEAVIEST: f64 = 100.0;

/// Events that are kept of a user; older ones make room for newer ones.
pub const MOST_EVENTS: usize = 10_000;

/// Events of a collection, the newest ones, by which items are popular.
pub(crate) const LATELY: usize = 10_000;

/// Ids of items that are not there which a reply names.
const MOST_UNKNOWN: usize = 100;

/// What a user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Opened it.
    Click,
    /// Read it.
    Read,
    /// Said that it is good.
    Like,
    /// Saw it and wanted something else.
    Skip,
}

impl EventKind {
    /// All, in the order of the numbers that engines keep.
    pub const ALL: [Self; 4] = [Self::Click, Self::Read, Self::Like, Self::Skip];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Read => "read",
            Self::Like => "like",
            Self::Skip => "skip",
        }
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What engines keep.
    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    /// `None`: the number is none of a kind.
    pub(crate) fn of_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What a user did with an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// 1 to 256 bytes; users belong to a collection.
    pub user: String,
    /// The id of an item, which need not be there.
    pub item: String,
    /// What was done.
    pub kind: EventKind,
    /// How much it counts, above 0 and up to [`HEAVIEST`]; usual is 1.
    pub weight: f64,
    /// When.
    pub time: Timestamp,
}

impl Event {
    /// Whether the rules hold.
    ///
    /// # Errors
    /// The field that breaks one.
    pub fn check(&self) -> Result<()> {
        check_id(&self.user).map_err(|error| error.within("user"))?;
        check_id(&self.item).map_err(|error| error.within("item"))?;
        match self.weight > 0.0 && self.weight <= HEAVIEST {
            true => Ok(()),
            false => {
                let reason = format!("It is not above 0 and up to {HEAVIEST}.");
                Err(Error::invalid("weight", reason))
            }
        }
    }

    /// Which of two events of one user, item and kind is kept: the greater one.
    pub fn order(&self, other: &Self) -> Ordering {
        let by_time = self.time.cmp(&other.time);
        by_time.then_with(|| self.weight.total_cmp(&other.weight))
    }
}

/// Checks events.
pub(crate) fn check_all(events: &[Event]) -> Result<()> {
    for (i, event) in events.iter().enumerate() {
        event
            .check()
            .map_err(|error| error.within(&format!("events[{i}]")))?;
    }
    Ok(())
}

/// What became of events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Those that said something new; the others were there, or newer ones were.
    pub new: u64,
    /// Ids of items that are not there, each once, a hundred at most. Their events are kept: an item may come later.
    pub unknown: Vec<String>,
}

impl Recorded {
    /// Tells of an item that is not there.
    pub(crate) fn miss(&mut self, item: &str) {
        if self.unknown.len() < MOST_UNKNOWN && !self.unknown.iter().any(|id| id == item) {
            self.unknown.push(item.to_owned());
        }
    }
}

/// An event of a user, with what is known of its item.
#[derive(Clone, Debug, PartialEq)]
pub struct PastEvent {
    /// The id of the item.
    pub item: String,
    /// What was done.
    pub kind: EventKind,
    /// How much it counts.
    pub weight: f64,
    /// When.
    pub time: Timestamp,
    /// The vector of the item's text; `None`: there is no such item, or none was asked for.
    pub vector: Option<Vec<f32>>,
}

/// Which items of a history come with their vectors: the latest that a user did something with, and as many that were skipped, so that who skips much is not
/// forgotten what was liked.
#[derive(Clone, Debug)]
pub struct Remembered<K> {
    most: usize,
    skipped: usize,
    others: usize,
    known: HashSet<K>,
}

impl<K: Copy + Eq + Hash> Remembered<K> {
    /// So many of both.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            skipped: 0,
            others: 0,
            known: HashSet::new(),
        }
    }

    /// Whether an item of which nothing was told yet would be remembered by an event of a kind.
    pub(crate) fn has_room(&self, kind: EventKind) -> bool {
        let count = match kind {
            EventKind::Skip => self.skipped,
            _ => self.others,
        };
        count < self.most
    }

    /// Whether the item of an event is remembered; events are told the latest first.
    pub fn is_wanted(&mut self, item: K, kind: EventKind) -> bool {
        if self.known.contains(&item) {
            return true;
        }
        let count = match kind {
            EventKind::Skip => &mut self.skipped,
            _ => &mut self.others,
        };
        let is_wanted = *count < self.most;
        if is_wanted {
            *count += 1;
            self.known.insert(item);
        }
        is_wanted
    }
}

/// An item with the number of users who did something with it lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopularItem {
    /// Its id.
    pub item: String,
    /// How many.
    pub users: u64,
}

/// Whose other items are looked for, and how far: what bounds it bounds the time that it takes.
#[derive(Clone, Copy, Debug)]
pub struct AskedCoClicks<'a> {
    /// The items whose users are asked for.
    pub items: &'a [&'a str],
    /// One of them who is not asked.
    pub without: Option<&'a str>,
    /// Of each item at most so many users, the latest.
    pub users: usize,
    /// Of each user's events at most so many, the latest.
    pub events: usize,
}

impl AskedCoClicks<'_> {
    /// Events of an item among which so many users are found, where it has them: of each user there is one of each kind at most.
    pub(crate) fn events_of_users(&self) -> i64 {
        let kinds = EventKind::ALL.len() - 1;
        i64::try_from(self.users.saturating_mul(kinds)).unwrap_or(i64::MAX)
    }
}

/// What the users of an item did something with beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoClicked {
    /// How many users were asked.
    pub users: u64,
    /// In the order of their ids, each with how many of them did something with it. Some may not be there any more.
    pub items: Vec<PopularItem>,
}

/// Which items are looked for.
#[derive(Clone, Debug)]
pub struct Near<'a> {
    /// Those near to one of these.
    pub vectors: &'a [Vec<f32>],
    /// Only among those that it means.
    pub filter: Option<&'a Filter>,
    /// And none of these ids.
    pub without: &'a [&'a str],
    /// For each vector at most so many.
    pub limit: usize,
}

/// An item with the vector of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextItem {
    /// The item.
    pub item: Item,
    /// The unit vector of its text; that of its wordings is not told.
    pub vector: Vec<f32>,
}

/// What a store keeps of users, and finds for them: the part of a [`Store`](crate::Store) that recommendations need.
pub trait EventStore: Send + Sync {
    /// Keeps events: all of them or, on error, none. Of a user [`MOST_EVENTS`] are kept, the latest.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) with a path that begins with `events[i]`.
    fn add_events(&self, name: &str, events: Vec<Event>) -> Result<Recorded>;

    /// Removes all that is kept of a user; how many events that were.
    fn forget_user(&self, name: &str, user: &str) -> Result<u64>;

    /// The events of a user, the latest first; those of one time in the order of their items and kinds. Those of the latest items that are [`Remembered`]
    /// come with their vectors.
    fn history(&self, name: &str, user: &str, vectors: usize) -> Result<Vec<PastEvent>>;

    /// At most `limit` items by how many users did something with them, other than skip them, among the newest 10,000 events of the collection: the most popular
    /// first; of equal ones the one with the latest event, then the smaller id. Some may not be there any more.
    fn popular(&self, name: &str, limit: usize) -> Result<Vec<PopularItem>>;

    /// For each of some items what its users did something with beside it; skips do not count, neither as what makes a user of an item nor as what is found.
    /// Users are those with the latest events, of one time those of the smaller names; what they did is told by their latest events, of one time by those of the
    /// smaller ids. It is counted when it is asked: of a user who is forgotten nothing is left in it.
    fn co_clicks(&self, name: &str, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>>;

    /// The newest items, or those of them that a filter means: by their times, then, and where they have none, by when they were written.
    fn newest(
        &self,
        name: &str,
        filter: Option<&Filter>,
        limit: usize,
        caller: Caller<'_>,
    ) -> Result<Vec<Item>>;

    /// The items of these ids that are there, with the vectors of their texts, in the order asked for.
    fn text_items(&self, name: &str, ids: &[&str]) -> Result<Vec<TextItem>>;

    /// The items that are nearest to each of some vectors, each once; the nearest to the first of them first, and of those that are as near the smaller id.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) where a vector does not fit the collection, [`NoRoom`](Error::NoRoom), [`Unwanted`](Error::Unwanted).
    fn near(&self, name: &str, near: &Near<'_>, caller: Caller<'_>) -> Result<Vec<TextItem>>;
}
