//! Whether a model is one that the encoder runs, told by its small files: nobody should fetch gigabytes to learn that it is not.

use std::path::Path;

use serde_json::Value;
use yuyi_encoder::{ErrorKind, Folder, ModelSpec, Pooling, read_plain};
use yuyi_models::{KnownKind, KnownModel, defaults, nearest_known};

use crate::Error;

/// Most bytes of a configuration.
const LONGEST: u64 = 4 << 20;

/// What nobody is told of that asks for something far from every known name.
const USUAL: &str = "gte-base-zh";

/// What a model gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Vectors.
    Vectors,
    /// Scores of pairs: a cross-encoder.
    Scores,
}

/// What the model of a folder gives, if it is one that can be run; its weights need not be there.
///
/// # Errors
/// [`Error::Unsupported`], or [`Error::Unusable`] when its files are broken.
pub(crate) fn check(folder: &Path, name: &str, repository: &str) -> Result<Gives, Error> {
    let gives = gives(folder);
    let read = Folder::open(folder).and_then(|opened| {
        let mut assumed = defaults(name, &opened);
        if gives == Gives::Scores {
            // It pools by its head, whatever a vector of it would be.
            assumed.pooling.get_or_insert(Pooling::Cls);
        }
        ModelSpec::read(&opened, &assumed)
    });
    let Err(error) = read else {
        return Ok(gives);
    };
    // The folder is one that nobody knows.
    let reason = error
        .to_string()
        .replace(&format!("{}/", folder.display()), "");
    Err(match error.kind() {
        ErrorKind::UnsupportedModel => Error::Unsupported {
            repository: repository.to_owned(),
            reason,
            nearest: nearest(name).to_owned(),
        },
        _ => Error::Unusable {
            name: name.to_owned(),
            reason,
        },
    })
}

/// By the architecture in its configuration. A broken one is for the encoder to tell.
fn gives(folder: &Path) -> Gives {
    let bytes = read_plain(&folder.join("config.json"), LONGEST).unwrap_or_default();
    let config: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let architecture = config["architectures"][0].as_str().unwrap_or_default();
    match architecture.ends_with("ForSequenceClassification") {
        true => Gives::Scores,
        false => Gives::Vectors,
    }
}

/// The known model of the nearest name that runs for sure.
pub(crate) fn nearest(name: &str) -> &'static str {
    let runs = |known: &KnownModel| {
        known.needs.is_empty() && matches!(known.kind, KnownKind::Embedding | KnownKind::Reranker)
    };
    nearest_known(name, runs).map_or(USUAL, |known| &known.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERT: &str = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 10, "max_position_embeddings": 16"#;

    fn checked(config: &str, name: &str) -> Result<Gives, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        check(folder.path(), name, &format!("org/{name}"))
    }

    #[test]
    fn what_cannot_be_run_is_told_with_the_nearest_that_can() {
        let bert = format!("{BERT}}}");
        assert_eq!(checked(&bert, "gte-base-zh").unwrap(), Gives::Vectors);
        let scores = format!(r#"{BERT}, "architectures": ["BertForSequenceClassification"]}}"#);
        assert_eq!(checked(&scores, "any").unwrap(), Gives::Scores);
        let error = checked(r#"{"model_type": "llama"}"#, "bge-base-zh").unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("org/bge-base-zh cannot be run: config.json: model_type \"llama\""),
            "{told}"
        );
        assert!(told.ends_with("(`yuyi pull bge-base-zh-v1.5`)."), "{told}");
        // It does not say how it pools, and nobody knows it.
        let error = checked(&bert, "any").unwrap_err().to_string();
        assert!(
            error.contains("1_Pooling/config.json: there is none"),
            "{error}"
        );
    }

    #[test]
    fn far_names_have_the_usual_model_for_their_nearest() {
        assert_eq!(nearest("Llama-3.1-8B"), USUAL);
        assert_eq!(nearest("bge-large-zh"), "bge-large-zh-v1.5");
    }
}
