//! How long a question to a FAQ of many entries takes: its vector by the built-in model, the nearest entries in the embedded store, and the decision. For `scripts/measure_match`.
//!
//! ```sh
//! cargo run --release -p yuyi-collections --example match_speed -- ENTRIES.txt QUESTIONS.txt
//! ```
//!
//! A line of the first file is the standard question of an entry, and one of the second a question.

use std::fs;
use std::time::{Duration, Instant};

use yuyi::{BUILTIN_NAME, EmbedOptions, Model, Prompt};
use yuyi_collections::{
    AskedMatch, MatchPlan, Matcher, Outcome, StoredEntries, match_limits, space_of_model,
};
use yuyi_store::{
    Caller, Collection, EmbeddedStore, Item, NewCollection, Options, Role, Store, Timestamp,
    VectorItem,
};

/// Questions that are asked first and not counted.
const WARM: usize = 20;

/// Entries that are embedded together.
const BATCH: usize = 500;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [entries, questions] = &arguments[..] else {
        return Err("name a file of entries and one of questions".into());
    };
    let model = Model::open(BUILTIN_NAME)?;
    let folder = tempfile::tempdir()?;
    let store = EmbeddedStore::open(folder.path(), Options::default())?;
    let collection = filled(&store, &model, &fs::read_to_string(entries)?)?;
    let matcher = Matcher {
        calibration: model.calibration(),
        limits: match_limits(None, None)?,
        now: Timestamp::now(),
    };
    let (mut all, mut of_vectors, mut answered) = (Vec::new(), Vec::new(), 0);
    for question in fs::read_to_string(questions)?.lines() {
        let began = Instant::now();
        let asked = AskedMatch {
            text: question.to_owned(),
            ..AskedMatch::default()
        };
        let plan = MatchPlan::new(&collection.space, asked)?;
        let vectors = model.embed_with(plan.texts(), &plan.options())?;
        of_vectors.push(began.elapsed());
        let entries = StoredEntries {
            store: &store,
            collection: &collection,
            filter: None,
            caller: Caller::PATIENT,
        };
        let reply = matcher.answer(&entries, plan.finish(&vectors)?)?;
        all.push(began.elapsed());
        answered += reply.outcomes().iter().filter_map(Outcome::matched).count();
    }
    if all.len() <= WARM {
        return Err(format!("{} questions are too few", all.len()).into());
    }
    println!(
        "{} entries, {} questions, of which {answered} are answered, {} threads",
        collection.count,
        all.len(),
        model.facts().threads
    );
    println!("match: {}", shown(&mut all[WARM..]));
    println!("of that the vector: {}", shown(&mut of_vectors[WARM..]));
    Ok(())
}

/// A collection with an entry for each line.
fn filled(
    store: &EmbeddedStore,
    model: &Model,
    entries: &str,
) -> Result<Collection, Box<dyn std::error::Error>> {
    let new = NewCollection {
        name: "faq".to_owned(),
        space: space_of_model(model, Role::Symmetric)?,
        ..NewCollection::default()
    };
    let space = store.create(&new)?.into_collection().space;
    let options = EmbedOptions {
        prompt: Prompt::Text(space.item_prompt.clone()),
        ..EmbedOptions::default()
    };
    let texts: Vec<&str> = entries.lines().collect();
    for (batch, texts) in texts.chunks(BATCH).enumerate() {
        let vectors = model.embed_with(texts, &options)?;
        let items = texts.iter().zip(vectors).enumerate();
        let items = items.map(|(i, (text, encoded))| VectorItem {
            item: Item::new(format!("{:06}", batch * BATCH + i), *text),
            vectors: vec![encoded.vector],
        });
        store.upsert("faq", &space.fingerprint, items.collect())?;
    }
    Ok(store.collection("faq")?)
}

fn shown(times: &mut [Duration]) -> String {
    times.sort();
    let at = |hundredths: usize| times[(times.len() - 1) * hundredths / 100].as_secs_f64() * 1e3;
    format!("median {:.1} ms, 95th percentile {:.1} ms", at(50), at(95))
}
