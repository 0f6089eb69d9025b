//! What seems wrong with a folder that loads all the same.

use crate::names::Names;
use crate::spec::{PROMPTS, other_similarity};
use crate::{CrossSpec, Error, Folder, ModelConfig, ModelSpec, SpecDefaults, Tensors};

/// What to know before relying on the model of a folder, a sentence each; `defaults` are those that it is loaded with. Reads small files
/// and the headers of the weights.
///
/// # Errors
/// When those are missing or broken.
pub fn remarks(folder: &Folder, defaults: &SpecDefaults) -> Result<Vec<String>, Error> {
    let (config, tensors) = (ModelConfig::read(folder)?, Tensors::open(folder)?);
    let mut remarks = Vec::from_iter(unused_layers(folder, &config, &tensors));
    if CrossSpec::is_cross_encoder(folder)? {
        remarks.extend(prompted(folder, &CrossSpec::read(folder)?));
    } else {
        remarks.extend(ModelSpec::read(folder, defaults)?.assumed);
        remarks.extend(other_similarity(folder)?);
    }
    Ok(remarks)
}

/// What a reranker's folder puts in front of queries changes their scores.
fn prompted(folder: &Folder, spec: &CrossSpec) -> Option<String> {
    let prompt = &spec.prompt;
    (!prompt.is_empty()).then(|| {
        format!(
            "{}: \"{prompt}\" is put in front of every query, as its default_prompt_name says.",
            folder.show(PROMPTS)
        )
    })
}

/// A configuration of fewer layers than there are weights of gives another model than the one that was trained.
fn unused_layers(folder: &Folder, config: &ModelConfig, tensors: &Tensors) -> Option<String> {
    let (used, stored) = (
        config.layers,
        tensors.layers(Names::of(config.architecture).layer),
    );
    (stored > used).then(|| {
        format!(
            "{}: num_hidden_layers is {used}, but there are weights of {stored} layers, and those beyond are not used. \
             If that is not meant, set it to {stored}.",
            folder.show("config.json")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pooling, testing};
    use serde_json::json;

    /// A folder of so many layers by its configuration, with tensors of these names.
    fn folder(layers: usize, tensors: &[&str]) -> Folder {
        let config = json!({
            "hidden_size": 4, "num_hidden_layers": layers, "num_attention_heads": 1, "intermediate_size": 4,
            "vocab_size": 4, "max_position_embeddings": 4,
        });
        let info = json!({"dtype": "U8", "shape": [0], "data_offsets": [0, 0]});
        let header = tensors
            .iter()
            .map(|name| ((*name).to_owned(), info.clone()));
        let header = serde_json::Value::Object(header.collect()).to_string();
        let weights = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        testing::folder(&[
            ("config.json", config.to_string().as_bytes()),
            ("model.safetensors", &weights),
        ])
    }

    fn remarked(layers: usize, tensors: &[&str]) -> Vec<String> {
        let defaults = SpecDefaults {
            pooling: Some(Pooling::Cls),
            ..SpecDefaults::default()
        };
        remarks(&folder(layers, tensors), &defaults).unwrap()
    }

    const THREE: [&str; 4] = [
        "bert.encoder.layer.0.output.dense.weight",
        "bert.encoder.layer.1.output.dense.weight",
        "bert.encoder.layer.2.output.dense.bias",
        "bert.encoder.layer.2.output.dense.weight",
    ];

    #[test]
    fn layers_that_the_configuration_leaves_out_are_remarked() {
        let [remark] = &remarked(2, &THREE)[..] else {
            panic!("there is one remark")
        };
        assert!(
            remark.contains("num_hidden_layers is 2, but there are weights of 3 layers"),
            "{remark}"
        );
        assert!(remark.ends_with("set it to 3."), "{remark}");
    }

    #[test]
    fn a_whole_model_gives_no_remark() {
        let others = [
            "decoder.encoder.layer.3.x",
            "encoder.layer.x",
            "encoder.layers.9.x",
        ];
        for tensors in [&THREE[..], &[&THREE[..], &others].concat()] {
            assert_eq!(remarked(3, tensors), [""; 0]);
        }
    }
}
