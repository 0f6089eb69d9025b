//! Collections: texts that stay, found by meaning and by words.
//!
//! A [`Store`] keeps collections of [`Item`]s with a vector for each of their texts, which the caller computes, and finds them again by vectors,
//! by words or by both ([`Query`]), among those that a [`Filter`] means. What it has acknowledged is on the disk. It knows nothing of models, of HTTP or of
//! a runtime: its calls block, and its [`Error`] says what happened and what helps.
//!
//! [`EmbeddedStore`] keeps everything in a folder of this machine, `PostgresStore` (feature `postgres`) on a server that many processes share. Both stand
//! behind the same trait.
//!
//! ```
//! use yuyi_store::{EmbeddedStore, Item, NewCollection, Options, Query, Search, Store, VectorItem};
//!
//! let folder = tempfile::tempdir()?;
//! let store = EmbeddedStore::open(folder.path(), Options::default())?;
//! store.create(&NewCollection::given("faq", 2))?;
//! let item = |id, text, vector: [f32; 2]| VectorItem { item: Item::new(id, text), vectors: vec![vector.to_vec()] };
//! store.upsert("faq", "", vec![item("1", "能开发票吗", [1.0, 0.0]), item("2", "怎么退货", [0.0, 1.0])])?;
//!
//! let query = Query::Dense { vector: &[0.8, 0.6] };
//! let hits = store.search("faq", &Search { query, filter: None, limit: 1 })?;
//! assert_eq!(hits[0].item.text, "能开发票吗");
//!
//! let query = Query::Lexical { text: "退货", vector: None };
//! let hits = store.search("faq", &Search { query, filter: None, limit: 10 })?;
//! assert_eq!(hits.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod best;
mod caller;
mod collection;
mod embedded;
mod encoding;
mod error;
mod event;
mod filter;
mod finder;
mod item;
pub mod jsonl;
mod key;
mod narrow;
mod number;
mod payload;
#[cfg(feature = "postgres")]
mod postgres;
mod questions;
mod ranking;
mod store;
mod stored;
mod time;
mod words;

pub use caller::Caller;
pub use collection::{
    Collection, Field, FieldType, LONGEST_NAME, NewCollection, Reindex, Role, Space, WordRules,
};
pub use embedded::{Backup, EmbeddedStore, Options};
pub use error::{Error, ErrorKind, Result};
pub use event::{
    AskedCoClicks, CoClicked, Event, EventKind, EventStore, HEAVIEST, MOST_EVENTS, Near, PastEvent,
    PopularItem, Recorded, Remembered, TextItem,
};
pub use filter::{Bounds, Condition, Filter, FilterRoom, Scalar, Test};
pub use item::{Item, LONGEST_ID, MOST_WORDINGS, VectorItem};
pub use number::Number;
pub use payload::check_path;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
pub use questions::{
    Answering, Asked, AskedQuestion, Hits, KeptHit, MOST_HITS, MOST_QUESTIONS, NearestEntry,
    OpenQuestion, Placed,
};
pub use ranking::Fusion;
pub use store::{
    CommitWatch, Created, Cursor, Hit, Page, Query, ReindexItem, ReindexVectors, Scroll, Search,
    Store,
};
pub use time::{InvalidTimestamp, Span, Timestamp};
