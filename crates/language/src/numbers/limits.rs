//! Limits of time (14天内), and what may lie within one: a date (1月3号买的), or how long it has been (买了3天).

use super::Number;
use super::direction::Text;
use super::units::Unit;

/// Behind a number, what makes a limit of it.
const LIMITS_BEHIND: [&str; 4] = ["内", "之内", "以内", "无理由"];

/// In front of one.
const LIMITS_BEFORE: [&str; 5] = ["不超过", "超过", "不到", "超", "最长"];

/// In front of a number that says how long it has been: 买了3天, 已经3天, 才3天.
const ELAPSED_BEFORE: [&str; 6] = ["了", "已经", "已", "才", "过去", "刚"];

/// Behind one: 3天了, 3天前买的.
const ELAPSED_BEHIND: [&str; 4] = ["了", "前", "之前", "以前"];

/// Whether of the numbers that only one of two texts has those of the one are limits of time, and those of the other dates or times that have gone by.
pub(super) fn may_lie_within(a: (&str, &[Number]), b: (&str, &[Number])) -> bool {
    if a.1.is_empty() || b.1.is_empty() {
        return false;
    }
    let (text_a, text_b) = (Text::new(a.0), Text::new(b.0));
    let limits = |text: &Text, numbers: &[Number]| numbers.iter().all(|n| is_limit(text, n));
    let within = |text: &Text, numbers: &[Number]| {
        numbers
            .iter()
            .all(|n| is_date(text, n) || has_gone_by(text, n))
    };
    limits(&text_a, a.1) && within(&text_b, b.1) || limits(&text_b, b.1) && within(&text_a, a.1)
}

fn is_limit(text: &Text, number: &Number) -> bool {
    number.readings[0].unit.is_length()
        && (LIMITS_BEHIND
            .iter()
            .any(|word| text.begins(number.place.end, word))
            || LIMITS_BEFORE
                .iter()
                .any(|word| text.ends(number.place.start, word)))
}

/// A date that is no limit itself: 1月3号, and not 1月3号前.
fn is_date(text: &Text, number: &Number) -> bool {
    let is_of_date = matches!(number.readings[0].unit, Unit::Month | Unit::Day);
    let bounds = ["前", "之前", "以前", "起", "后", "之后", "以后", "内", "止"];
    is_of_date
        && !bounds
            .iter()
            .any(|word| text.begins(number.place.end, word))
}

fn has_gone_by(text: &Text, number: &Number) -> bool {
    let before = ELAPSED_BEFORE
        .iter()
        .any(|word| text.ends(number.place.start, word));
    let behind = ELAPSED_BEHIND
        .iter()
        .any(|word| text.begins(number.place.end, word));
    number.readings[0].unit.is_length() && !is_limit(text, number) && (before || behind)
}
