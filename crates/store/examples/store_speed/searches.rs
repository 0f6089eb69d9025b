//! Times of searches, and how many of the nearest they find.

use std::time::Instant;

use yuyi_kernels::{Codes, Kernel, Team, Vectors, usable_cores};
use yuyi_store::{Filter, Fusion, Query, Search, Store};

use crate::made::{DIMENSION, FIRST_QUERY, Given, QUERIES, text, vector_of};
use crate::process::processor_time;
use crate::{NAME, Outcome};

/// What is searched by, and among what.
type Asked<'a> = (Query<'a>, Option<&'a Filter>);

/// Searches in every way, and prints what each took.
pub fn measure(store: &dyn Store, items: usize, given: &Option<Given>) -> Outcome<()> {
    let one =
        Filter::parse(&serde_json::json!({"must": {"key": "tag", "match": {"value": "rare"}}}))?;
    let queries = (FIRST_QUERY..FIRST_QUERY + QUERIES)
        .map(|i| vector_of(given, i))
        .collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = (FIRST_QUERY..FIRST_QUERY + QUERIES).map(text).collect();
    let dense = |i: usize| Query::Dense {
        vector: &queries[i],
    };
    run(store, "dense", &|i| (dense(i), None))?;
    run(store, "dense, 1 % by a filter", &|i| (dense(i), Some(&one)))?;
    run(store, "lexical", &|i| {
        let text = &texts[i];
        (Query::Lexical { text, vector: None }, None)
    })?;
    run(store, "hybrid", &|i| {
        let hybrid = Query::Hybrid {
            vector: &queries[i],
            text: &texts[i],
            fusion: Fusion::default(),
        };
        (hybrid, None)
    })?;
    bandwidth(items);
    recall(store, &queries, (items, given))
}

/// Times of fifty searches for ten items.
fn run<'a>(store: &dyn Store, name: &str, asked: &dyn Fn(usize) -> Asked<'a>) -> Outcome<()> {
    let mut times = Vec::new();
    let before = processor_time();
    for i in 0..QUERIES as usize {
        let (query, filter) = asked(i);
        let start = Instant::now();
        store.search(
            NAME,
            &Search {
                query,
                filter,
                limit: 10,
            },
        )?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let processor = (processor_time() - before) / QUERIES as f64;
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
    store: &dyn Store,
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
        let near = store.search(
            NAME,
            &Search {
                query: Query::Dense { vector: query },
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
