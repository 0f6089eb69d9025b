//! Speed of the embedded engine: writing, opening, searching, and what of it the memory's bandwidth allows.
//!
//! `cargo run --release -p yuyi-store --example store_speed -- [items] [folder] [vectors]`
//!
//! Vectors lie around centres, as those of sentences do, or come from a file: 32-bit floats, a row behind the other, those of the items and then 50 of
//! queries (`bench/collections` makes such). Texts are put together of common and rare words. The folder is removed at the end.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use yuyi_kernels::{Codes, Kernel, Team, Vectors, usable_cores};
use yuyi_store::{
    EmbeddedStore, Field, FieldType, Filter, Fusion, Item, NewCollection, Options, Query, Search,
    Store, VectorItem,
};

const DIMENSION: usize = 384;
const BATCH: usize = 1000;
const CENTRES: u64 = 2000;
const QUERIES: u64 = 50;

/// Behind all items.
const FIRST_QUERY: u64 = 7_000_000_000;

/// What is searched by, and among what.
type Asked<'a> = (Query<'a>, Option<&'a Filter>);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let items: usize = arguments
        .next()
        .map_or(Ok(100_000), |items| items.parse())?;
    let folder = arguments.next().map_or_else(
        || std::env::temp_dir().join("yuyi-store-speed"),
        PathBuf::from,
    );
    if folder.exists() {
        return Err(format!("{} is there already.", folder.display()).into());
    }
    let given = arguments
        .next()
        .map(|file| Given::open(file.as_ref(), items))
        .transpose()?;
    measure(&folder, items, &given)?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Vectors from a file, which is read row by row: it may be as large as the memory.
struct Given {
    file: File,
    items: u64,
}

impl Given {
    fn open(path: &Path, items: usize) -> Outcome<Self> {
        let (file, items) = (File::open(path)?, items as u64);
        let rows = file.metadata()?.len() / (4 * DIMENSION as u64);
        match rows >= items + QUERIES {
            true => Ok(Self { file, items }),
            false => Err(format!("{} has {rows} vectors.", path.display()).into()),
        }
    }

    fn vector(&self, row: u64) -> std::io::Result<Vec<f32>> {
        let mut bytes = vec![0; 4 * DIMENSION];
        self.file
            .read_exact_at(&mut bytes, row * 4 * DIMENSION as u64)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(numbers
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect())
    }
}

fn measure(folder: &Path, items: usize, given: &Option<Given>) -> Outcome<()> {
    let store = EmbeddedStore::open(folder, Options::default())?;
    let tag = Field {
        name: "tag".into(),
        kind: FieldType::Keyword,
    };
    let new = NewCollection {
        fields: vec![tag],
        ..NewCollection::given("c", DIMENSION)
    };
    store.create(&new)?;
    write(&store, items, given)?;
    write_single(&store)?;
    println!(
        "index: {} MB, process: {} MB",
        store.memory() >> 20,
        resident() >> 20
    );
    let start = Instant::now();
    drop(store);
    println!("close: {:.2} s", start.elapsed().as_secs_f64());
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
            search(&store, items, given)?;
            println!("process after searches: {} MB", resident() >> 20);
        }
    }
    Ok(())
}

fn write(store: &EmbeddedStore, items: usize, given: &Option<Given>) -> Outcome<()> {
    let (mut seconds, mut processor) = (0.0, 0.0);
    for first in (0..items).step_by(BATCH) {
        let mut batch: Vec<VectorItem> = (first..items.min(first + BATCH))
            .map(|i| item(i as u64))
            .collect();
        for (i, item) in batch.iter_mut().enumerate() {
            item.vectors = vec![vector_of(given, (first + i) as u64)?];
        }
        let (start, before) = (Instant::now(), processor_time());
        store.upsert("c", "", batch)?;
        seconds += start.elapsed().as_secs_f64();
        processor += processor_time() - before;
    }
    let each = processor * 1e3 / items as f64;
    let speed = items as f64 / seconds;
    println!("upsert, batches of {BATCH}: {speed:.0} items a second, processor {each:.0} µs each");
    Ok(())
}

/// Eight clients, one item a call.
fn write_single(store: &EmbeddedStore) -> Outcome<()> {
    let (clients, each) = (8, 250);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..clients {
            scope.spawn(move || {
                (0..each)
                    .try_for_each(|i| store.upsert("c", "", vec![item(1 << 40 | client << 20 | i)]))
            });
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "upsert, single, {clients} clients: {:.0} items a second",
        (clients * each) as f64 / seconds
    );
    Ok(())
}

fn search(store: &EmbeddedStore, items: usize, given: &Option<Given>) -> Outcome<()> {
    let one =
        Filter::parse(&serde_json::json!({"must": {"key": "tag", "match": {"value": "rare"}}}))?;
    let queries = (FIRST_QUERY..FIRST_QUERY + QUERIES)
        .map(|i| vector_of(given, i))
        .collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = (FIRST_QUERY..FIRST_QUERY + QUERIES).map(text).collect();
    let vector = |i: usize| &queries[i][..];
    let fusion = Fusion::default();
    run(store, "dense", &|i| {
        (Query::Dense { vector: vector(i) }, None)
    })?;
    run(store, "dense, 1 % by a filter", &|i| {
        (Query::Dense { vector: vector(i) }, Some(&one))
    })?;
    run(store, "lexical", &|i| {
        (
            Query::Lexical {
                text: &texts[i],
                vector: None,
            },
            None,
        )
    })?;
    run(store, "hybrid", &|i| {
        (
            Query::Hybrid {
                vector: vector(i),
                text: &texts[i],
                fusion,
            },
            None,
        )
    })?;
    bandwidth(items);
    recall(store, &queries, (items, given))
}

/// Times of fifty searches for ten items.
fn run<'a>(store: &EmbeddedStore, name: &str, asked: &dyn Fn(usize) -> Asked<'a>) -> Outcome<()> {
    let mut times = Vec::new();
    let before = processor_time();
    for i in 0..50 {
        let (query, filter) = asked(i);
        let start = Instant::now();
        let limit = 10;
        store.search(
            "c",
            &Search {
                query,
                filter,
                limit,
            },
        )?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let processor = (processor_time() - before) / 50.0;
    times.sort_by(f64::total_cmp);
    let (median, ninety) = (times[25], times[45]);
    println!(
        "{name}: median {median:.2} ms, 90th percentile {ninety:.2} ms, processor {processor:.1} ms"
    );
    Ok(())
}

/// What reading as many codes takes.
fn bandwidth(items: usize) {
    let (team, bytes) = (Team::new(usable_cores()), items * DIMENSION);
    let data = vec![1u8; bytes];
    let threads = team.threads();
    let mut best = f64::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for chunk in data.chunks(bytes.div_ceil(threads)) {
                scope.spawn(move || {
                    let words = chunk.as_chunks::<64>().0;
                    let sum = words.iter().fold([0u8; 64], |mut sum, word| {
                        sum.iter_mut()
                            .zip(word)
                            .for_each(|(sum, byte)| *sum ^= byte);
                        sum
                    });
                    std::hint::black_box(sum);
                });
            }
        });
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "reading the codes: {:.2} ms ({:.1} GB/s, {threads} threads)",
        best * 1e3,
        bytes as f64 / best / 1e9
    );
}

/// How many of the ten nearest by floats are found.
fn recall(
    store: &EmbeddedStore,
    queries: &[Vec<f32>],
    (items, given): (usize, &Option<Given>),
) -> Outcome<()> {
    let (team, kernel) = (Team::new(usable_cores()), Kernel::of_process());
    let sample = items.min(200_000);
    let mut vectors = Vectors::new(DIMENSION);
    for i in 0..sample as u64 {
        vectors.push(&vector_of(given, i)?);
    }
    let codes = Codes::encode(&team, kernel, vectors.view());
    let (mut found, mut wanted) = (0, 0);
    for query in queries {
        let hits = codes.scan_exact(&team, query, vectors.view(), None, 10);
        let query = Query::Dense { vector: query };
        let near = store.search(
            "c",
            &Search {
                query,
                filter: None,
                limit: 10,
            },
        )?;
        let last = near.last().and_then(|hit| hit.cosine).unwrap_or(-1.0);
        // Of the others some may be nearer, so only those count that have to be among the ten.
        let expected: Vec<String> = hits
            .iter()
            .filter(|hit| f64::from(hit.score) > last + 1e-6)
            .map(|hit| hit.row.to_string())
            .collect();
        wanted += expected.len();
        found += expected
            .iter()
            .filter(|id| near.iter().any(|hit| hit.item.id == **id))
            .count();
    }
    println!("recall@10 of the nearest by floats: {found} of {wanted}");
    Ok(())
}

/// A random number, the same for the same seed.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// The vector of an item or a query.
fn vector_of(given: &Option<Given>, i: u64) -> std::io::Result<Vec<f32>> {
    match given {
        Some(given) if i >= FIRST_QUERY => given.vector(given.items + i - FIRST_QUERY),
        Some(given) => given.vector(i),
        None => Ok(vector(i)),
    }
}

/// A unit vector near one of the centres.
fn vector(i: u64) -> Vec<f32> {
    let mut seed = i;
    let mut centre = next(&mut seed) % CENTRES;
    let unit = |state: &mut u64| (next(state) >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
    let mut vector: Vec<f32> = (0..DIMENSION)
        .map(|_| 0.3 + unit(&mut centre) + 0.7 * unit(&mut seed))
        .collect();
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

/// Some words, the common ones often.
fn text(i: u64) -> String {
    const COMMON: [&str; 16] = [
        "怎么", "可以", "吗", "的", "是", "什么", "我", "如何", "多少", "退货", "密码", "花呗",
        "借呗", "快递", "发票", "手机",
    ];
    let mut seed = i ^ 0x5555;
    let mut word = |_| match next(&mut seed) % 3 {
        0 => format!("w{} ", next(&mut seed) % 200_000),
        _ => COMMON[(next(&mut seed) % 16) as usize].to_owned(),
    };
    (0..8).map(&mut word).collect()
}

fn item(i: u64) -> VectorItem {
    let mut item = Item::new(i.to_string(), text(i));
    let tag = if i.is_multiple_of(100) {
        "rare"
    } else {
        "common"
    };
    item.payload.insert("tag".into(), tag.into());
    VectorItem {
        item,
        vectors: vec![vector(i)],
    }
}

/// Milliseconds that the threads of the process have computed.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        * 10.0
}

/// Bytes of the process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}
