//! What stands behind a pooling: modules of sentence-transformers.

use crate::Tensors;
use crate::activation::DenseActivation;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use crate::names::Product;
use serde::Deserialize;

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
