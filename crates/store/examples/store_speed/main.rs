//! Speed of collections: writing, opening, searching, and what of it the memory's bandwidth allows.
//!
//! `cargo run --release -p yuyi-store --example store_speed -- [items] [folder or postgres://…] [vectors]`
//!
//! Vectors lie around centres, as those of sentences do, or come from a file: 32-bit floats, a row behind the other, those of the items and then 50 of
//! queries (`bench/collections` makes such). Texts are put together of common and rare words. The folder, or the collection on the server, is removed at
//! the end. `bench/growth` runs it at several sizes and makes the report.

mod made;
mod process;
mod searches;

use std::path::{Path, PathBuf};
use std::time::Instant;

use made::{DIMENSION, Given, item, vector_of};
use process::{processor_time, resident};
use yuyi_store::{
    EmbeddedStore, Field, FieldType, NewCollection, Options, PostgresOptions, PostgresStore, Store,
    VectorItem,
};

const BATCH: usize = 1000;
/// The collection that is made.
const NAME: &str = "store-speed";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let items: usize = arguments
        .next()
        .map_or(Ok(100_000), |items| items.parse())?;
    let place = arguments.next().map_or_else(
        || std::env::temp_dir().join("yuyi-store-speed"),
        PathBuf::from,
    );
    let given = arguments
        .next()
        .map(|file| Given::open(file.as_ref(), items))
        .transpose()?;
    let url = place.to_string_lossy();
    if url.starts_with("postgres://") {
        return on_postgres(&url, items, &given);
    }
    if place.exists() {
        return Err(format!("{} is there already.", place.display()).into());
    }
    embedded(&place, items, &given)?;
    std::fs::remove_dir_all(&place)?;
    Ok(())
}

fn embedded(folder: &Path, items: usize, given: &Option<Given>) -> Outcome<()> {
    let store = EmbeddedStore::open(folder, Options::default())?;
    fill(&store, items, given)?;
    println!(
        "index: {} MB, process: {} MB",
        store.memory() >> 20,
        resident() >> 20
    );
    let start = Instant::now();
    drop(store);
    println!("close: {:.2} s", start.elapsed().as_secs_f64());
    println!("kept: {} MB", size_of_folder(folder)? >> 20);
    for codes in [true, false] {
        if !codes {
            std::fs::remove_dir_all(folder.join("codes"))?;
        }
        let (start, before) = (Instant::now(), processor_time());
        let store = EmbeddedStore::open(folder, Options::default())?;
        let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_time() - before);
        let how = if codes { "there" } else { "made anew" };
        println!("open, codes {how}: {seconds:.2} s, processor {processor:.0} ms");
        if codes {
            searches::measure(&store, items, given)?;
            println!("process after searches: {} MB", resident() >> 20);
        }
    }
    Ok(())
}

fn on_postgres(url: &str, items: usize, given: &Option<Given>) -> Outcome<()> {
    let store = PostgresStore::open(url, &PostgresOptions::default())?;
    fill(&store, items, given)?;
    let start = Instant::now();
    let built = store.maintain()?;
    println!("graphs: {built} in {:.1} s", start.elapsed().as_secs_f64());
    searches::measure(&store, items, given)?;
    println!("process after searches: {} MB", resident() >> 20);
    println!("kept: {} MB", size_of_database(url)? >> 20);
    store.drop_collection(NAME)?;
    Ok(())
}

/// Bytes on the disk.
fn size_of_folder(folder: &Path) -> std::io::Result<u64> {
    std::fs::read_dir(folder)?.try_fold(0, |sum, entry| {
        let entry = entry?;
        Ok(sum
            + if entry.file_type()?.is_dir() {
                size_of_folder(&entry.path())?
            } else {
                entry.metadata()?.len()
            })
    })
}

/// Bytes of all tables of the database.
fn size_of_database(url: &str) -> Outcome<u64> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let row = client.query_one("SELECT pg_database_size(current_database())", &[])?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

/// Makes the collection and writes the items, in batches and then some one by one.
fn fill(store: &dyn Store, items: usize, given: &Option<Given>) -> Outcome<()> {
    let tag = Field {
        name: "tag".into(),
        kind: FieldType::Keyword,
    };
    store.create(&NewCollection {
        fields: vec![tag],
        ..NewCollection::given(NAME, DIMENSION)
    })?;
    write(store, items, given)?;
    write_single(store)
}

fn write(store: &dyn Store, items: usize, given: &Option<Given>) -> Outcome<()> {
    let (mut seconds, mut processor) = (0.0, 0.0);
    for first in (0..items).step_by(BATCH) {
        let mut batch: Vec<VectorItem> = (first..items.min(first + BATCH))
            .map(|i| item(i as u64))
            .collect();
        for (i, item) in batch.iter_mut().enumerate() {
            item.vectors = vec![vector_of(given, (first + i) as u64)?];
        }
        let (start, before) = (Instant::now(), processor_time());
        store.upsert(NAME, "", batch)?;
        seconds += start.elapsed().as_secs_f64();
        processor += processor_time() - before;
    }
    let each = processor * 1e3 / items as f64;
    let speed = items as f64 / seconds;
    println!("upsert, batches of {BATCH}: {speed:.0} items a second, processor {each:.0} µs each");
    Ok(())
}

/// Eight clients, one item a call.
fn write_single(store: &dyn Store) -> Outcome<()> {
    let (clients, each) = (8, 250);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..clients {
            scope.spawn(move || {
                (0..each).try_for_each(|i| {
                    store.upsert(NAME, "", vec![item(1 << 40 | client << 20 | i)])
                })
            });
        }
    });
    println!(
        "upsert, single, {clients} clients: {:.0} items a second",
        (clients * each) as f64 / start.elapsed().as_secs_f64()
    );
    Ok(())
}
