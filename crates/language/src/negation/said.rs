//! Whether another text says what a negation negates: 不想要了 denies nothing of 怎么申请退货.

mod conditions;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lists::{FORBIDDING, PROHIBITIONS};
use super::scope::HELPERS;
use super::{NEGATING, asserted, clauses, negating};
use crate::words::{Word, is_han};

/// Words between a negation and what it negates that say little by themselves, beside [`HELPERS`].
#[rustfmt::skip]
const LIGHT: &[&str] = &[
    "了", "过", "着", "的", "地", "吗", "呢", "吧", "啊", "呀", "么", "嘛", "对", "向", "从", "由", "将", "和", "与", "同", "以", "为",
    "于", "往", "按", "都", "也", "还", "又", "就", "只", "全", "真", "够", "这么", "那么", "完全", "一直", "经常", "特别", "任何",
    "什么", "谁", "人", "我", "你", "您", "他", "她", "它", "我们", "你们", "他们", "大家", "这", "那", "这个", "那个", "一", "个", "一个",
    "支持", "提供", "允许", "接受", "进行", "打算", "计划", "必须", "必要",
    "a", "an", "any", "the", "to", "be", "been", "have", "has", "had", "is", "are", "was", "were", "do", "does", "did", "can", "could",
    "will", "would", "should", "it", "i", "you", "we", "they", "he", "she", "this", "that", "my", "your", "of", "in", "on", "at",
    "for", "with", "there",
];

/// What one may or can: each answers any other (不可以 and 能).
const ABLE: &[&str] = &["能", "可以", "可", "会", "行", "得", "许", "准", "让"];

/// What comes of a verb and says little by itself: 买|不|到.
const RESULTS: &str = "了到着掉住完起动成来去上下出过得开进";

/// A text in which what another one negates is looked for.
pub(super) struct Told<'a> {
    pub(super) given: &'a str,
    /// In small letters.
    text: String,
    words: Vec<Word<'a>>,
    characters: HashSet<char>,
    /// The words of the text that negate.
    negations: Vec<usize>,
}

/// Words behind a negation among which is what it negates.
const MOST_BEHIND: usize = 8;

/// Different negations that are held against another text, and words of texts that are looked through for contradictions: of
/// longer ones nobody is told.
const MOST_NEGATIONS: usize = 100;
const MOST_WORDS: usize = 300;

/// What a negation negates.
struct Negated {
    /// A verb, an adjective or a noun; of several words those that say little, where nothing follows them.
    what: String,
    /// What it is done to, where that follows.
    object: Option<String>,
    /// It only says that something is wanted, possible, allowed.
    is_light: bool,
}

impl<'a> Told<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let words = asserted(text);
        Self {
            given: text,
            text: text.to_lowercase(),
            negations: negating(&words),
            characters: text.to_lowercase().chars().collect(),
            words,
        }
    }

    pub(super) fn negates(&self) -> bool {
        !self.negations.is_empty()
    }

    /// Which of its negating words negate what the other text says.
    pub(super) fn denials_of(&self, other: &Self) -> Vec<Range<usize>> {
        let mut known = HashMap::new();
        let mut denies = |at: usize| {
            let negated = self.negated(at)?;
            let is_new = known.len() < MOST_NEGATIONS;
            match known.entry((negated.what.clone(), negated.object.clone())) {
                Entry::Occupied(known) => Some(*known.get()),
                Entry::Vacant(place) => is_new.then(|| *place.insert(other.says(&negated))),
            }
        };
        let denying = self
            .negations
            .iter()
            .filter(|at| denies(**at) == Some(true));
        denying.map(|&at| self.words[at].place.clone()).collect()
    }

    /// The first of its negations of which the other text, which negates something else, affirms what they negate: 我不喜欢辣，也不吃葱
    /// and 我喜欢辣，不吃葱.
    pub(super) fn contradiction_of(&self, other: &Self) -> Option<Range<usize>> {
        if self.words.len().max(other.words.len()) > MOST_WORDS {
            return None;
        }
        let contradicts = |&&at: &&usize| {
            let negated = self.negated(at);
            negated.is_some_and(|negated| {
                let is_told = negated.what.chars().count() > 1 && !negated.is_light;
                is_told && !self.affirms(&negated) && other.affirms(&negated)
            })
        };
        let at = self.negations.iter().find(contradicts)?;
        Some(self.words[*at].place.clone())
    }

    /// Whether one of its negating words forbids.
    pub(super) fn forbids(&self) -> bool {
        let forbid = |&at: &usize| {
            let word = self.words[at].text;
            FORBIDDING
                .iter()
                .any(|forbidding| word.starts_with(forbidding))
        };
        self.negations.iter().any(forbid)
    }

    /// What one of its negating words negates; `None` where nothing stands there that it could.
    fn negated(&self, at: usize) -> Option<Negated> {
        let word = self.words[at].text.to_lowercase();
        let mut behind: Vec<String> = self
            .behind(at)
            .map(|word| word.text.to_lowercase())
            .collect();
        let reason = clauses::reason(&behind);
        behind.truncate(reason.unwrap_or(behind.len()));
        if let Some(verb) = self.verb_of_result(at, &word, behind.first()) {
            let object = behind
                .into_iter()
                .find(|word| !is_light(word) && !is_result(word));
            let what = verb;
            return Some(Negated {
                what,
                object,
                is_light: false,
            });
        }
        let inside = inside(&word);
        let light: String = std::iter::once(inside.clone())
            .chain(behind.iter().cloned())
            .take_while(|word| is_light(word))
            .filter(|word| !is_particle(word))
            .collect();
        if reason.is_some() && clauses::is_wish(&light, &word) {
            return None;
        }
        let mut telling = std::iter::once(inside)
            .chain(clauses::without_directions(behind))
            .filter(|word| !is_light(word));
        let (what, is_light) = match telling.next() {
            Some(what) => (what, false),
            None if light.is_empty() && reason.is_some() => return None,
            None if light.is_empty() => (self.in_front(at)?, false),
            None => (light, true),
        };
        Some(Negated {
            what,
            object: telling.next(),
            is_light,
        })
    }

    /// The verb of which nothing comes: the 买 of 买不到 and of 买|不|到.
    fn verb_of_result(&self, at: usize, word: &str, next: Option<&String>) -> Option<String> {
        let characters: Vec<char> = word.chars().collect();
        if let [verb, '不', result] = characters[..] {
            let is_light = RESULTS.contains(result) && result != '开';
            return Some(if is_light {
                verb.into()
            } else {
                [verb, result].iter().collect()
            });
        }
        let before = self.words.get(at.checked_sub(1)?)?;
        let is_adjacent = before.place.end == self.words[at].place.start;
        let is_result = word == "不" && next.is_some_and(|next| is_result(next));
        let is_verb = before.place.len() == 1 && !is_light(before.text);
        // 绑定|不了: no word but a verb stands there.
        if is_adjacent && word == "不了" && !is_light(before.text) {
            return Some(before.text.to_owned());
        }
        (is_adjacent && is_result && is_verb).then(|| before.text.to_owned())
    }

    /// The word in front of one that says something, in its clause if there is one: the 审批 of 审批还没过.
    fn in_front(&self, at: usize) -> Option<String> {
        let mut before = self.words[self.clause_of(at)..at].iter().rev();
        let telling = before.find(|word| !is_light(word.text));
        let next = || self.words.get(at.checked_sub(1)?);
        Some(telling.or_else(next)?.text.to_lowercase())
    }

    /// The words behind one, up to the next break.
    fn behind(&self, at: usize) -> impl Iterator<Item = &Word<'a>> {
        let behind = self.words[at + 1..].iter().take(MOST_BEHIND);
        behind.scan(self.words[at].place.end, |end, word| {
            let follows = follows(*end, word);
            *end = word.place.end;
            follows.then_some(word)
        })
    }

    /// Whether it has what is negated, done to the same thing if it says to which.
    fn says(&self, negated: &Negated) -> bool {
        let Negated {
            what,
            object,
            is_light,
        } = negated;
        if *is_light {
            let is_able = ABLE.contains(&what.as_str());
            return self.text.contains(what.as_str())
                || is_able && ABLE.iter().any(|able| self.text.contains(able));
        }
        let places = self.places(what);
        let is_of_object = |object: &String| {
            self.shares(object) || places.iter().any(|&at| self.telling_behind(at).is_none())
        };
        // 适合 and 合适, 发货 and 发了货.
        let is_scattered =
            || is_longer_han(what) && what.chars().all(|c| self.characters.contains(&c));
        (!places.is_empty() || is_scattered()) && object.as_ref().is_none_or(is_of_object)
    }

    /// Whether it says what is negated, with no negation in front, and does not ask.
    fn affirms(&self, negated: &Negated) -> bool {
        let is_said = self.says(negated);
        let affirmed = |&at: &usize| {
            let start = self.clause_of(at);
            let is_negated = self.negations.iter().any(|n| (start..=at).contains(n));
            let is_negated = is_negated || self.comes_to_nothing(at);
            let asks = self.words[start..].iter().any(|word| {
                ["吗", "么", "怎么", "如何", "什么", "为什么", "是否"].contains(&word.text)
            });
            // Before a contract is signed it is not.
            let is_to_come = self
                .words
                .get(at + 1)
                .is_some_and(|word| ["前", "之前", "以前"].contains(&word.text));
            !is_negated && !asks && !is_to_come
        };
        is_said && self.places(&negated.what).iter().any(affirmed)
    }

    /// Whether right behind a word stands that nothing comes of it: 登录|不|上, 播放|不了, 提交|没|成功, 提现|提不出来.
    fn comes_to_nothing(&self, at: usize) -> bool {
        let negation = at + 1;
        let ends_at = |at: usize| self.words[at].place.end;
        let starts_at = |at: usize| self.words.get(at).map(|word| word.place.start);
        if starts_at(negation) != Some(ends_at(at)) {
            return false;
        }
        if self.is_begun_again(at) {
            return true;
        }
        if !self.negations.contains(&negation) {
            return false;
        }
        let inside = inside(self.words[negation].text);
        match inside.is_empty() {
            false => is_outcome(&inside),
            true => {
                starts_at(negation + 1) == Some(ends_at(negation))
                    && is_outcome(self.words[negation + 1].text)
            }
        }
    }

    /// Whether a verb is said once more behind it, by its first character and with a negation: 提现|提不|出来.
    fn is_begun_again(&self, at: usize) -> bool {
        let behind = self.words[at + 1..].iter().take(2).map(|word| word.text);
        let behind: String = behind.collect();
        let first = self.words[at].text.chars().next();
        let mut behind = behind.chars();
        behind.next() == first && behind.next() == Some('不')
    }

    /// The first word of the clause of one.
    fn clause_of(&self, at: usize) -> usize {
        let is_first = |i: &usize| !follows(self.words[*i - 1].place.end, &self.words[*i]);
        (1..=at).rev().find(is_first).unwrap_or(0)
    }

    /// The words of it that end with what is negated, or are or begin with it.
    fn places(&self, what: &str) -> Vec<usize> {
        let words = self.words.iter().enumerate();
        let is_it = |word: &str, at: usize| match is_longer_han(what) {
            // The dictionary may cut it in two.
            true => {
                let is_begin = word.chars().count() > 1 && what.starts_with(word);
                word.contains(what) || is_begin || self.ends_at(what, at)
            }
            false if what.contains(is_han) => {
                word.chars().count() <= 3 && (word.ends_with(what) || word.starts_with(what))
            }
            false => is_form_of(word, what),
        };
        let found = words.filter(|(at, word)| is_it(&word.text.to_lowercase(), *at));
        found.map(|(at, _)| at).collect()
    }

    /// Whether the words up to one, which belong together, end with what is negated.
    fn ends_at(&self, what: &str, at: usize) -> bool {
        let from = at.saturating_sub(1);
        let is_joined = self.words[from].place.end == self.words[at].place.start;
        let joined = [self.words[from].text, self.words[at].text].concat();
        is_joined && joined.ends_with(what)
    }

    /// Whether something that tells follows a word in its clause.
    fn telling_behind(&self, at: usize) -> Option<&Word<'a>> {
        let mut behind = self.behind(at);
        behind.find(|word| !is_light(word.text) && !is_result(word.text))
    }

    fn shares(&self, object: &str) -> bool {
        match object.contains(is_han) {
            true => object.chars().any(|c| self.characters.contains(&c)),
            false => self
                .words
                .iter()
                .any(|word| is_form_of(&word.text.to_lowercase(), object)),
        }
    }
}

/// Whether nothing but a blank between words of English stands before a word, behind what ends there.
fn follows(end: usize, word: &Word<'_>) -> bool {
    let blank = usize::from(!word.text.contains(is_han));
    (end..=end + blank).contains(&word.place.start)
}

/// What a negating word has of what it negates: the 会员 of 非会员, nothing of 尚未.
fn inside(word: &str) -> String {
    if word == "没有" || word == "不是" {
        return word.chars().skip(1).collect();
    }
    let prohibition = PROHIBITIONS
        .iter()
        .filter_map(|head| word.strip_prefix(head));
    let shortest = prohibition.min_by_key(|rest| rest.len());
    match shortest {
        _ if NEGATING.contains(word) || !word.contains(is_han) => String::new(),
        Some(rest) => rest.to_owned(),
        None => word
            .trim_start_matches(['不', '没', '别', '未', '无', '非', '勿', '莫'])
            .to_owned(),
    }
}

fn is_light(word: &str) -> bool {
    word.is_empty() || HELPERS.contains(&word) || LIGHT.contains(&word)
}

/// Whether a word says nothing at all by itself.
fn is_particle(word: &str) -> bool {
    [
        "了", "过", "着", "的", "地", "吗", "呢", "吧", "啊", "呀", "么", "嘛",
    ]
    .contains(&word)
}

fn is_result(word: &str) -> bool {
    let mut characters = word.chars();
    let is_one = characters.next().is_some_and(|c| RESULTS.contains(c));
    is_one && characters.next().is_none()
}

/// Whether a word says what comes of a verb: the 出来 of 加载不出来.
fn is_outcome(word: &str) -> bool {
    word == "成功" || !word.is_empty() && word.chars().all(|c| RESULTS.contains(c))
}

fn is_longer_han(what: &str) -> bool {
    what.chars().count() > 1 && what.chars().all(is_han)
}

/// Whether two words of English are forms of one: works and worked, opened and open.
fn is_form_of(word: &str, other: &str) -> bool {
    word == other || stem(word).len() > 2 && stem(word) == stem(other)
}

fn stem(word: &str) -> &str {
    let ends = ["ing", "ed", "s"].iter();
    let found = ends.filter(|_| !word.ends_with("ss"));
    let stem = found.filter_map(|end| word.strip_suffix(end)).next();
    stem.unwrap_or(word).trim_end_matches('e')
}
