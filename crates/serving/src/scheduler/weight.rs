//! How much work a text is, before anybody has counted its tokens.

use unicode_normalization::char::decompose_compatible;
use yuyi::{Input, Item, LongText};

/// Special tokens and a prompt, roughly.
const EXTRA_TOKENS: usize = 4;

/// Tokens up to which attention is a small part of the work.
const SHORT_TOKENS: usize = 512;

/// A text's attention is as much work as its tokens' products where the text is as long as this (of BERT-base: 170 million
/// operations a token in the products, and 37 thousand for each token that it sees).
const EVEN_TOKENS: usize = 4096;

/// The work of an item, in tokens of short texts: its estimated tokens for a model that reads `most`; it may have twice as many at the very most. A Chinese character is about
/// one token in the vocabularies of Chinese, letters and digits come in pieces of two or more, and what normalisation takes apart
/// (ﷺ, ㍿, …) is as many as its parts.
pub(crate) fn estimated_tokens(item: &Item, most: usize) -> usize {
    // All windows of a long text are read.
    let all = match item.options.long_text {
        LongText::Mean => usize::MAX,
        _ => most,
    };
    let tokens = match &item.input {
        Input::Text(text) => Count::of(text, all).estimate() + EXTRA_TOKENS,
        Input::Tokens(ids) => ids.len(),
        Input::Pair(query, document) => {
            let of = |text| Count::of(text, all).estimate();
            of(query) + of(document) + EXTRA_TOKENS
        }
        Input::PairTokens(pair) => pair.ids().len(),
    };
    with_attention(tokens.clamp(1, all.max(1)), most.max(1))
}

/// The work of a text of so many tokens, which a model reads `window` at a time: every token sees all others, which counts in long
/// texts.
fn with_attention(tokens: usize, window: usize) -> usize {
    let work = |n: usize| {
        let long = n.saturating_sub(SHORT_TOKENS);
        n.saturating_add(long.saturating_mul(long) / EVEN_TOKENS)
    };
    (tokens / window)
        .saturating_mul(work(window))
        .saturating_add(work(tokens % window))
}

/// Whether an item may have more tokens than a model reads at once.
pub(crate) fn may_be_long(item: &Item, most: usize) -> bool {
    match &item.input {
        Input::Text(text) => Count::of(text, most).most() + EXTRA_TOKENS > most,
        Input::Pair(query, document) => {
            let of = |text| Count::of(text, most).most();
            of(query) + of(document) + EXTRA_TOKENS > most
        }
        Input::Tokens(_) | Input::PairTokens(_) => false,
    }
}

/// Characters of a text after normalisation, from above.
pub fn normal_characters(text: &str) -> usize {
    Count::of(text, usize::MAX).most()
}

/// What a text is made of.
#[derive(Default)]
struct Count {
    /// Letters, digits and spaces of ASCII.
    letters: usize,
    others: usize,
}

impl Count {
    /// Of a text, or of so much of it as has more tokens than `most`: the rest would be cut.
    fn of(text: &str, most: usize) -> Self {
        let mut count = Self::default();
        for c in text.chars() {
            match c {
                _ if c.is_ascii_alphanumeric() || c.is_ascii_whitespace() => count.letters += 1,
                _ => count.others += parts(c),
            }
            if count.estimate() > most {
                break;
            }
        }
        count
    }

    fn estimate(&self) -> usize {
        self.others + self.letters.div_ceil(2)
    }

    fn most(&self) -> usize {
        self.others + self.letters
    }
}

/// Characters that normalisation may make of one.
fn parts(c: char) -> usize {
    match c {
        // Most texts are made of these, which stay as they are.
        '\0'..='\u{7f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => 1,
        _ => {
            let mut parts = 0;
            decompose_compatible(c, |_| parts += 1);
            parts.max(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi::EmbedOptions;

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
    fn what_normalisation_takes_apart_is_all_work() {
        assert_eq!(weight("ﷺ"), 18 + 4);
        assert_eq!(weight("……"), 6 + 4);
        assert_eq!(weight("?!"), 2 + 4);
        assert_eq!(normal_characters(&"ﷺ".repeat(1_000)), 18_000);
        let is_long = |text: &str| {
            let item = Item {
                input: Input::Text(text.into()),
                options: EmbedOptions::default(),
            };
            may_be_long(&item, 512)
        };
        // A letter may be a token.
        for (text, length, expected) in [
            ("字", 508, false),
            ("字", 509, true),
            ("a", 509, true),
            ("ﷺ", 29, true),
        ] {
            assert_eq!(is_long(&text.repeat(length)), expected, "{text}");
        }
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
    fn attention_counts_in_long_texts() {
        assert_eq!(with_attention(512, 8192), 512);
        assert_eq!(with_attention(1024, 8192), 1024 + 64);
        assert_eq!(with_attention(8192, 8192), 8192 + 14_400);
        // In windows no token sees more than one of them.
        assert_eq!(with_attention(9_004, 512), 9_004);
        assert_eq!(with_attention(2 * 1024 + 3, 1024), 2 * (1024 + 64) + 3);
        assert_eq!(with_attention(usize::MAX, 1), usize::MAX);
        assert!(with_attention(usize::MAX, usize::MAX) > usize::MAX / 8192);
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
