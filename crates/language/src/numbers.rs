//! Numbers in a text, and whether two texts have the same: embeddings hardly tell 3月 from 5月.
//!
//! Written in digits, in Chinese or in English, with the unit that follows; 三月 and March are 3月, 1.5万 is 15000, 15:00 is
//! 下午三点, half an hour is 30分钟. A lone numeral of Chinese counts only with a unit, an ordinal or another numeral
//! (买三送一), since 一 and 十 are in many words that are no numbers.
//!
//! A hint that is wrong is worse than one that is missing: what may mean the same counts as the same.

mod chinese;
mod clock;
mod direction;
mod english;
mod limits;
mod order;
mod readings;
mod scan;
mod symbols;
mod units;

pub use self::readings::{Reading, Value};
pub use self::units::Unit;

use std::collections::HashSet;
use std::ops::Range;

use self::clock::Clock;
use self::scan::Scanner;
use crate::traditional::simplified;

/// Where a text says that something falls, -5% and 5% may be one.
const FALLS: [&str; 12] = [
    "跌", "降", "减", "少", "亏", "低", "欠", "差", "off", "down", "fell", "less",
];

/// What says 0元 without a number.
const FREE: [&str; 9] = [
    "免费",
    "不收费",
    "不要钱",
    "不花钱",
    "不用钱",
    "白送",
    "免单",
    "零元",
    "free",
];

/// Most different numbers of a text that is compared: each is held against each of the other text, and texts of more are
/// tables, of which nobody is told what differs.
const MOST_NUMBERS: usize = 1_000;

/// A number where it stands in a text, with what it may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As it stands in the text, with its unit.
    pub text: String,
    /// The characters (not bytes) of the text that it covers.
    pub place: Range<usize>,
    /// What it may mean; the first is what it says.
    readings: Vec<Reading>,
    /// It often is no number (一个, one, 一半, the 3 of MP3), and counts only against another of its kind.
    is_incidental: bool,
    /// Of an hour, the time that begins with it.
    clock: Option<Clock>,
    /// Minutes, which the clock of an hour tells.
    is_of_clock: bool,
    /// The digits of a decimal that may be a version or a date: 3.10 is not 3.1 there.
    digits: Option<String>,
}

impl Number {
    /// What it may mean, one at least; the first is what it says, the others are what the same is in other units (1.5小时 is
    /// 5400秒) and what is often meant by it (26年 is 2026年).
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// What it says, written one way: 三月 and March are 3月, 1.5万 and 15,000 are 15000.
    pub fn normal_form(&self) -> String {
        self.readings[0].to_string()
    }

    /// Whether it often is no number (the 一 of 一个, the 3 of MP3), so that it says little where another text has none.
    pub fn is_incidental(&self) -> bool {
        self.is_incidental
    }

    /// Whether both may say the same.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let (said, said_there) = (&self.readings[0], &other.readings[0]);
        let is_same = |a: &Reading, b: &Reading| {
            let is_guess = a.unit.is_of_date() && a != said && b != said_there;
            a.is_same_as(b) && !is_guess
        };
        let clocks = self.clock.as_ref().zip(other.clock.as_ref());
        let digits = self.digits.as_ref().zip(other.digits.as_ref());
        if clocks.is_some_and(|(a, b)| a.contradicts(b)) || digits.is_some_and(|(a, b)| a != b) {
            return false;
        }
        let means = |a| other.readings.iter().any(|b| is_same(a, b));
        said.agrees_with(said_there) || self.readings.iter().any(means)
    }

    /// Whether both are one only if an hour is guessed to be one of the afternoon.
    fn is_guessed_to_be(&self, other: &Self) -> bool {
        let clocks = self.clock.as_ref().zip(other.clock.as_ref());
        clocks.is_some_and(|(a, b)| a.is_guessed_to_be(b))
    }

    /// An hour with its minutes as one number, 三点半 as 3.5点, under the name of the whole time.
    fn tell_whole_time(&mut self) {
        let Some(clock) = &self.clock else { return };
        self.text.clone_from(&clock.text);
        self.place = clock.place.clone();
        if clock.minute > 0.0
            && let Value::Number(hour) = self.readings[0].value
        {
            self.readings.retain(|reading| reading.unit == Unit::None);
            let whole = Reading::new(hour + clock.minute / 60.0, Unit::Hour);
            self.readings.insert(0, whole);
        }
    }

    /// Whether it is none of something: 0元.
    fn is_nothing(&self) -> bool {
        self.readings[0].is(0.0)
    }

    /// What it may count.
    fn units(&self) -> impl Iterator<Item = Unit> {
        self.readings.iter().map(|reading| reading.unit)
    }

    /// Whether a number without unit is one of the lone numerals of Chinese: 续集2 and 续集二.
    fn is_spelt_among(&self, numerals: &[f64]) -> bool {
        let said = &self.readings[0];
        said.unit == Unit::None && numerals.iter().any(|&value| said.is(value))
    }
}

/// The numbers of a text, in order.
pub fn numbers(text: &str) -> Vec<Number> {
    Scanner::new(text).numbers()
}

/// Numbers that only one of two texts has.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberDifference {
    /// In the first text alone, as they stand there.
    pub only_a: Vec<String>,
    /// In the second text alone.
    pub only_b: Vec<String>,
    /// One text tells a limit (14天内), and the other a date or how long it has been since (1月3号买的, 买了3天), which may lie within: they differ, and
    /// contradict nothing.
    pub may_lie_within: bool,
}

/// How the numbers of two texts differ; `None`: they have the same, or more than a thousand different ones. A number counts
/// once, however often it stands there.
pub fn number_difference(text_a: &str, text_b: &str) -> Option<NumberDifference> {
    let (mut a, mut b) = (different_numbers(text_a)?, different_numbers(text_b)?);
    if [text_a, text_b].iter().any(|text| falls(text)) {
        a.iter_mut().chain(&mut b).for_each(without_sign);
    }
    let (all_a, all_b) = (a.clone(), b.clone());
    let (spelt_a, spelt_b) = (lone_numerals(text_a), lone_numerals(text_b));
    // 9点到18点 and 9点到21点 write their hours alike, so that 21点 is not 9点 again.
    let write_alike = share_a_time(&all_a, &all_b);
    let agree = |number: &Number, other: &Number| {
        number.agrees_with(other) && !(write_alike && number.is_guessed_to_be(other))
    };
    let is_in = |number: &Number, others: &[Number], numerals: &[f64]| {
        others.iter().any(|o| agree(number, o)) || number.is_spelt_among(numerals)
    };
    a.retain(|number| !is_in(number, &all_b, &spelt_b));
    b.retain(|number| !is_in(number, &all_a, &spelt_a));
    let (free_a, free_b) = (is_free(text_a), is_free(text_b));
    a.retain(|number| !(number.is_nothing() && free_b));
    b.retain(|number| !(number.is_nothing() && free_a));
    // One that may be no number counts against another that counts the same kind of thing.
    let (units_a, units_b) = (units(&a), units(&b));
    let matters = |number: &Number, there: &HashSet<Unit>| {
        !number.is_incidental || number.units().any(|unit| there.contains(&unit))
    };
    a.retain(|number| matters(number, &units_b));
    b.retain(|number| matters(number, &units_a));
    if a.is_empty() && b.is_empty() {
        let (a, b) = ((text_a, &all_a[..]), (text_b, &all_b[..]));
        return order::reversed(a, b)
            .or_else(|| order::exchanged(a, b))
            .or_else(|| direction::opposed(a, b));
    }
    Some(NumberDifference {
        only_a: texts(&a),
        only_b: texts(&b),
        may_lie_within: limits::may_lie_within((text_a, &a), (text_b, &b)),
    })
}

/// Whether both have a time of the day that is written alike.
fn share_a_time(a: &[Number], b: &[Number]) -> bool {
    let mut here = a.iter().filter_map(|number| number.clock.as_ref());
    here.any(|clock| {
        let mut there = b.iter().filter_map(|number| number.clock.as_ref());
        there.any(|other| clock.is_written_as(other))
    })
}

/// The numbers of a text, of those that are written and read alike the first; `None`: too many to compare.
fn different_numbers(text: &str) -> Option<Vec<Number>> {
    let mut numbers = numbers(text);
    numbers.retain(|number| !number.is_of_clock);
    numbers.iter_mut().for_each(Number::tell_whole_time);
    let mut known = HashSet::new();
    // The same words may mean something else behind others: the 5分 of 考了5分.
    let half = |number: &Number| number.clock.as_ref().map(|clock| clock.is_afternoon);
    let meant = |number: &Number| format!("{:?} {:?}", number.readings, half(number));
    numbers
        .retain(|number| known.insert((number.text.clone(), meant(number), number.is_incidental)));
    (numbers.len() <= MOST_NUMBERS).then_some(numbers)
}

/// The values of the numerals of Chinese in a text, each by itself; 两 counts and names nothing.
fn lone_numerals(text: &str) -> Vec<f64> {
    let different: HashSet<char> = text.chars().filter(|c| !matches!(c, '两' | '兩')).collect();
    let value = |c| chinese::value(&[c]);
    different.into_iter().filter_map(value).collect()
}

fn units(numbers: &[Number]) -> HashSet<Unit> {
    numbers.iter().flat_map(Number::units).collect()
}

fn falls(text: &str) -> bool {
    let text = text.to_lowercase();
    FALLS.iter().any(|word| text.contains(word))
}

/// Whether a text says of something that it costs nothing.
fn is_free(text: &str) -> bool {
    let text = simplified(text).to_lowercase();
    FREE.iter().any(|word| text.contains(word))
}

/// A temperature keeps its sign: it may fall to 5度 as well as to -5度.
fn without_sign(number: &mut Number) {
    for reading in &mut number.readings {
        if reading.unit != Unit::Named("度") {
            reading.drop_sign();
        }
    }
}

/// Numbers as they stand there, each once.
fn texts(numbers: &[Number]) -> Vec<String> {
    let mut known = HashSet::new();
    let texts = numbers.iter().map(|number| &number.text);
    texts.filter(|text| known.insert(*text)).cloned().collect()
}

#[cfg(test)]
mod tests;
