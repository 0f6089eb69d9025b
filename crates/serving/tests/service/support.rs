//! Services of one model that is no real one.

use std::sync::Arc;
use std::time::Duration;

use yuyi::{Batch, Embedder, Encoded, Item, ModelFacts, Pooling, Precision};
use yuyi_serving::{CacheOptions, ModelOptions, ModelSource, Models, Service, ServiceOptions};

/// Longer than any test takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Of a model whose weights take a byte.
pub fn facts(name: &str, dimension: usize, max_tokens: usize) -> ModelFacts {
    ModelFacts {
        name: name.into(),
        dimension,
        layers: 1,
        max_tokens,
        pooling: Some(Pooling::Mean),
        default_prompt: String::new(),
        prompts: Default::default(),
        precision: Some(Precision::F32),
        kernel: None,
        threads: 1,
        weight_bytes: 1,
        scores: None,
    }
}

/// The vector of a text of so many tokens, all of which are read and known.
pub fn encoded(vector: Vec<f32>, tokens: usize) -> Encoded {
    Encoded {
        vector,
        length: 1.0,
        tokens,
        truncated: false,
        unknown: 0,
        states: None,
    }
}

/// What a model gives that takes a millisecond for whatever it gets.
pub fn batch(items: &[Item], encoded: impl Fn(&Item) -> Encoded) -> Batch {
    Batch {
        results: items.iter().map(|item| Ok(encoded(item))).collect(),
        tokenize: Duration::ZERO,
        compute: Duration::from_millis(1),
    }
}

/// A service of this model alone.
pub fn service<M: Embedder + 'static>(
    model: &Arc<M>,
    models: ModelOptions,
    patience: Duration,
) -> Service {
    let (facts, model) = (model.facts().clone(), Arc::clone(model));
    let source = ModelSource {
        name: facts.name.clone(),
        aliases: Vec::new(),
        computes_here: true,
        is_reranker: false,
        facts: Box::new(move || Ok(facts.clone())),
        calibration: Box::new(|| Ok(None)),
        load: Box::new(move |_| Ok(Arc::clone(&model) as _)),
    };
    let options = ServiceOptions {
        models,
        caches: CacheOptions::default(),
        queue_tokens: 1_000_000,
        patience,
    };
    Service::new(Models::from(vec![source]), options)
}
