//! Which way a number goes: 涨5% and 跌5%, 三天前 and 三天后.

use std::ops::Range;

use super::units::Unit;
use super::{Number, NumberDifference};
use crate::traditional::simplified;
use crate::words::is_separator;

/// Words in front of a number that say the contrary of each other, the longest first: those of a group against those of its
/// other sides.
const BEFORE: &[[&[&str]; 2]] = &[
    [
        &["至少", "最少", "起码", "at least "],
        &["至多", "最多", "顶多", "at most ", "up to "],
    ],
    [
        &[
            "超过",
            "高于",
            "大于",
            "多于",
            "长于",
            "晚于",
            "满",
            "过了",
            "more than ",
            "over ",
            "above ",
        ],
        &[
            "低于",
            "小于",
            "少于",
            "短于",
            "早于",
            "不到",
            "不足",
            "不满",
            "未满",
            "没满",
            "没到",
            "未到",
            "没过",
            "未过",
            "没超过",
            "没有超过",
            "未超过",
            "less than ",
            "under ",
            "below ",
        ],
    ],
    [&["提前"], &["推迟", "延后", "延迟", "推后", "拖后", "拖延"]],
    [
        &[
            "上调", "上浮", "上涨", "提高", "调高", "增加", "增长", "涨", "升", "增", "加",
            "rose ", "rise ", "up ",
        ],
        &[
            "下调", "下浮", "下跌", "降低", "调低", "减少", "下降", "跌", "降", "减", "fell ",
            "fall ", "down ",
        ],
    ],
    [&["盈利", "赚"], &["亏损", "亏", "赔"]],
    [&["多"], &["少"]],
    [&["高"], &["低", "矮"]],
    [&["重", "胖"], &["轻", "瘦"]],
    [&["长"], &["短"]],
    [&["早"], &["晚", "迟"]],
    [&["快"], &["慢"]],
    [&["before "], &["after "]],
    [&["饭前", "餐前"], &["饭后", "餐后"]],
];

/// The same behind a number.
const BEHIND: &[&[&[&str]]] = &[
    &[&["以上", "及以上", "或以上"], &["以下", "及以下", "或以下"]],
    &[
        &["之前", "以前", "前", " before", " ago"],
        &["之后", "以后", "后", "过后", " after", " later"],
        &["之内", "以内", "内"],
        &["之外", "以外", "外"],
    ],
    &[&["起", "开始"], &["止", "为止", "结束"]],
];

/// Between such a word and its number: 涨了约5%.
const LINKS: &[&str] = &[
    "了", "出", "至", "到", "约", "近", "幅", "价", "薪", "温", "息", "将近", "大约", "着", "过",
];

/// Of [`BEHIND`], the group of what comes before and after, and the side of what comes after.
const AFTER: (usize, usize) = (1, 1);

/// In front of a length of time, that it is the first: 前三天, 头两周.
const FIRST: &[char] = &['前', '头'];

/// Words that end so and say something else: 提前三天, 之前三天.
const NO_FIRST: &str = "提之以目年月日天周饭餐课会产术考行";

/// Numbers of a text that is looked at: each is held against each of the other text.
const MOST_NUMBERS: usize = 50;

/// A way, and where the word for it stands.
struct Way {
    group: usize,
    side: usize,
    place: Range<usize>,
}

/// Numbers that both texts have and that go one way in the first and another in the second.
pub(super) fn opposed(a: (&str, &[Number]), b: (&str, &[Number])) -> Option<NumberDifference> {
    if a.1.len().max(b.1.len()) > MOST_NUMBERS {
        return None;
    }
    let (text_a, text_b) = (Text::new(a.0), Text::new(b.0));
    let once = |number: &Number, all: &[Number]| {
        all.iter().filter(|other| number.agrees_with(other)).count() == 1
    };
    let pairs = a.1.iter().flat_map(|x| b.1.iter().map(move |y| (x, y)));
    let mut same = pairs.filter(|(x, y)| x.agrees_with(y) && once(x, a.1) && once(y, b.1));
    let told = |(x, y): (&Number, &Number)| {
        let (way_a, way_b) = text_a.opposed_ways(x, &text_b, y)?;
        Some(NumberDifference {
            only_a: vec![text_a.with(x, &way_a, a.0)],
            only_b: vec![text_b.with(y, &way_b, b.0)],
            may_lie_within: false,
        })
    };
    same.find_map(told)
}

/// A text in simplified characters and small letters, one for each given one.
pub(super) struct Text(Vec<char>);

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self(
            simplified(text)
                .chars()
                .map(|c| c.to_ascii_lowercase())
                .collect(),
        )
    }

    /// The ways of two numbers, where they are of one group and of different sides.
    fn opposed_ways(&self, number: &Number, there: &Self, other: &Number) -> Option<(Way, Way)> {
        let is_opposed = |(a, b): &(Way, Way)| a.group == b.group && a.side != b.side;
        let before = self.before(number).zip(there.before(other));
        let behind = || self.behind(number).zip(there.behind(other));
        let first = || self.first(number).zip(there.after(other));
        let first_there = || self.after(number).zip(there.first(other));
        before
            .filter(is_opposed)
            .or_else(|| behind().filter(is_opposed))
            .or_else(first)
            .or_else(first_there)
    }

    /// The word in front of a length of time that is the first: 前三天.
    fn first(&self, number: &Number) -> Option<Way> {
        let start = number.place.start.checked_sub(1)?;
        let is_first = FIRST.contains(self.0.get(start)?);
        let before = start.checked_sub(1).and_then(|at| self.0.get(at));
        let is_other = before.is_some_and(|c| NO_FIRST.contains(*c));
        let is_it = is_first
            && !is_other
            && self.behind(number).is_none()
            && number.readings[0].unit.is_length();
        is_it.then(|| Way {
            group: AFTER.0,
            side: 1 - AFTER.1,
            place: start..start + 1,
        })
    }

    /// The word behind a number that says that it is over: 三天后.
    fn after(&self, number: &Number) -> Option<Way> {
        self.behind(number)
            .filter(|way| (way.group, way.side) == AFTER)
    }

    /// What the words in front of a number say.
    fn before(&self, number: &Number) -> Option<Way> {
        // A time of the day has its 早 and 晚 in itself.
        if number.readings[0].unit == Unit::Hour {
            return None;
        }
        let mut end = number.place.start;
        loop {
            if let Some(way) = self.up_to(end) {
                return Some(way);
            }
            let link = LINKS.iter().find(|link| self.ends(end, link))?;
            end -= link.chars().count();
        }
    }

    /// What the longest of the words that end there says.
    fn up_to(&self, end: usize) -> Option<Way> {
        let ways = BEFORE.iter().enumerate().flat_map(|(group, sides)| {
            let of_side = |side: usize| sides[side].iter().map(move |word| (group, side, *word));
            of_side(0).chain(of_side(1))
        });
        let found = ways.filter(|(_, _, word)| self.ends(end, word));
        let (group, side, word) = found.max_by_key(|(_, _, word)| word.len())?;
        let start = end - word.chars().count();
        // 不超过 is at most.
        let is_turned = !word.starts_with('不') && self.ends(start, "不");
        Some(Way {
            group,
            side: if is_turned { 1 - side } else { side },
            place: start - usize::from(is_turned)..end,
        })
    }

    /// What the words behind a number say.
    fn behind(&self, number: &Number) -> Option<Way> {
        let start = number.place.end;
        let ways = BEHIND.iter().enumerate().flat_map(|(group, sides)| {
            let of_side = move |(side, words): (usize, &&'static [&'static str])| {
                words.iter().map(move |word| (group, side, *word))
            };
            sides.iter().enumerate().flat_map(of_side)
        });
        let found = ways.filter(|(_, _, word)| self.begins(start, word));
        let (group, side, word) = found.max_by_key(|(_, _, word)| word.len())?;
        let place = start..start + word.chars().count();
        Some(Way { group, side, place })
    }

    pub(super) fn begins(&self, start: usize, word: &str) -> bool {
        let rest = self.0.get(start..).unwrap_or_default();
        word.chars().count() <= rest.len() && word.chars().zip(rest).all(|(w, c)| w == *c)
    }

    pub(super) fn ends(&self, end: usize, word: &str) -> bool {
        let start = end.checked_sub(word.chars().count());
        start.is_some_and(|start| self.begins(start, word))
    }

    /// A number with the words for its way, as they stand in the given text.
    fn with(&self, number: &Number, way: &Way, given: &str) -> String {
        let start = way.place.start.min(number.place.start);
        let end = way.place.end.max(number.place.end);
        let text: String = given.chars().skip(start).take(end - start).collect();
        text.trim_matches(is_separator).to_owned()
    }
}
