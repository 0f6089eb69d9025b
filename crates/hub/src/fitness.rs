//! Whether a model is one that the encoder runs, told by its small files: nobody should fetch gigabytes to learn that it is not.

use std::path::Path;

use yuyi_encoder::{CrossSpec, ErrorKind, Folder, ModelSpec, Precision, check_quantizable};
use yuyi_models::{KnownKind, KnownModel, defaults, nearest_known};

use crate::Error;

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

/// What the model of a folder gives, if it is one that can be run, and copied in the number format that is asked for; its weights need not
/// be there.
///
/// # Errors
/// [`Error::Unsupported`]; [`Error::NotQuantizable`]; or [`Error::Unusable`] when its files are broken.
pub(crate) fn check(
    folder: &Path,
    name: &str,
    repository: &str,
    quantized: Option<&str>,
) -> Result<Gives, Error> {
    // The folder is one that nobody knows.
    let told = |error: &yuyi_encoder::Error| {
        let text = error.to_string();
        text.replace(&format!("{}/", folder.display()), "")
    };
    let refused = |error: yuyi_encoder::Error| match error.kind() {
        ErrorKind::UnsupportedModel => Error::Unsupported {
            repository: repository.to_owned(),
            reason: told(&error),
            nearest: nearest(name).to_owned(),
        },
        _ => Error::Unusable {
            name: name.to_owned(),
            reason: told(&error),
        },
    };
    let opened = Folder::open(folder).map_err(refused)?;
    let defaults = defaults(name, &opened);
    let gives = match CrossSpec::is_cross_encoder(&opened).map_err(refused)? {
        true => CrossSpec::read(&opened).map(|_| Gives::Scores),
        false => ModelSpec::read(&opened, &defaults).map(|_| Gives::Vectors),
    };
    let gives = gives.map_err(refused)?;
    if let Some(precision) = quantized {
        let refused = |reason| Error::NotQuantizable {
            name: name.to_owned(),
            precision: precision.to_owned(),
            reason,
        };
        let precision = precision.parse::<Precision>().map_err(refused)?;
        check_quantizable(&opened, precision, &defaults).map_err(|error| refused(told(&error)))?;
    }
    Ok(gives)
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

    fn checked_for(config: &str, name: &str, quantized: Option<&str>) -> Result<Gives, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        check(folder.path(), name, &format!("org/{name}"), quantized)
    }

    fn checked(config: &str, name: &str) -> Result<Gives, Error> {
        checked_for(config, name, None)
    }

    #[test]
    fn what_cannot_be_run_is_told_with_the_nearest_that_can() {
        let bert = format!("{BERT}}}");
        assert_eq!(checked(&bert, "gte-base-zh").unwrap(), Gives::Vectors);
        let scores = format!(
            r#"{BERT}, "architectures": ["BertForSequenceClassification"], "num_labels": 1}}"#
        );
        assert_eq!(checked(&scores, "any").unwrap(), Gives::Scores);
        let classes = scores.replace(": 1}", ": 3}");
        let error = checked(&classes, "any").unwrap_err().to_string();
        assert!(
            error.contains("3 numbers for a pair (a classifier)"),
            "{error}"
        );
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
    fn what_cannot_be_copied_is_told_before_its_weights_come() {
        let scores = format!(
            r#"{BERT}, "architectures": ["BertForSequenceClassification"], "num_labels": 1}}"#
        );
        let for_int8 = checked_for(&scores, "any", Some("int8"));
        assert_eq!(for_int8.unwrap(), Gives::Scores);
        let for_int4 = checked_for(&scores, "any", Some("int4")).unwrap_err();
        let told = for_int4.to_string();
        assert!(told.contains("Choose int8"), "{told}");
    }

    #[test]
    fn far_names_have_the_usual_model_for_their_nearest() {
        assert_eq!(nearest("Llama-3.1-8B"), USUAL);
        assert_eq!(nearest("bge-large-zh"), "bge-large-zh-v1.5");
    }
}
