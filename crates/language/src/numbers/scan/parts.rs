//! Signs, halves, fractions and what is only about a number.

use std::ops::Range;

use super::{Scanner, Unit, chinese, is_numeral, unit_before};

/// Before a 半 that is no half of a unit: 一半, 大半天.
const NO_HALF: &str = "一两大小多各参";

/// Before the half of a year or month that is one of two: 上半年, but not 饭后半小时.
const SIDES: &str = "上下前后";

/// What may be less than nothing, in front of a minus: 利润-20万.
const MAY_BE_NEGATIVE: [&str; 23] = [
    "温度",
    "气温",
    "收入",
    "得分",
    "结余",
    "为",
    "是",
    "利润",
    "毛利",
    "净利",
    "净利润",
    "收益",
    "盈利",
    "盈亏",
    "业绩",
    "增长",
    "增速",
    "增幅",
    "同比",
    "环比",
    "余额",
    "结余",
    "现金流",
];

/// Of how many parts one is no whole number of percent: a third is said to be 33 %.
const NEVER_EVEN: [f64; 4] = [3.0, 6.0, 7.0, 9.0];

/// Shares by their names, of a hundred.
const SHARES: [(&str, f64, Unit); 4] = [
    ("半价", 5.0, Unit::Named("折")),
    ("半数", 50.0, Unit::Named("%")),
    ("过半", 50.0, Unit::Named("%")),
    ("减半", 50.0, Unit::Named("%")),
];

impl Scanner {
    /// Where the sign before a number begins, if it has one: -5度, 零下5度, 负5, minus 5, 地下一层.
    pub(super) fn sign(&self, start: usize, unit: Unit) -> Option<usize> {
        let words = ["零下", "minus ", "negative ", "Minus ", "Negative "];
        if let Some(word) = words.iter().find(|word| self.ends(start, word)) {
            return Some(start - word.chars().count());
        }
        if unit == Unit::Named("层") && self.ends(start, "地下") {
            return Some(start - 2);
        }
        let from = start.checked_sub(1)?;
        let before = self.before(from);
        let is_sign = match self.peek(from)? {
            // 自负 is to pay oneself, 正负5 is ±5, 胜负 is a score.
            '负' => !before.is_some_and(|c| "正胜自抱担背欺肩".contains(c)),
            '-' => {
                self.is_minus(before, unit)
                    || MAY_BE_NEGATIVE.iter().any(|word| self.ends(from, word))
            }
            _ => false,
        };
        is_sign.then_some(from)
    }

    /// Whether a hyphen behind this character is a sign, rather than part of a range (3-5天, 周一-5号) or a name (F-16).
    fn is_minus(&self, before: Option<char>, unit: Unit) -> bool {
        let Some(before) = before else {
            return true;
        };
        let is_signed_unit = matches!(unit, Unit::Named("度" | "%"));
        let ends_number = is_numeral(before) || before.is_numeric() || "度℃°%C".contains(before);
        !ends_number && (" (（:：,，、=".contains(before) || is_signed_unit && !before.is_ascii())
    }

    /// What follows the unit and belongs to the number: 一个半小时, 三年半, 两块五, 一米八; with the end of it.
    pub(super) fn with_tail(&self, end: usize, value: f64, unit: Unit) -> (f64, Unit, usize) {
        let half = self.peek(end) == Some('半');
        if half && unit == Unit::Count && self.ends(end, "个") {
            let (unit, length) = match unit_before(self.rest(end + 1), value) {
                Some((Unit::Month, length)) => (Unit::Named("个月"), length),
                Some((unit, length)) if unit.is_measure() => (unit, length),
                _ => (unit, 0),
            };
            return (value + 0.5, unit, end + 1 + length);
        }
        if half && unit.is_measure() {
            return (value + 0.5, unit, end + 1);
        }
        let tenths = match ["块", "米", "毛"].iter().any(|unit| self.ends(end, unit)) {
            true => self.tenths(end),
            false => None,
        };
        match tenths {
            Some((tenths, to)) => (value + tenths, unit, to),
            None => (value, unit, end),
        }
    }

    /// The five of 两块五 and the eighty of 一米八零, which no unit follows.
    fn tenths(&self, from: usize) -> Option<(f64, usize)> {
        let is_digit = |c: char| c.is_ascii_digit() || chinese::digit(c).is_some();
        let end = self.run(from, is_digit);
        let (value, to) = self.bare(from).filter(|&(_, to)| to == end)?;
        let is_tail = end - from <= 2 && unit_before(self.rest(end), value).is_none();
        let digits = i32::try_from(end - from).ok()?;
        is_tail.then(|| (value / 10f64.powi(digits), to))
    }

    /// 半小时, 半斤, 半价; where it ends.
    pub(super) fn half(&mut self) -> usize {
        let start = self.at;
        for (name, value, unit) in SHARES {
            let from = start.saturating_sub(usize::from(!name.starts_with('半')));
            // 过半小时 is half an hour later.
            let has_unit = unit_before(self.rest(from + 2), 0.5).is_some();
            if self.starts(from, name) && !has_unit {
                self.add(from..from + 2, value, unit);
                self.mark_incidental(unit == Unit::Named("%"));
                return from + 2;
            }
        }
        let is_part = self
            .before(start)
            .is_some_and(|c| NO_HALF.contains(c) || is_numeral(c));
        if self.peek(start + 1) == Some('打') && !is_part {
            self.add(start..start + 2, 6.0, Unit::None);
            self.mark_incidental(true);
            return start + 2;
        }
        let unit = unit_before(self.rest(start + 1), 0.5).map(|(unit, length)| match unit {
            Unit::Month => (Unit::Named("个月"), length),
            unit => (unit, length),
        });
        let is_side = |unit| matches!(unit, Some((Unit::Year | Unit::Named("个月" | "场"), _)));
        let before = self.before(start);
        let is_other =
            before.is_some_and(|c| NO_HALF.contains(c) || SIDES.contains(c) && is_side(unit));
        match unit.filter(|(unit, _)| !is_other && (unit.is_measure() || *unit == Unit::Count)) {
            Some((unit, length)) => {
                self.add(start..start + 1 + length, 0.5, unit);
                // 等了半天 is a long time.
                self.mark_incidental(matches!(unit, Unit::Count | Unit::Named("天")));
                start + 1 + length
            }
            None => start + 1,
        }
    }

    /// 一半; where it ends.
    pub(super) fn one_half(&mut self, start: usize, end: usize) -> Option<usize> {
        let is_half = self.characters[start..end] == ['一'] && self.peek(end) == Some('半');
        let is_more = matches!(self.peek(end + 1), Some('天' | '会'));
        is_half.then(|| {
            if !is_more {
                self.add(start..end + 1, 50.0, Unit::Named("%"));
                self.mark_incidental(true);
            }
            end + 1
        })
    }

    /// 两成 is 20%, but 八成是 is likely, and 成功 is a word; where it ends.
    pub(super) fn tenths_of_all(&mut self, start: usize, end: usize) -> Option<usize> {
        let tenths = chinese::value(&self.characters[start..end])?;
        self.share_of_ten(start..end, tenths)
    }

    /// 两成 and 8成, from the number on; where it ends.
    pub(super) fn share_of_ten(&mut self, number: Range<usize>, tenths: f64) -> Option<usize> {
        let (start, end) = (number.start, number.end);
        let is_word = |c: char| "功员绩人为立本交果长是会要得能没不了语型份".contains(c);
        let next = self.peek(end + 1);
        let is_share = self.peek(end) == Some('成') && !next.is_some_and(is_word);
        if !is_share || !(1.0..10.0).contains(&tenths) {
            return None;
        }
        let more = self.hundredths(end + 1);
        let end = end + 1 + usize::from(more.is_some());
        let percent = 10.0 * tenths + more.unwrap_or_default();
        self.add(start..end, percent, Unit::Named("%"));
        Some(end)
    }

    /// The 五 of 两成五 and the 半 of 三成半, where nothing is counted by them.
    fn hundredths(&self, at: usize) -> Option<f64> {
        let value = match self.peek(at)? {
            '半' => 5.0,
            digit => f64::from(chinese::digit(digit)?),
        };
        let goes_on = self.peek(at + 1).is_some_and(chinese::is_numeral)
            || unit_before(self.rest(at + 1), value).is_some();
        (!goes_on).then_some(value)
    }

    /// 百分之五十, 三分之一, 百分百; where it ends.
    pub(super) fn fraction(&mut self, start: usize, end: usize) -> Option<usize> {
        for all in ["百分之百", "百分百"] {
            if self.starts(start, all) {
                let end = start + all.chars().count();
                self.add(start..end, 100.0, Unit::Named("%"));
                self.mark_incidental(true);
                return Some(end);
            }
        }
        if !self.starts(end, "分之") {
            return None;
        }
        let whole = match self.characters[start..end] {
            ['百'] => 100.0,
            ['千'] => 1e3,
            ['万'] => 1e4,
            ref numeral => chinese::value(numeral)?,
        };
        let Some((mut part, mut to)) = self.bare(end + 2) else {
            return Some(end + 2);
        };
        if let Some((decimal, after)) = self.decimal(to) {
            (part, to) = (part + decimal, after);
        }
        let (part, from) = match self.sign(start, Unit::Named("%")) {
            Some(from) => (-part, from),
            None => (part, start),
        };
        let percent = 100.0 * part / whole;
        self.add(from..to, percent, Unit::Named("%"));
        if NEVER_EVEN.contains(&whole) {
            self.or_else_means(percent.round(), Unit::Named("%"));
        }
        Some(to)
    }

    /// 三点五倍, 零点五; where it ends. 三点五 alone is a time.
    pub(super) fn spoken_decimal(&mut self, start: usize, end: usize) -> Option<usize> {
        let whole = chinese::value(&self.characters[start..end])?;
        let (part, after) = self.decimal(end)?;
        // 两点五十 is a time.
        if matches!(self.peek(after), Some('十' | '刻')) {
            return None;
        }
        let to = self.run(after, |c| chinese::power(c).is_some());
        let powers = self.rest(after)[..to - after].iter();
        let power: f64 = powers.filter_map(|&c| chinese::power(c)).product();
        let unit = unit_before(self.rest(to), whole).map(|(unit, _)| unit);
        if whole > 0.0 && !unit.is_some_and(Unit::is_measure) && to == after {
            return None;
        }
        Some(self.with_unit(start..to, (whole + part) * power, false))
    }

    /// The decimals behind a 点, and where they end.
    fn decimal(&self, point: usize) -> Option<(f64, usize)> {
        let from = point + 1;
        let end = self.run(from, |c| chinese::digit(c).is_some());
        if self.peek(point) != Some('点') || end == from {
            return None;
        }
        let digits = i32::try_from(end - from).ok()?;
        let value = chinese::value(&self.characters[from..end])?;
        Some((value / 10f64.powi(digits), end))
    }

    /// 一两天, 三四个, 十几个, 几十, 一百多块: where it ends. Such a number counts only against another of its kind.
    pub(super) fn about(&mut self, start: usize, end: usize) -> Option<usize> {
        if self.before(start).is_some_and(|c| matches!(c, '几' | '数')) {
            return Some(self.some_tens(start, end));
        }
        let numeral = &self.characters[start..end];
        if let &[first, second] = numeral
            && let (Some(first), Some(second)) = (chinese::digit(first), chinese::digit(second))
            && first > 0
            && (second == first + 1 || (first, second) == (3, 5))
            && let Some((unit, length)) = unit_before(self.rest(end), f64::from(second))
            && (unit != Unit::Year || numeral.contains(&'两'))
        {
            for value in [first, second] {
                self.add(start..end + length, f64::from(value), unit);
                self.mark_incidental(true);
            }
            return Some(end + length);
        }
        let value = chinese::value(numeral);
        if let Some(to) = self.hundred_or_so(start, end) {
            return Some(to);
        }
        let more = value.and_then(|value| self.more_than(start..end, value));
        more.or_else(|| self.is_more(end).then_some(end))
    }

    /// 几十, 几百块, which count only against each other; where it ends.
    fn some_tens(&mut self, start: usize, end: usize) -> usize {
        let powers: Vec<f64> = self.characters[start..end]
            .iter()
            .filter_map(|&c| chinese::power(c))
            .collect();
        if powers.len() == end - start {
            self.add(start - 1..end, powers.iter().product(), Unit::Named("几"));
            self.mark_incidental(true);
        }
        end
    }

    /// 百来人, 百十来户, 千把块: where it ends.
    fn hundred_or_so(&mut self, start: usize, end: usize) -> Option<usize> {
        let (value, more) = match self.characters[start..end] {
            ['百'] => (100.0, 100.0),
            ['百', '十'] => (100.0, 110.0),
            ['千'] => (1e3, 1e3),
            ['万'] => (1e4, 1e4),
            _ => return None,
        };
        let is_about = matches!(self.peek(end), Some('来' | '把' | '余' | '多'));
        let (unit, length) = unit_before(self.rest(end + 1), value).filter(|_| is_about)?;
        let to = end + 1 + length;
        self.add(start..to, value, unit);
        self.or_else_means(more, unit);
        self.mark_incidental(true);
        Some(to)
    }

    /// 100多元, 十几个; where it ends.
    pub(super) fn more_than(&mut self, place: Range<usize>, value: f64) -> Option<usize> {
        let behind = self.rest(place.end + 1);
        let (unit, length) = unit_before(behind, value).filter(|_| self.is_more(place.end))?;
        let end = place.end + 1 + length;
        self.add(place.start..end, value, unit);
        self.mark_incidental(true);
        Some(end)
    }

    fn is_more(&self, at: usize) -> bool {
        matches!(self.peek(at), Some('几' | '多' | '来' | '余'))
    }

    /// 我们俩, 仨月; where it ends.
    pub(super) fn pair(&mut self, c: char) -> usize {
        let value = if c == '俩' { 2.0 } else { 3.0 };
        let measured =
            unit_before(self.rest(self.at + 1), value).and_then(|(unit, length)| match unit {
                Unit::Month => Some((Unit::Named("个月"), length)),
                unit => unit.is_measure().then_some((unit, length)),
            });
        let (unit, length) = measured.unwrap_or((Unit::Count, 0));
        let end = self.at + 1 + length;
        self.add(self.at..end, value, unit);
        self.mark_incidental(unit == Unit::Count);
        end
    }
}
