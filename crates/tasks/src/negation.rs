//! Negations in a text, and whether only one of two texts has one: embeddings hardly tell 能退货 from 不能退货.

use crate::words::{Word, phrases};

/// Words that negate as they stand, of Chinese and of English.
const NEGATIONS: &[&str] = &[
    "不", "没", "没有", "无", "未", "别", "别再", "勿", "莫", "甭", "非", "并非", "绝非", "无法",
    "无需", "无须", "无从", "毫无", "并无", "未能", "未曾", "尚未", "从未", "并未", "还未", "绝不",
    "决不", "毫不", "并不", "从不", "永不", "再不", "从没", "还没", "请勿", "切勿", "禁止", "严禁",
    "no", "not", "never", "without", "cannot", "nor", "neither", "none", "nobody", "nothing",
];

/// Words with 不, 没 or 未 that do not negate.
const NO_NEGATIONS: &[&str] = &[
    "不错",
    "不过",
    "不但",
    "不仅",
    "不仅仅",
    "不单",
    "不光",
    "不只",
    "不止",
    "不管",
    "不论",
    "不断",
    "不少",
    "不久",
    "不由",
    "不由得",
    "不禁",
    "不妨",
    "不如",
    "不料",
    "不愧",
    "不愧为",
    "不愧是",
    "不得不",
    "不能不",
    "不会不",
    "不可不",
    "不得已",
    "不得了",
    "不好意思",
    "不客气",
    "不用谢",
    "不谢",
    "不知不觉",
    "不约而同",
    "不然",
    "不同",
    "不惜",
    "不免",
    "不时",
    "不住",
    "不亦乐乎",
    "不锈钢",
    "没收",
    "没落",
    "没关系",
    "没事",
    "没事儿",
    "没问题",
    "没错",
    "没准",
    "没准儿",
    "未来",
    "未免",
    "未婚",
    "未婚妻",
    "未婚夫",
    "差不多",
    "对不起",
    "了不起",
    "忍不住",
    "禁不住",
    "恨不得",
    "巴不得",
    "怪不得",
    "少不了",
    "免不了",
    "说不定",
    "要不",
    "要不然",
    "时不时",
    "动不动",
    "只不过",
    "毫不犹豫",
    "无不",
    "莫不",
    "从容不迫",
    "目不转睛",
    "川流不息",
    "源源不断",
];

/// The negating words of a text, as they stand there. A question (能不能, 是不是) and a pair that cancels itself out
/// (不能不) negate nothing.
pub fn negations(text: &str) -> Vec<&str> {
    let all = asserted(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let cancels = at + 1 < all.len() && negates(&all, at) && negates(&all, at + 1);
        if !cancels && negates(&all, at) {
            found.push(all[at]);
        }
        at += if cancels { 2 } else { 1 };
    }
    found
}

/// The words of a text, without those that make a question of it at its end (好找不？ 吃了没).
fn asserted(text: &str) -> Vec<&str> {
    let characters: Vec<char> = text.chars().collect();
    let asks = |word: &Word<'_>| {
        let before = word.place.start.checked_sub(1).map(|i| characters[i]);
        let ends = match characters.get(word.place.end) {
            None => before == Some('了'),
            Some(next) => matches!(next, '?' | '？'),
        };
        ends && matches!(word.text, "不" | "没" | "没有")
    };
    let words = phrases(text).into_iter();
    words
        .filter(|word| !asks(word))
        .map(|word| word.text)
        .collect()
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
    let (a, b) = (negations(a), negations(b));
    let owned = |words: Vec<&str>| {
        let mut owned: Vec<String> = words.into_iter().map(str::to_owned).collect();
        owned.dedup();
        owned
    };
    match (a.is_empty(), b.is_empty()) {
        (false, true) => Some(NegationDifference::OnlyA(owned(a))),
        (true, false) => Some(NegationDifference::OnlyB(owned(b))),
        _ => None,
    }
}

fn negates(words: &[&str], at: usize) -> bool {
    let lower = words[at].to_lowercase();
    let next = words.get(at + 1).copied().unwrap_or_default();
    let before = at.checked_sub(1).map_or("", |i| words[i]);
    let phrases = [format!("{lower}{next}"), format!("{before}{lower}")];
    let is_part_of_phrase = phrases.iter().any(|p| NO_NEGATIONS.contains(&p.as_str()));
    let is_not_only = lower == "not" && next.eq_ignore_ascii_case("only");
    is_negation(&lower) && !is_part_of_phrase && !is_not_only && !is_question(words, at)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_negates() {
        for (text, expected) in [
            ("这个不能退货", "不能"),
            ("我没有收到货", "没有"),
            ("还没到呢", "没"),
            ("别告诉她", "别"),
            ("无法登录", "无法"),
            ("不可以", "不"),
            ("尚未发货，请勿催促", "尚未 请勿"),
            ("看不到图片", "看不到"),
            ("I don't like it, never did", "don't never"),
            ("I can’t", "can’t"),
            ("服务不好", "不好"),
            ("什么都没有", "没有"),
        ] {
            assert_eq!(negations(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it() {
        for text in [
            "天气不错，特别好，差不多了",
            "今天天气真不错",
            "味道还不错",
            "别人的未来，没问题",
            "能不能退货",
            "可不可以退货",
            "去不去",
            "有没有货",
            "是不是真的",
            "好不好",
            "你吃了没",
            "工作好找不？在广东",
            "要不换一个",
            "是否支持退货",
            "不得不说",
            "不能不去",
            "无论如何，无线充电",
            "真是不可思议",
            "not only this",
            "",
        ] {
            assert_eq!(negations(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn only_one_side_makes_a_difference() {
        let only = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            negation_difference("能退货", "不能退货"),
            Some(NegationDifference::OnlyB(only(&["不能"])))
        );
        assert_eq!(
            negation_difference("I don't know", "I know"),
            Some(NegationDifference::OnlyA(only(&["don't"])))
        );
        assert_eq!(negation_difference("货还没到", "我没有收到货"), None);
        assert_eq!(negation_difference("能不能退货", "可以退货吗"), None);
    }
}
