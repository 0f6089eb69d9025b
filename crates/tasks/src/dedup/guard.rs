//! What keeps two remarks from being one, however near their vectors are.

use serde::{Deserialize, Serialize};
use yuyi_language::{Differences, NumberDifference, Unit, name_difference, numbers};

/// Characters of a remark that are looked at: what differs further back is one detail of many.
const MOST_CHARACTERS: usize = 2_000;

/// Why a remark is no repeat although it sounds like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "What differs, so that the text is no repeat and is kept.")
)]
pub enum HeldBack {
    /// It tells a number that the other does not.
    Number,
    /// It tells another date, day or time.
    Date,
    /// It names another person, place or product.
    Name,
    /// One of them negates.
    Negation,
}

/// Days, times and parts of months, of which a remark means one at a time; the same ones are in one list.
#[rustfmt::skip]
const MOMENTS: &[&[&[&str]]] = &[
    &[&["前天"], &["昨天", "昨日"], &["今天", "今日", "今儿"], &["明天", "明日", "明儿"], &["后天"]],
    &[&["上周", "上星期", "上礼拜"], &["这周", "本周", "这星期", "这礼拜"], &["下周", "下星期", "下礼拜"]],
    &[&["上个月", "上月"], &["这个月", "本月"], &["下个月", "下月"]],
    &[&["去年"], &["今年"], &["明年"], &["后年"]],
    &[&["凌晨"], &["早上", "上午", "早晨"], &["中午"], &["下午"], &["晚上", "今晚", "明晚"]],
    &[&["月初"], &["月中"], &["月底", "月末"]],
    &[&["年初"], &["年中"], &["年底", "年末"]],
    &[&["周初"], &["周末"]],
    &[&["春节前"], &["春节后"]],
    &[&["上半年"], &["下半年"]],
    &[&["节前"], &["节后"]],
];

/// Why a remark is no repeat of another, which would stand for both; `None`: nothing is known that differs. What the other tells beside is no
/// difference: it would be told for both.
pub fn held_back(representative: &str, remark: &str) -> Option<HeldBack> {
    let [kept, gone] = [representative, remark].map(head);
    if kept == gone {
        return None;
    }
    let differences = Differences::between(kept, gone);
    let number = differences.numbers.and_then(|numbers| of_numbers(&numbers));
    let negation = differences.negation.map(|_| HeldBack::Negation);
    let date = || of_moments(kept, gone).then_some(HeldBack::Date);
    let name = || name_difference(kept, gone).map(|_| HeldBack::Name);
    number.or_else(date).or(negation).or_else(name)
}

/// Numbers of the remark that would be lost.
fn of_numbers(difference: &NumberDifference) -> Option<HeldBack> {
    let is_of_time = |text: &String| {
        let first = numbers(text).into_iter().next();
        first.is_some_and(|number| is_of_time(number.readings()[0].unit))
    };
    let lost = &difference.only_b;
    (!lost.is_empty()).then(|| match lost.iter().all(is_of_time) {
        true => HeldBack::Date,
        false => HeldBack::Number,
    })
}

fn is_of_time(unit: Unit) -> bool {
    matches!(
        unit,
        Unit::Year | Unit::Month | Unit::Day | Unit::Weekday | Unit::Hour | Unit::Minute
    )
}

/// Whether each means a moment that the other does not, and both of one kind.
fn of_moments(a: &str, b: &str) -> bool {
    let tells = |text: &str, names: &[&str]| names.iter().any(|name| text.contains(name));
    MOMENTS.iter().any(|kind| {
        let only = |text: &str, other: &str| {
            let lone = |names: &&&[&str]| tells(text, names) && !tells(other, names);
            kind.iter().filter(lone).count() > 0
        };
        only(a, b) && only(b, a)
    })
}

fn head(text: &str) -> &str {
    let end = text.char_indices().nth(MOST_CHARACTERS);
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_lost_or_turned_round_is_held_back() {
        for (kept, gone, expected) in [
            ("3 月上线", "5 月上线", Some(HeldBack::Date)),
            ("预算是20万", "预算是30万", Some(HeldBack::Number)),
            ("我们明天发布", "我们后天发布", Some(HeldBack::Date)),
            ("这版能上线", "这版不能上线", Some(HeldBack::Negation)),
            ("由张伟负责测试", "由李强负责测试", Some(HeldBack::Name)),
            ("我们先看数据", "先看看数据", None),
            ("预算是20万，大家控制一下", "预算大家控制一下", None),
            (
                "预算大家控制一下吧",
                "预算是20万，控制",
                Some(HeldBack::Number),
            ),
            ("三月五号上线", "3月5日上线", None),
        ] {
            assert_eq!(held_back(kept, gone), expected, "{kept} / {gone}");
        }
    }
}
