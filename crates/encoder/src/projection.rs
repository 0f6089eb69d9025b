//! What sentence-transformers does to a pooled vector: `Dense` modules, with what scales vectors before them.

use crate::Tensors;
use crate::config::ModelConfig;
use crate::dense::Dense;
use crate::error::Error;
use crate::folder::Folder;
use crate::pooling::Direction;
use crate::spec::{DenseSpec, ModelSpec, Step};
use crate::weights::Packing;
use yuyi_kernels::{Kernel, Team};

/// The steps of a loaded model.
pub(crate) struct Projection {
    steps: Vec<LoadedStep>,
}

enum LoadedStep {
    Dense(Box<LoadedDense>),
    Normalize,
}

struct LoadedDense {
    dense: Dense,
    /// Kept for the fingerprint.
    tensors: Tensors,
}

impl Projection {
    /// Packs the weights, always as floats: there are few of them.
    pub(crate) fn load(
        folder: &Folder,
        spec: &ModelSpec,
        packing: Packing<'_>,
    ) -> Result<Self, Error> {
        let step = |step: &Step| match step {
            Step::Normalize => Ok(LoadedStep::Normalize),
            Step::Dense(dense) => {
                let loaded = LoadedDense::load(folder, &spec.config, dense, packing)?;
                Ok(LoadedStep::Dense(Box::new(loaded)))
            }
        };
        let steps = spec.steps.iter().map(step).collect::<Result<_, Error>>()?;
        Ok(Self { steps })
    }

    fn dense(&self) -> impl Iterator<Item = &LoadedDense> {
        self.steps.iter().filter_map(|step| match step {
            LoadedStep::Dense(dense) => Some(dense.as_ref()),
            LoadedStep::Normalize => None,
        })
    }

    /// The files of the weights.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &Tensors> {
        self.dense().map(|loaded| &loaded.tensors)
    }

    /// Bytes of packed weights.
    pub(crate) fn bytes(&self) -> usize {
        self.dense().map(|loaded| loaded.dense.bytes()).sum()
    }

    /// What [`Projection::bytes`] will be.
    pub(crate) fn bytes_of(
        folder: &Folder,
        spec: &ModelSpec,
        kernel: Kernel,
    ) -> Result<usize, Error> {
        let bytes = |step: &Step| match step {
            Step::Normalize => Ok(0),
            Step::Dense(dense) => {
                let tensors = dense.tensors(folder)?;
                Dense::bytes_of(&tensors, &spec.config, &dense.product(), kernel)
            }
        };
        spec.steps.iter().map(bytes).sum()
    }

    /// The directions of the first `dimension` elements after all steps, of each pooled vector; `None` where there is none, which
    /// only broken weights can cause.
    pub(crate) fn directions(
        &self,
        team: &Team,
        pooled: Vec<Vec<f64>>,
        dimension: usize,
    ) -> Vec<Option<Direction>> {
        let step = |vectors, step: &LoadedStep| match step {
            LoadedStep::Normalize => normalized(vectors),
            LoadedStep::Dense(loaded) => loaded.dense.apply(team, &vectors),
        };
        let vectors = self.steps.iter().fold(pooled, step);
        let direction = |vector: &Vec<f64>| Direction::of(&vector[..dimension]);
        vectors.iter().map(direction).collect()
    }
}

/// Vectors of length 1; those that have none stay, for the end to tell.
fn normalized(mut vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for vector in &mut vectors {
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
    }
    vectors
}

impl LoadedDense {
    fn load(
        folder: &Folder,
        config: &ModelConfig,
        spec: &DenseSpec,
        packing: Packing<'_>,
    ) -> Result<Self, Error> {
        let tensors = spec.tensors(folder)?;
        let product = (&spec.product(), spec.activation);
        let dense = Dense::load(&tensors, config, product, packing)?;
        tensors.check()?;
        Ok(Self { dense, tensors })
    }
}
