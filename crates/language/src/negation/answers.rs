//! What says the same as a negation without one, and what is the contrary of an expression.

use std::collections::HashSet;

use super::joined;
use super::lists::{ANTONYMS, COURTESIES, DENIALS, FIXED};
use crate::words::{is_han, phrases};

/// Characters of the shortest idiom that may deny by a character in it: 一窍不通.
const SHORTEST_IDIOM: usize = 4;

/// Whether a text without negation may say what the other says with one: by a word that denies in itself, or by a fixed
/// expression (没问题 for 没有问题).
pub(super) fn answers(text: &str, negative: &str) -> bool {
    let (words, there) = (lower_words(text), negative.to_lowercase());
    let denies = |denial: &&str| {
        says(text, &words, denial) && !there.contains(denial.trim_end_matches('了'))
    };
    let is_fixed = |(fixed, affirmed): (&str, &str)| {
        let subject = affirmed.trim_start_matches('有');
        // 无线 in both says nothing.
        let is_told = !fixed.starts_with('无') || !negative.contains(fixed);
        text.contains(fixed) && is_told && negative.contains(subject)
    };
    let is_antonym = |(phrases, antonyms): &(&[&str], &[&str])| {
        let has = |phrase: &&str| negative.contains(*phrase) && !text.contains(*phrase);
        let says_so = |word: &&str| text.contains(*word) && !negative.contains(*word);
        phrases.iter().any(has) && antonyms.iter().any(says_so)
    };
    DENIALS.iter().any(denies)
        || fixed_expressions().any(is_fixed)
        || ANTONYMS.iter().any(is_antonym)
        || words
            .iter()
            .any(|word| is_denying_idiom(word) && !negative.contains(word.as_str()))
}

/// An idiom with a negation or numerals inside, which may say what the other text says with a negation: 一窍不通 and 完全不懂,
/// 三心二意 and 不专心.
fn is_denying_idiom(word: &str) -> bool {
    let is_long = word.chars().count() >= SHORTEST_IDIOM && word.chars().all(is_han);
    is_long && word.contains(|c| "不没无未莫勿非一二三四五六七八九十百千万半".contains(c))
}

/// The expression of a text that is a negation since the other has the word without it: 不停更 where the other has 停更.
pub(super) fn without(text: &str, other: &str) -> Option<String> {
    let (words, there) = (phrases(text), phrases(other));
    let starts: HashSet<usize> = there.iter().map(|word| word.place.start).collect();
    let begins_word = |bare: &str| {
        let before = other.find(bare).map(|at| other[..at].chars().count());
        before.is_some_and(|characters| starts.contains(&characters))
    };
    let mut known = HashSet::new();
    let found = joined::joined(&words)
        .filter(|(_, bare)| known.insert(bare.clone()))
        .find(|(_, bare)| affirms(other, bare) && !affirms(text, bare) && begins_word(bare));
    found.map(|(negated, _)| negated)
}

/// Whether a text says something without a negation in front.
fn affirms(text: &str, affirmed: &str) -> bool {
    let mut places = text.match_indices(affirmed);
    places.any(|(at, _)| !is_negated(&text[..at]))
}

/// Fixed expressions and courtesies, with what says the contrary: 没问题 and 有问题, 别忘 and 忘.
fn fixed_expressions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let negations = [
        "不用", "不必", "不要", "无需", "无须", "别", "甭", "不", "勿", "莫",
    ];
    let contrary = move |courtesy: &'static &'static str| {
        let affirmed = negations
            .iter()
            .find_map(|word| courtesy.strip_prefix(word));
        affirmed.map(|affirmed| (*courtesy, affirmed))
    };
    let courtesies = COURTESIES.iter().filter_map(contrary);
    FIXED.iter().copied().chain(courtesies)
}

/// Whether a text has a word; one of several Chinese characters also inside longer words (价格便宜).
fn says(text: &str, words: &HashSet<String>, word: &str) -> bool {
    let is_clear = word.chars().count() > 1 && word.chars().all(is_han);
    let is_in = |other: &String| {
        let rest = other.strip_suffix(word);
        let is_of_degree = rest.is_some_and(|rest| DEGREES.contains(&rest));
        is_of_degree || VERBS_OF_LOSS.contains(&word) && other.starts_with(word)
    };
    is_clear && text.contains(word) || words.contains(word) || words.iter().any(is_in)
}

/// In front of adjectives the dictionary has words of the two: 很少.
const DEGREES: &[&str] = &["很", "太", "挺", "真", "更", "最", "较", "极", "非常"];

/// Of which the dictionary makes words with what follows: 忘带.
const VERBS_OF_LOSS: &[&str] = &["忘", "丢", "漏", "缺", "坏"];

fn lower_words(text: &str) -> HashSet<String> {
    let words = phrases(text).into_iter();
    words.map(|word| word.text.to_lowercase()).collect()
}

/// The fixed expression or word of a text of which the other says the contrary: 没问题 against 有问题, 无货 against 有货.
pub(super) fn denied(text: &str, other: &str) -> Option<String> {
    let is_contrary = |&(fixed, affirmed): &(&str, &str)| {
        text.contains(fixed) && !affirms(text, affirmed) && affirms(other, affirmed)
    };
    let is_without = |word: &&str| {
        let what = word.strip_prefix('无').filter(|what| !what.is_empty());
        let has = |what| ["有", "含", "带", "加"].map(|verb| format!("{verb}{what}"));
        what.is_some_and(|what| has(what).iter().any(|has| affirms(other, has)))
    };
    let fixed = fixed_expressions()
        .find(is_contrary)
        .map(|(fixed, _)| fixed);
    let without = || {
        // Each is looked for once: a text may say the same ten thousand times.
        let mut known = HashSet::new();
        let words = phrases(text).into_iter().map(|word| word.text);
        words.filter(|word| known.insert(*word)).find(is_without)
    };
    fixed.or_else(without).map(str::to_owned)
}

/// Whether a text ends with a negation of what follows.
fn is_negated(before: &str) -> bool {
    let words = [
        "别", "甭", "不用", "不必", "不要", "无需", "无须", "没有", "不是",
    ];
    before.ends_with(['没', '不', '无', '未', '非'])
        || words.iter().any(|word| before.ends_with(word))
}
