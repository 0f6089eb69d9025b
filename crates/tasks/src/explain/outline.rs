//! The words that a model read of a text, and the text without them.

use std::ops::Range;

use yuyi_encoder::States;

use crate::words::{Word, is_in_dictionary, phrases, words};

/// Most texts that are embedded to learn how much each word counts: a long text costs as many passes.
const MOST_GROUPS: usize = 32;

/// The words that a model read of a text.
#[derive(Clone, Debug)]
pub struct Outline {
    text: String,
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
    /// The words of `text` that `states` are of.
    pub fn of(text: &str, states: &States) -> Self {
        let ends = states.places.iter().map(|place| place.characters.end);
        let read = ends.max().unwrap_or(0);
        let words: Vec<OutlinedWord> = quantities_whole(text, words_of_tokens(text, states))
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

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn place_of(&self, group: &Range<usize>) -> Range<usize> {
        self.words[group.start].place.start..self.words[group.end - 1].place.end
    }
}

/// The words of a text, as near to the model's tokens as words can be: a phrase that two tokens make of two words
/// (吃水果: 吃, 水果) is cut there, and one with a token across its words (人工智能) stays whole.
fn words_of_tokens<'a>(text: &'a str, states: &States) -> Vec<Word<'a>> {
    let mut parts = words(text).into_iter().peekable();
    let mut all = Vec::new();
    for phrase in phrases(text) {
        let mut inside = Vec::new();
        while let Some(part) = parts.next_if(|part| part.place.end <= phrase.place.end) {
            inside.push(part);
        }
        let tokens: Vec<&Range<usize>> = tokens_in(&phrase.place, states).collect();
        let is_crossed = |border: usize| tokens.iter().any(|t| t.start < border && border < t.end);
        if let Some(pair) = cut_between_tokens(&phrase, &tokens) {
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

/// What may follow a number in Chinese and makes one word with it.
const UNITS: &str = "年月日号时点分秒天周岁元块角万亿千百个件台人次位名公斤米%％℃";

/// Units after which a date or time may go on.
const OF_DATES: [char; 7] = ['年', '月', '日', '号', '时', '点', '分'];

/// Characters that a number may have inside: 1.5, 1,000, 15:00, 2024-03-05.
const INSIDE: [char; 6] = ['.', ',', '，', ':', '：', '-'];

/// Chinese numerals, which the dictionary cuts into pieces.
const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两";

/// With a number and its unit as one word, and all of a date or time (3月5号, 15:00): its parts mean nothing alone.
fn quantities_whole<'a>(text: &'a str, words: Vec<Word<'a>>) -> Vec<Word<'a>> {
    let mut whole: Vec<Word<'a>> = Vec::new();
    for word in words {
        let joins = |last: &Word| {
            let between = characters(text, &(last.place.end..word.place.start));
            goes_on(last.text, between, word.text)
        };
        match whole.last_mut().filter(|last| joins(last)) {
            Some(last) => {
                let place = last.place.start..word.place.end;
                last.text = characters(text, &place);
                last.place = place;
            }
            None => whole.push(word),
        }
    }
    whole
}

/// Whether `next` goes on with the quantity that `last` begins: its unit, its further digits, the next number of its date.
fn goes_on(last: &str, between: &str, next: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_unit = |c: char| UNITS.contains(c);
    let is_numeral = |c: char| NUMERALS.contains(c);
    if !between.is_empty() {
        let mut inside = between.chars();
        let is_inside =
            inside.next().is_some_and(|c| INSIDE.contains(&c)) && inside.next().is_none();
        return is_inside && last.ends_with(is_digit) && next.starts_with(is_digit);
    }
    let is_quantity = |c: char| is_digit(c) || is_unit(c) || is_numeral(c) || INSIDE.contains(&c);
    if !last.starts_with(|c| is_digit(c) || is_numeral(c)) || !last.chars().all(is_quantity) {
        return false;
    }
    if last.ends_with(is_digit) {
        return next.chars().all(is_unit);
    }
    let goes_on_with_date =
        last.ends_with(OF_DATES) && (next == "半" || next.chars().all(is_digit));
    goes_on_with_date
        || last.ends_with(is_numeral) && next.chars().all(|c| is_numeral(c) || is_unit(c))
}

/// The characters of a place.
fn characters<'a>(text: &'a str, place: &Range<usize>) -> &'a str {
    let byte = |character| {
        let mut bytes = text.char_indices().map(|(at, _)| at);
        bytes.nth(character).unwrap_or(text.len())
    };
    &text[byte(place.start)..byte(place.end)]
}

fn tokens_in<'a>(
    place: &Range<usize>,
    states: &'a States,
) -> impl Iterator<Item = &'a Range<usize>> {
    let (start, end) = (place.start, place.end);
    let tokens = states.places.iter().map(|place| &place.characters);
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
