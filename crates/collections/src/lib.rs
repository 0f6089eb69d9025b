//! Collections of a model: what stands between a [`Model`](yuyi::Model), which knows texts, and a [`Store`](yuyi_store::Store), which knows vectors.
//!
//! Whoever has both, with a runtime or without one, has here what they agree on: the vectors of a collection ([`space_of`], [`check_fits`]), which texts of
//! items are embedded ([`ItemPlan`]), what of a question is ([`QueryPlan`]) and what is said of what it finds ([`Found`]), which entry of a FAQ answers a message
//! ([`MatchPlan`], [`Matcher`]), what a user is shown next ([`RecommendPlan`], [`recommend`]), and the way of a collection to another model ([`Move`]). Nothing here embeds: plans say which texts, with which options, and go on from their vectors, so that whoever embeds may wait as it
//! likes. Errors are those of the store.
//!
//! ```
//! use yuyi::{BUILTIN_NAME, Model};
//! use yuyi_collections::{Asked, Found, ItemPlan, QueryPlan, search, space_of_model};
//! use yuyi_store::{EmbeddedStore, Item, NewCollection, Options, Role, Store, VectorItem};
//!
//! let folder = tempfile::tempdir()?;
//! let store = EmbeddedStore::open(folder.path(), Options::default())?;
//! let model = Model::open(BUILTIN_NAME)?;
//!
//! let space = space_of_model(&model, Role::Symmetric)?;
//! let new = NewCollection { name: "faq".into(), space, ..NewCollection::default() };
//! let collection = store.create(&new)?.into_collection();
//!
//! let item = |text| VectorItem { item: Item::new(text, text), ..VectorItem::default() };
//! let mut items = ["是否支持开具发票？", "怎么退货"].map(item).to_vec();
//! let plan = ItemPlan::new(&collection, &items)?;
//! let vectors = model.embed_with(plan.texts(), &plan.options())?;
//! plan.fill(&mut items, &vectors)?;
//! store.upsert("faq", &collection.space.fingerprint, items)?;
//!
//! let asked = Asked { text: Some("你们的产品能开发票吗？".into()), ..Asked::default() };
//! let plan = QueryPlan::new(&collection, asked)?;
//! let vector = model.embed_with(&plan.texts(), &plan.options())?.pop();
//! let question = plan.finish(vector.as_ref())?;
//! let hits = search(&store, &collection, &question, None, 10)?;
//! let found = Found::of(hits.into_iter().next().unwrap(), model.calibration());
//! assert_eq!(found.item.text, "是否支持开具发票？");
//! assert!(found.similarity.unwrap() > 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod defaults;
mod found;
mod items;
mod matching;
mod moving;
mod place;
mod query;
mod questions;
mod recommending;
mod rerank_score;
mod space;
#[cfg(test)]
mod test_support;

pub use defaults::{faq, fusion};
pub use found::{Found, RERANKED_HITS, SearchHit, calibration_of, reranked};
pub use items::{ItemPlan, check_item};
pub use matching::{
    AskedMatch, Contradiction, ELLIPTIC, Entries, HeldEntries, LeftOut, MOST_PARTS, MOST_RERANKED,
    Match, MatchCandidate, MatchParts, MatchPlan, MatchQuestions, MatchReply, Matcher, NOT_WORD,
    NearItem, NoMatch, NoMatchReason, Outcome, Shortlist, Shortlists, StoredEntries,
    contradictions, match_limits, rules,
};
pub use moving::{Batch, Move, Step};
pub use place::Place;
pub use query::{Asked, Mode, QueryPlan, Question, search, search_for};
pub use questions::{
    AnsweredQuestion, ClusterPlan, Clusters, EntryDraft, History, NearestReply, Unanswered,
    UnansweredCluster, UnansweredQuestion, answering_entry, cluster_id, masked_question,
};
pub use recommending::{
    AskedRecommend, Because, Contest, Example, HeldShelf, MOST_EXAMPLES, MOST_RECOMMENDED,
    RECOMMENDED, RecommendPlan, RecommendQuestion, RecommendReply, Recommendation, ReplaySettings,
    Replayed, Shelf, StoredShelf, Way, recommend, replay,
};
pub use rerank_score::RerankScore;
pub use space::{check_fits, space_of, space_of_model};
