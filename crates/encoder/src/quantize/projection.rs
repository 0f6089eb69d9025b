//! What stands behind the pooling goes along unchanged.

use super::{copy, make_folder, write_failed, write_file, write_json};
use crate::{DenseSpec, Error, Folder, ModelSpec, Step};
use serde_json::json;
use std::path::Path;

/// The folder of Dense number `i` in the copy.
pub(super) fn place(i: usize) -> String {
    format!("{}_Dense", i + 2)
}

/// Copies the Dense modules of `from` into the folder `to`.
pub(super) fn copy_modules(from: &Folder, spec: &ModelSpec, to: &Path) -> Result<(), Error> {
    let dense = spec.steps.iter().filter_map(|step| match step {
        Step::Dense(dense) => Some(dense),
        Step::Normalize => None,
    });
    dense
        .enumerate()
        .try_for_each(|(i, dense)| copy_dense(from, dense, &to.join(place(i))))
}

fn copy_dense(from: &Folder, dense: &DenseSpec, to: &Path) -> Result<(), Error> {
    make_folder(to).map_err(|e| write_failed(to, e))?;
    let DenseSpec {
        path: _,
        inputs,
        outputs,
        bias,
        activation,
    } = dense;
    let configuration = json!({
        "in_features": inputs,
        "out_features": outputs,
        "bias": bias,
        "activation_function": format!("torch.nn.modules.{}", activation.class()),
    });
    write_json(&to.join("config.json"), &configuration)?;
    let tensors = dense.tensors(from)?;
    let weight = copy(&tensors, "linear.weight".into(), vec![*outputs, *inputs])?;
    let bias = bias.then(|| copy(&tensors, "linear.bias".into(), vec![*outputs]));
    let written: Vec<_> = std::iter::once(weight).chain(bias.transpose()?).collect();
    write_file(&written, &to.join("model.safetensors"))
}
