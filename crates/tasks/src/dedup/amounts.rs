//! What a remark says of an amount beside the number: whether it is what one comes to or what is added, and whether it is a bound.

use yuyi_language::simplified;

/// Of what changes. 增加到 50 is not 增加 50.
const CHANGES: &[&str] = &[
    "增加", "增长", "提高", "提升", "上涨", "上升", "扩大", "扩充", "涨", "升", "加", "增", "减少",
    "降低", "下降", "下调", "压缩", "缩减", "降", "减",
];

/// Between such a word and the number.
const LINKS: &[&str] = &["了", "约", "大约", "大概"];

/// In front of a number, that it is more.
const MORE_BEFORE: &[&str] = &[
    "超过",
    "至少",
    "起码",
    "不少于",
    "不低于",
    "高于",
    "大于",
    "多于",
    "不止",
    "最少",
];

/// And behind it, with its unit between them.
const MORE_BEHIND: &[&str] = &["以上", "出头", "起步"];

/// Right behind numerals: 五千多, 三十余人.
const MORE_AT_ONCE: &[&str] = &["多", "余"];

const LESS_BEFORE: &[&str] = &[
    "不超过",
    "至多",
    "最多",
    "顶多",
    "不到",
    "低于",
    "少于",
    "不足",
    "小于",
    "不多于",
];

const LESS_BEHIND: &[&str] = &["以下"];

/// Behind a number that may be said without it as well: 三天以内完成 and 三天完成.
const WITHIN_BEHIND: &[&str] = &["以内", "之内"];

/// Characters of the longest unit between a number and what is said of it.
const LONGEST_UNIT: usize = 3;

const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两";

/// What a text says of its numbers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    has_numbers: bool,
    comes_to: bool,
    changes_by: bool,
    is_more: bool,
    is_less: bool,
    /// It says within, which is at most.
    is_within: bool,
}

/// Whether two remarks say other things of their numbers: one that it is a bound and the other that it is that many, or one what is added and
/// the other what it comes to.
pub(super) fn differ(kept: &str, gone: &str) -> bool {
    let [a, b] = [kept, gone].map(|text| told(&simplified(text)));
    let is_other = |a: Told, b: Told| a.comes_to && !a.changes_by && b.changes_by && !b.comes_to;
    let bounds_differ = a.is_more != b.is_more
        || a.is_less != b.is_less && !(if a.is_less { b } else { a }).is_within;
    a.has_numbers && b.has_numbers && (is_other(a, b) || is_other(b, a) || bounds_differ)
}

fn told(text: &str) -> Told {
    let mut told = Told::default();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if at < end || !is_numeral(c) {
            continue;
        }
        let behind = text[at..].trim_start_matches(|c| is_numeral(c) || c == '.' || c == ',');
        end = text.len() - behind.len();
        told.has_numbers = true;
        tell_before(&mut told, &text[..at]);
        tell_behind(&mut told, behind);
    }
    told
}

fn tell_before(told: &mut Told, before: &str) {
    let before = LINKS
        .iter()
        .find_map(|link| before.strip_suffix(link))
        .unwrap_or(before);
    let ends = |words: &[&str], text: &str| words.iter().any(|word| text.ends_with(word));
    let reached = before.strip_suffix(['到', '至', '为']);
    told.comes_to |= reached.is_some_and(|before| ends(CHANGES, before));
    told.changes_by |= ends(CHANGES, before);
    // 至少招五人.
    let verb = before.chars().next_back().map_or(0, char::len_utf8);
    let bounds =
        |words: &[&str]| ends(words, before) || ends(words, &before[..before.len() - verb]);
    // 不少于 ends with 少于, and 不超过 with 超过.
    let is_no_less = bounds(&["不少于", "不低于"]);
    let is_less = !is_no_less && bounds(LESS_BEFORE);
    told.is_less |= is_less;
    told.is_more |= !is_less && bounds(MORE_BEFORE);
}

fn tell_behind(told: &mut Told, behind: &str) {
    let starts = behind
        .char_indices()
        .take(LONGEST_UNIT + 1)
        .map(|(at, _)| &behind[at..]);
    let begins = |words: &[&str], text: &str| words.iter().any(|word| text.starts_with(word));
    told.is_more |= begins(MORE_AT_ONCE, behind);
    for rest in starts {
        told.is_more |= begins(MORE_BEHIND, rest);
        told.is_less |= begins(LESS_BEHIND, rest);
        told.is_within |= begins(WITHIN_BEHIND, rest);
    }
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || NUMERALS.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_number_counts() {
        for (a, b, expected) in [
            ("增加到50人", "增加50人", true),
            ("增加到50人", "增至五十人", false),
            ("预算增加20万", "预算超过20万", true),
            ("预算20万以上", "预算超过20万", false),
            ("成本100万", "成本一百万出头", true),
            ("预算5000元", "预算五千多", true),
            ("至少招五人", "招五个人", true),
            ("不超过五人", "最多五人", false),
            ("至少五天", "不少于五天", false),
            ("不低于五百", "五百以上", false),
            ("不少于五天", "少于五天", true),
            ("五百以内", "不超过五百", false),
            ("五百以内", "五百以下", false),
            ("五百以内", "超过五百", true),
            ("三天之内完成", "三天完成", false),
            ("三点以后开会", "三点开会", false),
            ("增加了20万", "增加20万", false),
        ] {
            assert_eq!(differ(a, b), expected, "{a} / {b}");
            assert_eq!(differ(b, a), expected, "{b} / {a}");
        }
    }
}
