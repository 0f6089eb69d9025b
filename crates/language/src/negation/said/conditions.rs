//! Conditions that one text has with a negation and another without, where both deny the same: 未满14天不能退 and 满14天不能退.

use std::ops::Range;

use super::{MOST_WORDS, Told};
use crate::words::is_separator;

/// What denies a condition, the longest first.
const HEADS: [&str; 9] = [
    "还没有",
    "还没",
    "尚未",
    "没有",
    "没",
    "未",
    "不",
    "非",
    "无",
];

/// Words with such a head that negate nothing elsewhere: 员工不满.
const OWN: [&str; 2] = ["未成年", "不满"];

/// Behind 不, what forbids or wishes and denies no condition: 不能, 不用.
const NO_CONDITION: &str = "能可得许准让给会要用该需想是行支允同建";

/// What stands among the words and says nothing.
const LIGHT: &str = "了过着的就也都还时则";

/// Characters by which a condition is known: 满14, 交押金.
const KEY: Range<usize> = 2..4;

impl Told<'_> {
    /// The first negation of a condition that the other text has without one, both followed by a further negation.
    pub(in crate::negation) fn unmet_condition(&self, other: &Self) -> Option<Range<usize>> {
        let text: Vec<char> = self.given.chars().collect();
        let there: Vec<char> = other.given.chars().collect();
        let mut places = (0..self.words.len()).filter_map(|at| {
            let place = self.words[at].place.clone();
            let is_one = self.negations.contains(&at) || is_words_own(self.words[at].text);
            let next = self.negations.iter().find(|&&next| next > at)?;
            is_one.then(|| (place, self.words[*next].place.start))
        });
        if self.words.len().max(other.words.len()) > MOST_WORDS {
            return None;
        }
        let unmet = places.find(|(place, next)| {
            condition(&text, place.start..*next).is_some_and(|(key, rest)| {
                other.fulfils(&there, &key, &rest) && !self.fulfils(&text, &key, &rest)
            })
        })?;
        Some(unmet.0)
    }

    /// Whether a text says what a condition begins with, without a negation in front, and the rest of it up to a negation behind.
    fn fulfils(&self, text: &[char], key: &[char], rest: &[char]) -> bool {
        let said: Vec<usize> = (0..text.len()).filter(|&at| is_said(text[at])).collect();
        let plain: Vec<char> = said.iter().map(|&at| text[at]).collect();
        let starts = plain.windows(key.len()).enumerate();
        let mut starts = starts.filter(|(_, at)| *at == key).map(|(start, _)| start);
        starts.any(|start| {
            let end = start + key.len();
            let mut negations = self.negations.iter();
            let next = negations.find_map(|&negation| {
                let place = self.words[negation].place.start;
                let at = said.iter().position(|&at| at >= place)?;
                (at >= end).then_some(at)
            });
            !is_denied(&plain[..start])
                && !self.denies_in_clause(text, said[start])
                && next.is_some_and(|next| plain[end..next] == *rest)
        })
    }

    /// Whether a negation stands in front of a character in its clause: 未带交强险.
    fn denies_in_clause(&self, text: &[char], at: usize) -> bool {
        let mut places = self.negations.iter().map(|&word| &self.words[word].place);
        places.any(|place| {
            let is_before = place.end <= at;
            is_before && !text[place.end..at].iter().any(|c| is_separator(*c))
        })
    }
}

fn is_words_own(word: &str) -> bool {
    OWN.iter().any(|own| word.starts_with(own))
}

/// What a condition that begins with a negation is known by, and what follows of it.
fn condition(text: &[char], place: Range<usize>) -> Option<(Vec<char>, Vec<char>)> {
    let denied = &text[place];
    let head = HEADS.iter().map(|head| head.chars().collect::<Vec<char>>());
    let head = head.clone().find(|head| denied.starts_with(head))?;
    let behind = &denied[head.len()..];
    let forbids = head == ['不'] && behind.first().is_some_and(|c| NO_CONDITION.contains(*c));
    let said: Vec<char> = behind.iter().copied().filter(|c| is_said(*c)).collect();
    if forbids || said.len() < KEY.start {
        return None;
    }
    let (key, rest) = said.split_at(said.len().min(KEY.end - 1));
    Some((key.to_vec(), rest.to_vec()))
}

fn is_said(c: char) -> bool {
    !is_separator(c) && !LIGHT.contains(c)
}

fn is_denied(before: &[char]) -> bool {
    let before: String = before.iter().collect();
    HEADS.iter().any(|head| before.ends_with(head))
}
