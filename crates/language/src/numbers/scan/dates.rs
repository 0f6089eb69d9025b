//! Dates, times of the day and days of the week.

use std::ops::Range;

use super::{Reading, Scanner, Unit, english, is_numeral, prefix_after, unit_before};

/// In front of a decimal that measures: 单价3.50, 评分4.50.
const MEASURED: &str = "价率值重高长宽深厚力额约共均费分度近达超比";

impl Scanner {
    /// 2026-03-05, 2026/3/5 and 20260305.
    pub(super) fn date(&mut self, start: usize) -> Option<usize> {
        let (year, month, day) = self.date_with_marks(start).or_else(|| {
            let is_whole = self.digits_end(start) == start + 8;
            is_whole.then_some((start..start + 4, start + 4..start + 6, start + 6..start + 8))
        })?;
        let [of_year, of_month, of_day] =
            [&year, &month, &day].map(|place| self.number(place.clone()));
        let (of_year, of_month, of_day) = (of_year?, of_month?, of_day?);
        let is_date = (1900.0..2100.0).contains(&of_year)
            && (1.0..=12.0).contains(&of_month)
            && (1.0..=31.0).contains(&of_day);
        if !is_date {
            return None;
        }
        let end = day.end;
        self.add(year, of_year, Unit::Year);
        self.add(month, of_month, Unit::Month);
        self.add(day, of_day, Unit::Day);
        Some(end)
    }

    fn date_with_marks(&self, start: usize) -> Option<(Range<usize>, Range<usize>, Range<usize>)> {
        let year = self.digits_end(start);
        let mark = self.peek(year).filter(|c| matches!(c, '-' | '/' | '.'))?;
        let month = self.digits_end(year + 1);
        let day = self.digits_end(month + 1);
        let lengths = (
            year - start,
            month - year - 1,
            day.saturating_sub(month + 1),
        );
        let is_date = matches!(lengths, (4, 1 | 2, 1 | 2)) && self.peek(month) == Some(mark);
        is_date.then_some((start..year, year + 1..month, month + 1..day))
    }

    /// 15:30 and 15:30:05; the seconds do not count.
    pub(super) fn clock(&mut self, start: usize, end: usize) -> Option<usize> {
        let minutes = self.digits_end(end + 1);
        if self.peek(end) != Some(':') || end - start > 2 || minutes != end + 3 {
            return None;
        }
        let (hour, minute) = (self.number(start..end)?, self.number(end + 1..minutes)?);
        if hour > 24.0 || minute > 59.0 {
            return None;
        }
        self.add(start..minutes, hour % 12.0, Unit::Hour);
        // 21:19 may be a score.
        self.or_else_reads(Reading::literal(format!("{hour}:{minute}")));
        let has_seconds = self.peek(minutes) == Some(':');
        let end = match has_seconds {
            true => self.digits_end(minutes + 1),
            false => minutes,
        };
        let to = self
            .meridiem(self.run(end, |c| c == ' '))
            .map_or(end, |(_, to)| to);
        self.mark_clock(start..to, hour, true);
        if minute > 0.0 {
            self.add(start..minutes, minute, Unit::Minute);
        }
        Some(to)
    }

    /// 3/5: a date, or three of five.
    pub(super) fn slash(&mut self, start: usize, end: usize) -> Option<usize> {
        let to = self.digits_end(end + 1);
        let is_pair =
            self.peek(end) == Some('/') && end - start <= 2 && (1..=2).contains(&(to - end - 1));
        if !is_pair || matches!(self.peek(to), Some('/' | '.')) {
            return None;
        }
        let (first, second) = (self.number(start..end)?, self.number(end + 1..to)?);
        for value in [first, second] {
            self.add(start..to, value, Unit::None);
            self.or_else_means(100.0 * first / second, Unit::Named("%"));
            if let Some((unit, _)) =
                unit_before(self.rest(to), first).filter(|(unit, _)| unit.is_measure())
            {
                self.or_else_means(first / second, unit);
            }
        }
        Some(to)
    }

    /// 3.5 without a unit may be a date, and 0.5 a share.
    pub(super) fn may_be_more(&mut self, digits: Range<usize>) {
        let mark = self.digits_end(digits.start);
        let is_bare = self
            .found
            .last()
            .is_some_and(|last| last.unit == Unit::None);
        self.keep_digits(digits.clone());
        let month = self.number(digits.start..mark);
        let day = self.number(mark + 1..digits.end);
        let (true, Some(month), Some(day)) = (is_bare, month, day) else {
            return;
        };
        if (1.0..=12.0).contains(&month) && (1.0..=31.0).contains(&day) {
            self.or_else_means(month, Unit::Month);
            self.or_else_means(day, Unit::Day);
        }
        if let Some(share) = self.number(digits).filter(|share| *share <= 1.0) {
            self.or_else_means(100.0 * share, Unit::Named("%"));
        }
    }

    /// Keeps how a decimal without a unit is written, if it may be a version or a date, which 3.10 and 3.1 are two of: it has
    /// a whole part, and no word in front says that it measures.
    fn keep_digits(&mut self, digits: Range<usize>) {
        let written = self.characters[digits.clone()].iter().collect();
        let measures = self
            .before(digits.start)
            .is_some_and(|c| MEASURED.contains(c));
        let part = self.digits_end(digits.start) + 1..digits.end;
        let is_whole = self.rest(part.start)[..part.len()]
            .iter()
            .all(|&c| c == '0');
        if let Some(last) = self.found.last_mut()
            && matches!(last.unit, Unit::None | Unit::Named("版"))
            && last.value >= 1.0
            && !measures
            && !is_whole
        {
            last.number.digits = Some(written);
        }
    }

    /// The 5 of 5th, 5 March and 5th of March; where it ends.
    pub(super) fn day_of_month(&mut self, start: usize, end: usize, value: f64) -> Option<usize> {
        let to = self.ordinal_suffix(end);
        if to == end && self.month_behind(end).is_none() || value > 31.0 {
            return None;
        }
        self.add(start..to, value, Unit::Day);
        // The 2nd floor.
        self.or_else_means(value, Unit::Named("层"));
        Some(to)
    }

    /// Where the th of 5th ends; without one where the digits do.
    fn ordinal_suffix(&self, digits: usize) -> usize {
        let word = self.word_at(digits);
        let suffix = word.filter(|(word, _)| english::is_ordinal_suffix(word));
        suffix.map_or(digits, |(_, end)| end)
    }

    /// The month that a word behind a day names, and where it ends.
    fn month_behind(&self, day: usize) -> Option<(f64, usize)> {
        let (mut word, mut end) = self.word_at(self.run(day, |c| c == ' '))?;
        if word == "of" {
            (word, end) = self.word_at(self.run(end, |c| c == ' '))?;
        }
        Some((english::month(&word)?, end))
    }

    /// A month of English, with its day; where that ends.
    pub(super) fn month(&mut self, word: &str, place: Range<usize>) -> Option<usize> {
        let month = english::month(word)?;
        let from = self.run(place.end, |c| matches!(c, ' ' | '.'));
        let to = self.digits_end(from);
        let day = self
            .number(from..to)
            .filter(|day| (1.0..=31.0).contains(day) && self.peek(to) != Some(':'));
        let follows_day = self.found.last().is_some_and(|last| {
            let between: String = self.characters[last.place.end..place.start]
                .iter()
                .collect();
            last.unit == Unit::Day && matches!(between.trim(), "" | "of")
        });
        let has_year = to - from == 4;
        if day.is_none() && !follows_day && !has_year && !self.names_month(word, place.start) {
            return None;
        }
        self.add(place.clone(), month, Unit::Month);
        let Some(day) = day.filter(|_| !follows_day) else {
            return Some(place.end);
        };
        let to = self.ordinal_suffix(to);
        self.add(from..to, day, Unit::Day);
        Some(to)
    }

    /// Whether a word without a day is a month: not the "may" of "may I", nor the "march" of "a march".
    fn names_month(&self, word: &str, start: usize) -> bool {
        let is_capital = self.peek(start).is_some_and(|c| c.is_ascii_uppercase());
        let is_clear = word.len() > 4 && word != "march";
        let before_months = ["in ", "since ", "until ", "of ", "last ", "next "];
        is_capital && (is_clear || before_months.iter().any(|word| self.ends(start, word)))
    }

    /// 周一, but not the 一 of 一周一次 and 每周一次.
    pub(super) fn is_weekday(&self, start: usize) -> bool {
        let Some((Unit::Weekday, length)) = prefix_after(&self.characters[..start]) else {
            return false;
        };
        let before = self.before(start - length);
        let counts = before.is_some_and(|c| is_numeral(c) || c.is_ascii_digit() || c == '个');
        !counts && !matches!(self.peek(start + 1), Some('次' | '回' | '遍'))
    }

    /// 星期天, 周日; where it ends.
    pub(super) fn weekend(&mut self) -> usize {
        let start = self.at;
        let is_sunday = matches!(self.peek(start), Some('日' | '天'));
        if is_sunday && self.is_weekday(start) {
            let (_, length) = prefix_after(&self.characters[..start]).unwrap_or((Unit::None, 0));
            self.add(start - length..start + 1, 7.0, Unit::Weekday);
        }
        start + 1
    }

    /// An hour, with the half, the quarter or the minutes that follow without 分.
    pub(super) fn hour(&mut self, place: Range<usize>, value: f64) -> usize {
        let Range { start, end } = place;
        if let Some((minutes, to)) = self.around_hour(end) {
            let hour = if minutes < 0.0 { value + 11.0 } else { value };
            self.add(start..to, hour % 12.0, Unit::Hour);
            self.mark_clock(start..to, value, false);
            self.add(start..to, (minutes + 60.0) % 60.0, Unit::Minute);
            return to;
        }
        self.add(place.clone(), value % 12.0, Unit::Hour);
        self.mark_clock(place, value, false);
        // 三点建议.
        self.or_else_means(value, Unit::Count);
        let Some((minute, to)) = self.minutes_behind_hour(end) else {
            return end;
        };
        self.add(end..to, minute, Unit::Minute);
        to
    }

    /// What follows an hour: 半, 一刻, 四十, 40; and where it ends.
    fn minutes_behind_hour(&self, from: usize) -> Option<(f64, usize)> {
        if self.peek(from) == Some('半') {
            return Some((30.0, from + 1));
        }
        let (value, end) = self.bare(from)?;
        let is_written_out = self.peek(from).is_some_and(is_numeral);
        let is_minute =
            end == from + 2 && value < 60.0 && !matches!(self.peek(end), Some(':' | '-'));
        match self.peek(end) {
            Some('刻') => Some((15.0 * value, end + 1)),
            Some('分') if is_written_out || is_minute => Some((value, end + 1)),
            _ if is_written_out => Some((value, end)),
            _ if is_minute && unit_before(self.rest(end), value).is_none() => Some((value, end)),
            _ => None,
        }
    }

    pub(super) fn follows_hour(&self, start: usize) -> bool {
        matches!(self.before(start), Some('点' | '时' | '點')) && !self.ends(start, "小时")
    }
}
