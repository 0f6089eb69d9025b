//! A model behind a provider on this machine: what is sent, what comes of it, and what is done when it does not go well.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod failing;
mod sent;
#[path = "../stand_in/mod.rs"]
mod stand_in;

use yuyi_models::{EmbedOptions, Embedder, Error, Inputs};
use yuyi_remote::{Remote, RemoteEmbedder, RemoteOptions};

use stand_in::{DIMENSION, KEY, vector_of};

const HTML: &str = "<html><h1>502 Bad Gateway</h1></html>";

fn open_with(name: &str, options: &RemoteOptions) -> Result<RemoteEmbedder, Error> {
    Remote::named(name)?.open(options)
}

/// A model whose length of vectors is told, so that nothing is asked before the test does.
fn open(name: &str) -> RemoteEmbedder {
    let name = format!("{name}&dimension={DIMENSION}");
    open_with(&name, &RemoteOptions::default().with_key(KEY)).unwrap()
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("第{i}条文本")).collect()
}

fn embed(model: &RemoteEmbedder, texts: &[String]) -> Result<Vec<Vec<f32>>, Error> {
    let encoded = model.embed(Inputs::Texts(texts.to_vec()), &EmbedOptions::default())?;
    Ok(encoded.into_iter().map(|encoded| encoded.vector).collect())
}

/// Whether each text has its own vector, as the provider has it but of length 1.
fn assert_own(vectors: &[Vec<f32>], texts: &[String]) {
    assert_eq!(vectors.len(), texts.len());
    for (vector, text) in vectors.iter().zip(texts) {
        let own = vector_of(text);
        let length = own.iter().map(|x| x * x).sum::<f32>().sqrt();
        for (x, own) in vector.iter().zip(own) {
            assert!((x - own / length).abs() < 1e-6, "{text}: {vector:?}");
        }
    }
}

fn stats(model: &RemoteEmbedder) -> yuyi_models::RemoteStats {
    model.remote_stats().unwrap()
}
