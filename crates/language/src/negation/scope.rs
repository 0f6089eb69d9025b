//! What a negation negates.

use std::ops::Range;

use super::{asserted, negating};
use crate::words::{Word, is_separator};

/// Words between a negation and what it negates: 不|能|再|上网.
#[rustfmt::skip]
pub(super) const HELPERS: &[&str] = &[
    "能", "会", "可以", "可", "要", "用", "需", "需要", "须", "必", "得", "让", "许", "准", "想", "敢", "肯", "愿", "愿意",
    "该", "应该", "应", "太", "是", "有", "再", "曾", "在", "给", "被", "把", "跟", "很", "怎么",
];

/// A negation with what it negates.
struct Negated<'a> {
    /// The negating word, and what it negates.
    place: Range<usize>,
    /// What is negated, of one or two words.
    what: String,
    /// The clause up to the negation: of whom it is said.
    whose: &'a str,
    /// The other clauses of the text.
    elsewhere: Vec<&'a str>,
}

/// Whether each of two texts negates once, and each what the other has in another clause without a negation:
/// the places of both, with what they negate.
pub(super) fn swapped(a: &str, b: &str) -> Option<[Range<usize>; 2]> {
    let (of_a, of_b) = (only_negated(a)?, only_negated(b)?);
    let affirms = |other: &Negated<'_>, what: &str| {
        other.elsewhere.iter().any(|clause| clause.contains(what))
    };
    // 周一上班，周二不上班 and 周二上班，周一不上班.
    let (of_whom, of_whom_there) = match of_a.what == of_b.what {
        true => (of_a.whose, of_b.whose),
        false => (of_a.what.as_str(), of_b.what.as_str()),
    };
    let is_told = !of_whom.is_empty() && !of_whom_there.is_empty() && of_whom != of_whom_there;
    let is_swapped = is_told && affirms(&of_b, of_whom) && affirms(&of_a, of_whom_there);
    is_swapped.then_some([of_a.place, of_b.place])
}

/// What a text negates, if it negates once.
fn only_negated(text: &str) -> Option<Negated<'_>> {
    let words = asserted(text);
    let [at] = negating(&words)[..] else {
        return None;
    };
    let word = words[at].text;
    let inside = word.trim_start_matches(['不', '没', '别', '未', '无']);
    let is_whole = |word: &str| !word.is_empty() && !HELPERS.contains(&word);
    let behind = in_clause(&words, at);
    let content: Vec<&Word<'_>> = behind
        .skip_while(|word| !is_whole(word.text))
        .take(2)
        .collect();
    let Range { start, end } = words[at].place;
    let (what, end) = match (is_whole(inside) && inside != word, content.last()) {
        (true, _) => (inside.to_owned(), end),
        (false, None) => return None,
        (false, Some(last)) => (
            content.iter().map(|word| word.text).collect(),
            last.place.end,
        ),
    };
    let (whose, elsewhere) = around(text, start);
    Some(Negated {
        place: start..end,
        what,
        whose,
        elsewhere,
    })
}

/// The words that follow one, up to the next break.
fn in_clause<'a>(words: &'a [Word<'a>], at: usize) -> impl Iterator<Item = &'a Word<'a>> {
    let behind = words[at + 1..].iter();
    behind.scan(words[at].place.end, |end, word| {
        let follows = *end == word.place.start;
        *end = word.place.end;
        follows.then_some(word)
    })
}

/// The clause in which a character stands, up to there, and the other clauses.
fn around(text: &str, character: usize) -> (&str, Vec<&str>) {
    let (mut end, mut before, mut others) = (0, "", Vec::new());
    for clause in text.split(is_separator) {
        let start = end;
        end += clause.chars().count() + 1;
        if (start..end).contains(&character) {
            let characters = clause.char_indices();
            let at = characters.map(|(at, _)| at).nth(character - start);
            before = &clause[..at.unwrap_or(clause.len())];
        } else {
            others.push(clause);
        }
    }
    (before, others)
}
