//! The words of a text.

use std::ops::Range;
use std::sync::LazyLock;

use jieba_rs::Jieba;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// The dictionary: 33 MB, and 0.1 s of a core that has nothing else to do, when it is first needed.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Reads the dictionary now, so that the first text need not wait for it. Whoever needs it meanwhile waits for its end, and no longer.
pub fn read_dictionary() {
    LazyLock::force(&JIEBA);
}

/// Joins the parts of `don't` and `l'eau`.
const APOSTROPHES: [char; 2] = ['\'', '’'];

/// A word where it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// As it stands in the text.
    pub text: &'a str,
    /// The characters (not bytes) of the text that it covers.
    pub place: Range<usize>,
}

/// The words of `text` in order, without white space and punctuation: Chinese as the dictionary of jieba cuts it,
/// everything else where letters and digits end.
///
/// Words of four characters and more that consist of words of two and more are cut further (今天天气 → 今天, 天气),
/// since the dictionary has many phrases. Characters that are in no word stand alone: jieba's guesses at unknown words
/// would hide what a 别 negates.
pub fn words(text: &str) -> Vec<Word<'_>> {
    cut(text, split_phrase)
}

/// As [`words`], with the phrases of the dictionary whole.
pub fn phrases(text: &str) -> Vec<Word<'_>> {
    cut(text, |phrase| vec![phrase])
}

fn cut(text: &str, split: fn(&str) -> Vec<&str>) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut place, mut from) = (0, 0);
    for token in JIEBA.cut(text, false) {
        for part in split(token.word) {
            let to = place + part.chars().count();
            let word = Word {
                text: &text[from..from + part.len()],
                place: place..to,
            };
            join_or_push(&mut words, word, text, from);
            (place, from) = (to, from + part.len());
        }
    }
    words.retain(|word: &Word| word.text.chars().any(|c| !is_separator(c)));
    words
}

/// The words that jieba cuts a text into, unknown ones guessed as its Python form does; without white space
/// and punctuation.
pub fn dictionary_words(text: &str) -> impl Iterator<Item = &str> {
    let words = JIEBA.cut(text, true).into_iter().map(|token| token.word);
    words.filter(|word| !word.chars().all(is_separator))
}

/// The words that jieba cuts a text into, each with the tag of its kind: `ns` is a place; of what the dictionary does not know, `x`. `guessed`:
/// with words that it does not know, as names of persons mostly are.
pub(crate) fn tagged(text: &str, guessed: bool) -> Vec<(&str, &str)> {
    let words = JIEBA.tag(text, guessed).into_iter();
    let known = |word| JIEBA.has_word(word);
    words
        .map(|word| (word.word, if known(word.word) { word.tag } else { "x" }))
        .collect()
}

/// The tag of a word's kind, as in [`tagged`]: `n` a noun, `v` a verb; `x` of what the dictionary does not know.
pub(crate) fn kind(word: &str) -> &str {
    match tagged(word, false)[..] {
        [(_, tag)] => tag,
        _ => "x",
    }
}

/// Marks that Unicode counts as punctuation, but that are read aloud.
const SIGNS: [char; 5] = ['%', '‰', '#', '&', '@'];

/// Whether jieba's dictionary has the word.
pub fn is_in_dictionary(word: &str) -> bool {
    JIEBA.has_word(word)
}

/// White space, punctuation and what is invisible.
pub fn is_separator(c: char) -> bool {
    let invisible = matches!(
        c.general_category(),
        GeneralCategory::Control | GeneralCategory::Format
    );
    let punctuation = c.general_category_group() == GeneralCategoryGroup::Punctuation;
    let punctuation = punctuation && !SIGNS.contains(&c);
    c.is_whitespace() || punctuation || invisible
}

/// The words that a phrase of the dictionary consists of, or the phrase.
fn split_phrase(phrase: &str) -> Vec<&str> {
    let borders: Vec<usize> = phrase.char_indices().map(|(at, _)| at).collect();
    let is_han_phrase = borders.len() >= 4 && phrase.chars().all(is_han);
    let split = (2..borders.len().saturating_sub(1))
        .map(|i| phrase.split_at(borders[i]))
        .find(|(head, tail)| is_han_phrase && JIEBA.has_word(head) && JIEBA.has_word(tail));
    match split {
        Some((head, tail)) => [split_phrase(head), split_phrase(tail)].concat(),
        None => vec![phrase],
    }
}

/// Adds a word, or lengthens the last one where both are parts of a word of letters and digits.
fn join_or_push<'a>(words: &mut Vec<Word<'a>>, word: Word<'a>, text: &'a str, from: usize) {
    let follows = words
        .last()
        .filter(|last| last.place.end == word.place.start && continues(last.text, word.text));
    match follows {
        None => words.push(word),
        Some(last) => {
            let joined = Word {
                text: &text[from - last.text.len()..from + word.text.len()],
                place: last.place.start..word.place.end,
            };
            words.pop();
            words.push(joined);
        }
    }
}

/// Whether `next` goes on with the word that `last` begins.
fn continues(last: &str, next: &str) -> bool {
    let (Some(end), Some(start)) = (last.chars().next_back(), next.chars().next()) else {
        return false;
    };
    let both = |c| is_letter(c) || APOSTROPHES.contains(&c);
    both(end) && both(start) && (is_letter(end) || is_letter(start))
}

/// A letter or digit of a script that has spaces, or of kana.
fn is_letter(c: char) -> bool {
    !is_han(c)
        && matches!(
            c.general_category_group(),
            GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Number
                | GeneralCategoryGroup::Mark
        )
}

/// A Chinese character.
pub fn is_han(c: char) -> bool {
    matches!(c,
        '\u{3005}' | '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let words: Vec<&str> = words(text).iter().map(|word| word.text).collect();
        words.join("|")
    }

    #[test]
    fn chinese_by_the_dictionary() {
        for (text, expected) in [
            ("今天天气真不错！", "今天|天气|真不错"),
            ("外面阳光明媚", "外面|阳光|明媚"),
            ("这个不能退货。", "这个|不能|退货"),
            ("别告诉她", "别|告诉|她"),
            ("特别好吃，差不多了", "特别|好吃|差不多|了"),
            ("清华大学在北京", "清华|大学|在|北京"),
            ("龘龘", "龘|龘"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn the_rest_by_letters_and_digits() {
        for (text, expected) in [
            ("I don't like iPhone15 Pro.", "I|don't|like|iPhone15|Pro"),
            ("3月5日 10:30，café", "3|月|5|日|10|30|café"),
            ("ありがとう 'quoted'", "ありがとう|'quoted'"),
            ("", ""),
            ("。 ！\u{200b}", ""),
            ("好👍", "好|👍"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        /// Places are where the words stand; they are in order and none overlaps another.
        #[test]
        fn places_hold_the_words(text in "([一不能天气月日]|[a-c'’ .3🙂\u{301}é\u{200b}が]){0,24}|.{0,12}") {
            let characters: Vec<char> = text.chars().collect();
            let mut last = 0;
            for word in words(&text) {
                prop_assert!(word.place.start >= last && word.place.start < word.place.end);
                let there: String = characters[word.place.clone()].iter().collect();
                prop_assert_eq!(there, word.text);
                last = word.place.end;
            }
        }
    }
}
