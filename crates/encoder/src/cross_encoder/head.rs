//! From the hidden states of a pair to a logit.

use super::HeadSpec;
use crate::Tensors;
use crate::activation::DenseActivation;
use crate::config::ModelConfig;
use crate::dense::Dense;
use crate::error::Error;
use crate::forward::{Batch, Workspace};
use crate::names::{Names, Norm, Product};
use crate::pooling::pool;
use crate::weights::{Packing, load_norm};
use yuyi_kernels::{Kernel, LayerNorm, Matrix, Team, layer_norm};

/// A pooling and two products, of which the first of BERT is its pooler.
pub(super) struct Head {
    spec: HeadSpec,
    kernel: Kernel,
    first: Dense,
    norm: Option<LayerNorm>,
    second: Dense,
}

/// The products of a head with their activations.
pub(crate) fn products(config: &ModelConfig, head: HeadSpec) -> [(Product, DenseActivation); 2] {
    let names = Names::of(config.architecture).head;
    let product = |name: &str, outputs, bias| Product {
        gate: None,
        modules: vec![(name.to_owned(), outputs)],
        inputs: config.hidden_size,
        bias,
    };
    let first = product(names.first, config.hidden_size, head.bias);
    [
        (first, head.activation),
        (product(names.second, 1, true), DenseActivation::Identity),
    ]
}

/// The norm between the products of a head, where there is one.
pub(crate) fn norm(config: &ModelConfig) -> Option<Norm> {
    let name = Names::of(config.architecture).head.norm?.to_owned();
    Some(Norm {
        name,
        size: config.hidden_size,
        kind: config.norm,
    })
}

impl Head {
    pub(super) fn load(
        tensors: &Tensors,
        (config, spec): (&ModelConfig, HeadSpec),
        packing: Packing<'_>,
    ) -> Result<Self, Error> {
        let [first, second] = products(config, spec);
        let dense = |(product, activation): (Product, _)| {
            Dense::load(tensors, config, (&product, activation), packing)
        };
        let norm = norm(config).map(|norm| load_norm(tensors, config, &norm));
        Ok(Self {
            spec,
            kernel: packing.kernel,
            first: dense(first)?,
            norm: norm.transpose()?,
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
        let pooled = pool(self.spec.pooling, space, batch);
        let first = self.normalised(team, self.first.apply(team, &pooled));
        let logits = self.second.apply(team, &first);
        let logit = |vector: &Vec<f64>| {
            let logit = vector[0] as f32;
            logit.is_finite().then_some(logit).ok_or_else(|| {
                let what = "The model's weights gave no finite score; the checkpoint is broken.";
                Error::compute(what.into())
            })
        };
        logits.iter().map(logit).collect()
    }

    fn normalised(&self, team: &Team, vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        let (Some(norm), Some(one)) = (&self.norm, vectors.first()) else {
            return vectors;
        };
        let mut matrix = Matrix::zeros(vectors.len(), one.len());
        for (i, vector) in vectors.iter().enumerate() {
            let numbers = matrix.row_mut(i).iter_mut().zip(vector);
            numbers.for_each(|(to, &x)| *to = x as f32);
        }
        layer_norm(team, self.kernel, norm, matrix.view_mut());
        let row = |i| matrix.row(i).iter().map(|&x| f64::from(x)).collect();
        (0..vectors.len()).map(row).collect()
    }

    /// Bytes of packed weights.
    pub(super) fn bytes(&self) -> usize {
        self.first.bytes() + self.second.bytes()
    }

    /// What [`Head::bytes`] will be.
    pub(super) fn bytes_of(
        tensors: &Tensors,
        (config, spec): (&ModelConfig, HeadSpec),
        kernel: Kernel,
    ) -> Result<usize, Error> {
        let bytes = |(product, _): (Product, _)| Dense::bytes_of(tensors, config, &product, kernel);
        products(config, spec).into_iter().map(bytes).sum()
    }
}
