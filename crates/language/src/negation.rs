//! Negations in a text, and whether only one of two texts has one: embeddings hardly tell 能退货 from 不能退货.
//!
//! A hint that is wrong is worse than one that is missing: words that deny in other ways (忘了 for 不记得) answer a negation.

mod answers;
mod clauses;
mod joined;
mod lists;
mod rhetorical;
mod said;
mod scope;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use self::answers::{answers, denied, without};
use self::lists::{
    COURTESIES, NAMES_WITH_BIE, NEGATIONS, NO_NEGATIONS, NO_NEGATIONS_OF_ENGLISH, NOUNS_WITH_FEI,
    PROHIBITIONS,
};
use self::said::Told;
use crate::traditional::simplified;
use crate::words::{Word, is_han, is_in_dictionary, phrases};

/// Most words of the dictionary that one expression of [`NO_NEGATIONS`] is cut into.
const MOST_PARTS: usize = 4;

/// Expressions that do not negate although a negation is in them; each word of a text is looked up with its neighbours.
static HARMLESS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| NO_NEGATIONS.iter().chain(COURTESIES).copied().collect());

/// Words that negate by themselves.
static NEGATING: LazyLock<HashSet<&str>> = LazyLock::new(|| NEGATIONS.iter().copied().collect());

/// Words behind a statement in which what makes a question of it is looked for: further away it asks about something else.
const MOST_AHEAD: usize = 40;

/// The negating words of a text, as they stand there. A question (能不能, 是不是) and a pair that cancels itself out
/// (不能不) negate nothing.
pub fn negations(text: &str) -> Vec<&str> {
    let simplified = simplified(text);
    let words = asserted(&simplified);
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |character: usize| *bytes.get(character).unwrap_or(&text.len());
    let found = negating(&words).into_iter();
    let as_given = |at: usize| {
        let Range { start, end } = words[at].place;
        &text[byte(start)..byte(end)]
    };
    found.map(as_given).collect()
}

/// Which words of a text negate and are not cancelled.
fn negating(words: &[Word<'_>]) -> Vec<usize> {
    let all: Vec<&str> = words.iter().map(|word| word.text).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let negates_here = negates(&all, at);
        let cancelled = negates_here.then(|| cancelled_by(&all, at));
        let cancelled = cancelled.flatten().filter(|&by| is_joined(words, at, by));
        if negates_here && cancelled.is_none() {
            found.push(at);
        }
        at = cancelled.unwrap_or(at) + 1;
    }
    found
}

/// Whether nothing stands between the words from one to another: 打不开，看不到 are two negations.
fn is_joined(words: &[Word<'_>], from: usize, to: usize) -> bool {
    let mut pairs = words[from..=to].windows(2);
    pairs.all(|pair| pair[0].place.end == pair[1].place.start)
}

/// The word that turns a negation round: 不能|不, 没有|人|不, 非|去|不可.
fn cancelled_by(words: &[&str], at: usize) -> Option<usize> {
    let is_negative = |i: usize| i < words.len() && negates(words, i);
    let nobody = matches!(
        words.get(at + 1),
        Some(&("人" | "谁" | "哪" | "哪个" | "哪家" | "哪位" | "一个" | "一人" | "任何" | "什么"))
    );
    let must = |i: &usize| matches!(words.get(*i), Some(&("不可" | "不行" | "不成" | "莫属")));
    let helper = matches!(
        words.get(at + 1),
        Some(&("可能" | "会" | "能" | "敢" | "该" | "应该" | "可以" | "肯" | "愿意"))
    );
    match words[at] {
        // 我不可能不去.
        "不" if helper && is_negative(at + 2) => Some(at + 2),
        // 你不去不行.
        "非" | "不" => (at + 2..at + 6).find(must),
        _ if is_negative(at + 1) => Some(at + 1),
        // 没有人不知道, 没有哪家店不收.
        "没有" | "没" if nobody => (at + 2..at + 2 + MOST_PARTS).find(|&i| is_negative(i)),
        _ => None,
    }
}

/// The words of a text, without those that make a question of it at its end.
fn asserted(text: &str) -> Vec<Word<'_>> {
    let characters: Vec<char> = text.chars().collect();
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |character: usize| *bytes.get(character).unwrap_or(&text.len());
    let word_at = |place: Range<usize>| Word {
        text: &text[byte(place.start)..byte(place.end)],
        place,
    };
    let words = phrases(text);
    let mut asserted: Vec<Word<'_>> = Vec::new();
    let mut rest = &words[..];
    while let Some((word, behind)) = rest.split_first() {
        let Range { start, end } = word.place;
        if let Some((end, count)) = negated_word(rest) {
            asserted.extend([word_at(start..start + 1), word_at(start + 1..end)]);
            rest = &rest[count..];
            continue;
        }
        rest = behind;
        match (word.text, behind.first()) {
            // 是非 is gossip, but 是非易燃品 is 是|非易燃品.
            ("是非", Some(next)) if is_noun_of_three(next.text) => {
                asserted.push(word_at(start + 1..end))
            }
            _ if asks(word, &characters) => {}
            // The dictionary has 不能转让 as one.
            (whole, _) if is_in_dictionary(whole.strip_prefix("不能").unwrap_or_default()) => {
                asserted.extend([word_at(start..start + 2), word_at(start + 2..end)]);
            }
            _ => asserted.push(word.clone()),
        }
    }
    asserted
}

/// Where a negation and a word end that the dictionary takes for an expression and another word (没收|到 is 没|收到), and how
/// many words it makes of them.
fn negated_word(words: &[Word<'_>]) -> Option<(usize, usize)> {
    let is_one = |word: &Word<'_>| word.place.len() == 1;
    // Two characters, as one word or as two.
    let count = if is_one(words.first()?) { 2 } else { 1 };
    let (head, next) = (words.get(..count)?, words.get(count)?);
    let is_expression = count == 1 || head.iter().all(is_one);
    let known = || {
        joined::is_negation_of_word(
            &head.iter().map(|word| word.text).collect::<String>(),
            next.text,
        )
    };
    (is_expression && is_joined(words, 0, count) && known()).then_some((next.place.end, count + 1))
}

/// What 非 makes an adjective of: 非|易燃品, but 是非|对错.
fn is_noun_of_three(word: &str) -> bool {
    word.chars().count() >= 3 && word.chars().all(is_han)
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
        None => before == Some('了') || affirms_having(&text[..word.place.start]),
        Some(next) => matches!(next, '?' | '？'),
    }
}

/// Whether a text says that something is there: 还有货 in front of 没有.
fn affirms_having(text: &[char]) -> bool {
    let is_affirmed = |(at, c): (usize, &char)| *c == '有' && !text[..at].ends_with(&['没']);
    text.iter().enumerate().any(is_affirmed)
}

/// Negating words of two texts that do not negate the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NegationDifference {
    /// Only the first text negates, by these words.
    OnlyA(Vec<String>),
    /// Only the second text negates, by these words.
    OnlyB(Vec<String>),
    /// Both negate, but each what the other affirms (能打电话，不能上网 and 能上网，不能打电话); the words with what they negate.
    Swapped {
        /// In the first text.
        a: String,
        /// In the second text.
        b: String,
    },
}

/// How the negations of two texts differ; `None`: both negate the same, or neither does, or what one negates the other does
/// not say.
pub fn negation_difference(a: &str, b: &str) -> Option<NegationDifference> {
    let (text_a, text_b) = (simplified(a), simplified(b));
    let (told_a, told_b) = (Told::new(&text_a), Told::new(&text_b));
    let words = |text: &str, places: Vec<Range<usize>>| -> Option<Vec<String>> {
        let mut words: Vec<String> = places
            .into_iter()
            .map(|place| characters(text, place))
            .collect();
        words.dedup();
        (!words.is_empty()).then_some(words)
    };
    match (told_a.negates(), told_b.negates()) {
        (true, false) if !answers(&text_b, &text_a) => {
            words(a, told_a.denials_of(&told_b)).map(NegationDifference::OnlyA)
        }
        (false, true) if !answers(&text_a, &text_b) => {
            words(b, told_b.denials_of(&told_a)).map(NegationDifference::OnlyB)
        }
        (false, false) => {
            let denies =
                |text: &str, other: &str| denied(text, other).or_else(|| without(text, other));
            let named =
                |given: &str, text: &str, word: &str| Some(vec![as_given(given, text, word)?]);
            let of_a = denies(&text_a, &text_b).and_then(|word| named(a, &text_a, &word));
            let of_b = || denies(&text_b, &text_a).and_then(|word| named(b, &text_b, &word));
            of_a.map(NegationDifference::OnlyA)
                .or_else(|| of_b().map(NegationDifference::OnlyB))
        }
        (true, true) => crosswise((a, &told_a), (b, &told_b)),
        _ => None,
    }
}

/// How two texts differ that both negate: each what the other affirms, or one of them something that the other affirms.
fn crosswise(a: (&str, &Told<'_>), b: (&str, &Told<'_>)) -> Option<NegationDifference> {
    if let Some([of_a, of_b]) = scope::swapped(a.1.given, b.1.given) {
        return Some(NegationDifference::Swapped {
            a: characters(a.0, of_a),
            b: characters(b.0, of_b),
        });
    }
    let word = |text: &str, place| vec![characters(text, place)];
    if let Some(place) = a.1.unmet_condition(b.1) {
        return Some(NegationDifference::OnlyA(word(a.0, place)));
    }
    if let Some(place) = b.1.unmet_condition(a.1) {
        return Some(NegationDifference::OnlyB(word(b.0, place)));
    }
    // 禁止未成年人进入 and 未成年人不得入内 forbid the same.
    if a.1.forbids() && b.1.forbids() {
        return None;
    }
    let of_a =
        a.1.contradiction_of(b.1)
            .map(|place| NegationDifference::OnlyA(word(a.0, place)));
    of_a.or_else(|| {
        b.1.contradiction_of(a.1)
            .map(|place| NegationDifference::OnlyB(word(b.0, place)))
    })
}

/// A word of the simplified text as it stands in the given one, which has as many characters.
fn as_given(given: &str, simplified: &str, word: &str) -> Option<String> {
    let start = simplified[..simplified.find(word)?].chars().count();
    Some(characters(given, start..start + word.chars().count()))
}

fn characters(text: &str, place: Range<usize>) -> String {
    text.chars().skip(place.start).take(place.len()).collect()
}

fn negates(words: &[&str], at: usize) -> bool {
    let lower = words[at].to_lowercase();
    is_negation(&lower)
        && !is_part_of_phrase(words, at)
        && !is_harmless_in_english(words, at)
        && !is_question(words, at)
        && !is_courteous(words, at)
        && !is_empty_word(words, at)
        && !is_rhetorical(words, at)
        && !is_concession(words, at)
        && !is_bound(words, at)
}

/// 别看他年纪小, 别说是我, 别管谁来, 别提多好看了: although, let alone, whoever, and how; 别看手机 forbids.
fn is_concession(words: &[&str], at: usize) -> bool {
    let rest = &words[at..words.len().min(at + MOST_PARTS)];
    let (verb, behind) = match *rest {
        [word @ ("别看" | "别说" | "别提" | "别管"), ..] => (&word[3..], rest.get(1)),
        ["别", verb @ ("看" | "说" | "提" | "管"), ..] => (verb, rest.get(2)),
        _ => return false,
    };
    let of_person = [
        "他", "她", "它", "我", "你", "您", "咱", "人家", "这", "那", "是",
    ];
    let of_question = ["谁", "什么", "怎么", "多", "几", "哪", "如何", "有"];
    let begins = |beginnings: &[&str]| {
        behind.is_none_or(|word| beginnings.iter().any(|b| word.starts_with(b)))
    };
    match verb {
        "看" => begins(&of_person),
        "说" => {
            begins(&of_person)
                || words[at..]
                    .iter()
                    .any(|word| matches!(*word, "也" | "都" | "连"))
        }
        "提" => begins(&of_question) || behind == Some(&"了"),
        _ => begins(&of_question) || behind.is_some_and(|word| of_person[..7].contains(word)),
    }
}

/// 不出三天, 不到三天: within three days.
fn is_bound(words: &[&str], at: usize) -> bool {
    let counts = |word: &&str| {
        word.starts_with(|c: char| {
            c.is_ascii_digit() || "一二两三四五六七八九十百千半几".contains(c)
        })
    };
    match (words[at], words.get(at + 1)) {
        ("不出", next) => next.is_some_and(counts),
        ("不", Some(&"出")) => words.get(at + 2).is_some_and(counts),
        _ => false,
    }
}

/// 怎么可能不喜欢, 难道不好吗: who asks so affirms.
fn is_rhetorical(words: &[&str], at: usize) -> bool {
    let before = &words[at.saturating_sub(MOST_PARTS)..at];
    let doubts = |word: &&str| {
        matches!(
            *word,
            "难道" | "莫非" | "怎能" | "岂能" | "哪能" | "岂会" | "怎么可能"
        )
    };
    before.iter().any(doubts)
        || before.ends_with(&["怎么", "可能"])
        || before.ends_with(&["谁", "说"])
        // 谁不想赢.
        || before.last() == Some(&"谁")
            && ["不想", "不爱", "不喜欢", "不愿", "不愿意", "不希望"].contains(&words[at])
}

/// A negation that says no more than the text does without it: 没下雨之前 is 下雨之前, 小心别摔了 is 小心摔了, and 没有比这更好
/// says which is best.
fn is_empty_word(words: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).map(|i| words[i]);
    let mut ahead = words[at + 1..].iter().take(MOST_PARTS);
    match words[at] {
        "没" | "没有" if words.get(at + 1) == Some(&"比") => true,
        "没" | "没有" | "未" | "还没" => ahead.any(|word| matches!(*word, "之前" | "以前")),
        "别" => matches!(before, Some("小心" | "当心")),
        _ => false,
    }
}

/// Whether the word is part of an expression that does not negate, however the dictionary cuts it (没准|儿).
fn is_part_of_phrase(words: &[&str], at: usize) -> bool {
    let from = (at + 1).saturating_sub(MOST_PARTS)..=at;
    from.into_iter().any(|from| {
        let ends = at..(from + MOST_PARTS).min(words.len());
        ends.into_iter().any(|end| {
            let phrase = words[from..=end].concat();
            HARMLESS.contains(phrase.as_str())
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
    if HARMLESS.contains(word) || behind_first.is_some_and(|w| HARMLESS.contains(w)) {
        return false;
    }
    // Longer ones are idioms (不可思议).
    let is_short = word.chars().count() <= 3;
    NEGATING.contains(word)
        || word.starts_with(['不', '没', '未']) && is_short
        || word.ends_with("n't")
        || word.ends_with("n’t")
        || PROHIBITIONS.iter().any(|w| word.starts_with(w))
        || forbids(word)
        || excludes(word)
        || is_impossible(word)
}

/// 别关, 别忘了: don't, with a verb; not 别墅 and 别人, nor names (别克).
fn forbids(word: &str) -> bool {
    word.starts_with('别')
        && word.chars().count() <= 4
        && !NAMES_WITH_BIE.iter().any(|name| word.starts_with(name))
}

/// 非会员: a noun or an adjective with "not" in front; not 非洲人 and 非常.
fn excludes(word: &str) -> bool {
    word.strip_prefix('非').is_some_and(|what| {
        what.chars().count() >= 2
            && is_in_dictionary(what)
            && !NOUNS_WITH_FEI.iter().any(|noun| word.starts_with(noun))
    })
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
        ("不知道" | "不知" | "不清楚" | "不会" | "不懂" | "不明白", _)
        | ("不", Some("知道" | "清楚")) => rest.iter().any(asks),
        ("不是" | "不就是", _) | ("不", Some("是" | "就" | "就是")) => {
            rhetorical::asks_for_assent(rest)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
