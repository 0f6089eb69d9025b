//! Finds numbers.

use std::ops::Range;

use super::chinese::{self, is_numeral};
use super::units::{Unit, prefix_after, unit_before};
use super::{Number, Value};

/// Characters before 一点 that make it an hour rather than "a little".
const DAYTIMES: [&str; 9] = [
    "上午", "下午", "早上", "晚上", "中午", "凌晨", "傍晚", "今天", "明天",
];

/// Reads a text from the left.
pub(super) struct Scanner {
    /// As they stand in the text.
    given: Vec<char>,
    /// With digits and signs in their usual width; one for each given one.
    characters: Vec<char>,
    at: usize,
    found: Vec<Number>,
}

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        let given: Vec<char> = text.chars().collect();
        Self {
            characters: given.iter().map(|&c| narrow(c)).collect(),
            given,
            at: 0,
            found: Vec::new(),
        }
    }

    pub(super) fn numbers(mut self) -> Vec<Number> {
        while self.at < self.characters.len() {
            let c = self.characters[self.at];
            let read = if c.is_ascii_digit() {
                self.digits()
            } else if is_numeral(c) {
                self.numeral()
            } else {
                self.weekend()
            };
            self.at = read.max(self.at + 1);
        }
        self.found
    }

    /// What follows `from`.
    fn rest(&self, from: usize) -> &[char] {
        self.characters.get(from..).unwrap_or_default()
    }

    fn peek(&self, at: usize) -> Option<char> {
        self.characters.get(at).copied()
    }

    /// The end of the run of characters of a kind that begins at `from`.
    fn run(&self, from: usize, is_part: impl Fn(char) -> bool) -> usize {
        from + self.rest(from).iter().take_while(|&&c| is_part(c)).count()
    }

    /// A number in digits; where it ends.
    fn digits(&mut self) -> usize {
        let start = self.at;
        let end = self.run(start, |c| c.is_ascii_digit());
        self.date(start)
            .or_else(|| self.clock(start, end))
            .unwrap_or_else(|| self.plain(start))
    }

    /// 2026-03-05 and 2026/3/5.
    fn date(&mut self, start: usize) -> Option<usize> {
        let year = self.run(start, |c| c.is_ascii_digit());
        let mark = self.peek(year).filter(|c| matches!(c, '-' | '/' | '.'))?;
        let month = self.run(year + 1, |c| c.is_ascii_digit());
        let day = self.run(month + 1, |c| c.is_ascii_digit());
        let lengths = (
            year - start,
            month - year - 1,
            day.saturating_sub(month + 1),
        );
        if !matches!(lengths, (4, 1 | 2, 1 | 2)) || self.peek(month) != Some(mark) {
            return None;
        }
        self.push(start..year, Unit::Year);
        self.push(year + 1..month, Unit::Month);
        self.push(month + 1..day, Unit::Day);
        Some(day)
    }

    /// 15:30 and 15:30:05; the seconds do not count.
    fn clock(&mut self, start: usize, end: usize) -> Option<usize> {
        let minutes = self.run(end + 1, |c| c.is_ascii_digit());
        if self.peek(end) != Some(':') || end - start > 2 || minutes != end + 3 {
            return None;
        }
        let text = self.text(start..minutes);
        self.add(text.clone(), self.number(start..end)? % 12.0, Unit::Hour);
        let minute = self.number(end + 1..minutes)?;
        if minute > 0.0 {
            self.add(text, minute, Unit::Minute);
        }
        let has_seconds = self.peek(minutes) == Some(':');
        Some(if has_seconds {
            self.run(minutes + 1, |c| c.is_ascii_digit())
        } else {
            minutes
        })
    }

    /// 1,000 and 1.5 and 3万, with a unit; of several points (1.2.3) the whole counts as it stands.
    fn plain(&mut self, start: usize) -> usize {
        let mut end = self.run(start, |c| c.is_ascii_digit());
        while end - start <= 3 + 4 * ((end - start) / 4)
            && self.peek(end) == Some(',')
            && self.run(end + 1, |c| c.is_ascii_digit()) == end + 4
        {
            end += 4;
        }
        let mut points = 0;
        while self.peek(end) == Some('.') && self.peek(end + 1).is_some_and(|c| c.is_ascii_digit())
        {
            end = self.run(end + 1, |c| c.is_ascii_digit());
            points += 1;
        }
        if points > 1 {
            let text = self.text(start..end);
            let value = Value::Literal(text.clone());
            self.found.push(Number {
                text,
                value,
                unit: Unit::None,
                is_article: false,
            });
            return end;
        }
        let powers = self.run(end, |c| chinese::power(c).is_some());
        let power: f64 = self.rest(end)[..powers - end]
            .iter()
            .filter_map(|&c| chinese::power(c))
            .product();
        match self.number(start..end) {
            Some(value) => self.with_unit(start..powers, value * power, false),
            None => powers,
        }
    }

    /// A numeral of Chinese; where it ends.
    fn numeral(&mut self) -> usize {
        let start = self.at;
        let mut end = self.run(start, is_numeral);
        if self.is_weekday(start) {
            end = start + 1;
        }
        // 百分之五十: 百 begins no number.
        if self.rest(start).starts_with(&['百', '分', '之']) {
            return start + 3;
        }
        let numeral = &self.characters[start..end];
        let Some(value) = chinese::value(numeral) else {
            return end;
        };
        let about = |at: Option<char>| at.is_some_and(|c| matches!(c, '几' | '多' | '来' | '数'));
        if about(self.peek(end)) || about(start.checked_sub(1).and_then(|i| self.peek(i))) {
            return end;
        }
        let counts = numeral.iter().any(|&c| chinese::power(c).is_some()) && end - start > 1;
        let has_unit = prefix_after(&self.characters[..start]).is_some()
            || unit_before(self.rest(end), value).is_some();
        if !(counts || end - start > 2 || has_unit) || self.is_idiom(start, end) {
            return end;
        }
        let is_one = self.characters[start..end] == ['一'];
        self.with_unit(start..end, value, is_one)
    }

    /// 十分 (very) and 一点 (a little) are numbers in a time only.
    fn is_idiom(&self, start: usize, end: usize) -> bool {
        let before: String = self.characters[start.saturating_sub(2)..start]
            .iter()
            .collect();
        let (numeral, next) = (&self.characters[start..end], self.peek(end));
        match (numeral, next) {
            (['十'], Some('分')) => {
                !before.ends_with(['点', '时']) && self.peek(end + 1) != Some('钟')
            }
            (['一'], Some('点')) => {
                let goes_on = |c: char| matches!(c, '钟' | '半' | '整') || is_numeral(c);
                !DAYTIMES.contains(&&*before) && !self.peek(end + 1).is_some_and(goes_on)
            }
            _ => false,
        }
    }

    /// 周一, but not the 一 of 一周一次 and 每周一次.
    fn is_weekday(&self, start: usize) -> bool {
        let Some((Unit::Weekday, length)) = prefix_after(&self.characters[..start]) else {
            return false;
        };
        let before = start.checked_sub(length + 1).and_then(|i| self.peek(i));
        let counts = before.is_some_and(|c| is_numeral(c) || c.is_ascii_digit() || c == '个');
        !counts && !matches!(self.peek(start + 1), Some('次' | '回' | '遍'))
    }

    /// 星期天, 周日; where it ends.
    fn weekend(&mut self) -> usize {
        let start = self.at;
        let is_sunday = matches!(self.peek(start), Some('日' | '天'));
        if is_sunday && self.is_weekday(start) {
            let (_, length) = prefix_after(&self.characters[..start]).unwrap_or((Unit::None, 0));
            let text = self.text(start - length..start + 1);
            self.add(text, 7.0, Unit::Weekday);
        }
        start + 1
    }

    /// Adds a number with the unit around it; where that ends.
    fn with_unit(&mut self, place: Range<usize>, value: f64, is_one: bool) -> usize {
        let prefix = prefix_after(&self.characters[..place.start])
            .filter(|(unit, _)| *unit != Unit::Weekday || self.is_weekday(place.start));
        let (unit, from, to) = match (prefix, unit_before(self.rest(place.end), value)) {
            (Some((unit, length)), _) => (unit, place.start - length, place.end),
            (None, Some((unit, length))) => (unit, place.start, place.end + length),
            (None, None) => (Unit::None, place.start, place.end),
        };
        let text = self.text(from..to);
        match unit {
            Unit::Hour => return self.hour(text, value, to),
            Unit::Minute if !self.follows_hour(place.start) => {
                self.add(text, value, Unit::Named("分"))
            }
            unit => self.add(text, value, unit),
        }
        if let Some(last) = self.found.last_mut() {
            last.is_article = is_one && unit.allows_article();
        }
        to
    }

    /// An hour, with the half or the minutes that follow without 分.
    fn hour(&mut self, text: String, value: f64, end: usize) -> usize {
        self.add(text, value % 12.0, Unit::Hour);
        if self.peek(end) == Some('半') {
            self.add(self.text(end..end + 1), 30.0, Unit::Minute);
            return end + 1;
        }
        let minutes = self.run(end, is_numeral);
        match chinese::value(&self.characters[end..minutes]).filter(|_| minutes > end) {
            Some(minute) => {
                let after = self.run(minutes, |c| c == '分').min(minutes + 1);
                self.add(self.text(end..after), minute, Unit::Minute);
                after
            }
            None => end,
        }
    }

    fn follows_hour(&self, start: usize) -> bool {
        let before = start.checked_sub(1).and_then(|i| self.peek(i));
        matches!(before, Some('点' | '时' | '點'))
    }

    fn number(&self, place: Range<usize>) -> Option<f64> {
        let digits: String = self.characters[place]
            .iter()
            .filter(|&&c| c != ',')
            .collect();
        digits.parse().ok()
    }

    fn text(&self, place: Range<usize>) -> String {
        self.given[place].iter().collect()
    }

    fn push(&mut self, place: Range<usize>, unit: Unit) {
        if let Some(value) = self.number(place.clone()) {
            self.add(self.text(place), value, unit);
        }
    }

    fn add(&mut self, text: String, value: f64, unit: Unit) {
        self.found.push(Number {
            text,
            value: Value::Number(value),
            unit,
            is_article: false,
        });
    }
}

/// Digits and signs in their usual width.
fn narrow(c: char) -> char {
    match c {
        '\u{ff05}'
        | '\u{ff0c}'
        | '\u{ff0e}'
        | '\u{ff0d}'
        | '\u{ff0f}'
        | '\u{ff10}'..='\u{ff1a}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}
