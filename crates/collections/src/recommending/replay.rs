//! How good recommendations would have been on a log, beside simpler ways.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;
use yuyi::Calibration;
use yuyi_store::{Event, EventKind, Filter, Result, Timestamp, VectorItem};
use yuyi_tasks::cosine;
use yuyi_tasks::evaluation::{RecommendationQuality, RecommendedList, recommendation_quality};
use yuyi_tasks::metrics::Sampling;
use yuyi_tasks::recommend::{AROUND, CoClicks, HALF_LIFE, first_of};

use super::{HeldShelf, RecommendQuestion, Shelf, recommend, spread};

/// A way to recommend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// By what a user is interested in: this program.
    Interest,
    /// By the mean of what a user liked.
    OneMean,
    /// What others did who did the same (item-kNN).
    Neighbours,
    /// What most users did something with lately, then what is new: what this program shows those of whom it knows nothing.
    Popular,
    /// What is new.
    Newest,
}

impl Way {
    /// All, this program first.
    pub const ALL: [Self; 5] = [
        Self::Interest,
        Self::OneMean,
        Self::Neighbours,
        Self::Popular,
        Self::Newest,
    ];
}

/// Ways to recommend by the same items and events.
#[derive(Debug)]
pub struct Contest<'a> {
    shelf: &'a HeldShelf,
    clicks: CoClicks,
    popular: Vec<usize>,
    users: usize,
    calibration: &'a Calibration,
}

impl<'a> Contest<'a> {
    /// The ways for the items of a shelf, by its events.
    ///
    /// # Errors
    /// Of the shelf.
    pub fn new(shelf: &'a HeldShelf, calibration: &'a Calibration) -> Result<Self> {
        let mut pairs = Vec::new();
        let mut users = 0;
        for user in shelf.users() {
            for item in liked(shelf, user)? {
                pairs.push((users, item));
            }
            users += 1;
        }
        let clicks = CoClicks::new(pairs);
        Ok(Self {
            shelf,
            popular: shelf.popular_places(),
            clicks,
            users,
            calibration,
        })
    }

    /// At most `limit` items for a user, by their places on the shelf, of those that the filter means.
    ///
    /// # Errors
    /// Of the shelf.
    pub fn list(
        &self,
        way: Way,
        user: &str,
        filter: Option<&Filter>,
        limit: usize,
    ) -> Result<Vec<usize>> {
        if way == Way::Interest {
            let question = RecommendQuestion::of_user(user, filter.cloned(), limit);
            let reply = recommend(self.shelf, &question, self.calibration)?;
            let places = reply.results.iter();
            return Ok(places.filter_map(|one| self.shelf.place(&one.id)).collect());
        }
        let past = self.shelf.history(user, 0)?;
        let seen = past.iter().filter_map(|past| self.shelf.place(&past.item));
        let seen: HashSet<usize> = seen.collect();
        let liked = liked(self.shelf, user)?;
        let ranked = match way {
            Way::OneMean => self.near_the_mean(&liked),
            Way::Neighbours => self.clicks.neighbours(&liked),
            _ => Vec::new(),
        };
        // Where a way knows nothing, what is popular is shown, then what is new.
        let popular = self.popular.iter().copied().filter(|_| way != Way::Newest);
        let others = popular.chain(self.shelf.newest_places().iter().copied());
        let mut known = HashSet::new();
        let is_meant = |place: &usize| {
            let item = &self.shelf.items()[*place].item;
            !seen.contains(place)
                && known.insert(*place)
                && filter.is_none_or(|filter| filter.matches(item))
        };
        let all = ranked.into_iter().chain(others);
        let all: Vec<usize> = all.filter(is_meant).take(limit + AROUND).collect();
        // What repeats is left out by every way.
        let vector = |place: &usize| &*self.shelf.items()[*place].vector;
        let vectors: Vec<&[f32]> = all.iter().map(vector).collect();
        let of_seen: Vec<&[f32]> = seen.iter().map(vector).collect();
        let first = first_of(&vectors, &of_seen, spread(self.calibration), limit);
        Ok(first.into_iter().map(|place| all[place]).collect())
    }

    /// All items, the nearest to the mean of these first.
    fn near_the_mean(&self, liked: &[usize]) -> Vec<usize> {
        let items = self.shelf.items();
        let mut mean: Vec<f32> = Vec::new();
        for &place in liked {
            mean.resize(items[place].vector.len(), 0.0);
            let vector = &items[place].vector;
            mean.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        }
        let norm = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm == 0.0 {
            return Vec::new();
        }
        mean.iter_mut().for_each(|x| *x /= norm);
        self.shelf.ranked(&mean)
    }

    /// A list with what is said of it; `wanted` are places on the shelf.
    pub fn measured(&self, items: Vec<usize>, wanted: &HashSet<usize>) -> RecommendedList {
        let vector = |place: usize| &*self.shelf.items()[place].vector;
        let similarity = |a, b| self.calibration.similarity(cosine(vector(a), vector(b)));
        let known = |place| (self.clicks.users(place) + 1) as f64 / (self.users + 1) as f64;
        let is_wanted = |place| wanted.contains(&place);
        RecommendedList::new(items, wanted.len(), is_wanted, similarity, known)
    }
}

/// Places of the items that a user liked, the latest first, each once.
fn liked(shelf: &HeldShelf, user: &str) -> Result<Vec<usize>> {
    let past = shelf.history(user, 0)?;
    let past = past.iter().filter(|past| past.kind != EventKind::Skip);
    let mut known = HashSet::new();
    let places = past.filter_map(|past| shelf.place(&past.item));
    Ok(places.filter(|place| known.insert(*place)).collect())
}

impl RecommendQuestion {
    fn of_user(user: &str, filter: Option<Filter>, limit: usize) -> Self {
        Self {
            user: Some(user.to_owned()),
            examples: Vec::new(),
            unknown: Vec::new(),
            limit,
            filter,
            half_life: HALF_LIFE,
            truncated: false,
        }
    }
}

/// How a log is replayed.
#[derive(Clone, Copy, Debug)]
pub struct ReplaySettings {
    /// Share of the events, the earliest ones, from which is recommended what comes after them.
    pub before: f64,
    /// Items of a list.
    pub limit: usize,
    /// Users who are looked at, at most.
    pub users: usize,
    /// Of the intervals.
    pub sampling: Sampling,
}

/// What is said of a log.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// When what is recommended from ends.
    pub split: Timestamp,
    /// Events before that.
    pub known: usize,
    /// Users with something to recommend, of whom those that were looked at are some or all.
    pub users: usize,
    /// Of those that were looked at, how many had no event before.
    pub cold: usize,
    /// What is said of each way.
    pub ways: Vec<(Way, RecommendationQuality)>,
}

/// What a user wanted behind the split.
struct Wish {
    user: String,
    /// When it begins.
    time: Timestamp,
    wanted: HashSet<usize>,
}

/// Replays a log: by the events before a moment each user is recommended something at the time of the first event behind it, among the items that were there by then, and
/// it is compared with what the user did something with from then on that was not seen before.
///
/// # Errors
/// Of the shelf.
///
/// # Panics
/// When the vectors are not of one dimension.
pub fn replay(
    items: Vec<VectorItem>,
    mut events: Vec<Event>,
    calibration: &Calibration,
    settings: ReplaySettings,
) -> Result<Replayed> {
    events.sort_by_key(|event| event.time);
    let place = (events.len() as f64 * settings.before) as usize;
    let split = events.get(place).or(events.last());
    let split = split.map_or(Timestamp::from_micros(0), |event| event.time);
    let later = events.split_off(events.partition_point(|event| event.time < split));
    let known = events.len();
    let shelf = HeldShelf::new(items, events);
    let wishes = wishes(&shelf, later)?;
    let users = wishes.len();
    let step = users.div_ceil(settings.users.max(1)).max(1);
    let wishes: Vec<Wish> = wishes.into_iter().step_by(step).collect();
    let contest = Contest::new(&shelf, calibration)?;
    let mut ways = Vec::new();
    for way in Way::ALL {
        let mut lists = Vec::with_capacity(wishes.len());
        for wish in &wishes {
            let filter = published_by(wish.time)?;
            let list = contest.list(way, &wish.user, Some(&filter), settings.limit)?;
            lists.push(contest.measured(list, &wish.wanted));
        }
        let catalogue = shelf.items().len();
        let quality = recommendation_quality(&lists, settings.limit, catalogue, settings.sampling);
        ways.push((way, quality));
    }
    let is_cold = |wish: &&Wish| {
        shelf
            .history(&wish.user, 0)
            .is_ok_and(|past| past.is_empty())
    };
    Ok(Replayed {
        split,
        known,
        users,
        cold: wishes.iter().filter(is_cold).count(),
        ways,
    })
}

/// Items without a time, and those that are not of later.
fn published_by(time: Timestamp) -> Result<Filter> {
    let timeless = json!({"key": "time", "exists": false});
    let earlier = json!({"key": "time", "range": {"lte": time.to_string()}});
    Filter::parse(&json!({"should": [timeless, earlier]}))
}

/// What users wanted, those who could have been recommended it, in the order of their names.
fn wishes(shelf: &HeldShelf, later: Vec<Event>) -> Result<Vec<Wish>> {
    let mut by_user: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in later {
        if event.kind != EventKind::Skip && shelf.place(&event.item).is_some() {
            by_user.entry(event.user.clone()).or_default().push(event);
        }
    }
    let mut wishes = Vec::new();
    for (user, events) in by_user {
        let past = shelf.history(&user, 0)?;
        let seen: HashSet<&str> = past.iter().map(|past| &*past.item).collect();
        let new = events.iter().filter(|event| !seen.contains(&*event.item));
        let Some(time) = new.clone().map(|event| event.time).min() else {
            continue;
        };
        let was_there = |place: &usize| {
            let published = shelf.items()[*place].item.time;
            published.is_none_or(|published| published <= time)
        };
        let places = new.filter_map(|event| shelf.place(&event.item));
        let wanted: HashSet<usize> = places.filter(was_there).collect();
        if !wanted.is_empty() {
            wishes.push(Wish { user, time, wanted });
        }
    }
    Ok(wishes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi_store::Item;

    /// As near to all others of its kind, and to none of the other kind.
    fn item(id: usize, kind: usize, time: i64) -> VectorItem {
        let mut vector = vec![0.0; 50];
        vector[kind] = 0.8;
        vector[2 + id % 48] = 0.6;
        VectorItem {
            item: Item {
                time: Some(Timestamp::from_micros(time)),
                ..Item::new(format!("{id:03}"), "文")
            },
            vectors: vec![vector],
        }
    }

    fn click(user: usize, item: usize, time: i64) -> Event {
        Event {
            user: format!("u{user:02}"),
            item: format!("{item:03}"),
            kind: EventKind::Click,
            weight: 1.0,
            time: Timestamp::from_micros(time),
        }
    }

    #[test]
    fn what_is_recommended_is_compared_with_what_came_later() {
        // Even items are of one kind, odd ones of another; each user likes one kind.
        let items: Vec<VectorItem> = (0..40).map(|i| item(i, i % 2, 0)).collect();
        let mut events = Vec::new();
        for user in 0..20 {
            let own = |n: usize| 2 * ((user * 7 + n * 3) % 20) + user % 2;
            events.extend((0..4).map(|n| click(user, own(n), n as i64)));
            events.push(click(user, own(4), 100));
            // Seen before, unknown, and not there yet.
            events.push(click(user, own(0), 101));
            events.push(click(user, 999, 99));
        }
        events.push(click(77, 3, 102));
        let late = item(500, 0, 1000);
        events.push(click(1, 500, 103));
        let settings = ReplaySettings {
            before: 80.0 / events.len() as f64,
            limit: 10,
            users: 1000,
            sampling: Sampling {
                rounds: 20,
                seed: 1,
            },
        };
        let items = items.into_iter().chain([late]).collect();
        let told = replay(items, events, &Calibration::Uncalibrated, settings).unwrap();
        assert_eq!((told.known, told.users, told.cold), (80, 21, 1));
        let rate = |way| {
            let quality = told.ways.iter().find(|(known, _)| *known == way);
            let quality = &quality.unwrap().1;
            assert_eq!(quality.users, 21);
            quality.hit_rate.value.unwrap()
        };
        // It knows of which kind they are, and nothing knows which.
        assert!(rate(Way::Interest) > rate(Way::Newest), "{told:?}");
        assert!(Way::ALL.iter().all(|way| (0.0..=1.0).contains(&rate(*way))));
        let none = replay(Vec::new(), Vec::new(), &Calibration::Uncalibrated, settings).unwrap();
        assert_eq!((none.users, none.ways[0].1.users), (0, 0));
    }
}
