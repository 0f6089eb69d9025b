//! Stores with something in them, and short ways to ask them.

use yuyi_store::{Item, Query, Search, Space, Store, WordRules};

use super::Place;
use super::examples::{collection, faq, with_vectors};

/// A store with the ten entries.
pub fn with_faq(place: &impl Place) -> Box<dyn Store> {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    store.upsert("faq", "", faq()).unwrap();
    store
}

/// Items `a` and `b`, of which a version before found 人工智能 in both, since it took the end of Shanghai for AI.
pub fn cut_otherwise_before(store: &dyn Store) {
    store.create(&collection("faq")).unwrap();
    let text = |id: &str, text: &str| with_vectors(Item::new(id, text), 1);
    let items = vec![text("a", "Shanghai 天气"), text("b", "AI 天气")];
    store.upsert("faq", "", items).unwrap();
    let rules = WordRules {
        words: vec![],
        synonyms: vec![vec!["AI".into(), "人工智能".into()]],
    };
    store.set_words("faq", &rules).unwrap();
}

pub fn dense(store: &dyn Store, vector: &[f32], limit: usize) -> Vec<String> {
    let query = Query::Dense { vector };
    let hits = store.search("faq", &search(query, limit)).unwrap();
    hits.into_iter().map(|hit| hit.item.id).collect()
}

pub fn lexical(store: &dyn Store, text: &str) -> Vec<String> {
    let query = Query::Lexical { text, vector: None };
    let hits = store.search("faq", &search(query, 10)).unwrap();
    hits.into_iter().map(|hit| hit.item.id).collect()
}

pub fn search(query: Query<'_>, limit: usize) -> Search<'_> {
    Search {
        query,
        filter: None,
        limit,
    }
}

pub fn model(name: &str, dimension: usize) -> Space {
    Space {
        model: Some(name.into()),
        fingerprint: format!("{name}-fingerprint"),
        dimension,
        item_prompt: "passage: ".into(),
        query_prompt: "query: ".into(),
    }
}

/// Looks at a store, and at the one that finds what it left behind.
pub fn now_and_later(
    place: &impl Place,
    store: Box<dyn Store>,
    look: impl Fn(&dyn Store),
) -> Box<dyn Store> {
    look(&*store);
    drop(store);
    let store = place.open();
    look(&*store);
    store
}
