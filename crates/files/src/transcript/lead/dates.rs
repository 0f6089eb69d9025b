//! Dates in front of times.

use super::AROUND;

/// Parts of the day in front of a time.
const PARTS_OF_DAY: [&str; 7] = ["上午", "下午", "凌晨", "中午", "晚上", "AM", "PM"];

/// What stands in front of a date at the end, and whether there is one: 张三 2025-03-05, 2025年3月5日 星期三 下午.
pub(super) fn without_date(text: &str) -> (&str, bool) {
    let (mut rest, mut has_date) = (text, false);
    loop {
        let shorter = shorter_by_date(rest.trim_end_matches(AROUND));
        match shorter {
            Some(shorter) => (rest, has_date) = (shorter, true),
            None if has_date => return (rest.trim_end_matches(AROUND), has_date),
            None => return (text, has_date),
        }
    }
}

/// A text without the last part of a date at its end.
fn shorter_by_date(text: &str) -> Option<&str> {
    let part = PARTS_OF_DAY.iter().find_map(|part| text.strip_suffix(part));
    let day = || {
        let day = text.trim_end_matches(|c| "一二三四五六日天".contains(c));
        let is_one = text[day.len()..].chars().count() == 1;
        let week = ["星期", "周"]
            .iter()
            .find_map(|week| day.strip_suffix(week));
        week.filter(|_| is_one)
    };
    let date = || {
        let is_part = |c: char| c.is_ascii_digit() || "-/.年月日号".contains(c);
        let before = text.trim_end_matches(is_part);
        let date = &text[before.len()..];
        let separators = date.chars().filter(|c| !c.is_ascii_digit()).count();
        let is_date = date.starts_with(|c: char| c.is_ascii_digit()) && separators >= 2;
        is_date.then_some(before)
    };
    part.or_else(day).or_else(date)
}
