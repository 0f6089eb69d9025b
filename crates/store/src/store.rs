//! What a store can do, whichever engine keeps it.

use std::fmt;
use std::time::Duration;

use crate::caller::Caller;
use crate::collection::{Collection, NewCollection, Space, WordRules};
use crate::error::{Error, Result};
use crate::event::EventStore;
use crate::filter::Filter;
use crate::item::{Item, VectorItem, make_unit};
use crate::questions::{Answering, AskedQuestion, Hits, OpenQuestion, Placed};
use crate::ranking::Fusion;

/// Is told of commits: of which collection, and how long one took until its changes were durable.
pub type CommitWatch = Box<dyn Fn(&str, Duration) + Send + Sync>;

/// Collections of texts and their vectors.
///
/// What a call that writes has acknowledged is durable, and no reader ever sees a part of it. Calls block; they may come from many threads
/// at once. An engine is exchanged for another without a difference that a caller could see, except in speed: all pass the suite in
/// `tests/suite`.
pub trait Store: EventStore {
    /// Makes a collection; one that is there already, with the same properties, stays as it is.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid); [`ModelMismatch`](crate::Error::ModelMismatch) or [`CollectionDiffers`](crate::Error::CollectionDiffers) where
    /// another collection has the name.
    fn create(&self, new: &NewCollection) -> Result<Created>;

    /// Tells `watch` of each commit that follows of changes within a collection. The first that asks is told, and no other.
    fn watch_commits(&self, watch: CommitWatch);

    /// All collections, in the order of their names.
    fn list(&self) -> Result<Vec<Collection>>;

    /// One collection. It is [`CollectionNotFound`](crate::Error::CollectionNotFound), here and below, where there is none of the name.
    fn collection(&self, name: &str) -> Result<Collection>;

    /// Removes a collection with all that it holds.
    fn drop_collection(&self, name: &str) -> Result<()>;

    /// Sets the words of a collection and cuts all its texts anew, until which it is searched by the old ones. Readers do not wait, writers come in between; where the
    /// call fails the old words stay.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable), on a server, where other words were set meanwhile.
    fn set_words(&self, name: &str, rules: &WordRules) -> Result<()>;

    /// Adds items, and puts them in the place of those with the same ids: all of them or, on error, none. Of several with one id in the batch
    /// the last stays. `fingerprint` is that of the model of the vectors ([`Space::fingerprint`]).
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) with a path that begins with `items[i]`, [`ModelMismatch`](crate::Error::ModelMismatch).
    fn upsert(&self, name: &str, fingerprint: &str, items: Vec<VectorItem>) -> Result<()>;

    /// The same with vectors of the model of a collection, which is still there: for those who write in parts.
    ///
    /// # Errors
    /// [`CollectionNotFound`](crate::Error::CollectionNotFound) where it was dropped, also if there is another of its name.
    fn upsert_to(&self, collection: &Collection, items: Vec<VectorItem>) -> Result<()>;

    /// The items of these ids that are there, in the order asked for.
    fn get(&self, name: &str, ids: &[&str]) -> Result<Vec<Item>>;

    /// The same with their vectors.
    fn get_with_vectors(&self, name: &str, ids: &[&str]) -> Result<Vec<VectorItem>>;

    /// Removes items; how many were there.
    fn delete(&self, name: &str, ids: &[&str]) -> Result<u64>;

    /// Removes the items that a filter means; how many they were.
    fn delete_matching(&self, name: &str, filter: &Filter) -> Result<u64> {
        self.delete_matching_for(name, filter, Caller::PATIENT)
    }

    /// The same, for a caller that may go away until the items are found; then none is removed.
    ///
    /// # Errors
    /// Also [`Unwanted`](crate::Error::Unwanted).
    fn delete_matching_for(&self, name: &str, filter: &Filter, caller: Caller<'_>) -> Result<u64>;

    /// A page of items, in the byte order of their ids. Whoever follows the cursor to the end has seen every item once that was there all the
    /// time, whatever was written meanwhile.
    fn scroll(&self, name: &str, scroll: &Scroll) -> Result<Page>;

    /// How many items there are, or how many a filter means.
    fn count(&self, name: &str, filter: Option<&Filter>) -> Result<u64> {
        self.count_for(name, filter, Caller::PATIENT)
    }

    /// The same, for a caller that may go away.
    ///
    /// # Errors
    /// Also [`Unwanted`](crate::Error::Unwanted).
    fn count_for(&self, name: &str, filter: Option<&Filter>, caller: Caller<'_>) -> Result<u64>;

    /// About how long it takes a core to find the items that a filter means, by an estimate from above; nothing where they are known already.
    fn filter_cost(&self, name: &str, filter: &Filter) -> Result<Duration>;

    /// The items nearest to a query.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) where the vector does not fit the collection.
    fn search(&self, name: &str, search: &Search<'_>) -> Result<Vec<Hit>> {
        self.search_for(name, search, Caller::PATIENT)
    }

    /// The same, for a caller that counts memory and may go away.
    ///
    /// # Errors
    /// Also [`NoRoom`](crate::Error::NoRoom) and [`Unwanted`](crate::Error::Unwanted).
    fn search_for(&self, name: &str, search: &Search<'_>, caller: Caller<'_>) -> Result<Vec<Hit>>;

    /// Begins to move a collection to the vectors of another model, or goes on where an earlier call of the same was interrupted. The collection
    /// answers from its old vectors, and takes items with them, until [`finish_reindex`](Self::finish_reindex).
    ///
    /// # Errors
    /// [`Reindexing`](crate::Error::Reindexing) where it is on its way to a third model.
    fn begin_reindex(&self, name: &str, to: &Space) -> Result<()>;

    /// Items whose new vectors are to be computed next, at most `limit`; none: they are all there.
    ///
    /// # Errors
    /// [`NotReindexing`](crate::Error::NotReindexing), here and below, where the collection is not on its way to `to`: nobody's vectors get among those of another
    /// model, however late they come.
    fn reindex_todo(&self, name: &str, to: &Space, limit: usize) -> Result<Vec<ReindexItem>>;

    /// Keeps new vectors, durably. Items that were changed or removed meanwhile are passed over.
    fn put_reindexed(&self, name: &str, to: &Space, vectors: Vec<ReindexVectors>) -> Result<()>;

    /// Puts the new vectors in the place of the old ones, at once for all readers. What searches among many vectors need is made before,
    /// beside those who write, who wait for no time that matters.
    ///
    /// # Errors
    /// [`ReindexUnfinished`](crate::Error::ReindexUnfinished) where items without new vectors were added since: go on with
    /// [`reindex_todo`](Self::reindex_todo).
    fn finish_reindex(&self, name: &str, to: &Space) -> Result<()>;

    /// Gives a move up and drops the new vectors.
    fn abandon_reindex(&self, name: &str) -> Result<()>;

    /// Takes or keeps the work on a move for so long, unless another `holder` has it; whether it is the caller's now. No time at all: gives it back. It
    /// spares those who share a store what another does already; nothing breaks where two do it. In a store that one process has it is always free.
    fn lease_reindex(&self, name: &str, holder: &str, time: Duration) -> Result<bool> {
        let _ = (name, holder, time);
        Ok(true)
    }

    /// Whether other processes write to it too. Then whoever keeps it open calls [`maintain`](Self::maintain) now and then, and goes on with moves whose
    /// process has died.
    fn is_shared(&self) -> bool {
        false
    }

    /// Keeps what a FAQ was asked, durably. What it answered with items that are gone is passed over, and so are vectors of another model than that of `fingerprint`.
    ///
    /// # Errors
    /// [`KeepsNoQuestions`](crate::Error::KeepsNoQuestions), here and below, where the collection was not made for it.
    fn keep_questions(
        &self,
        name: &str,
        fingerprint: &str,
        asked: Vec<AskedQuestion>,
    ) -> Result<()>;

    /// The questions without an answer, in the order of their keys: at most [`MOST_QUESTIONS`](crate::MOST_QUESTIONS).
    fn open_questions(&self, name: &str) -> Result<Vec<OpenQuestion>>;

    /// Writes down vectors and clusters of questions that have none, durably. Questions that are gone are passed over, and vectors as above.
    fn place_questions(&self, name: &str, fingerprint: &str, placed: Vec<Placed>) -> Result<()>;

    /// Removes the questions of a cluster; how many they were.
    ///
    /// # Errors
    /// [`QuestionsNotFound`](crate::Error::QuestionsNotFound) where there are none.
    fn dismiss_questions(&self, name: &str, cluster: i64) -> Result<u64>;

    /// Adds an item and removes the questions of the cluster that it answers: both, durably, or neither; how many questions they were.
    ///
    /// # Errors
    /// As above and as [`upsert`](Self::upsert), with the fields of the item at the top; [`Invalid`](crate::Error::Invalid) at `id` where that is another's.
    fn answer_questions(
        &self,
        name: &str,
        fingerprint: &str,
        item: VectorItem,
        answering: Answering,
    ) -> Result<u64>;

    /// How often an item answered, and the last `limit` of [`MOST_HITS`](crate::MOST_HITS) questions.
    fn hits(&self, name: &str, id: &str, limit: usize) -> Result<Hits>;

    /// How often each item answered, of those that did, in the order of their ids.
    fn hit_counts(&self, name: &str) -> Result<Vec<(String, u64)>>;

    /// Whether the store answers: a call that touches what everything else needs.
    fn ping(&self) -> Result<()>;

    /// Whether the store can be reached: a [`ping`](Self::ping), unless something else has just been answered. One of this process always can.
    ///
    /// # Errors
    /// As there.
    fn reach(&self) -> Result<()> {
        Ok(())
    }

    /// The same store for reads that may be behind what was acknowledged, by about [`lag`](Self::lag): they spare the servers that take writes and go
    /// on without them. `None`: nothing answers such reads apart. What this store itself answers is never behind.
    fn stale(&self) -> Option<&dyn Store> {
        None
    }

    /// How old the answers of [`stale`](Self::stale) may be; `None`: there is no such thing.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) where what answers such reads does not.
    fn lag(&self) -> Result<Option<Duration>> {
        Ok(None)
    }

    /// Does what makes searches faster and keeps nobody waiting, such as building an index of a collection that has become large; how many it has built. It may
    /// take minutes. Only a store that [is shared](Self::is_shared) has such work.
    fn maintain(&self) -> Result<u64> {
        Ok(0)
    }
}

/// What [`Store::create`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// Nothing; it is new.
    New(Collection),
    /// The same.
    Existing(Collection),
}

impl Created {
    /// The collection, new or not.
    pub fn into_collection(self) -> Collection {
        match self {
            Self::New(collection) | Self::Existing(collection) => collection,
        }
    }
}

/// Which items to read.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    /// Those behind this one.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
    /// At most about so many bytes ([`VectorItem::bytes`]), and in any case one; `None`: however many they are.
    pub bytes: Option<usize>,
    /// With their vectors.
    pub with_vectors: bool,
}

impl Scroll {
    /// The first page of so many items.
    pub fn first(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// The id behind which it begins, before every other where it begins with the first item.
    pub(crate) fn begin(&self) -> &str {
        self.after.as_ref().map_or("", Cursor::id)
    }

    /// A page of it that is still empty; `dimension`: elements of a vector.
    pub(crate) fn begin_page(&self, dimension: usize) -> Filling {
        Filling {
            most: (self.limit, self.bytes.unwrap_or(usize::MAX)),
            of_text: match self.with_vectors {
                true => dimension * size_of::<f32>(),
                false => 0,
            },
            bytes: 0,
            items: Vec::new(),
            next: None,
        }
    }
}

/// A page that is being read.
pub(crate) struct Filling {
    /// Items and bytes.
    most: (usize, usize),
    /// Bytes that come with each text.
    of_text: usize,
    bytes: usize,
    /// With their keys.
    pub(crate) items: Vec<(i64, Item)>,
    /// Where the next page begins, once an item was too many.
    pub(crate) next: Option<Cursor>,
}

impl Filling {
    /// Takes the next item; false: the page is full, and this one is of the next.
    pub(crate) fn take(&mut self, key: i64, item: Item) -> bool {
        let (items, bytes) = self.most;
        let is_heavy = self.bytes >= bytes && !self.items.is_empty();
        if is_heavy || self.items.len() >= items {
            let last = self.items.last();
            self.next = last.map(|(_, item)| Cursor::behind(&item.id));
            return false;
        }
        self.bytes += item.bytes() + self.of_text * item.texts().len();
        self.items.push((key, item));
        true
    }
}

/// Items in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The items; without vectors unless they were asked for.
    pub items: Vec<VectorItem>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<Cursor>,
}

/// A place in a collection. It stays good however the collection changes, across restarts too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Behind the item of this id.
    pub fn behind(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id of the item that it is behind.
    pub fn id(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question to a collection.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// By what.
    pub query: Query<'a>,
    /// Only among the items that it means.
    pub filter: Option<&'a Filter>,
    /// At most so many.
    pub limit: usize,
}

/// What is searched by.
#[derive(Clone, Copy, Debug)]
pub enum Query<'a> {
    /// The vectors: cosine similarity.
    Dense {
        /// Of any length but zero.
        vector: &'a [f32],
    },
    /// The words: BM25.
    Lexical {
        /// Its words.
        text: &'a str,
        /// Where there is one, hits have their cosine too.
        vector: Option<&'a [f32]>,
    },
    /// Both.
    Hybrid {
        /// For the vectors.
        vector: &'a [f32],
        /// For the words.
        text: &'a str,
        /// How the two become one.
        fusion: Fusion,
    },
}

impl<'a> Query<'a> {
    /// What its words are.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match *self {
            Self::Dense { .. } => None,
            Self::Lexical { text, .. } | Self::Hybrid { text, .. } => Some(text),
        }
    }

    pub(crate) fn vector(&self) -> Option<&'a [f32]> {
        match *self {
            Self::Dense { vector } | Self::Hybrid { vector, .. } => Some(vector),
            Self::Lexical { vector, .. } => vector,
        }
    }
}

/// An item that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The item.
    pub item: Item,
    /// What hits are ordered by, in [0, 1]; of equal ones the smaller id is first. By vectors: the cosine, cut at 0 (negative ones stay in
    /// order). By words: BM25 in parts of what a text could have at most, so below 1. By both: see [`Fusion`].
    pub score: f64,
    /// Cosine similarity of the nearest of the item's texts, in [-1, 1]; `None`: the query had no vector.
    pub cosine: Option<f64>,
    /// BM25 of the best of the item's texts; `None`: words were not asked for, or it has none of them.
    pub bm25: Option<f64>,
    /// Which of [`Item::texts`] it was found by: the nearest, or without a vector the best by words.
    pub wording: usize,
}

/// An item that a move has not reached.
#[derive(Clone, Debug, PartialEq)]
pub struct ReindexItem {
    /// Known to the engine.
    pub key: i64,
    /// What is to be embedded.
    pub texts: Vec<String>,
}

/// The new vectors of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct ReindexVectors {
    /// As [`ReindexItem`] has it.
    pub key: i64,
    /// One for each text.
    pub vectors: Vec<Vec<f32>>,
}

impl ReindexVectors {
    /// Checks the vectors of an item of so many texts, and makes unit vectors of them.
    pub(crate) fn prepare(mut self, texts: usize, dimension: usize) -> Result<Self> {
        let given = self.vectors.len();
        if given != texts {
            let reason = format!("There are {given} vectors for {texts} texts.");
            return Err(Error::invalid("", reason));
        }
        for (i, vector) in self.vectors.iter_mut().enumerate() {
            make_unit(vector, dimension).map_err(|error| error.within(&format!("vectors[{i}]")))?;
        }
        Ok(self)
    }
}
