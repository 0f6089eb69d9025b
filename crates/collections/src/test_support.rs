//! What several tests need.

use yuyi::{ModelFacts, Pooling, Precision};
use yuyi_store::{Collection, Role, Space, WordRules};

/// An empty collection of a model, or of vectors that callers bring, of one element each.
pub(crate) fn collection(model: Option<&str>) -> Collection {
    let space = Space {
        model: model.map(str::to_owned),
        item_prompt: "p: ".into(),
        ..Space::given(1)
    };
    Collection {
        name: "c".into(),
        number: 1,
        space,
        role: Role::Symmetric,
        fields: vec![],
        unanswered: false,
        words: WordRules::default(),
        count: 0,
        generation: 0,
        reindex: None,
        damaged: None,
    }
}

/// Facts of a model with these prompts, one of which is the default one.
pub(crate) fn facts(prompts: &[(&str, &str)], default: &str) -> ModelFacts {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    ModelFacts {
        name: "model".into(),
        dimension: 2,
        layers: 1,
        max_tokens: 512,
        pooling: Some(Pooling::Mean),
        default_prompt: default.into(),
        prompts: prompts.iter().map(owned).collect(),
        precision: Some(Precision::Int8),
        kernel: None,
        threads: 1,
        weight_bytes: 0,
        scores: None,
    }
}
