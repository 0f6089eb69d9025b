//! What to show a user next: what of a request is embedded, and what is recommended, whether items and events are kept in a store or read from files.

mod cold;
mod company;
mod habit;
mod history;
mod replay;
mod reply;
mod shelf;

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashSet};

use yuyi::{Calibration, EmbedOptions, Encoded, Prompt};
use yuyi_store::{Error, Filter, Near, Result, Space, TextItem};
use yuyi_tasks::recommend::{
    AROUND, Candidate, Interest, REPEAT, REPEAT_UNCALIBRATED, Signal, Spread, rank,
};

use self::company::Company;
use self::habit::Habit;
use self::history::History;
pub use self::replay::{Contest, ReplaySettings, Replayed, Way, replay};
pub use self::reply::{Because, RecommendReply, Recommendation};
pub use self::shelf::{HeldShelf, Shelf, StoredShelf};

/// Results of a call, where it does not say how many.
pub const RECOMMENDED: usize = 10;

/// Most results of a call.
pub const MOST_RECOMMENDED: usize = 1000;

/// Most examples of a call, of either kind.
pub const MOST_EXAMPLES: usize = 100;

/// A day, in microseconds.
const DAY: f64 = 86_400e6;

/// An example of what is wanted, or of what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Example {
    /// An item by its id, or where there is none of that id a text.
    Either(String),
    /// An item by its id.
    Item(String),
    /// A text.
    Text(String),
}

impl Example {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Either(id) | Self::Item(id) => Some(id),
            Self::Text(_) => None,
        }
    }

    /// As an item that is not there.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Either(text) | Self::Text(text) => Some(text),
            Self::Item(_) => None,
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskedRecommend {
    /// Whose events count; `None`: nobody's.
    pub user: Option<String>,
    /// What is wanted.
    pub positive: Vec<Example>,
    /// What is not.
    pub negative: Vec<Example>,
    /// Results at most; `None`: [`RECOMMENDED`].
    pub limit: Option<usize>,
    /// Only among the items that it means.
    pub filter: Option<Filter>,
    /// Days after which an event counts half; `None`: seven.
    pub half_life: Option<f64>,
}

/// What of a request is to be embedded.
///
/// 1. [`RecommendPlan::new`] checks the request and looks for the items among its examples.
/// 2. [`RecommendPlan::texts`] are embedded with [`RecommendPlan::options`].
/// 3. [`RecommendPlan::finish`] makes a [`RecommendQuestion`] of them, which [`recommend`] answers.
#[derive(Clone, Debug)]
pub struct RecommendPlan {
    question: RecommendQuestion,
    /// The examples that are embedded, by their places in the question.
    texts: Vec<String>,
    prompt: String,
}

/// A request whose examples have vectors.
#[derive(Clone, Debug)]
pub struct RecommendQuestion {
    user: Option<String>,
    examples: Vec<Known>,
    unknown: Vec<String>,
    limit: usize,
    filter: Option<Filter>,
    half_life: f64,
    truncated: bool,
}

/// An example with its vector.
#[derive(Clone, Debug)]
struct Known {
    origin: Origin,
    is_wanted: bool,
    /// Empty until it is embedded.
    vector: Vec<f32>,
}

/// What an interest comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// An item, by its id.
    Item(String),
    /// A text.
    Text(String),
}

impl RecommendPlan {
    /// The plan for a request to items of this space.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) by its field where there are too many results or examples, the half-life is no time, or a text could not be embedded, since the
    /// collection has no model; those of the shelf.
    pub fn new(space: &Space, shelf: &dyn Shelf, asked: AskedRecommend) -> Result<Self> {
        check(&asked)?;
        let examples = || {
            let wanted = asked.positive.iter().enumerate();
            let unwanted = asked.negative.iter().enumerate();
            let wanted = wanted.map(|(i, example)| (example, format!("positive[{i}]"), true));
            wanted.chain(unwanted.map(|(i, one)| (one, format!("negative[{i}]"), false)))
        };
        let ids: BTreeSet<&str> = examples().filter_map(|(one, ..)| one.id()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let items = match ids.is_empty() {
            true => Vec::new(),
            false => shelf.text_items(&ids)?,
        };
        let (mut known, mut texts, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (example, path, is_wanted) in examples() {
            let item = items
                .iter()
                .find(|item| Some(&*item.item.id) == example.id());
            let (origin, vector) = match (item, example.text()) {
                (Some(item), _) => (Origin::Item(item.item.id.clone()), item.vector.clone()),
                (None, Some(text)) => {
                    check_text(space, text, &path)?;
                    texts.push(text.to_owned());
                    (Origin::Text(text.to_owned()), Vec::new())
                }
                (None, None) => {
                    unknown.extend(example.id().map(str::to_owned));
                    continue;
                }
            };
            known.push(Known {
                origin,
                is_wanted,
                vector,
            });
        }
        Ok(Self {
            question: RecommendQuestion {
                user: asked.user,
                examples: known,
                unknown,
                limit: asked.limit.unwrap_or(RECOMMENDED),
                filter: asked.filter,
                half_life: asked
                    .half_life
                    .map_or(yuyi_tasks::recommend::HALF_LIFE, |days| days * DAY),
                truncated: false,
            },
            texts,
            prompt: space.item_prompt.clone(),
        })
    }

    /// What is to be embedded, in order.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// What the texts are embedded with: the prompt of items, in whose place they stand; what is too long for the model is cut.
    pub fn options(&self) -> EmbedOptions {
        EmbedOptions {
            prompt: Prompt::Text(self.prompt.clone()),
            ..EmbedOptions::default()
        }
    }

    /// The request, with the vectors of [`RecommendPlan::texts`].
    ///
    /// # Errors
    /// [`Failed`](Error::Failed) where there are not as many.
    pub fn finish<T: Borrow<Encoded>>(mut self, embedded: &[T]) -> Result<RecommendQuestion> {
        if embedded.len() != self.texts.len() {
            let reason = "an example has no vector".to_owned();
            return Err(Error::Failed { reason });
        }
        let question = &mut self.question;
        let missing = question.examples.iter_mut();
        let missing = missing.filter(|one| one.vector.is_empty());
        for (example, encoded) in missing.zip(embedded) {
            let encoded: &Encoded = encoded.borrow();
            example.vector.clone_from(&encoded.vector);
            question.truncated |= encoded.truncated;
        }
        Ok(self.question)
    }
}

fn check(asked: &AskedRecommend) -> Result<()> {
    let limit = asked.limit.unwrap_or(RECOMMENDED);
    if !(1..=MOST_RECOMMENDED).contains(&limit) {
        let reason = format!("It is {limit}; a call gives 1 to {MOST_RECOMMENDED}.");
        return Err(Error::invalid("limit", reason));
    }
    for (field, examples) in [("positive", &asked.positive), ("negative", &asked.negative)] {
        if examples.len() > MOST_EXAMPLES {
            let reason = format!(
                "There are {}; a call takes {MOST_EXAMPLES} at most. Send what users do as events.",
                examples.len()
            );
            return Err(Error::invalid(field, reason));
        }
    }
    match asked.half_life {
        Some(days) if !(days > 0.0 && days.is_finite()) => Err(Error::invalid(
            "half_life",
            "It is not a number of days above 0.",
        )),
        _ => Ok(()),
    }
}

fn check_text(space: &Space, text: &str, path: &str) -> Result<()> {
    if yuyi_language::is_blank(text) {
        return Err(Error::invalid(path, "It is empty or blank."));
    }
    match space.model {
        Some(_) => Ok(()),
        None => Err(Error::invalid(
            path,
            "No item has this id, and the collection has no model that could embed it as a text.",
        )),
    }
}

/// What to show next.
///
/// `calibration` is that of the model of the vectors, whatever its prompts: items are compared with items.
///
/// # Errors
/// Of the shelf.
pub fn recommend(
    shelf: &dyn Shelf,
    question: &RecommendQuestion,
    calibration: &Calibration,
) -> Result<RecommendReply> {
    let spread = spread(calibration);
    let history = History::read(shelf, question)?;
    let signals = history.signals();
    let interest = Interest::of(&signals);
    if interest.is_empty() {
        let results = cold::start(shelf, question, &history, spread)?;
        return Ok(RecommendReply::cold(results, question));
    }
    let company = Company::of(shelf, question, &history.liked())?;
    let habit = Habit::of(shelf, &history)?;
    let seen = history.seen();
    let mut found = candidates(shelf, question, &seen, (&interest, &company))?;
    if habit.is_some() {
        // They may be in time where those that are near are all too old.
        let among = AROUND + seen.len();
        found.extend(newest(shelf, question, (&seen, &found), (among, AROUND))?);
    }
    let each = found.iter().map(|one| Candidate {
        vector: &one.vector,
        company: company.with(&one.item.id),
        age: habit.as_ref().map_or(0.0, |habit| habit.speaks(one)),
    });
    let each: Vec<Candidate<'_>> = each.collect();
    let picks = rank(&interest, &each, spread, question.limit);
    let results = picks.into_iter().map(|pick| {
        let item = &found[pick.candidate].item;
        let because = Because::of(history.origin(pick.because.signal));
        Recommendation {
            id: item.id.clone(),
            text: item.text.clone(),
            payload: item.payload.clone(),
            similarity: Some(calibration.similarity(pick.cosine)),
            because: Some(because.with(calibration.similarity(pick.because.cosine))),
        }
    });
    Ok(RecommendReply::warm(results.collect(), question))
}

/// The items near to the centres of an interest, then those that others did something with, each once.
fn candidates(
    shelf: &dyn Shelf,
    question: &RecommendQuestion,
    seen: &[&str],
    (interest, company): (&Interest<'_>, &Company),
) -> Result<Vec<TextItem>> {
    let filter = question.filter.as_ref();
    let near = Near {
        vectors: interest.centres(),
        filter,
        without: seen,
        limit: AROUND.max(2 * question.limit),
    };
    let mut found = shelf.near(&near)?;
    let known: HashSet<&str> = found.iter().map(|one| &*one.item.id).collect();
    let mut others = company.first(seen);
    others.retain(|id| !known.contains(id));
    if !others.is_empty() {
        let mut others = shelf.text_items(&others)?;
        others.retain(|one| filter.is_none_or(|filter| filter.matches(&one.item)));
        found.extend(others);
    }
    Ok(found)
}

/// At most `limit` items among so many that are newest, without those that were seen, whose ids are in ascending order, and those that are known.
fn newest(
    shelf: &dyn Shelf,
    question: &RecommendQuestion,
    (seen, known): (&[&str], &[TextItem]),
    (among, limit): (usize, usize),
) -> Result<Vec<TextItem>> {
    let known: HashSet<&str> = known.iter().map(|one| &*one.item.id).collect();
    let newest = shelf.newest(question.filter.as_ref(), among)?;
    let ids = newest.iter().map(|item| &*item.id);
    let new = ids.filter(|id| seen.binary_search(id).is_err() && !known.contains(id));
    shelf.text_items(&new.take(limit).collect::<Vec<&str>>())
}

/// From which likeness on an item repeats another one.
fn spread(calibration: &Calibration) -> Spread {
    Spread {
        repeat: match calibration.is_fitted() {
            true => calibration.cosine(REPEAT),
            false => REPEAT_UNCALIBRATED,
        },
    }
}

impl RecommendQuestion {
    /// The signals of the examples count as one usual event of now.
    fn signals(&self) -> impl Iterator<Item = (&Origin, Signal<'_>)> {
        self.examples.iter().map(|example| {
            let signal = Signal {
                vector: &example.vector,
                weight: if example.is_wanted { 1.0 } else { -1.0 },
            };
            (&example.origin, signal)
        })
    }
}

#[cfg(test)]
mod tests;
