//! How questions rank the items of a collection: by vectors, by words, and by both.
//!
//! `rankings ITEMS QUESTIONS DEFAULTS [limit]`
//!
//! For the scripts that choose and measure constants, so that words, BM25 and fusion are those of the program. ITEMS has a line of JSON for each item:
//! `{"id", "texts": […], "vectors": [[…]]}`, QUESTIONS one for each question: `{"text", "vector"}`. DEFAULTS is a file whose `fusion` is a [`Fusion`].
//! Prints a line for each question: `{"dense": [[id, cosine], …], "lexical": [[id, score, cosine], …], "hybrid": [[id, score], …]}`.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use yuyi_store::{
    EmbeddedStore, Fusion, Hit, Item, NewCollection, Options, Query, Search, Store, VectorItem,
};

/// Items of each list, unless the command line says otherwise.
const LIMIT: usize = 200;

const BATCH: usize = 500;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Deserialize)]
struct Entry {
    id: String,
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Question {
    text: String,
    vector: Vec<f32>,
}

#[derive(Deserialize)]
struct Defaults {
    fusion: Fusion,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (paths, limit) = match arguments.as_slice() {
        [items, questions, defaults] => ([items, questions, defaults], LIMIT),
        [items, questions, defaults, limit] => ([items, questions, defaults], limit.parse()?),
        _ => return Err("Usage: rankings ITEMS QUESTIONS DEFAULTS [limit]".into()),
    };
    let [items, questions, defaults] = paths;
    let folder = tempfile::tempdir()?;
    let store = EmbeddedStore::open(folder.path(), Options::default())?;
    write(&store, lines(items)?)?;
    let Defaults { fusion } = serde_json::from_reader(File::open(defaults)?)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for question in lines(questions)? {
        writeln!(out, "{}", rank(&store, &question, fusion, limit)?)?;
    }
    Ok(out.flush()?)
}

fn lines<T: DeserializeOwned>(path: &str) -> Outcome<Vec<T>> {
    let lines = BufReader::new(File::open(path)?).lines();
    lines
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}

fn write(store: &EmbeddedStore, entries: Vec<Entry>) -> Outcome<()> {
    let first = entries.first().and_then(|entry| entry.vectors.first());
    let dimension = first.map_or(1, Vec::len);
    store.create(&NewCollection::given("c", dimension))?;
    let mut items: Vec<VectorItem> = entries.into_iter().map(item).collect();
    while !items.is_empty() {
        let rest = items.split_off(items.len().min(BATCH));
        store.upsert("c", "", std::mem::replace(&mut items, rest))?;
    }
    Ok(())
}

fn item(entry: Entry) -> VectorItem {
    let mut texts = entry.texts.into_iter();
    let mut item = Item::new(entry.id, texts.next().unwrap_or_default());
    item.wordings = texts.collect();
    VectorItem {
        item,
        vectors: entry.vectors,
    }
}

fn rank(
    store: &EmbeddedStore,
    question: &Question,
    fusion: Fusion,
    limit: usize,
) -> Outcome<Value> {
    let (vector, text) = (&question.vector[..], &question.text[..]);
    let hits = |query| {
        let search = Search {
            query,
            filter: None,
            limit,
        };
        store.search("c", &search)
    };
    let list =
        |hits: Vec<Hit>, row: &dyn Fn(&Hit) -> Value| hits.iter().map(row).collect::<Value>();
    let dense = hits(Query::Dense { vector })?;
    let lexical = hits(Query::Lexical {
        text,
        vector: Some(vector),
    })?;
    let hybrid = hits(Query::Hybrid {
        vector,
        text,
        fusion,
    })?;
    Ok(json!({
        "dense": list(dense, &|hit| json!([hit.item.id, hit.cosine])),
        "lexical": list(lexical, &|hit| json!([hit.item.id, hit.score, hit.cosine])),
        "hybrid": list(hybrid, &|hit| json!([hit.item.id, hit.score])),
    }))
}
