//! What makes two texts the same work: equal keys mean equal vectors.

use yuyi_encoder::LongText;
use yuyi_models::{EmbedOptions, Input, Item};

use crate::embed::LoadedModel;

/// Digest of a model, what is asked of it, and a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of an item for a model.
    pub(crate) fn of(model: &LoadedModel, item: &Item) -> Self {
        // Taken apart, so that an option to come is not forgotten.
        let EmbedOptions { prompt, long_text } = &item.options;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&model.space);
        match &item.input {
            Input::Text(text) => {
                let facts = model.embedder.facts();
                let prompt = prompt.text().unwrap_or(&facts.default_prompt);
                hasher.update(mode(*long_text));
                hasher.update(&(prompt.len() as u64).to_le_bytes());
                hasher.update(prompt.as_bytes());
                hasher.update(text.as_bytes());
            }
            Input::Tokens(ids) => {
                hasher.update(b"tokens");
                ids.iter().for_each(|id| {
                    hasher.update(&id.to_le_bytes());
                });
            }
        }
        Self(*hasher.finalize().as_bytes())
    }
}

/// What happens to long texts, in a word.
fn mode(long_text: LongText) -> &'static [u8] {
    match long_text {
        LongText::CutEnd => b"end",
        LongText::CutStart => b"start",
        LongText::Mean => b"mean",
    }
}
