//! What makes two texts the same work: equal keys mean equal vectors.

use yuyi::{EmbedOptions, Input, Inputs, Item, LongText};

use crate::loaded_model::LoadedModel;
use crate::space::Space;

/// Digest of a model, what is asked of it, and a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The keys of all inputs of a request.
    pub(crate) fn of_inputs(
        model: &LoadedModel,
        inputs: &Inputs,
        options: &EmbedOptions,
    ) -> Vec<Self> {
        let request = Request::of(model, options);
        match inputs {
            Inputs::Texts(texts) => texts.iter().map(|text| request.text(text)).collect(),
            Inputs::Mixed(inputs) => inputs.iter().map(|input| request.input(input)).collect(),
        }
    }
}

impl Key {
    /// The key of a window of a text that has several.
    pub(crate) fn of_window(&self, window: usize) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&self.0)
            .update(&(window as u64).to_le_bytes());
        Self(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
impl Key {
    /// The key of an item for a model.
    pub(crate) fn of(model: &LoadedModel, item: &Item) -> Self {
        Request::of(model, &item.options).input(&item.input)
    }
}

/// What all texts of a request have in common.
struct Request<'a> {
    space: &'a [u8; 32],
    prompt: &'a str,
    long_text: LongText,
    states: bool,
}

impl<'a> Request<'a> {
    fn of(model: &'a LoadedModel, options: &'a EmbedOptions) -> Self {
        // Taken apart, so that an option to come is not forgotten.
        let EmbedOptions {
            prompt,
            long_text,
            states,
        } = options;
        Self {
            space: model.key_space(),
            prompt: prompt.text().unwrap_or(&model.facts().default_prompt),
            long_text: *long_text,
            states: *states,
        }
    }

    fn input(&self, input: &Input) -> Key {
        match input {
            Input::Text(text) => self.text(text),
            Input::Tokens(ids) => self.tokens(ids),
            Input::Pair(query, document) => self.pair(query, document),
            Input::PairTokens(pair) => self.tokens(pair.ids()),
        }
    }

    fn text(&self, text: &str) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.space);
        hasher.update(mode(self.long_text).as_bytes());
        if self.states {
            hasher.update(b"states");
        }
        hasher.update(&(self.prompt.len() as u64).to_le_bytes());
        hasher.update(self.prompt.as_bytes());
        hasher.update(text.as_bytes());
        Key(*hasher.finalize().as_bytes())
    }

    fn pair(&self, query: &str, document: &str) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.space);
        hasher.update(PAIR.as_bytes());
        hasher.update(&(query.len() as u64).to_le_bytes());
        hasher.update(query.as_bytes());
        hasher.update(document.as_bytes());
        Key(*hasher.finalize().as_bytes())
    }

    fn tokens(&self, ids: &[u32]) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.space);
        hasher.update(TOKENS.as_bytes());
        for id in ids {
            hasher.update(&id.to_le_bytes());
        }
        Key(*hasher.finalize().as_bytes())
    }
}

/// Stands for the mode where there is none.
const TOKENS: &str = "tokens";

/// The same of pairs.
const PAIR: &str = "pair";

/// What happens to long texts, in a word.
fn mode(long_text: LongText) -> &'static str {
    match long_text {
        LongText::CutEnd => "end",
        LongText::CutStart => "start",
        LongText::Mean => "mean",
    }
}

/// The key under which replicas share a vector: `yuyi:1:` fingerprint `:` mode `:` digest of the prompt `:` digest of
/// the text.
pub(crate) fn shared_key(space: &Space, default_prompt: &str, item: &Item) -> String {
    // Replies with states are not shared.
    let EmbedOptions {
        prompt,
        long_text,
        states: _,
    } = &item.options;
    let name = space.name();
    match &item.input {
        Input::Text(text) => {
            let prompt = prompt.text().unwrap_or(default_prompt);
            let prompt = &blake3::hash(prompt.as_bytes()).to_hex()[..16];
            let text = blake3::hash(text.as_bytes()).to_hex();
            format!("yuyi:1:{name}:{}:{prompt}:{text}", mode(*long_text))
        }
        Input::Tokens(ids) => of_tokens(&name, ids),
        Input::Pair(query, document) => {
            let query = &blake3::hash(query.as_bytes()).to_hex()[..32];
            let document = blake3::hash(document.as_bytes()).to_hex();
            format!("yuyi:1:{name}:{PAIR}:{query}:{document}")
        }
        Input::PairTokens(pair) => of_tokens(&name, pair.ids()),
    }
}

fn of_tokens(name: &impl std::fmt::Display, ids: &[u32]) -> String {
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    format!("yuyi:1:{name}:{TOKENS}:{}", blake3::hash(&bytes).to_hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loaded_model::testing::model;
    use std::collections::HashSet;
    use yuyi::Prompt;

    fn item(text: &str, prompt: Prompt, long_text: LongText) -> Item {
        Item {
            input: Input::Text(text.into()),
            options: EmbedOptions {
                prompt,
                long_text,
                states: false,
            },
        }
    }

    fn prompt(text: &str) -> Prompt {
        Prompt::Text(text.into())
    }

    #[test]
    fn whatever_decides_the_vector_is_in_the_key() {
        let ids = |ids: &[u32]| Item {
            input: Input::Tokens(ids.into()),
            options: EmbedOptions::default(),
        };
        let pair = |query: &str, document: &str| Item {
            input: Input::Pair(query.into(), document.into()),
            options: EmbedOptions::default(),
        };
        let items = [
            pair("a", "b"),
            pair("", "ab"),
            pair("ab", ""),
            item("a", prompt(""), LongText::CutEnd),
            item("b", prompt(""), LongText::CutEnd),
            item("a", prompt("q"), LongText::CutEnd),
            item("qa", prompt(""), LongText::CutEnd),
            item("a", prompt(""), LongText::CutStart),
            item("a", prompt(""), LongText::Mean),
            ids(&[97]),
            ids(&[97, 0]),
        ];
        let mut keys = HashSet::new();
        let mut shared = HashSet::new();
        for name in ["one", "two"] {
            let model = model(name);
            model.learn_space();
            let space = model.space().unwrap();
            for item in &items {
                assert!(keys.insert(Key::of(&model, item)), "{item:?}");
                assert!(shared.insert(shared_key(space, "", item)), "{item:?}");
            }
        }
    }

    #[test]
    fn a_text_with_its_states_is_other_work() {
        let plain = item("a", prompt(""), LongText::CutEnd);
        let mut with_states = plain.clone();
        with_states.options.states = true;
        let model = model("one");
        assert_ne!(Key::of(&model, &plain), Key::of(&model, &with_states));
    }

    #[test]
    fn the_default_prompt_is_the_same_as_itself() {
        let model = model("with a prompt: ");
        model.learn_space();
        let default = item("a", Prompt::Default, LongText::CutEnd);
        let spelt = item("a", prompt("with a prompt: "), LongText::CutEnd);
        assert_eq!(Key::of(&model, &default), Key::of(&model, &spelt));
        let space = model.space().unwrap();
        let shared = |item| shared_key(space, "with a prompt: ", item);
        assert_eq!(shared(&default), shared(&spelt));
        let inputs = Inputs::Texts(vec!["a".into()]);
        let keys = Key::of_inputs(&model, &inputs, &EmbedOptions::default());
        assert_eq!(keys, [Key::of(&model, &default)]);
    }
}
