//! How much work a text is, before anybody has counted its tokens.

use yuyi_encoder::LongText;
use yuyi_models::{Input, Item};

/// Special tokens and a prompt, roughly.
const EXTRA_TOKENS: usize = 4;

/// Estimated tokens of an item for a model that reads `most`. A Chinese character is about one token in
/// the vocabularies of Chinese, and letters and digits come in pieces of two or more.
pub(crate) fn estimated_tokens(item: &Item, most: usize) -> usize {
    // All windows of a long text are read.
    let most = match item.options.long_text {
        LongText::Mean => usize::MAX,
        _ => most,
    };
    let tokens = match &item.input {
        Input::Text(text) => estimate(text, most) + EXTRA_TOKENS,
        Input::Tokens(ids) => ids.len(),
    };
    tokens.clamp(1, most.max(1))
}

fn estimate(text: &str, most: usize) -> usize {
    // A longer text is cut, so counting on would be for nothing: no character has more than four bytes.
    let counted = &text.as_bytes()[..text.len().min(most.saturating_mul(4))];
    let ascii = counted.iter().filter(|byte| byte.is_ascii()).count();
    let others = counted
        .iter()
        .filter(|&&byte| (byte & 0b1100_0000) == 0b1100_0000)
        .count();
    others + ascii.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi_models::EmbedOptions;

    fn weight(text: &str) -> usize {
        let item = Item {
            input: Input::Text(text.into()),
            options: EmbedOptions::default(),
        };
        estimated_tokens(&item, 512)
    }

    #[test]
    fn characters_and_letters() {
        assert_eq!(weight("今天天气"), 8);
        assert_eq!(weight("weather"), 8);
        assert_eq!(weight("今天 ok"), 8);
        assert_eq!(weight(&"字".repeat(100_000)), 512);
        assert_eq!(weight(&"a".repeat(100_000)), 512);
    }

    #[test]
    fn a_text_that_is_read_in_windows_is_all_work() {
        let options = EmbedOptions {
            long_text: LongText::Mean,
            ..EmbedOptions::default()
        };
        let text = "字".repeat(9_000).as_str().into();
        let item = Item {
            input: Input::Text(text),
            options,
        };
        assert_eq!(estimated_tokens(&item, 512), 9_004);
    }

    #[test]
    fn token_ids_are_counted() {
        let item = |ids: &[u32]| Item {
            input: Input::Tokens(ids.into()),
            options: EmbedOptions::default(),
        };
        assert_eq!(estimated_tokens(&item(&[7; 9]), 512), 9);
        assert_eq!(estimated_tokens(&item(&[7; 900]), 512), 512);
        assert_eq!(
            estimated_tokens(&item(&[]), 512),
            1,
            "nothing waits for free"
        );
    }
}
