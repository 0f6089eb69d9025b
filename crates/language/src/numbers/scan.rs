//! Finds numbers.

mod dates;
mod deals;
mod inside;
mod labels;
mod named;
mod parts;
mod times;
mod words;

use std::ops::Range;

use super::Number;
use super::chinese::{self, is_numeral};
use super::clock::Clock;
use super::english;
use super::readings::{Reading, base, readings};
use super::symbols::symbol;
use super::units::{Unit, prefix_after, unit_before};
use crate::traditional::simplified_character;

/// Characters before 一点 that make it an hour rather than "a little".
const DAYTIMES: [&str; 9] = [
    "上午", "下午", "早上", "晚上", "中午", "凌晨", "傍晚", "今天", "明天",
];

/// Begin with a number that often says nothing of how many.
const IDIOMS: [&str; 29] = [
    "四季",
    "四周",
    "两回事",
    "两码事",
    "三角",
    "五角星",
    "五角大楼",
    "二次元",
    "二次函数",
    "三次方",
    "三天两头",
    "两头",
    "三番五次",
    "五次三番",
    "五毛特效",
    "第二天",
    "两下",
    "第三方",
    "第三者",
    "第一手",
    "第一时间",
    "第一线",
    "第六感",
    "三包",
    "五笔",
    "八角",
    "八段锦",
    "两口子",
    "两把刷子",
];

/// Of which people write 5g for 5G.
const DEVICES: [&str; 10] = [
    "手机", "网", "信号", "套餐", "流量", "内存", "硬盘", "空间", "基站", "U盘",
];

/// A number where it stands.
struct Found {
    number: Number,
    /// Its value and unit as they are written.
    value: f64,
    unit: Unit,
    place: Range<usize>,
}

/// Reads a text from the left.
pub(super) struct Scanner {
    /// As they stand in the text.
    given: Vec<char>,
    /// Simplified, with digits and signs in their usual width; one for each given one.
    characters: Vec<char>,
    at: usize,
    found: Vec<Found>,
}

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        let given: Vec<char> = text.chars().collect();
        let mut characters: Vec<char> = given.iter().map(|&c| narrow(c)).collect();
        named::read_cheques(&mut characters);
        Self {
            characters,
            given,
            at: 0,
            found: Vec::new(),
        }
    }

    pub(super) fn numbers(mut self) -> Vec<Number> {
        while let Some(c) = self.peek(self.at) {
            if let Some(to) = self.working_hours().or_else(|| self.named()) {
                self.at = to;
                continue;
            }
            let read = match c {
                c if c.is_ascii_digit() => self.digits(),
                c if is_numeral(c) => self.numeral(),
                c if c.is_ascii_alphabetic() => self.word(),
                '半' => self.half(),
                '俩' | '仨' => self.pair(c),
                _ => self.weekend(),
            };
            self.at = read.max(self.at + 1);
        }
        self.mark_parts_of_words();
        self.tell_times();
        self.found.into_iter().map(|found| found.number).collect()
    }

    /// What follows `from`.
    fn rest(&self, from: usize) -> &[char] {
        self.characters.get(from..).unwrap_or_default()
    }

    fn peek(&self, at: usize) -> Option<char> {
        self.characters.get(at).copied()
    }

    fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|i| self.peek(i))
    }

    fn starts(&self, from: usize, name: &str) -> bool {
        name.chars()
            .zip(from..)
            .all(|(c, i)| self.peek(i) == Some(c))
    }

    fn ends(&self, to: usize, name: &str) -> bool {
        let from = to.checked_sub(name.chars().count());
        from.is_some_and(|from| self.starts(from, name))
    }

    /// The end of the run of characters of a kind that begins at `from`.
    fn run(&self, from: usize, is_part: impl Fn(char) -> bool) -> usize {
        from + self.rest(from).iter().take_while(|&&c| is_part(c)).count()
    }

    fn digits_end(&self, from: usize) -> usize {
        self.run(from, |c| c.is_ascii_digit())
    }

    /// A number in digits; where it ends.
    fn digits(&mut self) -> usize {
        let start = self.at;
        let end = self.digits_end(start);
        self.date(start)
            .or_else(|| self.minutes_to(start))
            .or_else(|| self.clock(start, end))
            .or_else(|| self.slash(start, end))
            .unwrap_or_else(|| self.plain(start))
    }

    /// 1,000 and 1.5 and 3万, with a unit; of several points (1.2.3) the whole counts as it stands.
    fn plain(&mut self, start: usize) -> usize {
        let (end, points) = self.digits_and_points(start);
        if points > 1 {
            let place = start..end;
            let reading = Reading::literal(self.text(place.clone()));
            self.push(place, f64::NAN, Unit::None, vec![reading]);
            return end;
        }
        let from = end + usize::from(self.has_power_behind_blank(end));
        let powers = self.run(from, |c| chinese::power(c).is_some()).max(end);
        let powers_of_ten = self.rest(from)[..powers.saturating_sub(from)].iter();
        let power: f64 = powers_of_ten.filter_map(|&c| chinese::power(c)).product();
        let (scale, scaled) = self.scale_word(powers);
        let Some(value) = self.number(start..end) else {
            return scaled;
        };
        let value = value * power * scale;
        if let Some(to) = self
            .deal(start..scaled, value)
            .or_else(|| self.share_of_ten(start..scaled, value))
            .or_else(|| self.dozens(start..scaled, value))
            .or_else(|| self.day_of_month(start, scaled, value))
            .or_else(|| self.more_than(start..scaled, value))
        {
            return to;
        }
        let to = self.with_unit(start..scaled, value, false);
        if points == 1 {
            self.may_be_more(start..end);
        }
        if self.peek(powers) == Some('W') && scaled > powers {
            // 20000, or watts.
            self.or_else_means(value / scale, Unit::Named("瓦"));
        }
        to
    }

    /// Whether a blank stands here and then a power of ten, as many write it: 30 万元, 1.2 亿, 3 千人; but not 3 万一 and 5 千克.
    fn has_power_behind_blank(&self, at: usize) -> bool {
        match self.rest(at) {
            [' ', '万' | '亿' | '萬' | '億', next, ..] => !"一能达科里".contains(*next),
            [' ', '万' | '亿' | '萬' | '億'] => true,
            [' ', '千' | '百', next, ..] => "万亿人元块个只台件份名套辆户家".contains(*next),
            _ => false,
        }
    }

    /// Where digits with commas and points end, and how many points they have.
    fn digits_and_points(&self, start: usize) -> (usize, usize) {
        let mut end = self.digits_end(start);
        while end - start <= 3 + 4 * ((end - start) / 4)
            && self.peek(end) == Some(',')
            && self.digits_end(end + 1) == end + 4
        {
            end += 4;
        }
        let mut points = 0;
        while self.peek(end) == Some('.') && self.peek(end + 1).is_some_and(|c| c.is_ascii_digit())
        {
            end = self.digits_end(end + 1);
            points += 1;
        }
        (end, points)
    }

    /// A numeral of Chinese; where it ends.
    fn numeral(&mut self) -> usize {
        let start = self.at;
        if let Some(word) = self.word_of_numerals(start) {
            return word;
        }
        let end = self.end_of_numeral(start);
        if let Some(to) = self.with_other_words(start, end) {
            return to;
        }
        let numeral = self.characters[start..end].to_vec();
        let Some(value) = chinese::value(&numeral) else {
            return end;
        };
        if let Some(to) = self
            .deal(start..end, value)
            .or_else(|| self.dozens(start..end, value))
        {
            return to;
        }
        let is_counted = chinese::is_counted(&numeral);
        let has_unit = self.prefix(start).is_some() || unit_before(self.rest(end), value).is_some();
        let is_decade = end - start == 2 && self.starts(end, "后");
        let is_number =
            is_counted || is_decade || end - start > 2 || has_unit || self.is_range(end);
        if !is_number {
            self.label(start..end, value);
        }
        if !is_number || self.is_very(start, end) {
            return end;
        }
        let is_one = numeral == ['一'];
        let to = self.with_unit(start..end, value, is_one);
        if numeral == ['十', '一'] && to == end {
            // The National Day, as well.
            self.or_else_means(10.0, Unit::Month);
            self.or_else_means(1.0, Unit::Day);
        }
        to
    }

    /// Where the characters of numerals end that are one numeral.
    fn end_of_numeral(&self, start: usize) -> usize {
        let mut end = self.run(start, is_numeral);
        if self.is_weekday(start) {
            end = start + 1;
        }
        if self.ends_with_liang(start..end) {
            end -= 1;
        }
        end
    }

    /// A number of a numeral and other words: a fraction, a decimal, about so many; where it ends.
    fn with_other_words(&mut self, start: usize, end: usize) -> Option<usize> {
        self.minutes_to(start)
            .or_else(|| self.shares(start, end))
            .or_else(|| self.fraction(start, end))
            .or_else(|| self.tenths_of_all(start, end))
            .or_else(|| self.spoken_decimal(start, end))
            .or_else(|| self.about(start, end))
            .or_else(|| self.one_half(start, end))
    }

    /// Where a word ends with which a run of numerals begins: 统一|六位, 万一|三点, 千万|五点前.
    fn word_of_numerals(&self, start: usize) -> Option<usize> {
        let is_adverb = self
            .before(start)
            .is_some_and(|c| "统唯单同逐专".contains(c));
        let length = match self.rest(start) {
            ['一', ..] if is_adverb => 1,
            ['万', '一', ..] | ['千', '万', ..] => 2,
            _ => return None,
        };
        let goes_on = self.peek(start + length).is_some_and(is_numeral);
        goes_on.then_some(start + length)
    }

    /// The unit in front of a number, and its characters.
    fn prefix(&self, start: usize) -> Option<(Unit, usize)> {
        let prefix = prefix_after(&self.characters[..start]);
        let is_it = |unit: Unit| unit != Unit::Weekday || self.is_weekday(start);
        let prefix = prefix.filter(|(unit, _)| is_it(*unit));
        prefix.or_else(|| self.is_lunar_day(start).then_some((Unit::Day, 1)))
    }

    /// 三到五天: the 三 has its unit later.
    fn is_range(&self, end: usize) -> bool {
        let goes_on = |c: char| is_numeral(c) || c.is_ascii_digit();
        let is_to = matches!(self.peek(end), Some('到' | '至' | '-' | '~' | '～' | '—'));
        is_to && self.peek(end + 1).is_some_and(goes_on)
    }

    /// 十分 (very), 一点 (a little) and 一时 (for a while) are numbers in a time only, and 零件 are parts.
    fn is_very(&self, start: usize, end: usize) -> bool {
        let before: String = self.characters[start.saturating_sub(2)..start]
            .iter()
            .collect();
        match (&self.characters[start..end], self.peek(end)) {
            (['十'], Some('分')) => {
                !before.ends_with(['点', '时']) && self.peek(end + 1) != Some('钟')
            }
            (['零'], Some('件' | '部' | '头')) => true,
            (['一'], Some('点' | '时')) => {
                let goes_on = |c: char| matches!(c, '钟' | '半' | '整' | '到') || is_numeral(c);
                !DAYTIMES.contains(&&*before) && !self.peek(end + 1).is_some_and(goes_on)
            }
            _ => false,
        }
    }

    /// Adds a number with its sign and the unit around it; where that ends.
    fn with_unit(&mut self, place: Range<usize>, value: f64, is_one: bool) -> usize {
        let prefix = self.prefix(place.start);
        let behind = self.unit_behind(place.end, value);
        let (unit, from, to) = match (prefix, behind) {
            (Some((unit, length)), _) => (unit, place.start - length, place.end),
            (None, Some((unit, to))) => (unit, place.start, to),
            (None, None) => (Unit::None, place.start, place.end),
        };
        let unit = match unit {
            Unit::Hour => return self.hour(from..to, value),
            Unit::Minute if !self.follows_hour(place.start) => Unit::Named("分"),
            unit => unit,
        };
        let is_incidental =
            is_one && self.is_article(from..to, unit) || self.is_of_name(from..to, value, unit);
        let to = self.signed(from..to, value, unit, is_incidental);
        if let (Unit::Ordinal, Some((Unit::Named(name @ ("季" | "层" | "届" | "期" | "版")), _))) =
            (unit, behind)
        {
            // 第三季度 is 三季度.
            self.or_else_means(value, Unit::Named(name));
        }
        to
    }

    /// Whether the 一 of a number with its unit may be no more than an article; 一日两次 is 每天两次.
    fn is_article(&self, place: Range<usize>, unit: Unit) -> bool {
        let before = self.before(place.start);
        // 小一号 is a size less.
        let is_size = unit == Unit::Day && matches!(before, Some('大' | '小'));
        let is_span = unit == Unit::Day && before != Some('月');
        unit.allows_article() || is_size || is_span && self.ends(place.end, "日")
    }

    /// Whether a number with its unit is part of a name or an idiom: MP3, COVID-19, 3D, 5G, 100%.
    fn is_of_name(&self, place: Range<usize>, value: f64, unit: Unit) -> bool {
        let Range { start, end } = place;
        let name = start - usize::from(self.before(start) == Some('-'));
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        let is_glued = is_letter(self.before(name)) || is_letter(self.peek(end));
        // A generation of networks.
        let is_generation = value < 7.0 && ["G", "g"].iter().any(|g| self.ends(end, g));
        unit == Unit::Named("GB") && is_generation
            || unit == Unit::None && is_glued
            || unit == Unit::Named("%") && value == 100.0
            || self.is_idiom(start)
    }

    /// Adds a number with the sign before it and the half or the tail behind it; where it ends.
    fn signed(
        &mut self,
        place: Range<usize>,
        value: f64,
        unit: Unit,
        is_incidental: bool,
    ) -> usize {
        let (value, unit, to) = self.with_tail(place.end, value, unit);
        let (value, from) = match self.sign(place.start, unit) {
            Some(from) => (-value, from),
            None => (value, place.start),
        };
        let value = match unit {
            // 85折 is 八五折 and 8.5折.
            Unit::Named("折") if value >= 10.0 => value / 10.0,
            _ => value,
        };
        if !self.joins_last(from..to, value, unit) {
            self.add(from..to, value, unit);
        }
        self.mark_incidental(is_incidental);
        to
    }

    /// The unit behind a number, and where it ends.
    fn unit_behind(&self, end: usize, value: f64) -> Option<(Unit, usize)> {
        if let Some((unit, length)) = unit_before(self.rest(end), value) {
            return Some((unit, end + length));
        }
        let next = self.run(end, |c| matches!(c, ' ' | '-'));
        let spaced = unit_before(self.rest(next), value).filter(|(unit, _)| {
            let is_date = matches!(unit, Unit::Month | Unit::Day | Unit::Hour | Unit::Minute);
            self.peek(end) == Some(' ') && (unit.is_measure() || is_date)
        });
        match spaced {
            Some((unit, length)) => Some((unit, next + length)),
            None => self.unit_word(next),
        }
    }

    /// A unit by its symbol or in English, and where it ends.
    fn unit_word(&self, from: usize) -> Option<(Unit, usize)> {
        if let Some((_, end)) = self.meridiem(from).or_else(|| self.part_behind(from)) {
            return Some((Unit::Hour, end));
        }
        if let Some((unit, length)) = symbol(self.rest(from)) {
            let end = from + length;
            let is_of_device =
                unit == Unit::Named("克") && DEVICES.iter().any(|what| self.starts(end, what));
            return Some((
                if is_of_device {
                    Unit::Named("GB")
                } else {
                    unit
                },
                end,
            ));
        }
        let (word, end) = self.word_at(from)?;
        Some((english::unit(&word)?, end))
    }

    fn is_idiom(&self, from: usize) -> bool {
        IDIOMS.iter().any(|idiom| self.starts(from, idiom))
    }

    /// Whether it went into the last number, as the 30分钟 of 1小时30分钟 does.
    fn joins_last(&mut self, place: Range<usize>, value: f64, unit: Unit) -> bool {
        let Some(last) = self.found.last() else {
            return false;
        };
        let between: String = match self.characters.get(last.place.end..place.start) {
            Some(between) => between.iter().collect(),
            None => return false,
        };
        let ((factor, part), (large, whole)) = (base(unit), base(last.unit));
        let is_part = part == whole && part != Unit::None && factor < large;
        if !is_part || !matches!(between.trim(), "" | "零" | "又" | "and" | ",") {
            return false;
        }
        let value = last.value * large + value * factor;
        let place = last.place.start..place.end;
        self.found.pop();
        self.add(place, value, whole);
        true
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

    fn add(&mut self, place: Range<usize>, value: f64, unit: Unit) {
        self.push(place, value, unit, readings(value, unit));
    }

    fn push(&mut self, place: Range<usize>, value: f64, unit: Unit, readings: Vec<Reading>) {
        let number = Number {
            text: self.text(place.clone()),
            place: place.clone(),
            readings,
            is_incidental: false,
            clock: None,
            is_of_clock: false,
            digits: None,
        };
        self.found.push(Found {
            number,
            value,
            unit,
            place,
        });
    }

    /// What else the last number may mean.
    fn or_else_means(&mut self, value: f64, unit: Unit) {
        self.or_else_reads(Reading::new(value, unit));
    }

    fn or_else_reads(&mut self, reading: Reading) {
        if let Some(last) = self.found.last_mut() {
            last.number.readings.push(reading);
        }
    }

    /// Whether the last number counts only against another of its kind.
    fn mark_incidental(&mut self, is_incidental: bool) {
        if let Some(last) = self.found.last_mut() {
            last.number.is_incidental = is_incidental;
        }
    }
}

/// Digits and signs in their usual width, and simplified characters.
fn narrow(c: char) -> char {
    match c {
        '\u{ff04}'
        | '\u{ff05}'
        | '\u{ff0b}'..='\u{ff0f}'
        | '\u{ff10}'..='\u{ff1a}'
        | '\u{ff21}'..='\u{ff3a}'
        | '\u{ff41}'..='\u{ff5a}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2212}' => '-',
        other => simplified_character(other),
    }
}
