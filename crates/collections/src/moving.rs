//! The way of a collection to another model.

use std::borrow::Borrow;
use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use yuyi::{EmbedOptions, Encoded};
use yuyi_store::{Error, ReindexItem, ReindexVectors, Result, Space, Store};

use crate::items::ItemPlan;

/// The move of a collection to another model, step by step. What was put is durable, so that whoever begins the same move again, also after a kill, goes on
/// where it was; the collection answers from its old vectors meanwhile. Of several processes that share the store one works on it, and another takes over when that
/// one has said nothing for [`Move::LEASE`].
///
/// ```text
/// let moving = Move::begin(store, "faq", space_of_model(&model, role)?)?;
/// loop {
///     match moving.next(store, 256)? {
///         Step::Embed(batch) => {
///             let vectors = model.embed_with(batch.texts(), &batch.options())?;
///             moving.put(store, batch, &vectors)?;
///         }
///         Step::Elsewhere => sleep(Move::LEASE / 3),
///         Step::Done => break,
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Move {
    name: String,
    to: Space,
    /// Who works on it, here.
    holder: String,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// These texts are embedded, and then [put](Move::put).
    Embed(Batch),
    /// Nothing for now: another process works on it. Ask again after a while.
    Elsewhere,
    /// Nothing: the collection answers from its new vectors.
    Done,
}

/// Items whose new vectors come next.
#[derive(Debug)]
pub struct Batch {
    items: Vec<ReindexItem>,
    plan: ItemPlan,
}

impl Batch {
    /// The texts to embed, each once.
    pub fn texts(&self) -> &[String] {
        self.plan.texts()
    }

    /// The same, given away.
    pub fn take_texts(&mut self) -> Vec<String> {
        self.plan.take_texts()
    }

    /// What they are embedded with.
    pub fn options(&self) -> EmbedOptions {
        self.plan.options()
    }

    /// How many items they are of.
    pub fn items(&self) -> usize {
        self.items.len()
    }
}

impl Move {
    /// After so long a silence of whoever works on a move another takes over.
    pub const LEASE: Duration = Duration::from_secs(30);

    /// Begins a move, or goes on with the same one.
    ///
    /// # Errors
    /// Those of [`Store::begin_reindex`]: among them [`Invalid`](Error::Invalid) at `model` where the collection has these vectors already.
    pub fn begin(store: &dyn Store, name: &str, to: Space) -> Result<Self> {
        store.begin_reindex(name, &to)?;
        Ok(Self::under_way(name, to))
    }

    /// A move that is under way, as [`Collection::reindex`](yuyi_store::Collection::reindex) tells it.
    pub fn under_way(name: impl Into<String>, to: Space) -> Self {
        Self {
            name: name.into(),
            to,
            // The keys of the hash are random.
            holder: format!("{:016x}", RandomState::new().hash_one(std::process::id())),
        }
    }

    /// Where the collection goes.
    pub fn to(&self) -> &Space {
        &self.to
    }

    /// The next items, at most so many; when there are none, the new vectors take the place of the old ones.
    ///
    /// # Errors
    /// Those of the store; [`NotReindexing`](Error::NotReindexing) where somebody gave the move up or ended it.
    pub fn next(&self, store: &dyn Store, most: usize) -> Result<Step> {
        loop {
            if !self.keep(store)? {
                // Or nobody works on it, since it has ended.
                store.reindex_todo(&self.name, &self.to, 0)?;
                return Ok(Step::Elsewhere);
            }
            let items = store.reindex_todo(&self.name, &self.to, most.max(1))?;
            if !items.is_empty() {
                let texts = items.iter().flat_map(|item| item.texts.iter());
                let plan = ItemPlan::of(&self.to, texts.map(String::as_str));
                return Ok(Step::Embed(Batch { items, plan }));
            }
            match self.finish(store) {
                Ok(()) => return Ok(Step::Done),
                // Items came since.
                Err(Error::ReindexUnfinished { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Lets another process work on it at once.
    pub fn let_go(&self, store: &dyn Store) {
        // Where that fails it goes by itself.
        let _ = store.lease_reindex(&self.name, &self.holder, Duration::ZERO);
    }

    fn keep(&self, store: &dyn Store) -> Result<bool> {
        store.lease_reindex(&self.name, &self.holder, Self::LEASE)
    }

    /// Puts the new vectors in their place, which may take longer than a lease.
    fn finish(&self, store: &dyn Store) -> Result<()> {
        std::thread::scope(|scope| {
            let (end, ended) = channel::<()>();
            scope.spawn(move || {
                while ended.recv_timeout(Self::LEASE / 3) == Err(RecvTimeoutError::Timeout) {
                    // A failure is one of the store, which `finish_reindex` tells.
                    let _ = self.keep(store);
                }
            });
            let finished = store.finish_reindex(&self.name, &self.to);
            drop(end);
            finished
        })
    }

    /// Keeps the vectors of a batch, one for each of [`Batch::texts`] in their order. They are durable when this returns.
    ///
    /// # Errors
    /// Those of the store; [`Failed`](Error::Failed) where there are not as many vectors as texts.
    pub fn put<T: Borrow<Encoded>>(
        &self,
        store: &dyn Store,
        batch: Batch,
        vectors: &[T],
    ) -> Result<()> {
        let texts = batch.items.iter().map(|item| item.texts.len()).sum();
        let mut spread = batch.plan.spread(texts, vectors)?;
        let put = batch.items.iter().map(|item| {
            let of_item = spread.by_ref().take(item.texts.len());
            ReindexVectors {
                key: item.key,
                vectors: of_item.map(|encoded| encoded.vector.clone()).collect(),
            }
        });
        store.put_reindexed(&self.name, &self.to, put.collect())
    }
}
