//! Times that words name and no number: 昨天 beside 今天, 上周 beside 下周, 月初 beside 月底.
//!
//! One table for all that compares texts: notes, the guard of a FAQ, minutes. Texts are read character by character, at each place the longest word of
//! the table, since what is said stands without blanks and the words of a dictionary hide much (下周三, 今年底). Among the words of the table are those that
//! only look like times (天后 of 三天后天气, 版本 of 新版本周三发布).

mod lists;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use self::lists::{
    BEFORE_MING, BEHIND_MING, BEHIND_WEEKS, BEHIND_YEARS, COUNTED, NUMERALS, OTHERS, SCALES,
    TURNED, WEEKS,
};
use crate::numbers::{Unit, Value, numbers};
use crate::traditional::simplified_character;

/// What a time may end with that begins one of its parts: 今年底 is 今年 and 年底, 春节前 is 春节 and 节前.
const SHARED: [char; 4] = ['年', '月', '周', '节'];

/// What weeks end with, and the days behind: the 一 of 本周一下周二 is no part of 一下.
const ENDS_OF_WEEKS: [char; 3] = ['周', '期', '拜'];
const WEEKDAYS: &str = "一二三四五六日天";

/// A time: on which scale it is, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time {
    scale: usize,
    at: usize,
}

/// A word of the table.
#[derive(Clone, Debug)]
struct Entry {
    characters: Vec<char>,
    /// Where the time begins in it, and ends.
    time: (usize, usize),
    /// What it may mean; nothing: it only looks like a time.
    times: Vec<Time>,
}

/// The words of the table by their first characters, the longest first.
static TABLE: LazyLock<HashMap<char, Vec<Entry>>> = LazyLock::new(|| {
    let mut table = Table::default();
    for (scale, places) in SCALES.iter().enumerate() {
        for (at, words) in places.iter().enumerate() {
            words
                .iter()
                .for_each(|word| table.add(word, Some(Time { scale, at })));
        }
    }
    OTHERS.iter().for_each(|word| table.add(word, None));
    table.add_combined();
    table.finish()
});

#[derive(Default)]
struct Table(HashMap<char, Vec<Entry>>);

impl Table {
    /// A word, perhaps with what stands around it.
    fn add(&mut self, word: &str, time: Option<Time>) {
        let (before, word, behind) = match word.split('/').collect::<Vec<_>>()[..] {
            [before, word, behind] => (before, word, behind),
            _ => ("", word, ""),
        };
        let characters: Vec<char> = [before, word, behind].concat().chars().collect();
        let begin = before.chars().count();
        let end = begin + word.chars().count();
        let Some(first) = characters.first() else {
            return;
        };
        let entries = self.0.entry(*first).or_default();
        match entries
            .iter_mut()
            .find(|entry| entry.characters == characters)
        {
            Some(known) => known.times.extend(time),
            None => entries.push(Entry {
                characters,
                time: (begin, end),
                times: time.into_iter().collect(),
            }),
        }
    }

    /// Words that are put together of others.
    fn add_combined(&mut self) {
        for numeral in NUMERALS.chars() {
            for counted in COUNTED {
                self.add(&format!("{numeral}{counted}"), None);
            }
        }
        for before in BEFORE_MING.chars() {
            for behind in BEHIND_MING {
                self.add(&format!("{before}明{behind}"), None);
            }
        }
        for week in WEEKS {
            for behind in BEHIND_WEEKS {
                self.add(&format!("{week}{behind}"), None);
            }
            let times = self.times(week);
            for turned in TURNED {
                for time in &times {
                    self.add(&format!("/{week}/{turned}"), Some(*time));
                }
            }
        }
        for behind in BEHIND_YEARS {
            self.add(&format!("年{behind}"), None);
            self.add(&format!("月{behind}"), None);
        }
    }

    fn times(&self, word: &str) -> Vec<Time> {
        let characters: Vec<char> = word.chars().collect();
        let entries = characters.first().and_then(|first| self.0.get(first));
        let mut entries = entries.into_iter().flatten();
        let entry = entries.find(|entry| entry.characters == characters);
        entry.map(|entry| entry.times.clone()).unwrap_or_default()
    }

    fn finish(mut self) -> HashMap<char, Vec<Entry>> {
        for entries in self.0.values_mut() {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.characters.len()));
        }
        self.0
    }
}

/// Times by which two texts differ.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeDifference {
    /// Those of the first text, as they stand there.
    pub only_a: Vec<String>,
    /// Those of the second.
    pub only_b: Vec<String>,
}

/// A word for a time in a text.
struct Named {
    times: Vec<Time>,
    text: String,
}

impl Named {
    /// What it may mean on a scale.
    fn on(&self, scale: usize) -> impl Iterator<Item = Time> {
        let times = self.times.iter().copied();
        times.filter(move |time| time.scale == scale)
    }

    /// Whether it names days by what they are in a week: 周末, 工作日.
    fn is_of_week(&self) -> bool {
        let [(_, weekend), _] = &*PARTS_OF_WEEK;
        weekend
            .iter()
            .any(|time| self.on(time.scale).next().is_some())
    }
}

/// The days of a week, from 1, and what they are in it: 周六 is of the weekend, 周一 a working day, and the beginning of the week.
static PARTS_OF_WEEK: LazyLock<[(RangeInclusive<u8>, Vec<Time>); 2]> = LazyLock::new(|| {
    let times = |words: &[&str]| words.iter().flat_map(|word| times_of(word)).collect();
    [
        (6..=7, times(&["周末"])),
        (1..=5, times(&["工作日", "周初"])),
    ]
});

/// What a word of the table means.
fn times_of(word: &str) -> Vec<Time> {
    let characters: Vec<char> = word.chars().collect();
    let entry = entry_at(&characters, 0);
    entry.map(|entry| entry.times.clone()).unwrap_or_default()
}

/// What the days are in their week that a text tells by numbers: 周三, 星期天.
fn days_of_week(text: &str) -> impl Iterator<Item = Named> {
    numbers(text).into_iter().filter_map(|number| {
        let said = number.readings().first()?;
        let Value::Number(day) = said.value else {
            return None;
        };
        let mut parts = PARTS_OF_WEEK.iter();
        let part = parts.find(|(days, _)| days.clone().any(|one| f64::from(one) == day));
        let (_, times) = part.filter(|_| said.unit == Unit::Weekday)?;
        Some(Named {
            times: times.clone(),
            text: number.text,
        })
    })
}

/// How the times that two texts name differ: on one scale each names one that the other does not. `None`: they do not, or only one of them
/// names any.
pub fn time_difference(text_a: &str, text_b: &str) -> Option<TimeDifference> {
    let (mut a, mut b) = (named(text_a), named(text_b));
    // 周末 beside 周一: the day is a number.
    if a.iter().chain(&b).any(Named::is_of_week) {
        a.extend(days_of_week(text_a));
        b.extend(days_of_week(text_b));
    }
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let scales: Vec<usize> = (0..SCALES.len())
        .filter(|&scale| lone(&a, &b, scale).next().is_some())
        .filter(|&scale| lone(&b, &a, scale).next().is_some())
        .collect();
    let texts = |all: &[Named], others: &[Named]| {
        let mut texts: Vec<String> = Vec::new();
        for one in all {
            let is_lone = |&scale: &usize| is_lone(one, others, scale);
            if scales.iter().any(is_lone) && !texts.contains(&one.text) {
                texts.push(one.text.clone());
            }
        }
        texts
    };
    (!scales.is_empty()).then(|| TimeDifference {
        only_a: texts(&a, &b),
        only_b: texts(&b, &a),
    })
}

/// The words of a scale that mean nothing that one of the others may mean.
fn lone<'n>(
    all: &'n [Named],
    others: &'n [Named],
    scale: usize,
) -> impl Iterator<Item = &'n Named> {
    all.iter().filter(move |one| is_lone(one, others, scale))
}

fn is_lone(one: &Named, others: &[Named], scale: usize) -> bool {
    let is_there = |time: Time| others.iter().any(|other| other.times.contains(&time));
    one.on(scale).next().is_some() && !one.on(scale).any(is_there)
}

/// The words for times in a text, in order.
fn named(text: &str) -> Vec<Named> {
    let given: Vec<char> = text.chars().collect();
    let plain: Vec<char> = given.iter().map(|&c| plain(c)).collect();
    let mut found = Vec::new();
    let mut from = 0;
    while from < plain.len() {
        let Some(entry) = entry_at(&plain, from) else {
            from += 1;
            continue;
        };
        let (begin, end) = (from + entry.time.0, from + entry.time.1);
        let mut take = |entry: &Entry, begin: usize, end: usize| {
            found.push(Named {
                times: entry.times.clone(),
                text: given[begin..end].iter().collect(),
            });
        };
        from = end;
        if entry.times.is_empty() {
            continue;
        }
        take(entry, begin, end);
        let last = end - 1;
        let part = entry_at(&plain, last).filter(|_| SHARED.contains(&plain[last]));
        if let Some(part) = part.filter(|part| !part.times.is_empty() && part.time.0 == 0) {
            take(part, last, last + part.time.1);
            from = last + part.time.1;
        } else if is_day_of_week(&plain, end) {
            from += 1;
        }
    }
    found
}

/// Whether a day stands behind a week that ends there.
fn is_day_of_week(text: &[char], end: usize) -> bool {
    let is_week = ENDS_OF_WEEKS.contains(&text[end - 1]);
    is_week && text.get(end).is_some_and(|day| WEEKDAYS.contains(*day))
}

/// A character as the table has it.
fn plain(c: char) -> char {
    let simple = simplified_character(c);
    let mut lower = simple.to_lowercase();
    let first = lower.next();
    // What becomes several is in no word of the table.
    first.filter(|_| lower.next().is_none()).unwrap_or(simple)
}

/// The longest word of the table that begins there.
fn entry_at(text: &[char], from: usize) -> Option<&'static Entry> {
    let entries = TABLE.get(&text[from])?;
    entries.iter().find(|entry| {
        text[from..].starts_with(&entry.characters)
            && is_whole(text, from, from + entry.characters.len())
    })
}

/// Whether no Latin letter stands beside one.
fn is_whole(text: &[char], from: usize, to: usize) -> bool {
    let is_letter = |at: usize| text.get(at).is_some_and(char::is_ascii_alphabetic);
    let goes_on = |inside: usize, outside: usize| is_letter(inside) && is_letter(outside);
    !(goes_on(to - 1, to) || from > 0 && goes_on(from, from - 1))
}

#[cfg(test)]
mod tests;
