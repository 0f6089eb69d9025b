//! A folder is known for what it is there for, and rerankers score pairs.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::{Path, PathBuf};

use yuyi_encoder::{LoadProgress, Precision};
use yuyi_models::{
    LocalEmbedder, LocalReranker, ModelKind, RerankOptions, Reranker, Resolved, ScoreActivation,
    resolve,
};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let entries = root.join(folder).read_dir().unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn find(path: &Path) -> Resolved {
    resolve(path.to_str().unwrap()).unwrap()
}

#[test]
fn each_folder_is_one_or_the_other() {
    for path in fixtures("models") {
        assert_eq!(find(&path).kind().unwrap(), ModelKind::Embedding);
        assert!(find(&path).reranker_facts(None, None).is_err());
    }
    for path in fixtures("rerankers") {
        assert_eq!(find(&path).kind().unwrap(), ModelKind::Reranker);
        assert!(find(&path).facts(None, None).is_err());
        assert!(find(&path).remarks().unwrap().is_empty());
    }
    assert_eq!(
        resolve("e5-small-zh").unwrap().kind().unwrap(),
        ModelKind::Embedding
    );
}

#[test]
fn pairs_made_beforehand_score_as_documents_do() {
    for path in fixtures("rerankers") {
        let progress = LoadProgress::default();
        let model = LocalReranker::load(find(&path), Some(Precision::Int8), Some(1), &progress);
        let model = model.unwrap();
        let facts = find(&path)
            .reranker_facts(Some(Precision::Int8), Some(1))
            .unwrap();
        assert_eq!(facts.weight_bytes, model.facts().weight_bytes);
        assert_eq!(facts.activation, ScoreActivation::Sigmoid);
        let documents = ["今天天气真不错", "水果"];
        let options = RerankOptions::default();
        let scored = model.rerank("天气", &documents, &options).unwrap();
        let pairs = model.pairs("天气", &documents, &options).unwrap().unwrap();
        assert_eq!(model.score_pairs(&pairs).unwrap(), scored);
        assert!(
            scored
                .iter()
                .all(|scored| (0.0..=1.0).contains(&scored.score))
        );
        assert!(model.fingerprint().is_some() && !model.is_outdated());
        assert!(LocalEmbedder::load(find(&path), None, Some(1)).is_err());
    }
}
