//! What stands behind a pooling: modules of sentence-transformers.

use crate::Tensors;
use crate::activation::DenseActivation;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use crate::names::Product;
use serde::Deserialize;
use serde_json::{Map, Value};

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
    /// What else it says.
    #[serde(flatten)]
    rest: Map<String, Value>,
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
        if let Some(field) = unheard(&raw.rest) {
            return refuse(format!("{field} is set, which yuyi does not apply."));
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
    ///
    /// # Errors
    /// When it is missing or broken, or has a tensor that the product does not read: what that does would be left out.
    pub(crate) fn tensors(&self, folder: &Folder) -> Result<Tensors, Error> {
        let tensors = Tensors::open_beside(&folder.inside(&self.path))?;
        let is_read = |name: &str| name == "linear.weight" || self.bias && name == "linear.bias";
        let surplus = tensors.bare_names().filter(|name| !is_read(name)).min();
        match surplus {
            None => Ok(tensors),
            Some(name) => Err(tensors.error(
                name,
                "a Dense by its config.json has no such tensor, and vectors without it would be others. yuyi does not run this one.",
            )),
        }
    }
}

/// A field of a Dense that yuyi does not know and that asks for something, such as `use_residual`.
fn unheard(rest: &Map<String, Value>) -> Option<&String> {
    let is_nothing = |name: &str, value: &Value| {
        value.is_null() || name == "use_residual" && *value == Value::Bool(false)
    };
    let mut asked = rest.iter().filter(|(name, value)| !is_nothing(name, value));
    asked.next().map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{folder, json_folder};
    use serde_json::json;

    fn read(more: &Value) -> Result<DenseSpec, Error> {
        let mut fields = json!({"in_features": 4, "out_features": 2});
        for (field, value) in more.as_object().unwrap() {
            fields[field] = value.clone();
        }
        DenseSpec::read(
            &json_folder(&[("2_Dense/config.json", fields)]),
            "2_Dense",
            4,
        )
    }

    #[test]
    fn what_it_asks_for_beyond_a_product_is_refused_by_name() {
        for (more, field) in [
            (json!({"use_residual": true}), "use_residual"),
            (json!({"use_residual": "false"}), "use_residual"),
            (json!({"scale": 2}), "scale"),
        ] {
            let error = read(&more).unwrap_err().to_string();
            let expected =
                format!("2_Dense/config.json: {field} is set, which yuyi does not apply.");
            assert!(error.ends_with(&expected), "{error}");
        }
        for more in [json!({"use_residual": false}), json!({"scale": null})] {
            assert!(read(&more).is_ok(), "{more}");
        }
    }

    /// A folder with tensors of these names and no bytes.
    fn with_tensors(names: &[&str]) -> Folder {
        let info = json!({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]});
        let header = names.iter().map(|name| ((*name).to_owned(), info.clone()));
        let header = Value::Object(header.collect()).to_string();
        let weights = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        folder(&[("2_Dense/model.safetensors", &weights)])
    }

    #[test]
    fn a_tensor_that_the_product_does_not_read_is_refused() {
        let (biased, plain) = (
            read(&json!({})).unwrap(),
            read(&json!({"bias": false})).unwrap(),
        );
        let both = with_tensors(&["linear.weight", "linear.bias"]);
        assert!(biased.tensors(&both).is_ok());
        let error = |spec: &DenseSpec, folder: &Folder| match spec.tensors(folder) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it was read"),
        };
        assert!(error(&plain, &both).contains("linear.bias"));
        let residual = with_tensors(&["linear.weight", "linear.bias", "residual.weight"]);
        let told = error(&biased, &residual);
        assert!(
            told.contains("residual.weight") && told.contains("has no such tensor"),
            "{told}"
        );
    }
}
