//! What a reranker's tokens cost beside those of an embedding batch of the same shape.
//!
//!     rerank_speed RERANKER EMBEDDER [PRECISION]
//!
//! Both folders have the same shape. 50 documents of 64 tokens are scored for a query and embedded, in turns; printed are the
//! medians in tokens a second.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use yuyi_encoder::{CrossEncoder, Encoder, Folder, LoadOptions, Pair, PairTruncation};

const DOCUMENTS: usize = 50;
const TOKENS: usize = 64;
const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reranker, embedder, precision @ ..] = &arguments[..] else {
        return Err("usage: rerank_speed RERANKER EMBEDDER [PRECISION]".into());
    };
    let options = LoadOptions {
        precision: precision.first().map(|name| name.parse()).transpose()?,
        ..LoadOptions::default()
    };
    let reranker = CrossEncoder::load(&Folder::open(Path::new(reranker))?, &options)?;
    let embedder = Encoder::load(&Folder::open(Path::new(embedder))?, &options)?;
    let query = reranker.query("人工智能改变世界")?;
    let document: Vec<u32> = (200..200 + TOKENS as u32).collect();
    let pair = reranker.pair(&query, &document, PairTruncation::Document);
    let pairs: Vec<Pair> = vec![pair; DOCUMENTS];
    let texts: Vec<&[u32]> = pairs.iter().map(Pair::ids).collect();
    let tokens = texts.iter().map(|ids| ids.len()).sum::<usize>() as f64;
    let (mut scored, mut embedded) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        reranker.score_pairs(&pairs)?;
        scored.push(started.elapsed().as_secs_f64());
        let started = Instant::now();
        embedder.encode_ids(&texts)?;
        embedded.push(started.elapsed().as_secs_f64());
    }
    let [scored, embedded] = [scored, embedded].map(|times| tokens / median(times));
    println!(
        "{tokens} tokens, {}: reranker {scored:.0} tokens/s, embedding {embedded:.0} tokens/s, ratio {:.3}",
        reranker.precision().name(),
        scored / embedded
    );
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
