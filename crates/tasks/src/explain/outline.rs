//! The words that a model read of a text, and the text without them.

use std::ops::Range;

use yuyi_language::{Word, is_in_dictionary, join_quantities, phrases, words};

use super::Token;

/// Most texts that are embedded to learn how much each word counts: a long text costs as many passes.
const MOST_GROUPS: usize = 32;

/// The words that a model read of a text.
#[derive(Clone, Debug)]
pub struct Outline {
    text: String,
    tokens: Vec<Token>,
    pub(super) words: Vec<OutlinedWord>,
    /// Words that are left out together.
    pub(super) groups: Vec<Range<usize>>,
    /// Characters that the model read.
    pub(super) read: usize,
}

#[derive(Clone, Debug)]
pub(super) struct OutlinedWord {
    pub(super) text: String,
    /// Characters of the whole text.
    pub(super) place: Range<usize>,
}

impl Outline {
    /// The words of that part of `text` that `tokens` stand for.
    pub fn of(text: &str, tokens: Vec<Token>) -> Self {
        let ends = tokens.iter().map(|token| token.characters.end);
        let read = ends.max().unwrap_or(0);
        let words: Vec<OutlinedWord> = join_quantities(text, words_of_tokens(text, &tokens))
            .into_iter()
            .filter(|word| word.place.end <= read)
            .map(|word| OutlinedWord {
                text: word.text.to_owned(),
                place: word.place,
            })
            .collect();
        let groups = words.len().min(MOST_GROUPS);
        let border = |i: usize| i * words.len() / groups;
        Self {
            text: text.to_owned(),
            tokens,
            groups: (0..groups).map(|i| border(i)..border(i + 1)).collect(),
            words,
            read,
        }
    }

    /// What the model read of the text without each group of words in turn, at most 32 texts. None where there is but one
    /// group, since nothing would be left.
    pub fn without(&self) -> Vec<String> {
        if self.groups.len() < 2 {
            return Vec::new();
        }
        let read: Vec<char> = self.text.chars().take(self.read).collect();
        let without = |group: &Range<usize>| {
            let place = self.place_of(group);
            [&read[..place.start], &read[place.end..]]
                .concat()
                .into_iter()
                .collect()
        };
        self.groups.iter().map(without).collect()
    }

    /// The whole text, also what the model did not read of it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The tokens that the model read.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    fn place_of(&self, group: &Range<usize>) -> Range<usize> {
        self.words[group.start].place.start..self.words[group.end - 1].place.end
    }
}

/// The words of a text, as near to the model's tokens as words can be: a phrase that two tokens make of two words
/// (吃水果: 吃, 水果) is cut there, and one with a token across its words (人工智能) stays whole.
fn words_of_tokens<'a>(text: &'a str, tokens: &[Token]) -> Vec<Word<'a>> {
    let mut parts = words(text).into_iter().peekable();
    let mut all = Vec::new();
    for phrase in phrases(text) {
        let mut inside = Vec::new();
        while let Some(part) = parts.next_if(|part| part.place.end <= phrase.place.end) {
            inside.push(part);
        }
        let inner: Vec<&Range<usize>> = tokens_in(&phrase.place, tokens).collect();
        let is_crossed = |border: usize| inner.iter().any(|t| t.start < border && border < t.end);
        if let Some(pair) = cut_between_tokens(&phrase, &inner) {
            all.extend(pair);
        } else if inside
            .iter()
            .skip(1)
            .any(|part| is_crossed(part.place.start))
        {
            all.push(phrase);
        } else {
            all.extend(inside);
        }
    }
    all
}

fn tokens_in<'a>(
    place: &Range<usize>,
    tokens: &'a [Token],
) -> impl Iterator<Item = &'a Range<usize>> {
    let (start, end) = (place.start, place.end);
    let tokens = tokens.iter().map(|token| &token.characters);
    tokens.filter(move |token| token.start < end && start < token.end)
}

/// The two words of a phrase that two tokens make of it.
fn cut_between_tokens<'a>(phrase: &Word<'a>, tokens: &[&Range<usize>]) -> Option<[Word<'a>; 2]> {
    let &[first, second] = tokens else {
        return None;
    };
    let fits = first.start >= phrase.place.start && second.end <= phrase.place.end;
    // The tokens of 开发票 are 开发 and 票: a last character alone is rarely a word.
    if !fits || first.end != second.start || second.len() < 2 {
        return None;
    }
    let characters = first.end - phrase.place.start;
    let (at, _) = phrase.text.char_indices().nth(characters)?;
    let (head, tail) = phrase.text.split_at(at);
    let word = |text, place| Word { text, place };
    (is_in_dictionary(head) && is_in_dictionary(tail)).then(|| {
        [
            word(head, phrase.place.start..first.end),
            word(tail, first.end..phrase.place.end),
        ]
    })
}
