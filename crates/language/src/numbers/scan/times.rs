//! Times that are said by the next hour, and halves of the day.

use super::{Daytime, Scanner, Unit};

/// Parts of the day, with the hours (of twelve) that are after noon there: 晚上八点 is, 晚上一点 is not.
const PARTS: &[(&str, std::ops::Range<u32>)] = &[
    ("上午", 0..0),
    ("早上", 0..0),
    ("清早", 0..0),
    ("清晨", 0..0),
    ("早晨", 0..0),
    ("凌晨", 0..0),
    ("今早", 0..0),
    ("明早", 0..0),
    ("下午", 0..12),
    ("午后", 0..12),
    ("傍晚", 0..12),
    ("中午", 0..5),
    ("晚上", 5..12),
    ("夜里", 5..12),
    ("深夜", 5..12),
    ("半夜", 5..12),
    ("今晚", 5..12),
    ("明晚", 5..12),
    ("昨晚", 5..12),
];

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

    /// Which half of the day an hour is of, where the text says so: 20点, 晚上八点, 8 pm. The number with its unit lies
    /// between `start` and `end`.
    pub(super) fn daytime(&self, start: usize, end: usize, hour: f64) -> Option<Daytime> {
        let said = |from: usize, is_afternoon: bool| {
            let text = self.text(from..end);
            Some(Daytime { is_afternoon, text })
        };
        if hour == 0.0 || hour > 12.0 {
            return said(start, (13.0..24.0).contains(&hour));
        }
        let suffix: String = self.rest(end.saturating_sub(2)).iter().take(2).collect();
        match suffix.to_lowercase().as_str() {
            "am" => return said(start, false),
            "pm" => return said(start, true),
            _ => {}
        }
        let (part, afternoon) = PARTS.iter().find(|(part, _)| self.ends(start, part))?;
        let is_afternoon = afternoon.contains(&(hour as u32 % 12));
        said(start - part.chars().count(), is_afternoon)
    }
}
