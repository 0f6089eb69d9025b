//! From the first token's hidden state to a logit.

use crate::activation::DenseActivation;
use crate::config::ModelConfig;
use crate::dense::Dense;
use crate::error::Error;
use crate::forward::{Batch, Workspace};
use crate::names::{Names, Product};
use crate::pooling::pool;
use crate::weights::Packing;
use crate::{Pooling, Tensors};
use yuyi_kernels::{Kernel, Team};

/// Two products: the first of BERT is its pooler.
pub(super) struct Head {
    first: Dense,
    second: Dense,
}

/// The products with their activations.
fn products(config: &ModelConfig) -> [(Product, DenseActivation); 2] {
    let head = Names::of(config.architecture).head;
    let product = |name: &str, outputs| Product {
        gate: None,
        modules: vec![(name.to_owned(), outputs)],
        inputs: config.hidden_size,
        bias: true,
    };
    [
        (product(head.first, config.hidden_size), head.activation),
        (product(head.second, 1), DenseActivation::Identity),
    ]
}

impl Head {
    pub(super) fn load(
        tensors: &Tensors,
        config: &ModelConfig,
        packing: Packing<'_>,
    ) -> Result<Self, Error> {
        let [first, second] = products(config);
        let dense = |(product, activation): (Product, _)| {
            Dense::load(tensors, config, (&product, activation), packing)
        };
        Ok(Self {
            first: dense(first)?,
            second: dense(second)?,
        })
    }

    /// The logit of each text of a batch.
    pub(super) fn logits(
        &self,
        team: &Team,
        space: &Workspace,
        batch: &Batch,
    ) -> Result<Vec<f32>, Error> {
        let pooled = pool(Pooling::Cls, space, batch);
        let logits = self.second.apply(team, &self.first.apply(team, &pooled));
        let logit = |vector: &Vec<f64>| {
            let logit = vector[0] as f32;
            logit.is_finite().then_some(logit).ok_or_else(|| {
                let what = "The model's weights gave no finite score; the checkpoint is broken.";
                Error::compute(what.into())
            })
        };
        logits.iter().map(logit).collect()
    }

    /// Bytes of packed weights.
    pub(super) fn bytes(&self) -> usize {
        self.first.bytes() + self.second.bytes()
    }

    /// What [`Head::bytes`] will be.
    pub(super) fn bytes_of(
        tensors: &Tensors,
        config: &ModelConfig,
        kernel: Kernel,
    ) -> Result<usize, Error> {
        let bytes = |(product, _): (Product, _)| Dense::bytes_of(tensors, config, &product, kernel);
        products(config).into_iter().map(bytes).sum()
    }
}
