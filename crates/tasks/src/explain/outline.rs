//! The words that a model read of a text, and the text without them.

use std::ops::Range;

use yuyi_language::{Word, is_in_dictionary, join_quantities, phrases, words};

use super::Token;
use super::weights::drops;

/// Most texts of a side that are embedded to learn how much its words count: each costs as much as the score of the side.
const MOST_TEXTS: usize = 12;

/// Into how many phrases a text of more words is cut at first. The others are left for taking the strongest apart.
const PHRASES: usize = 8;

/// Characters around the part that was read that decide where its first and last words begin and end; no word of the
/// dictionary is longer.
const AROUND: usize = 16;

/// The words that a model read of a text.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The part of the text that the model read.
    text: String,
    /// Where that part is, in characters of the whole text.
    pub(super) read: Range<usize>,
    tokens: Vec<Token>,
    pub(super) words: Vec<OutlinedWord>,
    /// Words that are left out together.
    pub(super) groups: Vec<Range<usize>>,
}

#[derive(Clone, Debug)]
pub(super) struct OutlinedWord {
    pub(super) text: String,
    /// Characters of the whole text.
    pub(super) place: Range<usize>,
}

/// A group of words and the parts that it is taken apart into.
pub(super) struct Apart {
    pub(super) group: usize,
    pub(super) parts: Vec<Range<usize>>,
}

impl Outline {
    /// The words of that part of `text` that `tokens` stand for. The rest is not looked at.
    pub fn of(text: &str, tokens: Vec<Token>) -> Self {
        let read = part_of(&tokens);
        let around = read.start.saturating_sub(AROUND)..read.end + AROUND;
        let words = words_of_tokens(slice(text, &around), around.start, &tokens);
        let words = words.into_iter();
        let words: Vec<OutlinedWord> = words
            .filter(|word| read.start <= word.place.start && word.place.end <= read.end)
            .collect();
        let groups = match words.len() {
            few @ ..=MOST_TEXTS => cut(&words, 0..few, few),
            many => cut(&words, 0..many, PHRASES),
        };
        Self {
            text: slice(text, &read).to_owned(),
            read,
            tokens,
            words,
            groups,
        }
    }

    /// What the model read of the text without each group of words in turn, at most 12 texts. None where there is but one
    /// group, since nothing would be left.
    pub fn without(&self) -> Vec<String> {
        if self.groups.len() < 2 {
            return Vec::new();
        }
        self.without_each(self.groups.iter())
    }

    /// The same without each part of the groups that count most, of a text of more than 12 words; together with [`Outline::without`] at
    /// most 12 texts. `vector` is that of the text, `other` that of the other text, and `without` are those of [`Outline::without`].
    pub fn further(&self, vector: &[f32], other: &[f32], without: &[&[f32]]) -> Vec<String> {
        let apart = self.apart(&drops(vector, other, without));
        self.without_each(apart.iter().flat_map(|apart| &apart.parts))
    }

    /// The groups that are taken apart, by what the cosine loses without each group.
    pub(super) fn apart(&self, drops: &[f64]) -> Vec<Apart> {
        let mut left = MOST_TEXTS - self.groups.len();
        let mut strongest: Vec<usize> = (0..self.groups.len().min(drops.len())).collect();
        strongest.sort_by(|&i, &j| drops[j].total_cmp(&drops[i]));
        let mut apart = Vec::new();
        for group in strongest {
            let words = &self.groups[group];
            let parts = words.len().min(left);
            if parts > 1 && drops[group] > 0.0 {
                left -= parts;
                let parts = cut(&self.words, words.clone(), parts);
                apart.push(Apart { group, parts });
            }
        }
        apart
    }

    fn without_each<'a>(&self, groups: impl Iterator<Item = &'a Range<usize>>) -> Vec<String> {
        let read: Vec<char> = self.text.chars().collect();
        let without = |group: &Range<usize>| {
            let first = self.words[group.start].place.start - self.read.start;
            let end = self.words[group.end - 1].place.end - self.read.start;
            read[..first].iter().chain(&read[end..]).collect()
        };
        groups.map(without).collect()
    }

    /// What the model read of the text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The tokens that the model read.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }
}

/// The characters that tokens stand for, from the first to the last.
fn part_of(tokens: &[Token]) -> Range<usize> {
    let places = tokens.iter().map(|token| &token.characters);
    let places = places.filter(|place| !place.is_empty());
    let start = places.clone().map(|place| place.start).min().unwrap_or(0);
    start..places.map(|place| place.end).max().unwrap_or(0)
}

/// Those characters of a text that are there.
fn slice<'a>(text: &'a str, characters: &Range<usize>) -> &'a str {
    let mut places = text.char_indices().map(|(at, _)| at);
    let start = places.nth(characters.start).unwrap_or(text.len());
    let more = characters.len().checked_sub(1);
    let end = more.map_or(Some(start), |more| places.nth(more));
    &text[start..end.unwrap_or(text.len()).max(start)]
}

/// Cuts a range of words into so many groups of about the same length, where something stands between two words if there is
/// such a place near by: a phrase means more by itself than two halves of one.
fn cut(words: &[OutlinedWord], range: Range<usize>, groups: usize) -> Vec<Range<usize>> {
    let border = |i: usize| {
        let even = range.start + i * range.len() / groups;
        // Less than half a group, so that borders stay in order.
        let near = (range.len() / groups).saturating_sub(1) / 2;
        if even == range.start || even == range.end {
            return even;
        }
        let is_gap = |&at: &usize| words[at - 1].place.end < words[at].place.start;
        let mut candidates = (0..=near).flat_map(|far| [even - far, even + far]);
        candidates.find(is_gap).unwrap_or(even)
    };
    (0..groups).map(|i| border(i)..border(i + 1)).collect()
}

/// The words of a part of a text that begins at a character, with places in the whole text.
fn words_of_tokens(part: &str, first: usize, tokens: &[Token]) -> Vec<OutlinedWord> {
    let tokens: Vec<Range<usize>> = tokens
        .iter()
        .map(|token| &token.characters)
        .filter(|place| !place.is_empty())
        .map(|place| place.start.saturating_sub(first)..place.end.saturating_sub(first))
        .collect();
    let words = join_quantities(part, words_by_tokens(part, &tokens));
    let words = words.into_iter().map(|word| OutlinedWord {
        text: word.text.to_owned(),
        place: word.place.start + first..word.place.end + first,
    });
    words.collect()
}

/// The words of a text, as near to the model's tokens as words can be: a phrase that two tokens make of two words
/// (吃水果: 吃, 水果) is cut there, and one with a token across its words (人工智能) stays whole.
fn words_by_tokens<'a>(text: &'a str, tokens: &[Range<usize>]) -> Vec<Word<'a>> {
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
    tokens: &'a [Range<usize>],
) -> impl Iterator<Item = &'a Range<usize>> {
    let (start, end) = (place.start, place.end);
    (tokens.iter()).filter(move |token| token.start < end && start < token.end)
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
