//! Negations in a text, and whether only one of two texts has one: embeddings hardly tell 能退货 from 不能退货.
//!
//! A hint that is wrong is worse than one that is missing: words that deny in other ways (忘了 for 不记得) answer a negation.

mod lists;

use std::collections::HashSet;

use self::lists::{DENIALS, FIXED, NEGATIONS, NO_NEGATIONS, NO_NEGATIONS_OF_ENGLISH};
use crate::words::{Word, is_han, phrases};

/// Most words of the dictionary that one expression of [`NO_NEGATIONS`] is cut into.
const MOST_PARTS: usize = 4;

/// Words behind a statement in which what makes a question of it is looked for: further away it asks about something else.
const MOST_AHEAD: usize = 40;

/// The negating words of a text, as they stand there. A question (能不能, 是不是) and a pair that cancels itself out
/// (不能不) negate nothing.
pub fn negations(text: &str) -> Vec<&str> {
    let all = asserted(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let negates_here = negates(&all, at);
        let cancelled = negates_here.then(|| cancelled_by(&all, at)).flatten();
        if negates_here && cancelled.is_none() {
            found.push(all[at]);
        }
        at = cancelled.unwrap_or(at) + 1;
    }
    found
}

/// The word that turns a negation round: 不能|不, 没有|人|不, 非|去|不可.
fn cancelled_by(words: &[&str], at: usize) -> Option<usize> {
    let is_negative = |i: usize| i < words.len() && negates(words, i);
    let nobody = matches!(words.get(at + 1), Some(&("人" | "谁" | "哪个" | "一个")));
    let must = |i: &usize| matches!(words.get(*i), Some(&("不可" | "不行" | "不成" | "莫属")));
    match words[at] {
        // 你不去不行.
        "非" | "不" => (at + 2..at + 6).find(must),
        _ if is_negative(at + 1) => Some(at + 1),
        _ if nobody && is_negative(at + 2) => Some(at + 2),
        _ => None,
    }
}

/// The words of a text, without those that make a question of it at its end.
fn asserted(text: &str) -> Vec<&str> {
    let characters: Vec<char> = text.chars().collect();
    let words = phrases(text);
    let mut asserted: Vec<&str> = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let next = words.get(i + 1).map(|next| next.text);
        match (word.text, next) {
            // The dictionary knows 没收 (to confiscate), but 没收到 is 没|收到.
            ("没收", Some("到")) => asserted.push(&word.text[..'没'.len_utf8()]),
            _ if asks(word, &characters) => {}
            _ => asserted.push(word.text),
        }
    }
    asserted
}

/// Whether a word at the end makes a question: 好找不, 吃了没, 发货了没有啊.
fn asks(word: &Word<'_>, text: &[char]) -> bool {
    if !matches!(word.text, "不" | "没" | "没有") {
        return false;
    }
    let before = word.place.start.checked_sub(1).map(|i| text[i]);
    let rest = &text[word.place.end..];
    let is_particle = |c: &&char| matches!(c, '啊' | '呀' | '呢');
    let particles = rest.iter().take_while(is_particle).count();
    // 我没, 还没 and 偏不 are answers.
    let answers = |c: char| "我你他她它也还都偏就才决绝".contains(c);
    match rest.get(particles) {
        None if word.text != "没有" => before.is_some_and(|c| !answers(c)),
        None => before == Some('了'),
        Some(next) => matches!(next, '?' | '？'),
    }
}

/// Negating words, where only one of two texts has any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NegationDifference {
    /// Only the first text negates, by these words.
    OnlyA(Vec<String>),
    /// Only the second text negates, by these words.
    OnlyB(Vec<String>),
}

/// Whether only one of two texts negates; `None`: both do, or neither.
pub fn negation_difference(a: &str, b: &str) -> Option<NegationDifference> {
    let (of_a, of_b) = (negations(a), negations(b));
    match (of_a.is_empty(), of_b.is_empty()) {
        (false, true) if !answers(b, a) => Some(NegationDifference::OnlyA(owned(of_a))),
        (true, false) if !answers(a, b) => Some(NegationDifference::OnlyB(owned(of_b))),
        (true, true) => denied(a, b)
            .map(NegationDifference::OnlyA)
            .or_else(|| denied(b, a).map(NegationDifference::OnlyB)),
        _ => None,
    }
}

fn owned(words: Vec<&str>) -> Vec<String> {
    let mut owned: Vec<String> = words.into_iter().map(str::to_owned).collect();
    owned.dedup();
    owned
}

/// Whether a text without negation may say what the other says with one: by a word that denies in itself, or by a fixed
/// expression (没问题 for 没有问题).
fn answers(text: &str, negative: &str) -> bool {
    let (words, there) = (lower_words(text), lower_words(negative));
    let denies = |denial: &&str| says(text, &words, denial) && !says(negative, &there, denial);
    let is_fixed = |(fixed, affirmed): &(&str, &str)| {
        let subject = affirmed.trim_start_matches('有');
        text.contains(fixed) && negative.contains(subject)
    };
    DENIALS.iter().any(denies) || FIXED.iter().any(is_fixed)
}

/// Whether a text has a word; one of several Chinese characters also inside longer words (价格便宜).
fn says(text: &str, words: &[String], word: &str) -> bool {
    let is_clear = word.chars().count() > 1 && word.chars().all(is_han);
    is_clear && text.contains(word) || words.iter().any(|other| other == word)
}

fn lower_words(text: &str) -> Vec<String> {
    let words = phrases(text).into_iter();
    words.map(|word| word.text.to_lowercase()).collect()
}

/// The fixed expression or word of a text of which the other says the contrary: 没问题 against 有问题, 无货 against 有货.
fn denied(text: &str, other: &str) -> Option<Vec<String>> {
    let affirms = |text: &str, affirmed: &str| {
        let mut places = text.match_indices(affirmed);
        places.any(|(at, _)| !text[..at].ends_with(['没', '不', '无', '未']))
    };
    let is_contrary = |(fixed, affirmed): &&(&str, &str)| {
        text.contains(fixed) && !affirms(text, affirmed) && affirms(other, affirmed)
    };
    let is_without = |word: &&str| {
        let what = word.strip_prefix('无').filter(|what| !what.is_empty());
        what.is_some_and(|what| affirms(other, &format!("有{what}")))
    };
    let fixed = FIXED.iter().find(is_contrary).map(|(fixed, _)| *fixed);
    let without = || {
        // Each is looked for once: a text may say the same ten thousand times.
        let mut known = HashSet::new();
        let words = phrases(text).into_iter().map(|word| word.text);
        words.filter(|word| known.insert(*word)).find(is_without)
    };
    fixed.or_else(without).map(|word| vec![word.to_owned()])
}

fn negates(words: &[&str], at: usize) -> bool {
    let lower = words[at].to_lowercase();
    is_negation(&lower)
        && !is_part_of_phrase(words, at)
        && !is_harmless_in_english(words, at)
        && !is_question(words, at)
        && !is_courteous(words, at)
}

/// Whether the word is part of an expression that does not negate, however the dictionary cuts it (没准|儿).
fn is_part_of_phrase(words: &[&str], at: usize) -> bool {
    let from = (at + 1).saturating_sub(MOST_PARTS)..=at;
    from.into_iter().any(|from| {
        let ends = at..(from + MOST_PARTS).min(words.len());
        ends.into_iter().any(|end| {
            let phrase = words[from..=end].concat();
            NO_NEGATIONS.contains(&phrase.as_str())
        })
    })
}

/// No problem, why not, No. 5, and questions (isn't it).
fn is_harmless_in_english(words: &[&str], at: usize) -> bool {
    let lower = |i: Option<usize>| {
        let word = i.and_then(|i| words.get(i)).copied().unwrap_or_default();
        word.to_lowercase().replace('’', "'")
    };
    let (word, next, before) = (
        lower(Some(at)),
        lower(Some(at + 1)),
        lower(at.checked_sub(1)),
    );
    let pairs = [format!("{word} {next}"), format!("{before} {word}")];
    let is_harmless = pairs
        .iter()
        .any(|pair| NO_NEGATIONS_OF_ENGLISH.contains(&pair.as_str()));
    let asks = word.ends_with("n't")
        && matches!(
            next.as_str(),
            "it" | "you" | "he" | "she" | "they" | "we" | "i"
        );
    let is_number = word == "no" && next.starts_with(|c: char| c.is_ascii_digit());
    is_harmless || asks || is_number
}

fn is_negation(word: &str) -> bool {
    // 真不错 is a word of the dictionary, too.
    let behind_first = word.char_indices().nth(1).map(|(at, _)| &word[at..]);
    if NO_NEGATIONS.contains(&word) || behind_first.is_some_and(|w| NO_NEGATIONS.contains(&w)) {
        return false;
    }
    NEGATIONS.contains(&word)
        // Longer ones are idioms (不可思议).
        || word.starts_with(['不', '没']) && word.chars().count() <= 3
        || word.ends_with("n't")
        || word.ends_with("n’t")
        || ["请勿", "切勿", "严禁"].iter().any(|w| word.starts_with(w))
        || is_impossible(word)
}

/// 看不到, 受不了: a verb and what cannot come of it; not 好不好, which asks.
fn is_impossible(word: &str) -> bool {
    let characters: Vec<char> = word.chars().collect();
    matches!(characters[..], [verb, '不', result] if verb != result)
}

/// Whether the word is the middle of a question: 能|不能, 去|不|去, 可|不|可以, 有|没有.
fn is_question(words: &[&str], at: usize) -> bool {
    let word = words[at];
    let Some(before) = at.checked_sub(1).map(|i| words[i]) else {
        return false;
    };
    let bare = word.trim_start_matches(['不', '没']);
    match (bare.is_empty(), words.get(at + 1)) {
        (false, _) if before.starts_with(bare) || bare.starts_with(before) => true,
        (true, Some(next)) => next.starts_with(before),
        _ => false,
    }
}

/// A question that only looks like a statement: 不知道怎么退货, 这不是很好吗.
fn is_courteous(words: &[&str], at: usize) -> bool {
    let rest = &words[at + 1..words.len().min(at + 1 + MOST_AHEAD)];
    let next = rest.first().copied();
    let asks = |word: &&str| {
        let interrogatives = ["怎么", "如何", "什么", "哪", "谁", "多少", "是否", "能不能"];
        interrogatives.iter().any(|asking| word.starts_with(asking))
    };
    match (words[at], next) {
        ("不知道" | "不知" | "不清楚", _) | ("不", Some("知道" | "清楚")) => {
            rest.iter().any(asks)
        }
        ("不是" | "不就是", _) | ("不", Some("是" | "就" | "就是")) => {
            rest.contains(&"吗")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
