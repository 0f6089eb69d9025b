//! Words that exclude one another where two sentences are otherwise nearly the same: 开启 beside 关闭, 左转 beside 右转, XL beside XXL.
//!
//! A hint that is wrong is worse than one that is missing: words of several characters count where what is left of the sentences is nearly
//! the same, single characters where all of it is.

mod degrees;
mod events;
mod kinds;
mod lists;
mod matter;

use std::collections::HashMap;
use std::ops::Range;
use std::slice;
use std::sync::LazyLock;

use self::kinds::KINDS;
use self::lists::{ALONE, FILLERS, NEGATORS, UNDOING, UNDOING_TOO, WORDS};
pub use self::matter::are_of_one_matter;
use self::matter::{share_a_matter, without_all};
use crate::plain::{Plain, common_ends};

/// Of what is left of two sentences, the least share that both have.
const NEARLY: f64 = 0.75;

/// Words at the same place of two texts that exclude one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OppositeDifference {
    /// That of the first text.
    pub a: String,
    /// That of the second.
    pub b: String,
}

/// A word of a list: on which scale it is, and where on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OnScale {
    scale: usize,
    at: usize,
}

type Scale = &'static [&'static [&'static str]];

/// Every word, with the scales that it is on.
type Words = HashMap<Vec<char>, Vec<OnScale>>;

fn words_of(scales: impl Iterator<Item = &'static Scale>) -> Words {
    let mut all = Words::new();
    for (scale, places) in scales.enumerate() {
        for (at, words) in places.iter().enumerate() {
            for word in *words {
                let known = all.entry(word.chars().collect()).or_default();
                known.push(OnScale { scale, at });
            }
        }
    }
    all
}

static LONG: LazyLock<Words> = LazyLock::new(|| words_of(WORDS.iter().chain(KINDS)));

static SHORT: LazyLock<Words> = LazyLock::new(|| words_of(ALONE.iter()));

/// The words at the same place of two texts that exclude one another; `None`: there are none, or the texts are too unlike.
pub fn opposite_difference(text_a: &str, text_b: &str) -> Option<OppositeDifference> {
    let (a, b) = (Plain::of(text_a)?, Plain::of(text_b)?);
    words_that_differ(&a, &b)
        .or_else(|| events::other_side(&a.characters, &b.characters))
        .or_else(|| degrees::opposed(&a.characters, &b.characters))
        .or_else(|| undone(&a.characters, &b.characters))
        .or_else(|| undone(&b.characters, &a.characters).map(|(in_b, in_a)| (in_a, in_b)))
        .or_else(|| characters_that_differ(&a.characters, &b.characters))
        .map(|(in_a, in_b)| OppositeDifference {
            a: a.given(in_a),
            b: b.given(in_b),
        })
}

/// A word of a scale in a text.
#[derive(Clone, Debug)]
struct Found {
    word: OnScale,
    place: Range<usize>,
}

/// The words of scales in a text, the longest at each place, once for each scale.
fn found(text: &[char]) -> Vec<Found> {
    /// `disable`.
    const LONGEST: usize = 8;
    let mut found = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let ends = (from + 1..=text.len().min(from + LONGEST)).rev();
        let mut known = ends.filter_map(|to| Some((to, LONG.get(&text[from..to])?)));
        match known.find(|(to, _)| is_whole(text, from..*to)) {
            Some((to, words)) => {
                let place = from..to;
                found.extend(words.iter().map(|&word| Found {
                    word,
                    place: place.clone(),
                }));
                from = to;
            }
            None => from += 1,
        }
    }
    found
}

/// Whether no letter or digit stands directly beside one.
fn is_whole(text: &[char], place: Range<usize>) -> bool {
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(char::is_ascii_alphanumeric)
    };
    let goes_on =
        |inside: usize, outside: Option<usize>| is_letter(Some(inside)) && is_letter(outside);
    !goes_on(place.start, place.start.checked_sub(1)) && !goes_on(place.end - 1, Some(place.end))
}

/// Where two texts have words of one scale, none in common, and are nearly the same without them.
fn words_that_differ(a: &Plain, b: &Plain) -> Option<(Range<usize>, Range<usize>)> {
    let (in_a, in_b) = (found(&a.characters), found(&b.characters));
    let differ = |of_a: &&Found| {
        let scale = of_a.word.scale;
        let of = |found: &[Found]| -> Vec<Found> {
            let of_scale = found.iter().filter(|one| one.word.scale == scale);
            of_scale.cloned().collect()
        };
        let (of_a, of_b) = (of(&in_a), of(&in_b));
        let is_in_both = of_a
            .iter()
            .any(|one| of_b.iter().any(|other| one.word == other.word));
        let is_negated = negated(&a.characters, &of_a) || negated(&b.characters, &of_b);
        let without = |text: &Plain, words: &[Found]| {
            let places: Vec<Range<usize>> = words.iter().map(|word| word.place.clone()).collect();
            rest(&text.characters, &places)
        };
        !of_b.is_empty()
            && !is_in_both
            && !is_negated
            && is_enough(scale, &without(a, &of_a), &without(b, &of_b))
    };
    let of_a = in_a.iter().find(differ)?;
    let of_b = in_b.iter().find(|one| one.word.scale == of_a.word.scale)?;
    Some((of_a.place.clone(), of_b.place.clone()))
}

/// Whether what is left of two sentences is alike enough for words of a scale to exclude one another.
fn is_enough(scale: usize, a: &[char], b: &[char]) -> bool {
    match scale < WORDS.len() {
        true => are_near(a, b),
        false => share_a_matter(a, b),
    }
}

/// Whether a negation stands in front of one: what it says then is for others to tell.
fn negated(text: &[char], words: &[Found]) -> bool {
    words.iter().any(|word| {
        let before: String = text[word.place.start.saturating_sub(3)..word.place.start]
            .iter()
            .collect();
        NEGATORS.iter().any(|negator| before.ends_with(negator))
    })
}

/// Where a text takes back what another speaks of, that is nearly the same otherwise: 取消预约 beside 预约.
fn undone(text: &[char], other: &[char]) -> Option<(Range<usize>, Range<usize>)> {
    /// Characters of a word that is taken back.
    const WHAT: usize = 2;
    let undoes_alone = |text: &[char], beside: &[char]| {
        let mut undoing = text.iter().filter(|c| UNDOING_TOO.contains(**c));
        undoing.any(|c| !beside.contains(c))
    };
    UNDOING.iter().find_map(|word| {
        let word: Vec<char> = word.chars().collect();
        let start = text.windows(word.len()).position(|at| at == word)?;
        let end = start + word.len();
        let what = text.get(end..end + WHAT)?;
        let there = other.windows(WHAT).position(|at| at == what)?;
        let undoing = start..end;
        let left = rest(text, slice::from_ref(&undoing));
        let is_undone = !undoes_alone(&left, other) && !undoes_alone(other, &left);
        let is_undone = is_undone && are_near(&left, &rest(other, &[]));
        is_undone.then_some((start..end + WHAT, there..there + WHAT))
    })
}

/// A text without what stands at these places, and without what asks or begs.
fn rest(text: &[char], places: &[Range<usize>]) -> Vec<char> {
    let is_left_out = |at: &usize| places.iter().any(|place| place.contains(at));
    let left = (0..text.len())
        .filter(|at| !is_left_out(at))
        .map(|at| text[at]);
    let left: Vec<char> = left.collect();
    without_all(&left, FILLERS)
}

/// Whether two sentences are nearly the same: by the longest row of characters that both have, not necessarily together. What is left of
/// two words alone is nothing, which is the same.
fn are_near(a: &[char], b: &[char]) -> bool {
    if a.is_empty() || b.is_empty() {
        return a.is_empty() && b.is_empty();
    }
    let mut row = vec![0_usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = match x == y {
                true => diagonal + 1,
                false => above.max(row[at]),
            };
            diagonal = above;
        }
    }
    2.0 * row[b.len()] as f64 >= NEARLY * (a.len() + b.len()) as f64
}

/// Where two texts that are otherwise the same have single characters of one scale.
fn characters_that_differ(a: &[char], b: &[char]) -> Option<(Range<usize>, Range<usize>)> {
    let (begin, end) = common_ends(a, b);
    let is_one = a.len() == b.len() && a.len() == begin + end + 1 && a.len() > 1;
    let (x, y) = (a.get(begin)?, b.get(begin)?);
    let (x, y) = (SHORT.get(&[*x][..])?, SHORT.get(&[*y][..])?);
    let exclude = |x: &OnScale, y: &OnScale| x.scale == y.scale && x.at != y.at;
    let excluded = x.iter().any(|x| y.iter().any(|y| exclude(x, y)));
    // 这个怎么卖 and 怎么买 ask for the same.
    let asks = a[..begin].ends_with(&['怎', '么']) || a[begin + 1..].starts_with(&['多', '少']);
    (is_one && excluded && !asks).then(|| {
        let place = around(a, begin);
        (place.clone(), place)
    })
}

/// A character with the one behind it, or the one before it at the end: 左转 says more than 左.
fn around(text: &[char], at: usize) -> Range<usize> {
    match at + 1 < text.len() {
        true => at..at + 2,
        false => at - 1..at + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(a: &str, b: &str) -> Option<(String, String)> {
        opposite_difference(a, b).map(|found| (found.a, found.b))
    }

    #[test]
    fn words_that_exclude_one_another_are_found() {
        for (a, b, in_a, in_b) in [
            ("怎么开启消息通知？", "怎么关闭消息通知", "开启", "关闭"),
            ("如何打开定位权限", "定位权限怎么关闭", "打开", "关闭"),
            ("請左轉", "请右转", "左轉", "右转"),
            ("从东门进", "从西门进", "东门", "西门"),
            ("买进股票", "卖出股票", "买进", "卖出"),
            ("按月付款", "按季付款", "按月", "按季"),
            ("日结", "月结", "日结", "月结"),
            ("夫妻一方可以申请吗", "夫妻双方可以申请吗", "一方", "双方"),
            ("第二件半价", "第二件免费", "半价", "免费"),
            ("衣服要XL的", "衣服要xxl的", "XL", "xxl"),
            ("苹果每公斤8元", "苹果每斤8元", "每公斤", "每斤"),
            ("会员费每月18元", "会员费每年18元", "每月", "每年"),
            ("一等座多少钱", "二等座多少钱", "一等", "二等"),
            ("前三名有奖", "后三名有奖", "前三", "后三"),
            ("开启", "关闭", "开启", "关闭"),
            ("怎么取消预约", "怎么预约", "取消预约", "预约"),
            ("可以撤回报名吗", "可以报名吗", "撤回报名", "报名"),
            ("怎么申请退款", "怎么撤销退款", "申请", "撤销"),
            ("怎么取消退货申请", "退货怎么申请", "取消退货", "退货"),
            (
                "国内航班可以带几公斤行李",
                "国际航班行李能带多少公斤",
                "国内",
                "国际",
            ),
            ("门诊能报销吗", "住院的费用能报销吗", "门诊", "住院"),
            (
                "发货前能改地址吗",
                "已经发货了还能改地址吗",
                "发货前",
                "发货",
            ),
            ("术前要禁食吗", "手术后需要禁食吗", "术前", "手术后"),
            (
                "还没付款能取消吗",
                "付款以后可不可以取消",
                "付款",
                "付款以后",
            ),
            ("血压高能献血吗", "低血压可以献血吗", "血压高", "低血压"),
        ] {
            assert_eq!(told(a, b), Some((in_a.into(), in_b.into())), "{a} / {b}");
            assert_eq!(told(b, a), Some((in_b.into(), in_a.into())), "{b} / {a}");
        }
    }

    #[test]
    fn what_may_say_the_same_is_none() {
        for (a, b) in [
            ("怎么开启消息通知", "如何打开消息通知"),
            ("这个怎么卖", "这个怎么买"),
            ("不支持退货", "反对退货"),
            ("不允许吸烟", "禁止吸烟"),
            ("打开手机就能看到电影票", "关闭窗户以后屋里很热"),
            ("开启或关闭通知", "关闭或开启通知"),
            ("每天营业", "每日营业"),
            ("取消自动续费", "自动续费怎么关"),
            ("怎么取消订单", "订单怎么取消"),
            ("取消不了预约", "预约取消不了"),
            ("怎么取消订单", "为什么查不到订单"),
            ("门诊和住院都能报销吗", "住院能报销吗"),
            ("国内航班能带多少行李", "国际新闻在哪里看"),
            ("发货前能改地址吗", "发货之前可以修改地址吗"),
            ("饭前吃还是饭后吃", "饭后吃"),
            ("忘记以前的密码", "密码忘记了"),
            ("三天前买的", "三天后能退吗"),
            ("血压高怎么办", "怎么提高血压"),
            ("有多少额度", "额度多少"),
            ("上", "下"),
            ("XLarge", "XXLarge"),
            ("", ""),
        ] {
            assert_eq!(told(a, b), None, "{a} / {b}");
        }
        let long = |word: &str| format!("{word}{}", "字".repeat(1_000));
        assert_eq!(told(&long("开启"), &long("关闭")), None, "no sentence");
    }
}
