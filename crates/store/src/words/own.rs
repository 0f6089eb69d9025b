//! Where the words of a collection stand in a text.

use std::collections::HashMap;
use std::ops::Range;

use yuyi_language::is_han;

/// Words in the order of their bytes, each once: those that begin alike lie together, and all that begin like a text are found while it is read once.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnWords {
    words: Vec<String>,
    /// The places of those that begin with a character.
    by_first: HashMap<char, Range<usize>>,
}

impl OwnWords {
    pub(super) fn new(mut words: Vec<String>) -> Self {
        words.retain(|word| !word.is_empty());
        words.sort_unstable();
        words.dedup();
        let mut by_first: HashMap<char, Range<usize>> = HashMap::new();
        for (i, word) in words.iter().enumerate() {
            if let Some(first) = word.chars().next() {
                by_first.entry(first).or_insert(i..i).end = i + 1;
            }
        }
        Self { words, by_first }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn word(&self, number: usize) -> &str {
        &self.words[number]
    }

    /// The numbers of the words that stand whole at a place of a text, the shortest first. Words of letters and digits end where these end: "app" is a word of neither
    /// "apple" nor "myapp".
    pub(super) fn at<'t>(&'t self, text: &'t str, at: usize) -> impl Iterator<Item = usize> + 't {
        let (before, rest) = text.split_at(at);
        let first = rest.chars().next();
        let begins = !goes_on(before.chars().next_back(), first);
        let known = first.filter(|_| begins);
        let range = known.and_then(|first| self.by_first.get(&first)).cloned();
        let beginning = Beginning {
            words: &self.words,
            rest,
            // All of them have the first character.
            known: first.map_or(0, char::len_utf8),
            range: range.unwrap_or_default(),
        };
        beginning.filter(move |&number| {
            let (word, behind) = rest.split_at(self.words[number].len());
            !goes_on(word.chars().next_back(), behind.chars().next())
        })
    }

    /// The number of the longest of them.
    pub(super) fn longest_at(&self, text: &str, at: usize) -> Option<usize> {
        self.at(text, at).last()
    }
}

/// The words that a text begins with.
struct Beginning<'t> {
    words: &'t [String],
    rest: &'t str,
    /// Bytes that the text and all words of the range begin with.
    known: usize,
    range: Range<usize>,
}

impl Iterator for Beginning<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while !self.range.is_empty() {
            let shortest = self.range.start;
            if self.words[shortest].len() == self.known {
                self.range.start += 1;
                return Some(shortest);
            }
            let next = *self.rest.as_bytes().get(self.known)?;
            self.narrow(next);
            self.known += 1;
        }
        None
    }
}

impl Beginning<'_> {
    /// Leaves the words that go on with a byte. All of them go on.
    fn narrow(&mut self, next: u8) {
        let known = self.known;
        let byte = |word: &String| word.as_bytes()[known];
        let words = &self.words[self.range.clone()];
        let is_next = |word: Option<&String>| word.is_some_and(|word| byte(word) == next);
        if is_next(words.first()) && is_next(words.last()) {
            return;
        }
        let from = words.partition_point(|word| byte(word) < next);
        let to = words.partition_point(|word| byte(word) <= next);
        let start = self.range.start;
        self.range = start + from..start + to;
    }
}

/// Whether two neighbours are letters or digits of one word: not so those of scripts without spaces.
fn goes_on(one: Option<char>, next: Option<char>) -> bool {
    let spaced = |c: char| {
        let is_kana = matches!(c, '\u{3040}'..='\u{30ff}');
        c.is_alphanumeric() && !is_han(c) && !is_kana
    };
    one.is_some_and(spaced) && next.is_some_and(spaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_those_that_a_comparison_with_each_finds(
            words in prop::collection::vec("[发票开a5 é]{1,4}", 0..12),
            text in "[发票开a5 é]{0,12}",
        ) {
            let own = OwnWords::new(words);
            for (at, _) in text.char_indices() {
                let (before, rest) = text.split_at(at);
                let stands = |word: &str| {
                    rest.starts_with(word)
                        && !goes_on(before.chars().next_back(), word.chars().next())
                        && !goes_on(word.chars().next_back(), rest[word.len()..].chars().next())
                };
                let all = 0..own.words.len();
                let expected: Vec<usize> = all.filter(|&i| stands(own.word(i))).collect();
                let found: Vec<usize> = own.at(&text, at).collect();
                prop_assert_eq!(&found, &expected);
                let longest = expected.iter().copied().max_by_key(|&i| own.word(i).len());
                prop_assert_eq!(own.longest_at(&text, at), longest);
            }
        }
    }
}
