//! Times that are said by the next hour, and halves of the day.

use std::ops::Range;

use super::{Clock, Scanner, Unit, is_numeral};
use crate::words::is_separator;

/// Parts of the day, with the hours (of twelve) that are after noon there: 晚上八点 is, 晚上一点 is not. Of two that fit, the
/// longer one stands first.
const PARTS: &[(&str, Range<u32>)] = &[
    ("大清早", 0..0),
    ("一大早", 0..0),
    ("上午", 0..0),
    ("早上", 0..0),
    ("早间", 0..0),
    ("清早", 0..0),
    ("清晨", 0..0),
    ("早晨", 0..0),
    ("凌晨", 0..0),
    ("一早", 0..0),
    ("下午", 0..12),
    ("午后", 0..12),
    ("傍晚", 0..12),
    ("黄昏", 0..12),
    ("中午", 0..5),
    ("正午", 0..5),
    ("午间", 0..5),
    ("晚上", 5..12),
    ("晚间", 5..12),
    ("夜里", 5..12),
    ("夜间", 5..12),
    ("夜晚", 5..12),
    ("深夜", 5..12),
    ("半夜", 5..12),
    ("午夜", 5..12),
    ("早", 0..0),
    ("晚", 5..12),
    ("夜", 5..12),
];

/// Parts of the day as English has them behind an hour.
const PARTS_BEHIND: [(&str, bool); 4] = [
    ("in the morning", false),
    ("in the afternoon", true),
    ("in the evening", true),
    ("at night", true),
];

/// Before a 早 or 晚 that is no part of the day: 最晚8点 is until 8.
const COMPARED: &str = "最不太再还更提越迟很稍要别或宜尽及";

/// Characters between a part of the day and its hour: 早上的8点, 晚上大概8点.
const MOST_BETWEEN: usize = 4;

/// Say of a text that its hours may be of twelve.
const AFTERNOONS: [&str; 8] = ["下午", "晚", "夜", "午后", "黄昏", "pm", "p.m", "PM"];

impl Scanner {
    /// 差五分八点 and 差一刻八点; where it ends.
    pub(super) fn minutes_to(&mut self, start: usize) -> Option<usize> {
        if self.before(start) != Some('差') {
            return None;
        }
        let (minutes, end) = self.minutes(start)?;
        let (hour, end) = self.bare(end)?;
        if self.peek(end) != Some('点') || hour < 1.0 {
            return None;
        }
        let place = start - 1..end + 1;
        self.add(place.clone(), (hour - 1.0) % 12.0, Unit::Hour);
        self.mark_clock(place.clone(), hour, false);
        self.add(place, 60.0 - minutes, Unit::Minute);
        Some(end + 1)
    }

    /// The 差五分 of 八点差五分 and the 过一刻 of 八点过一刻, from there on: minutes before (less than 0) or after the hour,
    /// and where it ends.
    pub(super) fn around_hour(&self, from: usize) -> Option<(f64, usize)> {
        let sign = match self.peek(from)? {
            '差' => -1.0,
            '过' => 1.0,
            _ => return None,
        };
        let (minutes, end) = self.minutes(from + 1)?;
        Some((sign * minutes, end))
    }

    /// A number of minutes below sixty, and where it ends.
    fn minutes(&self, from: usize) -> Option<(f64, usize)> {
        let (value, end) = self.bare(from)?;
        let (minutes, end) = match self.peek(end)? {
            '分' if self.peek(end + 1) == Some('钟') => (value, end + 2),
            '分' => (value, end + 1),
            '刻' => (15.0 * value, end + 1),
            _ => return None,
        };
        (0.0..60.0).contains(&minutes).then_some((minutes, end))
    }

    /// 早九晚六, 朝九晚五: two hours; where it ends.
    pub(super) fn working_hours(&mut self) -> Option<usize> {
        let start = self.at;
        if !matches!(self.peek(start), Some('早' | '朝')) {
            return None;
        }
        let (from, middle) = self.bare(start + 1)?;
        let (to, end) = self
            .bare(middle + 1)
            .filter(|_| self.peek(middle) == Some('晚'))?;
        let are_hours = [from, to].iter().all(|hour| (1.0..=12.0).contains(hour));
        if !are_hours || matches!(self.peek(end), Some('点' | ':' | '.')) {
            return None;
        }
        for (place, hour) in [(start..middle, from), (middle..end, to)] {
            self.add(place.clone(), hour % 12.0, Unit::Hour);
            self.mark_clock(place.start + 1..place.end, hour, false);
        }
        Some(end)
    }

    /// Says of the last number, an hour that stands with its unit at `place`, what time it begins.
    pub(super) fn mark_clock(&mut self, place: Range<usize>, hour: f64, has_colon: bool) {
        let (is_afternoon, place) = self.daytime(place, hour);
        let clock = Clock {
            text: String::new(),
            place,
            minute: 0.0,
            has_colon,
            hour,
            is_afternoon,
            is_open: false,
            may_be_later: false,
        };
        if let Some(last) = self.found.last_mut() {
            last.number.clock = Some(clock);
        }
    }

    /// Which half of the day an hour is of, where the text says so (20点, 晚上八点, 8 pm), and where the words that say so and
    /// the hour stand.
    fn daytime(&self, place: Range<usize>, hour: f64) -> (Option<bool>, Range<usize>) {
        let Range { start, end } = place;
        let of_twelve = (0.0..=12.0).contains(&hour).then_some(hour as u32 % 12);
        let before = self.part_before(start);
        let from = before.as_ref().map_or(start, |(from, _)| *from);
        if hour == 0.0 || hour > 12.0 {
            return (Some((13.0..24.0).contains(&hour)), from..end);
        }
        if let Some((is_afternoon, end)) = self.half_behind(end) {
            return (Some(is_afternoon), from..end);
        }
        if let Some(from) = start
            .checked_sub(2)
            .map(|at| at - usize::from(self.before(start) == Some(' ')))
            && let Some((is_afternoon, to)) = self.meridiem(from)
            && to <= start
        {
            return (Some(is_afternoon), from..end);
        }
        let half = before.zip(of_twelve);
        (
            half.map(|((_, afternoon), hour)| afternoon.contains(&hour)),
            from..end,
        )
    }

    /// The part of the day that is said in front of an hour, and where it begins.
    fn part_before(&self, hour: usize) -> Option<(usize, Range<u32>)> {
        for between in 0..=MOST_BETWEEN {
            let end = hour.checked_sub(between)?;
            let part = PARTS.iter().find(|(part, _)| self.ends(end, part));
            let part = part.map(|(part, afternoon)| (end - part.chars().count(), afternoon));
            let is_part = |start: usize| {
                let is_clear = end - start > 1 || between == 0;
                is_clear
                    && !(end - start == 1
                        && self.before(start).is_some_and(|c| COMPARED.contains(c)))
            };
            if let Some((start, afternoon)) = part.filter(|(start, _)| is_part(*start)) {
                return Some((start, afternoon.clone()));
            }
            let next = self.before(end)?;
            if is_separator(next) || is_numeral(next) || next.is_ascii_digit() {
                return None;
            }
        }
        None
    }

    /// The half of the day that is said behind an hour or in its unit, and where that ends.
    fn half_behind(&self, end: usize) -> Option<(bool, usize)> {
        let lengths = 2..=PARTS_BEHIND[1].0.len();
        let mut inside = lengths.filter_map(|length| end.checked_sub(length));
        let next = self.run(end, |c| c == ' ');
        let behind = |from| self.meridiem(from).or_else(|| self.part_behind(from));
        let is_inside = |from| behind(from).filter(|&(_, to)| to == end);
        inside.find_map(is_inside).or_else(|| behind(next))
    }

    /// Whether "in the morning" or the like stands there: which half of the day that is, and where it ends.
    pub(super) fn part_behind(&self, from: usize) -> Option<(bool, usize)> {
        let said = PARTS_BEHIND
            .iter()
            .find(|(part, _)| self.starts(from, part));
        said.map(|(part, is_afternoon)| (*is_afternoon, from + part.len()))
    }

    /// Whether am, pm, a.m. or p.m. stands there: which it is, and where it ends.
    pub(super) fn meridiem(&self, from: usize) -> Option<(bool, usize)> {
        let is_afternoon = match self.peek(from)?.to_ascii_lowercase() {
            'a' => false,
            'p' => true,
            _ => return None,
        };
        let point = |at| at + usize::from(self.peek(at) == Some('.'));
        let m = point(from + 1);
        let is_it = self.peek(m).is_some_and(|c| c.eq_ignore_ascii_case(&'m'))
            && !self.peek(m + 1).is_some_and(|c| c.is_ascii_alphabetic())
            && !self.before(from).is_some_and(|c| c.is_ascii_alphabetic());
        let has_points = m > from + 1;
        is_it.then(|| (is_afternoon, if has_points { point(m + 1) } else { m + 1 }))
    }

    /// Gives the times of the text their minutes, their names, and what the others say of their notation.
    pub(super) fn tell_times(&mut self) {
        self.join_past();
        for at in 1..self.found.len() {
            let (before, rest) = self.found.split_at_mut(at);
            let (hour, minutes) = (&mut before[at - 1], &mut rest[0]);
            let follows = minutes.place.start == hour.place.end || minutes.place == hour.place;
            if let Some(clock) = &mut hour.number.clock
                && minutes.unit == Unit::Minute
                && (follows || minutes.place.start == clock.place.end)
            {
                clock.minute = minutes.value;
                clock.place.end = clock.place.end.max(minutes.place.end);
                minutes.number.is_of_clock = true;
            }
        }
        let is_said = self.speaks_of_afternoons();
        let goes_back = self.hours_go_back();
        let has_24_hours = self.clocks().any(|clock| clock.hour > 12.0);
        let given = &self.given;
        for clock in self
            .found
            .iter_mut()
            .filter_map(|found| found.number.clock.as_mut())
        {
            clock.text = given[clock.place.clone()].iter().collect();
            clock.is_open = is_said || goes_back;
            // Hours of 24 that go back run over midnight: 22点到6点.
            clock.may_be_later = (goes_back || is_said) && !has_24_hours;
        }
    }

    /// Half past three: the hour comes behind its minutes.
    fn join_past(&mut self) {
        for at in 1..self.found.len() {
            let (minutes, hour) = (&self.found[at - 1], &self.found[at]);
            let from = minutes.place.start;
            let is_past = minutes.unit == Unit::Minute && minutes.number.text.ends_with("past");
            let is_next = self.run(minutes.place.end, |c| c == ' ') == hour.place.start;
            let (place, value, minute) = (hour.place.clone(), hour.value, minutes.value);
            if !is_past || !is_next || !(1.0..=12.0).contains(&value) {
                continue;
            }
            let mut hours = self.found.split_off(at);
            self.add(place.clone(), value % 12.0, Unit::Hour);
            self.mark_clock(place, value, false);
            if let Some(clock) = self
                .found
                .last_mut()
                .and_then(|last| last.number.clock.as_mut())
            {
                clock.minute = minute;
                clock.place.start = from;
            }
            hours.remove(0);
            self.found.append(&mut hours);
            self.found[at - 1].number.is_of_clock = true;
        }
    }

    /// Whether the text speaks of the evening, so that 9点 may be 21点 here.
    fn speaks_of_afternoons(&self) -> bool {
        (0..self.characters.len()).any(|at| AFTERNOONS.iter().any(|word| self.starts(at, word)))
    }

    /// Whether its hours go back, so that they are of twelve: 9点到6点.
    fn hours_go_back(&self) -> bool {
        let hours: Vec<f64> = self.clocks().map(|clock| clock.hour).collect();
        hours.windows(2).any(|pair| pair[1] < pair[0])
    }

    fn clocks(&self) -> impl Iterator<Item = &Clock> {
        let numbers = self.found.iter();
        numbers.filter_map(|found| found.number.clock.as_ref())
    }
}
