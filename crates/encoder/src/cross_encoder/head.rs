//! From the hidden states of a pair to a logit.

mod answer;

use self::answer::AnswerHead;
use super::{HeadSpec, ProductsSpec};
use crate::Tensors;
use crate::activation::DenseActivation;
use crate::asked::Answer;
use crate::config::ModelConfig;
use crate::dense::Dense;
use crate::error::Error;
use crate::forward::{Batch, Workspace};
use crate::names::{Names, Norm, Product};
use crate::pooling::pool;
use crate::weights::{Packing, load_norm};
use yuyi_kernels::{Kernel, LayerNorm, Matrix, Team, layer_norm};

/// What makes a logit of hidden states.
pub(super) enum Head {
    Products(Box<ProductsHead>),
    Answer(AnswerHead),
}

/// A pooling and two products, of which the first of BERT is its pooler.
pub(super) struct ProductsHead {
    spec: ProductsSpec,
    kernel: Kernel,
    first: Dense,
    norm: Option<LayerNorm>,
    second: Dense,
}

/// The products of a head with their activations.
fn products(config: &ModelConfig, head: ProductsSpec) -> [(Product, DenseActivation); 2] {
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

/// The tensors of a head by their names, with their shapes. Rows of token embeddings are not among them.
pub(crate) fn tensors(config: &ModelConfig, head: HeadSpec) -> Vec<(String, Vec<usize>)> {
    let head = match head {
        HeadSpec::Products(head) => head,
        HeadSpec::Answer(Answer::YesOrNo { tied: true, .. }) => return Vec::new(),
        HeadSpec::Answer(answer) => {
            let (name, shape) = answer::table(config, answer);
            return vec![(format!("{name}.weight"), shape.to_vec())];
        }
    };
    let mut tensors = Vec::new();
    for (product, _) in products(config, head) {
        for (name, shape) in product.shapes() {
            tensors.push((format!("{name}.weight"), shape.to_vec()));
            if product.bias {
                tensors.push((format!("{name}.bias"), vec![shape[0]]));
            }
        }
    }
    tensors
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
    /// `of_vocabulary` gives the ids of "yes" and "no".
    pub(super) fn load(
        tensors: &Tensors,
        (config, spec): (&ModelConfig, HeadSpec),
        packing: Packing<'_>,
        of_vocabulary: impl FnOnce() -> Result<[u32; 2], Error>,
    ) -> Result<Self, Error> {
        Ok(match spec {
            HeadSpec::Products(spec) => {
                let head = ProductsHead::load(tensors, (config, spec), packing)?;
                Self::Products(Box::new(head))
            }
            HeadSpec::Answer(spec) => {
                Self::Answer(AnswerHead::load(tensors, (config, spec), of_vocabulary)?)
            }
        })
    }

    /// The logit of each text of a batch.
    pub(super) fn logits(
        &self,
        team: &Team,
        space: &Workspace,
        batch: &Batch,
    ) -> Result<Vec<f32>, Error> {
        let logits = match self {
            Self::Products(head) => head.logits(team, space, batch),
            Self::Answer(head) => head.logits(space, batch),
        };
        let finite = |logit: f64| {
            let logit = logit as f32;
            logit.is_finite().then_some(logit).ok_or_else(|| {
                let what = "The model's weights gave no finite score; the checkpoint is broken.";
                Error::compute(what.into())
            })
        };
        logits.into_iter().map(finite).collect()
    }

    /// Bytes of weights in memory.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Products(head) => head.first.bytes() + head.second.bytes(),
            Self::Answer(head) => head.bytes(),
        }
    }

    /// What [`Head::bytes`] will be.
    pub(super) fn bytes_of(
        tensors: &Tensors,
        (config, spec): (&ModelConfig, HeadSpec),
        kernel: Kernel,
    ) -> Result<usize, Error> {
        let bytes = |(product, _): (Product, _)| Dense::bytes_of(tensors, config, &product, kernel);
        match spec {
            HeadSpec::Products(spec) => products(config, spec).into_iter().map(bytes).sum(),
            HeadSpec::Answer(_) => Ok(AnswerHead::bytes_of(config)),
        }
    }
}

impl ProductsHead {
    fn load(
        tensors: &Tensors,
        (config, spec): (&ModelConfig, ProductsSpec),
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

    fn logits(&self, team: &Team, space: &Workspace, batch: &Batch) -> Vec<f64> {
        let pooled = pool(self.spec.pooling, space, batch);
        let first = self.normalised(team, self.first.apply(team, &pooled));
        let logits = self.second.apply(team, &first);
        logits.iter().map(|vector| vector[0]).collect()
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
}
