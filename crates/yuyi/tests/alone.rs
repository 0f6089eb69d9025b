//! A program that depends on this crate and on none below it: with a model of its own, and with the built-in one.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::time::Duration;

use yuyi::{
    BUILTIN_NAME, Batch, Calibration, Curve, EmbedOptions, Embedder, EmbedderError, Encoded,
    EncoderError, EncoderErrorKind, Error, ErrorKind, Explanation, Fingerprint, Folder, Input,
    Item, KernelPath, Link, MatrixMut, MatrixView, Model, ModelFacts, OpenOptions, Piece, Pooling,
    Precision, Resolved, Rows, SpecDefaults, States, StoredCalibration, TokenizeOptions, Tokens,
    Unknown, VectorSpace, Vectors, WordWeight, resolve,
};

/// A model that counts: how many of a text's characters are ASCII and how many are not.
struct Counting {
    facts: ModelFacts,
}

impl Counting {
    fn model() -> Model {
        let facts = ModelFacts {
            name: "counting".into(),
            dimension: 2,
            layers: 0,
            max_tokens: 100,
            pooling: Some(Pooling::Mean),
            default_prompt: String::new(),
            prompts: Default::default(),
            precision: Some(Precision::F32),
            kernel: None::<KernelPath>,
            threads: 1,
            weight_bytes: 0,
            scores: None,
        };
        Model::new(Arc::new(Self { facts })).unwrap()
    }

    fn encoded(text: &str) -> Encoded {
        let ascii = text.chars().filter(char::is_ascii).count();
        let counts = [ascii, text.chars().count() - ascii].map(|count| count as f32);
        let length = counts.iter().map(|x| x * x).sum::<f32>().sqrt();
        Encoded {
            vector: counts.map(|x| x / length).into(),
            length,
            tokens: text.chars().count(),
            truncated: false,
            unknown: 0,
            states: None::<States>,
        }
    }
}

impl Embedder for Counting {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some(Fingerprint::from([1; 16]))
    }

    fn vector_space(&self) -> Option<VectorSpace> {
        Some(VectorSpace::new(self.fingerprint()?, self.facts.kernel))
    }

    fn calibration(&self) -> Result<Option<StoredCalibration>, EmbedderError> {
        Ok(None)
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, EmbedderError> {
        let result = |item: &Item| match &item.input {
            Input::Text(text) => Ok(Self::encoded(text)),
            Input::Tokens(_) => Err(EmbedderError::InvalidTokens("It has no tokens.".into())),
            _ => Err(EmbedderError::no_pairs()),
        };
        // One that loses what it does not like.
        let kept = items
            .iter()
            .filter(|item| item.input.text() != Some("lost"));
        Ok(Batch {
            results: kept.map(result).collect(),
            tokenize: Duration::ZERO,
            compute: Duration::ZERO,
        })
    }

    fn split(&self, _: &str, _: &EmbedOptions) -> Result<Option<Tokens>, EmbedderError> {
        Ok(None)
    }

    fn tokenize(
        &self,
        _: &[String],
        _: &TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, EmbedderError> {
        Err(EmbedderError::NoTokens)
    }
}

#[test]
fn a_model_of_ones_own_embeds_and_scores() {
    let model = Counting::model();
    assert_eq!(model.embed_one("abc中中中中").unwrap().vector, [0.6, 0.8]);
    let score = model.score("abc", "中").unwrap();
    assert_eq!((score.cosine, score.calibrated), (0.0, false));
    assert!(matches!(model.calibration(), Calibration::Uncalibrated));
    let error = model.explain("a", "b").unwrap_err();
    assert!(matches!(error, Error::NotExplained { .. }), "{error}");
    let error = model.tokens("a").unwrap_err();
    assert!(matches!(error, Error::Model(EmbedderError::NoTokens)));
}

#[test]
fn a_vector_that_is_missing_is_named() {
    let error = Counting::model().embed(&["a", "lost"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permanent);
    let told = "There are 1 results for 2 texts; each text needs one.";
    assert_eq!(error.to_string(), told);
}

#[test]
fn the_built_in_model_is_opened_and_explains() {
    let found: Resolved = resolve(BUILTIN_NAME).unwrap();
    let (folder, defaults): (&Folder, &SpecDefaults) = (&found.folder, &found.defaults);
    assert!(folder.contains("config.json") && defaults.pooling == Some(Pooling::Mean));
    let options = OpenOptions {
        threads: Some(1),
        ..OpenOptions::default()
    };
    let model = Model::load(found, &options).unwrap();
    let facts: &ModelFacts = model.facts();
    assert!(facts.kernel.is_some() && facts.pooling == Some(Pooling::Mean));
    let Calibration::Fitted(curve) = model.calibration() else {
        panic!("the built-in model is calibrated");
    };
    let curve: &Curve = curve;
    assert_eq!(curve.similarity(0.9), model.calibration().similarity(0.9));
    let Explanation {
        a, links, unknown, ..
    }: Explanation = model.explain("怎么开发票", "如何申请发票").unwrap();
    let weights: f64 = a.iter().map(|word: &WordWeight| word.weight).sum();
    assert!((weights - 1.0).abs() < 1e-9);
    assert!(links.iter().all(|link: &Link| link.cosine <= 1.0));
    assert_eq!(unknown, Unknown { a: 0.0, b: 0.0 });
}

#[test]
fn a_folder_that_does_not_load_says_of_which_kind_its_fault_is() {
    let error = Model::open(env!("CARGO_MANIFEST_DIR")).unwrap_err();
    let Error::Model(EmbedderError::Encoder(error)) = error else {
        panic!("{error}");
    };
    let error: EncoderError = error;
    assert_eq!(error.kind(), EncoderErrorKind::NotFound);
}

#[test]
fn vectors_are_a_matrix() {
    let mut vectors = Vectors::from_rows([[1.0, 0.0], [0.6, 0.8]]);
    let all: MatrixMut<'_> = vectors.view_mut();
    assert_eq!((all.rows(), all.columns()), (2, 2));
    let (view, mut rows): (MatrixView<'_>, Rows<'_>) = (vectors.view(), vectors.iter());
    assert_eq!(rows.next(), Some(view.row(0)));
}

#[test]
fn a_model_is_shared_by_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Model>();
}
