//! What several tests need.

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
        space,
        role: Role::Symmetric,
        fields: vec![],
        unanswered: false,
        words: WordRules::default(),
        count: 0,
        generation: 0,
        reindex: None,
    }
}
