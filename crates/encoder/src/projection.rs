//! What sentence-transformers does to a pooled vector: `Dense` modules, with what scales vectors before them.

use crate::config::ModelConfig;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use crate::names::Product;
use crate::pooling::Direction;
use crate::precision::Precision;
use crate::weights::{Packing, linear_bytes, load_product};
use crate::{ModelSpec, Tensors};
use serde::Deserialize;
use yuyi_kernels::{Activation, Kernel, Matrix, PackedLinear, QuantizedMatrix, Team, linear};

/// The largest size that a Dense may have.
const MOST: usize = 1 << 16;

/// A step between the pooled vector and the one of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A matrix product with an activation.
    Dense(DenseSpec),
    /// The vector is scaled to length 1.
    Normalize,
}

/// A `Dense` module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenseSpec {
    /// Its folder, within the model's.
    pub path: String,
    /// Length of the vectors that it takes.
    pub inputs: usize,
    /// Length of those that it gives.
    pub outputs: usize,
    /// It adds a bias.
    pub bias: bool,
    /// What is applied to each element.
    pub activation: DenseActivation,
}

/// The activation of a `Dense` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenseActivation {
    /// None.
    Identity,
    /// Hyperbolic tangent.
    Tanh,
    /// The larger of x and 0.
    Relu,
    /// x · Φ(x).
    Gelu,
}

impl DenseActivation {
    /// The name of its class in torch.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "Identity",
            Self::Tanh => "Tanh",
            Self::Relu => "ReLU",
            Self::Gelu => "GELU",
        }
    }

    /// Its class, from `torch.nn.modules` on.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Identity => "linear.Identity",
            Self::Tanh => "activation.Tanh",
            Self::Relu => "activation.ReLU",
            Self::Gelu => "activation.GELU",
        }
    }

    fn of_class(class: &str) -> Option<Self> {
        let name = class.rsplit('.').next().unwrap_or_default();
        [Self::Identity, Self::Tanh, Self::Relu, Self::Gelu]
            .into_iter()
            .find(|known| known.name() == name)
    }

    /// The part of it that the product does.
    fn of_product(self) -> Option<Activation> {
        match self {
            Self::Identity | Self::Tanh => None,
            Self::Relu => Some(Activation::Relu),
            Self::Gelu => Some(Activation::Gelu),
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    in_features: usize,
    out_features: usize,
    bias: Option<bool>,
    activation_function: Option<String>,
    module_input_name: Option<String>,
    module_output_name: Option<String>,
}

impl DenseSpec {
    /// Reads the configuration of the module in `path`, which takes vectors of length `inputs`.
    pub(crate) fn read(folder: &Folder, path: &str, inputs: usize) -> Result<Self, Error> {
        let file = format!("{}/config.json", path.trim_end_matches('/'));
        let raw: Raw = read_json(folder, &file)?;
        let shown = folder.show(&file);
        let refuse = |what: String| Err(Error::unsupported(&shown, what));
        for (name, size) in [
            ("in_features", raw.in_features),
            ("out_features", raw.out_features),
        ] {
            if !(1..=MOST).contains(&size) {
                let what = format!("{name} is {size}; it must be between 1 and {MOST}.");
                return Err(Error::file(&shown, what));
            }
        }
        if raw.in_features != inputs {
            let what = format!(
                "in_features is {}, but the vectors that it is given have {inputs} elements.",
                raw.in_features
            );
            return Err(Error::file(&shown, what));
        }
        for (field, name) in [
            ("module_input_name", raw.module_input_name),
            ("module_output_name", raw.module_output_name),
        ] {
            if let Some(name) = name.filter(|name| name != "sentence_embedding") {
                return refuse(format!(
                    "{field} \"{name}\" is not supported; sentence_embedding is."
                ));
            }
        }
        // sentence-transformers takes Tanh where none is named.
        let class = raw.activation_function.as_deref().unwrap_or("Tanh");
        let Some(activation) = DenseActivation::of_class(class) else {
            return refuse(format!(
                "activation_function \"{class}\" is not supported. yuyi knows Identity, Tanh, ReLU and GELU."
            ));
        };
        Ok(Self {
            path: path.to_owned(),
            inputs,
            outputs: raw.out_features,
            bias: raw.bias.unwrap_or(true),
            activation,
        })
    }

    /// Its matrix, as its file calls it.
    pub(crate) fn product(&self) -> Product {
        Product {
            modules: vec![("linear".to_owned(), self.outputs)],
            inputs: self.inputs,
            bias: self.bias,
            gate: None,
        }
    }

    /// The file of its weights.
    pub(crate) fn tensors(&self, folder: &Folder) -> Result<Tensors, Error> {
        Tensors::open_beside(&folder.inside(&self.path))
    }
}

/// The steps of a loaded model.
pub(crate) struct Projection {
    steps: Vec<LoadedStep>,
}

enum LoadedStep {
    Dense(Box<Dense>),
    Normalize,
}

struct Dense {
    spec: DenseSpec,
    linear: PackedLinear,
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
                let loaded = Dense::load(folder, &spec.config, dense, packing)?;
                Ok(LoadedStep::Dense(Box::new(loaded)))
            }
        };
        let steps = spec.steps.iter().map(step).collect::<Result<_, Error>>()?;
        Ok(Self { steps })
    }

    fn dense(&self) -> impl Iterator<Item = &Dense> {
        self.steps.iter().filter_map(|step| match step {
            LoadedStep::Dense(dense) => Some(dense.as_ref()),
            LoadedStep::Normalize => None,
        })
    }

    /// The files of the weights.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &Tensors> {
        self.dense().map(|dense| &dense.tensors)
    }

    /// Bytes of packed weights.
    pub(crate) fn bytes(&self) -> usize {
        self.dense().map(|dense| dense.linear.bytes()).sum()
    }

    /// What [`Projection::bytes`] will be.
    pub(crate) fn bytes_of(
        folder: &Folder,
        spec: &ModelSpec,
        kernel: Kernel,
    ) -> Result<usize, Error> {
        let bytes = |step: &Step| match step {
            Step::Normalize => Ok(0),
            Step::Dense(dense) => linear_bytes(
                &dense.tensors(folder)?,
                &spec.config,
                &dense.product(),
                (kernel, Precision::F32),
            ),
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
            LoadedStep::Dense(dense) => dense.project(team, &vectors),
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

impl Dense {
    fn load(
        folder: &Folder,
        config: &ModelConfig,
        spec: &DenseSpec,
        packing: Packing<'_>,
    ) -> Result<Self, Error> {
        let tensors = spec.tensors(folder)?;
        let packing = Packing {
            precision: Precision::F32,
            ..packing
        };
        let linear = load_product(&tensors, config, &spec.product(), packing)?;
        tensors.check()?;
        Ok(Self {
            spec: spec.clone(),
            linear,
            tensors,
        })
    }

    fn project(&self, team: &Team, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut input = Matrix::zeros(vectors.len(), self.spec.inputs);
        let mut output = Matrix::zeros(vectors.len(), self.spec.outputs);
        for (i, vector) in vectors.iter().enumerate() {
            let numbers = input.row_mut(i).iter_mut().zip(vector);
            numbers.for_each(|(to, &x)| *to = x as f32);
        }
        linear(
            team,
            input.view(),
            &self.linear,
            self.spec.activation.of_product(),
            // Only integer products have an input of their own.
            &mut QuantizedMatrix::default(),
            output.view_mut(),
        );
        let number = |&x: &f32| match self.spec.activation {
            DenseActivation::Tanh => f64::from(x).tanh(),
            _ => f64::from(x),
        };
        (0..vectors.len())
            .map(|i| output.row(i).iter().map(number).collect())
            .collect()
    }
}
