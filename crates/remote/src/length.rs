//! How long texts are for a model whose tokens nobody tells, and how they are cut.
//!
//! The count is an estimate: a token for each character of Chinese and for each sign, and one for every four letters of a word
//! or two digits of a number, as in the vocabularies of such models. A provider that still finds a text too long says so, and the
//! text is cut further.

use std::ops::Range;

/// Tokens around a text.
const AROUND: usize = 2;

/// Letters of a word that are a token.
const LETTERS: usize = 4;

/// Digits of a number that are a token.
const DIGITS: usize = 2;

/// Most tokens and characters of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) tokens: Option<usize>,
    pub(crate) characters: Option<usize>,
}

impl Limits {
    /// What is left beside a prompt, which has to fit with every text.
    pub(crate) fn beside(self, prompt: &str) -> Self {
        let tokens = tokens(prompt) + AROUND;
        let characters = prompt.chars().count();
        Self {
            tokens: self.tokens.map(|most| most.saturating_sub(tokens).max(1)),
            characters: self
                .characters
                .map(|most| most.saturating_sub(characters).max(1)),
        }
    }

    /// So many parts of these, for a text that was too long nevertheless.
    pub(crate) fn shrunk(self, text: &str, part: f64) -> Self {
        let shrink = |most: usize, has: usize| ((most.min(has) as f64 * part) as usize).max(1);
        let characters = text.chars().count();
        Self {
            tokens: Some(shrink(self.tokens.unwrap_or(usize::MAX), tokens(text))),
            characters: self.characters.map(|most| shrink(most, characters)),
        }
    }

    /// The beginning of a text that fits; the text itself where all of it does.
    pub(crate) fn beginning(self, text: &str) -> &str {
        &text[..self.end_of(text, 0)]
    }

    /// The end of a text that fits.
    pub(crate) fn ending(self, text: &str) -> &str {
        if self.end_of(text, 0) == text.len() {
            return text;
        }
        // Words read backwards have as many letters.
        let backwards: String = text.chars().rev().collect();
        &text[text.len() - self.end_of(&backwards, 0)..]
    }

    /// Parts of a text that fit, as few as that takes and about as long as each other.
    pub(crate) fn windows(self, text: &str) -> Vec<Range<usize>> {
        let greedy = self.greedy(text);
        if greedy.len() < 2 {
            return greedy;
        }
        let each = |most: Option<usize>, has: usize| most.map(|_| has.div_ceil(greedy.len()));
        let even = Self {
            tokens: each(self.tokens, tokens(text)),
            characters: each(self.characters, text.chars().count()),
        };
        let even = even.greedy(text);
        // A rest that did not fit evenly would count as much as a whole part.
        match even.len() == greedy.len() {
            true => even,
            false => greedy,
        }
    }

    fn greedy(self, text: &str) -> Vec<Range<usize>> {
        let mut windows = Vec::new();
        let mut start = 0;
        loop {
            let end = self.end_of(text, start);
            windows.push(start..end);
            if end >= text.len() {
                return windows;
            }
            start = end;
        }
    }

    /// Where a part ends that begins at `start`; it has a character at least.
    fn end_of(self, text: &str, start: usize) -> usize {
        let mut count = Count::default();
        for (characters, (at, c)) in text[start..].char_indices().enumerate() {
            count.add(c);
            let fits = self.tokens.is_none_or(|most| count.tokens <= most)
                && self.characters.is_none_or(|most| characters < most);
            if !fits && at > 0 {
                return start + at;
            }
        }
        text.len()
    }
}

/// Estimated tokens of a text.
pub(crate) fn tokens(text: &str) -> usize {
    let mut count = Count::default();
    text.chars().for_each(|c| count.add(c));
    count.tokens
}

#[derive(Default)]
struct Count {
    tokens: usize,
    /// Letters of the word, and digits of the number, that is being read.
    letters: usize,
    digits: usize,
}

impl Count {
    fn add(&mut self, c: char) {
        let (is_letter, is_digit) = (c.is_ascii_alphabetic(), c.is_ascii_digit());
        if is_letter {
            self.tokens += usize::from(self.letters.is_multiple_of(LETTERS));
        } else if is_digit {
            self.tokens += usize::from(self.digits.is_multiple_of(DIGITS));
        } else if !c.is_whitespace() {
            self.tokens += 1;
        }
        self.letters = if is_letter { self.letters + 1 } else { 0 };
        self.digits = if is_digit { self.digits + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits(tokens: Option<usize>, characters: Option<usize>) -> Limits {
        Limits { tokens, characters }
    }

    #[test]
    fn characters_words_and_numbers() {
        for (text, expected) in [
            ("", 0),
            ("今天天气", 4),
            ("今天 OK，", 4),
            ("word", 1),
            ("words", 2),
            ("2024年", 3),
            (" \n", 0),
        ] {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_prompt_takes_its_part() {
        let left = limits(Some(10), Some(20)).beside("问题：");
        assert_eq!(left, limits(Some(5), Some(17)));
        assert_eq!(
            limits(Some(2), None).beside("问题："),
            limits(Some(1), None)
        );
    }

    #[test]
    fn an_end_is_cut_as_a_beginning_is() {
        let three = limits(Some(3), None);
        assert_eq!(three.beginning("一二三四五"), "一二三");
        assert_eq!(three.ending("一二三四五"), "三四五");
        assert_eq!(limits(None, Some(2)).ending("一二三"), "二三");
        assert_eq!(three.ending("一二"), "一二");
        assert_eq!(Limits::default().beginning("一二"), "一二");
    }

    #[test]
    fn what_was_too_long_becomes_shorter() {
        let text = "字".repeat(30);
        let shorter = limits(Some(100), None).shrunk(&text, 0.5);
        assert_eq!(shorter.beginning(&text).chars().count(), 15);
        let shorter = Limits::default().shrunk(&text, 0.5);
        assert_eq!(shorter.beginning(&text).chars().count(), 15);
    }

    proptest! {
        #[test]
        fn windows_are_all_of_the_text_and_each_fits(
            text in "[a-z0-9 字，é]{0,60}", most in 1usize..20, characters in 1usize..20,
        ) {
            let limits = limits(Some(most), Some(characters));
            let windows = limits.windows(&text);
            let joined: String = windows.iter().map(|window| &text[window.clone()]).collect();
            prop_assert_eq!(&joined, &text);
            for window in windows {
                let part = &text[window];
                prop_assert!(tokens(part) <= most && part.chars().count() <= characters, "{}", part);
            }
            let beginning = limits.beginning(&text);
            prop_assert!(text.starts_with(beginning) && text.ends_with(limits.ending(&text)));
        }
    }
}
