//! What a negation negates.

use super::{NegationDifference, asserted, negating};
use crate::words::Word;

/// Words between a negation and what it negates: 不|能|再|上网.
#[rustfmt::skip]
const HELPERS: &[&str] = &[
    "能", "会", "可以", "可", "要", "用", "需", "需要", "须", "必", "得", "让", "许", "准", "想", "敢", "肯", "愿", "愿意",
    "该", "应该", "应", "太", "是", "有", "再", "曾", "在", "给", "被", "把", "跟", "很", "怎么",
];

/// A negation with what it negates.
struct Negated<'a> {
    /// The negating word as it stands there, and what follows.
    text: String,
    /// What is negated, of one or two words.
    what: String,
    words: Vec<Word<'a>>,
}

/// Whether each of two texts negates once, and each what the other has without a negation.
pub(super) fn swapped(a: &str, b: &str) -> Option<NegationDifference> {
    let (of_a, of_b) = (only_negated(a)?, only_negated(b)?);
    let is_apart = of_a.what != of_b.what;
    let affirms = |other: &Negated<'_>, what: &str| {
        other.words.iter().any(|word| what.starts_with(word.text))
    };
    let is_swapped = b.contains(&of_a.what)
        && a.contains(&of_b.what)
        && affirms(&of_b, &of_a.what)
        && affirms(&of_a, &of_b.what);
    (is_apart && is_swapped).then_some(NegationDifference::Swapped {
        a: of_a.text,
        b: of_b.text,
    })
}

/// What a text negates, if it negates once.
fn only_negated(text: &str) -> Option<Negated<'_>> {
    let words = asserted(text);
    let [at] = negating(&words)[..] else {
        return None;
    };
    let inside = words[at].text.trim_start_matches(['不', '没', '别', '未', '无']);
    let is_whole = |word: &str| !word.is_empty() && !HELPERS.contains(&word) && word != "有";
    let behind = words[at + 1..]
        .iter()
        .scan(words[at].place.end, |end, word| {
            let follows = *end == word.place.start;
            *end = word.place.end;
            follows.then_some(word.text)
        });
    let content: Vec<&str> = behind.skip_while(|word| !is_whole(word)).take(2).collect();
    let what = match (is_whole(inside) && inside != words[at].text, &content[..]) {
        (true, _) => inside.to_owned(),
        (false, []) => return None,
        (false, content) => content.concat(),
    };
    let text = match words[at].text.ends_with(&what) {
        true => words[at].text.to_owned(),
        false => format!("{}{what}", words[at].text),
    };
    Some(Negated { text, what, words })
}
