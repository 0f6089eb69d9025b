//! A model in memory.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use yuyi::{Model, ModelFacts};

use crate::space::Space;

/// A model in memory, under the name that requests know.
pub(crate) struct LoadedModel {
    pub(crate) name: String,
    pub(crate) model: Model,
    /// What stands for its space until that is known; no other model has it.
    instance: [u8; 32],
    space: OnceLock<Space>,
}

impl LoadedModel {
    /// A model under a name.
    pub(crate) fn new(name: String, model: Model) -> Self {
        static INSTANCES: AtomicU64 = AtomicU64::new(1);
        let mut instance = [0; 32];
        let number = INSTANCES.fetch_add(1, Ordering::Relaxed);
        instance[..8].copy_from_slice(&number.to_le_bytes());
        Self {
            name,
            model,
            instance,
            space: OnceLock::new(),
        }
    }

    /// What is known of the model.
    pub(crate) fn facts(&self) -> &ModelFacts {
        self.model.facts()
    }

    /// Whether it computes on this machine's cores.
    pub(crate) fn computes_here(&self) -> bool {
        self.model.embedder().computes_here()
    }

    /// Most texts that it takes at once.
    pub(crate) fn texts_at_once(&self) -> usize {
        self.model.embedder().texts_at_once().max(1)
    }

    /// Finds out what its vectors are known by, which may mean to read all weights. Until then nothing of
    /// the model is cached.
    pub(crate) fn learn_space(&self) {
        if let Some(space) = self.model.embedder().vector_space() {
            self.space.get_or_init(|| Space::of(space));
        }
    }

    /// What its vectors are known by, as soon as that is known.
    pub(crate) fn space(&self) -> Option<&Space> {
        self.space.get()
    }

    /// What keys of texts begin with.
    pub(crate) fn key_space(&self) -> &[u8; 32] {
        self.space.get().map_or(&self.instance, Space::digest)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use std::sync::Arc;
    use yuyi::{Batch, Embedder, EmbedderError as Error, Fingerprint, Item, Pooling, Precision};

    /// A model that never answers, but has a fingerprint of its name, which is its default prompt too.
    pub(crate) fn model(name: &str) -> LoadedModel {
        let silent = Arc::new(Silent::of(name, 0));
        LoadedModel::new(name.to_owned(), Model::uncalibrated(silent))
    }

    /// The facts of a model of one thread.
    pub(crate) fn facts(name: &str) -> ModelFacts {
        ModelFacts {
            name: name.into(),
            dimension: 1,
            layers: 1,
            max_tokens: 512,
            pooling: Some(Pooling::Mean),
            default_prompt: name.into(),
            prompts: Default::default(),
            precision: Some(Precision::Int8),
            kernel: None,
            threads: 1,
            weight_bytes: 0,
            scores: None,
        }
    }

    /// The model of [`model`].
    pub(crate) struct Silent {
        facts: ModelFacts,
    }

    impl Silent {
        /// One whose weights take so many bytes.
        pub(crate) fn of(name: &str, weight_bytes: usize) -> Self {
            let facts = ModelFacts {
                weight_bytes,
                ..facts(name)
            };
            Self { facts }
        }
    }

    impl Embedder for Silent {
        fn facts(&self) -> &ModelFacts {
            &self.facts
        }

        fn fingerprint(&self) -> Option<Fingerprint> {
            let digest = blake3::hash(self.facts.name.as_bytes());
            let (bytes, _) = digest.as_bytes().split_first_chunk().unwrap();
            Some(Fingerprint::from(*bytes))
        }

        fn embed_batch(&self, _: &[Item]) -> Result<Batch, Error> {
            Err(Error::Interrupted)
        }
    }
}
