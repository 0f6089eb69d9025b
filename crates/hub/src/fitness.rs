//! Whether a model is one that the encoder runs, told by its small files: nobody should fetch gigabytes to learn that it is not.

use std::path::Path;

use yuyi_encoder::{CrossSpec, ErrorKind, Folder, ModelSpec, Precision, check_quantizable};
use yuyi_models::{KnownKind, KnownModel, defaults, nearest_known};

use crate::Error;

/// What nobody is told of that asks for something far from every known name.
const USUAL: &str = "gte-base-zh";

/// The same of a reranker.
const USUAL_RERANKER: &str = "bge-reranker-v2-m3";

/// What a model gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Vectors.
    Vectors,
    /// Scores of pairs: a cross-encoder.
    Scores,
}

/// What the model of a folder gives, if it is one that can be run, and copied in the number format that is asked for, and what was assumed
/// where it is silent; its weights need not be there. Without a repository it is known by its name.
///
/// # Errors
/// [`Error::Unsupported`]; [`Error::NotQuantizable`]; or [`Error::Unusable`] when its files are broken.
pub(crate) fn check(
    folder: &Path,
    name: &str,
    repository: Option<&str>,
    quantized: Option<&str>,
) -> Result<(Gives, Vec<String>), Error> {
    // The folder is one that nobody knows.
    let without_folder = |text: &str| text.replace(&format!("{}/", folder.display()), "");
    let told = |error: &yuyi_encoder::Error| without_folder(&error.to_string());
    let shown = repository.unwrap_or(name);
    let refused = |error: yuyi_encoder::Error| match error.kind() {
        ErrorKind::UnsupportedModel => Error::Unsupported {
            repository: shown.to_owned(),
            reason: told(&error),
            nearest: nearest(shown).to_owned(),
        },
        _ => Error::Unusable {
            name: name.to_owned(),
            reason: told(&error),
        },
    };
    let opened = Folder::open(folder).map_err(refused)?;
    let defaults = defaults(name, repository, &opened);
    let found = match CrossSpec::is_cross_encoder(&opened).map_err(refused)? {
        true => CrossSpec::read(&opened).map(|_| (Gives::Scores, Vec::new())),
        false => ModelSpec::read(&opened, &defaults).map(|spec| (Gives::Vectors, spec.assumed)),
    };
    let (gives, assumed) = found.map_err(refused)?;
    if let Some(precision) = quantized {
        let refused = |reason| Error::NotQuantizable {
            name: name.to_owned(),
            precision: precision.to_owned(),
            reason,
        };
        let precision = precision.parse::<Precision>().map_err(refused)?;
        check_quantizable(&opened, precision, &defaults).map_err(|error| refused(told(&error)))?;
    }
    let assumed = assumed.iter().map(|told| without_folder(told));
    Ok((gives, assumed.collect()))
}

/// The known model that is nearest to a repository which cannot be run: of the same name, as where others have published it in another
/// format, or of one like it. For a reranker it is one.
pub(crate) fn nearest(repository: &str) -> &'static str {
    let name = repository.to_lowercase();
    let (kind, usual) = match name.contains("rerank") {
        true => (KnownKind::Reranker, USUAL_RERANKER),
        false => (KnownKind::Embedding, USUAL),
    };
    let is_other = |known: &KnownModel| known.kind == kind && !known.is_repository(repository);
    nearest_known(&name, is_other).map_or(usual, |known| &known.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERT: &str = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 10, "max_position_embeddings": 16"#;

    fn checked_for(config: &str, name: &str, quantized: Option<&str>) -> Result<Gives, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let repository = name_to_repository(name);
        check(folder.path(), name, Some(&repository), quantized).map(|(gives, _)| gives)
    }

    /// The repository that the catalogue means by a name, or one of nobody.
    fn name_to_repository(name: &str) -> String {
        let known = yuyi_models::find_known(name).and_then(|known| known.huggingface.clone());
        known.unwrap_or_else(|| format!("org/{name}"))
    }

    #[test]
    fn another_owners_model_is_not_taken_for_the_known_one() {
        let folder = tempfile::tempdir().unwrap();
        let config = |of: &str| {
            let config = format!(r#"{BERT}, "_name_or_path": "{of}"}}"#);
            std::fs::write(folder.path().join("config.json"), config).unwrap();
        };
        let check = |repository: &str| check(folder.path(), "gte-base-zh", Some(repository), None);
        config("");
        let (gives, assumed) = check("thenlper/gte-base-zh").unwrap();
        assert_eq!((gives, assumed.len()), (Gives::Vectors, 0));
        let error = check("evil/gte-base-zh").unwrap_err().to_string();
        assert!(error.contains("there is none"), "{error}");
        config("thenlper/gte-base-zh");
        let (_, assumed) = check("evil/gte-base-zh").unwrap();
        let expected = "1_Pooling/config.json: there is none, so the pooling is cls, which is that of gte-base-zh: config.json says";
        assert!(assumed[0].starts_with(expected), "{assumed:?}");
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
        for (repository, expected) in [
            ("meta-llama/Llama-3.1-8B", USUAL),
            ("x/bge-large-zh", "bge-large-zh-v1.5"),
            ("Xenova/bge-m3", "bge-m3"),
            ("Qwen/Qwen3-Embedding-0.6B-GGUF", "Qwen3-Embedding-0.6B"),
            ("Qwen/Qwen3-Reranker-0.6B", USUAL_RERANKER),
            ("x/bge-reranker-base-onnx", "bge-reranker-base"),
        ] {
            assert_eq!(nearest(repository), expected, "{repository}");
        }
        assert_ne!(nearest("BAAI/bge-m3"), "bge-m3");
    }
}
