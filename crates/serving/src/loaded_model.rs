//! A model in memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use yuyi_models::{Embedder, StoredCalibration};
use yuyi_tasks::Calibration;

use crate::LoadError;
use crate::space::Space;

/// A model in memory, and what is told of it.
pub(crate) struct LoadedModel {
    pub(crate) name: String,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) calibration: Calibration,
    /// What stands for its space until that is known; no other model has it.
    instance: [u8; 32],
    space: OnceLock<Space>,
}

impl LoadedModel {
    /// A model under the name that requests know.
    pub(crate) fn new(name: String, embedder: Arc<dyn Embedder>, calibration: Calibration) -> Self {
        static INSTANCES: AtomicU64 = AtomicU64::new(1);
        let mut instance = [0; 32];
        let number = INSTANCES.fetch_add(1, Ordering::Relaxed);
        instance[..8].copy_from_slice(&number.to_le_bytes());
        Self {
            name,
            embedder,
            calibration,
            instance,
            space: OnceLock::new(),
        }
    }

    /// Finds out what its vectors are known by, which may mean to read all weights. Until then nothing of
    /// the model is cached.
    pub(crate) fn learn_space(&self) {
        if let Some(space) = self.embedder.vector_space() {
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

/// The calibration that counts for a model. One that is not sound is an error: without it the scores would silently be
/// others.
pub(crate) fn calibration_of(embedder: &dyn Embedder) -> Result<Calibration, LoadError> {
    read_calibration(embedder.calibration()?)
}

/// What a calibration file says, if there is one.
pub(crate) fn read_calibration(file: Option<StoredCalibration>) -> Result<Calibration, LoadError> {
    Ok(match file {
        Some(file) => Calibration::read(&file.name, &file.content)?,
        None => Calibration::Uncalibrated,
    })
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use yuyi_encoder::{Fingerprint, Pooling, Precision};
    use yuyi_models::{Batch, Error, Item, ModelFacts};

    /// A model that never answers, but has a fingerprint of its name, which is its default prompt too.
    pub(crate) fn model(name: &str) -> LoadedModel {
        let silent = Arc::new(Silent::of(name, 0));
        LoadedModel::new(name.to_owned(), silent, Calibration::Uncalibrated)
    }

    /// The facts of a model of one thread.
    pub(crate) fn facts(name: &str) -> ModelFacts {
        ModelFacts {
            name: name.into(),
            dimension: 1,
            layers: 1,
            max_tokens: 512,
            pooling: Pooling::Mean,
            default_prompt: name.into(),
            prompts: Default::default(),
            precision: Precision::Int8,
            kernel: None,
            threads: 1,
            weight_bytes: 0,
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
