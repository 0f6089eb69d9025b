//! Numbers, months and units of English.

use super::units::Unit;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

const ORDINALS: [&str; 10] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Units in words, of which the plural ends in s.
const UNITS: &[(&str, Unit)] = &[
    ("second", Unit::Named("秒")),
    ("sec", Unit::Named("秒")),
    ("minute", Unit::Named("分钟")),
    ("min", Unit::Named("分钟")),
    ("hour", Unit::Named("小时")),
    ("hr", Unit::Named("小时")),
    ("h", Unit::Named("小时")),
    ("day", Unit::Named("天")),
    ("week", Unit::Named("周")),
    ("month", Unit::Named("个月")),
    ("year", Unit::Year),
    ("yuan", Unit::Named("元")),
    ("rmb", Unit::Named("元")),
    ("cny", Unit::Named("元")),
    ("dollar", Unit::Named("美元")),
    ("usd", Unit::Named("美元")),
    ("percent", Unit::Named("%")),
    ("degree", Unit::Named("度")),
    ("time", Unit::Named("次")),
    ("people", Unit::Count),
    ("person", Unit::Count),
    ("kilometer", Unit::Named("公里")),
    ("kilometre", Unit::Named("公里")),
    ("meter", Unit::Named("米")),
    ("metre", Unit::Named("米")),
    ("kilogram", Unit::Named("公斤")),
    ("gram", Unit::Named("克")),
    ("ton", Unit::Named("吨")),
    ("liter", Unit::Named("升")),
    ("litre", Unit::Named("升")),
    ("floor", Unit::Named("层")),
];

/// The unit that a word names.
pub(super) fn unit(word: &str) -> Option<Unit> {
    let single = singular(word);
    let found = UNITS.iter().find(|(name, _)| [word, single].contains(name));
    found.map(|&(_, unit)| unit)
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// The month that a word names, in full or by its first three letters.
pub(super) fn month(word: &str) -> Option<f64> {
    let is_it = |name: &&str| **name == *word || word.len() == 3 && name.starts_with(word);
    place(&MONTHS, |name| {
        is_it(&name) || word == "sept" && name == "september"
    })
}

/// The day of the week that a word names, from 1, Monday.
pub(super) fn weekday(word: &str) -> Option<f64> {
    let single = singular(word);
    place(&WEEKDAYS, |name| name == single)
}

/// The place that a word names.
pub(super) fn ordinal(word: &str) -> Option<f64> {
    place(&ORDINALS, |name| name == word)
}

/// Whether it makes an ordinal of digits: 5th.
pub(super) fn is_ordinal_suffix(word: &str) -> bool {
    matches!(word, "st" | "nd" | "rd" | "th")
}

/// The factor that a word is.
pub(super) fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "dozen" => 12.0,
        "hundred" => 1e2,
        "thousand" => 1e3,
        "million" => 1e6,
        "billion" => 1e9,
        _ => return None,
    })
}

/// The number of a name in a list, from 1.
fn place(names: &[&str], is_it: impl Fn(&str) -> bool) -> Option<f64> {
    let at = names.iter().position(|name| is_it(name));
    at.map(|at| at as f64 + 1.0)
}

fn small(word: &str) -> Option<f64> {
    let ten = || place(&TENS, |name| name == word).map(|tens| 10.0 * (tens + 1.0));
    place(&SMALL, |name| name == word)
        .map(|n| n - 1.0)
        .or_else(ten)
}

/// A number that is read word by word.
pub(super) struct Sum {
    /// Thousands and more.
    total: f64,
    /// What is below the next scale.
    section: f64,
    last: f64,
}

impl Sum {
    /// That begins with a word; `None` for a word that begins none.
    pub(super) fn of(word: &str) -> Option<Self> {
        let section = small(word)?;
        Some(Self {
            total: 0.0,
            section,
            last: section,
        })
    }

    /// Goes on with a word; false for one that does not belong to it.
    pub(super) fn add(&mut self, word: &str) -> bool {
        if let Some(scale) = scale(word) {
            match scale {
                scale if scale <= 100.0 => self.section *= scale,
                scale => {
                    self.total += self.section * scale;
                    self.section = 0.0;
                }
            }
            self.last = scale;
            return true;
        }
        // Twenty five and two hundred five, but not five two.
        let fits =
            |value: &f64| self.last >= 100.0 || self.last >= 20.0 && *value < 10.0 && *value > 0.0;
        match small(word).filter(fits) {
            Some(value) => {
                self.section += value;
                self.last = value;
                true
            }
            None => false,
        }
    }

    /// Whether it may go on with "and".
    pub(super) fn has_scale(&self) -> bool {
        self.last >= 100.0
    }

    pub(super) fn value(&self) -> f64 {
        self.total + self.section
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        for (text, expected) in [
            ("seven", 7.0),
            ("twenty five", 25.0),
            ("two hundred fifty", 250.0),
            ("three million two hundred thousand six", 3_200_006.0),
            ("two dozen", 24.0),
        ] {
            let mut words = text.split(' ');
            let mut sum = words.next().and_then(Sum::of).unwrap();
            assert!(words.all(|word| sum.add(word)), "{text}");
            assert_eq!(sum.value(), expected, "{text}");
        }
        assert!(Sum::of("hundred").is_none() && Sum::of("apple").is_none());
        assert!(!Sum::of("five").unwrap().add("two"));
    }
}
